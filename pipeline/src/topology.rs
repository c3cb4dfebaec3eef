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

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use arrow::array::AsArray;
use arrow::record_batch::RecordBatch;
use crossbeam_channel::{Receiver, Sender, bounded};
use futures::FutureExt;
use tamis_operators::schema::RecordKind;

use crate::archive::Archive;
use crate::batch::{self, BatchLimits};
use crate::checkpoint::{CheckpointDelta, Span};
use crate::commit::{Tables, TablesOptions};
use crate::decode::{DecodeCounts, Decoded, Decoder, Neutral, Origin, last_boundary, last_row, table_header};
use crate::epoch::Closed;
use crate::error::{Error, Result};
use crate::flow::{Budget, Committed, Content, Cut, DecodedBatch, InputRange, RawBatch, RawMessage, Screened, Staged};
use crate::runtime::{Runtimes, Stage};
use crate::screen::{self, Gather, Screening};
use crate::sink::{EpochCounts, EpochStamp, EpochWriter, Inflow, OutputError, SinkOptions};
use crate::source::files::Inputs;
use crate::source::read::{self, Framing, ReadLimits};

/// Messages that may wait in a queue between two threads; their bytes are bounded by permits.
const WAITING: usize = 8;

/// How bytes are cut: as the decoder knows messages.
const FRAMING: Framing = Framing { message: last_boundary, row: last_row, header: table_header };

/// How a bounded run works. The defaults are the documented ones.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Decode threads, and lanes of screening.
    pub threads: usize,
    /// Raw bytes between source and batch.
    pub raw_bytes: usize,
    /// Bytes of rows between batch and sink.
    pub row_bytes: usize,
    /// How input is read.
    pub read: ReadLimits,
    /// How rows are cut.
    pub batch: BatchLimits,
    /// Whether all records are kept, beside those that were flagged.
    pub records: bool,
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
            read: ReadLimits::default(),
            batch: BatchLimits::default(),
            records: true,
        }
    }
}

/// Is told how a run gets on. Called by the stage that knows, so it must not block.
pub trait Observer: Send + Sync {
    /// So many more raw bytes and rows are decoded.
    fn step(&self, bytes: u64, rows: u64);
}

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn step(&self, _bytes: u64, _rows: u64) {}
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
    let front = Front::start(inputs, options, observer)?;
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
    let tables = open_tables(&runtimes, out, options.records)?;
    inputs.resume(tables.last_checkpoint().iter());
    let mut report = Report::of(&inputs);
    report.entities = screening.generation().len() as u64;
    screening.generation().id().clone_into(&mut report.generation);
    screening.scenario_set().clone_into(&mut report.scenario_set);
    report.titles = screening.titles();

    let first_epoch = tables.next_epoch();
    let Front { cuts, stages } = Front::start(inputs, options, observer)?;
    let (ledger_tx, ledger) = bounded::<Screened>(WAITING * options.threads);
    let (staged_tx, staged) = bounded::<Staged>(1);
    let deal = {
        let (screening, compute) = (Arc::clone(&screening), runtimes.compute().clone());
        Stage::start("screen", move || screen::run(&screening, options.threads, &compute, first_epoch, &cuts, &ledger_tx))?
    };
    let sink = {
        let sink = Sink { root: out.to_owned(), screening, records: options.records };
        Stage::start("sink", move || sink.run(&ledger, &staged_tx))?
    };
    let commit = {
        let runtimes = Arc::clone(&runtimes);
        Stage::start("commit", move || commit_all(&runtimes, tables, &staged))?
    };
    let committed = commit.join();
    let (sink, deal, front) = (sink.join(), deal.join(), join_all(stages));
    // What went wrong first lies furthest up; the stages behind it only noticed.
    front.and(deal).and(sink)?;
    for epoch in committed? {
        report.add(&epoch.closed, &epoch.counts);
        epoch.reasons.iter().for_each(|(code, words)| keep_first(&mut report.reasons, code, words));
        report.epochs.push(epoch.epoch);
    }
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// source, decode and batch: the same for every bounded run.
struct Front {
    cuts: Receiver<Cut>,
    stages: Vec<Stage<()>>,
}

