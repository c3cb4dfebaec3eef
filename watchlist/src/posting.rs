//! The rows of the index: the names that hold a token, and what stands beside each of them, so that
//! most names are passed over without touching them.

use std::ops::Range;

use arrow::buffer::ScalarBuffer;
use arrow::error::ArrowError;

use super::columns::Columns;
use super::dictionary::Dictionary;
use super::entity::{EntityKind, NameKind};
use super::layout::{ListedToken, Names, Rows};
use super::listed::Listed;
use super::weights::NameWeights;
use crate::name::{Role, is_patronymic};

/// Slots into which the ids of tokens are folded; slot 0 is never taken.
pub(super) const SLOTS: usize = 1 << 14;

/// The slot of a token.
#[inline]
pub(super) fn slot(id: u32) -> u16 {
    // The last slot is left free too, so that no four mates look like `MANY`.
    (1 + id % (SLOTS as u32 - 2)) as u16
}

/// Steps of a bit in which [`Postings::reach`] is counted.
pub(super) const STEP: f32 = 8.0;
/// The most that a reach says; it stands for this and more.
pub(super) const MOST_REACH: u8 = 254;

/// What a listed token costs that finds nothing: kinds of charges.
pub(super) const CHARGES: usize = 4;
const LIGHT: u16 = 0;
const SURNAME: u16 = 1;
const PATRONYMIC: u16 = 2;
const OTHER: u16 = 3;

/// The charges by kind.
pub(super) fn charges(w: &NameWeights) -> [f32; CHARGES] {
    // What may be a father's name is taken to be one.
    [w.left_over_light, w.left_over_surname, w.left_over_patronymic.max(w.left_over_listed), w.left_over_listed]
}

/// Whether the charge is that of a token that says something.
pub(super) fn is_heavy(charge: u16) -> bool {
    charge != LIGHT
}

/// A token of a name in 16 bits: slot, and kind of charge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mate(pub u16);

impl Mate {
    fn new(token: ListedToken, dictionary: &Dictionary) -> Self {
        let charge = if token.light() {
            LIGHT
        } else if token.role() == Role::Surname {
            SURNAME
        } else if token.role() == Role::Given && is_patronymic(dictionary.token(token.id())) {
            PATRONYMIC
        } else {
            OTHER
        };
        Self(slot(token.id()) | charge << 14)
    }

    /// Without a look at its letters: what may be a father's name is taken to be one.
    #[inline]
    pub(super) fn guess(token: ListedToken) -> Self {
        let charge = match token.role() {
            _ if token.light() => LIGHT,
            Role::Surname => SURNAME,
            Role::Given => PATRONYMIC,
            Role::Any => OTHER,
        };
        Self(slot(token.id()) | charge << 14)
    }

    #[inline]
    pub(super) fn slot(self) -> usize {
        usize::from(self.0) % SLOTS
    }

    #[inline]
    pub(super) fn charge(self) -> u16 {
        self.0 >> 14
    }
}

/// The last word of [`Mates`] of a name that has too many tokens to write down.
const MANY: u64 = u64::MAX;
/// Tokens that [`Mates`] hold at most.
const MOST_MATES: usize = 8;

/// Tokens of a name, eight at most: four in each word, none is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mates(pub [u64; 2]);

impl Mates {
    fn new(tokens: impl Iterator<Item = ListedToken>, dictionary: &Dictionary) -> Self {
        let mut words = [0u64; 2];
        for (i, token) in tokens.enumerate() {
            if i == MOST_MATES {
                return Self([0, MANY]);
            }
            words[i / 4] |= u64::from(Mate::new(token, dictionary).0) << (16 * (i % 4));
        }
        Self(words)
    }

    /// Each of them; `None` where they are too many.
    #[inline]
    pub(super) fn all(self) -> Option<impl ExactSizeIterator<Item = Mate>> {
        let Self([first, last]) = self;
        let count = match last {
            MANY => return None,
            0 => (79 - first.leading_zeros() as usize) / 16,
            _ => 4 + (79 - last.leading_zeros() as usize) / 16,
        };
        Some((0..count).map(move |i| Mate((if i < 4 { first >> (16 * i) } else { last >> (16 * (i - 4)) }) as u16)))
    }
}

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

/// Nationality and sex in one byte: six bits and two.
pub(super) mod beside {
    use super::{EntityKind, Listed};

