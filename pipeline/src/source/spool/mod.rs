//! A durable spool between senders that push and the pipeline: a message is acknowledged only when it
//! is on disk, and leaves the disk only when its epoch is committed. So a push is lost by no crash,
//! and a sender may forget what was acknowledged.
//!
//! The spool is a folder of pieces that only grow. A piece is a partition of the source: its
//! positions stand in the checkpoint, and it is deleted when it is committed to its end.

mod check;
mod frame;
mod writer;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use self::check::{PieceReport, check_piece};
use self::writer::Durable;
pub use self::writer::{Inbox, Receipt, Refused, SpoolWriter};
use super::acks::{Acks, Leftovers};
use super::outlet::Outlet;
use crate::error::{Error, Result};
use crate::flow::{Content, RawMessage};
use crate::runtime::Stop;
use crate::sink::{Fs, create_durable};

/// Ending of the pieces.
const ENDING: &str = ".spool";
/// How long the reader sleeps at most: it also looks for what was committed.
const NAP: Duration = Duration::from_millis(50);
/// Bytes and messages that are handed on together.
const GROUP: (usize, usize) = (1 << 20, 512);

/// How large a spool and its parts may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolLimits {
    /// Bytes on disk; with more, senders are told to wait.
    pub bytes: u64,
    /// A piece ends behind so many bytes.
    pub segment_bytes: u64,
    /// Longest message, in bytes.
    pub longest_message: usize,
}

impl Default for SpoolLimits {
    fn default() -> Self {
        Self { bytes: 4 << 30, segment_bytes: 64 << 20, longest_message: 64 << 20 }
    }
}

/// The stage that reads a spool.
#[derive(Debug)]
pub struct SpoolReader {
    name: Arc<str>,
    folder: PathBuf,
    limits: SpoolLimits,
    disk: Arc<dyn Fs>,
    durable: Arc<Durable>,
    /// The pieces that earlier runs left. Listed before the writer begins one: a piece that grows must
    /// not be taken for one that is complete.
    left: Vec<Arc<str>>,
}

/// Opens a spool: the stage that writes, the stage that reads, and the mouth for those who push. `committed`
/// is what earlier runs have committed of this source.
///
/// # Errors
/// [`Error::Write`] where the folder cannot be made or read.
pub fn open(
    name: &str,
    folder: &Path,
    limits: SpoolLimits,
    disk: &Arc<dyn Fs>,
    stop: &Stop,
    committed: &BTreeMap<String, u64>,
) -> Result<(SpoolWriter, SpoolReader, Inbox)> {
    create_durable(&**disk, folder).map_err(|e| Error::write(folder, &e))?;
    let durable = Arc::new(Durable::default());
    let bytes = writer::size(folder).map_err(|e| Error::write(folder, &e))?;
    durable.update(|s| s.bytes = bytes);
    let left = names(folder).map_err(|e| Error::write(folder, &e))?;
    let known = left.iter().map(|name| &**name).chain(committed.keys().map(String::as_str));
    let last = known.filter_map(|name| name.parse().ok()).max().unwrap_or(0);
    let (writer, inbox) = SpoolWriter::new(folder, limits, Arc::clone(disk), Arc::clone(&durable), stop.clone(), last);
    let disk = Arc::clone(disk);
    Ok((writer, SpoolReader { name: name.into(), folder: folder.to_owned(), limits, disk, durable, left }, inbox))
}

/// A piece that is being read, or waits to be deleted.
#[derive(Debug)]
struct Piece {
    /// Position behind the last frame that was handed on.
    read: u64,
    /// Its end, once it is known: it grows no more.
    end: Option<u64>,
    committed: u64,
}

impl SpoolReader {
    /// Name of the source.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads until the end is asked for. `committed` is what earlier runs have committed of this source.
    /// Pieces that are committed later than that are deleted by what is left with `acks`.
    ///
    /// # Errors
    /// [`Error::Source`] where a piece cannot be read, [`Error::Write`] where the disk does not say that
    /// deleted ones are safely gone.
    pub fn run(self, committed: &BTreeMap<String, u64>, acks: &Acks, out: &Outlet) -> Result<()> {
        let mut pieces: BTreeMap<Arc<str>, Piece> = BTreeMap::new();
        for name in &self.left {
            let at = committed.get(&**name).copied().unwrap_or(0);
            pieces.insert(Arc::clone(name), Piece { read: at, end: None, committed: at });
        }
        while self.round(&mut pieces, acks, out)? {}
        acks.leave(Pieces { of: self, pieces });
        Ok(())
    }

