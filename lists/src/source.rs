use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::ListError;
use super::format::{Format, PEEK};
use super::ofac_sdn::{OfacFile, OfacFiles};
use super::report::Notebook;
use super::{ods, unzip};

/// Unpacked bytes that are always allowed …
const ALWAYS: u64 = if cfg!(test) { 1 << 20 } else { 256 << 20 };
/// … and how many more for each packed byte. Lists pack 5 to 30 times, a bomb 1,000 times.
const RATIO: u64 = 100;
/// Text of the error by which a bomb is stopped.
const BOMB: &str = "unpacks to far more than a list does; unpack it by hand if it is one";

/// The most that may come out of so many packed bytes.
pub(super) fn most_of(packed: u64) -> u64 {
    ALWAYS.saturating_add(packed.saturating_mul(RATIO))
}

/// The error of a file that unpacks to more than that.
pub(super) fn bomb() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, BOMB)
}

/// What comes out of a compressed file, up to `left` bytes; an error behind them.
struct Guard<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(bomb)?;
        Ok(read)
    }
}

/// Bytes that are read at once.
const BUFFER: usize = 256 * 1024;

/// What lies at a path.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// An edition of OFAC's list.
    pub(super) ofac: Option<OfacFiles>,
    /// Lists of one file each, with what they are; the fullest forms of OpenSanctions first.
    pub(super) files: Vec<(PathBuf, Format)>,
    /// Files of a directory that are no part of a list, and why.
    pub(super) skipped: Vec<(PathBuf, String)>,
}

/// Looks at a file and, where it is OFAC's, at the files beside it; or at all files of a
/// directory, but not below it.
pub(super) fn open(path: &Path) -> Result<Source, ListError> {
    let about = fs::metadata(path).map_err(io_error(path))?;
    if about.is_dir() { open_directory(path) } else { open_file(path) }
}

fn open_file(path: &Path) -> Result<Source, ListError> {
    let mut source = Source::default();
    match peek(path)? {
        Format::OfacSdn => source.ofac = Some(load(beside(path)?)?),
        format if companion(format) => {
            let mut edition = beside(path)?;
            if edition.sdn.take().is_none() {
                return Err(ListError::NoMainFile { path: path.to_owned(), format });
            }
            source.ofac = Some(load(beside(path)?)?);
        }
        Format::Empty => return Err(ListError::Empty { path: path.to_owned() }),
        format if format.is_list() => source.files.push((path.to_owned(), format)),
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
            format if edition.slot(format).is_some() => edition.put(file, format)?,
            format if format.is_list() => source.files.push((file, format)),
            format => source.skipped.push((file, format.describe().to_owned())),
        }
    }
    let any = edition.any();
    match (edition.sdn.is_some(), any) {
        (true, _) => source.ofac = Some(load(edition)?),
        (false, Some((path, format))) => return Err(ListError::NoMainFile { path, format }),
        (false, None) if source.files.is_empty() => return Err(ListError::NothingThere { path: path.to_owned() }),
        (false, None) => {}
    }
    source.files.sort_by_key(|(_, format)| match format {
        Format::OpenSanctionsCsv => 1,
        Format::SenzingJson => 2,
        _ => 0,
    });
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
        .map_err(io_error(path))?;
    entries.retain(|e| e.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".")));
    entries.sort();
    Ok(entries)
}

fn peek(path: &Path) -> Result<Format, ListError> {
    let Some(input) = Input::open_if_one(path)? else { return Ok(Format::Compressed) };
    let mut head = Vec::with_capacity(PEEK);
    // What cannot be unpacked is no list; a file that cannot be opened was said above.
    match input.take(PEEK as u64).read_to_end(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => return Err(io_error(path)(error)),
        Err(_) => return Ok(Format::Compressed),
        Ok(_) => {}
    }
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(ListError::Utf16 { path: path.to_owned() });
    }
    match Format::detect(&head) {
        Format::Spreadsheet => {
            let table = ods::as_csv(Input::open(path)?, Some(ods::HEAD), &mut Notebook::default());
            Ok(if Format::detect(&table) == Format::UkCsv { Format::UkOds } else { Format::Spreadsheet })
        }
        format => Ok(format),
    }
}

/// All of a file, unpacked.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, ListError> {
    let mut bytes = vec![];
    Input::open(path)?.read_to_end(&mut bytes).map_err(io_error(path))?;
    Ok(bytes)
}

/// A file as it is read from its beginning to its end: unpacked where it is gzip, or a ZIP with
/// one file in it, and summed up for the digest on the way.
pub(super) struct Input {
    path: PathBuf,
    inner: BufReader<Box<dyn Read>>,
    digest: Sha256,
    failed: Option<io::Error>,
}

impl Input {
    /// Opens a file.
    pub(super) fn open(path: &Path) -> Result<Self, ListError> {
        let input = Self::open_if_one(path)?;
        input.ok_or_else(|| ListError::NotAList { path: path.to_owned(), format: Format::Compressed })
    }

    /// `None` where the file is a ZIP that cannot be read, or has several files in it.
    fn open_if_one(path: &Path) -> Result<Option<Self>, ListError> {
        let mut file = File::open(path).map_err(io_error(path))?;
        let mut magic = [0; 4];
        let read = file.read(&mut magic).and_then(|n| io::Seek::rewind(&mut file).map(|()| n)).map_err(io_error(path))?;
        let inner: Box<dyn Read> = match &magic[..read] {
            [0x1f, 0x8b, ..] => {
                let left = most_of(file.metadata().map_err(io_error(path))?.len());
                Box::new(Guard { inner: MultiGzDecoder::new(BufReader::new(file)), left })
            }
            [b'P', b'K', 3, 4] => {
                let mut archive = vec![];
                file.read_to_end(&mut archive).map_err(io_error(path))?;
                match unzip::only_file(&archive).map_err(io_error(path))? {
                    Some(bytes) => Box::new(Cursor::new(bytes)),
                    None => return Ok(None),
                }
            }
            _ => Box::new(file),
        };
        let inner = BufReader::with_capacity(BUFFER, inner);
        Ok(Some(Self { path: path.to_owned(), inner, digest: Sha256::new(), failed: None }))
    }

    /// Goes on with the digest of the files before this one.
    pub(super) fn after(mut self, digest: Sha256) -> Self {
        self.digest = digest;
        self
    }

    /// Reads what is left, and gives the digest. An error that a reader took for the end comes up here.
    pub(super) fn finish(mut self) -> Result<Sha256, ListError> {
        while self.failed.is_none() {
            let left = self.fill_buf().map_or(0, <[u8]>::len);
            if left == 0 {
                break;
            }
            self.consume(left);
        }
        match self.failed {
            Some(error) => Err(io_error(&self.path)(error)),
            None => Ok(self.digest),
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut there = self.fill_buf()?;
        let read = there.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if let Err(error) = self.inner.fill_buf() {
            let again = io::Error::new(error.kind(), error.to_string());
            self.failed.get_or_insert(error);
            return Err(again);
        }
        Ok(self.inner.buffer())
    }

    fn consume(&mut self, amount: usize) {
        self.digest.update(&self.inner.buffer()[..amount.min(self.inner.buffer().len())]);
        self.inner.consume(amount);
    }
}

pub(super) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> ListError {
    let path = path.to_owned();
    move |source| ListError::Io { path, source }
}
