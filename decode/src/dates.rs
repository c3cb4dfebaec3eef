//! Dates and times as the messages write them.
//!
//! Two-digit years need a rule. A birth date lies in the past of the flight, so it takes the latest
//! century that is not after it. An expiry takes the year from 50 before to 49 after the flight:
//! wider on the far side than the ten years of a passport, since seafarers' and crew documents run
//! for decades and an expiry long past is worth seeing as such. Flights and interchanges are
//! of our time: 70–99 is 19xx, the rest 20xx.

use chrono::{Datelike, NaiveDate};

use super::short;

/// How much of a date is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    Day,
    Month,
    Year,
}

impl Precision {
    /// Word of the column.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// Which century a two-digit year belongs to. Days are counted from 1970-01-01.
#[derive(Debug, Clone, Copy)]
pub(super) enum Century {
    /// The latest that does not lie after this day.
    Past(i32),
    /// From 50 years before to 49 years after this day.
    Near(i32),
}

/// Days from 1970-01-01 of a date, if it is one.
#[inline]
pub(super) fn days(year: i32, month: u32, day: u32) -> Option<i32> {
    // For each month the days before it and its own, and the same in a leap year.
    const MONTHS: [[(u16, u8); 16]; 2] = {
        let mut months = [[(0, 0); 16]; 2];
        let mut month = 1;
        while month <= 12 {
            let (common, leap) = (length(1970, month), length(1972, month));
            let at = month as usize;
            months[0][at].1 = common as u8;
            months[1][at].1 = leap as u8;
            months[0][at + 1].0 = months[0][at].0 + common as u16;
            months[1][at + 1].0 = months[1][at].0 + leap as u16;
            month += 1;
        }
        months
    };
    // In these years every fourth is a leap year.
    if (1901..2100).contains(&year) {
        let (before, length) = MONTHS[usize::from(year % 4 == 0)][(month & 15) as usize];
        let well = month < 16 && day.wrapping_sub(1) < u32::from(length);
        return well.then(|| (year - 1970) * 365 + ((year - 1969) >> 2) + i32::from(before) + day as i32 - 1);
    }
    far_days(year, month, day)
}

fn far_days(year: i32, month: u32, day: u32) -> Option<i32> {
    if !(0..=9999).contains(&year) {
        return NaiveDate::from_ymd_opt(year, month, day).map(|d| d.num_days_from_ce() - 719_163);
    }
    if !(1..=12).contains(&month) || day == 0 || day > length(year, month) {
        return None;
    }
    // Years begin in March, so that the day that may be missing is the last one.
    let year = year + 400 - i32::from(month < 3);
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + in_year as i32 - 719_468 - 146_097)
}

const fn length(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Year, month and day of a number of days, from the year 0 to 9999.
fn civil(days: i32) -> Option<(i32, u32, u32)> {
    if !(-719_528..=2_932_896).contains(&days) {
        return None;
    }
    // Counted from 1 March of the year -400, in eras of 400 years.
    let days = days + 719_468 + 146_097;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = (day - (365 * year + year / 4 - year / 100)) as u32;
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    Some((era * 400 + year - 400 + i32::from(month < 3), month, day))
}

/// Year of a day.
#[inline]
fn year_of(days: i32) -> i32 {
    // From 1970 to 2099 every fourth year is a leap year, counted from 1969.
    if (0..47_482).contains(&days) {
        return 1969 + (4 * (days + 365) + 3) / 1461;
    }
    let far = || NaiveDate::from_num_days_from_ce_opt(days.saturating_add(719_163)).map_or(1970, |d| d.year());
    civil(days).map_or_else(far, |(year, ..)| year)
}

/// Writes a day as `2024-01-31`.
pub(super) fn write_day(days: i32, out: &mut String) {
    let far = || NaiveDate::from_num_days_from_ce_opt(days.saturating_add(719_163)).map(|d| (d.year(), d.month(), d.day()));
    if let Some((year, month, day)) = civil(days).or_else(far) {
        let mut text = *b"0000-00-00";
        let mut put = |from: usize, to: usize, mut number: u32| {
            for digit in text[from..to].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        };
        put(0, 4, year.unsigned_abs());
        put(5, 7, month);
        put(8, 10, day);
        out.push_str(std::str::from_utf8(&text).unwrap_or_default());
    }
}

/// Year, month and day of a text with four-digit year where `full`.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    year: i32,
    full: bool,
    month: u32,
    day: u32,
    /// Minutes of the day.
    minutes: Option<u32>,
}

