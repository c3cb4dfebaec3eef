//! The files of an epoch: what is in them, how many there are, and what is left after a failure.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::Int64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use tamis_operators::schema::RecordKind;

use super::testing::{FaultFs, batch, dead, rows, stage, stamp};
use super::*;

fn read(path: &Path) -> RecordBatch {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let schema = Arc::clone(builder.schema());
    let batches: Vec<_> = builder.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn staged_bytes(staged: &StagedEpoch) -> BTreeMap<String, Vec<u8>> {
    let files = Table::ALL.iter().flat_map(|t| staged.files(*t));
    files.map(|f| (format!("{}/{}", f.table, f.path), std::fs::read(staged.staged_path(f)).unwrap())).collect()
}

#[test]
fn files_hold_what_was_counted() {
    let root = tempfile::tempdir().unwrap();
    let staged = stage(root.path(), 1, &SinkOptions::default()).unwrap();
    let counts = staged.counts();
    assert_eq!((counts.rows_in, counts.refer, counts.screened(), counts.dead), (203, 20, 200, 3));
    assert_eq!(counts.hits_by_list.values().sum::<u64>() + counts.hits_by_scenario.values().sum::<u64>(), counts.hits);
    for table in Table::ALL {
        let mut rows = 0;
        for file in staged.files(table) {
            let batch = read(&staged.staged_path(file));
            assert_eq!(batch.schema_ref().fields(), table.file_schema().fields());
            assert_eq!(batch.num_rows() as u64, file.rows);
            assert!(
                file.bytes > 0
                    && file.path.starts_with(if table == Table::DeadLetters { "received_date=" } else { "kind=traveller/" }),
                "{}",
                file.path
            );
            rows += file.rows;
            if let Some(at) = batch.column_by_name("arrival_local")
                && at.null_count() == 0
                && let Some(day) = &file.partition_values[1].1
            {
                let first = at.as_primitive::<arrow::datatypes::TimestampMicrosecondType>().value_as_datetime(0).unwrap();
                assert_eq!(first.date().to_string(), *day);
            }
        }
        counts.check_table(table, rows).unwrap();
    }
    let hits = staged.files(Table::Hits).iter().map(|f| f.rows).sum::<u64>();
    assert_eq!((hits, counts.hits_referred < counts.hits), (counts.hits, true));
}

#[test]
fn every_hit_stands_beside_its_record() {
    let root = tempfile::tempdir().unwrap();
    let staged = stage(root.path(), 1, &SinkOptions::default()).unwrap();
    for file in staged.files(Table::Hits) {
        let batch = read(&staged.staged_path(file));
        let text = |name: &str| batch.column_by_name(name).unwrap().as_string_view().clone();
        let (record, kind) = (text("record_id"), text("hit_kind"));
        let rank = batch.column_by_name("hit_rank").unwrap().as_primitive::<arrow::datatypes::Int32Type>().clone();
        for row in 0..batch.num_rows() {
            let id = u64::from_str_radix(record.value(row), 16).unwrap();
            let scenario = rank.value(row) == 0 && id % 2 == 0;
            assert_eq!(kind.value(row), if scenario { "scenario" } else { "watchlist" });
        }
    }
}

/// C7: the same input gives the same bytes, however it is cut into batches.
#[test]
fn same_input_same_bytes() {
    let roots = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let bytes = roots.each_ref().map(|root| staged_bytes(&stage(root.path(), 1, &SinkOptions::default()).unwrap()));
    assert_eq!(bytes[0].keys().collect::<Vec<_>>(), bytes[1].keys().collect::<Vec<_>>());
    assert!(bytes[0] == bytes[1]);
}

/// Many days, and hardly any memory: few open files, every row in its day and in its order, and
/// far fewer files than rows.
#[test]
fn a_dirty_input_opens_few_files() {
    let root = tempfile::tempdir().unwrap();
    let fs = FaultFs::crash_after(i64::MAX);
    let options = SinkOptions { open_files: 4, memory: 6 << 20, fs: Arc::clone(&fs) as Arc<dyn Fs>, ..SinkOptions::default() };
    let mut writer = EpochWriter::try_new(root.path(), stamp(1), &options).unwrap();
    let all = rows(0..2_400, 80);
    for part in all.chunks(400) {
        writer.write(RecordKind::Traveller, &batch(part)).unwrap();
    }
    let staged = writer.finish(Inflow { rows: 2_400, duplicates: 0 }).unwrap();
    assert!(fs.most_open.load(Ordering::Relaxed) <= 4 * 4 + 1, "{:?}", fs.most_open);
    assert_eq!(fs.files_open.load(Ordering::Relaxed), 0);
    let files = staged.files(Table::Records);
    assert!(files.len() < 400, "{} files", files.len());
    let mut seen = 0;
    for file in files.iter().step_by(3) {
        let batch = read(&staged.staged_path(file));
        let ids = batch.column_by_name("record_id").unwrap().as_string_view().clone();
        assert!(ids.iter().is_sorted());
        for id in ids.iter().flatten() {
            let row = all[usize::from_str_radix(id, 16).unwrap()];
            let day = row.day.map(|d| chrono::DateTime::from_timestamp(d * 86_400, 0).unwrap().format("%Y-%m-%d").to_string());
            assert_eq!(file.partition_values[1].1, day);
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn a_lost_row_commits_nothing() {
    let root = tempfile::tempdir().unwrap();
    let mut writer = EpochWriter::try_new(root.path(), stamp(1), &SinkOptions::default()).unwrap();
    writer.write(RecordKind::Traveller, &batch(&rows(0..10, 2))).unwrap();
    writer.write_dead(&dead(1)).unwrap();
    let error = writer.finish(Inflow { rows: 12, duplicates: 0 }).unwrap_err();
    assert!(error.to_string().contains("C1") && error.exit_code() == 1, "{error}");
    assert_eq!(std::fs::read_dir(staging_root(root.path())).unwrap().count(), 0);
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let mut refused = 0;
    for room in [0, 10_000, 40_000, 90_000, 150_000, 10_000_000] {
        let root = tempfile::tempdir().unwrap();
        let options = SinkOptions { fs: FaultFs::disk_of(room), ..SinkOptions::default() };
        match stage(root.path(), 1, &options) {
            Ok(staged) => drop(staged),
            Err(error) => {
                assert!(error.to_string().ends_with("the disk is full: free some room and run again"), "{error}");
                assert_eq!(error.exit_code(), 4);
                refused += 1;
            }
        }
        assert_eq!(std::fs::read_dir(staging_root(root.path())).unwrap().count(), 0);
    }
    assert!((2..6).contains(&refused), "{refused} of 6");
}

#[test]
fn wrong_batches_are_named() {
    let root = tempfile::tempdir().unwrap();
    let mut writer = EpochWriter::try_new(root.path(), stamp(1), &SinkOptions::default()).unwrap();
    let good = batch(&rows(0..50, 3));
    // Another order of columns and more of them: fine.
    let order: Vec<usize> = (0..good.num_columns()).rev().collect();
    writer.write(RecordKind::Traveller, &good.project(&order).unwrap()).unwrap();
    let missing = good.project(&order[..order.len() - 1]).unwrap();
    let error = writer.write(RecordKind::Traveller, &missing).unwrap_err().to_string();
    assert!(error.contains("record_id") && error.contains("missing"), "{error}");
    let mut strange = rows(0..50, 3);
    strange[7].triage = "perhaps";
    assert!(writer.write(RecordKind::Traveller, &batch(&strange)).unwrap_err().to_string().contains("triage"));
    assert!(matches!(
        EpochWriter::try_new(root.path(), stamp(1), &SinkOptions::default()),
        Err(OutputError::NeedsRecovery { .. })
    ));
}

#[test]
fn files_describe_themselves() {
    let root = tempfile::tempdir().unwrap();
    let staged = stage(root.path(), 1, &SinkOptions::default()).unwrap();
    let file = &staged.files(Table::Flagged)[0];
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(staged.staged_path(file)).unwrap()).unwrap();
    let footer = builder.metadata().file_metadata();
    assert!(footer.created_by().unwrap().starts_with("tamis "));
    let pairs: BTreeMap<_, _> =
        footer.key_value_metadata().unwrap().iter().map(|kv| (kv.key.clone(), kv.value.clone().unwrap())).collect();
    assert_eq!((pairs["epoch"].as_str(), pairs["schema_version"].as_str(), pairs["table"].as_str()), ("1", "1", "flagged"));
    assert_eq!(pairs["generation"], stamp(1).generation);
    let record_id = builder.schema().field_with_name("record_id").unwrap();
    assert!(record_id.metadata()["description"].starts_with("Digest"));
    assert!(builder.metadata().row_group(0).columns().iter().filter(|c| c.bloom_filter_offset().is_some()).count() == 4);
    let batch = read(&staged.staged_path(file));
    assert!(batch.column_by_name("epoch").unwrap().as_primitive::<Int64Type>().values().iter().all(|e| *e == 1));

    let stats: serde_json::Value = serde_json::from_str(&file.stats).unwrap();
    assert_eq!(stats["numRecords"].as_u64(), Some(file.rows));
    let ids = batch.column_by_name("record_id").unwrap().as_string_view();
    assert_eq!(stats["minValues"]["record_id"].as_str(), ids.iter().flatten().min());
    assert_eq!(stats["maxValues"]["record_id"].as_str(), ids.iter().flatten().max());
    assert!(stats["minValues"]["received_at"].as_str().unwrap().ends_with("000005Z"), "{stats}");
    assert!(stats["minValues"].get("surname").is_none(), "no names in the log");
}
