//! `tamis validate`: everything that can be wrong with a configuration, before it runs.

use std::io::{self, Write};
use std::path::PathBuf;

use tamis::config::Config;
use tamis::error::Error;
use tamis::service::Service;

use super::summary::grouped;
use super::{Format, Outcome};

/// Check a configuration with its lists, scenarios and folders, and say what each source promises;
/// nothing runs and no table is touched.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Configuration, in TOML
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let config = Config::read(&args.config)?;
    let output = config.output.folder.clone();
    if output.exists() && !output.is_dir() {
        return Err(Error::Output { path: output, reason: "is a file, not a folder; name another output.folder".into() }.into());
    }
    let service = Service::prepare(config)?;
    let (generation, entities, scenario_set) = service.in_force();
    let mut out = io::stdout().lock();
    let tables = service.config().output.tables.clone();
    let sources = &service.config().sources;
    if args.format == Format::Json {
        let sources: Vec<_> = sources
            .iter()
            .map(|s| serde_json::json!({"name": s.name, "kind": s.kind_word(), "delivery": s.guarantee()}))
            .collect();
        let result = serde_json::json!({
            "valid": true, "output": output, "tables": tables, "generation": generation, "entities": entities,
            "scenario_set": scenario_set, "sources": sources,
        });
        return Ok(writeln!(out, "{result}")?);
    }
    writeln!(out, "{} is valid", args.config.display())?;
    writeln!(out, "  output       {} ({})", output.display(), if output.exists() { "grows" } else { "will be made" })?;
    if !tables.is_empty() {
        writeln!(
            out,
            "  tables       {tables}: exactly once as on a disk, if the server knows conditional writes (asked at every start)"
        )?;
    }
    writeln!(out, "  generation   {generation}, {} entities", grouped(entities as u64))?;
    writeln!(out, "  scenarios    {scenario_set}")?;
    for source in sources {
        writeln!(out, "  source       {} ({}): {}", source.name, source.kind_word(), source.guarantee())?;
    }
    Ok(())
}
