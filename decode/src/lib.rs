//! From bytes to travellers: the EDIFACT reader and the decoders of message families.
//!
//! In the order of the data: [`last_boundary`] cuts a stream where an interchange begins,
//! [`detect`] says what a piece is, the reader (`edifact`) finds segments, `interchange` follows the
//! service segments, `paxlst` the lists, and `rows` and `dead` hold the columns. A decoder never
//! fails on bad data: it gives rows and dead letters.

mod air;
mod app;
mod cargo_imp;
mod cargo_xml;
mod checks;
mod columns;
mod consignments;
mod cuscar;
mod cusres;
mod dates;
mod dead;
mod declaration;
mod detect;
mod edifact;
mod ens;
mod families;
pub mod feeds;
mod findings;
mod framing;
mod interchange;
mod measure;
mod names;
mod neutral;
mod noticed;
mod output;
mod paxlst;
mod pnrgov;
mod pnrgov_xml;
mod sensitive;
mod short;
mod split;
#[cfg(test)]
mod tests;
mod travellers;
mod wco;
mod x12;
mod xml;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use hashbrown::HashSet;
use twox_hash::XxHash3_128;

use self::edifact::{Buffers, Reader, Syntax};
use self::families::Families;
use self::interchange::{Messages, Sink};
use self::output::{Envelope, Output, Raw};
use self::paxlst::Message;
use self::split::{Kind, Region, Splitter};
use self::travellers::Travellers;

pub use self::detect::{Format, detect};
pub use self::findings::{DEAD_CODES, DeadCode, FINDINGS, Finding, FindingKind, Findings, Severity};
pub use self::framing::{last_boundary, last_row, table_header};
pub use self::neutral::{Neutral, arrow_fits};
pub use self::output::FormatCount;
pub use self::paxlst::profile::{PROFILES, Profile};

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
    /// Bytes of messages and documents that a decoder took: they gave rows, findings or dead
    /// letters, or say that they hold no record.
    pub decoded_bytes: u64,
    /// Bytes that belong to no message: telegram headers, mail footers, junk between segments.
    pub dirt_bytes: u64,
    /// Bytes of messages, documents and text that no decoder took; each is a dead letter.
    pub dead_bytes: u64,
    /// Blanks, line breaks and byte order marks between those. These four make all bytes.
    pub blank_bytes: u64,
    /// Interchanges, those without header among them.
    pub interchanges: u64,
    /// Messages and documents of any kind.
    pub messages: u64,
    /// Lists that name no person: closings, cancelled flights.
    pub messages_without_person: u64,
    /// Regions of the input that a decoder took and that gave neither a row nor a dead letter, and
    /// that do not say that they hold no person: answers, interchanges without a message.
    pub without_record: u64,
    /// Messages and documents in formats to come; each is a dead letter.
    pub messages_to_come: u64,
    /// Sensitive fields that were dropped: meals, health, belief.
    pub sensitive_dropped: u64,
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
        self.decoded_bytes += other.decoded_bytes;
        self.dirt_bytes += other.dirt_bytes;
        self.dead_bytes += other.dead_bytes;
        self.blank_bytes += other.blank_bytes;
        self.interchanges += other.interchanges;
        self.messages += other.messages;
        self.messages_without_person += other.messages_without_person;
        self.without_record += other.without_record;
        self.messages_to_come += other.messages_to_come;
        self.sensitive_dropped += other.sensitive_dropped;
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
    /// How many messages, documents and rows of tables there were of each format and type, in
    /// the order in which they first came.
    pub formats: Vec<FormatCount>,
    /// What was seen.
    pub counts: DecodeCounts,
}

/// Decodes pieces of input into columns. One decoder serves one thread and is used again and again;
/// it keeps its memory.
#[derive(Debug)]
pub struct Decoder {
    buffers: Buffers,
    message: Message,
    pnrgov: pnrgov::Message,
    bodies: HashSet<u64>,
    families: Families,
    neutral: Arc<Neutral>,
    out: Output,
    buffered: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// An empty decoder that reads tables with canonical columns only.
    pub fn new() -> Self {
        Self::with_mappings(Arc::default())
    }

