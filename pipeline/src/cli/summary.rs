//! The closing summary of a run, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use tamis::epoch::Closed;
use tamis::error::Error;
use tamis::topology::Report;

use super::{Format, Outcome};

/// Dead letter reasons and scenarios that the text names; the JSON has all.
const TOP: usize = 8;

/// Prints the summary of a run. A run that found nothing to use ends as an error, after it.
pub(crate) fn print(command: &str, report: &Report, out: &Path, format: Format, next: &str) -> Outcome {
    let text = match format {
        Format::Text => text(command, report, out, next),
        Format::Json => format!("{:#}\n", as_json(command, report, out)),
    };
    io::stdout().write_all(text.as_bytes())?;
    nothing_usable(report)?;
    Ok(())
}

/// A run with input of which nothing could be used.
pub(crate) fn nothing_usable(report: &Report) -> Result<(), Error> {
    if report.closed.rows > 0 || report.files == 0 {
        return Ok(());
    }
    let why = most(&report.counts.dead_by_code).first().map_or_else(
        || "there is no message in it".to_owned(),
        |(code, _)| format!("most often {code}: {}", about(&report.reasons, code)),
    );
    Err(Error::NothingUsable(format!("nothing in the input could be used ({why}); look at the dead letters")))
}

/// `3 travellers`, `2 consignments`, or both.
fn records(closed: &Closed) -> String {
    let travellers = plural(closed.rows - closed.consignments, "traveller");
    match (closed.rows - closed.consignments, closed.consignments) {
        (_, 0) => travellers,
        (0, n) => plural(n, "consignment"),
        (_, n) => format!("{travellers} and {}", plural(n, "consignment")),
    }
}

fn text(command: &str, report: &Report, out: &Path, next: &str) -> String {
    let mut s = String::new();
    if report.files == 0 && report.skipped > 0 {
        let files = plural(report.skipped as u64, "file");
        let _ = writeln!(s, "nothing new: {files} had been screened into {} before, by what was in force then", out.display());
        let _ = writeln!(s, "\nnext      name another --out to screen the same input again");
        return s;
    }
    let closed = &report.closed;
    let counts = &report.counts;
    let screened = command != "decode";
    let verb = if screened { "screened" } else { "decoded" };
    let rate = |n: u64| grouped((n as f64 / report.seconds.max(1e-9)).round() as u64);
    let _ = writeln!(
        s,
        "{verb} {} from {} in {:.1} s: {} a second, {:.1} MB/s",
        records(closed),
        plural(report.files as u64, "file"),
        report.seconds,
        rate(closed.rows),
        closed.bytes as f64 / 1e6 / report.seconds.max(1e-9),
    );
    if report.skipped > 0 {
        let _ = writeln!(s, "{} screened into this folder before, not read again", plural(report.skipped as u64, "file"));
    }
    if report.repeated > 0 {
        let _ = writeln!(s, "{} named more than once, read once", plural(report.repeated as u64, "file"));
    }
    for folder in &report.empty_folders {
        let _ = writeln!(s, "there is no file in {}", folder.display());
    }
    let _ = writeln!(s, "\n  {:<22}{:>12}", "rows in", grouped(closed.rows + closed.dead));
    if screened {
        for (name, n) in [("refer", counts.refer), ("standard", counts.standard), ("expedite", counts.expedite)] {
            let _ = writeln!(s, "  {name:<22}{:>12}", grouped(n));
        }
    } else {
        let _ = writeln!(s, "  {:<22}{:>12}", "travellers", grouped(closed.rows - closed.consignments));
        let _ = writeln!(s, "  {:<22}{:>12}", "consignments", grouped(closed.consignments));
    }
    let _ = writeln!(s, "  {:<22}{:>12}", "dead letters", grouped(closed.dead));
    formats(&mut s, closed);
    if screened {
        let _ = writeln!(s, "\nwatchlist hits, {} entities on the lists", grouped(report.entities));
        if counts.hits_by_list.is_empty() {
            let _ = writeln!(s, "  none");
        }
        for (list, n) in &counts.hits_by_list {
            let _ = writeln!(s, "  {list:<22}{:>12}", grouped(*n));
        }
        section(&mut s, "scenario hits", &counts.hits_by_scenario, &report.titles);
    }
    if closed.dead > 0 {
        section(&mut s, "dead letters, the commonest reasons", &counts.dead_by_code, &report.reasons);
    }
    let _ = write!(s, "\noutput    {}", out.display());
    if let (Some(first), Some(last)) = (report.epochs.first(), report.epochs.last()) {
        let epochs = if first == last { format!("epoch {first}") } else { format!("epochs {first} to {last}") };
        let _ = write!(
            s,
            "\n          {epochs}, generation {}, scenarios {}",
            short(&report.generation),
            short(&report.scenario_set)
        );
    }
    let _ = writeln!(s, "\nnext      {next}");
    s
}

