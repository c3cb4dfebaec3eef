//! What segments say in loops: a party with its address, a container with its seals, an item with
//! its wrapped description. One of each is open at a time; it goes into the columns when the next
//! one begins or its bill ends.

use super::super::checks;
use super::super::consignments::{Consignments, ContainerRow, ItemRow, Party, PartyRow};
use super::super::findings::Finding;
use super::super::measure::{self, decimal};
use super::super::noticed::Place;
use super::codes;
use super::reader::{Reader, Span};

/// Memory that outlives a message.
#[derive(Debug, Default)]
pub(super) struct Memory {
    name: String,
    address: String,
    description: String,
    marks: String,
    dangerous: String,
    /// Number of the container at hand, prefix and digits joined.
    number: String,
    seals: Vec<Span>,
    /// Crew and parties of the conveyance.
    pub(super) people: Vec<Person>,
    /// References of the conveyance: kind and value.
    pub(super) references: Vec<(Span, Span)>,
    /// Vehicle identification number and plate of tractors.
    pub(super) vehicles: Vec<(Span, Span)>,
    /// Seals of the conveyance.
    pub(super) conveyance_seals: Vec<Span>,
    /// Cargo control number, or a reference, put together.
    pub(super) key: String,
}

/// A person or party of the conveyance as a whole, kept for every row of the message.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Person {
    pub(super) role: Party,
    pub(super) code: Span,
    /// `Some(true)` for a human being.
    pub(super) human: Option<bool>,
    /// Surname or name of an organisation, given name, middle name, suffix.
    pub(super) name: [Span; 4],
    pub(super) scheme: Span,
    pub(super) identifier: Span,
    pub(super) birth: Option<i32>,
    pub(super) nationality: Span,
    pub(super) document_type: Span,
    pub(super) document: Span,
    pub(super) street: [Span; 2],
    /// City, region, postal code, country.
    pub(super) place: [Span; 4],
}

/// Full width of a line of text that a sender wraps: DE 369 in older and newer releases, DE 79.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Widths(pub(super) &'static [usize]);

/// A text that comes in several lines.
#[derive(Debug, Default, Clone, Copy)]
struct Wrapped {
    /// Characters of the line before.
    last: usize,
    longest: usize,
}

impl Wrapped {
    /// Appends a line. A line that fills its element was cut there, inside a word or not: it is
    /// joined as it was cut. Between others there is a blank.
    fn push(&mut self, out: &mut String, line: &str, widths: Widths) {
        if line.is_empty() {
            return;
        }
        let len = if line.is_ascii() { line.len() } else { line.chars().count() };
        let full = self.longest == self.last && widths.0.contains(&self.last);
        // Behind a mark that ends a phrase, a line that is one short lost the blank at its front, and
        // is as wide as the one before it.
        let lost = full
            && len + 1 == self.last
            && out.ends_with(['"', ')', ',', ';', ':'])
            && line.starts_with(|c: char| c.is_alphanumeric());
        let blank = out.ends_with(' ') || line.starts_with(' ');
        if !out.is_empty() && (!full || lost) && !blank {
            out.push(' ');
        }
        out.push_str(line);
        self.last = len + usize::from(lost);
        self.longest = self.longest.max(self.last);
    }
}

/// The loops of one bill.
#[derive(Debug)]
pub(super) struct Loops<'a, 'm> {
    /// The text that spans are of.
    text: &'a str,
    pub(super) memory: &'m mut Memory,
    party: Option<PartyRow<'a>>,
    name: Wrapped,
    container: Option<ContainerRow<'a>>,
    /// Whether [`Memory::number`] holds the container of the loop at hand, also once it is written.
    in_container: bool,
    item: Option<ItemRow<'a>>,
    description: Wrapped,
    marks: Wrapped,
    /// Sums over the items of the bill; `None` once an item does not say.
    pub(super) packages: Option<i64>,
    pub(super) weight: Option<f64>,
    pub(super) items: usize,
}

const NAME: Widths = Widths(&[]);
const MARKS: Widths = Widths(&[45, 48]);

