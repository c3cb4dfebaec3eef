use std::io::{self, Read};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::source::{bomb, most_of};

const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL_HEADER: &[u8] = b"PK\x03\x04";

/// The only file in a ZIP, or the sheets of a spreadsheet (`content.xml`). `None` where there
/// are several files, where one is packed in another way than by copying or deflating, or where
/// anything is not as its directory says. Archives beyond 4 GB are not read.
///
/// Fails where more comes out than a list can have.
///
/// A reader of its own, since it is all that lists need of the format, and the crates for it
/// change how half of the tree is built.
pub(super) fn only_file(archive: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let Some((packed, method, crc)) = one(archive) else { return Ok(None) };
    let most = most_of(packed.len() as u64);
    let mut bytes = vec![];
    let read = match method {
        0 => packed.take(most).read_to_end(&mut bytes),
        8 => DeflateDecoder::new(packed).take(most.saturating_add(1)).read_to_end(&mut bytes),
        _ => return Ok(None),
    };
    if bytes.len() as u64 > most {
        return Err(bomb());
    }
    let mut sum = Crc::new();
    sum.update(&bytes);
    Ok(Some(bytes).filter(|_| read.is_ok() && sum.sum() == crc))
}

/// The packed bytes of that file, their method and the checksum of what they hold.
fn one(archive: &[u8]) -> Option<(&[u8], u16, u32)> {
    let files: Vec<Entry<'_>> = directory(archive)?.into_iter().filter(|f| !f.name.ends_with(b"/")).collect();
    let file = files.iter().find(|f| f.name == b"content.xml").or_else(|| files.first().filter(|_| files.len() == 1))?;
    Some((packed(archive, file)?, file.method, file.crc))
}

/// A line of the directory at the end of an archive.
struct Entry<'a> {
    name: &'a [u8],
    method: u16,
    crc: u32,
    packed: usize,
    at: usize,
}

fn directory(archive: &[u8]) -> Option<Vec<Entry<'_>>> {
    // A comment of up to 64 KB may follow.
    let tail = archive.len().saturating_sub(66_000);
    let end = tail + memchr::memmem::rfind(&archive[tail..], END_OF_DIRECTORY)?;
    let end = archive.get(end..)?;
    let (count, mut at) = (word(end, 10)?, long(end, 16)? as usize);
    let mut entries = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let entry = archive.get(at..)?;
        if !entry.starts_with(DIRECTORY_ENTRY) {
            return None;
        }
        let lengths = [word(entry, 28)?, word(entry, 30)?, word(entry, 32)?].map(usize::from);
        entries.push(Entry {
            name: entry.get(46..46 + lengths[0])?,
            method: word(entry, 10)?,
            crc: long(entry, 16)?,
            packed: long(entry, 20)? as usize,
            at: long(entry, 42)? as usize,
        });
        at = at.checked_add(46 + lengths.iter().sum::<usize>())?;
    }
    Some(entries)
}

fn packed<'a>(archive: &'a [u8], file: &Entry<'_>) -> Option<&'a [u8]> {
    let header = archive.get(file.at..)?;
    if !header.starts_with(LOCAL_HEADER) {
        return None;
    }
    let start = 30 + usize::from(word(header, 26)?) + usize::from(word(header, 28)?);
    header.get(start..start.checked_add(file.packed)?)
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// An archive with these files, stored or deflated, for tests.
#[cfg(test)]
pub(super) fn archive(files: &[(&str, &[u8])], deflate: bool) -> Vec<u8> {
    let (mut out, mut directory) = (vec![], vec![]);
    for (name, bytes) in files {
        let mut sum = Crc::new();
        sum.update(bytes);
        let mut packed = bytes.to_vec();
        if deflate {
            packed.clear();
            let mut encoder = flate2::read::DeflateEncoder::new(*bytes, flate2::Compression::default());
            let _ = encoder.read_to_end(&mut packed);
        }
        let mut head = vec![20, 0, 0, 0, if deflate { 8 } else { 0 }, 0, 0, 0, 0, 0];
        for number in [sum.sum(), packed.len() as u32, bytes.len() as u32] {
            head.extend(number.to_le_bytes());
        }
        head.extend((name.len() as u16).to_le_bytes());
        head.extend([0, 0]);
        directory.extend(DIRECTORY_ENTRY);
        directory.extend([20, 0]);
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(LOCAL_HEADER);
        out.extend(&head);
        out.extend(name.as_bytes());
        out.extend(packed);
    }
    let (at, count) = (out.len() as u32, (files.len() as u16).to_le_bytes());
    out.extend(&directory);
    out.extend(END_OF_DIRECTORY);
    out.extend([0, 0, 0, 0, count[0], count[1], count[0], count[1]]);
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_file_or_the_sheets() {
        for deflate in [false, true] {
            let text = b"hello hello hello hello".as_slice();
            let only = |files: &[(&str, &[u8])]| only_file(&archive(files, deflate)).unwrap();
            assert_eq!(only(&[("a.csv", text)]).as_deref(), Some(text));
            assert_eq!(only(&[("d/", b""), ("d/a.csv", text)]).as_deref(), Some(text));
            assert_eq!(only(&[("mimetype", b"x"), ("content.xml", text)]).as_deref(), Some(text));
            assert_eq!(only(&[("a.csv", text), ("b.csv", text)]), None);
        }
    }

    #[test]
    fn a_bomb_is_given_up() {
        let bomb = archive(&[("a.csv", &vec![b' '; 64 << 20])], true);
        assert!(bomb.len() < 70_000);
        assert_eq!(only_file(&bomb).map_err(|e| e.kind()), Err(io::ErrorKind::FileTooLarge));
    }

    proptest! {
        #[test]
        fn damaged_archives_do_not_panic(deflate: bool, at in 0usize..200, byte: u8, cut in 0usize..200) {
            let mut bytes = archive(&[("a.csv", b"hello hello hello hello")], deflate);
            let (at, cut) = (at % bytes.len(), cut % bytes.len());
            bytes[at] = byte;
            for bytes in [&bytes[..], &bytes[..cut], &bytes[cut..]] {
                prop_assert!(only_file(bytes).is_ok());
            }
        }
    }
}
