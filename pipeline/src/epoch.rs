//! Epochs: the unit of commit. What closes one, and what is counted in one.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::flow::InputRange;

/// When an epoch is closed. Bounded runs close by rows and bytes only, so that the same input
/// gives the same epochs whatever the clock says (C7).
#[derive(Debug, Clone, Copy)]
pub struct EpochLimits {
    /// Rows, dead letters included.
    pub rows: u64,
    /// Raw bytes.
    pub bytes: u64,
    /// Time since the first of its input came; `None` for bounded runs.
    pub age: Option<Duration>,
}

impl Default for EpochLimits {
    fn default() -> Self {
        Self { rows: 1_000_000, bytes: 256 << 20, age: None }
    }
}

/// What went into one epoch, counted by the stage that closed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closed {
    /// Messages that were recognised.
    pub messages: u64,
    /// Messages of formats that are to come; each is a dead letter.
    pub messages_to_come: u64,
    /// Raw bytes read.
    pub bytes: u64,
    /// Records of all kinds.
    pub rows: u64,
    /// Those of them that are consignments.
    pub consignments: u64,
    /// Dead letters.
    pub dead: u64,
    /// Bytes that belong to no message: telegram headings, mail footers, junk.
    pub dirt_bytes: u64,
    /// Messages by format and type, those that were decoded.
    pub formats: BTreeMap<String, u64>,
    /// The same of those that no decoder takes; each is a dead letter.
    pub undecoded: BTreeMap<String, u64>,
    /// What was read, in the order of the input; adjacent ranges of one partition are one.
    pub read: Vec<InputRange>,
}

impl Closed {
    /// Whether the epoch has reached a limit.
    pub fn is_full(&self, limits: EpochLimits) -> bool {
        self.rows + self.dead >= limits.rows || self.bytes >= limits.bytes
    }

    /// Whether nothing at all went in.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds the figures of another one; the ranges are left out.
    pub fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.messages_to_come += other.messages_to_come;
        self.bytes += other.bytes;
        self.rows += other.rows;
        self.consignments += other.consignments;
        self.dead += other.dead;
        self.dirt_bytes += other.dirt_bytes;
        for (ours, theirs) in [(&mut self.formats, &other.formats), (&mut self.undecoded, &other.undecoded)] {
            for (name, n) in theirs {
                *ours.entry(name.clone()).or_default() += n;
            }
        }
    }

    /// Adds a range; it is joined to the last one where the two touch.
    pub fn add_range(&mut self, range: InputRange) {
        match self.read.last_mut() {
            Some(last) if last.progress == range.progress && last.source == range.source && last.to == range.from => {
                last.to = range.to;
            }
            _ => self.read.push(range),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn range(partition: &str, from: i64, to: i64) -> InputRange {
        InputRange { source: "files".into(), progress: Arc::from(partition), from, to }
    }

    #[test]
    fn ranges_that_touch_are_one() {
        let mut closed = Closed::default();
        closed.add_range(range("a", 0, 10));
        closed.add_range(range("a", 10, 30));
        closed.add_range(range("b", 0, 5));
        closed.add_range(range("b", 6, 7));
        assert_eq!(closed.read, [range("a", 0, 30), range("b", 0, 5), range("b", 6, 7)]);
    }

    #[test]
    fn limits_close_an_epoch() {
        let limits = EpochLimits { rows: 10, bytes: 100, age: None };
        assert!(!Closed { rows: 9, bytes: 99, ..Closed::default() }.is_full(limits));
        assert!(Closed { rows: 9, dead: 1, ..Closed::default() }.is_full(limits));
        assert!(Closed { bytes: 100, ..Closed::default() }.is_full(limits));
    }
}
