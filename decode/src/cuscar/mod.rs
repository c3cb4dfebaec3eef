//! CUSCAR, the customs cargo report, and CUSREP, the customs conveyance report (UN/EDIFACT D.95B to
//! D.16B, and what national authorities make of them).
//!
//! A report names the conveyance (TDT), its ports and times (LOC, DTM) and its equipment (EQD), and
//! then each consignment (CNI) with references, parties and goods (GID). One row a consignment; a
//! report without any is one row of the conveyance, and so is equipment that no consignment names.
//! Order inside a group is not insisted on.

mod codes;
mod equipment;
pub(super) mod feeds;
mod party;
mod row;

use super::checks;
use super::consignments::{ItemRow, Mode};
use super::dates;
use super::detect::Format;
use super::edifact::tags::{self, Tag, tag};
use super::edifact::{Buffers, Piece, Reader, Slice};
use super::findings::{DeadCode, Finding, Findings};
use super::measure::{self, decimal};
use super::noticed::Place;
use super::output::{Output, Raw};
use equipment::Equipment;
use party::Named;

const CNI: Tag = tag(*b"CNI");
const GID: Tag = tag(*b"GID");
const PAC: Tag = tag(*b"PAC");
const PCI: Tag = tag(*b"PCI");
const CST: Tag = tag(*b"CST");
const DGS: Tag = tag(*b"DGS");
const SGP: Tag = tag(*b"SGP");
const EQD: Tag = tag(*b"EQD");
const SEL: Tag = tag(*b"SEL");
const MOA: Tag = tag(*b"MOA");
const POC: Tag = tag(*b"POC");

const DAY: i64 = 86_400_000_000;

/// Decoder of both reports, with the memory that it keeps.
#[derive(Debug, Default)]
pub(super) struct Cuscar {
    buffers: Buffers,
    memory: Memory,
}

/// Memory that outlives a message.
#[derive(Debug, Default)]
struct Memory {
    /// Parties of the message, which are parties of each consignment.
    parties: Vec<Named>,
    /// References of the message: kind and value.
    references: Vec<(Slice, Slice)>,
    seals: Vec<Slice>,
    route: Vec<Slice>,
    equipment: Equipment,
    /// Numbers of the containers that hold the item at hand.
    in_containers: Vec<Slice>,
    name: String,
    address: String,
    /// Description of the consignment, and of the item.
    goods: Text,
    description: Text,
    marks: String,
    dangerous: String,
    bill: String,
}

/// Text that comes in several lines.
#[derive(Debug, Default)]
struct Text {
    text: String,
    last: usize,
}

impl Text {
    fn clear(&mut self) {
        self.text.clear();
        self.last = 0;
    }

    /// Appends a line: joined as it was cut where the line before filled its element, else behind
    /// a blank.
    fn push(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        if !self.text.is_empty() && !codes::TEXT.contains(&self.last) {
            self.text.push(' ');
        }
        self.text.push_str(line);
        self.last = if line.is_ascii() { line.len() } else { line.chars().count() };
    }
}

/// What one level, message or consignment, says.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    action: &'static str,
    bill: Slice,
    /// Number in CNI, which is the bill where no reference is.
    document: Slice,
    house: Slice,
    master: Slice,
    ccn: Slice,
    /// RFF+AAM: waybill, or shipment control number on the road.
    waybill: Slice,
    ucr: Slice,
    declaration: Slice,
    origin: Slice,
    loading: Slice,
    /// LOC+76, LOC+5, LOC+125: where loading is not said.
    loading_else: Slice,
    discharge: Slice,
    entry: Slice,
    entry_else: Slice,
    clearance: Slice,
    delivery: Slice,
    origin_country: Slice,
    departure: Option<i64>,
    arrival: Option<i64>,
    event: Option<i64>,
    packages: Option<i64>,
    package_type: Slice,
    gross: Option<f64>,
    net: Option<f64>,
    volume: Option<f64>,
    value: Option<f64>,
    carriage_value: Option<f64>,
    currency: Slice,
    hs: Slice,
    quantity: Option<f64>,
    quantity_unit: Slice,
    crew: Option<i32>,
    passengers: Option<i32>,
    /// Control totals: consignments and equipment.
    consignments: Option<i64>,
    units: Option<i64>,
}

