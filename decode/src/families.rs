//! The decoders of message families other than the passenger lists, which are read in the stream
//! of their interchange. Each takes one whole message or document.

use super::cuscar::Cuscar;
use super::detect::Format;
use super::output::{Output, Raw};
use super::x12::X12;

/// Memory of these decoders, kept from one message to the next.
#[derive(Debug, Default)]
pub(crate) struct Families {
    cuscar: Cuscar,
    x12: X12,
}

impl Families {
    /// Decodes a message or document. `false`, and nothing done, where no decoder knows the format.
    pub(crate) fn decode(&mut self, format: Format, raw: &Raw<'_>, out: &mut Output) -> bool {
        // One arm a family, in the order of `Format`.
        match format {
            Format::Cuscar | Format::Cusrep => self.cuscar.decode(format, raw, out),
            Format::X12Manifest | Format::X12Bill | Format::X12Conveyance | Format::X12 => self.x12.decode(raw, out),
            _ => false,
        }
    }
}
