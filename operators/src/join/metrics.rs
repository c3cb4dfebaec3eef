use datafusion::physical_plan::metrics::{BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder, Time};

use crate::watchlist::Counters;

/// What `EXPLAIN ANALYZE` shows of a watchlist join.
#[derive(Debug)]
pub(super) struct WatchlistMetrics {
    pub(super) baseline: BaselineMetrics,
    pub(super) input_rows: Count,
    /// Pairs of subject and entity over the threshold (joins: after the residual filter).
    pub(super) hits: Count,
    /// Hits beyond the most that a nested row keeps.
    pub(super) hits_dropped: Count,
    /// Listed names that the keys of the index found.
    candidates: Count,
    /// Candidates that their bounds let pass without a comparison of names.
    pruned: Count,
    /// Names compared in full.
    compared: Count,
    /// Time by step: reading subjects out of the batch, searching and weighing, writing down the
    /// evidence of hits, putting the output together.
    pub(super) subject_time: Time,
    pub(super) search_time: Time,
    pub(super) evidence_time: Time,
    pub(super) output_time: Time,
}

impl WatchlistMetrics {
    pub(super) fn new(metrics: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        let counter = |name: &'static str| MetricBuilder::new(metrics).counter(name, partition);
        let time = |name: &'static str| MetricBuilder::new(metrics).subset_time(name, partition);
        Self {
            baseline: BaselineMetrics::new(metrics, partition),
            input_rows: counter("input_rows"),
            hits: counter("hits"),
            hits_dropped: counter("hits_dropped"),
            candidates: counter("candidates"),
            pruned: counter("pruned"),
            compared: counter("compared"),
            subject_time: time("subject_time"),
            search_time: time("search_time"),
            evidence_time: time("evidence_time"),
            output_time: time("output_time"),
        }
    }

    pub(super) fn add(&self, done: Counters) {
        self.candidates.add(done.candidates as usize);
        self.pruned.add(done.pruned as usize);
        self.compared.add(done.compared as usize);
    }
}
