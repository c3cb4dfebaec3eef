//! `tamis match`: names against lists, on all cores, without a pipeline.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Float32Array, StringArray};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use tamis::error::Error;
use tamis::queries::{Queries, Query};
use tamis::runtime::{cores, in_parallel};
use tamis_operators::watchlist::{Evidence, Generation, Matcher, MinBits};

use super::summary::{grouped, plural};
use super::{Failure, Outcome, load, talk, threshold};

/// Queries that are read, matched and written at once.
const CHUNK: usize = 16_384;
/// Queries that a thread takes at once.
const SHARE: usize = 128;

/// Match the names of a CSV file against watchlists.
///
/// The CSV has a header with at least `id` and `name`; `birth_date` (1972, 1972-05, 1972-05-31),
/// `nationality` (code or English name), `sex`, `document_number` and `document_issuer` are used
/// where they are there. Empty cells are unknown, never a mismatch. Out come the columns id,
/// entity_id, list, matched_name, bits, evidence: in the order of the queries, best first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// CSV file with queries; - is stdin
    #[arg(value_name = "QUERIES.csv")]
    queries: PathBuf,
    /// Watchlists: files or folders, as published or in Tamis CSV
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    watchlist: Vec<PathBuf>,
    #[command(flatten)]
    threshold: threshold::Thresholds,
    /// Weights of your own, made by tamis weights fit; the shipped ones unless given
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Weigh every pair instead of using the index: slow, and the oracle of the index
    #[arg(long)]
    nested_loop: bool,
    /// Where hits go: .csv or .parquet; else CSV on stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print every hit as a waterfall of its evidence, for people
    #[arg(long)]
    explain: bool,
    /// Threads; all cores unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    args.threshold.check()?;
    let mut queries = Queries::open(&args.queries)?;
    let generation = load::watchlist(&args.watchlist, args.weights.as_deref())?;
    let min_bits = args.threshold.resolve(&generation)?;
    let mut output = Output::open(args)?;
    let threads = args.threads.map_or_else(cores, usize::from);
    let (started, mut total, mut found) = (Instant::now(), 0_u64, 0_u64);
    loop {
        let chunk = queries.next(CHUNK)?;
        if chunk.is_empty() {
            break;
        }
        let shares: Vec<&[Query]> = chunk.chunks(SHARE).collect();
        let hits = in_parallel(
            threads,
            shares,
            || Matcher::new(Arc::clone(&generation)),
            |matcher, share| match_share(matcher, share, &min_bits, args.nested_loop),
        )?;
        total += chunk.len() as u64;
        for (share, hits) in chunk.chunks(SHARE).zip(hits) {
            found += hits.len() as u64;
            output.write(share, &hits, &generation)?;
        }
    }
    output.finish()?;
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    talk(format_args!(
        "{} against {} entities: {} in {seconds:.1} s, {} names a second",
        plural(total, "name"),
        grouped(generation.len() as u64),
        plural(found, "hit"),
        grouped((total as f64 / seconds) as u64),
    ));
    let u = queries.unreadable;
    for (n, what) in [(u.birth_dates, "birth date"), (u.countries, "nationality"), (u.sexes, "sex"), (u.kinds, "kind of entity")]
    {
        if n > 0 {
            talk(format_args!("note: {what} was not readable in {} and counts as unknown there", plural(n, "row")));
        }
    }
    Ok(())
}

/// One hit of one query.
struct Hit {
    /// Ordinal of the query in its share.
    query: usize,
    entity: u32,
    evidence: Evidence,
}

fn match_share(matcher: &mut Matcher, share: &[Query], min_bits: &MinBits, nested_loop: bool) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut found = Vec::new();
    for (i, query) in share.iter().enumerate() {
        let documents = query.document();
        let subject = query.subject(documents.as_slice());
        found.clear();
        min_bits.find(matcher, &subject, nested_loop, &mut found);
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        hits.extend(found.iter().map(|(entity, bits)| {
            let mut evidence = matcher.evidence(&subject, *entity);
            // One figure a pair, whatever the order of its sum.
            evidence.bits = *bits;
            Hit { query: i, entity: *entity, evidence }
        }));
    }
    hits
}

/// Where hits go.
enum Output {
    Csv(Box<csv::Writer<Box<dyn Write>>>, Option<PathBuf>),
    Parquet(Box<ArrowWriter<File>>, PathBuf),
    People(BufWriter<io::Stdout>),
}

const HEADER: [&str; 7] = ["id", "entity_id", "list", "matched_name", "bits", "evidence", "sources"];

impl Output {
    fn open(args: &Args) -> Result<Self, Failure> {
        let Some(path) = &args.out else {
            return Ok(if args.explain {
                Self::People(BufWriter::new(io::stdout()))
            } else {
                Self::csv(Box::new(BufWriter::new(io::stdout())), None)?
            });
        };
        if args.explain {
            return Err(Error::Usage("--explain prints to stdout; leave --out away".into()).into());
        }
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let create = || File::create(path).map_err(|e| Error::write(path, &e));
        match extension.as_deref() {
            Some("csv") => Self::csv(Box::new(BufWriter::new(create()?)), Some(path.clone())),
            Some("parquet") => {
                let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
                let writer = ArrowWriter::try_new(create()?, rows(&[], &[], None)?.schema(), Some(properties))
                    .map_err(|e| written(path, &e))?;
                Ok(Self::Parquet(Box::new(writer), path.clone()))
            }
            _ => Err(Error::Usage(format!("{}: name a file that ends in .csv or .parquet", path.display())).into()),
        }
    }