/// A day, with how much of it is known; `None` where the text is no date. `format` is DE 2379
/// (101, 102, 201, 203, 602, 610); the length of the text decides where both disagree.
pub(super) fn day(text: &[u8], format: &[u8], century: Century) -> Option<(i32, Precision)> {
    let parts = parts(text, format)?;
    let precision = match (parts.month, parts.day) {
        (0, 0) => Precision::Year,
        (0, _) => return None,
        (_, 0) => Precision::Month,
        _ => Precision::Day,
    };
    let (month, day) = (parts.month.max(1), parts.day.max(1));
    let on = |year: i32| days(year, month, day);
    if parts.full {
        return on(parts.year).map(|d| (d, precision));
    }
    let found = match century {
        Century::Past(limit) => {
            let year = year_of(limit).div_euclid(100) * 100 + parts.year;
            match on(year) {
                Some(d) if d <= limit => Some(d),
                // 29 February may exist in one of the centuries only.
                _ => on(year - 100),
            }
        }
        Century::Near(around) => {
            let around = year_of(around);
            let mut year = around.div_euclid(100) * 100 + parts.year;
            if year > around + 49 {
                year -= 100;
            } else if year < around - 50 {
                year += 100;
            }
            on(year)
        }
    };
    found.map(|d| (d, precision))
}

/// A day around which years of two digits are read, for many dates as most lists write them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pivot {
    limit: i32,
    year: i32,
    /// The first year of its century.
    century: i32,
}

impl Pivot {
    pub(super) fn new(limit: i32) -> Self {
        let year = year_of(limit);
        Self { limit, year, century: year.div_euclid(100) * 100 }
    }

    /// The same as [`day`] of [`Century::Past`] for a whole date `yymmdd` in the lower six bytes; `None` where that takes
    /// a closer look.
    #[inline]
    pub(super) fn past(&self, six: u64) -> Option<(i32, Precision)> {
        let [year, month, day] = whole(six)?;
        let year = self.century + year as i32;
        match days(year, month, day) {
            Some(found) if found <= self.limit => Some((found, Precision::Day)),
            _ => days(year - 100, month, day).map(|found| (found, Precision::Day)),
        }
    }

    /// The same as [`day`] of [`Century::Near`].
    #[inline]
    pub(super) fn near(&self, six: u64) -> Option<i32> {
        let [year, month, day] = whole(six)?;
        let mut year = self.century + year as i32;
        if year > self.year + 49 {
            year -= 100;
        } else if year < self.year - 50 {
            year += 100;
        }
        days(year, month, day)
    }
}

/// The numbers of a whole date in the lower six bytes.
#[inline]
fn whole(six: u64) -> Option<[u32; 3]> {
    let [a, b, c, d, e, f, ..] = six.to_le_bytes();
    short::three_numbers([a, b, c, d, e, f]).filter(|[_, month, day]| *month > 0 && *day > 0)
}

fn our_year(two_digits: i32) -> i32 {
    if two_digits < 70 { 2000 + two_digits } else { 1900 + two_digits }
}

/// A local time in microseconds, and whether it was given as a date alone (its time is midnight).
pub(super) fn time(text: &[u8], format: &[u8]) -> Option<(i64, bool)> {
    let parts = parts(text, format)?;
    let year = if parts.full { parts.year } else { our_year(parts.year) };
    let day = days(year, parts.month, parts.day)?;
    Some((i64::from(day) * 86_400_000_000 + i64::from(parts.minutes.unwrap_or(0)) * 60_000_000, parts.minutes.is_none()))
}

/// A local time from a date and a time in separate fields.
pub(super) fn time_of(date: &[u8], clock: &[u8]) -> Option<(i64, bool)> {
    if date.len() > 8 || clock.len() > 6 {
        return None;
    }
    let mut both = [0; 14];
    both[..date.len()].copy_from_slice(date);
    // Seconds are not kept; an unreadable clock leaves the date.
    let clock = if clock.len() >= 4 && clock.iter().all(u8::is_ascii_digit) { &clock[..4] } else { &[] };
    both[date.len()..date.len() + clock.len()].copy_from_slice(clock);
    time(&both[..date.len() + clock.len()], b"")
}

