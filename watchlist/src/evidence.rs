//! The reason of a hit, in words that a reviewer can check.

use std::fmt::Write as _;

use super::attributes;
use super::entity::EntityKind;
use super::generation::Generation;
use super::layout::country_code;
use super::matcher::Matcher;
use super::score::{Link, NameTotal, left_over_listed, left_over_reported};
use super::subject::Subject;
use crate::name::Role;

/// One compared field.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceItem {
    /// `surname`, `given_names`, `name`, `order`, `birth_date`, `nationality`, `sex`, `document`, `birth_place`,
    /// `kind` or `list_quality`.
    pub field: &'static str,
    /// Value of the subject; `None` where it has nothing here.
    pub reported: Option<String>,
    /// Value of the entity; `None` where it has nothing here.
    pub listed: Option<String>,
    /// How far they agree.
    pub level: &'static str,
    /// log2(m/u).
    pub bits: f32,
}

/// Why a subject matches an entity: the terms of the sum, heaviest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Sum of the items.
    pub bits: f32,
    /// The listed name that weighs most, as published.
    pub matched_name: String,
    /// Compared fields.
    pub items: Vec<EvidenceItem>,
}

impl Evidence {
    /// The waterfall in one line:
    /// `surname ABDULRAHMAN ~ ABD AL RAHMAN (joined) +9.1, birth_date 1972-05-31 = 1972-05-31 +14.2 = 27.8 bits`.
    pub fn line(&self) -> String {
        let mut out = String::new();
        for item in &self.items {
            if !out.is_empty() {
                out.push_str(", ");
            }
            let exact = item.level == "exact";
            let _ = match (&item.reported, &item.listed) {
                (Some(r), Some(l)) if exact => write!(out, "{} {r} = {l}", item.field),
                (Some(r), Some(l)) => write!(out, "{} {r} ~ {l} ({})", item.field, item.level),
                (Some(r), None) => write!(out, "{} {r} ({}, reported only)", item.field, item.level),
                (None, Some(l)) => write!(out, "{} {l} ({}, listed only)", item.field, item.level),
                (None, None) => write!(out, "{} ({})", item.field, item.level),
            };
            let _ = write!(out, " {:+.1}", item.bits);
        }
        let _ = write!(out, " = {:.1} bits", self.bits);
        out
    }
}

/// Evidence of the pair that `matcher` has read the subject of.
pub(super) fn explain(matcher: &mut Matcher, subject: &Subject<'_>, generation: &Generation, entity: u32) -> Evidence {
    let mut best: Option<(u32, NameTotal)> = None;
    for name in generation.names_of(entity) {
        let total = matcher.weigh_name(generation, name);
        if best.is_none_or(|b| total.bits > b.1.bits) {
            best = Some((name, total));
        }
    }
    let mut items = Vec::new();
    let mut bits = if matcher.name_is_unknown(generation, entity) { 0.0 } else { generation.weights.name.nothing };
    let mut matched_name = String::new();
    if let Some((name, _)) = best {
        let mut total = matcher.weigh_name(generation, name);
        if matcher.name_is_unknown(generation, entity) {
            total.bits = 0.0;
        }
        bits = total.bits;
        generation.names.text.value(name as usize).clone_into(&mut matched_name);
        name_items(matcher, generation, name, &total, &mut items);
    }
    beside_name_items(matcher, subject, generation, entity, &mut items);
    bits += matcher.beside_name(generation, entity);
    items.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    Evidence { bits, matched_name, items }
}

