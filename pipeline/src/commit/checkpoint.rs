//! Checkpoints of the tables' logs: everything that a log says up to a version, in one file, so that a
//! reader begins there and the entries before it may go.
//!
//! A checkpoint is usually a Parquet file inside the table, and a plain glob over the table would read
//! it as rows. The Delta protocol also knows checkpoints of one JSON file (`…checkpoint.UUID.json`, of
//! the second version); readers find those by their name. That is what is written here. See
//! `docs/decisions/019-logs-that-are-cut-off.md` for what readers do with it.
//!
//! The state is folded out of the log itself, line by line, and not out of what the Delta library holds
//! in memory: nothing that another tool wrote is lost, and the two are held against each other.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use twox_hash::XxHash3_128;

use crate::sink::{Fs, OutputError, Result, Table};

use super::home::Home;
use super::logs::{self, Listing};

/// Log entries that are fetched from a bucket at once.
const FETCHED: usize = 64;

/// How long a removed file stays known, where the table does not say it: the protocol's own value.
const A_WEEK: i64 = 7 * 24 * 3_600_000;

/// What a log says up to a version. Lines are kept as they were written.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    protocol: Option<String>,
    metadata: Option<String>,
    /// By application: the version, and the line.
    txns: BTreeMap<String, (i64, String)>,
    domains: BTreeMap<String, String>,
    /// By path and deletion vector: bytes, and the line.
    adds: BTreeMap<String, (u64, String)>,
    /// By path and deletion vector: when (milliseconds), and the line.
    removes: BTreeMap<String, (i64, String)>,
    /// How long removed files stay known, in milliseconds.
    retention: Option<i64>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    add: Option<OfFile<'a>>,
    #[serde(borrow)]
    remove: Option<OfFile<'a>>,
    #[serde(borrow)]
    txn: Option<OfApp<'a>>,
    protocol: Option<IgnoredAny>,
    #[serde(rename = "metaData")]
    metadata: Option<OfTable>,
    #[serde(borrow, rename = "domainMetadata")]
    domain: Option<OfDomain<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfFile<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    size: Option<u64>,
    #[serde(default)]
    data_change: bool,
    deletion_timestamp: Option<i64>,
    deletion_vector: Option<OfVector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfVector {
    storage_type: String,
    path_or_inline_dv: String,
    offset: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfApp<'a> {
    #[serde(borrow)]
    app_id: Cow<'a, str>,
    version: i64,
}

#[derive(Deserialize)]
struct OfTable {
    #[serde(default)]
    configuration: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
struct OfDomain<'a> {
    #[serde(borrow)]
    domain: Cow<'a, str>,
    #[serde(default)]
    removed: bool,
}

impl OfFile<'_> {
    /// What the protocol calls the same file.
    fn key(&self) -> String {
        match &self.deletion_vector {
            None => self.path.clone().into_owned(),
            Some(v) => format!("{}\0{}{}@{:?}", self.path, v.storage_type, v.path_or_inline_dv, v.offset),
        }
    }
}

impl State {
    /// Everything up to and with `version`: the newest checkpoint of one JSON file, and the entries behind it.
    /// `None` where they do not follow each other without a gap: another tool has cut the log.
    pub(super) fn read(home: &Home, table: Table, found: &Listing, version: u64) -> Result<Option<Self>> {
        let mut state = Self::default();
        let base = found.checkpoints.range(..=version).next_back();
        if let Some((_, path)) = base {
            state.take_files(home, table, std::slice::from_ref(path))?;
        }
        state.follow(home, table, found, base.map_or(0, |(at, _)| at + 1)..=version)
    }

    /// The same with the entries of further versions, as [`Self::read`].
    pub(super) fn follow(
        mut self,
        home: &Home,
        table: Table,
        found: &Listing,
        versions: RangeInclusive<u64>,
    ) -> Result<Option<Self>> {
        let dir = home.log(table);
        let mut entries = Vec::new();
        for version in versions {
            if !found.commits.contains(&version) {
                return Ok(None);
            }
            entries.push(logs::entry(&dir, version));
        }
        self.take_files(home, table, &entries)?;
        Ok((self.protocol.is_some() && self.metadata.is_some()).then_some(self))
    }

