use hashbrown::HashMap;

use arrow::array::RecordBatch;
use foldhash::fast::FixedState;
use twox_hash::XxHash3_128;

use super::dictionary::Dictionary;
use super::entity::{Entity, EntityKind};
use super::index::Index;
use super::layout::{Attributes, ListedRun, ListedToken, Names, runs, tokenise, years};
use super::table;
use super::weights::{SHIPPED_WEIGHTS, Weights};
use crate::name::{Role, Tokens, normalise};

/// Why a generation cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum GenerationError {
    /// There is nothing to screen against.
    #[error("the watchlists hold no entity")]
    Empty,
    /// More entities, names or tokens than 32 bits can number.
    #[error("the watchlists hold too many names")]
    TooLarge,
    /// The m/u file cannot be used.
    #[error("weights: {0}")]
    Weights(String),
    /// Arrow refused the entities.
    #[error(transparent)]
    Arrow(#[from] arrow::error::ArrowError),
}

/// One immutable compiled set of all watchlists, shared by all who screen.
#[derive(Debug)]
pub struct Generation {
    id: String,
    table: RecordBatch,
    pub(super) weights: Weights,
    pub(super) names: Names,
    /// First name of each entity, and one past the last.
    pub(super) name_starts: Vec<u32>,
    pub(super) attributes: Attributes,
    pub(super) dictionary: Dictionary,
    /// Dictionary of neighbouring tokens joined.
    pub(super) runs: Dictionary,
    pub(super) index: Index,
    nationality_bits: HashMap<u32, f32, FixedState>,
    entities: Vec<Entity>,
}

impl Generation {
    /// Compiles entities with the shipped weights; the order of the entities is kept.
    ///
    /// # Errors
    /// [`GenerationError`]
    pub fn build(entities: Vec<Entity>) -> Result<Self, GenerationError> {
        Self::build_with(entities, Weights::parse(SHIPPED_WEIGHTS).map_err(GenerationError::Weights)?)
    }

    /// Compiles entities with weights of one's own.
    ///
    /// # Errors
    /// [`GenerationError`]
    pub fn build_with(entities: Vec<Entity>, weights: Weights) -> Result<Self, GenerationError> {
        if entities.is_empty() {
            return Err(GenerationError::Empty);
        }
        if u32::try_from(entities.iter().map(|e| e.names.len() * 8).sum::<usize>()).is_err() {
            return Err(GenerationError::TooLarge);
        }
        let id = digest(&entities, &weights);
        let table = table::build(&entities)?;
        let mut attributes = Attributes::default();
        for entity in &entities {
            attributes.push(entity);
        }
        let compiled = compile_names(&entities);
        let index = Index::build(&compiled.names, compiled.dictionary.len(), compiled.runs.len(), &attributes);
        let nationality_bits = nationality_bits(&attributes, entities.len(), &weights);
        Ok(Self {
            id,
            table,
            weights,
            names: compiled.names,
            name_starts: compiled.name_starts,
            attributes,
            dictionary: compiled.dictionary,
            runs: compiled.runs,
            index,
            nationality_bits,
            entities,
        })
    }

    /// Digest of everything that was compiled in: entities, their order, and the weights.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Number of entities.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Never true: an empty generation is refused.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// Number of names of all entities.
    pub fn name_count(&self) -> usize {
        self.names.entity.len()
    }

    /// Number of distinct name tokens.
    pub fn token_count(&self) -> usize {
        self.dictionary.len()
    }

    /// The listed entity with that ordinal.
    pub fn entity(&self, ordinal: u32) -> &Entity {
        &self.entities[ordinal as usize]
    }

    /// One row an entity, in order: `entity` (UInt32, the ordinal), `entity_id`, `list`, `kind`,
    /// `name` (Utf8View), `names`, `birth_dates`, `nationalities`, `documents`, `programmes`
    /// (lists of Utf8View), `sex`.
    pub fn table(&self) -> &RecordBatch {
        &self.table
    }

