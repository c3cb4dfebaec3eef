//! The shared samples of PNRGOV: every traveller of a reservation is a row, and what GTAS asserts of them
//! holds. Skipped where `TAMIS_SHARED` names no folder.

use arrow::array::{Array, AsArray, RecordBatch};

use super::super::{Format, detect};
use super::conformance::files;
use super::{cell, column, decode, findings, int};

/// Travellers that the current state of the reservations names, counted without the decoder: TIF in front
/// of the first leg and of the history of each SRC, groups aside.
fn travellers_in(bytes: &[u8]) -> usize {
    let text: Vec<u8> = bytes.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let tag_at = |at: usize, tag: &[u8]| {
        text[at..].starts_with(tag)
            && !text.get(at.wrapping_sub(1)).is_some_and(u8::is_ascii_alphabetic)
            && text.get(at + 3).is_some_and(u8::is_ascii_punctuation)
    };
    let (mut open, mut count) = (false, 0);
    for at in 0..text.len().saturating_sub(3) {
        if tag_at(at, b"SRC") {
            open = true;
        } else if tag_at(at, b"TVL") || tag_at(at, b"ABI") {
            open = false;
        } else if open && tag_at(at, b"TIF") {
            let end = text[at..].iter().position(|b| matches!(b, b'\'' | b'*')).unwrap_or(60);
            count += usize::from(!text[at..at + end].ends_with(b":G"));
        }
    }
    count
}

fn is_pnr(bytes: &[u8]) -> bool {
    detect(bytes) == Format::Pnrgov
}

#[test]
fn every_traveller_is_a_row() {
    let (mut travellers, mut seen) = (0, 0);
    for folder in ["gtas", "pnrgov"] {
        for (name, bytes) in files(folder) {
            if !is_pnr(&bytes) {
                continue;
            }
            let named = travellers_in(&bytes);
            let decoded = decode(&bytes);
            let rows = decoded.travellers.num_rows();
            println!("{name}: {named} travellers, {rows} rows, {} dead letters", decoded.dead_letters.num_rows());
            if std::env::var_os("TAMIS_DUMP").is_some_and(|f| name.contains(&*f.to_string_lossy())) {
                dump(&decoded.travellers);
            }
            assert_eq!(rows, named, "{name}");
            assert_eq!(decoded.dead_letters.num_rows(), 0, "{name}");
            assert!(column(&decoded.travellers, "message_format").iter().all(|f| f == "PNRGOV"));
            assert!(column(&decoded.travellers, "flight_key").iter().all(|f| f != "~"), "{name}");
            travellers += named;
            seen += 1;
        }
    }
    println!("{seen} files, {travellers} travellers");
    assert!(seen == 0 || (seen >= 22 && travellers >= 145));
}

fn dump(batch: &RecordBatch) {
    for row in 0..batch.num_rows() {
        println!("--- row {row}");
        for field in batch.schema().fields().iter().filter(|f| f.name() != "received_at") {
            let text = cell(batch, field.name(), row);
            if text != "~" {
                println!("  {}: {text}", field.name());
            }
        }
    }
}

/// The n-th item of a list of structs, as `{…}`.
fn items(batch: &RecordBatch, name: &str, row: usize) -> usize {
    let list = batch.column_by_name(name).unwrap().as_list::<i32>();
    if list.is_null(row) { 0 } else { list.value(row).len() }
}

