use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StructArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use arrow::error::ArrowError;
use chrono::{DateTime, Datelike, NaiveDate};

/// Partition of a row: days since 1970, or `None` where no date is known.
pub(super) type Day = Option<i32>;

const MICROS_A_DAY: i64 = 86_400_000_000;

/// Folder name that Hive, and all that learned from it, reads as null.
pub(super) const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// Day of the first time column that is not null. Both columns are microseconds.
pub(super) fn days(first: &ArrayRef, second: Option<&ArrayRef>) -> Vec<Day> {
    let first = first.as_primitive::<TimestampMicrosecondType>();
    let second = second.map(AsArray::as_primitive::<TimestampMicrosecondType>);
    let day = |a: &arrow::array::TimestampMicrosecondArray, row: usize| {
        a.is_valid(row).then(|| a.value(row).div_euclid(MICROS_A_DAY)).and_then(plausible)
    };
    (0..first.len()).map(|row| day(first, row).or_else(|| second.and_then(|a| day(a, row)))).collect()
}

/// Days that every reader can write and read as `YYYY-MM-DD`.
fn plausible(day: i64) -> Day {
    let day = i32::try_from(day).ok()?;
    (1..=9999).contains(&date_of(day)?.year()).then_some(day)
}

fn date_of(day: i32) -> Option<NaiveDate> {
    DateTime::from_timestamp(i64::from(day) * 86_400, 0).map(|t| t.date_naive())
}

/// Partition value of a day, `YYYY-MM-DD`.
pub(super) fn day_text(day: Day) -> Option<String> {
    date_of(day?).map(|d| d.format("%Y-%m-%d").to_string())
}

/// Cuts a batch into one part a day, days ascending, rows in their order. Where the days are
/// runs already, as they mostly are since messages come by flight, nothing is copied.
pub(super) fn split(batch: &RecordBatch, days: &[Day]) -> Result<Vec<(Day, RecordBatch)>, ArrowError> {
    let Some(&first) = days.first() else { return Ok(Vec::new()) };
    if days.iter().all(|d| *d == first) {
        return Ok(vec![(first, batch.clone())]);
    }
    let (batch, order): (RecordBatch, Vec<Day>) = if days.is_sorted() {
        (batch.clone(), days.to_vec())
    } else {
        let mut rows: Vec<u32> = (0..days.len() as u32).collect();
        rows.sort_by_key(|row| days[*row as usize]);
        let order = rows.iter().map(|row| days[*row as usize]).collect();
        (take_record_batch(batch, &UInt32Array::from(rows))?, order)
    };
    let mut parts = Vec::new();
    let mut from = 0;
    for run in order.chunk_by(|a, b| a == b) {
        parts.push((run[0], batch.slice(from, run.len())));
        from += run.len();
    }
    Ok(parts)
}

/// A copy that holds nothing but its own rows. A slice of a batch keeps the whole batch in
/// memory; what waits for long must not.
pub(super) fn compact(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let rows: UInt32Array = (0..batch.num_rows() as u32).collect::<Vec<_>>().into();
    let own = take_record_batch(batch, &rows)?;
    RecordBatch::try_new(own.schema(), own.columns().iter().map(own_views).collect::<Result<_, _>>()?)
}

/// `take` copies everything but the bytes behind views.
fn own_views(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    Ok(match array.data_type() {
        DataType::Utf8View => Arc::new(array.as_string_view().gc()),
        DataType::BinaryView => Arc::new(array.as_binary_view().gc()),
        DataType::List(field) => {
            let list = array.as_list::<i32>();
            let (from, to) = (list.value_offsets()[0], list.value_offsets()[list.len()]);
            let values = own_views(&list.values().slice(from as usize, (to - from) as usize))?;
            let offsets = OffsetBuffer::new(list.value_offsets().iter().map(|o| o - from).collect());
            Arc::new(ListArray::try_new(Arc::clone(field), offsets, values, list.nulls().cloned())?)
        }
        DataType::Struct(fields) => {
            let structs = array.as_struct();
            let columns = structs.columns().iter().map(own_views).collect::<Result<_, _>>()?;
            Arc::new(StructArray::try_new_with_length(fields.clone(), columns, structs.nulls().cloned(), structs.len())?)
        }
        _ => Arc::clone(array),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{Int64Array, StringViewArray, TimestampMicrosecondArray};
    use arrow::datatypes::{Field, Schema};
    use proptest::prelude::*;

    use super::*;

    fn numbered(n: usize) -> RecordBatch {
        let text: StringViewArray = (0..n).map(|i| Some(format!("a text that is too long to be inline {i}"))).collect();
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, false), Field::new("text", DataType::Utf8View, true)]);
        let numbers = Int64Array::from_iter_values(0..n as i64);
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(numbers), Arc::new(text)]).unwrap()
    }

    #[test]
    fn days_fall_back_and_refuse_what_no_reader_can_write() {
        let a: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), None, None, Some(i64::MAX)]));
        let b: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(0), Some(MICROS_A_DAY), None, None]));
        assert_eq!(days(&a, Some(&b)), [Some(-1), Some(1), None, None]);
        assert_eq!(day_text(Some(-1)).as_deref(), Some("1969-12-31"));
        assert_eq!(day_text(None), None);
    }

    #[test]
    fn a_compacted_part_lets_go_of_its_batch() {
        let batch = numbered(10_000);
        let part = compact(&batch.slice(17, 2)).unwrap();
        assert_eq!(part, batch.slice(17, 2));
        assert!(part.get_array_memory_size() < 1_000, "{}", part.get_array_memory_size());
    }

    proptest! {
        #[test]
        fn parts_are_the_batch(days in prop::collection::vec(prop::option::weighted(0.9, 0_i32..5), 0..200)) {
            let batch = numbered(days.len());
            let parts = split(&batch, &days).unwrap();
            prop_assert!(parts.is_sorted_by(|a, b| a.0 < b.0), "one part a day, ascending");
            let mut seen = 0;
            for (day, part) in &parts {
                let numbers = part.column(0).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec();
                prop_assert!(numbers.is_sorted() && !numbers.is_empty());
                prop_assert!(numbers.iter().all(|n| days[*n as usize] == *day));
                seen += numbers.len();
            }
            prop_assert_eq!(seen, days.len());
        }
    }
}
