//! Reads all inputs in order, in pieces that end where a message ends, so that memory does not
//! grow with a file. What is packed is unpacked on the way.

use std::fs::File;
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::columnar;
use super::files::{InputFile, Inputs, STDIN};
use super::outlet::Outlet;
use super::unpack::{self, Fault, Kind, Meter, Visitor};
use crate::error::{Error, Result, io_reason};
use crate::flow::{Content, RawMessage};

/// How much is read and handed on at once.
#[derive(Debug, Clone, Copy)]
pub struct ReadLimits {
    /// Small files are handed on together once they reach so many bytes.
    pub group_bytes: usize,
    /// … or so many files.
    pub group_files: usize,
    /// A large file is cut at the last message boundary in so many bytes.
    pub piece_bytes: usize,
    /// A piece grows up to so many bytes while there is no boundary in it; then it is handed
    /// on as it is and the decoder says what is missing.
    pub longest_message: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { group_bytes: 1 << 20, group_files: 512, piece_bytes: 2 << 20, longest_message: 256 << 20 }
    }
}

/// Where a piece of bytes may be cut: behind the last message that is complete in it.
pub type Boundary = fn(&[u8]) -> Option<usize>;

/// How bytes are cut.
#[derive(Debug, Clone, Copy)]
pub struct Framing {
    /// At messages of any format.
    pub message: Boundary,
    /// At rows of a table of text.
    pub row: Boundary,
    /// Length of the header of a table of text, where the bytes begin with one: its pieces need it.
    pub header: Boundary,
}

/// Reads all inputs in order and hands them on. `false` where nobody listens any more.
///
/// # Errors
/// [`Error::Source`] where a file fails while it is read; what was read before is handed on.
pub fn read(inputs: &Inputs, limits: ReadLimits, framing: Framing, out: &Outlet) -> Result<bool> {
    let mut group = Group { limits, out, bytes: 0, messages: Vec::new(), last: None };
    for file in &inputs.files {
        match read_one(inputs, file, limits, framing, &mut group) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => {
                group.flush();
                return Err(error);
            }
        }
    }
    Ok(group.flush())
}

/// Reads a stream that cannot be reopened, in the place of the standard input. Where it says that its writer
/// pauses ([`std::io::ErrorKind::WouldBlock`]) what is whole is handed on. `false` where nobody listens any more.
///
/// # Errors
/// [`Error::Source`] where it fails; what was read before is handed on.
pub fn read_stream(stream: impl Read, limits: ReadLimits, framing: Framing, out: &Outlet) -> Result<bool> {
    let inputs = Inputs::gather(&["-".into()])?;
    let mut group = Group { limits, out, bytes: 0, messages: Vec::new(), last: None };
    let Some(file) = inputs.files.first() else { return Ok(true) };
    let outcome = One { inputs: &inputs, file, limits, framing, group: &mut group }.packed(stream, Path::new(STDIN));
    let alive = group.flush();
    outcome.map(|goes_on| goes_on && alive)
}

fn read_one(inputs: &Inputs, file: &InputFile, limits: ReadLimits, framing: Framing, group: &mut Group) -> Result<bool> {
    let mut one = One { inputs, file, limits, framing, group };
    Ok(match &file.path {
        Some(path) => {
            let opened = File::open(path).map_err(|e| failed(path, &e))?;
            match file.kind {
                Kind::Plain => one.plain(opened).map_err(|e| failed(path, &e))?,
                Kind::Parquet | Kind::Arrow => one.columnar(opened) && one.whole(),
                _ => one.packed(opened, path)? && one.whole(),
            }
        }
        None => one.packed(std::io::stdin().lock(), Path::new(STDIN))?,
    })
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::Source { path: path.to_owned(), reason: io_reason(error) }
}

/// One input at a time.
struct One<'a, 'g> {
    inputs: &'a Inputs,
    file: &'a InputFile,
    limits: ReadLimits,
    framing: Framing,
    group: &'a mut Group<'g>,
}

/// A run of messages under one name.
struct Part {
    source: Arc<str>,
    partition: Arc<str>,
    progress: Arc<str>,
    received_at: i64,
}

impl Part {
    fn message(&self, position: i64, until: i64, content: Content, bytes: Bytes) -> RawMessage {
        RawMessage {
            source: Arc::clone(&self.source),
            partition: Arc::clone(&self.partition),
            progress: Arc::clone(&self.progress),
            position,
            until,
            received_at: self.received_at,
            content,
            bytes,
        }
    }
}

