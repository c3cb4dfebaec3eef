//! Names a second of the bounded search on one core, by processor time, with what it did and the
//! slowest names: `cargo run --release -p tamis-watchlist --example search_speed -- LIST QUERIES
//! [--bits 24] [--take 10000] [--entities N] [--passes 5] [--save FILE] [--hits FILE] [--undated none|some|all]
//! [--slowest N] [--next LIST]`.
//!
//! LIST is a Tamis CSV, or what `--save` wrote of one, which is mapped. QUERIES is a CSV with the
//! columns id, name, birth_date, nationality and perhaps sex; of every twenty queries three lose
//! their birth date (`some`). `--hits` writes what was found, bits as they lie in memory, so that two
//! engines can be compared by `cmp`. `--next` is a list that follows upon the first one and takes over what that one
//! remembers of the names.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, read_footer_length};
use arrow::ipc::root_as_footer;
use arrow::ipc::writer::FileWriter;
use tamis_records::country::alpha3;
use tamis_watchlist::{
    Counters, Entity, EntityKind, EntityName, Generation, ListedDocument, Matcher, NameKind, PartialDate, Sex, Subject,
};

type Anything<T> = Result<T, Box<dyn Error>>;

/// Nanoseconds that this process has run on a processor.
fn spent() -> u64 {
    let said = std::fs::read_to_string("/proc/self/schedstat").ok();
    said.and_then(|s| s.split(' ').next().and_then(|n| n.parse().ok())).unwrap_or(0)
}

fn list(path: &str, most: usize) -> Anything<Vec<Entity>> {
    let mut reader = csv::Reader::from_path(path)?;
    let columns: HashMap<String, usize> = reader.headers()?.iter().map(str::to_owned).zip(0..).collect();
    let mut out: Vec<Entity> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for record in reader.records() {
        let record = record?;
        let field = |name: &str| columns.get(name).and_then(|i| record.get(*i)).unwrap_or("");
        let parts = |name| field(name).split(';').map(str::trim).filter(|p: &&str| !p.is_empty());
        let place = *places.entry(field("entity_id").to_owned()).or_insert(out.len());
        if place == out.len() {
            if place == most {
                break;
            }
            out.push(Entity {
                id: field("entity_id").to_owned(),
                list: field("list").to_owned(),
                kind: EntityKind::parse(field("entity_kind")).unwrap_or(EntityKind::Unknown),
                names: vec![],
                birth_dates: vec![],
                nationalities: vec![],
                sex: Sex::parse(field("sex")),
                documents: vec![],
                birth_places: vec![],
                programmes: vec![],
            });
        }
        let entity = &mut out[place];
        let kind =
            [NameKind::Alias, NameKind::WeakAlias, NameKind::Former].into_iter().find(|k| k.as_str() == field("name_kind"));
        entity.names.push(EntityName { text: field("name").to_owned(), kind: kind.unwrap_or(NameKind::Primary) });
        for date in parts("birth_dates").filter_map(|d| d.parse().ok()) {
            if !entity.birth_dates.contains(&date) {
                entity.birth_dates.push(date);
            }
        }
        for nation in parts("nationalities").filter_map(alpha3) {
            if !entity.nationalities.iter().any(|n| n == nation) {
                entity.nationalities.push(nation.to_owned());
            }
        }
        for number in parts("documents") {
            let document = ListedDocument { kind: 'P', number: number.to_owned(), issuer: None };
            if !entity.documents.contains(&document) {
                entity.documents.push(document);
            }
        }
    }
    Ok(out)
}

fn save(generation: &Generation, path: &str) -> Anything<()> {
    let row = generation.to_row()?;
    let mut writer = FileWriter::try_new(File::create(path)?, row.schema_ref())?;
    writer.write(&row)?;
    Ok(writer.finish()?)
}

fn mapped(path: &str) -> Anything<RecordBatch> {
    // SAFETY: nobody writes to the file while it is measured.
    #[allow(unsafe_code)]
    let map = unsafe { memmap2::Mmap::map(&File::open(path)?) }?;
    let file = Buffer::from(bytes::Bytes::from_owner(map));
    let trailer = file.len().checked_sub(10).ok_or("no Arrow file")?;
    let footer = trailer.checked_sub(read_footer_length(file[trailer..].try_into()?)?).ok_or("no Arrow file")?;
    let footer = root_as_footer(&file[footer..trailer]).map_err(|e| e.to_string())?;
    let decoder = FileDecoder::new(Arc::new(fb_to_schema(footer.schema().ok_or("no schema")?)), footer.version());
    let block = footer.recordBatches().filter(|b| !b.is_empty()).ok_or("no row")?.get(0);
    let data = file.slice_with_length(block.offset() as usize, block.bodyLength() as usize + block.metaDataLength() as usize);
    Ok(decoder.read_record_batch(block, &data)?.ok_or("no row")?)
}

#[derive(Debug)]
struct Query {
    id: String,
    name: String,
    birth_date: Option<PartialDate>,
    nationality: Option<&'static str>,
    sex: Option<Sex>,
}

impl Query {
    fn subject(&self) -> Subject<'_> {
        let Self { birth_date, nationality, sex, .. } = *self;
        Subject { surname: &self.name, birth_date, nationality, sex, ..Subject::default() }
    }
}

/// A Tamis CSV, so many entities of it; or a compiled list.
fn opened(path: &str, most: usize) -> Anything<Generation> {
    let is_csv = std::path::Path::new(path).extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    Ok(if is_csv { Generation::build(list(path, most)?)? } else { Generation::open(&mapped(path)?)? })
}

