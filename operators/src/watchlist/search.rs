//! The bounded search for names that could weigh enough. It is exact.
//!
//! Every link of an alignment belongs to one *key* of the reported name (a token, or a run of
//! tokens joined), and a key is used at most once; so the sum over keys of the heaviest link is an
//! upper bound of the name's weight. Keys whose bounds together cannot reach what is needed are
//! not opened (`MaxScore`, Turtle and Flood 1995): a name that only they would find is too light.
//! Nor is a token of an opened key that is too light even if every other key agreed at its best.
//! What is found is weighed by the same code as the nested loop.

use std::ops::Range;

use super::generation::Generation;
use super::index::{ROUNDING, Stretch};
use super::score::ReportedName;

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
    /// Keys with their bounds, heaviest first.
    keys: Vec<(f32, Key)>,
    /// Bits found so far, one a name; all zero between searches.
    bits: Vec<f32>,
    touched: Vec<u32>,
    /// Marked tokens, by the low bits of their ids.
    marks: Vec<u64>,
    marked_rows: Vec<u32>,
}

/// Bits of [`Search::marks`]: one first-level cache holds several.
const MARKS: usize = 1 << 15;

/// Where the index has the names of a link.
#[derive(Debug, Clone, Copy)]
enum Row {
    /// Names that hold a token.
    Token(u32),
    /// Names of which joined tokens have a key.
    Joined(u32),
}

impl Search {
    /// Makes ready for a name.
    pub(super) fn begin(&mut self, reported: &ReportedName, generation: &Generation) {
        self.bits.resize(generation.name_count(), 0.0);
        self.keys.clear();
        self.keys.extend((0..reported.tokens.len()).map(|i| (token_bound(reported, generation, i), Key::Token(i))));
        self.keys.extend(reported.runs.iter().enumerate().map(|(i, run)| (run.bits, Key::Run(i))));
        self.keys.retain(|k| k.0 > 0.0);
        self.keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    }

    /// Calls `found` with every name of a stretch that could reach what is needed there, and with
    /// its upper bound. What is needed must lie above the weight of a name of which nothing agrees.
    pub(super) fn names(
        &mut self,
        reported: &ReportedName,
        generation: &Generation,
        stretch: &Stretch,
        mut found: impl FnMut(u32, f32),
    ) {
        let needed = stretch.needed - ROUNDING;
        let index = &generation.index;
        let rest = each_row(&self.keys, reported, generation, needed, |row, bits| {
            let row = match row {
                Row::Token(id) => index.tokens.row(id),
                Row::Joined(row) => index.joined.row(row),
            };
            for &name in within(row, &stretch.names) {
                let held = &mut self.bits[name as usize];
                if *held == 0.0 {
                    self.touched.push(name);
                }
                *held += bits;
            }
        });
        for &name in &self.touched {
            let bound = std::mem::take(&mut self.bits[name as usize]) + rest;
            if bound >= needed {
                found(name, bound);
            }
        }
        self.touched.clear();
    }

    /// Marks every token that a name must have one of to reach `needed`: for [`Self::may_reach`].
    pub(super) fn mark(&mut self, reported: &ReportedName, generation: &Generation, needed: f32) {
        self.marks.clear();
        self.marks.resize(MARKS / 64, 0);
        self.marked_rows.clear();
        each_row(&self.keys, reported, generation, needed - ROUNDING, |row, _| match row {
            Row::Token(id) => self.marks[id as usize % MARKS / 64] |= 1 << (id % 64),
            Row::Joined(row) => self.marked_rows.push(row),
        });
    }

    /// Whether a name may have one of the marked tokens. Never a false no.
    #[inline]
    pub(super) fn may_reach(&self, generation: &Generation, name: u32) -> bool {
        let marked = |id: u32| self.marks[id as usize % MARKS / 64] & 1 << (id % 64) != 0;
        generation.names.tokens(name).iter().any(|t| marked(t.id()))
            || self.marked_rows.iter().any(|row| generation.index.joined.row(*row).binary_search(&name).is_ok())
    }
}

/// Calls `visit` with every row that a name must stand in one of to reach `needed`, and with the
/// bits of the link; gives the most that all other rows can add to a name.
fn each_row(
    keys: &[(f32, Key)],
    reported: &ReportedName,
    generation: &Generation,
    needed: f32,
    mut visit: impl FnMut(Row, f32),
) -> f32 {
    let all: f32 = keys.iter().map(|k| k.0).sum();
    // Keys are opened heaviest first until the rest together is too light.
    let mut opened = keys.len();
    let mut rest = 0.0;
    while opened > 0 && rest + keys[opened - 1].0 < needed {
        opened -= 1;
        rest += keys[opened].0;
    }
    for (most, key) in &keys[..opened] {
        let lightest = needed - (all - most);
        match *key {
            Key::Run(i) => {
                let run = &reported.runs[i];
                reported.run_ids(run).iter().for_each(|id| visit(Row::Token(*id), run.bits));
            }
            Key::Token(i) => {
                let expansion = &reported.expansions[i];
                expansion.heaviest.iter().take_while(|t| t.0 >= lightest).for_each(|t| visit(Row::Token(t.1), t.0));
                if let Some((row, bits)) = expansion.split.filter(|s| s.1 >= lightest) {
                    visit(Row::Joined(row), bits);
                }
                let initial = generation.weights.name.initial_bits;
                if let [letter] = reported.tokens.bytes(i)
                    && initial >= lightest
                {
                    generation.dictionary.prefixed(&[*letter]).for_each(|id| visit(Row::Token(id), initial));
                }
                if let Some((range, bits)) = &reported.truncated
                    && i + 1 == reported.tokens.len()
                    && *bits >= lightest
                {
                    range.clone().for_each(|id| visit(Row::Token(id), *bits));
                }
            }
        }
    }
    rest
}

/// The part of an ascending row that lies in a range.
#[inline]
fn within<'a>(row: &'a [u32], names: &Range<u32>) -> &'a [u32] {
    match row {
        [] => row,
        [only] => {
            if names.contains(only) {
                row
            } else {
                &[]
            }
        }
        [first, .., last] => {
            let from = if *first >= names.start { 0 } else { row.partition_point(|n| *n < names.start) };
            let to = if *last < names.end { row.len() } else { from + row[from..].partition_point(|n| *n < names.end) };
            &row[from..to]
        }
    }
}

/// The most that one reported token can weigh.
fn token_bound(reported: &ReportedName, generation: &Generation, i: usize) -> f32 {
    let expansion = &reported.expansions[i];
    let mut bound = expansion.max_bits().max(expansion.split.map_or(0.0, |s| s.1));
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
