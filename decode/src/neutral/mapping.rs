//! The mapping file of a centre's own feed: which column of its tables feeds which canonical
//! column. It is checked against the canonical schema before anything runs.
//!
//! ```toml
//! kind = "consignment"                      # or "traveller"
//! columns = ["Entry No", "Importer", "HS"]  # a table with all of these is read by this file
//! optional = ["Remark"]                     # further columns that may be there
//! required = ["declaration_ref"]            # canonical columns without which a row is a dead letter
//!
//! [map]                                     # canonical column = column of the table
//! declaration_ref = "Entry No"
//! level = { value = "declaration" }         # the same for all rows
//! arrival_local = { column = "Date", format = ["%d.%m.%Y %H:%M", "%d.%m.%Y"] }
//! mode = { column = "Transport", codes = { 10 = "sea", 40 = "air" }, other = "" }
//! seals = { column = "Seals", split = ";" }
//! gross_weight_kg = { column = "Pounds", factor = 0.45359237, decimal = "," }
//!
//! [[list.parties]]                          # one party a group of columns
//! role = { value = "importer" }
//! identifier = "Importer"
//!
//! [[list.items]]                            # or one item an element of a nested column
//! each = "goods"
//! hs = "code"
//! ```

use std::fmt::Write as _;

use arrow::datatypes::{DataType, Field, Fields, SchemaRef};
use hashbrown::HashMap;
use tamis_records::schema::{consignment_schema, traveller_schema};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Traveller,
    Consignment,
}

impl Kind {
    pub(crate) fn schema(self) -> SchemaRef {
        match self {
            Self::Traveller => traveller_schema(),
            Self::Consignment => consignment_schema(),
        }
    }
}

/// Where the cells of a canonical column come from.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Cell {
    /// Column, and fields inside of it; empty where `value` is given.
    pub(crate) path: Vec<String>,
    /// The same text for all rows.
    pub(crate) value: Option<String>,
    /// Formats of dates and times, tried in order.
    pub(crate) formats: Vec<String>,
    /// Translation of codes.
    pub(crate) codes: HashMap<String, String>,
    /// What codes become that are not translated; `None`: they stay.
    pub(crate) other: Option<String>,
    /// Separator of a list in one cell.
    pub(crate) split: Option<String>,
    /// Which part of the split cell counts.
    pub(crate) part: Option<usize>,
    /// Decimal mark other than a point.
    pub(crate) decimal: Option<char>,
    /// What numbers are multiplied by.
    pub(crate) factor: Option<f64>,
}

/// One element of a nested canonical column, or one for each element of a nested source column.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Group {
    /// The nested column; empty: the columns of the row itself.
    pub(crate) each: Vec<String>,
    /// Field of the canonical struct, by its place, and where it comes from.
    pub(crate) cells: Vec<(usize, Cell)>,
}

/// A mapping that fits the canonical schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mapping {
    /// Name for people: that of its file.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Columns by which a table is recognised.
    pub(crate) columns: Vec<String>,
    /// Canonical columns, by their place, and where they come from.
    pub(crate) cells: Vec<(usize, Cell)>,
    /// Nested canonical columns, by their place.
    pub(crate) lists: Vec<(usize, Vec<Group>)>,
    /// Canonical columns that must not be empty, by their place.
    pub(crate) required: Vec<usize>,
}

/// Columns that Tamis fills itself unless a table has them all (its own tables, read again).
const OWN: [&str; 8] = ["record_id", "source", "partition", "position", "ordinal", "findings", "finding_details", "received_at"];

