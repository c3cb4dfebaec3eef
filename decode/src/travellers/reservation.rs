//! What a reservation adds to a traveller.

mod columns;

use super::super::edifact::Slice;
use super::super::paxlst::Country;

pub(super) use columns::Columns;

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
    /// Whether the number was seen to be masked; else it is masked when it is written.
    pub(crate) masked: bool,
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
        // All fields by name: a new one must not be forgotten here.
        let Self {
            reference,
            kind,
            age,
            with_infant,
            payments,
            fare,
            fare_currency,
            fare_basis,
            tickets,
            flyers,
            seats,
            bags,
            check_ins,
            services,
        } = self;
        (*reference, *kind, *age, *with_infant) = (Slice::default(), "", None, false);
        (*fare, *fare_currency, *fare_basis) = (None, Slice::default(), Slice::default());
        payments.clear();
        tickets.clear();
        flyers.clear();
        seats.clear();
        bags.clear();
        check_ins.clear();
        services.clear();
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

/// Whether a card number is readable beyond what the rules allow.
pub(crate) fn is_unmasked(number: &[u8]) -> bool {
    number.iter().filter(|b| b.is_ascii_digit()).count() > 10
}
