//! Makes text that is not as it should be into text that the reader can take: line breaks inside
//! segments, lost terminators, bytes that are not UTF-8, lower case. Clean text is not copied.

use std::ops::Range;

use super::super::edifact::{skip_blanks, windows_1252};
use super::super::findings::{Finding, Findings};
use super::syntax::Separators;
use super::tags;

/// Memory of the cleaner.
#[derive(Debug, Default)]
pub(super) struct Clean {
    text: String,
    /// Where runs of the text come from: (offset in it, offset in the input).
    runs: Vec<(usize, usize)>,
}

/// Text of an interchange, and where its bytes come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) content: &'a str,
    runs: &'a [(usize, usize)],
    /// What was repaired.
    pub(super) findings: Findings,
}

impl Text<'_> {
    /// Offset in the input of a byte of the text.
    pub(super) fn origin(&self, at: usize) -> usize {
        let next = self.runs.partition_point(|(own, _)| *own <= at);
        let Some((own, origin)) = next.checked_sub(1).and_then(|i| self.runs.get(i)) else { return at };
        // One byte may have become a character of several.
        let limit = self.runs.get(next).map_or(usize::MAX, |(_, origin)| origin.saturating_sub(1));
        (origin + (at - own)).min(limit.max(*origin))
    }

    /// Range of the input for one of the text.
    pub(super) fn origins(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.origin(range.start);
        start..if range.is_empty() { start } else { self.origin(range.end - 1) + 1 }
    }
}

/// How a line break inside the text is read.
enum Break {
    /// It stands between segments, or ends them.
    Between,
    /// The terminator before it was lost.
    Lost,
    /// It cuts through a segment.
    Wrap,
}

impl Clean {
    /// The text of `input`, repaired where it must be.
    pub(super) fn text<'a>(&'a mut self, input: &'a [u8], separators: &Separators) -> Text<'a> {
        let lower = input.get(..3).is_some_and(|t| t.iter().any(u8::is_ascii_lowercase));
        if !lower
            && (stands_between(input, separators.terminator)
                || !breaks(input, separators).any(|(_, kind)| !matches!(kind, Break::Between)))
            && let Ok(text) = std::str::from_utf8(input)
        {
            return Text { content: text, runs: &[], findings: Findings::default() };
        }
        let findings = self.repair(input, separators, lower);
        Text { content: &self.text, runs: &self.runs, findings }
    }

    fn repair(&mut self, input: &[u8], separators: &Separators, lower: bool) -> Findings {
        self.text.clear();
        self.runs.clear();
        let mut found = Findings::default();
        if lower {
            found.add(Finding::LowerCase);
        }
        let mut from = 0;
        for (range, kind) in breaks(input, separators) {
            match kind {
                Break::Between => continue,
                Break::Lost => found.add(Finding::TerminatorMissing),
                Break::Wrap => found.add(Finding::WrapRepaired),
            }
            self.push(&input[from..range.start], from, &mut found, lower);
            if matches!(kind, Break::Lost) {
                self.runs.push((self.text.len(), range.start));
                self.text.push(char::from(separators.terminator));
            }
            from = range.end;
        }
        self.push(&input[from..], from, &mut found, lower);
        found
    }

    fn push(&mut self, mut bytes: &[u8], mut origin: usize, found: &mut Findings, lower: bool) {
        loop {
            let (text, rest) = match std::str::from_utf8(bytes) {
                Ok(text) => (text, None),
                Err(e) => {
                    let (good, rest) = bytes.split_at(e.valid_up_to());
                    (std::str::from_utf8(good).unwrap_or_default(), Some(rest))
                }
            };
            self.runs.push((self.text.len(), origin));
            let at = self.text.len();
            self.text.push_str(text);
            if lower {
                self.text[at..].make_ascii_uppercase();
            }
            let Some((bad, rest)) = rest.and_then(<[u8]>::split_first) else { return };
            found.add(Finding::NotUtf8);
            self.runs.push((self.text.len(), origin + text.len()));
            self.text.push(windows_1252(*bad));
            origin += text.len() + 1;
            bytes = rest;
        }
    }
}

