//! The separators of one interchange: from its UNA, corrected by what the text really does.
//!
//! UNA strings are often malformed and sometimes wrong, and many messages have none, so the text
//! between UNB and the next service segment is asked as well; where both disagree the text wins.

use memchr::memmem;

use super::super::findings::{Finding, Findings};

/// What a byte is to the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Data.
    Data,
    /// Separates components.
    Component,
    /// Separates elements.
    Element,
    /// Ends the segment.
    Terminator,
    /// Takes the meaning from the next byte.
    Release,
    /// Line feed, carriage return or another control character: never data.
    Control,
    /// Data beyond ASCII.
    High,
}

/// Separators of an interchange.
#[derive(Debug, Clone)]
pub(crate) struct Syntax {
    pub(crate) component: u8,
    pub(crate) element: u8,
    pub(crate) release: Option<u8>,
    pub(crate) repetition: Option<u8>,
    pub(crate) terminator: u8,
    /// Bytes before [`Self::terminator`] that belong to it: a curly quote has three bytes.
    pub(crate) terminator_prefix: &'static [u8],
    /// Bytes of the UNA with the blanks before it; 0 without UNA.
    pub(crate) una_len: usize,
    /// What was odd about the UNA.
    pub(crate) findings: Findings,
    class: [Class; 256],
}

/// Bytes in which the header of an interchange is looked for.
const HEAD: usize = 1024;

/// The two bytes before the last of a curly quote in UTF-8.
const CURLY: &[u8] = &[0xE2, 0x80];

impl Default for Syntax {
    fn default() -> Self {
        Self::new(b':', b'+', Some(b'?'), None, b'\'', &[])
    }
}

impl Syntax {
    /// Separators as given.
    pub(crate) fn new(
        component: u8,
        element: u8,
        release: Option<u8>,
        repetition: Option<u8>,
        terminator: u8,
        terminator_prefix: &'static [u8],
    ) -> Self {
        let mut syntax = Self {
            component,
            element,
            release,
            repetition,
            terminator,
            terminator_prefix,
            una_len: 0,
            findings: Findings::default(),
            class: [Class::Data; 256],
        };
        syntax.classify();
        syntax
    }

    fn classify(&mut self) {
        self.class = [Class::Data; 256];
        self.class[..0x20].fill(Class::Control);
        self.class[0x7F] = Class::Control;
        self.class[0x80..].fill(Class::High);
        if let Some(r) = self.release {
            self.class[usize::from(r)] = Class::Release;
        }
        self.class[usize::from(self.component)] = Class::Component;
        self.class[usize::from(self.element)] = Class::Element;
        self.class[usize::from(self.terminator)] = Class::Terminator;
    }

    /// What a byte is.
    #[inline]
    pub(crate) fn class(&self, byte: u8) -> Class {
        self.class[usize::from(byte)]
    }

