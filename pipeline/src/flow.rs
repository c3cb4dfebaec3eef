//! The travelling types: what goes along each edge of the pipeline. Read this file first.
//!
//! ```text
//! source ─RawBatch▶ decode ─DecodedBatch▶ batch ─Cut▶ screen ─Screened▶ sink ─Staged▶ commit ─Committed▶
//! ```
//!
//! Everything that waits in a queue is paid for in bytes: it carries a [`Permit`], which falls
//! when the message is dropped, wherever that happens. So the bytes in flight are bounded (C5)
//! and an error anywhere frees what it held.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use tamis_operators::schema::RecordKind;

use crate::checkpoint::CheckpointDelta;
use crate::decode::FormatCount;
use crate::epoch::Closed;
use crate::sink::{EpochCounts, EpochStamp, StagedEpoch};
use crate::source::unpack::Fault;

/// source → decode: a run of bytes of one partition, cut where a message ends.
#[derive(Debug, Clone)]
pub struct RawMessage {
    /// Name of the source that delivered it.
    pub source: Arc<str>,
    /// Partition of the source: a file path, a topic and partition.
    pub partition: Arc<str>,
    /// Name of the partition in the checkpoint. A file has its time of writing in it: a file
    /// that was written anew is read anew.
    pub progress: Arc<str>,
    /// Where the content begins in the partition: in bytes of what it unpacks to, or in rows of
    /// a Parquet or Arrow file.
    pub position: i64,
    /// Where it ends: there the checkpoint stands behind it.
    pub until: i64,
    /// When Tamis, or the file that it read, got the bytes: microseconds since 1970, UTC.
    pub received_at: i64,
    /// What it is.
    pub content: Content,
    /// The bytes, untouched. May hold many messages.
    pub bytes: Bytes,
}

/// What a raw message holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// Bytes of messages, or of a table of text.
    Messages {
        /// Header of the table that the bytes go on with; else empty.
        header: Bytes,
    },
    /// Rows of a Parquet or Arrow file, as an Arrow IPC stream.
    Rows,
    /// No bytes: something in an archive could not be read.
    Fault(Fault),
    /// No bytes: the checkpoint moves on.
    Nothing,
}

/// source → decode: what one decode thread takes at once.
#[derive(Debug)]
pub struct RawBatch {
    /// Place in the input, counted from 0 without gaps: the order of the output follows it (C7).
    pub sequence: u64,
    /// In the order of the input.
    pub messages: Vec<RawMessage>,
    /// Pays for the bytes of the messages.
    pub permit: Permit,
}

/// decode → batch: the rows of one [`RawBatch`].
#[derive(Debug)]
pub struct DecodedBatch {
    /// That of the raw batch.
    pub sequence: u64,
    /// Rows of the traveller schema; may be empty.
    pub travellers: RecordBatch,
    /// Rows of the consignment schema; may be empty.
    pub consignments: RecordBatch,
    /// Rows of the dead letter schema; may be empty.
    pub dead_letters: RecordBatch,
    /// What was read to make it, a partition a range.
    pub read: Vec<InputRange>,
    /// Messages that were recognised, whether or not they could be used.
    pub messages: u64,
    /// Messages of formats that are to come; each is a dead letter.
    pub messages_to_come: u64,
    /// Messages by format and type.
    pub formats: Vec<FormatCount>,
    /// Size of the raw bytes.
    pub bytes: u64,
    /// Those of them that belong to no message.
    pub dirt_bytes: u64,
    /// Still pays for the raw bytes.
    pub permit: Permit,
}

/// A contiguous run of bytes of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputRange {
    /// Name of the source.
    pub source: Arc<str>,
    /// Name of the partition in the checkpoint.
    pub progress: Arc<str>,
    /// First byte.
    pub from: i64,
    /// Behind the last byte.
    pub to: i64,
}

/// batch → screen: the unit of screening.
#[derive(Debug)]
pub struct Batch {
    /// What its rows are about.
    pub kind: RecordKind,
    /// Rows of the schema of the kind, at least one.
    pub rows: RecordBatch,
    /// Pays for the rows.
    pub permit: Permit,
}

