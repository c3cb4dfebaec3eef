//! What a consignment has several of.

use tamis_records::country::alpha3;

use super::super::columns::put;
use super::Consignments;

/// What a party is to the consignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Party {
    Consignor,
    Consignee,
    Notify,
    Carrier,
    Agent,
    Declarant,
    Importer,
    Exporter,
    Seller,
    Buyer,
    Warehouse,
    Driver,
    Crew,
    #[default]
    Other,
}

impl Party {
    /// Word of the column `role`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Consignor => "consignor",
            Self::Consignee => "consignee",
            Self::Notify => "notify",
            Self::Carrier => "carrier",
            Self::Agent => "agent",
            Self::Declarant => "declarant",
            Self::Importer => "importer",
            Self::Exporter => "exporter",
            Self::Seller => "seller",
            Self::Buyer => "buyer",
            Self::Warehouse => "warehouse",
            Self::Driver => "driver",
            Self::Crew => "crew",
            Self::Other => "other",
        }
    }
}

/// One party; empty text is null.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PartyRow<'a> {
    pub(crate) role: Party,
    pub(crate) role_code: &'a str,
    /// `Some(true)` for a person, `Some(false)` for an organisation.
    pub(crate) person: Option<bool>,
    pub(crate) name: &'a str,
    pub(crate) identifier: &'a str,
    pub(crate) identifier_scheme: &'a str,
    pub(crate) address: &'a str,
    pub(crate) city: &'a str,
    pub(crate) region: &'a str,
    pub(crate) postal_code: &'a str,
    /// As sent; a known code or name becomes ISO alpha-3.
    pub(crate) country: &'a str,
    pub(crate) contact: &'a str,
    pub(crate) phone: &'a str,
    pub(crate) email: &'a str,
    /// Days since 1970-01-01.
    pub(crate) birth_date: Option<i32>,
    pub(crate) nationality: &'a str,
    pub(crate) document_type: &'a str,
    pub(crate) document_number: &'a str,
    /// Number of the item that names it; `None` for the whole consignment.
    pub(crate) item: Option<i32>,
}

/// One kind of goods; empty text is null.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ItemRow<'a> {
    pub(crate) number: Option<i32>,
    pub(crate) description: &'a str,
    pub(crate) marks: &'a str,
    pub(crate) hs: &'a str,
    pub(crate) packages: Option<i64>,
    pub(crate) package_type: &'a str,
    pub(crate) gross_weight_kg: Option<f64>,
    pub(crate) net_weight_kg: Option<f64>,
    pub(crate) volume_m3: Option<f64>,
    pub(crate) quantity: Option<f64>,
    pub(crate) quantity_unit: &'a str,
    pub(crate) value: Option<f64>,
    pub(crate) currency: &'a str,
    /// As sent; a known code or name becomes ISO alpha-3.
    pub(crate) origin_country: &'a str,
    /// Several are separated by blanks.
    pub(crate) un_number: &'a str,
    pub(crate) hazard_class: &'a str,
}

/// One container or vehicle; empty text is null.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ContainerRow<'a> {
    /// Blanks and hyphens are taken out.
    pub(crate) number: &'a str,
    /// `container`, `trailer`, `rail_car`, `unit_load_device` or `vehicle`.
    pub(crate) kind: &'static str,
    pub(crate) size_type: &'a str,
    /// `full` or `empty`.
    pub(crate) load: &'static str,
}

/// ISO alpha-3 where the text is a country, else the text.
pub(crate) fn country(text: &str) -> &str {
    if text.is_empty() {
        return text;
    }
    alpha3(text).unwrap_or(text)
}

impl Consignments {
    /// Appends a party to the consignment at hand.
    pub(crate) fn party(&mut self, party: &PartyRow<'_>) {
        self.party_with(party, []);
    }

