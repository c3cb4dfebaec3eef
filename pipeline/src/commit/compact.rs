//! Joins small files: a service commits every few seconds, and each epoch leaves a file a table and day.
//!
//! Files of one partition become one; the log replaces them in one commit that changes no row. The
//! order is: the joined file is written and synced in staging, moved into place, named by the log
//! instead of the others, and then the others are deleted. Whoever reads through the log sees the same
//! rows at any moment. A plain glob sees those of the partition twice between the move and the
//! deletion; after a crash in between until the next start.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::sink::{
    Fs, OutputError, Result, SinkOptions, StagedFile, Table, epoch_of_file, file_name, join_files, staging_name, staging_root,
};

use super::tables::Tables;
use super::{delta, logs};

/// First number of joined files, behind those that an epoch gives its own.
const FIRST: u32 = 50_000;

/// When files are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactLimits {
    /// Least number of small files in a partition; at least 2.
    pub files: usize,
    /// A joined file has at most so many bytes, more or less; files of more than half are left alone.
    pub bytes: u64,
    /// Bytes that are joined in one call, more or less.
    pub at_once: u64,
}

/// What was joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Files that are gone.
    pub joined: usize,
    /// Files that took their place.
    pub into: usize,
    /// Bytes of those that are gone.
    pub bytes_before: u64,
    /// Bytes of those that took their place.
    pub bytes_after: u64,
}

/// Small files of one partition, oldest first.
#[derive(Debug)]
struct Group {
    /// Path of the partition below the table.
    folder: String,
    /// Path below the table, and size.
    files: Vec<(String, u64)>,
    /// The last epoch that is in them.
    epoch: u64,
}

impl Tables {
    /// Joins small files of all tables. Only what is committed is touched; after an error in the middle
    /// the tables refuse further commits until [`Self::recover`].
    pub async fn compact(&mut self, limits: CompactLimits) -> Result<Compacted> {
        let mut done = Compacted::default();
        for table in Table::ALL {
            while done.bytes_before < limits.at_once {
                let Some(group) = self.small_files(table, limits)? else { break };
                let turn = self.start_change().await?;
                let joined = self.join(table, &group).await?;
                self.end_change(turn);
                done.joined += group.files.len();
                done.into += 1;
                done.bytes_before += group.files.iter().map(|(_, bytes)| bytes).sum::<u64>();
                done.bytes_after += joined.bytes;
            }
        }
        Ok(done)
    }

    /// The partition with the most small files, if there are enough of them.
    fn small_files(&self, table: Table, limits: CompactLimits) -> Result<Option<Group>> {
        let Some(delta) = self.delta(table) else { return Ok(None) };
        let mut by_folder: BTreeMap<String, Vec<(u64, String, u64)>> = BTreeMap::new();
        for (path, bytes) in delta::files(delta, table)? {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            if let Some(epoch) = epoch_of_file(name, self.app_id()).filter(|_| bytes <= limits.bytes / 2) {
                by_folder.entry(folder.to_owned()).or_default().push((epoch, path, bytes));
            }
        }
        let most =
            by_folder.into_iter().filter(|(_, files)| files.len() >= limits.files.max(2)).max_by_key(|(_, files)| files.len());
        let Some((folder, mut files)) = most else { return Ok(None) };
        files.sort();
        let mut sum = 0;
        let fits = files.iter().take_while(|(.., bytes)| {
            sum += bytes;
            sum <= limits.bytes
        });
        let n = fits.count().max(2);
        files.truncate(n);
        let epoch = files.last().map_or(0, |(epoch, ..)| *epoch);
        Ok(Some(Group { folder, files: files.into_iter().map(|(_, path, bytes)| (path, bytes)).collect(), epoch }))
    }

    async fn join(&mut self, table: Table, group: &Group) -> Result<StagedFile> {
        let home = self.home().clone();
        let (base, fs) = (home.dir(table), Arc::clone(home.fs()));
        let (path, target) = self.free_name(&base, group);
        let options = SinkOptions { fs: Arc::clone(&fs), app_id: self.app_id().to_owned(), ..SinkOptions::default() };
        let values = delta::partition_values(&path);
        let values = table.partitions().iter().map(|c| (c.name, values.get(c.name).cloned().flatten())).collect();
        let from: Vec<PathBuf> = group.files.iter().map(|(path, _)| base.join(path)).collect();
        let joined = {
            let (fs, target, home) = (Arc::clone(&fs), target.clone(), home.clone());
            // Reads, writes and syncs block; they have no business on a thread that drives I/O.
            let work = tokio::task::spawn_blocking(move || {
                let staging = staging_root(home.root()).join(staging_name(&options.app_id, "compact"));
                fs.create_dir_all(&staging).map_err(OutputError::io("create folder", &staging))?;
                let staged = staging.join("joined");
                let aside: Vec<PathBuf> = (0..from.len()).map(|n| staging.join(format!("from-{n}"))).collect();
                let here: Vec<_> = from.iter().zip(&aside).map(|(from, aside)| home.local(from, aside)).collect::<Result<_>>()?;
                let joined = join_files(table, &here, &staged, path, values, &options)?;
                for copy in here.iter().map(Cow::as_ref).filter(|path| path.starts_with(&staging)) {
                    fs.remove_file(copy).map_err(OutputError::io("remove", copy))?;
                }
                fs.rename(&staged, &target).map_err(OutputError::io("move a file to", &target))?;
                fs.remove_dir(&staging).map_err(OutputError::io("remove", &staging))?;
                sync_parent(&target, &fs)?;
                Ok(joined)
            });
            work.await.unwrap_or_else(|e| Err(OutputError::io("write", &base)(std::io::Error::other(e))))?
        };
        let log = home.log(table);
        fs.step("before compaction").map_err(OutputError::io("commit to", &log))?;
        let Some(delta) = self.delta_mut(table) else { return Ok(joined) };
        let replaced = delta::replace(&home, delta, table, &group.files, &joined).await;
        if let Err(OutputError::Conflict { .. }) = replaced {
            self.check_owner()?;
        }
        let version = replaced?;
        fs.step("after compaction").map_err(OutputError::io("commit to", &log))?;
        logs::sync_entry(&home, table, version)?;
        // Only now: a file must not go before the log has let go of it.
        home.remove(&group.files.iter().map(|(path, _)| base.join(path)).collect::<Vec<_>>())?;
        sync_parent(&target, &fs)?;
        Ok(joined)
    }

    /// A name that no file has: that of the last epoch, which is committed, so no recovery takes it back.
    fn free_name(&self, base: &Path, group: &Group) -> (String, PathBuf) {
        if let Some(bucket) = self.home().bucket() {
            let path = bucket.unique(&format!("{}/{}", group.folder, file_name(self.app_id(), group.epoch, FIRST)));
            return (path.clone(), base.join(path));
        }
        let mut n = FIRST;
        loop {
            let path = format!("{}/{}", group.folder, file_name(self.app_id(), group.epoch, n));
            let target = base.join(&path);
            if !target.exists() {
                return (path, target);
            }
            n += 1;
        }
    }
}

fn sync_parent(path: &Path, fs: &Arc<dyn Fs>) -> Result<()> {
    path.parent().map_or(Ok(()), |dir| fs.sync_dir(dir).map_err(OutputError::io("sync", dir)))
}