/// The conveyance.
#[derive(Debug, Clone, Copy, Default)]
struct Conveyance {
    mode: Option<Mode>,
    voyage: Slice,
    carrier: Slice,
    id: Slice,
    call_sign: Slice,
    name: Slice,
    country: Slice,
    imo_wrong: bool,
    at: usize,
}

/// An item, as slices.
#[derive(Debug, Clone, Copy, Default)]
struct Item {
    number: Option<i32>,
    packages: Option<i64>,
    package_type: Slice,
    gross: Option<f64>,
    net: Option<f64>,
    volume: Option<f64>,
    hs: Slice,
    quantity: Option<f64>,
    quantity_unit: Slice,
    value: Option<f64>,
    currency: Slice,
    origin: Slice,
    hazard: Slice,
    at: usize,
}

/// Where in the message the segments stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Header,
    Equipment,
    Consignment,
    Item,
}

/// One message.
struct Message<'m, 'x> {
    raw: &'x Raw<'x>,
    memory: &'m mut Memory,
    format: &'static str,
    reference: Slice,
    kind: Slice,
    function: Slice,
    number: Slice,
    conveyance: Conveyance,
    header: Said,
    said: Said,
    at: At,
    /// Whether a consignment is open, and where it begins.
    open: bool,
    start: usize,
    item: Option<Item>,
    party: Option<Named>,
    /// Sums over the items of the consignment; `None` once an item does not say.
    sum_packages: Option<i64>,
    sum_gross: Option<f64>,
    items: usize,
    consignments: i64,
    ordinal: i32,
    segments: u64,
    any: bool,
    findings: Findings,
}

impl Cuscar {
    /// Decodes one message, from its UNH on.
    pub(super) fn decode(&mut self, format: Format, raw: &Raw<'_>, out: &mut Output) -> bool {
        let mut syntax = raw.envelope.syntax.cloned().unwrap_or_default();
        syntax.una_len = 0;
        let mut reader = Reader::new(raw.bytes, syntax, &mut self.buffers);
        let first = out.consignments.len();
        let mut message = Message::new(raw, &mut self.memory, format);
        let mut ended = false;
        while let Some(piece) = reader.next() {
            let at = match piece {
                Piece::Blank(_) => continue,
                Piece::Junk(_) => {
                    message.findings.add(Finding::Junk);
                    continue;
                }
                Piece::Segment(range) => range.start,
            };
            if ended {
                // UNE and UNG, which belong to the interchange.
                continue;
            }
            message.findings.merge(reader.findings());
            message.segments += 1;
            if reader.tag() == tags::UNT {
                message.trailer(&reader);
                ended = true;
            } else {
                message.segment(&reader, at, out);
            }
        }
        message.end(&reader, out, ended);
        let found = message.findings;
        if out.consignments.len() == first {
            let text = format!("{} names neither goods nor a conveyance", format.name());
            raw.dead(out, 0..raw.bytes.len(), DeadCode::NoRecord, &text);
        }
        out.consignments.note(first, found);
        true
    }
}

impl<'m, 'x> Message<'m, 'x> {
    fn new(raw: &'x Raw<'x>, memory: &'m mut Memory, format: Format) -> Self {
        memory.parties.clear();
        memory.references.clear();
        memory.seals.clear();
        memory.route.clear();
        memory.equipment.clear();
        memory.in_containers.clear();
        memory.goods.clear();
        Self {
            raw,
            memory,
            format: if format == Format::Cusrep { "CUSREP" } else { "CUSCAR" },
            reference: Slice::default(),
            kind: Slice::default(),
            function: Slice::default(),
            number: Slice::default(),
            conveyance: Conveyance::default(),
            header: Said::default(),
            said: Said::default(),
            at: At::Header,
            open: false,
            start: 0,
            item: None,
            party: None,
            sum_packages: Some(0),
            sum_gross: Some(0.0),
            items: 0,
            consignments: 0,
            ordinal: 0,
            segments: 0,
            any: false,
            findings: Findings::default(),
        }
    }

