//! Rules of content of the entry summary declaration as findings: the conditions (C…), rules (R…)
//! and technical rules (TR…) of the specification, in the reading of the tests of HMRC. One finding
//! is one error of the authority; the table of findings names its number.
//!
//! Presence is asked of elements: one that is empty is there. What is no number is equal to none.

use twox_hash::XxHash3_128;

use super::super::declaration::Report;
use super::super::findings::Finding as F;
use super::super::xml::Element;
use super::forms;
use super::header::Header;
use super::item::{Item, Package, Packing};
use super::party::{Party, Sameness};
use super::{Content, Field, text};

/// Findings of a party, in the order of [`Party::fields`].
#[derive(Debug)]
pub(super) struct PartyRules {
    /// Missing without TIN, missing beside a TIN of another country, and surplus beside a British TIN.
    missing: [F; 5],
    foreign: [F; 5],
    surplus: [F; 5],
}

macro_rules! party_rules {
    ($($constant:ident: $($name:ident $foreign:ident $surplus:ident),*;)*) => {
        $(pub(super) const $constant: PartyRules =
            PartyRules { missing: [$(F::$name),*], foreign: [$(F::$foreign),*], surplus: [$(F::$surplus),*] };)*
    };
}

party_rules! {
    CONSIGNOR:
        EnsConsignorNameMissing EnsConsignorNameMissingForeign EnsConsignorNameSurplus,
        EnsConsignorStreetMissing EnsConsignorStreetMissingForeign EnsConsignorStreetSurplus,
        EnsConsignorPostcodeMissing EnsConsignorPostcodeMissingForeign EnsConsignorPostcodeSurplus,
        EnsConsignorCityMissing EnsConsignorCityMissingForeign EnsConsignorCitySurplus,
        EnsConsignorCountryMissing EnsConsignorCountryMissingForeign EnsConsignorCountrySurplus;
    CONSIGNEE:
        EnsConsigneeNameMissing EnsConsigneeNameMissingForeign EnsConsigneeNameSurplus,
        EnsConsigneeStreetMissing EnsConsigneeStreetMissingForeign EnsConsigneeStreetSurplus,
        EnsConsigneePostcodeMissing EnsConsigneePostcodeMissingForeign EnsConsigneePostcodeSurplus,
        EnsConsigneeCityMissing EnsConsigneeCityMissingForeign EnsConsigneeCitySurplus,
        EnsConsigneeCountryMissing EnsConsigneeCountryMissingForeign EnsConsigneeCountrySurplus;
    NOTIFY:
        EnsNotifyNameMissing EnsNotifyNameMissingForeign EnsNotifyNameSurplus,
        EnsNotifyStreetMissing EnsNotifyStreetMissingForeign EnsNotifyStreetSurplus,
        EnsNotifyPostcodeMissing EnsNotifyPostcodeMissingForeign EnsNotifyPostcodeSurplus,
        EnsNotifyCityMissing EnsNotifyCityMissingForeign EnsNotifyCitySurplus,
        EnsNotifyCountryMissing EnsNotifyCountryMissingForeign EnsNotifyCountrySurplus;
    ITEM_CONSIGNOR:
        EnsItemConsignorNameMissing EnsItemConsignorNameMissingForeign EnsItemConsignorNameSurplus,
        EnsItemConsignorStreetMissing EnsItemConsignorStreetMissingForeign EnsItemConsignorStreetSurplus,
        EnsItemConsignorPostcodeMissing EnsItemConsignorPostcodeMissingForeign EnsItemConsignorPostcodeSurplus,
        EnsItemConsignorCityMissing EnsItemConsignorCityMissingForeign EnsItemConsignorCitySurplus,
        EnsItemConsignorCountryMissing EnsItemConsignorCountryMissingForeign EnsItemConsignorCountrySurplus;
    ITEM_CONSIGNEE:
        EnsItemConsigneeNameMissing EnsItemConsigneeNameMissingForeign EnsItemConsigneeNameSurplus,
        EnsItemConsigneeStreetMissing EnsItemConsigneeStreetMissingForeign EnsItemConsigneeStreetSurplus,
        EnsItemConsigneePostcodeMissing EnsItemConsigneePostcodeMissingForeign EnsItemConsigneePostcodeSurplus,
        EnsItemConsigneeCityMissing EnsItemConsigneeCityMissingForeign EnsItemConsigneeCitySurplus,
        EnsItemConsigneeCountryMissing EnsItemConsigneeCountryMissingForeign EnsItemConsigneeCountrySurplus;
    ITEM_NOTIFY:
        EnsItemNotifyNameMissing EnsItemNotifyNameMissingForeign EnsItemNotifyNameSurplus,
        EnsItemNotifyStreetMissing EnsItemNotifyStreetMissingForeign EnsItemNotifyStreetSurplus,
        EnsItemNotifyPostcodeMissing EnsItemNotifyPostcodeMissingForeign EnsItemNotifyPostcodeSurplus,
        EnsItemNotifyCityMissing EnsItemNotifyCityMissingForeign EnsItemNotifyCitySurplus,
        EnsItemNotifyCountryMissing EnsItemNotifyCountryMissingForeign EnsItemNotifyCountrySurplus;
    CARRIER:
        EnsCarrierNameMissing EnsCarrierNameMissingForeign EnsCarrierNameSurplus,
        EnsCarrierStreetMissing EnsCarrierStreetMissingForeign EnsCarrierStreetSurplus,
        EnsCarrierPostcodeMissing EnsCarrierPostcodeMissingForeign EnsCarrierPostcodeSurplus,
        EnsCarrierCityMissing EnsCarrierCityMissingForeign EnsCarrierCitySurplus,
        EnsCarrierCountryMissing EnsCarrierCountryMissingForeign EnsCarrierCountrySurplus;
}

