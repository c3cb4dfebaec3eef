//! Whole runs in small: many epochs, a source that fails, a run that is resumed.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use datafusion::prelude::SessionConfig;
use futures::FutureExt;
use tamis_fixtures::{Config, World};
use tamis_operators::join::{Strategy, tamis_context};
use tamis_operators::scenario::ScenarioSet;
use tamis_operators::watchlist::Generation;

use super::*;
use crate::commit::register_tables;
use crate::{lists, scenarios, session};

/// A generated day in eight files.
struct Day {
    dir: tempfile::TempDir,
    files: Vec<PathBuf>,
    screening: Arc<Screening>,
}

fn day() -> Day {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(Config { travellers: 2_000, entities: 200, ..Config::default() });
    let list = dir.path().join("list.csv");
    world.write_watchlist(&mut fs::File::create(&list).unwrap()).unwrap();
    let all = world.interchange_count();
    let files = (0..8).map(|f| {
        let path = dir.path().join(format!("{f}.edi"));
        let mut to = fs::File::create(&path).unwrap();
        for i in all * f / 8..all * (f + 1) / 8 {
            world.write_interchange(i, &mut to, &mut Vec::new()).unwrap();
        }
        path
    });
    let files = files.collect();
    let generation = Arc::new(Generation::build(lists::read_all(&[list]).unwrap().entities).unwrap());
    let set = ScenarioSet::new(scenarios::starter().unwrap()).unwrap();
    let screening = Arc::new(Screening::try_new(generation, set, 24.0, Strategy::Index).unwrap());
    Day { dir, files, screening }
}

/// Epochs of some hundred rows.
fn small(threads: usize) -> Options {
    let mut options = Options::with_threads(threads);
    options.read.group_bytes = 20_000;
    options.read.piece_bytes = 10_000;
    options.batch = BatchLimits {
        rows: 100,
        epoch: crate::epoch::EpochLimits { rows: 300, bytes: u64::MAX, age: None },
        ..BatchLimits::default()
    };
    options
}

impl Day {
    fn run(&self, inputs: Inputs, out: &str, threads: usize) -> Result<Report> {
        screen(inputs, Arc::clone(&self.screening), &self.dir.path().join(out), small(threads), Arc::new(Unobserved))
    }

    fn inputs(&self) -> Inputs {
        Inputs::gather(&self.files).unwrap()
    }

    fn ask(&self, out: &str, sql: &str) -> String {
        let runtimes = Runtimes::new(1).unwrap();
        let ctx = tamis_context(SessionConfig::new());
        runtimes.block_on(register_tables(&ctx, &self.dir.path().join(out)).boxed()).unwrap();
        let mut rows = runtimes.block_on(session::query(&ctx, sql)).unwrap();
        let mut batches = Vec::new();
        while let Some(batch) = runtimes.block_on(rows.next_batch()).unwrap() {
            batches.push(batch);
        }
        arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string()
    }
}

const ROWS: &str = "SELECT epoch, record_id, triage FROM records ORDER BY epoch, record_id";

#[test]
fn many_epochs_are_the_same_at_any_thread_count() {
    let day = day();
    let one = day.run(day.inputs(), "one", 1).unwrap();
    let five = day.run(day.inputs(), "five", 5).unwrap();
    assert!(one.epochs.len() > 4, "{:?}", one.epochs);
    assert_eq!((&one.epochs, &one.closed, &one.counts), (&five.epochs, &five.closed, &five.counts));
    assert_eq!(one.counts.rows_in, one.closed.rows + one.closed.dead);
    assert_eq!(day.ask("one", ROWS), day.ask("five", ROWS));
    let again = day.run(day.inputs(), "one", 2).unwrap();
    assert_eq!((again.files, again.skipped, again.epochs.len()), (0, 8, 0));
}

#[test]
fn a_source_that_fails_commits_whole_epochs_only_and_is_resumed() {
    let day = day();
    let whole = day.run(day.inputs(), "whole", 2).unwrap();
    let inputs = day.inputs();
    let last = day.files.last().unwrap();
    let (bytes, written) = (fs::read(last).unwrap(), fs::metadata(last).unwrap().modified().unwrap());
    fs::remove_file(last).unwrap();
    let error = day.run(inputs, "resumed", 3).unwrap_err();
    assert!(matches!(error, Error::Source { .. }), "{error}");
    assert_eq!(error.domain().exit_code(), 4);
    fs::write(last, bytes).unwrap();
    fs::File::options().write(true).open(last).unwrap().set_modified(written).unwrap();

    let rest = day.run(day.inputs(), "resumed", 2).unwrap();
    assert!(rest.closed.rows < whole.closed.rows && rest.skipped > 0, "{rest:?}");
    let ids = "SELECT record_id, triage FROM records ORDER BY record_id";
    assert_eq!(day.ask("resumed", ids), day.ask("whole", ids));
}

#[test]
fn decoding_alone_gives_the_same_rows() {
    let day = day();
    let screened = day.run(day.inputs(), "screened", 2).unwrap();
    let out = day.dir.path().join("decoded");
    fs::create_dir(&out).unwrap();
    let decoded = decode(day.inputs(), &out, small(3), Arc::new(Unobserved)).unwrap();
    assert_eq!(decoded.closed, screened.closed);
    assert!(out.join("travellers/part-00000.parquet").exists());
}
