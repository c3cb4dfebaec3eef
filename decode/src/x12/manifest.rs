//! 309 customs manifest and 358 customs consist.
//!
//! A manifest names its conveyance (M10, and on the road VEH, CII and NM1 for tractor, insurance and
//! crew), its ports (P4), and below each port its bills (LX, M11), with parties (N1), in-bond
//! movement (M12), equipment (VID) and goods (N10). One row a bill. A consist, or a manifest without
//! bills, is one row of the conveyance; a consist names the bills on board (MBL).
//! Places of elements are those of releases 003050 to 007040.

use super::super::checks;
use super::super::consignments::{ConsignmentRow, ContainerRow, ItemRow, Level, Mode};
use super::super::dates::{self, Century};
use super::super::findings::{Finding, Findings};
use super::super::measure::count;
use super::super::output::Output;
use super::codes;
use super::envelope::{Context, Set};
use super::loops::{Loops, Memory, Person, Widths, packages, volume, weight};
use super::reader::{Piece, Reader};
use super::tags;

/// Width of N1002: 45; 30 in what older systems were built for.
const DESCRIPTION: Widths = Widths(&[45, 30]);

/// What the row at hand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    /// A bill is due, and nothing is said of it yet.
    Due,
    Bill,
    Conveyance,
}

struct Manifest<'a, 'm, 'x> {
    context: &'x Context<'a, 'x>,
    loops: Loops<'a, 'm>,
    /// What is said of the conveyance.
    header: ConsignmentRow<'a>,
    row: ConsignmentRow<'a>,
    open: Open,
    /// Whether the bill at hand has its M11.
    has_bill: bool,
    consist: bool,
    /// Where the bill at hand begins.
    at: usize,
    ordinal: i32,
    imo_wrong: bool,
    /// Whether segments belong to the person that NM1 began in the header.
    in_person: bool,
    /// Whether a date follows the port of loading or of discharge.
    port: u8,
    /// Bills of the port and of the manifest: stated, and counted.
    stated: [Option<i64>; 2],
    bills: [i64; 2],
    first_of_port: usize,
    port_at: usize,
    /// Code of the facility of the port at hand.
    firms: &'a str,
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
    let mut manifest = Manifest::new(context, memory, set, out.consignments.len());
    let first = out.consignments.len();
    let mut pending = set.pending;
    let more = loop {
        if !std::mem::take(&mut pending) {
            match reader.next() {
                None => break false,
                Some(Piece::Junk(range)) => {
                    context.junk(out, &mut manifest.findings, &range);
                    continue;
                }
                Some(Piece::Segment) => {}
            }
        }
        if reader.cut {
            manifest.findings.add(Finding::TerminatorMissing);
        }
        match reader.tag() {
            tags::SE | tags::ST | tags::GE | tags::GS | tags::IEA | tags::ISA => break true,
            _ => manifest.segment(reader, out),
        }
    };
    manifest.end(out);
    out.consignments.note(first, manifest.findings);
    more
}

impl<'a, 'm, 'x> Manifest<'a, 'm, 'x> {
    fn new(context: &'x Context<'a, 'x>, memory: &'m mut Memory, set: &Set<'a>, first_row: usize) -> Self {
        let header = ConsignmentRow {
            message_format: if set.consist { "X12 358" } else { "X12 309" },
            message_kind: set.kind,
            message_ref: set.reference,
            sender: context.sender,
            recipient: context.recipient,
            event_time: context.event_time,
            position: context.offset(set.at),
            ..ConsignmentRow::default()
        };
        let mut loops = Loops::new(context.text.text, memory);
        loops.clear_conveyance();
        Self {
            context,
            loops,
            header,
            row: header,
            open: Open::Nothing,
            has_bill: false,
            consist: set.consist,
            at: set.at,
            ordinal: 0,
            imo_wrong: false,
            in_person: false,
            port: 0,
            stated: [None; 2],
            bills: [0; 2],
            first_of_port: first_row,
            port_at: set.at,
            firms: "",
            findings: Findings::default(),
        }
    }

