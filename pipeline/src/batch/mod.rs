//! batch: puts decoded rows back in the order of the input, cuts them into batches and closes
//! epochs.
//!
//! Decode threads finish when they finish; the order of the output must not depend on them
//! (C7). So every raw batch has a sequence number and the [`Reorder`] lets rows leave in that
//! order. What waits there is bounded: each raw batch that is not through yet holds its permit.

mod cut;
mod dead;
mod reorder;

use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tamis_operators::schema::RecordKind;

pub use cut::Cutter;
pub use dead::DeadLimit;
pub use reorder::Reorder;

use self::dead::DeadShare;
use crate::epoch::{Closed, EpochLimits};
use crate::error::{Error, Result};
use crate::flow::{Batch, Budget, Cut, DecodedBatch};
use crate::topology::{StageName, Waits};

/// How rows are cut.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    /// Rows of a batch. 8 to 16 thousand is where plans are fastest.
    pub rows: usize,
    /// Rows leave after so long, however few they are; `None` for bounded runs.
    pub age: Option<Duration>,
    /// When an epoch is closed.
    pub epoch: EpochLimits,
    /// When too many records are dead.
    pub dead: DeadLimit,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self { rows: 8_192, age: None, epoch: EpochLimits::default(), dead: DeadLimit::NEVER }
    }
}

