//! Which tokens of a generation agree with one reported token, at which level, and what that weighs.

use super::dictionary::{Dictionary, joined_key};
use super::keys::Keys;
use super::mates::slot;
use super::posting::{Head, Parts, Postings, STEP};
use super::weights::NameWeights;
use crate::name::{
    Agreement, GLUED, background, consonant_key, is_light, other_spelling, relatives, spelling_key, syllable_variants,
    without_title,
};

/// All tokens of the dictionary that agree with one reported token.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    /// Agreeing tokens by ascending id.
    links: Vec<TokenLink>,
    /// A bit for each of them, by [`sign`]: most tokens of a name agree with nothing.
    signs: [u64; 8],
    /// The same tokens with the most that they can weigh, heaviest first: what the index opens.
    pub heaviest: Vec<Opening>,
    /// The bits of how frequent the token is as a name of its own, on the lists and at large.
    pub rarity: f32,
    /// Two listed tokens that the token may be run together from, in whatever order they are
    /// listed (`ANTONIOPERDOMO` for `PERDOMO MATA, Adrian Antonio`), with the weight of both. Each
    /// of the two is among `heaviest` with that weight.
    pub parts: Vec<(u32, u32, f32)>,
    /// Listed names of which neighbouring tokens, joined, are this token.
    pub split: Option<Split>,
    /// Of each name of `split` the rarest of the tokens that are run together; `None` where the names
    /// are too many.
    pub split_tokens: Option<Vec<u32>>,
}

/// A listed token that agrees, with its row of the index: most rows are passed over without a look at
/// them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    /// The most that it can weigh.
    pub bits: f32,
    pub id: u32,
    pub head: Head,
    /// Places of the row.
    pub from: u32,
    pub to: u32,
    pub parts: Parts,
    /// Where marks of it are made, and its bits in [`STEP`]s, not too few.
    pub slot: u16,
    pub steps: u16,
}

/// Two are a line of the cache.
const _: () = assert!(size_of::<Opening>() == 32);

impl Opening {
    /// The row of a token.
    pub(super) fn of(id: u32, bits: f32, postings: &Postings) -> Self {
        let row = postings.row(id);
        let (from, to) = (row.start as u32, row.end as u32);
        Self { head: postings.head(id), from, to, parts: postings.parts(id), ..Self::unplaced(id, bits) }
    }

    fn unplaced(id: u32, bits: f32) -> Self {
        let (slot, steps) = (slot(id), steps(bits));
        Self { bits, id, head: Head::default(), from: 0, to: 0, parts: Parts::default(), slot, steps }
    }
}

/// A weight in [`STEP`]s, rounded up.
#[inline]
pub(super) fn steps(bits: f32) -> u16 {
    // Not `ceil`, which is a call on processors of which nothing is known.
    let (steps, whole) = (bits * STEP, (bits * STEP) as u16);
    whole.saturating_add(u16::from(f32::from(whole) < steps))
}

/// Listed names of which neighbouring tokens, joined, are a reported token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    /// Row of the index of joined names.
    pub row: u32,
    /// Weight where the spelling is the same.
    pub spelt: f32,
    /// Weight where only the consonants are.
    pub sounding: f32,
}

impl Split {
    fn of(
        token: &[u8],
        own: f32,
        joined: &Keys,
        dictionary: &Dictionary,
        weights: &NameWeights,
        key: &mut Vec<u8>,
    ) -> Option<Self> {
        // Two or three letters joined are too little to tell from a token of their own.
        let row = (token.len() > 3).then(|| joined.find(joined_key(token, key))).flatten()?;
        let u = own + dictionary.share(joined.row(row).len() as u32, weights) + dictionary.unseen(weights);
        let bits = |m: f32| (m / u).log2().max(0.1);
        Some(Self { row, spelt: bits(weights.joined), sounding: bits(weights.joined_sounds) })
    }

    /// The more of the two.
    pub(super) fn most(self) -> f32 {
        self.spelt.max(self.sounding)
    }
}

/// Word and bit of a token in [`Expansion::signs`].
#[inline]
fn sign(id: u32) -> (usize, u64) {
    let mixed = id.wrapping_mul(0x9e37_79b1);
    ((mixed >> 29) as usize, 1 << (mixed >> 23 & 63))
}

/// How a listed token agrees by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
struct TokenLink {
    id: u32,
    bits: f32,
    level: Agreement,
}

