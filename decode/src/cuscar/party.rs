//! NAD with its contacts: parties, as slices of the message.

use tamis_records::country::alpha3;

use super::super::consignments::{Consignments, PartyRow};
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::noticed::Place;
use super::codes;

/// One party.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Named {
    code: Slice,
    identifier: Slice,
    scheme: Slice,
    /// C080, else C058, and how many components were sent.
    name: [Slice; 5],
    names: usize,
    unstructured: bool,
    street: [Slice; 4],
    streets: usize,
    city: Slice,
    region: Slice,
    postal_code: Slice,
    country: Slice,
    contact: Slice,
    phone: Slice,
    email: Slice,
    at: usize,
}

impl Named {
    /// NAD.
    pub(super) fn new(r: &Reader<'_, '_>, at: usize) -> Self {
        let mut party = Self { at, ..Self::default() };
        let (mut loose, mut looses) = ([Slice::default(); 5], 0);
        r.each(|element, component, text| match (element, component) {
            (1, 0) => party.code = text,
            (2, 0) => party.identifier = text,
            (2, 1 | 2) if party.scheme.is_empty() => party.scheme = text,
            (3, 0..5) => (loose[component], looses) = (text, component + 1),
            (4, 0..5) => (party.name[component], party.names) = (text, component + 1),
            (5, 0..4) => (party.street[component], party.streets) = (text, component + 1),
            (6, 0) => party.city = text,
            (7, 0 | 3) if party.region.is_empty() => party.region = text,
            (8, 0) => party.postal_code = text,
            (9, 0) => party.country = text,
            _ => {}
        });
        party.unstructured = party.name[..party.names].iter().all(|n| n.is_empty());
        if party.unstructured {
            (party.name, party.names) = (loose, looses);
        }
        party
    }

    /// CTA.
    pub(super) fn contact(&mut self, r: &Reader<'_, '_>) {
        if self.contact.is_empty() {
            self.contact = if r.get(2, 1).is_empty() { r.get(2, 0) } else { r.get(2, 1) };
        }
    }

    /// COM; several numbers may stand in one segment.
    pub(super) fn numbers(&mut self, r: &Reader<'_, '_>) {
        for element in 1..r.elements() {
            let number = r.get(element, 0);
            match r.field(element, 1) {
                b"TE" | b"AL" | b"MO" if self.phone.is_empty() => self.phone = number,
                b"EM" | b"EI" if self.email.is_empty() => self.email = number,
                _ => {}
            }
        }
    }

    /// Qualifier of the party.
    pub(super) fn code(&self) -> Slice {
        self.code
    }

    /// Identifier, else the name.
    pub(super) fn carrier(&self) -> Slice {
        if self.identifier.is_empty() { self.name[0] } else { self.identifier }
    }

    /// Appends the party to the row at hand. `name` and `address` are memory.
    pub(super) fn write(
        &self,
        r: &Reader<'_, '_>,
        out: &mut Consignments,
        name: &mut String,
        address: &mut String,
        place: impl Fn(usize) -> i64,
    ) {
        name.clear();
        address.clear();
        let mut country: &str = r.text(self.country);
        if self.unstructured {
            // Name first, then lines of the address; the last may name the country.
            let names = &self.name[..self.names];
            let last = names.iter().rposition(|n| !n.is_empty()).unwrap_or(0);
            for (i, part) in names.iter().enumerate() {
                let text = r.text(*part);
                match i {
                    0 => {}
                    _ if text.is_empty() => {}
                    _ if i != last || !country.is_empty() || text.len() < 2 => add(address, text, ", "),
                    _ => match alpha3(text) {
                        Some(code) => country = code,
                        None => add(address, text, ", "),
                    },
                }
            }
        } else if self.names > 1 {
            for part in &self.name[..self.names] {
                add(name, r.text(*part), " ");
            }
        }
        // One part is a name as it stands.
        let name = if name.is_empty() { r.text(self.name[0]) } else { name.as_str() };
        let street = &self.street[..self.streets];
        let address = if let ([line], true) = (street, address.is_empty()) {
            r.text(*line)
        } else {
            for line in street {
                add(address, r.text(*line), ", ");
            }
            address.as_str()
        };
        let code = r.text(self.code);
        if name.is_empty() && self.identifier.is_empty() {
            out.notice(Finding::PartyIncomplete, Place { segment: "NAD", offset: Some(place(self.at)) });
        }
        out.party(&PartyRow {
            role: codes::role(code),
            role_code: code,
            person: codes::is_person(code),
            name,
            identifier: r.text(self.identifier),
            identifier_scheme: if self.identifier.is_empty() { "" } else { r.text(self.scheme) },
            address,
            city: r.text(self.city),
            region: r.text(self.region),
            postal_code: r.text(self.postal_code),
            country,
            contact: r.text(self.contact),
            phone: r.text(self.phone),
            email: r.text(self.email),
            ..PartyRow::default()
        });
    }
}

fn add(out: &mut String, text: &str, between: &str) {
    if !text.is_empty() {
        if !out.is_empty() {
            out.push_str(between);
        }
        out.push_str(text);
    }
}
