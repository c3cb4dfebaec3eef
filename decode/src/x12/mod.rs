//! X12: customs manifests (309), consists (358) and ocean bills (310).
//!
//! In the order of the data: `syntax` finds interchanges and their separators, `clean` repairs text,
//! `reader` gives segments, `envelope` follows ISA, GS and ST, `manifest` and `freight` read the sets
//! with what `loops` and `codes` have in common.

mod clean;
mod codes;
mod envelope;
pub(super) mod feeds;
mod freight;
mod loops;
mod manifest;
mod reader;
mod sets;
mod syntax;
mod tags;

use std::ops::Range;

use super::edifact::skip_blanks;
use super::findings::{DeadCode, Finding, Findings};
use super::output::{Output, Raw};
use clean::Clean;
use loops::Memory;
use reader::Span;
use syntax::Separators;

/// Decoder of X12, with the memory that it keeps.
#[derive(Debug, Default)]
pub(crate) struct X12 {
    clean: Clean,
    elements: Vec<Span>,
    memory: Memory,
    starts: Vec<usize>,
}

impl X12 {
    /// Decodes a piece of any number of interchanges, with dirt around them. `false`, and nothing
    /// done, where there is none.
    pub(crate) fn decode(&mut self, raw: &Raw<'_>, out: &mut Output) -> bool {
        let bytes = raw.bytes;
        let mut starts = std::mem::take(&mut self.starts);
        starts.clear();
        starts.extend(syntax::starts(bytes));
        let head = skip_blanks(bytes, 0).min(bytes.len());
        // A group or set without a header may stand alone or in front.
        let bare = starts.first().is_none_or(|first| *first > head) && Separators::infer(&bytes[head..]).is_some();
        if bare {
            starts.insert(0, head);
        }
        let any = !starts.is_empty();
        let first_row = out.consignments.len();
        for (i, &start) in starts.iter().enumerate() {
            let end = starts.get(i + 1).copied().unwrap_or(bytes.len());
            self.interchange(raw, start..end, out);
        }
        if let Some(&first) = starts.first()
            && first > head
        {
            out.counts.dirt_bytes += (first - head) as u64;
            let mut dirt = Findings::default();
            dirt.add(Finding::TransportDirt);
            out.consignments.note(first_row, dirt);
        }
        self.starts = starts;
        any
    }

    fn interchange(&mut self, raw: &Raw<'_>, range: Range<usize>, out: &mut Output) {
        let bytes = &raw.bytes[range.clone()];
        let separators = Separators::infer(bytes).filter(|_| u32::try_from(bytes.len()).is_ok());
        let Some(separators) = separators else {
            out.counts.dead_bytes += range.len() as u64;
            raw.dead(out, range, DeadCode::Unknown, "the X12 interchange has no header that can be read");
            return;
        };
        let text = self.clean.text(bytes, &separators);
        envelope::decode(raw, range.start, text, &separators, &mut self.elements, &mut self.memory, out);
    }
}
