//! Rows of a table as canonical rows: mapped columns, what follows from them, and what every row
//! must have.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, ListArray, RecordBatch, StringViewArray, StringViewBuilder,
    StructArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{filter_record_batch, interleave};
use arrow::datatypes::{DataType, Date32Type, Field, FieldRef, Fields, SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;

use super::cells::{self, Columns, Filled, not_null};
use super::mapping::{Group, Kind, Mapping};
use crate::columns::Named;
use crate::findings::Finding;
use crate::noticed::{Noticed, Place};
use crate::{Origin, dates, record_id};

const MINUTE: i64 = 60_000_000;

/// A table to convert.
pub(super) struct Table<'a> {
    pub(super) origin: &'a Origin<'a>,
    /// `CSV`, `JSON`, `Parquet or Arrow`.
    pub(super) format: &'static str,
    pub(super) columns: Columns<'a>,
    /// Where each row begins in the partition.
    pub(super) positions: Vec<i64>,
    /// Whether its bytes were not UTF-8.
    pub(super) recoded: bool,
}

/// Canonical rows, and the rows that are none with the reason.
pub(super) struct Converted {
    pub(super) batch: RecordBatch,
    pub(super) dead: Vec<(usize, String)>,
}

/// The columns of a batch that is being filled.
struct Filling<'a> {
    schema: SchemaRef,
    arrays: Vec<Option<ArrayRef>>,
    rows: usize,
    found: Vec<(usize, Finding, &'a str)>,
}

impl<'a> Filling<'a> {
    fn place(&self, name: &str) -> Option<usize> {
        self.schema.index_of(name).ok()
    }

    fn has(&self, name: &str) -> bool {
        self.place(name).is_some_and(|i| self.arrays[i].is_some())
    }

    fn set(&mut self, name: &str, array: ArrayRef) {
        if let Some(place) = self.place(name) {
            self.arrays[place] = Some(array);
        }
    }

    /// The column as texts; all null where it is not mapped.
    fn texts(&self, name: &str) -> StringViewArray {
        let array = self.place(name).and_then(|i| self.arrays[i].as_ref());
        array.and_then(|a| a.as_string_view_opt().cloned()).unwrap_or_else(|| StringViewArray::new_null(self.rows))
    }

    fn times(&self, name: &str) -> TimestampMicrosecondArray {
        let array = self.place(name).and_then(|i| self.arrays[i].as_ref());
        let times = array.and_then(|a| a.as_primitive_opt::<TimestampMicrosecondType>().cloned());
        times.unwrap_or_else(|| TimestampMicrosecondArray::new_null(self.rows))
    }

    /// Sets a column of texts where it is null.
    fn or_else(&mut self, name: &str, instead: impl Fn(usize) -> Option<String>) {
        let known = self.texts(name);
        if self.has(name) && known.null_count() == 0 {
            return;
        }
        let mut out = StringViewBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            if known.is_valid(row) { out.append_value(known.value(row)) } else { out.append_option(instead(row)) }
        }
        self.set(name, Arc::new(out.finish()));
    }

    fn default_text(&mut self, name: &str, text: &str) {
        let known = self.texts(name);
        if known.null_count() > 0 {
            let filled: StringViewArray = known.iter().map(|t| Some(t.unwrap_or(text))).collect();
            self.set(name, Arc::new(filled));
        }
    }

    fn valid(&self, name: &str, row: usize) -> bool {
        self.place(name).and_then(|i| self.arrays[i].as_ref()).is_some_and(|a| a.is_valid(row))
    }

    fn take(&mut self, filled: Filled, place: usize, finding: Finding, segment: &'a str) {
        self.found.extend(filled.unreadable.into_iter().map(|row| (row, finding, segment)));
        self.arrays[place] = Some(filled.array);
    }
}

