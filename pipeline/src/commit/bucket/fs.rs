use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, WriteMultipart};

use super::{Bucket, wait};
use crate::sink::{DataFile, Fs};

/// A larger file goes up in parts of this size.
const PART: usize = 8 << 20;
/// Parts, and small files, that go up at the same time.
const UPLOADS: usize = 4;
/// Bytes that come down with one request.
const RANGE: u64 = 8 << 20;

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
        wait(async move {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use object_store::memory::InMemory;

    use super::*;
    use crate::commit::bucket::Location;
    use crate::commit::bucket::faulty::{Fault, Faulty, Shared};
    use crate::sink::LocalFs;

    /// A file of several parts goes up and comes down; also with a real server, where `TAMIS_S3_ENDPOINT` names one.
    #[test]
    fn large_files_go_in_parts() {
        let dir = tempfile::tempdir().unwrap();
        let (file, back) = (dir.path().join("file"), dir.path().join("back"));
        let bytes: Vec<u8> = (0..40_u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let mut location = Location {
            url: format!("s3://tamis/parts-{}", std::process::id()),
            endpoint: "https://localhost:1".into(),
            region: String::new(),
            allow_http: true,
        };
        location.lies_in(Arc::new(InMemory::new()));
        let mut places = vec![location.clone()];
        let named = std::env::var("TAMIS_S3_ENDPOINT").ok().filter(|_| std::env::var_os("AWS_ACCESS_KEY_ID").is_some());
        match named {
            Some(endpoint) => {
                location.endpoint = endpoint;
                places.push(location);
            }
            None => println!("skipped: TAMIS_S3_ENDPOINT and AWS_ACCESS_KEY_ID name no server"),
        }
        for place in places {
            let bucket = Arc::new(Bucket::new(&place).unwrap());
            let fs = BucketFs { disk: Arc::new(LocalFs), bucket };
            std::fs::write(&file, &bytes).unwrap();
            let path = fs.bucket.root().join("hits/kind=traveller/arrival_date=__HIVE_DEFAULT_PARTITION__/file.parquet");
            fs.move_all(&[(file.clone(), path.clone())]).unwrap();
            assert!(!file.exists());
            fs.download(&path, &back).unwrap();
            assert!(std::fs::read(&back).unwrap() == bytes);
            assert_eq!(fs.bucket.below(fs.bucket.root()).unwrap(), std::slice::from_ref(&path));
            fs.remove_file(&path).unwrap();
            fs.remove_file(&path).unwrap();
            assert_eq!(fs.bucket.below(fs.bucket.root()).unwrap(), Vec::<PathBuf>::new());
        }
    }

    #[test]
    fn a_file_that_did_not_arrive_stays_where_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let url = "s3://tamis/lost".to_owned();
        let location = Location { url, endpoint: "https://localhost:2".into(), region: String::new(), allow_http: false };
        location.lies_in(Arc::new(Shared(Faulty::new(Arc::new(InMemory::new()), 1, Some(Fault::Before)))));
        let fs = BucketFs { disk: Arc::new(LocalFs), bucket: Arc::new(Bucket::new(&location).unwrap()) };
        let files: Vec<_> = ["a", "b"].iter().map(|n| (dir.path().join(n), fs.bucket.root().join(n))).collect();
        for (file, _) in &files {
            std::fs::write(file, b"rows").unwrap();
        }
        let error = fs.move_all(&files).unwrap_err();
        assert!(error.to_string().contains("the connection was lost"), "{error}");
        assert!(files.iter().all(|(file, _)| file.exists()));
        assert!(fs.create(&fs.bucket.root().join("c")).is_err());
    }
}
