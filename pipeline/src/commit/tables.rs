use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deltalake_core::DeltaTable;

use crate::checkpoint::{Checkpoint, CheckpointDelta};
use crate::invariants::{Invariant, check};
use crate::sink::{Fs, LocalFs, OutputError, Result, SinkOptions, StagedEpoch, Table};

use super::guard::{Lock, claim};
use super::place::place;
use super::record::CommitRecord;
use super::recover::{RecoveryPlan, RolledBack, clear_staging, remove_orphans};
use super::shorten::LogLimits;
use super::{delta, logs};

/// How tables are opened.
#[derive(Debug, Clone)]
pub struct TablesOptions {
    /// Whether the table `records` is made. One that is there stays.
    pub records: bool,
    /// Name of the writer in the logs.
    pub app_id: String,
    /// How far back the logs of the tables go.
    pub logs: LogLimits,
    /// File system.
    pub fs: Arc<dyn Fs>,
}

impl Default for TablesOptions {
    fn default() -> Self {
        Self::for_sink(&SinkOptions::default())
    }
}

impl TablesOptions {
    /// Options that fit those of the sink.
    pub fn for_sink(sink: &SinkOptions) -> Self {
        Self { records: sink.records, app_id: sink.app_id.clone(), logs: LogLimits::default(), fs: Arc::clone(&sink.fs) }
    }

    /// The file system of the machine, whatever the sink has; for reading tools.
    #[must_use]
    pub fn with_local_fs(mut self) -> Self {
        self.fs = Arc::new(LocalFs);
        self
    }
}

/// What became of an epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The epoch.
    pub epoch: u64,
    /// It had been committed before; nothing was done.
    pub already: bool,
    /// Bytes of its files.
    pub bytes: u64,
    /// Files.
    pub files: usize,
}

/// The four tables of one output folder, open for writing by this process alone.
#[derive(Debug)]
pub struct Tables {
    root: PathBuf,
    options: TablesOptions,
    /// In the order of the commits.
    deltas: BTreeMap<Table, DeltaTable>,
    last: Option<CommitRecord>,
    checkpoint: Checkpoint,
    /// What the checkpoint forgot since the last epoch.
    forgotten: BTreeMap<String, Vec<String>>,
    /// No table is ahead of `flagged`, and nothing failed.
    clean: bool,
    /// What is in memory is what `open` read a moment ago.
    fresh: bool,
    /// Log entries that `open` removed.
    torn: usize,
    /// Versions of the newest checkpoints of the logs.
    checkpointed: BTreeMap<Table, u64>,
    _lock: Lock,
}

impl Tables {
    /// Opens the tables of an output folder; makes the folder and the tables where they are not
    /// there. Refuses a folder that holds anything else, and one that another process writes to.
    /// Call [`Self::recover`] next.
    pub async fn open(root: &Path, options: TablesOptions) -> Result<Self> {
        let lock = claim(root, &options.fs)?;
        let mut torn = 0;
        let (mut deltas, mut checkpointed) = (BTreeMap::new(), BTreeMap::new());
        for table in Table::ALL {
            let log = logs::dir(root, table);
            torn += logs::clean(root, table, &options.fs)?.len();
            let found = logs::list(root, table)?;
            let there = !found.commits.is_empty() || !found.checkpoints.is_empty();
            checkpointed.extend(found.checkpoints.keys().next_back().map(|version| (table, *version)));
            if table == Table::Records && !there && !options.records {
                continue;
            }
            let delta = if there {
                delta::open(root, table, None).await?
            } else {
                options.fs.step("before create").map_err(OutputError::io("create", &log))?;
                let delta = delta::create(root, table).await?;
                logs::sync_entry(root, table, 0, &options.fs)?;
                for dir in [table.dir(root).as_path(), root] {
                    options.fs.sync_dir(dir).map_err(OutputError::io("sync", dir))?;
                }
                delta
            };
            deltas.insert(table, delta);
        }
        let mut this = Self {
            root: root.to_owned(),
            options,
            deltas,
            last: None,
            checkpoint: Checkpoint::default(),
            forgotten: BTreeMap::new(),
            clean: torn == 0,
            fresh: true,
            torn,
            checkpointed,
            _lock: lock,
        };
        this.read_state().await?;
        Ok(this)
    }

    /// Last epoch that counts; `None` before the first.
    pub fn last_epoch(&self) -> Option<u64> {
        self.last.as_ref().map(|r| r.epoch)
    }

