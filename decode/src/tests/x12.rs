//! X12: hand-made manifests, consists and bills, envelopes as they come, and damage.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::{cell, column, decode, findings};
use crate::Decoded;

const ISA: &str = "ISA*00*          *00*          *ZZ*CARRIER        *ZZ*CBP            *240301*0930*U*00401*000000077*0*P*>~";
const TAIL: &str = "GE*1*5~IEA*1*000000077~";

fn wrap(kind: &str, body: &str) -> String {
    let n = body.matches('~').count() + 2;
    format!("{ISA}GS*SO*APP*CBP*20240301*0930*5*X*004010~ST*{kind}*0001~{body}SE*{n}*0001~{TAIL}")
}

fn one(kind: &str, body: &str) -> Decoded {
    let decoded = decode(wrap(kind, body).as_bytes());
    assert_eq!(decoded.dead_letters.num_rows(), 0);
    decoded
}

fn check(decoded: &Decoded, row: usize, want: &[(&str, &str)]) {
    for (name, value) in want {
        assert_eq!(cell(&decoded.consignments, name, row), *value, "{name} of row {row}");
    }
}

fn has(decoded: &Decoded, row: usize, finding: &str) -> bool {
    findings(&decoded.consignments, row).iter().any(|f| f == finding)
}

const VESSEL: &str = "M10*ABCD*O*PA*9074729*NORTHERN STAR*012W*000123*2*W*L~P4*2704*20240320*2*Y123*0600~\
    LX*1~M11*BILL1*57035*40*CTN*8000*K*12*X*00*SHANGHAI**ABCD~N9*BN*BOOK1~\
    N1*SH*UNION TRADING COMPANY OF THE NORTH,~N3*LIMITED*5 DOCK ROAD~N4*SHANGHAI**200000*CN~PER*IC*MR LEE*TE*5550100*EM*LEE@U.EXAMPLE~\
    N1*CN*GREEN GROCERS INC*24*12-3456789~N3*12 HIGH STREET~N4*LONG BEACH*CA*90802*US~N1*FS*USLGB**USLGB~\
    M12*61*123456789*3901*57035*5000**ABCD*IB*V998~R4*R*UN*CNNGB~\
    VID*4B*CSQU*3054383*S100*S101****45G1*L*CY~M7*S102~\
    N10*30*BUTTER BISCUITS IN TINS OF FIVE HUNDRED GRAMS*GG LONG BEACH*J*190531*900*K*6000**CTN*CN~\
    H1*UN1202*3~N10**, NOT FROZEN~N10*10*LIGHTER FUEL FOR CAMPING**J*271019*700*K*2000~\
    LX*2~M11*MASTER9*57035*5*PKG*1000*L*****HOUSE2*ABCD*NVOC~N1*SH*TILE MAKER~VID*2B*MSKU*601120*****L*PP~\
    N10*5*TILES~";

