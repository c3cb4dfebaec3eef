//! Charge declarations and charges: `CVD`, `OTH`, `PPD` and `COL`.

use super::super::air;
use super::super::consignments::{ChargeKind, ChargeRow};
use super::super::findings::Finding;
use super::super::output::Output;
use super::Message;
use super::lines::{Body, View};

/// What a charge declaration says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Declared<'t> {
    pub(super) currency: &'t str,
    pub(super) payment: &'static str,
    pub(super) carriage: Option<f64>,
    pub(super) customs: Option<f64>,
}

/// Who pays, by its letter.
fn payment(letter: u8) -> &'static str {
    match letter {
        b'P' => "prepaid",
        b'C' => "collect",
        _ => "",
    }
}

/// Reads `CVD/USD//PP/NVD/NCV/XXX`, or without the charge code (FHL).
pub(super) fn declared<'t>(message: &Message<'_, '_>, line: &View<'t>, out: &mut Output) -> Declared<'t> {
    let mut fields = line.fields();
    let mut declared = Declared { currency: fields.next().unwrap_or_default(), ..Declared::default() };
    let mut values = 0;
    for field in fields {
        match field.as_bytes() {
            // The charge code stands in front and says the same in other words, if anything.
            [a @ (b'P' | b'C'), b @ (b'P' | b'C')] if values == 0 => {
                declared.payment = if a == b { payment(*a) } else { "mixed" };
            }
            [] | [_] | [_, _] if values == 0 => {}
            text => {
                values += 1;
                let none = matches!(text, b"NVD" | b"NCV" | b"XXX" | b"");
                let amount = if none { None } else { air::number(field) };
                if amount.is_none() && !none {
                    message.notice(Finding::ValueUnreadable, line, out);
                }
                match values {
                    1 => declared.carriage = amount,
                    2 => declared.customs = amount,
                    _ => {}
                }
            }
        }
    }
    declared
}

/// Reads other charges: `OTH/P/MCC1234.56SCC80.00`.
pub(super) fn others(message: &Message<'_, '_>, section: Body<'_>, currency: &str, out: &mut Output) {
    let mut paid = "";
    for line in section.views() {
        for field in line.fields() {
            if let [letter @ (b'P' | b'C')] = field.as_bytes() {
                paid = payment(*letter);
                continue;
            }
            let mut rest = field;
            while let Some((code, behind)) = rest.split_at_checked(2).filter(|(code, _)| !code.is_empty()) {
                let due_to = match behind.as_bytes().first() {
                    Some(b'A') => "agent",
                    Some(b'C') => "carrier",
                    _ => "",
                };
                let from = usize::from(!due_to.is_empty());
                let end = from + behind.bytes().skip(from).take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b',')).count();
                let Some(amount) = behind.get(from..end).and_then(air::number) else {
                    message.unreadable(&line, rest, out);
                    break;
                };
                let charge = ChargeRow { kind: ChargeKind::Other, code, due_to, payment: paid, amount: Some(amount), currency };
                out.consignments.charge(&charge);
                rest = &behind[end..];
            }
        }
    }
}

/// Reads totals: `PPD/WT4626.48/TX11.22` and `/OC222.33/CT4860.03`.
pub(super) fn totals(message: &Message<'_, '_>, section: Body<'_>, letter: u8, currency: &str, out: &mut Output) {
    for line in section.views() {
        for field in line.fields().filter(|f| !f.is_empty()) {
            let kind = match field.get(..2) {
                Some("WT") => ChargeKind::Weight,
                Some("VC") => ChargeKind::Valuation,
                Some("TX") => ChargeKind::Tax,
                Some("OA") => ChargeKind::Agent,
                Some("OC") => ChargeKind::Carrier,
                Some("CT") => ChargeKind::Total,
                _ => {
                    message.unreadable(&line, field, out);
                    continue;
                }
            };
            let amount = field.get(2..).and_then(air::number);
            if amount.is_none() {
                message.notice(Finding::ValueUnreadable, &line, out);
            }
            out.consignments.charge(&ChargeRow { kind, payment: payment(letter), amount, currency, ..ChargeRow::default() });
        }
    }
}
