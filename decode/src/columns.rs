//! Builders for runs of columns that are filled together.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, StructArray, new_null_array};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

mod number;
mod text;

pub(crate) use self::number::NumberColumn;
pub(crate) use self::text::{TextColumn, short_view, word};

/// Finished columns by name.
pub(crate) type Named = Vec<(&'static str, ArrayRef)>;

/// A struct of text builders, one a column of the same name.
macro_rules! text_columns {
    ($name:ident { $($field:ident)* }) => {
        #[derive(Debug, Default)]
        pub(crate) struct $name {
            $(pub(crate) $field: $crate::columns::TextColumn,)*
        }
        impl $name {
            /// The columns of so many rows, those without any text shared.
            pub(crate) fn finish_rows(&mut self, rows: usize, nulls: &mut $crate::columns::Nulls, out: &mut Named) {
                $(out.push((stringify!($field), self.$field.finish_rows(rows, nulls)));)*
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
    document_issuer pnr_locator carrier_ref ticket seat crew_duty profile
} }

text_columns! { LegTexts { carrier flight departure_port arrival_port } }

/// Lengths of the lists of a column; the items are built beside it.
#[derive(Debug)]
pub(crate) struct Lists {
    offsets: Vec<i32>,
}

impl Default for Lists {
    fn default() -> Self {
        Self { offsets: vec![0] }
    }
}

impl Lists {
    /// Ends a list of `n` items; an empty list is null.
    #[inline]
    pub(crate) fn end(&mut self, n: usize) {
        let last = self.offsets.last().copied().unwrap_or(0);
        self.offsets.push(last.saturating_add(i32::try_from(n).unwrap_or(i32::MAX)));
    }

    /// Ends the list of a row; rows that are passed over, and an empty list, are null.
    #[inline]
    pub(crate) fn end_at(&mut self, row: usize, n: usize) {
        if n > 0 {
            self.fill(row);
            self.end(n);
        }
    }

    /// Ends the lists of so many rows, each of `n` items.
    pub(crate) fn end_n(&mut self, row: usize, n: usize, rows: usize) {
        if n > 0 {
            self.fill(row);
            (0..rows).for_each(|_| self.end(n));
        }
    }

    /// Items of all lists that have ended.
    #[inline]
    pub(crate) fn items(&self) -> usize {
        self.offsets.last().map_or(0, |end| *end as usize)
    }

    /// Ends null lists until there are `rows` of them.
    pub(crate) fn fill(&mut self, rows: usize) {
        let last = self.offsets.last().copied().unwrap_or(0);
        if self.offsets.len() <= rows {
            self.offsets.resize(rows + 1, last);
        }
    }

    /// Makes the column; `data_type` is its type in the schema.
    pub(crate) fn finish(&mut self, data_type: &DataType, items: ArrayRef) -> Result<ArrayRef, ArrowError> {
        let DataType::List(field) = data_type else {
            return Err(ArrowError::SchemaError(format!("a list column has type {data_type}")));
        };
        let mut next = Vec::with_capacity(self.offsets.len());
        next.push(0);
        let offsets = std::mem::replace(&mut self.offsets, next);
        let valid = BooleanBuffer::collect_bool(offsets.len() - 1, |i| offsets[i] != offsets[i + 1]);
        let nulls = Some(NullBuffer::new(valid)).filter(|n| n.null_count() > 0);
        let list = ListArray::try_new(Arc::clone(field), OffsetBuffer::new(offsets.into()), items, nulls)?;
        Ok(Arc::new(list))
    }

    /// Makes the column of so many rows, a shared one where no row has a list.
    pub(crate) fn finish_rows(
        &mut self,
        rows: usize,
        data_type: &DataType,
        items: ArrayRef,
        nulls: &mut Nulls,
    ) -> Result<ArrayRef, ArrowError> {
        if self.offsets.len() == 1 {
            return Ok(nulls.of(data_type, rows));
        }
        self.fill(rows);
        self.finish(data_type, items)
    }

    /// Makes a column of lists of structs from the columns of the struct by name.
    pub(crate) fn finish_structs(&mut self, data_type: &DataType, columns: Named) -> Result<ArrayRef, ArrowError> {
        let items = structs(data_type, columns)?;
        self.finish(data_type, items)
    }
}

/// The items of a column of lists of structs from the columns of the struct by name.
pub(crate) fn structs(data_type: &DataType, columns: Named) -> Result<ArrayRef, ArrowError> {
    let DataType::List(field) = data_type else {
        return Err(ArrowError::SchemaError(format!("a list column has type {data_type}")));
    };
    let DataType::Struct(fields) = field.data_type() else {
        return Err(ArrowError::SchemaError(format!("a list of structs has items of type {}", field.data_type())));
    };
    let arrays = in_order(fields.iter().map(|f| f.name().as_str()), columns)?;
    Ok(Arc::new(StructArray::try_new(fields.clone(), arrays, None)?))
}

/// Columns without any value, one for each type, which columns of that type share.
#[derive(Debug, Default)]
pub(crate) struct Nulls(Vec<ArrayRef>);

impl Nulls {
    /// A column of `rows` nulls.
    pub(crate) fn of(&mut self, data_type: &DataType, rows: usize) -> ArrayRef {
        let known = self.0.iter().find(|a| a.len() == rows && a.data_type() == data_type).map(Arc::clone);
        known.unwrap_or_else(|| {
            let new = new_null_array(data_type, rows);
            self.0.push(Arc::clone(&new));
            new
        })
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
