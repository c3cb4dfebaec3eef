//! Flight manifests: one row a waybill on each of its loads, with the flight on every row.

use super::super::air;
use super::super::consignments::{ConsignmentRow, ItemRow, LegOfRow, Level, Mode};
use super::super::findings::Finding;
use super::super::output::Output;
use super::fwb::{instructions, references};
use super::lines::{AWB, Body, CONT, FLIGHT, LAST, View};
use super::notes;
use super::quantity::Consignment;
use super::rate;
use super::{Message, Scratch, day};

/// The flight, and where the lines at hand go.
#[derive(Debug, Clone, Copy, Default)]
struct Flight<'t> {
    known: bool,
    part: Option<i32>,
    carrier: &'t str,
    number: &'t str,
    registration: &'t str,
    from: &'t str,
    departure: Option<i64>,
    to: &'t str,
    arrival: Option<i64>,
    entry: &'t str,
}

impl<'t> Flight<'t> {
    /// Reads `1/LH400/09MAR1530/FRA/DABCD/CA/09MAR2100/YYZ`, what begins with the country also on a
    /// line of its own below.
    fn read(&mut self, message: &Message<'_, '_>, section: Body<'t>, out: &mut Output) {
        let line = section.view(0);
        let mut fields = line.fields();
        let mut next = || fields.next().unwrap_or_default();
        self.known = true;
        self.part = next().parse().ok();
        (self.carrier, self.number) = air::flight(next());
        let date = next();
        self.departure = day(date, message.around());
        if self.departure.is_none() {
            message.notice(Finding::TimeUnreadable, &line, out);
        }
        self.from = next();
        let rest = [next(), next(), next(), next()];
        let registered = usize::from(!(rest[0].len() == 2 && dated(rest[1])));
        self.registration = if registered == 1 { rest[0] } else { "" };
        let [country, time, port] = [rest[registered], rest[registered + 1], rest.get(registered + 2).copied().unwrap_or("")];
        if country.len() == 2 && dated(time) && port.len() == 3 {
            self.entry = port;
            self.arrival = day(time, message.around());
        }
        for line in section.views().skip(1) {
            let mut fields = line.fields();
            let (country, time, port) =
                (fields.next().unwrap_or_default(), fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            if country.len() == 2 && port.len() == 3 {
                self.entry = port;
                self.arrival = day(time, message.around());
            } else {
                message.unreadable(&line, line.text, out);
            }
        }
    }

    fn row<'r>(&self, message: &Message<'r, '_>, ordinal: i32, level: Level) -> ConsignmentRow<'r>
    where
        't: 'r,
    {
        ConsignmentRow {
            level,
            carrier: self.carrier,
            voyage: self.number,
            conveyance_id: self.registration,
            loading_port: self.from,
            discharge_port: self.to,
            entry_port: self.entry,
            departure_local: self.departure,
            arrival_local: self.arrival,
            message_part: self.part,
            ..message.row("FFM", ordinal)
        }
    }
}

/// Whether a text begins with a day and a month: `09MAR`, `09MAR1530`.
fn dated(text: &str) -> bool {
    text.as_bytes().get(..2).is_some_and(|day| day.iter().all(u8::is_ascii_digit))
        && air::month(text.get(2..5).unwrap_or_default()).is_some()
}

/// Whether a line names a point of unloading: three letters alone, or with NIL or a date.
fn unloading<'t>(line: &View<'t>) -> Option<(&'t str, bool)> {
    let mut fields = line.fields();
    let first = fields.next().unwrap_or_default();
    match first {
        "" if line.text.is_empty() => Some(("", false)),
        "NIL" => Some(("", true)),
        date if dated(date) => Some((date, fields.any(|f| f == "NIL"))),
        _ => None,
    }
}

/// Reads a manifest.
pub(super) fn read(message: &Message<'_, '_>, scratch: &mut Scratch, out: &mut Output) {
    let body = message.body;
    let first = out.consignments.len();
    let mut flight = Flight::default();
    let mut load = "";
    let mut ordinal = 0;
    let mut ended = false;
    let mut at = 0;
    while at < body.len() {
        let end = body.section_end(at);
        let line = body.view(at);
        let section = body.slice(at..end);
        at = end;
        match line.tag {
            FLIGHT if !flight.known => flight.read(message, section, out),
            AWB => {
                // Lines below the waybill are its own up to the next waybill, load or airport.
                let rest = (end..body.len()).find(|i| breaks(&body.view(*i))).unwrap_or(body.len());
                consignment(message, body.slice(at - section.len()..rest), &flight, load, ordinal, scratch, out);
                ordinal += 1;
                at = rest;
            }
            LAST | CONT => ended = true,
            tag if &tag == b"ULD" => load = number_of_load(line.text),
            _ => match unloading(&line).filter(|_| line.first) {
                Some((date, is_nil)) => {
                    // Three letters: an airport, whatever else they may mean.
                    flight.to = body.letters(line.at);
                    flight.arrival = if date.is_empty() { None } else { day(date, message.around()) };
                    load = "";
                    if is_nil {
                        out.consignments.push(message.raw.origin, &flight.row(message, ordinal, Level::Conveyance));
                        ordinal += 1;
                    }
                }
                None => section.views().for_each(|line| message.unknown(&line, out)),
            },
        }
    }
    if ordinal == 0 && (flight.known || out.consignments.is_open()) {
        out.consignments.push(message.raw.origin, &flight.row(message, 0, Level::Conveyance));
    } else if out.consignments.is_open() {
        // What stands behind the last waybill and belongs to none.
        out.consignments.push(message.raw.origin, &flight.row(message, ordinal, Level::Conveyance));
    }
    if !ended {
        let at = body.view(body.len().saturating_sub(1)).at;
        out.consignments.notice_from(first, Finding::ManifestEndMissing, message.raw.place("", at));
    }
    if !flight.known {
        out.consignments.notice_from(first, Finding::FlightIncomplete, message.raw.place("", body.view(0).at));
    }
}

