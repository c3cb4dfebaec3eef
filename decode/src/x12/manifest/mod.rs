//! 309 customs manifest and 358 customs consist.
//!
//! A manifest names its conveyance (M10, and on the road VEH, CII and NM1 for tractor, insurance and
//! crew), its ports (P4), and below each port its bills (LX, M11), with parties (N1), in-bond
//! movement (M12), equipment (VID) and goods (N10). One row a bill. A consist, or a manifest without
//! bills, is one row of the conveyance; a consist names the bills on board (MBL).
//! Places of elements are those of releases 003050 to 007040.

mod bill;
mod board;

use super::super::checks;
use super::super::consignments::{ConsignmentRow, ContainerRow, Level, Mode};
use super::super::dates::{self, Century};
use super::super::findings::{Finding, Findings};
use super::super::measure::{count, same_weight};
use super::super::output::Output;
use super::envelope::{Context, Set};
use super::loops::{Loops, Memory};
use super::reader::Reader;
use super::{codes, tags};
use bill::join_bill;

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
    let more = set.body(reader, context, out, &mut manifest, |m| &mut m.findings, Manifest::segment);
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
        let mut loops = Loops::new(context.text.content, memory);
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
                if !r.get(2).is_empty() {
                    self.loops.memory.references.push((r.span(0), r.span(2)));
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
        if weights.is_some_and(|(stated, sum)| !same_weight(stated, sum, self.loops.items)) {
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
        // What was said of no bill, a bill on board behind the last one say, is said of the conveyance.
        if out.consignments.is_open() || (self.ordinal == 0 && (named || !self.loops.memory.people.is_empty())) {
            self.row = self.header;
            self.open = Open::Conveyance;
            self.push(out);
        }
    }
}
