//! How the stages of a run hang together: which threads there are, which queues lie between
//! them, and what happens when one of them stops.
//!
//! ```text
//! source ──▶ decode × N ──▶ batch ──▶ screen: deal ──▶ lanes × N (plans) ──▶ sink ──▶ commit
//!     bounded queues; bytes are paid for by permits            └── ledger ───▶┘
//! ```
//!
//! While epoch n is screened, n+1 is decoded and n−1 is committed; commits are made by one
//! thread, in order. A stage that fails drops its ends of the queues: those before it find that
//! nobody listens, those behind it that nothing comes, and all of them end. Only a source that
//! came to its end closes the last epoch, so a failure never commits half of one.

mod back;
mod front;
pub mod live;
pub mod replay;
mod waits;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::AsArray;
use arrow::record_batch::RecordBatch;
use crossbeam_channel::Receiver;

use self::back::{Back, Witness, open_tables};
use self::front::{FRAMING, Front, Source, join_all};
pub use self::waits::{StageName, Waits};
use crate::archive::Archive;
use crate::batch::BatchLimits;
use crate::checkpoint::CheckpointDelta;
use crate::commit::{CompactLimits, LogLimits, TablesOptions};
use crate::epoch::Closed;
use crate::error::{Error, Result};
use crate::flow::{Committed, Cut};
use crate::runtime::{Runtimes, Stop};
use crate::screen::Screening;
use crate::sink::{EpochCounts, SinkOptions};
use crate::source::files::Inputs;
use crate::source::read::{self, ReadLimits};

/// Messages that may wait in a queue between two threads; their bytes are bounded by permits.
const WAITING: usize = 8;

/// How a bounded run works. The defaults are the documented ones.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Decode threads, and lanes of screening.
    pub threads: usize,
    /// Raw bytes between source and batch.
    pub raw_bytes: usize,
    /// Bytes of rows between batch and sink.
    pub row_bytes: usize,
    /// What the open files of an epoch hold for each kind of record.
    pub write_bytes: usize,
    /// How input is read.
    pub read: ReadLimits,
    /// How rows are cut.
    pub batch: BatchLimits,
    /// Whether all records are kept, beside those that were flagged.
    pub records: bool,
    /// How far back the logs of the tables go.
    pub logs: LogLimits,
    /// How small files are joined between epochs; `None` leaves them.
    pub compact: Option<CompactLimits>,
}

impl Options {
    /// The defaults with so many threads, at least one.
    pub fn with_threads(threads: usize) -> Self {
        Self {
            threads: threads.max(1),
            // Rows take about ten times the bytes of their message, and those of all raw batches
            // in flight may be decoded and wait for the first of them.
            raw_bytes: (8 << 20) * (threads.max(1) + 1),
            row_bytes: (64 << 20) * (threads.max(1) + 1),
            write_bytes: SinkOptions::default().memory,
            read: ReadLimits::default(),
            batch: BatchLimits::default(),
            records: true,
            logs: LogLimits::default(),
            compact: None,
        }
    }
}

/// Is told how a run gets on. Called by the stage that knows, so it must not block.
pub trait Observer: Send + Sync {
    /// So much more is decoded. The ranges are left out.
    fn step(&self, step: &Closed);
}

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn step(&self, _step: &Closed) {}
}

/// What a bounded run did.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Files that were read.
    pub files: usize,
    /// Files that an earlier run had committed.
    pub skipped: usize,
    /// Files that were named more than once.
    pub repeated: usize,
    /// Given folders without a file.
    pub empty_folders: Vec<PathBuf>,
    /// What went in; the ranges are left out.
    pub closed: Closed,
    /// What came out.
    pub counts: EpochCounts,
    /// The words of a dead letter for each code.
    pub reasons: BTreeMap<String, String>,
    /// The title of each scenario that was evaluated.
    pub titles: BTreeMap<String, String>,
    /// Epochs that were committed.
    pub epochs: Vec<u64>,
    /// Wall-clock time of the run, in seconds.
    pub seconds: f64,
    /// Entities on the watchlists.
    pub entities: u64,
    /// Watchlist generation.
    pub generation: String,
    /// Scenario set.
    pub scenario_set: String,
}

impl Report {
    fn of(inputs: &Inputs) -> Self {
        Self {
            files: inputs.files.len(),
            skipped: inputs.skipped,
            repeated: inputs.repeated,
            empty_folders: inputs.empty_folders.clone(),
            ..Self::default()
        }
    }

    /// With what it screens.
    fn screened_with(&mut self, screening: &Screening) {
        self.entities = screening.generation().len() as u64;
        screening.generation().id().clone_into(&mut self.generation);
        screening.scenario_set().clone_into(&mut self.scenario_set);
        self.titles = screening.titles();
    }

