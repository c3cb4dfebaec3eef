//! Nothing unaccounted for: whatever the input is, every byte belongs to a record, a dead letter,
//! counted dirt or blanks; damage in one message never costs an earlier or a later one.
#![allow(clippy::unwrap_used)]

use arrow::array::{Array, AsArray};
use proptest::prelude::*;
use tamis_decode::{DecodeCounts, Decoder, Origin, detect, last_boundary};

/// Hand-made messages, one of each kind. Those marked `true` begin with what no other format holds
/// by chance, so that they are found behind anything.
const MESSAGES: [(&str, bool, &[u8]); 25] = [
    ("paxlst", true, include_bytes!("messages/paxlst.edi")),
    ("us_paxlst", true, include_bytes!("messages/us_paxlst.edi")),
    ("cusres", true, include_bytes!("messages/cusres.edi")),
    ("pnrgov", true, include_bytes!("messages/pnrgov.edi")),
    ("cuscar", true, include_bytes!("messages/cuscar.edi")),
    ("cusrep", true, include_bytes!("messages/cusrep.edi")),
    ("invoic", true, include_bytes!("messages/invoic.edi")),
    ("309", true, include_bytes!("messages/309.x12")),
    ("310", true, include_bytes!("messages/310.x12")),
    ("358", true, include_bytes!("messages/358.x12")),
    ("997", true, include_bytes!("messages/997.x12")),
    ("fwb", true, include_bytes!("messages/fwb.imp")),
    ("fhl", true, include_bytes!("messages/fhl.imp")),
    ("ffm", true, include_bytes!("messages/ffm.imp")),
    ("fsu", true, include_bytes!("messages/fsu.imp")),
    ("app", true, include_bytes!("messages/app.txt")),
    ("ens", true, include_bytes!("messages/ens.xml")),
    ("wco", true, include_bytes!("messages/wco.xml")),
    ("pnrgov xml", true, include_bytes!("messages/pnrgov.xml")),
    ("xfwb", true, include_bytes!("messages/xfwb.xml")),
    ("xffm", true, include_bytes!("messages/xffm.xml")),
    ("soap", true, include_bytes!("messages/soap.xml")),
    ("invoice", true, include_bytes!("messages/invoice.xml")),
    ("csv", false, include_bytes!("messages/travellers.csv")),
    ("json", false, include_bytes!("messages/consignments.jsonl")),
];
const LETTER: &[u8] = include_bytes!("messages/letter.txt");

/// What an input gave: the keys of its records in order, and its dead letters.
#[derive(Debug, Clone, PartialEq, Default)]
struct Given {
    travellers: Vec<String>,
    consignments: Vec<String>,
    dead: Vec<(String, i64, Vec<u8>)>,
    counts: DecodeCounts,
}

fn decode(bytes: &[u8]) -> Given {
    decode_at(bytes, 1_700_000_000_000_000)
}

fn decode_at(bytes: &[u8], received_at: i64) -> Given {
    let mut decoder = Decoder::new();
    decoder.decode(&Origin { source: "test", partition: "mixed", position: 0, received_at }, bytes);
    let decoded = decoder.finish().unwrap();
    let c = decoded.counts;
    assert_eq!(c.bytes, c.decoded_bytes + c.dirt_bytes + c.dead_bytes + c.blank_bytes, "every byte is counted once");
    let texts = |batch: &arrow::array::RecordBatch, names: &[&str]| {
        let columns: Vec<_> = names.iter().map(|n| batch.column_by_name(n).unwrap().as_string_view().clone()).collect();
        let cell = |c: &arrow::array::StringViewArray, row| if c.is_null(row) { "" } else { c.value(row) }.to_owned();
        (0..batch.num_rows()).map(|row| columns.iter().map(|c| cell(c, row)).collect::<Vec<_>>().join("|")).collect::<Vec<_>>()
    };
    let dead = &decoded.dead_letters;
    let raw = dead.column_by_name("raw").unwrap().as_binary_view();
    let at = dead.column_by_name("position").unwrap().as_primitive::<arrow::datatypes::Int64Type>();
    let letters = texts(dead, &["code"]).into_iter().enumerate().map(|(i, code)| (code, at.value(i), raw.value(i).to_vec()));
    let given = Given {
        travellers: texts(&decoded.travellers, &["surname", "given_names", "document_number", "message_format"]),
        consignments: texts(&decoded.consignments, &["consignment_key", "bill_number", "level", "message_format"]),
        dead: letters.collect(),
        counts: c,
    };
    for (code, at, raw) in &given.dead {
        // Dead letters keep the bytes as they were.
        // Those of travellers have stars where sensitive parts stood.
        let starred = ["pnr_without_traveller", "person_without_identity"].contains(&code.as_str());
        let source = bytes.get(*at as usize..*at as usize + raw.len()).unwrap_or_default();
        assert_eq!(source.len(), raw.len(), "{code} at {at}");
        assert!(source.iter().zip(raw).all(|(a, b)| a == b || (starred && *b == b'*')), "{code} at {at}");
    }
    given
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.join(&b"\r\n"[..])
}

