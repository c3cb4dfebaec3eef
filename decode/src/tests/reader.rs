//! The reader accounts for every byte, whatever the bytes are.

use proptest::prelude::*;

use super::super::edifact::{Buffers, Piece, Reader, Syntax, tags};

/// Reads `bytes` to the end and returns tags (`None`: junk) with their elements as text.
fn read(bytes: &[u8]) -> Vec<Option<Vec<String>>> {
    let mut buffers = Buffers::default();
    let mut reader = Reader::new(bytes, Syntax::infer(bytes), &mut buffers);
    let mut out = Vec::new();
    while let Some(piece) = reader.next() {
        match piece {
            Piece::Segment(_) => {
                let elements = (0..reader.elements())
                    .map(|e| {
                        let components = (0..reader.components(e)).map(|c| reader.text(reader.get(e, c)).to_owned());
                        components.collect::<Vec<_>>().join("|")
                    })
                    .collect();
                out.push(Some(elements));
            }
            Piece::Junk(_) => out.push(None),
            Piece::Blank(_) => {}
        }
    }
    out
}

fn segments(text: &str) -> Vec<String> {
    read(text.as_bytes()).into_iter().map(|s| s.map_or("junk".to_owned(), |e| e.join(" "))).collect()
}

const HEAD: &str = "UNB+UNOA:4+A+B+200101:1200+1'UNH+1+PAXLST:D:02B:UN'";

fn after_head(text: &str) -> Vec<String> {
    segments(&format!("{HEAD}{text}")).split_off(2)
}

#[test]
fn segments_elements_components() {
    assert_eq!(after_head("NAD+FL+++SMITH:JOHN:'\r\nLOC+178+LHR'"), ["NAD FL   SMITH|JOHN|", "LOC 178 LHR"]);
    assert_eq!(after_head("NAD + FL +++ SMITH : JO HN '"), ["NAD FL   SMITH|JO HN"]);
    assert_eq!(after_head("''LOC+178+LHR'' 'LOC+179+CDG'"), ["LOC 178 LHR", "LOC 179 CDG"]);
}

#[test]
fn release_characters() {
    assert_eq!(after_head("NAD+FL+++O?'NEIL:J?+?:?A'"), ["NAD FL   O'NEIL|J+:A"]);
    // A released release character before a real terminator.
    assert_eq!(after_head("FTX+AAA+++WHAT??'LOC+178+LHR'"), ["FTX AAA   WHAT?", "LOC 178 LHR"]);
    assert_eq!(after_head("NAD+FL+++O?\r\n'NEIL'"), ["NAD FL   O'NEIL"]);
    let text = "UNA:+.\\ 'UNB+UNOA:4+A'UNH+1+PAXLST:D'NAD+FL+++O\\'NEIL?'";
    assert_eq!(segments(text)[3], "NAD FL   O'NEIL?");
    // No release character: a question mark is one.
    let text = "UNA:+.  'UNB+UNOA:4+A'UNH+1+PAXLST:D'NAD+FL+++WHY?'LOC+1+2'";
    assert_eq!(segments(text)[3..], ["NAD FL   WHY?", "LOC 1 2"]);
}

#[test]
fn lost_terminators() {
    assert_eq!(after_head("DTM+329:710718\nLOC+178+FRA\r\nLOC+179+VIE'"), ["DTM 329|710718", "LOC 178 FRA", "LOC 179 VIE"]);
    assert_eq!(after_head("DTM+329:710718LOC+178+FRALOC+179+VIE'"), ["DTM 329|710718", "LOC 178 FRA", "LOC 179 VIE"]);
    assert_eq!(after_head("NAD+FL+++ A:BATT+2++FDTM+329:710718'"), ["NAD FL   A|B", "ATT 2  F", "DTM 329|710718"]);
    assert_eq!(after_head("NAT+2+ABCDOC+P:110:111+S2DTM+36:241015'"), ["NAT 2 ABC", "DOC P|110|111 S2", "DTM 36|241015"]);
    assert_eq!(after_head("CNT+42:2UNT+46+1UNZ+1+1"), ["CNT 42|2", "UNT 46 1", "UNZ 1 1"]);
    // Wrapped as well.
    assert_eq!(after_head("DTM+329:7107\n18LOC+178+FRA'"), ["DTM 329|710718", "LOC 178 FRA"]);
    // Text that only looks so.
    assert_eq!(
        after_head("NAD+FM+++A:B+JALAN KAMPUNG+MELAKA+++MYS'NAD+FL+++A:B+12 RUE MEDOC+PAR+++FRA'"),
        ["NAD FM   A|B JALAN KAMPUNG MELAKA   MYS", "NAD FL   A|B 12 RUE MEDOC PAR   FRA"]
    );
}

