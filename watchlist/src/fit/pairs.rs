//! Which names are compared with which: names of one person, and names of different persons that
//! share a token.

use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::observe::Pattern;
use super::rng::Rng;
use super::{Reported, Source};
use crate::layout::tokenise;
use crate::name::{Tokens, is_light};
use crate::{Entity, EntityKind, EntityName, Generation, GenerationError, Matcher, Subject, Weights};

/// Pairs of one person count as much as four at most, however many names they have.
const MOST_OF_ONE: f64 = 4.0;
/// Names of one person that are compared; notorious ones have hundreds.
const NAMES_OF_ONE: usize = 60;
/// Strangers that fitted weights are held against, and the least weight of one.
const STRANGERS: usize = 20_000;
const STRANGER_BITS: f32 = 5.0;
/// Random pairs that are drawn.
const RANDOM: usize = 60_000;

/// A compared pair of names of the same person.
#[derive(Debug)]
pub(super) struct NamePair {
    pub entity: u32,
    pub weight: f64,
    /// Somebody has said that it is the same person.
    pub labelled: bool,
    pub pattern: Pattern,
}

/// Every name of every person as an entity of its own, so that a name can be compared with just
/// one other, at the frequencies of the lists as they are. Entities without a birth date keep
/// their order in a generation: ordinals are places in `texts`.
pub(super) struct NameTable {
    /// First name of each person, and one past the last; persons without a place have none.
    starts: Vec<u32>,
    texts: Vec<String>,
    person: Vec<u32>,
    matcher: Matcher,
}

