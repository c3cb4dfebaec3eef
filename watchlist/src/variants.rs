//! Tokens that stand for each other though no rule says so: the part `[variants]` of the weights file.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The section as it is written: `pairs = [["GADDAFI", "QADHAFI"], …]`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VariantTable {
    #[serde(default)]
    pairs: Vec<[String; 2]>,
}

impl VariantTable {
    /// The table as it is looked up, both ways.
    ///
    /// # Errors
    /// Where a token is none: not of the letters A to Z and digits, or a single letter.
    pub(super) fn index(self) -> Result<Variants, String> {
        let mut index: BTreeMap<Box<[u8]>, Vec<Box<[u8]>>> = BTreeMap::new();
        for [a, b] in self.pairs {
            let is_token = |t: &str| t.len() > 1 && t.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
            if a == b || !is_token(&a) || !is_token(&b) {
                return Err(format!("the variants {a:?} and {b:?} must be two tokens of A-Z and 0-9, two letters or more"));
            }
            for (one, other) in [(&a, &b), (&b, &a)] {
                index.entry(one.as_bytes().into()).or_default().push(other.as_bytes().into());
            }
        }
        Ok(Variants { index })
    }
}

/// Which tokens stand for a token. Ordered, so that the digest of the weights is always the same.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Variants {
    index: BTreeMap<Box<[u8]>, Vec<Box<[u8]>>>,
}

impl Variants {
    /// Tokens that stand for a token. Symmetric; empty for most.
    pub(super) fn of(&self, token: &[u8]) -> impl Iterator<Item = &[u8]> {
        self.index.get(token).into_iter().flatten().map(AsRef::as_ref)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use crate::{Entity, EntityKind, EntityName, Generation, Matcher, NameKind, SHIPPED_WEIGHTS, Subject, Weights};

    #[test]
    fn a_variant_of_the_file_agrees_both_ways() {
        let entity = Entity {
            id: "1".into(),
            list: "l".into(),
            kind: EntityKind::Person,
            names: vec![EntityName { text: "WEXLO, Quintana".into(), kind: NameKind::Primary }],
            birth_dates: vec![],
            nationalities: vec![],
            sex: None,
            documents: vec![],
            birth_places: vec![],
            programmes: vec![],
        };
        let bits = |weights: &str, surname: &str| {
            let generation = Generation::build_with(vec![entity.clone()], Weights::parse(weights).unwrap()).unwrap();
            let subject = Subject { surname, given_names: Some("QUINTANA"), ..Subject::default() };
            Matcher::new(Arc::new(generation)).weigh(&subject, 0)
        };
        let shipped = crate::fit::edit::without(SHIPPED_WEIGHTS, "variants");
        let more = format!("{shipped}\n[variants]\npairs = [[\"WEXLO\", \"JURGUM\"]]\n");
        assert!(bits(&more, "JURGUM") > bits(&shipped, "JURGUM") + 5.0);
        assert_eq!(bits(&more, "WEXLO"), bits(&shipped, "WEXLO"));
        for wrong in ["[\"WEXLO\", \"WEXLO\"]", "[\"WEXLO\", \"J\"]", "[\"Wexlo\", \"JURGUM\"]", "[\"WEXLO\"]"] {
            assert!(Weights::parse(&format!("{shipped}\n[variants]\npairs = [{wrong}]\n")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn provenance_says_nothing_to_the_score() {
        let shipped = Weights::parse(SHIPPED_WEIGHTS).unwrap();
        let plain = crate::fit::edit::without(SHIPPED_WEIGHTS, "provenance");
        let other = Weights::parse(&format!("{plain}\n[provenance]\nseed = 7\nlists = [\n  {{ list = \"a\" }},\n]\n")).unwrap();
        assert_eq!(format!("{:?}", shipped.name), format!("{:?}", other.name));
    }
}
