use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use tamis_operators::schema::RecordKind;

use super::batch::{Stamps, unstamped};
use super::error::{OutputError, Result};
use super::fs::{DataFile, Fs};
use super::layout::{Table, file_name};
use super::partition::{Day, NULL_PARTITION, compact, day_text, split};
use super::staged::StagedFile;
use super::stats::delta_stats;

/// Rows that a write should have: small writes cost the Parquet writer a third of its speed.
const ROWS_A_WRITE: usize = 4_096;

/// Rows of one day in one batch that are written as they come.
const ROWS_DIRECT: usize = ROWS_A_WRITE / 2;

/// What one table may hold in memory and keep open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of waiting rows and of row groups in the making.
    pub(super) memory: usize,
    /// Files that are open at a time.
    pub(super) open_files: usize,
}

/// The files of one kind of rows of one table in one epoch, one or more a day of arrival.
///
/// Rows of days that have few wait in one pool and cost no file until there are enough of them,
/// or the epoch ends. A dirty input with thousands of days therefore needs neither thousands of
/// open files nor a file a row; the pool and the row groups in the making stay below
/// [`Limits::memory`].
#[derive(Debug)]
pub(super) struct TableWriter {
    table: Table,
    /// Kind of the rows; `None` in a table that is not split by kind.
    kind: Option<RecordKind>,
    schema: SchemaRef,
    row_schema: SchemaRef,
    properties: WriterProperties,
    stamps: Stamps,
    fs: Arc<dyn Fs>,
    /// Staging folder of the table.
    dir: PathBuf,
    app_id: String,
    epoch: u64,
    limits: Limits,
    pool: Pool,
    open: HashMap<Day, OpenFile>,
    clock: u64,
    next_file: u32,
    done: Vec<StagedFile>,
}

/// Rows that wait, in the order in which they came. The batches own their bytes.
#[derive(Debug, Default)]
struct Pool {
    batches: Vec<RecordBatch>,
    days: Vec<Day>,
    bytes: usize,
    rows_a_day: BTreeMap<Day, usize>,
    fullest: usize,
}

impl Pool {
    fn push(&mut self, rows: RecordBatch, days: impl IntoIterator<Item = (Day, usize)>) {
        self.bytes += rows.get_array_memory_size();
        self.batches.push(rows);
        for (day, n) in days {
            self.days.extend(std::iter::repeat_n(day, n));
            let of_day = self.rows_a_day.entry(day).or_default();
            *of_day += n;
            self.fullest = self.fullest.max(*of_day);
        }
    }
}

struct OpenFile {
    writer: ArrowWriter<Box<dyn DataFile>>,
    day: Day,
    /// Relative to the table's folder.
    path: String,
    full_path: PathBuf,
    used: u64,
}

impl std::fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl TableWriter {
    #[allow(clippy::too_many_arguments)]
    pub(super) fn new(
        (table, kind): (Table, Option<RecordKind>),
        properties: WriterProperties,
        stamps: Stamps,
        fs: Arc<dyn Fs>,
        epoch_dir: &Path,
        app_id: &str,
        epoch: u64,
        limits: Limits,
    ) -> Self {
        Self {
            table,
            kind,
            schema: table.file_schema(),
            row_schema: unstamped(table),
            properties,
            stamps,
            fs,
            dir: epoch_dir.join(table.name()),
            app_id: app_id.to_owned(),
            epoch,
            limits,
            pool: Pool::default(),
            open: HashMap::new(),
            clock: 0,
            next_file: 0,
            done: Vec::new(),
        }
    }

    /// Schema of the rows that [`Self::write`] takes: that of the files without the stamps.
    pub(super) fn row_schema(&self) -> &SchemaRef {
        &self.row_schema
    }

    /// Takes rows; `days` has the day of each.
    pub(super) fn write(&mut self, rows: &RecordBatch, days: &[Day]) -> Result<()> {
        let mut few = Vec::new();
        for (day, part) in split(rows, days).map_err(OutputError::arrow(self.table))? {
            // Rows of a day keep their order: once some of them wait, the next ones wait as well.
            if part.num_rows() >= ROWS_DIRECT && !self.pool.rows_a_day.contains_key(&day) {
                self.append(day, &part)?;
            } else {
                few.push((day, part));
            }
        }
        self.wait(&few)?;
        if self.pool.fullest >= ROWS_A_WRITE || self.pool.bytes > self.limits.memory / 4 {
            self.settle()?;
        }
        self.keep_memory()
    }

    /// Writes all that waits, closes and syncs all files.
    pub(super) fn finish(mut self) -> Result<Vec<StagedFile>> {
        for (day, part) in self.empty_pool()? {
            let was_open = self.open.contains_key(&day);
            self.append(day, &part)?;
            if !was_open {
                self.close(day)?;
            }
        }
        let mut days: Vec<Day> = self.open.keys().copied().collect();
        days.sort_unstable();
        for day in days {
            self.close(day)?;
        }
        self.done.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(self.done)
    }

