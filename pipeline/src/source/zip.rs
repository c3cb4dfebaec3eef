//! Reads ZIP archives front to back, by the headers in front of the members, so that an archive
//! that comes through a pipe, stands in another archive or is cut is read as far as it goes.

use std::cell::Cell;
use std::io::{BufRead, Read};

use flate2::Crc;

use super::unpack::{Fault, fault_of};

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
const DIRECTORY: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const SPANNED: [u8; 4] = *b"PK00";
const DAMAGED: Fault = Fault::Damaged("ZIP archive");

/// What an archive holds next.
pub(super) enum Member<'a> {
    /// A file.
    File {
        /// Path in the archive.
        name: &'a str,
        /// Its bytes, unpacked.
        content: &'a mut dyn Read,
    },
    /// Something that cannot be read.
    Fault {
        /// The file; `None`: the archive itself.
        name: Option<&'a str>,
        /// Why.
        fault: Fault,
    },
}

/// A local header.
struct Header {
    name: String,
    encrypted: bool,
    /// Sizes and checksum follow behind the data.
    described: bool,
    method: u16,
    crc: u32,
    packed: u64,
    wide: bool,
}

/// Gives all members in order. `false` where `each` said so.
pub(super) fn members(input: &mut dyn BufRead, mut each: impl FnMut(Member<'_>) -> bool) -> bool {
    let mut any = false;
    loop {
        let mut mark = [0; 4];
        match fill(input, &mut mark) {
            Ok(true) => {}
            // No directory: the archive is cut.
            Ok(false) => return broken(&mut each, DAMAGED),
            Err(e) => return broken(&mut each, fault_of(&e)),
        }
        match mark {
            LOCAL => {}
            SPANNED => continue,
            DIRECTORY | END => {
                let rest = std::io::copy(input, &mut std::io::sink());
                return match rest {
                    Err(e) => broken(&mut each, fault_of(&e)),
                    Ok(_) if !any => broken(&mut each, Fault::Nothing("ZIP archive")),
                    Ok(_) => true,
                };
            }
            _ => return broken(&mut each, DAMAGED),
        }
        let header = match header(input) {
            Ok(Some(header)) => header,
            Ok(None) => return broken(&mut each, DAMAGED),
            Err(e) => return broken(&mut each, fault_of(&e)),
        };
        any = true;
        match member(input, &header, &mut each) {
            Next::Member => {}
            Next::Stop => return false,
            Next::Lost => return true,
        }
    }
}

/// Tells what is wrong with the archive as a whole.
fn broken(each: &mut impl FnMut(Member<'_>) -> bool, fault: Fault) -> bool {
    each(Member::Fault { name: None, fault })
}

enum Next {
    /// The input stands at the next header.
    Member,
    /// Nobody listens.
    Stop,
    /// Where the next header stands is not known; that was told.
    Lost,
}

fn member(input: &mut dyn BufRead, header: &Header, each: &mut impl FnMut(Member<'_>) -> bool) -> Next {
    let name = header.name.as_str();
    let mut fault = |fault| each(Member::Fault { name: Some(name), fault });
    // Without a size the data must say itself where it ends, as deflated data does.
    let sized = !header.described || header.packed > 0;
    let readable = match header.method {
        _ if header.encrypted => Err(Fault::Encrypted("file in a ZIP archive")),
        8 => Ok(()),
        0 | 12 | 93 | 95 if sized => Ok(()),
        _ => Err(Fault::Unread("compression method in a ZIP archive")),
    };
    if let Err(why) = readable {
        if !fault(why) {
            return Next::Stop;
        }
        if !sized {
            return if fault(DAMAGED) { Next::Lost } else { Next::Stop };
        }
        return match std::io::copy(&mut input.take(header.packed), &mut std::io::sink()) {
            Ok(n) if n == header.packed => after(input, header, None, &mut fault),
            _ => lost(&mut fault),
        };
    }
    if name.ends_with('/') && header.packed == 0 && !header.described {
        return Next::Member;
    }
    let sum = Sum { crc: std::cell::RefCell::new(Crc::new()), failed: Cell::new(false) };
    let limit = if sized { header.packed } else { u64::MAX };
    let mut packed = input.take(limit);
    let mut give = |content: &mut dyn Read| {
        let mut summed = Summed { inner: content, sum: &sum };
        if name.ends_with('/') {
            return true;
        }
        let goes_on = each(Member::File { name, content: &mut summed });
        // What nobody read still has to be passed over.
        if goes_on && std::io::copy(&mut summed, &mut std::io::sink()).is_err() {
            sum.failed.set(true);
        }
        goes_on
    };
    let goes_on = match header.method {
        8 => give(&mut flate2::bufread::DeflateDecoder::new(&mut packed)),
        12 => give(&mut bzip2::bufread::BzDecoder::new(&mut packed)),
        93 => match zstd::stream::read::Decoder::with_buffer(&mut packed) {
            Ok(mut decoder) => give(&mut decoder),
            Err(_) => return lost(&mut |fault| each(Member::Fault { name: Some(name), fault })),
        },
        95 => give(&mut liblzma::bufread::XzDecoder::new(&mut packed)),
        _ => give(&mut packed),
    };
    if !goes_on {
        return Next::Stop;
    }
    let mut fault = |fault| each(Member::Fault { name: Some(name), fault });
    if sized {
        let left = std::io::copy(&mut packed, &mut std::io::sink());
        if left.is_err() || packed.limit() > 0 {
            return lost(&mut fault);
        }
    } else if sum.failed.get() {
        // Only sound data says where it ends. Who read it has told of the damage.
        return Next::Lost;
    }
    let crc = (!sum.failed.get()).then(|| sum.crc.borrow().sum());
    after(input, header, crc, &mut fault)
}

fn lost(fault: &mut impl FnMut(Fault) -> bool) -> Next {
    if fault(DAMAGED) { Next::Lost } else { Next::Stop }
}

/// Reads what may follow the data, and checks the sum of what came out of it.
fn after(input: &mut dyn BufRead, header: &Header, crc: Option<u32>, fault: &mut impl FnMut(Fault) -> bool) -> Next {
    let mut want = header.crc;
    if header.described {
        let mut word = [0; 4];
        if !matches!(fill(input, &mut word), Ok(true)) {
            return lost(fault);
        }
        if word == DESCRIPTOR && !matches!(fill(input, &mut word), Ok(true)) {
            return lost(fault);
        }
        want = u32::from_le_bytes(word);
        let mut sizes = [0; 16];
        let sizes = if header.wide { &mut sizes[..] } else { &mut sizes[..8] };
        if !matches!(fill(input, sizes), Ok(true)) {
            return lost(fault);
        }
    }
    if crc.is_some_and(|crc| crc != want) && !fault(DAMAGED) {
        return Next::Stop;
    }
    Next::Member
}

/// Fills `buf`; `false` where the input ends before.
fn fill(input: &mut dyn BufRead, buf: &mut [u8]) -> std::io::Result<bool> {
    match input.read_exact(buf) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

fn header(input: &mut dyn BufRead) -> std::io::Result<Option<Header>> {
    let mut fixed = [0; 26];
    if !fill(input, &mut fixed)? {
        return Ok(None);
    }
    let word = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
    let long = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let (flags, method) = (word(2), word(4));
    let mut name = vec![0; usize::from(word(22))];
    let mut extra = vec![0; usize::from(word(24))];
    if !fill(input, &mut name)? || !fill(input, &mut extra)? {
        return Ok(None);
    }
    let (mut packed, unpacked) = (u64::from(long(14)), long(18));
    let mut wide = false;
    let mut rest = extra.as_slice();
    while let [a, b, c, d, field @ ..] = rest {
        let len = usize::from(u16::from_le_bytes([*c, *d])).min(field.len());
        if (*a, *b) == (1, 0) {
            wide = true;
            // The unpacked size stands first, where both did not fit.
            let at = if unpacked == u32::MAX { 8 } else { 0 };
            if packed == u64::from(u32::MAX)
                && let Some(size) = field[..len].get(at..at + 8).and_then(|s| s.try_into().ok())
            {
                packed = u64::from_le_bytes(size);
            }
        }
        rest = &field[len..];
    }
    Ok(Some(Header {
        name: String::from_utf8_lossy(&name).into_owned(),
        encrypted: flags & 1 != 0,
        described: flags & 8 != 0,
        method,
        crc: long(10),
        packed,
        wide,
    }))
}

struct Sum {
    crc: std::cell::RefCell<Crc>,
    failed: Cell<bool>,
}

struct Summed<'a> {
    inner: &'a mut dyn Read,
    sum: &'a Sum,
}

impl Read for Summed<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buf).inspect_err(|_| self.sum.failed.set(true))?;
        self.sum.crc.borrow_mut().update(&buf[..n]);
        Ok(n)
    }
}
