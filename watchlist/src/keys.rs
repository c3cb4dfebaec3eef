//! An immutable hash table from 64-bit keys to rows of ordinals, in flat columns.

use arrow::buffer::ScalarBuffer;
use arrow::error::ArrowError;

use super::columns::Columns;
use super::posting::fetch;

/// Key → ascending ordinals. Most look-ups of a key that is not there cost one bit.
#[derive(Debug)]
pub(super) struct Keys {
    /// Open addressing, at most half full: number of the row plus one, or 0 for none.
    slots: ScalarBuffer<u32>,
    /// Distinct, ascending.
    distinct: ScalarBuffer<u64>,
    starts: ScalarBuffer<u32>,
    values: ScalarBuffer<u32>,
    there: Filter,
}

/// A bit for every key that is there, among sixteen times as many: small enough to stay in the processor's caches,
/// where the slots do not, and nearly all that is asked for is not there.
#[derive(Debug)]
struct Filter {
    bits: Vec<u64>,
    shift: u32,
}

impl Filter {
    fn of(keys: &[u64]) -> Self {
        let bits = (keys.len() * 16).next_power_of_two().max(64);
        let mut this = Self { bits: vec![0; bits / 64], shift: u64::BITS - bits.ilog2() };
        for key in keys {
            let (word, bit) = this.place(*key);
            this.bits[word] |= bit;
        }
        this
    }

    /// Not all keys are digests, so their bits are mixed.
    #[inline]
    fn place(&self, key: u64) -> (usize, u64) {
        let at = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift;
        (at as usize / 64, 1 << (at % 64))
    }

    /// Never a false no.
    #[inline]
    fn may_have(&self, key: u64) -> bool {
        let (word, bit) = self.place(key);
        self.bits[word] & bit != 0
    }
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
        let there = Filter::of(&keys);
        Self { slots: slots.into(), distinct: keys.into(), starts: starts.into(), values: values.into(), there }
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
        if !self.there.may_have(key) {
            return None;
        }
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
        let distinct = columns.u64(&format!("{name}.keys"))?;
        Ok(Self {
            there: Filter::of(&distinct),
            slots,
            distinct,
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
