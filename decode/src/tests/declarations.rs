//! Damage to declarations: what stands before and behind is never lost, and no byte is.

use proptest::prelude::*;

use super::{Decoded, cell, decode, facts};

fn ens(reference: &str) -> String {
    format!(
        "<?xml version='1.0'?>\n<s:Envelope xmlns:s='u'><s:Body><ie:CC315A xmlns:ie='http://ics.dgtaxud.ec/CC315A'>\
         <MesSenMES3>GB1/0000000001</MesSenMES3><HEAHEA><RefNumHEA4>{reference}</RefNumHEA4>\
         <TraModAtBorHEA76>1</TraModAtBorHEA76><TotNumOfPacHEA306>2</TotNumOfPacHEA306></HEAHEA>\
         <TRACONCO1><NamCO17>Alpha &amp; Sons</NamCO17><CouCO125>CN</CouCO125></TRACONCO1>\
         <GOOITEGDS><IteNumGDS7>1</IteNumGDS7><GooDesGDS23>Tea</GooDesGDS23><CONNR2><ConNumNR21>CSQU3054383</ConNumNR21></CONNR2>\
         <PACGS2><KinOfPacGS23>CT</KinOfPacGS23><NumOfPacGS24>2</NumOfPacGS24></PACGS2></GOOITEGDS>\
         <ITI><CouOfRouCodITI1>CN</CouOfRouCodITI1></ITI></ie:CC315A></s:Body></s:Envelope>\n"
    )
}

fn wco(reference: &str) -> String {
    format!(
        "<md:MetaData xmlns:md='urn:wco:datamodel:WCO:DocumentMetaData-DMS:2'><n:Declaration xmlns:n='urn:wco:datamodel:WCO:DEC-DMS:2'>\
         <n:FunctionCode>9</n:FunctionCode><n:FunctionalReferenceID>{reference}</n:FunctionalReferenceID><n:TypeCode>IMA</n:TypeCode>\
         <n:Exporter><n:Name>Alpha</n:Name></n:Exporter><n:GoodsShipment><n:GovernmentAgencyGoodsItem>\
         <n:SequenceNumeric>1</n:SequenceNumeric><n:Commodity><n:Description>Tea</n:Description>\
         <n:GoodsMeasure><n:GrossMassMeasure unitCode='KGM'>5</n:GrossMassMeasure></n:GoodsMeasure></n:Commodity>\
         </n:GovernmentAgencyGoodsItem></n:GoodsShipment></n:Declaration></md:MetaData>\n"
    )
}

/// Facts of the row of a declaration.
fn row(decoded: &Decoded, reference: &str) -> Option<Vec<(String, String)>> {
    let batch = &decoded.consignments;
    (0..batch.num_rows()).find(|row| cell(batch, "declaration_ref", *row) == reference).map(|row| facts(batch, row))
}

fn accounted(decoded: &Decoded) {
    let c = &decoded.counts;
    assert_eq!(c.bytes, c.blank_bytes + c.dirt_bytes + c.decoded_bytes + c.dead_bytes, "{c:?}");
}

/// Decodes documents around a damaged one.
fn around(first: &str, damaged: &[u8], last: &str) -> Decoded {
    let mut input = first.as_bytes().to_vec();
    input.extend_from_slice(damaged);
    input.extend_from_slice(last.as_bytes());
    let decoded = decode(&input);
    accounted(&decoded);
    decoded
}

/// What is known of the declarations on both sides.
type Sides = [Option<Vec<(String, String)>>; 2];

fn sides(decoded: &Decoded) -> Sides {
    ["FIRST", "LAST"].map(|reference| row(decoded, reference))
}

fn neighbours_stay(first: &str, damaged: &[u8], last: &str, whole: &Sides) {
    assert!(whole.iter().all(Option::is_some));
    assert!(sides(&around(first, damaged, last)) == *whole, "{}", String::from_utf8_lossy(damaged));
}

#[test]
fn cutting_one_leaves_its_neighbours() {
    for (first, middle, last) in [(ens("FIRST"), ens("MIDDLE"), ens("LAST")), (wco("FIRST"), wco("MIDDLE"), ens("LAST"))] {
        let whole = sides(&around(&first, b"", &last));
        for cut in (0..middle.len()).step_by(5) {
            neighbours_stay(&first, &middle.as_bytes()[..cut], &last, &whole);
            neighbours_stay(&first, &middle.as_bytes()[cut..], &last, &whole);
        }
    }
}

#[test]
fn what_is_read_of_a_cut_declaration_is_a_row() {
    let text = ens("CUT");
    let end = text.find("<ITI>").unwrap();
    let decoded = decode(&text.as_bytes()[..end]);
    accounted(&decoded);
    assert_eq!(cell(&decoded.consignments, "declaration_ref", 0), "CUT");
    assert!(cell(&decoded.consignments, "items", 0).contains("Tea"));
    assert!(super::findings(&decoded.consignments, 0).contains(&"xml_cut".to_owned()));
    let named_wrong = text.replace("CC315A", "CC315B");
    let decoded = decode(named_wrong.as_bytes());
    assert_eq!(cell(&decoded.consignments, "declaration_ref", 0), "CUT");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn flipping_a_byte_leaves_its_neighbours(at in any::<prop::sample::Index>(), byte in any::<u8>(), tax in any::<bool>()) {
        let (first, mut middle, last) = if tax { (wco("FIRST"), wco("M").into_bytes(), wco("LAST")) } else { (ens("FIRST"), ens("M").into_bytes(), ens("LAST")) };
        let at = at.index(middle.len());
        middle[at] = byte;
        let whole = sides(&around(&first, b"", &last));
        neighbours_stay(&first, &middle, &last, &whole);
    }

    #[test]
    fn any_bytes_inside_never_panic(junk in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>()) {
        let mut middle = ens("M").into_bytes();
        let at = at.index(middle.len());
        middle.splice(at..at, junk.iter().copied());
        accounted(&decode(&middle));
        let mut middle = wco("M").into_bytes();
        let at = at.min(middle.len());
        middle.splice(at..at, junk);
        accounted(&decode(&middle));
    }
}