    /// No nationality, several, and of another kind than a person.
    const NONE: u8 = 0;
    pub(in super::super) const SEVERAL: u8 = 62;
    pub(in super::super) const OTHER_KIND: u8 = 63;

    /// Six bits of a nationality.
    pub(in super::super) fn nation(code: u32) -> u8 {
        1 + (code.wrapping_mul(0x9e37_79b1) >> 16) as u8 % (SEVERAL - 1)
    }

    /// The byte of an entity.
    pub(super) fn of(listed: &Listed, entity: u32) -> u8 {
        let facts = listed.facts(entity);
        let nation = match (facts.kind(), listed.nationalities(entity, &facts)) {
            (EntityKind::Organisation | EntityKind::Vessel | EntityKind::Aircraft, _) => OTHER_KIND,
            (_, []) => NONE,
            (_, [only]) => nation(*only),
            _ => SEVERAL,
        };
        nation << 2 | facts.sex_code()
    }

    /// Number of the class of a byte, in the light of a reported [`nation`]: what nationality may
    /// say (agrees 0, unknown 4, differs 8, another kind 12), and the sex.
    #[inline]
    pub(in super::super) fn class(byte: u8, reported: u8) -> usize {
        let class = match byte >> 2 {
            NONE => 4,
            SEVERAL => 0,
            OTHER_KIND => 12,
            same if same == reported => 0,
            _ => 8,
        };
        usize::from(class | byte & 3)
    }
}

/// The years of birth of an entity in one byte.
pub(super) mod born {
    use super::Listed;

    /// No date; dates that lie apart.
    const UNKNOWN: u8 = 0;
    const APART: u8 = 1;
    /// The year that is the least number after those; it stands for all before it, and the last number
    /// for all after it.
    const FIRST: i16 = 1880;
    /// Dates of an entity that are so many years from one in their middle are one.
    const AROUND: i16 = 1;

    /// Classes of [`class`].
    pub(in super::super) const CLASSES: usize = 4;
    pub(in super::super) const FAR: usize = 0;
    pub(in super::super) const NEAR: usize = 1;
    pub(in super::super) const SEVERAL: usize = 2;
    pub(in super::super) const NONE: usize = 3;

    /// The byte of a year.
    pub(in super::super) fn year(year: i16) -> u8 {
        year.saturating_sub(FIRST).clamp(0, i16::from(u8::MAX) - 2) as u8 + 2
    }

    /// The byte of an entity.
    pub(super) fn of(listed: &Listed, entity: u32) -> u8 {
        let years = || listed.birth_dates(entity, listed.facts(entity)).map(|d| d.year);
        match (years().min(), years().max()) {
            (Some(first), Some(last)) if last - first <= 2 * AROUND => year(first + (last - first) / 2),
            (Some(_), _) => APART,
            _ => UNKNOWN,
        }
    }

    /// Years that the byte of an entity may be from a reported one and be near, given how many years
    /// its date may be.
    pub(in super::super) const fn reach(years: i16) -> u8 {
        (years + AROUND) as u8
    }

    /// Groups of years in which the names of a long row stand: no date, dates apart, numbers that stand
    /// for many years, then years together.
    pub(in super::super) const GROUPS: usize = 3 + (u8::MAX as usize - 3).div_ceil(TOGETHER);
    pub(in super::super) const TOGETHER: usize = 6;

    /// The group of a byte.
    pub(in super::super) fn group(byte: u8) -> usize {
        match byte {
            UNKNOWN => 0,
            APART => 1,
            2 | u8::MAX => 2,
            year => 3 + usize::from(year - 3) / TOGETHER,
        }
    }

    /// The first and the last byte of a group, of one class each.
    #[inline]
    pub(in super::super) fn of_group(group: usize) -> [u8; 2] {
        match group {
            0 => [UNKNOWN; 2],
            1 => [APART; 2],
            2 => [2; 2],
            years => {
                let first = 3 + (years - 3) * TOGETHER;
                [first as u8, (first + TOGETHER - 1).min(254) as u8]
            }
        }
    }

    /// Whether all bytes from one to another are [`FAR`].
    #[inline]
    pub(in super::super) fn all_far(first: u8, last: u8, reported: u8, reach: u8) -> bool {
        first > 2 && last < u8::MAX && (last < reported.saturating_sub(reach) || first > reported.saturating_add(reach))
    }

