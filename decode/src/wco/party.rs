//! Parties: a name or identifier with an address and ways to reach them, under the name of their role.

use tamis_records::identifiers::eori;

use super::super::consignments::{Party as Role, PartyRow};
use super::super::declaration::{Report, first};
use super::super::findings::Finding;
use super::super::xml::Element;

/// Role of an element, where it is that of a party.
pub(super) fn role(name: &str) -> Option<Role> {
    Some(match name {
        "Consignor" | "Shipper" => Role::Consignor,
        "Consignee" | "DeliveryDestinationParty" => Role::Consignee,
        "NotifyParty" => Role::Notify,
        "Carrier" => Role::Carrier,
        "Agent" | "FreightForwarder" | "Consolidator" | "Deconsolidator" | "ForwardingAgent" => Role::Agent,
        "Declarant" | "Submitter" => Role::Declarant,
        "Importer" => Role::Importer,
        "Exporter" => Role::Exporter,
        "Seller" => Role::Seller,
        "Buyer" => Role::Buyer,
        "Warehouse" => Role::Warehouse,
        "Driver" | "Master" => Role::Driver,
        "CrewMember" => Role::Crew,
        "AuthorisationHolder"
        | "AEOMutualRecognitionParty"
        | "DomesticDutyTaxParty"
        | "Payer"
        | "Surety"
        | "Manufacturer"
        | "Producer"
        | "Supplier"
        | "UltimateConsignee"
        | "GovernmentAgencyParty"
        | "ResponsibleParty"
        | "Holder"
        | "LoadingParty"
        | "StuffingParty"
        | "OriginalConsignee"
        | "AdditionalParty" => Role::Other,
        _ => return None,
    })
}

/// Memory to reuse.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    name: String,
    address: String,
}

/// Appends a party.
pub(super) fn push(report: &mut Report<'_, '_>, element: Element<'_>, role: Role, item: Option<i32>, scratch: &mut Scratch) {
    let mut row = PartyRow { role, role_code: element.name(), item, ..PartyRow::default() };
    scratch.name.clear();
    scratch.address.clear();
    let mut country = None;
    for child in element.children() {
        match child.name() {
            "Name" | "GivenName" | "FamilyName" | "MiddleName" => add(&mut scratch.name, child.text(), " "),
            "ID" | "Identification" => {
                row.identifier = first(row.identifier, child.text());
                row.identifier_scheme = first(child.attr("schemeID"), child.attr("schemeAgencyID"));
            }
            // What the party does there: the kind of agent, of authorisation, of tax party.
            "RoleCode" | "FunctionCode" | "CategoryCode" => row.role_code = first(child.text(), row.role_code),
            "Address" => {
                for line in child.children() {
                    match line.name() {
                        "Line" | "StreetName" | "Street" | "BuildingNumber" | "BuildingName" | "AdditionalLine" => {
                            add(&mut scratch.address, line.text(), ", ");
                        }
                        "CityName" => row.city = first(row.city, line.text()),
                        "PostcodeID" | "PostcodeCode" | "Postcode" => row.postal_code = first(row.postal_code, line.text()),
                        "CountrySubDivisionName" | "CountrySubDivisionID" | "CountrySubDivisionCode" => {
                            row.region = first(row.region, line.text());
                        }
                        "CountryCode" | "CountryID" => {
                            row.country = first(row.country, line.text());
                            country = country.or(Some(line));
                        }
                        _ => {}
                    }
                }
            }
            "Contact" => {
                row.contact = first(row.contact, child.get("Name"));
                child.children().filter(|c| c.name() == "Communication").for_each(|c| communication(&mut row, c));
            }
            "Communication" => communication(&mut row, child),
            _ => {}
        }
    }
    if row.identifier_scheme.is_empty() && eori::check(row.identifier).is_ok() {
        row.identifier_scheme = "EORI";
    }
    row.name = &scratch.name;
    row.address = &scratch.address;
    report.rows.party(&row);
    let nobody = row.name.is_empty() && row.identifier.is_empty();
    report.when(nobody, Finding::PartyIncomplete, element);
    if let Some(at) = country {
        report.country(row.country, at);
    }
}

fn communication<'d>(row: &mut PartyRow<'d>, element: Element<'d>) {
    let id = element.get("ID");
    match element.get("TypeCode") {
        "EM" => row.email = first(row.email, id),
        "FX" => {}
        _ if id.contains('@') => row.email = first(row.email, id),
        _ => row.phone = first(row.phone, id),
    }
}

fn add(all: &mut String, text: &str, between: &str) {
    if !text.is_empty() {
        if !all.is_empty() {
            all.push_str(between);
        }
        all.push_str(text);
    }
}
