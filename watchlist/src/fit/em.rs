//! Expectation maximisation over a mixture of two kinds of pairs: the same thing compared twice, and
//! two different things. Fellegi and Sunter's model in Winkler's way: u is known beforehand, m and
//! the share of true pairs are estimated without labels.

/// One compared pair.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Observation {
    /// How much the pair counts.
    pub weight: f64,
    /// Evidence in bits that no parameter stands for.
    pub offset: f64,
    /// Whether somebody has said that it is a true pair.
    pub labelled: bool,
    /// Outcomes: parameter and how often it was seen. A pair without one in a group says nothing
    /// about that group.
    pub seen: Vec<(usize, f64)>,
}

/// One group of outcomes of which a comparison has exactly one: their shares add up to one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    /// Share of each outcome in pairs that are different things.
    pub u: Vec<f64>,
    /// Pseudo-counts: what is believed before anything was seen.
    pub prior: Vec<f64>,
}

/// What was estimated.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mixture {
    /// Share of each outcome in true pairs, group after group.
    pub m: Vec<f64>,
    /// Expected count of each outcome in true pairs, without the prior.
    pub counts: Vec<f64>,
    /// Share of true pairs among those without a label.
    pub share: f64,
    /// Probability that each pair is a true one.
    pub posterior: Vec<f64>,
    /// Rounds until nothing moved any more.
    pub rounds: usize,
}

const ROUNDS: usize = 200;
const STILL: f64 = 1e-7;

/// Estimates. Parameters are numbered through the groups. The same input gives the same output.
pub(super) fn estimate(observations: &[Observation], groups: &[Group], share: f64) -> Mixture {
    let u: Vec<f64> = groups.iter().flat_map(|g| g.u.iter().copied()).collect();
    let mut fit = Mixture {
        m: shares(groups, &vec![0.0; u.len()]),
        counts: vec![0.0; u.len()],
        share,
        posterior: vec![0.0; observations.len()],
        rounds: 0,
    };
    loop {
        let odds = (fit.share / (1.0 - fit.share)).log2();
        let mut counts = vec![0.0; u.len()];
        let (mut of_true, mut of_all) = (0.0, 0.0);
        for (observation, posterior) in observations.iter().zip(&mut fit.posterior) {
            let evidence: f64 = observation.seen.iter().map(|&(k, n)| n * (fit.m[k] / u[k]).log2()).sum();
            *posterior = if observation.labelled {
                1.0
            } else {
                let p = 1.0 / (1.0 + (-(odds + observation.offset + evidence)).exp2());
                of_true += observation.weight * p;
                of_all += observation.weight;
                p
            };
            for &(k, n) in &observation.seen {
                counts[k] += observation.weight * *posterior * n;
            }
        }
        let m = shares(groups, &counts);
        let moved = m.iter().zip(&fit.m).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        (fit.m, fit.counts) = (m, counts);
        if of_all > 0.0 {
            // One pair in a thousand at least is either: a share of 0 or 1 could never move again.
            fit.share = (of_true / of_all).clamp(0.001, 0.999);
        }
        fit.rounds += 1;
        if moved < STILL || fit.rounds == ROUNDS {
            return fit;
        }
    }
}

fn shares(groups: &[Group], counts: &[f64]) -> Vec<f64> {
    let mut m = Vec::with_capacity(counts.len());
    for group in groups {
        let of_group = &counts[m.len()..m.len() + group.u.len()];
        let all: f64 = of_group.iter().zip(&group.prior).map(|(c, p)| c + p).sum();
        m.extend(of_group.iter().zip(&group.prior).map(|(c, p)| ((c + p) / all).max(1e-9)));
    }
    m
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::rng::Rng;

    /// Two fields with three and two outcomes, 30 % true pairs.
    fn made(n: usize) -> (Vec<Observation>, Vec<Group>, Vec<f64>) {
        let m = vec![0.85, 0.10, 0.05, 0.95, 0.05];
        let u = vec![0.01, 0.04, 0.95, 0.30, 0.70];
        let mut rng = Rng::new(5);
        let mut draw = |shares: &[f64], from: usize| {
            let mut at = rng.unit();
            for (k, share) in shares.iter().enumerate() {
                at -= share;
                if at <= 0.0 {
                    return from + k;
                }
            }
            from + shares.len() - 1
        };
        let observations = (0..n)
            .map(|i| {
                let of = if i % 10 < 3 { &m } else { &u };
                let seen = vec![(draw(&of[..3], 0), 1.0), (draw(&of[3..], 3), 1.0)];
                Observation { weight: 1.0, seen, ..Observation::default() }
            })
            .collect();
        let group = |range: std::ops::Range<usize>| Group { u: u[range.clone()].to_vec(), prior: vec![1.0; range.len()] };
        (observations, vec![group(0..3), group(3..5)], m)
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let (observations, groups, truth) = made(20_000);
        let fit = estimate(&observations, &groups, 0.5);
        assert!((fit.share - 0.3).abs() < 0.02, "{}", fit.share);
        for (m, truth) in fit.m.iter().zip(&truth) {
            assert!((m - truth).abs() < 0.03, "{:?}", fit.m);
        }
        assert_eq!(fit, estimate(&observations, &groups, 0.5));
    }

    #[test]
    fn the_prior_holds_where_nothing_was_seen() {
        let (_, mut groups, _) = made(0);
        groups[0].prior = vec![8.0, 1.0, 1.0];
        let fit = estimate(&[], &groups, 0.5);
        assert!((fit.m[0] - 0.8).abs() < 1e-9 && (fit.m[3] - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_label_is_believed() {
        let (mut observations, groups, _) = made(1000);
        for observation in &mut observations {
            observation.labelled = true;
        }
        let fit = estimate(&observations, &groups, 0.5);
        assert!(fit.posterior.iter().all(|p| (*p - 1.0).abs() < 1e-12));
        let first = observations.iter().filter(|o| o.seen[0].0 == 0).count() as f64;
        assert!((fit.counts[0] - first).abs() < 1e-9);
    }
}
