//! Hand-made PNRGOV messages and replies, and what becomes of them.

use arrow::array::{Array, AsArray, RecordBatch};
use proptest::prelude::*;

use super::super::{Decoded, FINDINGS};
use super::{cell, column, decode, findings, int};

const HEAD: &str = "UNB+IATA:1+QQ+GOV+240501:1200+7'UNH+M1+PNRGOV:15:1:IA+REF1'MSG+:22'ORG+QQ:YYZ'TVL+030524:1830:030524:2005+YYZ+JFK+QQ+0012'EQN+";

/// A message of these reservations.
fn message(pnrs: &[String]) -> String {
    let body = pnrs.concat();
    format!("{HEAD}{}'{body}UNT+9+M1'UNZ+1+7'", pnrs.len())
}

fn one(body: &str) -> Decoded {
    decode(message(&[format!("SRC'RCI+QQ:AB12CD::010324:0930'{body}")]).as_bytes())
}

fn rows(body: &str) -> RecordBatch {
    one(body).travellers
}

const LEG: &str = "TVL+030524:1830::2005+YYZ+JFK+QQ+12:Y'RPI+2+HK'";

#[test]
fn all_levels() {
    let batch = rows(&format!(
        "{}{}{}{}{}",
        "SSR+OTHS:HK:1:QQ'DAT+700:020524:1000+710:010324:0931'IFT+4:28::QQ+CTCB QQ 416 555 0100'IFT+4:28::QQ+VIP'\
         ORG+1A:MUC+12345678:YTOQQ0100+YTO+QQ:YTO+T+CA:CAD+AA1'ADD++700:1 FRONT ST:TORONTO:ON::CA:M5V1A1:416 555 0101'\
         EBD+CAD:75.00+2::N'",
        "TIF+ROE:I+JANEMRS:A:1:1'FTI+QQ:991:::GOLD'REF+:UCI1'FAR+A+41++++QFLEX'\
         SSR+DOCS:HK:1:QQ:::::/P/CAN/X1 23/CAN/02FEB83/F/15DEC29/ROE/JANE/ANN'SSR+DOCA:HK:1:QQ:::::/R/CA/1 FRONT ST/TORONTO/ON/M5V1A1'\
         SSR+DOCO:HK:1:QQ:::::/TORONTO/V/V77/OTTAWA/03MAR20/US'TKT+0162120234533:T:1'MON+B:300.00:CAD+T:340.50:CAD'\
         DAT+710:020324:1000'FOP+CC::340.50:VI:4111111111111111:0930'IFT+4:43+RICH UNCLE+9 LONG RD+416 555 0102'",
        "TIF+ROE:I+BABY:IN:2'SSR+CTCM:HK:1:QQ:::::4165550103'",
        "TVL+010524:0900::1100+YVR+YYZ+QQ:ZZ+0100:Y'TRA+ZZ+4711:M'RPI+1+HL'",
        format_args!(
            "{LEG}{}",
            "SSR+SEAT:HK:1:QQ:::YYZ:JFK+012C::1'SSR+TKNE:HK:1:QQ:::YYZ:JFK:0162120234533C2+::1'SSR+INFT:HK:1:QQ:::YYZ:JFK:ROE/BABY 05MAY23+::1'\
             DAT+2:030524:1600'TRI++YYZ-045:::1'TIF+ROE:I+JANEMRS:A:1'SSD+012D++++Y'TBD++3:60:701++HP:9+QQ:0123456789:2:JFK+QQ:55::JFK'\
             EQN+1'RCI+QQ:SPLIT1'MSG+:8'TVL+030524:1500:040524+NYC:GRAND HOTEL++HH+1:ROH'\
             ABI+4+:YYZ++QQ'DAT+ZT:010324:0931'SAC+++A'TIF+ROE:I+JANEMRS:A:1'SAC+++X'SSR+SEAT:HK:1:QQ'LTS+0/O/NM/ROE'LTS+1'"
        ),
    ));
    assert_eq!(batch.num_rows(), 2);
    for (name, want) in [
        ("message_kind", "22"),
        ("common_ref", "REF1"),
        ("flight_key", "QQ-0012-YYZ-JFK-2024-05-03"),
        ("departure_local", "2024-05-03T18:30:00"),
        ("deadline_local", "2024-05-03T18:00:00"),
        ("name_raw", "ROE:JANEMRS"),
        ("given_names", "JANE"),
        ("title", "MRS"),
        ("birth_date", "1983-02-02"),
        ("nationality", "CAN"),
        ("residence_country", "CAN"),
        ("birth_place", "TORONTO"),
        ("document_number", "X123"),
        ("person_key", "D:CAN/X123"),
        (
            "documents",
            "[{type: P, number: X123, issuer: CAN, expiry: 2029-12-15, issued: ~, issue_place: ~, surname: ROE, given_names: JANE ANN}, \
             {type: V, number: V77, issuer: USA, expiry: ~, issued: 2020-03-03, issue_place: OTTAWA, surname: ~, given_names: ~}]",
        ),
        ("pnr_locator", "AB12CD"),
        (
            "pnr_locators",
            "[{carrier: QQ, locator: AB12CD, created_local: 2024-03-01T09:30:00, kind: own}, {carrier: QQ, locator: SPLIT1, created_local: ~, kind: split}]",
        ),
        ("booked_local", "2024-03-01T09:30:00"),
        ("booking_changed_local", "2024-05-02T10:00:00"),
        ("split_count", "1"),
        ("agency_system", "1A"),
        ("agency_iata", "12345678"),
        ("agency_office", "YTOQQ0100"),
        ("agency_city", "YTO"),
        ("agency_country", "CAN"),
        ("agency_kind", "T"),
        ("carrier_ref", "UCI1"),
        ("traveller_type", "adult"),
        ("reported_age", "41"),
        ("fare_basis", "QFLEX"),
        ("fare_amount", "340.5"),
        (
            "payments",
            "[{kind: CC, amount: 340.5, currency: CAD, card_vendor: VI, card_number_masked: 411111XXXXXX1111, card_expiry: 0930, payer: RICH UNCLE, \
             payer_contact: 9 LONG RD, 416 555 0102}]",
        ),
        ("tickets", "[{number: 0162120234533, coupon: 2, issued: 2024-03-02}]"),
        ("ticket", "0162120234533"),
        ("frequent_flyers", "[{carrier: QQ, number: 991, level: GOLD}]"),
        ("seat", "12D"),
        ("seats", "[{departure_port: YYZ, arrival_port: JFK, seat: 12D, cabin: Y}]"),
        ("checked_in", "true"),
        ("checked_in_local", "2024-05-03T16:00:00"),
        ("boarding_number", "045"),
        ("bag_count", "3"),
        ("bag_weight_kg", "27"),
        ("bag_tags", "[QQ0123456789, QQ0123456790, QQ55]"),
        ("head_of_pool", "true"),
        ("bag_pool", "9"),
        ("excess_bag_count", "2"),
        ("excess_bag_charge", "75.0"),
        ("services", "[OTHS]"),
        (
            "history",
            "[{at_local: 2024-03-01T09:31:00, action: A, subject: TIF}, {at_local: 2024-03-01T09:31:00, action: X, subject: SSR SEAT}]",
        ),
        ("history_lines", "2"),
        (
            "contacts",
            "[{kind: TE, value: 416 555 0100}, {kind: TE, value: 416 555 0101}, {kind: BA, value: 1 FRONT ST, TORONTO, ON, CA, M5V1A1}, \
             {kind: RA, value: 1 FRONT ST, TORONTO, ON, M5V1A1, CA}]",
        ),
    ] {
        assert_eq!(cell(&batch, name, 0), want, "{name}");
    }
    let legs = cell(&batch, "legs", 0);
    assert!(legs.starts_with("[{carrier: QQ, flight: 100, departure_port: YVR"), "{legs}");
    assert!(legs.contains("operating_carrier: ZZ, operating_flight: 4711, booking_class: Y, status: HL}"), "{legs}");
    assert_eq!(legs.matches("departure_port").count(), 2, "{legs}");
    let bags = batch.column_by_name("bags").unwrap().as_list::<i32>();
    assert_eq!(bags.value(0).len(), 3);
    // The infant: born as the service of the adult says, seated nowhere.
    assert_eq!((cell(&batch, "traveller_type", 1), cell(&batch, "birth_date", 1)), ("infant".into(), "2023-05-05".into()));
    assert_eq!(column(&batch, "with_infant"), ["true", "false"]);
    assert_eq!(column(&batch, "checked_in"), ["true", "false"]);
    assert!(cell(&batch, "contacts", 1).contains("4165550103"));
    assert_eq!(findings(&batch, 0), ["unt_count_differs", "card_number_unmasked"]);
    let details = cell(&batch, "finding_details", 0);
    assert!(details.contains("code: card_number_unmasked, severity: warning, segment: FOP, offset: "), "{details}");
}

