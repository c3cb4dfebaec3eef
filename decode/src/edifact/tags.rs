//! Segment tags, and how to tell a segment that begins here from text that only looks like one.

/// A segment tag: three bytes packed into a number, so that tags compare and match in one step.
pub(crate) type Tag = u32;

/// Packs a tag.
pub(crate) const fn tag(t: [u8; 3]) -> Tag {
    ((t[0] as u32) << 16) | ((t[1] as u32) << 8) | t[2] as u32
}

macro_rules! tags {
    ($known:ident $doc:literal $($name:ident)*) => {
        $(pub(crate) const $name: Tag = {
            let b = stringify!($name).as_bytes();
            tag([b[0], b[1], b[2]])
        };)*
        #[doc = $doc]
        pub(crate) const fn $known(t: Tag) -> bool {
            matches!(t, $($name)|*)
        }
    };
}

tags! { of_lists "Whether PAXLST, its US form, CUSRES or the service segments use this tag."
UNA UNB UNG UNH UNS UNT UNE UNZ BGM RFF DTM NAD CTA COM TDT LOC ATT MEA GEI FTX EMP NAT DOC CPI QTY CNT PDT ERP ERC }

tags! { of_reservations "Whether PNRGOV uses this tag."
MSG ORG TVL EQN SRC RCI SSR DAT IFT ADD EBD TIF FTI REF FAR TKT MON PTK TXD FOP TRA RPI APD TRI SSD TBD ABI SAC LTS }

/// Whether a message that is decoded uses this tag.
pub(crate) const fn known(t: Tag) -> bool {
    of_lists(t) || of_reservations(t)
}

/// The letters of a tag.
pub(crate) fn letters(t: Tag) -> [u8; 3] {
    [(t >> 16) as u8, (t >> 8) as u8, t as u8]
}

/// Whether reports of cargo and conveyances use this tag, which lists of persons do not. A line that
/// begins with one begins a segment.
pub(crate) const fn cargo(t: Tag) -> bool {
    let mut i = 0;
    while i < CARGO.len() {
        if tag(*CARGO[i]) == t {
            return true;
        }
        i += 1;
    }
    false
}

const CARGO: [&[u8; 3]; 24] = [
    b"CNI", b"GID", b"PAC", b"PCI", b"CST", b"DGS", b"SGP", b"EQD", b"SEL", b"MOA", b"POC", b"GIS", b"TSR", b"TMP", b"RNG",
    b"HAN", b"GDS", b"CUX", b"TOD", b"TCC", b"TAX", b"FII", b"TPL", b"EQA",
];

/// Up to eight bytes as a number, so that qualifiers compare and match in one step; longer text is no code.
pub(crate) const fn code(text: &[u8]) -> u64 {
    if text.len() > 8 {
        return u64::MAX;
    }
    let (mut code, mut i) = (0, text.len());
    while i > 0 {
        i -= 1;
        code = code << 8 | text[i] as u64;
    }
    code
}

/// For each tag of three capital letters, five bits each: its usual elements up to [`FEW`], [`MEANT`] and [`KNOWN`].
static USUAL: [u8; 1 << 15] = {
    let mut table = [0; 1 << 15];
    let mut at = 0;
    while at < table.len() {
        let letters = [(at >> 10) as u8, (at >> 5 & 31) as u8, (at & 31) as u8];
        if letters[0].wrapping_sub(1) < 26 && letters[1].wrapping_sub(1) < 26 && letters[2].wrapping_sub(1) < 26 {
            let t = tag([letters[0] + b'@', letters[1] + b'@', letters[2] + b'@']);
            // More than that need a second look, whatever they are.
            let usual = usual_elements(t) as u8;
            table[at] = if usual > FEW { FEW } else { usual } | if known(t) { MEANT | KNOWN } else { 0 };
        }
        at += 1;
    }
    let mut i = 0;
    while i < CARGO.len() {
        table[slot(*CARGO[i])] |= MEANT;
        i += 1;
    }
    table
};

