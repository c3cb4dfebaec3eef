//! Interactive advance passenger processing in its flat form: `CIRQ:` asks whether persons may board, `CIRS:`
//! answers. Fields stand between slashes, in groups of a tag, the number of its fields, and the fields:
//! `INT/8/S/QQ12/YYZ/JFK/20240503/183000/20240503/200500` the flight, `PRQ/34/1/P/CAN/CAN/X123//P//20291215////ROE/JANE/…`
//! a person, `PCX` a person cancelled, `PRS` and `PCC` the answers to them.

use tamis_records::country::alpha3;
use tamis_records::schema::RecordKind;

use super::dates::{self, Century};
use super::edifact::{Slice, Texts};
use super::feeds::Feed;
use super::findings::{DeadCode, Finding};
use super::output::{Output, Raw};
use super::paxlst::{Country, Document, Person, Role, flight, read_sex};
use super::travellers::reservation::Beside;
use super::travellers::{LegRow, MessageRow, Whereabouts};

/// What feeds the columns of a traveller.
pub(crate) const FEED: Feed = Feed {
    format: "APP",
    kind: RecordKind::Traveller,
    columns: &[
        ("message_kind", "CIRQ or CIRS"),
        ("action", "PRQ new, PCX cancel, PRS and PCC reply"),
        ("message_ref", "first field"),
        ("sender", "second field"),
        ("role", "second field of a person: P passenger, C crew, X in transit"),
        ("carrier", "INT flight"),
        ("flight", "INT flight"),
        ("departure_port", "INT third field"),
        ("arrival_port", "INT fourth field"),
        ("departure_local", "INT date and time"),
        ("arrival_local", "INT date and time"),
        ("legs", "INT"),
        ("name_raw", "surname and given names of a person"),
        ("surname", "surname of a person"),
        ("given_names", "given names of a person"),
        ("title", "titles glued to names"),
        ("birth_date", "birth date of a person"),
        ("birth_date_precision", "birth date of a person"),
        ("sex", "sex of a person"),
        ("nationality", "nationality of a person"),
        ("document_type", "type of the document"),
        ("document_number", "number of the document"),
        ("document_issuer", "issuing state"),
        ("document_expiry", "expiry of the document"),
        ("documents", "the document of a person"),
        ("response", "PRS and PCC: status code (8501 may board, …)"),
        ("response_text", "PRS and PCC: what the status means (B board, D do not board, …)"),
    ],
};

/// Memory of the decoder.
#[derive(Debug, Default)]
pub(crate) struct App {
    /// The message without line breaks.
    text: Vec<u8>,
    /// Where each byte of it stood.
    places: Vec<usize>,
    fields: Vec<Slice>,
    person: Person,
    key: String,
}

const GROUPS: &[&[u8]] = &[b"INT", b"INM", b"EXO", b"CHK", b"PRQ", b"PRS", b"PCX", b"PCC", b"PAD", b"ERR", b"CLO"];

impl App {
    /// Decodes the messages of a piece; `false`, and nothing done, where it holds none.
    pub(crate) fn decode(&mut self, raw: &Raw<'_>, out: &mut Output) -> bool {
        let bytes = raw.bytes;
        let begins = |at: usize| {
            bytes[at..].starts_with(b"CIR") && matches!(bytes.get(at + 3), Some(b'Q' | b'S')) && bytes.get(at + 4) == Some(&b':')
        };
        let mut starts: Vec<usize> = memchr::memmem::find_iter(bytes, b"CIR").filter(|at| begins(*at)).collect();
        if starts.is_empty() {
            return false;
        }
        // What stands in front belongs to the first.
        starts[0] = starts[0].min(bytes.len());
        for (i, &start) in starts.iter().enumerate() {
            let end = starts.get(i + 1).copied().unwrap_or(bytes.len());
            out.counts.messages += u64::from(i > 0);
            self.message(raw, start..end, out);
        }
        true
    }

