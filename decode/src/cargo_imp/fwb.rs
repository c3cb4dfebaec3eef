//! Air waybills.

use super::super::air::{self, Border};
use super::super::consignments::{ConsignmentRow, LegOfRow, Level, Mode, Party};
use super::super::findings::Finding;
use super::super::output::Output;
use super::charges::{self, Declared};
use super::lines::{AWB, Body, View};
use super::notes::{self, Noted};
use super::party::{self, Own};
use super::quantity::Consignment;
use super::rate::{self, Goods};
use super::{Message, Scratch, day};

/// Legs that are kept; the standard knows three.
const LEGS: usize = 8;

/// What is gathered of a waybill.
#[derive(Debug, Default)]
struct Facts<'t> {
    detail: Option<Consignment<'t>>,
    detail_at: usize,
    flights: [(&'t str, &'t str); LEGS],
    flight_count: usize,
    ports: [(&'t str, &'t str); LEGS],
    port_count: usize,
    declared: Declared<'t>,
    goods: Goods,
    noted: Noted<'t>,
    executed: Option<i64>,
    reference: &'t str,
}

/// Reads a waybill into a row.
pub(super) fn read(message: &Message<'_, '_>, scratch: &mut Scratch, out: &mut Output) {
    if message.body.len() == 0 {
        return;
    }
    let mut facts = Facts::default();
    scratch.un_numbers.clear();
    // Notes tell of parties and goods that stand in front of them, and the currency of charges.
    facts.noted = notes::read(message, message.body, scratch, out);
    currency(message, &mut facts, out);
    let mut at = 0;
    while at < message.body.len() {
        let end = end_of(message.body, at);
        section(message, message.body.slice(at..end), &mut facts, scratch, out);
        at = end;
    }
    let detail = facts.detail.unwrap_or_default();
    let quantity = detail.quantity;
    let line = message.body.view(facts.detail_at);
    if facts.detail.is_some() && !detail.awb.is_valid {
        message.notice(Finding::AwbInvalid, &line, out);
    }
    if quantity.pieces.zip(facts.goods.packages).is_some_and(|(a, b)| a != b) {
        message.notice(Finding::PackagesDiffer, &line, out);
    }
    if quantity.weight.zip(facts.goods.weight).is_some_and(|(a, b)| !air::same(a, b)) {
        message.notice(Finding::WeightDiffers, &line, out);
    }
    if facts.goods.items == 0 {
        message.notice(Finding::DescriptionMissing, &line, out);
    }
    let border = legs(message, &facts, &detail, out);
    let mut row = message.row("FWB", 0);
    if row.sender.is_empty() {
        row.sender = facts.reference;
    }
    let row = ConsignmentRow {
        level: if facts.goods.consolidation { Level::Master } else { Level::Simple },
        bill_number: detail.awb.or(detail.sent),
        ucr: facts.noted.ucr,
        declaration_ref: facts.noted.declaration,
        carrier: border.carrier,
        voyage: border.voyage,
        origin_place: detail.origin,
        loading_port: border.departure_port,
        discharge_port: border.arrival_port,
        delivery_place: detail.destination,
        departure_local: border.departure_local,
        event_time: row.event_time.or(facts.executed),
        packages: quantity.pieces,
        packages_of_bill: quantity.total,
        part: if quantity.code == b'T' { "" } else { quantity.part() },
        gross_weight_kg: quantity.weight,
        volume_m3: quantity.volume.or(facts.goods.volume),
        customs_value: facts.declared.customs,
        carriage_value: facts.declared.carriage,
        currency: facts.declared.currency,
        payment: facts.declared.payment,
        ..row
    };
    out.consignments.push(message.raw.origin, &row);
}

/// Where the section of a line ends; that of a party holds its tagged lines.
fn end_of(body: Body<'_>, at: usize) -> usize {
    let mut end = body.section_end(at);
    if matches!(&body.tag(at), b"SHP" | b"CNE" | b"AGT" | b"NFY") {
        while end < body.len() && party::is_part(body.tag(end)) {
            end = body.section_end(end);
        }
    }
    end
}

/// The charge declaration is read first: all amounts are in its currency.
fn currency<'t>(message: &Message<'t, '_>, facts: &mut Facts<'t>, out: &mut Output) {
    if let Some(line) = message.body.tagged(*b"CVD").next() {
        facts.declared = charges::declared(message, &line, out);
    }
    // The date of execution is the one from which the days of flights are counted.
    if let Some(line) = message.body.tagged(*b"ISU").next() {
        let date = line.fields().next().unwrap_or_default();
        facts.executed = day(date, message.around());
        if facts.executed.is_none() && !date.is_empty() {
            message.notice(Finding::TimeUnreadable, &line, out);
        }
    }
}

