//! The settings of `tamis run`: one TOML file, with every default in `default.toml`, and single
//! values from the environment. What is not known is refused, with its line and the nearest right key.

mod env;
mod source;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tamis_operators::scenario::nearest;
use toml::Spanned;

pub use self::source::{Source, SourceKind};
use crate::commit::{Lies, Location};
use crate::error::{Error, Result};

/// The file that holds every default, with a word on each.
pub const DEFAULTS: &str = include_str!("default.toml");

/// All settings, as they were written.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where results go.
    pub output: Output,
    /// What records are compared with.
    pub watchlist: Watchlist,
    /// Which rules are evaluated.
    pub scenarios: Scenarios,
    /// How tables are read.
    pub decode: Decode,
    /// How rows are cut.
    pub batch: Batch,
    /// When results are committed.
    pub epoch: Epoch,
    /// What the run may use, and when it gives up.
    pub limits: Limits,
    /// How the tables are kept in shape.
    pub maintenance: Maintenance,
    /// Where it can be watched.
    pub http: Http,
    /// Where messages come from.
    #[serde(rename = "source")]
    written: Vec<Spanned<source::Written>>,
    /// The sources, checked.
    #[serde(skip)]
    pub sources: Vec<Source>,
}

macro_rules! section {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }
        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

section! {
    /// Section `output`.
    Output {
        /// Folder of the tables.
        folder: PathBuf = "tables".into(),
        /// Whether all records are kept.
        records: bool = true,
        /// Name of this process where several write to the same tables.
        instance: String = String::new(),
        /// Place of the tables, where that is not the folder: `s3://BUCKET/PREFIX`.
        tables: String = String::new(),
        /// How that place is reached.
        s3: S3 = S3::default(),
        /// Whether tables of another output folder are taken over. Not to be written into a file.
        #[serde(skip)]
        take_over: bool = false,
    }
}
section! {
    /// Section `output.s3`.
    S3 {
        /// Address of the server; empty for that of AWS.
        endpoint: String = String::new(),
        /// Region; empty for that of the environment.
        region: String = String::new(),
        /// Whether it may be asked without encryption.
        allow_http: bool = false,
    }
}
section! {
    /// Section `watchlist`.
    Watchlist {
        /// Files and folders of lists.
        paths: Vec<PathBuf> = Vec::new(),
        /// File of weights; empty for the shipped ones.
        weights: PathBuf = PathBuf::new(),
        /// Least weight of a hit, in bits.
        min_bits: f32 = 24.0,
        /// Seconds between two looks at the files; 0 is never.
        check_seconds: f64 = 10.0,
        /// Share of a list that may be gone before an edition is refused.
        most_shrinkage: f64 = 0.2,
        /// Thresholds of single lists, in bits.
        min_bits_by_list: BTreeMap<String, f32> = BTreeMap::new(),
    }
}
section! {
    /// Section `scenarios`.
    Scenarios {
        /// Folder; empty for the starter set.
        folder: PathBuf = PathBuf::new(),
    }
}
section! {
    /// Section `decode`.
    Decode {
        /// Mapping files.
        mappings: Vec<PathBuf> = Vec::new(),
    }
}
section! {
    /// Section `batch`.
    Batch {
        /// Rows.
        rows: usize = 8_192,
        /// How long the first row waits at most.
        milliseconds: u64 = 20,
    }
}
section! {
    /// Section `epoch`.
    Epoch {
        /// Rows, dead letters included.
        rows: u64 = 1_000_000,
        /// Raw bytes, in MiB.
        mebibytes: u64 = 256,
        /// Age in seconds.
        seconds: f64 = 2.0,
    }
}
section! {
    /// Section `limits`.
    Limits {
        /// Decode threads and lanes; 0 is one a core.
        threads: usize = 0,
        /// Raw bytes in flight, in MiB; 0 follows the threads.
        raw_mebibytes: usize = 0,
        /// Bytes of rows in flight, in MiB; 0 follows the threads.
        row_mebibytes: usize = 0,
        /// What the open files of an epoch hold for each kind of record, in MiB.
        write_mebibytes: usize = 256,
        /// What is remembered of reported names, in MiB.
        name_mebibytes: usize = 256,
        /// Largest share of dead letters.
        dead_share: f64 = 0.2,
        /// Records over which it is taken.
        dead_window: u64 = 10_000,
    }
}
section! {
    /// Section `maintenance`.
    Maintenance {
        /// Small files of one table and day that are joined; 0 never joins.
        compact_files: usize = 0,
        /// Largest joined file, in MiB.
        compact_mebibytes: u64 = 128,
        /// Versions that the logs of the tables keep at the least; 0 keeps all.
        log_versions: u64 = 1_000,
    }
}
section! {
    /// Section `http`.
    Http {
        /// Address and port; empty is off.
        listen: String = String::new(),
        /// Whether it may be an address that other machines reach.
        public: bool = false,
    }
}

impl Output {
    /// Where the tables lie.
    pub fn lies(&self) -> Lies {
        if self.tables.is_empty() {
            return Lies::InTheFolder;
        }
        let S3 { endpoint, region, allow_http } = self.s3.clone();
        Lies::At(Location { url: self.tables.trim_end_matches('/').to_owned(), endpoint, region, allow_http })
    }
}

