//! The watchlist join: `Matcher::find` over generated lists, 24 bits, one thread.
//!
//! Axes, and why they matter:
//! * entities, 5,000 / 60,000 / 2,000,000: a national list, all public sanctions lists together,
//!   a lookout system of a border agency. The index must grow less than the list does. The large
//!   one takes minutes to make: `TAMIS_BENCH_LARGE=1` asks for it.
//! * warm or cold: the generation remembers which listed tokens a reported token agrees with.
//!   `cold` begins with a fresh generation and pays for that, `warm` is the steady state.
//! * index or nested loop, at 60,000 entities over the same subjects: what the index is worth.
//!
//! Counted: subjects and hits of every pass; that index and nested loop give the same hits with
//! the same bits; that every planted person who weighs enough is found.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray, StructArray};
use criterion::{BatchSize, Criterion, SamplingMode, Throughput};
use tamis_benches::{MIN_BITS, criterion, decode, entities, measured, median, messages, say, sized, subjects};
use tamis_fixtures::{Config, World};
use tamis_operators::join::SubjectColumns;
use tamis_operators::watchlist::{Entity, Generation, Matcher};

/// Entities at which index and nested loop are compared.
const COMPARED: u64 = 60_000;

fn main() {
    let mut c = criterion();
    let mut lists = sized(vec![5_000, COMPARED], vec![500]);
    if measured() && std::env::var_os("TAMIS_BENCH_LARGE").is_some() {
        lists.push(2_000_000);
    }
    for size in lists {
        list(&mut c, size);
    }
    c.final_summary();
}

fn list(c: &mut Criterion, size: u64) {
    let world = |travellers, plant_rate| {
        World::new(Config { travellers, entities: size, plant_rate, us_edifact_rate: 0.0, ..Config::default() })
    };
    let day = world(sized(8_192, 400), Config::default().plant_rate);
    let travellers = subjects(&decode(&messages(&day).bytes).0[0]);
    let rows = travellers.len();
    let started = Instant::now();
    let listed = entities(&day);
    let read = started.elapsed();
    assert_eq!(listed.len() as u64, size, "entities on the list");
    // At two million a copy, and a build a pass, is too much.
    let spare = (size <= COMPARED).then(|| listed.clone());
    let started = Instant::now();
    let mut matcher = matcher(listed);
    let generation = matcher.generation();
    say(&format!(
        "{size} entities, {} names, {} tokens: read in {read:.2?}, compiled in {:.2?}",
        generation.name_count(),
        generation.token_count(),
        started.elapsed()
    ));

    let started = Instant::now();
    let hits = find_all(&mut matcher, &travellers);
    let cold = started.elapsed();
    let done = matcher.take_counters();
    assert_eq!(done.subjects, rows as u64, "subjects looked up");
    let each = |n: u64| n as f64 / rows as f64;
    say(&format!(
        "{size} entities: first pass over {rows} subjects {cold:.2?}, {hits} hits; a subject {:.1} candidates, {:.1} pruned, {:.2} compared",
        each(done.candidates),
        each(done.pruned),
        each(done.compared)
    ));
    let mixed = messages(&world(sized(4_096, 400), 0.5));
    planted(&mut matcher, &mixed);

    let mut group = c.benchmark_group(format!("join/{size}"));
    group.throughput(Throughput::Elements(rows as u64)).sampling_mode(SamplingMode::Flat);
    group.bench_function("warm", |b| b.iter(|| assert_eq!(black_box(find_all(&mut matcher, &travellers)), hits)));
    if let Some(listed) = spare {
        group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(1));
        group.bench_function("cold", |b| {
            let fresh = || self::matcher(listed.clone());
            b.iter_batched_ref(fresh, |m| assert_eq!(find_all(m, &travellers), hits), BatchSize::PerIteration);
        });
    }
    group.finish();
    if size == COMPARED || !measured() {
        let sample = travellers.slice(0, sized(24, 200));
        // Half of these are listed persons: without hits an equality would say little.
        let listed = subjects(&decode(&mixed.bytes).0[0]).slice(0, sized(48, 200));
        assert!(compare(&mut matcher, &listed) > 0, "listed persons are found on both sides");
        let hits = compare(&mut matcher, &sample);
        let mut group = c.benchmark_group(format!("join/{size}/sample"));
        group.throughput(Throughput::Elements(sample.len() as u64)).sampling_mode(SamplingMode::Flat);
        group.bench_function("index", |b| b.iter(|| assert_eq!(find_all(&mut matcher, &sample), hits)));
        group.bench_function("nested_loop", |b| b.iter(|| assert_eq!(nested_loop(&mut matcher, &sample), hits)));
        group.finish();
    }
}

