//! The goods, and the unit load devices that hold them.

use super::super::air;
use super::super::consignments::{ContainerRow, ItemRow};
use super::super::findings::Finding;
use super::super::output::Output;
use super::super::xml::Element;
use super::{Message, Scratch};

/// Totals of the items of a consignment; a sum is known only where every part of it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) packages: Option<i64>,
    pub(super) weight: Option<f64>,
    count: usize,
}

/// A weight in kilograms, or a volume in cubic metres; a finding where it is none.
pub(super) fn measure(
    message: &Message<'_, '_>,
    element: Element<'_>,
    unit: fn(&str) -> Option<f64>,
    out: &mut Output,
) -> Option<f64> {
    if element.text().is_empty() {
        return None;
    }
    let value = air::number(element.text()).zip(unit(element.attr("unitCode"))).map(|(n, factor)| n * factor);
    if value.is_none() {
        out.consignments.notice(Finding::WeightUnreadable, message.raw.place(element.name(), element.at()));
    }
    value
}

/// A count; a finding where it is none.
pub(super) fn count(message: &Message<'_, '_>, element: Element<'_>, out: &mut Output) -> Option<i64> {
    if element.text().is_empty() {
        return None;
    }
    let value = air::count(element.text());
    if value.is_none() {
        out.consignments.notice(Finding::QuantityUnreadable, message.raw.place(element.name(), element.at()));
    }
    value
}

/// Keeps a United Nations number (`UN1234` or `1234`) among those of the item at hand.
pub(super) fn un_number(message: &Message<'_, '_>, element: Element<'_>, text: &str, numbers: &mut String, out: &mut Output) {
    let number = text.strip_prefix("UN").unwrap_or(text).trim_ascii();
    if number.is_empty() {
        return;
    }
    if !crate::checks::dangerous(number) {
        out.consignments.notice(Finding::UnNumberInvalid, message.raw.place(element.name(), element.at()));
    }
    if !numbers.split(' ').any(|n| n == number) {
        air::join_lines(number, " ", numbers);
    }
}

/// Appends the unit load device of an element, and keeps its number in `scratch.uld`.
pub(super) fn unit_load_device(element: Element<'_>, scratch: &mut Scratch, out: &mut Output) {
    let kind = element.get("CharacteristicCode");
    let serial = element.get("ID");
    let owner = element.child("OperatingParty").map_or("", |p| p.get("PrimaryID"));
    let number = &mut scratch.uld;
    number.clear();
    // The serial may be the whole number already.
    let whole = !kind.is_empty() && serial.starts_with(kind);
    for part in if whole { ["", serial, ""] } else { [kind, serial, owner] } {
        number.push_str(part);
    }
    if !serial.is_empty() {
        let load = ContainerRow { number, kind: "unit_load_device", size_type: kind, load: "" };
        let seals = element.children().filter(|c| c.name().ends_with("Seal")).map(|s| s.get("ID"));
        out.consignments.container(&load, seals);
    }
}

