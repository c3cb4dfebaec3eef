use std::io;
use std::path::{Path, PathBuf};

use arrow::error::ArrowError;
use deltalake_core::DeltaTableError;
use parquet::errors::ParquetError;

use crate::checkpoint::CheckpointError;
use crate::invariants::Violation;

use super::layout::Table;

/// Result of the output stages.
pub type Result<T, E = OutputError> = std::result::Result<T, E>;

/// Why an output could not be written, committed, repaired or read.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The folder holds something that is not an output.
    #[error("output folder {} holds {found}, which is no tamis output: choose an empty or a new folder", path.display())]
    Occupied {
        /// The output folder.
        path: PathBuf,
        /// Name of what lies in it.
        found: String,
    },
    /// The output path, or a table in it, is a file.
    #[error("{} is not a folder: choose another output folder", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder was written by a Tamis that this one does not understand.
    #[error("output folder {} has {found}, this tamis writes {expected}: choose a new folder, or use the tamis that wrote it", path.display())]
    Format {
        /// The output folder or table.
        path: PathBuf,
        /// What is there.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// There is no output to read.
    #[error("{} holds no tamis output: name the folder that `tamis screen --out` wrote", path.display())]
    NoOutput {
        /// The folder.
        path: PathBuf,
    },
    /// Another process writes to the same folder.
    #[error("another process is writing to {}: wait for it, or choose another output folder", path.display())]
    Busy {
        /// The output folder.
        path: PathBuf,
    },
    /// The output folder says that its tables lie elsewhere.
    #[error("the tables of output folder {} lie in {found}, not in {asked}: name that as output.tables, or choose a new folder", path.display())]
    Elsewhere {
        /// The output folder.
        path: PathBuf,
        /// Where they lie.
        found: String,
        /// Where they were said to lie.
        asked: String,
    },
    /// The tables belong to another output folder, perhaps of another machine.
    #[error(
        "the tables in {} are those of another output folder since {since}: stop its service for good and start this one with --take-over, or choose another output.tables",
        path.display()
    )]
    Owned {
        /// The tables.
        path: PathBuf,
        /// Since when.
        since: String,
    },
    /// The tables belonged to this output folder.
    #[error("the tables in {} were taken over by another output folder: nothing more is written from here", path.display())]
    TakenOver {
        /// The tables.
        path: PathBuf,
    },
    /// The server takes no notice of the conditions on which all depends.
    #[error(
        "the server of {} overwrites objects that it was asked to keep (If-None-Match, If-Match): two writers could not be kept apart, use a server that knows conditional writes",
        path.display()
    )]
    Unconditional {
        /// The tables.
        path: PathBuf,
    },
    /// The file system said no.
    #[error("cannot {doing} {}: {}", path.display(), plain(source))]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A Parquet file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: ParquetError,
    },
    /// Columns could not be brought into the shape of a table.
    #[error("cannot shape rows for table {table}: {source}")]
    Arrow {
        /// The table.
        table: &'static str,
        /// Why not.
        source: ArrowError,
    },
    /// A batch lacks a column or has it with another type.
    #[error("a batch for table {table} is wrong in column {column}: {reason}")]
    Column {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
        /// What is wrong.
        reason: String,
    },
    /// The Delta log refused.
    #[error("cannot {doing} table {table}: {source}")]
    Delta {
        /// What was tried.
        doing: &'static str,
        /// The table.
        table: &'static str,
        /// Why not.
        source: Box<DeltaTableError>,
    },
    /// Another writer committed the same epoch at the same time.
    #[error("table {table} was changed by another writer while epoch {epoch} was committed: nothing of it counts")]
    Conflict {
        /// The table.
        table: &'static str,
        /// The epoch.
        epoch: u64,
    },
    /// Epochs are committed in order, one by one.
    #[error("epoch {found} cannot be committed, the next one is {expected}")]
    Order {
        /// Next epoch.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// A commit was interrupted and has to be rolled back first.
    #[error("an epoch was committed in part to {}: recover the output before anything is written", path.display())]
    NeedsRecovery {
        /// The output folder.
        path: PathBuf,
    },
    /// A record of a commit cannot be read.
    #[error("the commit record of table {table} cannot be read: {reason}")]
    Record {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Input spans do not follow the checkpoint (invariant C2).
    #[error("invariant C2 is violated: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// Another instance has committed input of this epoch meanwhile.
    #[error(
        "epoch {epoch} is given up, another instance has taken over its input ({source}): start again, it goes on from the tables"
    )]
    Fenced {
        /// The epoch.
        epoch: u64,
        /// Where the two collide.
        source: CheckpointError,
    },
    /// A promise of the pipeline did not hold.
    #[error(transparent)]
    Invariant(#[from] Violation),
}

impl OutputError {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }

    pub(crate) fn arrow(table: Table) -> impl FnOnce(ArrowError) -> Self {
        move |source| Self::Arrow { table: table.name(), source }
    }

    /// A Parquet error at a file; an I/O error inside of it comes out as such.
    pub(crate) fn parquet(path: &Path) -> impl FnOnce(ParquetError) -> Self {
        let path = path.to_owned();
        move |source| match source {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(source) => Self::Io { doing: "write", path, source: *source },
                Err(inner) => Self::Parquet { path, source: ParquetError::External(inner) },
            },
            source => Self::Parquet { path, source },
        }
    }

    pub(crate) fn delta(doing: &'static str, table: Table) -> impl FnOnce(DeltaTableError) -> Self {
        move |source| Self::Delta { doing, table: table.name(), source: Box::new(source) }
    }

    /// Exit code of the command line: 1 internal, 2 usage, 4 state needs attention.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Occupied { .. }
            | Self::NotAFolder { .. }
            | Self::Format { .. }
            | Self::Elsewhere { .. }
            | Self::Unconditional { .. }
            | Self::NoOutput { .. } => 2,
            Self::Busy { .. }
            | Self::Owned { .. }
            | Self::TakenOver { .. }
            | Self::Io { .. }
            | Self::Parquet { .. }
            | Self::Delta { .. }
            | Self::Conflict { .. }
            | Self::NeedsRecovery { .. }
            | Self::Fenced { .. }
            | Self::Record { .. } => 4,
            Self::Arrow { .. } | Self::Column { .. } | Self::Order { .. } | Self::Checkpoint(_) | Self::Invariant(_) => 1,
        }
    }
}

/// What the operating system says, in words that tell what to do.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full: free some room and run again".into(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up: free some room and run again".into(),
        io::ErrorKind::PermissionDenied => "permission denied: check who may write there".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only: choose another folder".into(),
        io::ErrorKind::NotFound => "no such file or folder".into(),
        _ => error.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_inside_parquet_is_still_a_full_disk() {
        let inner = ParquetError::External(Box::new(io::Error::from(io::ErrorKind::StorageFull)));
        let error = OutputError::parquet(Path::new("out/x.parquet"))(inner);
        assert!(matches!(&error, OutputError::Io { .. }));
        assert_eq!(error.to_string(), "cannot write out/x.parquet: the disk is full: free some room and run again");
        assert_eq!(error.exit_code(), 4);
    }
}
