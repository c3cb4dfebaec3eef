//! Columns of a table into columns of the canonical types, a column at a time.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Builder, Float64Builder, Int32Array, Int32Builder, Int64Array, Int64Builder, ListArray,
    StringViewArray, StringViewBuilder, StructArray, TimestampMicrosecondBuilder, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Int32Type, Int64Type, TimeUnit};
use arrow::error::ArrowError;
use chrono::{NaiveDate, NaiveDateTime};
use tamis_records::country::alpha3;

use super::mapping::Cell;
use crate::dates::{self, Century};

/// Canonical columns and fields that hold a country.
const COUNTRIES: [&str; 8] = [
    "nationality",
    "residence_country",
    "birth_country",
    "document_issuer",
    "issuer",
    "country",
    "conveyance_country",
    "origin_country",
];

/// A column of the source: its field and its cells.
pub(super) type Columns<'a> = &'a [(FieldRef, ArrayRef)];

/// A canonical column, and the rows whose cell could not be read.
pub(super) struct Filled {
    pub(super) array: ArrayRef,
    pub(super) unreadable: Vec<usize>,
}

/// Finds a column, or a field inside of it. `None`: the table does not have it.
pub(super) fn find(columns: Columns<'_>, path: &[String]) -> Result<Option<ArrayRef>, ArrowError> {
    let Some((first, rest)) = path.split_first() else { return Ok(None) };
    let same = |f: &FieldRef| f.name() == first;
    let loosely = |f: &FieldRef| f.name().trim().eq_ignore_ascii_case(first.trim());
    let Some((_, column)) = columns.iter().find(|(f, _)| same(f)).or_else(|| columns.iter().find(|(f, _)| loosely(f))) else {
        return Ok(None);
    };
    let mut array = plain(column)?;
    for name in rest {
        let Some(fields) = array.as_struct_opt() else { return Ok(None) };
        let Some(child) = fields.column_by_name(name) else { return Ok(None) };
        // A field of a struct that is null is null.
        let nulls = NullBuffer::union(fields.nulls(), child.nulls());
        let data = child.to_data().into_builder().nulls(nulls).build()?;
        array = plain(&arrow::array::make_array(data))?;
    }
    Ok(Some(array))
}

/// Takes the dictionary away.
fn plain(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Dictionary(_, values) => cast(array, values),
        _ => Ok(Arc::clone(array)),
    }
}

/// Fills a canonical column with `rows` rows.
pub(super) fn fill(cell: &Cell, columns: Columns<'_>, rows: usize, target: &Field) -> Result<Filled, ArrowError> {
    let want = target.data_type();
    let source: ArrayRef = match &cell.value {
        Some(value) => Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(value.as_str(), rows))),
        None => match find(columns, &cell.path)? {
            Some(array) => array,
            None => return Ok(Filled { array: new_null_array(want, rows), unreadable: Vec::new() }),
        },
    };
    if source.data_type() == &DataType::Null {
        return Ok(Filled { array: new_null_array(want, rows), unreadable: Vec::new() });
    }
    if matches!(want, DataType::List(_) | DataType::Struct(_)) {
        return list(cell, &source, want);
    }
    let has_settings = cell.split.is_some() || !cell.codes.is_empty() || cell.other.is_some();
    let source = if has_settings { Arc::new(translated(cell, &text(&source)?)) as ArrayRef } else { source };
    let is_text = matches!(source.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    match want {
        DataType::Utf8View => {
            let array = trimmed(&text(&source)?);
            let array = if COUNTRIES.contains(&target.name().as_str()) { countries(&array) } else { array };
            let array = if target.name() == "sex" { sexes(&array) } else { array };
            Ok(Filled { array: Arc::new(array), unreadable: Vec::new() })
        }
        DataType::Date32 if is_text => {
            Ok(parsed(&text(&source)?, Date32Builder::new(), Date32Builder::append_option, |t| day(cell, t)))
        }
        DataType::Timestamp(_, None) if is_text => {
            Ok(parsed(&text(&source)?, TimestampMicrosecondBuilder::new(), TimestampMicrosecondBuilder::append_option, |t| {
                time(cell, t)
            }))
        }
        DataType::Int32 if is_text => {
            let read = |t: &str| number(cell, t).and_then(whole).and_then(|n| i32::try_from(n).ok());
            Ok(parsed(&text(&source)?, Int32Builder::new(), Int32Builder::append_option, read))
        }
        DataType::Int64 if is_text => {
            // Beyond 2^53 a float would not be exact.
            let read = |t: &str| t.parse().ok().filter(|_| cell.factor.is_none()).or_else(|| number(cell, t).and_then(whole));
            Ok(parsed(&text(&source)?, Int64Builder::new(), Int64Builder::append_option, read))
        }
        DataType::Float64 if is_text => {
            Ok(parsed(&text(&source)?, Float64Builder::new(), Float64Builder::append_option, |t| number(cell, t)))
        }
        DataType::Float64 | DataType::Int32 | DataType::Int64 if cell.factor.is_some() => {
            let factor = cell.factor.unwrap_or(1.0);
            let numbers = cast(&source, &DataType::Float64)?;
            let scaled: ArrayRef = Arc::new(
                numbers.as_primitive::<arrow::datatypes::Float64Type>().unary::<_, arrow::datatypes::Float64Type>(|n| n * factor),
            );
            cast_to(&scaled, want)
        }
        DataType::Timestamp(_, None) => {
            // A clock with a zone keeps the time that it shows there.
            let source = match source.data_type() {
                DataType::Timestamp(unit, Some(_)) => local(&source, *unit)?,
                _ => source,
            };
            cast_to(&source, want)
        }
        _ => cast_to(&source, want),
    }
}

