//! A topic of Kafka as a source. The offsets are committed with the rows that came out of them, in the
//! tables, and nowhere else; so it needs no groups of the broker, and a partition is always gone on with
//! where the tables stand. Instances that follow the same topic into the same tables share its
//! partitions out among them ([`group`](super::group)).
//!
//! A message of the topic is one piece of input: one message of the corridor or many. What a tombstone,
//! a marker of a transaction or compaction left out of a partition moves the position on. Messages
//! of transactions that were aborted cannot be told apart and are read too.

mod connect;
mod partition;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use rskafka::client::Client;
use rskafka::client::partition::UnknownTopicHandling;
use tokio::runtime::Handle;

pub use self::connect::{Sasl, Security};
use self::partition::{Fetched, Partition};
use super::acks::Acks;
use super::group::Group;
use super::outlet::Outlet;
use crate::error::{Error, Result};

/// How often members and partitions are looked at, and what was committed.
const TICK: Duration = Duration::from_millis(250);
/// After how many of them the partitions of the topic are asked for again.
const TICKS_TO_TOPICS: u32 = 40;

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
    /// Encryption and password.
    pub security: Security,
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

impl Kafka {
    /// Follows the topic until the end is asked for. A broker that does not answer is waited for.
    ///
    /// # Errors
    /// [`Error::Source`] where the broker refuses, or a partition is not what the checkpoint knows.
    pub fn run(&self, io: &Handle, acks: &Acks, out: &Outlet) -> Result<()> {
        io.block_on(self.follow(acks, out))
    }

    async fn follow(&self, acks: &Acks, out: &Outlet) -> Result<()> {
        let group = Group::join(&self.tables, &self.name, &self.instance).map_err(|e| self.failed(&e.to_string()))?;
        let mut mine = BTreeMap::new();
        let outcome = self.read(&group, &mut mine, acks, out).await;
        // What was read last is still on its way to the tables.
        acks.keep((mine, group));
        outcome
    }

    async fn read(&self, group: &Group, mine: &mut BTreeMap<i32, Partition>, acks: &Acks, out: &Outlet) -> Result<()> {
        let stop = out.stop().clone();
        let client = tokio::select! {
            client = self.connect() => client?,
            () = stop.asked() => return Ok(()),
        };
        let mut topic = Vec::new();
        let mut fetches = FuturesUnordered::new();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut tick = 0_u32;
        loop {
            tokio::select! {
                biased;
                () = stop.asked() => return Ok(()),
                _ = ticks.tick() => {
                    if tick.is_multiple_of(TICKS_TO_TOPICS) || topic.is_empty() {
                        topic = self.partitions(&client).await?;
                    }
                    tick = tick.wrapping_add(1);
                    for (partition, at) in acks.take(&self.name) {
                        if let Some(p) = mine.values_mut().find(|p| *p.name == *partition) {
                            p.committed = at as i64;
                        }
                    }
                    let new = self.share(group, &client, &topic, mine).await?;
                    for partition in new {
                        fetches.push(partition.fetch(self.settings.fetch_bytes, Duration::ZERO));
                        mine.insert(partition.id, partition);
                    }
                }
                Some(fetched) = fetches.next(), if !fetches.is_empty() => {
                    let Fetched { id, offset, outcome } = fetched;
                    // Else it was given away while it was fetched, or waits to be, or came back meanwhile.
                    let Some(partition) = mine.get_mut(&id).filter(|p| !p.leaves && p.next == offset) else { continue };
                    let pause = match partition.take(outcome).await.map_err(|reason| self.failed(&reason))? {
                        Some(messages) => {
                            let until = messages.last().map(|m| m.until);
                            if !messages.is_empty() && !out.send(messages) {
                                return Ok(());
                            }
                            partition.next = until.unwrap_or(partition.next);
                            Duration::ZERO
                        }
                        None => TICK,
                    };
                    fetches.push(partition.fetch(self.settings.fetch_bytes, pause));
                }
            }
        }
    }

    /// Gives away what others shall have, once it is committed, and takes what is this member's.
    async fn share(
        &self,
        group: &Group,
        client: &Client,
        topic: &[i32],
        mine: &mut BTreeMap<i32, Partition>,
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
            let handling = UnknownTopicHandling::Retry;
            let connected = client.partition_client(self.settings.topic.clone(), id, handling).await;
            let connected = Arc::new(connected.map_err(|e| self.failed(&e.to_string()))?);
            let source = Arc::from(self.name.as_str());
            let opened = Partition::open(id, source, name.into(), connected, held, committed, self.settings.start).await;
            let partition = opened.map_err(|reason| self.failed(&reason))?;
            tracing::info!(source = self.name, partition = &*partition.name, offset = partition.next, "partition taken");
            new.push(partition);
        }
        Ok(new)
    }

    /// Partitions of the topic; none while it is not there.
    async fn partitions(&self, client: &Client) -> Result<Vec<i32>> {
        let topics = match client.list_topics().await {
            Ok(topics) => topics,
            Err(error) => {
                tracing::warn!(source = self.name, %error, "the partitions of the topic are not known");
                return Ok(Vec::new());
            }
        };
        let found = topics.into_iter().find(|t| t.name == self.settings.topic);
        if found.is_none() {
            tracing::warn!(source = self.name, topic = self.settings.topic, "there is no such topic yet");
        }
        Ok(found.map(|t| t.partitions.into_iter().collect()).unwrap_or_default())
    }

    fn failed(&self, reason: &str) -> Error {
        Error::Source { path: format!("{} of kafka topic {}", self.name, self.settings.topic).into(), reason: reason.to_owned() }
    }
}
