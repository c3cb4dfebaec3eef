use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A stage of the pipeline, in the order of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageName {
    /// Reads bytes.
    Source,
    /// Decodes them, on several threads.
    Decode,
    /// Cuts rows.
    Batch,
    /// Deals batches out to the plans and so waits where these are the slowest.
    Screen,
    /// Writes files; its input are the plans.
    Sink,
    /// Commits.
    Commit,
}

impl StageName {
    /// All stages.
    pub const ALL: [Self; 6] = [Self::Source, Self::Decode, Self::Batch, Self::Screen, Self::Sink, Self::Commit];

    /// The word in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Decode => "decode",
            Self::Batch => "batch",
            Self::Screen => "screen",
            Self::Sink => "sink",
            Self::Commit => "commit",
        }
    }
}

/// How long the threads of each stage have waited for input, and for room in front of them. A stage that
/// waits for neither is the one that limits the run.
#[derive(Debug, Default)]
pub struct Waits {
    input: [AtomicU64; 6],
    output: [AtomicU64; 6],
    silent: Mutex<BTreeMap<String, u64>>,
}

impl Waits {
    /// Does something that waits for input.
    pub fn input<T>(&self, stage: StageName, wait: impl FnOnce() -> T) -> T {
        timed(&self.input, stage, wait)
    }

    /// Does something that waits for room.
    pub fn output<T>(&self, stage: StageName, wait: impl FnOnce() -> T) -> T {
        timed(&self.output, stage, wait)
    }

    /// Partitions of a source from which no answer comes.
    pub fn silent(&self, source: &str, partitions: u64) {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner).insert(source.to_owned(), partitions);
    }

    /// The same, of all sources that ever waited for an answer.
    pub fn all_silent(&self) -> BTreeMap<String, u64> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long a stage has waited for input and for room, over all its threads. A wait that goes on is
    /// counted when it ends.
    pub fn of(&self, stage: StageName) -> (Duration, Duration) {
        let read = |of: &[AtomicU64; 6]| Duration::from_nanos(of[stage as usize].load(Ordering::Relaxed));
        (read(&self.input), read(&self.output))
    }
}

fn timed<T>(of: &[AtomicU64; 6], stage: StageName, wait: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = wait();
    of[stage as usize].fetch_add(begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
    done
}
