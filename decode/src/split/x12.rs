//! Where an X12 interchange begins and ends.

use memchr::memmem;

use crate::edifact::skip_blanks;

/// Whether an ISA segment stands at `at`, no part of some word: its first elements have fixed widths.
pub(crate) fn begins_interchange(text: &[u8], at: usize) -> bool {
    if at > 0 && text[at - 1].is_ascii_alphanumeric() {
        return false;
    }
    let Some(head) = text.get(at..at + 21).filter(|h| h[..3].eq_ignore_ascii_case(b"ISA")) else { return false };
    // ISA*00*..........*00*: two codes of two characters, ten characters between them.
    let separator = head[3];
    is_separator(separator) && head[6] == separator && head[17] == separator && head[20] == separator || loose(text, at)
}

/// An ISA whose blanks were lost on the way: sixteen elements, the first four of them as they
/// must be.
fn loose(text: &[u8], at: usize) -> bool {
    let head = &text[at..text.len().min(at + 160)];
    let Some(&separator) = head.get(3).filter(|s| is_separator(**s)) else { return false };
    let mut elements = head[4..].split(|b| *b == separator);
    let code = |e: Option<&[u8]>| e.is_some_and(|e| e.len() == 2 && e.iter().all(u8::is_ascii_alphanumeric));
    let text = |e: Option<&[u8]>| e.is_some_and(|e| e.len() <= 12);
    code(elements.next())
        && text(elements.next())
        && code(elements.next())
        && text(elements.next())
        && code(elements.next())
        && elements.count() >= 8
}

/// Whether a functional group or a transaction set without interchange begins at `at`.
pub(crate) fn begins_bare(text: &[u8], at: usize) -> bool {
    if at > 0 && text[at - 1].is_ascii_alphanumeric() {
        return false;
    }
    let rest = &text[at..text.len().min(at + 16)];
    match *rest {
        [b'S', b'T', s, a, b, c, after, ..] if is_separator(s) && after == s => [a, b, c].iter().all(u8::is_ascii_digit),
        [b'G', b'S', s, a, b, after, ..] if is_separator(s) && after == s => a.is_ascii_uppercase() && b.is_ascii_uppercase(),
        _ => false,
    }
}

fn is_separator(b: u8) -> bool {
    b > b' ' && b < 0x7F && !b.is_ascii_alphanumeric()
}

/// End of the interchange, group or set that begins at `at`, if its trailer comes before `limit`.
pub(crate) fn end(text: &[u8], at: usize, limit: usize) -> usize {
    let body = &text[at..limit];
    let (trailer, separator) = match body {
        [b'I', b'S', b'A', s, ..] => (&b"IEA"[..], *s),
        [b'i', b's', b'a', s, ..] => (&b"iea"[..], *s),
        [b'G', b'S', s, ..] => (&b"GE"[..], *s),
        [b'S', b'T', s, ..] => (&b"SE"[..], *s),
        _ => return limit,
    };
    for found in memmem::find_iter(body, trailer) {
        let behind = found + trailer.len();
        if found == 0 || body[found - 1].is_ascii_alphanumeric() || body.get(behind) != Some(&separator) {
            continue;
        }
        // What ends the segment before the trailer ends the trailer.
        let Some(before) = body[..found].iter().rposition(|b| !matches!(b, b'\r' | b'\n' | b' ')) else { continue };
        let line_end = body[behind..].iter().position(|b| matches!(b, b'\r' | b'\n')).map_or(body.len(), |i| behind + i);
        let terminator = body[before];
        let close = if terminator.is_ascii_alphanumeric() || terminator == separator {
            line_end
        } else {
            body[behind..].iter().take(64).position(|b| *b == terminator).map_or(line_end, |i| behind + i + 1)
        };
        return at + close;
    }
    limit
}

/// Numbers of the transaction sets of an interchange, in order, each once.
pub(crate) fn sets(text: &[u8]) -> Vec<[u8; 3]> {
    let start = skip_blanks(text, 0);
    let (tag, separator) = match text.get(start..) {
        Some([b'I', b'S', b'A', s, ..] | [b'G' | b'S', b'S' | b'T', s, ..]) => (b"ST", *s),
        Some([b'i', b's', b'a', s, ..]) => (b"st", *s),
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    for at in memmem::find_iter(text, tag) {
        if let Some(&[s, a, b, c, t]) = text.get(at + 2..at + 7)
            && s == separator
            && t == separator
            && (at == 0 || !text[at - 1].is_ascii_alphanumeric() && text[at - 1] != separator)
            && [a, b, c].iter().all(u8::is_ascii_digit)
            && !found.contains(&[a, b, c])
        {
            found.push([a, b, c]);
            if found.len() == 16 {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISA: &str =
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *230525*2048*U*00401*000002910*0*P*>~";

    #[test]
    fn an_interchange_ends_behind_its_trailer() {
        for end_of_line in ["", "\n", "\r\n"] {
            let text = ["GS*SO*A*B*20230525*2048*1*X*004010~", "ST*309*1~", "SE*2*1~", "GE*1*1~", "IEA*1*000002910~"];
            let text = format!("{ISA}{end_of_line}{}", text.join(end_of_line));
            let more = format!("{text}{end_of_line}footer~ IEA*");
            assert_eq!(end(more.as_bytes(), 0, more.len()), text.len());
            assert_eq!(end(text.as_bytes(), 0, text.len()), text.len());
            assert_eq!(sets(text.as_bytes()), [*b"309"]);
            assert!(begins_interchange(text.as_bytes(), 0));
            let cut = &text[..text.len() - 30];
            assert_eq!(end(cut.as_bytes(), 0, cut.len()), cut.len());
        }
        let bare = "ST*358*1~M10*X~SE*3*1~ST*309*2~SE*2*2~";
        assert_eq!(end(bare.as_bytes(), 0, bare.len()), bare.find("ST*309").unwrap_or_default());
    }

    #[test]
    fn what_is_no_interchange() {
        for text in ["ISABELLA", "VISA*00*          *00*    x", "ISA*A", "ISA was here, and there, and everywhere else"] {
            assert!(!begins_interchange(text.as_bytes(), 0), "{text}");
        }
        assert!(!begins_interchange(format!("V{ISA}").as_bytes(), 1));
        assert!(begins_interchange(ISA.replace("          ", "").as_bytes(), 0));
        let lower = format!("{ISA}ST*309*1~IEA*1*1~x").to_lowercase();
        assert!(begins_interchange(lower.as_bytes(), 0));
        assert_eq!((end(lower.as_bytes(), 0, lower.len()), sets(lower.as_bytes())), (lower.len() - 1, vec![*b"309"]));
        assert!(!begins_bare(b"ST. JOHN", 0) && !begins_bare(b"GS*SO", 0) && begins_bare(b"GS*SO*A", 0));
    }
}