#[test]
fn every_message_gives_a_record_or_a_dead_letter() {
    for (name, _, bytes) in MESSAGES {
        let given = decode(bytes);
        let records = given.travellers.len() + given.consignments.len();
        let unknown = ["invoic", "997", "fsu", "invoice"].contains(&name);
        assert_eq!(records == 0, unknown, "{name}: {given:?}");
        // One of the reservations names nobody.
        assert_eq!(given.dead.is_empty(), !unknown && name != "pnrgov xml", "{name}: {:?}", given.dead);
        assert_eq!((given.counts.without_record, given.counts.dirt_bytes), (0, 0), "{name}");
        assert!(!matches!(detect(bytes).name(), "text" | "binary"), "{name}");
    }
}

/// Inputs that fuzzing found, each with what was wrong.
const FOUND: [&[u8]; 2] = [
    // The answer about a person has one field, where the country would be the second.
    b"CIRQ:77/UTQ/x/0503/200500/PRS/34/A\r\n",
    // A line between a second master and no house was left for the next message.
    b"FHL/4\nMBI/020-12345675LHRYYZ/T6K100\nHBS/H1/LHRYYZ/2/K40/24/SHIRTS\nMBI/020-12345675LHRYYZ/T6K100\nZZZ/LOST\n",
];

#[test]
fn what_fuzzing_found_is_repaired() {
    let origin = Origin { source: "test", partition: "found", position: 0, received_at: 0 };
    let mut decoder = Decoder::new();
    let keys = |decoder: &mut Decoder| decoder.finish().unwrap().consignments.column_by_name("bill_number").unwrap().to_data();
    for input in FOUND {
        decode(input);
        // Nothing is left behind for the next batch.
        decoder.decode(&origin, input);
        decoder.finish().unwrap();
        for (_, _, message) in MESSAGES {
            decoder.decode(&origin, message);
            let again = keys(&mut decoder);
            let mut fresh = Decoder::new();
            fresh.decode(&origin, message);
            assert_eq!(again, keys(&mut fresh));
        }
    }
}

#[test]
fn every_pair_of_messages() {
    for (a, _, first) in MESSAGES {
        for (b, sure, second) in MESSAGES {
            // What follows a table is a row of it, and a telegram has no end that would tell its
            // last line from a line of a table.
            let open = ["fwb", "fhl", "ffm", "fsu", "app", "csv"].contains(&a);
            if open && !sure {
                continue;
            }
            let (x, y) = (decode(first), decode(second));
            let both = decode(&joined(&[first, second]));
            assert_eq!(both.travellers, [x.travellers, y.travellers].concat(), "{a} then {b}");
            assert_eq!(both.consignments, [x.consignments, y.consignments].concat(), "{a} then {b}");
            assert_eq!(both.dead.len(), x.dead.len() + y.dead.len(), "{a} then {b}: {:?}", both.dead);
        }
    }
}

