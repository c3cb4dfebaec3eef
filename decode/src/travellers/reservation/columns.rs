//! The columns of a reservation. Rows of lists cost nothing here: columns are filled up with nulls when a reservation
//! comes, or when the batch ends.

use std::sync::Arc;

use arrow::array::{AsArray as _, BooleanArray};
use arrow::datatypes::{Date32Type, Float64Type, Int8Type, Int32Type, Schema, TimestampMicrosecondType};
use arrow::error::ArrowError;

use super::super::super::columns::{Lists, Named, Nulls, NumberColumn, TextColumn, structs, text_columns, word};
use super::super::super::edifact::{Slice, Texts};
use super::super::person::set_country;
use super::{Beside, Booked, Flyer, Payment, Reservation};

type Times = NumberColumn<TimestampMicrosecondType>;
type Integers = NumberColumn<Int32Type>;
type Amounts = NumberColumn<Float64Type>;
/// 0 and 1: a byte is written at once, a bit is not.
type Flags = NumberColumn<Int8Type>;

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
pub(in super::super) struct Columns {
    texts: Texts1,
    booked: Times,
    changed: Times,
    checked_in_at: Times,
    party: Integers,
    split: Integers,
    age: Integers,
    excess: Integers,
    lines: Integers,
    fare: Amounts,
    charge: Amounts,
    with_infant: Flags,
    checked_in: Flags,
    head: Flags,
    locators: Lists,
    locator_texts: LocatorTexts,
    locator_created: Times,
    payments: Lists,
    payment_texts: PaymentTexts,
    payment_amount: Amounts,
    tickets: Lists,
    ticket_number: TextColumn,
    ticket_coupon: Integers,
    ticket_issued: NumberColumn<Date32Type>,
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
    change_at: Times,
    scratch: String,
}

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

impl Columns {
    /// Appends what goes with the person of row `row`, which is the last one.
    pub(in super::super) fn push<T: Texts + ?Sized>(&mut self, row: usize, texts: &T, beside: &Beside<'_>) {
        texts.set(&mut self.texts.response, row, beside.response);
        texts.set(&mut self.texts.response_text, row, beside.response_text);
        if let Some((reservation, booked)) = beside.booked {
            self.push_reservation(row, texts, reservation);
            self.push_booked(row, texts, reservation, booked);
        }
        if !beside.customer.is_empty() {
            self.push_flyer(self.flyers.items(), texts, &Flyer { number: beside.customer, ..Flyer::default() });
            self.flyers.end_at(row, 1);
        }
        if !beside.charge.is_empty() {
            let payment = Payment { kind: beside.charge, ..Payment::default() };
            self.push_payment(self.payments.items(), texts, &payment, Slice::default());
            self.payments.end_at(row, 1);
        }
    }

    fn push_payment<T: Texts + ?Sized>(&mut self, item: usize, texts: &T, p: &Payment, currency: Slice) {
        let c = &mut self.payment_texts;
        texts.set(&mut c.kind, item, p.kind);
        texts.set(&mut c.currency, item, currency);
        texts.set(&mut c.card_vendor, item, p.vendor);
        if p.masked {
            texts.set(&mut c.card_number_masked, item, p.number);
        } else {
            c.card_number_masked.set(item, masked(texts.text(p.number), &mut self.scratch));
        }
        texts.set(&mut c.card_expiry, item, p.expiry);
        texts.set(&mut c.payer, item, p.payer);
        texts.set(&mut c.payer_contact, item, p.payer_contact);
        self.payment_amount.set(item, p.amount);
    }

    fn push_flyer<T: Texts + ?Sized>(&mut self, item: usize, texts: &T, flyer: &Flyer) {
        texts.set(&mut self.flyer_texts.carrier, item, flyer.carrier);
        texts.set(&mut self.flyer_texts.number, item, flyer.number);
        texts.set(&mut self.flyer_texts.level, item, flyer.level);
    }

