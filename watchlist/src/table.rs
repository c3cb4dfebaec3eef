//! The entities as a table that SQL can read.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringViewArray, StringViewBuilder, UInt32Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::entity::Sex;
use super::generation::Generation;
use super::layout::country_code;

fn text<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(values))
}

fn texts(entities: u32, each: impl Fn(u32, &mut dyn FnMut(&str))) -> ArrayRef {
    let mut list = ListBuilder::new(StringViewBuilder::new());
    for entity in 0..entities {
        each(entity, &mut |value| list.values().append_value(value));
        list.append(true);
    }
    Arc::new(list.finish())
}

pub(super) fn build(generation: &Generation) -> Result<RecordBatch, ArrowError> {
    let (n, listed) = (generation.len() as u32, &generation.listed);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_iter_values(0..n)),
        cast(&listed.ids, &DataType::Utf8View)?,
        text((0..n).map(|e| listed.list(e))),
        text((0..n).map(|e| generation.kind(e).as_str())),
        text((0..n).map(|e| generation.names(e).next().unwrap_or_default())),
        texts(n, |e, push| generation.names(e).for_each(push)),
        texts(n, |e, push| listed.birth_dates(e, listed.facts(e)).for_each(|d| push(&d.to_string()))),
        texts(n, |e, push| listed.nationalities(e, &listed.facts(e)).iter().for_each(|c| push(&country_code(*c)))),
        Arc::new((0..n).map(|e| listed.facts(e).sex().map(Sex::as_str)).collect::<StringViewArray>()),
        texts(n, |e, push| listed.listed_documents(e).for_each(|d| push(&d.number))),
        texts(n, |e, push| listed.programmes(e).for_each(push)),
    ];
    RecordBatch::try_new(schema(), columns)
}

/// Columns of the table.
pub(super) fn schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8View, name == "sex");
    let texts = |name| Field::new(name, DataType::new_list(DataType::Utf8View, true), false);
    let mut fields = vec![Field::new("entity", DataType::UInt32, false)];
    fields.extend(["entity_id", "list", "kind", "name"].map(text));
    fields.extend(["names", "birth_dates", "nationalities"].map(texts));
    fields.push(text("sex"));
    fields.extend(["documents", "programmes"].map(texts));
    Arc::new(Schema::new(fields))
}
