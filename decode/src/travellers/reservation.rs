//! What a reservation adds to a traveller, and its columns.
//!
//! Lists of passengers say nothing of it, so these columns are filled with nulls only when a
//! reservation comes, or when the batch ends: a row of a list costs nothing here.

use std::sync::Arc;

use arrow::array::{BooleanBuilder, Date32Builder, Float64Builder, Int32Builder, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;

use super::super::columns::{Lists, Named, Nulls, TextColumn, put, text_columns};
use super::super::edifact::{Slice, Texts};
use super::super::paxlst::Country;
use super::person::country;

/// One locator of a reservation.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_field_names, reason = "the name of the column")]
pub(crate) struct Locator {
    pub(crate) carrier: Slice,
    pub(crate) locator: Slice,
    pub(crate) created: Option<i64>,
    /// Of the reservation that travellers were divided from or to.
    pub(crate) split: bool,
}

/// One leg of the itinerary.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Leg {
    pub(crate) carrier: Slice,
    pub(crate) flight: Slice,
    pub(crate) departure_port: Slice,
    pub(crate) arrival_port: Slice,
    pub(crate) departure: Option<i64>,
    pub(crate) arrival: Option<i64>,
    pub(crate) operating_carrier: Slice,
    pub(crate) operating_flight: Slice,
    pub(crate) booking_class: Slice,
    pub(crate) status: Slice,
    /// Seats booked on it.
    pub(crate) seats: Option<i32>,
    /// When its check-in was last changed.
    pub(crate) checked_in: Option<i64>,
}

/// What was done to a reservation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Change {
    pub(crate) at: Option<i64>,
    pub(crate) action: Slice,
    /// Tag of the segment, and the code of a service.
    pub(crate) tag: [u8; 3],
    pub(crate) code: Slice,
}

/// What a reservation says of all its travellers.
#[derive(Debug, Default)]
pub(crate) struct Reservation {
    pub(crate) locators: Vec<Locator>,
    pub(crate) booked: Option<i64>,
    pub(crate) changed: Option<i64>,
    pub(crate) split_count: Option<i32>,
    pub(crate) group_name: Slice,
    pub(crate) agency_system: Slice,
    pub(crate) agency_iata: Slice,
    pub(crate) agency_office: Slice,
    pub(crate) agency_city: Slice,
    pub(crate) agency_country: Country,
    pub(crate) agency_kind: Slice,
    pub(crate) agency_currency: Slice,
    pub(crate) contacts: Vec<(&'static str, Slice)>,
    pub(crate) payments: Vec<Payment>,
    pub(crate) flyers: Vec<Flyer>,
    pub(crate) services: Vec<Slice>,
    pub(crate) legs: Vec<Leg>,
    pub(crate) excess_count: Option<i32>,
    pub(crate) excess_charge: Option<f64>,
    pub(crate) excess_currency: Slice,
    pub(crate) history: Vec<Change>,
    pub(crate) history_lines: i32,
    /// Travellers that it names.
    pub(crate) party: i32,
    /// The leg that crosses the border.
    pub(crate) border: Option<usize>,
}

impl Reservation {
    /// Forgets all but the memory of the lists.
    pub(crate) fn reset(&mut self) {
        let mut old = std::mem::take(self);
        old.locators.clear();
        old.contacts.clear();
        old.payments.clear();
        old.flyers.clear();
        old.services.clear();
        old.legs.clear();
        old.history.clear();
        *self = Self {
            locators: old.locators,
            contacts: old.contacts,
            payments: old.payments,
            flyers: old.flyers,
            services: old.services,
            legs: old.legs,
            history: old.history,
            ..Self::default()
        };
    }
}

/// One payment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Payment {
    pub(crate) kind: Slice,
    pub(crate) amount: Option<f64>,
    pub(crate) currency: Slice,
    pub(crate) vendor: Slice,
    pub(crate) number: Slice,
    pub(crate) expiry: Slice,
    pub(crate) payer: Slice,
    pub(crate) payer_contact: Slice,
}

