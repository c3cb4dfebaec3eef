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

mod outdoing;
mod unrowed;

use super::beside;
use super::born;
use super::bound::{Bound, Eight, KeyOf};
use super::demand::{Asked, BLOCK, Beside, Block, Bytes, CLASSES, Demands, INNER, Lightest, NEAR_YEARS, OUTDONE, Rest, fine};
use super::expansion::{Opening, Split};
use super::generation::Generation;
use super::index::{ROUNDING, within};
use super::mates::{Mate, Mates, charges};
use super::posting::{MIXED, Postings};
use super::reported_key::{Key, Row, rows, token_bound};
use super::score::{ReportedName, left_over_reported, mask};
use super::sift::{Wanted, sift};
use crate::name::MAX_TOKENS;
use outdoing::Outdoing;

/// A row of so many names is looked at name by name.
const SHORT_ROW: u32 = 8;
/// Names of so many tokens are few enough to be looked at all.
pub(super) const SHORTEST_LONG: usize = 4;
/// Tokens of a prefix that are marked one by one.
const MOST_MARKED: u32 = 512;
/// Finds the names that could weigh enough; holds the scratch space.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Keys with their bounds, heaviest first.
    keys: Vec<(f32, Key)>,
    bound: Bound,
    /// By key: what those from it on can add.
    rests: Vec<Rest>,
    /// The most that all others can weigh beside a key.
    others: Vec<f32>,
    /// Whether names must have so many tokens that all that have as many are looked at for initials.
    are_long: bool,
    /// What names must reach at least for which tokens are marked.
    marked: f32,
    charges: Vec<f32>,
    demands: Box<Demands>,
    /// What the tokens of keys that are not opened weigh; until that is known, the first of these keys for
    /// any class, and the least that is needed.
    outdoing: Box<Outdoing>,
    outdoing_of: Option<(usize, f32)>,
    /// Rows that wait to be read.
    waiting: Vec<Opening>,
    /// Places of rows that pass, and what the links are by which they are found.
    places: Vec<u32>,
    links: Vec<f32>,
    beside: Beside,
    /// What a name loses, by the byte of `beside`; and what it must reach, by the byte of `born`.
    losses: Box<Bytes>,
    needs: Box<Bytes>,
}

