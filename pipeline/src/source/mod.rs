//! source: gives raw bytes with partition and position, in an order that can be repeated.
//!
//! A bounded run reads [`files`]: [`read`](mod@read) cuts them at messages, `unpack` and `zip` open what is packed,
//! and `columnar` takes the rows of Parquet and Arrow. Sources without an end come beside it: each fills
//! [`RawBatch`](crate::flow::RawBatch)es in a stage of its own and is reopened at a checkpoint.

pub mod acks;
mod columnar;
pub mod files;
pub mod generator;
pub mod group;
pub mod kafka;
pub mod outlet;
pub mod push;
pub mod read;
pub mod spool;
pub mod stdin;
#[cfg(test)]
mod testing;
pub mod unpack;
pub mod watch;
mod zip;
