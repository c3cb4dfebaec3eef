use std::collections::BTreeMap;

/// Gives things back in the order of their numbers, which begin at 0 and have no gap.
#[derive(Debug)]
pub struct Reorder<T> {
    next: u64,
    waiting: BTreeMap<u64, T>,
}

impl<T> Default for Reorder<T> {
    fn default() -> Self {
        Self { next: 0, waiting: BTreeMap::new() }
    }
}

impl<T> Reorder<T> {
    /// Expects number 0 first.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one thing and gives everything whose turn has come.
    pub fn push(&mut self, number: u64, thing: T) -> Vec<T> {
        self.waiting.insert(number, thing);
        let mut ready = Vec::new();
        while let Some(thing) = self.waiting.remove(&self.next) {
            ready.push(thing);
            self.next += 1;
        }
        ready
    }

    /// The number that is waited for: so many have left.
    pub fn next(&self) -> u64 {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_leave_in_order() {
        let mut order = Reorder::new();
        assert!(order.push(2, 'c').is_empty());
        assert!(order.push(1, 'b').is_empty());
        assert_eq!(order.push(0, 'a'), ['a', 'b', 'c']);
        assert_eq!(order.push(3, 'd'), ['d']);
        assert_eq!(order.next(), 4);
    }
}
