//! Evidence beside the name: birth date and place, nationality, sex, document, kind. Pure functions of one pair;
//! what either side does not know weighs nothing.

use super::entity::{EntityKind, PartialDate, Sex};
use super::listed::DocumentKey;
use super::weights::{BirthDateWeights, BirthPlaceWeights, DocumentWeights, SexWeights};
use tamis_records::country::alpha3;

/// A level with its weight.
pub(super) type Weighed = (&'static str, f32);

/// How two dates agree.
pub(super) fn compare_dates(reported: PartialDate, listed: PartialDate, w: &BirthDateWeights) -> Weighed {
    let years = (i32::from(reported.year) - i32::from(listed.year)).abs();
    if years > 2 {
        return ("differs", w.differs);
    }
    let both_full = reported.day > 0 && listed.day > 0;
    let both_months = reported.month > 0 && listed.month > 0;
    let circa = reported.circa || listed.circa;
    if both_full && years == 0 {
        if (reported.month, reported.day) == (listed.month, listed.day) {
            return match (listed.month, listed.day) {
                (1, 1) => ("exact_first_of_january", w.exact_first_of_january),
                _ => ("exact", w.exact),
            };
        }
        if (reported.month, reported.day) == (listed.day, listed.month) {
            return ("swapped", w.swapped);
        }
    }
    if years == 0 && both_months && reported.month == listed.month {
        return if both_full { ("day_differs", w.day_differs) } else { ("month", w.month) };
    }
    // "circa 1961" or a range of years: nothing finer than the year is meant.
    if circa && years <= 2 {
        return ("circa", w.circa);
    }
    if years == 0 && !both_months {
        return ("year", w.year);
    }
    if both_full && (1..=2).contains(&years) && (reported.month, reported.day) == (listed.month, listed.day) {
        return match (listed.month, listed.day) {
            (1, 1) => ("same_year", w.same_year),
            _ => ("year_differs_by_little", w.year_differs_by_little),
        };
    }
    if years == 0 {
        return ("same_year", w.same_year);
    }
    ("differs", w.differs)
}

/// The heaviest agreement with any listed date.
#[inline]
pub(super) fn birth_date(
    reported: PartialDate,
    listed: impl Iterator<Item = PartialDate>,
    w: &BirthDateWeights,
) -> Option<(PartialDate, Weighed)> {
    listed.map(|l| (l, compare_dates(reported, l, w))).reduce(|best, next| if next.1.1 > best.1.1 { next } else { best })
}

/// An upper bound of [`birth_date`] over all entities that the birth-date keys do not find. A
/// date reported to the day finds equal and swapped days, and dates listed to the month.
pub(super) fn birth_date_without_key(reported: PartialDate, w: &BirthDateWeights) -> f32 {
    let mut most = w.year.max(w.same_year).max(w.circa).max(0.0);
    if reported.day > 0 {
        most = most.max(w.year_differs_by_little).max(w.day_differs);
    } else if reported.month > 0 {
        most = most.max(w.month);
    }
    most
}

/// Agreement of two sexes.
pub(super) fn sex(reported: Option<Sex>, listed: Option<Sex>, w: &SexWeights) -> Option<Weighed> {
    match (reported?, listed?) {
        (Sex::Other, _) | (_, Sex::Other) => None,
        (a, b) if a == b => Some(("exact", w.agrees)),
        _ => Some(("differs", w.differs)),
    }
}

/// The heaviest agreement between any two documents, with the index of both.
pub(super) fn document(
    reported: &[Option<DocumentKey>],
    listed: impl Iterator<Item = (usize, DocumentKey)> + Clone,
    w: &DocumentWeights,
) -> Option<(usize, usize, Weighed)> {
    let mut best: Option<(usize, usize, Weighed)> = None;
    for (i, r) in reported.iter().enumerate() {
        let Some(r) = r else { continue };
        for (j, l) in listed.clone() {
            if r.folded != l.folded {
                continue;
            }
            let near = r.exact != l.exact;
            let other_issuer = r.issuer != 0 && l.issuer != 0 && r.issuer != l.issuer;
            let level = match (near, other_issuer) {
                (false, false) => "exact",
                (true, false) => "near",
                (false, true) => "other_issuer",
                (true, true) => "near_other_issuer",
            };
            let bits = (w.per_character * f32::from(l.length)).min(w.max)
                - if near { w.near_loss } else { 0.0 }
                - if other_issuer { w.other_issuer_loss } else { 0.0 };
            let weighed = (level, bits.max(0.0));
            if best.is_none_or(|b| weighed.1 > b.2.1) {
                best = Some((i, j, weighed));
            }
        }
    }
    best
}

/// Whether two ships are one by their IMO numbers, if both have one.
pub(super) fn imo(
    reported: &[Option<DocumentKey>],
    listed: impl Iterator<Item = (usize, DocumentKey)> + Clone,
    w: &DocumentWeights,
) -> Option<(usize, usize, Weighed)> {
    let mut differs = None;
    for (i, r) in reported.iter().enumerate() {
        let Some(r) = r.filter(|r| r.may_be_imo()) else { continue };
        for (j, l) in listed.clone().filter(|l| l.1.may_be_imo()) {
            if r.folded == l.folded {
                return Some((i, j, ("exact", w.imo)));
            }
            differs = Some((i, j, ("differs", w.imo_differs)));
        }
    }
    differs
}

/// The documents of a ship or of anything else.
pub(super) fn documents(
    both_ships: bool,
    reported: &[Option<DocumentKey>],
    listed: impl Iterator<Item = (usize, DocumentKey)> + Clone,
    w: &DocumentWeights,
) -> Option<(usize, usize, Weighed)> {
    let imo = if both_ships { imo(reported, listed.clone(), w) } else { None };
    imo.or_else(|| document(reported, listed, w))
}

/// Whether the two may be one thing; what either side does not know is no difference.
pub(super) fn kind_differs(reported: EntityKind, listed: EntityKind) -> bool {
    reported != listed && reported != EntityKind::Unknown && listed != EntityKind::Unknown
}

/// Letters from which a word of a place says something (`AL`, `OF` and `NEW` do not).
const PLACE_WORD: usize = 4;

/// The words of a place that are compared: no short ones, no countries, for nationality is
/// evidence of its own.
pub(super) fn place_words(place: &str) -> impl Iterator<Item = &str> {
    words(place).filter(|w| alpha3(w).is_none())
}

fn words(place: &str) -> impl Iterator<Item = &str> {
    let parts = place.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() >= PLACE_WORD);
    parts.take(MOST_PLACE_WORDS)
}

