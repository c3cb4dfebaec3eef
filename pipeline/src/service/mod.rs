//! A run without an end, as a [`Config`] says: `tamis run`.
//!
//! [`Service::prepare`] reads everything that can be wrong and opens the doors; [`Service::run`] runs
//! until it is told to stop. Beside the stages of the data stand the spools of the senders that push,
//! the thread that looks for new lists and scenarios, and the window for those who watch.

mod backlog;
mod http;
mod load;
mod meters;
mod reload;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

pub use self::backlog::{LastStart, Waiting, Waits};
use self::load::{Loader, Slot};
pub use self::meters::Meters;
use self::reload::Reload;
use crate::batch::{BatchLimits, DeadLimit};
use crate::commit::{CompactLimits, LogLimits, RecoveryPlan, TablesOptions, app_id};
use crate::config::{Config, Output, Source, SourceKind};
use crate::decode::Neutral;
use crate::epoch::{Closed, EpochLimits};
use crate::error::{Error, Result};
use crate::flow::Committed;
use crate::runtime::{Runtimes, Stage, Stop, cores};
use crate::sink::{EpochCounts, Fs, LocalFs};
use crate::source::acks::Acks;
use crate::source::generator::Generator;
use crate::source::kafka::Kafka;
use crate::source::push;
use crate::source::spool::{self, Inbox, SpoolWriter};
use crate::source::watch::{After, Watch};
use crate::topology::Options;
use crate::topology::live::{Epochs, Live, LiveSource, Opened};

/// What a service has done when it ends.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Epochs that were committed.
    pub epochs: u64,
    /// Number of the last one; 0 where there was none.
    pub last_epoch: u64,
    /// What went in.
    pub closed: Closed,
    /// What came out.
    pub counts: EpochCounts,
}

/// Everything that was read and found right; nothing runs yet.
#[derive(Debug)]
pub struct Service {
    config: Config,
    neutral: Arc<Neutral>,
    slot: Arc<Slot>,
    reload: Option<Reload>,
    meters: Arc<Meters>,
    begun: Instant,
}

/// What a start found, for people.
#[derive(Debug, Clone)]
pub struct Start {
    /// What was repaired, and where the run goes on.
    pub plan: RecoveryPlan,
    /// Partitions that the checkpoint knows.
    pub partitions: usize,
    /// How long it took to open and repair the tables.
    pub took: Duration,
    /// What waits to be read, of those sources that can be asked.
    pub waiting: Vec<Waiting>,
    /// How long the last start took that had something to read.
    pub last: Option<LastStart>,
    /// Addresses of the doors and of the window.
    pub listening: Vec<String>,
}

