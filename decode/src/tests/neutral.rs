//! Tables of a centre's own feed, with and without mapping.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::ipc::writer::StreamWriter;

use super::super::{Decoded, Decoder, Neutral, Origin, last_row, table_header};
use super::{RECEIVED, cell, column, findings, position};

const FERRY: &str = include_str!("../../../docs/mappings/ferry_passengers.toml");
const KOREA: &str = include_str!("../../../docs/mappings/korea_declarations.toml");

const LIST: &str = concat!(
    "Name;Born;Gender;Passport;Issued by;Sailing;Departs;Cabin;Luggage kg;Tags;Phone\r\n",
    "\"TESTERMANN, LARA\";03.02.1981;woman;ZZ100200;Canada;QQ 12;01.05.2024 18:30;14C;20;A1/A2;+1 555 0100\r\n",
    "PROBEMANN;1979-04-05;man;;DE;QQ 12;01.05.2024 18:30;;heavy;;\r\n",
    ";;;;;QQ 12;01.05.2024 18:30;;;;\r\n",
    "one;two\r\n",
    "LAST, ONE;31.31.1990;?;ZZ9;XYZ;QQ 12;1st of May;;;;",
);

fn mappings() -> Arc<Neutral> {
    let mut neutral = Neutral::default();
    neutral.add("ferry_passengers.toml", FERRY).unwrap();
    neutral.add("korea_declarations.toml", KOREA).unwrap();
    Arc::new(neutral)
}

fn origin(position: i64) -> Origin<'static> {
    Origin { source: "test", partition: "a.csv", position, received_at: RECEIVED }
}

fn decode(bytes: &[u8]) -> Decoded {
    let mut decoder = Decoder::with_mappings(mappings());
    decoder.decode(&origin(0), bytes);
    let decoded = decoder.finish().unwrap();
    let c = decoded.counts;
    assert_eq!(c.bytes, c.decoded_bytes + c.dirt_bytes + c.dead_bytes + c.blank_bytes);
    decoded
}

#[test]
fn a_list_of_travellers() {
    let decoded = decode(LIST.as_bytes());
    let batch = &decoded.travellers;
    assert_eq!(batch.num_rows(), 3);
    for (name, want) in [
        ("surname", "TESTERMANN"),
        ("given_names", "LARA"),
        ("name_raw", "TESTERMANN, LARA"),
        ("birth_date", "1981-02-03"),
        ("birth_date_precision", "day"),
        ("sex", "F"),
        ("nationality", "CAN"),
        ("document_number", "ZZ100200"),
        ("documents", "[{type: P, number: ZZ100200, issuer: CAN, expiry: ~}]"),
        ("person_key", "D:CAN/ZZ100200"),
        ("flight_key", "QQ-0012-DEKEL-NOOSL-2024-05-01"),
        ("deadline_local", "2024-05-01T18:00:00"),
        ("bag_tags", "[A1, A2]"),
        ("bag_weight_kg", "20"),
        ("contacts", "[{kind: TE, value: +1 555 0100}]"),
        ("message_format", "CSV"),
        ("role", "passenger"),
        ("action", "new"),
        ("findings", "~"),
    ] {
        assert_eq!(cell(batch, name, 0), want, "{name}");
    }
    assert_eq!(position(batch, 0), LIST.find("\"TESTERMANN").unwrap() as i64);
    assert_eq!(findings(batch, 1), ["name_unstructured", "measure_unreadable"]);
    assert_eq!(cell(batch, "person_key", 1), "N:PROBEMANN//1979-04-05");
    assert_eq!(findings(batch, 2), ["birth_date_unreadable", "flight_time_unreadable"]);
    assert_eq!(cell(batch, "nationality", 2), "XYZ");
    let dead = &decoded.dead_letters;
    assert_eq!(column(dead, "code"), ["row_without_identity", "row_unreadable"]);
    let raw = dead.column_by_name("raw").unwrap().as_binary_view();
    assert_eq!(raw.value(0), b";;;;;QQ 12;01.05.2024 18:30;;;;");
    assert_eq!(raw.value(1), b"one;two");
    assert_eq!(position(dead, 1), LIST.find("one;two").unwrap() as i64);
}