/// Reads a mapping file. `file` is its name in errors.
///
/// # Errors
/// What is wrong, with file and line and the nearest right name.
pub(crate) fn read(file: &str, text: &str) -> Result<Mapping, String> {
    let reader = Reader { file, text };
    let table = DeTable::parse(text).map_err(|e| reader.at(e.span().map_or(0, |s| s.start), e.message()))?;
    reader.mapping(table.get_ref())
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn at(&self, offset: usize, message: &str) -> String {
        let line = memchr::memchr_iter(b'\n', &self.text.as_bytes()[..offset.min(self.text.len())]).count() + 1;
        format!("{}:{line}: {message}", self.file)
    }

    fn unknown(&self, offset: usize, what: &str, name: &str, known: &[&str]) -> String {
        let mut message = format!("there is no {what} `{name}`");
        match nearest(name, known) {
            Some(near) => {
                let _ = write!(message, "; did you mean `{near}`?");
            }
            None if known.len() <= 20 => {
                let _ = write!(message, "; there are {}", known.join(", "));
            }
            None => {}
        }
        self.at(offset, &message)
    }

    fn text(&self, value: &Value<'_>) -> Result<String, String> {
        let wrong = || self.at(value.span().start, &format!("a text is needed here, not {}", value.get_ref().type_str()));
        value.get_ref().as_str().map(str::to_owned).ok_or_else(wrong)
    }

    /// A text, a number or a truth, as a text: constants and codes.
    fn scalar(&self, value: &Value<'_>) -> Result<String, String> {
        match value.get_ref() {
            DeValue::String(s) => Ok(s.to_string()),
            DeValue::Integer(i) => Ok(i.as_str().to_owned()),
            DeValue::Float(f) => Ok(f.as_str().to_owned()),
            DeValue::Boolean(b) => Ok(b.to_string()),
            DeValue::Datetime(d) => Ok(d.to_string()),
            other => Err(self.at(value.span().start, &format!("one value is needed here, not {}", other.type_str()))),
        }
    }

    fn texts(&self, value: &Value<'_>) -> Result<Vec<(String, usize)>, String> {
        match value.get_ref() {
            DeValue::Array(all) => all.iter().map(|v| Ok((self.text(v)?, v.span().start))).collect(),
            _ => Ok(vec![(self.text(value)?, value.span().start)]),
        }
    }

    fn table<'t, 'i>(&self, value: &'t Value<'i>) -> Result<&'t DeTable<'i>, String> {
        let wrong = || self.at(value.span().start, &format!("a table is needed here, not {}", value.get_ref().type_str()));
        value.get_ref().as_table().ok_or_else(wrong)
    }

    fn mapping(&self, table: &DeTable<'_>) -> Result<Mapping, String> {
        const KEYS: [&str; 6] = ["kind", "columns", "optional", "required", "map", "list"];
        for (key, _) in table {
            if !KEYS.contains(&key.get_ref().as_ref()) {
                return Err(self.unknown(key.span().start, "key", key.get_ref(), &KEYS));
            }
        }
        let kind = match table.get("kind") {
            None => return Err(self.at(0, "say what the rows are: kind = \"traveller\" or kind = \"consignment\"")),
            Some(value) => match self.text(value)?.as_str() {
                "traveller" => Kind::Traveller,
                "consignment" => Kind::Consignment,
                other => return Err(self.unknown(value.span().start, "kind", other, &["traveller", "consignment"])),
            },
        };
        let columns = table.get("columns").map(|v| self.texts(v)).transpose()?.unwrap_or_default();
        if columns.is_empty() {
            return Err(self.at(0, "say by which columns the table is recognised: columns = [\"…\", \"…\"]"));
        }
        let optional = table.get("optional").map(|v| self.texts(v)).transpose()?.unwrap_or_default();
        let known: Vec<&str> = columns.iter().chain(&optional).map(|(name, _)| name.as_str()).collect();

        let schema = kind.schema();
        let mut cells = Vec::new();
        if let Some(map) = table.get("map") {
            for (key, value) in self.table(map)? {
                let (place, field) = self.canonical(key, schema.fields(), "canonical column")?;
                if matches!(field.data_type(), DataType::List(f) if matches!(f.data_type(), DataType::Struct(_))) {
                    let name = key.get_ref();
                    let text = format!("`{name}` is a list of groups; write [[list.{name}]] with a line for each of its fields");
                    // A nested column that has the canonical shape already may be taken as it is.
                    if value.get_ref().as_str().is_none() {
                        return Err(self.at(key.span().start, &text));
                    }
                }
                cells.push((place, self.cell(value, field, Some(&known))?));
            }
        }
        let mut lists = Vec::new();
        if let Some(list) = table.get("list") {
            for (key, value) in self.table(list)? {
                let (place, field) = self.canonical(key, schema.fields(), "canonical list")?;
                let fields = match field.data_type() {
                    DataType::List(item) => match item.data_type() {
                        DataType::Struct(fields) => fields,
                        _ => return Err(self.at(key.span().start, "this list holds texts; write it under [map] with split")),
                    },
                    _ => return Err(self.at(key.span().start, "this column is no list; write it under [map]")),
                };
                let groups = value
                    .get_ref()
                    .as_array()
                    .ok_or_else(|| self.at(value.span().start, &format!("write [[list.{}]] with two brackets", key.get_ref())))?;
                let groups = groups.iter().map(|group| self.group(group, fields, &known)).collect::<Result<_, _>>()?;
                lists.push((place, groups));
            }
        }
        if cells.is_empty() && lists.is_empty() {
            return Err(self.at(0, "nothing is mapped; write canonical columns under [map]"));
        }
        let required = table.get("required").map(|v| self.texts(v)).transpose()?.unwrap_or_default();
        let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let required = required
            .iter()
            .map(|(name, at)| {
                names.iter().position(|n| n == name).ok_or_else(|| self.unknown(*at, "canonical column", name, &names))
            })
            .collect::<Result<_, _>>()?;
        let columns = columns.into_iter().map(|(name, _)| name).collect();
        Ok(Mapping { name: self.file.to_owned(), kind, columns, cells, lists, required })
    }

    fn canonical<'f>(
        &self,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        fields: &'f Fields,
        what: &str,
    ) -> Result<(usize, &'f Field), String> {
        let name = key.get_ref().as_ref();
        if OWN.contains(&name) {
            return Err(self.at(key.span().start, &format!("`{name}` is filled by Tamis")));
        }
        let found = fields.iter().enumerate().find(|(_, f)| f.name() == name);
        found.map(|(i, f)| (i, f.as_ref())).ok_or_else(|| {
            let names: Vec<&str> = fields.iter().map(|f| f.name().as_str()).filter(|n| !OWN.contains(n)).collect();
            self.unknown(key.span().start, what, name, &names)
        })
    }

    fn group(&self, value: &Value<'_>, fields: &Fields, known: &[&str]) -> Result<Group, String> {
        let mut group = Group::default();
        let table = self.table(value)?;
        if let Some(each) = table.get("each") {
            group.each = self.path(&self.text(each)?, each.span().start, Some(known))?;
        }
        // Fields of a nested column are known when it is read.
        let known = group.each.is_empty().then_some(known);
        for (key, value) in table {
            if key.get_ref() == "each" {
                continue;
            }
            let (place, field) = self.canonical(key, fields, "field")?;
            group.cells.push((place, self.cell(value, field, known)?));
        }
        if group.cells.iter().all(|(_, cell)| cell.value.is_some()) {
            return Err(self.at(value.span().start, "no field of this group comes from a column"));
        }
        Ok(group)
    }

    /// A column, or fields inside of it: `shipper.name`. A column whose own name has points is
    /// taken first.
    fn path(&self, text: &str, at: usize, known: Option<&[&str]>) -> Result<Vec<String>, String> {
        let parts = || text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let Some(known) = known else { return Ok(parts()) };
        if known.contains(&text) {
            return Ok(vec![text.to_owned()]);
        }
        match text.split_once('.') {
            Some((first, _)) if known.contains(&first) => Ok(parts()),
            _ => Err(self.unknown(at, "column in `columns` or `optional`", text, known)),
        }
    }

    fn cell(&self, value: &Value<'_>, field: &Field, known: Option<&[&str]>) -> Result<Cell, String> {
        const KEYS: [&str; 9] = ["column", "value", "format", "codes", "other", "split", "part", "decimal", "factor"];
        let at = value.span().start;
        if let Some(column) = value.get_ref().as_str() {
            return Ok(Cell { path: self.path(column, at, known)?, ..Cell::default() });
        }
        let table = self.table(value)?;
        let mut cell = Cell::default();
        for (key, value) in table {
            let at = value.span().start;
            match key.get_ref().as_ref() {
                "column" => cell.path = self.path(&self.text(value)?, at, known)?,
                "value" => cell.value = Some(self.scalar(value)?),
                "format" => {
                    let formats = self.texts(value)?.into_iter();
                    cell.formats = formats.map(|(f, at)| self.format(f, at)).collect::<Result<_, _>>()?;
                }
                "codes" => {
                    for (code, meaning) in self.table(value)? {
                        cell.codes.insert(code.get_ref().to_string(), self.scalar(meaning)?);
                    }
                }
                "other" => cell.other = Some(self.scalar(value)?),
                "split" => cell.split = Some(self.text(value)?).filter(|s| !s.is_empty()),
                "part" => {
                    let number = self.scalar(value)?.parse::<usize>().ok().filter(|n| *n > 0);
                    cell.part = Some(number.ok_or_else(|| self.at(at, "part counts from 1"))? - 1);
                }
                "decimal" => cell.decimal = self.text(value)?.chars().next(),
                "factor" => {
                    cell.factor = Some(self.scalar(value)?.parse().map_err(|_| self.at(at, "factor is a number"))?);
                }
                other => return Err(self.unknown(key.span().start, "setting of a column", other, &KEYS)),
            }
        }
        match (&cell.value, cell.path.is_empty()) {
            (None, true) => return Err(self.at(at, "say where it comes from: column = \"…\" or value = \"…\"")),
            (Some(_), false) => return Err(self.at(at, "column and value exclude each other")),
            _ => {}
        }
        let times = matches!(field.data_type(), DataType::Date32 | DataType::Timestamp(..));
        if !cell.formats.is_empty() && !times {
            return Err(self.at(at, &format!("`{}` is no date or time, so it has no format", field.name())));
        }
        let numbers = matches!(field.data_type(), DataType::Int32 | DataType::Int64 | DataType::Float64);
        if (cell.factor.is_some() || cell.decimal.is_some()) && !numbers {
            return Err(self.at(at, &format!("`{}` is no number, so it has no factor or decimal mark", field.name())));
        }
        if cell.part.is_some() && cell.split.is_none() {
            return Err(self.at(at, "part needs split"));
        }
        Ok(cell)
    }

    fn format(&self, format: String, at: usize) -> Result<String, String> {
        let bad = chrono::format::StrftimeItems::new(&format).any(|item| matches!(item, chrono::format::Item::Error));
        if bad {
            return Err(self.at(at, "this is no format of a date; write for example \"%Y-%m-%d %H:%M\""));
        }
        Ok(format)
    }
}

