//! `tamis watchlist diff`: what came, went and changed between two editions.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tamis::error::Error;
use tamis_operators::watchlist::{Change, Difference, Generation, diff, list_sizes};

use super::super::summary::grouped;
use super::super::{Format, Outcome, load};

/// Name the entities that were added, removed or changed between two editions, and the fields that
/// changed. Data goes to stdout, one line an entity.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The older edition: a list as published, or a compiled generation
    old: PathBuf,
    /// The newer edition
    new: PathBuf,
    /// How the differences are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let load = |path: &PathBuf| load::watchlist(std::slice::from_ref(path), None);
    let (old, new): (Arc<Generation>, Arc<Generation>) = (load(&args.old)?, load(&args.new)?);
    if old.lists().all(|list| new.lists().all(|other| other != list)) {
        return Err(Error::Watchlist(format!(
            "{} and {} have no list in common: compare editions of the same list",
            args.old.display(),
            args.new.display()
        ))
        .into());
    }
    let found = diff(&old, &new);
    let text = match args.format {
        Format::Text => text(&old, &new, &found),
        Format::Json => as_json(&old, &new, &found),
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn text(old: &Generation, new: &Generation, found: &[Difference]) -> String {
    let mut s = String::new();
    for (list, size) in list_sizes(old, new) {
        let count = |is: fn(&Change) -> bool| found.iter().filter(|d| d.list == list && is(&d.change)).count() as u64;
        let _ = writeln!(
            s,
            "{list}: {} entities, then {}: {} added, {} removed, {} changed",
            grouped(size.old),
            grouped(size.new),
            grouped(count(|c| *c == Change::Added)),
            grouped(count(|c| *c == Change::Removed)),
            grouped(count(|c| matches!(c, Change::Changed(_)))),
        );
    }
    for d in found {
        let (sign, fields) = match &d.change {
            Change::Added => ('+', String::new()),
            Change::Removed => ('-', String::new()),
            Change::Changed(fields) => ('~', format!("  ({})", fields.join(", "))),
        };
        let _ = writeln!(s, "{sign} {} {}  {}{fields}", d.list, d.id, d.name);
    }
    s
}

fn as_json(old: &Generation, new: &Generation, found: &[Difference]) -> String {
    let lists: serde_json::Map<_, _> =
        list_sizes(old, new).into_iter().map(|(list, size)| (list, json!({"old": size.old, "new": size.new}))).collect();
    let entities: Vec<_> = found
        .iter()
        .map(|d| {
            let (change, fields) = match &d.change {
                Change::Added => ("added", &[][..]),
                Change::Removed => ("removed", &[][..]),
                Change::Changed(fields) => ("changed", fields.as_slice()),
            };
            json!({"list": d.list, "id": d.id, "name": d.name, "change": change, "fields": fields})
        })
        .collect();
    let all = json!({
        "command": "watchlist diff",
        "old": old.id(),
        "new": new.id(),
        "lists": lists,
        "entities": entities,
    });
    format!("{all:#}\n")
}
