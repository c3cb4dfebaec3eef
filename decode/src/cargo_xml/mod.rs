//! IATA Cargo-XML: waybills (XFWB), house waybills (XFZB), house manifests (XFHL) and flight
//! manifests (XFFM), versions 1 to 5.
//!
//! `header` reads what the message says of itself, `shipment` one master or house consignment with
//! its `party`, `item`, `charges` and `journey` parts, `manifest` the lines of a flight. A house
//! manifest gives one row a house, a flight manifest one row a waybill on each of its loads.

mod charges;
pub(crate) mod feeds;
mod header;
mod item;
mod journey;
mod manifest;
mod party;
mod shipment;
#[cfg(test)]
mod tests;

use super::air;
use super::dates;
use super::findings::{DeadCode, Finding};
use super::output::{Output, Raw};
use super::xml::{Document, Element};

use self::header::Header;
pub(crate) use self::party::trader;
use self::shipment::Context;

/// What the message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// XFWB.
    Waybill,
    /// XFZB.
    HouseWaybill,
    /// XFHL.
    HouseManifest,
    /// XFFM.
    FlightManifest,
}

impl Kind {
    /// By the name of the root element.
    fn of_root(name: &str) -> Option<Self> {
        match name {
            "Waybill" => Some(Self::Waybill),
            "HouseWaybill" => Some(Self::HouseWaybill),
            "HouseManifest" => Some(Self::HouseManifest),
            "FlightManifest" => Some(Self::FlightManifest),
            _ => None,
        }
    }

    /// By the type of document (UN/CEFACT 1001), for messages whose root element is damaged.
    fn of_type(code: &str) -> Option<Self> {
        match code {
            "740" | "741" => Some(Self::Waybill),
            "703" => Some(Self::HouseWaybill),
            "785" => Some(Self::HouseManifest),
            "122" => Some(Self::FlightManifest),
            _ => None,
        }
    }

    fn format(self) -> &'static str {
        match self {
            Self::Waybill => "XFWB",
            Self::HouseWaybill => "XFZB",
            Self::HouseManifest => "XFHL",
            Self::FlightManifest => "XFFM",
        }
    }
}

/// The message in a document: its root, or an element near it where it is wrapped in an envelope.
pub(crate) fn find<'d>(document: &'d Document<'_>) -> Option<(Kind, Element<'d>)> {
    let root = document.root()?;
    let mut near = std::iter::once(root).chain(root.descendants().take(24));
    if let Some(found) = near.find_map(|e| Some((Kind::of_root(e.name())?, e))) {
        return Some(found);
    }
    let mut near = std::iter::once(root).chain(root.descendants().take(24));
    near.find_map(|e| Some((Kind::of_type(e.child("MessageHeaderDocument")?.get("TypeCode"))?, e)))
}

/// Name of another Cargo-XML message, by the name of its root element.
pub(crate) fn other(root: &str) -> Option<&'static str> {
    Some(match root {
        "StatusMessage" => "Cargo-XML XFSU",
        "Response" | "ResponseMessage" => "Cargo-XML XFNM",
        "FreightBookedList" => "Cargo-XML XFBL",
        "CustomsStatusNotification" => "Cargo-XML XCSN",
        "ShippersDeclarationForDangerousGoods" => "Cargo-XML XSDG",
        "UldManifest" | "UnitLoadDeviceManifest" => "Cargo-XML XFUM",
        "TransportLoadingReport" => "Cargo-XML XTDS",
        "SpaceAllocationRequest" => "Cargo-XML XFFR",
        "SpaceAllocationAnswer" => "Cargo-XML XFFA",
        _ => return None,
    })
}

/// Texts that are put together, kept from one message to the next.
#[derive(Debug, Default)]
struct Scratch {
    name: String,
    address: String,
    text: String,
    hs: String,
    un_numbers: String,
    uld: String,
}

/// One message that is being read.
#[derive(Clone, Copy)]
struct Message<'d, 'r> {
    raw: &'r Raw<'r>,
    kind: Kind,
    header: Header<'d>,
    element: Element<'d>,
    /// Where the message begins in its partition.
    position: i64,
}

/// Decoder of Cargo-XML; it keeps its memory.
#[derive(Debug, Default)]
pub(crate) struct CargoXml {
    scratch: Scratch,
}

