//! Consolidation lists: one row a house waybill with its master.

use super::super::air;
use super::super::consignments::{ConsignmentRow, ItemRow, Level, Party};
use super::super::findings::Finding;
use super::super::output::Output;
use super::charges;
use super::fwb::{instructions, references, special};
use super::lines::{Body, View};
use super::notes;
use super::party::{self, Own};
use super::quantity::Consignment;
use super::{Message, Scratch};

/// Summary of a house: `HBS/house/DFWFRA/4/K245/4/WILD CHERRY BAR`.
#[derive(Debug, Clone, Copy, Default)]
struct House<'t> {
    number: &'t str,
    origin: &'t str,
    destination: &'t str,
    pieces: Option<i64>,
    weight: Option<f64>,
    slac: Option<i64>,
    description: &'t str,
}

impl<'t> House<'t> {
    fn read(message: &Message<'_, '_>, line: &View<'t>, out: &mut Output) -> Self {
        let mut fields = line.fields();
        let mut next = || fields.next().unwrap_or_default();
        let (number, mut ports, mut pieces, mut weight, mut slac) = (next(), next(), next(), next(), next());
        let mut description = fields.rest.unwrap_or_default();
        // Some leave the airports out.
        if !ports.is_empty() && ports.bytes().all(|b| b.is_ascii_digit()) && pieces.starts_with(['K', 'L']) {
            let behind = if description.is_empty() { slac } else { description };
            (ports, pieces, weight, slac, description) = ("", ports, pieces, weight, behind);
        }
        let (origin, destination) = if ports.len() == 6 && ports.is_ascii() { ports.split_at(3) } else { (ports, "") };
        let unit = weight.get(..1).filter(|u| u.bytes().all(|b| b.is_ascii_alphabetic())).unwrap_or_default();
        let house = Self {
            number,
            origin,
            destination,
            pieces: air::count(pieces.strip_prefix(['T', 'P']).unwrap_or(pieces)),
            weight: air::number(&weight[unit.len()..]).zip(air::kilograms(unit)).map(|(n, factor)| n * factor),
            slac: air::count(slac.strip_prefix('S').unwrap_or(slac)),
            description: description.trim_ascii(),
        };
        if house.pieces.is_none() && !pieces.is_empty() {
            message.notice(Finding::QuantityUnreadable, line, out);
        }
        if house.weight.is_none() && !weight.is_empty() {
            message.notice(Finding::WeightUnreadable, line, out);
        }
        house
    }
}

/// Reads a list.
pub(super) fn read(message: &Message<'_, '_>, scratch: &mut Scratch, out: &mut Output) {
    let body = message.body;
    let mut master = None;
    let mut ordinal = 0;
    let first = out.consignments.len();
    let (mut pieces, mut weight) = (Some(0_i64), Some(0.0_f64));
    let mut stray = None;
    let mut at = 0;
    while at < body.len() {
        let end = body.section_end(at);
        match &body.tag(at) {
            b"MBI" => {
                let line = body.view(at);
                let detail = Consignment::read(line.text);
                if detail.quantity.unreadable {
                    message.notice(Finding::LineUnreadable, &line, out);
                }
                master = Some((detail, at));
                at = end;
            }
            b"HBS" => {
                let next = (end..body.len()).find(|i| matches!(&body.tag(*i), b"HBS" | b"MBI")).unwrap_or(body.len());
                let house = group(message, body.slice(at..next), master, ordinal, scratch, out);
                pieces = pieces.zip(house.pieces).map(|(a, b)| a.saturating_add(b));
                weight = weight.zip(house.weight).map(|(a, b)| a + b);
                ordinal += 1;
                at = next;
            }
            _ => {
                // In front of the first house: what is said there is of none, and kept with the first.
                stray = stray.or(Some(at));
                body.slice(at..end).views().for_each(|line| message.unknown(&line, out));
                at = end;
            }
        }
    }
    if ordinal > 0 && out.consignments.is_open() {
        // Behind a second master, in front of no house.
        let bill_number = master.as_ref().map(|(detail, _)| detail.awb.or(detail.sent)).unwrap_or_default();
        let row = ConsignmentRow { level: Level::Master, bill_number, ..message.row("FHL", ordinal) };
        out.consignments.push(message.raw.origin, &row);
    }
    let Some((detail, at)) = master else {
        if ordinal == 0 && stray.is_some() {
            out.consignments.push(message.raw.origin, &ConsignmentRow { level: Level::Master, ..message.row("FHL", 0) });
        }
        return;
    };
    let line = body.view(at);
    if ordinal == 0 {
        let row = ConsignmentRow {
            level: Level::Master,
            bill_number: detail.awb.or(detail.sent),
            origin_place: detail.origin,
            delivery_place: detail.destination,
            packages: detail.quantity.pieces,
            gross_weight_kg: detail.quantity.weight,
            volume_m3: detail.quantity.volume,
            ..message.row("FHL", 0)
        };
        if !detail.awb.is_valid {
            message.notice(Finding::AwbInvalid, &line, out);
        }
        out.consignments.push(message.raw.origin, &row);
        return;
    }
    // A list may come house by house, each with the totals of the master: only more is wrong then.
    let more = |a: f64, b: f64| a > b && !air::same(a, b) || ordinal > 1 && !air::same(a, b);
    let place = message.raw.place("MBI", line.at);
    if detail.quantity.pieces.zip(pieces).is_some_and(|(all, sum)| sum > all || ordinal > 1 && sum != all) {
        out.consignments.notice_from(first, Finding::PackagesDiffer, place);
    }
    if detail.quantity.weight.zip(weight).is_some_and(|(all, sum)| more(sum, all)) {
        out.consignments.notice_from(first, Finding::WeightDiffers, place);
    }
}

