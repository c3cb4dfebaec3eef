use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, DFSchemaRef, Result, internal_err};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, Extension, LogicalPlan, UserDefinedLogicalNode, UserDefinedLogicalNodeCore};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{ExtensionPlanner, PhysicalPlanner};

use super::exec::TriageExec;
use super::kernel::{kept, triage_schema};
use crate::schema::{FLAGGED, TRIAGE};

/// Puts triage on top of a plan whose records carry both columns of hits.
///
/// # Errors
/// A plan without them.
pub fn triage_plan(input: LogicalPlan) -> Result<LogicalPlan> {
    Ok(LogicalPlan::Extension(Extension { node: Arc::new(TriageNode::try_new(input)?) }))
}

/// Hits become an outcome.
#[derive(Debug, Clone)]
pub struct TriageNode {
    input: LogicalPlan,
    schema: DFSchemaRef,
}

impl TriageNode {
    fn try_new(input: LogicalPlan) -> Result<Self> {
        let columns = input.schema();
        let out = triage_schema(columns.as_arrow())?;
        let mut qualifiers = kept(columns.as_arrow()).map(|i| columns.qualified_field(i).0.cloned()).collect::<Vec<_>>();
        qualifiers.resize(out.fields().len(), None);
        let fields = qualifiers.into_iter().zip(out.fields().iter().map(Arc::clone)).collect();
        let schema = Arc::new(DFSchema::new_with_metadata(fields, columns.metadata().clone())?);
        Ok(Self { input, schema })
    }
}

impl PartialEq for TriageNode {
    fn eq(&self, other: &Self) -> bool {
        self.input == other.input
    }
}
impl Eq for TriageNode {}
impl Hash for TriageNode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.input.hash(state);
    }
}
impl PartialOrd for TriageNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.input.partial_cmp(&other.input)
    }
}

impl UserDefinedLogicalNodeCore for TriageNode {
    fn name(&self) -> &'static str {
        "Triage"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Triage")
    }

    fn with_exprs_and_inputs(&self, _exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        let (Some(input), true) = (inputs.pop(), inputs.is_empty()) else {
            return internal_err!("Triage has one input");
        };
        Self::try_new(input)
    }

    fn prevent_predicate_push_down_columns(&self) -> std::collections::HashSet<String> {
        TRIAGE.iter().chain(FLAGGED).map(|c| c.name.to_owned()).collect()
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        let columns = self.input.schema().as_arrow();
        let kept = kept(columns).collect::<Vec<_>>();
        let hits = (0..columns.fields().len()).filter(|i| !kept.contains(i));
        let mut needed = output_columns.iter().filter_map(|i| kept.get(*i)).copied().chain(hits).collect::<Vec<_>>();
        needed.sort_unstable();
        Some(vec![needed])
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }
}

/// Plans [`TriageNode`].
#[derive(Debug, Clone, Copy, Default)]
pub struct TriagePlanner;

#[async_trait]
impl ExtensionPlanner for TriagePlanner {
    async fn plan_extension(
        &self,
        _planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        physical_inputs: &[Arc<dyn ExecutionPlan>],
        _session: &dyn Session,
        _planning_ctx: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if node.as_any().downcast_ref::<TriageNode>().is_none() {
            return Ok(None);
        }
        let [input] = physical_inputs else { return internal_err!("Triage has one input") };
        Ok(Some(Arc::new(TriageExec::try_new(Arc::clone(input))?)))
    }
}
