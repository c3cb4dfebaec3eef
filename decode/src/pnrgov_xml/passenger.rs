//! Passengers: names, documents, tickets, payments, services, check-in.

use super::super::DecodeCounts;
use super::super::dates::{self, Century};
use super::super::edifact::{Slice, Texts};
use super::super::findings::Finding;
use super::super::paxlst::{Country, Document, read_sex};
use super::super::pnrgov::link::put_document;
use super::super::pnrgov::traveller::amount;
use super::super::sensitive;
use super::super::travellers::reservation::{Bag, CheckIn, Flyer, Payment, Seat, Ticket, is_unmasked};
use super::super::xml::Element;
use super::{PnrgovXml, attr, country};

/// Code of a service element; empty where it is none.
pub(super) fn service_code(element: Element<'_>) -> &str {
    if element.name().ends_with("SSR") { attr(element, &["SSRCode", "SSR_Code", "Code"]) } else { "" }
}

impl PnrgovXml {
    /// `Passenger`.
    pub(super) fn passenger(&mut self, element: Element<'_>, i: usize, around: i32, counts: &mut DecodeCounts) {
        self.name(element, i);
        let booked = &mut self.travellers[i].booked;
        booked.with_infant = matches!(attr(element, &["AccompaniedByInfantInd"]), "true" | "1" | "TRUE" | "Y");
        booked.kind = kind(attr(element, &["PassengerTypeCode", "PTC_Code", "PassengerType"]));
        for child in element.children() {
            match child.name() {
                "CustLoyalty" => {
                    let number = attr(child, &["MembershipID"]);
                    if !number.is_empty() {
                        let carrier = self.kept.put(attr(child, &["VendorCode", "ProgramID"]));
                        let number = self.kept.put(number);
                        let level = self.kept.put(attr(child, &["LoyalLevel", "CustomerType"]));
                        self.travellers[i].booked.flyers.push(Flyer { carrier, number, level });
                    }
                }
                "FareInfo" => {
                    let basis = self.kept.put(attr(child, &["FareBasis"]));
                    let booked = &mut self.travellers[i].booked;
                    booked.fare_basis = basis;
                    if booked.kind.is_empty() {
                        booked.kind = kind(attr(child, &["PTC_Code"]));
                    }
                    booked.age = attr(child, &["Age"]).parse().ok();
                }
                "TicketDocument" => self.ticket(child, i),
                "PaymentInfo" | "FormOfPayment" => self.payment(child, i),
                "ContactInfo" => {
                    super::trip::contact(child, &mut self.kept, &mut self.travellers[i].person.contacts);
                }
                "OSI" | "Remark" => {
                    super::trip::contact_text(child, &mut self.kept, &mut self.travellers[i].person.contacts);
                }
                _ => {}
            }
        }
        let _ = (around, counts);
    }

    fn name(&mut self, element: Element<'_>, i: usize) {
        let mut given = [Slice::default(); 3];
        let names = element.children().filter(|c| matches!(c.name(), "GivenName" | "MiddleName"));
        for (slot, name) in given.iter_mut().zip(names) {
            *slot = self.kept.put(name.text());
        }
        let title = ["NameTitle", "NamePrefix", "NameSuffix"].into_iter().map(|n| element.get(n)).find(|t| !t.is_empty());
        let title = self.kept.put(title.unwrap_or_default());
        let surname = self.kept.put(element.get("Surname"));
        let person = &mut self.travellers[i].person;
        person.name = [surname, given[0], given[1], given[2], title];
        // Empty parts in the middle are left out.
        let mut at = 0;
        for from in 0..person.name.len() {
            if !person.name[from].is_empty() || from == 0 {
                person.name.swap(at, from);
                at += 1;
            }
        }
    }

