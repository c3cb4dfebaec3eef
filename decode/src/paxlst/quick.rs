//! Persons as most lists write them.
//!
//! The groups of persons are nine tenths of a list, and nearly all of their segments have one of the
//! shapes below. They are read from the bits of the reader without taking them apart first. A segment
//! of any other shape, and one that gives a finding, is left untouched for [`super::segment`]: what is
//! read here is what that reads, as a property holds.

use tamis_records::country::of_capitals;

use super::super::dates::Pivot;
use super::super::edifact::tags::{self, code};
use super::super::edifact::{Ahead, Reader, Slice};
use super::super::interchange::Sink;
use super::group::{self, parties, places, references};
use super::{Country, Document, Message, Person, Role};

const NAD: u32 = Ahead::tag_of(b"NAD");
const ATT: u32 = Ahead::tag_of(b"ATT");
const DTM: u32 = Ahead::tag_of(b"DTM");
const GEI: u32 = Ahead::tag_of(b"GEI");
const LOC: u32 = Ahead::tag_of(b"LOC");
const NAT: u32 = Ahead::tag_of(b"NAT");
const RFF: u32 = Ahead::tag_of(b"RFF");
const DOC: u32 = Ahead::tag_of(b"DOC");

/// Takes segments of persons, from within the group of one, for as long as they have the usual shapes.
pub(in super::super) fn persons(reader: &mut Reader<'_, '_>, message: &mut Message, sink: &mut Sink<'_, '_>) {
    // Years of two digits are read around the flight.
    let Some(around) = message.around else { return };
    let pivot = Pivot::new(around);
    let mut taken = 0;
    let mut cursor = reader.cursor();
    loop {
        let Some(ahead) = cursor.ahead() else {
            if cursor.skip_breaks() {
                continue;
            }
            break;
        };
        let person = &mut message.person;
        let tag = ahead.tag();
        let well = match tag {
            LOC => place(ahead, person),
            DTM => date(ahead, person, &pivot),
            NAT => nationality(ahead, person),
            DOC => document(ahead, person),
            ATT => attribute(ahead, person),
            RFF => reference(ahead, person),
            GEI => indicator(ahead),
            NAD => begin(reader, ahead, message, sink),
            _ => None,
        };
        if well.is_none() {
            break;
        }
        cursor.pass(&ahead);
        taken += 1;
    }
    let at = cursor.at;
    reader.go_to(at, taken);
    message.segments += taken;
}

/// `NAD+FL+++SURNAME:GIVEN`: ends the person before and begins the next.
#[inline(always)]
fn begin(reader: &Reader<'_, '_>, ahead: Ahead<'_>, message: &mut Message, sink: &mut Sink<'_, '_>) -> Option<()> {
    const BORDERS: u64 = 1 << 3 | 1 << 6 | 1 << 7 | 1 << 8;
    // Nothing but the qualifier in front of the name, and nothing behind it.
    if ahead.borders != BORDERS || ahead.separators & 0x1FF != BORDERS {
        return None;
    }
    let role = match ahead.code(4, 6) {
        parties::PASSENGER => Role::Passenger,
        parties::CREW => Role::Crew,
        _ => return None,
    };
    let mut name = [Slice::default(); 5];
    let (mut from, mut colons) = (9, ahead.separators >> 9);
    let mut count = 0;
    while colons != 0 {
        let to = 9 + colons.trailing_zeros();
        *name.get_mut(count)? = ahead.field(from, to)?;
        (from, colons, count) = (to + 1, colons & (colons - 1), count + 1);
    }
    *name.get_mut(count)? = ahead.field(from, ahead.stop)?;
    // A name in one component may be of another form.
    if count == 0 {
        return None;
    }
    sink.end_person(reader, message, ahead.at);
    message.start_person(ahead.at, role).name = name;
    message.marks.settle(&message.findings, tags::NAD, ahead.at);
    Some(())
}

/// `LOC+178+YYZ`.
#[inline(always)]
fn place(ahead: Ahead<'_>, person: &mut Person) -> Option<()> {
    let middle = ahead.middle();
    if !ahead.is_border(middle) {
        return None;
    }
    let value = ahead.field(middle + 1, ahead.stop)?;
    match ahead.code(4, middle) {
        places::EMBARKATION => person.embarkation = value,
        places::DEBARKATION => person.debarkation = value,
        places::CLEARANCE => person.clearance = value,
        places::RESIDENCE => person.residence = country(ahead, middle)?,
        places::ISSUER => {
            let country = country(ahead, middle)?;
            if person.document_skipped {
                return None;
            }
            if let Some(document) = person.documents.last_mut()
                && (document.issuer == Country::None || document.issuer_is_part)
            {
                (document.issuer, document.issuer_is_part) = (country, false);
            }
        }
        _ => return None,
    }
    Some(())
}

