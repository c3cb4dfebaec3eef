use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;

use super::function::WatchlistFunction;
use crate::watchlist::Generation;

/// Key in the metadata of the column `entity`: the id of the generation that numbered it.
pub const GENERATION_KEY: &str = "tamis.generation";

/// The entities of a generation as a table: one row an entity, see [`Generation::table`].
pub struct WatchlistTable {
    generation: Arc<Generation>,
    schema: SchemaRef,
}

impl WatchlistTable {
    /// A table over a generation; its columns are made when it is first scanned.
    pub fn new(generation: Arc<Generation>) -> Self {
        let table = Generation::table_schema();
        let fields = table.fields().iter().map(|field| {
            if field.name() != "entity" {
                return field.as_ref().clone();
            }
            let mut metadata = field.metadata().clone();
            metadata.insert(GENERATION_KEY.to_owned(), generation.id().to_owned());
            Field::clone(field).with_metadata(metadata)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Self { generation, schema }
    }

    /// The generation behind the table.
    pub fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }
}

impl fmt::Debug for WatchlistTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchlistTable").field("generation", &self.generation.id()).finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for WatchlistTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns = self.generation.table()?.columns().to_vec();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        let rows = limit.map_or(batch.num_rows(), |limit| limit.min(batch.num_rows()));
        // One batch: the source cuts it to the batch size, without a copy.
        let batches = [vec![batch.slice(0, rows)]];
        Ok(MemorySourceConfig::try_new_exec(&batches, Arc::clone(&self.schema), projection.cloned())?)
    }
}

/// Registers the table `name` over a generation, and `watchlist_weight`, `watchlist_evidence` and
/// `watchlist_explanation` bound to that generation. Functions of an earlier registration are
/// replaced; queries that mix them with the table of another generation are refused when planned.
///
/// # Errors
/// Where the table cannot be registered under that name.
pub fn register_watchlist(ctx: &SessionContext, name: &str, generation: Arc<Generation>) -> Result<()> {
    for function in WatchlistFunction::all(&generation) {
        ctx.register_udf(function);
    }
    ctx.register_table(name, Arc::new(WatchlistTable::new(generation)))?;
    Ok(())
}
