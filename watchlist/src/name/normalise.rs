use any_ascii::any_ascii_char;
use unicode_normalization::UnicodeNormalization as _;

use super::tokens::{Role, Tokens};

/// Tokens of one name that are looked at; what comes after them is left out. Bounds the work of
/// a hostile name.
pub const MAX_TOKENS: usize = 12;
/// Letters of one token that are looked at.
pub const MAX_TOKEN: usize = 40;
/// Characters of one name that are looked at.
const MAX_INPUT: usize = 512;

/// Splits a name into upper-case tokens of `A`–`Z` and `0`–`9` and appends them to `out`.
///
/// Other scripts are romanised character by character, marks and zero-width characters vanish,
/// apostrophes join (`O'LEARY`), every other sign separates. Each Han character is a token of
/// its own; the joined level of the comparison puts `XIAO MING` and `XIAOMING` together.
pub fn normalise(text: &str, role: Role, out: &mut Tokens) {
    if text.is_ascii() {
        for byte in text.bytes().take(MAX_INPUT) {
            push_ascii(byte, role, out);
        }
    } else {
        let mut characters = text.nfc().take(MAX_INPUT).peekable();
        let mut initial = true;
        while let Some(c) = characters.next() {
            let first = initial;
            if c.is_ascii() {
                initial = !c.is_ascii_alphanumeric();
                push_ascii(c as u8, role, out);
                continue;
            }
            initial = c.is_whitespace() || is_separator(c);
            let next = characters.peek().copied().unwrap_or(' ');
            if let Some(letter) = semitic(c, first, next) {
                letter.bytes().for_each(|b| out.push(b));
                if letter == "AL" {
                    characters.next();
                    out.end_token(role);
                }
                continue;
            }
            let ideograph = matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3134f}');
            if ideograph || c.is_whitespace() || is_separator(c) {
                out.end_token(role);
            }
            for byte in any_ascii_char(c).bytes().filter(u8::is_ascii_alphanumeric) {
                out.push(byte.to_ascii_uppercase());
            }
            if ideograph {
                out.end_token(role);
            }
        }
    }
    out.end_token(role);
}

/// Arabic and Hebrew letters that are read by what stands around them: the Arabic article is a
/// word of its own, its semivowels are consonants at the beginning of a word and before a long A;
/// Hebrew Bet and Pe are hard at the beginning of a word.
fn semitic(c: char, first: bool, next: char) -> Option<&'static str> {
    const ALEF: char = '\u{627}';
    let consonant = first || next == ALEF;
    match c {
        ALEF if first && next == '\u{644}' => Some("AL"),
        ALEF => Some("A"),
        '\u{648}' => Some(if consonant { "W" } else { "U" }),
        '\u{64a}' | '\u{6cc}' => Some(if consonant { "Y" } else { "I" }),
        '\u{5d1}' if first => Some("B"),
        '\u{5e4}' if first => Some("P"),
        _ => None,
    }
}

#[inline]
fn push_ascii(byte: u8, role: Role, out: &mut Tokens) {
    match byte {
        b'A'..=b'Z' | b'0'..=b'9' => out.push(byte),
        b'a'..=b'z' => out.push(byte - 32),
        b'\'' | b'`' => {}
        _ => out.end_token(role),
    }
}

fn is_separator(c: char) -> bool {
    // Dashes, interpuncts and commas of other scripts; quotation marks join as apostrophes do.
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{b7}' | '\u{30fb}' | '\u{ff0c}' | '\u{3001}' | '\u{60c}' | '\u{5be}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let mut out = Tokens::default();
        normalise(text, Role::Any, &mut out);
        (0..out.len()).map(|i| String::from_utf8(out.bytes(i).to_vec()).unwrap()).collect()
    }

    #[test]
    fn scripts_become_latin() {
        assert_eq!(tokens("O'Leary-Smith, J.R."), ["OLEARY", "SMITH", "J", "R"]);
        assert_eq!(tokens("Müller"), ["MULLER"]);
        assert_eq!(tokens("Mu\u{308}ller"), ["MULLER"]);
        assert_eq!(tokens("Straße Þór"), ["STRASSE", "THOR"]);
        assert_eq!(tokens("Пётр Ильич"), ["PETR", "ILICH"]);
        assert_eq!(tokens("王小明"), ["WANG", "XIAO", "MING"]);
        assert_eq!(tokens("SMITH<<JOHN<<<<"), ["SMITH", "JOHN"]);
        assert_eq!(
            tokens("\u{645}\u{62d}\u{645}\u{648}\u{62f} \u{627}\u{644}\u{648}\u{627}\u{62f}\u{64a}"),
            ["MHMUD", "AL", "WADI"]
        );
    }

    #[test]
    fn hostile_names_are_bounded() {
        assert!(tokens("\u{200b}\u{301}\u{202e}\0").is_empty());
        assert_eq!(tokens(&"A ".repeat(5000)).len(), MAX_TOKENS);
        assert_eq!(tokens(&"A".repeat(5000))[0].len(), MAX_TOKEN);
        assert!(tokens("").is_empty());
    }
}
