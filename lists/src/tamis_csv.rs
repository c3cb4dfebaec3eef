use std::hash::BuildHasher;
use std::path::Path;

use csv::ByteRecord;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use tamis_records::country;
use tamis_watchlist::{Entity, EntityKind, EntityName, ListedDocument, NameKind, Sex};

use super::ListError;
use super::date::read_dates;
use super::fields::{blank, full, numbered, primary_first, shortened};
use super::report::Notebook;
use super::rows::{Row, Rows, text};

/// Columns in the order of the documentation; files may have them in any order.
pub(super) const COLUMNS: [&str; 9] =
    ["entity_id", "list", "entity_kind", "name_kind", "name", "birth_dates", "nationalities", "sex", "documents"];

const ENTITY_ID: usize = 0;
const LIST: usize = 1;
const ENTITY_KIND: usize = 2;
const NAME_KIND: usize = 3;
const NAME: usize = 4;
const BIRTH_DATES: usize = 5;
const NATIONALITIES: usize = 6;
const SEX: usize = 7;
const DOCUMENTS: usize = 8;

/// Whether lower-case cells of a first row are meant to be the header of this format, be it
/// with a slip of the pen.
pub(super) fn is_header(cells: &[String]) -> bool {
    let known = cells.iter().filter(|cell| COLUMNS.contains(&cell.as_str())).count();
    known >= 2 || cells.iter().any(|cell| cell == COLUMNS[ENTITY_ID])
        // The wrong separator: the whole header is one cell.
        || (cells.len() == 1 && COLUMNS.iter().filter(|column| cells[0].contains(*column)).count() >= 2)
}

/// Reads a file of one row a name. Rows of one entity share `entity_id` and `list` and need not
/// stand together; their other cells add up. Without a column `list`, `default_list` is it.
pub(super) fn read_tamis(path: &Path, bytes: &[u8], default_list: &str, notes: &mut Notebook) -> Result<Vec<Entity>, ListError> {
    notes.open(path);
    let mut header = ByteRecord::new();
    let Some(Row { line, .. }) = Rows::new(bytes, COLUMNS.len()).next(&mut header) else {
        return Err(ListError::Empty { path: path.to_owned() });
    };
    let columns = columns(path, line, &header)?;
    let mut reader = Reader::new(columns, default_list);
    let mut rows = Rows::new(bytes, header.len());
    let (mut record, mut last, mut last_entity, mut count) = (ByteRecord::new(), ByteRecord::new(), None, 0);
    rows.next(&mut record);
    while let Some(Row { line, broken }) = rows.next(&mut record) {
        notes.at(line);
        count += 1;
        if broken {
            notes.left_out("row-quote", "a quote that is not closed; the row was left out");
        } else if record.len() > header.len() {
            notes.left_out("row-long", "more cells than the header has; the row was left out (is a comma not quoted?)");
        } else {
            last_entity = reader.row(&record, &last, last_entity, notes);
            std::mem::swap(&mut record, &mut last);
        }
    }
    notes.close("entities", count);
    Ok(reader.finish())
}

/// Where each of [`COLUMNS`] stands.
fn columns(path: &Path, line: u64, header: &ByteRecord) -> Result<[Option<usize>; 9], ListError> {
    let mut columns = [None; 9];
    if header.len() == 1
        && let Some(found) = [';', '\t', '|'].into_iter().find(|c| text(&header[0]).contains(*c))
    {
        return Err(ListError::Separator { path: path.to_owned(), line, found });
    }
    for (at, cell) in header.iter().enumerate() {
        let name = text(cell).trim().to_ascii_lowercase();
        let column = COLUMNS.iter().position(|column| *column == name);
        match column.map(|column| &mut columns[column]) {
            Some(Some(_)) => return Err(ListError::ColumnTwice { path: path.to_owned(), line, column: name }),
            Some(free) => *free = Some(at),
            None => {
                let nearest = COLUMNS
                    .into_iter()
                    .max_by(|a, b| strsim::jaro_winkler(a, &name).total_cmp(&strsim::jaro_winkler(b, &name)))
                    .filter(|column| strsim::jaro_winkler(column, &name) > 0.7);
                return Err(ListError::UnknownColumn { path: path.to_owned(), line, column: name, nearest });
            }
        }
    }
    for required in [ENTITY_ID, NAME] {
        if columns[required].is_none() {
            return Err(ListError::MissingColumn { path: path.to_owned(), line, column: COLUMNS[required] });
        }
    }
    Ok(columns)
}

/// Puts rows of names together to entities.
pub(super) struct Reader<'a> {
    columns: [Option<usize>; 9],
    default_list: &'a str,
    entities: Vec<Entity>,
    /// Ordinals of entities by hash of list and id; the keys stay in the entities.
    index: HashTable<u32>,
    hasher: FixedState,
}

impl<'a> Reader<'a> {
    /// `columns` says which cell of a row is which of [`COLUMNS`].
    pub(super) fn new(columns: [Option<usize>; 9], default_list: &'a str) -> Self {
        Self { columns, default_list, entities: vec![], index: HashTable::new(), hasher: FixedState::default() }
    }

