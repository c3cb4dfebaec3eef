//! The weight of one name pair: align tokens one to one, heaviest first, and charge for what is
//! left over. The same code serves the index and the nested loop, so that both give the same bits.

use std::ops::Range;
use std::sync::Arc;

use super::dictionary::{Dictionary, joined_key};
use super::entity::{EntityKind, NameKind};
use super::expansion::{Expansion, Split};
use super::generation::Generation;
use super::layout::{ListedToken, ListedTokens, runs, tokenise};
use super::subject::Subject;
use super::weights::NameWeights;
use crate::name::{Agreement, Role, Tokens, is_patronymic, normalise, spelling_key};

/// Letters from which a name may have been cut off: 31 and 39 characters are what the machine
/// readable zones hold, and airlines' own limits begin at 25.
const TRUNCATED_FROM: usize = 24;

/// A reported name with everything that the lists have to say about its tokens.
#[derive(Debug, Default)]
pub(super) struct ReportedName {
    pub tokens: Tokens,
    pub expansions: Vec<Arc<Expansion>>,
    /// Neighbouring reported tokens that may stand for one listed token.
    pub runs: Vec<ReportedRun>,
    pub run_ids: Vec<u32>,
    /// Weight of each of `run_ids`; the run's own is the heaviest.
    pub run_bits: Vec<f32>,
    /// Listed tokens that the last reported token may be the beginning of.
    pub truncated: Option<(Range<u32>, f32)>,
    key: Vec<u8>,
    other_key: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(super) struct ReportedRun {
    pub from: u8,
    pub to: u8,
    pub ids: Range<u32>,
    pub bits: f32,
}

impl ReportedName {
    /// Reads the name of a subject; gives the number of expansions that were not in the cache.
    pub(super) fn read(&mut self, subject: &Subject<'_>, generation: &Generation) -> u64 {
        self.tokens.clear();
        let person = matches!(subject.kind, None | Some(EntityKind::Person | EntityKind::Unknown));
        match subject.given_names {
            // The comma of ACME, S.A. parts nothing.
            given if !person => {
                normalise(subject.surname, Role::Any, &mut self.tokens);
                normalise(given.unwrap_or_default(), Role::Any, &mut self.tokens);
            }
            Some(given) => {
                normalise(subject.surname, Role::Surname, &mut self.tokens);
                normalise(given, Role::Given, &mut self.tokens);
            }
            None => tokenise(subject.surname, &mut self.tokens),
        }
        let (dictionary, weights) = (&generation.dictionary, &generation.weights.name);
        self.expansions.clear();
        let mut made = 0;
        for i in 0..self.tokens.len() {
            let (expansion, new) = generation.expand(self.tokens.bytes(i));
            made += u64::from(new);
            self.expansions.push(expansion);
        }
        self.runs.clear();
        self.run_ids.clear();
        self.run_bits.clear();
        for (from, to) in runs(self.tokens.len()) {
            let joined = self.tokens.joined(from, to);
            // Two or three letters joined are too little to tell from a token of their own.
            if joined.len() <= 3 {
                continue;
            }
            let start = self.run_ids.len();
            let spelt = dictionary.any_spelling(joined, &mut self.key).iter().copied();
            self.run_ids.extend(spelt.filter(|id| alike(dictionary.token(*id).len(), joined.len())));
            let ids = &self.run_ids[start..];
            if ids.is_empty() {
                continue;
            }
            let u: f32 = ids.iter().map(|id| dictionary.frequency(*id, weights)).sum();
            let u = u + dictionary.unseen(weights);
            spelling_key(joined, &mut self.key);
            let mut heaviest = 0.0f32;
            for &id in ids {
                spelling_key(dictionary.token(id), &mut self.other_key);
                let m = if self.other_key == self.key { weights.joined } else { weights.joined_sounds };
                let bits = (m / u).log2().max(0.1);
                heaviest = heaviest.max(bits);
                self.run_bits.push(bits);
            }
            let ids = start as u32..self.run_ids.len() as u32;
            self.runs.push(ReportedRun { from: from as u8, to: to as u8, ids, bits: heaviest });
        }
        self.truncated = self.truncation(dictionary, weights);
        made
    }

    fn truncation(&self, dictionary: &Dictionary, weights: &NameWeights) -> Option<(Range<u32>, f32)> {
        let last = self.tokens.len().checked_sub(1)?;
        let token = self.tokens.bytes(last);
        if self.tokens.letters() < TRUNCATED_FROM || token.len() < 2 {
            return None;
        }
        let range = dictionary.prefixed(token);
        (!range.is_empty()).then(|| (range.clone(), dictionary.pooled_bits(weights.truncated, range, weights)))
    }

