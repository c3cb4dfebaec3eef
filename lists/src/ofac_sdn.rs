use std::borrow::Cow;
use std::path::PathBuf;

use csv::ByteRecord;
use hashbrown::HashMap;
use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{Gathered, add_country, add_name, blank};
use super::ofac_remarks::read_remarks;
use super::report::Notebook;
use super::rows::{Row, Rows, text};

/// Name of the list in entities; the files do not say it.
pub(super) const LIST: &str = "ofac_sdn";
/// Name of the consolidated list of those who are not on the SDN list.
pub(super) const CONSOLIDATED: &str = "ofac_consolidated";

/// Remarks of this length are cut off there and go on in `sdn_comments`.
const REMARKS_END: usize = 1_000;

/// The four files as OFAC documents them, in this order of columns.
pub(super) const SDN: [&str; 12] = [
    "entnum",
    "sdnname",
    "sdntype",
    "program",
    "title",
    "callsign",
    "vesstype",
    "tonnage",
    "grt",
    "vessflag",
    "vessowner",
    "remarks",
];
/// Aliases.
pub(super) const ALT: [&str; 5] = ["entnum", "altnum", "alttype", "altname", "altremarks"];
/// Addresses.
pub(super) const ADD: [&str; 6] = ["entnum", "addnum", "address", "citystateprovincepostalcode", "country", "addremarks"];
/// Remarks beyond 1,000 characters.
pub(super) const COMMENTS: [&str; 2] = ["entnum", "remarks"];

/// One file in memory.
#[derive(Debug)]
pub(super) struct OfacFile {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

/// The files of one edition.
#[derive(Debug, Default)]
pub(super) struct OfacFiles {
    pub(super) sdn: Option<OfacFile>,
    pub(super) alt: Option<OfacFile>,
    pub(super) add: Option<OfacFile>,
    pub(super) comments: Option<OfacFile>,
}

impl OfacFiles {
    /// Files that are there, in the order of the digest.
    pub(super) fn present(&self) -> impl Iterator<Item = &OfacFile> {
        [&self.sdn, &self.alt, &self.add, &self.comments].into_iter().flatten()
    }
}

/// Reads an edition. Every row of the main file that has a number and a name becomes an entity,
/// whatever else is wrong with it.
pub(super) fn read_ofac(files: &OfacFiles, notes: &mut Notebook) -> Vec<Entity> {
    let mut edition = Edition::default();
    if let Some(file) = &files.comments {
        edition.read_comments(file, notes);
    }
    if let Some(file) = &files.sdn {
        edition.read_entities(file, notes);
    }
    for (file, role) in [(&files.alt, "aliases"), (&files.add, "addresses")] {
        match file {
            Some(file) if role == "aliases" => edition.read_aliases(file, notes),
            Some(file) => edition.read_addresses(file, notes),
            None => notes.report.notes.push(format!("no file with {role} lies beside the list")),
        }
    }
    let mut entities = edition.all.finish(notes);
    name_list(&mut entities);
    entities
}

/// Programmes under which nobody is a specially designated national: the lists of OFAC's
/// consolidated file (SSI, FSE, PLC, CAPTA, CMIC, MBS). A few appear on the SDN list too.
const NOT_SDN: [&str; 8] = ["UKRAINE-EO13662", "NS-PLC", "FSE-", "NS-ISA", "NS-MBS", "561-", "CMIC-", "CAPTA"];

/// The files of both lists look alike, and their numbers never meet. It is the consolidated list
/// where most of the entities are under programmes that are not of the SDN list.
pub(super) fn name_list(entities: &mut [Entity]) {
    let other = |e: &Entity| e.programmes.iter().any(|p| NOT_SDN.iter().any(|mark| p.starts_with(mark)));
    let consolidated = entities.iter().filter(|e| other(e)).count() * 2 > entities.len();
    for entity in entities {
        let list = if consolidated { CONSOLIDATED } else { LIST };
        list.clone_into(&mut entity.list);
    }
}

#[derive(Default)]
struct Edition {
    all: Gathered,
    /// What goes on in other rows, and how many rows.
    more_remarks: HashMap<String, (String, usize), foldhash::fast::FixedState>,
}

impl Edition {
    fn read_comments(&mut self, file: &OfacFile, notes: &mut Notebook) {
        each_row(file, "long remarks", &COMMENTS, notes, |row, notes| {
            let (Some(number), Some(more)) = (row.get(0), row.get_raw(1)) else {
                return notes.left_out("row-short", "a row without number and remarks; left out");
            };
            let remarks = self.more_remarks.entry(number.into_owned()).or_default();
            remarks.0.push_str(&more);
            remarks.1 += 1;
        });
    }

