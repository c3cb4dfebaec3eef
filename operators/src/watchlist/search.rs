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
//!
//! Names of many tokens that are all common, or all the same, would find half of the list if only
//! their keys were summed up. Two more bounds hold, and they are what makes a hostile name cheap:
//! every link takes a listed token that no other link has, so that the sum over the listed tokens
//! of the heaviest key that agrees is a bound as well; and the reported tokens for which a short
//! listed name has no place are left over, which costs.

use super::expansion::Split;
use super::generation::Generation;
use super::index::{ROUNDING, STRETCHES, Stretch, within};
use super::score::{ReportedName, left_over_reported, mask};
use crate::name::MAX_TOKENS;

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
/// A row that is shorter is read through, a longer one is narrowed to each stretch.
const SHORT_ROW: usize = 48;
/// Steps of a bit in which [`Search::links`] are rounded up; 255 of them are any weight.
const STEP: f32 = 8.0;
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
    /// The heaviest link of any key with a token, in [`STEP`]s, by the low bits of its id.
    links: Box<[u8; SLOTS]>,
    /// Slots of `agrees` and `links` that are not 0.
    marked: Vec<u16>,
    /// Keys that are taken to agree with every name, and the heaviest link that any token may be of.
    always: u8,
    always_link: f32,
    /// Signatures of all tokens that each key agrees with.
    signs: [u32; OWN_BITS],
    /// Sum of the bounds of the keys without a bit of their own.
    crowd: f32,
    /// By the number of tokens of a listed name: the least that is charged for reported tokens that
    /// have no place there (negative); and the most that all its places but one can hold, charged.
    left_over: [f32; MAX_TOKENS + 1],
    room: [f32; MAX_TOKENS + 1],
    /// What reported tokens cost if left over.
    charges: Vec<f32>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            all: 0.0,
            agrees: Box::new([0; SLOTS]),
            links: Box::new([0; SLOTS]),
            marked: Vec::new(),
            always: 0,
            always_link: 0.0,
            signs: [0; OWN_BITS],
            crowd: 0.0,
            left_over: [0.0; MAX_TOKENS + 1],
            room: [0.0; MAX_TOKENS + 1],
            charges: Vec::new(),
        }
    }
}

/// Names that are looked at together: name, token that found it, bits of the link, bits needed.
#[derive(Debug)]
struct Block {
    names: [(u32, Option<u32>, f32, f32); 16],
    length: usize,
}

impl Default for Block {
    fn default() -> Self {
        Self { names: [(0, None, 0.0, 0.0); 16], length: 0 }
    }
}

impl Block {
    #[inline]
    fn push(&mut self, name: (u32, Option<u32>, f32, f32)) {
        self.names[self.length] = name;
        self.length += 1;
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.length == self.names.len()
    }
}

