//! Builders for runs of columns that are filled together.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ListArray, StringViewArray, StringViewBuilder, StructArray, TimestampMicrosecondBuilder, new_null_array,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// Finished columns by name.
pub(crate) type Named = Vec<(&'static str, ArrayRef)>;

/// A view that stands for null until the column is finished: no text has that length.
const NULL: u128 = u128::MAX;
/// Bytes of long texts that one buffer holds.
const BLOCK: usize = 2 << 20;

/// Builder of a text column: one store for a short text or a null, since nulls are told from texts
/// only when the column is finished.
#[derive(Debug, Default)]
pub(crate) struct TextColumn {
    views: Vec<u128>,
    nulls: usize,
    /// Long texts of the block at hand.
    block: Vec<u8>,
    full: Vec<Buffer>,
}

impl TextColumn {
    /// Rows so far.
    pub(crate) fn len(&self) -> usize {
        self.views.len()
    }

    #[inline]
    pub(crate) fn append_null(&mut self) {
        self.nulls += 1;
        self.views.push(NULL);
    }

    /// Appends nulls until there are `rows` rows.
    pub(crate) fn fill(&mut self, rows: usize) {
        if self.views.len() < rows {
            self.nulls += rows - self.views.len();
            self.views.resize(rows, NULL);
        }
    }

    #[inline]
    pub(crate) fn append_value(&mut self, text: &str) {
        let view = self.view(text);
        self.views.push(view);
    }

    /// Appends a text `n` times; long ones are kept once.
    pub(crate) fn append_value_n(&mut self, text: &str, n: usize) {
        let view = self.view(text);
        self.views.resize(self.views.len() + n, view);
    }

    /// Appends a text whose view was made before and belongs to this batch.
    #[inline]
    pub(crate) fn append_view(&mut self, view: u128) {
        self.views.push(view);
    }

    /// The view of a text, kept for this batch.
    #[inline]
    pub(crate) fn view(&mut self, text: &str) -> u128 {
        let bytes = text.as_bytes();
        if bytes.len() <= 12 { inline_view(bytes) } else { self.long(bytes) }
    }

    fn long(&mut self, bytes: &[u8]) -> u128 {
        // A view counts in 32 bits; no segment holds as much as a block.
        let bytes = &bytes[..bytes.len().min(i32::MAX as usize)];
        if self.block.len() + bytes.len() > BLOCK && !self.block.is_empty() {
            self.full.push(Buffer::from_vec(std::mem::take(&mut self.block)));
        }
        if self.block.capacity() == 0 {
            self.block.reserve(8 << 10);
        }
        let at = self.block.len();
        self.block.extend_from_slice(bytes);
        let prefix = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        bytes.len() as u128 | u128::from(prefix) << 32 | u128::from(self.full.len() as u32) << 64 | u128::from(at as u32) << 96
    }

    /// The column; begins anew.
    pub(crate) fn finish(&mut self) -> StringViewArray {
        let mut views = std::mem::take(&mut self.views);
        if !self.block.is_empty() {
            self.full.push(Buffer::from_vec(std::mem::take(&mut self.block)));
        }
        // The next batch is about as large.
        self.views.reserve(views.len());
        let nulls = match std::mem::take(&mut self.nulls) {
            0 => None,
            n if n == views.len() => {
                views.fill(0);
                Some(NullBuffer::new_null(n))
            }
            _ => Some(take_nulls(&mut views)),
        };
        let buffers = std::mem::take(&mut self.full);
        // SAFETY: each view was made by `inline_view` or `long` of a `&str`, so it is inline or
        // names a run of a buffer that holds that text; nulls became empty inline views.
        unsafe { StringViewArray::new_unchecked(views.into(), buffers, nulls) }
    }
}

/// Replaces [`NULL`] by empty views and says where it stood.
fn take_nulls(views: &mut [u128]) -> NullBuffer {
    let mut bits = vec![0_u8; views.len().div_ceil(8)];
    for (byte, views) in bits.iter_mut().zip(views.chunks_mut(8)) {
        for (i, view) in views.iter_mut().enumerate() {
            let valid = *view != NULL;
            *byte |= u8::from(valid) << i;
            *view = if valid { *view } else { 0 };
        }
    }
    NullBuffer::new(BooleanBuffer::new(bits.into(), 0, views.len()))
}

/// The view of up to twelve bytes: its length and itself.
#[inline]
fn inline_view(bytes: &[u8]) -> u128 {
    let len = bytes.len();
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or_default());
    let half = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or_default());
    // Two loads that may overlap cover any length.
    let text = if len >= 8 {
        u128::from(word(0)) | u128::from(word(len - 8)) << (8 * (len - 8))
    } else if len >= 4 {
        u128::from(half(0)) | u128::from(half(len - 4)) << (8 * (len - 4))
    } else if len > 0 {
        let last = u128::from(bytes[len - 1]) << (8 * (len - 1));
        u128::from(bytes[0]) | u128::from(bytes[len / 2]) << (8 * (len / 2)) | last
    } else {
        0
    };
    text << 32 | len as u128
}