/// Place of a tag of three capital letters in the table.
const fn slot([a, b, c]: [u8; 3]) -> usize {
    ((a & 31) as usize) << 10 | ((b & 31) as usize) << 5 | (c & 31) as usize
}

/// Marks tags that begin a segment also without any element.
const MEANT: u8 = 0x80;
/// Marks those that are [`known`].
const KNOWN: u8 = 0x40;
/// The most elements that an entry counts.
const FEW: u8 = 0x3F;

/// As [`known`], by the table.
#[inline]
pub(crate) fn is_known(t: Tag) -> bool {
    t & 0xE0_E0E0 == 0x40_4040 && USUAL[slot(letters(t))] & KNOWN != 0
}

/// The tag in front of four bytes, if it has three capital letters, with its usual elements and whether a message that is
/// decoded or a report of cargo uses it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "asked once a segment, and shorter than a call")]
pub(super) fn upper(bytes: [u8; 4]) -> Option<(Tag, usize, bool)> {
    let t = u32::from_be_bytes(bytes) >> 8;
    let slot = (t & 0x1F_0000) >> 6 | (t & 0x1F00) >> 3 | t & 0x1F;
    // What stands in the column of the capital letters and is none of them has no entry.
    let usual = USUAL[slot as usize & (USUAL.len() - 1)];
    (t & 0xE0_E0E0 == 0x40_4040 && usual != 0).then_some((t, usize::from(usual & FEW), usual & MEANT != 0))
}

/// Whether three bytes may be a tag that a message that is decoded or a report of cargo uses, in any case; at times also
/// where they are none.
#[inline]
pub(super) fn may_be_known(bytes: [u8; 3]) -> bool {
    bytes.iter().all(|b| b & 0x40 != 0) && USUAL[slot(bytes)] & MEANT != 0
}

