//! Birth date, nationality and sex: m from people who are on several lists, and from pairs that
//! somebody has judged; u from random pairs.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use toml::Table;

use super::em::{Group, Mixture, Observation, estimate};
use super::names::towards;
use super::pairs::heavy;
use super::rng::Rng;
use super::{LevelFit, Reported, number};
use crate::attributes;
use crate::name::Tokens;
use crate::{Entity, EntityKind, PartialDate, Sex, Weights};

/// Random pairs that are drawn: two dates agree once in twenty thousand.
const RANDOM: usize = 1_000_000;
/// A level that was expected less often keeps its weight.
const FEWEST: f64 = 30.0;
/// Entities of one name that are compared with each other; more are another matter than a person.
const MOST_OF_ONE_NAME: usize = 8;

/// No name says more for or against one person: the tokens of a name are not independent.
const MOST_BITS: f64 = 12.0;

/// How much both dates say: levels are shares of pairs that could have had them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    Circa,
    Year,
    Month,
    Day,
}

/// One outcome of one comparison.
type Outcome = (&'static str, Option<Precision>, &'static str);

/// What is compared of one person beside the name.
#[derive(Debug, Clone, Copy)]
struct Person<'a> {
    birth_dates: &'a [PartialDate],
    nationalities: &'a [String],
    sex: Option<Sex>,
}

impl<'a> From<&'a Entity> for Person<'a> {
    fn from(entity: &'a Entity) -> Self {
        Self { birth_dates: &entity.birth_dates, nationalities: &entity.nationalities, sex: entity.sex }
    }
}

impl<'a> From<&'a Reported> for Person<'a> {
    fn from(r: &'a Reported) -> Self {
        Self { birth_dates: r.birth_date.as_slice(), nationalities: r.nationality.as_slice(), sex: r.sex }
    }
}

/// What is known on both sides, and how it agrees.
fn compare(reported: Person<'_>, listed: Person<'_>, weights: &Weights) -> impl Iterator<Item = Outcome> {
    let date = reported.birth_dates.first().and_then(|&date| {
        let (listed, (level, _)) = attributes::birth_date(date, listed.birth_dates.iter().copied(), &weights.birth_date)?;
        let precision = match () {
            () if date.circa || listed.circa => Precision::Circa,
            () if date.day > 0 && listed.day > 0 => Precision::Day,
            () if date.month > 0 && listed.month > 0 => Precision::Month,
            () => Precision::Year,
        };
        Some(("birth_date", Some(precision), level))
    });
    let nationality = reported.nationalities.first().filter(|_| !listed.nationalities.is_empty());
    let agrees = |yes: bool| if yes { "agrees" } else { "differs" };
    let nationality = nationality.map(|n| ("nationality", None, agrees(listed.nationalities.contains(n))));
    let sex = reported.sex.zip(listed.sex).filter(|(a, b)| *a != Sex::Other && *b != Sex::Other);
    let sex = sex.map(|(a, b)| ("sex", None, agrees(a == b)));
    [date, nationality, sex].into_iter().flatten()
}

/// Pairs of entities of different lists that have a name of two tokens or more in common, whatever
/// the order of the tokens, with what the rarest such name says for one person, in bits.
fn on_several_lists(entities: &[Entity]) -> Vec<(u32, u32, f64)> {
    let mut by_name: HashMap<Vec<u8>, Vec<u32>, FixedState> = HashMap::default();
    let mut of_token: HashMap<Vec<u8>, f64, FixedState> = HashMap::default();
    let mut names = 0.0;
    let mut tokens = Tokens::default();
    for (ordinal, entity) in entities.iter().enumerate().filter(|(_, e)| e.kind == EntityKind::Person) {
        for name in &entity.names {
            let mut words = heavy(&name.text, &mut tokens);
            words.sort_unstable();
            names += 1.0;
            for word in &words {
                *of_token.entry_ref(word.as_slice()).or_default() += 1.0;
            }
            if words.len() >= 2 {
                let holders = by_name.entry(words.join(&b' ')).or_default();
                if holders.last() != Some(&(ordinal as u32)) {
                    holders.push(ordinal as u32);
                }
            }
        }
    }
    // Every entity might have been the other one: against that stands how rare the name is.
    let odds = (entities.len() as f64).log2();
    let mut pairs: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    for (name, holders) in by_name.iter().filter(|(_, h)| h.len() <= MOST_OF_ONE_NAME) {
        let rarity = |word: &[u8]| (names / of_token.get(word).copied().unwrap_or(1.0)).log2();
        let bits = (name.split(|b| *b == b' ').map(rarity).sum::<f64>() - odds).clamp(-MOST_BITS, MOST_BITS);
        for (i, &a) in holders.iter().enumerate() {
            for &b in &holders[i + 1..] {
                if entities[a as usize].list != entities[b as usize].list {
                    let held = pairs.entry((a.min(b), a.max(b))).or_insert(bits);
                    *held = held.max(bits);
                }
            }
        }
    }
    pairs.into_iter().map(|((a, b), bits)| (a, b, bits)).collect()
}

