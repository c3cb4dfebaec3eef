//! A file system for tests in which every single call can be the last, and which can then lose all that was
//! never synced, as a loss of power does.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fmt::Debug;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{DataFile, Fs, LocalFs};

/// What happens once the calls are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing works any more, and what is half written stays so.
    Crash,
    /// Nothing can be written; moving and removing goes on.
    Full,
    /// Nothing can be changed.
    ReadOnly,
}

#[derive(Debug)]
pub(crate) struct LossyFs(Arc<Mutex<Book>>);

#[derive(Debug)]
struct Book {
    left: i64,
    fault: Fault,
    /// Where removed files are kept until their end is safe.
    aside: tempfile::TempDir,
    /// Files that were made here, with the bytes that are safe.
    files: HashMap<PathBuf, u64>,
    /// Changes of names that no sync has made safe, in their order.
    pending: Vec<Pending>,
    /// What lies below this lies on another device.
    elsewhere: Option<PathBuf>,
    removed: u32,
}

#[derive(Debug)]
enum Pending {
    Made(PathBuf),
    Folder(PathBuf),
    Moved { from: PathBuf, to: PathBuf },
    Gone { path: PathBuf, aside: PathBuf },
}

impl Pending {
    /// The folder whose sync makes it safe.
    fn folder(&self) -> &Path {
        match self {
            Self::Made(path) | Self::Folder(path) | Self::Gone { path, .. } => path.parent().unwrap(),
            Self::Moved { to, .. } => to.parent().unwrap(),
        }
    }
}

impl LossyFs {
    /// Works for so many calls.
    pub(crate) fn new(calls: i64, fault: Fault) -> Arc<Self> {
        let aside = tempfile::tempdir().unwrap();
        let book = Book { left: calls, fault, aside, files: HashMap::new(), pending: Vec::new(), elsewhere: None, removed: 0 };
        Arc::new(Self(Arc::new(Mutex::new(book))))
    }

    /// Moves into this folder cross the border of a file system.
    pub(crate) fn elsewhere(self: Arc<Self>, folder: &Path) -> Arc<Self> {
        self.book().elsewhere = Some(folder.to_owned());
        self
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }

    /// Calls that are left; 0 or fewer once one has failed.
    pub(crate) fn left(&self) -> i64 {
        self.book().left
    }

    /// Takes back all that was not synced.
    pub(crate) fn lose_power(&self) {
        let mut book = self.book();
        for change in std::mem::take(&mut book.pending).into_iter().rev() {
            match change {
                Pending::Made(path) => {
                    let _may_be_gone = fs::remove_file(path);
                }
                Pending::Folder(path) => {
                    let _may_be_gone = fs::remove_dir_all(path);
                }
                Pending::Moved { from, to } => fs::rename(to, from).unwrap(),
                Pending::Gone { path, aside } => fs::rename(aside, path).unwrap(),
            }
        }
        for (path, safe) in &book.files {
            if let Ok(file) = OpenOptions::new().write(true).open(path) {
                file.set_len(*safe).unwrap();
            }
        }
    }
}

impl Book {
    /// `true` at the first call that fails.
    fn tick(&mut self, writes: bool) -> io::Result<()> {
        if self.fault == Fault::Full && !writes {
            return Ok(());
        }
        self.left -= 1;
        if self.left >= 0 {
            return Ok(());
        }
        Err(match self.fault {
            Fault::Crash => io::ErrorKind::Interrupted,
            Fault::Full => io::ErrorKind::StorageFull,
            Fault::ReadOnly => io::ErrorKind::ReadOnlyFilesystem,
        }
        .into())
    }
}

struct LossyFile {
    inner: Box<dyn DataFile>,
    path: PathBuf,
    book: Arc<Mutex<Book>>,
    bytes: u64,
}

impl Write for LossyFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let ticked = self.book.lock().unwrap().tick(true);
        // An interrupted write would be tried again by the standard library.
        if let Err(error) = ticked {
            let half = self.inner.write(&buf[..buf.len() / 2])?;
            self.bytes += half as u64;
            return Err(if error.kind() == io::ErrorKind::Interrupted { io::ErrorKind::Other.into() } else { error });
        }
        let n = self.inner.write(buf)?;
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl DataFile for LossyFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut book = self.book.lock().unwrap();
        book.tick(true)?;
        book.files.insert(self.path.clone(), self.bytes);
        drop(book);
        self.inner.flush()
    }
}

impl LossyFs {
    fn open(&self, path: &Path, open: impl FnOnce() -> io::Result<Box<dyn DataFile>>) -> io::Result<Box<dyn DataFile>> {
        let mut book = self.book();
        book.tick(true)?;
        let inner = open()?;
        book.files.insert(path.to_owned(), 0);
        book.pending.push(Pending::Made(path.to_owned()));
        Ok(Box::new(LossyFile { inner, path: path.to_owned(), book: Arc::clone(&self.0), bytes: 0 }))
    }
}

impl Fs for LossyFs {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DataFile>> {
        self.open(path, || LocalFs.create(path))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DataFile>> {
        self.open(path, || LocalFs.create_new(path))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut book = self.book();
        book.tick(true)?;
        let new: Vec<_> = path.ancestors().take_while(|dir| !dir.exists()).map(Path::to_owned).collect();
        LocalFs.create_dir_all(path)?;
        book.pending.extend(new.into_iter().rev().map(Pending::Folder));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut book = self.book();
        book.tick(false)?;
        if book.elsewhere.as_ref().is_some_and(|there| to.starts_with(there) != from.starts_with(there)) {
            return Err(io::ErrorKind::CrossesDevices.into());
        }
        LocalFs.rename(from, to)?;
        if let Some(safe) = book.files.remove(from) {
            book.files.insert(to.to_owned(), safe);
        }
        book.pending.push(Pending::Moved { from: from.to_owned(), to: to.to_owned() });
        Ok(())
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let mut book = self.book();
        book.tick(true)?;
        let bytes = fs::metadata(path)?.len();
        book.files.insert(path.to_owned(), bytes);
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut book = self.book();
        book.tick(false)?;
        book.pending.retain(|change| change.folder() != path);
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut book = self.book();
        book.tick(false)?;
        book.removed += 1;
        let aside = book.aside.path().join(book.removed.to_string());
        // Moved, so that it comes back with the time of its writing.
        LocalFs.rename(path, &aside)?;
        book.pending.push(Pending::Gone { path: path.to_owned(), aside });
        Ok(())
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.book().tick(false).and_then(|()| LocalFs.remove_dir(path))
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.book().tick(false).and_then(|()| LocalFs.remove_dir_all(path))
    }
}
