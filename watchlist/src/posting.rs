//! The rows of the index: the names that hold a token, and what stands beside each of them, so that
//! most names are passed over without touching them.

use std::ops::Range;

use arrow::buffer::ScalarBuffer;
use arrow::error::ArrowError;

use super::columns::Columns;
use super::dictionary::Dictionary;
use super::entity::NameKind;
use super::layout::{ListedToken, Names, Rows};
use super::listed::Listed;
use super::mates::Mates;
use super::search::SHORTEST_LONG;
use super::weights::NameWeights;
use super::{beside, born};
use crate::name::MAX_TOKENS;

/// Steps of a bit in which [`Postings::reach`] is counted.
pub(super) const STEP: f32 = 8.0;
/// The most that a reach says; it stands for this and more.
pub(super) const MOST_REACH: u8 = 254;

/// What is known of a whole row: the farthest reach, the first and the last of the bytes of `born`, and
/// the byte of `beside` that all names have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Head {
    pub reach: u8,
    pub first: u8,
    pub last: u8,
    /// [`MIXED`] where they have several.
    pub beside: u8,
}

/// Stands for any byte of `beside`.
pub(super) const MIXED: u8 = u8::MAX;

impl Head {
    fn of(reach: &[u8], borns: &[u8], besides: &[u8]) -> Self {
        let (Some(first), Some(last), Some(beside)) = (borns.iter().min(), borns.iter().max(), besides.first()) else {
            return Self::default();
        };
        let mixed = besides.iter().any(|b| b != beside);
        let reach = reach.iter().copied().max().unwrap_or(0);
        Self { reach, first: *first, last: *last, beside: if mixed { MIXED } else { *beside } }
    }

    fn packed(self) -> u32 {
        u32::from_le_bytes([self.reach, self.first, self.last, self.beside])
    }

    #[inline]
    fn unpacked(word: u32) -> Self {
        let [reach, first, last, beside] = word.to_le_bytes();
        Self { reach, first, last, beside }
    }
}

/// A row of so many names is parted into [`born::GROUPS`]. Tests have short rows.
const GROUPED: usize = if cfg!(test) { 4 } else { 768 };
/// Groups of a parted row: those of years, first of names that no other token outdoes.
const GROUPS: usize = 2 * born::GROUPS;

/// How a row is parted: in each names come first of which no other token can weigh more than that whose
/// row it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Parts {
    /// How common the token is.
    pub level: u8,
    /// Whether it has groups.
    pub is_parted: bool,
    /// How many names come first, if it has no groups; else its number.
    pub first: u32,
    /// The [`bucket`] of the token.
    pub bucket: u8,
}

/// Tokens that are common are so by as many levels, each with so many times as many holders as the
/// one before. In the row of a common token it is known beside each name which two of its other tokens
/// weigh most of those that weigh no more; these are as common.
pub(super) const LEVELS: usize = 5;
const COMMON: f32 = 48.0;
const MORE_COMMON: f32 = 6.0;
/// Buckets of common tokens; the first is of no token.
pub(super) const BUCKETS: usize = 128;

/// The bucket of a token.
#[inline]
pub(super) fn bucket(id: u32) -> u8 {
    1 + (id.wrapping_mul(0x9e37_79b1) >> 16) as u8 % (BUCKETS as u8 - 1)
}

/// Stands for more tokens than two.
pub(super) const MANY: u8 = BUCKETS as u8 - 1;

/// The bucket of a token that can weigh more than the one whose row it is.
#[inline]
pub(super) fn outdoing_bucket(id: u32) -> u8 {
    1 + (id.wrapping_mul(0x9e37_79b1) >> 16) as u8 % (MANY - 1)
}

/// The names that hold each token, those of the farthest reach first; in long rows by groups of years.
#[derive(Debug)]
pub(super) struct Postings {
    pub rows: Rows,
    /// [`Head`]s of the rows.
    heads: ScalarBuffer<u32>,
    /// The most that the tokens of the name can weigh that weigh no more than this one at most, in
    /// [`STEP`]s, rounded up.
    pub reach: ScalarBuffer<u8>,
    /// The [`bucket`]s of the two heaviest of these, and the reach without the two.
    pub firsts: ScalarBuffer<u8>,
    pub seconds: ScalarBuffer<u8>,
    pub rests: ScalarBuffer<u8>,
    /// The [`outdoing_bucket`]s of two tokens that can weigh more, 0 for none; of more than two the first
    /// is [`MANY`].
    pub outdoing: ScalarBuffer<u8>,
    pub outdoing_next: ScalarBuffer<u8>,
    /// [`Parts`] of each row; of parted rows where each group begins, and one past the last; and the
    /// farthest reach in it.
    parted: ScalarBuffer<u32>,
    group_starts: ScalarBuffer<u32>,
    group_reach: ScalarBuffer<u8>,
    /// What `beside` says of the entity.
    pub beside: ScalarBuffer<u8>,
    /// What `born` says of the entity.
    pub born: ScalarBuffer<u8>,
    /// The other tokens of the name.
    mates: ScalarBuffer<u64>,
    /// Names by the number of their tokens, from [`SHORTEST_LONG`] on.
    pub long_names: Rows,
    /// `beside` and all tokens of every name.
    pub of_names: ScalarBuffer<u8>,
    mates_of_names: ScalarBuffer<u64>,
}

