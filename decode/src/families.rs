//! The decoders of message families other than the passenger lists, which are read in the stream
//! of their interchange. Each takes one whole message or document; XML is also split here, since a
//! piece may hold several documents.

use super::cargo_xml::{self, CargoXml};
use super::detect::{self, Format};
use super::ens::Ens;
use super::findings::DeadCode;
use super::interchange::to_come;
use super::output::{Output, Raw};
use super::wco::Wco;
use super::xml::{Document, Xml};

/// Memory of these decoders, kept from one message to the next.
#[derive(Debug, Default)]
pub(crate) struct Families {
    xml: Xml,
    documents: Documents,
}

/// Memory of the decoders of XML documents.
#[derive(Debug, Default)]
struct Documents {
    cargo_xml: CargoXml,
    ens: Ens,
    wco: Wco,
}

impl Families {
    /// Decodes a message or document. `false`, and nothing done, where no decoder knows the format.
    pub(crate) fn decode(&mut self, format: Format, raw: &Raw<'_>, out: &mut Output) -> bool {
        // One arm a family, in the order of `Format`.
        match format {
            Format::PnrgovXml | Format::CargoXml | Format::EnsXml | Format::WcoXml | Format::Xml => self.xml(raw, out),
            _ => false,
        }
    }

    /// Decodes XML document by document: each is a matter of its own, whatever stands beside it.
    fn xml(&mut self, raw: &Raw<'_>, out: &mut Output) -> bool {
        let mut documents = self.xml.documents(raw.bytes);
        while let Some(document) = documents.next() {
            if document.has_doctype() {
                let why = "the XML has a DOCTYPE, which no message needs: send it without";
                raw.dead(out, document.range(), DeadCode::XmlRefused, why);
            } else if !self.documents.decode(raw, &document, out) {
                if document.range().len() == raw.bytes.len() {
                    return false;
                }
                foreign(raw, &document, out);
            }
        }
        true
    }
}

impl Documents {
    /// Decodes a document; `false`, and nothing done, where no decoder knows it.
    fn decode(&mut self, raw: &Raw<'_>, document: &Document<'_>, out: &mut Output) -> bool {
        if let Some((kind, element)) = cargo_xml::find(document) {
            self.cargo_xml.decode(raw, document, kind, element, out);
            return true;
        }
        self.ens.decode(raw, document, out) || self.wco.decode(raw, document, out)
    }
}

/// A document that no decoder knows, beside others: named as what it is.
fn foreign(raw: &Raw<'_>, document: &Document<'_>, out: &mut Output) {
    let range = document.range();
    let text = raw.bytes.get(range.clone()).unwrap_or_default();
    let message = match document.root().and_then(|root| cargo_xml::other(root.name())) {
        Some(name) => format!("{name} is a format to come: known, and not decoded yet"),
        None => to_come(detect::xml(text), text),
    };
    out.counts.messages_to_come += 1;
    raw.dead(out, range, DeadCode::ToCome, &message);
}
