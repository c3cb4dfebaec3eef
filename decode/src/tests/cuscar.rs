//! CUSCAR and CUSREP: hand-made reports of several authorities, and damage.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::{cell, column, decode, findings};
use crate::Decoded;

fn wrap(body: &str) -> String {
    format!("UNB+UNOC:3+CARRIER:ZZ+CUSTOMS:ZZ+240301:0930+77'{body}UNZ+1+77'")
}

fn one(body: &str) -> Decoded {
    let decoded = decode(wrap(body).as_bytes());
    assert_eq!(decoded.dead_letters.num_rows(), 0);
    decoded
}

fn check(decoded: &Decoded, row: usize, want: &[(&str, &str)]) {
    for (name, value) in want {
        assert_eq!(cell(&decoded.consignments, name, row), *value, "{name} of row {row}");
    }
}

/// A vessel report in the form of the older directories: equipment first, then bills.
const VESSEL: &str = "UNH+1+CUSCAR:D:95B:UN'BGM+85+MAN77+9'DTM+137:202403010900:203'NAD+MS+AGNT:172:20'\
    TDT+20+012W+1++ABCD:172:20+++9074729:146:11:NORTHERN STAR:PA'LOC+5+BEANR::6'LOC+60+GBFXT::6'DTM+132:202403050600:203'\
    DTM+133:202403021800:203'CNT+10:2'CNT+16:2'EQD+CN+CSQU3054383+22G1:102:5++3+5'MEA+AAE+G+KGM:9000'SEL+S100'SEL+S101'LOC+9+BEANR'\
    EQD+CN+MSKU6011200+45G1:102:5++3+4'\
    CNI+1+BILL1'RFF+BM:BILL1'CNT+7:8000'CNT+8:40'LOC+9+BEANR::6'LOC+11+GBFXT::6'LOC+76+PLGDY::6'GIS+23'\
    NAD+CZ+++OLD MILL:EXPORT BV+DOCK 7+ANTWERPEN++2030+BE'CTA+IC+:J. PEETERS'COM+3235550100:TE'COM+SALES@MILL.EXAMPLE:EM'\
    NAD+CN++GREEN GROCERS LTD:12 HIGH STREET:LEEDS:UNITED KINGDOM'\
    GID+1+30:CT:::BISCUITS'FTX+AAA+++BUTTER BISCUITS IN TINS:NOT FROZEN'MEA+AAE+G+KGM:6000'MEA+AAE+AAW+MTQ:12.5'PCI+24+HS CODE 190531'\
    SGP+CSQU3054383+30'GID+2+10:CT'FTX+AAA+++LIGHTER FUEL'MEA+AAE+G+KGM:2000'PCI+24+GG LEEDS:1-10'DGS+IMD+3+1202'SGP+CSQU 305438-3+10'\
    CNI+2+BILL2'RFF+BM:BILL2'RFF+MB:MASTER9'CNT+8:5'LOC+9+BEANR'NAD+NI+++GREEN GROCERS'GID+1+5:PX'FTX+AAA+++TILES'MEA+WT+G+LBR:1000'\
    MOA+40:1250.5:EUR'SGP+XXXX123+5'UNT+54+1'";