    fn place(&self, segment: &'static str, at: usize) -> Place<'static> {
        Place { segment, offset: Some(self.raw.offset(at)) }
    }

    /// What the level at hand says.
    fn level(&mut self) -> &mut Said {
        if self.open { &mut self.said } else { &mut self.header }
    }

    fn segment(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let tag = r.tag();
        if self.party.is_some() && !matches!(tag, tags::CTA | tags::COM) {
            self.end_party(r, out);
        }
        match tag {
            tags::UNH => self.reference = r.get(1, 0),
            tags::BGM => {
                self.kind = r.get(1, 0);
                self.number = r.get(2, 0);
                self.function = r.get(3, 0);
                self.header.action = codes::action(r.field(3, 0));
                self.any |= !self.number.is_empty();
            }
            tags::NAD => {
                if self.at == At::Equipment {
                    self.at = At::Header;
                }
                self.party = Some(Named::new(r, at));
                self.any = true;
            }
            tags::CTA => {
                if let Some(party) = &mut self.party {
                    party.contact(r);
                }
            }
            tags::COM => {
                if let Some(party) = &mut self.party {
                    party.numbers(r);
                }
            }
            tags::RFF => self.refer(r, out),
            tags::LOC => self.locate(r, out),
            tags::DTM => self.time(r, at, out),
            tags::FTX => self.text(r),
            tags::MEA => self.measure(r, at, out),
            tags::TDT => self.transport(r, at),
            tags::CNT => self.total(r, at, out),
            tags::QTY => self.quantity(r, at, out),
            tags::DOC => {
                let (kind, number) = (r.get(1, 0), r.get(2, 0));
                self.keep(r, kind, number, out);
            }
            CNI => self.begin_consignment(r, at, out),
            GID => self.begin_item(r, at, out),
            PAC => self.packages(r, at, out),
            PCI => self.marks(r),
            CST => {
                let code = (1..r.elements().min(4)).map(|e| r.get(e, 0)).find(|s| r.bytes(*s).len() >= 4).unwrap_or_default();
                self.commodity(code);
            }
            DGS => self.dangerous(r, at, out),
            SGP => {
                let number = r.get(1, 0);
                self.memory.equipment.hold(r, number);
                if self.item.is_some() && !number.is_empty() {
                    self.memory.in_containers.push(number);
                }
            }
            EQD => {
                self.end_item(r, out);
                self.memory.equipment.begin(r, at, self.open);
                self.at = At::Equipment;
                self.any = true;
            }
            SEL => {
                let seal = r.get(1, 0);
                if self.at == At::Equipment {
                    self.memory.equipment.seal(seal);
                } else if self.open {
                    out.consignments.seal(r.text(seal));
                } else {
                    self.memory.seals.push(seal);
                }
            }
            MOA => self.amount(r, at, out),
            POC => {
                let (kind, value) = (r.get(0, 0), r.get(1, 0));
                self.keep(r, kind, value, out);
            }
            // Indicators, service requirements, temperatures, sections.
            _ => {}
        }
    }

    /// Keeps a reference that has no column, on the message or on the consignment at hand.
    fn keep(&mut self, r: &Reader<'_, '_>, kind: Slice, value: Slice, out: &mut Output) {
        if value.is_empty() {
            return;
        }
        self.any = true;
        if self.open {
            out.consignments.reference(r.text(kind), r.text(value));
        } else {
            self.memory.references.push((kind, value));
        }
    }

    /// RFF (DE 1153).
    fn refer(&mut self, r: &Reader<'_, '_>, out: &mut Output) {
        let (kind, value) = (r.get(1, 0), r.get(1, 1));
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

    /// LOC (DE 3227).
    fn locate(&mut self, r: &Reader<'_, '_>, out: &mut Output) {
        if self.at == At::Equipment {
            return;
        }
        let code = if r.get(2, 0).is_empty() { r.get(2, 3) } else { r.get(2, 0) };
        if code.is_empty() {
            return;
        }
        self.any = true;
        let open = self.open;
        if let (b"27", Some(item)) = (r.field(1, 0), &mut self.item) {
            item.origin = code;
            return;
        }
        let level = self.level();
        let mut on_the_way = false;
        let field = match r.field(1, 0) {
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
                bill.push_str(r.text(r.get(1, 0)));
                if open {
                    out.consignments.reference(&self.memory.bill, r.text(code));
                } else {
                    self.memory.references.push((r.get(0, 0), code));
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

    fn route(&mut self, r: &Reader<'_, '_>, code: Slice, out: &mut Output) {
        if self.open {
            out.consignments.route(r.text(code));
        } else {
            self.memory.route.push(code);
        }
    }

    /// DTM (DE 2005). Date and time may come in two segments.
    fn time(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
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

    /// FTX: descriptions (AAA); other texts are of no column.
    fn text(&mut self, r: &Reader<'_, '_>) {
        if r.field(1, 0) != b"AAA" {
            return;
        }
        let Memory { goods, description, .. } = &mut *self.memory;
        let text = if self.item.is_some() { description } else { goods };
        // Literal text, else the coded one.
        let element = if r.get(4, 0).is_empty() && r.components(4) < 2 { 3 } else { 4 };
        for component in 0..r.components(element).min(5) {
            text.push(r.text(r.get(element, component)));
        }
    }

    /// MEA: weights and volumes by their unit (DE 6411).
    fn measure(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        if self.at == At::Equipment {
            return;
        }
        let (unit, value) = (r.text(r.get(3, 0)), r.text(r.get(3, 1)));
        if value.is_empty() {
            return;
        }
        let place = self.place("MEA", at);
        let Some(number) = decimal(value) else {
            return self.complain(Finding::WeightUnreadable, place, out);
        };
        let volume_of = |unit: &str| if unit.len() > 1 { measure::cubic_metres_in(unit) } else { None };
        let is_volume = matches!(r.field(1, 0), b"VOL" | b"AAX") || matches!(r.field(2, 0), b"AAW" | b"ABJ" | b"AAX" | b"CBM");
        if let Some(m3) = volume_of(unit).or_else(|| if is_volume { measure::cubic_metres_in(unit) } else { None }) {
            let volume = number * m3;
            match &mut self.item {
                Some(item) => item.volume = item.volume.or(Some(volume)),
                None => {
                    let level = self.level();
                    level.volume = level.volume.or(Some(volume));
                }
            }
            return;
        }
        let Some(kilograms) = measure::kilograms_in(unit) else {
            // Temperatures, lengths and counts have units of their own.
            if matches!(r.field(1, 0), b"WT" | b"AAE" | b"AAI") && unit.is_empty() {
                self.complain(Finding::WeightUnreadable, place, out);
            }
            return;
        };
        let (net, weight) = (codes::is_net(r.field(2, 0)), number * kilograms);
        let open = self.open;
        let field = match &mut self.item {
            Some(item) if net => &mut item.net,
            Some(item) => &mut item.gross,
            None if net => &mut if open { &mut self.said } else { &mut self.header }.net,
            None => &mut if open { &mut self.said } else { &mut self.header }.gross,
        };
        *field = field.or(Some(weight));
    }

    fn complain(&mut self, finding: Finding, place: Place<'_>, out: &mut Output) {
        if self.open { out.consignments.notice(finding, place) } else { self.findings.add(finding) }
    }

    /// TDT: main carriage, or the crossing of the border; further ones name the same conveyance.
    fn transport(&mut self, r: &Reader<'_, '_>, at: usize) {
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
    fn total(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let (value, unit) = (r.text(r.get(1, 1)), r.text(r.get(1, 2)));
        let place = self.place("CNT", at);
        let Some(number) = decimal(value) else {
            return self.complain(Finding::QuantityUnreadable, place, out);
        };
        let code = r.field(1, 0);
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

    /// QTY: of an item, or of the goods that follow.
    fn quantity(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let place = self.place("QTY", at);
        let (value, unit) = (r.get(1, 1), r.get(1, 2));
        let Some(number) = decimal(r.text(value)) else {
            return self.complain(Finding::QuantityUnreadable, place, out);
        };
        if let Some(item) = &mut self.item {
            (item.quantity, item.quantity_unit) = (Some(number), unit);
        } else if self.open {
            (self.said.quantity, self.said.quantity_unit) = (Some(number), unit);
        } else {
            self.memory.references.push((r.get(0, 0), value));
        }
    }

    /// MOA (DE 5025).
    fn amount(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let place = self.place("MOA", at);
        let Some(number) = decimal(r.text(r.get(1, 1))) else {
            return self.complain(Finding::ValueUnreadable, place, out);
        };
        let (code, currency) = (r.field(1, 0), r.get(1, 2));
        if let Some(item) = &mut self.item {
            (item.value, item.currency) = (Some(number), currency);
            return;
        }
        let level = self.level();
        match code {
            b"40" | b"43" | b"14" | b"38" | b"63" | b"103" | b"123" => level.value = Some(number),
            b"44" => level.carriage_value = Some(number),
            _ => return,
        }
        if !currency.is_empty() {
            level.currency = currency;
        }
    }

    /// CNI: a consignment.
    fn begin_consignment(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        self.end_consignment(r, out);
        self.open = true;
        self.any = true;
        self.consignments += 1;
        self.start = at;
        self.at = At::Consignment;
        self.said = Said::default();
        self.said.document = r.get(2, 0);
        self.said.action = match (1..5).map(|c| r.field(2, c)).find(|f| !f.is_empty()) {
            Some(b"D") => "cancel",
            Some(b"C" | b"U" | b"A") => "change",
            _ => "",
        };
        (self.sum_packages, self.sum_gross, self.items) = (Some(0), Some(0.0), 0);
        self.memory.goods.clear();
        self.memory.equipment.release();
    }

    /// GID: an item with up to three levels of packages; the first counts.
    fn begin_item(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        self.end_item(r, out);
        self.any = true;
        self.at = At::Item;
        let place = self.place("GID", at);
        let packages = self.count(r, r.get(2, 0), place, out);
        self.memory.description.clear();
        self.memory.description.push(r.text(r.get(2, 4)));
        self.memory.marks.clear();
        self.memory.dangerous.clear();
        self.memory.in_containers.clear();
        let said = &mut self.said;
        self.item = Some(Item {
            number: measure::count(r.text(r.get(1, 0))).and_then(|n| i32::try_from(n).ok()),
            packages,
            package_type: r.get(2, 1),
            hs: std::mem::take(&mut said.hs),
            quantity: said.quantity.take(),
            quantity_unit: std::mem::take(&mut said.quantity_unit),
            origin: said.origin_country,
            at,
            ..Item::default()
        });
    }

    fn count(&mut self, r: &Reader<'_, '_>, value: Slice, place: Place<'_>, out: &mut Output) -> Option<i64> {
        if value.is_empty() {
            return None;
        }
        let read = measure::count(r.text(value));
        if read.is_none() {
            self.complain(Finding::QuantityUnreadable, place, out);
        }
        read
    }

    /// PAC: packages of the item, or of the consignment.
    fn packages(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let place = self.place("PAC", at);
        let packages = self.count(r, r.get(1, 0), place, out);
        let kind = r.get(3, 0);
        match &mut self.item {
            Some(item) if item.packages.is_none() => (item.packages, item.package_type) = (packages, kind),
            Some(_) => {}
            None => {
                let level = self.level();
                level.packages = level.packages.or(packages);
                if level.package_type.is_empty() {
                    level.package_type = kind;
                }
            }
        }
    }

    /// PCI: marks; some authorities have the commodity code written there.
    fn marks(&mut self, r: &Reader<'_, '_>) {
        for component in 0..r.components(2).min(10) {
            let line = r.get(2, component);
            let text = r.text(line);
            let code = text.strip_prefix("HS CODE").or_else(|| text.strip_prefix("HS:")).map(|rest| {
                let rest = rest.trim_ascii_start().trim_start_matches(':').trim_ascii_start();
                (text.len() - rest.len(), rest)
            });
            match code {
                Some((skip, rest)) if checks::commodity(rest) => self.commodity(line.skip(skip)),
                _ if !text.is_empty() && self.item.is_some() => {
                    let marks = &mut self.memory.marks;
                    if !marks.is_empty() {
                        marks.push(' ');
                    }
                    marks.push_str(text);
                }
                _ => {}
            }
        }
    }

    /// A commodity code of the item, or of the item that follows.
    fn commodity(&mut self, code: Slice) {
        let field = match &mut self.item {
            Some(item) => &mut item.hs,
            None => &mut self.said.hs,
        };
        if field.is_empty() {
            *field = code;
        }
    }

    /// DGS: class and number of dangerous goods.
    fn dangerous(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let place = self.place("DGS", at);
        let Some(item) = &mut self.item else { return };
        if item.hazard.is_empty() {
            item.hazard = r.get(2, 0);
        }
        let number = r.text(r.get(3, 0));
        if number.is_empty() {
            return;
        }
        if !checks::dangerous(number) {
            out.consignments.notice(Finding::UnNumberInvalid, place);
        }
        let bare = number.strip_prefix("UN").unwrap_or(number).trim_ascii();
        let list = &mut self.memory.dangerous;
        if !list.split(' ').any(|n| n == bare) {
            if !list.is_empty() {
                list.push(' ');
            }
            list.push_str(bare);
        }
    }

    fn end_party(&mut self, r: &Reader<'_, '_>, out: &mut Output) {
        let Some(party) = self.party.take() else { return };
        if self.conveyance.carrier.is_empty() && r.bytes(party.code()) == b"CA" && !self.open {
            self.conveyance.carrier = party.carrier();
        }
        if self.open {
            let raw = self.raw;
            let Memory { name, address, .. } = &mut *self.memory;
            party.write(r, &mut out.consignments, name, address, |at| raw.offset(at));
        } else {
            self.memory.parties.push(party);
        }
    }

    fn end_item(&mut self, r: &Reader<'_, '_>, out: &mut Output) {
        let Some(item) = self.item.take() else { return };
        // Goods without a consignment are goods of the conveyance.
        let rows = &mut out.consignments;
        self.items += 1;
        self.sum_packages = self.sum_packages.zip(item.packages).map(|(sum, n)| sum.saturating_add(n));
        self.sum_gross = self.sum_gross.zip(item.gross).map(|(sum, w)| sum + w);
        let memory = &mut *self.memory;
        let description = memory.description.text.as_str();
        if description.is_empty() && memory.goods.text.is_empty() {
            rows.notice(Finding::DescriptionMissing, Place { segment: "GID", offset: Some(self.raw.offset(item.at)) });
        }
        let hs = r.text(item.hs);
        if !hs.is_empty() && !checks::commodity(hs) {
            rows.notice(Finding::HsInvalid, Place { segment: "GID", offset: Some(self.raw.offset(item.at)) });
        }
        let row = ItemRow {
            number: item.number,
            description,
            marks: &memory.marks,
            hs,
            packages: item.packages,
            package_type: r.text(item.package_type),
            gross_weight_kg: item.gross,
            net_weight_kg: item.net,
            volume_m3: item.volume,
            quantity: item.quantity,
            quantity_unit: r.text(item.quantity_unit),
            value: item.value,
            currency: r.text(item.currency),
            origin_country: r.text(item.origin),
            un_number: &memory.dangerous,
            hazard_class: r.text(item.hazard),
        };
        rows.item(&row, memory.in_containers.iter().map(|n| r.text(*n)));
        memory.in_containers.clear();
    }

    /// UNT: count and reference.
    fn trailer(&mut self, r: &Reader<'_, '_>) {
        if super::paxlst::number(r.field(1, 0)) != Some(self.segments) {
            self.findings.add(Finding::UntCount);
        }
        if r.field(2, 0) != r.bytes(self.reference) {
            self.findings.add(Finding::UntReference);
        }
    }
}
