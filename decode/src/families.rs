//! The decoders of message families other than the passenger lists, which are read in the stream
//! of their interchange. Each takes one whole message or document.

use super::detect::Format;
use super::ens::Ens;
use super::output::{Output, Raw};
use super::wco::Wco;
use super::xml::Xml;

/// Memory of these decoders, kept from one message to the next.
#[derive(Debug, Default)]
pub(crate) struct Families {
    xml: Xml,
    ens: Ens,
    wco: Wco,
}

impl Families {
    /// Decodes a message or document. `false`, and nothing done, where no decoder knows the format.
    pub(crate) fn decode(&mut self, format: Format, raw: &Raw<'_>, out: &mut Output) -> bool {
        // One arm a family, in the order of `Format`.
        match format {
            Format::EnsXml | Format::WcoXml | Format::Xml => {
                let mut documents = self.xml.documents(raw.bytes);
                let mut any = false;
                while let Some(document) = documents.next() {
                    any |= self.ens.decode(raw, &document, out) || self.wco.decode(raw, &document, out);
                }
                any
            }
            _ => false,
        }
    }
}
