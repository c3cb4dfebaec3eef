//! Files, directories and the standard input.
//!
//! Directories are walked in the order of names, so that the same folder gives the same rows
//! on any machine; files and folders whose name begins with a dot are left alone. What a file
//! holds is found by content, never by name. A file is read in pieces that end where a message
//! ends, so the memory does not grow with the file.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use crossbeam_channel::Sender;

use crate::error::{Error, Result, io_reason};
use crate::flow::{Budget, RawBatch, RawMessage};

/// Name of this source in every row.
pub const FILES: &str = "files";
/// Name of the source, and the partition, of the standard input.
pub const STDIN: &str = "stdin";

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Where it is; `None` is the standard input.
    pub path: Option<PathBuf>,
    /// Its name in every row: the path as given, or as found below the given folder.
    pub partition: Arc<str>,
    /// Size in bytes when it was found; 0 for the standard input.
    pub bytes: u64,
    /// When it was last written: microseconds since 1970, UTC.
    pub received_at: i64,
    /// Where reading begins: what lies before was committed by an earlier run.
    pub from: u64,
}

impl InputFile {
    /// Name of the partition in the checkpoint: a file that was written anew is read anew.
    pub fn progress(&self) -> String {
        format!("{}@{}", self.partition, self.received_at)
    }
}

/// What a bounded run reads, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The files.
    pub files: Vec<InputFile>,
    /// Given folders without a single file.
    pub empty_folders: Vec<PathBuf>,
    /// Files that an earlier run has committed to the end.
    pub skipped: usize,
    /// Files that were named more than once; each is read once, under its first name.
    pub repeated: usize,
}

impl Inputs {
    /// Finds and opens everything that is named, so that a path that cannot be read is known
    /// before anything runs. `-` is the standard input.
    ///
    /// # Errors
    /// [`Error::Input`] names the first path that cannot be read; [`Error::NothingUsable`] where
    /// no file was found at all.
    pub fn gather(paths: &[PathBuf]) -> Result<Self> {
        let mut inputs = Self::default();
        let mut files = HashSet::new();
        for path in paths {
            if path.as_os_str() == "-" {
                if inputs.files.iter().all(|f| f.path.is_some()) {
                    let received_at = now();
                    inputs.files.push(InputFile { path: None, partition: STDIN.into(), bytes: 0, received_at, from: 0 });
                }
                continue;
            }
            let before = inputs.files.len() + inputs.repeated;
            let meta = fs::metadata(path).map_err(|e| Error::input(path, &e))?;
            if meta.is_dir() {
                inputs.walk(path, &mut HashSet::new(), &mut files)?;
                if inputs.files.len() + inputs.repeated == before {
                    inputs.empty_folders.push(path.clone());
                }
            } else {
                inputs.add(path, &meta, &mut files)?;
            }
        }
        if inputs.files.is_empty() {
            let names = paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
            return Err(Error::NothingUsable(format!("there is no file in {names}; name files or folders with messages")));
        }
        Ok(inputs)
    }

    /// Leaves out what an earlier run has committed: `position` tells how far each partition of
    /// a source is committed, and nothing for one that is not known.
    pub fn resume(&mut self, position: impl Fn(&str, &str) -> Option<u64>) {
        let before = self.files.len();
        self.files.retain_mut(|file| match file.path.as_ref().and_then(|_| position(FILES, &file.progress())) {
            Some(at) if at >= file.bytes => false,
            Some(at) => {
                file.from = at;
                true
            }
            None => true,
        });
        self.skipped += before - self.files.len();
    }

    /// Sum of the sizes, or `None` where the standard input is among them.
    pub fn total_bytes(&self) -> Option<u64> {
        self.files.iter().map(|f| f.path.as_ref().map(|_| f.bytes.saturating_sub(f.from))).sum()
    }

    fn walk(&mut self, folder: &Path, seen: &mut HashSet<PathBuf>, files: &mut HashSet<PathBuf>) -> Result<()> {
        // A link may lead back into its own folder.
        if !seen.insert(fs::canonicalize(folder).map_err(|e| Error::input(folder, &e))?) {
            return Ok(());
        }
        let mut entries = fs::read_dir(folder)
            .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect::<std::io::Result<Vec<_>>>())
            .map_err(|e| Error::input(folder, &e))?;
        entries.sort();
        for path in entries {
            if path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b".")) {
                continue;
            }
            let meta = fs::metadata(&path).map_err(|e| Error::input(&path, &e))?;
            if meta.is_dir() {
                self.walk(&path, seen, files)?;
            } else if meta.is_file() {
                self.add(&path, &meta, files)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, meta: &fs::Metadata, files: &mut HashSet<PathBuf>) -> Result<()> {
        File::open(path).map_err(|e| Error::input(path, &e))?;
        // The same bytes twice would be the same travellers twice. Pipes and devices are no files.
        if meta.is_file() && !files.insert(fs::canonicalize(path).map_err(|e| Error::input(path, &e))?) {
            self.repeated += 1;
            return Ok(());
        }
        self.files.push(InputFile {
            path: Some(path.to_owned()),
            partition: path.to_string_lossy().into(),
            bytes: meta.len(),
            received_at: meta.modified().map_or_else(|_| now(), micros),
            from: 0,
        });
        Ok(())
    }
}

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

