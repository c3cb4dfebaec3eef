//! The name's part of the weights: m of every level, and what left-over tokens, order and initials say.

use toml::Table;

use super::em::{Group, Mixture, Observation, estimate};
use super::observe::Pattern;
use super::pairs::NamePair;
use super::{LevelFit, number};

/// What is believed of the shares before anything was seen, in pseudo-counts.
const BELIEF: f64 = 100.0;
/// A level that was expected less often keeps its weight.
const FEWEST: f64 = 30.0;

/// Which sides have tokens left over; one outcome a pair.
const LEFT: [&str; 4] = ["nothing left over", "reported only", "listed only", "both"];

fn left(pattern: &Pattern) -> usize {
    usize::from(pattern.reported.left_over > 0) + 2 * usize::from(pattern.listed.left_over > 0)
}

/// The fit of the section `[name]`.
pub(super) struct NameFit {
    pub levels: Vec<LevelFit>,
    pub mixture: Mixture,
}

/// Fits the weights of names on pairs of one person and on random pairs that share a token.
pub(super) fn fit(pairs: &[NamePair], random: &[Pattern], base: &Table) -> NameFit {
    let keys = level_keys(pairs, base);
    let m0: Vec<f64> = keys.iter().map(|k| number(base, k).unwrap_or(0.0)).collect();
    let whole: f64 = m0.iter().sum();
    let (left_u, order_u) = (shares(random.iter().map(|p| Some(left(p))), 4), shares(random.iter().map(order), 2));
    let groups = [
        // u is pooled by frequency in the bits of each link already: what m is set against here is the
        // m of those bits.
        Group { u: m0.clone(), prior: m0.iter().map(|m| BELIEF * m / whole).collect() },
        Group { u: left_u.clone(), prior: [0.6, 0.15, 0.2, 0.05].map(|p| p * BELIEF).to_vec() },
        Group { u: order_u.clone(), prior: [0.8, 0.2].map(|p| p * BELIEF).to_vec() },
    ];
    let nothing = number(base, "nothing").unwrap_or(-20.0);
    let observations: Vec<Observation> = pairs
        .iter()
        .map(|pair| {
            let (p, n) = (&pair.pattern, keys.len());
            if p.links.is_empty() {
                return Observation { weight: pair.weight, offset: nothing, ..Observation::default() };
            }
            let mut seen: Vec<(usize, f64)> =
                p.links.iter().filter_map(|(level, _)| keys.iter().position(|k| k == level).map(|k| (k, 1.0))).collect();
            seen.push((n + left(p), 1.0));
            seen.extend(order(p).map(|o| (n + 4 + o, 1.0)));
            let offset = p.links.iter().map(|l| f64::from(l.1)).sum::<f64>() + f64::from(p.light_bits);
            Observation { weight: pair.weight, offset, labelled: pair.labelled, seen }
        })
        .collect();
    let mixture = estimate(&observations, &groups, 0.5);
    let mut levels = Vec::new();
    for (k, key) in keys.iter().enumerate() {
        let seen = of_level(pairs, &mixture, key);
        let enough = mixture.counts[k] >= FEWEST;
        let m = mixture.m[k];
        levels.push(LevelFit {
            section: "name",
            key: key.clone(),
            m: Some(m),
            u: None,
            bits: seen.map(|bits| bits + (m / m0[k]).log2()),
            in_true: mixture.counts[k],
            in_random: random.iter().flat_map(|p| &p.links).filter(|l| l.0 == key).count() as f64,
            before: m0[k],
            after: if enough { m } else { m0[k] },
            note: if enough { "m; u is pooled by frequency" } else { "too few: kept" },
        });
    }
    let n = keys.len();
    left_over(pairs, random, &mixture, (&mixture.m[n..n + 4], &left_u), base, &mut levels);
    ratio_level(
        "same_order",
        &mixture,
        n + 4,
        order_u[0],
        base,
        random.iter().filter(|p| p.same_order == Some(true)).count(),
        &mut levels,
    );
    ratio_level(
        "other_order",
        &mixture,
        n + 5,
        order_u[1],
        base,
        random.iter().filter(|p| p.same_order == Some(false)).count(),
        &mut levels,
    );
    initial(pairs, random, &mixture, base, &mut levels);
    NameFit { levels, mixture }
}

