use std::sync::{Arc, OnceLock};

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::before::Before;
use super::cache::Cache;
use super::columns::Columns;
use super::dictionary::{Dictionary, joined_key};
use super::entity::{Entity, EntityKind, EntityName};
use super::expansion::{Expansion, Split};
use super::index::Index;
use super::layout::{Names, country_code, runs};
use super::listed::Listed;
use super::table;
use super::weights::{SHIPPED_WEIGHTS, Weights};
use crate::name::Agreement;

/// Why a generation cannot be built or opened.
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
    /// A compiled generation of another layout.
    #[error("the compiled generation has format {found}, this version reads {FORMAT}; compile the lists again")]
    Format {
        /// What the file says.
        found: String,
    },
    /// A compiled generation that is not what was written.
    #[error("the compiled generation is damaged: its digest is {found}, it should be {expected}; compile the lists again")]
    Digest {
        /// Digest of what is there.
        found: String,
        /// Digest of what was written.
        expected: String,
    },
    /// Arrow refused the entities, or a compiled generation lacks a column.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

/// Version of the layout of a compiled generation.
pub const FORMAT: &str = "tamis-generation-5";

/// One immutable compiled set of all watchlists, shared by all who screen.
#[derive(Debug)]
pub struct Generation {
    id: String,
    pub(super) weights: Weights,
    pub(super) names: Names,
    /// First name of each entity, and one past the last.
    pub(super) name_starts: arrow::buffer::ScalarBuffer<u32>,
    pub(super) listed: Listed,
    pub(super) dictionary: Dictionary,
    pub(super) index: Index,
    nationality_bits: HashMap<u32, f32, FixedState>,
    expansions: Arc<Cache>,
    before: Option<Before>,
    table: OnceLock<Result<RecordBatch, String>>,
}

/// What [`super::compile`] makes of entities.
pub(super) struct Parts {
    pub names: Names,
    pub name_starts: arrow::buffer::ScalarBuffer<u32>,
    pub listed: Listed,
    pub dictionary: Dictionary,
    pub index: Index,
}

