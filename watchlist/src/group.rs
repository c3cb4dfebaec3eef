//! The same person, organisation or vessel on several lists, so that one hit names all sources.
//!
//! Entities are put together only on strong evidence, since a wrong group would hide an entity
//! behind another: the same day of birth and a name of the same words in any order and spelling,
//! or the same document number and a word of the name in common; for vessels the number alone
//! (an IMO number is of one hull).

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use twox_hash::XxHash3_64;

use super::entity::{Entity, EntityKind, PartialDate};
use super::layout::tokenise;
use super::listed::DocumentKey;
use crate::name::{Role, Tokens, normalise, spelling_key};

/// Words that a name must have to tell who somebody is, together with a day of birth.
const WORDS: usize = 2;

/// For each entity the first one that is the same.
pub(super) fn groups(entities: &[Entity]) -> Vec<u32> {
    let mut keys = Vec::new();
    let (mut tokens, mut words, mut key) = (Tokens::default(), Vec::new(), Vec::new());
    for (ordinal, entity) in (0u32..).zip(entities) {
        let mut all = Vec::new();
        for name in &entity.names {
            tokens.clear();
            if entity.kind == EntityKind::Person {
                tokenise(&name.text, &mut tokens);
            } else {
                normalise(&name.text, Role::Any, &mut tokens);
            }
            words.clear();
            for i in (0..tokens.len()).filter(|i| !tokens.token(*i).light) {
                spelling_key(tokens.bytes(i), &mut key);
                words.push(XxHash3_64::oneshot(&key));
            }
            words.sort_unstable();
            words.dedup();
            all.extend_from_slice(&words);
            if entity.kind == EntityKind::Person && words.len() >= WORDS {
                for date in entity.birth_dates.iter().filter(|d| d.day > 0) {
                    keys.push((dated(*date, &words), ordinal));
                }
            }
        }
        all.sort_unstable();
        all.dedup();
        for document in &entity.documents {
            let Some(number) = DocumentKey::new(&document.number, document.issuer.as_deref()) else { continue };
            match entity.kind {
                EntityKind::Vessel if document.kind == 'V' => keys.push((mix(number.exact, 1), ordinal)),
                EntityKind::Vessel | EntityKind::Aircraft => {}
                // Numbers of different states may be equal: a word of the name must be so too.
                _ => keys.extend(all.iter().map(|word| (mix(number.exact, *word), ordinal))),
            }
        }
    }
    keys.sort_unstable();
    let mut parents: Vec<u32> = (0..entities.len() as u32).collect();
    // Lists of each group that has several; a group of one has the list of its entity.
    let mut lists: HashMap<u32, Vec<&str>, FixedState> = HashMap::default();
    for pair in keys.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let (a, b) = (root(&mut parents, pair[0].1), root(&mut parents, pair[1].1));
        let (first, second) = (a.min(b), a.max(b));
        let of = |e: u32| lists.get(&e).cloned().unwrap_or_else(|| vec![entities[e as usize].list.as_str()]);
        let (mut kept, other) = (of(first), of(second));
        // What one list keeps apart is not the same.
        if first != second && !other.iter().any(|list| kept.contains(list)) {
            parents[second as usize] = first;
            kept.extend(other);
            lists.insert(first, kept);
        }
    }
    (0..entities.len() as u32).map(|e| root(&mut parents, e)).collect()
}

fn root(parents: &mut [u32], mut entity: u32) -> u32 {
    while parents[entity as usize] != entity {
        let above = parents[parents[entity as usize] as usize];
        parents[entity as usize] = above;
        entity = above;
    }
    entity
}

fn mix(a: u64, b: u64) -> u64 {
    XxHash3_64::oneshot_with_seed(a, &b.to_le_bytes())
}

fn dated(date: PartialDate, words: &[u64]) -> u64 {
    let day = u64::from(date.year.unsigned_abs()) << 16 | u64::from(date.month) << 8 | u64::from(date.day);
    words.iter().fold(mix(day, 2), |key, word| mix(key, *word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EntityName, ListedDocument, NameKind};

    fn entity(list: &str, kind: EntityKind, name: &str, born: Option<&str>, document: Option<(char, &str)>) -> Entity {
        Entity {
            id: name.into(),
            list: list.into(),
            kind,
            names: vec![EntityName { text: name.into(), kind: NameKind::Primary }],
            birth_dates: born.and_then(|b| b.parse().ok()).into_iter().collect(),
            nationalities: vec![],
            sex: None,
            documents: document
                .map(|(kind, number)| ListedDocument { kind, number: number.into(), issuer: None })
                .into_iter()
                .collect(),
            birth_places: vec![],
            programmes: vec![],
        }
    }

    #[test]
    fn the_same_on_several_lists_is_one() {
        use EntityKind::{Person, Vessel};
        let entities = [
            entity("a", Person, "HALVORSEN, Mohammed", Some("1972-05-31"), None),
            entity("b", Person, "Muhammad HALVORSEN", Some("1972-05-31"), None),
            // Another day, only a year, the same list: not enough.
            entity("b", Person, "Muhammad HALVORSEN", Some("1972-05-30"), None),
            entity("c", Person, "Muhammad HALVORSEN", Some("1972"), None),
            entity("a", Person, "HALVORSEN, Muhammed", Some("1972-05-31"), None),
            entity("a", Person, "QUIST, Ann", None, Some(('P', "X1234567"))),
            entity("b", Person, "QUIST, Anna Maria", None, Some(('P', "X1234567"))),
            entity("c", Person, "Other, Name", None, Some(('P', "X1234567"))),
            entity("a", Vessel, "NORTHLIGHT", None, Some(('V', "9074729"))),
            entity("b", Vessel, "SOUTHSTAR", None, Some(('V', "9074729"))),
        ];
        assert_eq!(groups(&entities), [0, 0, 2, 3, 4, 5, 5, 7, 8, 8]);
        // In whatever order, two of one list stay two.
        let entities = [&entities[1], &entities[0], &entities[4]].map(Clone::clone);
        assert_eq!(groups(&entities), [0, 0, 2]);
    }
}