    /// The listed tokens that a run of reported tokens may stand for, with their weights.
    pub(super) fn run_ids(&self, run: &ReportedRun) -> impl Iterator<Item = (u32, f32)> {
        let range = run.ids.start as usize..run.ids.end as usize;
        self.run_ids[range.clone()].iter().copied().zip(self.run_bits[range].iter().copied())
    }
}

/// Reported tokens that stand for listed tokens, as bit masks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Link {
    pub bits: f32,
    pub level: Agreement,
    pub reported: u16,
    pub listed: u16,
}

/// What a name pair comes to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct NameTotal {
    pub bits: f32,
    pub order: f32,
    pub left_over_reported: u16,
    pub left_over_listed: u16,
    pub left_over: f32,
    pub contradiction: f32,
    /// No listed surname, no listed given name found its like.
    pub surname: f32,
    pub given: f32,
    /// Reported names are left over that may stand in their place.
    pub instead: bool,
    pub weak: f32,
}

/// Weighs names; holds the scratch space.
#[derive(Debug, Default)]
pub(super) struct NameScorer {
    links: Vec<Link>,
    joined: Vec<u8>,
    key: Vec<u8>,
    other_key: Vec<u8>,
    /// The links of the last alignment, heaviest first.
    pub chosen: Vec<Link>,
}

impl NameScorer {
    /// Weight of a reported name against listed name `name`.
    pub(super) fn weigh(&mut self, reported: &ReportedName, generation: &Generation, name: u32) -> NameTotal {
        self.link(reported, generation, name);
        let (mut seen_reported, mut seen_listed) = (0u16, 0u16);
        self.chosen.clear();
        // Selection by repeated maximum: the links are few, and ties fall to the leftmost.
        self.links
            .sort_unstable_by(|a, b| b.bits.total_cmp(&a.bits).then(a.reported.cmp(&b.reported)).then(a.listed.cmp(&b.listed)));
        let mut total = NameTotal::default();
        for link in &self.links {
            if link.reported & seen_reported == 0 && link.listed & seen_listed == 0 {
                seen_reported |= link.reported;
                seen_listed |= link.listed;
                total.bits += link.bits;
                self.chosen.push(*link);
            }
        }
        self.charge(&mut total, reported, generation, name, seen_reported, seen_listed);
        total
    }

    /// All ways in which tokens of the two names agree.
    fn link(&mut self, reported: &ReportedName, generation: &Generation, name: u32) {
        self.links.clear();
        let listed = generation.names.tokens(name);
        let last = reported.tokens.len().saturating_sub(1);
        for (i, expansion) in reported.expansions.iter().enumerate() {
            let initial = match reported.tokens.bytes(i) {
                [letter] => Some(*letter),
                _ => None,
            };
            for (j, token) in listed.iter().enumerate() {
                let id = token.id();
                let mut link = |level, bits| {
                    self.links.push(Link { bits, level, reported: 1 << i, listed: 1 << j });
                };
                if let Some((level, bits)) = expansion.link(id) {
                    link(level, bits);
                } else if initial.is_some_and(|letter| generation.dictionary.token(id)[0] == letter) {
                    link(Agreement::Initial, generation.weights.name.initial_bits);
                } else if i == last
                    && let Some((range, bits)) = &reported.truncated
                    && range.contains(&id)
                {
                    link(Agreement::Truncated, *bits);
                }
            }
        }
        for (i, expansion) in reported.expansions.iter().enumerate().filter(|e| !e.1.parts.is_empty()) {
            let at = |id: u32| listed.iter().position(|token| token.id() == id);
            for &(first, second, bits) in &expansion.parts {
                if let (Some(first), Some(second)) = (at(first), at(second)) {
                    self.links.push(Link { bits, level: Agreement::Joined, reported: 1 << i, listed: 1 << first | 1 << second });
                }
            }
        }
        for run in &reported.runs {
            for (j, token) in listed.iter().enumerate() {
                if let Some((_, bits)) = reported.run_ids(run).find(|(id, _)| *id == token.id()) {
                    let reported = mask(run.from, run.to);
                    self.links.push(Link { bits, level: Agreement::Joined, reported, listed: 1 << j });
                }
            }
        }
        for (i, expansion) in reported.expansions.iter().enumerate() {
            if let Some(split) = expansion.split
                && generation.index.joined.row(split.row).binary_search(&name).is_ok()
            {
                self.split(reported.tokens.bytes(i), i, split, generation, listed);
            }
        }
    }

    /// Links a reported token to the listed tokens that, joined, are that token.
    fn split(&mut self, token: &[u8], i: usize, split: Split, generation: &Generation, listed: ListedTokens<'_>) {
        let wanted = joined_key(token, &mut self.key);
        for (from, to) in runs(listed.len()) {
            self.joined.clear();
            for j in from..=to {
                self.joined.extend_from_slice(generation.dictionary.token(listed.get(j).id()));
            }
            if alike(self.joined.len(), token.len()) && joined_key(&self.joined, &mut self.key) == wanted {
                spelling_key(&self.joined, &mut self.key);
                spelling_key(token, &mut self.other_key);
                let bits = if self.key == self.other_key { split.spelt } else { split.sounding };
                self.links.push(Link { bits, level: Agreement::Joined, reported: 1 << i, listed: mask(from as u8, to as u8) });
            }
        }
    }

