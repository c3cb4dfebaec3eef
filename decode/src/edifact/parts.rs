//! Where the elements and components of the segment at hand begin and end.

/// Most elements of a segment: more say that terminators are lost.
pub(super) const MAX_ELEMENTS: usize = 256;

/// Bounds of components, as offsets in the text of the segment. One byte stands between a component and the next.
///
/// Of a segment of less than 64 bytes, as most are, the bits of its separators are kept, and a component is found by
/// stepping through them; of longer ones the bounds are written down.
#[derive(Debug)]
pub(super) struct Parts {
    /// Separators of a short segment and, above them, its end; 0 where the bounds are written down.
    separators: u64,
    /// Those that separate elements, and the end.
    borders: u64,
    /// The end of each component; one in front says that the first begins at nought.
    ends: Vec<u32>,
    components: usize,
    /// The first component of each element; one more behind the last.
    firsts: Vec<u32>,
    elements: usize,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            separators: 0,
            borders: 0,
            ends: vec![u32::MAX; 1024],
            components: 0,
            firsts: vec![0; MAX_ELEMENTS + 72],
            elements: 0,
        }
    }
}

impl Parts {
    /// Forgets all.
    #[inline]
    pub(super) fn clear(&mut self) {
        (self.separators, self.components, self.elements) = (0, 0, 0);
        self.firsts[0] = 0;
    }

    /// Takes the bits of a segment that ends at the byte `end`, below 64.
    #[inline]
    pub(super) fn set_short(&mut self, separators: u64, elements: u64, end: u32) {
        let stop = 1 << end;
        self.separators = separators & (stop - 1) | stop;
        self.borders = elements & (stop - 1) | stop;
    }

    /// Separators of a short segment with its end, and those of them that end elements.
    #[inline]
    pub(super) fn bits(&self) -> Option<(u64, u64)> {
        (self.separators != 0).then_some((self.separators, self.borders))
    }

    /// Begins the first element.
    #[inline]
    pub(super) fn begin(&mut self) {
        (self.separators, self.components, self.elements) = (0, 0, 1);
        self.firsts[0] = 0;
    }

    /// Ends a component.
    #[inline]
    pub(super) fn component(&mut self, end: usize) {
        self.components += 1;
        if self.components >= self.ends.len() {
            self.ends.resize(2 * self.ends.len(), 0);
        }
        self.ends[self.components] = end as u32;
    }

    /// Ends an element with its last component.
    pub(super) fn border(&mut self, end: usize) {
        self.component(end);
        if self.elements + 1 >= self.firsts.len() {
            self.firsts.resize(2 * self.firsts.len(), 0);
        }
        self.firsts[self.elements] = self.components as u32;
        self.elements += 1;
    }

    /// Ends the segment.
    #[inline]
    pub(super) fn finish(&mut self, end: usize) {
        // A terminator of several bytes may have a separator in it.
        let start = self.ends[self.components].wrapping_add(1) as usize;
        self.component(end.max(start));
        self.firsts[self.elements] = self.components as u32;
    }

    /// Ends components where `separators` has bits, and elements where `elements` has them too; the lowest bit stands
    /// for the byte at `at`. False where there are more elements than a segment can have.
    #[inline]
    pub(super) fn split(&mut self, at: usize, separators: u64, elements: u64) -> bool {
        if self.components + 66 >= self.ends.len() {
            self.ends.resize(2 * self.ends.len(), 0);
        }
        let Some(ends) = self.ends[self.components + 1..].first_chunk_mut::<64>() else { return false };
        let Some(firsts) = self.firsts[self.elements..].first_chunk_mut::<64>() else { return false };
        let (mut left, mut n, mut e) = (separators, 0, 0);
        while left != 0 {
            let bit = left.trailing_zeros();
            left &= left - 1;
            ends[n & 63] = at as u32 + bit;
            n += 1;
            // Written each time, kept where an element ends.
            firsts[e & 63] = (self.components + n) as u32;
            e += (elements >> bit & 1) as usize;
        }
        self.components += n;
        self.elements += e;
        self.elements <= MAX_ELEMENTS
    }

    /// Elements, the tag among them.
    #[inline]
    pub(super) fn elements(&self) -> usize {
        if self.separators == 0 { self.elements } else { self.borders.count_ones() as usize }
    }

    /// Whether there are no more elements than `usual`, which is two at least, and more than the tag alone unless it is
    /// `meant`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "asked once a segment, and shorter than a call")]
    pub(super) fn has_usual(&self, usual: usize, meant: bool) -> bool {
        if self.separators != 0 {
            let after = |borders: u64| borders & borders.wrapping_sub(1);
            let second = after(self.borders);
            let third = after(second);
            let fourth = after(third);
            if second != 0 && (third == 0 || fourth == 0 && usual > 2) {
                return true;
            }
        }
        let elements = self.elements();
        elements <= usual && (elements > 1 || meant)
    }

