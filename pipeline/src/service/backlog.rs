//! What waits when a service starts: how much there is to be read, and how long the last start took until
//! its first epoch, so that nobody has to guess when the tables will have caught up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use tokio::runtime::Handle;

use crate::checkpoint::Checkpoint;
use crate::config::{Output, Source, SourceKind};
use crate::source::kafka::Kafka;
use crate::source::{spool, watch};

/// How long a broker may take to say what it holds: the start does not wait for one that is away.
const SOON: Duration = Duration::from_secs(2);

/// What a source holds behind the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Name of the source.
    pub source: String,
    /// Where it lies.
    pub waits: Waits,
}

/// How much waits, as far as a source can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// In a folder.
    Files {
        /// Files, or pieces of a spool.
        files: u64,
        /// Their bytes; packed files count as they lie there, and as a whole until all of them is committed.
        bytes: u64,
    },
    /// In a topic.
    Messages {
        /// Partitions that hold some.
        partitions: u64,
        /// Offsets between the checkpoint and the end; some of them may hold no message.
        messages: u64,
    },
}

impl Waiting {
    /// Whether there is anything.
    pub fn is_some(&self) -> bool {
        match self.waits {
            Waits::Files { files, .. } => files > 0,
            Waits::Messages { messages, .. } => messages > 0,
        }
    }

    /// Bytes, where they are known.
    pub fn bytes(&self) -> u64 {
        match self.waits {
            Waits::Files { bytes, .. } => bytes,
            Waits::Messages { .. } => 0,
        }
    }
}

/// What waits in those sources that can be asked. A folder that cannot be read, and a broker that does not
/// answer, is left to the source itself, which says so.
pub(super) fn waiting(sources: &[Source], output: &Output, checkpoint: &Checkpoint, io: &Handle) -> Vec<Waiting> {
    let waits = |Source { name, kind }: &Source| {
        let committed = checkpoint.of_source(name);
        let files = |found: std::io::Result<(u64, u64)>| found.ok().map(|(files, bytes)| Waits::Files { files, bytes });
        let waits = match kind {
            SourceKind::Folder { folder, marker, .. } => files(watch::waiting(folder, marker.as_deref(), &committed)),
            SourceKind::Push { spool, .. } => files(spool::waiting(spool, &committed)),
            SourceKind::Kafka(settings) => {
                let kafka = Kafka {
                    name: name.clone(),
                    tables: output.folder.clone(),
                    instance: output.instance.clone(),
                    settings: settings.clone(),
                };
                let found = kafka.waiting(io, &committed, SOON);
                found.map(|(partitions, messages)| Waits::Messages { partitions, messages })
            }
            SourceKind::Stdin | SourceKind::Generator { .. } => None,
        };
        waits.map(|waits| Waiting { source: name.clone(), waits })
    };
    sources.iter().filter_map(waits).collect()
}

/// How long a start took that had something to read. Kept beside the tables for people; nothing is decided
/// by it, so it is written without a sync, and a file that is torn or missing tells nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LastStart {
    /// From the start of the process to its first committed epoch, in seconds.
    pub seconds: f64,
    /// Bytes that waited then.
    pub waiting: u64,
    /// That first epoch.
    pub epoch: u64,
}

impl LastStart {
    fn path(tables: &Path, instance: &str) -> PathBuf {
        let name = if instance.is_empty() { String::new() } else { format!("-{instance}") };
        tables.join(".tamis").join(format!("last_start{name}.json"))
    }

    /// That of the last start, if it is known.
    pub(super) fn read(tables: &Path, instance: &str) -> Option<Self> {
        let found: Self = serde_json::from_slice(&std::fs::read(Self::path(tables, instance)).ok()?).ok()?;
        (found.seconds.is_finite() && found.seconds >= 0.0).then_some(found)
    }

    /// Remembers it for the next start.
    pub(super) fn write(self, tables: &Path, instance: &str) {
        let path = Self::path(tables, instance);
        let aside = path.with_extension("json.new");
        let text = serde_json::to_vec(&self).unwrap_or_default();
        if let Err(error) = std::fs::write(&aside, text).and_then(|()| std::fs::rename(&aside, &path)) {
            tracing::debug!(%error, path = %path.display(), "how long the start took was not kept");
        }
    }

    /// How long it took.
    pub fn took(&self) -> Duration {
        Duration::try_from_secs_f64(self.seconds).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_torn_memory_tells_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(LastStart::read(dir.path(), ""), None);
        std::fs::create_dir(dir.path().join(".tamis")).unwrap();
        let last = LastStart { seconds: 1.5, waiting: 7, epoch: 3 };
        last.write(dir.path(), "");
        LastStart { epoch: 9, ..last }.write(dir.path(), "b");
        assert_eq!(LastStart::read(dir.path(), ""), Some(last));
        assert_eq!(last.took(), Duration::from_millis(1_500));
        std::fs::write(dir.path().join(".tamis/last_start.json"), "{\"seconds\":1").unwrap();
        assert_eq!(LastStart::read(dir.path(), ""), None);
        std::fs::write(dir.path().join(".tamis/last_start.json"), "{\"seconds\":-1,\"waiting\":0,\"epoch\":0}").unwrap();
        assert_eq!(LastStart::read(dir.path(), ""), None);
    }
}