/// Vectorised cast; what does not fit becomes null and is told.
fn cast_to(source: &ArrayRef, want: &DataType) -> Result<Filled, ArrowError> {
    if !arrow::compute::can_cast_types(source.data_type(), want) {
        let unreadable = (0..source.len()).filter(|row| source.is_valid(*row)).collect();
        return Ok(Filled { array: new_null_array(want, source.len()), unreadable });
    }
    let array = cast(source, want)?;
    let lost = array.null_count() > source.logical_null_count();
    let unreadable =
        if lost { (0..array.len()).filter(|r| array.is_null(*r) && source.is_valid(*r)).collect() } else { Vec::new() };
    Ok(Filled { array, unreadable })
}

/// Wall-clock time of a column with a zone.
fn local(source: &ArrayRef, unit: TimeUnit) -> Result<ArrayRef, ArrowError> {
    let zone = DataType::Timestamp(
        TimeUnit::Microsecond,
        match source.data_type() {
            DataType::Timestamp(_, zone) => zone.clone(),
            _ => None,
        },
    );
    let source = if unit == TimeUnit::Microsecond { Arc::clone(source) } else { cast(source, &zone)? };
    let times = source.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
    let mut out = TimestampMicrosecondBuilder::with_capacity(times.len());
    let zone = times.timezone().and_then(|z| z.parse::<arrow::array::timezone::Tz>().ok());
    for row in 0..times.len() {
        let shown = times.is_valid(row).then(|| match zone {
            Some(zone) => times.value_as_datetime_with_tz(row, zone).map(|t| t.naive_local().and_utc().timestamp_micros()),
            None => Some(times.value(row)),
        });
        out.append_option(shown.flatten());
    }
    Ok(Arc::new(out.finish()))
}

/// Any column as texts.
pub(super) fn text(source: &ArrayRef) -> Result<StringViewArray, ArrowError> {
    let array = if source.data_type() == &DataType::Utf8View { Arc::clone(source) } else { cast(source, &DataType::Utf8View)? };
    Ok(array.as_string_view().clone())
}

/// Texts without blanks around them; what is empty then is null.
fn trimmed(texts: &StringViewArray) -> StringViewArray {
    let clean = |t: Option<&str>| t.is_none_or(|t| !t.is_empty() && t.trim().len() == t.len());
    if texts.iter().all(clean) {
        return texts.clone();
    }
    texts.iter().map(|t| t.map(str::trim).filter(|t| !t.is_empty())).collect()
}

/// Applies split and codes.
fn translated(cell: &Cell, texts: &StringViewArray) -> StringViewArray {
    let mut out = StringViewBuilder::with_capacity(texts.len());
    for text in texts {
        let part = text.and_then(|t| match (&cell.split, cell.part) {
            (Some(separator), Some(part)) => t.split(separator.as_str()).nth(part),
            _ => Some(t),
        });
        let code = part.map(str::trim).filter(|t| !t.is_empty());
        let meant = code.map(|c| match (cell.codes.get(c), &cell.other) {
            (Some(meaning), _) => meaning.as_str(),
            (None, Some(other)) => other.as_str(),
            (None, None) => c,
        });
        out.append_option(meant.filter(|m| !m.is_empty()));
    }
    out.finish()
}