    /// Number of the next epoch.
    pub fn next_epoch(&self) -> u64 {
        self.last_epoch().unwrap_or(0) + 1
    }

    /// Everything that is committed.
    pub fn last_checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// What the last commit says of its epoch.
    pub fn last_record(&self) -> Option<&CommitRecord> {
        self.last.as_ref()
    }

    /// Lets the checkpoint forget a partition with the next epoch: its input is committed and gone, and
    /// will never be read again. Without it the checkpoint of a service would grow for ever.
    pub fn forget(&mut self, source: &str, partition: &str) {
        if self.checkpoint.forget(source, partition) {
            self.forgotten.entry(source.to_owned()).or_default().push(partition.to_owned());
        }
    }

    /// Output folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Commits an epoch: all of it, or nothing that anyone sees as committed. One that is
    /// committed already is dropped, whatever it holds. After an error in the middle the tables
    /// refuse further commits until [`Self::recover`].
    pub async fn commit(&mut self, staged: StagedEpoch, read: &CheckpointDelta) -> Result<Committed> {
        let epoch = staged.stamp().epoch;
        if !self.clean {
            return Err(OutputError::NeedsRecovery { path: self.root.clone() });
        }
        if self.last_epoch().is_some_and(|last| last >= epoch) {
            return Ok(Committed { epoch, already: true, bytes: 0, files: 0 });
        }
        if epoch != self.next_epoch() {
            return Err(OutputError::Order { expected: self.next_epoch(), found: epoch });
        }
        staged.counts().check_conservation()?;
        check(Invariant::C1, staged.files(Table::Records).is_empty() || self.deltas.contains_key(&Table::Records), || {
            "records were written, but there is no such table".into()
        })?;
        let checkpoint = self.checkpoint.after(read)?;
        let mut record = CommitRecord::new(&self.options.app_id, &staged, read);

        (self.clean, self.fresh) = (false, false);
        let staged = self.place(staged).await?;
        let (mut files, mut bytes) = (0, 0);
        let names: Vec<Table> = self.deltas.keys().copied().collect();
        for table in names {
            let here = staged.files(table);
            files += here.len();
            bytes += here.iter().map(|f| f.bytes).sum::<u64>();
            if table == Table::Flagged {
                record.checkpoint = Some(checkpoint.clone());
                record.forgotten = std::mem::take(&mut self.forgotten);
                record.versions = self.versions();
            } else if here.is_empty() {
                continue;
            }
            self.append(table, &staged, &record).await?;
        }
        self.checkpoint = checkpoint;
        self.last = Some(record);
        self.clean = true;
        self.shorten_logs().await?;
        Ok(Committed { epoch, already: false, bytes, files })
    }

    pub(super) fn delta(&self, table: Table) -> Option<&DeltaTable> {
        self.deltas.get(&table)
    }

    pub(super) fn delta_mut(&mut self, table: Table) -> Option<&mut DeltaTable> {
        self.deltas.get_mut(&table)
    }

    pub(super) fn app_id(&self) -> &str {
        &self.options.app_id
    }

    pub(super) fn fs(&self) -> Arc<dyn Fs> {
        Arc::clone(&self.options.fs)
    }

    pub(super) fn log_limits(&self) -> LogLimits {
        self.options.logs
    }

    /// Version of the newest checkpoint of a log; 0 where it has none.
    pub(super) fn checkpointed(&self, table: Table) -> u64 {
        self.checkpointed.get(&table).copied().unwrap_or(0)
    }

    pub(super) fn set_checkpointed(&mut self, table: Table, version: u64) {
        self.checkpointed.insert(table, version);
    }

    /// Reads the log of a table anew.
    pub(super) async fn reopen(&mut self, table: Table) -> Result<()> {
        let delta = delta::open(&self.root, table, None).await?;
        self.deltas.insert(table, delta);
        Ok(())
    }

    /// From here until [`Self::end_change`] a failure wants recovery.
    pub(super) fn start_change(&mut self) -> Result<()> {
        if !self.clean {
            return Err(OutputError::NeedsRecovery { path: self.root.clone() });
        }
        (self.clean, self.fresh) = (false, false);
        Ok(())
    }

    pub(super) fn end_change(&mut self) {
        self.clean = true;
    }

