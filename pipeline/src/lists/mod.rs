//! Readers of published watchlists. A list is a file or a directory and is known by its content,
//! never by its name. What a reader cannot use costs as little as can be (a cell, a row) and is
//! reported with file and line, without what it says.
//!
//! [`read`] and [`read_all`] find the [`Format`] and call its reader: `ofac_sdn` (with
//! `ofac_remarks` and `ofac_document` for the free text) or `tamis_csv`. A new publisher is one
//! more variant of `Format` and one more file here.

mod date;
mod format;
mod ofac_document;
mod ofac_remarks;
mod ofac_sdn;
mod report;
mod rows;
mod source;
mod tamis_csv;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use hashbrown::HashMap;
use sha2::{Digest, Sha256};
use tamis_operators::watchlist::Entity;

pub use format::Format;
pub use report::{FileRead, ReadReport, Unusable};

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
    #[error("{}: is no watchlist but {}; give an OFAC directory (sdn.csv, alt.csv, add.csv) or a Tamis CSV with the columns entity_id, name, …", path.display(), article(format.describe()))]
    NotAList {
        /// File.
        path: PathBuf,
        /// What it is.
        format: Format,
    },
    /// A list for which there is no reader.
    #[error("{}: {} is not read yet; give an OFAC directory (sdn.csv, alt.csv, add.csv) or a Tamis CSV", path.display(), format.describe())]
    NotReadYet {
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
    #[error("{}: no watchlist in this directory; give an OFAC directory (sdn.csv, alt.csv, add.csv) or a Tamis CSV", path.display())]
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

/// Reads a list: a file, or a directory with OFAC's files or with one or more Tamis CSVs.
///
/// The other files of an OFAC edition are found beside `sdn.csv`, whatever they are called.
/// Files in a directory that are no lists are skipped and reported; published lists that have
/// no reader yet are refused, as is a list without a single entity.
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
    for file in &source.tamis {
        let bytes = source::read_bytes(file)?;
        digest.update(&bytes);
        let name = file.file_stem().map_or_else(|| "list".to_owned(), |stem| stem.to_string_lossy().to_lowercase());
        let more = tamis_csv::read_tamis(file, &bytes, &name, &mut notes)?;
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
    report.skipped = source.skipped;
    report.count(&entities);
    let list = report.lists.keys().map(String::as_str).collect::<Vec<_>>().join("+");
    Ok(ListRead { path: path.to_owned(), format, list, digest: hex(digest), entities, report })
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
