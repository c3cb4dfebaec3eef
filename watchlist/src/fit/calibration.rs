//! From bits to what people understand: how many travellers in a million would be referred in vain.

use serde::{Deserialize, Serialize};

/// Fewer travellers than this above a weight are too few to count: there the tail is extrapolated.
const COUNTED: u64 = 10;
/// The heaviest weights that the tail is fitted on, and the fewest that can be fitted.
const TAIL: usize = 400;
const FEWEST: usize = 30;
/// Bits between two points.
const STEP: f32 = 0.5;

/// A weight, and how many travellers of the population reach it by chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f32, u64)", into = "(f32, u64)")]
pub struct Point {
    /// Threshold in bits.
    pub bits: f32,
    /// Travellers whose heaviest hit reaches it.
    pub travellers: u64,
}

impl From<(f32, u64)> for Point {
    fn from((bits, travellers): (f32, u64)) -> Self {
        Self { bits, travellers }
    }
}

impl From<Point> for (f32, u64) {
    fn from(point: Point) -> Self {
        (point.bits, point.travellers)
    }
}

/// How often a threshold is reached, and whether that was counted or extrapolated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// False referrals per million travellers.
    pub per_million: f64,
    /// Beyond the population: from the exponential tail.
    pub extrapolated: bool,
}

/// The share of travellers who are on no list and yet reach a weight, for all weights from a
/// floor on. Counted as far as the population goes; beyond it the tail falls exponentially, with
/// the slope of the heaviest weights (the maximum likelihood estimate of their excesses).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Travellers in the population.
    pub travellers: u64,
    /// Fall of the logarithm of the share a bit, in the tail. A bit is worth 0.69 where weights
    /// are log-likelihood ratios and all of them are right.
    pub tail_slope: f64,
    /// Ascending by bits, the floor first; the last is reached by ten travellers or more, but the floor.
    pub points: Vec<Point>,
}

impl Curve {
    /// From the heaviest weight of every traveller that has one at or above `floor`.
    pub fn of(mut best: Vec<f32>, travellers: u64, floor: f32) -> Self {
        best.retain(|b| *b >= floor);
        best.sort_unstable_by(|a, b| b.total_cmp(a));
        let reached = |bits: f32| best.partition_point(|b| *b >= bits) as u64;
        let mut points = vec![Point { bits: floor, travellers: best.len() as u64 }];
        for step in 1.. {
            let bits = floor + STEP * step as f32;
            let travellers = reached(bits);
            if travellers < COUNTED {
                break;
            }
            points.push(Point { bits, travellers });
        }
        Self { travellers, tail_slope: tail_slope(&best), points }
    }

    /// False referrals per million at a threshold. Below the floor the share of the floor is given:
    /// it is at least that.
    pub fn at(&self, bits: f32) -> Rate {
        let share = |travellers: f64| travellers / self.travellers.max(1) as f64 * 1e6;
        let above = self.points.partition_point(|p| p.bits <= bits);
        let Some(low) = self.points.get(above.saturating_sub(1)) else {
            return Rate { per_million: 0.0, extrapolated: true };
        };
        // Of an empty population nothing can be said but that it may have been the next.
        let floor = (low.travellers as f64).max(0.5);
        let Some(high) = self.points.get(above) else {
            let beyond = f64::from((bits - low.bits).max(0.0));
            let per_million = share(floor * (-self.tail_slope * beyond).exp());
            return Rate { per_million, extrapolated: beyond > 0.0 || low.travellers < COUNTED };
        };
        let t = f64::from((bits - low.bits) / (high.bits - low.bits)).clamp(0.0, 1.0);
        let between = floor.ln() * (1.0 - t) + (high.travellers as f64).max(0.5).ln() * t;
        Rate { per_million: share(between.exp()), extrapolated: false }
    }

    /// The least threshold, to a twentieth of a bit, at which there are at most so many false
    /// referrals per million, and whether it lies beyond the population. `None` where the number
    /// is not above 0.
    pub fn bits_for(&self, per_million: f64) -> Option<(f32, bool)> {
        if per_million.is_nan() || per_million <= 0.0 {
            return None;
        }
        let first = self.points.first()?.bits;
        // 200 bits beyond the floor are more than any weight.
        let (mut low, mut high) = (0_u32, 200 * 20);
        while low < high {
            let middle = u32::midpoint(low, high);
            if self.at(first + middle as f32 / 20.0).per_million <= per_million {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let bits = first + low as f32 / 20.0;
        Some((bits, self.at(bits).extrapolated))
    }
}

/// Slope of the heaviest weights (descending); that of a bit where there are too few.
fn tail_slope(best: &[f32]) -> f64 {
    let heaviest = &best[..best.len().min(TAIL)];
    let excess: f64 = heaviest.last().map_or(0.0, |last| heaviest.iter().map(|b| f64::from(b - last)).sum());
    if heaviest.len() < FEWEST || excess <= 0.0 {
        return std::f64::consts::LN_2;
    }
    heaviest.len() as f64 / excess
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Weights whose share falls by half a bit: the quantiles of that distribution.
    fn exponential(n: usize, slope: f64) -> Vec<f32> {
        (0..n).map(|i| (10.0 - ((i as f64 + 0.5) / n as f64).ln() / slope) as f32).collect()
    }

    #[test]
    fn what_was_counted_is_counted_and_the_tail_goes_on() {
        let curve = Curve::of(exponential(100_000, 0.5), 1_000_000, 10.0);
        for bits in [10.0_f32, 14.0, 20.3, 26.0, 30.0, 40.0] {
            let (rate, truth) = (curve.at(bits), 100_000.0 * (-0.5 * f64::from(bits - 10.0)).exp());
            assert!((rate.per_million / truth).ln().abs() < 0.25, "{bits}: {} {truth}", rate.per_million);
            assert_eq!(rate.extrapolated, bits > 29.0, "{bits}");
        }
        assert!((curve.tail_slope - 0.5).abs() < 0.05, "{}", curve.tail_slope);
    }

    #[test]
    fn a_number_of_referrals_gives_its_threshold() {
        let curve = Curve::of(exponential(10_000, 0.6), 100_000, 10.0);
        for per_million in [50_000.0, 1_000.0, 100.0, 1.0, 0.01] {
            let (bits, extrapolated) = curve.bits_for(per_million).unwrap();
            assert!(curve.at(bits).per_million <= per_million && curve.at(bits - 0.051).per_million > per_million);
            assert_eq!(extrapolated, per_million < 100.0, "{per_million}");
        }
        assert_eq!(curve.bits_for(1e6).map(|b| b.0), Some(10.0));
        assert_eq!((curve.bits_for(0.0), curve.bits_for(f64::NAN)), (None, None));
    }

    #[test]
    fn nobody_at_all_is_said_to_be_extrapolated() {
        let curve = Curve::of(vec![], 1000, 12.0);
        let rate = curve.at(20.0);
        assert!(rate.extrapolated && rate.per_million > 0.0 && rate.per_million < 500.0);
        assert!(curve.bits_for(1.0).is_some_and(|(bits, beyond)| bits > 12.0 && beyond));
    }
}
