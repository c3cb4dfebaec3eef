//! One person into the columns.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};

use twox_hash::XxHash3_64;

use super::super::columns::{TextColumn, short_view, word};
use super::super::dates::Precision;
use super::super::edifact::Texts;
use super::super::findings::{Finding, Findings};
use super::super::names;
use super::super::paxlst::{Country, Document, Person, Role};
use super::super::short::{self, capitals};
use super::reservation::Beside;
use super::{Pending, Travellers};

/// Digests of short documents, which are compared within a message.
const DIGESTS: foldhash::quality::FixedState = foldhash::quality::FixedState::with_seed(0x7461_6d69_7320_6964);

/// Reused memory.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) text: String,
    pub(super) key: String,
    pub(super) id: Vec<u8>,
    given: String,
    digests: Vec<u64>,
}

/// The words of [`Precision`] in its order.
const PRECISIONS: [u128; 3] = [word(Precision::Day.name()), word(Precision::Month.name()), word(Precision::Year.name())];

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

fn country<T: Texts + ?Sized>(reader: &T, country: Country) -> &str {
    match country {
        Country::None => "",
        Country::Code(code) => code,
        Country::Sent(slice) => reader.text(slice),
    }
}

/// Sets a row of a column to a country.
#[inline(always)]
#[expect(clippy::inline_always, reason = "most countries are a code or nothing: no call to find that out")]
pub(super) fn set_country<T: Texts + ?Sized>(reader: &T, column: &mut TextColumn, row: usize, country: Country) {
    match country {
        Country::None => {}
        Country::Code(code) => match *code.as_bytes() {
            // Always three letters.
            [a, b, c] => column.set_view(row, u128::from(u64::from_le_bytes([3, 0, 0, 0, a, b, c, 0]))),
            _ => column.set_some(row, code),
        },
        Country::Sent(slice) => reader.set(column, row, slice),
    }
}

/// Document number without blanks; borrowed where it has none.
fn number<'x, T: Texts + ?Sized>(reader: &'x T, document: &Document, scratch: &'x mut String) -> &'x str {
    let text = reader.text(document.number);
    if !short::has_blank(text.as_bytes()) {
        return text;
    }
    scratch.clear();
    scratch.extend(text.chars().filter(|c| *c != ' '));
    scratch
}

/// Digest of a document, so that another person with it is seen.
#[inline(always)]
#[expect(clippy::inline_always, reason = "what is compared stands in registers: a call writes it down and waits for it")]
fn digest_of(number: &str, issuer: &str, views: (Option<u128>, Option<u128>), scratch: &mut Vec<u8>) -> u64 {
    if let (Some(short), Some(of)) = views {
        // Views hold short texts with noughts behind them, twelve bytes each.
        let (number, issuer) = (capitals(short >> 32), capitals(of >> 32));
        let mut hasher = DIGESTS.build_hasher();
        hasher.write_u128(number | issuer << 96);
        hasher.write_u64((issuer >> 32) as u64);
        return hasher.finish();
    }
    long_digest(number, issuer, scratch)
}

#[inline(never)]
fn long_digest(number: &str, issuer: &str, scratch: &mut Vec<u8>) -> u64 {
    scratch.clear();
    scratch.extend_from_slice(number.as_bytes());
    scratch.push(0);
    scratch.extend_from_slice(issuer.as_bytes());
    scratch.make_ascii_uppercase();
    XxHash3_64::oneshot(scratch)
}

/// The document that counts: its digest, and the views of number and issuer where these are short.
struct Main<'p> {
    document: &'p Document,
    digest: Option<u64>,
    number: Option<u128>,
    issuer: Option<u128>,
}