/// One ticket.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ticket {
    pub(crate) number: Slice,
    pub(crate) coupon: Option<i32>,
    pub(crate) issued: Option<i32>,
}

/// One frequent flyer account.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flyer {
    pub(crate) carrier: Slice,
    pub(crate) number: Slice,
    pub(crate) level: Slice,
}

/// One seat; `leg` is a place in the itinerary.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_field_names, reason = "the name of the column")]
pub(crate) struct Seat {
    pub(crate) leg: Option<usize>,
    pub(crate) departure_port: Slice,
    pub(crate) arrival_port: Slice,
    pub(crate) seat: Slice,
    pub(crate) cabin: Slice,
}

/// One bag on one leg.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bag {
    pub(crate) leg: Option<usize>,
    pub(crate) tag: Slice,
    pub(crate) destination: Slice,
}

/// Check-in of one traveller for one leg.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CheckIn {
    pub(crate) leg: Option<usize>,
    pub(crate) boarding_number: Slice,
    pub(crate) bags: Option<i32>,
    /// Tags among them.
    pub(crate) tagged: i32,
    pub(crate) weight_kg: Option<i32>,
    pub(crate) head: Option<bool>,
    pub(crate) pool: Slice,
}

/// What a reservation says of one traveller.
#[derive(Debug, Default)]
pub(crate) struct Booked {
    pub(crate) reference: Slice,
    /// `adult`, `child`, `infant` or nothing.
    pub(crate) kind: &'static str,
    pub(crate) age: Option<i32>,
    pub(crate) with_infant: bool,
    pub(crate) payments: Vec<Payment>,
    pub(crate) fare: Option<f64>,
    pub(crate) fare_currency: Slice,
    pub(crate) fare_basis: Slice,
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) flyers: Vec<Flyer>,
    pub(crate) seats: Vec<Seat>,
    pub(crate) bags: Vec<Bag>,
    pub(crate) check_ins: Vec<CheckIn>,
    pub(crate) services: Vec<Slice>,
}

impl Booked {
    /// Forgets all but the memory of the lists.
    pub(crate) fn reset(&mut self) {
        let mut old = std::mem::take(self);
        old.payments.clear();
        old.tickets.clear();
        old.flyers.clear();
        old.seats.clear();
        old.bags.clear();
        old.check_ins.clear();
        old.services.clear();
        *self = Self {
            payments: old.payments,
            tickets: old.tickets,
            flyers: old.flyers,
            seats: old.seats,
            bags: old.bags,
            check_ins: old.check_ins,
            services: old.services,
            ..Self::default()
        };
    }
}

/// What goes with a person beyond a list: his reservation, or the answer to a list.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Beside<'a> {
    pub(crate) booked: Option<(&'a Reservation, &'a Booked)>,
    pub(crate) response: Slice,
    pub(crate) response_text: Slice,
    /// Number of a frequent flyer or customer, and how a charge is paid, in a list.
    pub(crate) customer: Slice,
    pub(crate) charge: Slice,
}

impl Beside<'_> {
    /// Whether there is anything.
    pub(super) fn is_any(&self) -> bool {
        self.booked.is_some() || [self.response, self.customer, self.charge].iter().any(|s| !s.is_empty())
    }
}

text_columns! { Texts1 {
    group_name agency_system agency_iata agency_office agency_city agency_country agency_kind traveller_ref traveller_type
    fare_currency fare_basis boarding_number bag_pool excess_bag_currency response response_text
} }
text_columns! { LocatorTexts { carrier locator kind } }
text_columns! { PaymentTexts { kind currency card_vendor card_number_masked card_expiry payer payer_contact } }
text_columns! { FlyerTexts { carrier number level } }
text_columns! { SeatTexts { departure_port arrival_port seat cabin } }
text_columns! { BagTexts { departure_port arrival_port tag destination } }
text_columns! { ChangeTexts { action subject } }

