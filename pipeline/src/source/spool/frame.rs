//! One pushed message on disk: a head of 24 bytes, then the bytes as they came.
//!
//! ```text
//! 4 mark "TSF1" · 4 length · 8 received at (µs since 1970, UTC) · 8 XXH3 of length, time and bytes
//! ```
//! Numbers are little-endian. A frame counts when its digest holds; what a crash left behind the last
//! such frame was never acknowledged.

use std::io::{self, Read};

use twox_hash::XxHash3_64;

pub(super) const MARK: [u8; 4] = *b"TSF1";
/// Bytes in front of those of the message.
pub(super) const HEAD: usize = 24;

/// Appends a frame.
pub(super) fn append(out: &mut Vec<u8>, received_at: i64, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&MARK);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&received_at.to_le_bytes());
    out.extend_from_slice(&digest(length, received_at, bytes).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Microseconds since 1970, UTC.
    pub(super) received_at: i64,
    /// The message as it came.
    pub(super) bytes: Vec<u8>,
}

/// Reads the next frame; `None` at the end of what counts.
pub(super) fn read(input: &mut impl Read, longest: usize) -> io::Result<Option<Frame>> {
    let mut head = [0; HEAD];
    if !fill(input, &mut head)? {
        return Ok(None);
    }
    let word = |at: usize| head.get(at..at + 8).and_then(|b| b.try_into().ok()).unwrap_or([0; 8]);
    let length = u32::from_le_bytes(head[4..8].try_into().unwrap_or([0; 4]));
    if head[..4] != MARK || length as usize > longest {
        return Ok(None);
    }
    let (received_at, sum) = (i64::from_le_bytes(word(8)), u64::from_le_bytes(word(16)));
    let mut bytes = vec![0; length as usize];
    if !fill(input, &mut bytes)? || digest(length, received_at, &bytes) != sum {
        return Ok(None);
    }
    Ok(Some(Frame { received_at, bytes }))
}

/// `false` where the input ends before.
fn fill(input: &mut impl Read, to: &mut [u8]) -> io::Result<bool> {
    match input.read_exact(to) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

fn digest(length: u32, received_at: i64, bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(u64::from(length) ^ received_at.cast_unsigned().rotate_left(32), bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Cut anywhere, all whole frames in front of the cut are there and nothing else is.
        #[test]
        fn a_torn_tail_is_no_frame(texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6), cut in any::<prop::sample::Index>()) {
            let (mut all, mut ends) = (Vec::new(), Vec::new());
            for (n, text) in texts.iter().enumerate() {
                append(&mut all, n as i64, text);
                ends.push(all.len());
            }
            let cut = cut.index(all.len() + 1);
            let mut input = &all[..cut];
            let mut found = Vec::new();
            while let Some(frame) = read(&mut input, 1_000).unwrap() {
                found.push(frame.bytes);
            }
            let whole = ends.iter().filter(|end| **end <= cut).count();
            prop_assert_eq!(&found[..], &texts[..whole]);
        }

        #[test]
        fn a_changed_byte_is_noticed(text in prop::collection::vec(any::<u8>(), 0..40), at in any::<prop::sample::Index>(), bit in 0..8) {
            let mut frame = Vec::new();
            append(&mut frame, 7, &text);
            let at = at.index(frame.len());
            frame[at] ^= 1_u8 << bit;
            prop_assert!(read(&mut frame.as_slice(), 1_000).unwrap().is_none());
        }
    }
}