#[test]
fn wraps_inside_tokens() {
    assert_eq!(after_head("NAD+FL+++SMI\r\nTH:JO\nHN'LO\nC+1\r78+FRA\n'"), ["NAD FL   SMITH|JOHN", "LOC 178 FRA"]);
    assert_eq!(after_head("NAD+FL+++ABD\n AL RAHMAN'"), ["NAD FL   ABD AL RAHMAN"]);
    assert_eq!(after_head("NAD+FL+++ABD\n    AL RAHMAN'"), ["NAD FL   ABDAL RAHMAN"]);
}

#[test]
fn junk_between_segments() {
    assert_eq!(after_head("LOC+87+VIE'### !!! FDTM+232:2108272050:201'"), ["LOC 87 VIE", "junk", "DTM 232|2108272050|201"]);
    assert_eq!(after_head("LOC+87+VIE'\n### !!! F\nDTM+232:2108272050:201'"), ["LOC 87 VIE", "junk", "DTM 232|2108272050|201"]);
    assert_eq!(after_head("LOC+87+VIE'L'LT'UNT+3+1'"), ["LOC 87 VIE", "junk", "junk", "UNT 3 1"]);
    assert_eq!(after_head("NAD+FL+++SMI\nQD ADDR\n.HDQCRA9 130631\nTH:A'"), ["NAD FL   SMITH|A"]);
    assert_eq!(after_head("LOC+87+VIE'\nQD ADDR\n.HDQCRA9 130631\nLOC+178+A'"), ["LOC 87 VIE", "junk", "LOC 178 A"]);
}

#[test]
fn text_beyond_ascii() {
    assert_eq!(after_head("NAD+FL+++MÜLLER:JÖRG'"), ["NAD FL   MÜLLER|JÖRG"]);
    let mut bytes = HEAD.as_bytes().to_vec();
    bytes.extend_from_slice(b"NAD+FL+++M\xDCLLER:J\xD6RG'");
    assert_eq!(read(&bytes)[2].as_ref().unwrap()[4], "MÜLLER|JÖRG");
    // Three bytes of terminator.
    let text = format!("{HEAD}NAD+FL+++ŘEHOŘ:ə'LOC+178+A'").replace('\'', "\u{2019}");
    assert_eq!(segments(&text)[2..], ["NAD FL   ŘEHOŘ|ə", "LOC 178 A"]);
}

#[test]
fn a_file_without_terminators_is_read_in_one_pass() {
    // Quadratic work would take minutes here.
    let text = format!("{HEAD}{}", "LOC+178+FRA\n".repeat(200_000));
    assert_eq!(segments(&text).len(), 200_002);
    let text = format!("{HEAD}{}", "a b c\n".repeat(200_000));
    assert!(segments(&text).len() < 200_002);
    let text = format!("{HEAD}{}", "UNB+UNH+DTM+".repeat(50_000));
    let _ = segments(&text);
}

fn tiles(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut buffers = Buffers::default();
    let mut reader = Reader::new(bytes, Syntax::infer(bytes), &mut buffers);
    let mut at = 0;
    while let Some(piece) = reader.next() {
        let (Piece::Segment(range) | Piece::Blank(range) | Piece::Junk(range)) = piece;
        prop_assert_eq!(range.start, at, "no gap, no overlap");
        prop_assert!(range.end > range.start, "progress");
        at = range.end;
        for e in 0..reader.elements() {
            for c in 0..reader.components(e) {
                let slice = reader.get(e, c);
                prop_assert!(std::str::from_utf8(reader.bytes(slice)).is_ok(), "text is UTF-8");
            }
        }
    }
    prop_assert_eq!(at, bytes.len(), "all bytes");
    Ok(())
}

#[test]
fn blanks_have_no_elements() -> Result<(), TestCaseError> {
    // The blanks behind a segment that was cleaned look like a segment to the fast path.
    tiles(b"! \x7F'  (\x00")
}

