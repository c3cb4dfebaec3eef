use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum, S3ConditionalPut};
use object_store::client::SpawnedReqwestConnector;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use serde::{Deserialize, Serialize};
use url::Url;

use super::quiet::Quiet;

/// A request that is not answered whole after so long is given up, and made again where that does no harm.
const SILENCE: Duration = Duration::from_mins(2);

/// Where tables lie that do not lie in the output folder itself. Credentials are no part of it: they come
/// from the environment, as `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Location {
    /// `s3://BUCKET/PREFIX`, without a slash at its end.
    pub url: String,
    /// Address of a server that is not that of AWS; empty for that.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    /// Region; empty for that of the environment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Whether the server may be asked without encryption.
    #[serde(default)]
    pub allow_http: bool,
}

impl Location {
    /// Where a path names such a place: reached as the environment says.
    pub fn of_path(path: &Path) -> Option<Self> {
        let url = path.to_str().filter(|path| path.starts_with("s3://"))?.trim_end_matches('/').to_owned();
        let allow_http = std::env::var("AWS_ALLOW_HTTP").is_ok_and(|allow| allow == "true" || allow == "1");
        Some(Self { url, endpoint: String::new(), region: String::new(), allow_http })
    }

    /// Checks how it is written.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn check(&self) -> Result<(), String> {
        let shape = || format!("{:?} is no place for tables; write s3://BUCKET/PREFIX", self.url);
        let (bucket, prefix) = self.url.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).ok_or_else(shape)?;
        let plain = |part: &str| {
            let letter = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            !part.is_empty() && part != "." && part != ".." && part.bytes().all(letter)
        };
        if !plain(bucket) || !prefix.split('/').all(plain) {
            return Err(format!("{}, of letters, digits and the signs - _ . alone", shape()));
        }
        if self.endpoint.starts_with("http://") && !self.allow_http {
            return Err(format!("{} is not encrypted; say allow_http = true if that is meant", self.endpoint));
        }
        if !self.endpoint.is_empty() && Url::parse(&self.endpoint).is_err() {
            return Err(format!("{:?} is no address of a server; write https://HOST:PORT", self.endpoint));
        }
        Ok(())
    }

    /// The bucket, as a store whose root is the root of the bucket. There is one a place and process.
    pub(super) fn store(&self) -> io::Result<Arc<dyn ObjectStore>> {
        let mut stores = stores();
        if let Some(store) = stores.get(self) {
            return Ok(Arc::clone(store));
        }
        let store: Arc<dyn ObjectStore> = Arc::new(Quiet(self.connect()?));
        stores.insert(self.clone(), Arc::clone(&store));
        Ok(store)
    }

    fn connect(&self) -> io::Result<Arc<dyn ObjectStore>> {
        let retry = RetryConfig { max_retries: 20, retry_timeout: Duration::from_mins(3), ..RetryConfig::default() };
        let client = ClientOptions::new().with_timeout(SILENCE).with_allow_http(self.allow_http);
        let mut builder = AmazonS3Builder::from_env()
            .with_url(&self.url)
            .with_client_options(client)
            .with_allow_http(self.allow_http)
            .with_retry(retry)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            // The server compares what it got with what was sent, before the object is there.
            .with_checksum_algorithm(Checksum::SHA256)
            .with_http_connector(SpawnedReqwestConnector::new(crate::runtime::object_stores()?));
        if !self.region.is_empty() {
            builder = builder.with_region(&self.region);
        }
        if !self.endpoint.is_empty() {
            builder = builder.with_endpoint(&self.endpoint);
            // Without a key of its own the client would ask a service that only machines of AWS have.
            if builder.get_config_value(&AmazonS3ConfigKey::AccessKeyId).is_none() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
                ));
            }
        }
        Ok(Arc::new(builder.build().map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e.to_string()))?))
    }

    /// Lets a store of a test lie at a place, instead of the one that was there.
    #[cfg(test)]
    pub(in crate::commit) fn lies_in(&self, store: Arc<dyn ObjectStore>) {
        stores().insert(self.clone(), Arc::new(Quiet(store)));
    }
}

type Stores = HashMap<Location, Arc<dyn ObjectStore>>;

fn stores() -> std::sync::MutexGuard<'static, Stores> {
    static STORES: LazyLock<Mutex<Stores>> = LazyLock::new(Mutex::default);
    STORES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_plain() {
        let check = |url: &str, endpoint: &str| {
            Location { url: url.into(), endpoint: endpoint.into(), region: String::new(), allow_http: false }.check()
        };
        assert_eq!(check("s3://bucket/prefix", ""), Ok(()));
        assert_eq!(check("s3://bucket/a/b_c.d", "https://localhost:9000"), Ok(()));
        for wrong in
            ["s3://bucket", "s3://bucket/", "s3:///x", "s3://b/x/", "s3://b/../x", "s3://b/x?y", "gs://b/x", "b/x", "s3://b/a b"]
        {
            assert!(check(wrong, "").is_err(), "{wrong}");
        }
        assert!(check("s3://b/x", "http://localhost:1").is_err_and(|e| e.contains("allow_http")));
        assert!(check("s3://b/x", "localhost").is_err());
    }
}
