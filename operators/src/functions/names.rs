//! Names as the watchlist compares them, for any column of names: tokens, keys, and how far two
//! names agree. None of these needs a watchlist.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, ListBuilder, StringBuilder, StringViewArray, StringViewBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;

use super::function::{Function, Parameter, Texts, unpacked};
use crate::name::{Agreement, OsaPattern, Role, Tokens, agreement, consonant_key, normalise, spelling_key};

/// Letters of a name that [`distance`] looks at.
const DISTANCE_LETTERS: usize = 64;

/// The functions of this file.
pub(super) fn functions() -> Vec<ScalarUDF> {
    use Parameter::Text;
    vec![
        Function::udf(
            "name_normalise(name)",
            &[Text],
            DataType::Utf8View,
            normalised,
            "A name as it is compared: upper-case A-Z and 0-9, other scripts romanised, marks and signs gone, one blank between tokens. Empty where nothing is left.",
        ),
        Function::udf(
            "name_tokens(name)",
            &[Text],
            DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
            tokens,
            "The tokens of a name in their order, as name_normalise has them.",
        ),
        Function::udf(
            "name_agreement(a, b)",
            &[Text, Text],
            DataType::Utf8View,
            agreements,
            "Level at which two parts of names agree: exact, variant, near, far, sounds, initial, …; joined where several tokens of one are one token of the other (ABD AL RAHMAN, ABDULRAHMAN); none. NULL where either is NULL or has no token.",
        ),
        Function::udf(
            "name_distance(a, b)",
            &[Text, Text],
            DataType::Int32,
            distances,
            "Edits between two names without their blanks, after name_normalise: insertion, deletion, substitution and transposition of neighbours cost one (optimal string alignment). The first 64 letters count.",
        ),
        Function::udf(
            "name_spelling_key(name)",
            &[Text],
            DataType::Utf8View,
            |args| keys(args, spelling_key),
            "Key of the ways in which a name is spelt, token by token: MUHAMMAD and MOHAMED have one, so have YULIIA and IULIIA.",
        ),
        Function::udf(
            "name_consonant_key(name)",
            &[Text],
            DataType::Utf8View,
            |args| keys(args, consonant_key),
            "Key of the consonants of a name, token by token: what Arabic, Hebrew and sloppy typing leave of it.",
        ),
    ]
}

fn read<'a>(name: &str, tokens: &'a mut Tokens) -> &'a Tokens {
    tokens.clear();
    normalise(name, Role::Any, tokens);
    tokens
}

fn text(token: &[u8]) -> &str {
    // Tokens are ASCII by construction.
    std::str::from_utf8(token).unwrap_or_default()
}

/// One text a row, written token by token with a blank between them.
fn by_token(args: &[ArrayRef], mut write: impl FnMut(&[u8], &mut String)) -> Result<ArrayRef> {
    let array = unpacked(&args[0])?;
    let names = Texts::new(&array)?;
    let (mut scratch, mut line, mut out) = (Tokens::default(), String::new(), StringViewBuilder::with_capacity(array.len()));
    for row in 0..array.len() {
        let Some(name) = names.get(row) else {
            out.append_null();
            continue;
        };
        line.clear();
        let tokens = read(name, &mut scratch);
        for i in 0..tokens.len() {
            if i > 0 {
                line.push(' ');
            }
            write(tokens.bytes(i), &mut line);
        }
        out.append_value(&line);
    }
    Ok(Arc::new(out.finish()))
}

fn normalised(args: &[ArrayRef]) -> Result<ArrayRef> {
    by_token(args, |token, line| line.push_str(text(token)))
}

fn keys(args: &[ArrayRef], key_of: fn(&[u8], &mut Vec<u8>)) -> Result<ArrayRef> {
    let mut key = Vec::new();
    by_token(args, |token, line| {
        key_of(token, &mut key);
        line.push_str(text(&key));
    })
}

