//! PNRGOV XML: `IATA_PNRGOV_NotifRQ` of 13.1, 14.1 and 16.1, alone or inside an envelope, and reservations
//! (`PNR`) without their header.
//!
//! The same columns as the EDIFACT form. Texts are kept in one buffer, so that the rows are built by the same
//! code; names of attributes differ between versions (`SSRCode`, `SSR_Code`), and either is read.

mod feeds;
mod passenger;
mod trip;

use tamis_records::country::alpha3;

use super::dates;
use super::edifact::{Slice, Texts};
use super::findings::{DeadCode, Finding, Findings};
use super::output::{Output, Raw};
use super::paxlst::{Country, Person, Role, flight};
use super::pnrgov::link;
use super::sensitive;
use super::travellers::reservation::{Beside, Booked, Leg, Locator, Reservation};
use super::travellers::{LegRow, MessageRow, Whereabouts};
use super::xml::{Document, Element};

pub(crate) use feeds::FEED;

/// Texts of the reservation at hand, which slices point into.
#[derive(Debug, Default)]
struct Kept(Vec<u8>);

impl Kept {
    fn put(&mut self, text: &str) -> Slice {
        let text = text.trim_ascii();
        let at = self.0.len();
        self.0.extend_from_slice(text.as_bytes());
        Slice::new(at, text.len())
    }

    /// Texts that are not empty as one, with a comma and a blank between them.
    fn join<'t>(&mut self, parts: impl IntoIterator<Item = &'t str>) -> Slice {
        let at = self.0.len();
        for part in parts.into_iter().map(str::trim_ascii).filter(|p| !p.is_empty()) {
            if self.0.len() > at {
                self.0.extend_from_slice(b", ");
            }
            self.0.extend_from_slice(part.as_bytes());
        }
        Slice::new(at, self.0.len() - at)
    }
}

impl Texts for Kept {
    fn bytes(&self, slice: Slice) -> &[u8] {
        self.0.get(slice.range()).unwrap_or_default()
    }
}

/// One passenger of the reservation at hand.
#[derive(Debug, Default)]
struct Traveller {
    person: Person,
    booked: Booked,
    /// `SurnameRefNumber`, which some elements use beside `RPH`.
    surname_ref: Slice,
}

/// Memory of the decoder.
#[derive(Debug, Default)]
pub(crate) struct PnrgovXml {
    kept: Kept,
    reservation: Reservation,
    travellers: Vec<Traveller>,
    used: usize,
    key: String,
}

/// The first attribute of these names that is not empty.
fn attr<'d>(element: Element<'d>, names: &[&str]) -> &'d str {
    names.iter().map(|n| element.attr(n)).find(|v| !v.is_empty()).unwrap_or_default()
}

/// Code of a child: `<DepartureAirport LocationCode="YYZ"/>`.
fn code_of<'d>(element: Element<'d>, child: &str, names: &[&str]) -> &'d str {
    element.child(child).map_or("", |c| attr(c, names))
}

fn country(kept: &mut Kept, code: &str, findings: &mut Findings) -> Country {
    match alpha3(code.trim_ascii()) {
        Some(known) => Country::Code(known),
        None if code.trim_ascii().is_empty() => Country::None,
        None => {
            findings.add(Finding::CountryUnknown);
            Country::Sent(kept.put(code))
        }
    }
}

/// What the document says of all its reservations.
struct Header<'d> {
    root: Element<'d>,
    sender: &'d str,
    reference: &'d str,
    kind: &'d str,
    action: &'static str,
    event_time: Option<i64>,
    around: i32,
    findings: Findings,
}

