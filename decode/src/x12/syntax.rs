//! Where X12 interchanges begin, and their separators.
//!
//! The header is of fixed width: its fourth byte separates elements, byte 105 components, byte 106
//! ends segments. Senders pad it wrongly, lose the terminator or put a line break in its place, so
//! its elements are counted and the bytes between the last one and the next segment are looked at.

use memchr::memmem;

use super::super::edifact::skip_blanks;
use super::tags;

/// What a byte is to the reader.
pub(super) const DATA: u8 = 0;
pub(super) const ELEMENT: u8 = 1;
pub(super) const TERMINATOR: u8 = 2;

/// Separators of one interchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Separators {
    pub(super) element: u8,
    pub(super) component: Option<u8>,
    /// From release 00402 on.
    pub(super) repetition: Option<u8>,
    /// A line feed where line breaks end segments.
    pub(super) terminator: u8,
    /// Whether there is a header and it is as wide as the standard says.
    pub(super) fixed: bool,
    pub(super) class: [u8; 256],
}

impl Separators {
    fn new(element: u8, component: Option<u8>, repetition: Option<u8>, terminator: u8, fixed: bool) -> Self {
        let mut class = [DATA; 256];
        class[usize::from(terminator)] = TERMINATOR;
        class[usize::from(element)] = ELEMENT;
        Self { element, component, repetition, terminator, fixed, class }
    }

    /// Reads the separators of text that begins with ISA, GS or ST. `None` where it does not.
    pub(super) fn infer(text: &[u8]) -> Option<Self> {
        match text.get(..3)?.to_ascii_uppercase().as_slice() {
            b"ISA" => Self::of_header(text),
            [b'G', b'S', element] | [b'S', b'T', element] if is_separator(*element) => {
                let terminator = terminator_of(text, *element).unwrap_or(b'~');
                Some(Self::new(*element, None, None, terminator, true))
            }
            _ => None,
        }
    }

    fn of_header(text: &[u8]) -> Option<Self> {
        let element = *text.get(3).filter(|b| is_separator(**b))?;
        let mut ends = memchr::memchr_iter(element, &text[..text.len().min(400)]);
        let twelfth = ends.nth(11);
        // Behind the separator of element 16; in front of it stand elements 13 to 15.
        let last = ends.nth(3).map(|at| at + 1);
        let version = |at: usize| text.get(at..at + 5).filter(|v| v.iter().all(u8::is_ascii_digit));
        let newer = twelfth.and_then(|at| version(at + 1)).is_some_and(|v| v >= b"00402".as_slice());
        let repetition =
            twelfth.and_then(|at| text.get(at.wrapping_sub(1))).copied().filter(|b| newer && is_separator(*b) && *b != element);
        let Some(last) = last else {
            let terminator = terminator_of(text, element).unwrap_or(b'~');
            return Some(Self::new(element, None, repetition, terminator, false));
        };
        // Up to the next segment there is the component separator, the terminator, and line breaks.
        let next = next_segment(text, last, element).unwrap_or(text.len().min(last + 2));
        let between = &text[last..next];
        let mut marks = between.iter().copied().filter(|b| is_separator(*b) && *b != element);
        let breaks = between.iter().any(|b| matches!(b, b'\n' | b'\r'));
        let (component, terminator) = match (marks.next(), marks.next()) {
            (component, Some(terminator)) => (component, terminator),
            (component @ Some(_), None) if breaks => (component, b'\n'),
            // One mark and no line break: the terminator, if other segments end so.
            (Some(mark), None) => (None, terminator_of(&text[next..], element).unwrap_or(mark)),
            (None, _) if breaks => (None, b'\n'),
            _ => (None, terminator_of(&text[next..], element).unwrap_or(b'~')),
        };
        let fixed = last == 104 && between.first().is_some_and(|b| is_separator(*b)) && between.get(1) == Some(&terminator);
        let fixed = fixed || (terminator == b'\n' && last == 104 && component.is_some());
        Some(Self::new(element, component, repetition, terminator, fixed))
    }
}

/// Whether a byte can separate: no letter, no digit, no blank, nothing beyond ASCII.
pub(super) fn is_separator(b: u8) -> bool {
    b < 0x80 && !b.is_ascii_alphanumeric() && !matches!(b, b' ' | b'\n' | b'\r' | 0)
}

/// Where the first GS, ST or TA1 begins at or behind `from`.
fn next_segment(text: &[u8], from: usize, element: u8) -> Option<usize> {
    let window = &text[from..text.len().min(from + 40)];
    let found = (0..window.len()).find(|at| {
        let rest = &window[*at..];
        let upper = |n: usize| rest.get(..n).map(<[u8]>::to_ascii_uppercase);
        let begins = *at == 0 || !window[at - 1].is_ascii_alphanumeric();
        begins
            && (rest.get(2) == Some(&element) && upper(2).is_some_and(|t| t == b"GS" || t == b"ST")
                || rest.get(3) == Some(&element) && upper(3).is_some_and(|t| t == b"TA1" || t == b"IEA"))
    })?;
    Some(from + found)
}

