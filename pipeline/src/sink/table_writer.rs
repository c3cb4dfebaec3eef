use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::batch::{Stamps, unstamped};
use super::error::{OutputError, Result};
use super::fs::{DataFile, Fs};
use super::layout::{KIND, Table, file_name};
use super::partition::{Day, NULL_PARTITION, compact, day_text, split};
use super::staged::StagedFile;
use super::stats::delta_stats;

/// Rows below which rows wait: small writes cost the Parquet writer a third of its speed.
const ROWS_A_WRITE: usize = 4_096;

/// What one table may hold in memory and keep open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of waiting rows and of row groups in the making.
    pub(super) memory: usize,
    /// Files that are open at a time.
    pub(super) open_files: usize,
}

/// The files of one table in one epoch, one or more a day of arrival.
///
/// A day with few rows costs no file until the end: its rows wait, compacted. A dirty input with
/// thousands of days therefore needs neither thousands of open files nor a file a row; the rows
/// that wait and the row groups in the making stay below [`Limits::memory`].
#[derive(Debug)]
pub(super) struct TableWriter {
    table: Table,
    schema: SchemaRef,
    waiting_schema: SchemaRef,
    properties: WriterProperties,
    stamps: Stamps,
    fs: Arc<dyn Fs>,
    /// Staging folder of the table.
    dir: PathBuf,
    app_id: String,
    epoch: u64,
    limits: Limits,
    waiting: BTreeMap<Day, Waiting>,
    waiting_bytes: usize,
    open: HashMap<Day, OpenFile>,
    clock: u64,
    next_file: u32,
    done: Vec<StagedFile>,
}

#[derive(Debug, Default)]
struct Waiting {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
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
        table: Table,
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
            schema: table.file_schema(),
            waiting_schema: unstamped(table),
            properties,
            stamps,
            fs,
            dir: epoch_dir.join(table.name()),
            app_id: app_id.to_owned(),
            epoch,
            limits,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            open: HashMap::new(),
            clock: 0,
            next_file: 0,
            done: Vec::new(),
        }
    }

    /// Schema of the rows that [`Self::write`] takes: that of the files without the stamps.
    pub(super) fn row_schema(&self) -> &SchemaRef {
        &self.waiting_schema
    }

    /// Takes rows; `days` has the day of each.
    pub(super) fn write(&mut self, rows: &RecordBatch, days: &[Day]) -> Result<()> {
        let whole = rows.num_rows();
        for (day, part) in split(rows, days).map_err(OutputError::arrow(self.table))? {
            let waiting = self.waiting.entry(day).or_default();
            if waiting.rows + part.num_rows() >= ROWS_A_WRITE {
                self.drain(day)?;
                self.append(day, &part)?;
                continue;
            }
            let part = if part.num_rows() == whole { part } else { compact(&part).map_err(OutputError::arrow(self.table))? };
            let bytes = part.get_array_memory_size();
            waiting.rows += part.num_rows();
            waiting.bytes += bytes;
            waiting.batches.push(part);
            self.waiting_bytes += bytes;
        }
        self.keep_limits()
    }

    /// Writes all that waits, closes and syncs all files.
    pub(super) fn finish(mut self) -> Result<Vec<StagedFile>> {
        let days: Vec<Day> = self.waiting.keys().copied().collect();
        for day in days {
            let was_open = self.open.contains_key(&day);
            self.drain(day)?;
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

    /// Writes what waits for a day.
    fn drain(&mut self, day: Day) -> Result<()> {
        let Some(waiting) = self.waiting.remove(&day) else { return Ok(()) };
        self.waiting_bytes -= waiting.bytes;
        match waiting.batches.as_slice() {
            [] => Ok(()),
            [one] => self.append(day, one),
            many => {
                let all = concat_batches(&self.waiting_schema, many).map_err(OutputError::arrow(self.table))?;
                self.append(day, &all)
            }
        }
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

    fn create(&mut self, day: Day) -> Result<OpenFile> {
        let partition = self.table.partitions()[1].name;
        let value = day_text(day);
        let folder = format!("kind={KIND}/{partition}={}", value.as_deref().unwrap_or(NULL_PARTITION));
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
        let partition = self.table.partitions()[1].name;
        self.done.push(StagedFile {
            table: self.table,
            path: file.path,
            partition_values: vec![("kind", Some(KIND.to_owned())), (partition, day_text(file.day))],
            rows: footer.file_metadata().num_rows() as u64,
            bytes: file.writer.bytes_written() as u64,
            stats: delta_stats(&footer, &self.schema, self.table.stats_columns()),
        });
        Ok(())
    }

    /// Over the limit, the fullest day that waits is written, then the largest row group.
    fn keep_limits(&mut self) -> Result<()> {
        while self.waiting_bytes > self.limits.memory / 4 {
            let Some(day) = self.waiting.iter().max_by_key(|(_, w)| w.bytes).map(|(day, _)| *day) else { break };
            self.drain(day)?;
        }
        let held = |f: &OpenFile| f.writer.memory_size();
        while self.open.values().map(held).sum::<usize>() > self.limits.memory / 4 * 3 {
            let Some(file) = self.open.values_mut().max_by_key(|f| held(f)) else { break };
            if file.writer.in_progress_rows() == 0 {
                break;
            }
            file.writer.flush().map_err(OutputError::parquet(&file.full_path))?;
        }
        Ok(())
    }
}
