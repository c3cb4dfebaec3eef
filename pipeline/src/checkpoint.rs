//! How far every partition of every source has been committed, and how an epoch moves that on.
//!
//! A position is the number of bytes (or messages) of a partition that are behind the reader; 0
//! is the beginning. An epoch covers a span `(from, to]` of each partition that it read. A span
//! that does not begin where the last one ended would lose or repeat input, so it is refused
//! (invariant C2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why a delta does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The span begins behind the end of the last one: input would be lost.
    #[error("input of {source_name} {partition} between {at} and {from} is missing")]
    Gap {
        /// Name of the source.
        source_name: String,
        /// Partition of the source.
        partition: String,
        /// Where the last span ended.
        at: u64,
        /// Where this one begins.
        from: u64,
    },
    /// The span begins before the end of the last one: input would be repeated.
    #[error("input of {source_name} {partition} from {from} was already taken up to {at}")]
    Overlap {
        /// Name of the source.
        source_name: String,
        /// Partition of the source.
        partition: String,
        /// Where the last span ended.
        at: u64,
        /// Where this one begins.
        from: u64,
    },
    /// The span ends before it begins.
    #[error("span of {source_name} {partition} ends at {to}, before it begins at {from}")]
    Backwards {
        /// Name of the source.
        source_name: String,
        /// Partition of the source.
        partition: String,
        /// Where it begins.
        from: u64,
        /// Where it ends.
        to: u64,
    },
}

/// What one epoch read of one partition: everything behind `from` up to and with `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Position before the first byte.
    pub from: u64,
    /// Position behind the last byte.
    pub to: u64,
}

/// Positions up to which everything is committed: source → partition → position.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checkpoint {
    positions: BTreeMap<String, BTreeMap<String, u64>>,
}

/// What one epoch adds to a [`Checkpoint`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckpointDelta {
    spans: BTreeMap<String, BTreeMap<String, Span>>,
}

impl Checkpoint {
    /// Position of a partition; 0 where nothing of it is committed.
    pub fn position(&self, source: &str, partition: &str) -> u64 {
        self.positions.get(source).and_then(|p| p.get(partition)).copied().unwrap_or(0)
    }

    /// Whether nothing at all is committed.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// All positions, by source and partition.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.positions.iter().flat_map(|(s, ps)| ps.iter().map(move |(p, at)| (s.as_str(), p.as_str(), *at)))
    }

    /// Forgets a partition that will never come again. Whether it was there.
    pub fn forget(&mut self, source: &str, partition: &str) -> bool {
        let Some(of_source) = self.positions.get_mut(source) else { return false };
        let there = of_source.remove(partition).is_some();
        if of_source.is_empty() {
            self.positions.remove(source);
        }
        there
    }

    /// Positions of the partitions of a source.
    pub fn of_source(&self, source: &str) -> BTreeMap<String, u64> {
        self.positions.get(source).cloned().unwrap_or_default()
    }

    /// The checkpoint after an epoch. Refuses a gap or an overlap and changes nothing then.
    pub fn after(&self, delta: &CheckpointDelta) -> Result<Self, CheckpointError> {
        let mut next = self.clone();
        for (source, partition, span) in delta.iter() {
            contiguous(source, partition, self.position(source, partition), span)?;
            next.positions.entry(source.to_owned()).or_default().insert(partition.to_owned(), span.to);
        }
        Ok(next)
    }
}

impl CheckpointDelta {
    /// Adds what was read next of a partition. Spans of one partition must touch.
    pub fn extend(&mut self, source: &str, partition: &str, span: Span) -> Result<(), CheckpointError> {
        let known = self.spans.get_mut(source).and_then(|p| p.get_mut(partition));
        if let Some(last) = known {
            contiguous(source, partition, last.to, span)?;
            last.to = span.to;
            return Ok(());
        }
        contiguous(source, partition, span.from, span)?;
        self.spans.entry(source.to_owned()).or_default().insert(partition.to_owned(), span);
        Ok(())
    }

