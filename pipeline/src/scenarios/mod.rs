//! Scenario files: reading, checking, and the starter set that ships with the binary.

mod check;
mod file;

use std::fs;
use std::path::Path;

use tamis_operators::scenario::{Scenario, ScenarioError};

pub use check::{CheckReport, check};
pub use file::parse;

/// The files of the starter set, embedded so that the binary needs nothing beside it.
const STARTER: &[(&str, &str)] = &[
    ("crew.toml", include_str!("../../scenarios/crew.toml")),
    ("documents.toml", include_str!("../../scenarios/documents.toml")),
    ("machine_readable_zone.toml", include_str!("../../scenarios/machine_readable_zone.toml")),
    ("report.toml", include_str!("../../scenarios/report.toml")),
    ("route.toml", include_str!("../../scenarios/route.toml")),
];

/// All scenarios of the `*.toml` files of one directory, files in the order of their names.
/// Files of other kinds and folders are left alone.
///
/// # Errors
/// Every fault of every file, with its line; a directory that cannot be read or holds no
/// scenario.
pub fn load_dir(directory: &Path) -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    let fault =
        |path: &Path, message: String| ScenarioError { file: path.display().to_string(), message, ..ScenarioError::default() };
    let entries =
        fs::read_dir(directory).map_err(|e| vec![fault(directory, format!("cannot read the scenario directory: {e}"))])?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| vec![fault(directory, format!("cannot read the scenario directory: {e}"))])?.path();
        if path.extension().is_some_and(|e| e == "toml") && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
    for path in &paths {
        let parsed = match fs::read_to_string(path) {
            Ok(text) => parse(&path.display().to_string(), &text),
            Err(e) => Err(vec![fault(path, format!("cannot read the scenario file: {e}"))]),
        };
        match parsed {
            Ok(more) => scenarios.extend(more),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() && scenarios.is_empty() {
        errors.push(fault(
            directory,
            "there is no scenario in any *.toml file here, give the directory that holds them".to_owned(),
        ));
    }
    if errors.is_empty() { Ok(scenarios) } else { Err(errors) }
}

/// The starter set.
///
/// # Errors
/// None in a binary whose tests have passed.
pub fn starter() -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
    for (name, text) in STARTER {
        match parse(&format!("starter/{name}"), text) {
            Ok(more) => scenarios.extend(more),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(scenarios) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::NaiveDate;
    use tamis_operators::schema::traveller_schema;

    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
    }

    #[test]
    fn the_starter_set_is_the_folder() {
        let ids = |scenarios: Vec<Scenario>| scenarios.into_iter().map(|s| s.id).collect::<Vec<_>>();
        assert_eq!(ids(starter().unwrap()), ids(load_dir(&folder()).unwrap()));
        assert_eq!(STARTER.len(), fs::read_dir(folder()).unwrap().count());
    }

    #[test]
    fn every_example_of_the_starter_set_holds() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let report = check(starter().unwrap(), traveller_schema(), today).unwrap();
        assert_eq!(report.failures, []);
        assert!(report.warnings.is_empty());
        assert!(report.compiled.set().len() >= 10);
        assert!(report.tests >= 3 * report.compiled.set().len());
    }

    #[test]
    fn a_folder_without_scenarios_and_one_that_is_not_there_are_errors() {
        let empty = tempfile::tempdir().unwrap();
        assert!(load_dir(empty.path()).unwrap_err()[0].message.contains("no scenario"));
        assert!(load_dir(&empty.path().join("nowhere")).unwrap_err()[0].message.contains("cannot read"));
        fs::write(empty.path().join("a.toml"), [0xff, 0xfe]).unwrap();
        assert!(load_dir(empty.path()).unwrap_err()[0].message.contains("cannot read"));
    }
}