fn queries(path: &str, most: usize, undated: &str) -> Anything<Vec<Query>> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut out = Vec::new();
    for (i, record) in reader.records().take(most).enumerate() {
        let record = record?;
        let field = |i: usize| record.get(i).unwrap_or("");
        let kept = match undated {
            "none" => true,
            "all" => false,
            _ => i % 20 >= 3,
        };
        out.push(Query {
            id: field(0).to_owned(),
            name: field(1).to_owned(),
            birth_date: field(2).parse().ok().filter(|_| kept),
            nationality: alpha3(field(3)),
            sex: Sex::parse(field(4)),
        });
    }
    Ok(out)
}

fn show(what: &str, queries: usize, hits: usize, seconds: f64, c: Counters) {
    let each = |n: u64| n as f64 / queries as f64;
    println!(
        "{what}: {:.0}/s, {hits} hits; a name: {:.1} entries, {:.2} candidates, {:.2} pruned, {:.2} compared, {:.3} new tokens",
        queries as f64 / seconds,
        each(c.entries),
        each(c.candidates),
        each(c.pruned),
        each(c.compared),
        each(c.expansions_made)
    );
}

fn main() -> Anything<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1)).map(String::as_str);
    let number = |name: &str, otherwise: usize| option(name).map_or(Ok(otherwise), str::parse);
    let [from, asked, ..] = arguments.as_slice() else { return Err("which list, and which queries".into()) };
    let begun = Instant::now();
    let generation = opened(from, number("--entities", usize::MAX)?)?;
    println!("{} entities, {} names, {:.1} s", generation.len(), generation.name_count(), begun.elapsed().as_secs_f64());
    if let Some(path) = option("--save") {
        save(&generation, path)?;
    }
    let bits: f32 = option("--bits").unwrap_or("24").parse()?;
    let queries = queries(asked, number("--take", 10_000)?, option("--undated").unwrap_or("some"))?;
    let mut matcher = Matcher::new(Arc::new(generation));
    let (mut found, mut times) = (Vec::new(), vec![f64::INFINITY; queries.len()]);
    let mut pass = |matcher: &mut Matcher, times: &mut [f64]| {
        let (mut hits, begun) = (0, spent());
        for (query, time) in queries.iter().zip(times) {
            found.clear();
            let begun = Instant::now();
            matcher.find(&query.subject(), bits, &mut found);
            *time = time.min(begun.elapsed().as_secs_f64());
            hits += found.len();
        }
        (hits, (spent() - begun) as f64 / 1e9, matcher.take_counters())
    };
    let (hits, seconds, counters) = pass(&mut matcher, &mut times);
    show("cold", queries.len(), hits, seconds, counters);
    times.fill(f64::INFINITY);
    let (mut best, mut done) = (f64::INFINITY, None);
    for _ in 0..number("--passes", 5)? {
        let (hits, seconds, counters) = pass(&mut matcher, &mut times);
        if seconds < best {
            (best, done) = (seconds, Some((hits, counters)));
        }
    }
    if let Some(next) = option("--next") {
        let next = opened(next, usize::MAX)?.after(matcher.generation());
        let (hits, seconds, counters) = pass(&mut Matcher::new(Arc::new(next)), &mut vec![0.0; queries.len()]);
        show("taken over", queries.len(), hits, seconds, counters);
    }
    if let Some((hits, counters)) = done {
        show("warm", queries.len(), hits, best, counters);
        let mut order: Vec<usize> = (0..queries.len()).collect();
        order.sort_by(|a, b| times[*b].total_cmp(&times[*a]));
        let at = |share: f64| times[order[((order.len() - 1) as f64 * share) as usize]] * 1e6;
        let part = |share: f64| {
            let count = (order.len() as f64 * share) as usize;
            100.0 * order[..count].iter().map(|i| times[*i]).sum::<f64>() / times.iter().sum::<f64>()
        };
        println!(
            "microseconds a name: half {:.1}, one in ten {:.1}, in a hundred {:.1}, in a thousand {:.1}, the slowest {:.1}; the slowest \
             hundredth takes {:.0} % of the time, the slowest tenth {:.0} %",
            at(0.5),
            at(0.1),
            at(0.01),
            at(0.001),
            at(0.0),
            part(0.01),
            part(0.1)
        );
        let group = |what: &str, holds: &dyn Fn(&Query) -> bool| {
            let some: Vec<f64> = queries.iter().zip(&times).filter(|q| holds(q.0)).map(|q| *q.1).collect();
            if !some.is_empty() {
                println!(
                    "{what}: {} names, {:.1} microseconds each",
                    some.len(),
                    1e6 * some.iter().sum::<f64>() / some.len() as f64
                );
            }
        };
        group("with a birth date", &|q| q.birth_date.is_some());
        group("without", &|q| q.birth_date.is_none());
        for i in order.into_iter().take(number("--slowest", 0)?) {
            println!("{:.1} {:?}", times[i] * 1e6, queries[i]);
        }
    }
    if let Some(path) = option("--hits") {
        let mut out = BufWriter::new(File::create(path)?);
        let mut found = Vec::new();
        for query in &queries {
            found.clear();
            matcher.find(&query.subject(), bits, &mut found);
            for (entity, bits) in &found {
                writeln!(out, "{},{},{:08x},{bits}", query.id, matcher.generation().entity_id(*entity), bits.to_bits())?;
            }
        }
    }
    Ok(())
}
