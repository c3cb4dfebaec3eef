//! `tamis watchlist show`: counts by list, kind and field, and what could not be used.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use serde_json::{Value, json};
use tamis::error::Error;
use tamis::lists::{self, ListCounts, ListRead};
use tamis_operators::watchlist::{EntityKind, NameKind};

use super::super::summary::{grouped, plural};
use super::super::{Format, Outcome};

/// Single findings that the JSON names; all are counted.
const FINDINGS: usize = 100;

/// Show what lists hold: entities by kind, names by sort, how many have a birth date, a
/// nationality, a document, …; and what of the files could not be used, and why. It never prints
/// what a list says of anybody.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Lists: files or folders, as published or in Tamis CSV or Parquet
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How the counts are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let reads = args.paths.iter().map(|path| lists::read(path)).collect::<Result<Vec<_>, _>>();
    let reads = reads.map_err(|e| Error::Watchlist(e.to_string()))?;
    let text = match args.format {
        Format::Text => reads.iter().map(text).collect::<Vec<_>>().join("\n"),
        Format::Json => {
            format!("{:#}\n", json!({"command": "watchlist show", "reads": reads.iter().map(as_json).collect::<Vec<_>>()}))
        }
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn text(read: &ListRead) -> String {
    let mut s = format!("{}: {}\n", read.path.display(), read.format.describe());
    let report = &read.report;
    for file in &report.files {
        let name = file.path.file_name().map_or_else(|| file.path.display().to_string(), |n| n.to_string_lossy().into_owned());
        let edition = file.edition.as_ref().map_or_else(String::new, |date| format!(", edition of {date}"));
        let _ = writeln!(s, "  {name}: {} of {}{edition}", plural(file.rows as u64, "row"), file.role);
    }
    let _ = writeln!(s, "  digest {}", read.digest);
    for (list, counts) in &report.counts {
        let kinds: Vec<_> = counts.kinds.iter().map(|(kind, n)| plural(*n as u64, kind_word(*kind))).collect();
        let _ = writeln!(s, "\n{list}: {} ({})", entities(counts.entities), kinds.join(", "));
        fields(&mut s, counts);
    }
    not_used(&mut s, read);
    s
}

fn entities(n: usize) -> String {
    format!("{} {}", grouped(n as u64), if n == 1 { "entity" } else { "entities" })
}

fn kind_word(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Unknown => "other",
        EntityKind::Aircraft => "aeroplane",
        known => known.as_str(),
    }
}

fn fields(s: &mut String, counts: &ListCounts) {
    let sort = |kind| counts.names.get(&kind).copied().unwrap_or_default();
    let sorts = [
        (NameKind::Primary, "primary"),
        (NameKind::Alias, "alias"),
        (NameKind::WeakAlias, "weak alias"),
        (NameKind::Former, "former"),
    ];
    let mut said: Vec<_> = sorts.iter().map(|(kind, word)| format!("{} {word}", grouped(sort(*kind) as u64))).collect();
    if counts.names_in_other_scripts > 0 {
        said.push(format!("{} not in Latin letters", grouped(counts.names_in_other_scripts as u64)));
    }
    let names: usize = counts.names.values().sum();
    let _ = writeln!(s, "  {:<16}{:>9}        {}", "names", grouped(names as u64), said.join(", "));
    let documents = [('P', "passport"), ('I', "identity"), ('V', "ship number"), ('O', "other")];
    let documents = documents
        .map(|(kind, word)| format!("{} {word}", grouped(counts.documents.get(&kind).copied().unwrap_or_default() as u64)));
    let weak = format!("{} with a weak one", grouped(counts.with_weak_alias as u64));
    let day = format!("{} to the day", grouped(counts.with_birth_day as u64));
    for (field, n, more) in [
        ("other names", counts.with_alias, weak),
        ("birth date", counts.with_birth_date, day),
        ("birth place", counts.with_birth_place, String::new()),
        ("nationality", counts.with_nationality, String::new()),
        ("sex", counts.with_sex, String::new()),
        ("document", counts.with_document, format!("documents: {}", documents.join(", "))),
        ("programme", counts.with_programme, String::new()),
    ] {
        let share = 100.0 * n as f64 / counts.entities.max(1) as f64;
        let line = format!("  {field:<16}{:>9} {share:>5.1} %  {more}", grouped(n as u64));
        let _ = writeln!(s, "{}", line.trim_end());
    }
}

