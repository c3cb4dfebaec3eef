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
    /// The same with what tokens add that can weigh more than the one whose row it is.
    pub inner: [[u8; 16]; born::CLASSES],
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

/// What is known of tokens that agree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Agreeing<'a> {
    /// Those that weigh no more than the one whose row it is, if that is common.
    pub lighter: Option<&'a Links>,
    /// Those that can weigh more, of keys that are not opened, if names have such.
    pub outdoing: Option<&'a Links>,
}

/// Appends the places of `from..to` that pass, which are in the order of their reach. Returns how many
/// were read.
pub(super) fn sift(postings: &Postings, row: Range<usize>, wanted: &Wanted, agreeing: Agreeing<'_>, out: &mut Vec<u32>) -> usize {
    let (from, to) = (row.start, row.end);
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512vbmi") && is_x86_feature_detected!("avx512bw") {
            // SAFETY: the processor has what the function asks for.
            #[allow(unsafe_code)]
            return unsafe { avx512::sift(postings, from, to, wanted, agreeing, out) };
        }
        if to - from > 4 && is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function asks for.
            #[allow(unsafe_code)]
            return unsafe { avx2::sift(postings, from, to, wanted, agreeing, out) };
        }
    }
    plain(postings, from, to, wanted, agreeing, out)
}

