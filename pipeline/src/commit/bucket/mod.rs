//! Tables that lie behind an S3 API.
//!
//! An object is there whole or not at all, and a put can be made to fail where there is one of that name
//! (`If-None-Match`): so no log entry is torn, and of two writers of the same version one wins. What differs
//! from a disk is time: a request of a process that is gone may still take effect later. Hence
//! * no two data files ever have the same name, whoever writes them ([`Bucket::unique`]): what comes late lies
//!   there unnamed and is removed by the next recovery;
//! * a recovery begins with an entry of its own in every log (`fence`): what comes late finds its version taken.

#[cfg(test)]
pub(super) mod faulty;
mod fs;
mod location;
mod owner;
mod quiet;

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion};
use twox_hash::XxHash3_64;
use url::Url;

pub(super) use self::fs::BucketFs;
pub use self::location::Location;
pub(super) use self::owner::Owner;

/// Requests that are under way at the same time.
const AT_ONCE: usize = 16;

/// Where the tables of one output lie. Its paths are those that people write, `s3://bucket/prefix/hits/…`.
///
/// The calls block their thread until the answer is there; the requests are made elsewhere.
#[derive(Debug)]
pub(super) struct Bucket {
    store: Arc<dyn ObjectStore>,
    root: PathBuf,
    /// The same inside the bucket.
    prefix: String,
    /// Turns of ownership, see [`Owner`]; 0 for those who only read.
    term: AtomicU64,
    /// Tells the files of this process from those of others.
    mark: u64,
    given: AtomicU64,
}

