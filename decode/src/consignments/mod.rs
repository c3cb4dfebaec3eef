//! Consignments in columns, as `consignment_schema()` names them.
//!
//! A decoder appends parties, items, containers, references and notes as it meets them, and then
//! ends the consignment with everything else it says. What has a child is a row: once one is
//! appended, [`Consignments::push`] must follow. What the end of a message shows (control totals)
//! is noted on rows that are there already.

mod journey;
mod numbers;
mod parts;
mod row;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int32Type, Int64Type, SchemaRef, TimestampMicrosecondType as Microseconds,
};
use arrow::error::ArrowError;
use tamis_records::schema::consignment_schema;

pub(crate) use self::journey::{ChargeKind, ChargeRow, LegOfRow};
pub(crate) use self::parts::{ContainerRow, ItemRow, Party, PartyRow};
pub(crate) use self::row::{ConsignmentRow, Level, Mode};
use numbers::Numbers;

use super::columns::{Lists, Named, Nulls, TextColumn, in_order};
use super::findings::{Finding, Findings};
use super::noticed::{Noticed, Place};

/// A struct of text builders, one a column of the same name, whose nulls cost nothing.
macro_rules! texts {
    ($name:ident { $($field:ident)* }) => {
        #[derive(Debug, Default)]
        struct $name {
            $($field: TextColumn,)*
        }
        impl $name {
            /// The columns of so many rows; those without any text share one.
            fn finish(&mut self, rows: usize, nulls: &mut Nulls, out: &mut Named) {
                $(
                    out.push((
                        stringify!($field),
                        if self.$field.len() == 0 {
                            nulls.of(&arrow::datatypes::DataType::Utf8View, rows)
                        } else {
                            self.$field.fill(rows);
                            Arc::new(self.$field.finish())
                        },
                    ));
                )*
            }
        }
    };
}

use texts;

/// Sets a row of a column of texts; an empty text, and rows that are passed over, are null.
#[inline(always)]
#[expect(clippy::inline_always, reason = "most columns are empty in most rows: no call to find that out")]
fn set(column: &mut TextColumn, row: usize, text: &str) {
    if !text.is_empty() {
        column.set_some(row, text);
    }
}

texts! { Texts {
    record_id consignment_key message_format message_kind action amendment_code amendment_reason message_ref sender
    recipient level mode bill_number master_bill bill_issuer ccn ucr declaration_ref carrier conveyance_id conveyance_name
    conveyance_country call_sign voyage origin_place loading_port discharge_port entry_port clearance_port delivery_place
    description package_type currency payment part source partition
} }

texts! { PartyTexts {
    role role_code kind name identifier identifier_scheme address city region postal_code country contact phone email
    nationality document_type document_number
} }

texts! { ItemTexts {
    description marks hs package_type quantity_unit currency origin_country un_number hazard_class
} }

texts! { ContainerTexts { number kind size_type load } }

texts! { NoteTexts { country subject kind value } }

/// Number builders of an item.
#[derive(Debug, Default)]
struct ItemNumbers {
    number: Numbers<Int32Type>,
    packages: Numbers<Int64Type>,
    gross_weight_kg: Numbers<Float64Type>,
    net_weight_kg: Numbers<Float64Type>,
    volume_m3: Numbers<Float64Type>,
    quantity: Numbers<Float64Type>,
    value: Numbers<Float64Type>,
}

/// Number and time builders of a consignment.
#[derive(Debug, Default)]
struct RowNumbers {
    departure_local: Numbers<Microseconds>,
    arrival_local: Numbers<Microseconds>,
    deadline_local: Numbers<Microseconds>,
    event_time: Numbers<Microseconds>,
    received_at: Numbers<Microseconds>,
    crew_count: Numbers<Int32Type>,
    passenger_count: Numbers<Int32Type>,
    packages: Numbers<Int64Type>,
    gross_weight_kg: Numbers<Float64Type>,
    net_weight_kg: Numbers<Float64Type>,
    volume_m3: Numbers<Float64Type>,
    customs_value: Numbers<Float64Type>,
    carriage_value: Numbers<Float64Type>,
    packages_of_bill: Numbers<Int64Type>,
    message_part: Numbers<Int32Type>,
    position: Numbers<Int64Type>,
    ordinal: Numbers<Int32Type>,
}

/// A list of texts of the consignment at hand.
#[derive(Debug, Default)]
struct TextList {
    lists: Lists,
    items: TextColumn,
    open: usize,
}

impl TextList {
    fn add(&mut self, text: &str) {
        if !text.is_empty() {
            self.items.append_value(text);
            self.open += 1;
        }
    }

    fn end(&mut self) {
        self.lists.end(std::mem::take(&mut self.open));
    }

