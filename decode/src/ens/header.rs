//! What a declaration says once.

use super::super::output::Raw;
use super::super::xml::Element;
use super::party::Party;
use super::{Field, text};

/// Fields of the message, its header and the groups that it has once. Of what is sent twice the
/// first counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Header<'d> {
    pub(super) sender: Field<'d>,
    pub(super) recipient: Field<'d>,
    pub(super) prepared_day: Field<'d>,
    pub(super) prepared_clock: Field<'d>,
    pub(super) message_ref: Field<'d>,
    pub(super) correlation: Field<'d>,
    /// HEAHEA.
    pub(super) element: Field<'d>,
    pub(super) lrn: Field<'d>,
    pub(super) mrn: Field<'d>,
    pub(super) mode: Field<'d>,
    pub(super) identity: Field<'d>,
    pub(super) nationality: Field<'d>,
    pub(super) total_items: Field<'d>,
    pub(super) total_packages: Field<'d>,
    pub(super) total_mass: Field<'d>,
    pub(super) place: Field<'d>,
    pub(super) circumstance: Field<'d>,
    pub(super) payment: Field<'d>,
    pub(super) ucr: Field<'d>,
    pub(super) conveyance: Field<'d>,
    pub(super) loading: Field<'d>,
    pub(super) unloading: Field<'d>,
    /// When it was declared or amended.
    pub(super) declared: Field<'d>,
    pub(super) consignor: Option<Party<'d>>,
    pub(super) consignee: Option<Party<'d>>,
    pub(super) notify: Option<Party<'d>>,
    pub(super) representative: Option<Party<'d>>,
    /// Who lodges the declaration.
    pub(super) lodger: Option<Party<'d>>,
    pub(super) carrier: Option<Party<'d>>,
    /// Office of lodgement, office of first entry, and expected arrival there.
    pub(super) lodgement: Field<'d>,
    pub(super) entry: Field<'d>,
    pub(super) arrival: Field<'d>,
    pub(super) countries: usize,
    pub(super) seals: usize,
    /// Mode of transport as a number; `NaN` where it is none.
    pub(super) mode_number: f64,
    /// Specific circumstance indicator.
    pub(super) circumstance_text: &'d str,
}

impl<'d> Header<'d> {
    /// Reads everything but the items.
    pub(super) fn read(raw: &Raw<'d>, declaration: Element<'d>) -> Self {
        let mut h = Self::default();
        for child in declaration.children() {
            match child.name() {
                "ITI" => h.countries += 1,
                "SEAID529" => h.seals += 1,
                "HEAHEA" if h.element.is_none() => h.read_header(child),
                "TRACONCO1" => keep(&mut h.consignor, raw, child),
                "TRACONCE1" => keep(&mut h.consignee, raw, child),
                "NOTPAR670" => keep(&mut h.notify, raw, child),
                "TRAREP" => keep(&mut h.representative, raw, child),
                "PERLODSUMDEC" => keep(&mut h.lodger, raw, child),
                "TRACARENT601" => keep(&mut h.carrier, raw, child),
                "CUSOFFLON" => h.lodgement = h.lodgement.or(child.child("RefNumCOL1")),
                "CUSOFFFENT730" => {
                    h.entry = h.entry.or(child.child("RefNumCUSOFFFENT731"));
                    h.arrival = h.arrival.or(child.child("ExpDatOfArrFIRENT733"));
                }
                "MesSenMES3" => h.sender = h.sender.or(Some(child)),
                "MesRecMES6" => h.recipient = h.recipient.or(Some(child)),
                "DatOfPreMES9" => h.prepared_day = h.prepared_day.or(Some(child)),
                "TimOfPreMES10" => h.prepared_clock = h.prepared_clock.or(Some(child)),
                "MesIdeMES19" => h.message_ref = h.message_ref.or(Some(child)),
                "CorIdeMES25" => h.correlation = h.correlation.or(Some(child)),
                _ => {}
            }
        }
        h.mode_number = super::forms::number(text(h.mode));
        h.circumstance_text = text(h.circumstance);
        h
    }

    fn read_header(&mut self, header: Element<'d>) {
        self.element = Some(header);
        for child in header.children() {
            let field = match child.name() {
                "RefNumHEA4" => &mut self.lrn,
                "DocNumHEA5" => &mut self.mrn,
                "TraModAtBorHEA76" => &mut self.mode,
                "IdeOfMeaOfTraCroHEA85" => &mut self.identity,
                "NatOfMeaOfTraCroHEA87" => &mut self.nationality,
                "TotNumOfIteHEA305" => &mut self.total_items,
                "TotNumOfPacHEA306" => &mut self.total_packages,
                "TotGroMasHEA307" => &mut self.total_mass,
                "DecPlaHEA394" | "AmdPlaHEA598" => &mut self.place,
                "SpeCirIndHEA1" => &mut self.circumstance,
                "TraChaMetOfPayHEA1" => &mut self.payment,
                "ComRefNumHEA" => &mut self.ucr,
                "ConRefNumHEA" => &mut self.conveyance,
                "PlaLoaGOOITE334" => &mut self.loading,
                "PlaUnlGOOITE334" => &mut self.unloading,
                "DecDatTimHEA114" | "DatTimAmeHEA113" => &mut self.declared,
                _ => continue,
            };
            field.get_or_insert(child);
        }
    }

    /// Whether the mode of transport is one of these.
    pub(super) fn goes_by(&self, modes: &[u8]) -> bool {
        modes.iter().any(|m| self.mode_number == f64::from(*m))
    }
}

fn keep<'d>(party: &mut Option<Party<'d>>, raw: &Raw<'d>, element: Element<'d>) {
    if party.is_none() {
        *party = Some(Party::read(raw, element));
    }
}
