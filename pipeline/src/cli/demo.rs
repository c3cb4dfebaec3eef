//! `tamis demo`: a small day from nothing, to see what Tamis does.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use arrow::datatypes::Float32Type;
use arrow::record_batch::RecordBatch;
use tamis::error::Error;
use tamis::runtime::{Runtimes, cores};
use tamis::screen::{Screening, Strategy};
use tamis::source::files::Inputs;

use super::generate::{self, Day};
use super::{Format, Outcome, folder, load, query, screen, summary, talk};

/// Folder of the tables below the folder of the demo.
pub(crate) const TABLES: &str = "tables";
/// Folder of what was generated.
const INPUT: &str = "input";
/// Flagged records that are shown.
const SHOWN: usize = 5;

/// Generate a small day, screen it, and show what was flagged and where it lies.
///
/// All people in it are made up. Running it again replaces what it made before.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the demo
    #[arg(long, default_value = "tamis-demo", value_name = "DIR")]
    out: PathBuf,
    /// Travellers in the messages
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    travellers: u64,
    /// Entities on the watchlist
    #[arg(long, default_value_t = 5_000, value_name = "M", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    entities: u64,
    /// Seed
    #[arg(long, default_value_t = 2026, value_name = "S")]
    seed: u64,
}

pub(crate) fn run(args: &Args) -> Outcome {
    folder::claim(&args.out, "demo")?;
    let (input, tables) = (args.out.join(INPUT), args.out.join(TABLES));
    folder::clear(&input)?;
    folder::clear(&tables)?;
    let day = Day { travellers: args.travellers, entities: args.entities, seed: args.seed, dirt: 0.02 };
    talk(format_args!("generating {} travellers and {} listed entities, all made up", args.travellers, args.entities));
    let made = generate::write(&day, &input)?;

    let inputs = Inputs::gather(std::slice::from_ref(&made.messages))?;
    let scenarios = load::scenarios(None)?;
    let generation = load::watchlist(std::slice::from_ref(&made.watchlist), None)?;
    let screening = Screening::try_new(generation, scenarios, load::MIN_BITS, Strategy::Index)?;
    let report = screen::screen(inputs, screening, &tables, true, None)?;

    show_heaviest(&args.out)?;
    let next = format!(
        "tamis query \"SELECT surname, given_names, birth_date, max_bits, summary FROM flagged \
         ORDER BY max_bits DESC NULLS LAST LIMIT 10\" --data {}\n          \
         tamis explain\n          \
         tamis screen YOUR_FILES --watchlist YOUR_LIST --out OUT",
        args.out.display()
    );
    summary::print("screen", &report, &tables, Format::Text, &next)
}

/// The heaviest flagged records, each with its reasons.
fn show_heaviest(data: &Path) -> Outcome {
    let runtimes = Runtimes::new(cores())?;
    let ctx = query::open(&runtimes, Some(data), &[], None)?;
    let sql = format!(
        "SELECT surname, given_names, CAST(birth_date AS VARCHAR) AS birth_date, nationality, carrier, flight, departure_port, \
         arrival_port, max_bits, summary FROM flagged ORDER BY max_bits DESC NULLS LAST, record_id LIMIT {SHOWN}"
    );
    let mut to = io::stdout();
    writeln!(to, "the heaviest of those whom a person should look at\n")?;
    for batch in query::collect(&runtimes, &ctx, &sql)? {
        for row in 0..batch.num_rows() {
            let cell = |name: &str| text(&batch, name, row);
            let line = format!(
                "{}, {}  born {}  {}  on {}{} {}-{}",
                cell("surname")?,
                cell("given_names")?,
                cell("birth_date")?,
                cell("nationality")?,
                cell("carrier")?,
                cell("flight")?,
                cell("departure_port")?,
                cell("arrival_port")?,
            );
            let bits = batch.column_by_name("max_bits").and_then(|c| c.as_primitive_opt::<Float32Type>());
            let bits =
                bits.filter(|b| b.is_valid(row)).map_or_else(|| "scenario".to_owned(), |b| format!("{:.1} bits", b.value(row)));
            writeln!(to, "  {line}\n    {bits}")?;
            for reason in cell("summary")?.split("; ") {
                writeln!(to, "    {reason}")?;
            }
            writeln!(to)?;
        }
    }
    Ok(())
}

/// A text cell; `-` where it is null.
fn text(batch: &RecordBatch, name: &str, row: usize) -> Result<String, Error> {
    let column = batch.column_by_name(name).ok_or(Error::Stage("demo"))?;
    let value = match (column.as_string_view_opt(), column.as_string_opt::<i32>()) {
        (Some(views), _) => views.is_valid(row).then(|| views.value(row).to_owned()),
        (_, Some(strings)) => strings.is_valid(row).then(|| strings.value(row).to_owned()),
        _ => None,
    };
    Ok(value.unwrap_or_else(|| "-".to_owned()))
}
