//! A compiled generation as named Arrow columns, so that it can be written to a file, opened by
//! memory map and digested: every array that the search needs is one column.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, LargeListArray, PrimitiveArray, RecordBatch, StringArray, StringBuilder,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Schema, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow::error::ArrowError;
use twox_hash::XxHash3_128;

/// The columns by name, in the order in which they were put.
#[derive(Debug, Default)]
pub(super) struct Columns(Vec<(String, ArrayRef)>);

impl Columns {
    fn put<T: ArrowPrimitiveType>(&mut self, name: &str, values: &ScalarBuffer<T::Native>) {
        self.0.push((name.to_owned(), Arc::new(PrimitiveArray::<T>::new(values.clone(), None))));
    }

    pub(super) fn put_u8(&mut self, name: &str, values: &ScalarBuffer<u8>) {
        self.put::<UInt8Type>(name, values);
    }

    pub(super) fn put_u16(&mut self, name: &str, values: &ScalarBuffer<u16>) {
        self.put::<UInt16Type>(name, values);
    }

    pub(super) fn put_u32(&mut self, name: &str, values: &ScalarBuffer<u32>) {
        self.put::<UInt32Type>(name, values);
    }

    pub(super) fn put_u64(&mut self, name: &str, values: &ScalarBuffer<u64>) {
        self.put::<UInt64Type>(name, values);
    }

    pub(super) fn put_text(&mut self, name: &str, values: &StringArray) {
        self.0.push((name.to_owned(), Arc::new(values.clone())));
    }

    fn get(&self, name: &str) -> Result<&ArrayRef, ArrowError> {
        let found = self.0.iter().find(|c| c.0 == name);
        found.map(|c| &c.1).ok_or_else(|| ArrowError::SchemaError(format!("the generation has no column {name}")))
    }

    fn take<T: ArrowPrimitiveType>(&self, name: &str) -> Result<ScalarBuffer<T::Native>, ArrowError> {
        let column = self.get(name)?;
        let values = column.as_primitive_opt::<T>().ok_or_else(|| wrong_type(name, column.data_type()))?;
        Ok(values.values().clone())
    }

    pub(super) fn u8(&self, name: &str) -> Result<ScalarBuffer<u8>, ArrowError> {
        self.take::<UInt8Type>(name)
    }

    pub(super) fn u16(&self, name: &str) -> Result<ScalarBuffer<u16>, ArrowError> {
        self.take::<UInt16Type>(name)
    }

    pub(super) fn u32(&self, name: &str) -> Result<ScalarBuffer<u32>, ArrowError> {
        self.take::<UInt32Type>(name)
    }

    pub(super) fn u64(&self, name: &str) -> Result<ScalarBuffer<u64>, ArrowError> {
        self.take::<UInt64Type>(name)
    }

    pub(super) fn text(&self, name: &str) -> Result<StringArray, ArrowError> {
        let column = self.get(name)?;
        column.as_string_opt::<i32>().cloned().ok_or_else(|| wrong_type(name, column.data_type()))
    }

    /// Digest of names and values, whatever memory they lie in.
    pub(super) fn digest(&self) -> String {
        let mut hash = XxHash3_128::with_seed(0);
        for (name, column) in &self.0 {
            hash.write(name.as_bytes());
            hash.write(&column.len().to_le_bytes());
            match column.data_type() {
                DataType::Utf8 => {
                    let text = column.as_string::<i32>();
                    hash.write(text.offsets().inner().inner().as_slice());
                    hash.write(text.values().as_slice());
                }
                _ => column.to_data().buffers().iter().for_each(|b| hash.write(b.as_slice())),
            }
        }
        format!("{:032x}", hash.finish_128())
    }

    /// One row that holds every column as a list: columns of different lengths in one batch.
    pub(super) fn into_row(self) -> Result<RecordBatch, ArrowError> {
        let (mut fields, mut lists) = (Vec::new(), Vec::<ArrayRef>::new());
        for (name, column) in self.0 {
            let item = Arc::new(Field::new_list_field(column.data_type().clone(), false));
            let offsets = OffsetBuffer::<i64>::from_lengths([column.len()]);
            fields.push(Field::new(name, DataType::LargeList(Arc::clone(&item)), false));
            lists.push(Arc::new(LargeListArray::try_new(item, offsets, column, None)?));
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), lists)
    }

    /// The columns of a row that [`Self::into_row`] made; nothing is copied.
    pub(super) fn from_row(row: &RecordBatch) -> Result<Self, ArrowError> {
        let fields = row.schema_ref().fields().iter();
        let columns = fields.zip(row.columns()).map(|(field, column)| {
            let list = column.as_list_opt::<i64>().filter(|l| l.len() == 1);
            let list = list.ok_or_else(|| wrong_type(field.name(), column.data_type()))?;
            Ok((field.name().clone(), list.value(0)))
        });
        columns.collect::<Result<_, ArrowError>>().map(Self)
    }
}

/// A text column from values whose number is not known beforehand.
pub(super) fn text_column<'a>(values: impl Iterator<Item = &'a str>) -> StringArray {
    let mut out = StringBuilder::new();
    values.for_each(|v| out.append_value(v));
    out.finish()
}

fn wrong_type(name: &str, found: &DataType) -> ArrowError {
    ArrowError::SchemaError(format!("column {name} of the generation has the type {found}"))
}