impl Postings {
    pub(super) fn build(names: &Names, dictionary: &Dictionary, listed: &Listed, weights: &NameWeights) -> Self {
        let count = names.len() as u32;
        let pairs = (0..count).flat_map(|n| names.tokens(n).iter().map(move |t| (t.id(), n)));
        let rows = Rows::sort(dictionary.len(), pairs);
        let caps: Vec<f32> = (0..dictionary.len() as u32).map(|id| cap(dictionary.holders(id), dictionary, weights)).collect();
        // By the cap, not by the holders: where caps are equal, either token may be the other's mate.
        let levels: [f32; LEVELS] =
            std::array::from_fn(|i| cap((COMMON * MORE_COMMON.powi(i as i32)) as u32, dictionary, weights));
        let of_names: Vec<u8> = (0..count).map(|n| beside::of(listed, names.entity[n as usize])).collect();
        let years: Vec<u8> = (0..count).map(|n| born::of(listed, names.entity[n as usize])).collect();
        let mates_of_names: Vec<u64> = (0..count).flat_map(|n| Mates::new(names.tokens(n).iter(), dictionary).0).collect();
        let (mut sorted, mut reach, mut heads) = (Vec::new(), Vec::new(), Vec::new());
        let (mut besides, mut borns, mut mates) = (Vec::new(), Vec::new(), Vec::new());
        let (mut firsts, mut seconds, mut rests) = (Vec::new(), Vec::new(), Vec::new());
        let (mut outdoing, mut outdoing_next) = (Vec::new(), Vec::new());
        let (mut parted, mut group_starts, mut group_reach) = (Vec::new(), Vec::new(), Vec::new());
        let mut row: Vec<((bool, usize, u8, u32), Reach)> = Vec::new();
        let mut scratch = Vec::new();
        for id in 0..dictionary.len() as u32 {
            row.clear();
            let is_parted = rows.row(id).len() >= GROUPED;
            row.extend(rows.row(id).iter().map(|name| {
                let reach = Reach::of(id, *name, names, &caps, weights, &mut scratch);
                let group = if is_parted { born::group(years[*name as usize]) } else { 0 };
                ((reach.outdoing != [0; 2], group, 255 - reach.all, *name), reach)
            }));
            row.sort_unstable_by_key(|r| r.0);
            let level = levels.iter().filter(|most| caps[id as usize] <= **most).count() as u32;
            let first = row.partition_point(|r| !r.0.0) as u32;
            let number = (group_reach.len() / GROUPS) as u32;
            parted.push(if is_parted { number } else { first } << 4 | level << 1 | u32::from(is_parted));
            if is_parted {
                for (outdone, group) in [false, true].into_iter().flat_map(|o| (0..born::GROUPS).map(move |g| (o, g))) {
                    let from = row.partition_point(|r| (r.0.0, r.0.1) < (outdone, group));
                    group_starts.push((sorted.len() + from) as u32);
                    let reach = row.get(from).filter(|r| (r.0.0, r.0.1) == (outdone, group)).map_or(0, |r| r.1.all);
                    group_reach.push(reach);
                }
                group_starts.push((sorted.len() + row.len()) as u32);
            }
            for &((_, _, _, name), of) in &row {
                let tokens = names.tokens(name);
                let own = tokens.iter().position(|t| t.id() == id);
                let others = tokens.iter().enumerate().filter(|(i, _)| Some(*i) != own);
                sorted.push(name);
                reach.push(of.all);
                firsts.push(of.buckets[0]);
                seconds.push(of.buckets[1]);
                rests.push(of.rest);
                outdoing.push(of.outdoing[0]);
                outdoing_next.push(of.outdoing[1]);
                besides.push(of_names[name as usize]);
                borns.push(years[name as usize]);
                mates.extend(Mates::new(others.map(|t| t.1), dictionary).0);
            }
            let from = sorted.len() - row.len();
            heads.push(Head::of(&reach[from..], &borns[from..], &besides[from..]).packed());
        }
        let long = (0..count).map(|n| (names.tokens(n).len().min(MAX_TOKENS) as u32, n));
        let long = long.filter(|n| n.0 as usize >= SHORTEST_LONG);
        Self {
            heads: heads.into(),
            reach: reach.into(),
            firsts: firsts.into(),
            seconds: seconds.into(),
            rests: rests.into(),
            outdoing: outdoing.into(),
            outdoing_next: outdoing_next.into(),
            parted: parted.into(),
            group_starts: group_starts.into(),
            group_reach: group_reach.into(),
            rows: Rows { starts: rows.starts, values: sorted.into() },
            beside: besides.into(),
            born: borns.into(),
            mates: mates.into(),
            long_names: Rows::sort(MAX_TOKENS + 1, long),
            of_names: of_names.into(),
            mates_of_names: mates_of_names.into(),
        }
    }

