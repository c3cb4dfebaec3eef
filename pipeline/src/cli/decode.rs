//! `tamis decode`: canonical Parquet and dead letters, without screening.

use std::path::PathBuf;

use tamis::runtime::cores;
use tamis::source::files::Inputs;
use tamis::topology::{self, Options};

use super::progress::Bar;
use super::{Format, Outcome, folder, load, summary};

/// Turn messages into canonical Parquet and dead letters, without screening.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files or folders with messages, found by content; - is stdin
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// What the columns of tables mean (CSV, JSON, Parquet, Arrow); found by content, may be repeated
    #[arg(long, value_name = "FILE")]
    mapping: Vec<PathBuf>,
    /// A new or empty folder, or one that an earlier decode made: its tables are replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Threads; all cores unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let mut inputs = Inputs::gather(&args.inputs)?;
    inputs.neutral = load::mappings(&args.mapping)?;
    folder::claim(&args.out, "decode")?;
    let bar = std::sync::Arc::new(Bar::over(inputs.total_bytes()));
    let options = Options::with_threads(args.threads.map_or_else(cores, usize::from));
    let report = topology::decode(inputs, &args.out, options, std::sync::Arc::clone(&bar) as _);
    bar.clear();
    let next = format!("tamis query \"SELECT * FROM travellers LIMIT 10\" --data {}", args.out.display());
    summary::print("decode", &report?, &args.out, args.format, &next)
}