#[test]
fn documents_anywhere() {
    // In the booking, in front of the travellers, by reference; on a leg by name; with a reference to nobody.
    let batch = rows(&format!(
        "SSR+DOCS:HK:1:QQ:::::/P/CAN/A1/CAN/02FEB83/F/15DEC29/ROE/JANE+::2'TIF+DOE+JOHNMR:A:01'TIF+ROE+JANEMRS:A:02'{LEG}\
         SSR+DOCS:HK:1:QQ:::YYZ:JFK:/P/USA/B2/USA/03MAR80/M/01JAN30/DOE/JOHN ALAN'SSR+DOCS:HK:1:QQ:::YYZ:JFK:/P/USA/B2/USA/03MAR80/M/01JAN30/DOE/JOHN+::9'"
    ));
    assert_eq!(column(&batch, "document_number"), ["B2", "A1"]);
    assert_eq!(column(&batch, "birth_date"), ["1980-03-03", "1983-02-02"]);
    assert!(findings(&batch, 0).contains(&"traveller_ref_unknown".to_owned()));
    assert_eq!(cell(&batch, "documents", 0).matches("number: B2").count(), 1);
    // Behind the legs of another's group: the name counts.
    let batch = rows(&format!(
        "TIF+DOE+JOHNMR:A:1'SSR+DOCS:HK:1:QQ:::::/P/CAN/A1/CAN/02FEB83/F/15DEC29/ROE/JANE'TIF+ROE+JANEMRS:A:2'{LEG}"
    ));
    assert_eq!(column(&batch, "document_number"), ["~", "A1"]);
}

