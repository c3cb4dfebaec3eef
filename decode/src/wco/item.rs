//! One goods item: GovernmentAgencyGoodsItem of a declaration, ConsignmentItem of a cargo report.

use super::super::consignments::ItemRow;
use super::super::declaration::{Report, first, join};
use super::super::findings::Finding;
use super::super::xml::Element;
use super::{Scratch, document, party, values};

/// What the items of a row add up to, as far as each of them says it.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) items: i64,
    pub(super) packages: Option<i64>,
    pub(super) mass: Option<f64>,
    /// Items whose packages, or whose mass, are not stated.
    pub(super) uncounted: i64,
    pub(super) unweighed: i64,
}

/// What an item says in several places.
#[derive(Debug, Default)]
struct Found<'d> {
    row: ItemRow<'d>,
    description: Option<Element<'d>>,
    hs: Option<Element<'d>>,
    /// Whether the value is the one for statistics or customs, and not the price.
    official: bool,
    preferred_origin: bool,
}

/// Appends an item with all that it names.
pub(super) fn push(report: &mut Report<'_, '_>, element: Element<'_>, scratch: &mut Scratch, sums: &mut Sums) {
    sums.items += 1;
    let sequence = element.child("SequenceNumeric").map_or("", Element::text);
    let number = sequence.parse().ok();
    let mut found = Found { row: ItemRow { number, ..ItemRow::default() }, ..Found::default() };
    for text in [&mut scratch.hs, &mut scratch.marks, &mut scratch.kinds, &mut scratch.un_numbers] {
        text.clear();
    }
    for child in element.children() {
        match child.name() {
            "Commodity" => commodity(report, child, number, &mut found, scratch),
            "GoodsMeasure" => measures(report, child, &mut found.row),
            "Packaging" => packaging(report, child, &mut found.row, scratch),
            "StatisticalValueAmount" | "CustomsValueAmount" => value(report, child, true, &mut found),
            "Origin" => origin(report, child, &mut found),
            "UCR" => report.rows.reference_on(number, "UCR", child.get("TraderAssignedReferenceID")),
            "GovernmentProcedure" => {
                scratch.text.clear();
                scratch.text.push_str(child.get("CurrentCode"));
                scratch.text.push_str(child.get("PreviousCode"));
                report.rows.reference_on(number, "GovernmentProcedure", &scratch.text);
            }
            "Destination" => report.rows.reference_on(number, "Destination", child.get("CountryCode")),
            "ExportCountry" => report.rows.reference_on(number, "ExportCountry", child.get("ID")),
            "TransactionNatureCode" => report.rows.reference_on(number, child.name(), child.text()),
            "AdditionalDocument" | "PreviousDocument" | "TransportContractDocument" => {
                document::push(report, child, number, scratch);
            }
            "AdditionalInformation" => document::statement(report, child),
            // The goods of a cargo report may stand right in the item.
            "Description" | "CargoDescription" => found.description = found.description.or(Some(child)),
            "DangerousGoods" => dangerous(report, child, &mut found.row, scratch),
            name => {
                if let Some(role) = party::role(name) {
                    party::push(report, child, role, number, &mut scratch.party);
                }
            }
        }
    }
    end(report, element, found, scratch, sums);
}

fn end(report: &mut Report<'_, '_>, element: Element<'_>, found: Found<'_>, scratch: &mut Scratch, sums: &mut Sums) {
    let Found { mut row, description, hs, .. } = found;
    row.description = description.map_or("", Element::text);
    report.when(row.description.is_empty(), Finding::DescriptionMissing, element);
    row.hs = &scratch.hs;
    if let Some(at) = hs {
        report.hs(row.hs, at);
    }
    row.marks = &scratch.marks;
    row.package_type = &scratch.kinds;
    row.un_number = &scratch.un_numbers;
    if row.quantity.is_some() {
        row.quantity_unit = unit(element);
    }
    match row.packages {
        Some(n) => sums.packages = Some(sums.packages.unwrap_or(0) + n),
        None => sums.uncounted += 1,
    }
    match row.gross_weight_kg {
        Some(mass) => sums.mass = Some(sums.mass.unwrap_or(0.0) + mass),
        None => sums.unweighed += 1,
    }
    let right_below = element.children().filter(|c| c.name() == "TransportEquipment");
    let in_commodity = element.children().filter(|c| c.name() == "Commodity").flat_map(Element::children);
    let equipment = right_below.chain(in_commodity.filter(|c| c.name() == "TransportEquipment"));
    report.rows.item(&row, equipment.map(|e| e.get("ID")).filter(|id| !id.is_empty()));
}