/// Reads a house with all lines up to the next.
fn group<'t>(
    message: &Message<'t, '_>,
    lines: Body<'t>,
    master: Option<(Consignment<'t>, usize)>,
    ordinal: i32,
    scratch: &mut Scratch,
    out: &mut Output,
) -> House<'t> {
    let head = lines.view(0);
    let house = House::read(message, &head, out);
    let (detail, master_at) = master.unwrap_or_default();
    scratch.un_numbers.clear();
    scratch.text.clear();
    scratch.hs.clear();
    let noted = notes::read(message, lines, scratch, out);
    let mut declared = charges::Declared::default();
    let mut further = false;
    // Codes of special handling stand below the summary.
    for line in lines.slice(0..lines.section_end(0)).views().skip(1) {
        line.fields().for_each(|code| out.consignments.special_handling(code));
    }
    let mut at = lines.section_end(0);
    while at < lines.len() {
        let mut end = lines.section_end(at);
        while matches!(&lines.tag(at), b"SHP" | b"CNE" | b"NFY" | b"AGT") && end < lines.len() && party::is_part(lines.tag(end)) {
            end = lines.section_end(end);
        }
        let section = lines.slice(at..end);
        let line = section.view(0);
        match &line.tag {
            b"TXT" => {
                for line in section.views() {
                    air::join_lines(line.text.trim_matches('/'), " ", &mut scratch.text);
                }
            }
            b"HTS" => {
                for line in section.views() {
                    for code in line.fields().filter(|f| !f.is_empty()) {
                        if !crate::checks::commodity(code) {
                            message.notice(Finding::HsInvalid, &line, out);
                        }
                        if scratch.hs.is_empty() {
                            scratch.hs.push_str(code);
                        } else {
                            further = true;
                        }
                    }
                }
            }
            b"SHP" => party::read(message, section, Party::Consignor, Own::Name, lines, scratch, out),
            b"CNE" => party::read(message, section, Party::Consignee, Own::Name, lines, scratch, out),
            b"NFY" => party::read(message, section, Party::Notify, Own::Name, lines, scratch, out),
            b"AGT" => party::read(message, section, Party::Agent, Own::Agent, lines, scratch, out),
            b"CVD" => declared = charges::declared(message, &line, out),
            b"SSR" | b"OSI" => instructions(section, scratch, out),
            b"SPH" => special(section, out),
            b"COR" | b"REF" | b"ACC" | b"SRI" => references(section, out),
            // Read already.
            b"OCI" => {}
            _ => section.views().for_each(|line| message.unknown(&line, out)),
        }
        at = end;
    }
    if scratch.text.is_empty() && house.description.is_empty() {
        message.notice(Finding::DescriptionMissing, &head, out);
    }
    let item = ItemRow {
        number: Some(1),
        description: if scratch.text.is_empty() { house.description } else { &scratch.text },
        hs: &scratch.hs,
        packages: house.pieces,
        gross_weight_kg: house.weight,
        quantity: house.slac.map(|n| n as f64),
        quantity_unit: if house.slac.is_some() { "SLAC" } else { "" },
        un_number: &scratch.un_numbers,
        ..ItemRow::default()
    };
    out.consignments.item(&item, []);
    if further {
        let codes = lines.tagged(*b"HTS").flat_map(View::fields).filter(|f| !f.is_empty());
        for hs in codes.skip(1) {
            out.consignments.item(&ItemRow { number: Some(1), hs, ..ItemRow::default() }, []);
        }
    }
    if !detail.awb.is_valid {
        let line = if master.is_some() { message.body.view(master_at) } else { head };
        message.notice(Finding::AwbInvalid, &line, out);
    }
    let row = ConsignmentRow {
        level: Level::House,
        bill_number: house.number,
        master_bill: detail.awb.or(detail.sent),
        ucr: noted.ucr,
        declaration_ref: noted.declaration,
        origin_place: house.origin,
        delivery_place: house.destination,
        description: house.description,
        packages: house.pieces,
        gross_weight_kg: house.weight,
        customs_value: declared.customs,
        carriage_value: declared.carriage,
        currency: declared.currency,
        payment: declared.payment,
        ..message.row("FHL", ordinal)
    };
    out.consignments.push(message.raw.origin, &row);
    house
}
