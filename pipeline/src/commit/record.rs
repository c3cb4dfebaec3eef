use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::checkpoint::{Checkpoint, CheckpointDelta};
use crate::sink::{EpochCounts, OutputError, Result, StagedEpoch, Table};

use super::instances::is_ours;

/// What a commit says of its epoch, as JSON in `commitInfo.userMetadata`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRecord {
    /// Name of the instance; tells our commits from those of other tools.
    pub app_id: String,
    /// Name and version of the program.
    pub created_by: String,
    /// The epoch.
    pub epoch: u64,
    /// Digest of the watchlist generation.
    pub generation: String,
    /// Digest of the scenario set.
    pub scenario_set: String,
    /// What the epoch holds, over all tables.
    pub counts: EpochCounts,
    /// Invariant C1 with its figures.
    pub conservation: Conservation,
    /// What the epoch read.
    pub read: CheckpointDelta,
    /// Everything committed up to and with this epoch, by all instances. Only in `flagged`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    /// The last epoch of each instance, up to and with this one. Only in `flagged`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub epochs: BTreeMap<String, u64>,
    /// Partitions that the checkpoint forgot before this epoch, by source: their input is committed
    /// and gone. Only in `flagged`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub forgotten: BTreeMap<String, Vec<String>>,
    /// Versions of the other tables that belong to this epoch. Only in `flagged`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, u64>,
}

/// The figures of invariant C1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conservation {
    /// Rows in.
    pub rows_in: u64,
    /// Expedited + standard + referred + duplicates + dead.
    pub rows_out: u64,
    /// Whether they agree. A commit with `false` is never written.
    pub holds: bool,
}

impl CommitRecord {
    pub(super) fn new(app_id: &str, staged: &StagedEpoch, read: &CheckpointDelta) -> Self {
        let counts = staged.counts().clone();
        let rows_out = counts.screened() + counts.duplicates + counts.dead;
        Self {
            app_id: app_id.to_owned(),
            created_by: concat!("tamis ", env!("CARGO_PKG_VERSION")).into(),
            epoch: staged.stamp().epoch,
            generation: staged.stamp().generation.clone(),
            scenario_set: staged.stamp().scenario_set.clone(),
            conservation: Conservation { rows_in: counts.rows_in, rows_out, holds: counts.rows_in == rows_out },
            counts,
            read: read.clone(),
            checkpoint: None,
            epochs: BTreeMap::new(),
            forgotten: BTreeMap::new(),
            versions: BTreeMap::new(),
        }
    }

    pub(super) fn to_json(&self, table: Table) -> Result<String> {
        serde_json::to_string(self).map_err(|e| OutputError::Record { table: table.name(), reason: e.to_string() })
    }

    /// Reads a record. `None` where the commit is not one of ours: a compaction by another tool, say.
    pub(super) fn parse(user_metadata: &str) -> Option<Self> {
        serde_json::from_str::<Self>(user_metadata).ok().filter(|r| is_ours(&r.app_id))
    }
}