#[test]
fn empty_parts_of_documents_shift_nothing() {
    let of = |text: &str| {
        let batch = rows(&format!("TIF+DOE+JOHNMR:A:1'SSR+DOCS:HK:1:QQ:::::{text}'"));
        ["document_type", "document_issuer", "document_number", "nationality", "birth_date", "sex", "document_expiry"]
            .map(|name| cell(&batch, name, 0))
            .join(" ")
    };
    assert_eq!(of("/P/CAN/A1/USA/02FEB83/M/15DEC29/DOE/JOHN"), "P CAN A1 USA 1983-02-02 M 2029-12-15");
    assert_eq!(of("////GBR/12JUL64/M//DOE/JOHN"), "~ ~ ~ GBR 1964-07-12 M ~");
    assert_eq!(of("/////12JUL64/M//DOE/JOHN"), "~ ~ ~ ~ 1964-07-12 M ~");
    assert_eq!(of("/P/CAN/A1//02FEB83//15DEC29/DOE/JOHN"), "P CAN A1 ~ 1983-02-02 ~ 2029-12-15");
    // A part that was left out with its slash.
    assert_eq!(of("/P/CAN/A1/USA/M/15DEC29/DOE/JOHN"), "P CAN A1 USA ~ M 2029-12-15");
    assert_eq!(of("/P/CAN/A1/USA/02FEB83/15DEC29/DOE/JOHN"), "P CAN A1 USA 1983-02-02 ~ 2029-12-15");
    assert_eq!(of("/P/CAN/A1/02FEB83/M/15DEC29/DOE/JOHN"), "P CAN A1 ~ 1983-02-02 M 2029-12-15");
    assert_eq!(of("P/CAN/A1/USA/02FEB83/M/15DEC29/DOE/JOHN\u{2019}"), "P CAN A1 USA 1983-02-02 M 2029-12-15");
    // No year of birth, and a text that ends early.
    assert_eq!(of("/P/CAN/A1/USA/02FEB/M/15DEC29/DOE/JOHN"), "P CAN A1 USA ~ M 2029-12-15");
    assert_eq!(of("/P/CAN/A1"), "P CAN A1 ~ ~ ~ ~");
}

#[test]
fn order_and_loss_inside_a_reservation() {
    // Legs in front of the travellers, no TIF behind TRI, an unlisted traveller at check-in, no SRC.
    let batch = rows(&format!("{LEG}TIF+DOE+JOHNMR:A:1'REF+:77'SSR+DOCS:HK:1:QQ:::::/P/CAN/A1/CAN/02FEB83/M/15DEC29/DOE/JOHN'"));
    assert_eq!((cell(&batch, "document_number", 0), cell(&batch, "carrier_ref", 0)), ("A1".into(), "77".into()));
    let batch = rows(&format!(
        "TIF+DOE+JOHNMR:A:1'TIF+ROE+JANEMS:A:2'{LEG}TRI++7:::2'SSD+1A++++C'TRI++8:::9'TIF+POE+MAXMR:A:3'SSD+1B++++C'"
    ));
    assert_eq!(column(&batch, "surname"), ["DOE", "ROE", "POE"]);
    assert_eq!(column(&batch, "seat"), ["~", "1A", "1B"]);
    assert_eq!(column(&batch, "boarding_number"), ["~", "7", "8"]);
    assert!(findings(&batch, 2).contains(&"traveller_only_at_check_in".to_owned()));
    let text = message(&["RCI+QQ:AB12CD'TIF+DOE+JOHNMR:A:1'".into()]);
    assert_eq!(decode(text.as_bytes()).travellers.num_rows(), 1);
    // The tail of production: a text that is cut in mid-segment.
    for tail in ["L'", "LT'", "LTS+4/Z/1AINV ENI RM BA  06LastName1423Z'L'", "'"] {
        let batch = rows(&format!("TIF+DOE+JOHNMR:A:1'{LEG}LTS+0/O'{tail}"));
        assert_eq!((batch.num_rows(), cell(&batch, "surname", 0)), (1, "DOE".into()), "{tail}");
    }
    // Two of a surname in one segment.
    assert_eq!(column(&rows("TIF+DOE+JOHNMR:A:1+ANNMRS:A:2'"), "given_names"), ["JOHN", "ANN"]);
    // No UNH.
    let text = message(&["SRC'RCI+QQ:AB12CD'TIF+DOE+JOHNMR:A:1'".into()]).replace("UNH+M1+PNRGOV:15:1:IA+REF1'", "");
    let batch = decode(text.as_bytes()).travellers;
    assert_eq!((batch.num_rows(), cell(&batch, "flight", 0)), (1, "12".into()));
}

