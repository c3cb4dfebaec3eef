//! Reads one document into a flat vector of elements, in the order of their start tags.

use memchr::{memchr, memchr2, memmem};

use super::escape::unescape;

/// Longest document; what follows is taken for another one.
pub(super) const LONGEST: usize = (u32::MAX / 4) as usize;

/// Elements nested deeper than this are skipped; no message comes near.
const DEEPEST: usize = 200;

/// Stands around the values of attributes whose entities were replaced, since these may be quotes.
pub(super) const DELIMITER: u8 = 1;

/// A run of the text, or of the scratch text behind it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    at: u32,
    len: u32,
}

impl Span {
    fn new(from: usize, to: usize) -> Self {
        Self { at: from as u32, len: (to - from) as u32 }
    }
}

/// One element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Name with prefix.
    pub(super) name: Span,
    /// Attributes as written, or with [`DELIMITER`].
    pub(super) attributes: Span,
    pub(super) text: Span,
    /// Where its start tag begins.
    pub(super) start: u32,
    /// Behind its end tag.
    pub(super) end: u32,
    /// The first node that is not in it.
    pub(super) next: u32,
    /// Length of the prefix with its colon.
    pub(super) local: u16,
    pub(super) closed: bool,
    /// Whether a blank ended the text so far.
    blank: bool,
}

/// One document; its memory is kept for the next.
#[derive(Debug, Default)]
pub(super) struct Tape {
    pub(super) nodes: Vec<Node>,
    open: Vec<u32>,
    scratch: String,
    /// Length of the text; places behind it are in `scratch`.
    base: usize,
    pub(super) damage: Vec<u32>,
    pub(super) cut: bool,
    pub(super) doctype: bool,
    pub(super) junk: bool,
    /// The end of a tag stands before the root element.
    headless: bool,
    /// No comment ends behind this place, and no CDATA: not to be searched again and again.
    endless: [bool; 2],
}

/// How a start tag ends.
enum TagEnd {
    /// Behind the attributes that end here, which are whole.
    At(usize, bool),
    /// Another tag begins here, or the text ends.
    Broken(usize),
}

impl Tape {
    /// Text of a span.
    pub(super) fn text_of<'t>(&'t self, text: &'t str, span: Span) -> &'t str {
        let (at, len) = (span.at as usize, span.len as usize);
        let found = if at >= self.base { self.scratch.get(at - self.base..at - self.base + len) } else { text.get(at..at + len) };
        found.unwrap_or_default()
    }

    /// Reads the first document of a text; returns where it ends.
    pub(super) fn read(&mut self, text: &str) -> usize {
        self.nodes.clear();
        self.open.clear();
        self.scratch.clear();
        self.damage.clear();
        (self.cut, self.doctype, self.junk) = (false, false, false);
        (self.headless, self.endless) = (false, [false; 2]);
        self.base = text.len();
        let end = self.walk(text);
        self.cut = !self.open.is_empty();
        while let Some(index) = self.open.pop() {
            self.close(index, end, false);
        }
        self.damage.sort_unstable();
        self.damage.dedup();
        end
    }

    fn walk(&mut self, text: &str) -> usize {
        let bytes = text.as_bytes();
        let mut at = 0;
        loop {
            let Some(tag) = memchr(b'<', &bytes[at..]).map(|i| at + i) else {
                self.add_text(text, at, bytes.len(), true);
                return bytes.len();
            };
            self.add_text(text, at, tag, true);
            at = match bytes.get(tag + 1) {
                Some(b'/') => self.end_tag(bytes, tag),
                Some(b'?') => {
                    let declaration =
                        bytes[tag..].starts_with(b"<?xml") && bytes.get(tag + 5).is_some_and(u8::is_ascii_whitespace);
                    if declaration && !self.nodes.is_empty() {
                        return tag;
                    }
                    self.headless &= !declaration;
                    self.instruction(bytes, tag)
                }
                Some(b'!') => self.markup(text, tag),
                Some(b) if b.is_ascii_alphabetic() || matches!(b, b'_' | b':') || *b >= 0x80 => {
                    match self.start_tag(text, tag) {
                        Some(next) => next,
                        // The root element again: the document before was cut.
                        None => return tag,
                    }
                }
                _ => {
                    // A bare sign in a text.
                    self.damage.push(tag as u32);
                    self.add_text(text, tag, tag + 1, false);
                    tag + 1
                }
            };
            if self.open.is_empty() && !self.nodes.is_empty() {
                return at;
            }
        }
    }