impl Expansion {
    /// Everything of `dictionary` that agrees with `token`; `joined` is the index of joined names, and `within_reach`
    /// calls what it is given with every token that is a few edits away.
    pub(super) fn of(
        token: &[u8],
        dictionary: &Dictionary,
        joined: &Keys,
        weights: &NameWeights,
        within_reach: impl FnOnce(&mut dyn FnMut(u32, Agreement)),
    ) -> Self {
        let mut tokens: Vec<(u32, Agreement)> = Vec::with_capacity(32);
        let mut key = Vec::with_capacity(32);
        let mut add = |id: u32, level: Agreement| tokens.push((id, level));
        if let Some(id) = dictionary.id(token) {
            add(id, Agreement::Exact);
        }
        if token.len() > 1 {
            spelling_key(token, &mut key);
            for &id in dictionary.spelt(&key) {
                add(id, Agreement::Variant);
            }
            for id in relatives(&key).flat_map(|k| dictionary.spelt(k)) {
                add(*id, Agreement::Variant);
            }
            let mut other = Vec::with_capacity(32);
            if other_spelling(&key, &mut other) {
                for &id in dictionary.spelt(&other) {
                    add(id, Agreement::Variant);
                }
            }
            syllable_variants(token, |variant| {
                if let Some(id) = dictionary.id(variant) {
                    add(id, Agreement::Sounds);
                }
            });
            for id in weights.variants.of(token).filter_map(|v| dictionary.id(v)) {
                add(id, Agreement::Variant);
            }
            for id in without_title(token).filter_map(|rest| dictionary.id(rest)) {
                add(id, Agreement::Variant);
            }
            for title in GLUED.iter().filter(|_| token.len() >= 3) {
                key.clear();
                key.extend_from_slice(token);
                key.extend_from_slice(title);
                if let Some(id) = dictionary.id(&key) {
                    add(id, Agreement::Variant);
                }
            }
            consonant_key(token, &mut key);
            for &id in dictionary.sounding(&key) {
                add(id, Agreement::Sounds);
            }
            within_reach(&mut add);
        }
        // Single letters agree only as initials.
        if let Some(id) = token.get(..1).and_then(|initial| dictionary.id(initial)) {
            add(id, Agreement::Initial);
        }
        // The best level of each.
        tokens.sort_unstable();
        tokens.dedup_by_key(|t| t.0);
        for (id, _) in &tokens {
            dictionary.fetch(*id);
        }
        if token.len() > 1 {
            tokens.retain_mut(|(id, level)| {
                let other = dictionary.token(*id);
                if other.len() == 1 {
                    *level = Agreement::Initial;
                }
                other.len() > 1 || other[0] == token[0]
            });
        } else {
            tokens.retain(|(_, level)| *level == Agreement::Exact);
        }
        let own = background(token) * weights.at_large + dictionary.id(token).map_or(0.0, |id| dictionary.frequency(id, weights));
        let rarity = -(own + dictionary.unseen(weights)).log2();
        let links = weigh(token, own, &tokens, dictionary, weights);
        let parts = parts(token, dictionary, weights);
        let mut heaviest: Vec<(f32, u32)> = links.iter().map(|l| (l.bits, l.id)).collect();
        for &(first, second, bits) in &parts {
            for id in [first, second] {
                match heaviest.iter_mut().find(|o| o.1 == id) {
                    Some(held) => held.0 = held.0.max(bits),
                    None => heaviest.push((bits, id)),
                }
            }
        }
        heaviest.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let heaviest = heaviest.into_iter().map(|(bits, id)| Opening::unplaced(id, bits)).collect();
        let split = Split::of(token, own, joined, dictionary, weights, &mut key);
        let mut signs = [0; 8];
        for link in &links {
            let (word, bit) = sign(link.id);
            signs[word] |= bit;
        }
        Self { links, signs, heaviest, rarity, parts, split, split_tokens: Some(Vec::new()) }
    }

    /// Finds the rows of the tokens.
    pub(super) fn place(&mut self, postings: &Postings) {
        // Fetched together, they cost one wait and not one each.
        self.heaviest.iter().for_each(|o| postings.fetch_row(o.id));
        self.heaviest.iter_mut().for_each(|o| *o = Opening::of(o.id, o.bits, postings));
    }

    /// The level at which a token agrees by itself, and what that weighs.
    #[inline]
    pub(super) fn link(&self, token: u32) -> Option<(Agreement, f32)> {
        let (word, bit) = sign(token);
        if self.signs[word] & bit == 0 {
            return None;
        }
        let at = self.links.binary_search_by_key(&token, |l| l.id).ok()?;
        Some((self.links[at].level, self.links[at].bits))
    }