impl CargoXml {
    /// Decodes one message into rows, or into a dead letter where nothing of it can be used.
    pub(crate) fn decode(&mut self, raw: &Raw<'_>, document: &Document<'_>, kind: Kind, element: Element<'_>, out: &mut Output) {
        let first = out.consignments.len();
        let position = raw.offset(document.range().start);
        let message = Message { raw, kind, header: Header::read(element), element, position };
        let records = self.records(&message, out);
        if out.consignments.len() == first {
            let why = format!("nothing of the {} can be read as a record", kind.format());
            raw.dead(out, document.range(), DeadCode::Unreadable, &why);
            return;
        }
        let rows = &mut out.consignments;
        // Damage between the records may be that of any.
        if let Some(at) = document.damage().next()
            && document.damage().count() > records.damage
        {
            rows.notice_from(first, Finding::XmlDamaged, raw.place(element.name(), at));
        }
        if document.is_cut() && !records.cut {
            rows.notice_from(first, Finding::XmlCut, raw.place(element.name(), document.range().end));
        }
        if document.not_utf8() {
            rows.notice_from(first, Finding::NotUtf8, raw.place("", document.range().start));
        }
        if document.has_junk() {
            rows.notice_from(first, Finding::TransportDirt, raw.place("", document.range().start));
        }
        if message.header.time_unreadable {
            rows.notice_from(first, Finding::EventTimeUnreadable, raw.place("IssueDateTime", element.at()));
        }
        if records.packages_differ {
            rows.notice_from(first, Finding::PackagesDiffer, raw.place("TotalPieceQuantity", records.at));
        }
        if records.weight_differs {
            rows.notice_from(first, Finding::WeightDiffers, raw.place("GrossWeightMeasure", records.at));
        }
    }

    /// Reads the records of a message.
    fn records(&mut self, message: &Message<'_, '_>, out: &mut Output) -> Records {
        let element = message.element;
        let master = element.child("MasterConsignment").unwrap_or(element);
        match message.kind {
            Kind::Waybill => {
                let mut records = Records::default();
                let record = shipment::read(message, master, &Context::default(), &mut self.scratch, out);
                records.add(master, record);
                records
            }
            Kind::HouseWaybill | Kind::HouseManifest => self.houses(message, master, out),
            Kind::FlightManifest => manifest::read(message, &mut self.scratch, out),
        }
    }

    fn houses(&mut self, message: &Message<'_, '_>, master: Element<'_>, out: &mut Output) -> Records {
        let mut records = Records { at: master.at(), ..Records::default() };
        let mut context = Context::of_master(message, master);
        let mut ordinal = 0;
        // At any depth: damage may have put one into another.
        for house in message.element.descendants().filter(|e| e.name() == "IncludedHouseConsignment") {
            context.ordinal = ordinal;
            let record = shipment::read(message, house, &context, &mut self.scratch, out);
            records.add(house, record);
            ordinal += 1;
        }
        if ordinal == 0 {
            // A manifest without houses, or one whose only house lost its tag.
            context.house = message.kind == Kind::HouseWaybill;
            let record = shipment::read(message, master, &context, &mut self.scratch, out);
            records.add(master, record);
        } else if message.kind == Kind::HouseManifest {
            // A manifest may come house by house, each with the totals of the master: only more is wrong.
            let less = |sum: Option<f64>, all: Option<f64>| ordinal == 1 && sum.zip(all).is_some_and(|(sum, all)| sum < all);
            let count = |n: Option<i64>| n.map(|n| n as f64);
            let packages = if less(count(records.packages), count(context.packages)) { None } else { context.packages };
            let weight = if less(records.weight, context.weight) { None } else { context.weight };
            records.compare(packages, weight);
        }
        records
    }
}

/// What the records of a message come to.
#[derive(Debug, Default)]
struct Records {
    /// Damage that is in records.
    damage: usize,
    /// A record was cut.
    cut: bool,
    packages: Option<i64>,
    weight: Option<f64>,
    count: usize,
    packages_differ: bool,
    weight_differs: bool,
    /// Where the totals stand.
    at: usize,
}

impl Records {
    fn add(&mut self, element: Element<'_>, record: shipment::Total) {
        self.damage += element.damage().len();
        self.cut |= !element.is_closed();
        // A sum is known only where every part of it is.
        let first = self.count == 0;
        self.packages =
            if first { record.packages } else { self.packages.zip(record.packages).map(|(a, b)| a.saturating_add(b)) };
        self.weight = if first { record.weight } else { self.weight.zip(record.weight).map(|(a, b)| a + b) };
        self.count += 1;
    }

    /// Compares the sums with what the message states.
    fn compare(&mut self, packages: Option<i64>, weight: Option<f64>) {
        self.packages_differ = self.packages.zip(packages).is_some_and(|(a, b)| a != b);
        self.weight_differs = self.weight.zip(weight).is_some_and(|(a, b)| !air::same(a, b));
    }
}

/// A local time of XML: the clock of the sender, whatever its zone.
fn time(text: &str) -> Option<i64> {
    let clock = text.get(..19).or(text.get(..16)).or(text.get(..10))?;
    let digits = clock.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'T' | b' '));
    // Sixteen characters are a time without seconds.
    let time = if digits { dates::time(clock.as_bytes(), b"") } else { None };
    time.or_else(|| dates::time(text.get(..10)?.as_bytes(), b"")).map(|(t, _)| t)
}
