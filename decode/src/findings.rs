//! What the parser noticed (codes on rows) and why input was given up (codes of dead letters).
//! Both tables are the source of `docs/reference/findings.md`.

/// What a finding means for the use of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Seen and repaired, or of no consequence for the record.
    Note,
    /// Something that the record could say is missing or in doubt.
    Warning,
    /// The sender broke a rule that the receiving authority enforces, or a key value is wrong.
    Error,
}

impl Severity {
    /// Word of the column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One row of [`FINDINGS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FindingKind {
    /// Code as rows carry it.
    pub code: &'static str,
    /// What it means for the use of the record.
    pub severity: Severity,
    /// What was noticed.
    pub meaning: &'static str,
}

macro_rules! findings {
    ($($name:ident $severity:ident $code:literal $meaning:literal)*) => {
        /// One thing that a decoder noticed about a record, its message or its interchange.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Finding {
            $(#[doc = $meaning] $name,)*
        }

        /// Every finding with its code, severity and meaning, in the order in which rows list
        /// them. A finding is never a reason to reject.
        pub const FINDINGS: &[FindingKind] =
            &[$(FindingKind { code: $code, severity: Severity::$severity, meaning: $meaning }),*];
    };
}

findings! {
    // The envelope, the transport and the syntax of any format.
    UnaMalformed Note "una_malformed" "The UNA does not have the form of the standard; what it says was used as far as it goes"
    UnaContradicted Note "una_contradicted" "The text uses other separators than its UNA says; the text was believed"
    UnbMissing Note "unb_missing" "The message stands without an interchange header"
    UnzMissing Warning "unz_missing" "The interchange ends without UNZ: it may have been cut"
    UnzCount Note "unz_count_differs" "UNZ counts other groups or messages than the interchange holds"
    UnzReference Note "unz_reference_differs" "UNZ names another interchange than UNB"
    UnhMissing Note "unh_missing" "The message begins without UNH"
    UntMissing Warning "unt_missing" "The message ends without UNT: it may have been cut"
    UntCount Note "unt_count_differs" "UNT counts other segments than the message holds"
    UntReference Note "unt_reference_differs" "UNT names another message than UNH"
    CntCount Note "cnt_count_differs" "CNT counts other persons than the message names"
    WrapRepaired Note "wrap_repaired" "Line breaks stood inside a segment and were taken out"
    TerminatorMissing Note "terminator_missing" "A segment lost its terminator and was cut where the next one begins"
    Junk Note "junk_between_segments" "Text that is no segment stood between segments and was skipped"
    TransportDirt Note "transport_dirt" "Lines of a telegram or mail stood around or inside the interchange and were skipped"
    NotUtf8 Note "not_utf8" "Bytes beyond ASCII were not UTF-8 and were read as Windows-1252"
    SegmentUnknown Warning "segment_unknown" "The message has a segment that this message type does not have"
    QualifierUnknown Warning "qualifier_unknown" "A code that is not known stood where it says what a value is; the value was skipped"
    // Travellers.
    RoleUnknown Note "role_unknown" "The person's NAD qualifier is not known; read as a passenger"
    NameMissing Warning "name_missing" "The person has no usable name"
    NameUnstructured Note "name_unstructured" "The name stood in a field for unstructured names"
    BirthDateUnreadable Warning "birth_date_unreadable" "The birth date is no date"
    BirthDateFuture Warning "birth_date_in_future" "The birth date lies after the flight"
    ExpiryUnreadable Warning "expiry_unreadable" "The expiry of a document is no date"
    FlightTimeUnreadable Warning "flight_time_unreadable" "A departure or arrival time is no time"
    FlightTimeDateOnly Note "flight_time_date_only" "A departure or arrival was given as a date; its time is midnight"
    EventTimeUnreadable Note "event_time_unreadable" "The time in UNB is no time"
    FlightIncomplete Warning "flight_incomplete" "The message does not say enough of the flight to identify it"
    SexUnreadable Warning "sex_unreadable" "The sex is none of F, M, X and U"
    CountryUnknown Warning "country_unknown" "A country is no ISO 3166-1 code; kept as sent"
    NationalityRepeated Note "nationality_repeated" "More than one nationality was sent; the first was kept"
    DocumentEmpty Note "document_empty" "A document without type and number was sent and skipped"
    DocumentWithoutNumber Warning "document_without_number" "A document without number was sent"
    BagCountDiffers Warning "bag_count_differs" "The bag count differs from the number of bag tags"
    BagTagEmpty Note "bag_tag_empty" "A bag tag was sent without a value (NULL)"
    MeasureUnreadable Warning "measure_unreadable" "A bag count or weight is no number"
    IdentityNotVerified Warning "identity_not_verified" "The sender says that it did not verify the identity (GEI+4+174)"
    NotOnBoard Note "not_on_board" "The message closes the flight and lists the person as not on board (CLNB)"
    // Consignments of any format.
    KeyMissing Warning "consignment_key_missing" "The message does not say enough of the shipment to identify it"
    PartyIncomplete Warning "party_incomplete" "A party has neither a usable name nor an identifier"
    DescriptionMissing Warning "description_missing" "Goods are named without a description"
    WeightUnreadable Warning "weight_unreadable" "A weight or volume is no number or has a unit that is not known"
    QuantityUnreadable Warning "quantity_unreadable" "A number of packages or a quantity is no number"
    ValueUnreadable Note "value_unreadable" "A declared value is no amount"
    TimeUnreadable Warning "time_unreadable" "A time of departure, arrival or loading is no time"
    PackagesDiffer Error "packages_differ" "The number of packages stated for the whole is not the sum of the items or houses"
    WeightDiffers Error "weight_differs" "The weight stated for the whole is not the sum of the items or houses"
    CountDiffers Note "count_differs" "A control total counts other records than the message holds"
    ContainerInvalid Error "container_number_invalid" "A container number fails ISO 6346"
    ImoInvalid Error "imo_number_invalid" "A ship number fails its check digit (IMO Resolution A.1117(30))"
    AwbInvalid Error "awb_number_invalid" "An air waybill number fails its check digit (IATA Resolution 600a)"
    HsInvalid Error "hs_code_invalid" "A commodity code is not 4 to 10 digits, or in no chapter of the Harmonized System"
    UnNumberInvalid Error "un_number_invalid" "A dangerous goods number is not four digits"
    CcnInvalid Error "ccn_invalid" "A cargo control number is not a carrier code and up to 21 letters, digits and hyphens"
    // X12.
    // CUSCAR and CUSREP.
    // Cargo-XML and Cargo-IMP.
    // Entry summary declarations and customs declarations.
    // Passenger name records.
    // Neutral formats and archives.
    CellUnreadable Warning "cell_unreadable" "A cell of a table is not what its column asks for; it was left out"
}

