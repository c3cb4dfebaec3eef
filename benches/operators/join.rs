//! The watchlist join: `Matcher::find`, one thread.
//!
//! Axes, and why they matter:
//! * generated lists of 5,000 / 60,000 / 2,000,000 entities at 24 bits: a national list, all public
//!   sanctions lists together, a lookout system of a border agency. The index must grow less than
//!   the list does. 85 % of birth dates are known. The large one takes minutes to make:
//!   `TAMIS_BENCH_LARGE=1` asks for it; it is compiled to a file and opened from there, and what
//!   that takes in time, disk and memory is said.
//! * a published list: where `TAMIS_SHARED` names a folder with `truth/dev`, its `list_all.csv`
//!   and the travellers of `queries_neg.csv`, who are on no list; at 24 bits, and at the thresholds
//!   that let one traveller in a thousand through, with birth dates and by name alone.
//! * warm or cold: the generation remembers which listed tokens a reported token agrees with.
//!   `cold` begins with a generation just opened and pays for that, `warm` is the steady state.
//! * index or nested loop, at 60,000 entities over the same subjects: what the index is worth.
//!
//! Counted: subjects and hits of every pass; that index and nested loop give the same hits with
//! the same bits; that every planted person who weighs enough is found; that a generation from a
//! file gives the hits of the one that was written.

use std::collections::HashMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray, StructArray};
use criterion::{BatchSize, Criterion, SamplingMode, Throughput};
use tamis::lists::{open_compiled, read_all, write_compiled};
use tamis::queries::{Queries, Query};
use tamis_benches::{MIN_BITS, criterion, decode, entities, measured, median, messages, say, sized, subjects};
use tamis_fixtures::{Config, World};
use tamis_operators::join::SubjectColumns;
use tamis_operators::watchlist::{Entity, Generation, Matcher, Subject};

/// Entities at which index and nested loop are compared.
const COMPARED: u64 = 60_000;
/// Entities of the large list.
const LARGE: u64 = 2_000_000;
/// What of a published list is measured: the queries, and least weights of a hit. 11 bits with
/// birth dates and 15 bits without let one traveller in a thousand through.
const PUBLISHED: [(&str, &[f32]); 2] = [("queries_neg", &[MIN_BITS, 11.0]), ("queries_neg_name_only", &[15.0])];
/// A process of its own opens the compiled file that this names, and says what that took.
const OPEN_ONLY: &str = "TAMIS_BENCH_OPEN";

fn main() {
    if let Some(path) = std::env::var_os(OPEN_ONLY) {
        open_only(Path::new(&path));
        return;
    }
    let mut c = criterion();
    let mut lists = sized(vec![5_000, COMPARED], vec![500]);
    if measured() && std::env::var_os("TAMIS_BENCH_LARGE").is_some() {
        lists.push(LARGE);
    }
    for size in lists {
        generated(&mut c, size);
    }
    match std::env::var_os("TAMIS_SHARED").map(|f| PathBuf::from(f).join("truth/dev")).filter(|f| f.is_dir()) {
        Some(folder) => published(&mut c, &folder),
        None => say("published list: skipped, TAMIS_SHARED names no folder with truth/dev"),
    }
    c.final_summary();
}

/// Who is looked for.
enum Subjects {
    /// As decoded.
    Batch(StructArray),
    /// As read from a file of queries.
    Queries(Vec<Query>),
}

impl Subjects {
    fn len(&self) -> usize {
        match self {
            Self::Batch(batch) => batch.len(),
            Self::Queries(queries) => queries.len(),
        }
    }

    fn first(&self, n: usize) -> Self {
        match self {
            Self::Batch(batch) => Self::Batch(batch.slice(0, n.min(batch.len()))),
            Self::Queries(queries) => Self::Queries(queries[..n.min(queries.len())].to_vec()),
        }
    }

    fn each(&self, mut each: impl FnMut(Subject<'_>)) {
        match self {
            Self::Batch(batch) => {
                let columns = SubjectColumns::try_new(batch).expect("travellers are subjects");
                let mut documents = Vec::new();
                for row in 0..batch.len() {
                    each(columns.row(row, &mut documents).expect("no traveller is null"));
                }
            }
            Self::Queries(queries) => {
                for query in queries {
                    let document = query.document();
                    each(query.subject(document.as_slice()));
                }
            }
        }
    }
}

/// A compiled list in a file that is there as long as this is.
struct Compiled {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Compiled {
    /// Compiles, writes and opens a list; says what that took.
    fn of(name: &str, listed: Vec<Entity>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let path = folder.path().join("list.tamis");
        let started = Instant::now();
        let generation = Generation::build(listed).expect("a list compiles");
        let built = started.elapsed();
        let started = Instant::now();
        write_compiled(&generation, &path).expect("a generation is written");
        let written = started.elapsed();
        let (names, tokens) = (generation.name_count(), generation.token_count());
        let (id, entities) = (generation.id().to_owned(), generation.len());
        drop(generation);
        let size = fs::metadata(&path).expect("the file is there").len();
        let started = Instant::now();
        let opened = open_compiled(&path).expect("what was written is opened");
        let open = started.elapsed();
        assert_eq!((opened.id(), opened.len()), (id.as_str(), entities), "what is opened is what was written");
        say(&format!(
            "{name}: {entities} entities, {names} names, {tokens} tokens; compiled in {built:.2?}, written in {written:.2?}, \
             {:.1} MB, opened in {open:.2?}",
            size as f64 / 1e6,
        ));
        Self { path, _folder: folder }
    }

