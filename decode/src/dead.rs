//! Dead letters in columns.

use std::sync::Arc;

use arrow::array::{BinaryViewBuilder, Int64Builder, RecordBatch, StringViewBuilder, TimestampMicrosecondBuilder};
use arrow::error::ArrowError;
use tamis_records::schema::dead_letter_schema;

use super::Origin;
use super::findings::DeadCode;

/// Builders of one batch of dead letters.
#[derive(Debug, Default)]
pub(super) struct DeadLetters {
    source: StringViewBuilder,
    partition: StringViewBuilder,
    position: Int64Builder,
    stage: StringViewBuilder,
    code: StringViewBuilder,
    message: StringViewBuilder,
    raw: BinaryViewBuilder,
    received_at: TimestampMicrosecondBuilder,
    count: usize,
}

impl DeadLetters {
    /// Dead letters since the last [`Self::finish`].
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Keeps `raw`, which begins `at` bytes behind the position of `origin`.
    pub(super) fn push(&mut self, origin: &Origin<'_>, at: usize, code: DeadCode, message: &str, raw: &[u8]) {
        self.push_of("decode", origin, at, code, message, raw);
    }

    /// As [`Self::push`], for what another stage gave up.
    pub(super) fn push_of(&mut self, stage: &str, origin: &Origin<'_>, at: usize, code: DeadCode, message: &str, raw: &[u8]) {
        self.source.append_value(origin.source);
        self.partition.append_value(origin.partition);
        self.position.append_value(origin.position + at as i64);
        self.stage.append_value(stage);
        self.code.append_value(code.code());
        self.message.append_value(message);
        if self.raw.try_append_value(raw).is_err() {
            // One value holds 4 GiB at most.
            self.raw.append_value(&raw[..raw.len().min(u32::MAX as usize)]);
        }
        self.received_at.append_value(origin.received_at);
        self.count += 1;
    }

    /// The batch, and empty builders.
    pub(super) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.count = 0;
        RecordBatch::try_new(
            dead_letter_schema(),
            vec![
                Arc::new(self.source.finish()),
                Arc::new(self.partition.finish()),
                Arc::new(self.position.finish()),
                Arc::new(self.stage.finish()),
                Arc::new(self.code.finish()),
                Arc::new(self.message.finish()),
                Arc::new(self.raw.finish()),
                Arc::new(self.received_at.finish().with_timezone("UTC")),
            ],
        )
    }
}
