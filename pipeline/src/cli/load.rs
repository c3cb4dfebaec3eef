//! Loads watchlists and scenarios for a command, and says on stderr what it found.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tamis::decode::Neutral;
use tamis::error::Error;
use tamis::lists::ListsRead;
use tamis_operators::scenario::{ScenarioError, ScenarioSet};
use tamis_operators::watchlist::{Entity, EntityKind, EntityName, Generation, NameKind, PartialDate, Weights};

use super::summary::{grouped, plural};
use super::talk;

/// Least weight of a hit unless the person says otherwise, in bits.
pub(crate) const MIN_BITS: f32 = 24.0;

/// Refuses thresholds that are no number.
pub(crate) fn check_bits(bits: f32) -> Result<(), Error> {
    if bits.is_finite() { Ok(()) } else { Err(Error::Usage("--min-bits must be a number of bits, for example 24".into())) }
}

/// Reads and compiles watchlists, with the shipped weights or those of a file; or opens a compiled
/// generation, which has its own.
pub(crate) fn watchlist(paths: &[PathBuf], weights: Option<&Path>) -> Result<Arc<Generation>, Error> {
    let refused = |e: tamis::lists::ListError| Error::Watchlist(e.to_string());
    if let [only] = paths
        && weights.is_none()
        && tamis::lists::is_compiled(only).map_err(refused)?
    {
        let generation = tamis::lists::open_compiled(only).map_err(refused)?;
        talk(format_args!(
            "generation {}: {} entities, {} names from {}",
            generation.id(),
            grouped(generation.len() as u64),
            grouped(generation.name_count() as u64),
            only.display(),
        ));
        return Ok(Arc::new(generation));
    }
    for path in paths {
        if weights.is_none() && tamis::lists::is_compiled(path).map_err(refused)? {
            talk(format_args!("note: {} is compiled anew beside the other lists, with the shipped weights", path.display()));
        }
    }
    let weights = tamis::weights::read(weights)?;
    compile(lists(paths)?.entities, weights)
}

/// Reads watchlists.
pub(crate) fn lists(paths: &[PathBuf]) -> Result<ListsRead, Error> {
    let lists = tamis::lists::read_all(paths).map_err(|e| Error::Watchlist(e.to_string()))?;
    for read in &lists.reads {
        let report = &read.report;
        talk(format_args!(
            "watchlist {}: {} entities, {} names from {}",
            read.list,
            grouped(report.entities as u64),
            grouped(report.names as u64),
            read.path.display(),
        ));
    }
    Ok(lists)
}

pub(crate) fn compile(entities: Vec<Entity>, weights: Weights) -> Result<Arc<Generation>, Error> {
    Generation::build_with(entities, weights).map(Arc::new).map_err(|e| Error::Watchlist(e.to_string()))
}

/// Reads scenarios; the starter set where no folder is given.
pub(crate) fn scenarios(folder: Option<&Path>) -> Result<ScenarioSet, Error> {
    let set = match folder {
        Some(folder) => tamis::scenarios::load_dir(folder),
        None => tamis::scenarios::starter(),
    };
    let set = set.and_then(ScenarioSet::new).map_err(|errors: Vec<ScenarioError>| {
        Error::Scenario(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n       "))
    })?;
    talk(format_args!("scenarios: {}, set {}", plural(set.len() as u64, "scenario"), set.id()));
    Ok(set)
}

/// Reads mapping files; all are checked before anything runs.
pub(crate) fn mappings(paths: &[PathBuf]) -> Result<Arc<Neutral>, Error> {
    let mut neutral = Neutral::default();
    for path in paths {
        let text = std::fs::read_to_string(path).map_err(|e| Error::input(path, &e))?;
        neutral.add(&path.display().to_string(), &text).map_err(Error::Usage)?;
    }
    Ok(Arc::new(neutral))
}

/// A list of nobody, to plan with where no list is given.
pub(crate) fn made_up_watchlist() -> Result<Arc<Generation>, Error> {
    let entity = |n: u32| Entity {
        id: format!("made-up-{n}"),
        list: "made_up".into(),
        kind: EntityKind::Person,
        names: vec![EntityName { text: format!("NOBODY, Number {n}"), kind: NameKind::Primary }],
        birth_dates: PartialDate::day(1970, 1, 1).into_iter().collect(),
        nationalities: Vec::new(),
        sex: None,
        documents: Vec::new(),
        birth_places: Vec::new(),
        programmes: Vec::new(),
    };
    compile((1..=3).map(entity).collect(), tamis::weights::read(None)?)
}
