//! The tokens of a generation by length, and which of them are a few edits from another one.
//!
//! Every token near a reported one must be found, and nearly all of the dictionary is far from it. So the tokens of
//! one length lie in an order in which those with the same letters are neighbours, and a block of them is passed over
//! whole when the letters that any of them has, or that all of them have, are too far already.

#![expect(clippy::inline_always, reason = "what is counted must be made for the processor that was found")]

use arrow::buffer::ScalarBuffer;
use arrow::error::ArrowError;

use super::columns::Columns;
use super::posting::fetch;
use crate::name::{LetterBag, OsaPattern, letter_bag, reach};

/// Tokens of a block.
const BLOCK: usize = 32;
/// Blocks, or tokens, of which the edits are counted together.
const LANES: usize = 16;
/// The most of them that are noted before they are used.
const HELD: usize = 64;
const _: () = assert!(BLOCK <= HELD);
/// Bits of a bag.
const BITS: usize = LetterBag::BITS as usize;

/// Tokens that are fetched together: they cost one wait and not one each.
const FETCHED: usize = 16;

/// The tokens, shelf by shelf. Those of length `l` are `starts[l]..starts[l + 1]`, and what is said of their blocks
/// begins at `blocks[l]`.
#[derive(Debug)]
pub(super) struct Shelves {
    starts: ScalarBuffer<u32>,
    ids: ScalarBuffer<u32>,
    bags: ScalarBuffer<LetterBag>,
    letters: ScalarBuffer<u8>,
    /// What any token of a block has, and what all have.
    any: ScalarBuffer<LetterBag>,
    all: ScalarBuffer<LetterBag>,
    blocks: Vec<usize>,
    /// Where the letters of a shelf begin.
    texts: Vec<usize>,
}

/// A token that is looked for among those of one length.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    bag: LetterBag,
    /// Edits that are allowed.
    limit: u64,
    /// Letters that it has more than those of the shelf, and fewer: edits of one kind only.
    more: u64,
    fewer: u64,
}

impl Wanted {
    /// The edits that a token needs at the least of which `any` are all the letters, and `all` are sure: an edit takes
    /// one letter away at most, and brings one at most.
    #[inline(always)]
    fn edits(self, any: LetterBag, all: LetterBag) -> u64 {
        let (gone, come) = (u64::from((self.bag & !any).count_ones()), u64::from((all & !self.bag).count_ones()));
        (gone + self.fewer).max(come + self.more)
    }
}

