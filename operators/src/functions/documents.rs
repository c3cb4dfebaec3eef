//! Questions about the list of documents of a traveller.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, ListArray};
use arrow::datatypes::DataType;
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;

use super::function::{Function, Parameter, Texts, unpacked};

/// The functions of this file.
pub(super) fn functions() -> Vec<ScalarUDF> {
    use Parameter::{Structs, Text};
    vec![
        Function::udf(
            "documents_have(documents, type)",
            &[Structs(&["type"]), Text],
            DataType::Boolean,
            have,
            "Whether one of the documents is of this type (WCO/IATA/ICAO API guidelines, DE 1001). NULL where none is and the type of one is unknown.",
        ),
        Function::udf_with_optional(
            "document_count(documents, type)",
            &[Structs(&["type"]), Text],
            1,
            DataType::Int32,
            count,
            "How many documents of this type there are, or of any type where no type is asked for.",
        ),
        Function::udf(
            "documents_have_number(documents)",
            &[Structs(&["number"])],
            DataType::Boolean,
            have_number,
            "Whether one of the documents has a number.",
        ),
    ]
}

/// The list and the text of one field of its structs.
fn list_and_field<'a>(array: &'a ArrayRef, name: &str) -> Result<(&'a ListArray, Texts<'a>)> {
    let Some(list) = array.as_list_opt::<i32>() else {
        return exec_err!("{} is not a list", array.data_type());
    };
    let Some(column) = list.values().as_struct_opt().and_then(|items| items.column_by_name(name)) else {
        return exec_err!("the list has no field {name}");
    };
    Ok((list, Texts::new(column)?))
}

fn range(list: &ListArray, row: usize) -> Option<std::ops::Range<usize>> {
    list.is_valid(row).then(|| list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize)
}

fn have(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (list, types) = list_and_field(&args[0], "type")?;
    let asked = unpacked(&args[1])?;
    let asked = Texts::new(&asked)?;
    Ok(Arc::new(
        (0..list.len())
            .map(|row| {
                let (range, asked) = (range(list, row)?, asked.get(row)?);
                let mut unknown = false;
                for i in range {
                    match types.get(i) {
                        Some(t) if t == asked => return Some(true),
                        Some(_) => {}
                        None => unknown = true,
                    }
                }
                if unknown { None } else { Some(false) }
            })
            .collect::<BooleanArray>(),
    ))
}

fn count(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (list, types) = list_and_field(&args[0], "type")?;
    let asked = args.get(1).map(unpacked).transpose()?;
    let asked = asked.as_ref().map(|a| Texts::new(a)).transpose()?;
    Ok(Arc::new(
        (0..list.len())
            .map(|row| {
                let range = range(list, row)?;
                match &asked {
                    None => i32::try_from(range.len()).ok(),
                    Some(asked) => {
                        let asked = asked.get(row)?;
                        i32::try_from(range.filter(|i| types.get(*i) == Some(asked)).count()).ok()
                    }
                }
            })
            .collect::<Int32Array>(),
    ))
}

fn have_number(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (list, numbers) = list_and_field(&args[0], "number")?;
    Ok(Arc::new(
        (0..list.len())
            .map(|row| Some(range(list, row)?.any(|i| numbers.get(i).is_some_and(|n| !n.trim().is_empty()))))
            .collect::<BooleanArray>(),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{ListBuilder, StringArray, StringViewBuilder, StructBuilder};
    use arrow::datatypes::{Field, Int32Type};

    use super::*;

    type Document = (Option<&'static str>, Option<&'static str>);

    fn documents() -> ArrayRef {
        let fields = vec![Field::new("type", DataType::Utf8View, true), Field::new("number", DataType::Utf8View, true)];
        let mut list = ListBuilder::new(StructBuilder::from_fields(fields, 8));
        let rows: [Option<&[Document]>; 5] = [
            None,
            Some(&[]),
            Some(&[(Some("P"), Some("X1")), (Some("P"), None), (Some("V"), None)]),
            Some(&[(None, None), (Some("V"), Some(" "))]),
            Some(&[(None, Some("1")), (Some("P"), None)]),
        ];
        for row in rows {
            for (kind, number) in row.unwrap_or_default() {
                let document = list.values();
                document.field_builder::<StringViewBuilder>(0).unwrap().append_option(*kind);
                document.field_builder::<StringViewBuilder>(1).unwrap().append_option(*number);
                document.append(true);
            }
            list.append(row.is_some());
        }
        Arc::new(list.finish())
    }

    #[test]
    fn a_type_is_found_absent_or_unknown() {
        let asked: ArrayRef = Arc::new(StringArray::from(vec!["P"; 5]));
        let out = have(&[documents(), asked]).unwrap();
        assert_eq!(out.as_boolean().iter().collect::<Vec<_>>(), [None, Some(false), Some(true), None, Some(true)]);
    }

    #[test]
    fn documents_are_counted_by_type_or_all() {
        let asked: ArrayRef = Arc::new(StringArray::from(vec![Some("P"), Some("P"), Some("P"), Some("V"), None]));
        let by_type = count(&[documents(), asked]).unwrap();
        assert_eq!(by_type.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [None, Some(0), Some(2), Some(1), None]);
        let all = count(&[documents()]).unwrap();
        assert_eq!(all.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [None, Some(0), Some(3), Some(2), Some(2)]);
    }

    #[test]
    fn a_blank_is_no_number() {
        let out = have_number(&[documents()]).unwrap();
        assert_eq!(out.as_boolean().iter().collect::<Vec<_>>(), [None, Some(false), Some(true), Some(false), Some(true)]);
    }
}
