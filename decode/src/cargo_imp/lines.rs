//! Lines of a message: what each begins with, joined where a telegram broke them.

use super::super::edifact::windows_1252;
use super::envelope::is_line;

/// What a line is, by its beginning: three letters, or one of the words below.
pub(super) type Tag = [u8; 3];

/// An air waybill and its quantities.
pub(super) const AWB: Tag = *b"AWB";
/// The flight of a manifest: part number, flight, date, airport.
pub(super) const FLIGHT: Tag = *b"1/ ";
/// `LAST` of a manifest.
pub(super) const LAST: Tag = *b"LAS";
/// `CONT` of a manifest.
pub(super) const CONT: Tag = *b"CON";
/// Text in front of any identifier.
pub(super) const NONE: Tag = *b"   ";

/// One line. Its text stands in the input, or in the arena where it had to be changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Where the line begins in the input.
    pub(super) at: usize,
    pub(super) tag: Tag,
    /// Whether the line has the identifier, or goes on with the line before.
    pub(super) first: bool,
    in_arena: bool,
    from: usize,
    to: usize,
}

/// The lines of the message at hand; memory is kept.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) all: Vec<Line>,
    arena: String,
    utf8: bool,
    pub(super) not_utf8: Option<usize>,
    pub(super) wrapped: Option<usize>,
}

/// Text of a line without its identifier and the slant behind it.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'t> {
    pub(super) at: usize,
    pub(super) tag: Tag,
    pub(super) first: bool,
    pub(super) text: &'t str,
}

impl<'t> View<'t> {
    /// Parts between slants.
    pub(super) fn fields(self) -> Fields<'t> {
        Fields { rest: Some(self.text) }
    }

    /// The identifier.
    pub(super) fn name(&self) -> &str {
        std::str::from_utf8(&self.tag).unwrap_or_default().trim_ascii_end()
    }
}

/// Parts of a text between slants, without blanks around them.
#[derive(Debug, Clone)]
pub(super) struct Fields<'t> {
    pub(super) rest: Option<&'t str>,
}

impl<'t> Iterator for Fields<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.rest?;
        // Parts are short: a loop is faster than a search.
        let (field, rest) = match rest.bytes().position(|b| b == b'/') {
            Some(i) => (&rest[..i], Some(&rest[i + 1..])),
            None => (rest, None),
        };
        self.rest = rest;
        Some(field.trim_ascii())
    }
}

/// The lines of a message as text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'t> {
    bytes: &'t [u8],
    /// The same, where all of it is UTF-8.
    whole: Option<&'t str>,
    arena: &'t str,
    lines: &'t [Line],
}

impl<'t> Body<'t> {
    pub(super) fn new(bytes: &'t [u8], whole: Option<&'t str>, lines: &'t Lines) -> Self {
        Self { bytes, whole, arena: &lines.arena, lines: &lines.all }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// A run of the lines.
    pub(super) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        Self { lines: self.lines.get(range).unwrap_or_default(), ..*self }
    }

    pub(super) fn tag(&self, i: usize) -> Tag {
        self.lines.get(i).map_or(NONE, |l| l.tag)
    }

    /// Where the section that begins at a line ends: behind the lines that go on with it.
    pub(super) fn section_end(&self, from: usize) -> usize {
        let further = self.lines.get(from + 1..).unwrap_or_default().iter().take_while(|l| !l.first).count();
        from + 1 + further
    }

    pub(super) fn view(&self, i: usize) -> View<'t> {
        let none = View { at: 0, tag: NONE, first: false, text: "" };
        self.lines.get(i).map_or(none, |line| self.view_of(line))
    }

    fn view_of(&self, line: &Line) -> View<'t> {
        View { at: line.at, tag: line.tag, first: line.first, text: self.text(line) }
    }

    /// The three letters at a place of the input.
    pub(super) fn letters(&self, at: usize) -> &'t str {
        std::str::from_utf8(self.bytes.get(at..at + 3).unwrap_or_default()).unwrap_or_default()
    }

    fn text(&self, line: &Line) -> &'t str {
        if line.in_arena {
            return self.arena.get(line.from..line.to).unwrap_or_default();
        }
        match self.whole {
            Some(text) => text.get(line.from..line.to).unwrap_or_default(),
            None => std::str::from_utf8(self.bytes.get(line.from..line.to).unwrap_or_default()).unwrap_or_default(),
        }
    }

    /// The lines with an identifier, and those that go on with them.
    pub(super) fn tagged(self, tag: Tag) -> impl Iterator<Item = View<'t>> {
        let lines = self.lines;
        lines.iter().filter(move |line| line.tag == tag).map(move |line| self.view_of(line))
    }

    pub(super) fn views(self) -> impl Iterator<Item = View<'t>> {
        (0..self.len()).map(move |i| self.view(i))
    }
}

