//! Takes pushed messages and answers when they are on disk. All that wait share one sync.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::frame;
use super::{ENDING, SpoolLimits};
use crate::error::{Error, Result};
use crate::runtime::Stop;
use crate::sink::{DataFile, Fs};

/// Messages that may wait for the writer; each of them is one sender that waits for its answer.
const WAITING: usize = 256;
/// Bytes that are written before a sync, more or less.
const AT_ONCE: usize = 4 << 20;

/// Where a message lies that is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Name of the piece of the spool.
    pub segment: Arc<str>,
    /// Its position there.
    pub position: u64,
}

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The spool is full: what is in it must be screened first.
    #[error("the spool is full, send again later")]
    Full,
    /// Longer than a message may be.
    #[error("the message is longer than this source takes")]
    TooLong,
    /// Packed input, or a table by columns: the spool takes messages as they are.
    #[error("packed input and column files are not taken here, put them into a watched folder")]
    Packed,
    /// The run comes to its end, or the disk failed.
    #[error("the source is not taking messages")]
    Closed,
}

struct Request {
    bytes: Bytes,
    received_at: i64,
    answer: oneshot::Sender<Result<Receipt, Refused>>,
}

/// The mouth of a spool. Clones share it.
#[derive(Debug, Clone)]
pub struct Inbox {
    to: mpsc::Sender<Request>,
    longest: usize,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Inbox {
    /// Longest message that is taken, in bytes.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Puts a message into the spool and returns when it is on disk.
    ///
    /// # Errors
    /// [`Refused`] where it was not taken; then nothing of it is kept.
    pub async fn put(&self, bytes: Bytes) -> Result<Receipt, Refused> {
        if bytes.len() > self.longest {
            return Err(Refused::TooLong);
        }
        if crate::source::unpack::Kind::of(&bytes) != crate::source::unpack::Kind::Plain {
            return Err(Refused::Packed);
        }
        let (answer, answered) = oneshot::channel();
        let request = Request { bytes, received_at: crate::source::files::now(), answer };
        self.to.send(request).await.map_err(|_| Refused::Closed)?;
        answered.await.unwrap_or(Err(Refused::Closed))
    }
}

/// How far the spool is on disk; the reader waits for it to grow.
#[derive(Debug, Default)]
pub(super) struct Durable {
    state: Mutex<State>,
    grown: Condvar,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct State {
    /// The piece that grows, and how much of it is on disk.
    pub(super) active: Option<(Arc<str>, u64)>,
    /// Bytes of all pieces.
    pub(super) bytes: u64,
    /// No piece will grow any more.
    pub(super) closed: bool,
}

impl Durable {
    pub(super) fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.grown.notify_all();
    }

    /// Waits until the state is another one, or for so long.
    pub(super) fn wait(&self, known: &State, at_most: Duration) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.grown.wait_timeout_while(state, at_most, |s| s == known));
    }
}

/// The stage that writes.
pub struct SpoolWriter {
    folder: PathBuf,
    limits: SpoolLimits,
    disk: Arc<dyn Fs>,
    from: mpsc::Receiver<Request>,
    durable: Arc<Durable>,
    stop: Stop,
    /// Number of the newest piece that is known.
    last: i64,
}

impl std::fmt::Debug for SpoolWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpoolWriter").field("folder", &self.folder).finish_non_exhaustive()
    }
}

struct Segment {
    name: Arc<str>,
    file: Box<dyn DataFile>,
    bytes: u64,
}

impl SpoolWriter {
    pub(super) fn new(
        folder: &Path,
        limits: SpoolLimits,
        disk: Arc<dyn Fs>,
        durable: Arc<Durable>,
        stop: Stop,
        last: i64,
    ) -> (Self, Inbox) {
        let (to, from) = mpsc::channel(WAITING);
        let inbox = Inbox { to, longest: limits.longest_message };
        (Self { folder: folder.to_owned(), limits, disk, from, durable, stop, last }, inbox)
    }