/// Surplus fields of parties that have a TIN in any case.
const REPRESENTATIVE: [F; 5] = [
    F::EnsRepresentativeNameSurplus,
    F::EnsRepresentativeStreetSurplus,
    F::EnsRepresentativePostcodeSurplus,
    F::EnsRepresentativeCitySurplus,
    F::EnsRepresentativeCountrySurplus,
];
const LODGER: [F; 5] = [
    F::EnsLodgerNameSurplus,
    F::EnsLodgerStreetSurplus,
    F::EnsLodgerPostcodeSurplus,
    F::EnsLodgerCitySurplus,
    F::EnsLodgerCountrySurplus,
];

/// What the items add up to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums<'d> {
    pub(super) items: usize,
    consignors: Sameness<'d>,
    any_packages: bool,
    packages: f64,
    mass: f64,
    masses: usize,
    mass_plus: bool,
    to_order: usize,
    numbers: usize,
    numbers_wrong: bool,
    no_packages: bool,
}

/// C501: what a party must be named by.
fn party(report: &mut Report<'_, '_>, party: &Party<'_>, rules: &PartyRules) {
    let british = party.british();
    for (i, field) in party.fields.iter().enumerate() {
        match (british, field) {
            (None, None) => report.note(rules.missing[i], party.element),
            (Some(false), None) => report.note(rules.foreign[i], party.element),
            (Some(true), Some(field)) => report.note(rules.surplus[i], *field),
            _ => {}
        }
    }
}

fn surplus(report: &mut Report<'_, '_>, party: &Party<'_>, findings: [F; 5]) {
    for (finding, field) in findings.into_iter().zip(party.fields) {
        if let Some(field) = field {
            report.note(finding, field);
        }
    }
}

fn masses(report: &mut Report<'_, '_>, mass: Element<'_>) {
    let text = mass.content();
    report.when(!forms::mass_without_zeros(text), F::EnsMassZeros, mass);
    report.when(!forms::mass_digits(text), F::EnsMassDigits, mass);
    report.when(!forms::mass_decimals(text), F::EnsMassDecimals, mass);
    report.when(!forms::mass_point(text), F::EnsMassPoint, mass);
}

fn zeros(report: &mut Report<'_, '_>, field: Field<'_>, finding: F) {
    if let Some(field) = field {
        report.when(forms::leading_zeros(field.content()), finding, field);
    }
}

