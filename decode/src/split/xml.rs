//! Where an XML document begins and ends. Tags are followed by the name of the root element
//! alone, so that damage inside of a document does not move its end.

use memchr::{memchr, memchr_iter, memmem};

use crate::edifact::skip_blanks;

/// Longest prolog and start tag that are looked at.
const HEAD: usize = 1 << 16;

/// Whether a document, or its prolog, begins at `at`.
pub(crate) fn begins(text: &[u8], at: usize) -> bool {
    let rest = &text[at..];
    if declaration(rest) || rest.starts_with(b"<!--") || rest.starts_with(b"<!DOCTYPE") {
        return root(text, at).is_some();
    }
    tag(rest).is_some()
}

/// Whether an XML declaration begins here.
pub(crate) fn declaration(rest: &[u8]) -> bool {
    rest.starts_with(b"<?xml") && rest.get(5).is_some_and(u8::is_ascii_whitespace)
}

/// A start tag at the front of `rest`: its name, the offset behind it, and whether it is empty.
fn tag(rest: &[u8]) -> Option<(&[u8], usize, bool)> {
    let body = rest.get(1..).filter(|_| rest[0] == b'<')?;
    if !body.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80) {
        return None;
    }
    let len = body.iter().take(256).position(|b| !is_name(*b))?;
    if !matches!(body[len], b'>' | b'/') && !body[len].is_ascii_whitespace() {
        return None;
    }
    let window = &rest[..rest.len().min(HEAD)];
    let mut quote = None;
    for at in 1 + len..window.len() {
        match (window[at], quote) {
            (b, Some(q)) => quote = (b != q).then_some(q),
            (b @ (b'"' | b'\''), None) => quote = Some(b),
            (b'>', None) => return Some((&body[..len], at + 1, window[at - 1] == b'/')),
            (b'<', None) => return None,
            _ => {}
        }
    }
    None
}

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-' | b'.') || b >= 0x80
}

/// Where the root element of the document at `at` begins: behind declaration, comments and the like.
pub(crate) fn root(text: &[u8], mut at: usize) -> Option<usize> {
    let end = text.len().min(at.saturating_add(HEAD));
    loop {
        at = skip_blanks(text, at);
        let rest = text.get(at..end)?;
        let closing: &[u8] = if rest.starts_with(b"<?") {
            b"?>"
        } else if rest.starts_with(b"<!--") {
            b"-->"
        } else if rest.starts_with(b"<!DOCTYPE") {
            let mark = memchr::memchr2(b'[', b'>', rest)?;
            if rest[mark] == b'[' { b"]>" } else { b">" }
        } else {
            return tag(rest).map(|_| at);
        };
        at += memmem::find(rest, closing)? + closing.len();
    }
}

/// Name of an element without its prefix.
pub(crate) fn local(name: &[u8]) -> &[u8] {
    name.iter().rposition(|b| *b == b':').map_or(name, |i| &name[i + 1..])
}

/// Name of the root element of the document at `at`, without prefix; empty where there is none.
pub(crate) fn root_name(text: &[u8], at: usize) -> &[u8] {
    root(text, at).and_then(|at| tag(&text[at..])).map_or(&[], |(name, ..)| local(name))
}

/// How a document ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    /// Offset behind it.
    pub(crate) at: usize,
    /// Whether its root element was closed.
    pub(crate) whole: bool,
}

