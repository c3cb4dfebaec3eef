//! The cases of the shared archive against the rules, and hand-made declarations.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::findings::FINDINGS;
use super::super::tests::{cell, decode, findings};

/// Number of the authority's error in the meaning of a finding: `C501, 8120: …`.
fn number(meaning: &str) -> Option<&str> {
    let number = meaning.split_once(':')?.0.rsplit(", ").next()?;
    (number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

/// Numbers of all rules, by the code of their finding.
fn numbers() -> BTreeMap<&'static str, &'static str> {
    FINDINGS.iter().filter(|f| f.code.starts_with("ens_")).filter_map(|f| Some((f.code, number(f.meaning)?))).collect()
}

/// Unpacks the archive of cases; `None` where it is not at hand.
fn unpacked(name: &str) -> Option<(PathBuf, PathBuf)> {
    let Some(shared) = std::env::var_os("TAMIS_SHARED") else {
        println!("skipped: TAMIS_SHARED names no folder of shared samples");
        return None;
    };
    let archive = Path::new(&shared).join("samples/ens_hmrc/hmrc_ens_315_testcases.tar.xz");
    if !archive.exists() {
        println!("skipped: no archive of entry summary declarations");
        return None;
    }
    let folder = std::env::temp_dir().join(format!("tamis-ens-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let done = Command::new("tar").arg("xJf").arg(&archive).arg("-C").arg(&folder).status();
    if !done.is_ok_and(|s| s.success()) {
        println!("skipped: tar cannot unpack the archive");
        return None;
    }
    let cases = folder.join("test/resources/xmls");
    Some((folder, cases))
}

/// Findings of a document by the number of the error.
fn errors(bytes: &[u8], numbers: &BTreeMap<&str, &'static str>) -> BTreeSet<&'static str> {
    let decoded = decode(bytes);
    assert_eq!((decoded.consignments.num_rows(), decoded.dead_letters.num_rows()), (1, 0));
    findings(&decoded.consignments, 0).iter().filter_map(|code| numbers.get(code.as_str()).copied()).collect()
}

#[test]
fn every_case_of_every_rule_agrees() {
    let Some((folder, cases)) = unpacked("rules") else { return };
    let numbers = numbers();
    let mut table: BTreeMap<&str, [usize; 3]> = numbers.values().map(|n| (*n, [0; 3])).collect();
    let mut files = 0;
    let mut unknown = BTreeSet::new();
    for entry in std::fs::read_dir(cases.join("ruleTestCases315")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(expected) = std::fs::read_to_string(path.with_extension("ctl")) else { continue };
        if path.extension().is_none_or(|e| e != "xml") {
            continue;
        }
        files += 1;
        let mut want = BTreeSet::new();
        for rest in expected.split("<err:Number>").skip(1) {
            let n = rest.split('<').next().unwrap();
            match table.get_key_value(n) {
                Some((n, _)) => want.insert(*n),
                None => unknown.insert(n.to_owned()),
            };
        }
        let got = errors(&std::fs::read(&path).unwrap(), &numbers);
        for (n, [agree, missing, surplus]) in &mut table {
            match (want.contains(n), got.contains(n)) {
                (true, true) => *agree += 1,
                (true, false) => *missing += 1,
                (false, true) => *surplus += 1,
                (false, false) => {}
            }
            if want.contains(n) != got.contains(n) {
                println!("{n} differs in {}", path.file_name().unwrap().to_string_lossy());
            }
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
    println!("{files} cases, {} rules; rules without a case that breaks them are checked on cases that keep them", table.len());
    println!("error  broken and found  missed  found and not broken");
    for (n, [agree, missing, surplus]) in &table {
        println!("{n}   {agree:16}  {missing:6}  {surplus:20}");
    }
    assert!(unknown.is_empty(), "errors without a finding: {unknown:?}");
    assert!(table.values().all(|[_, missing, surplus]| missing + surplus == 0));
    assert!(files > 500 && table.values().filter(|[agree, ..]| *agree > 0).count() > 100);
}

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<x:CC315A xmlns:x="http://ics.dgtaxud.ec/CC315A">
  <MesSenMES3>GB000000000001/0000000010</MesSenMES3><MesRecMES6>GBCUSTOMS</MesRecMES6>
  <DatOfPreMES9>210314</DatOfPreMES9><TimOfPreMES10>0915</TimOfPreMES10><MesIdeMES19>M1</MesIdeMES19>
  <HEAHEA>
    <RefNumHEA4>LRN-7</RefNumHEA4><TraModAtBorHEA76>1</TraModAtBorHEA76>
    <IdeOfMeaOfTraCroHEA85>9074729</IdeOfMeaOfTraCroHEA85>
    <TotNumOfIteHEA305>2</TotNumOfIteHEA305><TotNumOfPacHEA306>13</TotNumOfPacHEA306><TotGroMasHEA307>150.5</TotGroMasHEA307>
    <DecPlaHEA394>Felixstowe</DecPlaHEA394><SpeCirIndHEA1>E</SpeCirIndHEA1><TraChaMetOfPayHEA1>A</TraChaMetOfPayHEA1>
    <ComRefNumHEA>UCR1</ComRefNumHEA><ConRefNumHEA>V042E</ConRefNumHEA>
    <PlaLoaGOOITE334>CNSHA</PlaLoaGOOITE334><PlaUnlGOOITE334>GBFXT</PlaUnlGOOITE334>
    <DecDatTimHEA114>202103140900</DecDatTimHEA114>
  </HEAHEA>
  <TRACONCO1><NamCO17>Alpha &amp; Sons</NamCO17><StrAndNumCO122>1 Quay</StrAndNumCO122><PosCodCO123>200000</PosCodCO123>
    <CitCO124>Shanghai</CitCO124><CouCO125>CN</CouCO125></TRACONCO1>
  <TRACONCE1><TINCE159>GB000000000002</TINCE159></TRACONCE1>
  <GOOITEGDS><IteNumGDS7>1</IteNumGDS7><GooDesGDS23>Bicycle frames</GooDesGDS23><GroMasGDS46>100.5</GroMasGDS46>
    <UNDanGooCodGDI1>3480</UNDanGooCodGDI1>
    <PRODOCDC2><DocTypDC21>N705</DocTypDC21><DocRefDC23>BL900</DocRefDC23></PRODOCDC2>
    <SPEMENMT2><AddInfCodMT23>10100</AddInfCodMT23></SPEMENMT2>
    <COMCODGODITM><ComNomCMD1>87149110</ComNomCMD1></COMCODGODITM>
    <CONNR2><ConNumNR21>CSQU3054383</ConNumNR21></CONNR2>
    <PACGS2><KinOfPacGS23>CT</KinOfPacGS23><NumOfPacGS24>10</NumOfPacGS24><MarNumOfPacGSL21>A1</MarNumOfPacGSL21></PACGS2>
    <PACGS2><KinOfPacGS23>NE</KinOfPacGS23><NumOfPieGS25>2</NumOfPieGS25></PACGS2>
  </GOOITEGDS>
  <GOOITEGDS><IteNumGDS7>2</IteNumGDS7><GooDesGDS23>Grain</GooDesGDS23><GroMasGDS46>50</GroMasGDS46>
    <PRODOCDC2><DocTypDC21>N705</DocTypDC21><DocRefDC23>BL900</DocRefDC23></PRODOCDC2>
    <CONNR2><ConNumNR21>CSQU3054383</ConNumNR21></CONNR2><CONNR2><ConNumNR21>CSQU3054384</ConNumNR21></CONNR2>
    <PACGS2><KinOfPacGS23>VR</KinOfPacGS23></PACGS2>
  </GOOITEGDS>
  <ITI><CouOfRouCodITI1>CN</CouOfRouCodITI1></ITI><ITI><CouOfRouCodITI1>GB</CouOfRouCodITI1></ITI>
  <CUSOFFLON><RefNumCOL1>GB000060</RefNumCOL1></CUSOFFLON>
  <PERLODSUMDEC><TINPLD1>GB000000000001</TINPLD1></PERLODSUMDEC>
  <SEAID529><SeaIdSEAID530>SEAL1</SeaIdSEAID530></SEAID529>
  <CUSOFFFENT730><RefNumCUSOFFFENT731>GB000011</RefNumCUSOFFFENT731>
    <ExpDatOfArrFIRENT733>202103200630</ExpDatOfArrFIRENT733></CUSOFFFENT730>
  <CUSOFFSENT740><RefNumSUBENR909>IEDUB100</RefNumSUBENR909></CUSOFFSENT740>
  <TRACARENT601><TINTRACARENT602>GB000000000003</TINTRACARENT602></TRACARENT601>
</x:CC315A></soap:Body></soap:Envelope>"#;

#[test]
fn a_declaration_in_an_envelope_fills_the_columns() {
    let decoded = decode(DECLARATION.as_bytes());
    let batch = &decoded.consignments;
    assert_eq!((batch.num_rows(), decoded.dead_letters.num_rows()), (1, 0));
    for (column, want) in [
        ("consignment_key", "BL:GB000000000003/BL900"),
        ("message_format", "ENS XML"),
        ("message_kind", "CC315A"),
        ("action", "new"),
        ("message_ref", "M1"),
        ("sender", "GB000000000001/0000000010"),
        ("level", "declaration"),
        ("mode", "sea"),
        ("bill_number", "BL900"),
        ("master_bill", "~"),
        ("ucr", "UCR1"),
        ("declaration_ref", "LRN-7"),
        ("carrier", "GB000000000003"),
        ("conveyance_id", "9074729"),
        ("voyage", "V042E"),
        ("loading_port", "CNSHA"),
        ("discharge_port", "GBFXT"),
        ("entry_port", "GB000011"),
        ("route", "[CN, GB]"),
        ("seals", "[SEAL1]"),
        ("arrival_local", "2021-03-20T06:30:00"),
        ("event_time", "2021-03-14T09:15:00"),
        ("packages", "13"),
        ("gross_weight_kg", "150.5"),
        ("payment", "A"),
    ] {
        assert_eq!(cell(batch, column, 0), want, "{column}");
    }
    let parties = cell(batch, "parties", 0);
    for part in ["role: consignor", "name: Alpha & Sons", "country: CHN", "city: Shanghai", "identifier: GB000000000002", "role: declarant"] {
        assert!(parties.contains(part), "{part} in {parties}");
    }
    let items = cell(batch, "items", 0);
    for part in [
        "number: 1, description: Bicycle frames, marks: A1, hs: 87149110, packages: 12, package_type: CT NE, gross_weight_kg: 100.5",
        "un_number: 3480",
        "containers: [CSQU3054383]",
        "containers: [CSQU3054383, CSQU3054384]",
    ] {
        assert!(items.contains(part), "{part} in {items}");
    }
    assert_eq!(cell(batch, "containers", 0).matches("number:").count(), 2);
    let references = cell(batch, "references", 0);
    assert!(references.contains("kind: N705, value: BL900, item: 1"), "{references}");
    assert_eq!(findings(batch, 0), ["container_number_invalid"]);
}

#[test]
fn an_amendment_names_the_movement() {
    let amended = DECLARATION
        .replace("CC315A", "CC313A")
        .replace("<RefNumHEA4>LRN-7</RefNumHEA4>", "<DocNumHEA5>21GB00000000000010</DocNumHEA5>")
        .replace("DecDatTimHEA114", "DatTimAmeHEA113");
    let batch = decode(amended.as_bytes()).consignments;
    assert_eq!((cell(&batch, "action", 0), cell(&batch, "declaration_ref", 0)), ("change".to_owned(), "21GB00000000000010".to_owned()));
}

#[test]
fn answers_are_named_as_what_they_are() {
    let wrapped = "<outcomeResponse><response><c:CC328A xmlns:c='http://ics.dgtaxud.ec/CC328A'><HEAHEA/></c:CC328A></response></outcomeResponse>";
    for (text, part) in [
        (wrapped, "ENS XML CC328A (IE328, "),
        ("<cc3:CC316A xmlns:cc3='http://ics.dgtaxud.ec/CC316A'><HEAHEA/></cc3:CC316A>", "IE316"),
        ("<CC351A><HEAHEA/></CC351A>", "IE351"),
    ] {
        let decoded = decode(text.as_bytes());
        assert_eq!((decoded.consignments.num_rows(), decoded.dead_letters.num_rows()), (0, 1), "{text}");
        let message = cell(&decoded.dead_letters, "message", 0);
        assert!(message.contains(part), "{message}");
    }
}
