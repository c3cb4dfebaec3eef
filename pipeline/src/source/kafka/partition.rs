use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rskafka::client::Client;
use rskafka::client::error::{Error as KafkaError, ProtocolError};
use rskafka::client::partition::{OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::record::RecordAndOffset;

use super::{KafkaSettings, StartAt, answer};
use crate::flow::{Content, RawMessage};
use crate::source::group::Held;
use crate::source::unpack::Fault;

/// How long a broker may wait for messages before it answers that there are none.
const LONGEST_POLL: i32 = 500;

/// A partition of which this process is the reader.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) id: i32,
    /// Topic and number: its name in rows and in the checkpoint.
    pub(super) name: Arc<str>,
    /// Offset behind what was handed on.
    pub(super) next: i64,
    /// Offset behind what was committed, by this process or before.
    pub(super) committed: i64,
    /// Another member shall have it as soon as all is committed.
    pub(super) leaves: bool,
    /// Moments that have passed since the broker answered.
    pub(super) ticks: u32,
    /// What it said instead, if anything.
    pub(super) trouble: Option<String>,
    /// To the broker that leads it; none where the last one led nowhere.
    pub(super) connection: Option<Arc<PartitionClient>>,
    source: Arc<str>,
    /// Offsets before `next` that are behind the checkpoint, without a message: where there was none yet.
    skipped: Option<Skipped>,
    _held: Held,
}

/// Offsets that will never be read.
#[derive(Debug, Clone, Copy)]
struct Skipped {
    from: i64,
    /// Whether there were messages in them.
    lost: bool,
}

/// What came of a fetch.
pub(super) struct Fetched {
    pub(super) id: i32,
    /// The offset that was asked for.
    pub(super) offset: i64,
    /// Over which to ask next, if it is good.
    pub(super) connection: Option<Arc<PartitionClient>>,
    /// What was found, or why nothing was: then it is tried again.
    pub(super) found: Result<Found, String>,
}

/// What a broker has of a partition.
pub(super) enum Found {
    /// From the offset on; may be empty.
    Records(Vec<RecordAndOffset>),
    /// Nothing there; the oldest message that it has is this one.
    BeginsAt(i64),
}

async fn connect(client: &Client, settings: &KafkaSettings, id: i32) -> Result<Arc<PartitionClient>, String> {
    let connected = client.partition_client(settings.topic.clone(), id, UnknownTopicHandling::Retry);
    answer(settings.asking(), connected).await.map(Arc::new)
}

/// Messages of a partition that are not committed.
pub(super) async fn waiting(client: &Client, settings: &KafkaSettings, id: i32, committed: Option<u64>) -> Result<u64, String> {
    let connection = connect(client, settings, id).await?;
    let offset = |at| answer(settings.asking(), connection.get_offset(at));
    let from = match (committed, settings.start) {
        (None, StartAt::Latest) => return Ok(0),
        (None, StartAt::Earliest) => offset(OffsetAt::Earliest).await?,
        (Some(at), _) => at as i64,
    };
    Ok(u64::try_from(offset(OffsetAt::Latest).await? - from).unwrap_or(0))
}

impl Partition {
    /// Begins behind what is committed; where nothing is, as the settings say.
    pub(super) async fn open(
        id: i32,
        source: Arc<str>,
        name: Arc<str>,
        client: &Client,
        held: Held,
        committed: Option<u64>,
        settings: &KafkaSettings,
    ) -> Result<Self, String> {
        let connection = connect(client, settings, id).await?;
        let first = match (committed, settings.start) {
            (Some(_), _) => None,
            (None, StartAt::Earliest) => Some(answer(settings.asking(), connection.get_offset(OffsetAt::Earliest)).await?),
            (None, StartAt::Latest) => Some(answer(settings.asking(), connection.get_offset(OffsetAt::Latest)).await?),
        };
        let mut this = Self {
            id,
            name,
            next: committed.unwrap_or(0) as i64,
            committed: committed.unwrap_or(0) as i64,
            leaves: false,
            ticks: 0,
            trouble: None,
            connection: Some(connection),
            source,
            skipped: None,
            _held: held,
        };
        this.skip_to(first.unwrap_or(0), false);
        Ok(this)
    }