    /// Begins an element; `None` where it is the root element of another document.
    fn start_tag(&mut self, text: &str, tag: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let len = bytes[tag + 1..].iter().position(|b| !is_name(*b)).unwrap_or(bytes.len() - tag - 1);
        let name_end = tag + 1 + len;
        let name = &bytes[tag + 1..name_end];
        if self.nodes.first().is_some_and(|root| span(bytes, root.name) == name) {
            return None;
        }
        let (attributes_end, empty, next) = match tag_end(bytes, name_end) {
            TagEnd::At(end, empty) => (end, empty, end + 1 + usize::from(empty)),
            TagEnd::Broken(end) => {
                // Whether it would hold what follows is not known; it is taken to be empty.
                self.damage.push(tag as u32);
                return Some(end);
            }
        };
        if self.open.len() >= DEEPEST || len > usize::from(u16::MAX) {
            self.damage.push(tag as u32);
            return Some(next);
        }
        if bytes.get(name_end).is_some_and(|b| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'/')) {
            self.damage.push(name_end as u32);
        }
        if self.nodes.is_empty() && (self.headless || !self.damage.is_empty()) {
            self.root_without_name(tag);
        }
        let attributes = if attributes_end == name_end {
            Span::default()
        } else if memchr(b'&', &bytes[name_end..attributes_end]).is_some() {
            self.unescape_attributes(&text[name_end..attributes_end])
        } else {
            Span::new(name_end, attributes_end)
        };
        let index = self.nodes.len() as u32;
        self.nodes.push(Node {
            name: Span::new(tag + 1, name_end),
            attributes,
            text: Span::default(),
            start: tag as u32,
            end: next as u32,
            next: index + 1,
            local: memchr(b':', name).map_or(0, |i| i as u16 + 1),
            closed: empty,
            blank: false,
        });
        if !empty {
            self.open.push(index);
        }
        Some(next)
    }

    /// Something in front of the first tag was one: an element without a name stands for it, so that
    /// what follows stays together.
    fn root_without_name(&mut self, at: usize) {
        self.damage.push(at as u32);
        self.open.push(0);
        self.nodes.push(Node {
            name: Span::default(),
            attributes: Span::default(),
            text: Span::default(),
            start: at as u32,
            end: at as u32,
            next: 1,
            local: 0,
            closed: false,
            blank: false,
        });
    }

    fn end_tag(&mut self, bytes: &[u8], tag: usize) -> usize {
        let from = tag + 2;
        let stop = memchr2(b'>', b'<', &bytes[from..]).map_or(bytes.len(), |i| from + i);
        let name = bytes[from..stop].trim_ascii_end();
        let next = if bytes.get(stop) == Some(&b'>') {
            stop + 1
        } else {
            self.damage.push(tag as u32);
            stop
        };
        let Some(&top) = self.open.last() else {
            self.damage.push(tag as u32);
            return next;
        };
        if span(bytes, self.nodes[top as usize].name) == name {
            self.open.pop();
            self.close(top, next, true);
            return next;
        }
        self.damage.push(tag as u32);
        let named = |i: &u32| local(span(bytes, self.nodes[*i as usize].name)) == local(name);
        let found = self.open.iter().rev().position(named);
        // One that is nowhere open but differs from the last one in a letter was meant for it.
        let unnamed = || (self.open.len() == 1 && self.nodes[0].name.len == 0).then_some(0);
        let near = || nearly(span(bytes, self.nodes[top as usize].name), name).then_some(0);
        if let Some(above) = found.or_else(near).or_else(unnamed) {
            for left in (0..=above).rev() {
                if let Some(index) = self.open.pop() {
                    self.close(index, if left == 0 { next } else { tag }, left == 0);
                }
            }
        }
        next
    }

    fn close(&mut self, index: u32, end: usize, closed: bool) {
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[index as usize];
        node.end = end as u32;
        node.next = next;
        node.closed = closed;
        if node.text.len > 0 && next > index + 1 {
            // Text beside elements: a tag in it was none.
            self.damage.push(node.start);
        }
    }

    /// `<?…?>`: skipped.
    fn instruction(&mut self, bytes: &[u8], tag: usize) -> usize {
        let from = tag + 2;
        let stop = memchr(b'<', &bytes[from..]).map_or(bytes.len(), |i| from + i);
        if let Some(end) = memmem::find(&bytes[from..stop], b"?>") {
            return from + end + 2;
        }
        self.damage.push(tag as u32);
        memchr(b'>', &bytes[from..stop]).map_or(stop, |i| from + i + 1)
    }

    /// Comments, CDATA and DOCTYPE.
    fn markup(&mut self, text: &str, tag: usize) -> usize {
        const CDATA: &[u8] = b"<![CDATA[";
        let bytes = text.as_bytes();
        let rest = &bytes[tag..];
        if rest.starts_with(b"<!--") {
            if !self.endless[0]
                && let Some(end) = memmem::find(&rest[4..], b"-->")
            {
                return tag + 4 + end + 3;
            }
            self.endless[0] = true;
        } else if rest.starts_with(CDATA) {
            if !self.endless[1]
                && let Some(end) = memmem::find(&rest[CDATA.len()..], b"]]>")
            {
                let from = tag + CDATA.len();
                self.add_text(text, from, from + end, false);
                return from + end + 3;
            }
            self.endless[1] = true;
        } else if !self.doctype && rest.len() >= 9 && rest[..9].eq_ignore_ascii_case(b"<!DOCTYPE") {
            self.doctype = true;
            return tag + doctype_end(rest);
        }
        self.damage.push(tag as u32);
        let from = tag + 2;
        memchr2(b'>', b'<', &bytes[from..]).map_or(bytes.len(), |i| from + i + usize::from(bytes[from + i] == b'>'))
    }

    /// Adds a run to the text of the element at hand.
    fn add_text(&mut self, text: &str, from: usize, to: usize, escaped: bool) {
        let run = &text[from..to];
        let trimmed = run.trim_ascii_start();
        let start = to - trimmed.len();
        let trimmed = trimmed.trim_ascii_end();
        let Some(&index) = self.open.last() else {
            let junk = trimmed.trim_start_matches('\u{FEFF}');
            self.junk |= !junk.is_empty();
            self.headless |= junk.ends_with('>');
            return;
        };
        let before = self.nodes[index as usize].text;
        let ends_blank = start + trimmed.len() < to;
        let node = &mut self.nodes[index as usize];
        if trimmed.is_empty() {
            node.blank |= !run.is_empty();
            return;
        }
        let blank = node.blank || start > from;
        node.blank = ends_blank;
        let escaped = escaped && memchr(b'&', trimmed.as_bytes()).is_some();
        if before.len == 0 && !escaped {
            node.text = Span::new(start, start + trimmed.len());
            return;
        }
        let mut begin = self.scratch.len();
        if before.len > 0 {
            let at = before.at as usize;
            if at >= self.base && at - self.base + before.len as usize == begin {
                // It stands at the end of the scratch text already.
                begin = at - self.base;
            } else if at >= self.base {
                self.scratch.extend_from_within(at - self.base..at - self.base + before.len as usize);
            } else {
                self.scratch.push_str(&text[at..at + before.len as usize]);
            }
            if blank {
                self.scratch.push(' ');
            }
        }
        if escaped {
            unescape(trimmed, &mut self.scratch);
        } else {
            self.scratch.push_str(trimmed);
        }
        self.nodes[index as usize].text = Span::new(self.base + begin, self.base + self.scratch.len());
    }

    fn unescape_attributes(&mut self, raw: &str) -> Span {
        let begin = self.scratch.len();
        let mut rest = raw;
        while let Some(at) = memchr2(b'"', b'\'', rest.as_bytes()) {
            let quote = rest.as_bytes()[at];
            let value = &rest[at + 1..];
            let end = memchr(quote, value.as_bytes()).unwrap_or(value.len());
            self.scratch.push_str(&rest[..at]);
            self.scratch.push(char::from(DELIMITER));
            unescape(&value[..end], &mut self.scratch);
            self.scratch.push(char::from(DELIMITER));
            rest = value.get(end + 1..).unwrap_or_default();
        }
        self.scratch.push_str(rest);
        Span::new(self.base + begin, self.base + self.scratch.len())
    }
}

