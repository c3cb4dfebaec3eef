//! Epochs that count: read back through Delta and through plain listing, after crashes at every step.
#![allow(clippy::unwrap_used)]

mod in_a_bucket;
mod side_by_side;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::json::ArrayWriter;
use datafusion::prelude::SessionContext;
use futures::future::BoxFuture;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::*;
use crate::checkpoint::{CheckpointDelta, Span};
use crate::sink::testing::{FaultFs, stage};
use crate::sink::{Fs, OutputError, Result, SinkOptions, Table, owner_of_file};

/// The figures that the readers in other languages compare as well.
const EXPECTED: &str = include_str!("../../../.ci/readers/expected.sql");

fn read(epoch: u64) -> CheckpointDelta {
    let mut delta = CheckpointDelta::default();
    delta.extend("files", "day.edi", Span { from: (epoch - 1) * 500, to: epoch * 500 }).unwrap();
    delta
}

/// An output whose tables lie in its folder.
fn on_disk_at(root: &Path) -> super::home::Home {
    super::home::Home::folder(root, &local().fs)
}

fn options(fs: Arc<dyn Fs>) -> SinkOptions {
    SinkOptions { fs, ..SinkOptions::default() }
}

fn local() -> SinkOptions {
    SinkOptions::default()
}

/// Opens, recovers, and commits the epochs up to and with `epoch` that are not there yet.
fn run<'a>(root: &'a Path, epoch: u64, sink: &'a SinkOptions) -> BoxFuture<'a, Result<RecoveryPlan>> {
    Box::pin(async move {
        let mut tables = Tables::open(root, TablesOptions::for_sink(sink)).await?;
        let plan = tables.recover().await?;
        for next in tables.next_epoch()..=epoch {
            tables.commit(stage(root, next, sink)?, &read(next)).await?;
        }
        Ok(plan)
    })
}

fn sql<'a>(ctx: &'a SessionContext, query: &'a str) -> BoxFuture<'a, Vec<RecordBatch>> {
    Box::pin(async move { ctx.sql(query).await.unwrap().collect().await.unwrap() })
}

/// `what/key → n` of a query with these three columns.
fn figures(batches: &[RecordBatch]) -> BTreeMap<String, i64> {
    let mut out = BTreeMap::new();
    for batch in batches {
        let text = |i: usize| cast(batch.column(i), &DataType::Utf8).unwrap();
        let (what, key) = (text(0), text(1));
        let n = cast(batch.column(2), &DataType::Int64).unwrap();
        for row in 0..batch.num_rows() {
            let key = format!("{}/{}", what.as_string::<i32>().value(row), key.as_string::<i32>().value(row));
            out.insert(key, n.as_primitive::<Int64Type>().value(row));
        }
    }
    out
}

async fn delta_figures(root: &Path) -> BTreeMap<String, i64> {
    let ctx = SessionContext::new();
    register_tables(&ctx, root).await.unwrap();
    figures(&sql(&ctx, EXPECTED).await)
}

/// The same query over the files as they lie there, without the log.
async fn glob_figures(root: &Path) -> BTreeMap<String, i64> {
    let ctx = SessionContext::new();
    for table in Table::ALL {
        let columns = table.partitions().iter().map(|c| c.name).collect::<Vec<_>>().join(", ");
        let day = table.partitions().last().map(|c| c.name).unwrap();
        let dir = table.dir(root);
        let create = format!(
            "CREATE EXTERNAL TABLE raw_{table} STORED AS PARQUET PARTITIONED BY ({columns}) LOCATION '{}/'",
            dir.display()
        );
        sql(&ctx, &create).await;
        let view = format!(
            "CREATE VIEW {table} AS SELECT * EXCEPT ({day}), \
             CASE WHEN {day} <> '__HIVE_DEFAULT_PARTITION__' THEN CAST({day} AS DATE) END AS {day} FROM raw_{table}"
        );
        sql(&ctx, &view).await;
    }
    figures(&sql(&ctx, EXPECTED).await)
}

/// What a reader sees, in short: rows a table and epoch.
async fn rows_seen(root: &Path) -> BTreeMap<String, i64> {
    let ctx = SessionContext::new();
    register_tables(&ctx, root).await.unwrap();
    let mut seen = BTreeMap::new();
    for table in Table::ALL {
        let query = format!("SELECT '{table}', epoch, count(*) FROM {table} GROUP BY epoch");
        seen.extend(figures(&sql(&ctx, &query).await));
    }
    seen
}

