//! Tamis: the library behind the `tamis` binary.

pub mod decode;
