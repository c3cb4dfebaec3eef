//! Expansions by token, remembered: tokens are Zipf-distributed, so that few are ever new.

use std::hash::BuildHasher as _;
use std::sync::{Arc, PoisonError, RwLock};

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
    /// The expansion of a token, from `make` where it was not asked before; and whether it was made.
    pub(super) fn get(&self, token: &[u8], make: impl FnOnce() -> Expansion) -> (Arc<Expansion>, bool) {
        let hash = FixedState::default().hash_one(token);
        let shard = &self.0[(hash >> 7) as usize % SHARDS];
        if let Some(found) = shard.read().unwrap_or_else(PoisonError::into_inner).map.get(token) {
            return (Arc::clone(found), false);
        }
        let made = Arc::new(make());
        let bytes = made.bytes() + token.len() + 64;
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        if shard.bytes + bytes > CACHE_BYTES / SHARDS {
            shard.map.clear();
            shard.bytes = 0;
        }
        if shard.map.insert(token.into(), Arc::clone(&made)).is_none() {
            shard.bytes += bytes;
        }
        (made, true)
    }
}
