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
mod goods;
mod header;
mod party;
mod quick;
mod row;

use super::consignments::Mode;
use super::detect::Format;
use super::edifact::tags::{self, Tag, tag};
use super::edifact::{Buffers, Piece, Reader, Slice};
use super::findings::{DeadCode, Finding, Findings};
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
    #[cfg(test)]
    pub(super) fn buffers(&mut self) -> &mut Buffers {
        &mut self.buffers
    }

    /// Decodes one message, from its UNH on.
    pub(super) fn decode(&mut self, format: Format, raw: &Raw<'_>, out: &mut Output) -> bool {
        let mut syntax = raw.envelope.syntax.cloned().unwrap_or_default();
        syntax.una_len = 0;
        let mut reader = Reader::new(raw.bytes, syntax, &mut self.buffers);
        let first = out.consignments.len();
        let mut message = Message::new(raw, &mut self.memory, format);
        let mut ended = false;
        loop {
            reader.skip_breaks();
            if !ended
                && let Some(ahead) = reader.ahead()
                && message.quick(&reader, ahead, out).is_some()
            {
                reader.pass(ahead);
                message.segments += 1;
                continue;
            }
            let Some(piece) = reader.next() else { break };
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
            if let Some(repairs) = reader.repairs() {
                message.findings.merge(repairs);
            }
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
            tags::RFF => self.refer(r, r.get(1, 0), r.get(1, 1), out),
            tags::LOC => {
                let mut code = r.get(2, 0);
                if code.is_empty() {
                    code = r.get(2, 3);
                }
                self.locate(r, [r.get(0, 0), r.get(1, 0), code], out);
            }
            tags::DTM => self.time(r, at, out),
            tags::FTX => self.text(r),
            tags::MEA => self.measure([(1, 0), (2, 0), (3, 0), (3, 1)].map(|(e, c)| r.text(r.get(e, c))), at, out),
            tags::TDT => self.transport(r, at),
            tags::CNT => self.total([0, 1, 2].map(|c| r.text(r.get(1, c))), at, out),
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
            SGP => self.hold(r, r.get(1, 0)),
            EQD => {
                self.end_item(r, out);
                self.memory.equipment.begin(r, at, self.open);
                self.at = At::Equipment;
                self.any = true;
            }
            SEL => self.seal(r, r.get(1, 0), out),
            MOA => self.amount(r, at, out),
            POC => {
                let (kind, value) = (r.get(0, 0), r.get(1, 0));
                self.keep(r, kind, value, out);
            }
            // Indicators, service requirements, temperatures, sections.
            _ => {}
        }
    }

    /// SGP: the goods are in this container.
    fn hold(&mut self, r: &Reader<'_, '_>, number: Slice) {
        self.memory.equipment.hold(r, number);
        if self.item.is_some() && !number.is_empty() {
            self.memory.in_containers.push(number);
        }
    }

    /// SEL: a seal of the equipment at hand, of the consignment, or of the conveyance.
    fn seal(&mut self, r: &Reader<'_, '_>, seal: Slice, out: &mut Output) {
        if self.at == At::Equipment {
            self.memory.equipment.seal(seal);
        } else if self.open {
            out.consignments.seal(r.text(seal));
        } else {
            self.memory.seals.push(seal);
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

    fn complain(&mut self, finding: Finding, place: Place<'_>, out: &mut Output) {
        if self.open { out.consignments.notice(finding, place) } else { self.findings.add(finding) }
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

    fn end_party(&mut self, r: &Reader<'_, '_>, out: &mut Output) {
        let Some(party) = &self.party else { return };
        if self.conveyance.carrier.is_empty() && r.bytes(party.code()) == b"CA" && !self.open {
            self.conveyance.carrier = party.carrier();
        }
        if self.open {
            let raw = self.raw;
            let Memory { name, address, .. } = &mut *self.memory;
            party.write(r, &mut out.consignments, name, address, |at| raw.offset(at));
        } else {
            self.memory.parties.push(*party);
        }
        self.party = None;
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