    /// The class of a byte in the light of a reported one, of which bytes up to `reach` are near. A
    /// number that stands for many years is near to all.
    #[inline]
    pub(in super::super) fn class(byte: u8, reported: u8, reach: u8) -> usize {
        match byte {
            UNKNOWN => NONE,
            APART => SEVERAL,
            2 | u8::MAX => NEAR,
            _ if byte.abs_diff(reported) <= reach => NEAR,
            _ => FAR,
        }
    }
}

/// A row of so many names is parted into [`born::GROUPS`].
const GROUPED: usize = 768;
/// Groups of a parted row: those of years, first of names that no other token outdoes.
const GROUPS: usize = 2 * born::GROUPS;

/// How a row is parted: in each names come first of which no other token can weigh more than that whose
/// row it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Parts {
    /// How common the token is.
    pub level: u8,
    /// How many names come first, if it has no groups; else its number.
    pub first: u32,
    pub groups: Option<u32>,
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
        let (mut parted, mut group_starts, mut group_reach) = (Vec::new(), Vec::new(), Vec::new());
        let mut row: Vec<((bool, usize, u8, u32), Reach)> = Vec::new();
        let mut scratch = Vec::new();
        for id in 0..dictionary.len() as u32 {
            row.clear();
            let is_parted = rows.row(id).len() >= GROUPED;
            row.extend(rows.row(id).iter().map(|name| {
                let reach = Reach::of(id, *name, names, &caps, weights, &mut scratch);
                let group = if is_parted { born::group(years[*name as usize]) } else { 0 };
                ((reach.is_outdone, group, 255 - reach.all, *name), reach)
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
                besides.push(of_names[name as usize]);
                borns.push(years[name as usize]);
                mates.extend(Mates::new(others.map(|t| t.1), dictionary).0);
            }
            let from = sorted.len() - row.len();
            heads.push(Head::of(&reach[from..], &borns[from..], &besides[from..]).packed());
        }
        Self {
            rows: Rows { starts: rows.starts, values: sorted.into() },
            heads: heads.into(),
            reach: reach.into(),
            firsts: firsts.into(),
            seconds: seconds.into(),
            rests: rests.into(),
            parted: parted.into(),
            group_starts: group_starts.into(),
            group_reach: group_reach.into(),
            beside: besides.into(),
            born: borns.into(),
            mates: mates.into(),
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
        let (number, level) = (word >> 4, (word >> 1 & 7) as u8);
        if word & 1 == 0 { Parts { level, first: number, groups: None } } else { Parts { level, first: 0, groups: Some(number) } }
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

    /// Names by their places.
    #[inline]
    pub(super) fn names(&self) -> &[u32] {
        &self.rows.values
    }

    pub(super) fn write(&self, out: &mut Columns) {
        self.rows.write("index.tokens", out);
        out.put_u32("index.heads", &self.heads);
        out.put_u8("index.reach", &self.reach);
        out.put_u8("index.firsts", &self.firsts);
        out.put_u8("index.seconds", &self.seconds);
        out.put_u8("index.rests", &self.rests);
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
            heads: columns.u32("index.heads")?,
            reach: columns.u8("index.reach")?,
            firsts: columns.u8("index.firsts")?,
            seconds: columns.u8("index.seconds")?,
            rests: columns.u8("index.rests")?,
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
    /// Whether another token can weigh more.
    is_outdone: bool,
    all: u8,
    buckets: [u8; 2],
    rest: u8,
}

impl Reach {
    fn of(id: u32, name: u32, names: &Names, caps: &[f32], weights: &NameWeights, below: &mut Vec<(f32, u32)>) -> Self {
        let (this, mut own) = (caps[id as usize], true);
        below.clear();
        let mut is_outdone = false;
        for token in names.tokens(name).iter().map(ListedToken::id) {
            if token == id && std::mem::take(&mut own) {
                continue;
            }
            let cap = caps[token as usize];
            if cap < this || (cap == this && token >= id) {
                below.push((cap, token));
            } else {
                is_outdone = true;
            }
        }
        below.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let weak = if names.kind(name) == NameKind::WeakAlias { weights.weak_alias } else { 0.0 };
        let steps = |tokens: &[(f32, u32)]| {
            let most = tokens.iter().map(|t| t.0).sum::<f32>() + weak;
            (most * STEP).ceil().clamp(0.0, f32::from(MOST_REACH)) as u8
        };
        let bucket_of = |i: usize| below.get(i).map_or(0, |t| bucket(t.1));
        Self { is_outdone, all: steps(below), buckets: [bucket_of(0), bucket_of(1)], rest: steps(&below[below.len().min(2)..]) }
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
