//! The EDIFACT reader: separators, tags, segments. It knows nothing of travellers.

mod marks;
mod reader;
mod repair;
mod syntax;
pub(crate) mod tags;

pub(crate) use reader::{Buffers, Piece, Reader, Slice, Texts};
pub(crate) use repair::windows_1252;
pub(crate) use syntax::{Syntax, skip_blanks};
