//! Looks at one file of the tables or of their logs, without changing it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::array::AsArray as _;
use arrow::datatypes::Int64Type;
use deltalake_core::kernel::{Action, Add};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;
use serde_json::{Value, json};

use crate::inspection::Inspected;
use crate::sink::{Result, Table, owner_of_file, staging_root};

use super::checkpoint::{State, is_whole};
use super::guard;
use super::home::Home;
use super::logs::{self, Kind};
use super::record::CommitRecord;

/// The output folder and the table that a path lies in, and its path below the table.
fn place(path: &Path) -> Option<(PathBuf, Table, String)> {
    let absolute = std::path::absolute(path).ok()?;
    absolute.ancestors().skip(1).find_map(|root| {
        let below = absolute.strip_prefix(root).ok()?;
        let table = Table::ALL.into_iter().find(|t| below.starts_with(t.name()))?;
        let rest = below.strip_prefix(table.name()).ok()?.to_str()?.replace(std::path::MAIN_SEPARATOR, "/");
        guard::is_output(root).is_ok_and(|is| is).then(|| (root.to_owned(), table, rest))
    })
}

/// A Parquet file: its footer, every page of every column, and what the log of its table says of it.
pub(crate) fn data_file(path: &Path, found: &mut Inspected) {
    let opened = File::open(path)
        .map_err(|e| e.to_string())
        .and_then(|file| ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| e.to_string()));
    let builder = match opened {
        Ok(builder) => builder,
        Err(reason) => return found.problem(format!("its footer cannot be read: {}", reason.to_lowercase())),
    };
    let metadata = std::sync::Arc::clone(builder.metadata());
    let rows = metadata.file_metadata().num_rows().unsigned_abs();
    found.fact("rows", json!(rows));
    found.fact("row groups", json!(metadata.num_row_groups()));
    for (key, value) in told(&metadata) {
        found.fact(&key, Value::from(value));
    }
    let table = told(&metadata).into_iter().find(|(key, _)| key == "table").map(|(_, value)| value);
    let table = table.and_then(|name| Table::ALL.into_iter().find(|t| t.name() == name));
    found.kind = if table.is_some() { "data file of a table" } else { "Parquet file of another program" };
    let epochs = match read_all(builder, rows) {
        Ok(epochs) => epochs,
        Err(reason) => return found.problem(reason),
    };
    if let Some((first, last)) = epochs {
        found.fact("epochs", json!([first, last]));
    }
    if let Some(table) = table {
        in_log(path, table, rows, epochs, found);
    }
}

/// What our writer put into the footer.
fn told(metadata: &ParquetMetaData) -> Vec<(String, String)> {
    let pairs = metadata.file_metadata().key_value_metadata().into_iter().flatten();
    let ours = ["table", "schema_version", "created_by", "epoch", "generation", "scenario_set"];
    pairs.filter(|p| ours.contains(&p.key.as_str())).filter_map(|p| Some((p.key.clone(), p.value.clone()?))).collect()
}

/// Reads every value; the smallest and largest epoch of the rows, where they have one.
fn read_all(builder: ParquetRecordBatchReaderBuilder<File>, rows: u64) -> std::result::Result<Option<(i64, i64)>, String> {
    let reader = builder.build().map_err(|e| e.to_string().to_lowercase())?;
    let (mut read, mut epochs) = (0, None::<(i64, i64)>);
    for batch in reader {
        let batch = batch
            .map_err(|e| format!("row {read} or one of those behind it cannot be read: {}", e.to_string().to_lowercase()))?;
        read += batch.num_rows() as u64;
        if let Some(column) = batch.column_by_name("epoch").and_then(|c| c.as_primitive_opt::<Int64Type>()) {
            for epoch in column.iter().flatten() {
                epochs = Some(epochs.map_or((epoch, epoch), |(a, b)| (a.min(epoch), b.max(epoch))));
            }
        }
    }
    if read == rows { Ok(epochs) } else { Err(format!("it has {read} rows, its footer says {rows}")) }
}

/// Whether the log names the file, and says the same of it.
fn in_log(path: &Path, table: Table, rows: u64, epochs: Option<(i64, i64)>, found: &mut Inspected) {
    let Some((root, of, below)) = place(path) else {
        let staged = std::path::absolute(path).is_ok_and(|p| p.ancestors().any(|a| a.ends_with(staging_root(Path::new("")))));
        let text =
            if staged { "it is staged: its epoch is being written, or will be discarded" } else { "it lies in no output folder" };
        return found.note(text.into());
    };
    found.fact("output folder", json!(root));
    if of != table {
        return found.problem(format!("it says that it belongs to {table}, and lies in {of}"));
    }
    let name = below.rsplit('/').next().unwrap_or(&below);
    let (instance, epoch) = owner_of_file(name).unzip();
    let (state, last) = match newest_state(&root, table).and_then(|state| Ok((state, last_epoch(&root, instance)?))) {
        Ok(read) => read,
        Err(error) => return found.problem(error.to_string()),
    };
    if let (Some(epoch), Some((_, newest))) = (epoch, epochs)
        && u64::try_from(newest).is_ok_and(|newest| newest > epoch)
    {
        found.problem(format!("its name says epoch {epoch}, its rows go up to {newest}"));
    }
    let Some(state) = state else { return found.note("the log of its table has a gap, and was not asked".into()) };
    if let Some(add) = named(&state, &below) {
        found.fact("named by the log", json!(true));
        let bytes = fs::metadata(path).map_or(0, |m| m.len());
        if u64::try_from(add.size) != Ok(bytes) {
            found.problem(format!("it has {bytes} bytes, the log says {}", add.size));
        }
        let stats: Value = add.stats.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        if stats["numRecords"].as_u64() != Some(rows) {
            found.problem(format!("it has {rows} rows, the log says {}", stats["numRecords"]));
        }
    } else {
        found.fact("named by the log", json!(false));
        found.note(if epoch > last {
            "its epoch is not committed: it is being written, or a crash left it and the next start removes it".into()
        } else {
            "the log does not name it: it was joined into another file, and goes with the next start".into()
        });
    }
}

