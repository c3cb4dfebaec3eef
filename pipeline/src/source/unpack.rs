//! Takes compressed and archived input apart, by content: gzip, zstd, xz, bzip2, tar and ZIP, in
//! each other. Everything streams; memory does not grow with the archive.
//!
//! What is damaged gives what came before the damage, and a [`Fault`] that names it. What unpacks
//! to far more than it was is given up as well.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Cursor, Read};

use super::zip;
use crate::decode::DeadCode;

/// Layers in each other that are opened: a tar in a gzip is two, a ZIP in that is three.
const DEEPEST: u8 = 4;
/// Unpacked bytes that are always allowed …
const ALWAYS: u64 = 256 << 20;
/// … and how many more for each packed byte. Text packs 5 to 20 times, made-up messages up to 200 times.
const RATIO: u64 = 500;
/// Bytes at the front that tell what a stream is. A tar header has 512.
const HEAD: usize = 600;

/// Why something in an archive could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The data ends early or contradicts its checksum.
    Damaged(&'static str),
    /// It asks for a password.
    Encrypted(&'static str),
    /// It would unpack to far more than messages do.
    TooLarge,
    /// Archives in each other, too many of them.
    TooDeep,
    /// A kind of archive that is not read.
    Unread(&'static str),
    /// An archive without a file in it.
    Nothing(&'static str),
    /// Messages that a queue has deleted before they were read.
    Gone,
}

impl Fault {
    /// Code and words of the dead letter that stands for it.
    pub fn told(self) -> (DeadCode, String) {
        match self {
            Self::Damaged(what) => {
                (DeadCode::Damaged, format!("the {what} is damaged or cut; what came before the damage was read"))
            }
            Self::Encrypted(what) => (DeadCode::Encrypted, format!("the {what} is encrypted; decrypt it first")),
            Self::TooLarge => (DeadCode::TooLarge, format!("the archive {BOMB}; unpack it first if that is right")),
            Self::TooDeep => {
                (DeadCode::TooLarge, format!("archives lie in each other more than {DEEPEST} deep; unpack the outer ones first"))
            }
            Self::Unread(what) => (DeadCode::ArchiveUnsupported, format!("a {what} is not read; unpack it first")),
            Self::Gone => {
                (DeadCode::Lost, "the broker had deleted messages before they were read; ask the sender for them".to_owned())
            }
            Self::Nothing(what) => (DeadCode::Empty, format!("the {what} holds no file")),
        }
    }
}

/// What a stream is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Messages, tables of text, or anything else.
    Plain,
    /// One of these compresses one stream.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The XZ container of LZMA.
    Xz,
    /// Burrows and Wheeler's.
    Bzip2,
    /// An archive of many files.
    Tar,
    /// An archive of many compressed files.
    Zip,
    /// A Parquet file.
    Parquet,
    /// An Arrow file or stream.
    Arrow,
    /// A kind of archive that is known and not read.
    Unread(&'static str),
}

impl Kind {
    /// Tells by the first bytes of a stream.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1F, 0x8B, 8, ..] => Self::Gzip,
            // A frame, or one to skip in front of it.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstd,
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Self::Bzip2,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', b'0', b'0', b'P', b'K', ..] => Self::Zip,
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
            [b'P', b'A', b'R', b'E', ..] => Self::Unread("Parquet file with an encrypted footer"),
            // A file of Arrow, or a stream: the mark of a message and the length of a schema.
            [b'A', b'R', b'R', b'O', b'W', b'1', 0, 0, ..] | [0xFF, 0xFF, 0xFF, 0xFF, _, _, _, 0, ..] => Self::Arrow,
            [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => Self::Unread("7z archive"),
            [b'R', b'a', b'r', b'!', 0x1A, 7, ..] => Self::Unread("RAR archive"),
            [0x04, 0x22, 0x4D, 0x18, ..] => Self::Unread("LZ4 file"),
            [0x1F, 0x9D, ..] => Self::Unread("compress (.Z) file"),
            _ if is_tar(head) => Self::Tar,
            _ => Self::Plain,
        }
    }

    /// Whether it holds other files.
    pub fn is_packed(self) -> bool {
        !matches!(self, Self::Plain | Self::Parquet | Self::Arrow)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip data",
            Self::Zstd => "zstd data",
            Self::Xz => "xz data",
            Self::Bzip2 => "bzip2 data",
            Self::Tar => "tar archive",
            Self::Zip => "ZIP archive",
            _ => "file",
        }
    }
}

/// A header with the sum of its bytes in it, which other files do not have.
fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.get(..512) else { return false };
    let sum: u32 = block.iter().enumerate().map(|(i, b)| u32::from(if (148..156).contains(&i) { b' ' } else { *b })).sum();
    let digits = block[148..156].iter().copied().skip_while(|b| *b == b' ').take_while(|b| (b'0'..=b'7').contains(b));
    block[0] != 0 && digits.fold(0, |n, d| n * 8 + u32::from(d - b'0')) == sum
}