#[test]
fn a_vessel_manifest() {
    let decoded = one("309", VESSEL);
    let rows = &decoded.consignments;
    assert_eq!(rows.num_rows(), 2);
    check(
        &decoded,
        0,
        &[
            ("message_format", "X12 309"),
            ("message_kind", "309"),
            ("message_ref", "0001"),
            ("sender", "CARRIER"),
            ("recipient", "CBP"),
            ("event_time", "2024-03-01T09:30:00"),
            ("consignment_key", "BL:ABCD/BILL1"),
            ("level", "simple"),
            ("action", "new"),
            ("amendment_code", "W"),
            ("mode", "sea"),
            ("carrier", "ABCD"),
            ("bill_issuer", "~"),
            ("conveyance_id", "9074729"),
            ("conveyance_name", "NORTHERN STAR"),
            ("conveyance_country", "PAN"),
            ("voyage", "012W"),
            ("origin_place", "SHANGHAI"),
            ("loading_port", "57035"),
            ("discharge_port", "2704"),
            ("entry_port", "2704"),
            ("clearance_port", "3901"),
            ("delivery_place", "57035"),
            ("arrival_local", "2024-03-20T06:00:00"),
            ("packages", "40"),
            ("package_type", "CTN"),
            ("gross_weight_kg", "8000.0"),
            ("volume_m3", "12.0"),
            ("customs_value", "5000.0"),
            ("ccn", "~"),
        ],
    );
    assert_eq!(findings(rows, 0), [""; 0]);
    let parties = cell(rows, "parties", 0);
    for text in [
        "{role: consignor, role_code: SH, kind: ~, name: UNION TRADING COMPANY OF THE NORTH, LIMITED, identifier: ~",
        "address: 5 DOCK ROAD, city: SHANGHAI, region: ~, postal_code: 200000, country: CHN, contact: MR LEE, phone: 5550100, \
         email: LEE@U.EXAMPLE",
        "{role: consignee, role_code: CN, kind: ~, name: GREEN GROCERS INC, identifier: 12-3456789, identifier_scheme: 24",
    ] {
        assert!(parties.contains(text), "{text}\n{parties}");
    }
    let items = cell(rows, "items", 0);
    for text in [
        "description: BUTTER BISCUITS IN TINS OF FIVE HUNDRED GRAMS, NOT FROZEN, marks: GG LONG BEACH, hs: 190531, packages: 30",
        "value: 900.0, currency: USD, origin_country: CHN, un_number: 1202, hazard_class: 3, containers: [CSQU3054383]",
        "description: LIGHTER FUEL FOR CAMPING",
    ] {
        assert!(items.contains(text), "{text}\n{items}");
    }
    assert_eq!(
        cell(rows, "containers", 0),
        "[{number: CSQU3054383, kind: container, size_type: 45G1, load: full, seals: [S100, S101, S102]}]"
    );
    let references = cell(rows, "references", 0);
    for text in
        ["kind: BN, value: BOOK1", "kind: entry number, value: 123456789", "kind: IB, value: V998", "kind: FIRMS, value: Y123"]
    {
        assert!(references.contains(text), "{text}\n{references}");
    }
    check(
        &decoded,
        1,
        &[
            ("level", "house"),
            ("bill_number", "HOUSE2"),
            ("master_bill", "MASTER9"),
            ("bill_issuer", "NVOC"),
            ("consignment_key", "BL:NVOC/MASTER9/HOUSE2"),
            ("gross_weight_kg", "453.59237"),
        ],
    );
    // Six digits and no check digit.
    assert_eq!(findings(rows, 1), ["container_number_invalid"]);
}

#[test]
fn what_a_manifest_gets_wrong_is_found() {
    let wrong = VESSEL
        .replace("M11*BILL1*57035*40*CTN*8000", "M11*BILL1*57035*41*CTN*9000")
        .replace("9074729", "9074728")
        .replace("CSQU*3054383", "CSQU*3054384")
        .replace("J*190531", "J*XXXXXX")
        .replace("UN1202", "12")
        .replace("*20240320*2*", "*20249920*3*")
        .replace("*10*LIGHTER FUEL FOR CAMPING*", "*TEN**");
    let decoded = one("309", &wrong);
    for code in [
        "packages_differ",
        "weight_differs",
        "imo_number_invalid",
        "container_number_invalid",
        "hs_code_invalid",
        "un_number_invalid",
        "time_unreadable",
        "count_differs",
        "quantity_unreadable",
        "description_missing",
    ] {
        // A quantity that cannot be read takes the sum with it.
        assert_eq!(has(&decoded, 0, code), code != "packages_differ", "{code}: {:?}", findings(&decoded.consignments, 0));
    }
    assert!(has(&one("309", &VESSEL.replace("*40*CTN", "*41*CTN")), 0, "packages_differ"));
}

#[test]
fn wrapped_descriptions() {
    let line = |text: &str| format!("N10**{text}~");
    let full = "01 CONTAINER CONTAINING PARTS OF MACHINERY FO";
    assert_eq!(full.len(), 45);
    let body = |lines: &[&str]| {
        let lines: String = lines.iter().map(|l| line(l)).collect();
        format!("M10*ABCD*O~LX*1~M11*B*1*1*PKG*5*K~VID*4B**CSQU3054383~N10*1*{full}*M*J*8437~{lines}")
    };
    let text = |lines: &[&str]| {
        let decoded = one("309", &body(lines));
        let items = cell(&decoded.consignments, "items", 0);
        items.split("description: ").nth(1).unwrap().split(", marks:").next().unwrap().to_owned()
    };
    assert_eq!(text(&["R MILLING"]), format!("{full}R MILLING"));
    assert_eq!(text(&[" MILLING"]), format!("{full} MILLING"));
    // A line that does not fill its element ends with a word.
    assert_eq!(text(&["R MILLING", "AND MIXING"]), format!("{full}R MILLING AND MIXING"));
    // Numbers of the thirties, as older systems wrap.
    let thirty = "A DESCRIPTION OF THIRTY CHARAC";
    let body = format!("LX*1~M11*B*1*1*PKG*5*K~N10*1*{thirty}~N10**TERS OF TEXT~");
    let decoded = one("309", &body);
    assert!(cell(&decoded.consignments, "items", 0).contains("CHARACTERS OF TEXT"));
}