    fn message(&mut self, raw: &Raw<'_>, range: std::ops::Range<usize>, out: &mut Output) {
        self.split(raw, range.clone());
        let request = raw.bytes.get(range.start + 3) == Some(&b'Q');
        let field = |fields: &[Slice], i: usize| fields.get(i).copied().unwrap_or_default();
        let text = &self.text[..];
        // The flight is needed for the centuries of dates and for deadlines.
        let int = (0..self.fields.len()).find(|i| text.bytes(self.fields[*i]) == b"INT");
        let get = |n: usize| int.map_or(Slice::default(), |i| field(&self.fields, i + 2 + n));
        let time = |date: Slice, clock: Slice| dates::time_of(text.bytes(date), text.bytes(clock)).map(|(t, _)| t);
        let designator = text.text(get(1));
        let letters = designator.len() - designator.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let carrier = if letters == 3 { 3 } else { 2 };
        let (carrier, number) = designator.split_at_checked(carrier).unwrap_or((designator, ""));
        let leg = LegRow {
            carrier,
            flight: number.trim_start_matches('0'),
            departure_port: text.text(get(2)),
            arrival_port: text.text(get(3)),
            departure_local: time(get(4), get(5)),
            arrival_local: time(get(6), get(7)),
            ..LegRow::default()
        };
        let around = leg.departure_local.unwrap_or(raw.origin.received_at).div_euclid(86_400_000_000) as i32;
        let message_at = raw.offset(range.start);
        let place = Whereabouts { message_at, region_at: message_at, departure: leg.departure_local };
        let first_row = out.travellers.len();
        flight::write_key(&leg, &mut self.key);
        let mut persons = 0;
        let mut action = if request { "new" } else { "reply" };
        for i in 0..self.fields.len() {
            let kind = text.bytes(self.fields[i]);
            let answer = matches!(kind, b"PRS" | b"PCC");
            if !answer && !matches!(kind, b"PRQ" | b"PCX") {
                continue;
            }
            let Some(n) = text.text(field(&self.fields, i + 1)).parse::<usize>().ok().filter(|n| *n >= 3) else { continue };
            if kind == b"PCX" {
                action = "cancel";
            }
            // A person ends where the next group begins, whatever is counted.
            let from = i + 2;
            let end = (from + 3..self.fields.len()).find(|j| {
                GROUPS.contains(&text.bytes(self.fields[*j])) && text.text(field(&self.fields, j + 1)).parse::<u32>().is_ok()
            });
            let end = end.unwrap_or(self.fields.len()).min((from + n).max(from + 3));
            let group = &self.fields[from..end];
            // Answers name the country in the second field.
            let group = match group {
                [first, _, rest @ ..] if answer => [&[*first], rest].concat(),
                _ => group.to_vec(),
            };
            let at = self.places.get(self.fields[i].range().start).copied().unwrap_or(range.start);
            let (response, meaning) = if answer { status(text, &group) } else { <(Slice, Slice)>::default() };
            read_person(text, &mut self.person, &group, around, persons);
            let shown = std::mem::take(&mut self.person.findings);
            let row = out.travellers.len();
            let beside = Beside { response, response_text: meaning, ..Beside::default() };
            persons += 1;
            if out.travellers.push(text, &self.person, place, &beside) {
                out.travellers.notice_all(row, shown, raw.place(std::str::from_utf8(kind).unwrap_or_default(), at));
            } else {
                let last = self.fields[end - 1].range().end;
                let stop = self.places.get(last).copied().unwrap_or(range.end);
                raw.dead(
                    out,
                    at..stop,
                    DeadCode::PersonWithoutIdentity,
                    "the person has neither a usable name nor a document number",
                );
            }
        }
        let message = MessageRow {
            flight_key: &self.key,
            message_format: "APP",
            message_kind: if request { "CIRQ" } else { "CIRS" },
            action,
            message_ref: text.text(field(&self.fields, 0)),
            sender: text.text(field(&self.fields, 1)),
            border: leg,
            position: message_at,
            ..MessageRow::default()
        };
        let legs = if int.is_some() { &[leg][..] } else { &[] };
        out.travellers.end_section(raw.origin, &message, legs);
        if persons == 0 {
            out.counts.messages_without_person += 1;
        }
        if self.key.is_empty() {
            out.travellers.notice(first_row, Finding::FlightIncomplete, raw.place("INT", range.start));
        }
    }

