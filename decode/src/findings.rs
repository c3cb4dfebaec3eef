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
        #[repr(u16)]
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
    PersonRepeated Note "person_repeated" "The message names the same person more than once"
    MessageRepeated Note "message_repeated" "The interchange holds the same message more than once"
    PartOfSeveral Note "part_of_several" "The list comes in several parts, and this is one of them"
    NotOnBoard Note "not_on_board" "The message closes the flight and lists the person as not on board (CLNB)"
    // What the state that a list is for asks for (its profile) and the person lacks.
    RequiredBirthDate Error "required_birth_date_missing" "The state that the list is for asks for the birth date"
    RequiredSex Error "required_sex_missing" "The state that the list is for asks for the sex"
    RequiredNationality Error "required_nationality_missing" "The state that the list is for asks for the nationality"
    RequiredResidence Warning "required_residence_missing" "The state that the list is for asks for the country of residence"
    RequiredBirthPlace Warning "required_birth_place_missing" "The state that the list is for asks for the place of birth"
    RequiredAddress Warning "required_address_missing" "The state that the list is for asks for an address: of passengers the first there, of crew the permanent one"
    RequiredEmbarkation Warning "required_embarkation_missing" "The state that the list is for asks where the person boards"
    RequiredDebarkation Warning "required_debarkation_missing" "The state that the list is for asks where the person leaves"
    RequiredClearance Warning "required_clearance_port_missing" "The state that the list is for asks where the person is cleared"
    RequiredDuty Warning "required_duty_missing" "The state that the list is for asks what a member of the crew does on board"
    RequiredDocument Error "required_document_missing" "The state that the list is for asks for a travel document with its number"
    RequiredDocumentType Warning "required_document_type_missing" "The state that the list is for asks for the type of the travel document"
    RequiredDocumentIssuer Warning "required_document_issuer_missing" "The state that the list is for asks for the issuing state of the travel document"
    RequiredDocumentExpiry Warning "required_document_expiry_missing" "The state that the list is for asks for the expiry of the travel document"
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
    IsaMissing Note "isa_missing" "The X12 group or transaction set stands without an interchange header (ISA)"
    IsaMalformed Note "isa_malformed" "The X12 interchange header (ISA) has not the width of the standard; its elements were counted instead"
    IeaMissing Warning "iea_missing" "The X12 interchange ends without IEA: it may have been cut"
    IeaCount Note "iea_count_differs" "IEA counts other groups than the interchange holds"
    IeaReference Note "iea_reference_differs" "IEA names another interchange than ISA"
    GsMissing Note "gs_missing" "The X12 transaction set stands without a functional group (GS)"
    GeMissing Warning "ge_missing" "The functional group ends without GE: it may have been cut"
    GeCount Note "ge_count_differs" "GE counts other transaction sets than the group holds"
    GeReference Note "ge_reference_differs" "GE names another group than GS"
    StMissing Note "st_missing" "The X12 transaction set begins without ST"
    SeMissing Warning "se_missing" "The X12 transaction set ends without SE: it may have been cut"
    SeCount Note "se_count_differs" "SE counts other segments than the transaction set holds"
    SeReference Note "se_reference_differs" "SE names another transaction set than ST"
    LowerCase Note "lower_case" "The interchange is written in lower case; it was read in upper case"
    // CUSCAR and CUSREP.
    // Cargo-XML and Cargo-IMP.
    // Entry summary declarations and customs declarations. Of the codes in a meaning the first is the
    // condition or rule of the specification, the second the error of the receiving authority (HMRC).
    EnsConsignorNameMissing Error "ens_c501_consignor_name_missing" "C501, 8120: the consignor has neither a TIN nor a name"
    EnsConsignorStreetMissing Error "ens_c501_consignor_street_missing" "C501, 8121: the consignor has neither a TIN nor a street"
    EnsConsignorPostcodeMissing Error "ens_c501_consignor_postcode_missing" "C501, 8122: the consignor has neither a TIN nor a postcode"
    EnsConsignorCityMissing Error "ens_c501_consignor_city_missing" "C501, 8123: the consignor has neither a TIN nor a city"
    EnsConsignorCountryMissing Error "ens_c501_consignor_country_missing" "C501, 8124: the consignor has neither a TIN nor a country"
    EnsConsignorNameMissingForeign Error "ens_c501_consignor_name_missing_foreign" "C501, 8220: the consignor has a TIN of another country than the United Kingdom and no name"
    EnsConsignorStreetMissingForeign Error "ens_c501_consignor_street_missing_foreign" "C501, 8221: the consignor has a TIN of another country than the United Kingdom and no street"
    EnsConsignorPostcodeMissingForeign Error "ens_c501_consignor_postcode_missing_foreign" "C501, 8222: the consignor has a TIN of another country than the United Kingdom and no postcode"
    EnsConsignorCityMissingForeign Error "ens_c501_consignor_city_missing_foreign" "C501, 8223: the consignor has a TIN of another country than the United Kingdom and no city"
    EnsConsignorCountryMissingForeign Error "ens_c501_consignor_country_missing_foreign" "C501, 8224: the consignor has a TIN of another country than the United Kingdom and no country"
    EnsConsignorNameSurplus Error "ens_c501_consignor_name_surplus" "C501, 8626: the consignor has a TIN of the United Kingdom and a name as well"
    EnsConsignorStreetSurplus Error "ens_c501_consignor_street_surplus" "C501, 8627: the consignor has a TIN of the United Kingdom and a street as well"
    EnsConsignorPostcodeSurplus Error "ens_c501_consignor_postcode_surplus" "C501, 8628: the consignor has a TIN of the United Kingdom and a postcode as well"
    EnsConsignorCitySurplus Error "ens_c501_consignor_city_surplus" "C501, 8629: the consignor has a TIN of the United Kingdom and a city as well"
    EnsConsignorCountrySurplus Error "ens_c501_consignor_country_surplus" "C501, 8630: the consignor has a TIN of the United Kingdom and a country as well"
    EnsConsigneeNameMissing Error "ens_c501_consignee_name_missing" "C501, 8125: the consignee has neither a TIN nor a name"
    EnsConsigneeStreetMissing Error "ens_c501_consignee_street_missing" "C501, 8126: the consignee has neither a TIN nor a street"
    EnsConsigneePostcodeMissing Error "ens_c501_consignee_postcode_missing" "C501, 8127: the consignee has neither a TIN nor a postcode"
    EnsConsigneeCityMissing Error "ens_c501_consignee_city_missing" "C501, 8128: the consignee has neither a TIN nor a city"
    EnsConsigneeCountryMissing Error "ens_c501_consignee_country_missing" "C501, 8129: the consignee has neither a TIN nor a country"
    EnsConsigneeNameMissingForeign Error "ens_c501_consignee_name_missing_foreign" "C501, 8225: the consignee has a TIN of another country than the United Kingdom and no name"
    EnsConsigneeStreetMissingForeign Error "ens_c501_consignee_street_missing_foreign" "C501, 8226: the consignee has a TIN of another country than the United Kingdom and no street"
    EnsConsigneePostcodeMissingForeign Error "ens_c501_consignee_postcode_missing_foreign" "C501, 8227: the consignee has a TIN of another country than the United Kingdom and no postcode"
    EnsConsigneeCityMissingForeign Error "ens_c501_consignee_city_missing_foreign" "C501, 8228: the consignee has a TIN of another country than the United Kingdom and no city"
    EnsConsigneeCountryMissingForeign Error "ens_c501_consignee_country_missing_foreign" "C501, 8229: the consignee has a TIN of another country than the United Kingdom and no country"
    EnsConsigneeNameSurplus Error "ens_c501_consignee_name_surplus" "C501, 8631: the consignee has a TIN of the United Kingdom and a name as well"
    EnsConsigneeStreetSurplus Error "ens_c501_consignee_street_surplus" "C501, 8632: the consignee has a TIN of the United Kingdom and a street as well"
    EnsConsigneePostcodeSurplus Error "ens_c501_consignee_postcode_surplus" "C501, 8633: the consignee has a TIN of the United Kingdom and a postcode as well"
    EnsConsigneeCitySurplus Error "ens_c501_consignee_city_surplus" "C501, 8634: the consignee has a TIN of the United Kingdom and a city as well"
    EnsConsigneeCountrySurplus Error "ens_c501_consignee_country_surplus" "C501, 8635: the consignee has a TIN of the United Kingdom and a country as well"
    EnsNotifyNameMissing Error "ens_c501_notify_name_missing" "C501, 8130: the notify party has neither a TIN nor a name"
    EnsNotifyStreetMissing Error "ens_c501_notify_street_missing" "C501, 8131: the notify party has neither a TIN nor a street"
    EnsNotifyPostcodeMissing Error "ens_c501_notify_postcode_missing" "C501, 8132: the notify party has neither a TIN nor a postcode"
    EnsNotifyCityMissing Error "ens_c501_notify_city_missing" "C501, 8133: the notify party has neither a TIN nor a city"
    EnsNotifyCountryMissing Error "ens_c501_notify_country_missing" "C501, 8134: the notify party has neither a TIN nor a country"
    EnsNotifyNameMissingForeign Error "ens_c501_notify_name_missing_foreign" "C501, 8230: the notify party has a TIN of another country than the United Kingdom and no name"
    EnsNotifyStreetMissingForeign Error "ens_c501_notify_street_missing_foreign" "C501, 8231: the notify party has a TIN of another country than the United Kingdom and no street"
    EnsNotifyPostcodeMissingForeign Error "ens_c501_notify_postcode_missing_foreign" "C501, 8232: the notify party has a TIN of another country than the United Kingdom and no postcode"
    EnsNotifyCityMissingForeign Error "ens_c501_notify_city_missing_foreign" "C501, 8233: the notify party has a TIN of another country than the United Kingdom and no city"
    EnsNotifyCountryMissingForeign Error "ens_c501_notify_country_missing_foreign" "C501, 8234: the notify party has a TIN of another country than the United Kingdom and no country"
    EnsNotifyNameSurplus Error "ens_c501_notify_name_surplus" "C501, 8636: the notify party has a TIN of the United Kingdom and a name as well"
    EnsNotifyStreetSurplus Error "ens_c501_notify_street_surplus" "C501, 8637: the notify party has a TIN of the United Kingdom and a street as well"
    EnsNotifyPostcodeSurplus Error "ens_c501_notify_postcode_surplus" "C501, 8638: the notify party has a TIN of the United Kingdom and a postcode as well"
    EnsNotifyCitySurplus Error "ens_c501_notify_city_surplus" "C501, 8639: the notify party has a TIN of the United Kingdom and a city as well"
    EnsNotifyCountrySurplus Error "ens_c501_notify_country_surplus" "C501, 8640: the notify party has a TIN of the United Kingdom and a country as well"
    EnsItemConsignorNameMissing Error "ens_c501_item_consignor_name_missing" "C501, 8137: the consignor of an item has neither a TIN nor a name"
    EnsItemConsignorStreetMissing Error "ens_c501_item_consignor_street_missing" "C501, 8138: the consignor of an item has neither a TIN nor a street"
    EnsItemConsignorPostcodeMissing Error "ens_c501_item_consignor_postcode_missing" "C501, 8139: the consignor of an item has neither a TIN nor a postcode"
    EnsItemConsignorCityMissing Error "ens_c501_item_consignor_city_missing" "C501, 8140: the consignor of an item has neither a TIN nor a city"
    EnsItemConsignorCountryMissing Error "ens_c501_item_consignor_country_missing" "C501, 8141: the consignor of an item has neither a TIN nor a country"
    EnsItemConsignorNameMissingForeign Error "ens_c501_item_consignor_name_missing_foreign" "C501, 8237: the consignor of an item has a TIN of another country than the United Kingdom and no name"
    EnsItemConsignorStreetMissingForeign Error "ens_c501_item_consignor_street_missing_foreign" "C501, 8238: the consignor of an item has a TIN of another country than the United Kingdom and no street"
    EnsItemConsignorPostcodeMissingForeign Error "ens_c501_item_consignor_postcode_missing_foreign" "C501, 8239: the consignor of an item has a TIN of another country than the United Kingdom and no postcode"
    EnsItemConsignorCityMissingForeign Error "ens_c501_item_consignor_city_missing_foreign" "C501, 8240: the consignor of an item has a TIN of another country than the United Kingdom and no city"
    EnsItemConsignorCountryMissingForeign Error "ens_c501_item_consignor_country_missing_foreign" "C501, 8241: the consignor of an item has a TIN of another country than the United Kingdom and no country"
    EnsItemConsignorNameSurplus Error "ens_c501_item_consignor_name_surplus" "C501, 8641: the consignor of an item has a TIN of the United Kingdom and a name as well"
    EnsItemConsignorStreetSurplus Error "ens_c501_item_consignor_street_surplus" "C501, 8642: the consignor of an item has a TIN of the United Kingdom and a street as well"
    EnsItemConsignorPostcodeSurplus Error "ens_c501_item_consignor_postcode_surplus" "C501, 8643: the consignor of an item has a TIN of the United Kingdom and a postcode as well"
    EnsItemConsignorCitySurplus Error "ens_c501_item_consignor_city_surplus" "C501, 8644: the consignor of an item has a TIN of the United Kingdom and a city as well"
    EnsItemConsignorCountrySurplus Error "ens_c501_item_consignor_country_surplus" "C501, 8645: the consignor of an item has a TIN of the United Kingdom and a country as well"
    EnsItemConsigneeNameMissing Error "ens_c501_item_consignee_name_missing" "C501, 8142: the consignee of an item has neither a TIN nor a name"
    EnsItemConsigneeStreetMissing Error "ens_c501_item_consignee_street_missing" "C501, 8143: the consignee of an item has neither a TIN nor a street"
    EnsItemConsigneePostcodeMissing Error "ens_c501_item_consignee_postcode_missing" "C501, 8144: the consignee of an item has neither a TIN nor a postcode"
    EnsItemConsigneeCityMissing Error "ens_c501_item_consignee_city_missing" "C501, 8145: the consignee of an item has neither a TIN nor a city"
    EnsItemConsigneeCountryMissing Error "ens_c501_item_consignee_country_missing" "C501, 8146: the consignee of an item has neither a TIN nor a country"
    EnsItemConsigneeNameMissingForeign Error "ens_c501_item_consignee_name_missing_foreign" "C501, 8242: the consignee of an item has a TIN of another country than the United Kingdom and no name"
    EnsItemConsigneeStreetMissingForeign Error "ens_c501_item_consignee_street_missing_foreign" "C501, 8243: the consignee of an item has a TIN of another country than the United Kingdom and no street"
    EnsItemConsigneePostcodeMissingForeign Error "ens_c501_item_consignee_postcode_missing_foreign" "C501, 8244: the consignee of an item has a TIN of another country than the United Kingdom and no postcode"
    EnsItemConsigneeCityMissingForeign Error "ens_c501_item_consignee_city_missing_foreign" "C501, 8245: the consignee of an item has a TIN of another country than the United Kingdom and no city"
    EnsItemConsigneeCountryMissingForeign Error "ens_c501_item_consignee_country_missing_foreign" "C501, 8246: the consignee of an item has a TIN of another country than the United Kingdom and no country"
    EnsItemConsigneeNameSurplus Error "ens_c501_item_consignee_name_surplus" "C501, 8646: the consignee of an item has a TIN of the United Kingdom and a name as well"
    EnsItemConsigneeStreetSurplus Error "ens_c501_item_consignee_street_surplus" "C501, 8647: the consignee of an item has a TIN of the United Kingdom and a street as well"
    EnsItemConsigneePostcodeSurplus Error "ens_c501_item_consignee_postcode_surplus" "C501, 8648: the consignee of an item has a TIN of the United Kingdom and a postcode as well"
    EnsItemConsigneeCitySurplus Error "ens_c501_item_consignee_city_surplus" "C501, 8649: the consignee of an item has a TIN of the United Kingdom and a city as well"
    EnsItemConsigneeCountrySurplus Error "ens_c501_item_consignee_country_surplus" "C501, 8650: the consignee of an item has a TIN of the United Kingdom and a country as well"
    EnsItemNotifyNameMissing Error "ens_c501_item_notify_name_missing" "C501, 8154: the notify party of an item has neither a TIN nor a name"
    EnsItemNotifyStreetMissing Error "ens_c501_item_notify_street_missing" "C501, 8155: the notify party of an item has neither a TIN nor a street"
    EnsItemNotifyPostcodeMissing Error "ens_c501_item_notify_postcode_missing" "C501, 8156: the notify party of an item has neither a TIN nor a postcode"
    EnsItemNotifyCityMissing Error "ens_c501_item_notify_city_missing" "C501, 8157: the notify party of an item has neither a TIN nor a city"
    EnsItemNotifyCountryMissing Error "ens_c501_item_notify_country_missing" "C501, 8158: the notify party of an item has neither a TIN nor a country"
    EnsItemNotifyNameMissingForeign Error "ens_c501_item_notify_name_missing_foreign" "C501, 8254: the notify party of an item has a TIN of another country than the United Kingdom and no name"
    EnsItemNotifyStreetMissingForeign Error "ens_c501_item_notify_street_missing_foreign" "C501, 8255: the notify party of an item has a TIN of another country than the United Kingdom and no street"
    EnsItemNotifyPostcodeMissingForeign Error "ens_c501_item_notify_postcode_missing_foreign" "C501, 8256: the notify party of an item has a TIN of another country than the United Kingdom and no postcode"
    EnsItemNotifyCityMissingForeign Error "ens_c501_item_notify_city_missing_foreign" "C501, 8257: the notify party of an item has a TIN of another country than the United Kingdom and no city"
    EnsItemNotifyCountryMissingForeign Error "ens_c501_item_notify_country_missing_foreign" "C501, 8258: the notify party of an item has a TIN of another country than the United Kingdom and no country"
    EnsItemNotifyNameSurplus Error "ens_c501_item_notify_name_surplus" "C501, 8651: the notify party of an item has a TIN of the United Kingdom and a name as well"
    EnsItemNotifyStreetSurplus Error "ens_c501_item_notify_street_surplus" "C501, 8652: the notify party of an item has a TIN of the United Kingdom and a street as well"
    EnsItemNotifyPostcodeSurplus Error "ens_c501_item_notify_postcode_surplus" "C501, 8653: the notify party of an item has a TIN of the United Kingdom and a postcode as well"
    EnsItemNotifyCitySurplus Error "ens_c501_item_notify_city_surplus" "C501, 8654: the notify party of an item has a TIN of the United Kingdom and a city as well"
    EnsItemNotifyCountrySurplus Error "ens_c501_item_notify_country_surplus" "C501, 8655: the notify party of an item has a TIN of the United Kingdom and a country as well"
    EnsCarrierNameMissing Error "ens_c501_carrier_name_missing" "C501, 8159: the carrier has neither a TIN nor a name"
    EnsCarrierStreetMissing Error "ens_c501_carrier_street_missing" "C501, 8160: the carrier has neither a TIN nor a street"
    EnsCarrierPostcodeMissing Error "ens_c501_carrier_postcode_missing" "C501, 8161: the carrier has neither a TIN nor a postcode"
    EnsCarrierCityMissing Error "ens_c501_carrier_city_missing" "C501, 8162: the carrier has neither a TIN nor a city"
    EnsCarrierCountryMissing Error "ens_c501_carrier_country_missing" "C501, 8163: the carrier has neither a TIN nor a country"
    EnsCarrierNameMissingForeign Error "ens_c501_carrier_name_missing_foreign" "C501, 8259: the carrier has a TIN of another country than the United Kingdom and no name"
    EnsCarrierStreetMissingForeign Error "ens_c501_carrier_street_missing_foreign" "C501, 8260: the carrier has a TIN of another country than the United Kingdom and no street"
    EnsCarrierPostcodeMissingForeign Error "ens_c501_carrier_postcode_missing_foreign" "C501, 8261: the carrier has a TIN of another country than the United Kingdom and no postcode"
    EnsCarrierCityMissingForeign Error "ens_c501_carrier_city_missing_foreign" "C501, 8262: the carrier has a TIN of another country than the United Kingdom and no city"
    EnsCarrierCountryMissingForeign Error "ens_c501_carrier_country_missing_foreign" "C501, 8263: the carrier has a TIN of another country than the United Kingdom and no country"
    EnsCarrierNameSurplus Error "ens_c501_carrier_name_surplus" "C501, 8666: the carrier has a TIN of the United Kingdom and a name as well"
    EnsCarrierStreetSurplus Error "ens_c501_carrier_street_surplus" "C501, 8667: the carrier has a TIN of the United Kingdom and a street as well"
    EnsCarrierPostcodeSurplus Error "ens_c501_carrier_postcode_surplus" "C501, 8668: the carrier has a TIN of the United Kingdom and a postcode as well"
    EnsCarrierCitySurplus Error "ens_c501_carrier_city_surplus" "C501, 8669: the carrier has a TIN of the United Kingdom and a city as well"
    EnsCarrierCountrySurplus Error "ens_c501_carrier_country_surplus" "C501, 8670: the carrier has a TIN of the United Kingdom and a country as well"
    EnsRepresentativeNameSurplus Error "ens_c501_representative_name_surplus" "C501, 8656: the representative must be named by the TIN and has a name"
    EnsRepresentativeStreetSurplus Error "ens_c501_representative_street_surplus" "C501, 8657: the representative must be named by the TIN and has a street"
    EnsRepresentativePostcodeSurplus Error "ens_c501_representative_postcode_surplus" "C501, 8658: the representative must be named by the TIN and has a postcode"
    EnsRepresentativeCitySurplus Error "ens_c501_representative_city_surplus" "C501, 8659: the representative must be named by the TIN and has a city"
    EnsRepresentativeCountrySurplus Error "ens_c501_representative_country_surplus" "C501, 8660: the representative must be named by the TIN and has a country"
    EnsLodgerNameSurplus Error "ens_c501_lodger_name_surplus" "C501, 8661: the person who lodges the declaration must be named by the TIN and has a name"
    EnsLodgerStreetSurplus Error "ens_c501_lodger_street_surplus" "C501, 8662: the person who lodges the declaration must be named by the TIN and has a street"
    EnsLodgerPostcodeSurplus Error "ens_c501_lodger_postcode_surplus" "C501, 8663: the person who lodges the declaration must be named by the TIN and has a postcode"
    EnsLodgerCitySurplus Error "ens_c501_lodger_city_surplus" "C501, 8664: the person who lodges the declaration must be named by the TIN and has a city"
    EnsLodgerCountrySurplus Error "ens_c501_lodger_country_surplus" "C501, 8665: the person who lodges the declaration must be named by the TIN and has a country"
    EnsSenderForm Error "ens_sender_invalid" "4065: the message sender is not a TIN, a slash and a branch of ten digits"
    EnsConsignorTwice Error "ens_c511_consignor_on_both_levels" "C511, 8119: a consignor stands in the header and on an item"
    EnsItemConsignorsSame Error "ens_c511_item_consignors_same" "C511, 8193: consignors on items must be at least two, and not all the same"
    EnsItemNumbers Error "ens_r007_item_numbers_not_in_sequence" "R007, 8102: the items are not numbered 1, 2, 3, …"
    EnsItemsTooMany Error "ens_items_too_many" "8611: more than 999 items"
    EnsPackagesMissing Error "ens_c577_packages_missing" "C577, 8688: no item names packages"
    EnsSealsTooMany Error "ens_seals_too_many" "8617: more than 9,999 seals"
    EnsItineraryShort Error "ens_c570_itinerary_short" "C570, 8684: fewer than two countries on the way"
    EnsConsigneeToOrder Error "ens_c583_consignee_with_order" "C583, 8204: a consignee stands in the header although an item is negotiable to order (mention 10600)"
    EnsConsigneeTin Error "ens_c562_consignee_tin_missing" "C562, 8105: the consignee of a declaration by an authorised operator (circumstance E) has no TIN"
    EnsNotifyWithoutOrder Error "ens_c583_notify_without_order" "C583, 8619: a notify party stands in the header although an item is not negotiable to order (mention 10600)"
    EnsOfficesSame Error "ens_lodgement_office_is_entry_office" "8616: the office of lodgement is the office of first entry"
    EnsCommodityMissing Error "ens_c585_commodity_missing" "C585, 8207: an item has neither a description nor a commodity code"
    EnsUnloadingMissing Error "ens_c579_unloading_place_missing" "C579, 8687: no place of unloading for an item"
    EnsItemTransportMissing Error "ens_c019_item_transport_missing" "C019, 8199: no means of transport for an item, which only transport by air allows"
    EnsItemNotifyMissing Error "ens_c584_item_notify_missing" "C584, 8622: an item is negotiable to order (mention 10600) and has no notify party"
    EnsItemConsigneeMissing Error "ens_c584_item_consignee_missing" "C584, 8623: an item is not negotiable to order (mention 10600) and has no consignee"
    EnsItemTransportsTooMany Error "ens_item_transports_too_many" "8612: an item names more than 999 means of transport"
    EnsGrossMassMissing Error "ens_c592_gross_mass_missing" "C592, 8103: no gross mass for an item"
    EnsLoadingMissing Error "ens_c574_loading_place_missing" "C574, 8104: no place of loading for an item"
    EnsDocumentMissing Error "ens_c567_document_missing" "C567, 8170: an item has neither a document nor a commercial reference"
    EnsItemNumberZeros Error "ens_item_number_zeros" "8678: an item number has leading zeros"
    EnsMassZeros Error "ens_mass_zeros" "8674: a gross mass has leading zeros"
    EnsMassDigits Error "ens_mass_digits" "8675: a gross mass has more than eleven digits, or none"
    EnsMassDecimals Error "ens_mass_decimals" "8676: a gross mass has more than three decimals"
    EnsMassPoint Error "ens_mass_point" "8677: a gross mass has a decimal point without digits on both sides"
    EnsItemMassSign Error "ens_item_mass_sign" "8679: the gross mass of an item has a sign"
    EnsPaymentTwice Error "ens_c576_payment_on_both_levels" "C576, 8135: the method of payment stands in the header and on an item"
    EnsLoadingTwice Error "ens_c574_loading_place_on_both_levels" "C574, 8136: the place of loading stands in the header and on an item"
    EnsUnloadingTwice Error "ens_c579_unloading_place_on_both_levels" "C579, 8171: the place of unloading stands in the header and on an item"
    EnsTransportMissing Error "ens_c017_transport_identity_missing" "C017, 8107: no identity of the vessel"
    EnsNationalityMissing Error "ens_c024_transport_nationality_missing" "C024, 8108: no nationality of the vehicle"
    EnsTotalPackagesMissing Error "ens_c582_total_packages_missing" "C582, 8109: packages without their total"
    EnsCircumstanceRoad Error "ens_c529_circumstance_c_mode" "C529, 8111: circumstance C (road) with another mode of transport"
    EnsCircumstanceRail Error "ens_c529_circumstance_d_mode" "C529, 8112: circumstance D (rail) with another mode of transport"
    EnsModeUnknown Error "ens_mode_invalid" "8689: the mode of transport is none of 1, 2, 3, 4, 8, 10 and 11"
    EnsModeZeros Error "ens_mode_zeros" "8690: the mode of transport has leading zeros"
    EnsTransportByAir Error "ens_c017_transport_identity_by_air" "C017, 8113: transport by air with the identity of a vehicle"
    EnsVesselForm Error "ens_c514_vessel_number_invalid" "C514, 8114: the identity of a vessel is no IMO or ENI number of seven or eight digits"
    EnsNationalitySurplus Error "ens_c024_transport_nationality_surplus" "C024, 8115: a nationality of the vehicle where there is no identity or mode that asks for it"
    EnsTotalPackagesSurplus Error "ens_c582_total_packages_surplus" "C582, 8116: a total of packages and no packages"
    EnsTotalItems Error "ens_tr0811_total_items_differs" "TR0811, 8206: the stated number of items is not theirs"
    EnsTotalItemsZeros Error "ens_total_items_zeros" "8671: the number of items has leading zeros"
    EnsTotalPackages Error "ens_r105_total_packages_differs" "R105, 8117: the total of packages is not the sum of packages, pieces and one for each kind of bulk"
    EnsTotalPackagesZeros Error "ens_total_packages_zeros" "8672: the total of packages has leading zeros"
    EnsTotalMassSign Error "ens_total_mass_sign" "8673: the total gross mass has a sign"
    EnsFlightForm Error "ens_tr0518_flight_number_invalid" "TR0518, 8118: transport by air without a flight number of the form of IATA"
    EnsCircumstanceUnknown Error "ens_circumstance_invalid" "8691: the specific circumstance is none of C, D and E"
    EnsTransferForm Error "ens_tr0519_transfer_reference_invalid" "TR0519, 8685: a conveyance reference by sea that begins with XFER does not go on in letters and digits"
    EnsTotalMass Error "ens_tr0812_total_mass_less" "TR0812, 8686: the total gross mass is less than the sum of the items"
    EnsItemConsigneeToOrder Error "ens_c584_item_consignee_with_order" "C584, 8624: an item is negotiable to order (mention 10600) and has a consignee"
    EnsItemConsigneeTwice Error "ens_c584_consignee_on_both_levels" "C584, 8625: a consignee stands in the header and on an item"
    EnsItemConsigneeTin Error "ens_c562_item_consignee_tin_missing" "C562, 8208: the consignee of an item declared by an authorised operator (circumstance E) has no TIN"
    EnsItemNationalityMissing Error "ens_c020_item_transport_nationality_missing" "C020, 8147: a means of transport of an item, other than a train, has no nationality"
    EnsItemTransportSurplus Error "ens_c019_item_transport_surplus" "C019, 8198: an item names a means of transport although the header does, or although it goes by air"
    EnsBulkCounted Error "ens_c062_bulk_counted" "C062, 8149: bulk with a number of packages or pieces"
    EnsUnpackedCount Error "ens_c062_unpacked_without_pieces" "C062, 8150: unpacked goods without a number of pieces, or with one of packages"
    EnsPackedCount Error "ens_c062_packed_without_packages" "C062, 8151: packed goods without a number of packages, or with one of pieces"
    EnsMarksMissing Error "ens_c062_marks_missing" "C062, 8152: packed goods without marks"
    EnsNoPackages Error "ens_tr0022_no_packages" "TR0022, 8153: a number of packages of nought, and no others with the same marks"
    EnsPackagesZeros Error "ens_packages_zeros" "8680: a number of packages has leading zeros"
    EnsPiecesZeros Error "ens_pieces_zeros" "8681: a number of pieces has leading zeros"
    EnsItemNotifyWithoutOrder Error "ens_c584_item_notify_without_order" "C584, 8620: an item is not negotiable to order (mention 10600) and has a notify party"
    EnsItemNotifyTwice Error "ens_c584_notify_on_both_levels" "C584, 8621: a notify party stands in the header and on an item"
    EnsLodgerTin Error "ens_lodger_tin_invalid" "8692: the TIN of the person who lodges the declaration does not begin with GB"
    EnsCarrierTin Error "ens_c502_carrier_tin_missing" "C502, 8164: the carrier by sea, inland water or air has no TIN"
    EnsCarrierIsLodger Error "ens_r806_carrier_is_lodger" "R806, 8195: the carrier is the person who lodges the declaration"
    XmlDamaged Warning "xml_damaged" "The XML is not well formed in the record; what could be read was kept"
    XmlCut Warning "xml_cut" "The document ends before its root element does: it may have been cut"
    MessageLineMissing Warning "message_line_missing" "The line with the type of the message is missing or damaged; the next line told what it is"
    LineUnknown Warning "line_unknown" "A line begins with an identifier that the message type does not have; kept as a reference"
    LineUnreadable Warning "line_unreadable" "A line does not have the form of its identifier; what could not be read was kept as a reference"
    LineWrapped Note "line_wrapped" "A line was broken in two and was joined again"
    LineEmpty Note "line_empty" "A line or a part of it is empty where something must stand"
    PiecesOfDimensionsDiffer Note "pieces_of_dimensions_differ" "The pieces whose dimensions are given are not the pieces of the item"
    PartDiffers Warning "part_differs" "A part of a shipment has as many pieces as the whole, or more"
    ManifestEndMissing Warning "manifest_end_missing" "The manifest ends without LAST or CONT: it may have been cut"
    // Entry summary declarations and customs declarations.
    // Passenger name records.
    PnrCount Note "pnr_count_differs" "EQN counts other reservations than the message holds"
    SrcMissing Note "src_missing" "The reservation begins without SRC; its locator showed where"
    PnrWithoutLocator Warning "pnr_without_locator" "The reservation has no locator"
    TravellerUnlisted Warning "traveller_only_at_check_in" "The check-in names a traveller whom the reservation does not list"
    TravellerRefUnknown Note "traveller_ref_unknown" "A service points to a traveller whom the reservation does not list; it was given to the one whom its place or name shows"
    ServiceUnlinked Note "service_of_no_traveller" "A document or seat of the reservation could be given to none of its travellers"
    BorderLegMissing Note "border_leg_missing" "The itinerary does not hold the flight of the message"
    PartySizeDiffers Note "party_size_differs" "The number of seats on the leg of the border is not the number of travellers"
    DocumentTextShort Warning "document_text_short" "The text of a document (DOCS, DOCO, DOCA) ends before its name or number"
    InfantUnlisted Note "infant_not_listed" "An infant is named with an adult and not as a traveller"
    NameToBeAdvised Note "name_to_be_advised" "The traveller's name is to be advised (TBA)"
    CardUnmasked Warning "card_number_unmasked" "A card number was sent in full; its middle was masked"
    AmountUnreadable Note "amount_unreadable" "A fare, payment or charge is no amount"
    BookingTimeUnreadable Note "booking_time_unreadable" "A time of booking, change, ticketing or check-in is no time"
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
pub struct Findings {
    words: [u64; 8],
    /// Which of the words have any: asked after every segment, and mostly nought.
    held: u64,
}

