//! A consignment, or the conveyance, into the columns.

use tamis_records::identifiers;

use super::super::checks;
use super::super::consignments::{ConsignmentRow, Level, Mode};
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::measure::same_weight;
use super::super::output::Output;
use super::{At, Item, Message, Said};

impl Message<'_, '_> {
    /// Ends the consignment at hand: a row.
    pub(super) fn end_consignment(&mut self, r: &Reader<'_, '_>, out: &mut Output) {
        self.end_party(r, out);
        if !self.open {
            self.end_item(r, out);
            return;
        }
        // Goods that were named without an item.
        if self.item.is_none() && self.items == 0 && (!self.said.hs.is_empty() || self.said.quantity.is_some()) {
            self.memory.description.clear();
            self.memory.marks.clear();
            self.memory.dangerous.clear();
            self.item = Some(Item {
                hs: self.said.hs,
                quantity: self.said.quantity,
                quantity_unit: self.said.quantity_unit,
                at: self.start,
                ..Item::default()
            });
        }
        self.end_item(r, out);
        self.push(r, out, false);
        self.open = false;
    }

    /// Ends the message.
    pub(super) fn end(&mut self, r: &Reader<'_, '_>, out: &mut Output, ended: bool) {
        let first = out.consignments.len() - self.ordinal as usize;
        // A single consignment is in all the equipment.
        let single = self.open && self.ordinal == 0;
        if single && self.memory.equipment.len() > 0 && !self.memory.equipment.is_any_held() {
            self.memory.equipment.hold_rest();
        }
        self.end_consignment(r, out);
        let rest = self.memory.equipment.hold_rest();
        if rest || (self.ordinal == 0 && self.any) || out.consignments.is_open() {
            self.start = 0;
            self.push(r, out, true);
        }
        if !ended {
            self.findings.add(Finding::UntMissing);
        }
        let differs = self.header.consignments.is_some_and(|n| n != self.consignments)
            || self.header.units.is_some_and(|n| n != self.memory.equipment.len() as i64);
        if differs {
            out.consignments.notice_from(first, Finding::CountDiffers, super::Place { segment: "CNT", offset: None });
        }
    }

    fn push(&mut self, r: &Reader<'_, '_>, out: &mut Output, conveyance: bool) {
        let raw = self.raw;
        let rows = &mut out.consignments;
        let nothing = Said::default();
        let (header, c) = (&self.header, &self.conveyance);
        let said = if conveyance { &nothing } else { &self.said };
        let memory = &mut *self.memory;
        for party in &memory.parties {
            party.write(r, rows, &mut memory.name, &mut memory.address, |at| raw.offset(at));
        }
        memory.references.iter().for_each(|(kind, value)| rows.reference(kind_or(r.text(*kind)), r.text(*value)));
        memory.seals.iter().for_each(|seal| rows.seal(r.text(*seal)));
        memory.route.iter().for_each(|port| rows.route(r.text(*port)));
        memory.equipment.write(r, rows, |at| raw.offset(at));
        rows.reference("BGM", r.text(self.number));
        if c.imo_wrong {
            rows.notice(Finding::ImoInvalid, super::Place { segment: "TDT", offset: Some(raw.offset(c.at)) });
        }
        let pick = |own: Slice, of_message: Slice| r.text(if own.is_empty() { of_message } else { own });
        let numbers = Numbers::of(r, said, header, conveyance, c.mode);
        if !conveyance {
            let place = super::Place { segment: "CNI", offset: Some(raw.offset(self.start)) };
            if self.items > 0 && said.packages.zip(self.sum_packages).is_some_and(|(stated, sum)| stated != sum) {
                rows.notice(Finding::PackagesDiffer, place);
            }
            let weights = said.gross.zip(self.sum_gross).filter(|_| self.items > 0);
            if weights.is_some_and(|(stated, sum)| !same_weight(stated, sum, self.items)) {
                rows.notice(Finding::WeightDiffers, place);
            }
            // A shipment control number has no form of its own.
            if !said.ccn.is_empty() && !checks::cargo_control(numbers.ccn) {
                rows.notice(Finding::CcnInvalid, place);
            }
        }
        // Waybills are compared without hyphens and blanks.
        let waybill = if numbers.level == Level::House { numbers.master } else { numbers.bill };
        let mut bill = numbers.bill;
        let mut master = numbers.master;
        if c.mode == Some(Mode::Air) && !waybill.is_empty() {
            if let Ok(awb) = identifiers::awb::check(waybill) {
                memory.bill.clear();
                memory.bill.push_str(awb.as_str());
                if numbers.level == Level::House { master = &memory.bill } else { bill = &memory.bill }
            } else {
                let place = super::Place { segment: "RFF", offset: Some(raw.offset(self.start)) };
                rows.notice(Finding::AwbInvalid, place);
            }
        }
        let (carrier, voyage) = flight(r, c.mode, c.carrier, c.voyage);
        let loading = if said.loading.is_empty() && said.loading_else.is_empty() { header } else { said };
        let loading_port = pick(loading.loading, loading.loading_else);
        let origin = pick(said.origin, header.origin);
        let entry = if header.entry.is_empty() { header.entry_else } else { header.entry };
        let own_entry = if said.entry.is_empty() { said.entry_else } else { said.entry };
        let action = if said.action.is_empty() { header.action } else { said.action };
        let row = ConsignmentRow {
            message_format: self.format,
            message_kind: r.text(self.kind),
            action,
            amendment_code: r.text(self.function),
            message_ref: r.text(self.reference),
            sender: raw.envelope.sender,
            recipient: raw.envelope.recipient,
            level: numbers.level,
            mode: c.mode,
            bill_number: bill,
            master_bill: master,
            ccn: numbers.ccn,
            ucr: pick(said.ucr, header.ucr),
            declaration_ref: pick(said.declaration, header.declaration),
            carrier,
            conveyance_id: r.text(c.id),
            conveyance_name: r.text(c.name),
            conveyance_country: r.text(c.country),
            call_sign: r.text(c.call_sign),
            voyage,
            origin_place: if origin == loading_port { "" } else { origin },
            loading_port,
            discharge_port: pick(said.discharge, header.discharge),
            entry_port: pick(own_entry, entry),
            clearance_port: pick(said.clearance, header.clearance),
            delivery_place: pick(said.delivery, header.delivery),
            departure_local: said.departure.or(header.departure),
            arrival_local: said.arrival.or(header.arrival),
            event_time: raw.envelope.event_time.or(header.event),
            crew_count: header.crew,
            passenger_count: header.passengers,
            description: if conveyance && self.consignments > 0 { "" } else { &memory.goods.text },
            packages: if conveyance { header.packages.filter(|_| self.consignments == 0) } else { said.packages },
            package_type: r.text(said.package_type),
            gross_weight_kg: if conveyance { header.gross.filter(|_| self.consignments == 0) } else { said.gross },
            net_weight_kg: if conveyance { header.net.filter(|_| self.consignments == 0) } else { said.net },
            volume_m3: if conveyance { header.volume.filter(|_| self.consignments == 0) } else { said.volume },
            customs_value: said.value,
            carriage_value: said.carriage_value,
            currency: r.text(said.currency),
            position: raw.offset(0),
            ordinal: self.ordinal,
            ..ConsignmentRow::default()
        };
        rows.push(raw.origin, &row);
        self.ordinal += 1;
        self.at = At::Header;
    }
}