/// The same from the footers of the files as they lie there, without the log.
fn rows_lying(root: &Path) -> BTreeMap<String, i64> {
    let mut lying = BTreeMap::new();
    for table in Table::ALL {
        for path in files_below(&table.dir(root)).iter().filter(|p| p.extension().is_some_and(|e| e == "parquet")) {
            let (_, epoch) = owner_of_file(path.file_name().unwrap().to_str().unwrap()).unwrap();
            let rows = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap().metadata().file_metadata().num_rows();
            *lying.entry(format!("{table}/{epoch}")).or_default() += rows;
        }
    }
    lying
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { out.extend(files_below(&path)) } else { out.push(path) }
    }
    out.sort();
    out
}

/// Everything in the tables, relative to the output.
fn table_files(root: &Path) -> Vec<PathBuf> {
    let files = Table::ALL.iter().flat_map(|t| files_below(&t.dir(root)));
    files.map(|path| path.strip_prefix(root).unwrap().to_owned()).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in files_below(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&path, &target).unwrap();
    }
    fs::create_dir_all(to.join(".tamis/staging")).unwrap();
}

/// What must hold of any output at rest: log and plain files agree, the trees hold nothing but
/// data and log, and staging is empty.
async fn assert_at_rest(root: &Path, expected: &BTreeMap<String, i64>) {
    assert_eq!(&rows_seen(root).await, expected);
    assert_eq!(&rows_lying(root), expected);
    assert!(files_below(&root.join(".tamis/staging")).is_empty());
    for table in Table::ALL {
        for path in files_below(&table.dir(root)) {
            let log = path.parent().unwrap().ends_with("_delta_log");
            let extension = path.extension().and_then(|e| e.to_str());
            let expected = if log {
                extension == Some("json") || path.file_name().unwrap() == "_last_checkpoint"
            } else {
                extension == Some("parquet")
            };
            assert!(expected, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn three_epochs_read_back_through_the_log_and_without_it() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path().join("out");
    assert!(run(&root, 2, &local()).await.unwrap().is_clean());
    assert!(run(&root, 3, &local()).await.unwrap().is_clean());

    let figures = delta_figures(&root).await;
    assert_eq!((figures["rows/records"], figures["rows/flagged"], figures["rows/dead_letters"]), (600, 60, 9));
    assert_eq!(figures["hits/hit_count"], figures["hits/unnested"]);
    assert_eq!(glob_figures(&root).await, figures);
    assert_at_rest(&root, &rows_seen(&root).await).await;

    let tables = Tables::open(&root, TablesOptions::default()).await.unwrap();
    assert_eq!((tables.last_epoch(), tables.next_epoch()), (Some(3), 4));
    assert_eq!(tables.last_checkpoint().position("files", "day.edi"), 1_500);
    let record = tables.last_record().unwrap();
    assert!(record.conservation.holds && record.conservation.rows_in == 203);

    // Statistics and partitions let the reader skip files.
    let ctx = SessionContext::new();
    register_tables(&ctx, &root).await.unwrap();
    let analyzed = sql(&ctx, "EXPLAIN ANALYZE SELECT count(record_id) FROM records WHERE epoch = 2").await;
    let text = arrow::util::pretty::pretty_format_batches(&analyzed).unwrap().to_string();
    let groups = text.matches("part-tamis-").count();
    assert!(groups == 0 || !text.contains("part-tamis-0000000003"), "{text}");
    let one = sql(&ctx, "SELECT 'n', 'x', count(*) FROM records WHERE epoch = 2 AND received_at > '2020-01-01'").await;
    assert_eq!(self::figures(&one)["n/x"], 200);

    if let Some(keep) = std::env::var_os("TAMIS_KEEP_OUT").map(PathBuf::from) {
        copy(&root, &keep);
        let expected = sql(&ctx, EXPECTED).await;
        let mut writer = ArrayWriter::new(fs::File::create(keep.with_extension("expected.json")).unwrap());
        writer.write_batches(&expected.iter().collect::<Vec<_>>()).unwrap();
        writer.finish().unwrap();
    }
}

/// Stops the world after every single call of an epoch's way into the tables. Whatever was left:
/// a reader sees whole epochs only, and recovery and replay end where the undisturbed run ended.
#[tokio::test]
async fn a_crash_at_every_step_loses_nothing_and_repeats_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (one, two) = (home.path().join("one"), home.path().join("two"));
    run(&one, 1, &local()).await.unwrap();
    run(&two, 2, &local()).await.unwrap();
    let (before, after) = (rows_seen(&one).await, rows_seen(&two).await);

    let (mut crashes, mut rolled_back, mut committed) = (0, 0, 0);
    for calls in 0.. {
        let root = home.path().join(format!("crash-{calls}"));
        copy(&one, &root);
        if run(&root, 2, &options(FaultFs::crash_after(calls))).await.is_ok() {
            break;
        }
        crashes += 1;
        let touched = table_files(&root) != table_files(&one);
        let seen = if touched { rows_seen(&root).await } else { before.clone() };
        assert!(seen == before || seen == after, "part of an epoch is seen after a crash at call {calls}: {seen:?}");
        let plan = run(&root, 2, &local()).await.unwrap();
        rolled_back += usize::from(!plan.rolled_back.is_empty());
        committed += usize::from(plan.resume_after == Some(2));
        assert_eq!(plan.resume_after == Some(2), seen == after);
        assert_at_rest(&root, &after).await;
        fs::remove_dir_all(&root).unwrap();
    }
    assert!(crashes > 40 && rolled_back >= 3 && committed >= 1, "{crashes} crashes, {rolled_back} roll-backs, {committed}");
}

/// The recovery itself may be cut short anywhere and is then simply done again.
#[tokio::test]
async fn a_crash_in_the_recovery_is_recovered_from() {
    let home = tempfile::tempdir().unwrap();
    let (one, ahead) = (home.path().join("one"), home.path().join("ahead"));
    run(&one, 1, &local()).await.unwrap();
    let before = rows_seen(&one).await;
    // The latest crash before flagged has the epoch: the other three tables are ahead.
    let whole = FaultFs::crash_after(10_000);
    copy(&one, &ahead);
    run(&ahead, 2, &options(Arc::clone(&whole) as Arc<dyn Fs>)).await.unwrap();
    for calls in (0..10_000 - whole.left()).rev() {
        fs::remove_dir_all(&ahead).unwrap();
        copy(&one, &ahead);
        // The very last call only tidies up; without it the epoch is committed all the same.
        let stopped = run(&ahead, 2, &options(FaultFs::crash_after(calls))).await.is_err();
        if stopped && rows_seen(&ahead).await == before {
            break;
        }
    }
    for calls in 0.. {
        let root = home.path().join(format!("again-{calls}"));
        copy(&ahead, &root);
        let done = run(&root, 1, &options(FaultFs::crash_after(calls))).await.is_ok();
        assert_eq!(rows_seen(&root).await, before);
        run(&root, 1, &local()).await.unwrap();
        assert_at_rest(&root, &before).await;
        fs::remove_dir_all(&root).unwrap();
        if done {
            assert!(calls > 5, "the recovery had nothing to do");
            break;
        }
    }
}

/// A loss of power can leave a log entry whose name is there and whose bytes are not.
#[tokio::test]
async fn a_torn_log_entry_takes_its_epoch_with_it() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    run(root, 2, &local()).await.unwrap();
    let before = rows_seen(root).await;
    let entry = root.join("flagged/_delta_log/00000000000000000002.json");
    let whole = fs::read(&entry).unwrap();
    fs::write(&entry, &whole[..whole.len() / 2]).unwrap();
    fs::write(root.join("hits/_delta_log/00000000000000000003.json#1"), b"").unwrap();
    let plan = run(root, 2, &local()).await.unwrap();
    assert_eq!((plan.resume_after, plan.torn, plan.rolled_back.len()), (Some(1), 2, 3));
    assert_at_rest(root, &before).await;
}

#[tokio::test]
async fn an_epoch_counts_once_and_in_order() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let mut tables = Tables::open(root, TablesOptions::default()).await.unwrap();
    tables.recover().await.unwrap();
    let first = tables.commit(stage(root, 1, &local()).unwrap(), &read(1)).await.unwrap();
    assert!(!first.already && first.files > 4 && first.bytes > 0);
    let again = tables.commit(stage(root, 1, &local()).unwrap(), &read(1)).await.unwrap();
    assert!(again.already);
    let early = tables.commit(stage(root, 3, &local()).unwrap(), &read(3)).await.unwrap_err();
    assert!(matches!(early, OutputError::Order { expected: 2, found: 3 }));
    let gap = tables.commit(stage(root, 2, &local()).unwrap(), &read(3)).await.unwrap_err();
    assert!(gap.to_string().contains("C2"), "{gap}");
    tables.commit(stage(root, 2, &local()).unwrap(), &read(2)).await.unwrap();
    assert_eq!(tables.last_checkpoint().position("files", "day.edi"), 1_000);
    assert_eq!(rows_seen(root).await["records/2"], 200);

    let busy = Tables::open(root, TablesOptions::default()).await.unwrap_err();
    assert!(matches!(busy, OutputError::Busy { .. }), "{busy}");
}

