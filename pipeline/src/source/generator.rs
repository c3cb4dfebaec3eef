//! Made-up passenger messages as a source, for load and for tests: the same seed gives the same
//! messages, so a run over them can be stopped, repeated and compared.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tamis_fixtures::{Config, World};

use super::outlet::Outlet;
use crate::error::{Error, Result};
use crate::flow::{Content, RawMessage};

/// Distance of the positions of two interchanges: more than any has bytes.
const STRIDE: i64 = 1 << 24;
/// Interchanges that are handed on together at most, and their bytes.
const GROUP: (usize, usize) = (64, 1 << 20);

/// A world and the pace at which it travels.
#[derive(Debug, Clone)]
pub struct Generator {
    /// Name of the source in every row and in the checkpoint.
    pub name: String,
    /// Travellers in all.
    pub travellers: u64,
    /// Entities of the list of the same seed, of which some travel.
    pub entities: u64,
    /// Seed.
    pub seed: u64,
    /// Share of interchanges that are dirty.
    pub dirt: f64,
    /// Travellers a second; `None` is as fast as the pipeline takes them.
    pub rate: Option<f64>,
}

impl Generator {
    /// Hands on all interchanges behind `committed`, a position of this source, and ends.
    ///
    /// # Errors
    /// None that data can cause.
    pub fn run(&self, committed: u64, out: &Outlet) -> Result<()> {
        let config = Config {
            travellers: self.travellers,
            entities: self.entities,
            seed: self.seed,
            dirt_rate: self.dirt,
            ..Config::default()
        };
        let world = World::new(config);
        let (source, partition): (Arc<str>, Arc<str>) = (self.name.as_str().into(), partition(self.seed).into());
        let first = committed as i64 / STRIDE;
        let begun = Instant::now();
        let (mut travellers, mut group, mut bytes) = (0_u64, Vec::new(), 0);
        for i in first.max(0)..world.interchange_count() as i64 {
            let mut interchange = Vec::new();
            let count = world
                .write_interchange(i as u64, &mut interchange, &mut std::io::sink())
                .map_err(|e| Error::Usage(format!("the generator failed: {e}")))?;
            travellers += count.passengers + count.crew + count.broken;
            bytes += interchange.len();
            group.push(RawMessage {
                source: Arc::clone(&source),
                partition: Arc::clone(&partition),
                progress: Arc::clone(&partition),
                position: i * STRIDE,
                until: (i + 1) * STRIDE,
                received_at: super::files::now(),
                content: Content::Messages { header: Bytes::new() },
                bytes: interchange.into(),
            });
            let ahead =
                self.rate.map(|rate| Duration::from_secs_f64(travellers as f64 / rate.max(1e-3)).saturating_sub(begun.elapsed()));
            let early = ahead.filter(|ahead| *ahead > Duration::from_millis(5));
            if group.len() >= GROUP.0 || bytes >= GROUP.1 || early.is_some() {
                bytes = 0;
                if !out.send(std::mem::take(&mut group)) || early.is_some_and(|ahead| out.stop().wait(ahead)) {
                    return Ok(());
                }
            }
        }
        if !group.is_empty() {
            let _stopped = out.send(group);
        }
        Ok(())
    }
}

/// Position of the partition of a generator in the checkpoint.
pub fn partition(seed: u64) -> String {
    format!("seed {seed}")
}
