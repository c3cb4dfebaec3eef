//! The distinct name tokens of a generation, found by letters, by key, by prefix and by distance.

use std::ops::Range;

use arrow::buffer::ScalarBuffer;
use arrow::error::ArrowError;
use twox_hash::XxHash3_64;

use super::columns::Columns;
use super::keys::Keys;
use super::posting::fetch;
use super::weights::NameWeights;
use crate::name::{LetterBag, OsaPattern, consonant_key, letter_bag, reach, spelling_key};

/// Tokens in alphabetical order: the position is the token's id, so that a prefix is a range.
#[derive(Debug)]
pub(super) struct Dictionary {
    letters: ScalarBuffer<u8>,
    starts: ScalarBuffer<u32>,
    /// Names that hold the token.
    names: ScalarBuffer<u32>,
    by_letters: Keys,
    by_spelling: Keys,
    by_consonants: Keys,
    /// Tokens by length, side by side for the scan: those of length `l` are
    /// `shelf_starts[l]..shelf_starts[l + 1]`.
    shelf_starts: ScalarBuffer<u32>,
    bags: ScalarBuffer<LetterBag>,
    shelved: ScalarBuffer<u32>,
    total_names: u32,
}

impl Dictionary {
    /// From distinct tokens in alphabetical order, each with the number of names that hold it.
    pub(super) fn build<'a>(counted: impl Iterator<Item = (&'a [u8], u32)>, total_names: u32) -> Self {
        let (mut letters, mut starts, mut names) = (Vec::new(), vec![0u32], Vec::new());
        let (mut by_letters, mut by_spelling, mut by_consonants) = (Vec::new(), Vec::new(), Vec::new());
        let mut shelves: Vec<Vec<u32>> = Vec::new();
        let mut key = Vec::new();
        for (id, (token, count)) in (0u32..).zip(counted) {
            letters.extend_from_slice(token);
            starts.push(letters.len() as u32);
            names.push(count);
            by_letters.push((XxHash3_64::oneshot(token), id));
            spelling_key(token, &mut key);
            by_spelling.push((XxHash3_64::oneshot(&key), id));
            consonant_key(token, &mut key);
            if key.len() >= SHORTEST_CONSONANTS {
                by_consonants.push((XxHash3_64::oneshot(&key), id));
            }
            if shelves.len() <= token.len() {
                shelves.resize_with(token.len() + 1, Vec::new);
            }
            shelves[token.len()].push(id);
        }
        let mut shelf_starts = vec![0u32];
        for shelf in &shelves {
            shelf_starts.push(shelf_starts[shelf_starts.len() - 1] + shelf.len() as u32);
        }
        let shelved: Vec<u32> = shelves.concat();
        let token = |id: u32| &letters[starts[id as usize] as usize..starts[id as usize + 1] as usize];
        let bags: Vec<LetterBag> = shelved.iter().map(|id| letter_bag(token(*id))).collect();
        Self {
            letters: letters.into(),
            starts: starts.into(),
            names: names.into(),
            by_letters: Keys::build(by_letters),
            by_spelling: Keys::build(by_spelling),
            by_consonants: Keys::build(by_consonants),
            shelf_starts: shelf_starts.into(),
            bags: bags.into(),
            shelved: shelved.into(),
            total_names,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    #[inline]
    pub(super) fn token(&self, id: u32) -> &[u8] {
        &self.letters[self.starts[id as usize] as usize..self.starts[id as usize + 1] as usize]
    }

    pub(super) fn id(&self, token: &[u8]) -> Option<u32> {
        let found = self.by_letters.get(XxHash3_64::oneshot(token));
        found.iter().copied().find(|id| self.token(*id) == token)
    }

    /// Ids of the tokens that begin with `prefix`.
    pub(super) fn prefixed(&self, prefix: &[u8]) -> Range<u32> {
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
        let u = self.share(names.min(u64::from(u32::MAX)) as u32, weights) + self.unseen(weights);
        (m / u).log2().max(0.1)
    }

    /// Names that hold a token.
    pub(super) fn holders(&self, id: u32) -> u32 {
        self.names[id as usize]
    }

    /// Share of listed names, other than the entity's own, that hold the token.
    pub(super) fn frequency(&self, id: u32, weights: &NameWeights) -> f32 {
        self.share(self.names[id as usize], weights)
    }

    /// Share of listed names that `names` of them are, the entity's own left out.
    pub(super) fn share(&self, names: u32, weights: &NameWeights) -> f32 {
        names.saturating_sub(1) as f32 / (self.total_names as f32 + weights.listed_background)
    }

    /// Frequency that stands for a token which is listed nowhere else.
    pub(super) fn unseen(&self, weights: &NameWeights) -> f32 {
        1.0 / (self.total_names as f32 + weights.background_names)
    }

    /// Calls `found` with every token within [`reach`] and its distance; the letter bag passes over
    /// most of the dictionary.
    pub(super) fn within_reach(&self, token: &[u8], mut found: impl FnMut(u32, u32)) {
        let bag = letter_bag(token);
        let pattern = OsaPattern::new(token);
        let mut near = Vec::new();
        for length in 2..self.shelf_starts.len() - 1 {
            let limit = reach(token.len(), length);
            if limit == 0 || length.abs_diff(token.len()) > limit as usize {
                continue;
            }
            let (from, to) = (self.shelf_starts[length] as usize, self.shelf_starts[length + 1] as usize);
            near.clear();
            scan::within(bag, &self.bags[from..to], 2 * limit, &mut near);
            // An edit takes one letter away at most, and brings one at most; as many as one is longer are
            // of one kind only.
            let (fewer, more) = (length.saturating_sub(token.len()) as u32, token.len().saturating_sub(length) as u32);
            let apart = |a: LetterBag, b: LetterBag| (a & !b).count_ones();
            near.retain(|at| {
                let other = self.bags[from + *at as usize];
                apart(bag, other) + fewer <= limit && apart(other, bag) + more <= limit
            });
            for some in near.chunks(FETCHED) {
                // Fetched together, they cost one wait and not one each.
                let ids = some.iter().map(|at| self.shelved[from + *at as usize]);
                ids.clone().for_each(|id| fetch(&self.starts, id as usize));
                ids.clone().for_each(|id| fetch(&self.letters, self.starts[id as usize] as usize));
                for id in ids {
                    let distance = pattern.distance(self.token(id));
                    if distance <= limit {
                        found(id, distance);
                    }
                }
            }
        }
    }

    /// Tokens with that [`spelling_key`].
    pub(super) fn spelt(&self, key: &[u8]) -> &[u32] {
        self.by_spelling.get(XxHash3_64::oneshot(key))
    }

    /// Tokens with that [`consonant_key`], if it has three letters or more.
    pub(super) fn sounding(&self, key: &[u8]) -> &[u32] {
        if key.len() < SHORTEST_CONSONANTS { &[] } else { self.by_consonants.get(XxHash3_64::oneshot(key)) }
    }

    /// Tokens that are `token` in any spelling, in the sense of [`joined_key`].
    pub(super) fn any_spelling(&self, token: &[u8], key: &mut Vec<u8>) -> &[u32] {
        if joined_letters(token, key) { self.sounding(key) } else { self.spelt(key) }
    }

    pub(super) fn write(&self, out: &mut Columns) {
        out.put_u8("token.letters", &self.letters);
        out.put_u32("token.starts", &self.starts);
        out.put_u32("token.names", &self.names);
        self.by_letters.write("token.by_letters", out);
        self.by_spelling.write("token.by_spelling", out);
        self.by_consonants.write("token.by_consonants", out);
        out.put_u32("token.shelf_starts", &self.shelf_starts);
        out.put_u64("token.bags", &self.bags);
        out.put_u32("token.shelved", &self.shelved);
    }

    pub(super) fn read(columns: &Columns, total_names: u32) -> Result<Self, ArrowError> {
        Ok(Self {
            letters: columns.u8("token.letters")?,
            starts: columns.u32("token.starts")?,
            names: columns.u32("token.names")?,
            by_letters: Keys::read("token.by_letters", columns)?,
            by_spelling: Keys::read("token.by_spelling", columns)?,
            by_consonants: Keys::read("token.by_consonants", columns)?,
            shelf_starts: columns.u32("token.shelf_starts")?,
            bags: columns.u64("token.bags")?,
            shelved: columns.u32("token.shelved")?,
            total_names,
        })
    }
}

/// Tokens that are fetched together.
const FETCHED: usize = 16;
/// Consonants that a token needs to be known by them.
const SHORTEST_CONSONANTS: usize = 3;
/// Consonants that decide alone what a joined name is.
const DECISIVE_CONSONANTS: usize = 5;

/// Writes the key of a joined name and says whether it is made of consonants alone.
fn joined_letters(joined: &[u8], key: &mut Vec<u8>) -> bool {
    consonant_key(joined, key);
    let decisive = key.len() >= DECISIVE_CONSONANTS;
    if !decisive {
        spelling_key(joined, key);
    }
    decisive
}

/// Key of a joined name in any spelling: two joined names agree where their keys are equal. No
/// edits: the joined strings of all names are too many to search. Where there are consonants
/// enough, they decide: the vowels between joined parts (`ABD AL`, `ABDUL`, `ABDEL`) are anyone's.
pub(super) fn joined_key(joined: &[u8], key: &mut Vec<u8>) -> u64 {
    let seed = u64::from(joined_letters(joined, key));
    XxHash3_64::oneshot_with_seed(seed, key)
}

/// The scan over letter bags.
mod scan {
    use super::LetterBag;

    /// Appends the positions of the bags that differ from `bag` in at most `most` bits.
    pub(super) fn within(bag: LetterBag, bags: &[LetterBag], most: u32, out: &mut Vec<u32>) {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512vpopcntdq") && is_x86_feature_detected!("avx512vl") {
            // SAFETY: the processor has what the function asks for.
            #[allow(unsafe_code)]
            unsafe {
                within_avx512(bag, bags, most, out);
            }
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
            // SAFETY: the processor has what the function asks for.
            #[allow(unsafe_code)]
            unsafe {
                within_avx2(bag, bags, most, out);
            }
            return;
        }
        plain(bag, bags, most, out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512vpopcntdq")]
    fn within_avx512(bag: LetterBag, bags: &[LetterBag], most: u32, out: &mut Vec<u32>) {
        plain(bag, bags, most, out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,popcnt")]
    fn within_avx2(bag: LetterBag, bags: &[LetterBag], most: u32, out: &mut Vec<u32>) {
        plain(bag, bags, most, out);
    }

    /// Blocks first, so that the counting of bits is one vector loop without a branch.
    #[inline(always)]
    fn plain(bag: LetterBag, bags: &[LetterBag], most: u32, out: &mut Vec<u32>) {
        const BLOCK: usize = 16;
        let (blocks, rest) = bags.as_chunks::<BLOCK>();
        let most = u64::from(most);
        for (at, block) in (0u32..).step_by(BLOCK).zip(blocks) {
            let mut apart = [0u64; BLOCK];
            for (apart, other) in apart.iter_mut().zip(block) {
                *apart = u64::from((bag ^ other).count_ones());
            }
            let mut least = u64::MAX;
            for a in apart {
                least = least.min(a);
            }
            if least <= most {
                out.extend((at..).zip(apart).filter(|(_, a)| *a <= most).map(|(i, _)| i));
            }
        }
        let first = (blocks.len() * BLOCK) as u32;
        out.extend((first..).zip(rest).filter(|(_, other)| u64::from((bag ^ *other).count_ones()) <= most).map(|(i, _)| i));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_prefix_is_a_range(words in proptest::collection::btree_set("[AB]{1,5}", 1..30), prefix in "[AB]{1,3}") {
            let dictionary = Dictionary::build(words.iter().map(|w| (w.as_bytes(), 1)), 100);
            let range = dictionary.prefixed(prefix.as_bytes());
            for (id, word) in words.iter().enumerate() {
                prop_assert_eq!(range.contains(&(id as u32)), word.starts_with(&prefix));
                prop_assert_eq!(dictionary.id(word.as_bytes()), Some(id as u32));
            }
        }
    }
}