/// The end of the document at `at`. One that is cut ends where the next one begins.
pub(crate) fn end(text: &[u8], at: usize) -> End {
    let open = End { at: text.len(), whole: false };
    let Some(start) = root(text, at) else { return open };
    let Some((name, behind, empty)) = tag(&text[start..]) else { return open };
    let mut pos = start + behind;
    if empty {
        return End { at: pos, whole: true };
    }
    // Elements of the name of the root that are open, and where the first of them inside it began.
    let mut depth = 1;
    let mut inner = None;
    while let Some(found) = memchr(b'<', &text[pos..]) {
        let here = pos + found;
        let rest = &text[here..];
        pos = here + 1;
        match rest.get(1) {
            Some(b'/') => {
                if rest[2..].starts_with(name) && rest.get(2 + name.len()).is_none_or(|b| !is_name(*b)) {
                    depth -= 1;
                    if depth == 0 {
                        // Where the bracket is lost, the name is the end.
                        let named = 2 + name.len();
                        let blanks = rest[named..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                        let close = named + if rest.get(named + blanks) == Some(&b'>') { blanks + 1 } else { 0 };
                        return End { at: here + close, whole: true };
                    }
                }
            }
            Some(b'!') => pos = here + skip_section(rest),
            Some(b'?') if declaration(rest) => return End { at: here, whole: false },
            _ => {
                let same = rest[1..].starts_with(name) && rest.get(1 + name.len()).is_some_and(|b| !is_name(*b));
                if same && !matches!(tag(rest), Some((_, _, true))) {
                    depth += 1;
                    inner.get_or_insert(here);
                }
            }
        }
    }
    // Never closed by its name: the next element of its name is rather the next document than a
    // part, and a name that was damaged is closed by another where all that it holds is closed.
    let inner = inner.into_iter().chain(end_by_depth(text, start)).min();
    inner.map_or(open, |at| End { at, whole: false })
}

/// Where as many elements are closed as were opened, whatever their names.
fn end_by_depth(text: &[u8], start: usize) -> Option<usize> {
    let (mut depth, mut pos) = (0_usize, start);
    while let Some(found) = memchr(b'<', &text[pos..]) {
        let here = pos + found;
        let rest = &text[here..];
        pos = here + 1;
        match rest.get(1) {
            Some(b'/') if depth <= 1 => return memchr(b'>', rest).map(|close| here + close + 1),
            Some(b'/') => depth -= 1,
            Some(b'!') => pos = here + skip_section(rest),
            _ => depth += usize::from(matches!(tag(rest), Some((_, _, false)))),
        }
    }
    None
}

/// Length of a comment or CDATA section, or 1 where it does not end before a new document begins.
fn skip_section(rest: &[u8]) -> usize {
    let (opening, closing): (&[u8], &[u8]) = if rest.starts_with(b"<!--") { (b"<!--", b"-->") } else { (b"<![CDATA[", b"]]>") };
    if !rest.starts_with(opening) {
        return 1;
    }
    memmem::find(&rest[opening.len()..], closing).map_or(1, |i| opening.len() + i + closing.len())
}

/// The document inside of the body of a SOAP envelope at `at`, if there is one.
pub(crate) fn inside_envelope(text: &[u8], at: usize) -> Option<std::ops::Range<usize>> {
    if root_name(text, at) != b"Envelope" {
        return None;
    }
    let from = root(text, at)?;
    let mut in_body = false;
    for found in memchr_iter(b'<', &text[from..]) {
        let here = from + found;
        let Some((name, behind, empty)) = tag(&text[here..]) else { continue };
        if in_body {
            let end = if empty { End { at: here + behind, whole: true } } else { end(text, here) };
            return Some(here..end.at);
        }
        in_body = local(name) == b"Body" && !empty;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> (&str, bool) {
        let end = end(text.as_bytes(), 0);
        (&text[..end.at], end.whole)
    }

    #[test]
    fn documents_end_with_their_root() {
        for doc in [
            "<a/>",
            "<a></a>",
            "<?xml version='1.0'?>\n<!-- <b> -->\n<a x='>'><a/><a>1</a></a >",
            "<!DOCTYPE a [<!ENTITY x '>'>]><n:a xmlns:n='u'><b><![CDATA[</n:a>]]></b><!-- </n:a> --></n:a>",
            "<a><ab></ab><b:a></b:a></a>",
        ] {
            assert_eq!(cut(&format!("{doc}<a>x</a>")), (doc, true), "{doc}");
            assert_eq!(cut(doc), (doc, true), "{doc}");
        }
    }

    #[test]
    fn a_cut_document_ends_where_the_next_begins() {
        assert_eq!(cut("<a><b>x<?xml version='1.0'?><a></a>"), ("<a><b>x", false));
        assert_eq!(cut("<a><b>x<a></a>"), ("<a><b>x", false));
        assert_eq!(cut("<a><b>x"), ("<a><b>x", false));
        assert_eq!(cut("<m :a><b><c/>x</b></m:a>\n<d></d>"), ("<m :a><b><c/>x</b></m:a>", false));
    }

    #[test]
    fn what_is_no_document() {
        for text in ["<", "< a>", "<1>", "<a", "<a <b>", "</a>", "<!-- x -->", "<?xml version='1.0'?>", "a>b"] {
            assert!(!begins(text.as_bytes(), 0), "{text}");
        }
    }

    #[test]
    fn the_body_of_an_envelope() {
        let text = "<s:Envelope xmlns:s='u'><s:Header><x/></s:Header><s:Body>\n<w:Doc>1</w:Doc></s:Body></s:Envelope>";
        let range = inside_envelope(text.as_bytes(), 0);
        assert_eq!(range.map(|r| &text[r]), Some("<w:Doc>1</w:Doc>"));
        assert_eq!(inside_envelope(b"<a><Body><b/></Body></a>", 0), None);
    }
}
