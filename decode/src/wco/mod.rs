//! Customs declarations in the WCO Data Model (DEC from 3.6 on, as the Customs Declaration Service of
//! the United Kingdom takes them), and cargo reports of the same model (GOVCBR and its like).
//!
//! A declaration is a row, with the goods items of its shipments. A cargo report is a row for each
//! consignment. Prefixes and wrappers (MetaData, SOAP) do not matter; answers (Response) declare
//! nothing.

mod document;
mod item;
mod party;
mod row;
#[cfg(test)]
mod tests;
mod values;

use memchr::memmem;

use super::declaration::Bills;
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
        let position = raw.offset(document.range().start);
        let mut ordinal = 0;
        let mut answer = None;
        for found in std::iter::once(root).chain(root.descendants()) {
            if found.name() == "Response" {
                answer = Some(found.range());
            }
            // An answer repeats parts of what it answers.
            let inside = answer.as_ref().is_some_and(|a| a.contains(&found.at()));
            if inside || !matches!(found.name(), "Declaration" | "GOVCBR") || !declares(found) {
                continue;
            }
            ordinal = row::push(raw, root, found, (position, ordinal), &mut self.scratch, out);
        }
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

/// What a document of this family is, where it declares nothing.
pub(crate) fn answer(bytes: &[u8]) -> Option<&'static str> {
    let head = &bytes[..bytes.len().min(65_536)];
    let is_answer = memmem::find(head, b"Response>").is_some() || memmem::find(head, b"Response ").is_some();
    is_answer.then_some("WCO XML Response (an answer to a declaration)")
}
