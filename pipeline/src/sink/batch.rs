use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch, StringViewBuilder, UInt32Array, new_null_array,
};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use tamis_operators::schema::{FLAGGED, HIT, RecordKind, STAMP, TRIAGE, record_columns, schema_of};

use super::epoch_writer::EpochStamp;
use super::error::{OutputError, Result};
use super::layout::Table;

/// The columns that the sink writes of a screened batch of any kind: record, outcome and hits.
pub(super) fn screened_schema() -> SchemaRef {
    schema_of(record_columns().iter().chain(TRIAGE).chain(FLAGGED))
}

/// Number of leading columns that go to `records`.
pub(super) fn columns_of_records() -> usize {
    record_columns().len() + TRIAGE.len()
}

/// Schema of the rows of a table before the stamp columns are added.
pub(super) fn unstamped(table: Table) -> SchemaRef {
    let schema = table.file_schema();
    let keep = schema.fields().iter().filter(|f| !STAMP.iter().any(|c| c.name == f.name()));
    Arc::new(Schema::new(keep.map(Arc::clone).collect::<Vec<_>>()))
}

/// Brings batches into the canonical order and types. Plans may rename nothing, but they may
/// reorder columns, add some, and forget that a column is never null. Columns that only other
/// kinds of records have are null.
#[derive(Debug)]
pub(super) struct Conform {
    table: Table,
    schema: SchemaRef,
    /// The kind of the records, where the table holds records.
    kind: Option<RecordKind>,
    last: Option<(SchemaRef, Vec<Option<usize>>)>,
    /// Nulls for the columns of other kinds, to be cut from.
    nulls: HashMap<usize, ArrayRef>,
}

impl Conform {
    pub(super) fn new(table: Table, kind: Option<RecordKind>, schema: SchemaRef) -> Self {
        Self { table, schema, kind, last: None, nulls: HashMap::new() }
    }

    pub(super) fn apply(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let places = match &self.last {
            Some((known, places)) if Arc::ptr_eq(known, batch.schema_ref()) => places,
            _ => {
                let places = self.schema.fields().iter().map(|f| self.place(batch, f)).collect::<Result<Vec<_>>>()?;
                &self.last.insert((batch.schema(), places)).1
            }
        };
        let (rows, nulls) = (batch.num_rows(), &mut self.nulls);
        let columns = self.schema.fields().iter().zip(places).enumerate().map(|(at, (field, place))| match place {
            Some(i) => fit(self.table, field, batch.column(*i)),
            None => Ok(nulls_of(nulls.entry(at), field, rows)),
        });
        RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<Result<Vec<_>>>()?)
            .map_err(OutputError::arrow(self.table))
    }

    fn place(&self, batch: &RecordBatch, field: &FieldRef) -> Result<Option<usize>> {
        match batch.schema_ref().index_of(field.name()) {
            Ok(place) => Ok(Some(place)),
            Err(_) if self.is_of_another_kind(field.name()) => Ok(None),
            Err(_) => Err(wrong(self.table, field, "it is missing".into())),
        }
    }

    fn is_of_another_kind(&self, name: &str) -> bool {
        let has = |kind: RecordKind| kind.columns().iter().any(|c| c.name == name);
        self.kind.is_some_and(|kind| !has(kind) && RecordKind::ALL.into_iter().any(has))
    }
}

fn nulls_of(kept: Entry<'_, usize, ArrayRef>, field: &FieldRef, rows: usize) -> ArrayRef {
    let mut kept = match kept {
        Entry::Occupied(kept) => kept,
        Entry::Vacant(empty) => empty.insert_entry(new_null_array(field.data_type(), rows)),
    };
    if kept.get().len() < rows {
        kept.insert(new_null_array(field.data_type(), rows));
    }
    kept.get().slice(0, rows)
}