fn name_items(matcher: &Matcher, generation: &Generation, name: u32, total: &NameTotal, items: &mut Vec<EvidenceItem>) {
    let tokens = &matcher.reported.name.tokens;
    let listed = generation.names.tokens(name);
    let words = |mask: u16, word: &dyn Fn(usize) -> String| {
        (0..16).filter(|i| mask & (1 << i) != 0).map(word).collect::<Vec<_>>().join(" ")
    };
    let reported_word = |i: usize| String::from_utf8_lossy(tokens.bytes(i)).into_owned();
    let listed_word = |j: usize| String::from_utf8_lossy(generation.dictionary.token(listed.get(j).id())).into_owned();
    let weights = &generation.weights.name;
    let chosen = &matcher.scorer.chosen;
    let mut floor = total.bits;
    for Link { bits, level, reported, listed } in chosen.iter().copied() {
        let field = match tokens.token(reported.trailing_zeros() as usize).role {
            Role::Surname => "surname",
            Role::Given => "given_names",
            Role::Any => "name",
        };
        floor -= bits;
        items.push(EvidenceItem {
            field,
            reported: Some(words(reported, &reported_word)),
            listed: Some(words(listed, &listed_word)),
            level: level.as_str(),
            bits,
        });
    }
    let mut left_over = |is_listed: bool, text: String, bits: f32| {
        floor -= bits;
        let (reported, listed) = if is_listed { (None, Some(text)) } else { (Some(text), None) };
        items.push(EvidenceItem { field: "name", reported, listed, level: "left_over", bits });
    };
    for i in (0..tokens.len()).filter(|i| total.left_over_reported & (1 << i) != 0) {
        left_over(false, reported_word(i), left_over_reported(&matcher.reported.name, i, weights));
    }
    for j in (0..listed.len()).filter(|j| total.left_over_listed & (1 << j) != 0) {
        left_over(true, listed_word(j), left_over_listed(generation, listed.get(j), weights));
    }
    let mut term = |field, level, bits: f32| {
        if bits != 0.0 {
            floor -= bits;
            items.push(EvidenceItem { field, reported: None, listed: None, level, bits });
        }
    };
    term("name", "contradiction", total.contradiction);
    let parts = if total.instead { ["surname_differs", "given_names_differ"] } else { ["no_surname", "no_given_names"] };
    term("name", parts[0], total.surname);
    term("name", parts[1], total.given);
    term("order", if total.order > 0.0 { "same" } else { "other" }, total.order);
    term("list_quality", "weak_alias", total.weak);
    // What the floor under a name gives back, or the whole floor where nothing agrees.
    if floor.abs() > super::index::ROUNDING {
        let level = if chosen.is_empty() { "nothing" } else { "floor" };
        items.push(EvidenceItem { field: "name", reported: None, listed: None, level, bits: floor });
    }
}

fn beside_name_items(
    matcher: &Matcher,
    subject: &Subject<'_>,
    generation: &Generation,
    entity: u32,
    items: &mut Vec<EvidenceItem>,
) {
    let (listed, w, r) = (&generation.listed, &generation.weights, &matcher.reported);
    let facts = listed.facts(entity);
    if let Some(date) = r.birth_date
        && let Some((other, (level, bits))) = attributes::birth_date(date, listed.birth_dates(entity, facts), &w.birth_date)
    {
        let (reported, listed) = (Some(date.to_string()), Some(other.to_string()));
        items.push(EvidenceItem { field: "birth_date", reported, listed, level, bits });
    }
    let nationalities = listed.nationalities(entity, &facts);
    if let Some((code, agrees)) = r.nationality
        && !nationalities.is_empty()
    {
        let same = nationalities.contains(&code);
        let reported = subject.nationality.map(str::to_owned);
        let all = || nationalities.iter().map(|n| country_code(*n)).collect::<Vec<_>>().join("/");
        let listed = if same { reported.clone() } else { Some(all()) };
        let (level, bits) = if same { ("exact", agrees) } else { ("differs", w.nationality.differs) };
        items.push(EvidenceItem { field: "nationality", reported, listed, level, bits });
    }
    if let Some((level, bits)) = attributes::sex(r.sex, facts.sex(), &w.sex) {
        let text = |s: Option<super::entity::Sex>| s.map(|s| s.as_str().to_owned());
        items.push(EvidenceItem { field: "sex", reported: text(r.sex), listed: text(facts.sex()), level, bits });
    }
    let ships = r.kind == EntityKind::Vessel && facts.kind() == EntityKind::Vessel;
    if let Some((i, j, (level, bits))) = attributes::documents(ships, &r.documents, listed.documents(entity), &w.document) {
        items.push(EvidenceItem {
            field: "document",
            reported: subject.documents.get(i).map(|d| d.number.to_owned()),
            listed: Some(listed.document_number(entity, j).to_owned()),
            level,
            bits,
        });
    }
    if let Some((place, (level, bits))) = attributes::birth_place(&r.birth_place, listed.birth_places(entity), &w.birth_place) {
        let (reported, listed) = (subject.birth_place.map(str::to_owned), Some(place.to_owned()));
        items.push(EvidenceItem { field: "birth_place", reported, listed, level, bits });
    }
    if attributes::kind_differs(r.kind, facts.kind()) {
        items.push(EvidenceItem {
            field: "kind",
            reported: Some(r.kind.as_str().to_owned()),
            listed: Some(facts.kind().as_str().to_owned()),
            level: "differs",
            bits: w.kind.differs,
        });
    }
}
