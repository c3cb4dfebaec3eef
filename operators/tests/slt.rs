//! The SQL face, end to end. Every `tests/slt/*.slt` runs in a session of its own that has all
//! functions of the crate and the small watchlist below as table `watchlist`; beside them stand
//! the properties that need random tables.
#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Float32Array, Int32Array, RecordBatch, StringArray, StringViewArray};
use arrow::datatypes::{DataType, Float32Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;
use sqllogictest::{ColumnType, DB, DBOutput, Runner, strict_column_validator};
use tamis_operators::join::{
    HITS_COLUMN, Strategy as Finding, nest_watchlist_hits, register_watchlist, subject_expr, tamis_context, tamis_session_state,
};
use tamis_operators::watchlist::{Entity, EntityKind, EntityName, Generation, ListedDocument, NameKind, Sex};

// ---- the session ----

fn entity(id: &str, list: &str, names: &[&str], birth_date: Option<&str>) -> Entity {
    let kinds = [NameKind::Primary].into_iter().chain(std::iter::repeat(NameKind::Alias));
    Entity {
        id: id.into(),
        list: list.into(),
        kind: EntityKind::Person,
        names: names.iter().zip(kinds).map(|(text, kind)| EntityName { text: (*text).into(), kind }).collect(),
        birth_dates: birth_date.iter().map(|d| d.parse().unwrap()).collect(),
        nationalities: vec![],
        sex: None,
        documents: vec![],
        birth_places: vec![],
        programmes: vec![],
    }
}

/// Invented people.
fn small_watchlist() -> Arc<Generation> {
    let passport = ListedDocument { kind: 'P', number: "N1234567".into(), issuer: Some("NOR".into()) };
    let entities = vec![
        Entity {
            nationalities: vec!["NOR".into()],
            sex: Some(Sex::Female),
            documents: vec![passport],
            ..entity("X-1", "demo_a", &["HALVORSEN, Ingrid Marit", "HALVORSEN, Inga"], Some("1972-05-31"))
        },
        Entity {
            nationalities: vec!["IRQ".into()],
            ..entity("X-2", "demo_a", &["QASSARI, Tariq Hamdan", "ABU HAMDAN"], Some("1965-03-02"))
        },
        entity("X-3", "demo_b", &["OKONJOWE, Adaeze"], Some("1988")),
        Entity { kind: EntityKind::Organisation, ..entity("X-4", "demo_b", &["NORTHLIGHT SHIPPING LLC"], None) },
        entity("X-5", "demo_b", &["HALVORSEN, Erik"], Some("~1950")),
    ];
    Arc::new(Generation::build(entities).unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn collect(runtime: &tokio::runtime::Runtime, ctx: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>> {
    runtime.block_on(async { ctx.sql(sql).await?.collect().await })
}

fn collect_plan(runtime: &tokio::runtime::Runtime, ctx: &SessionContext, plan: LogicalPlan) -> Result<Vec<RecordBatch>> {
    runtime.block_on(DataFrame::new(ctx.state(), plan).collect())
}

fn cells(batches: &[RecordBatch]) -> Result<Vec<Vec<String>>> {
    let options = FormatOptions::new().with_null("NULL").with_display_error(true);
    let mut rows = vec![];
    for batch in batches {
        let columns = batch.columns().iter().map(|c| ArrayFormatter::try_new(c.as_ref(), &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        rows.extend((0..batch.num_rows()).map(|row| {
            let text = |c: &ArrayFormatter<'_>| c.value(row).to_string();
            columns.iter().map(text).map(|t| if t.is_empty() { "(empty)".into() } else { t }).collect::<Vec<_>>()
        }));
    }
    Ok(rows)
}

// ---- the .slt files ----

/// T text, I integer, R real, B boolean, D date, P timestamp, ? anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Letter(char);

impl ColumnType for Letter {
    fn from_char(value: char) -> Option<Self> {
        "TIRBDP?".contains(value).then_some(Self(value))
    }
    fn to_char(&self) -> char {
        self.0
    }
}

impl From<&DataType> for Letter {
    fn from(t: &DataType) -> Self {
        Self(match t {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => 'T',
            DataType::Dictionary(_, values) => return Self::from(values.as_ref()),
            t if t.is_integer() => 'I',
            t if t.is_floating() || matches!(t, DataType::Decimal128(..) | DataType::Decimal256(..)) => 'R',
            DataType::Boolean => 'B',
            DataType::Date32 | DataType::Date64 => 'D',
            DataType::Timestamp(..) => 'P',
            _ => '?',
        })
    }
}

struct Database {
    runtime: tokio::runtime::Runtime,
    ctx: SessionContext,
}

impl Database {
    fn new() -> Self {
        let ctx = tamis_context(SessionConfig::new().with_target_partitions(2));
        register_watchlist(&ctx, "watchlist", small_watchlist()).unwrap();
        Self { runtime: runtime(), ctx }
    }
}

impl DB for Database {
    type Error = DataFusionError;
    type ColumnType = Letter;

    fn run(&mut self, sql: &str) -> Result<DBOutput<Letter>> {
        let batches = collect(&self.runtime, &self.ctx, sql)?;
        let Some(first) = batches.first() else { return Ok(DBOutput::StatementComplete(0)) };
        let types = first.schema().fields().iter().map(|f| f.data_type().into()).collect();
        let mut rows = cells(&batches)?;
        if first.schema().fields()[0].name() == "plan_type" {
            // A plan is one row a line; its indentation is made visible.
            rows = rows.iter().flat_map(|row| row[1].trim_end().lines().map(|l| plan_line(&row[0], l))).collect();
        }
        Ok(DBOutput::Rows { types, rows })
    }

    fn engine_name(&self) -> &'static str {
        "tamis"
    }
}

fn plan_line(kind: &str, line: &str) -> Vec<String> {
    let depth = line.len() - line.trim_start().len();
    vec![kind.to_owned(), format!("{}{}", "-".repeat(depth), line.trim_start())]
}

#[test]
fn every_slt_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "slt"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let mut runner = Runner::new(|| async { Ok(Database::new()) });
        runner.with_column_validator(strict_column_validator);
        if let Err(e) = runner.run_file(&file) {
            panic!("{}", e.display(false));
        }
    }
}

// ---- index = nested loop, on random tables ----

const SURNAMES: [&str; 6] = ["HALVORSEN", "QASSARI", "OKONJOWE", "LI", "ABD AL RAHMAN", "ABDULRAHMAN"];
const GIVEN: [&str; 6] = ["INGRID", "TARIQ HAMDAN", "ADAEZE", "WEI", "I", "HAMDAN TARIQ"];
const DATES: [&str; 5] = ["1972-05-31", "1965-03-02", "1965-02-03", "1988-01-01", "1950-07-09"];
const COUNTRIES: [&str; 3] = ["NOR", "IRQ", "NGA"];

fn some_of(words: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![1 => Just(None), 4 => prop::sample::select(words).prop_map(Some)]
}

type Row = (Option<&'static str>, Option<&'static str>, Option<&'static str>, Option<&'static str>);

fn row() -> impl Strategy<Value = Row> {
    (some_of(&SURNAMES), some_of(&GIVEN), some_of(&DATES), some_of(&COUNTRIES))
}

fn generation_of(rows: &[Row]) -> Arc<Generation> {
    let entities = rows.iter().enumerate().map(|(i, (surname, given, date, country))| {
        let name = format!("{}, {}", surname.unwrap_or("NEMO"), given.unwrap_or("NOBODY"));
        // Some dates are known to the year only.
        let date = date.map(|d| if i % 3 == 2 { &d[..4] } else { d });
        let list = ["one", "two"][i % 2];
        Entity { nationalities: country.iter().map(|&c| c.into()).collect(), ..entity(&format!("E{i}"), list, &[&name], date) }
    });
    Arc::new(Generation::build(entities.collect()).unwrap())
}

fn queries_of(rows: &[Row], batch_rows: usize) -> MemTable {
    let text = |of: fn(&Row) -> Option<&'static str>| rows.iter().map(of).collect::<Vec<_>>();
    let dates = text(|r| r.2).into_iter().map(|d| {
        let date = d?.parse::<tamis_operators::watchlist::PartialDate>().unwrap();
        date.days()
    });
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int32Array::from_iter_values(0..rows.len() as i32))),
        ("surname", Arc::new(StringArray::from(text(|r| r.0)))),
        ("given_names", Arc::new(StringViewArray::from(text(|r| r.1)))),
        ("birth_date", Arc::new(dates.collect::<Date32Array>())),
        ("nationality", Arc::new(StringArray::from(text(|r| r.3)))),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
    let starts = (0..rows.len()).step_by(batch_rows);
    let batches = starts.map(|s| batch.slice(s, batch_rows.min(rows.len() - s))).collect();
    MemTable::try_new(batch.schema(), vec![batches]).unwrap()
}

const SUBJECT: &str = "traveller_subject(q.surname, q.given_names, q.birth_date, NULL, q.nationality)";

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn with_the_index_as_without(
        listed in prop::collection::vec(row(), 1..12),
        reported in prop::collection::vec(row(), 1..12),
        min_bits in -10_i32..40,
        shape in 0..6,
        filter in 0_usize..3,
        batch_size in 1_usize..6,
    ) {
        let runtime = runtime();
        let ctx = tamis_context(SessionConfig::new().with_batch_size(batch_size).with_target_partitions(2));
        register_watchlist(&ctx, "watchlist", generation_of(&listed)).unwrap();
        ctx.register_table("queries", Arc::new(queries_of(&reported, batch_size))).unwrap();
        let condition = format!("watchlist_weight({SUBJECT}, w.entity) >= {min_bits}");
        let residual = ["", " AND q.id <= w.entity", " AND w.list = 'one'"][filter];
        let pairs = format!("q.id, w.entity_id, watchlist_weight({SUBJECT}, w.entity)");
        let sql = match shape {
            0 => format!("SELECT {pairs} FROM queries q JOIN watchlist w ON {condition}{residual}"),
            1 => format!("SELECT {pairs} FROM watchlist w JOIN queries q ON {condition}{residual}"),
            2 => format!("SELECT {pairs} FROM queries q, watchlist w WHERE {condition}{residual}"),
            3 => format!("SELECT q.id, w.entity_id FROM queries q LEFT JOIN watchlist w ON {condition}{residual}"),
            4 => format!("SELECT q.id FROM queries q WHERE EXISTS (SELECT 1 FROM watchlist w WHERE {condition}{residual})"),
            _ => format!("SELECT q.id FROM queries q WHERE NOT EXISTS (SELECT 1 FROM watchlist w WHERE {condition}{residual})"),
        };
        let explained = |on: bool| {
            collect(&runtime, &ctx, &format!("SET tamis.watchlist_join = {on}")).unwrap();
            let plan = cells(&collect(&runtime, &ctx, &format!("EXPLAIN {sql}")).unwrap()).unwrap();
            let mut rows = cells(&collect(&runtime, &ctx, &sql).unwrap()).unwrap();
            rows.sort();
            (plan.concat().concat().contains("WatchlistJoinExec"), rows)
        };
        let ((with, fast), (without, slow)) = (explained(true), explained(false));
        prop_assert!(with && !without);
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn nested_hits_are_those_of_the_join(
        listed in prop::collection::vec(row(), 1..12),
        reported in prop::collection::vec(row(), 1..12),
        min_bits in -10_i32..40,
        batch_size in 1_usize..6,
    ) {
        let runtime = runtime();
        let ctx = tamis_context(SessionConfig::new().with_batch_size(batch_size).with_target_partitions(1));
        let generation = generation_of(&listed);
        register_watchlist(&ctx, "watchlist", Arc::clone(&generation)).unwrap();
        ctx.register_table("queries", Arc::new(queries_of(&reported, 4))).unwrap();
        let sql = format!(
            "SELECT q.id, w.entity_id, watchlist_weight({SUBJECT}, w.entity) AS bits FROM queries q JOIN watchlist w
             ON watchlist_weight({SUBJECT}, w.entity) >= {min_bits} ORDER BY q.id, bits DESC, w.entity"
        );
        // One hit for all entries of the same person: the heaviest.
        let groups: HashMap<&str, u32> =
            (0..generation.len() as u32).map(|e| (generation.entity_id(e), generation.group(e))).collect();
        let mut expected = cells(&collect(&runtime, &ctx, &sql).unwrap()).unwrap();
        let mut seen = HashSet::new();
        expected.retain(|row| seen.insert((row[0].clone(), groups[row[1].as_str()])));
        for finding in [Finding::Index, Finding::NestedLoop] {
            let nested = nested(&runtime, &ctx, &generation, min_bits as f32, finding).unwrap();
            prop_assert_eq!(nested.iter().map(RecordBatch::num_rows).sum::<usize>(), reported.len());
            prop_assert_eq!(&unnest(&nested), &expected);
        }
    }
}

/// The table `queries` with its hits.
fn nested(
    runtime: &tokio::runtime::Runtime,
    ctx: &SessionContext,
    generation: &Arc<Generation>,
    min_bits: f32,
    finding: Finding,
) -> Result<Vec<RecordBatch>> {
    let table = runtime.block_on(ctx.table("queries"))?.into_unoptimized_plan();
    let subject = subject_expr(table.schema())?;
    collect_plan(runtime, ctx, nest_watchlist_hits(table, subject, Arc::clone(generation), min_bits, finding)?)
}

/// Rows (id, entity, bits), one a hit.
fn unnest(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let mut rows = vec![];
    for batch in batches {
        let hits = batch.column_by_name(HITS_COLUMN).unwrap().as_list::<i32>();
        for row in 0..batch.num_rows() {
            let list = hits.value(row);
            let list = list.as_struct();
            let bits = list.column_by_name("bits").unwrap().as_primitive::<Float32Type>();
            let columns = vec![list.column_by_name("id").unwrap().slice(0, list.len()), Arc::new(bits.clone()) as ArrayRef];
            let hits = RecordBatch::try_from_iter(["id", "bits"].into_iter().zip(columns)).unwrap();
            let id = batch.column(0).as_primitive::<arrow::datatypes::Int32Type>().value(row).to_string();
            rows.extend(cells(&[hits]).unwrap().into_iter().map(|hit| [vec![id.clone()], hit].concat()));
        }
    }
    rows
}

// ---- what SQL cannot show ----

const ROWS: [Row; 5] = [
    (Some("HALVORSEN"), Some("INGRID MARIT"), Some("1972-05-31"), Some("NOR")),
    (Some("LI"), Some("WEI"), None, None),
    (Some("HALVORSEN"), Some("INGA"), Some("1972-05-31"), None),
    (None, None, None, None),
    (Some("QASSARI"), Some("TARIQ HAMDAN"), Some("1965-03-02"), Some("IRQ")),
];

#[test]
fn every_batch_is_answered_by_itself_and_explained() {
    let runtime = runtime();
    let generation = small_watchlist();
    let ctx = tamis_context(SessionConfig::new().with_target_partitions(1));
    ctx.register_table("queries", Arc::new(queries_of(&ROWS, 2))).unwrap();
    let batches = nested(&runtime, &ctx, &generation, 10.0, Finding::Index).unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [2, 2, 1]);

    let hits = batches[0].column_by_name(HITS_COLUMN).unwrap();
    let hits = hits.as_list::<i32>();
    assert_eq!(hits.value_length(1), 0);
    let first = hits.value(0);
    let first = first.as_struct();
    let text = |name: &str| first.column_by_name(name).unwrap().as_string_view().value(0).to_owned();
    assert_eq!([text("kind"), text("id"), text("list"), text("action")], ["watchlist", "X-1", "demo_a", "refer"]);
    assert!(text("matched").contains("HALVORSEN") && text("explanation").contains("bits"), "{}", text("explanation"));
    assert!(first.column_by_name("severity").unwrap().is_null(0));
    let bits: &Float32Array = first.column_by_name("bits").unwrap().as_primitive();
    let evidence = first.column_by_name("evidence").unwrap().as_list::<i32>().value(0);
    let terms: &Float32Array = evidence.as_struct().column_by_name("bits").unwrap().as_primitive();
    assert!((terms.values().iter().sum::<f32>() - bits.value(0)).abs() < 0.01);
}

