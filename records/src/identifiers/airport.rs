//! Airports and cities (IATA Resolution 763).

use super::Reason;
use super::code::{Code, all_letters};

/// Three letters.
pub type Airport = Code<3>;

/// Three letters; blanks around them are skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Airport, Reason> {
    let code = Code::<3>::read(text.trim(), b"")?;
    if !all_letters(code.as_bytes()) {
        return Err(Reason::Character);
    }
    if code.len() == 3 { Ok(code) } else { Err(Reason::Length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters() {
        assert!(check("YUL").is_ok() && check(" yul ").is_ok());
        assert_eq!(check("CYUL"), Err(Reason::Length));
        assert_eq!(check("YU"), Err(Reason::Length));
        assert_eq!(check("Y2L"), Err(Reason::Character));
        assert_eq!(check("Y L"), Err(Reason::Character));
        assert_eq!(check(""), Err(Reason::Empty));
    }
}
