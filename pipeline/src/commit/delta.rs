use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake_core::kernel::{Action, Add, Remove, StructField, StructType, Transaction};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use url::Url;

use crate::sink::{OutputError, Result, StagedFile, Table};

use super::home::Home;
use super::record::CommitRecord;
use super::{instances, logs};

/// Checkpoints of a Delta log are Parquet files inside `_delta_log`, and a glob over the table
/// finds them. So no writer shall make any but Tamis, which writes them as JSON (`checkpoint`).
const NO_CHECKPOINTS: &str = "1000000000";
/// Files that were joined into others are deleted at once, so nobody needs to know them for long; in
/// checkpoints they would be more than all the files that are there.
const REMOVED_ARE_KNOWN_FOR: &str = "interval 1 hours";
/// Name in the logs of those who have taken over an output; its version is their term.
const OWNER: &str = "tamis.owner";
/// Name in `commitInfo` of what tells a commit from every other.
const COMMIT_ID: &str = "tamisCommitId";

fn url(dir: &Path) -> Result<Url> {
    let absolute = std::path::absolute(dir).map_err(OutputError::io("find", dir))?;
    Url::from_directory_path(&absolute).map_err(|()| OutputError::NotAFolder { path: dir.to_owned() })
}

/// Schema of a table as Delta has it.
fn delta_schema(table: Table) -> Result<StructType> {
    table.table_schema().as_ref().try_into_kernel().map_err(OutputError::arrow(table))
}

/// Creates a table, empty.
pub(super) async fn create(home: &Home, table: Table) -> Result<DeltaTable> {
    let dir = home.dir(table);
    let schema = delta_schema(table)?;
    let configuration = [
        ("delta.checkpointInterval", NO_CHECKPOINTS.to_owned()),
        ("delta.enableExpiredLogCleanup", "false".to_owned()),
        ("delta.deletedFileRetentionDuration", REMOVED_ARE_KNOWN_FOR.to_owned()),
        ("delta.dataSkippingStatsColumns", table.stats_columns().join(",")),
    ];
    let builder = match home.bucket() {
        None => CreateBuilder::new().with_location(url(&dir)?),
        Some(bucket) => {
            let log_store = bucket.log_store(&dir).map_err(OutputError::io("open", &dir))?;
            // As the first entry or not at all.
            CreateBuilder::new().with_log_store(log_store).with_commit_properties(CommitProperties::default().with_max_retries(0))
        }
    };
    let created = builder
        .with_table_name(table.name())
        .with_comment(table.about())
        .with_columns(schema.fields().cloned())
        .with_partition_columns(table.partitions().iter().map(|c| c.name))
        .with_configuration(configuration.into_iter().map(|(k, v)| (k, Some(v))))
        .await;
    created.map_err(OutputError::delta("create", table))
}

/// Opens a table and checks that it has our columns.
pub(super) async fn open(home: &Home, table: Table, version: Option<u64>) -> Result<DeltaTable> {
    let fail = |e| OutputError::delta("open", table)(e);
    let dir = home.dir(table);
    let opened = if let Some(bucket) = home.bucket() {
        let mut opened = DeltaTable::new(bucket.log_store(&dir).map_err(OutputError::io("open", &dir))?);
        match version {
            Some(version) => opened.load_version(version).await,
            None => opened.load().await,
        }
        .map_err(fail)?;
        opened
    } else {
        let mut builder = DeltaTableBuilder::from_url(url(&dir)?).map_err(fail)?;
        if let Some(version) = version {
            builder = builder.with_version(version);
        }
        builder.load().await.map_err(fail)?
    };
    let found = opened.snapshot().map_err(fail)?.schema();
    let expected = delta_schema(table)?;
    let differs = |a: &StructField, b: &StructField| a.name() != b.name() || a.data_type() != b.data_type();
    let wrong = expected.fields().zip(found.fields()).find(|(a, b)| differs(a, b)).map(|(_, b)| b.name().clone());
    if wrong.is_some() || expected.fields().len() != found.fields().len() {
        let found = wrong.map_or_else(|| format!("{} columns", found.fields().len()), |name| format!("another column at {name}"));
        let expected = format!("{} columns as in the data dictionary", expected.fields().len());
        return Err(OutputError::Format { path: dir, found, expected });
    }
    Ok(opened)
}

/// Last epoch of the application in the table, if any.
pub(super) async fn last_epoch(delta: &DeltaTable, table: Table, app_id: &str) -> Result<Option<u64>> {
    let fail = |e| OutputError::delta("read", table)(e);
    let version = delta.snapshot().map_err(fail)?.transaction_version(delta.log_store().as_ref(), app_id).await;
    Ok(version.map_err(fail)?.and_then(|v| u64::try_from(v).ok()).filter(|v| *v > 0))
}

