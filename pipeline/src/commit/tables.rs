use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use deltalake_core::DeltaTable;

use crate::checkpoint::{Checkpoint, CheckpointDelta};
use crate::invariants::{Invariant, check};
use crate::sink::{EpochStamp, EpochWriter, Fs, Inflow, LocalFs, OutputError, Result, SinkOptions, StagedEpoch, Table};

use super::bucket::{Location, Owner};
use super::guard::claim;
use super::home::Home;
use super::instances::{self, EpochNumbers, Instance, Turn, Turns};
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
    /// Name of the writer in the logs; that of an instance is made by [`app_id`](super::app_id).
    pub app_id: String,
    /// How far back the logs of the tables go.
    pub logs: LogLimits,
    /// Where the tables lie.
    pub tables: Lies,
    /// Whether tables in a bucket are taken over that belong to another output folder. Its service can commit
    /// nothing from then on.
    pub take_over: bool,
    /// File system.
    pub fs: Arc<dyn Fs>,
}

/// Where the tables of an output folder lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Lies {
    /// Where the folder says; in the folder itself where it is new.
    #[default]
    WhereTheyAre,
    /// In the folder itself; refused where it says otherwise.
    InTheFolder,
    /// Behind an S3 API; likewise.
    At(Location),
}

impl Default for TablesOptions {
    fn default() -> Self {
        Self::for_sink(&SinkOptions::default())
    }
}