/// Converts a table by its mapping.
pub(super) fn convert(mapping: &Mapping, table: &Table<'_>) -> Result<Converted, ArrowError> {
    let schema = mapping.kind.schema();
    let rows = table.positions.len();
    let mut filling = Filling { arrays: vec![None; schema.fields().len()], schema: Arc::clone(&schema), rows, found: Vec::new() };
    for (place, cell) in &mapping.cells {
        let field = schema.field(*place);
        let filled = cells::fill(cell, table.columns, rows, field)?;
        let column = cell.path.first().map_or("", String::as_str);
        filling.take(filled, *place, finding(mapping.kind, field.name()), column);
    }
    for (place, groups) in &mapping.lists {
        let list = nested(groups, table.columns, rows, schema.field(*place))?;
        filling.take(list, *place, Finding::CellUnreadable, "");
    }
    if table.recoded {
        (0..rows).for_each(|row| filling.found.push((row, Finding::NotUtf8, "")));
    }
    match mapping.kind {
        Kind::Traveller => traveller(&mut filling),
        Kind::Consignment => consignment(&mut filling),
    }
    let dead = dead(&filling, mapping);
    own(&mut filling, table);
    finish(filling, table, dead)
}

/// What a cell that cannot be read is called.
fn finding(kind: Kind, column: &str) -> Finding {
    match (kind, column) {
        (_, "birth_date") => Finding::BirthDateUnreadable,
        (_, "document_expiry") => Finding::ExpiryUnreadable,
        (_, "event_time") => Finding::EventTimeUnreadable,
        (Kind::Traveller, "departure_local" | "arrival_local") => Finding::FlightTimeUnreadable,
        (Kind::Consignment, "departure_local" | "arrival_local") => Finding::TimeUnreadable,
        (_, "gross_weight_kg" | "net_weight_kg" | "volume_m3") => Finding::WeightUnreadable,
        (_, "packages") => Finding::QuantityUnreadable,
        (_, "customs_value" | "carriage_value") => Finding::ValueUnreadable,
        (_, "bag_count" | "bag_weight_kg") => Finding::MeasureUnreadable,
        _ => Finding::CellUnreadable,
    }
}

/// A list of structs from groups of columns and from nested columns.
fn nested(groups: &[Group], columns: Columns<'_>, rows: usize, target: &Field) -> Result<Filled, ArrowError> {
    let DataType::List(item) = target.data_type() else {
        return Ok(Filled { array: new_null_array(target.data_type(), rows), unreadable: Vec::new() });
    };
    let DataType::Struct(fields) = item.data_type() else {
        return Ok(Filled { array: new_null_array(target.data_type(), rows), unreadable: Vec::new() });
    };
    let mut unreadable = Vec::new();
    let mut parts = Vec::with_capacity(groups.len());
    for group in groups {
        parts.push(part(group, columns, rows, fields, &mut unreadable)?);
    }
    // Which element of which group each element of the list is.
    let mut indices = Vec::new();
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0_i32);
    for row in 0..rows {
        for (number, part) in parts.iter().enumerate() {
            indices.extend(part.of_row(row).filter(|e| part.filled[*e]).map(|element| (number, element)));
        }
        offsets.push(indices.len() as i32);
    }
    let mut arrays = Vec::with_capacity(fields.len());
    for (i, field) in fields.iter().enumerate() {
        let sources: Vec<&dyn Array> = parts.iter().map(|p| p.arrays[i].as_ref()).collect();
        let array = if indices.is_empty() { new_null_array(field.data_type(), 0) } else { interleave(&sources, &indices)? };
        let instead = if field.name() == "role" { "other" } else { "" };
        arrays.push(if field.is_nullable() { array } else { not_null(&array, instead) });
    }
    let structs = StructArray::try_new_with_length(fields.clone(), arrays, None, indices.len())?;
    let valid: Vec<bool> = offsets.windows(2).map(|w| w[1] > w[0]).collect();
    let list = ListArray::try_new(Arc::clone(item), OffsetBuffer::new(offsets.into()), Arc::new(structs), Some(valid.into()))?;
    unreadable.sort_unstable();
    unreadable.dedup();
    Ok(Filled { array: Arc::new(list), unreadable })
}

/// The elements that one group gives.
struct Part {
    /// One array a field of the struct.
    arrays: Vec<ArrayRef>,
    /// Elements of row r: from `offsets[r]` to `offsets[r + 1]`; `None`: element r.
    offsets: Option<OffsetBuffer<i32>>,
    /// Whether an element says anything.
    filled: Vec<bool>,
}

