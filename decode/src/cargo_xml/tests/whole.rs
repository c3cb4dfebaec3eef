//! Damage, cuts, wrappers and strangers: nothing is lost.

use super::*;
use crate::Decoder;
use crate::tests::again;

#[test]
fn documents_side_by_side() {
    let one = houses::manifest("Creation", 3, "10", &houses::house("H1", 3, "10"));
    let two = manifests::flight(&manifests::bulk(&manifests::line("020-12345675", "T", 12, 12)));
    let strange = "<StatusMessage><a/></StatusMessage>";
    let bomb = "<!DOCTYPE a><Waybill/>";
    let empty = "<ns:Waybill/>";
    let text = format!("{one}{two}{strange}\n{bomb}{empty}<a/>");
    let decoded = decode(text.as_bytes());
    assert_eq!(column(&decoded.consignments, "message_format"), ["XFHL", "XFFM"]);
    assert_eq!(column(&decoded.dead_letters, "code"), ["format_to_come", "xml_refused", "message_unreadable", "format_to_come"]);
    assert!(cell(&decoded.dead_letters, "message", 0).starts_with("Cargo-XML XFSU"));
    // A line break stands before it.
    assert_eq!(cell(&decoded.dead_letters, "position", 1), (one.len() + two.len() + strange.len() + 1).to_string());
    assert_eq!(cell(&decoded.consignments, "position", 1), one.len().to_string());
}

#[test]
fn an_envelope_around_it() {
    let text = format!(
        "<soap:Envelope><soap:Body>{}</soap:Body></soap:Envelope>",
        manifests::flight("").replace("<?xml version='1.0'?>", "")
    );
    assert_eq!(column(&decode(text.as_bytes()).consignments, "level"), ["conveyance"]);
}

#[test]
fn utf_16() {
    let text =
        format!("\u{feff}{}", houses::manifest("Creation", 3, "10", &houses::house("H1", 3, "10").replace("SONS", "S\u{d6}HNE")));
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let batch = decode(&bytes).consignments;
    assert_eq!(parts(&batch, "parties", "name", 0), ["NUTS & S\u{d6}HNE", "NOTE ME"]);
}

/// Numbers of the rows, and how many bytes dead letters keep.
fn shape(decoder: &mut Decoder, bytes: &[u8]) -> (Vec<String>, usize) {
    let decoded = again(decoder, bytes);
    let raw = decoded.dead_letters.column_by_name("raw").unwrap();
    let dead = raw.as_binary_view().iter().flatten().map(<[u8]>::len).sum();
    let batch = &decoded.consignments;
    let numbers = (0..batch.num_rows()).map(|r| cell(batch, "bill_number", r) + &cell(batch, "gross_weight_kg", r)).collect();
    (numbers, dead)
}

fn flips_and_cuts(before: &str, middle: &str, after: &str, records: &str, lost_at_most: usize) {
    let text = format!("{before}{middle}{after}");
    let mut decoder = Decoder::new();
    let (whole, dead) = shape(&mut decoder, text.as_bytes());
    assert_eq!(dead, 0);
    let outside: Vec<&String> = whole.iter().filter(|n| n.starts_with('9')).collect();
    assert_eq!(outside.len(), 2);
    let count = whole.len();
    for at in before.len()..before.len() + middle.len() {
        if at % 7 == 0 {
            let (found, dead) = shape(&mut decoder, &text.as_bytes()[..at]);
            assert!(!found.is_empty() && (found[0] == whole[0] || dead > 0), "cut at {at}");
        }
        // Letters become other letters, signs become letters, and anything becomes no text.
        {
            let flip = [1_u8, 0x80, 4, 0xFF, 0x20, 0x10][at % 6];
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= flip;
            let (found, dead) = shape(&mut decoder, &bytes);
            let seen = || String::from_utf8_lossy(&bytes[at.saturating_sub(30)..(at + 30).min(bytes.len())]).into_owned();
            for n in &outside {
                assert!(found.contains(n), "{at} {flip:x}: {n} is lost at {}: {found:?}", seen());
            }
            let lost = whole.iter().filter(|n| !found.contains(n)).count();
            assert!(lost <= lost_at_most || dead > 0, "{at} {flip:x} loses {lost} of {count} {records}: {}: {found:?}", seen());
        }
    }
}

#[test]
fn damage_stays_with_its_house() {
    let around = |n: &str| houses::manifest("Creation", 3, "10", &houses::house(n, 3, "10"));
    let middle = houses::manifest("Creation", 9, "30", &["H1", "H2", "H3"].map(|n| houses::house(n, 3, "10")).concat());
    flips_and_cuts(&around("91"), &middle, &around("92"), "houses", 1);
}

#[test]
fn damage_stays_with_its_line() {
    let around = |n: &str| manifests::flight(&manifests::bulk(&manifests::line(n, "T", 12, 12)));
    let loads = manifests::uld(&manifests::line("020-12345675", "P", 5, 10))
        + &manifests::bulk(&manifests::line("020-11111111", "T", 7, 7));
    flips_and_cuts(&around("999-12345675"), &manifests::flight(&loads), &around("998-12345675"), "lines", 1);
}
