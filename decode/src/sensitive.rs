//! Sensitive data: what PNR must not tell. Meals show religion and health, services show
//! illness and disability; both are dropped when decoding (Directive (EU) 2016/681 Art. 13(4);
//! Canada SOR/2005-346). This is the one list.
//!
//! Free text (OSI, remarks, history) is never kept as such, since nobody can know what it says; only
//! contacts, payers and networks addresses are taken out of it.

use std::ops::Range;

use super::short;

/// Codes of special services (IATA Reservations Interline Message Procedures) that show health,
/// disability, belief or conviction, in order.
pub(crate) const CODES: &[[u8; 4]] = &[
    // Meals.
    *b"AVML", *b"BBML", *b"BLML", *b"CHML", *b"CNML", *b"DBML", *b"FFML", *b"FPML", *b"FSML", *b"GFML", *b"HFML", *b"HNML",
    *b"JNML", *b"JPML", *b"KSML", *b"LCML", *b"LFML", *b"LPML", *b"LQML", *b"LSML", *b"MOML", *b"NFML", *b"NLML", *b"NOML",
    *b"NSML", *b"OBML", *b"ORML", *b"PFML", *b"PRML", *b"RFML", *b"RVML", *b"SFML", *b"SPML", *b"TDML", *b"VGML", *b"VJML",
    *b"VLML", *b"VOML", *b"VRML", *b"VVML", // Illness, disability and help.
    *b"ALLR", *b"ASVC", *b"BLND", *b"BLSC", *b"CPAP", *b"DEAF", *b"DFBL", *b"DIAB", *b"DMAT", *b"DPNA", *b"ESAN", *b"EPIL",
    *b"HRTG", *b"INSU", *b"LEGB", *b"LEGL", *b"LEGR", *b"MAAS", *b"MEDA", *b"MEDF", *b"MEDI", *b"NUTA", *b"OXYG", *b"PEAN",
    *b"POXY", *b"PPOC", *b"PREG", *b"PRGN", *b"STCR", *b"SVAN", *b"WCBD", *b"WCBW", *b"WCHC", *b"WCHR", *b"WCHS", *b"WCLB",
    *b"WCMP", *b"WCOB", // Belief and community.
    *b"CLRG", *b"HAJJ", *b"HADJ", *b"PILG", *b"RELI", *b"UMRA",
];

/// Whether a service code is sensitive. Any code of the form `..ML` is a meal.
pub(crate) fn is_sensitive(code: &[u8]) -> bool {
    let Ok(code) = <[u8; 4]>::try_from(code) else { return false };
    let code = code.map(|b| b.to_ascii_uppercase());
    (code.ends_with(b"ML") && code.iter().all(u8::is_ascii_alphabetic)) || CODES.contains(&code)
}

/// Whether a word may begin with such a code: nearly all are told from them by two of their letters, the others by the
/// next two.
#[inline]
fn may_be(word: &[u8]) -> bool {
    let &[a, b, c, d, ..] = word else { return false };
    let pair = |table: &[u32; 32], x: u8, y: u8| table[usize::from(x & 31)] >> (y & 31) & 1 != 0;
    pair(&LAST, c, d) && (pair(&FIRST, a, b) || (c & 31 == b'M' & 31 && d & 31 == b'L' & 31))
}

/// For each first letter of a code the second letters, whatever their case.
static FIRST: [u32; 32] = pairs(0);
/// For each third letter the fourth ones.
static LAST: [u32; 32] = pairs(2);

const fn pairs(at: usize) -> [u32; 32] {
    let mut pairs = [0; 32];
    let mut i = 0;
    while i < CODES.len() {
        pairs[(CODES[i][at] & 31) as usize] |= 1 << (CODES[i][at + 1] & 31);
        i += 1;
    }
    pairs
}

/// Where free text carries such a code: as a word, or glued to a carrier and status behind it
/// (`SSR AVMLDLHK1`, `WCHRHK1`).
pub(crate) fn find(text: &[u8]) -> Option<Range<usize>> {
    if text.len() >= 64 {
        return find_in_long(text);
    }
    let words = short::alphanumerics(text);
    let mut starts = words & !(words << 1);
    while starts != 0 {
        let start = starts.trailing_zeros();
        if carries(text, start as usize, (words >> start).trailing_ones() as usize) {
            return Some(start as usize..start as usize + 4);
        }
        starts &= starts - 1;
    }
    None
}

/// The same for a text of any length.
fn find_in_long(text: &[u8]) -> Option<Range<usize>> {
    let mut from = 0;
    while from + 4 <= text.len() {
        let start = from + text[from..].iter().position(u8::is_ascii_alphanumeric)?;
        let len = text[start..].iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(text.len() - start);
        if carries(text, start, len) {
            return Some(start..start + 4);
        }
        from = start + len;
    }
    None
}

