//! What a service counts, in the text format of Prometheus. No metric holds personal data, and none
//! has a label that grows with the records.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::epoch::Closed;
use crate::flow::Committed;
use crate::screen::Screening;
use crate::topology::{Observer, StageName, Waits};

type Labels = Vec<(&'static str, String)>;
type Counters = Family<Labels, Counter>;
type Real = Gauge<f64, AtomicU64>;

/// The metrics of one process.
#[derive(Debug)]
pub struct Meters {
    registry: Registry,
    begun: Instant,
    waits: Arc<Waits>,
    /// Generation and scenario set that are in force, as labels.
    in_force: Mutex<Option<Labels>>,
    records: Counters,
    dead: Counters,
    bytes: Counter,
    messages: Counters,
    triage: Counters,
    hits: Counter,
    epochs: Counter,
    last_epoch: Gauge,
    committed_at: Real,
    commit_seconds: Histogram,
    reloads: Counters,
    edition: Family<Labels, Gauge>,
    entities: Gauge,
    stage_input: Family<Labels, Real>,
    stage_output: Family<Labels, Real>,
    silent: Family<Labels, Gauge>,
    uptime: Real,
}

impl Default for Meters {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tamis");
        macro_rules! metric {
            ($type:ty, $name:literal, $help:literal) => {{
                let metric = <$type>::default();
                registry.register($name, $help, metric.clone());
                metric
            }};
        }
        let commit_seconds = Histogram::new(exponential_buckets(0.002, 2.0, 14));
        let records = metric!(Counters, "records", "Records decoded, by kind");
        let dead = metric!(Counters, "dead_letters", "Dead letters committed, by code");
        let bytes = metric!(Counter, "raw_bytes", "Raw bytes decoded");
        let messages = metric!(Counters, "messages", "Messages decoded, by format");
        let triage = metric!(Counters, "triage", "Records committed, by outcome");
        let hits = metric!(Counter, "hits", "Hits committed");
        let epochs = metric!(Counter, "epochs", "Epochs committed by this process");
        let last_epoch = metric!(Gauge, "last_epoch", "Number of the last epoch that was committed");
        let committed_at = metric!(Real, "last_commit_timestamp_seconds", "When the last epoch was committed, since 1970");
        registry.register("commit_seconds", "Time to move and commit the files of an epoch", commit_seconds.clone());
        let reloads = metric!(Counters, "editions", "New editions of lists and scenarios, by outcome");
        let edition = metric!(Family<Labels, Gauge>, "edition_info", "Generation and scenario set in force");
        let entities = metric!(Gauge, "watchlist_entities", "Entities of the generation in force");
        let stage_input =
            metric!(Family<Labels, Real>, "stage_waiting_for_input_seconds", "Waits of the threads of a stage for input");
        let stage_output = metric!(Family<Labels, Real>, "stage_waiting_for_room_seconds", "Waits of the threads of a stage for those behind it");
        let silent = metric!(Family<Labels, Gauge>, "silent_partitions", "Partitions of a source whose broker does not answer");
        let uptime = metric!(Real, "uptime_seconds", "Age of this process");
        Self {
            registry,
            begun: Instant::now(),
            waits: Arc::default(),
            in_force: Mutex::default(),
            records,
            dead,
            bytes,
            messages,
            triage,
            hits,
            epochs,
            last_epoch,
            committed_at,
            commit_seconds,
            reloads,
            edition,
            entities,
            stage_input,
            stage_output,
            silent,
            uptime,
        }
    }
}

fn label(name: &'static str, value: impl Into<String>) -> Labels {
    vec![(name, value.into())]
}

impl Meters {
    /// Where the stages tell how long they wait.
    pub fn waits(&self) -> &Arc<Waits> {
        &self.waits
    }

    /// An epoch is on disk.
    pub(super) fn committed(&self, epoch: &Committed, took: Duration) {
        let counts = &epoch.counts;
        for (outcome, n) in [("expedite", counts.expedite), ("standard", counts.standard), ("refer", counts.refer)] {
            self.triage.get_or_create(&label("outcome", outcome)).inc_by(n);
        }
        for (code, n) in &counts.dead_by_code {
            self.dead.get_or_create(&label("code", code)).inc_by(*n);
        }
        self.hits.inc_by(counts.hits);
        self.epochs.inc();
        self.last_epoch.set(epoch.epoch as i64);
        self.committed_at.set(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64()));
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// A new edition was taken, or refused; this one is in force now.
    pub(super) fn reloaded(&self, taken: bool, now: &Screening) {
        self.reloads.get_or_create(&label("outcome", if taken { "taken" } else { "refused" })).inc();
        self.in_force(now);
    }

    /// What records are screened with.
    pub(super) fn in_force(&self, now: &Screening) {
        let labels = vec![("generation", now.generation().id().to_owned()), ("scenario_set", now.scenario_set().to_owned())];
        let old = self.in_force.lock().unwrap_or_else(PoisonError::into_inner).replace(labels.clone());
        if let Some(old) = old {
            self.edition.remove(&old);
        }
        self.edition.get_or_create(&labels).set(1);
        self.entities.set(now.generation().len() as i64);
    }

    /// All metrics, as Prometheus reads them.
    pub fn text(&self) -> String {
        for stage in StageName::ALL {
            let (input, output) = self.waits.of(stage);
            self.stage_input.get_or_create(&label("stage", stage.as_str())).set(input.as_secs_f64());
            self.stage_output.get_or_create(&label("stage", stage.as_str())).set(output.as_secs_f64());
        }
        for (source, partitions) in self.waits.all_silent() {
            self.silent.get_or_create(&label("source", source)).set(partitions as i64);
        }
        self.uptime.set(self.begun.elapsed().as_secs_f64());
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }

    /// Number of the last epoch that this process committed; 0 before the first.
    pub fn last_epoch(&self) -> u64 {
        self.last_epoch.get().unsigned_abs()
    }
}

impl Observer for Meters {
    fn step(&self, step: &Closed) {
        self.bytes.inc_by(step.bytes);
        self.records.get_or_create(&label("kind", "traveller")).inc_by(step.rows - step.consignments);
        self.records.get_or_create(&label("kind", "consignment")).inc_by(step.consignments);
        for (format, n) in step.formats.iter().chain(&step.undecoded) {
            self.messages.get_or_create(&label("format", format)).inc_by(*n);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sink::EpochCounts;

    #[test]
    fn what_is_counted_is_told() {
        let meters = Meters::default();
        meters.step(&Closed { bytes: 100, rows: 7, consignments: 2, ..Closed::default() });
        let counts =
            EpochCounts { refer: 3, standard: 4, dead_by_code: [("PAX001".to_owned(), 2)].into(), ..EpochCounts::default() };
        let epoch = Committed { epoch: 9, closed: Closed::default(), counts, reasons: std::collections::BTreeMap::new() };
        meters.committed(&epoch, Duration::from_millis(5));
        let text = meters.text();
        for line in [
            "tamis_raw_bytes_total 100",
            "tamis_records_total{kind=\"traveller\"} 5",
            "tamis_triage_total{outcome=\"refer\"} 3",
            "tamis_dead_letters_total{code=\"PAX001\"} 2",
            "tamis_last_epoch 9",
            "tamis_commit_seconds_count 1",
            "tamis_stage_waiting_for_input_seconds{stage=\"decode\"} 0.0",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }
}
