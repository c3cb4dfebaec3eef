//! `tamis screen`: one bounded run from messages to flagged records.

use std::path::PathBuf;
use std::sync::Arc;

use tamis::error::Error;
use tamis::runtime::cores;
use tamis::screen::{Screening, Strategy};
use tamis::source::files::Inputs;
use tamis::topology::{self, Options, Report};

use super::progress::Bar;
use super::{Format, Outcome, load, summary, threshold};

/// Screen files or folders of messages against watchlists and scenarios.
///
/// Input that an earlier run has committed to the same output is not read again, so a run that
/// was stopped is resumed by the same command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files or folders with messages, found by content; - is stdin
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// What the columns of tables mean (CSV, JSON, Parquet, Arrow); found by content, may be repeated
    #[arg(long, value_name = "FILE")]
    mapping: Vec<PathBuf>,
    /// Watchlists: files or folders, as published or in Tamis CSV
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    watchlist: Vec<PathBuf>,
    /// Folder with scenarios; the starter set unless given
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
    /// A new or empty folder, or one with the tables of earlier runs: they grow
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    threshold: threshold::Thresholds,
    /// Weights of your own, made by tamis weights fit; the shipped ones unless given
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Do not keep all records, only those that were flagged
    #[arg(long)]
    no_records: bool,
    /// Threads; all cores unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Weigh every pair instead of using the index: slow, and the oracle of the index
    #[arg(long)]
    nested_loop: bool,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    args.threshold.check()?;
    // All that can be refused is refused before anything runs.
    let mut inputs = Inputs::gather(&args.inputs)?;
    inputs.neutral = load::mappings(&args.mapping)?;
    let scenarios = load::scenarios(args.scenarios.as_deref())?;
    let generation = load::watchlist(&args.watchlist, args.weights.as_deref())?;
    let min_bits = args.threshold.resolve(&generation)?;
    let strategy = if args.nested_loop { Strategy::NestedLoop } else { Strategy::Index };
    let screening = Screening::try_new(generation, scenarios, min_bits, strategy)?;
    let report = screen(inputs, screening, &args.out, !args.no_records, args.threads)?;
    let next = format!(
        "tamis query \"SELECT surname, given_names, birth_date, max_bits, summary FROM flagged \
         ORDER BY max_bits DESC NULLS LAST LIMIT 10\" --data {}",
        args.out.display()
    );
    summary::print("screen", &report, &args.out, args.format, &next)
}

/// One run with its progress bar.
pub(crate) fn screen(
    inputs: Inputs,
    screening: Screening,
    out: &std::path::Path,
    records: bool,
    threads: Option<u16>,
) -> Result<Report, Error> {
    let bar = Arc::new(Bar::over(inputs.total_bytes()));
    let mut options = Options::with_threads(threads.map_or_else(cores, usize::from));
    options.records = records;
    let report = topology::screen(inputs, Arc::new(screening), out, options, Arc::clone(&bar) as _);
    bar.clear();
    report
}
