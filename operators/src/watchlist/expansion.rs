//! Which tokens of a generation agree with one reported token, at which level, and what that weighs.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::dictionary::Dictionary;
use super::weights::NameWeights;
use crate::name::{Agreement, GLUED, consonant_key, is_light, nicknames, spelling_key, without_title};

/// All tokens of the dictionary that agree with one reported token.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    /// Agreeing tokens with their level, by id.
    pub tokens: Vec<(u32, Agreement)>,
    /// Weight of each level, in bits.
    pub bits: [f32; Agreement::ALL.len()],
    /// Heaviest weight that any token of `tokens` has.
    pub max_bits: f32,
    levels: HashMap<u32, Agreement, FixedState>,
}

impl Expansion {
    /// Everything of `dictionary` that agrees with `token`.
    pub(super) fn of(token: &[u8], dictionary: &Dictionary, weights: &NameWeights) -> Self {
        let mut levels: HashMap<u32, Agreement, FixedState> = HashMap::default();
        let mut add = |id: u32, level: Agreement| {
            let held = levels.entry(id).or_insert(level);
            *held = (*held).min(level);
        };
        if let Some(id) = dictionary.id(token) {
            add(id, Agreement::Exact);
        }
        if token.len() > 1 {
            let mut key = Vec::new();
            spelling_key(token, &mut key);
            for &id in dictionary.spelt(&key) {
                add(id, Agreement::Variant);
            }
            for id in nicknames(token).filter_map(|n| dictionary.id(n)) {
                add(id, Agreement::Variant);
            }
            for id in weights.variants.of(token).filter_map(|v| dictionary.id(v)) {
                add(id, Agreement::Variant);
            }
            for id in without_title(token).filter_map(|rest| dictionary.id(rest)) {
                add(id, Agreement::Variant);
            }
            for title in GLUED.iter().filter(|_| token.len() >= 3) {
                if let Some(id) = dictionary.id(&[token, title].concat()) {
                    add(id, Agreement::Variant);
                }
            }
            consonant_key(token, &mut key);
            for &id in dictionary.sounding(&key) {
                add(id, Agreement::Sounds);
            }
            dictionary.within_reach(token, |id, distance| {
                add(id, if distance <= 1 { Agreement::Near } else { Agreement::Far });
            });
        }
        // Single letters agree only as initials.
        if let Some(id) = token.get(..1).and_then(|initial| dictionary.id(initial)) {
            add(id, Agreement::Initial);
        }
        if token.len() > 1 {
            levels.retain(|&id, level| {
                let other = dictionary.token(id);
                if other.len() == 1 {
                    *level = Agreement::Initial;
                }
                other.len() > 1 || other[0] == token[0]
            });
        } else {
            levels.retain(|_, level| *level == Agreement::Exact);
        }
        let mut tokens: Vec<_> = levels.iter().map(|(&id, &level)| (id, level)).collect();
        tokens.sort_unstable();
        let mut bits = [0.0; Agreement::ALL.len()];
        for level in Agreement::ALL {
            let at = || tokens.iter().filter(|t| t.1 == level).map(|t| t.0);
            let m = match level {
                Agreement::Exact => weights.exact,
                Agreement::Variant => weights.variant,
                Agreement::Near => weights.near,
                Agreement::Far => weights.far,
                Agreement::Sounds => weights.sounds,
                Agreement::Initial | Agreement::Joined | Agreement::Truncated => 0.0,
            };
            bits[level as usize] =
                if level == Agreement::Initial { weights.initial_bits } else { dictionary.pooled_bits(m, at(), weights) };
        }
        // An initial that both sides have is no more than an initial.
        if token.len() == 1 {
            bits[Agreement::Exact as usize] = weights.initial_bits * 1.5;
        }
        if is_light(token) {
            for b in &mut bits {
                *b = b.min(weights.light_at_most);
            }
        }
        let max_bits = tokens.iter().map(|t| bits[t.1 as usize]).fold(0.0, f32::max);
        Self { tokens, bits, max_bits, levels }
    }

    /// The level at which a token agrees.
    pub(super) fn level(&self, token: u32) -> Option<Agreement> {
        self.levels.get(&token).copied()
    }

    /// The weight of a level.
    pub(super) fn weight(&self, level: Agreement) -> f32 {
        self.bits[level as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::super::weights::{SHIPPED_WEIGHTS, Weights};
    use super::*;
    use crate::name::agreement;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn expansion_is_what_pairwise_agreement_says(
            words in proptest::collection::btree_set("[ABEIHKMSZ]{1,10}|[A-D]{4,8}|WILLIAM|ABEMR|ABE|ABES", 1..60),
            asked in "[ABEIHKMSZ]{1,10}|[A-D]{4,8}|BILL|WILLIAM|ABEMR|ABE",
        ) {
            let Ok(weights) = Weights::parse(SHIPPED_WEIGHTS) else { panic!("weights") };
            let dictionary = Dictionary::build(words.iter().map(|w| (w.as_bytes().into(), 1)).collect(), 100);
            let expansion = dictionary.expand(asked.as_bytes(), &weights.name);
            for (id, word) in words.iter().enumerate() {
                let expected = agreement(asked.as_bytes(), word.as_bytes());
                // An initial that was reported is compared without the expansion.
                let expected = expected.filter(|l| *l != Agreement::Initial || word.len() == 1);
                prop_assert_eq!(expansion.level(id as u32), expected, "{} {}", &asked, word);
            }
        }
    }
}
