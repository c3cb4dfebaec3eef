//! `tamis inspect`: what an output folder holds, and whether it fits.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use futures::FutureExt;
use serde_json::{Value, json};
use tamis::commit::{Inspection, inspect, inspect_epoch};
use tamis::error::Error;
use tamis::inspection::{Inspected, inspect_file};
use tamis::runtime::Runtimes;

use super::summary::{grouped, plural};
use super::{Format, Outcome};

/// What is looked at.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Open every log and file and check that they fit; ends with 4 where a person must look
    State(State),
    /// What the commit of one epoch says of it, as JSON
    Epoch(Epoch),
    /// What one file is and whether all of it can be read; ends with 4 where a person must look
    File(Single),
}

#[derive(Debug, clap::Args)]
pub(crate) struct State {
    /// Output folder
    #[arg(value_name = "DIR")]
    data: PathBuf,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Epoch {
    /// Number of the epoch
    #[arg(value_name = "N")]
    epoch: u64,
    /// Output folder
    #[arg(value_name = "DIR")]
    data: PathBuf,
}

/// A file of a table or of its log, a piece of a spool, or a compiled watchlist. Nothing is told of what
/// records or lists say.
#[derive(Debug, clap::Args)]
pub(crate) struct Single {
    /// The file
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(command: &Command) -> Outcome {
    let runtimes = Runtimes::new(1)?;
    let mut out = io::stdout().lock();
    match command {
        Command::State(State { data, format }) => {
            let found = runtimes.block_on(inspect(data).boxed()).map_err(Error::from)?;
            match format {
                Format::Json => writeln!(out, "{}", serde_json::to_string(&found).map_err(io::Error::from)?)?,
                Format::Text => print(&mut out, &found)?,
            }
            attention(data, &found.problems)
        }
        Command::File(Single { path, format }) => {
            let found = inspect_file(path)?;
            match format {
                Format::Json => writeln!(out, "{}", as_json(&found))?,
                Format::Text => print_file(&mut out, &found)?,
            }
            attention(path, &found.problems)
        }
        Command::Epoch(Epoch { epoch, data }) => {
            let record = runtimes.block_on(inspect_epoch(data, *epoch).boxed()).map_err(Error::from)?;
            let record = record.ok_or_else(|| {
                Error::Usage(format!(
                    "the log of {} has no epoch {epoch}; `tamis inspect state` says which it has",
                    data.display()
                ))
            })?;
            Ok(writeln!(out, "{}", serde_json::to_string_pretty(&record).map_err(io::Error::from)?)?)
        }
    }
}

/// Ends with 4 where a person must look.
fn attention(path: &Path, problems: &[String]) -> Outcome {
    if problems.is_empty() {
        return Ok(());
    }
    let reason = format!("needs attention: {}", plural(problems.len() as u64, "problem"));
    Err(Error::State { path: path.to_owned(), reason }.into())
}

fn print_verdict(out: &mut impl Write, notes: &[String], problems: &[String]) -> io::Result<()> {
    for note in notes {
        writeln!(out, "note: {note}")?;
    }
    for problem in problems {
        writeln!(out, "problem: {problem}")?;
    }
    if problems.is_empty() {
        writeln!(out, "everything fits")?;
    }
    Ok(())
}

fn as_json(found: &Inspected) -> Value {
    let facts: serde_json::Map<_, _> = found.facts.iter().cloned().collect();
    json!({"path": found.path, "kind": found.kind, "facts": facts, "notes": found.notes, "problems": found.problems})
}

fn print_file(out: &mut impl Write, found: &Inspected) -> io::Result<()> {
    writeln!(out, "{}: {}", found.path.display(), found.kind)?;
    for (name, value) in &found.facts {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        writeln!(out, "  {name:<18} {value}")?;
    }
    print_verdict(out, &found.notes, &found.problems)
}

fn print(out: &mut impl Write, found: &Inspection) -> io::Result<()> {
    let sources: Vec<_> = found.partitions.iter().map(|(s, n)| format!("{s} ({})", plural(*n as u64, "partition"))).collect();
    write!(out, "{} in the log, the last is {}", plural(found.epochs, "epoch"), found.last_epoch)?;
    if found.first_epoch > 1 {
        write!(out, "; those before {} were cut off the log, their rows are there", found.first_epoch)?;
    }
    writeln!(out)?;
    if !sources.is_empty() {
        writeln!(out, "checkpoint knows {}", sources.join(", "))?;
    }
    for table in &found.tables {
        writeln!(
            out,
            "{:<13} version {:>6}  {:>8} files  {:>14} bytes  {:>12} rows",
            table.table,
            table.version,
            grouped(table.files as u64),
            grouped(table.bytes),
            grouped(table.rows),
        )?;
    }
    print_verdict(out, &found.notes, &found.problems)
}