/// Appends an item and the unit load devices in it. The first takes the description and the count of
/// the shipper from the whole where it has none.
pub(super) fn read(
    message: &Message<'_, '_>,
    element: Element<'_>,
    sums: &mut Sums,
    (summary, slac): (&str, Option<i64>),
    scratch: &mut Scratch,
    out: &mut Output,
) {
    let mut item = ItemRow::default();
    let mut further_hs = 0;
    let mut of_dimensions = None;
    let mut loads = 0;
    scratch.text.clear();
    scratch.hs.clear();
    for child in element.children() {
        let text = child.text();
        match child.name() {
            "SequenceNumeric" => item.number = text.parse().ok(),
            "TypeCode" if !text.is_empty() => {
                if !crate::checks::commodity(text) {
                    out.consignments.notice(Finding::HsInvalid, message.raw.place("TypeCode", child.at()));
                }
                if scratch.hs.is_empty() {
                    scratch.hs.push_str(text);
                } else {
                    further_hs += 1;
                }
            }
            "GrossWeightMeasure" => item.gross_weight_kg = measure(message, child, air::kilograms, out),
            "NetWeightMeasure" => item.net_weight_kg = measure(message, child, air::kilograms, out),
            "GrossVolumeMeasure" => item.volume_m3 = measure(message, child, air::cubic_metres, out),
            "PieceQuantity" => item.packages = count(message, child, out),
            // What the shipper loaded and counted, inside the pieces.
            "PackageQuantity" => {
                item.quantity = count(message, child, out).map(|n| n as f64);
                item.quantity_unit = "SLAC";
            }
            "PackageTypeCode" => item.package_type = text,
            "NatureIdentificationTransportCargo" => {
                for name in ["Identification", "Description"] {
                    air::join_lines(child.get(name), " ", &mut scratch.text);
                }
            }
            "Information" | "SummaryDescription" if scratch.text.is_empty() && text.len() > 3 => {
                air::join_lines(text, " ", &mut scratch.text);
            }
            "OriginCountry" => item.origin_country = child.get("ID"),
            "DeclaredValueAmount" | "CustomsValueAmount" => {
                (item.value, item.currency) = super::charges::amount(message, child, &mut out.consignments);
            }
            "TransportLogisticsPackage" => {
                let pieces = child.child("ItemQuantity").and_then(|q| air::count(q.text()));
                of_dimensions = of_dimensions.or(Some(0)).zip(pieces).map(|(a, b)| a + b);
                if item.package_type.is_empty() {
                    item.package_type = child.get("TypeCode");
                }
                if item.marks.is_empty() {
                    item.marks = child.descendants().find(|e| e.name().ends_with("Marks")).map_or("", Element::text);
                }
            }
            name if name.ends_with("DangerousGoods") => {
                for e in child.descendants().filter(|e| e.name() == "UNDGIdentificationCode") {
                    un_number(message, e, e.text(), &mut scratch.un_numbers, out);
                }
                let class = child.descendants().find(|e| e.name() == "HazardClassificationID" || e.name() == "HazardTypeCode");
                item.hazard_class = class.map_or("", Element::text);
            }
            "AssociatedUnitLoadTransportEquipment" => {
                unit_load_device(child, scratch, out);
                loads += 1;
            }
            _ => {}
        }
    }
    // Several rates of one line repeat nothing but the rate.
    if sums.count == 0 {
        (sums.packages, sums.weight) = (item.packages, item.gross_weight_kg);
    } else {
        let known = item.packages.is_some() || item.gross_weight_kg.is_some();
        if known {
            sums.packages = sums.packages.zip(item.packages).map(|(a, b)| a.saturating_add(b));
            sums.weight = sums.weight.zip(item.gross_weight_kg).map(|(a, b)| a + b);
        }
    }
    sums.count += 1;
    if let Some((a, b)) = of_dimensions.zip(item.packages)
        && a != b
    {
        out.consignments.notice(Finding::PiecesOfDimensionsDiffer, message.raw.place("TransportLogisticsPackage", element.at()));
    }
    if sums.count == 1 {
        if scratch.text.is_empty() {
            air::join_lines(summary, " ", &mut scratch.text);
        }
        if item.quantity.is_none() && slac.is_some() {
            (item.quantity, item.quantity_unit) = (slac.map(|n| n as f64), "SLAC");
        }
    }
    item.description = &scratch.text;
    item.hs = &scratch.hs;
    item.un_number = &scratch.un_numbers;
    if item.description.is_empty() && sums.count == 1 {
        out.consignments.notice(Finding::DescriptionMissing, message.raw.place(element.name(), element.at()));
    }
    // With one load the item is in it; with several the message does not say in which.
    let load = (loads == 1).then_some(scratch.uld.as_str());
    out.consignments.item(&item, load);
    let number = item.number;
    scratch.un_numbers.clear();
    for code in element.children().filter(|c| c.name() == "TypeCode" && !c.text().is_empty()).skip(1).take(further_hs) {
        out.consignments.item(&ItemRow { number, hs: code.text(), ..ItemRow::default() }, []);
    }
}
