#![allow(clippy::unwrap_used)]
use std::fmt::Write as _;

use super::*;

/// A document as nested names with texts and attributes.
fn show(element: Element<'_>, out: &mut String) {
    out.push_str(element.name());
    for (name, value) in element.attributes() {
        write!(out, " {name}={value}").unwrap();
    }
    if !element.text().is_empty() {
        write!(out, " '{}'", element.text()).unwrap();
    }
    let mut first = true;
    for child in element.children() {
        out.push_str(if first { "(" } else { ", " });
        first = false;
        show(child, out);
    }
    if !first {
        out.push(')');
    }
}

/// All documents of a piece, with the marks of what was noticed.
fn read(bytes: &[u8]) -> Vec<String> {
    let mut xml = Xml::default();
    let mut documents = xml.documents(bytes);
    let mut found = vec![];
    let mut at = 0;
    while let Some(document) = documents.next() {
        assert_eq!(document.range().start, at);
        at = document.range().end;
        let mut out = String::new();
        if let Some(root) = document.root() {
            show(root, &mut out);
        }
        let marks = [
            (document.is_cut(), " [cut]"),
            (document.damage().next().is_some(), " [damage]"),
            (document.has_doctype(), " [doctype]"),
            (document.has_junk(), " [junk]"),
            (document.not_utf8(), " [not utf-8]"),
        ];
        marks.iter().filter(|(is, _)| *is).for_each(|(_, mark)| out.push_str(mark));
        found.push(out);
    }
    assert!(at == bytes.len() || found.is_empty());
    found
}

