use std::collections::BTreeSet;

use crate::sink::{OutputError, Result, StagedEpoch, Table};

use super::home::Home;

/// Moves the files of an epoch to where readers look, and returns once the moves are on the disk.
/// Until the log names them only those who list folders see them.
pub(super) fn place(home: &Home, staged: StagedEpoch) -> Result<StagedEpoch> {
    if let Some(bucket) = home.bucket() {
        return upload(home, staged, |path| bucket.unique(path));
    }
    let fs = home.fs();
    let mut folders = BTreeSet::new();
    for table in Table::ALL {
        let base = home.dir(table);
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
    Ok(staged)
}

/// Likewise, into a bucket: every file gets a name that none had before.
fn upload(home: &Home, mut staged: StagedEpoch, unique: impl Fn(&str) -> String) -> Result<StagedEpoch> {
    let mut moves = Vec::new();
    for table in Table::ALL {
        let base = home.dir(table);
        let from: Vec<_> = staged.files(table).iter().map(|file| staged.staged_path(file)).collect();
        for (file, from) in staged.files_mut(table).iter_mut().zip(from) {
            file.path = unique(&file.path);
            moves.push((from, base.join(&file.path)));
        }
    }
    home.upload(&moves)?;
    Ok(staged)
}
