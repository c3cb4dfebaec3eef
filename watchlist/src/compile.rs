//! From entities to the columns of a generation.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::columns::text_column;
use super::dictionary::{Dictionary, joined_key};
use super::entity::{Entity, EntityKind};
use super::generation::{GenerationError, Parts};
use super::group::groups;
use super::index::{Index, place};
use super::layout::{ListedToken, MOST_TOKENS, Names, name_kind_code, runs, tokenise};
use super::listed::Listed;
use super::weights::NameWeights;
use crate::name::{Role, Tokens, normalise};

/// Letters that a text column can hold.
const MOST_LETTERS: usize = i32::MAX as usize;

/// Compiles entities; they are put in the order of [`place`].
pub(super) fn compile(mut entities: Vec<Entity>, weights: &NameWeights) -> Result<Parts, GenerationError> {
    if entities.is_empty() {
        return Err(GenerationError::Empty);
    }
    let names = || entities.iter().flat_map(|e| &e.names);
    if u32::try_from(entities.len() * 8).is_err()
        || u32::try_from(names().count() * 8).is_err()
        || names().map(|n| n.text.len()).sum::<usize>() > MOST_LETTERS
        || entities.iter().map(|e| e.id.len()).sum::<usize>() > MOST_LETTERS
    {
        return Err(GenerationError::TooLarge);
    }
    entities.sort_by_cached_key(place);
    let (names, name_starts, dictionary, joined) = compile_names(&entities)?;
    let listed = Listed::build(&entities, &groups(&entities));
    let index = Index::build(&entities, &names, &dictionary, joined, &listed, weights);
    Ok(Parts { names, name_starts: name_starts.into(), listed, dictionary, index })
}

/// Words numbered in the order in which they come; renumbered in alphabetical order at the end.
#[derive(Default)]
struct Numbering {
    ids: HashMap<Vec<u8>, u32, FixedState>,
    /// Names that hold the word, and the last of them.
    counts: Vec<(u32, u32)>,
}

impl Numbering {
    fn id(&mut self, word: &[u8], name: u32) -> u32 {
        let next = self.counts.len() as u32;
        let id = *self.ids.entry_ref(word).or_insert(next);
        if id == next {
            self.counts.push((0, u32::MAX));
        }
        let (count, last) = &mut self.counts[id as usize];
        if *last != name {
            *count += 1;
            *last = name;
        }
        id
    }

    /// The dictionary, and for each number the alphabetical one.
    fn finish(&self, names: u32) -> (Dictionary, Vec<u32>) {
        let mut words: Vec<(&[u8], u32)> = self.ids.iter().map(|(word, id)| (word.as_slice(), *id)).collect();
        words.sort_unstable();
        let mut order = vec![0; words.len()];
        for (rank, (_, id)) in words.iter().enumerate() {
            order[*id as usize] = rank as u32;
        }
        let counted = words.iter().map(|(word, id)| (*word, self.counts[*id as usize].0));
        (Dictionary::build(counted, names), order)
    }
}

type CompiledNames = (Names, Vec<u32>, Dictionary, Vec<(u64, u32)>);

fn compile_names(entities: &[Entity]) -> Result<CompiledNames, GenerationError> {
    let (mut entity, mut kind, mut starts, mut listed) = (Vec::new(), Vec::new(), vec![0u32], Vec::new());
    let mut name_starts = vec![0u32];
    let (mut words, mut joined) = (Numbering::default(), Vec::new());
    let (mut tokens, mut key) = (Tokens::default(), Vec::new());
    for (ordinal, e) in (0u32..).zip(entities) {
        for name in &e.names {
            let number = entity.len() as u32;
            tokens.clear();
            if matches!(e.kind, EntityKind::Person | EntityKind::Unknown) {
                tokenise(&name.text, &mut tokens);
            } else {
                // The comma of ACME, S.A. parts nothing.
                normalise(&name.text, Role::Any, &mut tokens);
            }
            for i in 0..tokens.len() {
                let token = tokens.token(i);
                listed.push((words.id(tokens.bytes(i), number), token.role, token.light));
            }
            joined.extend(runs(tokens.len()).map(|(from, to)| (joined_key(tokens.joined(from, to), &mut key), number)));
            entity.push(ordinal);
            kind.push(name_kind_code(name.kind));
            starts.push(listed.len() as u32);
        }
        name_starts.push(entity.len() as u32);
    }
    if words.counts.len() >= MOST_TOKENS {
        return Err(GenerationError::TooLarge);
    }
    let (dictionary, order) = words.finish(entity.len() as u32);
    let tokens: Vec<u32> =
        listed.into_iter().map(|(id, role, light)| ListedToken::new(order[id as usize], role, light).0).collect();
    let names = Names {
        entity: entity.into(),
        kind: kind.into(),
        token_starts: starts.into(),
        tokens: tokens.into(),
        text: text_column(entities.iter().flat_map(|e| &e.names).map(|n| n.text.as_str())),
    };
    Ok((names, name_starts, dictionary, joined))
}