impl Bucket {
    /// Nothing is asked of the server yet.
    pub(super) fn new(location: &Location) -> io::Result<Self> {
        location.check().map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
        let prefix = location.url.split('/').skip(3).collect::<Vec<_>>().join("/");
        let store = location.store()?;
        let mut salt = [0; 8];
        getrandom::getrandom(&mut salt)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let mark = XxHash3_64::oneshot(format!("{salt:?} {now} {}", std::process::id()).as_bytes());
        let (term, given) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self { store, root: PathBuf::from(&location.url), prefix, term, mark, given })
    }

    /// Where the tables lie.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn term(&self) -> u64 {
        self.term.load(Ordering::Relaxed)
    }

    pub(super) fn set_term(&self, term: u64) {
        self.term.store(term, Ordering::Relaxed);
    }

    /// The path of a data file with a name that no other file has or will have.
    pub(super) fn unique(&self, path: &str) -> String {
        let n = self.given.fetch_add(1, Ordering::Relaxed);
        let stem = path.strip_suffix(".parquet").unwrap_or(path);
        format!("{stem}.{:06}.{:016x}{n:06}.parquet", self.term(), self.mark)
    }

    /// Whether a path lies here.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.key(path).is_ok()
    }

    fn key(&self, path: &Path) -> io::Result<Key> {
        let inside = path.to_str().zip(self.root.to_str()).and_then(|(path, root)| path.strip_prefix(root));
        let inside = inside.filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\']));
        let inside = inside.ok_or_else(|| io::Error::other("the path lies in another place"))?;
        Key::parse(format!("{}{}", self.prefix, inside.replace('\\', "/"))).map_err(io::Error::other)
    }

    fn path(&self, key: &Key) -> PathBuf {
        let below = key.as_ref().strip_prefix(self.prefix.as_str()).unwrap_or_default();
        PathBuf::from(format!("{}{below}", self.root.display()))
    }

    fn ask<T: Send + 'static, F: Future<Output = object_store::Result<T>> + Send + 'static>(
        &self,
        path: &Path,
        work: impl FnOnce(Arc<dyn ObjectStore>, Key) -> F,
    ) -> io::Result<T> {
        wait(work(Arc::clone(&self.store), self.key(path)?))
    }

    /// An object, whole.
    pub(super) fn read(&self, path: &Path) -> io::Result<Bytes> {
        self.ask(path, |store, key| async move { store.get(&key).await?.bytes().await })
    }

    /// Several objects, in their order.
    pub(super) fn read_all(&self, paths: &[PathBuf]) -> io::Result<Vec<Bytes>> {
        let keys = paths.iter().map(|path| self.key(path)).collect::<io::Result<Vec<_>>>()?;
        let store = Arc::clone(&self.store);
        wait(async move {
            let reads = futures::stream::iter(keys).map(move |key| {
                let store = Arc::clone(&store);
                async move { store.get(&key).await?.bytes().await }
            });
            reads.buffered(AT_ONCE).try_collect().await
        })
    }

    /// Size of each object, and its last bytes; in the order of the paths.
    pub(super) fn ends(&self, paths: &[PathBuf], bytes: u64) -> io::Result<Vec<io::Result<(u64, Bytes)>>> {
        let keys = paths.iter().map(|path| self.key(path)).collect::<io::Result<Vec<_>>>()?;
        let store = Arc::clone(&self.store);
        wait(async move {
            let reads = futures::stream::iter(keys).map(move |key| {
                let store = Arc::clone(&store);
                async move {
                    let options = GetOptions { range: Some(GetRange::Suffix(bytes)), ..GetOptions::default() };
                    let got = store.get_opts(&key, options).await.map_err(plain)?;
                    let size = got.meta.size;
                    Ok((size, got.bytes().await.map_err(plain)?))
                }
            });
            Ok(reads.buffered(AT_ONCE).collect().await)
        })
    }

    /// An object and its version; `None` where there is none.
    fn read_version(&self, path: &Path) -> io::Result<Option<(Bytes, UpdateVersion)>> {
        self.ask(path, |store, key| async move {
            let got = match store.get(&key).await {
                Err(Error::NotFound { .. }) => return Ok(None),
                got => got?,
            };
            let version = UpdateVersion { e_tag: got.meta.e_tag.clone(), version: got.meta.version.clone() };
            Ok(Some((got.bytes().await?, version)))
        })
    }

    /// Writes an object if the one that is there is of a version, or if there is none. Says whether it did.
    fn write_if(&self, path: &Path, bytes: impl Into<Bytes>, there: Option<UpdateVersion>) -> io::Result<bool> {
        let (bytes, mode) = (bytes.into(), there.map_or(PutMode::Create, PutMode::Update));
        self.ask(path, |store, key| async move {
            match store.put_opts(&key, bytes.into(), PutOptions::from(mode)).await {
                Ok(_) => Ok(true),
                Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
                Err(e) => Err(e),
            }
        })
    }

    /// Everything below a path.
    pub(super) fn below(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        let found = self.ask(dir, |store, key| async move {
            store.list(Some(&key)).map_ok(|meta| meta.location).try_collect::<Vec<_>>().await
        })?;
        let mut paths: Vec<PathBuf> = found.iter().map(|key| self.path(key)).collect();
        paths.sort_unstable();
        Ok(paths)
    }

    /// Something below a path that is not in the state folder, if there is anything.
    fn anything(&self, dir: &Path, but: &Path) -> io::Result<Option<PathBuf>> {
        let but = self.key(but)?;
        let found = self.ask(dir, |store, key| async move {
            let mut found = store.list(Some(&key));
            while let Some(meta) = found.try_next().await? {
                if !meta.location.prefix_matches(&but) {
                    return Ok(Some(meta.location));
                }
            }
            Ok(None)
        })?;
        Ok(found.map(|key| self.path(&key)))
    }

    /// Removes objects; those that are not there are gone already.
    pub(super) fn remove(&self, paths: &[PathBuf]) -> io::Result<()> {
        let keys = paths.iter().map(|path| self.key(path)).collect::<io::Result<Vec<_>>>()?;
        let store = Arc::clone(&self.store);
        wait(async move {
            let mut gone = store.delete_stream(futures::stream::iter(keys.into_iter().map(Ok)).boxed());
            while let Some(done) = gone.next().await {
                match done {
                    Ok(_) | Err(Error::NotFound { .. }) => {}
                    Err(e) => return Err(e),
                }
            }
            Ok(())
        })
    }

    /// The log of a table, for the Delta library. Its commits are puts that fail where there is an entry.
    pub(super) fn log_store(&self, table: &Path) -> io::Result<LogStoreRef> {
        let key = self.key(table)?;
        let url = Url::parse(&format!("{}/", table.display())).map_err(io::Error::other)?;
        let below = Arc::new(PrefixStore::new(Arc::clone(&self.store), key));
        Ok(default_logstore(below, Arc::clone(&self.store), &url, &StorageConfig::default()))
    }
}

/// Waits for requests. They run on threads of their own, so any thread may wait.
fn wait<T: Send + 'static>(work: impl Future<Output = object_store::Result<T>> + Send + 'static) -> io::Result<T> {
    let (done, waiting) = mpsc::sync_channel(1);
    crate::runtime::object_stores()?.spawn(async move {
        // Who waited may be gone.
        let _gone = done.send(work.await);
    });
    waiting.recv().map_err(io::Error::other)?.map_err(plain)
}

/// What a store says, as the file system would.
fn plain(error: Error) -> io::Error {
    let kind = match error {
        Error::NotFound { .. } => io::ErrorKind::NotFound,
        Error::AlreadyExists { .. } => io::ErrorKind::AlreadyExists,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}