/// Whether every line break stands directly behind a terminator, as nearly all do.
fn stands_between(input: &[u8], terminator: u8) -> bool {
    let ends = |at: usize| at == 0 || input[at - 1] == terminator || matches!(input[at - 1], b'\n' | b'\r');
    terminator == b'\n' || (memchr::memchr_iter(b'\n', input).all(ends) && memchr::memchr_iter(b'\r', input).all(ends))
}

/// Runs of line breaks with the blanks between them, and how to read each.
fn breaks<'t>(input: &'t [u8], separators: &'t Separators) -> impl Iterator<Item = (Range<usize>, Break)> + 't {
    let ends_lines = separators.terminator == b'\n';
    let mut at = 0;
    std::iter::from_fn(move || {
        if ends_lines {
            return None;
        }
        let start = at + memchr::memchr2(b'\n', b'\r', &input[at..])?;
        let mut end = start;
        while end < input.len() && matches!(input[end], b'\n' | b'\r') {
            end += 1;
        }
        at = end;
        // A terminator that is a carriage return is one of these.
        if separators.terminator == b'\r' || start == 0 || input[start - 1] == separators.terminator {
            return Some((start..end, Break::Between));
        }
        let before = input[..start].trim_ascii_end();
        if before.is_empty() || before.last() == Some(&separators.terminator) {
            return Some((start..end, Break::Between));
        }
        let line = skip_blanks(input, end);
        if line == input.len() || begins_segment(&input[line..], separators) {
            return Some((start..end, Break::Lost));
        }
        Some((start..end, Break::Wrap))
    })
}

/// Whether a line begins with a known tag and an element separator.
fn begins_segment(line: &[u8], separators: &Separators) -> bool {
    [2, 3]
        .into_iter()
        .any(|n| line.get(n) == Some(&separators.element) && line.get(..n).and_then(tags::parse).is_some_and(tags::known))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn clean(input: &[u8]) -> (String, Vec<usize>, Vec<&'static str>) {
        let separators = Separators::infer(input).unwrap();
        let mut memory = Clean::default();
        let text = memory.text(input, &separators);
        let origins = (0..text.content.len()).map(|i| text.origin(i)).collect();
        (text.content.to_owned(), origins, text.findings.codes().collect())
    }

    #[test]
    fn clean_text_stays_where_it_is() {
        let (text, origins, found) = clean(b"ST*309*1~\r\nM10*A~ \r\n\r\nSE*3*1~\r\n");
        assert_eq!(text, "ST*309*1~\r\nM10*A~ \r\n\r\nSE*3*1~\r\n");
        assert!(found.is_empty() && origins.iter().enumerate().all(|(i, o)| i == *o));
    }

    #[test]
    fn wraps_and_lost_terminators() {
        let input = b"ST*309*1~N10*1*GREEN CO\r\nFFEE*X\nN10**MORE~SE*3*1";
        let (text, origins, found) = clean(input);
        assert_eq!(text, "ST*309*1~N10*1*GREEN COFFEE*X~N10**MORE~SE*3*1");
        assert_eq!(found, ["wrap_repaired", "terminator_missing"]);
        let more = text.find("MORE").unwrap();
        assert_eq!(&input[origins[more]..origins[more] + 4], b"MORE");
    }

    #[test]
    fn other_bytes_and_lower_case() {
        let (text, _, found) = clean(b"ST*309*1~N1*SH*M\xDCLLER~");
        assert_eq!(text, "ST*309*1~N1*SH*MÜLLER~");
        assert_eq!(found, ["not_utf8"]);
        let (text, _, found) = clean(b"st*309*1~n1*sh*acme~");
        assert_eq!((text.as_str(), found), ("ST*309*1~N1*SH*ACME~", vec!["lower_case"]));
    }
}
