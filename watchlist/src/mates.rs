//! Tokens of a listed name in 16 bits each, as they stand beside it in the index.

use super::dictionary::Dictionary;
use super::layout::ListedToken;
use super::weights::NameWeights;
use crate::name::{Role, is_patronymic};

/// Slots into which the ids of tokens are folded; slot 0 is never taken.
pub(super) const SLOTS: usize = 1 << 14;

/// The slot of a token.
#[inline]
pub(super) fn slot(id: u32) -> u16 {
    // The last slot is left free too, so that no four mates look like `MANY`.
    (1 + id % (SLOTS as u32 - 2)) as u16
}

/// What a listed token costs that finds nothing: kinds of charges.
pub(super) const CHARGES: usize = 4;
const LIGHT: u16 = 0;
const SURNAME: u16 = 1;
const PATRONYMIC: u16 = 2;
const OTHER: u16 = 3;

/// The charges by kind.
pub(super) fn charges(w: &NameWeights) -> [f32; CHARGES] {
    // What may be a father's name is taken to be one.
    [w.left_over_light, w.left_over_surname, w.left_over_patronymic.max(w.left_over_listed), w.left_over_listed]
}

/// Whether the charge is that of a token that says something.
pub(super) fn is_heavy(charge: u16) -> bool {
    charge != LIGHT
}

/// A token of a name in 16 bits: slot, and kind of charge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mate(pub u16);

impl Mate {
    fn new(token: ListedToken, dictionary: &Dictionary) -> Self {
        let charge = if token.light() {
            LIGHT
        } else if token.role() == Role::Surname {
            SURNAME
        } else if token.role() == Role::Given && is_patronymic(dictionary.token(token.id())) {
            PATRONYMIC
        } else {
            OTHER
        };
        Self(slot(token.id()) | charge << 14)
    }

    /// Without a look at its letters: what may be a father's name is taken to be one.
    #[inline]
    pub(super) fn guess(token: ListedToken) -> Self {
        let charge = match token.role() {
            _ if token.light() => LIGHT,
            Role::Surname => SURNAME,
            Role::Given => PATRONYMIC,
            Role::Any => OTHER,
        };
        Self(slot(token.id()) | charge << 14)
    }

    #[inline]
    pub(super) fn slot(self) -> usize {
        usize::from(self.0) % SLOTS
    }

    #[inline]
    pub(super) fn charge(self) -> u16 {
        self.0 >> 14
    }
}

/// The last word of [`Mates`] of a name that has too many tokens to write down.
const MANY: u64 = u64::MAX;
/// Tokens that [`Mates`] hold at most.
const MOST_MATES: usize = 8;

/// Tokens of a name, eight at most: four in each word, none is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mates(pub [u64; 2]);

impl Mates {
    pub(super) fn new(tokens: impl Iterator<Item = ListedToken>, dictionary: &Dictionary) -> Self {
        let mut words = [0u64; 2];
        for (i, token) in tokens.enumerate() {
            if i == MOST_MATES {
                return Self([0, MANY]);
            }
            words[i / 4] |= u64::from(Mate::new(token, dictionary).0) << (16 * (i % 4));
        }
        Self(words)
    }

    /// Each of them; `None` where they are too many.
    #[inline]
    pub(super) fn all(self) -> Option<impl ExactSizeIterator<Item = Mate>> {
        let Self([first, last]) = self;
        let count = match last {
            MANY => return None,
            0 => (79 - first.leading_zeros() as usize) / 16,
            _ => 4 + (79 - last.leading_zeros() as usize) / 16,
        };
        Some((0..count).map(move |i| Mate((if i < 4 { first >> (16 * i) } else { last >> (16 * (i - 4)) }) as u16)))
    }
}
