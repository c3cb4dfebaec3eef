//! What one file is, and whether it is whole: a file of a table, of a log, of a spool, or a compiled
//! watchlist. Nothing is changed, and nothing that a record says is told.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::{commit, lists, source};

/// What was found.
#[derive(Debug, Serialize)]
pub struct Inspected {
    /// The file.
    pub path: PathBuf,
    /// What it is.
    pub kind: &'static str,
    /// What it says of itself, in the order in which it was found.
    pub facts: Vec<(String, Value)>,
    /// What repairs itself, or what the reader should know.
    pub notes: Vec<String>,
    /// What a person must look at.
    pub problems: Vec<String>,
}

impl Inspected {
    pub(crate) fn fact(&mut self, name: &str, value: Value) {
        self.facts.push((name.to_owned(), value));
    }

    pub(crate) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    pub(crate) fn problem(&mut self, text: String) {
        self.problems.push(text);
    }
}

/// Looks at a file: what it is by its place and its first bytes, and whether all of it can be read.
///
/// # Errors
/// [`Error::Input`] where it cannot be opened, [`Error::Usage`] where it is no file that Tamis writes.
pub fn inspect_file(path: &Path) -> Result<Inspected> {
    let mut found = Inspected { path: path.to_owned(), kind: "", facts: Vec::new(), notes: Vec::new(), problems: Vec::new() };
    let mut file = File::open(path).map_err(|e| Error::input(path, &e))?;
    let about = file.metadata().map_err(|e| Error::input(path, &e))?;
    if !about.is_file() {
        return Err(Error::Usage(format!("{} is a folder; `tamis inspect state` looks at a whole output", path.display())));
    }
    found.fact("bytes", json!(about.len()));
    if commit::inspect_log_file(path, &mut found) {
        return Ok(found);
    }
    let mut first = [0; 6];
    let first = file.read(&mut first).map_err(|e| Error::input(path, &e)).map(|n| first.get(..n).unwrap_or_default().to_vec())?;
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    if first.starts_with(b"PAR1") || ending == "parquet" {
        found.kind = "Parquet file";
        commit::inspect_data_file(path, &mut found);
    } else if first.starts_with(b"TSF1") || ending == "spool" {
        piece(path, &mut found)?;
    } else if first.starts_with(b"ARROW1") {
        compiled(path, &mut found);
    } else {
        return Err(Error::Usage(format!(
            "{} is no data file, log entry, piece of a spool or compiled watchlist",
            path.display()
        )));
    }
    Ok(found)
}

fn piece(path: &Path, found: &mut Inspected) -> Result<()> {
    found.kind = "piece of a spool";
    let report = source::spool::check_piece(path).map_err(|e| Error::input(path, &e))?;
    found.fact("messages", json!(report.messages));
    found.fact("bytes of messages", json!(report.bytes));
    found.fact("end", json!(report.end));
    if let Some((first, last)) = report.received {
        let time = |at| chrono::DateTime::from_timestamp_micros(at).map(|t| t.to_rfc3339());
        found.fact("received", json!([time(first), time(last)]));
    }
    if !report.behind_damage.is_empty() {
        let n = report.behind_damage.len();
        found.problem(format!(
            "the message at position {} is damaged, and {n} whole ones behind it are not read: the disk has changed what was acknowledged",
            report.end
        ));
    } else if report.torn > 0 {
        found.note(format!("{} bytes at the end are no whole message: they were never acknowledged", report.torn));
    }
    Ok(())
}

fn compiled(path: &Path, found: &mut Inspected) {
    found.kind = "compiled watchlist";
    match lists::open_compiled(path) {
        Ok(generation) => {
            found.fact("digest", json!("holds"));
            found.fact("generation", json!(generation.id()));
            found.fact("entities", json!(generation.len()));
            found.fact("names", json!(generation.name_count()));
            let counts: serde_json::Map<_, _> = generation.list_counts().map(|(list, n)| (list.to_owned(), json!(n))).collect();
            found.fact("entities by list", Value::Object(counts));
        }
        Err(error) => found.problem(error.to_string()),
    }
}
