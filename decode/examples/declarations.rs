//! How fast declarations become columns on one core, and how often memory is asked for:
//! `cargo run --release -p tamis-decode --example declarations -- [ens|wco] [MB]`.

mod common;

use std::fmt::Write as _;

use tamis_decode::{Decoder, Origin};

fn party(out: &mut String, group: &str, names: [&str; 5], n: usize) {
    let values = ["Alpha Trading & Sons", "17 Harbour Street", "AB12 3CD", "Port Town", "CN"];
    let _ = writeln!(out, "    <{group}>");
    for (name, value) in names.iter().zip(values) {
        let value = value.replace('&', "&amp;");
        let _ = writeln!(
            out,
            "      <{name}>{value}{}</{name}>",
            if name.starts_with("Nam") { format!(" {n}") } else { String::new() }
        );
    }
    let _ = writeln!(out, "    </{group}>");
}

/// One entry summary declaration, indented as programs write them.
fn ens(out: &mut String, n: usize) {
    let items = 1 + n % 6;
    let _ = writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ie:CC315A xmlns:ie=\"http://ics.dgtaxud.ec/CC315A\">\n  <MesSenMES3>GB{n:012}/0000000010</MesSenMES3>\n  \
         <DatOfPreMES9>210314</DatOfPreMES9>\n  <TimOfPreMES10>0915</TimOfPreMES10>\n  <MesIdeMES19>M{n}</MesIdeMES19>\n  \
         <MesTypMES20>CC315A</MesTypMES20>\n  <HEAHEA>\n    <RefNumHEA4>LRN{n}</RefNumHEA4>\n    <TraModAtBorHEA76>1</TraModAtBorHEA76>\n    \
         <IdeOfMeaOfTraCroHEA85>9074729</IdeOfMeaOfTraCroHEA85>\n    <TotNumOfIteHEA305>{items}</TotNumOfIteHEA305>\n    \
         <TotNumOfPacHEA306>{}</TotNumOfPacHEA306>\n    <TotGroMasHEA307>{}.5</TotGroMasHEA307>\n    <DecPlaHEA394>Felixstowe</DecPlaHEA394>\n    \
         <ConRefNumHEA>V{n}E</ConRefNumHEA>\n    <PlaLoaGOOITE334>CNSHA</PlaLoaGOOITE334>\n    <PlaUnlGOOITE334>GBFXT</PlaUnlGOOITE334>\n    \
         <DecDatTimHEA114>202103140900</DecDatTimHEA114>\n  </HEAHEA>",
        items * 10,
        items * 100
    );
    party(out, "TRACONCO1", ["NamCO17", "StrAndNumCO122", "PosCodCO123", "CitCO124", "CouCO125"], n);
    party(out, "TRACONCE1", ["NamCE17", "StrAndNumCE122", "PosCodCE123", "CitCE124", "CouCE125"], n);
    for i in 1..=items {
        let _ = writeln!(
            out,
            "  <GOOITEGDS>\n    <IteNumGDS7>{i}</IteNumGDS7>\n    <GooDesGDS23>Frames and forks of bicycles, size {n}</GooDesGDS23>\n    \
             <GroMasGDS46>100.5</GroMasGDS46>\n    <PRODOCDC2>\n      <DocTypDC21>N705</DocTypDC21>\n      <DocRefDC23>BILL{n}</DocRefDC23>\n    </PRODOCDC2>\n    \
             <COMCODGODITM>\n      <ComNomCMD1>87149110</ComNomCMD1>\n    </COMCODGODITM>\n    <CONNR2>\n      <ConNumNR21>CSQU3054383</ConNumNR21>\n    </CONNR2>\n    \
             <PACGS2>\n      <KinOfPacGS23>CT</KinOfPacGS23>\n      <NumOfPacGS24>10</NumOfPacGS24>\n      \
             <MarNumOfPacGSL21>MARKS {i}</MarNumOfPacGSL21>\n    </PACGS2>\n  </GOOITEGDS>"
        );
    }
    out.push_str(
        "  <ITI>\n    <CouOfRouCodITI1>CN</CouOfRouCodITI1>\n  </ITI>\n  <ITI>\n    <CouOfRouCodITI1>GB</CouOfRouCodITI1>\n  </ITI>\n  \
         <PERLODSUMDEC>\n    <TINPLD1>GB000000000001</TINPLD1>\n  </PERLODSUMDEC>\n  <SEAID529>\n    <SeaIdSEAID530>SEAL1</SeaIdSEAID530>\n  </SEAID529>\n  \
         <CUSOFFFENT730>\n    <RefNumCUSOFFFENT731>GB000011</RefNumCUSOFFFENT731>\n    \
         <ExpDatOfArrFIRENT733>202103200630</ExpDatOfArrFIRENT733>\n  </CUSOFFFENT730>\n</ie:CC315A>\n",
    );
}

