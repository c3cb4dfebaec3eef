//! The same list, clean and as transports leave it: the same rows.

use super::super::Decoder;
use super::super::findings::Finding;
use super::{all_facts, cell, decode, noticed as findings, position};

/// A made-up list of two passengers.
const CLEAN: &str = concat!(
    "UNA:+.? '",
    "UNB+UNOA:4+QQAPIS:ZZ+GOVAPIS:ZZ+240501:1200+77001++APIS'",
    "UNG+PAXLST+QQ AIRLINES:ZZ+GOVAPIS:ZZ+240501:1200+77001+UN+D:05B'",
    "UNH+M1+PAXLST:D:05B:UN:IATA+QQ12/240501+01:F'",
    "BGM+745'",
    "NAD+MS+++HELPDESK QQ'",
    "COM+1 555 0100:TE'",
    "TDT+20+QQ0012+++QQ'",
    "LOC+125+YYZ'",
    "DTM+189:2405011830:201'",
    "LOC+87+JFK'",
    "DTM+232:2405012005:201'",
    "NAD+FL+++TESTERMANN:LARA ELISEMRS'",
    "ATT+2++F'",
    "DTM+329:810203'",
    "LOC+178+YYZ'",
    "LOC+179+JFK'",
    "LOC+174+CAN'",
    "NAT+2+CAN'",
    "RFF+AVF:AB12CD'",
    "RFF+SEA:014C'",
    "DOC+P:110:111+ZZ100200'",
    "DTM+36:290203'",
    "LOC+91+CAN'",
    "NAD+FL+++PROBEMANN:TIM'",
    "ATT+2++M'",
    "DTM+329:790405'",
    "LOC+178+YYZ'",
    "LOC+179+JFK'",
    "NAT+2+DEU'",
    "DOC+P:110:111+ZZ300400'",
    "DTM+36:270809'",
    "LOC+91+DEU'",
    "CNT+42:2'",
    "UNT+32+M1'",
    "UNE+1+77001'",
    "UNZ+1+77001'",
);

fn same_rows(name: &str, bytes: &[u8]) -> super::super::Decoded {
    let clean = decode(CLEAN.as_bytes());
    let dirty = decode(bytes);
    assert_eq!(all_facts(&dirty.travellers), all_facts(&clean.travellers), "{name}");
    assert_eq!(dirty.dead_letters.num_rows(), 0, "{name}");
    dirty
}

fn wrapped(text: &str, width: usize, end: &str) -> Vec<u8> {
    text.as_bytes().chunks(width).collect::<Vec<_>>().join(end.as_bytes())
}

#[test]
fn the_clean_list_has_nothing_to_find() {
    let batch = decode(CLEAN.as_bytes()).travellers;
    assert_eq!(batch.num_rows(), 2);
    for row in 0..2 {
        assert_eq!(findings(&batch, row), Vec::<String>::new());
    }
    assert_eq!(cell(&batch, "flight_key", 0), "QQ-0012-YYZ-JFK-2024-05-01");
    assert_eq!(cell(&batch, "given_names", 0), "LARA ELISE");
    assert_eq!(cell(&batch, "title", 0), "MRS");
    assert_eq!(cell(&batch, "deadline_local", 0), "2024-05-01T18:00:00");
    assert_eq!(cell(&batch, "seat", 0), "14C");
    assert_eq!(cell(&batch, "document_expiry", 1), "2027-08-09");
    assert_eq!(cell(&batch, "message_part", 1), "1");
}

#[test]
fn line_breaks() {
    for (name, bytes) in [
        ("a line a segment", CLEAN.replace('\'', "'\n").into_bytes()),
        ("with CR LF", CLEAN.replace('\'', "'\r\n").into_bytes()),
        ("blanks in front", CLEAN.replace('\'', "'\n   ").into_bytes()),
        ("byte order mark", format!("\u{feff}{CLEAN}").into_bytes()),
        ("terminator on its own line", CLEAN.replace('\'', "\n'").replace("UNA:+.? \n'", "UNA:+.? '").into_bytes()),
    ] {
        same_rows(name, &bytes);
    }
    for width in 5..80 {
        for end in ["\n", "\r\n", "\r"] {
            let dirty = same_rows("wrapped", &wrapped(CLEAN, width, end));
            assert!((0..2).any(|row| findings(&dirty.travellers, row).contains(&Finding::WrapRepaired.code().to_owned())));
        }
    }
}

