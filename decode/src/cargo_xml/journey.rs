//! Transport legs.

use super::super::air::{self, Border};
use super::super::consignments::{Consignments, LegOfRow, Mode};
use super::super::findings::Finding;
use super::super::xml::Element;
use super::{Message, time};

/// The legs that were read of a consignment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Legs<'d> {
    /// The leg that crosses the border.
    pub(super) border: Border<'d>,
    last: &'d str,
}

impl<'d> Legs<'d> {
    /// Reads one leg.
    pub(super) fn read(&mut self, message: &Message<'_, '_>, element: Element<'d>, out: &mut Consignments) {
        let mut leg = LegOfRow { mode: Some(Mode::Air), ..LegOfRow::default() };
        let mut main = true;
        for child in element.children() {
            match child.name() {
                "ID" => (leg.carrier, leg.voyage) = air::flight(child.text()),
                "ModeCode" => leg.mode = Mode::of_code(child.text().as_bytes()).or(leg.mode),
                "StageCode" => main = !matches!(child.text(), "Pre-Carriage" | "On-Carriage" | "10" | "30"),
                "UsedLogisticsTransportMeans" if leg.carrier.is_empty() => {
                    // An aircraft registration may stand there as well.
                    let name = child.get("Name");
                    if name.len() <= 3 {
                        leg.carrier = name;
                    }
                }
                "ArrivalEvent" => event(message, child, &mut leg.arrival_port, &mut leg.arrival_local, out),
                "DepartureEvent" => event(message, child, &mut leg.departure_port, &mut leg.departure_local, out),
                _ => {}
            }
        }
        // A road feeder carries a flight number like any flight.
        if leg.voyage.is_empty() && leg.carrier.is_empty() && leg.arrival_port.is_empty() && leg.departure_port.is_empty() {
            return;
        }
        for port in [leg.departure_port, leg.arrival_port] {
            if !port.is_empty() && port != self.last {
                out.route(port);
                self.last = port;
            }
        }
        self.border.add(&leg, main);
        out.leg(&leg);
    }
}

/// Place and time of a departure or arrival.
fn event<'d>(message: &Message<'_, '_>, event: Element<'d>, port: &mut &'d str, at: &mut Option<i64>, out: &mut Consignments) {
    for child in event.children() {
        let name = child.name();
        if name.ends_with("Location") {
            *port = place(child);
        } else if name.ends_with("DateTime") && !child.text().is_empty() {
            match time(child.text()) {
                // What happened counts more than what was planned.
                Some(t) if at.is_none() || !name.starts_with("Scheduled") => *at = Some(t),
                Some(_) => {}
                None => out.notice(Finding::TimeUnreadable, message.raw.place(name, child.at())),
            }
        }
    }
}

/// Code of a place, else its name.
pub(super) fn place(element: Element<'_>) -> &str {
    let code = element.get("ID");
    if code.is_empty() { element.get("Name") } else { code }
}
