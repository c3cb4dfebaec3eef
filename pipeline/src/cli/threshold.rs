//! Thresholds: in bits, in bits of a list, or as false referrals per million travellers.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use tamis::error::Error;
use tamis_operators::watchlist::{Generation, MinBits};

use super::weights::{calibrate, calibration};
use super::{load, talk};

/// How much evidence makes a hit.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Thresholds {
    /// Least weight of a hit, in bits, 24 unless given; LIST=B for the hits of one list.
    /// Repeat it: --min-bits 24 --min-bits `ofac_sdn=20`
    #[arg(long, value_name = "[LIST=]B", allow_negative_numbers = true)]
    min_bits: Vec<Bits>,
    /// The least weight instead as what people understand: so many travellers in a million who
    /// are on no list are referred all the same. Counted with the lists of this run, on 200,000
    /// made-up travellers, or read from --calibration
    #[arg(long, value_name = "N")]
    max_false_referrals_per_million: Option<f64>,
    /// What tamis weights calibrate wrote, on your own travellers
    #[arg(long, value_name = "FILE", requires = "max_false_referrals_per_million")]
    calibration: Option<PathBuf>,
}

/// `24` or `ofac_sdn=20`.
#[derive(Debug, Clone, PartialEq)]
struct Bits {
    list: Option<String>,
    bits: f32,
}

impl FromStr for Bits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (list, number) = match text.rsplit_once('=') {
            Some((list, number)) => (Some(list.trim().to_owned()), number),
            None => (None, text),
        };
        let bits = number.trim().parse::<f32>().ok().filter(|b| b.is_finite());
        match (bits, &list) {
            (None, _) => Err("give a number of bits, as 24, or one for a list, as ofac_sdn=20".into()),
            (_, Some(list)) if list.is_empty() => Err("name the list before the =, as ofac_sdn=20".into()),
            (Some(bits), _) => Ok(Self { list, bits }),
        }
    }
}

impl Thresholds {
    /// Refuses what cannot be meant, before anything is read.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let all = self.min_bits.iter().filter(|b| b.list.is_none()).count();
        if all > 1 {
            return Err(Error::Usage(
                "--min-bits is given twice for all lists; put the list before one of them, as ofac_sdn=20".into(),
            ));
        }
        match self.max_false_referrals_per_million {
            Some(_) if all > 0 => Err(Error::Usage(
                "--min-bits and --max-false-referrals-per-million both set the threshold of all lists; leave one away".into(),
            )),
            Some(n) if n.is_nan() || n <= 0.0 => {
                Err(Error::Usage("--max-false-referrals-per-million must be above 0, for example 50".into()))
            }
            _ => Ok(()),
        }
    }

    /// The thresholds over a generation. A list that is not there is refused with the nearest.
    pub(crate) fn resolve(&self, generation: &Arc<Generation>) -> Result<MinBits, Error> {
        let others = match self.max_false_referrals_per_million {
            Some(n) => self.bits_for_referrals(n, generation)?,
            None => self.min_bits.iter().find(|b| b.list.is_none()).map_or(load::MIN_BITS, |b| b.bits),
        };
        let of_list = |b: &Bits| b.list.clone().map(|list| (list, b.bits));
        let by_list: Vec<_> = self.min_bits.iter().filter_map(of_list).collect();
        MinBits::by_list(generation, others, &by_list).map_err(|e| Error::Usage(format!("--min-bits: {e}")))
    }

    fn bits_for_referrals(&self, n: f64, generation: &Arc<Generation>) -> Result<f32, Error> {
        let calibration = match &self.calibration {
            Some(path) => {
                let read = calibration::read(path)?;
                if read.generation != generation.id() {
                    talk(format_args!(
                        "note: {} was counted with other lists or weights (generation {}); repeat tamis weights calibrate when \
                         they have changed much",
                        path.display(),
                        read.generation.chars().take(12).collect::<String>(),
                    ));
                }
                read
            }
            None => calibrate::built(generation)?,
        };
        let refused = || Error::Usage("the calibration holds no threshold for so many false referrals".into());
        let (bits, extrapolated) = calibration.as_reported.bits_for(n).ok_or_else(refused)?;
        talk(format_args!(
            "threshold: {bits:.2} bits for at most {n} false referrals per million travellers, {} on {}",
            if extrapolated { "extrapolated from what was counted" } else { "counted" },
            calibration.population,
        ));
        Ok(bits)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn bits_are_read_with_and_without_a_list() {
        let read = |text: &str| text.parse::<Bits>().map(|b| (b.list, b.bits));
        assert_eq!(read("24"), Ok((None, 24.0)));
        assert_eq!(read("-3.5"), Ok((None, -3.5)));
        assert_eq!(read("ofac_sdn=20"), Ok((Some("ofac_sdn".into()), 20.0)));
        assert_eq!(read("a=b = 20"), Ok((Some("a=b".into()), 20.0)));
        for wrong in ["", "nan", "inf", "x", "=20", "ofac_sdn="] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_thresholds_for_the_same_are_refused() {
        let args = |bits: &[&str], n| Thresholds {
            min_bits: bits.iter().map(|b| b.parse().unwrap()).collect(),
            max_false_referrals_per_million: n,
            calibration: None,
        };
        assert!(args(&["24", "a=20", "b=1"], None).check().is_ok());
        assert!(args(&["a=20"], Some(50.0)).check().is_ok());
        assert!(args(&["24", "25"], None).check().is_err());
        assert!(args(&["24"], Some(50.0)).check().is_err());
        assert!(args(&[], Some(0.0)).check().is_err());
    }
}
