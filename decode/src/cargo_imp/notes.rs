//! Other customs, security and regulatory information: `OCI/US/SHP/T/USC7788`.

use super::super::air;
use super::super::findings::Finding;
use super::super::output::Output;
use super::lines::{Body, View};
use super::{Message, Scratch};

/// One statement, with the country and subject of those before it where it goes on with them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Note<'t> {
    pub(super) country: &'t str,
    pub(super) subject: &'t str,
    pub(super) kind: &'t str,
    pub(super) value: &'t str,
}

impl<'t> Note<'t> {
    fn read(line: &View<'t>, before: &Self) -> Self {
        let mut fields = line.fields();
        let mut note = Self {
            country: fields.next().unwrap_or_default(),
            subject: fields.next().unwrap_or_default(),
            kind: fields.next().unwrap_or_default(),
            // The value may hold slants of its own.
            value: fields.rest.unwrap_or_default().trim_ascii(),
        };
        if note.country.is_empty() && note.subject.is_empty() {
            (note.country, note.subject) = (before.country, before.subject);
        }
        note
    }

    /// The notes of some lines, one a line.
    pub(super) fn all(lines: Body<'t>) -> impl Iterator<Item = (View<'t>, Self)> {
        let mut before = Self::default();
        lines.tagged(*b"OCI").map(move |line| {
            before = Self::read(&line, &before);
            (line, before)
        })
    }
}

/// What notes say that has columns of its own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Noted<'t> {
    pub(super) declaration: &'t str,
    pub(super) ucr: &'t str,
}

/// Appends the notes of some lines; numbers of dangerous goods are kept in `scratch`.
pub(super) fn read<'t>(message: &Message<'t, '_>, lines: Body<'t>, scratch: &mut Scratch, out: &mut Output) -> Noted<'t> {
    let mut noted = Noted::default();
    for (line, note) in Note::all(lines) {
        if note.kind.is_empty() && note.value.is_empty() {
            if !line.text.is_empty() {
                message.unreadable(&line, line.text, out);
            }
            continue;
        }
        out.consignments.customs_note(note.country, note.subject, note.kind, note.value);
        match note.kind {
            "M" if noted.declaration.is_empty() => noted.declaration = note.value,
            "U" if noted.ucr.is_empty() => noted.ucr = note.value,
            "D" if note.subject == "DNR" => {
                let number = note.value.strip_prefix("UN").unwrap_or(note.value).trim_ascii();
                if !crate::checks::dangerous(number) {
                    message.notice(Finding::UnNumberInvalid, &line, out);
                }
                if !number.is_empty() && !scratch.un_numbers.split(' ').any(|n| n == number) {
                    air::join_lines(number, " ", &mut scratch.un_numbers);
                }
            }
            _ => {}
        }
    }
    noted
}
