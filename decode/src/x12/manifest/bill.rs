//! What segments say of a bill: its numbers, amendments, movement in bond, ports, goods.

use super::super::super::checks;
use super::super::super::consignments::{ContainerRow, ItemRow, Level};
use super::super::super::dates;
use super::super::super::findings::Finding;
use super::super::super::measure::decimal;
use super::super::super::output::Output;
use super::super::codes;
use super::super::loops::{Widths, packages, volume, weight};
use super::super::reader::Reader;
use super::super::tags;
use super::{Manifest, Open};

/// Width of N1002: 45; 30 in what older systems were built for.
const DESCRIPTION: Widths = Widths(&[45, 30]);

impl<'a> Manifest<'a, '_, '_> {
    /// M11: the bill.
    pub(super) fn lading(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        let at = r.start();
        if self.consist {
            // A bill on board, in the form of a manifest.
            self.begin_consist(at);
            join_bill(&mut self.loops.memory.key, r.get(12), r.get(1));
            out.consignments.reference("BM", &self.loops.memory.key);
            return;
        }
        if self.has_bill || self.open == Open::Conveyance {
            self.flush(out);
            self.begin(Open::Bill, at);
        }
        self.bill(at);
        self.has_bill = true;
        let place = self.context.place("M11", at);
        let rows = &mut out.consignments;
        let row = &mut self.row;
        row.bill_number = r.get(1);
        row.loading_port = r.get(2);
        row.packages = packages(rows, r.get(3), place);
        row.package_type = r.get(4);
        row.gross_weight_kg = weight(rows, r.get(5), r.get(6), place);
        row.volume_m3 = volume(rows, r.get(7), r.get(8), place);
        row.origin_place = r.get(10);
        row.bill_issuer = issuer(r.get(12), row.carrier);
        // Element 11 is the house bill of a consolidation, 13 its issuer.
        if r.get(11).is_empty() {
            row.level = if matches!(r.get(9), "10" | "11") { Level::Master } else { Level::Simple };
        } else {
            row.level = Level::House;
            (row.master_bill, row.bill_number) = (r.get(1), r.get(11));
            row.bill_issuer = issuer(r.get(13), row.carrier);
        }
        rows.reference("bill type", r.get(9));
    }

    /// M13: what is amended.
    pub(super) fn amendment(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        let at = r.start();
        if self.consist {
            self.begin_consist(at);
            self.row.amendment_reason = r.get(6);
            return;
        }
        if self.has_bill || self.open == Open::Conveyance {
            self.flush(out);
            self.begin(Open::Bill, at);
        }
        self.bill(at);
        let row = &mut self.row;
        row.action = codes::amendment(r.get(3), r.get(7));
        row.amendment_code = if r.get(3).is_empty() { r.get(7) } else { r.get(3) };
        row.amendment_reason = r.get(6);
        row.bill_number = r.get(4);
        row.bill_issuer = issuer(r.get(9), row.carrier);
        if !r.get(8).is_empty() {
            row.level = Level::House;
            (row.master_bill, row.bill_number) = (r.get(4), r.get(8));
            row.bill_issuer = issuer(r.get(10), row.carrier);
        }
        row.packages = packages(&mut out.consignments, r.get(5), self.context.place("M13", at));
        if row.discharge_port.is_empty() {
            row.discharge_port = r.get(2);
        }
    }

    /// N9, REF: references by qualifier (DE 128).
    pub(super) fn reference(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        let (kind, value) = (r.get(1), r.get(2));
        if self.in_person {
            let spans = (r.span(1), r.span(2));
            let mut taken = false;
            self.person(|p| {
                taken = p.document == (0, 0);
                if taken {
                    (p.document_type, p.document) = spans;
                }
            });
            if !taken {
                self.loops.memory.references.push(spans);
            }
            return;
        }
        if r.tag() == tags::REF && self.loops.has_party() && self.loops.party_reference(r) {
            return;
        }
        if self.open == Open::Nothing {
            self.loops.memory.references.push((r.span(1), r.span(2)));
            return;
        }
        self.bill(r.start());
        let row = &mut self.row;
        match kind {
            "XC" if row.ccn.is_empty() => row.ccn = value,
            _ if self.consist && kind != "UCN" && kind != "URN" => out.consignments.reference(kind, value),
            "BM" if row.bill_number.is_empty() => row.bill_number = value,
            "MB" | "OB" if row.master_bill.is_empty() && row.bill_number != value => {
                row.master_bill = value;
                row.level = Level::House;
            }
            "UCN" | "URN" if row.ucr.is_empty() => row.ucr = value,
            _ => out.consignments.reference(kind, value),
        }
    }

    /// M12: movement in bond.
    pub(super) fn in_bond(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.bill(r.start());
        let rows = &mut out.consignments;
        rows.reference("entry type", r.get(1));
        rows.reference("entry number", r.get(2));
        rows.reference("IB", r.get(6));
        rows.reference(if r.get(8).is_empty() { "M12" } else { r.get(8) }, r.get(9));
        if self.consist {
            return;
        }
        self.row.clearance_port = r.get(3);
        if !r.get(4).is_empty() {
            self.row.delivery_place = r.get(4);
        }
        if !r.get(5).is_empty() {
            self.row.customs_value = decimal(r.get(5));
            self.row.currency = "USD";
        }
    }

