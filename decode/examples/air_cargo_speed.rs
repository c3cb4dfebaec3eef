//! How fast air cargo messages are decoded, on one thread, from bytes to Arrow with all columns.
//!
//! `cargo run --release -p tamis-decode --example air_cargo_speed [SECONDS]` generates messages of
//! every kind from a seed and prints bytes, rows, rate and allocations a row for each.

#![allow(clippy::unwrap_used, clippy::write_with_newline, clippy::type_complexity)]

mod common;

use std::fmt::Write as _;

use tamis_decode::{Decoder, Origin};

/// Numbers that look random, the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }

    fn awb(&mut self) -> String {
        let serial = 1_000_000 + self.below(8_999_999);
        format!("020-{serial}{}", serial % 7)
    }
}

const COMPANIES: &[&str] = &["NORTHERN MACHINE WORKS LTD", "ACME TRADING", "PACIFIC FRUIT COMPANY", "OMEGA PHARMA GMBH"];
const STREETS: &[&str] = &["12 HARBOUR ROAD", "INDUSTRIAL PARK BUILDING 7", "99 KING STREET WEST", "HAUPTSTRASSE 4"];
const CITIES: &[&str] = &["TORONTO", "FRANKFURT", "SHANGHAI", "SAO PAULO"];
const GOODS: &[&str] = &["MACHINE PARTS", "FRESH FRUIT", "PHARMACEUTICALS", "COTTON SHIRTS"];
const COUNTRIES: &[&str] = &["CA", "DE", "CN", "BR"];

fn party_xml(out: &mut String, name: &str, r: &mut Numbers) {
    write!(
        out,
        "<{name}><Name>{}</Name><AccountID>{}</AccountID><PostalStructuredAddress><PostcodeCode>{}</PostcodeCode>\
         <StreetName>{}</StreetName><CityName>{}</CityName><CountryID>{}</CountryID></PostalStructuredAddress>\
         <DefinedTradeContact><DirectTelephoneCommunication><CompleteNumber>{}</CompleteNumber></DirectTelephoneCommunication>\
         </DefinedTradeContact></{name}>\n",
        r.pick(COMPANIES),
        r.below(100_000),
        r.below(100_000),
        r.pick(STREETS),
        r.pick(CITIES),
        r.pick(COUNTRIES),
        r.below(10_000_000_000),
    )
    .unwrap();
}

fn header_xml(out: &mut String, root: &str, code: &str, id: &str) {
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ns2:{root} xmlns=\"iata:datamodel:3\" xmlns:ns2=\"iata:{}:1\">\n\
         <ns2:MessageHeaderDocument><ID>{id}-1</ID><Name>Message</Name><TypeCode>{code}</TypeCode>\
         <IssueDateTime>2024-03-10T11:00:00+01:00</IssueDateTime><PurposeCode>Creation</PurposeCode><VersionID>3.00</VersionID>\
         <SenderParty><PrimaryID schemeID=\"C\">SENDERSYSTEM</PrimaryID></SenderParty>\
         <RecipientParty><PrimaryID schemeID=\"C\">RECIPIENT</PrimaryID></RecipientParty></ns2:MessageHeaderDocument>\n\
         <ns2:BusinessHeaderDocument><ID>{id}</ID></ns2:BusinessHeaderDocument>\n",
        root.to_lowercase()
    )
    .unwrap();
}

fn notes_xml(out: &mut String, r: &mut Numbers) {
    for (code, subject) in [("T", "SHP"), ("CP", "CNE"), ("CT", "CNE"), ("RA", "ISS")] {
        writeln!(
            out,
            "<IncludedCustomsNote><ContentCode>{code}</ContentCode><Content>DE{}</Content><SubjectCode>{subject}</SubjectCode>\
             <CountryID>DE</CountryID></IncludedCustomsNote>",
            r.below(10_000_000_000)
        )
        .unwrap();
    }
}

