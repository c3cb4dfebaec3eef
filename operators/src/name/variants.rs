/// Particles and honorifics in sorted order.
const LIGHT: &[&str] = &[
    "ABD", "ABU", "AL", "AND", "AP", "BEN", "BIN", "BINT", "BINTI", "BTE", "DA", "DAS", "DE", "DEL", "DELLA", "DEN", "DER", "DI",
    "DO", "DOS", "DR", "DU", "E", "EL", "ES", "FNU", "HAJ", "HAJI", "HAJJ", "HJ", "IBN", "JR", "KHAN", "LA", "LAS", "LE", "LNU",
    "LOS", "MAC", "MAULAVI", "MC", "MISS", "MOLLA", "MR", "MRS", "MS", "MULLAH", "NMN", "OGLU", "OGLY", "OULD", "SAYED",
    "SAYYID", "SHAIKH", "SHAYKH", "SHEIKH", "SIDI", "SR", "SRI", "TEN", "TER", "THE", "UD", "UL", "UND", "UR", "VAN", "VON", "Y",
    "ZU",
];

/// Whether a token is a particle or an honorific: lists and airlines leave them out at will.
pub fn is_light(token: &[u8]) -> bool {
    token.len() <= 7 && LIGHT.binary_search_by(|l| l.as_bytes().cmp(token)).is_ok()
}

/// Titles that airlines glue to the last given name.
pub const GLUED: &[&[u8]] = &[b"MR", b"MRS", b"MS", b"MISS", b"MSTR", b"DR"];

/// What is left of a token that may end in a glued title (`JOHNMR`), in every reading.
pub fn without_title(token: &[u8]) -> impl Iterator<Item = &[u8]> {
    GLUED.iter().filter_map(|title| token.strip_suffix(*title)).filter(|rest| rest.len() >= 3)
}

/// Groups of given names that stand for each other (English, Spanish, Russian and German usage).
const NICKNAMES: &[&[&str]] = &[
    &["ALEXANDER", "ALEX", "SASHA", "ALEKSANDR", "ALEJANDRO", "ALEXANDRE"],
    &["ANTHONY", "TONY", "ANTONIO", "ANTON", "ANTOINE"],
    &["BENJAMIN", "BEN"],
    &["CATHERINE", "KATE", "KATHY", "CATHY", "EKATERINA", "KATHERINE", "KATYA"],
    &["CHARLES", "CHARLIE", "CARLOS", "CHUCK"],
    &["CHRISTOPHER", "CHRIS", "CRISTOBAL"],
    &["DANIEL", "DAN", "DANNY"],
    &["DAVID", "DAVE"],
    &["DMITRI", "DIMA", "DMITRY", "DMITRIY"],
    &["EDWARD", "ED", "EDDIE", "EDUARDO", "TED"],
    &["ELIZABETH", "LIZ", "BETH", "BETTY", "LISA", "ELISABETH"],
    &["EUGENE", "GENE", "EVGENY", "YEVGENIY", "EUGENIO"],
    &["FRANCISCO", "PACO", "PANCHO", "FRANCIS", "FRANK"],
    &["GEORGE", "JORGE", "GEORGI", "JURGEN", "GEORGIY"],
    &["GREGORY", "GREG", "GRIGORY"],
    &["GUADALUPE", "LUPE"],
    &["HENRY", "HARRY", "ENRIQUE", "HANK"],
    &["IGNACIO", "NACHO"],
    &["IVAN", "VANYA"],
    &["JACOB", "JAKE", "YAKOV"],
    &["JAMES", "JIM", "JIMMY", "JAIME"],
    &["JENNIFER", "JENNY", "JEN"],
    &["JESUS", "CHUY"],
    &["JOHN", "JACK", "JOHNNY", "JUAN", "JON"],
    &["JONATHAN", "JON"],
    &["JOSEPH", "JOE", "JOSE", "PEPE", "GIUSEPPE"],
    &["LAWRENCE", "LARRY", "LORENZO"],
    &["LEONARD", "LEN", "LEONARDO"],
    &["MARGARET", "MEG", "PEGGY", "MAGGIE", "MARGARITA"],
    &["MATTHEW", "MATT", "MATEO"],
    &["MICHAEL", "MIKE", "MIGUEL", "MIKHAIL", "MISHA", "MICHEL", "MICK"],
    &["NATALIA", "NATASHA", "NATALYA"],
    &["NICHOLAS", "NICK", "NIKOLAI", "NICOLAS", "KOLYA", "NIKOLAY"],
    &["PATRICIA", "PAT", "PATTY", "TRICIA"],
    &["PATRICK", "PAT", "PADDY"],
    &["PAUL", "PABLO", "PAVEL"],
    &["PETER", "PETE", "PEDRO", "PYOTR", "PETR", "PIOTR"],
    &["PHILIP", "PHIL", "FELIPE"],
    &["RICHARD", "RICK", "DICK", "RICARDO", "RICH"],
    &["ROBERT", "BOB", "ROB", "BOBBY", "ROBERTO", "BERT"],
    &["ROSARIO", "CHAYO"],
    &["SAMUEL", "SAM"],
    &["SERGEI", "SERGIO", "SERGE", "SERGEY"],
    &["STEPHEN", "STEVE", "STEVEN", "ESTEBAN", "STEFAN"],
    &["SUSAN", "SUE", "SUSANA"],
    &["THEODORE", "TED", "FEDOR", "FYODOR"],
    &["THOMAS", "TOM", "TOMMY", "TOMAS"],
    &["TIMOTHY", "TIM"],
    &["VICTOR", "VIC"],
    &["VLADIMIR", "VOVA", "VOLODYMYR"],
    &["WALTER", "WALT"],
    &["WILLIAM", "BILL", "WILL", "BILLY", "GUILLERMO", "WILHELM"],
    &["ZACHARY", "ZACH", "ZAK"],
];