fn not_used(s: &mut String, read: &ListRead) {
    let report = &read.report;
    let _ = writeln!(s, "\nnot used");
    if report.unusable_by_code.is_empty() && report.skipped.is_empty() && report.unknown_clauses == 0 {
        let _ = writeln!(s, "  nothing");
    }
    let mut codes: Vec<_> = report.unusable_by_code.iter().collect();
    codes.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    for (code, n) in codes {
        let first = report.unusable.iter().find(|u| u.code == *code);
        let what = first.map_or_else(String::new, |u| {
            let name = u.file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            format!("{} (first at {name}:{})", u.what, u.line)
        });
        let _ = writeln!(s, "  {code:<16}{:>9}  {what}", grouped(*n as u64));
    }
    if report.unknown_clauses > 0 {
        let (unknown, all) = (grouped(report.unknown_clauses as u64), grouped(report.clauses as u64));
        let _ = writeln!(
            s,
            "  {:<16}{unknown:>9}  of {all} clauses of remarks are free text or of a sort that is not known",
            "remarks"
        );
    }
    if report.repeated_names > 0 {
        let _ = writeln!(
            s,
            "  {:<16}{:>9}  that the same entity has already",
            "repeated names",
            grouped(report.repeated_names as u64)
        );
    }
    if report.addresses > 0 {
        let _ = writeln!(s, "  {:<16}{:>9}  are not screened by", "addresses", grouped(report.addresses as u64));
    }
    for (path, why) in &report.skipped {
        let _ = writeln!(s, "  {}: {why}", path.display());
    }
    for note in &report.notes {
        let _ = writeln!(s, "  note: {note}");
    }
}

fn as_json(read: &ListRead) -> Value {
    let report = &read.report;
    let lists: BTreeMap<&str, Value> = report.counts.iter().map(|(list, counts)| (list.as_str(), counts_json(counts))).collect();
    let findings: Vec<_> = report
        .unusable
        .iter()
        .take(FINDINGS)
        .map(|u| json!({"file": u.file.display().to_string(), "line": u.line, "code": u.code, "what": u.what}))
        .collect();
    json!({
        "path": read.path.display().to_string(),
        "format": read.format.describe(),
        "list": read.list,
        "digest": read.digest,
        "files": report.files.iter().map(|f| json!({"path": f.path.display().to_string(), "role": f.role, "rows": f.rows, "edition": f.edition})).collect::<Vec<_>>(),
        "rows": report.rows,
        "rows_used": report.used,
        "rows_left_out": report.left_out,
        "rows_passed_over": report.passed_over,
        "entities": report.entities,
        "lists": lists,
        "unusable": report.unusable_by_code,
        "findings": findings,
        "unknown_clauses": report.unknown_clauses,
        "clauses": report.clauses,
        "repeated_names": report.repeated_names,
        "addresses": report.addresses,
        "skipped": report.skipped.iter().map(|(path, why)| json!({"path": path.display().to_string(), "why": why})).collect::<Vec<_>>(),
        "notes": report.notes,
    })
}

fn counts_json(counts: &ListCounts) -> Value {
    let kinds: BTreeMap<_, _> = counts.kinds.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
    let names: BTreeMap<_, _> = counts.names.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
    let documents: BTreeMap<_, _> = counts.documents.iter().map(|(kind, n)| (kind.to_string(), *n)).collect();
    json!({
        "entities": counts.entities,
        "kinds": kinds,
        "names": names,
        "names_in_other_scripts": counts.names_in_other_scripts,
        "with_alias": counts.with_alias,
        "with_weak_alias": counts.with_weak_alias,
        "with_birth_date": counts.with_birth_date,
        "with_birth_day": counts.with_birth_day,
        "with_birth_place": counts.with_birth_place,
        "with_nationality": counts.with_nationality,
        "with_sex": counts.with_sex,
        "with_document": counts.with_document,
        "documents": documents,
        "with_programme": counts.with_programme,
    })
}
