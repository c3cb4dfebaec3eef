//! What was committed, told back to the sources: so a watched file can be moved away, and a piece of
//! a spool deleted, but only when the commit that makes that safe is on disk.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::checkpoint::CheckpointDelta;
use crate::error::Result;

/// What a source has left to do when everything that it read is committed.
pub trait Leftovers: std::fmt::Debug + Send {
    /// Does it. Called once, after the last commit of a run that ended well.
    ///
    /// # Errors
    /// Those of the source; what was read is committed all the same.
    fn clear(self: Box<Self>, acks: &Acks) -> Result<()>;
}

/// The way from the commit back to the sources. Each source has a letter box; those without one are
/// told nothing.
#[derive(Debug, Default)]
pub struct Acks(Mutex<Boxes>);

#[derive(Debug, Default)]
struct Boxes {
    /// Lives until the last epoch of the run is committed.
    kept: Vec<Box<dyn Any + Send>>,
    /// Of the sources that have ended.
    leftovers: Vec<Box<dyn Leftovers>>,
    /// Positions behind what was committed, by source and partition.
    committed: BTreeMap<String, BTreeMap<String, u64>>,
    /// Partitions that will never come again.
    gone: Vec<(String, String)>,
}

impl Acks {
    /// Letter boxes for these sources.
    pub fn new<'a>(sources: impl IntoIterator<Item = &'a str>) -> Self {
        let committed = sources.into_iter().map(|name| (name.to_owned(), BTreeMap::new())).collect();
        Self(Mutex::new(Boxes { committed, ..Boxes::default() }))
    }

    /// An epoch was committed.
    pub fn committed(&self, delta: &CheckpointDelta) {
        let mut boxes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (source, partition, span) in delta.iter() {
            if let Some(of_source) = boxes.committed.get_mut(source) {
                of_source.insert(partition.to_owned(), span.to);
            }
        }
    }

    /// What was committed of a source since it asked last: partitions with the positions behind it.
    pub fn take(&self, source: &str) -> BTreeMap<String, u64> {
        let mut boxes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        boxes.committed.get_mut(source).map(std::mem::take).unwrap_or_default()
    }

    /// A partition is committed to its end and its input is gone: the checkpoint may forget it with
    /// the next epoch. To be called before anything of the same name is read again.
    pub fn forget(&self, source: &str, partition: &str) {
        let mut boxes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        boxes.gone.push((source.to_owned(), partition.to_owned()));
    }

    /// Keeps something until the run is over: a source that ends must not give away what others may take
    /// before its last messages are committed.
    pub fn keep(&self, something: impl Any + Send) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept.push(Box::new(something));
    }

    /// A source ends, and leaves this to be done behind the last commit.
    pub fn leave(&self, leftovers: impl Leftovers + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).leftovers.push(Box::new(leftovers));
    }

    /// The run ended well and everything is committed: what the sources left is done.
    ///
    /// # Errors
    /// The first one of a source.
    pub fn clear(&self) -> Result<()> {
        let leftovers = std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).leftovers);
        leftovers.into_iter().try_for_each(|l| l.clear(self))
    }

    /// The partitions to be forgotten.
    pub fn take_gone(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).gone)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::checkpoint::Span;

    #[test]
    fn a_source_is_told_its_own_and_once() {
        let acks = Acks::new(["a"]);
        let mut delta = CheckpointDelta::default();
        delta.extend("a", "x", Span { from: 0, to: 7 }).unwrap();
        delta.extend("b", "y", Span { from: 0, to: 9 }).unwrap();
        acks.committed(&delta);
        assert_eq!(acks.take("a"), BTreeMap::from([("x".to_owned(), 7)]));
        assert!(acks.take("a").is_empty() && acks.take("b").is_empty());
        acks.forget("a", "x");
        assert_eq!(acks.take_gone(), [("a".to_owned(), "x".to_owned())]);
        assert!(acks.take_gone().is_empty());
    }
}