/// Builders of these columns.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Rows so far.
    rows: usize,
    texts: Texts1,
    booked: TimestampMicrosecondBuilder,
    changed: TimestampMicrosecondBuilder,
    checked_in_at: TimestampMicrosecondBuilder,
    party: Int32Builder,
    split: Int32Builder,
    age: Int32Builder,
    excess: Int32Builder,
    lines: Int32Builder,
    fare: Float64Builder,
    charge: Float64Builder,
    with_infant: BooleanBuilder,
    checked_in: BooleanBuilder,
    head: BooleanBuilder,
    locators: Lists,
    locator_texts: LocatorTexts,
    locator_created: TimestampMicrosecondBuilder,
    payments: Lists,
    payment_texts: PaymentTexts,
    payment_amount: Float64Builder,
    tickets: Lists,
    ticket_number: TextColumn,
    ticket_coupon: Int32Builder,
    ticket_issued: Date32Builder,
    flyers: Lists,
    flyer_texts: FlyerTexts,
    seats: Lists,
    seat_texts: SeatTexts,
    bags: Lists,
    bag_texts: BagTexts,
    services: Lists,
    service_texts: TextColumn,
    history: Lists,
    change_texts: ChangeTexts,
    change_at: TimestampMicrosecondBuilder,
    scratch: String,
}

/// The columns of a reservation.
const NAMES: [&str; 37] = [
    "group_name",
    "agency_system",
    "agency_iata",
    "agency_office",
    "agency_city",
    "agency_country",
    "agency_kind",
    "traveller_ref",
    "traveller_type",
    "fare_currency",
    "fare_basis",
    "boarding_number",
    "bag_pool",
    "excess_bag_currency",
    "response",
    "response_text",
    "booked_local",
    "booking_changed_local",
    "checked_in_local",
    "party_size",
    "split_count",
    "reported_age",
    "excess_bag_count",
    "history_lines",
    "fare_amount",
    "excess_bag_charge",
    "with_infant",
    "checked_in",
    "head_of_pool",
    "services",
    "pnr_locators",
    "payments",
    "tickets",
    "frequent_flyers",
    "seats",
    "bags",
    "history",
];

/// Card number with its middle masked: payment card rules let the first six and last four be read.
fn masked<'s>(number: &'s str, scratch: &'s mut String) -> &'s str {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if digits <= 10 {
        return number;
    }
    scratch.clear();
    let mut at = 0;
    for c in number.chars() {
        let hidden = c.is_ascii_digit() && (6..digits - 4).contains(&at);
        at += usize::from(c.is_ascii_digit());
        scratch.push(if hidden { 'X' } else { c });
    }
    scratch
}

/// Whether a card number is readable beyond what the rules allow.
pub(crate) fn is_unmasked(number: &[u8]) -> bool {
    number.iter().filter(|b| b.is_ascii_digit()).count() > 10
}

/// Appends nulls to a primitive or boolean builder until it has so many rows.
macro_rules! fill {
    ($rows:expr; $($builder:expr),* $(,)?) => {
        $({
            use arrow::array::ArrayBuilder as _;
            let missing = $rows.saturating_sub($builder.len());
            if missing > 0 {
                $builder.append_nulls(missing);
            }
        })*
    };
}

impl Columns {
    /// Fills rows without reservation up to `rows`.
    fn fill(&mut self, rows: usize) {
        if self.rows >= rows {
            return;
        }
        self.rows = rows;
        let t = &mut self.texts;
        for column in [
            &mut t.group_name,
            &mut t.agency_system,
            &mut t.agency_iata,
            &mut t.agency_office,
            &mut t.agency_city,
            &mut t.agency_country,
            &mut t.agency_kind,
            &mut t.traveller_ref,
            &mut t.traveller_type,
            &mut t.fare_currency,
            &mut t.fare_basis,
            &mut t.boarding_number,
            &mut t.bag_pool,
            &mut t.excess_bag_currency,
            &mut t.response,
            &mut t.response_text,
        ] {
            column.fill(rows);
        }
        fill!(rows; self.booked, self.changed, self.checked_in_at, self.party, self.split, self.age, self.excess, self.lines,
            self.fare, self.charge, self.with_infant, self.checked_in, self.head);
        for list in [
            &mut self.locators,
            &mut self.payments,
            &mut self.tickets,
            &mut self.flyers,
            &mut self.seats,
            &mut self.bags,
            &mut self.services,
            &mut self.history,
        ] {
            list.fill(rows);
        }
    }

