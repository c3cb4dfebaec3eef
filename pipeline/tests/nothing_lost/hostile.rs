//! Names that are made to cost: the work is counted, not timed, so that no slow day hides a slow
//! name and no fast machine excuses one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use tamis_operators::watchlist::{Counters, Generation, Matcher, Subject};

use super::{generation, same, world};

const ENTITIES: u64 = 60_000;
/// The default of the command line.
const MIN_BITS: f32 = 24.0;

/// Tokens of the list by how many names hold them, most first.
fn common_tokens(generation: &Generation) -> Vec<String> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for name in (0..generation.len() as u32).flat_map(|e| generation.names(e)) {
        for token in name.split(|c: char| !c.is_ascii_alphabetic()).filter(|t| t.len() > 1) {
            *counts.entry(token.to_uppercase()).or_default() += 1;
        }
    }
    let mut tokens: Vec<_> = counts.into_iter().collect();
    tokens.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    tokens.into_iter().map(|t| t.0).collect()
}

/// Of some tokens those that agree with most names by themselves.
fn widest(matcher: &mut Matcher, tokens: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut wide: Vec<_> = tokens
        .iter()
        .map(|token| {
            matcher.take_counters();
            matcher.find(&Subject { surname: token, ..Subject::default() }, 1.0, &mut found);
            found.clear();
            (matcher.take_counters().candidates, token.clone())
        })
        .collect();
    wide.sort_unstable_by(|a, b| b.cmp(a));
    wide.into_iter().map(|t| t.1).collect()
}

fn hostile(matcher: &mut Matcher) -> Vec<(&'static str, String)> {
    let common = common_tokens(&Arc::clone(matcher.generation()));
    let wide = widest(matcher, &common[..500]);
    let twelve = |tokens: &[String]| tokens[..12].join(" ");
    let every = |tokens: &[String], step: usize| tokens.iter().step_by(step).take(12).cloned().collect::<Vec<_>>().join(" ");
    vec![
        ("10,000 characters", "QADHIM TARKUSHI ".repeat(625)),
        ("500 tokens", common[..500].join(" ")),
        ("500 times one token", "MUHAMMAD ".repeat(500)),
        ("combining marks only", "\u{301}\u{327}".repeat(5_000)),
        ("a letter under combining marks", format!("A{}", "\u{301}".repeat(10_000))),
        ("zero-width characters", "\u{200b}\u{200d}\u{feff}".repeat(3_000)),
        ("zero-width characters between letters", "M\u{200b}U\u{200d}H\u{feff}A\u{200b}MMAD ".repeat(12)),
        ("right-to-left marks", "\u{202e}MUHAMMAD\u{202c} \u{200f}ALI\u{200f} ".repeat(12)),
        ("mixed scripts", "MUHAMMAD \u{645}\u{62d}\u{645}\u{62f} \u{41c}\u{443}\u{445}\u{430}\u{43c}\u{43c}\u{430}\u{434} \u{5d3}\u{5d5}\u{5d3} \u{738b}\u{4f1f} ".repeat(3)),
        ("NUL", "\0MUHAMMAD\0\0ALI\0".repeat(500)),
        ("homoglyphs", "\u{41c}UH\u{410}MM\u{410}D \u{391}LI ".repeat(6)),
        ("one token of 10,000 letters", "A".repeat(10_000)),
        ("one token of many common ones", common[..500].concat()),
        ("single letters", "A B C D E F G H I J K L".to_owned()),
        ("one single letter", "M ".repeat(12)),
        ("12 times one name", "MUHAMMAD ".repeat(12)),
        ("12 spellings of one name", "MUHAMMAD MOHAMED MOHAMMED MEHMET MOHAMAD MUHAMMED MAHOMED MAMADOU MOHAMMAD MUHAMAD MOHAMMET MHMD".to_owned()),
        ("common tokens", twelve(&common)),
        ("common tokens, every tenth", every(&common, 10)),
        ("common tokens, every fortieth", every(&common, 40)),
        ("tokens that agree with most names", twelve(&wide)),
        ("tokens that agree with many names", every(&wide, 10)),
        ("two tokens that agree with most names", wide[..2].join(" ")),
        ("three common tokens", common[..3].join(" ")),
        ("a common token six times beside another", format!("{0} {1} ", common[0], common[1]).repeat(6)),
        ("ideographs", "\u{4e00}".repeat(10_000)),
        ("emoji", "\u{1f600}".repeat(10_000)),
        ("ligatures that unfold", "\u{fdfa}".repeat(1_000)),
        ("fillers", "<".repeat(10_000)),
        ("commas", ",".repeat(10_000)),
        ("nothing", String::new()),
    ]
}

#[test]
fn hostile_names_cost_a_bounded_amount_of_work() {
    let mut matcher = Matcher::new(generation(&world(ENTITIES, 1)));
    for (what, name) in hostile(&mut matcher) {
        for birth_date in [None, Some("1971-02-03".parse().unwrap())] {
            let subject = Subject { surname: &name, birth_date, nationality: birth_date.map(|_| "IRN"), ..Subject::default() };
            let (mut indexed, mut looped) = (Vec::new(), Vec::new());
            matcher.take_counters();
            let started = Instant::now();
            matcher.find(&subject, MIN_BITS, &mut indexed);
            let (took, done) = (started.elapsed(), matcher.take_counters());
            eprintln!(
                "{what}{}: {} entries read, {} candidates, {} compared, {took:.0?}",
                if birth_date.is_some() { ", with birth date" } else { "" },
                done.entries,
                done.candidates,
                done.compared
            );
            bounded(what, done);
            assert!(indexed.iter().all(|hit| hit.1.is_finite()), "{what}");
            matcher.find_nested_loop(&subject, MIN_BITS, &mut looped);
            assert!(same(&indexed, &looped), "{what}: index and nested loop find the same");
        }
    }
}

/// What one name may cost on a list of 113,000 names, at the default of 24 bits. Weighing a name is
/// dear, a look at a candidate cheap, and an entry of the index next to nothing. Single letters read
/// the most entries: they begin half of all names. At a threshold so low that thousands of names
/// reach it no bound holds, for each of them is a hit.
fn bounded(what: &str, done: Counters) {
    assert_eq!(done.subjects, 1, "{what}");
    // What comes after the twelfth token is not looked at.
    assert!(done.tokens <= 12 && done.expansions_made <= done.tokens, "{what}: {done:?}");
    assert!(done.entries <= 125_000, "{what}: {done:?}");
    assert!(done.candidates <= 6_000, "{what}: {done:?}");
    assert!(done.compared <= 2_500, "{what}: {done:?}");
}