fn newest_state(root: &Path, table: Table) -> Result<Option<State>> {
    let home = Home::open(root)?;
    let listed = logs::list(&home, table)?;
    let newest = listed.commits.last().copied().max(listed.checkpoints.keys().next_back().copied());
    newest.map_or(Ok(None), |version| State::read(&home, table, &listed, version))
}

/// The last epoch of an instance that counts.
fn last_epoch(root: &Path, instance: Option<&str>) -> Result<Option<u64>> {
    let state = newest_state(root, Table::Flagged)?;
    let last = state.zip(instance).and_then(|(s, instance)| s.applications().get(instance).copied());
    Ok(last.and_then(|epoch| u64::try_from(epoch).ok()))
}

/// A file of a log, by its name. `false` where it is none.
pub(crate) fn log_file(path: &Path, found: &mut Inspected) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    if !path.parent().is_some_and(|dir| dir.ends_with("_delta_log")) {
        return false;
    }
    let kind = Kind::of(name);
    if kind.is_none() && name != "_last_checkpoint" {
        return false;
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            found.problem(error.to_string().to_lowercase());
            return true;
        }
    };
    if let Some((_, table, _)) = place(path) {
        found.fact("table", json!(table.name()));
    }
    match kind {
        None => hint(path, &bytes, found),
        Some((version, kind)) => {
            found.fact("version", json!(version));
            found.kind = match kind {
                Kind::Entry => "log entry",
                Kind::Checkpoint => "checkpoint of a log",
                Kind::Compacted => "joined log entries",
            };
            lines(&bytes, found);
            if kind == Kind::Checkpoint {
                match is_whole(name, &bytes) {
                    Some(true) => found.fact("digest", json!("holds")),
                    Some(false) => found.problem(
                        "it is not what was written: its digest does not hold; remove it, readers fall back to the one before"
                            .into(),
                    ),
                    None => found.note("another program wrote it: it has no digest".into()),
                }
            }
        }
    }
    true
}

fn hint(path: &Path, bytes: &[u8], found: &mut Inspected) {
    found.kind = "hint to the newest checkpoint";
    let Ok(hint) = serde_json::from_slice::<Value>(bytes) else {
        return found.note("it cannot be read; readers search instead".into());
    };
    found.fact("version", hint["version"].clone());
    let there = hint["v2Checkpoint"]["path"].as_str().map(|name| path.with_file_name(name).exists());
    if there == Some(false) {
        found.note("the checkpoint that it names is not there; readers search instead".into());
    }
}

/// What the actions of an entry or a checkpoint are, and whose they are.
fn lines(bytes: &[u8], found: &mut Inspected) {
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    let mut whole = 0;
    for line in bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let Ok(Value::Object(action)) = serde_json::from_slice::<Value>(line) else {
            return found.problem(format!(
                "action {} is torn or no JSON; where it is the newest entry, the next start removes it",
                whole + 1
            ));
        };
        whole += 1;
        for (kind, body) in action {
            if let Some(told) = body.get("userMetadata").and_then(Value::as_str) {
                record(told, found);
            }
            if kind == "txn" {
                found.fact(&format!("epoch of {}", body["appId"].as_str().unwrap_or_default()), body["version"].clone());
            }
            *counts.entry(kind).or_default() += 1;
        }
    }
    if whole == 0 {
        return found.problem("it is empty; where it is the newest entry, the next start removes it".into());
    }
    found.fact("actions", json!(counts));
}

fn record(told: &str, found: &mut Inspected) {
    let Some(record) = CommitRecord::parse(told) else { return };
    found.fact("generation", json!(record.generation));
    found.fact("rows in", json!(record.conservation.rows_in));
    if !record.conservation.holds || record.conservation.rows_in != record.conservation.rows_out {
        found.problem(format!("epoch {} does not conserve its rows (C1)", record.epoch));
    }
}

/// What the log says of a file that it names.
fn named(state: &State, below: &str) -> Option<Add> {
    state.adds().find_map(|line| match serde_json::from_str(line) {
        Ok(Action::Add(add)) if add.path == below => Some(add),
        _ => None,
    })
}
