//! Entities: the five of XML and numeric ones. All others stay as they were written.

/// Appends text with its entities replaced.
pub(super) fn unescape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest is &#x10FFFF; and leading noughts.
        let window = &rest.as_bytes()[..rest.len().min(16)];
        let entity = memchr::memchr(b';', window).and_then(|end| Some((character(rest.get(1..end)?)?, end + 1)));
        if let Some((c, len)) = entity {
            out.push(c);
            rest = &rest[len..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
}

fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            // Control characters are no text of XML.
            code.ok().and_then(char::from_u32).filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
        }
    }
}
