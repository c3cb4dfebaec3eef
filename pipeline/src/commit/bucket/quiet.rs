use std::fmt;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};

/// A store whose errors do not repeat the answers of its server: those may name keys and tokens.
#[derive(Debug)]
pub(super) struct Quiet<S>(pub(super) S);

impl<S: fmt::Display> fmt::Display for Quiet<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a server said, as far as it may be repeated.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

type Source = Box<dyn std::error::Error + Send + Sync>;

fn short(source: &Source) -> Source {
    let text = source.to_string();
    // The answer is XML; its code is one of a known set of words.
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    let code = code.filter(|code| code.len() < 64 && code.bytes().all(|b| b.is_ascii_alphanumeric()));
    let head = text.split(['<', '\n']).next().unwrap_or_default().trim_end_matches([' ', ':']);
    Box::new(Said(code.map_or_else(|| head.to_owned(), |code| format!("{head}: {code}"))))
}

fn quiet(error: Error) -> Error {
    match error {
        Error::Generic { store, source } => Error::Generic { store, source: short(&source) },
        Error::NotFound { path, source } => Error::NotFound { path, source: short(&source) },
        Error::AlreadyExists { path, source } => Error::AlreadyExists { path, source: short(&source) },
        Error::Precondition { path, source } => Error::Precondition { path, source: short(&source) },
        Error::NotModified { path, source } => Error::NotModified { path, source: short(&source) },
        Error::NotSupported { source } => Error::NotSupported { source: short(&source) },
        Error::PermissionDenied { path, source } => Error::PermissionDenied { path, source: short(&source) },
        Error::Unauthenticated { path, source } => Error::Unauthenticated { path, source: short(&source) },
        other => other,
    }
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for Quiet<S> {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.0.put_opts(location, payload, opts).await.map_err(quiet)
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(location, opts).await.map_err(quiet)
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.0.get_opts(location, options).await.map_err(quiet)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.0.delete_stream(locations).map(|done| done.map_err(quiet)).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix).map(|found| found.map_err(quiet)).boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list_with_offset(prefix, offset).map(|found| found.map_err(quiet)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await.map_err(quiet)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.0.copy_opts(from, to, options).await.map_err(quiet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_not_repeated() {
        let body = "server says 403: <?xml?><Error><Code>ExpiredToken</Code><Token-0>secret</Token-0></Error>";
        let error = quiet(Error::PermissionDenied { path: "a/b".into(), source: body.into() });
        let text = error.to_string();
        assert!(text.ends_with("a/b: server says 403: ExpiredToken") && !format!("{error:?}").contains("secret"), "{text}");
        let odd = quiet(Error::Generic { store: "S3", source: "no\n<Code>a secret</Code>".into() });
        assert_eq!(odd.to_string(), "Generic S3 error: no");
    }
}
