//! Hand-made lists of each form, and what becomes of them.

use super::{all_facts, cell, column, date, decode, findings, int, noticed};

const UNB: &str = "UNA:+.? 'UNB+UNOA:4+QQ:ZZ+GOV:ZZ+240501:1200+7++APIS'UNH+M1+PAXLST:D:05B:UN:IATA'";
const FLIGHT: &str = "TDT+20+QQ0012+++QQ'LOC+125+YYZ'DTM+189:2405011830:201'LOC+87+JFK'DTM+232:2405012005:201'";

/// A passenger list with these persons.
fn list(persons: &str) -> String {
    format!("{UNB}BGM+745'{FLIGHT}{persons}UNT+1+M1'UNZ+1+7'")
}

fn rows(persons: &str) -> arrow::array::RecordBatch {
    decode(list(persons).as_bytes()).travellers
}

#[test]
fn every_role() {
    let batch =
        rows("NAD+FL+++A:B'NAD+FM+++C:D'NAD+DDT+++E:F'NAD+DDU+++G:H'NAD+VW+++I:J'NAD+MS+++HELPDESK'NAD+ZZ+++K:L'DTM+329:800101'");
    assert_eq!(column(&batch, "role"), ["passenger", "crew", "transit_crew", "transit_passenger", "crew", "passenger"]);
    assert_eq!(column(&batch, "ordinal"), ["0", "1", "2", "3", "4", "5"]);
    // Crew are due an hour before, passengers half an hour.
    assert_eq!(cell(&batch, "deadline_local", 0), "2024-05-01T18:00:00");
    assert_eq!(cell(&batch, "deadline_local", 1), "2024-05-01T17:30:00");
    assert!(findings(&batch, 5).contains(&"role_unknown".to_owned()));
    // A party that nothing shows to be a person does not travel.
    assert_eq!(rows("NAD+ZZ+++SOME AGENCY'COM+1:TE'NAD+FL+++A:B'").num_rows(), 1);
}

#[test]
fn all_that_a_passenger_can_say() {
    let batch = rows(concat!(
        "NAD+FL+++NÜSSLI:ANN?'A:MARIEMRS+12 LONG STREET:FLAT 3+SPRINGFIELD+IL+62701+USA'ATT+2++F'DTM+329:19810203:102'",
        "MEA+CT++:2'MEA+WT++LBR:44'GEI+4+174'FTX+BAG+++QQ0099:2'FTX+SPM+++VGML'FTX+MRZ+++",
        "P<UTONUESSLI<<ANNA<MARIE<<<<<<<<<<<<<<<<<<<<:L898902C36UTO8102032F2912159ZE184226B<<<<<10'",
        "LOC+22+JFK'LOC+178+YYZ'LOC+179+JFK'LOC+174+CHE'LOC+180+CHE:::BERN'COM+1 555:TE+a@b.example:EM'",
        "NAT+2+CHE'RFF+AVF:AB12CD'RFF+SEA:004A'RFF+ABO:77'RFF+YZY:0011234567890'RFF+AEA:X'",
        "DOC+V:110:111+V 77'DTM+36:250101'LOC+91+USA'DOC+P:110:111+X1 23'DTM+36:291215'LOC+91+CHE'DOC++'DTM+36:200101'LOC+91+'",
    ));
    assert_eq!(batch.num_rows(), 1);
    for (name, want) in [
        ("name_raw", "NÜSSLI:ANN'A:MARIEMRS"),
        ("surname", "NÜSSLI"),
        ("given_names", "ANN'A MARIE"),
        ("title", "MRS"),
        ("birth_date", "1981-02-03"),
        ("birth_date_precision", "day"),
        ("sex", "F"),
        ("nationality", "CHE"),
        ("residence_country", "CHE"),
        ("birth_place", "BERN"),
        ("birth_country", "CHE"),
        ("embarkation_port", "YYZ"),
        ("debarkation_port", "JFK"),
        ("clearance_port", "JFK"),
        ("document_type", "P"),
        ("document_number", "X123"),
        ("document_issuer", "CHE"),
        ("document_expiry", "2029-12-15"),
        ("document_shared", "0"),
        (
            "documents",
            "[{type: V, number: V77, issuer: USA, expiry: 2025-01-01}, {type: P, number: X123, issuer: CHE, expiry: 2029-12-15}]",
        ),
        ("pnr_locator", "AB12CD"),
        ("carrier_ref", "77"),
        ("ticket", "0011234567890"),
        ("seat", "4A"),
        ("bag_count", "2"),
        ("bag_weight_kg", "20"),
        ("bag_tags", "[QQ0099, QQ0100]"),
        (
            "contacts",
            "[{kind: TE, value: 1 555}, {kind: EM, value: a@b.example}, {kind: AD, value: 12 LONG STREET, FLAT 3, SPRINGFIELD, IL, 62701, USA}]",
        ),
        ("mrz", "P<UTONUESSLI<<ANNA<MARIE<<<<<<<<<<<<<<<<<<<<\nL898902C36UTO8102032F2912159ZE184226B<<<<<10"),
        ("person_key", "D:CHE/X123"),
        ("flight_key", "QQ-0012-YYZ-JFK-2024-05-01"),
        ("carrier", "QQ"),
        ("flight", "12"),
        ("message_format", "PAXLST"),
        ("message_kind", "745"),
        ("action", "new"),
        ("sender", "QQ"),
        ("recipient", "GOV"),
        ("event_time", "2024-05-01T12:00:00"),
        ("message_ref", "M1"),
        ("message_part", "~"),
    ] {
        assert_eq!(cell(&batch, name, 0), want, "{name}");
    }
    let found = findings(&batch, 0);
    assert!(found.contains(&"identity_not_verified".to_owned()) && found.contains(&"document_empty".to_owned()));
    // Meals are sensitive: no cell knows of them.
    assert!(all_facts(&batch)[0].iter().all(|(_, value)| !value.contains("VGML")));
}

