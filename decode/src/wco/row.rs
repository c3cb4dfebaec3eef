//! A declaration, or a consignment of a cargo report, into the columns.

use super::super::consignments::{ConsignmentRow, ContainerRow, Level, Mode};
use super::super::declaration::{Noted, Report, first};
use super::super::findings::Finding;
use super::super::output::{Output, Raw};
use super::super::xml::Element;
use super::item::Sums;
use super::{Scratch, document, item, party, values};

/// What is read from the groups of a row, in the order in which they stand.
#[derive(Debug, Default)]
struct Reading<'d> {
    row: ConsignmentRow<'d>,
    total_packages: Option<Element<'d>>,
    total_mass: Option<Element<'d>>,
    total_items: Option<Element<'d>>,
    kind: &'d str,
    office: &'d str,
    supervising: &'d str,
    location: &'d str,
    ucr: &'d str,
    /// Identity of the means of transport inland, where none at the border is named.
    inland: Option<Element<'d>>,
    sums: Sums,
}

/// Appends the rows of a declaration; returns the ordinal of the next.
pub(super) fn push(
    raw: &Raw<'_>,
    root: Element<'_>,
    declaration: Element<'_>,
    (position, mut ordinal): (i64, i32),
    scratch: &mut Scratch,
    noted: &mut Noted,
    out: &mut Output,
) -> i32 {
    let report = &mut Report { raw, rows: &mut out.consignments };
    let reports = declaration.children().any(|c| c.name() == "Consignment" && is_reported(c));
    if reports && declaration.child("GoodsShipment").is_none() {
        for consignment in declaration.children().filter(|c| c.name() == "Consignment") {
            one(report, root, declaration, Some(consignment), (position, ordinal), scratch, noted);
            ordinal += 1;
        }
        return ordinal;
    }
    one(report, root, declaration, None, (position, ordinal), scratch, noted);
    ordinal + 1
}

/// Whether a consignment is a shipment of its own, as in a cargo report.
fn is_reported(consignment: Element<'_>) -> bool {
    consignment
        .children()
        .any(|c| matches!(c.name(), "ConsignmentItem" | "TransportContractDocument" | "Consignee" | "Consignor"))
}

/// One row: the declaration with all in it, or with one consignment of a report.
fn one(
    report: &mut Report<'_, '_>,
    root: Element<'_>,
    declaration: Element<'_>,
    consignment: Option<Element<'_>>,
    (position, ordinal): (i64, i32),
    scratch: &mut Scratch,
    noted: &mut Noted,
) {
    scratch.bills.clear();
    scratch.ducr.clear();
    let mut reading = Reading::default();
    let whole = consignment.is_none();
    for child in declaration.children() {
        match child.name() {
            "GoodsShipment" => group(report, child, &mut reading, scratch),
            "Consignment" if whole => group(report, child, &mut reading, scratch),
            "Consignment" => {}
            "ID" => reading.row.declaration_ref = first(reading.row.declaration_ref, child.text()),
            "FunctionalReferenceID" => reading.row.message_ref = first(reading.row.message_ref, child.text()),
            "FunctionCode" => reading.row.amendment_code = first(reading.row.amendment_code, child.text()),
            "TypeCode" => reading.kind = first(reading.kind, child.text()),
            _ => part(report, child, &mut reading, scratch),
        }
    }
    if let Some(consignment) = consignment {
        group(report, consignment, &mut reading, scratch);
    }
    noted.element(report, consignment.unwrap_or(declaration));
    end(report, root, declaration, consignment, (position, ordinal), reading, scratch);
}

/// A group whose parts count as those of the declaration: a shipment, or the consignment in it.
fn group<'d>(report: &mut Report<'_, '_>, element: Element<'d>, reading: &mut Reading<'d>, scratch: &mut Scratch) {
    for child in element.children() {
        match child.name() {
            "Consignment" => group(report, child, reading, scratch),
            _ => part(report, child, reading, scratch),
        }
    }
}

