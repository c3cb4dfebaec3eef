//! Logs that are cut off: nothing is lost by it, whoever reads, and wherever the world ends meanwhile.

use std::collections::BTreeSet;

use super::*;
use crate::commit::{delta, logs};

fn short(sink: &SinkOptions, keep: u64) -> TablesOptions {
    TablesOptions { logs: LogLimits { checkpoint_every: 2, keep }, ..TablesOptions::for_sink(sink) }
}

/// As `run`, with logs that are cut off behind a few versions.
async fn run_short(root: &Path, epoch: u64, sink: &SinkOptions) -> Result<RecoveryPlan> {
    let mut tables = Tables::open(root, short(sink, 3)).await?;
    let plan = tables.recover().await?;
    for next in tables.next_epoch()..=epoch {
        tables.commit(stage(root, next, sink)?, &read(next)).await?;
    }
    Ok(plan)
}

fn versions(root: &Path, table: Table) -> (Vec<u64>, Vec<u64>) {
    let found = logs::list(&on_disk_at(root), table).unwrap();
    assert_eq!((found.doubled.len(), found.compacted.len()), (0, 0));
    (found.commits.into_iter().collect(), found.checkpoints.into_keys().collect())
}

#[tokio::test]
async fn a_long_log_is_cut_off_and_nothing_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let (long, cut) = (home.path().join("long"), home.path().join("cut"));
    let keep_all = TablesOptions { logs: LogLimits { checkpoint_every: 0, keep: 0 }, ..TablesOptions::default() };
    let mut tables = Tables::open(&long, keep_all).await.unwrap();
    tables.recover().await.unwrap();
    for epoch in 1..=12 {
        tables.commit(stage(&long, epoch, &local()).unwrap(), &read(epoch)).await.unwrap();
    }
    drop(tables);
    run_short(&cut, 12, &local()).await.unwrap();

    assert_eq!(versions(&long, Table::Flagged), ((0..=12).collect(), vec![]));
    assert_eq!(versions(&cut, Table::Flagged), ((8..=12).collect(), vec![8, 10, 12]));
    let seen = rows_seen(&cut).await;
    assert_eq!((seen.len(), &seen), (48, &rows_seen(&long).await));
    assert_at_rest(&cut, &seen).await;
    for table in Table::ALL {
        let (mut a, mut b) = (
            delta::files(&delta::open(&on_disk_at(&long), table, None).await.unwrap(), table).unwrap(),
            delta::files(&delta::open(&on_disk_at(&cut), table, None).await.unwrap(), table).unwrap(),
        );
        a.sort();
        b.sort();
        assert_eq!(a, b);
        // Every version that is left can still be read as it was.
        for version in versions(&cut, table).0 {
            let before =
                delta::files(&delta::open(&on_disk_at(&long), table, Some(version)).await.unwrap(), table).unwrap().len();
            assert_eq!(
                delta::files(&delta::open(&on_disk_at(&cut), table, Some(version)).await.unwrap(), table).unwrap().len(),
                before
            );
        }
    }

    // The service goes on; what is left of the chain of epochs is no problem, and older epochs are not known.
    let tables = Tables::open(&cut, short(&local(), 3)).await.unwrap();
    assert_eq!((tables.last_epoch(), tables.last_checkpoint().position("files", "day.edi")), (Some(12), 6_000));
    drop(tables);
    run_short(&cut, 13, &local()).await.unwrap();
    let found = inspect(&cut).await.unwrap();
    assert_eq!((found.problems, found.notes), (vec![], vec![]));
    assert_eq!((found.first_epoch, found.last_epoch, found.epochs), (8, 13, 6));
    assert!(inspect_epoch(&cut, 7).await.unwrap().is_none() && inspect_epoch(&cut, 8).await.unwrap().is_some());

    // The hint is only a hint: torn or absent, the search takes longer.
    for table in Table::ALL {
        fs::write(cut.join(table.name()).join("_delta_log/_last_checkpoint"), "{\"version\":1").unwrap();
    }
    let seen = rows_seen(&cut).await;
    for table in Table::ALL {
        fs::remove_file(cut.join(table.name()).join("_delta_log/_last_checkpoint")).unwrap();
    }
    assert_eq!((seen.len(), &seen), (52, &rows_seen(&cut).await));

    // A log that was long before it began to be cut is cut at once.
    run_short(&long, 13, &local()).await.unwrap();
    assert_eq!(versions(&long, Table::Hits), ((10..=13).collect(), vec![10, 13]));
    run_short(&long, 18, &local()).await.unwrap();
    assert_eq!(versions(&long, Table::Hits), ((13..=18).collect(), vec![13, 15, 17]));
}

