use std::io::BufRead;

use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{
    Gathered, add_country, add_dates, add_document, add_name, add_place, add_programme, add_sex, blank, person_name, squeeze,
};
use super::report::Notebook;
use super::xml::{Node, Walker};

/// Name of the list.
pub(super) const LIST: &str = "eu_fsf";

/// Reads the XML of the EU's consolidated financial sanctions, 1.0 and 1.1: all is in attributes.
pub(super) fn read_eu_xml(input: impl BufRead, notes: &mut Notebook) -> Vec<Entity> {
    let (mut walker, mut all, mut rows) = (Walker::new(input), Gathered::default(), 0);
    while let Some(node) = walker.next(&["sanctionEntity"], notes) {
        rows += 1;
        let id = [node.attr("logicalId"), node.attr("euReferenceNumber")].into_iter().find(|id| !id.is_empty());
        match id {
            Some(id) => all.add(entity(&node, id, notes), node.line, notes),
            None => notes.left_out("no-id", "a sanctionEntity without logicalId; left out"),
        }
    }
    if let Some(root) = &walker.root {
        notes.edition(root.attr("generationDate"));
    }
    notes.close("entities", rows);
    all.finish(notes)
}

fn entity(node: &Node, id: &str, notes: &mut Notebook) -> Entity {
    let subject = node.find("subjectType").into_iter().flat_map(|s| [s.attr("code"), s.attr("classificationCode")]);
    let kind = subject.into_iter().find_map(kind_of).unwrap_or(EntityKind::Unknown);
    let mut e = blank(LIST, id, kind);
    for alias in node.find("nameAlias") {
        notes.at(alias.line);
        let parts = Parts {
            last: alias.attr("lastName"),
            first: alias.attr("firstName"),
            middle: alias.attr("middleName"),
            whole: alias.attr("wholeName"),
        };
        let weak = alias.attr("strong").eq_ignore_ascii_case("false");
        parts.add(&mut e, if weak { NameKind::WeakAlias } else { NameKind::Alias }, notes);
        add_sex(&mut e, alias.attr("gender"), notes);
    }
    for regulation in node.find("regulation") {
        add_programme(&mut e, regulation.attr("programme"));
    }
    for birth in node.find("birthdate") {
        notes.at(birth.line);
        let date = Birth {
            date: birth.attr("birthdate"),
            day: birth.attr("dayOfMonth"),
            month: birth.attr("monthOfYear"),
            year: birth.attr("year"),
            from: birth.attr("yearRangeFrom"),
            to: birth.attr("yearRangeTo"),
            circa: birth.attr("circa"),
            calendar: birth.attr("calendarType"),
        };
        date.add(&mut e, notes);
        let country = known(birth.attr("countryDescription"));
        add_place(&mut e, [birth.attr("place"), birth.attr("city"), birth.attr("region"), country]);
    }
    for citizenship in node.find("citizenship") {
        notes.at(citizenship.line);
        add_country(
            country(citizenship.attr("countryIso2Code"), citizenship.attr("countryDescription")),
            &mut e.nationalities,
            notes,
        );
    }
    for address in node.find("address") {
        notes.report.addresses += 1;
        if kind == EntityKind::Organisation {
            notes.at(address.line);
            add_country(
                country(address.attr("countryIso2Code"), address.attr("countryDescription")),
                &mut e.nationalities,
                notes,
            );
        }
    }
    for paper in node.find("identification") {
        notes.at(paper.line);
        let sort = document_kind(paper.attr("identificationTypeCode"), paper.attr("identificationTypeDescription"));
        let issuer = country(paper.attr("countryIso2Code"), paper.attr("countryDescription"));
        let number = [paper.attr("number"), paper.attr("latinNumber")].into_iter().find(|n| !n.is_empty()).unwrap_or_default();
        if paper.attr("knownFalse").eq_ignore_ascii_case("true") {
            notes.unusable("false-document", "a document that is known to be false; kept, since it may be shown");
        }
        add_document(&mut e, sort, number, issuer, notes);
    }
    e
}

/// The code, unless it stands for nothing.
pub(super) fn country<'a>(code: &'a str, name: &'a str) -> &'a str {
    let code = code.trim();
    if code.is_empty() || code == "00" { known(name) } else { code }
}

fn known(name: &str) -> &str {
    if name.trim().eq_ignore_ascii_case("unknown") { "" } else { name.trim() }
}

