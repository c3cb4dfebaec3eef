//! The elements and components of the segment at hand.
//!
//! A short segment of the common kind is walked by the bits of its separators over a window of fixed length, so
//! that nothing is looked up twice; any other by the bounds that were written down.

use super::reader::Reader;
use super::slice::Slice;
use super::tags;

impl Reader<'_, '_> {
    /// Elements of the current segment, the tag among them.
    #[inline]
    pub(crate) fn elements(&self) -> usize {
        self.buffers.parts.elements()
    }

    /// Components of an element; 0 where the element is missing.
    #[inline]
    pub(crate) fn components(&self, element: usize) -> usize {
        self.buffers.parts.components(element)
    }

    /// A component without the blanks around it; empty where it is missing.
    #[inline]
    pub(crate) fn get(&self, element: usize, component: usize) -> Slice {
        let Some((start, end)) = self.buffers.parts.bounds(element, component) else { return Slice::default() };
        if start == end {
            return Slice::default();
        }
        let text = self.tail(self.text);
        if text[start] != b' ' && text[end - 1] != b' ' {
            return Slice { at: self.text + start, len: end - start };
        }
        self.trimmed(start, end)
    }

    #[cold]
    fn trimmed(&self, mut start: usize, mut end: usize) -> Slice {
        let text = self.tail(self.text);
        while end > start && text[end - 1] == b' ' {
            end -= 1;
        }
        while start < end && text[start] == b' ' {
            start += 1;
        }
        Slice { at: self.text + start, len: end - start }
    }

    /// Each component in order, its element and its place there, as [`Self::get`] gives it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is done with a component must not cost a call")]
    pub(crate) fn each(&self, mut take: impl FnMut(usize, usize, Slice)) {
        let text = self.tail(self.text);
        self.buffers.parts.each(|element, component, start, end| take(element, component, self.bounded(text, start, end)));
    }

    /// The first components of an element, as [`Self::get`] gives them.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the length of the list is known where it is asked for")]
    pub(crate) fn element<const C: usize>(&self, element: usize) -> [Slice; C] {
        let mut all = [Slice::default(); C];
        if let Some((text, separators, borders)) = self.short() {
            if let Some((start, _)) = self.buffers.parts.element(element) {
                self.fill(&mut all, text, start, &mut (separators & (!0 << start)), borders);
            }
            return all;
        }
        self.long_element(element)
    }

    /// The same of a segment that is long, or cleaned, or stands at the end of the input.
    #[inline(never)]
    fn long_element<const C: usize>(&self, element: usize) -> [Slice; C] {
        let mut all = [Slice::default(); C];
        let text = self.tail(self.text);
        self.buffers.parts.each_of(element, |component, start, end| {
            if let Some(slot) = all.get_mut(component) {
                *slot = self.bounded(text, start, end);
            }
        });
        all
    }

    /// The text of a short segment with what follows it, the bits of its separators and those of elements among them.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a part of what walks through the components")]
    fn short(&self) -> Option<(&[u8; 64], u64, u64)> {
        let (separators, borders) = self.buffers.parts.bits()?;
        Some((self.input.get(self.text..)?.first_chunk()?, separators, borders))
    }

    /// Fills slots with the components of the element that begins at `start` in a short segment, takes them off `left`, and
    /// returns where the next element begins.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a part of what walks through the components")]
    fn fill(&self, slots: &mut [Slice], text: &[u8; 64], start: u32, left: &mut u64, borders: u64) -> u32 {
        let (mut start, mut slots) = (start, slots.iter_mut());
        loop {
            let end = left.trailing_zeros();
            *left &= left.wrapping_sub(1);
            if let Some(slot) = slots.next()
                && start < end
            {
                let well = text[(start & 63) as usize] != b' ' && text[(end.wrapping_sub(1) & 63) as usize] != b' ';
                *slot = if well {
                    Slice { at: self.text + start as usize, len: (end - start) as usize }
                } else {
                    self.trimmed(start as usize, end as usize)
                };
            }
            start = end + 1;
            if borders >> (end & 63) & 1 != 0 || *left == 0 {
                return start;
            }
        }
    }