#[test]
fn amendments() {
    let body = "M10*ABCD*O*PA*9074729*STAR*1**3*Y~P4*2704*240320~LX*1~M13*ABCD*2704*D*B1**08***ABCD~\
        LX*2~M13*ABCD*2704*R*B2*77*03***ABCD~LX*3~M13*ABCD*2704*A*B3*****ABCD~M11*B3*57035*1*PKG*1*K******ABCD~";
    let decoded = one("309", body);
    assert_eq!(column(&decoded.consignments, "action"), ["cancel", "change", "new"]);
    assert_eq!(column(&decoded.consignments, "bill_number"), ["B1", "B2", "B3"]);
    check(&decoded, 1, &[("packages", "77"), ("amendment_code", "R"), ("amendment_reason", "03")]);
    check(&decoded, 0, &[("arrival_local", "2024-03-20T00:00:00"), ("amendment_reason", "08")]);
}

/// A truck: crew, tractor and trailer with the shipments.
const TRUCK: &str = "M10*WXYZ*J****TRIP77***P~N9*CI*TRIP REF~VEH**1FUJA6CK14LM94383*****A**PLT123*ON*******CA~M7*SEAL9~\
    NM1*D1*1*DOE*JOHN*Q**JR*FI*600000006~DMG*D8*19700102*M****CA~DMA***D1234-56789*ON~REF*ACU*P1234567~N3*1 MAIN STREET~N4*WINDSOR*ON*N9A1A1*CA~\
    NM1*QF*1*ROE*JANE~P4*3801*20240320*2**1430~";

#[test]
fn a_truck_manifest() {
    let body = format!(
        "{TRUCK}LX*1~M11*PAPS1*80107*12*BOX*350*K******WXYZ~N1*SH*MAPLE PARTS~N1*CN*DETROIT MOTORS~VID*TL**TRL99*77001~N10*12*BRAKE PADS****K*350~\
         LX*2~M11*WXYZPAPS2*80107*1*BOX*10*L******WXYZ~N1*SH*MAPLE PARTS~N10*1*DOCUMENTS****L*10~"
    );
    let decoded = one("309", &body);
    check(
        &decoded,
        0,
        &[
            ("mode", "road"),
            ("ccn", "WXYZPAPS1"),
            ("consignment_key", "CCN:WXYZPAPS1"),
            ("conveyance_id", "PLT123"),
            ("conveyance_country", "CAN"),
            ("voyage", "TRIP77"),
            ("entry_port", "3801"),
            ("discharge_port", "~"),
            ("deadline_local", "2024-03-20T13:30:00"),
            ("seals", "[SEAL9]"),
        ],
    );
    check(&decoded, 1, &[("ccn", "WXYZPAPS2")]);
    for row in 0..2 {
        let parties = cell(&decoded.consignments, "parties", row);
        assert!(
            parties.contains(
                "{role: driver, role_code: D1, kind: person, name: JOHN Q DOE JR, identifier: 600000006, identifier_scheme: FI"
            ),
            "{parties}"
        );
        assert!(parties.contains("birth_date: 1970-01-02, nationality: CAN, document_type: ~, document_number: D1234-56789"));
        assert!(parties.contains("address: 1 MAIN STREET, city: WINDSOR"));
        assert!(parties.contains("{role: other, role_code: QF, kind: person, name: JANE ROE"));
        let containers = cell(&decoded.consignments, "containers", row);
        assert!(containers.contains("number: 1FUJA6CK14LM94383, kind: vehicle"));
    }
    assert!(
        cell(&decoded.consignments, "containers", 0)
            .contains("{number: TRL99, kind: trailer, size_type: TL, load: ~, seals: [77001]}")
    );
    assert!(cell(&decoded.consignments, "references", 0).contains("{kind: ACU, value: P1234567"));
}

