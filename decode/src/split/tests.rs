#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::framing::last_boundary;

const EDI: &str = "UNA:+.? 'UNB+UNOA:4+A+B+200101:1200+1'UNH+1+PAXLST:D:02B:UN'BGM+745'UNT+3+1'UNZ+1+1'";
const OPEN: &str = "UNB+UNOA:4+A+B+200101:1200+1'UNH+1+PAXLST:D:02B:UN'BGM+745'";
const X12: &str = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *230525*2048*U*00401*1*0*P*>~GS*SO*A*B*20230525*2048*1*X*004010~ST*309*1~M10*X~SE*3*1~GE*1*1~IEA*1*1~";
const DECLARED: &str = "<?xml version=\"1.0\"?>\n<n:Waybill xmlns:n=\"iata:waybill:1\"><a>1</a></n:Waybill>";
const BARE: &str = "<CC315A><b><![CDATA[<?xml version='1.0'?><x/>]]></b></CC315A>";
const IMP: &str = "QK HDQRMQQ\r\n.FRACSQQ 130631\r\nFWB/16\r\n020-12345675BRULAX/T6K120.0";
const APP: &str = "CIRQ:/UTUTA1/N//26/INT/8/S";
const JSON: &str = "{\"a\":{\"b\":\"}\"}}";
const DIRT: &str = "Dear all, see below";

const PARTS: [(&str, Option<Format>); 9] = [
    (EDI, None),
    (X12, Some(Format::X12Manifest)),
    (DECLARED, Some(Format::CargoXml)),
    (BARE, Some(Format::EnsXml)),
    (IMP, Some(Format::CargoImp)),
    (APP, Some(Format::Iapp)),
    (JSON, Some(Format::Json)),
    (DIRT, Some(Format::Text)),
    (OPEN, None),
];

/// Regions as (text, format); EDIFACT has none.
fn regions(text: &str) -> Vec<(String, Option<Format>)> {
    let mut split = Splitter::new(text.as_bytes());
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(Region { mut range, kind }) = split.next() {
        assert!(range.start >= at && range.end > range.start, "{range:?}");
        assert!(text.as_bytes()[at..range.start].iter().all(|b| *b <= b' '), "only blanks lie between regions");
        let format = match kind {
            Kind::Edifact => {
                // As the reader does.
                if let Some(end) = text[range.clone()].find("UNZ+1+1'") {
                    range.end = range.start + end + 8;
                    split.resume(range.end);
                }
                range.end = trim_end(text.as_bytes(), range.clone());
                None
            }
            Kind::Document { format, .. } => Some(format),
            Kind::Other => {
                range.end = trim_end(text.as_bytes(), range.clone());
                Some(Format::Text)
            }
        };
        at = range.end;
        found.push((text[range].to_owned(), format));
    }
    assert!(text.as_bytes()[at..].iter().all(|b| *b <= b' '));
    found
}

#[test]
fn each_format_after_each_other() {
    for a in PARTS {
        for b in PARTS {
            let text = format!("{}\n{}\n", a.0, b.0);
            let want: Vec<_> = match (a.0, b.0) {
                // Text next to text is one text; text behind a message that has no end belongs to it.
                // Lines in JSON have nothing to say to an open list, and may be anything in it.
                (DIRT | OPEN | IMP | APP, DIRT) | (OPEN | IMP, JSON) => continue,
                // A line of JSON after another is of one table.
                (JSON, JSON) => vec![(format!("{JSON}\n{JSON}"), Some(Format::Json))],
                _ => [a, b].iter().map(|p| (p.0.to_owned(), p.1)).collect(),
            };
            assert_eq!(regions(&text), want, "{text}");
        }
    }
}

#[test]
fn what_is_inside_of_a_wrapper() {
    let soap = "<?xml version='1.0'?><s:Envelope><s:Body><n:Waybill><a/></n:Waybill></s:Body></s:Envelope>";
    let region = Splitter::new(soap.as_bytes()).next().unwrap();
    assert_eq!(region.range, 0..soap.len());
    let Kind::Document { format, body, body_end } = region.kind else { panic!("{region:?}") };
    assert_eq!((format, &soap[body..body_end]), (Format::CargoXml, "<n:Waybill><a/></n:Waybill>"));
    // EDIFACT in XML of a transport: the transport is dirt.
    let text = format!("<Send><Body><![CDATA[{EDI}]]></Body></Send>");
    let kinds: Vec<_> = regions(&text).into_iter().map(|r| r.1).collect();
    assert_eq!(kinds, [Some(Format::Text), None, Some(Format::Text)]);
}

#[test]
fn json_of_many_lines() {
    let text = "{\n \"a\": [\n  1\n ]\n}\n";
    assert_eq!(regions(text), [(text.trim_end().to_owned(), Some(Format::Json))]);
    let text = "[{\"a\":1},\n{\"a\":2}]";
    assert_eq!(regions(text), [(text.to_owned(), Some(Format::Json))]);
}

proptest! {
    #[test]
    fn pieces_give_the_same_regions_as_the_whole(parts in prop::collection::vec(0..9_usize, 0..12)) {
        let text = parts.iter().flat_map(|p| [PARTS[*p].0, "\r\n"]).collect::<String>();
        if let Some(cut) = last_boundary(text.as_bytes()) {
            prop_assert!(cut > 0);
            let mut both = regions(&text[..cut]);
            both.extend(regions(&text[cut..]));
            prop_assert_eq!(both, regions(&text));
        }
    }

    #[test]
    fn any_bytes_are_tiled(parts in prop::collection::vec(0..9_usize, 0..6), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)) {
        let mut text = parts.iter().flat_map(|p| [PARTS[*p].0, "\n"]).collect::<String>().into_bytes();
        if !text.is_empty() {
            for (at, byte) in flips {
                let at = at.index(text.len());
                text[at] = byte;
            }
        }
        let mut split = Splitter::new(&text);
        let mut at = 0;
        while let Some(region) = split.next() {
            prop_assert!(region.range.start >= at && region.range.end > region.range.start && region.range.end <= text.len());
            at = region.range.end;
        }
        if let Some(cut) = last_boundary(&text) {
            prop_assert!(cut > 0 && cut < text.len());
        }
    }
}
