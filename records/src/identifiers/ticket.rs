//! Electronic tickets (IATA Resolutions 722 and 722f).

use super::Reason;
use super::code::{Code, PARTED, all_digits, all_same, number};

/// A ticket number: airline and document number, coupon where it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket {
    number: Code<15>,
    /// Where the thirteen digits begin.
    start: u8,
    coupon: Option<u8>,
}

impl Ticket {
    /// The thirteen digits.
    pub fn as_str(&self) -> &str {
        let start = usize::from(self.start);
        self.number.part(start, start + 13)
    }

    /// Accounting code of the airline, three digits.
    pub fn airline(&self) -> &str {
        self.as_str().get(..3).unwrap_or_default()
    }

    /// Form and serial number, ten digits.
    pub fn document(&self) -> &str {
        self.as_str().get(3..).unwrap_or_default()
    }

    /// Number of the flight coupon, 1 to 4.
    pub fn coupon(&self) -> Option<u8> {
        self.coupon
    }
}

/// Three digits of the airline and ten of the document; a check digit may follow (the thirteen
/// digits modulo 7), also after a coupon number in front as in the printed form (the fourteen
/// modulo 7). A coupon behind (`C1`) and the last digits of a conjunction ticket (`-75`, `/75`)
/// are taken off; blanks and hyphens are skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Ticket, Reason> {
    let text = text.trim();
    let (text, coupon) = coupon_of(text);
    let code = Code::<15>::read(without_conjunction(text), PARTED)?;
    let bytes = code.as_bytes();
    if !all_digits(bytes) {
        return Err(Reason::Character);
    }
    let (digits, check) = match bytes.len() {
        13 => (bytes, None),
        14 | 15 => (&bytes[..bytes.len() - 1], bytes.last()),
        _ => return Err(Reason::Length),
    };
    if all_same(&digits[digits.len() - 10..]) {
        return Err(Reason::Placeholder);
    }
    if check.is_some_and(|c| number(digits) % 7 != u64::from(c - b'0')) {
        return Err(Reason::CheckDigit);
    }
    let start = digits.len() - 13;
    let coupon = if start == 1 { Some(digits[0] - b'0').filter(|c| *c > 0) } else { coupon };
    Ok(Ticket { number: code, start: start as u8, coupon })
}

/// Without `C1` to `C4` at the end.
fn coupon_of(text: &str) -> (&str, Option<u8>) {
    match text.as_bytes() {
        [.., b'C' | b'c', coupon @ b'1'..=b'4'] => (&text[..text.len() - 2], Some(coupon - b'0')),
        _ => (text, None),
    }
}

/// Without the two or three digits behind the last hyphen or slash, where a whole number stands
/// in front of it.
fn without_conjunction(text: &str) -> &str {
    match text.rfind(['-', '/']) {
        Some(at) if (2..=3).contains(&(text.len() - at - 1)) && text[..at].bytes().filter(u8::is_ascii_digit).count() >= 13 => {
            &text[..at]
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_and_reasons() {
        let ticket = check("016-2345678901").unwrap();
        assert_eq!([ticket.as_str(), ticket.airline(), ticket.document()], ["0162345678901", "016", "2345678901"]);
        assert_eq!(check("0162345678901C2").unwrap().coupon(), Some(2));
        assert_eq!(check("016 2345678901-02").unwrap().as_str(), "0162345678901");
        assert_eq!(check("0162345678901/902").unwrap().as_str(), "0162345678901");
        // 162345678901 = 7 · 23192239843 + 0
        assert!(check("01623456789010").is_ok());
        assert_eq!(check("01623456789011"), Err(Reason::CheckDigit));
        assert_eq!(check("016234567890"), Err(Reason::Length));
        assert_eq!(check("0160000000000"), Err(Reason::Placeholder));
        assert_eq!(check("01623456789O1"), Err(Reason::Character));
        assert_eq!(check(""), Err(Reason::Empty));
    }

    #[test]
    fn the_printed_form_has_a_coupon_in_front() {
        // A textbook example with its coupon number and check digit.
        let ticket = check("101333341789013").unwrap();
        assert_eq!((ticket.as_str(), ticket.coupon()), ("0133334178901", Some(1)));
        assert_eq!(check("007862342770445"), Err(Reason::CheckDigit));
    }
}
