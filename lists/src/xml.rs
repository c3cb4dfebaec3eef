use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::report::Notebook;
use super::rows::text;

/// Elements nested deeper than this are left out; no list comes near.
const DEEPEST: usize = 48;

/// Bytes of one tag, text or comment. A longer one is no list, and would have to lie in memory whole.
const LONGEST_EVENT: u64 = if cfg!(test) { 1 << 20 } else { 32 << 20 };

/// Bytes of one record, with what keeping an element costs. The largest published record, the
/// tables of values of OFAC's advanced file, takes a few megabytes.
const LARGEST_RECORD: usize = if cfg!(test) { 8 << 20 } else { 256 << 20 };

/// Attributes of an element beyond these are left out.
const MOST_ATTRIBUTES: usize = 256;

/// What it takes to keep an element, beside its text.
const KEPT: usize = 160;

/// One element with all that is in it. Names are without prefix.
#[derive(Debug, Default, Clone)]
pub(super) struct Node {
    /// Local name.
    pub(super) name: String,
    /// Line of its start tag, from one.
    pub(super) line: u64,
    /// Its own text, without that of its children.
    pub(super) text: String,
    /// Elements in it, in order.
    pub(super) children: Vec<Node>,
    attributes: Vec<(String, String)>,
}

impl Node {
    /// Drops all but the name.
    fn forget(&mut self) {
        (self.text, self.children, self.attributes) = (String::new(), vec![], vec![]);
    }

    /// An attribute without blanks around it; empty where there is none.
    pub(super) fn attr(&self, name: &str) -> &str {
        self.attributes.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
    }

    /// The text of the first element of this name right below that has one; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        let texts = self.children.iter().filter(|c| c.name.eq_ignore_ascii_case(name)).map(|c| c.text.trim());
        texts.into_iter().find(|t| !t.is_empty()).unwrap_or_default()
    }

    /// All elements of this name, at whatever depth, in order of the document.
    pub(super) fn find<'a>(&'a self, name: &str) -> Vec<&'a Node> {
        let mut found = vec![];
        self.collect(name, &mut found);
        found
    }

    fn collect<'a>(&'a self, name: &str, found: &mut Vec<&'a Node>) {
        for child in &self.children {
            if child.name.eq_ignore_ascii_case(name) {
                found.push(child);
            }
            child.collect(name, found);
        }
    }

    /// The text of the first element of this name at whatever depth; empty where there is none.
    pub(super) fn first(&self, name: &str) -> &str {
        self.find(name).into_iter().map(|n| n.text.trim()).find(|t| !t.is_empty()).unwrap_or_default()
    }
}

/// Walks through a document record by record: no more than one record is in memory. Bytes that
/// are no UTF-8 are taken for Windows-1252, whatever the declaration says, and tags that do not
/// match cost what is between them.
pub(super) struct Walker<R> {
    reader: Reader<Metered<R>>,
    buffer: Vec<u8>,
    line: u64,
    ended: bool,
    /// A start tag that was read in search of the end of the record before.
    pending: Option<Node>,
    /// The root element without what is in it, once the first record was asked for.
    pub(super) root: Option<Node>,
}

impl<R: BufRead> Walker<R> {
    /// Begins at the start of a document.
    pub(super) fn new(input: R) -> Self {
        let mut reader = Reader::from_reader(Metered { inner: input, left: LONGEST_EVENT });
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Self { reader, buffer: vec![], line: 1, ended: false, pending: None, root: None }
    }

    /// The next element that has one of these names, at whatever depth; `None` at the end. What
    /// follows a place that is no XML is left out, with a finding, and so is a record that is too large.
    pub(super) fn next(&mut self, wanted: &[&str], notes: &mut Notebook) -> Option<Node> {
        loop {
            let (node, empty) = match self.pending.take() {
                Some(node) => (node, false),
                None => self.begin(wanted, notes)?,
            };
            if empty {
                return Some(node);
            }
            let line = node.line;
            match self.subtree(node, notes)? {
                Record::Read(node) => return Some(node),
                Record::TooLarge => {
                    notes.at(line);
                    notes.unusable("large-record", "a record of more than 256 MB; left out");
                }
            }
        }
    }