/// The name that looks most like `name`.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let score = |k: &&str| (strsim::jaro_winkler(&lower, &k.to_lowercase()) * 1000.0) as i64;
    known.iter().copied().max_by_key(score).filter(|k| score(k) > 800)
}

/// The mapping of a table whose columns have canonical names already.
pub(crate) fn canonical(columns: &[&str]) -> Option<Mapping> {
    let of = |kind: Kind| {
        let schema = kind.schema();
        let cells: Vec<(usize, Cell)> = schema
            .fields()
            .iter()
            .enumerate()
            .filter_map(|(i, f)| {
                let column = columns.iter().find(|c| c.eq_ignore_ascii_case(f.name()))?;
                Some((i, Cell { path: vec![(*column).to_owned()], ..Cell::default() }))
            })
            .collect();
        (cells.len(), kind, cells)
    };
    let has = |names: &[&str]| columns.iter().any(|c| names.iter().any(|n| c.eq_ignore_ascii_case(n)));
    let traveller = of(Kind::Traveller);
    let consignment = of(Kind::Consignment);
    let (count, kind, cells) = if traveller.0 >= consignment.0 { traveller } else { consignment };
    let identity = match kind {
        Kind::Traveller => has(&["surname", "name_raw", "document_number"]),
        Kind::Consignment => has(&["bill_number", "ccn", "declaration_ref", "consignment_key", "parties"]),
    };
    // Other columns of a centre's own table may stand beside ours, but few of them.
    (identity && count >= 3 && count * 3 >= columns.len() * 2).then(|| Mapping {
        name: "canonical columns".to_owned(),
        kind,
        columns: Vec::new(),
        cells,
        lists: Vec::new(),
        required: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
kind = "consignment"
columns = ["Entry No", "Importer", "HS", "When", "goods"]
required = ["declaration_ref"]
[map]
declaration_ref = "Entry No"
level = { value = "declaration" }
arrival_local = { column = "When", format = "%d.%m.%Y" }
[[list.parties]]
role = { value = "importer" }
identifier = "Importer"
[[list.items]]
each = "goods"
hs = "code"
"#;

    fn error(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        read("feed.toml", &GOOD.replace(from, to)).err().unwrap_or_default()
    }

    #[test]
    fn a_good_file() {
        let mapping = read("feed.toml", GOOD);
        let mapping = mapping.as_ref();
        assert_eq!(mapping.map(|m| (m.kind, m.cells.len(), m.lists.len(), m.required.len())), Ok((Kind::Consignment, 3, 2, 1)));
    }

    #[test]
    fn errors_name_line_and_nearest_name() {
        for (from, to, want) in [
            (
                "declaration_ref =",
                "declaration_rf =",
                "feed.toml:6: there is no canonical column `declaration_rf`; did you mean `declaration_ref`?",
            ),
            (
                "= \"Entry No\"",
                "= \"Entry N\"",
                "feed.toml:6: there is no column in `columns` or `optional` `Entry N`; did you mean `Entry No`?",
            ),
            ("identifier =", "identifer =", "feed.toml:11: there is no field `identifer`; did you mean `identifier`?"),
            ("\"consignment\"", "\"consignments\"", "feed.toml:2: there is no kind `consignments`; did you mean `consignment`?"),
            ("columns = [", "colums = [", "feed.toml:3: there is no key `colums`; did you mean `columns`?"),
            ("format =", "formt =", "feed.toml:8: there is no setting of a column `formt`; did you mean `format`?"),
            ("\"%d.%m.%Y\"", "\"%Q\"", "feed.toml:8: this is no format of a date"),
            ("[[list.items]]", "[[list.seals]]", "feed.toml:12: this list holds texts"),
            ("[\"declaration_ref\"]", "[\"ccnn\"]", "feed.toml:4: there is no canonical column `ccnn`; did you mean `ccn`?"),
            ("{ value = \"declaration\" }", "{ }", "feed.toml:7: say where it comes from"),
            ("[map]", "[map]\nrecord_id = \"HS\"", "feed.toml:6: `record_id` is filled by Tamis"),
            ("kind = \"consignment\"", "kind = ", "feed.toml:2: "),
        ] {
            let error = error(from, to);
            assert!(error.starts_with(want), "{error}");
        }
    }

    #[test]
    fn canonical_tables() {
        let kind = |columns: &[&str]| canonical(columns).map(|m| m.kind);
        assert_eq!(kind(&["surname", "given_names", "birth_date", "extra"]), Some(Kind::Traveller));
        assert_eq!(kind(&["ccn", "carrier", "mode", "gross_weight_kg"]), Some(Kind::Consignment));
        assert_eq!(kind(&["name", "birth", "carrier"]), None);
        assert_eq!(kind(&["surname", "a", "b", "c", "d", "sex", "carrier"]), None);
    }
}
