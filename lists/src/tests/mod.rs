#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use tamis_watchlist::{EntityKind, NameKind, Sex};

use super::*;

mod damage;
mod hostile;
mod published_tables;
mod published_xml;
mod real;

const SDN: &str = "\
7,\"DOE, John\",\"individual\",\"AAA] [BBB\",\"Clerk\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 09 Oct 1966; nationality Chad; Passport A1 (Chad); a.k.a. 'JAY'.\"\r
8,\"ACME, S.A.\",-0- ,\"CCC\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r
9,\"SEA BIRD\",\"vessel\",\"DDD\",-0- ,\"XYZ1\",\"Tanker\",-0- ,-0- ,\"Panama\",-0- ,\"Vessel Registration Identification IMO 1234567.\"\r
7,\"SECOND\",-0- ,\"CCC\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r
\x1a";
const ALT: &str = "7,1,\"aka\",\"ROE, John\",-0- \r\n7,2,\"fka\",\"POE, John\",-0- \r\n8,3,\"nka\",\"ACME NEW\",\"weak\"\r\n99,4,\"aka\",\"NOBODY\",-0- \r\n\x1a";
const ADD: &str =
    "7,1,\"1 Road\",\"Town\",\"Chad\",-0- \r\n8,2,-0- ,-0- ,\"Panama\",-0- \r\n99,3,-0- ,-0- ,\"Panama\",-0- \r\n\x1a";

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// A list of one file under a name that says nothing.
fn read_one(bytes: &[u8]) -> ListRead {
    let list = read(&folder(&[("f", bytes)]).path().join("f")).unwrap();
    conserved(&list);
    list
}

/// What every list holds to: each row is counted once, and every entity has a name, the primary one first.
#[track_caller]
fn conserved(list: &ListRead) {
    let report = &list.report;
    assert_eq!(report.rows, report.used + report.left_out + report.passed_over, "{:?}", report.unusable_by_code);
    assert_eq!(report.rows, report.files.iter().map(|file| file.rows).sum::<usize>());
    assert!(report.left_out == 0 || report.unusable_count() > 0, "a row is left out in silence");
    assert_eq!((report.entities, report.unusable.len()), (list.entities.len(), report.unusable_count().min(1_000)));
    for entity in &list.entities {
        assert!(entity.names.first().is_some_and(|n| n.kind == NameKind::Primary && !n.text.is_empty()));
    }
}

/// All that is known of an entity in one line.
fn line(e: &Entity) -> String {
    let names: Vec<_> = e.names.iter().map(|n| format!("{}={}", n.kind.as_str(), n.text)).collect();
    let documents: Vec<_> =
        e.documents.iter().map(|d| format!("{}:{}:{}", d.kind, d.number, d.issuer.as_deref().unwrap_or("-"))).collect();
    let sex = e.sex.map_or("-", Sex::as_str);
    let parts =
        [names.join("; "), format!("{:?}", e.birth_dates), e.nationalities.join(" "), sex.to_owned(), documents.join(" ")];
    let rest = [e.birth_places.join("; "), e.programmes.join("; ")];
    format!("{} {} {} | {} | {}", e.list, e.id, e.kind.as_str(), parts.join(" | "), rest.join(" | "))
}

#[track_caller]
fn expect(read: &ListRead, format: Format, lines: &[&str]) {
    assert_eq!(read.format, format);
    assert_eq!(read.entities.iter().map(line).collect::<Vec<_>>(), lines);
}

fn read_tamis(text: &str) -> Result<ListRead, ListError> {
    let folder = folder(&[("mine.csv", text.as_bytes())]);
    read(&folder.path().join("mine.csv")).inspect(conserved)
}

fn error(text: &str) -> String {
    let error = read_tamis(text).unwrap_err().to_string();
    error.split_once("mine.csv").unwrap().1.to_owned()
}

fn codes(read: &ListRead) -> Vec<(u64, &'static str)> {
    read.report.unusable.iter().map(|u| (u.line, u.code)).collect()
}

