use tamis_watchlist::PartialDate;

/// A range of more years than this says nothing that could be weighed.
const LONGEST_RANGE: i16 = 30;

/// More dates than this between `or` are none.
const MOST_ALTERNATIVES: usize = 64;

/// Reads the dates of a cell or clause into `out`, each once. Every form that publishers use:
/// `1972-05-31`, `31 May 1972`, `31/05/1972`, `00/00/1972`, `dd/mm/1972`, `May 1972`, `5/1972`,
/// `1972`, each with `~` or `circa` before it; `1961 to 1963`, `1961-1963`, `between 1961 and
/// 1963` and `01 Jan 1961 to 31 Dec 1962`; `1961 or 1963`. The day stands before the month
/// where both could be either.
///
/// A range of years becomes as many approximate dates as cover it, one every third year, since
/// an approximate date stands for the year before and after as well. False where the text is
/// no date; nothing is added then.
pub(super) fn read_dates(text: &str, out: &mut Vec<PartialDate>) -> bool {
    let before = out.len();
    for (at, part) in text.split(" or ").flat_map(|t| t.split(" OR ")).enumerate() {
        if at >= MOST_ALTERNATIVES || !read_one(part.trim(), out) {
            out.truncate(before);
            return false;
        }
    }
    true
}

fn read_one(text: &str, out: &mut Vec<PartialDate>) -> bool {
    let (text, circa) = strip_circa(text);
    let mut add = |date: PartialDate| {
        let date = if circa { date.around() } else { date };
        if !out.contains(&date) {
            out.push(date);
        }
    };
    if let Some(date) = single(text) {
        add(date);
        return true;
    }
    let Some((from, to)) = range(text) else { return false };
    let (from, to) = (from.year, to.year);
    if from > to || to - from > LONGEST_RANGE {
        return false;
    }
    if from == to {
        add(PartialDate::year(from));
        return true;
    }
    let mut year = from;
    while year <= to {
        add(PartialDate::year((year + 1).min(to)).around());
        year += 3;
    }
    true
}

fn strip_circa(text: &str) -> (&str, bool) {
    const MARKS: [&str; 12] =
        ["circa ", "circa: ", "approximately ", "approx. ", "approx ", "about ", "around ", "ca. ", "ca ", "c. ", "c.", "~"];
    for mark in MARKS {
        if let Some(head) = text.get(..mark.len())
            && head.eq_ignore_ascii_case(mark)
        {
            return (text[mark.len()..].trim_start(), true);
        }
    }
    (text, false)
}

fn range(text: &str) -> Option<(PartialDate, PartialDate)> {
    let between = text.get(..8).filter(|t| t.eq_ignore_ascii_case("between ")).and_then(|_| text[8..].split_once(" and "));
    let (from, to) = between.or_else(|| text.split_once(" to ")).or_else(|| {
        let years = text.split_once('-').filter(|(from, to)| from.trim().len() == 4 && to.trim().len() == 4);
        years.or_else(|| text.split_once('/').filter(|(from, to)| from.len() == 4 && to.len() == 4))
    })?;
    Some((single(strip_circa(from.trim()).0)?, single(strip_circa(to.trim()).0)?))
}

/// `1994-00-00` and `1994-05-00` of the United Kingdom say that day, or day and month, are not known.
fn without_zeros(text: &str) -> &str {
    let text = text.strip_suffix("-00").unwrap_or(text);
    text.strip_suffix("-00").unwrap_or(text)
}

/// One date: ISO, or day, month in letters and year, or month and year, or year.
fn single(text: &str) -> Option<PartialDate> {
    let text = text.trim_end_matches(['.', ',', ';', '?']);
    // `1937-04-28T00:00:00Z`, `1937-04-28+02:00`
    let text = match (text.get(..10), text.as_bytes().get(10)) {
        (Some(day), Some(b'T' | b'Z' | b'+' | b' ')) if day.parse::<PartialDate>().is_ok() => day,
        _ => text,
    };
    if let Some(date) = without_zeros(text).parse::<PartialDate>().ok().or_else(|| numbers(text)) {
        return Some(date);
    }
    let dashes = text.bytes().any(|b| b.is_ascii_alphabetic());
    let mut words = text.split(|c| matches!(c, ' ' | '\u{a0}') || (dashes && c == '-')).filter(|w| !w.is_empty());
    let (first, second, third) = (words.next()?, words.next(), words.next());
    if words.next().is_some() {
        return None;
    }
    match (first, second, third) {
        (day, Some(month), Some(year)) => match month_of(month) {
            Some(month) => PartialDate::day(number(year, 4)?, month, number(ordinal(day), 2)? as u8),
            None => PartialDate::day(number(year, 4)?, month_of(day)?, number(ordinal(month), 2)? as u8),
        },
        (month, Some(year), None) => PartialDate::month(number(year, 4)?, month_of(month)?),
        (text, None, None) => {
            let (month, year) = text.split_once('/')?;
            PartialDate::month(number(year, 4)?, u8::try_from(number(month, 2)?).ok()?)
        }
        _ => None,
    }
}