/// Should two writers ever get past the lock, the log lets one of them win.
#[tokio::test]
async fn the_same_epoch_from_two_writers_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    drop(Tables::open(root, TablesOptions::default()).await.unwrap());
    let mut first = super::delta::open(&on_disk_at(root), Table::Hits, None).await.unwrap();
    let mut second = first.clone();
    super::delta::append(&on_disk_at(root), &mut first, Table::Hits, "tamis", 1, &[], "{}".into()).await.unwrap();
    let error =
        super::delta::append(&on_disk_at(root), &mut second, Table::Hits, "tamis", 1, &[], "{}".into()).await.unwrap_err();
    assert!(matches!(error, OutputError::Conflict { table: "hits", epoch: 1 }), "{error}");
}

#[tokio::test]
async fn the_archive_can_be_left_out() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let sink = SinkOptions { records: false, ..local() };
    run(root, 2, &sink).await.unwrap();
    assert!(!root.join("records").exists());
    let ctx = SessionContext::new();
    register_tables(&ctx, root).await.unwrap();
    let n = sql(&ctx, "SELECT 'n', 'flagged', count(*) FROM flagged").await;
    assert_eq!(figures(&n)["n/flagged"], 40);
    // Switched on later, the table begins there.
    run(root, 3, &local()).await.unwrap();
    assert_eq!(rows_seen(root).await["records/3"], 200);
}

