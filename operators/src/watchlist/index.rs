//! Keys to the entities that could weigh enough: name tokens, birth dates, document numbers.
//!
//! The search is exact. Every link of an alignment belongs to one *key* of the reported name (a
//! token, or a run of tokens joined), and a key is used at most once; so the sum over keys of
//! the heaviest link is an upper bound of the name's weight. Keys whose bounds together cannot
//! reach what is needed are not opened (`MaxScore`, Turtle and Flood 1995): a name that only they
//! would find is too light. What is found is weighed by the same code as the nested loop.

use super::attributes::birth_date_without_key;
use super::entity::PartialDate;
use super::generation::Generation;
use super::layout::{Attributes, DocumentKey, Names};
use super::score::ReportedName;

/// Sums in another order may differ by rounding: bounds are loosened by this many bits.
pub(super) const ROUNDING: f32 = 0.01;

/// Rows of name ordinals, one a token.
#[derive(Debug)]
struct Postings {
    starts: Vec<u32>,
    names: Vec<u32>,
}

impl Postings {
    /// From (token, name) pairs in order of the names; counting sort keeps that order.
    fn build(tokens: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0u32; tokens + 1];
        for (token, _) in pairs.clone() {
            starts[token as usize + 1] += 1;
        }
        for i in 0..tokens {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut names = vec![0; starts[tokens] as usize];
        for (token, name) in pairs {
            let at = &mut next[token as usize];
            names[*at as usize] = name;
            *at += 1;
        }
        Self { starts, names }
    }

    fn row(&self, token: u32) -> &[u32] {
        &self.names[self.starts[token as usize] as usize..self.starts[token as usize + 1] as usize]
    }
}

/// The keys of a generation.
#[derive(Debug)]
pub(super) struct Index {
    tokens: Postings,
    runs: Postings,
    /// Birth date as [`date_key`] with its entity, sorted.
    birth_dates: Vec<(u32, u32)>,
    /// Folded document number with its entity, sorted.
    documents: Vec<(u64, u32)>,
}

/// Sortable key of a date; month and day 0 where unknown.
fn date_key(date: PartialDate) -> u32 {
    (u32::from(date.year.unsigned_abs()) << 9) | (u32::from(date.month) << 5) | u32::from(date.day)
}

/// The values that stand under one key of a sorted list.
fn under<K: Ord + Copy>(sorted: &[(K, u32)], key: K) -> impl Iterator<Item = u32> {
    let from = sorted.partition_point(|e| e.0 < key);
    sorted[from..].iter().take_while(move |e| e.0 == key).map(|e| e.1)
}

impl Index {
    pub(super) fn build(names: &Names, tokens: usize, runs: usize, attributes: &Attributes) -> Self {
        let count = names.entity.len() as u32;
        let token_pairs = (0..count).flat_map(|n| names.tokens(n).iter().map(move |t| (t.id, n)));
        let run_pairs = (0..count).flat_map(|n| names.runs(n).iter().map(move |r| (r.id, n)));
        let mut birth_dates: Vec<_> = attributes.birth_dates.iter().map(|(e, d)| (date_key(*d), e)).collect();
        birth_dates.sort_unstable();
        let mut documents: Vec<_> = attributes.documents.iter().map(|(e, d)| (d.folded, e)).collect();
        documents.sort_unstable();
        Self { tokens: Postings::build(tokens, token_pairs), runs: Postings::build(runs, run_pairs), birth_dates, documents }
    }

    /// Entities with a reported document, or a birth date that weighs most.
    pub(super) fn keyed(&self, birth_date: Option<PartialDate>, documents: &[Option<DocumentKey>], out: &mut Vec<u32>) {
        for key in documents.iter().flatten() {
            out.extend(under(&self.documents, key.folded));
        }
        if let Some(date) = birth_date.filter(|d| d.day > 0) {
            out.extend(under(&self.birth_dates, date_key(date)));
            out.extend(under(&self.birth_dates, date_key(PartialDate { day: 0, ..date })));
            if date.month != date.day {
                out.extend(under(&self.birth_dates, date_key(PartialDate { month: date.day, day: date.month, ..date })));
            }
        }
    }
}

