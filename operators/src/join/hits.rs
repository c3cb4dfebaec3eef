use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, Float32Array, Float32Builder, ListArray, ListBuilder, NullBufferBuilder, StringViewArray,
    StringViewBuilder, StructArray, new_null_array,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};
use datafusion::common::{Result, internal_datafusion_err};

use crate::schema::{evidence_type, hit_type};
use crate::watchlist::{Evidence, Generation};

/// Appends evidence to the columns of a list of [`crate::schema::EVIDENCE`].
#[derive(Debug)]
pub(super) struct EvidenceBuilder {
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
    field: StringViewBuilder,
    reported: StringViewBuilder,
    listed: StringViewBuilder,
    level: StringViewBuilder,
    bits: Float32Builder,
}

impl EvidenceBuilder {
    pub(super) fn with_capacity(rows: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self {
            ends,
            nulls: NullBufferBuilder::new(rows),
            field: StringViewBuilder::new().with_deduplicate_strings(),
            reported: StringViewBuilder::new(),
            listed: StringViewBuilder::new(),
            level: StringViewBuilder::new().with_deduplicate_strings(),
            bits: Float32Builder::new(),
        }
    }

    pub(super) fn append(&mut self, evidence: &Evidence) {
        for item in &evidence.items {
            self.field.append_value(item.field);
            self.reported.append_option(item.reported.as_deref());
            self.listed.append_option(item.listed.as_deref());
            self.level.append_value(item.level);
            self.bits.append_value(item.bits);
        }
        self.nulls.append_non_null();
        self.ends.push(self.bits.len() as i32);
    }

    pub(super) fn append_null(&mut self) {
        self.nulls.append_null();
        self.ends.push(self.bits.len() as i32);
    }

    pub(super) fn finish(mut self) -> Result<ListArray> {
        let list = evidence_type();
        let (item, fields) = item_of(&list)?;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.field.finish()),
            Arc::new(self.reported.finish()),
            Arc::new(self.listed.finish()),
            Arc::new(self.level.finish()),
            Arc::new(self.bits.finish()),
        ];
        let items = StructArray::try_new(fields, columns, None)?;
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        Ok(ListArray::try_new(item, offsets, Arc::new(items), self.nulls.finish())?)
    }
}

/// Appends watchlist hits to the columns of a list of [`crate::schema::HIT`].
#[derive(Debug)]
pub(super) struct HitsBuilder {
    ends: Vec<i32>,
    entities: Vec<u32>,
    bits: Vec<f32>,
    matched: StringViewBuilder,
    explanation: StringViewBuilder,
    evidence: EvidenceBuilder,
    subject: StringViewBuilder,
}

impl HitsBuilder {
    pub(super) fn with_capacity(rows: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self {
            ends,
            entities: vec![],
            bits: vec![],
            matched: StringViewBuilder::new(),
            explanation: StringViewBuilder::new(),
            evidence: EvidenceBuilder::with_capacity(0),
            subject: StringViewBuilder::new(),
        }
    }

    /// Hits so far.
    pub(super) fn len(&self) -> usize {
        self.entities.len()
    }

    /// Adds a hit to the row that [`HitsBuilder::end_row`] closes; `role` is what its subject is to
    /// the record.
    pub(super) fn append(&mut self, entity: u32, bits: f32, evidence: &Evidence, role: Option<&str>) {
        self.subject.append_option(role);
        self.entities.push(entity);
        self.bits.push(bits);
        self.matched.append_value(&evidence.matched_name);
        self.explanation.append_value(evidence.line());
        self.evidence.append(evidence);
    }

    pub(super) fn end_row(&mut self) {
        self.ends.push(self.entities.len() as i32);
    }

    /// The list column.
    pub(super) fn finish(mut self, generation: &Generation) -> Result<ListArray> {
        let list = hits_type();
        let (item, fields) = item_of(&list)?;
        let hits = self.entities.len();
        let columns: Vec<ArrayRef> = vec![
            constant("watchlist", hits),
            listed(&self.entities, |e| generation.entity_id(e)),
            listed(&self.entities, |e| generation.list(e)),
            sources(&self.entities, generation),
            Arc::new(self.matched.finish()),
            Arc::new(Float32Array::from(self.bits)),
            new_null_array(&DataType::Utf8View, hits),
            constant("refer", hits),
            Arc::new(self.explanation.finish()),
            Arc::new(self.evidence.finish()?),
            Arc::new(self.subject.finish()),
        ];
        let items = StructArray::try_new(fields, columns, None)?;
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        Ok(ListArray::try_new(item, offsets, Arc::new(items), None)?)
    }
}

/// Type of the list of hits of a row: never null, empty where there is no hit.
pub(super) fn hits_type() -> DataType {
    DataType::new_list(hit_type(), true)
}

fn item_of(list: &DataType) -> Result<(FieldRef, Fields)> {
    if let DataType::List(item) = list
        && let DataType::Struct(fields) = item.data_type()
    {
        return Ok((Arc::clone(item), fields.clone()));
    }
    Err(internal_datafusion_err!("{list} is not a list of structs"))
}

/// A short text (up to 12 bytes lie in the view itself) in every row.
fn constant(text: &str, rows: usize) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(text, rows)))
}

fn listed<'a>(entities: &[u32], text: impl Fn(u32) -> &'a str) -> ArrayRef {
    Arc::new(entities.iter().map(|e| Some(text(*e))).collect::<StringViewArray>())
}

/// Every list that has the same person or thing, the hit's own first.
fn sources(entities: &[u32], generation: &Generation) -> ArrayRef {
    let mut lists = ListBuilder::new(StringViewBuilder::new());
    for &entity in entities {
        generation.sources(entity).for_each(|source| lists.values().append_value(source));
        lists.append(true);
    }
    Arc::new(lists.finish())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use arrow::array::{Array as _, AsArray};
    use arrow::datatypes::Float32Type;

    use super::*;
    use crate::watchlist::EvidenceItem;

    #[test]
    fn evidence_rows_keep_their_items() {
        let item = |bits| EvidenceItem { field: "name", reported: Some("DOE".into()), listed: None, level: "exact", bits };
        let evidence = Evidence { bits: 3.0, matched_name: "DOE".into(), items: vec![item(2.0), item(1.0)] };
        let mut builder = EvidenceBuilder::with_capacity(3);
        builder.append(&evidence);
        builder.append_null();
        builder.append(&Evidence { items: vec![], ..evidence });
        let list = builder.finish().unwrap();
        assert_eq!(list.data_type(), &evidence_type());
        assert_eq!((list.value_length(0), list.is_null(1), list.value_length(2)), (2, true, 0));
        let bits = list.value(0).as_struct().column(4).as_primitive::<Float32Type>().values().to_vec();
        assert_eq!(bits, [2.0, 1.0]);
    }
}
