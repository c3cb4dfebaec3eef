//! Standard carrier alpha codes (NMFTA).

use super::Reason;
use super::code::{Code, all_letters};

/// Two to four letters.
pub type Scac = Code<4>;

/// Two to four letters; blanks around them are skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Scac, Reason> {
    let code = Code::<4>::read(text.trim(), b"")?;
    let bytes = code.as_bytes();
    if !all_letters(bytes) {
        return Err(Reason::Character);
    }
    if bytes.len() < 2 { Err(Reason::Length) } else { Ok(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_to_four_letters() {
        assert!(check("MAEU").is_ok() && check("up").is_ok());
        assert_eq!(check("M"), Err(Reason::Length));
        assert_eq!(check("MAEUX"), Err(Reason::Length));
        assert_eq!(check("MA3U"), Err(Reason::Character));
    }
}
