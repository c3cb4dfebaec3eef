//! Values of the WCO Data Model: measures with units, amounts with currencies, times with formats.

use super::super::dates;
use super::super::declaration::Report;
use super::super::findings::Finding;
use super::super::xml::Element;

/// A number; `None` where the text is none.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    plain.then(|| text.parse::<f64>().ok()).flatten().filter(|n| n.is_finite())
}

/// A mass in kilograms (`unitCode` of UN/ECE recommendation 20; none is kilogram).
pub(super) fn mass(report: &mut Report<'_, '_>, measure: Element<'_>) -> Option<f64> {
    let factor = match measure.attr("unitCode").trim_ascii() {
        "" | "KGM" | "KG" | "kgm" | "KGMG" => Some(1.0),
        "GRM" => Some(0.001),
        "TNE" => Some(1000.0),
        "DTN" => Some(100.0),
        "LBR" => Some(0.453_592_37),
        "ONZ" => Some(0.028_349_523_125),
        _ => None,
    };
    let found = number(measure.text()).filter(|n| *n >= 0.0).zip(factor).map(|(n, factor)| n * factor);
    report.when(found.is_none() && !measure.text().is_empty(), Finding::WeightUnreadable, measure);
    found
}

/// A volume in cubic metres.
pub(super) fn volume(report: &mut Report<'_, '_>, measure: Element<'_>) -> Option<f64> {
    let factor = match measure.attr("unitCode").trim_ascii() {
        "" | "MTQ" => Some(1.0),
        "LTR" | "DMQ" => Some(0.001),
        "FTQ" => Some(0.028_316_846_592),
        _ => None,
    };
    let found = number(measure.text()).filter(|n| *n >= 0.0).zip(factor).map(|(n, factor)| n * factor);
    report.when(found.is_none() && !measure.text().is_empty(), Finding::WeightUnreadable, measure);
    found
}

/// A quantity of whole things.
pub(super) fn count(report: &mut Report<'_, '_>, quantity: Element<'_>) -> Option<i64> {
    let text = quantity.text();
    // Some write 10.0 for 10.
    let whole = text.split_once('.').map_or(text, |(whole, rest)| if rest.bytes().all(|b| b == b'0') { whole } else { text });
    let found = whole.parse::<u32>().ok().map(i64::from);
    report.when(found.is_none() && !text.is_empty(), Finding::QuantityUnreadable, quantity);
    found
}

/// A quantity in any unit.
pub(super) fn quantity(report: &mut Report<'_, '_>, quantity: Element<'_>) -> Option<f64> {
    let found = number(quantity.text());
    report.when(found.is_none() && !quantity.text().is_empty(), Finding::QuantityUnreadable, quantity);
    found
}

/// An amount of money; its currency is in `currencyID`.
pub(super) fn amount(report: &mut Report<'_, '_>, amount: Element<'_>) -> Option<f64> {
    let found = number(amount.text());
    report.when(found.is_none() && !amount.text().is_empty(), Finding::ValueUnreadable, amount);
    found
}

/// A time, in the element or in a `DateTimeString` in it: `20240131`, `202401311200`,
/// `20240131120000Z`, `2024-01-31T12:00:00+01:00`. Zones are left out.
pub(super) fn time(report: &mut Report<'_, '_>, element: Element<'_>) -> Option<i64> {
    let holder = element.child("DateTimeString").or_else(|| element.child("DateTime")).unwrap_or(element);
    let text = holder.text();
    if text.is_empty() {
        return None;
    }
    let found = local(text).and_then(|digits| dates::time(digits.as_bytes(), b"").map(|(t, _)| t));
    report.when(found.is_none(), Finding::TimeUnreadable, element);
    found
}

/// The part of a time before its zone and fractions of a second.
fn local(text: &str) -> Option<&str> {
    let date_end = text.find(['T', ' ']).unwrap_or_else(|| text.len().min(8));
    let rest = text.get(date_end..)?;
    let zone = rest.find(['Z', 'z', '+', '-', '.', 'U', 'G']).unwrap_or(rest.len());
    text.get(..date_end + zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_lose_their_zone() {
        for (text, want) in [
            ("20240131", "20240131"),
            ("20240131120000Z", "20240131120000"),
            ("20240131120000+01", "20240131120000"),
            ("2024-01-31T12:00:00.123+01:00", "2024-01-31T12:00:00"),
            ("2024-01-31T12:00:00Z", "2024-01-31T12:00:00"),
            ("2024-01-31", "2024-01-31"),
        ] {
            assert!(local(text).is_some_and(|l| l == want || want.starts_with(l)), "{text}");
        }
        assert_eq!(number("1.50"), Some(1.5));
        assert_eq!(number("1,50"), None);
    }
}
