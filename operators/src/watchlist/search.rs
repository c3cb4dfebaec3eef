//! The bounded search for names that could weigh enough. It is exact.
//!
//! Every link of an alignment belongs to one *key* of the reported name (a token, or a run of
//! tokens joined), and a key is used at most once; so the sum over keys of the heaviest link is an
//! upper bound of the name's weight. Keys whose bounds together cannot reach what is needed are
//! not opened (`MaxScore`, Turtle and Flood 1995): a name that only they would find is too light.
//! Nor is a token of an opened key that is too light even if every other key agreed at its best.
//! A name that an opened key finds is looked at once: its tokens say which other keys agree with it
//! at all, and only if those could make it heavy enough it is weighed, by the same code as in the
//! nested loop.

use super::expansion::Split;
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

/// Keys that have a bit of their own; lighter ones are taken to agree always.
const OWN_BITS: usize = 7;
/// Slots of [`Search::agrees`]; half of a first-level cache.
const SLOTS: usize = 1 << 14;

/// Finds the names that could weigh enough; holds the scratch space.
#[derive(Debug)]
pub(super) struct Search {
    /// Keys with their bounds, heaviest first.
    keys: Vec<(f32, Key)>,
    /// Sum of the bounds.
    all: f32,
    /// Which keys agree with a token, by the low bits of its id.
    agrees: Box<[u8; SLOTS]>,
    /// Slots of `agrees` that are not 0.
    marked: Vec<u16>,
    /// Keys that are taken to agree with every name.
    always: u8,
    /// Sum of the bounds of the keys without a bit of their own.
    crowd: f32,
}

impl Default for Search {
    fn default() -> Self {
        Self { keys: Vec::new(), all: 0.0, agrees: Box::new([0; SLOTS]), marked: Vec::new(), always: 0, crowd: 0.0 }
    }
}

/// Where the index has the names of a link.
#[derive(Debug, Clone, Copy)]
enum Row {
    /// Names that hold a token.
    Token(u32),
    /// Names of which joined tokens have a key.
    Joined(u32),
    /// Names that hold a token of a range.
    Prefix(u32, u32),
}

impl Search {
    /// Makes ready for a name. No stretch may need less than `lowest` bits.
    pub(super) fn begin(&mut self, reported: &ReportedName, generation: &Generation, lowest: f32) {
        self.keys.clear();
        self.keys.extend((0..reported.tokens.len()).map(|i| (token_bound(reported, generation, i), Key::Token(i))));
        self.keys.extend(reported.runs.iter().enumerate().map(|(i, run)| (run.bits, Key::Run(i))));
        self.keys.retain(|k| k.0 > 0.0);
        self.keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        self.all = self.keys.iter().map(|k| k.0).sum();
        self.crowd = self.keys.iter().skip(OWN_BITS).map(|k| k.0).sum();
        self.mark(reported, generation, lowest - ROUNDING);
    }

    fn mark(&mut self, reported: &ReportedName, generation: &Generation, needed: f32) {
        for slot in self.marked.drain(..) {
            self.agrees[usize::from(slot)] = 0;
        }
        self.always = 0;
        if self.all < needed {
            return;
        }
        let (marked, agrees, always) = (&mut self.marked, &mut self.agrees, &mut self.always);
        for (i, (most, key)) in self.keys.iter().take(OWN_BITS).enumerate() {
            rows(*key, reported, generation, needed - (self.all - most), |row, _| match row {
                Row::Token(id) => {
                    let slot = id as usize % SLOTS;
                    marked.push(slot as u16);
                    agrees[slot] |= 1 << i;
                }
                // Rare, or too many tokens to mark.
                Row::Joined(_) | Row::Prefix(..) => *always |= 1 << i,
            });
        }
    }

    /// The most that the tokens of a name make of the keys, `own` left out.
    #[inline]
    fn others(&self, generation: &Generation, name: u32, own: usize) -> f32 {
        let tokens = generation.names.tokens(name);
        let mut keys = tokens.iter().fold(self.always, |keys, t| keys | self.agrees[t.id() as usize % SLOTS]);
        if own < OWN_BITS {
            keys &= !(1 << own);
        }
        let mut bits = self.crowd;
        while keys != 0 {
            bits += self.keys[keys.trailing_zeros() as usize].0;
            keys &= keys - 1;
        }
        bits
    }

    /// Whether a name may have what it takes to reach `needed`. Never a false no.
    #[inline]
    pub(super) fn may_reach(&self, generation: &Generation, name: u32, needed: f32) -> bool {
        self.others(generation, name, OWN_BITS) >= needed - ROUNDING
    }

