//! `tamis watchlist`: what is done with lists by themselves.

mod show;

use super::Outcome;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show what lists hold, and what of them could not be used
    Show(show::Args),
}

pub(crate) fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::Show(args) => show::run(args),
    }
}