#[tokio::test]
async fn an_epoch_without_rows_moves_the_checkpoint() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let mut tables = Tables::open(root, TablesOptions::default()).await.unwrap();
    tables.recover().await.unwrap();
    assert_eq!(tables.numbers().next().unwrap(), 1);
    let empty = crate::sink::EpochWriter::try_new(root, crate::sink::testing::stamp(1), &local()).unwrap();
    let staged = empty.finish(crate::sink::Inflow::default()).unwrap();
    let done = tables.commit(staged, &read(1)).await.unwrap();
    assert_eq!((done.files, tables.last_epoch()), (0, Some(1)));
    assert_eq!(tables.last_checkpoint().position("files", "day.edi"), 500);
    // At the end of a run, what was forgotten behind the last epoch has one of its own.
    assert_eq!(tables.commit_forgotten().await.unwrap(), None);
    tables.forget("files", "day.edi");
    assert_eq!((tables.commit_forgotten().await.unwrap(), tables.commit_forgotten().await.unwrap()), (Some(2), None));
    drop(tables);
    let tables = Tables::open(root, TablesOptions::default()).await.unwrap();
    assert!(tables.last_checkpoint().is_empty() && tables.last_epoch() == Some(2));
}

#[tokio::test]
async fn folders_of_others_are_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("photos");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("cat.jpg"), b"cat").unwrap();
    let error = Tables::open(&root, TablesOptions::default()).await.unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("cat.jpg") && error.to_string().contains("choose"), "{error}");
    assert_eq!(files_below(&root), [root.join("cat.jpg")]);

    let file = home.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = Tables::open(&file, TablesOptions::default()).await.unwrap_err();
    assert!(matches!(error, OutputError::NotAFolder { .. }), "{error}");
    let error = Tables::open(&file.join("out"), TablesOptions::default()).await.unwrap_err();
    assert!(matches!(error, OutputError::Io { .. }), "{error}");

    let out = home.path().join("out");
    drop(Tables::open(&out, TablesOptions::default()).await.unwrap());
    fs::write(out.join(".tamis/format.json"), r#"{"format":9,"schema_version":1,"created_by":"tamis 9"}"#).unwrap();
    let error = Tables::open(&out, TablesOptions::default()).await.unwrap_err();
    assert!(error.to_string().contains("format 9") && error.exit_code() == 2, "{error}");

    let ctx = SessionContext::new();
    let error = register_tables(&ctx, &root).await.unwrap_err();
    assert!(matches!(error, OutputError::NoOutput { .. }), "{error}");
}