/// Names that stand for a given name in another form. Symmetric; empty for most.
pub fn nicknames(token: &[u8]) -> impl Iterator<Item = &'static [u8]> {
    let of: Vec<u8> = if token.len() <= 12 { token.to_vec() } else { Vec::new() };
    NICKNAMES
        .iter()
        .filter(move |group| group.iter().any(|n| n.as_bytes() == of))
        .flat_map(|group| group.iter().map(|n| n.as_bytes()))
}

/// The class of a letter or digraph, and how many letters it took.
fn class(t: &[u8], i: usize) -> (u8, usize) {
    let at = |k: usize| t.get(i + k).copied().unwrap_or(b' ');
    let (a, b, c) = (at(0), at(1), at(2));
    match (a, b, c) {
        (b'S', b'C', b'H') | (b'S', b'H', _) => (b'$', if b == b'C' { 3 } else { 2 }),
        (b'T', b'C', b'H') => (b'C', 3),
        (b'C', b'H', _) => (b'C', 2),
        (b'D', b'Z', b'H') => (b'J', 3),
        (b'D', b'J' | b'Z', _) | (b'Z', b'H', _) => (b'J', 2),
        (b'K', b'H', _) => (b'H', 2),
        (b'G', b'H', _) => (b'G', 2),
        (b'D', b'H', _) => (b'D', 2),
        (b'T', b'H', _) => (b'T', 2),
        (b'P', b'H', _) => (b'F', 2),
        (b'C', b'K', _) => (b'K', 2),
        (b'T', b'S', _) => (b'Z', 2),
        (b'O', b'U' | b'O' | b'E', _) | (b'U', b'E', _) => (b'U', 2),
        (b'E' | b'I', b'E', _) | (b'I' | b'Y', b'Y' | b'I', _) => (b'I', 2),
        (b'A', b'A' | b'E', _) => (b'A', 2),
        (b'A' | b'E', _, _) => (b'A', 1),
        (b'J', b'A' | b'E' | b'I' | b'O' | b'U', _) => (b'J', 1),
        (b'I' | b'Y' | b'J', _, _) => (b'I', 1),
        (b'O' | b'U', _, _) => (b'U', 1),
        (b'C', b'E' | b'I' | b'Y', _) => (b'S', 1),
        (b'C' | b'Q', _, _) => (b'K', 1),
        (b'W', _, _) => (b'V', 1),
        (other, _, _) => (other, 1),
    }
}

/// Key of the ways in which one name is spelt: digraphs of transliteration schemes fold
/// (`KH`, `SCH`, `DZH`, `OU`, `UE`), vowels fall into three classes, doubles are single.
/// `MUHAMMAD`, `MOHAMED` and `MOHAMAD` have one key; so have `YULIIA` and `IULIIA`.
/// Covers ICAO 9303 part 3 section 6 against plain folding in both directions.
pub fn spelling_key(token: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut i = 0;
    while i < token.len() {
        let (class, taken) = class(token, i);
        i += taken;
        if class == b'X' {
            out.extend_from_slice(b"KS");
        } else if out.last() != Some(&class) {
            out.push(class);
        }
    }
    // A final silent E or H (`SLIMANE`, `SARAH`) is a matter of spelling.
    if out.len() > 4 && out.last() == Some(&b'H') {
        out.pop();
    }
}

/// Key of the consonants of a token: what Arabic, Hebrew and sloppy typing leave of it.
pub fn consonant_key(token: &[u8], out: &mut Vec<u8>) {
    spelling_key(token, out);
    let first = out.first().copied();
    out.retain(|b| !matches!(b, b'A' | b'I' | b'U'));
    // A leading vowel is kept as such: it is written in every script.
    if matches!(first, Some(b'A' | b'I' | b'U')) {
        out.insert(0, b'A');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelling(t: &str) -> String {
        let mut out = vec![];
        spelling_key(t.as_bytes(), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn light_words_are_sorted() {
        assert!(LIGHT.is_sorted());
        assert!(is_light(b"AL") && !is_light(b"ALI"));
    }

    #[test]
    fn spellings_of_one_name_share_a_key() {
        for group in [
            &["MUHAMMAD", "MOHAMMED", "MOHAMED", "MOHAMAD", "MUHAMMED"][..],
            &["YUSUPOV", "IUSUPOV"],
            &["KHUSEIN", "HUSSEIN", "HUSAYN"],
            &["GOETZ", "GOTZ"],
            &["ALEXANDR", "ALEKSANDR"],
            &["MUELLER", "MULLER"],
            &["OUSSAMA", "USAMA", "OSAMA"],
        ] {
            for name in group {
                assert_eq!(spelling(name), spelling(group[0]), "{name}");
            }
        }
        assert_ne!(spelling("MAHMUD"), spelling("MUHAMMAD"));
    }

    #[test]
    fn nicknames_are_symmetric() {
        for group in NICKNAMES {
            for a in *group {
                for b in *group {
                    assert!(nicknames(a.as_bytes()).any(|n| n == b.as_bytes()));
                }
            }
        }
    }
}