/// Runs until the decode threads are gone, or one of them reports a fault. `sent` tells, at that time, how many raw batches
/// the source sent before it ended well; `None` is a source that failed, whose last epoch is
/// not closed.
///
/// An epoch holds whole raw batches, so that its input is a range of bytes a partition. Limits of
/// age make the cuts depend on the clock; they are for sources without an end.
///
/// # Errors
/// [`Error::TooManyDead`] where the share of dead letters is over its limit: the open epoch is not closed.
pub fn run(
    schema: impl Fn(RecordKind) -> SchemaRef,
    limits: BatchLimits,
    input: &Receiver<Result<DecodedBatch>>,
    (out, budget): (&Sender<Cut>, &Budget),
    sent: impl FnOnce() -> Option<u64>,
    waits: &Waits,
    mut progress: impl FnMut(&Closed),
) -> Result<()> {
    let mut order = Reorder::new();
    let cutters = RecordKind::ALL.map(|kind| (kind, Cutter::new(schema(kind), limits.rows)));
    let mut stage = Stage {
        cutters,
        budget,
        out,
        waits,
        closed: Closed::default(),
        limits,
        rows_since: None,
        epoch_since: None,
        dead: DeadShare::default(),
    };
    loop {
        let decoded = waits.input(StageName::Batch, || match stage.due() {
            None => input.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => input.recv_deadline(due),
        });
        match decoded {
            Ok(decoded) => {
                let decoded = decoded?;
                for decoded in order.push(decoded.sequence, decoded) {
                    progress(&figures(&decoded));
                    if !stage.add(decoded)? || (stage.closed.is_full(limits.epoch) && !stage.close()?) {
                        return Ok(());
                    }
                }
                if !stage.on_time()? {
                    return Ok(());
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                if !stage.on_time()? {
                    return Ok(());
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    match sent() {
        Some(sent) if sent == order.next() => {
            stage.close()?;
            Ok(())
        }
        // The source says itself what went wrong.
        None => Ok(()),
        Some(_) => Err(Error::Stage("decode")),
    }
}

fn figures(decoded: &DecodedBatch) -> Closed {
    let counted =
        |taken: bool| decoded.formats.iter().filter(|f| f.decoded == taken).map(|f| (f.name.clone(), f.messages)).collect();
    Closed {
        messages: decoded.messages,
        messages_to_come: decoded.messages_to_come,
        bytes: decoded.bytes,
        rows: (decoded.travellers.num_rows() + decoded.consignments.num_rows()) as u64,
        consignments: decoded.consignments.num_rows() as u64,
        dead: decoded.dead_letters.num_rows() as u64,
        dirt_bytes: decoded.dirt_bytes,
        formats: counted(true),
        undecoded: counted(false),
        read: Vec::new(),
    }
}

struct Stage<'a> {
    cutters: [(RecordKind, Cutter); 2],
    budget: &'a Budget,
    out: &'a Sender<Cut>,
    waits: &'a Waits,
    closed: Closed,
    limits: BatchLimits,
    /// Since when rows wait that are fewer than a batch.
    rows_since: Option<Instant>,
    /// Since when the epoch has input.
    epoch_since: Option<Instant>,
    dead: DeadShare,
}

impl Stage<'_> {
    /// When something has to leave, whatever comes.
    fn due(&self) -> Option<Instant> {
        let rows = self.rows_since.zip(self.limits.age).map(|(since, age)| since + age);
        let epoch = self.epoch_since.zip(self.limits.epoch.age).map(|(since, age)| since + age);
        [rows, epoch].into_iter().flatten().min()
    }

    /// Lets go of what has waited long enough. `false` when nobody listens any more.
    fn on_time(&mut self) -> Result<bool> {
        let over =
            |since: Option<Instant>, age: Option<Duration>| since.zip(age).is_some_and(|(since, age)| since.elapsed() >= age);
        if over(self.epoch_since, self.limits.epoch.age) {
            return self.close();
        }
        if over(self.rows_since, self.limits.age) { self.flush() } else { Ok(true) }
    }

    /// `false` when nobody listens any more.
    fn send(&self, cut: Cut) -> bool {
        self.waits.output(StageName::Batch, || self.out.send(cut).is_ok())
    }

    /// Sends the rows that wait, fewer than a batch.
    fn flush(&mut self) -> Result<bool> {
        self.rows_since = None;
        for (kind, cutter) in &mut self.cutters {
            if let Some((rows, weight)) = cutter.flush()?
                && !send_rows(self.budget, self.out, self.waits, *kind, rows, weight)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `false` when nobody listens any more.
    fn add(&mut self, decoded: DecodedBatch) -> Result<bool> {
        self.closed.add(&figures(&decoded));
        self.dead.check(&decoded, self.limits.dead)?;
        self.epoch_since.get_or_insert_with(Instant::now);
        let DecodedBatch { travellers, consignments, dead_letters, read, permit, .. } = decoded;
        for range in read {
            self.closed.add_range(range);
        }
        let [(_, of_travellers), (_, of_consignments)] = &mut self.cutters;
        of_travellers.push(travellers);
        of_consignments.push(consignments);
        // From here the rows are paid for as rows, or are fewer than a batch.
        drop(permit);
        if dead_letters.num_rows() > 0 && !self.send(Cut::Dead(dead_letters)) {
            return Ok(false);
        }
        for (kind, cutter) in &mut self.cutters {
            while let Some((rows, weight)) = cutter.cut()? {
                tracing::debug!(kind = kind.as_str(), rows = rows.num_rows(), weight, "batch cut");
                if !send_rows(self.budget, self.out, self.waits, *kind, rows, weight) {
                    return Ok(false);
                }
            }
        }
        let waiting = self.cutters.iter().any(|(_, cutter)| cutter.waiting() > 0);
        self.rows_since = waiting.then(|| self.rows_since.unwrap_or_else(Instant::now));
        Ok(true)
    }

    fn close(&mut self) -> Result<bool> {
        self.epoch_since = None;
        if self.closed.is_empty() {
            return Ok(true);
        }
        let flushed = self.flush()?;
        let closed = std::mem::take(&mut self.closed);
        Ok(flushed && self.send(Cut::Close(closed)))
    }
}

/// `false` when nobody listens any more.
fn send_rows(budget: &Budget, out: &Sender<Cut>, waits: &Waits, kind: RecordKind, rows: RecordBatch, weight: usize) -> bool {
    waits.output(StageName::Batch, || out.send(Cut::Rows(Batch { kind, rows, permit: budget.take(weight) })).is_ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use arrow::array::{AsArray, Int32Array};
    use arrow::datatypes::{DataType, Field, Int32Type, Schema};
    use arrow::record_batch::RecordBatch;

    use super::*;
    use crate::flow::InputRange;

    fn decoded(sequence: u64, rows: std::ops::Range<i32>, budget: &Budget) -> DecodedBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int32, false)]));
        let n = rows.len() as u64;
        let travellers = RecordBatch::try_new(schema, vec![Arc::new(Int32Array::from_iter_values(rows))]).unwrap();
        let (consignments, dead_letters) = (travellers.slice(0, 0), travellers.slice(0, 0));
        let (from, to) = (sequence as i64 * 10, sequence as i64 * 10 + 10);
        let read = vec![InputRange { source: "files".into(), progress: "p".into(), from, to }];
        DecodedBatch {
            sequence,
            travellers,
            consignments,
            dead_letters,
            read,
            messages: 1,
            messages_to_come: 0,
            formats: Vec::new(),
            bytes: n,
            dirt_bytes: 0,
            permit: budget.take(1),
        }
    }

    fn run_over(order: &[u64], limits: BatchLimits, sent: Option<u64>) -> (Vec<Vec<i32>>, Vec<Closed>, Result<()>) {
        let budget = Budget::new(usize::MAX);
        let (tx, rx) = crossbeam_channel::bounded(1_000);
        let (cut_tx, cut_rx) = crossbeam_channel::bounded(1_000);
        for s in order {
            let from = *s as i32 * 7;
            tx.send(Ok(decoded(*s, from..from + 7, &budget))).unwrap();
        }
        drop(tx);
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int32, false)]));
        let result = run(|_| Arc::clone(&schema), limits, &rx, (&cut_tx, &budget), || sent, &Waits::default(), |_| ());
        drop(cut_tx);
        let (mut batches, mut epochs) = (vec![], vec![]);
        for cut in cut_rx {
            match cut {
                Cut::Rows(b) => batches.push(b.rows.column(0).as_primitive::<Int32Type>().values().to_vec()),
                Cut::Close(c) => epochs.push(c),
                Cut::Dead(_) => {}
            }
        }
        assert_eq!(budget.used(), 0);
        (batches, epochs, result)
    }

    #[test]
    fn the_order_of_decoding_does_not_show() {
        let limits = BatchLimits { rows: 10, epoch: EpochLimits { rows: 21, bytes: 1_000, age: None }, ..BatchLimits::default() };
        let straight = run_over(&[0, 1, 2, 3, 4], limits, Some(5));
        let mixed = run_over(&[4, 1, 0, 3, 2], limits, Some(5));
        assert_eq!((&straight.0, &straight.1), (&mixed.0, &mixed.1));
        assert_eq!(straight.0.concat(), (0..35).collect::<Vec<_>>());
        assert_eq!(straight.0.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 1, 10, 4]);
        assert_eq!(straight.1.iter().map(|c| c.rows).collect::<Vec<_>>(), [21, 14]);
        // Checkpoint deltas follow each other without a gap (C2).
        assert_eq!((straight.1[0].read[0].to, straight.1[1].read[0].from), (30, 30));
        assert!(straight.2.is_ok());
    }

    #[test]
    fn an_epoch_is_not_closed_when_something_is_missing() {
        let limits = BatchLimits::default();
        let (_, epochs, result) = run_over(&[0, 1, 3], limits, Some(4));
        assert!(epochs.is_empty() && result.is_err());
        let (_, epochs, result) = run_over(&[0, 1], limits, None);
        assert!(epochs.is_empty() && result.is_ok());
    }
}