fn one(text: &str) -> String {
    let found = read(text.as_bytes());
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn elements_texts_and_attributes() {
    assert_eq!(one("<a>x</a>"), "a 'x'");
    assert_eq!(
        one("<?xml version='1.0'?>\n<n:a xmlns:n=\"u\">\n <n:b c='1' n:d = \"2\"> x y </n:b><e/>\n</n:a>\n"),
        "a n=u(b c=1 d=2 'x y', e)"
    );
    assert_eq!(one("<a><b>1 &lt; 2 &amp;&#65;&#x42; &foo; & &#0;</b></a>"), "a(b '1 < 2 &AB &foo; & &#0;')");
    assert_eq!(one("<a b='&quot;x&quot; &gt;' c=\"it's\"/>"), "a b=\"x\" > c=it's");
    assert_eq!(one("<a>one<!-- <b> --> two<![CDATA[ <three> & ]]>four</a>"), "a 'one two <three> & four'");
    assert_eq!(one("<a>\n  <![CDATA[x]]>\n</a>"), "a 'x'");
    assert_eq!(one("<a b='x>y'>t</a>"), "a b=x>y 't'");
    assert_eq!(one("\u{feff}<a>\u{e9}</a >"), "a '\u{e9}'");
    assert_eq!(one("<a ><b /></a>"), "a(b)");
}

#[test]
fn paths() {
    let mut xml = Xml::default();
    let text = b"<r><a><b>1</b></a><a><b>2</b><c d='e'>3</c></a></r>";
    let mut documents = xml.documents(text);
    let document = documents.next().unwrap();
    let root = document.root().unwrap();
    assert_eq!(root.get_in(&["a", "b"]), "1");
    assert_eq!(root.get("b"), "");
    let last = root.children().nth(1).unwrap();
    assert_eq!((last.get("c"), last.child("c").unwrap().attr("d"), last.child("c").unwrap().attr("f")), ("3", "e", ""));
    assert_eq!(root.descendants().filter(|e| e.name() == "b").count(), 2);
    assert_eq!(&text[last.range()], b"<a><b>2</b><c d='e'>3</c></a>");
    assert!(last.is_closed() && last.damage().next().is_none());
}

#[test]
fn several_documents() {
    let text = "<a>1</a>\n<?xml version='1.0'?><b>2</b> dear sir <c/>\n bye";
    assert_eq!(read(text.as_bytes()), ["a '1'", "b '2'", "c [junk]", " [junk]"]);
    // The first is cut where the second begins.
    assert_eq!(read(b"<a><b>1</b><c><?xml version='1.0'?><a>2</a>"), ["a(b '1', c) [cut]", "a '2'"]);
    assert_eq!(read(b"<a><b>1</b><c><a>2</a>"), ["a(b '1', c) [cut]", "a '2'"]);
    assert_eq!(read(b"  "), [""]);
    assert!(read(b"").is_empty());
}

#[test]
fn damage_stays_where_it_is() {
    let cases = [
        // A cut anywhere keeps what came before.
        ("<a><b>1</b><c>2", "a(b '1', c '2') [cut]"),
        ("<a><b>1</b><c", "a(b '1') [cut] [damage]"),
        ("<a><b>1</b></", "a(b '1') [cut] [damage]"),
        // A sign that is none.
        ("<a><b>1 < 2</b></a>", "a(b '1 < 2') [damage]"),
        ("<a>xb>1</b><c>2</c></a>", "a 'xb>1'(c '2') [damage]"),
        // A letter of a name.
        ("<a><bcd>1</bxd><e>2</e></a>", "a(bcd '1', e '2') [damage]"),
        ("<a><bxd>1</bcd><e>2</e></a>", "a(bxd '1', e '2') [damage]"),
        ("<a><b>1<c>2</b><e>3</e></a>", "a(b '1'(c '2'), e '3') [damage]"),
        // A missing quote or bracket.
        ("<a><b c='1>2</b><d e='3'>4</d></a>", "a(b c=1 '2', d e=3 '4')"),
        ("<a><b 1</b><d>4</d></a>", "a(d '4') [damage]"),
        // Comments that never end.
        ("<a><!-- b><c>1</c></a>", "a(c '1') [damage]"),
        ("<a><?x b><c>1</c></a>", "a(c '1') [damage]"),
        ("<a></b></a>", "a [damage]"),
        ("</b><a/>", "(a) [cut] [damage]"),
        ("x:a b='c'><d>1</d><e>2</e></x:a>", "(d '1', e '2') [damage] [junk]"),
    ];
    for (text, want) in cases {
        let got = one(text);
        assert_eq!(got.replace(" [damage]", ""), want.replace(" [damage]", ""), "{text}");
        assert!(!want.contains("[damage]") || got.contains("[damage]"), "{text}");
    }
}

#[test]
fn nothing_expands() {
    let bomb = "<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;'>]><a>&z;</a>";
    assert_eq!(one(bomb), "a '&z;' [doctype]");
    assert_eq!(one("<!doctype html><a/>"), "a [doctype]");
    let deep = "<x>".repeat(100_000);
    assert_eq!(read(format!("<a>{deep}</a><b/>").as_bytes()).len(), 2);
    // Searches that fail are not repeated.
    for part in ["<!--", "<![CDATA[", "<!DOCTYPE [", "<b c='", "</", "<?"] {
        let text = format!("<a>{}", part.repeat(100_000));
        assert_eq!(read(text.as_bytes()).len(), 1);
    }
}

#[test]
fn encodings() {
    let text = "<a><b>\u{e9}\u{20ac}\u{1f600}</b><c>x</c></a>";
    let want = "a(b '\u{e9}\u{20ac}\u{1f600}', c 'x')";
    for mark in ["", "\u{feff}"] {
        let text = format!("{mark}{text}");
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&little), [want]);
        assert_eq!(read(&big), [want]);
        assert_eq!(read(&big[..big.len() - 1]), ["a(b '\u{e9}\u{20ac}\u{1f600}', c 'x') [damage] [not utf-8]"]);
        let mut xml = Xml::default();
        let mut documents = xml.documents(&little);
        let document = documents.next().unwrap();
        let c = document.root().unwrap().child("c").unwrap();
        assert_eq!(c.at(), 2 * text.encode_utf16().position(|u| u == u16::from(b'c')).unwrap() - 2);
    }
    assert_eq!(read(b"<a><b>caf\xE9 \x80</b></a>"), ["a(b 'caf\u{e9} \u{20ac}') [not utf-8]"]);
    assert_eq!(read(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\xE9</a>"), ["a 'caf\u{e9}'"]);
    assert_eq!(read(b"<a>1</a><a>\xE9</a><a>\xC3\xA9</a>"), ["a '1'", "a '\u{e9}' [not utf-8]", "a '\u{e9}'"]);
    let mut xml = Xml::default();
    let mut documents = xml.documents(b"<a>\xE9\xE9\xE9<b/></a>");
    assert_eq!(documents.next().unwrap().root().unwrap().child("b").unwrap().at(), 6);
}

const RECORDS: &str = "<?xml version='1.0'?>\n<h:List xmlns:h='u'>\n <Head><ID>7</ID></Head>\n\
    <Record><ID a='1'>one</ID><Name>A &amp; B</Name></Record>\n\
    <Record><ID a='2'>two</ID><Name>C</Name></Record>\n\
    <Record><ID a='3'>three</ID><Name>D</Name></Record>\n</h:List>\n";

/// Identifiers of the records, wherever they came to stand.
fn records(bytes: &[u8]) -> Vec<(String, String)> {
    let mut xml = Xml::default();
    let mut documents = xml.documents(bytes);
    let mut found = vec![];
    while let Some(document) = documents.next() {
        let Some(root) = document.root() else { continue };
        for record in root.descendants().filter(|e| e.name() == "Record") {
            found.push((record.get("ID").to_owned(), record.get("Name").to_owned()));
        }
    }
    found
}

#[test]
fn a_flip_or_cut_touches_one_record() {
    let whole = records(RECORDS.as_bytes());
    assert_eq!(whole.len(), 3);
    let starts: Vec<usize> = RECORDS.match_indices("<Record>").map(|(i, _)| i).collect();
    let record_of = |at: usize| starts.iter().rposition(|s| *s <= at);
    for at in 0..RECORDS.len() {
        let cut = records(&RECORDS.as_bytes()[..at]);
        let before = starts.iter().filter(|s| **s + 60 < at).count();
        assert_eq!(cut[..before.min(cut.len())], whole[..before.min(cut.len())]);
        for flip in [1_u8, 2, 16, 64, 128, 0xFF] {
            let mut bytes = RECORDS.as_bytes().to_vec();
            bytes[at] ^= flip;
            let found = records(&bytes);
            for (i, record) in whole.iter().enumerate() {
                // What stands at a border may belong to both.
                let near = record_of(at).is_some_and(|r| r == i) || starts[i].abs_diff(at) < 12;
                assert!(near || found.contains(record), "{at} {flip} {}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_covered(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        read(&bytes);
    }

    #[test]
    fn any_soup_is_covered(parts in proptest::collection::vec(proptest::sample::select(vec![
        "<a>", "</a>", "<b c='d'>", "</b>", "<", ">", "&amp;", "&", "'", "\"", "<!--", "-->", "<![CDATA[", "]]>", "<?xml ?>",
        "<?", "?>", "<!DOCTYPE", "[", "]", "x", " ", "\u{e9}", "<c/>", "/", "=",
    ]), 0..40)) {
        read(parts.concat().as_bytes());
    }
}
