//! The distinct name tokens of a generation, and which of them agree with a reported token.

use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::expansion::Expansion;
use super::weights::NameWeights;
use crate::name::{LetterBag, OsaPattern, consonant_key, letter_bag, reach, spelling_key};

/// Expansions that the cache holds before it starts again; a bound on memory, not on work.
const CACHE: usize = 1 << 18;
const SHARDS: usize = 16;

type Cache = HashMap<Box<[u8]>, Arc<Expansion>, FixedState>;

/// Tokens in alphabetical order: the position is the token's id, so that a prefix is a range.
#[derive(Debug)]
pub(super) struct Dictionary {
    letters: Vec<u8>,
    starts: Vec<u32>,
    /// Names that hold the token.
    names: Vec<u32>,
    ids: HashMap<Vec<u8>, u32, FixedState>,
    by_spelling: HashMap<Vec<u8>, Vec<u32>, FixedState>,
    by_consonants: HashMap<Vec<u8>, Vec<u32>, FixedState>,
    by_length: Vec<Shelf>,
    total_names: u32,
    cache: Vec<RwLock<Cache>>,
}

/// Tokens of one length, side by side for the scan.
#[derive(Debug, Default)]
struct Shelf {
    bags: Vec<LetterBag>,
    ids: Vec<u32>,
}

impl Dictionary {
    /// From the tokens of every name, in any order; `names` are counted once a name and token.
    pub(super) fn build(mut counted: Vec<(Vec<u8>, u32)>, total_names: u32) -> Self {
        counted.sort_unstable();
        let mut this = Self {
            letters: Vec::new(),
            starts: vec![0],
            names: Vec::with_capacity(counted.len()),
            ids: HashMap::with_capacity_and_hasher(counted.len(), FixedState::default()),
            by_spelling: HashMap::default(),
            by_consonants: HashMap::default(),
            by_length: Vec::new(),
            total_names,
            cache: (0..SHARDS).map(|_| RwLock::default()).collect(),
        };
        let mut key = Vec::new();
        for (id, (token, names)) in counted.into_iter().enumerate() {
            let id = id as u32;
            this.letters.extend_from_slice(&token);
            this.starts.push(this.letters.len() as u32);
            this.names.push(names);
            spelling_key(&token, &mut key);
            this.by_spelling.entry_ref(key.as_slice()).or_default().push(id);
            consonant_key(&token, &mut key);
            if key.len() >= 3 {
                this.by_consonants.entry_ref(key.as_slice()).or_default().push(id);
            }
            if this.by_length.len() <= token.len() {
                this.by_length.resize_with(token.len() + 1, Shelf::default);
            }
            let shelf = &mut this.by_length[token.len()];
            shelf.bags.push(letter_bag(&token));
            shelf.ids.push(id);
            this.ids.insert(token, id);
        }
        this
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn token(&self, id: u32) -> &[u8] {
        &self.letters[self.starts[id as usize] as usize..self.starts[id as usize + 1] as usize]
    }

    pub(super) fn id(&self, token: &[u8]) -> Option<u32> {
        self.ids.get(token).copied()
    }

    /// Ids of the tokens that begin with `prefix`.
    pub(super) fn prefixed(&self, prefix: &[u8]) -> std::ops::Range<u32> {
        let n = self.len() as u32;
        let bound = |before: &dyn Fn(&[u8]) -> bool| {
            let (mut low, mut high) = (0, n);
            while low < high {
                let middle = low + (high - low) / 2;
                if before(self.token(middle)) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        bound(&|t| t < prefix)..bound(&|t| t < prefix || t.starts_with(prefix))
    }

    /// log2(m/u) where u is the pooled frequency of `tokens`, with the background behind it.
    pub(super) fn pooled_bits(&self, m: f32, tokens: impl Iterator<Item = u32>, weights: &NameWeights) -> f32 {
        let names: u64 = tokens.map(|t| u64::from(self.names[t as usize])).sum();
        // One of them is the entity itself; the others are what chance offers.
        let (others, listed) = (names.saturating_sub(1) as f32, self.total_names as f32);
        let u = others / (listed + weights.listed_background) + 1.0 / (listed + weights.background_names);
        (m / u).log2().max(0.1)
    }

    /// Share of listed names, other than the entity's own, that hold the token.
    pub(super) fn frequency(&self, id: u32, weights: &NameWeights) -> f32 {
        let others = self.names[id as usize].saturating_sub(1) as f32;
        others / (self.total_names as f32 + weights.listed_background)
    }

    /// Frequency that stands for a token which is listed nowhere else.
    pub(super) fn unseen(&self, weights: &NameWeights) -> f32 {
        1.0 / (self.total_names as f32 + weights.background_names)
    }

    /// All tokens that agree with `token`, from the cache where it was asked before.
    pub(super) fn expand(&self, token: &[u8], weights: &NameWeights) -> Arc<Expansion> {
        use std::hash::BuildHasher as _;
        let shard = &self.cache[FixedState::default().hash_one(token) as usize % SHARDS];
        if let Some(found) = shard.read().unwrap_or_else(PoisonError::into_inner).get(token) {
            return Arc::clone(found);
        }
        let made = Arc::new(Expansion::of(token, self, weights));
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= CACHE / SHARDS {
            shard.clear();
        }
        shard.insert(token.into(), Arc::clone(&made));
        made
    }

    /// Calls `found` with every token within [`reach`] and its distance; the letter bag passes over
    /// most of the dictionary.
    pub(super) fn within_reach(&self, token: &[u8], mut found: impl FnMut(u32, u32)) {
        let bag = letter_bag(token);
        let pattern = OsaPattern::new(token);
        for length in 2..self.by_length.len() {
            let limit = reach(token.len(), length);
            if limit == 0 || length.abs_diff(token.len()) > limit as usize {
                continue;
            }
            let shelf = &self.by_length[length];
            for (&other, &id) in shelf.bags.iter().zip(&shelf.ids) {
                if (bag ^ other).count_ones() > 2 * limit {
                    continue;
                }
                let distance = pattern.distance(self.token(id));
                if distance <= limit {
                    found(id, distance);
                }
            }
        }
    }

    /// Tokens with that [`spelling_key`].
    pub(super) fn spelt(&self, key: &[u8]) -> &[u32] {
        self.by_spelling.get(key).map_or(&[], Vec::as_slice)
    }

    /// Tokens with that [`consonant_key`], if it has three letters or more.
    pub(super) fn sounding(&self, key: &[u8]) -> &[u32] {
        self.by_consonants.get(key).map_or(&[], Vec::as_slice)
    }

    /// Tokens that are `token` in any spelling: what a joined name is looked up with. No edits:
    /// the joined strings of all names are too many to search. Where there are consonants enough,
    /// they decide: the vowels between joined parts (`ABD AL`, `ABDUL`, `ABDEL`) are anyone's.
    pub(super) fn any_spelling(&self, token: &[u8], key: &mut Vec<u8>) -> &[u32] {
        consonant_key(token, key);
        if key.len() >= 5 {
            return self.sounding(key);
        }
        spelling_key(token, key);
        self.spelt(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_prefix_is_a_range(words in proptest::collection::btree_set("[AB]{1,5}", 1..30), prefix in "[AB]{1,3}") {
            let dictionary = Dictionary::build(words.iter().map(|w| (w.as_bytes().into(), 1)).collect(), 100);
            let range = dictionary.prefixed(prefix.as_bytes());
            for (id, word) in words.iter().enumerate() {
                prop_assert_eq!(range.contains(&(id as u32)), word.starts_with(&prefix));
            }
        }
    }
}