impl PnrgovXml {
    /// Decodes a document; `false`, and nothing done, where it holds no reservations.
    pub(crate) fn decode(&mut self, raw: &Raw<'_>, document: &Document<'_>, out: &mut Output) -> bool {
        let Some(root) = document.root() else { return false };
        let is_notice = |e: &Element<'_>| e.name().contains("PNRGOV");
        let mut any = false;
        // The notices, in whatever envelope; without one the reservations alone.
        if is_notice(&root) {
            self.notice(raw, document, root, out);
            return true;
        }
        for notice in root.descendants().filter(is_notice) {
            self.notice(raw, document, notice, out);
            any = true;
        }
        if !any {
            let pnr = |e: Element<'_>| e.name() == "PNR" && e.children().any(|c| c.name() == "Passenger");
            any = pnr(root) || root.descendants().any(pnr);
            if any {
                self.notice(raw, document, root, out);
            }
        }
        any
    }

    fn notice(&mut self, raw: &Raw<'_>, document: &Document<'_>, root: Element<'_>, out: &mut Output) {
        let first_row = out.travellers.len();
        let event = attr(root, &["TimeStamp", "Timestamp"]);
        let event_time = dates::iso(event).map(|(t, _)| t).or(raw.envelope.event_time);
        let function = attr(root, &["MessageFunction", "MessageType", "Action"]);
        let mut header = Header {
            root,
            sender: code_of(root, "Originator", &["AirlineCode", "SystemCode"]),
            reference: attr(root, &["TransactionIdentifier", "EchoToken", "CorrelationID"]),
            kind: function,
            action: match function {
                "141" | "Update" | "UPDATE" => "change",
                "142" | "Cancel" | "CANCEL" => "cancel",
                _ => "new",
            },
            event_time,
            around: 0,
            findings: Findings::default(),
        };
        let prime = root.descendants().find(|e| e.name() == "FlightLeg");
        self.kept.0.clear();
        let leg = prime.map(|p| trip::leg(p, &mut self.kept, &mut header.findings)).unwrap_or_default();
        let from = self.kept.0.len();
        let time = leg.departure.or(leg.arrival).or(event_time).unwrap_or(raw.origin.received_at);
        header.around = time.div_euclid(86_400_000_000) as i32;
        let mut reservations = 0;
        for pnr in std::iter::once(root).chain(root.descendants()).filter(|e| e.name() == "PNR") {
            self.kept.0.truncate(from);
            self.pnr(raw, &header, &leg, pnr, out);
            reservations += 1;
        }
        out.travellers.finish_keys();
        if out.travellers.len() == first_row {
            out.counts.messages_without_person += 1;
        }
        let counted = root.descendants().find(|e| e.name() == "PNRs").map_or("", |e| attr(e, &["NumberOfPnrs", "NumberOfPNRs"]));
        if !counted.is_empty() && counted.trim_ascii().parse() != Ok(reservations) {
            header.findings.add(Finding::PnrCount);
        }
        if document.is_cut() {
            header.findings.add(Finding::UntMissing);
        }
        if document.damage().next().is_some() || document.has_junk() {
            header.findings.add(Finding::Junk);
        }
        if document.not_utf8() {
            header.findings.add(Finding::NotUtf8);
        }
        if self.key.is_empty() {
            header.findings.add(Finding::FlightIncomplete);
        }
        out.travellers.notice_all(first_row, header.findings, raw.place(root.name(), root.at()));
    }