#[test]
fn groups_and_reservations_without_travellers() {
    let two = [
        "SRC'RCI+QQ:EMPTY1'TIF+BIG PARTY:G'SSR+WCHR:HK:1:QQ:::::CANNOT WALK'".to_owned(),
        "SRC'RCI+QQ:AB12CD'TIF+DOE+JOHNMR:A:1'".to_owned(),
    ];
    let decoded = decode(message(&two).as_bytes());
    assert_eq!(column(&decoded.travellers, "surname"), ["DOE"]);
    assert_eq!(column(&decoded.dead_letters, "code"), ["pnr_without_traveller"]);
    let raw = decoded.dead_letters.column_by_name("raw").unwrap().as_binary_view().value(0).to_vec();
    assert_eq!(raw.len(), two[0].len());
    assert!(raw.starts_with(b"SRC'RCI+QQ:EMPTY1'TIF+BIG PARTY:G'SSR+****"));
}

#[test]
fn functions_of_messages() {
    for (function, action) in [("22", "new"), ("141", "change"), ("142", "cancel")] {
        let text = message(&["SRC'RCI+QQ:A'TIF+DOE+J:A:1'".into()]).replace("MSG+:22", &format!("MSG+:{function}"));
        let batch = decode(text.as_bytes()).travellers;
        assert_eq!((cell(&batch, "message_kind", 0), cell(&batch, "action", 0)), (function.to_owned(), action.to_owned()));
    }
}

/// Every text of a batch.
fn texts(batch: &RecordBatch) -> String {
    let mut all = String::new();
    for field in batch.schema().fields().iter().filter(|f| !matches!(f.name().as_str(), "received_at" | "raw")) {
        (0..batch.num_rows()).for_each(|row| all.push_str(&cell(batch, field.name(), row)));
    }
    if let Some(raw) = batch.column_by_name("raw") {
        raw.as_binary_view().iter().for_each(|raw| all.push_str(&String::from_utf8_lossy(raw.unwrap())));
    }
    all
}

#[test]
fn sensitive_fields_reach_nothing() {
    let codes = super::super::sensitive::CODES.iter().map(|c| String::from_utf8_lossy(c).into_owned());
    let all: Vec<String> = codes.chain(["ZQML".to_owned()]).collect();
    for code in &all {
        let body = format!(
            "SSR+{code}:HK:1:QQ:::::ZZTOP SECRET'IFT+4:28::QQ+NEEDS {code} ZZTOP'TIF+DOE+JOHNMR:A:1'SSR+{code}:HK:1:QQ:::YYZ:JFK:ZZTOP+::1'\
             IFT+4:28::QQ+{code}HK1 ZZTOP'{LEG}SSR+{code}:HK:1:QQ+::1'SSR+OTHS:HK:1:QQ:::::PAX IS {code} ZZTOP'\
             ABI+1'SAC+++A'SSR+{code}:HK:2:QQ'LTS+0/O/SR/SSR {code}QQHK1 ZZTOP'"
        );
        let nobody = format!("SRC'RCI+QQ:EMPTY1'SSR+{code}:HK:1:QQ:::::ZZTOP'IFT+4:28+{code}QQHK1 ZZTOP'");
        let decoded = decode(message(&[format!("SRC'RCI+QQ:AB12CD'{body}"), nobody]).as_bytes());
        assert_eq!((decoded.travellers.num_rows(), decoded.dead_letters.num_rows()), (1, 1));
        let held = texts(&decoded.travellers) + &texts(&decoded.dead_letters);
        assert!(!held.contains(code.as_str()) && !held.contains("ZZTOP"), "{code}: {held}");
        assert!(decoded.counts.sensitive_dropped >= 8, "{code}: {}", decoded.counts.sensitive_dropped);
    }
    // A passenger list has them in free text, which is dropped, also where the person is.
    let list = "UNB+UNOA:4+A+B+240501:1200+1'UNH+1+PAXLST:D:05B:UN'BGM+745'TDT+20+QQ12'NAD+FL'FTX+SPM+++VGML ZZTOP'NAD+FL+++A:B'FTX+SPM+++VGML ZZTOP'UNT+8+1'UNZ+1+1'";
    let decoded = decode(list.as_bytes());
    assert_eq!((decoded.travellers.num_rows(), decoded.dead_letters.num_rows()), (1, 1));
    let held = texts(&decoded.travellers) + &texts(&decoded.dead_letters);
    assert!(!held.contains("VGML") && !held.contains("ZZTOP"), "{held}");
    assert!(FINDINGS.iter().all(|f| !all.iter().any(|code| f.code.to_uppercase().contains(code.as_str()))));
}

