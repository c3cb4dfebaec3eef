//! What was committed before, screened once more into other tables: records of the archive with other
//! lists and scenarios, or dead letters with a decoder that knows more by now.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use crossbeam_channel::{Sender, bounded};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::FutureExt;
use tamis_operators::join::tamis_context;
use tamis_operators::schema::RecordKind;

use super::back::{Back, open_tables};
use super::front::{Front, Source, join_all};
use super::{Keep, Observer, Options, Report, WAITING};
use crate::checkpoint::Checkpoint;
use crate::commit::{TablesOptions, register_tables};
use crate::decode::{DeadCode, Neutral};
use crate::epoch::Closed;
use crate::error::{Error, Result};
use crate::flow::{Batch, Budget, Committed, Content, Cut, InputRange, RawMessage};
use crate::runtime::{Runtimes, Stage, Stop};
use crate::screen::Screening;
use crate::session;
use crate::source::outlet::Outlet;

/// Name of the source in the checkpoint of a replay.
const SOURCE: &str = "replay";
/// Codes of letters that are a piece of a message: alone they cannot be decoded, whoever tries.
const PIECES: [DeadCode; 3] = [DeadCode::PersonWithoutIdentity, DeadCode::RowUnreadable, DeadCode::RowWithoutIdentity];
/// Messages and bytes that are handed on together.
const GROUP: (usize, usize) = (512, 1 << 20);

/// How the outcome of a replay differs from what it repeats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Differences {
    /// Referred records before and now.
    pub referred: (usize, usize),
    /// Referred now and not before; before and not now.
    pub referrals: (usize, usize),
    /// Hits before and now.
    pub hits: (usize, usize),
    /// Hits that are new, and those that are gone: by record, kind and id.
    pub changed: (usize, usize),
}

impl Differences {
    /// Whether the replay gave what was there.
    pub fn is_none(&self) -> bool {
        self.referrals == (0, 0) && self.changed == (0, 0)
    }
}

