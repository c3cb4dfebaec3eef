//! A topic of Kafka as a source. The offsets are committed with the rows that came out of them, in the
//! tables, and nowhere else; so it needs no groups of the broker, and a partition is always gone on with
//! where the tables stand. Instances that follow the same topic into the same tables share its
//! partitions out among them ([`group`](super::group)).
//!
//! A message of the topic is one piece of input: one message of the corridor or many. What a tombstone,
//! a marker of a transaction or compaction left out of a partition moves the position on. Messages
//! of a transaction are read when it has ended; whether it was aborted is not told by the client, so those
//! of aborted ones are read too.
//!
//! A broker that is away, restarts, or says nothing is waited for, however long: nothing that it does ends
//! the run but a partition that is not the one that was read before.

mod connect;
mod partition;
mod silence;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Fuse, FusedFuture as _, FutureExt as _};
use futures::stream::{FuturesUnordered, StreamExt as _};
use rskafka::client::Client;
use rskafka::client::error::Error as KafkaError;
use tokio::runtime::Handle;

pub use self::connect::{Sasl, Security};
use self::partition::{Fetched, Partition};
use self::silence::Silence;
use super::acks::Acks;
use super::group::Group;
use super::outlet::Outlet;
use crate::error::{Error, Result};

/// How often members and partitions are looked at, and what was committed.
const TICK: Duration = Duration::from_millis(250);
/// After how many of them the partitions of the topic are asked for again.
const TICKS_TO_TOPICS: u32 = 40;
/// … and where the topic is not known yet.
const TICKS_TO_FIRST: u32 = 4;
/// How long a small question may take at most.
const ASKING: Duration = Duration::from_secs(5);

/// Where to begin in a partition of which nothing is committed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartAt {
    /// With the oldest message that is there.
    #[default]
    Earliest,
    /// With what comes from now on.
    Latest,
}

/// How a topic is followed.
#[derive(Debug, Clone, PartialEq)]
pub struct KafkaSettings {
    /// Addresses of brokers, `host:port`; the first that answers names the others.
    pub brokers: Vec<String>,
    /// The topic.
    pub topic: String,
    /// Where to begin.
    pub start: StartAt,
    /// Bytes that are asked for at once, of each partition.
    pub fetch_bytes: i32,
    /// How long a broker may take to answer before it is asked again, over a new connection.
    pub answer: Duration,
    /// Encryption and password.
    pub security: Security,
}

impl KafkaSettings {
    /// How long a small question may take.
    fn asking(&self) -> Duration {
        ASKING.min(self.answer)
    }
}

/// The stage that follows a topic.
#[derive(Debug)]
pub struct Kafka {
    /// Name of the source in every row and in the checkpoint.
    pub name: String,
    /// The output folder, where offsets are.
    pub tables: PathBuf,
    /// Name of this process among those that write to the tables.
    pub instance: String,
    /// What is followed.
    pub settings: KafkaSettings,
}

/// What a broker said, or why it said nothing.
async fn answer<T>(within: Duration, asked: impl Future<Output = Result<T, KafkaError>>) -> Result<T, String> {
    match tokio::time::timeout(within, asked).await {
        Ok(answered) => answered.map_err(|e| e.to_string()),
        Err(_) => Err(format!("no answer in {} s", within.as_secs_f64())),
    }
}

impl Kafka {
    /// Follows the topic until the end is asked for. A broker that does not answer is waited for.
    ///
    /// # Errors
    /// [`Error::Source`] where a partition is not what the checkpoint knows, or certificates, password or
    /// locks cannot be read.
    pub fn run(&self, io: &Handle, acks: &Acks, out: &Outlet) -> Result<()> {
        io.block_on(self.follow(acks, out))
    }

    async fn follow(&self, acks: &Acks, out: &Outlet) -> Result<()> {
        let group = Group::join(&self.tables, &self.name, &self.instance).map_err(|e| self.failed(&e.to_string()))?;
        let mut mine = BTreeMap::new();
        let outcome = tokio::select! {
            biased;
            // Whatever is waited for: a broker that is away must not hold up the end.
            () = out.stop().asked() => Ok(()),
            outcome = self.read(&group, &mut mine, acks, out) => outcome,
        };
        // What was read last is still on its way to the tables.
        acks.keep((mine, group));
        outcome
    }