impl<'a, 'm> Loops<'a, 'm> {
    pub(super) fn new(text: &'a str, memory: &'m mut Memory) -> Self {
        Self {
            text,
            memory,
            party: None,
            name: Wrapped::default(),
            container: None,
            in_container: false,
            item: None,
            description: Wrapped::default(),
            marks: Wrapped::default(),
            packages: Some(0),
            weight: Some(0.0),
            items: 0,
        }
    }

    /// Ends what is open, and begins the sums of the next bill.
    pub(super) fn finish(&mut self, out: &mut Consignments) {
        self.end_party(out);
        self.end_item(out);
        self.end_container(out);
        self.in_container = false;
    }

    /// Forgets what an earlier message said of its conveyance.
    pub(super) fn clear_conveyance(&mut self) {
        let Memory { people, references, vehicles, conveyance_seals, .. } = &mut *self.memory;
        people.clear();
        references.clear();
        vehicles.clear();
        conveyance_seals.clear();
    }

    /// Forgets the sums.
    pub(super) fn reset(&mut self) {
        (self.packages, self.weight, self.items) = (Some(0), Some(0.0), 0);
    }

    /// Whether a party is open.
    pub(super) fn has_party(&self) -> bool {
        self.party.is_some()
    }

    /// Whether an item is open.
    pub(super) fn has_item(&self) -> bool {
        self.item.is_some()
    }

    /// Whether a container loop is open.
    pub(super) fn in_container(&self) -> bool {
        self.in_container
    }

    /// Leaves the container loop.
    pub(super) fn leave_container(&mut self, out: &mut Consignments) {
        self.end_item(out);
        self.end_container(out);
        self.in_container = false;
    }

    // What is said of the conveyance as a whole.

    /// Writes crew, vehicles, references and seals of the conveyance for a row.
    pub(super) fn conveyance(&mut self, out: &mut Consignments) {
        let Memory { people, references, vehicles, conveyance_seals, name, address, .. } = &mut *self.memory;
        let text = self.text;
        let get = |span: Span| text.get(span.0 as usize..span.1 as usize).unwrap_or_default();
        for p in people.iter() {
            name.clear();
            address.clear();
            let [last, first, middle, suffix] = p.name;
            for part in [first, middle, last, suffix].map(get).into_iter().filter(|p| !p.is_empty()) {
                if !name.is_empty() {
                    name.push(' ');
                }
                name.push_str(part);
            }
            p.street.map(get).into_iter().for_each(|line| add_line(address, line));
            let [city, region, postal_code, country] = p.place.map(get);
            out.party(&PartyRow {
                role: p.role,
                role_code: get(p.code),
                person: p.human,
                name,
                identifier: get(p.identifier),
                identifier_scheme: get(p.scheme),
                address,
                city,
                region,
                postal_code,
                country,
                birth_date: p.birth,
                nationality: get(p.nationality),
                document_type: get(p.document_type),
                document_number: get(p.document),
                ..PartyRow::default()
            });
        }
        for (vin, plate) in vehicles.iter() {
            let (vin, plate) = (get(*vin), get(*plate));
            let number = if vin.is_empty() { plate } else { vin };
            out.container(&ContainerRow { number, kind: "vehicle", ..ContainerRow::default() }, std::iter::empty());
        }
        for (kind, value) in references.iter() {
            out.reference(get(*kind), get(*value));
        }
        for seal in conveyance_seals.iter() {
            out.seal(get(*seal));
        }
    }

    // Parties.

    /// N1: a party. Final destinations and their like are places.
    pub(super) fn begin_party(&mut self, out: &mut Consignments, code: &'a str, name: &str, scheme: &'a str, id: &'a str) {
        self.end_party(out);
        self.memory.name.clear();
        self.memory.address.clear();
        self.name = Wrapped::default();
        self.name.push(&mut self.memory.name, name, NAME);
        self.party = Some(PartyRow {
            role: codes::role(code),
            role_code: code,
            identifier: id,
            identifier_scheme: if id.is_empty() { "" } else { scheme },
            ..PartyRow::default()
        });
    }

    /// N2: more of the name.
    pub(super) fn more_name(&mut self, reader: &Reader<'a, '_>) {
        if self.party.is_some() {
            self.name.push(&mut self.memory.name, reader.get(1), NAME);
            self.name.push(&mut self.memory.name, reader.get(2), NAME);
        }
    }

