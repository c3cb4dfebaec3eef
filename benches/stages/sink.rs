//! The sink: screened batches to synced Parquet files of one epoch, one thread, in a temporary
//! folder.
//!
//! Axes, and why they matter:
//! * with all records or only with those that were flagged (`--no-records`): the archive is most
//!   of the bytes, and an agency that keeps it elsewhere should not pay for it.
//!
//! Counted: the rows that the files hold are the rows that were screened, hits included; the sink
//! itself compares them with what it was given.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use criterion::{SamplingMode, Throughput};
use tamis::screen::{Screening, Strategy};
use tamis::sink::{EpochCounts, EpochStamp, EpochWriter, Inflow, SinkOptions};
use tamis_benches::{MIN_BITS, criterion, decode, entities, messages, say, screened, sized};
use tamis_fixtures::{Config, World};
use tamis_operators::scenario::ScenarioSet;
use tamis_operators::schema::RecordKind;
use tamis_operators::watchlist::Generation;

fn main() {
    let mut c = criterion();
    let world = World::new(Config { travellers: sized(100_000, 500), entities: sized(5_000, 100), ..Config::default() });
    let generation = Arc::new(Generation::build(entities(&world)).expect("a generated list compiles"));
    let starter = tamis::scenarios::starter().and_then(ScenarioSet::new).expect("the starter set has no fault");
    let screening = Screening::try_new(generation, starter, MIN_BITS, Strategy::Index).expect("the starter set fits the schema");
    let (batches, _) = decode(&messages(&world).bytes);
    let batches = screened(Arc::new(screening), &batches);
    let rows = batches.iter().map(|b| b.num_rows() as u64).sum::<u64>();
    let folder = tempfile::tempdir().expect("a folder for temporary files");

    let mut epoch = 0;
    let mut group = c.benchmark_group("sink");
    group.throughput(Throughput::Elements(rows)).sampling_mode(SamplingMode::Flat);
    for (name, records) in [("records", true), ("flagged_only", false)] {
        let options = SinkOptions { records, ..SinkOptions::default() };
        let mut write = || {
            epoch += 1;
            let stamp = EpochStamp { epoch, generation: "bench".into(), scenario_set: "bench".into() };
            let mut writer = EpochWriter::try_new(folder.path(), stamp, &options).expect("the folder is ours");
            for batch in &batches {
                writer.write(RecordKind::Traveller, batch).expect("screened batches are written");
            }
            // Dropped without a commit, the files go away again.
            writer.finish(Inflow { rows, duplicates: 0 }).expect("the counts agree")
        };
        let counts = write().counts().clone();
        check(&counts, rows, &batches);
        say(&format!("{name}: {rows} rows, {} referred, {} hits in {} batches", counts.refer, counts.hits, batches.len()));
        group.bench_function(name, |b| b.iter(|| assert_eq!(write().counts(), &counts, "counts of the epoch")));
    }
    group.finish();
    c.final_summary();
}

fn check(counts: &EpochCounts, rows: u64, batches: &[RecordBatch]) {
    assert_eq!(counts.screened(), rows, "rows");
    let hits: u64 = batches
        .iter()
        .filter_map(|b| b.column_by_name("hit_count"))
        .filter_map(|c| arrow::compute::sum(arrow::array::AsArray::as_primitive::<arrow::datatypes::Int32Type>(c)))
        .map(|n| n as u64)
        .sum();
    assert_eq!(counts.hits, hits, "hits");
    assert!(counts.refer > 0, "someone is referred");
}