/// Is given what an archive holds.
pub trait Visitor {
    /// One file, or the stream itself where it is no archive. Errors of reading are its matter:
    /// what it could read is kept and the fault is reported by [`fault_of`]. `false`: stop.
    fn file(&mut self, name: &str, kind: Kind, content: &mut dyn BufRead) -> bool;
    /// Something could not be read. `false`: stop.
    fn fault(&mut self, name: &str, fault: Fault) -> bool;
}

/// How much went in and came out, and what went wrong below.
#[derive(Debug, Default)]
pub struct Meter {
    packed: Cell<u64>,
    unpacked: Cell<u64>,
    failed: RefCell<Option<std::io::Error>>,
    /// What is opened here cannot stop in the middle: pauses of the writer are waited for.
    whole: Cell<bool>,
    /// A pause was seen while the first bytes were looked at; it is told again to whoever reads on.
    paused: Cell<bool>,
}

impl Meter {
    /// What the operating system said, if reading itself failed: no fault of the archive.
    pub fn failure(&self) -> Option<std::io::Error> {
        self.failed.take()
    }
}

/// The packed bytes as they come from disk.
struct Base<'a, R> {
    inner: R,
    meter: &'a Meter,
}

impl<R: Read> Read for Base<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let paused = |e: &std::io::Error| e.kind() == std::io::ErrorKind::WouldBlock;
        if self.meter.paused.take() && !self.meter.whole.get() {
            return Err(std::io::ErrorKind::WouldBlock.into());
        }
        let read = match self.inner.read(buf) {
            Err(e) if paused(&e) && self.meter.whole.get() => self.inner.read(buf),
            read => read,
        };
        match read {
            Ok(n) => {
                self.meter.packed.set(self.meter.packed.get() + n as u64);
                Ok(n)
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted || paused(&e) => Err(e),
            Err(e) => {
                let told = std::io::Error::from(e.kind());
                self.meter.failed.replace(Some(e));
                Err(told)
            }
        }
    }
}

/// What comes out of a decompressor.
struct Guard<'a, R> {
    inner: R,
    meter: &'a Meter,
}

/// Text of the error by which a [`Guard`] stops a bomb.
const BOMB: &str = "unpacks to far more than messages do";

impl<R: Read> Read for Guard<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buf)?;
        let unpacked = self.meter.unpacked.get() + n as u64;
        self.meter.unpacked.set(unpacked);
        if unpacked > ALWAYS.saturating_add(self.meter.packed.get().saturating_mul(RATIO)) {
            return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, BOMB));
        }
        Ok(n)
    }
}

/// The fault that an error of reading unpacked data stands for.
pub fn fault_of(error: &std::io::Error) -> Fault {
    if error.kind() == std::io::ErrorKind::FileTooLarge { Fault::TooLarge } else { Fault::Damaged("packed data") }
}

/// Opens a stream and everything in it. `name` is its own. Returns `false` where the visitor
/// stopped. Errors of the disk are left in the meter.
pub fn open(input: impl Read, name: &str, meter: &Meter, visitor: &mut dyn Visitor) -> bool {
    let mut base = BufReader::with_capacity(1 << 16, Base { inner: input, meter });
    layer(&mut base, name, 0, meter, visitor)
}

