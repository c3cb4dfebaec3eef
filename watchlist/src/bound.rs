//! The most that a name could weigh, from the slots of its tokens alone. Never too little.
//!
//! Keys are runs of neighbouring reported tokens, and an alignment takes every reported token once
//! at most: so what the keys that agree make together is the best way to part the reported name
//! into keys and tokens that are left over, which cost ([`Keys::best`]). Every link takes a listed
//! token that no other link has, so that the sum over the listed tokens of the heaviest key that
//! agrees is a bound as well: that is what makes names of many common tokens cheap. And tokens of
//! either side that agree with nothing on the other are left over for certain.

use super::expansion::steps;
use super::mates::{CHARGES, Mate, Mates, SLOTS, is_heavy};
use super::posting::{BUCKETS, LEVELS, STEP};
use super::sift::Links;
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
    /// By the slot of a token: which keys agree with it, and above them the heaviest link, in [`STEP`]s.
    slots: Box<[u32; SLOTS]>,
    /// The heaviest link by bucket, of tokens that are as common as each level, or more.
    links: [Links; LEVELS],
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
            slots: Box::new([0; SLOTS]),
            links: [[0; BUCKETS]; LEVELS],
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
            self.slots[usize::from(slot)] = 0;
        }
        self.links = [[0; BUCKETS]; LEVELS];
        (self.always, self.always_link) = (0, 0.0);
    }

    /// Marks a token that is as common as a level says, at a weight in [`STEP`]s.
    #[inline]
    pub(super) fn link(&mut self, bucket: u8, level: u8, steps: u16) {
        let steps = steps.min(u16::from(u8::MAX)) as u8;
        for links in &mut self.links[..usize::from(level)] {
            let link = &mut links[usize::from(bucket)];
            *link = (*link).max(steps);
        }
    }

    /// The heaviest links by bucket of all tokens as common as a level, if it is one.
    #[inline]
    pub(super) fn links(&self, level: u8) -> Option<&Links> {
        level.checked_sub(1).map(|l| &self.links[usize::from(l)])
    }

    /// Takes every token to agree with keys, at a weight.
    pub(super) fn mark_all(&mut self, keys: u16, bits: f32) {
        self.always |= keys;
        self.always_link = self.always_link.max(bits);
        (1..BUCKETS).for_each(|bucket| self.link(bucket as u8, LEVELS as u8, steps(bits)));
    }

    /// Marks a token that agrees with keys, at a weight in [`STEP`]s.
    #[inline]
    pub(super) fn mark(&mut self, slot: u16, keys: u16, steps: u16) {
        self.marked.push(slot);
        let held = &mut self.slots[usize::from(slot)];
        *held = (*held & 0xffff | u32::from(keys)) | (*held >> 16).max(u32::from(steps)) << 16;
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

    /// Whether a token that is not marked agrees with nothing; else it may agree with a key that has
    /// no bit.
    fn is_lost_known(&self) -> bool {
        self.always == 0 && self.keys.keys.len() <= OWN_BITS
    }

    /// The heaviest links of the tokens of eight names, with what is lost for those that have none: as
    /// much as [`Self::of`] at least. Says which of the names reach what they need; where tokens are too
    /// many to be written down, they are taken to.
    #[inline]
    pub(super) fn may_reach(&self, names: &Eight) -> u8 {
        self.may_reach_of(&names.mates, &names.needed)
    }

    /// The same, of both words of the [`Mates`] of each name.
    #[inline]
    pub(super) fn may_reach_of(&self, mates: &[[u64; 2]; 8], needed: &[f32; 8]) -> u8 {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            let known = self.is_lost_known();
            let listed = if known { self.listed } else { [0.0; CHARGES] };
            // SAFETY: the processor has what the function asks for.
            #[allow(unsafe_code)]
            return unsafe { avx2::may_reach(&self.slots, self.always_link, &listed, self.dearest, mates, needed) };
        }
        u8::MAX
    }

    /// The most that these listed tokens can weigh, beside one that the key which is taken has a link
    /// with, if one is taken; `length` tokens in all.
    #[inline]
    pub(super) fn of(&mut self, length: usize, tokens: impl Iterator<Item = Mate>) -> f32 {
        let (mut keys, mut places, mut lost, mut heavy, mut joined) = (self.always, 0.0, 0.0, 0u8, 0u8);
        for token in tokens {
            let held = self.slots[token.slot()];
            if held == 0 {
                lost += self.listed[usize::from(token.charge())];
                heavy += u8::from(is_heavy(token.charge()));
                places += self.always_link;
                continue;
            }
            let agrees = held as u16;
            keys |= agrees & !JOINED;
            joined += u8::from(agrees & JOINED != 0);
            places += self.always_link.max((held >> 16) as f32 / STEP);
        }
        let sum = self.sum(keys);
        let bits = sum.best.min(places + sum.charge.min(self.left_over[length.min(MAX_TOKENS)]));
        if !self.is_lost_known() {
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

/// Names of which the other tokens are looked at together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Eight {
    mates: [[u64; 2]; 8],
    /// What the tokens must weigh.
    needed: [f32; 8],
}

impl Eight {
    /// No name, none of which passes.
    pub(super) const NONE: Self = Self { mates: [[0; 2]; 8], needed: [f32::INFINITY; 8] };

    #[inline]
    pub(super) fn needed(&self, at: usize) -> f32 {
        self.needed[at]
    }

    #[inline]
    pub(super) fn set(&mut self, at: usize, mates: Mates, needed: f32) {
        self.mates[at] = mates.0;
        self.needed[at] = needed;
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _CMP_GE_OQ, _mm_cvtsi32_si128, _mm256_add_epi32, _mm256_add_ps, _mm256_and_ps, _mm256_and_si256,
        _mm256_andnot_ps, _mm256_castps_si256, _mm256_castsi256_pd, _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cmpeq_epi32,
        _mm256_cmpeq_epi64, _mm256_cvtepi32_ps, _mm256_i32gather_epi32, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_max_ps,
        _mm256_min_ps, _mm256_movemask_pd, _mm256_movemask_ps, _mm256_mul_ps, _mm256_permutevar8x32_ps, _mm256_set1_epi32,
        _mm256_set1_epi64x, _mm256_set1_ps, _mm256_setr_epi32, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_shuffle_ps,
        _mm256_srl_epi64, _mm256_srli_epi32, _mm256_sub_ps, _mm256_testz_si256, _mm256_unpackhi_epi64, _mm256_unpacklo_epi64,
    };

    use super::{CHARGES, MOST_JOINED, SLOTS, STEP};

    #[target_feature(enable = "avx2")]
    pub(super) fn may_reach(
        slots: &[u32; SLOTS],
        always: f32,
        listed: &[f32; CHARGES],
        dearest: f32,
        mates: &[[u64; 2]; 8],
        needed: &[f32; 8],
    ) -> u8 {
        let charges: [f32; 8] = std::array::from_fn(|i| listed[i % CHARGES]);
        // SAFETY: eight numbers are read from arrays of eight.
        #[allow(unsafe_code)]
        let (charges, needed) = unsafe { (_mm256_loadu_ps(charges.as_ptr()), _mm256_loadu_ps(needed.as_ptr())) };
        let (mut places, mut lost, mut joined) = (_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_si256());
        let (always, zero, one) = (_mm256_set1_ps(always), _mm256_setzero_si256(), _mm256_set1_epi32(1));
        let step = _mm256_set1_ps(1.0 / STEP);
        // SAFETY: two names are read from an array of eight.
        #[allow(unsafe_code)]
        let two = |at: usize| -> __m256i { unsafe { _mm256_loadu_si256(mates[at..at + 2].as_ptr().cast()) } };
        let (a, b, c, d) = (two(0), two(2), two(4), two(6));
        let all = _mm256_set1_epi64x(-1);
        let mut many = 0;
        for last in [false, true] {
            // Of the names 0, 2, 1, 3 and 4, 6, 5, 7.
            let (low, high) = if last {
                (_mm256_unpackhi_epi64(a, b), _mm256_unpackhi_epi64(c, d))
            } else {
                (_mm256_unpacklo_epi64(a, b), _mm256_unpacklo_epi64(c, d))
            };
            if last {
                if _mm256_testz_si256(low, low) & _mm256_testz_si256(high, high) != 0 {
                    break;
                }
                let are_many = |words| _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(words, all)));
                many = are_many(low) | are_many(high) << 4;
            }
            for i in 0..4 {
                let by = _mm_cvtsi32_si128(16 * i);
                let (low, high) = (_mm256_srl_epi64(low, by), _mm256_srl_epi64(high, by));
                if _mm256_testz_si256(low, low) & _mm256_testz_si256(high, high) != 0 {
                    break;
                }
                // The lower halves of all words, in the order of the names.
                let (low, high) = (_mm256_castsi256_ps(low), _mm256_castsi256_ps(high));
                let both = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(low, high));
                let mate = _mm256_and_si256(both, _mm256_set1_epi32(0xffff));
                let slot = _mm256_and_si256(mate, _mm256_set1_epi32(SLOTS as i32 - 1));
                // SAFETY: a slot is less than the number of slots.
                #[allow(unsafe_code)]
                let held = unsafe { _mm256_i32gather_epi32::<4>(slots.as_ptr().cast(), slot) };
                let none = _mm256_castsi256_ps(_mm256_cmpeq_epi32(mate, zero));
                let unmarked = _mm256_castsi256_ps(_mm256_cmpeq_epi32(held, zero));
                let link = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_srli_epi32::<16>(held)), step);
                places = _mm256_add_ps(places, _mm256_andnot_ps(none, _mm256_max_ps(link, always)));
                let charge = _mm256_permutevar8x32_ps(charges, _mm256_srli_epi32::<14>(mate));
                lost = _mm256_add_ps(lost, _mm256_andnot_ps(none, _mm256_and_ps(unmarked, charge)));
                joined = _mm256_add_epi32(joined, _mm256_and_si256(_mm256_srli_epi32::<15>(held), one));
            }
        }
        // Of a run of which one is marked, the others may agree as well.
        let others = _mm256_mul_ps(_mm256_cvtepi32_ps(joined), _mm256_set1_ps(f32::from(MOST_JOINED - 1) * dearest));
        let lost = _mm256_min_ps(_mm256_sub_ps(lost, others), _mm256_setzero_ps());
        // Lanes are the names 0, 2, 4, 6, 1, 3, 5, 7.
        let order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
        let needed = _mm256_permutevar8x32_ps(needed, order);
        let reach = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GE_OQ>(_mm256_add_ps(places, lost), needed)) as u32;
        let in_order = |bits: u32, places: [u32; 8]| (0..8).fold(0, |all, i| all | (bits >> i & 1) << places[i as usize]);
        let many = if many == 0 { 0 } else { in_order(many as u32, [0, 2, 1, 3, 4, 6, 5, 7]) };
        (if reach == 0 { many } else { in_order(reach, [0, 2, 4, 6, 1, 3, 5, 7]) | many }) as u8
    }
}
