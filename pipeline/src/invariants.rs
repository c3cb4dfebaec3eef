//! The named promises of the pipeline, and the one place where they are checked.
//!
//! A violated invariant is a fault of Tamis, never of the data: whoever finds one stops and
//! commits nothing. The checks stay in release builds; each is a comparison of counters, far
//! from the work per row.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// One promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Invariant {
    /// Conservation: rows in = expedited + standard + referred + duplicates + dead, in every epoch.
    C1,
    /// Checkpoint deltas are contiguous: no gap, no overlap.
    C2,
    /// No reader ever sees part of an epoch as committed.
    C3,
    /// One generation and one scenario set an epoch.
    C4,
    /// Bytes in flight are bounded.
    C5,
    /// The index join returns what the nested loop returns.
    C6,
    /// Same input, generation and scenarios give the same output rows, at any thread count.
    C7,
}

impl Invariant {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [Self::C1, Self::C2, Self::C3, Self::C4, Self::C5, Self::C6, Self::C7];

    /// Name as it stands in the documents and in errors.
    pub const fn id(self) -> &'static str {
        match self {
            Self::C1 => "C1",
            Self::C2 => "C2",
            Self::C3 => "C3",
            Self::C4 => "C4",
            Self::C5 => "C5",
            Self::C6 => "C6",
            Self::C7 => "C7",
        }
    }

    /// The promise in one line.
    pub const fn promise(self) -> &'static str {
        match self {
            Self::C1 => "rows in = expedited + standard + referred + duplicates + dead",
            Self::C2 => "checkpoint deltas are contiguous, without gap or overlap",
            Self::C3 => "no reader ever sees part of an epoch as committed",
            Self::C4 => "one generation and one scenario set an epoch",
            Self::C5 => "bytes in flight are bounded",
            Self::C6 => "the index join returns what the nested loop returns",
            Self::C7 => "same input, generation and scenarios give the same output rows",
        }
    }

    /// How often this process found it violated; for metrics.
    pub fn violations(self) -> u64 {
        VIOLATIONS[self as usize].load(Ordering::Relaxed)
    }
}

static VIOLATIONS: [AtomicU64; 7] = [const { AtomicU64::new(0) }; 7];

/// A promise that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invariant {id} is violated ({promise}): {detail}; this is a fault of tamis, nothing was committed",
    id = invariant.id(), promise = invariant.promise())]
pub struct Violation {
    /// Which one.
    pub invariant: Invariant,
    /// The figures that disagree; holds no personal data.
    pub detail: String,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Checks one promise. The detail is only made when it does not hold.
pub fn check(invariant: Invariant, holds: bool, detail: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds {
        return Ok(());
    }
    VIOLATIONS[invariant as usize].fetch_add(1, Ordering::Relaxed);
    let violation = Violation { invariant, detail: detail() };
    tracing::error!(invariant = invariant.id(), detail = %violation.detail, "invariant violated");
    Err(violation)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_violation_names_the_promise_and_the_figures() {
        let before = Invariant::C5.violations();
        assert!(check(Invariant::C5, true, || unreachable!()).is_ok());
        let text = check(Invariant::C5, false, || "10 of 9 bytes".into()).unwrap_err().to_string();
        assert!(text.contains("C5") && text.contains("10 of 9 bytes") && text.contains("nothing was committed"));
        assert_eq!(Invariant::C5.violations(), before + 1);
    }

    #[test]
    fn names_are_distinct_and_in_order() {
        let ids: Vec<_> = Invariant::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(ids, ["C1", "C2", "C3", "C4", "C5", "C6", "C7"]);
    }
}
