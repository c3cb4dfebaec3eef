//! Passing over the names of a row that cannot weigh enough, many at a time.

#[cfg(target_arch = "x86_64")]
use super::posting::fetch;
use super::posting::{Postings, beside, born};

/// What a name must have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// By [`born::class`] and [`beside::class`]: the least reach; 255 for never.
    pub reach: [[u8; 16]; born::CLASSES],
    /// Six bits of the reported nationality.
    pub nation: u8,
    /// The reported year, and how far from it others are near.
    pub year: u8,
    pub years: u8,
    /// The least of all these.
    pub least: u8,
    /// Signatures of what agrees with each of the keys, of which a name has a bit of each half if it
    /// agrees.
    pub signs: Signs,
}

/// Signatures of what agrees with each key: their lower and their upper halves.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Signs {
    lower: [u32; 16],
    upper: [u32; 16],
}

impl Signs {
    #[inline]
    pub(super) fn set(&mut self, key: usize, sign: u64) {
        (self.lower[key], self.upper[key]) = (sign as u32, (sign >> 32) as u32);
    }

    /// The keys that may agree with a name, by its signature.
    #[inline]
    pub(super) fn agreeing(&self, sign: u64) -> u16 {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function asks for.
            #[allow(unsafe_code)]
            return unsafe { avx2::agrees(self, sign) };
        }
        let mut keys = 0;
        for (i, (lower, upper)) in self.lower.iter().zip(&self.upper).enumerate() {
            keys |= u16::from(sign as u32 & lower != 0 && (sign >> 32) as u32 & upper != 0) << i;
        }
        keys
    }
}

/// A name that passes: its place, and the keys that may agree with it.
pub(super) type Passed = (u32, u16);

/// Appends the places of `from..to` that pass, which are in the order of their reach. Returns how many
/// were read.
pub(super) fn sift(postings: &Postings, from: usize, to: usize, wanted: &Wanted, out: &mut Vec<Passed>) -> usize {
    #[cfg(target_arch = "x86_64")]
    if to - from > 4 && is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function asks for.
        #[allow(unsafe_code)]
        return unsafe { avx2::sift(postings, from, to, wanted, out) };
    }
    plain(postings, from, to, wanted, out)
}