/// The fit of what is compared beside the name.
pub(super) struct PersonFit {
    pub levels: Vec<LevelFit>,
    /// Pairs of entities on several lists.
    pub pairs: usize,
    /// Share of them that are one person.
    pub share: f64,
}

/// Fits birth date, nationality and sex.
pub(super) fn fit(
    entities: &[Entity],
    labelled: &[(Reported, u32)],
    population: &[Reported],
    weights: &Weights,
    base: &Table,
    rng: &mut Rng,
) -> PersonFit {
    let mut by_chance: BTreeMap<Outcome, f64> = BTreeMap::new();
    let pairs = on_several_lists(entities);
    // One person on two lists is no chance.
    let same = |a: u32, b: u32| a == b || pairs.binary_search_by_key(&(a.min(b), a.max(b)), |p| (p.0, p.1)).is_ok();
    let persons: Vec<u32> = (0..entities.len() as u32).filter(|e| entities[*e as usize].kind == EntityKind::Person).collect();
    if persons.len() > 1 {
        for _ in 0..RANDOM {
            let ordinal = persons[rng.below(persons.len())];
            let listed = &entities[ordinal as usize];
            let reported = if population.is_empty() {
                let other = persons[rng.below(persons.len())];
                if same(ordinal, other) {
                    continue;
                }
                Person::from(&entities[other as usize])
            } else {
                Person::from(&population[rng.below(population.len())])
            };
            for outcome in compare(reported, listed.into(), weights) {
                *by_chance.entry(outcome).or_default() += 1.0;
            }
        }
    }
    let mut compared: Vec<(f64, f64, bool, Vec<Outcome>)> = Vec::new();
    for &(a, b, bits) in &pairs {
        for (reported, listed) in [(a, b), (b, a)] {
            let of = |i: u32| Person::from(&entities[i as usize]);
            compared.push((0.5, bits, false, compare(of(reported), of(listed), weights).collect()));
        }
    }
    for (reported, entity) in labelled {
        compared.push((1.0, 0.0, true, compare(reported.into(), (&entities[*entity as usize]).into(), weights).collect()));
    }
    for outcome in compared.iter().flat_map(|c| &c.3) {
        by_chance.entry(*outcome).or_insert(0.0);
    }

    // One group for each field and precision.
    let outcomes: Vec<Outcome> = by_chance.keys().copied().collect();
    let mut groups: Vec<Group> = Vec::new();
    let mut last = None;
    for (outcome, n) in &by_chance {
        if last != Some((outcome.0, outcome.1)) {
            groups.push(Group { u: Vec::new(), prior: Vec::new() });
            last = Some((outcome.0, outcome.1));
        }
        if let Some(group) = groups.last_mut() {
            group.u.push(n + 0.5);
            group.prior.push(0.5);
        }
    }
    for group in &mut groups {
        let all: f64 = group.u.iter().sum();
        group.u.iter_mut().for_each(|u| *u /= all);
    }
    let place = |o: &Outcome| outcomes.binary_search(o).ok().map(|k| (k, 1.0));
    let observations: Vec<Observation> = compared
        .iter()
        .map(|(weight, bits, labelled, seen)| Observation {
            weight: *weight,
            offset: *bits,
            labelled: *labelled,
            seen: seen.iter().filter_map(place).collect(),
        })
        .collect();
    let mixture = estimate(&observations, &groups, 0.8);
    let table = Shares { outcomes: &outcomes, mixture: &mixture, by_chance: &by_chance };
    PersonFit { levels: table.levels(base), pairs: pairs.len(), share: mixture.share }
}

struct Shares<'a> {
    outcomes: &'a [Outcome],
    mixture: &'a Mixture,
    by_chance: &'a BTreeMap<Outcome, f64>,
}

