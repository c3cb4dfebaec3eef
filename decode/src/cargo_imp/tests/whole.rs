//! Telegrams, several messages, strangers, damage: nothing is lost.

use super::*;
use crate::Decoder;
use crate::tests::again;

#[test]
fn messages_side_by_side() {
    let strange = "QK AAABBCC\n.DDDEEFF 081530\nFSU/14\n020-12345675LHRYYZ/T5K250\nRCF/AC873/10MAR\n";
    let text = format!("\u{1}{FWB16}{strange}{FHL4}\u{3}\nSubject: something\n{FFM8}");
    let decoded = decode(text.as_bytes());
    let batch = decoded.consignments;
    assert_eq!(column(&batch, "message_format"), ["FWB", "FHL", "FHL", "FFM", "FFM", "FFM", "FFM"]);
    assert_eq!(column(&decoded.dead_letters, "code"), ["format_to_come"]);
    assert!(cell(&decoded.dead_letters, "message", 0).starts_with("Cargo-IMP FSU"));
    let raw = decoded.dead_letters.column_by_name("raw").unwrap();
    assert_eq!(raw.as_binary_view().value(0), strange.trim_end().as_bytes());
    // The letter behind the end of the list.
    assert_eq!(findings(&batch, 2), ["transport_dirt"]);
}

#[test]
fn dirt_in_front() {
    let decoded = decode(format!("Dear customs,\n\n{FFM8}").as_bytes());
    assert_eq!(findings(&decoded.consignments, 0), ["transport_dirt"]);
    assert_eq!(decoded.dead_letters.num_rows(), 0);
}

#[test]
fn broken_lines_are_joined() {
    let text = "FWB/16\n020-12345675LHRYYZ/T5K250\nRTD/1/P5/K250/CQ/W250\n/NG/PARTS OF MACH\nINES\n";
    let batch = decode(text.as_bytes()).consignments;
    assert_eq!(parts(&batch, "items", "description", 0), ["PARTS OF MACHINES"]);
    assert_eq!(findings(&batch, 0), ["line_wrapped"]);
}

#[test]
fn a_table_of_waybills_is_no_message() {
    for text in ["020-12345675_XFWB.xml\t\"$.a/b\"\t1\n020-12345675_XFZB.xml\tc/d\t2\n", "020-12345675,FRA,JFK,T1/K10\n"] {
        let found = decode(text.as_bytes());
        assert_eq!(found.consignments.num_rows(), 0, "{text}");
    }
}

#[test]
fn a_lost_first_line() {
    for (text, format) in [(FWB16, "FWB"), (FHL4, "FHL"), (FFM8, "FFM")] {
        let lost = text.replace("FWB/16", "FW?/16").replace("FHL/4", "FHL4").replace("FFM/8", "F");
        for text in [lost.clone(), format!("{FWB16}{lost}"), format!("{FFM8}{lost}")] {
            let decoded = decode(text.as_bytes());
            let batch = decoded.consignments;
            let found = (0..batch.num_rows()).any(|r| {
                cell(&batch, "message_format", r) == format && findings(&batch, r).iter().any(|f| f == "message_line_missing")
            });
            assert!(found || format == "FWB" && text.starts_with("FFM"), "{format}: {text}");
        }
    }
}

#[test]
fn letters_beyond_ascii() {
    let text = b"FHL/4\nMBI/020-12345675LHRYYZ/T2K40\nHBS/H1/LHRYYZ/2/K40/24/CAF\xC9\nSHP/M\xDCLLER";
    let batch = decode(text).consignments;
    check(&batch, 0, &[("description", "CAF\u{c9}")]);
    assert_eq!(parts(&batch, "parties", "name", 0), ["M\u{dc}LLER"]);
    assert_eq!(findings(&batch, 0), ["not_utf8"]);
}

/// Numbers of the rows, and how many bytes dead letters keep.
fn shape(decoder: &mut Decoder, bytes: &[u8]) -> (Vec<String>, usize) {
    let decoded = again(decoder, bytes);
    let raw = decoded.dead_letters.column_by_name("raw").unwrap();
    let dead = raw.as_binary_view().iter().flatten().map(<[u8]>::len).sum();
    let batch = &decoded.consignments;
    let row = |r: usize| cell(batch, "bill_number", r) + "/" + &cell(batch, "packages", r) + &cell(batch, "discharge_port", r);
    ((0..batch.num_rows()).map(row).collect(), dead)
}

#[test]
fn damage_stays_with_its_record() {
    let before = "FWB/16\n999-12345675LHRYYZ/T1K1\nRTG/AAAAA\nRTD/1/P1/K1\n/NG/X\n";
    let after = "FFM/8\n1/ZZ99/10MAR/AAA\nBBB\n998-12345675LHRYYZ/T1K1/PEN\nLAST\n";
    for middle in [FWB16.replace("\r\n", "\n"), FHL4.to_owned(), FFM8.to_owned()] {
        let text = format!("{before}{middle}{after}");
        let mut decoder = Decoder::new();
        let (whole, dead) = shape(&mut decoder, text.as_bytes());
        assert_eq!(dead, 0);
        for at in before.len()..before.len() + middle.len() {
            if at % 3 == 0 {
                let (cut, _) = shape(&mut decoder, &text.as_bytes()[..at]);
                assert_eq!(cut.first(), whole.first(), "cut at {at}");
            }
            {
                let flip = [1_u8, 0x80, 4, 0xFF, 0x20, 0x10][at % 6];
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= flip;
                let (found, _) = shape(&mut decoder, &bytes);
                let seen = || String::from_utf8_lossy(&bytes[at.saturating_sub(30)..(at + 30).min(bytes.len())]).into_owned();
                let own = whole.iter().filter(|n| !found.contains(n)).count();
                for n in [whole.first(), whole.last()].into_iter().flatten() {
                    assert!(found.contains(n), "{at} {flip:x}: {n} is lost at {}: {found:?}", seen());
                }
                // A damaged airport is that of every line below it.
                let airport = middle.starts_with("FFM") && at < before.len() + middle.find("020-").unwrap();
                assert!(own <= 1 || airport, "{at} {flip:x} loses {own} at {}: {found:?} {whole:?}", seen());
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_lines_are_covered(lines in proptest::collection::vec(proptest::sample::select(vec![
        "FWB/16", "FHL/4", "FFM/8", "FSU/14", "020-12345675LHRYYZ/T5K250", "MBI/020-12345675LHRYYZ/T2K40", "1/AC873/10MAR/FRA",
        "HBS/H1/LHRYYZ/2/K40/24/X", "YYZ", "YYZ/NIL", "ULD/AKE1AC", "/EAP/RFL", "//", "", "SHP", "NAM/X", "/GB", "RTD/1/P5/K2", "/NG/X",
        "OCI/GB/SHP/T/1", "///CT/1", "LAST", "CONT", "QK AAABBCC", ".AAABBCC 081530", "text that is none", "\u{e9}", "CVD/USD", "OTH/P/MYC1",
        "PPD/WT1", "FLT/AC1/32", "RTG/A", "AGT//", "/", "DIM/", "T", "0", "1/", "AB",
    ]), 0..14)) {
        let text = lines.join("\n");
        let decoded = decode(text.as_bytes());
        let rows = decoded.consignments.num_rows() + decoded.dead_letters.num_rows();
        proptest::prop_assert!(rows > 0 || text.trim().is_empty());
    }
}
