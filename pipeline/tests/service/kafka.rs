//! A topic as a source, with a real broker: instances that come, go and die; a broker that is away.
//!
//! `TAMIS_KAFKA_BROKER` names the program of the broker (`.ci/kafka/setup.sh` installs one). Without it
//! these tests say that they were skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::Utc;
use rskafka::client::ClientBuilder;
use rskafka::client::partition::{Compression, PartitionClient, UnknownTopicHandling};
use rskafka::record::Record;
use tokio::runtime::{Builder, Runtime};

use super::feed::Feed;
use super::{PATIENCE, Service, free_port, oracle, wait_for};

const TOPIC: &str = "manifests";
pub(crate) const PARTITIONS: i32 = 4;

/// A broker of its own, as long as it lives.
pub(crate) struct Broker {
    child: Child,
    pub(crate) address: String,
}

impl Broker {
    /// `None` where no program is named.
    pub(crate) fn start() -> Option<Self> {
        let address = format!("127.0.0.1:{}", free_port());
        Self::start_at(&address, &address)
    }

    /// Listens at one address and tells clients another one, which leads to it.
    pub(crate) fn start_at(inner: &str, address: &str) -> Option<Self> {
        let Some(program) = std::env::var_os("TAMIS_KAFKA_BROKER") else {
            println!("skipped: TAMIS_KAFKA_BROKER names no broker");
            return None;
        };
        let [listener, advertised] = [inner, address].map(|a| format!("tcp://{a}"));
        let child = Command::new(program)
            .arg("broker")
            .envs([("LISTENER_URL", listener.as_str()), ("ADVERTISED_LISTENER_URL", &advertised)])
            .env("STORAGE_ENGINE", "memory://tansu/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for("the broker", || std::net::TcpStream::connect(inner).is_ok());
        let broker = Self { child, address: address.to_owned() };
        let runtime = runtime();
        runtime.block_on(async {
            let client = ClientBuilder::new(vec![broker.address.clone()]).build().await.unwrap();
            client.controller_client().unwrap().create_topic(TOPIC, PARTITIONS, 1, 10_000).await.unwrap();
        });
        Some(broker)
    }

    /// A source of this topic, for a configuration.
    pub(crate) fn source(&self) -> String {
        format!("[[source]]\nname = \"queue\"\nkind = \"kafka\"\nbrokers = [\"{}\"]\ntopic = \"{TOPIC}\"\n", self.address)
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Writes so many messages to all partitions in turn, and returns when they are taken.
pub(crate) fn send(feed: &Feed, broker: &Broker, messages: usize) {
    runtime().block_on(async {
        let client = ClientBuilder::new(vec![broker.address.clone()]).build().await.unwrap();
        for id in 0..PARTITIONS {
            let partition = client.partition_client(TOPIC, id, UnknownTopicHandling::Retry).await.unwrap();
            let mut records = Vec::new();
            for _ in (id as usize..messages).step_by(PARTITIONS as usize) {
                let (bytes, numbers) = feed.message(3);
                records.push(Record { key: None, value: Some(bytes), headers: BTreeMap::new(), timestamp: Utc::now() });
                feed.promise(numbers);
            }
            for records in records.chunks(10) {
                partition.produce(records.to_vec(), Compression::NoCompression).await.unwrap();
            }
        }
    });
}

/// Writes to all partitions in turn until the feed is stopped; now and then a tombstone, or packed.
pub(crate) fn produce(feed: &Arc<Feed>, broker: &Broker) -> JoinHandle<()> {
    let (feed, address) = (Arc::clone(feed), broker.address.clone());
    std::thread::spawn(move || {
        runtime().block_on(async {
            let client = ClientBuilder::new(vec![address]).build().await.unwrap();
            let mut partitions: Vec<PartitionClient> = Vec::new();
            for id in 0..PARTITIONS {
                partitions.push(client.partition_client(TOPIC, id, UnknownTopicHandling::Retry).await.unwrap());
            }
            for turn in 0_usize.. {
                if !feed.goes_on() {
                    return;
                }
                let (bytes, numbers) = feed.message(3);
                let record = |value| Record { key: None, value, headers: BTreeMap::new(), timestamp: Utc::now() };
                let tombstone = (turn % 11 == 0).then(|| record(None));
                let records = [Some(record(Some(bytes))), tombstone].into_iter().flatten().collect();
                let compression = if turn % 5 == 0 { Compression::Zstd } else { Compression::NoCompression };
                let partition = &partitions[turn % partitions.len()];
                match partition.produce(records, compression).await {
                    Ok(_) => feed.promise(numbers),
                    Err(_) => feed.doubt(numbers),
                }
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        });
    })
}

/// One instance of several that write to the same tables.
fn configure(dir: &Path, broker: &Broker, instance: &str) -> PathBuf {
    fs::write(dir.join("list.csv"), "entity_id,list,entity_kind,name,birth_dates\nq1,test,person,HALVORSEN Ingrid,1970-01-01\n")
        .unwrap();
    let home = dir.join(format!("instance-{instance}"));
    fs::create_dir_all(&home).unwrap();
    let config = home.join("run.toml");
    let text = format!(
        "[output]\nfolder = \"../tables\"\ninstance = \"{instance}\"\n[watchlist]\npaths = [\"../list.csv\"]\ncheck_seconds = 0\n\
         [batch]\nmilliseconds = 5\n[epoch]\nseconds = 0.1\n[limits]\nthreads = 1\n{}",
        broker.source()
    );
    fs::write(&config, text).unwrap();
    config
}

/// Names of the instances that have committed, as the log of `flagged` has them.
fn committers(tables: &Path) -> BTreeSet<String> {
    oracle::records(&tables.join("flagged")).iter().map(|r| r["app_id"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn expect_all(feed: &Feed, tables: &Path, config: &Path) {
    let promised = feed.promised();
    let begun = Instant::now();
    while !oracle::look(tables).globbed.is_superset(&promised) {
        let said = || fs::read_to_string(config.with_file_name("stderr.log")).unwrap_or_default();
        assert!(begun.elapsed() < PATIENCE, "waited in vain for all that was promised: {}", said());
        std::thread::sleep(Duration::from_millis(200));
    }
}

pub(crate) fn assert_once(feed: &Feed, tables: &Path) {
    let told = oracle::look(tables);
    assert_eq!((&told.doubled, &told.doubled_by_glob, &told.torn), (&vec![], &vec![], &vec![]));
    let (promised, perhaps) = (feed.promised(), feed.perhaps());
    assert!(promised.len() > 200, "there was hardly any load: {}", promised.len());
    assert_eq!(promised.difference(&told.committed).next(), None, "lost");
    assert_eq!(told.committed.difference(&perhaps).next(), None, "foreign");
    assert_eq!(told.committed, told.globbed);
    assert_eq!(told.rows_in, told.rows_out);
}

#[test]
fn instances_that_come_go_and_die_share_a_topic() {
    let Some(broker) = Broker::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let tables = dir.path().join("tables");
    let [a, b, c] = ["a", "b", "c"].map(|name| configure(dir.path(), &broker, name));
    let feed = Arc::new(Feed::default());
    let producer = produce(&feed, &broker);

    let pause = || std::thread::sleep(Duration::from_millis(1_500));
    let first = Service::start(&a);
    first.first_epoch();
    let second = Service::start(&b);
    second.first_epoch();
    assert_eq!(committers(&tables), BTreeSet::from(["tamis-a".to_owned(), "tamis-b".to_owned()]));
    pause();
    first.kill();
    let third = Service::start(&c);
    third.first_epoch();
    let first = Service::start(&a);
    pause();
    second.stop();
    pause();
    third.kill();
    pause();

    feed.stop();
    producer.join().unwrap();
    expect_all(&feed, &tables, &a);
    first.stop();
    assert_once(&feed, &tables);
    assert_eq!(committers(&tables).len(), 3);
}

#[test]
fn a_broker_that_is_away_is_waited_for() {
    let Some(broker) = Broker::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let config = configure(dir.path(), &broker, "a");
    let feed = Arc::new(Feed::default());
    let producer = produce(&feed, &broker);
    let service = Service::start(&config);
    service.first_epoch();
    broker.signal("-STOP");
    std::thread::sleep(Duration::from_secs(3));
    broker.signal("-CONT");
    std::thread::sleep(Duration::from_secs(1));
    // It can be stopped while the broker is away, and begins before the broker is back.
    broker.signal("-STOP");
    service.stop();
    let service = Service::start(&config);
    std::thread::sleep(Duration::from_secs(2));
    broker.signal("-CONT");
    service.first_epoch();
    feed.stop();
    producer.join().unwrap();
    let tables = dir.path().join("tables");
    expect_all(&feed, &tables, &config);
    service.stop();
    assert_once(&feed, &tables);
}

/// The locks that share the partitions out are gone (a file system without locks, a folder that was emptied):
/// the commit lets one of the two have each message.
#[test]
fn two_processes_that_read_the_same_partitions_double_nothing() {
    let Some(broker) = Broker::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let tables = dir.path().join("tables");
    let [a, b] = ["a", "b"].map(|name| configure(dir.path(), &broker, name));
    let feed = Arc::new(Feed::default());
    let producer = produce(&feed, &broker);
    let first = Service::start(&a);
    first.first_epoch();
    // Whoever holds a lock holds it on a file that has no name any more.
    for part in ["members", "partitions"] {
        for lock in fs::read_dir(tables.join(".tamis/groups/queue.lock").join(part)).unwrap() {
            fs::remove_file(lock.unwrap().path()).unwrap();
        }
    }
    let second = Service::start(&b);
    let mut both = [(first, &a), (second, &b)];
    let mut codes = [None, None];
    wait_for("a refusal", || {
        codes = both.each_mut().map(|(service, _)| service.ended());
        codes != [None, None]
    });
    assert!(codes.iter().flatten().all(|code| *code == 4), "{codes:?}");
    // Those that were refused are started again, and go on where the tables stand.
    let mut running = Vec::new();
    for (service, config) in both {
        let mut service = service;
        let ended = service.ended().is_some();
        if ended {
            let said = fs::read_to_string(config.with_file_name("stderr.log")).unwrap();
            assert!(said.contains("another instance has taken over its input"), "{said}");
        }
        running.push(if ended { Service::start(config) } else { service });
    }
    std::thread::sleep(Duration::from_secs(2));
    feed.stop();
    producer.join().unwrap();
    // The one that holds nameless locks may be refused as well, until both have begun anew.
    for (service, config) in running.iter_mut().zip([&a, &b]) {
        if service.ended().is_some() {
            *service = Service::start(config);
        }
    }
    expect_all(&feed, &tables, &a);
    for service in running {
        service.end();
    }
    assert_once(&feed, &tables);
}
