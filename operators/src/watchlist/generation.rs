use std::sync::Arc;

use arrow::array::RecordBatch;

use super::entity::Entity;
use super::subject::Subject;

/// Why a generation cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum GenerationError {
    /// There is nothing to screen against.
    #[error("the watchlists hold no entity")]
    Empty,
}

/// One immutable compiled set of all watchlists.
#[derive(Debug)]
pub struct Generation {
    id: String,
    table: RecordBatch,
}

/// One compared field.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceItem {
    /// `name`, `order`, `birth_date`, `nationality`, `sex` or `document`.
    pub field: &'static str,
    /// Value of the subject.
    pub reported: Option<String>,
    /// Value of the entity.
    pub listed: Option<String>,
    /// How far they agree.
    pub level: &'static str,
    /// log2(m/u).
    pub bits: f32,
}

/// Why a subject matches an entity: the terms of the sum, heaviest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Sum of the items.
    pub bits: f32,
    /// The listed name that weighs most.
    pub matched_name: String,
    /// Compared fields.
    pub items: Vec<EvidenceItem>,
}

impl Evidence {
    /// The waterfall in one line: `surname ABDULRAHMAN ~ ABD AL RAHMAN +9.1, … = 27.8 bits`.
    pub fn line(&self) -> String {
        String::new()
    }
}

impl Generation {
    /// Compiles entities; the order of the entities is kept.
    pub fn build(_entities: Vec<Entity>) -> Result<Self, GenerationError> {
        Err(GenerationError::Empty)
    }
    /// Digest of everything that was compiled in.
    pub fn id(&self) -> &str {
        &self.id
    }
    /// Number of entities.
    pub fn len(&self) -> usize {
        self.table.num_rows()
    }
    /// Never true: an empty generation is refused.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// One row an entity, in order: `entity` (UInt32, the ordinal), `entity_id`, `list`, `kind`,
    /// `name` (Utf8View), `names`, `birth_dates`, `nationalities`, `documents`, `programmes`
    /// (lists of Utf8View), `sex`.
    pub fn table(&self) -> &RecordBatch {
        &self.table
    }
}

/// Weighs subjects against one generation. Holds scratch space: one a thread.
#[derive(Debug)]
pub struct Matcher {
    generation: Arc<Generation>,
}

impl Matcher {
    /// A matcher over a generation.
    pub fn new(generation: Arc<Generation>) -> Self {
        Self { generation }
    }
    /// The generation it matches against.
    pub fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }
    /// Match weight of one pair, in bits. Finite.
    pub fn weigh(&mut self, _subject: &Subject<'_>, _entity: u32) -> f32 {
        0.0
    }
    /// All entities that weigh at least `min_bits`, by ascending ordinal, found through the index.
    pub fn find(&mut self, subject: &Subject<'_>, min_bits: f32, out: &mut Vec<(u32, f32)>) {
        self.find_nested_loop(subject, min_bits, out);
    }
    /// The same by weighing every entity: the oracle.
    pub fn find_nested_loop(&mut self, subject: &Subject<'_>, min_bits: f32, out: &mut Vec<(u32, f32)>) {
        for entity in 0..self.generation.len() as u32 {
            let bits = self.weigh(subject, entity);
            if bits >= min_bits {
                out.push((entity, bits));
            }
        }
    }
    /// Why: computed for hits only.
    pub fn evidence(&mut self, _subject: &Subject<'_>, _entity: u32) -> Evidence {
        Evidence { bits: 0.0, matched_name: String::new(), items: vec![] }
    }
}
