//! Nothing lost: the index gives what weighing every pair gives, the same entities with the same
//! bits, over as many name pairs as one has time for.
//!
//! A pair is one name of the list and one subject, weighed by the nested loop. `TAMIS_PAIRS` says
//! how many; 10⁸ unless given. Ten thousand million, a bench that anyone can run:
//!
//! ```sh
//! TAMIS_PAIRS=1e10 cargo test --workspace --release --test nothing_lost -- --nocapture nothing_is_lost
//! ```
//!
//! Subjects are drawn with a seed: travellers, many of them listed persons under mutated names,
//! each with its own threshold from 4 to 30 bits, with or without birth date (or year or month
//! alone), nationality, sex and document. Generated lists always; where `TAMIS_SHARED` names a
//! folder with published lists and labelled queries, these as well.
#![allow(clippy::unwrap_used)]

mod hostile;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tamis::lists::read_all;
use tamis::queries::{Queries, Query};
use tamis::runtime::in_parallel;
use tamis_fixtures::{Config, World};
use tamis_operators::watchlist::{Generation, Matcher, PartialDate, Subject};

const PAIRS: f64 = 1e8;
const THREADS: usize = 2;
/// Subjects that a thread takes at once.
const SHARE: u64 = 16;

/// A world whose travellers are often on its list.
fn world(entities: u64, travellers: u64) -> World {
    World::new(Config { entities, travellers, plant_rate: 0.4, ..Config::default() })
}

/// Compiles the list of a world.
fn generation(world: &World) -> Arc<Generation> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watchlist.csv");
    world.write_watchlist(&mut File::create(&path).unwrap()).unwrap();
    compile(&path)
}

fn compile(path: &Path) -> Arc<Generation> {
    Arc::new(Generation::build(read_all(&[path]).unwrap().entities).unwrap())
}

/// The travellers of a world.
fn queries(world: &World) -> Vec<Query> {
    let mut csv = Vec::new();
    world.write_queries_csv(u64::MAX, &mut csv).unwrap();
    let mut queries = Queries::read(Box::new(std::io::Cursor::new(csv)), Path::new("the world")).unwrap();
    queries.next(usize::MAX).unwrap()
}

/// A list, and who is looked for on it.
struct Case {
    name: &'static str,
    generation: Arc<Generation>,
    queries: Vec<Query>,
}

fn cases() -> Vec<Case> {
    let world = world(20_000, 20_000);
    let mut cases = vec![Case { name: "generated", generation: generation(&world), queries: queries(&world) }];
    let Some(folder) = std::env::var_os("TAMIS_SHARED").map(|f| PathBuf::from(f).join("truth/dev")).filter(|f| f.is_dir()) else {
        eprintln!("published lists: skipped, TAMIS_SHARED names no folder with truth/dev");
        return cases;
    };
    let mut queries = Vec::new();
    for set in ["aka", "mut", "mrz", "xlist", "neg"] {
        let mut file = Queries::open(&folder.join(format!("queries_{set}.csv"))).unwrap();
        // As many of each: strangers are most of them.
        queries.extend(file.next(if set == "neg" { 5_000 } else { usize::MAX }).unwrap());
    }
    for name in ["list_ofac_full", "list_all"] {
        let generation = compile(&folder.join(name).with_extension("csv"));
        cases.push(Case { name, generation, queries: queries.clone() });
    }
    cases
}

/// A sequence that is the same everywhere (SplitMix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What a share of subjects came to.
#[derive(Default)]
struct Done {
    subjects: u64,
    pairs: u64,
    hits: u64,
    /// Query, list entry, and the bits of index and nested loop; without names.
    differences: Vec<String>,
}

