use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rskafka::client::error::{Error as KafkaError, ProtocolError};
use rskafka::client::partition::{OffsetAt, PartitionClient};
use rskafka::record::RecordAndOffset;

use super::StartAt;
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
    source: Arc<str>,
    client: Arc<PartitionClient>,
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
    pub(super) outcome: Result<Vec<RecordAndOffset>, KafkaError>,
}

impl Partition {
    /// Begins behind what is committed; where nothing is, as the settings say.
    pub(super) async fn open(
        id: i32,
        source: Arc<str>,
        name: Arc<str>,
        client: Arc<PartitionClient>,
        held: Held,
        committed: Option<u64>,
        start: StartAt,
    ) -> Result<Self, String> {
        let mut this = Self {
            id,
            name,
            next: committed.unwrap_or(0) as i64,
            committed: committed.unwrap_or(0) as i64,
            leaves: false,
            source,
            client,
            skipped: None,
            _held: held,
        };
        if committed.is_none() {
            let at = if start == StartAt::Earliest { OffsetAt::Earliest } else { OffsetAt::Latest };
            let first = this.client.get_offset(at).await.map_err(|e| e.to_string())?;
            this.skip_to(first, false);
        }
        Ok(this)
    }

    fn skip_to(&mut self, offset: i64, lost: bool) {
        if offset > self.next {
            self.skipped = Some(Skipped { from: self.next, lost });
            self.next = offset;
        }
    }

    /// Asks for what follows, after a pause. Resolves when something is there, or some time has passed.
    pub(super) fn fetch(&self, bytes: i32, pause: Duration) -> impl Future<Output = Fetched> + use<> {
        let (id, offset, client) = (self.id, self.next, Arc::clone(&self.client));
        async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let outcome = client.fetch_records(offset, 1..bytes, LONGEST_POLL).await;
            Fetched { id, offset, outcome: outcome.map(|(records, _)| records) }
        }
    }

    /// The messages of a fetch, each offset in one of them; `None` where it is to be tried again later.
    ///
    /// # Errors
    /// Where the partition ends before the checkpoint: it is not the one that was read.
    pub(super) async fn take(
        &mut self,
        outcome: Result<Vec<RecordAndOffset>, KafkaError>,
    ) -> Result<Option<Vec<RawMessage>>, String> {
        match outcome {
            Ok(records) => Ok(Some(self.messages(records))),
            Err(KafkaError::ServerError { protocol_error: ProtocolError::OffsetOutOfRange, .. }) => {
                let first = self.client.get_offset(OffsetAt::Earliest).await.map_err(|e| e.to_string())?;
                if first <= self.next {
                    return Err(format!(
                        "{} is committed up to offset {}, the broker has less: the topic was made anew; give the source another name, \
                         or begin new tables",
                        self.name, self.next
                    ));
                }
                tracing::error!(
                    partition = &*self.name,
                    from = self.next,
                    to = first,
                    "messages were deleted by the broker before they were read"
                );
                self.skip_to(first, true);
                Ok(None)
            }
            Err(error) => {
                tracing::warn!(partition = &*self.name, %error, "no messages could be fetched; it is tried again");
                Ok(None)
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