/// Rules of an item.
pub(super) fn item<'d>(report: &mut Report<'_, '_>, h: &Header<'d>, item: &Item<'d>, sums: &mut Sums<'d>) {
    let at = item.element;
    sums.items += 1;
    sums.to_order += usize::from(item.to_order);
    sums.any_packages |= item.packages > 0;
    if let Some(number) = item.number {
        sums.numbers += 1;
        sums.numbers_wrong |= number.content().parse() != Ok(sums.numbers);
    }
    zeros(report, item.number, F::EnsItemNumberZeros);
    if let Some(mass) = item.mass {
        masses(report, mass);
        report.when(forms::has_sign(mass.content()), F::EnsItemMassSign, mass);
        sums.mass += forms::number(mass.content());
        sums.masses += 1;
        sums.mass_plus |= mass.content().contains('+');
    } else if h.total_mass.is_none() && h.circumstance_text != "E" {
        report.note(F::EnsGrossMassMissing, at);
    }
    report.when(item.description.is_none() && item.commodity.is_none(), F::EnsCommodityMissing, at);
    report.when(item.documents == 0 && item.ucr.is_none() && h.ucr.is_none(), F::EnsDocumentMissing, at);
    let twice = [
        (item.payment, h.payment, F::EnsPaymentTwice),
        (item.loading, h.loading, F::EnsLoadingTwice),
        (item.unloading, h.unloading, F::EnsUnloadingTwice),
    ];
    for (field, in_header, finding) in twice {
        if let (Some(field), Some(_)) = (field, in_header) {
            report.note(finding, field);
        }
    }
    report.when(item.loading.is_none() && h.loading.is_none(), F::EnsLoadingMissing, at);
    let no_unloading = item.unloading.is_none() && h.unloading.is_none();
    report.when(no_unloading && h.circumstance_text != "E", F::EnsUnloadingMissing, at);
    item_parties(report, h, item);
    if let Some(consignor) = &item.consignor {
        sums.consignors.add(consignor);
    }
    transports(report, h, item);
    for package in item.groups("PACGS2").map(Package::read) {
        packages(report, h, &package, sums);
    }
}

fn item_parties(report: &mut Report<'_, '_>, h: &Header<'_>, item: &Item<'_>) {
    if let Some(consignor) = &item.consignor {
        party(report, consignor, &ITEM_CONSIGNOR);
        report.when(h.consignor.is_some(), F::EnsConsignorTwice, consignor.element);
    }
    if let Some(consignee) = &item.consignee {
        party(report, consignee, &ITEM_CONSIGNEE);
        report.when(item.to_order, F::EnsItemConsigneeToOrder, consignee.element);
        report.when(h.consignee.is_some(), F::EnsItemConsigneeTwice, consignee.element);
        let no_tin = consignee.tin.is_none() && h.circumstance_text == "E";
        report.when(no_tin, F::EnsItemConsigneeTin, consignee.element);
    } else {
        report.when(!item.to_order && h.consignee.is_none(), F::EnsItemConsigneeMissing, item.element);
    }
    if let Some(notify) = &item.notify {
        party(report, notify, &ITEM_NOTIFY);
        report.when(!item.to_order, F::EnsItemNotifyWithoutOrder, notify.element);
        report.when(h.notify.is_some(), F::EnsItemNotifyTwice, notify.element);
    } else {
        report.when(item.to_order && h.notify.is_none(), F::EnsItemNotifyMissing, item.element);
    }
}

fn transports(report: &mut Report<'_, '_>, h: &Header<'_>, item: &Item<'_>) {
    let elsewhere = h.identity.is_some() || h.goes_by(&[4]);
    report.when(item.transports == 0 && !elsewhere, F::EnsItemTransportMissing, item.element);
    report.when(item.transports > 999, F::EnsItemTransportsTooMany, item.element);
    if item.transports == 0 {
        return;
    }
    for transport in item.groups("IDEMEATRAGI970") {
        let nameless = transport.child("NatIDEMEATRAGI973").is_none();
        report.when(nameless && !h.goes_by(&[2]), F::EnsItemNationalityMissing, transport);
        report.when(elsewhere, F::EnsItemTransportSurplus, transport);
        if h.goes_by(&[1, 8])
            && let Some(identity) = transport.child("IdeMeaTraGIMEATRA971")
        {
            report.when(!forms::vessel(identity.content()), F::EnsVesselForm, identity);
        }
    }
}