    /// M21: movement in bond of a bill that is named here.
    pub(super) fn in_bond_movement(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.bill(r.start());
        out.consignments.reference("entry type", r.get(1));
        out.consignments.reference("IB", r.get(6));
        if self.consist {
            return;
        }
        self.row.clearance_port = r.get(2);
        if self.row.bill_number.is_empty() {
            self.row.bill_number = r.get(4);
            self.row.bill_issuer = issuer(r.get(3), self.row.carrier);
        }
    }

    /// R4: a port by its function (DE 115).
    pub(super) fn place(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.bill(r.start());
        let code = if r.get(3).is_empty() { r.get(4) } else { r.get(3) };
        let row = &mut self.row;
        self.port = r.get(1).as_bytes().first().copied().unwrap_or(0);
        match self.port {
            _ if self.consist => out.consignments.route(code),
            b'L' | b'K' if row.loading_port.is_empty() => row.loading_port = code,
            b'D' if row.discharge_port.is_empty() => row.discharge_port = code,
            b'R' | b'O' if row.origin_place.is_empty() => row.origin_place = code,
            b'E' | b'M' | b'U' if row.delivery_place.is_empty() => row.delivery_place = code,
            b'5' | b'P' if row.entry_port.is_empty() => row.entry_port = code,
            _ => out.consignments.route(code),
        }
    }

    /// DTM, DTP, G62: departure and arrival (DE 374).
    pub(super) fn time(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        let (date, clock) = if r.tag() == tags::DTP { (3, 9) } else { (2, 3) };
        let clock = if r.tag() == tags::G62 { 4 } else { clock };
        let time = dates::time_of(r.get(date).as_bytes(), r.get(clock).as_bytes()).map(|(t, _)| t);
        if time.is_none() && !r.get(date).is_empty() {
            out.consignments.notice(Finding::TimeUnreadable, self.context.place("DTM", r.start()));
        }
        let row = if self.open == Open::Nothing { &mut self.header } else { &mut self.row };
        let departs = match r.get(1) {
            "369" | "370" | "010" | "011" | "186" => Some(true),
            "371" | "372" | "017" | "056" | "003" => Some(false),
            "139" | "140" => match self.port {
                b'L' => Some(true),
                b'D' | b'E' => Some(false),
                _ => None,
            },
            _ => None,
        };
        match departs {
            Some(true) => row.departure_local = row.departure_local.or(time),
            Some(false) => row.arrival_local = row.arrival_local.or(time),
            None => {}
        }
    }

    /// VID: equipment with up to two seals.
    pub(super) fn equipment(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        if self.open == Open::Due {
            self.open = Open::Bill;
        }
        self.loops.end_party(&mut out.consignments);
        let row = ContainerRow {
            kind: codes::equipment(r.get(1)),
            size_type: if r.get(9).is_empty() { r.get(1) } else { r.get(9) },
            load: codes::load(r.get(10)),
            ..ContainerRow::default()
        };
        self.loops.begin_container(&mut out.consignments, r.get(2), r.get(3), row);
        self.loops.seal(r.span(4));
        self.loops.seal(r.span(5));
    }

    /// N10: goods, or one more line of their description.
    pub(super) fn goods(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        let rows = &mut out.consignments;
        let empty = |element: usize| r.get(element).is_empty();
        let more = self.loops.has_item() && empty(1) && empty(5) && empty(6) && empty(8);
        if !more {
            let place = self.context.place("N10", r.start());
            let mut item = ItemRow {
                number: None,
                packages: packages(rows, r.get(1), place),
                package_type: if empty(10) { self.row.package_type } else { r.get(10) },
                gross_weight_kg: weight(rows, r.get(8), r.get(7), place),
                value: decimal(r.get(6)),
                origin_country: r.get(11),
                ..ItemRow::default()
            };
            if item.value.is_some() {
                item.currency = if empty(13) { "USD" } else { r.get(13) };
            } else if !empty(6) {
                rows.notice(Finding::ValueUnreadable, place);
            }
            let code = r.get(5);
            if !code.is_empty() {
                if checks::commodity(code) {
                    item.hs = code;
                } else if matches!(r.get(4), "J" | "B" | "A" | "") {
                    item.hs = code;
                    rows.notice(Finding::HsInvalid, place);
                } else {
                    rows.reference("commodity code", code);
                }
            }
            self.loops.begin_item(rows, item);
            rows.reference("N10", r.get(9));
        }
        self.loops.describe(r.raw(2), DESCRIPTION);
        self.loops.mark(r.raw(3));
    }
}

/// The issuer of a bill where it is not the carrier.
pub(super) fn issuer<'a>(code: &'a str, carrier: &str) -> &'a str {
    if code == carrier { "" } else { code }
}

/// A bill number behind the code of its carrier, unless it begins with it.
pub(super) fn join_bill(out: &mut String, issuer: &str, bill: &str) {
    out.clear();
    if !bill.starts_with(issuer) {
        out.push_str(issuer);
    }
    out.push_str(bill);
}
