//! From bytes to travellers: the EDIFACT reader and the decoders of message families.
//!
//! In the order of the data: [`last_boundary`] cuts a stream where an interchange begins,
//! [`detect`] says what a piece is, the reader (`edifact`) finds segments, `interchange` follows the
//! service segments, `paxlst` the lists, and `rows` and `dead` hold the columns. A decoder never
//! fails on bad data: it gives rows and dead letters.

mod air;
mod cargo_imp;
mod cargo_xml;
mod columns;
mod consignments;
mod dates;
mod dead;
mod detect;
mod edifact;
mod families;
mod findings;
mod framing;
mod interchange;
mod names;
mod noticed;
mod output;
mod paxlst;
#[cfg(test)]
mod tests;
mod travellers;
mod xml;

use std::ops::Range;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use twox_hash::XxHash3_128;

use self::edifact::{Buffers, Reader, Syntax, skip_blanks};
use self::families::Families;
use self::interchange::Sink;
use self::output::{Envelope, Output, Raw};
use self::paxlst::Message;
use self::travellers::Travellers;

pub use self::detect::{Format, detect};
pub use self::findings::{DEAD_CODES, DeadCode, FINDINGS, Finding, FindingKind, Findings, Severity};
pub use self::framing::last_boundary;

/// Where a piece of input comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Name of the source.
    pub source: &'a str,
    /// Partition of the source: a file path, a topic and partition.
    pub partition: &'a str,
    /// Byte offset of the piece in its partition.
    pub position: i64,
    /// When Tamis, or the file that it read, got the piece: microseconds since 1970-01-01 UTC.
    pub received_at: i64,
}

/// What a decoder has seen since its last batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecodeCounts {
    /// Bytes of input.
    pub bytes: u64,
    /// Bytes that are no EDIFACT: telegram headers, mail footers, junk between segments.
    pub dirt_bytes: u64,
    /// Interchanges, those without header among them.
    pub interchanges: u64,
    /// EDIFACT messages of any kind.
    pub messages: u64,
    /// Lists that name no person: closings, cancelled flights.
    pub messages_without_person: u64,
    /// Messages and documents in formats to come; each is a dead letter.
    pub messages_to_come: u64,
    /// Travellers.
    pub travellers: u64,
    /// Rows of consignments.
    pub consignments: u64,
    /// Dead letters.
    pub dead_letters: u64,
}

impl std::ops::AddAssign for DecodeCounts {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.dirt_bytes += other.dirt_bytes;
        self.interchanges += other.interchanges;
        self.messages += other.messages;
        self.messages_without_person += other.messages_without_person;
        self.messages_to_come += other.messages_to_come;
        self.travellers += other.travellers;
        self.consignments += other.consignments;
        self.dead_letters += other.dead_letters;
    }
}

/// One batch of a decoder.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Travellers, in `traveller_schema()`.
    pub travellers: RecordBatch,
    /// Consignments, in `consignment_schema()`.
    pub consignments: RecordBatch,
    /// Dead letters, in `dead_letter_schema()`.
    pub dead_letters: RecordBatch,
    /// What was seen.
    pub counts: DecodeCounts,
}

