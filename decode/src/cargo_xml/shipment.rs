//! One master or house consignment into a row.

use super::super::air::{self, Awb};
use super::super::consignments::{ConsignmentRow, ItemRow, Level, Mode};
use super::super::findings::Finding;
use super::super::output::Output;
use super::super::xml::Element;
use super::item::{self, Sums, count, measure};
use super::journey::{Legs, place};
use super::{Kind, Message, Scratch, charges, party};

/// What stands around a house, or nothing for a master.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context<'d> {
    pub(super) house: bool,
    pub(super) ordinal: i32,
    master: &'d str,
    legs: Legs<'d>,
    pub(super) packages: Option<i64>,
    pub(super) weight: Option<f64>,
}

/// What a row counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Total {
    pub(super) packages: Option<i64>,
    pub(super) weight: Option<f64>,
}

impl<'d> Context<'d> {
    /// What the master consignment says for its houses.
    pub(super) fn of_master(message: &Message<'d, '_>, master: Element<'d>) -> Self {
        let mut context = Self { house: true, master: contract(master), ..Self::default() };
        if context.master.is_empty() && message.kind == Kind::HouseManifest {
            context.master = message.header.document();
        }
        for child in master.children() {
            match child.name() {
                "TotalPieceQuantity" => context.packages = air::count(child.text()),
                "IncludedTareGrossWeightMeasure" | "GrossWeightMeasure" => {
                    let factor = air::kilograms(child.attr("unitCode"));
                    context.weight = air::number(child.text()).zip(factor).map(|(n, factor)| n * factor);
                }
                _ => {}
            }
        }
        context
    }
}

/// Number of the transport contract: of the waybill or house waybill.
fn contract(consignment: Element<'_>) -> &str {
    consignment.child("TransportContractDocument").map_or("", |d| d.get("ID"))
}

/// What is gathered of a consignment.
#[derive(Debug, Default)]
struct Facts<'d> {
    packages: Option<i64>,
    weight: Option<f64>,
    net: Option<f64>,
    volume: Option<f64>,
    slac: Option<i64>,
    carriage: Option<f64>,
    customs: Option<f64>,
    currency: &'d str,
    payment: &'static str,
    origin: &'d str,
    destination: &'d str,
    summary: &'d str,
    split: &'d str,
    ucr: &'d str,
    declaration: &'d str,
    /// Country and subject of the last customs note.
    noted: (&'d str, &'d str),
    sums: Sums,
    items: bool,
}

/// Reads a consignment and ends it as a row.
pub(super) fn read<'d>(
    message: &Message<'d, '_>,
    element: Element<'d>,
    context: &Context<'d>,
    scratch: &mut Scratch,
    out: &mut Output,
) -> Total {
    if element.children().next().is_none() && message.header.document().is_empty() {
        return Total::default();
    }
    let mut facts = Facts::default();
    let mut legs = context.legs;
    scratch.un_numbers.clear();
    facts.summary = element.get("SummaryDescription");
    // What the shipper counted stands at the whole for a house, and at the item for a master.
    facts.slac = element.child("PackageQuantity").and_then(|e| count(message, e, out));
    header(message, context, out);
    for child in element.children() {
        part(message, element, child, &mut facts, &mut legs, scratch, out);
    }
    let header = &message.header;
    let number = if context.house {
        let own = contract(element);
        let named = if message.kind == Kind::HouseWaybill { header.document() } else { "" };
        if named.is_empty() { own } else { named }
    } else {
        let named = header.document();
        if named.is_empty() { contract(element) } else { named }
    };
    let sent = if context.house { context.master } else { number };
    let awb = Awb::read(sent);
    if !sent.is_empty() && !awb.is_valid {
        out.consignments.notice(Finding::AwbInvalid, message.raw.place("TransportContractDocument", element.at()));
    }
    if !facts.items && (!facts.summary.is_empty() || facts.slac.is_some() || !scratch.un_numbers.is_empty()) {
        goods(element, &facts, scratch, out);
    } else if !facts.items {
        out.consignments.notice(Finding::DescriptionMissing, message.raw.place(element.name(), element.at()));
    }
    check(message, element, &facts, out);
    let mut damage = element.damage();
    if let Some(at) = damage.next() {
        out.consignments.notice(Finding::XmlDamaged, message.raw.place(element.name(), at));
    }
    if !element.is_closed() {
        out.consignments.notice(Finding::XmlCut, message.raw.place(element.name(), element.range().end));
    }
    let level = match (context.house, message.kind) {
        (true, _) => Level::House,
        (false, Kind::HouseManifest | Kind::HouseWaybill) => Level::Master,
        (false, _) if header.is_consolidation() => Level::Master,
        (false, _) => Level::Simple,
    };
    let border = legs.border.leg;
    let row = ConsignmentRow {
        message_format: message.kind.format(),
        message_kind: header.type_code,
        action: header.action(),
        amendment_code: header.purpose,
        message_ref: header.id,
        sender: header.sender,
        recipient: header.recipient,
        level,
        mode: Some(Mode::Air),
        bill_number: if context.house { number } else { awb.or(number) },
        master_bill: if context.house { awb.or(sent) } else { "" },
        ucr: facts.ucr,
        declaration_ref: facts.declaration,
        carrier: border.carrier,
        voyage: border.voyage,
        origin_place: facts.origin,
        loading_port: border.departure_port,
        discharge_port: border.arrival_port,
        delivery_place: facts.destination,
        departure_local: border.departure_local,
        arrival_local: border.arrival_local,
        event_time: header.event_time,
        description: facts.summary,
        packages: facts.packages,
        gross_weight_kg: facts.weight,
        net_weight_kg: facts.net,
        volume_m3: facts.volume,
        customs_value: facts.customs,
        carriage_value: facts.carriage,
        currency: facts.currency,
        payment: facts.payment,
        part: split(facts.split),
        position: message.position,
        ordinal: context.ordinal,
        ..ConsignmentRow::default()
    };
    out.consignments.push(message.raw.origin, &row);
    Total { packages: facts.packages, weight: facts.weight }
}

