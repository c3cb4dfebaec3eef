/// Particles, honorifics, legal forms of companies and the prefixes of ships, in sorted order.
const LIGHT: &[&str] = &[
    "ABD", "ABOU", "ABU", "AL", "AND", "AP", "BEN", "BHD", "BIN", "BINT", "BINTI", "BTE", "CJSC", "COL", "COMPANY", "CORP", "DA",
    "DAS", "DE", "DEL", "DELLA", "DEN", "DER", "DI", "DO", "DOS", "DR", "DU", "E", "EL", "ES", "EURL", "FNU", "FZC", "FZCO",
    "FZE", "GEN", "GMBH", "HADJI", "HAJ", "HAJI", "HAJJ", "HAJJI", "HJ", "IBN", "INC", "JR", "JSC", "KFT", "KHAN", "LA", "LAS",
    "LE", "LIMITED", "LLC", "LLP", "LNU", "LOS", "LTD", "LTDA", "MAC", "MAULANA", "MAULAVI", "MAWLAWI", "MC", "MISS", "MOLLA",
    "MR", "MRS", "MS", "MT", "MULLA", "MULLAH", "MV", "NMN", "OAO", "OGLU", "OGLY", "OJSC", "OOO", "OULD", "PAO", "PJSC", "PLC",
    "PROF", "PTE", "PTY", "PVT", "SARL", "SAYED", "SAYYED", "SAYYID", "SDN", "SEYED", "SHAIKH", "SHAYKH", "SHEIK", "SHEIKH",
    "SHEKH", "SIDI", "SPOL", "SR", "SRI", "SRL", "SRO", "SYED", "TEN", "TER", "THE", "TOO", "UD", "UL", "UMM", "UND", "UR",
    "VAN", "VON", "WLL", "Y", "ZAO", "ZU",
];

/// Whether a token is a particle, an honorific or a legal form: lists and senders leave them out
/// at will.
pub fn is_light(token: &[u8]) -> bool {
    token.len() <= 7 && LIGHT_WORDS.binary_search(&word(token)).is_ok()
}

/// [`LIGHT`] as [`word`]s: in the same order, and compared at once.
const LIGHT_WORDS: [u64; LIGHT.len()] = {
    let mut words = [0; LIGHT.len()];
    let mut i = 0;
    while i < words.len() {
        words[i] = word(LIGHT[i].as_bytes());
        i += 1;
    }
    words
};

/// Up to eight letters in one number that sorts as they do.
const fn word(letters: &[u8]) -> u64 {
    let mut word = 0;
    let mut i = 0;
    while i < 8 {
        word = word << 8 | if i < letters.len() { letters[i] as u64 } else { 0 };
        i += 1;
    }
    word
}

/// Endings of Slavic father's names in their romanisations.
const PATRONYMICS: &[&[u8]] = &[
    b"OVICH", b"EVICH", b"AVICH", b"OVYCH", b"EVYCH", b"IVICH", b"OVITCH", b"EVITCH", b"OVITJ", b"EVITJ", b"AVITJ", b"OVNA",
    b"EVNA", b"IVNA", b"OVNA", b"YVNA", b"AUNA", b"AWNA", b"EUNA", b"ICHNA", b"INICHNA", b"OGLU", b"OGLY", b"OGHLI", b"QIZI",
];

/// Whether a token is a father's name by its ending (`SERGEEVICH`, `PETROVNA`): it is left out
/// where only surname and given name are asked for.
pub fn is_patronymic(token: &[u8]) -> bool {
    token.len() >= 7 && PATRONYMICS.iter().any(|ending| token.ends_with(ending))
}

/// Titles that airlines glue to the last given name.
pub const GLUED: &[&[u8]] = &[b"MR", b"MRS", b"MS", b"MISS", b"MSTR", b"DR"];

/// What is left of a token that may end in a glued title (`JOHNMR`), in every reading.
pub fn without_title(token: &[u8]) -> impl Iterator<Item = &[u8]> {
    GLUED.iter().filter_map(|title| token.strip_suffix(*title)).filter(|rest| rest.len() >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_words_are_sorted() {
        assert!(LIGHT.is_sorted() && LIGHT.iter().all(|l| l.len() <= 7 && is_light(l.as_bytes())));
        assert!(is_light(b"AL") && !is_light(b"ALI"));
    }
}