    /// A matcher over the list with nothing remembered.
    fn matcher(&self) -> Matcher {
        Matcher::new(Arc::new(open_compiled(&self.path).expect("what was opened once is opened again")))
    }

    /// Opens the list in a process of its own, which has no memory of compiling it.
    fn open_alone(&self) {
        let this = std::env::current_exe().expect("a bench is a file");
        let status = Command::new(this).env(OPEN_ONLY, &self.path).status().expect("a bench can be started");
        assert!(status.success(), "the list is opened in a process of its own");
    }
}

fn open_only(path: &Path) {
    let started = Instant::now();
    let generation = open_compiled(path).expect("the list is opened");
    let open = started.elapsed();
    // Linux alone has this file.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status.lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("RssAnon") || l.starts_with("RssFile"));
    let memory: Vec<_> = memory.map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    say(&format!("{} entities opened alone in {open:.2?}; {}", generation.len(), memory.join(", ")));
}

fn generated(c: &mut Criterion, size: u64) {
    let world = |travellers, plant_rate| {
        let rates = Config { us_edifact_rate: 0.0, birth_date_rate: 0.85, ..Config::default() };
        World::new(Config { travellers, entities: size, plant_rate, ..rates })
    };
    let day = world(sized(8_192, 400), Config::default().plant_rate);
    let travellers = Subjects::Batch(subjects(&decode(&messages(&day).bytes).0[0]));
    let started = Instant::now();
    let listed = entities(&day);
    say(&format!("generated {size}: read in {:.2?}", started.elapsed()));
    assert_eq!(listed.len() as u64, size, "entities on the list");
    let list = Compiled::of(&format!("generated {size}"), listed);
    if size == LARGE || !measured() {
        list.open_alone();
    }
    let mut matcher = passes(c, &format!("join/{size}"), &list, &travellers, MIN_BITS);
    let mixed = messages(&world(sized(4_096, 400), 0.5));
    planted(&mut matcher, &mixed);
    if size == COMPARED || !measured() {
        let sample = travellers.first(sized(24, 200));
        // Half of these are listed persons: without hits an equality would say little.
        let listed = Subjects::Batch(subjects(&decode(&mixed.bytes).0[0])).first(sized(48, 200));
        assert!(compare(&mut matcher, &listed, MIN_BITS) > 0, "listed persons are found on both sides");
        let hits = compare(&mut matcher, &sample, MIN_BITS);
        let mut group = c.benchmark_group(format!("join/{size}/sample"));
        group.throughput(Throughput::Elements(sample.len() as u64)).sampling_mode(SamplingMode::Flat);
        group.bench_function("index", |b| b.iter(|| assert_eq!(find_all(&mut matcher, &sample, MIN_BITS), hits)));
        group.bench_function("nested_loop", |b| b.iter(|| assert_eq!(nested_loop(&mut matcher, &sample, MIN_BITS), hits)));
        group.finish();
    }
}

fn published(c: &mut Criterion, folder: &Path) {
    let listed = read_all(&[folder.join("list_all.csv")]).expect("the list is readable").entities;
    let list = Compiled::of("list_all", listed);
    for (set, thresholds) in PUBLISHED {
        let mut file = Queries::open(&folder.join(set).with_extension("csv")).expect("the queries are readable");
        let mut travellers = file.next(sized(usize::MAX, 300)).expect("the queries are readable");
        // All have one in the file; of travellers 85 % do.
        for (i, query) in travellers.iter_mut().enumerate() {
            query.birth_date = query.birth_date.filter(|_| i % 20 >= 3);
        }
        let travellers = Subjects::Queries(travellers);
        for min_bits in thresholds {
            let mut matcher = passes(c, &format!("join/list_all/{set}/{min_bits}"), &list, &travellers, *min_bits);
            compare(&mut matcher, &travellers.first(sized(100, 20)), *min_bits);
        }
    }
}

/// Measures warm and cold passes over all subjects.
fn passes(c: &mut Criterion, name: &str, list: &Compiled, travellers: &Subjects, min_bits: f32) -> Matcher {
    let (rows, mut matcher, mut dated) = (travellers.len(), list.matcher(), 0);
    let started = Instant::now();
    let hits = find_all(&mut matcher, travellers, min_bits);
    let cold = started.elapsed();
    let done = matcher.take_counters();
    assert_eq!(done.subjects, rows as u64, "subjects looked up");
    travellers.each(|subject| dated += usize::from(subject.birth_date.is_some()));
    let each = |n: u64| n as f64 / rows as f64;
    say(&format!(
        "{name}: first pass over {rows} subjects ({:.0} % with birth date) at {min_bits} bits in {cold:.2?}, {:.0} names/s, {hits} hits; \
         a subject {:.1} entries read, {:.1} candidates, {:.1} pruned, {:.2} compared",
        100.0 * dated as f64 / rows as f64,
        rows as f64 / cold.as_secs_f64(),
        each(done.entries),
        each(done.candidates),
        each(done.pruned),
        each(done.compared)
    ));
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(rows as u64)).sampling_mode(SamplingMode::Flat);
    group.bench_function("warm", |b| b.iter(|| assert_eq!(black_box(find_all(&mut matcher, travellers, min_bits)), hits)));
    group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(1));
    group.bench_function("cold", |b| {
        let fresh = || list.matcher();
        b.iter_batched_ref(fresh, |m| assert_eq!(find_all(m, travellers, min_bits), hits), BatchSize::PerIteration);
    });
    group.finish();
    matcher
}

