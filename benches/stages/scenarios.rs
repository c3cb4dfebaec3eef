//! Scenarios: the starter set over batches of 8,192 decoded travellers, one thread.
//!
//! Axes, and why they matter:
//! * `plan` runs the plan that screening runs, where DataFusion shares what predicates have in
//!   common; `without_plan` evaluates each predicate by itself. The difference is what one
//!   projection for all scenarios is worth.
//! * anomalies as rare as in the field, or in one traveller of five: explanations are text and
//!   are made for hits only, so hits must be what costs.
//!
//! Counted: rows out are rows in; the hits of both ways are the same, and there are some.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::record_batch::RecordBatch;
use criterion::Throughput;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{SessionConfig, SessionContext};
use tamis_benches::{criterion, decode, messages, say, sized};
use tamis_fixtures::{Config, World};
use tamis_operators::join::tamis_context;
use tamis_operators::scenario::{CompiledSet, ScenarioSet, compile, evaluate_scenarios};
use tamis_operators::schema::traveller_schema;

fn main() {
    let mut c = criterion();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made");
    let session = tamis_context(SessionConfig::new().with_target_partitions(1));
    let starter = tamis::scenarios::starter().and_then(ScenarioSet::new).expect("the starter set has no fault");
    let set = Arc::new(compile(starter, traveller_schema(), &session.state()).expect("the starter set fits the schema"));
    for (name, anomaly_rate) in [("rare", Config::default().anomaly_rate), ("one_in_five", 0.2)] {
        let world = World::new(Config { travellers: sized(100_000, 500), anomaly_rate, ..Config::default() });
        let (batches, _) = decode(&messages(&world).bytes);
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let fired: usize = batches.iter().map(|b| without_plan(&set, b)).sum();
        assert!(fired > 0, "planted anomalies fire");
        say(&format!(
            "{} scenarios over {rows} rows in {} batches, anomalies {name}: {fired} hits",
            set.set().len(),
            batches.len()
        ));

        let plan = runtime.block_on(plan(&session, &set, &batches));
        let mut group = c.benchmark_group(format!("scenarios/{name}"));
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function("plan", |b| {
            b.iter(|| {
                let out = runtime.block_on(collect(Arc::clone(&plan), session.task_ctx())).expect("the plan runs");
                assert_eq!(out.iter().map(RecordBatch::num_rows).sum::<usize>(), rows, "rows");
                assert_eq!(out.iter().map(hits).sum::<usize>(), fired, "hits");
            });
        });
        group.bench_function("without_plan", |b| {
            b.iter(|| assert_eq!(batches.iter().map(|b| without_plan(&set, b)).sum::<usize>(), fired, "hits"));
        });
        group.finish();
    }
    c.final_summary();
}

fn without_plan(set: &CompiledSet, batch: &RecordBatch) -> usize {
    set.hits(batch).expect("the predicates run").values().len()
}

fn hits(batch: &RecordBatch) -> usize {
    batch.column_by_name("scenario_hits").expect("scenarios append their hits").as_list::<i32>().values().len()
}

async fn plan(session: &SessionContext, set: &Arc<CompiledSet>, batches: &[RecordBatch]) -> Arc<dyn ExecutionPlan> {
    let table = MemTable::try_new(traveller_schema(), vec![batches.to_vec()]).expect("batches of one schema");
    let scan = LogicalPlanBuilder::scan("travellers", provider_as_source(Arc::new(table)), None)
        .and_then(LogicalPlanBuilder::build)
        .expect("a table can be scanned");
    let plan = evaluate_scenarios(scan, set).expect("the records have the columns of the set");
    session.state().create_physical_plan(&plan).await.expect("the plan can be made")
}
