//! Tamis: the library behind the `tamis` binary.
//!
//! The files and folders in the order of the data: [`flow`] has the types that travel, then come
//! the stages [`source`], [`decode`], [`batch`], [`screen`], [`sink`] and [`commit`];
//! [`topology`] hangs them together and [`runtime`] makes their threads. Beside the way of the
//! data: [`lists`] reads watchlists, [`queries`] reads files of names to look for, [`scenarios`] reads
//! risk rules, [`weights`] the file of weights, [`session`] runs queries. [`service`] is a run without an
//! end, as [`config`] says.
#![deny(clippy::clone_on_ref_ptr)]

pub mod archive;
pub mod batch;
pub mod checkpoint;
pub mod commit;
pub mod config;
pub mod epoch;
pub mod error;
pub mod flow;
pub mod inspection;
pub mod invariants;
pub mod queries;
#[cfg(test)]
mod reference;
pub mod runtime;
pub mod scenarios;
pub mod screen;
pub mod service;
pub mod session;
pub mod sink;
pub mod source;
pub mod topology;
pub mod weights;

pub use tamis_decode as decode;
pub use tamis_lists as lists;
