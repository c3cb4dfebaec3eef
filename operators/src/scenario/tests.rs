//! All scenarios of a set in one plan, against the same predicates one by one.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::DataType;
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, col, lit};
use datafusion::physical_plan::{ExecutionPlan, collect, displayable};
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};
use datafusion::prelude::{SessionConfig, SessionContext};
use serde_json::{Value, json};

use super::set::tests::scenario;
use super::*;
use crate::functions::{register_all, standard_state};
use crate::schema::{hit_type, traveller_schema};
use crate::triage::{TriagePlanner, triage_plan};

#[derive(Debug)]
struct Planner;

#[async_trait]
impl QueryPlanner for Planner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(ScenarioPlanner), Arc::new(TriagePlanner)])
            .create_physical_plan(plan, session)
            .await
    }
}

fn context() -> SessionContext {
    let mut state = SessionStateBuilder::new_with_default_features()
        .with_config(SessionConfig::new().with_target_partitions(1))
        .with_query_planner(Arc::new(Planner))
        .build();
    register_all(&mut state).unwrap();
    SessionContext::new_with_state(state)
}

/// Plans and runs; gives the operator tree with metrics and the rows.
fn run(plan: LogicalPlan) -> (String, Vec<RecordBatch>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let context = context();
        let physical = context.state().create_physical_plan(&plan).await.unwrap();
        let batches = collect(Arc::clone(&physical), context.task_ctx()).await.unwrap();
        (
            datafusion::physical_plan::display::DisplayableExecutionPlan::with_metrics(physical.as_ref())
                .indent(true)
                .to_string(),
            batches,
        )
    })
}

fn travellers() -> Vec<RecordBatch> {
    let rows = [
        json!({"surname": "ERIKSSON", "bag_count": 0, "document_shared": 1, "document_expiry": "2026-01-01", "arrival_local": "2026-05-01T10:00:00"}),
        json!({"surname": "STEIN", "bag_count": 3}),
        json!({"bag_count": null, "document_shared": 2}),
        json!({"surname": "A", "bag_count": 0}),
    ];
    rows.iter().map(|r: &Value| example_batch(r.as_object().unwrap(), &traveller_schema()).unwrap()).collect()
}

fn compiled() -> Arc<CompiledSet> {
    let mut third = scenario(
        "T-003",
        "document_expiry < arrival_local::date",
        "expired {document_expiry}, lands {arrival_local}",
        &["document_expiry", "arrival_local"],
    );
    third.severity = Severity::High;
    let set = ScenarioSet::new(vec![
        scenario("T-001", "bag_count * 2 + 1 = 1", "{surname}: {bag_count} bags", &["bag_count"]),
        scenario(
            "T-002",
            "document_shared > 0 AND (bag_count * 2 + 1 < 7) IS NOT FALSE",
            "shared by {document_shared}",
            &["document_shared", "bag_count"],
        ),
        third,
    ])
    .unwrap();
    Arc::new(compile(set, traveller_schema(), &standard_state().unwrap()).unwrap())
}

fn scan(batches: &[RecordBatch]) -> LogicalPlanBuilder {
    let table = MemTable::try_new(traveller_schema(), vec![batches.to_vec()]).unwrap();
    LogicalPlanBuilder::scan("t", provider_as_source(Arc::new(table)), None).unwrap()
}

fn explanations(hits: &ListArray) -> Vec<Vec<String>> {
    hits.iter()
        .map(|row| {
            let row = row.unwrap();
            row.as_struct()
                .column_by_name("explanation")
                .unwrap()
                .as_string_view()
                .iter()
                .map(|t| t.unwrap().to_owned())
                .collect()
        })
        .collect()
}

fn expected() -> Vec<Vec<String>> {
    let text = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    vec![
        text(&["ERIKSSON: 0 bags", "shared by 1", "expired 2026-01-01, lands 2026-05-01 10:00"]),
        text(&[]),
        text(&["shared by 2"]),
        text(&["A: 0 bags"]),
    ]
}

#[test]
fn the_plan_gives_what_the_predicates_give_one_by_one() {
    let (set, batches) = (compiled(), travellers());
    let plan = evaluate_scenarios(scan(&batches).build().unwrap(), &set).unwrap();
    let (shown, out) = run(plan);
    assert!(shown.contains("ScenarioExec: set="), "{shown}");
    assert!(shown.contains("rows=4") && shown.contains("fired=5"), "{shown}");
    // `bag_count * 2 + 1` is worked out once for both scenarios that use it.
    assert!(shown.contains("__common_expr_1"), "{shown}");
    assert_eq!(out.len(), batches.len(), "one batch in, one batch out");
    let mut all = Vec::new();
    for (given, got) in batches.iter().zip(&out) {
        let direct = set.hits(given).unwrap();
        let column = got.column_by_name(HITS_COLUMN).unwrap();
        assert_eq!(column.as_list::<i32>(), &direct);
        assert_eq!(got.num_columns(), given.num_columns() + 1);
        all.extend(explanations(&direct));
    }
    assert_eq!(all, expected());
}

