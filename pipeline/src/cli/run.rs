//! `tamis run`: the service, until it is told to stop.

use std::io::Write as _;
use std::path::PathBuf;

use tamis::config::{Config, DEFAULTS};
use tamis::error::Error;
use tamis::flow::Committed;
use tamis::runtime::Stop;
use tamis::service::{Service, Start, Totals, Waiting, Waits};

use super::summary::{grouped, plural};
use super::{Format, Outcome, talk};

/// Screen without an end, as a configuration says.
///
/// SIGTERM or Ctrl-C stops the sources, commits what was read and ends; a second one ends at once. After
/// any end, also a crash, the same command goes on where the tables stand: nothing is lost or doubled.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Configuration, in TOML
    #[arg(value_name = "CONFIG", required_unless_present = "defaults")]
    config: Option<PathBuf>,
    /// Print a configuration with all defaults, and a word on each, instead
    #[arg(long)]
    defaults: bool,
    /// Take over tables in a bucket from another output folder, whose machine is lost: it can commit nothing more
    #[arg(long)]
    take_over: bool,
    /// One line of JSON for each committed epoch on stdout, or none
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    if args.defaults {
        return Ok(std::io::stdout().write_all(DEFAULTS.as_bytes())?);
    }
    let path = args.config.as_deref().ok_or_else(|| Error::Usage("name a configuration".into()))?;
    let mut config = Config::read(path)?;
    if args.take_over && config.output.tables.is_empty() {
        return Err(Error::Usage("--take-over is for tables in a bucket, and output.tables names none".into()).into());
    }
    config.output.take_over = args.take_over;
    let service = Service::prepare(config)?;
    let (generation, entities, scenario_set) = service.in_force();
    talk(format_args!("generation {generation}: {} entities; scenario set {scenario_set}", grouped(entities as u64)));
    let format = args.format;
    let totals = service.run(&Stop::default(), tell_start, move |epoch| tell_epoch(epoch, format))?;
    tell_end(&totals);
    Ok(())
}

/// What was repaired, and where the run goes on.
fn tell_start(start: &Start) {
    let seconds = start.took.as_secs_f64();
    talk(format_args!(
        "tables opened in {seconds:.2} s: {}; {} in the checkpoint",
        start.plan,
        plural(start.partitions as u64, "partition")
    ));
    let waiting: Vec<&Waiting> = start.waiting.iter().filter(|w| w.is_some()).collect();
    for Waiting { source, waits } in &waiting {
        let what = match waits {
            Waits::Files { files, bytes } => format!("{} bytes in {}", grouped(*bytes), plural(*files, "file")),
            Waits::Messages { partitions, messages } => {
                format!("{} in {}", plural(*messages, "message"), plural(*partitions, "partition"))
            }
        };
        talk(format_args!("source {source}: {what} behind the checkpoint wait to be read"));
    }
    if let Some(last) = start.last.filter(|_| !waiting.is_empty()) {
        let (seconds, waiting) = (last.took().as_secs_f64(), grouped(last.waiting));
        talk(format_args!("the last such start took {seconds:.1} s to its first epoch, with {waiting} bytes waiting"));
    }
    for line in &start.listening {
        talk(format_args!("{line}"));
    }
    talk(format_args!("running; SIGTERM or Ctrl-C commits what was read and ends"));
}

fn tell_epoch(epoch: &Committed, format: Format) {
    if format == Format::Json {
        let line = serde_json::json!({
            "epoch": epoch.epoch,
            "rows": epoch.closed.rows,
            "dead": epoch.closed.dead,
            "bytes": epoch.closed.bytes,
            "referred": epoch.counts.refer,
            "hits": epoch.counts.hits,
        });
        // Nobody may be listening any more; the service goes on.
        let _closed = writeln!(std::io::stdout(), "{line}");
    }
}

fn tell_end(totals: &Totals) {
    let Totals { epochs, last_epoch, closed, counts } = totals;
    talk(format_args!(
        "ended: {}, the last is {last_epoch}; {} rows in, {} referred, {} dead letters",
        plural(*epochs, "epoch"),
        grouped(closed.rows + closed.dead),
        grouped(counts.refer),
        grouped(closed.dead),
    ));
}