#[test]
fn an_ofac_edition_under_any_names() {
    let files: [(&str, &[u8]); 4] =
        [("x1.txt", ADD.as_bytes()), ("x2.txt", SDN.as_bytes()), ("x3.txt", ALT.as_bytes()), ("readme", b"hello, you")];
    let folder = folder(&files);
    let list = read(folder.path()).unwrap();
    conserved(&list);
    assert_eq!((list.format, list.list.as_str(), list.digest.len()), (Format::OfacSdn, "ofac_sdn", 64));
    let [doe, acme, bird, second] = list.entities.as_slice() else { panic!("four entities") };
    assert_eq!((doe.id.as_str(), doe.kind, doe.programmes.join(" ")), ("7", EntityKind::Person, "AAA BBB".to_owned()));
    let names: Vec<_> = doe.names.iter().map(|n| (n.text.as_str(), n.kind)).collect();
    let expected = [
        ("DOE, John", NameKind::Primary),
        ("JAY", NameKind::WeakAlias),
        ("ROE, John", NameKind::Alias),
        ("POE, John", NameKind::Former),
    ];
    assert_eq!(names, expected);
    assert_eq!((acme.names[1].kind, acme.nationalities.join(" ")), (NameKind::WeakAlias, "PAN".to_owned()));
    assert_eq!((bird.kind, bird.nationalities.join(" ")), (EntityKind::Vessel, "PAN".to_owned()));
    assert_eq!(bird.documents.iter().map(|d| d.number.as_str()).collect::<Vec<_>>(), ["XYZ1", "1234567"]);
    assert_eq!((second.id.as_str(), second.names[0].text.as_str()), ("7#2", "SECOND"));
    assert_eq!(codes(&list), [(4, "duplicate-number"), (4, "orphan-alias"), (3, "orphan-address")]);
    assert_eq!((list.report.rows, list.report.names, list.report.addresses), (11, 8, 2));
    assert_eq!(list.report.skipped, [(folder.path().join("readme"), "file of no known form".to_owned())]);

    // The same from any file of it, and the same digest.
    for name in ["x1.txt", "x2.txt", "x3.txt"] {
        let again = read(&folder.path().join(name)).unwrap();
        assert_eq!((&again.entities, &again.digest), (&list.entities, &list.digest), "{name}");
    }
}

#[test]
fn ofac_with_headers_broken_rows_and_other_encodings() {
    let sdn =
        b"\xef\xbb\xbfEnt_num,SDN_Name,SDN_Type,Program,Title,Call_Sign,Vess_type,Tonnage,GRT,Vess_flag,Vess_owner,Remarks\n\
        1,\"P\xc9REZ, Jos\xe9\",individual,A,-0-,-0-,-0-,-0-,-0-,-0-,-0-,DOB 1944\n\
        2,DOE, Jane,individual,A,-0-,-0-,-0-,-0-,-0-,-0-,-0-,DOB 1945; POB Lima, Peru\n\
        3,\"OPEN, Quote,individual,A,-0-,-0-,-0-,-0-,-0-,-0-,-0-,-0-\n\
        4,SHORT\n\
        5,\n\
        6,\"LAST, One\",individual,A,-0-,-0-,-0-,-0-,-0-,-0-,-0-,DOB never\n";
    let list = read(folder(&[("sdn.csv", sdn)]).path()).unwrap();
    conserved(&list);
    let names: Vec<_> = list.entities.iter().map(|e| e.names[0].text.as_str()).collect();
    assert_eq!(names[..2], ["PÉREZ, José", "DOE, Jane"]);
    assert!(names[2].starts_with("OPEN, Quote"));
    assert_eq!(names[3..], ["SHORT", "LAST, One"]);
    assert_eq!(list.entities[1].birth_places, ["Lima, Peru"]);
    assert_eq!(format!("{:?}", list.entities[1].birth_dates), "[1945]");
    let expected = [(3, "row-long"), (4, "row-quote"), (5, "row-short"), (6, "row-short"), (6, "no-name"), (7, "remark-date")];
    assert_eq!(codes(&list), expected);
    assert_eq!(list.report.notes.len(), 2, "aliases and addresses are missing");
}

#[test]
fn ofac_with_a_header_of_somebody_else() {
    let rows = "ID,Name,Type,Country,Title,F,G,H,I,J,K,Details\n\
        36,\"ACME, S.A.\",-0- ,AAA,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n\
        37,\"DOE, Jane\",individual,AAA,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,DOB 1944\n"
        .to_owned();
    let more: Vec<_> = (40..60).map(|id| format!("{id},X Y,-0- ,AAA,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ")).collect();
    let rows = rows + &more.join("\n");
    let list = read_one(rows.as_bytes());
    assert_eq!((list.format, list.entities.len(), list.report.notes.len()), (Format::OfacSdn, 22, 3));
    assert_eq!(line(&list.entities[1]), "ofac_sdn 37 person | primary=DOE, Jane | [1944] |  | - |  |  | AAA");
}