#[test]
fn hits_have_the_canonical_shape() {
    let (set, batches) = (compiled(), travellers());
    let hits = set.hits(&batches[0]).unwrap();
    assert_eq!(hits.values().data_type(), &hit_type());
    let first = hits.value(0);
    let text = |name: &str| {
        first.as_struct().column_by_name(name).unwrap().as_string_view().iter().map(|t| t.unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(text("kind"), ["scenario"; 3]);
    assert_eq!(text("id"), ["T-001", "T-002", "T-003"]);
    assert_eq!(text("list"), ["v2"; 3]);
    assert_eq!(text("matched")[2], "title of T-003");
    assert_eq!(text("severity"), ["medium", "medium", "high"]);
    assert_eq!(text("action"), ["refer"; 3]);
    for empty in ["bits", "evidence"] {
        assert_eq!(first.as_struct().column_by_name(empty).unwrap().null_count(), 3);
    }
}

#[test]
fn pruned_columns_and_a_batch_of_many_rows_change_nothing() {
    let (set, batches) = (compiled(), travellers());
    let one = vec![concat_batches(&traveller_schema(), &batches).unwrap()];
    let plan = evaluate_scenarios(scan(&one).build().unwrap(), &set).unwrap();
    let plan = LogicalPlanBuilder::from(plan).project(vec![col(HITS_COLUMN), col("t.record_id")]).unwrap().build().unwrap();
    let (shown, out) = run(plan);
    assert_eq!(explanations(out[0].column(0).as_list()), expected());
    // Nobody asked for the seat, so it is not carried along.
    assert!(!shown.contains("seat"), "{shown}");
    // Nor do hits have to be asked for.
    let plan = evaluate_scenarios(scan(&one).build().unwrap(), &set).unwrap();
    let plan = LogicalPlanBuilder::from(plan).project(vec![col("t.role")]).unwrap().build().unwrap();
    assert_eq!(run(plan).1[0].num_rows(), 4);
}

#[test]
fn a_set_without_scenarios_gives_empty_lists_and_a_second_evaluation_is_refused() {
    let empty = compile(ScenarioSet::new(vec![]).unwrap(), traveller_schema(), &standard_state().unwrap()).unwrap();
    let plan = evaluate_scenarios(scan(&travellers()).build().unwrap(), &Arc::new(empty)).unwrap();
    assert!(evaluate_scenarios(plan.clone(), &compiled()).is_err());
    assert!(explanations(run(plan).1[0].column_by_name(HITS_COLUMN).unwrap().as_list()).concat().is_empty());
}

#[test]
fn triage_stands_on_top_of_scenarios() {
    let (set, batches) = (compiled(), travellers());
    // No watchlist here: an empty list a record, as one without hits would give.
    let one = concat_batches(&traveller_schema(), &batches).unwrap();
    let none: ArrayRef = Arc::new(ListArray::new_null(hits::hit_item(), one.num_rows()));
    let mut fields = one.schema().fields().to_vec();
    fields.push(Arc::new(arrow::datatypes::Field::new("watchlist_hits", DataType::List(hits::hit_item()), true)));
    let schema = Arc::new(arrow::datatypes::Schema::new(fields));
    let mut columns = one.columns().to_vec();
    columns.push(none);
    let one = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    let table = MemTable::try_new(schema, vec![vec![one]]).unwrap();
    let scan = LogicalPlanBuilder::scan("t", provider_as_source(Arc::new(table)), None).unwrap().build().unwrap();
    let plan = triage_plan(evaluate_scenarios(scan, &set).unwrap()).unwrap();
    let pruned = LogicalPlanBuilder::from(plan.clone()).project(vec![col("triage"), col("t.record_id")]).unwrap();
    let referred = pruned.filter(col("triage").eq(lit("refer"))).unwrap().build().unwrap();
    let (shown, out) = run(referred);
    assert!(!shown.contains("seat") && shown.contains("FilterExec: triage@"), "{shown}");
    assert_eq!(out.iter().map(RecordBatch::num_rows).sum::<usize>(), 3);

    let (shown, out) = run(plan);
    assert!(shown.contains("TriageExec, metrics=") && shown.contains("referred=3") && shown.contains("hits=5"), "{shown}");
    let text = |name: &str| {
        out[0].column_by_name(name).unwrap().as_string_view().iter().map(|t| t.unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(text("triage"), ["refer", "standard", "refer", "refer"]);
    assert_eq!(text("summary")[0], "expired 2026-01-01, lands 2026-05-01 10:00; ERIKSSON: 0 bags; shared by 1");
    assert!(out[0].column_by_name(HITS_COLUMN).is_none());
}

#[test]
fn explain_shows_the_set() {
    let plan = evaluate_scenarios(scan(&travellers()).build().unwrap(), &compiled()).unwrap();
    assert!(plan.display_indent().to_string().starts_with("Scenarios: set="));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let physical = runtime.block_on(context().state().create_physical_plan(&plan)).unwrap();
    assert!(displayable(physical.as_ref()).indent(false).to_string().contains("scenarios=3"));
}