/// batch → screen: what the cutter says, in the order of the input.
#[derive(Debug)]
pub enum Cut {
    /// Rows to screen.
    Rows(Batch),
    /// Dead letters of the epoch that is open.
    Dead(RecordBatch),
    /// The epoch is complete.
    Close(Closed),
}

/// screen → sink: the ledger of an epoch, in the order of the input. The screened rows come
/// out of the lanes; the ledger says which lane gives the next ones.
#[derive(Debug)]
pub enum Screened {
    /// A new epoch, with the mouths of its lanes.
    Open {
        /// Its number, generation and scenario set.
        stamp: EpochStamp,
        /// One a lane, of each kind.
        lanes: Vec<(RecordKind, tokio::sync::mpsc::Receiver<crate::error::Result<RecordBatch>>)>,
    },
    /// The next rows of the epoch come out of this lane.
    Rows {
        /// What the rows are about.
        kind: RecordKind,
        /// Ordinal of the lane.
        lane: usize,
        /// How many rows.
        rows: usize,
        /// Pays for them until they are written.
        permit: Permit,
    },
    /// Dead letters of the epoch.
    Dead(RecordBatch),
    /// Nothing follows in this epoch.
    Close(Closed),
}

/// sink → commit: an epoch that is on disk and that no reader sees yet.
#[derive(Debug)]
pub struct Staged {
    /// Its files and counts.
    pub files: StagedEpoch,
    /// What it read.
    pub delta: CheckpointDelta,
    /// What the cutter counted into it.
    pub closed: Closed,
    /// The words of a dead letter for each code in it.
    pub reasons: BTreeMap<String, String>,
}

/// commit → whoever asked: an epoch that readers see.
#[derive(Debug, Clone)]
pub struct Committed {
    /// Number of the epoch.
    pub epoch: u64,
    /// What the cutter counted into it.
    pub closed: Closed,
    /// What the sink counted out of it.
    pub counts: EpochCounts,
    /// The words of a dead letter for each code in it.
    pub reasons: BTreeMap<String, String>,
}

/// How many bytes may wait in a queue.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Gauge>);

#[derive(Debug)]
struct Gauge {
    limit: usize,
    used: Mutex<usize>,
    freed: Condvar,
}

/// A share of a [`Budget`]. It falls when it is dropped.
#[derive(Debug)]
pub struct Permit {
    gauge: Arc<Gauge>,
    bytes: usize,
}

impl Budget {
    /// A budget of so many bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Gauge { limit, used: Mutex::new(0), freed: Condvar::new() }))
    }

    /// Waits until the bytes fit. Something larger than the whole budget passes once nothing
    /// else is in flight: it must not block for ever. Blocks the thread.
    pub fn take(&self, bytes: usize) -> Permit {
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        while *used > 0 && used.saturating_add(bytes) > self.0.limit {
            used = self.0.freed.wait(used).unwrap_or_else(PoisonError::into_inner);
        }
        *used = used.saturating_add(bytes);
        Permit { gauge: Arc::clone(&self.0), bytes }
    }

    /// Bytes in flight.
    pub fn used(&self) -> usize {
        *self.0.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Bytes that it pays for.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut used = self.gauge.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(self.bytes);
        drop(used);
        self.gauge.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_falls_with_its_message() {
        let budget = Budget::new(100);
        let a = budget.take(60);
        let b = budget.take(40);
        assert_eq!((a.bytes(), budget.used()), (60, 100));
        drop(a);
        drop(b);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn one_oversize_message_passes() {
        let budget = Budget::new(10);
        let big = budget.take(1_000);
        assert_eq!(budget.used(), 1_000);
        let waiting = {
            let budget = budget.clone();
            std::thread::spawn(move || drop(budget.take(1)))
        };
        drop(big);
        assert!(waiting.join().is_ok());
        assert_eq!(budget.used(), 0);
    }
}
