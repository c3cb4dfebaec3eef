//! EQD with its seals, and the way from a consignment to its containers (SGP).

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::super::checks;
use super::super::consignments::{Consignments, ContainerRow};
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::noticed::Place;
use super::super::short::{self, capitals};
use super::codes;

/// One piece of equipment of the message.
#[derive(Debug, Clone, Copy)]
struct Unit {
    kind: &'static str,
    number: Slice,
    size_type: Slice,
    load: &'static str,
    /// First of its seals, and how many.
    seals: (u32, u32),
    used: bool,
    at: usize,
}

/// A container of the consignment at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Unit(u32),
    /// It has no EQD.
    Number(Slice),
}

/// The equipment of a message, and that of the consignment at hand.
#[derive(Debug, Default)]
pub(super) struct Equipment {
    units: Vec<Unit>,
    seals: Vec<Slice>,
    index: HashTable<u32>,
    /// How many units are in the index.
    indexed: usize,
    held: Vec<Held>,
}

/// A number without blanks and hyphens, in upper case; longer ones are cut.
#[derive(PartialEq, Eq)]
struct Plain([u8; 32], usize);

impl Plain {
    fn of(number: &[u8]) -> Self {
        let mut plain = Self([0; 32], 0);
        for b in number.iter().filter(|b| !matches!(b, b' ' | b'-')).take(32) {
            plain.0[plain.1] = b.to_ascii_uppercase();
            plain.1 += 1;
        }
        plain
    }
}

/// Hash of a number without blanks and hyphens, in upper case.
fn hash(number: &[u8]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    // Without blanks and hyphens a number is plain but for its small letters.
    let mut sixteen = [0; 16];
    let plain;
    let bytes = match sixteen.get_mut(..number.len()) {
        Some(short) if !short::has_blank(number) && memchr::memchr(b'-', number).is_none() => {
            short.copy_from_slice(number);
            return {
                hasher.write_u128(capitals(u128::from_le_bytes(sixteen)));
                hasher.finish()
            };
        }
        _ => {
            plain = Plain::of(number);
            &plain.0[..plain.1]
        }
    };
    match sixteen.get_mut(..bytes.len()) {
        Some(short) => {
            short.copy_from_slice(bytes);
            hasher.write_u128(u128::from_le_bytes(sixteen));
        }
        None => hasher.write(bytes),
    }
    hasher.finish()
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a == b || Plain::of(a) == Plain::of(b)
}

impl Equipment {
    pub(super) fn clear(&mut self) {
        self.units.clear();
        self.seals.clear();
        self.index.clear();
        self.indexed = 0;
        self.held.clear();
    }

    /// Units of the message.
    pub(super) fn len(&self) -> usize {
        self.units.len()
    }

    /// EQD. `held`: it stands in a consignment.
    pub(super) fn begin(&mut self, r: &Reader<'_, '_>, at: usize, held: bool) {
        let seals = (self.seals.len() as u32, 0);
        self.units.push(Unit {
            kind: codes::equipment(r.text(r.get(1, 0))),
            number: r.get(2, 0),
            size_type: r.get(3, 0),
            load: codes::load(r.text(r.get(6, 0))),
            seals,
            used: held,
            at,
        });
        if held {
            self.held.push(Held::Unit(self.units.len() as u32 - 1));
        }
    }

    /// SEL of the unit at hand.
    pub(super) fn seal(&mut self, seal: Slice) {
        if let Some(unit) = self.units.last_mut().filter(|_| !seal.is_empty()) {
            self.seals.push(seal);
            unit.seals.1 += 1;
        }
    }

    /// The plate of a unit whose EQD has no number.
    pub(super) fn plate(&mut self, plate: Slice) -> bool {
        match self.units.last_mut() {
            Some(unit) if unit.number.is_empty() => {
                unit.number = plate;
                true
            }
            _ => false,
        }
    }

    /// SGP: the consignment at hand is in this container.
    pub(super) fn hold(&mut self, r: &Reader<'_, '_>, number: Slice) {
        if number.is_empty() {
            return;
        }
        while self.indexed < self.units.len() {
            let unit = self.indexed as u32;
            let units = &self.units;
            let key = |unit: &u32| hash(r.bytes(units[*unit as usize].number));
            self.index.insert_unique(key(&unit), unit, key);
            self.indexed += 1;
        }
        let bytes = r.bytes(number);
        let found = self.index.find(hash(bytes), |unit| same(r.bytes(self.units[*unit as usize].number), bytes)).copied();
        let held = found.map_or(Held::Number(number), Held::Unit);
        let known = |h: &Held| match (h, held) {
            (Held::Number(a), Held::Number(b)) => same(r.bytes(*a), r.bytes(b)),
            (a, b) => *a == b,
        };
        if !self.held.iter().any(known) {
            self.held.push(held);
        }
        if let Some(unit) = found {
            self.units[unit as usize].used = true;
        }
    }

    /// Holds every unit that no consignment named. Whether there is one.
    pub(super) fn hold_rest(&mut self) -> bool {
        self.held.clear();
        for (i, unit) in self.units.iter_mut().enumerate().filter(|(_, unit)| !unit.used) {
            unit.used = true;
            self.held.push(Held::Unit(i as u32));
        }
        !self.held.is_empty()
    }

    /// Appends the containers of the row at hand.
    pub(super) fn write(&mut self, r: &Reader<'_, '_>, out: &mut Consignments, place: impl Fn(usize) -> i64) {
        for held in self.held.drain(..) {
            match held {
                Held::Unit(unit) => {
                    let Some(unit) = self.units.get(unit as usize) else { continue };
                    let number = r.text(unit.number);
                    if unit.kind == "container" && !number.is_empty() && !checks::container(number) {
                        out.notice(Finding::ContainerInvalid, Place { segment: "EQD", offset: Some(place(unit.at)) });
                    }
                    let row = ContainerRow { number, kind: unit.kind, size_type: r.text(unit.size_type), load: unit.load };
                    let (first, n) = (unit.seals.0 as usize, unit.seals.1 as usize);
                    out.container(&row, self.seals[first..first + n].iter().map(|seal| r.text(*seal)));
                }
                Held::Number(number) => {
                    out.container(&ContainerRow { number: r.text(number), ..ContainerRow::default() }, std::iter::empty());
                }
            }
        }
    }

    /// Whether the consignment at hand names a container.
    pub(super) fn is_any_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// Forgets the containers of the consignment at hand.
    pub(super) fn release(&mut self) {
        self.held.clear();
    }
}