fn xfwb(out: &mut String, r: &mut Numbers) {
    let awb = r.awb();
    header_xml(out, "Waybill", "740", &awb);
    let pieces = 1 + r.below(20);
    write!(
        out,
        "<ns2:MasterConsignment><TotalChargePrepaidIndicator>true</TotalChargePrepaidIndicator>\n\
         <IncludedTareGrossWeightMeasure unitCode=\"KGM\">{pieces}00.5</IncludedTareGrossWeightMeasure>\n\
         <GrossVolumeMeasure unitCode=\"MTQ\">2.602</GrossVolumeMeasure><TotalPieceQuantity>{pieces}</TotalPieceQuantity>\n"
    )
    .unwrap();
    for party in ["ConsignorParty", "ConsigneeParty", "FreightForwarderParty"] {
        party_xml(out, party, r);
    }
    out.push_str(
        "<OriginLocation><ID>FRA</ID></OriginLocation><FinalDestinationLocation><ID>YYZ</ID></FinalDestinationLocation>\n",
    );
    for (flight, from, to) in [("LH901", "FRA", "LHR"), ("AC873", "LHR", "YYZ")] {
        writeln!(
            out,
            "<SpecifiedLogisticsTransportMovement><StageCode>Main-Carriage</StageCode><ModeCode>4</ModeCode><ID>{flight}</ID>\
             <ArrivalEvent><OccurrenceArrivalLocation><ID>{to}</ID><TypeCode>Airport</TypeCode></OccurrenceArrivalLocation></ArrivalEvent>\
             <DepartureEvent><ScheduledOccurrenceDateTime>2024-03-10T00:00:00</ScheduledOccurrenceDateTime>\
             <OccurrenceDepartureLocation><ID>{from}</ID></OccurrenceDepartureLocation></DepartureEvent></SpecifiedLogisticsTransportMovement>"
        )
        .unwrap();
    }
    out.push_str("<HandlingSPHInstructions><DescriptionCode>EAP</DescriptionCode></HandlingSPHInstructions>\n");
    notes_xml(out, r);
    write!(
        out,
        "<ApplicableRating><TypeCode>F</TypeCode><IncludedMasterConsignmentItem><SequenceNumeric>1</SequenceNumeric>\
         <TypeCode>848790</TypeCode><GrossWeightMeasure unitCode=\"KGM\">{pieces}00.5</GrossWeightMeasure>\
         <PieceQuantity>{pieces}</PieceQuantity><NatureIdentificationTransportCargo><Identification>{}</Identification>\
         </NatureIdentificationTransportCargo></IncludedMasterConsignmentItem></ApplicableRating>\n\
         <ApplicableTotalRating><ApplicablePrepaidCollectMonetarySummation><PrepaidIndicator>true</PrepaidIndicator>\
         <WeightChargeTotalAmount currencyID=\"EUR\">4626.48</WeightChargeTotalAmount><GrandTotalAmount currencyID=\"EUR\">4860.03\
         </GrandTotalAmount></ApplicablePrepaidCollectMonetarySummation></ApplicableTotalRating>\n</ns2:MasterConsignment></ns2:Waybill>\n",
        r.pick(GOODS)
    )
    .unwrap();
}

fn xfhl(out: &mut String, r: &mut Numbers) {
    let awb = r.awb();
    header_xml(out, "HouseManifest", "785", &awb);
    write!(out, "<ns2:MasterConsignment><TransportContractDocument><ID>{awb}</ID></TransportContractDocument>\n").unwrap();
    for i in 0..20 {
        write!(
            out,
            "<IncludedHouseConsignment><SequenceNumeric>{i}</SequenceNumeric><GrossWeightMeasure unitCode=\"KGM\">{}</GrossWeightMeasure>\
             <TotalPieceQuantity>{}</TotalPieceQuantity><SummaryDescription>{}</SummaryDescription>\n",
            r.below(900),
            r.below(90),
            r.pick(GOODS)
        )
        .unwrap();
        party_xml(out, "ConsignorParty", r);
        party_xml(out, "ConsigneeParty", r);
        write!(
            out,
            "<TransportContractDocument><ID>H{}</ID></TransportContractDocument><OriginLocation><ID>FRA</ID></OriginLocation>\
             <FinalDestinationLocation><ID>YYZ</ID></FinalDestinationLocation>\n",
            r.below(1_000_000)
        )
        .unwrap();
        notes_xml(out, r);
        out.push_str("</IncludedHouseConsignment>\n");
    }
    out.push_str("</ns2:MasterConsignment></ns2:HouseManifest>\n");
}

