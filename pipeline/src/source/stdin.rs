//! The standard input of a run without an end. Reading it blocks, for hours where nobody writes; so a thread
//! of its own reads, and who takes what it read can also hear that the end is asked for, and that the
//! writer pauses: then what is whole is handed on, and does not wait for more.

use std::io::{self, Read};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use crate::error::Result;
use crate::runtime::{Stage, Stop};

/// Bytes that are read at once.
const AT_ONCE: usize = 64 << 10;
/// How long nothing may come before it counts as a pause.
const PAUSE: Duration = Duration::from_millis(50);

/// Reads from a thread. Its end is the end of the input, or that the end of the run was asked for. Each
/// pause is told once, by [`io::ErrorKind::WouldBlock`].
#[derive(Debug)]
pub struct Stream {
    from: Receiver<io::Result<Bytes>>,
    now: Bytes,
    stop: Stop,
    /// Something was read since the last pause.
    fresh: bool,
}

impl Stream {
    /// Begins to read. The thread is left to itself: while it waits for input nothing can end it but the
    /// end of the process.
    ///
    /// # Errors
    /// Where the machine gives no more threads.
    pub fn open(mut input: impl Read + Send + 'static, stop: &Stop) -> Result<Self> {
        let (to, from) = bounded(2);
        let _left_alone = Stage::start("stdin", move || {
            let mut buffer = vec![0; AT_ONCE];
            loop {
                let read = match input.read(&mut buffer) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                    read => read.map(|n| Bytes::copy_from_slice(&buffer[..n])),
                };
                let ended = read.as_ref().map_or(true, Bytes::is_empty);
                if to.send(read).is_err() || ended {
                    return Ok(());
                }
            }
        })?;
        Ok(Self { from, now: Bytes::new(), stop: stop.clone(), fresh: false })
    }
}

impl Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.now.is_empty() {
            if self.stop.requested() {
                return Ok(0);
            }
            match self.from.recv_timeout(PAUSE) {
                Ok(read) => self.now = read?,
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
                Err(RecvTimeoutError::Timeout) if std::mem::take(&mut self.fresh) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        self.fresh = true;
        let n = buf.len().min(self.now.len());
        self.now.copy_to_slice(&mut buf[..n]);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;
    use crate::flow::{Budget, RawBatch};
    use crate::source::outlet::Outlet;
    use crate::source::read::{self, Framing, ReadLimits};

    const LINES: Framing = Framing { message: |b| memchr::memrchr(b'\n', b).map(|n| n + 1), row: |_| None, header: |_| None };
    const SOON: Duration = Duration::from_secs(20);

    /// A writer that writes when it is told, and never ends by itself.
    struct Told(mpsc::Receiver<Vec<u8>>, Vec<u8>);

    impl Read for Told {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            if self.1.is_empty() {
                self.1 = self.0.recv().unwrap_or_default();
            }
            let n = buf.len().min(self.1.len());
            buf[..n].copy_from_slice(&self.1[..n]);
            self.1.drain(..n);
            Ok(n)
        }
    }

    struct Running {
        write: mpsc::Sender<Vec<u8>>,
        raw: Receiver<RawBatch>,
        stop: Stop,
        stage: Stage<()>,
    }

    fn start() -> Running {
        let (write, told) = mpsc::channel();
        let (tx, raw) = bounded(100);
        let stop = Stop::default();
        let out = Outlet::new(tx, Budget::new(usize::MAX), stop.clone(), std::sync::Arc::default());
        let stage = Stage::start("source", move || {
            let stream = Stream::open(Told(told, Vec::new()), out.stop())?;
            read::read_stream(stream, ReadLimits::default(), LINES, &out.to_the_end()).map(drop)
        });
        Running { write, raw, stop, stage: stage.unwrap() }
    }

    fn texts(batch: &RawBatch) -> Vec<String> {
        batch.messages.iter().map(|m| String::from_utf8_lossy(&m.bytes).into_owned()).collect()
    }

    #[test]
    fn a_pause_hands_on_what_is_whole_and_the_end_hands_on_the_rest() {
        let running = start();
        for (written, read) in
            [("one\ntwo\nthr", "one\ntwo\n"), ("ee\n", "three\n"), (&"x\n".repeat(1_000), &"x\n".repeat(1_000))]
        {
            running.write.send(written.as_bytes().to_vec()).unwrap();
            assert_eq!(texts(&running.raw.recv_timeout(SOON).unwrap()), [read]);
        }
        // Nobody writes any more, and nobody closes the pipe.
        running.write.send(b"four\nfi".to_vec()).unwrap();
        assert_eq!(texts(&running.raw.recv_timeout(SOON).unwrap()), ["four\n"]);
        let begun = Instant::now();
        running.stop.request();
        running.stage.join().unwrap();
        assert!(begun.elapsed() < SOON);
        assert_eq!(texts(&running.raw.recv_timeout(SOON).unwrap()), ["fi"]);
        assert!(running.raw.recv().is_err());
    }

    #[test]
    fn packed_input_is_read_through_its_pauses() {
        let text = "a line of text\n".repeat(500);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        let running = start();
        for piece in packed.chunks(packed.len() / 3 + 1) {
            running.write.send(piece.to_vec()).unwrap();
            std::thread::sleep(PAUSE * 2);
        }
        drop(running.write);
        running.stage.join().unwrap();
        let read: Vec<String> = running.raw.iter().flat_map(|batch| texts(&batch)).collect();
        assert_eq!(read.concat(), text);
    }
}
