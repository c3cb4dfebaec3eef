//! The shared samples: every person of a list is a row or a dead letter, and what their authors
//! assert of them holds. Skipped where `TAMIS_SHARED` names no folder.

use std::path::{Path, PathBuf};

use super::super::{Format, detect};
use super::{all_facts, cell, column, decode, findings, int};

pub(super) fn samples(folder: &str) -> Option<PathBuf> {
    let Some(shared) = std::env::var_os("TAMIS_SHARED") else {
        eprintln!("skipped: TAMIS_SHARED is not set");
        return None;
    };
    Some(Path::new(&shared).join("samples").join(folder))
}

pub(super) fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let Some(root) = samples(folder) else { return Vec::new() };
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else {
            found.push((path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// How often a text stands in another.
fn count(text: &[u8], needle: &str) -> usize {
    memchr::memmem::find_iter(text, needle).count()
}

/// Persons that a list names, counted without the decoder: tags with any separator, line breaks out.
fn persons_in(bytes: &[u8]) -> usize {
    let text: Vec<u8> = bytes.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let follows = |rest: &[u8]| {
        rest.first().is_some_and(u8::is_ascii_punctuation)
            && [&b"FL"[..], b"FM", b"VW", b"DDT", b"DDU"].iter().any(|q| rest[1..].starts_with(q))
    };
    let nad = memchr::memmem::find_iter(&text, "NAD").filter(|at| follows(&text[at + 3..])).count();
    nad + memchr::memmem::find_iter(&text, "PDT").filter(|at| text.get(at + 3).is_some_and(u8::is_ascii_punctuation)).count()
}

#[test]
fn every_person_is_a_row_or_a_dead_letter() {
    let (mut persons, mut rows, mut lists) = (0, 0, 0);
    for folder in ["gtas", "gtas_java_embedded", "paxlst"] {
        for (name, bytes) in files(folder) {
            if !detect(&bytes).is_list() {
                continue;
            }
            let named = persons_in(&bytes);
            let decoded = decode(&bytes);
            let dead = decoded.dead_letters.num_rows();
            assert_eq!(decoded.travellers.num_rows() + dead, named, "{name}");
            println!("{name}: {named} persons, {} rows, {dead} dead letters", decoded.travellers.num_rows());
            persons += named;
            rows += decoded.travellers.num_rows();
            lists += 1;
        }
    }
    println!("{lists} lists, {persons} persons, {rows} rows");
    if lists > 0 {
        assert!(lists >= 14 && persons >= 312);
    }
}

#[test]
fn other_formats_are_named() {
    for (folder, format) in [
        ("x12_309", Format::X12Manifest),
        ("x12_310", Format::X12Bill),
        ("cargo_xml", Format::CargoXml),
        ("cargo_imp", Format::CargoImp),
    ] {
        for (name, bytes) in files(folder) {
            let is_message = Path::new(&name).extension().is_some_and(|e| e == "edi" || e == "xml")
                || (folder == "cargo_imp" && name != "SOURCES.txt");
            if is_message {
                assert_eq!(detect(&bytes), format, "{folder}/{name}");
                let decoded = decode(&bytes);
                assert_eq!(decoded.travellers.num_rows(), 0, "{name}");
                assert!(column(&decoded.dead_letters, "code").iter().all(|c| c == "format_to_come"), "{name}");
            }
        }
    }
    for (name, bytes) in files("gtas").into_iter().chain(files("ens_hmrc")) {
        if name.starts_with("SOURCES") {
            assert_eq!(column(&decode(&bytes).dead_letters, "code"), ["unknown_format"], "{name}");
        }
        if name.starts_with("315") || name.starts_with("CC315") {
            assert_eq!(detect(&bytes), Format::EnsXml, "{name}");
        }
    }
    for (name, bytes) in files("cuscar") {
        if name.starts_with("CUS") {
            assert!(matches!(detect(&bytes), Format::Cuscar | Format::Cusrep), "{name}");
        }
    }
}

/// The assertions beside the embedded messages. That of `testMultiMessagePart1` belongs to the test
/// after it in its source (one flight and twenty persons stand in the message), so it is not held.
#[test]
fn asserted_bags_flights_and_persons() {
    let all = files("gtas_java_embedded");
    let mut facts = 0;
    for (name, expected) in &all {
        let Some(stem) = name.strip_suffix(".expect.txt") else { continue };
        let Some((_, bytes)) = all.iter().find(|(n, _)| *n == format!("{stem}.edi")) else { panic!("no message for {name}") };
        let batch = decode(bytes).travellers;
        if stem.ends_with("testMultiMessagePart1") {
            assert_eq!(batch.num_rows(), 20);
            continue;
        }
        for line in String::from_utf8_lossy(expected).lines() {
            let Some((value, subject)) = line.strip_prefix("assertEquals(").and_then(|l| l.split_once(", ")) else { continue };
            let value = value.trim_matches('"').parse::<i32>().ok();
            if subject.starts_with("pvo.getBagNum") {
                assert_eq!(int(&batch, "bag_count", 0), value, "{name}: {line}");
            } else if subject.starts_with("pvo.getTotalBagWeight") {
                assert_eq!(int(&batch, "bag_weight_kg", 0), value, "{name}: {line}");
            } else if subject.starts_with("flights.size") {
                let legs = arrow::array::AsArray::as_list::<i32>(batch.column_by_name("legs").unwrap());
                assert_eq!(Some(legs.value(0).len() as i32), value, "{name}: {line}");
            } else if subject.starts_with("vo.getPassengers") {
                assert_eq!(Some(batch.num_rows() as i32), value, "{name}: {line}");
            } else {
                println!("not held, {name}: {line}");
                continue;
            }
            facts += 1;
        }
    }
    println!("{facts} facts hold");
    assert!(all.is_empty() || facts >= 12);
}

#[test]
fn cleaned_and_dirty_telegrams_give_the_same_rows() {
    let all = files("paxlst/ediclean");
    let mut pairs = 0;
    for (name, bytes) in &all {
        let Some(letter) = name.strip_prefix("original_") else { continue };
        let (_, reference) = all.iter().find(|(n, _)| *n == format!("reference_{letter}")).unwrap();
        let (dirty, clean) = (decode(bytes), decode(reference));
        assert!(clean.travellers.num_rows() > 0);
        assert_eq!(all_facts(&dirty.travellers), all_facts(&clean.travellers), "{name}");
        pairs += 1;
    }
    assert!(all.is_empty() || pairs > 0);
}

#[test]
fn facts_of_known_files() {
    let all = files("gtas");
    let file = |suffix: &str| all.iter().find(|(n, _)| n.ends_with(suffix)).map(|(_, b)| decode(b).travellers);
    let (Some(crew), Some(many), Some(legs), Some(flight1)) =
        (file("Test1.txt"), file("Test3.txt"), file("multiple_flight_leg_apis.txt"), file("flight1.txt"))
    else {
        return;
    };
    assert_eq!(crew.num_rows(), 8);
    assert!(column(&crew, "role").iter().all(|r| r == "crew"));
    // One number on all of them: it names nobody.
    assert!(column(&crew, "document_shared").iter().all(|n| n == "7"));
    assert!(column(&crew, "person_key").iter().all(|k| k.starts_with("N:")));
    assert!(column(&crew, "document_expiry").iter().all(|d| d == "2061-02-18"));
    assert_eq!(cell(&crew, "flight_key", 0), "UA-0989-FRA-IAD-2017-01-27");

    assert_eq!(many.num_rows(), count(&all.iter().find(|(n, _)| n.ends_with("Test3.txt")).unwrap().1, "NAD+FL"));
    assert!(findings(&many, 0).contains(&"cnt_count_differs".to_owned()));
    assert!(column(&many, "birth_date").iter().all(|d| d.starts_with("197")));

    assert_eq!(cell(&legs, "flight_key", 0), "QQ-0827-JFK-CDG-2008-08-10");
    let list = arrow::array::AsArray::as_list::<i32>(legs.column_by_name("legs").unwrap());
    assert_eq!(list.value(0).len(), 3);

    assert_eq!(column(&flight1, "bag_count"), ["1", "1", "4", "1", "1", "2", "1", "1", "2", "2"]);
    assert_eq!(cell(&flight1, "seat", 0), "56F");
    assert_eq!(cell(&flight1, "bag_tags", 5).matches(',').count(), 1);
}
