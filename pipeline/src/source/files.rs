//! Files, directories and the standard input: what a bounded run reads, and from where on.
//!
//! Directories are walked in the order of names, so that the same folder gives the same rows
//! on any machine; files and folders whose name begins with a dot are left alone. What a file
//! holds is found by content, never by name.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::unpack::Kind;
use crate::decode::Neutral;
use crate::error::{Error, Result};

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
    /// Where reading begins: what lies before was committed by an earlier run. Bytes, or rows of
    /// a Parquet or Arrow file. 0 where the file is packed: then see [`Inputs::committed`].
    pub from: u64,
    /// What it is, by its first bytes. Plain for the standard input, which cannot be looked at twice.
    pub kind: Kind,
}

impl InputFile {
    /// Name of the partition in the checkpoint: a file that was written anew is read anew.
    pub fn progress(&self) -> String {
        self.progress_of(&self.partition)
    }

    /// The same for a file inside of it.
    pub fn progress_of(&self, member: &str) -> String {
        format!("{member}@{}", self.received_at)
    }

    /// Name under which the checkpoint keeps that a packed or columnar file was read to its end,
    /// with its size.
    pub fn whole(&self) -> String {
        format!("{}#whole", self.progress())
    }
}

/// What a bounded run reads, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    /// Name of the source in every row and in the checkpoint.
    pub source: Arc<str>,
    /// The files.
    pub files: Vec<InputFile>,
    /// Given folders without a single file.
    pub empty_folders: Vec<PathBuf>,
    /// Files that an earlier run has committed to the end.
    pub skipped: usize,
    /// Files that were named more than once; each is read once, under its first name.
    pub repeated: usize,
    /// How far the files inside of packed ones were committed by an earlier run, by their names
    /// in the checkpoint.
    pub committed: HashMap<String, u64>,
    /// The mappings by which tables are read.
    pub neutral: Arc<Neutral>,
}

impl Default for Inputs {
    fn default() -> Self {
        Self::of(FILES)
    }
}

impl Inputs {
    /// Nothing yet, of a source of this name.
    pub fn of(source: &str) -> Self {
        Self {
            source: source.into(),
            files: Vec::new(),
            empty_folders: Vec::new(),
            skipped: 0,
            repeated: 0,
            committed: HashMap::new(),
            neutral: Arc::default(),
        }
    }

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
                    inputs.files.push(InputFile {
                        path: None,
                        partition: STDIN.into(),
                        bytes: 0,
                        received_at,
                        from: 0,
                        kind: Kind::Plain,
                    });
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

    /// Leaves out what an earlier run has committed: source, partition and how far.
    pub fn resume<'a>(&mut self, committed: impl IntoIterator<Item = (&'a str, &'a str, u64)>) {
        let known: HashMap<&str, u64> =
            committed.into_iter().filter(|(source, ..)| **source == *self.source).map(|(_, name, at)| (name, at)).collect();
        let before = self.files.len();
        let kept = &mut self.committed;
        self.files.retain_mut(|file| {
            if file.path.is_none() {
                return true;
            }
            if file.kind != Kind::Plain {
                let (own, members) = (file.progress(), format!("{}!", file.partition));
                let ours = known.iter().filter(|(name, _)| **name == own || name.starts_with(&members));
                kept.extend(ours.map(|(name, at)| ((*name).to_owned(), *at)));
                return known.get(file.whole().as_str()).is_none_or(|size| *size < file.bytes);
            }
            match known.get(file.progress().as_str()) {
                Some(at) if *at >= file.bytes => false,
                Some(at) => {
                    file.from = *at;
                    true
                }
                None => true,
            }
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
        // A pipe can be read once only.
        let kind = if meta.is_file() { kind_of(path) } else { File::open(path).map(|_| Kind::Plain) };
        let kind = kind.map_err(|e| Error::input(path, &e))?;
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
            kind,
        });
        Ok(())
    }
}

/// What a file is, by its first bytes.
pub(super) fn kind_of(path: &Path) -> std::io::Result<Kind> {
    let mut head = Vec::new();
    File::open(path)?.take(600).read_to_end(&mut head)?;
    Ok(Kind::of(&head))
}

pub(super) fn micros(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(d) => i64::try_from(d.as_micros()).unwrap_or(i64::MAX),
        Err(e) => i64::try_from(e.duration().as_micros()).map_or(i64::MIN, |m| -m),
    }
}

pub(super) fn now() -> i64 {
    micros(SystemTime::now())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_that_is_named_twice_is_read_once() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "1").unwrap();
        let inputs = Inputs::gather(&[dir.path().join("a"), dir.path().join("./a"), dir.path().to_owned()]).unwrap();
        assert_eq!((inputs.files.len(), inputs.repeated, inputs.empty_folders.len()), (1, 2, 0));
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