#[test]
fn long_remarks_go_on_in_the_comments() {
    let start = format!("{:<997}; P", "Linked To: SOMEBODY");
    assert_eq!(start.len(), 1_000);
    let sdn = format!("1,\"DOE, Jane\",individual,A,-0-,-0-,-0-,-0-,-0-,-0-,-0-,\"{start}\"\n");
    let comments = "1,\"assport A1 (Chad); DOB 1944.\"\n2,\"DOB 1945.\"\n";
    let files: [(&str, &[u8]); 2] = [("sdn.csv", sdn.as_bytes()), ("sdn_comments.csv", comments.as_bytes())];
    let list = read(folder(&files).path()).unwrap();
    conserved(&list);
    assert_eq!(list.entities[0].documents[0].number, "A1");
    assert_eq!(list.entities[0].birth_dates.len(), 1);
    assert_eq!(list.report.unusable_by_code.into_iter().collect::<Vec<_>>(), [("orphan-remarks", 1)]);
    let list = read(folder(&files[..1]).path()).unwrap();
    conserved(&list);
    assert_eq!(codes(&list), [(1, "remark-cut")]);
}

#[test]
fn tamis_rows_of_one_entity_add_up() {
    let list = read_tamis(
        "list,name,entity_id,name_kind,entity_kind,birth_dates,nationalities,sex,documents\n\
         l,\"ROE, Jane\",1,alias,person,1972;~1960,td;(1) Chad. (2) Korea North,F,P:A1:Chad;B2;I:9\n\
         l,\"POE, Ann\",2,,person,,,,\n\
         m,\"DOE, Jane\",1,,,,,,\n\
         l,\"DOE, Jane\",1,primary,person,1972-05-31;1972,TCD,,P:A1:TCD\n\
         l,\"DOE, Jane\",1,weak_alias\n",
    )
    .unwrap();
    assert_eq!((list.format, list.list.as_str()), (Format::TamisCsv, "l+m"));
    assert_eq!(
        list.entities.iter().map(|e| (e.list.as_str(), e.id.as_str())).collect::<Vec<_>>(),
        [("l", "1"), ("l", "2"), ("m", "1")]
    );
    let jane = &list.entities[0];
    let names: Vec<_> = jane.names.iter().map(|n| (n.text.as_str(), n.kind)).collect();
    assert_eq!(names, [("DOE, Jane", NameKind::Primary), ("ROE, Jane", NameKind::Alias)]);
    assert_eq!(format!("{:?}", jane.birth_dates), "[1972, ~1960, 1972-05-31]");
    assert_eq!((jane.nationalities.join(" "), jane.sex), ("TCD PRK".to_owned(), Some(Sex::Female)));
    let documents: Vec<_> = jane.documents.iter().map(|d| (d.kind, d.number.as_str(), d.issuer.as_deref())).collect();
    assert_eq!(documents, [('P', "A1", Some("TCD")), ('P', "B2", None), ('I', "9", None)]);
    assert_eq!(list.entities[1].names[0].kind, NameKind::Primary);
    assert_eq!((codes(&list), list.report.repeated_names), (vec![], 1));
}

#[test]
fn tamis_bad_cells_cost_themselves_only() {
    let list = read_tamis(
        "entity_id,name,birth_dates,nationalities,sex,documents,entity_kind,name_kind\n\
         1,A B,long ago;1972,Atlantis,?,Q:1:CAN;P::CAN;P:2:Atlantis,ghost,nick\n\
         ,C D,,,,,,\n\
         2,,,,,,,\n\
         3,E, F,,,,,,\n\
         1,G H,,,M,,vessel,\n\
         1,I J,,,F,,person,\n\
         4,\"K L,,,,,,\n\
         5,M N,,,,,,\n",
    )
    .unwrap();
    let expected = [
        (2, "bad-name-kind"),
        (2, "bad-kind"),
        (2, "bad-date"),
        (2, "unknown-country"),
        (2, "bad-sex"),
        (2, "bad-document"),
        (2, "bad-document"),
        (2, "unknown-issuer"),
        (3, "no-id"),
        (4, "no-name"),
        (5, "row-long"),
        (7, "other-kind"),
        (7, "other-sex"),
        (8, "row-quote"),
    ];
    assert_eq!(codes(&list), expected);
    assert_eq!(list.entities.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["1", "5"]);
    assert_eq!((list.entities[0].nationalities.join(" "), list.list.as_str()), ("ATLANTIS".to_owned(), "mine"));
}