    fn push_reservation<T: Texts + ?Sized>(&mut self, row: usize, texts: &T, r: &Reservation) {
        let t = &mut self.texts;
        texts.set(&mut t.group_name, row, r.group_name);
        texts.set(&mut t.agency_system, row, r.agency_system);
        texts.set(&mut t.agency_iata, row, r.agency_iata);
        texts.set(&mut t.agency_office, row, r.agency_office);
        texts.set(&mut t.agency_city, row, r.agency_city);
        set_country(texts, &mut t.agency_country, row, r.agency_country);
        texts.set(&mut t.agency_kind, row, r.agency_kind);
        texts.set(&mut t.excess_bag_currency, row, r.excess_currency);
        self.booked.set(row, r.booked);
        self.changed.set(row, r.changed);
        self.party.set(row, Some(r.party));
        self.split.set(row, r.split_count);
        self.excess.set(row, r.excess_count);
        self.charge.set(row, r.excess_charge);
        self.lines.set(row, Some(r.history_lines));
        for (item, l) in (self.locators.items()..).zip(&r.locators) {
            texts.set(&mut self.locator_texts.carrier, item, l.carrier);
            texts.set(&mut self.locator_texts.locator, item, l.locator);
            self.locator_texts.kind.set_view(item, if l.split { const { word("split") } } else { const { word("own") } });
            self.locator_created.set(item, l.created);
        }
        self.locators.end_at(row, r.locators.len());
        for (item, change) in (self.history.items()..).zip(&r.history) {
            self.change_at.set(item, change.at);
            texts.set(&mut self.change_texts.action, item, change.action);
            let subject = std::str::from_utf8(&change.tag).unwrap_or_default();
            match texts.text(change.code) {
                "" => self.change_texts.subject.set(item, subject.trim_end_matches('\0')),
                code => {
                    self.scratch.clear();
                    self.scratch.push_str(subject);
                    self.scratch.push(' ');
                    self.scratch.push_str(code);
                    self.change_texts.subject.set(item, &self.scratch);
                }
            }
        }
        self.history.end_at(row, r.history.len());
    }

    fn push_booked<T: Texts + ?Sized>(&mut self, row: usize, texts: &T, r: &Reservation, b: &Booked) {
        let t = &mut self.texts;
        texts.set(&mut t.traveller_ref, row, b.reference);
        t.traveller_type.set(row, b.kind);
        texts.set(&mut t.fare_currency, row, b.fare_currency);
        texts.set(&mut t.fare_basis, row, b.fare_basis);
        self.age.set(row, b.age);
        self.fare.set(row, b.fare);
        let check_in = r.border.and_then(|border| b.check_ins.iter().rfind(|c| c.leg == Some(border)));
        let at = r.border.filter(|_| check_in.is_some()).and_then(|leg| r.legs.get(leg)).and_then(|l| l.checked_in);
        self.checked_in_at.set(row, at);
        texts.set(&mut t.boarding_number, row, check_in.map(|c| c.boarding_number).unwrap_or_default());
        // Where the leg of the border has no bags, the pool is that of the last leg that has one.
        let pooled = check_in.filter(|c| c.head.is_some()).or_else(|| b.check_ins.iter().rfind(|c| c.head.is_some()));
        texts.set(&mut t.bag_pool, row, pooled.map(|c| c.pool).unwrap_or_default());
        self.with_infant.set(row, Some(b.with_infant.into()));
        self.checked_in.set(row, Some(check_in.is_some().into()));
        self.head.set(row, pooled.and_then(|c| c.head).map(i8::from));

        for (item, p) in (self.payments.items()..).zip(r.payments.iter().chain(&b.payments)) {
            let currency = [p.currency, b.fare_currency, r.agency_currency].into_iter().find(|s| !s.is_empty());
            self.push_payment(item, texts, p, currency.unwrap_or_default());
        }
        self.payments.end_at(row, r.payments.len() + b.payments.len());
        for (item, ticket) in (self.tickets.items()..).zip(&b.tickets) {
            texts.set(&mut self.ticket_number, item, ticket.number);
            self.ticket_coupon.set(item, ticket.coupon);
            self.ticket_issued.set(item, ticket.issued);
        }
        self.tickets.end_at(row, b.tickets.len());
        for (item, flyer) in (self.flyers.items()..).zip(r.flyers.iter().chain(&b.flyers)) {
            self.push_flyer(item, texts, flyer);
        }
        self.flyers.end_at(row, r.flyers.len() + b.flyers.len());
        for (item, seat) in (self.seats.items()..).zip(&b.seats) {
            let leg = seat.leg.and_then(|l| r.legs.get(l));
            let (from, to) = leg.map_or((seat.departure_port, seat.arrival_port), |l| (l.departure_port, l.arrival_port));
            texts.set(&mut self.seat_texts.departure_port, item, from);
            texts.set(&mut self.seat_texts.arrival_port, item, to);
            texts.set(&mut self.seat_texts.seat, item, seat.seat);
            texts.set(&mut self.seat_texts.cabin, item, seat.cabin);
        }
        self.seats.end_at(row, b.seats.len());
        for (item, bag) in (self.bags.items()..).zip(&b.bags) {
            let leg = bag.leg.and_then(|l| r.legs.get(l)).copied().unwrap_or_default();
            texts.set(&mut self.bag_texts.departure_port, item, leg.departure_port);
            texts.set(&mut self.bag_texts.arrival_port, item, leg.arrival_port);
            texts.set(&mut self.bag_texts.tag, item, bag.tag);
            texts.set(&mut self.bag_texts.destination, item, bag.destination);
        }
        self.bags.end_at(row, b.bags.len());
        for code in r.services.iter().chain(&b.services) {
            self.service_texts.append_value(texts.text(*code));
        }
        self.services.end_at(row, r.services.len() + b.services.len());
    }