fn commodity<'d>(
    report: &mut Report<'_, '_>,
    element: Element<'d>,
    number: Option<i32>,
    found: &mut Found<'d>,
    scratch: &mut Scratch,
) {
    for child in element.children() {
        match child.name() {
            "Description" | "CargoDescription" => found.description = found.description.or(Some(child)),
            "Classification" => classification(report, child, number, found, scratch),
            "GoodsMeasure" => measures(report, child, &mut found.row),
            "DangerousGoods" => dangerous(report, child, &mut found.row, scratch),
            "InvoiceLine" => {
                if let Some(price) = child.child("ItemChargeAmount") {
                    value(report, price, false, found);
                }
            }
            "ValueAmount" => value(report, child, false, found),
            _ => {}
        }
    }
}

/// A code of the goods. The tariff code of the Union comes in two parts, eight digits (TSP) and two
/// (TRC), which are one code.
fn classification<'d>(
    report: &mut Report<'_, '_>,
    element: Element<'d>,
    number: Option<i32>,
    found: &mut Found<'d>,
    scratch: &mut Scratch,
) {
    let id = element.get("ID");
    if id.is_empty() {
        return;
    }
    let kind = element.get("IdentificationTypeCode");
    let digits = id.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b' '));
    match kind {
        "TRC" if digits && id.len() == 2 && scratch.hs.len() <= 8 => scratch.hs.push_str(id),
        "" | "TSP" | "HS" | "SRZ" | "CN" | "CN8" | "TARIC" if scratch.hs.len() <= 2 => {
            // The second part may come first.
            scratch.hs.insert_str(0, id);
            found.hs = Some(element);
        }
        "" => report.rows.reference_on(number, element.name(), id),
        _ => report.rows.reference_on(number, kind, id),
    }
}

fn measures(report: &mut Report<'_, '_>, element: Element<'_>, row: &mut ItemRow<'_>) {
    for child in element.children() {
        match child.name() {
            "GrossMassMeasure" | "GrossWeightMeasure" => {
                row.gross_weight_kg = row.gross_weight_kg.or_else(|| values::mass(report, child));
            }
            "NetNetWeightMeasure" | "NetWeightMeasure" | "NetMassMeasure" => {
                row.net_weight_kg = row.net_weight_kg.or_else(|| values::mass(report, child));
            }
            "VolumeMeasure" | "GrossVolumeMeasure" => row.volume_m3 = row.volume_m3.or_else(|| values::volume(report, child)),
            "TariffQuantity" if row.quantity.is_none() => row.quantity = values::quantity(report, child),
            _ => {}
        }
    }
}

fn quantity_unit(element: Element<'_>) -> &str {
    element.descend(&["GoodsMeasure", "TariffQuantity"]).map_or("", |q| q.attr("unitCode"))
}

fn packaging(report: &mut Report<'_, '_>, element: Element<'_>, row: &mut ItemRow<'_>, scratch: &mut Scratch) {
    for child in element.children() {
        match child.name() {
            "QuantityQuantity" => {
                if let Some(n) = values::count(report, child) {
                    row.packages = Some(row.packages.unwrap_or(0) + n);
                }
            }
            "TypeCode" => join(&mut scratch.kinds, child.text(), " "),
            "MarksNumbersID" | "MarksNumbers" => join(&mut scratch.marks, child.text(), "; "),
            _ => {}
        }
    }
}

fn dangerous<'d>(report: &mut Report<'_, '_>, element: Element<'d>, row: &mut ItemRow<'d>, scratch: &mut Scratch) {
    if let Some(number) = element.child("UNDGID").or_else(|| element.child("UNDGCode")) {
        report.un_number(number.text(), number);
        join(&mut scratch.un_numbers, number.text(), " ");
    }
    row.hazard_class = first(row.hazard_class, first(element.get("HazardIdentificationCode"), element.get("ClassificationCode")));
}

fn value<'d>(report: &mut Report<'_, '_>, element: Element<'d>, official: bool, found: &mut Found<'d>) {
    if found.row.value.is_some() && (found.official || !official) {
        return;
    }
    if let Some(amount) = values::amount(report, element) {
        found.row.value = Some(amount);
        found.row.currency = element.attr("currencyID");
        found.official = official;
    }
}

/// Country of origin (type 1) rather than that of preferential origin (type 2).
fn origin<'d>(report: &mut Report<'_, '_>, element: Element<'d>, found: &mut Found<'d>) {
    let Some(country) = element.child("CountryCode").or_else(|| element.child("OriginCountryCode")) else { return };
    let own = element.get("TypeCode") != "2";
    if found.row.origin_country.is_empty() || (own && found.preferred_origin) {
        found.row.origin_country = country.text();
        found.preferred_origin = !own;
        report.country(country.text(), country);
    }
}

/// Unit of the supplementary quantity of an item.
fn unit(element: Element<'_>) -> &str {
    first(element.child("Commodity").map_or("", quantity_unit), quantity_unit(element))
}
