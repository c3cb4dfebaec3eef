//! What the crash tests of the sources share: tables that remember what was committed.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use crate::checkpoint::{Checkpoint, CheckpointDelta, Span};
use crate::flow::RawBatch;
use crate::sink::lossy::Fault;

use super::acks::Acks;

/// The longest that anything may take on a busy machine.
pub(super) const SOON: Duration = Duration::from_secs(30);

/// What is lost when the world ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) fault: Fault,
    /// Everything that was not synced is lost too.
    pub(super) power: bool,
}

/// All ways in which it ends.
pub(super) const ENDS: [End; 4] = [
    End { fault: Fault::Crash, power: true },
    End { fault: Fault::Crash, power: false },
    End { fault: Fault::Full, power: false },
    End { fault: Fault::ReadOnly, power: false },
];

/// Tables and checkpoint: they change together, or not at all, and outlive every life of a source.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) checkpoint: Checkpoint,
    pub(super) rows: Vec<String>,
}

impl World {
    /// Commits what a source handed on, as the service does: what is gone is forgotten first, then the
    /// spans must fit (C2), then the source is told.
    pub(super) fn commit(&mut self, batch: &RawBatch, acks: &Acks) {
        for (source, partition) in acks.take_gone() {
            self.checkpoint.forget(&source, &partition);
        }
        let mut delta = CheckpointDelta::default();
        for m in &batch.messages {
            delta.extend(&m.source, &m.progress, Span { from: m.position as u64, to: m.until as u64 }).unwrap();
            self.rows.push(String::from_utf8_lossy(&m.bytes).trim().to_owned());
        }
        self.checkpoint = self.checkpoint.after(&delta).unwrap();
        acks.committed(&delta);
    }

    /// How often each of these is there.
    pub(super) fn times(&self, row: &str) -> usize {
        self.rows.iter().filter(|r| *r == row).count()
    }
}
