use arrow::record_batch::RecordBatch;
use tamis_operators::schema::RecordKind;
use tokio::sync::mpsc;

use crate::error::{Error, Result};
use crate::invariants::{Invariant, check};

/// Takes screened rows out of the lanes of an epoch, in the order in which they were dealt.
///
/// A plan must give every row of a batch once and in order, but it may cut batches as it
/// likes: rows are counted, not batches.
#[derive(Debug)]
pub struct Gather {
    lanes: Vec<Mouth>,
}

#[derive(Debug)]
struct Mouth {
    kind: RecordKind,
    output: mpsc::Receiver<Result<RecordBatch>>,
    /// Rows that came out and belong to a later turn.
    left: Option<RecordBatch>,
}

impl Gather {
    /// The outputs of the lanes.
    pub fn new(lanes: Vec<(RecordKind, mpsc::Receiver<Result<RecordBatch>>)>) -> Self {
        Self { lanes: lanes.into_iter().map(|(kind, output)| Mouth { kind, output, left: None }).collect() }
    }

    /// The next rows of a lane of a kind. Blocks until they are screened.
    pub fn take(
        &mut self,
        kind: RecordKind,
        lane: usize,
        rows: usize,
        mut each: impl FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let mut of_kind = self.lanes.iter_mut().filter(|mouth| mouth.kind == kind);
        let mouth = of_kind.nth(lane).ok_or(Error::Stage("screen"))?;
        let mut missing = rows;
        while missing > 0 {
            let batch = match mouth.left.take() {
                Some(batch) => batch,
                None => mouth.output.blocking_recv().unwrap_or_else(|| Err(lost(missing, "too few")))?,
            };
            let n = batch.num_rows();
            if n > missing {
                mouth.left = Some(batch.slice(missing, n - missing));
                each(batch.slice(0, missing))?;
                missing = 0;
            } else {
                missing -= n;
                each(batch)?;
            }
        }
        Ok(())
    }

    /// Checks that nothing is left: the plan gave as many rows as it got.
    pub fn finish(mut self) -> Result<()> {
        for mouth in &mut self.lanes {
            if let Some(left) = &mouth.left {
                return Err(lost(left.num_rows(), "too many"));
            }
            while let Some(batch) = mouth.output.blocking_recv() {
                let n = batch?.num_rows();
                if n > 0 {
                    return Err(lost(n, "too many"));
                }
            }
        }
        Ok(())
    }
}

/// A plan that gives other rows than it got breaks conservation.
fn lost(rows: usize, which: &str) -> Error {
    let detail = || format!("the screening plan gave {rows} rows {which}");
    check(Invariant::C1, false, detail).err().map_or(Error::Stage("screen"), Error::from)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use arrow::array::{AsArray, Int32Array};
    use arrow::datatypes::Int32Type;

    use super::*;

    fn rows(range: std::ops::Range<i32>) -> RecordBatch {
        RecordBatch::try_from_iter([("n", Arc::new(Int32Array::from_iter_values(range)) as _)]).unwrap()
    }

    fn lane(batches: Vec<Result<RecordBatch>>) -> (RecordKind, mpsc::Receiver<Result<RecordBatch>>) {
        let (tx, rx) = mpsc::channel(16);
        for b in batches {
            tx.blocking_send(b).unwrap();
        }
        (RecordKind::Traveller, rx)
    }

    fn values(gather: &mut Gather, lane: usize, n: usize) -> Result<Vec<i32>> {
        let mut out = vec![];
        gather.take(RecordKind::Traveller, lane, n, |b| {
            out.extend_from_slice(b.column(0).as_primitive::<Int32Type>().values());
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn rows_come_back_in_the_order_in_which_they_were_dealt() {
        let a = lane(vec![Ok(rows(0..2)), Ok(rows(2..5))]);
        let b = lane(vec![Ok(rows(10..20))]);
        let mut gather = Gather::new(vec![a, b]);
        assert_eq!(values(&mut gather, 0, 3).unwrap(), [0, 1, 2]);
        assert_eq!(values(&mut gather, 1, 10).unwrap(), (10..20).collect::<Vec<_>>());
        assert_eq!(values(&mut gather, 0, 2).unwrap(), [3, 4]);
        assert!(gather.finish().is_ok());
    }

    #[test]
    fn lost_and_doubled_rows_are_noticed() {
        let mut gather = Gather::new(vec![lane(vec![Ok(rows(0..2))])]);
        assert!(values(&mut gather, 0, 3).is_err());
        let mut gather = Gather::new(vec![lane(vec![Ok(rows(0..4))])]);
        assert!(values(&mut gather, 0, 3).is_ok());
        assert!(gather.finish().is_err());
        let mut gather = Gather::new(vec![lane(vec![Err(Error::Screen("x".into()))])]);
        assert!(matches!(values(&mut gather, 0, 1), Err(Error::Screen(_))));
    }
}