/// A key that is opened.
#[derive(Debug)]
struct Opened {
    /// The lightest link that is of use.
    lightest: Lightest,
    block: Block,
    entries: u64,
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
        self.add_up(reported);
    }

    /// What keys can add to each other.
    fn add_up(&mut self, reported: &ReportedName) {
        let (keys, count) = (&self.bound.keys, self.keys.len());
        let joined = |key: &(f32, Key)| match key.1 {
            Key::Token(i) => reported.expansions[i].split.map_or(0.0, Split::most).max(0.0),
            Key::Run(_) => 0.0,
        };
        self.others.clear();
        self.rests.clear();
        self.rests.resize(count + 1, Rest::default());
        let mut of_joined = 0.0;
        for (rest, key) in self.rests.iter_mut().zip(&self.keys).rev() {
            of_joined += joined(key);
            rest.most[INNER] = of_joined;
        }
        if !reported.runs.is_empty() {
            for (from, rest) in self.rests.iter_mut().enumerate() {
                rest.charged = keys.best(0, true, |k| k >= from);
                rest.most[OUTDONE] = keys.best(0, false, |k| k >= from);
            }
            self.others.extend(keys.keys.iter().map(|own| keys.best(mask(own.from, own.to), true, |_| true)));
            return;
        }
        // No key takes the place of another: they add up.
        let (mut charged, mut most) = (keys.tokens.iter().map(|t| t.0).sum::<f32>(), 0.0);
        self.rests[count].charged = charged;
        for (rest, key) in self.rests.iter_mut().zip(&keys.keys).rev() {
            charged += key.bits - keys.tokens[usize::from(key.from)].0;
            most += key.bits;
            (rest.charged, rest.most[OUTDONE]) = (charged, most);
        }
        self.others.extend(keys.keys.iter().map(|own| charged - own.bits));
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

    /// The bound of a name by its tokens, or by all but one that is known to agree.
    #[inline]
    fn of(&mut self, generation: &Generation, mates: Mates, known: usize, name: u32) -> f32 {
        if let Some(mates) = mates.all() {
            return self.bound.of(mates.len() + known, mates);
        }
        // One that is known is among them: a looser bound, no tighter one.
        let tokens = generation.names.tokens(name);
        self.bound.of(tokens.len().min(MAX_TOKENS), tokens.iter().map(Mate::guess))
    }

    /// Bounds the names of a block, and hands on those that could be heavy enough.
    fn look(&mut self, generation: &Generation, block: &mut Block, found: &mut impl FnMut(u32, f32)) {
        let postings = &generation.index.postings;
        for some in block.all().chunks(8) {
            let (mut eight, mut places) = (Eight::NONE, [0; 8]);
            for (i, &(place, bits, needed)) in some.iter().enumerate() {
                eight.set(i, postings.mates(place as usize), needed - bits);
                places[i] = place;
            }
            self.look_at(generation, &eight, &places, |i| some[i].1, found);
        }
        block.length = 0;
    }

    /// The same of eight names at their places, of each of which it is known what its link weighs.
    #[inline]
    fn look_at(
        &mut self,
        generation: &Generation,
        eight: &Eight,
        places: &[u32; 8],
        bits: impl Fn(usize) -> f32,
        found: &mut impl FnMut(u32, f32),
    ) {
        let postings = &generation.index.postings;
        let mut pass = self.bound.may_reach(eight);
        while pass != 0 {
            let i = pass.trailing_zeros() as usize;
            pass &= pass - 1;
            if eight.needed(i) == f32::INFINITY {
                // There are no more.
                break;
            }
            let place = places[i] as usize;
            let name = postings.names()[place];
            let bound = self.of(generation, postings.mates(place), 1, name);
            if bound >= eight.needed(i) {
                found(name, bits(i) + bound);
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
        let (fewest_opened, most_opened) = self.demands.begin(asked, &self.beside, &self.rests);
        if most_opened == 0 {
            return 0;
        }
        asked.by_byte(&mut self.needs.0);
        let least = asked.needs.into_iter().fold(f32::INFINITY, f32::min) - ROUNDING;
        self.outdoing_of = Some((fewest_opened, least));
        self.are_long = self.shortest_name(least).is_some_and(|length| length >= SHORTEST_LONG);
        let mut places = std::mem::take(&mut self.places);
        for i in 0..most_opened {
            if !self.is_repeated(reported, i) {
                entries += self.open(i, reported, generation, asked, &mut places, &mut found);
            }
        }
        self.places = places;
        let initials =
            self.keys[..most_opened].iter().any(|k| matches!(k.1, Key::Token(i) if reported.tokens.bytes(i).len() == 1));
        if initials && self.are_long {
            entries += self.look_at_long(generation, asked, &mut found);
        }
        entries
    }

    /// Makes ready to open a key.
    fn make_ready(&mut self, i: usize) -> Opened {
        self.bound.take(Some(i));
        let lightest = Lightest::of(&self.demands, i, self.others[i]);
        Opened { lightest, block: Block::default(), entries: 0 }
    }

    /// Whether a row may hold a name that has what is asked. Never a false no.
    #[inline]
    fn may_hold(&self, key: &Opened, row: &Opening) -> bool {
        let is_outdone = row.parts.is_parted || row.parts.first < row.to - row.from;
        let asks = if is_outdone { OUTDONE } else { INNER };
        self.demands.may_hold(&key.lightest, asks, row.head, fine(row.bits))
    }

    /// The names that one key finds.
    fn open(
        &mut self,
        i: usize,
        reported: &ReportedName,
        generation: &Generation,
        asked: &Asked<'_>,
        places: &mut Vec<u32>,
        found: &mut impl FnMut(u32, f32),
    ) -> u64 {
        let mut key = self.make_ready(i);
        let postings = &generation.index.postings;
        let is_initial = matches!(self.keys[i].1, Key::Token(i) if reported.tokens.bytes(i).len() == 1);
        rows(self.keys[i].1, reported, generation, key.lightest.least, |row, bits| match row {
            Row::Token(row) => self.await_row(&mut key, row, generation, asked, places, found),
            Row::Prefix(..) if is_initial && self.are_long => {}
            Row::Prefix(from, to) => {
                for id in from..to {
                    let row = Opening::of(id, bits, postings);
                    self.await_row(&mut key, &row, generation, asked, places, found);
                }
            }
            Row::Joined(row) => {
                let row = generation.index.joined.row(row);
                for stretch in asked.stretches {
                    let part = &row[within(row, &stretch.names)];
                    key.entries += part.len() as u64;
                    for &name in part {
                        let losses = self.losses.0[usize::from(postings.of_names[name as usize])];
                        let bound = bits + self.of(generation, postings.mates_of(name), 0, name);
                        if bound >= stretch.needed + losses - ROUNDING {
                            found(name, bound);
                        }
                    }
                }
            }
        });
        self.read(&mut key, generation, asked, places, found);
        self.look(generation, &mut key.block, found);
        key.entries
    }

    /// Puts a row with those that wait, if it may hold a name at all.
    #[inline]
    fn await_row(
        &mut self,
        key: &mut Opened,
        row: &Opening,
        generation: &Generation,
        asked: &Asked<'_>,
        places: &mut Vec<u32>,
        found: &mut impl FnMut(u32, f32),
    ) {
        if !self.may_hold(key, row) {
            return;
        }
        let postings = &generation.index.postings;
        if row.to - row.from == 1 {
            // The head says all of it.
            key.entries += 1;
            let needed = self.needs.0[usize::from(row.head.first)] + self.losses_of(row.head.beside);
            self.pass(key, generation, row.from, row.bits, needed, found);
            return;
        }
        // Fetched together, they cost one wait and not one each.
        if row.parts.is_parted {
            postings.fetch_groups(row.parts.first);
        } else if row.to - row.from > SHORT_ROW {
            postings.fetch_all(row.from as usize);
            postings.fetch_all((row.from + row.parts.first) as usize);
        } else {
            postings.fetch(row.from as usize);
        }
        self.waiting.push(*row);
        if self.waiting.len() == BLOCK {
            self.read(key, generation, asked, places, found);
        }
    }

    /// What a name loses by the byte of a head, or the least if that stands for any.
    fn losses_of(&self, beside: u8) -> f32 {
        if beside == MIXED { 0.0 } else { self.losses.0[usize::from(beside)] }
    }

    /// Reads the rows that wait.
    fn read(
        &mut self,
        key: &mut Opened,
        generation: &Generation,
        asked: &Asked<'_>,
        places: &mut Vec<u32>,
        found: &mut impl FnMut(u32, f32),
    ) {
        let postings = &generation.index.postings;
        let mut waiting = std::mem::take(&mut self.waiting);
        let mut links = std::mem::take(&mut self.links);
        places.clear();
        links.clear();
        for row in &waiting {
            let bits = row.bits;
            if row.parts.is_parted {
                self.sift_groups(key, generation, asked, row, places);
            } else if row.to - row.from <= SHORT_ROW {
                key.entries += u64::from(row.to - row.from);
                self.sift_short(key, postings, asked, row, places);
            } else {
                let first = row.from as usize + row.parts.first as usize;
                for (asks, part) in [(INNER, row.from as usize..first), (OUTDONE, first..row.to as usize)] {
                    if !part.is_empty() {
                        let wanted = self.wanted(key, asked, asks, bits);
                        let agreeing = self.agreeing(generation, asked, row, asks);
                        key.entries += sift(postings, part, &wanted, agreeing, places) as u64;
                    }
                }
            }
            links.resize(places.len(), bits);
        }
        let (eights, rest) = places.as_chunks::<8>();
        let (bits_of_eights, bits_of_rest) = links.as_chunks::<8>();
        for (places, bits) in eights.iter().zip(bits_of_eights) {
            let mut eight = Eight::NONE;
            for (i, (&place, bits)) in places.iter().zip(bits).enumerate() {
                eight.set(i, postings.mates(place as usize), self.needed(postings, place) - bits);
            }
            self.look_at(generation, &eight, places, |i| bits[i], found);
        }
        for (&place, bits) in rest.iter().zip(bits_of_rest) {
            self.pass(key, generation, place, *bits, self.needed(postings, place), found);
        }
        self.links = links;
        waiting.clear();
        self.waiting = waiting;
    }

    /// [`sift`] of a row that is parted.
    fn sift_groups(
        &mut self,
        key: &mut Opened,
        generation: &Generation,
        asked: &Asked<'_>,
        row: &Opening,
        places: &mut Vec<u32>,
    ) {
        let postings = &generation.index.postings;
        let (starts, reach) = postings.groups(row.parts.first);
        for outdone in [INNER, OUTDONE] {
            let mut wanted = self.wanted(key, asked, outdone, row.bits);
            let agreeing = self.agreeing(generation, asked, row, outdone);
            let [far, near, several, none] = wanted.reach.map(|r| r.into_iter().fold(u8::MAX, u8::min));
            let least = [far, near, several, none, far.min(near)];
            let (starts, reach) = (&starts[outdone * born::GROUPS..], &reach[outdone * born::GROUPS..]);
            let (mut groups, mut count) = ([0u8; born::GROUPS], 0);
            for (group, (reach, class)) in reach.iter().zip(asked.groups).enumerate() {
                groups[count] = group as u8;
                if *reach >= least[usize::from(class)] && starts[group] < starts[group + 1] {
                    // Fetched together, they cost one wait and not one each.
                    postings.fetch_all(starts[group] as usize);
                    count += 1;
                }
            }
            for group in groups[..count].iter().map(|g| usize::from(*g)) {
                wanted.least = least[usize::from(asked.groups[group])];
                let part = starts[group] as usize..starts[group + 1] as usize;
                key.entries += sift(postings, part, &wanted, agreeing, places) as u64;
            }
        }
    }

    /// What the name at a place must reach.
    #[inline]
    fn needed(&self, postings: &Postings, place: u32) -> f32 {
        let at = place as usize;
        self.needs.0[usize::from(postings.born[at])] + self.losses.0[usize::from(postings.beside[at])]
    }

    /// [`sift`] of a row that is not worth a table of what it must have.
    fn sift_short(&self, key: &Opened, postings: &Postings, asked: &Asked<'_>, row: &Opening, places: &mut Vec<u32>) {
        let bits = fine(row.bits);
        for at in row.from as usize..row.to as usize {
            let born = born::class(postings.born[at], asked.year, NEAR_YEARS);
            let class = born * CLASSES + beside::class(postings.beside[at], self.beside.nation);
            let asks = if at as u32 >= row.from + row.parts.first { OUTDONE } else { INNER };
            if postings.reach[at] >= self.demands.least_reach_of(&key.lightest, class, asks, bits) {
                places.push(at as u32);
            }
        }
    }

    /// Puts a name with those of which the other tokens are looked at.
    #[inline]
    fn pass(
        &mut self,
        key: &mut Opened,
        generation: &Generation,
        place: u32,
        bits: f32,
        needed: f32,
        found: &mut impl FnMut(u32, f32),
    ) {
        generation.index.postings.fetch_mates(place as usize);
        if key.block.push((place, bits, needed)) {
            self.look(generation, &mut key.block, found);
        }
    }

    /// What a name must have of which the opened key has a link of `bits`.
    fn wanted(&self, key: &Opened, asked: &Asked<'_>, asks: usize, bits: f32) -> Wanted {
        let (reach, least) = self.demands.least_reach(&key.lightest, asks, fine(bits));
        // What others add is in the reach then, or it is known.
        let inner = if asks == INNER { reach } else { self.demands.least_reach(&key.lightest, INNER, fine(bits)).0 };
        Wanted { least, reach, inner, nation: self.beside.nation, year: asked.year, years: NEAR_YEARS }
    }
}