    /// One more part of a name.
    pub(super) fn add_name(&mut self, part: &str) {
        self.name.push(&mut self.memory.name, part, NAME);
    }

    /// N3: street. A name that filled its 35 characters goes on in the first line where a second
    /// one holds the street.
    pub(super) fn street(&mut self, reader: &Reader<'a, '_>) {
        if self.party.is_none() {
            return;
        }
        let (first, second) = (reader.get(1), reader.get(2));
        let spilled = self.name.last == 35
            && self.memory.address.is_empty()
            && !second.is_empty()
            && !first.bytes().any(|b| b.is_ascii_digit());
        if spilled {
            self.name.push(&mut self.memory.name, first, NAME);
        } else {
            add_line(&mut self.memory.address, first);
        }
        add_line(&mut self.memory.address, second);
    }

    /// N4: city, region, postal code, country.
    pub(super) fn place(&mut self, reader: &Reader<'a, '_>) {
        let Some(party) = &mut self.party else { return };
        party.city = reader.get(1);
        party.region = reader.get(2);
        party.postal_code = reader.get(3);
        party.country = reader.get(4);
    }

    /// PER: contact, with numbers by kind.
    pub(super) fn contact(&mut self, reader: &Reader<'a, '_>) {
        let Some(party) = &mut self.party else { return };
        if party.contact.is_empty() {
            party.contact = reader.get(2);
        }
        for at in [3, 5, 7] {
            let number = reader.get(at + 1);
            match reader.get(at) {
                "TE" | "CP" | "WP" | "HP" | "PC" | "NP" | "BN" if party.phone.is_empty() => party.phone = number,
                "EM" | "IT" if party.email.is_empty() => party.email = number,
                _ => {}
            }
        }
    }

    /// REF or N9 of a party: an identifier where it has none. Whether it was taken.
    pub(super) fn party_reference(&mut self, reader: &Reader<'a, '_>) -> bool {
        match &mut self.party {
            Some(party) if party.identifier.is_empty() => {
                party.identifier = reader.get(2);
                party.identifier_scheme = reader.get(1);
                true
            }
            _ => false,
        }
    }

    pub(super) fn end_party(&mut self, out: &mut Consignments) {
        let Some(party) = self.party.take() else { return };
        if self.memory.name.is_empty() && party.identifier.is_empty() {
            out.notice(Finding::PartyIncomplete, Place { segment: "N1", offset: None });
        }
        out.party(&PartyRow { name: &self.memory.name, address: &self.memory.address, ..party });
    }

    // Containers.

    /// VID, N7: a container, trailer or rail car.
    pub(super) fn begin_container(&mut self, out: &mut Consignments, prefix: &str, digits: &str, row: ContainerRow<'a>) {
        self.leave_container(out);
        self.in_container = true;
        let memory = &mut *self.memory;
        memory.seals.clear();
        memory.number.clear();
        memory.number.push_str(prefix);
        memory.number.push_str(digits);
        memory.number.retain(|c| !matches!(c, ' ' | '-'));
        self.container = Some(row);
    }

    /// A check digit that stands in an element of its own.
    pub(super) fn check_digit(&mut self, digit: &str) {
        let number = &mut self.memory.number;
        if digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit() && number.len() == 10 {
            number.push_str(digit);
        }
    }

    /// A seal of the container at hand.
    pub(super) fn seal(&mut self, span: Span) {
        if span.0 < span.1 {
            self.memory.seals.push(span);
        }
    }

    fn end_container(&mut self, out: &mut Consignments) {
        let Some(row) = self.container.take() else { return };
        let number = self.memory.number.as_str();
        // Trailers and rail cars have numbers of their owners' making.
        let kind = if row.kind.is_empty() && looks_like_container(number) { "container" } else { row.kind };
        if kind == "container" && !number.is_empty() && !checks::container(number) {
            out.notice(Finding::ContainerInvalid, Place { segment: "VID", offset: None });
        }
        let text = self.text;
        let seals = self.memory.seals.iter().map(|&(start, end)| text.get(start as usize..end as usize).unwrap_or_default());
        out.container(&ContainerRow { number, kind, ..row }, seals);
    }