/// `31/05/1972`, `31.5.1972`, `1972/05/31`, with `00`, `dd`, `mm` or nothing for what is unknown.
fn numbers(text: &str) -> Option<PartialDate> {
    let mut parts = text.split(['/', '.', '-']).map(str::trim);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = if first.len() == 4 { (first, second, third) } else { (third, second, first) };
    let part = |text: &str| match text.trim_start_matches('0') {
        "" => Some(0),
        t if ["d", "dd", "m", "mm", "x", "xx"].iter().any(|mark| t.eq_ignore_ascii_case(mark)) => Some(0),
        _ => number(text, 2).map(|n| n as u8),
    };
    let (year, month, day) = (number(year, 4)?, part(month)?, part(day)?);
    match (month, day) {
        (0, _) => Some(PartialDate::year(year)),
        (_, 0) => PartialDate::month(year, month),
        // With the year last, the month stands first where it can only be so.
        _ => PartialDate::day(year, month, day).or_else(|| PartialDate::day(year, day, month).filter(|_| first.len() < 4)),
    }
}

/// `1st`, `2nd,` without what is no digit.
fn ordinal(text: &str) -> &str {
    let text = text.trim_end_matches(',');
    ["st", "nd", "rd", "th"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text)
}

fn number(text: &str, digits: usize) -> Option<i16> {
    let right = !text.is_empty() && text.len() <= digits && text.bytes().all(|b| b.is_ascii_digit());
    // A year has all of its digits.
    (right && (digits < 4 || text.len() == digits)).then(|| text.parse().ok()).flatten().filter(|n| *n > 0)
}

fn month_of(text: &str) -> Option<u8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.trim_end_matches(['.', ',']);
    (1..)
        .zip(MONTHS)
        .find(|(_, month)| {
            text.len() >= 3 && text.len() <= month.len() && month.as_bytes()[..text.len()].eq_ignore_ascii_case(text.as_bytes())
        })
        .map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        let mut out = vec![];
        read_dates(text, &mut out).then(|| out.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn forms_of_publishers() {
        for (text, dates) in [
            ("27 Nov 1981", "1981-11-27"),
            ("Nov 1981", "1981-11"),
            ("1944", "1944"),
            ("circa 1961", "~1961"),
            ("circa 08 Jul 1961", "~1961-07-08"),
            ("11 October 1970", "1970-10-11"),
            ("1961 to 1963", "~1962"),
            ("1961 to 1962", "~1962"),
            ("1960 to 1970", "~1961 ~1964 ~1967 ~1970"),
            ("circa 1973-1976", "~1974 ~1976"),
            ("01 Jan 1961 to 31 Dec 1962", "~1962"),
            ("02 Mar 1946 to 05 Dec 1946", "1946"),
            ("Apr 1962 to Jan 1963", "~1963"),
            ("between 1954 and 1956", "~1955"),
            ("1961 or 1963", "1961 1963"),
            ("5/1972", "1972-05"),
            ("1972-05", "1972-05"),
            ("~1960", "~1960"),
            ("1994-00-00", "1994"),
            ("1994-05-00", "1994-05"),
            ("1972-1973", "~1973"),
            ("00/00/1965", "1965"),
            ("00/05/1965", "1965-05"),
            ("dd/mm/1950", "1950"),
            ("12/03/1965", "1965-03-12"),
            ("28/04/1937", "1937-04-28"),
            ("04/28/1937", "1937-04-28"),
            ("28.4.1937", "1937-04-28"),
            ("1937/04/28", "1937-04-28"),
            ("1937-4-28", "1937-04-28"),
            ("1937-04-28T00:00:00Z", "1937-04-28"),
            ("28-Apr-1937", "1937-04-28"),
            ("April 28th, 1937", "1937-04-28"),
            ("Nov. 1973", "1973-11"),
            ("approx 1965", "~1965"),
            ("1963 or 1965.", "1963 1965"),
            ("circa 01/01/1961", "~1961-01-01"),
        ] {
            assert_eq!(read(text).as_deref(), Some(dates), "{text}");
        }
        for text in [
            "",
            "31 Feb 1972",
            "Sep-72",
            "born in the early 1960s",
            "1972-13-05",
            "31/31/1972",
            "1963 to 1961",
            "1900 to 1990",
            "72",
            "00 May 1972",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_range_is_covered(from in 1800i16..2000, years in 1i16..=LONGEST_RANGE) {
            let mut out = vec![];
            let text = format!("{from} to {}", from + years);
            prop_assert!(read_dates(&text, &mut out));
            for year in from..=from + years {
                prop_assert!(out.iter().any(|d| d.circa && (d.year - year).abs() <= 1), "{year} in {out:?}");
            }
            prop_assert!(out.iter().all(|d| (from..=from + years).contains(&d.year)));
        }

        #[test]
        fn never_panics(text in "\\PC{0,24}") {
            read_dates(&text, &mut vec![]);
        }
    }
}