    fn pnr(&mut self, raw: &Raw<'_>, header: &Header<'_>, prime: &Leg, pnr: Element<'_>, out: &mut Output) {
        self.reservation.reset();
        self.used = 0;
        let mut findings = Findings::default();
        self.booking(pnr, &mut findings);
        for flight in pnr.children().filter(|c| c.name() == "Flight") {
            let leg = trip::leg(flight, &mut self.kept, &mut findings);
            self.reservation.legs.push(leg);
        }
        for passenger in pnr.children().filter(|c| c.name() == "Passenger") {
            let at = self.begin(passenger);
            self.passenger(passenger, at, header.around, &mut out.counts);
        }
        if self.used == 0 {
            dead_element(raw, pnr, DeadCode::PnrWithoutTraveller, "the reservation names no traveller", out);
            return;
        }
        self.services(pnr, header.around, &mut out.counts);
        self.reservation.party = self.used as i32;
        self.reservation.border = link::border(&self.kept, prime, &self.reservation.legs);
        if self.reservation.border.is_none() && !self.reservation.legs.is_empty() {
            findings.add(Finding::BorderLegMissing);
        }
        let locator = self.reservation.locators.first().map(|l| l.locator).unwrap_or_default();
        if locator.is_empty() {
            findings.add(Finding::PnrWithoutLocator);
        }
        let message_at = raw.offset(header.root.at());
        let place = Whereabouts { message_at, region_at: message_at, departure: prime.departure };
        let first_row = out.travellers.len();
        for i in 0..self.used {
            let Traveller { person, booked, .. } = &mut self.travellers[i];
            person.locator = locator;
            person.ordinal = (out.travellers.len() - out.travellers.first_pending()) as i32;
            link::finish(&self.kept, person, booked, self.reservation.border, &self.reservation.contacts);
            if person.birth.is_some_and(|(day, _)| day > header.around) {
                person.findings.add(Finding::BirthDateFuture);
            }
            let shown = std::mem::take(&mut person.findings);
            let row = out.travellers.len();
            let beside = Beside { booked: Some((&self.reservation, booked)), ..Beside::default() };
            if out.travellers.push(&self.kept, person, place, &beside) {
                out.travellers.notice_all(row, shown, raw.place("Passenger", person.at));
            } else {
                let text = "the traveller has neither a usable name nor a document number";
                dead_element(raw, pnr, DeadCode::PersonWithoutIdentity, text, out);
            }
        }
        out.travellers.notice_all(first_row, findings, raw.place("PNR", pnr.at()));
        let border = link::row(&self.kept, prime);
        flight::write_key(&border, &mut self.key);
        let row = MessageRow {
            flight_key: &self.key,
            message_format: "PNRGOV-XML",
            message_kind: header.kind,
            action: header.action,
            message_ref: header.reference,
            common_ref: "",
            message_part: None,
            sender: if header.sender.is_empty() { raw.envelope.sender } else { header.sender },
            recipient: raw.envelope.recipient,
            border,
            event_time: header.event_time,
            position: message_at,
        };
        let legs: Vec<LegRow<'_>> = self.reservation.legs.iter().map(|l| link::row(&self.kept, l)).collect();
        out.travellers.end_part(raw.origin, &row, &legs);
    }

    /// What the reservation says of itself: locators, times, agency, contacts, excess bags, history.
    fn booking(&mut self, pnr: Element<'_>, findings: &mut Findings) {
        let Self { kept, reservation: r, .. } = self;
        let mut time = |names: &[&str]| {
            let text = attr(pnr, names);
            let read = dates::iso(text).map(|(t, _)| t);
            if read.is_none() && !text.is_empty() {
                findings.add(Finding::BookingTimeUnreadable);
            }
            read
        };
        r.booked = time(&["PNR_CreationDate", "PNRCreationDate", "CreationDate"]);
        r.changed = time(&["PNR_TransDate", "PNRTransDate", "TransDate"]);
        for element in pnr.children() {
            match element.name() {
                "BookingRefID" => put_locator(kept, r, element, false),
                "SplitPNR" | "SuperPNR" | "DividedPNR" => {
                    let inner = element.descendants().filter(|e| e.name() == "BookingRefID");
                    inner.for_each(|e| put_locator(kept, r, e, true));
                    r.split_count = attr(element, &["NumberOfPassengers", "NumberInParty"]).trim_ascii().parse().ok();
                }
                "GroupName" | "Group" => r.group_name = kept.put(element.text()),
                "POS" => agency(kept, r, element, findings),
                "ContactInfo" => trip::contact(element, kept, &mut r.contacts),
                "OSI" | "Remark" | "Remarks" => trip::contact_text(element, kept, &mut r.contacts),
                "PrepaidBag" => {
                    r.excess_count = attr(element, &["UnitOfMeasureQuantity"]).trim_ascii().parse().ok();
                    r.excess_charge = super::pnrgov::traveller::amount(attr(element, &["Amount"]).as_bytes());
                    r.excess_currency = kept.put(attr(element, &["CurrencyCode"]));
                }
                "PNRHistory" | "History" => {
                    r.history_lines += element.children().count().max(usize::from(!element.text().is_empty())) as i32;
                }
                _ => {}
            }
        }
    }

