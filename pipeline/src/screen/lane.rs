use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::{DataFusionError, Result as PlanResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use tamis_operators::schema::RecordKind;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::plan::Screening;
use crate::error::{Error, Result};

/// Batches that may wait on either side of a plan. They hold permits of their own.
const WAITING: usize = 2;

/// One running plan: batches in, screened batches out, in order, row for row.
#[derive(Debug)]
pub struct Lane {
    /// Takes batches; dropping it ends the epoch of this lane.
    pub input: mpsc::Sender<RecordBatch>,
    /// Gives screened rows; an error is the last thing that comes.
    pub output: mpsc::Receiver<Result<RecordBatch>>,
}

impl Lane {
    /// Plans and starts a lane on the compute runtime.
    pub fn open(screening: Arc<Screening>, kind: RecordKind, compute: &Handle) -> Self {
        let (input, batches) = mpsc::channel(WAITING);
        let (screened, output) = mpsc::channel(WAITING);
        compute.spawn(async move {
            if let Err(e) = drive(&screening, kind, batches, &screened).await {
                // Nobody listens where the run has been stopped already.
                let _stopped = screened.send(Err(Error::screen(&e))).await;
            }
        });
        Self { input, output }
    }
}

/// Boxed, so that the futures of the planner are compiled once.
fn drive<'a>(
    screening: &'a Screening,
    kind: RecordKind,
    batches: mpsc::Receiver<RecordBatch>,
    screened: &'a mpsc::Sender<Result<RecordBatch>>,
) -> BoxFuture<'a, PlanResult<()>> {
    async move {
        let mut batches = batches;
        // Most epochs have no batch of one of the kinds: nothing is planned for it.
        let Some(first) = batches.recv().await else { return Ok(()) };
        let records = ChannelStream::table(&kind.schema(), first, batches)?;
        let state = screening.session().state();
        let plan = state.create_physical_plan(&screening.plan(kind, records)?).await?;
        check_one_partition(&plan)?;
        let mut stream = execute_stream(plan, screening.session().task_ctx())?;
        while let Some(batch) = stream.next().await {
            if screened.send(Ok(batch?)).await.is_err() {
                break;
            }
        }
        Ok(())
    }
    .boxed()
}

/// Several partitions would be merged in an order of their own (C7).
fn check_one_partition(plan: &Arc<dyn ExecutionPlan>) -> PlanResult<()> {
    use datafusion::physical_plan::ExecutionPlanProperties;
    match plan.output_partitioning().partition_count() {
        1 => Ok(()),
        n => Err(DataFusionError::Plan(format!("a lane must have one partition, the plan has {n}"))),
    }
}

/// A table that is read once, from a channel.
pub(super) struct ChannelStream {
    schema: SchemaRef,
    batches: Mutex<Option<(Option<RecordBatch>, mpsc::Receiver<RecordBatch>)>>,
}

impl ChannelStream {
    /// The first batch, and those that follow it.
    pub(super) fn table(
        schema: &SchemaRef,
        first: RecordBatch,
        rest: mpsc::Receiver<RecordBatch>,
    ) -> PlanResult<Arc<dyn TableProvider>> {
        let stream = Self { schema: Arc::clone(schema), batches: Mutex::new(Some((Some(first), rest))) };
        Ok(Arc::new(StreamingTable::try_new(Arc::clone(schema), vec![Arc::new(stream)])?))
    }
}

impl fmt::Debug for ChannelStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("epoch")
    }
}

impl PartitionStream for ChannelStream {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _ctx: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stream = futures::stream::unfold(batches, |batches| async move {
            let (first, mut rest) = batches?;
            let next = match first {
                Some(first) => Some(first),
                None => rest.recv().await,
            };
            next.map(|b| (Ok(b), Some((None, rest))))
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream))
    }
}
