//! Watchlists: listed entities, the compiled generation, its index, and evidence in bits.
//!
//! [`Entity`] is what a list reader gives; [`Generation`] is the compiled set; a [`Matcher`]
//! weighs a [`Subject`] against it and says why in [`Evidence`]. The index and the nested loop
//! give the same pairs with the same bits. [`name`] turns text into tokens that can be compared.
//!
//! Nothing in here knows of plans, files, tasks or the command line.
#![deny(clippy::clone_on_ref_ptr)]

mod attributes;
mod before;
mod beside;
mod born;
mod bound;
mod cache;
mod columns;
mod compile;
mod demand;
mod dictionary;
mod diff;
mod entity;
mod evidence;
mod expansion;
pub mod fit;
mod generation;
mod group;
#[cfg(test)]
mod hard_cases;
mod index;
mod keys;
mod layout;
mod listed;
mod matcher;
mod mates;
mod min_bits;
pub mod name;
mod posting;
mod reported_key;
mod score;
mod search;
mod shelves;
mod sift;
mod subject;
mod table;
mod variants;
mod weights;

pub use diff::{Change, Difference, ListSize, diff, list_sizes, shrunk};
pub use entity::{Entity, EntityKind, EntityName, ListedDocument, NameKind, NotADate, PartialDate, Sex};
pub use evidence::{Evidence, EvidenceItem};
pub use generation::{FORMAT, Generation, GenerationError};
pub use matcher::{Counters, Matcher};
pub use min_bits::{MinBits, UnknownList};
pub use subject::{ReportedDocument, Subject};
pub use weights::{SHIPPED_WEIGHTS, Weights};
