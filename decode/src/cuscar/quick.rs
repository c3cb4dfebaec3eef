//! Segments of reports as most write them: places, measures, totals, references, seals.
//!
//! These are read from the bits of the reader without taking them apart first. A segment of any other shape is left
//! untouched for [`Message::segment`], whose own functions take what is read here.

use super::super::edifact::{Ahead, Reader, Slice};
use super::super::output::Output;
use super::Message;

const CNT: u32 = Ahead::tag_of(b"CNT");
const LOC: u32 = Ahead::tag_of(b"LOC");
const MEA: u32 = Ahead::tag_of(b"MEA");
const RFF: u32 = Ahead::tag_of(b"RFF");
const SEL: u32 = Ahead::tag_of(b"SEL");
const SGP: u32 = Ahead::tag_of(b"SGP");

impl Message<'_, '_> {
    /// Takes a segment of the usual shape; `None`, and nothing done, where it has another one.
    #[inline(always)]
    pub(super) fn quick(&mut self, r: &Reader<'_, '_>, ahead: Ahead<'_>, out: &mut Output) -> Option<()> {
        let tag = ahead.tag();
        if !matches!(tag, LOC | MEA | RFF | CNT | SGP | SEL) {
            return None;
        }
        match tag {
            LOC => {
                let fields = place(ahead)?;
                self.end_party(r, out);
                self.locate(r, fields, out);
            }
            MEA => {
                let fields = measure(ahead)?;
                self.end_party(r, out);
                self.measure(fields.map(|field| r.text(field)), ahead.at, out);
            }
            RFF => {
                let [kind, value] = pair(ahead)?;
                self.end_party(r, out);
                self.refer(r, kind, value, out);
            }
            CNT => {
                let [code, value] = pair(ahead)?;
                self.end_party(r, out);
                self.total([r.text(code), r.text(value), ""], ahead.at, out);
            }
            SGP => {
                let number = first(ahead)?;
                self.end_party(r, out);
                self.hold(r, number);
            }
            _ => {
                let seal = first(ahead)?;
                self.end_party(r, out);
                self.seal(r, seal, out);
            }
        }
        Some(())
    }
}

/// `LOC+9+BEANR`, `LOC+9+BEANR::6`: the tag, the function and the place.
#[inline(always)]
fn place(ahead: Ahead<'_>) -> Option<[Slice; 3]> {
    let (middle, behind) = ahead.second();
    if ahead.borders != 1 << 3 | 1_u64.checked_shl(middle)? {
        return None;
    }
    Some([ahead.field(0, 3)?, ahead.field(4, middle)?, ahead.field(middle + 1, behind.min(ahead.stop))?])
}

/// `RFF+BM:BILL1`, `CNT+7:14404`: what stands in front of the colon, and behind it.
#[inline(always)]
fn pair(ahead: Ahead<'_>) -> Option<[Slice; 2]> {
    let middle = ahead.middle();
    if ahead.is_border(middle) {
        return None;
    }
    Some([ahead.field(4, middle)?, ahead.field(middle + 1, ahead.stop)?])
}

/// `MEA+AAE+G+KGM:14404`: purpose, dimension, unit and value.
#[inline(always)]
fn measure(ahead: Ahead<'_>) -> Option<[Slice; 4]> {
    let (first, second) = ahead.second();
    let colon = ahead.separators.checked_ilog2()?;
    let borders = 1 << 3 | 1_u64.checked_shl(first)? | 1_u64.checked_shl(second)?;
    if ahead.borders != borders || ahead.separators != borders | 1 << colon || colon <= second {
        return None;
    }
    Some([
        ahead.field(4, first)?,
        ahead.field(first + 1, second)?,
        ahead.field(second + 1, colon)?,
        ahead.field(colon + 1, ahead.stop)?,
    ])
}