fn countries(texts: &StringViewArray) -> StringViewArray {
    texts.iter().map(|t| t.map(|t| alpha3(t).unwrap_or(t))).collect()
}

fn sexes(texts: &StringViewArray) -> StringViewArray {
    let code = |t: &str| match t.as_bytes().first()?.to_ascii_uppercase() {
        b'F' | b'W' | b'2' => Some("F"),
        b'M' | b'1' => Some("M"),
        b'X' => Some("X"),
        _ => None,
    };
    texts.iter().map(|t| t.and_then(code)).collect()
}

/// Reads texts into a builder.
fn parsed<B: arrow::array::ArrayBuilder, V>(
    texts: &StringViewArray,
    mut builder: B,
    append: impl Fn(&mut B, Option<V>),
    read: impl Fn(&str) -> Option<V>,
) -> Filled {
    let mut unreadable = Vec::new();
    for (row, text) in texts.iter().enumerate() {
        let text = text.map(str::trim).filter(|t| !t.is_empty());
        let value = text.and_then(&read);
        if text.is_some() && value.is_none() {
            unreadable.push(row);
        }
        append(&mut builder, value);
    }
    Filled { array: builder.finish(), unreadable }
}

/// A day, days since 1970-01-01: by the formats of the mapping, else as messages write dates.
fn day(cell: &Cell, text: &str) -> Option<i32> {
    if cell.formats.is_empty() {
        // A time behind the date is not of interest.
        let date = text.split(['T', ' ']).next().unwrap_or(text);
        let date = if date.len() >= 6 { date } else { text };
        return dates::day(date.as_bytes(), b"", Century::Near(20_000)).map(|(day, _)| day);
    }
    cell.formats
        .iter()
        .find_map(|format| {
            let time = || NaiveDateTime::parse_from_str(text, format).ok().map(|t| t.date());
            NaiveDate::parse_from_str(text, format).ok().or_else(time)
        })
        .map(days)
}

fn days(date: NaiveDate) -> i32 {
    use chrono::Datelike;
    date.num_days_from_ce() - 719_163
}

/// A local time, microseconds since 1970-01-01.
fn time(cell: &Cell, text: &str) -> Option<i64> {
    let midnight = |d: NaiveDate| i64::from(days(d)) * 86_400_000_000;
    if cell.formats.is_empty() {
        // A zone behind the time is dropped: the clock of the place counts.
        let plain = text.trim_end_matches('Z');
        let plain = match plain.rfind(['+', '-']) {
            Some(at) if at > 10 => &plain[..at],
            _ => plain,
        };
        return ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|f| NaiveDateTime::parse_from_str(plain, f).ok())
            .map(|t| t.and_utc().timestamp_micros())
            .or_else(|| dates::time(text.as_bytes(), b"").map(|(time, _)| time));
    }
    cell.formats.iter().find_map(|format| {
        let time = NaiveDateTime::parse_from_str(text, format).ok().map(|t| t.and_utc().timestamp_micros());
        time.or_else(|| NaiveDate::parse_from_str(text, format).ok().map(midnight))
    })
}

/// A number; with another decimal mark than a point, points and blanks group digits.
fn number(cell: &Cell, text: &str) -> Option<f64> {
    let factor = cell.factor.unwrap_or(1.0);
    let value: f64 = match cell.decimal {
        Some(mark) if mark != '.' => {
            let plain: String =
                text.chars().filter(|c| !matches!(c, '.' | ' ' | '\'')).map(|c| if c == mark { '.' } else { c }).collect();
            plain.parse().ok()?
        }
        _ => text.parse().ok().or_else(|| text.replace([',', ' ', '\''], "").parse().ok())?,
    };
    Some(value * factor).filter(|n| n.is_finite())
}

fn whole(n: f64) -> Option<i64> {
    (n.fract() == 0.0 && n.abs() < 9.0e15).then_some(n as i64)
}

