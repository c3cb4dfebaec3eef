//! The encoding of a piece of input, and its text as UTF-8.
//!
//! UTF-16 is known by its byte order mark or by the noughts around the first `<`. Anything else is
//! UTF-8 where it is valid, whatever it declares: valid UTF-8 beyond ASCII is hardly ever anything
//! else. Bytes that are no UTF-8 are read as Windows-1252, of which Latin-1 is a part; that is a
//! guess unless the document declares one of them.

use std::ops::Range;

use memchr::memmem;

use super::super::edifact::windows_1252;

/// One run of transcoded text, from a `<` to the next.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Where it begins in the text.
    text: usize,
    /// Where it begins in the input.
    source: usize,
    /// Whether it has bytes that were not in the declared encoding.
    guessed: bool,
}

/// Text made of a piece of input that is not UTF-8, and where it came from.
#[derive(Debug, Default)]
pub(super) struct Transcoded {
    pub(super) text: String,
    runs: Vec<Run>,
}

/// Whether the bytes are UTF-16; `Some(true)` is little endian. The mark counts, or the noughts of
/// a first `<`.
fn is_utf16(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => Some(true),
        [0xFE, 0xFF, ..] | [0, b'<', ..] => Some(false),
        _ => None,
    }
}

impl Transcoded {
    /// Reads a piece of input: `Some` where it is UTF-8 as it stands, else the text is kept here.
    pub(super) fn read<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b str> {
        self.text.clear();
        self.runs.clear();
        if let Some(little) = is_utf16(bytes) {
            self.utf16(bytes, little);
            return None;
        }
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Some(text);
        }
        let head = &bytes[..bytes.len().min(256)];
        let declares = |name: &str| head.windows(name.len()).any(|w| w.eq_ignore_ascii_case(name.as_bytes()));
        let declared = memmem::find(head, b"encoding").is_some()
            && ["iso-8859-1", "windows-1252", "cp1252", "latin1", "latin-1"].iter().any(|n| declares(n));
        self.repair(bytes, !declared);
        None
    }

    fn utf16(&mut self, bytes: &[u8], little: bool) {
        let (pairs, odd) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|p| if little { u16::from_le_bytes(*p) } else { u16::from_be_bytes(*p) });
        let mut source = 0;
        for found in char::decode_utf16(units) {
            let c = found.as_ref().copied().unwrap_or(char::REPLACEMENT_CHARACTER);
            self.begin(c == '<', source, found.is_err());
            if c != '\u{FEFF}' {
                self.text.push(c);
            }
            source += 2 * c.len_utf16();
        }
        if !odd.is_empty() {
            self.begin(false, source, true);
        }
    }

    fn repair(&mut self, bytes: &[u8], guess: bool) {
        let mut source = 0;
        for chunk in bytes.utf8_chunks() {
            let valid = chunk.valid();
            let mut from = 0;
            for at in memchr::memchr_iter(b'<', valid.as_bytes()) {
                self.text.push_str(&valid[from..at]);
                self.begin(true, source + at, false);
                from = at;
            }
            self.text.push_str(&valid[from..]);
            source += valid.len();
            for &b in chunk.invalid() {
                self.begin(false, source, guess);
                self.text.push(windows_1252(b));
                source += 1;
            }
        }
    }

    /// Begins a run at a tag, and notes a guess on the run at hand.
    fn begin(&mut self, tag: bool, source: usize, guessed: bool) {
        if tag || self.runs.is_empty() {
            self.runs.push(Run { text: self.text.len(), source, guessed });
        } else if guessed && let Some(run) = self.runs.last_mut() {
            run.guessed = true;
        }
    }

    /// Where the text at `at` came from: exact where a tag begins, else the tag before it and as
    /// many bytes on.
    pub(super) fn source(&self, at: usize) -> usize {
        let next = self.runs.partition_point(|r| r.text <= at);
        self.runs.get(next.wrapping_sub(1)).map_or(at, |r| {
            let source = r.source + (at - r.text);
            // The text may be longer than what it was made of.
            self.runs.get(next).map_or(source, |n| source.min(n.source))
        })
    }

    /// Whether bytes in a range of the text were guessed at.
    pub(super) fn guessed(&self, range: Range<usize>) -> bool {
        let from = self.runs.partition_point(|r| r.text < range.start);
        self.runs[from..].iter().take_while(|r| r.text < range.end).any(|r| r.guessed)
    }
}