impl Findings {
    /// Adds one.
    #[inline]
    pub fn add(&mut self, finding: Finding) {
        let bit = finding as usize;
        self.words[bit / 64] |= 1 << (bit % 64);
        self.held |= 1 << (bit / 64);
    }

    /// Adds all of another set.
    #[inline]
    pub fn merge(&mut self, other: Self) {
        self.words.iter_mut().zip(other.words).for_each(|(a, b)| *a |= b);
        self.held |= other.held;
    }

    /// What is in this set and not in the other.
    pub(crate) fn without(self, other: Self) -> Self {
        let mut left = Self::default();
        for (i, (a, b)) in self.words.iter().zip(other.words).enumerate() {
            left.words[i] = a & !b;
            left.held |= u64::from(left.words[i] != 0) << i;
        }
        left
    }

    /// Whether one is in the set.
    pub fn has(&self, finding: Finding) -> bool {
        let bit = finding as usize;
        self.words[bit / 64] & (1 << (bit % 64)) != 0
    }

    /// Whether nothing was noticed.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// The findings, as places in [`FINDINGS`] and in its order.
    pub(crate) fn places(self) -> impl Iterator<Item = u16> {
        (0..8_u16).flat_map(move |word| {
            let mut left = self.words[usize::from(word)];
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as u16)?;
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
    /// XML with a DOCTYPE.
    XmlRefused,
    /// A message in a format that Tamis decodes, of which nothing could be used.
    Unreadable,
    /// A message that gives no record.
    NoRecord,
    /// A reservation that names nobody.
    PnrWithoutTraveller,
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
    /// Input that was gone before it could be read.
    Lost,
}

/// Every dead letter code of the decode stage with its meaning.
pub const DEAD_CODES: &[(&str, &str)] = &[
    ("empty_input", "The input holds nothing but blanks"),
    ("binary_input", "The input is no text"),
    ("unknown_format", "The input is text in no format that is known"),
    ("format_to_come", "The message is in a format that is known and not decoded yet; the message names it"),
    ("person_without_identity", "The person has neither a usable name nor a document number"),
    ("xml_refused", "The XML has a DOCTYPE, which no message needs; nothing of it was read"),
    ("message_unreadable", "The message is in a format that is known, and nothing in it could be read as a record"),
    ("no_record", "The message names neither goods nor a conveyance"),
    ("pnr_without_traveller", "The reservation names no traveller"),
    ("needs_mapping", "The table has columns of its own and no mapping file names them"),
    ("row_unreadable", "The row of a table has other cells than its header, or is no JSON object"),
    ("row_without_identity", "The row says neither who nor what it is about, or lacks what its mapping requires"),
    ("archive_damaged", "Packed data is damaged or cut; what came before the damage was read"),
    ("archive_encrypted", "A file in an archive is encrypted"),
    ("archive_too_large", "An archive would unpack to far more than messages do, or holds archives too deep"),
    ("archive_unsupported", "A kind of archive or compression that is not read"),
    ("input_lost", "A queue had deleted messages before they were read; the dead letter stands at the first of them"),
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
        assert!(FINDINGS.len() <= 512);
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
    }
}
