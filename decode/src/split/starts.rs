//! Where messages and documents may begin that no other format would hold by chance: found in one walk over the text,
//! thirty-two bytes at a time where the processor can, else by a search for each.

use memchr::memmem;

use super::{Start, stands_free, telex, x12, xml};
use crate::framing;

/// The offsets at which such formats certainly begin, in order.
pub(super) fn strong(text: &[u8]) -> Vec<(usize, Start)> {
    let mut found = Found::default();
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        let mut candidates = Vec::new();
        if std::arch::is_x86_feature_detected!("avx512bw") {
            // SAFETY: the processor has AVX-512 for bytes.
            unsafe { wide::avx512(text, &mut candidates) };
        } else {
            // SAFETY: the processor has AVX2.
            unsafe { wide::avx2(text, &mut candidates) };
        }
        for at in candidates {
            found.look(text, at);
        }
        return found.finish(text);
    }
    for needle in [&b"UNB"[..], b"U\n", b"U\r", b"UN\n", b"UN\r", b"ISA", b"isa", b"CIR", b"<?xml"] {
        for at in memmem::find_iter(text, needle) {
            found.look(text, at);
        }
    }
    memchr::memchr_iter(b'/', text).filter(|slash| *slash >= 3).for_each(|slash| found.look(text, slash - 3));
    found.finish(text)
}

/// What was found so far, by format.
#[derive(Default)]
struct Found {
    starts: Vec<(usize, Start)>,
    /// Where an identifier of Cargo-IMP and a slash may stand.
    telegrams: Vec<usize>,
}

impl Found {
    /// Looks at a place in the text where something may begin.
    fn look(&mut self, text: &[u8], at: usize) {
        let rest = &text[at..];
        match rest.first() {
            Some(b'U') if framing::begins_interchange(text, at) => {
                self.starts.push((framing::with_una(text, at), Start::Interchange));
            }
            Some(b'I' | b'i') if matches!(rest.get(..3), Some(b"ISA" | b"isa")) && x12::begins_interchange(text, at) => {
                self.starts.push((at, Start::X12));
            }
            Some(b'C') if rest.starts_with(b"CIR") && telex::begins_app(text, at) => self.starts.push((at, Start::App)),
            Some(b'<') if rest.starts_with(b"<?xml") && stands_free(text, at) && xml::begins(text, at) => {
                self.starts.push((at, Start::Xml));
            }
            Some(b'F') if rest.get(3) == Some(&b'/') => self.telegrams.push(at),
            _ => {}
        }
    }

    /// All in order. Of several at one place that counts which stands first in [`Start`].
    fn finish(mut self, text: &[u8]) -> Vec<(usize, Start)> {
        self.starts.extend(telex::headers(text, &self.telegrams).into_iter().map(|at| (at, Start::Telex)));
        self.starts.sort_unstable();
        self.starts.dedup_by_key(|(at, _)| *at);
        self.starts
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m256i, __m512i, _mm_loadu_si128, _mm256_and_si256, _mm256_andnot_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8,
        _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm256_srli_epi16, _mm512_and_si512, _mm512_broadcast_i32x4, _mm512_cmpeq_epi8_mask, _mm512_loadu_si512,
        _mm512_set1_epi8, _mm512_shuffle_epi8, _mm512_srli_epi16, _mm512_test_epi8_mask,
    };

    /// The first three bytes of what is looked for, one bit each.
    const PATTERNS: [[&[u8]; 3]; 6] = [
        [b"U", b"N", b"B\n\r"],
        // A hard wrap cuts through the tag.
        [b"U", b"\n\r", b"N\n\r"],
        [b"I", b"S", b"A"],
        [b"i", b"s", b"a"],
        [b"C", b"I", b"R"],
        [b"<", b"?", b"x"],
    ];

    /// For each low and each high half of a byte in a place the patterns that it may fit.
    const fn tables(place: usize) -> [[u8; 16]; 2] {
        let mut tables = [[0; 16]; 2];
        let mut bit = 0;
        while bit < PATTERNS.len() {
            let mut i = 0;
            while i < PATTERNS[bit][place].len() {
                let byte = PATTERNS[bit][place][i];
                tables[0][(byte & 15) as usize] |= 1 << bit;
                tables[1][(byte >> 4) as usize] |= 1 << bit;
                i += 1;
            }
            bit += 1;
        }
        tables
    }

    const TABLES: [[[u8; 16]; 2]; 3] = [tables(0), tables(1), tables(2)];