impl Generation {
    /// Compiles entities with the shipped weights. Entities are numbered anew: by birth date where
    /// they have one, then those with several, then those with none; otherwise in the order given.
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
        let parts = super::compile::compile(entities, &weights.name)?;
        let this = Self::of(parts, weights, String::new());
        let id = this.columns().digest();
        Ok(Self { id, ..this })
    }

    fn of(parts: Parts, weights: Weights, id: String) -> Self {
        let nationality_bits = nationality_bits(&parts.listed, &weights);
        let Parts { names, name_starts, listed, dictionary, index } = parts;
        Self {
            id,
            weights,
            names,
            name_starts,
            listed,
            dictionary,
            index,
            nationality_bits,
            expansions: Arc::default(),
            before: None,
            table: OnceLock::new(),
        }
    }

    /// With so many bytes for what it remembers of reported names; 256 MiB unless said. To be said before it is used.
    #[must_use]
    pub fn remembering(mut self, bytes: usize) -> Self {
        self.expansions = Arc::new(Cache::of(bytes));
        self
    }

    /// Takes over what `old` remembers of reported names, for a generation that follows upon another one: what is
    /// found stays the same, and is found sooner. What is remembered moves from the one to the other as it is asked for.
    #[must_use]
    pub fn after(mut self, old: &Self) -> Self {
        // Other weights have other variants of names.
        let alike = self.weights.text() == old.weights.text();
        self.before = alike.then(|| Before::new(Arc::clone(&old.expansions), &old.dictionary, &self.dictionary));
        self
    }

    fn columns(&self) -> Columns {
        let mut out = Columns::default();
        out.put_text("weights", &vec![self.weights.text()].into());
        self.names.write(&mut out);
        out.put_u32("entity.name_starts", &self.name_starts);
        self.listed.write(&mut out);
        self.dictionary.write(&mut out);
        self.index.write(&mut out);
        out
    }

    /// The compiled generation as one row of one list a column, to be written to a file and opened
    /// with [`Self::open`]. Its schema says `format` and `digest`.
    ///
    /// # Errors
    /// Where Arrow refuses a column.
    pub fn to_row(&self) -> Result<RecordBatch, GenerationError> {
        let row = self.columns().into_row()?;
        let metadata = [("format", FORMAT), ("digest", &self.id)].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let schema = row.schema_ref().as_ref().clone().with_metadata(metadata.into());
        Ok(row.with_schema(Arc::new(schema))?)
    }

    /// Opens what [`Self::to_row`] gave, without copying: the memory may be that of a mapped file.
    ///
    /// # Errors
    /// Another format, another digest than was written, a missing column.
    pub fn open(row: &RecordBatch) -> Result<Self, GenerationError> {
        let metadata = row.schema_ref().metadata();
        let said = |key: &str| metadata.get(key).cloned().unwrap_or_else(|| "none".to_owned());
        let (format, expected) = (said("format"), said("digest"));
        if format != FORMAT {
            return Err(GenerationError::Format { found: format });
        }
        let columns = Columns::from_row(row)?;
        let found = columns.digest();
        if found != expected {
            return Err(GenerationError::Digest { found, expected });
        }
        let weights = columns.text("weights")?;
        let text = if weights.is_empty() { "" } else { weights.value(0) };
        let names = Names::read(&columns)?;
        let total = names.len() as u32;
        let parts = Parts {
            names,
            name_starts: columns.u32("entity.name_starts")?,
            listed: Listed::read(&columns)?,
            dictionary: Dictionary::read(&columns, total)?,
            index: Index::read(&columns)?,
        };
        let parsed = Weights::parse(text).map_err(GenerationError::Weights)?;
        Ok(Self::of(parts, parsed, found))
    }

    /// Digest of everything that was compiled in: entities, their order, and the weights.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Number of entities.
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Never true: an empty generation is refused.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of names of all entities.
    pub fn name_count(&self) -> usize {
        self.names.len()
    }

    /// Number of distinct name tokens.
    pub fn token_count(&self) -> usize {
        self.dictionary.len()
    }

    /// The publisher's identifier of an entity.
    pub fn entity_id(&self, ordinal: u32) -> &str {
        self.listed.ids.value(ordinal as usize)
    }

    /// The list of an entity.
    pub fn list(&self, ordinal: u32) -> &str {
        self.listed.list(ordinal)
    }

    /// Names of all lists, in alphabetical order.
    pub fn lists(&self) -> impl Iterator<Item = &str> {
        self.listed.lists.iter().flatten()
    }

    /// Entities of every list, by name.
    pub fn list_counts(&self) -> impl Iterator<Item = (&str, u64)> {
        let mut counts = vec![0u64; self.listed.lists.len()];
        for list in &self.listed.list {
            counts[usize::from(*list)] += 1;
        }
        self.lists().zip(counts)
    }

    /// Person, organisation, vessel, …
    pub fn kind(&self, ordinal: u32) -> EntityKind {
        self.listed.facts(ordinal).kind()
    }

    /// The names of an entity as published, the primary one first.
    pub fn names(&self, ordinal: u32) -> impl Iterator<Item = &str> {
        self.names_of(ordinal).map(|n| self.names.text.value(n as usize))
    }

    /// Number of the person or thing that an entity is: the same on several lists have one, the
    /// ordinal of the first of them.
    pub fn group(&self, ordinal: u32) -> u32 {
        self.listed.facts(ordinal).group
    }

    /// All entities of a group that has several, ascending; none of one that is listed once.
    pub fn group_members(&self, group: u32) -> &[u32] {
        self.index.members(group)
    }

    /// Every list that has the same person or thing as `LIST:ENTITY_ID`, that of the entity first.
    pub fn sources(&self, ordinal: u32) -> impl Iterator<Item = String> {
        let others = self.group_members(self.group(ordinal)).iter().copied().filter(move |e| *e != ordinal);
        std::iter::once(ordinal).chain(others).map(|e| format!("{}:{}", self.list(e), self.entity_id(e)))
    }

    /// The listed entity with that ordinal, as it was compiled in.
    pub fn entity(&self, ordinal: u32) -> Entity {
        let (listed, facts) = (&self.listed, self.listed.facts(ordinal));
        let texts = |values: &mut dyn Iterator<Item = &str>| values.map(str::to_owned).collect();
        let name = |n: u32| EntityName { text: self.names.text.value(n as usize).to_owned(), kind: self.names.kind(n) };
        Entity {
            id: self.entity_id(ordinal).to_owned(),
            list: self.list(ordinal).to_owned(),
            kind: facts.kind(),
            names: self.names_of(ordinal).map(name).collect(),
            birth_dates: listed.birth_dates(ordinal, facts).collect(),
            nationalities: listed.nationalities(ordinal, &facts).iter().map(|n| country_code(*n)).collect(),
            sex: facts.sex(),
            documents: listed.listed_documents(ordinal).collect(),
            birth_places: texts(&mut listed.birth_places(ordinal)),
            programmes: texts(&mut listed.programmes(ordinal)),
        }
    }

    /// One row an entity, in order: `entity` (UInt32, the ordinal), `entity_id`, `list`, `kind`,
    /// `name` (Utf8View), `names`, `birth_dates`, `nationalities`, `documents`, `programmes`
    /// (lists of Utf8View), `sex`. Made when it is first asked for.
    ///
    /// # Errors
    /// Where Arrow refuses a column.
    pub fn table(&self) -> Result<&RecordBatch, ArrowError> {
        let made = self.table.get_or_init(|| table::build(self).map_err(|e| e.to_string()));
        made.as_ref().map_err(|e| ArrowError::ComputeError(e.clone()))
    }

    /// Schema of [`Self::table`].
    pub fn table_schema() -> SchemaRef {
        table::schema()
    }

    /// Everything of the dictionary that agrees with a token; and whether it was not asked before.
    pub(super) fn expand(&self, token: &[u8]) -> (Arc<Expansion>, bool) {
        let before = self.before.as_ref();
        self.expansions.get(token, before.map(Before::memo), |old| {
            let found = |found: &mut dyn FnMut(u32, Agreement)| match (before, old) {
                (Some(before), Some(old)) => before.within_reach(token, &old, found),
                _ => self.dictionary.within_reach(token, found),
            };
            let mut made = Expansion::of(token, &self.dictionary, &self.index.joined, &self.weights.name, found);
            made.split_tokens = self.split_tokens(token, made.split);
            made.place(&self.index.postings);
            made
        })
    }

    /// The rarest token of every run of listed tokens that, joined, are `token`: a name that has the
    /// run has that token.
    fn split_tokens(&self, token: &[u8], split: Option<Split>) -> Option<Vec<u32>> {
        /// Names of a row that are looked through.
        const MOST: usize = 256;
        let names = split.map_or(&[][..], |s| self.index.joined.row(s.row));
        if names.len() > MOST {
            return None;
        }
        if names.is_empty() {
            return Some(Vec::new());
        }
        let (mut ids, mut joined, mut key) = (Vec::new(), Vec::new(), Vec::new());
        let wanted = joined_key(token, &mut key);
        for &name in names {
            let tokens = self.names.tokens(name);
            for (from, to) in runs(tokens.len()) {
                joined.clear();
                (from..=to).for_each(|j| joined.extend_from_slice(self.dictionary.token(tokens.get(j).id())));
                if joined_key(&joined, &mut key) == wanted {
                    ids.extend((from..=to).map(|j| tokens.get(j).id()).min_by_key(|id| (self.dictionary.holders(*id), *id)));
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Some(ids)
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

fn nationality_bits(listed: &Listed, weights: &Weights) -> HashMap<u32, f32, FixedState> {
    let w = &weights.nationality;
    let mut counts: HashMap<u32, u32, FixedState> = HashMap::default();
    for code in listed.all_nationalities() {
        *counts.entry(code).or_default() += 1;
    }
    // A few hundred entities of background keep small lists from saying too much.
    let total = listed.len() as f32 + 300.0;
    counts
        .into_iter()
        .map(|(code, n)| (code, (w.m * total / (n as f32 + 300.0 * w.background)).log2().clamp(0.1, w.max)))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Cursor;

    use arrow::ipc::reader::FileReader;
    use arrow::ipc::writer::FileWriter;

    use super::*;
    use crate::{Matcher, NameKind, PartialDate, Subject};

    fn entities() -> Vec<Entity> {
        let of = |id: usize, names: &[&str], birth_dates: Vec<PartialDate>| Entity {
            id: id.to_string(),
            list: ["a", "b"][id % 2].into(),
            kind: EntityKind::Person,
            names: names.iter().map(|n| EntityName { text: (*n).into(), kind: NameKind::Primary }).collect(),
            birth_dates,
            nationalities: vec!["NOR".into()],
            sex: None,
            documents: vec![],
            birth_places: vec!["Bergen".into()],
            programmes: vec![],
        };
        let day = |m, d| PartialDate::day(1972, m, d).unwrap();
        vec![
            of(0, &["SMITH, John", "ABD AL RAHMAN"], vec![]),
            of(1, &["QUIST, Ann"], vec![day(5, 31)]),
            of(2, &["HALVORSEN, Inga"], vec![day(1, 2), day(3, 4)]),
            of(3, &["HALVORSEN, Ingrid"], vec![day(1, 2)]),
        ]
    }

    #[test]
    fn entities_stand_by_birth_date_and_come_back_as_they_were() {
        let generation = Generation::build(entities()).unwrap();
        let ids: Vec<_> = (0..4).map(|e| generation.entity_id(e)).collect();
        assert_eq!(ids, ["3", "1", "2", "0"]);
        let mut back: Vec<_> = (0..4).map(|e| generation.entity(e)).collect();
        back.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(back, entities());
        assert_eq!(generation.lists().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_written_generation_opens_and_a_damaged_one_does_not() {
        let generation = Generation::build(entities()).unwrap();
        let row = generation.to_row().unwrap();
        let mut file = Vec::new();
        let mut writer = FileWriter::try_new(&mut file, &row.schema()).unwrap();
        writer.write(&row).unwrap();
        writer.finish().unwrap();
        drop(writer);
        let row = FileReader::try_new(Cursor::new(&file), None).unwrap().next().unwrap().unwrap();
        let opened = Arc::new(Generation::open(&row).unwrap());
        assert_eq!(opened.id(), generation.id());
        let mut found = vec![];
        Matcher::new(opened).find(&Subject { surname: "HALVORSEN INGA", ..Subject::default() }, 20.0, &mut found);
        assert_eq!(found.first().map(|f| f.0), Some(2));
        let said = |metadata: &[(&str, &str)]| {
            let metadata = metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            let schema = row.schema_ref().as_ref().clone().with_metadata(metadata);
            RecordBatch::try_new(Arc::new(schema), row.columns().to_vec()).unwrap()
        };
        assert!(matches!(Generation::open(&said(&[("format", FORMAT)])), Err(GenerationError::Digest { .. })));
        assert!(matches!(Generation::open(&said(&[])), Err(GenerationError::Format { .. })));
    }
}