    fn take_files(&mut self, home: &Home, table: Table, paths: &[PathBuf]) -> Result<()> {
        let Some(bucket) = home.bucket() else {
            return paths.iter().try_for_each(|path| {
                let file = File::open(path).map_err(OutputError::io("read", path))?;
                self.take_lines(table, path, BufReader::with_capacity(1 << 16, file))
            });
        };
        for paths in paths.chunks(FETCHED) {
            let texts = bucket.read_all(paths).map_err(OutputError::io("read", &home.log(table)))?;
            for (path, text) in paths.iter().zip(texts) {
                self.take_lines(table, path, &*text)?;
            }
        }
        Ok(())
    }

    fn take_lines(&mut self, table: Table, path: &Path, mut input: impl BufRead) -> Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            if input.read_line(&mut line).map_err(OutputError::io("read", path))? == 0 {
                return Ok(());
            }
            if !line.trim().is_empty() {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                self.take(line.trim())
                    .map_err(|e| OutputError::Record { table: table.name(), reason: format!("log entry {name}: {e}") })?;
            }
        }
    }

    /// Takes one action, the later one of two about the same thing.
    pub(super) fn take(&mut self, line: &str) -> serde_json::Result<()> {
        let Line { add, remove, txn, protocol, metadata, domain } = serde_json::from_str(line)?;
        if let Some(file) = add {
            let key = file.key();
            self.removes.remove(&key);
            // A state changes no data; entries say of themselves that they did.
            let line = if file.data_change { without_change(line)? } else { line.to_owned() };
            self.adds.insert(key, (file.size.unwrap_or(0), line));
        }
        if let Some(file) = remove {
            let key = file.key();
            self.adds.remove(&key);
            let line = if file.data_change { without_change(line)? } else { line.to_owned() };
            self.removes.insert(key, (file.deletion_timestamp.unwrap_or(0), line));
        }
        if let Some(app) = txn {
            self.txns.insert(app.app_id.into_owned(), (app.version, line.to_owned()));
        }
        if protocol.is_some() {
            self.protocol = Some(line.to_owned());
        }
        if let Some(table) = metadata {
            self.retention =
                table.configuration.get("delta.deletedFileRetentionDuration").cloned().flatten().map(|t| interval(&t));
            self.metadata = Some(line.to_owned());
        }
        if let Some(domain) = domain {
            let name = domain.domain.into_owned();
            if domain.removed {
                self.domains.remove(&name)
            } else {
                self.domains.insert(name, line.to_owned())
            };
        }
        Ok(())
    }

    /// Number of files, and their bytes.
    pub(super) fn files(&self) -> (usize, u64) {
        (self.adds.len(), self.adds.values().map(|(bytes, _)| bytes).sum())
    }

    /// The files, as their actions say.
    pub(super) fn adds(&self) -> impl Iterator<Item = &str> {
        self.adds.values().map(|(_, line)| line.as_str())
    }

    /// The last version of each application.
    pub(super) fn applications(&self) -> BTreeMap<String, i64> {
        self.txns.iter().map(|(app, (version, _))| (app.clone(), *version)).collect()
    }

    /// Forgets removed files that nobody needs to know any more.
    fn expire(&mut self, now: i64) {
        let retention = self.retention.unwrap_or(A_WEEK);
        self.removes.retain(|_, (at, _)| at.saturating_add(retention) > now);
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        let heads = self.protocol.iter().chain(&self.metadata).chain(self.domains.values()).map(String::as_str);
        let txns = self.txns.values().map(|(_, line)| line.as_str());
        let files = self.removes.values().map(|(_, line)| line.as_str());
        heads.chain(txns).chain(files).chain(self.adds.values().map(|(_, line)| line.as_str()))
    }

    /// Writes the checkpoint of `version` into the log at `dir`: in staging, synced, moved into the log, its folder synced; then
    /// the hint that spares readers the search, in the same way. No crash leaves half of either.
    pub(super) fn write(mut self, dir: &Path, version: u64, staging: &Path, fs: &Arc<dyn Fs>) -> Result<()> {
        self.expire(super::delta::millis());
        fs.create_dir_all(staging).map_err(OutputError::io("create folder", staging))?;
        let staged = staging.join("checkpoint");

        let mut digest = XxHash3_128::new();
        let (mut bytes, mut lines) = (0_u64, 0_u64);
        let head = json!({"checkpointMetadata": {"version": version}}).to_string();
        let written = fs.create(&staged).and_then(|file| {
            let mut out = BufWriter::with_capacity(1 << 18, file);
            for line in std::iter::once(head.as_str()).chain(self.lines()) {
                out.write_all(line.as_bytes())?;
                out.write_all(b"\n")?;
                digest.write(line.as_bytes());
                digest.write(b"\n");
                bytes += line.len() as u64 + 1;
                lines += 1;
            }
            out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync()
        });
        written.map_err(OutputError::io("write", &staged))?;
        let name = format!("{version:020}.checkpoint.{}.json", uuid(digest.finish_128()));
        move_into(&staged, &dir.join(&name), dir, fs)?;

        let hint = json!({
            "version": version, "size": lines, "sizeInBytes": bytes, "numOfAddFiles": self.adds.len(),
            "v2Checkpoint": {"path": name, "sizeInBytes": bytes, "modificationTime": super::delta::millis(), "sidecarFiles": []},
        });
        let staged = staging.join("last");
        let written = fs.create(&staged).and_then(|mut file| {
            file.write_all(hint.to_string().as_bytes())?;
            file.sync()
        });
        written.map_err(OutputError::io("write", &staged))?;
        move_into(&staged, &dir.join("_last_checkpoint"), dir, fs)?;
        fs.remove_dir(staging).map_err(OutputError::io("remove", staging))
    }
}

