use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::eu_xml::{Birth, LIST, Parts, country, document_kind, kind_of};
use super::fields::{Gathered, add_country, add_document, add_place, add_programme, add_sex};
use super::report::Notebook;
use super::table::Table;

/// Whether these plain column names are those of the EU's CSV, version 1.0 (`Naal_wholename`)
/// or 1.1 (`NameAlias_WholeName`).
pub(super) fn is_header(names: &[String]) -> bool {
    let has = |name: &str| names.iter().any(|n| n == name);
    has("entitylogicalid") && (has("namealiaswholename") || has("naalwholename"))
}

/// Reads the EU's CSV: each row has one name, address, birth date, paper or citizenship of an
/// entity, and the cells of the others are empty.
pub(super) fn read_eu_csv(bytes: &[u8], notes: &mut Notebook) -> Vec<Entity> {
    let mut all = Gathered::default();
    let table = Table::open(bytes, b';', is_header).or_else(|| Table::open(bytes, b',', is_header));
    let Some(mut table) = table else { return vec![] };
    let mut rows = 0;
    while let Some(row) = table.next() {
        notes.at(row.line);
        rows += 1;
        if row.broken {
            notes.unusable("row-quote", "a quote that is not closed; the row was read as far as its line goes");
        }
        if rows == 1 {
            notes.edition(&table.get(&["filegenerationdate", "datefile"]));
        }
        let id = table.get(&["entitylogicalid"]);
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
            notes.left_out("no-id", "a row without Entity_LogicalId; left out");
            continue;
        }
        let kind = ["entitysubjecttypeclassificationcode", "entitysubjecttype", "subjecttype"];
        let kind = kind.iter().find_map(|column| kind_of(&table.get(&[column]))).unwrap_or(EntityKind::Unknown);
        let e = all.entity(LIST, &id, kind, row.line);
        read_row(e, &table, notes);
    }
    notes.close("entities", rows);
    all.finish(notes)
}

fn read_row(e: &mut Entity, table: &Table<'_>, notes: &mut Notebook) {
    let get = |names: &[&str]| table.get(names).into_owned();
    add_programme(e, &get(&["entityregulationprogramme", "programme", "regulationprogramme"]));
    let (last, first) = (get(&["namealiaslastname", "naallastname"]), get(&["namealiasfirstname", "naalfirstname"]));
    let (middle, whole) = (get(&["namealiasmiddlename", "naalmiddlename"]), get(&["namealiaswholename", "naalwholename"]));
    if [&last, &first, &middle, &whole].iter().any(|part| !part.is_empty()) {
        let weak = get(&["namealiasstrong", "naalstrong"]).eq_ignore_ascii_case("false");
        let kind = if weak { NameKind::WeakAlias } else { NameKind::Alias };
        // Rows repeat the name of the entity where it has several birth dates.
        Parts { last: &last, first: &first, middle: &middle, whole: &whole }.add(e, kind, notes);
        add_sex(e, &get(&["namealiasgender", "naalgender"]), notes);
    }
    let birth = Birth {
        date: &get(&["birthdatebirthdate", "birtdate"]),
        day: &get(&["birthdateday", "birtday"]),
        month: &get(&["birthdatemonth", "birtmonth"]),
        year: &get(&["birthdateyear", "birtyear"]),
        from: &get(&["birthdateyearrangefrom", "birtyearrangefrom"]),
        to: &get(&["birthdateyearrangeto", "birtyearrangeto"]),
        circa: &get(&["birthdatecirca", "birtcirca"]),
        calendar: &get(&["birthdatecalendartype", "birtcalendartype"]),
    };
    birth.add(e, notes);
    let (place, city) = (get(&["birthdateplace", "birtplace", "birtplcae"]), get(&["birthdatecity", "birtcity"]));
    let (region, state) = (get(&["birthdateregion"]), get(&["birthdatecountrydescription", "birtcountry"]));
    add_place(e, [place.as_str(), &city, &region, country("", &state)]);
    let code = get(&["citizenshipcountryiso2code", "citicountry"]);
    add_country(country(&code, &get(&["citizenshipcountrydescription"])), &mut e.nationalities, notes);
    let code = get(&["addresscountryiso2code", "addrcountry"]);
    let name = get(&["addresscountrydescription"]);
    if !country(&code, &name).is_empty() {
        notes.report.addresses += 1;
        if e.kind == EntityKind::Organisation {
            add_country(country(&code, &name), &mut e.nationalities, notes);
        }
    }
    let number = get(&["identificationnumber", "idennumber", "identificationlatinnumber", "idenlatinnumber"]);
    if !number.is_empty() {
        let sort = get(&["identificationtypecode", "identypecode", "identype"]);
        let sort = document_kind(&sort, &get(&["identificationtypedescription", "identypedescription"]));
        let code = get(&["identificationcountryiso2code", "idencountry"]);
        // Version 1.0 writes the sort behind the number: `A1 (passport-National passport)`.
        let (number, said) = number.split_once(" (").map_or((number.as_str(), ""), |(n, said)| (n, said));
        let sort = if said.is_empty() { sort } else { document_kind("", said) };
        add_document(e, sort, number, country(&code, &get(&["identificationcountrydescription"])), notes);
    }
}
