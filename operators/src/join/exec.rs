use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray, RecordBatch, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, JoinSide, JoinType, Result, internal_datafusion_err, internal_err, plan_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Distribution, EquivalenceProperties, Partitioning};
use datafusion::physical_plan::execution_plan::{EmissionType, apply_expression_roots};
use datafusion::physical_plan::joins::utils::build_join_schema;
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, InputDistributionRequirements,
    PhysicalExpr, PlanProperties, ReplaceChildrenOptions,
};
use futures::future::{BoxFuture, FutureExt, Shared};
use futures::{Stream, StreamExt};

use super::build::BuildSide;
use super::hits::HitsBuilder;
use super::metrics::WatchlistMetrics;
use super::nest::{Strategy, hits_field};
use super::pairs::{Keep, Residual, batch_of, find, find_pairs, take_columns};
use super::subject::SubjectColumns;
use crate::watchlist::{Generation, Matcher, MinBits};

/// Hits that a nested row keeps where the session does not say.
const TOP_K: usize = 50;

/// Finds the entities of a watchlist that the subjects of a stream of rows match.
///
/// As a join it has two inputs: the *probe* side with the subjects streams, the *build* side with
/// the column of entities is collected once for all partitions. Nested it has the probe side only
/// and appends the list of hits to each row. Every input batch is answered before the next is
/// asked for; nothing is held back.
#[derive(Debug)]
pub struct WatchlistJoinExec {
    probe: Arc<dyn ExecutionPlan>,
    subject: Arc<dyn PhysicalExpr>,
    min_bits: MinBits,
    strategy: Strategy,
    generation: GenerationHandle,
    form: Form,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

#[derive(Debug)]
enum Form {
    Join(JoinForm),
    Nest { top_k: usize },
}

#[derive(Debug)]
struct JoinForm {
    build: Arc<dyn ExecutionPlan>,
    entity: Arc<dyn PhysicalExpr>,
    probe_side: JoinSide,
    join_type: JoinType,
    keep: Keep,
    residual: Option<Residual>,
    collected: OnceLock<BuildFuture>,
}

/// The one collection of the build side, awaited by every partition.
type BuildFuture = Shared<BoxFuture<'static, Result<Arc<BuildSide>, Arc<DataFusionError>>>>;

/// Shows the id in place of the whole list.
#[derive(Clone)]
struct GenerationHandle(Arc<Generation>);

impl fmt::Debug for GenerationHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.id())
    }
}

impl WatchlistJoinExec {
    /// Joins two inputs, given left then right; `probe` says which has the subjects. `subject` is a
    /// struct over the probe side, `entity` a UInt32 over the other.
    ///
    /// # Errors
    /// A plan error where the join type would keep build rows, or the build side never ends.
    pub fn join(
        (left, right): (Arc<dyn ExecutionPlan>, Arc<dyn ExecutionPlan>),
        probe_side: JoinSide,
        join_type: JoinType,
        subject: Arc<dyn PhysicalExpr>,
        entity: Arc<dyn PhysicalExpr>,
        generation: Arc<Generation>,
        min_bits: impl Into<MinBits>,
    ) -> Result<Self> {
        let (schema, _) = build_join_schema(&left.schema(), &right.schema(), &join_type);
        let keep = Keep::of(join_type).filter(|_| super::node::WatchlistJoin::supports(join_type, probe_side));
        let Some(keep) = keep else {
            return plan_err!("a watchlist join of type {join_type:?} cannot keep rows of the watchlist");
        };
        let (probe, build) = if probe_side == JoinSide::Left { (left, right) } else { (right, left) };
        if build.boundedness().is_unbounded() {
            return plan_err!("the watchlist side of a join must end");
        }
        let form = JoinForm { build, entity, probe_side, join_type, keep, residual: None, collected: OnceLock::new() };
        Ok(Self::new(probe, subject, generation, min_bits.into(), Form::Join(form), Arc::new(schema)))
    }

    /// Appends the column of hits to every row of an input.
    pub fn nest(
        input: Arc<dyn ExecutionPlan>,
        subject: Arc<dyn PhysicalExpr>,
        generation: Arc<Generation>,
        min_bits: impl Into<MinBits>,
    ) -> Self {
        let schema = input.schema();
        let fields: Vec<_> = schema.fields().iter().cloned().chain([hits_field()]).collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        Self::new(input, subject, generation, min_bits.into(), Form::Nest { top_k: TOP_K }, schema)
    }