/// Last epoch of every instance in the table, by the marks in its log; 0 before the first.
pub(super) async fn last_epochs(delta: &DeltaTable, table: Table, root: &Path) -> Result<BTreeMap<String, u64>> {
    let mut epochs = BTreeMap::new();
    for app_id in instances::app_ids(root)? {
        let epoch = last_epoch(delta, table, &app_id).await?.unwrap_or(0);
        epochs.insert(app_id, epoch);
    }
    Ok(epochs)
}

/// Instance and epoch by which the table is ahead of these last epochs. It can only be the newest one:
/// commits are made one at a time, and a table that is ahead is taken back before the next.
pub(super) async fn ahead(
    home: &Home,
    delta: &DeltaTable,
    table: Table,
    epochs: &BTreeMap<String, u64>,
) -> Result<Option<(String, u64)>> {
    let counts = |app_id: &str| epochs.get(app_id).copied().unwrap_or(0);
    let Some(CommitRecord { app_id, epoch, .. }) = last_record(home, delta, table)?.filter(|r| r.epoch > counts(&r.app_id))
    else {
        return Ok(None);
    };
    // The commit stands in the log also when it was taken back; the mark does not.
    let mark = last_epoch(delta, table, &app_id).await?;
    Ok((mark == Some(epoch)).then_some((app_id, epoch)))
}

/// The newest commit of an epoch in the table as it was opened, whichever instance made it. Later ones are not
/// looked at, as the history of the Delta library does: what is read must belong to one moment.
pub(super) fn last_record(home: &Home, delta: &DeltaTable, table: Table) -> Result<Option<CommitRecord>> {
    let Some(newest) = delta.version() else { return Ok(None) };
    // Nearly always it is the newest of all; starts and compactions may have followed.
    for version in (0..=newest).rev() {
        let text = match home.read(&logs::entry(&home.log(table), version)) {
            Ok(text) => text,
            // The log was cut off here.
            Err(OutputError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        };
        let told = infos(&text).find_map(|info| info["userMetadata"].as_str().and_then(CommitRecord::parse));
        if told.is_some() {
            return Ok(told);
        }
    }
    Ok(None)
}

/// What an entry of a log says of itself.
fn infos(entry: &[u8]) -> impl Iterator<Item = serde_json::Value> {
    let actions = entry.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    actions.filter_map(|mut action| action.get_mut("commitInfo").map(serde_json::Value::take))
}

/// Adds the files of an epoch in one commit and returns its version.
pub(super) async fn append(
    home: &Home,
    delta: &mut DeltaTable,
    table: Table,
    app_id: &str,
    epoch: u64,
    files: &[StagedFile],
    user_metadata: String,
) -> Result<u64> {
    let now = millis();
    let adds = files.iter().map(|file| Action::Add(add(file, now)));
    let partition_by = table.partitions().iter().map(|c| c.name.to_owned()).collect();
    let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: Some(partition_by), predicate: None };
    commit(home, delta, table, Some((app_id, epoch)), adds.collect(), operation, Some(user_metadata)).await
}

/// Takes the files of all epochs behind `epoch` out of the table, and the mark of those epochs
/// with them. Returns the paths of the files.
pub(super) async fn roll_back(
    home: &Home,
    delta: &mut DeltaTable,
    table: Table,
    app_id: &str,
    epoch: u64,
) -> Result<Vec<String>> {
    let fail = |e| OutputError::delta("roll back", table)(e);
    let mut removes = Vec::new();
    for file in delta.snapshot().map_err(fail)?.log_data() {
        let path = file.path().into_owned();
        let name = path.rsplit('/').next().unwrap_or(&path);
        if crate::sink::epoch_of_file(name, app_id).is_some_and(|e| e > epoch) {
            removes.push(Remove {
                partition_values: Some(partition_values(&path)),
                path,
                data_change: true,
                deletion_timestamp: Some(millis()),
                extended_file_metadata: Some(true),
                size: Some(file.size()),
                ..Remove::default()
            });
        }
    }
    let paths = removes.iter().map(|r| r.path.clone()).collect();
    let operation = DeltaOperation::Restore { version: None, datetime: None };
    let removes = removes.into_iter().map(Action::Remove).collect();
    commit(home, delta, table, Some((app_id, epoch)), removes, operation, None).await?;
    Ok(paths)
}

/// Puts an entry into the log of a table that changes nothing. It takes the version that a request might still
/// be under way to, of a process that is gone or of an owner that was replaced.
pub(super) async fn fence(home: &Home, delta: &mut DeltaTable, table: Table, term: u64) -> Result<()> {
    let operation = DeltaOperation::Restore { version: None, datetime: None };
    commit(home, delta, table, Some((OWNER, term)), Vec::new(), operation, None).await.map(drop)
}

