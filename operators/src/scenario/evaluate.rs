use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::{Column, DFSchema, DFSchemaRef, Result, internal_err, plan_err};
use datafusion::logical_expr::expr_rewriter::normalize_col;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{
    Expr, Extension, LogicalPlan, LogicalPlanBuilder, UserDefinedLogicalNode, UserDefinedLogicalNodeCore,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{ExtensionPlanner, PhysicalPlanner};

use super::compile::CompiledSet;
use super::exec::ScenarioExec;
use super::hits::hit_item;

/// Column that [`evaluate_scenarios`] appends.
pub const HITS_COLUMN: &str = "scenario_hits";

/// Name of the column that carries the answer of a scenario between the projection and the node.
/// Begins with a character that no column of a message has, so nothing can shadow it.
fn answer(id: &str) -> String {
    format!("?{id}")
}

/// Appends `scenario_hits`, a list of hits a row, to a plan over records.
///
/// A projection answers all predicates at once, so that DataFusion's elimination of common
/// sub-expressions works across scenarios; [`ScenarioNode`] turns the answers into hits.
///
/// # Errors
/// A plan without the columns that the set was compiled for, or one that has `scenario_hits`.
pub fn evaluate_scenarios(input: LogicalPlan, set: &Arc<CompiledSet>) -> Result<LogicalPlan> {
    if input.schema().has_column_with_unqualified_name(HITS_COLUMN) {
        return plan_err!("the input has a column {HITS_COLUMN} already, scenarios are evaluated once");
    }
    let mut exprs = input.schema().columns().into_iter().map(Expr::Column).collect::<Vec<_>>();
    for (scenario, compiled) in set.set().scenarios().iter().zip(set.compiled()) {
        exprs.push(normalize_col(compiled.predicate.clone(), &input)?.alias(answer(&scenario.id)));
    }
    let answers = LogicalPlanBuilder::from(input).project(exprs)?.build()?;
    Ok(LogicalPlan::Extension(Extension { node: Arc::new(ScenarioNode::try_new(answers, Arc::clone(set))?) }))
}

/// Replaces the answers of all scenarios by one list of hits.
#[derive(Debug, Clone)]
pub struct ScenarioNode {
    input: LogicalPlan,
    set: Arc<CompiledSet>,
    /// Columns of the input that hold answers, in the order of the set.
    answers: Vec<usize>,
    /// Columns of the input that the output keeps.
    kept: Vec<usize>,
    schema: DFSchemaRef,
}

impl ScenarioNode {
    pub(super) fn try_new(input: LogicalPlan, set: Arc<CompiledSet>) -> Result<Self> {
        let columns = input.schema();
        let mut answers = Vec::with_capacity(set.set().len());
        for scenario in set.set().scenarios() {
            let Some(at) = columns.index_of_column_by_name(None, &answer(&scenario.id)) else {
                return internal_err!("the answer of scenario {} is missing", scenario.id);
            };
            answers.push(at);
        }
        let kept = (0..columns.fields().len()).filter(|i| !answers.contains(i)).collect::<Vec<_>>();
        let mut fields = kept
            .iter()
            .map(|i| {
                let (qualifier, field) = columns.qualified_field(*i);
                (qualifier.cloned(), Arc::clone(field))
            })
            .collect::<Vec<_>>();
        fields.push((None, Arc::new(Field::new(HITS_COLUMN, DataType::List(hit_item()), false))));
        let schema = Arc::new(DFSchema::new_with_metadata(fields, columns.metadata().clone())?);
        Ok(Self { input, set, answers, kept, schema })
    }

    /// The columns of the input that the explanations show.
    fn shown(&self) -> Result<Vec<usize>> {
        self.set
            .placeholders()
            .iter()
            .map(|name| self.input.schema().index_of_column(&resolve(name, self.input.schema())?))
            .collect()
    }
}

/// A column by its bare name, whatever qualifies it.
fn resolve(name: &str, schema: &DFSchema) -> Result<Column> {
    let (qualifier, _) = schema.qualified_field_with_unqualified_name(name)?;
    Ok(Column::new(qualifier.cloned(), name))
}

// Two nodes of one set over one input are the same node; a set is known by its digest.
impl PartialEq for ScenarioNode {
    fn eq(&self, other: &Self) -> bool {
        self.set.id() == other.set.id() && self.input == other.input
    }
}
impl Eq for ScenarioNode {}
impl Hash for ScenarioNode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.set.id().hash(state);
        self.input.hash(state);
    }
}
impl PartialOrd for ScenarioNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match self.set.id().cmp(other.set.id()) {
            Ordering::Equal => self.input.partial_cmp(&other.input),
            unequal => Some(unequal),
        }
    }
}

impl UserDefinedLogicalNodeCore for ScenarioNode {
    fn name(&self) -> &'static str {
        "Scenarios"
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
        write!(f, "Scenarios: set={}, scenarios={}", self.set.id(), self.set.set().len())
    }

    fn with_exprs_and_inputs(&self, _exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        let (Some(input), true) = (inputs.pop(), inputs.is_empty()) else {
            return internal_err!("Scenarios has one input");
        };
        Self::try_new(input, Arc::clone(&self.set))
    }

    fn prevent_predicate_push_down_columns(&self) -> std::collections::HashSet<String> {
        // Rows pass one by one: only a filter on the hits themselves has to stay above.
        [HITS_COLUMN.to_owned()].into()
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        // The answers and what explanations show are needed even where nobody asks for the
        // column: without them the node could not be built again.
        let shown = self.shown().ok()?;
        let kept = output_columns.iter().filter_map(|i| self.kept.get(*i)).copied();
        let mut needed = kept.chain(shown).chain(self.answers.iter().copied()).collect::<Vec<_>>();
        needed.sort_unstable();
        needed.dedup();
        Some(vec![needed])
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }
}

/// Plans [`ScenarioNode`]: give it to
/// [`DefaultPhysicalPlanner::with_extension_planners`](datafusion::physical_planner::DefaultPhysicalPlanner::with_extension_planners).
#[derive(Debug, Clone, Copy, Default)]
pub struct ScenarioPlanner;

#[async_trait]
impl ExtensionPlanner for ScenarioPlanner {
    async fn plan_extension(
        &self,
        _planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        physical_inputs: &[Arc<dyn ExecutionPlan>],
        _session: &dyn Session,
        _planning_ctx: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let Some(node) = node.as_any().downcast_ref::<ScenarioNode>() else { return Ok(None) };
        let [input] = physical_inputs else { return internal_err!("Scenarios has one input") };
        let exec = ScenarioExec::try_new(Arc::clone(input), Arc::clone(&node.set), node.answers.clone(), node.shown()?)?;
        Ok(Some(Arc::new(exec)))
    }
}
