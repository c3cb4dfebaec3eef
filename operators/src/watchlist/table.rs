//! The entities as a table that SQL can read.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringViewArray, StringViewBuilder, UInt32Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
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
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("entity", Arc::new(UInt32Array::from_iter_values(0..n))),
        ("entity_id", cast(&listed.ids, &DataType::Utf8View)?),
        ("list", text((0..n).map(|e| listed.list(e)))),
        ("kind", text((0..n).map(|e| generation.kind(e).as_str()))),
        ("name", text((0..n).map(|e| generation.names(e).next().unwrap_or_default()))),
        ("names", texts(n, |e, push| generation.names(e).for_each(push))),
        ("birth_dates", texts(n, |e, push| listed.birth_dates(e, listed.facts(e)).for_each(|d| push(&d.to_string())))),
        (
            "nationalities",
            texts(n, |e, push| listed.nationalities(e, &listed.facts(e)).iter().for_each(|c| push(&country_code(*c)))),
        ),
        ("sex", Arc::new((0..n).map(|e| listed.facts(e).sex().map(Sex::as_str)).collect::<StringViewArray>())),
        ("documents", texts(n, |e, push| listed.listed_documents(e).for_each(|d| push(&d.number)))),
        ("programmes", texts(n, |e, push| listed.programmes(e).for_each(push))),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| {
            let data_type: DataType = array.data_type().clone();
            Field::new(*name, data_type, *name == "sex")
        })
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|c| c.1).collect())
}