    /// The same as [`avx2`], sixty-four bytes at a time.
    #[target_feature(enable = "avx512bw")]
    pub(super) fn avx512(text: &[u8], out: &mut Vec<usize>) {
        let table = |bytes: &[u8; 16]| {
            // SAFETY: sixteen bytes are read from an array of as many.
            _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
        };
        let tables = TABLES.map(|[low, high]| (table(&low), table(&high)));
        let all = |b: u8| _mm512_set1_epi8(b as i8);
        let (half, f, slash) = (all(15), all(b'F'), all(b'/'));
        let fits = |x: __m512i, (low, high): (__m512i, __m512i)| {
            // A shuffle gives nought for bytes beyond ASCII.
            let high = _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16::<4>(x), half));
            _mm512_and_si512(_mm512_shuffle_epi8(low, x), high)
        };
        let mut at = 0;
        while let Some(bytes) = text.get(at..at + 67) {
            // SAFETY: sixty-four bytes from each of the first four on lie within sixty-seven.
            let load = |i: usize| unsafe { _mm512_loadu_si512(bytes.as_ptr().add(i).cast()) };
            let (first, fourth) = (load(0), load(3));
            let two = _mm512_and_si512(fits(first, tables[0]), fits(load(1), tables[1]));
            let telegram = _mm512_cmpeq_epi8_mask(first, f) & _mm512_cmpeq_epi8_mask(fourth, slash);
            let mut bits = _mm512_test_epi8_mask(two, fits(load(2), tables[2])) | telegram;
            while bits != 0 {
                out.push(at + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
            at += 64;
        }
        out.extend((at..text.len()).filter(|i| matches!(text[*i], b'U' | b'I' | b'i' | b'C' | b'<' | b'F')));
    }

    /// Notes the offsets at which one of the patterns may stand, or an F with a slash three bytes behind it.
    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(text: &[u8], out: &mut Vec<usize>) {
        let table = |bytes: &[u8; 16]| {
            // SAFETY: sixteen bytes are read from an array of as many.
            _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
        };
        let tables = TABLES.map(|[low, high]| (table(&low), table(&high)));
        let all = |b: u8| _mm256_set1_epi8(b as i8);
        let (half, f, slash, nought) = (all(15), all(b'F'), all(b'/'), _mm256_setzero_si256());
        let fits = |x: __m256i, (low, high): (__m256i, __m256i)| {
            // A shuffle gives nought for bytes beyond ASCII.
            let high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16::<4>(x), half));
            _mm256_and_si256(_mm256_shuffle_epi8(low, x), high)
        };
        let mut at = 0;
        while let Some(bytes) = text.get(at..at + 35) {
            // SAFETY: thirty-two bytes from each of the first four on lie within thirty-five.
            let load = |i: usize| unsafe { _mm256_loadu_si256(bytes.as_ptr().add(i).cast()) };
            let (first, fourth) = (load(0), load(3));
            let three =
                _mm256_and_si256(fits(first, tables[0]), _mm256_and_si256(fits(load(1), tables[1]), fits(load(2), tables[2])));
            let telegram = _mm256_and_si256(_mm256_cmpeq_epi8(first, f), _mm256_cmpeq_epi8(fourth, slash));
            let none = _mm256_andnot_si256(telegram, _mm256_cmpeq_epi8(three, nought));
            let mut bits = !_mm256_movemask_epi8(_mm256_or_si256(none, nought)) as u32;
            while bits != 0 {
                out.push(at + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
            at += 32;
        }
        out.extend((at..text.len()).filter(|i| matches!(text[*i], b'U' | b'I' | b'i' | b'C' | b'<' | b'F')));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at every place.
    fn slowly(text: &[u8]) -> Vec<(usize, Start)> {
        let mut found = Found::default();
        (0..text.len()).for_each(|at| found.look(text, at));
        found.finish(text)
    }

    const PARTS: [&str; 14] = [
        "UNB+UNOA:4+A+B+200101:1200+1'UNZ+0+1'",
        "UNA:+.? '\r\nU\nNB+IATA:1+A'",
        "UN\r\nB+UNOA:4+A'",
        "UN\n",
        "U\r",
        "ISA*00*          *00*          *ZZ*A~",
        "isa*00*          *00*          *zz*a~",
        "\nCIRQ:/UTUTA1/N//26/INT/8/S\n",
        "<?xml version='1.0'?><a/>",
        "\nFWB/17\n020-12345675BRULAX/T6K120.0MC0.31\n",
        "\nFMA\nACK\nFWB/17\n",
        "TEXT OF AN ISLAND IN THE CIRCLE ",
        "é\u{2019}ü",
        "F/",
    ];

    proptest::proptest! {
        #[test]
        fn a_walk_finds_what_a_look_at_every_place_finds(
            parts in proptest::collection::vec(0_usize..PARTS.len(), 0..12),
            flips in proptest::collection::vec((0_usize..2000, proptest::prelude::any::<u8>()), 0..6),
        ) {
            let mut text: Vec<u8> = parts.iter().flat_map(|p| PARTS[*p].bytes()).collect();
            for (at, byte) in flips {
                if let Some(b) = text.get_mut(at) {
                    *b = byte;
                }
            }
            proptest::prop_assert_eq!(strong(&text), slowly(&text));
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx2") {
                // Processors that have more are asked for this as well.
                let (mut found, mut candidates) = (Found::default(), Vec::new());
                // SAFETY: the processor has AVX2.
                unsafe { wide::avx2(&text, &mut candidates) };
                candidates.into_iter().for_each(|at| found.look(&text, at));
                proptest::prop_assert_eq!(found.finish(&text), slowly(&text));
            }
        }
    }
}
