//! The decoders of message families other than the passenger lists, which are read in the stream
//! of their interchange. Each takes one whole message or document; XML is also split here, since a
//! piece may hold several documents.

use std::ops::Range;

use super::app::App;
use super::cargo_imp::CargoImp;
use super::cargo_xml::{self, CargoXml};
use super::consignments::ConsignmentRow;
use super::cuscar::Cuscar;
use super::detect::Format;
use super::ens::Ens;
use super::findings::DeadCode;
use super::interchange::to_come;
use super::output::{Output, Raw};
use super::pnrgov_xml::PnrgovXml;
use super::wco::Wco;
use super::x12::X12;
use super::xml::Xml;

/// Memory of these decoders, kept from one message to the next.
#[derive(Debug, Default)]
pub(crate) struct Families {
    xml: Xml,
    ens: Ens,
    wco: Wco,
    cargo_xml: CargoXml,
    cargo_imp: CargoImp,
    cuscar: Cuscar,
    x12: X12,
    pnrgov_xml: PnrgovXml,
    app: App,
}

impl Families {
    /// The reader's memory of the cargo reports.
    #[cfg(test)]
    pub(crate) fn cuscar(&mut self) -> &mut super::edifact::Buffers {
        self.cuscar.buffers()
    }

    /// Decodes a message or document. `false`, and nothing done, where no decoder knows the format.
    pub(crate) fn decode(&mut self, format: Format, raw: &Raw<'_>, out: &mut Output) -> bool {
        // One arm a family, in the order of `Format`.
        let decoded = match format {
            Format::Cuscar | Format::Cusrep => self.cuscar.decode(format, raw, out),
            Format::X12Manifest | Format::X12Bill | Format::X12Consist | Format::X12 => self.x12.decode(raw, out),
            Format::CargoImp => self.cargo_imp.decode(raw, out),
            Format::PnrgovXml | Format::CargoXml | Format::EnsXml | Format::WcoXml | Format::Xml => self.xml(raw, out),
            Format::Iapp => self.app.decode(raw, out),
            _ => false,
        };
        if out.consignments.is_open() {
            debug_assert!(false, "a decoder left a consignment open");
            // It must not fall to the next message.
            let row = ConsignmentRow { message_format: format.name(), position: raw.offset(0), ..ConsignmentRow::default() };
            out.consignments.push(raw.origin, &row);
        }
        out.consignments.settle();
        decoded
    }

    /// Decodes XML document by document: each is a matter of its own, whatever stands beside it.
    fn xml(&mut self, raw: &Raw<'_>, out: &mut Output) -> bool {
        let mut any = false;
        let mut unknown = Vec::new();
        let mut documents = self.xml.documents(raw.bytes);
        while let Some(document) = documents.next() {
            if document.has_doctype() {
                let why = "the XML has a DOCTYPE, which no message needs: send it without";
                raw.dead(out, document.range(), DeadCode::XmlRefused, why);
            } else if let Some((kind, element)) = cargo_xml::find(&document) {
                self.cargo_xml.decode(raw, &document, kind, element, out);
            } else if !self.ens.decode(raw, &document, out)
                && !self.wco.decode(raw, &document, out)
                && !self.pnrgov_xml.decode(raw, &document, out)
            {
                unknown.push(document.range());
                continue;
            }
            any = true;
        }
        // Where none is known the whole is told as what it is by whoever asked.
        if any {
            for range in unknown {
                foreign(raw, range, out);
            }
        }
        any
    }
}

/// A document that no decoder knows, beside others: named as what it is.
fn foreign(raw: &Raw<'_>, range: Range<usize>, out: &mut Output) {
    let text = raw.bytes.get(range.clone()).unwrap_or_default();
    out.counts.messages_to_come += 1;
    raw.dead(out, range, DeadCode::ToCome, &to_come(super::detect::xml(text), text));
}
