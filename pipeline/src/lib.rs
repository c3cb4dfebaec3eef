//! Tamis: the library behind the `tamis` binary.