impl Travellers {
    /// Appends a person; `message_at` is the byte offset of the message, `departure` the local
    /// departure of the border leg. Returns false, and appends nothing, where the person has
    /// neither a usable name nor a document number.
    pub(in super::super) fn push<T: Texts + ?Sized>(
        &mut self,
        reader: &T,
        person: &Person,
        place: Whereabouts,
        beside: &Beside<'_>,
    ) -> bool {
        let mut components = [""; 5];
        for (text, slice) in components.iter_mut().zip(&person.name) {
            if !slice.is_empty() {
                *text = reader.text(*slice);
            }
        }
        let named = components.iter().any(|c| names::has_letters(c));
        if !named && !person.documents.iter().any(|d| !d.number.is_empty()) && beside.response.is_empty() {
            return false;
        }
        let mut findings = person.findings;
        if !named && beside.response.is_empty() {
            findings.add(Finding::NameMissing);
        }
        let row = self.count;
        self.put_name(reader, person, &components);
        let p = &mut self.person;
        match person.role {
            Role::Passenger => p.role.set_view(row, const { word(Role::Passenger.name()) }),
            Role::Crew => p.role.set_view(row, const { word(Role::Crew.name()) }),
            role => p.role.set(row, role.name()),
        }
        reader.set(&mut p.embarkation_port, row, person.embarkation);
        reader.set(&mut p.debarkation_port, row, person.debarkation);
        reader.set(&mut p.clearance_port, row, person.clearance);
        if let Some((day, precision)) = person.birth {
            self.birth_date.set(row, Some(day));
            p.birth_date_precision.set_view(row, PRECISIONS[precision as usize]);
        }
        match person.sex {
            Some(b'F') => p.sex.set_view(row, const { word("F") }),
            Some(b'M') => p.sex.set_view(row, const { word("M") }),
            Some(b'X') => p.sex.set_view(row, const { word("X") }),
            _ => {}
        }
        set_country(reader, &mut p.nationality, row, person.nationality);
        set_country(reader, &mut p.residence_country, row, person.residence);
        reader.set(&mut p.birth_place, row, person.birth_place);
        set_country(reader, &mut p.birth_country, row, person.birth_country);
        reader.set(&mut p.pnr_locator, row, person.locator);
        reader.set(&mut p.carrier_ref, row, person.carrier_ref);
        reader.set(&mut p.ticket, row, person.ticket);
        if !person.seat.is_empty() {
            let noughts = reader.bytes(person.seat).iter().take_while(|b| **b == b'0').count();
            reader.set(&mut p.seat, row, person.seat.skip(noughts));
        }
        reader.set(&mut p.crew_duty, row, person.duty);
        p.profile.set(row, person.profile);
        if !person.mrz.is_empty() {
            self.put_mrz(reader, person);
        }
        if !person.bags.is_empty() || person.bag_count.is_some() || person.bag_weight.is_some() {
            self.put_bags(reader, person, &mut findings);
        }
        if !person.contacts.is_empty() || person.address.iter().any(|s| !s.is_empty()) {
            self.put_contacts(reader, person);
        }
        // 19 CFR 122.49a and 122.49b: passengers 30 minutes, crew 60 minutes before departure.
        let minutes = if matches!(person.role, Role::Crew | Role::TransitCrew) { 60 } else { 30 };
        self.deadline.set(row, place.departure.map(|d| d - minutes * 60_000_000));
        self.pending.push(Pending { ordinal: person.ordinal, message_at: place.message_at, document: None });
        self.put_documents(reader, person);
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
        let (p, row) = (&mut self.person, self.count);
        let used = components.iter().rposition(|c| !c.is_empty()).map_or(0, |i| i + 1);
        let Scratch { text, given, .. } = &mut self.scratch;
        given.clear();
        if let Some(whole) = reader.run(&person.name[..used]) {
            reader.set(&mut p.name_raw, row, whole);
        } else {
            text.clear();
            for (i, component) in components[..used].iter().enumerate() {
                if i > 0 {
                    text.push(':');
                }
                text.push_str(component);
            }
            p.name_raw.set(row, text);
        }
        // A whole name in one component: SMITH/JOHN MR.
        let slash = if used == 1 { components[0].split_once('/') } else { None };
        let split = match slash {
            Some((surname, rest)) => names::split(&[surname, rest], person.sex, given),
            None => names::split(&components[..used], person.sex, given),
        };
        if split.surname.len() == components[0].len() {
            reader.set(&mut p.surname, row, person.name[0]);
        } else {
            p.surname.set(row, split.surname);
        }
        p.given_names.set(row, given);
        if split.has_titles() {
            text.clear();
            split.write_titles(text);
            p.title.set(row, text);
        }
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
        self.person.mrz.set(self.count, text);
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
        self.tags.end_at(self.count, listed);
        let count = person.bag_count.or_else(|| person.bags.last().map(|(_, run)| i32::from(*run)));
        if count.is_some_and(|c| c != tags) && tags > 0 {
            findings.add(Finding::BagCountDiffers);
        }
        self.bag_count.set(self.count, count);
        self.bag_weight.set(self.count, person.bag_weight);
    }

