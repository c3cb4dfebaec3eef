//! Reads files of names to look for, one a row: what `tamis match` is given.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::Error;
use csv::{ByteRecord, Reader, ReaderBuilder};
use tamis_operators::functions::country;
use tamis_operators::watchlist::{EntityKind, PartialDate, ReportedDocument, Sex, Subject};

/// Columns that are understood. `id` and `name` must be there.
const COLUMNS: [&str; 9] =
    ["id", "name", "birth_date", "nationality", "sex", "document_number", "document_issuer", "entity_kind", "birth_place"];

/// One name to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// As in the file; empty where it has none.
    pub id: String,
    /// Whole name; a comma may part the surname from the rest.
    pub name: String,
    /// `None` is unknown.
    pub birth_date: Option<PartialDate>,
    /// ISO 3166-1 alpha-3; `None` is unknown.
    pub nationality: Option<String>,
    /// `None` is unknown.
    pub sex: Option<Sex>,
    /// As in the file.
    pub document_number: Option<String>,
    /// Issuing state, ISO 3166-1 alpha-3; `None` is unknown.
    pub document_issuer: Option<String>,
    /// Person, organisation, vessel; `None` is a person.
    pub entity_kind: Option<EntityKind>,
    /// As in the file.
    pub birth_place: Option<String>,
}

impl Query {
    /// The document, if there is one.
    pub fn document(&self) -> Option<ReportedDocument<'_>> {
        self.document_number.as_deref().map(|number| ReportedDocument { number, issuer: self.document_issuer.as_deref() })
    }

    /// What is screened, with the documents of [`Self::document`].
    pub fn subject<'a>(&'a self, documents: &'a [ReportedDocument<'a>]) -> Subject<'a> {
        Subject {
            surname: &self.name,
            given_names: None,
            kind: self.entity_kind,
            birth_date: self.birth_date,
            birth_place: self.birth_place.as_deref(),
            nationality: self.nationality.as_deref(),
            sex: self.sex,
            documents,
        }
    }
}

/// Cells that were there and could not be used: they count as unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unreadable {
    /// Rows with a birth date that is none.
    pub birth_dates: u64,
    /// Rows with a nationality that no country has.
    pub countries: u64,
    /// Rows with a sex that is none; `U` is unknown.
    pub sexes: u64,
    /// Rows with a kind of entity that is none.
    pub kinds: u64,
}

/// A query file that is being read.
pub struct Queries {
    path: PathBuf,
    reader: Reader<Box<dyn std::io::Read + Send>>,
    /// Where each of [`COLUMNS`] stands in the file.
    places: [Option<usize>; COLUMNS.len()],
    record: ByteRecord,
    /// What could not be used so far.
    pub unreadable: Unreadable,
}