    /// All spans, by source and partition.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, Span)> {
        self.spans.iter().flat_map(|(s, ps)| ps.iter().map(move |(p, span)| (s.as_str(), p.as_str(), *span)))
    }
}

fn contiguous(source: &str, partition: &str, at: u64, span: Span) -> Result<(), CheckpointError> {
    let (source_name, partition) = (source.to_owned(), partition.to_owned());
    let Span { from, to } = span;
    match from.cmp(&at) {
        std::cmp::Ordering::Greater => Err(CheckpointError::Gap { source_name, partition, at, from }),
        std::cmp::Ordering::Less => Err(CheckpointError::Overlap { source_name, partition, at, from }),
        std::cmp::Ordering::Equal if to < from => Err(CheckpointError::Backwards { source_name, partition, from, to }),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn delta(spans: &[(&str, u64, u64)]) -> CheckpointDelta {
        let mut out = CheckpointDelta::default();
        for (partition, from, to) in spans {
            out.extend("files", partition, Span { from: *from, to: *to }).unwrap();
        }
        out
    }

    #[test]
    fn gap_and_overlap_are_refused_and_change_nothing() {
        let at = Checkpoint::default().after(&delta(&[("a", 0, 10), ("b", 0, 5)])).unwrap();
        assert!(matches!(at.after(&delta(&[("b", 5, 6), ("a", 11, 12)])), Err(CheckpointError::Gap { at: 10, from: 11, .. })));
        assert!(matches!(at.after(&delta(&[("a", 9, 12)])), Err(CheckpointError::Overlap { at: 10, from: 9, .. })));
        assert_eq!((at.position("files", "a"), at.position("files", "b"), at.position("files", "c")), (10, 5, 0));
        let mut open = delta(&[("a", 10, 20)]);
        let backwards = open.extend("files", "a", Span { from: 20, to: 19 });
        assert!(matches!(backwards, Err(CheckpointError::Backwards { .. })));
    }

    #[test]
    fn a_partition_that_is_forgotten_begins_anew() {
        let mut at = Checkpoint::default().after(&delta(&[("a", 0, 10), ("b", 0, 5)])).unwrap();
        assert!(at.forget("files", "a") && !at.forget("files", "a") && !at.forget("x", "a"));
        assert_eq!(at.of_source("files"), BTreeMap::from([("b".to_owned(), 5)]));
        assert!(at.after(&delta(&[("a", 0, 3)])).is_ok());
        assert!(at.forget("files", "b") && at.is_empty());
    }

    #[test]
    fn json_is_readable_and_round_trips() {
        let at = Checkpoint::default().after(&delta(&[("a.edi", 0, 10), ("b.edi", 0, 5)])).unwrap();
        let json = serde_json::to_string(&at).unwrap();
        assert_eq!(json, r#"{"files":{"a.edi":10,"b.edi":5}}"#);
        assert_eq!(serde_json::from_str::<Checkpoint>(&json).unwrap(), at);
    }

    proptest! {
        /// However input is cut into epochs, the checkpoint is the sum of what was read; any
        /// lost or repeated epoch is refused.
        #[test]
        fn cuts_do_not_matter(steps in prop::collection::vec((0_usize..3, 1_u64..100), 1..40), cut in 1_usize..7) {
            let names = ["a", "b", "c"];
            let mut ends = [0_u64; 3];
            let mut at = Checkpoint::default();
            let mut deltas = Vec::new();
            for chunk in steps.chunks(cut) {
                let mut d = CheckpointDelta::default();
                for (p, n) in chunk {
                    d.extend("s", names[*p], Span { from: ends[*p], to: ends[*p] + n }).unwrap();
                    ends[*p] += n;
                }
                at = at.after(&d).unwrap();
                deltas.push(d);
            }
            for (name, end) in names.iter().zip(ends) {
                prop_assert_eq!(at.position("s", name), end);
            }
            for d in &deltas {
                prop_assert!(at.after(d).is_err(), "an epoch was taken twice");
            }
        }
    }
}
