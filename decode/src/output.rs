//! What goes into a decoder of a family, and what comes out of all of them.

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

impl<'a> Raw<'a> {
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
