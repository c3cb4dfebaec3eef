//! Expansions by token, remembered: tokens are Zipf-distributed, so that few are ever new.

use std::hash::BuildHasher as _;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::expansion::Expansion;

/// Bytes of expansions, unless said otherwise.
const CACHE_BYTES: usize = 256 << 20;
const SHARDS: usize = 16;

#[derive(Debug, Default)]
struct Shard {
    map: HashMap<Box<[u8]>, Arc<Expansion>, FixedState>,
    bytes: usize,
}

/// Shared by all who screen against one generation.
#[derive(Debug)]
pub(super) struct Cache {
    shards: Vec<RwLock<Shard>>,
    /// Bytes that a shard holds: a bound on memory, not on work.
    most: usize,
}

impl Default for Cache {
    fn default() -> Self {
        Self::of(CACHE_BYTES)
    }
}

impl Cache {
    /// One that holds so many bytes.
    pub(super) fn of(bytes: usize) -> Self {
        Self { shards: (0..SHARDS).map(|_| RwLock::default()).collect(), most: bytes / SHARDS }
    }

    /// The expansion of a token, from `make` where it was not asked before; and whether it was made. `before` is the
    /// cache of the generation before: what that one remembers of the token is taken out of it and given to `make`.
    /// Both together hold no more than one may, and what is old goes first.
    pub(super) fn get(
        &self,
        token: &[u8],
        before: Option<&Self>,
        make: impl FnOnce(Option<Arc<Expansion>>) -> Expansion,
    ) -> (Arc<Expansion>, bool) {
        let at = (FixedState::default().hash_one(token) >> 7) as usize % SHARDS;
        if let Some(found) = self.shards[at].read().unwrap_or_else(PoisonError::into_inner).map.get(token) {
            return (Arc::clone(found), false);
        }
        let made = Arc::new(make(before.and_then(|b| b.open(at).take(token))));
        let bytes = cost(token, &made);
        let mut shard = self.open(at);
        if let Some(before) = before {
            let mut old = before.open(at);
            let room = self.most.saturating_sub(shard.bytes + bytes);
            old.shrink(room);
        }
        shard.shrink(self.most.saturating_sub(bytes));
        if shard.map.insert(token.into(), Arc::clone(&made)).is_none() {
            shard.bytes += bytes;
        }
        (made, true)
    }

    fn open(&self, shard: usize) -> RwLockWriteGuard<'_, Shard> {
        self.shards[shard].write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    /// Forgets every second token, whichever these are, until so many bytes are left at most: what is asked for often
    /// comes back at once, and what is never asked for again goes in the end.
    fn shrink(&mut self, most: usize) {
        while self.bytes > most && !self.map.is_empty() {
            let (mut kept, mut bytes) = (true, 0);
            self.map.retain(|token, expansion| {
                kept = !kept;
                bytes += if kept { cost(token, expansion) } else { 0 };
                kept
            });
            self.bytes = bytes;
        }
    }

    fn take(&mut self, token: &[u8]) -> Option<Arc<Expansion>> {
        let taken = self.map.remove(token)?;
        self.bytes -= cost(token, &taken);
        Some(taken)
    }
}

/// Bytes that a token takes in the cache, more or less.
fn cost(token: &[u8], expansion: &Expansion) -> usize {
    expansion.bytes() + token.len() + 64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(cache: &Cache) -> Vec<usize> {
        (0..SHARDS).map(|shard| cache.open(shard).bytes).collect()
    }

    #[test]
    fn a_cache_and_the_one_before_hold_no_more_than_one_may() {
        let most = 4_096;
        let (old, new) = (Cache::of(most * SHARDS), Cache::of(most * SHARDS));
        let tokens = || (0..2_000_u32).map(|n| n.to_string());
        for token in tokens() {
            let (_, made) = old.get(token.as_bytes(), None, |_| Expansion::default());
            assert!(made && bytes(&old).iter().all(|b| *b <= most));
        }
        let held = |cache: &Cache, token: &str| {
            let (_, made) = cache.get(token.as_bytes(), None, |_| Expansion::default());
            !made
        };
        assert!(held(&old, "1999"), "the last one is remembered");
        let mut taken = 0;
        for token in tokens().rev().chain(tokens()) {
            new.get(token.as_bytes(), Some(&old), |before| {
                taken += usize::from(before.is_some());
                Expansion::default()
            });
            assert!(bytes(&old).iter().zip(bytes(&new)).all(|(old, new)| old + new <= most));
        }
        assert!(taken > 0 && bytes(&old).iter().sum::<usize>() == 0 && held(&new, "1999"));
    }
}