    /// An empty decoder that reads tables by these mappings.
    pub fn with_mappings(neutral: Arc<Neutral>) -> Self {
        Self {
            neutral,
            buffers: Buffers::default(),
            message: Message::default(),
            pnrgov: pnrgov::Message::default(),
            bodies: HashSet::new(),
            families: Families::default(),
            out: Output::default(),
            buffered: 0,
        }
    }

    /// Decodes a piece: any number of interchanges with dirt around them, a whole file, or content
    /// of any other format. What cannot be used becomes dead letters.
    pub fn decode(&mut self, origin: &Origin<'_>, bytes: &[u8]) {
        self.decode_part(origin, &[], bytes);
    }

    /// As [`Self::decode`], for a piece that goes on with a table of text whose header stood in
    /// an earlier piece; an empty header: it does not.
    pub fn decode_part(&mut self, origin: &Origin<'_>, header: &[u8], bytes: &[u8]) {
        self.out.counts.bytes += bytes.len() as u64;
        self.buffered += bytes.len();
        if let Some(text) = detect::from_utf16(bytes) {
            // Positions then count in the text as UTF-8.
            return self.regions(origin, header, &text);
        }
        self.regions(origin, header, bytes);
    }

    /// Takes the regions of a piece, each by its format.
    fn regions(&mut self, origin: &Origin<'_>, header: &[u8], bytes: &[u8]) {
        let mut split = Splitter::new(bytes);
        if !header.is_empty() || !split.begins_at_once() && self.neutral.recognises(bytes) {
            split.expect_table();
        }
        // Dirt is noted on the rows before it, or on those that follow where there are none.
        let mut any = false;
        let mut first: Option<(usize, usize)> = None;
        let mut dirt_before = false;
        let mut at = 0;
        while let Some(Region { range, kind }) = split.next() {
            self.out.counts.blank_bytes += (range.start - at) as u64;
            at = range.end;
            let before = (self.out.travellers.len(), self.out.consignments.len());
            let told = self.told();
            match kind {
                Kind::Other => {
                    let header = if range.start == 0 { header } else { &[] };
                    let table = if header.is_empty() { self.neutral.table_in(&bytes[range.clone()]) } else { Some(0) };
                    let (text, table) = match table {
                        Some(at) => (range.start..range.start + at, range.start + at..range.end),
                        None => (range.clone(), range.end..range.end),
                    };
                    if !text.is_empty() {
                        if (any || text.end < bytes.len()) && !neutral::text::is_large_table(&bytes[text.clone()]) {
                            self.out.counts.dirt_bytes += text.len() as u64;
                            match first {
                                Some(rows) => self.note_dirt(rows),
                                None => dirt_before = true,
                            }
                        } else {
                            self.other(origin, bytes, text);
                        }
                    }
                    if table.is_empty() {
                        continue;
                    }
                    self.table(origin, bytes, table, header);
                }
                Kind::Edifact => {
                    let dirt = self.out.counts.dirt_bytes;
                    at = self.interchange(origin, bytes, range.clone());
                    split.resume(at);
                    // Junk between its segments is counted as dirt.
                    let junk = self.out.counts.dirt_bytes - dirt;
                    self.out.counts.decoded_bytes += ((at - range.start) as u64).saturating_sub(junk);
                }
                Kind::Document { format, body, body_end } => self.document(origin, bytes, range, format, body..body_end),
            }
            if told == self.told() {
                self.out.counts.without_record += 1;
            }
            if std::mem::take(&mut dirt_before) {
                self.note_dirt(before);
            }
            first = Some(before);
            any = true;
        }
        self.out.counts.blank_bytes += (bytes.len() - at) as u64;
        if split.is_blank() && origin.position == 0 {
            self.out.dead.push(origin, 0, DeadCode::Empty, "the input holds nothing but blanks", bytes);
        }
    }