    fn segment(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        let rows = &mut out.consignments;
        let at = r.start();
        match r.tag() {
            tags::N10 => {
                self.bill(at);
                self.goods(r, out);
            }
            tags::N1 => self.party(r, out),
            tags::N2 => self.loops.more_name(r),
            tags::N3 if self.in_person => self.person(|p| p.street = [r.span(1), r.span(2)]),
            tags::N4 if self.in_person => self.person(|p| p.place = [r.span(1), r.span(2), r.span(3), r.span(4)]),
            tags::N3 => self.loops.street(r),
            tags::N4 => self.loops.place(r),
            tags::PER => self.loops.contact(r),
            tags::VID => {
                if self.open == Open::Nothing {
                    self.begin(Open::Conveyance, at);
                }
                self.equipment(r, out);
            }
            tags::N7 => {
                if self.open == Open::Nothing {
                    self.begin(Open::Conveyance, at);
                }
                let row = ContainerRow { kind: codes::equipment(r.get(11)), size_type: r.get(22), ..ContainerRow::default() };
                self.loops.begin_container(rows, r.get(1), r.get(2), row);
                self.loops.check_digit(r.get(18));
            }
            tags::M7 | tags::M7A => {
                for element in 1..=4 {
                    if self.loops.in_container() {
                        self.loops.seal(r.span(element));
                    } else if !r.get(element).is_empty() {
                        self.loops.memory.conveyance_seals.push(r.span(element));
                    }
                }
            }
            tags::LX => {
                self.flush(out);
                // A consist numbers its equipment; its one row goes on.
                if !self.consist {
                    self.begin(Open::Due, at);
                }
            }
            tags::M11 => self.lading(r, out),
            tags::M13 => self.amendment(r, out),
            tags::H1 => {
                let place = self.context.place("H1", at);
                self.loops.dangerous(rows, r.get(1), r.get(2), place);
            }
            tags::N9 | tags::REF => self.reference(r, out),
            tags::P4 => self.port(r, out),
            tags::M10 => self.conveyance(r),
            tags::M12 => self.in_bond(r, out),
            tags::M21 => self.in_bond_movement(r, out),
            tags::R4 => self.place(r, out),
            tags::DTM | tags::DTP | tags::G62 => self.time(r, out),
            tags::MBL => self.on_board(r, out),
            tags::NM1 => self.individual(r, out),
            tags::DMG => {
                let limit = self.context.today();
                let birth = dates::day(r.get(2).as_bytes(), b"", Century::Past(limit)).map(|(d, _)| d);
                self.person(|p| {
                    p.birth = birth;
                    p.nationality = r.span(7);
                });
            }
            // A driving licence, where no other document is named.
            tags::DMA => self.person(|p| {
                if p.document == (0, 0) && !r.get(3).is_empty() {
                    (p.document_type, p.document) = ((0, 0), r.span(3));
                }
            }),
            tags::VEH => self.vehicle(r),
            tags::VC => {
                self.bill(at);
                rows.reference("VIN", r.get(1));
            }
            tags::X1 | tags::X2 | tags::X01 | tags::X02 if self.open != Open::Nothing => {
                self.bill(at);
                rows.reference("export licence", if r.get(2).is_empty() { r.get(1) } else { r.get(2) });
            }
            tags::MAN => self.loops.mark(r.raw(2)),
            tags::CII => {
                // The insurer, the number of the policy, its year and amount.
                let memory = &mut self.loops.memory;
                if !r.get(2).is_empty() {
                    memory.references.push((r.span(0), r.span(2)));
                }
            }
            tag => {
                if !tags::known(tag) {
                    self.findings.add(Finding::SegmentUnknown);
                }
            }
        }
    }

    /// M10: carrier, mode, vessel, voyage.
    fn conveyance(&mut self, r: &Reader<'a, '_>) {
        let h = &mut self.header;
        h.carrier = r.get(1);
        h.mode = codes::mode(r.get(2));
        h.conveyance_country = r.get(3);
        h.conveyance_id = r.get(4);
        h.conveyance_name = r.get(5);
        h.voyage = r.get(6);
        h.amendment_code = r.get(9);
        h.action = codes::manifest_action(r.get(9));
        if let Some(action) = codes::purpose(r.get(13)) {
            h.action = action;
            h.amendment_code = r.get(13);
        }
        let number = h.conveyance_id.as_bytes();
        let digits = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
        if !digits && !number.is_empty() && r.get(10) == "C" {
            h.call_sign = h.conveyance_id;
        }
        // L is Lloyd's register, whose numbers are those of the IMO.
        let is_imo = h.mode == Some(Mode::Sea) && digits && (number.len() == 7 || r.get(10) == "L");
        self.imo_wrong = is_imo && !checks::ship(h.conveyance_id);
        self.stated[1] = count(r.get(8));
        if !r.get(7).is_empty() {
            self.loops.memory.references.push((r.span(0), r.span(7)));
        }
        if self.open == Open::Nothing {
            self.row = self.header;
        }
    }

