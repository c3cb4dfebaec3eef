//! Arrow IPC from outside. Its reader asks for as much memory as the bytes say, before it looks
//! whether there is so much to read: ten bytes can ask for a gigabyte, and a changed length of a body
//! for more than any machine has. So lengths are held against the input first. Other lies the
//! reader finds itself, some of them by a panic, which ends here.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::{Block, Message, root_as_footer, root_as_message};

/// Begins and ends an Arrow file.
const MARK: &[u8] = b"ARROW1";
/// Length of the footer and the mark, at the end of an Arrow file.
const TRAILER: u64 = 10;
/// Stands before the length of a message.
const CONTINUED: [u8; 4] = [0xff; 4];
/// Bytes that compressed buffers may always unpack to …
const ALWAYS: u64 = 256 << 20;
/// … and how many more for each byte of the input.
const RATIO: u64 = 500;

/// Whether all that an Arrow file or stream says of its lengths fits into it. What is none at all
/// fits as well: its reader says so.
///
/// # Errors
/// The input cannot be read.
pub fn arrow_fits(input: &mut (impl Read + Seek)) -> io::Result<bool> {
    let end = input.seek(SeekFrom::End(0))?;
    let mut lengths = Lengths { input, end, unpacked: 0 };
    let head = lengths.bytes(0, MARK.len() as u64)?;
    let fits = if head.as_deref() == Some(MARK) { lengths.file()? } else { lengths.stream()? };
    Ok(fits && lengths.unpacked <= ALWAYS.saturating_add(end.saturating_mul(RATIO)))
}

struct Lengths<'a, R> {
    input: &'a mut R,
    end: u64,
    /// What compressed buffers say that they unpack to.
    unpacked: u64,
}