fn span(bytes: &[u8], span: Span) -> &[u8] {
    bytes.get(span.at as usize..(span.at + span.len) as usize).unwrap_or_default()
}

fn local(name: &[u8]) -> &[u8] {
    memchr(b':', name).map_or(name, |i| &name[i + 1..])
}

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':') || b >= 0x80
}

/// Where the attributes of a start tag end, and whether `/>` follows.
fn tag_end(bytes: &[u8], from: usize) -> TagEnd {
    if bytes.get(from) == Some(&b'>') {
        return TagEnd::At(from, false);
    }
    let mut quote = 0;
    for (i, &b) in bytes[from..].iter().enumerate() {
        match b {
            b'>' if quote == 0 => return behind(bytes, from, from + i),
            // No value holds it: a quote is missing, and the tag ends at the first sign that ends one.
            b'<' => {
                let tag = &bytes[from..from + i];
                return match memchr(b'>', tag) {
                    Some(end) if quote != 0 => behind(bytes, from, from + end),
                    _ => TagEnd::Broken(from + i),
                };
            }
            b'"' | b'\'' if quote == 0 => quote = b,
            _ if b == quote => quote = 0,
            _ => {}
        }
    }
    match memchr(b'>', &bytes[from..]) {
        Some(end) if quote != 0 => behind(bytes, from, from + end),
        _ => TagEnd::Broken(bytes.len()),
    }
}

fn behind(bytes: &[u8], from: usize, end: usize) -> TagEnd {
    if end > from && bytes[end - 1] == b'/' { TagEnd::At(end - 1, true) } else { TagEnd::At(end, false) }
}

/// Length of a DOCTYPE with its internal subset.
fn doctype_end(rest: &[u8]) -> usize {
    let mut inside = 0_usize;
    for (i, b) in rest.iter().enumerate() {
        match b {
            b'[' => inside += 1,
            b']' => inside = inside.saturating_sub(1),
            b'>' if inside == 0 => return i + 1,
            _ => {}
        }
    }
    // A subset that never ends.
    memchr(b'>', rest).map_or(rest.len(), |i| i + 1)
}

/// Whether two names differ in one letter at most: changed, missing or too many. A byte that was no
/// text has become a letter of two or three bytes.
fn nearly(a: &[u8], b: &[u8]) -> bool {
    if b.is_empty() || a.len().max(b.len()) < 2 {
        return false;
    }
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[front..], &b[front..]);
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let letter = |rest: &[u8]| rest.len() <= 1 || (rest.len() <= 3 && rest.iter().all(|b| *b >= 0x80));
    letter(&a[..a.len() - back]) && letter(&b[..b.len() - back])
}
