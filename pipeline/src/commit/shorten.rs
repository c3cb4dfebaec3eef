//! Keeps the logs of the tables short: checkpoints, and behind them the end of old entries.

use std::collections::BTreeSet;

use crate::sink::{OutputError, Result, Table, staging_name, staging_root};

use super::checkpoint::State;
use super::home::Home;
use super::logs::Listing;
use super::tables::Tables;
use super::{delta, logs};

/// Checkpoints that stay although there is a newer one.
const NEWEST: usize = 10;

/// Entries that are removed in one call: the next epoch waits for it.
const AT_ONCE: usize = 2_000;

/// How far back the logs go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// A checkpoint is written every so many versions; 0 writes none, and then nothing is cut off.
    pub checkpoint_every: u64,
    /// Versions that stay at the least; 0 keeps all.
    pub keep: u64,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { checkpoint_every: 100, keep: 1_000 }
    }
}

impl LogLimits {
    /// Keeps so many versions at the least; 0 keeps all. Where they are few, checkpoints are as well.
    #[must_use]
    pub fn keeping(keep: u64) -> Self {
        let every = Self::default().checkpoint_every;
        Self { checkpoint_every: if keep == 0 { every } else { every.min(keep.div_ceil(2)) }, keep }
    }
}

impl Tables {
    /// Writes the checkpoints that are due and removes the entries that nobody needs any more. To be called
    /// right behind a commit, in the same turn: then all tables stand at the same epoch, and the newest entry of
    /// `flagged` says where each instance goes on. After an error in the middle the
    /// tables refuse further commits until [`Self::recover`].
    pub(super) async fn shorten_logs(&mut self) -> Result<()> {
        let limits = self.log_limits();
        if limits.checkpoint_every == 0 {
            return Ok(());
        }
        for table in Table::ALL {
            let Some(version) = self.delta(table).and_then(deltalake_core::DeltaTable::version) else { continue };
            if version < self.checkpointed(table) + limits.checkpoint_every {
                continue;
            }
            let Some(open) = self.delta(table) else { continue };
            let named = delta::files(open, table)?;
            let named = (named.len(), named.iter().map(|(_, bytes)| bytes).sum());
            self.begin_change();
            let (home, app_id) = (self.home().clone(), self.app_id().to_owned());
            // Reads, writes and syncs block; they have no business on a thread that drives I/O.
            let work = tokio::task::spawn_blocking(move || shorten(&home, table, version, named, limits, &app_id));
            let cut = work.await.unwrap_or_else(|e| Err(OutputError::io("write", self.root())(std::io::Error::other(e))))?;
            // Also where none could be written: it is tried again in a while, not with every epoch.
            self.set_checkpointed(table, version);
            if cut > 0 {
                // What is in memory still points at the entries that are gone.
                self.reopen(table).await?;
            }
            self.done_change();
        }
        Ok(())
    }
}

/// Writes the checkpoint of one table, then cuts its log. Returns the number of files that went.
fn shorten(home: &Home, table: Table, version: u64, named: (usize, u64), limits: LogLimits, app_id: &str) -> Result<usize> {
    let found = logs::list(home, table)?;
    // A log that had grown long before shall not wait until its first checkpoint is old enough to be cut at.
    let first = version.saturating_sub(limits.keep);
    let long = limits.keep > 0
        && found.checkpoints.range(..=first).next().is_none()
        && found.commits.range(..first).count() as u64 > 2 * limits.checkpoint_every;
    let older = if long { State::read(home, table, &found, first)? } else { None };
    let state = match older.clone() {
        Some(older) => older.follow(home, table, &found, first + 1..=version)?,
        None => State::read(home, table, &found, version)?,
    };
    let Some(state) = state else {
        tracing::warn!(%table, version, "the log of a table has a gap; no checkpoint is written, and nothing is cut off");
        return Ok(0);
    };
    if state.files() != named {
        let (files, named) = (state.files().0, named.0);
        tracing::warn!(%table, version, files, named, "a checkpoint would not say what the log says; none is written");
        return Ok(0);
    }
    let staging = staging_root(home.root()).join(staging_name(app_id, "log"));
    let (log, fs) = (home.log(table), home.fs());
    if let Some(older) = older {
        older.write(&log, first, &staging, fs)?;
    }
    state.write(&log, version, &staging, fs)?;
    cut(home, table, version, limits.keep, &logs::list(home, table)?)
}

/// Removes what no reader of the last `keep` versions needs. The newest checkpoint is on disk, so every
/// reader that begins now finds all it needs whatever is gone already.
fn cut(home: &Home, table: Table, version: u64, keep: u64, found: &Listing) -> Result<usize> {
    let dir = home.log(table);
    let kept = kept_checkpoints(found.checkpoints.keys().copied(), keep);
    // All versions from here on stay readable.
    let first = if keep == 0 { None } else { kept.range(..=version.saturating_sub(keep)).next_back().copied() };
    let first = first.unwrap_or(0);
    let mut gone: Vec<_> = found.commits.range(..first).take(AT_ONCE).map(|at| logs::entry(&dir, *at)).collect();
    gone.extend(found.compacted.iter().filter(|(from, _)| *from < first).map(|(_, path)| path.clone()));
    gone.extend(found.checkpoints.iter().filter(|(at, _)| **at < first || !kept.contains(at)).map(|(_, path)| path.clone()));
    gone.extend(found.doubled.iter().cloned());
    home.remove(&gone)?;
    if !gone.is_empty() {
        home.fs().sync_dir(&dir).map_err(OutputError::io("sync", &dir))?;
    }
    Ok(gone.len())
}

/// The newest, for readers that began with one of them and come back for more; and the first of every
/// `keep` versions, so that the log can be cut there.
fn kept_checkpoints(versions: impl DoubleEndedIterator<Item = u64> + Clone, keep: u64) -> BTreeSet<u64> {
    let mut kept: BTreeSet<u64> = versions.clone().rev().take(NEWEST).collect();
    let mut block = None;
    for version in versions {
        let of = version.checked_div(keep);
        if of.is_some() && of != block {
            kept.insert(version);
        }
        block = of;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_and_one_of_each_block_stay() {
        let kept = |versions: &[u64], keep| kept_checkpoints(versions.iter().copied(), keep).into_iter().collect::<Vec<_>>();
        let twenty: Vec<u64> = (1..=20).map(|n| n * 100).collect();
        assert_eq!(kept(&twenty, 500)[..5], [100, 500, 1000, 1100, 1200]);
        assert_eq!(kept(&twenty, 500)[2..], twenty[9..]);
        assert_eq!(kept(&twenty, 0), twenty[10..]);
        assert_eq!(kept(&[3], 10), [3]);
        assert_eq!(kept(&[], 10), Vec::<u64>::new());
    }
}
