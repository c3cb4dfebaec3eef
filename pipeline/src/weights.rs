//! Reads a weights file, and says of a wrong one which line and which key.

use std::fs;
use std::path::Path;

use crate::error::Error;
use tamis_operators::watchlist::{SHIPPED_WEIGHTS, Weights};
use toml::{Table, Value};

/// The weights of a file, or the shipped ones.
pub fn read(path: Option<&Path>) -> Result<Weights, Error> {
    let Some(path) = path else {
        return Weights::parse(SHIPPED_WEIGHTS).map_err(|e| Error::Usage(format!("the shipped weights: {e}")));
    };
    parse(path, &text(path)?)
}

/// The text of a weights file, or of the shipped one.
pub fn text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|e| Error::input(path, &e))
}

/// Weights from a text; `path` is what errors call it.
pub fn parse(path: &Path, text: &str) -> Result<Weights, Error> {
    let refused = |line: Option<usize>, reason: String| {
        let line = line.map_or_else(String::new, |l| format!(":{l}"));
        Error::Usage(format!("{}{line}: {reason}", path.display()))
    };
    let table: Table = toml::from_str(text).map_err(|e| {
        let line = e.span().map(|s| text.bytes().take(s.start).filter(|b| *b == b'\n').count() + 1);
        refused(line, e.message().to_lowercase())
    })?;
    let shipped: Table = toml::from_str(SHIPPED_WEIGHTS).map_err(|e| Error::Usage(format!("the shipped weights: {e}")))?;
    check(&table, &shipped, None, text).map_err(|(line, reason)| refused(line, reason))?;
    Weights::parse(text).map_err(|e| refused(None, e.lines().next_back().unwrap_or_default().to_owned()))
}

/// Sections that a fit adds; what is in them is not compared with the shipped file.
const FREE: [&str; 2] = ["provenance", "variants"];

type Wrong = (Option<usize>, String);

fn check(table: &Table, shipped: &Table, section: Option<&str>, text: &str) -> Result<(), Wrong> {
    for (key, value) in table {
        if section.is_none() && FREE.contains(&key.as_str()) {
            continue;
        }
        let at = || line_of(text, section, key, value.is_table());
        let Some(expected) = shipped.get(key) else {
            let nearest = shipped
                .keys()
                .map(|k| (strsim::jaro_winkler(k, key), k))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .map_or_else(String::new, |(_, k)| format!(", the nearest is {k}"));
            return Err((at(), format!("there is no weight {key}{nearest}")));
        };
        match (value, expected) {
            (Value::Table(inner), Value::Table(of)) => check(inner, of, Some(key), text)?,
            (Value::Float(n), Value::Float(_) | Value::Integer(_)) if n.is_finite() => {}
            (Value::Integer(_), Value::Float(_) | Value::Integer(_)) | (Value::String(_), Value::String(_)) => {}
            (_, Value::Float(_) | Value::Integer(_)) => return Err((at(), format!("{key} must be a finite number"))),
            (_, other) => return Err((at(), format!("{key} must be a {}", other.type_str()))),
        }
    }
    if let Some(missing) = shipped.keys().find(|k| !table.contains_key(*k) && !FREE.contains(&k.as_str())) {
        let line = section.and_then(|s| line_of(text, None, s, true));
        let place = section.map_or_else(String::new, |s| format!(" in [{s}]"));
        return Err((line, format!("the weight {missing} is missing{place}")));
    }
    Ok(())
}

/// Line of a key in its section, or of the heading of a section.
fn line_of(text: &str, section: Option<&str>, key: &str, is_section: bool) -> Option<usize> {
    let mut here: Option<String> = None;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.split(']').next()) {
            let name = name.trim().trim_matches(['"', '\'']);
            if is_section && name == key {
                return Some(at + 1);
            }
            here = Some(name.to_owned());
        } else if let Some((name, _)) = line.split_once('=')
            && name.trim().trim_matches(['"', '\'']) == key
            && here.as_deref() == section
        {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(text: &str) -> String {
        parse(Path::new("w.toml"), text).unwrap_err().to_string()
    }

    fn line_with(text: &str, what: &str) -> usize {
        text.lines().position(|l| l.contains(what)).unwrap() + 1
    }

    #[test]
    fn a_wrong_weight_is_named_with_its_line_and_the_nearest_key() {
        parse(Path::new("w.toml"), SHIPPED_WEIGHTS).unwrap();
        let typo = SHIPPED_WEIGHTS.replace("\nswapped", "\nswaped");
        let line = line_with(&typo, "swaped");
        assert_eq!(refused(&typo), format!("w.toml:{line}: there is no weight swaped, the nearest is swapped"));
        let word = SHIPPED_WEIGHTS.replace("\nweak_alias = ", "\nweak_alias = \"\" #");
        assert_eq!(refused(&word), format!("w.toml:{}: weak_alias must be a finite number", line_with(&word, "weak_alias =")));
        let section = SHIPPED_WEIGHTS.replace("[birth_date]", "[birthdate]");
        assert!(refused(&section).contains("the nearest is birth_date"), "{}", refused(&section));
        let missing = SHIPPED_WEIGHTS.replace("\nsame_order = ", "\n# same_order = ");
        assert!(refused(&missing).contains("the weight same_order is missing in [name]"), "{}", refused(&missing));
        let broken = SHIPPED_WEIGHTS.replace("[sex]", "[sex");
        assert!(refused(&broken).starts_with(&format!("w.toml:{}: ", line_with(&broken, "[sex"))), "{}", refused(&broken));
        assert!(refused(&SHIPPED_WEIGHTS.replace("\nswapped = ", "\nswapped = nan #")).contains("finite"));
    }
}
