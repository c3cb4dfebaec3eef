use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::ListError;
use super::format::{Format, PEEK};
use super::ofac_sdn::{OfacFile, OfacFiles};

/// What lies at a path.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// An edition of OFAC's list.
    pub(super) ofac: Option<OfacFiles>,
    /// Tamis CSVs.
    pub(super) tamis: Vec<PathBuf>,
    /// Files of a directory that are no part of a list, and why.
    pub(super) skipped: Vec<(PathBuf, String)>,
}

/// Looks at a file and, where it is OFAC's, at the files beside it; or at all files of a
/// directory, but not below it.
pub(super) fn open(path: &Path) -> Result<Source, ListError> {
    let about = fs::metadata(path).map_err(io(path))?;
    if about.is_dir() { open_directory(path) } else { open_file(path) }
}

fn open_file(path: &Path) -> Result<Source, ListError> {
    let mut source = Source::default();
    match peek(path)? {
        Format::TamisCsv => source.tamis.push(path.to_owned()),
        Format::OfacSdn => source.ofac = Some(load(beside(path)?)?),
        format if companion(format) => {
            let mut edition = beside(path)?;
            if edition.sdn.take().is_none() {
                return Err(ListError::NoMainFile { path: path.to_owned(), format });
            }
            source.ofac = Some(load(beside(path)?)?);
        }
        Format::Empty => return Err(ListError::Empty { path: path.to_owned() }),
        format if format.is_list_to_come() => return Err(ListError::NotReadYet { path: path.to_owned(), format }),
        format => return Err(ListError::NotAList { path: path.to_owned(), format }),
    }
    Ok(source)
}

fn open_directory(path: &Path) -> Result<Source, ListError> {
    let mut source = Source::default();
    let mut edition = Edition::default();
    for file in entries(path)? {
        if file.is_dir() {
            source.skipped.push((file, "directories in a directory are not entered".to_owned()));
            continue;
        }
        match peek(&file)? {
            Format::TamisCsv => source.tamis.push(file),
            format if edition.slot(format).is_some() => edition.put(file, format)?,
            format if format.is_list_to_come() => return Err(ListError::NotReadYet { path: file, format }),
            format => source.skipped.push((file, format.describe().to_owned())),
        }
    }
    let any = edition.any();
    match (edition.sdn.is_some(), any) {
        (true, _) => source.ofac = Some(load(edition)?),
        (false, Some((path, format))) => return Err(ListError::NoMainFile { path, format }),
        (false, None) if source.tamis.is_empty() => return Err(ListError::NothingThere { path: path.to_owned() }),
        (false, None) => {}
    }
    Ok(source)
}

fn companion(format: Format) -> bool {
    matches!(format, Format::OfacAliases | Format::OfacAddresses | Format::OfacComments)
}

/// Paths of the files of one edition.
#[derive(Debug, Default)]
struct Edition {
    sdn: Option<PathBuf>,
    alt: Option<PathBuf>,
    add: Option<PathBuf>,
    comments: Option<PathBuf>,
}

impl Edition {
    fn slot(&mut self, format: Format) -> Option<&mut Option<PathBuf>> {
        match format {
            Format::OfacSdn => Some(&mut self.sdn),
            Format::OfacAliases => Some(&mut self.alt),
            Format::OfacAddresses => Some(&mut self.add),
            Format::OfacComments => Some(&mut self.comments),
            _ => None,
        }
    }

    fn put(&mut self, path: PathBuf, format: Format) -> Result<(), ListError> {
        match self.slot(format) {
            Some(Some(first)) => Err(ListError::TwoEditions { first: first.clone(), second: path, format }),
            Some(free) => {
                *free = Some(path);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn any(&self) -> Option<(PathBuf, Format)> {
        let alt = self.alt.clone().map(|path| (path, Format::OfacAliases));
        alt.or_else(|| self.add.clone().map(|path| (path, Format::OfacAddresses)))
            .or_else(|| self.comments.clone().map(|path| (path, Format::OfacComments)))
    }
}

/// The edition that a file of OFAC's belongs to: the files of its directory. The file that was
/// given stands for its sort, so that another list beside it does no harm; of the other sorts
/// there may be one each.
fn beside(path: &Path) -> Result<Edition, ListError> {
    let mut edition = Edition::default();
    let given = peek(path)?;
    edition.put(path.to_owned(), given)?;
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name();
    for file in entries(directory)? {
        if file.is_dir() || file.file_name() == name {
            continue;
        }
        // What cannot be opened beside the list was not asked for.
        let Ok(format) = peek(&file) else { continue };
        if format != given && edition.slot(format).is_some() {
            edition.put(file, format)?;
        }
    }
    Ok(edition)
}

fn load(edition: Edition) -> Result<OfacFiles, ListError> {
    let load = |path: Option<PathBuf>| path.map(|path| read_bytes(&path).map(|bytes| OfacFile { path, bytes })).transpose();
    Ok(OfacFiles { sdn: load(edition.sdn)?, alt: load(edition.alt)?, add: load(edition.add)?, comments: load(edition.comments)? })
}

/// Files and directories of a directory by name, without hidden ones.
fn entries(path: &Path) -> Result<Vec<PathBuf>, ListError> {
    let mut entries = fs::read_dir(path)
        .and_then(|dir| dir.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>())
        .map_err(io(path))?;
    entries.retain(|e| e.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".")));
    entries.sort();
    Ok(entries)
}

fn peek(path: &Path) -> Result<Format, ListError> {
    let mut head = Vec::with_capacity(PEEK);
    File::open(path).and_then(|file| file.take(PEEK as u64).read_to_end(&mut head)).map_err(io(path))?;
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(ListError::Utf16 { path: path.to_owned() });
    }
    Ok(Format::detect(&head))
}

/// All of a file.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, ListError> {
    fs::read(path).map_err(io(path))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ListError {
    let path = path.to_owned();
    move |source| ListError::Io { path, source }
}
