//! Keys to the names that could weigh enough: name tokens, birth dates, document numbers.
//!
//! Entities stand in the order of their birth dates, so that a date and a year are ranges of
//! names, and every row of names can be narrowed to a range. [`Index::stretches`] parts all names
//! into ranges with the bits that a name there must weigh; [`super::search`] finds them.

use std::ops::Range;

use arrow::buffer::ScalarBuffer;
use arrow::error::ArrowError;

use super::attributes::birth_date_without_key;
use super::born;
use super::columns::Columns;
use super::dictionary::Dictionary;
use super::entity::{Entity, PartialDate};
use super::keys::Keys;
use super::layout::Names;
use super::listed::{DocumentKey, Listed};
use super::posting::{Postings, fetch};
use super::weights::{BirthDateWeights, NameWeights};

/// Sums in another order may differ by rounding: bounds are loosened by this many bits.
pub(super) const ROUNDING: f32 = 0.01;

/// Birth dates further apart than this many years differ, whatever the list says.
pub(super) const YEARS_AROUND: i16 = 2;

/// Slots of a year in [`Index::days`]: 13 months (0 is unknown) of 32 days (0 is unknown).
const YEAR: usize = 13 * 32;

/// The keys of a generation.
#[derive(Debug)]
pub(super) struct Index {
    /// Names that hold a token.
    pub postings: Postings,
    /// Names of which neighbouring tokens, joined, have the key.
    pub joined: Keys,
    /// First name of every day, month and year from `first_year` on.
    days: ScalarBuffer<u32>,
    first_year: i16,
    /// First name of the entities with several birth dates, and of those with none.
    several: u32,
    undated: u32,
    /// Birth dates of the former, by [`date_slot`] of year 0.
    several_dates: Keys,
    documents: Keys,
    /// Entities of every group that has several.
    groups: Keys,
}

/// Names that stand together, and the bits that a name there must reach.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stretch {
    pub names: Range<u32>,
    pub needed: f32,
    /// The class of [`born`] that needs so much; some of the names may need more.
    pub class: usize,
}

/// Where an entity stands in a generation: by its one birth date; then those with several dates,
/// then those with none.
pub(super) fn place(entity: &Entity) -> (u8, u64) {
    match entity.birth_dates.as_slice() {
        [only] => (0, date_slot(*only, 0)),
        [] => (2, 0),
        _ => (1, 0),
    }
}

fn date_slot(date: PartialDate, first_year: i16) -> u64 {
    let years = u64::from((date.year - first_year).unsigned_abs());
    years * YEAR as u64 + u64::from(date.month) * 32 + u64::from(date.day)
}

impl Index {
    /// Entities must stand in the order of [`place`].
    pub(super) fn build(
        entities: &[Entity],
        names: &Names,
        dictionary: &Dictionary,
        joined: Vec<(u64, u32)>,
        listed: &Listed,
        weights: &NameWeights,
    ) -> Self {
        let count = names.len() as u32;
        let class = |name: u32| place(&entities[names.entity[name as usize] as usize]).0;
        let several = partition(count, |n| class(n) < 1);
        let undated = partition(count, |n| class(n) < 2);
        let date = |name: u32| entities[names.entity[name as usize] as usize].birth_dates[0];
        let first_year = if several > 0 { date(0).year } else { 0 };
        let years = if several > 0 { (date(several - 1).year - first_year) as usize + 1 } else { 0 };
        let mut days = vec![0u32; years * YEAR + 1];
        for name in 0..several {
            days[date_slot(date(name), first_year) as usize + 1] += 1;
        }
        for slot in 1..days.len() {
            days[slot] += days[slot - 1];
        }
        let dates = (0u32..).zip(entities).filter(|(_, e)| e.birth_dates.len() > 1);
        let dates = dates.flat_map(|(i, e)| e.birth_dates.iter().map(move |d| (date_slot(*d, 0), i)));
        Self {
            postings: Postings::build(names, dictionary, listed, weights),
            joined: Keys::build(joined),
            days: days.into(),
            first_year,
            several,
            undated,
            several_dates: Keys::build(dates.collect()),
            documents: Keys::build(listed.document_keys()),
            groups: Keys::build(listed.grouped()),
        }
    }

    /// Entities of a group that has several; none of one that has not.
    pub(super) fn members(&self, group: u32) -> &[u32] {
        self.groups.get(u64::from(group))
    }

    /// Entities that are found by a reported document.
    pub(super) fn documented(&self, documents: &[Option<DocumentKey>], out: &mut Vec<u32>) {
        for key in documents.iter().flatten() {
            out.extend_from_slice(self.documents.get(key.folded));
        }
    }

