//! Lists against the profiles of the states they are for.

use super::{cell, column, decode, findings};

/// A list to this recipient, from one port to another, with these persons.
fn list(recipient: &str, from: &str, to: &str, bgm: &str, persons: &str) -> arrow::array::RecordBatch {
    let text = format!(
        "UNB+UNOA:4+QQ:ZZ+{recipient}+240501:1200+7++APIS'UNH+M1+PAXLST:D:05B:UN:IATA'BGM+{bgm}'TDT+20+QQ0012+++QQ'\
         LOC+125+{from}'DTM+189:2405011830:201'LOC+87+{to}'DTM+232:2405012005:201'{persons}UNT+1+M1'UNZ+1+7'"
    );
    decode(text.as_bytes()).travellers
}

/// What the rows lack.
fn lacks(batch: &arrow::array::RecordBatch, row: usize) -> Vec<String> {
    let required = |code: &String| code.strip_prefix("required_").map(|c| c.trim_end_matches("_missing").to_owned());
    findings(batch, row).iter().filter_map(required).collect()
}

const ANN: &str = "NAD+FL+++ROE:ANN'ATT+2++F'DTM+329:810203'LOC+178+YYZ'LOC+179+JFK'NAT+2+FRA'DOC+P+X1'DTM+36:291215'LOC+91+FRA'";

#[test]
fn the_united_states() {
    let of = |persons: &str| {
        let batch = list("GOV:ZZ", "YYZ", "JFK", "745", persons);
        assert!(column(&batch, "profile").iter().all(|p| p == "USA"));
        lacks(&batch, 0)
    };
    assert_eq!(of(ANN), ["residence", "address", "clearance_port"]);
    let whole = ANN.replace("LOC+178", "LOC+22+JFK'LOC+174+FRA'LOC+178");
    assert_eq!(of(&whole), ["address"]);
    assert!(of(&whole.replace("ANN'", "ANN+1 LONG STREET+TOWN+NY+10001+USA'")).is_empty());
    // Citizens, residents and travellers in transit give no address.
    assert!(of(&whole.replace("NAT+2+FRA", "NAT+2+USA")).is_empty());
    assert!(of(&whole.replace("LOC+174+FRA", "LOC+174+USA")).is_empty());
    assert!(of(&whole.replace("LOC+179+JFK", "LOC+179+MEX")).is_empty());
    assert!(of(&whole.replace("NAD+FL", "NAD+DDU")).is_empty());
    // A visa is no travel document, and of a document that is not there nothing else is asked.
    assert_eq!(of(&whole.replace("DOC+P+", "DOC+V+").replace("NAT+2+FRA", "NAT+2+USA")), ["document"]);
    assert_eq!(
        of("NAD+FL+++ROE:ANN+X'"),
        ["birth_date", "sex", "nationality", "residence", "embarkation", "debarkation", "clearance_port", "document"]
    );
    // A sex that is not stated is stated not to be.
    assert!(!of("NAD+FL+++ROE:ANN'ATT+2++U'").contains(&"sex".to_owned()));
    // Where it was noticed: the segment that begins the person.
    let batch = list("GOV:ZZ", "YYZ", "JFK", "745", ANN);
    assert!(cell(&batch, "finding_details", 0).contains("code: required_residence_missing, severity: warning, segment: NAD"));
}

#[test]
fn crew_say_what_they_do() {
    let crew = concat!(
        "NAD+FM+++DOE:JO+1 LONG STREET+TOWN++X1+CAN'ATT+2++M'DTM+329:700101'LOC+174+CAN'LOC+180+CAN:::TORONTO'EMP+1+CR1:110:111'",
        "NAT+2+CAN'DOC+P+X2'DTM+36:291215'LOC+91+CAN'NAD+FM+++POE:MO'EMP+1+:::PURSER'"
    );
    let batch = list("USADHS", "YYZ", "JFK", "250+C", crew);
    assert_eq!(column(&batch, "crew_duty"), ["CR1", "PURSER"]);
    assert!(lacks(&batch, 0).is_empty());
    let second = lacks(&batch, 1);
    assert!(second.contains(&"birth_place".to_owned()) && !second.contains(&"duty".to_owned()));
    // Truck crews are reported under other rules.
    let batch = list("USADHS", "YYZ", "JFK", "10+X+9", "NAD+VW+++DOE:JO'DTM+329:700101'");
    assert_eq!((cell(&batch, "profile", 0).as_str(), lacks(&batch, 0).len()), ("~", 0));
}

#[test]
fn whose_profile_it_is() {
    for (recipient, from, to, profile) in [
        ("GOV:ZZ", "JFK", "YYZ", "CAN"),
        // The recipient knows better than the ports.
        ("USCSAPIS:ZZ", "JFK", "YYZ", "USA"),
        ("NIAC", "NRT", "PEK", "CHN"),
        ("", "NRT", "CDG", "EU"),
        ("", "LHR", "NRT", "GBR"),
        // Who leaves the Union is asked nothing by this law.
        ("", "CDG", "NRT", "~"),
        ("", "SYD", "AKL", "NZL"),
        ("", "AKL", "SYD", "AUS"),
        ("", "CAWNP", "USBLI", "USA"),
        ("", "MIA", "MEX", "MEX"),
        ("", "DXB", "DEL", "IND"),
        ("", "", "", "~"),
    ] {
        let batch = list(recipient, from, to, "745", ANN);
        assert_eq!(cell(&batch, "profile", 0), profile, "{recipient} {from} {to}");
    }
    // The United States ask less of who leaves.
    assert!(lacks(&list("USCSAPIS:ZZ", "JFK", "YYZ", "745", ANN), 0).is_empty());
    // The association code names a state too.
    let text = "UNH+M1+PAXLST:D:02B:UN:CBP'BGM+745'NAD+FL+++ROE:ANN'";
    assert_eq!(cell(&decode(text.as_bytes()).travellers, "profile", 0), "USA");
    // New Zealand and Canada let go what others ask for.
    let short = ANN.replace("LOC+91+FRA'", "");
    assert!(lacks(&list("", "SYD", "AKL", "745", &short), 0).is_empty());
    assert_eq!(lacks(&list("", "SYD", "YYZ", "745", &short), 0), ["document_issuer"]);
    assert!(lacks(&list("", "SYD", "YYZ", "745", &ANN.replace("DTM+36:291215'", "")), 0).is_empty());
}

