//! Chinese organisations (unified social credit identifier, GB 32100-2015).

use super::Reason;
use super::code::{Code, PARTED};

/// Eighteen characters.
pub type Usci = Code<18>;

/// Characters in the order of their values; I, O, S, V and Z are not among them.
const CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Powers of 3 modulo 31.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Eighteen characters, the last of which checks the others modulo 31; blanks and hyphens are
/// skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Usci, Reason> {
    let code = Usci::read(text, PARTED)?;
    let bytes = code.as_bytes();
    let mut sum = 0;
    for (byte, weight) in bytes.iter().zip(WEIGHTS.into_iter().chain([1])) {
        sum += value(*byte).ok_or(Reason::Character)? * weight;
    }
    if bytes.len() != 18 {
        return Err(Reason::Length);
    }
    if sum == 0 {
        return Err(Reason::Placeholder);
    }
    // The last is 31 less the remainder of the others, so that all together leave none.
    if sum.is_multiple_of(31) { Ok(code) } else { Err(Reason::CheckDigit) }
}

fn value(character: u8) -> Option<u32> {
    CHARACTERS.iter().position(|c| *c == character).map(|at| at as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters() {
        assert!(check("91350100M000100Y43").is_ok());
        assert_eq!(check("91350100M000100Y44"), Err(Reason::CheckDigit));
        assert_eq!(check("91350100M000100Y4"), Err(Reason::Length));
        assert_eq!(check("9135010OM000100Y43"), Err(Reason::Character));
        assert_eq!(check("000000000000000000"), Err(Reason::Placeholder));
    }

    #[test]
    fn weights_are_powers_of_three() {
        let mut power = 1;
        for weight in WEIGHTS {
            assert_eq!(weight, power);
            power = power * 3 % 31;
        }
    }
}