    fn put_contacts<T: Texts + ?Sized>(&mut self, reader: &T, person: &Person) {
        let mut n = 0;
        for (kind, value) in &person.contacts {
            self.contact_kind.append_value(kind);
            self.contact_value.append_value(reader.text(*value));
            n += 1;
        }
        if person.address.iter().any(|s| !s.is_empty()) {
            let text = &mut self.scratch.text;
            text.clear();
            for part in person.address.iter().filter(|s| !s.is_empty()) {
                if !text.is_empty() {
                    text.push_str(", ");
                }
                text.push_str(reader.text(*part));
            }
            self.contact_kind.append_value("AD");
            self.contact_value.append_value(text.as_str());
            n += 1;
        }
        self.contacts.end_at(self.count, n);
    }

    fn put_documents<T: Texts + ?Sized>(&mut self, reader: &T, person: &Person) {
        let Scratch { text: buffer, digests, id, .. } = &mut self.scratch;
        digests.clear();
        let mut main: Option<Main<'_>> = None;
        for (i, document) in person.documents.iter().enumerate() {
            let item = self.document_items + i;
            let issuer = country(reader, document.issuer);
            let number = number(reader, document, buffer);
            reader.set(&mut self.document_type, item, document.kind);
            let views = (short_view(number), short_view(issuer));
            self.document_number.set_short(item, number, views.0);
            self.document_issuer.set_short(item, issuer, views.1);
            self.documents_expiry.set(item, document.expiry);
            let mut digest = None;
            if !number.is_empty() {
                let of = digest_of(number, issuer, views, id);
                digest = Some(of);
                if !digests.contains(&of) {
                    digests.push(of);
                }
            }
            // The first passport counts, else the first document.
            let better = match &main {
                None => true,
                Some(held) => !is_passport(reader.text(held.document.kind)) && is_passport(reader.text(document.kind)),
            };
            if better {
                main = Some(Main { document, digest, number: views.0, issuer: views.1 });
            }
        }
        for digest in digests.iter() {
            let holders = self.holders.entry(*digest).or_insert(0);
            *holders += 1;
            self.shared |= *holders > 1;
        }
        let Some(Main { document, digest, number: short, issuer }) = main else { return };
        let (p, row) = (&mut self.person, self.count);
        reader.set(&mut p.document_type, row, document.kind);
        match short {
            Some(view) => p.document_number.set_view(row, view),
            None => p.document_number.set(row, number(reader, document, buffer)),
        }
        match issuer {
            Some(view) => p.document_issuer.set_view(row, view),
            None => p.document_issuer.set(row, country(reader, document.issuer)),
        }
        self.document_expiry.set(row, document.expiry);
        if let Some(pending) = self.pending.last_mut() {
            pending.document = digest;
        }
        let item = self.document_items;
        let booked = |d: &Document| !(d.surname.is_empty() && d.given[0].is_empty() && d.given[1].is_empty());
        let says = |d: &Document| d.issued.is_some() || !d.issue_place.is_empty() || booked(d);
        for (i, document) in person.documents.iter().enumerate().filter(|(_, document)| says(document)) {
            self.put_named_document(item + i, reader, person, document);
        }
        self.document_items += person.documents.len();
        self.documents.end_at(row, person.documents.len());
    }

    /// What only reservations say of documents: the name in it, when and where it was issued.
    fn put_named_document<T: Texts + ?Sized>(&mut self, item: usize, reader: &T, person: &Person, document: &Document) {
        if !document.surname.is_empty() || document.given.iter().any(|g| !g.is_empty()) {
            let given = &mut self.scratch.given;
            given.clear();
            let components = [document.surname, document.given[0], document.given[1]].map(|c| reader.text(c));
            let split = names::split(&components, person.sex, given);
            self.document_named.surname.set(item, split.surname);
            self.document_named.given_names.set(item, given);
        }
        reader.set(&mut self.document_named.issue_place, item, document.issue_place);
        self.document_issued.set(item, document.issued);
    }
}