    fn read_entities(&mut self, file: &OfacFile, notes: &mut Notebook) {
        each_row(file, "entities", &SDN, notes, |row, notes| {
            let (Some(number), Some(name)) = (row.get(0), row.get(1)) else {
                return notes.left_out("no-name", "a row without number or name; left out");
            };
            let mut entity = blank(LIST, &number, kind_of(row.get(2).as_deref()));
            entity.programmes = row.get(3).map(|p| programmes(&p)).unwrap_or_default();
            add_name(&mut entity, &name, NameKind::Primary, notes);
            if let Some(sign) = row.get(5) {
                let document = tamis_watchlist::ListedDocument { kind: 'O', number: sign.into_owned(), issuer: None };
                entity.documents.push(document);
            }
            if let Some(flag) = row.get(9) {
                add_country(&flag, &mut entity.nationalities, notes);
            }
            // Not trimmed: long remarks go on in the middle of a word.
            if let Some(remarks) = row.get_raw(11).filter(|r| !is_null(r)) {
                match self.more_remarks.remove(number.as_ref()) {
                    Some((more, rows)) => {
                        notes.report.used += rows;
                        read_remarks(&format!("{remarks}{more}"), &mut entity, notes);
                    }
                    None if remarks.chars().count() < REMARKS_END => read_remarks(&remarks, &mut entity, notes),
                    None => {
                        notes.unusable(
                            "remark-cut",
                            "remarks that are cut off at 1,000 characters; their last clause is left out",
                        );
                        read_remarks(remarks.rsplit_once(';').map_or("", |(whole, _)| whole), &mut entity, notes);
                    }
                }
            }
            let line = notes.line();
            self.all.add(entity, line, notes);
        });
        for (_, (_, rows)) in self.more_remarks.drain() {
            notes.unusable("orphan-remarks", "long remarks of an entity that is not in the list; left out");
            notes.report.left_out += rows;
        }
    }

    fn read_aliases(&mut self, file: &OfacFile, notes: &mut Notebook) {
        each_row(file, "aliases", &ALT, notes, |row, notes| {
            let (Some(number), Some(name)) = (row.get(0), row.get(3)) else {
                return notes.left_out("no-name", "a row without number or name; left out");
            };
            let Some(entity) = self.all.find(LIST, &number) else {
                return notes.left_out("orphan-alias", "an alias of an entity that is not in the list; left out");
            };
            let kind = row.get(2);
            let weak = row.get(4).is_some_and(|r| {
                let r = r.to_ascii_lowercase();
                ["weak", "low quality", "low-quality"].iter().any(|w| r.contains(w))
            });
            let kind = match kind.as_deref().unwrap_or("aka").trim_end_matches('.') {
                k if k.eq_ignore_ascii_case("fka") || k.eq_ignore_ascii_case("f.k.a") => NameKind::Former,
                _ if weak => NameKind::WeakAlias,
                k if ["aka", "nka", "a.k.a", "n.k.a"].iter().any(|known| k.eq_ignore_ascii_case(known)) => NameKind::Alias,
                _ => {
                    notes.unusable("alias-type", "an alias that is neither aka, fka nor nka; taken for aka");
                    NameKind::Alias
                }
            };
            add_name(entity, &name, kind, notes);
        });
    }

    fn read_addresses(&mut self, file: &OfacFile, notes: &mut Notebook) {
        each_row(file, "addresses", &ADD, notes, |row, notes| {
            let Some(entity) = row.get(0).and_then(|number| self.all.find(LIST, &number)) else {
                return notes.left_out("orphan-address", "an address of an entity that is not in the list; left out");
            };
            notes.report.addresses += 1;
            if entity.kind == EntityKind::Organisation
                && let Some(country) = row.get(4)
            {
                add_country(&country, &mut entity.nationalities, notes);
            }
        });
    }
}

pub(super) fn kind_of(text: Option<&str>) -> EntityKind {
    match text.map(str::to_ascii_lowercase).as_deref() {
        Some("individual") => EntityKind::Person,
        Some("vessel") => EntityKind::Vessel,
        Some("aircraft") => EntityKind::Aircraft,
        // OFAC leaves it empty for companies, banks, groups and ministries.
        _ => EntityKind::Organisation,
    }
}

/// `SDGT] [IFSR` is two of them.
fn programmes(text: &str) -> Vec<String> {
    text.split(['[', ']']).map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect()
}

fn is_null(cell: &str) -> bool {
    matches!(cell.trim(), "" | "-0-")
}

/// A row by the documented columns, whatever the order of the file.
struct Cells<'a> {
    record: &'a ByteRecord,
    columns: &'a [Option<usize>],
}

