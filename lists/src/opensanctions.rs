use std::borrow::Cow;

use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{Gathered, add_country, add_dates, add_document, add_name, add_programme, imo, state};
use super::report::Notebook;
use super::table::Table;

/// Whether a schema of FollowTheMoney is something to screen against, and what it is.
pub(super) fn kind_of(schema: &str) -> Option<EntityKind> {
    Some(match schema.trim() {
        "Person" => EntityKind::Person,
        "Organization" | "Company" | "PublicBody" => EntityKind::Organisation,
        // A person or an organisation: the publisher does not know.
        "LegalEntity" => EntityKind::Unknown,
        "Vessel" => EntityKind::Vessel,
        "Airplane" => EntityKind::Aircraft,
        _ => return None,
    })
}

/// The list of an entity: the first of its datasets by name, `os_interpol_red_notices`.
pub(super) fn list_of<'a>(datasets: impl IntoIterator<Item = &'a str>) -> String {
    let slug = |name: &str| {
        let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        parts.map(str::to_lowercase).collect::<Vec<_>>().join("_")
    };
    let first = datasets.into_iter().map(slug).filter(|name| !name.is_empty()).min();
    format!("os_{}", first.as_deref().unwrap_or("unknown"))
}

/// Adds a country by the codes of OpenSanctions, which has some for states that are gone and for
/// regions (`suhh`, `cn-xz`).
pub(super) fn add_code(e: &mut Entity, code: &str, notes: &mut Notebook) {
    const GONE: [(&str, &str); 5] = [("suhh", "SUN"), ("yucs", "YUG"), ("csxx", "SCG"), ("cshh", "CSK"), ("ddde", "DEU")];
    let code = code.trim();
    let known = GONE.iter().find(|(own, _)| code.eq_ignore_ascii_case(own)).map_or(code, |(_, iso)| iso);
    let region = known.split_once('-').filter(|(head, _)| head.len() == 2).map_or(known, |(head, _)| head);
    let nowhere = ["zz", "qq", "eu", "global"].iter().any(|code| region.eq_ignore_ascii_case(code));
    if state(region).is_some() || !nowhere {
        add_country(region, &mut e.nationalities, notes);
    }
}

/// Whether these lower-case column names are those of `targets.simple.csv`.
fn is_header(names: &[String]) -> bool {
    ["id", "schema", "name"].iter().all(|name| names.iter().any(|n| n == name))
}

/// Reads `targets.simple.csv`. It says neither which aliases are weak nor what sort its
/// identifiers are of, so that JSON is the better source.
pub(super) fn read_simple_csv(bytes: &[u8], notes: &mut Notebook) -> Vec<Entity> {
    let mut all = Gathered::default();
    let Some(mut table) = Table::open(bytes, b',', is_header) else { return vec![] };
    let mut rows = 0;
    while let Some(row) = table.next() {
        notes.at(row.line);
        rows += 1;
        if row.broken {
            notes.unusable("row-quote", "a quote that is not closed; the row was read as far as its line goes");
        }
        let id = table.get(&["id"]).into_owned();
        let Some(kind) = kind_of(&table.get(&["schema"])) else {
            notes.left_out("not-screened", "neither person, organisation, vessel nor aircraft; left out");
            continue;
        };
        if id.is_empty() {
            notes.left_out("no-id", "a row without id; left out");
            continue;
        }
        let datasets = table.get(&["dataset", "datasets"]).into_owned();
        let list = list_of(values(&datasets).iter().map(AsRef::as_ref));
        let e = all.entity(&list, &id, kind, row.line);
        add_name(e, &table.get(&["name"]), NameKind::Primary, notes);
        for alias in values(&table.get(&["aliases"])) {
            add_name(e, &alias, NameKind::Alias, notes);
        }
        for date in values(&table.get(&["birthdate"])) {
            if kind == EntityKind::Person || kind == EntityKind::Unknown {
                add_dates(e, &date, notes);
            }
        }
        for code in values(&table.get(&["countries"])) {
            add_code(e, &code, notes);
        }
        for number in values(&table.get(&["identifiers"])) {
            let digits = imo(&number);
            let ship = kind == EntityKind::Vessel && digits.len() == 7 && digits.bytes().all(|b| b.is_ascii_digit());
            // Wikidata's numbers are no papers.
            let wikidata = number.strip_prefix('Q').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
            if !wikidata {
                add_document(e, if ship { 'V' } else { 'O' }, &number, "", notes);
            }
        }
        for reason in values(&table.get(&["programids", "sanctions"])) {
            add_programme(e, &reason);
        }
    }
    notes.close("entities", rows);
    all.finish(notes)
}

/// Values between semicolons; those that hold one are in quotes, with quotes in them doubled.
fn values(cell: &str) -> Vec<Cow<'_, str>> {
    let (mut values, mut rest) = (vec![], cell.trim());
    while !rest.is_empty() {
        let closing = rest.strip_prefix('"').and_then(|inside| {
            let mut at = 0;
            loop {
                at += inside[at..].find('"')?;
                match inside[at + 1..].chars().next() {
                    Some('"') => at += 2,
                    Some(';') | None => return Some((&inside[..at], &inside[at + 1..])),
                    Some(_) => return None,
                }
            }
        });
        let (value, tail) = match closing {
            Some((inside, tail)) => (Cow::Owned(inside.replace("\"\"", "\"")), tail.strip_prefix(';').unwrap_or(tail)),
            None => rest.split_once(';').map_or((Cow::Borrowed(rest), ""), |(value, tail)| (Cow::Borrowed(value), tail)),
        };
        if !value.trim().is_empty() {
            values.push(value);
        }
        rest = tail;
    }
    values
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_and_lists() {
        for (cell, parts) in
            [("ru;tj", "ru|tj"), ("\"a; \"\"b\"\"\";c", "a; \"b\"|c"), ("\"open;c", "\"open|c"), ("a\"b;;c;", "a\"b|c"), ("", "")]
        {
            assert_eq!(values(cell).join("|"), parts, "{cell}");
        }
        assert_eq!(list_of(["UN Sanctions", "INTERPOL Red Notices"]), "os_interpol_red_notices");
        assert_eq!(list_of([]), "os_unknown");
    }

    proptest! {
        #[test]
        fn no_cell_hangs_or_panics(cell in "[\";aé]{0,24}") {
            prop_assert!(values(&cell).len() <= cell.len());
        }
    }
}