/// Levels of links that have an m in the file, in the order of their names.
fn level_keys(pairs: &[NamePair], base: &Table) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for (level, _) in pairs.iter().flat_map(|p| &p.pattern.links) {
        let is_share = number(base, level).is_some_and(|m| m > 0.0 && m <= 1.0);
        if is_share && !keys.iter().any(|k| k == level) {
            keys.push((*level).to_owned());
        }
    }
    keys.sort();
    keys
}

fn order(pattern: &Pattern) -> Option<usize> {
    pattern.same_order.map(|same| usize::from(!same))
}

/// Shares of outcomes, none of them 0.
fn shares(outcomes: impl Iterator<Item = Option<usize>>, n: usize) -> Vec<f64> {
    let mut counts = vec![0.5; n];
    for outcome in outcomes.flatten() {
        counts[outcome] += 1.0;
    }
    let all: f64 = counts.iter().sum();
    counts.iter().map(|c| c / all).collect()
}

/// Mean bits of the links of a level in true pairs.
fn of_level(pairs: &[NamePair], mixture: &Mixture, key: &str) -> Option<f64> {
    let (mut bits, mut n) = (0.0, 0.0);
    for (pair, posterior) in pairs.iter().zip(&mixture.posterior) {
        for link in pair.pattern.links.iter().filter(|l| l.0 == key) {
            bits += f64::from(link.1) * posterior * pair.weight;
            n += posterior * pair.weight;
        }
    }
    (n > 0.0).then(|| bits / n)
}

/// A weight that is log2(m/u) of one outcome.
fn ratio_level(key: &str, mixture: &Mixture, k: usize, u: f64, base: &Table, in_random: usize, out: &mut Vec<LevelFit>) {
    let Some(before) = number(base, key) else { return };
    let bits = (mixture.m[k] / u).log2();
    let n = mixture.counts[k].min(in_random as f64);
    out.push(LevelFit {
        section: "name",
        key: key.to_owned(),
        m: Some(mixture.m[k]),
        u: Some(u),
        bits: Some(bits),
        in_true: mixture.counts[k],
        in_random: in_random as f64,
        before,
        after: towards(before, bits, n),
        note: "log2(m/u), drawn to the old weight where pairs are few",
    });
}

/// Between two weights, nearer to the fitted one the more was seen.
pub(super) fn towards(before: f64, fitted: f64, seen: f64) -> f64 {
    before + (fitted - before) * seen / (seen + BELIEF)
}

