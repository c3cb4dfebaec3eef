//! Readers of published watchlists. A list is a file or a directory and is known by its content,
//! never by its name. What a reader cannot use costs as little as can be (a cell, a row) and is
//! reported with file and line, without what it says.
//!
//! [`read`] and [`read_all`] open the files (`source`, which unpacks gzip and, with `unzip`, ZIP), find the
//! [`Format`] and call its reader, one file a form of a publisher: `ofac_sdn`, `ofac_xml` and
//! `ofac_advanced` (with `ofac_remarks` and `ofac_document` for the free text), `un`, `eu_xml` and
//! `eu_csv`, `uk_table` (CSV, and ODS through `ods`), `uk_xml` and `ofsi`, `canada`, `bis`, `csl`,
//! `opensanctions`, `follow_the_money` and `senzing`, `tamis_csv` and `tamis_parquet`. They share
//! `xml` (records of a document one by one), `table` (rows by column name), `date`, and `fields`
//! (what becomes of a name, country, date or document). A new publisher is one more variant of
//! `Format` and one more file here.
//!
//! [`open_compiled`] and [`write_compiled`] are for generations that were compiled before.
//!
//! Nothing in here knows of plans, tasks or the command line.
#![deny(clippy::clone_on_ref_ptr)]

mod bis;
mod canada;
mod compiled;
mod contained;
mod counts;
mod csl;
mod date;
mod eu_csv;
mod eu_xml;
mod fields;
mod follow_the_money;
mod format;
mod ods;
mod ofac_advanced;
mod ofac_document;
mod ofac_remarks;
mod ofac_sdn;
mod ofac_xml;
mod ofsi;
mod opensanctions;
mod report;
mod rows;
mod senzing;
mod source;
mod table;
mod tamis_csv;
mod tamis_parquet;
#[cfg(test)]
mod tests;
mod uk_table;
mod uk_xml;
mod un;
mod unzip;
mod xml;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use hashbrown::{HashMap, HashSet};
use sha2::{Digest, Sha256};
use tamis_watchlist::Entity;

pub use compiled::{open_compiled, write_compiled};
pub use counts::ListCounts;
pub use format::Format;
pub use report::{FileRead, ReadReport, Unusable};

/// What can be given, for people.
const FORMATS: &str = "OFAC (CSV, XML, advanced XML), UN, EU, UK or Canada's lists, BIS denied persons, the US consolidated screening \
                       list, OpenSanctions (CSV, FollowTheMoney or Senzing JSON), or Tamis CSV or Parquet";