/// Kind of a reference; a plain one where the message has none.
fn kind_or(kind: &str) -> &str {
    if kind.is_empty() { "TDT" } else { kind }
}

/// Which number is which.
struct Numbers<'t> {
    level: Level,
    bill: &'t str,
    master: &'t str,
    ccn: &'t str,
}

impl<'t> Numbers<'t> {
    fn of(r: &'t Reader<'_, '_>, said: &Said, header: &Said, conveyance: bool, mode: Option<Mode>) -> Self {
        if conveyance {
            let ccn = r.text(header.ccn);
            return Self { level: Level::Conveyance, bill: "", master: r.text(header.master), ccn };
        }
        let road = mode == Some(Mode::Road);
        // On the road the waybill number is the control number of the shipment.
        let ccn = if said.ccn.is_empty() && road { said.waybill } else { said.ccn };
        let waybill = if road { Slice::default() } else { said.waybill };
        let master = if said.master.is_empty() { header.master } else { said.master };
        let first = |choices: [Slice; 3]| choices.into_iter().find(|s| !s.is_empty()).unwrap_or_default();
        let plain = first([said.bill, waybill, said.document]);
        let same = |a: Slice, b: Slice| r.bytes(a) == r.bytes(b);
        let (level, bill, master) = if !said.house.is_empty() {
            let above = if master.is_empty() { said.bill } else { master };
            (Level::House, said.house, above)
        } else if master.is_empty() {
            (Level::Simple, plain, Slice::default())
        } else if said.bill.is_empty() && waybill.is_empty() && !said.master.is_empty() {
            (Level::Master, master, Slice::default())
        } else if same(plain, master) {
            (Level::Master, plain, Slice::default())
        } else {
            (Level::House, plain, master)
        };
        Self { level, bill: r.text(bill), master: r.text(master), ccn: r.text(ccn) }
    }
}

/// Carrier and voyage; of `QF0012` in the air the letters and the number without zeros.
fn flight<'t>(r: &'t Reader<'_, '_>, mode: Option<Mode>, carrier: Slice, voyage: Slice) -> (&'t str, &'t str) {
    let (own, text) = (r.text(carrier), r.text(voyage));
    if mode != Some(Mode::Air) {
        return (own, text);
    }
    let bytes = text.as_bytes();
    let designator = bytes.len() > 2
        && text.is_ascii()
        && bytes[..2].iter().all(u8::is_ascii_alphanumeric)
        && bytes[..2].iter().any(u8::is_ascii_alphabetic)
        && bytes[2].is_ascii_digit();
    let (letters, number) = if designator { text.split_at(2) } else { ("", text) };
    let bare = number.trim_start_matches('0');
    let number = if bare.is_empty() { number } else { bare };
    (if own.is_empty() { letters } else { own }, number)
}