/// Joined files, and a writer that has been silent for long.
#[tokio::test]
async fn what_another_writer_said_last_stays_known() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    run_short(root, 1, &local()).await.unwrap();
    let mut open = delta::open(&on_disk_at(root), Table::Flagged, None).await.unwrap();
    for epoch in [6, 7] {
        delta::append(&on_disk_at(root), &mut open, Table::Flagged, "another", epoch, &[], "{}".into()).await.unwrap();
    }
    let said = open.version().unwrap();
    run_short(root, 6, &local()).await.unwrap();
    compact(root, &local()).await.unwrap();
    let files = table_files(root).iter().filter(|p| p.extension().is_some_and(|e| e == "parquet")).count();
    run_short(root, 12, &local()).await.unwrap();
    assert!(files < 30);
    let (commits, _) = versions(root, Table::Flagged);
    assert!(commits[0] > said, "{commits:?}");
    let open = delta::open(&on_disk_at(root), Table::Flagged, None).await.unwrap();
    assert_eq!(delta::last_epoch(&open, Table::Flagged, "another").await.unwrap(), Some(7));
    assert_eq!(delta::last_epoch(&open, Table::Flagged, "tamis").await.unwrap(), Some(12));
    let seen = rows_seen(root).await;
    assert_eq!((seen.len(), sums(&seen)), (48, sums(&rows_lying(root))));
    assert_eq!(inspect(root).await.unwrap().problems, Vec::<String>::new());
}

/// Two instances: one commits once and rests while the other one writes checkpoints and cuts the logs; then
/// both go on, and so does a new process of the first.
#[tokio::test]
async fn an_instance_goes_on_behind_what_another_one_has_cut_off() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let sinks = ["a", "b"].map(|name| SinkOptions { app_id: crate::commit::app_id(name), ..local() });
    let commit = async |tables: &mut Tables, who: usize, to: u64| {
        let epoch = tables.numbers().next().unwrap();
        let mut read = CheckpointDelta::default();
        read.extend(["a", "b"][who], "day.edi", Span { from: to - 1, to }).unwrap();
        tables.commit(stage(root, epoch, &sinks[who]).unwrap(), &read).await.unwrap();
    };
    let mut a = Tables::open(root, short(&sinks[0], 3)).await.unwrap();
    a.recover().await.unwrap();
    commit(&mut a, 0, 1).await;
    let mut b = Tables::open(root, short(&sinks[1], 3)).await.unwrap();
    b.recover().await.unwrap();
    for to in 1..=11 {
        commit(&mut b, 1, to).await;
    }
    assert!(versions(root, Table::Flagged).0[0] > 5);
    for to in 2..=5 {
        commit(&mut a, 0, to).await;
    }
    drop(a);
    let mut a = Tables::open(root, short(&sinks[0], 3)).await.unwrap();
    assert!(a.recover().await.unwrap().is_clean());
    commit(&mut b, 1, 12).await;
    commit(&mut a, 0, 6).await;
    let checkpoint = a.last_checkpoint();
    assert_eq!((checkpoint.position("a", "day.edi"), checkpoint.position("b", "day.edi")), (6, 12));
    let seen = rows_seen(root).await;
    assert_eq!((sums(&seen)["records"], sums(&seen)), (200 * 18, sums(&rows_lying(root))));
    let found = inspect(root).await.unwrap();
    assert_eq!((found.problems, found.notes), (vec![], vec![]));
}

/// A log that another tool has cut behind a checkpoint of its own form is left as it is.
#[tokio::test]
async fn a_log_that_another_tool_has_cut_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    run(root, 5, &local()).await.unwrap();
    let open = delta::open(&on_disk_at(root), Table::Hits, None).await.unwrap();
    deltalake_core::checkpoints::create_checkpoint(&open, None).await.unwrap();
    for version in 0..4 {
        fs::remove_file(logs::entry(&on_disk_at(root).log(Table::Hits), version)).unwrap();
    }
    let before = versions(root, Table::Hits).0;
    run_short(root, 6, &local()).await.unwrap();
    assert_eq!(versions(root, Table::Hits), (before.into_iter().chain([6]).collect(), vec![]));
    assert_eq!(versions(root, Table::Flagged).1, [6]);
    assert_eq!(rows_seen(root).await.len(), 24);
}

/// Files of the epochs that count, as the logs name them: what `rows_seen` asks, without reading rows.
async fn named(root: &Path) -> BTreeSet<PathBuf> {
    let flagged = delta::open(&on_disk_at(root), Table::Flagged, None).await.unwrap();
    let last = delta::last_epoch(&flagged, Table::Flagged, "tamis").await.unwrap().unwrap();
    let mut named = BTreeSet::new();
    for table in Table::ALL {
        for (path, _) in delta::files(&delta::open(&on_disk_at(root), table, None).await.unwrap(), table).unwrap() {
            if crate::sink::epoch_of_file(path.rsplit('/').next().unwrap(), "tamis").unwrap() <= last {
                named.insert(Path::new(table.name()).join(path));
            }
        }
    }
    named
}