    /// The fields between slashes, line breaks taken out.
    fn split(&mut self, raw: &Raw<'_>, range: std::ops::Range<usize>) {
        self.text.clear();
        self.places.clear();
        self.fields.clear();
        let valid = std::str::from_utf8(&raw.bytes[range.clone()]).is_ok();
        for at in range.start + 5..range.end {
            let b = raw.bytes[at];
            if b >= b' ' && b != 0x7F {
                // Text that is no UTF-8 keeps its ASCII.
                self.text.push(if b < 0x80 || valid { b } else { b'?' });
                self.places.push(at);
            }
        }
        let mut from = 0;
        for end in memchr::memchr_iter(b'/', &self.text).chain([self.text.len()]) {
            self.fields.push(trimmed(&self.text, from, end));
            from = end + 1;
        }
    }
}

fn trimmed(text: &[u8], mut from: usize, mut to: usize) -> Slice {
    while from < to && text[from] == b' ' {
        from += 1;
    }
    while from < to && text[to - 1] == b' ' {
        to -= 1;
    }
    Slice::new(from, to - from)
}

/// Status of an answer: a code of four digits that begins with 8, and the letter behind it.
fn status(text: &[u8], group: &[Slice]) -> (Slice, Slice) {
    let is_code =
        |s: &Slice| matches!(text.bytes(*s), [b'8', rest @ ..] if rest.len() == 3 && rest.iter().all(u8::is_ascii_digit));
    match group.iter().rposition(is_code) {
        Some(i) => (group[i], group.get(i + 1).copied().unwrap_or_default()),
        // Refused without a code: the answer is that there is none.
        None => (group.last().copied().filter(|s| !s.is_empty()).unwrap_or(group[0]), Slice::default()),
    }
}

/// `sequence/kind/nationality/issuer/number/check/type/…/expiry/…/surname/given/birth/sex`.
fn read_person(text: &[u8], person: &mut Person, group: &[Slice], around: i32, ordinal: i32) {
    let get = |i: usize| group.get(i).copied().unwrap_or_default();
    let role = match text.bytes(get(1)) {
        b"C" => Role::Crew,
        b"X" => Role::TransitPassenger,
        _ => Role::Passenger,
    };
    person.reset(0, ordinal, role);
    let mut country = |code: Slice| match alpha3(text.text(code)) {
        Some(known) => Country::Code(known),
        None if code.is_empty() => Country::None,
        None => {
            person.findings.add(Finding::CountryUnknown);
            Country::Sent(code)
        }
    };
    let (nationality, issuer) = (country(get(2)), country(get(3)));
    person.nationality = nationality;
    let expires = get(8);
    let expiry = dates::day(text.bytes(expires), b"", Century::Near(around)).map(|(day, _)| day);
    if expiry.is_none() && !expires.is_empty() {
        person.findings.add(Finding::ExpiryUnreadable);
    }
    let document = Document { kind: get(6), number: get(4), issuer, expiry, ..Document::default() };
    if !document.kind.is_empty() || !document.number.is_empty() {
        person.documents.push(document);
    }
    // `-` stands for a name that the document does not have.
    let name = |s: Slice| if text.bytes(s) == b"-" { Slice::default() } else { s };
    (person.name[0], person.name[1]) = (name(get(12)), name(get(13)));
    let birth = get(14);
    if !birth.is_empty() {
        match dates::day(text.bytes(birth), b"", Century::Past(around)) {
            Some(day) => person.birth = Some(day),
            None => person.findings.add(Finding::BirthDateUnreadable),
        }
    }
    match read_sex(text.bytes(get(15))) {
        Some(sex) => person.sex = sex,
        None if get(15).is_empty() => {}
        None => person.findings.add(Finding::SexUnreadable),
    }
}