impl Queries {
    /// Opens a file, or stdin for `-`, and reads its header.
    ///
    /// # Errors
    /// The file cannot be read, or has no `id` or `name`.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let input: Box<dyn std::io::Read + Send> = if path.as_os_str() == "-" {
            Box::new(std::io::stdin())
        } else {
            if path.is_dir() {
                return Err(Error::Usage(format!("{} is a folder; name a CSV file with queries", path.display())));
            }
            Box::new(File::open(path).map_err(|e| Error::input(path, &e))?)
        };
        Self::read(input, path)
    }

    /// Reads queries from anywhere; `path` is what errors call it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn read(input: Box<dyn std::io::Read + Send>, path: &Path) -> Result<Self, Error> {
        let mut reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
        let header = reader.byte_headers().map_err(|e| unreadable(path, &e))?.clone();
        let names: Vec<String> = header
            .iter()
            .map(|h| String::from_utf8_lossy(h.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(h)).trim().to_lowercase())
            .collect();
        let places = COLUMNS.map(|column| names.iter().position(|n| n == column));
        for (column, place) in COLUMNS.iter().zip(&places).take(2) {
            if place.is_none() {
                return Err(missing(path, column, &names));
            }
        }
        Ok(Self { path: path.to_owned(), reader, places, record: ByteRecord::new(), unreadable: Unreadable::default() })
    }

    /// The next queries, at most so many; none at the end.
    ///
    /// # Errors
    /// A row is broken or cannot be read: its line is named, its cells are not.
    pub fn next(&mut self, limit: usize) -> Result<Vec<Query>, Error> {
        let mut out = Vec::new();
        while out.len() < limit && self.reader.read_byte_record(&mut self.record).map_err(|e| unreadable(&self.path, &e))? {
            out.push(self.query());
        }
        Ok(out)
    }

    fn query(&mut self) -> Query {
        let cell = |i: usize| -> Option<String> {
            let text = self.record.get(self.places[i]?)?;
            let text = String::from_utf8_lossy(text);
            (!text.trim().is_empty()).then(|| text.trim().to_owned())
        };
        let count = |n: &mut u64, there: bool, used: bool| *n += u64::from(there && !used);
        let (birth_text, country_text, sex_text, kind_text) = (cell(2), cell(3), cell(4), cell(7));
        let birth_date = birth_text.as_deref().and_then(|t| t.parse().ok());
        let nationality = country_text.as_deref().and_then(country::alpha3).map(str::to_owned);
        let sex = sex_text.as_deref().and_then(Sex::parse);
        let sex_unknown = sex_text.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("u"));
        let query = Query {
            id: cell(0).unwrap_or_default(),
            name: cell(1).unwrap_or_default(),
            birth_date,
            nationality,
            sex,
            document_number: cell(5),
            document_issuer: cell(6).as_deref().and_then(country::alpha3).map(str::to_owned),
            entity_kind: kind_text.as_deref().and_then(EntityKind::parse),
            birth_place: cell(8),
        };
        count(&mut self.unreadable.kinds, kind_text.is_some(), query.entity_kind.is_some());
        count(&mut self.unreadable.birth_dates, birth_text.is_some(), birth_date.is_some());
        count(&mut self.unreadable.countries, country_text.is_some(), query.nationality.is_some());
        count(&mut self.unreadable.sexes, sex_text.is_some() && !sex_unknown, sex.is_some());
        query
    }
}

fn missing(path: &Path, column: &str, names: &[String]) -> Error {
    let nearest = names
        .iter()
        .map(|n| (strsim::jaro_winkler(n, column), n))
        .filter(|(score, n)| *score > 0.7 && !COLUMNS.contains(&n.as_str()))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, n)| format!("; is {n} meant?"))
        .unwrap_or_default();
    Error::Usage(format!(
        "{} line 1: there is no column {column}{nearest} (a query file has the columns {})",
        path.display(),
        COLUMNS.join(", ")
    ))
}

/// What the CSV reader says, without the cells: they are personal data.
fn unreadable(path: &Path, error: &csv::Error) -> Error {
    let line = error.position().map_or_else(String::new, |p| format!(" line {}", p.line()));
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} cells, the header has {expected_len}; quote cells that hold a comma")
        }
        csv::ErrorKind::Io(e) => e.to_string(),
        _ => "is not readable as CSV".into(),
    };
    Error::Usage(format!("{}{line} {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

    fn read(text: &[u8]) -> Result<(Vec<Query>, Unreadable), Error> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("q.csv");
        fs::write(&path, text).unwrap();
        let mut queries = Queries::open(&path)?;
        let all = queries.next(usize::MAX)?;
        Ok((all, queries.unreadable))
    }

    #[test]
    fn columns_may_stand_in_any_order() {
        let (queries, unreadable) = read(
            "\u{feff}birth_date,Name,id,nationality,extra,sex\n1972-05-31,\"DOE, Jane\",1,Germany,x,F\n,ROE,2,,,U\n72,X,3,Nowhere,,?\n"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(queries.len(), 3);
        assert_eq!((queries[0].id.as_str(), queries[0].name.as_str()), ("1", "DOE, Jane"));
        assert_eq!(queries[0].nationality.as_deref(), Some("DEU"));
        assert_eq!(queries[0].birth_date, PartialDate::day(1972, 5, 31));
        assert_eq!(queries[1], Query { id: "2".into(), name: "ROE".into(), ..Query::default() });
        assert_eq!(unreadable, Unreadable { birth_dates: 1, countries: 1, sexes: 1, kinds: 0 });
    }

    #[test]
    fn a_wrong_header_names_the_nearest_column() {
        let error = read(b"id,nmae\n1,X\n").unwrap_err();
        assert!(error.to_string().contains("no column name; is nmae meant?"), "{error}");
        assert_eq!(error.domain().exit_code(), 2);
    }

    #[test]
    fn a_broken_row_is_named_by_its_line_and_not_quoted() {
        let error = read(b"id,name\n1,X\n2,SECRET,NAME\n").unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("3 cells") && !error.contains("SECRET"), "{error}");
    }
}