/// Stops the world after every single call of an epoch, a checkpoint and a cut of every log.
#[tokio::test]
async fn a_crash_while_a_log_is_cut_off_changes_no_row() {
    let home = tempfile::tempdir().unwrap();
    let (base, eight) = (home.path().join("base"), home.path().join("eight"));
    run_short(&base, 7, &local()).await.unwrap();
    copy(&base, &eight);
    let whole = FaultFs::crash_after(10_000);
    run_short(&eight, 8, &options(Arc::clone(&whole) as Arc<dyn Fs>)).await.unwrap();
    let (before, after, rows) = (named(&base).await, named(&eight).await, rows_seen(&eight).await);
    assert_eq!(versions(&base, Table::Hits), ((2..=7).collect(), vec![2, 4, 6]));
    assert_eq!(versions(&eight, Table::Hits), ((4..=8).collect(), vec![4, 6, 8]));
    let mut crashes = 0;
    // From the end back to where the epoch is not committed: what lies before is stopped elsewhere.
    for calls in (0..10_000 - whole.left()).rev() {
        let root = home.path().join(format!("crash-{calls}"));
        copy(&base, &root);
        if run_short(&root, 8, &options(FaultFs::crash_after(calls))).await.is_ok() {
            // Only what was staged is not tidied up.
            assert_eq!(crashes, 0);
            continue;
        }
        crashes += 1;
        let seen = named(&root).await;
        assert!(seen == before || seen == after, "after a crash at call {calls}");
        if seen == before {
            break;
        }
        // Also for readers that do not take the hint.
        for table in Table::ALL {
            let _was_there = fs::remove_file(on_disk_at(&root).log(table).join("_last_checkpoint"));
        }
        assert_eq!(named(&root).await, seen);
        run_short(&root, 8, &local()).await.unwrap();
        assert_eq!(named(&root).await, after, "after a crash at call {calls}");
        if calls % 16 == 0 {
            assert_at_rest(&root, &rows).await;
            assert_eq!(inspect(&root).await.unwrap().problems, Vec::<String>::new(), "after a crash at call {calls}");
            // Where a checkpoint is missing it comes with one of the next epochs, and so does the cut.
            run_short(&root, 12, &local()).await.unwrap();
            let (commits, checkpoints) = versions(&root, Table::Hits);
            assert!(commits.len() <= 8 && checkpoints.len() <= 5, "call {calls}: {commits:?} {checkpoints:?}");
        }
        fs::remove_dir_all(&root).unwrap();
    }
    assert!(crashes > 40, "{crashes} crashes");
}

#[tokio::test]
async fn a_full_disk_writes_no_half_checkpoint() {
    let home = tempfile::tempdir().unwrap();
    let (base, root) = (home.path().join("base"), home.path().join("full"));
    run_short(&base, 7, &local()).await.unwrap();
    let disk = FaultFs::disk_of(i64::MAX);
    copy(&base, &root);
    run_short(&root, 8, &options(Arc::clone(&disk) as Arc<dyn Fs>)).await.unwrap();
    let needed = disk.written();
    let checkpoints: u64 = Table::ALL
        .iter()
        .flat_map(|t| logs::list(&on_disk_at(&root), *t).unwrap().checkpoints.into_values())
        .map(|p| fs::metadata(p).unwrap().len())
        .sum();
    let mut met = 0;
    for short in [1, 300, 1_000, 10_000, 20_000, checkpoints as i64 / 3] {
        fs::remove_dir_all(&root).unwrap();
        copy(&base, &root);
        let full = run_short(&root, 8, &options(FaultFs::disk_of(needed - short))).await.unwrap_err();
        assert!(full.to_string().contains("disk is full"), "{full}");
        let seen = named(&root).await;
        let plan = run_short(&root, 8, &local()).await.unwrap();
        met += usize::from(plan.resume_after == Some(8));
        assert!(plan.resume_after == Some(7) || seen == named(&root).await);
        assert_at_rest(&root, &rows_seen(&root).await).await;
    }
    assert!(met > 3, "the disk was full {met} times while a checkpoint was written");
}

