//! Compiled generations as files: one Arrow IPC file and behind it a seal with its digest, opened
//! by memory map, so that two million entities are there at once and processes share their memory.
//! The seal is checked before anything is read, since a reader of Arrow trusts what it reads.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::error::ArrowError;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, read_footer_length};
use arrow::ipc::writer::FileWriter;
use arrow::ipc::{root_as_footer, root_as_message};
use bytes::Bytes;
use memmap2::Mmap;
use tamis_watchlist::{Generation, GenerationError};
use twox_hash::XxHash3_128;

use super::ListError;
use super::contained::contained;

/// First bytes of an Arrow file.
pub(super) const MAGIC: &[u8] = b"ARROW1";
/// Length of the footer and the magic, at the end of an Arrow file.
const TRAILER: usize = 10;
/// Mark and length before the description of a batch.
const PREFIX: usize = 8;
/// The seal: length and digest of the Arrow file, and this.
const SEALED: &[u8; 8] = b"TAMISGN1";
const SEAL: usize = 8 + 16 + 8;

/// Writes a generation to a file that is there as a whole or not at all: a reader that has the old
/// file mapped keeps it.
///
/// # Errors
/// The file cannot be written.
pub fn write_compiled(generation: &Generation, path: &Path) -> io::Result<()> {
    let row = generation.to_row().map_err(io::Error::other)?;
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{}.part", std::process::id()));
    let aside = Path::new(&aside);
    let written = write_row(&row, aside).and_then(|()| std::fs::rename(aside, path));
    if written.is_err() {
        // The first error is what the person needs; a part may not even be there.
        let _ = std::fs::remove_file(aside);
    }
    written
}

