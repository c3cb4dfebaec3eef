//! What a record is: its canonical columns, and the codes that stand in them.
//!
//! [`schema`] names the columns of travellers, consignments, hits and dead letters; Arrow schemas
//! and the data dictionary are both made from it. [`country`] gives one code for the many ways in
//! which messages, documents and lists name a state. [`identifiers`] checks numbers and codes and
//! says why one is wrong; [`reference`] has the tables of airports, places and commodity codes.
//!
//! Nothing in here knows of messages, plans, files or the command line.
#![deny(clippy::clone_on_ref_ptr)]

pub mod country;
pub mod identifiers;
pub mod reference;
pub mod schema;
