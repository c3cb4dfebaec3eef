//! Watchlists: listed entities, the compiled generation, its index, and evidence in bits.

mod entity;
mod generation;
mod subject;

pub use entity::{Entity, EntityKind, EntityName, ListedDocument, NameKind, PartialDate, Sex};
pub use generation::{Evidence, EvidenceItem, Generation, GenerationError, Matcher};
pub use subject::{ReportedDocument, Subject};
