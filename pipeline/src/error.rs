//! What can go wrong, by stage, and whose matter it is.
//!
//! Bad *records* are never errors: decoders turn them into dead letters. An [`Error`] stops a
//! run. Its text is for people: lower case, no full stop, and it says what to do. It never
//! holds personal data.

use std::path::{Path, PathBuf};

use datafusion::error::DataFusionError;

use crate::invariants::Violation;
use crate::sink::OutputError;

/// Result of anything that may stop a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whose matter an error is. Decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Arguments, configuration, lists or scenarios: exit code 2.
    User,
    /// The input as a whole cannot be used: exit code 3.
    Data,
    /// The world outside: disks, permissions, the state of an output. A person must look: exit code 4.
    External,
    /// A fault of Tamis: exit code 1.
    Internal,
}

impl Domain {
    /// Exit code of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::User => 2,
            Self::Data => 3,
            Self::External => 4,
        }
    }
}

/// Why a run was refused or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Arguments or settings that make no sense.
    #[error("{0}")]
    Usage(String),
    /// An input path that cannot be opened. Found before anything runs.
    #[error("cannot read {path}: {reason}", path = path.display())]
    Input {
        /// The path as given.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// An input that failed while it was read.
    #[error("reading {path} failed: {reason}; what was committed before stays", path = path.display())]
    Source {
        /// The path as given.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// A watchlist that cannot be used; names file and line.
    #[error("{0}")]
    Watchlist(String),
    /// A scenario that cannot be used; names file and line.
    #[error("{0}")]
    Scenario(String),
    /// A query that cannot be planned.
    #[error("{0}")]
    Query(String),
    /// An output folder that must not be written to.
    #[error("{path} {reason}", path = path.display())]
    Output {
        /// The folder as given.
        path: PathBuf,
        /// Why it is refused, and what to do.
        reason: String,
    },
    /// An output folder in which something does not fit.
    #[error("{path} {reason}", path = path.display())]
    State {
        /// The folder as given.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing in the whole input could be used.
    #[error("{0}")]
    NothingUsable(String),
    /// More records are dead than the configuration allows.
    #[error(
        "{:.1} % of the last {records} records could not be used, the limit is {:.1} %; what was committed before stays, the \
         epoch that was open is not committed. Look at dead_letters, mend the source or the mapping, or raise limits.dead_share, \
         and start again", share * 100.0, limit * 100.0
    )]
    TooManyDead {
        /// Share of dead letters.
        share: f64,
        /// The configured limit.
        limit: f64,
        /// Records over which it was taken.
        records: u64,
    },
    /// The screening plan failed.
    #[error("screening failed: {0}")]
    Screen(String),
    /// Writing failed: the disk is full, a permission is missing.
    #[error("writing to {path} failed: {reason}; what was committed before stays", path = path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system or the writer says.
        reason: String,
    },
    /// The output tables could not be opened, written or committed.
    #[error(transparent)]
    Tables(#[from] OutputError),
    /// A stage died without an error of its own.
    #[error("a stage stopped unexpectedly: {0}")]
    Stage(&'static str),
    /// A promise of the pipeline does not hold.
    #[error(transparent)]
    Invariant(#[from] Violation),
}

/// What DataFusion puts before the matter.
const PREFIXES: [&str; 4] = ["Error during planning: ", "SQL error: ", "Schema error: ", "Execution error: "];

impl Error {
    /// Whose matter it is.
    pub fn domain(&self) -> Domain {
        match self {
            Self::Usage(_)
            | Self::Input { .. }
            | Self::Watchlist(_)
            | Self::Scenario(_)
            | Self::Query(_)
            | Self::Output { .. } => Domain::User,
            Self::NothingUsable(_) | Self::TooManyDead { .. } => Domain::Data,
            Self::Source { .. } | Self::Write { .. } | Self::State { .. } => Domain::External,
            Self::Tables(error) => match error.exit_code() {
                2 => Domain::User,
                4 => Domain::External,
                _ => Domain::Internal,
            },
            Self::Screen(_) | Self::Stage(_) | Self::Invariant(_) => Domain::Internal,
        }
    }

    /// A path that cannot be opened.
    pub fn input(path: &Path, error: &std::io::Error) -> Self {
        Self::Input { path: path.to_owned(), reason: io_reason(error) }
    }

    /// A write that failed.
    pub fn write(path: &Path, error: &std::io::Error) -> Self {
        Self::Write { path: path.to_owned(), reason: io_reason(error) }
    }

    /// A plan that failed while it ran. Quoted values are taken out: they may be personal data.
    pub fn screen(error: &DataFusionError) -> Self {
        Self::Screen(without_values(&error.strip_backtrace()))
    }

    /// A query that a person typed; they know the values in it.
    pub fn query(error: &DataFusionError) -> Self {
        let text = error.strip_backtrace();
        let text = PREFIXES.iter().fold(text.as_str(), |t, p| t.strip_prefix(p).unwrap_or(t));
        Self::Query(text.to_owned())
    }
}

/// What the operating system says, in words that tell what to do.
pub fn io_reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::StorageFull => "the disk is full; free some space and run again".into(),
        ErrorKind::QuotaExceeded => "the disk quota is used up; free some space and run again".into(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        _ => error.to_string().to_lowercase(),
    }
}

/// The text with everything between quotes replaced, so that no value of a record remains.
fn without_values(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(q) if c == q => {
                quote = None;
                out.push(c);
            }
            Some(_) => {}
            None => {
                out.push(c);
                if matches!(c, '\'' | '"' | '`') {
                    quote = Some(c);
                    out.push('…');
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_the_manual() {
        assert_eq!(Error::Usage(String::new()).domain().exit_code(), 2);
        assert_eq!(Error::NothingUsable(String::new()).domain().exit_code(), 3);
        assert_eq!(Error::write(Path::new("x"), &std::io::Error::other("x")).domain().exit_code(), 4);
        assert_eq!(Error::Stage("decode").domain().exit_code(), 1);
    }

    #[test]
    fn quoted_values_do_not_reach_an_error() {
        let text = without_values("cannot cast 'DOE JANE' to Int32 in column \"surname\"");
        assert_eq!(text, "cannot cast '…' to Int32 in column \"…\"");
    }

    #[test]
    fn a_full_disk_says_what_to_do() {
        let error = Error::write(Path::new("out"), &std::io::Error::from(std::io::ErrorKind::StorageFull));
        assert!(error.to_string().contains("free some space"));
    }
}
