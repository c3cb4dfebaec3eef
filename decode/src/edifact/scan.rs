//! The careful way through a segment: line breaks and lines of a letter in it, release characters, terminators
//! that were lost, bytes that are not UTF-8. What must be cleaned is copied into the scratch buffer
//! ([`super::repair`]), and its elements point there.

use super::super::findings::{Finding, Findings};
use super::marks::Marks;
use super::parts::MAX_ELEMENTS;
use super::reader::{Buffers, MAX_SEGMENT, Piece, Reader};
use super::slice::SCRATCH;
use super::syntax::{Class, Syntax, skip_blanks};
use super::tags::{self, Tag};

/// How a scan ended.
enum End {
    Terminated,
    /// A line break before the next tag stood where the terminator should.
    LineBreak,
    /// The input, or the patience, came to its end.
    Open,
}

impl Reader<'_, '_> {
    /// The segment or junk at `start`.
    pub(super) fn segment(&mut self, start: usize) -> Piece {
        (self.findings, self.repaired) = (Findings::default(), true);
        let (stop, end, dirty) = self.scan(start);
        let after = if matches!(end, End::Terminated) { stop + 1 } else { stop };
        let text_end = if matches!(end, End::Terminated) { stop - self.syntax.terminator_prefix.len() } else { stop };
        if dirty {
            self.text = SCRATCH | self.clean(start, text_end.max(start));
        } else {
            self.text = start;
        }
        if !matches!(end, End::Terminated) {
            self.findings.add(Finding::TerminatorMissing);
        }
        match self.tag_at_front() {
            Some(tag) if self.elements() <= tags::usual_elements(tag) => self.tag = tag,
            Some(tag) => {
                self.tag = tag;
                if let Some((element, split)) = self.swallowed(1, dirty) {
                    self.cut_after(element);
                    self.findings.add(Finding::TerminatorMissing);
                    self.pos = split;
                    return Piece::Segment(start..split);
                }
            }
            None => {
                self.tag = 0;
                self.pos = match self.swallowed(0, dirty) {
                    Some((_, split)) if split > start => split,
                    _ => after.max(start + 1).min(self.input.len()),
                };
                return Piece::Junk(start..self.pos);
            }
        }
        // A segment without any element is a tag that text happens to form, except UNS and the like.
        if self.elements() < 2 && !tags::known(self.tag) && !tags::cargo(self.tag) {
            self.pos = after.max(start + 1).min(self.input.len());
            return Piece::Junk(start..self.pos);
        }
        self.pos = after;
        Piece::Segment(start..after)
    }

    /// Walks to the end of the segment and notes its components. Returns the offset of the
    /// terminator (or the end), how it ended, and whether the text must be cleaned.
    fn scan(&mut self, start: usize) -> (usize, End, bool) {
        let input = &self.input[..self.input.len().min(start + MAX_SEGMENT)];
        let syntax = &self.syntax;
        let Buffers { parts, marks, .. } = &mut *self.buffers;
        let mut marks = Marks::from(marks, start);
        parts.begin();
        let mut dirty = false;
        let mut high = false;
        let mut breaks = 0;
        let (at, end) = loop {
            let mut at = match marks.next() {
                Some(next) if next < input.len() => next,
                _ => break (input.len(), End::Open),
            };
            match syntax.class(input[at]) {
                Class::Component => parts.component(at - start),
                Class::Element => {
                    parts.border(at - start);
                    if parts.elements() > MAX_ELEMENTS {
                        break (at + 1, End::Open);
                    }
                }
                Class::Terminator => {
                    let prefix = syntax.terminator_prefix;
                    if prefix.is_empty() || (at >= start + prefix.len() && input[at - prefix.len()..at] == *prefix) {
                        break (at, End::Terminated);
                    }
                    high = true;
                }
                Class::Release => {
                    dirty = true;
                    at += 1;
                    // A line break may stand between the release character and what it releases.
                    while at < input.len() && syntax.class(input[at]) == Class::Control {
                        at += 1;
                    }
                    at = (at + 1).min(input.len());
                    marks = Marks::from(marks.words, at);
                }
                Class::Control => {
                    dirty = true;
                    if matches!(input[at], b'\n' | b'\r') {
                        let line = skip_blanks(input, at);
                        if begins_segment(&input[line..], syntax) {
                            break (at, End::LineBreak);
                        }
                        // Lines of a letter that nothing ends: no segment has that many.
                        breaks += 1;
                        if breaks > 64 {
                            break (at, End::Open);
                        }
                        at = line.max(at + 1);
                        marks = Marks::from(marks.words, at);
                    }
                }
                Class::High => {
                    high = true;
                }
                Class::Data => {}
            }
        };
        let text_end = if matches!(end, End::Terminated) { at - syntax.terminator_prefix.len() } else { at };
        parts.finish(text_end.max(start) - start);
        if high && std::str::from_utf8(&input[start..text_end]).is_err() {
            dirty = true;
        }
        (at, end, dirty)
    }