/// Text in which everything that the reader repairs comes up often.
fn dirty_text() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        Just("UNA:+.? '".as_bytes()),
        Just("UNA:*.\\ $".as_bytes()),
        Just("UNB+UNOA:4+A+B+200101:1200+1'".as_bytes()),
        Just("UNH+1+PAXLST:D:02B:UN'".as_bytes()),
        Just("NAD+FL+++SMITH:JOHN'".as_bytes()),
        Just("DTM+329:710718".as_bytes()),
        Just("LOC+178+FRA".as_bytes()),
        Just("PDT+P/1:2:US+A:B'".as_bytes()),
        Just("DOC+P+".as_bytes()),
        Just("UNT+1+1'UNZ+1+1'".as_bytes()),
        Just("### !!! F".as_bytes()),
        Just("\r\n".as_bytes()),
        Just("\n\nEmail secured by nobody\n".as_bytes()),
        Just("QD ADDR\n.HDQCRA9 130631\n".as_bytes()),
        Just("?".as_bytes()),
        Just("'".as_bytes()),
        Just("+".as_bytes()),
        Just(" ".as_bytes()),
        Just("\u{2019}".as_bytes()),
        Just("\u{feff}".as_bytes()),
        Just(b"\xff\x92".as_slice()),
        Just(b"\x00\x1d".as_slice()),
    ];
    proptest::collection::vec(pieces, 0..40).prop_map(|p| p.concat())
}

/// Lists and reservations as they come, some bytes of them changed.
fn real_text() -> impl Strategy<Value = Vec<u8>> {
    let text = proptest::sample::select(vec![
        include_str!("../../tests/messages/paxlst.edi"),
        include_str!("../../tests/messages/us_paxlst.edi"),
        include_str!("../../tests/messages/pnrgov.edi"),
        include_str!("../../tests/messages/cuscar.edi"),
    ]);
    let change =
        (0_usize..8000, prop_oneof![any::<u8>(), Just(b'\''), Just(b'+'), Just(b':'), Just(b'?'), Just(b'\n'), Just(b' ')]);
    (text, proptest::collection::vec(change, 0..12), 0_usize..8000).prop_map(|(text, changes, cut)| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte) in changes {
            if let Some(b) = bytes.get_mut(at) {
                *b = byte;
            }
        }
        bytes.truncate(cut.max(1));
        bytes
    })
}

/// The fast path gives what the careful one gives.
fn both_ways(bytes: &[u8]) -> Result<(), TestCaseError> {
    let (mut some, mut others) = (Buffers::default(), Buffers::default());
    let mut quick = Reader::new(bytes, Syntax::infer(bytes), &mut some);
    let mut careful = Reader::new(bytes, Syntax::infer(bytes), &mut others).carefully();
    loop {
        let piece = quick.next();
        prop_assert_eq!(&piece, &careful.next());
        let Some(piece) = piece else { return Ok(()) };
        prop_assert_eq!(quick.position(), careful.position());
        prop_assert_eq!(quick.findings(), careful.findings());
        if !matches!(piece, Piece::Segment(_)) {
            continue;
        }
        prop_assert_eq!((quick.tag(), quick.elements()), (careful.tag(), careful.elements()));
        for element in 0..=quick.elements() {
            prop_assert_eq!(quick.components(element), careful.components(element));
            for component in 0..=quick.components(element) {
                let (slice, other) = (quick.get(element, component), careful.get(element, component));
                prop_assert_eq!(quick.text(slice), careful.text(other));
                let field = quick.field(element, component);
                prop_assert_eq!(field, quick.bytes(slice));
                prop_assert_eq!(field, careful.field(element, component));
                prop_assert_eq!(quick.code(element, component), tags::code(field));
            }
        }
    }
}

proptest! {
    #[test]
    fn the_fast_path_gives_what_the_careful_one_gives(bytes in prop_oneof![real_text(), dirty_text()]) {
        both_ways(&bytes)?;
    }

    #[test]
    fn pieces_tile_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        tiles(&bytes)?;
    }

    #[test]
    fn pieces_tile_dirty_text(bytes in dirty_text()) {
        tiles(&bytes)?;
    }

    #[test]
    fn the_decoder_takes_anything(bytes in dirty_text()) {
        let decoded = super::decode(&bytes);
        prop_assert!(decoded.counts.bytes == bytes.len() as u64);
    }

    #[test]
    fn the_decoder_takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let decoded = super::decode(&bytes);
        prop_assert!(decoded.travellers.num_rows() + decoded.dead_letters.num_rows() > 0);
    }

    #[test]
    fn clean_and_wrapped_text_read_the_same(
        names in proptest::collection::vec("[A-Z]{1,12}( [A-Z]{1,8})?", 1..12), width in 20_usize..70
    ) {
        let mut text = HEAD.to_owned();
        for name in &names {
            text.push_str("NAD+FL+++");
            text.push_str(name);
            text.push_str(":JOHN'LOC+178+FRA'");
        }
        let wrapped: Vec<u8> = text.as_bytes().chunks(width).collect::<Vec<_>>().join(&b"\r\n"[..]);
        prop_assert_eq!(read(text.as_bytes()), read(&wrapped));
    }
}