/// What a log of `TAMIS_EPOCHS` epochs (20,000 unless given) costs those who open the tables, before and
/// after it is cut off to `TAMIS_KEEP_VERSIONS` (1,000). Entries are made up: each adds a file, and takes one away that was joined into
/// another. With `TAMIS_KEEP_OUT` the outputs before and after stay, for other readers.
///
/// `cargo test --workspace --lib --locked -- --ignored --nocapture a_log_of_many`
#[tokio::test]
#[ignore = "takes minutes, and is about time"]
async fn a_log_of_many_epochs_opens_at_once() {
    let epochs: u64 = std::env::var("TAMIS_EPOCHS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let home = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("TAMIS_KEEP_OUT").map(PathBuf::from);
    let root = kept.as_deref().unwrap_or(home.path()).join("long");
    run(&root, 3, &local()).await.unwrap();
    for table in Table::ALL {
        stretch(&root, table, epochs);
    }
    if let Some(kept) = &kept {
        copy(&root, &kept.join("uncut"));
    }
    let keep = std::env::var("TAMIS_KEEP_VERSIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000);
    let opened = |when: &'static str, root: PathBuf| async move {
        let begun = std::time::Instant::now();
        let mut tables =
            Tables::open(&root, TablesOptions { logs: LogLimits::keeping(keep), ..TablesOptions::default() }).await.unwrap();
        let open = begun.elapsed();
        tables.recover().await.unwrap();
        let ready = begun.elapsed();
        let next = tables.next_epoch();
        let staged = stage(&root, next, &local()).unwrap();
        let begun = std::time::Instant::now();
        tables.commit(staged, &read(next)).await.unwrap();
        let first = begun.elapsed();
        let staged = stage(&root, next + 1, &local()).unwrap();
        let begun = std::time::Instant::now();
        tables.commit(staged, &read(next + 1)).await.unwrap();
        let second = begun.elapsed();
        drop(tables);
        let begun = std::time::Instant::now();
        register_tables(&SessionContext::new(), &root).await.unwrap();
        println!(
            "{when}: opened {open:?}, ready {ready:?}, next commits {first:?} and {second:?}, registered for queries {:?}",
            begun.elapsed()
        );
    };
    opened("as it is, then cut", root.clone()).await;
    for table in Table::ALL {
        let found = logs::list(&on_disk_at(&root), table).unwrap();
        println!("{table}: {} entries, checkpoints {:?}", found.commits.len(), found.checkpoints.keys());
    }
    opened("cut off", root.clone()).await;
    opened("cut off", root.clone()).await;
}

/// Makes a log of three epochs one of many: entry by entry another file of the third takes the place of one.
fn stretch(root: &Path, table: Table, epochs: u64) {
    let log = on_disk_at(root).log(table);
    let third = fs::read_to_string(logs::entry(&log, 3)).unwrap();
    let lines: Vec<serde_json::Value> = third.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let path = lines.iter().find_map(|l| l.pointer("/add/path")?.as_str()).unwrap();
    let source = fs::read(table.dir(root).join(path.replace("%3D", "="))).unwrap();
    let name = |epoch: u64| path.replace("0000000003", &format!("{epoch:010}"));
    for epoch in 4..=epochs {
        let mut text = String::new();
        for line in &lines {
            let mut line = line.clone();
            if let Some(add) = line.get_mut("add") {
                if add["path"] != path {
                    continue;
                }
                add["path"] = name(epoch).into();
            }
            if let Some(txn) = line.get_mut("txn") {
                txn["version"] = epoch.into();
            }
            if let Some(told) = line.pointer_mut("/commitInfo/userMetadata") {
                let mut record: serde_json::Value = serde_json::from_str(told.as_str().unwrap()).unwrap();
                record["epoch"] = epoch.into();
                record["read"]["files"]["day.edi"] = serde_json::json!({"from": (epoch - 1) * 500, "to": epoch * 500});
                if record.get("checkpoint").is_some() {
                    record["checkpoint"]["files"]["day.edi"] = (epoch * 500).into();
                    record["versions"] = Table::ALL
                        .iter()
                        .filter(|t| **t != Table::Flagged)
                        .map(|t| (t.name().to_owned(), serde_json::Value::from(epoch)))
                        .collect();
                }
                *told = record.to_string().into();
            }
            text.push_str(&line.to_string());
            text.push('\n');
        }
        if epoch > 64 + 3 {
            let gone = serde_json::json!({"remove": {"path": name(epoch - 64), "dataChange": false, "deletionTimestamp": delta::millis() - (epochs - epoch) as i64 * 2_000, "extendedFileMetadata": true, "partitionValues": delta::partition_values(path), "size": source.len()}});
            text.push_str(&gone.to_string());
            text.push('\n');
        }
        if epoch + 64 > epochs {
            fs::write(table.dir(root).join(name(epoch).replace("%3D", "=")), &source).unwrap();
        }
        fs::write(logs::entry(&log, epoch), text).unwrap();
    }
}