#[test]
fn a_vessel_report() {
    let decoded = one(VESSEL);
    let rows = &decoded.consignments;
    assert_eq!(rows.num_rows(), 3, "two bills, and the container that none of them names");
    check(
        &decoded,
        0,
        &[
            ("message_format", "CUSCAR"),
            ("consignment_key", "BL:ABCD/BILL1"),
            ("level", "simple"),
            ("action", "new"),
            ("mode", "sea"),
            ("carrier", "ABCD"),
            ("conveyance_id", "9074729"),
            ("conveyance_name", "NORTHERN STAR"),
            ("conveyance_country", "PAN"),
            ("voyage", "012W"),
            ("loading_port", "BEANR"),
            ("origin_place", "PLGDY"),
            ("discharge_port", "GBFXT"),
            ("entry_port", "GBFXT"),
            ("arrival_local", "2024-03-05T06:00:00"),
            ("departure_local", "2024-03-02T18:00:00"),
            ("deadline_local", "2024-03-01T18:00:00"),
            ("packages", "40"),
            ("gross_weight_kg", "8000.0"),
            ("sender", "CARRIER"),
        ],
    );
    assert_eq!(findings(rows, 0), [""; 0]);
    let parties = cell(rows, "parties", 0);
    for text in [
        "role: declarant, role_code: MS",
        "name: OLD MILL EXPORT BV",
        "address: DOCK 7, city: ANTWERPEN, region: ~, postal_code: 2030, country: BEL",
        "contact: J. PEETERS, phone: 3235550100, email: SALES@MILL.EXAMPLE",
        "name: GREEN GROCERS LTD",
        "address: 12 HIGH STREET, LEEDS",
        "country: GBR",
    ] {
        assert!(parties.contains(text), "{text}\n{parties}");
    }
    let items = cell(rows, "items", 0);
    for text in [
        "description: BISCUITS BUTTER BISCUITS IN TINS NOT FROZEN",
        "hs: 190531, packages: 30, package_type: CT, gross_weight_kg: 6000.0",
        "volume_m3: 12.5",
        "marks: GG LEEDS 1-10",
        "un_number: 1202, hazard_class: 3, containers: [CSQU3054383]",
    ] {
        assert!(items.contains(text), "{text}\n{items}");
    }
    assert_eq!(
        cell(rows, "containers", 0),
        "[{number: CSQU3054383, kind: container, size_type: 22G1, load: full, seals: [S100, S101]}]"
    );
    check(&decoded, 1, &[("level", "house"), ("master_bill", "MASTER9"), ("consignment_key", "BL:ABCD/MASTER9/BILL2")]);
    assert!(cell(rows, "items", 1).contains("gross_weight_kg: 453.59237, net_weight_kg: ~"));
    assert!(cell(rows, "items", 1).contains("value: 1250.5, currency: EUR"));
    assert!(cell(rows, "containers", 1).contains("number: XXXX123, kind: ~"));
    check(&decoded, 2, &[("level", "conveyance")]);
    assert!(cell(rows, "containers", 2).contains("MSKU6011200"));
}

#[test]
fn what_a_report_gets_wrong_is_found() {
    let wrong = VESSEL
        .replace("CNT+8:40", "CNT+8:41")
        .replace("CNT+7:8000", "CNT+7:9500")
        .replace("9074729", "9074728")
        .replace("CSQU3054383+22G1", "CSQU3054384+22G1")
        .replace("190531", "990531")
        .replace("+1202", "+12022")
        .replace("CNT+10:2", "CNT+10:3");
    let decoded = one(&wrong);
    let found = findings(&decoded.consignments, 0);
    for code in ["packages_differ", "weight_differs", "imo_number_invalid", "un_number_invalid", "count_differs"] {
        assert!(found.iter().any(|f| f == code), "{code}: {found:?}");
    }
    assert!(findings(&decoded.consignments, 2).iter().any(|f| f == "container_number_invalid"));
}

/// A truck in the form of the United States: the trip, tractor, driver and trailer, then shipments.
#[test]
fn a_truck() {
    let body = "UNH+5+CUSCAR:D:03B:UN'BGM+85:::STANDARD+ABCDTRIP01+22'DTM+132:202403051430:203'LOC+60+3801:77'\
        NAD+CA+ABCD:172'NAD+VW+0001234:109+DOE:JOHN++1 MAIN STREET+WINDSOR+ON:163+N9A1A1+CA'\
        TDT+11+TRIP01+03+:::TR++I++1M8GDM9AXKP042788:146::'TDT+11++03+:::TR++I++AB12345:215::'\
        EQD+TL'SEL+7001'RFF+ABZ:TRL99'CNI+1+:23'RFF+AAM:ABCDPAPS1'LOC+9+80107:78'\
        NAD+OS+++MAPLE PARTS INC+5 FACTORY ROAD+TORONTO+ON:163+M5V1A1+CA'NAD+CN+++DETROIT MOTORS+9 WHEEL AVE+DETROIT+MI:163+48201+US'\
        GID+1'PAC+12++BOX'FTX+AAA+++BRAKE PADS'MEA+AAI++K:350'SGP+TRL99'UNT+23+5'";
    let decoded = one(body);
    assert_eq!(decoded.consignments.num_rows(), 1);
    check(
        &decoded,
        0,
        &[
            ("consignment_key", "CCN:ABCDPAPS1"),
            ("ccn", "ABCDPAPS1"),
            ("bill_number", "~"),
            ("mode", "road"),
            ("carrier", "ABCD"),
            ("voyage", "TRIP01"),
            ("conveyance_id", "1M8GDM9AXKP042788"),
            ("entry_port", "3801"),
            ("deadline_local", "2024-03-05T13:30:00"),
        ],
    );
    let parties = cell(&decoded.consignments, "parties", 0);
    assert!(parties.contains("{role: driver, role_code: VW, kind: person, name: DOE"), "{parties}");
    assert!(parties.contains("region: MI, postal_code: 48201, country: USA"));
    assert!(
        cell(&decoded.consignments, "containers", 0)
            .contains("number: TRL99, kind: trailer, size_type: ~, load: ~, seals: [7001]")
    );
    assert!(cell(&decoded.consignments, "references", 0).contains("{kind: 215, value: AB12345"));
    assert!(cell(&decoded.consignments, "items", 0).contains("packages: 12, package_type: BOX, gross_weight_kg: 350.0"));
}