    /// Reads the separators of an interchange that begins with UNA, UNB or UNH (blanks before it
    /// are skipped).
    pub(crate) fn infer(input: &[u8]) -> Self {
        // A hard wrap may cut through any of it.
        let head = &input[..input.len().min(HEAD)];
        let mut unwrapped = Vec::new();
        let text = if memchr::memchr2(b'\r', b'\n', head).is_some() {
            unwrapped.extend(head.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')));
            unwrapped.as_slice()
        } else {
            head
        };
        let start = skip_blanks(text, 0);
        let mut syntax = Self::default();
        let mut found = Findings::default();
        let mut body = start;
        let mut has_una = false;
        if text[start..].starts_with(b"UNA") {
            let rest = &text[start + 3..];
            // The next segment tells where the UNA ends, whatever its length.
            let window = &rest[..rest.len().min(40)];
            let next =
                memmem::find(window, b"UNB").or_else(|| memmem::find(window, b"UNG")).or_else(|| memmem::find(window, b"UNH"));
            let end = next.unwrap_or(window.len().min(6));
            let chars = trim_end(&rest[..end]);
            body = start + 3 + end;
            has_una = true;
            if !syntax.read_una(chars, &rest[..end]) {
                found.add(Finding::UnaMalformed);
            }
        }
        let una_terminator = (syntax.terminator, syntax.terminator_prefix);
        if let Some((element, component)) = separators(&text[body.min(text.len())..]) {
            if has_una && (element != syntax.element || component.is_some_and(|c| c != syntax.component)) {
                found.add(Finding::UnaContradicted);
            }
            syntax.element = element;
            if let Some(component) = component {
                syntax.component = component;
            }
        }
        let rest = &text[body.min(text.len())..];
        if !ends_segments(rest, &syntax)
            && let Some((terminator, prefix)) = seen_terminator(rest, &syntax)
        {
            if has_una && (terminator, prefix) != una_terminator {
                found.add(Finding::UnaContradicted);
            }
            syntax.terminator = terminator;
            syntax.terminator_prefix = prefix;
        }
        // A separator cannot be two things.
        let taken = [syntax.component, syntax.element, syntax.terminator];
        if syntax.release.is_some_and(|r| taken.contains(&r)) {
            syntax.release = None;
        }
        if syntax.repetition.is_some_and(|r| taken.contains(&r)) {
            syntax.repetition = None;
        }
        syntax.una_len = if has_una { in_wrapped(head, body) } else { 0 };
        syntax.findings = found;
        syntax.classify();
        syntax
    }

    /// Takes the separators of a UNA; `chars` are those after the tag without trailing blanks,
    /// `all` with them. Returns whether it had the form of the standard.
    fn read_una(&mut self, chars: &[u8], all: &[u8]) -> bool {
        let release = |b: u8| (b != b' ').then_some(b);
        let repetition = |b: u8| (b != b' ').then_some(b);
        // A curly quote as terminator, of one byte (Windows-1252) or three (UTF-8).
        let (chars, terminator, prefix): (&[u8], u8, &'static [u8]) = match chars {
            [head @ .., 0xE2, 0x80, last @ (0x98 | 0x99)] => (head, *last, CURLY),
            [head @ .., last] => (head, *last, &[]),
            [] => return false,
        };
        let well = match *chars {
            [c, e, _, r, p] => {
                (self.component, self.element, self.release, self.repetition) = (c, e, release(r), repetition(p));
                true
            }
            // One character is missing: a decimal mark is '.' or ',', so anything else in its place
            // is the release character and the mark was left out.
            [c, e, b'.' | b',', r] => {
                (self.component, self.element, self.release) = (c, e, release(r));
                false
            }
            [c, e, r, p] => {
                (self.component, self.element, self.release, self.repetition) = (c, e, release(r), repetition(p));
                false
            }
            [c, e, ..] => {
                (self.component, self.element) = (c, e);
                false
            }
            _ => return false,
        };
        if terminator.is_ascii_alphanumeric() {
            return false;
        }
        self.terminator = terminator;
        self.terminator_prefix = prefix;
        // A lost terminator would show as the blank in front of it.
        well && prefix.is_empty() && terminator < 0x80 && all.len() >= 6
    }
}

/// First position at or after `at` that is no blank, control character, or byte order mark.
pub(crate) fn skip_blanks(text: &[u8], mut at: usize) -> usize {
    loop {
        match text.get(at) {
            Some(b) if *b <= b' ' || *b == 0x7F => at += 1,
            Some(0xEF) if text[at..].starts_with(&[0xEF, 0xBB, 0xBF]) => at += 3,
            _ => return at,
        }
    }
}

/// Where the byte at `at` of the text without line breaks stands in the text with them.
fn in_wrapped(text: &[u8], at: usize) -> usize {
    let mut kept = text.iter().enumerate().filter(|(_, b)| !matches!(b, b'\r' | b'\n')).map(|(i, _)| i);
    kept.nth(at).unwrap_or(text.len())
}

fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|b| *b > b' ').map_or(0, |i| i + 1);
    &text[..end]
}