    /// Appends what goes with the person of row `row`, which is the last one.
    pub(super) fn push<T: Texts + ?Sized>(&mut self, row: usize, texts: &T, beside: &Beside<'_>) {
        self.fill(row);
        put(&mut self.texts.response, texts.text(beside.response));
        put(&mut self.texts.response_text, texts.text(beside.response_text));
        if let Some((reservation, booked)) = beside.booked {
            self.push_reservation(texts, reservation);
            self.push_booked(texts, reservation, booked);
        }
        if !beside.customer.is_empty() {
            self.push_flyer(texts, &Flyer { number: beside.customer, ..Flyer::default() });
            self.flyers.end(1);
        }
        if !beside.charge.is_empty() {
            self.push_payment(texts, &Payment { kind: beside.charge, ..Payment::default() }, Slice::default());
            self.payments.end(1);
        }
        self.fill(row + 1);
        self.rows = row + 1;
    }

    fn push_payment<T: Texts + ?Sized>(&mut self, texts: &T, p: &Payment, currency: Slice) {
        let c = &mut self.payment_texts;
        put(&mut c.kind, texts.text(p.kind));
        put(&mut c.currency, texts.text(currency));
        put(&mut c.card_vendor, texts.text(p.vendor));
        put(&mut c.card_number_masked, masked(texts.text(p.number), &mut self.scratch));
        put(&mut c.card_expiry, texts.text(p.expiry));
        put(&mut c.payer, texts.text(p.payer));
        put(&mut c.payer_contact, texts.text(p.payer_contact));
        self.payment_amount.append_option(p.amount);
    }

    fn push_flyer<T: Texts + ?Sized>(&mut self, texts: &T, flyer: &Flyer) {
        put(&mut self.flyer_texts.carrier, texts.text(flyer.carrier));
        self.flyer_texts.number.append_value(texts.text(flyer.number));
        put(&mut self.flyer_texts.level, texts.text(flyer.level));
    }

    fn push_reservation<T: Texts + ?Sized>(&mut self, texts: &T, r: &Reservation) {
        let t = &mut self.texts;
        put(&mut t.group_name, texts.text(r.group_name));
        put(&mut t.agency_system, texts.text(r.agency_system));
        put(&mut t.agency_iata, texts.text(r.agency_iata));
        put(&mut t.agency_office, texts.text(r.agency_office));
        put(&mut t.agency_city, texts.text(r.agency_city));
        put(&mut t.agency_country, country(texts, r.agency_country));
        put(&mut t.agency_kind, texts.text(r.agency_kind));
        put(&mut t.excess_bag_currency, texts.text(r.excess_currency));
        self.booked.append_option(r.booked);
        self.changed.append_option(r.changed);
        self.party.append_value(r.party);
        self.split.append_option(r.split_count);
        self.excess.append_option(r.excess_count);
        self.charge.append_option(r.excess_charge);
        self.lines.append_value(r.history_lines);
        for l in &r.locators {
            put(&mut self.locator_texts.carrier, texts.text(l.carrier));
            self.locator_texts.locator.append_value(texts.text(l.locator));
            self.locator_texts.kind.append_value(if l.split { "split" } else { "own" });
            self.locator_created.append_option(l.created);
        }
        self.locators.end(r.locators.len());
        for change in &r.history {
            self.change_at.append_option(change.at);
            put(&mut self.change_texts.action, texts.text(change.action));
            let subject = std::str::from_utf8(&change.tag).unwrap_or_default();
            match texts.text(change.code) {
                "" => put(&mut self.change_texts.subject, subject.trim_end_matches('\0')),
                code => {
                    self.scratch.clear();
                    self.scratch.push_str(subject);
                    self.scratch.push(' ');
                    self.scratch.push_str(code);
                    self.change_texts.subject.append_value(&self.scratch);
                }
            }
        }
        self.history.end(r.history.len());
    }