    /// P4: port of discharge with the expected arrival and the number of bills.
    fn port(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.in_person = false;
        let again = !self.header.entry_port.is_empty();
        self.flush(out);
        self.end_port(out);
        self.port_at = r.start();
        let time = dates::time_of(r.get(2).as_bytes(), r.get(5).as_bytes()).map(|(t, _)| t);
        if time.is_none() && !r.get(2).is_empty() {
            self.findings.add(Finding::TimeUnreadable);
        }
        self.stated[0] = count(r.get(3));
        let h = &mut self.header;
        if !again {
            h.entry_port = r.get(1);
            h.arrival_local = time;
        }
        if h.mode != Some(Mode::Road) {
            h.discharge_port = r.get(1);
        }
        if self.consist {
            self.begin_consist(r.start());
            out.consignments.route(r.get(1));
            (self.row.entry_port, self.row.arrival_local) = (self.header.entry_port, self.header.arrival_local);
            self.row.discharge_port = self.header.discharge_port;
        }
        self.firms = r.get(4);
    }

    fn begin_consist(&mut self, at: usize) {
        if self.open == Open::Nothing {
            self.begin(Open::Conveyance, at);
        }
    }

    /// Counts the bills of the port that ends.
    fn end_port(&mut self, out: &mut Output) {
        if self.stated[0].take().is_some_and(|n| n != self.bills[0]) {
            if self.consist {
                self.findings.add(Finding::CountDiffers);
            }
            let place = self.context.place("P4", self.port_at);
            out.consignments.notice_from(self.first_of_port, Finding::CountDiffers, place);
        }
        self.bills[0] = 0;
        self.first_of_port = out.consignments.len();
    }

    fn begin(&mut self, open: Open, at: usize) {
        self.row = self.header;
        self.open = open;
        self.has_bill = false;
        self.at = at;
        self.in_person = false;
        self.port = 0;
        self.loops.reset();
    }

    /// Something is said of the bill at hand.
    fn bill(&mut self, at: usize) {
        match self.open {
            Open::Nothing if self.consist => self.begin(Open::Conveyance, at),
            Open::Nothing => self.begin(Open::Bill, at),
            Open::Due => self.open = Open::Bill,
            Open::Bill | Open::Conveyance => {}
        }
    }

