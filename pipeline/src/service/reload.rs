//! Live lists and scenarios: what has changed is compiled beside the data, checked, and in force with
//! the next epoch. What is wrong is told, and the old edition stays in force.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::load::{Loader, Look, Slot};
use super::meters::Meters;
use crate::error::Result;
use crate::runtime::Stop;

/// Looks at the files until the end is asked for.
#[derive(Debug)]
pub(super) struct Reload {
    pub(super) loader: Loader,
    pub(super) slot: Arc<Slot>,
    pub(super) every: Duration,
    pub(super) meters: Arc<Meters>,
    /// What the files looked like before they were read for the start.
    pub(super) lists: Look,
    pub(super) scenarios: Look,
}

impl Reload {
    /// Runs until the end is asked for.
    pub(super) fn run(mut self, stop: &Stop) {
        // A change counts when it is still the same at the next look: files are copied in pieces.
        let mut seen = (self.lists.clone(), self.scenarios.clone());
        while !stop.wait(self.every) {
            let now = (self.loader.look_at_lists(), self.loader.look_at_scenarios());
            let rests = now == seen;
            let changed = (now.0 != self.lists, now.1 != self.scenarios);
            seen = now;
            if rests && (changed.0 || changed.1) {
                // Whatever comes of it, the same files are not tried again.
                (self.lists, self.scenarios) = seen.clone();
                self.change(changed.0);
            }
        }
    }

    fn change(&self, lists_changed: bool) {
        let begun = Instant::now();
        match self.load(lists_changed) {
            Ok(false) => {}
            Ok(true) => {
                let now = self.slot.get();
                tracing::info!(
                    generation = now.generation().id(),
                    entities = now.generation().len(),
                    scenario_set = now.scenario_set(),
                    milliseconds = begun.elapsed().as_millis() as u64,
                    "a new edition is in force from the next epoch on"
                );
                self.meters.reloaded(true, &now);
            }
            Err(error) => {
                tracing::error!(%error, "a new edition is refused, the old one stays in force");
                self.meters.reloaded(false, &self.slot.get());
            }
        }
    }

    /// Whether there is something new.
    fn load(&self, lists_changed: bool) -> Result<bool> {
        let old = self.slot.get();
        let generation = if lists_changed {
            Arc::new(self.loader.generation()?.after(old.generation()))
        } else {
            Arc::clone(old.generation())
        };
        self.loader.guard(old.generation(), &generation)?;
        let scenarios = self.loader.scenarios()?;
        if generation.id() == old.generation().id() && scenarios.id() == old.scenario_set() {
            return Ok(false);
        }
        self.slot.set(self.loader.screening(generation, scenarios)?);
        Ok(true)
    }
}
