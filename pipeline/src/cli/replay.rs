//! `tamis replay`: what was committed before, once more.

use std::io::{self, Write as _};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tamis::error::Error;
use tamis::runtime::cores;
use tamis::screen::{Screening, Strategy};
use tamis::topology::Options;
use tamis::topology::replay::{Differences, differences, replay_dead_letters, replay_epochs};

use super::progress::Bar;
use super::summary::{grouped, plural};
use super::{Format, Outcome, load, summary, threshold};

/// Screen again what was committed before, into other tables; the first ones are not changed.
///
/// With --epochs the archived records are screened with the lists and scenarios that are given now, and what
/// changed is told: with those of then, nothing does. With --dead-letters the input that could not be used
/// is decoded once more, say with a mapping file or by a Tamis that knows more formats; pieces of messages, as a
/// person without a name, are left out.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Output folder of the run that is repeated
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Epochs, as 7 or 3..9 (both ends belong to it)
    #[arg(long, value_name = "A..B", value_parser = range, required_unless_present = "dead_letters")]
    epochs: Option<RangeInclusive<u64>>,
    /// Input that could not be used, instead of epochs
    #[arg(long, conflicts_with = "epochs")]
    dead_letters: bool,
    /// End with 4 if any referral or hit differs from what is repeated
    #[arg(long, requires = "epochs")]
    verify: bool,
    /// What the columns of tables mean, for dead letters
    #[arg(long, value_name = "FILE", requires = "dead_letters")]
    mapping: Vec<PathBuf>,
    /// Watchlists: files or folders, as published or in Tamis CSV
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    watchlist: Vec<PathBuf>,
    /// Folder with scenarios; the starter set unless given
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
    /// A new or empty folder, or one of an earlier replay: what it has is not repeated
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    threshold: threshold::Thresholds,
    /// Weights of your own, made by tamis weights fit; the shipped ones unless given
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Threads; all cores unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// `7`, or `3..9` with both ends.
fn range(text: &str) -> Result<RangeInclusive<u64>, String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let number = |n: &str| n.trim_start_matches('=').parse::<u64>().map_err(|_| "epochs are given as 7 or 3..9".to_owned());
    let (first, last) = (number(first)?, number(last)?);
    if first == 0 || first > last {
        return Err("epochs begin with 1, and the first is not behind the last".into());
    }
    Ok(first..=last)
}

pub(crate) fn run(args: &Args) -> Outcome {
    args.threshold.check()?;
    if same(&args.data, &args.out) {
        return Err(Error::Usage("--out is the folder that is repeated; name another one".into()).into());
    }
    let neutral = load::mappings(&args.mapping)?;
    let scenarios = load::scenarios(args.scenarios.as_deref())?;
    let generation = load::watchlist(&args.watchlist, args.weights.as_deref())?;
    let min_bits = args.threshold.resolve(&generation)?;
    let screening = Arc::new(Screening::try_new(generation, scenarios, min_bits, Strategy::Index)?);
    let options = Options::with_threads(args.threads.map_or_else(cores, usize::from));
    let Some(epochs) = &args.epochs else {
        let bar = Arc::new(Bar::over(None));
        let report = replay_dead_letters(&args.data, &neutral, screening, &args.out, options, Arc::clone(&bar) as _);
        bar.clear();
        let next = format!("tamis query \"SELECT code, count(*) FROM dead_letters GROUP BY code\" --data {}", args.out.display());
        return summary::print("replay", &report?, &args.out, args.format, &next);
    };
    let report = replay_epochs(&args.data, epochs.clone(), screening, &args.out, options)?;
    let told = differences(&args.data, epochs, &args.out)?;
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", as_json(&report, &told))?,
        Format::Text => {
            let (records, epochs) = (plural(report.closed.rows, "record"), plural(report.files as u64, "epoch"));
            writeln!(out, "replayed {records} of {epochs} in {:.1} s into {}", report.seconds, args.out.display())?;
            if report.skipped > 0 {
                let skipped = plural(report.skipped as u64, "epoch");
                writeln!(out, "{skipped} replayed into this folder before, not again")?;
            }
            let line = |what: &str, (before, now): (usize, usize), (new, gone): (usize, usize)| {
                let [before, now, new, gone] = [before, now, new, gone].map(|n| grouped(n as u64));
                format!("{what:<9} {before} before, {now} now: {new} new, {gone} gone")
            };
            writeln!(out, "{}", line("referred", told.referred, told.referrals))?;
            writeln!(out, "{}", line("hits", told.hits, told.changed))?;
        }
    }
    if args.verify && !told.is_none() {
        let reason = "the replay differs from what was committed (other lists, scenarios, thresholds or another Tamis?)";
        return Err(Error::State { path: args.data.clone(), reason: reason.into() }.into());
    }
    Ok(())
}

fn as_json(report: &tamis::topology::Report, told: &Differences) -> serde_json::Value {
    let pair = |(before, now): (usize, usize)| json!({"before": before, "now": now});
    let changes = |(new, gone): (usize, usize)| json!({"new": new, "gone": gone});
    json!({
        "records": report.closed.rows, "epochs": report.files, "skipped": report.skipped, "seconds": report.seconds,
        "generation": report.generation, "scenario_set": report.scenario_set,
        "referred": pair(told.referred), "referrals": changes(told.referrals),
        "hits": pair(told.hits), "changed": changes(told.changed), "same": told.is_none(),
    })
}

fn same(a: &std::path::Path, b: &std::path::Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_epochs() {
        assert_eq!((range("7"), range("3..9"), range("3..=9")), (Ok(7..=7), Ok(3..=9), Ok(3..=9)));
        assert!(["..", "0..3", "5..4", "a"].iter().all(|wrong| range(wrong).is_err()));
    }
}