impl Service {
    /// Reads lists, scenarios and mappings, and plans with them.
    ///
    /// # Errors
    /// Whatever is wrong with them, with file and line.
    pub fn prepare(config: Config) -> Result<Self> {
        let begun = Instant::now();
        let loader = Loader::new(&config);
        // Looked at before they are read: what changes meanwhile is read again.
        let (lists, scenarios) = (loader.look_at_lists(), loader.look_at_scenarios());
        let mut neutral = Neutral::default();
        for path in &config.decode.mappings {
            let text = std::fs::read_to_string(path).map_err(|e| Error::input(path, &e))?;
            neutral.add(&path.display().to_string(), &text).map_err(Error::Usage)?;
        }
        for source in &config.sources {
            if let SourceKind::Folder { folder, after, .. } = &source.kind {
                std::fs::read_dir(folder).map_err(|e| Error::input(folder, &e))?;
                if let After::Move(to) = after
                    && to.starts_with(folder)
                {
                    let (name, to) = (&source.name, to.display());
                    return Err(Error::Usage(format!(
                        "source {name}: move_to {to} lies in the watched folder, and would be watched itself"
                    )));
                }
            }
        }
        let slot = Arc::new(Slot::new(loader.screening(Arc::new(loader.generation()?), loader.scenarios()?)?));
        let meters = Arc::new(Meters::default());
        meters.in_force(&slot.get());
        let every = config.watchlist.check_seconds;
        let reload = (every > 0.0).then(|| Reload {
            loader,
            slot: Arc::clone(&slot),
            every: Duration::from_secs_f64(every),
            meters: Arc::clone(&meters),
            lists,
            scenarios,
        });
        Ok(Self { config, neutral: Arc::new(neutral), slot, reload, meters, begun })
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What is in force: generation, its entities, scenario set.
    pub fn in_force(&self) -> (String, usize, String) {
        let now = self.slot.get();
        (now.generation().id().to_owned(), now.generation().len(), now.scenario_set().to_owned())
    }

    /// What is counted.
    pub fn meters(&self) -> &Arc<Meters> {
        &self.meters
    }

    /// Opens tables and doors and runs until all sources have ended or the end is asked for, by `stop` or by
    /// a signal.
    ///
    /// # Errors
    /// That of the first stage that failed.
    pub fn run(
        self,
        stop: &Stop,
        started: impl FnOnce(&Start),
        epochs: impl FnMut(&Committed) + Send + 'static,
    ) -> Result<Totals> {
        let Self { config, neutral, slot, reload, meters, begun: prepared } = self;
        let options = options(&config);
        let runtimes = Arc::new(Runtimes::new(options.threads)?);
        runtimes.stop_on_signals(stop);
        let begun = Instant::now();
        let output = &config.output;
        let who = TablesOptions {
            app_id: app_id(&output.instance),
            tables: output.lies(),
            take_over: output.take_over,
            ..TablesOptions::default()
        };
        let opened = Opened::open(&runtimes, &output.folder, options, who)?;
        let mut start = Start {
            plan: opened.plan.clone(),
            partitions: opened.checkpoint().iter().count(),
            took: begun.elapsed(),
            waiting: backlog::waiting(&config.sources, output, opened.checkpoint(), runtimes.io()),
            last: LastStart::read(&output.folder, &output.instance),
            listening: Vec::new(),
        };

        let disk: Arc<dyn Fs> = Arc::new(LocalFs);
        let mut beside: Vec<Stage<()>> = Vec::new();
        let mut sources = Vec::new();
        for Source { name, kind } in config.sources.clone() {
            sources.push(match kind {
                SourceKind::Folder { folder, poll, settle, marker, after } => {
                    LiveSource::Watch(Watch { name, folder, poll, settle, marker, after, disk: Arc::clone(&disk) })
                }
                SourceKind::Stdin => LiveSource::Stdin,
                SourceKind::Generator { travellers, entities, seed, dirt, rate } => {
                    LiveSource::Generator(Generator { name, travellers, entities, seed, dirt, rate })
                }
                SourceKind::Kafka(settings) => {
                    let (tables, instance) = (config.output.folder.clone(), config.output.instance.clone());
                    LiveSource::Kafka(Kafka { name, tables, instance, settings })
                }
                SourceKind::Push { http, listen, spool, limits } => {
                    let (writer, reader, inbox) =
                        spool::open(&name, &spool, limits, &disk, stop, &opened.checkpoint().of_source(&name))?;
                    let listener = bind(&runtimes, listen, &name)?;
                    start.listening.push(format!(
                        "source {name} on {} {}",
                        if http { "http" } else { "tcp" },
                        address(&listener, listen)
                    ));
                    open_door(&runtimes, listener, http, inbox, stop);
                    beside.push(write_spool(&runtimes, writer, stop)?);
                    LiveSource::Spool(reader)
                }
            });
        }
        if let Some(wanted) = config.http_address().map_err(Error::Usage)? {
            let listener = bind(&runtimes, wanted, "http")?;
            start.listening.push(format!("metrics and health on http {}", address(&listener, wanted)));
            let (meters, slot, stop) = (Arc::clone(&meters), Arc::clone(&slot), stop.clone());
            runtimes.io().spawn(async move {
                if let Err(error) = http::serve(listener, meters, slot, stop).await {
                    tracing::error!(%error, "metrics are no longer served");
                }
            });
        }
        if let Some(reload) = reload {
            let stop = stop.clone();
            beside.push(Stage::start("reload", move || {
                reload.run(&stop);
                Ok(())
            })?);
        }
        started(&start);

        let totals = Arc::new(std::sync::Mutex::new(Totals::default()));
        // A start that had nothing to read waits for others, and says nothing of itself.
        let waited: u64 = start.waiting.iter().map(Waiting::bytes).sum();
        let first = start.waiting.iter().any(Waiting::is_some).then(|| First { begun: prepared, waited, output: output.clone() });
        let live = Live {
            opened,
            sources,
            acks: Arc::new(Acks::new(config.sources.iter().map(|s| s.name.as_str()))),
            neutral,
            options,
            epochs: Box::new(Count { totals: Arc::clone(&totals), meters: Arc::clone(&meters), first, told: epochs }),
            observer: Arc::clone(&meters) as _,
            waits: Arc::clone(meters.waits()),
        };
        let outcome = live.run(&runtimes, move || slot.get(), stop);
        stop.request();
        let beside: Vec<_> = beside.into_iter().map(Stage::join).collect();
        beside.into_iter().collect::<Result<()>>().and(outcome)?;
        let totals = totals.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        Ok(totals)
    }
}

/// The limits of the stages.
fn options(config: &Config) -> Options {
    let threads = if config.limits.threads == 0 { cores() } else { config.limits.threads };
    let mut options = Options::with_threads(threads);
    let mebibytes = |n: usize, default: usize| if n == 0 { default } else { n << 20 };
    options.raw_bytes = mebibytes(config.limits.raw_mebibytes, options.raw_bytes);
    options.row_bytes = mebibytes(config.limits.row_mebibytes, options.row_bytes);
    options.write_bytes = config.limits.write_mebibytes << 20;
    options.records = config.output.records;
    let maintenance = &config.maintenance;
    options.logs = LogLimits::keeping(maintenance.log_versions);
    options.compact = (maintenance.compact_files > 1).then(|| {
        let bytes = maintenance.compact_mebibytes << 20;
        // One file at a time: the next epoch waits for it.
        CompactLimits { files: maintenance.compact_files, bytes, at_once: 1 }
    });
    options.batch = BatchLimits {
        rows: config.batch.rows,
        age: Some(Duration::from_millis(config.batch.milliseconds)),
        epoch: EpochLimits { rows: config.epoch.rows, bytes: config.epoch.mebibytes << 20, age: Some(config.epoch_age()) },
        dead: DeadLimit { share: config.limits.dead_share, window: config.limits.dead_window },
    };
    options
}

fn bind(runtimes: &Runtimes, at: std::net::SocketAddr, name: &str) -> Result<TcpListener> {
    runtimes
        .io()
        .block_on(TcpListener::bind(at))
        .map_err(|e| Error::Usage(format!("{name}: cannot listen on {at}: {}", e.to_string().to_lowercase())))
}

/// Where a listener listens: port 0 asks for any that is free.
fn address(listener: &TcpListener, wanted: std::net::SocketAddr) -> std::net::SocketAddr {
    listener.local_addr().unwrap_or(wanted)
}

fn open_door(runtimes: &Runtimes, listener: TcpListener, http: bool, inbox: Inbox, stop: &Stop) {
    let stop = stop.clone();
    runtimes.io().spawn(async move {
        let served =
            if http { push::serve_http(listener, inbox, stop).await } else { push::serve_tcp(listener, inbox, stop).await };
        if let Err(error) = served {
            tracing::error!(%error, "messages are no longer taken");
        }
    });
}

/// The disk failing under a spool ends the run: senders are told that nothing is taken.
fn write_spool(runtimes: &Runtimes, writer: SpoolWriter, stop: &Stop) -> Result<Stage<()>> {
    let (io, stop) = (runtimes.io().clone(), stop.clone());
    Stage::start("spool", move || {
        let outcome = writer.run(&io);
        if outcome.is_err() {
            stop.request();
        }
        outcome
    })
}

/// Remembers how long it took to the first epoch.
struct First {
    begun: Instant,
    waited: u64,
    output: Output,
}

struct Count<F> {
    totals: Arc<std::sync::Mutex<Totals>>,
    meters: Arc<Meters>,
    first: Option<First>,
    told: F,
}

impl<F: FnMut(&Committed) + Send> Epochs for Count<F> {
    fn committed(&mut self, epoch: Committed, took: Duration) {
        self.meters.committed(&epoch, took);
        if let Some(First { begun, waited, output }) = self.first.take() {
            LastStart { seconds: begun.elapsed().as_secs_f64(), waiting: waited, epoch: epoch.epoch }
                .write(&output.folder, &output.instance);
        }
        let mut totals = self.totals.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        totals.epochs += 1;
        totals.last_epoch = epoch.epoch;
        totals.closed.add(&epoch.closed);
        totals.counts.add(&epoch.counts);
        drop(totals);
        (self.told)(&epoch);
    }
}