fn write_row(row: &RecordBatch, path: &Path) -> io::Result<()> {
    let sealing = Sealing { to: BufWriter::new(File::create(path)?), length: 0, digest: XxHash3_128::with_seed(0) };
    let mut writer = FileWriter::try_new(sealing, row.schema_ref()).map_err(io::Error::other)?;
    writer.write(row).and_then(|()| writer.finish()).map_err(io::Error::other)?;
    let Sealing { mut to, length, digest } = writer.into_inner().map_err(io::Error::other)?;
    to.write_all(&seal(length, digest.finish_128()))?;
    to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

fn seal(length: u64, digest: u128) -> [u8; SEAL] {
    let mut seal = [0; SEAL];
    seal[..8].copy_from_slice(&length.to_le_bytes());
    seal[8..24].copy_from_slice(&digest.to_le_bytes());
    seal[24..].copy_from_slice(SEALED);
    seal
}

/// Writes on, and remembers how much and what.
struct Sealing<W> {
    to: W,
    length: u64,
    digest: XxHash3_128,
}

impl<W: io::Write> io::Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.length += written as u64;
        self.digest.write(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Opens a compiled generation by memory map and verifies format and digest.
///
/// # Errors
/// The file cannot be read, is no compiled generation, is of another format, or is damaged.
pub fn open_compiled(path: &Path) -> Result<Generation, ListError> {
    let io = |source| ListError::Io { path: path.to_owned(), source };
    let damaged = |reason: String| ListError::Compiled { path: path.to_owned(), reason };
    let file = File::open(path).map_err(io)?;
    // SAFETY: compiled generations are replaced by renaming, never written in place, so that what
    // is mapped does not change.
    #[allow(unsafe_code)]
    let map = unsafe { Mmap::map(&file) }.map_err(io)?;
    let Some((arrow, found)) = map.len().checked_sub(SEAL).map(|at| map.split_at(at)) else {
        return Err(damaged("the file is cut off or no compiled generation".to_owned()));
    };
    if !found.ends_with(SEALED) || found != seal(arrow.len() as u64, XxHash3_128::oneshot(arrow)) {
        return Err(damaged("is damaged or cut off: it is not what was written; compile the lists again".to_owned()));
    }
    let length = arrow.len();
    let file = Buffer::from(Bytes::from_owner(map)).slice_with_length(0, length);
    // Who may write the file may write the seal: behind it may be anything still.
    let opened = contained(|| read_row(&file).map_err(GenerationError::Arrow).and_then(|row| Generation::open(&row)));
    match opened {
        Some(Ok(generation)) => Ok(generation),
        Some(Err(GenerationError::Arrow(e))) => Err(damaged(e.to_string())),
        Some(Err(other)) => Err(damaged(other.to_string())),
        None => Err(damaged("is no compiled generation, though sealed like one; compile the lists again".to_owned())),
    }
}

/// The one row of an Arrow file; its columns point into the buffer.
fn read_row(file: &Buffer) -> Result<RecordBatch, ArrowError> {
    let damaged = || ArrowError::IpcError("the file is cut off or no compiled generation".to_owned());
    let trailer = file.len().checked_sub(TRAILER).ok_or_else(damaged)?;
    let end: [u8; TRAILER] = file[trailer..].try_into().map_err(|_| damaged())?;
    let footer = trailer.checked_sub(read_footer_length(end)?).ok_or_else(damaged)?;
    let footer = root_as_footer(&file[footer..trailer]).map_err(|e| ArrowError::IpcError(e.to_string()))?;
    let schema = fb_to_schema(footer.schema().ok_or_else(damaged)?);
    let decoder = FileDecoder::new(Arc::new(schema), footer.version());
    let block = footer.recordBatches().filter(|blocks| blocks.len() == 1).ok_or_else(damaged)?.get(0);
    let from = usize::try_from(block.offset()).map_err(|_| damaged())?;
    let body = usize::try_from(block.bodyLength()).map_err(|_| damaged())?;
    let length = usize::try_from(block.metaDataLength()).ok().and_then(|m| m.checked_add(body)).ok_or_else(damaged)?;
    if from.checked_add(length).is_none_or(|end| end > file.len()) {
        return Err(damaged());
    }
    let data = file.slice_with_length(from, length);
    let head = data.get(PREFIX..).and_then(|head| root_as_message(head).ok()).ok_or_else(damaged)?;
    // Nothing of ours is compressed; what is could say that it unpacks to any length.
    if head.header_as_record_batch().is_none_or(|batch| batch.compression().is_some()) {
        return Err(damaged());
    }
    decoder.read_record_batch(block, &data)?.ok_or_else(damaged)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tamis_watchlist::{Entity, EntityKind, EntityName, Matcher, NameKind, PartialDate, Subject};

    fn generation() -> Generation {
        let entity = |n: i16| Entity {
            id: n.to_string(),
            list: "made_up".into(),
            kind: EntityKind::Person,
            names: vec![EntityName {
                text: format!("HALVORSEN{}, Ingrid", "ABCDE".split_at(n as usize).0),
                kind: NameKind::Primary,
            }],
            birth_dates: PartialDate::day(1970 + n, 1, 2).into_iter().collect(),
            nationalities: vec!["NOR".into()],
            sex: None,
            documents: vec![],
            birth_places: vec![],
            programmes: vec![],
        };
        Generation::build((0..5).map(entity).collect()).unwrap()
    }

    #[test]
    fn a_file_opens_as_it_was_compiled_and_no_byte_may_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists.tamis");
        let generation = generation();
        write_compiled(&generation, &path).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let opened = open_compiled(&path).unwrap();
        assert_eq!((opened.id(), opened.len()), (generation.id(), 5));
        let mut found = vec![];
        Matcher::new(Arc::new(opened)).find(&Subject { surname: "INGRID HALVORSENAB", ..Subject::default() }, 10.0, &mut found);
        assert_eq!(found.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|f| f.0), Some(2));

        let bytes = std::fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by(37) {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            std::fs::write(&path, &other).unwrap();
            assert!(open_compiled(&path).is_err(), "byte {at}");
        }
        for length in (0..bytes.len()).step_by(97) {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(open_compiled(&path).is_err(), "{length} bytes");
        }
    }

    /// Found by fuzzing: with a seal that is right, a reader of Arrow panics on what it says of its buffers.
    #[test]
    fn a_forged_seal_opens_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists.tamis");
        let generation = generation();
        write_compiled(&generation, &path).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - SEAL);
        let mut refused = 0;
        for (at, change) in (0..bytes.len()).step_by(11).zip([0x01, 0x80, 0x7f].into_iter().cycle()) {
            let mut other = bytes.clone();
            other[at] ^= change;
            other.extend(seal(other.len() as u64, XxHash3_128::oneshot(&other)));
            std::fs::write(&path, &other).unwrap();
            match open_compiled(&path) {
                Ok(opened) => assert_eq!(opened.id(), generation.id(), "byte {at}"),
                Err(ListError::Compiled { .. }) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert!(refused > 100, "{refused}");
    }
}
