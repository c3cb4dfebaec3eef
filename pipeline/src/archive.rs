//! Plain folders of Parquet files: what `tamis decode` writes. No log, no epochs; the files are
//! staged beside their tables and appear together when all is written.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use tamis_operators::schema::{RecordKind, consignment_schema, dead_letter_schema, traveller_schema};

use crate::error::{Error, Result};

/// Tables of an archive.
pub const TABLES: [&str; 3] = ["travellers", "consignments", "dead_letters"];
/// Where files lie until all are written.
const STAGING: &str = ".staging";
/// Rows of a file.
const FILE_ROWS: usize = 4_000_000;
/// Rows of a row group.
const GROUP_ROWS: usize = 128 << 10;

/// The tables that are being written.
#[derive(Debug)]
pub struct Archive {
    root: PathBuf,
    travellers: Table,
    consignments: Table,
    dead_letters: Table,
}

impl Archive {
    /// Begins to write below a folder that belongs to the caller. What an interrupted run left
    /// in the staging folder is removed; finished tables stay until they are replaced.
    pub fn create(root: &Path) -> Result<Self> {
        let staging = root.join(STAGING);
        remove(&staging)?;
        let table = |name: &str, schema| Table::create(staging.join(name), schema);
        Ok(Self {
            root: root.to_owned(),
            travellers: table(TABLES[0], traveller_schema())?,
            consignments: table(TABLES[1], consignment_schema())?,
            dead_letters: table(TABLES[2], dead_letter_schema())?,
        })
    }

    /// Adds rows of the schema of a kind.
    pub fn write(&mut self, kind: RecordKind, batch: &RecordBatch) -> Result<()> {
        match kind {
            RecordKind::Traveller => self.travellers.write(batch),
            RecordKind::Consignment => self.consignments.write(batch),
        }
    }

    /// Adds rows of the dead letter schema.
    pub fn write_dead(&mut self, batch: &RecordBatch) -> Result<()> {
        self.dead_letters.write(batch)
    }

    /// Closes and syncs all files and puts the tables into place.
    pub fn finish(self) -> Result<()> {
        let Self { root, travellers, consignments, dead_letters } = self;
        let staged = [travellers.finish()?, consignments.finish()?, dead_letters.finish()?];
        for (name, staged) in TABLES.iter().zip(&staged) {
            let place = root.join(name);
            remove(&place)?;
            fs::rename(staged, &place).map_err(|e| Error::write(&place, &e))?;
        }
        remove(&root.join(STAGING))
    }
}

#[derive(Debug)]
struct Table {
    folder: PathBuf,
    schema: SchemaRef,
    writer: Option<(ArrowWriter<File>, PathBuf)>,
    rows: usize,
    files: usize,
}

impl Table {
    fn create(folder: PathBuf, schema: SchemaRef) -> Result<Self> {
        fs::create_dir_all(&folder).map_err(|e| Error::write(&folder, &e))?;
        let mut table = Self { folder, schema, writer: None, rows: 0, files: 0 };
        // A table without rows has a file all the same, so that readers learn its columns.
        table.open()?;
        Ok(table)
    }

    fn open(&mut self) -> Result<()> {
        let path = self.folder.join(format!("part-{:05}.parquet", self.files));
        let file = File::create(&path).map_err(|e| Error::write(&path, &e))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let writer =
            ArrowWriter::try_new(file, SchemaRef::clone(&self.schema), Some(properties)).map_err(|e| failed(&path, e))?;
        self.files += 1;
        self.writer = Some((writer, path));
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.rows >= FILE_ROWS {
            self.close()?;
        }
        self.rows += batch.num_rows();
        if self.writer.is_none() {
            self.open()?;
        }
        match &mut self.writer {
            Some((writer, path)) => writer.write(batch).map_err(|e| failed(path, e)),
            None => Err(Error::Stage("sink")),
        }
    }

    fn close(&mut self) -> Result<()> {
        let Some((writer, path)) = self.writer.take() else { return Ok(()) };
        let file = writer.into_inner().map_err(|e| failed(&path, e))?;
        self.rows = 0;
        file.sync_all().map_err(|e| Error::write(&path, &e))
    }

    fn finish(mut self) -> Result<PathBuf> {
        self.close()?;
        Ok(self.folder)
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::write(folder, &e)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(io) => Error::write(path, &io),
            Err(other) => Error::Write { path: path.to_owned(), reason: other.to_string() },
        },
        other => Error::Write { path: path.to_owned(), reason: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tables_appear_together_and_replace_older_ones() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join(STAGING).join("left over")).unwrap();
        for _ in 0..2 {
            let mut archive = Archive::create(root).unwrap();
            archive.write_dead(&RecordBatch::new_empty(dead_letter_schema())).unwrap();
            archive.finish().unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(root).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["consignments", "dead_letters", "travellers"]);
        assert!(root.join("travellers/part-00000.parquet").exists());
    }

    #[test]
    fn nothing_is_replaced_before_the_end() {
        let dir = tempfile::tempdir().unwrap();
        Archive::create(dir.path()).unwrap().finish().unwrap();
        let before = fs::read(dir.path().join("travellers/part-00000.parquet")).unwrap();
        drop(Archive::create(dir.path()).unwrap());
        assert_eq!(fs::read(dir.path().join("travellers/part-00000.parquet")).unwrap(), before);
    }
}
