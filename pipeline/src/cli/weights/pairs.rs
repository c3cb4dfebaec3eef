//! Reads pairs that people have judged: somebody as reported, and which listed entity that is.

use std::path::Path;

use csv::ReaderBuilder;
use tamis::error::Error;
use tamis_operators::functions::country;
use tamis_operators::watchlist::fit::Reported;
use tamis_operators::watchlist::{Entity, Sex};

const COLUMNS: [&str; 6] = ["name", "birth_date", "nationality", "sex", "entity_id", "list"];

/// Pairs of a reported person and the ordinal of an entity. Rows whose entity is not on the lists
/// are counted and left out.
pub(crate) fn read(path: &Path, entities: &[Entity]) -> Result<(Vec<(Reported, u32)>, u64), Error> {
    let wrong = |reason: String| Error::Usage(format!("{}{reason}", path.display()));
    let file = std::fs::File::open(path).map_err(|e| Error::input(path, &e))?;
    let mut reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let header = reader.headers().map_err(|_| wrong(" line 1 is not readable as CSV".into()))?.clone();
    let names: Vec<String> = header.iter().map(|h| h.trim_start_matches('\u{feff}').trim().to_lowercase()).collect();
    let places = COLUMNS.map(|column| names.iter().position(|n| n == column));
    for (column, place) in COLUMNS.iter().zip(&places) {
        if place.is_none() && ["name", "entity_id"].contains(column) {
            return Err(wrong(format!(
                " line 1: there is no column {column} (judged pairs have the columns {})",
                COLUMNS.join(", ")
            )));
        }
    }
    let mut by_id: std::collections::HashMap<&str, Vec<u32>> = std::collections::HashMap::new();
    for (ordinal, entity) in entities.iter().enumerate() {
        by_id.entry(&entity.id).or_default().push(ordinal as u32);
    }
    let (mut pairs, mut unknown) = (Vec::new(), 0);
    for record in reader.records() {
        let record = record.map_err(|e| {
            let line = e.position().map_or_else(String::new, |p| format!(" line {}", p.line()));
            wrong(format!("{line} is not readable as CSV; quote cells that hold a comma"))
        })?;
        let cell = |i: usize| places[i].and_then(|p| record.get(p)).map(str::trim).filter(|c| !c.is_empty());
        let on_list = |e: &&u32| cell(5).is_none_or(|list| entities[**e as usize].list == list);
        let entity = cell(4).and_then(|id| by_id.get(id)).and_then(|of_id| of_id.iter().find(on_list)).copied();
        let (Some(name), Some(entity)) = (cell(0), entity) else {
            unknown += 1;
            continue;
        };
        let reported = Reported {
            name: name.to_owned(),
            birth_date: cell(1).and_then(|t| t.parse().ok()),
            nationality: cell(2).and_then(country::alpha3).map(str::to_owned),
            sex: cell(3).and_then(Sex::parse),
        };
        pairs.push((reported, entity));
    }
    Ok((pairs, unknown))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pairs_find_their_entity_and_its_list() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            std::fs::write(dir.path().join(name), text).unwrap();
            dir.path().join(name)
        };
        let list = |name: &str| {
            at(&format!("{name}.csv"), &format!("entity_id,list,name\n1,{name},\"DOE, Jane\"\n2,{name},\"ROE, John\"\n"))
        };
        let entities = tamis::lists::read_all(&[list("a"), list("b")]).unwrap().entities;
        let pairs = at("p.csv", "name,entity_id,list,birth_date\nJANE DO,1,b,1970-01-02\nJON ROE,2,,\nX,9,,\n");
        let (read, unknown) = read(&pairs, &entities).unwrap();
        assert_eq!(read.iter().map(|p| (p.0.name.as_str(), p.1)).collect::<Vec<_>>(), [("JANE DO", 2), ("JON ROE", 1)]);
        assert_eq!((read[0].0.birth_date.is_some(), unknown), (true, 1));
        let refused = super::read(&at("q.csv", "name,entity\nX,1\n"), &entities).unwrap_err().to_string();
        assert!(refused.contains("no column entity_id"), "{refused}");
    }
}
