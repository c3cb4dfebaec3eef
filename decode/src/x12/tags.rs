//! Segment tags of X12.

/// A segment tag: two or three bytes packed into a number.
pub(super) type Tag = u32;

/// Packs a tag.
pub(super) const fn tag(text: &[u8]) -> Tag {
    let mut packed = 0;
    let mut at = 0;
    while at < text.len() {
        packed = (packed << 8) | text[at] as u32;
        at += 1;
    }
    packed
}

macro_rules! tags {
    ($($name:ident)*) => {
        $(pub(super) const $name: Tag = tag(stringify!($name).as_bytes());)*
        /// Whether a transaction set of freight or customs, or the envelope, uses this tag.
        pub(super) fn known(t: Tag) -> bool {
            matches!(t, $($name)|*)
        }
    };
}

tags! {
    ISA IEA GS GE ST SE TA1
    M10 P4 LX M11 M12 M13 M14 M15 M20 M21 MBL N1 N2 N3 N4 N5 N7 N8 N9 N10 N12 NM1 NTE PER G61 DMG DMA REF DTM DTP G62 VID VEH VC
    M7 M7A CII H1 H2 H3 R4 R2 R9 X1 X2 X01 X02 K1 K2 K3 MAN PID PO4 PS W09 W2 Y2 Y6 EM CM GA GR5 V1 V2 V9 B2 B2A B3 B3A B4 BA1
    L0 L1 L3 L4 L5 L7 L9 L11 L13 C2 C3 C8 C8C G1 G2 G3 QTY MEA LQ LH1 LH2 LH3 LH6 LHE LHR LHT LS LE M0 M1 ID4 ISS SAC CUR
    TDS TD1 TD3 TD5 E1 E4 F9 D9 T1 T2 T3 T6 T8 H5 H6 SG SMB A1 AAA AK1 AK2 AK3 AK4 AK5 AK9 BGN OTI TED
}

/// The tag in two or three bytes of text, whatever their case; `None` where they cannot be one.
#[inline]
pub(super) fn parse(text: &[u8]) -> Option<Tag> {
    match *text {
        [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphanumeric() => {
            Some(tag(&[a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
        }
        [a, b, c] if a.is_ascii_alphabetic() && b.is_ascii_alphanumeric() && c.is_ascii_alphanumeric() => {
            Some(tag(&[a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
        }
        _ => None,
    }
}

/// Most elements, the tag among them, of the segments at whose end something may be glued that
/// begins another record: a terminator was lost.
pub(super) fn most_elements(t: Tag) -> usize {
    match t {
        LX => 2,
        SE | GE | IEA | N3 => 3,
        ST => 4,
        P4 | N4 | N9 => 8,
        GS => 9,
        ISA => 17,
        N1 => 7,
        _ => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_two_and_three_letters() {
        assert_eq!(parse(b"M11"), Some(M11));
        assert_eq!(parse(b"lx"), Some(LX));
        assert_eq!((parse(b"1LX"), parse(b"L"), parse(b"ABCD"), parse(b"M-1")), (None, None, None, None));
        assert!(known(N10) && known(N1) && !known(tag(b"QQ")));
    }
}
