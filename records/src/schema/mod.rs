//! The canonical columns. One [`Column`] table a record kind; Arrow schemas and the data
//! dictionary are both made from it, so that neither can be stale.

mod column;
mod consignment;
mod dead_letter;
mod hit;
mod kind;
mod stamp;
mod traveller;

pub use column::{Column, data_dictionary, schema_of, type_name};
pub use consignment::{
    CHARGE, CONSIGNMENT, CONSIGNMENT_LEG, CONTAINER, CUSTOMS_NOTE, ITEM, PARTY, REFERENCE, consignment_schema,
};
pub use dead_letter::{DEAD_LETTER, dead_letter_schema};
pub use hit::{EVIDENCE, HIT, evidence_type, hit_schema, hit_type};
pub use kind::{RecordKind, record_columns};
pub use stamp::{FLAGGED, STAMP, TRIAGE};
pub use traveller::{
    BAG, CHANGE, CONTACT, DOCUMENT, FINDING_DETAIL, FREQUENT_FLYER, LEG, LOCATOR, PAYMENT, SEAT, TICKET, TRAVELLER,
    traveller_schema,
};