/// `person`, `P`, `enterprise`, `E`; ships are enterprises to the EU.
pub(super) fn kind_of(text: &str) -> Option<EntityKind> {
    match text.trim().to_ascii_lowercase().as_str() {
        "person" | "p" | "individual" => Some(EntityKind::Person),
        "enterprise" | "entity" | "e" | "organisation" | "group" | "g" => Some(EntityKind::Organisation),
        "vessel" | "ship" | "v" => Some(EntityKind::Vessel),
        _ => None,
    }
}

/// The kind that the EU's type codes mean.
pub(super) fn document_kind(code: &str, description: &str) -> char {
    let text = format!("{} {}", code.to_lowercase(), description.to_lowercase());
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    if has(&["passport", "travel document", "traveldoc"]) {
        'P'
    } else if has(&["imo", "ship number"]) {
        'V'
    } else if has(&["tax", "fiscal", "regist", "regnumber", "swift", "bic", "licen", "trade", "other", "company", "vat"])
        && code.trim() != "id"
    {
        'O'
    } else if has(&[
        "national id",
        "identi",
        "id card",
        "ssn",
        "social security",
        "birth cert",
        "electoral",
        "driving",
        "residence",
    ]) || code.trim().eq_ignore_ascii_case("id")
    {
        'I'
    } else {
        'O'
    }
}

/// A name with its parts as far as the EU has them.
pub(super) struct Parts<'a> {
    pub(super) last: &'a str,
    pub(super) first: &'a str,
    pub(super) middle: &'a str,
    pub(super) whole: &'a str,
}

impl Parts<'_> {
    /// Adds the name with a comma behind the surname, and as a whole too where that is more than
    /// the parts. The first name that is not weak is the primary one.
    pub(super) fn add(&self, e: &mut Entity, kind: NameKind, notes: &mut Notebook) {
        let first = kind == NameKind::Alias && !e.names.iter().any(|n| n.kind == NameKind::Primary);
        let kind = if first { NameKind::Primary } else { kind };
        let parts = person_name(self.last, [self.first, self.middle]);
        let parted = e.kind != EntityKind::Organisation && parts.contains(", ");
        if parted {
            add_name(e, &parts, kind, notes);
        }
        let words = |text: &str| {
            let mut words: Vec<_> =
                text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect();
            words.sort();
            words
        };
        if !parted {
            add_name(e, if self.whole.is_empty() { &parts } else { self.whole }, kind, notes);
        } else if !self.whole.is_empty() && words(&parts) != words(self.whole) {
            add_name(e, self.whole, if kind == NameKind::Primary { NameKind::Alias } else { kind }, notes);
        }
    }
}

/// A birth date as the EU writes it.
#[derive(Default)]
pub(super) struct Birth<'a> {
    pub(super) date: &'a str,
    pub(super) day: &'a str,
    pub(super) month: &'a str,
    pub(super) year: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) circa: &'a str,
    pub(super) calendar: &'a str,
}

impl Birth<'_> {
    /// Adds the date, or the years of a range.
    pub(super) fn add(&self, e: &mut Entity, notes: &mut Notebook) {
        let calendar = self.calendar.trim();
        if !calendar.is_empty() && !calendar.eq_ignore_ascii_case("GREGORIAN") {
            return notes.unusable("other-calendar", "a birth date in another calendar than the Gregorian; left out");
        }
        let number = |text: &str| text.trim().parse::<u16>().ok().filter(|n| *n > 0);
        let text = match (self.date.trim(), number(self.year), number(self.month), number(self.day)) {
            ("", Some(y), Some(m), Some(d)) => format!("{y:04}-{m:02}-{d:02}"),
            ("", Some(y), Some(m), None) => format!("{y:04}-{m:02}"),
            ("", Some(y), ..) => format!("{y:04}"),
            ("", ..) => match (number(self.from), number(self.to)) {
                (Some(from), Some(to)) => format!("{from} to {to}"),
                (Some(year), None) | (None, Some(year)) => format!("circa {year}"),
                (None, None) => return,
            },
            (date, ..) => squeeze(date),
        };
        let circa = matches!(self.circa.trim().to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "x") && !text.contains("to");
        add_dates(e, &if circa && !text.starts_with("circa") { format!("circa {text}") } else { text }, notes);
    }
}