fn tokens(args: &[ArrayRef]) -> Result<ArrayRef> {
    let array = unpacked(&args[0])?;
    let names = Texts::new(&array)?;
    let (mut scratch, mut out) = (Tokens::default(), ListBuilder::new(StringBuilder::new()));
    for row in 0..array.len() {
        if let Some(name) = names.get(row) {
            let tokens = read(name, &mut scratch);
            for i in 0..tokens.len() {
                out.values().append_value(text(tokens.bytes(i)));
            }
        }
        out.append(names.get(row).is_some());
    }
    Ok(Arc::new(out.finish()))
}

fn agreements(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (mut x, mut y, mut keys) = (Tokens::default(), Tokens::default(), (Vec::new(), Vec::new()));
    let answers = pairs(args, |a, b| level(read(a, &mut x), read(b, &mut y), &mut keys))?;
    Ok(Arc::new(answers.into_iter().collect::<StringViewArray>()))
}

/// One answer for each pair of names that are both there.
fn pairs<T>(args: &[ArrayRef], mut answer: impl FnMut(&str, &str) -> Option<T>) -> Result<Vec<Option<T>>> {
    let (a, b) = (unpacked(&args[0])?, unpacked(&args[1])?);
    let (x, y) = (Texts::new(&a)?, Texts::new(&b)?);
    Ok((0..a.len()).map(|row| answer(x.get(row)?, y.get(row)?)).collect())
}

fn level(a: &Tokens, b: &Tokens, (x, y): &mut (Vec<u8>, Vec<u8>)) -> Option<&'static str> {
    let (m, n) = (a.len().checked_sub(1)?, b.len().checked_sub(1)?);
    if m == n && (0..=m).all(|i| a.bytes(i) == b.bytes(i)) {
        return Some(Agreement::Exact.as_str());
    }
    if m == 0 && n == 0 {
        return Some(agreement(a.bytes(0), b.bytes(0)).map_or("none", Agreement::as_str));
    }
    if m > 0 && n > 0 {
        return Some("none");
    }
    let (a, b) = (a.joined(0, m), b.joined(0, n));
    let same = |key_of: fn(&[u8], &mut Vec<u8>), x: &mut Vec<u8>, y: &mut Vec<u8>| {
        key_of(a, x);
        key_of(b, y);
        x == y
    };
    // As the index looks joined names up: where there are consonants enough, they decide.
    let joined = same(spelling_key, x, y) || (same(consonant_key, x, y) && x.len() >= 5);
    Some(if joined { Agreement::Joined.as_str() } else { "none" })
}

fn distances(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (mut x, mut y) = (Tokens::default(), Tokens::default());
    let answers = pairs(args, |a, b| {
        let (a, b) = (whole(read(a, &mut x)), whole(read(b, &mut y)));
        Some(OsaPattern::new(a).distance(b) as i32)
    })?;
    Ok(Arc::new(answers.into_iter().collect::<Int32Array>()))
}

/// All letters of a name, as many as are compared.
fn whole(tokens: &Tokens) -> &[u8] {
    let letters = tokens.len().checked_sub(1).map_or(&[][..], |last| tokens.joined(0, last));
    &letters[..letters.len().min(DISTANCE_LETTERS)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(a: &str, b: &str) -> Option<&'static str> {
        let (mut x, mut y) = (Tokens::default(), Tokens::default());
        level(read(a, &mut x), read(b, &mut y), &mut (vec![], vec![]))
    }

    #[test]
    fn levels_go_both_ways() {
        for (a, b, expected) in [
            ("Abd al-Rahman", "ABDULRAHMAN", Some("joined")),
            ("XIAO MING", "XIAOMING", Some("joined")),
            ("García", "GARCIA", Some("exact")),
            ("Abu Bakr", "ABU BAKR", Some("exact")),
            ("ABU BAKR", "BAKR ABU", Some("none")),
            ("MUHAMMAD", "MOHAMED", Some("variant")),
            ("LI", "WANG", Some("none")),
            ("ABU BAKR", "LI", Some("none")),
            ("", "LI", None),
            ("\u{200b}", "LI", None),
        ] {
            assert_eq!(level_of(a, b), expected, "{a} {b}");
            assert_eq!(level_of(b, a), expected, "{b} {a}");
        }
    }
}
