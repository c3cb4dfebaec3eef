//! House waybills and house manifests.

use super::*;

pub(super) fn house(number: &str, pieces: u32, weight: &str) -> String {
    format!(
        "<ram:IncludedHouseConsignment><ram:SequenceNumeric>1</ram:SequenceNumeric>\
         <ram:GrossWeightMeasure unitCode=\"KGM\">{weight}</ram:GrossWeightMeasure>\
         <ram:TotalPieceQuantity>{pieces}</ram:TotalPieceQuantity>\
         <ram:SummaryDescription><![CDATA[STEEL  BOLTS & NUTS]]></ram:SummaryDescription>\
         <ram:ConsignorParty><ram:PrimaryID schemeID=\"9\">77</ram:PrimaryID><ram:Name>NUTS &amp; SONS</ram:Name>\
         <ram:PostalStructuredAddress><ram:StreetName>1 MAIN ST</ram:StreetName><ram:CityName>TORONTO</ram:CityName>\
         <ram:CountryID>CA</ram:CountryID><ram:CountrySubDivisionID>ON</ram:CountrySubDivisionID></ram:PostalStructuredAddress>\
         <ram:DefinedTradeContact><ram:PersonName>ANN LEE</ram:PersonName><ram:URIEmailCommunication><ram:URIID>a@b.ca</ram:URIID>\
         </ram:URIEmailCommunication></ram:DefinedTradeContact></ram:ConsignorParty>\
         <ram:AssociatedParty><ram:RoleCode>NI</ram:RoleCode><ram:Name>NOTE ME\nATTN: JO</ram:Name></ram:AssociatedParty>\
         <ram:TransportContractDocument><ram:ID>{number}</ram:ID></ram:TransportContractDocument>\
         <ram:OriginLocation><ram:ID>FRA</ram:ID></ram:OriginLocation>\
         <ram:FinalDestinationLocation><ram:ID>YYZ</ram:ID></ram:FinalDestinationLocation>\
         <ram:HandlingSSRInstructions><ram:Description>KEEP DRY</ram:Description></ram:HandlingSSRInstructions>\
         <ram:IncludedCustomsNote><ram:ContentCode>T</ram:ContentCode><ram:Content>EORIDE1234567</ram:Content>\
         <ram:SubjectCode>SHP</ram:SubjectCode><ram:CountryID>DE</ram:CountryID></ram:IncludedCustomsNote>\
         <ram:IncludedCustomsNote><ram:ContentCode>CT</ram:ContentCode><ram:Content>491234</ram:Content></ram:IncludedCustomsNote>\
         <ram:IncludedCustomsNote><ram:ContentCode>D</ram:ContentCode><ram:Content>UN1234</ram:Content>\
         <ram:SubjectCode>DNR</ram:SubjectCode><ram:CountryID>US</ram:CountryID></ram:IncludedCustomsNote>\
         </ram:IncludedHouseConsignment>"
    )
}

pub(super) fn manifest(purpose: &str, pieces: u32, weight: &str, houses: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rsm:HouseManifest xmlns:rsm=\"iata:housemanifest:1\" \
         xmlns:ram=\"iata:datamodel:3\"><rsm:MessageHeaderDocument><ram:ID>M1</ram:ID><ram:TypeCode>785</ram:TypeCode>\
         <ram:IssueDateTime>2024-05-06T07:08:09Z</ram:IssueDateTime><ram:PurposeCode>{purpose}</ram:PurposeCode>\
         <ram:SenderParty><ram:PrimaryID schemeID=\"P\">SENDER</ram:PrimaryID></ram:SenderParty></rsm:MessageHeaderDocument>\
         <rsm:BusinessHeaderDocument><ram:ID>020-12345675</ram:ID></rsm:BusinessHeaderDocument>\
         <rsm:MasterConsignment><ram:IncludedTareGrossWeightMeasure unitCode=\"KGM\">{weight}\
         </ram:IncludedTareGrossWeightMeasure><ram:TotalPieceQuantity>{pieces}</ram:TotalPieceQuantity>\
         <ram:TransportContractDocument><ram:ID>020-12345675</ram:ID></ram:TransportContractDocument>{houses}\
         </rsm:MasterConsignment></rsm:HouseManifest>\n"
    )
}