/// What left-over tokens say, relative to a pair without any: the sum of the terms of a pair is then
/// the log ratio of its outcome.
fn left_over(
    pairs: &[NamePair],
    random: &[Pattern],
    mixture: &Mixture,
    (m, u): (&[f64], &[f64]),
    base: &Table,
    out: &mut Vec<LevelFit>,
) {
    let ratio = |c: usize| (m[c] / u[c]).log2();
    // Tokens left over on average where there are any, over true and random pairs.
    let mean = |c: usize, of: &dyn Fn(&Pattern) -> u32| {
        let (mut sum, mut n) = (0.0, 0.0);
        let with = pairs.iter().zip(&mixture.posterior).map(|(p, w)| (&p.pattern, p.weight * w));
        let all: f64 = with.clone().map(|w| w.1).sum();
        let scale = all / random.len().max(1) as f64;
        for (pattern, weight) in
            with.chain(random.iter().map(|p| (p, scale))).filter(|(p, _)| left(p) == c && !p.links.is_empty())
        {
            sum += weight * f64::from(of(pattern));
            n += weight;
        }
        if n > 0.0 { (sum / n).max(1.0) } else { 1.0 }
    };
    let reported = (ratio(1) - ratio(0)) / mean(1, &|p| p.reported.left_over);
    let listed = (ratio(2) - ratio(0)) / mean(2, &|p| p.listed.left_over);
    let single = mean(3, &|p| p.reported.left_over) * reported + mean(3, &|p| p.listed.left_over) * listed;
    let both = (ratio(3) - ratio(0) - single) / mean(3, &|p| p.contradictions());
    for (key, c, bits) in [("left_over_reported", 1, reported), ("left_over_listed", 2, listed), ("contradiction", 3, both)] {
        let Some(before) = number(base, key) else { continue };
        let in_true: f64 =
            pairs.iter().zip(&mixture.posterior).filter(|(p, _)| left(&p.pattern) == c).map(|(p, w)| p.weight * w).sum();
        let in_random = random.iter().filter(|p| left(p) == c).count() as f64;
        out.push(LevelFit {
            section: "name",
            key: key.to_owned(),
            m: Some(m[c]),
            u: Some(u[c]),
            bits: Some(bits),
            in_true,
            in_random,
            before,
            // A token too many never speaks for a pair.
            after: towards(before, bits.min(0.0), in_true.min(in_random)),
            note: LEFT[c],
        });
    }
    let light = |p: &Pattern| (f64::from(p.reported.light + p.listed.light), f64::from(p.reported.lights + p.listed.lights));
    let share = |of: &mut dyn Iterator<Item = (f64, f64, f64)>| {
        let (l, n) = of.fold((0.0, 0.0), |(l, n), (left, all, weight)| (l + left * weight, n + all * weight));
        ((l + 0.5) / (n + 1.0), l)
    };
    let (lm, in_true) = share(&mut pairs.iter().zip(&mixture.posterior).map(|(p, w)| {
        let (l, n) = light(&p.pattern);
        (l, n, p.weight * w)
    }));
    let (lu, in_random) = share(&mut random.iter().map(|p| {
        let (l, n) = light(p);
        (l, n, 1.0)
    }));
    if let Some(before) = number(base, "left_over_light") {
        let bits = (lm / lu).log2();
        out.push(LevelFit {
            section: "name",
            key: "left_over_light".into(),
            m: Some(lm),
            u: Some(lu),
            bits: Some(bits),
            in_true,
            in_random,
            before,
            after: towards(before, bits.min(0.0), in_true.min(in_random)),
            note: "share of the particles",
        });
    }
}

fn initial(pairs: &[NamePair], random: &[Pattern], mixture: &Mixture, base: &Table, out: &mut Vec<LevelFit>) {
    let Some(before) = number(base, "initial_bits") else { return };
    let (mut agree, mut all) = (0.0, 0.0);
    for (pair, posterior) in pairs.iter().zip(&mixture.posterior) {
        let (a, l) = pair.pattern.initials;
        agree += f64::from(a) * pair.weight * posterior;
        all += f64::from(a + l) * pair.weight * posterior;
    }
    let by_chance: (u32, u32) = random.iter().fold((0, 0), |s, p| (s.0 + p.initials.0, s.1 + p.initials.0 + p.initials.1));
    let (m, u) = ((agree + 0.5) / (all + 1.0), (f64::from(by_chance.0) + 0.5) / (f64::from(by_chance.1) + 1.0));
    let bits = (m / u).log2();
    out.push(LevelFit {
        section: "name",
        key: "initial_bits".into(),
        m: Some(m),
        u: Some(u),
        bits: Some(bits),
        in_true: agree,
        in_random: f64::from(by_chance.0),
        before,
        after: towards(before, bits, agree.min(f64::from(by_chance.0))),
        note: "share of the single letters",
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_pairs_leave_a_weight_where_it_is() {
        assert!((towards(-2.0, 3.0, 0.0) + 2.0).abs() < 1e-12);
        assert!((towards(-2.0, 3.0, 1e9) - 3.0).abs() < 1e-3);
        assert!((towards(0.0, 2.0, BELIEF) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn no_share_is_nothing() {
        let s = shares([Some(0), Some(0), None].into_iter(), 2);
        assert!((s[0] - 2.5 / 3.0).abs() < 1e-12 && s[1] > 0.0);
    }
}
