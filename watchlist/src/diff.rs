//! What changed between two generations: what came, what went, and which fields differ.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::entity::Entity;
use super::generation::Generation;

/// What became of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Only the newer generation has it.
    Added,
    /// Only the older generation has it.
    Removed,
    /// Both have it, and these fields differ: `names`, `birth_dates`, `nationalities`, `sex`,
    /// `documents`, `birth_places`, `programmes`, `kind`.
    Changed(Vec<&'static str>),
}

/// One entity that is not the same in two generations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// List of the entity.
    pub list: String,
    /// The publisher's identifier.
    pub id: String,
    /// Its first name, from the newer generation where that has it.
    pub name: String,
    /// What became of it.
    pub change: Change,
}

/// Entities of one list in the older and the newer generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListSize {
    /// Entities before.
    pub old: u64,
    /// Entities after.
    pub new: u64,
}

impl ListSize {
    /// Share of the entities before that are no longer there in number: 0.25 where a quarter has
    /// gone; 0 where the list grew or is new.
    pub fn shrinkage(self) -> f64 {
        if self.old <= self.new { 0.0 } else { (self.old - self.new) as f64 / self.old as f64 }
    }
}

/// The lists that have lost more than this share of their entities, with both sizes, for people; empty
/// where none has. An empty download would let everyone through.
pub fn shrunk(old: &Generation, new: &Generation, most_shrinkage: f64) -> String {
    let shrunk: Vec<String> = list_sizes(old, new)
        .into_iter()
        .filter(|(_, size)| size.shrinkage() > most_shrinkage)
        .map(|(list, size)| format!("{list} from {} to {} entities", size.old, size.new))
        .collect();
    shrunk.join(", ")
}

/// Sizes of all lists of either generation, by name.
pub fn list_sizes(old: &Generation, new: &Generation) -> BTreeMap<String, ListSize> {
    let mut sizes: BTreeMap<String, ListSize> = BTreeMap::new();
    for (list, count) in old.list_counts() {
        sizes.entry(list.to_owned()).or_default().old = count;
    }
    for (list, count) in new.list_counts() {
        sizes.entry(list.to_owned()).or_default().new = count;
    }
    sizes
}

/// All entities that are not the same, by list and identifier. The order of names, dates and
/// documents within an entity counts as no change; that of the first name does.
pub fn diff(old: &Generation, new: &Generation) -> Vec<Difference> {
    let mut before: HashMap<(&str, &str), u32, FixedState> =
        (0..old.len() as u32).map(|e| ((old.list(e), old.entity_id(e)), e)).collect();
    let mut out = Vec::new();
    let mut push = |entity: Entity, change| {
        let name = entity.names.into_iter().next().map_or_else(String::new, |n| n.text);
        out.push(Difference { list: entity.list, id: entity.id, name, change });
    };
    for e in 0..new.len() as u32 {
        let entity = new.entity(e);
        match before.remove(&(new.list(e), new.entity_id(e))) {
            None => push(entity, Change::Added),
            Some(was) => {
                let fields = changed(&old.entity(was), &entity);
                if !fields.is_empty() {
                    push(entity, Change::Changed(fields));
                }
            }
        }
    }
    for e in before.into_values() {
        push(old.entity(e), Change::Removed);
    }
    out.sort_by(|a, b| (&a.list, &a.id).cmp(&(&b.list, &b.id)));
    out
}

fn changed(old: &Entity, new: &Entity) -> Vec<&'static str> {
    fn same<T, K: Ord>(a: &[T], b: &[T], key: impl Fn(&T) -> K) -> bool {
        let sorted = |values: &[T]| {
            let mut keys: Vec<K> = values.iter().map(&key).collect();
            keys.sort();
            keys
        };
        a.len() == b.len() && sorted(a) == sorted(b)
    }
    let names = |e: &Entity| e.names.first().map(|n| n.text.clone());
    let fields = [
        ("kind", old.kind == new.kind),
        ("names", names(old) == names(new) && same(&old.names, &new.names, |n| (n.text.clone(), n.kind))),
        ("birth_dates", same(&old.birth_dates, &new.birth_dates, |d| *d)),
        ("nationalities", same(&old.nationalities, &new.nationalities, Clone::clone)),
        ("sex", old.sex == new.sex),
        ("documents", same(&old.documents, &new.documents, |d| (d.kind, d.number.clone(), d.issuer.clone()))),
        ("birth_places", same(&old.birth_places, &new.birth_places, Clone::clone)),
        ("programmes", same(&old.programmes, &new.programmes, Clone::clone)),
    ];
    fields.into_iter().filter(|f| !f.1).map(|f| f.0).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{EntityKind, EntityName, NameKind, PartialDate};

    fn entity(id: &str, names: &[&str], years: &[i16]) -> Entity {
        Entity {
            id: id.into(),
            list: "a".into(),
            kind: EntityKind::Person,
            names: names.iter().map(|n| EntityName { text: (*n).into(), kind: NameKind::Primary }).collect(),
            birth_dates: years.iter().map(|y| PartialDate::year(*y)).collect(),
            nationalities: vec![],
            sex: None,
            documents: vec![],
            birth_places: vec![],
            programmes: vec![],
        }
    }

    #[test]
    fn what_came_went_and_changed_is_named() {
        let old = [entity("1", &["A B", "C"], &[1970, 1971]), entity("2", &["D"], &[]), entity("3", &["E"], &[])];
        let new = [entity("1", &["A B", "C"], &[1971, 1970]), entity("3", &["E", "F"], &[1980]), entity("4", &["G"], &[])];
        let (old, new) = (Generation::build(old.to_vec()).unwrap(), Generation::build(new.to_vec()).unwrap());
        let found: Vec<_> = diff(&old, &new).into_iter().map(|d| (d.id, d.name, d.change)).collect();
        let expected =
            [("2", "D", Change::Removed), ("3", "E", Change::Changed(vec!["names", "birth_dates"])), ("4", "G", Change::Added)];
        assert_eq!(found, expected.map(|(id, name, change)| (id.to_owned(), name.to_owned(), change)));
        assert_eq!(diff(&old, &old), []);
        assert_eq!(list_sizes(&old, &new)["a"], ListSize { old: 3, new: 3 });
        assert!((ListSize { old: 4, new: 3 }.shrinkage() - 0.25).abs() < 1e-9);
    }
}
