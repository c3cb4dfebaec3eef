//! Services (SSR): documents, addresses, tickets, seats, infants. Each is noted where it stands and linked to
//! its travellers when the reservation ends. Sensitive ones are dropped here.

use super::super::edifact::{Reader, Slice};
use super::super::interchange::Sink;
use super::super::sensitive;
use super::{Level, Message, contacts};

/// What a service says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Docs,
    Doco,
    Doca,
    Infant,
    Ticket,
    Seat,
    /// Its code alone is kept.
    Code,
}

/// A service that waits for its traveller.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    pub(super) kind: Kind,
    /// The traveller in whose group it stands.
    pub(super) owner: Option<usize>,
    /// The traveller whom it names.
    pub(super) reference: Slice,
    pub(super) leg: Option<usize>,
    pub(super) departure_port: Slice,
    pub(super) arrival_port: Slice,
    /// Its text; of a seat the seat, of a code the code.
    pub(super) text: Slice,
    /// Offset of the segment in the interchange.
    pub(super) at: usize,
}

/// Free text of the service: its ninth component, or where else it stands.
fn text(reader: &Reader<'_, '_>, usual: Slice) -> Slice {
    if !usual.is_empty() {
        return usual;
    }
    let has_text = |s: &Slice| reader.bytes(*s).len() > 4 && reader.bytes(*s).iter().any(|b| matches!(b, b'/' | b' '));
    (4..reader.components(1))
        .map(|c| reader.get(1, c))
        .find(has_text)
        .or_else(|| (2..reader.elements()).map(|e| reader.get(e, 0)).find(has_text))
        .unwrap_or_default()
}

/// SSR: `code:status:number:carrier:::from:to:text+seat::reference`.
pub(super) fn service(reader: &mut Reader<'_, '_>, m: &mut Message, sink: &mut Sink<'_, '_>, at: usize) {
    let (code, words) = (reader.get(1, 0), reader.get(1, 8));
    let name: [u8; 4] = reader.bytes(code).try_into().unwrap_or_default();
    if name != *b"DOCS" && (sensitive::is_sensitive(&name) || sensitive::find(reader.bytes(words)).is_some()) {
        sink.out.counts.sensitive_dropped += 1;
        return;
    }
    let kind = match &name {
        b"DOCS" => Kind::Docs,
        b"DOCO" => Kind::Doco,
        b"DOCA" => Kind::Doca,
        b"INFT" => Kind::Infant,
        b"TKNE" | b"TKNA" | b"TKNM" => Kind::Ticket,
        b"SEAT" | b"RQST" | b"NSST" | b"NSSA" | b"NSSB" | b"NSSW" | b"SMST" => Kind::Seat,
        [b'C', b'T', b'C', letter] => {
            let (letter, value) = (*letter, text(reader, words));
            contacts::contact(reader, m, letter, value);
            return;
        }
        _ => Kind::Code,
    };
    let in_leg = matches!(m.level, Level::Leg | Level::CheckIn(_));
    let service = Service {
        kind,
        owner: match m.level {
            Level::Traveller(i) => Some(i),
            Level::CheckIn(i) => i,
            _ => None,
        },
        reference: Slice::default(),
        leg: m.reservation.legs.len().checked_sub(1).filter(|_| in_leg),
        departure_port: reader.get(1, 6),
        arrival_port: reader.get(1, 7),
        // A seat has its own text, which stands behind.
        text: if matches!(kind, Kind::Code | Kind::Seat) { code } else { text(reader, words) },
        at,
    };
    if kind == Kind::Seat {
        let mut seated = None;
        reader.each(|element, component, text| {
            if element < 2 {
                return;
            }
            match component {
                0 if !text.is_empty() => m.services.push(Service { text, ..service }),
                // The reference of the traveller behind his seat.
                2 => {
                    if let Some(last) = m.services.last_mut().filter(|_| seated == Some(element)) {
                        last.reference = text;
                    }
                }
                _ => {}
            }
            if component == 0 {
                seated = (!text.is_empty()).then_some(element);
            }
        });
        // The request of a seat without one is a service.
        if reader.elements() <= 2 && kind == Kind::Seat && name != *b"SEAT" {
            m.services.push(Service { kind: Kind::Code, ..service });
        }
        return;
    }
    if kind == Kind::Code && name == [0; 4] {
        return;
    }
    let mut any = false;
    for element in 2..reader.elements() {
        let reference = reader.get(element, 2);
        if !reference.is_empty() {
            m.services.push(Service { reference, ..service });
            any = true;
        }
    }
    if !any {
        m.services.push(service);
    }
}
