use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{Gathered, add_country, add_dates, add_document, add_name, add_place, add_programme};
use super::ofac_xml::add_id;
use super::report::Notebook;
use super::table::{Table, plain};

/// Whether these plain column names are those of the consolidated screening list.
pub(super) fn is_header(names: &[String]) -> bool {
    ["source", "name", "altnames"].iter().all(|name| names.iter().any(|n| n == name))
}

/// Reads the consolidated screening list of the US: a row an entity of one of its dozen lists,
/// each of which becomes a list of its own (`us_csl_sdn`, `us_csl_el`, …).
pub(super) fn read_csl(bytes: &[u8], notes: &mut Notebook) -> Vec<Entity> {
    let mut all = Gathered::default();
    let Some(mut table) = Table::open(bytes, b',', is_header) else { return vec![] };
    let mut rows = 0;
    while let Some(row) = table.next() {
        notes.at(row.line);
        rows += 1;
        if row.broken {
            notes.unusable("row-quote", "a quote that is not closed; the row was read as far as its line goes");
        }
        let id = table.get(&["id", "entitynumber"]).into_owned();
        if id.is_empty() {
            notes.left_out("no-id", "a row without _id; left out");
            continue;
        }
        let kind = match table.get(&["type"]).trim().to_ascii_lowercase().as_str() {
            "individual" => EntityKind::Person,
            "entity" => EntityKind::Organisation,
            "vessel" => EntityKind::Vessel,
            "aircraft" => EntityKind::Aircraft,
            _ => EntityKind::Unknown,
        };
        let list = list_of(&table.get(&["source"]));
        read_row(all.entity(&list, &id, kind, row.line), &table, notes);
    }
    notes.close("entities", rows);
    all.finish(notes)
}

/// `Entity List (EL) - Bureau of Industry and Security` is `us_csl_el`.
fn list_of(source: &str) -> String {
    let short = source.split_once('(').and_then(|(_, t)| t.split_once(')')).map_or(source, |(short, _)| short);
    format!("us_csl_{}", plain(short))
}

fn read_row(e: &mut Entity, table: &Table<'_>, notes: &mut Notebook) {
    let get = |name: &str| table.get(&[name]).into_owned();
    // `…; and any successor, sub-unit, or subsidiary thereof`
    let name = get("name");
    add_name(e, name.split("; and any ").next().unwrap_or_default(), NameKind::Primary, notes);
    for name in get("altnames").split(';') {
        add_name(e, name, NameKind::Alias, notes);
    }
    for programme in get("programs").split(';') {
        add_programme(e, programme);
    }
    for column in ["citizenships", "nationalities", "vesselflag"] {
        for country in get(column).split(';') {
            add_country(country, &mut e.nationalities, notes);
        }
    }
    if e.kind == EntityKind::Person || e.kind == EntityKind::Unknown {
        add_dates(e, &get("datesofbirth"), notes);
    }
    for place in get("placesofbirth").split(';') {
        add_place(e, [place]);
    }
    add_document(e, 'O', &get("callsign"), "", notes);
    // `Passport, A1, IR, 2001-01-01, 2011-01-01; Gender, Male`
    for id in get("ids").split(';').filter(|id| !id.trim().is_empty()) {
        let mut parts = id.split(',').map(str::trim);
        let (label, number) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        add_id(e, label, number, parts.next().filter(|p| p.len() <= 3).unwrap_or_default(), notes);
    }
    let addresses = get("addresses");
    for address in addresses.split(';').filter(|a| !a.trim().is_empty()) {
        notes.report.addresses += 1;
        let country = address.rsplit(',').next().unwrap_or_default().trim();
        if e.kind == EntityKind::Organisation && country.len() == 2 {
            add_country(country, &mut e.nationalities, notes);
        }
    }
}
