//! One consignment into the columns.

use super::super::Origin;
use super::super::columns::word;
use super::super::findings::Finding;
use super::super::noticed::Place;
use super::super::record_id;
use super::parts::country;
use super::{Consignments, set};

const HOUR: i64 = 3_600_000_000;

/// Level of a transport document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Level {
    Master,
    House,
    /// A bill without houses, or one of which the message does not say.
    #[default]
    Simple,
    Declaration,
    /// A report of the conveyance that names no goods.
    Conveyance,
}

impl Level {
    /// The word for it as a view.
    fn view(self) -> u128 {
        match self {
            Self::Master => const { word("master") },
            Self::House => const { word("house") },
            Self::Simple => const { word("simple") },
            Self::Declaration => const { word("declaration") },
            Self::Conveyance => const { word("conveyance") },
        }
    }
}

/// Mode of transport at the border (UN/ECE recommendation 19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Sea,
    Rail,
    Road,
    Air,
    Post,
    InlandWater,
}

impl Mode {
    /// By the code of UN/ECE recommendation 19 (DE 8067), of which only the first digit counts.
    pub(crate) fn of_code(code: &[u8]) -> Option<Self> {
        match code.trim_ascii().first()? {
            b'1' => Some(Self::Sea),
            b'2' => Some(Self::Rail),
            b'3' => Some(Self::Road),
            b'4' => Some(Self::Air),
            b'5' => Some(Self::Post),
            b'8' => Some(Self::InlandWater),
            _ => None,
        }
    }

    /// The word for it as a view.
    pub(super) fn view(self) -> u128 {
        match self {
            Self::Sea => const { word("sea") },
            Self::Rail => const { word("rail") },
            Self::Road => const { word("road") },
            Self::Air => const { word("air") },
            Self::Post => const { word("post") },
            Self::InlandWater => const { word("inland_water") },
        }
    }

    /// When the report is due, by the times in the message (see the column `deadline_local`).
    fn deadline(self, departure: Option<i64>, arrival: Option<i64>) -> Option<i64> {
        match self {
            Self::Sea => departure.map(|t| t - 24 * HOUR),
            Self::Air => arrival.map(|t| t - 4 * HOUR),
            Self::Rail => arrival.map(|t| t - 2 * HOUR),
            Self::Road => arrival.map(|t| t - HOUR),
            Self::Post | Self::InlandWater => None,
        }
    }
}

/// What a consignment says once. Empty text is null; times are local microseconds since 1970.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ConsignmentRow<'a> {
    pub(crate) message_format: &'static str,
    pub(crate) message_kind: &'a str,
    /// `new`, `change`, `cancel` or `close`; empty is `new`.
    pub(crate) action: &'static str,
    pub(crate) amendment_code: &'a str,
    pub(crate) amendment_reason: &'a str,
    pub(crate) message_ref: &'a str,
    pub(crate) sender: &'a str,
    pub(crate) recipient: &'a str,
    pub(crate) level: Level,
    pub(crate) mode: Option<Mode>,
    pub(crate) bill_number: &'a str,
    pub(crate) master_bill: &'a str,
    /// Empty where it is the carrier.
    pub(crate) bill_issuer: &'a str,
    pub(crate) ccn: &'a str,
    pub(crate) ucr: &'a str,
    pub(crate) declaration_ref: &'a str,
    pub(crate) carrier: &'a str,
    pub(crate) conveyance_id: &'a str,
    pub(crate) conveyance_name: &'a str,
    pub(crate) conveyance_country: &'a str,
    pub(crate) call_sign: &'a str,
    pub(crate) voyage: &'a str,
    pub(crate) origin_place: &'a str,
    pub(crate) loading_port: &'a str,
    pub(crate) discharge_port: &'a str,
    pub(crate) entry_port: &'a str,
    pub(crate) clearance_port: &'a str,
    pub(crate) delivery_place: &'a str,
    pub(crate) departure_local: Option<i64>,
    pub(crate) arrival_local: Option<i64>,
    pub(crate) event_time: Option<i64>,
    pub(crate) crew_count: Option<i32>,
    pub(crate) passenger_count: Option<i32>,
    pub(crate) description: &'a str,
    pub(crate) packages: Option<i64>,
    pub(crate) package_type: &'a str,
    pub(crate) gross_weight_kg: Option<f64>,
    pub(crate) net_weight_kg: Option<f64>,
    pub(crate) volume_m3: Option<f64>,
    pub(crate) customs_value: Option<f64>,
    pub(crate) carriage_value: Option<f64>,
    pub(crate) currency: &'a str,
    /// `prepaid`, `collect` or as sent.
    pub(crate) payment: &'a str,
    /// `total`, `part`, `split`, `divided` or `multi_part`.
    pub(crate) part: &'a str,
    pub(crate) packages_of_bill: Option<i64>,
    pub(crate) message_part: Option<i32>,
    /// Byte offset of the message in its partition.
    pub(crate) position: i64,
    /// Ordinal of the consignment in the message.
    pub(crate) ordinal: i32,
}