    /// As [`Self::party`], with further identifiers as scheme and value; empty values are left out.
    pub(crate) fn party_with<'s>(&mut self, party: &PartyRow<'_>, others: impl IntoIterator<Item = (&'s str, &'s str)>) {
        for (scheme, value) in others {
            if !value.is_empty() {
                let text = &mut self.scratch.text;
                text.clear();
                text.push_str(scheme);
                text.push(':');
                text.push_str(value);
                self.party_identifiers.add(text);
            }
        }
        self.party_identifiers.end();
        let t = &mut self.party_texts;
        t.role.append_value(party.role.name());
        put(&mut t.role_code, party.role_code);
        put(&mut t.kind, party.person.map_or("", |p| if p { "person" } else { "organisation" }));
        put(&mut t.name, party.name);
        put(&mut t.identifier, party.identifier);
        put(&mut t.identifier_scheme, party.identifier_scheme);
        put(&mut t.address, party.address);
        put(&mut t.city, party.city);
        put(&mut t.region, party.region);
        put(&mut t.postal_code, party.postal_code);
        put(&mut t.country, country(party.country));
        put(&mut t.contact, party.contact);
        put(&mut t.phone, party.phone);
        put(&mut t.email, party.email);
        put(&mut t.nationality, country(party.nationality));
        put(&mut t.document_type, party.document_type);
        put(&mut t.document_number, party.document_number);
        self.party_birth.append_option(party.birth_date);
        self.party_item.append_option(party.item);
        self.parties.open += 1;
    }

    /// Appends an item; `containers` are the numbers of those that hold it.
    pub(crate) fn item<'c>(&mut self, item: &ItemRow<'_>, containers: impl IntoIterator<Item = &'c str>) {
        let t = &mut self.item_texts;
        put(&mut t.description, item.description);
        put(&mut t.marks, item.marks);
        put(&mut t.hs, item.hs);
        put(&mut t.package_type, item.package_type);
        put(&mut t.quantity_unit, item.quantity_unit);
        put(&mut t.currency, item.currency);
        put(&mut t.origin_country, country(item.origin_country));
        put(&mut t.un_number, item.un_number);
        put(&mut t.hazard_class, item.hazard_class);
        let n = &mut self.item_numbers;
        n.number.append_option(item.number);
        n.packages.append_option(item.packages);
        n.gross_weight_kg.append_option(item.gross_weight_kg);
        n.net_weight_kg.append_option(item.net_weight_kg);
        n.volume_m3.append_option(item.volume_m3);
        n.quantity.append_option(item.quantity);
        n.value.append_option(item.value);
        for number in containers {
            self.scratch.compact(number);
            self.item_containers.add(&self.scratch.text);
        }
        self.item_containers.end();
        self.items.open += 1;
    }

    /// Appends a container, trailer, rail car or unit load device with its seals.
    pub(crate) fn container<'s>(&mut self, container: &ContainerRow<'_>, seals: impl IntoIterator<Item = &'s str>) {
        self.scratch.compact(container.number);
        let t = &mut self.container_texts;
        put(&mut t.number, &self.scratch.text);
        put(&mut t.kind, container.kind);
        put(&mut t.size_type, container.size_type);
        put(&mut t.load, container.load);
        seals.into_iter().for_each(|seal| self.container_seals.add(seal));
        self.container_seals.end();
        self.containers.open += 1;
    }

    /// Appends a reference that has no column of its own; an empty value is left out.
    pub(crate) fn reference(&mut self, kind: &str, value: &str) {
        self.reference_on(None, kind, value);
    }

    /// As [`Self::reference`], named on an item.
    pub(crate) fn reference_on(&mut self, item: Option<i32>, kind: &str, value: &str) {
        if !value.is_empty() {
            self.reference_kind.append_value(kind);
            self.reference_value.append_value(value);
            self.reference_item.append_option(item);
            self.references.open += 1;
        }
    }

    /// Appends a customs or security statement.
    pub(crate) fn customs_note(&mut self, country: &str, subject: &str, kind: &str, value: &str) {
        let t = &mut self.note_texts;
        put(&mut t.country, country);
        put(&mut t.subject, subject);
        put(&mut t.kind, kind);
        put(&mut t.value, value);
        self.notes.open += 1;
    }

    /// Appends a port or country on the way.
    pub(crate) fn route(&mut self, place: &str) {
        self.route.add(place);
    }

    /// Appends a seal on the consignment or conveyance as a whole.
    pub(crate) fn seal(&mut self, number: &str) {
        self.seals.add(number);
    }

    /// Appends a special handling code.
    pub(crate) fn special_handling(&mut self, code: &str) {
        self.special_handling.add(code);
    }

    /// Appends an instruction for handling in words.
    pub(crate) fn handling_instruction(&mut self, text: &str) {
        self.handling_instructions.add(text);
    }
}
