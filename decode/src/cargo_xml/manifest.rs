//! Flight manifests: one row a waybill on each of its loads, with the flight on every row.

use super::super::air::{self, Awb};
use super::super::consignments::{ConsignmentRow, ItemRow, LegOfRow, Level, Mode};
use super::super::findings::Finding;
use super::super::output::Output;
use super::super::xml::Element;
use super::item::{self, count, measure};
use super::journey::place;
use super::shipment::{self, Total, handling};
use super::{Message, Records, Scratch, time};

/// The flight, and where the lines at hand go.
#[derive(Debug, Clone, Copy, Default)]
struct Flight<'d> {
    carrier: &'d str,
    number: &'d str,
    registration: &'d str,
    country: &'d str,
    from: &'d str,
    departure: Option<i64>,
    unreadable: Option<Element<'d>>,
    to: &'d str,
    arrival: Option<i64>,
    entry: &'d str,
}

impl<'d> Flight<'d> {
    fn read(movement: Element<'d>) -> Self {
        let mut flight = Self::default();
        for child in movement.children() {
            match child.name() {
                "ID" => (flight.carrier, flight.number) = air::flight(child.text()),
                "UsedLogisticsTransportMeans" => {
                    // Here the aircraft is named; some senders put the carrier there.
                    let name = child.get("Name");
                    if name.len() > 3 {
                        flight.registration = name;
                    } else if flight.carrier.is_empty() {
                        flight.carrier = name;
                    }
                    flight.country = child.get_in(&["RegistrationCountry", "ID"]);
                }
                "DepartureEvent" => flight.event(child, true),
                _ => {}
            }
        }
        flight
    }

    fn event(&mut self, event: Element<'d>, departure: bool) {
        for child in event.children() {
            let name = child.name();
            if name.ends_with("Location") {
                let place = place(child);
                if departure {
                    self.from = place;
                } else {
                    self.to = place;
                    if !child.get("FirstArrivalCountryID").is_empty() {
                        self.entry = place;
                    }
                }
            } else if name.ends_with("OccurrenceDateTime") && !child.text().is_empty() {
                let at = time(child.text());
                if at.is_none() {
                    self.unreadable = Some(child);
                }
                // An arrival event also says when the flight goes on.
                match (departure, name.starts_with("Departure")) {
                    (true, _) => self.departure = at,
                    (false, false) => self.arrival = at,
                    (false, true) => {}
                }
            }
        }
    }
}

/// Reads all lines; a flight without any is a row of its own.
pub(super) fn read(message: &Message<'_, '_>, scratch: &mut Scratch, out: &mut Output) -> Records {
    let mut records = Records::default();
    let movement = message.element.child("LogisticsTransportMovement");
    let mut flight = movement.map(Flight::read).unwrap_or_default();
    let mut load = None;
    let mut ordinal = 0;
    for element in message.element.descendants() {
        match element.name() {
            "ArrivalEvent" if element.child("AssociatedTransportCargo").is_some() => {
                (flight.to, flight.arrival) = ("", None);
                flight.event(element, false);
                load = None;
            }
            "AssociatedTransportCargo" => load = element.child("UtilizedUnitLoadTransportEquipment"),
            // Simple senders leave the loads out and put the lines below the root.
            "IncludedMasterConsignment" | "MasterConsignment" => {
                let total = line(message, element, &flight, load, ordinal, scratch, out);
                records.add(element, total);
                ordinal += 1;
            }
            _ => {}
        }
    }
    if ordinal == 0 && (!flight.number.is_empty() || !flight.from.is_empty()) {
        // Nothing on board for anybody (NIL).
        if let Some(arrival) = message.element.child("ArrivalEvent") {
            flight.event(arrival, false);
        }
        out.consignments.push(message.raw.origin, &row(message, &flight, 0, Level::Conveyance));
    }
    if let Some(movement) = movement {
        records.at = movement.at();
        let weight = movement
            .child("TotalGrossWeightMeasure")
            .and_then(|e| air::number(e.text()).zip(air::kilograms(e.attr("unitCode"))).map(|(n, factor)| n * factor));
        records.compare(movement.child("TotalPieceQuantity").and_then(|e| air::count(e.text())), weight);
    }
    records
}

fn row<'d>(message: &Message<'d, '_>, flight: &Flight<'d>, ordinal: i32, level: Level) -> ConsignmentRow<'d> {
    let header = &message.header;
    ConsignmentRow {
        message_format: message.kind.format(),
        message_kind: header.type_code,
        action: header.action(),
        amendment_code: header.purpose,
        message_ref: header.id,
        sender: header.sender,
        recipient: header.recipient,
        level,
        mode: Some(Mode::Air),
        carrier: flight.carrier,
        voyage: flight.number,
        conveyance_id: flight.registration,
        conveyance_country: flight.country,
        loading_port: flight.from,
        discharge_port: flight.to,
        entry_port: flight.entry,
        departure_local: flight.departure,
        arrival_local: flight.arrival,
        event_time: header.event_time,
        position: message.position,
        ordinal,
        ..ConsignmentRow::default()
    }
}

