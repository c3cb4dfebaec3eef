//! The distinct name tokens of a generation, found by letters, by key, by prefix and by distance.

use std::ops::Range;

use arrow::buffer::ScalarBuffer;
use arrow::error::ArrowError;
use twox_hash::XxHash3_64;

use super::columns::Columns;
use super::keys::Keys;
use super::posting::fetch;
use super::shelves::Shelves;
use super::weights::NameWeights;
use crate::name::{Agreement, consonant_key, spelling_key};

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
    shelves: Shelves,
    total_names: u32,
}

impl Dictionary {
    /// From distinct tokens in alphabetical order, each with the number of names that hold it.
    pub(super) fn build<'a>(counted: impl Iterator<Item = (&'a [u8], u32)>, total_names: u32) -> Self {
        let (mut letters, mut starts, mut names) = (Vec::new(), vec![0u32], Vec::new());
        let (mut by_letters, mut by_spelling, mut by_consonants) = (Vec::new(), Vec::new(), Vec::new());
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
        }
        let shelves = Shelves::build(starts.windows(2).map(|ends| &letters[ends[0] as usize..ends[1] as usize]));
        Self {
            letters: letters.into(),
            starts: starts.into(),
            names: names.into(),
            by_letters: Keys::build(by_letters),
            by_spelling: Keys::build(by_spelling),
            by_consonants: Keys::build(by_consonants),
            shelves,
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

    /// Asks for where a token is, and how many names hold it, before that is needed.
    #[inline]
    pub(super) fn fetch(&self, id: u32) {
        fetch(&self.starts, id as usize);
        fetch(&self.names, id as usize);
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

    /// Calls `found` with every token that is a few edits away, and how that agrees.
    pub(super) fn within_reach(&self, token: &[u8], mut found: impl FnMut(u32, Agreement)) {
        self.shelves.within_reach(token, |id, distance| found(id, Agreement::of_edits(distance)));
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
        self.shelves.write(out);
    }

    pub(super) fn read(columns: &Columns, total_names: u32) -> Result<Self, ArrowError> {
        Ok(Self {
            letters: columns.u8("token.letters")?,
            starts: columns.u32("token.starts")?,
            names: columns.u32("token.names")?,
            by_letters: Keys::read("token.by_letters", columns)?,
            by_spelling: Keys::read("token.by_spelling", columns)?,
            by_consonants: Keys::read("token.by_consonants", columns)?,
            shelves: Shelves::read(columns)?,
            total_names,
        })
    }
}

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