/// Reused memory.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) text: String,
    id: Vec<u8>,
}

impl Scratch {
    /// Puts a number without blanks and hyphens, in upper case, into `text`.
    pub(super) fn compact(&mut self, number: &str) {
        self.text.clear();
        if number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            self.text.push_str(number);
            return;
        }
        self.text.extend(number.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()));
    }

    /// The key of a consignment into `text`; empty where the message does not say enough.
    fn key(&mut self, row: &ConsignmentRow<'_>) {
        let key = &mut self.text;
        key.clear();
        let issuer = if row.bill_issuer.is_empty() { row.carrier } else { row.bill_issuer };
        let [kind, above, number] = match (row.ccn, row.mode, row.bill_number, row.declaration_ref) {
            ("", _, "", "") => return,
            ("", _, "", declaration) => ["DEC:", "", declaration],
            ("", Some(Mode::Air), bill, _) => ["AWB:", row.master_bill, bill],
            ("", _, bill, _) => ["BL:", row.master_bill, bill],
            (ccn, ..) => ["CCN:", "", ccn],
        };
        key.push_str(kind);
        // Of a sea bill the issuer has its place, if nobody names him.
        if kind == "BL:" {
            key.push_str(issuer);
            key.push('/');
        }
        if !above.is_empty() {
            key.push_str(above);
            key.push('/');
        }
        key.push_str(number);
        key.make_ascii_uppercase();
    }
}

