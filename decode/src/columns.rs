//! Builders for runs of columns that are filled together.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, NullBufferBuilder, StringViewBuilder, StructArray, TimestampMicrosecondBuilder};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// Finished columns by name.
pub(crate) type Named = Vec<(&'static str, ArrayRef)>;

/// A struct of text builders, one a column of the same name.
macro_rules! text_columns {
    ($name:ident { $($field:ident)* }) => {
        #[derive(Debug, Default)]
        pub(crate) struct $name {
            $(pub(crate) $field: StringViewBuilder,)*
        }
        impl $name {
            pub(crate) fn finish(&mut self, out: &mut Named) {
                $(out.push((stringify!($field), Arc::new(self.$field.finish())));)*
            }
        }
    };
}

pub(crate) use text_columns;

text_columns! { MessageTexts {
    flight_key message_format message_kind action message_ref common_ref sender recipient carrier flight
    departure_port arrival_port source partition person_key
} }

text_columns! { PersonTexts {
    record_id role embarkation_port debarkation_port clearance_port name_raw surname given_names title
    birth_date_precision sex nationality residence_country birth_place birth_country mrz document_type document_number
    document_issuer pnr_locator carrier_ref ticket seat
} }

text_columns! { LegTexts { carrier flight departure_port arrival_port } }

/// Appends a text; an empty one is null.
#[inline]
pub(crate) fn put(builder: &mut StringViewBuilder, text: &str) {
    if text.is_empty() { builder.append_null() } else { builder.append_value(text) }
}

/// Appends a text `n` times; an empty one is null.
pub(crate) fn put_n(builder: &mut StringViewBuilder, text: &str, n: usize) {
    // The only error is a text of more than 4 GiB, which no segment holds.
    if text.is_empty() || builder.try_append_value_n(text, n).is_err() {
        for _ in 0..n {
            builder.append_null();
        }
    }
}

/// Lengths of the lists of a column; the items are built beside it.
#[derive(Debug)]
pub(crate) struct Lists {
    offsets: Vec<i32>,
    valid: NullBufferBuilder,
}

impl Default for Lists {
    fn default() -> Self {
        Self { offsets: vec![0], valid: NullBufferBuilder::new(1024) }
    }
}

impl Lists {
    /// Ends a list of `n` items; an empty list is null.
    pub(crate) fn end(&mut self, n: usize) {
        let last = self.offsets.last().copied().unwrap_or(0);
        self.offsets.push(last.saturating_add(i32::try_from(n).unwrap_or(i32::MAX)));
        self.valid.append(n > 0);
    }

    /// Makes the column; `data_type` is its type in the schema.
    pub(crate) fn finish(&mut self, data_type: &DataType, items: ArrayRef) -> Result<ArrayRef, ArrowError> {
        let DataType::List(field) = data_type else {
            return Err(ArrowError::SchemaError(format!("a list column has type {data_type}")));
        };
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        let list = ListArray::try_new(Arc::clone(field), OffsetBuffer::new(offsets.into()), items, self.valid.finish())?;
        Ok(Arc::new(list))
    }

    /// Makes a column of lists of structs from the columns of the struct by name.
    pub(crate) fn finish_structs(&mut self, data_type: &DataType, columns: Named) -> Result<ArrayRef, ArrowError> {
        let DataType::List(field) = data_type else {
            return Err(ArrowError::SchemaError(format!("a list column has type {data_type}")));
        };
        let DataType::Struct(fields) = field.data_type() else {
            return Err(ArrowError::SchemaError(format!("a list of structs has items of type {}", field.data_type())));
        };
        let arrays = in_order(fields.iter().map(|f| f.name().as_str()), columns)?;
        let items = StructArray::try_new(fields.clone(), arrays, None)?;
        self.finish(data_type, Arc::new(items))
    }
}

/// Puts finished columns into the order of a schema.
pub(crate) fn in_order<'n>(names: impl Iterator<Item = &'n str>, mut columns: Named) -> Result<Vec<ArrayRef>, ArrowError> {
    names
        .map(|name| match columns.iter().position(|(n, _)| *n == name) {
            Some(i) => Ok(columns.swap_remove(i).1),
            None => Err(ArrowError::SchemaError(format!("the decoder does not fill column {name}"))),
        })
        .collect()
}

/// Builders of local times that are filled together.
#[derive(Debug, Default)]
pub(crate) struct TwoTimes {
    pub(crate) departure_local: TimestampMicrosecondBuilder,
    pub(crate) arrival_local: TimestampMicrosecondBuilder,
}

impl TwoTimes {
    pub(crate) fn finish(&mut self, out: &mut Named) {
        out.push(("departure_local", Arc::new(self.departure_local.finish())));
        out.push(("arrival_local", Arc::new(self.arrival_local.finish())));
    }
}