    /// The columns of so many rows; begins anew.
    pub(in super::super) fn finish(
        &mut self,
        rows: usize,
        schema: &Schema,
        nulls: &mut Nulls,
        out: &mut Named,
    ) -> Result<(), ArrowError> {
        let type_of = |name: &str| schema.field_with_name(name).map(|f| f.data_type().clone());
        self.texts.finish_rows(rows, nulls, out);
        out.push(("booked_local", self.booked.finish_rows(rows, nulls)));
        out.push(("booking_changed_local", self.changed.finish_rows(rows, nulls)));
        out.push(("checked_in_local", self.checked_in_at.finish_rows(rows, nulls)));
        out.push(("party_size", self.party.finish_rows(rows, nulls)));
        out.push(("split_count", self.split.finish_rows(rows, nulls)));
        out.push(("reported_age", self.age.finish_rows(rows, nulls)));
        out.push(("excess_bag_count", self.excess.finish_rows(rows, nulls)));
        out.push(("history_lines", self.lines.finish_rows(rows, nulls)));
        out.push(("fare_amount", self.fare.finish_rows(rows, nulls)));
        out.push(("excess_bag_charge", self.charge.finish_rows(rows, nulls)));
        for (name, column) in
            [("with_infant", &mut self.with_infant), ("checked_in", &mut self.checked_in), ("head_of_pool", &mut self.head)]
        {
            let flags = column.finish_rows(rows, nulls);
            let flags = BooleanArray::from_unary(flags.as_primitive::<Int8Type>(), |flag| flag != 0);
            out.push((name, Arc::new(flags)));
        }
        let services = Arc::new(self.service_texts.finish());
        out.push(("services", self.services.finish_rows(rows, &type_of("services")?, services, nulls)?));

        let mut list = |name: &'static str, lists: &mut Lists, columns: Named, nulls: &mut Nulls| {
            let of = type_of(name)?;
            out.push((name, lists.finish_rows(rows, &of, structs(&of, columns)?, nulls)?));
            Ok::<(), ArrowError>(())
        };
        let items = self.locators.items();
        let mut columns = Named::new();
        self.locator_texts.finish_rows(items, nulls, &mut columns);
        columns.push(("created_local", self.locator_created.finish_rows(items, nulls)));
        list("pnr_locators", &mut self.locators, columns, nulls)?;
        let items = self.payments.items();
        let mut columns = Named::new();
        self.payment_texts.finish_rows(items, nulls, &mut columns);
        columns.push(("amount", self.payment_amount.finish_rows(items, nulls)));
        list("payments", &mut self.payments, columns, nulls)?;
        let items = self.tickets.items();
        let columns: Named = vec![
            ("number", self.ticket_number.finish_rows(items, nulls)),
            ("coupon", self.ticket_coupon.finish_rows(items, nulls)),
            ("issued", self.ticket_issued.finish_rows(items, nulls)),
        ];
        list("tickets", &mut self.tickets, columns, nulls)?;
        let items = self.flyers.items();
        let mut columns = Named::new();
        self.flyer_texts.finish_rows(items, nulls, &mut columns);
        list("frequent_flyers", &mut self.flyers, columns, nulls)?;
        let items = self.seats.items();
        let mut columns = Named::new();
        self.seat_texts.finish_rows(items, nulls, &mut columns);
        list("seats", &mut self.seats, columns, nulls)?;
        let items = self.bags.items();
        let mut columns = Named::new();
        self.bag_texts.finish_rows(items, nulls, &mut columns);
        list("bags", &mut self.bags, columns, nulls)?;
        let items = self.history.items();
        let mut columns = Named::new();
        self.change_texts.finish_rows(items, nulls, &mut columns);
        columns.push(("at_local", self.change_at.finish_rows(items, nulls)));
        list("history", &mut self.history, columns, nulls)
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
        assert!(super::super::is_unmasked(b"4111111111111111") && !super::super::is_unmasked(b"372395XXXXX9581"));
    }
}