    /// Tokens that agree by a few edits, and no better, with their levels.
    pub(super) fn by_edits(&self) -> impl Iterator<Item = (u32, Agreement)> {
        let by_edits = |l: &&TokenLink| matches!(l.level, Agreement::Near | Agreement::Far);
        self.links.iter().filter(by_edits).map(|l| (l.id, l.level))
    }

    /// Memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.links.capacity() * size_of::<TokenLink>()
            + self.heaviest.capacity() * size_of::<Opening>()
            + self.parts.capacity() * size_of::<(u32, u32, f32)>()
    }

    /// Heaviest weight of any token.
    pub(super) fn max_bits(&self) -> f32 {
        self.heaviest.first().map_or(0.0, |t| t.bits)
    }
}

/// The weight of every agreeing token.
///
/// u is the chance that somebody else's token agrees as far with the listed one: the frequency of
/// the reported token in its own right (a common name is no misspelling), that of the listed one
/// (of which the reported may be another's misspelling), and all others of the level.
fn weigh(token: &[u8], own: f32, tokens: &[(u32, Agreement)], dictionary: &Dictionary, weights: &NameWeights) -> Vec<TokenLink> {
    let listed = |id| dictionary.frequency(id, weights);
    let at_large = |token: &[u8]| background(token) * weights.at_large;
    let unseen = dictionary.unseen(weights);
    let mut pools = [0.0f32; Agreement::ALL.len()];
    for &(id, level) in tokens {
        pools[level as usize] += listed(id);
    }
    let light = is_light(token);
    let weight = |id: u32, level: Agreement| {
        let m = match level {
            Agreement::Exact => weights.exact,
            Agreement::Variant => weights.variant,
            Agreement::Near => weights.near,
            Agreement::Far => weights.far,
            Agreement::Sounds => weights.sounds,
            // A fixed weight; an initial that both sides have is no more than an initial.
            Agreement::Initial | Agreement::Joined | Agreement::Truncated => return weights.initial_bits,
        };
        if token.len() == 1 {
            return weights.initial_bits * 1.5;
        }
        let other = dictionary.token(id);
        // What is the same word is in `own` already.
        let around = if level == Agreement::Exact {
            0.0
        } else {
            let this = listed(id);
            this + at_large(other) + (pools[level as usize] - this) * weights.pool
        };
        let u = own + around + unseen;
        let bits = (m / u).log2().max(0.1);
        if light || is_light(other) { bits.min(weights.light_at_most) } else { bits }
    };
    tokens.iter().map(|&(id, level)| TokenLink { id, bits: weight(id, level), level }).collect()
}

/// Fewest letters of a part of a token that was run together.
const SHORTEST_PART: usize = 3;

/// All ways to part `token` into two tokens of the dictionary.
fn parts(token: &[u8], dictionary: &Dictionary, weights: &NameWeights) -> Vec<(u32, u32, f32)> {
    let mut out = Vec::new();
    // A name that is listed, or common at large, was not run together.
    if token.len() < 2 * SHORTEST_PART || dictionary.id(token).is_some() || background(token) > 0.0 {
        return out;
    }
    for at in SHORTEST_PART..=token.len() - SHORTEST_PART {
        let (first, second) = token.split_at(at);
        let (Some(first), Some(second)) = (dictionary.id(first), dictionary.id(second)) else { continue };
        let share = |id| {
            let at_large = background(dictionary.token(id)) * weights.at_large;
            dictionary.frequency(id, weights) + at_large + dictionary.unseen(weights)
        };
        // Both must be there; that they were run together is one error.
        let bits = (weights.joined / (share(first) * share(second))).log2();
        if first != second && bits > 0.1 {
            out.push((first, second, bits.min(weights.parts_at_most)));
        }
    }
    out
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
            let dictionary = Dictionary::build(words.iter().map(|w| (w.as_bytes(), 1)), 100);
            let asked = asked.as_bytes();
            let expansion = Expansion::of(asked, &dictionary, &Keys::build(vec![]), &weights.name, |found| {
                dictionary.within_reach(asked, found);
            });
            for (id, word) in words.iter().enumerate() {
                let expected = agreement(asked, word.as_bytes());
                // An initial that was reported is compared without the expansion.
                let expected = expected.filter(|l| *l != Agreement::Initial || word.len() == 1);
                prop_assert_eq!(expansion.link(id as u32).map(|l| l.0), expected, "{:?} {}", asked, word);
            }
        }
    }
}