impl One<'_, '_> {
    fn part(&self, name: &str) -> Part {
        Part {
            source: if self.file.path.is_some() { Arc::clone(&self.inputs.source) } else { STDIN.into() },
            partition: name.into(),
            progress: self.file.progress_of(name).into(),
            received_at: self.file.received_at,
        }
    }

    /// A file that is not packed: it is entered where an earlier run left it.
    fn plain(&mut self, mut reader: File) -> std::io::Result<bool> {
        let part = self.part(&self.file.partition);
        let mut header = Vec::new();
        if self.file.from > 0 {
            reader.by_ref().take(self.limits.piece_bytes as u64).read_to_end(&mut header)?;
            header.truncate((self.framing.header)(&header).unwrap_or(0));
        }
        reader.seek(SeekFrom::Start(self.file.from))?;
        let (alive, _, failure) = self.pieces(&mut reader, &part, self.file.from as i64, header);
        failure.map_or(Ok(alive), Err)
    }

    /// Parquet and Arrow: rows instead of bytes.
    fn columnar(&mut self, file: File) -> bool {
        let part = self.part(&self.file.partition);
        let from = self.inputs.committed.get(&*part.progress).copied().unwrap_or(0);
        self.tables(columnar::Table::of_file(file, self.file.kind), &part, from)
    }

    /// A stream that may be packed.
    fn packed(&mut self, reader: impl Read, path: &Path) -> Result<bool> {
        let meter = Meter::default();
        let name = Arc::clone(&self.file.partition);
        let alive = unpack::open(reader, &name, &meter, self);
        meter.failure().map_or(Ok(alive), |e| Err(failed(path, &e)))
    }

    /// Notes that the file was read to its end.
    fn whole(&mut self) -> bool {
        let mut part = self.part(&self.file.partition);
        part.progress = self.file.whole().into();
        self.group.add(part.message(0, self.file.bytes as i64, Content::Nothing, Bytes::new()))
    }

    /// Hands a stream on in pieces. Says whether somebody listens, how far it came, and what
    /// ended it early; what was read before that is handed on.
    fn pieces(&mut self, reader: &mut dyn Read, part: &Part, start: i64, header: Vec<u8>) -> (bool, i64, Option<std::io::Error>) {
        let limits = self.limits;
        let mut header = Bytes::from(header);
        let mut position = start;
        let mut target = limits.piece_bytes;
        let mut piece = Vec::with_capacity(usize::try_from(self.file.bytes).unwrap_or(usize::MAX).saturating_add(1).min(target));
        loop {
            let want = target.saturating_sub(piece.len());
            let read = (&mut *reader).take(want as u64).read_to_end(&mut piece);
            let pauses = matches!(&read, Err(e) if e.kind() == std::io::ErrorKind::WouldBlock);
            let (got, failure) = match read {
                Ok(got) => (got, None),
                Err(_) if pauses => (want, None),
                Err(e) => (0, Some(e)),
            };
            if got < want {
                // The last piece; also the only one of a file without a byte.
                let until = position + piece.len() as i64;
                if piece.is_empty() && (position > 0 || failure.is_some()) {
                    return (true, until, failure);
                }
                let content = Content::Messages { header };
                return (self.group.add(part.message(position, until, content, piece.into())), until, failure);
            }
            // Nothing was handed on yet.
            let fresh = if position == 0 { (self.framing.header)(&piece).unwrap_or(0) } else { 0 };
            let in_table = fresh > 0 || !header.is_empty();
            let message = (self.framing.message)(&piece).filter(|cut| *cut > 0);
            let row = || in_table.then(|| (self.framing.row)(&piece)).flatten().filter(|cut| *cut > fresh);
            let cut = match message.or_else(row) {
                Some(cut) => cut.min(piece.len()),
                None if pauses => continue,
                None if target < limits.longest_message => {
                    target = target.saturating_mul(2).min(limits.longest_message);
                    continue;
                }
                None => piece.len(),
            };
            let rest = piece.split_off(cut);
            let next = if message.is_some() {
                // Something else than rows of the table follows.
                Bytes::new()
            } else if fresh > 0 {
                Bytes::copy_from_slice(&piece[..fresh])
            } else {
                header.clone()
            };
            let until = position + cut as i64;
            let content = Content::Messages { header: std::mem::replace(&mut header, next) };
            if !self.group.add(part.message(position, until, content, piece.into())) || (pauses && !self.group.flush()) {
                return (false, until, None);
            }
            position = until;
            target = limits.piece_bytes.max(rest.len() + 1);
            piece = rest;
        }
    }