impl Shares<'_> {
    /// m, u and both counts of a level, over the pairs that could have had it.
    fn of(&self, field: &str, level: &str) -> Option<(f64, f64, f64, f64)> {
        let of_field = || self.outcomes.iter().enumerate().filter(|(_, o)| o.0 == field);
        let could: Vec<_> = of_field().filter(|(_, o)| o.2 == level).map(|(_, o)| o.1).collect();
        let (mut n_true, mut all_true, mut n_chance, mut all_chance) = (0.0, 0.0, 0.0, 0.0);
        for (k, outcome) in of_field().filter(|(_, o)| could.contains(&o.1)) {
            let (t, c) = (self.mixture.counts[k], self.by_chance.get(outcome).copied().unwrap_or(0.0));
            (all_true, all_chance) = (all_true + t, all_chance + c);
            if outcome.2 == level {
                (n_true, n_chance) = (n_true + t, n_chance + c);
            }
        }
        let share = |n: f64, all: f64| (n + 0.5) / (all + 1.0);
        (!could.is_empty()).then(|| (share(n_true, all_true), share(n_chance, all_chance), n_true, n_chance))
    }

    fn levels(&self, base: &Table) -> Vec<LevelFit> {
        let mut out = Vec::new();
        let known_of = |field: &str| -> f64 {
            self.outcomes.iter().zip(&self.mixture.counts).filter(|(o, _)| o.0 == field).map(|(_, n)| n).sum()
        };
        let section = |name: &str| base.get(name).and_then(toml::Value::as_table);
        for (field, level, key, is_share) in
            section("birth_date").into_iter().flat_map(Table::keys).map(|k| ("birth_date", k.as_str(), k.as_str(), false)).chain(
                [
                    ("nationality", "agrees", "m", true),
                    ("nationality", "differs", "differs", false),
                    ("sex", "agrees", "agrees", false),
                    ("sex", "differs", "differs", false),
                ],
            )
        {
            let Some(before) = section(field).and_then(|t| number(t, key)) else { continue };
            let (m, u, in_true, in_random) = self.of(field, level).unwrap_or((0.0, 0.0, 0.0, 0.0));
            let bits = (in_true > 0.0).then(|| (m / u).log2());
            // A level that speaks against a pair is rare in true ones: its field must be well known.
            let known = if level == "differs" { known_of(field) } else { in_true };
            let enough = known >= FEWEST;
            // Few of them do not outweigh what was believed.
            let fitted =
                if is_share { towards(before, m, known_of(field)) } else { towards(before, bits.unwrap_or(before), in_true) };
            out.push(LevelFit {
                section: field,
                key: key.to_owned(),
                m: Some(m),
                u: Some(u),
                bits,
                in_true,
                in_random,
                before,
                after: if enough { fitted } else { before },
                note: if enough { "log2(m/u), drawn to the old weight where pairs are few" } else { "too few: kept" },
            });
        }
        out
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{EntityName, NameKind, SHIPPED_WEIGHTS};

    fn entity(list: &str, id: usize, name: &str, birth: PartialDate) -> Entity {
        Entity {
            id: id.to_string(),
            list: list.into(),
            kind: EntityKind::Person,
            names: vec![EntityName { text: name.into(), kind: NameKind::Primary }],
            birth_dates: vec![birth],
            nationalities: vec![],
            sex: None,
            documents: vec![],
            birth_places: vec![],
            programmes: vec![],
        }
    }

    /// Two lists of the same people under rare names; every tenth date is swapped, every tenth another.
    #[test]
    fn people_on_two_lists_show_how_birth_dates_agree() {
        let mut rng = Rng::new(1);
        let mut entities = Vec::new();
        for i in 0..2000 {
            let mut date =
                || PartialDate::day(1940 + rng.below(60) as i16, 1 + rng.below(12) as u8, 1 + rng.below(28) as u8).unwrap();
            let (a, other) = (date(), date());
            let b = match i % 10 {
                0 if a.day <= 12 => PartialDate { month: a.day, day: a.month, ..a },
                1 => other,
                _ => a,
            };
            let letters: String = (0..4).map(|k| char::from(b'A' + (i >> (3 * k)) as u8 % 8)).collect();
            let name = format!("KAR{letters}OV, TEO{letters}");
            entities.push(entity("a", i, &name, a));
            entities.push(entity("b", i, &name, b));
        }
        let base: Table = toml::from_str(SHIPPED_WEIGHTS).unwrap();
        let weights = Weights::parse(SHIPPED_WEIGHTS).unwrap();
        let fit = fit(&entities, &[], &[], &weights, &base, &mut Rng::new(2));
        assert_eq!(fit.pairs, 2000);
        assert!(fit.share > 0.95, "{}", fit.share);
        let level = |key: &str| fit.levels.iter().find(|l| l.section == "birth_date" && l.key == key).unwrap();
        // 60 years of 336 days each.
        assert!((level("exact").bits.unwrap() - (0.8_f64 * 60.0 * 336.0).log2()).abs() < 0.6, "{:?}", level("exact"));
        assert!(level("exact").after > level("swapped").after && level("swapped").after > 5.0, "{:?}", level("swapped"));
        assert!((level("differs").bits.unwrap() + 3.3).abs() < 0.5, "{:?}", level("differs"));
        assert_eq!(level("circa").note, "too few: kept");
    }
}
