//! The decoders of message families other than the passenger lists, which are read in the stream
//! of their interchange. Each takes one whole message or document; XML is also split here, since a
//! piece may hold several documents.

use super::cargo_imp::CargoImp;
use super::cargo_xml::{self, CargoXml};
use super::detect::Format;
use super::findings::DeadCode;
use super::interchange::to_come;
use super::output::{Output, Raw};
use super::xml::{Document, Xml};

/// Memory of these decoders, kept from one message to the next.
#[derive(Debug, Default)]
pub(crate) struct Families {
    xml: Xml,
    cargo_xml: CargoXml,
    cargo_imp: CargoImp,
}

impl Families {
    /// Decodes a message or document. `false`, and nothing done, where no decoder knows the format.
    pub(crate) fn decode(&mut self, format: Format, raw: &Raw<'_>, out: &mut Output) -> bool {
        // One arm a family, in the order of `Format`.
        match format {
            Format::CargoImp => self.cargo_imp.decode(raw, out),
            Format::PnrgovXml | Format::CargoXml | Format::EnsXml | Format::Xml => self.xml(raw, out),
            _ => return false,
        }
        true
    }

    /// Decodes XML document by document: each is a matter of its own, whatever stands beside it.
    fn xml(&mut self, raw: &Raw<'_>, out: &mut Output) {
        let mut documents = self.xml.documents(raw.bytes);
        while let Some(document) = documents.next() {
            if document.has_doctype() {
                let why = "the XML has a DOCTYPE, which no message needs: send it without";
                raw.dead(out, document.range(), DeadCode::XmlRefused, why);
            } else if let Some((kind, element)) = cargo_xml::find(&document) {
                out.counts.messages += 1;
                self.cargo_xml.decode(raw, &document, kind, element, out);
            } else {
                foreign(raw, &document, out);
            }
        }
    }
}

/// A document that no decoder knows: named as what it is, as far as its beginning tells.
fn foreign(raw: &Raw<'_>, document: &Document<'_>, out: &mut Output) {
    let range = document.range();
    let text = raw.bytes.get(range.clone()).unwrap_or_default();
    let format = super::detect::outside_edifact(text);
    let (code, why) = if let Some(name) = document.root().and_then(|root| cargo_xml::other(root.name())) {
        out.counts.messages_to_come += 1;
        (DeadCode::ToCome, format!("{name} is a format to come: known, and not decoded yet"))
    } else if format.is_to_come() {
        out.counts.messages_to_come += 1;
        (DeadCode::ToCome, to_come(format))
    } else {
        (DeadCode::Unknown, format!("the input is {} in no format that is known", format.name()))
    };
    raw.dead(out, range, code, &why);
}
