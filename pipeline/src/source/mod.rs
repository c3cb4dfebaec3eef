//! source: gives raw bytes with partition and position, in an order that can be repeated.
//!
//! A bounded run reads [`files`]. Sources without an end come beside it: each fills
//! [`RawBatch`](crate::flow::RawBatch)es in a stage of its own and is reopened at a checkpoint.

pub mod files;