    fn new(
        probe: Arc<dyn ExecutionPlan>,
        subject: Arc<dyn PhysicalExpr>,
        generation: Arc<Generation>,
        min_bits: MinBits,
        form: Form,
        schema: SchemaRef,
    ) -> Self {
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(probe.output_partitioning().partition_count()),
            EmissionType::Incremental,
            probe.boundedness(),
        ));
        let (generation, strategy) = (GenerationHandle(generation), Strategy::Index);
        Self { probe, subject, min_bits, strategy, generation, form, properties, metrics: ExecutionPlanMetricsSet::new() }
    }

    /// Finds by index (the default) or by nested loop.
    pub fn with_strategy(self, strategy: Strategy) -> Self {
        Self { strategy, ..self }
    }

    /// How many hits a nested row keeps; nothing to a join.
    pub fn with_top_k(mut self, top_k: usize) -> Self {
        if let Form::Nest { top_k: kept } = &mut self.form {
            *kept = top_k;
        }
        self
    }

    pub(super) fn with_residual(mut self, residual: Option<Residual>) -> Self {
        if let Form::Join(form) = &mut self.form {
            form.residual = residual;
        }
        self
    }

    /// Least weight of a hit, in bits.
    pub fn min_bits(&self) -> &MinBits {
        &self.min_bits
    }

    fn with_inputs(&self, mut inputs: Vec<Arc<dyn ExecutionPlan>>) -> Result<Self> {
        let (subject, generation) = (Arc::clone(&self.subject), Arc::clone(&self.generation.0));
        let exec = match (&self.form, inputs.pop(), inputs.pop(), inputs.is_empty()) {
            (Form::Nest { top_k }, Some(input), None, true) => {
                Self::nest(input, subject, generation, self.min_bits.clone()).with_top_k(*top_k)
            }
            (Form::Join(form), Some(right), Some(left), true) => Self::join(
                (left, right),
                form.probe_side,
                form.join_type,
                subject,
                Arc::clone(&form.entity),
                generation,
                self.min_bits.clone(),
            )?
            .with_residual(form.residual.clone()),
            _ => return internal_err!("WatchlistJoinExec got another number of inputs"),
        };
        Ok(exec.with_strategy(self.strategy))
    }
}

impl DisplayAs for WatchlistJoinExec {
    fn fmt_as(&self, t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, residual) = match &self.form {
            Form::Join(form) => (format!("{:?}", form.join_type), form.residual.as_ref()),
            Form::Nest { .. } => ("Nest".to_owned(), None),
        };
        let generation: String = self.generation.0.id().chars().take(12).collect();
        if matches!(t, DisplayFormatType::TreeRender) {
            return write!(f, "type={kind}\nmin_bits={}\ngeneration={generation}", self.min_bits);
        }
        write!(f, "WatchlistJoinExec: type={kind}, min_bits={}, strategy={}", self.min_bits, self.strategy.as_str())?;
        if let Form::Nest { top_k } = self.form {
            write!(f, ", top_k={top_k}")?;
        }
        if let Some(residual) = residual {
            write!(f, ", filter={}", residual.filter)?;
        }
        write!(f, ", generation={generation}")
    }
}