#[test]
fn a_consist() {
    let body = format!("{TRUCK}VID*TL**TRL99*77001~MBL*WXYZ*PAPS1~MBL*WXYZ*WXYZPAPS2*****NVOC*HB3~");
    let decoded = one("358", &body);
    assert_eq!(decoded.consignments.num_rows(), 1);
    check(&decoded, 0, &[("message_format", "X12 358"), ("level", "conveyance"), ("consignment_key", "~"), ("route", "[3801]")]);
    assert_eq!(findings(&decoded.consignments, 0), [""; 0]);
    let references = cell(&decoded.consignments, "references", 0);
    assert!(references.contains("kind: BM, value: WXYZPAPS1") && references.contains("kind: BM, value: NVOCHB3"), "{references}");
    assert!(cell(&decoded.consignments, "parties", 0).contains("JOHN Q DOE JR"));
    // A manifest without bills names its conveyance all the same.
    check(&one("309", TRUCK), 0, &[("level", "conveyance"), ("voyage", "TRIP77"), ("message_format", "X12 309")]);
    // So does empty equipment behind the bills.
    let decoded = one("309", "M10*RAIL*R~P4*3801*20240320~VID*RR*ABCX*12345~VID*RR*ABCX*12346~");
    assert_eq!(decoded.consignments.num_rows(), 1);
    assert!(cell(&decoded.consignments, "containers", 0).contains("ABCX12345, kind: rail_car"));
}

#[test]
fn canada() {
    let body = "M10*9000*O*PA*9074729*STAR*012W**1*W~P4*0497*20240320*1~LX*1~M11*9000ABC123*57035*40*CTN*8000*K~N9*UCN*24CA1~N10*40*TOYS****K*8000~";
    let text = wrap("309", body).replace("*CBP  ", "*CBSA ");
    let decoded = decode(text.as_bytes());
    check(&decoded, 0, &[("ccn", "9000ABC123"), ("ucr", "24CA1"), ("consignment_key", "CCN:9000ABC123")]);
    let decoded = decode(text.replace("9000ABC123", "9000AB/C").as_bytes());
    assert!(has(&decoded, 0, "ccn_invalid"));
}

#[test]
fn an_ocean_bill() {
    let body = "B3*3*INV1*SHIP1*PP**20240301*0****ABCD*20240301*PP~B2A*05*BL~N9*BM*BILL7*BILL OF LADING NUMBER~N9*SI*REF9~\
        V1*9074729*NORTHERN STAR*PA*234N*ABCD***L~N1*SH*MAKER GMBH*25*940924821~N3*HAFEN 7~N4*HAMBURG**20457*DE~\
        R4*R*UN*DEMUC*MUNICH*DE~R4*L*UN*DEHAM*HAMBURG*DE~DTM*140*20240302*003000*LT~R4*D*UN*USBAL*BALTIMORE*US~DTM*140*20240320*1200*LT~\
        R4*T*UN*PAMIT*MANZANILLO*PA~R4*E*UN*USCHI*CHICAGO*US~C3*USD~LX*1~N7*CSQU*305438*17007*G*3810*28690**31.32*X*S*CN*****M*K*3****45G1~\
        M7*ML1*ML2~L0*1***17007*G*31.32*X*36*PKG**K~L5*1*MOULDINGS OF MEDIUM DENSITY FIBERBOARD AND OTHER P*441114*J*PKG*ACME 1-36~\
        L5*1*ANELS~L3*17007*G*******31.32*X*36*K~";
    let decoded = one("310", body);
    assert_eq!(findings(&decoded.consignments, 0), [""; 0]);
    check(
        &decoded,
        0,
        &[
            ("message_format", "X12 310"),
            ("bill_number", "BILL7"),
            ("action", "change"),
            ("payment", "prepaid"),
            ("carrier", "ABCD"),
            ("origin_place", "DEMUC"),
            ("loading_port", "DEHAM"),
            ("discharge_port", "USBAL"),
            ("delivery_place", "USCHI"),
            ("route", "[PAMIT]"),
            ("departure_local", "2024-03-02T00:30:00"),
            ("arrival_local", "2024-03-20T12:00:00"),
            ("deadline_local", "2024-03-01T00:30:00"),
            ("packages", "36"),
            ("gross_weight_kg", "17007.0"),
            ("volume_m3", "31.32"),
            ("currency", "USD"),
        ],
    );
    let items = cell(&decoded.consignments, "items", 0);
    assert!(
        items.contains("MOULDINGS OF MEDIUM DENSITY FIBERBOARD AND OTHER PANELS, marks: ACME 1-36, hs: 441114, packages: 36"),
        "{items}"
    );
    assert_eq!(
        cell(&decoded.consignments, "containers", 0),
        "[{number: CSQU3054383, kind: container, size_type: 45G1, load: ~, seals: [ML1, ML2]}]"
    );
    let wrong = body.replace("L3*17007", "L3*18007").replace("*36*K~", "*37*K~");
    let decoded = one("310", &wrong);
    assert!(has(&decoded, 0, "packages_differ") && has(&decoded, 0, "weight_differs"));
}