impl<'a> Cells<'a> {
    /// The cell of a documented column as it is.
    fn get_raw(&self, column: usize) -> Option<Cow<'a, str>> {
        self.record.get((*self.columns.get(column)?)?).map(text)
    }

    /// The same without blanks around it; `None` where it says nothing (`-0-`).
    fn get(&self, column: usize) -> Option<Cow<'a, str>> {
        match self.get_raw(column)? {
            cell if is_null(&cell) => None,
            Cow::Borrowed(cell) => Some(Cow::Borrowed(cell.trim())),
            Cow::Owned(cell) => Some(Cow::Owned(cell.trim().to_owned())),
        }
    }
}

/// Calls `read` for each row of a file; rows with other than the documented cells are noted.
fn each_row(
    file: &OfacFile,
    role: &'static str,
    names: &[&str],
    notes: &mut Notebook,
    mut read: impl FnMut(Cells<'_>, &mut Notebook),
) {
    notes.open(&file.path);
    let mut columns: Vec<Option<usize>> = (0..names.len()).map(Some).collect();
    let mut cells = names.len();
    let (mut rows, mut record, mut count) = (Rows::new(&file.bytes, cells), ByteRecord::new(), 0);
    let mut first = true;
    while let Some(Row { line, broken }) = rows.next(&mut record) {
        notes.at(line);
        if std::mem::take(&mut first) {
            if let Some(order) = header(&record, names) {
                columns = order;
                cells = record.len();
                continue;
            }
            let number = record.get(0).unwrap_or_default();
            if !number.is_empty() && !number.iter().any(u8::is_ascii_digit) {
                notes
                    .report
                    .notes
                    .push(format!("the header of the {role} is not OFAC's; the columns were taken in OFAC's order"));
                continue;
            }
        }
        count += 1;
        if broken {
            notes.unusable("row-quote", "a quote that is not closed; the row was read as far as its line goes");
        } else if record.len() < cells {
            notes.unusable("row-short", "too few cells; the missing ones were taken for empty");
        } else if record.len() > cells {
            notes.unusable("row-long", "too many cells; the row was put together as far as it can be");
            if let Some(mended) = mend(&record) {
                record = mended;
            }
        }
        read(Cells { record: &record, columns: &columns }, notes);
    }
    notes.close(role, count);
}

/// Which cell holds which documented column, where the row is a header.
pub(super) fn header(record: &ByteRecord, names: &[&str]) -> Option<Vec<Option<usize>>> {
    let plain = |cell: &[u8]| -> String {
        text(cell).chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let cells: Vec<String> = record.iter().map(plain).collect();
    let order: Vec<_> = names.iter().map(|name| cells.iter().position(|cell| cell == name)).collect();
    (order.first() == Some(&Some(0)) && order.iter().flatten().count() >= names.len().div_ceil(2)).then_some(order)
}

/// A row of the main file whose name or remarks hold commas without quotes: the type of the
/// entity tells where the name ends, and everything past the last column belongs to the remarks.
fn mend(record: &ByteRecord) -> Option<ByteRecord> {
    let types = ["individual", "vessel", "aircraft", "-0-"];
    let cells: Vec<_> = record.iter().map(text).collect();
    let at = (2..cells.len()).find(|at| types.iter().any(|t| cells[*at].trim().eq_ignore_ascii_case(t)))?;
    let remarks = at + SDN.len() - 3;
    if remarks >= cells.len() {
        return None;
    }
    let mut mended = ByteRecord::new();
    mended.push_field(cells[0].as_bytes());
    mended.push_field(cells[1..at].join(",").as_bytes());
    cells[at..remarks].iter().for_each(|cell| mended.push_field(cell.as_bytes()));
    mended.push_field(cells[remarks..].join(",").as_bytes());
    Some(mended)
}
