//! Segments of goods: packages, descriptions, weights, values, commodity codes, dangers.

use super::super::checks;
use super::super::consignments::ItemRow;
use super::super::edifact::{Reader, Slice};
use super::super::findings::Finding;
use super::super::measure::{self, decimal};
use super::super::noticed::Place;
use super::super::output::Output;
use super::{At, Item, Memory, Message, codes};

impl Message<'_, '_> {
    /// GID: an item with up to three levels of packages; the first counts.
    pub(super) fn begin_item(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        self.end_item(r, out);
        self.any = true;
        self.at = At::Item;
        let place = self.place("GID", at);
        let packages = self.count(r, r.get(2, 0), place, out);
        self.memory.description.clear();
        self.memory.description.push(r.text(r.get(2, 4)));
        self.memory.marks.clear();
        self.memory.dangerous.clear();
        self.memory.in_containers.clear();
        let said = &mut self.said;
        self.item = Some(Item {
            number: measure::count(r.text(r.get(1, 0))).and_then(|n| i32::try_from(n).ok()),
            packages,
            package_type: r.get(2, 1),
            hs: std::mem::take(&mut said.hs),
            quantity: said.quantity.take(),
            quantity_unit: std::mem::take(&mut said.quantity_unit),
            origin: said.origin_country,
            at,
            ..Item::default()
        });
    }

    pub(super) fn count(&mut self, r: &Reader<'_, '_>, value: Slice, place: Place<'_>, out: &mut Output) -> Option<i64> {
        if value.is_empty() {
            return None;
        }
        let read = measure::count(r.text(value));
        if read.is_none() {
            self.complain(Finding::QuantityUnreadable, place, out);
        }
        read
    }

    /// PAC: packages of the item, or of the consignment.
    pub(super) fn packages(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let place = self.place("PAC", at);
        let packages = self.count(r, r.get(1, 0), place, out);
        let kind = r.get(3, 0);
        match &mut self.item {
            Some(item) if item.packages.is_none() => (item.packages, item.package_type) = (packages, kind),
            Some(_) => {}
            None => {
                let level = self.level();
                level.packages = level.packages.or(packages);
                if level.package_type.is_empty() {
                    level.package_type = kind;
                }
            }
        }
    }

    /// PCI: marks; some authorities have the commodity code written there.
    pub(super) fn marks(&mut self, r: &Reader<'_, '_>) {
        for component in 0..r.components(2).min(10) {
            let line = r.get(2, component);
            let text = r.text(line);
            let code = text.strip_prefix("HS CODE").or_else(|| text.strip_prefix("HS:")).map(|rest| {
                let rest = rest.trim_ascii_start().trim_start_matches(':').trim_ascii_start();
                (text.len() - rest.len(), rest)
            });
            match code {
                Some((skip, rest)) if checks::commodity(rest) => self.commodity(line.skip(skip)),
                _ if !text.is_empty() && self.item.is_some() => {
                    let marks = &mut self.memory.marks;
                    if !marks.is_empty() {
                        marks.push(' ');
                    }
                    marks.push_str(text);
                }
                _ => {}
            }
        }
    }

    /// A commodity code of the item, or of the item that follows.
    pub(super) fn commodity(&mut self, code: Slice) {
        let field = match &mut self.item {
            Some(item) => &mut item.hs,
            None => &mut self.said.hs,
        };
        if field.is_empty() {
            *field = code;
        }
    }

    /// DGS: class and number of dangerous goods.
    pub(super) fn dangerous(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let place = self.place("DGS", at);
        let Some(item) = &mut self.item else { return };
        if item.hazard.is_empty() {
            item.hazard = r.get(2, 0);
        }
        let number = r.text(r.get(3, 0));
        if number.is_empty() {
            return;
        }
        if !checks::dangerous(number) {
            out.consignments.notice(Finding::UnNumberInvalid, place);
        }
        let bare = number.strip_prefix("UN").unwrap_or(number).trim_ascii();
        let list = &mut self.memory.dangerous;
        if !list.split(' ').any(|n| n == bare) {
            if !list.is_empty() {
                list.push(' ');
            }
            list.push_str(bare);
        }
    }

    /// FTX: descriptions (AAA); other texts are of no column.
    pub(super) fn text(&mut self, r: &Reader<'_, '_>) {
        if r.field(1, 0) != b"AAA" {
            return;
        }
        let Memory { goods, description, .. } = &mut *self.memory;
        let text = if self.item.is_some() { description } else { goods };
        // Literal text, else the coded one.
        let element = if r.get(4, 0).is_empty() && r.components(4) < 2 { 3 } else { 4 };
        for component in 0..r.components(element).min(5) {
            text.push(r.text(r.get(element, component)));
        }
    }

