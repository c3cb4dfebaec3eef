//! Canadian businesses (CRA business number; importers and exporters have program account `RM`).

use super::Reason;
use super::code::{Code, PARTED, all_digits, all_letters, all_same};

/// A business number and its program account, where one follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BusinessNumber(Code<15>);

impl BusinessNumber {
    /// All characters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The business, nine digits.
    pub fn business(&self) -> &str {
        self.0.part(0, 9)
    }

    /// Program account as `RM0001`.
    pub fn account(&self) -> Option<&str> {
        Some(self.0.part(9, 15)).filter(|a| !a.is_empty())
    }
}

/// Nine digits with a check digit (Luhn), and none or one program account of `R`, a letter and
/// four digits; blanks and hyphens are skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<BusinessNumber, Reason> {
    let code = Code::<15>::read(text, PARTED)?;
    let bytes = code.as_bytes();
    let (business, account) = bytes.split_at(bytes.len().min(9));
    if !all_digits(business) {
        return Err(Reason::Character);
    }
    if business.len() < 9 || !matches!(account.len(), 0 | 6) {
        return Err(Reason::Length);
    }
    if !account.is_empty() {
        if !all_letters(&account[..2]) || !all_digits(&account[2..]) {
            return Err(Reason::Character);
        }
        if account[0] != b'R' {
            return Err(Reason::Prefix);
        }
    }
    if all_same(business) {
        return Err(Reason::Placeholder);
    }
    if luhn(business) { Ok(BusinessNumber(code)) } else { Err(Reason::CheckDigit) }
}

/// Whether the digits, every second from the right doubled, sum to a multiple of ten (ISO/IEC
/// 7812-1).
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let value = u32::from(d - b'0') << (i & 1);
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_and_reasons() {
        let number = check("12345 6782 RM 0001").unwrap();
        assert_eq!((number.business(), number.account()), ("123456782", Some("RM0001")));
        assert_eq!(check("123456782").unwrap().account(), None);
        assert_eq!(check("123456783"), Err(Reason::CheckDigit));
        assert_eq!(check("123456782RM001"), Err(Reason::Length));
        assert_eq!(check("123456782XM0001"), Err(Reason::Prefix));
        assert_eq!(check("1234567R2"), Err(Reason::Character));
        assert_eq!(check("000000000"), Err(Reason::Placeholder));
    }
}