fn plain(postings: &Postings, from: usize, to: usize, wanted: &Wanted, out: &mut Vec<Passed>) -> usize {
    for at in from..to {
        let reach = postings.reach[at];
        if reach < wanted.least {
            // So it goes on.
            return at - from;
        }
        let least = wanted.reach[born::class(postings.born[at], wanted.year, wanted.years)];
        if reach >= least[beside::class(postings.beside[at], wanted.nation)] {
            out.push((at as u32, wanted.signs.agreeing(postings.signs[at])));
        }
    }
    to - from
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_blendv_epi8, _mm256_broadcastsi128_si256, _mm256_castsi256_ps,
        _mm256_cmpeq_epi8, _mm256_cmpeq_epi32, _mm256_loadu_si256, _mm256_max_epu8, _mm256_min_epu8, _mm256_movemask_epi8,
        _mm256_movemask_ps, _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm256_sub_epi8,
    };

    use super::{Passed, Postings, Signs, Wanted, beside, born, fetch, plain};

    /// Names that are looked at together.
    const LANES: usize = 32;

    #[inline]
    #[target_feature(enable = "avx2")]
    fn halves(words: &[u32; 16]) -> [__m256i; 2] {
        let (halves, _) = words.as_chunks::<8>();
        // SAFETY: eight words are read from an array of eight.
        #[allow(unsafe_code)]
        let load = |at: usize| unsafe { _mm256_loadu_si256(halves[at].as_ptr().cast()) };
        [load(0), load(1)]
    }

    /// [`Signs::agreeing`].
    #[target_feature(enable = "avx2")]
    pub(super) fn agrees(signs: &Signs, sign: u64) -> u16 {
        agreeing(&halves(&signs.lower), &halves(&signs.upper), sign)
    }

    /// The keys of which a signature has a bit of each half.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn agreeing(lower: &[__m256i; 2], upper: &[__m256i; 2], sign: u64) -> u16 {
        let (low, high) = (_mm256_set1_epi32(sign as i32), _mm256_set1_epi32((sign >> 32) as i32));
        let lacks = |half: __m256i, sign| _mm256_cmpeq_epi32(_mm256_and_si256(half, sign), _mm256_setzero_si256());
        let eight = |at: usize| {
            let lacks = _mm256_or_si256(lacks(lower[at], low), lacks(upper[at], high));
            !_mm256_movemask_ps(_mm256_castsi256_ps(lacks)) as u8
        };
        u16::from(eight(0)) | u16::from(eight(1)) << 8
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn sift(postings: &Postings, from: usize, to: usize, wanted: &Wanted, out: &mut Vec<Passed>) -> usize {
        let byte = |n: u8| _mm256_set1_epi8(n as i8);
        let (nations, sexes, zero) = (byte(!3), byte(3), _mm256_setzero_si256());
        let (same, several, other) = (byte(wanted.nation << 2), byte(beside::SEVERAL << 2), byte(beside::OTHER_KIND << 2));
        let table = |class: usize| {
            // SAFETY: sixteen bytes are read from an array of sixteen.
            #[allow(unsafe_code)]
            let table = unsafe { _mm_loadu_si128(wanted.reach[class].as_ptr().cast()) };
            _mm256_broadcastsi128_si256(table)
        };
        let (far, near, apart, none) = (table(born::FAR), table(born::NEAR), table(born::SEVERAL), table(born::NONE));
        let (first, years) = (byte(wanted.year.wrapping_sub(wanted.years)), byte(2 * wanted.years));
        let (lower, upper) = (halves(&wanted.signs.lower), halves(&wanted.signs.upper));
        let mut at = from;
        while at < to {
            // Names of the next row are looked at as well, and left out.
            let lanes = at..at + LANES;
            let (Some(reach), Some(besides), Some(borns)) =
                (postings.reach.get(lanes.clone()), postings.beside.get(lanes.clone()), postings.born.get(lanes))
            else {
                return at - from + plain(postings, at, to, wanted, out);
            };
            if reach[0] < wanted.least {
                return at - from;
            }
            // SAFETY: the slices have as many bytes as are read.
            #[allow(unsafe_code)]
            let load = |bytes: &[u8]| -> __m256i { unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) } };
            let (reach, beside, born) = (load(reach), load(besides), load(borns));
            let nation = _mm256_and_si256(beside, nations);
            let agrees = _mm256_or_si256(_mm256_cmpeq_epi8(nation, same), _mm256_cmpeq_epi8(nation, several));
            let mut class = _mm256_blendv_epi8(byte(8), zero, agrees);
            class = _mm256_blendv_epi8(class, byte(4), _mm256_cmpeq_epi8(nation, zero));
            class = _mm256_blendv_epi8(class, byte(12), _mm256_cmpeq_epi8(nation, other));
            class = _mm256_or_si256(class, _mm256_and_si256(beside, sexes));
            // What lies around the reported year, or stands for many.
            let apart_by = _mm256_sub_epi8(born, first);
            let around = _mm256_cmpeq_epi8(_mm256_min_epu8(apart_by, years), apart_by);
            let many = _mm256_or_si256(_mm256_cmpeq_epi8(born, byte(2)), _mm256_cmpeq_epi8(born, byte(u8::MAX)));
            let mut least = _mm256_shuffle_epi8(far, class);
            least = _mm256_blendv_epi8(least, _mm256_shuffle_epi8(near, class), _mm256_or_si256(around, many));
            least = _mm256_blendv_epi8(least, _mm256_shuffle_epi8(apart, class), _mm256_cmpeq_epi8(born, byte(1)));
            least = _mm256_blendv_epi8(least, _mm256_shuffle_epi8(none, class), _mm256_cmpeq_epi8(born, zero));
            let mut pass = _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(reach, least), reach)) as u32;
            if to - at < LANES {
                pass &= (1 << (to - at)) - 1;
            }
            if pass != 0 && to - at > 2 * LANES {
                // Those of the next but one, which are likely to be asked for.
                (0..LANES).step_by(8).for_each(|i| fetch(&postings.signs, at + 2 * LANES + i));
            }
            while pass != 0 {
                let place = at + pass.trailing_zeros() as usize;
                pass &= pass - 1;
                out.push((place as u32, agreeing(&lower, &upper, postings.signs[place])));
            }
            at += LANES;
        }
        to - from
    }
}
