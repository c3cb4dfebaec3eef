use std::ops::Range;
use std::sync::Arc;

use super::attributes;
use super::born;
use super::demand::{Asked, Beside, classes_of_groups};
use super::entity::{EntityKind, PartialDate, Sex};
use super::evidence::{Evidence, explain};
use super::generation::Generation;
use super::index::{Index, ROUNDING, Stretch};
use super::layout::country;
use super::listed::DocumentKey;
use super::score::{NameScorer, NameTotal, ReportedName};
use super::search::Search;
use super::subject::Subject;
use tamis_records::country::state;

/// Candidates whose facts are fetched together.
const FETCHED: usize = 16;

/// Names of one date that are weighed without a look at their tokens first.
const HANDFUL: usize = 12;

/// What a [`Matcher`] did, summed since it was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Subjects looked up.
    pub subjects: u64,
    /// Entries of the index that were read.
    pub entries: u64,
    /// Names that the keys found.
    pub candidates: u64,
    /// Candidates that the bounds let pass without a comparison of names.
    pub pruned: u64,
    /// Names compared in full.
    pub compared: u64,
    /// Reported tokens looked up.
    pub tokens: u64,
    /// Tokens that were not in the cache of expansions.
    pub expansions_made: u64,
}

/// A subject made ready: everything that does not depend on the entity.
#[derive(Debug)]
pub(super) struct Reported {
    pub name: ReportedName,
    pub birth_date: Option<PartialDate>,
    /// Country code and weight if it agrees.
    pub nationality: Option<(u32, f32)>,
    pub sex: Option<Sex>,
    pub documents: Vec<Option<DocumentKey>>,
    /// What it is.
    pub kind: EntityKind,
    /// Words of the place of birth that are compared.
    pub birth_place: Vec<String>,
}

impl Default for Reported {
    fn default() -> Self {
        Self {
            name: ReportedName::default(),
            birth_date: None,
            nationality: None,
            sex: None,
            documents: Vec::new(),
            kind: EntityKind::Person,
            birth_place: Vec::new(),
        }
    }
}

/// Weighs subjects against one generation. Holds scratch space: one a thread.
#[derive(Debug)]
pub struct Matcher {
    generation: Arc<Generation>,
    pub(super) reported: Reported,
    pub(super) scorer: NameScorer,
    search: Search,
    stretches: Vec<Stretch>,
    /// Names whose birth date agrees best, with what it weighs: those of a day, which they have
    /// alone; and those of entities that have other dates, too.
    dated: Vec<(Range<u32>, f32)>,
    days: usize,
    /// Number of the subject that a name was weighed for last.
    stamps: Vec<u32>,
    stamp: u32,
    /// Whether the search knows what the names in `dated` need.
    mark_dated: bool,
    names: Vec<(u32, f32)>,
    entities: Vec<u32>,
    counters: Counters,
}

