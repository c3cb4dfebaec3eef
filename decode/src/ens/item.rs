//! One goods item.

use super::super::output::Raw;
use super::super::xml::Element;
use super::party::Party;
use super::{Content, Field};

/// Mention of goods whose bill is negotiable to order: they have a notify party and no consignee.
const TO_ORDER: &str = "10600";

/// Fields of an item. Its documents, containers, packages and means of transport are read again
/// where they are needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'d> {
    pub(super) element: Element<'d>,
    pub(super) number: Field<'d>,
    pub(super) description: Field<'d>,
    pub(super) mass: Field<'d>,
    pub(super) payment: Field<'d>,
    pub(super) ucr: Field<'d>,
    pub(super) un_number: Field<'d>,
    pub(super) loading: Field<'d>,
    pub(super) unloading: Field<'d>,
    /// COMCODGODITM, and the code in it.
    pub(super) commodity: Field<'d>,
    pub(super) hs: Field<'d>,
    pub(super) consignor: Option<Party<'d>>,
    pub(super) consignee: Option<Party<'d>>,
    pub(super) notify: Option<Party<'d>>,
    pub(super) documents: usize,
    pub(super) transports: usize,
    pub(super) packages: usize,
    pub(super) to_order: bool,
}

impl<'d> Item<'d> {
    /// Reads a GOOITEGDS.
    pub(super) fn read(raw: &Raw<'d>, element: Element<'d>) -> Self {
        let mut item = Self {
            element,
            number: None,
            description: None,
            mass: None,
            payment: None,
            ucr: None,
            un_number: None,
            loading: None,
            unloading: None,
            commodity: None,
            hs: None,
            consignor: None,
            consignee: None,
            notify: None,
            documents: 0,
            transports: 0,
            packages: 0,
            to_order: false,
        };
        for child in element.children() {
            let field = match child.name() {
                "PACGS2" => {
                    item.packages += 1;
                    continue;
                }
                "PRODOCDC2" => {
                    item.documents += 1;
                    continue;
                }
                "IDEMEATRAGI970" => {
                    item.transports += 1;
                    continue;
                }
                "SPEMENMT2" => {
                    item.to_order |= child.children().any(|c| c.name() == "AddInfCodMT23" && c.content() == TO_ORDER);
                    continue;
                }
                "TRACONCO2" => {
                    item.consignor.get_or_insert_with(|| Party::read(raw, child));
                    continue;
                }
                "TRACONCE2" => {
                    item.consignee.get_or_insert_with(|| Party::read(raw, child));
                    continue;
                }
                "PRTNOT640" => {
                    item.notify.get_or_insert_with(|| Party::read(raw, child));
                    continue;
                }
                "COMCODGODITM" => {
                    item.hs = item.hs.or(child.child("ComNomCMD1"));
                    &mut item.commodity
                }
                "IteNumGDS7" => &mut item.number,
                "GooDesGDS23" => &mut item.description,
                "GroMasGDS46" => &mut item.mass,
                "MetOfPayGDI12" => &mut item.payment,
                "ComRefNumGIM1" => &mut item.ucr,
                "UNDanGooCodGDI1" => &mut item.un_number,
                "PlaLoaGOOITE333" => &mut item.loading,
                "PlaUnlGOOITE333" => &mut item.unloading,
                _ => continue,
            };
            field.get_or_insert(child);
        }
        item
    }

    /// Its groups of one name.
    pub(super) fn groups(&self, name: &'static str) -> impl Iterator<Item = Element<'d>> {
        self.element.children().filter(move |c| c.name() == name)
    }
}

/// How goods are packed, by the kind of package (UN/ECE recommendation 21).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Bulk,
    Unpacked,
    Packed,
}

/// One PACGS2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Package<'d> {
    pub(super) element: Element<'d>,
    pub(super) kind: Field<'d>,
    pub(super) packages: Field<'d>,
    pub(super) pieces: Field<'d>,
    pub(super) marks: Field<'d>,
}

impl<'d> Package<'d> {
    pub(super) fn read(element: Element<'d>) -> Self {
        let mut package = Self { element, kind: None, packages: None, pieces: None, marks: None };
        for child in element.children() {
            let field = match child.name() {
                "KinOfPacGS23" => &mut package.kind,
                "NumOfPacGS24" => &mut package.packages,
                "NumOfPieGS25" => &mut package.pieces,
                "MarNumOfPacGSL21" => &mut package.marks,
                _ => continue,
            };
            field.get_or_insert(child);
        }
        package
    }

    /// How its kind packs goods.
    pub(super) fn packing(&self) -> Packing {
        match super::text(self.kind) {
            "VQ" | "VG" | "VL" | "VY" | "VR" | "VS" | "VO" => Packing::Bulk,
            "NE" | "NF" | "NG" => Packing::Unpacked,
            _ => Packing::Packed,
        }
    }
}