/// What the shipment description code says of how much is reported.
pub(super) fn split(code: &str) -> &str {
    match code {
        "T" => "total",
        "P" => "part",
        "S" => "split",
        "D" => "divided",
        "M" => "multi_part",
        other => other,
    }
}

/// References and signatures of the business document.
fn header(message: &Message<'_, '_>, context: &Context<'_>, out: &mut Output) {
    // A manifest of many houses has one header, which is that of the master.
    if context.house && message.kind == Kind::HouseManifest {
        return;
    }
    let Some(business) = message.header.business else { return };
    for child in business.children() {
        match child.name() {
            "SenderAssignedID" => out.consignments.reference("SenderAssignedID", child.text()),
            "IncludedHeaderNote" => out.consignments.reference("IncludedHeaderNote", child.get("Content")),
            name @ ("SignatoryConsignorAuthentication" | "SignatoryCarrierAuthentication") => {
                out.consignments.reference(name, child.get("Signatory"));
                let carrier = name == "SignatoryCarrierAuthentication";
                if carrier {
                    out.consignments.reference("ActualDateTime", child.get("ActualDateTime"));
                    let place = child.child("IssueAuthenticationLocation").map_or("", |l| l.get("Name"));
                    out.consignments.reference("IssueAuthenticationLocation", place);
                }
            }
            _ => {}
        }
    }
}

/// Reads one part of a consignment.
fn part<'d>(
    message: &Message<'d, '_>,
    consignment: Element<'d>,
    child: Element<'d>,
    facts: &mut Facts<'d>,
    legs: &mut Legs<'d>,
    scratch: &mut Scratch,
    out: &mut Output,
) {
    let text = child.text();
    match child.name() {
        "TotalPieceQuantity" => facts.packages = count(message, child, out),
        "PieceQuantity" if facts.packages.is_none() => facts.packages = count(message, child, out),
        "IncludedTareGrossWeightMeasure" | "GrossWeightMeasure" => facts.weight = measure(message, child, air::kilograms, out),
        "NetWeightMeasure" => facts.net = measure(message, child, air::kilograms, out),
        "GrossVolumeMeasure" => facts.volume = measure(message, child, air::cubic_metres, out),
        "DeclaredValueForCarriageAmount" => {
            let (amount, currency) = charges::amount(message, child, &mut out.consignments);
            facts.carriage = amount;
            facts.currency = first(facts.currency, currency);
        }
        "DeclaredValueForCustomsAmount" => {
            let (amount, currency) = charges::amount(message, child, &mut out.consignments);
            facts.customs = amount;
            facts.currency = first(currency, facts.currency);
        }
        "ApplicableOriginCurrencyExchange" => facts.currency = first(facts.currency, child.get("SourceCurrencyCode")),
        "TotalChargePrepaidIndicator" => facts.payment = charges::payment(text),
        "ApplicableLogisticsAllowanceCharge" => charges::other(message, child, &mut out.consignments),
        "ApplicableTotalRating" => {
            let paid = charges::totals(message, child, &mut out.consignments);
            if facts.payment.is_empty() {
                facts.payment = paid;
            }
        }
        "OriginLocation" => facts.origin = place(child),
        "FinalDestinationLocation" => facts.destination = place(child),
        "TransportSplitDescription" => facts.split = text,
        "SpecifiedLogisticsTransportMovement" => legs.read(message, child, &mut out.consignments),
        "IncludedCustomsNote" => note(message, child, facts, scratch, out),
        "ApplicableRating" => {
            for item in child.children().filter(|c| c.name().ends_with("ConsignmentItem")) {
                item::read(message, item, &mut facts.sums, (facts.summary, facts.slac), scratch, out);
                facts.items = true;
            }
        }
        "IncludedHouseConsignmentItem" | "IncludedMasterConsignmentItem" => {
            item::read(message, child, &mut facts.sums, (facts.summary, facts.slac), scratch, out);
            facts.items = true;
        }
        "UtilizedLogisticsTransportEquipment" | "UtilizedUnitLoadTransportEquipment" | "AssociatedUnitLoadTransportEquipment" => {
            item::unit_load_device(child, scratch, out);
        }
        "AssociatedConsignmentCustomsProcedure" => out.consignments.reference("GoodsStatusCode", child.get("GoodsStatusCode")),
        "AssociatedReferenceDocument" => {
            let kind = first(child.get("TypeCode"), child.get("Name"));
            out.consignments.reference(first(kind, "AssociatedReferenceDocument"), child.get("ID"));
        }
        "IncludedAccountingNote" => {
            out.consignments.reference(first(child.get("ContentCode"), "IncludedAccountingNote"), child.get("Content"));
        }
        "ID" => out.consignments.reference("ID", text),
        name if name.starts_with("Handling") && name.ends_with("Instructions") => handling(child, out),
        name if name.ends_with("Party") => party::read(message, consignment, child, scratch, out),
        _ => {}
    }
}

