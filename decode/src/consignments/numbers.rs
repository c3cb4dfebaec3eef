//! Columns of numbers and times, most of which most rows leave empty.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};

use super::super::columns::Nulls;

/// Builder of a column of numbers: a value costs one store, a null nothing.
#[derive(Debug)]
pub(super) struct Numbers<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    /// A bit a row that has a value.
    valid: Vec<u8>,
    present: usize,
}

impl<T: ArrowPrimitiveType> Default for Numbers<T> {
    fn default() -> Self {
        Self { values: Vec::new(), valid: Vec::new(), present: 0 }
    }
}

impl<T: ArrowPrimitiveType> Numbers<T> {
    /// Sets a row; rows that are passed over are null.
    #[inline]
    pub(super) fn set(&mut self, row: usize, value: Option<T::Native>) {
        if let Some(value) = value {
            if self.values.len() < row {
                self.values.resize(row, T::default_value());
            }
            self.values.push(value);
            let byte = row / 8;
            if self.valid.len() <= byte {
                self.valid.resize(byte + 1, 0);
            }
            self.valid[byte] |= 1 << (row % 8);
            self.present += 1;
        }
    }

    /// The column of so many rows; begins anew.
    pub(super) fn finish(&mut self, rows: usize) -> PrimitiveArray<T> {
        let (mut values, mut valid) = (std::mem::take(&mut self.values), std::mem::take(&mut self.valid));
        let all = std::mem::take(&mut self.present) == rows;
        if !values.is_empty() {
            // The next batch is about as large.
            self.values.reserve(values.len());
            self.valid.reserve(valid.len());
        }
        values.resize(rows, T::default_value());
        valid.resize(rows.div_ceil(8), 0);
        let nulls = (!all).then(|| NullBuffer::new(BooleanBuffer::new(valid.into(), 0, rows)));
        PrimitiveArray::new(values.into(), nulls)
    }

    /// As [`Self::finish`]; a shared column where no row has a value.
    pub(super) fn column(&mut self, rows: usize, nulls: &mut Nulls) -> ArrayRef {
        if self.values.is_empty() { nulls.of(&T::DATA_TYPE, rows) } else { Arc::new(self.finish(rows)) }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn rows_with_and_without() {
        let mut numbers = Numbers::<Int32Type>::default();
        for (row, value) in [(0, Some(4)), (1, None), (9, Some(5)), (10, None)] {
            numbers.set(row, value);
        }
        let array = numbers.finish(12);
        assert_eq!(array.iter().flatten().collect::<Vec<_>>(), [4, 5]);
        assert_eq!((array.len(), array.null_count(), array.is_valid(9)), (12, 10, true));
        (0..3).for_each(|row| numbers.set(row, Some(1)));
        assert_eq!(numbers.finish(3).nulls(), None);
        assert_eq!(numbers.finish(2).null_count(), 2);
        assert_eq!(numbers.finish(0).len(), 0);
    }
}
