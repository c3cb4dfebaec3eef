use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use datafusion::common::{JoinType, Result, internal_datafusion_err};
use datafusion::physical_plan::PhysicalExpr;

use super::build::BuildSide;
use super::nest::Strategy;
use super::subject::SubjectColumns;
use crate::watchlist::{Matcher, MinBits, Subject};

/// Pairs of a probe row and a build row, by ascending probe row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    pub(super) probe: Vec<u32>,
    pub(super) build: Vec<u32>,
}

impl Pairs {
    pub(super) fn len(&self) -> usize {
        self.probe.len()
    }

    pub(super) fn bytes(&self) -> usize {
        (self.probe.capacity() + self.build.capacity()) * size_of::<u32>()
    }

    fn push(&mut self, probe: usize, build: impl IntoIterator<Item = u32>) {
        self.build.extend(build);
        self.probe.resize(self.build.len(), probe as u32);
    }
}

/// Entities of one subject, by ascending ordinal.
pub(super) fn find(
    matcher: &mut Matcher,
    strategy: Strategy,
    subject: &Subject<'_>,
    min_bits: &MinBits,
    found: &mut Vec<(u32, f32)>,
) {
    found.clear();
    min_bits.find(matcher, subject, strategy == Strategy::NestedLoop, found);
}

/// Pairs of the probe rows from `rows.start` on, until there are `limit` of them. Gives the row
/// behind the last one that was looked at.
pub(super) fn find_pairs(
    matcher: &mut Matcher,
    strategy: Strategy,
    min_bits: &MinBits,
    subjects: &SubjectColumns<'_>,
    rows: Range<usize>,
    build: &BuildSide,
    limit: usize,
) -> (Pairs, usize) {
    let (mut pairs, mut found, mut documents) = (Pairs::default(), Vec::new(), Vec::new());
    let mut row = rows.start;
    while row < rows.end && (pairs.len() < limit || row == rows.start) {
        if let Some(subject) = subjects.row(row, &mut documents) {
            find(matcher, strategy, &subject, min_bits, &mut found);
            for (entity, _) in &found {
                pairs.push(row, build.rows_of(*entity));
            }
        }
        row += 1;
    }
    (pairs, row)
}

/// What a join type keeps of the probe side and of the pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Inner: the pairs.
    Pairs,
    /// Outer: the pairs, and probe rows without one.
    PairsAndUnmatched,
    /// Semi: probe rows that have a pair, once.
    Matched,
    /// Anti: probe rows that have none.
    Unmatched,
}

impl Keep {
    /// `None` for types that keep build rows without a pair, or mark rows.
    pub(super) fn of(join_type: JoinType) -> Option<Self> {
        match join_type {
            JoinType::Inner => Some(Self::Pairs),
            JoinType::Left | JoinType::Right => Some(Self::PairsAndUnmatched),
            JoinType::LeftSemi | JoinType::RightSemi => Some(Self::Matched),
            JoinType::LeftAnti | JoinType::RightAnti => Some(Self::Unmatched),
            JoinType::Full | JoinType::LeftMark | JoinType::RightMark => None,
        }
    }

    /// Whether build columns are part of the output.
    pub(super) fn has_build(self) -> bool {
        matches!(self, Self::Pairs | Self::PairsAndUnmatched)
    }

    /// Rows to take from the probe batch and, null where there is none, from the build batch.
    pub(super) fn select(self, pairs: Pairs, rows: Range<usize>) -> (UInt32Array, UInt32Array) {
        if self == Self::Pairs {
            return (pairs.probe.into(), pairs.build.into());
        }
        let (mut probe, mut build): (Vec<u32>, Vec<Option<u32>>) = (vec![], vec![]);
        let mut at = 0;
        for row in rows.start as u32..rows.end as u32 {
            let first = at;
            at += pairs.probe[at..].iter().take_while(|&&p| p == row).count();
            match self {
                Self::Matched if at > first => probe.push(row),
                Self::Unmatched if at == first => probe.push(row),
                Self::PairsAndUnmatched if at == first => {
                    probe.push(row);
                    build.push(None);
                }
                Self::PairsAndUnmatched => {
                    probe.extend(&pairs.probe[first..at]);
                    build.extend(pairs.build[first..at].iter().copied().map(Some));
                }
                _ => {}
            }
        }
        (probe.into(), build.into())
    }
}

/// Rows of the columns of a batch.
pub(super) fn take_columns(batch: &RecordBatch, rows: &UInt32Array) -> Result<Vec<ArrayRef>> {
    Ok(batch.columns().iter().map(|c| take(c.as_ref(), rows, None)).collect::<Result<_, _>>()?)
}

/// A batch that may have no columns, as that of `count(*)` has.
pub(super) fn batch_of(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// What must hold for a pair beside its weight.
#[derive(Debug, Clone)]
pub(super) struct Residual {
    /// Boolean over `schema`.
    pub(super) filter: Arc<dyn PhysicalExpr>,
    /// Where the columns of `schema` come from: whether from the probe side, and which there.
    pub(super) columns: Vec<(bool, usize)>,
    /// Just the columns that the filter reads.
    pub(super) schema: SchemaRef,
}

impl Residual {
    /// The pairs for which the filter is true.
    pub(super) fn retain(&self, pairs: Pairs, probe: &RecordBatch, build: &RecordBatch) -> Result<Pairs> {
        let rows = pairs.len();
        let (probe_rows, build_rows): (UInt32Array, UInt32Array) = (pairs.probe.into(), pairs.build.into());
        let columns = self.columns.iter().map(|&(of_probe, index)| {
            let (batch, rows) = if of_probe { (probe, &probe_rows) } else { (build, &build_rows) };
            take(batch.column(index).as_ref(), rows, None)
        });
        let batch = batch_of(&self.schema, columns.collect::<Result<_, _>>()?, rows)?;
        let holds = self.filter.evaluate(&batch)?.into_array(rows)?;
        let holds = holds.as_boolean_opt().ok_or_else(|| internal_datafusion_err!("the filter of a join is not boolean"))?;
        let kept = (0..rows).filter(|&i| !holds.is_null(i) && holds.value(i));
        let (probe, build) = kept.map(|i| (probe_rows.value(i), build_rows.value(i))).unzip();
        Ok(Pairs { probe, build })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_keeps_its_rows() {
        let pairs = || Pairs { probe: vec![3, 3, 5], build: vec![7, 9, 7] };
        let select = |keep: Keep| {
            let (probe, build) = keep.select(pairs(), 3..7);
            (probe.values().to_vec(), build.iter().collect::<Vec<_>>())
        };
        assert_eq!(select(Keep::Pairs), (vec![3, 3, 5], vec![Some(7), Some(9), Some(7)]));
        assert_eq!(select(Keep::PairsAndUnmatched), (vec![3, 3, 4, 5, 6], vec![Some(7), Some(9), None, Some(7), None]));
        assert_eq!(select(Keep::Matched), (vec![3, 5], vec![]));
        assert_eq!(select(Keep::Unmatched), (vec![4, 6], vec![]));
    }
}
