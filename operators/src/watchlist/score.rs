//! The weight of one name pair: align tokens one to one, heaviest first, and charge for what is
//! left over. The same code serves the index and the nested loop, so that both give the same bits.

use std::ops::Range;
use std::sync::Arc;

use super::dictionary::Dictionary;
use super::entity::NameKind;
use super::expansion::Expansion;
use super::generation::Generation;
use super::layout::{ListedToken, runs, tokenise};
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
    /// For each reported token, the joined listed tokens that it may stand for.
    pub splits: Vec<Split>,
    pub split_ids: Vec<u32>,
    /// Weight of each of `split_ids`; the split's own is the heaviest.
    pub split_bits: Vec<f32>,
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

#[derive(Debug, Clone)]
pub(super) struct Split {
    pub ids: Range<u32>,
    pub bits: f32,
}

impl ReportedName {
    /// Reads the name of a subject.
    pub(super) fn read(&mut self, subject: &Subject<'_>, generation: &Generation) {
        self.tokens.clear();
        match subject.given_names {
            Some(given) => {
                normalise(subject.surname, Role::Surname, &mut self.tokens);
                normalise(given, Role::Given, &mut self.tokens);
            }
            None => tokenise(subject.surname, &mut self.tokens),
        }
        let (dictionary, weights) = (&generation.dictionary, &generation.weights.name);
        self.expansions.clear();
        self.splits.clear();
        self.split_ids.clear();
        self.split_bits.clear();
        for i in 0..self.tokens.len() {
            let token = self.tokens.bytes(i);
            let expansion = dictionary.expand(token, weights);
            let ids = joined_ids(&generation.runs, token, &mut self.key, &mut self.split_ids);
            let joined = Joined { dictionary: &generation.runs, token, own: expansion.own };
            let bits = joined.weigh(&self.split_ids, &ids, weights, [&mut self.key, &mut self.other_key], &mut self.split_bits);
            self.expansions.push(expansion);
            self.splits.push(Split { ids, bits });
        }
        self.runs.clear();
        self.run_ids.clear();
        self.run_bits.clear();
        for (from, to) in runs(self.tokens.len()) {
            let token = self.tokens.joined(from, to);
            let ids = joined_ids(dictionary, token, &mut self.key, &mut self.run_ids);
            if !ids.is_empty() {
                let joined = Joined { dictionary, token, own: 0.0 };
                let bits = joined.weigh(&self.run_ids, &ids, weights, [&mut self.key, &mut self.other_key], &mut self.run_bits);
                self.runs.push(ReportedRun { from: from as u8, to: to as u8, ids, bits });
            }
        }
        self.truncated = self.truncation(dictionary, weights);
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
}

/// Appends the tokens of `dictionary` that are `token` in any spelling.
fn joined_ids(dictionary: &Dictionary, token: &[u8], key: &mut Vec<u8>, out: &mut Vec<u32>) -> Range<u32> {
    let from = out.len() as u32;
    // Two or three letters joined are too little to tell from a token of their own.
    if token.len() > 3 {
        // Far longer or shorter is another name of the same consonants.
        let apart = token.len() / 4;
        let alike = |id: &u32| dictionary.token(*id).len().abs_diff(token.len()) <= apart.max(2);
        out.extend(dictionary.any_spelling(token, key).iter().copied().filter(alike));
    }
    from..out.len() as u32
}

/// A reported token, or several joined, against the tokens of a dictionary that are the same in
/// some spelling.
struct Joined<'a> {
    dictionary: &'a Dictionary,
    token: &'a [u8],
    /// How frequent the token is as a name of its own.
    own: f32,
}

impl Joined<'_> {
    /// Appends the weight of each of `ids[range]`; the heaviest, 0 where there is none.
    fn weigh(
        &self,
        ids: &[u32],
        range: &Range<u32>,
        weights: &NameWeights,
        [key, other]: [&mut Vec<u8>; 2],
        out: &mut Vec<f32>,
    ) -> f32 {
        let ids = &ids[range.start as usize..range.end as usize];
        if ids.is_empty() {
            return 0.0;
        }
        let u: f32 = ids.iter().map(|id| self.dictionary.frequency(*id, weights)).sum();
        let u = u + self.own + self.dictionary.unseen(weights);
        spelling_key(self.token, key);
        let mut heaviest = 0.0f32;
        for &id in ids {
            spelling_key(self.dictionary.token(id), other);
            let m = if other == key { weights.joined } else { weights.joined_sounds };
            let bits = (m / u).log2().max(0.1);
            heaviest = heaviest.max(bits);
            out.push(bits);
        }
        heaviest
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
    pub weak: f32,
}