impl NameTable {
    pub(super) fn build(entities: &[Entity], weights: &Weights) -> Result<Self, GenerationError> {
        let (mut starts, mut texts, mut person, mut single) = (vec![0], Vec::new(), Vec::new(), Vec::new());
        for (ordinal, entity) in entities.iter().enumerate() {
            if matches!(entity.kind, EntityKind::Person) {
                for name in &entity.names {
                    person.push(ordinal as u32);
                    texts.push(name.text.clone());
                    single.push(Entity {
                        names: vec![EntityName { text: name.text.clone(), kind: crate::NameKind::Primary }],
                        birth_dates: Vec::new(),
                        nationalities: Vec::new(),
                        sex: None,
                        documents: Vec::new(),
                        ..entity.clone()
                    });
                }
            }
            starts.push(texts.len() as u32);
        }
        let matcher = Matcher::new(Arc::new(Generation::build_with(single, weights.clone())?));
        Ok(Self { starts, texts, person, matcher })
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    fn names_of(&self, entity: u32) -> std::ops::Range<u32> {
        self.starts[entity as usize]..self.starts[entity as usize + 1]
    }

    fn pattern(&mut self, reported: &str, listed: u32) -> Pattern {
        Pattern::of(&self.matcher.evidence(&Subject { surname: reported, ..Subject::default() }, listed))
    }

    /// The first name of each person against the others, both ways: an airline may send either.
    /// What is reported is in Latin letters; what is listed may be in any.
    pub(super) fn alias_pairs(&mut self) -> Vec<NamePair> {
        let mut out = Vec::new();
        for entity in 0..self.starts.len() as u32 - 1 {
            let names = self.names_of(entity);
            let mut pairs = Vec::new();
            for other in names.clone().skip(1).take(NAMES_OF_ONE) {
                for (reported, listed) in [(other, names.start), (names.start, other)] {
                    if is_latin(&self.texts[reported as usize]) {
                        pairs.push((reported, listed));
                    }
                }
            }
            let weight = (MOST_OF_ONE / pairs.len() as f64).min(1.0);
            for (reported, listed) in pairs {
                let text = self.texts[reported as usize].clone();
                out.push(NamePair { entity, weight, labelled: false, pattern: self.pattern(&text, listed) });
            }
        }
        out
    }

    /// A reported name against the name of its entity that weighs most.
    pub(super) fn labelled_pairs(&mut self, pairs: &[(Reported, u32)]) -> Vec<NamePair> {
        let mut out = Vec::new();
        for (reported, entity) in pairs {
            let subject = Subject { surname: &reported.name, ..Subject::default() };
            let best = self.names_of(*entity).map(|name| (self.matcher.weigh(&subject, name), name));
            let best = best.reduce(|a, b| if b.0 > a.0 { b } else { a });
            if let Some((_, name)) = best {
                let pattern = self.pattern(&reported.name, name);
                out.push(NamePair { entity: *entity, weight: 1.0, labelled: false, pattern });
            }
        }
        out
    }

    /// Random pairs of different persons that share a token, each with that token. What is
    /// reported is drawn from the population, or from the lists where there is none.
    pub(super) fn random_pairs(&mut self, population: &[Reported], rng: &mut Rng) -> (Vec<Pattern>, Source) {
        let mut postings: HashMap<Vec<u8>, Vec<u32>, FixedState> = HashMap::default();
        let mut tokens = Tokens::default();
        for (name, text) in self.texts.iter().enumerate() {
            for token in heavy(text, &mut tokens) {
                let holders = postings.entry(token).or_default();
                if holders.last() != Some(&(name as u32)) {
                    holders.push(name as u32);
                }
            }
        }
        let source = if population.is_empty() { Source::Lists } else { Source::Population };
        let most = if population.is_empty() { self.texts.len() } else { population.len() };
        let mut out = Vec::new();
        // Many names share no token with another: draw more often than is wanted.
        for _ in 0..RANDOM * 4 {
            if out.len() >= RANDOM || most == 0 {
                break;
            }
            let drawn = rng.below(most);
            let (text, own) = match source {
                Source::Population => (population[drawn].name.clone(), None),
                Source::Lists => (self.texts[drawn].clone(), Some(self.person[drawn])),
            };
            let words = heavy(&text, &mut tokens);
            if !is_latin(&text) || words.is_empty() {
                continue;
            }
            let Some(holders) = postings.get(&words[rng.below(words.len())]) else { continue };
            let listed = holders[rng.below(holders.len())];
            if own != Some(self.person[listed as usize]) {
                out.push(self.pattern(&text, listed));
            }
        }
        (out, source)
    }
}

impl NameTable {
    /// Reported names, each against the listed name of somebody else that weighs most; and how many
    /// were asked for.
    pub(super) fn strangers(&mut self, population: &[Reported], rng: &mut Rng) -> (Vec<Pattern>, usize) {
        let most = if population.is_empty() { self.texts.len() } else { population.len() };
        let (mut out, mut asked, mut found) = (Vec::new(), 0, Vec::new());
        for _ in 0..STRANGERS.min(most) {
            let drawn = rng.below(most);
            let (text, own) = match population.get(drawn) {
                Some(reported) => (reported.name.clone(), None),
                None => (self.texts[drawn].clone(), Some(self.person[drawn])),
            };
            if !is_latin(&text) {
                continue;
            }
            asked += 1;
            found.clear();
            self.matcher.find(&Subject { surname: &text, ..Subject::default() }, STRANGER_BITS, &mut found);
            let others = found.iter().filter(|f| own != Some(self.person[f.0 as usize]));
            let best = others.copied().reduce(|a, b| if b.1 > a.1 { b } else { a });
            out.extend(best.map(|(name, _)| self.pattern(&text, name)));
        }
        (out, asked)
    }
}

/// Tokens that are no particles and no initials.
pub(super) fn heavy(text: &str, tokens: &mut Tokens) -> Vec<Vec<u8>> {
    tokens.clear();
    tokenise(text, tokens);
    (0..tokens.len()).map(|i| tokens.bytes(i)).filter(|t| t.len() > 1 && !is_light(t)).map(<[u8]>::to_vec).collect()
}

/// Whether all letters are Latin: what an airline can send.
fn is_latin(text: &str) -> bool {
    text.chars().all(|c| !c.is_alphabetic() || matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_scripts_are_listed_but_not_reported() {
        assert!(is_latin("MÜLLER, Jürgen-Œ") && is_latin("NGUYỄN") && is_latin("12 -"));
        assert!(!is_latin("ЮСУПОВ") && !is_latin("A محمد"));
    }
}
