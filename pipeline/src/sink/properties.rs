use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::epoch_writer::{EpochStamp, SinkOptions};
use super::layout::{SCHEMA_VERSION, Table};

/// Name and version that stand in every file and commit.
pub(crate) const CREATED_BY: &str = concat!("tamis ", env!("CARGO_PKG_VERSION"));

/// Parquet settings of a table.
///
/// zstd(1): a third smaller than snappy at the same speed; higher levels cost much and give
/// nothing. No dictionary where hardly any value comes twice: 30 % faster and 10 % smaller. Bloom
/// filters shrink to the number of values that came, so that a file of ten rows stays small.
/// Epoch, generation and scenario set stand in the footer of a file that has one of each.
pub(super) fn writer_properties(table: Table, stamp: Option<&EpochStamp>, options: &SinkOptions) -> WriterProperties {
    let pair = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
    let mut told = vec![
        pair("table", table.name().to_owned()),
        pair("schema_version", SCHEMA_VERSION.to_string()),
        pair("created_by", CREATED_BY.to_owned()),
    ];
    if let Some(stamp) = stamp {
        told.push(pair("epoch", stamp.epoch.to_string()));
        told.push(pair("generation", stamp.generation.clone()));
        told.push(pair("scenario_set", stamp.scenario_set.clone()));
    }
    let mut builder = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(options.row_group_rows))
        .set_max_row_group_bytes(Some(options.row_group_bytes))
        .set_key_value_metadata(Some(told));
    for leaf in table.distinct_leaves() {
        builder = builder.set_column_dictionary_enabled(path(leaf), false);
    }
    for column in table.bloom_columns() {
        builder = builder
            .set_column_bloom_filter_max_ndv(path(column), options.row_group_rows as u64)
            .set_column_bloom_filter_fpp(path(column), 0.01);
    }
    builder.build()
}

fn path(leaf: &str) -> ColumnPath {
    ColumnPath::new(leaf.split('.').map(str::to_owned).collect())
}
