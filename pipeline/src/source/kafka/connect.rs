//! The way to the brokers: names, encryption, password.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rskafka::BackoffConfig;
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};

use super::Kafka;
use crate::error::Result;

/// Encryption and password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Security {
    /// Certificates (PEM) of those that may sign for the brokers; `None` is no encryption.
    pub ca: Option<PathBuf>,
    /// How this process says who it is; `None` is not at all.
    pub sasl: Option<Sasl>,
}

/// How a name and a password are given.
#[derive(Clone, PartialEq, Eq)]
pub struct Sasl {
    /// `plain`, `scram-sha-256` or `scram-sha-512`.
    pub mechanism: String,
    /// Name.
    pub username: String,
    /// Variable of the environment that holds the password.
    pub password_env: String,
}

impl std::fmt::Debug for Sasl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sasl").field("mechanism", &self.mechanism).finish_non_exhaustive()
    }
}

impl Sasl {
    /// The words for mechanisms.
    pub const MECHANISMS: [&'static str; 3] = ["plain", "scram-sha-256", "scram-sha-512"];

    fn config(&self) -> Result<SaslConfig, String> {
        let password = std::env::var(&self.password_env)
            .map_err(|_| format!("the environment has no {}, which shall hold the password", self.password_env))?;
        let credentials = Credentials::new(self.username.clone(), password);
        Ok(match self.mechanism.as_str() {
            "scram-sha-256" => SaslConfig::ScramSha256(credentials),
            "scram-sha-512" => SaslConfig::ScramSha512(credentials),
            _ => SaslConfig::Plain(credentials),
        })
    }
}

impl Security {
    fn tls(&self) -> Result<Option<Arc<rustls::ClientConfig>>, String> {
        use rustls::pki_types::CertificateDer;
        use rustls::pki_types::pem::PemObject as _;

        let Some(path) = &self.ca else { return Ok(None) };
        let failed = |e: String| format!("certificates {}: {e}", path.display());
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|e| failed(e.to_string()))? {
            let certificate = certificate.map_err(|e| failed(e.to_string()))?;
            roots.add(certificate).map_err(|e| failed(e.to_string()))?;
        }
        if roots.is_empty() {
            return Err(failed("no certificate in it".into()));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| failed(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Some(Arc::new(config)))
    }
}

impl Kafka {
    /// Asks the brokers in turn until one of them answers, for so long; else gives what was tried.
    ///
    /// # Errors
    /// [`Error::Source`](crate::error::Error::Source) where certificates or password cannot be read.
    pub(super) async fn connect(&self, within: Duration) -> Result<Result<Client, String>> {
        let security = &self.settings.security;
        let (tls, sasl) = security
            .tls()
            .and_then(|tls| Ok((tls, security.sasl.as_ref().map(Sasl::config).transpose()?)))
            .map_err(|reason| self.failed(&reason))?;
        let mut builder = ClientBuilder::new(self.settings.brokers.clone())
            .client_id(format!("tamis-{}", self.name))
            // A broker that is away comes back; what is asked of it then must not wait for minutes.
            .backoff_config(BackoffConfig { max_backoff: Duration::from_secs(2), ..BackoffConfig::default() });
        if let Some(tls) = tls {
            builder = builder.tls_config(tls);
        }
        if let Some(sasl) = sasl {
            builder = builder.sasl_config(sasl);
        }
        Ok(super::answer(within, builder.build()).await)
    }
}
