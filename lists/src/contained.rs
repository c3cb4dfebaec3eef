use std::panic::{AssertUnwindSafe, catch_unwind};

/// Lets a reader of another project at bytes that nobody vouches for. Those of Parquet and Arrow
/// check most of what they read and panic on some of the rest: `None` then, and the file is refused
/// like any other that is damaged. What `read` was working on must not be used again.
pub(super) fn contained<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}
