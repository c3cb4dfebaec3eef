//! Tables of a centre's own feed: separated values, JSON, Parquet and Arrow. Which of their
//! columns feeds which canonical one stands in a mapping file; tables with canonical names need
//! none.

mod cells;
mod ipc;
pub(crate) mod mapping;
mod rows;
pub(crate) mod text;

use std::ops::Range;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::FieldRef;
use arrow::error::ArrowError;

pub use self::ipc::arrow_fits;
use self::mapping::{Kind, Mapping};
use self::rows::{Converted, Table};
use crate::Origin;
use crate::findings::DeadCode;
use crate::output::{Output, Raw};

/// Format of rows that come as columns.
const COLUMNAR: &str = "Parquet or Arrow";

/// The mappings by which tables are read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Neutral {
    mappings: Vec<Mapping>,
}

impl Neutral {
    /// Adds a mapping file; `file` is its name in errors and `text` its content.
    ///
    /// # Errors
    /// What is wrong with it, with file and line and the nearest right name.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), String> {
        self.mappings.push(mapping::read(file, text)?);
        Ok(())
    }

    /// The mapping of a table with these columns: that which asks for most of them, or canonical names.
    fn of(&self, columns: &[&str]) -> Option<std::borrow::Cow<'_, Mapping>> {
        let has = |name: &String| columns.iter().any(|c| c.trim().eq_ignore_ascii_case(name.trim()));
        let fitting = self.mappings.iter().filter(|m| m.columns.iter().all(has));
        let best = fitting.max_by_key(|m| m.columns.len()).map(std::borrow::Cow::Borrowed);
        best.or_else(|| mapping::canonical(columns).map(std::borrow::Cow::Owned))
    }

    /// Whether the text begins with the header of a table that can be read.
    pub(crate) fn recognises(&self, text: &[u8]) -> bool {
        text::header(text).is_some_and(|header| {
            let names: Vec<&str> = header.names.iter().map(String::as_str).collect();
            self.of(&names).is_some()
        })
    }

    /// Where in the text the header of a table that can be read begins.
    pub(crate) fn table_in(&self, text: &[u8]) -> Option<usize> {
        let mut at = 0;
        for _ in 0..64 {
            if at >= text.len() {
                break;
            }
            if self.recognises(&text[at..]) {
                return Some(at);
            }
            at += memchr::memchr2(b'\n', b'\r', &text[at..]).map(|i| i + 1)?;
        }
        None
    }

    /// What a dead letter says of a table that no mapping fits. Names of its columns are left
    /// out: a table without header begins with data.
    fn lacking(&self, format: &str, columns: &[&str]) -> String {
        let has = |name: &&String| columns.iter().any(|c| c.trim().eq_ignore_ascii_case(name.trim()));
        let missing = |m: &Mapping| m.columns.iter().filter(|c| !has(c)).count();
        let nearest = self.mappings.iter().filter(|m| missing(m) < m.columns.len()).min_by_key(|m| missing(m));
        match nearest.and_then(|m| m.columns.iter().find(|c| !has(c)).map(|c| (m, c))) {
            Some((m, column)) => {
                format!("{format} needs a mapping; the nearest, {}, asks for a column `{column}` that it does not have", m.name)
            }
            None => format!("{format} needs a mapping: give a mapping file that names its columns with --mapping"),
        }
    }

    /// Reads a table of separated values; `header` is that of its first piece where `raw` goes on
    /// with it. `false` where no mapping fits, and nothing done.
    pub(crate) fn separated(&self, header: &[u8], raw: &Raw<'_>, out: &mut Output) -> Result<bool, ArrowError> {
        let head = if header.is_empty() { text::header(raw.bytes) } else { text::header(header) };
        let Some(head) = head else { return Ok(false) };
        let names: Vec<&str> = head.names.iter().map(String::as_str).collect();
        let Some(mapping) = self.of(&names) else { return Ok(false) };
        let from = if header.is_empty() { head.end } else { 0 };
        let parsed = text::separated(raw.bytes, &head, from)?;
        Self::rows(&mapping, "CSV", &parsed, raw, out)?;
        Ok(true)
    }

    /// Reads JSON: an array of objects, or one a line.
    pub(crate) fn json(&self, raw: &Raw<'_>, out: &mut Output) -> Result<bool, ArrowError> {
        let parsed = text::objects(raw.bytes)?;
        let names: Vec<&str> = parsed.columns.iter().map(|(f, _)| f.name().as_str()).collect();
        let Some(mapping) = self.of(&names) else { return Ok(false) };
        Self::rows(&mapping, "JSON", &parsed, raw, out)?;
        Ok(true)
    }

    fn rows(
        mapping: &Mapping,
        format: &'static str,
        parsed: &text::Parsed,
        raw: &Raw<'_>,
        out: &mut Output,
    ) -> Result<(), ArrowError> {
        let table = Table {
            origin: raw.origin,
            format,
            columns: &parsed.columns,
            positions: parsed.rows.iter().map(|r| raw.offset(r.start)).collect(),
            recoded: parsed.recoded,
        };
        let converted = rows::convert(mapping, &table)?;
        let mut dead: Vec<(Range<usize>, DeadCode, &str)> = converted
            .dead
            .iter()
            .map(|(row, why)| (parsed.rows[*row].clone(), DeadCode::RowWithoutIdentity, why.as_str()))
            .collect();
        let broken = if format == "CSV" { "the row has other cells than its header" } else { "the value is no JSON object" };
        dead.extend(parsed.bad.iter().map(|r| (r.clone(), DeadCode::RowUnreadable, broken)));
        dead.sort_by_key(|(range, ..)| range.start);
        for (range, code, why) in dead {
            raw.dead(out, range, code, why);
        }
        let messages = (parsed.rows.len() + parsed.bad.len()) as u64;
        out.counts.messages += messages;
        out.formats.add(format, messages, true);
        keep(mapping.kind, converted.batch, out)
    }

    /// Reads rows of a Parquet or Arrow file; the position of the origin counts rows.
    pub(crate) fn columnar(&self, origin: &Origin<'_>, ipc: &[u8], out: &mut Output) -> Result<(), ArrowError> {
        let batch = ipc::read_rows(ipc)?;
        let schema = batch.schema();
        let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let Some(mapping) = self.of(&names) else {
            let message = self.lacking("the Parquet or Arrow file", &names);
            // One letter for each chunk of rows, so that none goes unseen.
            out.dead.push(origin, 0, DeadCode::NeedsMapping, &message, &json_of(&batch)?);
            return Ok(());
        };
        let columns: Vec<(FieldRef, ArrayRef)> = schema.fields().iter().cloned().zip(batch.columns().iter().cloned()).collect();
        let positions = (0..batch.num_rows() as i64).map(|row| origin.position + row).collect();
        let table = Table { origin, format: COLUMNAR, columns: &columns, positions, recoded: false };
        let Converted { batch: rows, dead } = rows::convert(&mapping, &table)?;
        for (row, why) in dead {
            out.dead.push(origin, row, DeadCode::RowWithoutIdentity, &why, &json_of(&batch.slice(row, 1))?);
        }
        out.counts.messages += batch.num_rows() as u64;
        out.formats.add(COLUMNAR, batch.num_rows() as u64, true);
        keep(mapping.kind, rows, out)
    }

    /// Words for a table of text or JSON that no mapping fits.
    pub(crate) fn needs_mapping(&self, format: &str, raw: &[u8]) -> String {
        let header = text::header(raw);
        let names: Vec<&str> = header.iter().flat_map(|h| h.names.iter().map(String::as_str)).collect();
        self.lacking(format, &names)
    }
}

fn keep(kind: Kind, batch: RecordBatch, out: &mut Output) -> Result<(), ArrowError> {
    match kind {
        Kind::Traveller => out.add_travellers(batch),
        Kind::Consignment => out.add_consignments(batch),
    }
}

/// Rows as JSON, an object a line: the raw form of what has no bytes of its own.
fn json_of(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut writer = arrow::json::LineDelimitedWriter::new(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner())
}