#[test]
fn headers_at_fault_are_named() {
    assert_eq!(
        error("entity_id,name,brith_dates\n1,A,1972\n"),
        ":1: unknown column \"brith_dates\"; the nearest is \"birth_dates\""
    );
    assert_eq!(error("entity_id,nmae\n1,A\n"), ":1: unknown column \"nmae\"; the nearest is \"name\"");
    assert!(error("entity_id,name,zzz\n1,A,1\n").starts_with(":1: unknown column \"zzz\"; known are entity_id"));
    assert_eq!(error("name,list\nA,l\n"), ":1: column \"entity_id\" is missing; entity_id and name are required");
    assert_eq!(error("entity_id,name,name\n1,A,B\n"), ":1: column \"name\" is there twice; remove one");
    assert_eq!(error("entity_id;name;list\n1;A;l\n"), ":1: cells are separated by ';'; separate them by commas");
    assert_eq!(error("entity_id,name\n"), ": the list holds no entity");
    assert_eq!(error(" \n"), ": the list holds no entity");
}

#[test]
fn what_is_no_list_is_said() {
    for (bytes, says) in [
        (&b"<?xml version=\"1.0\"?><CONSOLIDATED_LIST>"[..], "the list holds no entity"),
        (b"<sdnList>", "the list holds no entity"),
        (b"\"id\",\"schema\",\"name\",\"aliases\",\"dataset\"\n", "the list holds no entity"),
        (
            b"<html><body/></html>",
            "is no watchlist but a file of no known form; known are OFAC (CSV, XML, advanced XML), UN, EU, UK",
        ),
        (b"id,name,birth_date,nationality\n", "is no watchlist but a file of names to match"),
        (b"UNA:+.? 'UNB+UNOA:4", "is no watchlist but an EDIFACT message file"),
        (b"PK\x03\x04....", "is no watchlist but a compressed file with several files in it"),
        (b"\x7fELF\0\0\0", "is no watchlist but a file of no known form"),
        (b"\xff\xfee\0n\0", "is UTF-16 text; save it as UTF-8"),
        (b"7,1,aka,A B,-0-\n", "holds OFAC aliases (alt.csv), but no list lies beside it"),
    ] {
        let folder = folder(&[("f", bytes)]);
        let error = read(&folder.path().join("f")).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let empty = folder(&[("readme", b"hello")]);
    assert!(read(empty.path()).unwrap_err().to_string().contains("no watchlist in this directory"));
    assert!(matches!(read(&empty.path().join("gone")), Err(ListError::Io { .. })));
    let two = folder(&[("a", SDN.as_bytes()), ("b", SDN.as_bytes())]);
    assert!(read(two.path()).unwrap_err().to_string().contains("are both an OFAC list"));
    assert!(read(&two.path().join("a")).is_ok(), "a file that is given wins over another beside it");
}

#[test]
fn the_same_list_twice_is_refused() {
    let (a, b) = (folder(&[("sdn.csv", SDN.as_bytes())]), folder(&[("sdn.csv", SDN.as_bytes()), ("alt.csv", ALT.as_bytes())]));
    let error = read_all(&[a.path(), b.path()]).unwrap_err().to_string();
    assert!(error.starts_with("list \"ofac_sdn\" is given twice: 4 of its entities are in "), "{error}");
    let c = folder(&[("c.csv", b"entity_id,name,list\n1,A B,ofac_sdn\n"), ("d.csv", b"entity_id,name\n1,A B\n")]);
    let lists = read_all(&[a.path(), c.path()]).unwrap();
    assert_eq!((lists.entities.len(), lists.reads.len(), lists.reads[1].list.as_str()), (6, 2, "d+ofac_sdn"));
}
