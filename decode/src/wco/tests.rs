//! Hand-made declarations, a cargo report and an answer.
#![allow(clippy::unwrap_used)]

use super::super::tests::{cell, decode, findings};

const IMPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<md:MetaData xmlns:md="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2" xmlns:n="urn:wco:datamodel:WCO:DEC-DMS:2">
 <md:WCODataModelVersionCode>3.6</md:WCODataModelVersionCode><md:WCOTypeName>DEC</md:WCOTypeName>
 <md:ResponsibleCountryCode>GB</md:ResponsibleCountryCode><md:ResponsibleAgencyName>HMRC</md:ResponsibleAgencyName>
 <n:Declaration>
  <n:AcceptanceDateTime><t:DateTimeString xmlns:t="urn:x" formatCode="304">20240131093000Z</t:DateTimeString></n:AcceptanceDateTime>
  <n:FunctionCode>9</n:FunctionCode><n:FunctionalReferenceID>LRN77</n:FunctionalReferenceID><n:TypeCode>IMA</n:TypeCode>
  <n:GoodsItemQuantity>2</n:GoodsItemQuantity><n:InvoiceAmount currencyID="USD">2500.00</n:InvoiceAmount>
  <n:TotalGrossMassMeasure unitCode="KGM">120.5</n:TotalGrossMassMeasure><n:TotalPackageQuantity>11</n:TotalPackageQuantity>
  <n:Agent><n:ID>GB111111111111</n:ID><n:FunctionCode>2</n:FunctionCode></n:Agent>
  <n:AuthorisationHolder><n:ID>GB222222222222</n:ID><n:CategoryCode>DPO</n:CategoryCode></n:AuthorisationHolder>
  <n:BorderTransportMeans><n:ModeCode>1</n:ModeCode><n:RegistrationNationalityCode>PA</n:RegistrationNationalityCode>
    <n:ID>9074728</n:ID><n:IdentificationTypeCode>10</n:IdentificationTypeCode></n:BorderTransportMeans>
  <n:Declarant><n:Name>Broker Ltd</n:Name><n:Address><n:CityName>Dover</n:CityName><n:CountryCode>GB</n:CountryCode>
    <n:Line>1 Dock Road</n:Line><n:PostcodeID>CT16 1AA</n:PostcodeID></n:Address></n:Declarant>
  <n:Exporter><n:Name>Alpha &amp; Sons</n:Name><n:Address><n:CityName>Ningbo</n:CityName><n:CountryCode>CN</n:CountryCode></n:Address></n:Exporter>
  <n:PresentationOffice><n:ID>GB000060</n:ID></n:PresentationOffice>
  <n:GoodsShipment>
   <n:ExportCountry><n:ID>CN</n:ID></n:ExportCountry><n:Destination><n:CountryCode>GB</n:CountryCode></n:Destination>
   <n:Consignment><n:ContainerCode>1</n:ContainerCode>
    <n:ArrivalTransportMeans><n:ID>EVER X</n:ID><n:IdentificationTypeCode>11</n:IdentificationTypeCode></n:ArrivalTransportMeans>
    <n:GoodsLocation><n:Name>FXTFXTFXT</n:Name><n:TypeCode>A</n:TypeCode></n:GoodsLocation>
    <n:LoadingLocation><n:ID>CNNGB</n:ID></n:LoadingLocation><n:UnloadingLocation><n:ID>GBFXT</n:ID></n:UnloadingLocation>
    <n:TransportEquipment><n:SequenceNumeric>1</n:SequenceNumeric><n:ID>CSQU3054383</n:ID>
      <n:Seal><n:SequenceNumeric>1</n:SequenceNumeric><n:ID>S-1</n:ID></n:Seal><n:Seal><n:ID>S-2</n:ID></n:Seal></n:TransportEquipment>
   </n:Consignment>
   <n:GovernmentAgencyGoodsItem><n:SequenceNumeric>1</n:SequenceNumeric>
    <n:StatisticalValueAmount currencyID="GBP">900.5</n:StatisticalValueAmount>
    <n:AdditionalDocument><n:CategoryCode>N</n:CategoryCode><n:ID>INV-1</n:ID><n:TypeCode>935</n:TypeCode></n:AdditionalDocument>
    <n:AdditionalInformation><n:StatementCode>00500</n:StatementCode><n:StatementDescription>IMPORTER</n:StatementDescription></n:AdditionalInformation>
    <n:Commodity><n:Description>Lithium batteries</n:Description>
     <n:Classification><n:ID>85065030</n:ID><n:IdentificationTypeCode>TSP</n:IdentificationTypeCode></n:Classification>
     <n:Classification><n:ID>90</n:ID><n:IdentificationTypeCode>TRC</n:IdentificationTypeCode></n:Classification>
     <n:Classification><n:ID>VATZ</n:ID><n:IdentificationTypeCode>GN</n:IdentificationTypeCode></n:Classification>
     <n:DangerousGoods><n:UNDGID>3090</n:UNDGID></n:DangerousGoods>
     <n:GoodsMeasure><n:GrossMassMeasure unitCode="KGM">100.5</n:GrossMassMeasure><n:NetNetWeightMeasure>90</n:NetNetWeightMeasure>
       <n:TariffQuantity unitCode="NAR">4</n:TariffQuantity></n:GoodsMeasure>
     <n:InvoiceLine><n:ItemChargeAmount currencyID="USD">2000</n:ItemChargeAmount></n:InvoiceLine>
     <n:TransportEquipment><n:SequenceNumeric>1</n:SequenceNumeric><n:ID>CSQU3054383</n:ID></n:TransportEquipment>
    </n:Commodity>
    <n:GovernmentProcedure><n:CurrentCode>40</n:CurrentCode><n:PreviousCode>00</n:PreviousCode></n:GovernmentProcedure>
    <n:Origin><n:CountryCode>CN</n:CountryCode><n:TypeCode>1</n:TypeCode></n:Origin>
    <n:Packaging><n:MarksNumbersID>A1</n:MarksNumbersID><n:QuantityQuantity>8</n:QuantityQuantity><n:TypeCode>CT</n:TypeCode></n:Packaging>
    <n:Packaging><n:MarksNumbersID>A2</n:MarksNumbersID><n:QuantityQuantity>2</n:QuantityQuantity><n:TypeCode>PK</n:TypeCode></n:Packaging>
    <n:PreviousDocument><n:CategoryCode>Z</n:CategoryCode><n:ID>BL55</n:ID><n:TypeCode>705</n:TypeCode></n:PreviousDocument>
    <n:PreviousDocument><n:CategoryCode>Y</n:CategoryCode><n:ID>4GB111-X</n:ID><n:TypeCode>DCR</n:TypeCode></n:PreviousDocument>
   </n:GovernmentAgencyGoodsItem>
   <n:GovernmentAgencyGoodsItem><n:SequenceNumeric>2</n:SequenceNumeric>
    <n:Commodity><n:Description>Cables</n:Description><n:GoodsMeasure><n:GrossMassMeasure unitCode="GRM">20000</n:GrossMassMeasure></n:GoodsMeasure></n:Commodity>
    <n:Packaging><n:QuantityQuantity>1</n:QuantityQuantity><n:TypeCode>CT</n:TypeCode></n:Packaging>
   </n:GovernmentAgencyGoodsItem>
   <n:Importer><n:ID>GB333333333333</n:ID></n:Importer>
  </n:GoodsShipment>
 </n:Declaration>