    /// The tag of the current segment, if it begins with one.
    fn tag_at_front(&self) -> Option<Tag> {
        // Most tags stand alone: no need to look for blanks and further components.
        if self.buffers.parts.begins_with_tag() {
            return tags::parse(&self.tail(self.text)[..3]);
        }
        tags::parse(self.element_text(0))
    }

    /// Text of an element, its components and their separators with it.
    fn element_text(&self, element: usize) -> &[u8] {
        let bounds = self.buffers.parts.whole(element);
        bounds.map_or(&[], |(start, end)| self.tail(self.text)[start..end].trim_ascii())
    }

    /// Looks for a segment that this one swallowed when a terminator was lost: an element that
    /// ends in a tag before an element that this tag takes. Returns that element and where the
    /// tag begins in the input.
    fn swallowed(&self, from: usize, dirty: bool) -> Option<(usize, usize)> {
        for element in from..self.elements().saturating_sub(1) {
            let text = self.element_text(element);
            if text.len() < 3 || (element > 0 && text.len() == 3 && from > 0 && self.components(element) == 1) {
                continue;
            }
            let Some(tag) = tags::parse(&text[text.len() - 3..]) else { continue };
            let before = text.len().checked_sub(4).map(|i| text[i]);
            if !tags::known(tag) || !tags::takes(self.tag, tag, before, self.field(element + 1, 0)) {
                continue;
            }
            let last = self.buffers.parts.last_of(element);
            let Some((_, end)) = self.buffers.parts.whole(element) else { continue };
            // The tag may have blanks behind it, as in `UNG +`.
            let raw = self.tail(self.text);
            let blanks = raw[..end].iter().rev().take_while(|b| **b == b' ').count();
            let split = if dirty {
                let joined = self.buffers.ends[last] as usize - blanks;
                if joined < 3 || tags::parse(&self.buffers.joined[joined - 3..joined]) != Some(tag) {
                    continue;
                }
                self.origin_of(joined - 3)
            } else {
                self.text + end - blanks - 3
            };
            return Some((element, split));
        }
        None
    }

    /// Drops what follows `element`, and the swallowed tag at its end.
    fn cut_after(&mut self, element: usize) {
        let parts = &self.buffers.parts;
        let Some((start, end)) = parts.bounds(element, parts.components(element).saturating_sub(1)) else { return };
        let kept = self.tail(self.text)[start..end].trim_ascii_end().len().saturating_sub(3);
        self.buffers.parts.cut_after(element, start + kept);
    }

    /// Cleans `start..end` of the input into scratch and notes its components there. Returns
    /// where in scratch it begins.
    fn clean(&mut self, start: usize, end: usize) -> usize {
        self.join(start, end);
        let Buffers { parts, scratch, joined, ends, .. } = &mut *self.buffers;
        let syntax = &self.syntax;
        let utf8 = std::str::from_utf8(joined).is_ok();
        if !utf8 {
            self.findings.add(Finding::NotUtf8);
        }
        ends.clear();
        parts.begin();
        let base = scratch.len();
        let mut released = false;
        for (at, &b) in joined.iter().enumerate() {
            let class = if released { Class::Data } else { syntax.class(b) };
            released = false;
            match class {
                Class::Component | Class::Element => {
                    ends.push(at as u32);
                    if class == Class::Element {
                        parts.border(scratch.len() - base);
                    } else {
                        parts.component(scratch.len() - base);
                    }
                    // One byte stands between components, as in the input.
                    scratch.push(b);
                }
                Class::Release => released = true,
                _ if b >= 0x80 && !utf8 => {
                    let mut buffer = [0; 4];
                    scratch.extend_from_slice(super::repair::windows_1252(b).encode_utf8(&mut buffer).as_bytes());
                }
                _ => scratch.push(b),
            }
        }
        parts.finish(scratch.len() - base);
        ends.push(joined.len() as u32);
        base
    }
}

/// Whether a line begins with a known tag and an element separator: then the line before it lost
/// its terminator.
pub(super) fn begins_segment(line: &[u8], syntax: &Syntax) -> bool {
    let Some(tag) = line.get(..3).and_then(tags::parse) else { return false };
    if !tags::known(tag) && !tags::cargo(tag) {
        return false;
    }
    let after = &line[3..];
    let blanks = after.iter().take_while(|b| **b == b' ').count();
    match after.get(blanks) {
        Some(b) => *b == syntax.element || (tag == tags::UNA && *b == syntax.component),
        None => false,
    }
}
