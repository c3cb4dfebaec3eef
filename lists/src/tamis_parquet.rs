use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use csv::ByteRecord;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tamis_watchlist::Entity;

use super::ListError;
use super::contained::contained;
use super::report::Notebook;
use super::source::io_error;
use super::tamis_csv::{COLUMNS, Reader};

/// Rows that are read at once.
const ROWS: usize = 8_192;

/// Reads the columns of the Tamis CSV out of Parquet. Cells with several values are lists, or
/// texts with semicolons as in the CSV; columns that are not known are left out. Lines of
/// findings are row numbers, from one.
pub(super) fn read_parquet(path: &Path, default_list: &str, notes: &mut Notebook) -> Result<Vec<Entity>, ListError> {
    notes.open(path);
    let failed = |reason: String| ListError::Parquet { path: path.to_owned(), reason };
    let file = File::open(path).map_err(io_error(path))?;
    let damaged = || failed("the file is damaged".to_owned());
    let builder = contained(|| ParquetRecordBatchReaderBuilder::try_new(file)).ok_or_else(damaged)?;
    let builder = builder.map_err(|e| failed(e.to_string()))?;
    let schema = builder.schema();
    let at = COLUMNS.map(|column| schema.fields().iter().position(|f| f.name().eq_ignore_ascii_case(column)));
    for required in ["entity_id", "name"] {
        if !COLUMNS.iter().zip(&at).any(|(column, at)| *column == required && at.is_some()) {
            return Err(ListError::MissingColumn { path: path.to_owned(), line: 1, column: required });
        }
    }
    let left_out = schema.fields().len() - at.iter().flatten().count();
    if left_out > 0 {
        notes.report.notes.push(format!("{left_out} columns are none of a list; they were not read"));
    }
    let mut reader = Reader::new(std::array::from_fn(Some), default_list);
    let (mut record, mut last, mut last_entity, mut count) = (ByteRecord::new(), ByteRecord::new(), None, 0_u64);
    let batches = contained(|| builder.with_batch_size(ROWS).build()).ok_or_else(damaged)?;
    let mut batches = batches.map_err(|e| failed(e.to_string()))?;
    while let Some(batch) = contained(|| batches.next()).ok_or_else(damaged)? {
        let batch = batch.map_err(|e| failed(e.to_string()))?;
        let columns = contained(|| at.map(|at| at.map(|at| texts(batch.column(at))))).ok_or_else(damaged)?;
        let columns: Vec<Option<StringArray>> =
            columns.into_iter().map(Option::transpose).collect::<Result<_, _>>().map_err(|e| failed(e.to_string()))?;
        for row in 0..batch.num_rows() {
            count += 1;
            notes.at(count);
            record.clear();
            for column in &columns {
                record.push_field(column.as_ref().filter(|c| c.is_valid(row)).map_or("", |c| c.value(row)).as_bytes());
            }
            last_entity = reader.row(&record, &last, last_entity, notes);
            std::mem::swap(&mut record, &mut last);
        }
    }
    notes.close("entities", count as usize);
    Ok(reader.finish())
}

/// A column as text, with lists as values between semicolons.
fn texts(column: &ArrayRef) -> Result<StringArray, arrow::error::ArrowError> {
    if !matches!(column.data_type(), DataType::List(_) | DataType::LargeList(_) | DataType::ListView(_)) {
        return Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone());
    }
    let field = arrow::datatypes::Field::new_list_field(DataType::Utf8, true);
    let lists = cast(column, &DataType::List(std::sync::Arc::new(field)))?;
    let lists = lists.as_list::<i32>();
    Ok(lists
        .iter()
        .map(|list| list.map(|values| values.as_string::<i32>().iter().flatten().collect::<Vec<_>>().join(";")))
        .collect())
}
