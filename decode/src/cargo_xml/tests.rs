#![allow(clippy::unwrap_used)]
use std::fmt::Write as _;
use std::path::PathBuf;

use arrow::array::{Array, AsArray, RecordBatch, StructArray};
use tamis_records::country::alpha3;

use crate::Decoded;
use crate::tests::{cell, column, decode, findings};

mod houses;
mod manifests;
mod oracle;
mod whole;

/// A field of the structs in a list cell, one text an item; null is `~`.
fn parts(batch: &RecordBatch, list: &str, field: &str, row: usize) -> Vec<String> {
    let lists = batch.column_by_name(list).unwrap().as_list::<i32>();
    if lists.is_null(row) {
        return vec![];
    }
    let items = lists.value(row);
    let items: &StructArray = items.as_struct();
    let column = RecordBatch::from(items.clone());
    (0..column.num_rows()).map(|i| cell(&column, field, i)).collect()
}