impl Consignments {
    /// Ends the consignment at hand: a row.
    pub(crate) fn push(&mut self, origin: &Origin<'_>, row: &ConsignmentRow<'_>) {
        let (t, at) = (&mut self.texts, self.count);
        let hex = record_id(origin, row.position, row.ordinal, &mut self.scratch.id);
        t.record_id.append_value(std::str::from_utf8(&hex).unwrap_or_default());
        self.scratch.key(row);
        set(&mut t.consignment_key, at, &self.scratch.text);
        t.message_format.append_value(row.message_format);
        set(&mut t.message_kind, at, row.message_kind);
        match row.action {
            "" | "new" => t.action.append_view(const { word("new") }),
            action => t.action.append_value(action),
        }
        set(&mut t.amendment_code, at, row.amendment_code);
        set(&mut t.amendment_reason, at, row.amendment_reason);
        set(&mut t.message_ref, at, row.message_ref);
        set(&mut t.sender, at, row.sender);
        set(&mut t.recipient, at, row.recipient);
        t.level.append_view(row.level.view());
        if let Some(mode) = row.mode {
            t.mode.set_view(at, mode.view());
        }
        set(&mut t.bill_number, at, row.bill_number);
        set(&mut t.master_bill, at, row.master_bill);
        set(&mut t.bill_issuer, at, row.bill_issuer);
        set(&mut t.ccn, at, row.ccn);
        set(&mut t.ucr, at, row.ucr);
        set(&mut t.declaration_ref, at, row.declaration_ref);
        set(&mut t.carrier, at, row.carrier);
        set(&mut t.conveyance_id, at, row.conveyance_id);
        set(&mut t.conveyance_name, at, row.conveyance_name);
        set(&mut t.conveyance_country, at, country(row.conveyance_country));
        set(&mut t.call_sign, at, row.call_sign);
        set(&mut t.voyage, at, row.voyage);
        set(&mut t.origin_place, at, row.origin_place);
        set(&mut t.loading_port, at, row.loading_port);
        set(&mut t.discharge_port, at, row.discharge_port);
        set(&mut t.entry_port, at, row.entry_port);
        set(&mut t.clearance_port, at, row.clearance_port);
        set(&mut t.delivery_place, at, row.delivery_place);
        set(&mut t.description, at, row.description);
        set(&mut t.package_type, at, row.package_type);
        set(&mut t.currency, at, row.currency);
        set(&mut t.payment, at, row.payment);
        set(&mut t.part, at, row.part);
        t.source.append_common(origin.source);
        t.partition.append_common(origin.partition);
        let n = &mut self.numbers;
        n.departure_local.set(at, row.departure_local);
        n.arrival_local.set(at, row.arrival_local);
        n.deadline_local.set(at, row.mode.and_then(|m| m.deadline(row.departure_local, row.arrival_local)));
        n.event_time.set(at, row.event_time);
        n.received_at.set(at, Some(origin.received_at));
        n.crew_count.set(at, row.crew_count);
        n.passenger_count.set(at, row.passenger_count);
        n.packages.set(at, row.packages);
        n.gross_weight_kg.set(at, row.gross_weight_kg);
        n.net_weight_kg.set(at, row.net_weight_kg);
        n.volume_m3.set(at, row.volume_m3);
        n.customs_value.set(at, row.customs_value);
        n.carriage_value.set(at, row.carriage_value);
        n.packages_of_bill.set(at, row.packages_of_bill);
        n.message_part.set(at, row.message_part);
        n.position.set(at, Some(row.position));
        n.ordinal.set(at, Some(row.ordinal));
        self.parties.end();
        self.items.end();
        self.containers.end();
        self.references.end();
        self.notes.end();
        self.route.end();
        self.seals.end();
        self.special_handling.end();
        self.handling_instructions.end();
        self.journey.end();
        if self.scratch.text.is_empty() && row.level != Level::Conveyance {
            self.notice(Finding::KeyMissing, Place::default());
        }
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use arrow::array::{Array, AsArray};

    use super::super::{ContainerRow, ItemRow, Party, PartyRow};
    use super::*;

    const ORIGIN: Origin<'_> = Origin { source: "test", partition: "a.edi", position: 0, received_at: 0 };

    #[test]
    fn children_belong_to_the_row_that_ends_them() {
        let mut rows = Consignments::default();
        assert!(!rows.is_open());
        rows.party(&PartyRow { role: Party::Consignor, name: "ACME", country: "CA", ..PartyRow::default() });
        rows.container(&ContainerRow { number: "csqu 305438-3", ..ContainerRow::default() }, ["S1", "S2"]);
        rows.item(&ItemRow { packages: Some(4), ..ItemRow::default() }, ["CSQU3054383"]);
        assert!(rows.is_open());
        let sea = ConsignmentRow {
            bill_number: "B1",
            carrier: "abcd",
            mode: Some(Mode::Sea),
            departure_local: Some(30 * HOUR),
            ..ConsignmentRow::default()
        };
        rows.push(&ORIGIN, &sea);
        assert!(!rows.is_open());
        rows.push(&ORIGIN, &ConsignmentRow { ordinal: 1, ..ConsignmentRow::default() });
        let batch = rows.finish().unwrap();
        assert_eq!((batch.num_rows(), rows.len()), (2, 0));
        let column = |name: &str| Arc::clone(batch.column_by_name(name).unwrap());
        assert_eq!(column("consignment_key").as_string_view().value(0), "BL:ABCD/B1");
        assert!(column("parties").is_null(1) && column("findings").is_null(0));
        assert_eq!(column("findings").as_list::<i32>().value(1).as_string_view().value(0), "consignment_key_missing");
        let party = column("parties").as_list::<i32>().value(0);
        assert_eq!(party.as_struct().column_by_name("country").unwrap().as_string_view().value(0), "CAN");
        let container = column("containers").as_list::<i32>().value(0);
        let container = container.as_struct();
        assert_eq!(container.column_by_name("number").unwrap().as_string_view().value(0), "CSQU3054383");
        assert_eq!(container.column_by_name("seals").unwrap().as_list::<i32>().value(0).len(), 2);
        let deadline = column("deadline_local");
        assert_eq!(deadline.as_primitive::<arrow::datatypes::TimestampMicrosecondType>().value(0), 6 * HOUR);
    }

    #[test]
    fn keys_name_the_shipment() {
        let mut scratch = Scratch::default();
        let mut key = |row: ConsignmentRow<'_>| {
            scratch.key(&row);
            scratch.text.clone()
        };
        let air = ConsignmentRow { mode: Some(Mode::Air), bill_number: "00612345675", ..ConsignmentRow::default() };
        assert_eq!(key(air), "AWB:00612345675");
        assert_eq!(key(ConsignmentRow { bill_number: "h1", master_bill: "00612345675", ..air }), "AWB:00612345675/H1");
        let sea = ConsignmentRow { bill_number: "1", carrier: "ABCD", ..ConsignmentRow::default() };
        assert_eq!(key(sea), "BL:ABCD/1");
        assert_eq!(key(ConsignmentRow { bill_issuer: "WXYZ", ..sea }), "BL:WXYZ/1");
        assert_eq!(key(ConsignmentRow { ccn: "8000x1", ..air }), "CCN:8000X1");
        assert_eq!(key(ConsignmentRow { declaration_ref: "18GB", ..ConsignmentRow::default() }), "DEC:18GB");
        assert_eq!(key(ConsignmentRow::default()), "");
    }
}