    /// Components of an element; 0 where the element is missing.
    pub(super) fn components(&self, element: usize) -> usize {
        if self.separators != 0 {
            let Some((start, left)) = self.element(element) else { return 0 };
            // Up to the first border, that one with it.
            let inside = (left ^ (left - 1)) & (!0 << start);
            return (self.separators & inside).count_ones() as usize;
        }
        if element >= self.elements {
            return 0;
        }
        (self.firsts[element + 1] - self.firsts[element]) as usize
    }

    /// Where a component begins and ends, if there is one.
    #[inline]
    pub(super) fn bounds(&self, element: usize, component: usize) -> Option<(usize, usize)> {
        if self.separators != 0 {
            let (mut start, left) = self.element(element)?;
            let mut ends = self.separators & (!0 << start);
            for _ in 0..component {
                let end = ends.trailing_zeros();
                if left >> end & 1 != 0 {
                    return None;
                }
                start = end + 1;
                ends &= ends - 1;
            }
            return Some((start as usize, ends.trailing_zeros() as usize));
        }
        self.written(element, component)
    }

    /// Where an element of a short segment begins, and the borders behind that.
    #[inline]
    pub(super) fn element(&self, element: usize) -> Option<(u32, u64)> {
        let (mut start, mut left) = (0, self.borders);
        for _ in 0..element {
            start = left.trailing_zeros() + 1;
            left &= left - 1;
            if left == 0 {
                return None;
            }
        }
        Some((start, left))
    }

    /// Of a short segment of the shape `TAG+QUALIFIER+VALUE` or `TAG+QUALIFIER:VALUE`: where the qualifier ends, where the
    /// segment does, and whether an element separates them.
    #[inline]
    pub(super) fn pair(&self) -> Option<(usize, usize, bool)> {
        // Without the separator behind the tag, and without that behind the qualifier.
        let first = self.separators & self.separators.wrapping_sub(1);
        let second = first & first.wrapping_sub(1);
        (second.is_power_of_two()).then(|| {
            let at = first.trailing_zeros();
            (at as usize, second.trailing_zeros() as usize, self.borders >> at & 1 != 0)
        })
    }

    fn written(&self, element: usize, component: usize) -> Option<(usize, usize)> {
        if element >= self.elements {
            return None;
        }
        let at = self.firsts[element] as usize + component;
        (at < self.firsts[element + 1] as usize).then(|| self.at(at))
    }

    /// Where an element begins and ends with its components.
    pub(super) fn whole(&self, element: usize) -> Option<(usize, usize)> {
        if element >= self.elements {
            return None;
        }
        let (start, _) = self.at(self.firsts[element] as usize);
        Some((start, self.ends[self.firsts[element + 1] as usize] as usize))
    }

    /// Each component in order: its element, its place there, and where it begins and ends.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is done with a component must not cost a call")]
    pub(super) fn each(&self, mut take: impl FnMut(usize, usize, usize, usize)) {
        let short = self.separators != 0;
        let (mut left, mut at) = (self.separators, 0);
        let (mut start, mut element, mut component) = (0, 0, 0);
        loop {
            let (end, border) = if short {
                if left == 0 {
                    return;
                }
                let end = left.trailing_zeros() as usize;
                left &= left - 1;
                (end, self.borders >> end & 1 != 0)
            } else {
                if at == self.components {
                    return;
                }
                at += 1;
                (self.ends[at] as usize, self.firsts[element + 1] as usize == at)
            };
            take(element, component, start, end);
            (element, component) = if border { (element + 1, 0) } else { (element, component + 1) };
            start = end + 1;
        }
    }

    /// Each component of one element in order: its place, and where it begins and ends.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is done with a component must not cost a call")]
    pub(super) fn each_of(&self, element: usize, mut take: impl FnMut(usize, usize, usize)) {
        if self.separators == 0 {
            if element < self.elements {
                let first = self.firsts[element] as usize;
                (first..self.firsts[element + 1] as usize).for_each(|at| {
                    let (start, end) = self.at(at);
                    take(at - first, start, end);
                });
            }
            return;
        }
        let Some((mut start, borders)) = self.element(element) else { return };
        let mut ends = self.separators & (!0 << start);
        for component in 0.. {
            let end = ends.trailing_zeros();
            take(component, start as usize, end as usize);
            if borders >> end & 1 != 0 {
                return;
            }
            start = end + 1;
            ends &= ends - 1;
        }
    }