/// The tag in three bytes of text, whatever their case; `None` where they cannot be a tag.
#[inline]
pub(crate) fn parse(text: &[u8]) -> Option<Tag> {
    let &[a, b, c] = text else { return None };
    if a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_uppercase() {
        return Some(tag([a, b, c]));
    }
    (a.is_ascii_alphabetic() && b.is_ascii_alphanumeric() && c.is_ascii_alphanumeric())
        .then(|| tag([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
}

/// Elements, the tag among them, that a segment of this kind has in practice. A segment with more
/// may have lost its terminator and swallowed the next one.
pub(crate) const fn usual_elements(t: Tag) -> usize {
    match t {
        RFF | CNT | DTM | COM | UNS => 2,
        LOC | UNE | UNZ | UNT | DOC | GEI | NAT | EQN | ABI | RPI | TRI | APD => 3,
        ATT | MEA | CTA | BGM => 4,
        NAD | FTX | TDT | PDT | UNH => 5,
        UNG => 9,
        UNB | ORG => 12,
        // Lists of any length.
        SSR | IFT | TXD | TBD | LTS | RCI | ADD | FTI | FOP => 96,
        _ => 8,
    }
}

/// Whether the tag `t` at the end of an element, in the middle of a segment `of` another tag, begins
/// a segment of its own: evidence that a terminator was lost. `first` is the text of the next
/// element up to its first separator, `before` the byte in front of the tag. Only codes that real lists use count, since streets end in
/// KAMPUNG and MEDOC.
pub(crate) fn takes(of: Tag, t: Tag, before: Option<u8>, first: &[u8]) -> bool {
    if of_reservations(of) || (of == 0 && of_reservations(t)) {
        return of_reservations(t) && (takes_reservation(t, before, first) || (of == 0 && t == RCI && first.len() == 2));
    }
    let digits = !first.is_empty() && first.len() <= 8 && first.iter().all(u8::is_ascii_digit);
    match t {
        LOC => matches!(
            first,
            b"178"
                | b"179"
                | b"22"
                | b"174"
                | b"180"
                | b"91"
                | b"125"
                | b"87"
                | b"92"
                | b"130"
                | b"188"
                | b"005"
                | b"008"
                | b"PT"
        ),
        DTM => matches!(first, b"189" | b"232" | b"329" | b"36" | b"136" | b"132" | b"133" | b"178"),
        NAD => matches!(first, b"FL" | b"FM" | b"MS" | b"VW" | b"DDT" | b"DDU"),
        ATT | NAT => first == b"2",
        GEI => first == b"4",
        RFF => matches!(first, b"AVF" | b"SEA" | b"ABO" | b"YZY" | b"TN" | b"AEA" | b"CR"),
        MEA => matches!(first, b"CT" | b"WT"),
        FTX => first == b"BAG",
        // A name is followed by the person's particulars, never directly by one of these.
        _ if of == NAD => false,
        DOC => first.len() <= 2 && first.iter().all(u8::is_ascii_alphanumeric),
        TDT => matches!(first, b"" | b"20" | b"34"),
        BGM => matches!(first, b"745" | b"250" | b"336" | b"266" | b"655"),
        CNT => matches!(first, b"41" | b"42" | b"3"),
        UNT | UNZ | UNE => digits,
        UNG => matches!(first, b"PAXLST" | b"PNRGOV" | b"CUSRES"),
        UNH => first.iter().any(u8::is_ascii_digit),
        // The rest take anything, and text ends in their letters too often (`.COM`).
        _ => false,
    }
}

/// The same for PNRGOV, where names and remarks of any words stand in front.
fn takes_reservation(t: Tag, before: Option<u8>, first: &[u8]) -> bool {
    let digits = |from: usize| first.len() >= from && first.iter().all(u8::is_ascii_digit);
    match t {
        TVL => digits(6) && first.len() == 6,
        IFT => matches!(first, b"4" | b"3"),
        SSR => first.len() == 4 && first.iter().all(u8::is_ascii_uppercase),
        DAT => matches!(first, b"700" | b"710" | b"2"),
        TKT => digits(10),
        FOP => matches!(first, b"CC" | b"CA" | b"CK" | b"MS"),
        // What stands in front of a name or a locator ends in no letter.
        TIF | RCI | REF | TBD => before.is_some_and(|b| !b.is_ascii_alphabetic()) && !first.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_read_in_any_case() {
        assert_eq!(parse(b"NAD"), Some(NAD));
        assert_eq!(parse(b"nad"), Some(NAD));
        assert_eq!(parse(b"1AD"), None);
        assert_eq!(parse(b"NADX"), None);
        assert!(known(PDT) && known(TVL) && !of_lists(TVL) && !known(tag(*b"QQQ")));
        assert_eq!(letters(TVL), *b"TVL");
    }

    #[test]
    fn tables_say_what_functions_say() {
        for text in [b"LOC+", b"NAD+", b"GID+", b"SSR+", b"UNS'", b"ABC+", b"ZZZ+"] {
            let t = tag([text[0], text[1], text[2]]);
            assert_eq!(upper(*text), Some((t, usual_elements(t).min(FEW.into()), known(t) || cargo(t))));
            assert_eq!(is_known(t), known(t));
        }
        assert_eq!(
            (upper(*b"loc+"), upper(*b"L0C+"), upper(*b"LO++"), upper(*b"L@C+"), upper(*b"[OC+")),
            (None, None, None, None, None)
        );
        assert_eq!((code(b""), code(b"2"), code(b"178"), code(b"123456789")), (0, 0x32, 0x38_37_31, u64::MAX));
    }

    #[test]
    fn a_swallowed_tag_needs_its_qualifier() {
        assert!(takes(DTM, LOC, None, b"178"));
        assert!(takes(0, NAD, None, b"FL"));
        assert!(!takes(LOC, NAD, None, b"SMITH"));
        assert!(!takes(LOC, COM, None, b"123"));
        assert!(takes(LOC, DOC, None, b"P") && !takes(NAD, DOC, None, b"P"));
    }
}
