//! 310 freight receipt and invoice: the bill of lading of an ocean carrier. One row a set.
//!
//! Header (B3, N9, V1), parties (N1), ports with their times (R4, DTM), then lines (LX) with
//! equipment (N7, M7), quantities (L0) and descriptions (L5), and totals (L3).

use super::super::checks;
use super::super::consignments::{ConsignmentRow, ContainerRow, ItemRow, Level, Mode};
use super::super::dates;
use super::super::findings::{Finding, Findings};
use super::super::measure::{self, decimal};
use super::super::output::Output;
use super::codes;
use super::envelope::{Context, Set};
use super::loops::{Loops, Memory, Widths, packages, volume, weight};
use super::reader::Reader;
use super::tags;

/// Width of L502.
const DESCRIPTION: Widths = Widths(&[50]);

struct Freight<'a, 'm, 'x> {
    context: &'x Context<'a, 'x>,
    loops: Loops<'a, 'm>,
    row: ConsignmentRow<'a>,
    /// Function of the port at hand.
    port: u8,
    lines: i64,
    /// Number of the line item at hand, as L0 and L5 repeat it.
    item: &'a str,
    /// Weight of the equipment, in kilograms.
    equipment_kg: f64,
    imo_wrong: Option<usize>,
    stated: bool,
    any: bool,
    findings: Findings,
}

/// Decodes a transaction set up to the next segment of the envelope. Returns whether there is one.
pub(super) fn decode<'a>(
    reader: &mut Reader<'a, '_>,
    context: &Context<'a, '_>,
    memory: &mut Memory,
    out: &mut Output,
    set: &Set<'a>,
) -> bool {
    let mut loops = Loops::new(context.text.content, memory);
    loops.clear_conveyance();
    let row = ConsignmentRow {
        message_format: "X12 310",
        message_kind: set.kind,
        message_ref: set.reference,
        sender: context.sender,
        recipient: context.recipient,
        event_time: context.event_time,
        mode: Some(Mode::Sea),
        position: context.offset(set.at),
        ..ConsignmentRow::default()
    };
    let mut freight = Freight {
        context,
        loops,
        row,
        port: 0,
        lines: 0,
        item: "",
        equipment_kg: 0.0,
        imo_wrong: None,
        stated: false,
        any: false,
        findings: Findings::default(),
    };
    let first = out.consignments.len();
    let more = set.body(reader, context, out, &mut freight, |f| &mut f.findings, Freight::segment);
    freight.end(out);
    out.consignments.note(first, freight.findings);
    more
}