#[test]
fn envelopes_as_they_come() {
    let plain = wrap("309", VESSEL);
    let facts = |text: &str| super::all_facts(&decode(text.as_bytes()).consignments);
    let want = facts(&plain);
    assert_eq!(want.len(), 2);
    // Line breaks behind terminators, instead of them, and in the middle of segments.
    assert_eq!(facts(&plain.replace('~', "~\r\n")), want);
    assert_eq!(facts(&plain.replace('~', "\n")), want);
    assert_eq!(facts(&plain.replace('~', "\r\n")), want);
    let wrapped: Vec<u8> = plain.as_bytes().chunks(80).collect::<Vec<_>>().join(&b"\r\n"[..]);
    assert_eq!(facts(std::str::from_utf8(&wrapped).unwrap()), want);
    assert!(has(&decode(&wrapped), 0, "wrap_repaired"));
    // Other separators.
    assert_eq!(facts(&plain.replace('*', "|").replace('~', "'")), want);
    // A header of the wrong width.
    let narrow = plain.replacen("          ", "", 2);
    assert_eq!(facts(&narrow), want);
    assert!(has(&decode(narrow.as_bytes()), 0, "isa_malformed"));
    // Junk around and between.
    let dirty = format!("mail header\n\n{}\nregards\n", plain.replace("~LX*2", "~### what\n~LX*2"));
    assert_eq!(facts(&dirty), want);
    assert!(has(&decode(dirty.as_bytes()), 0, "transport_dirt") && has(&decode(dirty.as_bytes()), 0, "junk_between_segments"));
    // Several in one piece.
    let decoded = decode(format!("{plain}\n{plain}").as_bytes());
    assert_eq!((decoded.consignments.num_rows(), decoded.counts.interchanges), (4, 2));
    // Lower case.
    assert_eq!(facts(&plain.to_lowercase()), want);
}

#[test]
fn envelopes_without_their_parts() {
    let plain = wrap("309", VESSEL);
    let set = &plain[plain.find("ST*309").unwrap()..plain.find("GE*1").unwrap()];
    for (text, found) in [
        (set.to_owned(), vec!["isa_missing", "gs_missing"]),
        (plain[plain.find("GS*").unwrap()..].to_owned(), vec!["isa_missing"]),
        (plain.replace("IEA*1*000000077~", ""), vec!["iea_missing"]),
        (plain.replace(TAIL, ""), vec!["iea_missing", "ge_missing"]),
        (plain.replace("SE*", "XX*"), vec!["segment_unknown", "se_missing"]),
        (plain.replace("ST*309*0001~", ""), vec!["st_missing", "se_reference_differs"]),
        (plain.replace("IEA*1*000000077", "IEA*2*000000078"), vec!["iea_count_differs", "iea_reference_differs"]),
        (plain.replace("GE*1*5", "GE*2*6"), vec!["ge_count_differs", "ge_reference_differs"]),
        (plain.replace("*0001~GE", "*0002~GE"), vec!["se_reference_differs"]),
        (plain.replace("M12*61", "M12*61~N2*X~M12*61"), vec!["se_count_differs"]),
    ] {
        let decoded = decode(text.as_bytes());
        assert_eq!(decoded.consignments.num_rows(), 2, "{found:?}");
        for code in &found {
            assert!(has(&decoded, 0, code), "{code}: {:?}", findings(&decoded.consignments, 0));
        }
    }
}