/// One key of a reported name.
#[derive(Debug, Clone, Copy)]
enum Key {
    /// Reported token.
    Token(usize),
    /// Entry of [`ReportedName::runs`].
    Run(usize),
}

/// Finds the names that could weigh enough; holds the scratch space.
#[derive(Debug, Default)]
pub(super) struct Search {
    keys: Vec<(f32, Key)>,
    /// Bits found so far, one a name; all zero between searches.
    bits: Vec<f32>,
    touched: Vec<u32>,
}

impl Search {
    /// Calls `found` with every name that could reach `needed` bits, and with its upper bound.
    /// `needed` must lie above the weight of a name of which no token agrees.
    pub(super) fn names(
        &mut self,
        reported: &ReportedName,
        generation: &Generation,
        needed: f32,
        mut found: impl FnMut(u32, f32),
    ) {
        self.bits.resize(generation.name_count(), 0.0);
        self.keys.clear();
        self.keys.extend((0..reported.tokens.len()).map(|i| (token_bound(reported, generation, i), Key::Token(i))));
        self.keys.extend(reported.runs.iter().enumerate().map(|(i, run)| (run.bits, Key::Run(i))));
        self.keys.retain(|k| k.0 > 0.0);
        self.keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        // Keys are opened heaviest first until the rest together is too light.
        let mut opened = self.keys.len();
        let mut rest = 0.0;
        while opened > 0 && rest + self.keys[opened - 1].0 + ROUNDING < needed {
            opened -= 1;
            rest += self.keys[opened].0;
        }
        for i in 0..opened {
            self.open(self.keys[i].1, reported, generation);
        }
        for &name in &self.touched {
            let bound = std::mem::take(&mut self.bits[name as usize]) + rest;
            if bound + ROUNDING >= needed {
                found(name, bound);
            }
        }
        self.touched.clear();
    }

    fn open(&mut self, key: Key, reported: &ReportedName, generation: &Generation) {
        let index = &generation.index;
        match key {
            Key::Run(i) => {
                let run = &reported.runs[i];
                for &id in &reported.run_ids[run.ids.start as usize..run.ids.end as usize] {
                    self.add(index.tokens.row(id), run.bits);
                }
            }
            Key::Token(i) => {
                let expansion = &reported.expansions[i];
                for &(id, level) in &expansion.tokens {
                    self.add(index.tokens.row(id), expansion.weight(level));
                }
                let split = &reported.splits[i];
                for &id in &reported.split_ids[split.ids.start as usize..split.ids.end as usize] {
                    self.add(index.runs.row(id), split.bits);
                }
                if let [letter] = reported.tokens.bytes(i) {
                    for id in generation.dictionary.prefixed(&[*letter]) {
                        self.add(index.tokens.row(id), generation.weights.name.initial_bits);
                    }
                }
                if let Some((range, bits)) = &reported.truncated
                    && i + 1 == reported.tokens.len()
                {
                    for id in range.clone() {
                        self.add(index.tokens.row(id), *bits);
                    }
                }
            }
        }
    }

    fn add(&mut self, names: &[u32], bits: f32) {
        for &name in names {
            let held = &mut self.bits[name as usize];
            if *held == 0.0 {
                self.touched.push(name);
            }
            *held += bits;
        }
    }
}

/// The most that one reported token can weigh.
fn token_bound(reported: &ReportedName, generation: &Generation, i: usize) -> f32 {
    let mut bound = reported.expansions[i].max_bits.max(reported.splits[i].bits);
    if reported.tokens.bytes(i).len() == 1 {
        bound = bound.max(generation.weights.name.initial_bits);
    }
    if let Some((_, bits)) = &reported.truncated
        && i + 1 == reported.tokens.len()
    {
        bound = bound.max(*bits);
    }
    bound
}

/// The most that the birth date of an entity can weigh which [`Index::keyed`] does not find.
pub(super) fn birth_date_bound(reported: Option<PartialDate>, generation: &Generation) -> f32 {
    reported.map_or(0.0, |date| birth_date_without_key(date, &generation.weights.birth_date))
}
