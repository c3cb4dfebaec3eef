use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::json::ReaderBuilder;
use serde_json::{Map, Value};

use super::error::nearest;

/// A batch of one record from some of its columns, as examples give them: dates and times as
/// text, lists as arrays, structs as objects. All other columns are NULL; where a column is never
/// null it is empty text, zero, or the beginning of 1970.
///
/// # Errors
/// A column or field that does not exist, with the nearest right name, or a value that its type
/// cannot hold.
pub fn example_batch(given: &Map<String, Value>, schema: &SchemaRef) -> Result<RecordBatch, String> {
    let mut row = given.clone();
    for name in given.keys() {
        if schema.field_with_name(name).is_err() {
            let hint = nearest(name, schema.fields().iter().map(|f| f.name().as_str()))
                .map_or_else(String::new, |right| format!(", did you mean {right}"));
            return Err(format!("there is no column {name}{hint}"));
        }
    }
    for field in schema.fields().iter().filter(|f| !f.is_nullable() && !given.contains_key(f.name())) {
        row.insert(field.name().clone(), neutral(field.data_type()));
    }
    let mut decoder = ReaderBuilder::new(Arc::clone(schema)).with_strict_mode(true).build_decoder().map_err(|e| e.to_string())?;
    decoder.serialize(&[row]).map_err(|e| e.to_string())?;
    decoder.flush().map_err(|e| e.to_string())?.ok_or_else(|| "the example gives no record".to_owned())
}

fn neutral(data_type: &DataType) -> Value {
    match data_type {
        DataType::Timestamp(_, Some(_)) => Value::from("1970-01-01T00:00:00Z"),
        DataType::Timestamp(_, None) => Value::from("1970-01-01T00:00:00"),
        DataType::Date32 => Value::from("1970-01-01"),
        DataType::Boolean => Value::from(false),
        DataType::List(_) => Value::Array(Vec::new()),
        t if t.is_numeric() => Value::from(0),
        _ => Value::from(""),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{Array, AsArray};
    use serde_json::json;

    use super::*;
    use crate::schema::traveller_schema;

    fn batch(given: &Value) -> Result<RecordBatch, String> {
        example_batch(given.as_object().unwrap(), &traveller_schema())
    }

    #[test]
    fn what_is_not_given_is_null_or_neutral() {
        let given = json!({"birth_date": "1974-08-12", "arrival_local": "2026-05-01T10:00:00", "bag_count": 2,
            "documents": [{"type": "P"}], "findings": ["A", "B"], "received_at": "2026-05-01T10:00:00Z"});
        let batch = batch(&given).unwrap();
        assert_eq!(batch.num_rows(), 1);
        assert!(batch.column_by_name("surname").unwrap().is_null(0));
        assert_eq!(batch.column_by_name("role").unwrap().as_string_view().value(0), "");
        assert_eq!(batch.column_by_name("documents").unwrap().as_list::<i32>().value_length(0), 1);
    }

    #[test]
    fn what_does_not_exist_is_named() {
        assert!(batch(&json!({"bag_cuont": 1})).unwrap_err().contains("did you mean bag_count"));
        assert!(batch(&json!({"bag_count": "many"})).is_err());
        assert!(batch(&json!({"documents": [{"kind": "P"}]})).is_err());
    }
}
