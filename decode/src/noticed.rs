//! Findings of a batch of rows, with where each was first noticed.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder};
use arrow::datatypes::Schema;
use arrow::error::ArrowError;

use super::columns::{Lists, Named, TextColumn};
use super::edifact::tags::{self, Tag};
use super::findings::{FINDINGS, Finding, Findings};

/// Where something was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place<'a> {
    /// Segment tag, line identifier or element name; empty where it is not of one.
    pub(crate) segment: &'a str,
    /// Byte offset in the partition.
    pub(crate) offset: Option<i64>,
}

/// Where the findings of a record were first noticed: what was added to its set after each segment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    placed: Findings,
    /// Place in [`FINDINGS`], segment, and offset in the interchange.
    list: Vec<(u16, Tag, usize)>,
}

impl Marks {
    /// Notes the segment for what is new in the set.
    #[inline]
    pub(crate) fn settle(&mut self, set: &Findings, tag: Tag, at: usize) {
        // What was placed stays in the set.
        if !set.is_empty() {
            self.place(set, tag, at);
        }
    }

    #[cold]
    fn place(&mut self, set: &Findings, tag: Tag, at: usize) {
        if *set != self.placed {
            self.list.extend(set.without(self.placed).places().map(|f| (f, tag, at)));
            self.placed = *set;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.placed = Findings::default();
        self.list.clear();
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    row: u32,
    /// Place in [`FINDINGS`].
    finding: u16,
    /// Segment in `segments`.
    segment: (u32, u32),
    offset: Option<i64>,
}

/// The findings of the rows of a batch; most rows have none. What the end of a message shows is
/// added to rows that are there already.
#[derive(Debug, Default)]
pub(crate) struct Noticed {
    entries: Vec<Entry>,
    segments: String,
}

impl Noticed {
    /// Notes one finding on one row.
    pub(crate) fn add(&mut self, row: usize, finding: Finding, place: Place<'_>) {
        let segment = self.keep(place.segment);
        self.entries.push(Entry { row: row as u32, finding: finding as u16, segment, offset: place.offset });
    }

    /// Notes one finding on the rows from `from` up to `to`.
    pub(crate) fn add_to(&mut self, rows: std::ops::Range<usize>, finding: Finding, place: Place<'_>) {
        if rows.is_empty() {
            return;
        }
        let segment = self.keep(place.segment);
        let entry = |row| Entry { row: row as u32, finding: finding as u16, segment, offset: place.offset };
        self.entries.extend(rows.map(entry));
    }

    /// Notes a set of findings that have no one place on one row.
    pub(crate) fn add_all(&mut self, row: usize, findings: Findings) {
        let entry = |finding| Entry { row: row as u32, finding, segment: (0, 0), offset: None };
        self.entries.extend(findings.places().map(entry));
    }

    /// Notes a set of findings on one row, each where it was marked; `base` is the byte offset in
    /// the partition of what the marks count from.
    pub(crate) fn add_marked(&mut self, row: usize, findings: Findings, marks: &Marks, base: i64) {
        for finding in findings.places() {
            let (segment, offset) = match marks.list.iter().find(|(f, ..)| *f == finding) {
                Some(&(_, tag, at)) => {
                    let letters = tags::letters(tag);
                    (self.keep(std::str::from_utf8(&letters).unwrap_or_default().trim_matches('\0')), Some(base + at as i64))
                }
                None => ((0, 0), None),
            };
            self.entries.push(Entry { row: row as u32, finding, segment, offset });
        }
    }

    /// Notes a set of findings of one place on the rows from `from` up to `to`.
    pub(crate) fn add_set(&mut self, rows: std::ops::Range<usize>, findings: Findings, place: Place<'_>) {
        let segment = self.keep(place.segment);
        for finding in findings.places() {
            let entry = |row| Entry { row: row as u32, finding, segment, offset: place.offset };
            self.entries.extend(rows.clone().map(entry));
        }
    }

    fn keep(&mut self, segment: &str) -> (u32, u32) {
        // Runs of findings come from the same segment.
        if let Some(last) = self.entries.last()
            && self.segment(last.segment) == segment
        {
            return last.segment;
        }
        let at = self.segments.len() as u32;
        self.segments.push_str(segment);
        (at, segment.len() as u32)
    }

    fn segment(&self, (at, len): (u32, u32)) -> &str {
        self.segments.get(at as usize..(at + len) as usize).unwrap_or_default()
    }

    /// Forgets what was noticed of a row that never came: behind so many rows.
    pub(crate) fn settle(&mut self, rows: usize) {
        if self.entries.iter().rev().take(64).any(|e| e.row as usize >= rows) {
            self.entries.retain(|e| (e.row as usize) < rows);
        }
    }

    /// The columns `findings` and `finding_details` of so many rows; begins anew.
    pub(crate) fn finish(&mut self, rows: usize, schema: &Schema, out: &mut Named) -> Result<(), ArrowError> {
        // Stable: of one finding the first place stays.
        self.entries.retain(|e| (e.row as usize) < rows);
        self.entries.sort_by_key(|e| (e.row, e.finding));
        self.entries.dedup_by_key(|e| (e.row, e.finding));
        let (mut lists, mut details) = (Lists::default(), Lists::default());
        let mut codes = TextColumn::default();
        let mut severities = TextColumn::default();
        let mut segments = TextColumn::default();
        let mut offsets = Int64Builder::new();
        // Few codes are said of many rows.
        let mut views = [None; FINDINGS.len()];
        let mut left = self.entries.as_slice();
        while let Some(row) = left.first().map(|e| e.row) {
            let n = left.iter().take_while(|e| e.row == row).count();
            let (of_row, rest) = left.split_at(n);
            left = rest;
            for entry in of_row {
                let Some(kind) = FINDINGS.get(usize::from(entry.finding)) else { continue };
                let view = *views[usize::from(entry.finding)].get_or_insert_with(|| codes.view(kind.code));
                codes.append_view(view);
                severities.append_value(kind.severity.name());
                match self.segment(entry.segment) {
                    "" => segments.append_null(),
                    segment => segments.append_value(segment),
                }
                offsets.append_option(entry.offset);
            }
            lists.fill(row as usize);
            lists.end(n);
            details.fill(row as usize);
            details.end(n);
        }
        lists.fill(rows);
        details.fill(rows);
        let type_of = |name: &str| schema.field_with_name(name).map(|f| f.data_type().clone());
        let codes: ArrayRef = Arc::new(codes.finish());
        out.push(("findings", lists.finish(&type_of("findings")?, Arc::clone(&codes))?));
        let columns: Named = vec![
            ("code", codes),
            ("severity", Arc::new(severities.finish())),
            ("segment", Arc::new(segments.finish())),
            ("offset", Arc::new(offsets.finish())),
        ];
        out.push(("finding_details", details.finish_structs(&type_of("finding_details")?, columns)?));
        self.entries.clear();
        self.segments.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Int64Type;
    use tamis_records::schema::traveller_schema;

    use super::*;

    #[test]
    fn the_first_place_of_a_finding_stays() {
        let mut noticed = Noticed::default();
        noticed.add(1, Finding::Junk, Place { segment: "DTM", offset: Some(40) });
        noticed.add_to(0..3, Finding::UntCount, Place { segment: "UNT", offset: Some(90) });
        noticed.add(1, Finding::Junk, Place { segment: "LOC", offset: Some(50) });
        let mut out = Named::new();
        noticed.finish(4, &traveller_schema(), &mut out).unwrap();
        let details = out[1].1.as_list::<i32>();
        assert!(details.is_null(3));
        let row = details.value(1);
        let row = row.as_struct();
        let text = |i: usize| row.column(i).as_string_view().iter().map(Option::unwrap).collect::<Vec<_>>();
        assert_eq!((text(0), text(2)), (vec!["unt_count_differs", "junk_between_segments"], vec!["UNT", "DTM"]));
        assert_eq!(row.column(3).as_primitive::<Int64Type>().values(), &[90, 40]);
        assert_eq!(out[0].1.as_list::<i32>().value(0).as_string_view().value(0), "unt_count_differs");
    }
}
