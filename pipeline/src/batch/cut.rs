use std::collections::VecDeque;

use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use crate::error::{Error, Result};

/// Cuts rows into batches of one size. A batch inside one piece of input is a slice; only
/// where pieces meet are rows copied.
#[derive(Debug)]
pub struct Cutter {
    schema: SchemaRef,
    size: usize,
    /// Rows that wait, with their weight in bytes.
    waiting: VecDeque<(RecordBatch, usize)>,
    rows: usize,
}

impl Cutter {
    /// Cuts every so many rows, at least one.
    pub fn new(schema: SchemaRef, size: usize) -> Self {
        Self { schema, size: size.max(1), waiting: VecDeque::new(), rows: 0 }
    }

    /// Adds rows.
    pub fn push(&mut self, batch: RecordBatch) {
        if batch.num_rows() > 0 {
            self.rows += batch.num_rows();
            // Slices share their buffers, so the weight is taken once and divided.
            let weight = batch.get_array_memory_size();
            self.waiting.push_back((batch, weight));
        }
    }

    /// Rows that wait.
    pub fn waiting(&self) -> usize {
        self.rows
    }

    /// The next full batch and its weight, if there is one.
    pub fn cut(&mut self) -> Result<Option<(RecordBatch, usize)>> {
        if self.rows < self.size { Ok(None) } else { self.take(self.size) }
    }

    /// What is left, if anything.
    pub fn flush(&mut self) -> Result<Option<(RecordBatch, usize)>> {
        self.take(self.rows.min(self.size))
    }

    fn take(&mut self, rows: usize) -> Result<Option<(RecordBatch, usize)>> {
        let (mut parts, mut weight, mut missing) = (Vec::new(), 0, rows);
        while missing > 0 {
            let Some((batch, bytes)) = self.waiting.pop_front() else { break };
            let n = batch.num_rows();
            if n <= missing {
                missing -= n;
                weight += bytes;
                parts.push(batch);
            } else {
                let share = bytes * missing / n;
                parts.push(batch.slice(0, missing));
                self.waiting.push_front((batch.slice(missing, n - missing), bytes - share));
                weight += share;
                missing = 0;
            }
        }
        self.rows -= rows - missing;
        Ok(match parts.len() {
            0 => None,
            1 => parts.pop().map(|b| (b, weight)),
            _ => {
                let batch = concat_batches(&self.schema, &parts).map_err(|e| Error::Screen(e.to_string()))?;
                Some((batch, weight))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use arrow::array::{AsArray, Int32Array};
    use arrow::datatypes::{DataType, Field, Int32Type, Schema};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_row_leaves_once_and_in_order(pieces in prop::collection::vec(0_usize..50, 0..20), size in 1_usize..40) {
            let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int32, false)]));
            let mut cutter = Cutter::new(Arc::clone(&schema), size);
            let (mut next, mut out) = (0_i32, vec![]);
            for n in pieces {
                let values = Int32Array::from_iter_values(next..next + n as i32);
                next += n as i32;
                cutter.push(RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(values)]).unwrap());
                while let Some((b, _)) = cutter.cut().unwrap() {
                    prop_assert_eq!(b.num_rows(), size);
                    out.extend_from_slice(b.column(0).as_primitive::<Int32Type>().values());
                }
            }
            while let Some((b, _)) = cutter.flush().unwrap() {
                prop_assert!(b.num_rows() <= size);
                out.extend_from_slice(b.column(0).as_primitive::<Int32Type>().values());
            }
            prop_assert_eq!(out, (0..next).collect::<Vec<_>>());
        }
    }
}
