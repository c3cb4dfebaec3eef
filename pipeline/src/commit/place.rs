use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::sink::{Fs, OutputError, Result, StagedEpoch, Table};

/// Moves the files of an epoch to where readers look, and returns once the moves are on the disk.
/// Until the log names them only those who list folders see them.
pub(super) fn place(root: &Path, staged: &StagedEpoch, fs: &Arc<dyn Fs>) -> Result<()> {
    let mut folders = BTreeSet::new();
    for table in Table::ALL {
        let base = table.dir(root);
        for file in staged.files(table) {
            let target = base.join(&file.path);
            let mut folder = target.parent();
            while let Some(dir) = folder.filter(|d| d.starts_with(&base)) {
                folders.insert(dir.to_owned());
                folder = dir.parent();
            }
            if let Some(dir) = target.parent() {
                fs.create_dir_all(dir).map_err(OutputError::io("create folder", dir))?;
            }
            fs.rename(&staged.staged_path(file), &target).map_err(OutputError::io("move a file to", &target))?;
        }
    }
    // Children before parents: a folder's own name is safe once its parent is synced.
    for dir in folders.iter().rev() {
        fs.sync_dir(dir).map_err(OutputError::io("sync", dir))?;
    }
    Ok(())
}