impl<'a> Freight<'a, '_, '_> {
    fn segment(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        let rows = &mut out.consignments;
        let place = |segment| self.context.place(segment, r.start());
        match r.tag() {
            tags::B3 => {
                let row = &mut self.row;
                // The shipment, else the number of the invoice; N9*BM says it better.
                row.bill_number = if r.get(3).is_empty() { r.get(2) } else { r.get(3) };
                row.payment = codes::payment(r.get(4));
                row.carrier = r.get(11);
                self.any = true;
            }
            tags::B2A => {
                self.row.amendment_code = r.get(1);
                self.row.action = codes::purpose(r.get(1)).unwrap_or("new");
                rows.reference("B2A", r.get(2));
                self.any = true;
            }
            tags::N9 | tags::REF => {
                let (kind, value) = (r.get(1), r.get(2));
                let row = &mut self.row;
                match kind {
                    _ if value.is_empty() => return,
                    "BM" => row.bill_number = value,
                    "MB" => {
                        row.master_bill = value;
                        row.level = Level::House;
                    }
                    "XC" => row.ccn = value,
                    "UCN" | "URN" => row.ucr = value,
                    _ => rows.reference(kind, value),
                }
                self.any = true;
            }
            tags::V1 => self.vessel(r, out),
            tags::N1 => {
                let (code, id) = (r.get(1), r.get(4));
                if codes::is_place(code) {
                    self.loops.end_party(rows);
                    self.row.delivery_place = if id.is_empty() { r.get(2) } else { id };
                } else {
                    self.loops.begin_party(rows, code, r.get(2), r.get(3), id);
                }
                self.any = true;
            }
            tags::N2 => self.loops.more_name(r),
            tags::N3 => self.loops.street(r),
            tags::N4 => self.loops.place(r),
            tags::PER | tags::G61 => self.loops.contact(r),
            tags::R4 => self.place(r, out),
            tags::DTM => self.time(r, out),
            tags::LX => {
                self.loops.end_party(rows);
                self.loops.leave_container(rows);
                self.lines += 1;
                self.item = "";
                self.any = true;
            }
            tags::N7 => {
                self.loops.end_party(rows);
                let unit = if r.get(17).is_empty() { "K" } else { r.get(17) };
                if r.get(4) != "N" {
                    let kg = decimal(r.get(3)).zip(measure::kilograms_in(unit)).map_or(0.0, |(n, k)| n * k);
                    self.equipment_kg += kg;
                }
                let kind = codes::equipment(r.get(11));
                let row = ContainerRow {
                    kind: if kind.is_empty() { "container" } else { kind },
                    size_type: if r.get(22).is_empty() { r.get(11) } else { r.get(22) },
                    ..ContainerRow::default()
                };
                self.loops.begin_container(rows, r.get(1), r.get(2), row);
                self.loops.check_digit(r.get(18));
                self.any = true;
            }
            tags::M7 => (1..=4).for_each(|element| self.loops.seal(r.span(element))),
            tags::L0 => self.quantity(r, out),
            tags::L5 => self.describe(r, out),
            tags::H1 => self.loops.dangerous(rows, r.get(1), r.get(2), place("H1")),
            tags::L3 => {
                self.stated = true;
                let row = &mut self.row;
                row.gross_weight_kg = match r.get(2) {
                    "N" => row.gross_weight_kg,
                    _ => weight(rows, r.get(1), r.get(12), place("L3")),
                };
                row.volume_m3 = volume(rows, r.get(9), r.get(10), place("L3"));
                row.packages = packages(rows, r.get(11), place("L3"));
            }
            tags::C3 if self.row.currency.is_empty() => self.row.currency = r.get(1),
            tag => {
                if !tags::known(tag) {
                    self.findings.add(Finding::SegmentUnknown);
                }
            }
        }
    }

    /// V1: vessel and voyage; the first is the main one.
    fn vessel(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.any = true;
        let row = &mut self.row;
        if !row.conveyance_name.is_empty() || !row.conveyance_id.is_empty() {
            out.consignments.reference("V1", r.get(2));
            return;
        }
        (row.conveyance_id, row.conveyance_name, row.conveyance_country) = (r.get(1), r.get(2), r.get(3));
        row.voyage = r.get(4);
        if row.carrier.is_empty() {
            row.carrier = r.get(5);
        }
        if let Some(mode) = codes::mode(r.get(9)) {
            row.mode = Some(mode);
        }
        let digits = row.conveyance_id.len() == 7 && row.conveyance_id.bytes().all(|b| b.is_ascii_digit());
        if r.get(8) == "C" {
            row.call_sign = row.conveyance_id;
        } else if digits && !checks::ship(row.conveyance_id) {
            self.imo_wrong = Some(r.start());
        }
    }

    /// R4: a port by its function (DE 115).
    fn place(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.any = true;
        let code = if r.get(3).is_empty() { r.get(4) } else { r.get(3) };
        self.port = r.get(1).as_bytes().first().copied().unwrap_or(0);
        let row = &mut self.row;
        match self.port {
            b'L' | b'K' => row.loading_port = code,
            b'D' => row.discharge_port = code,
            b'R' | b'O' => row.origin_place = code,
            b'E' | b'M' | b'U' => row.delivery_place = code,
            _ => out.consignments.route(code),
        }
    }

