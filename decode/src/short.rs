//! Short texts as numbers: names, numbers and codes are looked at eight bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Up to eight bytes as a number, the first lowest, with noughts behind them.
#[inline]
pub(crate) fn load(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    let half = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or_default()));
    // Two loads that may overlap cover any length.
    match len {
        0 => 0,
        1..=3 => {
            u64::from(bytes[0]) | u64::from(bytes[len / 2]) << (8 * (len / 2)) | u64::from(bytes[len - 1]) << (8 * (len - 1))
        }
        4..=7 => half(0) | half(len - 4) << (8 * (len - 4)),
        _ => u64::from_le_bytes(bytes[..8].try_into().unwrap_or_default()),
    }
}

/// Whether something is so of any eight bytes; fewer than eight are filled up with `filler`.
#[inline]
fn any(bytes: &[u8], filler: u8, is: impl Fn(u64) -> bool) -> bool {
    if let Some(last) = bytes.last_chunk::<8>() {
        // The last eight may have been looked at in part.
        return bytes.as_chunks::<8>().0.iter().any(|eight| is(u64::from_le_bytes(*eight))) || is(u64::from_le_bytes(*last));
    }
    let behind = (u64::MAX).checked_shl(8 * bytes.len() as u32).unwrap_or(0);
    is(load(bytes) | (ONES * u64::from(filler)) & behind)
}

/// Bits of the bytes among the first 64 that are `byte`; the lowest stands for the first.
#[inline]
pub(crate) fn places(bytes: &[u8], byte: u8) -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every processor of this kind has SSE2.
    return unsafe { sse2::places(bytes, byte) };
    #[cfg(not(target_arch = "x86_64"))]
    one_by_one(bytes, |b| b == byte)
}

/// Bits of the ASCII letters and digits among the first 64 bytes; the lowest stands for the first.
#[inline]
pub(crate) fn alphanumerics(bytes: &[u8]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every processor of this kind has SSE2.
    return unsafe { sse2::alphanumerics(bytes) };
    #[cfg(not(target_arch = "x86_64"))]
    one_by_one(bytes, |b| b.is_ascii_alphanumeric())
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn one_by_one(bytes: &[u8], is: impl Fn(u8) -> bool) -> u64 {
    bytes.iter().take(64).enumerate().fold(0, |places, (i, b)| places | u64::from(is(*b)) << i)
}

/// Sixteen bytes at a time.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8, _mm_sub_epi8,
    };

    use super::load;

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn places(bytes: &[u8], byte: u8) -> u64 {
        let wanted = _mm_set1_epi8(byte as i8);
        among(bytes, |sixteen| _mm_cmpeq_epi8(sixteen, wanted))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn alphanumerics(bytes: &[u8]) -> u64 {
        let all = |byte: u8| _mm_set1_epi8(byte as i8);
        // What lies before the range becomes large.
        let within = |from_first: __m128i, last: u8| _mm_cmpeq_epi8(_mm_min_epu8(from_first, all(last)), from_first);
        among(bytes, |sixteen| {
            let digits = within(_mm_sub_epi8(sixteen, all(b'0')), 9);
            let letters = within(_mm_sub_epi8(_mm_or_si128(sixteen, all(0x20)), all(b'a')), 25);
            _mm_or_si128(digits, letters)
        })
    }

    /// Bits of the bytes among the first 64 of which a function makes ones.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn among(bytes: &[u8], of: impl Fn(__m128i) -> __m128i) -> u64 {
        let half = |eight: &[u8]| load(eight) as i64;
        let bits = |low, high| u64::from(_mm_movemask_epi8(of(_mm_set_epi64x(high, low))) as u16);
        let (whole, rest) = bytes[..bytes.len().min(64)].as_chunks::<16>();
        let mut places = 0;
        for (i, sixteen) in whole.iter().enumerate() {
            places |= bits(half(&sixteen[..8]), half(&sixteen[8..])) << (16 * i);
        }
        if !rest.is_empty() {
            let (low, high) = rest.split_at(rest.len().min(8));
            // What stands behind the text is no byte of it.
            places |= (bits(half(low), half(high)) & !(u64::MAX << rest.len())) << (16 * whole.len());
        }
        places
    }
}

/// Whether a text has a blank.
#[inline]
pub(crate) fn has_blank(bytes: &[u8]) -> bool {
    any(bytes, b'A', |word| {
        let x = word ^ (ONES * u64::from(b' '));
        // A byte that is nought borrows from its highest bit.
        x.wrapping_sub(ONES) & !x & HIGH != 0
    })
}

/// Whether all of a text is printed ASCII without blanks.
#[inline]
pub(crate) fn is_one_word(bytes: &[u8]) -> bool {
    // Bytes from 0x21 on reach the highest bit, those beyond ASCII have it.
    let well = |word: u64| word.wrapping_add(ONES * (0x80 - 0x21)) & !word & HIGH == HIGH;
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) if bytes.len() <= 16 => {
            let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            // Of two words that are well, no byte carried into the next one.
            well(first) && well(last)
        }
        _ => !any(bytes, b'A', |word| !well(word)),
    }
}

