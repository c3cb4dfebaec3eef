//! Splits names as sent into surname, given names and titles.
//!
//! Reservation systems put titles behind the given name, often without a blank: `JOHNMR`. A title
//! that stands alone is always taken. A glued one is taken with care, since names end so as well:
//! - `MRS`, `MISS`, `MSTR`: no name ends so; taken.
//! - `MR`: taken where three letters remain and the person is not female. `OMR`, `AMR`, `KUMR`,
//!   `SAMR` stay.
//! - `MS`: not for men. Behind a letter that seldom stands before a final MS in names (KELLYMS,
//!   KARENMS) it is taken; behind A, I, O, U, L or R (ADAMS, SIMS, TOMS, WILLIAMS, HELMS, HARMS)
//!   only where the person is female and the whole is no name of that kind.
//! - `DR`: four letters must remain; ALEXANDR, ABDULQADR, HEYDR and their like stay.
//! - `JR`: taken where three letters remain, from surnames too. `SR` never: NASR, MANSR.
//!
//! In mixed case the change of case shows where the title begins.

use super::edifact::tags::code;
use super::short;

/// Titles and suffixes that stand alone.
const TITLES: &[&str] = &[
    "MR", "MRS", "MS", "MISS", "MSTR", "MASTER", "DR", "PROF", "SIR", "REV", "CAPT", "MME", "MLLE", "MDM", "JR", "SR", "II",
    "III", "CHD", "INF",
];

/// The same as numbers.
const TITLE_CODES: [u64; TITLES.len()] = {
    let (mut codes, mut i) = ([0; TITLES.len()], 0);
    while i < TITLES.len() {
        codes[i] = code(TITLES[i].as_bytes());
        i += 1;
    }
    codes
};

/// Real names that end like a glued title.
const NAMES: &[&str] = &[
    "ALAMR", "ELAMR", "ABUAMR", "BINAMR", "IBNAMR", "BENAMR", "ADAMS", "WILLIAMS", "ABRAHAMS", "GRAHAMS", "WILLEMS", "HARMS",
    "HELMS", "THOMS", "STORMS", "SIMMS", "WORMS", "BALRAMS",
];

/// Endings of names that end in DR.
const DR_NAMES: &[&str] =
    &["ANDR", "ENDR", "INDR", "BADR", "QADR", "KADR", "SADR", "NADR", "HADR", "AIDR", "AYDR", "EYDR", "HIDR", "HEDR"];

/// A name split into its parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Split<'a> {
    /// Surname without titles.
    pub(super) surname: &'a str,
    titles: [&'static str; 3],
    count: usize,
}

impl Split<'_> {
    /// Writes the titles in the order in which they were found, separated by blanks.
    pub(super) fn write_titles(&self, out: &mut String) {
        for title in &self.titles[..self.count] {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(title);
        }
    }

    /// Whether there are any titles.
    pub(super) fn has_titles(&self) -> bool {
        self.count > 0
    }

    fn note(&mut self, title: &'static str) {
        if self.count < self.titles.len() && !self.titles[..self.count].contains(&title) {
            self.titles[self.count] = title;
            self.count += 1;
        }
    }
}

/// Splits the components of a name (surname first). Given names are written to `given`, separated
/// by blanks. `sex` is the reported one, `F`, `M` or another.
pub(super) fn split<'a>(components: &[&'a str], sex: Option<u8>, given: &mut String) -> Split<'a> {
    let mut split = Split::default();
    let Some((surname, rest)) = components.split_first() else { return split };
    split.surname = if is_plain(surname) { surname } else { without_titles(surname, false, sex, &mut split) };
    for component in rest {
        let name = if is_plain(component) {
            component
        } else if has_letters(split.surname) && is_title(component).is_some() {
            if let Some(title) = is_title(component) {
                split.note(title);
            }
            ""
        } else {
            without_titles(component, true, sex, &mut split)
        };
        if !name.is_empty() {
            if !given.is_empty() {
                given.push(' ');
            }
            given.push_str(name);
        }
    }
    split
}

/// Whether text is one word that no title can stand in: its last letter ends none of them.
#[inline]
fn is_plain(text: &str) -> bool {
    const fn letters(of: &[u8]) -> u32 {
        let (mut set, mut i) = (0, 0);
        while i < of.len() {
            set |= 1 << (of[i] & 31);
            i += 1;
        }
        set
    }
    let Some(last) = text.as_bytes().last() else { return true };
    if !last.is_ascii_alphabetic() || const { letters(b"RS") } >> (last & 31) & 1 != 0 {
        return false;
    }
    // Of those that end in another letter none is glued to a name.
    let ends_a_title = const { letters(b"FVTEMID") } >> (last & 31) & 1 != 0;
    !(ends_a_title && text.len() <= 6 && is_title(text).is_some()) && short::is_one_word(text.as_bytes())
}

