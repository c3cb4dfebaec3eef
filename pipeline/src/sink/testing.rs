//! What the tests of the output stages share: made-up rows and a file system that fails.
#![allow(clippy::unwrap_used)]

use std::fmt::Debug;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use arrow::array::{
    ArrayRef, BinaryViewArray, Float32Array, Int32Array, Int64Array, ListArray, RecordBatch, StringViewArray, StructArray,
    TimestampMicrosecondArray, new_empty_array, new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field};
use tamis_operators::schema::{EVIDENCE, HIT, RecordKind, dead_letter_schema, hit_type};

use super::batch::screened_schema;
use super::{DataFile, EpochStamp, EpochWriter, Fs, Inflow, LocalFs, SinkOptions, StagedEpoch};

pub(crate) const DAY: i64 = 86_400_000_000;

/// A record of a test: which one, when it arrives, what became of it, and how many hits it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) id: u64,
    pub(crate) day: Option<i64>,
    pub(crate) triage: &'static str,
    pub(crate) hits: u32,
}

/// Rows with all outcomes over a few days; the same for the same range.
pub(crate) fn rows(ids: std::ops::Range<u64>, days: i64) -> Vec<Row> {
    ids.map(|id| {
        let triage = if id % 10 == 0 {
            "refer"
        } else if id % 7 == 0 {
            "expedite"
        } else {
            "standard"
        };
        let day = (id % 23 != 1).then(|| 20_500 + (id as i64 * 7919) % days);
        Row { id, day, triage, hits: if triage == "refer" { 1 + id as u32 % 3 } else { u32::from(id % 31 == 1) } }
    })
    .collect()
}

/// The screened batch of some rows.
pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let schema = screened_schema();
    let columns = schema.fields().iter().map(|f| column(f, rows)).collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

fn column(field: &Field, rows: &[Row]) -> ArrayRef {
    let text =
        |f: &dyn Fn(&Row) -> String| -> ArrayRef { Arc::new(rows.iter().map(|r| Some(f(r))).collect::<StringViewArray>()) };
    match field.name().as_str() {
        "record_id" => text(&|r| format!("{:032x}", r.id)),
        "document_number" => text(&|r| format!("X{:07}", r.id * 31 % 9_999_999)),
        "carrier" => text(&|r| ["AA", "BB", "CC"][r.id as usize % 3].into()),
        "surname" => text(&|r| format!("SURNAME{}", r.id % 97)),
        "triage" => text(&|r| r.triage.into()),
        "summary" => text(&|r| "a reason; ".repeat(r.hits as usize)),
        "hit_count" => Arc::new(rows.iter().map(|r| r.hits as i32).collect::<Int32Array>()),
        "max_bits" => Arc::new(rows.iter().map(|r| (r.hits > 0).then_some(20.0 + r.id as f32)).collect::<Float32Array>()),
        "position" => Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.id as i64 * 100))),
        "arrival_local" => Arc::new(
            rows.iter()
                .map(|r| r.day.filter(|_| r.id % 5 > 0).map(|d| d * DAY + r.id as i64))
                .collect::<TimestampMicrosecondArray>(),
        ),
        "departure_local" => {
            Arc::new(rows.iter().map(|r| r.day.map(|d| d * DAY + r.id as i64 / 2)).collect::<TimestampMicrosecondArray>())
        }
        "legs" => list(field, rows.iter().map(|r| (r.id % 2) as usize), |n| new_null_structs(field, n)),
        "hits" => list(field, rows.iter().map(|r| r.hits as usize), |_| hits(rows)),
        _ => fill(field, rows.len()),
    }
}

/// Nulls where they may stand, something where they may not.
fn fill(field: &Field, n: usize) -> ArrayRef {
    match field.data_type() {
        _ if field.is_nullable() => new_null_array(field.data_type(), n),
        DataType::Utf8View => Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(field.name(), n))),
        DataType::Int32 => Arc::new(Int32Array::from_value(0, n)),
        DataType::Int64 => Arc::new(Int64Array::from_value(0, n)),
        DataType::Float32 => Arc::new(Float32Array::from_value(1.5, n)),
        DataType::BinaryView => Arc::new(BinaryViewArray::from_iter_values(std::iter::repeat_n(b"\x00\xff raw", n))),
        DataType::Timestamp(_, zone) => {
            Arc::new(TimestampMicrosecondArray::from_value(20_600 * DAY + 5, n).with_timezone_opt(zone.clone()))
        }
        other => panic!("no filling for {other}"),
    }
}

fn list(field: &Field, lengths: impl Iterator<Item = usize>, values: impl FnOnce(usize) -> ArrayRef) -> ArrayRef {
    let DataType::List(item) = field.data_type() else { panic!("{field} is no list") };
    let offsets = OffsetBuffer::from_lengths(lengths);
    let n = offsets[offsets.len() - 1] as usize;
    Arc::new(ListArray::new(Arc::clone(item), offsets, values(n), None))
}

fn new_null_structs(field: &Field, n: usize) -> ArrayRef {
    let DataType::List(item) = field.data_type() else { panic!("{field} is no list") };
    let DataType::Struct(fields) = item.data_type() else { panic!("{field} holds no structs") };
    let columns = fields.iter().map(|f| fill(f, n)).collect();
    Arc::new(StructArray::try_new_with_length(fields.clone(), columns, None, n).unwrap())
}