/// Why a list is not read. The texts name the file, the line where there is one, and what would
/// be right.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file system says no.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// File or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No watchlist.
    #[error("{}: is no watchlist but {}; known are {FORMATS}", path.display(), article(format.describe()))]
    NotAList {
        /// File.
        path: PathBuf,
        /// What it is.
        format: Format,
    },
    /// A companion file of OFAC without the list itself.
    #[error("{}: holds {}, but no list lies beside it; give the directory that has sdn.csv too", path.display(), format.describe())]
    NoMainFile {
        /// File.
        path: PathBuf,
        /// What it is.
        format: Format,
    },
    /// Two files of the same sort, of which an edition has one.
    #[error("{} and {} are both an {}; keep each edition in a directory of its own", first.display(), second.display(), format.describe())]
    TwoEditions {
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// What both are.
        format: Format,
    },
    /// A directory without a list.
    #[error("{}: no watchlist in this directory; known are {FORMATS}", path.display())]
    NothingThere {
        /// Directory.
        path: PathBuf,
    },
    /// A list without entities.
    #[error("{}: the list holds no entity", path.display())]
    Empty {
        /// File or directory.
        path: PathBuf,
    },
    /// A column that there is not.
    #[error("{}:{line}: unknown column {column:?}{}", path.display(), hint(*nearest))]
    UnknownColumn {
        /// File.
        path: PathBuf,
        /// Line of the header.
        line: u64,
        /// Its name in the file.
        column: String,
        /// The most similar name that there is.
        nearest: Option<&'static str>,
    },
    /// A column that stands in the header twice.
    #[error("{}:{line}: column {column:?} is there twice; remove one", path.display())]
    ColumnTwice {
        /// File.
        path: PathBuf,
        /// Line of the header.
        line: u64,
        /// Its name.
        column: String,
    },
    /// A column that has to be there.
    #[error("{}:{line}: column {column:?} is missing; entity_id and name are required", path.display())]
    MissingColumn {
        /// File.
        path: PathBuf,
        /// Line of the header.
        line: u64,
        /// Its name.
        column: &'static str,
    },
    /// Cells between other marks than commas.
    #[error("{}:{line}: cells are separated by {found:?}; separate them by commas", path.display())]
    Separator {
        /// File.
        path: PathBuf,
        /// Line of the header.
        line: u64,
        /// The mark that was found.
        found: char,
    },
    /// Parquet that cannot be read.
    #[error("{}: cannot be read as Parquet: {reason}", path.display())]
    Parquet {
        /// File.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// A compiled generation that cannot be opened.
    #[error("{}: {reason}", path.display())]
    Compiled {
        /// File.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// UTF-16, which spreadsheets write as "Unicode text".
    #[error("{}: is UTF-16 text; save it as UTF-8", path.display())]
    Utf16 {
        /// File.
        path: PathBuf,
    },
    /// The same entity in two of the lists that were given.
    #[error("list {list:?} is given twice: {count} of its entities are in {} and in {}; give one edition of each list", first.display(), second.display())]
    Twice {
        /// Name of the list.
        list: String,
        /// Entities in both.
        count: usize,
        /// One source.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; known are entity_id, list, entity_kind, name_kind, name, birth_dates, nationalities, sex, documents".to_owned(),
        |column| format!("; the nearest is {column:?}"),
    )
}

fn article(what: &str) -> String {
    let vowel = what.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O']);
    format!("{} {what}", if vowel { "an" } else { "a" })
}

/// One list as it was read.
#[derive(Debug)]
pub struct ListRead {
    /// The path that was given.
    pub path: PathBuf,
    /// What was found there; of a directory with several lists, the first.
    pub format: Format,
    /// Name of the list; several joined by `+`. [`ReadReport::lists`] has the counts.
    pub list: String,
    /// SHA-256 of the bytes of all files that were read, in hexadecimal.
    pub digest: String,
    /// Entities in the order of the files. Each has at least one name, the primary one first.
    pub entities: Vec<Entity>,
    /// What became of everything else.
    pub report: ReadReport,
}

/// All lists of a run.
#[derive(Debug)]
pub struct ListsRead {
    /// Entities of all lists, in the order of the paths.
    pub entities: Vec<Entity>,
    /// What was read from each path; the entities have been moved to `entities`.
    pub reads: Vec<ListRead>,
    /// SHA-256 over the digests of the lists, in hexadecimal.
    pub digest: String,
}

/// Reads a list: a file, or a directory with one or more lists.
///
/// The other files of an OFAC edition are found beside `sdn.csv`, whatever they are called.
/// Files in a directory that are no lists are skipped and reported, as are those that have an
/// OpenSanctions list once more in another form. A list without a single entity is refused.
pub fn read(path: &Path) -> Result<ListRead, ListError> {
    let source = source::open(path)?;
    let mut notes = report::Notebook::default();
    let (mut entities, mut digest, mut format) = (vec![], Sha256::new(), Format::TamisCsv);
    if let Some(edition) = &source.ofac {
        format = Format::OfacSdn;
        for file in edition.present() {
            digest.update(&file.bytes);
        }
        entities = ofac_sdn::read_ofac(edition, &mut notes);
    }
    let (mut skipped, mut seen): (_, HashSet<String>) = (source.skipped, HashSet::default());
    for (at, (file, found)) in source.files.iter().enumerate() {
        if at == 0 && entities.is_empty() {
            format = *found;
        }
        let before = (notes.clone(), digest.clone());
        let (more, after) = read_file(file, *found, digest, &mut notes)?;
        digest = after;
        if found.is_open_sanctions() && source.files.len() > 1 {
            let known = more.iter().filter(|e| seen.contains(&e.id)).count();
            if known * 2 > more.len() {
                (notes, digest) = before;
                let reason = "most of its entities are in another file of OpenSanctions beside it; the fullest form is read";
                skipped.push((file.clone(), reason.to_owned()));
                continue;
            }
            seen.extend(more.iter().map(|e| e.id.clone()));
        }
        if entities.is_empty() {
            entities = more;
        } else {
            refuse_twice(&[(path, &entities), (file, &more)])?;
            entities.extend(more);
        }
    }
    if entities.is_empty() {
        return Err(ListError::Empty { path: path.to_owned() });
    }
    let mut report = notes.finish();
    report.skipped = skipped;
    report.count(&entities);
    let list = report.lists.keys().map(String::as_str).collect::<Vec<_>>().join("+");
    Ok(ListRead { path: path.to_owned(), format, list, digest: hex(digest), entities, report })
}

/// Reads one file by its format, and goes on with the digest of the files before it.
fn read_file(
    path: &Path,
    format: Format,
    digest: Sha256,
    notes: &mut report::Notebook,
) -> Result<(Vec<Entity>, Sha256), ListError> {
    notes.open(path);
    let mut input = source::Input::open(path)?.after(digest);
    let whole = |input: &mut source::Input| {
        let mut bytes = vec![];
        input.read_to_end(&mut bytes).map_err(source::io_error(path)).map(|_| bytes)
    };
    let entities = match format {
        Format::OfacXml => ofac_xml::read_ofac_xml(&mut input, notes),
        Format::OfacAdvancedXml => ofac_advanced::read_ofac_advanced(&mut input, notes),
        Format::UnXml => un::read_un(&mut input, notes),
        Format::EuXml => eu_xml::read_eu_xml(&mut input, notes),
        Format::EuCsv => eu_csv::read_eu_csv(&whole(&mut input)?, notes),
        Format::UkCsv => uk_table::read_uk_table(&whole(&mut input)?, notes),
        Format::UkOds => {
            let table = ods::as_csv(&mut input, None, notes);
            uk_table::read_uk_table(&table, notes)
        }
        Format::UkXml => uk_xml::read_uk_xml(&mut input, notes),
        Format::OfsiCsv => ofsi::read_ofsi_csv(&whole(&mut input)?, notes),
        Format::OfsiXml => ofsi::read_ofsi_xml(&mut input, notes),
        Format::CanadaXml => canada::read_canada(&mut input, notes),
        Format::BisDeniedPersons => bis::read_dpl(&whole(&mut input)?, notes),
        Format::ScreeningListCsv => csl::read_csl(&whole(&mut input)?, notes),
        Format::OpenSanctionsCsv => opensanctions::read_simple_csv(&whole(&mut input)?, notes),
        Format::OpenSanctionsJson => follow_the_money::read_ftm(&mut input, notes),
        Format::SenzingJson => senzing::read_senzing(&mut input, notes),
        Format::TamisCsv => tamis_csv::read_tamis(path, &whole(&mut input)?, &default_list(path), notes)?,
        Format::Compiled => {
            let generation = compiled::open_compiled(path)?;
            (0..generation.len() as u32).map(|e| generation.entity(e)).collect()
        }
        Format::TamisParquet => tamis_parquet::read_parquet(path, &default_list(path), notes)?,
        format => return Err(ListError::NotAList { path: path.to_owned(), format }),
    };
    Ok((entities, input.finish()?))
}

/// The name of a list that has no column for it: that of the file.
fn default_list(path: &Path) -> String {
    let stem = path.file_stem().map_or_else(|| "list".to_owned(), |stem| stem.to_string_lossy().to_lowercase());
    let bare = [".csv", ".parquet"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(&stem);
    bare.to_owned()
}

/// Whether a path is a compiled generation.
///
/// # Errors
/// It cannot be read.
pub fn is_compiled(path: &Path) -> Result<bool, ListError> {
    let source = source::open(path)?;
    Ok(path.is_file() && matches!(source.files.as_slice(), [(_, Format::Compiled)]))
}

/// Reads all lists. The same entity of the same list in two of them is refused: which of two
/// editions holds is not for a program to guess.
pub fn read_all<P: AsRef<Path>>(paths: &[P]) -> Result<ListsRead, ListError> {
    let mut reads = paths.iter().map(|path| read(path.as_ref())).collect::<Result<Vec<_>, _>>()?;
    if reads.len() > 1 {
        let all: Vec<_> = reads.iter().map(|read| (read.path.as_path(), read.entities.as_slice())).collect();
        refuse_twice(&all)?;
    }
    let mut digest = Sha256::new();
    for read in &reads {
        digest.update(&read.digest);
    }
    let mut entities = Vec::with_capacity(reads.iter().map(|read| read.entities.len()).sum());
    for read in &mut reads {
        entities.append(&mut read.entities);
    }
    Ok(ListsRead { entities, reads, digest: hex(digest) })
}

fn refuse_twice(reads: &[(&Path, impl AsRef<[Entity]>)]) -> Result<(), ListError> {
    let mut seen: HashMap<(&str, &str), usize, foldhash::fast::FixedState> = HashMap::default();
    let mut twice: Option<(&str, usize, usize, usize)> = None;
    for (at, (_, entities)) in reads.iter().enumerate() {
        for entity in entities.as_ref() {
            match seen.insert((&entity.list, &entity.id), at) {
                Some(first) if first != at => match &mut twice {
                    None => twice = Some((&entity.list, first, at, 1)),
                    Some((list, a, b, count)) if (*list, *a, *b) == (entity.list.as_str(), first, at) => *count += 1,
                    Some(_) => {}
                },
                _ => {}
            }
        }
    }
    match twice {
        None => Ok(()),
        Some((list, first, second, count)) => Err(ListError::Twice {
            list: list.to_owned(),
            count,
            first: reads[first].0.to_owned(),
            second: reads[second].0.to_owned(),
        }),
    }
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
        text
    })
}
