//! `tamis explain`: how the screening, or a query, is planned.

use std::io::{self, Write};
use std::path::PathBuf;

use arrow::array::AsArray;
use arrow::util::pretty::pretty_format_batches;
use clap::ValueEnum;
use tamis::error::Error;
use tamis::runtime::{Runtimes, cores};
use tamis::screen::{Screening, Strategy};
use tamis_operators::schema::RecordKind;

use super::{Outcome, load, query, talk};

/// A rule that can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    /// Joins on a watchlist go through the index
    On,
    /// They weigh every pair: the oracle, with the same rows
    Off,
}

/// Show the plan of the screening, or of a query.
///
/// Without SQL, this is the plan that every epoch of tamis screen runs. With SQL over --data and
/// --watchlist, it is the plan of that query, and with --rows its rows as well.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A query; the screening plan unless given
    #[arg(value_name = "SQL")]
    sql: Option<String>,
    /// Watchlists: files or folders; a small made-up list unless given
    #[arg(long, num_args = 1.., value_name = "PATH")]
    watchlist: Vec<PathBuf>,
    /// Folder with scenarios; the starter set unless given
    #[arg(long, value_name = "DIR", conflicts_with = "sql")]
    scenarios: Option<PathBuf>,
    /// Output folder of an earlier run, for its tables
    #[arg(long, value_name = "DIR", requires = "sql")]
    data: Option<PathBuf>,
    /// Least weight of a watchlist hit, in bits
    #[arg(long, default_value_t = load::MIN_BITS, value_name = "B", allow_negative_numbers = true, conflicts_with = "sql")]
    min_bits: f32,
    /// Weights of your own, made by tamis weights fit; the shipped ones unless given
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// The rule that turns a join on a weight into an index join
    #[arg(long, value_enum, default_value_t = Switch::On)]
    rule: Switch,
    /// Run the query and show what every step did
    #[arg(long, requires = "sql")]
    analyze: bool,
    /// Run the query and print its rows too
    #[arg(long, requires = "sql")]
    rows: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let runtimes = Runtimes::new(cores())?;
    let Some(sql) = args.sql.as_deref().map(|s| s.trim().trim_end_matches(';')) else {
        return screening(args, &runtimes);
    };
    if sql.is_empty() {
        return Err(Error::Usage("the query is empty".into()).into());
    }
    let ctx = query::open(&runtimes, args.data.as_deref(), &args.watchlist, args.weights.as_deref())?;
    if args.rule == Switch::Off {
        query::collect(&runtimes, &ctx, "SET tamis.watchlist_join = false")?;
    }
    let explained = if starts_with_explain(sql) {
        sql.to_owned()
    } else if args.analyze {
        format!("EXPLAIN ANALYZE {sql}")
    } else {
        format!("EXPLAIN FORMAT INDENT {sql}")
    };
    let mut to = io::stdout();
    for batch in query::collect(&runtimes, &ctx, &explained)? {
        let text = |i: usize| batch.columns().get(i).and_then(|c| c.as_string_opt::<i32>());
        let (Some(kinds), Some(plans)) = (text(0), text(1)) else { continue };
        for (kind, plan) in kinds.iter().zip(plans) {
            let (kind, plan) = (kind.unwrap_or_default().replace('_', " "), plan.unwrap_or_default());
            writeln!(to, "{}\n{}\n", kind.to_lowercase(), plan.trim_end())?;
        }
    }
    if args.rows && !starts_with_explain(sql) {
        let rows = query::collect(&runtimes, &ctx, sql)?;
        writeln!(to, "{}", pretty_format_batches(&rows).map_err(|e| Error::Query(e.to_string()))?)?;
    }
    Ok(())
}

fn starts_with_explain(sql: &str) -> bool {
    sql.get(..7).is_some_and(|s| s.eq_ignore_ascii_case("explain"))
}

fn screening(args: &Args, runtimes: &Runtimes) -> Outcome {
    load::check_bits(args.min_bits)?;
    let scenarios = load::scenarios(args.scenarios.as_deref())?;
    let generation = if args.watchlist.is_empty() {
        talk(format_args!("note: planned over a small made-up watchlist; name your own with --watchlist"));
        load::made_up_watchlist()?
    } else {
        load::watchlist(&args.watchlist, args.weights.as_deref())?
    };
    let strategy = match args.rule {
        Switch::On => Strategy::Index,
        Switch::Off => Strategy::NestedLoop,
    };
    let screening = Screening::try_new(generation, scenarios, args.min_bits, strategy)?;
    for kind in RecordKind::ALL {
        let text = runtimes.compute().block_on(screening.explain(kind))?;
        writeln!(io::stdout(), "{} plan\n\n{text}", kind.as_str())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explain_is_not_explained_again() {
        assert!(starts_with_explain("EXPLAIN VERBOSE SELECT 1"));
        assert!(!starts_with_explain("SELECT 1"));
        assert!(!starts_with_explain("é"));
    }
}
