use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{
    Gathered, add_countries, add_country, add_dates, add_document, add_document_text, add_name, add_place, add_programme,
    add_script_name, add_sex, joined, numbered, person_name, sex_in,
};
use super::report::Notebook;
use super::table::Table;

/// Name of the list.
pub(super) const LIST: &str = "uk_sanctions";

/// Whether these plain column names are those of the UK sanctions list.
pub(super) fn is_header(names: &[String]) -> bool {
    let has = |name: &str| names.iter().any(|n| n == name);
    has("uniqueid") && (has("name6") || has("name1") || (has("name") && (has("ofsigroupid") || has("regimename"))))
}

/// Reads the table of the UK sanctions list: a row a name, with what else is known of the entity
/// in some or all of its rows. The id is the unique id (`RUS0251`). What its search page exports
/// has one column for the whole name, surname first without a comma, and little else.
pub(super) fn read_uk_table(bytes: &[u8], notes: &mut Notebook) -> Vec<Entity> {
    let mut all = Gathered::default();
    let Some(mut table) = Table::open(bytes, b',', is_header) else { return vec![] };
    edition_of(&table.before, notes);
    let mut rows = 0;
    while let Some(row) = table.next() {
        notes.at(row.line);
        rows += 1;
        if row.broken {
            notes.unusable("row-quote", "a quote that is not closed; the row was read as far as its line goes");
        } else if table.too_long() {
            notes.unusable("row-long", "more cells than the header has; the cells that are too many were left out");
        }
        let id = table.get(&["uniqueid"]);
        if id.is_empty() {
            notes.left_out("no-id", "a row without Unique ID; left out");
            continue;
        }
        let kind = kind_of(&table.get(&["individualentityship", "designationtype", "grouptype", "type"]));
        let e = all.entity(LIST, &id, kind, row.line);
        read_row(e, &table, notes);
    }
    notes.close("entities", rows);
    all.finish(notes)
}

/// The date in `Report Date: 13-Feb-2026` or `Last Updated,03/06/2024`, before the header.
pub(super) fn edition_of(before: &[String], notes: &mut Notebook) {
    for cell in before {
        notes.edition(cell.rsplit_once(": ").map_or(cell.as_str(), |(_, date)| date));
    }
}

/// `Individual`, `Entity`, `Ship`.
pub(super) fn kind_of(text: &str) -> EntityKind {
    match text.trim().to_ascii_lowercase().as_str() {
        "individual" | "person" => EntityKind::Person,
        "entity" | "organisation" => EntityKind::Organisation,
        "ship" | "vessel" => EntityKind::Vessel,
        "aircraft" => EntityKind::Aircraft,
        _ => EntityKind::Unknown,
    }
}

/// A name out of the parts of the United Kingdom: the sixth is the surname of a person, or the
/// whole name of anything else.
pub(super) fn uk_name(parts: [&str; 6], kind: EntityKind) -> String {
    let given = parts[..5].iter().copied();
    if kind == EntityKind::Person { person_name(parts[5], given) } else { joined(given.chain([parts[5]])) }
}

/// `Primary Name`, `Primary Name Variation`, `Alias`, `AKA`, `FKA`, with their quality.
pub(super) fn name_kind(sort: &str, quality: &str) -> NameKind {
    let (sort, quality) = (sort.trim().to_ascii_lowercase(), quality.to_ascii_lowercase());
    match sort.as_str() {
        "primary name" | "primary" => NameKind::Primary,
        "fka" | "f.k.a" | "f.k.a." | "former name" => NameKind::Former,
        _ if quality.contains("low") || quality.contains("weak") => NameKind::WeakAlias,
        _ => NameKind::Alias,
    }
}

fn read_row(e: &mut Entity, table: &Table<'_>, notes: &mut Notebook) {
    let get = |names: &[&str]| table.get(names).into_owned();
    let parts = ["name1", "name2", "name3", "name4", "name5", "name6"].map(|column| get(&[column]));
    let kind = name_kind(&get(&["nametype", "aliastype"]), &get(&["aliasstrength", "aliasquality"]));
    add_name(e, &uk_name(parts.each_ref().map(String::as_str), e.kind), kind, notes);
    if parts.iter().all(String::is_empty) {
        let whole = if e.names.is_empty() { NameKind::Primary } else { kind };
        add_name(e, &get(&["name"]), whole, notes);
    }
    let script_kind = if kind == NameKind::Primary { NameKind::Alias } else { kind };
    add_script_name(e, &get(&["namenonlatinscript"]), script_kind, notes);
    add_programme(e, &get(&["regimename", "regime"]));
    add_countries(e, &get(&["nationalityies", "nationality", "nationalities"]), notes);
    add_dates(e, &get(&["dob", "dateofbirth"]), notes);
    add_sex(e, &get(&["gender"]), notes);
    add_place(e, [get(&["townofbirth"]).as_str(), &get(&["countryofbirth"])]);
    add_document_text(e, "Passport", &get(&["passportnumber"]), "", notes);
    add_document_text(e, "National ID Number", &get(&["nationalidentifiernumber", "nationalidentificationnumber"]), "", notes);
    add_document_text(e, "Registration Number", &get(&["businessregistrationnumbers", "businessregistrationnumber"]), "", notes);
    for number in numbered(&get(&["imonumber"])) {
        add_document(e, 'V', number, "", notes);
    }
    add_countries(e, &get(&["currentbelievedflagofship", "currentbelievedflag"]), notes);
    add_countries(e, &get(&["previousflags"]), notes);
    let address = get(&["addresscountry"]);
    if !address.is_empty() {
        notes.report.addresses += 1;
        if e.kind == EntityKind::Organisation {
            add_country(&address, &mut e.nationalities, notes);
        }
    }
    if e.sex.is_none() && e.kind == EntityKind::Person {
        e.sex = sex_in(&get(&["otherinformation"]));
    }
}
