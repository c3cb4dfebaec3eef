//! Looks at everything that an output folder holds, without changing any of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use deltalake_core::DeltaTable;
use futures::StreamExt as _;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde::Serialize;

use crate::checkpoint::Checkpoint;
use crate::sink::{OutputError, Result, Table, owner_of_file};

use super::bucket::Bucket;
use super::home::Home;
use super::record::CommitRecord;
use super::{delta, instances};

/// Bytes at the end of an object in which its footer is looked for.
const END: u64 = 64 << 10;

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Inspection {
    /// Last epoch that counts; 0 before the first.
    pub last_epoch: u64,
    /// First epoch that the log of `flagged` still has; entries before it were cut off. 0 before the first.
    pub first_epoch: u64,
    /// Epochs in the log of `flagged`.
    pub epochs: u64,
    /// Partitions that the checkpoint knows, by source.
    pub partitions: BTreeMap<String, usize>,
    /// The tables.
    pub tables: Vec<TableState>,
    /// What the next start repairs by itself.
    pub notes: Vec<String>,
    /// What a person must look at.
    pub problems: Vec<String>,
}

/// One table.
#[derive(Debug, Serialize)]
pub struct TableState {
    /// Its name.
    pub table: &'static str,
    /// Version of its log.
    pub version: u64,
    /// Files that its log names.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Their rows, as their own footers say.
    pub rows: u64,
}

/// Opens every log and every file of an output folder and checks that they fit: files are there, whole
/// and as large as the log says; epochs follow each other; each begins where the one before ended (C2),
/// and conserves its rows (C1).
///
/// # Errors
/// Where the folder is no output folder, or a log cannot be read at all.
pub async fn inspect(root: &Path) -> Result<Inspection> {
    let home = Home::open(root)?;
    let mut found = Inspection::default();
    let mut last_of: BTreeMap<Table, BTreeMap<String, u64>> = BTreeMap::new();
    for table in Table::ALL {
        if !home.has_log(table)? {
            if table != Table::Records {
                found.problems.push(format!("the table {} is not there", table.name()));
            }
            continue;
        }
        let open = delta::open(&home, table, None).await?;
        last_of.insert(table, delta::last_epochs(&open, table, root).await?);
        files(&home, table, &open, &mut found)?;
        if table == Table::Flagged {
            epochs(root, &open, &mut found).await?;
        }
    }
    let flagged = last_of.get(&Table::Flagged).cloned().unwrap_or_default();
    for (table, last) in last_of {
        for (app_id, epoch) in last {
            if flagged.get(&app_id).is_none_or(|counts| epoch > *counts) {
                found.notes.push(format!("{} is ahead of flagged: epoch {epoch} of {app_id} will be taken back", table.name()));
            }
        }
    }
    let staging = crate::sink::staging_root(root);
    let staged = fs::read_dir(&staging).map_or(0, |entries| entries.flatten().count());
    if staged > 0 {
        found.notes.push(format!("{staged} staged epochs are being written, or will be discarded"));
    }
    Ok(found)
}

/// What the commit of one epoch says of it; `None` where `flagged` has no such epoch.
///
/// # Errors
/// As [`inspect`].
pub async fn inspect_epoch(root: &Path, epoch: u64) -> Result<Option<CommitRecord>> {
    let open = delta::open(&Home::open(root)?, Table::Flagged, None).await?;
    Ok(records(&open).await?.into_iter().find(|r| r.epoch == epoch))
}

/// Our commits in a log, oldest first.
async fn records(open: &DeltaTable) -> Result<Vec<CommitRecord>> {
    let mut records = Vec::new();
    let mut history = open.history(None);
    while let Some(commit) = history.next().await {
        let commit = commit.map_err(OutputError::delta("read", Table::Flagged))?;
        records.extend(commit.user_metadata.and_then(|m| CommitRecord::parse(&m)));
    }
    records.reverse();
    Ok(records)
}

async fn epochs(root: &Path, open: &DeltaTable, found: &mut Inspection) -> Result<()> {
    let mut before: Option<Checkpoint> = None;
    // Numbers of epochs have no gap where there is one instance; with several, each has its own rising ones.
    let records = records(open).await?;
    // Who looks from another machine has no list of the instances.
    let sole = instances::app_ids(root)?.len() == 1 && records.iter().all(|r| r.app_id == instances::SOLE);
    let mut last_of: BTreeMap<String, u64> = BTreeMap::new();
    for record in records {
        let epoch = record.epoch;
        let last = last_of.insert(record.app_id.clone(), epoch);
        if last.is_some_and(|last| if sole { last + 1 != epoch } else { last >= epoch }) {
            found.problems.push(format!("epoch {epoch} of {} follows epoch {}", record.app_id, last.unwrap_or(0)));
        }
        if !record.conservation.holds || record.conservation.rows_in != record.conservation.rows_out {
            found.problems.push(format!("epoch {epoch} does not conserve its rows (C1)"));
        }
        let Some(checkpoint) = record.checkpoint else {
            found.problems.push(format!("epoch {epoch} has no checkpoint"));
            continue;
        };
        if let Some(mut at) = before {
            for (source, partitions) in &record.forgotten {
                for partition in partitions {
                    at.forget(source, partition);
                }
            }
            match at.after(&record.read) {
                Ok(next) if next == checkpoint => {}
                Ok(_) => found.problems.push(format!("the checkpoint of epoch {epoch} is not what it read (C2)")),
                Err(e) => found.problems.push(format!("epoch {epoch}: {e} (C2)")),
            }
        }
        if found.epochs == 0 {
            found.first_epoch = epoch;
        }
        found.epochs += 1;
        found.last_epoch = found.last_epoch.max(epoch);
        before = Some(checkpoint);
    }
    if let Some(checkpoint) = before {
        for (source, ..) in checkpoint.iter() {
            *found.partitions.entry(source.to_owned()).or_default() += 1;
        }
    }
    Ok(())
}