#[test]
fn telegrams_and_mail() {
    let header = "QD ADDR\r\n.HDQCRA9 130631\r\n";
    for (name, text) in [
        ("header", format!("{header}{CLEAN}")),
        ("header and end", format!("\u{1}{header}\u{2}{CLEAN}\r\n\u{3}")),
        (
            "footer",
            format!(
                "{CLEAN}\r\n\r\nEmail secured by Somebody\r\n\r\nThis e-mail (and its attachments) + more: it's private.\r\n"
            ),
        ),
        ("mail header", format!("From: someone@example.org\nSubject: APIS QQ12\n\n{CLEAN}")),
    ] {
        let dirty = same_rows(name, text.as_bytes());
        assert!(findings(&dirty.travellers, 0).contains(&"transport_dirt".to_owned()), "{name}");
        assert!(dirty.counts.dirt_bytes > 0, "{name}");
    }
    // A telegram in two parts, each with its header, cut inside a name.
    let (left, right) = CLEAN.split_at(CLEAN.find("MANN:TIM").unwrap());
    same_rows("two parts", format!("{header}{left}\r\n{header}{right}").as_bytes());
    // Wrapped telegram text with header and footer.
    let mut text = header.as_bytes().to_vec();
    text.extend(wrapped(CLEAN, 64, "\r\n"));
    text.extend(b"\r\n\r\nEmail secured by Somebody");
    same_rows("all of it", &text);
}

#[test]
fn lost_terminators_and_junk() {
    for (name, text) in [
        ("mid-line", CLEAN.replace("LOC+178+YYZ'", "LOC+178+YYZ")),
        ("after the birth date", CLEAN.replace("810203'", "810203")),
        ("after the name", CLEAN.replace("ELISEMRS'", "ELISEMRS")),
        ("after the document", CLEAN.replace("ZZ100200'", "ZZ100200")),
        ("at the line end", CLEAN.replace('\'', "'\n").replace("CAN'\n", "CAN\n")),
        ("nowhere but in UNA", format!("UNA:+.? '{}", CLEAN[9..].replace('\'', "\n"))),
        ("nowhere", CLEAN[9..].replace('\'', "\r\n")),
        ("at the end", CLEAN.trim_end_matches('\'').to_owned()),
        ("junk before DTM", CLEAN.replace("DTM+232", "### !!! FDTM+232")),
        ("junk line", CLEAN.replace("DTM+232", "\r\n### !!! F\r\nDTM+232")),
        ("junk tail", CLEAN.replace("CNT+42", "L'LT'CNT+42")),
        ("blank in tags", CLEAN.replace("UNG+", "UNG +").replace("NAT+", "NAT +")),
        ("blank in a count", CLEAN.replace("UNT+32+M1", "UNT+3 2+M1")),
        ("lower-case tags", CLEAN.replace("NAD+", "nad+").replace("DOC+", "Doc+")),
    ] {
        same_rows(name, text.as_bytes());
    }
}

#[test]
fn any_terminator_may_be_lost() {
    let at: Vec<usize> = CLEAN.match_indices('\'').map(|(i, _)| i).skip(1).collect();
    for i in at {
        let tag = &CLEAN[CLEAN[..i].rfind('\'').unwrap() + 1..][..3];
        let text = format!("{}{}", &CLEAN[..i], &CLEAN[i + 1..]);
        same_rows(tag, text.as_bytes());
        let text = format!("{}\r\n{}", &CLEAN[..i], &CLEAN[i + 1..]);
        same_rows(tag, text.as_bytes());
    }
}

#[test]
fn other_separators() {
    let swap = |pairs: &[(char, char)], una: &str| {
        let body: String = CLEAN[9..].chars().map(|c| pairs.iter().find(|p| p.0 == c).map_or(c, |p| p.1)).collect();
        format!("{una}{body}")
    };
    for (name, text) in [
        ("no UNA", CLEAN[9..].to_owned()),
        ("double quote, no UNA", swap(&[('\'', '"')], "")),
        ("star and dollar", swap(&[('+', '*'), ('\'', '$')], "UNA:*.? $")),
        ("star and hash", swap(&[('+', '*'), ('\'', '#')], "UNA:*.? #")),
        ("dash", swap(&[('+', '-')], "UNA:-.? '")),
        ("dash and star", swap(&[('+', '-'), ('\'', '*')], "UNA:-.? *")),
        ("backslash", swap(&[], "UNA:+.\\ '")),
        ("five characters", swap(&[], "UNA:+\\*'")),
        ("curly in UNA", swap(&[], "UNA:+.\\*\u{2019} ")),
        ("curly everywhere", swap(&[('\'', '\u{2019}')], "UNA:+.\\*\u{2019}")),
        ("curly, no UNA", swap(&[('\'', '\u{2019}')], "")),
        ("UNA that lies", swap(&[('\'', '~')], "UNA:+.? '")),
    ] {
        same_rows(name, text.as_bytes());
    }
}

