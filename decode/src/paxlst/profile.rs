//! National profiles: one grammar, and what each state asks of a list in it.
//!
//! Every state that takes PAXLST asks for other elements and lets other ones go. A list is held
//! against the profile of the state it is for: that of its recipient, of its application or
//! association code, else the state of arrival, else that of departure where its law covers
//! departures. What a row lacks of its profile is a finding `required_…_missing`; the row says
//! its profile. Nothing is asked of lists that cancel or close (they repeat references only), of
//! gate passes, and of truck crews, who are reported under other rules.

use tamis_records::country::alpha3_bytes;
use tamis_records::reference::airport;

use super::super::detect::Format;
use super::super::edifact::tags;
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::{Country, Message, Person, Role};

/// A set of elements that a person's group can hold.
type Elements = u16;

const BIRTH: Elements = 1;
const SEX: Elements = 1 << 1;
const NATIONALITY: Elements = 1 << 2;
const RESIDENCE: Elements = 1 << 3;
const BIRTH_PLACE: Elements = 1 << 4;
const ADDRESS: Elements = 1 << 5;
const EMBARKATION: Elements = 1 << 6;
const DEBARKATION: Elements = 1 << 7;
const CLEARANCE: Elements = 1 << 8;
const DUTY: Elements = 1 << 9;
const DOCUMENT: Elements = 1 << 10;
const DOCUMENT_TYPE: Elements = 1 << 11;
const DOCUMENT_ISSUER: Elements = 1 << 12;
const DOCUMENT_EXPIRY: Elements = 1 << 13;

/// The finding of each element that is missing, in the order of the bits, with its words.
const MISSING: [(Finding, &str); 14] = [
    (Finding::RequiredBirthDate, "birth date"),
    (Finding::RequiredSex, "sex"),
    (Finding::RequiredNationality, "nationality"),
    (Finding::RequiredResidence, "country of residence"),
    (Finding::RequiredBirthPlace, "place of birth"),
    (Finding::RequiredAddress, "address"),
    (Finding::RequiredEmbarkation, "port of embarkation"),
    (Finding::RequiredDebarkation, "port of debarkation"),
    (Finding::RequiredClearance, "port of clearance"),
    (Finding::RequiredDuty, "duty on board"),
    (Finding::RequiredDocument, "travel document"),
    (Finding::RequiredDocumentType, "type of the document"),
    (Finding::RequiredDocumentIssuer, "issuing state of the document"),
    (Finding::RequiredDocumentExpiry, "expiry of the document"),
];

/// Name, birth, sex, nationality and document: what the machine readable zone gives.
const PASSPORT: Elements = BIRTH | SEX | NATIONALITY | DOCUMENT | DOCUMENT_TYPE;
/// The same with the issuing state and the expiry.
const WHOLE_PASSPORT: Elements = PASSPORT | DOCUMENT_ISSUER | DOCUMENT_EXPIRY;

/// What the older US form (PDT) has no place for.
const NOT_IN_PDT: Elements = NATIONALITY | RESIDENCE | BIRTH_PLACE | ADDRESS | CLEARANCE | DUTY;

/// What is asked of a passenger and of a member of the crew.
#[derive(Debug, Clone, Copy)]
struct Needs {
    passenger: Elements,
    crew: Elements,
}

impl Needs {
    const fn all(elements: Elements) -> Self {
        Self { passenger: elements, crew: elements }
    }
}

/// What a state asks for in its lists.
#[derive(Debug)]
pub struct Profile {
    /// State, ISO 3166-1 alpha-3; `EU` for the Schengen states.
    pub name: &'static str,
    /// Where the requirements are published.
    pub source: &'static str,
    /// What it lets go although it asks for it.
    pub allows: &'static str,
    states: &'static [&'static str],
    /// How the addresses of its authorities in UNB begin.
    recipients: &'static [&'static str],
    /// Application (UNB 0026) and association codes (UNH 0057) that are its own.
    codes: &'static [&'static str],
    arrival: Needs,
    /// `None` where departures are not asked for.
    departure: Option<Needs>,
    /// Elements that are let go of where [`is_excused`] says so.
    excused: Elements,
}