fn xffm(out: &mut String, r: &mut Numbers) {
    header_xml(out, "FlightManifest", "122", "LH470");
    out.push_str(
        "<ns2:LogisticsTransportMovement><ID>LH470</ID><DepartureEvent><DepartureOccurrenceDateTime>2024-05-06T13:00:00\
         </DepartureOccurrenceDateTime><OccurrenceDepartureLocation><ID>FRA</ID></OccurrenceDepartureLocation></DepartureEvent>\
         </ns2:LogisticsTransportMovement>\n<ns2:ArrivalEvent><ArrivalOccurrenceDateTime>2024-05-06T15:30:00</ArrivalOccurrenceDateTime>\
         <OccurrenceArrivalLocation><ID>YYZ</ID></OccurrenceArrivalLocation>\n<AssociatedTransportCargo><TypeCode>BLK</TypeCode>\n",
    );
    for _ in 0..40 {
        let pieces = 1 + r.below(50);
        writeln!(
            out,
            "<IncludedMasterConsignment><GrossWeightMeasure unitCode=\"KGM\">{}.5</GrossWeightMeasure><PackageQuantity>{pieces}\
             </PackageQuantity><TotalPieceQuantity>{pieces}</TotalPieceQuantity><SummaryDescription>{}</SummaryDescription>\
             <TransportSplitDescription>T</TransportSplitDescription><TransportContractDocument><ID>{}</ID></TransportContractDocument>\
             <OriginLocation><ID>FRA</ID></OriginLocation><FinalDestinationLocation><ID>YVR</ID></FinalDestinationLocation>\
             <HandlingSPHInstructions><DescriptionCode>EAP</DescriptionCode></HandlingSPHInstructions></IncludedMasterConsignment>",
            r.below(900),
            r.pick(GOODS),
            r.awb()
        )
        .unwrap();
    }
    out.push_str("</AssociatedTransportCargo></ns2:ArrivalEvent></ns2:FlightManifest>\n");
}

fn party_imp(out: &mut String, r: &mut Numbers) {
    write!(out, "/{}\n/{}\n/{}/ON\n/{}/", r.pick(COMPANIES), r.pick(STREETS), r.pick(CITIES), r.pick(COUNTRIES)).unwrap();
    writeln!(out, "{}/TE/{}", r.below(100_000), r.below(10_000_000_000)).unwrap();
}

fn fwb(out: &mut String, r: &mut Numbers) {
    let pieces = 1 + r.below(20);
    write!(
        out,
        "FWB/16\n{}FRAYYZ/T{pieces}K{pieces}00.5MC2.6\nFLT/LH901/10/AC873/11\nRTG/LHRLH/YYZAC\nSHP/{}\n",
        r.awb(),
        r.below(100_000)
    )
    .unwrap();
    party_imp(out, r);
    out.push_str("CNE\n");
    party_imp(out, r);
    write!(out, "AGT//{}/0016\n/FAST FORWARD\n/FRANKFURT\nSSR/KEEP DRY AND COOL\nACC/GEN/FREIGHT PREPAID\n", r.below(9_999_999))
        .unwrap();
    write!(
        out,
        "CVD/EUR//PP/NVD/NCV/XXX\nRTD/1/P{pieces}/K{pieces}00.5/CQ/W{pieces}00.5/R2.50/T501.25\n/NG/{}\n/2/ND//CMT80-40-20/{pieces}\n\
         /3/NH/848790\nOTH/P/MYC80.00SCC12.50\nPPD/WT501.25/OC92.50/CT593.75\nCER/J SMITH\nISU/09MAR24/FRANKFURT/FAST FORWARD\n\
         REF/FRAAGXH\nOCI/DE/SHP/T/DE{}\n/CA/CNE/CP/MARY MAPLE\n/CA/CNE/CT/{}\n/DE/ISS/RA/01234-01\nSPH/EAP/SPX\n",
        r.pick(GOODS),
        r.below(10_000_000_000),
        r.below(10_000_000_000)
    )
    .unwrap();
}