    /// M11: the bill.
    fn lading(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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
    fn amendment(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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

    /// N1: a party, or a place in the form of one.
    fn party(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.in_person = false;
        let (code, id) = (r.get(1), r.get(4));
        if codes::is_place(code) {
            self.loops.end_party(&mut out.consignments);
            if (code == "FS" || code == "ND") && !self.consist {
                self.row.delivery_place = if id.is_empty() { r.get(2) } else { id };
            }
            return;
        }
        if self.open == Open::Nothing {
            self.begin_person(r, [r.span(2), (0, 0), (0, 0), (0, 0)], None, 3);
            return;
        }
        self.bill(r.start());
        self.loops.begin_party(&mut out.consignments, code, r.get(2), r.get(3), id);
    }

    /// NM1: crew and passengers in the header, a party below a bill.
    fn individual(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        let person = match r.get(2) {
            "1" => Some(true),
            "2" => Some(false),
            _ => None,
        };
        if self.open == Open::Nothing || self.consist {
            self.begin_person(r, [r.span(3), r.span(4), r.span(5), r.span(7)], person, 8);
            return;
        }
        self.bill(r.start());
        self.loops.begin_party(&mut out.consignments, r.get(1), r.get(4), r.get(8), r.get(9));
        self.loops.add_name(r.get(5));
        self.loops.add_name(r.get(3));
    }

    fn begin_person(&mut self, r: &Reader<'a, '_>, name: [super::reader::Span; 4], person: Option<bool>, scheme: usize) {
        use super::super::consignments::Party;
        let code = r.get(1);
        let role = match codes::role(code) {
            // Whoever is on board and no passenger is crew.
            Party::Other if person == Some(true) && code != "QF" => Party::Crew,
            role => role,
        };
        self.in_person = true;
        let has_id = !r.get(scheme + 1).is_empty();
        self.loops.memory.people.push(Person {
            role,
            code: r.span(1),
            person,
            name,
            scheme: if has_id { r.span(scheme) } else { (0, 0) },
            identifier: r.span(scheme + 1),
            ..Person::default()
        });
    }

    fn person(&mut self, fill: impl FnOnce(&mut Person)) {
        if self.in_person
            && let Some(person) = self.loops.memory.people.last_mut()
        {
            fill(person);
        }
    }

    /// N9, REF: references by qualifier (DE 128).
    fn reference(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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
    fn in_bond(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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
            self.row.customs_value = super::super::measure::decimal(r.get(5));
            self.row.currency = "USD";
        }
    }

    /// M21: movement in bond of a bill that is named here.
    fn in_bond_movement(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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
    fn place(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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
    fn time(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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
    fn equipment(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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
    fn goods(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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
                value: super::super::measure::decimal(r.get(6)),
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

    /// MBL: a bill on board.
    fn on_board(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.begin_consist(r.start());
        let key = &mut self.loops.memory.key;
        let (issuer, bill) = if r.get(8).is_empty() { (r.get(1), r.get(2)) } else { (r.get(7), r.get(8)) };
        join_bill(key, issuer, bill);
        out.consignments.reference("BM", key);
        self.bills[0] += 1;
        self.bills[1] += 1;
    }

    /// VEH: a tractor, by its number and plate.
    fn vehicle(&mut self, r: &Reader<'a, '_>) {
        let (vin, plate) = (r.get(2), r.get(9));
        let h = &mut self.header;
        if h.conveyance_id.is_empty() {
            h.conveyance_id = if plate.is_empty() { vin } else { plate };
            if h.conveyance_country.is_empty() {
                h.conveyance_country = r.get(17);
            }
        }
        self.loops.memory.vehicles.push((r.span(2), r.span(9)));
        if self.open == Open::Nothing {
            self.row = self.header;
        }
    }

    /// Ends the row at hand.
    fn flush(&mut self, out: &mut Output) {
        let rows = &mut out.consignments;
        self.loops.finish(rows);
        if self.consist || matches!(self.open, Open::Nothing | Open::Due) {
            if self.open == Open::Due {
                self.open = Open::Nothing;
            }
            return;
        }
        self.push(out);
    }

    fn push(&mut self, out: &mut Output) {
        let rows = &mut out.consignments;
        self.loops.conveyance(rows);
        rows.reference("FIRMS", self.firms);
        let bill = self.open == Open::Bill;
        if bill {
            self.bills[0] += 1;
            self.bills[1] += 1;
            self.totals(out);
        } else {
            self.row.level = Level::Conveyance;
        }
        let rows = &mut out.consignments;
        if self.imo_wrong {
            rows.notice(Finding::ImoInvalid, self.context.place("M10", self.at));
        }
        let mut row = self.row;
        // On the road, and in Canada, the bill is the cargo control number: carrier and reference.
        let canada = self.context.canada();
        if bill && row.ccn.is_empty() && !row.bill_number.is_empty() && (canada || row.mode == Some(Mode::Road)) {
            let issuer = if row.bill_issuer.is_empty() { row.carrier } else { row.bill_issuer };
            join_bill(&mut self.loops.memory.key, issuer, row.bill_number);
            row.ccn = &self.loops.memory.key;
        }
        if canada && !row.ccn.is_empty() && !checks::cargo_control(row.ccn) {
            rows.notice(Finding::CcnInvalid, self.context.place("M11", self.at));
        }
        row.ordinal = self.ordinal;
        rows.push(self.context.raw.origin, &row);
        self.ordinal += 1;
        self.open = Open::Nothing;
        self.has_bill = false;
    }

    /// What M11 states against the sum of its goods.
    fn totals(&mut self, out: &mut Output) {
        let place = self.context.place("M11", self.at);
        let rows = &mut out.consignments;
        if self.loops.items == 0 {
            return;
        }
        if self.row.packages.zip(self.loops.packages).is_some_and(|(stated, sum)| stated != sum) {
            rows.notice(Finding::PackagesDiffer, place);
        }
        let weights = self.row.gross_weight_kg.zip(self.loops.weight);
        if weights.is_some_and(|(stated, sum)| !super::super::measure::same_weight(stated, sum, self.loops.items)) {
            rows.notice(Finding::WeightDiffers, place);
        }
    }

    /// Ends the transaction set.
    fn end(&mut self, out: &mut Output) {
        let first = out.consignments.len() - self.ordinal as usize;
        self.flush(out);
        if self.consist && self.open == Open::Conveyance {
            self.push(out);
        }
        self.end_port(out);
        if self.stated[1].is_some_and(|n| n != self.bills[1]) {
            let place = self.context.place("M10", self.at);
            out.consignments.notice_from(first, Finding::CountDiffers, place);
        }
        let h = &self.header;
        let named = [h.carrier, h.conveyance_id, h.conveyance_name, h.voyage, h.entry_port].iter().any(|t| !t.is_empty());
        if self.ordinal == 0 && (named || !self.loops.memory.people.is_empty() || out.consignments.is_open()) {
            self.row = self.header;
            self.open = Open::Conveyance;
            self.push(out);
        }
    }
}

/// The issuer of a bill where it is not the carrier.
fn issuer<'a>(code: &'a str, carrier: &str) -> &'a str {
    if code == carrier { "" } else { code }
}

/// A bill number behind the code of its carrier, unless it begins with it.
fn join_bill(out: &mut String, issuer: &str, bill: &str) {
    out.clear();
    if !bill.starts_with(issuer) {
        out.push_str(issuer);
    }
    out.push_str(bill);
}
