//! Segments of the message or the consignment: references, places, times, transport, totals.

use super::super::checks;
use super::super::consignments::Mode;
use super::super::dates;
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::measure::{self, decimal};
use super::super::output::Output;
use super::{At, Message, codes};

const DAY: i64 = 86_400_000_000;

impl Message<'_, '_> {
    /// RFF (DE 1153).
    pub(super) fn refer(&mut self, r: &Reader<'_, '_>, kind: Slice, value: Slice, out: &mut Output) {
        if value.is_empty() {
            return;
        }
        let code = r.bytes(kind);
        if self.at == At::Equipment && matches!(code, b"ABZ" | b"ABQ") && self.memory.equipment.plate(value) {
            return;
        }
        let open = self.open;
        let in_item = self.item.is_some();
        let level = self.level();
        let field = match code {
            b"BM" | b"AWB" | b"AAS" => &mut level.bill,
            b"HWB" | b"BH" | b"HB" => &mut level.house,
            b"MB" | b"MWB" => &mut level.master,
            b"XC" => &mut level.ccn,
            b"AAM" => &mut level.waybill,
            b"UCN" | b"UCR" => &mut level.ucr,
            b"ABT" | b"ABE" => &mut level.declaration,
            b"HS" | b"AJG" | b"TG" if open || in_item => return self.commodity(value),
            _ => return self.keep(r, kind, value, out),
        };
        // A report of the conveyance lists shipments.
        if !open && !matches!(code, b"MB" | b"MWB") {
            return self.keep(r, kind, value, out);
        }
        if field.is_empty() {
            *field = value;
        } else {
            self.keep(r, kind, value, out);
        }
    }

    /// LOC (DE 3227): its tag, the function of the place, and the place.
    pub(super) fn locate(&mut self, r: &Reader<'_, '_>, [tag, kind, code]: [Slice; 3], out: &mut Output) {
        if self.at == At::Equipment || code.is_empty() {
            return;
        }
        self.any = true;
        let open = self.open;
        let function = r.bytes(kind);
        if let (b"27", Some(item)) = (function, &mut self.item) {
            item.origin = code;
            return;
        }
        let level = self.level();
        let mut on_the_way = false;
        let field = match function {
            b"9" => &mut level.loading,
            b"76" => {
                if level.loading_else.is_empty() {
                    level.loading_else = code;
                }
                &mut level.origin
            }
            b"5" | b"125" => {
                on_the_way = !open;
                &mut level.loading_else
            }
            b"88" | b"10" | b"80" => &mut level.origin,
            b"11" | b"12" | b"65" => &mut level.discharge,
            b"24" | b"41" | b"135" => &mut level.entry,
            b"60" | b"87" => {
                on_the_way = !open;
                &mut level.entry_else
            }
            b"22" | b"23" => &mut level.clearance,
            b"7" | b"83" | b"20" => &mut level.delivery,
            b"8" => {
                on_the_way = !open;
                &mut level.delivery
            }
            b"27" => &mut level.origin_country,
            b"13" | b"61" | b"92" | b"94" | b"153" | b"152" | b"17" | b"120" => {
                self.route(r, code, out);
                return;
            }
            _ => {
                // As `LOC` and the function, since a place may have many.
                let bill = &mut self.memory.bill;
                bill.clear();
                bill.push_str("LOC+");
                bill.push_str(r.text(kind));
                if open {
                    out.consignments.reference(&self.memory.bill, r.text(code));
                } else {
                    self.memory.references.push((tag, code));
                }
                return;
            }
        };
        if field.is_empty() {
            *field = code;
        }
        // The ports of a conveyance report are its route.
        if on_the_way && self.format == "CUSREP" {
            self.route(r, code, out);
        }
    }

    pub(super) fn route(&mut self, r: &Reader<'_, '_>, code: Slice, out: &mut Output) {
        if self.open {
            out.consignments.route(r.text(code));
        } else {
            self.memory.route.push(code);
        }
    }

