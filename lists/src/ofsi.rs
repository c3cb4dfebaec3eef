use std::io::BufRead;

use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{
    Gathered, add_countries, add_country, add_dates, add_document, add_document_text, add_name, add_place, add_programme,
    add_script_name, add_sex, numbered, sex_in,
};
use super::report::Notebook;
use super::table::{Table, plain};
use super::uk_table::{edition_of, kind_of, name_kind, uk_name};
use super::xml::Walker;

/// Name of the list.
const LIST: &str = "uk_ofsi";

/// Whether these plain column names are those of OFSI's consolidated list.
pub(super) fn is_header(names: &[String]) -> bool {
    let has = |name: &str| names.iter().any(|n| n == name);
    has("name6") && (has("groupid") || has("grouptype"))
}

/// Reads `ConList.csv`: a row a name, of all formats since 2011. The id is the group id.
pub(super) fn read_ofsi_csv(bytes: &[u8], notes: &mut Notebook) -> Vec<Entity> {
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
        read_row(&mut all, row.line, &|names| table.get(names).into_owned(), notes);
    }
    notes.close("entities", rows);
    all.finish(notes)
}

/// Reads `ConList.xml`, which has the same rows as elements.
pub(super) fn read_ofsi_xml(input: impl BufRead, notes: &mut Notebook) -> Vec<Entity> {
    let (mut walker, mut all, mut rows) = (Walker::new(input), Gathered::default(), 0);
    while let Some(node) = walker.next(&["FinancialSanctionsTarget"], notes) {
        rows += 1;
        let cells: Vec<_> = node.children.iter().map(|c| (plain(&c.name), c.text.trim())).collect();
        let get = |names: &[&str]| {
            let found = names.iter().find_map(|name| cells.iter().find(|(n, text)| n == name && !text.is_empty()));
            found.map_or_else(String::new, |(_, text)| (*text).to_owned())
        };
        read_row(&mut all, node.line, &get, notes);
    }
    notes.close("entities", rows);
    all.finish(notes)
}

fn read_row(all: &mut Gathered, line: u64, get: &dyn Fn(&[&str]) -> String, notes: &mut Notebook) {
    let id = get(&["groupid", "uksanctionslistref"]);
    if id.is_empty() {
        return notes.left_out("no-id", "a row without Group ID; left out");
    }
    let e = all.entity(LIST, &id, kind_of(&get(&["grouptype", "grouptypedescription"])), line);
    // Empty parts are `0` in some exports.
    let part = |column: &str| Some(get(&[column])).filter(|p| p != "0").unwrap_or_default();
    let parts = ["name1", "name2", "name3", "name4", "name5", "name6"].map(part);
    let kind = name_kind(&get(&["aliastype"]), &get(&["aliasquality", "aliasstrength"]));
    add_name(e, &uk_name(parts.each_ref().map(String::as_str), e.kind), kind, notes);
    let script_kind = if kind == NameKind::Primary { NameKind::Alias } else { kind };
    add_script_name(e, &get(&["namenonlatinscript", "fullnamenonlatinscript"]), script_kind, notes);
    add_programme(e, &get(&["regime", "regimename"]));
    add_dates(e, &get(&["dob", "individualdateofbirth", "dateofbirth"]), notes);
    add_countries(e, &get(&["nationality", "individualnationality"]), notes);
    let (town, country) = (get(&["townofbirth", "individualtownofbirth"]), get(&["countryofbirth", "individualcountryofbirth"]));
    let (towns, countries): (Vec<_>, Vec<_>) = (numbered(&town).collect(), numbered(&country).collect());
    for at in 0..towns.len().max(countries.len()) {
        // One country for several towns is that of all.
        let country = countries.get(at).or_else(|| countries.first().filter(|_| countries.len() == 1));
        add_place(e, [towns.get(at).copied().unwrap_or_default(), country.copied().unwrap_or_default()]);
    }
    add_document_text(e, "Passport", &get(&["passportnumber", "individualpassportnumber", "passportdetails"]), "", notes);
    let national = ["nationalidentificationnumber", "individualninumber", "ninumber", "individualnationalidentificationnumber"];
    add_document_text(e, "National ID Number", &get(&national), "", notes);
    add_document_text(e, "Registration Number", &get(&["entitybusinessregnumber", "businessregnumber"]), "", notes);
    add_sex(e, &get(&["individualgender", "gender"]), notes);
    let other = get(&["otherinformation"]);
    if e.sex.is_none() && e.kind == EntityKind::Person {
        e.sex = sex_in(&other);
    }
    let ship = e.kind == EntityKind::Vessel;
    for number in [get(&["shipimonumber", "imonumber"]), marked(&other, "imo number").filter(|_| ship).unwrap_or_default()] {
        numbered(&number).for_each(|number| add_document(e, 'V', number, "", notes));
    }
    for flag in [
        get(&["shipflag", "shipcurrentbelievedflag"]),
        marked(&other, "current believed flag").filter(|_| ship).unwrap_or_default(),
    ] {
        add_countries(e, &flag, notes);
    }
    let address = get(&["country"]);
    if !address.is_empty() {
        notes.report.addresses += 1;
        if e.kind == EntityKind::Organisation {
            add_country(&address, &mut e.nationalities, notes);
        }
    }
}

/// What follows a mark in the free text of OFSI: `(IMO number):9187629. (Flag):Panama`.
fn marked(text: &str, mark: &str) -> Option<String> {
    let at = text.to_ascii_lowercase().find(mark)?;
    let rest = text.get(at + mark.len()..)?.trim_start_matches([')', ':', ' ']);
    let end = rest.find([';', '(', '\n']).unwrap_or(rest.len());
    let end = rest.find(". ").map_or(end, |stop| stop.min(end));
    Some(rest[..end].trim().trim_end_matches('.').to_owned()).filter(|t| !t.is_empty() && t.len() <= 60)
}