    /// `TicketDocument`.
    fn ticket(&mut self, element: Element<'_>, i: usize) {
        let number = attr(element, &["TicketDocumentNbr", "TicketNumber"]);
        if !number.is_empty() {
            let number = self.kept.put(number);
            let issued = attr(element, &["DateOfIssue"]);
            let issued = dates::iso(issued).map(|(t, _)| t.div_euclid(86_400_000_000) as i32);
            self.travellers[i].booked.tickets.push(Ticket { number, coupon: None, issued });
        }
        if let Some(total) = element.child("TotalFare") {
            let text = attr(total, &["Amount"]);
            let value = amount(text.as_bytes());
            let currency = self.kept.put(attr(total, &["CurrencyCode"]));
            let traveller = &mut self.travellers[i];
            if value.is_none() && !text.is_empty() {
                traveller.person.findings.add(Finding::AmountUnreadable);
            }
            let booked = &mut traveller.booked;
            if booked.fare.is_none() {
                (booked.fare, booked.fare_currency) = (value, currency);
            } else if self.kept.text(booked.fare_currency) == self.kept.text(currency) {
                booked.fare = booked.fare.map(|f| f + value.unwrap_or(0.0));
            }
        }
        for payment in element.descendants().filter(|e| matches!(e.name(), "PaymentInfo" | "FormOfPayment")) {
            self.payment(payment, i);
        }
    }

    fn payment(&mut self, element: Element<'_>, i: usize) {
        let mut put = |names: &[&str]| self.kept.put(attr(element, names));
        let payment = Payment {
            kind: put(&["PaymentType"]),
            amount: amount(attr(element, &["PaymentAmount", "Amount"]).as_bytes()),
            currency: put(&["CurrencyCode"]),
            vendor: put(&["VendorCode"]),
            number: put(&["AccountNbr", "CardNumber"]),
            expiry: put(&["ExpiryDate", "ExpireDate"]),
            payer: put(&["SponsorName", "CardHolderName"]),
            payer_contact: put(&["SponsorAddress"]),
            masked: false,
        };
        let traveller = &mut self.travellers[i];
        if is_unmasked(self.kept.bytes(payment.number)) {
            traveller.person.findings.add(Finding::CardUnmasked);
        }
        traveller.booked.payments.push(payment);
    }

    /// Services and check-in anywhere in the reservation.
    pub(super) fn services(&mut self, pnr: Element<'_>, around: i32, counts: &mut DecodeCounts) {
        let mut owner = None;
        let (mut owner_end, mut leg_end) = (0, 0);
        let mut legs = 0;
        for element in pnr.descendants() {
            match element.name() {
                "Passenger" => {
                    owner = self.travellers[..self.used].iter().position(|t| t.person.at == element.at());
                    owner_end = element.range().end;
                }
                "Flight" => {
                    legs += 1;
                    leg_end = element.range().end;
                }
                _ => {}
            }
            let owner = owner.filter(|_| element.at() < owner_end);
            let leg = (element.at() < leg_end).then(|| legs - 1);
            let code = service_code(element);
            if !code.is_empty() {
                if sensitive::is_sensitive(code.as_bytes()) {
                    counts.sensitive_dropped += 1;
                    continue;
                }
                let reference = attr(element, &["RPH", "SurnameRefNumber"]);
                let target = owner.or_else(|| self.referred(reference));
                self.service(element, code, target, leg, around);
            } else if matches!(element.name(), "CheckedInPAX" | "CheckedInPax" | "CheckInInfo" | "BagInfo" | "Bag") {
                let reference = attr(element, &["RPH", "SurnameRefNumber"]);
                if let Some(i) = owner.or_else(|| (!reference.is_empty()).then(|| self.referred(reference)).flatten()) {
                    self.checked_in(element, i, leg);
                }
            }
        }
    }