    /// Runs until the end is asked for. A write that fails is told to those who wait for it, and ends
    /// the run: the disk wants a person.
    ///
    /// # Errors
    /// [`Error::Write`] where the disk is full or fails.
    pub fn run(mut self, io: &Handle) -> Result<()> {
        let outcome = self.write_all(io);
        self.durable.update(|s| s.closed = true);
        outcome
    }

    fn write_all(&mut self, io: &Handle) -> Result<()> {
        let mut segment: Option<Segment> = None;
        let mut buffer = Vec::new();
        loop {
            let Some(first) = io.block_on(self.next()) else { return Ok(()) };
            if self.durable.state().bytes > self.limits.bytes {
                let _gone = first.answer.send(Err(Refused::Full));
                continue;
            }
            if segment.as_ref().is_some_and(|s| s.bytes >= self.limits.segment_bytes) {
                segment = None;
            }
            let open = match segment.take() {
                Some(open) => open,
                None => match self.begin() {
                    Ok(open) => open,
                    Err(error) => {
                        let _gone = first.answer.send(Err(Refused::Closed));
                        return Err(Error::write(&self.folder, &error));
                    }
                },
            };
            buffer.clear();
            let mut answers = Vec::new();
            let mut next = Some(first);
            while let Some(request) = next {
                let position = open.bytes + buffer.len() as u64;
                frame::append(&mut buffer, request.received_at, &request.bytes);
                answers.push((request.answer, position));
                next = if buffer.len() < AT_ONCE { self.from.try_recv().ok() } else { None };
            }
            let open = segment.insert(open);
            let written = open.file.write_all(&buffer).and_then(|()| open.file.sync_data());
            if let Err(error) = written {
                for (answer, _) in answers {
                    let _gone = answer.send(Err(Refused::Closed));
                }
                return Err(Error::write(&self.folder, &error));
            }
            open.bytes += buffer.len() as u64;
            let (name, end, grown) = (Arc::clone(&open.name), open.bytes, buffer.len() as u64);
            self.durable.update(|s| {
                s.active = Some((Arc::clone(&name), end));
                s.bytes += grown;
            });
            for (answer, position) in answers {
                let _gone = answer.send(Ok(Receipt { segment: Arc::clone(&name), position }));
            }
        }
    }

    /// The next message; `None` when the end is asked for.
    async fn next(&mut self) -> Option<Request> {
        let next = tokio::select! {
            next = self.from.recv() => next,
            () = self.stop.asked() => None,
        };
        if next.is_none() {
            self.from.close();
        }
        next
    }

    /// Begins a new piece.
    fn begin(&mut self) -> io::Result<Segment> {
        let mut number = number_behind(self.last, crate::source::files::now());
        loop {
            let name = format!("{number:016}");
            let path = self.folder.join(format!("{name}{ENDING}"));
            match self.disk.create_new(&path) {
                Ok(file) => {
                    self.disk.sync_dir(&self.folder)?;
                    self.last = number;
                    return Ok(Segment { name: name.into(), file, bytes: 0 });
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => number = number.checked_add(1).ok_or(e)?,
                Err(e) => return Err(e),
            }
        }
    }
}

/// Number of a new piece. It is the time, so that it does not come again when all pieces are gone and
/// forgotten; but a clock may be set back, and so it is behind every number that is still known: the
/// checkpoint would take a piece that bears the name of another one for one that was read.
fn number_behind(last: i64, now: i64) -> i64 {
    now.max(last.saturating_add(1))
}

/// Bytes of all pieces in a folder.
pub(super) fn size(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(ENDING) {
            sum += entry.metadata()?.len();
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_whatever_the_clock_says() {
        let (mut last, mut given) = (0, Vec::new());
        for now in [1_000, 1_001, 5, -7_000_000, 1_001, i64::MAX - 1, 1_003] {
            last = number_behind(last, now);
            given.push(last);
        }
        assert_eq!(given, [1_000, 1_001, 1_002, 1_003, 1_004, i64::MAX - 1, i64::MAX]);
    }
}