/// C062 and TR0022, and the sum of R105.
fn packages<'d>(report: &mut Report<'_, '_>, h: &Header<'d>, package: &Package<'d>, sums: &mut Sums<'d>) {
    let at = package.element;
    let (counted, pieces) = (package.packages.is_some(), package.pieces.is_some());
    let packing = package.packing();
    match packing {
        Packing::Bulk => report.when(counted || pieces, F::EnsBulkCounted, at),
        Packing::Unpacked => report.when(counted || !pieces, F::EnsUnpackedCount, at),
        Packing::Packed => {
            report.when(!counted || pieces, F::EnsPackedCount, at);
            report.when(h.circumstance.is_none() && package.marks.is_none(), F::EnsMarksMissing, at);
        }
    }
    zeros(report, package.packages, F::EnsPackagesZeros);
    zeros(report, package.pieces, F::EnsPiecesZeros);
    sums.packages += f64::from(u8::from(packing == Packing::Bulk));
    for field in [package.packages, package.pieces].into_iter().flatten() {
        sums.packages += forms::number(field.content());
    }
    sums.no_packages |= is_none_of(package);
}

/// Whether a package is stated to be none.
fn is_none_of(package: &Package<'_>) -> bool {
    package.packages.is_some_and(|n| forms::number(n.content()) == 0.0)
}

/// TR0022: packages that are stated to be none lie among others of the same marks. `marks` is memory
/// to reuse.
fn no_packages(report: &mut Report<'_, '_>, root: Element<'_>, marks: &mut super::Seen) {
    let packages = || {
        let items = root.children().filter(|c| c.name() == "GOOITEGDS");
        items.flat_map(Element::children).filter(|c| c.name() == "PACGS2").map(Package::read)
    };
    marks.clear();
    for package in packages() {
        if let Some(own) = package.marks
            && text(package.packages).parse::<i32>().is_ok_and(|n| n > 0)
        {
            marks.insert(XxHash3_128::oneshot(own.content().as_bytes()));
        }
    }
    for package in packages().filter(is_none_of) {
        let known = package.marks.is_some_and(|own| marks.contains(&XxHash3_128::oneshot(own.content().as_bytes())));
        report.when(!known, F::EnsNoPackages, package.element);
    }
}

/// Rules of the declaration as a whole, once its items are read.
pub(super) fn declaration<'d>(
    report: &mut Report<'_, '_>,
    root: Element<'d>,
    h: &Header<'d>,
    sums: &Sums<'d>,
    marks: &mut super::Seen,
) {
    if let Some(sender) = h.sender {
        report.when(!forms::sender(sender.content()), F::EnsSenderForm, sender);
    }
    let consignors = &sums.consignors;
    let same = consignors.count == 1 || (consignors.count > 1 && !consignors.differs);
    report.when(same, F::EnsItemConsignorsSame, root);
    report.when(sums.numbers_wrong, F::EnsItemNumbers, root);
    report.when(sums.items > 999, F::EnsItemsTooMany, root);
    report.when(!sums.any_packages, F::EnsPackagesMissing, root);
    report.when(h.seals > 9_999, F::EnsSealsTooMany, root);
    report.when(h.countries < 2, F::EnsItineraryShort, root);
    if let (Some(lodgement), Some(entry)) = (h.lodgement, h.entry) {
        report.when(lodgement.content() == entry.content(), F::EnsOfficesSame, lodgement);
    }
    header_parties(report, h, sums);
    header(report, h, sums);
    if sums.no_packages {
        no_packages(report, root, marks);
    }
}

fn header_parties(report: &mut Report<'_, '_>, h: &Header<'_>, sums: &Sums<'_>) {
    if let Some(consignor) = &h.consignor {
        party(report, consignor, &CONSIGNOR);
    }
    if let Some(consignee) = &h.consignee {
        party(report, consignee, &CONSIGNEE);
        report.when(sums.to_order > 0, F::EnsConsigneeToOrder, consignee.element);
        report.when(consignee.tin.is_none() && h.circumstance_text == "E", F::EnsConsigneeTin, consignee.element);
    }
    if let Some(notify) = &h.notify {
        party(report, notify, &NOTIFY);
        report.when(sums.to_order < sums.items, F::EnsNotifyWithoutOrder, notify.element);
    }
    if let Some(representative) = &h.representative {
        surplus(report, representative, REPRESENTATIVE);
    }
    if let Some(party) = &h.lodger {
        surplus(report, party, LODGER);
        if let Some(tin) = party.tin {
            report.when(party.british() == Some(false), F::EnsLodgerTin, tin);
        }
    }
    if let Some(carrier) = &h.carrier {
        party(report, carrier, &CARRIER);
        report.when(carrier.tin.is_none() && h.goes_by(&[1, 4, 8, 10, 11]), F::EnsCarrierTin, carrier.element);
        if let Some(tin) = carrier.tin {
            let lodger = h.lodger.as_ref().map_or(&b""[..], |l| l.tin_written);
            report.when(carrier.tin_written == lodger, F::EnsCarrierIsLodger, tin);
        }
    }
}

