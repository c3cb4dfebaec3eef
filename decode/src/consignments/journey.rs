//! The legs of a consignment and what its carriage costs.

use std::sync::Arc;

use arrow::datatypes::{Float64Type, Schema, TimestampMicrosecondType as Microseconds};
use arrow::error::ArrowError;

use super::super::columns::{Named, Nulls, TextColumn};
use super::numbers::Numbers;
use super::{Children, Consignments, Mode, set, texts};

texts! { LegOfTexts { mode carrier voyage departure_port arrival_port } }

texts! { ChargeTexts { kind code due_to payment currency } }

/// One leg; empty text is null, times are local microseconds since 1970.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LegOfRow<'a> {
    pub(crate) mode: Option<Mode>,
    pub(crate) carrier: &'a str,
    pub(crate) voyage: &'a str,
    pub(crate) departure_port: &'a str,
    pub(crate) arrival_port: &'a str,
    pub(crate) departure_local: Option<i64>,
    pub(crate) arrival_local: Option<i64>,
}

/// What is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ChargeKind {
    Weight,
    Valuation,
    Tax,
    /// One other charge.
    #[default]
    Other,
    /// All other charges due to the agent.
    Agent,
    /// All other charges due to the carrier.
    Carrier,
    Total,
}

impl ChargeKind {
    fn name(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Valuation => "valuation",
            Self::Tax => "tax",
            Self::Other => "other",
            Self::Agent => "agent",
            Self::Carrier => "carrier",
            Self::Total => "total",
        }
    }
}

/// One charge; empty text is null.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ChargeRow<'a> {
    pub(crate) kind: ChargeKind,
    pub(crate) code: &'a str,
    /// `agent` or `carrier`.
    pub(crate) due_to: &'static str,
    /// `prepaid` or `collect`.
    pub(crate) payment: &'static str,
    pub(crate) amount: Option<f64>,
    pub(crate) currency: &'a str,
}

/// Builders of legs and charges.
#[derive(Debug, Default)]
pub(super) struct Journey {
    legs: Children,
    leg_texts: LegOfTexts,
    leg_departure: Numbers<Microseconds>,
    leg_arrival: Numbers<Microseconds>,
    charges: Children,
    charge_texts: ChargeTexts,
    amount: Numbers<Float64Type>,
}

impl Journey {
    pub(super) fn is_open(&self) -> bool {
        self.legs.open > 0 || self.charges.open > 0
    }

    pub(super) fn end(&mut self) {
        self.legs.end();
        self.charges.end();
    }

    pub(super) fn finish(&mut self, schema: &Schema, nulls: &mut Nulls, out: &mut Named) -> Result<(), ArrowError> {
        let mut legs = Named::new();
        let total = self.legs.take_total();
        self.leg_texts.finish(total, nulls, &mut legs);
        legs.push(("departure_local", self.leg_departure.column(total, nulls)));
        legs.push(("arrival_local", self.leg_arrival.column(total, nulls)));
        let legs = self.legs.lists.finish_structs(schema.field_with_name("movements")?.data_type(), legs)?;
        out.push(("movements", legs));
        let mut charges = Named::new();
        let total = self.charges.take_total();
        self.charge_texts.finish(total, nulls, &mut charges);
        charges.push(("amount", self.amount.column(total, nulls)));
        let charges = self.charges.lists.finish_structs(schema.field_with_name("charges")?.data_type(), charges)?;
        out.push(("charges", charges));
        Ok(())
    }
}

impl Consignments {
    /// Appends a leg to the consignment at hand.
    pub(crate) fn leg(&mut self, leg: &LegOfRow<'_>) {
        let j = &mut self.journey;
        let at = j.legs.total;
        if let Some(mode) = leg.mode {
            j.leg_texts.mode.set_view(at, mode.view());
        }
        set(&mut j.leg_texts.carrier, at, leg.carrier);
        set(&mut j.leg_texts.voyage, at, leg.voyage);
        set(&mut j.leg_texts.departure_port, at, leg.departure_port);
        set(&mut j.leg_texts.arrival_port, at, leg.arrival_port);
        j.leg_departure.set(at, leg.departure_local);
        j.leg_arrival.set(at, leg.arrival_local);
        j.legs.add();
    }

    /// Appends a charge, or a total of charges.
    pub(crate) fn charge(&mut self, charge: &ChargeRow<'_>) {
        let j = &mut self.journey;
        let at = j.charges.total;
        set(&mut j.charge_texts.kind, at, charge.kind.name());
        set(&mut j.charge_texts.code, at, charge.code);
        set(&mut j.charge_texts.due_to, at, charge.due_to);
        set(&mut j.charge_texts.payment, at, charge.payment);
        set(&mut j.charge_texts.currency, at, charge.currency);
        j.amount.set(at, charge.amount);
        j.charges.add();
    }
}
