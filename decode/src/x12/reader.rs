//! Segments over borrowed text. The pieces tile the text: each byte belongs to a segment (with its
//! terminator), to blanks between segments, or to junk.

use std::ops::Range;

use super::syntax::{DATA, ELEMENT, Separators};
use super::tags::{self, Tag};

/// A run of the text.
pub(super) type Span = (u32, u32);

/// What the reader found next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Segment,
    /// Text that is no segment.
    Junk(Range<usize>),
}

/// Longest segment that is looked at.
const MAX_SEGMENT: usize = 1 << 16;

/// Reads one interchange.
#[derive(Debug)]
pub(super) struct Reader<'a, 'm> {
    text: &'a str,
    separators: &'m Separators,
    elements: &'m mut Vec<Span>,
    pos: usize,
    start: usize,
    tag: Tag,
    segment: bool,
    /// Whether the current segment was cut where another one was glued to it.
    pub(super) cut: bool,
    /// Segments since it was last set to nought.
    pub(super) segments: u64,
}

impl<'a, 'm> Reader<'a, 'm> {
    /// Reads `text`, which is shorter than 4 GiB, with these separators.
    pub(super) fn new(text: &'a str, separators: &'m Separators, elements: &'m mut Vec<Span>) -> Self {
        Self { text, separators, elements, pos: 0, start: 0, tag: 0, segment: false, cut: false, segments: 0 }
    }

    /// Tag of the current segment.
    pub(super) fn tag(&self) -> Tag {
        self.tag
    }

    /// Whether the piece at hand is a segment.
    pub(super) fn is_segment(&self) -> bool {
        self.segment
    }

    /// Where the current segment begins.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// How far the text has been read.
    pub(super) fn position(&self) -> usize {
        self.pos
    }

