//! An identifier as it is compared: upper-case letters and digits, held without allocation.

use std::fmt;
use std::ops::Deref;

use super::Reason;

/// Up to `N` characters of ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> Code<N> {
    /// Letters and digits of `text` in upper case; characters of `skipped` are left out.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::Character`] for any other character, [`Reason::Length`]
    /// where there are more than `N`.
    #[inline]
    pub(super) fn read(text: &str, skipped: &[u8]) -> Result<Self, Reason> {
        Self::read_with(text, skipped, &[])
    }

    /// As [`Self::read`], and the characters of `kept` are kept too.
    #[inline]
    pub(super) fn read_with(text: &str, skipped: &[u8], kept: &[u8]) -> Result<Self, Reason> {
        let mut bytes = [0; N];
        let mut len = 0;
        for byte in text.bytes() {
            let mut upper = UPPER[usize::from(byte)];
            if upper == 0 {
                if skipped.contains(&byte) {
                    continue;
                }
                if !kept.contains(&byte) {
                    return Err(Reason::Character);
                }
                upper = byte;
            }
            if let Some(place) = bytes.get_mut(len) {
                *place = upper;
            }
            len += 1;
        }
        if len > N {
            return Err(Reason::Length);
        }
        if len == 0 {
            return Err(Reason::Empty);
        }
        Ok(Self { bytes, len: len as u8 })
    }

    /// The characters.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The characters as text.
    #[inline]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Characters `from..to` as text; empty where they are not there.
    #[inline]
    pub(super) fn part(&self, from: usize, to: usize) -> &str {
        self.as_str().get(from..to).unwrap_or_default()
    }
}

impl<const N: usize> Deref for Code<N> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> fmt::Debug for Code<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl<const N: usize> fmt::Display for Code<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Letters and digits in upper case; 0 for anything else.
const UPPER: [u8; 256] = {
    let mut upper = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            upper[byte as usize] = byte.to_ascii_uppercase();
        }
        byte += 1;
    }
    upper
};

/// Blanks and hyphens: how people part an identifier.
pub(super) const PARTED: &[u8] = b" -\t";

#[inline]
pub(super) fn all_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

#[inline]
pub(super) fn all_letters(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_uppercase)
}

/// Whether every character is the same one.
#[inline]
pub(super) fn all_same(bytes: &[u8]) -> bool {
    bytes.windows(2).all(|pair| pair[0] == pair[1])
}

/// The number that digits write; they must be digits and few enough.
#[inline]
pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0'))
}

/// Sum of digits times weights.
#[inline]
pub(super) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| u32::from(d - b'0') * w).sum()
}