/// Element and component separator as the first service segment uses them: `UNB+UNOA:4+`, or
/// `UNH+ref+PAXLST:D:` where there is no UNB.
fn separators(text: &[u8]) -> Option<(u8, Option<u8>)> {
    let at = skip_blanks(text, 0);
    let head = &text[at..text.len().min(at + 200)];
    if !(head.starts_with(b"UNB") || head.starts_with(b"UNH") || head.starts_with(b"UNG")) {
        return None;
    }
    let element_at = 3 + head[3..].iter().position(|b| *b != b' ')?;
    let element = head[element_at];
    if element.is_ascii_alphanumeric() || element >= 0x80 {
        return None;
    }
    let component = if head.starts_with(b"UNB") {
        // The syntax identifier has four letters, its version one digit.
        head.get(element_at + 1..element_at + 7)
            .filter(|s| s[..4].iter().all(u8::is_ascii_alphanumeric) && s[5].is_ascii_digit())
            .map(|s| s[4])
    } else {
        ["PAXLST", "PNRGOV", "CUSRES"]
            .iter()
            .find_map(|name| memmem::find(head, name.as_bytes()))
            .and_then(|i| head.get(i + 6))
            .copied()
    };
    Some((element, component.filter(|c| !c.is_ascii_alphanumeric() && *c < 0x80 && *c != element)))
}

/// Whether the terminator as declared stands before a segment.
fn ends_segments(text: &[u8], syntax: &Syntax) -> bool {
    let mut ends = text.iter().enumerate().filter(|(_, b)| **b == syntax.terminator).map(|(i, _)| i);
    ends.any(|i| {
        let next = skip_blanks(text, i + 1);
        text[..i].ends_with(syntax.terminator_prefix) && super::scan::begins_segment(&text[next..], syntax)
    })
}

/// The terminator as the text uses it: what stands before the segment that follows the first one.
fn seen_terminator(text: &[u8], syntax: &Syntax) -> Option<(u8, &'static [u8])> {
    let head = &text[..text.len().min(800)];
    let first = skip_blanks(head, 0) + 3;
    let mut at = first;
    while let Some(found) = head.get(at..).and_then(|rest| memmem::find(rest, b"UN")).map(|i| at + i) {
        at = found + 2;
        let Some(letter) = head.get(found + 2) else { break };
        let after = found + 3 + head.get(found + 3..)?.iter().position(|b| *b != b' ')?;
        if !matches!(letter, b'H' | b'G') || head[after] != syntax.element {
            continue;
        }
        if let Some(seen) = before(head, found, syntax) {
            return Some(seen);
        }
    }
    // No UNG and no second UNH: what stands before BGM.
    let bgm = memmem::find(head, b"BGM").filter(|i| head.get(i + 3) == Some(&syntax.element))?;
    before(head, bgm, syntax)
}

