//! Reference tables: airports, places, commodity codes.
//!
//! They are text that is part of the program, made from published lists; `records/reference/README.md`
//! names sources, dates and licences. A code that is not in a table is not wrong by that: lists are
//! older than messages.

pub mod airport;
pub mod hs;
pub mod place;