/// What a line begins with, and where its text begins.
pub(super) enum Begin {
    /// An identifier; the text begins here.
    Tag(Tag, usize),
    /// A slant: it goes on with the line before.
    Slant,
    /// Anything else.
    Other,
}

/// Looks at the beginning of a line.
pub(super) fn begin(line: &[u8]) -> Begin {
    match line {
        [b'/', ..] => Begin::Slant,
        [a, b, c, rest @ ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_uppercase() => match rest {
            [] => Begin::Tag([*a, *b, *c], 3),
            [b'/', ..] => Begin::Tag([*a, *b, *c], 4),
            [b'T'] if line == b"LAST" => Begin::Tag(LAST, 4),
            [b'T'] if line == b"CONT" => Begin::Tag(CONT, 4),
            _ => Begin::Other,
        },
        [a, b'/', ..] if a.is_ascii_digit() => Begin::Tag(FLIGHT, 0),
        [a, b, b'/', ..] if a.is_ascii_digit() && b.is_ascii_digit() => Begin::Tag(FLIGHT, 0),
        [a, ..] if a.is_ascii_digit() && is_awb(line) => Begin::Tag(AWB, 0),
        _ => Begin::Other,
    }
}

/// Whether a line begins with a waybill number and two airports.
pub(super) fn is_awb(line: &[u8]) -> bool {
    let digits = |from: usize, n: usize| line.get(from..from + n).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
    digits(0, 3)
        && (line.get(3) == Some(&b'-') && digits(4, 5) || digits(3, 8) && line.get(11).is_some_and(u8::is_ascii_uppercase))
}

impl Lines {
    /// Begins a message; `utf8`: all of the input is.
    pub(super) fn clear(&mut self, utf8: bool) {
        self.utf8 = utf8;
        self.all.clear();
        self.arena.clear();
        self.not_utf8 = None;
        self.wrapped = None;
    }

    /// Adds a line, which stands at `from..to` of the input.
    pub(super) fn push(&mut self, bytes: &[u8], from: usize, to: usize) {
        let line = &bytes[from..to];
        match begin(line) {
            Begin::Tag(tag, skip) => self.add(bytes, from, from + skip.min(to - from), to, tag, true),
            Begin::Slant => {
                let tag = self.all.last().map_or(NONE, |l| l.tag);
                self.add(bytes, from, from + 1, to, tag, self.all.is_empty());
            }
            Begin::Other => match self.all.last() {
                // A telegram broke the line: it goes on where it was cut.
                Some(_) if is_text(line) && !is_line(line) => self.join(bytes, from, to),
                _ => self.add(bytes, from, from, to, NONE, true),
            },
        }
    }

    fn add(&mut self, bytes: &[u8], at: usize, from: usize, to: usize, tag: Tag, first: bool) {
        let text = &bytes[from..to];
        let line = Line { at, tag, first, in_arena: false, from, to };
        if self.utf8 || std::str::from_utf8(text).is_ok() {
            self.all.push(line);
            return;
        }
        self.not_utf8 = self.not_utf8.or(Some(at));
        let begin = self.arena.len();
        self.repair(text);
        self.all.push(Line { in_arena: true, from: begin, to: self.arena.len(), ..line });
    }

    fn repair(&mut self, text: &[u8]) {
        for chunk in text.utf8_chunks() {
            self.arena.push_str(chunk.valid());
            self.arena.extend(chunk.invalid().iter().map(|b| windows_1252(*b)));
        }
    }

    fn join(&mut self, bytes: &[u8], from: usize, to: usize) {
        self.wrapped = self.wrapped.or(Some(from));
        let Some(last) = self.all.last().copied() else { return };
        let begin = self.arena.len();
        if last.in_arena {
            self.arena.extend_from_within(last.from..last.to);
        } else {
            self.arena.push_str(std::str::from_utf8(&bytes[last.from..last.to]).unwrap_or_default());
        }
        self.repair(&bytes[from..to]);
        if let Some(line) = self.all.last_mut() {
            *line = Line { in_arena: true, from: begin, to: self.arena.len(), ..last };
        }
    }
}

/// Whether a line has anything but signs.
fn is_text(line: &[u8]) -> bool {
    line.iter().any(u8::is_ascii_alphanumeric)
}