#[test]
fn wrong_trailers_are_findings() {
    let text = CLEAN.replace("CNT+42:2", "CNT+42:136").replace("UNT+32+M1", "UNT+336+1").replace("UNZ+1+77001", "UNZ+4+020A07");
    let dirty = same_rows("trailers", text.as_bytes());
    for row in 0..2 {
        assert_eq!(
            findings(&dirty.travellers, row),
            ["unz_count_differs", "unz_reference_differs", "unt_count_differs", "unt_reference_differs", "cnt_count_differs"]
        );
    }
    // The shape of one real trailer: other separators and a blank inside the number.
    let text = CLEAN[9..].replace('+', "*").replace('\'', "$").replace("UNT*32*M1", "UNT*121*140211180 0");
    let dirty = same_rows("stars", format!("UNA:*.? ${text}").as_bytes());
    assert_eq!(findings(&dirty.travellers, 0), ["unt_count_differs", "unt_reference_differs"]);
}

#[test]
fn a_cut_message_keeps_its_rows() {
    let cut = CLEAN.find("LOC+91+DEU").unwrap();
    let decoded = decode(&CLEAN.as_bytes()[..cut]);
    assert_eq!(decoded.travellers.num_rows(), 2);
    let found = findings(&decoded.travellers, 1);
    assert!(found.contains(&"unt_missing".to_owned()) && found.contains(&"unz_missing".to_owned()));
    // Cut anywhere: what was there is there, and nothing panics.
    let mut before = 0;
    for cut in 0..CLEAN.len() {
        let n = decode(&CLEAN.as_bytes()[..cut]).travellers.num_rows();
        assert!(n >= before, "{cut}");
        before = n;
    }
}

#[test]
fn several_interchanges_and_positions() {
    let text = format!("{CLEAN}\r\n\r\nfooter\r\nQD ADDR\r\n.HDQCRA9 130631\r\n{CLEAN}{}", &CLEAN[9..]);
    let decoded = decode(text.as_bytes());
    assert_eq!(decoded.travellers.num_rows(), 6);
    assert_eq!(decoded.counts.interchanges, 3);
    let batch = &decoded.travellers;
    for row in 0..6 {
        assert!(text[position(batch, row) as usize..].starts_with("UNH+M1"));
    }
    let mut ids = super::column(batch, "record_id");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 6);
    // Dirt behind an interchange is noted on its rows, not on those that follow.
    assert_eq!(findings(batch, 0), ["transport_dirt"]);
    assert_eq!(findings(batch, 4), Vec::<String>::new());

    // In pieces, as a source hands them over, the rows are the same.
    let mut decoder = Decoder::new();
    let cut = super::super::last_boundary(text.as_bytes()).unwrap();
    for (piece, at) in [(&text.as_bytes()[..cut], 0), (&text.as_bytes()[cut..], cut as i64)] {
        decoder.decode(
            &super::super::Origin { source: "test", partition: "a/b.edi", position: at, received_at: super::RECEIVED },
            piece,
        );
    }
    assert_eq!(decoder.finish().unwrap().travellers, decoded.travellers);
}

#[test]
fn no_header_at_all() {
    let body = &CLEAN[CLEAN.find("UNH").unwrap()..CLEAN.find("UNE").unwrap()];
    let decoded = decode(format!("some text\n{body}\n").as_bytes());
    assert_eq!(decoded.travellers.num_rows(), 2);
    assert!(findings(&decoded.travellers, 0).contains(&"unb_missing".to_owned()));
    assert_eq!(decoded.dead_letters.num_rows(), 0);
    // UNB, but no UNH.
    let text = CLEAN.replace("UNH+M1+PAXLST:D:05B:UN:IATA+QQ12/240501+01:F'", "");
    let decoded = decode(text.as_bytes());
    assert_eq!(decoded.travellers.num_rows(), 2);
    assert!(findings(&decoded.travellers, 0).contains(&"unh_missing".to_owned()));
}