fn fhl(out: &mut String, r: &mut Numbers) {
    write!(out, "FHL/4\nMBI/{}FRAYYZ/T900K9000\n", r.awb()).unwrap();
    for _ in 0..10 {
        write!(
            out,
            "HBS/H{}/FRAYYZ/{}/K{}/{}/{}\n/EAW\nTXT/{} FOR USE IN FACTORIES\nHTS/848790\nOCI/DE/SHP/T/DE{}\n/CA/CNE/CT/{}\nSHP",
            r.below(1_000_000),
            r.below(90),
            r.below(900),
            r.below(90),
            r.pick(GOODS),
            r.pick(GOODS),
            r.below(10_000_000_000),
            r.below(10_000_000_000)
        )
        .unwrap();
        party_imp(out, r);
        out.push_str("CNE");
        party_imp(out, r);
        out.push_str("CVD/EUR/PP/NVD/250.00/XXX\n");
    }
}

fn ffm(out: &mut String, r: &mut Numbers) {
    out.push_str("FFM/8\n1/AC873/10MAR1310/FRA/CFGHI\nYYZ/10MAR1530\n");
    for i in 0..60 {
        if i % 10 == 5 {
            writeln!(out, "ULD/AKE{}AC", 10_000 + r.below(80_000)).unwrap();
        }
        writeln!(out, "{}FRAYVR/T{}K{}MC1.2/{}\n/EAP/SPX", r.awb(), 1 + r.below(50), r.below(900), r.pick(GOODS)).unwrap();
    }
    out.push_str("LAST\n");
}

fn main() {
    let seconds = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(2.0);
    let only = std::env::args().nth(2);
    let kinds: [(&str, fn(&mut String, &mut Numbers)); 6] =
        [("XFWB", xfwb), ("XFHL", xfhl), ("XFFM", xffm), ("FWB", fwb), ("FHL", fhl), ("FFM", ffm)];
    println!("kind    bytes/row       rows/s       MB/s  allocations/row");
    for (name, generate) in kinds.into_iter().filter(|(name, _)| only.as_deref().is_none_or(|o| o == *name)) {
        let mut random = Numbers(42);
        let mut text = String::new();
        while text.len() < 4 << 20 {
            generate(&mut text, &mut random);
        }
        let mut decoder = Decoder::new();
        let (mut rows, mut bytes, mut dead) = (0_u64, 0_u64, 0_u64);
        let mut run = |count: &mut u64| {
            let origin = Origin { source: "speed", partition: name, position: 0, received_at: 1_710_000_000_000_000 };
            decoder.decode(&origin, text.as_bytes());
            let decoded = decoder.finish().unwrap();
            *count += decoded.consignments.num_rows() as u64;
            dead += decoded.dead_letters.num_rows() as u64;
        };
        run(&mut 0);
        let before = common::allocations();
        let start = common::ran();
        while ((common::ran() - start) as f64) < seconds * 1e9 {
            run(&mut rows);
            bytes += text.len() as u64;
        }
        let elapsed = (common::ran() - start) as f64 / 1e9;
        let allocations = (common::allocations() - before) as f64 / rows as f64;
        assert_eq!(dead, 0, "{name}: generated messages are whole");
        println!(
            "{name:<6} {:>10.0} {:>12.0} {:>10.1} {allocations:>16.2}",
            bytes as f64 / rows as f64,
            rows as f64 / elapsed,
            bytes as f64 / elapsed / 1e6
        );
    }
}