    /// What was committed.
    fn sum(&mut self, kept: &Mutex<Vec<Committed>>) {
        for epoch in std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner)) {
            self.add(&epoch.closed, &epoch.counts);
            epoch.reasons.iter().for_each(|(code, words)| keep_first(&mut self.reasons, code, words));
            self.epochs.push(epoch.epoch);
        }
    }

    fn add(&mut self, closed: &Closed, counts: &EpochCounts) {
        self.closed.add(closed);
        self.counts.add(counts);
    }
}

/// Decodes without screening: `travellers` and `dead_letters` as Parquet files in a folder that
/// belongs to the caller. They appear together when all is written.
pub fn decode(inputs: Inputs, out: &Path, options: Options, observer: Arc<dyn Observer>) -> Result<Report> {
    let started = Instant::now();
    let mut report = Report::of(&inputs);
    let mut archive = Archive::create(out)?;
    let front = front(inputs, options, &Stop::default(), observer)?;
    let written = write_archive(&front.cuts, &mut archive, &mut report);
    // An error of a stage in front says more than what followed from it.
    front.finish()?;
    written?;
    archive.finish()?;
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

fn write_archive(cuts: &Receiver<Cut>, archive: &mut Archive, report: &mut Report) -> Result<()> {
    let (mut counts, mut complete) = (EpochCounts::default(), true);
    for cut in cuts {
        complete = false;
        match cut {
            Cut::Rows(batch) => {
                archive.write(batch.kind, &batch.rows)?;
                counts.standard += batch.rows.num_rows() as u64;
            }
            Cut::Dead(rows) => {
                archive.write_dead(&rows)?;
                for (code, message) in reasons(&rows) {
                    keep_first(&mut report.reasons, code, message);
                    *counts.dead_by_code.entry(code.to_owned()).or_default() += 1;
                }
                counts.dead += rows.num_rows() as u64;
            }
            Cut::Close(closed) => {
                counts.rows_in = closed.rows + closed.dead;
                counts.check_conservation()?;
                report.add(&closed, &std::mem::take(&mut counts));
                complete = true;
            }
        }
    }
    if complete { Ok(()) } else { Err(Error::Stage("batch")) }
}

/// Screens everything into the tables under `out`. Input that was committed before is left out.
pub fn screen(
    mut inputs: Inputs,
    screening: Arc<Screening>,
    out: &Path,
    options: Options,
    observer: Arc<dyn Observer>,
) -> Result<Report> {
    let started = Instant::now();
    let runtimes = Arc::new(Runtimes::new(options.threads)?);
    let (tables, _) = open_tables(&runtimes, out, options, TablesOptions::default())?;
    inputs.resume(tables.last_checkpoint().iter());
    let mut report = Report::of(&inputs);
    report.screened_with(&screening);

    let stop = Stop::default();
    let Front { cuts, stages } = front(inputs, options, &stop, observer)?;
    let epochs: Arc<Mutex<Vec<Committed>>> = Arc::default();
    let witness = Box::new(Keep(Arc::clone(&epochs)));
    let back = Back::start(&runtimes, tables, move || Arc::clone(&screening), cuts, options, (&Arc::default(), &stop), witness)?;
    let (back, front) = (back.join(), join_all(stages));
    front.and(back)?;
    report.sum(&epochs);
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Keeps what was committed, for the report.
struct Keep(Arc<Mutex<Vec<Committed>>>);

impl Witness for Keep {
    fn committed(&mut self, epoch: Committed, _: &CheckpointDelta, _: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(epoch);
    }
}

/// The stages in front of the screening, over inputs with an end.
fn front(inputs: Inputs, options: Options, stop: &Stop, observer: Arc<dyn Observer>) -> Result<Front> {
    let neutral = Arc::clone(&inputs.neutral);
    let source: Source = Box::new(move |out| read::read(&inputs, options.read, FRAMING, out).map(drop));
    Front::start(vec![source], &neutral, options, stop, &Arc::default(), observer)
}

/// Code and words of dead letters.
fn reasons(batch: &RecordBatch) -> impl Iterator<Item = (&str, &str)> {
    let text = |name| batch.column_by_name(name).and_then(|c| c.as_string_view_opt());
    let pairs = text("code").zip(text("message")).into_iter().flat_map(|(codes, words)| codes.iter().zip(words));
    pairs.map(|(code, words)| (code.unwrap_or_default(), words.unwrap_or_default()))
}

fn keep_first(words: &mut BTreeMap<String, String>, code: &str, message: &str) {
    if !words.contains_key(code) {
        words.insert(code.to_owned(), message.to_owned());
    }
}

#[cfg(test)]
mod tests;
