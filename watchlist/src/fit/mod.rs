//! Fits the weights file: m and u of every level, and the variant table, from lists and pairs.
//!
//! Pairs of names of one person are a mixture of the same name spelt otherwise and of another name
//! altogether; expectation maximisation over the alignments separates them ([`em`]). People who
//! are on several lists show how birth dates, nationalities and sexes agree. What chance does is
//! seen in random pairs. What was fitted is then held against the strangers who look most alike,
//! and taken as far as it tells them apart better ([`hold`]). Nothing here is used while screening: a fit writes a file.

mod calibration;
pub(super) mod edit;
mod em;
mod hold;
mod names;
mod observe;
mod pairs;
mod persons;
mod report;
mod rng;
mod variants;

use toml::{Table, Value};

pub use calibration::{Curve, Point, Rate};
pub use variants::VariantPair;

use super::{Entity, GenerationError, PartialDate, Sex, Weights};
use pairs::NameTable;
use rng::Rng;

/// A person as somebody reports them: a labelled pair, or a member of a population.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reported {
    /// `SURNAME, GIVEN NAMES`, or the name as one text.
    pub name: String,
    /// Birth date; `None` is unknown.
    pub birth_date: Option<PartialDate>,
    /// Nationality, ISO 3166-1 alpha-3.
    pub nationality: Option<String>,
    /// Sex.
    pub sex: Option<Sex>,
}

/// Where random pairs come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Two listed persons.
    Lists,
    /// A traveller of the population and a listed person.
    Population,
}

/// One entry of the weights file, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelFit {
    /// Section of the file.
    pub section: &'static str,
    /// Key in it.
    pub key: String,
    /// Share of true pairs; `None` where the entry is no such thing.
    pub m: Option<f64>,
    /// Share of random pairs; `None` where it differs from token to token.
    pub u: Option<f64>,
    /// log2(m/u), on average over the true pairs; `None` where nothing was seen.
    pub bits: Option<f64>,
    /// Expected number in true pairs.
    pub in_true: f64,
    /// Number in random pairs.
    pub in_random: f64,
    /// The entry that was there.
    pub before: f64,
    /// The entry that is written.
    pub after: f64,
    /// What was made of it.
    pub note: &'static str,
}

/// Everything that a fit found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Entries of the file, in the order of the report.
    pub levels: Vec<LevelFit>,
    /// Tokens that stand for each other.
    pub variants: Vec<VariantPair>,
    /// Listed names of persons.
    pub names: usize,
    /// Pairs of names of one person that were compared.
    pub name_pairs: usize,
    /// Share of them that are the same name.
    pub same_name: f64,
    /// Rounds of the estimation until nothing moved.
    pub rounds: usize,
    /// Random pairs of names that share a token.
    pub random_pairs: usize,
    /// Reported names whose most similar stranger the weights were held against.
    pub strangers: usize,
    /// Where they come from.
    pub source: Source,
    /// Pairs of entities with one name on several lists.
    pub person_pairs: usize,
    /// Share of them that are one person.
    pub same_person: f64,
    /// Pairs that somebody has judged.
    pub labelled_pairs: usize,
}

/// Why nothing was fitted.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The weights to start from.
    #[error("weights: {0}")]
    Weights(String),
    /// The lists.
    #[error(transparent)]
    Generation(#[from] GenerationError),
    /// Nobody has two names.
    #[error("no person of the lists has a second name: give lists with aliases, or judged pairs")]
    NoPairs,
}

/// Fits the weights that `base` (the text of a weights file) has, on the persons of `entities`, and
/// on `labelled` pairs of somebody who was reported and the ordinal of the entity that they are.
/// `population` are travellers who are on no list; without them chance is that between the listed.
/// The same input and seed give the same fit.
///
/// # Errors
/// [`FitError`]
pub fn fit(
    entities: &[Entity],
    labelled: &[(Reported, u32)],
    population: &[Reported],
    base: &str,
    seed: u64,
) -> Result<Fit, FitError> {
    let weights = Weights::parse(base).map_err(FitError::Weights)?;
    let table: Table = toml::from_str(base).map_err(|e| FitError::Weights(e.message().to_owned()))?;
    let mut rng = Rng::new(seed);
    let mut names = NameTable::build(entities, &weights)?;
    let mut pairs = names.alias_pairs();
    pairs.extend(names.labelled_pairs(labelled));
    if pairs.is_empty() {
        return Err(FitError::NoPairs);
    }
    let (random, source) = names.random_pairs(population, &mut rng);
    let empty = Table::new();
    let of_file = table.get("name").and_then(Value::as_table).unwrap_or(&empty);
    let mut of_names = names::fit(&pairs, &random, of_file);
    let (strangers, asked) = names.strangers(population, &mut rng);
    hold::Judge::new(&pairs, &of_names.mixture.posterior, &strangers, asked, of_file).hold(&mut of_names.levels);
    let of_persons = persons::fit(entities, labelled, population, &weights, &table, &mut rng);
    let variants = variants::find(&pairs, &of_names.mixture.posterior);
    Ok(Fit {
        levels: of_names.levels.into_iter().chain(of_persons.levels).collect(),
        variants,
        names: names.len(),
        name_pairs: pairs.len(),
        same_name: of_names.mixture.share,
        rounds: of_names.mixture.rounds,
        random_pairs: random.len(),
        strangers: asked,
        source,
        person_pairs: of_persons.pairs,
        same_person: of_persons.share,
        labelled_pairs: labelled.len(),
    })
}

/// A number of a section.
fn number(table: &Table, key: &str) -> Option<f64> {
    table.get(key).and_then(|v| v.as_float().or_else(|| v.as_integer().map(|n| n as f64)))
}

impl Fit {
    /// The weights file: `base` with the fitted entries, the variant table and the provenance
    /// (lines of `key = value`) in place of its own. Everything else stays, comments too.
    pub fn apply(&self, base: &str, version: &str, provenance: &str) -> String {
        let mut text = edit::without(&edit::without(base, "variants"), "provenance");
        text = edit::set(&text, None, "version", &format!("\"{version}\""));
        // What did not change keeps the way it is written.
        for level in self.levels.iter().filter(|l| written(l.after) != written(l.before)) {
            text = edit::set(&text, Some(level.section), &level.key, &written(level.after));
        }
        let mut text = text.trim_end().to_owned();
        text.push_str("\n\n[provenance]\n");
        text.push_str(provenance.trim_end());
        text.push_str("\n\n[variants]\n# Tokens that stand for each other: they align between names of one person, with several\n# people, and no rule of spelling says so.\npairs = [\n");
        for v in &self.variants {
            text.extend(["  [\"", &v.tokens[0], "\", \"", &v.tokens[1], "\"],\n"]);
        }
        text.push_str("]\n");
        text
    }
}

/// As many digits as a person cares for; always with a point.
fn written(value: f64) -> String {
    let text = format!("{:.3}", value + 0.0);
    let short = text.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
}
