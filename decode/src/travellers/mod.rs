//! Travellers in columns, as `traveller_schema()` of the operators names them.
//!
//! What a person says is appended when the person ends. What the message says of all its persons
//! is appended once for all of them when the flight section ends, since counts, shared documents and
//! the findings of trailers are known only then.

mod person;
pub(super) mod reservation;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Date32Builder, Int32Builder, Int64Builder, RecordBatch, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;
use hashbrown::HashMap;
use tamis_records::schema::traveller_schema;

use super::Origin;
use super::columns::{
    LegTexts, Lists, MessageTexts, Named, Nulls, PersonTexts, TextColumn, TwoTimes, in_order, put_n, text_columns,
};
use super::findings::{Finding, Findings};
use super::noticed::{Marks, Noticed, Place};

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

impl LegRow<'_> {
    /// Whether it says more than a list does.
    fn is_booked(&self) -> bool {
        [self.operating_carrier, self.operating_flight, self.booking_class, self.status].iter().any(|s| !s.is_empty())
    }
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
#[derive(Debug)]
struct Pending {
    ordinal: i32,
    /// Digest of the document that counts; `None` without number.
    document: Option<u64>,
    /// Keys in `keys`; empty where there is none.
    document_key: Range<usize>,
    name_key: Range<usize>,
    locator: Range<usize>,
}

/// Builders of one batch of travellers.
#[derive(Debug)]
pub(super) struct Travellers {
    schema: SchemaRef,
    count: usize,
    message: MessageTexts,
    person: PersonTexts,
    part: Int32Builder,
    times: TwoTimes,
    event_time: TimestampMicrosecondBuilder,
    deadline: TimestampMicrosecondBuilder,
    received_at: TimestampMicrosecondBuilder,
    position: Int64Builder,
    ordinal: Int32Builder,
    birth_date: Date32Builder,
    document_expiry: Date32Builder,
    document_shared: Int32Builder,
    bag_count: Int32Builder,
    bag_weight: Int32Builder,
    legs: Lists,
    leg_texts: LegTexts,
    leg_times: TwoTimes,
    /// What only reservations say of legs; filled up to `leg_items` when one comes.
    leg_booked: BookedLegTexts,
    leg_items: usize,
    documents: Lists,
    document_type: TextColumn,
    document_number: TextColumn,
    document_issuer: TextColumn,
    documents_expiry: Date32Builder,
    /// What only reservations say of documents; filled up to `document_items` when one comes.
    document_named: NamedDocumentTexts,
    document_issued: Date32Builder,
    document_items: usize,
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
    keys: String,
    /// How many persons of the message carry a document, by its digest.
    holders: HashMap<u64, i32>,
    scratch: person::Scratch,
}

impl Default for Travellers {
    fn default() -> Self {
        Self {
            schema: traveller_schema(),
            count: 0,
            message: MessageTexts::default(),
            person: PersonTexts::default(),
            part: Int32Builder::new(),
            times: TwoTimes::default(),
            event_time: TimestampMicrosecondBuilder::new(),
            deadline: TimestampMicrosecondBuilder::new(),
            received_at: TimestampMicrosecondBuilder::new(),
            position: Int64Builder::new(),
            ordinal: Int32Builder::new(),
            birth_date: Date32Builder::new(),
            document_expiry: Date32Builder::new(),
            document_shared: Int32Builder::new(),
            bag_count: Int32Builder::new(),
            bag_weight: Int32Builder::new(),
            legs: Lists::default(),
            leg_texts: LegTexts::default(),
            leg_times: TwoTimes::default(),
            leg_booked: BookedLegTexts::default(),
            leg_items: 0,
            documents: Lists::default(),
            document_type: TextColumn::default(),
            document_number: TextColumn::default(),
            document_issuer: TextColumn::default(),
            documents_expiry: Date32Builder::new(),
            document_named: NamedDocumentTexts::default(),
            document_issued: Date32Builder::new(),
            document_items: 0,
            tags: Lists::default(),
            tag_texts: TextColumn::default(),
            contacts: Lists::default(),
            contact_kind: TextColumn::default(),
            contact_value: TextColumn::default(),
            reservations: reservation::Columns::default(),
            noticed: Noticed::default(),
            pending: Vec::new(),
            told: 0,
            keys: String::new(),
            holders: HashMap::new(),
            scratch: person::Scratch::default(),
        }
    }
}