fn layer(input: &mut dyn BufRead, name: &str, depth: u8, meter: &Meter, visitor: &mut dyn Visitor) -> bool {
    let mut head = Vec::with_capacity(HEAD);
    let mut peeked = (&mut *input).take(HEAD as u64).read_to_end(&mut head);
    if peeked.as_ref().is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock) {
        // A writer that pauses this early has written one small message, or begins something packed.
        peeked = Ok(head.len());
        meter.paused.set(true);
    }
    let kind = Kind::of(&head);
    meter.whole.set(kind != Kind::Plain || depth > 0);
    if let Err(error) = peeked {
        // The little that came out is kept.
        let mut rest = Cursor::new(head);
        return visitor.file(name, Kind::Plain, &mut rest) && visitor.fault(name, fault_of(&error));
    }
    let mut input = Cursor::new(head).chain(input);
    if kind.is_packed() && depth >= DEEPEST {
        return visitor.fault(name, Fault::TooDeep);
    }
    let mut stream = |inner: &mut dyn Read| {
        let mut unpacked = BufReader::with_capacity(1 << 16, Guard { inner, meter });
        layer(&mut unpacked, name, depth + 1, meter, visitor)
    };
    match kind {
        Kind::Plain | Kind::Parquet | Kind::Arrow => visitor.file(name, kind, &mut input),
        Kind::Gzip => stream(&mut flate2::bufread::MultiGzDecoder::new(&mut input)),
        Kind::Xz => stream(&mut liblzma::bufread::XzDecoder::new_multi_decoder(&mut input)),
        Kind::Bzip2 => stream(&mut bzip2::bufread::MultiBzDecoder::new(&mut input)),
        Kind::Zstd => match zstd::stream::read::Decoder::with_buffer(&mut input) {
            Ok(mut decoder) => stream(&mut decoder),
            Err(error) => visitor.fault(name, fault_of(&error)),
        },
        Kind::Tar => tar(&mut input, name, depth, meter, visitor),
        Kind::Zip => {
            let mut names = Names::new(name);
            zip::members(&mut input, |member| match member {
                zip::Member::File { name: member, content } => match names.of(member) {
                    Some(name) => {
                        let mut content = BufReader::with_capacity(1 << 16, Guard { inner: content, meter });
                        layer(&mut content, &name, depth + 1, meter, visitor)
                    }
                    None => true,
                },
                zip::Member::Fault { name: None, fault } => visitor.fault(names.archive, fault),
                zip::Member::Fault { name: Some(member), fault } => {
                    let name = names.last(member);
                    visitor.fault(&name, fault)
                }
            })
        }
        Kind::Unread(what) => visitor.fault(name, Fault::Unread(what)),
    }
}

fn tar(input: &mut dyn Read, name: &str, depth: u8, meter: &Meter, visitor: &mut dyn Visitor) -> bool {
    let damaged = Fault::Damaged(Kind::Tar.name());
    let mut names = Names::new(name);
    let mut archive = ::tar::Archive::new(input);
    // Archives that were written behind each other.
    archive.set_ignore_zeros(true);
    let Ok(entries) = archive.entries() else { return visitor.fault(name, damaged) };
    for entry in entries {
        let Ok(entry) = entry else { return visitor.fault(name, damaged) };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let member = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(member) = names.of(&member) else { continue };
        let (size, read) = (entry.size(), Cell::new(0));
        let mut content = BufReader::with_capacity(1 << 16, Counted { inner: entry, read: &read });
        if !layer(&mut content, &member, depth + 1, meter, visitor) {
            return false;
        }
        // A member may hold more than its own end; what is missing at the end of the archive shows here.
        let rest = std::io::copy(&mut content, &mut std::io::sink());
        if rest.is_err() || read.get() < size {
            return visitor.fault(&member, damaged);
        }
    }
    if names.seen.is_empty() { visitor.fault(name, Fault::Nothing(Kind::Tar.name())) } else { true }
}

struct Counted<'a, R> {
    inner: R,
    read: &'a Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.read.set(self.read.get() + n as u64);
        Ok(n)
    }
}

/// Names of the members of one archive: `archive!member`, each once.
struct Names<'a> {
    archive: &'a str,
    seen: HashMap<String, u32>,
}

impl<'a> Names<'a> {
    fn new(archive: &'a str) -> Self {
        Self { archive, seen: HashMap::new() }
    }

    /// Name of a member; `None` for one that is hidden, as files are whose name begins with a dot.
    fn of(&mut self, member: &str) -> Option<String> {
        let hidden = |part: &str| part.starts_with('.') && part.len() > 1 && part != ".." || part == "__MACOSX";
        let times = self.seen.entry(member.to_owned()).or_insert(0);
        *times += 1;
        if member.split('/').any(hidden) {
            return None;
        }
        Some(match *times {
            1 => format!("{}!{member}", self.archive),
            n => format!("{}!{member}#{n}", self.archive),
        })
    }

    /// Name under which a member was given last.
    fn last(&self, member: &str) -> String {
        match self.seen.get(member) {
            None | Some(1) => format!("{}!{member}", self.archive),
            Some(n) => format!("{}!{member}#{n}", self.archive),
        }
    }
}

#[cfg(test)]
#[path = "unpack_tests.rs"]
mod tests;
