use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::Schema;
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, JoinSide, Result, internal_datafusion_err, internal_err};
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{LogicalPlan, UserDefinedLogicalNode};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

use super::exec::WatchlistJoinExec;
use super::nest::{Strategy, WatchlistNest};
use super::node::WatchlistJoin;
use super::options::TamisOptions;
use super::pairs::Residual;
use crate::scenario::ScenarioPlanner;
use crate::triage::TriagePlanner;

/// Turns [`WatchlistJoin`] and [`WatchlistNest`] into a [`WatchlistJoinExec`].
#[derive(Debug, Default)]
pub struct WatchlistPlanner;

#[async_trait]
impl ExtensionPlanner for WatchlistPlanner {
    async fn plan_extension(
        &self,
        planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        physical_inputs: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if let Some(join) = node.as_any().downcast_ref::<WatchlistJoin>() {
            let [left, right] = physical_inputs else { return internal_err!("a watchlist join has two inputs") };
            let exec = plan_join(planner, join, left, right, session, context)?;
            return Ok(Some(Arc::new(exec)));
        }
        if let Some(nest) = node.as_any().downcast_ref::<WatchlistNest>() {
            let [input] = physical_inputs else { return internal_err!("nested watchlist hits have one input") };
            let subject = planner.create_physical_expr(&nest.subject, nest.input.schema(), session, context)?;
            let top_k = TamisOptions::of(session.config_options()).watchlist_top_k;
            let exec = WatchlistJoinExec::nest(Arc::clone(input), subject, Arc::clone(&nest.generation), nest.min_bits.clone())
                .with_strategy(nest.strategy)
                .with_top_k(top_k);
            return Ok(Some(Arc::new(exec)));
        }
        Ok(None)
    }
}

fn plan_join(
    planner: &dyn PhysicalPlanner,
    join: &WatchlistJoin,
    left: &Arc<dyn ExecutionPlan>,
    right: &Arc<dyn ExecutionPlan>,
    session: &dyn Session,
    context: &PhysicalPlanningContext,
) -> Result<WatchlistJoinExec> {
    let (probe, build) = match join.probe {
        JoinSide::Left => (&join.left, &join.right),
        _ => (&join.right, &join.left),
    };
    let subject = planner.create_physical_expr(&join.subject, probe.schema(), session, context)?;
    let entity = planner.create_physical_expr(&join.entity, build.schema(), session, context)?;
    let residual = plan_residual(planner, join, session, context)?;
    let exec = WatchlistJoinExec::join(
        (Arc::clone(left), Arc::clone(right)),
        join.probe,
        join.join_type,
        subject,
        entity,
        Arc::clone(&join.generation),
        join.min_bits,
    )?;
    Ok(exec.with_residual(residual).with_strategy(Strategy::Index))
}

/// The residual filter over just the columns that it reads.
fn plan_residual(
    planner: &dyn PhysicalPlanner,
    join: &WatchlistJoin,
    session: &dyn Session,
    context: &PhysicalPlanningContext,
) -> Result<Option<Residual>> {
    let Some(filter) = &join.residual else { return Ok(None) };
    let mut columns = Vec::new();
    let mut fields = Vec::new();
    for column in filter.column_refs() {
        let (plan, side) =
            if join.left.schema().has_column(column) { (&join.left, JoinSide::Left) } else { (&join.right, JoinSide::Right) };
        let index = plan
            .schema()
            .maybe_index_of_column(column)
            .ok_or_else(|| internal_datafusion_err!("no side of the watchlist join has the column {}", column.name))?;
        let (qualifier, field) = plan.schema().qualified_field(index);
        columns.push((side == join.probe, index));
        fields.push((qualifier.cloned(), Arc::clone(field)));
    }
    let schema = DFSchema::new_with_metadata(fields, HashMap::new())?;
    let filter = planner.create_physical_expr(filter, &schema, session, context)?;
    let schema = Arc::new(Schema::new(schema.fields().clone()));
    Ok(Some(Residual { filter, columns, schema }))
}

/// DataFusion's planner with [`WatchlistPlanner`] beside it.
#[derive(Debug, Default)]
pub struct TamisQueryPlanner;

#[async_trait]
impl QueryPlanner for TamisQueryPlanner {
    async fn create_physical_plan(&self, logical_plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        DefaultPhysicalPlanner::with_extension_planners(vec![
            Arc::new(ScenarioPlanner),
            Arc::new(WatchlistPlanner),
            Arc::new(TriagePlanner),
        ])
        .create_physical_plan(logical_plan, session)
        .await
    }
}