    // Items.

    /// N10, L0: an item.
    pub(super) fn begin_item(&mut self, out: &mut Consignments, item: ItemRow<'a>) {
        self.end_item(out);
        let memory = &mut *self.memory;
        memory.description.clear();
        memory.marks.clear();
        memory.dangerous.clear();
        self.description = Wrapped::default();
        self.marks = Wrapped::default();
        self.items += 1;
        self.packages = self.packages.zip(item.packages).map(|(sum, n)| sum.saturating_add(n));
        self.weight = self.weight.zip(item.gross_weight_kg).map(|(sum, w)| sum + w);
        self.item = Some(item);
    }

    /// The item at hand.
    pub(super) fn item(&mut self) -> Option<&mut ItemRow<'a>> {
        self.item.as_mut()
    }

    /// A line of the description; as it stands, since blanks at its ends count.
    pub(super) fn describe(&mut self, line: &str, widths: Widths) {
        self.description.push(&mut self.memory.description, line, widths);
    }

    /// A line of the marks.
    pub(super) fn mark(&mut self, line: &str) {
        self.marks.push(&mut self.memory.marks, line, MARKS);
    }

    /// A number of dangerous goods, without `UN` in front.
    pub(super) fn dangerous(&mut self, out: &mut Consignments, number: &str, class: &'a str, place: Place<'_>) {
        let Some(item) = &mut self.item else { return };
        if item.hazard_class.is_empty() {
            item.hazard_class = class;
        }
        if number.is_empty() {
            return;
        }
        if !checks::dangerous(number) {
            out.notice(Finding::UnNumberInvalid, place);
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

    pub(super) fn end_item(&mut self, out: &mut Consignments) {
        let Some(item) = self.item.take() else { return };
        let memory = &*self.memory;
        let description = memory.description.trim_ascii();
        if !description.bytes().any(|b| b.is_ascii_alphanumeric() || b >= 0x80) {
            out.notice(Finding::DescriptionMissing, Place { segment: "N10", offset: None });
        }
        let held = (self.in_container && !memory.number.is_empty()).then_some(memory.number.as_str());
        let item = ItemRow { description, marks: memory.marks.trim_ascii(), un_number: &memory.dangerous, ..item };
        out.item(&item, held);
    }
}

/// Four letters and seven digits.
fn looks_like_container(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() == 11 && bytes[..4].iter().all(u8::is_ascii_alphabetic) && bytes[4..].iter().all(u8::is_ascii_digit)
}

/// Appends a line to an address.
pub(super) fn add_line(address: &mut String, line: &str) {
    if !line.is_empty() {
        if !address.is_empty() {
            address.push_str(", ");
        }
        address.push_str(line);
    }
}

/// A weight in kilograms; notes what cannot be read.
pub(super) fn weight(out: &mut Consignments, value: &str, unit: &str, place: Place<'_>) -> Option<f64> {
    if value.is_empty() {
        return None;
    }
    // Without a unit the weight is taken as metric, and that is noted.
    let read = decimal(value).zip(measure::kilograms_in(if unit.is_empty() { "K" } else { unit })).map(|(n, k)| n * k);
    if read.is_none() || unit.is_empty() {
        out.notice(Finding::WeightUnreadable, place);
    }
    read
}

/// A volume in cubic metres; notes what cannot be read.
pub(super) fn volume(out: &mut Consignments, value: &str, unit: &str, place: Place<'_>) -> Option<f64> {
    if value.is_empty() {
        return None;
    }
    let read = decimal(value).zip(measure::cubic_metres_in(unit)).map(|(n, m)| n * m);
    if read.is_none() {
        out.notice(Finding::WeightUnreadable, place);
    }
    read
}

/// A number of packages; notes what cannot be read.
pub(super) fn packages(out: &mut Consignments, value: &str, place: Place<'_>) -> Option<i64> {
    if value.is_empty() {
        return None;
    }
    let read = measure::count(value);
    if read.is_none() {
        out.notice(Finding::QuantityUnreadable, place);
    }
    read
}