/// Whether text has a letter of any script.
#[inline]
pub(super) fn has_letters(text: &str) -> bool {
    if text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) {
        return true;
    }
    text.chars().any(char::is_alphabetic)
}

fn is_title(word: &str) -> Option<&'static str> {
    let bytes = word.as_bytes();
    let bytes = if let [.., b'.'] = bytes { word.trim_end_matches('.').as_bytes() } else { bytes };
    if !(2..=6).contains(&bytes.len()) {
        return None;
    }
    // In capitals: what becomes a capital letter without its bit was that letter in either case.
    let key = short::load(bytes) & !0x2020_2020_2020_2020;
    TITLE_CODES.iter().position(|code| *code == key).map(|i| TITLES[i]).filter(|title| title.len() == bytes.len())
}

fn without_titles<'a>(text: &'a str, given: bool, sex: Option<u8>, split: &mut Split<'a>) -> &'a str {
    let mut text = text.trim();
    if !short::has_blank(text.as_bytes()) {
        return without_glued(text, text, given, sex, split);
    }
    // A title in front: DR JOHN. Never a suffix.
    if let Some((first, rest)) = text.split_once(' ')
        && let Some(title) = is_title(first)
        && !matches!(title, "JR" | "SR" | "II" | "III" | "CHD" | "INF")
    {
        split.note(title);
        text = rest.trim_start();
    }
    while let Some((rest, last)) = text.rsplit_once(' ')
        && let Some(title) = is_title(last)
    {
        split.note(title);
        text = rest.trim_end();
    }
    let word = text.rsplit(' ').next().unwrap_or(text);
    without_glued(text, word, given, sex, split)
}

/// Text without the titles that are glued to `word`, its last.
fn without_glued<'a>(mut text: &'a str, word: &'a str, given: bool, sex: Option<u8>, split: &mut Split<'a>) -> &'a str {
    if let Some(title) = glued(word, given, sex) {
        split.note(title);
        let marks = |text: &str| text.bytes().rev().take_while(|b| matches!(b, b'.' | b'-' | b' ')).count();
        text = &text[..text.len() - title.len()];
        text = &text[..text.len() - marks(text)];
        // JOHNJRMR
        let word = if short::has_blank(text.as_bytes()) { text.rsplit(' ').next().unwrap_or(text) } else { text };
        if let Some(title) = glued(word, given, sex) {
            split.note(title);
            text = &text[..text.len() - title.len()];
        }
    }
    text
}

/// The title that a word ends in, longest first.
fn ends_in(word: &[u8]) -> Option<&'static str> {
    let last: [u8; 4] = *word.last_chunk()?;
    match &last.map(|b| b.to_ascii_uppercase()) {
        b"MSTR" => Some("MSTR"),
        b"MISS" => Some("MISS"),
        [_, b'M', b'R', b'S'] => Some("MRS"),
        [_, _, b'M', b'R'] => Some("MR"),
        [_, _, b'M', b'S'] => Some("MS"),
        [_, _, b'D', b'R'] => Some("DR"),
        [_, _, b'J', b'R'] => Some("JR"),
        _ => None,
    }
}