    async fn read(&self, group: &Group, mine: &mut BTreeMap<i32, Partition>, acks: &Acks, out: &Outlet) -> Result<()> {
        let mut silence = Silence::new(&self.name, out.waits());
        let mut client = loop {
            match self.connect(self.settings.asking()).await? {
                Ok(client) => break Arc::new(client),
                Err(reason) => silence.of_all(&reason),
            }
        };
        let mut topic = Vec::new();
        let mut fetches = FuturesUnordered::new();
        // What is asked beside the fetches; at most one of each at a time.
        let (asked, renewed) = (Fuse::terminated(), Fuse::terminated());
        tokio::pin!(asked, renewed);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut tick, mut astray) = (0_u32, false);
        loop {
            // The client may hold on to a connection that leads nowhere.
            if std::mem::take(&mut astray) && renewed.is_terminated() {
                renewed.set(self.connect(self.settings.asking()).fuse());
            }
            tokio::select! {
                biased;
                _ = ticks.tick() => {
                    let due = if topic.is_empty() { TICKS_TO_FIRST } else { TICKS_TO_TOPICS };
                    if tick.is_multiple_of(due) && asked.is_terminated() {
                        asked.set(self.partitions(Arc::clone(&client), tick == 0).fuse());
                    }
                    tick = tick.wrapping_add(1);
                    for (partition, at) in acks.take(&self.name) {
                        if let Some(p) = mine.values_mut().find(|p| *p.name == *partition) {
                            p.committed = at as i64;
                        }
                    }
                    for partition in self.share(group, &client, &topic, mine, &mut silence).await? {
                        fetches.push(partition.fetch(&client, &self.settings, Duration::ZERO));
                        mine.insert(partition.id, partition);
                    }
                    silence.tick(mine.values_mut());
                }
                found = &mut asked => match found {
                    Ok(found) => {
                        silence.heard();
                        if topic.is_empty() && !found.is_empty() {
                            ticks.reset_immediately();
                        }
                        topic = found;
                    }
                    Err(reason) => {
                        silence.of_all(&reason);
                        astray = true;
                    }
                },
                new = &mut renewed => if let Ok(new) = new? {
                    client = Arc::new(new);
                },
                Some(Fetched { id, offset, connection, found }) = fetches.next(), if !fetches.is_empty() => {
                    // Else it was given away while it was fetched, or waits to be, or came back meanwhile.
                    let Some(partition) = mine.get_mut(&id).filter(|p| !p.leaves && p.next == offset) else { continue };
                    partition.connection = connection;
                    let pause = match found {
                        Ok(found) => {
                            silence.heard();
                            (partition.ticks, partition.trouble) = (0, None);
                            let messages = partition.take(found).map_err(|reason| self.failed(&reason))?;
                            let until = messages.last().map(|m| m.until);
                            if !messages.is_empty() && !out.send(messages) {
                                return Ok(());
                            }
                            partition.next = until.unwrap_or(partition.next);
                            Duration::ZERO
                        }
                        Err(reason) => {
                            tracing::debug!(partition = &*partition.name, reason, "no messages could be fetched; it is tried again");
                            partition.trouble = Some(reason);
                            astray = true;
                            TICK
                        }
                    };
                    fetches.push(partition.fetch(&client, &self.settings, pause));
                }
            }
        }
    }

    /// Gives away what others shall have, once it is committed, and takes what is this member's.
    async fn share(
        &self,
        group: &Group,
        client: &Arc<Client>,
        topic: &[i32],
        mine: &mut BTreeMap<i32, Partition>,
        silence: &mut Silence,
    ) -> Result<Vec<Partition>> {
        let failed = |e: std::io::Error| self.failed(&e.to_string());
        let (rank, members) = group.rank().map_err(failed)?;
        let is_mine = |id: i32| usize::try_from(id).is_ok_and(|id| id % members == rank);
        for (id, partition) in mine.iter_mut() {
            partition.leaves |= !is_mine(*id);
        }
        mine.retain(|_, p| !p.leaves || p.committed < p.next);
        let mut new = Vec::new();
        for id in topic.iter().copied().filter(|id| is_mine(*id) && !mine.contains_key(id)) {
            let name = format!("{}/{id}", self.settings.topic);
            let Some(held) = group.take(&name).map_err(failed)? else { continue };
            // Only now: whoever held it before has committed what it read.
            let committed = crate::commit::committed(&self.tables).await?.of_source(&self.name).get(&name).copied();
            let source = Arc::from(self.name.as_str());
            match Partition::open(id, source, name.into(), client, held, committed, &self.settings).await {
                Ok(partition) => {
                    tracing::info!(source = self.name, partition = &*partition.name, offset = partition.next, "partition taken");
                    new.push(partition);
                }
                // The others would get no answer either; all of them are tried again.
                Err(reason) => {
                    silence.of_all(&reason);
                    break;
                }
            }
        }
        Ok(new)
    }

    /// Partitions of the topic; none while it is not there.
    async fn partitions(&self, client: Arc<Client>, first: bool) -> Result<Vec<i32>, String> {
        let topics = answer(self.settings.asking(), client.list_topics()).await?;
        let found = topics.into_iter().find(|t| t.name == self.settings.topic);
        if found.is_none() && first {
            tracing::warn!(source = self.name, topic = self.settings.topic, "there is no such topic yet; it is waited for");
        }
        Ok(found.map(|t| t.partitions.into_iter().collect()).unwrap_or_default())
    }

    /// Messages that wait behind the checkpoint, and the partitions that they wait in; `None` where no
    /// broker tells it soon.
    pub fn waiting(&self, io: &Handle, committed: &BTreeMap<String, u64>, soon: Duration) -> Option<(u64, u64)> {
        let asked = async {
            let client = Arc::new(self.connect(soon).await.ok()?.ok()?);
            let ids = self.partitions(Arc::clone(&client), false).await.ok()?;
            let each = ids.into_iter().map(|id| {
                let committed = committed.get(&format!("{}/{id}", self.settings.topic)).copied();
                partition::waiting(&client, &self.settings, id, committed)
            });
            let each = futures::future::try_join_all(each).await.ok()?;
            Some((each.iter().filter(|n| **n > 0).count() as u64, each.iter().sum()))
        };
        io.block_on(async { tokio::time::timeout(soon, asked).await.ok().flatten() })
    }

    fn failed(&self, reason: &str) -> Error {
        Error::Source { path: format!("{} of kafka topic {}", self.name, self.settings.topic).into(), reason: reason.to_owned() }
    }
}