#[test]
fn replies() {
    let text = "UNB+UNOA:4+GOV+QQ+240501:1200+9'UNH+1+CUSRES:D:05B:UN:IATA'BGM+962'RFF+TN:T1'RFF+AF:QQ012'DTM+189:2405031830:201'\
        DTM+232:2405032005:201'LOC+125+YYZ'LOC+87+JFK'ERP+2'RFF+AVF:AB12CD'RFF+ABO:77'ERC+0Z'ERP+2'RFF+AVF:EF34GH'RFF+ABO:78'ERC+1Z'\
        FTX+AAP+++CONTACT THE AUTHORITY'UNT+18+1'UNZ+1+9'";
    let batch = decode(text.as_bytes()).travellers;
    assert_eq!(column(&batch, "message_format"), ["CUSRES"; 2]);
    assert_eq!(column(&batch, "message_kind"), ["962"; 2]);
    assert_eq!(column(&batch, "action"), ["reply"; 2]);
    assert_eq!(column(&batch, "flight_key"), ["QQ-0012-YYZ-JFK-2024-05-03"; 2]);
    assert_eq!(column(&batch, "pnr_locator"), ["AB12CD", "EF34GH"]);
    assert_eq!(column(&batch, "carrier_ref"), ["77", "78"]);
    assert_eq!(column(&batch, "response"), ["0Z", "1Z"]);
    assert_eq!(column(&batch, "response_text"), ["~", "CONTACT THE AUTHORITY"]);
    assert!((0..2).all(|row| findings(&batch, row).is_empty()), "{:?}", findings(&batch, 0));
    // An acknowledgement without persons.
    let decoded = decode(b"UNB+UNOA:4+GOV+QQ+240501:1200+9'UNH+1+CUSRES:D:05B:UN:IATA'BGM+312'RFF+TN:T1'UNT+4+1'UNZ+1+9'");
    assert_eq!((decoded.travellers.num_rows(), decoded.counts.messages_without_person), (0, 1));
    assert_eq!(decoded.dead_letters.num_rows(), 0);
}

/// Reservations with every level, told apart by their numbers.
fn pnr(n: usize) -> String {
    format!(
        "SRC'RCI+QQ:LOC0{n}X::010324:0930'DAT+700:020524:1000'ORG+1A:MUC+12345678:YTO+YTO++T+CA'ADD++702:1 FRONT ST:TORONTO:::CA::416555010{n}'\
         TIF+SURNAME{n}+JANEMRS:A:1'FTI+QQ:99{n}'REF+:UCI{n}'SSR+DOCS:HK:1:QQ:::::/P/CAN/DOC{n}/CAN/02FEB83/F/15DEC29/SURNAME{n}/JANE'\
         TKT+016212023453{n}:T:1'FOP+CA::100.00'{LEG}SSR+SEAT:HK:1:QQ:::YYZ:JFK+01{n}A::1'TRI++{n}:::1'TIF+SURNAME{n}+JANEMRS:A:1'SSD+1{n}A++++Y'\
         TBD++1:10:700+++QQ:123{n}::JFK'ABI+4+:YYZ++QQ'DAT+ZT:010324:0931'SAC+++A'TIF+OLD{n}+JANEMRS:A:1'LTS+0/O/NM'"
    )
}

/// What the rows say of the travellers of one reservation, their place in the message aside.
fn of_pnr(batch: &RecordBatch, n: usize) -> Vec<Vec<(String, String)>> {
    let name = format!("SURNAME{n}");
    let skipped = ["ordinal", "history_lines", "flight_key", "departure_local", "deadline_local"];
    (0..batch.num_rows())
        .filter(|row| cell(batch, "surname", *row) == name)
        .map(|row| super::facts(batch, row).into_iter().filter(|(k, _)| !skipped.contains(&k.as_str())).collect())
        .collect()
}

/// Where the reservations of a message stand.
fn places(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut at: Vec<usize> = text.match_indices("SRC'").map(|(i, _)| i).collect();
    at.push(text.rfind("UNT+").unwrap());
    at.windows(2).map(|w| w[0]..w[1]).collect()
}

