//! The most that a name could weigh, from the slots of its tokens alone. Never too little.
//!
//! Keys are runs of neighbouring reported tokens, and an alignment takes every reported token once
//! at most: so what the keys that agree make together is the best way to part the reported name
//! into keys and tokens that are left over, which cost ([`Keys::best`]). Every link takes a listed
//! token that no other link has, so that the sum over the listed tokens of the heaviest key that
//! agrees is a bound as well: that is what makes names of many common tokens cheap. And tokens of
//! either side that agree with nothing on the other are left over for certain.

use super::posting::{CHARGES, Mate, SLOTS, STEP, is_heavy};
use crate::name::MAX_TOKENS;

/// Keys that have a bit of their own; lighter ones are taken to agree always.
pub(super) const OWN_BITS: usize = 15;
/// The last bit: the token may be one of several that, joined, agree.
pub(super) const JOINED: u16 = 1 << OWN_BITS;
/// Listed tokens that are joined, at most.
const MOST_JOINED: u8 = 3;
/// Sets of keys that are remembered.
const SETS: usize = 256;

/// A key of the reported name: what it weighs, and the reported tokens `from..=to` that it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyOf {
    pub bits: f32,
    pub from: u8,
    pub to: u8,
}

impl KeyOf {
    fn mask(self) -> u16 {
        super::score::mask(self.from, self.to)
    }
}

/// The keys of a reported name, heaviest first, and what each of its tokens costs if it is left
/// over, and whether it is heavy.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub keys: Vec<KeyOf>,
    pub tokens: Vec<(f32, bool)>,
}

impl Keys {
    /// The most that the keys for which `agrees` make together, none of which takes a token of
    /// `taken`; other tokens that they leave over are charged, if `charged`.
    pub(super) fn best(&self, taken: u16, charged: bool, agrees: impl Fn(usize) -> bool) -> f32 {
        let mut best = [0.0f32; MAX_TOKENS + 1];
        for (i, token) in self.tokens.iter().enumerate() {
            best[i + 1] = best[i] + if charged && taken & 1 << i == 0 { token.0 } else { 0.0 };
            for (k, key) in self.keys.iter().enumerate() {
                if usize::from(key.to) == i && key.mask() & taken == 0 && agrees(k) {
                    best[i + 1] = best[i + 1].max(best[usize::from(key.from)] + key.bits);
                }
            }
        }
        best[self.tokens.len()]
    }

    /// The charge for tokens that none of the keys takes, and how many of those are heavy.
    fn left_over(&self, taken: u16, agrees: impl Fn(usize) -> bool) -> (f32, u8) {
        let covered = self.keys.iter().enumerate().filter(|(k, _)| agrees(*k)).fold(taken, |all, (_, key)| all | key.mask());
        let left = self.tokens.iter().enumerate().filter(|(i, _)| covered & 1 << i == 0);
        left.fold((0.0, 0), |(charge, heavy), (_, token)| (charge + token.0, heavy + u8::from(token.1)))
    }
}

/// What a set of agreeing keys comes to.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    /// The round and the set that this is of.
    of: u64,
    /// The best of the keys, charged.
    best: f32,
    /// What is charged for tokens that no key takes, and how many of those are heavy.
    charge: f32,
    heavy: u8,
}

/// Which keys of a reported name agree with which listed tokens, and what follows.
#[derive(Debug)]
pub(super) struct Bound {
    /// By the slot of a token: which keys agree with it; and the heaviest link, in [`STEP`]s.
    agrees: Box<[u16; SLOTS]>,
    links: Box<[u8; SLOTS]>,
    /// Slots that are not 0.
    marked: Vec<u16>,
    /// Keys that are taken to agree with every name, and the heaviest link that any token may be of.
    pub always: u16,
    pub always_link: f32,
    pub keys: Keys,
    /// Reported tokens that are taken already, by a key that is not in the sets.
    taken: u16,
    round: u64,
    sums: Box<[Sum; SETS]>,
    /// By the number of tokens of a listed name: the least that is charged for reported tokens that
    /// have no place there (negative); and the most that all its places but one can hold, charged.
    pub left_over: [f32; MAX_TOKENS + 1],
    pub room: [f32; MAX_TOKENS + 1],
    /// What listed tokens cost, the most of it, and heavy ones on both sides together.
    listed: [f32; CHARGES],
    dearest: f32,
    contradiction: f32,
}

