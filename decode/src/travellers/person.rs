//! One person into the columns.

use std::fmt::Write as _;

use twox_hash::XxHash3_64;

use super::super::columns::put;
use super::super::dates;
use super::super::edifact::Texts;
use super::super::findings::{Finding, Findings};
use super::super::names;
use super::super::paxlst::{Country, Document, Person, Role};
use super::super::{Origin, record_id};
use super::reservation::Beside;
use super::{Pending, Travellers};

/// Reused memory.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) text: String,
    given: String,
    id: Vec<u8>,
    digests: Vec<u64>,
}

/// Where a person stands.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Whereabouts {
    /// Byte offset of the message in the partition.
    pub(in super::super) message_at: i64,
    /// Byte offset in the partition of what the marks of findings count from.
    pub(in super::super) region_at: i64,
    /// Local departure of the border leg.
    pub(in super::super) departure: Option<i64>,
}

/// Whether a document type is a passport: P and its kinds (ICAO 9303), or 39 (UN/EDIFACT DE 1001).
fn is_passport(kind: &str) -> bool {
    kind == "39" || (kind.len() <= 2 && kind.starts_with('P'))
}

pub(super) fn country<T: Texts + ?Sized>(reader: &T, country: Country) -> &str {
    match country {
        Country::None => "",
        Country::Code(code) => code,
        Country::Sent(slice) => reader.text(slice),
    }
}

/// Appends text in upper case.
fn push_upper(out: &mut String, text: &str) {
    if text.is_ascii() {
        let from = out.len();
        out.push_str(text);
        out[from..].make_ascii_uppercase();
    } else {
        out.extend(text.chars().flat_map(char::to_uppercase));
    }
}

/// Document number without blanks; borrowed where it has none.
fn number<'x, T: Texts + ?Sized>(reader: &'x T, document: &Document, scratch: &'x mut String) -> &'x str {
    let text = reader.text(document.number);
    if !text.contains(' ') {
        return text;
    }
    scratch.clear();
    scratch.extend(text.chars().filter(|c| *c != ' '));
    scratch
}

impl Travellers {
    /// Appends a person; `message_at` is the byte offset of the message, `departure` the local
    /// departure of the border leg. Returns false, and appends nothing, where the person has
    /// neither a usable name nor a document number.
    pub(in super::super) fn push<T: Texts + ?Sized>(
        &mut self,
        origin: &Origin<'_>,
        reader: &T,
        person: &Person,
        place: Whereabouts,
        beside: &Beside<'_>,
    ) -> bool {
        let components: [&str; 5] = std::array::from_fn(|i| reader.text(person.name[i]));
        let named = components.iter().any(|c| names::has_letters(c));
        if !named && !person.documents.iter().any(|d| !d.number.is_empty()) && beside.response.is_empty() {
            return false;
        }
        let mut findings = person.findings;
        if !named && beside.response.is_empty() {
            findings.add(Finding::NameMissing);
        }
        self.put_name(reader, person, &components);
        self.put_ids(origin, person, place.message_at);
        let p = &mut self.person;
        p.role.append_value(person.role.name());
        put(&mut p.embarkation_port, reader.text(person.embarkation));
        put(&mut p.debarkation_port, reader.text(person.debarkation));
        put(&mut p.clearance_port, reader.text(person.clearance));
        self.birth_date.append_option(person.birth.map(|(day, _)| day));
        put(&mut p.birth_date_precision, person.birth.map_or("", |(_, precision)| precision.name()));
        match person.sex {
            Some(b'F') => p.sex.append_value("F"),
            Some(b'M') => p.sex.append_value("M"),
            Some(b'X') => p.sex.append_value("X"),
            _ => p.sex.append_null(),
        }
        put(&mut p.nationality, country(reader, person.nationality));
        put(&mut p.residence_country, country(reader, person.residence));
        put(&mut p.birth_place, reader.text(person.birth_place));
        put(&mut p.birth_country, country(reader, person.birth_country));
        put(&mut p.pnr_locator, reader.text(person.locator));
        put(&mut p.carrier_ref, reader.text(person.carrier_ref));
        put(&mut p.ticket, reader.text(person.ticket));
        put(&mut p.seat, reader.text(person.seat).trim_start_matches('0'));
        put(&mut p.crew_duty, reader.text(person.duty));
        put(&mut p.profile, person.profile);
        self.put_mrz(reader, person);
        self.put_bags(reader, person, &mut findings);
        self.put_contacts(reader, person);
        // 19 CFR 122.49a and 122.49b: passengers 30 minutes, crew 60 minutes before departure.
        let minutes = if matches!(person.role, Role::Crew | Role::TransitCrew) { 60 } else { 30 };
        self.deadline.append_option(place.departure.map(|d| d - minutes * 60_000_000));
        self.put_documents(reader, person);
        self.put_named_documents(reader, person);
        if !findings.is_empty() {
            self.noticed.add_marked(self.count, findings, &person.marks, place.region_at);
        }
        if beside.is_any() {
            self.reservations.push(self.count, reader, beside);
        }
        self.count += 1;
        true
    }