    /// Elements of the current segment, the tag among them.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    /// An element without the blanks around it; empty where it is missing.
    #[inline]
    pub(super) fn get(&self, element: usize) -> &'a str {
        let raw = self.raw(element);
        match raw.as_bytes() {
            [] => raw,
            [first, .., last] if *first > b' ' && *last > b' ' => raw,
            _ => raw.trim_ascii(),
        }
    }

    /// An element as it stands; empty where it is missing.
    #[inline]
    pub(super) fn raw(&self, element: usize) -> &'a str {
        let Some(&(start, end)) = self.elements.get(element) else { return "" };
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Where an element stands, blanks around it left out.
    pub(super) fn span(&self, element: usize) -> Span {
        let Some(&(start, _)) = self.elements.get(element) else { return (0, 0) };
        let raw = self.raw(element);
        let text = raw.trim_ascii_start();
        let start = start + (raw.len() - text.len()) as u32;
        (start, start + text.trim_ascii_end().len() as u32)
    }

    /// The next piece; `None` at the end of the text.
    pub(super) fn next(&mut self) -> Option<Piece> {
        let bytes = self.text.as_bytes();
        let terminator = self.separators.terminator;
        let mut at = self.pos;
        // Blanks, line breaks, and terminators that end nothing.
        while bytes.get(at).is_some_and(|b| *b <= b' ' || *b == terminator || *b == 0x7F) {
            at += 1;
        }
        if at == bytes.len() {
            self.pos = at;
            return None;
        }
        self.start = at;
        let end = self.scan(at);
        self.pos = end;
        self.cut = false;
        self.segment = false;
        let name = self.get(0);
        if let Some(tag) = tags::parse(name.as_bytes()).filter(|_| self.elements.len() > 1) {
            self.tag = tag;
            if self.elements.len() > tags::most_elements(tag) {
                self.cut_glued(tag);
            }
            self.segments += 1;
            self.segment = true;
            return Some(Piece::Segment);
        }
        // Junk may end in the tag of a segment: `### ST*309*1~`.
        if self.elements.len() > 1 && self.elements[0].1 > self.elements[0].0 {
            let (start, stop) = self.elements[0];
            let tail = &bytes[start as usize..stop as usize];
            for n in [3, 2] {
                let Some(cut) = tail.len().checked_sub(n).filter(|cut| *cut > 0) else { continue };
                if tags::parse(&tail[cut..]).is_some_and(tags::known) && !tail[cut - 1].is_ascii_alphanumeric() {
                    self.pos = start as usize + cut;
                    return Some(Piece::Junk(self.start..self.pos));
                }
            }
        }
        Some(Piece::Junk(at..end))
    }

    /// Notes the elements of the segment at `start`; returns where it ends, its terminator included.
    #[inline]
    fn scan(&mut self, start: usize) -> usize {
        let bytes = &self.text.as_bytes()[..self.text.len().min(start + MAX_SEGMENT)];
        let class = &self.separators.class;
        self.elements.clear();
        let mut from = start;
        let mut at = start;
        loop {
            // Most elements are short, and descriptions long.
            let near = &bytes[at..bytes.len().min(at + 12)];
            let found = near.iter().position(|b| class[usize::from(*b)] != DATA).or_else(|| {
                let far = &bytes[at + near.len()..];
                let marks = memchr::memchr2(self.separators.element, self.separators.terminator, far);
                marks.map(|step| near.len() + step)
            });
            let Some(step) = found else {
                // The text ends here, or no end is in sight.
                let end = if bytes.len() == self.text.len() { bytes.len() } else { self.text.floor_char_boundary(bytes.len()) };
                let end = end.max(from);
                self.elements.push((from as u32, end as u32));
                return end.max(start + 1).min(self.text.len());
            };
            at += step;
            self.elements.push((from as u32, at as u32));
            let ends = class[usize::from(bytes[at])] != ELEMENT;
            at += 1;
            from = at;
            if ends {
                return at;
            }
        }
    }

    /// Cuts the segment before the tag of another one that a lost terminator glued to it.
    fn cut_glued(&mut self, tag: Tag) {
        let most = tags::most_elements(tag).min(self.elements.len());
        for element in 1..most {
            let (start, end) = self.elements[element];
            let text = &self.text.as_bytes()[start as usize..end as usize];
            for n in [3, 2] {
                let Some(cut) = text.len().checked_sub(n) else { continue };
                if tags::parse(&text[cut..]).is_some_and(tags::known) && self.text.is_char_boundary(start as usize + cut) {
                    self.elements.truncate(element + 1);
                    // The byte in front may be what the terminator became.
                    self.elements[element].1 = start + cut as u32;
                    self.pos = start as usize + cut;
                    self.cut = true;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let separators = Separators::infer(b"ST*309*1~SE*1*1~").unwrap();
        let mut elements = Vec::new();
        let mut reader = Reader::new(text, &separators, &mut elements);
        let mut out = Vec::new();
        let mut at = 0;
        while let Some(piece) = reader.next() {
            match piece {
                Piece::Segment => out.push((0..reader.len()).map(|e| reader.get(e)).collect::<Vec<_>>().join("|")),
                Piece::Junk(range) => out.push(format!("junk {}", text[range].trim_end())),
            }
            assert!(reader.position() > at);
            at = reader.position();
        }
        out
    }

    #[test]
    fn segments_and_elements() {
        assert_eq!(read("ST*309*1~\r\nN1* SH *ACME **~\n~~ lx*1~SE*3*1"), ["ST|309|1", "N1|SH|ACME||", "lx|1", "SE|3|1"]);
        assert_eq!(read("  \r\n"), [""; 0]);
    }

    #[test]
    fn junk_and_glue() {
        assert_eq!(read("### what!~LX*1~"), ["junk ### what!~", "LX|1"]);
        assert_eq!(read("###ST*309*1~"), ["junk ###", "ST|309|1"]);
        assert_eq!(read("LX*1M11*BILL*2~"), ["LX|1", "M11|BILL|2"]);
        assert_eq!(read("SE*3*0001?ST*309*2~"), ["SE|3|0001?", "ST|309|2"]);
        assert_eq!(read("N1~LX*1~"), ["junk N1~", "LX|1"]);
    }

    proptest::proptest! {
        #[test]
        fn pieces_tile_any_text(text in "[A-Z0-9*~ \n#Ü]{0,300}") {
            let separators = Separators::infer(b"ST*309*1~SE*1*1~").unwrap();
            let mut elements = Vec::new();
            let mut reader = Reader::new(&text, &separators, &mut elements);
            let mut at = 0;
            while reader.next().is_some() {
                proptest::prop_assert!(reader.position() > at && reader.start() >= at);
                proptest::prop_assert!(text[at..reader.start()].bytes().all(|b| b <= b' ' || b == b'~'));
                at = reader.position();
            }
            proptest::prop_assert_eq!(reader.position(), text.len());
        }
    }
}
