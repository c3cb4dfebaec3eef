//! What every fuzz target asks: no panic, and everything accounted for.

pub use tamis_decode as decode;

pub mod lists;
pub mod messages;
#[path = "../../pipeline/src/source/unpack.rs"]
pub mod unpack;
#[path = "../../pipeline/src/source/zip.rs"]
pub mod zip;