fn first<'d>(a: &'d str, b: &'d str) -> &'d str {
    if a.is_empty() { b } else { a }
}

/// Codes and words of handling: special handling, special service, other service.
pub(super) fn handling(element: Element<'_>, out: &mut Output) {
    let (code, text) = (element.get("DescriptionCode"), element.get("Description"));
    let is_code = |s: &str| s.len() == 3 && s.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if element.name() == "HandlingSPHInstructions" || is_code(code) {
        out.consignments.special_handling(first(code, text));
        if !code.is_empty() {
            out.consignments.handling_instruction(text);
        }
    } else {
        out.consignments.handling_instruction(text);
    }
}

/// A customs note. One without country and subject goes on with those of the note before it.
fn note<'d>(message: &Message<'d, '_>, element: Element<'d>, facts: &mut Facts<'d>, scratch: &mut Scratch, out: &mut Output) {
    let (code, value) = (element.get("ContentCode"), element.get("Content"));
    let (mut country, mut subject) = (element.get("CountryID"), element.get("SubjectCode"));
    if country.is_empty() && subject.is_empty() {
        (country, subject) = facts.noted;
    } else {
        facts.noted = (country, subject);
    }
    if code.is_empty() && value.is_empty() {
        return;
    }
    out.consignments.customs_note(country, subject, code, value);
    match code {
        "M" if facts.declaration.is_empty() => facts.declaration = value,
        "U" if facts.ucr.is_empty() => facts.ucr = value,
        "D" if subject == "DNR" => item::un_number(message, element, value, &mut scratch.un_numbers, out),
        _ => {}
    }
}

/// The goods of a house that has no items of its own.
fn goods(element: Element<'_>, facts: &Facts<'_>, scratch: &mut Scratch, out: &mut Output) {
    scratch.text.clear();
    air::join_lines(facts.summary, " ", &mut scratch.text);
    let item = ItemRow {
        number: element.get("SequenceNumeric").parse().ok(),
        description: &scratch.text,
        packages: facts.packages,
        gross_weight_kg: facts.weight,
        volume_m3: facts.volume,
        quantity: facts.slac.map(|n| n as f64),
        quantity_unit: if facts.slac.is_some() { "SLAC" } else { "" },
        un_number: &scratch.un_numbers,
        ..ItemRow::default()
    };
    out.consignments.item(&item, []);
    scratch.un_numbers.clear();
}

/// Compares what is stated for the whole with the sums of the items.
fn check(message: &Message<'_, '_>, element: Element<'_>, facts: &Facts<'_>, out: &mut Output) {
    if facts.packages.zip(facts.sums.packages).is_some_and(|(a, b)| a != b) {
        out.consignments.notice(Finding::PackagesDiffer, message.raw.place("TotalPieceQuantity", element.at()));
    }
    if facts.weight.zip(facts.sums.weight).is_some_and(|(a, b)| !air::same(a, b)) {
        out.consignments.notice(Finding::WeightDiffers, message.raw.place("GrossWeightMeasure", element.at()));
    }
}