/// A local time as PNRGOV writes it: `ddmmyy` and `hhmm` or `hhmmss` (an hour may lack its nought).
/// With the date alone its time is midnight, which the second value says. `None` where either is none.
pub(super) fn day_first(date: &[u8], clock: &[u8]) -> Option<(i64, bool)> {
    let day = day_first_day(date)?;
    let base = i64::from(day) * 86_400_000_000;
    if clock.is_empty() {
        return Some((base, true));
    }
    if let &[a, b, c, d] = clock {
        let [hour, minute, _] = short::three_numbers([a, b, c, d, b'0', b'0'])?;
        let well = minute <= 59 && (hour < 24 || (hour == 24 && minute == 0));
        return well.then(|| (base + i64::from(hour * 60 + minute) * 60_000_000, false));
    }
    if !(3..=6).contains(&clock.len()) || !clock.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let hours = if clock.len() % 2 == 1 { 1 } else { 2 };
    let (hour, minute) = (number(&clock[..hours]), number(&clock[hours..hours + 2]));
    let second = clock.get(hours + 2..).filter(|s| s.len() == 2).map_or(0, number);
    if minute > 59 || second > 59 || hour > 24 || (hour == 24 && minute + second > 0) {
        return None;
    }
    Some((base + i64::from((hour * 60 + minute) * 60 + second) * 1_000_000, false))
}

/// A local time as XML writes it: `2024-05-03T18:30:00`, at times with a blank for the T, without a clock or with
/// a zone, which is dropped since times of flights are local anyway.
pub(super) fn iso(text: &str) -> Option<(i64, bool)> {
    let bytes = text.trim_ascii().as_bytes();
    let clock = bytes.iter().skip(10).position(|b| matches!(b, b'Z' | b'+' | b'-' | b'.')).map_or(bytes.len(), |i| i + 10);
    time(&bytes[..clock], b"")
}

/// A day as PNRGOV writes it: `ddmmyy`.
pub(super) fn day_first_day(date: &[u8]) -> Option<i32> {
    let [day, month, year] = short::three_numbers(date.try_into().ok()?)?;
    days(our_year(year as i32), month, day)
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'))
}

#[inline]
fn parts(text: &[u8], format: &[u8]) -> Option<Parts> {
    // Most dates: `yymmdd`.
    if let Ok(six) = <[u8; 6]>::try_from(text)
        && format != b"610"
        && let Some([year, month, day]) = short::three_numbers(six)
    {
        let parts = Parts { year: year as i32, full: false, month, day, minutes: None };
        return (month <= 12 && day <= 31).then_some(parts);
    }
    // `15FEB57`: a letter that begins the name of a month.
    if let [a, b, c, ..] = text
        && a.is_ascii_digit()
        && b.is_ascii_digit()
        && matches!(c.to_ascii_uppercase(), b'J' | b'F' | b'M' | b'A' | b'S' | b'O' | b'N' | b'D')
    {
        return with_month_name(text);
    }
    any_parts(text, format)
}

fn any_parts(text: &[u8], format: &[u8]) -> Option<Parts> {
    let mut digits = [0_u8; 14];
    let mut len = 0;
    for &b in text {
        let digit = match b {
            b'0'..=b'9' => b,
            // Unknown parts are written as blanks, X or nought.
            b'X' | b'x' | b'<' => b'0',
            b'-' | b'/' | b'.' | b' ' | b':' | b'T' => continue,
            _ => return with_month_name(text),
        };
        *digits.get_mut(len)? = digit;
        len += 1;
    }
    let d = &digits[..len];
    let at = |from: usize, to: usize| number(&d[from..to]);
    let clock = |from: usize| {
        let (hour, minute) = (at(from, from + 2), at(from + 2, from + 4));
        // Midnight is also written as 24:00 of the day before.
        (minute < 60 && (hour < 24 || (hour == 24 && minute == 0))).then_some(hour * 60 + minute)
    };
    let short = |minutes| Parts { year: at(0, 2) as i32, full: false, month: at(2, 4), day: at(4, 6), minutes };
    let long = |minutes| Parts { year: at(0, 4) as i32, full: true, month: at(4, 6), day: at(6, 8), minutes };
    let parts = match (len, format) {
        (4, b"602") => Parts { year: at(0, 4) as i32, full: true, ..Parts::default() },
        (6, b"610") => Parts { year: at(0, 4) as i32, full: true, month: at(4, 6), ..Parts::default() },
        (6, _) => short(None),
        (8, _) => {
            let normal = long(None);
            // 31121970: the year can only stand at the end.
            if !(1800..=2200).contains(&normal.year) && (1800..=2200).contains(&at(4, 8)) {
                Parts { year: at(4, 8) as i32, full: true, month: at(2, 4), day: at(0, 2), minutes: None }
            } else {
                normal
            }
        }
        (10, _) => short(Some(clock(6)?)),
        (12 | 14, _) => long(Some(clock(8)?)),
        _ => return None,
    };
    (parts.month <= 12 && parts.day <= 31 && (!parts.full || (1800..=2200).contains(&parts.year))).then_some(parts)
}