/// The profiles.
pub const PROFILES: &[Profile] = &[
    Profile {
        name: "USA",
        source: "19 CFR 122.49a(b)(3), 122.49b(b)(3), 122.49c, 122.75a(b)(3), 122.75b; CBP, UN/EDIFACT implementation guide for airlines 4.2",
        allows: "no address of citizens, residents and travellers in transit; record locators where there are none",
        states: &["USA", "PRI", "VIR", "GUM", "MNP", "ASM"],
        recipients: &["USCS", "USADHS", "USDHS", "USCBP"],
        codes: &["USADHS", "CBP", "CEDIPAX"],
        arrival: Needs {
            passenger: WHOLE_PASSPORT | RESIDENCE | ADDRESS | EMBARKATION | DEBARKATION | CLEARANCE,
            crew: WHOLE_PASSPORT | RESIDENCE | ADDRESS | BIRTH_PLACE | DUTY,
        },
        departure: Some(Needs {
            passenger: WHOLE_PASSPORT | EMBARKATION | DEBARKATION,
            crew: WHOLE_PASSPORT | RESIDENCE | ADDRESS | BIRTH_PLACE | DUTY,
        }),
        excused: ADDRESS,
    },
    Profile {
        name: "CAN",
        source: "Passenger Information (Customs) Regulations, SOR/2003-219, section 5; Immigration and Refugee Protection Regulations, SOR/2002-227, section 269; CBSA Memorandum D2-5-11",
        allows: "expiry; record locator and passenger reference where there are none",
        states: &["CAN"],
        recipients: &["CBSA"],
        codes: &[],
        arrival: Needs::all(PASSPORT | DOCUMENT_ISSUER),
        departure: Some(Needs::all(PASSPORT | DOCUMENT_ISSUER)),
        excused: 0,
    },
    Profile {
        name: "GBR",
        source: "Immigration and Police (Passenger, Crew and Service Information) Order 2008, SI 2008/5, schedules 1 and 3",
        allows: "another identification where no travel document is held",
        states: &["GBR", "GGY", "JEY", "IMN"],
        recipients: &["UKBA"],
        codes: &["UKBAOP"],
        arrival: Needs::all(WHOLE_PASSPORT),
        departure: Some(Needs::all(WHOLE_PASSPORT)),
        excused: 0,
    },
    Profile {
        name: "EU",
        source: "Council Directive 2004/82/EC, article 3(2), until Regulations (EU) 2025/12 and 2025/13 apply",
        allows: "sex, issuing state and expiry, which some states ask for; crew",
        states: &[
            "AUT", "BEL", "BGR", "CHE", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN", "IRL",
            "ISL", "ITA", "LIE", "LTU", "LUX", "LVA", "MLT", "NLD", "NOR", "POL", "PRT", "ROU", "SVK", "SVN", "SWE",
        ],
        recipients: &["APIPNRFR", "NLDAPIKM", "HDQCH2X", "DKGOVAPI", "FIAPIS", "BEGOVAPI", "IRLAPIS"],
        codes: &[],
        arrival: Needs { passenger: BIRTH | NATIONALITY | DOCUMENT | DOCUMENT_TYPE, crew: 0 },
        departure: None,
        excused: 0,
    },
    Profile {
        name: "AUS",
        source: "Migration Act 1958, sections 245J to 245LA; advance passenger processing reporting requirements for airlines",
        allows: "issuing state where it is that of the nationality",
        states: &["AUS", "NFK"],
        recipients: &["AUCBPS"],
        codes: &[],
        arrival: Needs::all(PASSPORT | DOCUMENT_EXPIRY),
        departure: Some(Needs::all(PASSPORT | DOCUMENT_EXPIRY)),
        excused: 0,
    },
    Profile {
        name: "NZL",
        source: "Immigration (Carriers' Information Obligations) Regulations 2010, SR 2010/238, regulation 4",
        allows: "issuing state where it is that of the nationality",
        states: &["NZL"],
        recipients: &[],
        codes: &[],
        arrival: Needs::all(PASSPORT | DOCUMENT_EXPIRY),
        departure: Some(Needs::all(PASSPORT | DOCUMENT_EXPIRY)),
        excused: 0,
    },
    Profile {
        name: "CHN",
        source: "Measures for advance passenger information of international flights, order 99 of the Ministry of Public Security and the CAAC (2008)",
        allows: "issuing state",
        states: &["CHN"],
        recipients: &["NIAC"],
        codes: &["IAPI"],
        arrival: Needs::all(PASSPORT | DOCUMENT_EXPIRY | EMBARKATION | DEBARKATION),
        departure: None,
        excused: 0,
    },
    Profile {
        name: "IND",
        source: "Notifications 107/2016 and 108/2016-Customs (N.T.); Bureau of Immigration, APIS guidelines to the carriers",
        allows: "issuing state and expiry",
        states: &["IND"],
        recipients: &[],
        codes: &[],
        arrival: Needs::all(PASSPORT),
        departure: Some(Needs::all(PASSPORT)),
        excused: 0,
    },
    Profile {
        name: "MEX",
        source: "Ley de Migración, article 46, and INM guidelines for electronic lists of passengers and crew (DOF, 8 November 2012)",
        allows: "record locator",
        states: &["MEX"],
        recipients: &[],
        codes: &[],
        arrival: Needs::all(WHOLE_PASSPORT | RESIDENCE | BIRTH_PLACE | EMBARKATION | DEBARKATION),
        departure: Some(Needs::all(WHOLE_PASSPORT | RESIDENCE | BIRTH_PLACE | EMBARKATION | DEBARKATION)),
        excused: 0,
    },
];

