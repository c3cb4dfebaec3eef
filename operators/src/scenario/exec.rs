use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning};
use datafusion::physical_plan::execution_plan::CardinalityEffect;
use datafusion::physical_plan::metrics::{BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PhysicalExpr, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::{Stream, StreamExt};

use super::compile::CompiledSet;
use super::evaluate::HITS_COLUMN;
use super::hits::{hit_item, scenario_hits};

/// Replaces the boolean answers of all scenarios by one column of hits. One batch in, one batch
/// out: nothing is held back.
#[derive(Debug, Clone)]
pub struct ScenarioExec {
    /// Records with one boolean column a scenario.
    input: Arc<dyn ExecutionPlan>,
    /// The scenarios that gave the answers.
    set: Arc<CompiledSet>,
    /// Columns of the input that hold answers, in the order of the set.
    answers: Arc<[usize]>,
    /// Columns of the input that explanations show, in the order of the placeholders.
    shown: Arc<[usize]>,
    /// Columns of the input that the output keeps.
    kept: Arc<[usize]>,
    metrics: ExecutionPlanMetricsSet,
    cache: Arc<PlanProperties>,
}

impl ScenarioExec {
    /// Checks that the answers are boolean columns, one a scenario, and that every placeholder
    /// has its column.
    ///
    /// # Errors
    /// Columns that do not fit the set or the input.
    pub fn try_new(input: Arc<dyn ExecutionPlan>, set: Arc<CompiledSet>, answers: Vec<usize>, shown: Vec<usize>) -> Result<Self> {
        let columns = input.schema();
        if answers.len() != set.set().len() || shown.len() != set.placeholders().len() {
            return internal_err!("{} answers for {} scenarios", answers.len(), set.set().len());
        }
        if !answers.iter().all(|i| columns.fields().get(*i).is_some_and(|f| f.data_type() == &DataType::Boolean)) {
            return internal_err!("the answer of a scenario is not a boolean column");
        }
        if shown.iter().any(|i| *i >= columns.fields().len() || answers.contains(i)) {
            return internal_err!("an explanation shows a column that is not there");
        }
        let kept = (0..columns.fields().len()).filter(|i| !answers.contains(i)).collect::<Vec<_>>();
        let mut fields = kept.iter().map(|i| Arc::clone(&columns.fields()[*i])).collect::<Vec<_>>();
        fields.push(Arc::new(Field::new(HITS_COLUMN, DataType::List(hit_item()), false)));
        let schema = Arc::new(Schema::new_with_metadata(fields, columns.metadata().clone()));
        let cache = Arc::new(Self::compute_properties(&input, schema));
        Ok(Self {
            input,
            set,
            answers: answers.into(),
            shown: shown.into(),
            kept: kept.into(),
            metrics: ExecutionPlanMetricsSet::new(),
            cache,
        })
    }

    /// The scenarios.
    pub fn set(&self) -> &Arc<CompiledSet> {
        &self.set
    }

    fn compute_properties(input: &Arc<dyn ExecutionPlan>, schema: SchemaRef) -> PlanProperties {
        PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(input.output_partitioning().partition_count()),
            input.pipeline_behavior(),
            input.boundedness(),
        )
    }
}

impl DisplayAs for ScenarioExec {
    fn fmt_as(&self, t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match t {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "ScenarioExec: set={}, scenarios={}", self.set.id(), self.set.set().len())
            }
            DisplayFormatType::TreeRender => writeln!(f, "scenarios={}", self.set.set().len()),
        }
    }
}

impl ExecutionPlan for ScenarioExec {
    fn name(&self) -> &'static str {
        "ScenarioExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.cache
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        // The predicates stand in the projection below.
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (Some(input), true) = (children.pop(), children.is_empty()) else {
            return internal_err!("ScenarioExec has one input");
        };
        Ok(Arc::new(Self::try_new(input, Arc::clone(&self.set), self.answers.to_vec(), self.shown.to_vec())?))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        Ok(Box::pin(ScenarioStream {
            input: self.input.execute(partition, context)?,
            exec: self.clone(),
            schema: self.schema(),
            metrics: ScenarioMetrics::new(&self.metrics, partition),
        }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }
}

struct ScenarioMetrics {
    baseline: BaselineMetrics,
    /// Records that were looked at.
    rows: Count,
    /// Hits of all scenarios.
    fired: Count,
}

impl ScenarioMetrics {
    fn new(metrics: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        Self {
            baseline: BaselineMetrics::new(metrics, partition),
            rows: MetricBuilder::new(metrics).counter("rows", partition),
            fired: MetricBuilder::new(metrics).counter("fired", partition),
        }
    }
}

struct ScenarioStream {
    input: SendableRecordBatchStream,
    exec: ScenarioExec,
    schema: SchemaRef,
    metrics: ScenarioMetrics,
}

impl ScenarioStream {
    fn evaluate(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let _timer = self.metrics.baseline.elapsed_compute().timer();
        let answers = self
            .exec
            .answers
            .iter()
            .map(|i| {
                let Some(answers) = batch.column(*i).as_any().downcast_ref::<BooleanArray>() else {
                    return internal_err!("the answer of a scenario is {}", batch.column(*i).data_type());
                };
                Ok(answers)
            })
            .collect::<Result<Vec<_>>>()?;
        let hits = scenario_hits(batch, &answers, &self.exec.shown, &self.exec.set)?;
        self.metrics.rows.add(batch.num_rows());
        self.metrics.fired.add(hits.values().len());
        let mut columns = self.exec.kept.iter().map(|i| Arc::clone(batch.column(*i))).collect::<Vec<_>>();
        columns.push(Arc::new(hits));
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

impl Stream for ScenarioStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let poll = self.input.poll_next_unpin(cx).map(|batch| match batch {
            Some(Ok(batch)) => Some(self.evaluate(&batch)),
            other => other,
        });
        self.metrics.baseline.record_poll(poll)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.input.size_hint()
    }
}

impl RecordBatchStream for ScenarioStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