impl Part {
    fn of_row(&self, row: usize) -> std::ops::Range<usize> {
        match &self.offsets {
            None => row..row + 1,
            Some(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
        }
    }
}

fn part(
    group: &Group,
    columns: Columns<'_>,
    rows: usize,
    fields: &Fields,
    unreadable: &mut Vec<usize>,
) -> Result<Part, ArrowError> {
    let mut inner: Vec<(FieldRef, ArrayRef)> = Vec::new();
    let mut offsets = None;
    if !group.each.is_empty() {
        let list = cells::find(columns, &group.each)?;
        let list = list.and_then(|l| match l.data_type() {
            DataType::List(_) => Some(l),
            DataType::LargeList(f) | DataType::FixedSizeList(f, _) | DataType::ListView(f) => {
                arrow::compute::cast(&l, &DataType::List(Arc::clone(f))).ok()
            }
            _ => None,
        });
        let Some(list) = list else {
            let arrays = fields.iter().map(|f| new_null_array(f.data_type(), rows)).collect();
            return Ok(Part { arrays, offsets: None, filled: vec![false; rows] });
        };
        let list = list.as_list::<i32>();
        offsets = Some(list.offsets().clone());
        match list.values().as_struct_opt() {
            Some(values) => inner.extend(values.fields().iter().cloned().zip(values.columns().iter().cloned())),
            // A list of plain values: `value` names them.
            None => inner.push((Arc::new(Field::new("value", list.value_type(), true)), Arc::clone(list.values()))),
        }
    }
    let (columns, elements): (Columns<'_>, usize) = match &offsets {
        None => (columns, rows),
        Some(_) => (&inner, inner.first().map_or(0, |(_, a)| a.len())),
    };
    let mut arrays: Vec<Option<ArrayRef>> = vec![None; fields.len()];
    let mut filled = vec![false; elements];
    for (place, cell) in &group.cells {
        let column = cells::fill(cell, columns, elements, &fields[*place])?;
        if cell.value.is_none() {
            filled.iter_mut().enumerate().for_each(|(i, f)| *f |= column.array.is_valid(i));
        }
        for element in column.unreadable {
            let row = offsets.as_ref().map_or(element, |o| o.partition_point(|at| *at as usize <= element).saturating_sub(1));
            unreadable.push(row);
        }
        arrays[*place] = Some(column.array);
    }
    let arrays =
        arrays.into_iter().zip(fields).map(|(a, f)| a.unwrap_or_else(|| new_null_array(f.data_type(), elements))).collect();
    Ok(Part { arrays, offsets, filled })
}

/// What follows from the columns of a traveller.
fn traveller(f: &mut Filling<'_>) {
    let (raw, surname, given) = (f.texts("name_raw"), f.texts("surname"), f.texts("given_names"));
    let alone = |row: usize| surname.is_null(row) && given.is_null(row) && raw.is_valid(row);
    let split = |row: usize| raw.value(row).split_once([':', '/', ',']);
    for row in (0..f.rows).filter(|row| alone(*row) && split(*row).is_none()) {
        f.found.push((row, Finding::NameUnstructured, ""));
    }
    f.or_else("surname", |row| alone(row).then(|| split(row).map_or(raw.value(row), |(s, _)| s).trim().to_owned()));
    f.or_else("given_names", |row| alone(row).then(|| split(row).map(|(_, g)| g.trim().to_owned())).flatten());
    let present = |t: &StringViewArray, row: usize| t.is_valid(row).then(|| t.value(row).to_owned());
    f.or_else("name_raw", |row| match (present(&surname, row), present(&given, row)) {
        (Some(s), Some(g)) => Some(format!("{s}:{g}")),
        (s, g) => s.or(g),
    });
    documents(f);
    let birth = f.place("birth_date").and_then(|i| f.arrays[i].clone());
    let birth = birth.as_ref().and_then(|a| a.as_primitive_opt::<Date32Type>());
    let born = |row: usize| birth.filter(|b| b.is_valid(row)).map(|b| b.value(row));
    f.or_else("birth_date_precision", |row| born(row).map(|_| "day".to_owned()));

    let text = |t: &StringViewArray, row: usize| t.is_valid(row).then(|| t.value(row).to_uppercase());
    let [carrier, flight, from, to] = ["carrier", "flight", "departure_port", "arrival_port"].map(|n| f.texts(n));
    let departure = f.times("departure_local");
    f.or_else("flight_key", |row| {
        let (carrier, flight) = (text(&carrier, row)?, text(&flight, row)?);
        let (from, to) = (text(&from, row)?, text(&to, row)?);
        let digits = flight.bytes().take_while(u8::is_ascii_digit).count();
        let (number, suffix) = flight.split_at(digits);
        let mut key = format!("{carrier}-{:0>4}{suffix}-{from}-{to}-", number.trim_start_matches('0'));
        dates::write_day(departure.is_valid(row).then(|| departure.value(row))?.div_euclid(86_400_000_000) as i32, &mut key);
        Some(key)
    });
    f.default_text("role", "passenger");
    f.default_text("action", "new");
    if !f.has("deadline_local") {
        let role = f.texts("role");
        let ahead = |row: usize| if role.value(row).ends_with("crew") { 60 * MINUTE } else { 30 * MINUTE };
        let deadline: TimestampMicrosecondArray =
            departure.iter().enumerate().map(|(row, t)| t.map(|t| t - ahead(row))).collect();
        f.set("deadline_local", Arc::new(deadline));
    }
    let (number, issuer, locator) = (f.texts("document_number"), f.texts("document_issuer"), f.texts("pnr_locator"));
    let (surname, given) = (f.texts("surname"), f.texts("given_names"));
    f.or_else("person_key", |row| {
        if let Some(number) = text(&number, row) {
            return Some(format!("D:{}/{number}", text(&issuer, row).unwrap_or_default()));
        }
        let name = (text(&surname, row).unwrap_or_default(), text(&given, row).unwrap_or_default());
        Some(match born(row) {
            Some(day) if !name.0.is_empty() || !name.1.is_empty() => {
                let mut key = format!("N:{}/{}/", name.0, name.1);
                dates::write_day(day, &mut key);
                key
            }
            _ => format!("O:{}/{row}", text(&locator, row).unwrap_or_default()),
        })
    });
    if !f.has("document_shared") {
        f.set("document_shared", Arc::new(Int32Array::from(vec![0; f.rows])));
    }
}

/// The list of documents from the columns of one, or these from the list.
fn documents(f: &mut Filling<'_>) {
    const PARTS: [(&str, &str); 3] = [("type", "document_type"), ("number", "document_number"), ("issuer", "document_issuer")];
    let Some(place) = f.place("documents") else { return };
    let list_type = f.schema.field(place).data_type().clone();
    let DataType::List(item) = &list_type else { return };
    let DataType::Struct(fields) = item.data_type() else { return };
    match f.arrays[place].clone() {
        None => {
            let numbers = f.texts("document_number");
            let expiry = f.place("document_expiry").and_then(|i| f.arrays[i].clone());
            let columns: Vec<ArrayRef> = fields
                .iter()
                .map(|field| match PARTS.iter().find(|(name, _)| name == field.name()) {
                    Some((_, column)) => Arc::new(f.texts(column)) as ArrayRef,
                    None => expiry.clone().unwrap_or_else(|| new_null_array(field.data_type(), f.rows)),
                })
                .collect();
            // An element a row, of which those without number are not shown.
            let Ok(structs) = StructArray::try_new(fields.clone(), columns, None) else { return };
            let offsets: Vec<i32> = (0..=f.rows as i32).collect();
            let valid: Vec<bool> = (0..f.rows).map(|row| numbers.is_valid(row)).collect();
            let list =
                ListArray::try_new(Arc::clone(item), OffsetBuffer::new(offsets.into()), Arc::new(structs), Some(valid.into()));
            if let Ok(list) = list {
                f.arrays[place] = Some(Arc::new(list));
            }
        }
        Some(list) => {
            let Some(lists) = list.as_list_opt::<i32>() else { return };
            let Some(values) = lists.values().as_struct_opt() else { return };
            let kinds = values.column_by_name("type").and_then(|c| c.as_string_view_opt()).cloned();
            let main = |row: usize| {
                let range =
                    lists.is_valid(row).then(|| lists.value_offsets()[row] as usize..lists.value_offsets()[row + 1] as usize)?;
                let passport = |e: &usize| kinds.as_ref().is_some_and(|k| k.is_valid(*e) && k.value(*e).starts_with('P'));
                range.clone().find(passport).or_else(|| range.clone().next())
            };
            for (name, column) in PARTS {
                let Some(texts) = values.column_by_name(name).and_then(|c| c.as_string_view_opt()).cloned() else { continue };
                f.or_else(column, |row| main(row).filter(|e| texts.is_valid(*e)).map(|e| texts.value(e).to_owned()));
            }
            if !f.has("document_expiry")
                && let Some(days) = values.column_by_name("expiry").and_then(|c| c.as_primitive_opt::<Date32Type>())
            {
                let expiry: arrow::array::Date32Array =
                    (0..f.rows).map(|row| main(row).filter(|e| days.is_valid(*e)).map(|e| days.value(e))).collect();
                f.set("document_expiry", Arc::new(expiry));
            }
        }
    }
}

/// What follows from the columns of a consignment.
fn consignment(f: &mut Filling<'_>) {
    const MODES: [&str; 6] = ["air", "sea", "rail", "road", "inland_water", "post"];
    const LEVELS: [&str; 5] = ["master", "house", "simple", "declaration", "conveyance"];
    for (column, known) in [("mode", &MODES[..]), ("level", &LEVELS[..]), ("action", &["new", "change", "cancel", "close"][..])] {
        let texts = f.texts(column);
        let wrong: Vec<usize> = (0..f.rows).filter(|r| texts.is_valid(*r) && !known.contains(&texts.value(*r))).collect();
        if !wrong.is_empty() {
            f.found.extend(wrong.iter().map(|row| (*row, Finding::QualifierUnknown, column)));
            let kept: StringViewArray = texts.iter().map(|t| t.filter(|t| known.contains(t))).collect();
            f.set(column, Arc::new(kept));
        }
    }
    f.default_text("action", "new");
    let [ccn, bill, master, declaration, carrier, mode] =
        ["ccn", "bill_number", "master_bill", "declaration_ref", "carrier", "mode"].map(|n| f.texts(n));
    let (master_of, declared) = (master.clone(), declaration.clone());
    let bills = bill.clone();
    f.or_else("level", |row| {
        let level = match (bills.is_valid(row), master_of.is_valid(row), declared.is_valid(row)) {
            (true, true, _) => "house",
            (false, false, true) => "declaration",
            _ => "simple",
        };
        Some(level.to_owned())
    });
    let text = |t: &StringViewArray, row: usize| if t.is_valid(row) { t.value(row).to_uppercase() } else { String::new() };
    f.or_else("consignment_key", |row| {
        let (ccn, bill, master) = (text(&ccn, row), text(&bill, row), text(&master, row));
        let air = mode.is_valid(row) && mode.value(row) == "air";
        let mut key = String::new();
        let _ = match (ccn.as_str(), bill.as_str(), declaration.is_valid(row)) {
            ("", "", false) => return None,
            ("", "", true) => write!(key, "DEC:{}", text(&declaration, row)),
            ("", bill, _) if air && !master.is_empty() => write!(key, "AWB:{master}/{bill}"),
            ("", bill, _) if air => write!(key, "AWB:{bill}"),
            ("", bill, _) if master.is_empty() => write!(key, "BL:{}/{bill}", text(&carrier, row)),
            ("", bill, _) => write!(key, "BL:{}/{master}/{bill}", text(&carrier, row)),
            (ccn, ..) => write!(key, "CCN:{ccn}"),
        };
        Some(key)
    });
    if !f.has("deadline_local") {
        let (departure, arrival) = (f.times("departure_local"), f.times("arrival_local"));
        let at =
            |t: &TimestampMicrosecondArray, row: usize, hours: i64| t.is_valid(row).then(|| t.value(row) - hours * 60 * MINUTE);
        let modes = f.texts("mode");
        let deadline: TimestampMicrosecondArray = (0..f.rows)
            .map(|row| match modes.is_valid(row).then(|| modes.value(row))? {
                "sea" => at(&departure, row, 24),
                "air" => at(&arrival, row, 4),
                "rail" => at(&arrival, row, 2),
                "road" => at(&arrival, row, 1),
                _ => None,
            })
            .collect();
        f.set("deadline_local", Arc::new(deadline));
    }
    let keys = f.texts("consignment_key");
    let levels = f.texts("level");
    let lacking = (0..f.rows).filter(|row| keys.is_null(*row) && levels.value(*row) != "conveyance");
    let lacking: Vec<_> = lacking.map(|row| (row, Finding::KeyMissing, "")).collect();
    f.found.extend(lacking);
}

/// Rows that cannot be used, with the reason. One that Tamis wrote has been a record before.
fn dead(f: &Filling<'_>, mapping: &Mapping) -> Vec<(usize, String)> {
    let (identity, words): (&[&str], &str) = match mapping.kind {
        Kind::Traveller => (
            &["surname", "given_names", "document_number", "record_id"],
            "the row has neither a usable name nor a document number",
        ),
        Kind::Consignment => (
            &["bill_number", "master_bill", "ccn", "ucr", "declaration_ref", "parties", "containers", "record_id"],
            "the row names no bill, declaration, party or container",
        ),
    };
    (0..f.rows)
        .filter_map(|row| {
            if !identity.iter().any(|name| f.valid(name, row)) {
                return Some((row, words.to_owned()));
            }
            let missing = mapping.required.iter().find(|i| f.arrays[**i].as_ref().is_none_or(|a| a.is_null(row)))?;
            Some((row, format!("the row has no {}, which its mapping requires", f.schema.field(*missing).name())))
        })
        .collect()
}

/// The columns that say what the row is called and where it came from. Tables of Tamis that are
/// read again keep theirs.
fn own(f: &mut Filling<'_>, table: &Table<'_>) {
    let origin = table.origin;
    f.default_text("message_format", table.format);
    f.default_text("source", origin.source);
    f.default_text("partition", origin.partition);
    let mut scratch = Vec::new();
    let ids: Vec<[u8; 32]> = table.positions.iter().map(|at| record_id(origin, *at, 0, &mut scratch)).collect();
    f.or_else("record_id", |row| Some(String::from_utf8_lossy(&ids[row]).into_owned()));
    let integers = |name: &str| f.place(name).and_then(|i| f.arrays[i].clone()).filter(|a| a.null_count() == 0);
    let position = integers("position").unwrap_or_else(|| Arc::new(Int64Array::from(table.positions.clone())));
    let ordinal = integers("ordinal").unwrap_or_else(|| Arc::new(Int32Array::from(vec![0; f.rows])));
    let received = integers("received_at")
        .unwrap_or_else(|| Arc::new(TimestampMicrosecondArray::from(vec![origin.received_at; f.rows]).with_timezone("UTC")));
    f.set("position", position);
    f.set("ordinal", ordinal);
    f.set("received_at", received);
}

fn finish(mut f: Filling<'_>, table: &Table<'_>, dead: Vec<(usize, String)>) -> Result<Converted, ArrowError> {
    let mut kept = vec![true; f.rows];
    for (row, _) in &dead {
        kept[*row] = false;
    }
    let schema = Arc::clone(&f.schema);
    if !f.has("findings") {
        let mut noticed = Noticed::default();
        f.found.sort_by_key(|(row, ..)| *row);
        for (row, finding, segment) in &f.found {
            let offset = table.positions.get(*row).copied();
            noticed.add(*row, *finding, Place { segment, offset });
        }
        let mut columns = Named::new();
        noticed.finish(f.rows, &schema, &mut columns)?;
        for (name, array) in columns {
            f.set(name, array);
        }
    }
    let rows = f.rows;
    let arrays = f
        .arrays
        .into_iter()
        .zip(schema.fields())
        .map(|(array, field)| {
            let array = array.unwrap_or_else(|| new_null_array(field.data_type(), rows));
            if field.is_nullable() { array } else { not_null(&array, "") }
        })
        .collect();
    let batch = RecordBatch::try_new(schema, arrays)?;
    let batch = if dead.is_empty() { batch } else { filter_record_batch(&batch, &BooleanArray::from(kept))? };
    Ok(Converted { batch, dead })
}