    fn csv(to: Box<dyn Write>, path: Option<PathBuf>) -> Result<Self, Failure> {
        let mut writer = csv::Writer::from_writer(to);
        writer.write_record(HEADER).map_err(|e| csv_failed(path.as_deref(), e))?;
        Ok(Self::Csv(Box::new(writer), path))
    }

    fn write(&mut self, queries: &[Query], hits: &[Hit], generation: &Generation) -> Outcome {
        match self {
            Self::Csv(writer, path) => {
                for hit in hits {
                    let (entity, evidence) = (hit.entity, &hit.evidence);
                    writer
                        .write_record([
                            queries[hit.query].id.as_str(),
                            generation.entity_id(entity),
                            generation.list(entity),
                            &evidence.matched_name,
                            &format!("{:.4}", evidence.bits),
                            &evidence.line(),
                            &generation.sources(entity).collect::<Vec<_>>().join(";"),
                        ])
                        .map_err(|e| csv_failed(path.as_deref(), e))?;
                }
            }
            Self::Parquet(writer, path) => {
                writer.write(&rows(queries, hits, Some(generation))?).map_err(|e| written(path, &e))?;
            }
            Self::People(to) => {
                let mut last = None;
                for hit in hits {
                    if last != Some(hit.query) {
                        writeln!(to, "{}  {}", queries[hit.query].id, queries[hit.query].name)?;
                        last = Some(hit.query);
                    }
                    let entity = hit.entity;
                    let name = &hit.evidence.matched_name;
                    let (list, id) = (generation.list(entity), generation.entity_id(entity));
                    writeln!(to, "  {:>7.1} bits  {name}  ({list} {id})", hit.evidence.bits)?;
                    waterfall(to, &hit.evidence)?;
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Outcome {
        match self {
            Self::Csv(mut writer, path) => writer.flush().map_err(|e| csv_failed(path.as_deref(), e.into()))?,
            Self::Parquet(writer, path) => {
                writer.close().map_err(|e| written(&path, &e))?;
            }
            Self::People(mut to) => to.flush()?,
        }
        Ok(())
    }
}

/// The terms of a sum with what they come to so far, heaviest first.
fn waterfall(to: &mut impl Write, evidence: &Evidence) -> io::Result<()> {
    let side = |s: &Option<String>| s.clone().unwrap_or_else(|| "-".to_owned());
    let mut sum = 0.0;
    for item in &evidence.items {
        sum += item.bits;
        let compared = match (&item.reported, &item.listed) {
            (None, None) => String::new(),
            (reported, listed) => format!("{} / {}", side(reported), side(listed)),
        };
        let line = format!("  {:>+12.1} {sum:>7.1}  {:<12} {:<14} {compared}", item.bits, item.field, item.level);
        writeln!(to, "{}", line.trim_end())?;
    }
    Ok(())
}

fn rows(queries: &[Query], hits: &[Hit], generation: Option<&Generation>) -> Result<RecordBatch, Error> {
    let listed = |text: &dyn Fn(&Generation, u32) -> String| -> ArrayRef {
        Arc::new(generation.into_iter().flat_map(|g| hits.iter().map(|h| Some(text(g, h.entity)))).collect::<StringArray>())
    };
    let text = |f: &dyn Fn(&Hit) -> String| -> ArrayRef { Arc::new(hits.iter().map(|h| Some(f(h))).collect::<StringArray>()) };
    let columns = [
        text(&|h| queries[h.query].id.clone()),
        listed(&|g, e| g.entity_id(e).to_owned()),
        listed(&|g, e| g.list(e).to_owned()),
        text(&|h| h.evidence.matched_name.clone()),
        Arc::new(hits.iter().map(|h| Some(h.evidence.bits)).collect::<Float32Array>()),
        text(&|h| h.evidence.line()),
        listed(&|g, e| g.sources(e).collect::<Vec<_>>().join(";")),
    ];
    RecordBatch::try_from_iter_with_nullable(HEADER.into_iter().zip(columns).map(|(n, c)| (n, c, false)))
        .map_err(|e| Error::Screen(e.to_string()))
}

fn written(path: &Path, error: &parquet::errors::ParquetError) -> Error {
    Error::Write { path: path.to_owned(), reason: error.to_string() }
}

fn csv_failed(path: Option<&Path>, error: csv::Error) -> Failure {
    let error = match error.into_kind() {
        csv::ErrorKind::Io(e) => e,
        _ => io::Error::other("the CSV writer refused a row"),
    };
    match path {
        Some(path) => Error::write(path, &error).into(),
        None => error.into(),
    }
}
