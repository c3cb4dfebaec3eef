//! Bytes on disk to committed tables, through the face that `tamis screen` uses.
//!
//! Axes, and why they matter:
//! * threads, one and all cores: what one core does, and whether more of them help.
//! * fixed: 200,000 travellers in 32 files, 60,000 entities (all public sanctions lists
//!   together), the starter scenarios, 24 bits, all records kept. Reading the list is not in the
//!   figure: a day of messages is longer than that.
//!
//! Counted: rows in are the groups of persons that were written; each of them is a screened
//! record or a dead letter; dead letters are those broken on purpose; every thread count gives the
//! same counts.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, SamplingMode, Throughput};
use tamis::runtime::cores;
use tamis::screen::{Screening, Strategy};
use tamis::sink::EpochCounts;
use tamis::source::files::Inputs;
use tamis::topology::{self, Options, Report, Unobserved};
use tamis_benches::{MIN_BITS, criterion, entities, say, sized};
use tamis_fixtures::{Config, MessageCount, World};
use tamis_operators::scenario::ScenarioSet;
use tamis_operators::watchlist::Generation;
use tempfile::{TempDir, tempdir};

fn main() {
    let mut c = criterion();
    let config = Config { travellers: sized(200_000, 1_000), entities: sized(60_000, 500), ..Config::default() };
    let world = World::new(config);
    let input = folder();
    let count = write(&world, input.path());
    let generation = Arc::new(Generation::build(entities(&world)).expect("a generated list compiles"));
    let starter = tamis::scenarios::starter().and_then(ScenarioSet::new).expect("the starter set has no fault");
    let screening = Screening::try_new(generation, starter, MIN_BITS, Strategy::Index).expect("the starter set fits the schema");
    let screening = Arc::new(screening);

    let mut group = c.benchmark_group("end_to_end");
    group.throughput(Throughput::Elements(count.groups())).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(1));
    let mut first: Option<EpochCounts> = None;
    let mut threads = vec![1, cores()];
    threads.dedup();
    for threads in threads {
        let run = |out: &TempDir| screen(input.path(), &screening, out.path(), threads);
        let report = run(&folder());
        check(&report, &count);
        say(&format!(
            "{threads} threads: {} bytes, {} rows in, {} records, {} dead letters, {} referred, {} hits, {} epochs in {:.2} s",
            count.bytes,
            report.counts.rows_in,
            report.counts.screened(),
            report.counts.dead,
            report.counts.refer,
            report.counts.hits,
            report.epochs.len(),
            report.seconds
        ));
        assert_eq!(first.get_or_insert_with(|| report.counts.clone()), &report.counts, "threads never show in the counts");
        group.bench_function(format!("{threads}_threads"), |b| {
            b.iter_batched(folder, |out| (check(&run(&out), &count), out), BatchSize::PerIteration);
        });
    }
    group.finish();
    c.final_summary();
}

fn folder() -> TempDir {
    tempdir().expect("a folder for temporary files")
}

fn write(world: &World, folder: &Path) -> MessageCount {
    let (mut count, all) = (MessageCount::default(), world.interchange_count());
    // A file without a message would be a dead letter.
    let files = all.min(32);
    for n in 0..files {
        let mut to = BufWriter::new(File::create(folder.join(format!("day-{n:04}.edi"))).expect("the folder is ours"));
        for i in all * n / files..all * (n + 1) / files {
            count.add(&world.write_interchange(i, &mut to, &mut std::io::sink()).expect("messages are written"));
        }
        to.flush().expect("messages are written");
    }
    count
}

fn screen(input: &Path, screening: &Arc<Screening>, out: &Path, threads: usize) -> Report {
    let inputs = Inputs::gather(&[PathBuf::from(input)]).expect("the messages are there");
    topology::screen(inputs, Arc::clone(screening), out, Options::with_threads(threads), Arc::new(Unobserved))
        .expect("the day is screened")
}

fn check(report: &Report, count: &MessageCount) {
    let counts = &report.counts;
    assert_eq!(counts.rows_in, count.groups(), "rows in");
    assert_eq!(counts.screened() + counts.duplicates + counts.dead, count.groups(), "rows out");
    assert_eq!(counts.dead, count.broken, "dead letters");
    assert_eq!(report.closed.bytes, count.bytes, "bytes");
    assert!(counts.hits > 0 && counts.refer > 0, "someone is referred");
}