</md:MetaData>"#;

#[test]
fn a_declaration_fills_the_columns() {
    let decoded = decode(IMPORT.as_bytes());
    let batch = &decoded.consignments;
    assert_eq!((batch.num_rows(), decoded.dead_letters.num_rows()), (1, 0));
    for (column, want) in [
        ("consignment_key", "BL:/BL55"),
        ("message_format", "WCO XML"),
        ("message_kind", "IMA"),
        ("action", "new"),
        ("amendment_code", "9"),
        ("message_ref", "LRN77"),
        ("recipient", "HMRC"),
        ("level", "declaration"),
        ("mode", "sea"),
        ("bill_number", "BL55"),
        ("ucr", "4GB111-X"),
        ("declaration_ref", "LRN77"),
        ("conveyance_id", "9074728"),
        ("conveyance_country", "PAN"),
        ("origin_place", "CN"),
        ("loading_port", "CNNGB"),
        ("discharge_port", "GBFXT"),
        ("clearance_port", "GB000060"),
        ("delivery_place", "GB"),
        ("event_time", "2024-01-31T09:30:00"),
        ("packages", "11"),
        ("gross_weight_kg", "120.5"),
        ("customs_value", "2500.0"),
        ("currency", "USD"),
    ] {
        assert_eq!(cell(batch, column, 0), want, "{column}");
    }
    for (column, parts) in [
        (
            "parties",
            &[
                "role: agent, role_code: 2",
                "role: other, role_code: DPO",
                "name: Broker Ltd",
                "address: 1 Dock Road, city: Dover",
                "postal_code: CT16 1AA",
                "name: Alpha & Sons",
                "role: importer, role_code: Importer, kind: ~, name: ~, identifier: GB333333333333, identifier_scheme: EORI",
            ][..],
        ),
        (
            "items",
            &[
                "number: 1, description: Lithium batteries, marks: A1; A2, hs: 8506503090, packages: 10, package_type: CT PK",
                "gross_weight_kg: 100.5, net_weight_kg: 90.0",
                "quantity: 4.0, quantity_unit: NAR, value: 900.5, currency: GBP, origin_country: CHN, un_number: 3090",
                "containers: [CSQU3054383]",
                "gross_weight_kg: 20.0",
            ],
        ),
        ("containers", &["number: CSQU3054383", "seals: [S-1, S-2]"]),
        (
            "references",
            &[
                "kind: N935, value: INV-1, item: 1",
                "kind: Z-705, value: BL55",
                "kind: GN, value: VATZ",
                "kind: GovernmentProcedure, value: 4000",
            ],
        ),
        ("customs_notes", &["kind: 00500, value: IMPORTER"]),
    ] {
        let text = cell(batch, column, 0);
        for part in parts {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
    assert_eq!(findings(batch, 0), ["imo_number_invalid"]);
}

#[test]
fn amendments_and_cancellations_say_so() {
    for (function, kind, want) in [("13", "COR", "change"), ("13", "INV", "cancel"), ("1", "IMA", "cancel"), ("9", "EXD", "new")]
    {
        let text = format!(
            "<Declaration xmlns='urn:wco:datamodel:WCO:DEC-DMS:2'><FunctionCode>{function}</FunctionCode>\
             <FunctionalReferenceID>L1</FunctionalReferenceID><ID>24GB0000000000001</ID><TypeCode>{kind}</TypeCode>\
             <Amendment><ChangeReasonCode>32</ChangeReasonCode></Amendment></Declaration>"
        );
        let batch = decode(text.as_bytes()).consignments;
        assert_eq!(batch.num_rows(), 1);
        assert_eq!(cell(&batch, "action", 0), want);
        assert_eq!(cell(&batch, "amendment_reason", 0), "32");
        assert_eq!(cell(&batch, "consignment_key", 0), "DEC:24GB0000000000001");
    }
}

#[test]
fn totals_that_differ_are_found() {
    let wrong = IMPORT.replace(">11<", ">12<").replace(">120.5<", ">99<").replace("GoodsItemQuantity>2<", "GoodsItemQuantity>3<");
    let batch = decode(wrong.as_bytes()).consignments;
    assert_eq!(findings(&batch, 0), ["packages_differ", "weight_differs", "count_differs", "imo_number_invalid"]);
}

#[test]
fn a_cargo_report_is_a_row_for_each_consignment() {
    let report = "<w:Declaration xmlns:w='urn:wco:datamodel:WCO:GOVCBR:1'><w:FunctionalReferenceID>R1</w:FunctionalReferenceID>\
        <w:BorderTransportMeans><w:ModeCode>4</w:ModeCode><w:JourneyID>BA117</w:JourneyID></w:BorderTransportMeans>\
        <w:Carrier><w:Name>Air One</w:Name><w:ID>BA</w:ID></w:Carrier>\
        <w:Consignment><w:TransportContractDocument><w:ID>H1</w:ID><w:TypeCode>703</w:TypeCode></w:TransportContractDocument>\
        <w:TransportContractDocument><w:ID>125-12345675</w:ID><w:TypeCode>741</w:TypeCode></w:TransportContractDocument>\
        <w:Consignee><w:Name>Beta</w:Name></w:Consignee><w:ConsignmentItem><w:SequenceNumeric>1</w:SequenceNumeric>\
        <w:Commodity><w:CargoDescription>Tulips</w:CargoDescription></w:Commodity></w:ConsignmentItem></w:Consignment>\
        <w:Consignment><w:TransportContractDocument><w:ID>125-12345686</w:ID><w:TypeCode>740</w:TypeCode></w:TransportContractDocument>\
        </w:Consignment></w:Declaration>";
    let batch = decode(report.as_bytes()).consignments;
    assert_eq!(batch.num_rows(), 2);
    assert_eq!(cell(&batch, "consignment_key", 0), "AWB:12512345675/H1");
    assert_eq!((cell(&batch, "level", 0), cell(&batch, "level", 1)), ("house".to_owned(), "simple".to_owned()));
    assert_eq!(cell(&batch, "consignment_key", 1), "AWB:12512345686");
    assert_eq!((cell(&batch, "voyage", 1), cell(&batch, "carrier", 1)), ("BA117".to_owned(), "BA".to_owned()));
    assert!(cell(&batch, "items", 0).contains("Tulips"));
}

#[test]
fn an_answer_is_named_and_no_declaration() {
    let text = "<MetaData xmlns='urn:wco:datamodel:WCO:DocumentMetaData-DMS:2'><r:Response xmlns:r='urn:wco:datamodel:WCO:RES-DMS:2'>\
        <r:FunctionCode>11</r:FunctionCode><r:Declaration><r:FunctionalReferenceID>L1</r:FunctionalReferenceID></r:Declaration></r:Response></MetaData>";
    let decoded = decode(text.as_bytes());
    assert_eq!((decoded.consignments.num_rows(), decoded.dead_letters.num_rows()), (0, 1));
    let message = cell(&decoded.dead_letters, "message", 0);
    assert!(message.contains("WCO XML Response"), "{message}");
}
