//! Rate description: the goods, by `RTD/1/P4/K245/CQ/W245/R1/T245` and the lines of text,
//! dimensions, volume, unit load devices, loads and commodity codes below it.

use super::super::air;
use super::super::consignments::{ContainerRow, ItemRow};
use super::super::findings::Finding;
use super::super::output::Output;
use super::lines::Body;
use super::{Message, Scratch};

/// What the items come to; a sum is known only where every part of it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Goods {
    pub(super) packages: Option<i64>,
    pub(super) weight: Option<f64>,
    pub(super) volume: Option<f64>,
    pub(super) items: usize,
    /// The goods are a consolidation.
    pub(super) consolidation: bool,
}

/// The item at hand.
#[derive(Debug, Clone, Copy, Default)]
struct Open<'t> {
    item: ItemRow<'t>,
    /// Its first line in the section.
    from: usize,
    of_dimensions: Option<i64>,
    rated: bool,
    commodities: usize,
    loads: usize,
}

/// What a part of a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Rate,
    Text,
    Dimensions,
    Volume,
    Load,
    Count,
    Commodity,
    Origin,
}

impl Part {
    fn of(code: &str) -> Option<Self> {
        Some(match code {
            "NG" | "NC" => Self::Text,
            "ND" => Self::Dimensions,
            "NV" => Self::Volume,
            "NU" => Self::Load,
            "NS" => Self::Count,
            "NH" => Self::Commodity,
            "NO" => Self::Origin,
            _ => return None,
        })
    }
}

/// The values that stand behind a code in some lines.
fn values(lines: Body<'_>, part: Part) -> impl Iterator<Item = &str> {
    lines.views().flat_map(move |line| {
        let mut at = Part::Rate;
        line.fields().filter(move |field| {
            if let Some(code) = Part::of(field) {
                at = code;
                return false;
            }
            at == part && !field.is_empty()
        })
    })
}

/// Appends the items of a section, and the unit load devices in them.
pub(super) fn read(message: &Message<'_, '_>, section: Body<'_>, goods: &mut Goods, scratch: &mut Scratch, out: &mut Output) {
    let mut open = Open::default();
    scratch.text.clear();
    for (i, line) in section.views().enumerate() {
        let mut part = Part::Rate;
        let mut known = false;
        let mut dimension = 0;
        let mut last = "";
        for (n, field) in line.fields().enumerate() {
            if field.is_empty() {
                continue;
            }
            if let Some(code) = Part::of(field) {
                goods.consolidation |= field == "NC";
                (part, known, dimension) = (code, true, 0);
                continue;
            }
            let head = field.as_bytes()[0];
            let value = field.get(1..).unwrap_or_default();
            let digits = value.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'.');
            match part {
                Part::Rate if n == 0 && field.len() <= 2 && field.bytes().all(|b| b.is_ascii_digit()) => last = field,
                Part::Rate if head == b'P' && digits => {
                    if open.rated {
                        end(message, section.slice(open.from..i), &open, goods, scratch, out);
                        open = Open { from: i, ..Open::default() };
                        scratch.text.clear();
                    }
                    open.rated = true;
                    known = true;
                    open.item.number = last.parse().ok();
                    open.item.packages = air::count(value);
                    if open.item.packages.is_none() {
                        message.notice(Finding::QuantityUnreadable, &line, out);
                    }
                }
                Part::Rate if matches!(head, b'K' | b'L') && digits => {
                    known = true;
                    open.item.gross_weight_kg = air::number(value).zip(air::kilograms(&field[..1])).map(|(n, factor)| n * factor);
                    if open.item.gross_weight_kg.is_none() {
                        message.notice(Finding::WeightUnreadable, &line, out);
                    }
                }
                // Rate class, chargeable weight, rate and its total.
                Part::Rate if matches!(head, b'C' | b'S' | b'W' | b'R' | b'T') && (digits || field.len() <= 2) => known = true,
                Part::Rate if !known && !line.first => {
                    // A text without its code.
                    message.notice(Finding::LineUnreadable, &line, out);
                    air::join_lines(field, " ", &mut scratch.text);
                }
                Part::Rate => {}
                Part::Text => air::join_lines(field, " ", &mut scratch.text),
                Part::Dimensions => {
                    // Weight, dimensions and pieces, of which the first may be missing.
                    dimension += 1;
                    if field.bytes().all(|b| b.is_ascii_digit()) && dimension > 1 {
                        open.of_dimensions = Some(open.of_dimensions.unwrap_or(0) + air::count(field).unwrap_or(0));
                    }
                }
                Part::Volume => {
                    let unit = field.get(..2).unwrap_or_default();
                    let volume = air::number(field.get(2..).unwrap_or_default()).zip(air::cubic_metres(unit));
                    match volume {
                        Some((n, factor)) => open.item.volume_m3 = Some(n * factor),
                        None => message.notice(Finding::WeightUnreadable, &line, out),
                    }
                }
                Part::Load => {
                    load(field, out);
                    open.loads += 1;
                }
                Part::Count => {
                    open.item.quantity = air::count(field.strip_prefix("SLAC").unwrap_or(field)).map(|n| n as f64);
                    open.item.quantity_unit = "SLAC";
                }
                Part::Commodity => {
                    open.commodities += 1;
                    if open.commodities == 1 {
                        open.item.hs = field;
                    }
                    if !crate::checks::commodity(field) {
                        message.notice(Finding::HsInvalid, &line, out);
                    }
                }
                Part::Origin => open.item.origin_country = field.get(..2).unwrap_or(field),
            }
        }
    }
    end(message, section.slice(open.from..section.len()), &open, goods, scratch, out);
}

/// Appends a unit load device by its number, such as `AKE12345LH`.
pub(super) fn load(number: &str, out: &mut Output) {
    let size_type = number.get(..3).unwrap_or_default();
    out.consignments.container(&ContainerRow { number, kind: "unit_load_device", size_type, load: "" }, []);
}

fn end<'t>(
    message: &Message<'_, '_>,
    lines: Body<'t>,
    open: &Open<'t>,
    goods: &mut Goods,
    scratch: &mut Scratch,
    out: &mut Output,
) {
    let mut item = open.item;
    let known = item.packages.is_some() || item.gross_weight_kg.is_some();
    if goods.items == 0 {
        (goods.packages, goods.weight) = (item.packages, item.gross_weight_kg);
    } else if known {
        goods.packages = goods.packages.zip(item.packages).map(|(a, b)| a.saturating_add(b));
        goods.weight = goods.weight.zip(item.gross_weight_kg).map(|(a, b)| a + b);
    }
    if let Some(volume) = item.volume_m3 {
        goods.volume = Some(goods.volume.unwrap_or(0.0) + volume);
    }
    let head = lines.view(0);
    if open.of_dimensions.zip(item.packages).is_some_and(|(a, b)| a != b && a > 0) {
        message.notice(Finding::PiecesOfDimensionsDiffer, &head, out);
    }
    item.description = &scratch.text;
    item.un_number = if goods.items == 0 { &scratch.un_numbers } else { "" };
    goods.items += 1;
    if item.description.is_empty() && goods.items == 1 {
        message.notice(Finding::DescriptionMissing, &head, out);
    }
    // With one load the item is in it; with several the message does not say in which.
    let load = if open.loads == 1 { values(lines, Part::Load).next() } else { None };
    out.consignments.item(&item, load);
    if open.commodities < 2 {
        return;
    }
    for hs in values(lines, Part::Commodity).skip(1) {
        out.consignments.item(&ItemRow { number: item.number, hs, ..ItemRow::default() }, []);
    }
}