    fn skip_to(&mut self, offset: i64, lost: bool) {
        if offset > self.next {
            self.skipped = Some(Skipped { from: self.next, lost });
            self.next = offset;
        }
    }

    /// Asks for what follows, after a pause. Resolves when something is there, or some time has passed.
    pub(super) fn fetch(
        &self,
        client: &Arc<Client>,
        settings: &KafkaSettings,
        pause: Duration,
    ) -> impl Future<Output = Fetched> + use<> {
        let (id, offset, known) = (self.id, self.next, self.connection.clone());
        let (client, settings) = (Arc::clone(client), settings.clone());
        async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let connection = match known {
                Some(connection) => connection,
                None => match connect(&client, &settings, id).await {
                    Ok(connection) => connection,
                    Err(reason) => return Fetched { id, offset, connection: None, found: Err(reason) },
                },
            };
            let found = fetch(&connection, &settings, offset).await;
            // One that led nowhere may do so for ever: who cut it need not have told this side.
            let connection = found.is_ok().then_some(connection);
            Fetched { id, offset, connection, found }
        }
    }

    /// The messages of what was found, each offset in one of them.
    ///
    /// # Errors
    /// Where the partition ends before the checkpoint: it is not the one that was read.
    pub(super) fn take(&mut self, found: Found) -> Result<Vec<RawMessage>, String> {
        match found {
            Found::Records(records) => Ok(self.messages(records)),
            Found::BeginsAt(first) if first <= self.next => Err(format!(
                "{} is committed up to offset {}, the broker has less: the topic was made anew; give the source another name, or begin \
                 new tables",
                self.name, self.next
            )),
            Found::BeginsAt(first) => {
                tracing::error!(
                    partition = &*self.name,
                    from = self.next,
                    to = first,
                    "messages were deleted by the broker before they were read"
                );
                self.skip_to(first, true);
                Ok(Vec::new())
            }
        }
    }

    fn messages(&mut self, records: Vec<RecordAndOffset>) -> Vec<RawMessage> {
        let mut messages = Vec::with_capacity(records.len() + 1);
        let mut at = self.next;
        let mut received_at = crate::source::files::now();
        if let Some(Skipped { from, lost }) = self.skipped.filter(|_| !records.is_empty()) {
            self.skipped = None;
            let content = if lost { Content::Fault(Fault::Gone) } else { Content::Nothing };
            messages.push(self.message(from, at, received_at, content, Bytes::new()));
        }
        for RecordAndOffset { record, offset } in records {
            // The broker's time, so that a message that is read again gives the same rows.
            received_at = record.timestamp.timestamp_micros();
            if offset < at {
                continue;
            }
            if offset > at {
                messages.push(self.message(at, offset, received_at, Content::Nothing, Bytes::new()));
            }
            at = offset + 1;
            messages.push(match record.value {
                Some(value) => self.message(offset, at, received_at, Content::Messages { header: Bytes::new() }, value.into()),
                None => self.message(offset, at, received_at, Content::Nothing, Bytes::new()),
            });
        }
        messages
    }

    fn message(&self, position: i64, until: i64, received_at: i64, content: Content, bytes: Bytes) -> RawMessage {
        let (source, partition) = (Arc::clone(&self.source), Arc::clone(&self.name));
        RawMessage { source, progress: Arc::clone(&partition), partition, position, until, received_at, content, bytes }
    }
}

async fn fetch(connection: &PartitionClient, settings: &KafkaSettings, offset: i64) -> Result<Found, String> {
    let records = connection.fetch_records(offset, 1..settings.fetch_bytes, LONGEST_POLL);
    match tokio::time::timeout(settings.answer, records).await {
        Ok(Ok((records, _))) => Ok(Found::Records(records)),
        Ok(Err(KafkaError::ServerError { protocol_error: ProtocolError::OffsetOutOfRange, .. })) => {
            answer(settings.asking(), connection.get_offset(OffsetAt::Earliest)).await.map(Found::BeginsAt)
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer in {} s", settings.answer.as_secs_f64())),
    }
}