/// Files that the log names: path below the table, and size.
pub(super) fn files(delta: &DeltaTable, table: Table) -> Result<Vec<(String, u64)>> {
    let snapshot = delta.snapshot().map_err(OutputError::delta("read", table))?;
    Ok(snapshot.log_data().into_iter().map(|file| (file.path().into_owned(), file.size().unsigned_abs())).collect())
}

/// Lets one file take the place of others that have the same rows, and returns the version.
pub(super) async fn replace(
    home: &Home,
    delta: &mut DeltaTable,
    table: Table,
    old: &[(String, u64)],
    new: &StagedFile,
) -> Result<u64> {
    let now = millis();
    let mut actions: Vec<Action> = old
        .iter()
        .map(|(path, bytes)| {
            Action::Remove(Remove {
                partition_values: Some(partition_values(path)),
                path: path.clone(),
                data_change: false,
                deletion_timestamp: Some(now),
                extended_file_metadata: Some(true),
                size: Some(*bytes as i64),
                ..Remove::default()
            })
        })
        .collect();
    actions.push(Action::Add(Add { data_change: false, ..add(new, now) }));
    let operation = DeltaOperation::Optimize { predicate: None, target_size: 0 };
    commit(home, delta, table, None, actions, operation, None).await
}

fn add(file: &StagedFile, now: i64) -> Add {
    Add {
        path: file.path.clone(),
        partition_values: file.partition_values.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        size: file.bytes as i64,
        modification_time: now,
        data_change: true,
        stats: Some(file.stats.clone()),
        ..Add::default()
    }
}

/// With a mark, the commit says that the epoch of the application is in the table.
async fn commit(
    home: &Home,
    delta: &mut DeltaTable,
    table: Table,
    mark: Option<(&str, u64)>,
    actions: Vec<Action>,
    operation: DeltaOperation,
    user_metadata: Option<String>,
) -> Result<u64> {
    let doing = "commit to";
    let mut properties = CommitProperties::default().with_create_checkpoint(false).with_cleanup_expired_logs(Some(false));
    if let Some((app_id, epoch)) = mark {
        properties = properties.with_application_transaction(Transaction::new(app_id, i64::try_from(epoch).unwrap_or(i64::MAX)));
    }
    let mut metadata: Vec<(String, serde_json::Value)> = Vec::new();
    metadata.extend(user_metadata.map(|json| ("userMetadata".to_owned(), json.into())));
    let id = home.bucket().map(|bucket| bucket.unique("commit"));
    if let Some(id) = &id {
        metadata.push((COMMIT_ID.to_owned(), id.as_str().into()));
        // Only behind the entry that was read last: whoever put another one there may have taken over.
        properties = properties.with_max_retries(0);
    }
    let done = CommitBuilder::from(properties.with_metadata(metadata))
        .with_actions(actions)
        .build(Some(delta.snapshot().map_err(OutputError::delta(doing, table))?), delta.log_store(), operation)
        .await;
    let error = match done {
        Ok(done) => {
            delta.state = Some(done.snapshot());
            return Ok(done.version());
        }
        Err(error) => error,
    };
    // A request may have taken effect although its answer was lost.
    if let (Some(id), Some(version)) = (id, delta.version().map(|version| version + 1))
        && is_entry(home, table, version, &id)
    {
        delta.load_version(version).await.map_err(OutputError::delta("read", table))?;
        return Ok(version);
    }
    Err(match error {
        DeltaTableError::Transaction {
            source:
                TransactionError::CommitConflict(_)
                | TransactionError::MaxCommitAttempts(_)
                | TransactionError::VersionAlreadyExists(_),
        } => OutputError::Conflict { table: table.name(), epoch: mark.map_or(0, |(_, epoch)| epoch) },
        e => OutputError::delta(doing, table)(e),
    })
}

/// Whether the entry of a version is this commit.
fn is_entry(home: &Home, table: Table, version: u64, id: &str) -> bool {
    let entry = logs::entry(&home.log(table), version);
    let Ok(text) = home.read(&entry) else { return false };
    infos(&text).any(|info| info[COMMIT_ID] == id)
}

/// Partition values as they stand in a path.
pub(super) fn partition_values(path: &str) -> HashMap<String, Option<String>> {
    path.split('/')
        .filter_map(|part| part.split_once('='))
        .map(|(k, v)| (k.to_owned(), (v != "__HIVE_DEFAULT_PARTITION__").then(|| v.to_owned())))
        .collect()
}

pub(super) fn millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}
