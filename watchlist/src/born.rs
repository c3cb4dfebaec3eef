//! The years of birth of an entity in one byte.

use super::listed::Listed;

/// No date; dates that lie apart.
const UNKNOWN: u8 = 0;
const APART: u8 = 1;
/// The year that is the least number after those; it stands for all before it, and the last number
/// for all after it.
const FIRST: i16 = 1880;
/// Dates of an entity that are so many years from one in their middle are one.
const AROUND: i16 = 1;

/// Classes of [`class`].
pub(super) const CLASSES: usize = 4;
pub(super) const FAR: usize = 0;
pub(super) const NEAR: usize = 1;
pub(super) const SEVERAL: usize = 2;
pub(super) const NONE: usize = 3;

/// The byte of a year.
pub(super) fn year(year: i16) -> u8 {
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
pub(super) const fn reach(years: i16) -> u8 {
    (years + AROUND) as u8
}

/// Groups of years in which the names of a long row stand: no date, dates apart, numbers that stand
/// for many years, then years together.
pub(super) const GROUPS: usize = 3 + (u8::MAX as usize - 3).div_ceil(TOGETHER);
pub(super) const TOGETHER: usize = 6;

/// The group of a byte.
pub(super) fn group(byte: u8) -> usize {
    match byte {
        UNKNOWN => 0,
        APART => 1,
        2 | u8::MAX => 2,
        year => 3 + usize::from(year - 3) / TOGETHER,
    }
}

/// The first and the last byte of a group, of one class each.
#[inline]
pub(super) fn of_group(group: usize) -> [u8; 2] {
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
pub(super) fn all_far(first: u8, last: u8, reported: u8, reach: u8) -> bool {
    first > 2 && last < u8::MAX && (last < reported.saturating_sub(reach) || first > reported.saturating_add(reach))
}

/// The class of a byte in the light of a reported one, of which bytes up to `reach` are near. A
/// number that stands for many years is near to all.
#[inline]
pub(super) fn class(byte: u8, reported: u8, reach: u8) -> usize {
    match byte {
        UNKNOWN => NONE,
        APART => SEVERAL,
        2 | u8::MAX => NEAR,
        _ if byte.abs_diff(reported) <= reach => NEAR,
        _ => FAR,
    }
}
