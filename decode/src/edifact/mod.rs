//! The EDIFACT reader: separators, tags, segments. It knows nothing of travellers.

mod ahead;
mod components;
mod marks;
mod parts;
mod reader;
mod repair;
mod scan;
mod slice;
mod syntax;
pub(crate) mod tags;

pub(crate) use ahead::Ahead;
pub(crate) use reader::{Buffers, Piece, Reader};
pub(crate) use repair::windows_1252;
pub(crate) use slice::{Slice, Texts};
pub(crate) use syntax::{Syntax, skip_blanks};
