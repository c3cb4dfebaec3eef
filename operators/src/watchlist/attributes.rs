//! Evidence beside the name: birth date, nationality, sex, document. Pure functions of one pair;
//! what either side does not know weighs nothing.

use super::entity::{PartialDate, Sex};
use super::listed::DocumentKey;
use super::weights::{BirthDateWeights, DocumentWeights, SexWeights};

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
