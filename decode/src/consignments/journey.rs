//! The legs of a consignment and what its carriage costs.

use std::sync::Arc;

use arrow::array::Float64Builder;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;

use super::super::columns::{Named, TwoTimes, put, text_columns};
use super::{Children, Consignments, Mode};

text_columns! { LegOfTexts { mode carrier voyage departure_port arrival_port } }

text_columns! { ChargeTexts { kind code due_to payment currency } }

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
    leg_times: TwoTimes,
    charges: Children,
    charge_texts: ChargeTexts,
    amount: Float64Builder,
}

impl Journey {
    pub(super) fn is_open(&self) -> bool {
        self.legs.open > 0 || self.charges.open > 0
    }

    pub(super) fn end(&mut self) {
        self.legs.end();
        self.charges.end();
    }

    pub(super) fn finish(&mut self, schema: &Schema, out: &mut Named) -> Result<(), ArrowError> {
        let mut legs = Named::new();
        self.leg_texts.finish(&mut legs);
        self.leg_times.finish(&mut legs);
        let legs = self.legs.lists.finish_structs(schema.field_with_name("movements")?.data_type(), legs)?;
        out.push(("movements", legs));
        let mut charges = Named::new();
        self.charge_texts.finish(&mut charges);
        charges.push(("amount", Arc::new(self.amount.finish())));
        let charges = self.charges.lists.finish_structs(schema.field_with_name("charges")?.data_type(), charges)?;
        out.push(("charges", charges));
        Ok(())
    }
}

impl Consignments {
    /// Appends a leg to the consignment at hand.
    pub(crate) fn leg(&mut self, leg: &LegOfRow<'_>) {
        let j = &mut self.journey;
        put(&mut j.leg_texts.mode, leg.mode.map_or("", Mode::name));
        put(&mut j.leg_texts.carrier, leg.carrier);
        put(&mut j.leg_texts.voyage, leg.voyage);
        put(&mut j.leg_texts.departure_port, leg.departure_port);
        put(&mut j.leg_texts.arrival_port, leg.arrival_port);
        j.leg_times.departure_local.append_option(leg.departure_local);
        j.leg_times.arrival_local.append_option(leg.arrival_local);
        j.legs.open += 1;
    }

    /// Appends a charge, or a total of charges.
    pub(crate) fn charge(&mut self, charge: &ChargeRow<'_>) {
        let j = &mut self.journey;
        j.charge_texts.kind.append_value(charge.kind.name());
        put(&mut j.charge_texts.code, charge.code);
        put(&mut j.charge_texts.due_to, charge.due_to);
        put(&mut j.charge_texts.payment, charge.payment);
        put(&mut j.charge_texts.currency, charge.currency);
        j.amount.append_option(charge.amount);
        j.charges.open += 1;
    }
}