    /// The next start tag of one of these names, and whether its element is empty.
    fn begin(&mut self, wanted: &[&str], notes: &mut Notebook) -> Option<(Node, bool)> {
        while !self.ended {
            self.buffer.clear();
            self.reader.get_mut().left = LONGEST_EVENT;
            let line = self.line;
            let (node, empty) = match self.reader.read_event_into(&mut self.buffer) {
                Err(_) => {
                    self.broken(notes, "the file is no XML from here on; the rest was left out");
                    return None;
                }
                Ok(Event::Eof) => {
                    self.ended = true;
                    return None;
                }
                Ok(event) => {
                    self.line += lines(&event);
                    match &event {
                        Event::Start(tag) => (node_of(tag, line), false),
                        Event::Empty(tag) => (node_of(tag, line), true),
                        _ => continue,
                    }
                }
            };
            notes.at(line);
            if self.root.is_none() {
                self.root = Some(node.clone());
            }
            if wanted.iter().any(|w| node.name.eq_ignore_ascii_case(w)) {
                return Some((node, empty));
            }
        }
        None
    }

    fn broken(&mut self, notes: &mut Notebook, what: &'static str) {
        if self.reader.get_mut().left == 0 {
            self.fail(notes, "xml-long", "a tag, text or comment of more than 32 MB; the rest of the file was left out");
        } else {
            self.fail(notes, "xml-broken", what);
        }
    }

    fn fail(&mut self, notes: &mut Notebook, code: &'static str, what: &'static str) {
        self.ended = true;
        notes.at(self.line);
        notes.unusable(code, what);
    }

    /// All that is in an element; `None` at the end of the file.
    fn subtree(&mut self, root: Node, notes: &mut Notebook) -> Option<Record> {
        let mut open = vec![root];
        let (mut too_deep, mut size) = (0_usize, 0_usize);
        loop {
            self.buffer.clear();
            self.reader.get_mut().left = LONGEST_EVENT;
            let line = self.line;
            let Ok(event) = self.reader.read_event_into(&mut self.buffer) else {
                self.broken(notes, "the file is no XML from here on; this record and the rest were left out");
                return None;
            };
            self.line += lines(&event);
            let depth = open.len();
            let kept = size <= LARGEST_RECORD;
            size += if depth < DEEPEST { size_of(&event) } else { 0 };
            let keeps = size <= LARGEST_RECORD;
            if kept && !keeps {
                // From here on tags are followed, to find the end, and nothing is kept.
                open.iter_mut().for_each(Node::forget);
            }
            let top = open.last_mut()?;
            match &event {
                Event::Start(_) if depth >= DEEPEST => too_deep += 1,
                Event::Start(tag) => {
                    let node = node_of(tag, line);
                    // Records are not in one another: the end of this one was lost.
                    if open.first().is_some_and(|root| root.name == node.name) {
                        notes.at(line);
                        notes.unusable("xml-tags", "tags that do not match; the record was read as far as they tell");
                        self.pending = Some(node);
                        return closed(open).map(|node| if keeps { Record::Read(node) } else { Record::TooLarge });
                    }
                    open.push(node);
                }
                Event::Empty(tag) if keeps => top.children.push(node_of(tag, line)),
                Event::End(_) if too_deep > 0 => too_deep -= 1,
                Event::End(tag) => {
                    let name = text(tag.local_name().into_inner());
                    // A mark in a text that looks like a tag opens what nothing closes, and may
                    // swallow an end: the ends further out tell where the record is again.
                    let closes = open.iter().rposition(|node| node.name == *name);
                    if closes.is_none_or(|at| at + 1 < open.len()) {
                        notes.at(line);
                        notes.unusable("xml-tags", "tags that do not match; the record was read as far as they tell");
                    }
                    for _ in closes.unwrap_or(open.len())..open.len() {
                        let node = open.pop()?;
                        match open.last_mut() {
                            Some(parent) if keeps => parent.children.push(node),
                            Some(_) => {}
                            None => return Some(if keeps { Record::Read(node) } else { Record::TooLarge }),
                        }
                    }
                }
                Event::Text(t) if keeps => top.text.push_str(&text(t)),
                Event::CData(t) if keeps => top.text.push_str(&text(t)),
                Event::GeneralRef(r) if keeps => top.text.push_str(&reference(r)),
                Event::Eof => {
                    self.fail(notes, "xml-cut", "the file ends inside a record; the record was left out");
                    return None;
                }
                _ => {}
            }
        }
    }
}

