//! The progress bar: rate and time left on a terminal, nothing in a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tamis::epoch::Closed;
use tamis::topology::Observer;

/// A bar over the bytes of the input, with the rows that were decoded.
#[derive(Debug)]
pub(crate) struct Bar {
    bar: ProgressBar,
    rows: std::sync::atomic::AtomicU64,
}

impl Bar {
    /// A bar of so many bytes; `None` where nobody knows (stdin). Hidden when stderr is no terminal.
    pub(crate) fn over(bytes: Option<u64>) -> Self {
        let (bar, template) = match bytes {
            Some(n) => (ProgressBar::new(n), "{bar:30} {percent:>3}%  {msg}  {binary_bytes_per_sec}  {eta} left"),
            None => (ProgressBar::new_spinner(), "{spinner} {binary_bytes}  {msg}  {binary_bytes_per_sec}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, rows: std::sync::atomic::AtomicU64::new(0) }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Bar {
    fn step(&self, step: &Closed) {
        if self.bar.is_hidden() {
            return;
        }
        let rows = step.rows + step.dead;
        let rows = self.rows.fetch_add(rows, std::sync::atomic::Ordering::Relaxed) + rows;
        self.bar.inc(step.bytes);
        if self.bar.elapsed() > Duration::ZERO {
            self.bar.set_message(format!("{} rows", super::summary::grouped(rows)));
        }
    }
}
