//! Tests of the decoder as a whole: hand-made messages, dirt, and the shared samples.
#![allow(clippy::unwrap_used)]

mod conformance;
mod cuscar;
mod declarations;
mod dirty;
mod lists;
mod neutral;
mod pnr;
mod pnr_samples;
mod profiles;
mod reader;
mod x12;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::{Decoded, Decoder, Origin};

pub(crate) const RECEIVED: i64 = 1_600_000_000_000_000;

/// Decodes one input.
pub(crate) fn decode(bytes: &[u8]) -> Decoded {
    let origin = Origin { source: "test", partition: "a/b.edi", position: 0, received_at: RECEIVED };
    let mut decoder = Decoder::new();
    decoder.decode(&origin, bytes);
    let rows = decoder.rows();
    let decoded = decoder.finish().unwrap();
    assert_eq!(rows, decoded.travellers.num_rows() + decoded.consignments.num_rows());
    crate::feeds::tests::hold(&decoded.travellers);
    crate::feeds::tests::hold(&decoded.consignments);
    assert_eq!(decoded.consignments.schema(), tamis_records::schema::consignment_schema());
    assert_eq!(decoded.travellers.schema(), tamis_records::schema::traveller_schema());
    assert_eq!(decoded.dead_letters.schema(), tamis_records::schema::dead_letter_schema());
    decoded
}

/// Decodes one input with a decoder that is used again and again, where it is done thousands of times.
pub(crate) fn again(decoder: &mut Decoder, bytes: &[u8]) -> Decoded {
    decoder.decode(&Origin { source: "test", partition: "a/b.edi", position: 0, received_at: RECEIVED }, bytes);
    decoder.finish().unwrap()
}

/// A cell as text; null is `~`.
pub(crate) fn cell(batch: &RecordBatch, column: &str, row: usize) -> String {
    let array = batch.column_by_name(column).unwrap();
    if array.is_null(row) {
        return "~".to_owned();
    }
    let options = FormatOptions::default().with_null("~");
    let text = ArrayFormatter::try_new(array.as_ref(), &options).unwrap().value(row).to_string();
    // What only reservations say of legs and documents.
    text.replace(", operating_carrier: ~, operating_flight: ~, booking_class: ~, status: ~", "")
        .replace(", issued: ~, issue_place: ~, surname: ~, given_names: ~", "")
}

/// Cells of a column.
pub(crate) fn column(batch: &RecordBatch, column: &str) -> Vec<String> {
    (0..batch.num_rows()).map(|row| cell(batch, column, row)).collect()
}

/// Findings of a row.
pub(crate) fn findings(batch: &RecordBatch, row: usize) -> Vec<String> {
    let lists = batch.column_by_name("findings").unwrap().as_list::<i32>();
    if lists.is_null(row) {
        return Vec::new();
    }
    lists.value(row).as_string_view().iter().map(|s| s.unwrap().to_owned()).collect()
}

/// The same without what the state that a list is for asks for and the row lacks.
pub(crate) fn noticed(batch: &RecordBatch, row: usize) -> Vec<String> {
    let mut findings = findings(batch, row);
    findings.retain(|code| !code.starts_with("required_"));
    findings
}

/// Every cell of a row but those of place, identity and findings.
pub(crate) fn facts(batch: &RecordBatch, row: usize) -> Vec<(String, String)> {
    let skipped = ["record_id", "position", "findings", "finding_details", "source", "partition", "received_at"];
    batch
        .schema()
        .fields()
        .iter()
        .filter(|f| !skipped.contains(&f.name().as_str()))
        .map(|f| (f.name().clone(), cell(batch, f.name(), row)))
        .collect()
}

/// All facts of a batch.
pub(crate) fn all_facts(batch: &RecordBatch) -> Vec<Vec<(String, String)>> {
    (0..batch.num_rows()).map(|row| facts(batch, row)).collect()
}

pub(crate) fn int(batch: &RecordBatch, column: &str, row: usize) -> Option<i32> {
    let array = batch.column_by_name(column).unwrap().as_primitive::<Int32Type>();
    array.is_valid(row).then(|| array.value(row))
}

pub(crate) fn position(batch: &RecordBatch, row: usize) -> i64 {
    batch.column_by_name("position").unwrap().as_primitive::<Int64Type>().value(row)
}

pub(crate) fn date(batch: &RecordBatch, column: &str, row: usize) -> Option<i32> {
    let array = batch.column_by_name(column).unwrap().as_primitive::<Date32Type>();
    array.is_valid(row).then(|| array.value(row))
}
