use std::io::BufRead;

use hashbrown::HashMap;
use tamis_watchlist::{Entity, EntityKind, NameKind, PartialDate};

use super::date::read_dates;
use super::fields::{
    Gathered, MOST_PARTS, add_country, add_name, add_place, add_programme, add_sex, blank, full, joined, person_name,
};
use super::ofac_remarks::is_ignored;
use super::ofac_sdn::{CONSOLIDATED, LIST};
use super::ofac_xml::{add_id, alias_kind};
use super::report::Notebook;
use super::xml::{Node, Walker};

type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// Reads `sdn_advanced.xml` or `cons_advanced.xml`: parties, with what they refer to in the
/// tables of values, places, documents and entries around them. One party is in memory at a
/// time; only the tables, and of a party what became of it, are kept.
pub(super) fn read_ofac_advanced(input: impl BufRead, notes: &mut Notebook) -> Vec<Entity> {
    let mut reader = Reader::default();
    let mut walker = Walker::new(input);
    let wanted = ["DateOfIssue", "ReferenceValueSets", "Location", "IDRegDocument", "DistinctParty", "SanctionsEntry"];
    let mut rows = 0;
    while let Some(node) = walker.next(&wanted, notes) {
        match node.name.as_str() {
            "DateOfIssue" => notes.edition(&ymd(&node)),
            "ReferenceValueSets" => reader.values(&node),
            "Location" => reader.location(&node),
            "IDRegDocument" => reader.document(&node),
            "SanctionsEntry" => reader.entry(&node),
            _ => {
                rows += 1;
                reader.party(node, notes);
            }
        }
    }
    notes.close("entities", rows);
    reader.finish(notes)
}

/// A value with the number of the one that it belongs to.
#[derive(Default)]
struct Value {
    text: String,
    parent: String,
}

#[derive(Default)]
struct Place {
    country: String,
    parts: Vec<String>,
}

struct Document {
    identity: String,
    sort: String,
    number: String,
    country: String,
    line: u64,
}

#[derive(Default)]
struct Reader {
    /// Values by set (`FeatureType`) and number.
    values: Map<(String, String), Value>,
    places: Map<String, Place>,
    documents: Vec<Document>,
    /// Programmes and the number of the list of an entry, by profile.
    entries: Map<String, (Vec<String>, String)>,
    /// Parties that stand before the tables that they refer to, as no published file has it.
    early: Vec<Node>,
    all: Gathered,
    /// Which entity an identity, and a profile, belongs to.
    identities: Map<String, usize>,
    profiles: Vec<(usize, [String; 2])>,
}

impl Reader {
    fn values(&mut self, node: &Node) {
        for set in &node.children {
            for value in &set.children {
                let parent = match value.attr("PartyTypeID") {
                    "" => value.attr("ISO2"),
                    id => id,
                };
                let text = if value.text.trim().is_empty() { value.attr("Description") } else { value.text.trim() };
                let value_of = Value { text: text.to_owned(), parent: parent.to_owned() };
                self.values.insert((value.name.clone(), value.attr("ID").to_owned()), value_of);
            }
        }
    }

    fn value(&self, set: &str, id: &str) -> &str {
        // Parts of the published file, and old ones, come without the tables: numbers never change.
        const KNOWN: [(&str, &str, &str); 22] = [
            ("FeatureType", "8", "Birthdate"),
            ("FeatureType", "9", "Place of Birth"),
            ("FeatureType", "10", "Nationality Country"),
            ("FeatureType", "11", "Citizenship Country"),
            ("FeatureType", "25", "Location"),
            ("FeatureType", "224", "Gender"),
            ("FeatureType", "1", "VESSEL CALL SIGN"),
            ("FeatureType", "3", "VESSEL FLAG"),
            ("DetailReference", "91526", "Male"),
            ("DetailReference", "91527", "Female"),
            ("AliasType", "1400", "A.K.A."),
            ("AliasType", "1401", "F.K.A."),
            ("AliasType", "1402", "N.K.A."),
            ("AliasType", "1403", "Name"),
            ("NamePartType", "1520", "Last Name"),
            ("NamePartType", "1521", "First Name"),
            ("NamePartType", "1522", "Middle Name"),
            ("NamePartType", "1525", "Entity Name"),
            ("PartySubType", "1", "Vessel"),
            ("PartySubType", "2", "Aircraft"),
            ("IDRegDocType", "1571", "Passport"),
            ("IDRegDocType", "1626", "Vessel Registration Identification"),
        ];
        let key = (set.to_owned(), id.to_owned());
        let known = || KNOWN.iter().find(|(s, i, _)| *s == set && *i == id).map_or("", |(_, _, text)| text);
        self.values.get(&key).map_or_else(known, |v| v.text.as_str())
    }