impl Matcher {
    /// A matcher over a generation.
    pub fn new(generation: Arc<Generation>) -> Self {
        Self {
            generation,
            reported: Reported::default(),
            scorer: NameScorer::default(),
            search: Search::default(),
            stretches: Vec::new(),
            dated: Vec::new(),
            days: 0,
            stamps: Vec::new(),
            stamp: 0,
            mark_dated: false,
            names: Vec::new(),
            entities: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// The generation it matches against.
    pub fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }

    /// What was done since the last call.
    pub fn take_counters(&mut self) -> Counters {
        std::mem::take(&mut self.counters)
    }

    /// Match weight of one pair, in bits. Finite.
    pub fn weigh(&mut self, subject: &Subject<'_>, entity: u32) -> f32 {
        self.read(subject);
        self.weigh_entity(entity)
    }

    /// All entities that weigh at least `min_bits`, by ascending ordinal, found through the index:
    /// exactly those that [`Self::find_nested_loop`] finds, with the same bits.
    pub fn find(&mut self, subject: &Subject<'_>, min_bits: f32, out: &mut Vec<(u32, f32)>) {
        if let Some(date) = subject.birth_date {
            self.generation.index.fetch(date);
        }
        self.read(subject);
        let generation = Arc::clone(&self.generation);
        let (index, w) = (&generation.index, &generation.weights);
        let (date, names) = (self.reported.birth_date, generation.name_count() as u32);
        let needed = min_bits - self.most_beside_name() - ROUNDING;
        index.stretches(names, date, needed, &w.birth_date, &mut self.stretches);
        if self.stretches.iter().any(|s| s.needed <= w.name.nothing) {
            // So low a threshold lets entities through of which no key agrees.
            self.loop_over_all(min_bits, out);
            return;
        }
        let from = out.len();
        self.dated.clear();
        self.dated.extend(index.dated(date, &w.birth_date));
        self.days = self.dated.len();
        let several = index.several(date, &w.birth_date);
        self.dated.extend(several.map(|(entity, most)| (generation.names_of(entity), most)));
        // For a handful of names the marks of all that their date lets through cost more than they save.
        self.mark_dated = self.dated.iter().map(|d| d.0.len()).sum::<usize>() > HANDFUL;
        if self.mark_dated {
            self.dated.iter().for_each(|d| index.postings.fetch_names(&d.0));
        }
        let beside = Beside::of(&self.reported, w);
        self.search.begin(&self.reported.name, &generation, beside);
        let lowest = self.stretches.iter().map(|s| s.needed).fold(f32::INFINITY, f32::min);
        self.search.mark(&self.reported.name, &generation, lowest);
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp <= 1 {
            // The first subject, or the stamps have gone round.
            self.stamps.clear();
            self.stamps.resize(generation.name_count(), 0);
            self.stamp = 1;
        }
        self.weigh_documented(&generation, min_bits, out);
        self.weigh_named(&generation, needed, min_bits, out);
        if self.mark_dated {
            let lowest = self.dated.iter().map(|d| needed - d.1).fold(f32::INFINITY, f32::min);
            self.search.mark_more(&self.reported.name, &generation, lowest);
        }
        self.weigh_dated(&generation, needed, min_bits, out);
        // One row an entity, with its heaviest name.
        out[from..].sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        let mut kept = from;
        for i in from..out.len() {
            if kept == from || out[kept - 1].0 != out[i].0 {
                out[kept] = out[i];
                kept += 1;
            }
        }
        out.truncate(kept);
    }

    /// Entities that a document finds.
    fn weigh_documented(&mut self, generation: &Generation, min_bits: f32, out: &mut Vec<(u32, f32)>) {
        self.entities.clear();
        generation.index.documented(&self.reported.documents, &mut self.entities);
        for i in 0..self.entities.len() {
            let entity = self.entities[i];
            self.counters.candidates += 1;
            let bits = self.weigh_entity(entity);
            if bits >= min_bits {
                out.push((entity, bits));
            }
        }
    }

    /// Names of the entities whose birth date agrees best.
    fn weigh_dated(&mut self, generation: &Generation, needed: f32, min_bits: f32, out: &mut Vec<(u32, f32)>) {
        let nothing = generation.weights.name.nothing;
        for i in 0..self.dated.len() {
            let (names, most) = self.dated[i].clone();
            self.counters.candidates += names.len() as u64;
            let needed = needed - most;
            self.names.clear();
            if self.mark_dated && needed > nothing {
                let found = |name| self.names.push((name, 0.0));
                self.search.may_reach(generation, names.clone(), needed, found);
                self.counters.pruned += names.len() as u64 - self.names.len() as u64;
            } else {
                self.names.extend(names.map(|name| (name, 0.0)));
            }
            for i in 0..self.names.len() {
                let name = self.names[i].0;
                if self.stamps[name as usize] == self.stamp {
                    // Weighed already.
                    continue;
                }
                let entity = generation.names.entity[name as usize];
                let bits = self.weigh_name(generation, name).bits + self.beside_name(generation, entity);
                if bits >= min_bits {
                    out.push((entity, bits));
                }
            }
        }
    }

    /// Names that the tokens find, each in the light of what its birth date can add.
    fn weigh_named(&mut self, generation: &Generation, needed: f32, min_bits: f32, out: &mut Vec<(u32, f32)>) {
        let order = generation.weights.name.same_order.max(0.0);
        self.names.clear();
        let found = |name, bound| self.names.push((name, bound));
        let year = self.reported.birth_date.map_or(0, |d| born::year(d.year));
        let asked = Asked {
            name: &self.reported.name,
            needs: Index::needs(self.reported.birth_date, needed, &generation.weights.birth_date),
            stretches: &self.stretches,
            year,
            groups: classes_of_groups(year),
        };
        self.counters.entries += self.search.names(&self.reported.name, generation, &asked, found);
        self.counters.candidates += self.names.len() as u64;
        for i in 0..self.names.len() {
            if i % FETCHED == 0 {
                // Fetched together, the facts of a large list cost one wait and not one each.
                let block = &self.names[i..(i + FETCHED).min(self.names.len())];
                let touch = |n: &(u32, f32)| generation.listed.facts(generation.names.entity[n.0 as usize]).group;
                std::hint::black_box(block.iter().fold(0, |all, n| all | touch(n)));
            }
            let (name, bound) = self.names[i];
            let entity = generation.names.entity[name as usize];
            let rest = self.beside_name(generation, entity);
            if bound + order + rest + ROUNDING < min_bits
                || self.stamps[name as usize] == self.stamp
                || self.dated[..self.days].iter().any(|d| d.0.contains(&name))
            {
                self.counters.pruned += 1;
                continue;
            }
            self.stamps[name as usize] = self.stamp;
            let bits = self.weigh_name(generation, name).bits + rest;
            if bits >= min_bits {
                out.push((entity, bits));
            }
        }
    }

    /// The same by weighing every entity: the oracle.
    pub fn find_nested_loop(&mut self, subject: &Subject<'_>, min_bits: f32, out: &mut Vec<(u32, f32)>) {
        self.read(subject);
        self.loop_over_all(min_bits, out);
    }

    fn loop_over_all(&mut self, min_bits: f32, out: &mut Vec<(u32, f32)>) {
        for entity in 0..self.generation.len() as u32 {
            let bits = self.weigh_entity(entity);
            if bits >= min_bits {
                out.push((entity, bits));
            }
        }
    }

    /// Why a subject matches an entity: for hits only, it allocates.
    pub fn evidence(&mut self, subject: &Subject<'_>, entity: u32) -> Evidence {
        self.read(subject);
        let generation = Arc::clone(&self.generation);
        explain(self, subject, &generation, entity)
    }

    fn read(&mut self, subject: &Subject<'_>) {
        let generation = &self.generation;
        self.counters.subjects += 1;
        self.counters.expansions_made += self.reported.name.read(subject, generation);
        self.counters.tokens += self.reported.name.tokens.len() as u64;
        self.reported.birth_date = subject.birth_date;
        self.reported.sex = subject.sex;
        self.reported.nationality =
            subject.nationality.and_then(state).map(country).map(|code| (code, generation.nationality_bits(code).unwrap_or(0.0)));
        self.reported.kind = subject.kind.unwrap_or(EntityKind::Person);
        self.reported.birth_place.clear();
        if let Some(place) = subject.birth_place {
            self.reported.birth_place.extend(attributes::place_words(place).map(str::to_owned));
        }
        self.reported.documents.clear();
        self.reported.documents.extend(subject.documents.iter().map(|d| DocumentKey::new(d.number, d.issuer)));
    }

    fn weigh_entity(&mut self, entity: u32) -> f32 {
        let generation = Arc::clone(&self.generation);
        let mut best = if self.name_is_unknown(&generation, entity) { 0.0 } else { generation.weights.name.nothing };
        for name in generation.names_of(entity) {
            best = best.max(self.weigh_name(&generation, name).bits);
        }
        best + self.beside_name(&generation, entity)
    }

    /// Whether either side has no name, and a document says all the same that they are one: what is
    /// not known is no mismatch.
    pub(super) fn name_is_unknown(&self, generation: &Generation, entity: u32) -> bool {
        let unnamed = self.reported.name.tokens.is_empty() || generation.names_of(entity).is_empty();
        unnamed && self.document_bits(generation, entity) > 0.0
    }

    fn document_bits(&self, generation: &Generation, entity: u32) -> f32 {
        let (listed, r) = (&generation.listed, &self.reported);
        let facts = listed.facts(entity);
        if r.documents.is_empty() || !facts.has_documents() {
            return 0.0;
        }
        let ships = r.kind == EntityKind::Vessel && facts.kind() == EntityKind::Vessel;
        attributes::documents(ships, &r.documents, listed.documents(entity), &generation.weights.document).map_or(0.0, |d| d.2.1)
    }

    pub(super) fn weigh_name(&mut self, generation: &Generation, name: u32) -> NameTotal {
        self.counters.compared += 1;
        self.scorer.weigh(&self.reported.name, generation, name)
    }

    /// Birth date, nationality, sex, document and kind of one entity, in bits.
    pub(super) fn beside_name(&self, generation: &Generation, entity: u32) -> f32 {
        let (listed, w, r) = (&generation.listed, &generation.weights, &self.reported);
        let facts = listed.facts(entity);
        let mut bits = 0.0;
        if let Some(date) = r.birth_date {
            bits += match facts.one_birth_date() {
                Some(one) => attributes::compare_dates(date, one, &w.birth_date).1,
                None => attributes::birth_date(date, listed.birth_dates(entity, facts), &w.birth_date).map_or(0.0, |d| d.1.1),
            };
        }
        if let Some((code, agrees)) = r.nationality {
            let nationalities = listed.nationalities(entity, &facts);
            if nationalities.contains(&code) {
                bits += agrees;
            } else if !nationalities.is_empty() {
                bits += w.nationality.differs;
            }
        }
        bits += attributes::sex(r.sex, facts.sex(), &w.sex).map_or(0.0, |s| s.1);
        bits += self.document_bits(generation, entity);
        if attributes::kind_differs(r.kind, facts.kind()) {
            bits += w.kind.differs;
        }
        if !r.birth_place.is_empty() {
            bits += attributes::birth_place(&r.birth_place, listed.birth_places(entity), &w.birth_place).map_or(0.0, |p| p.1.1);
        }
        bits
    }

    /// The most that nationality, sex, place of birth and name order can add. Documents are found by key, birth
    /// dates are bounded apart.
    fn most_beside_name(&self) -> f32 {
        let w = &self.generation.weights;
        let nationality = self.reported.nationality.map_or(0.0, |n| n.1.max(0.0));
        let sex = if self.reported.sex.is_some() { w.sex.agrees.max(0.0) } else { 0.0 };
        let place = if self.reported.birth_place.is_empty() { 0.0 } else { w.birth_place.agrees.max(0.0) };
        nationality + sex + place + w.name.same_order.max(0.0)
    }
}

#[cfg(test)]
mod tests;