    fn service(&mut self, element: Element<'_>, code: &str, target: Option<usize>, leg: Option<usize>, around: i32) {
        let Some(i) = target else { return };
        for part in element.children() {
            match part.name() {
                "DOCS" => self.docs(part, i, around),
                "DOCO" => self.doco(part, i, around),
                "DOCA" => self.doca(part, i),
                _ => {}
            }
        }
        let text = element.get("Text");
        let text = if text.is_empty() { element.get("TEXT") } else { text };
        match code {
            "DOCS" | "DOCO" | "DOCA" => {}
            "SEAT" | "RQST" | "NSST" | "NSSA" => {
                let seat = text.trim_ascii().trim_start_matches('0');
                if seat.starts_with(|c: char| c.is_ascii_digit()) && seat.len() <= 4 {
                    let (seat, from, to) = (
                        self.kept.put(seat),
                        self.kept.put(attr(element, &["BoardPoint"])),
                        self.kept.put(attr(element, &["OffPoint"])),
                    );
                    let seats = &mut self.travellers[i].booked.seats;
                    if !seats.iter().any(|s| s.leg.is_some() && s.leg == leg) {
                        seats.push(Seat { leg, departure_port: from, arrival_port: to, seat, ..Seat::default() });
                    }
                }
            }
            "CTCE" | "CTCM" | "CTCF" => {
                // The text alone, as if it stood behind its code.
                let kept = &mut self.kept;
                let contacts = &mut self.travellers[i].person.contacts;
                if code == "CTCE" {
                    let mail = text.replace("//", "@").replace("..", "_").replace("./", "-");
                    contacts.push(("EM", kept.put(&mail)));
                } else {
                    contacts.push((if code == "CTCF" { "FX" } else { "TE" }, kept.put(text)));
                }
            }
            _ => {
                if code == "INFT" {
                    self.travellers[i].booked.with_infant = true;
                }
                let code = self.kept.put(code);
                let services = &mut self.travellers[i].booked.services;
                if !services.iter().any(|s| self.kept.bytes(*s) == self.kept.bytes(code)) {
                    services.push(code);
                }
            }
        }
    }

    fn docs(&mut self, part: Element<'_>, i: usize, around: i32) {
        let Self { kept, travellers, .. } = self;
        let person = &mut travellers[i].person;
        let birth = attr(part, &["DateOfBirth", "BirthDate"]);
        if !birth.is_empty() && person.birth.is_none() {
            match dates::day(birth.as_bytes(), b"", Century::Past(around)) {
                Some(day) => person.birth = Some(day),
                None => person.findings.add(Finding::BirthDateUnreadable),
            }
        }
        let sex = attr(part, &["Gender", "Sex"]);
        match read_sex(sex.as_bytes()).or(match sex {
            "Male" | "MALE" => Some(Some(b'M')),
            "Female" | "FEMALE" => Some(Some(b'F')),
            "" => Some(None),
            _ => None,
        }) {
            Some(read) => person.sex = person.sex.or(read),
            None => person.findings.add(Finding::SexUnreadable),
        }
        let nationality = country(kept, attr(part, &["PaxNationality", "Nationality"]), &mut person.findings);
        if person.nationality == Country::None {
            person.nationality = nationality;
        }
        let expires = attr(part, &["ExpiryDate", "ExpireDate"]);
        let expiry = dates::day(expires.as_bytes(), b"", Century::Near(around)).map(|(day, _)| day);
        if expiry.is_none() && !expires.is_empty() {
            person.findings.add(Finding::ExpiryUnreadable);
        }
        let document = Document {
            kind: kept.put(attr(part, &["TravelDocType", "DocType"])),
            number: kept.put(attr(part, &["TravelDocNbr", "DocNumber", "TravelDocNumber"])),
            issuer: country(kept, attr(part, &["IssuingLoc", "IssuingCountry", "IssuingLocation"]), &mut person.findings),
            expiry,
            surname: kept.put(attr(part, &["Surname"])),
            given: [kept.put(attr(part, &["FirstGivenName"])), kept.put(attr(part, &["SecondGivenName"]))],
            ..Document::default()
        };
        if person.name[0].is_empty() {
            (person.name[0], person.name[1], person.name[2]) = (document.surname, document.given[0], document.given[1]);
        }
        if [document.kind, document.number, document.surname].iter().any(|s| !s.is_empty()) || document.issuer != Country::None {
            put_document(&*kept, &mut person.documents, document);
        }
    }

