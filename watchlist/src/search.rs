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

use std::ops::Range;

use super::bound::{Bound, JOINED, KeyOf, OWN_BITS};
use super::demand::{Asked, BLOCK, Beside, Block, Bytes, CLASSES, Demand, NEAR_YEARS, fine};
use super::expansion::Split;
use super::generation::Generation;
use super::index::{ROUNDING, within};
use super::posting::{MANY, MOST_REACH, Mate, Postings, beside, born, charges, fetch, slot};
use super::score::{ReportedName, left_over_reported, mask};
use super::sift::{Passed, Signs, Wanted, sift};
use crate::name::MAX_TOKENS;

/// One key of a reported name.
#[derive(Debug, Clone, Copy)]
enum Key {
    /// Reported token.
    Token(usize),
    /// Entry of [`ReportedName::runs`].
    Run(usize),
}

/// A row of so many names is looked at name by name.
const SHORT_ROW: usize = 8;
/// Tokens of a prefix that are marked one by one.
const MOST_MARKED: u32 = 512;
/// Finds the names that could weigh enough; holds the scratch space.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Keys with their bounds, heaviest first.
    keys: Vec<(f32, Key)>,
    bound: Bound,
    /// The most that all keys can weigh together from one on; and the same if tokens that they leave
    /// over are not charged.
    rests: Vec<(f32, f32)>,
    /// The most that all others can weigh beside a key.
    others: Vec<f32>,
    /// Signatures of tokens that each key agrees with otherwise than by its expansion; and of all that
    /// are marked.
    signs: [u64; OWN_BITS],
    marked: Signs,
    charges: Vec<f32>,
    /// Places of a row that pass.
    places: Vec<Passed>,
    beside: Beside,
    /// What a name loses, by the byte of `beside`; and what it must reach, by the byte of `born`.
    losses: Box<Bytes>,
    needs: Box<Bytes>,
}

