//! Passing over the names of a row that cannot weigh enough, many at a time.

use std::ops::Range;

use super::beside;
use super::born;
use super::posting::{BUCKETS, Postings};

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
}

/// The most that the tokens of each [`bucket`](super::posting::bucket) weigh, in steps of a reach, 255
/// for more.
pub(super) type Links = [u8; BUCKETS];

/// Appends the places of `from..to` that pass, which are in the order of their reach. Returns how many
/// were read.
pub(super) fn sift(postings: &Postings, row: Range<usize>, wanted: &Wanted, links: Option<&Links>, out: &mut Vec<u32>) -> usize {
    let (from, to) = (row.start, row.end);
    #[cfg(target_arch = "x86_64")]
    if to - from > 4 && is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function asks for.
        #[allow(unsafe_code)]
        return unsafe { avx2::sift(postings, from, to, wanted, links, out) };
    }
    plain(postings, from, to, wanted, links, out)
}

fn plain(postings: &Postings, from: usize, to: usize, wanted: &Wanted, links: Option<&Links>, out: &mut Vec<u32>) -> usize {
    for at in from..to {
        let reach = postings.reach[at];
        if reach < wanted.least {
            // So it goes on.
            return at - from;
        }
        let least = wanted.reach[born::class(postings.born[at], wanted.year, wanted.years)];
        // What its two heaviest tokens weigh in truth.
        let link = |bucket: u8| links.map_or(u8::MAX, |l| l[usize::from(bucket)]);
        let held = link(postings.firsts[at]).saturating_add(link(postings.seconds[at])).saturating_add(postings.rests[at]);
        if reach.min(held) >= least[beside::class(postings.beside[at], wanted.nation)] {
            out.push(at as u32);
        }
    }
    to - from
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_adds_epu8, _mm256_and_si256, _mm256_blendv_epi8, _mm256_broadcastsi128_si256,
        _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256,
        _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_sub_epi8,
    };

    use super::{BUCKETS, Links, Postings, Wanted, beside, born, plain};

    /// Names that are looked at together.
    const LANES: usize = 32;

    /// What stands in a table of 128 bytes at each of 32 places.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn link(tables: &[__m256i; BUCKETS / 16], buckets: __m256i) -> __m256i {
        let at = |i: usize| _mm256_shuffle_epi8(tables[i], buckets);
        // The highest bit of a byte chooses: the fifth, sixth and seventh are moved there.
        let (fifth, sixth, seventh) =
            (_mm256_slli_epi16::<3>(buckets), _mm256_slli_epi16::<2>(buckets), _mm256_slli_epi16::<1>(buckets));
        let two = |i: usize| _mm256_blendv_epi8(at(i), at(i + 1), fifth);
        let four = |i: usize| _mm256_blendv_epi8(two(i), two(i + 2), sixth);
        _mm256_blendv_epi8(four(0), four(4), seventh)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn sift(
        postings: &Postings,
        from: usize,
        to: usize,
        wanted: &Wanted,
        links: Option<&Links>,
        out: &mut Vec<u32>,
    ) -> usize {
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
        let tables = links.map(|links| {
            let (tables, _) = links.as_chunks::<16>();
            let tables: [__m256i; BUCKETS / 16] = std::array::from_fn(|i| {
                // SAFETY: sixteen bytes are read from an array of sixteen.
                #[allow(unsafe_code)]
                let table = unsafe { _mm_loadu_si128(tables[i].as_ptr().cast()) };
                _mm256_broadcastsi128_si256(table)
            });
            tables
        });
        let mut at = from;
        while at < to {
            // Names of the next row are looked at as well, and left out.
            let lanes = at..at + LANES;
            let (Some(reach), Some(besides), Some(borns)) =
                (postings.reach.get(lanes.clone()), postings.beside.get(lanes.clone()), postings.born.get(lanes.clone()))
            else {
                return at - from + plain(postings, at, to, wanted, links, out);
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
            if pass != 0
                && let Some(tables) = &tables
                && let (Some(firsts), Some(seconds), Some(rests)) =
                    (postings.firsts.get(lanes.clone()), postings.seconds.get(lanes.clone()), postings.rests.get(lanes))
            {
                // What their two heaviest tokens weigh in truth.
                let held = _mm256_adds_epu8(link(tables, load(firsts)), link(tables, load(seconds)));
                let held = _mm256_adds_epu8(held, load(rests));
                pass &= _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(held, least), held)) as u32;
            }
            while pass != 0 {
                let place = at + pass.trailing_zeros() as usize;
                pass &= pass - 1;
                postings.fetch_mates(place);
                out.push(place as u32);
            }
            at += LANES;
        }
        to - from
    }
}