    /// Begins a passenger.
    fn begin(&mut self, passenger: Element<'_>) -> usize {
        let i = self.used;
        if i == self.travellers.len() {
            self.travellers.push(Traveller::default());
        }
        self.used += 1;
        let traveller = &mut self.travellers[i];
        traveller.person.reset(passenger.at(), 0, Role::Passenger);
        traveller.booked.reset();
        traveller.booked.reference = self.kept.put(attr(passenger, &["RPH"]));
        traveller.surname_ref = self.kept.put(attr(passenger, &["SurnameRefNumber"]));
        i
    }

    /// The passenger of a reference.
    fn referred(&self, reference: &str) -> Option<usize> {
        let reference = reference.trim_ascii();
        let by = |of: fn(&Traveller) -> Slice| {
            let found = |t: &Traveller| !reference.is_empty() && self.kept.text(of(t)) == reference;
            self.travellers[..self.used].iter().position(found)
        };
        by(|t| t.booked.reference).or_else(|| by(|t| t.surname_ref)).or((self.used == 1).then_some(0))
    }
}

/// Keeps a reservation as a dead letter, without what is sensitive in it.
fn dead_element(raw: &Raw<'_>, pnr: Element<'_>, code: DeadCode, text: &str, out: &mut Output) {
    let range = pnr.range();
    let mut kept = raw.bytes.get(range.clone()).unwrap_or_default().to_vec();
    for service in pnr.descendants().filter(|e| sensitive::is_sensitive(passenger::service_code(*e).as_bytes())) {
        let (from, to) = (service.range().start.saturating_sub(range.start), service.range().end.saturating_sub(range.start));
        if let Some(part) = kept.get_mut(from..to) {
            part.fill(b'*');
            out.counts.sensitive_dropped += 1;
        }
    }
    out.counts.sensitive_dropped += sensitive::redact(&mut kept, |b| b == b'<');
    out.dead.push(raw.origin, raw.at + range.start, code, text, &kept);
}

fn put_locator(kept: &mut Kept, r: &mut Reservation, element: Element<'_>, split: bool) {
    let id = attr(element, &["ID", "Id"]);
    let id = if id.is_empty() { element.text() } else { id };
    if id.is_empty() || r.locators.iter().any(|l| kept.text(l.locator) == id) {
        return;
    }
    let carrier = kept.put(code_of(element, "CompanyName", &["Code", "CompanyShortName"]));
    let created = dates::iso(attr(element, &["DateTime", "Date"])).map(|(t, _)| t);
    let locator = kept.put(id);
    r.locators.push(Locator { carrier, locator, created, split });
}

fn agency(kept: &mut Kept, r: &mut Reservation, pos: Element<'_>, findings: &mut Findings) {
    let Some(source) = pos.descendants().find(|e| e.name() == "Source") else { return };
    r.agency_office = kept.put(attr(source, &["PseudoCityCode"]));
    r.agency_city = kept.put(attr(source, &["AirportCode", "CityCode"]));
    r.agency_country = country(kept, attr(source, &["ISOCountry", "ISOCOuntry"]), findings);
    r.agency_currency = kept.put(attr(source, &["ISOCurrency"]));
    r.agency_system = kept.put(attr(source, &["AirlineVendorID"]));
    if let Some(requestor) = source.child("RequestorID") {
        let id = attr(requestor, &["ID"]);
        if id.len() >= 7 && id.bytes().all(|b| b.is_ascii_digit()) {
            r.agency_iata = kept.put(id);
        }
        r.agency_kind = kept.put(attr(requestor, &["Type"]));
        if r.agency_system.is_empty() {
            r.agency_system = kept.put(code_of(requestor, "CompanyName", &["Code"]));
        }
    }
}
