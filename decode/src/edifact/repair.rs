//! Takes line breaks and the lines of a telegram or letter out of a segment.

use super::super::findings::Finding;
use super::reader::Reader;

impl Reader<'_, '_> {
    /// Copies `start..end` of the input into `joined` without line breaks, control characters and
    /// lines that belong to the transport, and notes where each run came from.
    pub(super) fn join(&mut self, start: usize, end: usize) {
        let input = &self.input[start..end];
        let buffers = &mut *self.buffers;
        buffers.joined.clear();
        buffers.runs.clear();
        let mut at = 0;
        let mut first = true;
        let mut broken = false;
        let mut dropped = false;
        let mut after_empty = false;
        while at < input.len() {
            let stop = input[at..].iter().position(|b| matches!(b, b'\n' | b'\r')).map_or(input.len(), |i| at + i);
            let line = &input[at..stop];
            let trimmed = line.trim_ascii();
            let dirt = !first && (is_telegram_line(trimmed) || (after_empty && self.syntax.is_prose(trimmed)));
            if dirt {
                dropped = true;
            } else if !trimmed.is_empty() {
                // One blank at the start of a line may belong to the text; more are a margin.
                let margin = line.iter().take_while(|b| **b == b' ').count();
                let skip = if !first && margin > 1 { margin } else { 0 };
                broken |= !first;
                let mut from = at + skip;
                for (i, b) in line[skip..].iter().enumerate() {
                    if self.syntax.is_control(*b) {
                        let here = at + skip + i;
                        copy(&mut buffers.runs, &mut buffers.joined, input, from, here, start);
                        from = here + 1;
                    }
                }
                copy(&mut buffers.runs, &mut buffers.joined, input, from, stop, start);
            }
            // Between CR and LF there is no line.
            if at < stop || !half_a_break(input, at) {
                after_empty = trimmed.is_empty() && !first;
            }
            first = false;
            at = stop + 1;
        }
        if dropped {
            self.findings.add(Finding::TransportDirt);
        }
        if broken {
            self.findings.add(Finding::WrapRepaired);
        }
    }

    /// Where a byte of `joined` stands in the input.
    pub(super) fn origin_of(&self, joined: usize) -> usize {
        let runs = &self.buffers.runs;
        let run = runs.partition_point(|(at, _)| *at <= joined);
        runs.get(run.wrapping_sub(1)).map_or(0, |(at, origin)| origin + (joined - at))
    }
}

fn copy(runs: &mut Vec<(usize, usize)>, joined: &mut Vec<u8>, input: &[u8], from: usize, to: usize, start: usize) {
    if to > from {
        runs.push((joined.len(), start + from));
        joined.extend_from_slice(&input[from..to]);
    }
}

/// Whether the line feed at `at` is the second half of CR LF.
fn half_a_break(input: &[u8], at: usize) -> bool {
    at > 0 && input[at - 1] == b'\r' && input.get(at) == Some(&b'\n')
}

/// Whether a line is one of a Type-B telegram around a message: `QD ADDRESS…` (priority and
/// addresses), `.HDQCRA9 130631` (origin and time), `PART 2`, `=HEADER` and its like.
pub(crate) fn is_telegram_line(line: &[u8]) -> bool {
    let word = |w: &[u8]| !w.is_empty() && w.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let mut words = line.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let Some(first) = words.next() else { return false };
    match first {
        // Priority codes of IATA Type B.
        b"QC" | b"QD" | b"QK" | b"QN" | b"QP" | b"QS" | b"QU" | b"QX" => {
            let mut any = false;
            words.all(|w| {
                any = true;
                word(w) && w.len() <= 8
            }) && any
        }
        [b'.', origin @ ..] => (5..=8).contains(&origin.len()) && word(origin) && words.all(|w| word(w) || w.contains(&b'/')),
        b"PART" | b"PAGE" | b"PDM" | b"ZCZC" => words.all(word),
        b"NNNN" => words.next().is_none(),
        [b'=', name @ ..] => name.len() > 2 && name.iter().all(u8::is_ascii_uppercase),
        _ => false,
    }
}

impl super::Syntax {
    /// A control character that is no separator.
    fn is_control(&self, b: u8) -> bool {
        self.class(b) == super::syntax::Class::Control
    }

    /// Whether a line reads like a letter: words with lower case and none of the separators.
    fn is_prose(&self, line: &[u8]) -> bool {
        line.contains(&b' ')
            && line.iter().filter(|b| b.is_ascii_lowercase()).count() * 2 > line.len()
            && !line.iter().any(|b| *b == self.element || *b == self.component)
    }
}

/// A byte of Windows-1252 as a character; the five unassigned ones as in Latin-1.
pub(crate) fn windows_1252(b: u8) -> char {
    const C1: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“',
        '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match b {
        0x80..=0x9F => C1[usize::from(b - 0x80)],
        _ => char::from(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_telegram() {
        for line in ["QD ADDR", "QU HDQCRA9 LONXXBA", ".HDQCRA9 130631", ".MUCRM1A 130631/270521", "PART 2", "=HEADER", "NNNN"] {
            assert!(is_telegram_line(line.as_bytes()), "{line}");
        }
        for line in ["QD", "QUINN SMITH:A", "LOC+178+FRA'", ".5", "PARTON", "=", "QA1234+X"] {
            assert!(!is_telegram_line(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn bytes_of_windows() {
        assert_eq!((windows_1252(0xE9), windows_1252(0x92), windows_1252(b'A')), ('é', '’', 'A'));
    }
}
