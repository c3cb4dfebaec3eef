//! The least weight of a hit: one for all lists, or another for some of them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::generation::Generation;
use super::matcher::Matcher;
use super::subject::Subject;

/// A list that the generation does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no watchlist {name}{}", match nearest { Some(n) => format!(", did you mean {n}"), None => format!("; there are {}", known.join(", ")) })]
pub struct UnknownList {
    /// The name that was given.
    pub name: String,
    /// The list with the most similar name, where one is similar at all.
    pub nearest: Option<String>,
    /// All lists of the generation, in alphabetical order.
    pub known: Vec<String>,
}

/// The least weight of a hit in bits, which may differ from list to list. Cheap to clone.
///
/// Entities are searched for with the least of all thresholds and then held against that of
/// their own list, in the index and in the nested loop alike, so both give the same hits.
#[derive(Clone)]
pub struct MinBits {
    others: f32,
    by_list: Arc<[(String, f32)]>,
    /// The threshold of each entity, by ordinal; `None` where all have the same.
    of_entity: Option<Arc<[f32]>>,
}

impl MinBits {
    /// The same threshold for all lists.
    pub fn all(bits: f32) -> Self {
        Self { others: bits, by_list: Arc::new([]), of_entity: None }
    }

    /// `others` bits for every list of the generation but those of `by_list`. Where a list is
    /// named twice, the last one holds.
    ///
    /// # Errors
    /// [`UnknownList`] for a name that no entity of the generation has.
    pub fn by_list(generation: &Generation, others: f32, by_list: &[(String, f32)]) -> Result<Self, UnknownList> {
        if by_list.is_empty() {
            return Ok(Self::all(others));
        }
        let known: Vec<&str> = generation.lists().collect();
        let bits_of = |list: &str| by_list.iter().rev().find(|(name, _)| name == list).map_or(others, |l| l.1);
        let of_entity: Vec<f32> = (0..generation.len() as u32).map(|e| bits_of(generation.list(e))).collect();
        if let Some((name, _)) = by_list.iter().find(|(name, _)| known.binary_search(&name.as_str()).is_err()) {
            let similar = known.iter().map(|k| (strsim::jaro_winkler(k, name), k)).max_by(|a, b| a.0.total_cmp(&b.0));
            return Err(UnknownList {
                name: name.clone(),
                nearest: similar.filter(|s| s.0 > 0.7).map(|s| (*s.1).to_owned()),
                known: known.into_iter().map(str::to_owned).collect(),
            });
        }
        Ok(Self { others, by_list: by_list.into(), of_entity: Some(of_entity.into()) })
    }

    /// The threshold of lists that have none of their own.
    pub fn others(&self) -> f32 {
        self.others
    }

    /// The least threshold of all.
    pub fn least(&self) -> f32 {
        self.by_list.iter().map(|l| l.1).fold(self.others, f32::min)
    }

    /// The threshold of an entity.
    pub fn of(&self, entity: u32) -> f32 {
        self.of_entity.as_ref().and_then(|bits| bits.get(entity as usize)).copied().unwrap_or(self.others)
    }

    /// Whether no threshold is NaN.
    pub fn is_number(&self) -> bool {
        !self.others.is_nan() && self.by_list.iter().all(|l| !l.1.is_nan())
    }

    /// Appends the entities that reach the threshold of their list, by ascending ordinal.
    pub fn find(&self, matcher: &mut Matcher, subject: &Subject<'_>, nested_loop: bool, out: &mut Vec<(u32, f32)>) {
        let from = out.len();
        if nested_loop {
            matcher.find_nested_loop(subject, self.least(), out);
        } else {
            matcher.find(subject, self.least(), out);
        }
        if self.of_entity.is_some() {
            let mut kept = from;
            for i in from..out.len() {
                if out[i].1 >= self.of(out[i].0) {
                    out[kept] = out[i];
                    kept += 1;
                }
            }
            out.truncate(kept);
        }
    }

    fn key(&self) -> (u32, impl Iterator<Item = (&str, u32)>) {
        (self.others.to_bits(), self.by_list.iter().map(|(list, bits)| (list.as_str(), bits.to_bits())))
    }
}

impl From<f32> for MinBits {
    fn from(bits: f32) -> Self {
        Self::all(bits)
    }
}

/// `24`, or `24, ofac_sdn=20`.
impl fmt::Display for MinBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.others)?;
        self.by_list.iter().try_for_each(|(list, bits)| write!(f, ", {list}={bits}"))
    }
}

impl fmt::Debug for MinBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for MinBits {
    fn eq(&self, other: &Self) -> bool {
        let ((a, x), (b, y)) = (self.key(), other.key());
        a == b && x.eq(y)
    }
}

impl Eq for MinBits {}

impl Hash for MinBits {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (others, by_list) = self.key();
        others.hash(state);
        by_list.for_each(|l| l.hash(state));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Entity, EntityKind, EntityName, NameKind};

    fn generation() -> Arc<Generation> {
        let entity = |id: usize, list: &str| Entity {
            id: id.to_string(),
            list: list.into(),
            kind: EntityKind::Person,
            names: vec![EntityName { text: "HALVORSEN, Ingrid".into(), kind: NameKind::Primary }],
            birth_dates: vec![],
            nationalities: vec![],
            sex: None,
            documents: vec![],
            birth_places: vec![],
            programmes: vec![],
        };
        let lists = ["ofac_sdn", "ofac_sdn", "un_sc", "ofac_sdn", "eu_fsf"];
        Arc::new(Generation::build(lists.iter().enumerate().map(|(i, l)| entity(i, l)).collect()).unwrap())
    }

    #[test]
    fn each_list_is_held_against_its_own_threshold() {
        let generation = generation();
        let mut matcher = Matcher::new(Arc::clone(&generation));
        let subject = Subject { surname: "HALVORSEN", given_names: Some("INGRID"), ..Subject::default() };
        for (others, by_list, expected) in [
            (5.0, vec![], vec![0, 1, 2, 3, 4]),
            (1000.0, vec![], vec![]),
            (1000.0, vec![("un_sc".to_owned(), 5.0)], vec![2]),
            (5.0, vec![("ofac_sdn".to_owned(), 1000.0)], vec![2, 4]),
            (5.0, vec![("ofac_sdn".to_owned(), 1000.0), ("ofac_sdn".to_owned(), 6.0)], vec![0, 1, 2, 3, 4]),
        ] {
            let min_bits = MinBits::by_list(&generation, others, &by_list).unwrap();
            for nested_loop in [false, true] {
                let mut found = vec![];
                min_bits.find(&mut matcher, &subject, nested_loop, &mut found);
                assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), expected, "{min_bits} {nested_loop}");
            }
        }
    }

    #[test]
    fn a_list_that_is_not_there_is_refused_with_the_nearest() {
        let refused = |name: &str| MinBits::by_list(&generation(), 24.0, &[(name.to_owned(), 20.0)]).unwrap_err().to_string();
        assert_eq!(refused("ofac_snd"), "there is no watchlist ofac_snd, did you mean ofac_sdn");
        assert_eq!(refused("zzz"), "there is no watchlist zzz; there are eu_fsf, ofac_sdn, un_sc");
    }
}