    /// Calls `found` with every name of a stretch that could reach what is needed there, and with
    /// its upper bound; a name may come more than once. What is needed must lie above the weight of
    /// a name of which nothing agrees.
    pub(super) fn names(
        &self,
        reported: &ReportedName,
        generation: &Generation,
        stretch: &Stretch,
        mut found: impl FnMut(u32, f32),
    ) {
        let needed = stretch.needed - ROUNDING;
        let index = &generation.index;
        // Keys are opened heaviest first until the rest together is too light.
        let mut opened = self.keys.len();
        let mut rest = 0.0;
        while opened > 0 && rest + self.keys[opened - 1].0 < needed {
            opened -= 1;
            rest += self.keys[opened].0;
        }
        for (i, (most, key)) in self.keys[..opened].iter().enumerate() {
            let mut look = |name: u32, bits: f32| {
                // A key of the crowd counts among the others as well: a looser bound, no tighter one.
                let bound = bits + self.others(generation, name, i);
                if bound >= needed && !stretch.hole.contains(&name) {
                    found(name, bound);
                }
            };
            let mut demanded = (0.0, u32::MAX, u32::MAX);
            rows(*key, reported, generation, needed - (self.all - most), |row, bits| match row {
                Row::Token(id) => {
                    if demanded.0 != bits {
                        let (first, second) = self.demanded(reported, i, needed - bits);
                        demanded = (bits, first, second);
                    }
                    let (_, first, second) = demanded;
                    let (names, signs) = index.holding(id, &stretch.names);
                    for (&name, sign) in names.iter().zip(signs) {
                        if sign & first != 0 && sign & second != 0 {
                            look(name, bits);
                        }
                    }
                }
                Row::Joined(row) => index.holding_joined(row, &stretch.names).iter().for_each(|n| look(*n, bits)),
                Row::Prefix(from, to) => {
                    (from..to).for_each(|id| index.holding(id, &stretch.names).0.iter().for_each(|n| look(*n, bits)));
                }
            });
        }
    }

    /// Signatures of the two heaviest keys beside `own` without which the others cannot reach
    /// `needed`; all bits where there is none.
    fn demanded(&self, reported: &ReportedName, own: usize, needed: f32) -> (u32, u32) {
        let others = self.all - self.keys[own].0;
        let mut demanded =
            (0..self.keys.len().min(OWN_BITS)).filter(|i| *i != own && others - self.keys[*i].0 < needed).map(|i| {
                if self.always & 1 << i != 0 {
                    return u32::MAX;
                }
                match self.keys[i].1 {
                    Key::Token(token) => reported.expansions[token].sign,
                    Key::Run(run) => reported.runs[run].sign,
                }
            });
        (demanded.next().unwrap_or(u32::MAX), demanded.next().unwrap_or(u32::MAX))
    }
}

/// Calls `visit` with every row in which a key finds names with at least `lightest` bits.
fn rows(key: Key, reported: &ReportedName, generation: &Generation, lightest: f32, mut visit: impl FnMut(Row, f32)) {
    match key {
        Key::Run(i) => {
            let run = &reported.runs[i];
            reported.run_ids(run).filter(|r| r.1 >= lightest).for_each(|(id, bits)| visit(Row::Token(id), bits));
        }
        Key::Token(i) => {
            let expansion = &reported.expansions[i];
            expansion.heaviest.iter().take_while(|t| t.0 >= lightest).for_each(|t| visit(Row::Token(t.1), t.0));
            if let Some(split) = expansion.split.filter(|s| s.most() >= lightest) {
                visit(Row::Joined(split.row), split.most());
            }
            let initial = generation.weights.name.initial_bits;
            if let [letter] = reported.tokens.bytes(i)
                && initial >= lightest
            {
                let range = generation.dictionary.prefixed(&[*letter]);
                visit(Row::Prefix(range.start, range.end), initial);
            }
            if let Some((range, bits)) = &reported.truncated
                && i + 1 == reported.tokens.len()
                && *bits >= lightest
            {
                visit(Row::Prefix(range.start, range.end), *bits);
            }
        }
    }
}

/// The most that one reported token can weigh.
fn token_bound(reported: &ReportedName, generation: &Generation, i: usize) -> f32 {
    let expansion = &reported.expansions[i];
    let mut bound = expansion.max_bits().max(expansion.split.map_or(0.0, Split::most));
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