/// Reads all inputs in order and hands them on. Returns how many raw batches were sent; fewer
/// than all where nobody listens any more.
///
/// # Errors
/// [`Error::Source`] where a file fails while it is read.
pub fn read(inputs: &Inputs, limits: ReadLimits, boundary: Boundary, budget: &Budget, out: &Sender<RawBatch>) -> Result<u64> {
    let mut group = Group { limits, budget, out, sequence: 0, bytes: 0, messages: Vec::new() };
    for file in &inputs.files {
        let alive = match &file.path {
            Some(path) => {
                let failed = |e: &std::io::Error| Error::Source { path: path.clone(), reason: io_reason(e) };
                let mut reader = File::open(path).map_err(|e| failed(&e))?;
                reader.seek(SeekFrom::Start(file.from)).map_err(|e| failed(&e))?;
                read_one(reader, file, limits, boundary, &mut group).map_err(|e| failed(&e))?
            }
            None => read_one(std::io::stdin().lock(), file, limits, boundary, &mut group)
                .map_err(|e| Error::Source { path: STDIN.into(), reason: io_reason(&e) })?,
        };
        if !alive {
            return Ok(group.sequence);
        }
    }
    group.flush();
    Ok(group.sequence)
}

/// Reads one input in pieces. `false` when nobody listens any more.
fn read_one(
    mut reader: impl Read,
    file: &InputFile,
    limits: ReadLimits,
    boundary: Boundary,
    group: &mut Group<'_>,
) -> std::io::Result<bool> {
    let source: Arc<str> = if file.path.is_some() { FILES.into() } else { STDIN.into() };
    let progress: Arc<str> = file.progress().into();
    let message = |position: i64, bytes: Vec<u8>| RawMessage {
        source: Arc::clone(&source),
        partition: Arc::clone(&file.partition),
        progress: Arc::clone(&progress),
        position,
        received_at: file.received_at,
        bytes: Bytes::from(bytes),
    };
    let start = file.from as i64;
    let mut position = start;
    let mut target = limits.piece_bytes;
    let mut piece = Vec::with_capacity(usize::try_from(file.bytes).unwrap_or(usize::MAX).saturating_add(1).min(target));
    loop {
        let want = target.saturating_sub(piece.len());
        let got = reader.by_ref().take(want as u64).read_to_end(&mut piece)?;
        if got < want {
            // The last piece; also the only one of a file without a byte.
            return Ok(if piece.is_empty() && (position > start || start > 0) {
                true
            } else {
                group.add(message(position, piece))
            });
        }
        let cut = match boundary(&piece) {
            Some(cut) if cut > 0 => cut.min(piece.len()),
            _ if target < limits.longest_message => {
                target = target.saturating_mul(2).min(limits.longest_message);
                continue;
            }
            _ => piece.len(),
        };
        let rest = piece.split_off(cut);
        if !group.add(message(position, piece)) {
            return Ok(false);
        }
        position += cut as i64;
        target = limits.piece_bytes.max(rest.len() + 1);
        piece = rest;
    }
}

/// Collects small messages, so that the cost per hand-over is spread.
struct Group<'a> {
    limits: ReadLimits,
    budget: &'a Budget,
    out: &'a Sender<RawBatch>,
    sequence: u64,
    bytes: usize,
    messages: Vec<RawMessage>,
}

impl Group<'_> {
    fn add(&mut self, message: RawMessage) -> bool {
        self.bytes += message.bytes.len();
        self.messages.push(message);
        self.bytes < self.limits.group_bytes && self.messages.len() < self.limits.group_files || self.flush()
    }

    fn flush(&mut self) -> bool {
        if self.messages.is_empty() {
            return true;
        }
        let permit = self.budget.take(self.bytes);
        let batch = RawBatch { sequence: self.sequence, messages: std::mem::take(&mut self.messages), permit };
        self.bytes = 0;
        let sent = self.out.send(batch).is_ok();
        self.sequence += u64::from(sent);
        sent
    }
}