impl Front {
    fn start(inputs: Inputs, options: Options, observer: Arc<dyn Observer>) -> Result<Self> {
        let (raw_tx, raw) = bounded::<RawBatch>(WAITING * options.threads);
        let (decoded_tx, decoded) = bounded::<Result<DecodedBatch>>(WAITING * options.threads);
        let (cut_tx, cuts) = bounded::<Cut>(WAITING);
        let raw_budget = Budget::new(options.raw_bytes);
        let row_budget = Budget::new(options.row_bytes);
        // Set when the source came to its end, to the number of raw batches that it sent.
        let sent = Arc::new(OnceLock::new());
        let neutral = Arc::clone(&inputs.neutral);

        let mut stages = Vec::with_capacity(options.threads + 2);
        stages.push({
            let sent = Arc::clone(&sent);
            Stage::start("source", move || {
                let n = read::read(&inputs, options.read, FRAMING, &raw_budget, &raw_tx)?;
                sent.get_or_init(|| n);
                Ok(())
            })?
        });
        for _ in 0..options.threads {
            let (raw, neutral, out) = (raw.clone(), Arc::clone(&neutral), decoded_tx.clone());
            stages.push(Stage::start("decode", move || {
                decode_all(&raw, neutral, &out);
                Ok(())
            })?);
        }
        drop((raw, decoded_tx));
        stages.push(Stage::start("batch", move || {
            let sent = || sent.get().copied();
            let progress = |step: &Closed| observer.step(step.bytes, step.rows + step.dead);
            batch::run(RecordKind::schema, options.batch, &decoded, &row_budget, sent, &cut_tx, progress)
        })?);
        Ok(Self { cuts, stages })
    }

    fn finish(self) -> Result<()> {
        let Self { cuts, stages } = self;
        drop(cuts);
        join_all(stages)
    }
}

/// Waits for all stages and gives the first error in the order of the data.
fn join_all(stages: Vec<Stage<()>>) -> Result<()> {
    let results: Vec<_> = stages.into_iter().map(Stage::join).collect();
    results.into_iter().collect()
}

/// One decode thread. A fault goes down the queue as well: without it the stage behind would
/// wait for the missing piece while the pieces after it hold all permits.
fn decode_all(raw: &Receiver<RawBatch>, neutral: Arc<Neutral>, out: &Sender<Result<DecodedBatch>>) {
    struct Alarm<'a>(&'a Sender<Result<DecodedBatch>>);
    impl Drop for Alarm<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                let _stopped = self.0.send(Err(Error::Stage("decode")));
            }
        }
    }
    let _alarm = Alarm(out);
    let mut decoder = Decoder::with_mappings(neutral);
    for batch in raw {
        let decoded = decode_one(&mut decoder, batch);
        let failed = decoded.is_err();
        if out.send(decoded).is_err() || failed {
            break;
        }
    }
}