/// What the input held, by format, and what belonged to no message.
fn formats(s: &mut String, closed: &Closed) {
    let _ = writeln!(s, "\nmessages by format");
    let all = closed.formats.iter().map(|f| (f, "")).chain(closed.undecoded.iter().map(|f| (f, "not decoded: dead letters")));
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|((_, n), _)| std::cmp::Reverse(**n));
    for ((name, n), note) in all.iter().take(3 * TOP) {
        let _ = writeln!(s, "{}", format!("  {name:<34}{:>8}  {note}", grouped(**n)).trim_end());
    }
    if all.len() > 3 * TOP {
        let rest: u64 = all[3 * TOP..].iter().map(|((_, n), _)| **n).sum();
        let _ = writeln!(s, "  {:<34}{:>8}", format!("{} more", all.len() - 3 * TOP), grouped(rest));
    }
    if all.is_empty() {
        let _ = writeln!(s, "  none");
    }
    if closed.dirt_bytes > 0 {
        let _ = writeln!(s, "  {} of telegram headings, mail and junk around them, skipped", bytes(closed.dirt_bytes));
    }
}

fn bytes(n: u64) -> String {
    if n < 10_000 { plural(n, "byte") } else { format!("{:.1} MB", n as f64 / 1e6) }
}

fn section(s: &mut String, title: &str, counts: &BTreeMap<String, u64>, words: &BTreeMap<String, String>) {
    let _ = writeln!(s, "\n{title}");
    if counts.is_empty() {
        let _ = writeln!(s, "  none");
    }
    let most = most(counts);
    for (name, n) in most.iter().take(TOP) {
        let _ = writeln!(s, "  {name:<34}{:>8}  {}", grouped(*n), about(words, name));
    }
    if most.len() > TOP {
        let rest: u64 = most[TOP..].iter().map(|(_, n)| n).sum();
        let _ = writeln!(s, "  {:<34}{:>8}", format!("{} more", most.len() - TOP), grouped(rest));
    }
}

fn most(counts: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    let mut all: Vec<_> = counts.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    all.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    all
}

fn about<'a>(words: &'a BTreeMap<String, String>, code: &str) -> &'a str {
    words.get(code).map_or("", String::as_str)
}

fn as_json(command: &str, report: &Report, out: &Path) -> Value {
    let counted = |counts: &BTreeMap<String, u64>, words: &BTreeMap<String, String>| {
        let rows = counts.iter().map(|(k, n)| (k.clone(), json!({"count": n, "about": about(words, k)})));
        Value::Object(rows.collect())
    };
    let (closed, counts) = (&report.closed, &report.counts);
    let mut value = json!({
        "command": command,
        "files": report.files,
        "files_skipped": report.skipped,
        "messages": closed.messages,
        "messages_to_come": closed.messages_to_come,
        "bytes": closed.bytes,
        "dirt_bytes": closed.dirt_bytes,
        "formats": closed.formats,
        "formats_not_decoded": closed.undecoded,
        "rows_in": closed.rows + closed.dead,
        "travellers": closed.rows - closed.consignments,
        "consignments": closed.consignments,
        "dead_letters": {"count": closed.dead, "codes": counted(&counts.dead_by_code, &report.reasons)},
        "seconds": report.seconds,
        "rows_per_second": closed.rows as f64 / report.seconds.max(1e-9),
        "out": out.display().to_string(),
    });
    if command != "decode"
        && let Some(map) = value.as_object_mut()
    {
        let triage = json!({"refer": counts.refer, "standard": counts.standard, "expedite": counts.expedite,
                            "duplicates": counts.duplicates});
        map.insert("triage".into(), triage);
        map.insert("lists".into(), json!(counts.hits_by_list));
        map.insert("scenarios".into(), counted(&counts.hits_by_scenario, &report.titles));
        map.insert("entities".into(), json!(report.entities));
        map.insert("epochs".into(), json!(report.epochs));
        map.insert("generation".into(), json!(report.generation));
        map.insert("scenario_set".into(), json!(report.scenario_set));
    }
    value
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 file`, `2 files`.
pub(crate) fn plural(n: u64, word: &str) -> String {
    format!("{} {word}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// The beginning of a digest.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn report() -> Report {
        let mut report = Report { files: 2, seconds: 2.0, entities: 5_000, epochs: vec![1], ..Report::default() };
        report.closed.rows = 20_000;
        report.closed.dead = 3;
        report.counts.refer = 12;
        report.counts.standard = 19_988;
        report.counts.hits_by_list.insert("demo".into(), 9);
        report.counts.dead_by_code.insert("empty_input".into(), 3);
        report.reasons.insert("empty_input".into(), "the input is empty".into());
        report
    }

    #[test]
    fn the_text_says_what_happened_and_what_to_do_next() {
        let text = text("screen", &report(), Path::new("OUT"), "tamis query …");
        for part in ["20,000 travellers", "10,000 a second", "20,003", "empty_input", "the input is empty", "next      tamis"] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn a_repeat_says_that_nothing_is_new() {
        let report = Report { skipped: 27, ..Report::default() };
        assert!(text("screen", &report, Path::new("OUT"), "x").contains("nothing new: 27 files"));
    }

    #[test]
    fn the_json_has_the_same_counts() {
        let json = as_json("screen", &report(), Path::new("OUT"));
        assert_eq!(json["rows_in"], 20_003);
        assert_eq!(json["triage"]["refer"], 12);
        assert_eq!(json["dead_letters"]["codes"]["empty_input"]["count"], 3);
    }

    #[test]
    fn nothing_usable_is_a_data_stop() {
        let mut report = report();
        assert!(nothing_usable(&report).is_ok());
        report.closed.rows = 0;
        assert_eq!(nothing_usable(&report).unwrap_err().domain().exit_code(), 3);
        report.files = 0;
        assert!(nothing_usable(&report).is_ok());
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