/// One part of a declaration, shipment or consignment.
fn part<'d>(report: &mut Report<'_, '_>, child: Element<'d>, reading: &mut Reading<'d>, scratch: &mut Scratch) {
    let row = &mut reading.row;
    match child.name() {
        "GovernmentAgencyGoodsItem" | "ConsignmentItem" => item::push(report, child, scratch, &mut reading.sums),
        "BorderTransportMeans" => means(report, child, reading),
        "ArrivalTransportMeans" | "DepartureTransportMeans" | "TransportMeans" => {
            report.rows.reference(child.name(), first(child.get("ID"), child.get("Name")));
            reading.inland = reading.inland.or(Some(child));
        }
        "TransportEquipment" => equipment(report, child),
        "TransportContractDocument" | "AdditionalDocument" | "PreviousDocument" => document::push(report, child, None, scratch),
        "AdditionalInformation" => document::statement(report, child),
        "Amendment" => row.amendment_reason = first(row.amendment_reason, child.get("ChangeReasonCode")),
        "UCR" => {
            let id = first(child.get("TraderAssignedReferenceID"), child.get("ID"));
            if reading.ucr.is_empty() { reading.ucr = id } else { report.rows.reference("UCR", id) }
        }
        "LoadingLocation" => row.loading_port = first(row.loading_port, place(child)),
        "UnloadingLocation" => row.discharge_port = first(row.discharge_port, place(child)),
        "EntryOffice" | "FirstEntryCustomsOffice" | "EntryCustomsOffice" => {
            row.entry_port = first(row.entry_port, child.get("ID"));
        }
        "PresentationOffice" => reading.office = first(reading.office, child.get("ID")),
        "SupervisingOffice" => {
            reading.supervising = first(reading.supervising, child.get("ID"));
            report.rows.reference(child.name(), child.get("ID"));
        }
        "ExitOffice" | "DeclarationOffice" => report.rows.reference(child.name(), child.get("ID")),
        "GoodsLocation" => {
            reading.location = first(reading.location, place(child));
            report.rows.reference(child.name(), place(child));
        }
        "ExportCountry" => row.origin_place = first(row.origin_place, child.get("ID")),
        "GoodsReceiptPlace" => row.origin_place = first(place(child), row.origin_place),
        "Destination" => row.delivery_place = first(row.delivery_place, child.get("CountryCode")),
        "DeliveryDestination" => row.delivery_place = first(place(child), row.delivery_place),
        "Itinerary" => route(report, child),
        "Freight" => row.payment = first(row.payment, child.get("PaymentMethodCode")),
        "Seal" => report.rows.seal(child.get("ID")),
        "Invoice" => report.rows.reference("Invoice", child.get("ID")),
        "TradeTerms" => {
            report.rows.reference("TradeTerms", child.get("ConditionCode"));
            report.rows.reference("TradeTerms", child.get("LocationID"));
        }
        "ObligationGuarantee" => {
            report.rows.reference(child.name(), first(child.get("ReferenceID"), child.get("ID")));
        }
        "TransactionNatureCode" | "SpecificCircumstancesCode" | "SpecificCircumstancesCodeCode" => {
            report.rows.reference(child.name(), child.text());
        }
        "TotalPackageQuantity" => reading.total_packages = reading.total_packages.or(Some(child)),
        "TotalGrossMassMeasure" | "GrossMassMeasure" | "GrossWeightMeasure" => {
            reading.total_mass = reading.total_mass.or(Some(child));
        }
        "GoodsItemQuantity" => reading.total_items = reading.total_items.or(Some(child)),
        "InvoiceAmount" => {
            if let Some(amount) = values::amount(report, child) {
                row.customs_value = Some(amount);
                row.currency = child.attr("currencyID");
            }
        }
        "IssueDateTime" => row.event_time = values::time(report, child).or(row.event_time),
        "AcceptanceDateTime" => row.event_time = row.event_time.or_else(|| values::time(report, child)),
        "ArrivalDateTime" => row.arrival_local = row.arrival_local.or_else(|| values::time(report, child)),
        "DepartureDateTime" | "LoadingDateTime" => {
            row.departure_local = row.departure_local.or_else(|| values::time(report, child));
        }
        name => {
            if let Some(role) = party::role(name) {
                if name == "Carrier" {
                    row.carrier = first(row.carrier, child.get("ID"));
                }
                party::push(report, child, role, None, &mut scratch.party);
            }
        }
    }
}

/// Means of transport at the border.
fn means<'d>(report: &mut Report<'_, '_>, element: Element<'d>, reading: &mut Reading<'d>) {
    let row = &mut reading.row;
    row.mode = row.mode.or_else(|| Mode::of_code(first(element.get("ModeCode"), element.get("TypeCode")).as_bytes()));
    identity(report, element, row);
    for child in element.children() {
        match child.name() {
            "Itinerary" => route(report, child),
            "ArrivalDateTime" => row.arrival_local = row.arrival_local.or_else(|| values::time(report, child)),
            "DepartureDateTime" => row.departure_local = row.departure_local.or_else(|| values::time(report, child)),
            "Carrier" => row.carrier = first(row.carrier, child.get("ID")),
            "RegistrationNationalityCode" => report.country(child.text(), child),
            _ => {}
        }
    }
}

/// Identity of a means of transport, by the kind of the identity.
fn identity<'d>(report: &mut Report<'_, '_>, element: Element<'d>, row: &mut ConsignmentRow<'d>) {
    let id = element.get("ID");
    match element.get("IdentificationTypeCode") {
        // Names of a ship, at sea and inland.
        "11" | "81" => row.conveyance_name = first(row.conveyance_name, id),
        // Flight number.
        "40" => row.voyage = first(row.voyage, id),
        "10" => {
            row.conveyance_id = first(row.conveyance_id, id);
            if let Some(number) = element.child("ID") {
                report.imo(number.text(), number);
            }
        }
        _ => row.conveyance_id = first(row.conveyance_id, id),
    }
    row.conveyance_name = first(row.conveyance_name, element.get("Name"));
    row.conveyance_country = first(row.conveyance_country, element.get("RegistrationNationalityCode"));
    row.voyage = first(row.voyage, element.get("JourneyID"));
}

