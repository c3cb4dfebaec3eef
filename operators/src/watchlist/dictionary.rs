//! The distinct name tokens of a generation, and which of them agree with a reported token.

use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::weights::NameWeights;
use crate::name::{
    Agreement, GLUED, LetterBag, OsaPattern, consonant_key, is_light, letter_bag, nicknames, reach, spelling_key, without_title,
};

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

/// All tokens of the dictionary that agree with one reported token.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    /// Agreeing tokens with their level, by id.
    pub tokens: Vec<(u32, Agreement)>,
    /// Weight of each level, in bits.
    pub bits: [f32; Agreement::ALL.len()],
    /// Heaviest weight that any token of `tokens` has.
    pub max_bits: f32,
    levels: HashMap<u32, Agreement, FixedState>,
}

impl Expansion {
    /// The level at which a token agrees.
    pub(super) fn level(&self, token: u32) -> Option<Agreement> {
        self.levels.get(&token).copied()
    }

    /// The weight of a level.
    pub(super) fn weight(&self, level: Agreement) -> f32 {
        self.bits[level as usize]
    }
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

    /// All tokens that agree with `token`, from the cache where it was asked before.
    pub(super) fn expand(&self, token: &[u8], weights: &NameWeights) -> Arc<Expansion> {
        use std::hash::BuildHasher as _;
        let shard = &self.cache[FixedState::default().hash_one(token) as usize % SHARDS];
        if let Some(found) = shard.read().unwrap_or_else(PoisonError::into_inner).get(token) {
            return Arc::clone(found);
        }
        let made = Arc::new(self.expand_anew(token, weights));
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= CACHE / SHARDS {
            shard.clear();
        }
        shard.insert(token.into(), Arc::clone(&made));
        made
    }

    fn expand_anew(&self, token: &[u8], weights: &NameWeights) -> Expansion {
        let mut levels: HashMap<u32, Agreement, FixedState> = HashMap::default();
        let mut add = |id: u32, level: Agreement| {
            let held = levels.entry(id).or_insert(level);
            *held = (*held).min(level);
        };
        if let Some(id) = self.id(token) {
            add(id, Agreement::Exact);
        }
        if token.len() > 1 {
            let mut key = Vec::new();
            spelling_key(token, &mut key);
            for &id in self.by_spelling.get(key.as_slice()).into_iter().flatten() {
                add(id, Agreement::Variant);
            }
            for id in nicknames(token).filter_map(|n| self.id(n)) {
                add(id, Agreement::Variant);
            }
            for id in without_title(token).filter_map(|rest| self.id(rest)) {
                add(id, Agreement::Variant);
            }
            for title in GLUED.iter().filter(|_| token.len() >= 3) {
                if let Some(id) = self.id(&[token, title].concat()) {
                    add(id, Agreement::Variant);
                }
            }
            consonant_key(token, &mut key);
            for &id in self.by_consonants.get(key.as_slice()).into_iter().flatten() {
                add(id, Agreement::Sounds);
            }
            self.scan(token, &mut add);
        }
        // Single letters agree only as initials.
        if let Some(id) = token.get(..1).and_then(|initial| self.id(initial)) {
            add(id, Agreement::Initial);
        }
        if token.len() > 1 {
            levels.retain(|&id, level| {
                let other = self.token(id);
                if other.len() == 1 {
                    *level = Agreement::Initial;
                }
                other.len() > 1 || other[0] == token[0]
            });
        } else {
            levels.retain(|_, level| *level == Agreement::Exact);
        }
        let mut tokens: Vec<_> = levels.iter().map(|(&id, &level)| (id, level)).collect();
        tokens.sort_unstable();
        let mut bits = [0.0; Agreement::ALL.len()];
        for level in Agreement::ALL {
            let at = || tokens.iter().filter(|t| t.1 == level).map(|t| t.0);
            let m = match level {
                Agreement::Exact => weights.exact,
                Agreement::Variant => weights.variant,
                Agreement::Near => weights.near,
                Agreement::Far => weights.far,
                Agreement::Sounds => weights.sounds,
                Agreement::Initial | Agreement::Joined | Agreement::Truncated => 0.0,
            };
            bits[level as usize] =
                if level == Agreement::Initial { weights.initial_bits } else { self.pooled_bits(m, at(), weights) };
        }
        // An initial that both sides have is no more than an initial.
        if token.len() == 1 {
            bits[Agreement::Exact as usize] = weights.initial_bits * 1.5;
        }
        if is_light(token) {
            for b in &mut bits {
                *b = b.min(weights.light_at_most);
            }
        }
        let max_bits = tokens.iter().map(|t| bits[t.1 as usize]).fold(0.0, f32::max);
        Expansion { tokens, bits, max_bits, levels }
    }

    /// Every token within [`reach`]; the letter bag passes over most of the dictionary.
    fn scan(&self, token: &[u8], add: &mut impl FnMut(u32, Agreement)) {
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
                match pattern.distance(self.token(id)) {
                    0 | 1 => add(id, Agreement::Near),
                    d if d <= limit => add(id, Agreement::Far),
                    _ => {}
                }
            }
        }
    }

    /// Tokens that are `token` in any spelling: what a joined name is looked up with. No edits:
    /// the joined strings of all names are too many to search. Where there are consonants enough,
    /// they decide: the vowels between joined parts (`ABD AL`, `ABDUL`, `ABDEL`) are anyone's.
    pub(super) fn any_spelling(&self, token: &[u8], key: &mut Vec<u8>) -> &[u32] {
        consonant_key(token, key);
        if key.len() >= 5 {
            return self.by_consonants.get(key.as_slice()).map_or(&[], Vec::as_slice);
        }
        spelling_key(token, key);
        self.by_spelling.get(key.as_slice()).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::weights::{SHIPPED_WEIGHTS, Weights};
    use super::*;
    use crate::name::agreement;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn expansion_is_what_pairwise_agreement_says(
            words in proptest::collection::btree_set("[ABEIHKMSZ]{1,10}|[A-D]{4,8}|WILLIAM|ABEMR|ABE|ABES", 1..60),
            asked in "[ABEIHKMSZ]{1,10}|[A-D]{4,8}|BILL|WILLIAM|ABEMR|ABE",
        ) {
            let Ok(weights) = Weights::parse(SHIPPED_WEIGHTS) else { panic!("weights") };
            let dictionary = Dictionary::build(words.iter().map(|w| (w.as_bytes().into(), 1)).collect(), 100);
            let expansion = dictionary.expand(asked.as_bytes(), &weights.name);
            for (id, word) in words.iter().enumerate() {
                let expected = agreement(asked.as_bytes(), word.as_bytes());
                // An initial that was reported is compared without the expansion.
                let expected = expected.filter(|l| *l != Agreement::Initial || word.len() == 1);
                prop_assert_eq!(expansion.level(id as u32), expected, "{} {}", &asked, word);
            }
        }

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
