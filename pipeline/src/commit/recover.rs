use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::sink::{Fs, OutputError, Result, Table, is_staged_by, owner_of_file, staging_root, term_of_file};

use super::bucket::Bucket;
use super::home::Home;
use super::instances::is_ours;

/// What a recovery found and did. Its `Display` is for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecoveryPlan {
    /// The last epoch that counts; `None` before the first.
    pub resume_after: Option<u64>,
    /// Tables that were ahead of `flagged`.
    pub rolled_back: Vec<RolledBack>,
    /// Files that lay in the tables without being committed.
    pub orphans: usize,
    /// Epochs that were staged and never committed.
    pub staged: usize,
    /// Log entries and temporary files that a loss of power left behind.
    pub torn: usize,
}

/// A table that was taken back to the last epoch that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// The table.
    pub table: Table,
    /// The epoch that it had.
    pub epoch: u64,
    /// Files of it.
    pub files: usize,
}

impl RecoveryPlan {
    /// Whether there was nothing to repair.
    pub fn is_clean(&self) -> bool {
        self.rolled_back.is_empty() && self.orphans + self.staged + self.torn == 0
    }
}

impl fmt::Display for RecoveryPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resume_after {
            Some(epoch) => write!(f, "resuming after epoch {epoch}")?,
            None => write!(f, "starting with the first epoch")?,
        }
        for RolledBack { table, epoch, files } in &self.rolled_back {
            write!(f, ", {table} rolled back from epoch {epoch} ({files} files)")?;
        }
        for (n, what) in [
            (self.orphans, "uncommitted files removed"),
            (self.staged, "staged epochs discarded"),
            (self.torn, "torn log entries removed"),
        ] {
            if n > 0 {
                write!(f, ", {n} {what}")?;
            }
        }
        Ok(())
    }
}

/// Removes what this application has staged and says how many epochs that were.
pub(super) fn clear_staging(root: &Path, app_id: &str, fs: &Arc<dyn Fs>) -> Result<usize> {
    let staging = staging_root(root);
    let mut removed = 0;
    for path in list(&staging)? {
        if !path.file_name().and_then(|n| n.to_str()).is_some_and(|name| is_staged_by(name, app_id)) {
            continue;
        }
        if path.is_dir() {
            fs.remove_dir_all(&path).map_err(OutputError::io("remove", &path))?;
            removed += 1;
        } else {
            fs.remove_file(&path).map_err(OutputError::io("remove", &path))?;
        }
    }
    Ok(removed)
}

/// Removes the files of epochs behind those that count from the folders of a table, and those that a
/// compaction joined into another one or did not come to name, and says how many. `epochs` has the last
/// epoch of each application. Whatever the log still names of later ones must have been rolled back
/// before; `named` is what it names now.
pub(super) fn remove_orphans(home: &Home, table: Table, epochs: &BTreeMap<String, u64>, named: &[String]) -> Result<usize> {
    let (base, fs) = (home.dir(table), home.fs());
    if let Some(bucket) = home.bucket() {
        return remove_unnamed(bucket, &base, epochs, named);
    }
    let named: HashSet<PathBuf> = named.iter().map(|path| base.join(path)).collect();
    // Where a file that the log names is missing, names are not understood or something is wrong that a
    // person must look at: then nothing but open epochs is removed.
    let understood = named.iter().all(|path| path.exists());
    let mut orphans = Vec::new();
    let mut folders = vec![base.clone()];
    while let Some(dir) = folders.pop() {
        for path in list(&dir)? {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if path.is_dir() {
                if name != "_delta_log" {
                    folders.push(path);
                }
            } else if let Some((last, epoch)) = owner_of_file(name).and_then(|(whose, e)| Some((epochs.get(whose)?, e)))
                && (epoch > *last || (understood && !named.contains(&path)))
            {
                orphans.push(path);
            }
        }
    }
    let mut touched = BTreeSet::new();
    for path in &orphans {
        fs.remove_file(path).map_err(OutputError::io("remove", path))?;
        let mut folder = path.parent();
        while let Some(dir) = folder.filter(|d| d.starts_with(&base)) {
            touched.insert(dir.to_owned());
            folder = dir.parent();
        }
    }
    for dir in touched.iter().rev() {
        if *dir != base && list(dir)?.is_empty() {
            fs.remove_dir(dir).map_err(OutputError::io("remove", dir))?;
        } else {
            fs.sync_dir(dir).map_err(OutputError::io("sync", dir))?;
        }
    }
    Ok(orphans.len())
}

/// Likewise, in a bucket. What later owners wrote is not judged: whoever is here without being the owner any
/// more has not read what their logs say.
fn remove_unnamed(bucket: &Bucket, base: &Path, epochs: &BTreeMap<String, u64>, named: &[String]) -> Result<usize> {
    let named: HashSet<PathBuf> = named.iter().map(|path| base.join(path)).collect();
    let lying = bucket.below(base).map_err(OutputError::io("list", base))?;
    let understood = named.len() == lying.iter().filter(|path| named.contains(*path)).count();
    let term = bucket.term();
    let orphans: Vec<PathBuf> = lying
        .into_iter()
        .filter(|path| {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let Some((whose, epoch)) = owner_of_file(name).filter(|(whose, _)| is_ours(whose)) else { return false };
            // The state of another machine may know of an instance that this one does not.
            let last = epochs.get(whose).copied().unwrap_or(0);
            term_of_file(name) <= term && (epoch > last || (understood && !named.contains(path)))
        })
        .collect();
    bucket.remove(&orphans).map_err(OutputError::io("remove files in", base))?;
    Ok(orphans.len())
}

fn list(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(OutputError::io("read folder", dir)(e)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(OutputError::io("read folder", dir))?.path());
    }
    paths.sort_unstable();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_tells_what_was_done() {
        let plan = RecoveryPlan {
            resume_after: Some(41),
            rolled_back: vec![RolledBack { table: Table::Hits, epoch: 42, files: 2 }],
            staged: 3,
            ..RecoveryPlan::default()
        };
        assert!(!plan.is_clean());
        assert_eq!(
            plan.to_string(),
            "resuming after epoch 41, hits rolled back from epoch 42 (2 files), 3 staged epochs discarded"
        );
    }
}
