//! What the parser noticed (codes on rows) and why input was given up (codes of dead letters).
//! Both tables are the source of `docs/reference/findings.md`.

macro_rules! findings {
    ($($name:ident $code:literal $meaning:literal)*) => {
        /// One thing that the parser noticed about a traveller, its message or its interchange.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Finding {
            $(#[doc = $meaning] $name,)*
        }

        /// Every finding code with its meaning, in the order in which rows list them. A finding is
        /// never a reason to reject.
        pub const FINDINGS: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

findings! {
    UnaMalformed "una_malformed" "The UNA does not have the form of the standard; what it says was used as far as it goes"
    UnaContradicted "una_contradicted" "The text uses other separators than its UNA says; the text was believed"
    UnbMissing "unb_missing" "The message stands without an interchange header"
    UnzMissing "unz_missing" "The interchange ends without UNZ: it may have been cut"
    UnzCount "unz_count_differs" "UNZ counts other groups or messages than the interchange holds"
    UnzReference "unz_reference_differs" "UNZ names another interchange than UNB"
    UnhMissing "unh_missing" "The message begins without UNH"
    UntMissing "unt_missing" "The message ends without UNT: it may have been cut"
    UntCount "unt_count_differs" "UNT counts other segments than the message holds"
    UntReference "unt_reference_differs" "UNT names another message than UNH"
    CntCount "cnt_count_differs" "CNT counts other persons than the message names"
    WrapRepaired "wrap_repaired" "Line breaks stood inside a segment and were taken out"
    TerminatorMissing "terminator_missing" "A segment lost its terminator and was cut where the next one begins"
    Junk "junk_between_segments" "Text that is no segment stood between segments and was skipped"
    TransportDirt "transport_dirt" "Lines of a telegram or mail stood around or inside the interchange and were skipped"
    NotUtf8 "not_utf8" "Bytes beyond ASCII were not UTF-8 and were read as Windows-1252"
    SegmentUnknown "segment_unknown" "The message has a segment that this message type does not have"
    QualifierUnknown "qualifier_unknown" "A code that is not known stood where it says what a value is; the value was skipped"
    RoleUnknown "role_unknown" "The person's NAD qualifier is not known; read as a passenger"
    NameMissing "name_missing" "The person has no usable name"
    NameUnstructured "name_unstructured" "The name stood in a field for unstructured names"
    BirthDateUnreadable "birth_date_unreadable" "The birth date is no date"
    BirthDateFuture "birth_date_in_future" "The birth date lies after the flight"
    ExpiryUnreadable "expiry_unreadable" "The expiry of a document is no date"
    FlightTimeUnreadable "flight_time_unreadable" "A departure or arrival time is no time"
    FlightTimeDateOnly "flight_time_date_only" "A departure or arrival was given as a date; its time is midnight"
    EventTimeUnreadable "event_time_unreadable" "The time in UNB is no time"
    FlightIncomplete "flight_incomplete" "The message does not say enough of the flight to identify it"
    SexUnreadable "sex_unreadable" "The sex is none of F, M, X and U"
    CountryUnknown "country_unknown" "A country is no ISO 3166-1 code; kept as sent"
    NationalityRepeated "nationality_repeated" "More than one nationality was sent; the first was kept"
    DocumentEmpty "document_empty" "A document without type and number was sent and skipped"
    DocumentWithoutNumber "document_without_number" "A document without number was sent"
    BagCountDiffers "bag_count_differs" "The bag count differs from the number of bag tags"
    BagTagEmpty "bag_tag_empty" "A bag tag was sent without a value (NULL)"
    MeasureUnreadable "measure_unreadable" "A bag count or weight is no number"
    IdentityNotVerified "identity_not_verified" "The sender says that it did not verify the identity (GEI+4+174)"
    NotOnBoard "not_on_board" "The message closes the flight and lists the person as not on board (CLNB)"
}

impl Finding {
    /// Code as rows carry it.
    pub fn code(self) -> &'static str {
        FINDINGS[self as usize].0
    }
}

/// A set of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Findings(u64);

impl Findings {
    /// Adds one.
    #[inline]
    pub fn add(&mut self, finding: Finding) {
        self.0 |= 1 << finding as u8;
    }

    /// Adds all of another set.
    #[inline]
    pub fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether one is in the set.
    pub fn has(self, finding: Finding) -> bool {
        self.0 & (1 << finding as u8) != 0
    }

    /// Whether nothing was noticed.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The codes, in the order of [`FINDINGS`].
    pub fn codes(self) -> impl Iterator<Item = &'static str> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            FINDINGS.get(bit).map(|f| f.0)
        })
    }
}

/// Why input became a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadCode {
    /// Nothing in it.
    Empty,
    /// No text.
    Binary,
    /// Text in no format that Tamis knows.
    Unknown,
    /// A format that Tamis knows and does not decode yet.
    ToCome,
    /// A person without name and document number.
    PersonWithoutIdentity,
}

/// Every dead letter code of the decode stage with its meaning.
pub const DEAD_CODES: &[(&str, &str)] = &[
    ("empty_input", "The input holds nothing but blanks"),
    ("binary_input", "The input is no text"),
    ("unknown_format", "The input is text in no format that is known"),
    ("format_to_come", "The message is in a format that is known and not decoded yet; the message names it"),
    ("person_without_identity", "The person has neither a usable name nor a document number"),
];

impl DeadCode {
    /// Code as dead letters carry it.
    pub fn code(self) -> &'static str {
        DEAD_CODES[self as usize].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_in_the_order_of_the_table_and_fit_the_set() {
        assert!(FINDINGS.len() <= 64);
        let mut set = Findings::default();
        set.add(Finding::NotOnBoard);
        set.add(Finding::UnaMalformed);
        assert_eq!(set.codes().collect::<Vec<_>>(), ["una_malformed", "not_on_board"]);
        assert!(set.has(Finding::NotOnBoard) && !set.has(Finding::Junk));
        assert_eq!(Finding::CntCount.code(), "cnt_count_differs");
        assert_eq!(DeadCode::ToCome.code(), "format_to_come");
        assert_eq!(DEAD_CODES.len(), DeadCode::PersonWithoutIdentity as usize + 1);
    }
}
