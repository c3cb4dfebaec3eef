//! The command line: one command a file. Data goes to stdout, talk to stderr.

mod compact;
mod decode;
mod demo;
mod explain;
mod folder;
mod generate;
mod inspect;
mod load;
mod matching;
mod progress;
mod query;
mod replay;
mod run;
mod screen;
mod summary;
mod threshold;
mod top;
mod validate;
mod watchlist;
mod weights;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use tamis::error::{Domain, Error};

/// Screen advance passenger records against watchlists and risk scenarios, before they reach
/// the border. Tamis refers; a person decides.
#[derive(Debug, Parser)]
#[command(
    name = "tamis",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 ok, 1 internal fault, 2 usage, list or scenario, 3 nothing, or too little, of the input could be used, \
                  4 disk or output tables need attention.\nStart with: tamis demo"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Say more on stderr; twice says everything. Never personal data
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generate a small day, screen it, and show what was flagged and where it lies
    Demo(demo::Args),
    /// Screen files or folders of messages against watchlists and scenarios
    Screen(screen::Args),
    /// Screen without an end, as a configuration says
    Run(run::Args),
    /// Check a configuration with its lists, scenarios and folders; nothing runs
    Validate(validate::Args),
    /// Check everything that an output folder holds, or show one epoch; nothing is changed
    #[command(subcommand)]
    Inspect(inspect::Command),
    /// Join small files of an output folder; no row changes
    Compact(compact::Args),
    /// Screen again what was committed before, into other tables
    Replay(replay::Args),
    /// Watch a running service: what each stage does, and which one limits
    Top(top::Args),
    /// Turn messages into canonical Parquet and dead letters, without screening
    Decode(decode::Args),
    /// Match the names of a CSV file against watchlists
    Match(matching::Args),
    /// Ask the output tables, and lists, in SQL
    Query(query::Args),
    /// Show the plan of the screening, or of a query
    Explain(explain::Args),
    /// Show what watchlists hold
    Watchlist(watchlist::Args),
    /// Generate messages, a watchlist and the ground truth, from a seed
    Generate(generate::Args),
    /// Fit the weights on lists, and thresholds on a population
    #[command(subcommand)]
    Weights(weights::Command),
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Why a command ends early.
#[derive(Debug)]
enum Failure {
    /// Something to tell the person.
    Error(Error),
    /// Whoever read our output has enough.
    Closed,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Errors of stdout; files are reported with their names.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Error(Error::write(Path::new("the standard output"), &error)),
        }
    }
}

type Outcome = Result<(), Failure>;

pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(cli.verbose, matches!(cli.command, Command::Run(_)));
    let outcome = match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Screen(args) => screen::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Inspect(command) => inspect::run(&command),
        Command::Compact(args) => compact::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Top(args) => top::run(&args),
        Command::Decode(args) => decode::run(&args),
        Command::Match(args) => matching::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Watchlist(args) => watchlist::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Weights(command) => weights::run(&command),
    };
    match outcome {
        Ok(()) | Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(Failure::Error(error)) => {
            let domain = error.domain();
            talk(format_args!("error: {error}"));
            if domain == Domain::Internal {
                talk(format_args!("this is a fault of tamis; run again with -v and report what it says"));
            }
            ExitCode::from(domain.exit_code())
        }
    }
}

/// One line to stderr. A closed stderr is no reason to stop.
fn talk(line: std::fmt::Arguments<'_>) {
    let _closed = writeln!(io::stderr(), "{line}");
}

/// Quiet unless asked; a service says what it waits for. `TAMIS_LOG` takes the filters of the tracing crate.
fn log_to_stderr(verbose: u8, service: bool) {
    use tracing_subscriber::EnvFilter;
    let level = match verbose {
        0 if service => "error,tamis=warn",
        0 => "error",
        1 => "warn,tamis=info",
        _ => "info,tamis=debug",
    };
    let filter =
        std::env::var("TAMIS_LOG").ok().and_then(|f| EnvFilter::try_new(f).ok()).unwrap_or_else(|| EnvFilter::new(level));
    tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter).with_target(false).compact().init();
}