fn matcher(listed: Vec<Entity>) -> Matcher {
    Matcher::new(Arc::new(Generation::build(listed).expect("a generated list compiles")))
}

/// Looks up every subject; returns the number of hits.
fn find_all(matcher: &mut Matcher, travellers: &StructArray) -> usize {
    let (mut hits, mut found) = (0, Vec::new());
    each_subject(travellers, |subject| {
        found.clear();
        matcher.find(&subject, MIN_BITS, &mut found);
        hits += found.len();
    });
    hits
}

fn nested_loop(matcher: &mut Matcher, travellers: &StructArray) -> usize {
    let (mut hits, mut found) = (0, Vec::new());
    each_subject(travellers, |subject| {
        found.clear();
        matcher.find_nested_loop(&subject, MIN_BITS, &mut found);
        hits += found.len();
    });
    hits
}

fn each_subject(travellers: &StructArray, mut each: impl FnMut(tamis_operators::watchlist::Subject<'_>)) {
    let columns = SubjectColumns::try_new(travellers).expect("travellers are subjects");
    let mut documents = Vec::new();
    for row in 0..travellers.len() {
        each(columns.row(row, &mut documents).expect("no traveller is null"));
    }
}

/// Checks that index and nested loop agree, and says how far apart they are. Returns the hits.
fn compare(matcher: &mut Matcher, sample: &StructArray) -> usize {
    let (mut hits, mut fast, mut slow) = (0, Vec::new(), Vec::new());
    let (mut indexed, mut looped) = (Vec::new(), Vec::new());
    each_subject(sample, |subject| {
        indexed.clear();
        looped.clear();
        let started = Instant::now();
        matcher.find(&subject, MIN_BITS, &mut indexed);
        fast.push(started.elapsed());
        let started = Instant::now();
        matcher.find_nested_loop(&subject, MIN_BITS, &mut looped);
        slow.push(started.elapsed());
        let bits = |found: &[(u32, f32)]| found.iter().map(|(e, b)| (*e, b.to_bits())).collect::<Vec<_>>();
        assert_eq!(bits(&indexed), bits(&looped), "index and nested loop find the same");
        hits += indexed.len();
    });
    let (fast, slow) = (fast.iter().sum::<Duration>(), slow.iter().sum::<Duration>());
    say(&format!(
        "{} entities, {} subjects, {hits} hits on both sides: index {fast:.2?}, nested loop {slow:.2?}; index beats nested loop by {:.0}×",
        matcher.generation().len(),
        sample.len(),
        slow.as_secs_f64() / fast.as_secs_f64()
    ));
    hits
}

/// Checks that every planted person whose pair weighs enough is found.
fn planted(matcher: &mut Matcher, messages: &tamis_benches::Messages) {
    let truth = std::str::from_utf8(&messages.truth).expect("the truth is text");
    let mut listed: HashMap<&str, u32> = HashMap::new();
    for line in truth.lines().skip(1) {
        let mut cells = line.split(',');
        if let (Some(reference), Some(id)) = (cells.next(), cells.nth(2)) {
            // Without an entity: broken on purpose.
            if let Some(ordinal) = id.strip_prefix("S-").and_then(|n| n.parse().ok()) {
                listed.insert(reference, ordinal);
            }
        }
    }
    let (mut reported, mut heavy, mut found, mut out) = (0, 0, 0, Vec::new());
    let mut times = Vec::new();
    for batch in decode(&messages.bytes).0 {
        let references = batch.column_by_name("carrier_ref").expect("a traveller has the column").as_string_view().clone();
        let mut row = 0;
        each_subject(&subjects(&batch), |subject| {
            let entity = references.is_valid(row).then(|| listed.get(references.value(row))).flatten();
            row += 1;
            let Some(&entity) = entity else { return };
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
    assert!(reported > 0, "listed persons are among the travellers");
    assert_eq!(found, heavy, "planted persons above the threshold are found");
    say(&format!(
        "{} entities: {reported} reports of listed persons under mutated names, {heavy} weigh {MIN_BITS} bits ({:.2} %), all of them found; median {:.2?}",
        matcher.generation().len(),
        100.0 * heavy as f64 / f64::from(reported),
        median(times)
    ));
    matcher.take_counters();
}