    /// Repairs what a crash left: takes back tables that are ahead of `flagged`, and removes
    /// uncommitted files and staged epochs. To be called once after [`Self::open`], before any
    /// epoch is written; and after a commit that failed, when no epoch is being written.
    pub async fn recover(&mut self) -> Result<RecoveryPlan> {
        let fs = Arc::clone(&self.options.fs);
        self.clean = false;
        let torn = std::mem::take(&mut self.torn);
        let mut plan = RecoveryPlan { staged: clear_staging(&self.root, &fs)?, torn, ..RecoveryPlan::default() };
        for (table, delta) in &mut self.deltas {
            plan.torn += logs::clean(&self.root, *table, &fs)?.len();
            if !self.fresh {
                *delta = delta::open(&self.root, *table, None).await?;
            }
        }
        if !self.fresh {
            self.read_state().await?;
        }
        plan.resume_after = self.last_epoch();
        let epoch = self.last_epoch().unwrap_or(0);
        let app_id = self.options.app_id.clone();
        for (table, delta) in &mut self.deltas {
            let has = delta::last_epoch(delta, *table, &app_id).await?;
            if let Some(ahead) = has.filter(|e| *e > epoch) {
                let paths = delta::roll_back(delta, *table, &app_id, epoch).await?;
                sync_newest(&self.root, *table, delta, &fs)?;
                plan.rolled_back.push(RolledBack { table: *table, epoch: ahead, files: paths.len() });
            }
            // Only now: a file must not go before the log has let go of it.
            let named: Vec<String> = delta::files(delta, *table)?.into_iter().map(|(path, _)| path).collect();
            plan.orphans += remove_orphans(&self.root, *table, &app_id, epoch, &named, &fs)?;
        }
        let of_log: usize = plan.rolled_back.iter().map(|r| r.files).sum();
        plan.orphans = plan.orphans.saturating_sub(of_log);
        (self.clean, self.fresh) = (true, false);
        Ok(plan)
    }

    /// Reads the last epoch and its checkpoint out of `flagged`.
    async fn read_state(&mut self) -> Result<()> {
        let Some(flagged) = self.deltas.get(&Table::Flagged) else { return Ok(()) };
        let app_id = &self.options.app_id;
        let epoch = delta::last_epoch(flagged, Table::Flagged, app_id).await?;
        self.last = match epoch {
            Some(_) => delta::last_record(flagged, Table::Flagged, app_id).await?,
            None => None,
        };
        if self.last_epoch() != epoch {
            let reason = format!("the log is at epoch {epoch:?}, its record at {:?}", self.last_epoch());
            return Err(OutputError::Record { table: Table::Flagged.name(), reason });
        }
        self.checkpoint = self.last.as_ref().and_then(|r| r.checkpoint.clone()).unwrap_or_default();
        self.forgotten.clear();
        for (table, delta) in &self.deltas {
            if delta::last_epoch(delta, *table, app_id).await? > epoch {
                self.clean = false;
            }
        }
        Ok(())
    }

    async fn place(&self, staged: StagedEpoch) -> Result<StagedEpoch> {
        let (root, fs) = (self.root.clone(), Arc::clone(&self.options.fs));
        // Moves and syncs block; they have no business on a thread that drives I/O.
        let moved = tokio::task::spawn_blocking(move || place(&root, &staged, &fs).map(|()| staged)).await;
        moved.unwrap_or_else(|e| Err(OutputError::io("move files to", &self.root)(std::io::Error::other(e))))
    }

    async fn append(&mut self, table: Table, staged: &StagedEpoch, record: &CommitRecord) -> Result<()> {
        let Some(delta) = self.deltas.get_mut(&table) else { return Ok(()) };
        let fs = &self.options.fs;
        let log = logs::dir(&self.root, table);
        fs.step("before commit").map_err(OutputError::io("commit to", &log))?;
        let json = record.to_json(table)?;
        let app_id = &self.options.app_id;
        let version = delta::append(delta, table, app_id, record.epoch, staged.files(table), json).await?;
        fs.step("after commit").map_err(OutputError::io("commit to", &log))?;
        logs::sync_entry(&self.root, table, version, fs)
    }

    fn versions(&self) -> BTreeMap<String, u64> {
        let others = self.deltas.iter().filter(|(table, _)| **table != Table::Flagged);
        others.filter_map(|(table, delta)| Some((table.name().to_owned(), delta.version()?))).collect()
    }
}

fn sync_newest(root: &Path, table: Table, delta: &DeltaTable, fs: &Arc<dyn Fs>) -> Result<()> {
    delta.version().map_or(Ok(()), |version| logs::sync_entry(root, table, version, fs))
}