/// Rows that were decoded are read again as they are, and are the seed of a fuzz target.
#[test]
fn rows_that_were_written_are_read_again() {
    let origin = Origin { source: "test", partition: "rows", position: 0, received_at: 0 };
    let mut decoder = Decoder::new();
    for (name, _, bytes) in MESSAGES {
        decoder.decode(&origin, bytes);
        let decoded = decoder.finish().unwrap();
        for batch in [decoded.travellers, decoded.consignments] {
            if batch.num_rows() == 0 {
                continue;
            }
            let mut writer = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
            writer.write(&batch).unwrap();
            let ipc = writer.into_inner().unwrap();
            decoder.decode_rows(&Origin { partition: "again", ..origin }, &ipc);
            let again = decoder.finish().unwrap();
            assert_eq!(again.dead_letters.num_rows(), 0, "{name}");
            assert!(again.travellers == batch || again.consignments == batch, "{name}");
            if let (Ok(folder), true) = (std::env::var("TAMIS_SEEDS"), ["paxlst", "cuscar"].contains(&name)) {
                std::fs::write(format!("{folder}/{name}.arrow"), &ipc).unwrap();
            }
        }
    }
}

/// Found by fuzzing: a finding of a house that never came made the columns unequal. What stands in
/// front of that house is kept on a row of the master.
#[test]
fn findings_of_a_record_that_never_came() {
    let text = "FHL/4\r\nMBI/020-12345675FRAYYZ/T6K120.0\r\nHBS/H100/FRAYYZ/4/K80.0/4/WILD CHERRY BAR\r\nHTS/180690\r\n\
                SHP/SWEETS GMBH\rFLT/QQ873/14\r\nRTG/YQQYZ\r\nSHPFSU/13\r\n020-12345675FRAYYZ/TF6KC02\nHL/4\r\nMBI/020R\n\
                /1 SUGAR LANE\r\n/FRANKFURT\r\n/DE/60549\r\nCNE/CANDY INC\r\n/2 MAPLE ST\r\n/TORONTO/ON\r\n/CA/M5V1A1\r\n";
    assert_eq!(decode(text.as_bytes()).consignments.len(), 2);
}

fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Real messages, cut and changed at many places between two others.
#[test]
fn damage_in_real_messages() {
    let Ok(shared) = std::env::var("TAMIS_SHARED") else {
        eprintln!("skipped: TAMIS_SHARED is not set");
        return;
    };
    let mut paths = Vec::new();
    files(&std::path::Path::new(&shared).join("samples"), &mut paths);
    let (mut seen, mut tried) = (0, 0);
    for path in paths {
        let name = path.display().to_string();
        let bytes = std::fs::read(&path).unwrap();
        // Tables of references and notes on the samples are no messages.
        let other = ["refdata", "SOURCES", "LICENSE", ".md", ".tsv", ".xz", "expect"].iter().any(|part| name.contains(part));
        if other || bytes.len() > 100_000 {
            continue;
        }
        seen += 1;
        for (a, c) in [(0, 16), (7, 0), (19, 7)] {
            let (first, last) = (MESSAGES[a].2, MESSAGES[c].2);
            let (before, behind) = (decode(first), decode(last));
            let step = (bytes.len() / 40).max(1);
            for at in (0..bytes.len()).step_by(step) {
                let mut changed = bytes.clone();
                changed[at] = b"\0'<~A9\n\xFF"[at % 8];
                for hurt in [&bytes[..at], &changed] {
                    let given = decode(&joined(&[first, hurt, last]));
                    survive(&given, &before, &behind).unwrap_or_else(|e| panic!("{name} at {at}: {e}"));
                    tried += 1;
                }
            }
        }
    }
    eprintln!("{seen} files, {tried} times damaged");
    assert!(seen > 40);
}

fn any_message() -> impl Strategy<Value = usize> {
    0..MESSAGES.len()
}

/// A message that is found behind anything.
fn sure_message() -> impl Strategy<Value = usize> {
    (0..MESSAGES.len()).prop_filter("needs what stands before it to be whole", |i| MESSAGES[*i].1)
}

/// Whether `part` stands in `all` in this order, at its end where `last`.
fn holds(all: &[String], part: &[String], last: bool) -> bool {
    if last { all.ends_with(part) } else { all.starts_with(part) }
}

