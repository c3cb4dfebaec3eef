use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::sink::{Fs, LocalFs, OutputError, Result, Table};

use super::bucket::{Bucket, BucketFs, Location};
use super::guard;

/// An output: the folder of its state, and the place of its tables, which is the same folder or lies behind an
/// S3 API. Everything that is done to the tables goes through here, by path.
#[derive(Debug, Clone)]
pub(super) struct Home {
    root: PathBuf,
    tables: PathBuf,
    fs: Arc<dyn Fs>,
    remote: Option<Arc<BucketFs>>,
}

impl Home {
    /// The tables lie in the folder.
    pub(super) fn folder(root: &Path, fs: &Arc<dyn Fs>) -> Self {
        Self { root: root.to_owned(), tables: root.to_owned(), fs: Arc::clone(fs), remote: None }
    }

    /// The tables lie in a bucket.
    pub(super) fn bucket_at(root: &Path, location: &Location, disk: &Arc<dyn Fs>) -> Result<Self> {
        let path = PathBuf::from(&location.url);
        let bucket = Arc::new(Bucket::new(location).map_err(OutputError::io("reach", &path))?);
        let remote = Arc::new(BucketFs { disk: Arc::clone(disk), bucket });
        let tables = remote.bucket.root().to_owned();
        Ok(Self { root: root.to_owned(), tables, fs: Arc::clone(&remote) as _, remote: Some(remote) })
    }

    /// An output that is there, for reading; its folder says where the tables are. Instead of the folder the place
    /// of the tables may be named, where that is not the folder.
    pub(super) fn open(root: &Path) -> Result<Self> {
        let disk: Arc<dyn Fs> = Arc::new(LocalFs);
        if let Some(location) = Location::of_path(root) {
            return Self::bucket_at(root, &location, &disk);
        }
        match guard::tables_of(root)? {
            None => Err(OutputError::NoOutput { path: root.to_owned() }),
            Some(None) => Ok(Self::folder(root, &disk)),
            Some(Some(location)) => Self::bucket_at(root, &location, &disk),
        }
    }

    /// Folder of the state: staging, locks, numbers. Always on this machine.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn fs(&self) -> &Arc<dyn Fs> {
        &self.fs
    }

    pub(super) fn bucket(&self) -> Option<&Arc<Bucket>> {
        self.remote.as_ref().map(|remote| &remote.bucket)
    }

    /// Where a table lies.
    pub(super) fn dir(&self, table: Table) -> PathBuf {
        table.dir(&self.tables)
    }

    /// Where the log of a table lies.
    pub(super) fn log(&self, table: Table) -> PathBuf {
        self.dir(table).join("_delta_log")
    }

    /// Whether a table has a log.
    pub(super) fn has_log(&self, table: Table) -> Result<bool> {
        let log = self.log(table);
        match self.bucket() {
            None => Ok(log.is_dir()),
            Some(bucket) => Ok(!bucket.below(&log).map_err(OutputError::io("list", &log))?.is_empty()),
        }
    }

    /// What lies in a folder that holds files alone.
    pub(super) fn names(&self, dir: &Path) -> Result<Vec<PathBuf>> {
        let fail = || OutputError::io("read folder", dir);
        if let Some(bucket) = self.bucket() {
            return bucket.below(dir).map_err(fail());
        }
        match fs::read_dir(dir) {
            Ok(entries) => entries.map(|entry| Ok(entry.map_err(fail())?.path())).collect(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(fail()(e)),
        }
    }

    pub(super) fn read(&self, path: &Path) -> Result<Bytes> {
        let read = self.bucket().map_or_else(|| fs::read(path).map(Bytes::from), |bucket| bucket.read(path));
        read.map_err(OutputError::io("read", path))
    }

    /// Removes files of the tables.
    pub(super) fn remove(&self, paths: &[PathBuf]) -> Result<()> {
        if let Some(bucket) = self.bucket() {
            return bucket.remove(paths).map_err(OutputError::io("remove", bucket.root()));
        }
        paths.iter().try_for_each(|path| self.fs.remove_file(path).map_err(OutputError::io("remove", path)))
    }

    /// A data file of a table as a file of this machine: itself, or what comes to lie at `aside`.
    pub(super) fn local<'a>(&self, path: &'a Path, aside: &'a Path) -> Result<Cow<'a, Path>> {
        let Some(remote) = &self.remote else { return Ok(Cow::Borrowed(path)) };
        remote.download(path, aside).map_err(OutputError::io("download", path))?;
        Ok(Cow::Borrowed(aside))
    }

    /// Moves staged files to where readers look, and returns once they are safe there.
    pub(super) fn upload(&self, files: &[(PathBuf, PathBuf)]) -> Result<()> {
        let Some(remote) = &self.remote else { return Ok(()) };
        remote.move_all(files).map_err(OutputError::io("move files to", remote.bucket.root()))
    }
}