    fn put_name<T: Texts + ?Sized>(&mut self, reader: &T, person: &Person, components: &[&str; 5]) {
        let p = &mut self.person;
        let used = components.iter().rposition(|c| !c.is_empty()).map_or(0, |i| i + 1);
        let Scratch { text, given, .. } = &mut self.scratch;
        text.clear();
        given.clear();
        for (i, component) in components[..used].iter().enumerate() {
            if i > 0 {
                text.push(':');
            }
            text.push_str(component);
        }
        put(&mut p.name_raw, text);
        // A whole name in one component: SMITH/JOHN MR.
        let split = match components[0].split_once('/') {
            Some((surname, rest)) if used == 1 => names::split(&[surname, rest], person.sex, given),
            _ => names::split(&components[..used], person.sex, given),
        };
        put(&mut p.surname, split.surname);
        put(&mut p.given_names, given);
        text.clear();
        split.write_titles(text);
        put(&mut p.title, text);

        // Keys that join this record to later ones of the same person on the flight.
        let keys = &mut self.keys;
        let start = keys.len();
        let mut pending = Pending {
            ordinal: person.ordinal,
            document: None,
            document_key: start..start,
            name_key: start..start,
            locator: start..start,
        };
        if let (Some((day, _)), true) = (person.birth, !split.surname.is_empty() || !given.is_empty()) {
            keys.push_str("N:");
            push_upper(keys, split.surname);
            keys.push('/');
            push_upper(keys, given);
            keys.push('/');
            dates::write_day(day, keys);
            pending.name_key = start..keys.len();
        }
        let at = keys.len();
        keys.push_str(reader.text(person.locator));
        pending.locator = at..keys.len();
        self.pending.push(pending);
    }

    fn put_ids(&mut self, origin: &Origin<'_>, person: &Person, message_at: i64) {
        let hex = record_id(origin, message_at, person.ordinal, &mut self.scratch.id);
        self.person.record_id.append_value(std::str::from_utf8(&hex).unwrap_or_default());
        self.ordinal.append_value(person.ordinal);
    }

    fn put_mrz<T: Texts + ?Sized>(&mut self, reader: &T, person: &Person) {
        let text = &mut self.scratch.text;
        text.clear();
        for line in &person.mrz {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(reader.text(*line));
        }
        put(&mut self.person.mrz, text);
    }

    /// Bags: the count is that of MEA+CT, else that of the last FTX+BAG, as receiving systems read
    /// it (a tag without number counts one). Where it is not the number of tags, that is a finding.
    fn put_bags<T: Texts + ?Sized>(&mut self, reader: &T, person: &Person, findings: &mut Findings) {
        let mut tags = 0_i32;
        let mut listed = 0;
        for &(tag, run) in &person.bags {
            let tag = reader.text(tag);
            tags += i32::from(run);
            self.tag_texts.append_value(tag);
            listed += 1;
            // `UA0446:2` stands for UA0446 and UA0447.
            let digits = tag.bytes().rev().take_while(u8::is_ascii_digit).count();
            let (head, tail) = tag.split_at(tag.len() - digits);
            if let Ok(first) = tail.parse::<u64>() {
                for next in 1..u64::from(run) {
                    self.scratch.text.clear();
                    let _ = write!(self.scratch.text, "{head}{:0digits$}", first.saturating_add(next));
                    self.tag_texts.append_value(&self.scratch.text);
                    listed += 1;
                }
            }
        }
        self.tags.end(listed);
        let count = person.bag_count.or_else(|| person.bags.last().map(|(_, run)| i32::from(*run)));
        if count.is_some_and(|c| c != tags) && tags > 0 {
            findings.add(Finding::BagCountDiffers);
        }
        self.bag_count.append_option(count);
        self.bag_weight.append_option(person.bag_weight);
    }