    /// DTM (DE 2005). Date and time may come in two segments.
    pub(super) fn time(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let (value, format) = (r.field(1, 1), r.field(1, 2));
        if self.at == At::Equipment || value.is_empty() {
            return;
        }
        let place = self.place("DTM", at);
        let open = self.open;
        let level = self.level();
        let field = match r.field(1, 0) {
            b"132" | b"178" | b"232" | b"371" => &mut level.arrival,
            b"133" | b"136" | b"189" | b"186" | b"200" | b"253" => &mut level.departure,
            b"137" => &mut level.event,
            _ => return,
        };
        let clock = |t: &[u8]| {
            let digits = t.len() >= 4 && t[..4].iter().all(u8::is_ascii_digit);
            let two = |at: usize| i64::from(t[at] - b'0') * 10 + i64::from(t[at + 1] - b'0');
            (digits && t.len() <= 6).then(|| (two(0), two(2))).filter(|(h, m)| *h < 24 && *m < 60).map(|(h, m)| h * 60 + m)
        };
        if matches!(format, b"401" | b"402") || (value.len() == 4 && format.is_empty()) {
            match (clock(value), &field) {
                (Some(minutes), Some(day)) if day.rem_euclid(DAY) == 0 => *field = Some(*day + minutes * 60_000_000),
                _ => {}
            }
            return;
        }
        match dates::time(value, format) {
            Some((time, _)) => *field = field.or(Some(time)),
            None if open => out.consignments.notice(Finding::TimeUnreadable, place),
            None => self.findings.add(Finding::TimeUnreadable),
        }
    }

    /// TDT: main carriage, or the crossing of the border; further ones name the same conveyance.
    pub(super) fn transport(&mut self, r: &Reader<'_, '_>, at: usize) {
        self.at = if self.open { At::Consignment } else { At::Header };
        // Carriage before and after is not that of the border.
        if matches!(r.field(1, 0), b"10" | b"30" | b"1" | b"40" | b"25") || (self.open && r.field(1, 0) != b"20") {
            return;
        }
        self.any = true;
        let c = &mut self.conveyance;
        if c.mode.is_none() {
            c.mode = codes::mode(r.field(3, 0), r.field(4, 0));
        }
        if c.voyage.is_empty() {
            c.voyage = r.get(2, 0);
        }
        if c.carrier.is_empty() {
            c.carrier = if r.get(5, 0).is_empty() { r.get(5, 3) } else { r.get(5, 0) };
        }
        if c.name.is_empty() {
            c.name = r.get(8, 3);
        }
        if c.country.is_empty() {
            c.country = r.get(8, 4);
        }
        if c.voyage.is_empty() && c.id.is_empty() {
            c.at = at;
        }
        let id = r.get(8, 0);
        if id.is_empty() {
            return;
        }
        let bytes = r.bytes(id);
        let bare = bytes.strip_prefix(b"IMO").map_or(bytes, <[u8]>::trim_ascii_start);
        let digits = !bare.is_empty() && bare.iter().all(u8::is_ascii_digit);
        let sea = matches!(c.mode, Some(Mode::Sea) | None);
        // Four to seven letters and digits on a ship are its call sign, if no list is named.
        let call = r.field(8, 1) == b"103"
            || (c.mode == Some(Mode::Sea)
                && r.field(8, 1).is_empty()
                && r.field(8, 2).is_empty()
                && (4..=7).contains(&bytes.len()));
        if sea && digits && bare.len() == 7 {
            c.id = id.skip(bytes.len() - bare.len());
            c.imo_wrong = !checks::ship(r.text(c.id));
            c.at = at;
        } else if call && !digits && bytes != b"IMO" {
            c.call_sign = id;
        } else if c.id.is_empty() && bytes != b"IMO" {
            c.id = id;
        } else if bytes != b"IMO" {
            self.memory.references.push((r.get(8, 1), id));
        }
    }

    /// CNT: control totals (DE 6069). Behind the items they are those of the message.
    pub(super) fn total(&mut self, [code, value, unit]: [&str; 3], at: usize, out: &mut Output) {
        let place = self.place("CNT", at);
        let Some(number) = decimal(value) else {
            return self.complain(Finding::QuantityUnreadable, place, out);
        };
        let code = code.as_bytes();
        let of_message = matches!(code, b"10" | b"16" | b"41" | b"42");
        let level = if of_message || !self.open || self.at == At::Item { &mut self.header } else { &mut self.said };
        let weight = measure::kilograms_in(if unit.is_empty() { "KGM" } else { unit }).map(|k| number * k);
        let volume = measure::cubic_metres_in(if unit.is_empty() { "MTQ" } else { unit }).map(|m| number * m);
        match code {
            b"7" | b"32" => level.gross = level.gross.or(weight),
            b"18" | b"29" => level.net = level.net.or(weight),
            b"15" | b"26" => level.volume = level.volume.or(volume),
            b"8" | b"11" => level.packages = level.packages.or(Some(number as i64)),
            b"10" => level.consignments = Some(number as i64),
            b"16" => level.units = Some(number as i64),
            b"41" => level.crew = Some(number as i32),
            b"42" => level.passengers = Some(number as i32),
            _ => {}
        }
    }
}
