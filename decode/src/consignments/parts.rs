//! What a consignment has several of.

use tamis_records::country::alpha3;

use super::super::columns::word;
use super::{Consignments, set};

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
    /// The word for it as a view.
    fn view(self) -> u128 {
        match self {
            Self::Consignor => const { word("consignor") },
            Self::Consignee => const { word("consignee") },
            Self::Notify => const { word("notify") },
            Self::Carrier => const { word("carrier") },
            Self::Agent => const { word("agent") },
            Self::Declarant => const { word("declarant") },
            Self::Importer => const { word("importer") },
            Self::Exporter => const { word("exporter") },
            Self::Seller => const { word("seller") },
            Self::Buyer => const { word("buyer") },
            Self::Warehouse => const { word("warehouse") },
            Self::Driver => const { word("driver") },
            Self::Crew => const { word("crew") },
            Self::Other => const { word("other") },
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
        let (t, at) = (&mut self.party_texts, self.parties.total);
        t.role.append_view(party.role.view());
        set(&mut t.role_code, at, party.role_code);
        match party.person {
            Some(true) => t.kind.set_view(at, const { word("person") }),
            Some(false) => t.kind.set_view(at, const { word("organisation") }),
            None => {}
        }
        set(&mut t.name, at, party.name);
        set(&mut t.identifier, at, party.identifier);
        set(&mut t.identifier_scheme, at, party.identifier_scheme);
        set(&mut t.address, at, party.address);
        set(&mut t.city, at, party.city);
        set(&mut t.region, at, party.region);
        set(&mut t.postal_code, at, party.postal_code);
        set(&mut t.country, at, country(party.country));
        set(&mut t.contact, at, party.contact);
        set(&mut t.phone, at, party.phone);
        set(&mut t.email, at, party.email);
        set(&mut t.nationality, at, country(party.nationality));
        set(&mut t.document_type, at, party.document_type);
        set(&mut t.document_number, at, party.document_number);
        self.party_birth.set(at, party.birth_date);
        self.party_item.set(at, party.item);
        self.parties.add();
    }

    /// Appends an item; `containers` are the numbers of those that hold it.
    pub(crate) fn item<'c>(&mut self, item: &ItemRow<'_>, containers: impl IntoIterator<Item = &'c str>) {
        let (t, at) = (&mut self.item_texts, self.items.total);
        set(&mut t.description, at, item.description);
        set(&mut t.marks, at, item.marks);
        set(&mut t.hs, at, item.hs);
        set(&mut t.package_type, at, item.package_type);
        set(&mut t.quantity_unit, at, item.quantity_unit);
        set(&mut t.currency, at, item.currency);
        set(&mut t.origin_country, at, country(item.origin_country));
        set(&mut t.un_number, at, item.un_number);
        set(&mut t.hazard_class, at, item.hazard_class);
        let n = &mut self.item_numbers;
        n.number.set(at, item.number);
        n.packages.set(at, item.packages);
        n.gross_weight_kg.set(at, item.gross_weight_kg);
        n.net_weight_kg.set(at, item.net_weight_kg);
        n.volume_m3.set(at, item.volume_m3);
        n.quantity.set(at, item.quantity);
        n.value.set(at, item.value);
        for number in containers {
            self.scratch.compact(number);
            self.item_containers.add(&self.scratch.text);
        }
        self.item_containers.end();
        self.items.add();
    }

    /// Appends a container, trailer, rail car or unit load device with its seals.
    pub(crate) fn container<'s>(&mut self, container: &ContainerRow<'_>, seals: impl IntoIterator<Item = &'s str>) {
        self.scratch.compact(container.number);
        let (t, at) = (&mut self.container_texts, self.containers.total);
        set(&mut t.number, at, &self.scratch.text);
        set(&mut t.kind, at, container.kind);
        set(&mut t.size_type, at, container.size_type);
        set(&mut t.load, at, container.load);
        seals.into_iter().for_each(|seal| self.container_seals.add(seal));
        self.container_seals.end();
        self.containers.add();
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
            self.reference_item.set(self.references.total, item);
            self.references.add();
        }
    }

    /// Appends a customs or security statement.
    pub(crate) fn customs_note(&mut self, country: &str, subject: &str, kind: &str, value: &str) {
        let (t, at) = (&mut self.note_texts, self.notes.total);
        set(&mut t.country, at, country);
        set(&mut t.subject, at, subject);
        set(&mut t.kind, at, kind);
        set(&mut t.value, at, value);
        self.notes.add();
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