#[test]
fn other_sets_are_named() {
    let text = wrap("309", VESSEL).replace(TAIL, &format!("ST*350*0002~P4*2704*20240320~SE*3*0002~ST*997*0003~SE*2*0003~{TAIL}"));
    let decoded = decode(text.as_bytes());
    assert_eq!(decoded.consignments.num_rows(), 2);
    assert_eq!(column(&decoded.dead_letters, "code"), ["format_to_come", "format_to_come"]);
    let messages = column(&decoded.dead_letters, "message");
    assert!(messages[0].starts_with("X12 350 customs status information"), "{messages:?}");
    assert!(messages[1].starts_with("X12 997 functional acknowledgement"));
    // Alone, it takes the header with it.
    let text = wrap("355", "M10*ABCD*O~");
    let decoded = decode(text.as_bytes());
    assert_eq!(decoded.dead_letters.num_rows(), 1);
    assert_eq!(decoded.consignments.num_rows(), 0);
    let decoded = decode(wrap("309", "NTE**NOTHING~").as_bytes());
    assert_eq!(column(&decoded.dead_letters, "code"), ["no_record"]);
    let decoded = decode(format!("{ISA}TA1*000000077*240301*0930*A*000~IEA*0*000000077~").as_bytes());
    assert_eq!(column(&decoded.dead_letters, "code"), ["no_record"]);
}

fn many(n: usize) -> String {
    let mut body = "M10*ABCD*O*PA*9074729*STAR*1~P4*2704*20240320~".to_owned();
    for i in 0..n {
        let _ = write!(body, "LX*{i}~M11*BILL{i:03}*57035*1*PKG*10*K~N1*SH*NAME {i}~VID*4B*CSQU*3054383~N10*1*GOODS****K*10~");
    }
    wrap("309", &body)
}

/// All bytes are of rows, dirt, dead letters or blanks.
fn accounted(decoded: &Decoded) -> Result<(), TestCaseError> {
    let c = decoded.counts;
    prop_assert_eq!(c.decoded_bytes + c.dirt_bytes + c.dead_bytes + c.blank_bytes, c.bytes);
    if c.decoded_bytes > 0 {
        prop_assert!(decoded.consignments.num_rows() + decoded.dead_letters.num_rows() > 0);
    }
    Ok(())
}

proptest! {
    #[test]
    fn cutting_loses_no_earlier_bill(n in 1_usize..8, cut in 0.0_f64..1.0) {
        let text = many(n);
        let cut = (text.len() as f64 * cut) as usize;
        let decoded = decode(&text.as_bytes()[..cut]);
        accounted(&decoded)?;
        let got = column(&decoded.consignments, "bill_number");
        for i in 0..n {
            let bill = format!("BILL{i:03}");
            if text.find(&format!("{bill}*")).unwrap() + bill.len() < cut {
                prop_assert!(got.contains(&bill), "{bill} of {got:?}");
            }
        }
    }

    #[test]
    fn a_flipped_byte_loses_no_other_bill(n in 2_usize..7, at in 0.0_f64..1.0, byte in any::<u8>()) {
        let whole = many(n);
        let mut text = whole.clone().into_bytes();
        let from = whole.find("ST*309").unwrap();
        let at = from + ((text.len() - from) as f64 * at) as usize;
        text[at] = byte;
        let decoded = decode(&text);
        accounted(&decoded)?;
        let got = column(&decoded.consignments, "bill_number");
        let start = |i: usize| whole.find(&format!("~LX*{i}~")).unwrap_or_else(|| whole.find("~SE*").unwrap());
        for i in 0..n {
            if at < start(i) || at > start(i + 1) {
                let bill = format!("BILL{i:03}");
                let kept = || decoded.dead_letters.column_by_name("raw").is_some_and(|_| decoded.dead_letters.num_rows() > 0);
                prop_assert!(got.contains(&bill) || kept(), "{bill} of {got:?} at {at} {byte}");
            }
        }
    }

    #[test]
    fn any_text_is_taken(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0_usize..400) {
        let mut text = many(2).into_bytes();
        text.truncate(cut);
        text.extend_from_slice(&bytes);
        text.extend_from_slice(many(1).as_bytes());
        let decoded = decode(&text);
        accounted(&decoded)?;
    }

    #[test]
    fn any_segments_are_taken(parts in proptest::collection::vec(0_usize..26, 0..40)) {
        const PARTS: [&str; 26] = [
            "ST*309*1~", "ST*358*1~", "ST*310*1~", "SE*1*1~", "GS*SO*A*B*20240301*0930*5*X*004010~", "GE*1*5~", "IEA*1*1~",
            "M10*A*O*PA*9074729~", "P4*2704*20240320*1~", "LX*1~", "M11*B1*2*3*PKG*4*K~", "M13*A*B*D*C~", "N1*SH*NAME~", "N3*STREET~",
            "NM1*D1*1*DOE~", "DMG*D8*19700101~", "VID*4B*CSQU*3054383*S~", "M7*S1~", "N10*1*GOODS~", "N10**MORE~", "H1*1202~", "MBL*A*B~",
            "R4*L*UN*X~", "L0*1***5*G~", "L5*1*X~", "N9*BM*X~",
        ];
        let text: String = parts.iter().map(|p| PARTS[*p]).collect();
        let decoded = decode(format!("{ISA}{text}").as_bytes());
        accounted(&decoded)?;
    }
}

