use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, Int32Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int32Type;
use tamis_operators::schema::RecordKind;

use crate::invariants::{Invariant, check};

use super::batch::{Conform, Stamps, columns_of_records, explode_hits, screened_schema, unstamped};
use super::counts::{EpochCounts, Inflow};
use super::error::{OutputError, Result};
use super::fs::{Fs, LocalFs};
use super::layout::{Table, staging_name, staging_root};
use super::partition::{Day, days};
use super::properties::writer_properties;
use super::staged::{StagedEpoch, StagedFile, StagingDir};
use super::table_writer::{Limits, TableWriter};

/// What all rows of an epoch have in common (invariant C4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochStamp {
    /// Number of the epoch; the first is 1.
    pub epoch: u64,
    /// Digest of the watchlist generation.
    pub generation: String,
    /// Digest of the scenario set.
    pub scenario_set: String,
}

/// How files are written.
#[derive(Debug, Clone)]
pub struct SinkOptions {
    /// Whether the archive of all records is written.
    pub records: bool,
    /// Rows a row group; DuckDB's own default is 122,880.
    pub row_group_rows: usize,
    /// Bytes a row group may have before compression.
    pub row_group_bytes: usize,
    /// Bytes that all open writers of an epoch may hold for one kind of records, more or less.
    pub memory: usize,
    /// Files that one table may have open at a time.
    pub open_files: usize,
    /// Name of the writer in file names and in the tables' logs.
    pub app_id: String,
    /// File system.
    pub fs: Arc<dyn Fs>,
}

impl Default for SinkOptions {
    fn default() -> Self {
        Self {
            records: true,
            row_group_rows: 128 << 10,
            row_group_bytes: 128 << 20,
            memory: 256 << 20,
            open_files: 16,
            app_id: "tamis".into(),
            fs: Arc::new(LocalFs),
        }
    }
}

/// The writers of the records of one kind.
#[derive(Debug)]
struct KindWriters {
    screened: Conform,
    records: Option<TableWriter>,
    hits: TableWriter,
    flagged: TableWriter,
}

/// Writes the files of one epoch. Dropped before [`Self::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct EpochWriter {
    stamp: EpochStamp,
    counts: EpochCounts,
    /// Those of each kind of records that came.
    kinds: BTreeMap<RecordKind, KindWriters>,
    dead: Conform,
    dead_letters: TableWriter,
    options: SinkOptions,
    // Last, so that the files are closed before their folder is removed.
    staging: StagingDir,
}

impl EpochWriter {
    /// Opens an epoch in the staging folder of `root`. Fails where that epoch is staged already:
    /// either another writer is at it, or a crash left it and the output wants recovery.
    pub fn try_new(root: &Path, stamp: EpochStamp, options: &SinkOptions) -> Result<Self> {
        let dir = staging_root(root).join(staging_name(&options.app_id, &format!("epoch-{:010}", stamp.epoch)));
        if dir.exists() {
            return Err(OutputError::NeedsRecovery { path: root.to_owned() });
        }
        let epoch = i64::try_from(stamp.epoch).unwrap_or(i64::MAX);
        check(Invariant::C4, (1..i64::MAX).contains(&epoch), || format!("epoch {} is out of range", stamp.epoch))?;
        options.fs.create_dir_all(&dir).map_err(OutputError::io("create folder", &dir))?;
        let staging = StagingDir::new(dir, Arc::clone(&options.fs));
        let dead_letters = writer(Table::DeadLetters, None, options.memory / 6, &stamp, options, staging.path());
        Ok(Self {
            kinds: BTreeMap::new(),
            dead_letters,
            dead: Conform::new(Table::DeadLetters, None, unstamped(Table::DeadLetters)),
            counts: EpochCounts::default(),
            options: options.clone(),
            staging,
            stamp,
        })
    }

    /// What was written so far.
    pub fn counts(&self) -> &EpochCounts {
        &self.counts
    }

