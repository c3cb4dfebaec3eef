//! Passing over the names of a row that cannot weigh enough, many at a time.

use super::posting::{Postings, beside};

/// What a name must have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// By [`beside::class`]: the least reach; 255 for never.
    pub reach: [u8; 16],
    /// Six bits of the reported nationality.
    pub nation: u8,
    /// Signatures of which it must have a bit each.
    pub signs: (u32, u32),
}

impl Wanted {
    #[inline]
    fn lets_pass(&self, postings: &Postings, at: usize) -> bool {
        let sign = postings.signs[at];
        postings.reach[at] >= self.reach[beside::class(postings.beside[at], self.nation)]
            && sign & self.signs.0 != 0
            && sign & self.signs.1 != 0
    }
}

/// Appends the places of `from..to` that pass.
pub(super) fn sift(postings: &Postings, from: usize, to: usize, wanted: &Wanted, out: &mut Vec<u32>) {
    #[cfg(target_arch = "x86_64")]
    if to - from > 4 && is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function asks for.
        #[allow(unsafe_code)]
        unsafe {
            avx2::sift(postings, from, to, wanted, out);
        }
        return;
    }
    plain(postings, from, to, wanted, out);
}

fn plain(postings: &Postings, from: usize, to: usize, wanted: &Wanted, out: &mut Vec<u32>) {
    out.extend((from..to).filter(|at| wanted.lets_pass(postings, *at)).map(|at| at as u32));
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_blendv_epi8, _mm256_broadcastsi128_si256, _mm256_castsi256_ps,
        _mm256_cmpeq_epi8, _mm256_cmpeq_epi32, _mm256_loadu_si256, _mm256_max_epu8, _mm256_movemask_epi8, _mm256_movemask_ps,
        _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8,
    };

    use super::{Postings, Wanted, beside, plain};

    /// Names that are looked at together.
    const LANES: usize = 32;

    #[target_feature(enable = "avx2")]
    pub(super) fn sift(postings: &Postings, from: usize, to: usize, wanted: &Wanted, out: &mut Vec<u32>) {
        let (reach, besides, signs) = (postings.reach.as_ref(), postings.beside.as_ref(), postings.signs.as_ref());
        let (all, nation) = (_mm256_set1_epi8(-4), |n: u8| _mm256_set1_epi8((n << 2) as i8));
        let (same, several, other) = (nation(wanted.nation), nation(beside::SEVERAL), nation(beside::OTHER_KIND));
        let class = |n: i8| _mm256_set1_epi8(n);
        let zero = _mm256_setzero_si256();
        // SAFETY: sixteen bytes are read from an array of sixteen.
        #[allow(unsafe_code)]
        let table = unsafe { _mm_loadu_si128(wanted.reach.as_ptr().cast()) };
        let table = _mm256_broadcastsi128_si256(table);
        let (first, second) = (_mm256_set1_epi32(wanted.signs.0 as i32), _mm256_set1_epi32(wanted.signs.1 as i32));
        let mut at = from;
        while at < to {
            // Names of the next row are looked at as well, and left out.
            let (Some(reach), Some(besides), Some(signs)) =
                (reach.get(at..at + LANES), besides.get(at..at + LANES), signs.get(at..at + LANES))
            else {
                plain(postings, at, to, wanted, out);
                return;
            };
            // SAFETY: the slices have as many bytes as are read.
            #[allow(unsafe_code)]
            let (reach, beside): (__m256i, __m256i) =
                unsafe { (_mm256_loadu_si256(reach.as_ptr().cast()), _mm256_loadu_si256(besides.as_ptr().cast())) };
            let nation = _mm256_and_si256(beside, all);
            let agrees = _mm256_or_si256(_mm256_cmpeq_epi8(nation, same), _mm256_cmpeq_epi8(nation, several));
            let mut classes = _mm256_blendv_epi8(class(8), class(0), agrees);
            classes = _mm256_blendv_epi8(classes, class(4), _mm256_cmpeq_epi8(nation, zero));
            classes = _mm256_blendv_epi8(classes, class(12), _mm256_cmpeq_epi8(nation, other));
            classes = _mm256_or_si256(classes, _mm256_and_si256(beside, class(3)));
            let least = _mm256_shuffle_epi8(table, classes);
            let mut pass = _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(reach, least), reach)) as u32;
            if to - at < LANES {
                pass &= (1 << (to - at)) - 1;
            }
            if pass != 0 {
                let mut signed = 0;
                for (i, eight) in signs.as_chunks::<8>().0.iter().enumerate() {
                    // SAFETY: eight words are read from an array of eight.
                    #[allow(unsafe_code)]
                    let sign = unsafe { _mm256_loadu_si256(eight.as_ptr().cast()) };
                    let lacks = |wanted| _mm256_cmpeq_epi32(_mm256_and_si256(sign, wanted), zero);
                    let lacks = _mm256_or_si256(lacks(first), lacks(second));
                    signed |= (!_mm256_movemask_ps(_mm256_castsi256_ps(lacks)) as u32 & 0xff) << (8 * i);
                }
                pass &= signed;
                while pass != 0 {
                    out.push(at as u32 + pass.trailing_zeros());
                    pass &= pass - 1;
                }
            }
            at += LANES;
        }
    }
}