/// `DTM+329:yymmdd`.
#[inline(always)]
fn date(ahead: Ahead<'_>, person: &mut Person, pivot: &Pivot) -> Option<()> {
    let middle = ahead.middle();
    if ahead.is_border(middle) || ahead.stop != middle + 7 {
        return None;
    }
    let six = ahead.eight(middle + 1);
    match ahead.code(4, middle) {
        group::BIRTH => person.birth = Some(pivot.past(six)?),
        group::EXPIRY => {
            if person.document_skipped {
                return None;
            }
            let expiry = pivot.near(six)?;
            person.documents.last_mut()?.expiry = Some(expiry);
        }
        _ => return None,
    }
    Some(())
}

/// `NAT+2+CAN`.
#[inline(always)]
fn nationality(ahead: Ahead<'_>, person: &mut Person) -> Option<()> {
    let middle = ahead.middle();
    if !ahead.is_border(middle) {
        return None;
    }
    let country = country(ahead, middle)?;
    match person.nationality {
        Country::None => person.nationality = country,
        held if held == country => {}
        _ => return None,
    }
    Some(())
}

/// `ATT+2++M`.
#[inline(always)]
fn attribute(ahead: Ahead<'_>, person: &mut Person) -> Option<()> {
    const BORDERS: u64 = 1 << 3 | 1 << 5 | 1 << 6;
    if ahead.separators != BORDERS || ahead.borders != BORDERS || ahead.stop != 8 || ahead.byte(4) != b'2' {
        return None;
    }
    let sex = ahead.byte(7);
    if !matches!(sex, b'M' | b'F') {
        return None;
    }
    (person.sex, person.sex_told) = (Some(sex), true);
    Some(())
}

/// `RFF+AVF:ABCDEF`.
#[inline(always)]
fn reference(ahead: Ahead<'_>, person: &mut Person) -> Option<()> {
    let middle = ahead.middle();
    if ahead.is_border(middle) {
        return None;
    }
    let value = ahead.field(middle + 1, ahead.stop)?;
    let slot = match ahead.code(4, middle) {
        references::LOCATOR => &mut person.locator,
        references::CARRIER => &mut person.carrier_ref,
        references::TICKET => &mut person.ticket,
        references::SEAT => &mut person.seat,
        references::CUSTOMER => &mut person.customer,
        _ => return None,
    };
    if slot.is_empty() {
        *slot = value;
    }
    Some(())
}

/// `DOC+P:110:111+NUMBER`, `DOC+P+NUMBER`.
#[inline(always)]
fn document(ahead: Ahead<'_>, person: &mut Person) -> Option<()> {
    // The separator in front of the number is the last one, and the only one of elements behind the tag.
    let border = ahead.separators.checked_ilog2()?;
    if ahead.borders != 1 << 3 | 1 << border || border == 3 {
        return None;
    }
    let behind = ahead.separators & (ahead.separators - 1);
    let kind = ahead.field(4, behind.trailing_zeros())?;
    let number = ahead.field(border + 1, ahead.stop)?;
    person.document_skipped = false;
    person.documents.push(Document { kind, number, ..Document::default() });
    Some(())
}

/// `GEI+4+173`: the identity was verified.
#[inline(always)]
fn indicator(ahead: Ahead<'_>) -> Option<()> {
    let middle = ahead.middle();
    let verified = ahead.is_border(middle) && ahead.code(4, middle) == const { code(b"4") };
    (verified && ahead.code(middle + 1, ahead.stop) == const { code(b"173") }).then_some(())
}