fn decode_one(decoder: &mut Decoder, batch: RawBatch) -> Result<DecodedBatch> {
    let RawBatch { sequence, messages, permit } = batch;
    let (mut bytes, mut read) = (0, Vec::with_capacity(messages.len()));
    for RawMessage { source, partition, progress, position, until, received_at, content, bytes: raw } in messages {
        let origin = Origin { source: &source, partition: &partition, position, received_at };
        match content {
            Content::Messages { header } => decoder.decode_part(&origin, &header, &raw),
            Content::Rows => decoder.decode_rows(&origin, &raw),
            Content::Fault(fault) => {
                let (code, message) = fault.told();
                decoder.fault(&origin, code, &message);
            }
            Content::Nothing => {}
        }
        bytes += raw.len() as u64;
        read.push(InputRange { source, progress, from: position, to: until });
    }
    let Decoded { travellers, consignments, dead_letters, formats, counts } =
        decoder.finish().map_err(|e| Error::Screen(e.to_string()))?;
    let DecodeCounts { messages, messages_to_come, dirt_bytes, .. } = counts;
    Ok(DecodedBatch {
        sequence,
        travellers,
        consignments,
        dead_letters,
        read,
        messages,
        messages_to_come,
        formats,
        bytes,
        dirt_bytes,
        permit,
    })
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

struct Sink {
    root: PathBuf,
    screening: Arc<Screening>,
    records: bool,
}

/// An epoch that is being written.
struct Open {
    writer: EpochWriter,
    gather: Gather,
    reasons: BTreeMap<String, String>,
}

impl Sink {
    fn run(&self, ledger: &Receiver<Screened>, out: &Sender<Staged>) -> Result<()> {
        let mut open: Option<Open> = None;
        for entry in ledger {
            match (entry, open.take()) {
                (Screened::Open { epoch, lanes }, None) => {
                    let (writer, gather) = (self.writer(epoch)?, Gather::new(lanes));
                    open = Some(Open { writer, gather, reasons: BTreeMap::new() });
                }
                (Screened::Rows { kind, lane, rows, permit }, Some(mut epoch)) => {
                    let Open { writer, gather, .. } = &mut epoch;
                    gather.take(kind, lane, rows, |batch| Ok(writer.write(kind, &batch)?))?;
                    drop(permit);
                    open = Some(epoch);
                }
                (Screened::Dead(rows), Some(mut epoch)) => {
                    reasons(&rows).for_each(|(code, message)| keep_first(&mut epoch.reasons, code, message));
                    epoch.writer.write_dead(&rows)?;
                    open = Some(epoch);
                }
                (Screened::Close(closed), Some(epoch)) => {
                    if out.send(stage(epoch, closed)?).is_err() {
                        return Ok(());
                    }
                }
                _ => return Err(Error::Stage("sink")),
            }
        }
        Ok(())
    }

    fn writer(&self, epoch: u64) -> Result<EpochWriter> {
        let stamp = EpochStamp {
            epoch,
            generation: self.screening.generation().id().to_owned(),
            scenario_set: self.screening.scenario_set().to_owned(),
        };
        let options = SinkOptions { records: self.records, ..SinkOptions::default() };
        Ok(EpochWriter::try_new(&self.root, stamp, &options)?)
    }
}

/// Closes the files of an epoch.
fn stage(epoch: Open, closed: Closed) -> Result<Staged> {
    let Open { writer, gather, reasons } = epoch;
    gather.finish()?;
    let mut delta = CheckpointDelta::default();
    for range in &closed.read {
        let span = Span { from: range.from as u64, to: range.to as u64 };
        delta.extend(&range.source, &range.progress, span).map_err(OutputError::from)?;
    }
    let files = writer.finish(Inflow { rows: closed.rows + closed.dead, duplicates: 0 })?;
    Ok(Staged { files, delta, closed, reasons })
}

/// Opens the output and repairs what a crash left in it.
fn open_tables(runtimes: &Runtimes, out: &Path, records: bool) -> Result<Tables> {
    let options = TablesOptions { records, ..TablesOptions::default() };
    let mut tables = runtimes.block_on(Tables::open(out, options).boxed())?;
    let plan = runtimes.block_on(tables.recover().boxed())?;
    tracing::info!(?plan, "output opened");
    Ok(tables)
}

/// Commits epochs in the order in which they come.
fn commit_all(runtimes: &Runtimes, mut tables: Tables, staged: &Receiver<Staged>) -> Result<Vec<Committed>> {
    let mut all = Vec::new();
    for Staged { files, delta, closed, reasons } in staged {
        let (epoch, counts) = (files.stamp().epoch, files.counts().clone());
        runtimes.block_on(tables.commit(files, &delta).boxed())?;
        tracing::info!(epoch, rows = closed.rows, dead = closed.dead, referred = counts.refer, "epoch committed");
        all.push(Committed { epoch, closed: Closed { read: Vec::new(), ..closed }, counts, reasons });
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