/// Looks up every subject; returns the number of hits.
fn find_all(matcher: &mut Matcher, travellers: &Subjects, min_bits: f32) -> usize {
    let (mut hits, mut found) = (0, Vec::new());
    travellers.each(|subject| {
        found.clear();
        matcher.find(&subject, min_bits, &mut found);
        hits += found.len();
    });
    hits
}

fn nested_loop(matcher: &mut Matcher, travellers: &Subjects, min_bits: f32) -> usize {
    let (mut hits, mut found) = (0, Vec::new());
    travellers.each(|subject| {
        found.clear();
        matcher.find_nested_loop(&subject, min_bits, &mut found);
        hits += found.len();
    });
    hits
}

/// Checks that index and nested loop agree, and says how far apart they are. Returns the hits.
fn compare(matcher: &mut Matcher, sample: &Subjects, min_bits: f32) -> usize {
    let (mut hits, mut fast, mut slow) = (0, Vec::new(), Vec::new());
    let (mut indexed, mut looped) = (Vec::new(), Vec::new());
    sample.each(|subject| {
        indexed.clear();
        looped.clear();
        let started = Instant::now();
        matcher.find(&subject, min_bits, &mut indexed);
        fast.push(started.elapsed());
        let started = Instant::now();
        matcher.find_nested_loop(&subject, min_bits, &mut looped);
        slow.push(started.elapsed());
        let bits = |found: &[(u32, f32)]| found.iter().map(|(e, b)| (*e, b.to_bits())).collect::<Vec<_>>();
        assert_eq!(bits(&indexed), bits(&looped), "index and nested loop find the same");
        hits += indexed.len();
    });
    let (fast, slow) = (fast.iter().sum::<Duration>(), slow.iter().sum::<Duration>());
    say(&format!(
        "{} entities, {} subjects at {min_bits} bits, {hits} hits on both sides: index {fast:.2?}, nested loop {slow:.2?}; index beats nested loop by {:.0}×",
        matcher.generation().len(),
        sample.len(),
        slow.as_secs_f64() / fast.as_secs_f64()
    ));
    hits
}

/// Checks that every planted person whose pair weighs enough is found.
fn planted(matcher: &mut Matcher, messages: &tamis_benches::Messages) {
    let truth = std::str::from_utf8(&messages.truth).expect("the truth is text");
    let mut planted: HashMap<&str, &str> = HashMap::new();
    for line in truth.lines().skip(1) {
        let mut cells = line.split(',');
        if let (Some(reference), Some(id)) = (cells.next(), cells.nth(2)) {
            // Without an entity: broken on purpose.
            if !id.is_empty() {
                planted.insert(reference, id);
            }
        }
    }
    let generation = Arc::clone(matcher.generation());
    let ordinals: HashMap<&str, u32> = (0..generation.len() as u32).map(|e| (generation.entity_id(e), e)).collect();
    let (mut reported, mut heavy, mut found, mut out) = (0, 0, 0, Vec::new());
    let mut times = Vec::new();
    for batch in decode(&messages.bytes).0 {
        let references = batch.column_by_name("carrier_ref").expect("a traveller has the column").as_string_view().clone();
        let mut row = 0;
        Subjects::Batch(subjects(&batch)).each(|subject| {
            let entity = references.is_valid(row).then(|| planted.get(references.value(row))).flatten();
            row += 1;
            let Some(id) = entity else { return };
            let entity = *ordinals.get(id).expect("planted persons are listed");
            reported += 1;
            if matcher.weigh(&subject, entity) >= MIN_BITS {
                heavy += 1;
                out.clear();
                let started = Instant::now();
                matcher.find(&subject, MIN_BITS, &mut out);
                times.push(started.elapsed());
                found += usize::from(out.iter().any(|hit| hit.0 == entity));
            }
        });
    }
    assert!(heavy > 0, "listed persons are among the travellers");
    assert_eq!(found, heavy, "planted persons above the threshold are found");
    say(&format!(
        "{} entities: {reported} reports of listed persons under mutated names, {heavy} weigh {MIN_BITS} bits ({:.2} %), all of them found; median {:.2?}",
        matcher.generation().len(),
        100.0 * heavy as f64 / f64::from(reported),
        median(times)
    ));
    matcher.take_counters();
}