    /// Hands the rows of a table on.
    fn tables(&mut self, table: Result<columnar::Table, Fault>, part: &Part, from: u64) -> bool {
        let mut row = 0;
        let table = match table {
            Ok(table) => table,
            Err(fault) => return self.tell(part, 0, fault),
        };
        for batch in table.chunks(from) {
            match batch {
                Ok(chunk) => {
                    let (position, until) = (chunk.first_row as i64, (chunk.first_row + chunk.rows) as i64);
                    row = until;
                    if !self.group.add(part.message(position, until, Content::Rows, chunk.ipc)) {
                        return false;
                    }
                }
                Err(fault) => return self.tell(part, row, fault),
            }
        }
        true
    }

    /// Hands a fault on, once: it counts as one byte behind what could be read.
    fn tell(&mut self, part: &Part, position: i64, fault: Fault) -> bool {
        if self.inputs.committed.get(&*part.progress).is_some_and(|at| *at as i64 > position) {
            return true;
        }
        self.group.add(part.message(position, position + 1, Content::Fault(fault), Bytes::new()))
    }
}

impl Visitor for One<'_, '_> {
    fn file(&mut self, name: &str, kind: Kind, content: &mut dyn BufRead) -> bool {
        let part = self.part(name);
        let from = self.inputs.committed.get(&*part.progress).copied().unwrap_or(0);
        if matches!(kind, Kind::Parquet | Kind::Arrow) {
            // These are read from their end, so they have to be whole.
            let mut whole = Vec::new();
            let limit = self.limits.longest_message as u64;
            return match content.take(limit + 1).read_to_end(&mut whole) {
                Ok(n) if n as u64 > limit => self.tell(&part, 0, Fault::TooLarge),
                Ok(_) => self.tables(columnar::Table::of_bytes(whole.into(), kind), &part, from),
                Err(e) => self.tell(&part, 0, unpack::fault_of(&e)),
            };
        }
        let mut header = Vec::new();
        let mut seen = Vec::new();
        if from > 0 {
            let near = from.min(self.limits.piece_bytes as u64);
            let read = (&mut *content).take(near).read_to_end(&mut seen).err();
            header = seen[..(self.framing.header)(&seen).unwrap_or(0)].to_vec();
            let (passed, failure) = if read.is_some() { (0, read) } else { pass(content, from - seen.len() as u64) };
            if let Some(e) = failure {
                // One byte less than was committed: the fault was committed as well.
                let at = seen.len() as u64 + passed;
                return at < from || self.tell(&part, at as i64, unpack::fault_of(&e));
            }
        }
        let mut content = content;
        let (alive, at, failure) = self.pieces(&mut content, &part, from as i64, header);
        alive && failure.is_none_or(|e| self.tell(&part, at, unpack::fault_of(&e)))
    }

    fn fault(&mut self, name: &str, fault: Fault) -> bool {
        let part = self.part(name);
        let known = self.inputs.committed.get(&*part.progress).copied().unwrap_or(0) as i64;
        match &self.group.last {
            // What was read of it is behind it, and it may have told already.
            Some((progress, _, true)) if *progress == part.progress => true,
            Some((progress, until, false)) if *progress == part.progress => {
                let at = *until;
                self.tell(&part, at, fault)
            }
            _ => known > 0 || self.tell(&part, 0, fault),
        }
    }
}

/// Reads and drops so many bytes. Says how many there were, and what ended it early.
fn pass(content: &mut dyn BufRead, bytes: u64) -> (u64, Option<std::io::Error>) {
    let mut left = bytes;
    while left > 0 {
        match content.fill_buf() {
            Ok([]) => break,
            Ok(buf) => {
                let n = (buf.len() as u64).min(left);
                content.consume(n as usize);
                left -= n;
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return (bytes - left, Some(e)),
        }
    }
    (bytes - left, None)
}

/// Collects small messages, so that the cost per hand-over is spread.
struct Group<'a> {
    limits: ReadLimits,
    out: &'a Outlet,
    bytes: usize,
    messages: Vec<RawMessage>,
    /// Of the message that was added last: its name in the checkpoint, its end, and whether it was a fault.
    last: Option<(Arc<str>, i64, bool)>,
}

impl Group<'_> {
    fn add(&mut self, message: RawMessage) -> bool {
        self.bytes += message.bytes.len();
        self.last = Some((Arc::clone(&message.progress), message.until, matches!(message.content, Content::Fault(_))));
        self.messages.push(message);
        self.bytes < self.limits.group_bytes && self.messages.len() < self.limits.group_files || self.flush()
    }

    fn flush(&mut self) -> bool {
        self.bytes = 0;
        self.messages.is_empty() || self.out.send(std::mem::take(&mut self.messages))
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
