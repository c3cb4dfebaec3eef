//! `tamis top`: a running service, stage by stage.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tamis::error::Error;
use tamis::topology::StageName;

use super::Outcome;
use super::summary::grouped;

/// Watch a running service: what goes in and out, how long each stage waits, and which one limits.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of http.listen in the configuration
    #[arg(value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    address: String,
    /// Seconds between two looks
    #[arg(long, default_value_t = 2.0, value_name = "S")]
    every: f64,
    /// Looks, then it ends; for ever unless given
    #[arg(long, value_name = "N")]
    times: Option<u64>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    if !(0.05..=3_600.0).contains(&args.every) {
        return Err(Error::Usage("--every is a number of seconds, from 0.05 to 3600".into()).into());
    }
    let mut before = Sample::take(&args.address)?;
    let mut out = io::stdout().lock();
    let mut looks = 0;
    while args.times.is_none_or(|n| looks < n) {
        std::thread::sleep(Duration::from_secs_f64(args.every));
        let now = Sample::take(&args.address)?;
        if looks > 0 && out.is_terminal() {
            // Over the last look.
            write!(out, "\x1b[{}A\x1b[J", StageName::ALL.len() + 5)?;
        }
        print(&mut out, &before, &now)?;
        out.flush()?;
        before = now;
        looks += 1;
    }
    Ok(())
}

/// All metrics at one moment.
struct Sample {
    at: Instant,
    /// By name with labels.
    values: BTreeMap<String, f64>,
}

impl Sample {
    fn take(address: &str) -> Result<Self, Error> {
        let failed = |e: &io::Error| {
            Error::Usage(format!(
                "nobody answers at {address}: {}; http.listen of the service says where",
                e.to_string().to_lowercase()
            ))
        };
        let mut stream = TcpStream::connect(address).map_err(|e| failed(&e))?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(|e| failed(&e))?;
        write!(stream, "GET /metrics HTTP/1.0\r\nHost: tamis\r\n\r\n").map_err(|e| failed(&e))?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map_err(|e| failed(&e))?;
        let lines = text.lines().filter(|l| l.starts_with("tamis_"));
        let values = lines.filter_map(|l| l.rsplit_once(' ')).filter_map(|(k, v)| Some((k.to_owned(), v.parse().ok()?)));
        Ok(Self { at: Instant::now(), values: values.collect() })
    }

    fn get(&self, name: &str) -> f64 {
        self.values.get(name).copied().unwrap_or(0.0)
    }

    /// Sum over all labels.
    fn sum(&self, name: &str) -> f64 {
        let labelled = format!("{name}{{");
        self.values.iter().filter(|(k, _)| **k == name || k.starts_with(&labelled)).map(|(_, v)| v).sum()
    }
}

fn print(out: &mut impl Write, before: &Sample, now: &Sample) -> io::Result<()> {
    let seconds = (now.at - before.at).as_secs_f64().max(1e-3);
    let rate = |name: &str| (now.sum(name) - before.sum(name)).max(0.0) / seconds;
    let per_second = |n: f64| grouped(n.round() as u64);
    writeln!(
        out,
        "in {} records/s, {:.1} MB/s · committed {}/s, referred {}/s, dead {}/s",
        per_second(rate("tamis_records_total")),
        rate("tamis_raw_bytes_total") / 1e6,
        per_second(rate("tamis_triage_total")),
        per_second(
            (now.get("tamis_triage_total{outcome=\"refer\"}") - before.get("tamis_triage_total{outcome=\"refer\"}")) / seconds
        ),
        per_second(rate("tamis_dead_letters_total")),
    )?;
    let commits = now.get("tamis_commit_seconds_count") - before.get("tamis_commit_seconds_count");
    let took = now.get("tamis_commit_seconds_sum") - before.get("tamis_commit_seconds_sum");
    writeln!(
        out,
        "epoch {} · {:.1} epochs/s, {:.0} ms a commit · {} entities",
        now.get("tamis_last_epoch"),
        commits / seconds,
        if commits > 0.0 { took * 1e3 / commits } else { 0.0 },
        grouped(now.get("tamis_watchlist_entities") as u64),
    )?;
    writeln!(out, "{:<8} {:>18} {:>18}", "stage", "waits for input", "waits for room")?;
    let waits: Vec<(StageName, f64, f64)> = StageName::ALL
        .into_iter()
        .map(|stage| {
            let share = |of: &str| {
                let name = format!("tamis_stage_waiting_for_{of}_seconds{{stage=\"{}\"}}", stage.as_str());
                (now.get(&name) - before.get(&name)).max(0.0) / seconds
            };
            (stage, share("input"), share("room"))
        })
        .collect();
    for (stage, input, room) in &waits {
        writeln!(out, "{:<8} {:>17.0}% {:>17.0}%", stage.as_str(), input * 100.0, room * 100.0)?;
    }
    writeln!(out, "{}", limits(&waits))?;
    writeln!(out)
}

/// The stage behind the last one that waits for room: what is in front of it piles up, and it is busy.
fn limits(waits: &[(StageName, f64, f64)]) -> String {
    let last = waits.iter().rposition(|(_, _, room)| *room > 0.3);
    match last.and_then(|at| waits.get(at)).map(|(stage, ..)| stage) {
        None => "nothing limits: the stages wait for input".into(),
        Some(StageName::Source) => "limited by decode: sources wait for it".into(),
        Some(StageName::Decode) => "limited by batch: decode waits for it".into(),
        Some(StageName::Batch | StageName::Screen) => "limited by screen: the plans are busy".into(),
        Some(StageName::Sink | StageName::Commit) => "limited by commit: files wait for it".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_behind_the_jam_limits() {
        let waits = |room: [f64; 6]| StageName::ALL.into_iter().zip(room).map(|(s, r)| (s, 0.0, r)).collect::<Vec<_>>();
        assert!(limits(&waits([0.0; 6])).contains("nothing"));
        assert!(limits(&waits([0.9, 0.0, 0.0, 0.0, 0.0, 0.0])).contains("decode"));
        assert!(limits(&waits([0.9, 1.5, 0.9, 0.8, 0.0, 0.0])).contains("screen"));
        assert!(limits(&waits([0.9, 1.5, 0.9, 0.8, 0.6, 0.0])).contains("commit"));
    }
}