/// All hits of the rows: the first of a row is a scenario where its id is even.
fn hits(rows: &[Row]) -> ArrayRef {
    let each: Vec<(u64, u32)> = rows.iter().flat_map(|r| (0..r.hits).map(|rank| (r.id, rank))).collect();
    let scenario = |(id, rank): &(u64, u32)| rank == &0 && id % 2 == 0;
    let DataType::Struct(fields) = hit_type() else { panic!() };
    let columns = fields
        .iter()
        .map(|f| -> ArrayRef {
            let text = |s: &str, w: &str| -> ArrayRef {
                Arc::new(
                    each.iter()
                        .map(|h| Some(if scenario(h) { s.to_owned() } else { format!("{w}{}", h.1) }))
                        .collect::<StringViewArray>(),
                )
            };
            match f.name().as_str() {
                "kind" => Arc::new(
                    each.iter().map(|h| Some(if scenario(h) { "scenario" } else { "watchlist" })).collect::<StringViewArray>(),
                ),
                "id" => text("expired-document", "entity-with-a-long-id-"),
                "list" => text("3", "list"),
                "bits" => Arc::new(each.iter().map(|h| (!scenario(h)).then_some(30.5 - h.1 as f32)).collect::<Float32Array>()),
                "evidence" => {
                    let lengths = each.iter().map(|h| if scenario(h) { 0 } else { 2 });
                    list(f, lengths, |n| new_null_structs(f, n))
                }
                _ => fill(f, each.len()),
            }
        })
        .collect();
    assert_eq!((fields.len(), EVIDENCE.len()), (HIT.len(), 5));
    if each.is_empty() { new_empty_array(&hit_type()) } else { Arc::new(StructArray::new(fields, columns, None)) }
}

/// A batch of dead letters.
pub(crate) fn dead(n: usize) -> RecordBatch {
    let schema = dead_letter_schema();
    let columns = schema.fields().iter().map(|f| fill(f, n)).collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

pub(crate) fn stamp(epoch: u64) -> EpochStamp {
    EpochStamp { epoch, generation: format!("{:064x}", 7), scenario_set: format!("{:064x}", 9) }
}

/// Writes one epoch: 200 records over two days and three dead letters.
pub(crate) fn stage(root: &Path, epoch: u64, options: &SinkOptions) -> super::Result<StagedEpoch> {
    let rows = rows(epoch * 1_000..epoch * 1_000 + 200, 2);
    let mut writer = EpochWriter::try_new(root, stamp(epoch), options)?;
    for part in rows.chunks(64) {
        writer.write(RecordKind::Traveller, &batch(part))?;
    }
    writer.write_dead(&dead(3))?;
    writer.finish(Inflow { rows: 203, duplicates: 0 })
}

/// A file system that works for so many calls, or so many bytes, and then fails for ever.
#[derive(Debug)]
pub(crate) struct FaultFs {
    calls: AtomicI64,
    bytes: Arc<AtomicI64>,
    kind: io::ErrorKind,
    /// Whether removing works to the end: a full disk is still tidy, a crash is not.
    tidy: bool,
    pub(crate) files_open: Arc<AtomicUsize>,
    pub(crate) most_open: AtomicUsize,
}

impl FaultFs {
    /// Stops the world after so many calls.
    pub(crate) fn crash_after(calls: i64) -> Arc<Self> {
        Self::new(calls, i64::MAX, io::ErrorKind::Interrupted, false)
    }

    /// A disk with so much room.
    pub(crate) fn disk_of(bytes: i64) -> Arc<Self> {
        Self::new(i64::MAX, bytes, io::ErrorKind::StorageFull, true)
    }

    fn new(calls: i64, bytes: i64, kind: io::ErrorKind, tidy: bool) -> Arc<Self> {
        Arc::new(Self {
            calls: AtomicI64::new(calls),
            bytes: Arc::new(AtomicI64::new(bytes)),
            kind,
            tidy,
            files_open: Arc::default(),
            most_open: AtomicUsize::new(0),
        })
    }

    /// Calls that are left.
    pub(crate) fn left(&self) -> i64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Bytes that were written, on a disk without bounds.
    pub(crate) fn written(&self) -> i64 {
        i64::MAX - self.bytes.load(Ordering::Relaxed)
    }

    fn tick(&self) -> io::Result<()> {
        if self.calls.fetch_sub(1, Ordering::Relaxed) <= 0 { Err(self.kind.into()) } else { Ok(()) }
    }

    fn tick_remove(&self) -> io::Result<()> {
        if self.tidy { Ok(()) } else { self.tick() }
    }
}

struct FaultFile {
    inner: Box<dyn DataFile>,
    bytes: Arc<AtomicI64>,
    kind: io::ErrorKind,
    open: Arc<AtomicUsize>,
}

impl Write for FaultFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.bytes.fetch_sub(buf.len() as i64, Ordering::Relaxed) < buf.len() as i64 {
            return Err(self.kind.into());
        }
        self.inner.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl DataFile for FaultFile {
    fn sync(&mut self) -> io::Result<()> {
        self.inner.sync()
    }
}

impl Drop for FaultFile {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Fs for FaultFs {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DataFile>> {
        self.tick()?;
        let open = self.files_open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_open.fetch_max(open, Ordering::Relaxed);
        let (bytes, open) = (Arc::clone(&self.bytes), Arc::clone(&self.files_open));
        Ok(Box::new(FaultFile { inner: LocalFs.create(path)?, bytes, kind: self.kind, open }))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DataFile>> {
        self.tick().and_then(|()| LocalFs.create_new(path))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.tick().and_then(|()| LocalFs.create_dir_all(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.tick().and_then(|()| LocalFs.rename(from, to))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.tick().and_then(|()| LocalFs.sync_file(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.tick().and_then(|()| LocalFs.sync_dir(path))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.tick_remove().and_then(|()| LocalFs.remove_file(path))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.tick_remove().and_then(|()| LocalFs.remove_dir(path))
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.tick_remove().and_then(|()| LocalFs.remove_dir_all(path))
    }

    fn step(&self, _name: &str) -> io::Result<()> {
        self.tick()
    }
}