    /// The entities, each with its primary name first.
    pub(super) fn finish(mut self) -> Vec<Entity> {
        for entity in &mut self.entities {
            primary_first(&mut entity.names);
        }
        self.entities
    }

    /// The trimmed cell of a column; empty where there is none.
    fn cell<'r>(&self, record: &'r ByteRecord, column: usize) -> &'r [u8] {
        self.columns[column].and_then(|at| record.get(at)).unwrap_or_default().trim_ascii()
    }

    /// Adds a row to its entity and says which that is. `last` and `last_entity` are those of
    /// the row before: alias rows mostly repeat what stands there, which need not be read again.
    pub(super) fn row(
        &mut self,
        record: &ByteRecord,
        last: &ByteRecord,
        last_entity: Option<usize>,
        notes: &mut Notebook,
    ) -> Option<usize> {
        let (id, list, name) = (self.cell(record, ENTITY_ID), self.cell(record, LIST), self.cell(record, NAME));
        if id.is_empty() || name.is_empty() {
            notes.left_out(if id.is_empty() { "no-id" } else { "no-name" }, "a row without entity_id or name; left out");
            return None;
        }
        let same = last_entity.filter(|_| id == self.cell(last, ENTITY_ID) && list == self.cell(last, LIST));
        let at = same.unwrap_or_else(|| self.find_or_add(&text(id), &text(list)));
        let changed = |column| same.is_none() || self.cell(record, column) != self.cell(last, column);
        let changes = [ENTITY_KIND, BIRTH_DATES, NATIONALITIES, SEX, DOCUMENTS].map(|column| changed(column).then_some(column));
        let name_kind = name_kind(&text(self.cell(record, NAME_KIND)), notes);
        let cells = changes.map(|column| column.map(|column| (column, text(self.cell(record, column)))));
        notes.report.used += 1;
        let entity = &mut self.entities[at];
        let name = text(name);
        let name = shortened(&name, notes);
        if full(&entity.names, notes) {
        } else if entity.names.iter().any(|n| n.text == name) {
            notes.report.repeated_names += 1;
        } else {
            // Until all rows are read, an unmarked first name is taken for the primary one.
            let kind = name_kind.unwrap_or(if entity.names.is_empty() { NameKind::Primary } else { NameKind::Alias });
            entity.names.push(EntityName { text: name.to_owned(), kind });
        }
        for (column, cell) in cells.into_iter().flatten().filter(|(_, cell)| !cell.is_empty()) {
            match column {
                ENTITY_KIND => entity_kind(&cell, &mut entity.kind, notes),
                BIRTH_DATES => {
                    for date in parts(&cell) {
                        if full(&entity.birth_dates, notes) {
                            break;
                        }
                        if !read_dates(date, &mut entity.birth_dates) {
                            notes.unusable(
                                "bad-date",
                                "a birth date that is no date (right: 1972, 1972-05, 1972-05-31, ~1972); left out",
                            );
                        }
                    }
                }
                NATIONALITIES => {
                    for state in parts(&cell).flat_map(numbered) {
                        nationality(state, &mut entity.nationalities, notes);
                    }
                }
                SEX => sex(&cell, &mut entity.sex, notes),
                _ => parts(&cell).for_each(|document| read_document(document, &mut entity.documents, notes)),
            }
        }
        Some(at)
    }

    fn find_or_add(&mut self, id: &str, list: &str) -> usize {
        let list = if list.is_empty() { self.default_list } else { list };
        let hash = self.hasher.hash_one((list, id));
        let (entities, hasher) = (&self.entities, &self.hasher);
        let key = |at: &u32| entities.get(*at as usize).map(|e| (e.list.as_str(), e.id.as_str()));
        if let Some(at) = self.index.find(hash, |at| key(at) == Some((list, id))) {
            return *at as usize;
        }
        let at = entities.len();
        self.index.insert_unique(hash, at as u32, |at| hasher.hash_one(key(at).unwrap_or_default()));
        self.entities.push(blank(list, id, EntityKind::Unknown));
        at
    }
}

/// Values of a cell: between semicolons.
fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|part| !part.is_empty())
}

fn name_kind(cell: &str, notes: &mut Notebook) -> Option<NameKind> {
    let words: [(&str, NameKind); 10] = [
        ("primary", NameKind::Primary),
        ("alias", NameKind::Alias),
        ("aka", NameKind::Alias),
        // The name in its own script.
        ("script", NameKind::Alias),
        ("weak_alias", NameKind::WeakAlias),
        ("weak", NameKind::WeakAlias),
        ("weak_aka", NameKind::WeakAlias),
        ("former", NameKind::Former),
        ("fka", NameKind::Former),
        ("nka", NameKind::Alias),
    ];
    if cell.is_empty() {
        return None;
    }
    let found = words.iter().find(|(word, _)| cell.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind);
    if found.is_none() {
        notes.unusable("bad-name-kind", "a name_kind other than primary, alias, weak_alias and former; taken for alias");
    }
    found.or(Some(NameKind::Alias))
}

