use super::{Config, words};
use crate::error::{Error, Result};

const PREFIX: &str = "TAMIS_";

/// `TAMIS_<SECTION>__<KEY>` and its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Override {
    variable: String,
    path: Vec<String>,
    value: String,
}

/// The variables that set something. Others of Tamis (`TAMIS_LOG`) have no double underscore.
pub(super) fn overrides(env: impl IntoIterator<Item = (String, String)>) -> Vec<Override> {
    let mut found: Vec<Override> = env
        .into_iter()
        .filter_map(|(variable, value)| {
            let path: Vec<String> = variable.strip_prefix(PREFIX)?.split("__").map(str::to_lowercase).collect();
            (path.len() > 1 && path.iter().all(|p| !p.is_empty())).then_some(Override { variable, path, value })
        })
        .collect();
    found.sort_by(|a, b| a.variable.cmp(&b.variable));
    found
}

/// The text with the overrides on top. Each is put in and read alone, so that an error names it.
pub(super) fn apply(text: &str, overrides: &[Override]) -> Result<Config> {
    let refused = |o: &Override, why: String| Error::Usage(format!("environment variable {}: {why}", o.variable));
    let mut table: toml::Table = toml::from_str(text).map_err(|e| Error::Usage(words(&e)))?;
    let mut read = None;
    for o in overrides {
        let mut at = &mut table;
        let Some((key, sections)) = o.path.split_last() else { continue };
        for section in sections {
            let next = at.entry(section.clone()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            at = next.as_table_mut().ok_or_else(|| refused(o, format!("{section} is no section")))?;
        }
        at.insert(key.clone(), value(&o.value));
        let merged = toml::to_string(&table).map_err(|e| refused(o, e.to_string()))?;
        read = Some(toml::from_str(&merged).map_err(|e| refused(o, words(&e)))?);
    }
    read.ok_or_else(|| Error::Usage("there is no override".into()))
}

/// As TOML would read it; what it would not read is a string, so that paths need no quotes.
fn value(text: &str) -> toml::Value {
    let literal = toml::from_str::<toml::Table>(&format!("v = {text}")).ok();
    literal.and_then(|mut t| t.remove("v")).unwrap_or_else(|| toml::Value::String(text.to_owned()))
}