#[test]
fn one_broken_person_costs_one_person() {
    let decoded =
        decode(list("NAD+FL+++A:B'NAD+FL+++::'ATT+2++M'NAD+FL+++999'DTM+329:800101'NAD+FL'DOC+P+X1'NAD+FL+++C:D'").as_bytes());
    assert_eq!(column(&decoded.travellers, "surname"), ["A", "~", "C"]);
    assert_eq!(column(&decoded.travellers, "ordinal"), ["0", "3", "4"]);
    assert!(findings(&decoded.travellers, 1).contains(&"name_missing".to_owned()));
    let dead = &decoded.dead_letters;
    assert_eq!(column(dead, "code"), ["person_without_identity", "person_without_identity"]);
    let text = list("NAD+FL+++A:B'NAD+FL+++::'ATT+2++M'");
    assert_eq!(cell(dead, "position", 0), text.find("NAD+FL+++::").unwrap().to_string());
    let raw = arrow::array::AsArray::as_binary_view(dead.column_by_name("raw").unwrap());
    assert_eq!(raw.value(0), b"NAD+FL+++::'ATT+2++M'");
    assert_eq!(decoded.counts.travellers + decoded.counts.dead_letters, 5);
}

#[test]
fn unreadable_values_are_null_and_found() {
    let batch =
        rows("NAD+FL+++A:B'ATT+2++Q'DTM+329:701332'MEA+CT++MANY'NAT+2+QQQ'NAT+2+USA'DOC+P'DTM+36:99'LOC+77+X'RFF+ZZZ:1'TVL+1'");
    for name in ["sex", "birth_date", "bag_count", "document_expiry"] {
        assert_eq!(cell(&batch, name, 0), "~", "{name}");
    }
    assert_eq!(cell(&batch, "nationality", 0), "QQQ");
    let found = findings(&batch, 0);
    for code in [
        "sex_unreadable",
        "birth_date_unreadable",
        "expiry_unreadable",
        "measure_unreadable",
        "country_unknown",
        "nationality_repeated",
        "document_without_number",
        "qualifier_unknown",
        "segment_unknown",
    ] {
        assert!(found.contains(&code.to_owned()), "{code} in {found:?}");
    }
}

#[test]
fn a_shared_document_counts_others_and_names_nobody() {
    let batch = rows(concat!(
        "NAD+FL+++A:B'DTM+329:800101'DOC+P+X1'LOC+91+GBR'NAD+FL+++C:D'DTM+329:800102'DOC+P+X1'LOC+91+GBR'",
        "NAD+FL+++E:F'DOC+P+X1'LOC+91+USA'NAD+FL+++G:H'DOC+P+X1'LOC+91+GBR'DOC+P+X1'LOC+91+GBR'NAD+FL+++I:J'RFF+AVF:L1'",
    ));
    assert_eq!(column(&batch, "document_shared"), ["2", "2", "0", "2", "0"]);
    assert_eq!(column(&batch, "person_key"), ["N:A/B/1980-01-01", "N:C/D/1980-01-02", "D:USA/X1", "O:/3", "O:L1/4"]);
}

