//! The most that a name could weigh, from the slots of its tokens alone. Never too little.
//!
//! Names of many tokens that are all common, or all the same, would find half of the list if only
//! the keys that agree were summed up. Every link takes a listed token that no other link has, so
//! that the sum over the listed tokens of the heaviest key that agrees is a bound as well; and
//! tokens that agree with nothing on the other side, or find no place there, are left over, which
//! costs.

use super::posting::{CHARGES, Mate, SLOTS, STEP, is_heavy};
use crate::name::MAX_TOKENS;

/// Keys that have a bit of their own; lighter ones are taken to agree always.
pub(super) const OWN_BITS: usize = 7;
/// The eighth bit: the token may be one of several that, joined, agree.
pub(super) const JOINED: u8 = 1 << OWN_BITS;
const MASKS: usize = 1 << OWN_BITS;

/// Which keys of a reported name agree with which listed tokens, and what follows.
#[derive(Debug)]
pub(super) struct Bound {
    /// By the slot of a token: which keys agree with it, and the heaviest link, in [`STEP`]s.
    slots: Box<[(u8, u8); SLOTS]>,
    /// Slots that are not 0.
    marked: Vec<u16>,
    /// Keys that are taken to agree with every name, and the heaviest link that any token may be of.
    pub always: u8,
    pub always_link: f32,
    /// By the set of keys that agree: their weights; the charge for reported tokens that are in none
    /// of them, and how many of those are heavy.
    keys: Box<[(f32, f32, u8); MASKS]>,
    /// Whether there are keys without a bit of their own, and what they weigh.
    is_crowd: bool,
    crowd: f32,
    /// Weight of the heaviest key.
    heaviest: f32,
    /// By the number of tokens of a listed name: the least that is charged for reported tokens that
    /// have no place there (negative); and the most that all its places but one can hold, charged.
    pub left_over: [f32; MAX_TOKENS + 1],
    pub room: [f32; MAX_TOKENS + 1],
    /// What listed tokens cost, and heavy ones on both sides together.
    listed: [f32; CHARGES],
    contradiction: f32,
}

impl Default for Bound {
    fn default() -> Self {
        Self {
            slots: Box::new([(0, 0); SLOTS]),
            marked: Vec::new(),
            always: 0,
            always_link: 0.0,
            keys: Box::new([(0.0, 0.0, 0); MASKS]),
            is_crowd: false,
            crowd: 0.0,
            heaviest: 0.0,
            left_over: [0.0; MAX_TOKENS + 1],
            room: [0.0; MAX_TOKENS + 1],
            listed: [0.0; CHARGES],
            contradiction: 0.0,
        }
    }
}

/// A key of the reported name: its weight, and the reported tokens that it takes.
pub(super) type KeyOf = (f32, u16);

impl Bound {
    /// Makes ready for a name: its keys, heaviest first; what each reported token costs if it is left
    /// over, and whether it is heavy.
    pub(super) fn begin(&mut self, keys: &[KeyOf], tokens: &[(f32, bool)], listed: [f32; CHARGES], contradiction: f32) {
        let own = keys.len().min(OWN_BITS);
        self.crowd = keys[own..].iter().map(|k| k.0).sum();
        self.is_crowd = keys.len() > own;
        self.heaviest = keys.first().map_or(0.0, |k| k.0);
        (self.listed, self.contradiction) = (listed, contradiction);
        let crowded = keys[own..].iter().fold(0, |all, k| all | k.1);
        let mut covered = [0u16; MASKS];
        for set in 0..1usize << own {
            let (bits, cover) = match set {
                0 => (self.crowd, crowded),
                _ => {
                    let (less, key) = (set & (set - 1), keys[set.trailing_zeros() as usize]);
                    (self.keys[less].0 + key.0, covered[less] | key.1)
                }
            };
            covered[set] = cover;
            let (mut charge, mut heavy) = (0.0, 0);
            for (_, token) in tokens.iter().enumerate().filter(|(i, _)| cover & 1 << i == 0) {
                charge += token.0;
                heavy += u8::from(token.1);
            }
            self.keys[set] = (bits, charge, heavy);
        }
    }

    /// Forgets all marks.
    pub(super) fn clear(&mut self) {
        for slot in self.marked.drain(..) {
            self.slots[usize::from(slot)] = (0, 0);
        }
        (self.always, self.always_link) = (0, 0.0);
    }

    /// Marks a token that agrees with the keys of `bits`, at a weight.
    #[inline]
    pub(super) fn mark(&mut self, slot: u16, keys: u8, bits: f32) {
        let (agrees, link) = &mut self.slots[usize::from(slot)];
        self.marked.push(slot);
        *agrees |= keys;
        *link = (*link).max((bits * STEP).ceil() as u8);
    }

    /// The most that a name of `mates` can weigh of which a token not among them has a link with
    /// key `own` of `bits` (`OWN_BITS` or above for a key without a bit of its own); `length` tokens
    /// in all.
    #[inline]
    pub(super) fn beside(&self, own: usize, bits: f32, length: usize, mates: impl Iterator<Item = Mate>) -> f32 {
        let own = if own < OWN_BITS { 1 << own } else { 0 };
        let set = self.agreeing(mates);
        // A key of the crowd counts among the others as well: a looser bound, no tighter one.
        let others = self.keys[usize::from(set.keys & !own)].0;
        let charge = self.charge(set.keys | own, &set).min(self.left_over[length]);
        bits + others.min(set.places) + charge
    }

    /// The most that a name of these tokens can weigh.
    #[inline]
    pub(super) fn of(&self, length: usize, tokens: impl Iterator<Item = Mate>) -> f32 {
        let set = self.agreeing(tokens);
        let charge = self.charge(set.keys, &set).min(self.left_over[length]);
        self.keys[usize::from(set.keys)].0.min(set.places) + charge
    }

    #[inline]
    fn agreeing(&self, tokens: impl Iterator<Item = Mate>) -> Agreeing {
        let mut found = Agreeing { keys: self.always, joined: self.always != 0, places: 0.0, lost: 0.0, heavy: 0 };
        for token in tokens {
            let (keys, link) = self.slots[token.slot()];
            if keys == 0 && link == 0 {
                found.lost += self.listed[usize::from(token.charge())];
                found.heavy += u8::from(is_heavy(token.charge()));
                found.places += self.always_link;
                continue;
            }
            found.keys |= keys & !JOINED;
            found.joined |= keys & JOINED != 0;
            found.places += match link {
                u8::MAX => self.heaviest,
                link => self.always_link.max(f32::from(link) / STEP),
            };
        }
        found
    }

    /// What is charged at least (negative) where no other keys than these agree.
    #[inline]
    fn charge(&self, keys: u8, set: &Agreeing) -> f32 {
        let (_, reported, heavy) = self.keys[usize::from(keys)];
        if self.is_crowd || set.joined {
            // Tokens that agree with no key that has a bit may agree all the same.
            return reported;
        }
        reported + set.lost + f32::from(heavy.min(set.heavy)) * self.contradiction
    }
}

/// What the tokens of a name agree with.
#[derive(Debug)]
struct Agreeing {
    keys: u8,
    /// Whether tokens that agree with nothing may do so all the same.
    joined: bool,
    /// The most that the places of the name can hold.
    places: f32,
    /// The charge for tokens that agree with nothing, and how many of those are heavy.
    lost: f32,
    heavy: u8,
}