impl TablesOptions {
    /// Options that fit those of the sink.
    pub fn for_sink(sink: &SinkOptions) -> Self {
        Self {
            records: sink.records,
            app_id: sink.app_id.clone(),
            logs: LogLimits::default(),
            tables: Lies::default(),
            take_over: false,
            fs: Arc::clone(&sink.fs),
        }
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

/// The four tables of one output folder, open for writing by this instance alone.
#[derive(Debug)]
pub struct Tables {
    home: Home,
    /// The right to write, where the tables lie in a bucket.
    owner: Option<Owner>,
    options: TablesOptions,
    /// In the order of the commits.
    deltas: BTreeMap<Table, DeltaTable>,
    /// The newest commit of an epoch, whichever instance made it.
    last: Option<CommitRecord>,
    /// The last epoch of each instance, as `flagged` has it; 0 before the first.
    epochs: BTreeMap<String, u64>,
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
    turns: Turns,
    numbers: EpochNumbers,
    _instance: Instance,
}

impl Tables {
    /// Opens the tables of an output folder; makes the folder and the tables where they are not
    /// there. Refuses a folder that holds anything else, and one that another process of the same
    /// instance writes to. Call [`Self::recover`] next.
    pub async fn open(root: &Path, options: TablesOptions) -> Result<Self> {
        let (instance, home) = claim(root, &options)?;
        let mut turns = Turns::open(root, &options.app_id)?;
        let turn = turns.take()?;
        let owner = match home.bucket() {
            Some(bucket) => Some(Owner::enter(root, bucket, options.take_over, &options.fs)?),
            None => None,
        };
        let mut torn = 0;
        let (mut deltas, mut checkpointed) = (BTreeMap::new(), BTreeMap::new());
        for table in Table::ALL {
            let log = home.log(table);
            torn += logs::clean(&home, table)?.len();
            let found = logs::list(&home, table)?;
            let there = !found.commits.is_empty() || !found.checkpoints.is_empty();
            checkpointed.extend(found.checkpoints.keys().next_back().map(|version| (table, *version)));
            if table == Table::Records && !there && !options.records {
                continue;
            }
            let delta = if there {
                delta::open(&home, table, None).await?
            } else {
                options.fs.step("before create").map_err(OutputError::io("create", &log))?;
                let delta = delta::create(&home, table).await?;
                logs::sync_entry(&home, table, 0)?;
                for dir in [home.dir(table).as_path(), root] {
                    home.fs().sync_dir(dir).map_err(OutputError::io("sync", dir))?;
                }
                delta
            };
            deltas.insert(table, delta);
        }
        let mut this = Self {
            home,
            owner,
            turns,
            numbers: EpochNumbers::new(root),
            options,
            deltas,
            last: None,
            epochs: BTreeMap::new(),
            checkpoint: Checkpoint::default(),
            forgotten: BTreeMap::new(),
            clean: torn == 0,
            fresh: true,
            torn,
            checkpointed,
            _instance: instance,
        };
        // Whoever was replaced may still be writing, and what is read must not change meanwhile.
        this.fence().await?;
        this.read_state().await?;
        this.numbers.begin(root, this.app_id(), this.highest())?;
        // What the last turn may have left is for the recovery, which comes next.
        if !turn.broken_off {
            turn.done();
        }
        Ok(this)
    }

    /// Last epoch that counts; `None` before the first.
    pub fn last_epoch(&self) -> Option<u64> {
        self.last.as_ref().map(|r| r.epoch)
    }

    /// Number of the next epoch, as far as this process knows of others.
    pub fn next_epoch(&self) -> u64 {
        self.numbers.front().unwrap_or_else(|| self.highest() + 1)
    }

    /// Where epochs get their numbers from.
    pub fn numbers(&self) -> EpochNumbers {
        self.numbers.clone()
    }

    fn highest(&self) -> u64 {
        self.epochs.values().copied().max().unwrap_or(0)
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

    /// Commits what was forgotten since the last epoch, as an epoch without rows, and gives its number;
    /// `None` where nothing was. For the end of a run, behind which no epoch follows.
    pub async fn commit_forgotten(&mut self) -> Result<Option<u64>> {
        let Some(last) = self.last.as_ref().filter(|_| !self.forgotten.is_empty()) else { return Ok(None) };
        let (generation, scenario_set) = (last.generation.clone(), last.scenario_set.clone());
        let stamp = EpochStamp { epoch: self.numbers.next()?, generation, scenario_set };
        let (app_id, fs) = (self.options.app_id.clone(), Arc::clone(&self.options.fs));
        let sink = SinkOptions { records: self.options.records, app_id, fs, ..SinkOptions::default() };
        let nothing = EpochWriter::try_new(self.root(), stamp, &sink)?.finish(Inflow { rows: 0, duplicates: 0 })?;
        Ok(Some(self.commit(nothing, &CheckpointDelta::default()).await?.epoch))
    }

    /// Output folder.
    pub fn root(&self) -> &Path {
        self.home.root()
    }

    pub(super) fn home(&self) -> &Home {
        &self.home
    }

    pub(super) fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }

    /// Commits an epoch: all of it, or nothing that anyone sees as committed. One that is
    /// committed already is dropped, whatever it holds. After an error in the middle the tables
    /// refuse further commits until [`Self::recover`].
    pub async fn commit(&mut self, staged: StagedEpoch, read: &CheckpointDelta) -> Result<Committed> {
        let epoch = staged.stamp().epoch;
        // Never so for a number that was given out and waits for its commit: what comes under it is new.
        if self.own_epoch() >= epoch && self.numbers.front() != Some(epoch) {
            return Ok(Committed { epoch, already: true, bytes: 0, files: 0 });
        }
        let turn = self.take_turn().await?;
        if epoch != self.next_epoch() || self.own_epoch() >= epoch {
            return Err(OutputError::Order { expected: self.next_epoch(), found: epoch });
        }
        staged.counts().check_conservation()?;
        check(Invariant::C1, staged.files(Table::Records).is_empty() || self.deltas.contains_key(&Table::Records), || {
            "records were written, but there is no such table".into()
        })?;
        // Also the fence between instances: what another one has committed meanwhile is refused here.
        let checkpoint = self.checkpoint.after(read).map_err(|e| match self.options.app_id.as_str() {
            instances::SOLE => OutputError::from(e),
            _ => OutputError::Fenced { epoch, source: e },
        })?;
        let mut record = CommitRecord::new(&self.options.app_id, &staged, read);

        self.begin_change();
        let staged = self.place(staged).await?;
        let (mut files, mut bytes) = (0, 0);
        let names: Vec<Table> = self.deltas.keys().copied().collect();
        for table in names {
            let here = staged.files(table);
            files += here.len();
            bytes += here.iter().map(|f| f.bytes).sum::<u64>();
            if table == Table::Flagged {
                record.checkpoint = Some(checkpoint.clone());
                record.epochs.clone_from(&self.epochs);
                record.epochs.insert(self.options.app_id.clone(), epoch);
                record.forgotten = std::mem::take(&mut self.forgotten);
                record.versions = self.versions();
            } else if here.is_empty() {
                continue;
            }
            self.append(table, &staged, &record).await?;
        }
        self.checkpoint = checkpoint;
        self.last = Some(record);
        self.epochs.insert(self.options.app_id.clone(), epoch);
        self.numbers.committed(epoch);
        self.done_change();
        self.shorten_logs().await?;
        turn.done();
        Ok(Committed { epoch, already: false, bytes, files })
    }

    pub(super) fn delta(&self, table: Table) -> Option<&DeltaTable> {
        self.deltas.get(&table)
    }

    pub(super) fn delta_mut(&mut self, table: Table) -> Option<&mut DeltaTable> {
        self.deltas.get_mut(&table)
    }

    /// Name of this instance in the logs.
    pub fn app_id(&self) -> &str {
        &self.options.app_id
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
        let delta = delta::open(&self.home, table, None).await?;
        self.deltas.insert(table, delta);
        self.check_owner()
    }

    /// From here until [`Self::end_change`] a failure wants recovery.
    pub(super) async fn start_change(&mut self) -> Result<Turn> {
        let turn = self.take_turn().await?;
        self.begin_change();
        Ok(turn)
    }

    pub(super) fn end_change(&mut self, turn: Turn) {
        self.done_change();
        turn.done();
    }

    /// As [`Self::start_change`], for those that have the turn.
    pub(super) fn begin_change(&mut self) {
        (self.clean, self.fresh) = (false, false);
    }

    pub(super) fn done_change(&mut self) {
        self.clean = true;
    }

    /// The last epoch that this instance has committed; 0 before the first.
    fn own_epoch(&self) -> u64 {
        self.epochs.get(&self.options.app_id).copied().unwrap_or(0)
    }

    /// Waits until no other process changes the tables, and reads what they changed meanwhile. What one
    /// of them left half done when it died is taken back.
    async fn take_turn(&mut self) -> Result<Turn> {
        if !self.clean {
            return Err(OutputError::NeedsRecovery { path: self.root().to_owned() });
        }
        let turn = self.turns.take()?;
        if turn.others {
            for (table, delta) in &mut self.deltas {
                logs::clean(&self.home, *table)?;
                // What this process has in memory may point at entries that another one has cut off meanwhile.
                let newest = logs::list(&self.home, *table)?.checkpoints.keys().next_back().copied();
                if newest > self.checkpointed.get(table).copied() || delta.update_state().await.is_err() {
                    *delta = delta::open(&self.home, *table, None).await?;
                    self.checkpointed.extend(newest.map(|version| (*table, version)));
                }
            }
            self.check_owner()?;
            let forgotten = std::mem::take(&mut self.forgotten);
            self.read_state().await?;
            for (source, partitions) in forgotten {
                for partition in partitions {
                    self.forget(&source, &partition);
                }
            }
        }
        if turn.broken_off || !self.clean {
            if self.fence().await? {
                self.read_state().await?;
            }
            self.take_back(&mut RecoveryPlan::default()).await?;
        }
        Ok(turn)
    }

    /// Repairs what a crash left: takes back tables that are ahead of `flagged`, and removes
    /// uncommitted files and staged epochs. To be called once after [`Self::open`], before any
    /// epoch is written; and after a commit that failed, when no epoch is being written.
    pub async fn recover(&mut self) -> Result<RecoveryPlan> {
        let turn = self.turns.take()?;
        self.fresh &= !turn.others;
        let fs = Arc::clone(&self.options.fs);
        self.clean = false;
        self.numbers.forget();
        let torn = std::mem::take(&mut self.torn);
        let staged = clear_staging(self.root(), &self.options.app_id, &fs)?;
        let mut plan = RecoveryPlan { staged, torn, ..RecoveryPlan::default() };
        for (table, delta) in &mut self.deltas {
            plan.torn += logs::clean(&self.home, *table)?.len();
            if !self.fresh {
                *delta = delta::open(&self.home, *table, None).await?;
            }
        }
        if !self.fresh {
            let fenced = self.fence().await?;
            self.read_state().await?;
            if fenced {
                self.numbers.begin(self.home.root(), &self.options.app_id, self.highest())?;
            }
        }
        plan.resume_after = self.last_epoch();
        self.take_back(&mut plan).await?;
        self.fresh = false;
        turn.done();
        Ok(plan)
    }

    /// Takes tables back that are ahead of `flagged` and removes what no log names. Whoever has the turn
    /// may: nobody else is in the middle of a commit, so the process that left this is dead.
    async fn take_back(&mut self, plan: &mut RecoveryPlan) -> Result<()> {
        self.clean = false;
        for (table, delta) in &mut self.deltas {
            if let Some((app_id, epoch)) = delta::ahead(&self.home, delta, *table, &self.epochs).await? {
                let counts = self.epochs.get(&app_id).copied().unwrap_or(0);
                let paths = delta::roll_back(&self.home, delta, *table, &app_id, counts).await?;
                sync_newest(&self.home, *table, delta)?;
                plan.rolled_back.push(RolledBack { table: *table, epoch, files: paths.len() });
            }
            // Only now: a file must not go before the log has let go of it.
            let named: Vec<String> = delta::files(delta, *table)?.into_iter().map(|(path, _)| path).collect();
            plan.orphans += remove_orphans(&self.home, *table, &self.epochs, &named)?;
        }
        let of_log: usize = plan.rolled_back.iter().map(|r| r.files).sum();
        plan.orphans = plan.orphans.saturating_sub(of_log);
        self.clean = true;
        Ok(())
    }

    /// Reads the last epochs and the checkpoint out of `flagged`.
    async fn read_state(&mut self) -> Result<()> {
        let Some(flagged) = self.deltas.get(&Table::Flagged) else { return Ok(()) };
        self.last = delta::last_record(&self.home, flagged, Table::Flagged)?;
        self.epochs = match &self.last {
            Some(record) if !record.epochs.is_empty() => record.epochs.clone(),
            _ => delta::last_epochs(flagged, Table::Flagged, self.root()).await?,
        };
        for app_id in instances::app_ids(self.root())? {
            self.epochs.entry(app_id).or_insert(0);
        }
        let marked = match &self.last {
            Some(record) => delta::last_epoch(flagged, Table::Flagged, &record.app_id).await?,
            None => Some(self.highest()).filter(|epoch| *epoch > 0),
        };
        if marked != self.last_epoch() {
            let reason = format!("the log is at epoch {marked:?}, its record at {:?}", self.last_epoch());
            return Err(OutputError::Record { table: Table::Flagged.name(), reason });
        }
        self.checkpoint = self.last.as_ref().and_then(|r| r.checkpoint.clone()).unwrap_or_default();
        self.forgotten.clear();
        for (table, delta) in &self.deltas {
            self.clean &= delta::ahead(&self.home, delta, *table, &self.epochs).await?.is_none();
        }
        Ok(())
    }

    async fn place(&self, staged: StagedEpoch) -> Result<StagedEpoch> {
        let home = self.home.clone();
        // Moves and syncs block; they have no business on a thread that drives I/O.
        let moved = tokio::task::spawn_blocking(move || place(&home, staged)).await;
        moved.unwrap_or_else(|e| Err(OutputError::io("move files to", self.root())(std::io::Error::other(e))))
    }

    async fn append(&mut self, table: Table, staged: &StagedEpoch, record: &CommitRecord) -> Result<()> {
        let Some(delta) = self.deltas.get_mut(&table) else { return Ok(()) };
        let fs = &self.options.fs;
        let log = self.home.log(table);
        fs.step("before commit").map_err(OutputError::io("commit to", &log))?;
        let json = record.to_json(table)?;
        let app_id = &self.options.app_id;
        let appended = delta::append(&self.home, delta, table, app_id, record.epoch, staged.files(table), json).await;
        if let Err(OutputError::Conflict { .. }) = appended {
            // Says who it was, where it was another machine.
            self.check_owner()?;
        }
        let version = appended?;
        fs.step("after commit").map_err(OutputError::io("commit to", &log))?;
        logs::sync_entry(&self.home, table, version)
    }

    fn versions(&self) -> BTreeMap<String, u64> {
        let others = self.deltas.iter().filter(|(table, _)| **table != Table::Flagged);
        others.filter_map(|(table, delta)| Some((table.name().to_owned(), delta.version()?))).collect()
    }
}

fn sync_newest(home: &Home, table: Table, delta: &DeltaTable) -> Result<()> {
    delta.version().map_or(Ok(()), |version| logs::sync_entry(home, table, version))
}