/// `15FEB57`, `15FEB1957`.
fn with_month_name(text: &[u8]) -> Option<Parts> {
    const fn key(name: [u8; 3]) -> u32 {
        // A letter in either case is the same without this bit, and nothing else is.
        u32::from_le_bytes([name[0], name[1], name[2], 0]) & 0xDF_DFDF
    }
    const MONTHS: [u32; 12] = [
        key(*b"JAN"),
        key(*b"FEB"),
        key(*b"MAR"),
        key(*b"APR"),
        key(*b"MAY"),
        key(*b"JUN"),
        key(*b"JUL"),
        key(*b"AUG"),
        key(*b"SEP"),
        key(*b"OCT"),
        key(*b"NOV"),
        key(*b"DEC"),
    ];
    let (day, rest) = text.split_at_checked(2)?;
    let (name, year) = rest.split_first_chunk::<3>()?;
    if !day.iter().chain(year).all(u8::is_ascii_digit) || !matches!(year.len(), 2 | 4) {
        return None;
    }
    let month = MONTHS.iter().position(|m| *m == key(*name))? as u32 + 1;
    Some(Parts { year: number(year) as i32, full: year.len() == 4, month, day: number(day), minutes: None })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn iso(text: &str, format: &str, century: Century) -> Option<String> {
        day(text.as_bytes(), format.as_bytes(), century).map(|(d, p)| {
            let mut out = String::new();
            write_day(d, &mut out);
            format!("{out} {}", p.name())
        })
    }

    fn on(y: i32, m: u32, d: u32) -> i32 {
        days(y, m, d).unwrap()
    }

    #[test]
    fn birth_dates_lie_in_the_past() {
        let flight = Century::Past(on(2018, 6, 26));
        assert_eq!(iso("700602", "", flight).as_deref(), Some("1970-06-02 day"));
        assert_eq!(iso("180626", "", flight).as_deref(), Some("2018-06-26 day"));
        assert_eq!(iso("180627", "", flight).as_deref(), Some("1918-06-27 day"));
        assert_eq!(iso("19350919", "102", flight).as_deref(), Some("1935-09-19 day"));
        // The length decides where the format is wrong.
        assert_eq!(iso("19350919", "101", flight).as_deref(), Some("1935-09-19 day"));
        assert_eq!(iso("31121970", "", flight).as_deref(), Some("1970-12-31 day"));
        assert_eq!(iso("02JUN70", "", flight).as_deref(), Some("1970-06-02 day"));
        assert_eq!(iso("1970-06-02", "", flight).as_deref(), Some("1970-06-02 day"));
        // 1900 had no 29 February, 2000 had one.
        assert_eq!(iso("000229", "", flight).as_deref(), Some("2000-02-29 day"));
        assert_eq!(iso("990101", "", Century::Past(on(1998, 1, 1))).as_deref(), Some("1899-01-01 day"));
    }

    #[test]
    fn part_of_a_date() {
        let flight = Century::Past(on(2018, 6, 26));
        assert_eq!(iso("700000", "", flight).as_deref(), Some("1970-01-01 year"));
        assert_eq!(iso("197006XX", "", flight).as_deref(), Some("1970-06-01 month"));
        assert_eq!(iso("1970", "602", flight).as_deref(), Some("1970-01-01 year"));
        assert_eq!(iso("197006", "610", flight).as_deref(), Some("1970-06-01 month"));
    }

    #[test]
    fn expiries_pivot_around_the_flight() {
        let flight = Century::Near(on(2017, 1, 27));
        assert_eq!(iso("191218", "", flight).as_deref(), Some("2019-12-18 day"));
        assert_eq!(iso("610218", "", flight).as_deref(), Some("2061-02-18 day"));
        assert_eq!(iso("670218", "", flight).as_deref(), Some("1967-02-18 day"));
        assert_eq!(iso("010218", "", Century::Near(on(1998, 1, 1))).as_deref(), Some("2001-02-18 day"));
    }

    #[test]
    fn no_dates() {
        let flight = Century::Past(on(2018, 6, 26));
        for text in ["502010", "abc", "", "1", "700230", "19701301", "999999999999999999", "70éé02", "700015"] {
            assert_eq!(iso(text, "", flight), None, "{text}");
        }
    }

    #[test]
    fn times() {
        let at = |days: i32, minutes: i64| i64::from(days) * 86_400_000_000 + minutes * 60_000_000;
        assert_eq!(time(b"1806261220", b"201"), Some((at(on(2018, 6, 26), 740), false)));
        assert_eq!(time(b"201806261220", b"203"), Some((at(on(2018, 6, 26), 740), false)));
        assert_eq!(time(b"20041230", b"102"), Some((at(on(2004, 12, 30), 0), true)));
        assert_eq!(time(b"1806262400", b"201"), Some((at(on(2018, 6, 27), 0), false)));
        assert_eq!(time(b"1806262460", b"201"), None);
        assert_eq!(time_of(b"020131", b"2200"), Some((at(on(2002, 1, 31), 1320), false)));
        assert_eq!(time_of(b"20020131", b""), Some((at(on(2002, 1, 31), 0), true)));
    }

    #[test]
    fn the_day_first() {
        let at = |days: i32, seconds: i64| (i64::from(days) * 86_400 + seconds) * 1_000_000;
        assert_eq!(day_first(b"230513", b"181348"), Some((at(on(2013, 5, 23), 65_628), false)));
        assert_eq!(day_first(b"150213", b"0149"), Some((at(on(2013, 2, 15), 6_540), false)));
        assert_eq!(day_first(b"150213", b"149"), Some((at(on(2013, 2, 15), 6_540), false)));
        assert_eq!(day_first(b"150213", b""), Some((at(on(2013, 2, 15), 0), true)));
        for (date, clock) in [("310213", ""), ("150213", "4321"), ("150213", "1"), ("2013", "0100"), ("15FEB1", "")] {
            assert_eq!(day_first(date.as_bytes(), clock.as_bytes()), None, "{date} {clock}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..20), format in "[0-9]{0,3}") {
            for century in [Century::Past(17_000), Century::Near(17_000)] {
                let _ = day(&text, format.as_bytes(), century);
            }
            let _ = time(&text, format.as_bytes());
            let _ = time_of(&text, &text);
            let _ = day_first(&text, &text);
        }

        #[test]
        fn a_pivot_reads_what_the_long_way_reads(text in "[0-9]{5}[0-9A-Z ]", limit in -40_000_i32..90_000, behind: u16) {
            let pivot = Pivot::new(limit);
            let six = short::load(text.as_bytes()) | u64::from(behind) << 48;
            // Letters stand for parts that are not known.
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            let known = |found: Option<(i32, Precision)>| found.filter(|(_, p)| digits && *p == Precision::Day);
            proptest::prop_assert_eq!(pivot.past(six), known(day(text.as_bytes(), b"", Century::Past(limit))));
            let near = known(day(text.as_bytes(), b"", Century::Near(limit))).map(|(d, _)| d);
            proptest::prop_assert_eq!(pivot.near(six), near);
        }

        #[test]
        fn a_birth_date_is_never_after_the_flight(year in 0_i32..100, month in 1_u32..13, dom in 1_u32..29, flight in 0_i32..40_000) {
            let text = format!("{year:02}{month:02}{dom:02}");
            let (found, _) = day(text.as_bytes(), b"", Century::Past(flight)).unwrap();
            proptest::prop_assert!(found <= flight && flight - found < 36_600);
        }
    }
}