/// The lines of `pnr_expectations.txt` whose file is among the samples.
#[test]
fn what_gtas_asserts() {
    let all = files("gtas");
    let file = |suffix: &str| {
        let name = format!("gtas-parsers__pnr-messages__{suffix}");
        all.iter().find(|(n, _)| *n == name).map(|(_, b)| decode(b).travellers)
    };
    let mut held = 0;
    if let Some(b) = file("pnrMessageExample.txt") {
        assert!(cell(&b, "legs", 0).contains("departure_port: WDH"));
        assert!(cell(&b, "seats", 0).contains("cabin: Y"));
        assert_eq!((0..b.num_rows()).map(|row| items(&b, "bags", row)).sum::<usize>(), 18);
        held += 3;
    }
    if let Some(b) = file("pnrMessagePg77.txt") {
        assert_eq!(cell(&b, "booked_local", 0), "2013-05-23T18:13:48");
        assert_eq!((cell(&b, "pnr_locator", 0), cell(&b, "traveller_ref", 0)), ("W9TEND".into(), "43576".into()));
        held += 4;
    }
    if let Some(b) = file("modifyPnr77ForCodeShare.txt") {
        let legs = cell(&b, "legs", 0);
        assert!(legs.contains("carrier: SQ, flight: 5678"), "{legs}");
        assert!(legs.contains("operating_carrier: SK, operating_flight: 1524"), "{legs}");
        assert!(legs.contains("carrier: DL, flight: 8976"), "{legs}");
        assert!(legs.contains("operating_carrier: KL, operating_flight: 972"), "{legs}");
        held += 2;
    }
    if let Some(b) = file("pnrMessagePg76.txt") {
        assert!(cell(&b, "booked_local", 0).starts_with("2013-02-15"));
        held += 1;
    }
    if let Some(b) = file("pnrEdge.txt") {
        assert!(cell(&b, "contacts", 0).contains("{kind: EM, value: MOLLY_LOUUNT+50BB@GMAIL.COM}"));
        held += 1;
    }
    for (name, number) in
        [("pnrPhoneCTCM.txt", "123456789"), ("pnrPhoneCTC_M.txt", "123456789"), ("pnrAddressPhoneCTCM.txt", "5432109876")]
    {
        if let Some(b) = file(name) {
            let contacts = cell(&b, "contacts", 0);
            assert_eq!(contacts.split("kind: TE, value: ").nth(2).map(|t| t.starts_with(number)), Some(true), "{contacts}");
            held += 1;
        }
    }
    if let Some(b) = file("pnrSeatFormats.txt") {
        assert_eq!((items(&b, "seats", 0), cell(&b, "traveller_ref", 0)), (2, "1".into()));
        assert!(cell(&b, "seats", 0).contains("{departure_port: SFO, arrival_port: IAD, seat: 74E"));
        held += 3;
    }
    if let Some(b) = file("pnrWithDoco.txt") {
        let documents = cell(&b, "documents", 0);
        let second = documents.split("{type: ").nth(2).unwrap();
        for fact in ["V, number: 8675309", "issued: 2006-12-22", "issue_place: OTHER PLACE", "expiry: ~"] {
            assert!(second.contains(fact), "{documents}");
        }
        held += 1;
    }
    if let Some(b) = file("pnrWithPrefixesAndBookingDetailBags.txt") {
        assert_eq!((0..b.num_rows()).map(|row| items(&b, "bags", row)).sum::<usize>(), 4);
        held += 1;
    }
    if let Some(b) = file("pnrWithBags.txt") {
        assert!((0..b.num_rows()).any(|row| items(&b, "bags", row) > 0));
        held += 1;
    }
    for name in ["pnrBadFormat.txt", "pnrNoOrgMsg.txt", "danglingMetaCharacter.txt", "pnrMessagePg75.txt"] {
        if let Some(b) = file(name) {
            assert!(b.num_rows() > 0, "{name}");
            held += 1;
        }
    }
    println!("{held} facts hold");
    assert!(all.is_empty() || held >= 18);
}

#[test]
fn facts_of_known_reservations() {
    let all = files("gtas");
    let file = |suffix: &str| all.iter().find(|(n, _)| n.ends_with(suffix)).map(|(_, b)| decode(b).travellers);
    let (Some(two), Some(three), Some(infant)) = (file("2_pnrs_basic.edi"), file("3_pnrs.edi"), file("infant.edi")) else {
        return;
    };
    assert_eq!(column(&two, "surname"), ["SMITH", "JONES", "WAYNE", "COOPER"]);
    assert_eq!(column(&two, "title"), ["JR MR", "MR", "MR", "MR"]);
    assert_eq!(column(&two, "seat"), ["15A", "15B", "17A", "15A"]);
    assert_eq!(column(&two, "boarding_number"), ["108", "~", "~", "2"]);
    assert_eq!(column(&two, "party_size"), ["2"; 4]);
    assert_eq!(column(&two, "pnr_locator"), ["MFN4TI", "MFN4TI", "23456", "23456"]);
    assert_eq!(column(&two, "fare_amount"), ["2957.94"; 4]);
    assert_eq!(cell(&two, "birth_date", 1), "1964-07-12");
    assert_eq!(cell(&two, "nationality", 1), "GBR");
    assert_eq!(cell(&two, "flight_key", 0), "DL-0324-LHR-JFK-2010-12-12");
    assert!(cell(&two, "payments", 0).contains("payer: TIMOTHY SIMS"), "{}", cell(&two, "payments", 0));
    assert_eq!(int(&two, "excess_bag_count", 0), Some(4));

    // The group has a name and is nobody; those to be advised are rows.
    assert_eq!(three.num_rows(), 13);
    assert_eq!(cell(&three, "group_name", 4), "ACME TEAM PARTY");
    assert!(findings(&three, 12).contains(&"name_to_be_advised".to_owned()));
    assert_eq!((cell(&three, "traveller_type", 3), cell(&three, "with_infant", 2)), ("infant".into(), "true".into()));
    assert_eq!(cell(&three, "birth_date", 3), "2012-04-15");
    assert_eq!(cell(&three, "seat", 1), "54A");
    assert!(cell(&three, "tickets", 3).contains("number: 9631270001236, coupon: 2"), "{}", cell(&three, "tickets", 3));
    assert!(cell(&three, "contacts", 1).contains("kind: DA, value: 13 SHORE AVENUE, BROADBEACH, QLD, 4215, AUS"));

    // The documents of the infant stand with the mother.
    assert_eq!(column(&infant, "given_names"), ["ISABELLE", "SOPHY"]);
    assert_eq!(column(&infant, "document_number"), ["509229987", "512731999"]);
    assert_eq!(column(&infant, "birth_date"), ["1978-07-01", "2012-09-20"]);
    assert_eq!(column(&infant, "head_of_pool"), ["true", "~"]);
    assert_eq!(column(&infant, "boarding_number"), ["168", "169"]);
}