/// Whether the word that stands there begins with such a code.
#[inline]
fn carries(text: &[u8], start: usize, len: usize) -> bool {
    let word = &text[start..start + len];
    may_be(word) && is_sensitive(&word[..4]) && (len == 4 || is_glued(&word[4..]) || behind_ssr(&text[..start]))
}

/// Carrier, status and number as telegrams glue them to a code: `DLHK1`, `HK`, `NN2`.
fn is_glued(rest: &[u8]) -> bool {
    let status = |s: &[u8]| {
        let (letters, digits) = s.split_at(s.len().min(2));
        matches!(letters, b"HK" | b"HN" | b"KK" | b"NN" | b"UC" | b"UN" | b"NO" | b"TK" | b"RR" | b"PN" | b"HX" | b"XX" | b"KL")
            && digits.len() <= 2
            && digits.iter().all(u8::is_ascii_digit)
    };
    status(rest) || (rest.len() > 2 && status(&rest[2..]))
}

fn behind_ssr(before: &[u8]) -> bool {
    before.trim_ascii_end().ends_with(b"SSR") || before.ends_with(b"SSR+")
}

/// Stars out what is sensitive in raw text that is kept as a dead letter: each segment (or line, or
/// XML text) that carries a code loses all that stands behind its tag, length unchanged.
/// Returns how many were starred.
pub(crate) fn redact(raw: &mut [u8], ends: impl Fn(u8) -> bool) -> u64 {
    let mut starred = 0;
    let mut start = 0;
    while start < raw.len() {
        let len = raw[start..].iter().position(|b| ends(*b)).unwrap_or(raw.len() - start);
        let part = &mut raw[start..start + len];
        // A hard wrap may stand inside the code.
        let joined: Vec<u8> = part.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        if find(&joined).is_some() || find(part).is_some() {
            starred += 1;
            let blanks = part.iter().take_while(|b| **b <= b' ').count();
            let tag = part[blanks..].iter().take(3).take_while(|b| b.is_ascii_alphanumeric()).count();
            let kept = if tag == 3 && part.get(blanks + 3).is_some_and(|b| !b.is_ascii_alphanumeric()) { blanks + 4 } else { 0 };
            part[kept..].iter_mut().filter(|b| !matches!(b, b'\r' | b'\n')).for_each(|b| *b = b'*');
        }
        start += len + 1;
    }
    starred
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meals_health_and_belief() {
        for code in ["AVML", "MOML", "KSML", "HNML", "VGML", "wchr", "WCHC", "MEDA", "BLND", "OXYG", "STCR", "ZZML"] {
            assert!(is_sensitive(code.as_bytes()), "{code}");
        }
        for code in ["DOCS", "SEAT", "PETC", "UMNR", "INFT", "XBAG", "ML", "AVMLX", ""] {
            assert!(!is_sensitive(code.as_bytes()), "{code}");
        }
    }

    #[test]
    fn every_code_is_found() {
        for code in CODES {
            assert!(may_be(code) && is_sensitive(code) && is_sensitive(&code.map(|b| b.to_ascii_lowercase())));
        }
    }

    proptest::proptest! {
        #[test]
        fn bits_find_what_steps_find(words in proptest::collection::vec("[A-Z]{0,3}(WCHR|KSML|BLND|SSR|[A-Z]ML)?(DL)?(HK1)?[ /.]", 0..9)) {
            let text = words.concat();
            proptest::prop_assert_eq!(find(text.as_bytes()), find_in_long(text.as_bytes()), "{}", text);
        }
    }

    #[test]
    fn in_free_text() {
        for text in ["PAX NEEDS WCHR", "SSR AVMLDLHK1", "AVML HK2", "MEAL/KSML", "BLNDHK1", "SSR WCHRX1/JOHN"] {
            assert!(find(text.as_bytes()).is_some(), "{text}");
        }
        for text in ["SMITH/JOHN", "NAVMLER", "STCROIX", "VIP", "BLNDELL", ""] {
            assert!(find(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn raw_text_keeps_its_length() {
        let mut raw = b"TIF++:A:1'SSR+WCHR:HK:1:DL:::::CANNOT WALK'SSR+WC\nHR:HK'IFT+4:28+NEEDS MEDA'REF+:1'".to_vec();
        let starred = redact(&mut raw, |b| b == b'\'');
        let want = "TIF++:A:1'SSR+****************************'SSR+**\n*****'IFT+***************'REF+:1'";
        assert_eq!((starred, String::from_utf8_lossy(&raw).as_ref()), (3, want));
    }
}
