//! XML for decoders: documents as flat tapes of elements that borrow the input.
//!
//! In the order of the data: `encoding` makes UTF-8 of a piece of input (borrowed where it is that
//! already), `tape` reads one document into a vector of elements, `escape` takes entities out of
//! text, `element` is what a decoder holds in its hand. All memory is kept from one document to the
//! next, and nothing is allocated for an element once it is warm.
//!
//! It is no validating parser, and no library does what is asked here: a declaration filed with a
//! damaged tag is still filed. So damage never ends a document: a tag that is none is skipped, an
//! end tag closes what it names, one that differs in a letter closes what it must have meant, and
//! every such place is kept in [`Document::damage`] for a finding. What is read is always what the
//! document says elsewhere. Prefixes are ignored. Entities other than the five of XML and numeric
//! ones stay as they are, so nothing expands; [`Document::has_doctype`] tells of a DOCTYPE, for
//! which [`super::families`] refuses the document.

mod element;
mod encoding;
mod escape;
mod tape;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub(crate) use self::element::Element;
use self::encoding::Transcoded;
use self::tape::Tape;

/// Memory of the reader, kept from one piece of input to the next.
#[derive(Debug, Default)]
pub(crate) struct Xml {
    transcoded: Transcoded,
    tape: Tape,
}

impl Xml {
    /// The documents in a piece of input: one, or several after each other.
    pub(crate) fn documents<'x>(&'x mut self, bytes: &'x [u8]) -> Documents<'x> {
        let borrowed = self.transcoded.read(bytes);
        Documents { borrowed, len: bytes.len(), transcoded: &self.transcoded, tape: &mut self.tape, at: 0 }
    }
}

/// Documents of a piece of input. Their ranges follow each other without a gap and cover the piece.
#[derive(Debug)]
pub(crate) struct Documents<'x> {
    /// The piece, where it is UTF-8.
    borrowed: Option<&'x str>,
    len: usize,
    transcoded: &'x Transcoded,
    tape: &'x mut Tape,
    at: usize,
}

impl Documents<'_> {
    /// The next document; `None` at the end of the piece, and where only blanks are left behind a
    /// document. A piece without any document gives one without root.
    pub(crate) fn next(&mut self) -> Option<Document<'_>> {
        let text = self.borrowed.unwrap_or(&self.transcoded.text);
        let rest = text.get(self.at..)?;
        if rest.is_empty() || (self.at > 0 && rest.trim_ascii_start().is_empty()) {
            return None;
        }
        // Places in a document are 32 bits wide.
        let rest = &rest[..rest.floor_char_boundary(tape::LONGEST)];
        let mut end = self.tape.read(rest);
        // Blanks behind a document belong to it.
        end += rest[end..].len() - rest[end..].trim_ascii_start().len();
        let base = self.at;
        self.at += end;
        let transcoded = self.borrowed.is_none().then_some(self.transcoded);
        let source = |at: usize| transcoded.map_or(at, |t| t.source(at));
        let last = self.at == text.len();
        let first = if base == 0 { 0 } else { source(base) };
        let range = first..if last { self.len } else { source(self.at) };
        let not_utf8 = transcoded.is_some_and(|t| t.guessed(base..self.at));
        Some(Document { text: &rest[..end], tape: self.tape, transcoded, base, range, not_utf8 })
    }
}

/// One document. Offsets are those of bytes in the piece of input.
#[derive(Debug)]
pub(crate) struct Document<'x> {
    text: &'x str,
    tape: &'x Tape,
    transcoded: Option<&'x Transcoded>,
    base: usize,
    range: Range<usize>,
    not_utf8: bool,
}

impl Document<'_> {
    /// Its root element; `None` where there is no element at all. Its name is empty where its start
    /// tag was damaged beyond recognition.
    pub(crate) fn root(&self) -> Option<Element<'_>> {
        (!self.tape.nodes.is_empty()).then(|| Element::new(self, 0))
    }

    /// The bytes that it takes up, with what stands before it: blanks, a letter head, junk.
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Whether its root element was never ended: it was cut, or its end is damaged.
    pub(crate) fn is_cut(&self) -> bool {
        self.tape.cut
    }

    /// Offsets at which it is no well-formed XML, in order, and was repaired or skipped.
    pub(crate) fn damage(&self) -> impl Iterator<Item = usize> + '_ {
        self.tape.damage.iter().map(|at| self.source(*at))
    }

    /// Whether it has a DOCTYPE. Nothing of it is ever followed.
    pub(crate) fn has_doctype(&self) -> bool {
        self.tape.doctype
    }

    /// Whether text that is no blank stands before its root element.
    pub(crate) fn has_junk(&self) -> bool {
        self.tape.junk
    }

    /// Whether bytes in it were not in the encoding that it declares, and were read as Windows-1252.
    pub(crate) fn not_utf8(&self) -> bool {
        self.not_utf8
    }

    /// Where a byte of the text stands in the piece of input.
    fn source(&self, at: u32) -> usize {
        let at = self.base + at as usize;
        self.transcoded.map_or(at, |t| t.source(at))
    }
}
