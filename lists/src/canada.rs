use std::io::BufRead;

use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{Gathered, add_dates, add_document, add_name, add_programme, blank, person_name, squeeze};
use super::report::Notebook;
use super::xml::{Node, Walker};

/// Name of the list.
const LIST: &str = "ca_sema";

/// Reads Canada's autonomous sanctions. They have no ids: country of the regulation, schedule and
/// item are where an entry stands in law (`Russia/1, Part 1/23`), one to one. The country is that
/// of the regulation, not of the person, so it becomes the programme and no nationality.
pub(super) fn read_canada(input: impl BufRead, notes: &mut Notebook) -> Vec<Entity> {
    let (mut walker, mut all, mut rows) = (Walker::new(input), Gathered::default(), 0);
    while let Some(node) = walker.next(&["record"], notes) {
        rows += 1;
        let entity = entity(&node, notes);
        all.add(entity, node.line, notes);
    }
    notes.close("entities", rows);
    all.finish(notes)
}

/// The English half of `Russia / Russie`.
fn english(text: &str) -> String {
    squeeze(text.split(" / ").next().unwrap_or(text))
}

fn entity(node: &Node, notes: &mut Notebook) -> Entity {
    let get = |names: &[&str]| names.iter().map(|name| node.get(name)).find(|text| !text.is_empty()).unwrap_or_default();
    let country = english(node.get("Country"));
    let id = [country.clone(), squeeze(node.get("Schedule")), squeeze(node.get("Item"))];
    let id = id.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let (last, given) = (get(&["LastName"]), get(&["GivenName", "GivenNames"]));
    let (thing, ship) = (get(&["EntityOrShip", "Entity", "Ship"]), get(&["ShipIMONumber", "IMONumber"]));
    let kind = match (last.is_empty() && given.is_empty(), ship.is_empty()) {
        (false, _) => EntityKind::Person,
        (true, false) => EntityKind::Vessel,
        (true, true) => EntityKind::Organisation,
    };
    let mut e = blank(LIST, &id, kind);
    let name = if kind == EntityKind::Person { person_name(last, [given]) } else { squeeze(thing) };
    add_name(&mut e, &name, NameKind::Primary, notes);
    if kind == EntityKind::Person {
        add_name(&mut e, thing, NameKind::Alias, notes);
        // For a ship this is the year in which it was built.
        let birth = get(&["DateOfBirthOrShipBuildDate", "DateOfBirth"]).replace(" OR ", " or ");
        add_dates(&mut e, &birth, notes);
    }
    for alias in aliases(get(&["Aliases", "Alias"])) {
        add_name(&mut e, &alias, NameKind::Alias, notes);
    }
    add_document(&mut e, 'V', ship, "", notes);
    add_programme(&mut e, &country);
    e
}

/// Aliases of one cell. They stand between semicolons, slashes, line ends or commas, and some
/// have their language before them (`Russian: …`). A legal form behind a comma belongs to the
/// name before it.
fn aliases(text: &str) -> Vec<String> {
    const FORMS: [&str; 18] = [
        "llc", "ltd", "inc", "jsc", "ooo", "oao", "zao", "pao", "ао", "ооо", "оао", "пао", "зао", "co", "sa", "gmbh", "limited",
        "corp",
    ];
    let mut names: Vec<String> = vec![];
    for part in text.replace(" / ", ";").replace("/ ", ";").replace(" /", ";").split(';') {
        // A line end is a comma, or follows one, or breaks a name that is too long for its cell.
        for (at, piece) in part.split(',').map(squeeze).filter(|piece| !piece.is_empty()).enumerate() {
            let bare: String = piece.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
            match names.last_mut() {
                Some(name) if at > 0 && FORMS.contains(&bare.as_str()) => {
                    name.push_str(", ");
                    name.push_str(&piece);
                }
                _ => names.push(without_language(&piece).to_owned()),
            }
        }
    }
    names
}

/// `Russian: Иван` without the language.
fn without_language(name: &str) -> &str {
    match name.split_once(':') {
        Some((language, rest))
            if language.len() <= 12 && language.chars().all(char::is_alphabetic) && !rest.trim().is_empty() =>
        {
            rest.trim()
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_of_every_shape() {
        for (text, names) in [
            ("Ivan Roe", "Ivan Roe"),
            ("Иван Роу / Іван Роу", "Иван Роу|Іван Роу"),
            ("Roe Ivan, Ro Ivan,\nRou\nIvan", "Roe Ivan|Ro Ivan|Rou Ivan"),
            ("Acme Trade; Acme, LLC; Акме, ООО", "Acme Trade|Acme, LLC|Акме, ООО"),
            ("Ivan Roe, Belarusian: Іван, Russian: Иван", "Ivan Roe|Іван|Иван"),
            ("", ""),
        ] {
            assert_eq!(aliases(text).join("|"), names, "{text}");
        }
    }
}
