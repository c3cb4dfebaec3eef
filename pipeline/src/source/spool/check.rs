//! Looks at a piece of a spool, without changing it.

use std::fs::File;
use std::io::{self, BufReader, Seek as _, SeekFrom};
use std::path::Path;

use serde::Serialize;

use super::frame;

/// What a piece holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PieceReport {
    /// Messages whose digest holds, up to the first that does not.
    pub messages: u64,
    /// Bytes of these messages, without their heads.
    pub bytes: u64,
    /// Position behind the last of them: the checkpoint's position once all is committed.
    pub end: u64,
    /// When the first and the last of them came: microseconds since 1970, UTC.
    pub received: Option<(i64, i64)>,
    /// Bytes behind them that are no whole message. A crash leaves them; they were never acknowledged.
    pub torn: u64,
    /// Positions of whole messages behind a damaged one. No crash does that: the disk has changed what was
    /// acknowledged, and what lies behind the damage is not read.
    pub behind_damage: Vec<u64>,
}

/// Reads a piece of a spool from its beginning to its end and checks every digest.
///
/// # Errors
/// Where it cannot be read.
pub fn check_piece(path: &Path) -> io::Result<PieceReport> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let longest = usize::try_from(length).unwrap_or(usize::MAX);
    let mut found = PieceReport::default();
    let mut input = BufReader::with_capacity(1 << 18, &mut file);
    while let Some(frame) = frame::read(&mut input, longest)? {
        found.messages += 1;
        found.bytes += frame.bytes.len() as u64;
        found.end += (frame::HEAD + frame.bytes.len()) as u64;
        found.received = Some((found.received.map_or(frame.received_at, |(first, _)| first), frame.received_at));
    }
    found.torn = length.saturating_sub(found.end);
    if found.torn > 0 {
        file.seek(SeekFrom::Start(found.end))?;
        let mut rest = Vec::new();
        io::Read::read_to_end(&mut BufReader::new(file), &mut rest)?;
        let whole = |at: &usize| frame::read(&mut &rest[*at..], longest).is_ok_and(|f| f.is_some());
        let marks = memchr::memmem::find_iter(&rest, &frame::MARK);
        found.behind_damage = marks.filter(whole).map(|at| found.end + at as u64).collect();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn damage_in_the_middle_is_told_from_a_torn_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.spool");
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (n, text) in ["one", "two two", "three"].into_iter().enumerate() {
            frame::append(&mut bytes, 10 + n as i64, text.as_bytes());
            ends.push(bytes.len());
        }
        let look = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            check_piece(&path).unwrap()
        };
        let whole =
            PieceReport { messages: 3, bytes: 15, end: ends[2] as u64, received: Some((10, 12)), ..PieceReport::default() };
        assert_eq!(look(&bytes), whole);
        assert_eq!(look(&[]), PieceReport::default());
        let torn = look(&bytes[..ends[2] - 1]);
        assert_eq!((torn.messages, torn.torn, torn.behind_damage.len()), (2, (ends[2] - 1 - ends[1]) as u64, 0));
        bytes[ends[0] + frame::HEAD] ^= 1;
        let damaged = look(&bytes);
        assert_eq!((damaged.messages, damaged.end, damaged.behind_damage), (1, ends[0] as u64, vec![ends[1] as u64]));
    }
}