    /// Hands on what came and deletes what is committed. `false` where the end was asked for.
    fn round(&self, pieces: &mut BTreeMap<Arc<str>, Piece>, acks: &Acks, out: &Outlet) -> Result<bool> {
        // Before the pieces are looked at: what is written meanwhile changes it.
        let state = self.durable.state();
        if let Some((name, _)) = &state.active {
            pieces.entry(Arc::clone(name)).or_insert(Piece { read: 0, end: None, committed: 0 });
        }
        for (name, piece) in pieces.iter_mut().filter(|(_, p)| p.end.is_none()) {
            let grows = state.active.as_ref().filter(|(active, _)| active == name).map(|(_, end)| *end);
            let handed_on = self.hand_on(name, piece, grows, out);
            if !handed_on.map_err(|e| Error::Source { path: self.path(name), reason: crate::error::io_reason(&e) })? {
                return Ok(false);
            }
            if grows.is_none() {
                piece.end = Some(piece.read);
            }
        }
        self.delete(pieces, acks)?;
        if out.stop().requested() {
            return Ok(false);
        }
        self.durable.wait(&state, NAP);
        Ok(true)
    }

    /// Hands on what is new in a piece. `false` where the end was asked for.
    fn hand_on(&self, name: &Arc<str>, piece: &mut Piece, until: Option<u64>, out: &Outlet) -> std::io::Result<bool> {
        if until.is_some_and(|until| until <= piece.read) {
            return Ok(true);
        }
        let mut file = File::open(self.path(name))?;
        file.seek(SeekFrom::Start(piece.read))?;
        let mut input = BufReader::with_capacity(1 << 18, file);
        let (mut group, mut bytes) = (Vec::new(), 0);
        while until.is_none_or(|until| piece.read < until) {
            let Some(frame) = frame::read(&mut input, self.limits.longest_message)? else { break };
            let end = piece.read + (frame::HEAD + frame.bytes.len()) as u64;
            bytes += frame.bytes.len();
            group.push(RawMessage {
                source: Arc::clone(&self.name),
                partition: Arc::clone(name),
                progress: Arc::clone(name),
                position: piece.read as i64,
                until: end as i64,
                received_at: frame.received_at,
                content: Content::Messages { header: Bytes::new() },
                bytes: frame.bytes.into(),
            });
            piece.read = end;
            if bytes >= GROUP.0 || group.len() >= GROUP.1 {
                bytes = 0;
                if !out.send(std::mem::take(&mut group)) {
                    return Ok(false);
                }
            }
        }
        Ok(group.is_empty() || out.send(group))
    }

    /// Deletes pieces that are committed to their end.
    fn delete(&self, pieces: &mut BTreeMap<Arc<str>, Piece>, acks: &Acks) -> Result<()> {
        for (partition, at) in acks.take(&self.name) {
            if let Some(piece) = pieces.get_mut(&*partition) {
                piece.committed = at;
            }
        }
        let done: Vec<Arc<str>> = pieces
            .iter()
            .filter(|(_, p)| p.end.is_some_and(|end| p.committed >= end))
            .map(|(name, _)| Arc::clone(name))
            .collect();
        let mut gone = Vec::new();
        for name in done {
            let path = self.path(&name);
            let size = fs::metadata(&path).map_or(0, |m| m.len());
            if let Err(error) = self.disk.remove_file(&path)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(source = &*self.name, path = %path.display(), %error, "a committed piece of the spool cannot be deleted");
                continue;
            }
            self.durable.update(|s| s.bytes = s.bytes.saturating_sub(size));
            gone.push(name);
        }
        if gone.is_empty() {
            return Ok(());
        }
        // A piece that came back after a loss of power, and that the checkpoint had forgotten, would be read
        // a second time.
        self.disk.sync_dir(&self.folder).map_err(|e| Error::write(&self.folder, &e))?;
        for name in gone {
            pieces.remove(&name);
            acks.forget(&self.name, &name);
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{ENDING}"))
    }
}

/// The pieces when the reading has ended.
#[derive(Debug)]
struct Pieces {
    of: SpoolReader,
    pieces: BTreeMap<Arc<str>, Piece>,
}

impl Leftovers for Pieces {
    fn clear(mut self: Box<Self>, acks: &Acks) -> Result<()> {
        self.of.delete(&mut self.pieces, acks)
    }
}

/// Pieces of a spool that are not committed to their end, and their bytes behind what is.
///
/// # Errors
/// Where the folder cannot be read.
pub fn waiting(folder: &Path, committed: &BTreeMap<String, u64>) -> std::io::Result<(u64, u64)> {
    let (mut pieces, mut bytes) = (0, 0);
    for name in names(folder)? {
        let length = fs::metadata(folder.join(format!("{name}{ENDING}")))?.len();
        let left = length.saturating_sub(committed.get(&*name).copied().unwrap_or(0));
        pieces += u64::from(left > 0);
        bytes += left;
    }
    Ok((pieces, bytes))
}

/// The pieces in a folder, oldest first.
fn names(folder: &Path) -> std::io::Result<Vec<Arc<str>>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        if let Some(name) = entry?.file_name().to_string_lossy().strip_suffix(ENDING) {
            names.push(Arc::from(name));
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod slow_tests;
#[cfg(test)]
mod tests;