impl Finding {
    /// Code as rows carry it.
    pub fn code(self) -> &'static str {
        FINDINGS[self as usize].code
    }
}

/// A set of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Findings([u64; 4]);

impl Findings {
    /// Adds one.
    #[inline]
    pub fn add(&mut self, finding: Finding) {
        let bit = finding as usize;
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    /// Adds all of another set.
    #[inline]
    pub fn merge(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
    }

    /// Whether one is in the set.
    pub fn has(self, finding: Finding) -> bool {
        let bit = finding as usize;
        self.0[bit / 64] & (1 << (bit % 64)) != 0
    }

    /// Whether nothing was noticed.
    pub fn is_empty(self) -> bool {
        self.0 == [0; 4]
    }

    /// The findings, as places in [`FINDINGS`] and in its order.
    pub(crate) fn places(self) -> impl Iterator<Item = u8> {
        (0..4_u8).flat_map(move |word| {
            let mut left = self.0[usize::from(word)];
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as u8)?;
                left &= left - 1;
                Some(word * 64 + bit)
            })
        })
    }

    /// The codes, in the order of [`FINDINGS`].
    pub fn codes(self) -> impl Iterator<Item = &'static str> {
        self.places().filter_map(|place| FINDINGS.get(usize::from(place))).map(|f| f.code)
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
    /// A table that no mapping fits.
    NeedsMapping,
    /// A row that is none.
    RowUnreadable,
    /// A row that says not enough to be a record.
    RowWithoutIdentity,
    /// Packed data that is damaged or cut.
    Damaged,
    /// Something in an archive asks for a password.
    Encrypted,
    /// An archive that would unpack to too much.
    TooLarge,
    /// A kind of archive that is not read.
    ArchiveUnsupported,
}

/// Every dead letter code of the decode stage with its meaning.
pub const DEAD_CODES: &[(&str, &str)] = &[
    ("empty_input", "The input holds nothing but blanks"),
    ("binary_input", "The input is no text"),
    ("unknown_format", "The input is text in no format that is known"),
    ("format_to_come", "The message is in a format that is known and not decoded yet; the message names it"),
    ("person_without_identity", "The person has neither a usable name nor a document number"),
    ("needs_mapping", "The table has columns of its own and no mapping file names them"),
    ("row_unreadable", "The row of a table has other cells than its header, or is no JSON object"),
    ("row_without_identity", "The row says neither who nor what it is about, or lacks what its mapping requires"),
    ("archive_damaged", "Packed data is damaged or cut; what came before the damage was read"),
    ("archive_encrypted", "A file in an archive is encrypted"),
    ("archive_too_large", "An archive would unpack to far more than messages do, or holds archives too deep"),
    ("archive_unsupported", "A kind of archive or compression that is not read"),
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
        assert!(FINDINGS.len() <= 256);
        let mut codes: Vec<_> = FINDINGS.iter().map(|f| f.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), FINDINGS.len());
        let mut set = Findings::default();
        set.add(Finding::NotOnBoard);
        set.add(Finding::UnaMalformed);
        assert_eq!(set.codes().collect::<Vec<_>>(), ["una_malformed", "not_on_board"]);
        assert!(set.has(Finding::NotOnBoard) && !set.has(Finding::Junk));
        assert_eq!(Finding::CntCount.code(), "cnt_count_differs");
        assert_eq!(DeadCode::ToCome.code(), "format_to_come");
        assert_eq!(DEAD_CODES.len(), DeadCode::ArchiveUnsupported as usize + 1);
    }
}