fn move_into(staged: &Path, path: &Path, dir: &Path, fs: &Arc<dyn Fs>) -> Result<()> {
    fs.rename(staged, path).map_err(OutputError::io("move a file to", path))?;
    fs.sync_dir(dir).map_err(OutputError::io("sync", dir))
}

/// The name comes from the bytes: whether they are whole can be seen by it, and two writers that say the
/// same write the same file. Laid out as RFC 9562 wants ids of one's own making (version 8).
fn uuid(digest: u128) -> String {
    let id = (digest & !(0xF << 76) & !(0b11 << 62)) | (0x8 << 76) | (0b10 << 62);
    let hex = format!("{id:032x}");
    let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    format!("{a}-{b}-{c}-{d}-{e}")
}

/// Whether the bytes of a checkpoint of ours are those that its name was made from. `None` where another
/// tool has named it.
pub(super) fn is_whole(name: &str, bytes: &[u8]) -> Option<bool> {
    let id = name.split('.').nth(2)?;
    // The third group of an id begins with its version; other tools draw theirs by lot (4).
    (id.as_bytes().get(14) == Some(&b'8')).then(|| uuid(XxHash3_128::oneshot(bytes)) == id)
}

/// An action about a file, as a state has it.
fn without_change(line: &str) -> serde_json::Result<String> {
    let mut action: Value = serde_json::from_str(line)?;
    for kind in ["add", "remove"] {
        if let Some(change) = action.get_mut(kind).and_then(|file| file.get_mut("dataChange")) {
            *change = Value::Bool(false);
        }
    }
    serde_json::to_string(&action)
}