    /// Where the elements between the tag and the last one end.
    pub(super) fn ends_of_elements(&self) -> impl Iterator<Item = usize> {
        let short = self.separators != 0;
        // Without that of the tag.
        let mut left = self.borders & self.borders.wrapping_sub(1);
        let mut element = 1;
        std::iter::from_fn(move || {
            if short {
                let end = left.trailing_zeros() as usize;
                left &= left.wrapping_sub(1);
                return (left != 0).then_some(end);
            }
            element += 1;
            (element < self.elements).then(|| self.ends[self.firsts[element] as usize] as usize)
        })
    }

    /// The component of all elements that is the last of one.
    pub(super) fn last_of(&self, element: usize) -> usize {
        self.firsts[element + 1] as usize - 1
    }

    /// Whether the tag stands alone in the first element and has three letters.
    #[inline]
    pub(super) fn begins_with_tag(&self) -> bool {
        self.ends[1] == 3 && self.components(0) == 1
    }

    /// Where the last component begins and ends.
    pub(super) fn last(&self) -> Option<(usize, usize)> {
        if self.separators != 0 {
            let end = self.separators.ilog2();
            let before = self.separators & !(1 << end);
            return Some((before.checked_ilog2().map_or(0, |at| at as usize + 1), end as usize));
        }
        self.components.checked_sub(1).map(|at| self.at(at))
    }

    /// Drops what follows an element; its last component ends at `end`.
    pub(super) fn cut_after(&mut self, element: usize, end: usize) {
        self.elements = element + 1;
        self.components = self.firsts[element + 1] as usize;
        self.ends[self.components] = end as u32;
    }

    #[inline]
    fn at(&self, component: usize) -> (usize, usize) {
        (self.ends[component].wrapping_add(1) as usize, self.ends[component + 1] as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_say_what_steps_say() {
        let text = b"NAD+FL+++SMITH:JOHN::+A:B";
        let (mut steps, mut bits) = (Parts::default(), Parts::default());
        let (mut separators, mut elements) = (0_u64, 0_u64);
        steps.begin();
        for (i, b) in text.iter().enumerate() {
            match b {
                b'+' => {
                    steps.border(i);
                    (separators, elements) = (separators | 1 << i, elements | 1 << i);
                }
                b':' => {
                    steps.component(i);
                    separators |= 1 << i;
                }
                _ => {}
            }
        }
        steps.finish(text.len());
        bits.begin();
        assert!(bits.split(0, separators, elements));
        bits.finish(text.len());
        let all = |parts: &Parts| -> Vec<_> {
            (0..8).flat_map(|e| (0..5).map(move |c| (e, c))).map(|(e, c)| parts.bounds(e, c)).collect()
        };
        assert_eq!(all(&steps), all(&bits));
        let mut short = Parts::default();
        short.set_short(separators | 1 << 60, elements | 1 << 60, text.len() as u32);
        assert_eq!(all(&short), all(&bits));
        for usual in 2..8 {
            assert_eq!(short.has_usual(usual, false), usual >= 6);
        }
        for e in 0..8 {
            assert_eq!((short.components(e), short.elements(), short.last()), (bits.components(e), bits.elements(), bits.last()));
        }
        assert_eq!(
            (bits.elements(), bits.components(4), bits.bounds(4, 1), bits.bounds(4, 2)),
            (6, 4, Some((15, 19)), Some((20, 20)))
        );
        let each = |parts: &Parts| {
            let mut found = Vec::new();
            parts.each(|e, c, start, end| {
                assert_eq!(parts.bounds(e, c), Some((start, end)));
                found.push((e, c));
            });
            found
        };
        let want: Vec<_> = (0..bits.elements()).flat_map(|e| (0..bits.components(e)).map(move |c| (e, c))).collect();
        assert_eq!((each(&bits), each(&short)), (want.clone(), want));
        let each_of = |parts: &Parts, element| {
            let mut found = Vec::new();
            parts.each_of(element, |c, start, end| {
                assert_eq!(parts.bounds(element, c), Some((start, end)));
                found.push(c);
            });
            found.len()
        };
        for e in 0..8 {
            assert_eq!((each_of(&bits, e), each_of(&short, e)), (bits.components(e), bits.components(e)));
        }
        let ends = |parts: &Parts| parts.ends_of_elements().collect::<Vec<_>>();
        assert_eq!((ends(&bits), ends(&short)), (vec![6, 7, 8, 21], vec![6, 7, 8, 21]));
        assert_eq!((bits.whole(4), bits.last(), bits.begins_with_tag()), (Some((9, 21)), Some((24, 25)), true));
        bits.cut_after(1, 5);
        assert_eq!((bits.elements(), bits.bounds(1, 0), bits.bounds(2, 0), bits.last()), (2, Some((4, 5)), None, Some((4, 5))));
    }
}