/// One customs declaration.
fn wco(out: &mut String, n: usize) {
    let items = 1 + n % 6;
    let _ = writeln!(
        out,
        "<md:MetaData xmlns:md=\"urn:wco:datamodel:WCO:DocumentMetaData-DMS:2\" xmlns=\"urn:wco:datamodel:WCO:DEC-DMS:2\">\n  \
         <md:WCODataModelVersionCode>3.6</md:WCODataModelVersionCode>\n  <md:WCOTypeName>DEC</md:WCOTypeName>\n  <Declaration>\n    \
         <FunctionCode>9</FunctionCode>\n    <FunctionalReferenceID>LRN{n}</FunctionalReferenceID>\n    <TypeCode>IMA</TypeCode>\n    \
         <GoodsItemQuantity>{items}</GoodsItemQuantity>\n    <InvoiceAmount currencyID=\"GBP\">{n}.50</InvoiceAmount>\n    \
         <TotalPackageQuantity>{}</TotalPackageQuantity>\n    <Exporter>\n      <Name>Alpha Trading &amp; Sons {n}</Name>\n      <Address>\n        \
         <CityName>Ningbo</CityName>\n        <CountryCode>CN</CountryCode>\n        <Line>17 Harbour Street</Line>\n        \
         <PostcodeID>315000</PostcodeID>\n      </Address>\n    </Exporter>\n    <Declarant>\n      <ID>GB{n:012}</ID>\n    </Declarant>\n    <GoodsShipment>\n      \
         <Consignment>\n        <ContainerCode>1</ContainerCode>\n        <TransportEquipment>\n          <SequenceNumeric>1</SequenceNumeric>\n          \
         <ID>CSQU3054383</ID>\n          <Seal>\n            <ID>S{n}</ID>\n          </Seal>\n        </TransportEquipment>\n      </Consignment>",
        items * 10
    );
    for i in 1..=items {
        let _ = writeln!(
            out,
            "      <GovernmentAgencyGoodsItem>\n        <SequenceNumeric>{i}</SequenceNumeric>\n        \
             <StatisticalValueAmount currencyID=\"GBP\">900.50</StatisticalValueAmount>\n        <AdditionalDocument>\n          \
             <CategoryCode>N</CategoryCode>\n          <ID>INV{n}</ID>\n          <TypeCode>935</TypeCode>\n        </AdditionalDocument>\n        \
             <Commodity>\n          <Description>Frames and forks of bicycles, size {n}</Description>\n          <Classification>\n            \
             <ID>87149110</ID>\n            <IdentificationTypeCode>TSP</IdentificationTypeCode>\n          </Classification>\n          <Classification>\n            \
             <ID>90</ID>\n            <IdentificationTypeCode>TRC</IdentificationTypeCode>\n          </Classification>\n          <GoodsMeasure>\n            \
             <GrossMassMeasure unitCode=\"KGM\">100.5</GrossMassMeasure>\n            <NetNetWeightMeasure unitCode=\"KGM\">90</NetNetWeightMeasure>\n          \
             </GoodsMeasure>\n        </Commodity>\n        <GovernmentProcedure>\n          <CurrentCode>40</CurrentCode>\n          \
             <PreviousCode>00</PreviousCode>\n        </GovernmentProcedure>\n        <Origin>\n          <CountryCode>CN</CountryCode>\n          \
             <TypeCode>1</TypeCode>\n        </Origin>\n        <Packaging>\n          <MarksNumbersID>MARKS {i}</MarksNumbersID>\n          \
             <QuantityQuantity>10</QuantityQuantity>\n          <TypeCode>CT</TypeCode>\n        </Packaging>\n        <PreviousDocument>\n          \
             <CategoryCode>Z</CategoryCode>\n          <ID>BILL{n}</ID>\n          <TypeCode>705</TypeCode>\n        </PreviousDocument>\n      \
             </GovernmentAgencyGoodsItem>"
        );
    }
    out.push_str("      <Importer>\n        <ID>GB000000000002</ID>\n      </Importer>\n    </GoodsShipment>\n  </Declaration>\n</md:MetaData>\n");
}

fn main() {
    let mut words = std::env::args().skip(1);
    let kind = words.next().unwrap_or_else(|| "ens".to_owned());
    let megabytes: usize = words.next().and_then(|w| w.parse().ok()).unwrap_or(64);
    let mut text = String::new();
    let mut made = 0;
    while text.len() < megabytes << 20 {
        if kind == "wco" {
            wco(&mut text, made);
        } else {
            ens(&mut text, made);
        }
        made += 1;
    }
    let origin = Origin { source: "bench", partition: "generated", position: 0, received_at: 0 };
    let mut decoder = Decoder::new();
    let mut best = f64::MAX;
    for round in 0..5 {
        let (began, asked) = (common::ran(), common::allocations());
        decoder.decode(&origin, text.as_bytes());
        let in_decode = common::allocations() - asked;
        let Ok(decoded) = decoder.finish() else { return };
        let seconds = (common::ran() - began) as f64 / 1e9;
        best = best.min(seconds);
        println!(
            "{kind} {round}: {} documents, {} rows, {} dead letters, {:.0} MB/s, {:.4} allocations a row while decoding",
            made,
            decoded.consignments.num_rows(),
            decoded.dead_letters.num_rows(),
            text.len() as f64 / 1e6 / seconds,
            in_decode as f64 / made as f64
        );
    }
    println!("{kind}: best {:.0} MB/s of {} bytes", text.len() as f64 / 1e6 / best, text.len());
}