#[test]
fn only_the_heaviest_hits_are_kept() {
    let runtime = runtime();
    let ctx = tamis_context(SessionConfig::new().with_target_partitions(1));
    let same = |i: usize| entity(&format!("E{i}"), "l", &["HALVORSEN, Ingrid Marit"], (i == 4).then_some("1972-05-31"));
    let generation = Arc::new(Generation::build((0..6).map(same).collect()).unwrap());
    ctx.register_table("queries", Arc::new(queries_of(&ROWS[..1], 1))).unwrap();
    collect(&runtime, &ctx, "SET tamis.watchlist_top_k = 3").unwrap();
    let kept = unnest(&nested(&runtime, &ctx, &generation, 0.0, Finding::Index).unwrap());
    let ids: Vec<_> = kept.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(ids, ["E4", "E0", "E1"]);
}

#[test]
fn the_watchlist_side_counts_against_the_memory_pool() {
    let runtime = runtime();
    let env = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(GreedyMemoryPool::new(64))).build_arc().unwrap();
    let ctx = SessionContext::new_with_state(tamis_session_state(SessionConfig::new()).with_runtime_env(env).build());
    register_watchlist(&ctx, "watchlist", small_watchlist()).unwrap();
    ctx.register_table("queries", Arc::new(queries_of(&ROWS, 2))).unwrap();
    let sql = format!("SELECT q.id, w.name FROM queries q JOIN watchlist w ON watchlist_weight({SUBJECT}, w.entity) >= 10");
    let error = collect(&runtime, &ctx, &sql).unwrap_err().to_string();
    assert!(error.contains("WatchlistJoinExec"), "{error}");
}

