//! Holds fitted weights against the old ones: how many pairs of one person stand above what the most
//! similar strangers reach. Shares in pairs treat every term as if it stood alone, which the terms of
//! a name do not; so each group of entries goes only as far from its old values as pays.

use super::observe::{Charge, Pattern};
use super::pairs::NamePair;
use super::{LevelFit, number};
use toml::Table;

/// Shares of strangers who are above the threshold.
const RATES: [f64; 3] = [0.001, 0.01, 0.05];
/// How far from the old value to the fitted one.
const STEPS: [f64; 4] = [0.25, 0.5, 0.75, 1.0];
/// An entry stays as it is for less than this, in shares of pairs: that is within chance.
const WORTH: f64 = 0.002;

/// The entries that move together.
const GROUPS: [&[&str]; 5] = [
    &["left_over_reported", "left_over_listed", "contradiction"],
    &["left_over_light"],
    &["same_order", "other_order"],
    &["initial_bits"],
    &["joined"],
];

/// Pairs to judge weights by.
pub(super) struct Judge<'a> {
    /// Names of one person with their weight; people in two halves.
    same: [Vec<(f64, &'a Pattern)>; 2],
    /// Travellers and the listed name that is most like theirs, of somebody else; in two halves.
    strangers: [Vec<&'a Pattern>; 2],
    /// Strangers who were looked for; those without a hit have no pattern.
    asked: usize,
    base: Table,
}

impl<'a> Judge<'a> {
    pub(super) fn new(pairs: &'a [NamePair], posterior: &[f64], strangers: &'a [Pattern], asked: usize, base: &Table) -> Self {
        let same = |half: u32| {
            let sure = pairs.iter().zip(posterior).filter(|(p, w)| **w >= 0.5 && !p.pattern.links.is_empty());
            sure.filter(|(p, _)| p.entity % 2 == half).map(|(p, w)| (p.weight * w, &p.pattern)).collect()
        };
        let half = |from: usize| strangers.iter().skip(from).step_by(2).collect();
        Self { same: [same(0), same(1)], strangers: [half(0), half(1)], asked: asked / 2, base: base.clone() }
    }

    /// Takes each group of the fitted entries as far as it pays.
    pub(super) fn hold(&self, levels: &mut [LevelFit]) {
        if self.same.iter().any(Vec::is_empty) || self.strangers.iter().any(Vec::is_empty) {
            return;
        }
        let fitted: Vec<f64> = levels.iter().map(|l| l.after).collect();
        let group_of = |key: &str| GROUPS.iter().position(|g| g.contains(&key)).unwrap_or(GROUPS.len());
        let groups: Vec<usize> = levels.iter().map(|l| group_of(&l.key)).collect();
        for level in levels.iter_mut() {
            level.after = level.before;
        }
        let mut best = self.recall(levels);
        // Twice: a group may pay only when another has moved.
        for group in (0..=GROUPS.len()).chain(0..=GROUPS.len()) {
            let before: Vec<f64> = levels.iter().map(|l| l.after).collect();
            let mut kept = before.clone();
            for step in STEPS {
                for (i, level) in levels.iter_mut().enumerate().filter(|(i, _)| groups[*i] == group) {
                    level.after = between(level, fitted[i], step);
                }
                let recall = self.recall(levels);
                // In both halves: what pays in one alone is chance.
                if recall[0] > best[0] && recall[1] > best[1] && recall[0] + recall[1] > best[0] + best[1] + 2.0 * WORTH {
                    best = recall;
                    kept = levels.iter().map(|l| l.after).collect();
                }
            }
            levels.iter_mut().zip(&kept).for_each(|(l, k)| l.after = *k);
        }
        for (level, fitted) in levels.iter_mut().zip(&fitted) {
            if (fitted - level.before).abs() >= 0.0005 && (level.after - level.before).abs() < 0.0005 {
                level.note = "kept: the fitted value tells strangers apart no better";
            }
        }
    }

    /// Mean share of pairs of one person above the strangers, over the rates, in each half.
    fn recall(&self, levels: &[LevelFit]) -> [f64; 2] {
        let moved = |key: &str| {
            let before = number(&self.base, key).unwrap_or(0.0);
            (before, levels.iter().find(|l| l.key == key).map_or(0.0, |l| l.after - before))
        };
        let terms = Terms {
            shifts: levels.iter().filter(|l| l.u.is_none()).map(|l| (l.key.as_str(), (l.after / l.before).log2())).collect(),
            initial: moved("initial_bits").1,
            charges: ["left_over_reported", "left_over_listed", "left_over_light"].map(moved),
            contradiction: moved("contradiction"),
            order: [moved("other_order").1, moved("same_order").1],
        };
        [0, 1].map(|half| {
            let mut strangers: Vec<f64> = self.strangers[half].iter().map(|p| terms.bits(p)).collect();
            strangers.sort_unstable_by(|a, b| b.total_cmp(a));
            let all: f64 = self.same[half].iter().map(|s| s.0).sum();
            let bits: Vec<(f64, f64)> = self.same[half].iter().map(|(w, p)| (*w, terms.bits(p))).collect();
            let recall = RATES.map(|rate| {
                let at = (self.asked as f64 * rate) as usize;
                let threshold = strangers.get(at).copied().unwrap_or(f64::NEG_INFINITY);
                bits.iter().filter(|b| b.1 > threshold).map(|b| b.0).sum::<f64>() / all
            });
            recall.iter().sum::<f64>() / RATES.len() as f64
        })
    }
}

/// A share of the way from the old entry to the fitted one; shares go by their logarithm.
fn between(level: &LevelFit, fitted: f64, step: f64) -> f64 {
    if level.u.is_none() && level.before > 0.0 && fitted > 0.0 {
        return level.before * (fitted / level.before).powf(step);
    }
    level.before + (fitted - level.before) * step
}

/// What moved entries add to the sum of a name pair.
struct Terms<'a> {
    shifts: Vec<(&'a str, f64)>,
    initial: f64,
    /// The old entry, by which a charge is known, and how far it moved; in the order of [`Charge`].
    charges: [(f64, f64); 3],
    contradiction: (f64, f64),
    order: [f64; 2],
}

impl Terms<'_> {
    fn bits(&self, p: &Pattern) -> f64 {
        let of_level = |level: &str| self.shifts.iter().find(|s| s.0 == level).map_or(0.0, |s| s.1);
        let of_charge = |(charge, bits): &(Charge, f32)| {
            let (before, moved) = self.charges[*charge as usize];
            if (before - f64::from(*bits)).abs() < 1e-3 { moved } else { 0.0 }
        };
        let (before, moved) = self.contradiction;
        let contradictions = if before == 0.0 { f64::from(p.contradictions()) } else { f64::from(p.contradiction_bits) / before };
        f64::from(p.bits)
            + p.links.iter().map(|l| of_level(l.0)).sum::<f64>()
            + f64::from(p.initials.0) * self.initial
            + p.charges.iter().map(of_charge).sum::<f64>()
            + contradictions * moved
            + p.same_order.map_or(0.0, |same| self.order[usize::from(same)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(key: &str, u: Option<f64>, before: f64, after: f64) -> LevelFit {
        LevelFit {
            section: "name",
            key: key.into(),
            m: None,
            u,
            bits: None,
            in_true: 100.0,
            in_random: 100.0,
            before,
            after,
            note: "",
        }
    }

    fn name(level: &'static str, bits: f32, left_over: usize) -> Pattern {
        let charges = vec![(Charge::Reported, -0.5); left_over];
        let bits = bits - 0.5 * left_over as f32;
        Pattern { bits, links: vec![(level, bits)], charges, ..Pattern::default() }
    }

    #[test]
    fn what_pays_is_taken_and_what_does_not_is_held_back() {
        let strangers: Vec<_> = (0..1000).map(|i| name("exact", 10.0 + (i % 7) as f32 * 0.1, 1)).collect();
        let pair = |entity, pattern| NamePair { entity, weight: 1.0, labelled: false, pattern };
        let pairs: Vec<_> = (0..100).map(|i| pair(i, name("near", 9.5, 0))).collect();
        let base: Table = toml::from_str("left_over_reported = -0.5\n").unwrap_or_default();
        let judge = Judge::new(&pairs, &[1.0; 100], &strangers, 1000, &base);
        let mut levels = vec![level("left_over_reported", Some(0.5), -0.5, -2.5), level("near", None, 0.1, 0.01)];
        judge.hold(&mut levels);
        assert!(levels[0].after < -1.0, "{levels:?}");
        assert!((levels[1].after - 0.1).abs() < 1e-9 && levels[1].note.starts_with("kept"), "{levels:?}");
    }
}
