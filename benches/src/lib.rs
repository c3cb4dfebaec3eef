//! What the benches have in common: generated input in every form in which a stage wants it.
//!
//! A bench counts what it did and panics where the count is wrong, so a figure never stands for
//! work that was not done. Started without `--bench` (as `cargo test --benches` does), a bench
//! runs once over a small world: the counts are checked, nothing is measured.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::StructArray;
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Fields};
use arrow::record_batch::RecordBatch;
use criterion::Criterion;
use tamis::decode::{Decoder, Origin, last_boundary};
use tamis::runtime::Runtimes;
use tamis::screen::{Lane, Screening};
use tamis_fixtures::{MessageCount, World};
use tamis_operators::join::SUBJECT_FIELDS;
use tamis_operators::schema::{RecordKind, traveller_schema};
use tamis_operators::watchlist::Entity;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Least weight of a hit, in bits: the default of the command line.
pub const MIN_BITS: f32 = 24.0;
/// Rows of a batch: what the pipeline cuts at most.
pub const BATCH_ROWS: usize = 8_192;
/// Bytes that a source hands on at once.
const PIECE: usize = 1 << 20;

/// Whether figures are wanted; otherwise small worlds are enough.
pub fn measured() -> bool {
    std::env::args().any(|a| a == "--bench")
}

/// `full` where figures are wanted, else `small`.
pub fn sized<T>(full: T, small: T) -> T {
    if measured() { full } else { small }
}

/// Few samples: an iteration takes tenths of a second, and the machine may be shared.
pub fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(6))
        .configure_from_args()
}

/// All messages of a world.
#[derive(Debug)]
pub struct Messages {
    /// Interchanges one behind the other.
    pub bytes: Vec<u8>,
    /// The truth as CSV with its header.
    pub truth: Vec<u8>,
    /// What was written.
    pub count: MessageCount,
}

/// Writes the messages of a world into memory.
pub fn messages(world: &World) -> Messages {
    let (mut bytes, mut truth) = (Vec::new(), Vec::new());
    let count = world.write_paxlst(&mut bytes, &mut truth).expect("memory takes everything");
    Messages { bytes, truth, count }
}

/// The pieces in which a source hands on messages: each ends where an interchange ends.
pub fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    while rest.len() > PIECE {
        let end = last_boundary(&rest[..PIECE]).filter(|at| *at > 0).unwrap_or(rest.len());
        pieces.push(&rest[..end]);
        rest = &rest[end..];
    }
    pieces.push(rest);
    pieces
}

/// Decodes messages into batches of [`BATCH_ROWS`] and the number of dead letters.
pub fn decode(bytes: &[u8]) -> (Vec<RecordBatch>, u64) {
    let (mut decoder, mut parts, mut dead, mut position) = (Decoder::new(), Vec::new(), 0, 0);
    for piece in pieces(bytes) {
        decoder.decode(&Origin { source: "bench", partition: "memory", position, received_at: 0 }, piece);
        position += piece.len() as i64;
        let decoded = decoder.finish().expect("decoded columns fit their schema");
        dead += decoded.counts.dead_letters;
        parts.push(decoded.travellers);
    }
    let all = concat_batches(&traveller_schema(), &parts).expect("batches of one schema");
    let cuts = (0..all.num_rows()).step_by(BATCH_ROWS);
    (cuts.map(|at| all.slice(at, BATCH_ROWS.min(all.num_rows() - at))).collect(), dead)
}

/// Writes the watchlist of a world to a file and reads it as the command line does. Entity `n` of
/// the world has ordinal `n`.
pub fn entities(world: &World) -> Vec<Entity> {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = write_watchlist(world, folder.path()).expect("the watchlist is written");
    tamis::lists::read_all(&[path]).expect("a generated watchlist is readable").entities
}

/// Writes the watchlist of a world below a folder.
pub fn write_watchlist(world: &World, folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join("watchlist.csv");
    let mut file = io::BufWriter::new(std::fs::File::create(&path)?);
    world.write_watchlist(&mut file)?;
    io::Write::flush(&mut file)?;
    Ok(path)
}

/// The columns of a batch that say whom it is about, as the watchlist join is given them.
pub fn subjects(batch: &RecordBatch) -> StructArray {
    let known = |field: &Arc<Field>| SUBJECT_FIELDS.contains(&field.name().as_str());
    let (fields, columns): (Vec<_>, Vec<_>) = batch
        .schema_ref()
        .fields()
        .iter()
        .zip(batch.columns())
        .filter(|(f, _)| known(f))
        .map(|(f, c)| (Arc::clone(f), Arc::clone(c)))
        .unzip();
    StructArray::new(Fields::from(fields), columns, None)
}

/// Screens batches in one lane: what the sink is given.
pub fn screened(screening: Arc<Screening>, batches: &[RecordBatch]) -> Vec<RecordBatch> {
    let runtimes = Runtimes::new(1).expect("threads can be started");
    let Lane { input, mut output } = Lane::open(screening, RecordKind::Traveller, runtimes.compute());
    let batches = batches.to_vec();
    let feed = std::thread::spawn(move || batches.into_iter().all(|b| input.blocking_send(b).is_ok()));
    let mut out = Vec::new();
    while let Some(batch) = output.blocking_recv() {
        out.push(batch.expect("a generated batch can be screened"));
    }
    assert!(feed.join().is_ok_and(|all| all), "the lane took all batches");
    out
}

/// Middle of some durations.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Says a figure that Criterion has no place for, on stderr like all talk.
pub fn say(line: &str) {
    let mut text = String::with_capacity(line.len() + 4);
    let _infallible = writeln!(text, "-- {line}");
    let _closed = io::Write::write_all(&mut io::stderr(), text.as_bytes());
}