fn survive(given: &Given, before: &Given, behind: &Given) -> Result<(), TestCaseError> {
    prop_assert!(
        holds(&given.travellers, &before.travellers, false),
        "earlier {:?} in {:?}",
        before.travellers,
        given.travellers
    );
    prop_assert!(
        holds(&given.consignments, &before.consignments, false),
        "earlier {:?} in {:?}",
        before.consignments,
        given.consignments
    );
    prop_assert!(holds(&given.travellers, &behind.travellers, true), "later {:?} in {:?}", behind.travellers, given.travellers);
    prop_assert!(
        holds(&given.consignments, &behind.consignments, true),
        "later {:?} in {:?}",
        behind.consignments,
        given.consignments
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn mixed_in_any_order_with_dirt(parts in prop::collection::vec((sure_message(), any::<bool>()), 1..6)) {
        let mut text: Vec<&[u8]> = Vec::new();
        let mut want = Given::default();
        for (i, letter) in &parts {
            if *letter {
                text.push(LETTER);
            }
            text.push(MESSAGES[*i].2);
            let one = decode(MESSAGES[*i].2);
            want.travellers.extend(one.travellers);
            want.consignments.extend(one.consignments);
        }
        let text = joined(&text);
        let given = decode(&text);
        prop_assert_eq!(&given.travellers, &want.travellers);
        prop_assert_eq!(&given.consignments, &want.consignments);
        // In pieces it is the same.
        if let Some(cut) = last_boundary(&text) {
            let (left, right) = (decode(&text[..cut]), decode(&text[cut..]));
            prop_assert_eq!([left.travellers, right.travellers].concat(), want.travellers);
            prop_assert_eq!([left.consignments, right.consignments].concat(), want.consignments);
        }
    }

    #[test]
    fn a_cut_costs_nothing_before_and_behind(a in any_message(), b in any_message(), c in sure_message(), at in any::<prop::sample::Index>()) {
        let (first, hurt, last) = (MESSAGES[a].2, MESSAGES[b].2, MESSAGES[c].2);
        let hurt = &hurt[..at.index(hurt.len())];
        let given = decode(&joined(&[first, hurt, last]));
        survive(&given, &decode(first), &decode(last))?;
    }

    #[test]
    fn a_flipped_byte_costs_nothing_before_and_behind(
        a in any_message(), b in any_message(), c in sure_message(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let (first, last) = (MESSAGES[a].2, MESSAGES[c].2);
        let mut hurt = MESSAGES[b].2.to_vec();
        let at = at.index(hurt.len());
        hurt[at] = byte;
        let given = decode(&joined(&[first, &hurt, last]));
        survive(&given, &decode(first), &decode(last))?;
    }

    #[test]
    fn many_bytes_gone_or_changed(
        parts in prop::collection::vec(any_message(), 1..4),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..40_usize), 0..12),
    ) {
        let parts: Vec<&[u8]> = parts.iter().map(|i| MESSAGES[*i].2).collect();
        let mut text = joined(&parts);
        for (at, byte, gone) in changes {
            if !text.is_empty() {
                let at = at.index(text.len());
                text[at] = byte;
                text.drain(at..(at + gone / 8).min(text.len()));
            }
        }
        decode(&text);
        if let Some(cut) = last_boundary(&text) {
            decode(&text[..cut]);
            decode(&text[cut..]);
        }
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        // UTF-16 is counted as what it is read as.
        if !bytes.starts_with(&[0xFF, 0xFE]) && !bytes.starts_with(&[0xFE, 0xFF]) && !bytes.iter().take(4).any(|b| *b == 0) {
            decode(&bytes);
        }
    }
}

/// Files may say that they were written at any time, and clocks may stand anywhere: years of two digits and
/// days without a month are read by it, and no record goes with it.
#[test]
fn the_time_of_receipt_costs_no_record() {
    const YEAR: i64 = 31_557_600_000_000;
    for (name, _, bytes) in MESSAGES {
        let expected = decode(bytes);
        for received_at in [i64::MIN, -3_000 * YEAR, -70 * YEAR, -1, 0, 400 * YEAR, 8_100 * YEAR, i64::MAX] {
            let found = decode_at(bytes, received_at);
            let sizes = |given: &Given| (given.travellers.len(), given.consignments.len(), given.dead.len());
            assert_eq!(sizes(&found), sizes(&expected), "{name} at {received_at}");
        }
    }
}