/// A list of texts from a list or a separated cell, or a nested column that has the canonical shape.
fn list(cell: &Cell, source: &ArrayRef, want: &DataType) -> Result<Filled, ArrowError> {
    let rows = source.len();
    let DataType::List(item) = want else { return cast_to(source, want) };
    if item.data_type() != &DataType::Utf8View {
        return nested(source, want);
    }
    if matches!(
        source.data_type(),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) | DataType::ListView(_)
    ) {
        return nested(source, want);
    }
    let texts = text(source)?;
    let mut offsets = vec![0_i32];
    let mut items = StringViewBuilder::new();
    let mut valid = Vec::with_capacity(rows);
    let mut n = 0;
    for text in &texts {
        let before = n;
        let parts = text.into_iter().flat_map(|t| match &cell.split {
            Some(separator) => t.split(separator.as_str()).collect(),
            None => vec![t],
        });
        for part in parts.map(str::trim).filter(|p| !p.is_empty()) {
            items.append_value(cell.codes.get(part).map_or(part, String::as_str));
            n += 1;
        }
        offsets.push(n);
        valid.push(n > before);
    }
    let list =
        ListArray::try_new(Arc::clone(item), OffsetBuffer::new(offsets.into()), Arc::new(items.finish()), Some(valid.into()))?;
    Ok(Filled { array: Arc::new(list), unreadable: Vec::new() })
}

/// A nested column into a nested canonical one: fields by name; empty lists are null.
fn nested(source: &ArrayRef, want: &DataType) -> Result<Filled, ArrowError> {
    let fitted = fit(source, want)?;
    Ok(fitted.map_or_else(
        || Filled {
            array: new_null_array(want, source.len()),
            unreadable: (0..source.len()).filter(|row| source.is_valid(*row)).collect(),
        },
        |array| Filled { array, unreadable: Vec::new() },
    ))
}

/// Brings a column to a type, nested fields by name; `None` where that cannot be.
fn fit(source: &ArrayRef, want: &DataType) -> Result<Option<ArrayRef>, ArrowError> {
    match want {
        DataType::List(item) => {
            let source = match source.data_type() {
                DataType::List(_) => Arc::clone(source),
                DataType::LargeList(f) | DataType::FixedSizeList(f, _) | DataType::ListView(f) => {
                    cast(source, &DataType::List(Arc::clone(f)))?
                }
                _ => return Ok(None),
            };
            let lists = source.as_list::<i32>();
            let Some(values) = fit(lists.values(), item.data_type())? else { return Ok(None) };
            let filled: Vec<bool> = (0..lists.len()).map(|row| lists.is_valid(row) && lists.value_length(row) > 0).collect();
            let list = ListArray::try_new(Arc::clone(item), lists.offsets().clone(), values, Some(filled.into()))?;
            Ok(Some(Arc::new(list)))
        }
        DataType::Struct(fields) => {
            let Some(source) = source.as_struct_opt() else { return Ok(None) };
            let mut arrays = Vec::with_capacity(fields.len());
            for field in fields {
                let array = match source.column_by_name(field.name()) {
                    Some(column) => fit(&plain(column)?, field.data_type())?,
                    None => Some(new_null_array(field.data_type(), source.len())),
                };
                let Some(array) = array else { return Ok(None) };
                arrays.push(if field.is_nullable() { array } else { not_null(&array, "") });
            }
            Ok(Some(Arc::new(StructArray::try_new_with_length(fields.clone(), arrays, None, source.len())?)))
        }
        _ if arrow::compute::can_cast_types(source.data_type(), want) => Ok(Some(cast(source, want)?)),
        _ => Ok(None),
    }
}

/// A column of texts in which nulls are replaced; other columns must have none.
pub(super) fn not_null(array: &ArrayRef, instead: &str) -> ArrayRef {
    if array.null_count() == 0 {
        return Arc::clone(array);
    }
    match array.data_type() {
        DataType::Utf8View => {
            let texts = array.as_string_view().iter();
            Arc::new(texts.map(|t| Some(t.unwrap_or(instead))).collect::<StringViewArray>())
        }
        DataType::Int32 => {
            let numbers = array.as_primitive::<Int32Type>().iter();
            Arc::new(numbers.map(|n| Some(n.unwrap_or(0))).collect::<Int32Array>())
        }
        DataType::Int64 => {
            let numbers = array.as_primitive::<Int64Type>().iter();
            Arc::new(numbers.map(|n| Some(n.unwrap_or(0))).collect::<Int64Array>())
        }
        _ => Arc::clone(array),
    }
}
