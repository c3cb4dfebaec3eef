//! `tamis query`: SQL over output tables and lists, with all functions registered.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::StringArray;
use arrow::csv::WriterBuilder;
use arrow::error::ArrowError;
use arrow::json::writer::LineDelimited;
use arrow::record_batch::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use clap::ValueEnum;
use datafusion::prelude::{SessionConfig, SessionContext};
use tamis::archive::TABLES;
use tamis::commit::{Location, register_tables};
use tamis::error::Error;
use tamis::runtime::{Runtimes, cores};
use tamis::session;
use tamis_operators::join::{register_watchlist, tamis_context};

use super::{Outcome, load};

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rows {
    /// A table, for people
    Table,
    /// CSV with a header
    Csv,
    /// One array of objects
    Json,
}

/// Ask the output tables, and lists, in SQL.
///
/// Tables: flagged, hits, records, dead_letters of a screening; travellers, dead_letters of a
/// decode; watchlist where one is given; any Parquet or CSV file by its quoted path. All
/// functions of Tamis are there.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The query
    #[arg(value_name = "SQL", allow_hyphen_values = true)]
    sql: String,
    /// Output folder of tamis screen, decode or demo
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Watchlists to ask: files or folders
    #[arg(long, num_args = 1.., value_name = "PATH")]
    watchlist: Vec<PathBuf>,
    /// Weights of your own, made by tamis weights fit; the shipped ones unless given
    #[arg(long, value_name = "FILE", requires = "watchlist")]
    weights: Option<PathBuf>,
    /// How rows are printed
    #[arg(long, value_enum, default_value_t = Rows::Table)]
    format: Rows,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let runtimes = Runtimes::new(cores())?;
    let ctx = open(&runtimes, args.data.as_deref(), &args.watchlist, args.weights.as_deref())?;
    let mut to = BufWriter::new(io::stdout());
    match args.format {
        Rows::Table => {
            let text = pretty_format_batches(&collect(&runtimes, &ctx, &args.sql)?).map_err(|e| unprintable(&e))?;
            writeln!(to, "{text}")?;
        }
        Rows::Csv => {
            let mut rows = start(&runtimes, &ctx, &args.sql)?;
            let mut next = Some(RecordBatch::new_empty(rows.schema()));
            let mut header = true;
            while let Some(batch) = next {
                let mut text = Vec::new();
                let flat = flat(&batch).map_err(|e| unprintable(&e))?;
                WriterBuilder::new().with_header(header).build(&mut text).write(&flat).map_err(|e| unprintable(&e))?;
                to.write_all(&text)?;
                header = false;
                next = runtimes.compute().block_on(rows.next_batch())?;
            }
        }
        Rows::Json => {
            let mut rows = start(&runtimes, &ctx, &args.sql)?;
            let mut first = true;
            to.write_all(b"[")?;
            while let Some(batch) = runtimes.compute().block_on(rows.next_batch())? {
                for row in objects(&batch).map_err(|e| unprintable(&e))? {
                    to.write_all(if first { b"\n" } else { b",\n" })?;
                    to.write_all(&row)?;
                    first = false;
                }
            }
            to.write_all(b"\n]\n")?;
        }
    }
    to.flush()?;
    Ok(())
}

/// A session over the tables of an output folder and over lists.
pub(crate) fn open(
    runtimes: &Runtimes,
    data: Option<&Path>,
    watchlist: &[PathBuf],
    weights: Option<&Path>,
) -> Result<SessionContext, Error> {
    let ctx = tamis_context(SessionConfig::new().with_information_schema(true)).enable_url_table();
    if let Some(data) = data {
        register(runtimes, &ctx, data)?;
    }
    if !watchlist.is_empty() {
        let generation = load::watchlist(watchlist, weights)?;
        register_watchlist(&ctx, "watchlist", generation).map_err(|e| Error::query(&e))?;
    }
    Ok(ctx)
}