    fn push_booked<T: Texts + ?Sized>(&mut self, texts: &T, r: &Reservation, b: &Booked) {
        let t = &mut self.texts;
        put(&mut t.traveller_ref, texts.text(b.reference));
        put(&mut t.traveller_type, b.kind);
        put(&mut t.fare_currency, texts.text(b.fare_currency));
        put(&mut t.fare_basis, texts.text(b.fare_basis));
        self.age.append_option(b.age);
        self.fare.append_option(b.fare);
        self.with_infant.append_value(b.with_infant);
        let check_in = r.border.and_then(|border| b.check_ins.iter().rfind(|c| c.leg == Some(border)));
        self.checked_in.append_value(check_in.is_some());
        let at = r.border.filter(|_| check_in.is_some()).and_then(|leg| r.legs.get(leg)).and_then(|l| l.checked_in);
        self.checked_in_at.append_option(at);
        put(&mut t.boarding_number, check_in.map_or("", |c| texts.text(c.boarding_number)));
        // Where the leg of the border has no bags, the pool is that of the last leg that has one.
        let pooled = check_in.filter(|c| c.head.is_some()).or_else(|| b.check_ins.iter().rfind(|c| c.head.is_some()));
        self.head.append_option(pooled.and_then(|c| c.head));
        put(&mut t.bag_pool, pooled.map_or("", |c| texts.text(c.pool)));

        for p in r.payments.iter().chain(&b.payments) {
            let currency = [p.currency, b.fare_currency, r.agency_currency].into_iter().find(|s| !s.is_empty());
            self.push_payment(texts, p, currency.unwrap_or_default());
        }
        self.payments.end(r.payments.len() + b.payments.len());
        for ticket in &b.tickets {
            self.ticket_number.append_value(texts.text(ticket.number));
            self.ticket_coupon.append_option(ticket.coupon);
            self.ticket_issued.append_option(ticket.issued);
        }
        self.tickets.end(b.tickets.len());
        for flyer in r.flyers.iter().chain(&b.flyers) {
            self.push_flyer(texts, flyer);
        }
        self.flyers.end(r.flyers.len() + b.flyers.len());
        for seat in &b.seats {
            let leg = seat.leg.and_then(|l| r.legs.get(l));
            let (from, to) = leg.map_or((seat.departure_port, seat.arrival_port), |l| (l.departure_port, l.arrival_port));
            put(&mut self.seat_texts.departure_port, texts.text(from));
            put(&mut self.seat_texts.arrival_port, texts.text(to));
            self.seat_texts.seat.append_value(texts.text(seat.seat));
            put(&mut self.seat_texts.cabin, texts.text(seat.cabin));
        }
        self.seats.end(b.seats.len());
        for bag in &b.bags {
            let leg = bag.leg.and_then(|l| r.legs.get(l)).copied().unwrap_or_default();
            put(&mut self.bag_texts.departure_port, texts.text(leg.departure_port));
            put(&mut self.bag_texts.arrival_port, texts.text(leg.arrival_port));
            put(&mut self.bag_texts.tag, texts.text(bag.tag));
            put(&mut self.bag_texts.destination, texts.text(bag.destination));
        }
        self.bags.end(b.bags.len());
        for code in r.services.iter().chain(&b.services) {
            self.service_texts.append_value(texts.text(*code));
        }
        self.services.end(r.services.len() + b.services.len());
    }