#[test]
fn samples() {
    let Some(shared) = std::env::var_os("TAMIS_SHARED") else {
        eprintln!("skipped: TAMIS_SHARED is not set");
        return;
    };
    let folder = std::path::Path::new(&shared).join("samples");
    for kind in ["x12_309", "x12_310"] {
        let mut open = vec![folder.join(kind)];
        let mut files = 0;
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            if !bytes.starts_with(b"ISA") && !bytes.starts_with(b"ST") {
                continue;
            }
            files += 1;
            let decoded = decode(&bytes);
            sample(&path.display().to_string(), &String::from_utf8_lossy(&bytes), &decoded);
        }
        assert!(files > 0, "{kind}");
    }
}

/// What can be counted without the decoder.
fn sample(name: &str, text: &str, decoded: &Decoded) {
    let segments: Vec<Vec<&str>> = text.split('~').map(|s| s.trim().split('*').collect()).collect();
    let of = |tag: &'static str| segments.iter().filter(move |s| s[0] == tag);
    let rows = &decoded.consignments;
    assert_eq!(decoded.dead_letters.num_rows(), 0, "{name}");
    let total =
        |column: &str| -> usize { (0..rows.num_rows()).map(|row| cell(rows, column, row).matches("role: ").count()).sum() };
    let numbers = |row: usize| cell(rows, "containers", row);
    let parties = of("N1").filter(|s| s[1] != "FS").count();
    assert_eq!(total("parties"), parties, "{name}");
    let bills = of("M11").count() + of("B3").count();
    assert_eq!(rows.num_rows(), bills, "{name}");
    let containers: usize = (0..rows.num_rows()).map(|row| numbers(row).matches("number: ").count()).sum();
    assert_eq!(containers, of("VID").count() + of("N7").count(), "{name}");
    let invalid = (0..rows.num_rows()).filter(|row| has(decoded, *row, "container_number_invalid")).count();
    if of("M11").count() > 0 {
        // The masked number is the only wrong one, and every bill has its totals.
        assert_eq!(invalid, 1, "{name}");
        for row in 0..rows.num_rows() {
            assert!(!has(decoded, row, "packages_differ") && !has(decoded, row, "weight_differs"), "{name} {row}");
        }
        for (row, m11) in of("M11").enumerate() {
            assert_eq!(cell(rows, "packages", row), m11[3], "{name}");
            assert_eq!(cell(rows, "gross_weight_kg", row), format!("{}.0", m11[5]), "{name}");
        }
        let goods: String = (0..rows.num_rows()).map(|row| cell(rows, "items", row)).collect();
        // Lines cut inside a word.
        for text in [
            "NET WEIGHT: 14.593,735 KG GROSS WEIGHT: 14.593,735 KG",
            "\" FREIGHT COLLECT FINAL DESTINATION: JACKSONVILLE - U.S.A.A",
            "BRAZILIAN GREEN COFFEE BEANS",
            "ICC BRAZIL MONT AZUL UNION RFA 002",
        ] {
            assert!(goods.contains(text), "{text}");
        }
    }
}
