//! Runs queries in a session of [`tamis_operators::join::tamis_context`]. The one place that
//! awaits DataFusion's own futures for them, since those are expensive to compile.

use std::fmt;
use std::path::Path;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};

use crate::error::{Error, Result};

/// Registers a folder of Parquet files as a table; what `tamis decode` writes.
pub fn register_folder<'a>(ctx: &'a SessionContext, name: &'a str, folder: &'a Path) -> BoxFuture<'a, Result<()>> {
    async move {
        let path = format!("{}/", folder.display());
        ctx.register_parquet(name, path, ParquetReadOptions::default()).await.map_err(|e| Error::query(&e))
    }
    .boxed()
}

/// The rows of a query, batch after batch.
pub struct Rows {
    stream: SendableRecordBatchStream,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("schema", &self.stream.schema()).finish_non_exhaustive()
    }
}

impl Rows {
    /// Columns of all batches.
    pub fn schema(&self) -> SchemaRef {
        self.stream.schema()
    }

    /// The next batch; `None` at the end.
    pub fn next_batch(&mut self) -> BoxFuture<'_, Result<Option<RecordBatch>>> {
        async move { self.stream.next().await.transpose().map_err(|e| Error::query(&e)) }.boxed()
    }
}

/// Plans and starts a query.
pub fn query<'a>(ctx: &'a SessionContext, sql: &'a str) -> BoxFuture<'a, Result<Rows>> {
    async move {
        let run = async { ctx.sql(sql).await?.execute_stream().await };
        Ok(Rows { stream: run.await.map_err(|e| Error::query(&e))? })
    }
    .boxed()
}
