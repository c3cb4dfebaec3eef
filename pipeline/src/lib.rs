//! Tamis: the library behind the `tamis` binary.

pub mod checkpoint;
pub mod commit;
pub mod invariants;
pub mod sink;
pub mod lists;
