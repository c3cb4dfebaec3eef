use std::io::BufRead;

use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{
    Gathered, add_countries, add_country, add_dates, add_document_text, add_name, add_place, add_programme, add_script_name,
    add_sex, blank, joined, sex_in, squeeze,
};
use super::ofac_xml::alias_kind;
use super::report::Notebook;
use super::xml::{Node, Walker};

/// Name of the list.
const LIST: &str = "un_sc";

/// Reads the consolidated list of the Security Council. The id is the permanent reference number
/// (`QDi.001`), which the committees quote; `DATAID` where there is none.
pub(super) fn read_un(input: impl BufRead, notes: &mut Notebook) -> Vec<Entity> {
    let (mut walker, mut all, mut rows) = (Walker::new(input), Gathered::default(), 0);
    while let Some(node) = walker.next(&["INDIVIDUAL", "ENTITY"], notes) {
        rows += 1;
        let id = [node.get("REFERENCE_NUMBER"), node.get("DATAID")].into_iter().find(|id| !id.is_empty());
        match id {
            Some(id) => all.add(entity(&node, &squeeze(id), notes), node.line, notes),
            None => notes.left_out("no-id", "a record without REFERENCE_NUMBER and DATAID; left out"),
        }
    }
    if let Some(root) = &walker.root {
        notes.edition(root.attr("dateGenerated"));
    }
    notes.close("entities", rows);
    all.finish(notes)
}

fn entity(node: &Node, id: &str, notes: &mut Notebook) -> Entity {
    let kind = if node.name.eq_ignore_ascii_case("INDIVIDUAL") { EntityKind::Person } else { EntityKind::Organisation };
    let mut e = blank(LIST, id, kind);
    // In natural order: which of the four is the surname is not said.
    let name = joined(["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME", "FIFTH_NAME"].map(|part| node.get(part)));
    for (at, name) in name.split(';').enumerate() {
        add_name(&mut e, name, if at == 0 { NameKind::Primary } else { NameKind::Alias }, notes);
    }
    for script in node.find("NAME_ORIGINAL_SCRIPT") {
        notes.at(script.line);
        add_script_name(&mut e, &script.text, NameKind::Alias, notes);
    }
    add_programme(&mut e, node.get("UN_LIST_TYPE"));
    for alias in node.find("INDIVIDUAL_ALIAS").into_iter().chain(node.find("ENTITY_ALIAS")) {
        notes.at(alias.line);
        read_alias(&mut e, alias, notes);
    }
    for value in node.find("NATIONALITY").into_iter().flat_map(|n| n.find("VALUE")) {
        notes.at(value.line);
        add_countries(&mut e, &value.text, notes);
    }
    notes.at(node.line);
    match node.get("GENDER") {
        "" => e.sex = sex_in(node.get("COMMENTS1")).filter(|_| kind == EntityKind::Person),
        sex => add_sex(&mut e, sex, notes),
    }
    for birth in node.find("INDIVIDUAL_DATE_OF_BIRTH") {
        notes.at(birth.line);
        read_birth(&mut e, birth, notes);
    }
    for place in node.find("INDIVIDUAL_PLACE_OF_BIRTH") {
        add_place(&mut e, ["CITY", "STATE_PROVINCE", "COUNTRY"].map(|part| place.get(part)));
    }
    for document in node.find("INDIVIDUAL_DOCUMENT") {
        notes.at(document.line);
        read_document(&mut e, document, notes);
    }
    for address in node.find("ENTITY_ADDRESS").into_iter().chain(node.find("INDIVIDUAL_ADDRESS")) {
        notes.report.addresses += usize::from(!address.children.is_empty());
        if kind == EntityKind::Organisation {
            notes.at(address.line);
            add_country(address.get("COUNTRY"), &mut e.nationalities, notes);
        }
    }
    e
}

/// An alias and, as some are identities with papers of their own, what it was born as.
fn read_alias(e: &mut Entity, alias: &Node, notes: &mut Notebook) {
    let note = alias.get("NOTE").to_ascii_lowercase();
    let former = ["formerly listed", "previously listed"].iter().any(|mark| note.starts_with(mark));
    let quality = alias.get("QUALITY");
    let kind = match quality.to_ascii_lowercase().as_str() {
        _ if former => NameKind::Former,
        "good" | "high" => NameKind::Alias,
        "low" => NameKind::WeakAlias,
        _ => alias_kind(quality, "", notes),
    };
    for name in alias.get("ALIAS_NAME").split(';') {
        add_name(e, name, kind, notes);
    }
    add_dates(e, alias.get("DATE_OF_BIRTH"), notes);
    add_place(e, ["CITY_OF_BIRTH", "COUNTRY_OF_BIRTH"].map(|part| alias.get(part)));
}

fn read_birth(e: &mut Entity, birth: &Node, notes: &mut Notebook) {
    let (sort, note) = (birth.get("TYPE_OF_DATE"), birth.get("NOTE"));
    let (from, to) = (birth.get("FROM_YEAR"), birth.get("TO_YEAR"));
    let circa = [sort, note].iter().any(|t| t.to_ascii_lowercase().starts_with("approx"));
    let date = [birth.get("DATE"), birth.get("YEAR")].into_iter().find(|d| !d.is_empty()).unwrap_or_default();
    let text = match (date, from, to) {
        ("", "", "") if note.to_ascii_lowercase().starts_with("approx") => return,
        // `Nov. 1973`, `August 1961`
        ("", "", "") => note.to_owned(),
        ("", from, to) if from.is_empty() || to.is_empty() => format!("circa {from}{to}"),
        ("", from, to) => format!("{from} to {to}"),
        (date, ..) if circa => format!("circa {date}"),
        (date, ..) => date.to_owned(),
    };
    add_dates(e, &text, notes);
}

fn read_document(e: &mut Entity, document: &Node, notes: &mut Notebook) {
    let sorts = ["TYPE_OF_DOCUMENT", "TYPE_OF_DOCUMENT2"].map(|sort| document.get(sort).to_lowercase());
    // The second says more: there are passports that the first calls national numbers.
    let is_passport =
        |sort: &str| ["passport", "passeport", "pasaporte", "паспорт", "جواز"].iter().any(|word| sort.contains(word));
    let label = if sorts.iter().any(|sort| is_passport(sort)) { "Passport" } else { "National ID Number" };
    let issuer = [document.get("ISSUING_COUNTRY"), document.get("COUNTRY_OF_ISSUE")].into_iter().find(|c| !c.is_empty());
    add_document_text(e, label, document.get("NUMBER"), issuer.unwrap_or_default(), notes);
}
