//! A run without an end: several sources, epochs by the clock, editions that change, and the way back
//! from the commits to the sources.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;

use super::back::{Back, Witness, open_tables};
use super::front::{FRAMING, Front, Source, join_all};
use super::{Observer, Options, Waits};
use crate::checkpoint::{Checkpoint, CheckpointDelta};
use crate::commit::{RecoveryPlan, Tables, TablesOptions};
use crate::decode::Neutral;
use crate::error::Result;
use crate::flow::Committed;
use crate::runtime::{Runtimes, Stop};
use crate::screen::Screening;
use crate::source::acks::Acks;
use crate::source::generator::Generator;
use crate::source::kafka::Kafka;
use crate::source::outlet::Outlet;
use crate::source::read::{self, ReadLimits};
use crate::source::spool::SpoolReader;
use crate::source::stdin;
use crate::source::watch::Watch;

/// Tables that were opened and repaired; nothing runs yet.
#[derive(Debug)]
pub struct Opened {
    tables: Tables,
    /// What was repaired.
    pub plan: RecoveryPlan,
}

impl Opened {
    /// Opens the tables of an output folder, as an instance of that name, and repairs what a crash left.
    ///
    /// # Errors
    /// Where the folder is no output folder, is written to by another process, or cannot be repaired.
    pub fn open(runtimes: &Runtimes, out: &Path, options: Options, tables: TablesOptions) -> Result<Self> {
        let (tables, plan) = open_tables(runtimes, out, options, tables)?;
        Ok(Self { tables, plan })
    }

    /// What is committed.
    pub fn checkpoint(&self) -> &Checkpoint {
        self.tables.last_checkpoint()
    }
}

/// A source of a live run.
#[derive(Debug)]
pub enum LiveSource {
    /// A watched folder.
    Watch(Watch),
    /// Pushed messages.
    Spool(SpoolReader),
    /// The standard input.
    Stdin,
    /// Made-up messages.
    Generator(Generator),
    /// A topic of Kafka.
    Kafka(Kafka),
}

impl LiveSource {
    fn start(
        self,
        runtimes: &Runtimes,
        checkpoint: &Checkpoint,
        acks: &Arc<Acks>,
        neutral: &Arc<Neutral>,
        limits: ReadLimits,
    ) -> Source {
        let (acks, neutral) = (Arc::clone(acks), Arc::clone(neutral));
        match self {
            Self::Watch(watch) => {
                let committed = checkpoint.of_source(&watch.name);
                Box::new(move |out| watch.run(committed, &acks, &neutral, limits, FRAMING, out))
            }
            Self::Spool(spool) => {
                let committed = checkpoint.of_source(spool.name());
                Box::new(move |out| spool.run(&committed, &acks, out))
            }
            Self::Generator(generator) => {
                let at = checkpoint.position(&generator.name, &crate::source::generator::partition(generator.seed));
                Box::new(move |out| generator.run(at, out))
            }
            Self::Kafka(kafka) => {
                let io = runtimes.io().clone();
                Box::new(move |out| kafka.run(&io, &acks, out))
            }
            Self::Stdin => Box::new(move |out| {
                let stream = stdin::Stream::open(std::io::stdin(), out.stop())?;
                read::read_stream(stream, limits, FRAMING, &out.to_the_end()).map(drop)
            }),
        }
    }
}

/// Hears of the epochs of a live run.
pub trait Epochs: Send {
    /// One was committed; how long the commit took.
    fn committed(&mut self, epoch: Committed, took: Duration);
}

struct Tell {
    acks: Arc<Acks>,
    epochs: Box<dyn Epochs>,
}

impl Witness for Tell {
    fn gone(&mut self) -> Vec<(String, String)> {
        self.acks.take_gone()
    }

    fn committed(&mut self, epoch: Committed, read: &CheckpointDelta, took: Duration) {
        self.acks.committed(read);
        self.epochs.committed(epoch, took);
    }
}

/// What a live run is made of.
pub struct Live {
    /// The tables.
    pub opened: Opened,
    /// Where messages come from.
    pub sources: Vec<LiveSource>,
    /// Letter boxes of the sources.
    pub acks: Arc<Acks>,
    /// How tables of text are read.
    pub neutral: Arc<Neutral>,
    /// How rows are cut, and what may be in flight.
    pub options: Options,
    /// Hears of the epochs.
    pub epochs: Box<dyn Epochs>,
    /// Hears of what is decoded.
    pub observer: Arc<dyn Observer>,
    /// Where the stages tell how long they wait.
    pub waits: Arc<Waits>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("sources", &self.sources).field("options", &self.options).finish_non_exhaustive()
    }
}

impl Live {
    /// Runs until all sources have ended or the end is asked for: then what was read is screened and
    /// committed, and the sources put away what they kept of it. A stage that fails asks for the end
    /// itself, and the epochs that are open are not committed.
    ///
    /// # Errors
    /// That of the first stage that failed, in the order of the data.
    pub fn run(
        self,
        runtimes: &Arc<Runtimes>,
        screening: impl Fn() -> Arc<Screening> + Send + 'static,
        stop: &Stop,
    ) -> Result<()> {
        let Self { opened, sources, acks, neutral, options, epochs, observer, waits } = self;
        let sources = sources
            .into_iter()
            .map(|source| {
                let run = source.start(runtimes, opened.checkpoint(), &acks, &neutral, options.read);
                Box::new(move |out: &Outlet| {
                    let outcome = run(out);
                    if outcome.is_err() {
                        out.stop().request();
                    }
                    outcome
                }) as Source
            })
            .collect();
        let Front { cuts, stages } = Front::start(sources, &neutral, options, stop, &waits, observer)?;
        let witness = Box::new(Tell { acks: Arc::clone(&acks), epochs });
        let back = Back::start(runtimes, opened.tables, screening, cuts, options, (&waits, stop), witness)?;
        let back = back.join();
        // Sources that wait for input do not notice that nobody listens any more.
        stop.request();
        let mut tables = join_all(stages).and(back)?;
        acks.clear()?;
        for (source, partition) in acks.take_gone() {
            tables.forget(&source, &partition);
        }
        if let Some(epoch) = runtimes.block_on(tables.commit_forgotten().boxed())? {
            tracing::info!(epoch, "inputs of the last epochs put away");
        }
        Ok(())
    }
}