impl ExecutionPlan for WatchlistJoinExec {
    fn name(&self) -> &'static str {
        "WatchlistJoinExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        match &self.form {
            Form::Nest { .. } => vec![&self.probe],
            Form::Join(form) if form.probe_side == JoinSide::Left => vec![&self.probe, &form.build],
            Form::Join(form) => vec![&form.build, &self.probe],
        }
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let (any, one) = (Distribution::UnspecifiedDistribution, Distribution::SinglePartition);
        InputDistributionRequirements::new(match &self.form {
            Form::Nest { .. } => vec![any],
            Form::Join(form) if form.probe_side == JoinSide::Left => vec![any, one],
            Form::Join(_) => vec![one, any],
        })
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        self.children().iter().map(|child| Arc::ptr_eq(child, &self.probe)).collect()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        match &self.form {
            Form::Nest { .. } => apply_expression_roots([&self.subject], f),
            Form::Join(form) => {
                let residual = form.residual.iter().map(|r| &r.filter);
                apply_expression_roots([&self.subject, &form.entity].into_iter().chain(residual), f)
            }
        }
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(self.with_inputs(children)?))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let work = match &self.form {
            Form::Nest { top_k } => Work::Nest { top_k: *top_k },
            Form::Join(form) => Work::Join {
                build: form.collected.get_or_init(|| self.collect(form, &context)).clone(),
                side: None,
                probe_first: form.probe_side == JoinSide::Left,
                keep: form.keep,
                residual: form.residual.clone(),
            },
        };
        Ok(Box::pin(WatchlistStream {
            schema: self.schema(),
            input: self.probe.execute(partition, Arc::clone(&context))?,
            subject: Arc::clone(&self.subject),
            min_bits: self.min_bits.clone(),
            strategy: self.strategy,
            matcher: Matcher::new(Arc::clone(&self.generation.0)),
            work,
            current: None,
            reservation: MemoryConsumer::new("WatchlistJoinExec output").register(context.memory_pool()),
            batch_size: context.session_config().batch_size().max(1),
            metrics: WatchlistMetrics::new(&self.metrics, partition),
        }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

impl WatchlistJoinExec {
    fn collect(&self, form: &JoinForm, context: &Arc<TaskContext>) -> BuildFuture {
        let stream = form.build.execute(0, Arc::clone(context));
        let reservation = MemoryConsumer::new("WatchlistJoinExec").register(context.memory_pool());
        let (entity, generation) = (Arc::clone(&form.entity), Arc::clone(&self.generation.0));
        let rows = MetricBuilder::new(&self.metrics).global_counter("build_rows");
        let memory = MetricBuilder::new(&self.metrics).global_gauge("build_mem_used");
        let collect = async move {
            let side = BuildSide::collect(stream?, entity, generation, reservation, rows, memory).await?;
            Ok(Arc::new(side))
        };
        collect.map(|side: Result<_>| side.map_err(Arc::new)).boxed().shared()
    }
}

/// What is done with an input batch.
enum Work {
    Nest {
        top_k: usize,
    },
    Join {
        build: BuildFuture,
        /// There once `build` is.
        side: Option<Arc<BuildSide>>,
        probe_first: bool,
        keep: Keep,
        residual: Option<Residual>,
    },
}

/// An input batch of which the rows before `next` are answered.
struct Current {
    batch: RecordBatch,
    subjects: StructArray,
    /// Where the subjects of a row begin and end, where a row has several.
    several: Option<OffsetBuffer<i32>>,
    next: usize,
}

impl Current {
    /// Subjects of a row, as rows of `subjects`.
    fn subjects_of(&self, row: usize) -> Range<usize> {
        match &self.several {
            Some(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
            None => row..row + 1,
        }
    }
}

struct WatchlistStream {
    schema: SchemaRef,
    input: SendableRecordBatchStream,
    subject: Arc<dyn PhysicalExpr>,
    min_bits: MinBits,
    strategy: Strategy,
    matcher: Matcher,
    work: Work,
    current: Option<Current>,
    /// What the last output was made of, until the next is asked for.
    reservation: MemoryReservation,
    batch_size: usize,
    metrics: WatchlistMetrics,
}

impl WatchlistStream {
    fn begin(&mut self, batch: RecordBatch) -> Result<()> {
        let timer = self.metrics.subject_time.timer();
        let subjects = self.subject.evaluate(&batch)?.into_array(batch.num_rows())?;
        timer.done();
        let (subjects, several) = match subjects.as_list_opt::<i32>() {
            Some(list) => (Arc::clone(list.values()), Some(list.offsets().clone())),
            None => (subjects, None),
        };
        let subjects = subjects
            .as_struct_opt()
            .ok_or_else(|| internal_datafusion_err!("the subject of a watchlist join is a struct"))?
            .clone();
        self.metrics.input_rows.add(batch.num_rows());
        self.current = Some(Current { batch, subjects, several, next: 0 });
        Ok(())
    }

    /// Answers rows of the current batch: all of them, or as many as give a full output batch.
    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        let Some(current) = &mut self.current else { return Ok(None) };
        let subjects = SubjectColumns::try_new(&current.subjects)?;
        let rows = current.next..current.batch.num_rows();
        let begun = Instant::now();
        let (output, next) = match &self.work {
            Work::Nest { top_k } => {
                let mut hits = HitsBuilder::with_capacity(rows.len());
                let (mut found, mut documents, mut row) = (Vec::new(), Vec::new(), rows.start);
                let mut explaining = Duration::ZERO;
                while row < rows.end && (hits.len() < self.batch_size || row == rows.start) {
                    for of_row in current.subjects_of(row) {
                        let Some(subject) = subjects.row(of_row, &mut documents) else { continue };
                        find(&mut self.matcher, self.strategy, &subject, &self.min_bits, &mut found);
                        found.sort_unstable_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
                        one_of_each(&mut found, self.matcher.generation());
                        self.metrics.hits.add(found.len());
                        self.metrics.hits_dropped.add(found.len().saturating_sub(*top_k));
                        // Hits are few: their clock costs nothing, one a row would.
                        let begun = (!found.is_empty()).then(Instant::now);
                        for &(entity, bits) in found.iter().take(*top_k) {
                            hits.append(entity, bits, &self.matcher.evidence(&subject, entity), subjects.role(of_row));
                        }
                        explaining += begun.map_or(Duration::ZERO, |b| b.elapsed());
                    }
                    hits.end_row();
                    row += 1;
                }
                self.metrics.evidence_time.add_duration(explaining);
                self.metrics.search_time.add_duration(begun.elapsed().saturating_sub(explaining));
                let _timer = self.metrics.output_time.timer();
                let answered = current.batch.slice(rows.start, row - rows.start);
                let mut columns = answered.columns().to_vec();
                let hits = hits.finish(self.matcher.generation())?;
                self.reservation.try_resize(hits.get_array_memory_size())?;
                columns.push(Arc::new(hits));
                (batch_of(&self.schema, columns, answered.num_rows())?, row)
            }
            Work::Join { side: None, .. } => return internal_err!("the build side was not awaited"),
            Work::Join { side: Some(side), probe_first, keep, residual, .. } => {
                let (mut pairs, next) =
                    find_pairs(&mut self.matcher, self.strategy, &self.min_bits, &subjects, rows.clone(), side, self.batch_size);
                self.metrics.search_time.add_duration(begun.elapsed());
                let _timer = self.metrics.output_time.timer();
                self.reservation.try_resize(pairs.bytes())?;
                if let Some(residual) = residual {
                    pairs = residual.retain(pairs, &current.batch, &side.batch)?;
                }
                self.metrics.hits.add(pairs.len());
                let (probe, build) = keep.select(pairs, rows.start..next);
                let mut columns = take_columns(&current.batch, &probe)?;
                if keep.has_build() {
                    let mut others = take_columns(&side.batch, &build)?;
                    if !probe_first {
                        std::mem::swap(&mut columns, &mut others);
                    }
                    columns.append(&mut others);
                }
                (batch_of(&self.schema, columns, probe.values().len())?, next)
            }
        };
        self.metrics.add(self.matcher.take_counters());
        current.next = next;
        if next == current.batch.num_rows() {
            self.current = None;
        }
        Ok(Some(output).filter(|batch| batch.num_rows() > 0))
    }

    fn poll_advance(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        if let Work::Join { build, side: side @ None, .. } = &mut self.work {
            match ready!(build.poll_unpin(cx)) {
                Ok(built) => *side = Some(built),
                Err(e) => return Poll::Ready(Some(Err(DataFusionError::Shared(e)))),
            }
        }
        let elapsed = self.metrics.baseline.elapsed_compute().clone();
        loop {
            if self.current.is_some() {
                let timer = elapsed.timer();
                let output = self.advance();
                timer.done();
                if let Some(output) = output.transpose() {
                    return Poll::Ready(Some(output));
                }
                continue;
            }
            match ready!(self.input.poll_next_unpin(cx)) {
                None => return Poll::Ready(None),
                Some(Err(e)) => return Poll::Ready(Some(Err(e))),
                Some(Ok(batch)) if batch.num_rows() == 0 => {}
                Some(Ok(batch)) => {
                    let timer = elapsed.timer();
                    let begun = self.begin(batch);
                    timer.done();
                    if let Err(e) = begun {
                        return Poll::Ready(Some(Err(e)));
                    }
                }
            }
        }
    }
}

impl Stream for WatchlistStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let poll = self.poll_advance(cx);
        self.metrics.baseline.record_poll(poll)
    }
}

impl RecordBatchStream for WatchlistStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
/// Leaves the heaviest entity of those that are the same person or thing on several lists: one hit
/// names them all.
fn one_of_each(found: &mut Vec<(u32, f32)>, generation: &Generation) {
    let mut groups: Vec<u32> = Vec::with_capacity(found.len());
    found.retain(|(entity, _)| {
        let group = generation.group(*entity);
        let first = !groups.contains(&group);
        if first {
            groups.push(group);
        }
        first
    });
}