/// What came of an element.
enum Record {
    Read(Node),
    TooLarge,
}

/// What keeping an event takes.
fn size_of(event: &Event<'_>) -> usize {
    match event {
        Event::Start(_) | Event::Empty(_) => KEPT + event.len(),
        Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => event.len(),
        _ => 0,
    }
}

/// Reads no further than `left`, and fails there.
struct Metered<R> {
    inner: R,
    left: u64,
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        self.inner.fill_buf().map(|there| &there[..there.len().min(left)])
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount as u64);
        self.inner.consume(amount);
    }
}

/// What is open, each put into the one around it.
fn closed(open: Vec<Node>) -> Option<Node> {
    open.into_iter().rev().reduce(|inner, mut outer| {
        outer.children.push(inner);
        outer
    })
}

/// Line ends inside an event; nothing between events has any.
fn lines(event: &Event<'_>) -> u64 {
    memchr::memchr_iter(b'\n', event).count() as u64
}

fn node_of(tag: &BytesStart<'_>, line: u64) -> Node {
    let mut attributes_of = tag.attributes();
    attributes_of.with_checks(false);
    let attributes = attributes_of.flatten().take(MOST_ATTRIBUTES).map(|a| {
        let name = text(a.key.local_name().into_inner()).into_owned();
        (name, unescaped(&text(&a.value)))
    });
    Node { name: text(tag.local_name().into_inner()).into_owned(), line, attributes: attributes.collect(), ..Node::default() }
}

/// What `&amp;` and `&#39;` stand for; an entity that only a DTD knows is a blank.
fn reference(name: &[u8]) -> String {
    let written = format!("&{};", text(name));
    let text = unescaped(&written);
    if text == written { " ".to_owned() } else { text }
}

/// The text without escapes, or as it is where one of them is unknown.
fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

