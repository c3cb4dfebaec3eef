//! Parties: every group of a person or firm has the same fields under names of its own.

use super::super::consignments::{Party as Role, PartyRow};
use super::super::output::Raw;
use super::super::xml::Element;
use super::{Content, Field, text};

/// Places in [`Party::fields`].
const NAME: usize = 0;
const STREET: usize = 1;
const POSTCODE: usize = 2;
const CITY: usize = 3;
const COUNTRY: usize = 4;

/// One group of a party.
#[derive(Debug, Clone, Copy)]
pub(super) struct Party<'d> {
    pub(super) element: Element<'d>,
    /// Name, street, postcode, city and country.
    pub(super) fields: [Field<'d>; 5],
    /// Trader identification number: an EORI.
    pub(super) tin: Field<'d>,
    /// The TIN as it is written: the authority takes blanks in it for a part of it.
    pub(super) tin_written: &'d [u8],
    pub(super) language: Field<'d>,
    /// How many elements it has.
    pub(super) children: usize,
}

impl<'d> Party<'d> {
    /// Reads a group. The names of fields begin alike in all of them: `NamCO17`, `NamTRE1`.
    pub(super) fn read(raw: &Raw<'d>, element: Element<'d>) -> Self {
        let mut party = Self { element, fields: [None; 5], tin: None, tin_written: b"", language: None, children: 0 };
        for child in element.children() {
            party.children += 1;
            let field = match child.name().as_bytes() {
                [b'N', b'a', b'm', ..] => &mut party.fields[NAME],
                [b'S', b't', b'r', ..] | [b'S', b'r', b't', ..] => &mut party.fields[STREET],
                [b'P', b'o', b's', ..] | [b'P', b's', b't', ..] => &mut party.fields[POSTCODE],
                [b'C', b'i', b't', ..] | [b'C', b't', b'y', ..] => &mut party.fields[CITY],
                [b'C', b'o', b'u', ..] => &mut party.fields[COUNTRY],
                [b'T', b'I', b'N', ..] => &mut party.tin,
                [.., b'L', b'N', b'G'] | [b'N', b'A', b'D', ..] => &mut party.language,
                _ => continue,
            };
            field.get_or_insert(child);
        }
        if let Some(tin) = party.tin {
            party.tin_written = written(raw, tin);
        }
        party
    }

    /// Whether it has a TIN of the United Kingdom; `None` without TIN.
    pub(super) fn british(&self) -> Option<bool> {
        self.tin.map(|_| self.tin_written.starts_with(b"GB"))
    }

    pub(super) fn country(&self) -> Field<'d> {
        self.fields[COUNTRY]
    }

    /// What the columns get.
    pub(super) fn row(&self, role: Role, item: Option<i32>) -> PartyRow<'d> {
        let tin = text(self.tin);
        PartyRow {
            role,
            role_code: self.element.name(),
            name: text(self.fields[NAME]),
            identifier: tin,
            identifier_scheme: if tin.is_empty() { "" } else { "EORI" },
            address: text(self.fields[STREET]),
            city: text(self.fields[CITY]),
            postal_code: text(self.fields[POSTCODE]),
            country: text(self.fields[COUNTRY]),
            item,
            ..PartyRow::default()
        }
    }

    /// Whether it has neither a name nor an identifier.
    pub(super) fn is_nobody(&self) -> bool {
        text(self.fields[NAME]).is_empty() && text(self.tin).is_empty()
    }
}

/// What stands between the tags of an element.
fn written<'d>(raw: &Raw<'d>, element: Element<'d>) -> &'d [u8] {
    let bytes = raw.bytes.get(element.range()).unwrap_or_default();
    let from = memchr::memchr(b'>', bytes).map_or(bytes.len(), |i| i + 1);
    let to = memchr::memrchr(b'<', bytes).unwrap_or(0);
    bytes.get(from..to).unwrap_or_default()
}

/// Whether groups of one kind all say the same.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sameness<'d> {
    /// How many groups there are.
    pub(super) count: usize,
    /// Whether two of them have more elements than each other, or another text in a field.
    pub(super) differs: bool,
    children: usize,
    fields: [Field<'d>; 6],
    tin: Option<&'d [u8]>,
}

impl<'d> Sameness<'d> {
    pub(super) fn add(&mut self, party: &Party<'d>) {
        self.differs |= self.count > 0 && self.children != party.children;
        self.children = party.children;
        self.count += 1;
        if party.tin.is_some() {
            self.differs |= *self.tin.get_or_insert(party.tin_written) != party.tin_written;
        }
        let fields = party.fields.iter().chain([&party.language]);
        for (first, field) in self.fields.iter_mut().zip(fields) {
            match (*first, *field) {
                (Some(a), Some(b)) => self.differs |= a.content() != b.content(),
                (None, _) => *first = *field,
                (Some(_), None) => {}
            }
        }
    }
}
