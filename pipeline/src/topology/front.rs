//! source, decode and batch: the same for every run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, Sender, bounded};
use tamis_operators::schema::RecordKind;

use super::{Observer, Options, StageName, WAITING, Waits};
use crate::batch;
use crate::decode::{DecodeCounts, Decoded, Decoder, Neutral, Origin, last_boundary, last_row, table_header};
use crate::epoch::Closed;
use crate::error::{Error, Result};
use crate::flow::{Budget, Content, Cut, DecodedBatch, InputRange, RawBatch, RawMessage};
use crate::runtime::{Stage, Stop};
use crate::source::outlet::Outlet;
use crate::source::read::Framing;

/// How bytes are cut: as the decoder knows messages.
pub(super) const FRAMING: Framing = Framing { message: last_boundary, row: last_row, header: table_header };

/// What a source does on its own thread, until it has no more to read or is told to stop.
pub(super) type Source = Box<dyn FnOnce(&Outlet) -> Result<()> + Send>;

/// The stages in front of the screening.
pub(super) struct Front {
    /// Where their rows come out.
    pub(super) cuts: Receiver<Cut>,
    pub(super) stages: Vec<Stage<()>>,
}

impl Front {
    pub(super) fn start(
        sources: Vec<Source>,
        neutral: &Arc<Neutral>,
        options: Options,
        stop: &Stop,
        waits: &Arc<Waits>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self> {
        let (raw_tx, raw) = bounded::<RawBatch>(WAITING * options.threads);
        let (decoded_tx, decoded) = bounded::<Result<DecodedBatch>>(WAITING * options.threads);
        let (cut_tx, cuts) = bounded::<Cut>(WAITING);
        let row_budget = Budget::new(options.row_bytes);
        let outlet = Outlet::new(raw_tx, Budget::new(options.raw_bytes), stop.clone(), Arc::clone(waits));
        // Set when all sources came to their end, to the number of raw batches that they sent.
        let sent = Arc::new(OnceLock::new());
        let open = Arc::new(AtomicUsize::new(sources.len()));

        let mut stages = Vec::with_capacity(sources.len() + options.threads + 1);
        for source in sources {
            let (outlet, sent, open) = (outlet.clone(), Arc::clone(&sent), Arc::clone(&open));
            stages.push(Stage::start("source", move || {
                source(&outlet)?;
                // The last one that ends well; where one failed, the last epoch stays open.
                if open.fetch_sub(1, Ordering::AcqRel) == 1 {
                    sent.get_or_init(|| outlet.sent());
                }
                Ok(())
            })?);
        }
        drop(outlet);
        for _ in 0..options.threads {
            let (raw, neutral, out, waits) = (raw.clone(), Arc::clone(neutral), decoded_tx.clone(), Arc::clone(waits));
            stages.push(Stage::start("decode", move || {
                decode_all(&raw, neutral, &out, &waits);
                Ok(())
            })?);
        }
        drop((raw, decoded_tx));
        let waits = Arc::clone(waits);
        stages.push(Stage::start("batch", move || {
            let sent = || sent.get().copied();
            let progress = |step: &Closed| observer.step(step);
            batch::run(RecordKind::schema, options.batch, &decoded, (&cut_tx, &row_budget), sent, &waits, progress)
        })?);
        Ok(Self { cuts, stages })
    }

    pub(super) fn finish(self) -> Result<()> {
        let Self { cuts, stages } = self;
        drop(cuts);
        join_all(stages)
    }
}

/// Waits for all stages and gives the first error in the order of the data.
pub(super) fn join_all(stages: Vec<Stage<()>>) -> Result<()> {
    let results: Vec<_> = stages.into_iter().map(Stage::join).collect();
    results.into_iter().collect()
}

/// One decode thread. A fault goes down the queue as well: without it the stage behind would
/// wait for the missing piece while the pieces after it hold all permits.
fn decode_all(raw: &Receiver<RawBatch>, neutral: Arc<Neutral>, out: &Sender<Result<DecodedBatch>>, waits: &Waits) {
    struct Alarm<'a>(&'a Sender<Result<DecodedBatch>>);
    impl Drop for Alarm<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                let _stopped = self.0.send(Err(Error::Stage("decode")));
            }
        }
    }
    let _alarm = Alarm(out);
    let mut decoder = Decoder::with_mappings(neutral);
    while let Ok(batch) = waits.input(StageName::Decode, || raw.recv()) {
        let decoded = decode_one(&mut decoder, batch);
        let failed = decoded.is_err();
        if !waits.output(StageName::Decode, || out.send(decoded).is_ok()) || failed {
            break;
        }
    }
}

fn decode_one(decoder: &mut Decoder, batch: RawBatch) -> Result<DecodedBatch> {
    let RawBatch { sequence, messages, permit } = batch;
    let (mut bytes, mut read) = (0, Vec::with_capacity(messages.len()));
    for RawMessage { source, partition, progress, position, until, received_at, content, bytes: raw } in messages {
        let origin = Origin { source: &source, partition: &partition, position, received_at };
        match content {
            Content::Messages { header } => decoder.decode_part(&origin, &header, &raw),
            Content::Rows => decoder.decode_rows(&origin, &raw),
            Content::Fault(fault) => {
                let (code, message) = fault.told();
                decoder.fault(&origin, code, &message);
            }
            Content::Nothing => {}
        }
        bytes += raw.len() as u64;
        read.push(InputRange { source, progress, from: position, to: until });
    }
    let Decoded { travellers, consignments, dead_letters, formats, counts } =
        decoder.finish().map_err(|e| Error::Screen(e.to_string()))?;
    let DecodeCounts { messages, messages_to_come, dirt_bytes, .. } = counts;
    Ok(DecodedBatch {
        sequence,
        travellers,
        consignments,
        dead_letters,
        read,
        messages,
        messages_to_come,
        formats,
        bytes,
        dirt_bytes,
        permit,
    })
}
