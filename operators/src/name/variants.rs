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
        assert!(LIGHT.is_sorted());
        assert!(is_light(b"AL") && !is_light(b"ALI"));
    }
}
