//! Kills the service at random moments, again and again, while a folder, an HTTP and a TCP door are fed,
//! and a topic of Kafka where `TAMIS_KAFKA_BROKER` names a broker; then counts. Every record has a number of its own, so what is lost or doubled is seen.
//!
//! `TAMIS_KILLS` says how often (8 unless given). The figures are printed:
//! `TAMIS_KILLS=1000 cargo test --release --workspace --test service kill -- --nocapture`

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::feed::{self, Feed};
use super::kafka::{self, Broker};
use super::{PATIENCE, Service, free_port, oracle};

/// A small generator of numbers that a seed repeats.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Where the tables lie, and how they are looked at.
pub(crate) trait Place {
    /// What the section `output` says of it.
    fn settings(&self) -> String {
        String::new()
    }

    /// What the service needs in its environment.
    fn environment(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Looks at them, without Tamis.
    fn look(&self) -> oracle::Told;
}

/// The folder itself.
struct Folder(PathBuf);

impl Place for Folder {
    fn look(&self) -> oracle::Told {
        oracle::look(&self.0)
    }
}

fn configure(dir: &Path, http: u16, tcp: u16, broker: Option<&Broker>, place: &impl Place) -> PathBuf {
    fs::create_dir_all(dir.join("in")).unwrap();
    fs::write(dir.join("list.csv"), "entity_id,list,entity_kind,name,birth_dates\nq1,test,person,HALVORSEN Ingrid,1970-01-01\n")
        .unwrap();
    let config = dir.join("run.toml");
    let text = format!(
        "[output]\nfolder = \"tables\"\n{}[watchlist]\npaths = [\"list.csv\"]\ncheck_seconds = 0\n\
         [batch]\nmilliseconds = 5\n[epoch]\nseconds = 0.05\n[limits]\nthreads = 2\n[maintenance]\ncompact_files = 6\nlog_versions = 40\n\
         [[source]]\nname = \"folder\"\nkind = \"folder\"\nfolder = \"in\"\npoll_milliseconds = 10\nsettle_milliseconds = 0\n\
         after = \"move\"\nmove_to = \"done\"\n\
         [[source]]\nname = \"http\"\nkind = \"http\"\nlisten = \"127.0.0.1:{http}\"\nspool = \"spool-http\"\n\
         [[source]]\nname = \"tcp\"\nkind = \"tcp\"\nlisten = \"127.0.0.1:{tcp}\"\nspool = \"spool-tcp\"\n{}",
        place.settings(),
        broker.map_or_else(String::new, Broker::source)
    );
    fs::write(&config, text).unwrap();
    config
}

#[test]
fn killed_at_any_moment_nothing_is_lost_or_doubled() {
    let dir = tempfile::tempdir().unwrap();
    killed(dir.path(), &Folder(dir.path().join("tables")), Broker::start());
}

pub(crate) fn killed(dir: &Path, place: &impl Place, broker: Option<Broker>) {
    let kills: usize = std::env::var("TAMIS_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let seed = std::env::var("TAMIS_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(20_261_122);
    let (http, tcp) = (free_port(), free_port());
    let config = configure(dir, http, tcp, broker.as_ref(), place);
    let start = || {
        Service::start_with(&config, |command| {
            command.envs(place.environment());
        })
    };
    let feed = Arc::new(Feed::default());
    let mut feeders = feed::start(&feed, &dir.join("in"), http, tcp);
    feeders.extend(broker.as_ref().map(|broker| kafka::produce(&feed, broker)));

    let mut dice = Dice(seed);
    let mut first_rows = Vec::new();
    for kill in 0..kills {
        let service = start();
        if dice.below(4) == 0 {
            // While it starts, repairs, or has just begun.
            std::thread::sleep(Duration::from_millis(dice.below(900)));
        } else {
            first_rows.push(service.first_epoch());
            std::thread::sleep(Duration::from_micros(dice.below(600_000)));
        }
        service.kill();
        let told = place.look();
        assert_eq!(told.doubled, Vec::<String>::new(), "after kill {kill}");
        assert_eq!(told.torn, Vec::<PathBuf>::new(), "after kill {kill}");
    }

    // A last life: everything that was promised comes, and the end is a clean one.
    let service = start();
    feed.stop();
    for feeder in feeders {
        feeder.join().unwrap();
    }
    let promised = feed.promised();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(200));
        if place.look().globbed.is_superset(&promised) {
            break;
        }
    }
    service.stop();

    let told = place.look();
    let lost: Vec<_> = promised.difference(&told.committed).collect();
    let perhaps = feed.perhaps();
    let foreign: Vec<_> = told.committed.difference(&perhaps).collect();
    assert_eq!((lost.len(), foreign.len()), (0, 0), "lost {lost:?}, foreign {foreign:?}");
    assert_eq!((told.doubled, told.doubled_by_glob), (vec![], vec![]));
    assert_eq!(told.committed, told.globbed, "a plain glob reads what the tables' logs name");
    assert!(told.epochs_without_gap, "epochs follow each other");
    assert_eq!(told.rows_in, told.rows_out, "conservation (C1) over all epochs");
    assert!(promised.len() > 20 * kills.min(20), "there was hardly any load: {}", promised.len());
    assert_eq!(left_over(dir), BTreeSet::new(), "inputs that were committed are put away");

    first_rows.sort();
    let at = |share: f64| first_rows.get(((first_rows.len() as f64 - 1.0) * share) as usize).copied().unwrap_or_default();
    println!(
        "{kills} kills, {} records promised, {} in {} epochs: 0 lost, 0 doubled, 0 torn; from start to first new row: median {:?}, worst {:?} of {}",
        promised.len(),
        told.committed.len(),
        told.epochs,
        at(0.5),
        at(1.0),
        first_rows.len(),
    );
}

/// Files of the watched folder that were not moved away.
fn left_over(dir: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(dir.join("in")).unwrap().map(|e| e.unwrap().path()).collect()
}
