//! An immutable hash table from 64-bit keys to rows of ordinals, in flat columns.

use arrow::buffer::ScalarBuffer;
use arrow::error::ArrowError;

use super::columns::Columns;
use super::posting::fetch;

/// Key → ascending ordinals. Most look-ups of a key that is not there cost one cache line.
#[derive(Debug)]
pub(super) struct Keys {
    /// Open addressing, at most half full: number of the row plus one, or 0 for none.
    slots: ScalarBuffer<u32>,
    /// Distinct, ascending.
    distinct: ScalarBuffer<u64>,
    starts: ScalarBuffer<u32>,
    values: ScalarBuffer<u32>,
}

impl Keys {
    /// From (key, ordinal) pairs in any order; pairs that come twice are kept once.
    pub(super) fn build(mut pairs: Vec<(u64, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let (mut keys, mut starts) = (Vec::new(), Vec::new());
        for (i, pair) in pairs.iter().enumerate() {
            if keys.last() != Some(&pair.0) {
                keys.push(pair.0);
                starts.push(i as u32);
            }
        }
        starts.push(pairs.len() as u32);
        let mut slots = vec![0u32; (keys.len() * 2).next_power_of_two().max(2)];
        let mask = slots.len() - 1;
        for (row, key) in keys.iter().enumerate() {
            let mut at = *key as usize & mask;
            while slots[at] != 0 {
                at = (at + 1) & mask;
            }
            slots[at] = row as u32 + 1;
        }
        let values: Vec<u32> = pairs.into_iter().map(|p| p.1).collect();
        Self { slots: slots.into(), distinct: keys.into(), starts: starts.into(), values: values.into() }
    }

    /// The ordinals under a key; empty where there is none.
    #[inline]
    pub(super) fn get(&self, key: u64) -> &[u32] {
        self.find(key).map_or(&[], |row| self.row(row))
    }

    /// Asks for the slot of a key before it is needed.
    #[inline]
    pub(super) fn fetch(&self, key: u64) {
        fetch(&self.slots, key as usize & (self.slots.len() - 1));
    }

    /// Number of the row of a key.
    #[inline]
    pub(super) fn find(&self, key: u64) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut at = key as usize & mask;
        loop {
            let row = self.slots[at].checked_sub(1)?;
            if self.distinct[row as usize] == key {
                return Some(row);
            }
            at = (at + 1) & mask;
        }
    }

    /// The ordinals of a row.
    #[inline]
    pub(super) fn row(&self, row: u32) -> &[u32] {
        &self.values[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }

    pub(super) fn write(&self, name: &str, out: &mut Columns) {
        out.put_u32(&format!("{name}.slots"), &self.slots);
        out.put_u64(&format!("{name}.keys"), &self.distinct);
        out.put_u32(&format!("{name}.starts"), &self.starts);
        out.put_u32(&format!("{name}.values"), &self.values);
    }

    pub(super) fn read(name: &str, columns: &Columns) -> Result<Self, ArrowError> {
        let slots = columns.u32(&format!("{name}.slots"))?;
        if !slots.len().is_power_of_two() {
            return Err(ArrowError::SchemaError(format!("{name}.slots of the generation is damaged")));
        }
        Ok(Self {
            slots,
            distinct: columns.u64(&format!("{name}.keys"))?,
            starts: columns.u32(&format!("{name}.starts"))?,
            values: columns.u32(&format!("{name}.values"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_table_is_a_map(pairs in proptest::collection::vec((0u64..40, 0u32..9), 0..60)) {
            let mut map: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
            for (key, value) in &pairs {
                map.entry(*key).or_default().insert(*value);
            }
            let keys = Keys::build(pairs);
            for key in 0..50 {
                let expected: Vec<u32> = map.get(&key).into_iter().flatten().copied().collect();
                prop_assert_eq!(keys.get(key), &expected);
            }
        }
    }
}