/// Air cargo with waybill and houses, as in Australia and New Zealand.
#[test]
fn air_cargo() {
    let body = "UNH+1+CUSCAR:D:99B:UN'BGM+740:::AIRCR+REF1:1+5'TDT+20+QF0012+4++QF::3'LOC+9+USLAX::6'LOC+11+AUSYD::6'\
        DTM+132:20240305:102'DTM+132:0615:401'RFF+MWB:081-12345675'CNI+1'RFF+HWB:HOUSE1'CNT+8:3'CNT+7:21.5:KGM'\
        NAD+CZ+++SENDER PTY'NAD+CN+++TAKER PTY'GID+1+3:CTN'FTX+AAA+++BOOKS'CNI+2+:::D'RFF+HWB:HOUSE2'GID+1+1:CTN'FTX+AAA+++MAPS'UNT+20+1'";
    let decoded = one(body);
    check(
        &decoded,
        0,
        &[
            ("level", "house"),
            ("bill_number", "HOUSE1"),
            ("master_bill", "08112345675"),
            ("consignment_key", "AWB:08112345675/HOUSE1"),
            ("carrier", "QF"),
            ("voyage", "12"),
            ("action", "change"),
            ("arrival_local", "2024-03-05T06:15:00"),
            ("gross_weight_kg", "21.5"),
        ],
    );
    check(&decoded, 1, &[("action", "cancel"), ("bill_number", "HOUSE2")]);
    let bad = one(&body.replace("12345675", "12345676"));
    assert!(findings(&bad.consignments, 0).iter().any(|f| f == "awb_number_invalid"));
}

/// House bills of Canada: the cargo control number is a reference.
#[test]
fn cargo_control_numbers() {
    let body = "UNH+1+CUSCAR:D:97B:UN'BGM+785+R1+4'TDT+20+55E+1++9000+++C6KD8:103::SEA ROSE:MT'LOC+9+CNSHA'LOC+11+CAVAN'LOC+22+0497'\
        CNI+1+X1'RFF+XC:9000ABC123'RFF+UCN:24CA9'GID+1+2:PK'FTX+AAA+++TOYS'CST+1+950300'UNT+12+1'";
    let decoded = one(body);
    check(
        &decoded,
        0,
        &[
            ("consignment_key", "CCN:9000ABC123"),
            ("ucr", "24CA9"),
            ("clearance_port", "0497"),
            ("call_sign", "C6KD8"),
            ("conveyance_id", "~"),
            ("conveyance_name", "SEA ROSE"),
            ("action", "change"),
        ],
    );
    assert!(cell(&decoded.consignments, "items", 0).contains("hs: 950300"));
    let bad = one(&body.replace("9000ABC123", "9000AB/C"));
    assert!(findings(&bad.consignments, 0).iter().any(|f| f == "ccn_invalid"));
}

#[test]
fn a_conveyance_report() {
    let body = "UNH+9+CUSREP:D:96A:UN'BGM+336+CALL7+9'DTM+132:202403050600:203'DTM+136:202403021800:203'RFF+AAM:ABCDPAPS1'RFF+AAM:ABCDPAPS2'\
        LOC+94+NLRTM'LOC+125+BEANR'LOC+60+GBFXT'LOC+61+GBLGP'TDT+20+012W+1++ABCD+++IMO9074729:146::NORTHERN STAR:PA'\
        NAD+CA+ABCD'CNT+41:21'CNT+42:2'UNT+15+9'";
    let decoded = one(body);
    assert_eq!(decoded.consignments.num_rows(), 1);
    check(
        &decoded,
        0,
        &[
            ("message_format", "CUSREP"),
            ("level", "conveyance"),
            ("consignment_key", "~"),
            ("conveyance_id", "9074729"),
            ("crew_count", "21"),
            ("passenger_count", "2"),
            ("route", "[NLRTM, BEANR, GBFXT, GBLGP]"),
            ("loading_port", "BEANR"),
            ("entry_port", "GBFXT"),
        ],
    );
    assert_eq!(findings(&decoded.consignments, 0), [""; 0]);
    let references = cell(&decoded.consignments, "references", 0);
    assert!(references.contains("{kind: AAM, value: ABCDPAPS2") && references.contains("{kind: BGM, value: CALL7"));
}

