//! Parties: lines of name, street, place and country, with identifiers (`NAM`, `ADR`, `LOC`) or by
//! their order.

use super::super::air;
use super::super::cargo_xml::trader;
use super::super::consignments::{Party, PartyRow};
use super::super::findings::Finding;
use super::super::output::Output;
use super::lines::{Body, Tag, View};
use super::notes::Note;
use super::{Message, Scratch};

/// Whether lines with this identifier go on with the party before them.
pub(super) fn is_part(tag: Tag) -> bool {
    matches!(&tag, b"NAM" | b"ADR" | b"LOC")
}

/// What the line of the party itself holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// An account (FWB).
    Account,
    /// The name (FHL, and parties to notify).
    Name,
    /// Account, IATA agent code, CASS address and participant (agents).
    Agent,
}

/// Codes of the notes about a party.
fn subjects(role: Party) -> &'static [&'static str] {
    match role {
        Party::Consignor => &["SHP"],
        Party::Consignee => &["CNE"],
        Party::Notify => &["NFY"],
        Party::Agent => &["AGT", "FFW"],
        _ => &[],
    }
}

/// Appends the party of a section. `notes` are lines in which notes about it may stand.
pub(super) fn read(
    message: &Message<'_, '_>,
    section: Body<'_>,
    role: Party,
    own: Own,
    notes: Body<'_>,
    scratch: &mut Scratch,
    out: &mut Output,
) {
    let head = section.view(0);
    let tag = head.tag;
    let role_code = std::str::from_utf8(&tag).unwrap_or_default();
    let mut row = PartyRow { role, role_code, ..PartyRow::default() };
    let mut identifiers = [("T", ""); 5];
    let mut lines = Untagged::default();
    let mut attention = "";
    scratch.name.clear();
    scratch.address.clear();
    match own {
        Own::Account => identifiers[4] = ("account", head.text.trim_ascii()),
        Own::Agent => {
            let mut fields = head.fields();
            identifiers[4] = ("account", fields.next().unwrap_or_default());
            identifiers[1] = ("IATA agent", fields.next().unwrap_or_default());
            identifiers[2] = ("CASS", fields.next().unwrap_or_default());
            identifiers[3] = ("participant", fields.next().unwrap_or_default());
        }
        Own::Name => lines.add(head),
    }
    for line in section.views().skip(1) {
        match &line.tag {
            b"NAM" => name(line.text, &mut attention, scratch),
            b"ADR" => air::join_lines(line.text.trim_matches('/'), ", ", &mut scratch.address),
            b"LOC" if line.first => place(line, &mut row),
            b"LOC" => coded(line, &mut row),
            _ => lines.add(line),
        }
    }
    lines.read(&mut row, &mut attention, scratch);
    let subjects = subjects(role);
    if !subjects.is_empty() && notes.len() > 0 {
        for (_, note) in Note::all(notes).filter(|(_, n)| subjects.contains(&n.subject)) {
            match note.kind {
                "T" if identifiers[0].1.is_empty() => identifiers[0] = trader(note.value),
                "CP" if row.contact.is_empty() => row.contact = note.value,
                "CT" if row.phone.is_empty() => row.phone = note.value,
                _ => {}
            }
        }
    }
    if row.contact.is_empty() {
        row.contact = attention;
    }
    row.name = &scratch.name;
    row.address = &scratch.address;
    let first = identifiers.iter().position(|(_, value)| !value.is_empty());
    if let Some(i) = first {
        (row.identifier_scheme, row.identifier) = identifiers[i];
    }
    if row.name.is_empty() && row.identifier.is_empty() {
        let known = [row.address, row.city, row.country, row.phone, row.contact];
        if known.iter().all(|k| k.is_empty()) {
            message.notice(Finding::LineEmpty, &head, out);
            return;
        }
        message.notice(Finding::PartyIncomplete, &head, out);
    }
    let others = first.map_or(5, |i| i + 1);
    out.consignments.party_with(&row, identifiers[others..].iter().copied());
}

/// A line of a name, which may be that of a person to turn to, or part of an address.
fn name<'t>(text: &'t str, attention: &mut &'t str, scratch: &mut Scratch) {
    let text = text.trim_matches('/').trim_ascii();
    if text.is_empty() {
        return;
    }
    if scratch.name.is_empty() {
        scratch.name.push_str(text);
    } else if let Some(person) = air::attention(text) {
        *attention = person;
    } else if air::is_address(text) {
        air::join_lines(text, ", ", &mut scratch.address);
    } else {
        air::join_lines(text, " ", &mut scratch.name);
    }
}

/// City and region.
fn place<'t>(line: View<'t>, row: &mut PartyRow<'t>) {
    let mut fields = line.fields();
    row.city = fields.next().unwrap_or_default();
    row.region = fields.next().unwrap_or_default();
}

/// Country, postal code and means of contact: `US/75261/TE/12345`.
fn coded<'t>(line: View<'t>, row: &mut PartyRow<'t>) {
    let mut fields = line.fields();
    row.country = fields.next().unwrap_or_default();
    row.postal_code = fields.next().unwrap_or_default();
    while let Some(kind) = fields.next() {
        let value = fields.next().unwrap_or_default();
        match kind {
            "TE" | "TEL" | "PH" | "MO" if row.phone.is_empty() => row.phone = value,
            "EM" | "EMAIL" if row.email.is_empty() => row.email = value,
            _ => {}
        }
    }
}

/// Whether a line begins with a country, and so is that of country, postal code and contact.
fn is_coded(line: &View<'_>) -> bool {
    let mut fields = line.fields();
    let country = fields.next().unwrap_or_default();
    country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase())
}

/// Lines that are known by their order only: name, street, place, country.
#[derive(Debug, Default)]
struct Untagged<'t> {
    lines: [Option<View<'t>>; 8],
    count: usize,
}

impl<'t> Untagged<'t> {
    fn add(&mut self, line: View<'t>) {
        if !line.text.trim_matches(['/', ' ']).is_empty()
            && let Some(slot) = self.lines.get_mut(self.count)
        {
            *slot = Some(line);
            self.count += 1;
        }
    }

    fn read(&self, row: &mut PartyRow<'t>, attention: &mut &'t str, scratch: &mut Scratch) {
        let mut lines = &self.lines[..self.count];
        // The country may come alone, without a name before it.
        if let [rest @ .., Some(last)] = lines
            && is_coded(last)
            && row.country.is_empty()
        {
            coded(*last, row);
            lines = rest;
        }
        let [first, rest @ ..] = lines else { return };
        let mut rest = rest;
        if let Some(line) = first {
            name(line.text, attention, scratch);
        }
        // The last of three or more is the place; of two it is one where it says so.
        if let [middle @ .., Some(last)] = rest
            && row.city.is_empty()
            && (!middle.is_empty() || last.text.contains('/') || !air::is_address(last.text))
        {
            place(*last, row);
            rest = middle;
        }
        for line in rest.iter().flatten() {
            match air::attention(line.text) {
                Some(person) => *attention = person,
                None => air::join_lines(line.text.trim_matches('/'), ", ", &mut scratch.address),
            }
        }
    }
}