impl Profile {
    /// What it asks for: on arrival of passengers and of crew, and on departure of them, in words.
    pub fn asks(&self) -> [Vec<&'static str>; 4] {
        let words = |elements: Elements| {
            let asked = MISSING.iter().enumerate().filter(move |(bit, _)| elements & (1 << bit) != 0);
            asked.map(|(_, (_, words))| *words).collect()
        };
        let departure = self.departure.unwrap_or(Needs::all(0));
        [self.arrival.passenger, self.arrival.crew, departure.passenger, departure.crew].map(words)
    }

    fn covers(&self, state: &str) -> bool {
        self.states.contains(&state)
    }
}

/// What is asked of the persons of the list at hand.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Asked {
    profile: &'static Profile,
    needs: Needs,
}

/// State of a port: an airport, or a UN/LOCODE.
fn state_of(port: &str) -> Option<&'static str> {
    let country = airport::find(port).and_then(airport::Airport::country);
    country.or_else(|| port.as_bytes().get(..2).filter(|_| port.len() == 5).and_then(alpha3_bytes))
}

/// Finds the profile of a list, once for all persons on a flight. `recipient` and `application`
/// are those of UNB.
pub(in super::super) fn find(reader: &Reader<'_, '_>, message: &Message, recipient: Slice, application: Slice) -> Option<Asked> {
    if message.format == Some(Format::Cusres) || matches!(reader.bytes(message.kind), b"266" | b"655") {
        return None;
    }
    let leg = message.flight.border(reader).map(|l| l.row(reader)).unwrap_or_default();
    let (from, to) = (state_of(leg.departure_port), state_of(leg.arrival_port));
    let recipient = reader.text(recipient);
    let codes = [reader.text(application), reader.text(message.association)];
    let of_itself = PROFILES.iter().find(|p| {
        p.recipients.iter().any(|r| recipient.get(..r.len()).is_some_and(|head| head.eq_ignore_ascii_case(r)))
            || p.codes.iter().any(|own| codes.contains(own))
    });
    let of_state = |state: Option<&str>| state.and_then(|state| PROFILES.iter().find(|p| p.covers(state)));
    let leaves = |p: &&'static Profile| p.departure.is_some();
    let profile = of_itself.or_else(|| of_state(to)).or_else(|| of_state(from).filter(leaves))?;
    let departs = from.is_some_and(|s| profile.covers(s)) && !to.is_some_and(|s| profile.covers(s));
    let needs = if departs { profile.departure? } else { profile.arrival };
    Some(Asked { profile, needs })
}