    fn finish(&mut self, data_type: &DataType) -> Result<arrow::array::ArrayRef, ArrowError> {
        self.lists.finish(data_type, Arc::new(self.items.finish()))
    }
}

/// Lists of structs: how many items the list at hand has, and the lists before it.
#[derive(Debug, Default)]
struct Children {
    lists: Lists,
    open: usize,
    /// Items of all rows.
    total: usize,
}

impl Children {
    /// Counts an item of the list at hand.
    fn add(&mut self) {
        self.open += 1;
        self.total += 1;
    }

    /// Items of all rows; begins anew.
    fn take_total(&mut self) -> usize {
        std::mem::take(&mut self.total)
    }

    fn end(&mut self) {
        self.lists.end(std::mem::take(&mut self.open));
    }
}

/// Builders of one batch of consignments.
#[derive(Debug)]
pub(crate) struct Consignments {
    schema: SchemaRef,
    count: usize,
    texts: Texts,
    numbers: RowNumbers,
    parties: Children,
    party_texts: PartyTexts,
    party_birth: Numbers<Date32Type>,
    party_item: Numbers<Int32Type>,
    party_identifiers: TextList,
    journey: journey::Journey,
    items: Children,
    item_texts: ItemTexts,
    item_numbers: ItemNumbers,
    item_containers: TextList,
    containers: Children,
    container_texts: ContainerTexts,
    container_seals: TextList,
    references: Children,
    reference_kind: TextColumn,
    reference_value: TextColumn,
    reference_item: Numbers<Int32Type>,
    notes: Children,
    note_texts: NoteTexts,
    route: TextList,
    seals: TextList,
    special_handling: TextList,
    handling_instructions: TextList,
    noticed: Noticed,
    scratch: row::Scratch,
}

impl Default for Consignments {
    fn default() -> Self {
        Self {
            schema: consignment_schema(),
            count: 0,
            texts: Texts::default(),
            numbers: RowNumbers::default(),
            parties: Children::default(),
            party_texts: PartyTexts::default(),
            party_birth: Numbers::default(),
            party_item: Numbers::default(),
            party_identifiers: TextList::default(),
            journey: journey::Journey::default(),
            items: Children::default(),
            item_texts: ItemTexts::default(),
            item_numbers: ItemNumbers::default(),
            item_containers: TextList::default(),
            containers: Children::default(),
            container_texts: ContainerTexts::default(),
            container_seals: TextList::default(),
            references: Children::default(),
            reference_kind: TextColumn::default(),
            reference_value: TextColumn::default(),
            reference_item: Numbers::default(),
            notes: Children::default(),
            note_texts: NoteTexts::default(),
            route: TextList::default(),
            seals: TextList::default(),
            special_handling: TextList::default(),
            handling_instructions: TextList::default(),
            noticed: Noticed::default(),
            scratch: row::Scratch::default(),
        }
    }
}

impl Consignments {
    /// Rows since the last [`Self::finish`].
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Whether the consignment at hand has a party, an item, a container, a reference or a note:
    /// then it must be ended by [`Self::push`].
    pub(crate) fn is_open(&self) -> bool {
        let lists = [&self.parties, &self.items, &self.containers, &self.references, &self.notes];
        let texts = [&self.route, &self.seals, &self.special_handling, &self.handling_instructions];
        self.journey.is_open() || lists.iter().any(|c| c.open > 0) || texts.iter().any(|t| t.open > 0)
    }

    /// Forgets what was noticed of a consignment that was not ended: it must not fall to the next one.
    pub(crate) fn settle(&mut self) {
        self.noticed.settle(self.count);
    }

    /// Notes a finding on the consignment at hand.
    pub(crate) fn notice(&mut self, finding: Finding, place: Place<'_>) {
        self.noticed.add(self.count, finding, place);
    }

    /// Notes a finding on the rows from `from` on that have been ended: what the end of a message
    /// or interchange shows.
    pub(crate) fn notice_from(&mut self, from: usize, finding: Finding, place: Place<'_>) {
        self.noticed.add_to(from..self.count, finding, place);
    }

    /// As [`Self::notice_from`], for findings that have no one place.
    pub(crate) fn note(&mut self, from: usize, findings: Findings) {
        if !findings.is_empty() {
            (from..self.count).for_each(|row| self.noticed.add_all(row, findings));
        }
    }