    /// DTM: a time at the port at hand (DE 374).
    fn time(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        let time = dates::time_of(r.get(2).as_bytes(), r.get(3).as_bytes()).map(|(t, _)| t);
        if time.is_none() && !r.get(2).is_empty() {
            out.consignments.notice(Finding::TimeUnreadable, self.context.place("DTM", r.start()));
        }
        let row = &mut self.row;
        match (r.get(1), self.port) {
            ("369" | "370" | "186", _) | ("139" | "140" | "011", b'L') => row.departure_local = row.departure_local.or(time),
            ("371" | "372" | "056", _) | ("139" | "140" | "017", b'D') => row.arrival_local = row.arrival_local.or(time),
            _ => {}
        }
    }

    /// L0: weight, volume and packages of a line item.
    fn quantity(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.any = true;
        let place = self.context.place("L0", r.start());
        let rows = &mut out.consignments;
        let kg = weight(rows, r.get(4), if r.get(11).is_empty() { "K" } else { r.get(11) }, place);
        let (pieces, form) = if r.get(8).is_empty() { (13, 14) } else { (8, 9) };
        let item = ItemRow {
            number: measure::count(r.get(1)).and_then(|n| i32::try_from(n).ok()),
            packages: packages(rows, r.get(pieces), place),
            package_type: r.get(form),
            gross_weight_kg: if r.get(5) == "N" { None } else { kg },
            net_weight_kg: if r.get(5) == "N" { kg } else { None },
            volume_m3: volume(rows, r.get(6), r.get(7), place),
            ..ItemRow::default()
        };
        self.item = r.get(1);
        self.loops.begin_item(rows, item);
    }

    /// L5: description, commodity code and marks of a line item.
    fn describe(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.any = true;
        let rows = &mut out.consignments;
        let place = self.context.place("L5", r.start());
        // A line item of its own where no L0 began it.
        if !self.loops.has_item() || (!r.get(1).is_empty() && r.get(1) != self.item) {
            let number = measure::count(r.get(1)).and_then(|n| i32::try_from(n).ok());
            self.loops.begin_item(rows, ItemRow { number, ..ItemRow::default() });
            self.item = r.get(1);
        }
        for (code, qualifier) in [(3, 4), (9, 8)] {
            let code = r.get(code);
            let Some(item) = self.loops.item() else { break };
            if code.is_empty() {
                continue;
            }
            let good = checks::commodity(code) && code.len() > 3;
            if item.hs.is_empty() && (good || matches!(r.get(qualifier), "J" | "B")) {
                item.hs = code;
                if !good {
                    rows.notice(Finding::HsInvalid, place);
                }
            } else {
                rows.reference("commodity code", code);
            }
        }
        self.loops.describe(r.raw(2), DESCRIPTION);
        self.loops.mark(r.raw(6));
    }

    fn end(&mut self, out: &mut Output) {
        let rows = &mut out.consignments;
        self.loops.finish(rows);
        if !self.any && !rows.is_open() {
            return;
        }
        if let Some(at) = self.imo_wrong {
            rows.notice(Finding::ImoInvalid, self.context.place("V1", at));
        }
        let place = self.context.place("L3", self.context.text.content.len().saturating_sub(1));
        let place = super::super::noticed::Place { offset: None, ..place };
        let Loops { packages, weight, items, .. } = self.loops;
        if items > 0 {
            let sum = packages.filter(|n| *n > 0);
            // Many senders put the number of containers where the packages belong.
            if self.stated && self.row.packages.zip(sum).is_some_and(|(n, sum)| n != sum && n != self.lines) {
                rows.notice(Finding::PackagesDiffer, place);
            }
            if sum.is_some() && self.row.packages.is_none_or(|n| n == self.lines) {
                self.row.packages = sum;
            }
            let parts = [weight.filter(|w| *w > 0.0), (self.equipment_kg > 0.0).then_some(self.equipment_kg)];
            if let Some(stated) = self.row.gross_weight_kg {
                let agrees = |part: &f64| measure::same_weight(stated, *part, items);
                if parts.iter().flatten().next().is_some() && !parts.iter().flatten().any(agrees) {
                    rows.notice(Finding::WeightDiffers, place);
                }
            } else {
                self.row.gross_weight_kg = parts[0];
            }
        }
        rows.push(self.context.raw.origin, &self.row);
    }
}