#[test]
fn lists_that_only_refer_to_persons_are_asked_nothing() {
    for bgm in ["745+XR", "745+CL", "745+CLNB", "745+CLOB", "266+CLOB", "655", "336+H"] {
        let batch = list("USADHS", "YYZ", "JFK", bgm, "NAD+FL+++ROE:ANN'RFF+ABO:77'");
        assert!(lacks(&batch, 0).is_empty(), "{bgm}");
    }
    for bgm in ["745", "745+CP", "336+G"] {
        let batch = list("USADHS", "YYZ", "JFK", bgm, "NAD+FL+++ROE:ANN'RFF+ABO:77'");
        assert!(!lacks(&batch, 0).is_empty(), "{bgm}");
    }
}

#[test]
fn a_second_flight_has_a_profile_of_its_own() {
    let second = format!("{ANN}TDT+20+QQ0013+++QQ'LOC+125+JFK'DTM+189:2405021830:201'LOC+87+YYZ'{ANN}");
    assert_eq!(column(&list("", "YYZ", "JFK", "745", &second), "profile"), ["USA", "CAN"]);
}

#[test]
fn segments_that_few_send() {
    let batch = list(
        "",
        "YYZ",
        "NRT",
        "745",
        "NAD+FL+++A:B'LOC+180+:::AMBER HILL+:::GBR'RFF+CR:77001'DOC+P+X1'CPI++A:::x'QTY+52:3'NAD+FL+++C:D'MEA+CT++1'QTY+52:3'NAD+FL+++E:F'QTY+52:N'",
    );
    assert_eq!((cell(&batch, "birth_place", 0), cell(&batch, "birth_country", 0)), ("AMBER HILL".into(), "GBR".into()));
    assert_eq!(column(&batch, "bag_count"), ["3", "1", "~"]);
    assert_eq!(cell(&batch, "frequent_flyers", 0), "[{carrier: ~, number: 77001, level: ~}]");
    assert!(cell(&batch, "payments", 0).contains("kind: A,"));
    assert_eq!((cell(&batch, "payments", 1), cell(&batch, "frequent_flyers", 1)), ("~".into(), "~".into()));
    assert!(findings(&batch, 2).contains(&"measure_unreadable".to_owned()));
}

#[test]
fn lists_in_the_letters_of_telegrams() {
    // The character set of Type-B has neither plus nor apostrophe: parentheses and hyphens stand for them.
    let text = "\u{1}QK LONPPXS\r\n.MUCKMTS 250521\r\n\u{2}UNA:(.) -\r\nUNB(UNOA:4(1A:QQ(IRLAPIS(240501:0121(1A8323504((APIS-\r\n\
        UNG(PAXLST(QQ AIR:QQ(IRLAPIS(240501:0121(1A8323505(UN(D:05B-\r\nUNH(1(PAXLST:D:05B:UN:IATA(QQ2302405011130(05-\r\n\
        BGM(745-\r\nNAD(MS(((QQ AIR CALL CENTER-\r\nCOM(15149060:TE(15149876:FX-\r\nTDT(20(QQ230-\r\nLOC(125(YYZ-\r\n\
        DTM(189:2405012355:201-\r\nLOC(87(DUB-\r\nDTM(232:2405021130:201-\r\nNAD(FL(((ROE:ANN MARIE-\r\nATT(2((F-\r\n\
        DTM(329:810203-\r\nLOC(178(YYZ-\r\nLOC(179(DUB-\r\nNAT(2(CAN-\r\nRFF(AVF:AB12CD-\r\nDOC(P:110:111(X1-\r\n\
        DTM(36:291215-\r\nLOC(91(CAN-\r\nCNT(42:1-\r\nUNT(20(1-\r\nUNE(1(1A8323505-\r\nUNZ(1(1A8323504-\r\n\u{3}";
    let batch = decode(text.as_bytes()).travellers;
    assert_eq!(batch.num_rows(), 1);
    for (name, want) in [
        ("surname", "ROE"),
        ("given_names", "ANN MARIE"),
        ("birth_date", "1981-02-03"),
        ("flight_key", "QQ-0230-YYZ-DUB-2024-05-01"),
        ("document_number", "X1"),
        ("document_issuer", "CAN"),
        ("document_expiry", "2029-12-15"),
        ("profile", "EU"),
        ("recipient", "IRLAPIS"),
    ] {
        assert_eq!(cell(&batch, name, 0), want, "{name}");
    }
    assert!(lacks(&batch, 0).is_empty());
}
