//! One element of a document.

use std::ops::Range;

use super::Document;
use super::tape::{DELIMITER, Node};

/// One element; a copy of it costs nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'d> {
    document: &'d Document<'d>,
    node: &'d Node,
    index: u32,
}

impl<'d> Element<'d> {
    pub(super) fn new(document: &'d Document<'_>, index: u32) -> Self {
        Self { document, node: &document.tape.nodes[index as usize], index }
    }

    /// Name without prefix.
    pub(crate) fn name(self) -> &'d str {
        let name = self.document.tape.text_of(self.document.text, self.node.name);
        name.get(usize::from(self.node.local)..).unwrap_or_default()
    }

    /// Its own text with entities replaced and without blanks around it; empty where there is none.
    /// Line breaks inside it stay.
    pub(crate) fn text(self) -> &'d str {
        self.document.tape.text_of(self.document.text, self.node.text)
    }

    /// Value of an attribute, by its name without prefix; empty where there is none.
    pub(crate) fn attr(self, name: &str) -> &'d str {
        self.attributes().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
    }

    /// Names without prefix and values of all attributes.
    pub(crate) fn attributes(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        Attributes { rest: self.document.tape.text_of(self.document.text, self.node.attributes) }
    }

    /// The elements right below it.
    pub(crate) fn children(self) -> impl Iterator<Item = Element<'d>> {
        let mut at = self.index + 1;
        let document = self.document;
        std::iter::from_fn(move || {
            let child = (at < self.node.next).then(|| Element::new(document, at))?;
            at = child.node.next;
            Some(child)
        })
    }

    /// All elements below it at any depth, in the order of the document.
    pub(crate) fn descendants(self) -> impl Iterator<Item = Element<'d>> {
        (self.index + 1..self.node.next).map(move |i| Element::new(self.document, i))
    }

    /// The first element right below it of this name.
    pub(crate) fn child(self, name: &str) -> Option<Element<'d>> {
        self.children().find(|c| c.name() == name)
    }

    /// Text of the first element right below it of this name; empty where there is none.
    pub(crate) fn get(self, name: &str) -> &'d str {
        self.child(name).map_or("", Element::text)
    }

    /// The first element along a path of names.
    pub(crate) fn descend(self, path: &[&str]) -> Option<Element<'d>> {
        path.iter().try_fold(self, |at, name| at.child(name))
    }

    /// Text of the first element along a path of names; empty where there is none.
    pub(crate) fn get_in(self, path: &[&str]) -> &'d str {
        self.descend(path).map_or("", Element::text)
    }

    /// Offset of its start tag in the piece of input.
    pub(crate) fn at(self) -> usize {
        self.document.source(self.node.start)
    }

    /// Bytes of the piece of input from its start tag to its end tag.
    pub(crate) fn range(self) -> Range<usize> {
        self.at()..self.document.source(self.node.end)
    }

    /// Offsets of the damage in it, in order (see [`Document::damage`]).
    pub(crate) fn damage(self) -> impl ExactSizeIterator<Item = usize> + 'd {
        let all = &self.document.tape.damage;
        let from = all.partition_point(|at| *at < self.node.start);
        let to = all.partition_point(|at| *at < self.node.end);
        let document = self.document;
        all.get(from..to).unwrap_or_default().iter().map(move |at| document.source(*at))
    }

    /// Whether its end tag was there.
    pub(crate) fn is_closed(self) -> bool {
        self.node.closed
    }
}

/// Attributes in a start tag.
struct Attributes<'d> {
    rest: &'d str,
}

impl<'d> Iterator for Attributes<'d> {
    type Item = (&'d str, &'d str);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.rest.split_once('=')?;
        // Behind damage only the last word can be the name.
        let name = name.trim_ascii().rsplit([':', ' ', '\t', '\n', '\r']).next().unwrap_or_default();
        let rest = rest.trim_ascii_start();
        let (value, rest) = match rest.as_bytes().first() {
            Some(&quote @ (b'"' | b'\'' | DELIMITER)) => {
                let value = &rest[1..];
                let end = memchr::memchr(quote, value.as_bytes()).unwrap_or(value.len());
                (&value[..end], value.get(end + 1..).unwrap_or_default())
            }
            _ => rest.split_at(rest.find([' ', '\t', '\n', '\r']).unwrap_or(rest.len())),
        };
        self.rest = rest;
        Some((name, value))
    }
}