#[test]
fn a_cut_anywhere_keeps_what_stood_before() {
    let text = message(&[pnr(1), pnr(2), pnr(3)]);
    let whole = decode(text.as_bytes()).travellers;
    for cut in (0..text.len()).step_by(3) {
        let batch = decode(&text.as_bytes()[..cut]).travellers;
        for (i, place) in places(&text).into_iter().enumerate() {
            if place.end <= cut {
                assert_eq!(of_pnr(&batch, i + 1), of_pnr(&whole, i + 1), "cut at {cut}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_byte_keeps_the_other_reservations(at in 0.0_f64..1.0, byte: u8, gone in 0_usize..4) {
        let text = message(&[pnr(1), pnr(2), pnr(3)]);
        let whole = decode(text.as_bytes()).travellers;
        let start = text.find("SRC'").unwrap();
        let at = start + ((text.len() - start) as f64 * at) as usize;
        let mut bytes = text.clone().into_bytes();
        // One byte becomes another, or up to three are lost.
        bytes.splice(at..(at + gone.max(1)).min(text.len()), if gone == 0 { vec![byte] } else { vec![] });
        let batch = decode(&bytes).travellers;
        for (i, place) in places(&text).into_iter().enumerate() {
            let n = i + 1;
            // Damage to the end of one reservation is damage to the beginning of the next.
            if at + gone.max(1) <= place.start.saturating_sub(1) || at >= place.end {
                prop_assert_eq!(of_pnr(&batch, n), of_pnr(&whole, n), "{} at {} ({})", n, at, &text[at.saturating_sub(20)..(at + 20).min(text.len())]);
            } else {
                prop_assert!(batch.num_rows() >= 2);
            }
        }
    }

    #[test]
    fn segments_in_any_order_never_panic(order in proptest::collection::vec(0_usize..60, 0..80)) {
        let text = message(&[pnr(1), pnr(2)]);
        let segments: Vec<&str> = text.split_inclusive('\'').collect();
        let shuffled: String = order.iter().map(|i| segments[i % segments.len()]).collect();
        let _ = decode(format!("{HEAD}2'{shuffled}").as_bytes());
        let _ = decode(shuffled.as_bytes());
    }
}

#[test]
fn a_repeated_message_and_a_part_of_a_list_are_said_so() {
    let body = "PNRGOV:15:1:IA'MSG+:22'TVL+030524:1830+YYZ+JFK+QQ+12'SRC'RCI+QQ:A'TIF+DOE+J:A:1'";
    let text = format!("UNB+IATA:1+QQ+GOV+240501:1200+7'UNH+1+{body}UNT+7+1'UNH+2+{body}UNT+7+2'UNZ+2+7'");
    let batch = decode(text.as_bytes()).travellers;
    assert!(!findings(&batch, 0).contains(&"message_repeated".to_owned()));
    assert!(findings(&batch, 1).contains(&"message_repeated".to_owned()));
    let part = "UNB+UNOA:4+A+B+240501:1200+1'UNH+1+PAXLST:D:05B:UN:IATA+X+02'BGM+745'TDT+20+QQ12'NAD+FL+++A:B'DOC+P+N1'NAD+FL+++A:B'DTM+329:800101'DOC+P+N1'NAD+FL+++A:B'DTM+329:800101'DOC+P+N1'UNT+12+1'UNZ+1+1'";
    let batch = decode(part.as_bytes()).travellers;
    assert_eq!(int(&batch, "message_part", 0), Some(2));
    assert!(findings(&batch, 0).contains(&"part_of_several".to_owned()));
    assert_eq!((0..3).filter(|row| findings(&batch, *row).contains(&"person_repeated".to_owned())).count(), 1);
}

#[test]
fn a_damaged_src() {
    let text = message(&[pnr(1), pnr(2), pnr(3)]);
    for damage in ["C'", "\0RC'", "SRC\0", "S\0C'", "XRC'", "'", "", "SRC", "SR'", "SRC''", "sRC'"] {
        let at = places(&text)[2].start;
        let broken = format!("{}{damage}{}", &text[..at], &text[at + 4..]);
        let batch = decode(broken.as_bytes()).travellers;
        assert_eq!(column(&batch, "surname"), ["SURNAME1", "SURNAME2", "SURNAME3"], "{damage:?} {:?}", findings(&batch, 1));
    }
}

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<IATA_PNRGOV_NotifRQ xmlns="http://www.iata.org/IATA/2007/00" Version="16.1" TransactionIdentifier="T9" TimeStamp="2024-05-01T12:00:00">
 <Originator AirlineCode="QQ" SystemCode="1A"/>
 <FlightLeg CarrierCode="QQ" FlightNumber="0012" DepartureDateTime="2024-05-03T18:30:00" ArrivalDateTime="2024-05-03T20:05:00">
  <DepartureAirport LocationCode="YYZ"/><ArrivalAirport LocationCode="JFK"/></FlightLeg>
 <PNRs NumberOfPnrs="3">
  <PNR NumberOfPassengers="2" PNR_TransDate="2024-05-02T10:00:00" PNR_CreationDate="2024-03-01T09:30:00">
   <BookingRefID ID="AB12CD"><CompanyName Code="QQ"/></BookingRefID>
   <POS><Source PseudoCityCode="YTOQQ" ISOCountry="CA" ISOCurrency="CAD" AirportCode="YTO"><RequestorID Type="T" ID="12345678"/></Source></POS>
   <ContactInfo PhoneNumber="416 555 0100" EmailAddress="jane@example.org"><AddressLine>1 FRONT ST</AddressLine><CityName>TORONTO</CityName></ContactInfo>
   <SSR SSRCode="AVML" Status="HK"><Text>ZZTOP</Text></SSR>
   <Passenger RPH="1" SurnameRefNumber="1" AccompaniedByInfantInd="false">
    <GivenName>JANEMRS</GivenName><Surname>ROE</Surname><CustLoyalty ProgramID="QQ" MembershipID="991"/>
    <FareInfo PTC_Code="ADT" FareBasis="QFLEX"/><SSR SSR_Code="WCHR"><TEXT>ZZTOP</TEXT></SSR><SSR SSRCode="OTHS"/>
    <TicketDocument TicketDocumentNbr="0162120234533" DateOfIssue="2024-03-02"><TotalFare Amount="340.50" CurrencyCode="CAD"/>
     <PaymentInfo PaymentType="CC" PaymentAmount="340.50" VendorCode="VI" AccountNbr="4111111111111111" ExpiryDate="0930" CardHolderName="R UNCLE"/></TicketDocument>
    <DOC_SSR SSRCode="DOCS"><DOCS DateOfBirth="02FEB83" Gender="F" ExpiryDate="2029-12-15" Surname="ROE" FirstGivenName="JANE" SecondGivenName="ANN"
      IssuingLoc="CAN" PaxNationality="CAN" TravelDocType="P" TravelDocNbr="X123"/></DOC_SSR>
    <DOC_SSR SSR_Code="DOCO"><DOCO BirthLocation="TORONTO" TravelDocType="V" TravelDocNbr="V77" PlaceOfIssue="OTTAWA" DateOfIssue="03MAR20" CountryState="USA"/></DOC_SSR>
    <DOC_SSR SSR_Code="DOCA"><DOCA AddressType="R" Address="1 FRONT ST" CityName="TORONTO" Country="CAN"/></DOC_SSR>
   </Passenger>
   <Passenger RPH="2"><GivenName>JOHN</GivenName><Surname>O&apos;DOE</Surname></Passenger>
   <Flight DepartureDateTime="2024-05-03T18:30:00" ArrivalDateTime="2024-05-03T20:05:00" ResBookDesigCode="Y" NumberInParty="2" Status="HK" FlightNumber="5012">
    <DepartureAirport LocationCode="YYZ"/><ArrivalAirport LocationCode="JFK"/><OperatingAirline Code="QQ" FlightNumber="12"/><MarketingAirline Code="ZZ"/>
    <SSR SSRCode="SEAT" RPH="2" BoardPoint="YYZ" OffPoint="JFK"><Text>012A</Text></SSR>
    <DOC_SSR SSRCode="DOCS" RPH="2"><DOCS DateOfBirth="1980-03-03" Gender="M" TravelDocType="P" TravelDocNbr="B2"/></DOC_SSR>
   </Flight>
  </PNR>
  <PNR><BookingRefID ID="EMPTY1"/><SSR SSRCode="WCHR"><Text>ZZTOP</Text></SSR></PNR>
  <PNR><BookingRefID ID="EF34GH"/><Passenger RPH="1"><Surname>POE</Surname></Passenger></PNR>
 </PNRs></IATA_PNRGOV_NotifRQ>"#;

#[test]
fn the_xml_form() {
    let decoded = decode(XML.as_bytes());
    let batch = &decoded.travellers;
    assert_eq!(column(batch, "surname"), ["ROE", "O'DOE", "POE"]);
    for (name, want) in [
        ("message_format", "PNRGOV-XML"),
        ("message_ref", "T9"),
        ("sender", "QQ"),
        ("event_time", "2024-05-01T12:00:00"),
        ("flight_key", "QQ-0012-YYZ-JFK-2024-05-03"),
        ("given_names", "JANE"),
        ("title", "MRS"),
        ("birth_date", "1983-02-02"),
        ("nationality", "CAN"),
        ("residence_country", "CAN"),
        ("document_number", "X123"),
        ("pnr_locators", "[{carrier: QQ, locator: AB12CD, created_local: ~, kind: own}]"),
        ("booked_local", "2024-03-01T09:30:00"),
        ("booking_changed_local", "2024-05-02T10:00:00"),
        ("party_size", "2"),
        ("agency_iata", "12345678"),
        ("agency_country", "CAN"),
        ("fare_amount", "340.5"),
        ("ticket", "0162120234533"),
        ("services", "[OTHS]"),
        ("traveller_type", "adult"),
        (
            "payments",
            "[{kind: CC, amount: 340.5, currency: CAD, card_vendor: VI, card_number_masked: 411111XXXXXX1111, card_expiry: 0930, payer: R UNCLE, payer_contact: ~}]",
        ),
        (
            "contacts",
            "[{kind: TE, value: 416 555 0100}, {kind: EM, value: jane@example.org}, {kind: AD, value: 1 FRONT ST, TORONTO}, {kind: RA, value: 1 FRONT ST, TORONTO, CAN}]",
        ),
        (
            "legs",
            "[{carrier: ZZ, flight: 5012, departure_port: YYZ, arrival_port: JFK, departure_local: 2024-05-03T18:30:00, arrival_local: 2024-05-03T20:05:00, \
             operating_carrier: QQ, operating_flight: 12, booking_class: Y, status: HK}]",
        ),
    ] {
        assert_eq!(cell(batch, name, 0), want, "{name}");
    }
    assert!(cell(batch, "documents", 0).contains("number: V77, issuer: USA, expiry: ~, issued: 2020-03-03, issue_place: OTTAWA"));
    assert_eq!(column(batch, "seat"), ["~", "12A", "~"]);
    assert_eq!(column(batch, "document_number"), ["X123", "B2", "~"]);
    assert_eq!(column(batch, "ordinal"), ["0", "1", "2"]);
    assert_eq!(column(&decoded.dead_letters, "code"), ["pnr_without_traveller"]);
    let held = texts(batch) + &texts(&decoded.dead_letters);
    for secret in ["ZZTOP", "AVML", "WCHR"] {
        assert!(!held.contains(secret), "{secret}: {held}");
    }
    assert_eq!(findings(batch, 2), Vec::<String>::new());
    // Inside an envelope, and reservations alone.
    let inner = XML.split_once("?>").unwrap().1;
    let soap = format!("<s:Envelope xmlns:s='x'><s:Body>{inner}</s:Body></s:Envelope>");
    assert_eq!(decode(soap.as_bytes()).travellers.num_rows(), 3);
    let (from, to) = (inner.find("<PNR ").unwrap(), inner.find("</PNRs>").unwrap());
    let bare = format!("<Data>{}</Data>", &inner[from..to]);
    let batch = decode(bare.as_bytes()).travellers;
    assert_eq!((batch.num_rows(), findings(&batch, 0)[0].clone()), (3, "flight_incomplete".into()));
}

#[test]
fn a_cut_xml_keeps_what_stood_before() {
    let whole = decode(XML.as_bytes()).travellers;
    let first = XML.find("</PNR>").unwrap() + 6;
    for cut in (0..XML.len()).step_by(5) {
        let batch = decode(&XML.as_bytes()[..cut]).travellers;
        if cut >= first {
            assert_eq!(&column(&batch, "document_number")[..2], &column(&whole, "document_number")[..2], "{cut}");
        }
    }
}

#[test]
fn the_flat_form_of_interactive_lists() {
    let text = "CIRQ:REF1/QQQQA1/N//26/INT/8/S/QQ012/YYZ/JFK/20240503/183000/20240503/200500/PRQ/34/1/P/CAN/CAN/X123//P//20291215////ROE/JANE/19830202/F//\
        PRQ/34/2/C/USA/USA/Y9//P//////DOE/-/1980/M/";
    let batch = decode(text.as_bytes()).travellers;
    assert_eq!(column(&batch, "surname"), ["ROE", "DOE"]);
    assert_eq!(column(&batch, "given_names"), ["JANE", "~"]);
    assert_eq!(column(&batch, "role"), ["passenger", "crew"]);
    assert_eq!(cell(&batch, "flight_key", 0), "QQ-0012-YYZ-JFK-2024-05-03");
    assert_eq!((cell(&batch, "document_number", 0), cell(&batch, "document_expiry", 0)), ("X123".into(), "2029-12-15".into()));
    assert_eq!((cell(&batch, "birth_date", 0), cell(&batch, "sex", 0)), ("1983-02-02".into(), "F".into()));
    let text = "CIRS:REF1/PRS/29/001/CA/P/CAN/CAN/X123//P//20291215////ROE/JANE/19830202/F///8501/B/1";
    let batch = decode(text.as_bytes()).travellers;
    assert_eq!((cell(&batch, "response", 0), cell(&batch, "response_text", 0)), ("8501".into(), "B".into()));
    assert_eq!((cell(&batch, "action", 0), cell(&batch, "surname", 0)), ("reply".into(), "ROE".into()));
}

proptest! {
    #[test]
    fn damaged_forms_never_panic(at in 0.0_f64..1.0, byte: u8, which in 0_usize..2) {
        let app = "CIRQ:R/Q/N//26/INT/8/S/QQ012/YYZ/JFK/20240503/183000/20240503/200500/PRQ/34/1/P/CAN/CAN/X123//P//20291215////ROE/JANE/19830202/F/";
        let mut bytes = [XML, app][which].as_bytes().to_vec();
        let at = (bytes.len() as f64 * at) as usize;
        bytes[at] = byte;
        let _ = decode(&bytes);
        let _ = decode(&bytes[at..]);
    }
}
