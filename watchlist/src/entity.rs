use std::fmt;
use std::str::FromStr;

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntityKind {
    /// A natural person.
    Person,
    /// A company, bank, ministry, group.
    Organisation,
    /// A ship.
    Vessel,
    /// An aircraft.
    Aircraft,
    /// The list does not say.
    Unknown,
}

impl EntityKind {
    /// The word used in columns and CSV files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Vessel => "vessel",
            Self::Aircraft => "aircraft",
            Self::Unknown => "unknown",
        }
    }

    /// The words of [`Self::as_str`] in any case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Person, Self::Organisation, Self::Vessel, Self::Aircraft, Self::Unknown]
            .into_iter()
            .find(|kind| text.trim().eq_ignore_ascii_case(kind.as_str()))
    }
}

/// How a listed name relates to the entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameKind {
    /// The name the entity is listed under.
    Primary,
    /// A good-quality a.k.a.
    Alias,
    /// A weak (low-quality) a.k.a.: nicknames, noms de guerre.
    WeakAlias,
    /// A former name.
    Former,
}

impl NameKind {
    /// The word used in columns and CSV files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Alias => "alias",
            Self::WeakAlias => "weak_alias",
            Self::Former => "former",
        }
    }
}

/// One name of an entity, as the list spells it. A comma separates the surname from the given
/// names where the list makes that difference (`HUSSEIN, Saddam`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityName {
    /// The name as published.
    pub text: String,
    /// Primary name or which sort of alias.
    pub kind: NameKind,
}

/// Sex of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither, or not to be told (ICAO 9303 `<`, `X`).
    Other,
}

impl Sex {
    /// `F`, `M`, `X` and the English words; anything else, also `U`, is unknown.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            t if t.eq_ignore_ascii_case("f") || t.eq_ignore_ascii_case("female") => Some(Self::Female),
            t if t.eq_ignore_ascii_case("m") || t.eq_ignore_ascii_case("male") => Some(Self::Male),
            t if t.eq_ignore_ascii_case("x") => Some(Self::Other),
            _ => None,
        }
    }

    /// `F`, `M` or `X`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
            Self::Other => "X",
        }
    }
}

/// A Gregorian date of which the day, or day and month, may be unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartialDate {
    /// Year, 1 to 9999.
    pub year: i16,
    /// Month 1 to 12; 0 is unknown.
    pub month: u8,
    /// Day 1 to 31; 0 is unknown.
    pub day: u8,
    /// The list says circa, or gives a range of years around this one.
    pub circa: bool,
}

impl PartialDate {
    /// A date known to the day. `None` where there is no such day.
    pub fn day(year: i16, month: u8, day: u8) -> Option<Self> {
        chrono::NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day)).map(|_| Self {
            year,
            month,
            day,
            circa: false,
        })
    }

    /// A date known to the month. `None` where there is no such month.
    pub fn month(year: i16, month: u8) -> Option<Self> {
        (1..=12).contains(&month).then_some(Self { year, month, day: 0, circa: false })
    }

    /// A date known to the year.
    pub fn year(year: i16) -> Self {
        Self { year, month: 0, day: 0, circa: false }
    }

    /// The same date, marked as approximate.
    pub fn around(self) -> Self {
        Self { circa: true, ..self }
    }

    /// Days since 1970-01-01, where the day is known.
    pub fn days(self) -> Option<i32> {
        let date = chrono::NaiveDate::from_ymd_opt(i32::from(self.year), u32::from(self.month), u32::from(self.day))?;
        Some(date.signed_duration_since(chrono::NaiveDate::default()).num_days() as i32)
    }

    /// From days since 1970-01-01. `None` outside the years 1 to 9999.
    pub fn from_days(days: i32) -> Option<Self> {
        use chrono::Datelike;
        let date = chrono::NaiveDate::default().checked_add_signed(chrono::TimeDelta::days(i64::from(days)))?;
        let year = i16::try_from(date.year()).ok().filter(|y| (1..=9999).contains(y))?;
        Some(Self { year, month: date.month() as u8, day: date.day() as u8, circa: false })
    }
}

/// What [`PartialDate`] cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a date of the form 1972, 1972-05 or 1972-05-31, with a leading ~ for circa")]
pub struct NotADate;

/// Reads `1972`, `1972-05`, `1972-05-31`, each with an optional leading `~` for circa.
impl FromStr for PartialDate {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let text = text.trim();
        let (text, circa) = text.strip_prefix('~').map_or((text, false), |t| (t.trim_start(), true));
        let mut parts = text.splitn(3, '-');
        let mut next = |width: usize| match parts.next() {
            None => Ok(None),
            Some(p) if p.len() == width && p.bytes().all(|b| b.is_ascii_digit()) => {
                p.parse::<i16>().map(Some).map_err(|_| NotADate)
            }
            Some(_) => Err(NotADate),
        };
        let (year, month, day) = (next(4)?.ok_or(NotADate)?, next(2)?, next(2)?);
        if year == 0 {
            return Err(NotADate);
        }
        let date = match (month, day) {
            (None, _) => Some(Self::year(year)),
            (Some(m), None) => Self::month(year, m as u8),
            (Some(m), Some(d)) => Self::day(year, m as u8, d as u8),
        };
        date.map(|d| Self { circa, ..d }).ok_or(NotADate)
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.circa {
            f.write_str("~")?;
        }
        write!(f, "{:04}", self.year)?;
        if self.month > 0 {
            write!(f, "-{:02}", self.month)?;
            if self.day > 0 {
                write!(f, "-{:02}", self.day)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One document of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDocument {
    /// `P` passport, `I` identity card or national number, `V` IMO ship number, `O` other (tax,
    /// company, call sign).
    pub kind: char,
    /// Number as published.
    pub number: String,
    /// Issuing state, ISO 3166-1 alpha-3, where the list names one that is known.
    pub issuer: Option<String>,
}

/// One listed thing with all its names, birth dates, countries and documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// The publisher's own identifier.
    pub id: String,
    /// Name of the list, for example `ofac_sdn`.
    pub list: String,
    /// Person, organisation, vessel, …
    pub kind: EntityKind,
    /// All names, the primary one first. Never empty.
    pub names: Vec<EntityName>,
    /// All birth dates that the list gives; empty is unknown.
    pub birth_dates: Vec<PartialDate>,
    /// Nationalities and citizenships, ISO 3166-1 alpha-3; empty is unknown.
    pub nationalities: Vec<String>,
    /// Sex, where the list says so.
    pub sex: Option<Sex>,
    /// Passports and other numbers.
    pub documents: Vec<ListedDocument>,
    /// Places of birth as published.
    pub birth_places: Vec<String>,
    /// Programmes or reasons under which it is listed.
    pub programmes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_round_trip() {
        for text in ["1972", "1972-05", "1972-05-31", "~1960"] {
            assert_eq!(text.parse::<PartialDate>().map(|d| d.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "72", "1972-5", "1972-13", "1972-02-30", "0000", "1972-05-31-1", "abcd"] {
            assert_eq!(text.parse::<PartialDate>(), Err(NotADate), "{text}");
        }
        assert_eq!(PartialDate::from_days(0).map(|d| d.to_string()).as_deref(), Some("1970-01-01"));
        assert_eq!(PartialDate::day(1970, 1, 2).and_then(PartialDate::days), Some(1));
    }
}
