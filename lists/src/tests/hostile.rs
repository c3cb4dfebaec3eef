//! Lists made to hurt: what they cost is bounded, and what is wrong is said. Documents that
//! never end, entities in entities and records without bounds are with `xml`, archives with
//! `unzip`, spreadsheets with `ods`.

use std::fmt::Write as _;
use std::io::Write as _;

use super::*;

const COLUMNS: &str = "entity_id,name,birth_dates,nationalities,documents\n";

#[test]
fn one_gigantic_name_is_cut() {
    let name = "A ".repeat(3 << 20);
    for text in [format!("{COLUMNS}1,{name}\n2,B\n"), format!("\"id\",\"schema\",\"name\"\n1,Person,{name}\n2,Person,B\n")] {
        let list = read_one(text.as_bytes());
        assert_eq!(list.entities.iter().map(|e| e.names[0].text.len()).collect::<Vec<_>>(), [1_023, 1]);
        assert_eq!(codes(&list), [(2, "long-name")]);
    }
}

#[test]
fn an_entity_has_so_many_of_each() {
    let mut text = COLUMNS.to_owned();
    for n in 0..10_000 {
        writeln!(text, "1,NAME {n},{},NOWHERE{n},P:{n}", 1_000 + n % 9_000).unwrap();
    }
    let list = read_one(text.as_bytes());
    let e = &list.entities[0];
    assert_eq!((list.report.rows, list.report.used, list.entities.len()), (10_000, 10_000, 1));
    assert_eq!([e.names.len(), e.birth_dates.len(), e.nationalities.len(), e.documents.len()], [2_000; 4]);
    assert_eq!((list.report.unusable_by_code["too-many"], list.report.unusable.len()), (4 * 8_000, 1_000));
}

#[test]
fn countries_without_end_in_one_cell() {
    let cell = "Chad, ".repeat(200_000);
    let list = read_one(format!("{COLUMNS}1,A,,\"{cell}Mali\"\n2,B,,\"{cell}Atlantis\"\n").as_bytes());
    assert_eq!(list.entities[0].nationalities.join(" "), "TCD MLI");
    assert_eq!(codes(&list), [(3, "unknown-country")]);
    let dates = "1 May 1972 or ".repeat(100_000);
    let list = read_one(format!("{COLUMNS}1,A,{dates}1973\n").as_bytes());
    assert_eq!((list.entities[0].birth_dates.len(), codes(&list)), (0, vec![(2, "bad-date")]));
}

#[test]
fn one_id_for_everyone() {
    let record = "<record><Country>Nowhere</Country><Entity>ACME</Entity></record>";
    let list = read_one(format!("<data-set><Schedule/>{}</data-set>", record.repeat(50_000)).as_bytes());
    assert_eq!((list.entities.len(), list.entities[49_999].id.as_str()), (50_000, "Nowhere#50000"));
}

#[test]
fn rows_that_say_nothing() {
    let blank = "\n".repeat(1_000_000);
    let list = read_one(format!("{COLUMNS}1,A\n{blank}2,B\n,C\n").as_bytes());
    assert_eq!((list.report.rows, list.entities.len(), codes(&list)), (3, 2, vec![(1_000_004, "no-id")]));
    let list = read_one(format!("{COLUMNS}1,A\n{}", ",,,,\n".repeat(300_000)).as_bytes());
    assert_eq!((list.report.left_out, list.report.unusable.len()), (300_000, 1_000), "all are counted, few are kept");
    let list = read_one(
        format!(
            "<CONSOLIDATED_LIST>{}<ENTITY><DATAID>1</DATAID><FIRST_NAME>A</FIRST_NAME></ENTITY>",
            "<ENTITY/>\n".repeat(300_000)
        )
        .as_bytes(),
    );
    assert_eq!((list.report.rows, list.report.left_out, list.entities.len()), (300_001, 300_000, 1));
}

#[test]
fn objects_without_end_or_too_deep() {
    let thing =
        |id: &str| format!("{{\"id\":\"{id}\",\"schema\":\"Person\",\"properties\":{{\"name\":[\"A\"]}},\"target\":true}}\n");
    let long = thing(&"x".repeat(2 << 20));
    let deep = format!("{{\"id\":{}\n", "{\"a\":[".repeat(50_000));
    let open = "{ \"id\": {\n".repeat(400_000);
    let list = read_one(format!("{}{long}{}{deep}{}{open}", thing("1"), thing("2"), thing("3")).as_bytes());
    assert_eq!(list.entities.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
    let found = codes(&list);
    assert_eq!(found[..2], [(2, "long-object"), (4, "bad-json")]);
    assert!(found[2..].iter().all(|(_, code)| ["long-object", "bad-json"].contains(code)), "{found:?}");
}

#[test]
fn a_bomb_is_refused_with_its_name() {
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
    gzip.write_all(xml_head()).unwrap();
    gzip.write_all(&vec![b' '; 64 << 20]).unwrap();
    let folder = folder(&[("bomb", &gzip.finish().unwrap())]);
    let error = read(&folder.path().join("bomb")).unwrap_err().to_string();
    assert!(
        error.ends_with("bomb: cannot be read: unpacks to far more than a list does; unpack it by hand if it is one"),
        "{error}"
    );
}

fn xml_head() -> &'static [u8] {
    b"<CONSOLIDATED_LIST><ENTITY><DATAID>1</DATAID><FIRST_NAME>A</FIRST_NAME></ENTITY>"
}