/// The country of three capital letters behind `middle`.
#[inline(always)]
fn country(ahead: Ahead<'_>, middle: u32) -> Option<Country> {
    if ahead.stop != middle + 4 {
        return None;
    }
    let [a, b, c, ..] = ahead.eight(middle + 1).to_le_bytes();
    of_capitals([a, b, c]).map(Country::Code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::tests::{again, all_facts, column};
    use crate::{Decoder, Origin};

    /// Segments of persons in the usual shapes and near them.
    const SEGMENTS: [&str; 72] = [
        "NAD+FL+++SMITH:JOHN",
        "NAD+FL+++SMITH:JOHN:PAUL",
        "NAD+FM+++ROSSI:MARIA MRS",
        "NAD+FL+++SMITH/JOHN MR",
        "NAD+FL+++SMITH",
        "NAD+FL+++ SMITH:JOHN",
        "NAD+FL+++SMITH::JOHN",
        "NAD+FL+++:JOHN",
        "NAD+FL+++A:B:C:D:E",
        "NAD+FL+++A:B:C:D:E:F",
        "NAD+FL+++SMITH:O?'NEIL",
        "NAD+FL+++SMITH:JOHN+12 HIGH STREET+LEEDS",
        "NAD+FL++X+SMITH:JOHN",
        "NAD+FL++SMITH JOHN",
        "NAD+FL+++A VERY LONG SURNAME INDEED:AND GIVEN NAMES THAT ARE NOT SHORT EITHER",
        "NAD+XX+++SMITH:JOHN",
        "NAD+VW+++SMITH:JOHN",
        "NAD+DDU+++SMITH:JOHN",
        "NAD+MS+++AGENT:DESK",
        "NAD+FL",
        "ATT+2++M",
        "ATT+2++F",
        "ATT+2++X",
        "ATT+2++m",
        "ATT+3++M",
        "ATT+2+M",
        "ATT+2++M:1",
        "DTM+329:710718",
        "DTM+329:710718:101",
        "DTM+329:710718:610",
        "DTM+329:19710718",
        "DTM+329:710018",
        "DTM+329:710732",
        "DTM+329:000229",
        "DTM+329:7107 8",
        "DTM+36:290718",
        "DTM+36:991231",
        "DTM+36:290018",
        "DTM+36:ABCDEF",
        "DTM+232:290718",
        "DTM+36+290718",
        "GEI+4+173",
        "GEI+4+174",
        "GEI+4+ZZZ",
        "LOC+178+YYZ",
        "LOC+178+ YZ",
        "LOC+178",
        "LOC+178+",
        "LOC+178:YYZ",
        "LOC+179+CAWNP:162:5",
        "LOC+179+JFK",
        "LOC+22+YYZ",
        "LOC+174+CAN",
        "LOC+174+D",
        "LOC+174+QQQ",
        "LOC+180+GBR:::LEEDS",
        "LOC+91+CAN",
        "LOC+91+VA:163",
        "LOC+91+VAT",
        "LOC+125+YYZ",
        "LOC+999+YYZ",
        "NAT+2+CAN",
        "NAT+2+USA",
        "NAT+2+U",
        "RFF+AVF:ABCDEF",
        "RFF+SEA:012A",
        "RFF+XXX:012A",
        "DOC+P:110:111+AB123456",
        "DOC+P+AB123456",
        "DOC+P+AB123456:1",
        "DOC++",
        "DOC+V+",
    ];

    prop_compose! {
        fn list()(
            picks in proptest::collection::vec(0..SEGMENTS.len(), 0..60),
            ends in proptest::collection::vec(prop_oneof![12 => Just("'"), 1 => Just("'\n"), 1 => Just("''"), 1 => Just(" '")], 60),
            change in proptest::option::weighted(0.3, (0_usize..2000, any::<u8>())),
            whole: bool,
        ) -> Vec<u8> {
            let mut text = "UNB+UNOA:4+QQ+GOV+240501:1200+7'UNH+M+PAXLST:D:05B:UN:IATA'BGM+745'TDT+20+QQ0012+++QQ'LOC+125+JFK'\
                DTM+189:2405011830:201'LOC+87+YYZ'NAD+FL+++FIRST:ONE'".to_owned();
            for (pick, end) in picks.iter().zip(ends) {
                text.push_str(SEGMENTS[*pick]);
                text.push_str(end);
            }
            if whole {
                text.push_str("CNT+42:1'UNT+12+M'UNZ+1+7'");
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
        fn persons_are_what_the_long_way_gives(text in list()) {
            let (mut quick, mut careful) = (Decoder::new(), Decoder::new());
            careful.buffers.careful = true;
            let (some, other) = (again(&mut quick, &text), again(&mut careful, &text));
            prop_assert_eq!(some.counts, other.counts);
            prop_assert_eq!(all_facts(&some.travellers), all_facts(&other.travellers));
            for name in ["finding_details", "position", "record_id"] {
                prop_assert_eq!(column(&some.travellers, name), column(&other.travellers, name));
            }
            prop_assert_eq!(some.dead_letters, other.dead_letters);
        }
    }

    #[test]
    fn usual_persons_go_the_short_way() {
        let text = "UNB+UNOA:4+QQ+GOV+240501:1200+7'UNH+M+PAXLST:D:05B:UN:IATA'NAD+FL+++FIRST:ONE'ATT+2++M'DTM+329:710718'\
            LOC+178+JFK'LOC+174+CAN'NAT+2+CAN'RFF+AVF:ABCDEF'DOC+P:110:111+AB123456'DTM+36:290718'LOC+91+CAN'GEI+4+173'\
            NAD+FM+++SECOND:TWO'LOC+179+YYZ'ATT+2++X'UNT+14+M'UNZ+1+7'                                                   ";
        let mut decoder = Decoder::new();
        decoder.decode(&Origin { source: "test", partition: "p", position: 0, received_at: 0 }, text.as_bytes());
        // The readers that are left say how far: all but the sex that is neither M nor F was taken by it.
        assert_eq!(decoder.buffers.passed, 12);
    }
}
