//! The calibration file: how many travellers who are on no list reach each weight.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tamis::error::Error;
use tamis_operators::watchlist::fit::Curve;

/// What was counted, and on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Calibration {
    /// The command that made it.
    pub(crate) made_by: String,
    /// Generation that weighed: lists and weights.
    pub(crate) generation: String,
    /// Version of the weights.
    pub(crate) weights: String,
    /// Who was screened, in words.
    pub(crate) population: String,
    /// Everybody, with what is known of them.
    pub(crate) as_reported: Curve,
    /// Those whose birth date is known.
    pub(crate) with_birth_date: Curve,
    /// Everybody, with the birth date taken away.
    pub(crate) without_birth_date: Curve,
}

/// Reads a file that [`write`] wrote.
pub(crate) fn read(path: &Path) -> Result<Calibration, Error> {
    let text = fs::read_to_string(path).map_err(|e| Error::input(path, &e))?;
    toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(1, |s| text.bytes().take(s.start).filter(|b| *b == b'\n').count() + 1);
        let reason = e.message().to_lowercase();
        Error::Usage(format!("{}:{line}: {reason}; give a file that tamis weights calibrate wrote", path.display()))
    })
}

/// Writes the file.
pub(crate) fn write(calibration: &Calibration, path: &Path) -> Result<(), Error> {
    let text = toml::to_string(calibration).map_err(|_| Error::Stage("calibrate"))?;
    fs::write(path, text).map_err(|e| Error::write(path, &e))
}