    /// The batch, and empty builders. A consignment that was begun and not ended would be lost;
    /// decoders end theirs before they return.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let schema = Arc::clone(&self.schema);
        let type_of = |name: &str| schema.field_with_name(name).map(|f| f.data_type().clone());
        let mut all: Named = Vec::with_capacity(schema.fields().len());
        let rows = self.count;
        let nulls = &mut Nulls::default();
        self.texts.finish(rows, nulls, &mut all);
        let n = &mut self.numbers;
        all.push(("departure_local", n.departure_local.column(rows, nulls)));
        all.push(("arrival_local", n.arrival_local.column(rows, nulls)));
        all.push(("deadline_local", n.deadline_local.column(rows, nulls)));
        all.push(("event_time", n.event_time.column(rows, nulls)));
        all.push(("received_at", Arc::new(n.received_at.finish(rows).with_timezone("UTC"))));
        all.push(("crew_count", n.crew_count.column(rows, nulls)));
        all.push(("passenger_count", n.passenger_count.column(rows, nulls)));
        all.push(("packages", n.packages.column(rows, nulls)));
        all.push(("gross_weight_kg", n.gross_weight_kg.column(rows, nulls)));
        all.push(("net_weight_kg", n.net_weight_kg.column(rows, nulls)));
        all.push(("volume_m3", n.volume_m3.column(rows, nulls)));
        all.push(("customs_value", n.customs_value.column(rows, nulls)));
        all.push(("carriage_value", n.carriage_value.column(rows, nulls)));
        all.push(("packages_of_bill", n.packages_of_bill.column(rows, nulls)));
        all.push(("message_part", n.message_part.column(rows, nulls)));
        all.push(("position", n.position.column(rows, nulls)));
        all.push(("ordinal", n.ordinal.column(rows, nulls)));

        let mut parties = Named::new();
        let total = self.parties.take_total();
        self.party_texts.finish(total, nulls, &mut parties);
        parties.push(("birth_date", self.party_birth.column(total, nulls)));
        parties.push(("item", self.party_item.column(total, nulls)));
        let list_type = type_of("parties")?;
        parties.push(("other_identifiers", self.party_identifiers.finish(&child_type(&list_type, "other_identifiers")?)?));
        all.push(("parties", self.parties.lists.finish_structs(&list_type, parties)?));
        self.journey.finish(&schema, nulls, &mut all)?;

        let items = self.finish_items(&type_of("items")?, nulls)?;
        all.push(("items", items));

        let mut containers = Named::new();
        self.container_texts.finish(self.containers.take_total(), nulls, &mut containers);
        let list_type = type_of("containers")?;
        containers.push(("seals", self.container_seals.finish(&child_type(&list_type, "seals")?)?));
        all.push(("containers", self.containers.lists.finish_structs(&list_type, containers)?));

        let references: Named = vec![
            ("kind", Arc::new(self.reference_kind.finish())),
            ("value", Arc::new(self.reference_value.finish())),
            ("item", self.reference_item.column(self.references.take_total(), nulls)),
        ];
        all.push(("references", self.references.lists.finish_structs(&type_of("references")?, references)?));
        let mut notes = Named::new();
        self.note_texts.finish(self.notes.take_total(), nulls, &mut notes);
        all.push(("customs_notes", self.notes.lists.finish_structs(&type_of("customs_notes")?, notes)?));

        all.push(("route", self.route.finish(&type_of("route")?)?));
        all.push(("seals", self.seals.finish(&type_of("seals")?)?));
        all.push(("special_handling", self.special_handling.finish(&type_of("special_handling")?)?));
        let instructions = self.handling_instructions.finish(&type_of("handling_instructions")?)?;
        all.push(("handling_instructions", instructions));
        self.noticed.finish(self.count, &schema, &mut all)?;
        self.count = 0;
        RecordBatch::try_new(Arc::clone(&schema), in_order(schema.fields().iter().map(|f| f.name().as_str()), all)?)
    }

    fn finish_items(&mut self, list_type: &DataType, nulls: &mut Nulls) -> Result<arrow::array::ArrayRef, ArrowError> {
        let mut items = Named::new();
        let total = self.items.take_total();
        self.item_texts.finish(total, nulls, &mut items);
        let n = &mut self.item_numbers;
        items.push(("number", n.number.column(total, nulls)));
        items.push(("packages", n.packages.column(total, nulls)));
        items.push(("gross_weight_kg", n.gross_weight_kg.column(total, nulls)));
        items.push(("net_weight_kg", n.net_weight_kg.column(total, nulls)));
        items.push(("volume_m3", n.volume_m3.column(total, nulls)));
        items.push(("quantity", n.quantity.column(total, nulls)));
        items.push(("value", n.value.column(total, nulls)));
        items.push(("containers", self.item_containers.finish(&child_type(list_type, "containers")?)?));
        self.items.lists.finish_structs(list_type, items)
    }
}

/// Type of a field of the structs in a list column.
fn child_type(list: &DataType, name: &str) -> Result<DataType, ArrowError> {
    if let DataType::List(item) = list
        && let DataType::Struct(fields) = item.data_type()
        && let Some((_, field)) = fields.find(name)
    {
        return Ok(field.data_type().clone());
    }
    Err(ArrowError::SchemaError(format!("a list column has no field {name}")))
}
