//! Who and what is on board: crew, parties, tractors, and the bills of a consist.

use super::super::super::consignments::Party;
use super::super::super::output::Output;
use super::super::codes;
use super::super::loops::Person;
use super::super::reader::{Reader, Span};
use super::bill::join_bill;
use super::{Manifest, Open};

impl<'a> Manifest<'a, '_, '_> {
    /// N1: a party, or a place in the form of one.
    pub(super) fn party(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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
    pub(super) fn individual(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
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

    pub(super) fn begin_person(&mut self, r: &Reader<'a, '_>, name: [Span; 4], person: Option<bool>, scheme: usize) {
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
            human: person,
            name,
            scheme: if has_id { r.span(scheme) } else { (0, 0) },
            identifier: r.span(scheme + 1),
            ..Person::default()
        });
    }

    pub(super) fn person(&mut self, fill: impl FnOnce(&mut Person)) {
        if self.in_person
            && let Some(person) = self.loops.memory.people.last_mut()
        {
            fill(person);
        }
    }

    /// MBL: a bill on board.
    pub(super) fn on_board(&mut self, r: &Reader<'a, '_>, out: &mut Output) {
        self.begin_consist(r.start());
        let key = &mut self.loops.memory.key;
        let (issuer, bill) = if r.get(8).is_empty() { (r.get(1), r.get(2)) } else { (r.get(7), r.get(8)) };
        join_bill(key, issuer, bill);
        out.consignments.reference("BM", key);
        self.bills[0] += 1;
        self.bills[1] += 1;
    }

    /// VEH: a tractor, by its number and plate.
    pub(super) fn vehicle(&mut self, r: &Reader<'a, '_>) {
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
}