/// Screens the archived records of some epochs again, into the tables under `out`: an epoch for each.
/// One that an earlier replay into the same tables has committed is left out.
///
/// # Errors
/// Where `from` has no archive, or none of these epochs; else those of a run.
pub fn replay_epochs(
    from: &Path,
    epochs: RangeInclusive<u64>,
    screening: Arc<Screening>,
    out: &Path,
    options: Options,
) -> Result<Report> {
    let started = Instant::now();
    let runtimes = Arc::new(Runtimes::new(options.threads)?);
    let archive = Archive::open(&runtimes, from)?;
    if !from.join("records").is_dir() {
        let reason = "keeps no records; only dead letters can be replayed (output.records was off)".into();
        return Err(Error::Output { path: from.to_owned(), reason });
    }
    let found = archive.epochs(&epochs)?;
    if found.is_empty() {
        let (first, last) = epochs.into_inner();
        return Err(Error::Usage(format!("{} has no records of the epochs {first} to {last}", from.display())));
    }
    let (tables, _) = open_tables(&runtimes, out, options, TablesOptions::default())?;
    let done = tables.last_checkpoint().clone();
    let todo: Vec<u64> = found.iter().copied().filter(|e| done.position(SOURCE, &progress(*e)) == 0).collect();
    let mut report = Report { files: todo.len(), skipped: found.len() - todo.len(), ..Report::default() };
    let (cut_tx, cuts) = bounded::<Cut>(WAITING);
    let feeder = Stage::start("replay", move || {
        let budget = Budget::new(options.row_bytes);
        for epoch in todo {
            if !archive.feed(epoch, options.batch.rows, &budget, &cut_tx)? {
                break;
            }
        }
        Ok(())
    })?;
    let kept: Arc<Mutex<Vec<Committed>>> = Arc::default();
    report.screened_with(&screening);
    let witness = Box::new(Keep(Arc::clone(&kept)));
    let beside = (&Arc::default(), &Stop::default());
    let back = Back::start(&runtimes, tables, move || Arc::clone(&screening), cuts, options, beside, witness)?;
    let (back, feeder) = (back.join(), feeder.join());
    feeder.and(back)?;
    report.sum(&kept);
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Decodes and screens the dead letters again, into the tables under `out`. Left out are those that an
/// earlier replay into the same tables has committed, and pieces of messages, as a person without a
/// name: alone they cannot be decoded.
///
/// # Errors
/// Where `from` is no output folder; else those of a run.
pub fn replay_dead_letters(
    from: &Path,
    neutral: &Arc<Neutral>,
    screening: Arc<Screening>,
    out: &Path,
    options: Options,
    observer: Arc<dyn Observer>,
) -> Result<Report> {
    let started = Instant::now();
    let runtimes = Arc::new(Runtimes::new(options.threads)?);
    let archive = Archive::open(&runtimes, from)?;
    let (tables, _) = open_tables(&runtimes, out, options, TablesOptions::default())?;
    let done = tables.last_checkpoint().clone();
    let source: Source = Box::new(move |out| archive.dead_letters(&done, out));
    let stop = Stop::default();
    let Front { cuts, stages } = Front::start(vec![source], neutral, options, &stop, &Arc::default(), observer)?;
    let mut report = Report::default();
    let kept: Arc<Mutex<Vec<Committed>>> = Arc::default();
    report.screened_with(&screening);
    let witness = Box::new(Keep(Arc::clone(&kept)));
    let back = Back::start(&runtimes, tables, move || Arc::clone(&screening), cuts, options, (&Arc::default(), &stop), witness)?;
    let (back, front) = (back.join(), join_all(stages));
    front.and(back)?;
    report.sum(&kept);
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Compares what a replay has written with what it repeats.
///
/// # Errors
/// Where either cannot be read.
pub fn differences(from: &Path, epochs: &RangeInclusive<u64>, out: &Path) -> Result<Differences> {
    let runtimes = Arc::new(Runtimes::new(1)?);
    let (before, now) = (Archive::open(&runtimes, from)?, Archive::open(&runtimes, out)?);
    let only = format!("WHERE epoch BETWEEN {} AND {}", epochs.start(), epochs.end());
    let referred = (before.keys(&format!("SELECT record_id FROM flagged {only}"))?, now.keys("SELECT record_id FROM flagged")?);
    let hits = (
        before.keys(&format!("SELECT record_id, hit_kind, id FROM hits {only}"))?,
        now.keys("SELECT record_id, hit_kind, id FROM hits")?,
    );
    let changed = |(a, b): &(HashSet<String>, HashSet<String>)| (b.difference(a).count(), a.difference(b).count());
    Ok(Differences {
        referrals: changed(&referred),
        changed: changed(&hits),
        referred: (referred.0.len(), referred.1.len()),
        hits: (hits.0.len(), hits.1.len()),
    })
}

/// Tables that are read.
struct Archive {
    runtimes: Arc<Runtimes>,
    ctx: SessionContext,
}

impl Archive {
    fn open(runtimes: &Arc<Runtimes>, root: &Path) -> Result<Self> {
        // One partition: the rows come in their order, and the screening has the other cores.
        let ctx = tamis_context(SessionConfig::new().with_target_partitions(1));
        runtimes.block_on(register_tables(&ctx, root).boxed())?;
        Ok(Self { runtimes: Arc::clone(runtimes), ctx })
    }

    /// Hands the rows of a query on, as long as they are taken.
    fn each(&self, sql: &str, mut take: impl FnMut(RecordBatch) -> Result<bool>) -> Result<bool> {
        let compute = self.runtimes.compute();
        let mut rows = compute.block_on(session::query(&self.ctx, sql))?;
        while let Some(batch) = compute.block_on(rows.next_batch())? {
            if batch.num_rows() > 0 && !take(batch)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn epochs(&self, range: &RangeInclusive<u64>) -> Result<Vec<u64>> {
        let (first, last) = (range.start(), range.end());
        let mut found = Vec::new();
        let sql = format!("SELECT DISTINCT epoch FROM records WHERE epoch BETWEEN {first} AND {last} ORDER BY epoch");
        self.each(&sql, |batch| {
            let epochs = cast(batch.column(0), &DataType::Int64).map_err(|e| Error::Screen(e.to_string()))?;
            found.extend(epochs.as_primitive::<Int64Type>().iter().flatten().map(i64::cast_unsigned));
            Ok(true)
        })?;
        Ok(found)
    }

    /// The cells of each row as one text.
    fn keys(&self, sql: &str) -> Result<HashSet<String>> {
        let mut keys = HashSet::new();
        self.each(sql, |batch| {
            let texts: Vec<_> = batch
                .columns()
                .iter()
                .map(|c| cast(c, &DataType::Utf8))
                .collect::<std::result::Result<_, _>>()
                .map_err(|e| Error::Screen(e.to_string()))?;
            for row in 0..batch.num_rows() {
                let cells = texts.iter().map(|t| t.as_string::<i32>().value(row));
                keys.insert(cells.collect::<Vec<_>>().join("\u{1f}"));
            }
            Ok(true)
        })?;
        Ok(keys)
    }

    /// Hands on the records of an epoch, as the cutter would.
    fn feed(&self, epoch: u64, rows_at_once: usize, budget: &Budget, out: &Sender<Cut>) -> Result<bool> {
        let mut closed = Closed::default();
        for kind in RecordKind::ALL {
            let schema = kind.schema();
            let columns: Vec<String> = schema.fields().iter().map(|f| format!("\"{}\"", f.name())).collect();
            let sql = format!(
                "SELECT {} FROM records WHERE epoch = {epoch} AND kind = '{}' ORDER BY source, \"partition\", position, ordinal",
                columns.join(", "),
                kind.as_str()
            );
            let goes_on = self.each(&sql, |batch| {
                let columns = batch.columns().iter().zip(schema.fields()).map(|(c, f)| cast(c, f.data_type()));
                let rows =
                    columns.collect::<std::result::Result<_, _>>().and_then(|c| RecordBatch::try_new(Arc::clone(&schema), c));
                let rows = rows.map_err(|e| Error::Screen(e.to_string()))?;
                let n = rows.num_rows() as u64;
                closed.rows += n;
                closed.consignments += if kind == RecordKind::Consignment { n } else { 0 };
                for from in (0..rows.num_rows()).step_by(rows_at_once.max(1)) {
                    let rows = rows.slice(from, rows_at_once.max(1).min(rows.num_rows() - from));
                    let permit = budget.take(rows.get_array_memory_size());
                    if out.send(Cut::Rows(Batch { kind, rows, permit })).is_err() {
                        return Ok(false);
                    }
                }
                Ok(true)
            })?;
            if !goes_on {
                return Ok(false);
            }
        }
        let (source, progress) = (Arc::from(SOURCE), Arc::from(progress(epoch)));
        closed.add_range(InputRange { source, progress, from: 0, to: closed.rows.max(1) as i64 });
        Ok(out.send(Cut::Close(closed)).is_ok())
    }

    /// Hands on the bytes of all dead letters that have any, each with its source, partition and position.
    fn dead_letters(&self, done: &Checkpoint, out: &Outlet) -> Result<()> {
        let sql = format!(
            "SELECT source, \"partition\", position, received_at, raw FROM dead_letters \
             WHERE raw IS NOT NULL AND code NOT IN ({}) ORDER BY source, \"partition\", position",
            PIECES.map(|code| format!("'{}'", code.code())).join(", ")
        );
        let (mut group, mut bytes) = (Vec::new(), 0);
        // Source and partition of the last one, and where it ended.
        let mut last: Option<(Arc<str>, Arc<str>, i64)> = None;
        self.each(&sql, |batch| {
            let column = |n: usize, to: DataType| cast(batch.column(n), &to).map_err(|e| Error::Screen(e.to_string()));
            let (sources, partitions) = (column(0, DataType::Utf8)?, column(1, DataType::Utf8)?);
            let (positions, raws) = (column(2, DataType::Int64)?, column(4, DataType::Binary)?);
            let times = column(3, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
            for row in 0..batch.num_rows() {
                let (source, partition) = (sources.as_string::<i32>().value(row), partitions.as_string::<i32>().value(row));
                let (source, partition, end) = match last.take() {
                    Some((s, p, end)) if *s == *source && *p == *partition => (s, p, end),
                    _ => (source.into(), partition.into(), 0),
                };
                let progress: Arc<str> = format!("{source} {partition}").into();
                // Letters of one place, as files in an archive, stand behind each other.
                let position = positions.as_primitive::<Int64Type>().value(row).max(end);
                // A letter without bytes tells of something that could not be read at all.
                let raw = raws.as_binary::<i32>().value(row);
                let until = position + raw.len() as i64;
                if !raw.is_empty() && done.position(&source, &progress) < until as u64 {
                    let message = |from, to, content, bytes| RawMessage {
                        source: Arc::clone(&source),
                        partition: Arc::clone(&partition),
                        progress: Arc::clone(&progress),
                        position: from,
                        until: to,
                        received_at: if times.is_valid(row) {
                            times.as_primitive::<TimestampMicrosecondType>().value(row)
                        } else {
                            0
                        },
                        content,
                        bytes,
                    };
                    if position > end {
                        group.push(message(end, position, Content::Nothing, Bytes::new()));
                    }
                    let content = Content::Messages { header: Bytes::new() };
                    group.push(message(position, until, content, Bytes::copy_from_slice(raw)));
                    bytes += raw.len();
                }
                last = Some((source, partition, until));
                if (group.len() >= GROUP.0 || bytes >= GROUP.1) && !out.send(std::mem::take(&mut group)) {
                    return Ok(false);
                }
                bytes %= GROUP.1;
            }
            Ok(true)
        })?;
        let _stopped = group.is_empty() || out.send(group);
        Ok(())
    }
}

fn progress(epoch: u64) -> String {
    format!("epoch {epoch}")
}
