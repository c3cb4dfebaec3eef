//! Where the bytes of an interchange are anything but data: separators, control characters, and bytes beyond
//! ASCII. Bits for each byte, made sixteen or thirty-two bytes at a time, so that the reader takes a segment
//! apart without a look at its bytes.

use super::syntax::{Class, Syntax};

/// Bits of 64 bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// Whatever is neither data nor separates components or elements: terminators, release characters, control
    /// characters, bytes beyond ASCII.
    stops: u64,
    /// What separates components or elements.
    separators: u64,
    /// What separates elements.
    elements: u64,
}

impl Word {
    /// From what four quarters show, the first lowest.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    fn add(&mut self, at: u32, [stops, components, elements, terminators]: [u64; 4]) {
        // The class of a byte that is several things: terminator, element, component, the rest.
        let separators = (components | elements) & !terminators;
        self.stops |= (stops & !separators) << at;
        self.separators |= separators << at;
        self.elements |= (elements & !terminators) << at;
    }
}

/// Notes the bits of `input`, and two words behind it without any. Returns whether the input is ASCII.
pub(super) fn index(input: &[u8], syntax: &Syntax, words: &mut Vec<Word>) -> bool {
    words.clear();
    words.reserve(input.len() / 64 + 3);
    let (chunks, rest) = input.as_chunks::<64>();
    let mut ascii = rest.is_ascii();
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512bw") {
        // SAFETY: the processor has AVX-512 for bytes.
        ascii &= unsafe { wide::avx512(chunks, syntax, words) };
    } else if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        ascii &= unsafe { wide::avx2(chunks, syntax, words) };
    } else {
        ascii &= chunks.as_flattened().is_ascii();
        words.extend(chunks.iter().map(|chunk| wide::sse2(chunk, syntax)));
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        ascii &= chunks.as_flattened().is_ascii();
        words.extend(chunks.iter().map(|chunk| plain(chunk, syntax)));
    }
    words.push(plain(rest, syntax));
    words.extend([Word::default(); 2]);
    ascii
}

/// Bits of up to 64 bytes.
fn plain(bytes: &[u8], syntax: &Syntax) -> Word {
    let mut word = Word::default();
    for (i, b) in bytes.iter().enumerate() {
        match syntax.class(*b) {
            Class::Data => {}
            Class::Component => word.separators |= 1 << i,
            Class::Element => {
                word.separators |= 1 << i;
                word.elements |= 1 << i;
            }
            _ => word.stops |= 1 << i,
        }
    }
    word
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm256_cmpeq_epi8,
        _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
        _mm512_cmpeq_epi8_mask, _mm512_cmplt_epi8_mask, _mm512_loadu_si512, _mm512_movepi8_mask, _mm512_set1_epi8,
    };

    use super::{Syntax, Word};

    /// The same as [`avx2`], sixty-four bytes at a time.
    #[target_feature(enable = "avx512bw")]
    pub(super) fn avx512(chunks: &[[u8; 64]], syntax: &Syntax, words: &mut Vec<Word>) -> bool {
        let all = |b: u8| _mm512_set1_epi8(b as i8);
        let (component, element, terminator) = (all(syntax.component), all(syntax.element), all(syntax.terminator));
        let release = all(syntax.release.unwrap_or(syntax.terminator));
        let (blank, delete) = (all(0x20), all(0x7F));
        let mut seen = 0;
        words.extend(chunks.iter().map(|chunk| {
            // SAFETY: a chunk has sixty-four bytes.
            let x = unsafe { _mm512_loadu_si512(chunk.as_ptr().cast()) };
            seen |= _mm512_movepi8_mask(x);
            let terminators = _mm512_cmpeq_epi8_mask(x, terminator);
            // Signed: bytes beyond ASCII are below nought.
            let odd = _mm512_cmplt_epi8_mask(x, blank) | _mm512_cmpeq_epi8_mask(x, delete);
            let stops = terminators | odd | _mm512_cmpeq_epi8_mask(x, release);
            let mut word = Word::default();
            word.add(0, [stops, _mm512_cmpeq_epi8_mask(x, component), _mm512_cmpeq_epi8_mask(x, element), terminators]);
            word
        }));
        seen == 0
    }

    #[inline]
    pub(super) fn sse2(chunk: &[u8; 64], syntax: &Syntax) -> Word {
        let mut word = Word::default();
        for i in 0..4 {
            // SAFETY: SSE2 is a part of x86-64, and sixteen bytes from 16 * i on lie within the chunk.
            let bits = unsafe {
                let is = |x, b: u8| _mm_cmpeq_epi8(x, _mm_set1_epi8(b as i8));
                let x = _mm_loadu_si128(chunk.as_ptr().add(16 * i).cast());
                let terminators = is(x, syntax.terminator);
                let release = is(x, syntax.release.unwrap_or(syntax.terminator));
                // Signed: bytes beyond ASCII are below nought.
                let odd = _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(0x20)), is(x, 0x7F));
                let stops = _mm_or_si128(_mm_or_si128(terminators, release), odd);
                [stops, is(x, syntax.component), is(x, syntax.element), terminators]
                    .map(|m| u64::from(_mm_movemask_epi8(m) as u32))
            };
            word.add(16 * i as u32, bits);
        }
        word
    }

    /// Appends the words of whole chunks; returns whether they are ASCII.
    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(chunks: &[[u8; 64]], syntax: &Syntax, words: &mut Vec<Word>) -> bool {
        let all = |b: u8| _mm256_set1_epi8(b as i8);
        let (component, element, terminator) = (all(syntax.component), all(syntax.element), all(syntax.terminator));
        let release = all(syntax.release.unwrap_or(syntax.terminator));
        let (blank, delete) = (all(0x20), all(0x7F));
        let mut seen = _mm256_setzero_si256();
        for chunk in chunks {
            let mut word = Word::default();
            for i in 0..2 {
                // SAFETY: thirty-two bytes from 32 * i on lie within the chunk.
                let x = unsafe { _mm256_loadu_si256(chunk.as_ptr().add(32 * i).cast()) };
                seen = _mm256_or_si256(seen, x);
                let terminators = _mm256_cmpeq_epi8(x, terminator);
                // Signed: bytes beyond ASCII are below nought.
                let odd = _mm256_or_si256(_mm256_cmpgt_epi8(blank, x), _mm256_cmpeq_epi8(x, delete));
                let stops = _mm256_or_si256(_mm256_or_si256(terminators, _mm256_cmpeq_epi8(x, release)), odd);
                let (components, elements) = (_mm256_cmpeq_epi8(x, component), _mm256_cmpeq_epi8(x, element));
                let bits = |m| u64::from(_mm256_movemask_epi8(m) as u32);
                word.add(32 * i as u32, [bits(stops), bits(components), bits(elements), bits(terminators)]);
            }
            words.push(word);
        }
        _mm256_movemask_epi8(seen) == 0
    }
}