    /// Travellers and consignments that wait for [`Self::finish`].
    pub fn rows(&self) -> usize {
        self.out.rows()
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
        counts.dead_letters = self.out.dead.len() as u64;
        self.buffered = 0;
        let (travellers, consignments) = self.out.finish_rows()?;
        counts.travellers = travellers.num_rows() as u64;
        counts.consignments = consignments.num_rows() as u64;
        let formats = std::mem::take(&mut self.out.formats).finish();
        Ok(Decoded { travellers, consignments, dead_letters: self.out.dead.finish()?, formats, counts })
    }

    /// What there is to show for the input so far.
    fn told(&self) -> (usize, usize, u64) {
        (self.out.rows(), self.out.dead.len(), self.out.counts.messages_without_person)
    }

    fn note_dirt(&mut self, (traveller, consignment): (usize, usize)) {
        let mut dirt = Findings::default();
        dirt.add(Finding::TransportDirt);
        self.out.travellers.note(traveller, dirt);
        self.out.consignments.note(consignment, dirt);
    }

    /// Decodes the interchange in `range`; returns where it ends.
    fn interchange(&mut self, origin: &Origin<'_>, bytes: &[u8], range: Range<usize>) -> usize {
        let region = &bytes[range.clone()];
        let syntax = Syntax::infer(region);
        let mut reader = Reader::new(region, syntax, &mut self.buffers);
        let messages = Messages { list: &mut self.message, pnrgov: &mut self.pnrgov, bodies: &mut self.bodies };
        let mut sink = Sink::new(origin, &mut self.families, &mut self.out, region, range.start);
        range.start + interchange::decode(&mut reader, messages, &mut sink)
    }

    /// Takes a message or document of another family than EDIFACT.
    fn document(&mut self, origin: &Origin<'_>, bytes: &[u8], range: Range<usize>, format: Format, body: Range<usize>) {
        let heading = &bytes[range.start..body.start];
        let (sender, recipient) = split::telex::addresses(heading);
        let event_time = cargo_imp::time_of(heading, origin.received_at);
        let envelope = Envelope { sender, recipient, event_time, ..Envelope::default() };
        let raw = Raw { origin, bytes: &bytes[body.clone()], at: body.start, envelope };
        if format == Format::Json {
            let read = self.neutral.json(&raw, &mut self.out);
            return self.tabled(read, &raw, range.len(), "JSON");
        }
        self.out.counts.messages += 1;
        let name = detect::name_of(format, raw.bytes);
        let apart = |out: &Output| out.counts.dirt_bytes + out.counts.dead_bytes;
        let before = apart(&self.out);
        if self.families.decode(format, &raw, &mut self.out) {
            // Junk between segments, and sets that no decoder took, are counted apart.
            self.out.counts.decoded_bytes += (range.len() as u64).saturating_sub(apart(&self.out) - before);
            self.out.formats.add(&name, 1, true);
            return;
        }
        self.out.formats.add(&name, 1, false);
        self.out.counts.dead_bytes += range.len() as u64;
        self.out.counts.messages_to_come += 1;
        let message = interchange::to_come(format, raw.bytes);
        self.out.dead.push(origin, range.start, DeadCode::ToCome, &message, &bytes[range]);
    }

    /// Takes a table of separated values. `header` is that of an earlier piece, or empty.
    fn table(&mut self, origin: &Origin<'_>, bytes: &[u8], range: Range<usize>, header: &[u8]) {
        let raw = Raw { origin, bytes: &bytes[range.clone()], at: range.start, envelope: Envelope::default() };
        let read = self.neutral.separated(header, &raw, &mut self.out);
        self.tabled(read, &raw, range.len(), "CSV");
    }