#[test]
fn pieces_of_a_table_give_the_same_rows() {
    let whole = decode(LIST.as_bytes());
    let header = table_header(LIST.as_bytes()).unwrap();
    assert_eq!(&LIST.as_bytes()[header..header + 5], b"\"TEST");
    let cut = last_row(LIST.as_bytes()).unwrap();
    assert!(LIST[cut..].starts_with("LAST"));
    let mut decoder = Decoder::with_mappings(mappings());
    decoder.decode(&origin(0), &LIST.as_bytes()[..cut]);
    decoder.decode_part(&origin(cut as i64), &LIST.as_bytes()[..header], &LIST.as_bytes()[cut..]);
    let parts = decoder.finish().unwrap();
    assert_eq!(parts.travellers, whole.travellers);
    assert_eq!(parts.dead_letters, whole.dead_letters);
}

#[test]
fn json_with_the_same_names() {
    let text = concat!(
        "{\"Name\":\"TESTERMANN, LARA\",\"Born\":\"1981-02-03\",\"Gender\":\"woman\",\"Passport\":100200,\"Issued by\":\"CA\",",
        "\"Sailing\":\"QQ 12\",\"Departs\":\"01.05.2024 18:30\",\"Tags\":[\"A1\",\"A2\"]}\n",
        "{\"Name\":\"cut off\n",
        "{\"Name\":\"PROBEMANN\",\"Born\":\"1979-04-05\"}\n",
    );
    let decoded = decode(text.as_bytes());
    let batch = &decoded.travellers;
    assert_eq!(column(batch, "surname"), ["TESTERMANN", "PROBEMANN"]);
    assert_eq!((cell(batch, "document_number", 0), cell(batch, "bag_tags", 0)), ("100200".into(), "[A1, A2]".into()));
    assert_eq!(column(&decoded.dead_letters, "code"), ["row_unreadable"]);
    let array = format!("[{}]", text.lines().filter(|l| l.ends_with('}')).collect::<Vec<_>>().join(",\n"));
    assert_eq!(column(&decode(array.as_bytes()).travellers, "surname"), ["TESTERMANN", "PROBEMANN"]);
}

#[test]
fn nested_columns_and_groups() {
    let mapping = r#"
kind = "consignment"
columns = ["bill", "goods", "shipper"]
[map]
bill_number = "bill"
mode = { value = "sea" }
departure_local = "etd"
seals = "seals"
[[list.parties]]
role = { value = "consignor" }
name = "shipper.name"
country = "shipper.country"
[[list.items]]
each = "goods"
description = "text"
gross_weight_kg = { column = "lb", factor = 0.5 }
"#;
    let mut neutral = Neutral::default();
    let error = neutral.add("nested.toml", mapping).unwrap_err();
    assert!(error.starts_with("nested.toml:7: there is no column in `columns` or `optional` `etd`"), "{error}");
    neutral.add("nested.toml", &mapping.replace("[map]", "optional = [\"etd\", \"seals\"]\n[map]")).unwrap();
    let mut decoder = Decoder::with_mappings(Arc::new(neutral));
    let text = concat!(
        "{\"bill\":\"B1\",\"etd\":\"2024-05-02T10:00\",\"seals\":[\"S1\"],\"shipper\":{\"name\":\"ACME\",\"country\":\"Canada\"},",
        "\"goods\":[{\"text\":\"TEA\",\"lb\":4},{\"text\":\"CUPS\",\"lb\":\"7\"}]}\n",
        "{\"bill\":\"B2\",\"shipper\":null,\"goods\":[]}\n",
    );
    decoder.decode(&origin(0), text.as_bytes());
    let decoded = decoder.finish().unwrap();
    let batch = &decoded.consignments;
    assert_eq!(column(batch, "bill_number"), ["B1", "B2"]);
    assert_eq!(column(batch, "deadline_local"), ["2024-05-01T10:00:00", "~"]);
    assert_eq!(column(batch, "seals"), ["[S1]", "~"]);
    let parties = cell(batch, "parties", 0);
    assert!(parties.contains("role: consignor") && parties.contains("name: ACME") && parties.contains("country: CAN"));
    let items = cell(batch, "items", 0);
    assert!(items.contains("description: TEA") && items.contains("gross_weight_kg: 3.5"), "{items}");
    assert_eq!((cell(batch, "parties", 1), cell(batch, "items", 1)), ("~".into(), "~".into()));
}

