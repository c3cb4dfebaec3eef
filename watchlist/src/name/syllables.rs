//! Chinese and Korean syllables in their several romanisations.

/// Initials that stand for each other in Pinyin, Wade-Giles, McCune-Reischauer and Revised
/// Romanisation, whose apostrophes and hyphens are lost on the way.
const INITIALS: &[(&str, &[&str])] = &[
    ("ZH", &["CH", "J"]),
    ("CH", &["ZH", "J", "Q", "TS"]),
    ("SH", &["S"]),
    ("HS", &["X", "SH"]),
    ("TS", &["Z", "C", "CH"]),
    ("TZ", &["Z", "C"]),
    ("B", &["P"]),
    ("P", &["B"]),
    ("D", &["T"]),
    ("T", &["D"]),
    ("G", &["K"]),
    ("K", &["G"]),
    ("J", &["CH", "R", "ZH"]),
    ("Q", &["CH"]),
    ("X", &["HS", "SH"]),
    ("Z", &["TS", "TZ"]),
    ("C", &["TS"]),
    ("R", &["J", "L"]),
    ("L", &["R"]),
    ("S", &["SH", "SS"]),
    ("", &[]),
];

/// Rests of syllables that stand for each other.
const FINALS: &[&[&str]] = &[
    &["ONG", "UNG", "EONG"],
    &["IAN", "IEN"],
    &["IE", "IEH"],
    &["UE", "UEH"],
    &["UI", "UEI"],
    &["UO", "O"],
    &["E", "O", "EH"],
    &["I", "IH", "ZU", "EE"],
    &["OU", "U"],
    &["U", "OO", "WOO"],
    &["EO", "O", "U"],
    &["EOK", "OK", "UK"],
    &["EOL", "OL", "UL"],
    &["EON", "ON", "UN"],
    &["EOM", "OM", "UM"],
    &["YEONG", "YONG", "YOUNG", "YUNG"],
    &["YEON", "YON", "YUN"],
    &["YEOL", "YOL", "YUL"],
    &["YEOK", "YOK", "YUK"],
    &["YUN", "YOON", "YEUN"],
    &["EUN", "UN"],
    &["AE", "AI"],
    &["OON", "UN"],
    &["OOK", "UK"],
    &["IN", "INE", "EEN"],
];

/// Calls `found` with the other romanisations of a token that is one Chinese or Korean syllable;
/// none for a token that is none. At most a few dozen, most of which are no syllable either.
pub fn syllable_variants(token: &[u8], mut found: impl FnMut(&[u8])) {
    if !(2..=6).contains(&token.len()) {
        return;
    }
    let Some((initial, initials)) = INITIALS.iter().find(|i| token.starts_with(i.0.as_bytes())) else { return };
    let rest = &token[initial.len()..];
    if !is_final(rest) {
        return;
    }
    let mut word = [0u8; 12];
    let mut call = |a: &[u8], b: &[u8]| {
        let whole = a.len() + b.len();
        if whole <= word.len() {
            word[..a.len()].copy_from_slice(a);
            word[a.len()..whole].copy_from_slice(b);
            if word[..whole] != *token {
                found(&word[..whole]);
            }
        }
    };
    let same = std::iter::once(initial.as_bytes());
    for a in same.chain(initials.iter().map(|i| i.as_bytes())) {
        call(a, rest);
        for group in FINALS.iter().filter(|g| g.iter().any(|f| f.as_bytes() == rest)) {
            for b in *group {
                call(a, b.as_bytes());
            }
        }
    }
}

/// Whether this is the rest of a syllable: vowels, then at most one of the few final consonants.
fn is_final(rest: &[u8]) -> bool {
    let vowels = rest.iter().take_while(|b| matches!(b, b'A' | b'E' | b'I' | b'O' | b'U' | b'W' | b'Y')).count();
    let end = &rest[vowels..];
    (1..=4).contains(&vowels) && matches!(end, b"" | b"N" | b"NG" | b"M" | b"K" | b"L" | b"P" | b"T" | b"H")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants(token: &str) -> Vec<String> {
        let mut out = Vec::new();
        syllable_variants(token.as_bytes(), |v| out.push(String::from_utf8_lossy(v).into_owned()));
        out
    }

    #[test]
    fn wade_giles_and_pinyin_and_two_koreas() {
        for (a, b) in [
            ("HSIAO", "XIAO"),
            ("CHANG", "ZHANG"),
            ("TSENG", "ZENG"),
            ("CHOU", "ZHOU"),
            ("CHIEN", "QIAN"),
            ("TENG", "DENG"),
            ("KUO", "GUO"),
            ("TUNG", "DONG"),
            ("JON", "CHON"),
            ("BOM", "POM"),
            ("SEOK", "SOK"),
            ("CHEOL", "CHOL"),
        ] {
            assert!(variants(a).contains(&b.to_owned()), "{a} {b}");
        }
        assert!(variants("ALI").is_empty() && variants("MARTIN").is_empty());
        assert!(variants("CHANG").len() < 40);
    }
}