    fn put_contacts<T: Texts + ?Sized>(&mut self, reader: &T, person: &Person) {
        let mut n = 0;
        for (kind, value) in &person.contacts {
            self.contact_kind.append_value(kind);
            self.contact_value.append_value(reader.text(*value));
            n += 1;
        }
        let text = &mut self.scratch.text;
        text.clear();
        for part in person.address.iter().filter(|s| !s.is_empty()) {
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(reader.text(*part));
        }
        if !text.is_empty() {
            self.contact_kind.append_value("AD");
            self.contact_value.append_value(text.as_str());
            n += 1;
        }
        self.contacts.end(n);
    }

    fn put_documents<T: Texts + ?Sized>(&mut self, reader: &T, person: &Person) {
        let Scratch { text: buffer, digests, id, .. } = &mut self.scratch;
        digests.clear();
        let mut main: Option<(&Document, u64)> = None;
        for document in &person.documents {
            let kind = reader.text(document.kind);
            let issuer = country(reader, document.issuer);
            let number = number(reader, document, buffer);
            put(&mut self.document_type, kind);
            put(&mut self.document_number, number);
            put(&mut self.document_issuer, issuer);
            self.documents_expiry.append_option(document.expiry);
            let mut digest = 0;
            if !number.is_empty() {
                id.clear();
                id.extend_from_slice(number.as_bytes());
                id.push(0);
                id.extend_from_slice(issuer.as_bytes());
                id.make_ascii_uppercase();
                digest = XxHash3_64::oneshot(id);
                if !digests.contains(&digest) {
                    digests.push(digest);
                }
            }
            // The first passport counts, else the first document.
            let better = match main {
                None => true,
                Some((held, _)) => !is_passport(reader.text(held.kind)) && is_passport(kind),
            };
            if better {
                main = Some((document, digest));
            }
        }
        self.documents.end(person.documents.len());
        for digest in digests.iter() {
            *self.holders.entry(*digest).or_insert(0) += 1;
        }
        let p = &mut self.person;
        let Some((document, digest)) = main else {
            p.document_type.append_null();
            p.document_number.append_null();
            p.document_issuer.append_null();
            self.document_expiry.append_null();
            return;
        };
        let issuer = country(reader, document.issuer);
        let number = number(reader, document, buffer);
        put(&mut p.document_type, reader.text(document.kind));
        put(&mut p.document_number, number);
        put(&mut p.document_issuer, issuer);
        self.document_expiry.append_option(document.expiry);
        if let (Some(pending), false) = (self.pending.last_mut(), number.is_empty()) {
            pending.document = Some(digest);
            let start = self.keys.len();
            self.keys.push_str("D:");
            self.keys.push_str(issuer);
            self.keys.push('/');
            push_upper(&mut self.keys, number);
            pending.document_key = start..self.keys.len();
        }
    }

    /// What only reservations say of documents: the name in it, when and where it was issued.
    fn put_named_documents<T: Texts + ?Sized>(&mut self, reader: &T, person: &Person) {
        for document in &person.documents {
            let named = !document.surname.is_empty() || document.given.iter().any(|g| !g.is_empty());
            if named || document.issued.is_some() || !document.issue_place.is_empty() {
                self.fill_documents();
                let given = &mut self.scratch.given;
                given.clear();
                let components = [document.surname, document.given[0], document.given[1]].map(|c| reader.text(c));
                let split = names::split(&components, person.sex, given);
                put(&mut self.document_named.surname, split.surname);
                put(&mut self.document_named.given_names, given);
                put(&mut self.document_named.issue_place, reader.text(document.issue_place));
                self.document_issued.append_option(document.issued);
            }
            self.document_items += 1;
        }
    }
}