/// Appends texts.
pub(crate) trait TextSink {
    /// Appends a text.
    fn text(&mut self, text: &str);
    /// Appends a null.
    fn none(&mut self);
    /// Appends a text `n` times.
    fn texts(&mut self, text: &str, n: usize) {
        for _ in 0..n {
            self.text(text);
        }
    }
}

impl TextSink for TextColumn {
    #[inline]
    fn text(&mut self, text: &str) {
        self.append_value(text);
    }
    #[inline]
    fn none(&mut self) {
        self.append_null();
    }
    fn texts(&mut self, text: &str, n: usize) {
        self.append_value_n(text, n);
    }
}

impl TextSink for StringViewBuilder {
    fn text(&mut self, text: &str) {
        self.append_value(text);
    }
    fn none(&mut self) {
        self.append_null();
    }
    fn texts(&mut self, text: &str, n: usize) {
        // The only error is a text of more than 4 GiB, which no segment holds.
        if self.try_append_value_n(text, n).is_err() {
            (0..n).for_each(|_| self.append_null());
        }
    }
}

/// A struct of text builders, one a column of the same name.
macro_rules! text_columns {
    ($name:ident { $($field:ident)* }) => {
        #[derive(Debug, Default)]
        pub(crate) struct $name {
            $(pub(crate) $field: $crate::columns::TextColumn,)*
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
    document_issuer pnr_locator carrier_ref ticket seat crew_duty profile
} }

text_columns! { LegTexts { carrier flight departure_port arrival_port } }

/// Appends a text; an empty one is null.
#[inline]
pub(crate) fn put(builder: &mut impl TextSink, text: &str) {
    if text.is_empty() { builder.none() } else { builder.text(text) }
}

/// Appends a text `n` times; an empty one is null.
pub(crate) fn put_n(builder: &mut impl TextSink, text: &str, n: usize) {
    if text.is_empty() {
        (0..n).for_each(|_| builder.none());
    } else {
        builder.texts(text, n);
    }
}

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

#[cfg(test)]
mod tests {
    use arrow::array::Array;

    use super::*;

    #[test]
    fn texts_of_any_length_and_nulls() {
        let text = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-ÄÖÜ";
        let mut column = TextColumn::default();
        for n in (0..=text.len()).filter(|n| text.is_char_boundary(*n)) {
            column.append_value(&text[..n]);
            column.append_null();
        }
        column.append_value_n(text, 3);
        let rows = column.len();
        column.fill(rows + 2);
        let array = column.finish();
        let mut at = 0;
        for n in (0..=text.len()).filter(|n| text.is_char_boundary(*n)) {
            assert_eq!(array.value(at), &text[..n]);
            assert!(array.is_valid(at) && array.is_null(at + 1));
            at += 2;
        }
        assert_eq!((array.value(at + 2), array.is_null(at + 3), array.len()), (text, true, rows + 2));
        assert!(StringViewArray::try_new(array.views().clone(), array.data_buffers().to_vec(), array.nulls().cloned()).is_ok());
        assert_eq!(column.finish().len(), 0);
    }

    #[test]
    fn long_texts_fill_blocks() {
        let long = "x".repeat(BLOCK / 3);
        let mut column = TextColumn::default();
        for _ in 0..5 {
            column.append_value(&long);
        }
        let array = column.finish();
        assert!(array.iter().all(|t| t == Some(long.as_str())));
        assert!(array.data_buffers().len() >= 2);
    }
}
