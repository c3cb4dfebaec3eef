use serde::Deserialize;
use serde::de::IgnoredAny;

use super::variants::{VariantTable, Variants};

/// Weights of name evidence; see `weights.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NameWeights {
    pub exact: f32,
    pub variant: f32,
    pub near: f32,
    pub joined: f32,
    pub joined_sounds: f32,
    pub far: f32,
    pub sounds: f32,
    pub truncated: f32,
    pub initial_bits: f32,
    pub parts_at_most: f32,
    pub light_at_most: f32,
    pub background_names: f32,
    pub listed_background: f32,
    pub at_large: f32,
    pub pool: f32,
    pub left_over_reported: f32,
    pub left_over_listed: f32,
    pub left_over_light: f32,
    pub left_over_surname: f32,
    pub left_over_patronymic: f32,
    pub contradiction: f32,
    pub other_surname: f32,
    pub other_given: f32,
    pub no_surname: f32,
    pub no_given: f32,
    pub left_over_rare: f32,
    pub nothing: f32,
    pub same_order: f32,
    pub other_order: f32,
    pub weak_alias: f32,
    /// From the section `[variants]`: the expansion has the weights of names at hand, no others.
    #[serde(skip)]
    pub variants: Variants,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BirthDateWeights {
    pub exact: f32,
    pub exact_first_of_january: f32,
    pub swapped: f32,
    pub month: f32,
    pub day_differs: f32,
    pub year: f32,
    pub same_year: f32,
    pub circa: f32,
    pub year_differs_by_little: f32,
    pub differs: f32,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NationalityWeights {
    pub m: f32,
    pub background: f32,
    pub max: f32,
    pub differs: f32,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SexWeights {
    pub agrees: f32,
    pub differs: f32,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentWeights {
    pub per_character: f32,
    pub max: f32,
    pub near_loss: f32,
    pub other_issuer_loss: f32,
    pub imo: f32,
    pub imo_differs: f32,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindWeights {
    pub differs: f32,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BirthPlaceWeights {
    pub agrees: f32,
    pub differs: f32,
}

/// The m/u file: what every level of every comparison weighs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Version of the file; part of the digest of a generation.
    pub version: String,
    pub(super) name: NameWeights,
    pub(super) birth_date: BirthDateWeights,
    pub(super) nationality: NationalityWeights,
    pub(super) sex: SexWeights,
    pub(super) document: DocumentWeights,
    pub(super) kind: KindWeights,
    pub(super) birth_place: BirthPlaceWeights,
    /// Where the numbers come from; for people.
    #[serde(default)]
    provenance: Provenance,
    /// Moves into `name` when the file has been read.
    #[serde(default)]
    variants: VariantTable,
    /// The file as it was read.
    #[serde(skip)]
    text: String,
}

/// A table that says nothing to the machine.
#[derive(Debug, Clone, PartialEq, Default)]
struct Provenance;

impl<'de> Deserialize<'de> for Provenance {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// The weights that Tamis ships.
pub const SHIPPED_WEIGHTS: &str = include_str!("weights.toml");

impl Weights {
    /// Reads a weights file.
    ///
    /// # Errors
    /// Where the text is not TOML, lacks a weight, or has one that is not known or not finite.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut weights: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        weights.name.variants = std::mem::take(&mut weights.variants).index()?;
        // The name of the version is no number, whatever it is called.
        let shown = format!("{:?}", Self { version: String::new(), ..weights.clone() });
        if shown.contains("NaN") || shown.contains("inf") {
            return Err("weights must be finite".to_owned());
        }
        weights.check_signs()?;
        text.clone_into(&mut weights.text);
        Ok(weights)
    }

    /// The bounds of the index rest on charges that are none of them a gain, and on shares that are none
    /// of them negative.
    fn check_signs(&self) -> Result<(), String> {
        let n = &self.name;
        let charges = [
            ("left_over_reported", n.left_over_reported),
            ("left_over_rare", n.left_over_rare),
            ("left_over_listed", n.left_over_listed),
            ("left_over_light", n.left_over_light),
            ("left_over_surname", n.left_over_surname),
            ("left_over_patronymic", n.left_over_patronymic),
            ("contradiction", n.contradiction),
            ("other_surname", n.other_surname),
            ("other_given", n.other_given),
            ("no_surname", n.no_surname),
            ("no_given", n.no_given),
            ("other_order", n.other_order),
            ("weak_alias", n.weak_alias),
            ("nothing", n.nothing),
        ];
        if let Some((key, _)) = charges.iter().find(|c| c.1 > 0.0) {
            return Err(format!("[name] {key} is a charge and must not be above 0"));
        }
        // No link may weigh more than the frequency of the listed token alone allows.
        let shares = [
            ("at_large", n.at_large),
            ("pool", n.pool),
            ("background_names", n.background_names),
            ("listed_background", n.listed_background),
        ];
        match shares.iter().find(|s| s.1 < 0.0) {
            Some((key, _)) => Err(format!("[name] {key} must not be below 0")),
            None => Ok(()),
        }
    }

    /// The file as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_is_read_and_a_typo_is_named() {
        assert!(Weights::parse(SHIPPED_WEIGHTS).is_ok());
        let typo = SHIPPED_WEIGHTS.replace("swapped", "swaped");
        assert!(Weights::parse(&typo).is_err_and(|e| e.contains("swaped")));
        let gain = SHIPPED_WEIGHTS.replace("contradiction = -", "contradiction = ");
        assert!(Weights::parse(&gain).is_err_and(|e| e.contains("contradiction")));
        let share = SHIPPED_WEIGHTS.replace("pool = 0", "pool = -0");
        assert!(Weights::parse(&share).is_err_and(|e| e.contains("pool")));
        let nan = SHIPPED_WEIGHTS.replace("exact = 14.534", "exact = nan");
        assert!(Weights::parse(&nan).is_err());
        let named = SHIPPED_WEIGHTS.replacen("version = \"", "version = \"information ", 1);
        assert!(Weights::parse(&named).is_ok());
    }
}
