//! `tamis watchlist`: what is done with lists by themselves.

mod compile;
mod diff;
mod show;

use super::Outcome;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Compile lists into one file that opens at once
    Compile(compile::Args),
    /// Show what came, went and changed between two editions
    Diff(diff::Args),
    /// Show what lists hold, and what of them could not be used
    Show(show::Args),
}

pub(crate) fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::Compile(args) => compile::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Show(args) => show::run(args),
    }
}