/// Weighs names; holds the scratch space.
#[derive(Debug, Default)]
pub(super) struct NameScorer {
    links: Vec<Link>,
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
                let mut link = |level, bits| {
                    self.links.push(Link { bits, level, reported: 1 << i, listed: 1 << j });
                };
                if let Some((level, bits)) = expansion.link(token.id) {
                    link(level, bits);
                } else if initial.is_some_and(|letter| generation.dictionary.token(token.id)[0] == letter) {
                    link(Agreement::Initial, generation.weights.name.initial_bits);
                } else if i == last
                    && let Some((range, bits)) = &reported.truncated
                    && range.contains(&token.id)
                {
                    link(Agreement::Truncated, *bits);
                }
            }
        }
        for (i, expansion) in reported.expansions.iter().enumerate().filter(|e| !e.1.parts.is_empty()) {
            let at = |id: u32| listed.iter().position(|token| token.id == id);
            for &(first, second, bits) in &expansion.parts {
                if let (Some(first), Some(second)) = (at(first), at(second)) {
                    self.links.push(Link { bits, level: Agreement::Joined, reported: 1 << i, listed: 1 << first | 1 << second });
                }
            }
        }
        for run in &reported.runs {
            let (from, to) = (run.ids.start as usize, run.ids.end as usize);
            let ids = &reported.run_ids[from..to];
            for (j, token) in listed.iter().enumerate() {
                if let Some(at) = ids.iter().position(|id| *id == token.id) {
                    let (bits, mask) = (reported.run_bits[from + at], mask(run.from, run.to));
                    self.links.push(Link { bits, level: Agreement::Joined, reported: mask, listed: 1 << j });
                }
            }
        }
        for run in generation.names.runs(name) {
            for (i, split) in reported.splits.iter().enumerate() {
                let (from, to) = (split.ids.start as usize, split.ids.end as usize);
                if let Some(at) = reported.split_ids[from..to].iter().position(|id| *id == run.id) {
                    let (bits, listed) = (reported.split_bits[from + at], mask(run.from, run.to));
                    self.links.push(Link { bits, level: Agreement::Joined, reported: 1 << i, listed });
                }
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
            if token.light {
                continue;
            }
            heavy_listed += u8::from(lost);
            match token.role {
                Role::Surname => (surnames, lost_surnames) = (surnames + 1, lost_surnames + u8::from(lost)),
                Role::Given => (givens, lost_givens) = (givens + 1, lost_givens + u8::from(lost)),
                Role::Any => {}
            }
        }
        total.contradiction = f32::from(heavy_reported.min(heavy_listed)) * weights.contradiction;
        // Something else stands in its place, or it was left out.
        let instead = heavy_reported > 0;
        if surnames > 0 && lost_surnames == surnames {
            total.contradiction += if instead { weights.other_surname } else { weights.no_surname };
        }
        if givens > 0 && lost_givens == givens {
            total.contradiction += if instead { weights.other_given } else { weights.no_given };
        }
        total.order = self.order(reported, generation, name);
        if generation.names.kind[name as usize] == NameKind::WeakAlias {
            total.weak = weights.weak_alias;
        }
        total.bits = (total.bits + total.left_over + total.contradiction + total.order + total.weak).max(weights.nothing);
    }

    /// Whether the aligned tokens were sent as the parts of the name that the list has them in.
    fn order(&self, reported: &ReportedName, generation: &Generation, name: u32) -> f32 {
        let listed = generation.names.tokens(name);
        let (mut same, mut other) = (0, 0);
        for link in &self.chosen {
            let (i, j) = (link.reported.trailing_zeros() as usize, link.listed.trailing_zeros() as usize);
            let (a, b) = (reported.tokens.token(i), listed[j]);
            if a.role == Role::Any || b.role == Role::Any || a.light || b.light {
                continue;
            }
            if a.role == b.role { same += 1 } else { other += 1 }
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
pub(super) fn left_over_listed(generation: &Generation, token: &ListedToken, weights: &NameWeights) -> f32 {
    if token.light {
        weights.left_over_light
    } else if token.role == Role::Surname {
        weights.left_over_surname
    } else if token.role == Role::Given && is_patronymic(generation.dictionary.token(token.id)) {
        weights.left_over_patronymic
    } else {
        weights.left_over_listed
    }
}

/// Bits `from..=to`.
fn mask(from: u8, to: u8) -> u16 {
    ((1u32 << (to + 1)) - (1u32 << from)) as u16
}
