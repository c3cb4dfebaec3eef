//! A declaration into the columns.

use twox_hash::XxHash3_128;

use super::super::consignments::{ConsignmentRow, ContainerRow, ItemRow, Level, Mode, Party as Role};
use super::super::dates;
use super::super::declaration::{Bills, Report, first, join};
use super::super::findings::Finding;
use super::super::output::{Output, Raw};
use super::super::xml::Element;
use super::header::Header;
use super::item::{Item, Package};
use super::party::Party;
use super::{Content, Field, Seen, forms, text};

/// Memory to reuse.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    marks: String,
    kinds: String,
    bills: Bills,
    voyage: String,
    /// Places of the first item, where the header has none.
    loading: String,
    unloading: String,
    /// The first means of transport of an item.
    identity: String,
    nationality: String,
}

impl Scratch {
    /// Begins a declaration.
    pub(super) fn begin(&mut self) {
        for text in [&mut self.loading, &mut self.unloading, &mut self.identity, &mut self.nationality] {
            text.clear();
        }
        self.bills.clear();
    }
}

/// Appends what the declaration names for the whole: parties, references, route and seals.
pub(super) fn header(raw: &Raw<'_>, root: Element<'_>, h: &Header<'_>, out: &mut Output) {
    for child in root.children() {
        let role = match child.name() {
            "TRACONCO1" => Role::Consignor,
            "TRACONCE1" => Role::Consignee,
            "NOTPAR670" => Role::Notify,
            "TRAREP" => Role::Agent,
            "PERLODSUMDEC" => Role::Declarant,
            "TRACARENT601" => Role::Carrier,
            "ITI" => {
                if let Some(country) = child.child("CouOfRouCodITI1") {
                    out.consignments.route(country.content());
                    Report { raw, rows: &mut out.consignments }.country(country.content(), country);
                }
                continue;
            }
            "SEAID529" => {
                out.consignments.seal(child.get("SeaIdSEAID530"));
                continue;
            }
            "CUSOFFSENT740" => {
                out.consignments.reference("CUSOFFSENT740", child.get("RefNumSUBENR909"));
                continue;
            }
            _ => continue,
        };
        party(raw, &Party::read(raw, child), role, None, out);
    }
    let rows = &mut out.consignments;
    let references = [h.lodgement, h.place, h.declared, h.correlation];
    for field in references.into_iter().flatten() {
        rows.reference(field.name(), field.content());
    }
    // The local reference has its column unless an amendment names the number of the movement.
    if let (Some(lrn), Some(_)) = (h.lrn, h.mrn) {
        rows.reference(lrn.name(), lrn.content());
    }
    if let Some(circumstance) = h.circumstance {
        rows.customs_note("", "", circumstance.name(), circumstance.content());
    }
}

fn party(raw: &Raw<'_>, party: &Party<'_>, role: Role, item: Option<i32>, out: &mut Output) {
    out.consignments.party(&party.row(role, item));
    let mut report = Report { raw, rows: &mut out.consignments };
    if let Some(country) = party.country() {
        report.country(country.content(), country);
    }
    report.when(party.is_nobody(), Finding::PartyIncomplete, party.element);
}

/// Appends an item with all that it names.
pub(super) fn item(raw: &Raw<'_>, item: &Item<'_>, scratch: &mut Scratch, seen: &mut Seen, out: &mut Output) {
    let number = text(item.number).parse().ok();
    let parties = [(Role::Consignor, &item.consignor), (Role::Consignee, &item.consignee), (Role::Notify, &item.notify)];
    for (role, found) in parties {
        if let Some(found) = found {
            party(raw, found, role, number, out);
        }
    }
    let rows = &mut out.consignments;
    for field in [item.ucr, item.loading, item.unloading, item.payment].into_iter().flatten() {
        rows.reference_on(number, field.name(), field.content());
    }
    for (place, field) in [(&mut scratch.loading, item.loading), (&mut scratch.unloading, item.unloading)] {
        if place.is_empty() {
            place.push_str(text(field));
        }
    }
    let (mut packages, mut counted) = (Some(0_i64), false);
    scratch.marks.clear();
    scratch.kinds.clear();
    for group in item.element.children() {
        match group.name() {
            "PRODOCDC2" => {
                let (kind, reference) = (group.get("DocTypDC21"), group.get("DocRefDC23"));
                rows.reference_on(number, if kind.is_empty() { "PRODOCDC2" } else { kind }, reference);
                scratch.bills.add(kind, reference);
                Report { raw, rows }.awb(kind, reference, group);
            }
            "SPEMENMT2" => {
                for mention in group.children().filter(|c| !c.content().is_empty()) {
                    rows.customs_note("", "", mention.name(), mention.content());
                }
            }
            "CONNR2" => {
                let container = group.get("ConNumNR21");
                if !container.is_empty() && seen.insert(XxHash3_128::oneshot(container.as_bytes())) {
                    rows.container(&ContainerRow { number: container, kind: "container", ..ContainerRow::default() }, []);
                    Report { raw, rows }.container(container, group);
                }
            }
            "IDEMEATRAGI970" => {
                let (identity, nationality) = (group.get("IdeMeaTraGIMEATRA971"), group.get("NatIDEMEATRAGI973"));
                rows.reference_on(number, "IdeMeaTraGIMEATRA971", identity);
                if scratch.identity.is_empty() && scratch.nationality.is_empty() {
                    scratch.identity.push_str(identity);
                    scratch.nationality.push_str(nationality);
                }
            }
            "PACGS2" => {
                let package = Package::read(group);
                join(&mut scratch.marks, text(package.marks), "; ");
                join(&mut scratch.kinds, text(package.kind), " ");
                for field in [package.packages, package.pieces].into_iter().flatten() {
                    counted = true;
                    let n = field.content().parse::<u32>().ok();
                    packages = packages.zip(n).map(|(sum, n)| sum + i64::from(n));
                    if n.is_none() {
                        rows.notice(Finding::QuantityUnreadable, raw.place(field.name(), field.at()));
                    }
                }
            }
            _ => {}
        }
    }
    let mut report = Report { raw, rows };
    if text(item.description).is_empty() {
        report.note(Finding::DescriptionMissing, item.element);
    }
    if let Some(hs) = item.hs {
        report.hs(hs.content(), hs);
    }
    if let Some(un_number) = item.un_number {
        report.un_number(un_number.content(), un_number);
    }
    let row = ItemRow {
        number,
        description: text(item.description),
        marks: &scratch.marks,
        hs: text(item.hs),
        packages: packages.filter(|_| counted),
        package_type: &scratch.kinds,
        gross_weight_kg: mass(&mut report, item.mass),
        un_number: text(item.un_number),
        ..ItemRow::default()
    };
    let containers = item.groups("CONNR2").map(|c| c.get("ConNumNR21")).filter(|n| !n.is_empty());
    report.rows.item(&row, containers);
}

