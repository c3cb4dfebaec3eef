use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{RecordBatch, new_null_array};
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::epoch_writer::SinkOptions;
use super::error::{OutputError, Result};
use super::layout::Table;
use super::properties::writer_properties;
use super::staged::StagedFile;
use super::stats::delta_stats;

/// Writes the rows of several files of one partition of a table into one, in their order, and syncs it.
/// `to` is where it lies for now, `path` and `partition_values` are what the log will say of it.
pub(crate) fn join_files(
    table: Table,
    from: &[impl AsRef<Path>],
    to: &Path,
    path: String,
    partition_values: Vec<(&'static str, Option<String>)>,
    options: &SinkOptions,
) -> Result<StagedFile> {
    let schema = table.file_schema();
    let file = options.fs.create(to).map_err(OutputError::io("create", to))?;
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(writer_properties(table, None, options)))
        .map_err(OutputError::parquet(to))?;
    for from in from {
        let from = from.as_ref();
        let file = File::open(from).map_err(OutputError::io("open", from))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|b| b.with_batch_size(8_192).build());
        for batch in reader.map_err(OutputError::parquet(from))? {
            let batch = batch.and_then(|batch| widen(&batch, &schema)).map_err(OutputError::arrow(table))?;
            writer.write(&batch).map_err(OutputError::parquet(to))?;
        }
    }
    let footer = writer.finish().map_err(OutputError::parquet(to))?;
    writer.sync().and_then(|()| writer.inner_mut().sync()).map_err(OutputError::io("sync", to))?;
    Ok(StagedFile {
        table,
        path,
        partition_values,
        rows: footer.file_metadata().num_rows().unsigned_abs(),
        bytes: writer.bytes_written() as u64,
        stats: delta_stats(&footer, &schema, table.stats_columns()),
    })
}

/// Columns that came later are null in files that were written before.
fn widen(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, arrow::error::ArrowError> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => arrow::compute::cast(column, field.data_type()),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        })
        .collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
}