/// Tokens of a prefix that are marked one by one.
const MOST_MARKED: u32 = 512;

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
        self.charge(reported, generation);
        self.mark(reported, generation, lowest - ROUNDING);
    }

    fn charge(&mut self, reported: &ReportedName, generation: &Generation) {
        let tokens = reported.tokens.len();
        self.charges.clear();
        self.charges.extend((0..tokens).map(|i| left_over_reported(reported, i, &generation.weights.name)));
        self.charges.sort_unstable_by(|a, b| b.total_cmp(a));
        // A link takes one reported token, or a run: so many more, of those that are in a run at all.
        let longest = reported.runs.iter().map(|r| usize::from(r.to - r.from) + 1).max().unwrap_or(1);
        let in_runs = reported.runs.iter().fold(0u16, |all, run| all | mask(run.from, run.to)).count_ones() as usize;
        let more = |listed: usize| (listed * (longest - 1)).min(in_runs - in_runs / longest);
        let heaviest = self.keys.first().map_or(0.0, |k| k.0);
        for (listed, (charge, room)) in self.left_over.iter_mut().zip(&mut self.room).enumerate() {
            *charge = self.charges[..tokens.saturating_sub(listed + more(listed))].iter().sum();
            *room = *charge + heaviest * listed.saturating_sub(1) as f32;
        }
    }

    fn mark(&mut self, reported: &ReportedName, generation: &Generation, needed: f32) {
        for slot in self.marked.drain(..) {
            self.agrees[usize::from(slot)] = 0;
            self.links[usize::from(slot)] = 0;
        }
        (self.always, self.always_link) = (0, 0.0);
        if self.all < needed {
            return;
        }
        let (marked, agrees, always) = (&mut self.marked, &mut self.agrees, &mut self.always);
        let (links, always_link) = (&mut self.links, &mut self.always_link);
        let signs = &mut self.signs;
        for (sign, (_, key)) in signs.iter_mut().zip(&self.keys) {
            *sign = match *key {
                Key::Token(token) => reported.expansions[token].sign,
                Key::Run(run) => reported.runs[run].sign,
            };
        }
        for (i, (most, key)) in self.keys.iter().enumerate() {
            let bit = if i < OWN_BITS { 1 << i } else { 0 };
            rows(*key, reported, generation, needed - (self.all - most), |row, bits| match row {
                Row::Token(id) => {
                    let slot = id as usize % SLOTS;
                    marked.push(slot as u16);
                    agrees[slot] |= bit;
                    links[slot] = links[slot].max((bits * STEP).ceil() as u8);
                }
                Row::Joined(_) | Row::Prefix(..) => {
                    let ids: Option<Vec<u32>> = match (row, key) {
                        (Row::Prefix(from, to), _) if to - from <= MOST_MARKED => Some((from..to).collect()),
                        (Row::Joined(_), Key::Token(t)) => reported.expansions[*t].split_tokens.clone(),
                        _ => None,
                    };
                    // Too many tokens to mark.
                    let Some(ids) = ids else {
                        *always |= bit;
                        *always_link = always_link.max(bits);
                        return;
                    };
                    for id in ids {
                        let slot = id as usize % SLOTS;
                        marked.push(slot as u16);
                        agrees[slot] |= bit;
                        links[slot] = links[slot].max((bits * STEP).ceil() as u8);
                        if let Some(sign) = signs.get_mut(i) {
                            *sign |= generation.dictionary.sign(id);
                        }
                    }
                }
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

    /// The most that the places of a name can hold, the one that is `taken` left out.
    fn places(&self, generation: &Generation, name: u32, mut taken: Option<u32>) -> f32 {
        let mut bits = 0.0;
        for token in generation.names.tokens(name).iter() {
            if taken == Some(token.id()) {
                taken = None;
                continue;
            }
            bits += match self.links[token.id() as usize % SLOTS] {
                u8::MAX => self.keys.first().map_or(0.0, |k| k.0),
                link => self.always_link.max(f32::from(link) / STEP),
            };
        }
        bits
    }

    /// Tokens of a name.
    #[inline]
    fn length(generation: &Generation, name: u32) -> usize {
        generation.names.tokens(name).len().min(MAX_TOKENS)
    }

    /// Whether a name may have what it takes to reach `needed`. Never a false no.
    #[inline]
    pub(super) fn may_reach(&self, generation: &Generation, name: u32, needed: f32) -> bool {
        let needed = needed - ROUNDING;
        self.others(generation, name, OWN_BITS) >= needed
            && self.places(generation, name, None) + self.left_over[Self::length(generation, name)] >= needed
    }

    /// Bounds the names of a block, and hands on those that could be heavy enough.
    fn look(&self, generation: &Generation, key: usize, block: &mut Block, found: &mut impl FnMut(u32, f32)) {
        let names = &generation.names;
        let starts = block.names.map(|n| names.token_starts[n.0 as usize]);
        let touched = starts.iter().fold(0, |all, s| all | names.tokens.get(*s as usize).copied().unwrap_or(0));
        std::hint::black_box(touched);
        for &(name, token, bits, needed) in &block.names[..block.length] {
            let length = Self::length(generation, name);
            if bits + self.room[length] < needed {
                continue;
            }
            // A key of the crowd counts among the others as well: a looser bound, no tighter one.
            let bound = bits + self.others(generation, name, key);
            if bound < needed {
                continue;
            }
            let bound = bound.min(bits + self.places(generation, name, token)) + self.left_over[length];
            if bound >= needed {
                found(name, bound);
            }
        }
        block.length = 0;
    }

    /// Whether an earlier key finds the same names with the same weights.
    fn is_repeated(&self, reported: &ReportedName, key: usize) -> bool {
        // The last token of a name that was cut off finds more than another of the same letters.
        let whole = |i: usize| reported.truncated.is_none() || i + 1 < reported.tokens.len();
        let Key::Token(this) = self.keys[key].1 else { return false };
        let same =
            |k: &(f32, Key)| matches!(k.1, Key::Token(i) if whole(i) && reported.tokens.bytes(i) == reported.tokens.bytes(this));
        whole(this) && self.keys[..key].iter().any(same)
    }

    /// Calls `found` with every name that could reach what is needed in its stretch, and with its
    /// upper bound; a name may come more than once. What is needed must lie above the weight of a
    /// name of which nothing agrees. Returns how many entries of the index were read.
    pub(super) fn names(
        &self,
        reported: &ReportedName,
        generation: &Generation,
        stretches: &[Stretch],
        mut found: impl FnMut(u32, f32),
    ) -> u64 {
        let (index, mut entries) = (&generation.index, 0);
        // Keys are opened heaviest first until the rest together is too light.
        let mut opened = [0; STRETCHES];
        for (opened, stretch) in opened.iter_mut().zip(stretches) {
            let (mut keys, mut rest) = (self.keys.len(), 0.0);
            while keys > 0 && rest + self.keys[keys - 1].0 < stretch.needed - ROUNDING {
                keys -= 1;
                rest += self.keys[keys].0;
            }
            *opened = keys;
        }
        let most_opened = opened.iter().copied().max().unwrap_or(0);
        for (i, (most, key)) in self.keys[..most_opened].iter().enumerate() {
            if self.is_repeated(reported, i) {
                continue;
            }
            let others = self.all - most;
            // What a link of this key must weigh to be of use in a stretch.
            let mut lightest = [f32::INFINITY; STRETCHES];
            for (s, stretch) in stretches.iter().enumerate().filter(|(s, _)| i < opened[*s]) {
                lightest[s] = stretch.needed - ROUNDING - others;
            }
            let least = lightest.iter().copied().fold(f32::INFINITY, f32::min);
            // What a row gives is looked at in blocks, whose tokens are fetched together: one by one,
            // each name of a large list would wait for memory.
            let mut block = Block::default();
            let mut look = |name: u32, token: Option<u32>, bits: f32, needed: f32| {
                block.push((name, token, bits, needed));
                if block.is_full() {
                    self.look(generation, i, &mut block, &mut found);
                }
            };
            let mut demanded = (f32::NAN, u32::MAX, u32::MAX);
            rows(*key, reported, generation, least, |row, bits| {
                let mut tokens = |id: u32| {
                    let (names, signs) = index.holding(id);
                    if names.len() <= SHORT_ROW {
                        entries += names.len() as u64;
                        // One pass over the row for all stretches.
                        if demanded.0 != bits {
                            let (first, second) = self.demanded(i, least + others - bits);
                            demanded = (bits, first, second);
                        }
                        for (&name, sign) in names.iter().zip(signs) {
                            if sign & demanded.1 != 0
                                && sign & demanded.2 != 0
                                && let Some(s) = stretches.iter().position(|s| s.names.contains(&name))
                                && bits >= lightest[s]
                            {
                                look(name, Some(id), bits, stretches[s].needed - ROUNDING);
                            }
                        }
                        return;
                    }
                    for (s, stretch) in stretches.iter().enumerate().filter(|(s, _)| bits >= lightest[*s]) {
                        let part = within(names, &stretch.names);
                        entries += part.len() as u64;
                        let (first, second) = self.demanded(i, lightest[s] + others - bits);
                        for (&name, sign) in names[part.clone()].iter().zip(&signs[part]) {
                            if sign & first != 0 && sign & second != 0 {
                                look(name, Some(id), bits, stretch.needed - ROUNDING);
                            }
                        }
                    }
                };
                match row {
                    Row::Token(id) => tokens(id),
                    Row::Prefix(from, to) => (from..to).for_each(tokens),
                    Row::Joined(row) => {
                        let row = index.joined.row(row);
                        for (_, stretch) in stretches.iter().enumerate().filter(|(s, _)| bits >= lightest[*s]) {
                            let part = &row[within(row, &stretch.names)];
                            entries += part.len() as u64;
                            for &name in part {
                                look(name, None, bits, stretch.needed - ROUNDING);
                            }
                        }
                    }
                }
            });
            self.look(generation, i, &mut block, &mut found);
        }
        entries
    }

    /// Signatures of the two heaviest keys beside `own` without which the others cannot reach
    /// `needed`; all bits where there is none.
    fn demanded(&self, own: usize, needed: f32) -> (u32, u32) {
        let others = self.all - self.keys[own].0;
        let mut demanded = (0..self.keys.len().min(OWN_BITS))
            .filter(|i| *i != own && others - self.keys[*i].0 < needed)
            .map(|i| if self.always & 1 << i == 0 { self.signs[i] } else { u32::MAX });
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
