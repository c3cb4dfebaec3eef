//! Expansions by token, remembered: tokens are Zipf-distributed, so that few are ever new.

use std::hash::BuildHasher as _;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::expansion::Expansion;

/// Bytes of expansions that the cache holds before a shard of it starts again: a bound on memory,
/// not on work.
const CACHE_BYTES: usize = 256 << 20;
const SHARDS: usize = 16;

#[derive(Debug, Default)]
struct Shard {
    map: HashMap<Box<[u8]>, Arc<Expansion>, FixedState>,
    bytes: usize,
}

/// Shared by all who screen against one generation.
#[derive(Debug)]
pub(super) struct Cache(Vec<RwLock<Shard>>);

impl Default for Cache {
    fn default() -> Self {
        Self((0..SHARDS).map(|_| RwLock::default()).collect())
    }
}

impl Cache {
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
        if let Some(found) = self.0[at].read().unwrap_or_else(PoisonError::into_inner).map.get(token) {
            return (Arc::clone(found), false);
        }
        let made = Arc::new(make(before.and_then(|b| b.open(at).take(token))));
        let bytes = cost(token, &made);
        let mut shard = self.open(at);
        if let Some(before) = before {
            let mut old = before.open(at);
            if shard.bytes + old.bytes + bytes > CACHE_BYTES / SHARDS {
                *old = Shard::default();
            }
        }
        if shard.bytes + bytes > CACHE_BYTES / SHARDS {
            *shard = Shard::default();
        }
        if shard.map.insert(token.into(), Arc::clone(&made)).is_none() {
            shard.bytes += bytes;
        }
        (made, true)
    }

    fn open(&self, shard: usize) -> RwLockWriteGuard<'_, Shard> {
        self.0[shard].write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
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
