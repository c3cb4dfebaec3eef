//! Identifiers of travellers, documents, goods, equipment and places: shape, check digits, and the
//! reason where they are not right.
//!
//! One file an identifier, each with `check(text) -> Result<Parsed, Reason>`. A check takes the
//! text as people and systems write it (case, blanks, hyphens), allocates nothing, and gives the
//! identifier as it is compared. It says what can be said from the text alone; whether a code is
//! in a list is asked of [`crate::reference`] and is never a fault by itself, since lists are
//! older than the messages.

pub mod airport;
pub mod awb;
pub mod business_number;
pub mod carrier;
pub mod ccn;
mod code;
pub mod container;
pub mod country_code;
pub mod eori;
pub mod hs;
pub mod imo;
pub mod locode;
pub mod mmsi;
pub mod mrz;
pub mod paps;
pub mod passid;
mod reason;
pub mod scac;
pub mod ticket;
pub mod un_number;
pub mod usci;
pub mod vat;

pub use code::Code;
pub use reason::Reason;

#[cfg(test)]
mod tests;