/// Decodes pieces of input into columns. One decoder serves one thread and is used again and again;
/// it keeps its memory.
#[derive(Debug)]
pub struct Decoder {
    buffers: Buffers,
    message: Message,
    families: Families,
    out: Output,
    buffered: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self {
            buffers: Buffers::default(),
            message: Message::default(),
            families: Families::default(),
            out: Output::default(),
            buffered: 0,
        }
    }

    /// Decodes a piece: any number of interchanges with dirt around them, a whole file, or content
    /// of any other format. What cannot be used becomes dead letters.
    pub fn decode(&mut self, origin: &Origin<'_>, bytes: &[u8]) {
        self.out.counts.bytes += bytes.len() as u64;
        self.buffered += bytes.len();
        let starts = framing::starts(bytes);
        let mut any = false;
        let mut at = 0;
        let mut first_row = self.out.travellers.len();
        for (i, &start) in starts.iter().enumerate() {
            let dirt = self.gap(origin, bytes, at..start, true);
            // Lines in front belong to this interchange unless they follow another.
            let before = self.out.travellers.len();
            if dirt && any {
                self.note_dirt(first_row);
            }
            first_row = before;
            let end = starts.get(i + 1).copied().unwrap_or(bytes.len());
            at = self.interchange(origin, bytes, start..end);
            if dirt && !any {
                self.note_dirt(first_row);
            }
            any = true;
        }
        if self.gap(origin, bytes, at..bytes.len(), any) {
            self.note_dirt(first_row);
        }
    }

    /// Travellers and consignments that wait for [`Self::finish`].
    pub fn rows(&self) -> usize {
        self.out.travellers.len() + self.out.consignments.len()
    }

    /// Dead letters that wait for [`Self::finish`].
    pub fn dead_letters(&self) -> usize {
        self.out.dead.len()
    }

    /// Bytes of input that wait for [`Self::finish`]: the measure by which to cut a batch.
    pub fn bytes_buffered(&self) -> usize {
        self.buffered
    }

    /// Hands over the batch and begins a new one.
    ///
    /// # Errors
    /// If the columns do not fit the schema, which is a mistake in the program and never one of the
    /// data.
    pub fn finish(&mut self) -> Result<Decoded, ArrowError> {
        let mut counts = std::mem::take(&mut self.out.counts);
        counts.travellers = self.out.travellers.len() as u64;
        counts.consignments = self.out.consignments.len() as u64;
        counts.dead_letters = self.out.dead.len() as u64;
        self.buffered = 0;
        let out = &mut self.out;
        Ok(Decoded {
            travellers: out.travellers.finish()?,
            consignments: out.consignments.finish()?,
            dead_letters: out.dead.finish()?,
            counts,
        })
    }

    fn note_dirt(&mut self, first_row: usize) {
        let mut dirt = Findings::default();
        dirt.add(Finding::TransportDirt);
        self.out.travellers.note(first_row, dirt);
    }

    /// Decodes the interchange in `range`; returns where it ends.
    fn interchange(&mut self, origin: &Origin<'_>, bytes: &[u8], range: Range<usize>) -> usize {
        let region = &bytes[range.clone()];
        let syntax = Syntax::infer(region);
        let mut reader = Reader::new(region, syntax, &mut self.buffers);
        let mut sink = Sink::new(origin, &mut self.families, &mut self.out, region, range.start);
        range.start + interchange::decode(&mut reader, &mut self.message, &mut sink)
    }

    /// Takes what stands outside the interchanges that have a header: messages without one, other
    /// formats, and dirt. `any`: the input holds EDIFACT elsewhere. Returns whether there was dirt.
    fn gap(&mut self, origin: &Origin<'_>, bytes: &[u8], range: Range<usize>, mut any: bool) -> bool {
        let mut at = range.start;
        let mut dirt = false;
        for bare in detect::messages(&bytes[range.clone()]).map(|i| range.start + i) {
            // The messages of one interchange are read together.
            if bare >= at {
                dirt |= self.other(origin, bytes, at..bare, true);
                at = self.interchange(origin, bytes, bare..range.end);
                any = true;
            }
        }
        dirt | self.other(origin, bytes, at..range.end, any)
    }

    /// Takes text without EDIFACT: a dead letter, or dirt of the transport where the input holds
    /// EDIFACT elsewhere and the text is in no format of its own. Returns whether it was dirt.
    fn other(&mut self, origin: &Origin<'_>, bytes: &[u8], range: Range<usize>, any: bool) -> bool {
        let start = skip_blanks(bytes, range.start).min(range.end);
        if start == range.end {
            if !any && origin.position == 0 {
                self.out.dead.push(origin, 0, DeadCode::Empty, "the input holds nothing but blanks", bytes);
            }
            return false;
        }
        let text = &bytes[start..range.end];
        let format = detect::outside_edifact(text);
        let own = !matches!(format, Format::Csv | Format::Json | Format::Text | Format::Binary | Format::Empty);
        if any && !own {
            self.out.counts.dirt_bytes += text.len() as u64;
            return true;
        }
        let raw = Raw { origin, bytes: text, at: start, envelope: Envelope::default() };
        if self.families.decode(format, &raw, &mut self.out) {
            return false;
        }
        let (code, message) = match format {
            Format::Binary => (DeadCode::Binary, "the input is no text".to_owned()),
            f if f.is_to_come() => {
                self.out.counts.messages_to_come += 1;
                (DeadCode::ToCome, interchange::to_come(f))
            }
            f => (DeadCode::Unknown, format!("the input is {} in no format that is known", f.name())),
        };
        self.out.dead.push(origin, start, code, &message, text);
        false
    }
}

/// Digest that names a record for ever: its source, partition, position of the message and ordinal
/// in it, as 32 hexadecimal digits. `scratch` is memory to reuse.
pub(crate) fn record_id(origin: &Origin<'_>, message_at: i64, ordinal: i32, scratch: &mut Vec<u8>) -> [u8; 32] {
    scratch.clear();
    scratch.extend_from_slice(origin.source.as_bytes());
    scratch.push(0);
    scratch.extend_from_slice(origin.partition.as_bytes());
    scratch.push(0);
    scratch.extend_from_slice(&message_at.to_le_bytes());
    scratch.extend_from_slice(&ordinal.to_le_bytes());
    let mut hex = [0_u8; 32];
    for (i, b) in XxHash3_128::oneshot(scratch).to_be_bytes().iter().enumerate() {
        hex[2 * i] = b"0123456789abcdef"[usize::from(b >> 4)];
        hex[2 * i + 1] = b"0123456789abcdef"[usize::from(b & 15)];
    }
    hex
}
