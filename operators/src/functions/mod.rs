//! Scalar functions over identifiers.

pub mod country;