fn ipc(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn tables_of_our_own_are_read_again() {
    let text = "UNB+UNOA:4+A+B+240501:1200+1'UNH+1+PAXLST:D:05B:UN:IATA'BGM+745'TDT+20+QQ12'NAD+FL+++DOE:JANE'ATT+2++F'DTM+329:810203'DOC+P+ZZ1'UNT+8+2'UNZ+1+1'";
    let mut decoder = Decoder::new();
    decoder.decode(&origin(0), text.as_bytes());
    let first = decoder.finish().unwrap().travellers;
    assert_eq!(first.num_rows(), 1);
    decoder.decode_rows(&Origin { partition: "again", ..origin(0) }, &ipc(&first));
    let again = decoder.finish().unwrap();
    assert_eq!(again.travellers, first);
    // As separated values, with the columns that fit into a cell.
    decoder.decode(
        &origin(0),
        b"surname,given_names,birth_date,document_number,departure_local\nDOE,JANE,1981-02-03,ZZ1,2024-05-01T12:00:00\n",
    );
    let csv = decoder.finish().unwrap().travellers;
    assert_eq!(
        (cell(&csv, "birth_date", 0), cell(&csv, "departure_local", 0)),
        ("1981-02-03".into(), "2024-05-01T12:00:00".into())
    );
}

#[test]
fn tables_that_no_mapping_fits() {
    for text in ["id,what\n1,x\n2,y\n", "{\"id\":1}\n{\"id\":2}\n"] {
        let decoded = decode(text.as_bytes());
        assert_eq!(column(&decoded.dead_letters, "code"), ["needs_mapping"], "{text}");
        assert!(cell(&decoded.dead_letters, "message", 0).contains("--mapping"));
    }
    let near = LIST.replacen("Born", "Birth", 1);
    let decoded = decode(near.as_bytes());
    let message = cell(&decoded.dead_letters, "message", 0);
    assert!(message.contains("ferry_passengers.toml, asks for a column `Born`"), "{message}");
    let mut decoder = Decoder::new();
    decoder.decode_rows(&origin(0), b"no ipc");
    assert_eq!(column(&decoder.finish().unwrap().dead_letters, "code"), ["row_unreadable"]);
}

#[test]
fn a_table_in_a_letter_with_other_messages() {
    let edi = "UNB+UNOA:4+A+B+240501:1200+1'UNH+1+PAXLST:D:05B:UN:IATA'NAD+FL+++DOE:JANE'UNT+3+1'UNZ+1+1'";
    let text = format!("Dear all\r\n\r\n{LIST}\r\n{edi}\r\n{LIST}");
    let decoded = decode(text.as_bytes());
    assert_eq!(decoded.travellers.num_rows(), 7);
    assert_eq!(cell(&decoded.travellers, "surname", 3), "DOE");
    assert_eq!(decoded.dead_letters.num_rows(), 4);
}

#[test]
fn declarations_of_a_customs_service() {
    let Ok(shared) = std::env::var("TAMIS_SHARED") else {
        eprintln!("skipped: TAMIS_SHARED is not set");
        return;
    };
    let path = format!("{shared}/samples/customs_declarations_kr/df_syn_train_eng.csv.xz");
    let Ok(unpacked) = std::process::Command::new("xz").args(["-dc", &path]).output() else {
        eprintln!("skipped: there is no xz");
        return;
    };
    let text = unpacked.stdout;
    let started = std::time::Instant::now();
    let decoded = decode(&text);
    eprintln!("{} rows, {} MB in {:?}", decoded.consignments.num_rows(), text.len() / 1_000_000, started.elapsed());
    let lines = memchr::memchr_iter(b'\n', &text).count() - 1;
    assert_eq!((decoded.consignments.num_rows(), decoded.dead_letters.num_rows()), (lines, 0));
    let modes = column(&decoded.consignments, "mode");
    assert!(modes.iter().filter(|m| *m == "sea" || *m == "air").count() > lines / 2);
    assert!(column(&decoded.consignments, "findings").iter().all(|f| f == "~"));
    eprintln!("{}", cell(&decoded.consignments, "items", 0));
}

#[test]
fn a_table_without_mapping_beside_messages_is_no_dirt() {
    let edi = "UNB+UNOA:4+A+B+240501:1200+1'UNH+1+PAXLST:D:05B:UN:IATA'NAD+FL+++DOE:JANE'UNT+3+1'UNZ+1+1'";
    let decoded = decode(format!("{edi}\na;b;c\n1;2;3\n4;5;6\n{edi}\nDear all, thanks\n").as_bytes());
    assert_eq!(column(&decoded.dead_letters, "code"), ["needs_mapping"]);
    assert_eq!(decoded.travellers.num_rows(), 2);
    assert_eq!(decoded.counts.dirt_bytes, 17);
}
