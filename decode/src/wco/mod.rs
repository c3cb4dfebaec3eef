//! Customs declarations in the WCO Data Model (DEC from 3.6 on, as the Customs Declaration Service of
//! the United Kingdom takes them), and cargo reports of the same model (GOVCBR and its like).
//!
//! A declaration is a row, with the goods items of its shipments. A cargo report is a row for each
//! consignment. Prefixes and wrappers (MetaData, SOAP) do not matter; answers (Response) declare
//! nothing.

mod document;
mod feeds;
mod item;
mod party;
mod row;
#[cfg(test)]
mod tests;
mod values;

use memchr::memmem;

pub(crate) use self::feeds::FEED;
use super::declaration::{Bills, Noted, outermost};
use super::output::{Output, Raw};
use super::xml::{Document, Element};

/// Memory to reuse.
#[derive(Debug, Default)]
struct Scratch {
    text: String,
    hs: String,
    marks: String,
    kinds: String,
    un_numbers: String,
    /// Reference of the consignment in a previous document (DCR).
    ducr: String,
    bills: Bills,
    party: party::Scratch,
}

/// Memory of the decoder.
#[derive(Debug, Default)]
pub(crate) struct Wco {
    scratch: Scratch,
}

impl Wco {
    /// Decodes a document: every declaration in it. `false`, and nothing done, where it holds none.
    pub(crate) fn decode(&mut self, raw: &Raw<'_>, document: &Document<'_>, out: &mut Output) -> bool {
        let Some(root) = document.root() else { return false };
        let bytes = raw.bytes.get(document.range()).unwrap_or_default();
        if memmem::find(bytes, b"Declaration").is_none() && memmem::find(bytes, b"GOVCBR").is_none() {
            return false;
        }
        let first = out.consignments.len();
        let position = raw.offset(document.range().start);
        let mut noted = Noted::default();
        let mut ordinal = 0;
        // An answer repeats parts of what it answers.
        let is = |e: Element<'_>| e.name() == "Response" || (matches!(e.name(), "Declaration" | "GOVCBR") && declares(e));
        outermost(root, &is, &mut |element| {
            if element.name() != "Response" {
                ordinal = row::push(raw, root, element, (position, ordinal), &mut self.scratch, &mut noted, out);
            }
        });
        noted.document(raw, document, first, &mut out.consignments);
        ordinal > 0
    }
}

/// Whether an element says anything that a declaration says.
fn declares(element: Element<'_>) -> bool {
    element.children().any(|c| {
        let known = matches!(
            c.name(),
            "GoodsShipment"
                | "Consignment"
                | "FunctionCode"
                | "FunctionalReferenceID"
                | "TypeCode"
                | "Declarant"
                | "BorderTransportMeans"
        );
        known || party::role(c.name()).is_some()
    })
}

/// What a document of this family is: an answer, or a declaration.
pub(crate) fn name(bytes: &[u8]) -> &'static str {
    let head = &bytes[..bytes.len().min(4096)];
    let is_answer = memmem::find(head, b"Response>").is_some() || memmem::find(head, b"Response ").is_some();
    if is_answer { "WCO XML Response (an answer to a declaration)" } else { "WCO XML Declaration" }
}