fn fit(table: Table, field: &FieldRef, array: &ArrayRef) -> Result<ArrayRef> {
    if !field.is_nullable() && array.null_count() > 0 {
        return Err(wrong(table, field, format!("{} rows are null, it is never null", array.null_count())));
    }
    if array.data_type() == field.data_type() {
        return Ok(Arc::clone(array));
    }
    let text = |t: &DataType| match t {
        DataType::Dictionary(_, value) => matches!(**value, DataType::Utf8 | DataType::Utf8View),
        t => matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    };
    let alike = text(field.data_type()) && text(array.data_type())
        || field.data_type().is_nested() && field.data_type().equals_datatype(array.data_type());
    if !alike {
        return Err(wrong(table, field, format!("it is {}, not {}", array.data_type(), field.data_type())));
    }
    cast(array, field.data_type()).map_err(OutputError::arrow(table))
}

fn wrong(table: Table, field: &FieldRef, reason: String) -> OutputError {
    OutputError::Column { table: table.name(), column: field.name().clone(), reason }
}

/// The rows of `hits`: one a hit, the columns of its record repeated. `batch` is conformed.
/// `None` where there is no hit.
pub(super) fn explode_hits(batch: &RecordBatch, schema: &SchemaRef) -> Result<Option<RecordBatch>> {
    let Some(list) = batch.column_by_name("hits").and_then(|c| c.as_list_opt::<i32>()) else { return Ok(None) };
    let (mut parents, mut children, mut ranks) = (Vec::new(), Vec::new(), Vec::new());
    let offsets = list.value_offsets();
    for row in 0..list.len() {
        if list.is_null(row) {
            continue;
        }
        for (rank, child) in (offsets[row]..offsets[row + 1]).enumerate() {
            parents.push(row as u32);
            children.push(child as u32);
            ranks.push(rank as i32);
        }
    }
    if parents.is_empty() {
        return Ok(None);
    }
    let (parents, children) = (UInt32Array::from(parents), UInt32Array::from(children));
    let ranks: ArrayRef = Arc::new(Int32Array::from(ranks));
    let hits = list.values().as_struct();
    let columns = schema.fields().iter().map(|field| match field.name().as_str() {
        "hit_rank" => Ok(Arc::clone(&ranks)),
        name => {
            let of_hit = if name == "hit_kind" { "kind" } else { name };
            let is_hit = name == "hit_kind" || HIT.iter().any(|c| c.name == name && name != "kind");
            let (from, rows) =
                if is_hit { (hits.column_by_name(of_hit), &children) } else { (batch.column_by_name(name), &parents) };
            let from = from.ok_or_else(|| wrong(Table::Hits, field, "it is missing".into()))?;
            take(from, rows, None).map_err(OutputError::arrow(Table::Hits))
        }
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns).map(Some).map_err(OutputError::arrow(Table::Hits))
}

/// The stamp columns of any number of rows.
#[derive(Debug)]
pub(super) struct Stamps {
    stamp: EpochStamp,
    epoch: i64,
    cached: Vec<ArrayRef>,
}

impl Stamps {
    pub(super) fn new(stamp: EpochStamp, epoch: i64) -> Self {
        Self { stamp, epoch, cached: Vec::new() }
    }

    /// Adds the stamp columns that the schema asks for, in its order.
    pub(super) fn add(&mut self, rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, arrow::error::ArrowError> {
        let n = rows.num_rows();
        if self.cached.first().is_none_or(|a| a.len() < n) {
            let size = n.next_power_of_two().max(8_192);
            let text = |value: &str| -> ArrayRef {
                let mut builder = StringViewBuilder::with_capacity(size).with_deduplicate_strings();
                (0..size).for_each(|_| builder.append_value(value));
                Arc::new(builder.finish())
            };
            self.cached = vec![
                Arc::new(Int64Array::from_value(self.epoch, size)),
                text(&self.stamp.generation),
                text(&self.stamp.scenario_set),
            ];
        }
        let stamps = schema.fields().len() - rows.num_columns();
        let columns = rows.columns().iter().map(Arc::clone).chain(self.cached.iter().take(stamps).map(|a| a.slice(0, n)));
        RecordBatch::try_new(Arc::clone(schema), columns.collect())
    }
}
