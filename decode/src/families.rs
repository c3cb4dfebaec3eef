//! The decoders of message families other than the passenger lists, which are read in the stream
//! of their interchange. Each takes one whole message or document.

use super::detect::Format;
use super::output::{Output, Raw};

/// Memory of these decoders, kept from one message to the next.
#[derive(Debug, Default)]
pub(crate) struct Families {}

impl Families {
    /// Decodes a message or document. `false`, and nothing done, where no decoder knows the format.
    pub(crate) fn decode(&mut self, format: Format, _raw: &Raw<'_>, _out: &mut Output) -> bool {
        // One arm a family, in the order of `Format`.
        let _ = format;
        false
    }
}