fn section<'t>(message: &Message<'t, '_>, section: Body<'t>, facts: &mut Facts<'t>, scratch: &mut Scratch, out: &mut Output) {
    let line = section.view(0);
    match &line.tag {
        &AWB => {
            if facts.detail.is_some() {
                message.unreadable(&line, line.text, out);
                return;
            }
            let detail = Consignment::read(line.text);
            facts.detail_at = message.body.views().position(|l| l.at == line.at).unwrap_or(0);
            if detail.quantity.unreadable {
                message.notice(Finding::LineUnreadable, &line, out);
            }
            if !detail.rest.is_empty() {
                out.consignments.reference("AWB", detail.rest);
            }
            facts.detail = Some(detail);
        }
        b"FLT" => flights(message, section, facts, out),
        b"RTG" => routing(message, section, facts, out),
        b"SHP" => party::read(message, section, Party::Consignor, Own::Account, message.body, scratch, out),
        b"CNE" => party::read(message, section, Party::Consignee, Own::Account, message.body, scratch, out),
        b"NFY" => party::read(message, section, Party::Notify, Own::Name, message.body, scratch, out),
        b"AGT" => party::read(message, section, Party::Agent, Own::Agent, message.body, scratch, out),
        b"SSR" | b"OSI" => instructions(section, scratch, out),
        b"SPH" => special(section, out),
        b"RTD" => rate::read(message, section, &mut facts.goods, scratch, out),
        b"OTH" => charges::others(message, section, facts.declared.currency, out),
        b"PPD" => charges::totals(message, section, b'P', facts.declared.currency, out),
        b"COL" => charges::totals(message, section, b'C', facts.declared.currency, out),
        // Read already.
        b"OCI" | b"CVD" => {}
        b"REF" => {
            facts.reference = line.fields().next().unwrap_or_default();
            references(section, out);
        }
        b"ISU" | b"CER" | b"ACC" | b"COR" | b"COI" | b"SII" | b"ARD" | b"NOM" | b"SRI" | b"OPI" | b"CDC" | b"TXT" => {
            references(section, out);
        }
        _ => section.views().for_each(|line| message.unknown(&line, out)),
    }
}

/// Lines that are kept as they are.
pub(super) fn references(section: Body<'_>, out: &mut Output) {
    for line in section.views() {
        out.consignments.reference(line.name(), line.text.trim_matches(['/', ' ']));
    }
}

/// Words of handling, line by line; a line that goes on belongs to the one before.
pub(super) fn instructions(section: Body<'_>, scratch: &mut Scratch, out: &mut Output) {
    scratch.instruction.clear();
    for line in section.views() {
        air::join_lines(line.text.trim_matches('/'), " ", &mut scratch.instruction);
    }
    out.consignments.handling_instruction(&scratch.instruction);
}

/// Special handling codes.
pub(super) fn special(section: Body<'_>, out: &mut Output) {
    for line in section.views() {
        line.fields().for_each(|code| out.consignments.special_handling(code));
    }
}

/// `FLT/DL8226E/08/DL014/09`: flights with their days.
fn flights<'t>(message: &Message<'_, '_>, section: Body<'t>, facts: &mut Facts<'t>, out: &mut Output) {
    for line in section.views() {
        let mut fields = line.fields();
        while let Some(flight) = fields.next() {
            let day = fields.next().unwrap_or_default();
            if flight.is_empty() {
                continue;
            }
            match facts.flights.get_mut(facts.flight_count) {
                Some(slot) => *slot = (flight, day),
                None => message.unreadable(&line, flight, out),
            }
            facts.flight_count = (facts.flight_count + 1).min(LEGS);
        }
    }
}

/// `RTG/ATLDL/FRADL`: places on the way, each with the carrier to it.
fn routing<'t>(message: &Message<'_, '_>, section: Body<'t>, facts: &mut Facts<'t>, out: &mut Output) {
    for line in section.views() {
        for field in line.fields().filter(|f| !f.is_empty()) {
            let (port, carrier) = field.split_at_checked(3).unwrap_or(("", field));
            let is_port = port.bytes().all(|b| b.is_ascii_alphabetic()) && !port.is_empty();
            // Some senders give the line twice.
            if is_port && facts.ports[..facts.port_count].last().is_some_and(|(last, _)| *last == port) {
                continue;
            }
            match facts.ports.get_mut(facts.port_count) {
                // The first may name the carrier alone.
                Some(slot) if is_port || facts.port_count == 0 => *slot = if is_port { (port, carrier) } else { ("", field) },
                _ => {
                    message.unreadable(&line, field, out);
                    continue;
                }
            }
            facts.port_count += 1;
        }
    }
}

/// Appends the legs; returns the one that crosses the border.
fn legs<'t>(message: &Message<'_, '_>, facts: &Facts<'t>, detail: &Consignment<'t>, out: &mut Output) -> LegOfRow<'t> {
    let around = facts.executed.map_or_else(|| message.around(), |t| t.div_euclid(86_400_000_000) as i32);
    let count = facts.port_count.max(facts.flight_count);
    let mut border = Border::default();
    let mut from = detail.origin;
    if count > 0 {
        out.consignments.route(from);
    }
    for i in 0..count {
        let (mut to, mut carrier) = if i < facts.port_count { facts.ports[i] } else { ("", "") };
        let (flight, date) = if i < facts.flight_count { facts.flights[i] } else { ("", "") };
        let mut voyage = "";
        if !flight.is_empty() {
            let (of_flight, number) = air::flight(flight);
            voyage = number;
            if !of_flight.is_empty() {
                carrier = of_flight;
            }
        }
        if i + 1 == count && to.is_empty() {
            to = detail.destination;
        }
        let departure = if date.is_empty() { None } else { day(date, around) };
        if departure.is_none() && !date.is_empty() {
            let at = message.body.tagged(*b"FLT").next().map_or(0, |l| l.at);
            message.notice(Finding::TimeUnreadable, &View { at, tag: *b"FLT", first: true, text: "" }, out);
        }
        let leg = LegOfRow {
            mode: Some(Mode::Air),
            carrier,
            voyage,
            departure_port: from,
            arrival_port: to,
            departure_local: departure,
            arrival_local: None,
        };
        border.add(&leg, true);
        out.consignments.leg(&leg);
        out.consignments.route(to);
        from = to;
    }
    border.leg
}
