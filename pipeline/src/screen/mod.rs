//! screen: a bounded DataFusion plan an epoch and lane.
//!
//! A plan is made when an epoch opens and fed batch by batch through a channel; the end of the
//! epoch ends its stream. Neither one plan for ever nor one `execute` a batch: both hold on to
//! rows or memory. Each kind of record has a plan of its own. With several cores there are several
//! lanes a kind, each with a plan of its own on one partition; batches are dealt out in turn, and the [`Gather`] takes the rows back in the
//! same turn, so the number of lanes never shows in the output (C7).

mod gather;
mod lane;
mod plan;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use tamis_operators::schema::RecordKind;
use tokio::runtime::Handle;

pub use gather::Gather;
pub use lane::Lane;
pub use plan::{Screening, Strategy};

use crate::error::{Error, Result};
use crate::flow::{Batch, Cut, Screened};
use crate::sink::EpochStamp;
use crate::topology::{StageName, Waits};

/// Runs until the cutter is gone. `next_epoch` gives an epoch its number when it opens; each is screened
/// with what `screening` gives then, from its first to its last row (C4).
pub fn run(
    screening: impl Fn() -> Arc<Screening>,
    lanes: usize,
    compute: &Handle,
    next_epoch: impl Fn() -> Result<u64>,
    input: &Receiver<Cut>,
    out: &Sender<Screened>,
    waits: &Waits,
) -> Result<()> {
    // The mouths into which batches of a kind are dealt in turn; none while no epoch is open.
    let mut mouths = Vec::new();
    while let Ok(cut) = waits.input(StageName::Screen, || input.recv()) {
        if mouths.is_empty() {
            let mut outputs = Vec::new();
            let screening = screening();
            for kind in RecordKind::ALL {
                let mut of_kind = Vec::with_capacity(lanes);
                for _ in 0..lanes.max(1) {
                    let lane = Lane::open(Arc::clone(&screening), kind, compute);
                    of_kind.push(lane.input);
                    outputs.push((kind, lane.output));
                }
                mouths.push((kind, of_kind, 0));
            }
            let stamp = EpochStamp {
                epoch: next_epoch()?,
                generation: screening.generation().id().to_owned(),
                scenario_set: screening.scenario_set().to_owned(),
            };
            if out.send(Screened::Open { stamp, lanes: outputs }).is_err() {
                return Ok(());
            }
        }
        let ticket = match cut {
            Cut::Rows(Batch { kind, rows, permit }) => {
                let (_, of_kind, turn) = mouths.iter_mut().find(|(k, ..)| *k == kind).ok_or(Error::Stage("screen"))?;
                let lane = *turn % of_kind.len();
                *turn += 1;
                let n = rows.num_rows();
                // A lane that is gone has left its error in its output: the ticket leads the
                // sink to it.
                let to = of_kind.get(lane).ok_or(Error::Stage("screen"))?;
                let _gone = to.blocking_send(rows);
                Screened::Rows { kind, lane, rows: n, permit }
            }
            Cut::Dead(rows) => Screened::Dead(rows),
            Cut::Close(closed) => {
                mouths.clear();
                Screened::Close(closed)
            }
        };
        if !waits.output(StageName::Screen, || out.send(ticket).is_ok()) {
            return Ok(());
        }
    }
    Ok(())
}