impl Shelves {
    /// From the tokens in the order of their ids.
    pub(super) fn build<'a>(tokens: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut shelves: Vec<Vec<(LetterBag, u32, &[u8])>> = Vec::new();
        for (id, token) in (0..).zip(tokens) {
            if shelves.len() <= token.len() {
                shelves.resize_with(token.len() + 1, Vec::new);
            }
            shelves[token.len()].push((letter_bag(token), id, token));
        }
        let (mut starts, mut any, mut all) = (vec![0u32], Vec::new(), Vec::new());
        for shelf in &mut shelves {
            gather(shelf);
            starts.push(starts[starts.len() - 1] + shelf.len() as u32);
            for block in shelf.chunks(BLOCK) {
                any.push(block.iter().fold(0, |any, token| any | token.0));
                all.push(block.iter().fold(!0, |all, token| all & token.0));
            }
        }
        let tokens = shelves.concat();
        Self::new(
            starts.into(),
            tokens.iter().map(|t| t.1).collect(),
            tokens.iter().map(|t| t.0).collect(),
            tokens.iter().flat_map(|t| t.2).copied().collect(),
            any.into(),
            all.into(),
        )
    }

    fn new(
        starts: ScalarBuffer<u32>,
        ids: ScalarBuffer<u32>,
        bags: ScalarBuffer<LetterBag>,
        letters: ScalarBuffer<u8>,
        any: ScalarBuffer<LetterBag>,
        all: ScalarBuffer<LetterBag>,
    ) -> Self {
        let (mut blocks, mut texts) = (vec![0], vec![0]);
        for (length, ends) in starts.windows(2).enumerate() {
            let tokens = (ends[1] - ends[0]) as usize;
            blocks.push(blocks[length] + tokens.div_ceil(BLOCK));
            texts.push(texts[length] + tokens * length);
        }
        Self { starts, ids, bags, letters, any, all, blocks, texts }
    }

    /// Calls `found` with the id of every token within [`reach`] of `token`, and its distance.
    pub(super) fn within_reach(&self, token: &[u8], mut found: impl FnMut(u32, u32)) {
        let bag = letter_bag(token);
        let pattern = OsaPattern::new(token);
        let mut near = Vec::new();
        for length in 2..self.blocks.len() - 1 {
            let limit = reach(token.len(), length);
            if limit == 0 || length.abs_diff(token.len()) > limit as usize {
                continue;
            }
            let (more, fewer) = (token.len().saturating_sub(length) as u64, length.saturating_sub(token.len()) as u64);
            self.near(length, Wanted { bag, limit: limit.into(), more, fewer }, &mut near);
            let letters = &self.letters[self.texts[length]..self.texts[length + 1]];
            for some in near.chunks(FETCHED) {
                for at in some {
                    fetch(letters, *at as usize * length);
                }
                for at in some {
                    let distance = pattern.distance(&letters[*at as usize * length..][..length]);
                    if distance <= limit {
                        found(self.ids[self.starts[length] as usize + *at as usize], distance);
                    }
                }
            }
        }
    }

    /// Puts the places on a shelf of the tokens that may be within the limit into `out`: of all that are, and some others.
    fn near(&self, length: usize, wanted: Wanted, out: &mut Vec<u32>) {
        out.clear();
        let blocks = self.blocks[length]..self.blocks[length + 1];
        let bags = &self.bags[self.starts[length] as usize..self.starts[length + 1] as usize];
        scan::near(wanted, &self.any[blocks.clone()], &self.all[blocks], bags, out);
    }

    pub(super) fn write(&self, out: &mut Columns) {
        out.put_u32("token.shelf_starts", &self.starts);
        out.put_u32("token.shelved", &self.ids);
        out.put_u64("token.bags", &self.bags);
        out.put_u8("token.shelf_letters", &self.letters);
        out.put_u64("token.bags_any", &self.any);
        out.put_u64("token.bags_all", &self.all);
    }

    pub(super) fn read(columns: &Columns) -> Result<Self, ArrowError> {
        Ok(Self::new(
            columns.u32("token.shelf_starts")?,
            columns.u32("token.shelved")?,
            columns.u64("token.bags")?,
            columns.u8("token.shelf_letters")?,
            columns.u64("token.bags_any")?,
            columns.u64("token.bags_all")?,
        ))
    }
}

/// Puts tokens with the same letters side by side: halved by the letter that parts them best, and each half again.
fn gather(tokens: &mut [(LetterBag, u32, &[u8])]) {
    if tokens.len() <= BLOCK {
        return;
    }
    let mut counts = [0usize; BITS];
    for (bag, ..) in &*tokens {
        let mut rest = *bag;
        while rest != 0 {
            counts[rest.trailing_zeros() as usize] += 1;
            rest &= rest - 1;
        }
    }
    let half = tokens.len() / 2;
    let Some(best) = (0..BITS).min_by_key(|bit| counts[*bit].abs_diff(half)) else { return };
    if counts[best] == 0 || counts[best] == tokens.len() {
        return;
    }
    tokens.sort_by_key(|(bag, ..)| bag >> best & 1);
    let (without, with) = tokens.split_at_mut(tokens.len() - counts[best]);
    gather(without);
    gather(with);
}

/// The scan over blocks, and over the bags of those that may be near.
mod scan {
    use super::{BLOCK, HELD, LANES, LetterBag, Wanted};

