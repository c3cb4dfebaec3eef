//! The canonical columns. One [`Column`] table a record kind; Arrow schemas and the data
//! dictionary are both made from it, so that neither can be stale.

mod column;
mod dead_letter;
mod hit;
mod stamp;
mod traveller;

pub use column::{Column, data_dictionary, schema_of, type_name};
pub use dead_letter::{DEAD_LETTER, dead_letter_schema};
pub use hit::{EVIDENCE, HIT, evidence_type, hit_schema, hit_type};
pub use stamp::{FLAGGED, STAMP, TRIAGE};
pub use traveller::{CONTACT, DOCUMENT, LEG, TRAVELLER, traveller_schema};
