use std::io::BufRead;

use serde_json::{Map, Value};
use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{Gathered, add_dates, add_document, add_name, add_place, add_programme, add_sex, person_name};
use super::follow_the_money::each_object;
use super::opensanctions::{add_code, list_of};
use super::report::Notebook;

/// Reads Senzing JSON: one record a line, whose attributes stand in it, in lists by sort, or all
/// in one list `FEATURES`.
pub(super) fn read_senzing(mut input: impl BufRead, notes: &mut Notebook) -> Vec<Entity> {
    let (mut all, mut rows) = (Gathered::default(), 0);
    each_object(&mut input, notes, |line, text, notes| {
        rows += 1;
        let Ok(record) = serde_json::from_slice::<Map<String, Value>>(text) else {
            return notes.left_out("bad-json", "a line that is no JSON object; left out");
        };
        let inner = record.values().filter_map(Value::as_array).flatten().filter_map(Value::as_object);
        let objects: Vec<_> = std::iter::once(&record).chain(inner).collect();
        let first = |name: &str| objects.iter().find_map(|o| o.get(name).and_then(Value::as_str)).unwrap_or_default();
        let kind = match first("RECORD_TYPE").to_ascii_uppercase().as_str() {
            "PERSON" => EntityKind::Person,
            "ORGANIZATION" | "COMPANY" => EntityKind::Organisation,
            "VESSEL" => EntityKind::Vessel,
            "AIRCRAFT" => EntityKind::Aircraft,
            // Positions and the like.
            _ => return notes.left_out("not-screened", "neither person, organisation, vessel nor aircraft; left out"),
        };
        let id = first("RECORD_ID");
        if id.is_empty() {
            return notes.left_out("no-id", "a record without RECORD_ID; left out");
        }
        let source = first("DATA_SOURCE");
        let list = list_of([source.strip_prefix("OS_").unwrap_or(source)]);
        let e = all.entity(&list, id, kind, line);
        for object in &objects {
            read_object(e, object, notes);
        }
    });
    notes.close("entities", rows);
    all.finish(notes)
}

fn read_object(e: &mut Entity, object: &Map<String, Value>, notes: &mut Notebook) {
    let get = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = match get("NAME_TYPE").to_ascii_uppercase().as_str() {
        "PRIMARY" => NameKind::Primary,
        "FORMER" | "PREVIOUS" => NameKind::Former,
        "WEAK" | "WEAK ALIAS" => NameKind::WeakAlias,
        _ => NameKind::Alias,
    };
    let whole = ["NAME_FULL", "NAME_ORG"].map(get).into_iter().find(|n| !n.is_empty());
    match whole {
        Some(name) => add_name(e, name, kind, notes),
        None => add_name(e, &person_name(get("NAME_LAST"), ["NAME_FIRST", "NAME_MIDDLE"].map(get)), kind, notes),
    }
    add_dates(e, get("DATE_OF_BIRTH"), notes);
    add_place(e, [get("PLACE_OF_BIRTH")]);
    if !get("GENDER").is_empty() {
        add_sex(e, get("GENDER"), notes);
    }
    for name in ["NATIONALITY", "CITIZENSHIP", "REGISTRATION_COUNTRY"] {
        add_code(e, get(name), notes);
    }
    if e.kind != EntityKind::Person {
        add_code(e, get("COUNTRY_OF_ASSOCIATION"), notes);
    }
    for (number, country, kind) in [
        ("PASSPORT_NUMBER", "PASSPORT_COUNTRY", 'P'),
        ("NATIONAL_ID_NUMBER", "NATIONAL_ID_COUNTRY", 'I'),
        ("SSN_NUMBER", "", 'I'),
        ("DRIVERS_LICENSE_NUMBER", "DRIVERS_LICENSE_STATE", 'I'),
        ("TAX_ID_NUMBER", "TAX_ID_COUNTRY", 'O'),
        ("LEI_NUMBER", "", 'O'),
        ("CALL_SIGN", "", 'O'),
        ("MMSI_NUMBER", "", 'O'),
        ("IMO_NUMBER", "", 'V'),
    ] {
        add_document(e, kind, get(number), get(country), notes);
    }
    let sort = get("OTHER_ID_TYPE").to_ascii_lowercase();
    if !sort.starts_with("wikidata") {
        let kind = if sort.starts_with("imo") { 'V' } else { 'O' };
        add_document(e, kind, get("OTHER_ID_NUMBER"), get("OTHER_ID_COUNTRY"), notes);
    }
    for name in ["TOPIC", "PROGRAM"] {
        add_programme(e, get(name));
    }
}
