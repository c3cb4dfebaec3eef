//! The entities as a table that SQL can read.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringViewArray, StringViewBuilder, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;

use super::entity::{Entity, Sex};

fn text<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(values))
}

fn texts(entities: &[Entity], each: impl Fn(&Entity, &mut dyn FnMut(&str))) -> ArrayRef {
    let mut list = ListBuilder::new(StringViewBuilder::new());
    for entity in entities {
        each(entity, &mut |value| list.values().append_value(value));
        list.append(true);
    }
    Arc::new(list.finish())
}

pub(super) fn build(entities: &[Entity]) -> Result<RecordBatch, ArrowError> {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("entity", Arc::new(UInt32Array::from_iter_values(0..entities.len() as u32))),
        ("entity_id", text(entities.iter().map(|e| e.id.as_str()))),
        ("list", text(entities.iter().map(|e| e.list.as_str()))),
        ("kind", text(entities.iter().map(|e| e.kind.as_str()))),
        ("name", text(entities.iter().map(|e| e.names.first().map_or("", |n| n.text.as_str())))),
        ("names", texts(entities, |e, push| e.names.iter().for_each(|n| push(&n.text)))),
        ("birth_dates", texts(entities, |e, push| e.birth_dates.iter().for_each(|d| push(&d.to_string())))),
        ("nationalities", texts(entities, |e, push| e.nationalities.iter().for_each(|n| push(n)))),
        ("sex", Arc::new(entities.iter().map(|e| e.sex.map(Sex::as_str)).collect::<StringViewArray>())),
        ("documents", texts(entities, |e, push| e.documents.iter().for_each(|d| push(&d.number)))),
        ("programmes", texts(entities, |e, push| e.programmes.iter().for_each(|p| push(p)))),
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
