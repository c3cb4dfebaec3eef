//! batch: puts decoded rows back in the order of the input, cuts them into batches and closes
//! epochs.
//!
//! Decode threads finish when they finish; the order of the output must not depend on them
//! (C7). So every raw batch has a sequence number and the [`Reorder`] lets rows leave in that
//! order. What waits there is bounded: each raw batch that is not through yet holds its permit.

mod cut;
mod reorder;

use arrow::datatypes::SchemaRef;
use crossbeam_channel::{Receiver, Sender};
use tamis_operators::schema::RecordKind;

pub use cut::Cutter;
pub use reorder::Reorder;

use crate::epoch::{Closed, EpochLimits};
use crate::error::{Error, Result};
use crate::flow::{Batch, Budget, Cut, DecodedBatch};

/// How rows are cut.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    /// Rows of a batch. 8 to 16 thousand is where plans are fastest.
    pub rows: usize,
    /// When an epoch is closed.
    pub epoch: EpochLimits,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self { rows: 8_192, epoch: EpochLimits::default() }
    }
}

/// Runs until the decode threads are gone, or one of them reports a fault. `sent` tells, at that time, how many raw batches
/// the source sent before it ended well; `None` is a source that failed, whose last epoch is
/// not closed.
///
/// An epoch holds whole raw batches, so that its input is a range of bytes a partition.
pub fn run(
    schema: impl Fn(RecordKind) -> SchemaRef,
    limits: BatchLimits,
    input: &Receiver<Result<DecodedBatch>>,
    budget: &Budget,
    sent: impl FnOnce() -> Option<u64>,
    out: &Sender<Cut>,
    mut progress: impl FnMut(&Closed),
) -> Result<()> {
    let mut order = Reorder::new();
    let cutters = RecordKind::ALL.map(|kind| (kind, Cutter::new(schema(kind), limits.rows)));
    let mut stage = Stage { cutters, budget, out, closed: Closed::default() };
    for decoded in input {
        let decoded = decoded?;
        for decoded in order.push(decoded.sequence, decoded) {
            progress(&figures(&decoded));
            if !stage.add(decoded)? || (stage.closed.is_full(limits.epoch) && !stage.close()?) {
                return Ok(());
            }
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
    closed: Closed,
}

impl Stage<'_> {
    /// `false` when nobody listens any more.
    fn add(&mut self, decoded: DecodedBatch) -> Result<bool> {
        self.closed.add(&figures(&decoded));
        let DecodedBatch { travellers, consignments, dead_letters, read, permit, .. } = decoded;
        for range in read {
            self.closed.add_range(range);
        }
        let [(_, of_travellers), (_, of_consignments)] = &mut self.cutters;
        of_travellers.push(travellers);
        of_consignments.push(consignments);
        // From here the rows are paid for as rows, or are fewer than a batch.
        drop(permit);
        if dead_letters.num_rows() > 0 && self.out.send(Cut::Dead(dead_letters)).is_err() {
            return Ok(false);
        }
        for (kind, cutter) in &mut self.cutters {
            while let Some((rows, weight)) = cutter.cut()? {
                tracing::debug!(kind = kind.as_str(), rows = rows.num_rows(), weight, "batch cut");
                if self.out.send(Cut::Rows(Batch { kind: *kind, rows, permit: self.budget.take(weight) })).is_err() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn close(&mut self) -> Result<bool> {
        if self.closed.is_empty() {
            return Ok(true);
        }
        for (kind, cutter) in &mut self.cutters {
            if let Some((rows, weight)) = cutter.flush()?
                && self.out.send(Cut::Rows(Batch { kind: *kind, rows, permit: self.budget.take(weight) })).is_err()
            {
                return Ok(false);
            }
        }
        Ok(self.out.send(Cut::Close(std::mem::take(&mut self.closed))).is_ok())
    }
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
        let result = run(|_| Arc::clone(&schema), limits, &rx, &budget, || sent, &cut_tx, |_| ());
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
        let limits = BatchLimits { rows: 10, epoch: EpochLimits { rows: 21, bytes: 1_000 } };
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
