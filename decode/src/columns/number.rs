//! Columns of numbers and times.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, BooleanBufferBuilder, PrimitiveArray};
use arrow::buffer::NullBuffer;

use super::Nulls;

/// Builder of a column of numbers or times: one store for a value, and nothing for a null.
#[derive(Debug)]
pub(crate) struct NumberColumn<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    /// Runs of nulls among the values.
    gaps: Vec<(usize, usize)>,
}

impl<T: ArrowPrimitiveType> Default for NumberColumn<T> {
    fn default() -> Self {
        Self { values: Vec::new(), gaps: Vec::new() }
    }
}

impl<T: ArrowPrimitiveType> NumberColumn<T> {
    /// Sets a row; rows that are passed over are null.
    #[inline]
    pub(crate) fn set(&mut self, row: usize, value: Option<T::Native>) {
        if let Some(value) = value {
            self.reach(row);
            self.values.push(value);
        }
    }

    /// Sets rows to one value.
    pub(crate) fn set_n(&mut self, row: usize, value: Option<T::Native>, n: usize) {
        if let Some(value) = value {
            self.reach(row);
            self.values.resize(row + n, value);
        }
    }

    /// The value of a row.
    pub(crate) fn get(&self, row: usize) -> Option<T::Native> {
        let value = *self.values.get(row)?;
        let gap = self.gaps.partition_point(|(_, to)| *to <= row);
        self.gaps.get(gap).is_none_or(|(from, _)| row < *from).then_some(value)
    }

    #[inline]
    fn reach(&mut self, row: usize) {
        let len = self.values.len();
        if len < row {
            self.gaps.push((len, row));
            self.values.resize(row, T::default_value());
        }
    }

    /// The column of so many rows; begins anew.
    pub(crate) fn finish(&mut self, rows: usize) -> PrimitiveArray<T> {
        self.reach(rows);
        // The next batch is about as large.
        let values = std::mem::replace(&mut self.values, Vec::with_capacity(rows + rows / 16));
        let nulls = (!self.gaps.is_empty()).then(|| {
            let mut valid = BooleanBufferBuilder::new(rows);
            for (from, to) in self.gaps.drain(..) {
                valid.append_n(from - valid.len(), true);
                valid.append_n(to - from, false);
            }
            valid.append_n(rows - valid.len(), true);
            NullBuffer::new(valid.finish())
        });
        PrimitiveArray::new(values.into(), nulls)
    }

    /// The column of so many rows, or a shared one where all are null; begins anew.
    pub(crate) fn finish_rows(&mut self, rows: usize, nulls: &mut Nulls) -> ArrayRef {
        if self.values.is_empty() {
            return nulls.of(&T::DATA_TYPE, rows);
        }
        Arc::new(self.finish(rows))
    }
}
