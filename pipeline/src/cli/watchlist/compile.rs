//! `tamis watchlist compile`: lists as published into one file that opens by memory map.

use std::path::{Path, PathBuf};
use std::time::Instant;

use tamis::error::Error;
use tamis::lists;
use tamis_operators::watchlist::{Generation, shrunk};

use super::super::summary::{grouped, plural};
use super::super::{Outcome, load, talk};

/// Share of a list that may be gone before an edition is refused.
const MOST_SHRINKAGE: f64 = 0.2;

/// Compile lists into one file: a generation. It opens by memory map, says what it was made of by
/// its digest, and is refused where a byte is wrong. Give it to --watchlist like any list.
///
/// Where the file is there already it is the edition before: a list that has lost more than a fifth
/// of its entities since is refused, since an empty download would let everyone through.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Lists: files or folders, as published, in Tamis CSV or Parquet, or compiled
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Weights to compile in; the shipped ones otherwise
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Write it even though a list has shrunk by more than a fifth
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let weights = tamis::weights::read(args.weights.as_deref())?;
    let started = Instant::now();
    let read = load::lists(&args.paths)?;
    let reading = started.elapsed();
    let started = Instant::now();
    let generation = load::compile(read.entities, weights)?;
    let compiling = started.elapsed();
    if args.out.exists() {
        refuse_shrinking(&generation, &args.out, args.force)?;
    }
    lists::write_compiled(&generation, &args.out).map_err(|e| Error::write(&args.out, &e))?;
    let grouped_entities = (0..generation.len() as u32).filter(|e| generation.group(*e) != *e).count();
    let bytes = std::fs::metadata(&args.out).map_or(0, |m| m.len());
    talk(format_args!(
        "generation {}: {}, {}, {}; {} on several lists; read in {:.1} s, compiled in {:.1} s, {} MB in {}",
        generation.id(),
        format_args!("{} entities", grouped(generation.len() as u64)),
        plural(generation.name_count() as u64, "name"),
        plural(generation.token_count() as u64, "distinct token"),
        grouped(grouped_entities as u64),
        reading.as_secs_f64(),
        compiling.as_secs_f64(),
        grouped(bytes.div_ceil(1_000_000)),
        args.out.display(),
    ));
    Ok(())
}

fn refuse_shrinking(new: &Generation, path: &Path, force: bool) -> Result<(), Error> {
    let old = match lists::open_compiled(path) {
        Ok(old) => old,
        Err(_) if force => return Ok(()),
        Err(e) => {
            return Err(Error::Watchlist(format!("{e}; it would be replaced: name another file, or say --force")));
        }
    };
    let shrunk = shrunk(&old, new, MOST_SHRINKAGE);
    if shrunk.is_empty() {
        return Ok(());
    }
    if force {
        talk(format_args!("note: shrunk by more than a fifth: {shrunk}"));
        return Ok(());
    }
    let path = path.display();
    Err(Error::NothingUsable(format!("shrunk by more than a fifth since {path}: {shrunk}; look at the lists, then say --force")))
}