/// The first component behind the tag.
#[inline(always)]
fn first(ahead: Ahead<'_>) -> Option<Slice> {
    let (end, _) = ahead.second();
    // Segments of many elements may have swallowed others.
    if ahead.borders.count_ones() > 4 {
        return None;
    }
    ahead.field(4, end.min(ahead.stop))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::Decoder;
    use crate::tests::{again, all_facts, column};

    /// Segments in the usual shapes and near them.
    const SEGMENTS: [&str; 46] = [
        "CNI+1+BILL1",
        "CNI+2+BILL2::C",
        "EQD+CN+UNIT1+45G1:102:5++3+5",
        "GID+1+390:CT:::PARTS",
        "NAD+CZ+++MAKER:EXPORT+DOCK 1+ANTWERPEN++2030+BE",
        "NAD+CN+ID1:160:20",
        "NAD+CA+ABCD:172:20",
        "NAD+CN++A BLOC+B+C",
        "NAD+CN++BUYER:12 HIGH STREET:LEEDS:UNITED KINGDOM",
        "CTA+IC+:JOHN",
        "LOC+9+BEANR::6",
        "LOC+9+BEANR",
        "LOC+9+:::ANTWERP",
        "LOC+9+ BEANR",
        "LOC+11+GBFXT:1+X:2",
        "LOC+27+CN",
        "LOC+60+GBFXT::6",
        "LOC+999+GBFXT",
        "LOC++GBFXT",
        "LOC+9",
        "MEA+AAE+G+KGM:14404",
        "MEA+AAE+AAW+MTQ:46",
        "MEA+WT++KGM:14404",
        "MEA+WT+AAD+KGM:14404,5:1",
        "MEA+WT+AAD+:14404",
        "MEA+WT+AAD+KGM:X",
        "MEA+WT+AAD+KGM",
        "MEA+AAE:G+KGM:1",
        "RFF+BM:BILL1",
        "RFF+MB:MASTER1",
        "RFF+XC:8000A1",
        "RFF+HS:847989",
        "RFF+ABC:1",
        "RFF+BM",
        "RFF+BM:BILL1:2",
        "RFF+BM+BILL1",
        "CNT+7:14404",
        "CNT+8:390:PCE",
        "CNT+16:1",
        "CNT+8:X",
        "SGP+UNIT1+390",
        "SGP+unit-1",
        "SGP+",
        "SEL+SEAL1",
        "SEL+SEAL1+CA+1+2+3+4",
        "TDT+20+QF0012+4",
    ];

    prop_compose! {
        fn report()(
            picks in proptest::collection::vec(0..SEGMENTS.len(), 0..50),
            ends in proptest::collection::vec(prop_oneof![12 => Just("'"), 4 => Just("'\n"), 1 => Just("''"), 1 => Just("' ")], 50),
            change in proptest::option::weighted(0.3, (0_usize..1500, any::<u8>())),
            kind in prop_oneof![Just("CUSCAR"), Just("CUSREP")],
            whole: bool,
        ) -> Vec<u8> {
            let mut text = format!("UNB+UNOC:3+A+B+240301:0930+77'UNH+1+{kind}:D:95B:UN'BGM+85+MAN77+9'");
            for (pick, end) in picks.iter().zip(ends) {
                text.push_str(SEGMENTS[*pick]);
                text.push_str(end);
            }
            if whole {
                text.push_str("UNT+12+1'UNZ+1+77'                                                                        ");
            }
            let mut bytes = text.into_bytes();
            if let Some((at, byte)) = change
                && let Some(b) = bytes.get_mut(at)
            {
                *b = byte;
            }
            bytes
        }
    }

    proptest! {
        #[test]
        fn reports_are_what_the_long_way_gives(text in report()) {
            let (mut quick, mut careful) = (Decoder::new(), Decoder::new());
            careful.buffers.careful = true;
            careful.families.cuscar().careful = true;
            let (some, other) = (again(&mut quick, &text), again(&mut careful, &text));
            prop_assert_eq!(some.counts, other.counts);
            prop_assert_eq!(all_facts(&some.consignments), all_facts(&other.consignments));
            for name in ["finding_details", "position", "record_id"] {
                prop_assert_eq!(column(&some.consignments, name), column(&other.consignments, name));
            }
            prop_assert_eq!(some.dead_letters, other.dead_letters);
        }
    }
}
