//! `tamis weights fit`: m and u of every level, from lists and pairs.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tamis::error::Error;
use tamis::lists::ListsRead;
use tamis::queries::{Queries, Query};
use tamis_operators::watchlist::SHIPPED_WEIGHTS;
use tamis_operators::watchlist::fit::{FitError, Reported, fit};

use super::{calibrate, pairs};
use crate::cli::summary::{grouped, plural};
use crate::cli::{Outcome, load, talk};

/// Travellers of a population that is built.
const BUILT: u64 = 50_000;

/// Estimate the weights from lists, and from pairs that people have judged.
///
/// Names of one person are a mixture of the same name spelt otherwise and of another name;
/// expectation maximisation separates them and gives the share of each level of agreement. People
/// on several lists show how birth dates, nationalities and sexes agree. The same lists, pairs and
/// seed give the same file. Nothing is learnt while screening.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Watchlists: files or folders, as published or in Tamis CSV
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    watchlist: Vec<PathBuf>,
    /// Pairs that people have judged: name, `birth_date`, nationality, sex, `entity_id`, list
    #[arg(long, value_name = "PAIRS.csv")]
    pairs: Option<PathBuf>,
    /// Travellers who are on no list, as tamis match reads them: between them and the lists is seen
    /// what chance does. Made-up ones are built unless given
    #[arg(long, value_name = "POP.csv")]
    population: Option<PathBuf>,
    /// Weights to start from; the shipped ones unless given. What cannot be seen is kept
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Where the weights go; stdout unless given
    #[arg(long, value_name = "FILE.toml")]
    out: Option<PathBuf>,
    /// Where the report goes: what every level is worth, and what changed
    #[arg(long, value_name = "FILE.md")]
    report: Option<PathBuf>,
    /// Name of the version; made of the digest of the lists unless given
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Seed of the random pairs
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let base = match &args.weights {
        Some(path) => tamis::weights::text(path)?,
        None => SHIPPED_WEIGHTS.to_owned(),
    };
    let named = args.weights.as_deref().unwrap_or_else(|| Path::new("the shipped weights"));
    let before = tamis::weights::parse(named, &base)?.version;
    let lists = load::lists(&args.watchlist)?;
    let (labelled, unknown) = match &args.pairs {
        Some(path) => pairs::read(path, &lists.entities)?,
        None => (Vec::new(), 0),
    };
    if unknown > 0 {
        talk(format_args!("note: {} without a name, or whose entity is not on these lists, left out", plural(unknown, "pair")));
    }
    let population = population(args)?;
    let fitted = fit(&lists.entities, &labelled, &population, &base, args.seed).map_err(|e| match e {
        FitError::Generation(e) => Error::Watchlist(e.to_string()),
        e => Error::Usage(e.to_string()),
    })?;
    let version = args.name.clone().unwrap_or_else(|| format!("fit-{}", lists.digest.chars().take(8).collect::<String>()));
    let provenance = provenance(args, &lists, &before);
    let text = fitted.apply(&base, &version, &provenance);
    tamis::weights::parse(Path::new("the fitted weights"), &text)?;
    match &args.out {
        Some(path) => fs::write(path, &text).map_err(|e| Error::write(path, &e))?,
        None => io::stdout().write_all(text.as_bytes())?,
    }
    if let Some(path) = &args.report {
        fs::write(path, fitted.report(&version, &provenance)).map_err(|e| Error::write(path, &e))?;
    }
    talk(format_args!(
        "{} of names, {:.0} % the same name spelt otherwise; {} on several lists; {}",
        plural(fitted.name_pairs as u64, "pair"),
        fitted.same_name * 100.0,
        plural(fitted.person_pairs as u64, "pair"),
        plural(fitted.variants.len() as u64, "variant"),
    ));
    if let Some(path) = &args.out {
        talk(format_args!("next: tamis match QUERIES.csv --watchlist LIST --weights {}", path.display()));
    }
    Ok(())
}

/// Travellers on no list: those of a file, or made-up ones.
fn population(args: &Args) -> Result<Vec<Reported>, Error> {
    let read = match &args.population {
        Some(path) => Queries::open(path)?,
        None => calibrate::build(args.seed, BUILT)?.0,
    }
    .next(usize::MAX)?;
    let reported = |q: Query| Reported { name: q.name, birth_date: q.birth_date, nationality: q.nationality, sex: q.sex };
    Ok(read.into_iter().map(reported).collect())
}

/// What the file says of where it comes from.
fn provenance(args: &Args, lists: &ListsRead, before: &str) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let command = std::iter::once("tamis".to_owned()).chain(std::env::args().skip(1)).collect::<Vec<_>>().join(" ");
    let mut out = format!("command = {}\nseed = {}\nbase = {}\nlists = [\n", quoted(&command), args.seed, quoted(before));
    for read in &lists.reads {
        let _ = writeln!(
            out,
            "  {{ list = {}, sha256 = \"{}\", entities = {}, names = {} }},",
            quoted(&read.list),
            read.digest,
            read.report.entities,
            read.report.names
        );
    }
    out.push_str("]\n");
    if let Some(path) = &args.pairs {
        let _ = writeln!(out, "pairs = {}", quoted(&path.display().to_string()));
    }
    let population = match &args.population {
        Some(path) => path.display().to_string(),
        None => format!("{BUILT} made-up travellers"),
    };
    let _ = writeln!(out, "population = {}", quoted(&population));
    talk(format_args!("fitting on {} entities", grouped(lists.entities.len() as u64)));
    out
}
