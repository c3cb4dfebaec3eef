//! Travellers in columns, as `traveller_schema()` of the operators names them.
//!
//! What a person says is appended when the person ends. What the message says of all its persons
//! is appended once for all of them when the flight section ends, since counts, shared documents and
//! the findings of trailers are known only then.

mod key;
mod person;
pub(super) mod reservation;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Date32Type, Int32Type, Int64Type, SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;
use hashbrown::HashMap;
use tamis_records::schema::traveller_schema;

use super::columns::{
    LegTexts, Lists, MessageTexts, Named, Nulls, NumberColumn, PersonTexts, TextColumn, in_order, structs, text_columns,
};
use super::findings::{Finding, Findings};
use super::noticed::{Marks, Noticed, Place};
use super::{Origin, begin_record_id, end_record_id};

pub(super) use person::Whereabouts;

text_columns! { BookedLegTexts { operating_carrier operating_flight booking_class status } }
text_columns! { NamedDocumentTexts { issue_place surname given_names } }

/// One leg, as text and local microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LegRow<'a> {
    pub(super) carrier: &'a str,
    pub(super) flight: &'a str,
    pub(super) departure_port: &'a str,
    pub(super) arrival_port: &'a str,
    pub(super) departure_local: Option<i64>,
    pub(super) arrival_local: Option<i64>,
    pub(super) operating_carrier: &'a str,
    pub(super) operating_flight: &'a str,
    pub(super) booking_class: &'a str,
    pub(super) status: &'a str,
}

/// What a message says of all its persons. Empty text is null.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MessageRow<'a> {
    pub(super) flight_key: &'a str,
    pub(super) message_format: &'static str,
    pub(super) message_kind: &'a str,
    pub(super) action: &'static str,
    pub(super) message_ref: &'a str,
    pub(super) common_ref: &'a str,
    pub(super) message_part: Option<i32>,
    pub(super) sender: &'a str,
    pub(super) recipient: &'a str,
    /// The leg that crosses the border.
    pub(super) border: LegRow<'a>,
    pub(super) event_time: Option<i64>,
    /// Byte offset of the message in its partition.
    pub(super) position: i64,
}

/// A person whose message is not complete yet.
#[derive(Debug, Clone, Copy)]
struct Pending {
    ordinal: i32,
    /// Byte offset of the message in the partition.
    message_at: i64,
    /// Digest of the document that counts; `None` without number.
    document: Option<u64>,
}

type Times = NumberColumn<TimestampMicrosecondType>;

/// Builders of one batch of travellers. A row that says nothing for a column costs nothing there: columns are filled up
/// with nulls when the next value comes, or at the end.
#[derive(Debug, Default)]
pub(super) struct Travellers {
    schema: Option<SchemaRef>,
    count: usize,
    message: MessageTexts,
    person: PersonTexts,
    part: NumberColumn<Int32Type>,
    departure: Times,
    arrival: Times,
    event_time: Times,
    deadline: Times,
    received_at: Times,
    position: NumberColumn<Int64Type>,
    ordinal: NumberColumn<Int32Type>,
    birth_date: NumberColumn<Date32Type>,
    document_expiry: NumberColumn<Date32Type>,
    document_shared: NumberColumn<Int32Type>,
    bag_count: NumberColumn<Int32Type>,
    bag_weight: NumberColumn<Int32Type>,
    legs: Lists,
    leg_items: usize,
    leg_texts: LegTexts,
    leg_departure: Times,
    leg_arrival: Times,
    /// What only reservations say of legs.
    leg_booked: BookedLegTexts,
    documents: Lists,
    document_items: usize,
    document_type: TextColumn,
    document_number: TextColumn,
    document_issuer: TextColumn,
    documents_expiry: NumberColumn<Date32Type>,
    /// What only reservations say of documents.
    document_named: NamedDocumentTexts,
    document_issued: NumberColumn<Date32Type>,
    tags: Lists,
    tag_texts: TextColumn,
    contacts: Lists,
    contact_kind: TextColumn,
    contact_value: TextColumn,
    reservations: reservation::Columns,
    /// Findings of the rows; trailers add to them later.
    noticed: Noticed,
    pending: Vec<Pending>,
    /// How many of `pending` have what their message says.
    told: usize,
    /// How many persons of the message carry a document, by its digest.
    holders: HashMap<u64, i32>,
    /// Whether several carry one.
    shared: bool,
    scratch: person::Scratch,
}

