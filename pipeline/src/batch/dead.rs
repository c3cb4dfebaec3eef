use crate::error::{Error, Result};
use crate::flow::DecodedBatch;

/// How many records may be dead before the run stops: with a wrong configuration a whole day would
/// end among the dead letters, and nobody would be screened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeadLimit {
    /// Largest share of dead letters, 0 to 1; above 1 never stops.
    pub share: f64,
    /// Records over which the share is taken, the latest ones. Fewer never stop a run.
    pub window: u64,
}

impl DeadLimit {
    /// Never stops: bounded runs end by themselves.
    pub const NEVER: Self = Self { share: 2.0, window: u64::MAX };
}

/// The share of dead letters among the latest records.
#[derive(Debug, Default)]
pub(super) struct DeadShare {
    records: u64,
    dead: u64,
}

impl DeadShare {
    /// Counts what was decoded.
    ///
    /// # Errors
    /// [`Error::TooManyDead`] where the share is above the limit.
    pub(super) fn check(&mut self, decoded: &DecodedBatch, limit: DeadLimit) -> Result<()> {
        let dead = decoded.dead_letters.num_rows() as u64;
        let rows = decoded.travellers.num_rows() + decoded.consignments.num_rows();
        self.add(rows as u64 + dead, dead, limit)
    }

    fn add(&mut self, records: u64, dead: u64, limit: DeadLimit) -> Result<()> {
        self.records += records;
        self.dead += dead;
        if self.records < limit.window {
            return Ok(());
        }
        let share = self.dead as f64 / self.records.max(1) as f64;
        if share > limit.share {
            return Err(Error::TooManyDead { share, limit: limit.share, records: self.records });
        }
        // What is older weighs half, a quarter, …
        while self.records >= limit.window && self.records > 1 {
            self.records /= 2;
            self.dead /= 2;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_above_the_limit_stops_and_one_below_does_not() {
        let limit = DeadLimit { share: 0.2, window: 100 };
        let mut share = DeadShare::default();
        for _ in 0..1_000 {
            assert!(share.add(10, 1, limit).is_ok());
        }
        let stopped = (0..100).map(|_| share.add(10, 10, limit)).position(|r| r.is_err());
        assert!(stopped.is_some_and(|n| n < 20), "{stopped:?}");
    }

    #[test]
    fn a_few_records_stop_nothing() {
        let mut share = DeadShare::default();
        assert!(share.add(99, 99, DeadLimit { share: 0.2, window: 100 }).is_ok());
        assert!(share.add(1_000_000, 1_000_000, DeadLimit::NEVER).is_ok());
    }
}