/// Number in `AKE12345LH-U*REMARK/…`.
fn number_of_load(text: &str) -> &str {
    text.split(['/', '-', '*', ' ']).next().unwrap_or_default()
}

/// Whether a line ends what belongs to a waybill.
fn breaks(line: &View<'_>) -> bool {
    matches!(line.tag, AWB | LAST | CONT | FLIGHT) || &line.tag == b"ULD" || line.first && unloading(line).is_some()
}

/// Reads a waybill with the lines below it.
fn consignment(
    message: &Message<'_, '_>,
    lines: Body<'_>,
    flight: &Flight<'_>,
    load: &str,
    ordinal: i32,
    scratch: &mut Scratch,
    out: &mut Output,
) {
    let head = lines.view(0);
    let detail = Consignment::read(head.text);
    let quantity = detail.quantity;
    scratch.text.clear();
    scratch.un_numbers.clear();
    if quantity.unreadable {
        message.notice(Finding::LineUnreadable, &head, out);
    }
    if !detail.awb.is_valid {
        message.notice(Finding::AwbInvalid, &head, out);
    }
    if !load.is_empty() {
        rate::load(load, out);
    }
    let noted = notes::read(message, lines, scratch, out);
    let description = description(detail.rest, out);
    let mut at = 0;
    while at < lines.len() {
        let end = lines.section_end(at);
        let section = lines.slice(at..end);
        match &lines.tag(at) {
            &AWB => section.views().skip(1).for_each(|line| below(message, &line, out)),
            b"OSI" | b"SSR" => instructions(section, scratch, out),
            b"SPH" => super::fwb::special(section, out),
            b"OCI" => {}
            b"DIM" => {
                // Flights onward follow the dimensions without an identifier of their own.
                let onward = |line: &View<'_>| !line.text.contains('-') && !line.text.contains("NDA");
                section.views().skip(1).filter(onward).for_each(|line| below(message, &line, out));
            }
            b"COR" | b"SCI" | b"REF" | b"ACC" | b"COI" => references(section, out),
            _ => section.views().for_each(|line| message.unknown(&line, out)),
        }
        at = end;
    }
    if description.is_empty() {
        message.notice(Finding::DescriptionMissing, &head, out);
    }
    if quantity.total.zip(quantity.pieces).is_some_and(|(all, part)| part > all) {
        message.notice(Finding::PartDiffers, &head, out);
    }
    let item = ItemRow {
        description,
        packages: quantity.pieces,
        gross_weight_kg: quantity.weight,
        volume_m3: quantity.volume,
        un_number: &scratch.un_numbers,
        ..ItemRow::default()
    };
    out.consignments.item(&item, (!load.is_empty()).then_some(load));
    let row = ConsignmentRow {
        bill_number: detail.awb.or(detail.sent),
        ucr: noted.ucr,
        declaration_ref: noted.declaration,
        origin_place: detail.origin,
        delivery_place: detail.destination,
        description,
        packages: quantity.pieces,
        part: quantity.part(),
        packages_of_bill: quantity.total,
        gross_weight_kg: quantity.weight,
        volume_m3: quantity.volume,
        ..flight.row(message, ordinal, Level::Simple)
    };
    out.consignments.push(message.raw.origin, &row);
}

/// The description behind the quantities, and the codes of special handling that may follow it.
fn description<'t>(rest: &'t str, out: &mut Output) -> &'t str {
    let (description, codes) = rest.split_once('/').unwrap_or((rest, ""));
    for code in codes.split('/') {
        out.consignments.special_handling(code.trim_ascii());
    }
    description.trim_ascii()
}

/// A line below the waybill that begins with a slant: codes of special handling, a flight onward, or
/// a house (`//HWB/…`).
fn below(message: &Message<'_, '_>, line: &View<'_>, out: &mut Output) {
    let is_code = |f: &str| f.len() == 3 && f.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if line.fields().all(is_code) {
        line.fields().for_each(|code| out.consignments.special_handling(code));
        return;
    }
    let mut fields = line.fields();
    let first = fields.next().unwrap_or_default();
    if first.len() == 1 && first.bytes().all(|b| b.is_ascii_uppercase()) && fields.next().is_none() {
        out.consignments.reference("MovementPriorityCode", first);
        return;
    }
    // The standard glues the flight to the airport (`/YVRAC123/06MAY`, without a booking `/YVRAC`).
    let (port, flight) = match first.split_at_checked(3) {
        Some((port, flight)) if !flight.is_empty() => (port, flight),
        _ => (first, fields.next().unwrap_or_default()),
    };
    let (carrier, voyage) = match air::flight(flight) {
        ("", routed) if routed.len() == 2 && first.len() == 5 => (routed, ""),
        read => read,
    };
    if is_code(port) && !carrier.is_empty() {
        let date = fields.next().unwrap_or_default();
        let leg = LegOfRow {
            mode: Some(Mode::Air),
            carrier,
            voyage,
            arrival_port: port,
            departure_local: day(date, message.around()),
            ..LegOfRow::default()
        };
        out.consignments.leg(&leg);
        return;
    }
    message.unreadable(line, line.text, out);
}
