use std::io::BufRead;

use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{
    Gathered, add_countries, add_country, add_dates, add_document, add_document_text, add_name, add_place, add_programme,
    add_script_name, add_sex, blank, sex_in,
};
use super::report::Notebook;
use super::uk_table::{LIST, kind_of, name_kind, uk_name};
use super::xml::{Node, Walker};

/// Reads the XML of the UK sanctions list (`Designations`).
pub(super) fn read_uk_xml(input: impl BufRead, notes: &mut Notebook) -> Vec<Entity> {
    let (mut walker, mut all, mut rows) = (Walker::new(input), Gathered::default(), 0);
    while let Some(node) = walker.next(&["Designation", "DateGenerated"], notes) {
        if node.name.eq_ignore_ascii_case("DateGenerated") {
            notes.edition(&node.text);
            continue;
        }
        rows += 1;
        if node.get("UniqueID").is_empty() {
            notes.left_out("no-id", "a designation without UniqueID; left out");
        } else {
            all.add(entity(&node, notes), node.line, notes);
        }
    }
    notes.close("entities", rows);
    all.finish(notes)
}

fn entity(node: &Node, notes: &mut Notebook) -> Entity {
    let sort = [node.get("IndividualEntityShip"), node.get("DesignationType")].into_iter().find(|t| !t.is_empty());
    let kind = kind_of(sort.unwrap_or_default());
    let mut e = blank(LIST, node.get("UniqueID"), kind);
    for name in node.find("Name").into_iter().filter(|n| !n.children.is_empty()) {
        notes.at(name.line);
        let parts = ["Name1", "Name2", "Name3", "Name4", "Name5", "Name6"].map(|part| name.get(part));
        let strength = [name.get("AliasStrength"), name.get("AliasQuality")].into_iter().find(|t| !t.is_empty());
        add_name(&mut e, &uk_name(parts, kind), name_kind(name.get("NameType"), strength.unwrap_or_default()), notes);
    }
    for name in node.find("NameNonLatinScript") {
        notes.at(name.line);
        add_script_name(&mut e, &name.text, NameKind::Alias, notes);
    }
    add_programme(&mut e, node.get("RegimeName"));
    each(node, &["DOB", "DateOfBirth"], notes, |text, notes| add_dates(&mut e, text, notes));
    each(node, &["Nationality"], notes, |text, notes| add_countries(&mut e, text, notes));
    each(node, &["Gender"], notes, |text, notes| add_sex(&mut e, text, notes));
    for birth in node.find("BirthDetails").into_iter().flat_map(|b| b.find("Location")) {
        add_place(&mut e, ["TownOfBirth", "CountryOfBirth"].map(|part| birth.get(part)));
    }
    each(node, &["PassportNumber"], notes, |text, notes| add_document_text(&mut e, "Passport", text, "", notes));
    each(node, &["NationalIdentifierNumber"], notes, |text, notes| {
        add_document_text(&mut e, "National ID Number", text, "", notes);
    });
    each(node, &["BusinessRegistrationNumber"], notes, |text, notes| {
        add_document_text(&mut e, "Registration Number", text, "", notes);
    });
    each(node, &["IMONumber"], notes, |text, notes| add_document(&mut e, 'V', text, "", notes));
    each(node, &["CurrentBelievedFlagOfShip", "PreviousFlag"], notes, |text, notes| add_countries(&mut e, text, notes));
    each(node, &["AddressCountry"], notes, |text, notes| {
        notes.report.addresses += 1;
        if kind == EntityKind::Organisation {
            add_country(text, &mut e.nationalities, notes);
        }
    });
    if e.sex.is_none() && kind == EntityKind::Person {
        e.sex = sex_in(node.get("OtherInformation"));
    }
    e
}

/// All elements of these names that hold text and nothing else.
fn each(node: &Node, names: &[&str], notes: &mut Notebook, mut read: impl FnMut(&str, &mut Notebook)) {
    for found in names.iter().flat_map(|name| node.find(name)).filter(|n| n.children.is_empty() && !n.text.trim().is_empty()) {
        notes.at(found.line);
        read(found.text.trim(), notes);
    }
}