    /// Where the names that hold a token stand.
    #[inline]
    pub(super) fn row(&self, token: u32) -> Range<usize> {
        self.rows.range(token)
    }

    /// Asks for what stands at a place before it is needed.
    #[inline]
    pub(super) fn fetch(&self, at: usize) {
        fetch(&self.reach, at);
        fetch(&self.beside, at);
        fetch(&self.born, at);
    }

    /// Asks for all that stands beside names at a place in a long row before it is needed.
    #[inline]
    pub(super) fn fetch_all(&self, at: usize) {
        self.fetch(at);
        let others = [&self.firsts, &self.seconds, &self.rests, &self.outdoing, &self.outdoing_next];
        others.into_iter().for_each(|of| fetch(of, at));
    }

    /// Asks for the groups of a parted row before they are needed.
    #[inline]
    pub(super) fn fetch_groups(&self, row: u32) {
        const LINE: usize = 16;
        let row = row as usize;
        (0..=GROUPS / LINE).for_each(|i| fetch(&self.group_starts, row * (GROUPS + 1) + i * LINE));
        (0..=GROUPS / (4 * LINE)).for_each(|i| fetch(&self.group_reach, row * GROUPS + i * 4 * LINE));
    }

    /// Asks for the other tokens of the name at a place before they are needed.
    #[inline]
    pub(super) fn fetch_mates(&self, at: usize) {
        fetch(&self.mates, 2 * at);
    }

    /// Asks for where a row is, and for its head, before they are needed.
    #[inline]
    pub(super) fn fetch_row(&self, token: u32) {
        fetch(&self.rows.starts, token as usize);
        fetch(&self.heads, token as usize);
        fetch(&self.parted, token as usize);
    }

    #[inline]
    pub(super) fn head(&self, token: u32) -> Head {
        Head::unpacked(self.heads[token as usize])
    }

    /// How a row is parted.
    #[inline]
    pub(super) fn parts(&self, token: u32) -> Parts {
        let word = self.parted[token as usize];
        Parts { level: (word >> 1 & 7) as u8, is_parted: word & 1 != 0, first: word >> 4, bucket: bucket(token) }
    }

    /// The groups of a parted row: where they begin, and one past the last; and the farthest reach in each.
    #[inline]
    pub(super) fn groups(&self, row: u32) -> (&[u32], &[u8]) {
        let row = row as usize;
        let starts = &self.group_starts[row * (GROUPS + 1)..(row + 1) * (GROUPS + 1)];
        (starts, &self.group_reach[row * GROUPS..(row + 1) * GROUPS])
    }

    /// The other tokens of the name at a place.
    #[inline]
    pub(super) fn mates(&self, at: usize) -> Mates {
        Mates([self.mates[2 * at], self.mates[2 * at + 1]])
    }

    /// All tokens of a name.
    #[inline]
    pub(super) fn mates_of(&self, name: u32) -> Mates {
        let at = 2 * name as usize;
        Mates([self.mates_of_names[at], self.mates_of_names[at + 1]])
    }

    /// Both words of [`Mates`] of all names.
    #[inline]
    pub(super) fn mates_of_all(&self) -> &[u64] {
        &self.mates_of_names
    }

    /// Asks for the other tokens of names that stand together before they are needed.
    #[inline]
    pub(super) fn fetch_names(&self, names: &Range<u32>) {
        const LINE: usize = 64;
        let (from, to) = (names.start as usize, names.end as usize);
        (from..to).step_by(LINE).for_each(|name| fetch(&self.of_names, name));
        (2 * from..2 * to).step_by(LINE / 8).for_each(|at| fetch(&self.mates_of_names, at));
    }

