//! Lines of the telegram around a message: `QK FRACSLH DFWAADL`, `.DFWAADL 081530`.

use super::super::output::Raw;
use super::day;

/// What the telegram says of the message.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Telegram<'t> {
    /// Address of the sender.
    pub(super) sender: &'t str,
    /// First address of a recipient.
    pub(super) recipient: &'t str,
    /// When it was sent: local microseconds; the day nearest to the receipt.
    pub(super) time: Option<i64>,
}

/// Whether a word is an address: seven letters and digits (city, department, airline).
fn is_address(word: &[u8]) -> bool {
    word.len() == 7
        && word.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && word[..3].iter().all(u8::is_ascii_uppercase)
}

/// Whether a line is one of addresses: several, or with a priority in front, or the sender behind a
/// point.
pub(super) fn is_line(line: &[u8]) -> bool {
    if let [b'.', rest @ ..] = line {
        return rest.get(..7).is_some_and(is_address);
    }
    let mut words = line.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let Some(first) = words.next() else { return false };
    let priority = matches!(first, [b'Q', b'A'..=b'Z']);
    (priority || is_address(first)) && words.next().is_some_and(is_address) && words.all(is_address)
}

impl<'t> Telegram<'t> {
    /// Reads the lines in front of a message, and tells where one stands that is no address.
    pub(super) fn read(raw: &Raw<'t>, head: &[(usize, usize)]) -> (Self, Option<usize>) {
        let mut telegram = Self { sender: raw.envelope.sender, recipient: raw.envelope.recipient, time: raw.envelope.event_time };
        let mut dirt = None;
        let bytes = raw.bytes;
        for &(from, to) in head {
            let line = &bytes[from..to];
            if !is_line(line) && !is_address(line) {
                dirt = dirt.or(Some(from));
                continue;
            }
            let text = std::str::from_utf8(line).unwrap_or_default();
            let mut words = text.split(' ').filter(|w| !w.is_empty());
            if let Some(rest) = text.strip_prefix('.') {
                telegram.sender = rest.get(..7).unwrap_or_default();
                telegram.time = rest.get(7..).and_then(|t| sent(t, raw.origin.received_at));
            } else if telegram.recipient.is_empty() {
                telegram.recipient = words.find(|w| is_address(w.as_bytes())).unwrap_or_default();
            }
        }
        (telegram, dirt)
    }
}

/// When a telegram was sent, by the line of its sender; local microseconds.
pub(crate) fn time_of(heading: &[u8], received_at: i64) -> Option<i64> {
    let mut lines = heading.split(|b| matches!(b, b'\n' | b'\r' | 1..=3)).map(<[u8]>::trim_ascii);
    let sender = lines.find(|line| line.first() == Some(&b'.'))?;
    sent(std::str::from_utf8(sender).ok()?.get(8..)?, received_at)
}

/// Day and clock behind an address, such as `081530`, alone or behind a word.
fn sent(text: &str, received_at: i64) -> Option<i64> {
    let word = text.split([' ', '/']).find(|w| w.len() >= 6 && w.bytes().take(6).all(|b| b.is_ascii_digit()))?;
    let number = |from: usize| word.get(from..from + 2)?.parse::<i64>().ok();
    let (hour, minute) = (number(2)?, number(4)?);
    let around = received_at.div_euclid(86_400_000_000) as i32;
    let midnight = day(word.get(..2)?, around)?;
    (hour < 24 && minute < 60).then_some(midnight + (hour * 60 + minute) * 60_000_000)
}
