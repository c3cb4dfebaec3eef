//! Documents and statements.

use super::super::declaration::Report;
use super::super::xml::Element;
use super::Scratch;

/// Appends a document as a reference: its category and type, and its number. Transport documents are
/// kept for the bill.
pub(super) fn push(report: &mut Report<'_, '_>, element: Element<'_>, item: Option<i32>, scratch: &mut Scratch) {
    let id = element.get("ID");
    let (category, code) = (element.get("CategoryCode"), element.get("TypeCode"));
    report.awb(code, id, element);
    scratch.bills.add(code, id);
    if element.name() == "PreviousDocument" && code == "DCR" && scratch.ducr.is_empty() {
        scratch.ducr.push_str(id);
    }
    let kind = &mut scratch.text;
    kind.clear();
    kind.push_str(category);
    // Categories of previous documents stand apart (`Y-DCR`), those of others are a part of the code (`N935`).
    if element.name() == "PreviousDocument" && !category.is_empty() && !code.is_empty() {
        kind.push('-');
    }
    kind.push_str(code);
    if kind.is_empty() {
        kind.push_str(element.name());
    }
    report.rows.reference_on(item, kind, if id.is_empty() { element.get("Name") } else { id });
}

/// Appends a statement.
pub(super) fn statement(report: &mut Report<'_, '_>, element: Element<'_>) {
    let (code, text) = (element.get("StatementCode"), element.get("StatementDescription"));
    if code.is_empty() && text.is_empty() {
        return;
    }
    report.rows.customs_note("", element.get("StatementTypeCode"), code, text);
}
