//! The decoders of message families other than the passenger lists, which are read in the stream
//! of their interchange. Each takes one whole message or document.

use super::app::App;
use super::detect::Format;
use super::output::{Output, Raw};
use super::pnrgov_xml::PnrgovXml;
use super::xml::Xml;

/// Memory of these decoders, kept from one message to the next.
#[derive(Debug, Default)]
pub(crate) struct Families {
    xml: Xml,
    pnrgov_xml: PnrgovXml,
    app: App,
}

impl Families {
    /// Decodes a message or document. `false`, and nothing done, where no decoder knows the format.
    pub(crate) fn decode(&mut self, format: Format, raw: &Raw<'_>, out: &mut Output) -> bool {
        // One arm a family, in the order of `Format`.
        match format {
            Format::PnrgovXml => self.xml(raw, out),
            Format::Iapp => self.app.decode(raw, out),
            _ => false,
        }
    }

    fn xml(&mut self, raw: &Raw<'_>, out: &mut Output) -> bool {
        let mut documents = self.xml.documents(raw.bytes);
        let mut any = false;
        while let Some(document) = documents.next() {
            any |= !document.has_doctype() && self.pnrgov_xml.decode(raw, &document, out);
        }
        any
    }
}