    /// Entities with several birth dates of which one agrees with a reported day better than
    /// [`birth_date_without_key`] says; with the most that their dates weigh.
    pub(super) fn several<'a>(
        &'a self,
        date: Option<PartialDate>,
        w: &'a BirthDateWeights,
    ) -> impl Iterator<Item = (u32, f32)> + 'a {
        date.into_iter().flat_map(move |reported| {
            let otherwise = birth_date_without_key(reported, w);
            keyed_dates(reported).flat_map(move |(date, level)| {
                let most = level.most(w).max(otherwise);
                self.several_dates.get(date_slot(date, 0)).iter().map(move |entity| (*entity, most))
            })
        })
    }

    /// Asks for what stands under a reported day before it is needed.
    pub(super) fn fetch(&self, date: PartialDate) {
        for (date, _) in keyed_dates(date) {
            self.several_dates.fetch(date_slot(date, 0));
            if date.year >= self.first_year {
                fetch(&self.days, date_slot(date, self.first_year) as usize);
            }
        }
        for year in [date.year - YEARS_AROUND, date.year + YEARS_AROUND + 1] {
            fetch(&self.days, self.year_slot(year));
        }
    }

    /// Names of the entities whose one birth date agrees with a reported day better than
    /// [`birth_date_without_key`] says; with what that date weighs.
    pub(super) fn dated<'a>(
        &'a self,
        date: Option<PartialDate>,
        w: &'a BirthDateWeights,
    ) -> impl Iterator<Item = (Range<u32>, f32)> + 'a {
        date.into_iter().flat_map(keyed_dates).map(move |(date, level)| (self.day(date), level.most(w)))
    }

    fn day(&self, date: PartialDate) -> Range<u32> {
        if date.year < self.first_year {
            return 0..0;
        }
        let slot = date_slot(date, self.first_year) as usize;
        if slot + 1 < self.days.len() { self.days[slot]..self.days[slot + 1] } else { 0..0 }
    }

    /// First name of a year or a later one, among the names with one birth date.
    fn year(&self, year: i16) -> u32 {
        self.days[self.year_slot(year)]
    }

    fn year_slot(&self, year: i16) -> usize {
        let years = i32::from(year) - i32::from(self.first_year);
        (years.max(0) as usize * YEAR).min(self.days.len() - 1)
    }

    /// What a name must reach without its birth date, by the class of [`born`].
    pub(super) fn needs(date: Option<PartialDate>, needed: f32, w: &BirthDateWeights) -> [f32; born::CLASSES] {
        let mut needs = [needed; born::CLASSES];
        if let Some(date) = date {
            let near = needed - birth_date_without_key(date, w);
            needs[born::FAR] = needed - w.differs;
            (needs[born::NEAR], needs[born::SEVERAL]) = (near, near);
        }
        needs
    }

    /// Parts all names by what their birth dates can add to `needed`, the bits that a name must
    /// reach without its birth date. [`Self::several`] and [`Self::dated`] find what agrees best.
    pub(super) fn stretches(
        &self,
        names: u32,
        date: Option<PartialDate>,
        needed: f32,
        w: &BirthDateWeights,
        out: &mut Vec<Stretch>,
    ) {
        out.clear();
        let mut push = |names: Range<u32>, needed, class| {
            if !names.is_empty() {
                out.push(Stretch { names, needed, class });
            }
        };
        let Some(date) = date else {
            push(0..names, needed, born::FAR);
            return;
        };
        let (from, to) = (self.year(date.year - YEARS_AROUND), self.year(date.year + YEARS_AROUND + 1));
        let needs = Self::needs(Some(date), needed, w);
        let (near, far) = (needs[born::NEAR], needs[born::FAR]);
        push(0..from, far, born::FAR);
        push(from..to, near, born::NEAR);
        push(to..self.several, far, born::FAR);
        push(self.several..self.undated, near, born::SEVERAL);
        push(self.undated..names, needed, born::NONE);
    }

    pub(super) fn write(&self, out: &mut Columns) {
        self.postings.write(out);
        self.joined.write("index.joined", out);
        out.put_u32("index.days", &self.days);
        out.put_u32("index.marks", &vec![self.first_year as u32, self.several, self.undated].into());
        self.several_dates.write("index.several_dates", out);
        self.documents.write("index.documents", out);
        self.groups.write("index.groups", out);
    }

    pub(super) fn read(columns: &Columns) -> Result<Self, ArrowError> {
        let marks = columns.u32("index.marks")?;
        let [first_year, several, undated] = marks.as_ref() else {
            return Err(ArrowError::SchemaError("index.marks of the generation is damaged".to_owned()));
        };
        Ok(Self {
            postings: Postings::read(columns)?,
            joined: Keys::read("index.joined", columns)?,
            days: columns.u32("index.days")?,
            first_year: *first_year as i16,
            several: *several,
            undated: *undated,
            several_dates: Keys::read("index.several_dates", columns)?,
            documents: Keys::read("index.documents", columns)?,
            groups: Keys::read("index.groups", columns)?,
        })
    }
}

/// How a date that is a key agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DateKey {
    Exact,
    Month,
    Swapped,
}

impl DateKey {
    fn most(self, w: &BirthDateWeights) -> f32 {
        match self {
            Self::Exact => w.exact.max(w.exact_first_of_january),
            Self::Month => w.month,
            Self::Swapped => w.swapped,
        }
    }
}

/// The listed dates that agree with a reported day best.
fn keyed_dates(date: PartialDate) -> impl Iterator<Item = (PartialDate, DateKey)> {
    let full = date.day > 0;
    let swapped = full && date.day <= 12 && date.day != date.month;
    let month = PartialDate { day: 0, ..date };
    let other = PartialDate { month: date.day, day: date.month, ..date };
    [(full, date, DateKey::Exact), (full, month, DateKey::Month), (swapped, other, DateKey::Swapped)]
        .into_iter()
        .filter_map(|(holds, date, key)| holds.then_some((date, key)))
}

/// The part of an ascending row that lies in a range.
#[inline]
pub(super) fn within(row: &[u32], names: &Range<u32>) -> Range<usize> {
    match row {
        [] => 0..0,
        [only] => 0..usize::from(names.contains(only)),
        [first, .., last] if *first >= names.start && *last < names.end => 0..row.len(),
        [first, .., last] => {
            let from = if *first >= names.start { 0 } else { row.partition_point(|n| *n < names.start) };
            let to = if *last < names.end { row.len() } else { from + row[from..].partition_point(|n| *n < names.end) };
            from..to
        }
    }
}

/// First of `0..count` for which `before` does not hold.
fn partition(count: u32, before: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