    fn country(&self, id: &str) -> &str {
        if id.is_empty() {
            return "";
        }
        ["Country", "AreaCode"].iter().map(|set| self.value(set, id)).find(|text| !text.is_empty()).unwrap_or_default()
    }

    fn location(&mut self, node: &Node) {
        let mut country = node.find("LocationCountry").first().map_or("", |c| self.country(c.attr("CountryID")));
        if country.is_empty() {
            country = node.find("LocationAreaCode").first().map_or("", |c| self.value("AreaCode", c.attr("AreaCodeID")));
        }
        let country = country.to_owned();
        // Each part once, as it is written first; other scripts follow.
        let parts = node
            .find("LocationPart")
            .into_iter()
            .take(MOST_PARTS)
            .map(|part| part.first("Value").to_owned())
            .filter(|p| !p.is_empty());
        let place = Place { country, parts: parts.collect() };
        self.places.insert(node.attr("ID").to_owned(), place);
    }

    fn document(&mut self, node: &Node) {
        self.documents.push(Document {
            identity: node.attr("IdentityID").to_owned(),
            sort: node.attr("IDRegDocTypeID").to_owned(),
            number: node.first("IDRegistrationNo").to_owned(),
            country: node.attr("IssuedBy-CountryID").to_owned(),
            line: node.line,
        });
    }

    fn entry(&mut self, node: &Node) {
        let entry = self.entries.entry(node.attr("ProfileID").to_owned()).or_default();
        node.attr("ListID").clone_into(&mut entry.1);
        for measure in node.find("SanctionsMeasure") {
            // Sort 1 is the programme; the others say what is blocked.
            if matches!(measure.attr("SanctionsTypeID"), "1" | "") {
                entry.0.push(measure.first("Comment").to_owned());
            }
        }
    }

    fn party(&mut self, node: Node, notes: &mut Notebook) {
        if self.places.is_empty() || self.values.is_empty() {
            self.early.push(node);
        } else {
            self.add(&node, notes);
        }
    }

    fn add(&mut self, node: &Node, notes: &mut Notebook) {
        notes.at(node.line);
        let profiles = node.find("Profile");
        let profile = profiles.first().copied().unwrap_or(node);
        let ids = [profile.attr("ID"), node.attr("FixedRef")];
        let Some(id) = ids.iter().rev().find(|id| !id.is_empty()) else {
            return notes.left_out("no-id", "a party without FixedRef; left out");
        };
        let at = self.all.entities.len();
        for identity in profile.find("Identity") {
            self.identities.insert(identity.attr("ID").to_owned(), at);
        }
        self.profiles.push((at, ids.map(str::to_owned)));
        let mut e = blank(LIST, id, self.kind(profile.attr("PartySubTypeID")));
        for identity in profile.find("Identity") {
            self.names(&mut e, identity, notes);
        }
        for feature in profile.find("Feature") {
            notes.at(feature.line);
            self.feature(&mut e, feature, notes);
        }
        self.all.add(e, node.line, notes);
    }