    /// A component of the text of the segment without the blanks around it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a part of what walks through the components")]
    fn bounded(&self, text: &[u8], start: usize, end: usize) -> Slice {
        match text.get(start..end) {
            None | Some([]) => Slice::default(),
            Some([b' ', ..] | [.., b' ']) => self.trimmed(start, end),
            Some(bytes) => Slice { at: self.text + start, len: bytes.len() },
        }
    }

    /// The first components of the first elements, the tag among them, as [`Self::get`] gives them.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the lengths of the table are known where it is asked for")]
    pub(crate) fn table<const E: usize, const C: usize>(&self) -> [[Slice; C]; E] {
        let mut table = [[Slice::default(); C]; E];
        if let Some((text, mut left, borders)) = self.short() {
            let mut start = 0;
            for element in &mut table {
                if left == 0 {
                    break;
                }
                start = self.fill(element, text, start, &mut left, borders);
            }
            return table;
        }
        std::array::from_fn(|element| self.long_element(element))
    }

    /// The bytes of a component.
    #[inline]
    pub(crate) fn field(&self, element: usize, component: usize) -> &[u8] {
        let Some((start, end)) = self.buffers.parts.bounds(element, component) else { return &[] };
        match &self.tail(self.text)[start..end] {
            [b' ', ..] | [.., b' '] => self.bytes(self.trimmed(start, end)),
            bytes => bytes,
        }
    }

    /// A component of up to eight bytes as a number, to be compared with [`tags::code`]; 0 where it is missing, and a
    /// number that is no code where it is longer.
    #[inline]
    pub(crate) fn code(&self, element: usize, component: usize) -> u64 {
        let Some((start, end)) = self.buffers.parts.bounds(element, component) else { return 0 };
        let text = self.tail(self.text);
        let len = end - start;
        if let Some(eight) = text[start..].first_chunk::<8>()
            && len < 8
        {
            let word = u64::from_le_bytes(*eight) & !(!0 << (8 * len));
            // The first byte, and the last, may be a blank.
            if word as u8 != b' ' && word >> (8 * len.saturating_sub(1)) != u64::from(b' ') {
                return word;
            }
        }
        tags::code(self.bytes(self.trimmed(start, end)))
    }

    /// The qualifier of a segment and what it qualifies, `LOC+178+YYZ` or `RFF+AVF:ABCDEF`: the code of element 1 and, where
    /// `element` says so, element 2, else the second component of element 1. The last value says that the segment holds
    /// no more than these.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "asked for nearly every segment of a person; a call costs as much again")]
    pub(crate) fn pair(&self, element: bool) -> (u64, Slice, bool) {
        if let Some((at, end, border)) = self.buffers.parts.pair()
            && border == element
            && let Some(text) = self.input.get(self.text..)
            && let Some(twelve) = text.first_chunk::<12>()
        {
            let [_, _, _, _, eight @ ..] = *twelve;
            let len = at.wrapping_sub(4);
            let value = text.get(at + 1..end).unwrap_or_default();
            if let (1..8, [first, .., last] | [first @ last]) = (len, value) {
                let code = u64::from_le_bytes(eight) & ((1 << (8 * len)) - 1);
                let blanks = [code as u8, (code >> (8 * (len - 1))) as u8, *first, *last].map(|b| b == b' ');
                if blanks == [false; 4] {
                    return (code, Slice { at: self.text + at + 1, len: value.len() }, true);
                }
            }
        }
        self.any_pair(element)
    }

    #[inline(never)]
    fn any_pair(&self, element: bool) -> (u64, Slice, bool) {
        let value = if element { self.get(2, 0) } else { self.get(1, 1) };
        (self.code(1, 0), value, false)
    }
}