fn mass(report: &mut Report<'_, '_>, field: Field<'_>) -> Option<f64> {
    let field = field?;
    let mass = forms::number(field.content());
    if mass.is_finite() && mass >= 0.0 {
        return Some(mass);
    }
    report.note(Finding::WeightUnreadable, field);
    None
}

fn time(report: &mut Report<'_, '_>, field: Field<'_>) -> Option<i64> {
    let field = field?;
    let time = dates::time(field.content().as_bytes(), b"203").map(|(t, _)| t);
    if time.is_none() {
        report.note(Finding::TimeUnreadable, field);
    }
    time
}

/// Ends the row.
pub(super) fn end(
    raw: &Raw<'_>,
    root: Element<'_>,
    h: &Header<'_>,
    (position, ordinal): (i64, i32),
    scratch: &mut Scratch,
    out: &mut Output,
) {
    let mut report = Report { raw, rows: &mut out.consignments };
    let arrival_local = time(&mut report, h.arrival);
    let prepared = dates::time_of(text(h.prepared_day).as_bytes(), text(h.prepared_clock).as_bytes()).map(|(t, _)| t);
    let declared = time(&mut report, h.declared);
    let gross_weight_kg = mass(&mut report, h.total_mass);
    let packages = text(h.total_packages).parse().ok();
    if let Some(field) = h.total_packages.filter(|_| packages.is_none()) {
        report.note(Finding::QuantityUnreadable, field);
    }
    if let Some(nationality) = h.nationality {
        report.country(nationality.content(), nationality);
    }
    let mode = Mode::of_code(text(h.mode).as_bytes());
    if let Some(identity) = h.identity.filter(|i| mode == Some(Mode::Sea) && i.content().len() == 7) {
        report.imo(identity.content(), identity);
    }
    let Scratch { bills, voyage, loading, unloading, identity, nationality, .. } = scratch;
    let (bill_number, master_bill) = bills.pair(mode);
    flight(text(h.conveyance), mode == Some(Mode::Air), voyage);
    let amends = root.name() == "CC313A" || (root.name() != "CC315A" && h.mrn.is_some());
    let row = ConsignmentRow {
        message_format: "ENS XML",
        message_kind: if amends { "CC313A" } else { "CC315A" },
        action: if amends { "change" } else { "new" },
        message_ref: text(h.message_ref),
        sender: first(text(h.sender), raw.envelope.sender),
        recipient: first(text(h.recipient), raw.envelope.recipient),
        level: Level::Declaration,
        mode,
        bill_number,
        master_bill,
        ucr: text(h.ucr),
        declaration_ref: first(text(h.mrn), text(h.lrn)),
        carrier: h.carrier.as_ref().map_or("", |c| text(c.tin)),
        conveyance_id: first(text(h.identity), identity),
        conveyance_country: first(text(h.nationality), nationality),
        voyage,
        loading_port: first(text(h.loading), loading),
        discharge_port: first(text(h.unloading), unloading),
        entry_port: text(h.entry),
        arrival_local,
        event_time: prepared.or(declared).or(raw.envelope.event_time),
        packages,
        gross_weight_kg,
        payment: text(h.payment),
        position,
        ordinal,
        ..ConsignmentRow::default()
    };
    out.consignments.push(raw.origin, &row);
}

/// The conveyance reference; a flight number without blanks and leading zeros.
fn flight(reference: &str, air: bool, voyage: &mut String) {
    voyage.clear();
    if !air || !forms::flight(reference) {
        voyage.push_str(reference);
        return;
    }
    // Carriers have two characters (IATA) or three letters (ICAO).
    let icao = reference.as_bytes().iter().take(3).filter(|b| b.is_ascii_alphabetic()).count() == 3;
    let (carrier, number) = reference.split_at(if icao { 3 } else { 2 }.min(reference.len()));
    let stripped = number.trim_start_matches('0');
    voyage.push_str(carrier);
    voyage.push_str(if stripped.starts_with(|c: char| c.is_ascii_digit()) { stripped } else { number });
}
