use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::sink::{Fs, OutputError, Result, Table};

/// Folder of a table's log.
pub(super) fn dir(root: &Path, table: Table) -> PathBuf {
    table.dir(root).join("_delta_log")
}

/// Returns once a log entry and its name are on the disk. The Delta library links its entries
/// into place without a sync.
pub(super) fn sync_entry(root: &Path, table: Table, version: u64, fs: &Arc<dyn Fs>) -> Result<()> {
    let dir = dir(root, table);
    let entry = dir.join(format!("{version:020}.json"));
    fs.sync_file(&entry).map_err(OutputError::io("sync", &entry))?;
    fs.sync_dir(&dir).map_err(OutputError::io("sync", &dir))
}

/// Removes what a loss of power can leave in a log: temporary files of the Delta library, and a
/// last entry whose name reached the disk but whose bytes did not. Such an entry was never
/// answered for, since nothing goes on before its sync. Returns what was removed.
pub(super) fn clean(root: &Path, table: Table, fs: &Arc<dyn Fs>) -> Result<Vec<PathBuf>> {
    let dir = dir(root, table);
    let mut removed = Vec::new();
    let mut last: Option<(u64, PathBuf)> = None;
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(removed),
        Err(e) => return Err(OutputError::io("read folder", &dir)(e)),
    };
    for entry in entries {
        let path = entry.map_err(OutputError::io("read folder", &dir))?.path();
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
        && is_torn(&fs::read(&path).map_err(OutputError::io("read", &path))?)
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
    fn torn_entries() {
        assert!(is_torn(b"") && is_torn(b"\n") && is_torn(b"{\"commitInfo\":{}}\n{\"add\":{\"pa") && is_torn(&[0; 64]));
        assert!(!is_torn(b"{\"commitInfo\":{}}\n{\"add\":{}}"));
    }
}