    fn doco(&mut self, part: Element<'_>, i: usize, around: i32) {
        let Self { kept, travellers, .. } = self;
        let person = &mut travellers[i].person;
        if person.birth_place.is_empty() {
            person.birth_place = kept.put(attr(part, &["BirthLocation"]));
        }
        let issued = attr(part, &["DateOfIssue"]);
        let document = Document {
            kind: kept.put(attr(part, &["TravelDocType"])),
            number: kept.put(attr(part, &["TravelDocNbr"])),
            issuer: country(kept, attr(part, &["CountryState", "ApplicableCountry"]), &mut person.findings),
            issued: dates::day(issued.as_bytes(), b"", Century::Past(around)).map(|(day, _)| day),
            issue_place: kept.put(attr(part, &["PlaceOfIssue"])),
            ..Document::default()
        };
        if !document.kind.is_empty() || !document.number.is_empty() {
            put_document(&*kept, &mut person.documents, document);
        }
    }

    fn doca(&mut self, part: Element<'_>, i: usize) {
        let Self { kept, travellers, .. } = self;
        let person = &mut travellers[i].person;
        let kind = match attr(part, &["AddressType"]) {
            "R" => "RA",
            "D" => "DA",
            _ => "AD",
        };
        let state = attr(part, &["Country", "CountryCode"]);
        if kind == "RA" && person.residence == Country::None {
            person.residence = country(kept, state, &mut person.findings);
        }
        let names: [&[&str]; 4] = [&["Address"], &["CityName"], &["StateProvCounty", "StateProv"], &["PostalCode"]];
        let address = kept.join(names.into_iter().map(|n| attr(part, n)).chain([state]));
        if !address.is_empty() {
            person.contacts.push((kind, address));
        }
    }

    /// Check-in of a passenger on a leg: seat, boarding number, bags.
    fn checked_in(&mut self, element: Element<'_>, i: usize, leg: Option<usize>) {
        let seat = attr(element, &["SeatNumber", "SeatNbr", "Seat"]).trim_start_matches('0');
        let boarding = attr(element, &["BoardingNbr", "BoardingNumber", "SequenceNbr", "CheckInNumber"]);
        let tag = attr(element, &["BagTagNbr", "BagTag", "TagNumber", "SerialNumber"]);
        let at = attr(element, &["CheckInDateTime", "DateTime", "TimeOfCheckIn"]);
        if let (Some((time, _)), Some(leg)) = (dates::iso(at), leg.and_then(|l| self.reservation.legs.get_mut(l))) {
            leg.checked_in = Some(time);
        }
        let kept = &mut self.kept;
        let booked = &mut self.travellers[i].booked;
        if !seat.is_empty() {
            let (seat, cabin) = (kept.put(seat), kept.put(attr(element, &["CabinClass", "Cabin"])));
            match booked.seats.iter_mut().find(|s| s.leg.is_some() && s.leg == leg) {
                Some(held) => (held.seat, held.cabin) = (seat, cabin),
                None => booked.seats.push(Seat { leg, seat, cabin, ..Seat::default() }),
            }
        }
        let known = booked.check_ins.iter().rposition(|c| c.leg == leg).unwrap_or_else(|| {
            booked.check_ins.push(CheckIn { leg, ..CheckIn::default() });
            booked.check_ins.len() - 1
        });
        let check_in = &mut booked.check_ins[known];
        if !boarding.is_empty() {
            check_in.boarding_number = kept.put(boarding);
        }
        if let Ok(count) = attr(element, &["NumberOfBags", "BagCount"]).parse() {
            check_in.bags = Some(count);
        }
        if !tag.is_empty() {
            check_in.tagged += 1;
            check_in.bags = Some(check_in.bags.unwrap_or(0).max(check_in.tagged));
            let (tag, destination) = (kept.put(tag), kept.put(attr(element, &["BagDestination", "Destination"])));
            booked.bags.push(Bag { leg, tag, destination });
        }
    }
}

/// `adult`, `child` or `infant` of a passenger type code.
fn kind(code: &str) -> &'static str {
    match code {
        "ADT" | "A" => "adult",
        "CHD" | "CNN" | "C" => "child",
        "INF" | "INS" | "IN" => "infant",
        _ => "",
    }
}
