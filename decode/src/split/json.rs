//! Where JSON begins and ends: one value, or a value a line.

use memchr::memchr;

/// Whether an object or an array with something in it begins at `at`.
pub(crate) fn begins(text: &[u8], at: usize) -> bool {
    let mut rest = text[at + 1..].iter().filter(|b| !b.is_ascii_whitespace());
    matches!((text[at], rest.next()), (b'{', Some(b'"' | b'}')) | (b'[', Some(b'{' | b'[' | b'"' | b']')))
}

/// Whether the first line is a whole object: then each line is one.
pub(crate) fn is_lines(text: &[u8], at: usize) -> bool {
    let line = super::telex::line(text, at);
    text.get(at + line.len()).is_some() && text[at] == b'{' && value_end(line) == Some(line.trim_ascii_end().len())
}

/// End of the value, or of the lines of values, that begin at `at`; `limit` where the value does
/// not end before.
pub(crate) fn end(text: &[u8], at: usize, limit: usize) -> usize {
    let text = &text[..limit];
    if !is_lines(text, at) {
        return value_end(&text[at..]).map_or(limit, |n| at + n);
    }
    // A line that is damaged stays with its neighbours as long as it looks like one of them.
    let mut end = at;
    let mut next = at;
    while next < limit {
        let line = super::telex::line(text, next);
        let body = line.trim_ascii();
        if body.first() == Some(&b'{') || body.last() == Some(&b'}') {
            end = next + line.len();
        } else if !body.is_empty() {
            break;
        }
        next += line.len() + 1;
    }
    end
}

/// Length of the value at the front of `text`, if its brackets close.
pub(crate) fn value_end(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => at += string_len(&text[at..])? - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ if depth == 0 => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Length of the string at the front of `text`, with its quotes.
fn string_len(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr(b'"', text.get(at..)?)?;
        let escapes = text[..at].iter().rev().take_while(|b| **b == b'\\').count();
        at += 1;
        if escapes % 2 == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_lines() {
        assert_eq!(value_end(br#"{"a":"}\"","b":[1,{}]} x"#), Some(22));
        assert_eq!(value_end(br#"{"a":"#), None);
        let lines = "{\"a\":1}\n{\"a\":\n{\"b\":2}\nletter\n{\"a\":3}\n";
        assert!(is_lines(lines.as_bytes(), 0));
        assert_eq!(end(lines.as_bytes(), 0, lines.len()), lines.find("\nletter").unwrap_or_default());
        assert!(begins(b"{ }", 0) && begins(b"[{}]", 0) && !begins(b"{1:2}", 0) && !begins(b"[x]", 0));
    }
}
