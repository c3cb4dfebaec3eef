use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch, StringViewArray, StructArray};
use serde::{Deserialize, Serialize};

use crate::invariants::{Invariant, Violation, check};

use super::error::{OutputError, Result};
use super::layout::Table;

/// What the earlier stages counted into an epoch, independently of what the sink counts out of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inflow {
    /// Records and dead letters that the decoders made. One dead letter is one row.
    pub rows: u64,
    /// Records that were dropped because they repeat another one.
    pub duplicates: u64,
}

/// What an epoch holds. Stored in its commits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EpochCounts {
    /// Records and dead letters that came in, as the decoders counted them.
    pub rows_in: u64,
    /// Records dropped as repeats.
    pub duplicates: u64,
    /// Records let through early.
    pub expedite: u64,
    /// Records without a finding that asks for a person.
    pub standard: u64,
    /// Records referred to a person.
    pub refer: u64,
    /// Dead letters.
    pub dead: u64,
    /// Hits of all records.
    pub hits: u64,
    /// Hits of the referred records.
    pub hits_referred: u64,
    /// Watchlist hits by list.
    pub hits_by_list: BTreeMap<String, u64>,
    /// Scenario hits by scenario.
    pub hits_by_scenario: BTreeMap<String, u64>,
    /// Dead letters by code.
    pub dead_by_code: BTreeMap<String, u64>,
}

impl EpochCounts {
    /// Records that were screened.
    pub fn screened(&self) -> u64 {
        self.expedite + self.standard + self.refer
    }

    /// Adds the figures of another epoch.
    pub fn add(&mut self, other: &Self) {
        self.rows_in += other.rows_in;
        self.duplicates += other.duplicates;
        self.expedite += other.expedite;
        self.standard += other.standard;
        self.refer += other.refer;
        self.dead += other.dead;
        self.hits += other.hits;
        self.hits_referred += other.hits_referred;
        for (into, from) in [
            (&mut self.hits_by_list, &other.hits_by_list),
            (&mut self.hits_by_scenario, &other.hits_by_scenario),
            (&mut self.dead_by_code, &other.dead_by_code),
        ] {
            for (key, n) in from {
                bump(into, key, *n);
            }
        }
    }

    /// Invariant C1: nothing that came in is lost, nothing is there twice.
    pub fn check_conservation(&self) -> Result<(), Violation> {
        let out = self.screened() + self.duplicates + self.dead;
        check(Invariant::C1, self.rows_in == out, || {
            format!(
                "{} rows in, but {} expedited + {} standard + {} referred + {} duplicates + {} dead = {out}",
                self.rows_in, self.expedite, self.standard, self.refer, self.duplicates, self.dead
            )
        })
    }

    /// Invariant C1 at the files: a table holds as many rows as were counted for it.
    pub(super) fn check_table(&self, table: Table, rows: u64) -> Result<(), Violation> {
        let expected = match table {
            Table::Records => self.screened(),
            Table::Hits => self.hits,
            Table::DeadLetters => self.dead,
            Table::Flagged => self.refer,
        };
        check(Invariant::C1, rows == expected, || format!("the files of {table} hold {rows} rows, {expected} were counted"))
    }

    /// Counts the outcomes of a batch.
    pub(super) fn count_triage(&mut self, triage: &StringViewArray) -> Result<()> {
        for value in triage {
            match value {
                Some("expedite") => self.expedite += 1,
                Some("standard") => self.standard += 1,
                Some("refer") => self.refer += 1,
                _ => {
                    let reason = "holds a value that is neither expedite, standard nor refer".into();
                    return Err(OutputError::Column { table: Table::Flagged.name(), column: "triage".into(), reason });
                }
            }
        }
        Ok(())
    }

    /// Counts hits, given as structs of [`tamis_operators::schema::HIT`].
    pub(super) fn count_hits(&mut self, hits: &StructArray) {
        self.hits += hits.len() as u64;
        let column = |name| hits.column_by_name(name).and_then(|c| c.as_string_view_opt());
        let (Some(kind), Some(id), Some(list)) = (column("kind"), column("id"), column("list")) else { return };
        for row in 0..hits.len() {
            if kind.value(row) == "scenario" {
                bump(&mut self.hits_by_scenario, id.value(row), 1);
            } else {
                bump(&mut self.hits_by_list, list.value(row), 1);
            }
        }
    }

    /// Counts dead letters.
    pub(super) fn count_dead(&mut self, batch: &RecordBatch) {
        self.dead += batch.num_rows() as u64;
        if let Some(codes) = batch.column_by_name("code").and_then(|c| c.as_string_view_opt()) {
            for code in codes.iter().flatten() {
                bump(&mut self.dead_by_code, code, 1);
            }
        }
    }
}

/// Adds without an allocation where the key is known.
fn bump(map: &mut BTreeMap<String, u64>, key: &str, n: u64) {
    match map.get_mut(key) {
        Some(count) => *count += n,
        None => {
            map.insert(key.to_owned(), n);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_lost_row_is_a_violation() {
        let mut counts = EpochCounts { rows_in: 10, standard: 7, refer: 1, dead: 1, duplicates: 1, ..Default::default() };
        counts.check_conservation().unwrap();
        counts.standard -= 1;
        let text = counts.check_conservation().unwrap_err().to_string();
        assert!(text.contains("C1") && text.contains("10 rows in"), "{text}");
    }

    #[test]
    fn sums_of_epochs() {
        let one = EpochCounts { hits: 2, hits_by_list: [("sdn".to_owned(), 2)].into(), ..Default::default() };
        let mut sum = EpochCounts::default();
        sum.add(&one);
        sum.add(&one);
        assert_eq!((sum.hits, sum.hits_by_list["sdn"]), (4, 4));
    }
}
