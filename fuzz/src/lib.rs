//! What every fuzz target asks: no panic, and everything accounted for.

pub use tamis_decode as decode;

pub mod lists;
pub mod messages;
#[path = "../../pipeline/src/source/unpack.rs"]
pub mod unpack;
#[path = "../../pipeline/src/source/zip.rs"]
pub mod zip;

use std::sync::LazyLock;

/// The fuzzer ends at every panic, also at one that is caught. Readers of Parquet and Arrow are let
/// panic, since those who call them contain that; what is not contained ends the run all the same.
pub static CONTAINED: LazyLock<()> = LazyLock::new(|| {
    std::panic::set_hook(Box::new(|panic| {
        let foreign = panic.location().is_some_and(|at| ["/arrow-", "/parquet-"].iter().any(|name| at.file().contains(name)));
        if !foreign {
            eprintln!("{panic}");
        }
    }));
});