fn plain(postings: &Postings, from: usize, to: usize, wanted: &Wanted, agreeing: Agreeing<'_>, out: &mut Vec<u32>) -> usize {
    for at in from..to {
        let reach = postings.reach[at];
        if reach < wanted.least {
            // So it goes on.
            return at - from;
        }
        let (born, class) =
            (born::class(postings.born[at], wanted.year, wanted.years), beside::class(postings.beside[at], wanted.nation));
        let mut held = reach;
        if let Some(links) = agreeing.lighter {
            // What its two heaviest tokens weigh in truth.
            let link = |bucket: u8| links[usize::from(bucket)];
            held =
                held.min(link(postings.firsts[at]).saturating_add(link(postings.seconds[at])).saturating_add(postings.rests[at]));
        }
        let mut all = u8::MAX;
        if let Some(links) = agreeing.outdoing {
            let link = |bucket: u8| links[usize::from(bucket)];
            all = held.saturating_add(link(postings.outdoing[at])).saturating_add(link(postings.outdoing_next[at]));
        }
        if held >= wanted.reach[born][class] && all >= wanted.inner[born][class] {
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

    use super::{Agreeing, BUCKETS, Links, Postings, Wanted, beside, born, plain};

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
        agreeing: Agreeing<'_>,
        out: &mut Vec<u32>,
    ) -> usize {
        let byte = |n: u8| _mm256_set1_epi8(n as i8);
        let (nations, sexes, zero) = (byte(!3), byte(3), _mm256_setzero_si256());
        let (same, several, other) = (byte(wanted.nation << 2), byte(beside::SEVERAL << 2), byte(beside::OTHER_KIND << 2));
        let table = |of: &[[u8; 16]; born::CLASSES]| {
            of.each_ref().map(|of| {
                // SAFETY: sixteen bytes are read from an array of sixteen.
                #[allow(unsafe_code)]
                let table = unsafe { _mm_loadu_si128(of.as_ptr().cast()) };
                _mm256_broadcastsi128_si256(table)
            })
        };
        let (by_reach, by_inner) = (table(&wanted.reach), table(&wanted.inner));
        let (first, years) = (byte(wanted.year.wrapping_sub(wanted.years)), byte(2 * wanted.years));
        let tables_of = |links: &Links| -> [__m256i; BUCKETS / 16] {
            let (tables, _) = links.as_chunks::<16>();
            std::array::from_fn(|i| {
                // SAFETY: sixteen bytes are read from an array of sixteen.
                #[allow(unsafe_code)]
                let table = unsafe { _mm_loadu_si128(tables[i].as_ptr().cast()) };
                _mm256_broadcastsi128_si256(table)
            })
        };
        let (lighter, outdoing) = (agreeing.lighter.map(tables_of), agreeing.outdoing.map(tables_of));
        let mut at = from;
        while at < to {
            // Names of the next row are looked at as well, and left out.
            let lanes = at..at + LANES;
            let (Some(reach), Some(besides), Some(borns)) =
                (postings.reach.get(lanes.clone()), postings.beside.get(lanes.clone()), postings.born.get(lanes.clone()))
            else {
                return at - from + plain(postings, at, to, wanted, agreeing, out);
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
            let least_of = |[far, near, several, none]: [__m256i; born::CLASSES]| {
                let mut least = _mm256_shuffle_epi8(far, class);
                least = _mm256_blendv_epi8(least, _mm256_shuffle_epi8(near, class), _mm256_or_si256(around, many));
                least = _mm256_blendv_epi8(least, _mm256_shuffle_epi8(several, class), _mm256_cmpeq_epi8(born, byte(1)));
                _mm256_blendv_epi8(least, _mm256_shuffle_epi8(none, class), _mm256_cmpeq_epi8(born, zero))
            };
            let reached = |held, least| _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(held, least), held)) as u32;
            let least = least_of(by_reach);
            let mut pass = reached(reach, least);
            if to - at < LANES {
                pass &= (1 << (to - at)) - 1;
            }
            let mut held = reach;
            if pass != 0
                && let Some(tables) = &lighter
                && let (Some(firsts), Some(seconds), Some(rests)) =
                    (postings.firsts.get(lanes.clone()), postings.seconds.get(lanes.clone()), postings.rests.get(lanes.clone()))
            {
                // What their two heaviest tokens weigh in truth.
                let two = _mm256_adds_epu8(link(tables, load(firsts)), link(tables, load(seconds)));
                held = _mm256_min_epu8(held, _mm256_adds_epu8(two, load(rests)));
                pass &= reached(held, least);
            }
            if pass != 0
                && let Some(tables) = &outdoing
                && let (Some(first), Some(next)) = (postings.outdoing.get(lanes.clone()), postings.outdoing_next.get(lanes))
            {
                let two = _mm256_adds_epu8(link(tables, load(first)), link(tables, load(next)));
                pass &= reached(_mm256_adds_epu8(held, two), least_of(by_inner));
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

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512i, _mm512_adds_epu8, _mm512_and_si512, _mm512_cmpeq_epi8_mask, _mm512_cmpge_epu8_mask, _mm512_cmple_epu8_mask,
        _mm512_loadu_si512, _mm512_mask_blend_epi8, _mm512_maskz_loadu_epi8, _mm512_min_epu8, _mm512_or_si512,
        _mm512_permutex2var_epi8, _mm512_permutexvar_epi8, _mm512_set1_epi8, _mm512_sub_epi8,
    };

    use super::{Agreeing, Links, Postings, Wanted, beside, born};

    /// Names that are looked at together.
    const LANES: usize = 64;

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
    pub(super) fn sift(
        postings: &Postings,
        from: usize,
        to: usize,
        wanted: &Wanted,
        agreeing: Agreeing<'_>,
        out: &mut Vec<u32>,
    ) -> usize {
        let byte = |n: u8| _mm512_set1_epi8(n as i8);
        // SAFETY: 64 bytes are read from four arrays of sixteen.
        #[allow(unsafe_code)]
        let table = |of: &[[u8; 16]; born::CLASSES]| -> __m512i { unsafe { _mm512_loadu_si512(of.as_ptr().cast()) } };
        let (by_reach, by_inner) = (table(&wanted.reach), table(&wanted.inner));
        let halves = |links: &Links| -> [__m512i; 2] {
            let (halves, _) = links.as_chunks::<LANES>();
            // SAFETY: 64 bytes are read from an array of as many.
            #[allow(unsafe_code)]
            [0, 1].map(|i| unsafe { _mm512_loadu_si512(halves[i].as_ptr().cast()) })
        };
        let link = |[low, high]: [__m512i; 2], buckets| _mm512_permutex2var_epi8(low, buckets, high);
        let (lighter, outdoing) = (agreeing.lighter.map(halves), agreeing.outdoing.map(halves));
        let (same, several, other) = (byte(wanted.nation << 2), byte(beside::SEVERAL << 2), byte(beside::OTHER_KIND << 2));
        let (first, years) = (byte(wanted.year.wrapping_sub(wanted.years)), byte(2 * wanted.years));
        let mut at = from;
        while at < to {
            if postings.reach[at] < wanted.least {
                return at - from;
            }
            let end = to.min(at + LANES);
            let lanes = u64::MAX >> (LANES - (end - at));
            let load = |bytes: &[u8]| -> __m512i {
                let bytes = &bytes[at..end];
                // SAFETY: as many bytes are read as the slice has.
                #[allow(unsafe_code)]
                unsafe {
                    _mm512_maskz_loadu_epi8(lanes, bytes.as_ptr().cast())
                }
            };
            let (reach, beside, born) = (load(&postings.reach), load(&postings.beside), load(&postings.born));
            // Sixteen classes of what stands beside, for each class of birth dates.
            let nation = _mm512_and_si512(beside, byte(!3));
            let agrees = _mm512_cmpeq_epi8_mask(nation, same) | _mm512_cmpeq_epi8_mask(nation, several);
            let mut class = _mm512_mask_blend_epi8(agrees, byte(8), byte(0));
            class = _mm512_mask_blend_epi8(_mm512_cmpeq_epi8_mask(nation, byte(0)), class, byte(4));
            class = _mm512_mask_blend_epi8(_mm512_cmpeq_epi8_mask(nation, other), class, byte(12));
            class = _mm512_or_si512(class, _mm512_and_si512(beside, byte(3)));
            // What lies around the reported year, or stands for many.
            let many = _mm512_cmpeq_epi8_mask(born, byte(2)) | _mm512_cmpeq_epi8_mask(born, byte(u8::MAX));
            let near = many | _mm512_cmple_epu8_mask(_mm512_sub_epi8(born, first), years);
            let mut dates = _mm512_mask_blend_epi8(near, byte((born::FAR << 4) as u8), byte((born::NEAR << 4) as u8));
            let apart = _mm512_cmpeq_epi8_mask(born, byte(1));
            dates = _mm512_mask_blend_epi8(apart, dates, byte((born::SEVERAL << 4) as u8));
            dates = _mm512_mask_blend_epi8(_mm512_cmpeq_epi8_mask(born, byte(0)), dates, byte((born::NONE << 4) as u8));
            let class = _mm512_or_si512(class, dates);
            let least = _mm512_permutexvar_epi8(class, by_reach);
            let mut pass = lanes & _mm512_cmpge_epu8_mask(reach, least);
            let mut held = reach;
            if pass != 0
                && let Some(tables) = lighter
            {
                // What their two heaviest tokens weigh in truth.
                let two = _mm512_adds_epu8(link(tables, load(&postings.firsts)), link(tables, load(&postings.seconds)));
                held = _mm512_min_epu8(held, _mm512_adds_epu8(two, load(&postings.rests)));
                pass &= _mm512_cmpge_epu8_mask(held, least);
            }
            if pass != 0
                && let Some(tables) = outdoing
            {
                let two = _mm512_adds_epu8(link(tables, load(&postings.outdoing)), link(tables, load(&postings.outdoing_next)));
                let all = _mm512_adds_epu8(held, two);
                pass &= _mm512_cmpge_epu8_mask(all, _mm512_permutexvar_epi8(class, by_inner));
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Entity, EntityKind, EntityName, Generation, NameKind, Sex};
    use super::*;
    use proptest::prelude::*;

    fn generation() -> Generation {
        let words = ["ALI", "HASSAN", "OMAR", "KARIM", "SAID", "RASHID", "NASSER", "SALIM", "FAISAL", "TARIQ", "ZAYD"];
        let entity = |i: usize| {
            let name: Vec<&str> = (0..2 + i % 5).map(|k| words[(i * i + 7 * k * (i % 3 + 1)) % words.len()]).collect();
            Entity {
                id: i.to_string(),
                list: "test".into(),
                kind: if i % 17 == 0 { EntityKind::Vessel } else { EntityKind::Person },
                names: vec![EntityName { text: name.join(" "), kind: NameKind::Primary }],
                birth_dates: if i % 4 == 0 { vec![] } else { vec![format!("{}-05-03", 1870 + i % 170).parse().unwrap()] },
                nationalities: (0..i % 3).map(|k| ["IRN", "DEU", "SYR"][(i + k) % 3].to_owned()).collect(),
                sex: [None, Some(Sex::Female), Some(Sex::Male)][i % 3],
                documents: vec![],
                birth_places: vec![],
                programmes: vec![],
            }
        };
        Generation::build((0..400).map(entity).collect()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        // Whatever the processor has, the same names pass.
        #[test]
        fn vectors_are_the_plain_loop(
            tables in proptest::array::uniform32(0u8..90),
            weights in proptest::collection::vec(0u8..60, BUCKETS..=BUCKETS),
            (from, length) in (0usize..1200, 0usize..200),
            (lighter, outdoing, nation, year) in (any::<bool>(), any::<bool>(), 0u8..62, 2u8..=255),
        ) {
            let generation = generation();
            let postings = &generation.index.postings;
            let to = (from + length).min(postings.reach.len());
            let from = from.min(to);
            let table = |shift: usize| -> [[u8; 16]; born::CLASSES] {
                std::array::from_fn(|b| std::array::from_fn(|c| tables[(b * 16 + c + shift) % 32]))
            };
            let wanted = Wanted { reach: table(0), inner: table(5), nation, year, years: 3, least: 0 };
            let links: Links = std::array::from_fn(|i| if i == 0 { 0 } else { weights[i] });
            let agreeing = Agreeing { lighter: lighter.then_some(&links), outdoing: outdoing.then_some(&links) };
            let (mut expected, mut found) = (vec![], vec![]);
            plain(postings, from, to, &wanted, agreeing, &mut expected);
            sift(postings, from..to, &wanted, agreeing, &mut found);
            prop_assert_eq!(&expected, &found);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                found.clear();
                // SAFETY: the processor has what the function asks for.
                #[allow(unsafe_code)]
                unsafe { avx2::sift(postings, from, to, &wanted, agreeing, &mut found) };
                prop_assert_eq!(&expected, &found);
            }
        }
    }
}