/// A real small disk, where the tests may mount one.
#[tokio::test]
async fn a_full_disk_harms_nothing_that_was_committed() {
    let home = tempfile::tempdir().unwrap();
    let mount = |args: &[&str]| std::process::Command::new(args[0]).args(&args[1..]).output().is_ok_and(|o| o.status.success());
    let disk = home.path().to_str().unwrap();
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk]) {
        println!("skipped: no right to mount a small disk");
        return;
    }
    let root = home.path().join("out");
    let mut last = None;
    for epoch in 1..100 {
        match run(&root, epoch, &local()).await {
            Ok(_) => last = Some((epoch, rows_seen(&root).await)),
            Err(error) => {
                let text = error.to_string().to_lowercase();
                assert!(text.contains("disk is full") || text.contains("no space"), "{error}");
                break;
            }
        }
    }
    let (epoch, figures) = last.unwrap();
    let seen = rows_seen(&root).await;
    let filled = files_below(&root).len();
    assert!(mount(&["mount", "-o", "remount,size=30m", disk]));
    let plan = run(&root, epoch, &local()).await;
    let at_rest = rows_lying(&root);
    let next = run(&root, epoch + 1, &local()).await;
    assert!(mount(&["umount", disk]));
    assert_eq!(seen, figures, "{filled} files");
    assert_eq!(plan.unwrap().resume_after, Some(epoch));
    assert_eq!(at_rest, figures);
    assert!(next.is_ok());
}

const SMALL: CompactLimits = CompactLimits { files: 2, bytes: 64 << 20, at_once: u64::MAX };

async fn compact(root: &Path, sink: &SinkOptions) -> Result<Compacted> {
    let mut tables = Tables::open(root, TablesOptions::for_sink(sink)).await?;
    tables.recover().await?;
    tables.compact(SMALL).await
}

/// Rows a table in the files as they lie there.
fn sums(lying: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for (key, n) in lying {
        *sums.entry(key.split('/').next().unwrap().to_owned()).or_default() += n;
    }
    sums
}

#[tokio::test]
async fn joined_files_have_the_same_rows_and_the_service_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    run(root, 3, &local()).await.unwrap();
    let (seen, figures, files) = (rows_seen(root).await, delta_figures(root).await, table_files(root).len());
    let done = compact(root, &local()).await.unwrap();
    assert!(done.joined > 10 && done.into < done.joined, "{done:?}");
    assert_eq!(rows_seen(root).await, seen);
    assert_eq!((delta_figures(root).await, glob_figures(root).await), (figures.clone(), figures));
    assert!(table_files(root).len() < files);
    assert_eq!(compact(root, &local()).await.unwrap(), Compacted::default(), "there is nothing left to join");
    // Later epochs, another compaction over joined files, and what inspect says of it all.
    run(root, 5, &local()).await.unwrap();
    let seen = rows_seen(root).await;
    assert!(compact(root, &local()).await.unwrap().into > 0);
    assert_eq!((rows_seen(root).await, sums(&rows_lying(root))), (seen.clone(), sums(&seen)));
    let found = inspect(root).await.unwrap();
    assert_eq!((found.problems, found.notes, found.last_epoch), (vec![], vec![], 5));
}

/// Stops the world after every single call of a compaction: no reader of the log sees another row, and
/// the next start leaves every row once.
#[tokio::test]
async fn a_crash_while_joining_changes_no_row() {
    let home = tempfile::tempdir().unwrap();
    let three = home.path().join("three");
    run(&three, 3, &local()).await.unwrap();
    let seen = rows_seen(&three).await;
    let mut crashes = 0;
    // Every call of the first files, then some further ones: each file is joined in the same way.
    for calls in (0..40).chain((41..).step_by(7)) {
        let root = home.path().join(format!("crash-{calls}"));
        copy(&three, &root);
        let done = compact(&root, &options(FaultFs::crash_after(calls))).await.is_ok();
        assert_eq!(rows_seen(&root).await, seen, "after a crash at call {calls}");
        run(&root, 3, &local()).await.unwrap();
        assert_eq!((rows_seen(&root).await, sums(&rows_lying(&root))), (seen.clone(), sums(&seen)), "after call {calls}");
        fs::remove_dir_all(&root).unwrap();
        if done {
            break;
        }
        crashes += 1;
    }
    assert!(crashes > 40, "{crashes} crashes");
}

#[path = "shorten_tests.rs"]
mod shorten;