/// The title that is glued to the end of a word.
fn glued(word: &str, given: bool, sex: Option<u8>) -> Option<&'static str> {
    if word.len() < 5 || !word.is_ascii() {
        return None;
    }
    let title = ends_in(word.as_bytes())?;
    let (rest, tail) = word.split_at(word.len() - title.len());
    if !rest.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-') {
        return None;
    }
    if word.bytes().any(|b| b.is_ascii_lowercase()) {
        let turn = rest.as_bytes()[rest.len() - 1].is_ascii_lowercase() && tail.as_bytes()[0].is_ascii_uppercase();
        return (turn && (given || title == "JR")).then_some(title);
    }
    if !given && title != "JR" {
        return None;
    }
    if NAMES.contains(&word) {
        return None;
    }
    let female = sex == Some(b'F');
    let male = sex == Some(b'M');
    let fits = match title {
        "MRS" | "MSTR" | "MISS" => rest.len() >= 2,
        "MR" => rest.len() >= 3 && !female,
        "MS" => {
            let doubtful = matches!(rest.as_bytes()[rest.len() - 1], b'A' | b'I' | b'O' | b'U' | b'L' | b'R');
            rest.len() >= 3 && !male && (!doubtful || female)
        }
        "DR" => rest.len() >= 4 && !DR_NAMES.iter().any(|n| word.ends_with(n)),
        "JR" => rest.len() >= 3,
        _ => false,
    };
    fits.then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, sex: &str) -> (String, String, String) {
        let components: Vec<&str> = name.split(':').collect();
        let mut given = String::new();
        let split = split(&components, sex.bytes().next(), &mut given);
        let mut titles = String::new();
        split.write_titles(&mut titles);
        (split.surname.to_owned(), given, titles)
    }

    fn check(name: &str, sex: &str, surname: &str, given: &str, title: &str) {
        assert_eq!(of(name, sex), (surname.to_owned(), given.to_owned(), title.to_owned()), "{name} {sex}");
    }

    #[test]
    fn titles_that_stand_alone() {
        check("SMITH:JOHN", "M", "SMITH", "JOHN", "");
        check("SMITH:JOHN MR", "M", "SMITH", "JOHN", "MR");
        check("SMITH:JOHN:MR", "", "SMITH", "JOHN", "MR");
        check("SMITH:MR", "", "SMITH", "", "MR");
        check("SMITH:DR JOHN PAUL:LEE", "", "SMITH", "JOHN PAUL LEE", "DR");
        check("SMITH JR:JOHN MR", "M", "SMITH", "JOHN", "JR MR");
        check("SMITH JR.:JOHN", "M", "SMITH", "JOHN", "JR");
        check("MISS:ANN", "F", "MISS", "ANN", "");
        check("SR:JOHN", "", "SR", "JOHN", "");
    }

    #[test]
    fn glued_titles() {
        check("SMITH:JOHNMR", "M", "SMITH", "JOHN", "MR");
        check("SMITH:JOHN PAULMR", "", "SMITH", "JOHN PAUL", "MR");
        check("SMITH:KELLYMRS", "F", "SMITH", "KELLY", "MRS");
        check("SMITH:LIMRS", "F", "SMITH", "LI", "MRS");
        check("SMITH:TIMMYMSTR", "M", "SMITH", "TIMMY", "MSTR");
        check("SMITH:ANNMISS", "F", "SMITH", "ANN", "MISS");
        check("SMITHJR:JOHNMR", "M", "SMITH", "JOHN", "JR MR");
        check("SMITH:JOHNJRMR", "M", "SMITH", "JOHN", "MR JR");
        check("SMITH:KARENMS", "F", "SMITH", "KAREN", "MS");
        check("SMITH:KARENMS", "", "SMITH", "KAREN", "MS");
        check("SMITH:MARIAMS", "F", "SMITH", "MARIA", "MS");
        check("SMITH:JOHNDR", "", "SMITH", "JOHN", "DR");
        check("Smith:JohnMr", "", "Smith", "John", "Mr".to_uppercase().as_str());
        check("SMITH:MARY-ANNEMRS", "F", "SMITH", "MARY-ANNE", "MRS");
    }

    #[test]
    fn names_that_end_like_titles() {
        for (name, sex) in [
            ("OMR", "M"),
            ("AMR", "M"),
            ("KUMR", "M"),
            ("SAMR", "M"),
            ("UMR", ""),
            ("ADAMS", "F"),
            ("ADAMS", "M"),
            ("EMS", "F"),
            ("WILLIAMS", "F"),
            ("HARMS", ""),
            ("SIMS", ""),
            ("ALEXANDR", "M"),
            ("ABDULQADR", "M"),
            ("BADR", "M"),
            ("HEYDR", "M"),
            ("NASR", "M"),
            ("MANSR", "M"),
            ("Adams", "F"),
            ("MARIAMS", ""),
            ("MARIAMR", "F"),
            ("Kumr", "M"),
        ] {
            check(&format!("SMITH:{name}"), sex, "SMITH", name, "");
        }
        check("ADAMS:JO", "", "ADAMS", "JO", "");
        check("OMR:ALI", "", "OMR", "ALI", "");
        check("TAMR:ALI", "", "TAMR", "ALI", "");
    }

    proptest::proptest! {
        #[test]
        fn a_title_is_one_in_any_case(word in proptest::prop_oneof!["[ \\x00A-Za-z.é]{0,8}", "(?i)(MR|MRS|DR|Prof|iii|MDM|master)[. \\x00]{0,2}"]) {
            let bare = word.trim_end_matches('.');
            let want = TITLES.iter().copied().find(|t| t.eq_ignore_ascii_case(bare));
            proptest::prop_assert_eq!(is_title(&word), want);
        }

        #[test]
        fn nothing_is_invented(name in "\\PC{0,24}", sex in "[FMX]?") {
            let (surname, given, _) = of(&name, &sex);
            proptest::prop_assert!(surname.len() + given.len() <= name.len());
        }
    }
}