    /// The columns of so many rows; begins anew.
    pub(super) fn finish(&mut self, rows: usize, schema: &Schema, out: &mut Named) -> Result<(), ArrowError> {
        if self.rows == 0 {
            let mut nulls = Nulls::default();
            for name in NAMES {
                out.push((name, nulls.of(schema.field_with_name(name)?.data_type(), rows)));
            }
            return Ok(());
        }
        self.fill(rows);
        self.rows = 0;
        let type_of = |name: &str| schema.field_with_name(name).map(|f| f.data_type().clone());
        self.texts.finish(out);
        out.push(("booked_local", Arc::new(self.booked.finish())));
        out.push(("booking_changed_local", Arc::new(self.changed.finish())));
        out.push(("checked_in_local", Arc::new(self.checked_in_at.finish())));
        out.push(("party_size", Arc::new(self.party.finish())));
        out.push(("split_count", Arc::new(self.split.finish())));
        out.push(("reported_age", Arc::new(self.age.finish())));
        out.push(("excess_bag_count", Arc::new(self.excess.finish())));
        out.push(("history_lines", Arc::new(self.lines.finish())));
        out.push(("fare_amount", Arc::new(self.fare.finish())));
        out.push(("excess_bag_charge", Arc::new(self.charge.finish())));
        out.push(("with_infant", Arc::new(self.with_infant.finish())));
        out.push(("checked_in", Arc::new(self.checked_in.finish())));
        out.push(("head_of_pool", Arc::new(self.head.finish())));
        let services = Arc::new(self.service_texts.finish());
        out.push(("services", self.services.finish(&type_of("services")?, services)?));

        let mut list = |name: &'static str, lists: &mut Lists, columns: Named, data_type: DataType| {
            lists.finish_structs(&data_type, columns).map(|column| out.push((name, column)))
        };
        let mut columns = Named::new();
        self.locator_texts.finish(&mut columns);
        columns.push(("created_local", Arc::new(self.locator_created.finish())));
        list("pnr_locators", &mut self.locators, columns, type_of("pnr_locators")?)?;
        let mut columns = Named::new();
        self.payment_texts.finish(&mut columns);
        columns.push(("amount", Arc::new(self.payment_amount.finish())));
        list("payments", &mut self.payments, columns, type_of("payments")?)?;
        let columns: Named = vec![
            ("number", Arc::new(self.ticket_number.finish())),
            ("coupon", Arc::new(self.ticket_coupon.finish())),
            ("issued", Arc::new(self.ticket_issued.finish())),
        ];
        list("tickets", &mut self.tickets, columns, type_of("tickets")?)?;
        let mut columns = Named::new();
        self.flyer_texts.finish(&mut columns);
        list("frequent_flyers", &mut self.flyers, columns, type_of("frequent_flyers")?)?;
        let mut columns = Named::new();
        self.seat_texts.finish(&mut columns);
        list("seats", &mut self.seats, columns, type_of("seats")?)?;
        let mut columns = Named::new();
        self.bag_texts.finish(&mut columns);
        list("bags", &mut self.bags, columns, type_of("bags")?)?;
        let mut columns = Named::new();
        self.change_texts.finish(&mut columns);
        columns.push(("at_local", Arc::new(self.change_at.finish())));
        list("history", &mut self.history, columns, type_of("history")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_masked() {
        let mut scratch = String::new();
        for (sent, kept) in [
            ("4111111111111111", "411111XXXXXX1111"),
            ("4111 1111 1111 1111", "4111 11XX XXXX 1111"),
            ("XXXXXXXX1186", "XXXXXXXX1186"),
            ("372395XXXXX9581", "372395XXXXX9581"),
            ("", ""),
        ] {
            assert_eq!(masked(sent, &mut scratch), kept);
        }
        assert!(is_unmasked(b"4111111111111111") && !is_unmasked(b"372395XXXXX9581"));
    }
}