#[test]
fn actions() {
    for (bgm, want) in [
        ("745", "new"),
        ("745+C", "new"),
        ("745+CP", "change"),
        ("745+RP", "change"),
        ("745+XR", "cancel"),
        ("745+CL", "close"),
        ("266+CLOB", "close"),
        ("266+CLNB", "close"),
        ("266+XF", "cancel"),
        ("266+CF", "change"),
        ("250+C", "new"),
        ("250+CC", "change"),
        ("250+D", "new"),
        ("250+FC", "change"),
        ("336+G", "new"),
        ("336+H", "cancel"),
        ("336+I", "change"),
        ("10+REF1+4", "change"),
        ("10+REF1+9", "new"),
        ("745++1", "cancel"),
    ] {
        let text = list("NAD+FL+++A:B'").replace("BGM+745", &format!("BGM+{bgm}"));
        let batch = decode(text.as_bytes()).travellers;
        assert_eq!(cell(&batch, "action", 0), want, "{bgm}");
        assert_eq!(findings(&batch, 0).contains(&"not_on_board".to_owned()), bgm.contains("CLNB"));
    }
}

#[test]
fn a_list_without_persons_is_counted() {
    let decoded = decode(list("CNT+42:0'").as_bytes());
    assert_eq!((decoded.travellers.num_rows(), decoded.dead_letters.num_rows()), (0, 0));
    assert_eq!((decoded.counts.messages, decoded.counts.messages_without_person), (1, 1));
}

#[test]
fn legs() {
    let with = |flight: &str| decode(list("NAD+FL+++A:B'").replace(FLIGHT, flight).as_bytes()).travellers;
    // Two domestic legs before the one that crosses the border.
    let batch = with(concat!(
        "TDT+20+QQ877+++QQ'LOC+92+MIA'DTM+189:2405010800:201'LOC+92+IAD'DTM+232:2405011055:201'",
        "TDT+20+QQ827+++QQ'LOC+125+IAD'DTM+189:2405012000:201'LOC+87+CDG'DTM+232:2405020630:201'",
    ));
    assert_eq!(cell(&batch, "flight_key", 0), "QQ-0827-IAD-CDG-2024-05-01");
    assert_eq!(
        cell(&batch, "legs", 0),
        "[{carrier: QQ, flight: 877, departure_port: MIA, arrival_port: IAD, departure_local: 2024-05-01T08:00:00, arrival_local: 2024-05-01T10:55:00}, \
         {carrier: QQ, flight: 827, departure_port: IAD, arrival_port: CDG, departure_local: 2024-05-01T20:00:00, arrival_local: 2024-05-02T06:30:00}]"
    );
    // Pairs in one TDT, and an odd one.
    let batch = with("TDT+20+QQ1A'LOC+92+AAA'LOC+92+BBB'LOC+92+CCC'");
    assert_eq!(cell(&batch, "departure_port", 0), "BBB");
    assert_eq!((cell(&batch, "flight", 0), cell(&batch, "carrier", 0)), ("1A".into(), "QQ".into()));
    assert!(findings(&batch, 0).contains(&"flight_incomplete".to_owned()));
    // Designators.
    for (tdt, carrier, flight) in [
        ("20+3K0071", "3K", "71"),
        ("20+UAL988", "UAL", "988"),
        ("20+0988+++UA", "UA", "988"),
        ("20+UA 988", "UA", "988"),
        ("20+UA0+++UA", "UA", "0"),
        ("20+QQMCL", "QQ", "~"),
        ("11++++LOCK:172", "LOCK", "~"),
        ("20+U20101+++U2", "U2", "101"),
    ] {
        let batch = with(&format!("TDT+{tdt}'LOC+125+AAA'LOC+87+BBB'"));
        assert_eq!((cell(&batch, "carrier", 0), cell(&batch, "flight", 0)), (carrier.into(), flight.into()), "{tdt}");
    }
    // A better time replaces a worse one, not the other way round.
    let batch = with("TDT+20+QQ1'LOC+125+AAA'DTM+189:2405012000:201'DTM+136:2405012100:201'LOC+87+BBB'DTM+132:2405020600:201'");
    assert_eq!(cell(&batch, "departure_local", 0), "2024-05-01T20:00:00");
    assert_eq!(cell(&batch, "arrival_local", 0), "2024-05-02T06:00:00");
    // A second flight behind persons begins anew.
    let text = list(&format!("NAD+FL+++A:B'{}NAD+FL+++C:D'", FLIGHT.replace("0012", "0013")));
    assert_eq!(column(&decode(text.as_bytes()).travellers, "flight"), ["12", "13"]);
}