/// Sixteen bytes with ASCII letters as capitals.
#[inline]
pub(crate) fn capitals(bytes: u128) -> u128 {
    let half = |word: u64| {
        // Without its highest bit no byte reaches the next one.
        let seven = word & !HIGH;
        let (from_a, behind_z) = (seven + ONES * (0x80 - u64::from(b'a')), seven + ONES * (0x7F - u64::from(b'z')));
        let small = from_a & !behind_z & !word & HIGH;
        // The bit that tells small letters stands two below the highest.
        word ^ small >> 2
    };
    u128::from(half(bytes as u64)) | u128::from(half((bytes >> 64) as u64)) << 64
}

/// A number in eight hexadecimal digits.
#[inline]
pub(crate) fn hex(number: u32) -> [u8; 8] {
    // Each half of a byte becomes a byte.
    let mut halves = u64::from(number);
    halves = (halves | halves << 16) & 0x0000_FFFF_0000_FFFF;
    halves = (halves | halves << 8) & 0x00FF_00FF_00FF_00FF;
    halves = (halves | halves << 4) & (ONES * 15);
    let letters = (halves + ONES * 6) >> 4 & ONES;
    (halves + ONES * u64::from(b'0') + letters * u64::from(b'a' - b'0' - 10)).to_be_bytes()
}

/// The numbers that six digits make two by two; `None` where one is no digit.
#[inline]
pub(crate) fn three_numbers(digits: [u8; 6]) -> Option<[u32; 3]> {
    const SIX: u64 = 0xFFFF_FFFF_FFFF;
    let [a, b, c, d, e, f] = digits;
    let text = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
    let values = text.wrapping_sub((ONES * u64::from(b'0')) & SIX);
    // Below nought a digit borrows; above nine it reaches the highest bit.
    let odd = (values | text.wrapping_add((ONES * (0x7F - u64::from(b'9'))) & SIX) | text) & HIGH & SIX;
    // The tens of a number stand in front of its ones.
    let numbers = values.wrapping_mul(10).wrapping_add(values >> 8);
    (odd == 0).then_some([numbers & 0xFF, numbers >> 16 & 0xFF, numbers >> 32 & 0xFF].map(|n| n as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn as_byte_by_byte(bytes in proptest::collection::vec(proptest::prop_oneof![0x19_u8..0x24, proptest::prelude::any::<u8>(), 0x41_u8..0x5A], 0..30)) {
            proptest::prop_assert_eq!(has_blank(&bytes), bytes.contains(&b' '));
            proptest::prop_assert_eq!(is_one_word(&bytes), bytes.iter().all(|b| *b < 0x80 && *b > b' '));
            if let Some(six) = bytes.first_chunk::<6>() {
                let two = |at: usize| u32::from(six[at] - b'0') * 10 + u32::from(six[at + 1] - b'0');
                let want = six.iter().all(u8::is_ascii_digit).then(|| [two(0), two(2), two(4)]);
                proptest::prop_assert_eq!(three_numbers(*six), want);
            }
            if let Some(sixteen) = bytes.first_chunk::<16>() {
                let want = u128::from_le_bytes(sixteen.map(|b| b.to_ascii_uppercase()));
                proptest::prop_assert_eq!(capitals(u128::from_le_bytes(*sixteen)), want);
            }
            if let Some(four) = bytes.first_chunk::<4>() {
                let number = u32::from_le_bytes(*four);
                proptest::prop_assert_eq!(hex(number).to_vec(), format!("{number:08x}").into_bytes());
            }
            let mut first = [0; 8];
            let n = bytes.len().min(8);
            first[..n].copy_from_slice(&bytes[..n]);
            proptest::prop_assert_eq!(load(&bytes), u64::from_le_bytes(first));
        }
    }

    proptest::proptest! {
        #[test]
        fn places_are_where_the_byte_is(bytes in proptest::collection::vec(0x2E_u8..0x31, 0..70)) {
            proptest::prop_assert_eq!(places(&bytes, b'/'), one_by_one(&bytes, |b| b == b'/'));
        }

        #[test]
        fn letters_and_digits_are_found(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..70)) {
            proptest::prop_assert_eq!(alphanumerics(&bytes), one_by_one(&bytes, |b| b.is_ascii_alphanumeric()));
        }
    }

    #[test]
    fn capital_letters() {
        for byte in 0..=255_u8 {
            assert_eq!(capitals(u128::from_le_bytes([byte; 16])).to_le_bytes(), [byte.to_ascii_uppercase(); 16]);
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(three_numbers(*b"240501"), Some([24, 5, 1]));
        for at in 0..6 {
            for byte in 0..=255 {
                let mut digits = *b"991231";
                digits[at] = byte;
                assert_eq!(three_numbers(digits).is_some(), byte.is_ascii_digit());
            }
        }
        assert_eq!((three_numbers(*b"24050A"), three_numbers(*b"24 501")), (None, None));
    }
}