fn entity_kind(cell: &str, kind: &mut EntityKind, notes: &mut Notebook) {
    let kinds = [EntityKind::Person, EntityKind::Organisation, EntityKind::Vessel, EntityKind::Aircraft, EntityKind::Unknown];
    let also = [
        ("individual", EntityKind::Person),
        ("entity", EntityKind::Organisation),
        ("organization", EntityKind::Organisation),
        ("company", EntityKind::Organisation),
    ];
    let known = kinds.iter().map(|kind| (kind.as_str(), *kind)).chain(also).find(|(word, _)| cell.eq_ignore_ascii_case(word));
    match known {
        None => {
            notes.unusable("bad-kind", "an entity_kind other than person, organisation, vessel, aircraft and unknown; left out");
        }
        Some((_, found)) if *kind == EntityKind::Unknown => *kind = found,
        Some((_, found)) if found != *kind && found != EntityKind::Unknown => {
            notes.unusable("other-kind", "an entity_kind that differs from an earlier row of the entity; the earlier one stands");
        }
        Some(_) => {}
    }
}

/// A code for what is known; what is not stays as it was written, in upper case, since two lists
/// may well write the same.
fn nationality(text: &str, nationalities: &mut Vec<String>, notes: &mut Notebook) {
    let before = nationalities.len();
    if add_countries(text, nationalities) {
        return;
    }
    nationalities.truncate(before);
    notes.unusable("unknown-country", "a nationality that is no country code or name; kept as it is");
    let upper = text.to_uppercase();
    if !full(nationalities, notes) && !nationalities.contains(&upper) {
        nationalities.push(upper);
    }
}

/// One country, or several between commas, which may be part of a name as well: `MOLDOVA,
/// REPUBLIC OF, ISRAEL` are two. The longest name that a country has wins.
fn add_countries(text: &str, nationalities: &mut Vec<String>) -> bool {
    /// `BOLIVIA, PLURINATIONAL STATE OF` has one comma.
    const MOST_COMMAS: usize = 3;
    let mut rest = text;
    loop {
        let commas = memchr::memchr_iter(b',', rest.as_bytes()).take(MOST_COMMAS + 1);
        let mut ends: Vec<usize> = commas.collect();
        if ends.len() <= MOST_COMMAS {
            ends.push(rest.len());
        }
        let found = ends.iter().rev().find_map(|end| country::alpha3(&rest[..*end]).map(|code| (code, *end)));
        let Some((code, end)) = found else { return false };
        if !nationalities.iter().any(|n| n == code) {
            nationalities.push(code.to_owned());
        }
        match rest.get(end + 1..) {
            Some(more) => rest = more.trim_start(),
            None => return true,
        }
    }
}

fn sex(cell: &str, sex: &mut Option<Sex>, notes: &mut Notebook) {
    match (Sex::parse(cell), *sex) {
        (Some(found), None) => *sex = Some(found),
        (Some(found), Some(known)) if found != known => {
            notes.unusable("other-sex", "a sex that differs from an earlier row of the entity; the earlier one stands");
        }
        (None, _) if !cell.eq_ignore_ascii_case("u") => notes.unusable("bad-sex", "a sex other than F, M and X; left out"),
        _ => {}
    }
}

/// `P:number:ISSUER`, `P:number`, or a bare number, which is taken for a passport's.
fn read_document(text: &str, documents: &mut Vec<ListedDocument>, notes: &mut Notebook) {
    let (kind, rest) = match text.split_once(':') {
        None => ('P', text),
        Some((kind, rest)) => match kind.trim().to_ascii_uppercase().as_str() {
            "P" => ('P', rest),
            "I" => ('I', rest),
            "O" => ('O', rest),
            "V" => ('V', rest),
            _ => return notes.unusable("bad-document", "a document that is not P, I, V or O:number:ISSUER; left out"),
        },
    };
    let (number, issuer) = rest.rsplit_once(':').map_or((rest, ""), |(number, issuer)| (number, issuer.trim()));
    let number = number.trim();
    if number.is_empty() {
        return notes.unusable("bad-document", "a document without a number; left out");
    }
    let state = country::alpha3(issuer);
    if state.is_none() && !issuer.is_empty() {
        notes.unusable("unknown-issuer", "a document whose issuer is no country code or name; kept without it");
    }
    let document = ListedDocument { kind, number: number.to_owned(), issuer: state.map(str::to_owned) };
    if !full(documents, notes) && !documents.contains(&document) {
        documents.push(document);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_nationalities_in_one_cell() {
        for (text, codes) in [
            ("(1) France. (2) Chad", "FRA TCD"),
            ("(1) Belgium (2) Congo (Democratic Republic)", "BEL COD"),
            ("MOLDOVA, REPUBLIC OF, ISRAEL", "MDA ISR"),
            ("Korea, North", "PRK"),
            ("CHAD, ATLANTIS", "CHAD, ATLANTIS"),
            ("(1)", ""),
            ("France,", "FRA"),
        ] {
            let (mut out, mut notes) = (vec![], Notebook::default());
            numbered(text).for_each(|state| nationality(state, &mut out, &mut notes));
            assert_eq!(out.join(" "), codes, "{text}");
        }
    }
}