/// Words of a place that are looked at.
const MOST_PLACE_WORDS: usize = 16;

/// Agreement of a place, of which the words are known, with those of an entity: the word that
/// agrees, or a place that differs.
pub(super) fn birth_place<'a>(
    reported: &[String],
    listed: impl Iterator<Item = &'a str>,
    w: &BirthPlaceWeights,
) -> Option<(&'a str, Weighed)> {
    let mut differs = None;
    for place in listed {
        for word in words(place) {
            if reported.iter().any(|r| r.eq_ignore_ascii_case(word)) {
                return Some((place, ("word", w.agrees)));
            }
            // A script that is not compared here says nothing.
            if word.is_ascii() {
                differs = Some((place, ("differs", w.differs)));
            }
        }
    }
    differs.filter(|_| !reported.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::weights::{SHIPPED_WEIGHTS, Weights};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn birth_dates_agree_by_level() {
        let w = Weights::parse(SHIPPED_WEIGHTS).unwrap();
        let level =
            |a: &str, b: &str| birth_date(a.parse().unwrap(), std::iter::once(b.parse().unwrap()), &w.birth_date).unwrap().1.0;
        for (a, b, expected) in [
            ("1972-05-31", "1972-05-31", "exact"),
            ("1972-01-01", "1972-01-01", "exact_first_of_january"),
            ("1972-05-03", "1972-03-05", "swapped"),
            ("1972-05-03", "1972-05-04", "day_differs"),
            ("1972-05-03", "1972-05", "month"),
            ("1972-05-03", "1972", "year"),
            ("1972-05-03", "~1973", "circa"),
            ("1972-05-03", "1971-05-03", "year_differs_by_little"),
            ("1972-05-03", "1972-09-11", "same_year"),
            ("1972-05-03", "1980", "differs"),
            ("1972", "1972-09-11", "year"),
        ] {
            assert_eq!(level(a, b), expected, "{a} {b}");
        }
        assert!(birth_date("1972".parse().unwrap(), std::iter::empty(), &w.birth_date).is_none());
    }

    proptest! {
        // The bound that lets the index pass over entities.
        #[test]
        fn what_no_key_finds_is_bounded(ry in 1950i16..1960, rm in 0u8..13, rd in 0u8..29, ly in 1950i16..1960, lm in 0u8..13, ld in 0u8..29, circa: bool) {
            let w = Weights::parse(SHIPPED_WEIGHTS).unwrap().birth_date;
            let date = |y, m: u8, d| PartialDate { year: y, month: m, day: if m == 0 { 0 } else { d }, circa: false };
            let (r, l) = (date(ry, rm, rd), PartialDate { circa, ..date(ly, lm, ld) });
            let (level, bits) = compare_dates(r, l, &w);
            let keyed = r.day > 0 && matches!(level, "exact" | "exact_first_of_january" | "swapped" | "month");
            prop_assert!(keyed || bits <= birth_date_without_key(r, &w));
        }
    }
}
