//! What the tables hold, read without Tamis: through the log of Delta, and through a plain glob.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Numbers in the files that the log of `records` names.
    pub(crate) committed: BTreeSet<String>,
    /// Numbers in all files of `records` that lie there.
    pub(crate) globbed: BTreeSet<String>,
    /// Numbers that are twice in files that the log names.
    pub(crate) doubled: Vec<String>,
    /// Numbers that are twice in all files: after a kill while small files are joined, until the next start.
    pub(crate) doubled_by_glob: Vec<String>,
    /// Files that cannot be read.
    pub(crate) torn: Vec<PathBuf>,
    /// The last epoch of `flagged`.
    pub(crate) epochs: u64,
    /// Whether their numbers have no gap.
    pub(crate) epochs_without_gap: bool,
    /// Sum over the epochs, as their commits say.
    pub(crate) rows_in: u64,
    /// Likewise.
    pub(crate) rows_out: u64,
}

pub(crate) fn look(tables: &Path) -> Told {
    let mut told = Told { epochs_without_gap: true, ..Told::default() };
    let records = tables.join("records");
    let named = files_of_log(&records);
    for path in glob(&records) {
        let Ok(numbers) = numbers(&path) else {
            told.torn.push(path);
            continue;
        };
        let in_log = named.contains(&path);
        for number in numbers {
            if in_log && !told.committed.insert(number.clone()) {
                told.doubled.push(number.clone());
            }
            if !told.globbed.insert(number.clone()) {
                told.doubled_by_glob.push(number);
            }
        }
    }
    for path in named {
        if !path.exists() {
            told.torn.push(path);
        }
    }
    let mut last = None;
    for record in self::records(&tables.join("flagged")) {
        let epoch = record["epoch"].as_u64().unwrap();
        // The log may have been cut off behind a checkpoint.
        told.epochs_without_gap &= last.is_none_or(|last| epoch == last + 1);
        last = Some(epoch);
        told.epochs = epoch;
        told.rows_in += record["conservation"]["rows_in"].as_u64().unwrap();
        told.rows_out += record["conservation"]["rows_out"].as_u64().unwrap();
    }
    told
}

/// Actions of a Delta log, in the order of its versions. An entry that a crash cut off ends it.
fn log(table: &Path) -> Vec<Value> {
    actions(files_by_version(table, |rest| rest == "json").into_values())
}

/// Files of a log by version; of several with one version the last by name.
fn files_by_version(table: &Path, wanted: impl Fn(&str) -> bool) -> BTreeMap<u64, PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(table.join("_delta_log")).into_iter().flatten().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let parsed = paths.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.to_owned();
        let (version, rest) = name.split_once('.')?;
        Some((version.parse::<u64>().ok().filter(|_| wanted(rest))?, path))
    });
    parsed.collect()
}

fn actions(paths: impl Iterator<Item = PathBuf>) -> Vec<Value> {
    // Under a running service old entries may go between the listing and the reading.
    let texts: Vec<String> = paths.filter_map(|path| fs::read_to_string(path).ok()).collect();
    texts.iter().flat_map(|text| text.lines()).map_while(|line| serde_json::from_str(line).ok()).collect()
}

/// What the commits of epochs say of them, in the order of the log.
pub(crate) fn records(table: &Path) -> Vec<Value> {
    let entries = log(table).into_iter();
    let texts = entries.filter_map(|e| Some(e.pointer("/commitInfo/userMetadata")?.as_str()?.to_owned()));
    texts.map(|text| serde_json::from_str(&text).unwrap()).collect()
}

/// The newest checkpoint and the entries behind it: those before may have been cut off.
fn files_of_log(table: &Path) -> BTreeSet<PathBuf> {
    let newest = files_by_version(table, |rest| rest.starts_with("checkpoint.")).pop_last();
    let first = newest.as_ref().map_or(0, |(version, _)| version + 1);
    let entries = files_by_version(table, |rest| rest == "json").split_off(&first);
    let mut files = BTreeSet::new();
    for action in actions(newest.map(|(_, path)| path).into_iter().chain(entries.into_values())) {
        let path = |kind: &str| action[kind]["path"].as_str().map(|p| table.join(p.replace("%3D", "=")));
        files.extend(path("add"));
        if let Some(gone) = path("remove") {
            files.remove(&gone);
        }
    }
    files
}

/// All Parquet files below a folder.
fn glob(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(glob(&path));
        } else if path.extension().is_some_and(|e| e == "parquet") {
            found.push(path);
        }
    }
    found
}

/// The numbers of the documents in a file.
fn numbers(path: &Path) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
    let mask = ProjectionMask::columns(reader.parquet_schema(), ["document_number"]);
    let mut numbers = Vec::new();
    for batch in reader.with_projection(mask).build()? {
        let column = arrow::compute::cast(batch?.column(0), &arrow::datatypes::DataType::Utf8)?;
        numbers.extend(column.as_string::<i32>().iter().flatten().map(str::to_owned));
        if column.null_count() > 0 {
            return Err("a record without its number".into());
        }
    }
    Ok(numbers)
}

/// A file of a table.
pub(crate) fn any_file(table: &Path) -> PathBuf {
    glob(table).into_iter().next().unwrap()
}

/// The generations of the epochs of a table, in their order, each once.
pub(crate) fn generations(table: &Path) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for record in records(table) {
        let generation = record["generation"].as_str().unwrap().to_owned();
        if found.last() != Some(&generation) {
            found.push(generation);
        }
    }
    found
}
