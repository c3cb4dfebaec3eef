//! Writers of one epoch: screened batches in, Parquet files in a staging folder out.
//!
//! Nothing here is visible to a reader. The files of an epoch are written beside the tables, on
//! the same file system, synced, and handed over as a [`StagedEpoch`]; [`crate::commit`] moves
//! them into place and makes them count. Dropping a half-written or staged epoch removes it.
//!
//! ```text
//! ROOT/
//!   flagged/  hits/  records/  dead_letters/      only *.parquet and _delta_log
//!     kind=traveller/arrival_date=2026-03-01/part-tamis-0000000041-00000.parquet
//!   .tamis/                                       format mark, lock, staging
//! ```

mod batch;
mod counts;
mod epoch_writer;
mod error;
mod fs;
mod join;
mod layout;
#[cfg(test)]
pub(crate) mod lossy;
mod partition;
mod properties;
mod staged;
mod stats;
mod table_writer;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use counts::{EpochCounts, Inflow};
pub use epoch_writer::{EpochStamp, EpochWriter, SinkOptions};
pub use error::{OutputError, Result};
pub use fs::{DataFile, Fs, LocalFs};
pub use layout::{DEAD_LETTER_PARTITIONS, HIT_ROW_KEY, RECORD_PARTITIONS, SCHEMA_VERSION, Table};
pub use staged::{StagedEpoch, StagedFile};

pub(crate) use fs::create_durable;
pub(crate) use join::join_files;
pub(crate) use layout::{
    STATE_DIR, epoch_of_file, file_name, is_staged_by, owner_of_file, staging_name, staging_root, term_of_file,
};
