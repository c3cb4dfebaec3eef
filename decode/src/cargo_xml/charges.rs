//! What carriage costs, and who pays it.

use super::super::air;
use super::super::consignments::{ChargeKind, ChargeRow, Consignments};
use super::super::findings::Finding;
use super::super::xml::Element;
use super::Message;

/// Who pays, by an indicator that says whether it is prepaid.
pub(super) fn payment(indicator: &str) -> &'static str {
    match indicator {
        "true" | "1" => "prepaid",
        "false" | "0" => "collect",
        _ => "",
    }
}

/// An amount with its currency; a finding where it is none.
pub(super) fn amount<'d>(message: &Message<'_, '_>, element: Element<'d>, out: &mut Consignments) -> (Option<f64>, &'d str) {
    let amount = air::number(element.text());
    if amount.is_none() && !element.text().is_empty() {
        out.notice(Finding::ValueUnreadable, message.raw.place(element.name(), element.at()));
    }
    (amount, element.attr("currencyID"))
}

/// One other charge.
pub(super) fn other(message: &Message<'_, '_>, element: Element<'_>, out: &mut Consignments) {
    let mut charge = ChargeRow { kind: ChargeKind::Other, ..ChargeRow::default() };
    for child in element.children() {
        match child.name() {
            "ID" => charge.code = child.text(),
            "PrepaidIndicator" => charge.payment = payment(child.text()),
            "PartyTypeCode" => {
                charge.due_to = match child.text() {
                    "C" => "carrier",
                    "A" => "agent",
                    _ => "",
                }
            }
            "ActualAmount" => (charge.amount, charge.currency) = amount(message, child, out),
            _ => {}
        }
    }
    if charge.amount.is_some() || !charge.code.is_empty() {
        out.charge(&charge);
    }
}

/// The totals of charges. Returns who pays, where they say so.
pub(super) fn totals(message: &Message<'_, '_>, element: Element<'_>, out: &mut Consignments) -> &'static str {
    let mut paid = "";
    for sum in element.children().filter(|c| c.name() == "ApplicablePrepaidCollectMonetarySummation") {
        let payment = payment(sum.get("PrepaidIndicator"));
        for child in sum.children() {
            let kind = match child.name() {
                "WeightChargeTotalAmount" => ChargeKind::Weight,
                "ValuationChargeTotalAmount" => ChargeKind::Valuation,
                "TaxTotalAmount" => ChargeKind::Tax,
                "AgentTotalDuePayableAmount" => ChargeKind::Agent,
                "CarrierTotalDuePayableAmount" => ChargeKind::Carrier,
                "GrandTotalAmount" => ChargeKind::Total,
                _ => continue,
            };
            let (amount, currency) = amount(message, child, out);
            if amount.is_some() {
                out.charge(&ChargeRow { kind, payment, amount, currency, ..ChargeRow::default() });
            }
            if kind == ChargeKind::Total && amount.is_some_and(|a| a > 0.0) {
                paid = if paid.is_empty() || paid == payment { payment } else { "mixed" };
            }
        }
    }
    paid
}
