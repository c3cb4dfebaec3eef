//! Forms of values that the rules ask for.

/// A number, `NaN` where the text is none: whatever is compared with it then differs.
pub(super) fn number(text: &str) -> f64 {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E'));
    if plain { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// Whether a number is written with noughts in front: `01`, but not `0`.
pub(super) fn leading_zeros(text: &str) -> bool {
    text.starts_with('0') && text.chars().nth(1).is_some()
}

/// Whether a mass has a plus or minus.
pub(super) fn has_sign(text: &str) -> bool {
    text.contains(['+', '-'])
}

/// Whether a mass is written without noughts in front: `0`, `0.5`, `12.5`, with any signs.
pub(super) fn mass_without_zeros(text: &str) -> bool {
    let body = text.trim_start_matches(['+', '-']);
    match body.as_bytes() {
        [b'0'] => true,
        [b'0', b'.', decimals @ ..] => decimals.iter().all(u8::is_ascii_digit),
        [b'1'..=b'9' | b'.', rest @ ..] => rest.iter().all(|b| b.is_ascii_digit() || *b == b'.'),
        _ => false,
    }
}

/// Whether a mass has one to eleven digits, with points and signs between them, and ends in at most
/// one that is no digit.
pub(super) fn mass_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let others = bytes.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-'));
    let tail = bytes.iter().rev().take_while(|b| !b.is_ascii_digit()).count();
    others && (1..=11).contains(&digits) && tail <= 1
}

/// Whether a mass has at most three characters behind its first point.
pub(super) fn mass_decimals(text: &str) -> bool {
    text.split_once('.').is_none_or(|(_, decimals)| decimals.chars().count() <= 3)
}

/// Whether a mass has no point, or one with digits on both sides.
pub(super) fn mass_point(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !body.contains('.') {
        return !body.contains(|c: char| c.is_ascii_whitespace());
    }
    body.split_once('.').is_some_and(|(whole, decimals)| all_digits(whole) && all_digits(decimals))
}

/// Whether the identity of a vessel is an IMO or ENI number: seven or eight digits.
pub(super) fn vessel(text: &str) -> bool {
    matches!(text.len(), 7 | 8) && all_digits(text)
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a conveyance reference is a flight number: three letters or digits of the carrier, one to
/// four digits and perhaps a letter; or a shorter prefix and one digit.
pub(super) fn flight(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |body: &[u8]| {
        let (prefix, digits) = body.split_at(body.len().min(3));
        let long = prefix.len() == 3
            && prefix.iter().all(u8::is_ascii_alphanumeric)
            && (1..=4).contains(&digits.len())
            && digits.iter().all(u8::is_ascii_digit);
        let short = (2..=4).contains(&body.len())
            && body.iter().all(u8::is_ascii_alphanumeric)
            && body.last().is_some_and(u8::is_ascii_digit);
        long || short
    };
    match bytes.split_last() {
        Some((suffix, body)) if suffix.is_ascii_alphabetic() => number(body),
        _ => number(bytes),
    }
}

/// Whether a conveyance reference by sea is on one line, and where it begins with `XFER` goes on in
/// letters and digits, in two parts at most with a colon or hyphen between them.
pub(super) fn transfer(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("XFER") else {
        return !text.is_empty() && !text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    };
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    rest.split_once([':', '-']).map_or_else(|| word(rest), |(a, b)| word(a) && word(b))
}

/// Whether a message sender is a TIN (two capitals and one to fifteen characters, a run of blanks
/// being one), a slash and a branch of ten digits.
pub(super) fn sender(text: &str) -> bool {
    let Some(split) = text.len().checked_sub(11).filter(|i| text.is_char_boundary(*i)) else { return false };
    let (tin, branch) = text.split_at(split);
    let [first, second, ..] = tin.as_bytes() else { return false };
    let Some(body) = tin.get(2..) else { return false };
    let mut length = 0;
    let mut blank = false;
    for c in body.chars() {
        let is_blank = c.is_ascii_whitespace();
        length += usize::from(!(is_blank && blank));
        blank = is_blank;
    }
    first.is_ascii_uppercase()
        && second.is_ascii_uppercase()
        && (1..=15).contains(&length)
        && branch.starts_with('/')
        && all_digits(&branch[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flights_of_air_lines() {
        for good in ["BAW1", "BAW1234", "BAW1234X", "BA1", "BA12", "BA123", "BA1X", "U21234", "A1"] {
            assert!(flight(good), "{good}");
        }
        for bad in ["", "1", "BAW12345", "BAW", "BA 123", "BAW12XY", "B/1", "Ä123"] {
            assert!(!flight(bad), "{bad}");
        }
    }

    #[test]
    fn masses() {
        for good in ["0", "0.5", "12.500", "12345678.901", "1"] {
            let all = mass_without_zeros(good) && mass_digits(good) && mass_decimals(good) && mass_point(good);
            assert!(all && !has_sign(good), "{good}");
        }
        assert!(!mass_without_zeros("00.5") && !mass_without_zeros("01") && mass_without_zeros("+1"));
        assert!(!mass_digits("123456789012") && !mass_digits(".") && !mass_digits("1,5") && !mass_digits("1--"));
        assert!(!mass_decimals("1.2345") && mass_decimals("1.234"));
        assert!(!mass_point(".5") && !mass_point("5.") && !mass_point("1.2.3") && mass_point("+1.5"));
        assert!(has_sign("-1") && !has_sign("1"));
        assert!(number("1.5").total_cmp(&1.5).is_eq() && number("x").is_nan() && number("").is_nan());
        assert!(leading_zeros("01") && !leading_zeros("0") && !leading_zeros("10"));
    }

    #[test]
    fn references() {
        assert!(transfer("XFER123-456") && transfer("XFERa:b") && transfer("XFER1") && transfer("VOY 1/2"));
        assert!(!transfer("XFER") && !transfer("XFER-1") && !transfer("XFER1-") && !transfer("XFER1 2") && !transfer("A\nB"));
        assert!(vessel("9074729") && vessel("01234567") && !vessel("907472") && !vessel("IMO9074729"));
        assert!(sender("GB123456789012/1234567890") && sender("GBa/0000000000"));
        assert!(!sender("gb123/1234567890") && !sender("GB/1234567890") && !sender("GB123/123456789"));
        assert!(!sender("GB1234567890123456/1234567890") && !sender("GB123-1234567890") && !sender("é/1234567890"));
    }
}
