//! Numbers of dangerous goods (UN Recommendations on the Transport of Dangerous Goods, chapter 3.2).

use super::Reason;
use super::code::{Code, PARTED, all_digits, number};

/// Highest number of the list in the 23rd revised edition; a margin is left for the next ones.
const HIGHEST: u16 = 3599;

/// A number of dangerous goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnNumber {
    code: Code<6>,
    list: UnList,
}

/// Who gave the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnList {
    /// United Nations.
    Un,
    /// United States and Canada (`NA`, 49 CFR 172.101).
    Na,
    /// IATA (`ID`, consumer commodity).
    Id,
}

impl UnNumber {
    /// The four digits.
    pub fn as_str(&self) -> &str {
        let end = self.code.len();
        self.code.part(end.saturating_sub(4), end)
    }

    /// Who gave the number.
    pub fn list(&self) -> UnList {
        self.list
    }
}

/// Four digits of 0004 to 3599, also after `UN`; after `NA` up to 9999, and `ID8000`. Blanks and
/// hyphens are skipped.
///
/// # Errors
/// [`Reason::LeadingZero`] for fewer digits that name explosives (4 to 514), [`Reason::Range`]
/// for a number that no one has, otherwise what fits.
pub fn check(text: &str) -> Result<UnNumber, Reason> {
    let code = Code::<6>::read(text, PARTED)?;
    let bytes = code.as_bytes();
    let (list, digits) = match bytes {
        [b'N', b'A', digits @ ..] => (UnList::Na, digits),
        [b'I', b'D', digits @ ..] => (UnList::Id, digits),
        [b'U', b'N', digits @ ..] | digits => (UnList::Un, digits),
    };
    if digits.is_empty() {
        return Err(Reason::Empty);
    }
    if !all_digits(digits) {
        return Err(Reason::Character);
    }
    let number = number(digits) as u16;
    match digits.len() {
        4 if number == 0 => Err(Reason::Placeholder),
        4 if in_range(list, number) => Ok(UnNumber { code, list }),
        4 => Err(Reason::Range),
        1..=3 if (4..=514).contains(&number) && digits[0] != b'0' => Err(Reason::LeadingZero),
        _ => Err(Reason::Length),
    }
}

fn in_range(list: UnList, number: u16) -> bool {
    match list {
        UnList::Un => (4..=HIGHEST).contains(&number),
        UnList::Na => (4..=9999).contains(&number),
        UnList::Id => number == 8000,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_and_reasons() {
        for text in ["1203", "UN1203", "un 1203", "UN-1203"] {
            assert_eq!(check(text).unwrap().as_str(), "1203", "{text}");
        }
        assert_eq!(check("NA1993").unwrap().list(), UnList::Na);
        assert_eq!(check("ID 8000").unwrap().list(), UnList::Id);
        assert_eq!(check("8000"), Err(Reason::Range));
        assert_eq!(check("0003"), Err(Reason::Range));
        assert_eq!(check("0000"), Err(Reason::Placeholder));
        assert_eq!(check("336"), Err(Reason::LeadingZero));
        assert_eq!(check("999"), Err(Reason::Length));
        assert_eq!(check("UN"), Err(Reason::Empty));
        assert_eq!(check("12O3"), Err(Reason::Character));
        assert_eq!(check("120345"), Err(Reason::Length));
    }
}
