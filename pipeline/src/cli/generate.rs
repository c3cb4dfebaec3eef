//! `tamis generate`: messages, a watchlist and the ground truth, at any size, from a seed.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use tamis::error::Error;
use tamis::runtime::{cores, in_parallel};
use tamis_fixtures::{Config, Population, World};

use super::summary::grouped;
use super::weights::calibrate;
use super::{Outcome, folder, talk};

/// Travellers in a file, more or less.
const FILE_TRAVELLERS: u64 = 50_000;
/// A small day has several files as well: a real one comes in many.
const FEWEST_FILES: u64 = 8;

/// Generate messages, a watchlist and the ground truth, from a seed.
///
/// The same seed and sizes give the same bytes on any machine. Below the folder come
/// messages/*.edi, watchlist.csv and truth.csv (who on the list is which traveller).
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Travellers in the messages
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    travellers: u64,
    /// Entities on the watchlist
    #[arg(long, default_value_t = 5_000, value_name = "M", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    entities: u64,
    /// Seed
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// Share of messages with the dirt of real ones, 0 to 1
    #[arg(long, default_value_t = 0.05, value_name = "R")]
    dirt: f64,
    /// Instead of a day, write population.csv: so many travellers who are on no list, as tamis
    /// weights calibrate reads them
    #[arg(long, value_name = "N", conflicts_with_all = ["travellers", "entities", "dirt"], value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    population: Option<u64>,
    /// A new or empty folder, or one that an earlier generate made
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What is generated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    pub(crate) travellers: u64,
    pub(crate) entities: u64,
    pub(crate) seed: u64,
    /// Share of messages with dirt.
    pub(crate) dirt: f64,
}

/// Where it was written.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) messages: PathBuf,
    pub(crate) watchlist: PathBuf,
    pub(crate) truth: PathBuf,
}

pub(crate) fn run(args: &Args) -> Outcome {
    if !(0.0..=1.0).contains(&args.dirt) {
        return Err(Error::Usage("--dirt is a share between 0 and 1".into()).into());
    }
    folder::claim(&args.out, "generate")?;
    if let Some(travellers) = args.population {
        return population(args, travellers);
    }
    let day = Day { travellers: args.travellers, entities: args.entities, seed: args.seed, dirt: args.dirt };
    let started = Instant::now();
    let made = write(&day, &args.out)?;
    talk(format_args!(
        "{} travellers and {} entities in {:.1} s",
        grouped(day.travellers),
        grouped(day.entities),
        started.elapsed().as_secs_f64()
    ));
    let (messages, watchlist, truth) = (made.messages.display(), made.watchlist.display(), made.truth.display());
    writeln!(io::stdout(), "{messages}\n{watchlist}\n{truth}")?;
    talk(format_args!("next: tamis screen {messages} --watchlist {watchlist} --out OUT"));
    Ok(())
}

fn population(args: &Args, travellers: u64) -> Outcome {
    let path = args.out.join("population.csv");
    let mut to = create(&path)?;
    Population { seed: args.seed, travellers, birth_date_rate: calibrate::BIRTH_DATES }
        .write_csv(&mut to)
        .and_then(|()| to.flush())
        .map_err(|e| Error::write(&path, &e))?;
    writeln!(io::stdout(), "{}", path.display())?;
    talk(format_args!(
        "next: tamis weights calibrate --population {} --watchlist YOUR_LIST --out calibration.toml",
        path.display()
    ));
    Ok(())
}

/// Writes a day below a folder that belongs to the caller; what an earlier one left is replaced.
pub(crate) fn write(day: &Day, folder: &Path) -> Result<Made, Error> {
    let made =
        Made { messages: folder.join("messages"), watchlist: folder.join("watchlist.csv"), truth: folder.join("truth.csv") };
    folder::clear(&made.messages)?;
    fs::create_dir_all(&made.messages).map_err(|e| Error::write(&made.messages, &e))?;
    let world = World::new(Config {
        seed: day.seed,
        travellers: day.travellers,
        entities: day.entities,
        dirt_rate: day.dirt,
        ..Config::default()
    });

    let mut list = create(&made.watchlist)?;
    world.write_watchlist(&mut list).and_then(|_| list.flush()).map_err(|e| Error::write(&made.watchlist, &e))?;

    // Interchanges depend on nothing but their number, so files are made side by side.
    let all = world.interchange_count();
    let files = (day.travellers / FILE_TRAVELLERS).clamp(FEWEST_FILES, 10_000).min(all.max(1));
    let truths: Vec<Result<Vec<u8>, Error>> = in_parallel(
        cores(),
        (0..files).collect(),
        || (),
        |(), file| {
            let path = made.messages.join(format!("day-{file:04}.edi"));
            let mut truth = Vec::new();
            let mut to = create(&path)?;
            (all * file / files..all * (file + 1) / files)
                .try_for_each(|i| world.write_interchange(i, &mut to, &mut truth).map(|_| ()))
                .and_then(|()| to.flush())
                .map_err(|e| Error::write(&path, &e))?;
            Ok(truth)
        },
    )?;

    let mut truth = create(&made.truth)?;
    let failed = |e: io::Error| Error::write(&made.truth, &e);
    world.write_truth_header(&mut truth).map_err(failed)?;
    for rows in truths {
        truth.write_all(&rows?).map_err(failed)?;
    }
    truth.flush().map_err(failed)?;
    Ok(made)
}

fn create(path: &Path) -> Result<BufWriter<File>, Error> {
    File::create(path).map(BufWriter::new).map_err(|e| Error::write(path, &e))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let day = Day { travellers: 500, entities: 50, seed: 3, dirt: 0.1 };
        let read = |name: &str| {
            let made = write(&day, &dir.path().join(name)).unwrap();
            let mut files: Vec<_> = fs::read_dir(&made.messages).unwrap().map(|e| e.unwrap().path()).collect();
            files.sort();
            assert!(files.len() > 1);
            files.extend([made.watchlist, made.truth]);
            files.iter().map(|f| fs::read(f).unwrap()).collect::<Vec<_>>()
        };
        fs::create_dir(dir.path().join("a")).unwrap();
        assert_eq!(read("a"), read("b"));
    }
}
