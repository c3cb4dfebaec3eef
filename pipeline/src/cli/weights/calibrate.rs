//! `tamis weights calibrate`: what a threshold costs, in travellers referred in vain.

use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tamis::error::Error;
use tamis::queries::{Queries, Query};
use tamis::runtime::{cores, in_parallel};
use tamis_fixtures::Population;
use tamis_operators::watchlist::fit::Curve;
use tamis_operators::watchlist::{Generation, Matcher};

use super::calibration::{self, Calibration};
use crate::cli::summary::{grouped, plural};
use crate::cli::{Outcome, load, talk};

/// Travellers of a population that is built.
pub(crate) const TRAVELLERS: u64 = 200_000;
const SEED: u64 = 2026;
/// Share of them whose birth date is reported.
pub(crate) const BIRTH_DATES: f64 = 0.85;
/// Weights below are not counted: no one sets a threshold there.
const FLOOR: f32 = 10.0;
const CHUNK: usize = 65_536;
const SHARE: usize = 256;

/// Count false referrals per million travellers for every threshold.
///
/// Screens travellers who are on no list, with and without their birth dates: whoever is found is
/// found by chance. Beyond what so many travellers can show, the tail is extrapolated, and marked
/// with a tilde.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Watchlists: files or folders, as published or in Tamis CSV
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    watchlist: Vec<PathBuf>,
    /// Travellers on no list, as tamis match reads them; made-up ones are built unless given
    #[arg(long, value_name = "POP.csv")]
    population: Option<PathBuf>,
    /// Travellers to build
    #[arg(long, default_value_t = TRAVELLERS, value_name = "N", conflicts_with = "population", value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    travellers: u64,
    /// Seed of the travellers to build
    #[arg(long, default_value_t = SEED, value_name = "S", conflicts_with = "population")]
    seed: u64,
    /// Weights of your own, made by tamis weights fit; the shipped ones unless given
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Where the calibration goes, for --calibration
    #[arg(long, value_name = "FILE.toml")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let generation = load::watchlist(&args.watchlist, args.weights.as_deref())?;
    let (queries, population) = match &args.population {
        Some(path) => (Queries::open(path)?, path.display().to_string()),
        None => build(args.seed, args.travellers)?,
    };
    let made_by = std::iter::once("tamis".to_owned()).chain(std::env::args().skip(1)).collect::<Vec<_>>().join(" ");
    let weights = tamis::weights::read(args.weights.as_deref())?.version;
    let calibration = Calibration { made_by, weights, ..count(&generation, queries, population, true)? };
    if let Some(path) = &args.out {
        calibration::write(&calibration, path)?;
        talk(format_args!("next: --max-false-referrals-per-million 50 --calibration {}", path.display()));
    }
    print(&calibration, &mut io::stdout())?;
    Ok(())
}

/// A calibration over made-up travellers, for a run that names a number of referrals; the curve
/// without birth dates is left empty.
pub(crate) fn built(generation: &Arc<Generation>) -> Result<Calibration, Error> {
    let (queries, population) = build(SEED, TRAVELLERS)?;
    count(generation, queries, population, false)
}

/// Made-up travellers, and what they are called.
pub(crate) fn build(seed: u64, travellers: u64) -> Result<(Queries, String), Error> {
    let name = format!("{} made-up travellers, seed {seed}", grouped(travellers));
    let mut csv = Vec::new();
    let population = Population { seed, travellers, birth_date_rate: BIRTH_DATES };
    population.write_csv(&mut csv).map_err(|e| Error::write(Path::new("the population"), &e))?;
    Ok((Queries::read(Box::new(Cursor::new(csv)), Path::new("the population"))?, name))
}

fn count(
    generation: &Arc<Generation>,
    mut queries: Queries,
    population: String,
    with_and_without: bool,
) -> Result<Calibration, Error> {
    let (mut known, mut unknown, mut without) = (Vec::new(), Vec::new(), Vec::new());
    let (mut travellers, mut dated) = (0_u64, 0_u64);
    loop {
        let chunk = queries.next(CHUNK)?;
        if chunk.is_empty() {
            break;
        }
        travellers += chunk.len() as u64;
        dated += chunk.iter().filter(|q| q.birth_date.is_some()).count() as u64;
        let shares: Vec<&[Query]> = chunk.chunks(SHARE).collect();
        let best = in_parallel(
            cores(),
            shares,
            || Matcher::new(Arc::clone(generation)),
            |m, share| best_of_share(m, share, with_and_without),
        )?;
        for (query, best) in chunk.iter().zip(best.into_iter().flatten()) {
            let of = if query.birth_date.is_some() { &mut known } else { &mut unknown };
            of.extend(best.as_reported);
            without.extend(best.without);
        }
    }
    if travellers == 0 {
        return Err(Error::Usage("the population is empty; give travellers who are on no list".into()));
    }
    let all = known.iter().chain(&unknown).copied().collect();
    Ok(Calibration {
        made_by: String::new(),
        generation: generation.id().to_owned(),
        weights: String::new(),
        population,
        as_reported: Curve::of(all, travellers, FLOOR),
        with_birth_date: Curve::of(known, dated, FLOOR),
        without_birth_date: Curve::of(without, travellers, FLOOR),
    })
}

/// The heaviest weight of one traveller at or above the floor.
struct Best {
    as_reported: Option<f32>,
    without: Option<f32>,
}

fn best_of_share(matcher: &mut Matcher, share: &[Query], with_and_without: bool) -> Vec<Best> {
    let mut found = Vec::new();
    let mut heaviest = |query: &Query, birth_date| {
        let document = query.document();
        let mut subject = query.subject(document.as_slice());
        subject.birth_date = birth_date;
        found.clear();
        matcher.find(&subject, FLOOR, &mut found);
        found.iter().map(|f| f.1).reduce(f32::max)
    };
    share
        .iter()
        .map(|query| {
            let dated = query.birth_date.is_some();
            let without = if with_and_without || !dated { heaviest(query, None) } else { None };
            let as_reported = if dated { heaviest(query, query.birth_date) } else { without };
            Best { as_reported, without }
        })
        .collect()
}

fn print(calibration: &Calibration, to: &mut impl Write) -> io::Result<()> {
    let curves = [&calibration.as_reported, &calibration.with_birth_date, &calibration.without_birth_date];
    writeln!(to, "false referrals per million travellers, on {}\n", calibration.population)?;
    writeln!(to, "{:>6}  {:>14}  {:>16}  {:>19}", "bits", "as reported", "with birth date", "without birth date")?;
    for bits in (10..=48_u8).step_by(2).map(f32::from) {
        let cell = |curve: &Curve| {
            let rate = curve.at(bits);
            let tilde = if rate.extrapolated { "~" } else { "" };
            if rate.per_million >= 10.0 {
                format!("{tilde}{}", grouped(rate.per_million.round() as u64))
            } else {
                format!("{tilde}{:.3}", rate.per_million)
            }
        };
        let [all, with, without] = curves.map(cell);
        writeln!(to, "{bits:>6}  {all:>14}  {with:>16}  {without:>19}")?;
    }
    let dated = plural(calibration.with_birth_date.travellers, "traveller");
    writeln!(
        to,
        "\n~ fewer than ten travellers: extrapolated from the heaviest weights; {dated} of {} with a birth date",
        grouped(calibration.as_reported.travellers)
    )
}