/// The elements that a person has, of those that are asked for at least.
fn filled(reader: &Reader<'_, '_>, person: &Person, asked: Elements) -> Elements {
    let bit = |has: bool, element: Elements| if has { element } else { 0 };
    let mut has = bit(person.birth.is_some(), BIRTH)
        | bit(person.sex_told, SEX)
        | bit(person.nationality != Country::None, NATIONALITY)
        | bit(person.residence != Country::None, RESIDENCE)
        | bit(person.birth_country != Country::None || !person.birth_place.is_empty(), BIRTH_PLACE)
        | bit(!person.embarkation.is_empty(), EMBARKATION)
        | bit(!person.debarkation.is_empty(), DEBARKATION)
        | bit(!person.clearance.is_empty(), CLEARANCE)
        | bit(!person.duty.is_empty(), DUTY);
    if asked & ADDRESS != 0 {
        has |= bit(person.address.iter().any(|part| !part.is_empty()), ADDRESS);
    }
    for document in &person.documents {
        // A visa is no travel document.
        if !document.number.is_empty() && reader.bytes(document.kind) != b"V" {
            has |= DOCUMENT
                | bit(!document.kind.is_empty(), DOCUMENT_TYPE)
                | bit(document.issuer != Country::None, DOCUMENT_ISSUER)
                | bit(document.expiry.is_some(), DOCUMENT_EXPIRY);
        }
    }
    has
}

/// Whether a state does without an address: of its citizens and residents, and of who only passes
/// through.
fn is_excused(reader: &Reader<'_, '_>, profile: &Profile, person: &Person) -> bool {
    let at_home = |country| matches!(country, Country::Code(code) if profile.covers(code));
    let elsewhere = || state_of(reader.text(person.debarkation)).is_some_and(|state| !profile.covers(state));
    at_home(person.nationality) || at_home(person.residence) || person.role == Role::TransitPassenger || elsewhere()
}

/// Holds the person at hand against the profile of the list; findings stand where the person begins.
pub(in super::super) fn check(reader: &Reader<'_, '_>, message: &mut Message) {
    let Some(Asked { profile, needs }) = message.asked else { return };
    let person = &mut message.person;
    if person.on_truck {
        return;
    }
    person.profile = profile.name;
    if !matches!(message.action, "new" | "change") {
        return;
    }
    let crew = matches!(person.role, Role::Crew | Role::TransitCrew);
    let asked = if crew { needs.crew } else { needs.passenger };
    let (told, tag) = match message.format {
        Some(Format::UsPaxlst) => (NOT_IN_PDT, tags::PDT),
        _ => (0, tags::NAD),
    };
    let mut lacks = asked & !told & !filled(reader, person, asked);
    if lacks == 0 {
        return;
    }
    if !crew && lacks & profile.excused != 0 && is_excused(reader, profile, person) {
        lacks &= !profile.excused;
    }
    if lacks & DOCUMENT != 0 {
        // One finding for a document that is not there.
        lacks &= !(DOCUMENT_TYPE | DOCUMENT_ISSUER | DOCUMENT_EXPIRY);
    }
    for (bit, (finding, _)) in MISSING.iter().enumerate() {
        if lacks & (1 << bit) != 0 {
            person.findings.add(*finding);
        }
    }
    person.marks.settle(&person.findings, tag, person.at);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn states_are_in_one_profile_and_are_states() {
        let mut seen = Vec::new();
        for profile in PROFILES {
            assert!(!profile.source.is_empty() && !profile.allows.is_empty());
            for state in profile.states {
                assert_eq!(alpha3_bytes(state.as_bytes()), Some(*state), "{state}");
                assert!(!seen.contains(state), "{state}");
                seen.push(*state);
            }
        }
    }

    #[test]
    fn ports_are_in_states() {
        for (port, state) in
            [("JFK", Some("USA")), ("KJFK", Some("USA")), ("USBLI", Some("USA")), ("CAWNP", Some("CAN")), ("??", None)]
        {
            assert_eq!(state_of(port), state, "{port}");
        }
    }

    #[test]
    fn what_a_profile_asks_for_in_words() {
        let [arrival, crew, departure, _] = PROFILES.iter().find(|p| p.name == "EU").unwrap().asks();
        assert_eq!(arrival, ["birth date", "nationality", "travel document", "type of the document"]);
        assert!(crew.is_empty() && departure.is_empty());
    }
}