/// Milliseconds of `interval 2 days`; what is not understood never ends.
fn interval(text: &str) -> i64 {
    let mut words = text.split_whitespace().filter(|w| !w.eq_ignore_ascii_case("interval"));
    let number = words.next().and_then(|n| n.parse::<i64>().ok());
    let unit = words.next().map(|unit| unit.trim_end_matches('s').to_ascii_lowercase());
    let each = match unit.as_deref() {
        Some("millisecond") => 1,
        Some("second") => 1_000,
        Some("minute") => 60_000,
        Some("hour") => 3_600_000,
        Some("day") => 24 * 3_600_000,
        Some("week") => A_WEEK,
        _ => return i64::MAX,
    };
    number.map_or(i64::MAX, |n| n.saturating_mul(each))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn state(lines: &[&str]) -> State {
        let mut state = State::default();
        for line in lines {
            state.take(line).unwrap();
        }
        state
    }

    #[test]
    fn the_later_action_counts() {
        let mut state = state(&[
            r#"{"protocol":{"minReaderVersion":1}}"#,
            r#"{"protocol":{"minReaderVersion":3}}"#,
            r#"{"metaData":{"id":"x","configuration":{"delta.deletedFileRetentionDuration":"interval 1 hours"}}}"#,
            r#"{"commitInfo":{"a":1}}"#,
            r#"{"add":{"path":"a","size":5,"dataChange":true,"stats":"{\"numRecords\":1}"}}"#,
            r#"{"add":{"path":"b","size":6,"dataChange":false}}"#,
            r#"{"add":{"path":"c","size":7,"dataChange":false}}"#,
            r#"{"remove":{"path":"b","deletionTimestamp":100,"dataChange":true}}"#,
            r#"{"remove":{"path":"c","deletionTimestamp":5000000}}"#,
            r#"{"txn":{"appId":"x","version":4}}"#,
            r#"{"txn":{"appId":"y","version":7}}"#,
            r#"{"txn":{"appId":"x","version":3}}"#,
            r#"{"domainMetadata":{"domain":"d","configuration":"","removed":false}}"#,
            r#"{"domainMetadata":{"domain":"e","configuration":"","removed":false}}"#,
            r#"{"domainMetadata":{"domain":"e","configuration":"","removed":true}}"#,
            r#"{"later":{"kind":"of action"}}"#,
        ]);
        assert_eq!(state.files(), (1, 5));
        assert_eq!(state.applications(), BTreeMap::from([("x".into(), 3), ("y".into(), 7)]));
        state.expire(4_000_000);
        let lines: Vec<&str> = state.lines().collect();
        assert_eq!(
            lines,
            [
                r#"{"protocol":{"minReaderVersion":3}}"#,
                r#"{"metaData":{"id":"x","configuration":{"delta.deletedFileRetentionDuration":"interval 1 hours"}}}"#,
                r#"{"domainMetadata":{"domain":"d","configuration":"","removed":false}}"#,
                r#"{"txn":{"appId":"x","version":3}}"#,
                r#"{"txn":{"appId":"y","version":7}}"#,
                r#"{"remove":{"path":"c","deletionTimestamp":5000000}}"#,
                r#"{"add":{"dataChange":false,"path":"a","size":5,"stats":"{\"numRecords\":1}"}}"#,
            ]
        );
        // A state that is read again is the same state.
        let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let again = super::State::default();
        let again = text.iter().fold(again, |mut s, line| {
            s.take(line).unwrap();
            s
        });
        assert_eq!(again.lines().collect::<Vec<_>>(), text);
    }

    #[test]
    fn a_file_with_a_deletion_vector_is_another_file() {
        let state = state(&[
            r#"{"add":{"path":"a","size":5}}"#,
            r#"{"remove":{"path":"a","deletionTimestamp":1}}"#,
            r#"{"add":{"path":"a","size":5,"deletionVector":{"storageType":"u","pathOrInlineDv":"ab","offset":1,"sizeInBytes":1,"cardinality":1}}}"#,
        ]);
        assert_eq!((state.files(), state.removes.len()), ((1, 5), 1));
    }

    #[test]
    fn intervals() {
        assert_eq!(
            (interval("interval 1 week"), interval("2 days"), interval("interval 3 hours")),
            (A_WEEK, 172_800_000, 10_800_000)
        );
        assert_eq!(
            (interval("interval"), interval("interval x days"), interval("interval 2 moons")),
            (i64::MAX, i64::MAX, i64::MAX)
        );
    }

    #[test]
    fn the_name_says_whether_the_bytes_are_whole() {
        let name = format!("{:020}.checkpoint.{}.json", 7, uuid(XxHash3_128::oneshot(b"abc")));
        assert_eq!((is_whole(&name, b"abc"), is_whole(&name, b"ab")), (Some(true), Some(false)));
        assert_eq!(is_whole("00000000000000000007.checkpoint.3a0d65cd-4a5c-4c1e-8d0a-000000000000.json", b"x"), None);
        assert_eq!(name.len(), "00000000000000000007.checkpoint.3a0d65cd-4a5c-4c1e-8d0a-000000000000.json".len());
    }
}