    fn finish(mut self, notes: &mut Notebook) -> Vec<Entity> {
        for node in std::mem::take(&mut self.early) {
            self.add(&node, notes);
        }
        for document in std::mem::take(&mut self.documents) {
            notes.at(document.line);
            let label = Some(self.value("IDRegDocType", &document.sort)).filter(|l| !l.is_empty()).unwrap_or("Number").to_owned();
            let country = self.country(&document.country).to_owned();
            match self.identities.get(&document.identity).and_then(|at| self.all.entities.get_mut(*at)) {
                Some(e) => add_id(e, &label, &document.number, &country, notes),
                None => notes.unusable("orphan-document", "a document of a party that is not in the list; left out"),
            }
        }
        for (at, ids) in &self.profiles {
            let (Some(entry), Some(e)) = (ids.iter().find_map(|id| self.entries.get(id)), self.all.entities.get_mut(*at)) else {
                continue;
            };
            let list = self.values.get(&("List".to_owned(), entry.1.clone())).map_or("", |v| v.text.as_str());
            let sdn = list.is_empty() || list.to_ascii_uppercase().starts_with("SDN");
            (if sdn { LIST } else { CONSOLIDATED }).clone_into(&mut e.list);
            for programme in &entry.0 {
                add_programme(e, programme);
            }
        }
        self.all.finish(notes)
    }

    fn kind(&self, sub_type: &str) -> EntityKind {
        let key = ("PartySubType".to_owned(), sub_type.to_owned());
        let party = self.values.get(&key).map_or("", |v| self.value("PartyType", &v.parent));
        match (self.value("PartySubType", sub_type).to_ascii_lowercase().as_str(), party.to_ascii_lowercase().as_str()) {
            ("vessel", _) => EntityKind::Vessel,
            ("aircraft", _) => EntityKind::Aircraft,
            (_, "individual") => EntityKind::Person,
            (_, "entity") => EntityKind::Organisation,
            _ => match sub_type {
                "3" => EntityKind::Organisation,
                "4" => EntityKind::Person,
                _ => EntityKind::Unknown,
            },
        }
    }

    fn names(&self, e: &mut Entity, identity: &Node, notes: &mut Notebook) {
        let mut sorts: Map<&str, &str> = Map::default();
        for group in identity.find("NamePartGroup") {
            sorts.insert(group.attr("ID"), self.value("NamePartType", group.attr("NamePartTypeID")));
        }
        for alias in identity.find("Alias") {
            notes.at(alias.line);
            let quality = if alias.attr("LowQuality").eq_ignore_ascii_case("true") { "low" } else { "" };
            let sort = self.value("AliasType", alias.attr("AliasTypeID"));
            let main = alias.attr("Primary").eq_ignore_ascii_case("true");
            for name in alias.find("DocumentedName") {
                let text = full_name(name, &sorts, e.kind);
                let latin = text.chars().all(|c| c.is_ascii() || !c.is_alphabetic() || any_latin(c));
                let first = !e.names.iter().any(|n| n.kind == NameKind::Primary);
                let kind = if main && latin && first { NameKind::Primary } else { alias_kind(sort, quality, notes) };
                add_name(e, &text, kind, notes);
            }
        }
    }

    fn feature(&self, e: &mut Entity, feature: &Node, notes: &mut Notebook) {
        let sort =
            self.value("FeatureType", feature.attr("FeatureTypeID")).trim_end_matches([':', '-', ' ']).to_ascii_lowercase();
        let places = feature.find("VersionLocation").into_iter().filter_map(|l| self.places.get(l.attr("LocationID")));
        let details = feature.find("VersionDetail").into_iter().map(|d| match d.text.trim() {
            "" => self.value("DetailReference", d.attr("DetailReferenceID")),
            text => text,
        });
        match sort.as_str() {
            "birthdate" => {
                for period in feature.find("DatePeriod") {
                    if full(&e.birth_dates, notes) {
                        break;
                    }
                    notes.at(period.line);
                    read_period(period, &mut e.birth_dates, notes);
                }
                details.filter(|d| !d.is_empty()).for_each(|d| super::fields::add_dates(e, d, notes));
            }
            "place of birth" => {
                for place in places {
                    let country = Some(place.country.as_str()).filter(|c| !place.parts.iter().any(|p| p == c));
                    add_place(e, place.parts.iter().map(String::as_str).chain(country));
                }
                details.for_each(|d| add_place(e, [d]));
            }
            "nationality country" | "citizenship country" | "nationality of registration" | "nationality" | "citizenship" => {
                for place in places {
                    let name = place.parts.first().map_or("", String::as_str);
                    add_country(if place.country.is_empty() { name } else { &place.country }, &mut e.nationalities, notes);
                }
                details.for_each(|d| add_country(d, &mut e.nationalities, notes));
            }
            "location" => {
                notes.report.addresses += 1;
                if e.kind == EntityKind::Organisation {
                    places.for_each(|place| add_country(&place.country, &mut e.nationalities, notes));
                }
            }
            "gender" => details.for_each(|d| add_sex(e, d, notes)),
            "vessel flag" | "flag" => details.for_each(|d| add_country(d, &mut e.nationalities, notes)),
            "" => notes.unusable("unknown-feature", "a feature whose sort the file does not name; left out"),
            "mmsi" | "msi" => details.for_each(|d| add_id(e, "MMSI", d, "", notes)),
            _ if sort.starts_with("vessel") && !sort.contains("call sign") && !sort.contains("identification") => {}
            _ if is_ignored(&sort) || sort.contains("tonnage") => {}
            _ => details.filter(|d| !d.is_empty()).for_each(|d| add_id(e, &sort, d, "", notes)),
        }
    }
}

