//! The bounded search for names that could weigh enough. It is exact.
//!
//! Every link of an alignment belongs to one *key* of the reported name (a token, or a run of
//! tokens joined), and a key is used at most once; so the sum over keys of the heaviest link is an
//! upper bound of the name's weight. Keys whose bounds together cannot reach what is needed are
//! not opened (`MaxScore`, Turtle and Flood 1995): a name that only they would find is too light.
//! Nor is a token of an opened key that is too light even if every other key agreed at its best.
//!
//! From the other side: among the tokens of a listed name that opened keys agree with, one is the
//! rarest, and it is enough that the name is found by that one. Its *reach* is what the commoner
//! tokens of the name can weigh besides, whoever asks; keys that are not opened add their own
//! bounds. So in the long row of a common token only those names are looked at that are made of
//! tokens as common, and many of them. What nationality and sex take away is known beside each
//! name too, and demands more of it ([`super::sift`]).
//!
//! What passes is bounded by its tokens ([`super::bound`]), and only if it could be heavy enough it
//! is weighed, by the same code as in the nested loop.

use super::bound::{Bound, JOINED, KeyOf, OWN_BITS};
use super::expansion::Split;
use super::generation::Generation;
use super::index::{ROUNDING, STRETCHES, Stretch, within};
use super::posting::{MANY, MOST_REACH, Mate, STEP, beside, charges, slot};
use super::score::{ReportedName, left_over_reported, mask};
use super::sift::{Wanted, sift};
use crate::name::MAX_TOKENS;

/// One key of a reported name.
#[derive(Debug, Clone, Copy)]
enum Key {
    /// Reported token.
    Token(usize),
    /// Entry of [`ReportedName::runs`].
    Run(usize),
}

/// A row that is shorter is read through, a longer one is narrowed to each stretch.
const SHORT_ROW: usize = 512;
/// Tokens of a prefix that are marked one by one.
const MOST_MARKED: u32 = 512;
/// Classes of what stands beside a name ([`beside::class`]).
pub(super) const CLASSES: usize = 16;

/// What a name loses beside its tokens, against the most that it could have, by class.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beside {
    pub losses: [f32; CLASSES],
    /// Six bits of the reported nationality.
    pub nation: u8,
}

/// Finds the names that could weigh enough; holds the scratch space.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Keys with their bounds, heaviest first.
    keys: Vec<(f32, Key)>,
    /// The same for the bound.
    keys_of: Vec<KeyOf>,
    /// Sum of the bounds.
    all: f32,
    bound: Bound,
    /// Signatures of all tokens that each key agrees with.
    signs: [u32; OWN_BITS],
    /// What reported tokens cost if left over, and whether they are heavy.
    tokens: Vec<(f32, bool)>,
    charges: Vec<f32>,
    /// Places of a row that pass.
    places: Vec<u32>,
    beside: Beside,
}

/// Names that are looked at together: place in the rows, bits of the link, bits needed.
#[derive(Debug)]
struct Block {
    names: [(u32, f32, f32); 32],
    length: usize,
}

impl Default for Block {
    fn default() -> Self {
        Self { names: [(0, 0.0, 0.0); 32], length: 0 }
    }
}

impl Block {
    #[inline]
    fn push(&mut self, name: (u32, f32, f32)) -> bool {
        self.names[self.length] = name;
        self.length += 1;
        self.length == self.names.len()
    }
}

/// What one key asks of the names of one stretch, by class.
#[derive(Debug, Clone, Copy)]
struct Demand {
    /// The least weight of a link that is of use.
    lightest: [f32; CLASSES],
    /// The reach that a name needs besides, with the link.
    reach: [f32; CLASSES],
    /// The least of `lightest`.
    least: f32,
}

impl Demand {
    const NOTHING: Self = Self { lightest: [f32::INFINITY; CLASSES], reach: [f32::INFINITY; CLASSES], least: f32::INFINITY };

