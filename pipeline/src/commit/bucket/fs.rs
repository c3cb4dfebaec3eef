use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, WriteMultipart};

use super::Bucket;
use crate::sink::{DataFile, Fs};

/// A larger file goes up in parts of this size.
const PART: usize = 16 << 20;
/// Parts, and small files, that go up at the same time.
const UPLOADS: usize = 8;
/// Bytes that come down with one request.
const RANGE: u64 = 16 << 20;

/// A file system in which some paths lie in a bucket. A file that is moved there is uploaded; nothing else makes
/// one. Folders are not made or synced there: there are none, and what was answered is safe.
#[derive(Debug, Clone)]
pub(in crate::commit) struct BucketFs {
    pub(in crate::commit) disk: Arc<dyn Fs>,
    pub(in crate::commit) bucket: Arc<Bucket>,
}

impl BucketFs {
    /// Uploads files, each to its path, and removes them from the disk.
    pub(in crate::commit) fn move_all(&self, files: &[(PathBuf, PathBuf)]) -> io::Result<()> {
        let uploads = files.iter().map(|(from, to)| Ok((from.clone(), self.bucket.key(to)?))).collect::<io::Result<Vec<_>>>()?;
        let store = Arc::clone(&self.bucket.store);
        self.bucket.wait(async move {
            let uploads = futures::stream::iter(uploads).map(|(from, to)| {
                let store = Arc::clone(&store);
                async move { upload(store.as_ref(), &from, &to).await }
            });
            uploads.buffer_unordered(UPLOADS).try_collect::<()>().await
        })?;
        files.iter().try_for_each(|(from, _)| self.disk.remove_file(from))
    }

    /// Writes an object into a file.
    pub(in crate::commit) fn download(&self, from: &Path, to: &Path) -> io::Result<()> {
        let size = self.bucket.ask(from, |store, key| async move { Ok(store.head(&key).await?.size) })?;
        let mut file = self.disk.create(to)?;
        let mut at = 0;
        while at < size {
            let range = at..size.min(at + RANGE);
            at = range.end;
            let bytes = self.bucket.ask(from, |store, key| async move { store.get_range(&key, range).await })?;
            file.write_all(&bytes)?;
        }
        file.flush()
    }

    fn on_disk(&self, path: &Path) -> Option<&Arc<dyn Fs>> {
        (!self.bucket.has(path)).then_some(&self.disk)
    }

    fn elsewhere<T>(&self, path: &Path, work: impl FnOnce(&Arc<dyn Fs>) -> io::Result<T>) -> io::Result<T> {
        self.on_disk(path).map_or_else(|| Err(io::ErrorKind::Unsupported.into()), work)
    }
}

async fn upload(store: &dyn ObjectStore, from: &Path, to: &Key) -> object_store::Result<()> {
    let failed = |e: io::Error| Error::Generic { store: "disk", source: e.into() };
    let mut file = File::open(from).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    if size <= PART as u64 {
        let mut bytes = Vec::with_capacity(size as usize);
        file.read_to_end(&mut bytes).map_err(failed)?;
        return store.put(to, bytes.into()).await.map(drop);
    }
    let mut parts = WriteMultipart::new_with_chunk_size(store.put_multipart(to).await?, PART);
    loop {
        let mut bytes = Vec::with_capacity(PART);
        if let Err(error) = (&mut file).take(PART as u64).read_to_end(&mut bytes) {
            parts.abort().await?;
            return Err(failed(error));
        }
        if bytes.is_empty() {
            break;
        }
        if let Err(error) = parts.wait_for_capacity(UPLOADS / 2).await {
            parts.abort().await?;
            return Err(error);
        }
        parts.put(Bytes::from(bytes));
    }
    // Gives the parts up where one of them fails.
    parts.finish().await?;
    let there = store.head(to).await?.size;
    if there == size {
        return Ok(());
    }
    let source = format!("{to} has {there} bytes, {size} were sent").into();
    Err(Error::Generic { store: "upload", source })
}

impl Fs for BucketFs {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DataFile>> {
        self.elsewhere(path, |disk| disk.create(path))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DataFile>> {
        self.elsewhere(path, |disk| disk.create_new(path))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.on_disk(path).map_or(Ok(()), |disk| disk.create_dir_all(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        match self.on_disk(to) {
            Some(disk) => disk.rename(from, to),
            None => self.move_all(&[(from.to_owned(), to.to_owned())]),
        }
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.on_disk(path).map_or(Ok(()), |disk| disk.sync_file(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.on_disk(path).map_or(Ok(()), |disk| disk.sync_dir(path))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        match self.on_disk(path) {
            Some(disk) => disk.remove_file(path),
            None => self.bucket.remove(&[path.to_owned()]),
        }
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.elsewhere(path, |disk| disk.remove_dir(path))
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.elsewhere(path, |disk| disk.remove_dir_all(path))
    }

    fn step(&self, name: &str) -> io::Result<()> {
        self.disk.step(name)
    }
}