impl Config {
    /// Reads a file, and the environment of the process on top of it. Relative paths are made relative
    /// to the folder of the file.
    ///
    /// # Errors
    /// [`Error::Input`] where the file cannot be read; [`Error::Usage`] with file and line where a key is
    /// not known or a value makes no sense.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::input(path, &e))?;
        let mut config = Self::parse(&path.display().to_string(), &text, std::env::vars())?;
        config.resolve(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// Reads a text and overrides. `name` is what errors call it.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(name: &str, text: &str, env: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut config: Self = toml::from_str(text).map_err(|e| fault(name, text, &e))?;
        let overrides = env::overrides(env);
        if !overrides.is_empty() {
            // The file alone was read first, so what is wrong now came from the environment.
            config = env::apply(text, &overrides)?;
        }
        for written in &config.written {
            let line = line(text, written.span().start);
            config.sources.push(written.get_ref().check().map_err(|e| Error::Usage(format!("{name}:{line}: {e}")))?);
        }
        config.check().map_err(|e| Error::Usage(format!("{name}: {e}")))?;
        Ok(config)
    }

    /// What makes no sense, whatever the disk holds.
    fn check(&self) -> Result<(), String> {
        if self.sources.is_empty() {
            return Err(format!("there is no source; write [[source]] with name and kind ({})", source::KINDS.join(", ")));
        }
        for (n, source) in self.sources.iter().enumerate() {
            if self.sources.iter().take(n).any(|s| s.name == source.name) {
                return Err(format!("two sources have the name {}; the checkpoint could not tell them apart", source.name));
            }
        }
        if !self.output.instance.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            return Err(format!("output.instance is {:?}; it takes small letters and digits", self.output.instance));
        }
        if let Lies::At(location) = self.output.lies() {
            location.check().map_err(|e| format!("output.tables: {e}"))?;
        } else if self.output.s3 != S3::default() {
            return Err(
                "output.s3 says how tables are reached, but output.tables names no place; write s3://BUCKET/PREFIX".into()
            );
        }
        if self.watchlist.paths.is_empty() {
            return Err("watchlist.paths names no list".into());
        }
        let positive = [
            ("batch.rows", self.batch.rows as f64),
            ("epoch.rows", self.epoch.rows as f64),
            ("epoch.mebibytes", self.epoch.mebibytes as f64),
            ("epoch.seconds", self.epoch.seconds),
            ("limits.write_mebibytes", self.limits.write_mebibytes as f64),
            ("limits.name_mebibytes", self.limits.name_mebibytes as f64),
            ("limits.dead_window", self.limits.dead_window as f64),
        ];
        for (key, value) in positive {
            if !value.is_finite() || value <= 0.0 {
                return Err(format!("{key} must be more than 0"));
            }
        }
        let shares = [("limits.dead_share", self.limits.dead_share), ("watchlist.most_shrinkage", self.watchlist.most_shrinkage)];
        for (key, value) in shares {
            if !(0.0..=1.0).contains(&value) {
                return Err(format!("{key} is a share, from 0 to 1"));
            }
        }
        if self.maintenance.compact_files == 1 || self.maintenance.compact_mebibytes == 0 {
            return Err("maintenance.compact_files is 0 or at least 2, compact_mebibytes more than 0".into());
        }
        if !self.watchlist.min_bits.is_finite() || self.watchlist.min_bits_by_list.values().any(|b| !b.is_finite()) {
            return Err("min_bits must be a number of bits, for example 24".into());
        }
        if !(0.0..=86_400.0 * 365.0).contains(&self.watchlist.check_seconds) {
            return Err("watchlist.check_seconds must be a number of seconds, 0 for never".into());
        }
        self.http_address().map(drop)
    }

    /// Where the process can be watched; `None` is off.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn http_address(&self) -> Result<Option<SocketAddr>, String> {
        if self.http.listen.is_empty() {
            return Ok(None);
        }
        let address: SocketAddr =
            self.http.listen.parse().map_err(|_| "http.listen must be an address and a port, as 127.0.0.1:9464".to_owned())?;
        if !address.ip().is_loopback() && !self.http.public {
            return Err(format!(
                "http.listen = {address} is reached by other machines and has no password; say http.public = true if that is meant"
            ));
        }
        Ok(Some(address))
    }

    /// Age at which an epoch is closed.
    pub fn epoch_age(&self) -> Duration {
        Duration::from_secs_f64(self.epoch.seconds)
    }

    fn resolve(&mut self, base: &Path) {
        let resolve = |path: &mut PathBuf| {
            if !path.as_os_str().is_empty() && path.is_relative() {
                *path = base.join(&path);
            }
        };
        resolve(&mut self.output.folder);
        resolve(&mut self.watchlist.weights);
        resolve(&mut self.scenarios.folder);
        self.watchlist.paths.iter_mut().chain(&mut self.decode.mappings).for_each(resolve);
        self.sources.iter_mut().flat_map(Source::paths).for_each(resolve);
    }
}

fn fault(name: &str, text: &str, error: &toml::de::Error) -> Error {
    let line = error.span().map_or(1, |span| line(text, span.start));
    Error::Usage(format!("{name}:{line}: {}", words(error)))
}

/// What the reader of TOML says, on one line, with the nearest of the keys or words that it would take.
pub(crate) fn words(error: &toml::de::Error) -> String {
    let message = error.message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let hint = match (message.starts_with("unknown"), quoted.next()) {
        (true, Some(wrong)) => nearest(wrong, quoted).map(|right| format!(", did you mean {right}")),
        _ => None,
    };
    format!("{}{}", message.replace('\n', " "), hint.unwrap_or_default())
}

/// Line of a byte of a text, from 1.
pub(crate) fn line(text: &str, at: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', text.as_bytes().get(..at).unwrap_or(text.as_bytes())).count()
}

#[cfg(test)]
mod tests;
