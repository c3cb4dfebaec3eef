//! Watchlist join, risk scenarios and identifier functions as a DataFusion extension.
//!
//! The folders in the order of the data: [`schema`] names the columns, [`functions`] checks
//! identifiers, [`name`] turns names into comparable tokens, [`watchlist`] holds the compiled
//! lists and weighs evidence (both of `tamis-watchlist`), [`join`] is its SQL face, [`scenario`] evaluates risk rules,
//! [`triage`] puts the hits of both together and says what becomes of a record.
//!
//! Nothing in here knows of files, tasks, configuration or the command line.
#![deny(clippy::clone_on_ref_ptr)]

pub mod functions;
pub mod join;
pub mod scenario;
pub mod triage;

pub use tamis_records::schema;
pub use tamis_watchlist as watchlist;
pub use tamis_watchlist::name;