fn line(
    message: &Message<'_, '_>,
    element: Element<'_>,
    flight: &Flight<'_>,
    load: Option<Element<'_>>,
    ordinal: i32,
    scratch: &mut Scratch,
    out: &mut Output,
) -> Total {
    let mut row = row(message, flight, ordinal, Level::Simple);
    let mut item = ItemRow::default();
    let mut of_bill = None;
    let mut noted = ("", "");
    let mut sent = "";
    scratch.text.clear();
    scratch.hs.clear();
    scratch.un_numbers.clear();
    scratch.uld.clear();
    if let Some(load) = load {
        item::unit_load_device(load, scratch, out);
    }
    for child in element.children() {
        let text = child.text();
        match child.name() {
            "GrossWeightMeasure" | "IncludedTareGrossWeightMeasure" => {
                row.gross_weight_kg = measure(message, child, air::kilograms, out);
            }
            "GrossVolumeMeasure" => row.volume_m3 = measure(message, child, air::cubic_metres, out),
            // What is on this flight; the total is that of the waybill.
            "PackageQuantity" | "PieceQuantity" => row.packages = count(message, child, out),
            "TotalPieceQuantity" => of_bill = count(message, child, out),
            "SummaryDescription" => air::join_lines(text, " ", &mut scratch.text),
            "TransportSplitDescription" => row.part = shipment::split(text),
            "TransportContractDocument" => sent = child.get("ID"),
            "ID" if sent.is_empty() => sent = text,
            "OriginLocation" => row.origin_place = place(child),
            "FinalDestinationLocation" => row.delivery_place = place(child),
            "MovementPriorityCode" => out.consignments.reference("MovementPriorityCode", text),
            "AssociatedConsignmentCustomsProcedure" => {
                out.consignments.reference("GoodsStatusCode", child.get("GoodsStatusCode"));
            }
            "IncludedCustomsNote" => {
                let (code, value) = (child.get("ContentCode"), child.get("Content"));
                let named = (child.get("CountryID"), child.get("SubjectCode"));
                if named != ("", "") {
                    noted = named;
                }
                out.consignments.customs_note(noted.0, noted.1, code, value);
                match code {
                    "M" if row.declaration_ref.is_empty() => row.declaration_ref = value,
                    "U" if row.ucr.is_empty() => row.ucr = value,
                    "D" if noted.1 == "DNR" => item::un_number(message, child, value, &mut scratch.un_numbers, out),
                    _ => {}
                }
            }
            "IncludedMasterConsignmentItem" => {
                for code in child.children().filter(|c| c.name() == "TypeCode" && !c.text().is_empty()) {
                    if !crate::checks::commodity(code.text()) {
                        out.consignments.notice(Finding::HsInvalid, message.raw.place("TypeCode", code.at()));
                    }
                    if scratch.hs.is_empty() {
                        scratch.hs.push_str(code.text());
                    }
                }
            }
            "OnCarriageTransportMovement" | "PreCarriageTransportMovement" => onward(child, out),
            name if name.starts_with("Handling") && name.ends_with("Instructions") => handling(child, out),
            name if name.ends_with("Party") => super::party::read(message, element, child, scratch, out),
            _ => {}
        }
    }
    // All of the waybill is on board: its pieces are those of the line, in however many packages.
    if row.part == "total" && of_bill > row.packages {
        row.packages = of_bill;
    }
    // One count alone is that of this load, unless the line says that it is a part.
    if row.packages.is_none() {
        row.packages = of_bill;
    } else if of_bill != row.packages {
        row.packages_of_bill = of_bill;
        if of_bill.zip(row.packages).is_some_and(|(all, part)| part > all) {
            out.consignments.notice(Finding::PartDiffers, message.raw.place("TotalPieceQuantity", element.at()));
        }
    }
    let awb = Awb::read(sent);
    if !awb.is_valid {
        out.consignments.notice(Finding::AwbInvalid, message.raw.place("TransportContractDocument", element.at()));
    }
    if let Some(e) = flight.unreadable {
        out.consignments.notice(Finding::TimeUnreadable, message.raw.place(e.name(), e.at()));
    }
    if let Some(at) = element.damage().next() {
        out.consignments.notice(Finding::XmlDamaged, message.raw.place(element.name(), at));
    }
    if !element.is_closed() {
        out.consignments.notice(Finding::XmlCut, message.raw.place(element.name(), element.range().end));
    }
    if scratch.text.is_empty() {
        out.consignments.notice(Finding::DescriptionMissing, message.raw.place(element.name(), element.at()));
    }
    item.description = &scratch.text;
    item.hs = &scratch.hs;
    item.un_number = &scratch.un_numbers;
    (item.packages, item.gross_weight_kg, item.volume_m3) = (row.packages, row.gross_weight_kg, row.volume_m3);
    out.consignments.item(&item, (!scratch.uld.is_empty()).then_some(scratch.uld.as_str()));
    row.bill_number = awb.or(sent);
    row.description = &scratch.text;
    out.consignments.push(message.raw.origin, &row);
    Total { packages: row.packages, weight: row.gross_weight_kg }
}

/// A flight before or behind this one.
fn onward(movement: Element<'_>, out: &mut Output) {
    let mut leg = LegOfRow { mode: Some(Mode::Air), ..LegOfRow::default() };
    for child in movement.children() {
        match child.name() {
            "ID" => (leg.carrier, leg.voyage) = air::flight(child.text()),
            "CarrierParty" if leg.carrier.is_empty() => leg.carrier = child.get("PrimaryID"),
            name if name.ends_with("Event") => {
                let arrival = name.contains("Arrival");
                for part in child.children() {
                    if part.name().ends_with("Location") {
                        *(if arrival { &mut leg.arrival_port } else { &mut leg.departure_port }) = place(part);
                    } else if part.name().ends_with("DateTime") {
                        *(if arrival { &mut leg.arrival_local } else { &mut leg.departure_local }) = time(part.text());
                    }
                }
            }
            _ => {}
        }
    }
    out.consignments.leg(&leg);
}