    /// MEA: weights and volumes by their unit (DE 6411). What is measured, and how: purpose and dimension.
    pub(super) fn measure(&mut self, [purpose, dimension, unit, value]: [&str; 4], at: usize, out: &mut Output) {
        if self.at == At::Equipment || value.is_empty() {
            return;
        }
        let place = self.place("MEA", at);
        let Some(number) = decimal(value) else {
            return self.complain(Finding::WeightUnreadable, place, out);
        };
        let volume_of = |unit: &str| if unit.len() > 1 { measure::cubic_metres_in(unit) } else { None };
        let is_volume = matches!(purpose, "VOL" | "AAX") || matches!(dimension, "AAW" | "ABJ" | "AAX" | "CBM");
        if let Some(m3) = volume_of(unit).or_else(|| if is_volume { measure::cubic_metres_in(unit) } else { None }) {
            let volume = number * m3;
            if let Some(item) = &mut self.item {
                item.volume = item.volume.or(Some(volume));
            } else {
                let level = self.level();
                level.volume = level.volume.or(Some(volume));
            }
            return;
        }
        let Some(kilograms) = measure::kilograms_in(unit) else {
            // Temperatures, lengths and counts have units of their own.
            if matches!(purpose, "WT" | "AAE" | "AAI") && unit.is_empty() {
                self.complain(Finding::WeightUnreadable, place, out);
            }
            return;
        };
        let (net, weight) = (codes::is_net(dimension.as_bytes()), number * kilograms);
        let open = self.open;
        let field = match &mut self.item {
            Some(item) if net => &mut item.net,
            Some(item) => &mut item.gross,
            None if net => &mut if open { &mut self.said } else { &mut self.header }.net,
            None => &mut if open { &mut self.said } else { &mut self.header }.gross,
        };
        *field = field.or(Some(weight));
    }

    /// QTY: of an item, or of the goods that follow.
    pub(super) fn quantity(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let place = self.place("QTY", at);
        let (value, unit) = (r.get(1, 1), r.get(1, 2));
        let Some(number) = decimal(r.text(value)) else {
            return self.complain(Finding::QuantityUnreadable, place, out);
        };
        if let Some(item) = &mut self.item {
            (item.quantity, item.quantity_unit) = (Some(number), unit);
        } else if self.open {
            (self.said.quantity, self.said.quantity_unit) = (Some(number), unit);
        } else {
            self.memory.references.push((r.get(0, 0), value));
        }
    }

    /// MOA (DE 5025).
    pub(super) fn amount(&mut self, r: &Reader<'_, '_>, at: usize, out: &mut Output) {
        let place = self.place("MOA", at);
        let Some(number) = decimal(r.text(r.get(1, 1))) else {
            return self.complain(Finding::ValueUnreadable, place, out);
        };
        let (code, currency) = (r.field(1, 0), r.get(1, 2));
        if let Some(item) = &mut self.item {
            (item.value, item.currency) = (Some(number), currency);
            return;
        }
        let level = self.level();
        match code {
            b"40" | b"43" | b"14" | b"38" | b"63" | b"103" | b"123" => level.value = Some(number),
            b"44" => level.carriage_value = Some(number),
            _ => return,
        }
        if !currency.is_empty() {
            level.currency = currency;
        }
    }

    pub(super) fn end_item(&mut self, r: &Reader<'_, '_>, out: &mut Output) {
        let Some(item) = self.item.take() else { return };
        // Goods without a consignment are goods of the conveyance.
        let rows = &mut out.consignments;
        self.items += 1;
        self.sum_packages = self.sum_packages.zip(item.packages).map(|(sum, n)| sum.saturating_add(n));
        self.sum_gross = self.sum_gross.zip(item.gross).map(|(sum, w)| sum + w);
        let memory = &mut *self.memory;
        let description = memory.description.text.as_str();
        if description.is_empty() && memory.goods.text.is_empty() {
            rows.notice(Finding::DescriptionMissing, Place { segment: "GID", offset: Some(self.raw.offset(item.at)) });
        }
        let hs = r.text(item.hs);
        if !hs.is_empty() && !checks::commodity(hs) {
            rows.notice(Finding::HsInvalid, Place { segment: "GID", offset: Some(self.raw.offset(item.at)) });
        }
        let row = ItemRow {
            number: item.number,
            description,
            marks: &memory.marks,
            hs,
            packages: item.packages,
            package_type: r.text(item.package_type),
            gross_weight_kg: item.gross,
            net_weight_kg: item.net,
            volume_m3: item.volume,
            quantity: item.quantity,
            quantity_unit: r.text(item.quantity_unit),
            value: item.value,
            currency: r.text(item.currency),
            origin_country: r.text(item.origin),
            un_number: &memory.dangerous,
            hazard_class: r.text(item.hazard),
        };
        rows.item(&row, memory.in_containers.iter().map(|n| r.text(*n)));
        memory.in_containers.clear();
    }
}