    /// Names by their places.
    #[inline]
    pub(super) fn names(&self) -> &[u32] {
        &self.rows.values
    }

    pub(super) fn write(&self, out: &mut Columns) {
        self.rows.write("index.tokens", out);
        self.long_names.write("index.long_names", out);
        out.put_u32("index.heads", &self.heads);
        out.put_u8("index.reach", &self.reach);
        out.put_u8("index.firsts", &self.firsts);
        out.put_u8("index.seconds", &self.seconds);
        out.put_u8("index.rests", &self.rests);
        out.put_u8("index.outdoing", &self.outdoing);
        out.put_u8("index.outdoing_next", &self.outdoing_next);
        out.put_u32("index.parted", &self.parted);
        out.put_u32("index.group_starts", &self.group_starts);
        out.put_u8("index.group_reach", &self.group_reach);
        out.put_u8("index.beside", &self.beside);
        out.put_u8("index.born", &self.born);
        out.put_u64("index.mates", &self.mates);
        out.put_u64("name.mates", &self.mates_of_names);
        out.put_u8("name.beside", &self.of_names);
    }

    pub(super) fn read(columns: &Columns) -> Result<Self, ArrowError> {
        Ok(Self {
            rows: Rows::read("index.tokens", columns)?,
            long_names: Rows::read("index.long_names", columns)?,
            heads: columns.u32("index.heads")?,
            reach: columns.u8("index.reach")?,
            firsts: columns.u8("index.firsts")?,
            seconds: columns.u8("index.seconds")?,
            rests: columns.u8("index.rests")?,
            outdoing: columns.u8("index.outdoing")?,
            outdoing_next: columns.u8("index.outdoing_next")?,
            parted: columns.u32("index.parted")?,
            group_starts: columns.u32("index.group_starts")?,
            group_reach: columns.u8("index.group_reach")?,
            beside: columns.u8("index.beside")?,
            born: columns.u8("index.born")?,
            mates_of_names: columns.u64("name.mates")?,
            mates: columns.u64("index.mates")?,
            of_names: columns.u8("name.beside")?,
        })
    }
}

/// What the tokens of a name can weigh besides one in whose row it stands.
#[derive(Debug, Clone, Copy)]
struct Reach {
    /// [`outdoing_bucket`]s of tokens that can weigh more.
    outdoing: [u8; 2],
    all: u8,
    buckets: [u8; 2],
    rest: u8,
}

impl Reach {
    fn of(id: u32, name: u32, names: &Names, caps: &[f32], weights: &NameWeights, below: &mut Vec<(f32, u32)>) -> Self {
        let (this, mut own) = (caps[id as usize], true);
        below.clear();
        let (mut outdoing, mut above) = ([0; 2], 0);
        for token in names.tokens(name).iter().map(ListedToken::id) {
            if token == id && std::mem::take(&mut own) {
                continue;
            }
            let cap = caps[token as usize];
            if cap < this || (cap == this && token >= id) {
                below.push((cap, token));
            } else {
                if let Some(bucket) = outdoing.get_mut(above) {
                    *bucket = outdoing_bucket(token);
                } else {
                    outdoing = [MANY, 0];
                }
                above += 1;
            }
        }
        below.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let weak = if names.kind(name) == NameKind::WeakAlias { weights.weak_alias } else { 0.0 };
        let steps = |tokens: &[(f32, u32)]| {
            let most = tokens.iter().map(|t| t.0).sum::<f32>() + weak;
            (most * STEP).ceil().clamp(0.0, f32::from(MOST_REACH)) as u8
        };
        let bucket_of = |i: usize| below.get(i).map_or(0, |t| bucket(t.1));
        Self { outdoing, all: steps(below), buckets: [bucket_of(0), bucket_of(1)], rest: steps(&below[below.len().min(2)..]) }
    }
}

/// Asks for a value before it is needed.
#[inline]
pub(super) fn fetch<T>(values: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(value) = values.get(at) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: nothing is read; the address is that of a value.
        #[allow(unsafe_code)]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, at);
}

/// The most that any link can weigh for one listed token that so many names hold.
fn cap(holders: u32, dictionary: &Dictionary, w: &NameWeights) -> f32 {
    // Two tokens that were run together weigh as both, with one error.
    let m = [w.exact, w.variant, w.near, w.far, w.sounds, w.truncated, w.joined, w.joined_sounds, w.joined.sqrt()];
    let m = m.into_iter().fold(0.0, f32::max);
    let u = dictionary.share(holders, w) + dictionary.unseen(w);
    (m / u).log2().max(w.initial_bits * 1.5).max(w.initial_bits).max(0.1)
}