    /// Counts a table that was read; makes a dead letter of one that was not.
    fn tabled(&mut self, read: Result<bool, ArrowError>, raw: &Raw<'_>, bytes: usize, format: &str) {
        let (code, message) = match read {
            Ok(true) => {
                self.out.counts.decoded_bytes += bytes as u64;
                return;
            }
            Ok(false) => (DeadCode::NeedsMapping, self.neutral.needs_mapping(format, raw.bytes)),
            // What the reader says may quote the data.
            Err(_) => (DeadCode::RowUnreadable, format!("the {format} cannot be read")),
        };
        self.out.counts.dead_bytes += bytes as u64;
        self.out.counts.messages += 1;
        raw.dead(&mut self.out, 0..raw.bytes.len(), code, &message);
    }

    /// Takes rows of a Parquet or Arrow file as an Arrow IPC stream; the position of the origin
    /// counts rows.
    pub fn decode_rows(&mut self, origin: &Origin<'_>, ipc: &[u8]) {
        self.out.counts.bytes += ipc.len() as u64;
        self.buffered += ipc.len();
        if self.neutral.columnar(origin, ipc, &mut self.out).is_ok() {
            self.out.counts.decoded_bytes += ipc.len() as u64;
        } else {
            self.out.counts.dead_bytes += ipc.len() as u64;
            self.out.dead.push(origin, 0, DeadCode::RowUnreadable, "the rows cannot be read", ipc);
        }
    }

    /// Keeps a dead letter of something that the source could not read: an archive that is
    /// damaged or encrypted. `message` holds no personal data.
    pub fn fault(&mut self, origin: &Origin<'_>, code: DeadCode, message: &str) {
        self.out.dead.push_of("source", origin, 0, code, message, &[]);
    }

    /// Takes text that is in no format of its own, in an input that holds nothing else.
    fn other(&mut self, origin: &Origin<'_>, bytes: &[u8], range: Range<usize>) {
        let text = &bytes[range.clone()];
        let (code, message) = match detect::outside(text) {
            Format::Binary => (DeadCode::Binary, "the input is no text".to_owned()),
            Format::Csv => (DeadCode::NeedsMapping, self.neutral.needs_mapping("CSV", text)),
            f => (DeadCode::Unknown, format!("the input is {} in no format that is known", f.name())),
        };
        self.out.counts.dead_bytes += range.len() as u64;
        self.out.dead.push(origin, range.start, code, &message, text);
    }
}

/// Digest that names a record for ever: its source, partition, position of the message and ordinal
/// in it, as 32 hexadecimal digits. `scratch` is memory to reuse.
pub(crate) fn record_id(origin: &Origin<'_>, message_at: i64, ordinal: i32, scratch: &mut Vec<u8>) -> [u8; 32] {
    let source = begin_record_id(origin, scratch);
    end_record_id(source, message_at, ordinal, scratch)
}

/// Writes what the ids of all records of a source have in common; returns how much that is.
pub(crate) fn begin_record_id(origin: &Origin<'_>, scratch: &mut Vec<u8>) -> usize {
    scratch.clear();
    scratch.extend_from_slice(origin.source.as_bytes());
    scratch.push(0);
    scratch.extend_from_slice(origin.partition.as_bytes());
    scratch.push(0);
    scratch.len()
}

/// The id of a record, behind what [`begin_record_id`] wrote.
#[inline]
pub(crate) fn end_record_id(source: usize, message_at: i64, ordinal: i32, scratch: &mut Vec<u8>) -> [u8; 32] {
    let mut end = [0; 12];
    end[..8].copy_from_slice(&message_at.to_le_bytes());
    end[8..].copy_from_slice(&ordinal.to_le_bytes());
    scratch.truncate(source);
    scratch.extend_from_slice(&end);
    let digest = XxHash3_128::oneshot(scratch);
    let mut hex = [0; 32];
    for (eight, i) in hex.as_chunks_mut::<8>().0.iter_mut().zip((0..4).rev()) {
        *eight = short::hex((digest >> (32 * i)) as u32);
    }
    hex
}