fn before(head: &[u8], at: usize, syntax: &Syntax) -> Option<(u8, &'static [u8])> {
    let text = trim_end(&head[..at]);
    match text {
        [.., 0xE2, 0x80, last @ (0x98 | 0x99)] => Some((*last, CURLY)),
        // Windows-1252 quotes.
        [.., last @ (0x91 | 0x92)] => Some((*last, &[])),
        [.., last] if last.is_ascii_punctuation() && *last != syntax.element && *last != syntax.component => Some((*last, &[])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Syntax {
        Syntax::infer(text.as_bytes())
    }

    const BODY: &str = "UNB+UNOA:4+A+B+200101:1200+1'UNH+1+PAXLST:D:02B:UN'";

    #[test]
    fn every_kind_of_una() {
        for (una, body, want) in [
            ("UNA:+.? '", "UNB+UNOA:4+A'UNH+1'", (b':', b'+', Some(b'?'), None, b'\'')),
            ("UNA:+.?*'", "UNB+UNOA:4+A'UNH+1'", (b':', b'+', Some(b'?'), Some(b'*'), b'\'')),
            ("UNA:*.? $", "UNB*UNOA:4*A$UNH*1$", (b':', b'*', Some(b'?'), None, b'$')),
            ("UNA:*.? #", "UNB*UNOA:4*A#UNH*1#", (b':', b'*', Some(b'?'), None, b'#')),
            ("UNA:-.? '", "UNB-UNOA:4-A'UNH-1'", (b':', b'-', Some(b'?'), None, b'\'')),
            ("UNA:-.? *", "UNB-UNOA:4-A*UNH-1*", (b':', b'-', Some(b'?'), None, b'*')),
            ("UNA:+.\\ '", "UNB+UNOA:4+A'UNH+1'", (b':', b'+', Some(b'\\'), None, b'\'')),
            ("UNA:+.\\*'", "UNB+UNOA:4+A'UNH+1'", (b':', b'+', Some(b'\\'), Some(b'*'), b'\'')),
            ("UNA:+.  '", "UNB+UNOA:4+A'UNH+1'", (b':', b'+', None, None, b'\'')),
        ] {
            for gap in ["", "\r\n", " "] {
                let s = of(&format!("{una}{gap}{body}"));
                assert_eq!((s.component, s.element, s.release, s.repetition, s.terminator), want, "{una}{gap:?}");
                assert!(s.findings.is_empty(), "{una}{gap:?}");
                assert_eq!(s.una_len, una.len() + gap.len());
            }
        }
    }

    #[test]
    fn malformed_una() {
        let s = of("UNA:+\\*'\nUNB+IATA:1+1A'UNH+1'");
        assert_eq!((s.release, s.repetition, s.terminator), (Some(b'\\'), Some(b'*'), b'\''));
        assert!(s.findings.has(Finding::UnaMalformed));
        // A curly quote that only the UNA has.
        let s = of("UNA:+.\\*\u{2019} UNB+IATA:1+1A'\nUNH+1'");
        assert_eq!((s.terminator, s.terminator_prefix), (b'\'', &[][..]));
        assert!(s.findings.has(Finding::UnaMalformed) && s.findings.has(Finding::UnaContradicted));
        // One that the text has too.
        let s = of("UNA:+.\\*\u{2019}UNB+IATA:1+1A\u{2019}\nUNH+1\u{2019}");
        assert_eq!((s.terminator, s.terminator_prefix), (0x99, CURLY));
    }

    #[test]
    fn without_una() {
        assert_eq!(of(BODY).terminator, b'\'');
        let s = of(&BODY.replace('\'', "\""));
        assert_eq!((s.terminator, s.una_len), (b'"', 0));
        let s = of(&BODY.replace('\'', "\u{2019}\r\n"));
        assert_eq!((s.terminator, s.terminator_prefix), (0x99, CURLY));
        let s = of("UNH-1-PAXLST:D:02B*BGM-745*");
        assert_eq!((s.element, s.component, s.terminator), (b'-', b':', b'*'));
        // No terminators at all: the default, and the reader repairs.
        assert_eq!(of(&BODY.replace('\'', "\n")).terminator, b'\'');
    }

    #[test]
    fn a_mark_before_a_lost_terminator_is_none() {
        let s = of("UNA:+.? 'UNB+UNOA:4+A+B+200101:1200+1++APIS*\nUNH+1+PAXLST:D:02B:UN'BGM+745'");
        assert_eq!(s.terminator, b'\'');
        assert!(s.findings.is_empty());
    }

    #[test]
    fn una_that_the_text_contradicts() {
        let s = of("UNA:+.? 'UNB*UNOA:4*A$UNH*1*PAXLST:D$");
        assert_eq!((s.element, s.terminator), (b'*', b'$'));
        assert!(s.findings.has(Finding::UnaContradicted));
    }
}
