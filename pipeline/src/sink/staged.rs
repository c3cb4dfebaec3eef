use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::counts::EpochCounts;
use super::epoch_writer::EpochStamp;
use super::fs::Fs;
use super::layout::Table;

/// A finished, synced file that is not yet where readers look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    /// Table that it belongs to.
    pub table: Table,
    /// Path relative to the table's folder, with `/`.
    pub path: String,
    /// Values of the partition columns, in their order.
    pub partition_values: Vec<(&'static str, Option<String>)>,
    /// Rows.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// Statistics as the Delta log wants them, JSON.
    pub stats: String,
}

/// All files of one epoch, ready to be committed. Dropping it removes them.
#[derive(Debug)]
pub struct StagedEpoch {
    pub(super) stamp: EpochStamp,
    pub(super) counts: EpochCounts,
    pub(super) files: BTreeMap<Table, Vec<StagedFile>>,
    pub(super) staging: StagingDir,
}

impl StagedEpoch {
    /// Epoch, generation and scenario set.
    pub fn stamp(&self) -> &EpochStamp {
        &self.stamp
    }

    /// What it holds.
    pub fn counts(&self) -> &EpochCounts {
        &self.counts
    }

    /// Files of a table, by path.
    pub fn files(&self, table: Table) -> &[StagedFile] {
        self.files.get(&table).map_or(&[], Vec::as_slice)
    }

    /// Likewise, for those who move them elsewhere.
    pub(crate) fn files_mut(&mut self, table: Table) -> &mut [StagedFile] {
        self.files.get_mut(&table).map_or(&mut [], Vec::as_mut_slice)
    }

    /// Where a file lies now.
    pub fn staged_path(&self, file: &StagedFile) -> PathBuf {
        self.staging.path().join(file.table.name()).join(&file.path)
    }
}

/// The folder in which an epoch is written. Dropped, it is removed with all that is in it.
#[derive(Debug)]
pub(super) struct StagingDir {
    path: PathBuf,
    fs: Arc<dyn Fs>,
}

impl StagingDir {
    pub(super) fn new(path: PathBuf, fs: Arc<dyn Fs>) -> Self {
        Self { path, fs }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for StagingDir {
    fn drop(&mut self) {
        // Best effort: what stays behind is removed by the next recovery.
        if self.path.exists()
            && let Err(error) = self.fs.remove_dir_all(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "staged files were left behind");
        }
    }
}