#[test]
fn two_digit_years_lie_around_the_flight() {
    let batch = rows("NAD+FL+++A:B'DTM+329:240501'DOC+P+1'DTM+36:730101'NAD+FL+++C:D'DTM+329:240502'DOC+P+2'DTM+36:740101'");
    assert_eq!(column(&batch, "birth_date"), ["2024-05-01", "1924-05-02"]);
    assert_eq!(column(&batch, "document_expiry"), ["2073-01-01", "1974-01-01"]);
    assert!(date(&batch, "birth_date", 0).is_some());
    let batch = rows("NAD+FL+++A:B'DTM+329:20240601:102'");
    assert!(findings(&batch, 0).contains(&"birth_date_in_future".to_owned()));
}

#[test]
fn bags() {
    let bags = |segments: &str| {
        let batch = rows(&format!("NAD+FL+++A:B'{segments}"));
        (int(&batch, "bag_count", 0), cell(&batch, "bag_tags", 0), findings(&batch, 0).contains(&"bag_count_differs".to_owned()))
    };
    assert_eq!(bags(""), (None, "~".into(), false));
    assert_eq!(bags("MEA+CT++0'"), (Some(0), "~".into(), false));
    assert_eq!(bags("MEA+CT++3'FTX+BAG+++1:3'"), (Some(3), "[1, 2, 3]".into(), false));
    assert_eq!(bags("FTX+BAG+++A9:2'"), (Some(2), "[A9, A10]".into(), false));
    assert_eq!(bags("FTX+BAG+++A1'FTX+BAG+++A2'"), (Some(1), "[A1, A2]".into(), true));
    assert_eq!(bags("FTX+BAG+++NULL'"), (None, "~".into(), false));
}

#[test]
fn us_edifact() {
    let text = concat!(
        "UNA:+.? 'UNB+UNOA:1+QQAIR:NZ+USCS:US+020131:2359+99++CEDIPAX+A+++0'UNG+PAXLST+QQ:NZ+TECS:US+020131:2359+99+NZ+001:000'",
        "UNH+99+PAXLST:001:000:NZ+QQ812/020131/2300+01:C'CTA+IC+:SOMEONE+1-555:TE'TDT++QQ812+40+QQ'",
        "LOC+5+NZAKL:50'DTM+136+020131+2200+M10'LOC+PT+USHNL:50'DTM+132+020131+1900+P8'LOC+8+USJFK:50'DTM+132+020201+0400+P2'UNS+D'",
        "PDT+P/E1:040728:NZ+DOE:JANE:Q:590429:F+PAX+NZAKL:USJFK'PDT+E2::GB+ROE:RICK::331231+CRW+NZAKL:USJFK'",
        "PDT+P/:990101:US+::+PAX'PDT+P/E4:990101:IR+POE:IAN:M+PAX'UNT+16+99'UNE+1+99'UNZ+1+99'",
    );
    let decoded = decode(text.as_bytes());
    let batch = &decoded.travellers;
    assert_eq!(column(batch, "surname"), ["DOE", "ROE", "POE"]);
    assert_eq!(column(batch, "given_names"), ["JANE Q", "RICK", "IAN M"]);
    assert_eq!(column(batch, "birth_date"), ["1959-04-29", "1933-12-31", "~"]);
    assert_eq!(column(batch, "sex"), ["F", "~", "~"]);
    assert_eq!(column(batch, "role"), ["passenger", "crew", "passenger"]);
    assert_eq!(column(batch, "document_type"), ["P", "~", "P"]);
    assert_eq!(column(batch, "document_number"), ["E1", "E2", "E4"]);
    assert_eq!(column(batch, "document_issuer"), ["NZL", "GBR", "IRN"]);
    assert_eq!(column(batch, "document_expiry"), ["2004-07-28", "~", "1999-01-01"]);
    assert_eq!(cell(batch, "embarkation_port", 0), "NZAKL");
    assert_eq!(cell(batch, "flight_key", 0), "QQ-0812-NZAKL-USHNL-2002-01-31");
    assert_eq!(cell(batch, "message_format", 0), "US-EDIFACT");
    assert_eq!(cell(batch, "message_kind", 0), "~");
    assert_eq!(column(&decoded.dead_letters, "code"), ["person_without_identity"]);
}