fn any_latin(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{24f}' | '\u{2b0}'..='\u{2ff}' | '\u{1e00}'..='\u{1eff}')
}

/// A name out of parts that say of what sort they are.
fn full_name(name: &Node, sorts: &Map<&str, &str>, kind: EntityKind) -> String {
    let (mut surname, mut given, mut plain) = (vec![], vec![], vec![]);
    let parts = name.find("NamePartValue");
    let several = parts.len() > 1;
    for part in parts.into_iter().take(MOST_PARTS) {
        let text = part.text.trim();
        match sorts.get(part.attr("NamePartGroupID")).copied().unwrap_or_default().to_ascii_lowercase().as_str() {
            "last name" | "matronymic" => surname.push(text),
            "first name" => given.insert(0, text),
            "middle name" | "patronymic" => given.push(text),
            // A maiden name is none that is borne together with the others.
            "maiden name" if kind == EntityKind::Person && several => {}
            _ => plain.push(text),
        }
    }
    if surname.is_empty() || kind != EntityKind::Person {
        return joined(given.into_iter().chain(surname).chain(plain));
    }
    person_name(&surname.join(" "), given.into_iter().chain(plain))
}

/// `1965-03-12` out of `Year`, `Month` and `Day`, as far as they are there.
fn ymd(node: &Node) -> String {
    let part = |name: &str| node.first(name).parse::<u16>().ok().filter(|n| *n > 0);
    match (part("Year"), part("Month"), part("Day")) {
        (Some(y), Some(m), Some(d)) => format!("{y:04}-{m:02}-{d:02}"),
        (Some(y), Some(m), None) => format!("{y:04}-{m:02}"),
        (Some(y), ..) => format!("{y:04}"),
        _ => String::new(),
    }
}

/// A period has a start and an end, each of which lies between two days. It is a day, a month
/// or a year where its ends are those of one.
fn read_period(period: &Node, dates: &mut Vec<PartialDate>, notes: &mut Notebook) {
    let side = |name: &str, within: &str| {
        let found = period.find(name).first().and_then(|s| s.find(within).first().map(|f| ymd(f)));
        found.filter(|text| !text.is_empty())
    };
    let from = side("Start", "From").or_else(|| Some(ymd(period)).filter(|t| !t.is_empty()));
    let to = side("End", "To").or_else(|| side("End", "From")).or_else(|| side("Start", "To"));
    let circa = ["Start", "End"]
        .iter()
        .any(|name| period.find(name).first().is_some_and(|s| s.attr("Approximate").eq_ignore_ascii_case("true")));
    let text = match (&from, &to) {
        (Some(from), Some(to)) if from == to => from.clone(),
        (Some(from), Some(to)) => match (from.get(..4), to.get(..4), from.get(4..), to.get(4..)) {
            (Some(a), Some(b), Some("-01-01"), Some("-12-31")) if a == b => a.to_owned(),
            (Some(a), Some(b), ..) if a == b && from.get(..7) == to.get(..7) && from.ends_with("-01") => from[..7].to_owned(),
            _ => format!("{from} to {to}"),
        },
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => return,
    };
    if !read_dates(&if circa { format!("circa {text}") } else { text }, dates) {
        notes.unusable("bad-date", "a birth date that is no date; left out");
    }
}
