//! `tamis weights`: the m/u file and the thresholds that go with it.

pub(crate) mod calibrate;
pub(crate) mod calibration;
mod fit;
mod pairs;

use super::Outcome;

/// What is done with weights.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Estimate the weights from lists, and from pairs that people have judged
    Fit(fit::Args),
    /// Count false referrals per million travellers for every threshold
    Calibrate(calibrate::Args),
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::Fit(args) => fit::run(args),
        Command::Calibrate(args) => calibrate::run(args),
    }
}
