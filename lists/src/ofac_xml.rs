use std::io::BufRead;

use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{
    Gathered, add_country, add_dates, add_document, add_name, add_place, add_programme, add_sex, blank, person_name, squeeze,
};
use super::ofac_document::read_labelled;
use super::ofac_remarks::{is_ignored, read_remarks};
use super::ofac_sdn::{LIST, kind_of, name_list};
use super::report::Notebook;
use super::xml::{Node, Walker};

/// Reads `sdn.xml` or `consolidated.xml`, of either name space.
pub(super) fn read_ofac_xml(input: impl BufRead, notes: &mut Notebook) -> Vec<Entity> {
    let (mut walker, mut all, mut rows) = (Walker::new(input), Gathered::default(), 0);
    while let Some(node) = walker.next(&["sdnEntry", "Publish_Date"], notes) {
        if node.name.eq_ignore_ascii_case("Publish_Date") {
            // Month, day, year.
            let mut parts = node.text.trim().split('/');
            if let (Some(month), Some(day), Some(year)) = (parts.next(), parts.next(), parts.next()) {
                notes.edition(&format!("{year}-{month}-{day}"));
            }
            continue;
        }
        rows += 1;
        if node.get("uid").is_empty() {
            notes.left_out("no-id", "a record without uid; left out");
            continue;
        }
        all.add(entry(&node, notes), node.line, notes);
    }
    notes.close("entities", rows);
    let mut entities = all.finish(notes);
    name_list(&mut entities);
    entities
}

fn entry(node: &Node, notes: &mut Notebook) -> Entity {
    let kind = kind_of(Some(node.get("sdnType")));
    let mut e = blank(LIST, node.get("uid"), kind);
    add_name(&mut e, &name(node, kind), NameKind::Primary, notes);
    for program in node.find("program") {
        add_programme(&mut e, &program.text);
    }
    for aka in node.find("aka") {
        notes.at(aka.line);
        add_name(&mut e, &name(aka, kind), alias_kind(aka.get("type"), aka.get("category"), notes), notes);
    }
    for item in node.find("dateOfBirth") {
        notes.at(item.line);
        add_dates(&mut e, &item.text, notes);
    }
    for item in node.find("placeOfBirth") {
        add_place(&mut e, [item.text.as_str()]);
    }
    for item in node.find("nationality").into_iter().chain(node.find("citizenship")) {
        notes.at(item.line);
        add_country(item.get("country"), &mut e.nationalities, notes);
    }
    for id in node.find("id") {
        notes.at(id.line);
        add_id(&mut e, id.get("idType"), id.get("idNumber"), id.get("idCountry"), notes);
    }
    if let Some(vessel) = node.find("vesselInfo").first() {
        notes.at(vessel.line);
        add_document(&mut e, 'O', vessel.get("callSign"), "", notes);
        add_country(vessel.get("vesselFlag"), &mut e.nationalities, notes);
    }
    for address in node.find("address") {
        notes.report.addresses += 1;
        notes.at(address.line);
        if kind == EntityKind::Organisation {
            add_country(address.get("country"), &mut e.nationalities, notes);
        }
    }
    notes.at(node.line);
    read_remarks(&squeeze(node.get("remarks")), &mut e, notes);
    e
}

fn name(node: &Node, kind: EntityKind) -> String {
    let (last, first) = (node.get("lastName"), node.get("firstName"));
    match kind {
        EntityKind::Person => person_name(last, [first]),
        // A comma in the name of a company parts nothing.
        _ => super::fields::joined([first, last]),
    }
}

/// What OFAC and the United Nations call an alias, with its quality.
pub(super) fn alias_kind(sort: &str, quality: &str, notes: &mut Notebook) -> NameKind {
    let sort: String = sort.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    let weak = ["weak", "low"].iter().any(|w| quality.to_ascii_lowercase().starts_with(w));
    match sort.as_str() {
        "fka" | "formerlyknownas" => NameKind::Former,
        _ if weak => NameKind::WeakAlias,
        "aka" | "nka" | "" | "name" | "strong" => NameKind::Alias,
        _ => {
            notes.unusable("alias-type", "an alias that is neither a.k.a., f.k.a. nor n.k.a.; taken for a.k.a.");
            NameKind::Alias
        }
    }
}

/// What OFAC lists as an identifier under a label: documents, but the gender and links as well.
pub(super) fn add_id(e: &mut Entity, label: &str, number: &str, issuer: &str, notes: &mut Notebook) {
    let label = label.trim().trim_end_matches([':', '-', ' ']);
    if is_ignored(label) || label.is_empty() {
    } else if label.eq_ignore_ascii_case("gender") {
        add_sex(e, number, notes);
    } else if label.to_ascii_lowercase().starts_with("nationality") || label.eq_ignore_ascii_case("citizen") {
        add_country(number, &mut e.nationalities, notes);
        add_country(issuer, &mut e.nationalities, notes);
    } else if let Some((kind, number)) = read_labelled(label, &squeeze(number)) {
        add_document(e, kind, number, issuer, notes);
    } else {
        notes.report.clauses += 1;
        notes.unknown_clause(label);
    }
}