    /// The least reach by class, in steps, with a link of `bits`.
    #[inline]
    fn least_reach(&self, bits: f32) -> [u8; CLASSES] {
        let mut least = [u8::MAX; CLASSES];
        for ((least, lightest), reach) in least.iter_mut().zip(&self.lightest).zip(&self.reach) {
            let steps = ((reach - bits) * STEP).ceil().clamp(0.0, f32::from(MOST_REACH)) as u8;
            *least = if bits >= *lightest { steps } else { u8::MAX };
        }
        least
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
    /// Makes ready for a name.
    pub(super) fn begin(&mut self, reported: &ReportedName, generation: &Generation, beside: Beside) {
        self.beside = beside;
        self.keys.clear();
        self.keys.extend((0..reported.tokens.len()).map(|i| (token_bound(reported, generation, i), Key::Token(i))));
        self.keys.extend(reported.runs.iter().enumerate().map(|(i, run)| (run.bits, Key::Run(i))));
        self.keys.retain(|k| k.0 > 0.0);
        self.keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        self.all = self.keys.iter().map(|k| k.0).sum();
        self.charge(reported, generation);
    }

    fn charge(&mut self, reported: &ReportedName, generation: &Generation) {
        let weights = &generation.weights.name;
        let tokens = reported.tokens.len();
        self.tokens.clear();
        self.tokens.extend((0..tokens).map(|i| (left_over_reported(reported, i, weights), !reported.tokens.token(i).light)));
        self.keys_of.clear();
        self.keys_of.extend(self.keys.iter().map(|(bits, key)| match *key {
            Key::Token(i) => (*bits, mask(i as u8, i as u8)),
            Key::Run(i) => (*bits, mask(reported.runs[i].from, reported.runs[i].to)),
        }));
        self.bound.begin(&self.keys_of, &self.tokens, charges(weights), weights.contradiction);
        self.charges.clear();
        self.charges.extend(self.tokens.iter().map(|t| t.0));
        self.charges.sort_unstable_by(|a, b| b.total_cmp(a));
        // A link takes one reported token, or a run: so many more, of those that are in a run at all.
        let longest = reported.runs.iter().map(|r| usize::from(r.to - r.from) + 1).max().unwrap_or(1);
        let in_runs = reported.runs.iter().fold(0u16, |all, run| all | mask(run.from, run.to)).count_ones() as usize;
        let more = |listed: usize| (listed * (longest - 1)).min(in_runs - in_runs / longest);
        let heaviest = self.keys.first().map_or(0.0, |k| k.0);
        for (listed, (charge, room)) in self.bound.left_over.iter_mut().zip(&mut self.bound.room).enumerate() {
            *charge = self.charges[..tokens.saturating_sub(listed + more(listed))].iter().sum();
            *room = *charge + heaviest * listed.saturating_sub(1) as f32;
        }
    }

    /// Marks the tokens that are of use to names that must reach `lowest` at least.
    pub(super) fn mark(&mut self, reported: &ReportedName, generation: &Generation, lowest: f32) {
        let needed = lowest - ROUNDING;
        let bound = &mut self.bound;
        bound.clear();
        if self.all < needed {
            return;
        }
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
                Row::Token(id) => bound.mark(slot(id), bit, bits),
                Row::Joined(_) | Row::Prefix(..) => {
                    let joined = if let Row::Joined(_) = row { JOINED } else { 0 };
                    let ids: Option<Vec<u32>> = match (row, key) {
                        (Row::Prefix(from, to), _) if to - from <= MOST_MARKED => Some((from..to).collect()),
                        (Row::Joined(_), Key::Token(t)) => reported.expansions[*t].split_tokens.clone(),
                        _ => None,
                    };
                    // Too many tokens to mark.
                    let Some(ids) = ids else {
                        bound.always |= bit;
                        bound.always_link = bound.always_link.max(bits);
                        return;
                    };
                    for id in ids {
                        bound.mark(slot(id), bit | joined, bits);
                        if let Some(sign) = signs.get_mut(i) {
                            *sign |= generation.dictionary.sign(id);
                        }
                    }
                }
            });
        }
    }

    /// Whether a name may have what it takes to reach `needed`. Never a false no.
    #[inline]
    pub(super) fn may_reach(&self, generation: &Generation, name: u32, needed: f32) -> bool {
        let losses = self.beside.losses[beside::class(generation.index.postings.of_names[name as usize], self.beside.nation)];
        let needed = needed + losses - ROUNDING;
        if self.all < needed {
            return false;
        }
        let tokens = generation.names.tokens(name);
        self.bound.of(tokens.len().min(MAX_TOKENS), tokens.iter().map(Mate::guess)) >= needed
    }

    /// Bounds the names of a block, and hands on those that could be heavy enough.
    fn look(&self, generation: &Generation, key: usize, block: &mut Block, found: &mut impl FnMut(u32, f32)) {
        let postings = &generation.index.postings;
        let all = &block.names[..block.length];
        // Fetched together, they cost one wait and not one each.
        std::hint::black_box(all.iter().fold(0, |all, n| all | postings.mates[n.0 as usize]));
        for &(place, bits, needed) in all {
            let mates = postings.mates[place as usize];
            let bound = if mates == MANY {
                let name = postings.names()[place as usize];
                let tokens = generation.names.tokens(name);
                let length = tokens.len().min(MAX_TOKENS);
                if bits + self.bound.room[length] < needed {
                    continue;
                }
                // Its own token is among them: a looser bound, no tighter one.
                self.bound.beside(key, bits, length, tokens.iter().map(Mate::guess))
            } else {
                let count = (79 - mates.leading_zeros() as usize) / 16;
                let mates = (0..count).map(|i| Mate((mates >> (16 * i)) as u16));
                self.bound.beside(key, bits, count + 1, mates)
            };
            if bound >= needed {
                found(postings.names()[place as usize], bound);
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

    /// How many keys are opened, heaviest first, until the rest together is too light; and that rest.
    fn opened(&self, needed: f32) -> (usize, f32) {
        let (mut keys, mut rest) = (self.keys.len(), 0.0);
        while keys > 0 && rest + self.keys[keys - 1].0 < needed {
            keys -= 1;
            rest += self.keys[keys].0;
        }
        (keys, rest)
    }

    /// What a key asks of the names of a stretch.
    fn demand(&self, key: usize, stretch: &Stretch, opened: &[(usize, f32); CLASSES]) -> Demand {
        let others = self.all - self.keys[key].0;
        let mut demand = Demand::NOTHING;
        for (class, (opened, rest)) in opened.iter().enumerate() {
            if key < *opened {
                let needed = stretch.needed + self.beside.losses[class] - ROUNDING;
                demand.lightest[class] = needed - others;
                demand.reach[class] = needed - rest;
                demand.least = demand.least.min(needed - others);
            }
        }
        demand
    }

    /// Calls `found` with every name that could reach what is needed in its stretch, and with its
    /// upper bound; a name may come more than once. What is needed must lie above the weight of a
    /// name of which nothing agrees. Returns how many entries of the index were read.
    pub(super) fn names(
        &mut self,
        reported: &ReportedName,
        generation: &Generation,
        stretches: &[Stretch],
        mut found: impl FnMut(u32, f32),
    ) -> u64 {
        let mut entries = 0;
        let mut opened = [[(0, 0.0); CLASSES]; STRETCHES];
        let mut most_opened = 0;
        for (opened, stretch) in opened.iter_mut().zip(stretches) {
            for (opened, losses) in opened.iter_mut().zip(&self.beside.losses) {
                *opened = self.opened(stretch.needed + losses - ROUNDING);
                most_opened = most_opened.max(opened.0);
            }
        }
        let mut places = std::mem::take(&mut self.places);
        for i in 0..most_opened {
            if !self.is_repeated(reported, i) {
                entries += self.open(i, reported, generation, (stretches, &opened), &mut places, &mut found);
            }
        }
        self.places = places;
        entries
    }

    /// The names that one key finds.
    fn open(
        &self,
        i: usize,
        reported: &ReportedName,
        generation: &Generation,
        (stretches, opened): (&[Stretch], &[[(usize, f32); CLASSES]; STRETCHES]),
        places: &mut Vec<u32>,
        found: &mut impl FnMut(u32, f32),
    ) -> u64 {
        let (postings, mut entries) = (&generation.index.postings, 0);
        let others = self.all - self.keys[i].0;
        let mut demands = [Demand::NOTHING; STRETCHES];
        let mut easiest = Demand::NOTHING;
        for ((demand, stretch), opened) in demands.iter_mut().zip(stretches).zip(opened) {
            *demand = self.demand(i, stretch, opened);
            easiest.least = easiest.least.min(demand.least);
            for class in 0..CLASSES {
                easiest.lightest[class] = easiest.lightest[class].min(demand.lightest[class]);
                easiest.reach[class] = easiest.reach[class].min(demand.reach[class]);
            }
        }
        let needed = |s: usize, class: usize| stretches[s].needed + self.beside.losses[class] - ROUNDING;
        let class = |place: u32| beside::class(postings.beside[place as usize], self.beside.nation);
        let wanted = |demand: &Demand, bits: f32| Wanted {
            reach: demand.least_reach(bits),
            nation: self.beside.nation,
            signs: self.demanded(i, demand.least + others - bits),
        };
        let mut block = Block::default();
        let mut last: Option<(f32, Wanted)> = None;
        rows(self.keys[i].1, reported, generation, easiest.least, |row, bits| {
            let mut tokens = |id: u32| {
                let row = postings.row(id);
                let names = &postings.names()[row.clone()];
                if names.len() <= SHORT_ROW {
                    entries += names.len() as u64;
                    let wanted = match last {
                        Some((same, wanted)) if same == bits => wanted,
                        _ => last.insert((bits, wanted(&easiest, bits))).1,
                    };
                    places.clear();
                    sift(postings, row.start, row.end, &wanted, places);
                    for &place in &*places {
                        let name = postings.names()[place as usize];
                        let (Some(s), class) = (stretches.iter().position(|s| s.names.contains(&name)), class(place)) else {
                            continue;
                        };
                        let reach = postings.reach[place as usize];
                        let short = demands[s].reach[class] - bits - f32::from(reach) / STEP;
                        if bits >= demands[s].lightest[class]
                            && (short <= 0.0 || reach == MOST_REACH)
                            && block.push((place, bits, needed(s, class)))
                        {
                            self.look(generation, i, &mut block, found);
                        }
                    }
                    return;
                }
                for (s, demand) in demands.iter().enumerate().filter(|(_, d)| bits >= d.least) {
                    let part = within(names, &stretches[s].names);
                    entries += part.len() as u64;
                    places.clear();
                    sift(postings, row.start + part.start, row.start + part.end, &wanted(demand, bits), places);
                    for &place in &*places {
                        if block.push((place, bits, needed(s, class(place)))) {
                            self.look(generation, i, &mut block, found);
                        }
                    }
                }
            };
            match row {
                Row::Token(id) => tokens(id),
                Row::Prefix(from, to) => (from..to).for_each(tokens),
                Row::Joined(row) => {
                    let row = generation.index.joined.row(row);
                    for (s, stretch) in stretches.iter().enumerate().filter(|(s, _)| bits >= demands[*s].least) {
                        let part = &row[within(row, &stretch.names)];
                        entries += part.len() as u64;
                        for &name in part {
                            let class = beside::class(postings.of_names[name as usize], self.beside.nation);
                            let tokens = generation.names.tokens(name);
                            let length = tokens.len().min(MAX_TOKENS);
                            let bound = self.bound.beside(i, bits, length, tokens.iter().map(Mate::guess));
                            if bound >= needed(s, class) {
                                found(name, bound);
                            }
                        }
                    }
                }
            }
        });
        self.look(generation, i, &mut block, found);
        entries
    }

    /// Signatures of the two heaviest keys beside `own` without which the others cannot reach
    /// `needed`; all bits where there is none.
    fn demanded(&self, own: usize, needed: f32) -> (u32, u32) {
        let others = self.all - self.keys[own].0;
        let mut demanded = (0..self.keys.len().min(OWN_BITS))
            .filter(|i| *i != own && others - self.keys[*i].0 < needed)
            .map(|i| if self.bound.always & 1 << i == 0 { self.signs[i] } else { u32::MAX });
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