/// A key that is opened.
#[derive(Debug)]
struct Opened {
    key: usize,
    /// The least weight of a link that is of use.
    least: f32,
    demands: [Demand; born::CLASSES],
    /// The least reach that any of them asks for.
    reach: i16,
    /// The most that all keys can weigh beside this one and another.
    besides: Option<[f32; OWN_BITS]>,
    rows: Block,
    block: Block,
    entries: u64,
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
        beside.by_byte(&mut self.losses.0);
        self.beside = beside;
        self.keys.clear();
        self.keys.extend((0..reported.tokens.len()).map(|i| (token_bound(reported, generation, i), Key::Token(i))));
        self.keys.extend(reported.runs.iter().enumerate().map(|(i, run)| (run.bits, Key::Run(i))));
        self.keys.retain(|k| k.0 > 0.0);
        self.keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        self.charge(reported, generation);
        let (keys, count) = (&self.bound.keys, self.keys.len());
        self.rests.clear();
        self.rests.extend((0..=count).map(|from| (keys.best(0, true, |k| k >= from), keys.best(0, false, |k| k >= from))));
        self.others.clear();
        self.others.extend(keys.keys.iter().map(|own| keys.best(mask(own.from, own.to), true, |_| true)));
    }

    fn charge(&mut self, reported: &ReportedName, generation: &Generation) {
        let weights = &generation.weights.name;
        let tokens = reported.tokens.len();
        let keys = &mut self.bound.keys;
        keys.tokens.clear();
        keys.tokens.extend((0..tokens).map(|i| (left_over_reported(reported, i, weights), !reported.tokens.token(i).light)));
        keys.keys.clear();
        keys.keys.extend(self.keys.iter().map(|(bits, key)| match *key {
            Key::Token(i) => KeyOf { bits: *bits, from: i as u8, to: i as u8 },
            Key::Run(i) => KeyOf { bits: *bits, from: reported.runs[i].from, to: reported.runs[i].to },
        }));
        self.bound.begin(charges(weights), weights.contradiction);
        self.charges.clear();
        self.charges.extend(self.bound.keys.tokens.iter().map(|t| t.0));
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
        bound.take(None);
        if self.rests[0].0 < needed {
            return;
        }
        let signs = &mut self.signs;
        for (sign, (_, key)) in signs.iter_mut().zip(&self.keys) {
            *sign = match *key {
                Key::Token(_) => 0,
                Key::Run(run) => reported.runs[run].sign,
            };
        }
        for (i, (_, key)) in self.keys.iter().enumerate() {
            let bit = if i < OWN_BITS { 1 << i } else { 0 };
            rows(*key, reported, generation, needed - self.others[i], |row, bits| match row {
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
        self.marked = Signs::default();
        for (i, (_, key)) in self.keys.iter().enumerate().take(OWN_BITS) {
            self.marked.set(i, self.sign(i, *key, reported, needed - self.others[i]));
        }
    }

    /// Whether a name may have what it takes to reach `needed`. Never a false no.
    #[inline]
    pub(super) fn may_reach(&mut self, generation: &Generation, name: u32, needed: f32) -> bool {
        let needed = needed + self.losses.0[usize::from(generation.index.postings.of_names[name as usize])] - ROUNDING;
        if self.rests[0].0 < needed {
            return false;
        }
        if self.bound.best(self.marked.agreeing(generation.index.postings.signs_of_names[name as usize])) < needed {
            return false;
        }
        let tokens = generation.names.tokens(name);
        self.bound.of(tokens.len(), tokens.iter().map(Mate::guess)) >= needed
    }

    /// Bounds the names of a block, and hands on those that could be heavy enough.
    fn look(&mut self, generation: &Generation, block: &mut Block, found: &mut impl FnMut(u32, f32)) {
        let postings = &generation.index.postings;
        let waiting = std::mem::take(block);
        let all = waiting.all();
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
                bits + self.bound.of(length, tokens.iter().map(Mate::guess))
            } else {
                let count = (79 - mates.leading_zeros() as usize) / 16;
                let mates = (0..count).map(|i| Mate((mates >> (16 * i)) as u16));
                bits + self.bound.of(count + 1, mates)
            };
            if bound >= needed {
                found(postings.names()[place as usize], bound);
            }
        }
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
        let mut keys = self.keys.len();
        while keys > 0 && self.rests[keys - 1].0 < needed {
            keys -= 1;
        }
        (keys, self.rests[keys].1)
    }

    /// What a key asks of the names of a class of birth dates.
    fn demand(&self, key: usize, needed: f32, opened: &[(usize, f32); CLASSES]) -> Demand {
        let others = self.others[key];
        let mut demand = Demand::NOTHING;
        for (class, (opened, rest)) in opened.iter().enumerate() {
            if key < *opened {
                let needed = needed + self.beside.losses[class] - ROUNDING;
                demand.lightest[class] = fine(needed - others).saturating_sub(2);
                demand.reach[class] = fine(needed - rest).saturating_sub(2);
                demand.least = demand.least.min(needed - others);
            }
        }
        demand
    }

    /// Calls `found` with every name that could reach what it needs, and with its upper bound; a name
    /// may come more than once. What is needed must lie above the weight of a name of which nothing
    /// agrees. Returns how many entries of the index were read.
    pub(super) fn names(
        &mut self,
        reported: &ReportedName,
        generation: &Generation,
        asked: &Asked<'_>,
        mut found: impl FnMut(u32, f32),
    ) -> u64 {
        let mut entries = 0;
        let mut opened = [[(0, 0.0); CLASSES]; born::CLASSES];
        let mut most_opened = 0;
        for (born, needed) in asked.needs.into_iter().enumerate() {
            // Most classes ask for as much as another.
            if let Some(same) = asked.needs[..born].iter().position(|n| *n == needed) {
                opened[born] = opened[same];
                continue;
            }
            let mut last = (f32::NAN, (0, 0.0));
            for (opened, losses) in opened[born].iter_mut().zip(&self.beside.losses) {
                if last.0 != *losses {
                    last = (*losses, self.opened(needed + losses - ROUNDING));
                }
                *opened = last.1;
                most_opened = most_opened.max(opened.0);
            }
        }
        if most_opened == 0 {
            return 0;
        }
        asked.by_byte(&mut self.needs.0);
        let mut places = std::mem::take(&mut self.places);
        for i in 0..most_opened {
            if !self.is_repeated(reported, i) {
                entries += self.open(i, reported, generation, asked, &opened, &mut places, &mut found);
            }
        }
        self.places = places;
        entries
    }

    /// The names that one key finds.
    #[allow(clippy::too_many_arguments)]
    fn open(
        &mut self,
        i: usize,
        reported: &ReportedName,
        generation: &Generation,
        asked: &Asked<'_>,
        opened: &[[(usize, f32); CLASSES]; born::CLASSES],
        places: &mut Vec<Passed>,
        found: &mut impl FnMut(u32, f32),
    ) -> u64 {
        let mut demands = [Demand::NOTHING; born::CLASSES];
        for (born, needed) in asked.needs.into_iter().enumerate() {
            demands[born] = match asked.needs[..born].iter().position(|n| *n == needed) {
                Some(same) => demands[same],
                None => self.demand(i, needed, &opened[born]),
            };
        }
        self.bound.take(Some(i));
        let mut key = Opened {
            key: i,
            least: demands.iter().map(|d| d.least).fold(f32::INFINITY, f32::min),
            reach: demands.iter().flat_map(|d| d.reach).fold(i16::MAX, i16::min),
            demands,
            besides: None,
            rows: Block::default(),
            block: Block::default(),
            entries: 0,
        };
        rows(self.keys[i].1, reported, generation, key.least, |row, bits| match row {
            Row::Token(id) => {
                generation.index.postings.fetch_row(id);
                if key.rows.push((id, bits, 0.0)) {
                    self.read(&mut key, reported, generation, asked, places, found);
                }
            }
            Row::Prefix(from, to) => {
                for id in from..to {
                    if key.rows.push((id, bits, 0.0)) {
                        self.read(&mut key, reported, generation, asked, places, found);
                    }
                }
            }
            Row::Joined(row) => {
                let row = generation.index.joined.row(row);
                for stretch in asked.stretches {
                    let part = &row[within(row, &stretch.names)];
                    key.entries += part.len() as u64;
                    for &name in part {
                        let losses = self.losses.0[usize::from(generation.index.postings.of_names[name as usize])];
                        let tokens = generation.names.tokens(name);
                        let bound = bits + self.bound.of(tokens.len(), tokens.iter().map(Mate::guess));
                        if bound >= stretch.needed + losses - ROUNDING {
                            found(name, bound);
                        }
                    }
                }
            }
        });
        self.read(&mut key, reported, generation, asked, places, found);
        self.look(generation, &mut key.block, found);
        key.entries
    }

    /// Reads the rows that wait.
    fn read(
        &mut self,
        key: &mut Opened,
        reported: &ReportedName,
        generation: &Generation,
        asked: &Asked<'_>,
        places: &mut Vec<Passed>,
        found: &mut impl FnMut(u32, f32),
    ) {
        let postings = &generation.index.postings;
        let waiting = std::mem::take(&mut key.rows);
        // Fetched together, they cost one wait and not one each.
        let mut starts = [0; BLOCK];
        for (start, row) in starts.iter_mut().zip(waiting.all()) {
            *start = postings.row(row.0).start;
        }
        for &start in &starts[..waiting.length] {
            postings.fetch(start);
        }
        for &(id, bits, _) in waiting.all() {
            let row = postings.row(id);
            let least = (key.reach.saturating_sub(fine(bits)) >> 3).min(i16::from(MOST_REACH));
            if postings.reach.get(row.start).is_none_or(|most| i16::from(*most) < least) {
                continue;
            }
            places.clear();
            if row.len() <= SHORT_ROW {
                key.entries += row.len() as u64;
                self.sift_short(key, reported, postings, asked, (row, bits), places);
                self.pass(key, generation, bits, places, found);
                continue;
            }
            let wanted = self.wanted(key, reported, asked, bits);
            key.entries += sift(postings, row.start, row.end, &wanted, places) as u64;
            self.pass(key, generation, bits, places, found);
        }
    }

    /// [`sift`] of a row that is not worth a table of what it must have.
    fn sift_short(
        &self,
        key: &mut Opened,
        reported: &ReportedName,
        postings: &Postings,
        asked: &Asked<'_>,
        (row, bits): (Range<usize>, f32),
        places: &mut Vec<Passed>,
    ) {
        let mut signs = None;
        for at in row {
            let demand = &key.demands[born::class(postings.born[at], asked.year, NEAR_YEARS)];
            let class = beside::class(postings.beside[at], self.beside.nation);
            let least = demand.least_reach_of(class, fine(bits));
            if postings.reach[at] >= least {
                let signs = signs.get_or_insert_with(|| self.signs_beside(key, reported, bits));
                places.push((at as u32, signs.agreeing(postings.signs[at])));
            }
        }
    }

    /// Those of the names at `places` whose signatures say that they may be heavy enough.
    fn pass(
        &mut self,
        key: &mut Opened,
        generation: &Generation,
        bits: f32,
        places: &[Passed],
        found: &mut impl FnMut(u32, f32),
    ) {
        let postings = &generation.index.postings;
        for &(place, keys) in places {
            let at = place as usize;
            let needed = self.needs.0[usize::from(postings.born[at])] + self.losses.0[usize::from(postings.beside[at])];
            if bits + self.bound.best(keys) < needed {
                continue;
            }
            fetch(&postings.mates, at);
            if key.block.push((place, bits, needed)) {
                self.look(generation, &mut key.block, found);
            }
        }
    }

    /// The most that all keys can weigh beside a key and one other, for each other that has a bit.
    fn besides(&self, own: usize) -> [f32; OWN_BITS] {
        let (mut besides, keys) = ([0.0; OWN_BITS], &self.bound.keys);
        let taken = mask(keys.keys[own].from, keys.keys[own].to);
        for (beside, other) in besides.iter_mut().zip(&keys.keys) {
            *beside = keys.best(taken | mask(other.from, other.to), true, |_| true);
        }
        besides
    }

    /// What a name must have of which the opened key has a link of `bits`.
    fn wanted(&self, key: &mut Opened, reported: &ReportedName, asked: &Asked<'_>, bits: f32) -> Wanted {
        let reach = key.demands.each_ref().map(|d| d.least_reach(fine(bits)));
        Wanted {
            least: reach.iter().flatten().copied().fold(u8::MAX, u8::min),
            reach,
            nation: self.beside.nation,
            year: asked.year,
            years: NEAR_YEARS,
            signs: self.signs_beside(key, reported, bits),
        }
    }

    /// Signatures of what agrees with each of the other keys.
    fn signs_beside(&self, key: &mut Opened, reported: &ReportedName, bits: f32) -> Signs {
        let least = key.least + self.others[key.key] - bits;
        let own = key.key;
        let besides = key.besides.get_or_insert_with(|| self.besides(own));
        let mut signs = Signs::default();
        for (i, (_, other)) in self.keys.iter().enumerate().take(OWN_BITS).filter(|(i, _)| *i != own) {
            // A link that weighs less is of no use, even if all other keys agreed at their best.
            signs.set(i, self.sign(i, *other, reported, least - besides[i]));
        }
        signs
    }

    /// Signatures of the tokens that a key agrees with, with a link of at least `lightest`.
    fn sign(&self, i: usize, key: Key, reported: &ReportedName, lightest: f32) -> u64 {
        match key {
            _ if self.bound.always & 1 << i != 0 => u64::MAX,
            Key::Token(token) => self.signs[i] | reported.expansions[token].sign(lightest),
            Key::Run(_) => self.signs[i],
        }
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