    fn charge(&self, total: &mut NameTotal, reported: &ReportedName, generation: &Generation, name: u32, r: u16, l: u16) {
        let weights = &generation.weights.name;
        let listed = generation.names.tokens(name);
        if self.chosen.is_empty() {
            total.bits = weights.nothing;
            return;
        }
        let mut heavy_reported = 0u8;
        for i in 0..reported.tokens.len() {
            if r & (1 << i) == 0 {
                total.left_over_reported |= 1 << i;
                let light = reported.tokens.token(i).light;
                total.left_over += left_over_reported(reported, i, weights);
                heavy_reported += u8::from(!light);
            }
        }
        // Heavy listed surnames and given names: all, and those that found nothing.
        let (mut heavy_listed, mut surnames, mut givens, mut lost_surnames, mut lost_givens) = (0u8, 0u8, 0u8, 0u8, 0u8);
        for (j, token) in listed.iter().enumerate() {
            let lost = l & (1 << j) == 0;
            if lost {
                total.left_over_listed |= 1 << j;
                total.left_over += left_over_listed(generation, token, weights);
            }
            if token.light() {
                continue;
            }
            heavy_listed += u8::from(lost);
            match token.role() {
                Role::Surname => (surnames, lost_surnames) = (surnames + 1, lost_surnames + u8::from(lost)),
                Role::Given => (givens, lost_givens) = (givens + 1, lost_givens + u8::from(lost)),
                Role::Any => {}
            }
        }
        total.contradiction = f32::from(heavy_reported.min(heavy_listed)) * weights.contradiction;
        // Something else stands in its place, or it was left out.
        total.instead = heavy_reported > 0;
        if surnames > 0 && lost_surnames == surnames {
            total.surname = if total.instead { weights.other_surname } else { weights.no_surname };
        }
        if givens > 0 && lost_givens == givens {
            total.given = if total.instead { weights.other_given } else { weights.no_given };
        }
        total.order = self.order(reported, generation, name);
        if generation.names.kind(name) == NameKind::WeakAlias {
            total.weak = weights.weak_alias;
        }
        let charges = total.left_over + total.contradiction + total.surname + total.given;
        total.bits = (total.bits + charges + total.order + total.weak).max(weights.nothing);
    }

    /// Whether the aligned tokens were sent as the parts of the name that the list has them in.
    fn order(&self, reported: &ReportedName, generation: &Generation, name: u32) -> f32 {
        let listed = generation.names.tokens(name);
        let (mut same, mut other) = (0, 0);
        for link in &self.chosen {
            let (i, j) = (link.reported.trailing_zeros() as usize, link.listed.trailing_zeros() as usize);
            let (a, b) = (reported.tokens.token(i), listed.get(j));
            if a.role == Role::Any || b.role() == Role::Any || a.light || b.light() {
                continue;
            }
            if a.role == b.role() { same += 1 } else { other += 1 }
        }
        let weights = &generation.weights.name;
        match (same, other) {
            (1.., 0) => weights.same_order,
            (0, 2..) => weights.other_order,
            _ => 0.0,
        }
    }
}

/// What a reported token costs that found nothing.
pub(super) fn left_over_reported(reported: &ReportedName, i: usize, weights: &NameWeights) -> f32 {
    if reported.tokens.token(i).light {
        return weights.left_over_light;
    }
    // A rare name was hardly added by chance: it is somebody else's.
    (weights.left_over_reported + weights.left_over_rare * (reported.expansions[i].rarity - 11.0)).min(0.0)
}

/// What a listed token costs that found nothing. A father's name and a second surname are left
/// out more often than a name.
pub(super) fn left_over_listed(generation: &Generation, token: ListedToken, weights: &NameWeights) -> f32 {
    if token.light() {
        weights.left_over_light
    } else if token.role() == Role::Surname {
        weights.left_over_surname
    } else if token.role() == Role::Given && is_patronymic(generation.dictionary.token(token.id())) {
        weights.left_over_patronymic
    } else {
        weights.left_over_listed
    }
}

/// Whether two joined names may be one: far longer or shorter is another of the same consonants.
fn alike(a: usize, b: usize) -> bool {
    a.abs_diff(b) <= (a.max(b) / 4).max(2)
}

/// Bits `from..=to`.
pub(super) fn mask(from: u8, to: u8) -> u16 {
    ((1u32 << (to + 1)) - (1u32 << from)) as u16
}