fn route(report: &mut Report<'_, '_>, itinerary: Element<'_>) {
    for place in itinerary.children().filter(|c| matches!(c.name(), "RoutingCountryCode" | "ID")) {
        report.rows.route(place.text());
        if place.name() == "RoutingCountryCode" {
            report.country(place.text(), place);
        }
    }
}

fn place(location: Element<'_>) -> &str {
    first(location.get("ID"), location.get("Name"))
}

/// A container with its seals.
fn equipment(report: &mut Report<'_, '_>, element: Element<'_>) {
    let seals = element.children().filter(|c| c.name() == "Seal").map(|s| s.get("ID")).filter(|id| !id.is_empty());
    let number = element.get("ID");
    if number.is_empty() {
        seals.for_each(|seal| report.rows.seal(seal));
        return;
    }
    let load = match element.get("FullnessCode") {
        "4" => "empty",
        "5" | "7" | "8" => "full",
        _ => "",
    };
    let row = ContainerRow { number, kind: "container", size_type: element.get("CharacteristicCode"), load };
    report.rows.container(&row, seals);
    report.container(number, element);
}

/// What the message does: codes of UN/EDIFACT DE 1225, and kinds of declaration that only amend (COR)
/// or invalidate (INV).
fn action(function: &str, kind: &str) -> &'static str {
    match (function, kind) {
        ("1" | "3", _) | (_, "INV") => "cancel",
        ("4" | "5" | "13" | "36" | "2", _) | (_, "COR") => "change",
        _ => "new",
    }
}

/// Ends the row.
fn end(
    report: &mut Report<'_, '_>,
    root: Element<'_>,
    declaration: Element<'_>,
    consignment: Option<Element<'_>>,
    (position, ordinal): (i64, i32),
    reading: Reading<'_>,
    scratch: &mut Scratch,
) {
    let Reading { mut row, sums, .. } = reading;
    row.message_format = "WCO XML";
    row.message_kind = first(reading.kind, first(root.get("WCOTypeName"), declaration.name()));
    row.action = action(row.amendment_code, reading.kind);
    row.declaration_ref = first(row.declaration_ref, row.message_ref);
    row.sender = report.raw.envelope.sender;
    row.recipient = first(report.raw.envelope.recipient, root.get("ResponsibleAgencyName"));
    row.event_time = row.event_time.or(report.raw.envelope.event_time);
    row.ucr = first(reading.ucr, &scratch.ducr);
    row.clearance_port = first(reading.office, first(reading.supervising, reading.location));
    if let Some(inland) = reading.inland {
        if row.conveyance_id.is_empty() && row.conveyance_name.is_empty() && row.voyage.is_empty() {
            identity(report, inland, &mut row);
        }
        row.mode = row.mode.or_else(|| Mode::of_code(inland.get("ModeCode").as_bytes()));
    }
    row.packages = reading.total_packages.and_then(|e| values::count(report, e));
    row.gross_weight_kg = reading.total_mass.and_then(|e| values::mass(report, e));
    if row.action == "new" {
        totals(report, &row, &sums, reading.total_packages, reading.total_mass, reading.total_items);
    }
    let (bill, master) = scratch.bills.pair(row.mode);
    row.bill_number = bill;
    row.master_bill = master;
    row.level = match consignment {
        None => Level::Declaration,
        Some(_) if !master.is_empty() => Level::House,
        Some(_) => Level::Simple,
    };
    row.position = position;
    row.ordinal = ordinal;
    report.rows.push(report.raw.origin, &row);
}

/// Stated totals against the items, as far as all of them say it.
fn totals(
    report: &mut Report<'_, '_>,
    row: &ConsignmentRow<'_>,
    sums: &Sums,
    packages: Option<Element<'_>>,
    mass: Option<Element<'_>>,
    items: Option<Element<'_>>,
) {
    if sums.items == 0 {
        return;
    }
    if let (Some(at), Some(stated), Some(sum), 0) = (packages, row.packages, sums.packages, sums.uncounted) {
        report.when(stated != sum, Finding::PackagesDiffer, at);
    }
    if let (Some(at), Some(stated), Some(sum), 0) = (mass, row.gross_weight_kg, sums.mass, sums.unweighed) {
        // Items are rounded to a thousandth each.
        let slack = 0.001 * sums.items as f64 + 1e-9 * sum.abs();
        report.when((stated - sum).abs() > slack, Finding::WeightDiffers, at);
    }
    if let Some(at) = items
        && let Some(stated) = values::count(report, at)
    {
        report.when(stated != sums.items, Finding::CountDiffers, at);
    }
}
