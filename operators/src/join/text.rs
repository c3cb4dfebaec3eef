use arrow::array::{Array, AsArray, LargeStringArray, StringArray, StringViewArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

/// A text column of any Arrow text type, read in place.
#[derive(Debug)]
pub(super) enum Text<'a> {
    /// No such column: every row is unknown.
    Absent,
    Utf8(&'a StringArray),
    LargeUtf8(&'a LargeStringArray),
    View(&'a StringViewArray),
    Dictionary {
        keys: Vec<usize>,
        nulls: Option<&'a NullBuffer>,
        values: Box<Text<'a>>,
    },
}

impl<'a> Text<'a> {
    /// Whether [`Text::new`] reads this type.
    pub(super) fn reads(data_type: &DataType) -> bool {
        match data_type {
            DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
            DataType::Dictionary(_, values) => Self::reads(values),
            _ => false,
        }
    }

    /// `None` where the array is not text.
    pub(super) fn new(array: &'a dyn Array) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Null => Self::Absent,
            DataType::Utf8 => Self::Utf8(array.as_string_opt()?),
            DataType::LargeUtf8 => Self::LargeUtf8(array.as_string_opt()?),
            DataType::Utf8View => Self::View(array.as_string_view_opt()?),
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary_opt()?;
                let values = Self::new(dictionary.values().as_ref())?;
                if dictionary.values().is_empty() {
                    return Some(Self::Absent);
                }
                Self::Dictionary { keys: dictionary.normalized_keys(), nulls: array.nulls(), values: Box::new(values) }
            }
            _ => return None,
        })
    }

    /// The text without surrounding blanks; `None` where it is null or blank, for both say nothing.
    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        let text = match self {
            Self::Absent => return None,
            Self::Utf8(a) => (!a.is_null(row)).then(|| a.value(row))?,
            Self::LargeUtf8(a) => (!a.is_null(row)).then(|| a.value(row))?,
            Self::View(a) => (!a.is_null(row)).then(|| a.value(row))?,
            Self::Dictionary { keys, nulls, values } => {
                if nulls.is_some_and(|n| n.is_null(row)) {
                    return None;
                }
                return values.get(*keys.get(row)?);
            }
        };
        Some(text.trim()).filter(|t| !t.is_empty())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use arrow::array::{ArrayRef, DictionaryArray, Int32Array, NullArray};
    use arrow::datatypes::{Int8Type, Int32Type};

    use super::*;

    #[test]
    fn every_text_type_reads_alike() {
        let rows = [Some("ANNA"), None, Some("  "), Some(" LI ")];
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(rows.to_vec())),
            Arc::new(LargeStringArray::from(rows.to_vec())),
            Arc::new(StringViewArray::from(rows.to_vec())),
            Arc::new(rows.into_iter().collect::<DictionaryArray<Int32Type>>()),
            Arc::new(rows.into_iter().collect::<DictionaryArray<Int8Type>>()),
        ];
        for array in &arrays {
            assert!(Text::reads(array.data_type()));
            let text = Text::new(array.as_ref()).unwrap();
            let read: Vec<_> = (0..rows.len()).map(|r| text.get(r)).collect();
            assert_eq!(read, [Some("ANNA"), None, None, Some("LI")], "{}", array.data_type());
            let sliced = array.slice(3, 1);
            assert_eq!(Text::new(sliced.as_ref()).unwrap().get(0), Some("LI"), "{}", array.data_type());
        }
    }

    #[test]
    fn nothing_and_numbers() {
        assert_eq!(Text::new(&NullArray::new(2)).unwrap().get(1), None);
        assert!(Text::new(&Int32Array::from(vec![1])).is_none());
        let empty = DictionaryArray::<Int32Type>::new(Int32Array::new_null(2), Arc::new(StringArray::new_null(0)));
        assert_eq!(Text::new(&empty).unwrap().get(0), None);
    }
}
