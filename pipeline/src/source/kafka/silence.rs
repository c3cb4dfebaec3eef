//! Tells people, once each, that a broker says nothing and that it speaks again.

use std::sync::Arc;
use std::time::Instant;

use super::partition::Partition;
use crate::topology::Waits;

/// Ticks without an answer after which it is told. Counted and not timed: while the stages behind the
/// source are slow no tick passes, and the broker is not to blame.
const TICKS: u32 = 20;

/// What the brokers do not say.
#[derive(Debug)]
pub(super) struct Silence {
    source: String,
    waits: Arc<Waits>,
    /// A question to all of them had no answer, and nothing was heard since.
    all: bool,
    /// Since when it was told that there is silence.
    since: Option<Instant>,
}

impl Silence {
    pub(super) fn new(source: &str, waits: &Arc<Waits>) -> Self {
        Self { source: source.to_owned(), waits: Arc::clone(waits), all: false, since: None }
    }

    /// No broker answers at all.
    pub(super) fn of_all(&mut self, reason: &str) {
        self.all = true;
        self.tell(1, reason);
    }

    /// A broker has said something.
    pub(super) fn heard(&mut self) {
        self.all = false;
    }

    /// A moment has passed; what was asked of these partitions was not answered in it.
    pub(super) fn tick<'a>(&mut self, partitions: impl Iterator<Item = &'a mut Partition>) {
        let (mut silent, mut trouble) = (0, None);
        for partition in partitions.filter(|p| !p.leaves) {
            partition.ticks = partition.ticks.saturating_add(1);
            if partition.ticks > TICKS {
                silent += 1;
                trouble = trouble.or(partition.trouble.as_deref());
            }
        }
        if silent > 0 {
            self.tell(silent, trouble.unwrap_or("no answer"));
        } else if !self.all
            && let Some(since) = self.since.take()
        {
            self.waits.silent(&self.source, 0);
            tracing::warn!(source = self.source, seconds = since.elapsed().as_secs(), "the broker answers again");
        }
    }

    fn tell(&mut self, partitions: u64, reason: &str) {
        self.waits.silent(&self.source, partitions);
        if self.since.is_none() {
            self.since = Some(Instant::now());
            tracing::warn!(
                source = self.source,
                reason,
                "the broker does not answer; what was read is committed, and the broker is waited for"
            );
        }
    }
}
