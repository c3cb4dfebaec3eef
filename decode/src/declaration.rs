//! What declarations have in common: transport documents named on items, texts of several parts, and
//! the checks of identifiers.

use tamis_records::identifiers::{awb, container, hs, imo, un_number};

use super::consignments::{Consignments, Mode};
use super::findings::Finding;
use super::output::Raw;
use super::xml::{Document, Element};

/// The bill and master bill that all items of a declaration name, where it is one of each.
#[derive(Debug, Default)]
pub(crate) struct Bills {
    bill: Single,
    master: Single,
}

/// A number as long as no other is met.
#[derive(Debug, Default)]
struct Single {
    number: String,
    several: bool,
}

impl Single {
    fn add(&mut self, number: &str) {
        if self.number.is_empty() {
            self.number.push_str(number);
        } else if self.number != number {
            self.several = true;
        }
    }

    /// The number, if there is one alone. An air waybill loses its hyphen.
    fn one(&mut self, air: bool) -> &str {
        if self.several {
            return "";
        }
        if air && self.number.bytes().filter(u8::is_ascii_digit).count() == 11 {
            self.number.retain(|c| !matches!(c, ' ' | '-'));
        }
        &self.number
    }
}

impl Bills {
    /// Begins a declaration.
    pub(crate) fn clear(&mut self) {
        for single in [&mut self.bill, &mut self.master] {
            single.number.clear();
            single.several = false;
        }
    }

    /// Takes a document by its code (UN/EDIFACT DE 1001, with the N of the tariff of the Union).
    pub(crate) fn add(&mut self, code: &str, number: &str) {
        if number.is_empty() {
            return;
        }
        match code.strip_prefix('N').unwrap_or(code) {
            // House waybill, bill of lading, house bill; consignment notes by rail and road; air waybill.
            "703" | "705" | "714" | "720" | "730" | "740" | "750" => self.bill.add(number),
            // Master bill of lading, master air waybill.
            "704" | "741" => self.master.add(number),
            _ => {}
        }
    }

    /// The bill and its master bill, as digits for air waybills. A master bill without a house bill
    /// is the bill.
    pub(crate) fn pair(&mut self, mode: Option<Mode>) -> (&str, &str) {
        let air = mode == Some(Mode::Air);
        let none = self.bill.number.is_empty();
        let (bill, master) = (self.bill.one(air), self.master.one(air));
        if none { (master, "") } else { (bill, master) }
    }
}

/// The first text that is not empty.
pub(crate) fn first<'t>(own: &'t str, other: &'t str) -> &'t str {
    if own.is_empty() { other } else { own }
}

/// Appends a text to others, unless it stands there already; among very many it is not sought.
pub(crate) fn join(all: &mut String, text: &str, between: &str) {
    if text.is_empty() || (all.len() < 4096 && all.split(between).any(|t| t == text)) {
        return;
    }
    if !all.is_empty() {
        all.push_str(between);
    }
    all.push_str(text);
}

/// Calls `found` for each element that `is` names, the outermost first, and not for what is in them.
pub(crate) fn outermost<'d>(element: Element<'d>, is: &impl Fn(Element<'d>) -> bool, found: &mut impl FnMut(Element<'d>)) {
    if is(element) {
        found(element);
        return;
    }
    // The reader bounds how deep elements lie.
    element.children().for_each(|child| outermost(child, is, found));
}

/// Damage that was noted on the rows of a document.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Noted {
    damage: usize,
    cut: bool,
}

impl Noted {
    /// Notes on the row at hand what is damaged in its element.
    pub(crate) fn element(&mut self, report: &mut Report<'_, '_>, element: Element<'_>) {
        let mut damage = element.damage();
        if let Some(at) = damage.next() {
            report.rows.notice(Finding::XmlDamaged, report.raw.place(element.name(), at));
            self.damage += 1 + damage.count();
        }
        if !element.is_closed() {
            self.cut = true;
            report.rows.notice(Finding::XmlCut, report.raw.place(element.name(), element.range().end));
        }
    }

    /// Notes on all rows of a document, from `first` on, what is damaged around them.
    pub(crate) fn document(self, raw: &Raw<'_>, document: &Document<'_>, first: usize, rows: &mut Consignments) {
        let name = document.root().map_or("", Element::name);
        let begin = document.range().start;
        if let Some(at) = document.damage().next()
            && document.damage().count() > self.damage
        {
            rows.notice_from(first, Finding::XmlDamaged, raw.place(name, at));
        }
        if document.is_cut() && !self.cut {
            rows.notice_from(first, Finding::XmlCut, raw.place(name, document.range().end));
        }
        if document.not_utf8() {
            rows.notice_from(first, Finding::NotUtf8, raw.place("", begin));
        }
        if document.has_junk() {
            rows.notice_from(first, Finding::TransportDirt, raw.place("", begin));
        }
    }
}

/// Notes findings at elements of a document on the row at hand.
#[derive(Debug)]
pub(crate) struct Report<'r, 'o> {
    pub(crate) raw: &'r Raw<'o>,
    pub(crate) rows: &'r mut Consignments,
}

impl Report<'_, '_> {
    /// Notes a finding at an element.
    pub(crate) fn note(&mut self, finding: Finding, at: Element<'_>) {
        self.rows.notice(finding, self.raw.place(at.name(), at.at()));
    }

    /// Notes a finding at an element where something is wrong.
    pub(crate) fn when(&mut self, wrong: bool, finding: Finding, at: Element<'_>) {
        if wrong {
            self.note(finding, at);
        }
    }

    /// A code that should be a country.
    pub(crate) fn country(&mut self, code: &str, at: Element<'_>) {
        let known = code.is_empty() || tamis_records::country::alpha3_bytes(code.as_bytes()).is_some();
        self.when(!known, Finding::CountryUnknown, at);
    }

    /// A commodity code.
    pub(crate) fn hs(&mut self, code: &str, at: Element<'_>) {
        self.when(!code.is_empty() && hs::check(code).is_err(), Finding::HsInvalid, at);
    }

    /// A number of dangerous goods.
    pub(crate) fn un_number(&mut self, number: &str, at: Element<'_>) {
        self.when(!number.is_empty() && un_number::check(number).is_err(), Finding::UnNumberInvalid, at);
    }

    /// A container number.
    pub(crate) fn container(&mut self, number: &str, at: Element<'_>) {
        self.when(!number.is_empty() && container::check(number).is_err(), Finding::ContainerInvalid, at);
    }

    /// The number of a vessel.
    pub(crate) fn imo(&mut self, number: &str, at: Element<'_>) {
        self.when(!number.is_empty() && imo::check(number).is_err(), Finding::ImoInvalid, at);
    }

    /// The number of an air waybill.
    pub(crate) fn awb(&mut self, code: &str, number: &str, at: Element<'_>) {
        let air = matches!(code.strip_prefix('N').unwrap_or(code), "740" | "741");
        self.when(air && !number.is_empty() && awb::check(number).is_err(), Finding::AwbInvalid, at);
    }
}