#[test]
fn trailers_and_empty_reports() {
    let decoded = one("UNH+1+CUSCAR:D:95B:UN'BGM+85+M+9'CNI+1+B1'GID+1+1:CT'FTX+AAA+++X'UNT+9+2'");
    assert_eq!(findings(&decoded.consignments, 0)[..2], ["unt_count_differs", "unt_reference_differs"]);
    let decoded = decode(wrap("UNH+1+CUSCAR:D:95B:UN'UNT+2+1'").as_bytes());
    assert_eq!(column(&decoded.dead_letters, "code"), ["no_record"]);
    // Lines without terminators.
    let decoded = one("UNH+1+CUSCAR:D:95B:UN'\nBGM+85+M+9\nCNI+1+B1\nRFF+BM:B1\nGID+1+1:CT\nFTX+AAA+++X\nUNT+7+1'\n");
    check(&decoded, 0, &[("bill_number", "B1")]);
    assert!(cell(&decoded.consignments, "items", 0).contains("description: X"));
}

fn bills(decoded: &Decoded) -> Vec<String> {
    column(&decoded.consignments, "bill_number")
}

fn many(n: usize) -> String {
    let mut text = "UNH+1+CUSCAR:D:95B:UN'BGM+85+M+9'TDT+20+1+1'".to_owned();
    for i in 0..n {
        let _ =
            write!(text, "CNI+{i}+BILL{i:03}'RFF+BM:BILL{i:03}'NAD+CN+++NAME {i}'GID+1+1:CT'FTX+AAA+++GOODS'MEA+AAE+G+KGM:10'");
    }
    wrap(&format!("{text}UNT+1+1'"))
}

proptest! {
    #[test]
    fn cutting_loses_no_earlier_consignment(n in 1_usize..8, cut in 0.0_f64..1.0) {
        let text = many(n);
        let cut = (text.len() as f64 * cut) as usize;
        let decoded = decode(&text.as_bytes()[..cut]);
        let got = bills(&decoded);
        for i in 0..n {
            let bill = format!("BILL{i:03}");
            // Wholly before the cut, with the start of the next one.
            let end = text.find(&format!("CNI+{}+", i + 1)).unwrap_or(text.len());
            if end < cut {
                prop_assert!(got.contains(&bill), "{bill} of {got:?}");
            }
        }
        prop_assert!(decoded.consignments.num_rows() + decoded.dead_letters.num_rows() > 0 || cut < 60);
    }

    #[test]
    fn a_flipped_byte_loses_no_other_consignment(n in 2_usize..7, at in 0.0_f64..1.0, byte in any::<u8>()) {
        let mut text = many(n).into_bytes();
        let from = text.windows(4).position(|w| w == b"CNI+").unwrap();
        let at = from + ((text.len() - 20 - from) as f64 * at) as usize;
        let whole = String::from_utf8(text.clone()).unwrap();
        text[at] = byte;
        let got = bills(&decode(&text));
        let start = |i: usize| whole.find(&format!("CNI+{i}+")).unwrap_or(whole.len());
        for i in 0..n {
            // Neither it nor what glues it to its neighbours was hit.
            if at + 1 < start(i) || at >= start(i + 1) {
                let bill = format!("BILL{i:03}");
                prop_assert!(got.contains(&bill), "{bill} of {got:?} at {at} {byte}");
            }
        }
    }
}

#[test]
fn samples() {
    let Some(shared) = std::env::var_os("TAMIS_SHARED") else {
        eprintln!("skipped: TAMIS_SHARED is not set");
        return;
    };
    let folder = std::path::Path::new(&shared).join("samples/cuscar");
    let mut open = vec![folder];
    let mut files = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        if !bytes.starts_with(b"UN") {
            continue;
        }
        files += 1;
        let text = String::from_utf8_lossy(&bytes);
        let count = |needle: &str| text.matches(needle).count();
        let decoded = decode(&bytes);
        assert_eq!(decoded.dead_letters.num_rows(), 0, "{}", path.display());
        let named = count("CNI+").max(usize::from(count("CUSREP") > 0));
        assert_eq!(decoded.consignments.num_rows(), named, "{}", path.display());
    }
    assert!(files >= 2);
}
