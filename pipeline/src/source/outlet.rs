//! Where sources put what they read: one mouth for all sources of a run, which numbers what goes
//! through it.

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::Sender;

use crate::flow::{Budget, RawBatch, RawMessage};
use crate::runtime::Stop;
use crate::topology::{StageName, Waits};

/// The way from the sources to the decode threads. The queue ends when all clones are dropped.
#[derive(Debug, Clone)]
pub struct Outlet {
    inner: Arc<Inner>,
    /// Messages are taken also behind the end that was asked for.
    to_the_end: bool,
}

#[derive(Debug)]
struct Inner {
    /// Number of the next raw batch. Held while one is sent, so that a number that was given is
    /// a batch that was sent: a hole would hold back all that follows.
    next: Mutex<u64>,
    out: Sender<RawBatch>,
    budget: Budget,
    stop: Stop,
    waits: Arc<Waits>,
}

impl Outlet {
    /// Sends into a queue, until the end is asked for; the bytes are paid for out of the budget.
    pub fn new(out: Sender<RawBatch>, budget: Budget, stop: Stop, waits: Arc<Waits>) -> Self {
        Self { inner: Arc::new(Inner { next: Mutex::new(0), out, budget, stop, waits }), to_the_end: false }
    }

    /// For a source that cannot be reopened, and ends by itself when the end is asked for: what it has read
    /// by then is taken.
    #[must_use]
    pub fn to_the_end(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), to_the_end: true }
    }

    /// Whether the source shall come to its end.
    pub fn stop(&self) -> &Stop {
        &self.inner.stop
    }

    /// Where it is told how long is waited, and for whom.
    pub fn waits(&self) -> &Arc<Waits> {
        &self.inner.waits
    }

    /// Sends messages as one raw batch. Blocks while too many bytes are in flight: so back-pressure
    /// reaches the source. `false` where nobody listens any more, or the end was asked for: then the
    /// messages were not taken.
    pub fn send(&self, messages: Vec<RawMessage>) -> bool {
        if self.inner.stop.requested() && !self.to_the_end {
            return false;
        }
        let Inner { next, out, budget, waits, .. } = &*self.inner;
        waits.output(StageName::Source, || {
            let permit = budget.take(messages.iter().map(|m| m.bytes.len()).sum());
            let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = out.send(RawBatch { sequence: *next, messages, permit }).is_ok();
            *next += u64::from(sent);
            sent
        })
    }

    /// Raw batches that were sent so far.
    pub fn sent(&self) -> u64 {
        *self.inner.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