    /// Weight of an agreeing nationality; `None` where no entity has it.
    pub(super) fn nationality_bits(&self, code: u32) -> Option<f32> {
        self.nationality_bits.get(&code).copied()
    }

    /// The names of an entity.
    pub(super) fn names_of(&self, entity: u32) -> std::ops::Range<u32> {
        self.name_starts[entity as usize]..self.name_starts[entity as usize + 1]
    }
}

struct Compiled {
    names: Names,
    name_starts: Vec<u32>,
    dictionary: Dictionary,
    runs: Dictionary,
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
    fn finish(self, names: u32) -> (Dictionary, Vec<u32>) {
        let mut words: Vec<(Vec<u8>, u32)> = self.ids.into_iter().collect();
        words.sort_unstable();
        let mut order = vec![0; words.len()];
        for (rank, (_, id)) in words.iter().enumerate() {
            order[*id as usize] = rank as u32;
        }
        let counted = words.into_iter().map(|(word, id)| (word, self.counts[id as usize].0)).collect();
        (Dictionary::build(counted, names), order)
    }
}

fn compile_names(entities: &[Entity]) -> Compiled {
    let mut names = Names { token_starts: vec![0], run_starts: vec![0], ..Names::default() };
    let mut name_starts = vec![0];
    let (mut words, mut joined) = (Numbering::default(), Numbering::default());
    let mut tokens = Tokens::default();
    for (ordinal, entity) in entities.iter().enumerate() {
        for name in &entity.names {
            let number = names.entity.len() as u32;
            tokens.clear();
            if matches!(entity.kind, EntityKind::Person | EntityKind::Unknown) {
                tokenise(&name.text, &mut tokens);
            } else {
                // The comma of ACME, S.A. parts nothing.
                normalise(&name.text, Role::Any, &mut tokens);
            }
            for i in 0..tokens.len() {
                let token = tokens.token(i);
                let id = words.id(tokens.bytes(i), number);
                names.tokens.push(ListedToken { id, role: token.role, light: token.light });
            }
            for (from, to) in runs(tokens.len()) {
                let id = joined.id(tokens.joined(from, to), number);
                names.runs.push(ListedRun { id, from: from as u8, to: to as u8 });
            }
            names.entity.push(ordinal as u32);
            names.years.push(years(&entity.birth_dates));
            names.kind.push(name.kind);
            names.token_starts.push(names.tokens.len() as u32);
            names.run_starts.push(names.runs.len() as u32);
        }
        name_starts.push(names.entity.len() as u32);
    }
    let total = names.entity.len() as u32;
    let (dictionary, order) = words.finish(total);
    names.tokens.iter_mut().for_each(|t| t.id = order[t.id as usize]);
    let (runs, order) = joined.finish(total);
    names.runs.iter_mut().for_each(|r| r.id = order[r.id as usize]);
    Compiled { names, name_starts, dictionary, runs }
}

fn nationality_bits(attributes: &Attributes, entities: usize, weights: &Weights) -> HashMap<u32, f32, FixedState> {
    let w = &weights.nationality;
    let mut counts: HashMap<u32, u32, FixedState> = HashMap::default();
    for (_, code) in attributes.nationalities.iter() {
        *counts.entry(*code).or_default() += 1;
    }
    // A few hundred entities of background keep small lists from saying too much.
    let total = entities as f32 + 300.0;
    counts
        .into_iter()
        .map(|(code, n)| (code, (w.m * total / (n as f32 + 300.0 * w.background)).log2().clamp(0.1, w.max)))
        .collect()
}

fn digest(entities: &[Entity], weights: &Weights) -> String {
    let mut hash = XxHash3_128::with_seed(0);
    hash.write(format!("{weights:?}").as_bytes());
    for entity in entities {
        hash.write(format!("{entity:?}").as_bytes());
    }
    format!("{:032x}", hash.finish_128())
}