/// Draws a subject and compares both ways of finding it.
fn compare(case: &Case, matcher: &mut Matcher, number: u64, done: &mut Done) {
    // Numbers that follow one another must not give sequences that do.
    let mut draw = Draw(Draw(number).next());
    let query = &case.queries[draw.below(case.queries.len())];
    let bits = 4.0 + 26.0 * (draw.next() >> 40) as f32 / (1 << 24) as f32;
    let (known, document) = (draw.next(), query.document());
    let with = |bit: u32| known & (1 << bit) != 0;
    let birth_date = query.birth_date.filter(|_| with(0) || with(1)).map(|d| match draw.below(8) {
        0 => PartialDate { month: 0, day: 0, ..d },
        1 => PartialDate { day: 0, ..d },
        _ => d,
    });
    let document = document.filter(|_| with(2));
    let mut subject = Subject {
        birth_date,
        nationality: query.nationality.as_deref().filter(|_| with(3)),
        sex: query.sex.filter(|_| with(4)),
        documents: document.as_slice(),
        ..query.subject(&[])
    };
    // As two fields of a record, now and then.
    if draw.one_in(3)
        && let Some((surname, given)) = query.name.split_once(", ")
    {
        subject = Subject { surname, given_names: Some(given), ..subject };
    }
    // Names of many tokens have bounds of their own: two persons in one field.
    let both = format!("{} {}", query.name, case.queries[draw.below(case.queries.len())].name);
    if draw.one_in(12) {
        subject = Subject { surname: &both, given_names: None, ..subject };
    }
    let (mut indexed, mut looped) = (Vec::new(), Vec::new());
    matcher.find(&subject, bits, &mut indexed);
    matcher.find_nested_loop(&subject, bits, &mut looped);
    done.subjects += 1;
    done.pairs += case.generation.name_count() as u64;
    done.hits += looped.len() as u64;
    if !same(&indexed, &looped) {
        let listed = |hits: &[(u32, f32)]| {
            hits.iter().map(|(e, b)| format!("{} {b}", case.generation.entity_id(*e))).collect::<Vec<_>>().join(", ")
        };
        let (indexed, looped) = (listed(&indexed), listed(&looped));
        done.differences.push(format!("subject {number} (query {}) at {bits} bits: [{indexed}], not [{looped}]", query.id));
    }
}

/// Whether two results are the same to the bit.
fn same(a: &[(u32, f32)], b: &[(u32, f32)]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.to_bits() == b.1.to_bits())
}

#[test]
fn nothing_is_lost() {
    let wanted: f64 = std::env::var("TAMIS_PAIRS").map_or(PAIRS, |n| n.parse().expect("TAMIS_PAIRS is a number, as 1e10"));
    let (cases, mut all) = (cases(), 0);
    for case in &cases {
        let subjects = (wanted / cases.len() as f64 / case.generation.name_count() as f64).ceil() as u64;
        let shares: Vec<u64> = (0..subjects).step_by(SHARE as usize).collect();
        let started = Instant::now();
        let parts = in_parallel(
            THREADS,
            shares,
            || Matcher::new(Arc::clone(&case.generation)),
            |matcher, from| {
                let mut done = Done::default();
                for number in from..subjects.min(from + SHARE) {
                    compare(case, matcher, number, &mut done);
                }
                done
            },
        )
        .unwrap();
        let mut done = Done::default();
        for part in parts {
            done.subjects += part.subjects;
            done.pairs += part.pairs;
            done.hits += part.hits;
            done.differences.extend(part.differences);
        }
        eprintln!(
            "{}: {} subjects × {} names = {} pairs in {:.1?}, {} hits, {} differences",
            case.name,
            done.subjects,
            case.generation.name_count(),
            done.pairs,
            started.elapsed(),
            done.hits,
            done.differences.len()
        );
        assert_eq!(done.subjects, subjects, "{}: every subject was looked for", case.name);
        assert!(done.hits > done.subjects / 20, "{}: without hits an equality says little", case.name);
        let some = &done.differences[..done.differences.len().min(5)];
        assert!(some.is_empty(), "{}: {} differences\n{}", case.name, done.differences.len(), some.join("\n"));
        all += done.pairs;
    }
    assert!(all as f64 >= wanted, "{all} pairs of {wanted}");
}