#[test]
fn a_row_a_house() {
    let text = manifest("Update", 7, "30.5", &(house("H1", 3, "10") + &house("H2", 4, "20.5")));
    let batch = decode(text.as_bytes()).consignments;
    assert_eq!(column(&batch, "bill_number"), ["H1", "H2"]);
    assert_eq!(column(&batch, "master_bill"), ["02012345675", "02012345675"]);
    assert_eq!(column(&batch, "consignment_key"), ["AWB:02012345675/H1", "AWB:02012345675/H2"]);
    for (name, want) in [
        ("message_format", "XFHL"),
        ("message_kind", "785"),
        ("action", "change"),
        ("amendment_code", "Update"),
        ("message_ref", "M1"),
        ("sender", "SENDER"),
        ("level", "house"),
        ("mode", "air"),
        ("origin_place", "FRA"),
        ("delivery_place", "YYZ"),
        ("event_time", "2024-05-06T07:08:09"),
        ("packages", "3"),
        ("gross_weight_kg", "10.0"),
        ("description", "STEEL  BOLTS & NUTS"),
        ("handling_instructions", "[KEEP DRY]"),
    ] {
        assert!(cell(&batch, name, 0).starts_with(want.trim_end_matches(":09")), "{name}: {}", cell(&batch, name, 0));
    }
    assert_eq!(parts(&batch, "parties", "role", 0), ["consignor", "notify"]);
    assert_eq!(parts(&batch, "parties", "name", 0), ["NUTS & SONS", "NOTE ME"]);
    assert_eq!(parts(&batch, "parties", "contact", 0), ["ANN LEE", "JO"]);
    assert_eq!(parts(&batch, "parties", "identifier", 0), ["DE1234567", "~"]);
    assert_eq!(parts(&batch, "parties", "identifier_scheme", 0), ["EORI", "~"]);
    assert_eq!(parts(&batch, "parties", "other_identifiers", 0), ["[9:77]", "~"]);
    assert_eq!(parts(&batch, "parties", "region", 0), ["ON", "~"]);
    assert_eq!(parts(&batch, "parties", "email", 0), ["a@b.ca", "~"]);
    assert_eq!(parts(&batch, "customs_notes", "subject", 0), ["SHP", "SHP", "DNR"]);
    assert_eq!(parts(&batch, "items", "un_number", 0), ["1234"]);
    assert_eq!(parts(&batch, "items", "packages", 1), ["4"]);
    assert!(findings(&batch, 0).is_empty() && findings(&batch, 1).is_empty(), "{:?}", findings(&batch, 0));
}

#[test]
fn houses_that_do_not_add_up() {
    let text = manifest("Creation", 8, "99", &(house("H1", 3, "10") + &house("H2", 4, "20.5")));
    let batch = decode(text.as_bytes()).consignments;
    assert_eq!(findings(&batch, 0), ["packages_differ", "weight_differs"]);
    assert_eq!(findings(&batch, 1), ["packages_differ", "weight_differs"]);
    // A house without a count leaves the sum open.
    let open = house("H1", 3, "10") + &house("H2", 4, "x").replace(">4<", ">four<");
    let batch = decode(manifest("Creation", 8, "99", &open).as_bytes()).consignments;
    assert!(findings(&batch, 0).is_empty());
    assert_eq!(findings(&batch, 1), ["weight_unreadable", "quantity_unreadable"]);
}

#[test]
fn a_manifest_without_houses_is_its_master() {
    let batch = decode(manifest("Deletion", 2, "9", "").as_bytes()).consignments;
    assert_eq!((cell(&batch, "level", 0).as_str(), cell(&batch, "action", 0).as_str()), ("master", "cancel"));
    assert_eq!((cell(&batch, "bill_number", 0).as_str(), cell(&batch, "packages", 0).as_str()), ("02012345675", "2"));
}

#[test]
fn a_house_waybill_names_itself_in_its_header() {
    let text = manifest("Creation", 3, "10", &house("", 3, "10"))
        .replace("HouseManifest", "HouseWaybill")
        .replace("785", "703")
        .replace("<rsm:BusinessHeaderDocument><ram:ID>020-12345675", "<rsm:BusinessHeaderDocument><ram:ID>HAWB9");
    let batch = decode(text.as_bytes()).consignments;
    assert_eq!(cell(&batch, "message_format", 0), "XFZB");
    assert_eq!(cell(&batch, "consignment_key", 0), "AWB:02012345675/HAWB9");
}

#[test]
fn a_house_with_items_has_its_count_at_the_whole() {
    let items = "<PackageQuantity>200</PackageQuantity><SummaryDescription>SPARE PARTS</SummaryDescription><TotalPieceQuantity>10\
        </TotalPieceQuantity><IncludedHouseConsignmentItem><SequenceNumeric>1</SequenceNumeric><TypeCode>848790</TypeCode>\
        <TypeCode>820559</TypeCode><PieceQuantity>10</PieceQuantity><AssociatedUnitLoadTransportEquipment><ID>1337</ID>\
        <CharacteristicCode>PMC</CharacteristicCode></AssociatedUnitLoadTransportEquipment></IncludedHouseConsignmentItem>";
    let house = format!("<IncludedHouseConsignment>{items}</IncludedHouseConsignment>");
    let text = manifest("Creation", 10, "9", &house).replace("HouseManifest", "HouseWaybill").replace("785", "703");
    let batch = decode(text.as_bytes()).consignments;
    assert_eq!(parts(&batch, "items", "quantity", 0), ["200.0", "~"]);
    assert_eq!(parts(&batch, "items", "description", 0), ["SPARE PARTS", "~"]);
    assert_eq!(parts(&batch, "items", "hs", 0), ["848790", "820559"]);
    assert_eq!(parts(&batch, "items", "containers", 0), ["[PMC1337]", "~"]);
    assert_eq!(parts(&batch, "containers", "number", 0), ["PMC1337"]);
    assert_eq!(cell(&batch, "packages", 0), "10");
}
