use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::buffer::Buffer;
use arrow::compute::concat_batches;
use arrow::datatypes::UInt32Type;
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::physical_plan::metrics::{Count, Gauge};
use futures::StreamExt;
use hashbrown::HashSet;

use super::function::check_entity;
use crate::watchlist::Generation;

/// The collected build side and the way from an entity to its rows.
#[derive(Debug)]
pub(super) struct BuildSide {
    pub(super) batch: RecordBatch,
    rows: EntityRows,
    /// Freed with the side.
    _reservation: MemoryReservation,
}

#[derive(Debug)]
enum EntityRows {
    /// The whole watchlist in its own order: row and entity are the same number.
    Identity,
    /// Rows of entity `e` are `rows[starts[e]..starts[e + 1]]`.
    Listed { starts: Vec<u32>, rows: Vec<u32> },
}

impl BuildSide {
    /// Collects a stream. The memory of the batches is reserved as they come; buffers that batches
    /// share, as slices of one table do, are counted once.
    ///
    /// # Errors
    /// Those of the stream; no memory left in the pool; an entity that the generation has not.
    pub(super) async fn collect(
        mut stream: SendableRecordBatchStream,
        entity: Arc<dyn PhysicalExpr>,
        generation: Arc<Generation>,
        reservation: MemoryReservation,
        build_rows: Count,
        build_mem_used: Gauge,
    ) -> Result<Self> {
        let mut batches = Vec::new();
        let mut seen = HashSet::new();
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            reservation.try_grow(new_bytes(&batch, &mut seen))?;
            batches.push(batch);
        }
        let batch = match batches.as_slice() {
            [only] => only.clone(),
            _ => concat_batches(&stream.schema(), &batches)?,
        };
        drop(batches);
        let entities = entity.evaluate(&batch)?.into_array(batch.num_rows())?;
        let entities = entities
            .as_primitive_opt::<UInt32Type>()
            .ok_or_else(|| internal_datafusion_err!("the entity of a watchlist join is UInt32"))?;
        let rows = EntityRows::new(entities, &generation)?;
        reservation.try_resize(new_bytes(&batch, &mut HashSet::new()) + rows.bytes())?;
        build_rows.add(batch.num_rows());
        build_mem_used.set_max(reservation.size());
        Ok(Self { batch, rows, _reservation: reservation })
    }

    /// Rows of an entity, ascending; none where the build side lacks it.
    pub(super) fn rows_of(&self, entity: u32) -> impl Iterator<Item = u32> {
        let e = entity as usize;
        let (own, listed) = match &self.rows {
            EntityRows::Identity => (Some(entity), &[][..]),
            EntityRows::Listed { starts, rows } => (None, &rows[starts[e] as usize..starts[e + 1] as usize]),
        };
        own.into_iter().chain(listed.iter().copied())
    }
}

impl EntityRows {
    fn new(entities: &UInt32Array, generation: &Generation) -> Result<Self> {
        let whole = entities.len() == generation.len() && entities.null_count() == 0;
        if whole && entities.values().iter().enumerate().all(|(row, &e)| row as u32 == e) {
            return Ok(Self::Identity);
        }
        // A counting sort: ends, then filled from behind, so that ends become starts.
        let mut starts = vec![0_u32; generation.len() + 1];
        for entity in entities.iter().flatten() {
            starts[check_entity(entity, generation)? as usize] += 1;
        }
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut rows = vec![0; end as usize];
        for (row, entity) in entities.iter().enumerate().rev() {
            let Some(entity) = entity else { continue };
            let start = &mut starts[entity as usize];
            *start -= 1;
            rows[*start as usize] = row as u32;
        }
        Ok(Self::Listed { starts, rows })
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Identity => 0,
            Self::Listed { starts, rows } => (starts.capacity() + rows.capacity()) * size_of::<u32>(),
        }
    }
}

/// Bytes of the buffers of a batch that are not in `seen`.
fn new_bytes(batch: &RecordBatch, seen: &mut HashSet<usize>) -> usize {
    fn of_array(array: &ArrayRef, seen: &mut HashSet<usize>) -> usize {
        let mut waiting = vec![array.to_data()];
        let mut bytes = 0;
        while let Some(data) = waiting.pop() {
            let mut add = |buffer: &Buffer| {
                if seen.insert(buffer.data_ptr().as_ptr() as usize) {
                    bytes += buffer.capacity();
                }
            };
            data.buffers().iter().for_each(&mut add);
            data.nulls().iter().for_each(|n| add(n.buffer()));
            waiting.extend(data.child_data().iter().cloned());
        }
        bytes
    }
    batch.columns().iter().map(|c| of_array(c, seen)).sum()
}