fn register(runtimes: &Runtimes, ctx: &SessionContext, data: &Path) -> Result<(), Error> {
    if Location::of_path(data).is_none() && !data.is_dir() {
        return Err(Error::Usage(format!("{} is no folder; name the --out of an earlier run with --data", data.display())));
    }
    if data.join(TABLES[0]).is_dir() {
        for name in TABLES.into_iter().filter(|name| data.join(name).is_dir()) {
            runtimes.block_on(session::register_folder(ctx, name, &data.join(name)))?;
        }
        return Ok(());
    }
    // The demo keeps its tables in a folder of its own.
    let tables = data.join(super::demo::TABLES);
    let root = if tables.is_dir() { &tables } else { data };
    runtimes.block_on(Box::pin(register_tables(ctx, root)))?;
    Ok(())
}

/// Starts a query. One over a table that is not there is told which ones are.
fn start(runtimes: &Runtimes, ctx: &SessionContext, sql: &str) -> Result<session::Rows, Error> {
    runtimes.compute().block_on(session::query(ctx, sql)).map_err(|error| match error {
        Error::Query(text) if text.contains("table '") && text.contains("not found") => {
            let mut names: Vec<String> =
                ctx.catalog("datafusion").and_then(|c| c.schema("public")).map_or_else(Vec::new, |s| s.table_names());
            names.sort();
            let text = text.replace("datafusion.public.", "");
            Error::Query(match names.as_slice() {
                [] => format!("{text}; name the --out of an earlier run with --data, or a list with --watchlist"),
                names => format!("{text}; the tables are {}", names.join(", ")),
            })
        }
        other => other,
    })
}

/// All rows of a query; at least one batch, so that an empty answer shows its columns.
pub(crate) fn collect(runtimes: &Runtimes, ctx: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>, Error> {
    let mut rows = start(runtimes, ctx, sql)?;
    let mut batches = vec![RecordBatch::new_empty(rows.schema())];
    while let Some(batch) = runtimes.compute().block_on(rows.next_batch())? {
        batches.push(batch);
    }
    Ok(batches)
}

/// One JSON object a row.
fn objects(batch: &RecordBatch) -> Result<Vec<Vec<u8>>, ArrowError> {
    let mut text = Vec::new();
    let mut writer = arrow::json::WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut text);
    writer.write(batch)?;
    writer.finish()?;
    drop(writer);
    Ok(text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect())
}

/// The batch with lists and structs as JSON text: a cell of a CSV file holds nothing else.
fn flat(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns()).map(|(field, column)| {
        if !field.data_type().is_nested() {
            return Ok((field.name(), Arc::clone(column), true));
        }
        let one = RecordBatch::try_from_iter_with_nullable([("", Arc::clone(column), true)])?;
        let cells = objects(&one)?.into_iter().map(|row| {
            // {"":…}
            let cell = row.get(4..row.len().saturating_sub(1)).unwrap_or_default();
            (cell != b"null").then(|| String::from_utf8_lossy(cell).into_owned())
        });
        Ok((field.name(), Arc::new(cells.collect::<StringArray>()) as _, true))
    });
    let columns = columns.collect::<Result<Vec<_>, ArrowError>>()?;
    RecordBatch::try_from_iter_with_nullable(columns)
}

fn unprintable(error: &ArrowError) -> Error {
    Error::Query(format!("the answer cannot be printed in this format: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{Int32Array, ListArray};
    use arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn lists_become_text_in_csv() {
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]);
        let batch = RecordBatch::try_from_iter([("n", Arc::new(Int32Array::from(vec![1, 2])) as _), ("l", Arc::new(lists) as _)])
            .unwrap();
        let mut text = Vec::new();
        WriterBuilder::new().with_header(true).build(&mut text).write(&flat(&batch).unwrap()).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "n,l\n1,\"[1,null]\"\n2,\n");
        assert_eq!(objects(&batch).unwrap(), [br#"{"n":1,"l":[1,null]}"#.to_vec(), br#"{"n":2,"l":null}"#.to_vec()]);
    }
}