impl Travellers {
    /// Travellers since the last [`Self::finish`].
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// First row of the message at hand.
    pub(super) fn first_pending(&self) -> usize {
        self.count - self.pending.len()
    }

    /// Adds findings that have no one place to the rows from `from` on.
    pub(super) fn note(&mut self, from: usize, findings: Findings) {
        self.note_marked(from, findings, &Marks::default(), 0);
    }

    /// Adds findings to the rows from `from` on, each where it was marked; `base` is the byte offset in
    /// the partition of what the marks count from.
    pub(super) fn note_marked(&mut self, from: usize, findings: Findings, marks: &Marks, base: i64) {
        if !findings.is_empty() {
            (from..self.count).for_each(|row| self.noticed.add_marked(row, findings, marks, base));
        }
    }

    /// Adds findings of one place to the rows from `from` on.
    pub(super) fn notice_all(&mut self, from: usize, findings: Findings, place: Place<'_>) {
        if !findings.is_empty() {
            self.noticed.add_set(from..self.count, findings, place);
        }
    }

    /// Adds a finding to the rows from `from` on.
    pub(super) fn notice(&mut self, from: usize, finding: Finding, place: Place<'_>) {
        self.noticed.add_to(from..self.count, finding, place);
    }

    /// Ends a section: fills what the message says for all persons since the last one.
    pub(super) fn end_section(&mut self, origin: &Origin<'_>, message: &MessageRow<'_>, legs: &[LegRow<'_>]) {
        self.end_part(origin, message, legs);
        self.finish_keys();
    }

    /// Ends a part of a message: fills what it says for all persons since the last one. The keys of
    /// the persons wait for [`Self::finish_keys`].
    pub(super) fn end_part(&mut self, origin: &Origin<'_>, message: &MessageRow<'_>, legs: &[LegRow<'_>]) {
        let n = self.pending.len() - self.told;
        self.end_trip(origin, legs);
        self.end_message(origin, message, n);
    }

    /// Ends a trip: names its persons since the last one and gives them its legs. What the message says of all of its
    /// trips alike waits for [`Self::end_trips`].
    pub(super) fn end_trip(&mut self, origin: &Origin<'_>, legs: &[LegRow<'_>]) {
        let n = self.pending.len() - self.told;
        if n > 0 {
            let row = self.count - n;
            self.put_ids(origin, row);
            self.told = self.pending.len();
            self.put_legs(row, legs, n);
        }
    }

    /// Ends a message of trips: fills what it says for all persons of it, and chooses their keys.
    pub(super) fn end_trips(&mut self, origin: &Origin<'_>, message: &MessageRow<'_>) {
        self.end_message(origin, message, self.pending.len());
        self.finish_keys();
    }

    /// Fills what a message says for the last `n` persons.
    fn end_message(&mut self, origin: &Origin<'_>, message: &MessageRow<'_>, n: usize) {
        if n == 0 {
            return;
        }
        let row = self.count - n;
        let (m, border) = (&mut self.message, &message.border);
        for (column, text) in [
            (&mut m.flight_key, message.flight_key),
            (&mut m.message_format, message.message_format),
            (&mut m.message_kind, message.message_kind),
            (&mut m.action, message.action),
            (&mut m.message_ref, message.message_ref),
            (&mut m.common_ref, message.common_ref),
            (&mut m.sender, message.sender),
            (&mut m.recipient, message.recipient),
            (&mut m.carrier, border.carrier),
            (&mut m.flight, border.flight),
            (&mut m.departure_port, border.departure_port),
            (&mut m.arrival_port, border.arrival_port),
        ] {
            column.set_n(row, text, n);
        }
        // Never null: an empty name stays an empty text.
        m.source.append_value_n(origin.source, n);
        m.partition.append_value_n(origin.partition, n);
        self.part.set_n(row, message.message_part, n);
        self.departure.set_n(row, border.departure_local, n);
        self.arrival.set_n(row, border.arrival_local, n);
        self.event_time.set_n(row, message.event_time, n);
        self.received_at.set_n(row, Some(origin.received_at), n);
        self.position.set_n(row, Some(message.position), n);
    }

    /// Names the records of the persons that were not told of yet, the first of which is at `row`.
    fn put_ids(&mut self, origin: &Origin<'_>, row: usize) {
        let id = &mut self.scratch.id;
        let source = begin_record_id(origin, id);
        for (i, p) in self.pending[self.told..].iter().enumerate() {
            let hex = end_record_id(source, p.message_at, p.ordinal, id);
            // SAFETY: hexadecimal digits are ASCII.
            unsafe { self.person.record_id.set_ascii(row + i, &hex, hex.len()) };
            self.ordinal.set(row + i, Some(p.ordinal));
        }
    }

    /// The same legs for `n` persons.
    fn put_legs(&mut self, row: usize, legs: &[LegRow<'_>], n: usize) {
        let at = self.leg_items;
        let (t, booked) = (&mut self.leg_texts, &mut self.leg_booked);
        let texts: [(&mut TextColumn, for<'x> fn(&LegRow<'x>) -> &'x str); 8] = [
            (&mut t.carrier, |leg| leg.carrier),
            (&mut t.flight, |leg| leg.flight),
            (&mut t.departure_port, |leg| leg.departure_port),
            (&mut t.arrival_port, |leg| leg.arrival_port),
            (&mut booked.operating_carrier, |leg| leg.operating_carrier),
            (&mut booked.operating_flight, |leg| leg.operating_flight),
            (&mut booked.booking_class, |leg| leg.booking_class),
            (&mut booked.status, |leg| leg.status),
        ];
        for (column, text) in texts {
            column.set_rounds(at, legs, n, |leg| text(leg));
        }
        for (column, time) in [
            (&mut self.leg_departure, (|leg| leg.departure_local) as fn(&LegRow<'_>) -> Option<i64>),
            (&mut self.leg_arrival, |leg| leg.arrival_local),
        ] {
            if let [leg] = legs {
                column.set_n(at, time(leg), n);
            } else {
                (0..n).for_each(|round| {
                    (at + round * legs.len()..).zip(legs).for_each(|(item, leg)| column.set(item, time(leg)));
                });
            }
        }
        self.leg_items += n * legs.len();
        self.legs.end_n(row, legs.len(), n);
    }

    /// Chooses the key of each person once it is known who shares a document. A document on several
    /// persons names none of them (placeholder numbers, group papers), so the name has to.
    pub(super) fn finish_keys(&mut self) {
        self.told = 0;
        let first = self.first_pending();
        let shared = std::mem::take(&mut self.shared);
        if shared {
            self.find_repeated();
        }
        let mut key = std::mem::take(&mut self.scratch.key);
        for i in 0..self.pending.len() {
            let (p, row) = (self.pending[i], first + i);
            let others = match p.document {
                Some(document) if shared => self.holders.get(&document).map_or(0, |n| n - 1),
                _ => 0,
            };
            self.document_shared.set(row, Some(others));
            if others == 0
                && p.document.is_some()
                && let Some((bytes, len)) = self.person.document_key(row)
            {
                // SAFETY: the key is ASCII.
                unsafe { self.message.person_key.set_words(row, bytes, len) };
                continue;
            }
            key.clear();
            self.person.write_key(row, &p, others == 0, self.birth_date.get(row), &mut key);
            self.message.person_key.set(row, &key);
        }
        self.scratch.key = key;
        self.pending.clear();
        self.holders.clear();
    }

    /// Notes persons of the same document, name and birth date as one before.
    fn find_repeated(&mut self) {
        let first = self.first_pending();
        let mut names = String::new();
        let mut seen: Vec<(u64, Range<usize>)> = Vec::new();
        for (i, p) in self.pending.iter().enumerate() {
            let Some(shared) = p.document.filter(|d| self.holders.get(d).is_some_and(|n| (2..64).contains(n))) else { continue };
            let start = names.len();
            if !self.person.write_name(first + i, self.birth_date.get(first + i), &mut names) {
                continue;
            }
            let name = start..names.len();
            if seen.iter().any(|(d, other)| *d == shared && names[other.clone()] == names[name.clone()]) {
                self.noticed.add(first + i, Finding::PersonRepeated, Place::default());
            }
            seen.push((shared, name));
        }
    }

    /// The batch, and empty builders.
    pub(super) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let schema = Arc::clone(self.schema.get_or_insert_with(traveller_schema));
        let rows = std::mem::take(&mut self.count);
        let mut nulls = Nulls::default();
        let nulls = &mut nulls;
        let type_of = |name: &str| schema.field_with_name(name).map(|f| f.data_type().clone());
        let mut all: Named = Vec::with_capacity(schema.fields().len());
        self.message.finish_rows(rows, nulls, &mut all);
        self.person.finish_rows(rows, nulls, &mut all);
        all.push(("departure_local", self.departure.finish_rows(rows, nulls)));
        all.push(("arrival_local", self.arrival.finish_rows(rows, nulls)));
        all.push(("message_part", self.part.finish_rows(rows, nulls)));
        all.push(("event_time", self.event_time.finish_rows(rows, nulls)));
        all.push(("deadline_local", self.deadline.finish_rows(rows, nulls)));
        all.push(("received_at", Arc::new(self.received_at.finish(rows).with_timezone("UTC"))));
        all.push(("position", self.position.finish_rows(rows, nulls)));
        all.push(("ordinal", self.ordinal.finish_rows(rows, nulls)));
        all.push(("birth_date", self.birth_date.finish_rows(rows, nulls)));
        all.push(("document_expiry", self.document_expiry.finish_rows(rows, nulls)));
        all.push(("document_shared", self.document_shared.finish_rows(rows, nulls)));
        all.push(("bag_count", self.bag_count.finish_rows(rows, nulls)));
        all.push(("bag_weight_kg", self.bag_weight.finish_rows(rows, nulls)));

        let items = std::mem::take(&mut self.leg_items);
        let mut legs = Named::new();
        self.leg_texts.finish_rows(items, nulls, &mut legs);
        legs.push(("departure_local", self.leg_departure.finish_rows(items, nulls)));
        legs.push(("arrival_local", self.leg_arrival.finish_rows(items, nulls)));
        self.leg_booked.finish_rows(items, nulls, &mut legs);
        let of = type_of("legs")?;
        all.push(("legs", self.legs.finish_rows(rows, &of, structs(&of, legs)?, nulls)?));

        let items = std::mem::take(&mut self.document_items);
        let mut documents: Named = vec![
            ("type", self.document_type.finish_rows(items, nulls)),
            ("number", self.document_number.finish_rows(items, nulls)),
            ("issuer", self.document_issuer.finish_rows(items, nulls)),
            ("expiry", self.documents_expiry.finish_rows(items, nulls)),
            ("issued", self.document_issued.finish_rows(items, nulls)),
        ];
        self.document_named.finish_rows(items, nulls, &mut documents);
        let of = type_of("documents")?;
        all.push(("documents", self.documents.finish_rows(rows, &of, structs(&of, documents)?, nulls)?));

        let contacts: Named =
            vec![("kind", Arc::new(self.contact_kind.finish())), ("value", Arc::new(self.contact_value.finish()))];
        let of = type_of("contacts")?;
        all.push(("contacts", self.contacts.finish_rows(rows, &of, structs(&of, contacts)?, nulls)?));
        let tags = Arc::new(self.tag_texts.finish());
        all.push(("bag_tags", self.tags.finish_rows(rows, &type_of("bag_tags")?, tags, nulls)?));
        self.reservations.finish(rows, &schema, nulls, &mut all)?;
        self.noticed.finish(rows, &schema, &mut all)?;
        RecordBatch::try_new(Arc::clone(&schema), in_order(schema.fields().iter().map(|f| f.name().as_str()), all)?)
    }
}