/// Rules of HEAHEA.
fn header(report: &mut Report<'_, '_>, h: &Header<'_>, sums: &Sums<'_>) {
    let Some(at) = h.element else { return };
    let mode = h.mode.unwrap_or(at);
    report.when(!h.goes_by(&[1, 2, 3, 4, 8, 10, 11]), F::EnsModeUnknown, mode);
    zeros(report, h.mode, F::EnsModeZeros);
    let circumstance = h.circumstance.unwrap_or(at);
    report.when(h.circumstance_text == "C" && h.goes_by(&[1, 2, 4, 8, 10, 11]), F::EnsCircumstanceRoad, circumstance);
    report.when(h.circumstance_text == "D" && h.goes_by(&[1, 3, 4, 8, 10, 11]), F::EnsCircumstanceRail, circumstance);
    let unknown = h.circumstance.is_some() && !matches!(h.circumstance_text, "C" | "D" | "E");
    report.when(unknown, F::EnsCircumstanceUnknown, circumstance);

    let by_ship = h.goes_by(&[1, 8]);
    if let Some(identity) = h.identity {
        report.when(h.goes_by(&[4]), F::EnsTransportByAir, identity);
        report.when(by_ship && !forms::vessel(identity.content()), F::EnsVesselForm, identity);
        // Here the code is asked for as it is written.
        let by_road = matches!(text(h.mode), "3" | "10" | "11");
        report.when(by_road && h.nationality.is_none(), F::EnsNationalityMissing, at);
    } else {
        report.when(by_ship, F::EnsTransportMissing, at);
    }
    if let Some(nationality) = h.nationality {
        let asked = h.goes_by(&[3, 10, 11]) && h.identity.is_some();
        report.when(!asked, F::EnsNationalitySurplus, nationality);
    }
    let flight = h.conveyance.is_some_and(|c| forms::flight(c.content()));
    report.when(h.goes_by(&[4]) && !flight, F::EnsFlightForm, h.conveyance.unwrap_or(at));
    if let Some(conveyance) = h.conveyance {
        report.when(h.goes_by(&[1]) && !forms::transfer(conveyance.content()), F::EnsTransferForm, conveyance);
    }
    totals(report, h, sums, at);
}

fn totals(report: &mut Report<'_, '_>, h: &Header<'_>, sums: &Sums<'_>, at: Element<'_>) {
    if let Some(total) = h.total_items {
        report.when(forms::number(total.content()) != sums.items as f64, F::EnsTotalItems, total);
    }
    zeros(report, h.total_items, F::EnsTotalItemsZeros);
    if let Some(total) = h.total_packages {
        report.when(!sums.any_packages, F::EnsTotalPackagesSurplus, total);
        if forms::number(total.content()) != sums.packages {
            report.note(F::EnsTotalPackages, total);
            report.note(F::PackagesDiffer, total);
        }
        zeros(report, h.total_packages, F::EnsTotalPackagesZeros);
    } else {
        report.when(sums.any_packages, F::EnsTotalPackagesMissing, at);
    }
    if let Some(total) = h.total_mass {
        masses(report, total);
        report.when(forms::has_sign(total.content()), F::EnsTotalMassSign, total);
        // The sum of decimal fractions is right to a part of 10^16 an item.
        let limit = forms::number(total.content()) * (1.0 + 1e-16 * sums.masses as f64) + 0.0001;
        let plus = total.content().contains('+') || sums.mass_plus;
        if !plus && (limit.is_nan() || sums.mass.is_nan() || limit < sums.mass) {
            report.note(F::EnsTotalMass, total);
            report.note(F::WeightDiffers, total);
        }
    }
}