impl Default for Bound {
    // Made once a thread, and moved to the heap.
    #[allow(clippy::large_stack_arrays)]
    fn default() -> Self {
        Self {
            agrees: Box::new([0; SLOTS]),
            links: Box::new([0; SLOTS]),
            marked: Vec::new(),
            always: 0,
            always_link: 0.0,
            keys: Keys::default(),
            taken: 0,
            round: 0,
            sums: Box::new([Sum::default(); SETS]),
            left_over: [0.0; MAX_TOKENS + 1],
            room: [0.0; MAX_TOKENS + 1],
            listed: [0.0; CHARGES],
            dearest: 0.0,
            contradiction: 0.0,
        }
    }
}

impl Bound {
    /// Makes ready for the name of which `keys` are known.
    pub(super) fn begin(&mut self, listed: [f32; CHARGES], contradiction: f32) {
        (self.listed, self.contradiction) = (listed, contradiction);
        self.dearest = listed.into_iter().fold(0.0, f32::min);
        self.take(None);
    }

    /// From here on names have a link of a key, or none of which anything is known.
    pub(super) fn take(&mut self, own: Option<usize>) {
        self.taken = own.map_or(0, |key| self.keys.keys[key].mask());
        self.round += 1;
    }

    /// Forgets all marks.
    pub(super) fn clear(&mut self) {
        for slot in self.marked.drain(..) {
            self.agrees[usize::from(slot)] = 0;
            self.links[usize::from(slot)] = 0;
        }
        (self.always, self.always_link) = (0, 0.0);
    }

    /// Marks a token that agrees with keys, at a weight.
    #[inline]
    pub(super) fn mark(&mut self, slot: u16, keys: u16, bits: f32) {
        self.marked.push(slot);
        self.agrees[usize::from(slot)] |= keys;
        let link = &mut self.links[usize::from(slot)];
        let steps = (bits * STEP) as u8;
        *link = (*link).max(steps.saturating_add(u8::from(f32::from(steps) < bits * STEP)));
    }

    /// The best that keys can make of which these agree, beside the one that is taken.
    #[inline]
    pub(super) fn best(&mut self, set: u16) -> f32 {
        self.sum(set).best
    }

    #[inline]
    fn sum(&mut self, set: u16) -> Sum {
        let of = self.round << 16 | u64::from(set);
        let at = usize::from(set ^ set >> 8) % SETS;
        if self.sums[at].of != of {
            self.sums[at] = self.make(set, of);
        }
        self.sums[at]
    }

    #[inline(never)]
    fn make(&self, set: u16, of: u64) -> Sum {
        let agrees = |key: usize| key >= OWN_BITS || set & 1 << key != 0;
        let (charge, heavy) = self.keys.left_over(self.taken, agrees);
        Sum { of, best: self.keys.best(self.taken, true, agrees), charge, heavy }
    }

    /// The most that these listed tokens can weigh, beside one that the key which is taken has a link
    /// with, if one is taken; `length` tokens in all.
    #[inline]
    pub(super) fn of(&mut self, length: usize, tokens: impl Iterator<Item = Mate>) -> f32 {
        let (mut keys, mut places, mut lost, mut heavy, mut joined) = (self.always, 0.0, 0.0, 0u8, 0u8);
        for token in tokens {
            let (agrees, link) = (self.agrees[token.slot()], self.links[token.slot()]);
            if agrees == 0 && link == 0 {
                lost += self.listed[usize::from(token.charge())];
                heavy += u8::from(is_heavy(token.charge()));
                places += self.always_link;
                continue;
            }
            keys |= agrees & !JOINED;
            joined += u8::from(agrees & JOINED != 0);
            places += match link {
                u8::MAX => self.keys.keys.first().map_or(0.0, |k| k.bits),
                link => self.always_link.max(f32::from(link) / STEP),
            };
        }
        let sum = self.sum(keys);
        let bits = sum.best.min(places + sum.charge.min(self.left_over[length.min(MAX_TOKENS)]));
        if self.always != 0 || self.keys.keys.len() > OWN_BITS {
            // Tokens that agree with no key that has a bit may agree all the same.
            return bits;
        }
        if joined > 0 {
            // So may the others of a run of which one is marked.
            let others = joined * (MOST_JOINED - 1);
            lost = (lost - f32::from(others) * self.dearest).min(0.0);
            heavy = heavy.saturating_sub(others);
        }
        bits + lost + f32::from(heavy.min(sum.heavy)) * self.contradiction
    }
}
