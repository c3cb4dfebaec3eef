//! What a generation takes over from the one before it. Lists change by a few names a day, and which tokens are a few
//! edits from which is most of the work of meeting a token for the first time: for the tokens that both generations
//! have it is known already, and only those that are new are searched.

use std::cmp::Ordering;
use std::sync::Arc;

use super::cache::Cache;
use super::dictionary::Dictionary;
use super::expansion::Expansion;
use super::shelves::Shelves;
use crate::name::Agreement;

/// The memo of the generation before, in the words of this one.
#[derive(Debug)]
pub(super) struct Before {
    memo: Arc<Cache>,
    /// By the id that a token had: the id that it has, [`GONE`] where it has none.
    now: Vec<u32>,
    /// Tokens that are new, and their ids.
    new: Shelves,
    new_ids: Vec<u32>,
}

const GONE: u32 = u32::MAX;

impl Before {
    /// `memo` is that of the generation of `old`. Both must have the same variants of names.
    pub(super) fn new(memo: Arc<Cache>, old: &Dictionary, dictionary: &Dictionary) -> Self {
        let (mut now, mut new_ids) = (Vec::with_capacity(old.len()), Vec::new());
        let ids = |d: &Dictionary| 0..d.len() as u32;
        let (mut olds, mut news) = (ids(old).peekable(), ids(dictionary).peekable());
        // Both are in alphabetical order.
        loop {
            let order = match (olds.peek(), news.peek()) {
                (Some(a), Some(b)) => old.token(*a).cmp(dictionary.token(*b)),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let (old, new) = (olds.next_if(|_| order.is_le()), news.next_if(|_| order.is_ge()));
            match (old, new) {
                (Some(_), new) => now.push(new.unwrap_or(GONE)),
                (None, new) => new_ids.extend(new),
            }
        }
        let new = Shelves::build(new_ids.iter().map(|id| dictionary.token(*id)));
        Self { memo, now, new, new_ids }
    }

    /// The memo.
    pub(super) fn memo(&self) -> &Cache {
        &self.memo
    }

    /// Calls `found` with every token that is a few edits from `token`, of which `old` is the expansion before: all
    /// but those that agree better by their letters alone.
    pub(super) fn within_reach(&self, token: &[u8], old: &Expansion, mut found: impl FnMut(u32, Agreement)) {
        for (id, level) in old.by_edits() {
            let id = self.now[id as usize];
            if id != GONE {
                found(id, level);
            }
        }
        self.new.within_reach(token, |at, distance| found(self.new_ids[at as usize], Agreement::of_edits(distance)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::super::keys::Keys;
    use super::super::weights::{SHIPPED_WEIGHTS, Weights};
    use super::*;

    type Words = std::collections::BTreeSet<String>;

    fn words(most: usize) -> impl Strategy<Value = Words> {
        proptest::collection::btree_set("[ABEIHKMSZ]{1,10}|[A-D]{4,8}|WILLIAM|ABEMR|ABE|ABES", 0..most)
    }

    proptest! {
        #[test]
        fn what_is_taken_over_is_what_would_be_found(
            both in words(40), gone in words(8), new in words(8),
            asked in "[ABEIHKMSZ]{1,10}|[A-D]{4,8}|BILL|WILLIAM|ABEMR|ABE",
        ) {
            let weights = Weights::parse(SHIPPED_WEIGHTS).unwrap();
            let dictionary = |words: &Words| Dictionary::build(words.iter().map(|w| (w.as_bytes(), 1)), 100);
            let (old, now) = (dictionary(&(&both | &gone)), dictionary(&(&(&both - &gone) | &new)));
            let (asked, joined) = (asked.as_bytes(), Keys::build(vec![]));
            let before = Before::new(Arc::default(), &old, &now);
            let known = Expansion::of(asked, &old, &joined, &weights.name, |found| old.within_reach(asked, found));
            let fresh = Expansion::of(asked, &now, &joined, &weights.name, |found| now.within_reach(asked, found));
            let taken = Expansion::of(asked, &now, &joined, &weights.name, |found| before.within_reach(asked, &known, found));
            prop_assert_eq!(format!("{fresh:?}"), format!("{taken:?}"));
        }
    }
}
