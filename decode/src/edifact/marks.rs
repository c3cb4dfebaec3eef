//! Where the bytes of an interchange are anything but data: separators, control characters, and bytes beyond
//! ASCII. One bit a byte, made sixteen bytes at a time, so that the reader steps from one to the next.

use super::syntax::{Class, Syntax};

/// Notes a bit for each byte of `input`.
pub(super) fn index(input: &[u8], syntax: &Syntax, marks: &mut Vec<u64>) {
    marks.clear();
    marks.reserve(input.len() / 64 + 1);
    let (chunks, rest) = input.as_chunks::<64>();
    #[cfg(target_arch = "x86_64")]
    marks.extend(chunks.iter().map(|chunk| sse2(chunk, syntax)));
    #[cfg(not(target_arch = "x86_64"))]
    marks.extend(chunks.iter().map(|chunk| plain(chunk, syntax)));
    marks.push(plain(rest, syntax));
}

/// Bits of up to 64 bytes.
fn plain(bytes: &[u8], syntax: &Syntax) -> u64 {
    bytes.iter().enumerate().fold(0, |word, (i, b)| word | u64::from(syntax.class(*b) != Class::Data) << i)
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn sse2(chunk: &[u8; 64], syntax: &Syntax) -> u64 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8};
    let mut word = 0;
    for i in 0..4 {
        // SAFETY: SSE2 is a part of x86-64, and sixteen bytes from 16 * i on lie within the chunk.
        let mask = unsafe {
            let is = |x, b: u8| _mm_cmpeq_epi8(x, _mm_set1_epi8(b as i8));
            let x = _mm_loadu_si128(chunk.as_ptr().add(16 * i).cast());
            let separators = _mm_or_si128(is(x, syntax.component), _mm_or_si128(is(x, syntax.element), is(x, syntax.terminator)));
            let release = is(x, syntax.release.unwrap_or(syntax.terminator));
            // Signed: bytes beyond ASCII are below nought.
            let odd = _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(0x20)), is(x, 0x7F));
            _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(separators, release), odd))
        };
        word |= u64::from(mask as u32) << (16 * i);
    }
    word
}

/// Steps through the marked bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks<'m> {
    pub(super) words: &'m [u64],
    word: usize,
    bits: u64,
}

impl<'m> Marks<'m> {
    /// From the byte at `at` on.
    #[inline]
    pub(super) fn from(words: &'m [u64], at: usize) -> Self {
        let word = at / 64;
        let bits = words.get(word).map_or(0, |w| w & (!0 << (at % 64)));
        Self { words, word, bits }
    }

    /// The next marked byte.
    #[inline]
    pub(super) fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            self.word += 1;
            self.bits = *self.words.get(self.word)?;
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
        fn marks_are_what_is_not_data(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), from in 0_usize..300) {
            for syntax in [Syntax::default(), Syntax::new(b'*', b'-', None, None, 0x99, &[])] {
                let mut words = Vec::new();
                index(&bytes, &syntax, &mut words);
                let mut marks = Marks::from(&words, from);
                let found: Vec<usize> = std::iter::from_fn(|| marks.next()).collect();
                let want: Vec<usize> = (from..bytes.len()).filter(|i| syntax.class(bytes[*i]) != Class::Data).collect();
                proptest::prop_assert_eq!(found, want);
            }
        }
    }
}
