//! Parquet and Arrow files: their rows leave in chunks of Arrow IPC, so that a large file never
//! stands in memory as a whole. Positions in these files count rows.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;

use super::unpack::{Fault, Kind};
use crate::decode::arrow_fits;

/// Rows of a chunk.
const ROWS: usize = 8_192;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

/// Opens a table near a row: the batches, and how many rows of the first are to be left out.
type Open = Box<dyn FnOnce(usize) -> Result<(Batches, usize), Fault>>;

/// A table that can be read from any row on.
pub(super) struct Table {
    kind: Kind,
    batches: Open,
}

/// Some rows of a table.
pub(super) struct Chunk {
    /// Ordinal of the first row in the file, from 0.
    pub(super) first_row: u64,
    /// How many rows.
    pub(super) rows: u64,
    /// The rows as an Arrow IPC stream.
    pub(super) ipc: Bytes,
}

impl Table {
    /// A file on disk.
    pub(super) fn of_file(file: File, kind: Kind) -> Result<Self, Fault> {
        Self::of(file, kind, BufReader::new)
    }

    /// A file in memory.
    pub(super) fn of_bytes(bytes: Bytes, kind: Kind) -> Result<Self, Fault> {
        Self::of(bytes, kind, Cursor::new)
    }

    fn of<R, S>(input: R, kind: Kind, seekable: impl Fn(R) -> S + 'static) -> Result<Self, Fault>
    where
        R: ChunkReader + 'static,
        S: Read + Seek + 'static,
    {
        if kind == Kind::Parquet {
            let builder = contained(kind, || ParquetRecordBatchReaderBuilder::try_new(input))?;
            let batches = move |from: usize| {
                let reader = contained(kind, || builder.with_batch_size(ROWS).with_offset(from).build())?;
                Ok((Box::new(reader) as Batches, from))
            };
            return Ok(Self { kind, batches: Box::new(batches) });
        }
        let batches = move |_: usize| {
            let mut reader = seekable(input);
            // The readers ask for as much memory as a file says that it has.
            if !arrow_fits(&mut reader).unwrap_or(false) {
                return Err(Fault::Damaged(name(kind)));
            }
            reader.rewind().map_err(|_| Fault::Damaged(name(kind)))?;
            let mut mark = [0; 6];
            let read = reader.read_exact(&mut mark).and_then(|()| reader.rewind());
            read.map_err(|_| Fault::Damaged(name(kind)))?;
            let batches: Batches = if &mark == b"ARROW1" {
                Box::new(contained(kind, || FileReader::try_new(reader, None))?)
            } else {
                Box::new(contained(kind, || StreamReader::try_new(reader, None))?)
            };
            Ok((batches, 0))
        };
        Ok(Self { kind, batches: Box::new(batches) })
    }

    /// The rows from `from` on.
    pub(super) fn chunks(self, from: u64) -> Chunks {
        let wanted = usize::try_from(from).unwrap_or(usize::MAX);
        let fault = Fault::Damaged(name(self.kind));
        match (self.batches)(wanted) {
            Ok((batches, at)) => Chunks { batches: Some(batches), rest: None, at, wanted, fault },
            Err(told) => Chunks { batches: None, rest: Some(Err(told)), at: 0, wanted, fault },
        }
    }
}

/// What a reader of Parquet or Arrow says. They check most of what they read and panic on some of the
/// rest: a fault of the file like any other.
fn contained<T, E>(kind: Kind, read: impl FnOnce() -> Result<T, E>) -> Result<T, Fault> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.ok().and_then(Result::ok).ok_or(Fault::Damaged(name(kind)))
}

fn name(kind: Kind) -> &'static str {
    if kind == Kind::Parquet { "Parquet file" } else { "Arrow file" }
}

/// Chunks of a table in order; a fault is the last of them.
pub(super) struct Chunks {
    batches: Option<Batches>,
    /// What is left of a large batch.
    rest: Option<Result<RecordBatch, Fault>>,
    /// Ordinal of the next row.
    at: usize,
    /// Rows before this one are passed over.
    wanted: usize,
    fault: Fault,
}

impl Iterator for Chunks {
    type Item = Result<Chunk, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let batch = match self.rest.take() {
                Some(Ok(batch)) => batch,
                Some(Err(fault)) => return Some(Err(fault)),
                None => match catch_unwind(AssertUnwindSafe(|| self.batches.as_mut()?.next())) {
                    Ok(Some(Ok(batch))) => batch,
                    Ok(Some(Err(_))) | Err(_) => {
                        self.batches = None;
                        return Some(Err(self.fault));
                    }
                    Ok(None) => return None,
                },
            };
            let rows = batch.num_rows();
            let passed = self.wanted.saturating_sub(self.at).min(rows);
            let taken = (rows - passed).min(ROWS);
            if passed + taken < rows {
                self.rest = Some(Ok(batch.slice(passed + taken, rows - passed - taken)));
            }
            let first_row = (self.at + passed) as u64;
            self.at += passed + taken;
            if taken == 0 {
                continue;
            }
            let chunk = ipc(&batch.slice(passed, taken)).map(|ipc| Chunk { first_row, rows: taken as u64, ipc });
            return Some(chunk.map_err(|_| self.fault));
        }
    }
}

fn ipc(batch: &RecordBatch) -> Result<Bytes, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::with_capacity(batch.get_array_memory_size()), &batch.schema())?;
    writer.write(batch)?;
    Ok(writer.into_inner()?.into())
}
