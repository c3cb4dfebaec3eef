use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sink::{OutputError, Result, Table};

use super::home::Home;

/// Path of an entry.
pub(super) fn entry(dir: &Path, version: u64) -> PathBuf {
    dir.join(format!("{version:020}.json"))
}

/// What lies in the log of a table.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Versions that have an entry.
    pub(super) commits: BTreeSet<u64>,
    /// Checkpoints of one JSON file, by version. Those of other forms are not ours.
    pub(super) checkpoints: BTreeMap<u64, PathBuf>,
    /// Further checkpoints of the same versions: their writer stopped between writing and telling.
    pub(super) doubled: Vec<PathBuf>,
    /// Joined entries, with the first version of each.
    pub(super) compacted: Vec<(u64, PathBuf)>,
}

/// Lists the log of a table; one that is not there is empty.
pub(super) fn list(home: &Home, table: Table) -> Result<Listing> {
    let mut found = Listing::default();
    for path in home.names(&home.log(table))? {
        let Some((version, kind)) = path.file_name().and_then(|n| n.to_str()).and_then(Kind::of) else { continue };
        match kind {
            Kind::Entry => {
                found.commits.insert(version);
            }
            // Readers take the one whose name is the last in the alphabet.
            Kind::Checkpoint => match found.checkpoints.get_mut(&version) {
                Some(other) => {
                    found.doubled.push(if path > *other { std::mem::replace(other, path) } else { path });
                }
                None => {
                    found.checkpoints.insert(version, path);
                }
            },
            Kind::Compacted => found.compacted.push((version, path)),
        }
    }
    Ok(found)
}

/// What a file of a log is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What one commit did.
    Entry,
    /// A state, as one JSON file.
    Checkpoint,
    /// Several entries in one.
    Compacted,
}

impl Kind {
    /// With the version; `None` for what is none of these.
    pub(super) fn of(name: &str) -> Option<(u64, Self)> {
        let stem = name.strip_suffix(".json")?;
        let (version, rest) = stem.split_once('.').unwrap_or((stem, ""));
        let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.len() == 20);
        let kind = match rest.split_once('.') {
            None if rest.is_empty() => Self::Entry,
            Some(("checkpoint", id)) if id.len() == 36 => Self::Checkpoint,
            Some((to, "compacted")) if number(to).is_some() => Self::Compacted,
            _ => return None,
        };
        Some((number(version)?, kind))
    }
}

/// Returns once a log entry and its name are on the disk. The Delta library links its entries
/// into place without a sync. In a bucket what was answered is safe.
pub(super) fn sync_entry(home: &Home, table: Table, version: u64) -> Result<()> {
    let (dir, fs) = (home.log(table), home.fs());
    let entry = entry(&dir, version);
    fs.sync_file(&entry).map_err(OutputError::io("sync", &entry))?;
    fs.sync_dir(&dir).map_err(OutputError::io("sync", &dir))
}

/// Removes what a loss of power can leave in a log: temporary files of the Delta library, and a
/// last entry whose name reached the disk but whose bytes did not. Such an entry was never
/// answered for, since nothing goes on before its sync. Returns what was removed. In a bucket an entry
/// is there whole or not at all.
pub(super) fn clean(home: &Home, table: Table) -> Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    if home.bucket().is_some() {
        return Ok(removed);
    }
    let (dir, fs) = (home.log(table), home.fs());
    let mut last: Option<(u64, PathBuf)> = None;
    for path in home.names(&dir)? {
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
        if let Some((stem, suffix)) = name.split_once('#') {
            if stem.strip_suffix(".json").is_some() && suffix.bytes().all(|b| b.is_ascii_digit()) {
                removed.push(path);
            }
        } else if let Some(version) = name.strip_suffix(".json").filter(|v| v.len() == 20).and_then(|v| v.parse().ok())
            && last.as_ref().is_none_or(|(v, _)| *v < version)
        {
            last = Some((version, path));
        }
    }
    if let Some((_, path)) = last
        && is_torn(&home.read(&path)?)
    {
        removed.push(path);
    }
    for path in &removed {
        fs.remove_file(path).map_err(OutputError::io("remove", path))?;
    }
    if !removed.is_empty() {
        fs.sync_dir(&dir).map_err(OutputError::io("sync", &dir))?;
    }
    Ok(removed)
}

/// An entry is whole when each of its lines is JSON and there is at least one.
fn is_torn(entry: &[u8]) -> bool {
    let mut lines = entry.split(|b| *b == b'\n').filter(|l| !l.is_empty()).peekable();
    lines.peek().is_none() || lines.any(|line| serde_json::from_slice::<Value>(line).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_log() {
        let kinds = [
            ("00000000000000000012.json", Some((12, Kind::Entry))),
            ("00000000000000000012.checkpoint.3a0d65cd-4a5c-4c1e-8d0a-000000000000.json", Some((12, Kind::Checkpoint))),
            ("00000000000000000012.00000000000000000015.compacted.json", Some((12, Kind::Compacted))),
            ("00000000000000000012.checkpoint.parquet", None),
            ("00000000000000000012.checkpoint.x.json", None),
            ("12.json", None),
            ("_last_checkpoint", None),
            ("00000000000000000012.json#1", None),
        ];
        for (name, kind) in kinds {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }

    #[test]
    fn torn_entries() {
        assert!(is_torn(b"") && is_torn(b"\n") && is_torn(b"{\"commitInfo\":{}}\n{\"add\":{\"pa") && is_torn(&[0; 64]));
        assert!(!is_torn(b"{\"commitInfo\":{}}\n{\"add\":{}}"));
    }
}