#[test]
fn formats_to_come_stand_beside_lists() {
    let foreign =
        "UNB+IATA:1+1A+GOV+240501:1200+8'UNH+1+APERAK:D:05B:UN'MSG+:22'UNT+3+1'UNH+2+APERAK:D:05B:UN'MSG+:22'UNT+3+2'UNZ+2+8'";
    let text =
        format!("{}\n{foreign}\n{}\n<?xml version='1.0'?><IATA_PNRGOV_NotifRQ/>", list("NAD+FL+++A:B'"), list("NAD+FL+++C:D'"));
    let decoded = decode(text.as_bytes());
    assert_eq!(column(&decoded.travellers, "surname"), ["A", "C"]);
    let dead = &decoded.dead_letters;
    assert_eq!(column(dead, "code"), ["format_to_come"; 2]);
    assert!(cell(dead, "message", 0).starts_with("EDIFACT APERAK is a format to come"));
    let raw = arrow::array::AsArray::as_binary_view(dead.column_by_name("raw").unwrap());
    assert_eq!([raw.value(0), raw.value(1)].concat(), foreign.as_bytes());
    // A list and another message in one interchange.
    let mixed = list("NAD+FL+++A:B'").replace("UNZ+1+7'", "UNH+2+APERAK:D:05B'BGM+962'UNT+3+2'UNZ+2+7'");
    let decoded = decode(mixed.as_bytes());
    assert_eq!((decoded.travellers.num_rows(), decoded.dead_letters.num_rows()), (1, 1));
    assert_eq!(noticed(&decoded.travellers, 0), ["unt_count_differs"]);
}

#[test]
fn input_that_is_no_message() {
    for (bytes, code) in [
        (&b""[..], "empty_input"),
        (b" \r\n", "empty_input"),
        (b"PK\x03\x04\x00\x00\x00", "binary_input"),
        (b"just a text of no known kind", "unknown_format"),
        (b"a,b\n1,2\n3,4\n", "needs_mapping"),
        (b"ISA*00*          *00*          *ZZ*A~GS*SO*A~ST*309*1~", "no_record"),
        (b"FSU/14\n020-12345675BRULAX/T6K120.0MC0.31", "format_to_come"),
        (b"ISA*00*          *00*          *ZZ*A~GS*SO*A~ST*350*1~", "format_to_come"),
    ] {
        let decoded = decode(bytes);
        assert_eq!(decoded.travellers.num_rows(), 0);
        assert_eq!(column(&decoded.dead_letters, "code"), [code]);
        assert_eq!(cell(&decoded.dead_letters, "stage", 0), "decode");
    }
}

#[test]
fn a_truck_crew_list() {
    let text = concat!(
        "UNB+UNOA:4+LOCK:4+TEST:4+041013:1901+16++ACE'UNH+P16+PAXLST:D:03B:UN'BGM+10+LOCKKH1+4'RFF+RF:03'TDT+11++++LOCK:172'",
        "DTM+132:20041230:102'NAD+VW+0000041153:109++DRIVERSON:PAT::::1+1 SOME ROAD+TOWN+VA:163:5+20190'ATT+2++M*M*M*M*M'",
        "DTM+329:19350919:102'EMP+4+++1++7'NAT+2+US::5'DOC+5+P100'LOC+91+VA:163'LOC+91+US:162'DOC+39+155'LOC+91+US:162'UNT+16+P16'UNZ+1+16'",
    );
    let batch = decode(text.as_bytes()).travellers;
    for (name, want) in [
        ("surname", "DRIVERSON"),
        ("given_names", "PAT"),
        ("role", "crew"),
        ("sex", "M"),
        ("birth_date", "1935-09-19"),
        ("nationality", "USA"),
        ("document_type", "39"),
        ("document_number", "155"),
        ("documents", "[{type: 5, number: P100, issuer: USA, expiry: ~}, {type: 39, number: 155, issuer: USA, expiry: ~}]"),
        ("carrier", "LOCK"),
        ("arrival_local", "2004-12-30T00:00:00"),
        ("action", "change"),
        ("contacts", "[{kind: AD, value: 1 SOME ROAD, TOWN, VA, 20190}]"),
    ] {
        assert_eq!(cell(&batch, name, 0), want, "{name}");
    }
    assert_eq!(findings(&batch, 0), ["flight_time_date_only", "flight_incomplete"]);
}
