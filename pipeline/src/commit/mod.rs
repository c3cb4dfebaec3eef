//! Makes an epoch count: moves its files into place and commits them to the Delta tables.
//!
//! One epoch is one commit a table, with `txn {appId, version = epoch}`. The order is `records`,
//! `hits`, `dead_letters`, then `flagged`: an epoch is committed when, and only when, `flagged`
//! has it. That commit carries the checkpoint, the counts and the versions of the other tables.
//! A table that is ahead of `flagged` was caught by a crash; [`Tables::recover`] rolls it back.
//!
//! What is on the disk when: a data file is synced in staging, moved, and the folder that now
//! holds its name is synced, before the first log entry names it. A log entry and its folder are
//! synced before the next table is touched. A sync that fails is final: the writer stops and the
//! output wants recovery.
//!
//! Several processes may write to the same tables side by side; see [`instances`](self::instances).

mod bucket;
mod checkpoint;
mod compact;
mod delta;
mod fence;
mod guard;
mod home;
mod inspect;
mod inspect_file;
mod instances;
mod logs;
mod place;
mod read;
mod record;
mod recover;
mod shorten;
mod tables;
#[cfg(test)]
mod tests;

pub use bucket::Location;
pub use compact::{CompactLimits, Compacted};
pub use inspect::{Inspection, TableState, inspect, inspect_epoch};
pub(crate) use inspect_file::{data_file as inspect_data_file, log_file as inspect_log_file};
pub use instances::{EpochNumbers, app_id};
pub use read::{committed, register_tables};
pub use record::CommitRecord;
pub use recover::{RecoveryPlan, RolledBack};
pub use shorten::LogLimits;
pub use tables::{Committed, Lies, Tables, TablesOptions};