/// The first element of a document with its attributes, out of its beginning.
pub(super) fn root_of(head: &[u8]) -> Option<Node> {
    let mut walker = Walker::new(head);
    let mut notes = Notebook::default();
    walker.next(&[], &mut notes);
    walker.root
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(document: impl BufRead, wanted: &[&str]) -> (Vec<Node>, Vec<(u64, &'static str)>) {
        let (mut walker, mut notes, mut nodes) = (Walker::new(document), Notebook::default(), vec![]);
        while let Some(node) = walker.next(wanted, &mut notes) {
            nodes.push(node);
        }
        (nodes, notes.finish().unusable.iter().map(|u| (u.line, u.code)).collect())
    }

    #[test]
    fn records_with_text_attributes_and_lines() {
        let document = b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- <r>not me</r> -->\n<x:list xmlns:x=\"u\" made='2024'>\n\
            <r id=\"a &amp; b\"\n k='&#233;'><n>A &lt;&amp; B</n><n/><m><n><![CDATA[<C>]]></n></m></r>\n<q><x:r/></q><r>J\xf6rg</r></x:list>";
        let (nodes, codes) = all(&document[..], &["r"]);
        assert_eq!((nodes.len(), codes.len()), (3, 0));
        assert_eq!((nodes[0].attr("ID"), nodes[0].attr("k"), nodes[0].attr("none")), ("a & b", "é", ""));
        assert_eq!((nodes[0].get("n"), nodes[0].find("n").len(), nodes[0].find("n")[2].text.as_str()), ("A <& B", 3, "<C>"));
        assert_eq!(nodes.iter().map(|n| n.line).collect::<Vec<_>>(), [4, 6, 6]);
        assert_eq!(nodes[2].text, "Jörg");
        assert_eq!(root_of(document).map(|n| (n.name.clone(), n.attr("made").to_owned())), Some(("list".into(), "2024".into())));
    }

    #[test]
    fn an_end_in_the_middle_costs_the_record() {
        let (nodes, codes) = all(&b"<l><r>1</r>\n<r><a>2"[..], &["r"]);
        assert_eq!((nodes.len(), codes), (1, vec![(2, "xml-cut")]));
        let (nodes, codes) = all(&b"<l><r>1</r>\n<!-- <r>2</r>"[..], &["r"]);
        assert_eq!((nodes.len(), codes), (1, vec![(2, "xml-broken")]));
    }

    #[test]
    fn tags_that_do_not_match_cost_what_is_between_them() {
        let document = b"<l>\n<r><n>a</n><m>x<y z</m><k>b</k></r>\n<r><n>c</n><m>x</q></m></r>\n<r><n>d</n></r ><r><n>e</n></l>";
        let (nodes, codes) = all(&document[..], &["r"]);
        let names: Vec<_> = nodes.iter().map(|n| (n.first("n"), n.first("k"))).collect();
        assert_eq!(names, [("a", "b"), ("c", ""), ("d", "")]);
        assert_eq!(codes, [(2, "xml-tags"), (3, "xml-tags"), (4, "xml-tags"), (4, "xml-cut")]);
        let (nodes, codes) = all(&b"<l><r><n>a<</n></r>\n<r><n>b</n></r></l>"[..], &["r"]);
        assert_eq!((nodes.len(), codes.is_empty()), (2, false));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("<r>{}x{}</r><r/>", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert_eq!(all(deep.as_bytes(), &["r"]).0.len(), 2);
    }

    /// A document that has no end, and counts what is read of it.
    struct Endless<'a> {
        head: &'a [u8],
        again: &'a [u8],
        read: &'a std::cell::Cell<u64>,
    }

    impl Read for Endless<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let from = if self.head.is_empty() { self.again } else { self.head };
            let n = from.len().min(buffer.len());
            buffer[..n].copy_from_slice(&from[..n]);
            self.head = &self.head[n.min(self.head.len())..];
            self.read.set(self.read.get() + n as u64);
            Ok(n)
        }
    }

    #[test]
    fn what_has_no_end_is_given_up() {
        let blanks = vec![b' '; 1 << 16];
        for head in ["<l><r>", "<l><r a=\"", "<l><!--", "<l><![CDATA[", "<!DOCTYPE l [", "<?", "<", "<l><r>&"] {
            let read = std::cell::Cell::new(0);
            let document = Endless { head: head.as_bytes(), again: &blanks, read: &read };
            let (nodes, codes) = all(io::BufReader::new(document), &["r"]);
            assert_eq!((nodes.len(), codes), (0, vec![(1, "xml-long")]), "{head}");
            assert!(read.get() <= LONGEST_EVENT + (1 << 18), "{head}: {} bytes", read.get());
        }
    }

    #[test]
    fn entities_are_not_expanded() {
        let mut document = "<!DOCTYPE l [<!ENTITY a0 'ha'>".to_owned();
        for at in 1..40 {
            let before = format!("&a{};", at - 1).repeat(10);
            document = [&document, "<!ENTITY a", &at.to_string(), " '", &before, "'>"].concat();
        }
        document.push_str("<!ENTITY x SYSTEM 'file:///etc/passwd'>]><l><r><n>a &a39; b&x;c &amp;</n></r></l>");
        let (nodes, codes) = all(document.as_bytes(), &["r"]);
        assert_eq!((nodes[0].get("n"), codes.len()), ("a   b c &", 0));
    }

    #[test]
    fn a_record_that_is_too_large_costs_itself_only() {
        let many = "<a/>".repeat(LARGEST_RECORD / KEPT);
        let document = format!("<l><r>1</r><r><b>{many}</b><n>2</n></r>\n<r><n>3</n></r></l>");
        let (nodes, codes) = all(document.as_bytes(), &["r"]);
        assert_eq!((nodes.len(), nodes[1].get("n"), codes), (2, "3", vec![(1, "large-record")]));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(prop::sample::select(b"<>/r!-[]&;#x=\"' \n?\xff".to_vec()), 0..80)) {
            all(&bytes[..], &["r"]);
        }
    }
}