    /// Appends the positions of the bags that are near enough.
    pub(super) fn near(wanted: Wanted, any: &[LetterBag], all: &[LetterBag], bags: &[LetterBag], out: &mut Vec<u32>) {
        // SAFETY: the processor has what each of them asks for.
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code)]
        unsafe {
            if is_x86_feature_detected!("avx512vpopcntdq") && is_x86_feature_detected!("avx512vl") {
                return near_avx512(wanted, any, all, bags, out);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
                return near_avx2(wanted, any, all, bags, out);
            }
        }
        plain(wanted, any, all, bags, out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512vpopcntdq")]
    fn near_avx512(wanted: Wanted, any: &[LetterBag], all: &[LetterBag], bags: &[LetterBag], out: &mut Vec<u32>) {
        plain(wanted, any, all, bags, out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,popcnt")]
    fn near_avx2(wanted: Wanted, any: &[LetterBag], all: &[LetterBag], bags: &[LetterBag], out: &mut Vec<u32>) {
        plain(wanted, any, all, bags, out);
    }

    #[inline(always)]
    fn plain(wanted: Wanted, any: &[LetterBag], all: &[LetterBag], bags: &[LetterBag], out: &mut Vec<u32>) {
        let (mut blocks, mut near) = ([0; HELD], [0; HELD]);
        for (at, (any, all)) in (0..).step_by(HELD).zip(any.chunks(HELD).zip(all.chunks(HELD))) {
            let count = places(wanted, any, all, at, &mut blocks);
            for block in &blocks[..count] {
                let from = block * BLOCK as u32;
                let bags = &bags[from as usize..(from as usize + BLOCK).min(bags.len())];
                let count = places(wanted, bags, bags, from, &mut near);
                out.extend_from_slice(&near[..count]);
            }
        }
    }

    /// Puts the places at which few enough edits are needed, counted from `at`, into `found` and says how many. The edits
    /// are counted for many places first, so that this is one vector loop without a branch. Not with a closure, which
    /// would not be made for the processor that was found.
    #[inline(always)]
    fn places(wanted: Wanted, any: &[LetterBag], all: &[LetterBag], mut at: u32, found: &mut [u32; HELD]) -> usize {
        let mut count = 0;
        let ((anys, any), (alls, all)) = (any.as_chunks::<LANES>(), all.as_chunks::<LANES>());
        for (any, all) in anys.iter().zip(alls) {
            let mut edits = [0; LANES];
            for (edits, (any, all)) in edits.iter_mut().zip(any.iter().zip(all)) {
                *edits = wanted.edits(*any, *all);
            }
            let mut least = u64::MAX;
            for edits in edits {
                least = least.min(edits);
            }
            if least <= wanted.limit {
                for (i, edits) in (at..).zip(edits) {
                    found[count % HELD] = i;
                    count += usize::from(edits <= wanted.limit);
                }
            }
            at += LANES as u32;
        }
        for (i, (any, all)) in (at..).zip(any.iter().zip(all)) {
            found[count % HELD] = i;
            count += usize::from(wanted.edits(*any, *all) <= wanted.limit);
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_block_hides_a_token(words in proptest::collection::vec("[A-E]{2,13}|[A-E]{5}", 0..900), asked in "[A-F]{3,14}") {
            let shelves = Shelves::build(words.iter().map(String::as_bytes));
            let mut near = Vec::new();
            shelves.within_reach(asked.as_bytes(), |id, distance| near.push((id, distance)));
            near.sort_unstable();
            let pattern = OsaPattern::new(asked.as_bytes());
            let expected: Vec<_> = (0..)
                .zip(&words)
                .map(|(id, word)| (id, pattern.distance(word.as_bytes()), reach(asked.len(), word.len())))
                .filter(|(_, distance, limit)| *limit > 0 && distance <= limit)
                .map(|(id, distance, _)| (id, distance))
                .collect();
            prop_assert_eq!(near, expected);
        }
    }
}
