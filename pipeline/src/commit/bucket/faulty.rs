//! A store for tests in which every single call can be the last, or be lost on its way, or come too late.
#![allow(clippy::unwrap_used)]

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What becomes of the call at which the fault lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commit) enum Fault {
    /// It does nothing, and nothing works any more.
    Before,
    /// It takes effect, its answer is lost, and nothing works any more.
    After,
    /// It takes effect and its answer is lost; all goes on.
    AnswerLost,
    /// It is not seen again, until [`Faulty::late`] lets it take effect; nothing works any more.
    Late,
    /// Something else happens first, then all goes on.
    Paused,
    /// Puts are made whatever their condition.
    Deaf,
}

type Meanwhile = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

struct Book {
    left: i64,
    fault: Option<Fault>,
    down: bool,
    meanwhile: Option<Meanwhile>,
    late: Option<BoxFuture<'static, Result<()>>>,
    /// What was done by the call at which the fault lay.
    hit: String,
}

pub(in crate::commit) struct Faulty {
    inner: Arc<InMemory>,
    book: Mutex<Book>,
}

/// What a call is to do.
enum Then {
    Go,
    Fail,
    GoAndFail,
    Wait,
}

impl Faulty {
    pub(in crate::commit) fn new(inner: Arc<InMemory>, calls: i64, fault: Option<Fault>) -> Arc<Self> {
        let book = Book { left: calls, fault, down: false, meanwhile: None, late: None, hit: String::new() };
        Arc::new(Self { inner, book: Mutex::new(book) })
    }

    /// What happens at [`Fault::Paused`].
    pub(in crate::commit) fn meanwhile(&self, work: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static) {
        self.book().meanwhile = Some(Box::new(work));
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// Whether the fault lay at a call, and at what.
    pub(in crate::commit) fn hit(&self) -> Option<String> {
        let book = self.book();
        (book.left < 0).then(|| book.hit.clone())
    }

    /// Lets the call that was late take effect. Says whether there was one that changes anything.
    pub(in crate::commit) async fn late(&self) -> bool {
        let late = self.book().late.take();
        match late {
            Some(call) => {
                let _whatever_becomes_of_it = call.await;
                true
            }
            None => false,
        }
    }

    async fn begin(&self, what: &str, path: &str) -> Then {
        let meanwhile = {
            let mut book = self.book();
            if book.down {
                return Then::Fail;
            }
            // A call that only reads has no effect that could be lost or late.
            let reads = what == "get" || what == "list";
            if reads && matches!(book.fault, Some(Fault::After | Fault::AnswerLost | Fault::Late)) {
                return Then::Go;
            }
            book.left -= 1;
            if book.left != -1 {
                return Then::Go;
            }
            book.hit = format!("{what} {path}");
            match book.fault {
                None | Some(Fault::Deaf) => return Then::Go,
                Some(Fault::AnswerLost) => return Then::GoAndFail,
                Some(Fault::Paused) => book.meanwhile.take(),
                Some(fault) => {
                    book.down = true;
                    return match fault {
                        Fault::After => Then::GoAndFail,
                        Fault::Late => Then::Wait,
                        _ => Then::Fail,
                    };
                }
            }
        };
        if let Some(meanwhile) = meanwhile {
            meanwhile().await;
        }
        Then::Go
    }

    /// A call that changes something.
    async fn change<T: Send + 'static>(
        &self,
        what: &str,
        path: &Path,
        call: impl FnOnce(Arc<InMemory>) -> BoxFuture<'static, Result<T>>,
    ) -> Result<T> {
        let inner = Arc::clone(&self.inner);
        match self.begin(what, path.as_ref()).await {
            Then::Go => call(inner).await,
            Then::Fail => Err(lost()),
            Then::GoAndFail => {
                let _done = call(inner).await;
                Err(lost())
            }
            Then::Wait => {
                let call = call(inner);
                self.book().late = Some(async move { call.await.map(drop) }.boxed());
                Err(lost())
            }
        }
    }

    async fn reads(&self, what: &str, path: &str) -> Result<()> {
        match self.begin(what, path).await {
            Then::Go => Ok(()),
            _ => Err(lost()),
        }
    }
}

fn lost() -> Error {
    Error::Generic { store: "faulty", source: "the connection was lost".into() }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

/// The store as a shared one, so that its streams can keep it.
#[derive(Debug)]
pub(in crate::commit) struct Shared(pub(in crate::commit) Arc<Faulty>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

#[async_trait]
impl ObjectStore for Shared {
    async fn put_opts(&self, location: &Path, payload: PutPayload, mut opts: PutOptions) -> Result<PutResult> {
        if self.0.book().fault == Some(Fault::Deaf) {
            opts.mode = PutMode::Overwrite;
        }
        let key = location.clone();
        self.0.change("put", location, |inner| async move { inner.put_opts(&key, payload, opts).await }.boxed()).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.0.reads("put", location.as_ref()).await?;
        self.0.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.0.reads("get", location.as_ref()).await?;
        self.0.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let this = Arc::clone(&self.0);
        let each = locations.then(move |location| {
            let this = Arc::clone(&this);
            async move {
                let location = location?;
                let key = location.clone();
                let delete = |inner: Arc<InMemory>| {
                    let one = futures::stream::once(async move { Ok(key) }).boxed();
                    async move { inner.delete_stream(one).try_collect::<Vec<_>>().await }.boxed()
                };
                this.change("delete", &location, delete).await.map(|_| location)
            }
        });
        each.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (this, prefix) = (Arc::clone(&self.0), prefix.cloned());
        let listed = async move {
            this.reads("list", prefix.as_ref().map_or("", Path::as_ref)).await?;
            Ok::<_, Error>(this.inner.list(prefix.as_ref()))
        };
        futures::stream::once(listed).try_flatten().boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let (this, prefix, offset) = (Arc::clone(&self.0), prefix.cloned(), offset.clone());
        let listed = async move {
            this.reads("list", prefix.as_ref().map_or("", Path::as_ref)).await?;
            Ok::<_, Error>(this.inner.list_with_offset(prefix.as_ref(), &offset))
        };
        futures::stream::once(listed).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.reads("list", prefix.map_or("", Path::as_ref)).await?;
        self.0.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let (from, key) = (from.clone(), to.clone());
        self.0.change("copy", to, |inner| async move { inner.copy_opts(&from, &key, options).await }.boxed()).await
    }
}