fn put_times(column: &mut TimestampMicrosecondBuilder, time: Option<i64>, n: usize) {
    match time {
        Some(time) => column.append_value_n(time, n),
        None => column.append_nulls(n),
    }
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
        if n == 0 {
            return;
        }
        self.told = self.pending.len();
        let m = &mut self.message;
        put_n(&mut m.flight_key, message.flight_key, n);
        put_n(&mut m.message_format, message.message_format, n);
        put_n(&mut m.message_kind, message.message_kind, n);
        put_n(&mut m.action, message.action, n);
        put_n(&mut m.message_ref, message.message_ref, n);
        put_n(&mut m.common_ref, message.common_ref, n);
        put_n(&mut m.sender, message.sender, n);
        put_n(&mut m.recipient, message.recipient, n);
        put_n(&mut m.carrier, message.border.carrier, n);
        put_n(&mut m.flight, message.border.flight, n);
        put_n(&mut m.departure_port, message.border.departure_port, n);
        put_n(&mut m.arrival_port, message.border.arrival_port, n);
        // Never null: an empty name stays an empty text.
        for _ in 0..n {
            if origin.source.is_empty() {
                m.source.append_value("");
            }
            if origin.partition.is_empty() {
                m.partition.append_value("");
            }
        }
        if !origin.source.is_empty() {
            put_n(&mut m.source, origin.source, n);
        }
        if !origin.partition.is_empty() {
            put_n(&mut m.partition, origin.partition, n);
        }
        match message.message_part {
            Some(part) => self.part.append_value_n(part, n),
            None => self.part.append_nulls(n),
        }
        let times = [
            (&mut self.times.departure_local, message.border.departure_local),
            (&mut self.times.arrival_local, message.border.arrival_local),
            (&mut self.event_time, message.event_time),
        ];
        for (column, time) in times {
            put_times(column, time, n);
        }
        self.put_legs(legs, n);
        self.received_at.append_value_n(origin.received_at, n);
        self.position.append_value_n(message.position, n);
    }

    /// The same legs for `n` persons.
    fn put_legs(&mut self, legs: &[LegRow<'_>], n: usize) {
        // One leg, of many persons: its texts are made once.
        let (rounds, same) = if legs.len() == 1 { (1, n) } else { (n, 1) };
        for _ in 0..rounds {
            for leg in legs {
                put_n(&mut self.leg_texts.carrier, leg.carrier, same);
                put_n(&mut self.leg_texts.flight, leg.flight, same);
                put_n(&mut self.leg_texts.departure_port, leg.departure_port, same);
                put_n(&mut self.leg_texts.arrival_port, leg.arrival_port, same);
                put_times(&mut self.leg_times.departure_local, leg.departure_local, same);
                put_times(&mut self.leg_times.arrival_local, leg.arrival_local, same);
                if leg.is_booked() {
                    self.fill_legs();
                    put_n(&mut self.leg_booked.operating_carrier, leg.operating_carrier, same);
                    put_n(&mut self.leg_booked.operating_flight, leg.operating_flight, same);
                    put_n(&mut self.leg_booked.booking_class, leg.booking_class, same);
                    put_n(&mut self.leg_booked.status, leg.status, same);
                }
                self.leg_items += same;
            }
        }
        (0..n).for_each(|_| self.legs.end(legs.len()));
    }

    fn fill_legs(&mut self) {
        let l = &mut self.leg_booked;
        for column in [&mut l.operating_carrier, &mut l.operating_flight, &mut l.booking_class, &mut l.status] {
            column.fill(self.leg_items);
        }
    }

    fn fill_documents(&mut self) {
        use arrow::array::ArrayBuilder as _;
        let d = &mut self.document_named;
        for column in [&mut d.issue_place, &mut d.surname, &mut d.given_names] {
            column.fill(self.document_items);
        }
        let missing = self.document_items.saturating_sub(self.document_issued.len());
        if missing > 0 {
            self.document_issued.append_nulls(missing);
        }
    }

    /// Chooses the key of each person once it is known who shares a document. A document on several
    /// persons names none of them (placeholder numbers, group papers), so the name has to.
    pub(super) fn finish_keys(&mut self) {
        self.told = 0;
        if self.holders.values().any(|n| (2..64).contains(n)) {
            self.find_repeated();
        }
        let keys = &self.keys;
        for p in self.pending.drain(..) {
            let others = p.document.and_then(|d| self.holders.get(&d)).map_or(0, |n| n - 1);
            self.document_shared.append_value(others);
            let key = if others == 0 && !p.document_key.is_empty() {
                &keys[p.document_key]
            } else if !p.name_key.is_empty() {
                &keys[p.name_key]
            } else {
                let scratch = &mut self.scratch.text;
                scratch.clear();
                scratch.push_str("O:");
                scratch.push_str(&keys[p.locator]);
                scratch.push('/');
                let _ = std::fmt::Write::write_fmt(scratch, format_args!("{}", p.ordinal));
                scratch.as_str()
            };
            self.message.person_key.append_value(key);
        }
        self.keys.clear();
        self.holders.clear();
    }

    /// Notes persons of the same document, name and birth date as one before.
    fn find_repeated(&mut self) {
        let first = self.count - self.pending.len();
        for (i, p) in self.pending.iter().enumerate() {
            let shared = p.document.filter(|d| self.holders.get(d).is_some_and(|n| (2..64).contains(n)));
            let same = |q: &Pending| q.document == shared && self.keys[q.name_key.clone()] == self.keys[p.name_key.clone()];
            if shared.is_some() && !p.name_key.is_empty() && self.pending[..i].iter().any(same) {
                self.noticed.add(first + i, Finding::PersonRepeated, Place::default());
            }
        }
    }

    /// Makes room for as many rows as the last batch had.
    fn reserve(&mut self, rows: usize) {
        for column in [&mut self.birth_date, &mut self.document_expiry] {
            *column = Date32Builder::with_capacity(rows);
        }
        for column in [&mut self.part, &mut self.ordinal, &mut self.document_shared, &mut self.bag_count, &mut self.bag_weight] {
            *column = Int32Builder::with_capacity(rows);
        }
        let times = [&mut self.times.departure_local, &mut self.times.arrival_local];
        for column in times.into_iter().chain([&mut self.event_time, &mut self.deadline, &mut self.received_at]) {
            *column = TimestampMicrosecondBuilder::with_capacity(rows);
        }
        self.position = Int64Builder::with_capacity(rows);
    }

    /// The batch, and empty builders.
    pub(super) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let schema = Arc::clone(&self.schema);
        let type_of = |name: &str| schema.field_with_name(name).map(|f| f.data_type().clone());
        let mut all: Named = Vec::with_capacity(schema.fields().len());
        self.message.finish(&mut all);
        self.person.finish(&mut all);
        self.times.finish(&mut all);
        all.push(("message_part", Arc::new(self.part.finish())));
        all.push(("event_time", Arc::new(self.event_time.finish())));
        all.push(("deadline_local", Arc::new(self.deadline.finish())));
        all.push(("received_at", Arc::new(self.received_at.finish().with_timezone("UTC"))));
        all.push(("position", Arc::new(self.position.finish())));
        all.push(("ordinal", Arc::new(self.ordinal.finish())));
        all.push(("birth_date", Arc::new(self.birth_date.finish())));
        all.push(("document_expiry", Arc::new(self.document_expiry.finish())));
        all.push(("document_shared", Arc::new(self.document_shared.finish())));
        all.push(("bag_count", Arc::new(self.bag_count.finish())));
        all.push(("bag_weight_kg", Arc::new(self.bag_weight.finish())));

        let mut legs = Named::new();
        self.leg_texts.finish(&mut legs);
        self.leg_times.finish(&mut legs);
        let mut nulls = Nulls::default();
        if self.leg_booked.status.len() > 0 {
            self.fill_legs();
            self.leg_booked.finish(&mut legs);
        } else {
            let none = nulls.of(&DataType::Utf8View, self.leg_items);
            legs.extend(
                ["operating_carrier", "operating_flight", "booking_class", "status"].map(|name| (name, Arc::clone(&none))),
            );
        }
        self.leg_items = 0;
        all.push(("legs", self.legs.finish_structs(&type_of("legs")?, legs)?));

        let named = self.document_named.surname.len() > 0;
        if named {
            self.fill_documents();
        }
        let mut documents: Named = vec![
            ("type", Arc::new(self.document_type.finish())),
            ("number", Arc::new(self.document_number.finish())),
            ("issuer", Arc::new(self.document_issuer.finish())),
            ("expiry", Arc::new(self.documents_expiry.finish())),
        ];
        if named {
            documents.push(("issued", Arc::new(self.document_issued.finish())));
            self.document_named.finish(&mut documents);
        } else {
            let none = nulls.of(&DataType::Utf8View, self.document_items);
            documents.extend(["issue_place", "surname", "given_names"].map(|name| (name, Arc::clone(&none))));
            documents.push(("issued", nulls.of(&DataType::Date32, self.document_items)));
        }
        self.document_items = 0;
        all.push(("documents", self.documents.finish_structs(&type_of("documents")?, documents)?));

        let contacts: Named =
            vec![("kind", Arc::new(self.contact_kind.finish())), ("value", Arc::new(self.contact_value.finish()))];
        all.push(("contacts", self.contacts.finish_structs(&type_of("contacts")?, contacts)?));
        let tags = Arc::new(self.tag_texts.finish());
        all.push(("bag_tags", self.tags.finish(&type_of("bag_tags")?, tags)?));
        self.reservations.finish(self.count, &schema, &mut all)?;
        self.noticed.finish(self.count, &schema, &mut all)?;
        self.reserve(self.count);
        self.count = 0;
        RecordBatch::try_new(Arc::clone(&schema), in_order(schema.fields().iter().map(|f| f.name().as_str()), all)?)
    }
}