fn micros(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(d) => i64::try_from(d.as_micros()).unwrap_or(i64::MAX),
        Err(e) => i64::try_from(e.duration().as_micros()).map_or(i64::MIN, |m| -m),
    }
}

fn now() -> i64 {
    micros(SystemTime::now())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn newline(bytes: &[u8]) -> Option<usize> {
        memchr::memrchr(b'\n', bytes).map(|n| n + 1)
    }

    fn all(inputs: &Inputs, limits: ReadLimits) -> Vec<RawMessage> {
        let (tx, rx) = crossbeam_channel::bounded(100_000);
        let sent = read(inputs, limits, newline, &Budget::new(usize::MAX), &tx).unwrap();
        drop(tx);
        let batches: Vec<_> = rx.iter().collect();
        assert_eq!(sent, batches.len() as u64);
        assert!(batches.iter().enumerate().all(|(i, b)| b.sequence == i as u64));
        batches.into_iter().flat_map(|b| b.messages).collect()
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_names() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        for (name, text) in [("c.txt", "3"), ("b/2.txt", "2"), ("a.txt", "1"), (".hidden", "0"), ("d.txt", "")] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let inputs = Inputs::gather(&[dir.path().to_owned()]).unwrap();
        let texts: Vec<_> = all(&inputs, ReadLimits::default()).into_iter().map(|m| m.bytes).collect();
        assert_eq!(texts, ["1", "2", "3", ""]);
        assert_eq!(inputs.total_bytes(), Some(3));
    }

    #[test]
    fn a_file_that_is_named_twice_is_read_once() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "1").unwrap();
        let inputs = Inputs::gather(&[dir.path().join("a"), dir.path().join("./a"), dir.path().to_owned()]).unwrap();
        assert_eq!((inputs.files.len(), inputs.repeated, inputs.empty_folders.len()), (1, 2, 0));
    }

    #[test]
    fn a_large_file_is_cut_at_messages_and_loses_no_byte() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big");
        let text = (0..5_000).map(|n| "x".repeat(n % 97)).collect::<Vec<_>>().join("\n") + "\n";
        fs::write(&path, &text).unwrap();
        let inputs = Inputs::gather(&[path]).unwrap();
        for piece_bytes in [1, 10, 100, 1_000, text.len() - 1, text.len(), text.len() + 1] {
            let limits = ReadLimits { group_bytes: 500, piece_bytes, ..ReadLimits::default() };
            let messages = all(&inputs, limits);
            let mut position = 0;
            for m in &messages {
                assert_eq!(m.position, position);
                assert!(m.bytes.ends_with(b"\n"), "{piece_bytes}");
                position += m.bytes.len() as i64;
            }
            assert_eq!(messages.iter().flat_map(|m| m.bytes.to_vec()).collect::<Vec<_>>(), text.as_bytes());
        }
    }

    #[test]
    fn a_message_longer_than_allowed_is_handed_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("long");
        fs::write(&path, "x".repeat(1_000)).unwrap();
        let inputs = Inputs::gather(&[path]).unwrap();
        let limits = ReadLimits { piece_bytes: 10, longest_message: 100, ..ReadLimits::default() };
        assert_eq!(all(&inputs, limits).iter().map(|m| m.bytes.len()).sum::<usize>(), 1_000);
    }

    #[test]
    fn what_was_committed_is_not_read_again() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [("a", "1\n2\n"), ("b", "3\n4\n"), ("c", "")] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let mut inputs = Inputs::gather(&[dir.path().to_owned()]).unwrap();
        let known: Vec<_> = inputs.files.iter().map(InputFile::progress).zip([4, 2, 0]).collect();
        inputs.resume(|source, name| known.iter().find(|(k, _)| source == FILES && k == name).map(|(_, at)| *at));
        assert_eq!((inputs.files.len(), inputs.skipped, inputs.total_bytes()), (1, 2, Some(2)));
        let messages = all(&inputs, ReadLimits::default());
        assert_eq!((messages.len(), messages[0].position, &messages[0].bytes[..]), (1, 2, &b"4\n"[..]));
    }

    #[test]
    fn what_cannot_be_read_is_named_before_anything_runs() {
        let error = Inputs::gather(&["does/not/exist".into()]).unwrap_err();
        assert!(error.to_string().contains("does/not/exist"));
        assert_eq!(error.domain().exit_code(), 2);
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Inputs::gather(&[dir.path().to_owned()]).unwrap_err().domain().exit_code(), 3);
    }
}
