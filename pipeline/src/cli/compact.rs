//! `tamis compact`: fewer and larger files.

use std::path::PathBuf;

use futures::FutureExt;
use tamis::commit::{CompactLimits, Tables, TablesOptions};
use tamis::error::Error;
use tamis::runtime::Runtimes;

use super::summary::{grouped, plural};
use super::{Outcome, talk};

/// Join small files of an output folder: those of one table and day become one. No row changes.
///
/// The service must not run; it joins files itself where its configuration says so. Whoever reads through
/// the tables' logs is not disturbed, but a query that began before may find its files gone; a plain glob
/// sees the rows of a file that is being joined twice for a moment.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Output folder
    #[arg(value_name = "DIR")]
    data: PathBuf,
    /// Least number of small files of one table and day
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    files: u32,
    /// Largest joined file, in MiB
    #[arg(long, default_value_t = 256, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..))]
    mebibytes: u64,
}

pub(crate) fn run(args: &Args) -> Outcome {
    if !args.data.join(".tamis").is_dir() {
        return Err(Error::Usage(format!("{} is no output folder of tamis", args.data.display())).into());
    }
    let runtimes = Runtimes::new(1)?;
    let limits = CompactLimits { files: args.files as usize, bytes: args.mebibytes << 20, at_once: u64::MAX };
    let work = async {
        let mut tables = Tables::open(&args.data, TablesOptions { records: false, ..TablesOptions::default() }).await?;
        let plan = tables.recover().await?;
        Ok::<_, Error>((plan, tables.compact(limits).await?))
    };
    let (plan, done) = runtimes.block_on(work.boxed())?;
    if !plan.is_clean() {
        talk(format_args!("{plan}"));
    }
    talk(format_args!(
        "{} joined into {}; {} bytes are {} now",
        plural(done.joined as u64, "file"),
        grouped(done.into as u64),
        grouped(done.bytes_before),
        grouped(done.bytes_after),
    ));
    Ok(())
}