/// What ends the segments of text that begins with one: the byte before the next tag.
fn terminator_of(text: &[u8], element: u8) -> Option<u8> {
    let head = &text[..text.len().min(600)];
    let mut candidates = [0_u16; 128];
    for at in 3..head.len() {
        // A known tag and an element separator, with a mark or a line break before it.
        let [two, three] = [2, 3].map(|n| head.get(at..at + n).filter(|_| head.get(at + n) == Some(&element)));
        if !two.or(three).and_then(tags::parse).is_some_and(tags::known) {
            continue;
        }
        let before = &head[..at];
        let mark = before.trim_ascii_end().last().copied().filter(|b| is_separator(*b) && *b != element);
        let broken = before.last().is_some_and(|b| matches!(b, b'\n' | b'\r'));
        match mark {
            Some(mark) => candidates[usize::from(mark)] += 1,
            None if broken => candidates[usize::from(b'\n')] += 1,
            None => {}
        }
    }
    let (mark, count) = candidates.iter().enumerate().max_by_key(|(_, n)| **n)?;
    (*count > 0).then_some(mark as u8)
}

/// Whether the text at `at` is the header of an interchange, no part of some word.
fn begins_interchange(text: &[u8], at: usize) -> bool {
    if at > 0 && text[at - 1].is_ascii_alphanumeric() {
        // A lost terminator may glue it to the number of the interchange before it.
        let before = &text[at.saturating_sub(24)..at];
        let digits = before.iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
        let trailer = before[..before.len() - digits].to_ascii_uppercase();
        if !(trailer.len() > 4 && memmem::find(&trailer, b"IEA").is_some()) {
            return false;
        }
    }
    let Some(&element) = text.get(at + 3) else { return false };
    if !is_separator(element) {
        return false;
    }
    // Two characters, a separator, and a separator again before long.
    let rest = &text[at + 4..text.len().min(at + 24)];
    rest.iter().take(5).any(|b| *b == element) && memchr::memchr_iter(element, rest).count() >= 2
}

/// Offsets at which interchanges begin, in order.
pub(super) fn starts(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let upper = memmem::find_iter(text, b"ISA").filter(|at| begins_interchange(text, *at));
    let lower = text.get(skip_blanks(text, 0)..).filter(|t| t.starts_with(b"isa")).map(|_| skip_blanks(text, 0));
    lower.into_iter().chain(upper)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ISA: &str = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *230525*2048*U*00401*000002910*0*P*>";

    fn of(text: &str) -> (u8, Option<u8>, Option<u8>, u8, bool) {
        let s = Separators::infer(text.as_bytes()).unwrap();
        (s.element, s.component, s.repetition, s.terminator, s.fixed)
    }

    #[test]
    fn the_header_names_the_separators() {
        assert_eq!(of(&format!("{ISA}~GS*SO*X~ST*309*1~")), (b'*', Some(b'>'), None, b'~', true));
        assert_eq!(of(&format!("{ISA}~\r\nGS*SO*X~\r\nST*309*1~")), (b'*', Some(b'>'), None, b'~', true));
        assert_eq!(of(&format!("{ISA}\nGS*SO*X\nST*309*1\n")), (b'*', Some(b'>'), None, b'\n', true));
        assert_eq!(of(&format!("{ISA}\r\nGS*SO*X\r\nST*309*1\r\n")).3, b'\n');
        let newer = ISA.replace("*U*00401", "*^*00501").replace('>', ":");
        assert_eq!(of(&format!("{newer}'GS*SO*X'ST*309*1'")), (b'*', Some(b':'), Some(b'^'), b'\'', true));
        // U is no separator.
        assert_eq!(of(&format!("{}~GS*SO*X~", ISA.replace("00401", "00501"))).2, None);
        let other = ISA.replace('*', "|");
        assert_eq!(of(&format!("{other}\u{85}GS|SO|X").replace('\u{85}', "\u{1d}")), (b'|', Some(b'>'), None, 0x1d, true));
    }

    #[test]
    fn headers_of_wrong_width() {
        let narrow = ISA.replace("          ", "").replace("         *", "*");
        assert_eq!(of(&format!("{narrow}~\nGS*SO*X~")), (b'*', Some(b'>'), None, b'~', false));
        // Without the component separator, without the terminator.
        let cut = ISA.trim_end_matches('>');
        assert_eq!(of(&format!("{cut}~GS*SO*X~ST*309*1~")).3, b'~');
        assert_eq!(of(&format!("{ISA}GS*SO*X~ST*309*1~M10*A~")).3, b'~');
        // Cut short.
        assert_eq!(of("ISA*00*  *00~GS*SO*X~ST*309*1~").3, b'~');
        assert_eq!(of("ISA*00*").3, b'~');
    }

    #[test]
    fn without_a_header() {
        assert_eq!(of("ST*310*35353~\nB3*3*X~"), (b'*', None, None, b'~', true));
        assert_eq!(of("ST|309|1\nM10|X|O\n"), (b'|', None, None, b'\n', true));
        assert_eq!(of("GS*SO*A*B*20230525*2048*1*X*004010\u{1}ST*309*1\u{1}").3, 1);
        assert!(Separators::infer(b"STREET").is_none());
    }

    #[test]
    fn interchanges_begin_at_their_headers() {
        let one = format!("{ISA}~GS*SO~IEA*1*000002910~");
        let text = format!("junk VISA*12* {one}\n\n{one}{one}");
        let first = text.find("ISA*00").unwrap();
        let want = [first, first + one.len() + 2, first + 2 * one.len() + 2];
        assert_eq!(starts(text.as_bytes()).collect::<Vec<_>>(), want);
        let glued = format!("{}{one}", one.trim_end_matches('~'));
        assert_eq!(starts(glued.as_bytes()).count(), 2);
    }
}