#[test]
fn a_table_of_another_generation_is_refused() {
    let runtime = runtime();
    let ctx = tamis_context(SessionConfig::new());
    register_watchlist(&ctx, "old", small_watchlist()).unwrap();
    register_watchlist(&ctx, "new", generation_of(&ROWS)).unwrap();
    let sql = |table: &str| format!("SELECT watchlist_weight(named_struct('name', 'LI'), entity) FROM {table}");
    assert!(collect(&runtime, &ctx, &sql("new")).is_ok());
    let error = collect(&runtime, &ctx, &sql("old")).unwrap_err().to_string();
    assert!(error.contains("register that watchlist again"), "{error}");
}

#[test]
fn what_was_done_is_measured() {
    let runtime = runtime();
    let ctx = tamis_context(SessionConfig::new().with_target_partitions(1));
    register_watchlist(&ctx, "watchlist", small_watchlist()).unwrap();
    ctx.register_table("queries", Arc::new(queries_of(&ROWS, 2))).unwrap();
    let sql = format!(
        "EXPLAIN ANALYZE SELECT q.id, w.name FROM queries q JOIN watchlist w
         ON watchlist_weight({SUBJECT}, w.entity) >= 10"
    );
    let plan = cells(&collect(&runtime, &ctx, &sql).unwrap()).unwrap().concat().concat();
    let line = plan.lines().find(|l| l.contains("WatchlistJoinExec")).unwrap();
    for metric in ["input_rows=5", "hits=3", "build_rows=5", "candidates=", "elapsed_compute="] {
        assert!(line.contains(metric), "{metric} in {line}");
    }
}
