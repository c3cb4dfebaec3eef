//! Lists and scenarios of a service: read at the start, and again when their files change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tamis_operators::scenario::{ScenarioError, ScenarioSet};
use tamis_operators::watchlist::{Entity, Generation, MinBits, shrunk};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::screen::{Screening, Strategy};
use crate::{lists, scenarios, weights};

/// What the files looked like: paths, sizes and times of writing.
pub(super) type Look = Vec<(PathBuf, u64, SystemTime)>;

/// The screening that the next epoch opens with.
#[derive(Debug)]
pub(super) struct Slot(Mutex<Arc<Screening>>);

impl Slot {
    pub(super) fn new(screening: Screening) -> Self {
        Self(Mutex::new(Arc::new(screening)))
    }

    /// The screening in force.
    pub(super) fn get(&self) -> Arc<Screening> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another one from the next epoch on. The old one lives until its last epoch is through.
    pub(super) fn set(&self, screening: Screening) {
        let new = Arc::new(screening);
        let old = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), new);
        drop(old);
    }
}

/// Where lists and scenarios lie, and how they are put together.
#[derive(Debug, Clone)]
pub(super) struct Loader {
    lists: Vec<PathBuf>,
    weights: Option<PathBuf>,
    scenarios: Option<PathBuf>,
    min_bits: f32,
    by_list: Vec<(String, f32)>,
    most_shrinkage: f64,
    /// For what a generation remembers of names.
    name_bytes: usize,
}

impl Loader {
    pub(super) fn new(config: &Config) -> Self {
        let given = |path: &PathBuf| (!path.as_os_str().is_empty()).then(|| path.clone());
        Self {
            lists: config.watchlist.paths.clone(),
            weights: given(&config.watchlist.weights),
            scenarios: given(&config.scenarios.folder),
            min_bits: config.watchlist.min_bits,
            by_list: config.watchlist.min_bits_by_list.clone().into_iter().collect(),
            most_shrinkage: config.watchlist.most_shrinkage,
            name_bytes: config.limits.name_mebibytes << 20,
        }
    }

    /// Reads and compiles the lists, or opens a compiled generation.
    ///
    /// # Errors
    /// [`Error::Watchlist`] names file and line; [`Error::Usage`] a wrong weight.
    pub(super) fn generation(&self) -> Result<Generation> {
        let refused = |e: lists::ListError| Error::Watchlist(e.to_string());
        if let ([only], None) = (self.lists.as_slice(), &self.weights)
            && lists::is_compiled(only).map_err(refused)?
        {
            return Ok(lists::open_compiled(only).map_err(refused)?.remembering(self.name_bytes));
        }
        let weights = weights::read(self.weights.as_deref())?;
        let entities: Vec<Entity> = lists::read_all(&self.lists).map_err(refused)?.entities;
        let built = Generation::build_with(entities, weights).map_err(|e| Error::Watchlist(e.to_string()))?;
        Ok(built.remembering(self.name_bytes))
    }

    /// Reads the scenarios.
    ///
    /// # Errors
    /// [`Error::Scenario`] with every fault, one a line.
    pub(super) fn scenarios(&self) -> Result<ScenarioSet> {
        let set = match &self.scenarios {
            Some(folder) => scenarios::load_dir(folder),
            None => scenarios::starter(),
        };
        set.and_then(ScenarioSet::new).map_err(|errors: Vec<ScenarioError>| {
            Error::Scenario(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n       "))
        })
    }

    /// Puts both together and plans with them.
    ///
    /// # Errors
    /// A threshold for a list that is not there; a scenario that cannot be typed.
    pub(super) fn screening(&self, generation: Arc<Generation>, scenarios: ScenarioSet) -> Result<Screening> {
        let min_bits = MinBits::by_list(&generation, self.min_bits, &self.by_list)
            .map_err(|e| Error::Usage(format!("watchlist.min_bits_by_list: {e}")))?;
        Screening::try_new(generation, scenarios, min_bits, Strategy::Index)
    }

    /// Refuses a generation in which a list has lost too much: an empty download would let everyone through.
    ///
    /// # Errors
    /// [`Error::Watchlist`] with the lists and their sizes.
    pub(super) fn guard(&self, old: &Generation, new: &Generation) -> Result<()> {
        let shrunk = shrunk(old, new, self.most_shrinkage);
        if shrunk.is_empty() {
            return Ok(());
        }
        let what_now = "look at the lists, and start again if that is right";
        Err(Error::Watchlist(format!("shrunk by more than watchlist.most_shrinkage: {shrunk}; {what_now}")))
    }

    /// What the files of the lists look like now.
    pub(super) fn look_at_lists(&self) -> Look {
        look(self.lists.iter().chain(&self.weights))
    }

    /// What the files of the scenarios look like now.
    pub(super) fn look_at_scenarios(&self) -> Look {
        look(&self.scenarios)
    }
}

/// Files, and those in folders, sorted. What cannot be looked at is left out: then it looks changed.
fn look<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Look {
    let mut all = Vec::new();
    let mut add = |path: &Path| {
        if let Ok(about) = fs::metadata(path) {
            all.push((path.to_owned(), about.len(), about.modified().unwrap_or(SystemTime::UNIX_EPOCH)));
        }
    };
    for path in paths {
        match fs::read_dir(path) {
            Ok(entries) => entries.flatten().for_each(|e| add(&e.path())),
            Err(_) => add(path),
        }
    }
    all.sort();
    all
}
