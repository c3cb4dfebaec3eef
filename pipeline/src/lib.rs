//! Tamis: the library behind the `tamis` binary.

pub mod checkpoint;
pub mod commit;
pub mod invariants;
pub mod lists;
pub mod scenarios;
pub mod sink;