    /// Takes a screened batch of one kind of records: their columns, TRIAGE and FLAGGED by name, all
    /// rows, an empty list where a row has no hit. The order of rows and batches of a kind is the
    /// order in the files.
    pub fn write(&mut self, kind: RecordKind, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let writers = self.kinds.entry(kind);
        let writers = writers.or_insert_with(|| KindWriters::new(kind, &self.stamp, &self.options, self.staging.path()));
        let batch = writers.screened.apply(batch)?;
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| OutputError::Column {
                table: Table::Flagged.name(),
                column: name.to_owned(),
                reason: "it is missing".into(),
            })
        };
        let triage = column("triage")?.as_string_view();
        self.counts.count_triage(triage)?;
        let days = days(column("arrival_local")?, Some(column("departure_local")?));

        if let Some(records) = &mut writers.records {
            let columns = batch.columns()[..columns_of_records()].to_vec();
            let rows = RecordBatch::try_new(Arc::clone(records.row_schema()), columns);
            records.write(&rows.map_err(OutputError::arrow(Table::Records))?, &days)?;
        }

        let refer: BooleanArray = triage.iter().map(|t| Some(t == Some("refer"))).collect();
        if refer.true_count() > 0 {
            let rows = RecordBatch::try_new(Arc::clone(writers.flagged.row_schema()), batch.columns().to_vec());
            let rows = rows.and_then(|rows| filter_record_batch(&rows, &refer));
            let days = kept(&days, &refer);
            writers.flagged.write(&rows.map_err(OutputError::arrow(Table::Flagged))?, &days)?;
        }

        let list = column("hits")?.as_list::<i32>();
        let claimed = column("hit_count")?.as_primitive::<Int32Type>();
        let lengths: Int32Array = list.value_offsets().windows(2).map(|w| w[1] - w[0]).collect::<Vec<_>>().into();
        check(Invariant::C1, claimed.values() == lengths.values(), || "hit_count and hits disagree".into())?;
        self.counts.hits_referred +=
            lengths.values().iter().zip(refer.values()).filter(|(_, r)| *r).map(|(n, _)| *n as u64).sum::<u64>();
        if let Some(rows) = explode_hits(&batch, writers.hits.row_schema())? {
            let (from, to) = (list.value_offsets()[0] as usize, list.value_offsets()[batch.num_rows()] as usize);
            self.counts.count_hits(list.values().slice(from, to - from).as_struct());
            let days: Vec<Day> =
                lengths.values().iter().zip(&days).flat_map(|(n, day)| std::iter::repeat_n(*day, *n as usize)).collect();
            writers.hits.write(&rows, &days)?;
        }
        Ok(())
    }

    /// Takes dead letters: the columns of DEAD_LETTER by name.
    pub fn write_dead(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let batch = self.dead.apply(batch)?;
        let received = batch.column_by_name("received_at").ok_or_else(|| OutputError::Column {
            table: Table::DeadLetters.name(),
            column: "received_at".into(),
            reason: "it is missing".into(),
        })?;
        let days = days(received, None);
        self.counts.count_dead(&batch);
        self.dead_letters.write(&batch, &days)
    }

    /// Closes and syncs all files and checks conservation (invariant C1): against what the
    /// earlier stages counted, and against the rows that the files say they hold.
    pub fn finish(mut self, inflow: Inflow) -> Result<StagedEpoch> {
        self.counts.rows_in = inflow.rows;
        self.counts.duplicates = inflow.duplicates;
        self.counts.check_conservation()?;
        let mut files: BTreeMap<Table, Vec<StagedFile>> = BTreeMap::new();
        files.insert(Table::DeadLetters, self.dead_letters.finish()?);
        for writers in self.kinds.into_values() {
            let KindWriters { records, hits, flagged, .. } = writers;
            for (table, writer) in [(Table::Records, records), (Table::Hits, Some(hits)), (Table::Flagged, Some(flagged))] {
                if let Some(writer) = writer {
                    files.entry(table).or_default().extend(writer.finish()?);
                }
            }
        }
        for table in Table::ALL {
            if table == Table::Records && !self.options.records {
                continue;
            }
            let rows = files.entry(table).or_default().iter().map(|f| f.rows).sum();
            self.counts.check_table(table, rows)?;
        }
        Ok(StagedEpoch { stamp: self.stamp, counts: self.counts, files, staging: self.staging })
    }
}

impl KindWriters {
    fn new(kind: RecordKind, stamp: &EpochStamp, options: &SinkOptions, staging: &Path) -> Self {
        let writer = |table, memory| writer(table, Some(kind), memory, stamp, options, staging);
        // The archive is the large one; the others hold a few rows in a hundred.
        let share = if options.records { options.memory / 2 } else { options.memory / 4 };
        Self {
            screened: Conform::new(Table::Flagged, Some(kind), screened_schema()),
            records: options.records.then(|| writer(Table::Records, share)),
            hits: writer(Table::Hits, options.memory / 6),
            flagged: writer(Table::Flagged, options.memory / 6),
        }
    }
}

fn writer(
    table: Table,
    kind: Option<RecordKind>,
    memory: usize,
    stamp: &EpochStamp,
    options: &SinkOptions,
    staging: &Path,
) -> TableWriter {
    TableWriter::new(
        (table, kind),
        writer_properties(table, Some(stamp), options),
        Stamps::new(stamp.clone(), i64::try_from(stamp.epoch).unwrap_or(i64::MAX)),
        Arc::clone(&options.fs),
        staging,
        &options.app_id,
        stamp.epoch,
        Limits { memory, open_files: options.open_files.max(1) },
    )
}

fn kept(days: &[Day], mask: &BooleanArray) -> Vec<Day> {
    days.iter().zip(mask.values()).filter(|(_, keep)| *keep).map(|(day, _)| *day).collect()
}