impl<R: Read + Seek> Lengths<'_, R> {
    /// So many bytes from there; `None` where the input ends before.
    fn bytes(&mut self, at: u64, length: u64) -> io::Result<Option<Vec<u8>>> {
        if at.checked_add(length).is_none_or(|end| end > self.end) {
            return Ok(None);
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        self.input.seek(SeekFrom::Start(at))?;
        self.input.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn file(&mut self) -> io::Result<bool> {
        let Some(at) = self.end.checked_sub(TRAILER) else { return Ok(true) };
        let Some([a, b, c, d, ..]) = self.bytes(at, TRAILER)?.as_deref().and_then(<[u8]>::first_chunk::<10>).copied() else {
            return Ok(true);
        };
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        let Some(from) = at.checked_sub(length) else { return Ok(false) };
        let Some(footer) = self.bytes(from, length)? else { return Ok(false) };
        let Ok(footer) = root_as_footer(&footer) else { return Ok(true) };
        for block in footer.dictionaries().into_iter().flatten().chain(footer.recordBatches().into_iter().flatten()) {
            if !self.block(block)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn block(&mut self, block: &Block) -> io::Result<bool> {
        let parts = (u64::try_from(block.offset()), u64::try_from(block.metaDataLength()), u64::try_from(block.bodyLength()));
        let (Ok(at), Ok(head), Ok(body)) = parts else { return Ok(false) };
        let Some(bytes) = self.bytes(at, head)? else { return Ok(false) };
        let from = at + head;
        if from.checked_add(body).is_none_or(|end| end > self.end) {
            return Ok(false);
        }
        let prefix = if bytes.starts_with(&CONTINUED) { 8 } else { 4 };
        let Some(Ok(message)) = bytes.get(prefix..).map(root_as_message) else { return Ok(true) };
        self.compressed(&message, from, body)
    }

    fn stream(&mut self) -> io::Result<bool> {
        let mut at = 0;
        loop {
            let mut length = self.bytes(at, 4)?;
            at += 4;
            if length.as_deref() == Some(&CONTINUED) {
                length = self.bytes(at, 4)?;
                at += 4;
            }
            let Some([a, b, c, d]) = length.as_deref().and_then(<[u8]>::first_chunk::<4>).copied() else { return Ok(true) };
            let length = u64::from(u32::from_le_bytes([a, b, c, d]));
            if length == 0 {
                return Ok(true);
            }
            let Some(head) = self.bytes(at, length)? else { return Ok(false) };
            at += length;
            let Ok(message) = root_as_message(&head) else { return Ok(true) };
            let Ok(body) = u64::try_from(message.bodyLength()) else { return Ok(false) };
            if at.checked_add(body).is_none_or(|end| end > self.end) || !self.compressed(&message, at, body)? {
                return Ok(false);
            }
            at += body;
        }
    }

    /// Adds up what the compressed buffers of a body say that they unpack to.
    fn compressed(&mut self, message: &Message<'_>, from: u64, body: u64) -> io::Result<bool> {
        let batch = message.header_as_record_batch().or_else(|| message.header_as_dictionary_batch()?.data());
        let Some(batch) = batch.filter(|batch| batch.compression().is_some()) else { return Ok(true) };
        for buffer in batch.buffers().into_iter().flatten() {
            let (Ok(at), Ok(length)) = (u64::try_from(buffer.offset()), u64::try_from(buffer.length())) else {
                return Ok(false);
            };
            if at.checked_add(length).is_none_or(|end| end > body) {
                return Ok(false);
            }
            if length < 8 {
                continue;
            }
            let said = self.bytes(from + at, 8)?;
            let said = said.as_deref().and_then(<[u8]>::first_chunk::<8>).map_or(-1, |bytes| i64::from_le_bytes(*bytes));
            self.unpacked = self.unpacked.saturating_add(u64::try_from(said).unwrap_or_default());
        }
        Ok(true)
    }
}

/// All rows of an Arrow IPC stream in one batch.
pub(super) fn read_rows(ipc: &[u8]) -> Result<RecordBatch, ArrowError> {
    if !arrow_fits(&mut Cursor::new(ipc))? {
        return Err(ArrowError::IpcError("lengths that do not fit into the input".to_owned()));
    }
    let read = catch_unwind(AssertUnwindSafe(|| {
        let reader = StreamReader::try_new(ipc, None)?;
        let schema = reader.schema();
        let batches = reader.collect::<Result<Vec<_>, _>>()?;
        concat_batches(&schema, &batches)
    }));
    read.unwrap_or_else(|_| Err(ArrowError::IpcError("the stream is damaged".to_owned())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use arrow::ipc::reader::FileReader;
    use arrow::ipc::writer::{FileWriter, StreamWriter};

    use super::*;

    fn batch() -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..3));
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(["a", "b", "c"]));
        RecordBatch::try_from_iter([("n", numbers), ("t", texts)]).unwrap()
    }

    fn stream() -> Vec<u8> {
        let mut writer = StreamWriter::try_new(vec![], &batch().schema()).unwrap();
        writer.write(&batch()).unwrap();
        writer.write(&batch()).unwrap();
        writer.into_inner().unwrap()
    }

    fn file() -> Vec<u8> {
        let mut writer = FileWriter::try_new(vec![], &batch().schema()).unwrap();
        writer.write(&batch()).unwrap();
        writer.into_inner().unwrap()
    }

    fn fits(bytes: &[u8]) -> bool {
        arrow_fits(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn what_was_written_fits_and_what_is_cut_does_not() {
        assert_eq!(read_rows(&stream()).unwrap().num_rows(), 6);
        for bytes in [stream(), file(), vec![], b"no Arrow".to_vec(), b"ARROW1".to_vec()] {
            assert!(fits(&bytes) || bytes.starts_with(b"no"), "{} bytes", bytes.len());
        }
        assert!(!fits(&stream()[..stream().len() - 20]));
        // Found by fuzzing: ten bytes that ask for a gigabyte.
        assert!(!fits(&[0xff, 0x6c, 0, 0x3c, 0x68, 0x47, 0, 8, 0x64, 0x45]));
    }

    /// Without the lengths being looked at first, some of these end the process: no memory.
    #[test]
    fn any_byte_changed() {
        let (stream, file) = (stream(), file());
        for change in [0xff, 0x40, 0x01] {
            for at in 0..stream.len() {
                let mut bytes = stream.clone();
                bytes[at] ^= change;
                let _ = read_rows(&bytes);
            }
            for at in 0..file.len() {
                let mut bytes = file.clone();
                bytes[at] ^= change;
                if fits(&bytes) {
                    let _ = catch_unwind(|| FileReader::try_new(Cursor::new(&bytes), None).map(|r| r.flatten().count()));
                }
            }
        }
    }
}
