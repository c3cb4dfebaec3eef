//! What goes into a decoder of a family, and what comes out of all of them.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::error::ArrowError;

use super::Origin;
use super::consignments::Consignments;
use super::dead::DeadLetters;
use super::edifact::Syntax;
use super::findings::DeadCode;
use super::noticed::Place;
use super::{DecodeCounts, Travellers};

/// Rows, dead letters and counts since the last batch.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) travellers: Travellers,
    pub(crate) consignments: Consignments,
    pub(crate) dead: DeadLetters,
    pub(crate) counts: DecodeCounts,
    pub(crate) formats: Formats,
    /// Rows that came as columns, in the order of the input with those of the builders.
    traveller_batches: Vec<RecordBatch>,
    consignment_batches: Vec<RecordBatch>,
}

impl Output {
    /// Rows that wait.
    pub(crate) fn rows(&self) -> usize {
        let batches = self.traveller_batches.iter().chain(&self.consignment_batches);
        self.travellers.len() + self.consignments.len() + batches.map(RecordBatch::num_rows).sum::<usize>()
    }

    /// Adds travellers that are columns already.
    pub(crate) fn add_travellers(&mut self, batch: RecordBatch) -> Result<(), ArrowError> {
        if self.travellers.len() > 0 {
            self.traveller_batches.push(self.travellers.finish()?);
        }
        self.traveller_batches.push(batch);
        Ok(())
    }

    /// Adds consignments that are columns already.
    pub(crate) fn add_consignments(&mut self, batch: RecordBatch) -> Result<(), ArrowError> {
        if self.consignments.len() > 0 {
            self.consignment_batches.push(self.consignments.finish()?);
        }
        self.consignment_batches.push(batch);
        Ok(())
    }

    /// Travellers and consignments since the last batch.
    pub(crate) fn finish_rows(&mut self) -> Result<(RecordBatch, RecordBatch), ArrowError> {
        let (travellers, consignments) = (self.travellers.finish()?, self.consignments.finish()?);
        Ok((joined(&mut self.traveller_batches, travellers)?, joined(&mut self.consignment_batches, consignments)?))
    }
}

fn joined(before: &mut Vec<RecordBatch>, last: RecordBatch) -> Result<RecordBatch, ArrowError> {
    if before.is_empty() {
        return Ok(last);
    }
    let schema = last.schema();
    before.push(last);
    let all = concat_batches(&schema, before.iter());
    before.clear();
    all
}

/// How many messages of one format and type there were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatCount {
    /// Format and type: `PAXLST`, `X12 350`, `XML invoice`.
    pub name: String,
    /// Messages, documents or rows of tables.
    pub messages: u64,
    /// Whether a decoder took them. Those it did not take are dead letters.
    pub decoded: bool,
}

/// Names that are kept apart; names come from the input, so there must be an end.
const NAMES: usize = 200;

/// Counts by format.
#[derive(Debug, Default)]
pub(crate) struct Formats(Vec<FormatCount>);

impl Formats {
    /// Counts messages of a format.
    pub(crate) fn add(&mut self, name: &str, messages: u64, decoded: bool) {
        if let Some(known) = self.0.iter_mut().find(|c| c.name == name && c.decoded == decoded) {
            known.messages += messages;
        } else if self.0.len() < NAMES || name == "other" {
            self.0.push(FormatCount { name: name.to_owned(), messages, decoded });
        } else {
            self.add("other", messages, decoded);
        }
    }

    pub(crate) fn finish(self) -> Vec<FormatCount> {
        self.0
    }
}

/// What the interchange around a message says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Envelope<'a> {
    pub(crate) sender: &'a str,
    pub(crate) recipient: &'a str,
    /// When it was prepared: local microseconds.
    pub(crate) event_time: Option<i64>,
    /// Separators of EDIFACT; `None` in other formats.
    pub(crate) syntax: Option<&'a Syntax>,
}

/// One message or document, whole: from its first byte to its last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub(crate) origin: &'a Origin<'a>,
    pub(crate) bytes: &'a [u8],
    /// Where the bytes begin in the input of the decoder.
    pub(crate) at: usize,
    pub(crate) envelope: Envelope<'a>,
}

impl Raw<'_> {
    /// Offset in the partition of a byte of the message.
    pub(crate) fn offset(&self, byte: usize) -> i64 {
        self.origin.position + (self.at + byte) as i64
    }

    /// Place of a segment, line or element that begins at a byte of the message.
    pub(crate) fn place<'s>(&self, segment: &'s str, byte: usize) -> Place<'s> {
        Place { segment, offset: Some(self.offset(byte)) }
    }

    /// Keeps a run of its bytes as a dead letter. `message` holds no personal data.
    pub(crate) fn dead(&self, out: &mut Output, range: std::ops::Range<usize>, code: DeadCode, message: &str) {
        let raw = self.bytes.get(range.clone()).unwrap_or_default();
        out.dead.push(self.origin, self.at + range.start, code, message, raw);
    }
}