fn files(home: &Home, table: Table, open: &DeltaTable, found: &mut Inspection) -> Result<()> {
    let snapshot = open.snapshot().map_err(OutputError::delta("read", table))?;
    let mut state = TableState { table: table.name(), version: open.version().unwrap_or(0), files: 0, bytes: 0, rows: 0 };
    let base = home.dir(table);
    let files: Vec<(PathBuf, u64)> =
        snapshot.log_data().into_iter().map(|file| (base.join(&*file.path()), file.size().unsigned_abs())).collect();
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    let mut ends = match home.bucket() {
        Some(bucket) => Some(bucket.ends(&paths, END).map_err(OutputError::io("read files of", &base))?.into_iter()),
        None => None,
    };
    let mut named = HashSet::new();
    for (path, size) in files {
        let told = match (&mut ends, home.bucket()) {
            (Some(ends), Some(bucket)) => ends.next().map_or_else(|| Err(String::new()), |end| rows_of(bucket, &path, end)),
            _ => rows(&path),
        };
        match told {
            Ok((bytes, rows)) => {
                if bytes != size {
                    found.problems.push(format!("{} has {bytes} bytes, its log says {size}", path.display()));
                }
                state.bytes += bytes;
                state.rows += rows;
            }
            Err(reason) => found.problems.push(format!("{}: {reason}", path.display())),
        }
        state.files += 1;
        named.insert(path);
    }
    let mut there = BTreeSet::new();
    if let Some(bucket) = home.bucket() {
        let log = home.log(table);
        let lying = bucket.below(&base).map_err(OutputError::io("list", &base))?;
        there.extend(lying.into_iter().filter(|path| !path.starts_with(&log)));
    } else {
        list(&base, &mut there);
    }
    for path in there.into_iter().filter(|path| !named.contains(path)) {
        let ours = path.file_name().and_then(|n| n.to_str()).is_some_and(|n| owner_of_file(n).is_some());
        // Files that compaction replaced stay until they are vacuumed; those of an open epoch come and go.
        let what = if ours { "is named by no log: of an open or broken epoch, or replaced" } else { "is not ours" };
        found.notes.push(format!("{} {what}", path.display()));
    }
    found.tables.push(state);
    Ok(())
}

/// Bytes and rows of a Parquet file whose footer can be read.
fn rows(path: &Path) -> std::result::Result<(u64, u64), String> {
    let file = File::open(path).map_err(|e| e.to_string().to_lowercase())?;
    let bytes = file.metadata().map_err(|e| e.to_string().to_lowercase())?.len();
    let reader = SerializedFileReader::new(file).map_err(|e| e.to_string().to_lowercase())?;
    Ok((bytes, reader.metadata().file_metadata().num_rows().unsigned_abs()))
}

/// Likewise of an object, from its last bytes.
fn rows_of(bucket: &Bucket, path: &Path, end: io::Result<(u64, Bytes)>) -> std::result::Result<(u64, u64), String> {
    let (bytes, mut end) = end.map_err(|e| e.to_string().to_lowercase())?;
    let mut reader = ParquetMetaDataReader::new();
    loop {
        match reader.try_parse_sized(&end, bytes) {
            Ok(()) => break,
            Err(ParquetError::NeedMoreData(more)) if end.len() < more && (end.len() as u64) < bytes => {
                let longer = bucket.ends(&[path.to_owned()], more as u64).and_then(|mut ends| ends.remove(0));
                end = longer.map_err(|e| e.to_string().to_lowercase())?.1;
            }
            Err(e) => return Err(e.to_string().to_lowercase()),
        }
    }
    let metadata = reader.finish().map_err(|e| e.to_string().to_lowercase())?;
    Ok((bytes, metadata.file_metadata().num_rows().unsigned_abs()))
}

fn list(folder: &Path, there: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n != "_delta_log") {
                list(&path, there);
            }
        } else {
            there.insert(path);
        }
    }
}
