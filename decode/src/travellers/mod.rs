//! Travellers in columns, as `traveller_schema()` of the operators names them.
//!
//! What a person says is appended when the person ends. What the message says of all its persons
//! is appended once for all of them when the flight section ends, since counts, shared documents and
//! the findings of trailers are known only then.

mod person;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Date32Builder, Int32Builder, Int64Builder, RecordBatch, StringViewBuilder, TimestampMicrosecondBuilder};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use hashbrown::HashMap;
use tamis_records::schema::traveller_schema;

use super::Origin;
use super::columns::{LegTexts, Lists, MessageTexts, Named, PersonTexts, TwoTimes, in_order, put, put_n};
use super::findings::{Finding, Findings};
use super::noticed::{Noticed, Place};

/// One leg, as text and local microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LegRow<'a> {
    pub(super) carrier: &'a str,
    pub(super) flight: &'a str,
    pub(super) departure_port: &'a str,
    pub(super) arrival_port: &'a str,
    pub(super) departure_local: Option<i64>,
    pub(super) arrival_local: Option<i64>,
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
    documents: Lists,
    document_type: StringViewBuilder,
    document_number: StringViewBuilder,
    document_issuer: StringViewBuilder,
    documents_expiry: Date32Builder,
    tags: Lists,
    tag_texts: StringViewBuilder,
    contacts: Lists,
    contact_kind: StringViewBuilder,
    contact_value: StringViewBuilder,
    /// Findings of the rows; trailers add to them later.
    noticed: Noticed,
    pending: Vec<Pending>,
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
            documents: Lists::default(),
            document_type: StringViewBuilder::new(),
            document_number: StringViewBuilder::new(),
            document_issuer: StringViewBuilder::new(),
            documents_expiry: Date32Builder::new(),
            tags: Lists::default(),
            tag_texts: StringViewBuilder::new(),
            contacts: Lists::default(),
            contact_kind: StringViewBuilder::new(),
            contact_value: StringViewBuilder::new(),
            noticed: Noticed::default(),
            pending: Vec::new(),
            keys: String::new(),
            holders: HashMap::new(),
            scratch: person::Scratch::default(),
        }
    }
}

impl Travellers {
    /// Travellers since the last [`Self::finish`].
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Adds findings that have no one place to the rows from `from` on.
    pub(super) fn note(&mut self, from: usize, findings: Findings) {
        if !findings.is_empty() {
            (from..self.count).for_each(|row| self.noticed.add_all(row, findings));
        }
    }

    /// Adds a finding to the rows from `from` on.
    pub(super) fn notice(&mut self, from: usize, finding: Finding, place: Place<'_>) {
        self.noticed.add_to(from..self.count, finding, place);
    }

    /// Ends a section: fills what the message says for all persons since the last one.
    pub(super) fn end_section(&mut self, origin: &Origin<'_>, message: &MessageRow<'_>, legs: &[LegRow<'_>]) {
        let n = self.pending.len();
        if n == 0 {
            return;
        }
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
        for _ in 0..n {
            self.part.append_option(message.message_part);
            self.times.departure_local.append_option(message.border.departure_local);
            self.times.arrival_local.append_option(message.border.arrival_local);
            self.event_time.append_option(message.event_time);
            for leg in legs {
                put(&mut self.leg_texts.carrier, leg.carrier);
                put(&mut self.leg_texts.flight, leg.flight);
                put(&mut self.leg_texts.departure_port, leg.departure_port);
                put(&mut self.leg_texts.arrival_port, leg.arrival_port);
                self.leg_times.departure_local.append_option(leg.departure_local);
                self.leg_times.arrival_local.append_option(leg.arrival_local);
            }
            self.legs.end(legs.len());
        }
        self.received_at.append_value_n(origin.received_at, n);
        self.position.append_value_n(message.position, n);
        self.finish_keys();
    }

    /// Chooses the key of each person once it is known who shares a document. A document on several
    /// persons names none of them (placeholder numbers, group papers), so the name has to.
    fn finish_keys(&mut self) {
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
        all.push(("legs", self.legs.finish_structs(&type_of("legs")?, legs)?));

        let documents: Named = vec![
            ("type", Arc::new(self.document_type.finish())),
            ("number", Arc::new(self.document_number.finish())),
            ("issuer", Arc::new(self.document_issuer.finish())),
            ("expiry", Arc::new(self.documents_expiry.finish())),
        ];
        all.push(("documents", self.documents.finish_structs(&type_of("documents")?, documents)?));

        let contacts: Named =
            vec![("kind", Arc::new(self.contact_kind.finish())), ("value", Arc::new(self.contact_value.finish()))];
        all.push(("contacts", self.contacts.finish_structs(&type_of("contacts")?, contacts)?));
        let tags = Arc::new(self.tag_texts.finish());
        all.push(("bag_tags", self.tags.finish(&type_of("bag_tags")?, tags)?));
        self.noticed.finish(self.count, &schema, &mut all)?;
        self.count = 0;
        RecordBatch::try_new(Arc::clone(&schema), in_order(schema.fields().iter().map(|f| f.name().as_str()), all)?)
    }
}
