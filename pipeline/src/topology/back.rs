//! screen, sink and commit: the same for every run that writes tables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use futures::FutureExt;

use super::{Options, StageName, WAITING, Waits, keep_first, reasons};
use crate::checkpoint::{CheckpointDelta, Span};
use crate::commit::{CompactLimits, RecoveryPlan, Tables, TablesOptions};
use crate::epoch::Closed;
use crate::error::{Error, Result};
use crate::flow::{Committed, Cut, Screened, Staged};
use crate::runtime::{Runtimes, Stage, Stop};
use crate::screen::{self, Gather, Screening};
use crate::sink::{EpochWriter, Inflow, OutputError, SinkOptions};

/// Epochs after which it is looked for small files.
const EPOCHS_BETWEEN: u64 = 8;

/// Stands beside the commits. Called on the thread that commits, so it must not block.
pub(super) trait Witness: Send {
    /// Partitions, with their sources, that the checkpoint may forget before the next epoch.
    fn gone(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// An epoch was committed; what it read, and how long the commit took.
    fn committed(&mut self, epoch: Committed, read: &CheckpointDelta, took: Duration);
}

/// The stages behind the cutter.
pub(super) struct Back {
    deal: Stage<()>,
    sink: Stage<()>,
    commit: Stage<Tables>,
}

impl Back {
    pub(super) fn start(
        runtimes: &Arc<Runtimes>,
        tables: Tables,
        screening: impl Fn() -> Arc<Screening> + Send + 'static,
        cuts: Receiver<Cut>,
        options: Options,
        (waits, stop): (&Arc<Waits>, &Stop),
        witness: Box<dyn Witness>,
    ) -> Result<Self> {
        let (ledger_tx, ledger) = bounded::<Screened>(WAITING * options.threads);
        let (staged_tx, staged) = bounded::<Staged>(1);
        let numbers = tables.numbers();
        let next_epoch = move || Ok(numbers.next()?);
        let compute = runtimes.compute().clone();
        let deal = {
            let waits = Arc::clone(waits);
            let deal = move || screen::run(screening, options.threads, &compute, next_epoch, &cuts, &ledger_tx, &waits);
            Stage::start_or_stop("screen", stop, deal)?
        };
        let app_id = tables.app_id().to_owned();
        let (root, memory) = (tables.root().to_owned(), options.write_bytes);
        let sink = Sink { root, app_id, records: options.records, memory, waits: Arc::clone(waits) };
        let sink = Stage::start_or_stop("sink", stop, move || sink.run(&ledger, &staged_tx))?;
        let (runtimes, waits) = (Arc::clone(runtimes), Arc::clone(waits));
        let commit = move || commit_all(&runtimes, tables, &staged, &waits, options.compact, witness);
        let commit = Stage::start_or_stop("commit", stop, commit)?;
        Ok(Self { deal, sink, commit })
    }

    /// Waits for the end and gives the tables, or the first error in the order of the data: what went
    /// wrong first lies furthest up; the stages behind it only noticed.
    pub(super) fn join(self) -> Result<Tables> {
        let committed = self.commit.join();
        let (sink, deal) = (self.sink.join(), self.deal.join());
        deal.and(sink).and(committed)
    }
}

struct Sink {
    root: PathBuf,
    app_id: String,
    records: bool,
    memory: usize,
    waits: Arc<Waits>,
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
        while let Ok(entry) = self.waits.input(StageName::Sink, || ledger.recv()) {
            match (entry, open.take()) {
                (Screened::Open { stamp, lanes }, None) => {
                    let (records, memory, app_id) = (self.records, self.memory, self.app_id.clone());
                    let options = SinkOptions { records, memory, app_id, ..SinkOptions::default() };
                    let writer = EpochWriter::try_new(&self.root, stamp, &options)?;
                    let gather = Gather::new(lanes);
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
                    let staged = stage(epoch, closed)?;
                    if !self.waits.output(StageName::Sink, || out.send(staged).is_ok()) {
                        return Ok(());
                    }
                }
                _ => return Err(Error::Stage("sink")),
            }
        }
        Ok(())
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

/// Opens the output and repairs what a crash left in it. `tables` says who opens it, and where the tables lie.
pub(super) fn open_tables(
    runtimes: &Runtimes,
    out: &Path,
    options: Options,
    tables: TablesOptions,
) -> Result<(Tables, RecoveryPlan)> {
    let Options { records, logs, .. } = options;
    let options = TablesOptions { records, logs, ..tables };
    let mut tables = runtimes.block_on(Tables::open(out, options).boxed())?;
    let plan = runtimes.block_on(tables.recover().boxed())?;
    tracing::info!(?plan, "output opened");
    Ok((tables, plan))
}

/// Commits epochs in the order in which they come, and gives the tables back.
fn commit_all(
    runtimes: &Runtimes,
    mut tables: Tables,
    staged: &Receiver<Staged>,
    waits: &Waits,
    compact: Option<CompactLimits>,
    mut witness: Box<dyn Witness>,
) -> Result<Tables> {
    while let Ok(Staged { files, delta, closed, reasons }) = waits.input(StageName::Commit, || staged.recv()) {
        let (epoch, counts) = (files.stamp().epoch, files.counts().clone());
        for (source, partition) in witness.gone() {
            tables.forget(&source, &partition);
        }
        let begun = Instant::now();
        runtimes.block_on(tables.commit(files, &delta).boxed())?;
        tracing::info!(epoch, rows = closed.rows, dead = closed.dead, referred = counts.refer, "epoch committed");
        let committed = Committed { epoch, closed: Closed { read: Vec::new(), ..closed }, counts, reasons };
        witness.committed(committed, &delta, begun.elapsed());
        if let Some(limits) = compact.filter(|_| epoch.is_multiple_of(EPOCHS_BETWEEN)) {
            let done = runtimes.block_on(tables.compact(limits).boxed())?;
            if done.into > 0 {
                tracing::info!(joined = done.joined, into = done.into, bytes = done.bytes_after, "small files joined");
            }
        }
    }
    Ok(tables)
}
