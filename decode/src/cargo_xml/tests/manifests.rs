//! Flight manifests.

use super::*;

pub(super) fn line(awb: &str, split: &str, pieces: u32, all: u32) -> String {
    format!(
        "<IncludedMasterConsignment><GrossWeightMeasure unitCode=\"LBR\">100</GrossWeightMeasure>\
         <GrossVolumeMeasure unitCode=\"MTQ\">0.5</GrossVolumeMeasure><PackageQuantity>{pieces}</PackageQuantity>\
         <TotalPieceQuantity>{all}</TotalPieceQuantity><SummaryDescription>ENGINE PARTS</SummaryDescription>\
         <TransportSplitDescription>{split}</TransportSplitDescription>\
         <TransportContractDocument><ID>{awb}</ID></TransportContractDocument>\
         <OriginLocation><ID>FRA</ID></OriginLocation><FinalDestinationLocation><ID>YVR</ID></FinalDestinationLocation>\
         <HandlingSPHInstructions><DescriptionCode>EAP</DescriptionCode></HandlingSPHInstructions>\
         <OnCarriageTransportMovement><ID>AC123</ID><ArrivalDestinationEvent><OccurrenceDestinationLocation><ID>YVR</ID>\
         </OccurrenceDestinationLocation></ArrivalDestinationEvent></OnCarriageTransportMovement>\
         </IncludedMasterConsignment>"
    )
}

pub(super) fn flight(loads: &str) -> String {
    format!(
        "<?xml version='1.0'?><ns2:FlightManifest xmlns='iata:datamodel:3' xmlns:ns2='iata:flightmanifest:1'>\
         <ns2:MessageHeaderDocument><ID>F1</ID><TypeCode>122</TypeCode><PurposeCode>Creation</PurposeCode></ns2:MessageHeaderDocument>\
         <ns2:LogisticsTransportMovement><ID>LH0470</ID><TotalPieceQuantity>12</TotalPieceQuantity>\
         <UsedLogisticsTransportMeans><Name>DABYA</Name><RegistrationCountry><ID>DE</ID></RegistrationCountry>\
         </UsedLogisticsTransportMeans><DepartureEvent><DepartureOccurrenceDateTime>2024-05-06T13:00:00</DepartureOccurrenceDateTime>\
         <OccurrenceDepartureLocation><ID>FRA</ID></OccurrenceDepartureLocation></DepartureEvent></ns2:LogisticsTransportMovement>\
         <ns2:ArrivalEvent><ArrivalOccurrenceDateTime>2024-05-06T15:30:00</ArrivalOccurrenceDateTime>\
         <DepartureOccurrenceDateTime>2024-05-06T18:00:00</DepartureOccurrenceDateTime>\
         <OccurrenceArrivalLocation><ID>YYZ</ID><FirstArrivalCountryID>CA</FirstArrivalCountryID></OccurrenceArrivalLocation>{loads}\
         </ns2:ArrivalEvent></ns2:FlightManifest>"
    )
}

pub(super) fn uld(lines: &str) -> String {
    format!(
        "<AssociatedTransportCargo><TypeCode>ULD</TypeCode><UtilizedUnitLoadTransportEquipment><ID>12345</ID>\
         <CharacteristicCode>AKE</CharacteristicCode><OperatingParty><PrimaryID>LH</PrimaryID></OperatingParty>\
         </UtilizedUnitLoadTransportEquipment>{lines}</AssociatedTransportCargo>"
    )
}

pub(super) fn bulk(lines: &str) -> String {
    format!("<AssociatedTransportCargo><TypeCode>BLK</TypeCode>{lines}</AssociatedTransportCargo>")
}

#[test]
fn a_row_a_line() {
    let text = flight(&(uld(&line("020-12345675", "P", 5, 10)) + &bulk(&line("020-11111111", "T", 7, 7))));
    let batch = decode(text.as_bytes()).consignments;
    assert_eq!(column(&batch, "bill_number"), ["02012345675", "02011111111"]);
    for (name, want) in [
        ("message_format", "XFFM"),
        ("level", "simple"),
        ("carrier", "LH"),
        ("voyage", "470"),
        ("conveyance_id", "DABYA"),
        ("conveyance_country", "DEU"),
        ("loading_port", "FRA"),
        ("discharge_port", "YYZ"),
        ("entry_port", "YYZ"),
        ("departure_local", "2024-05-06T13:00:00"),
        ("arrival_local", "2024-05-06T15:30:00"),
        ("deadline_local", "2024-05-06T11:30:00"),
        ("packages", "5"),
        ("part", "part"),
        ("packages_of_bill", "10"),
        ("special_handling", "[EAP]"),
    ] {
        assert_eq!(cell(&batch, name, 0), want, "{name}");
    }
    assert_eq!(column(&batch, "packages_of_bill"), ["10", "~"]);
    assert_eq!(parts(&batch, "containers", "number", 0), ["AKE12345LH"]);
    assert_eq!(parts(&batch, "items", "containers", 0), ["[AKE12345LH]"]);
    assert!(parts(&batch, "containers", "number", 1).is_empty());
    assert_eq!(parts(&batch, "movements", "arrival_port", 0), ["YVR"]);
    assert!(cell(&batch, "gross_weight_kg", 0).starts_with("45.359"));
    assert!(findings(&batch, 0).is_empty(), "{:?}", findings(&batch, 0));
}

#[test]
fn lines_without_loads() {
    let lines = line("020-12345675", "T", 1, 12).replace("IncludedMasterConsignment", "MasterConsignment");
    let text = flight("").replace("</ns2:FlightManifest>", &format!("{lines}</ns2:FlightManifest>"));
    let batch = decode(text.as_bytes()).consignments;
    assert_eq!(column(&batch, "bill_number"), ["02012345675"]);
    // All twelve pieces of the waybill, sent as one package.
    assert_eq!((cell(&batch, "packages", 0).as_str(), cell(&batch, "packages_of_bill", 0).as_str()), ("12", "~"));
    let lines = "<MasterConsignment><ID>020-12345675</ID><TotalPieceQuantity>12</TotalPieceQuantity></MasterConsignment>";
    let text = flight("").replace("</ns2:FlightManifest>", &format!("{lines}</ns2:FlightManifest>"));
    assert_eq!(column(&decode(text.as_bytes()).consignments, "bill_number"), ["02012345675"]);
}

#[test]
fn nothing_on_board() {
    let batch =
        decode(flight("<AssociatedTransportCargo><TypeCode>NIL</TypeCode></AssociatedTransportCargo>").as_bytes()).consignments;
    assert_eq!((cell(&batch, "level", 0).as_str(), cell(&batch, "discharge_port", 0).as_str()), ("conveyance", "YYZ"));
}

#[test]
fn lines_that_do_not_add_up() {
    let batch = decode(flight(&bulk(&line("020-12345675", "P", 11, 20))).as_bytes()).consignments;
    assert_eq!(findings(&batch, 0), ["packages_differ"]);
    let batch = decode(flight(&bulk(&line("020-12345676", "P", 12, 10))).as_bytes()).consignments;
    assert_eq!(findings(&batch, 0), ["awb_number_invalid", "part_differs"]);
}