    /// Puts parts into the pool, as one batch that owns its bytes.
    fn wait(&mut self, parts: &[(Day, RecordBatch)]) -> Result<()> {
        let fail = OutputError::arrow(self.table);
        let rows = match parts {
            [] => return Ok(()),
            [(_, one)] => compact(one),
            many => concat_batches(&self.row_schema, many.iter().map(|(_, part)| part)).and_then(|all| compact(&all)),
        };
        self.pool.push(rows.map_err(fail)?, parts.iter().map(|(day, part)| (*day, part.num_rows())));
        Ok(())
    }

    /// The rows that wait, one part a day.
    fn empty_pool(&mut self) -> Result<Vec<(Day, RecordBatch)>> {
        let pool = std::mem::take(&mut self.pool);
        concat_batches(&self.row_schema, &pool.batches)
            .and_then(|all| split(&all, &pool.days))
            .map_err(OutputError::arrow(self.table))
    }

    /// Writes the days with enough rows, then the fullest ones until the pool is at most half full.
    fn settle(&mut self) -> Result<()> {
        let bytes_a_row = self.pool.bytes / self.pool.days.len().max(1);
        let mut parts = self.empty_pool()?;
        parts.sort_by_key(|(_, part)| std::cmp::Reverse(part.num_rows()));
        let mut left: usize = parts.iter().map(|(_, part)| part.num_rows()).sum();
        let mut stay = Vec::new();
        for (day, part) in parts {
            if part.num_rows() >= ROWS_A_WRITE || left * bytes_a_row > self.limits.memory / 8 {
                left -= part.num_rows();
                self.append(day, &part)?;
            } else {
                stay.push((day, part));
            }
        }
        self.wait(&stay)
    }

    fn append(&mut self, day: Day, rows: &RecordBatch) -> Result<()> {
        let rows = self.stamps.add(rows, &self.schema).map_err(OutputError::arrow(self.table))?;
        if !self.open.contains_key(&day) {
            if self.open.len() >= self.limits.open_files {
                let oldest = self.open.values().min_by_key(|f| f.used).map(|f| f.day);
                if let Some(oldest) = oldest {
                    self.close(oldest)?;
                }
            }
            let file = self.create(day)?;
            self.open.insert(day, file);
        }
        self.clock += 1;
        if let Some(file) = self.open.get_mut(&day) {
            file.used = self.clock;
            file.writer.write(&rows).map_err(OutputError::parquet(&file.full_path))?;
        }
        Ok(())
    }

    /// Partition columns of the table with their values.
    fn partition_values(&self, day: Day) -> Vec<(&'static str, Option<String>)> {
        let value = |name| match (name, self.kind) {
            ("kind", Some(kind)) => Some(kind.as_str().to_owned()),
            _ => day_text(day),
        };
        self.table.partitions().iter().map(|c| (c.name, value(c.name))).collect()
    }

    fn create(&mut self, day: Day) -> Result<OpenFile> {
        let folders = self.partition_values(day).into_iter().map(|(partition, value)| {
            let value = value.unwrap_or_else(|| NULL_PARTITION.to_owned());
            format!("{partition}={value}")
        });
        let folder = folders.collect::<Vec<_>>().join("/");
        let path = format!("{folder}/{}", file_name(&self.app_id, self.epoch, self.next_file));
        self.next_file += 1;
        let dir = self.dir.join(&folder);
        self.fs.create_dir_all(&dir).map_err(OutputError::io("create folder", &dir))?;
        let full_path = self.dir.join(&path);
        let file = self.fs.create(&full_path).map_err(OutputError::io("create", &full_path))?;
        let writer = ArrowWriter::try_new(file, Arc::clone(&self.schema), Some(self.properties.clone()))
            .map_err(OutputError::parquet(&full_path))?;
        Ok(OpenFile { writer, day, path, full_path, used: self.clock })
    }

    fn close(&mut self, day: Day) -> Result<()> {
        let Some(mut file) = self.open.remove(&day) else { return Ok(()) };
        let footer = file.writer.finish().map_err(OutputError::parquet(&file.full_path))?;
        let synced = file.writer.sync().and_then(|()| file.writer.inner_mut().sync());
        synced.map_err(OutputError::io("sync", &file.full_path))?;
        let partition_values = self.partition_values(file.day);
        self.done.push(StagedFile {
            table: self.table,
            path: file.path,
            partition_values,
            rows: footer.file_metadata().num_rows() as u64,
            bytes: file.writer.bytes_written() as u64,
            stats: delta_stats(&footer, &self.schema, self.table.stats_columns()),
        });
        Ok(())
    }

    /// Over the limit, the largest row group in the making is written.
    fn keep_memory(&mut self) -> Result<()> {
        let held = |f: &OpenFile| f.writer.memory_size();
        while self.open.values().map(held).sum::<usize>() > self.limits.memory / 4 * 3 {
            let Some(file) = self.open.values_mut().max_by_key(|f| (held(f), f.day)) else { break };
            if file.writer.in_progress_rows() == 0 {
                break;
            }
            file.writer.flush().map_err(OutputError::parquet(&file.full_path))?;
        }
        Ok(())
    }
}