/// The bits of the 64 bytes from `at` on, or of some of them up to the first stop at least; `None` behind the end of the
/// input.
#[inline]
pub(super) fn window(words: &[Word], at: usize) -> Option<Word> {
    let &[low, high] = words.get(at / 64..)?.first_chunk()?;
    let by = at % 64;
    // Most segments end in the word in which they begin.
    if low.stops >> by != 0 {
        return Some(Word { stops: low.stops >> by, separators: low.separators >> by, elements: low.elements >> by });
    }
    let join = |low: u64, high: u64| low >> by | high << 1 << (63 - by);
    Some(Word {
        stops: join(low.stops, high.stops),
        separators: join(low.separators, high.separators),
        elements: join(low.elements, high.elements),
    })
}

impl Word {
    /// How many bytes stand before the first stop; 64 where there is none.
    #[inline]
    pub(super) fn stop(self) -> u32 {
        self.stops.trailing_zeros()
    }

    /// The separators, and which of them separate elements.
    #[inline]
    pub(super) fn separators(self) -> (u64, u64) {
        (self.separators, self.elements)
    }
}

/// Steps through the marked bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks<'m> {
    pub(super) words: &'m [Word],
    word: usize,
    bits: u64,
}

impl<'m> Marks<'m> {
    /// From the byte at `at` on.
    #[inline]
    pub(super) fn from(words: &'m [Word], at: usize) -> Self {
        let word = at / 64;
        let bits = words.get(word).map_or(0, |w| (w.stops | w.separators) & (!0 << (at % 64)));
        Self { words, word, bits }
    }

    /// The next marked byte.
    #[inline]
    pub(super) fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            self.word += 1;
            let word = self.words.get(self.word)?;
            self.bits = word.stops | word.separators;
        }
        let at = self.word * 64 + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn marks_are_what_is_not_data(
            bytes in proptest::collection::vec(proptest::prop_oneof![proptest::prelude::any::<u8>(), 0x20_u8..0x7F], 0..300),
            from in 0_usize..300,
        ) {
            let odd = Syntax::new(b'*', b'*', Some(b'*'), None, b'*', &[]);
            for syntax in [Syntax::default(), Syntax::new(b'*', b'-', None, None, 0x99, &[]), Syntax::new(0x1F, 0x1D, None, None, 0x1C, &[]), odd] {
                let mut words = Vec::new();
                let ascii = index(&bytes, &syntax, &mut words);
                proptest::prop_assert_eq!(ascii, bytes.is_ascii());
                let mut marks = Marks::from(&words, from);
                let found: Vec<usize> = std::iter::from_fn(|| marks.next()).collect();
                let want: Vec<usize> = (from..bytes.len()).filter(|i| syntax.class(bytes[*i]) != Class::Data).collect();
                proptest::prop_assert_eq!(found, want);
                let few: Vec<Word> = bytes.chunks(64).map(|chunk| plain(chunk, &syntax)).collect();
                proptest::prop_assert_eq!(&words[..few.len()], &few[..]);
                #[cfg(target_arch = "x86_64")]
                if std::arch::is_x86_feature_detected!("avx2") {
                    // Processors that have more are asked for this as well.
                    let (chunks, mut words) = (bytes.as_chunks::<64>().0, Vec::new());
                    // SAFETY: the processor has AVX2.
                    let ascii = unsafe { wide::avx2(chunks, &syntax, &mut words) };
                    proptest::prop_assert_eq!((ascii, &words[..]), (chunks.as_flattened().is_ascii(), &few[..chunks.len()]));
                }
                #[cfg(target_arch = "x86_64")]
                for (chunk, word) in bytes.as_chunks::<64>().0.iter().zip(&few) {
                    proptest::prop_assert_eq!(wide::sse2(chunk, &syntax), *word);
                }
                if from <= bytes.len() {
                    let whole = plain(&bytes[from..bytes.len().min(from + 64)], &syntax);
                    let stop = whole.stop();
                    let upto = |word: Word| {
                        let mask = 1_u64.checked_shl(stop).map_or(u64::MAX, |bit| bit - 1);
                        (word.stop(), word.separators & mask, word.elements & mask)
                    };
                    proptest::prop_assert_eq!(window(&words, from).map(upto), Some(upto(whole)));
                }
            }
        }
    }
}
