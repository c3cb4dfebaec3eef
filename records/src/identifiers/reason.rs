//! Why an identifier is not right.

use std::fmt;

/// Why an identifier is not right. The codes are stable: they stand in findings, in SQL and in
/// scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing but blanks and separators.
    Empty,
    /// Too short or too long.
    Length,
    /// A character, or a kind of character, that cannot stand in its place.
    Character,
    /// Made up to fill the field: zeros, or a row of digits that no one was given.
    Placeholder,
    /// The check digit is not that of the other characters.
    CheckDigit,
    /// Right but for the check digit, which was left out.
    NoCheckDigit,
    /// One zero short at the front, as spreadsheets and numeric fields leave it.
    LeadingZero,
    /// A number that is not assigned.
    Range,
    /// A prefix or scheme that is not one of the identifier's.
    Prefix,
    /// Category of equipment that is none of `U`, `J`, `Z` (ISO 6346).
    Category,
    /// Country code that is in no edition of ISO 3166-1.
    UnknownCountry,
    /// Chapter that the Harmonized System does not have.
    UnknownChapter,
    /// Lines of a machine readable zone that fit no layout.
    Layout,
    /// Check digit of the document number in a machine readable zone.
    NumberCheck,
    /// Check digit of the birth date in a machine readable zone.
    BirthCheck,
    /// Check digit of the date of expiry in a machine readable zone.
    ExpiryCheck,
    /// Check digit of the optional data in a machine readable zone.
    OptionalCheck,
    /// Check digit over the whole machine readable zone.
    CompositeCheck,
}

impl Reason {
    /// Every reason there is, in the order of the reference.
    pub const ALL: [Self; 18] = [
        Self::Empty,
        Self::Length,
        Self::Character,
        Self::Placeholder,
        Self::CheckDigit,
        Self::NoCheckDigit,
        Self::LeadingZero,
        Self::Range,
        Self::Prefix,
        Self::Category,
        Self::UnknownCountry,
        Self::UnknownChapter,
        Self::Layout,
        Self::NumberCheck,
        Self::BirthCheck,
        Self::ExpiryCheck,
        Self::OptionalCheck,
        Self::CompositeCheck,
    ];

    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Length => "length",
            Self::Character => "character",
            Self::Placeholder => "placeholder",
            Self::CheckDigit => "check_digit",
            Self::NoCheckDigit => "no_check_digit",
            Self::LeadingZero => "leading_zero",
            Self::Range => "range",
            Self::Prefix => "prefix",
            Self::Category => "category",
            Self::UnknownCountry => "unknown_country",
            Self::UnknownChapter => "unknown_chapter",
            Self::Layout => "layout",
            Self::NumberCheck => "number_check",
            Self::BirthCheck => "birth_check",
            Self::ExpiryCheck => "expiry_check",
            Self::OptionalCheck => "optional_check",
            Self::CompositeCheck => "composite_check",
        }
    }

    /// What the code says to a person.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Empty => "there is nothing in it",
            Self::Length => "it is too short or too long",
            Self::Character => "a character cannot stand in its place",
            Self::Placeholder => "it was made up to fill the field",
            Self::CheckDigit => "the check digit is not that of the other characters",
            Self::NoCheckDigit => "the check digit was left out",
            Self::LeadingZero => "the zero at the front is lost",
            Self::Range => "this number is not assigned",
            Self::Prefix => "the prefix is none that it can have",
            Self::Category => "the fourth letter is none of U, J and Z",
            Self::UnknownCountry => "the country code is in no edition of ISO 3166-1",
            Self::UnknownChapter => "the Harmonized System has no such chapter",
            Self::Layout => "the lines fit no layout of a machine readable zone",
            Self::NumberCheck => "the check digit of the document number is wrong",
            Self::BirthCheck => "the check digit of the birth date is wrong",
            Self::ExpiryCheck => "the check digit of the date of expiry is wrong",
            Self::OptionalCheck => "the check digit of the optional data is wrong",
            Self::CompositeCheck => "the check digit over the whole zone is wrong",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl std::error::Error for Reason {}
