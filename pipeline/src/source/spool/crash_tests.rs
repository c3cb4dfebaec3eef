//! Every call of a spool to the disk fails once: what was acknowledged is read once, whatever was lost.
#![allow(clippy::unwrap_used)]
use std::time::Instant;

use super::*;
use crate::flow::{Budget, RawBatch};
use crate::runtime::{Runtimes, Stage};
use crate::sink::LocalFs;
use crate::sink::lossy::LossyFs;
use crate::source::testing::{ENDS, SOON, World};

/// Who was answered, and who was not.
#[derive(Debug, Default)]
struct Senders {
    promised: Vec<String>,
    unanswered: Vec<String>,
}

/// One life of a spool: messages are pushed one after the other, read, and committed.
struct Life<'a> {
    world: &'a mut World,
    acks: Arc<Acks>,
    raw: crossbeam_channel::Receiver<RawBatch>,
}

impl Life<'_> {
    /// Commits until this many rows are there. `false` where the reader has ended.
    fn take(&mut self, rows: usize) -> bool {
        let begun = Instant::now();
        while self.world.rows.len() < rows {
            assert!(begun.elapsed() < SOON, "{:?}", self.world);
            match self.raw.recv_timeout(Duration::from_millis(20)) {
                Ok(batch) => self.world.commit(&batch, &self.acks),
                Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return false,
                Err(crossbeam_channel::RecvTimeoutError::Timeout) => {}
            }
        }
        true
    }
}

fn live(runtimes: &Runtimes, folder: &Path, world: &mut World, senders: &mut Senders, texts: &[String], disk: &Arc<dyn Fs>) {
    let (tx, raw) = crossbeam_channel::bounded(100);
    let (stop, acks) = (Stop::default(), Arc::new(Acks::new(["push"])));
    let outlet = Outlet::new(tx, Budget::new(usize::MAX), stop.clone(), Arc::default());
    // Every message ends a piece, so that there is something to delete.
    let limits = SpoolLimits { segment_bytes: 1, ..SpoolLimits::default() };
    let committed = world.checkpoint.of_source("push");
    let Ok((writer, reader, inbox)) = open("push", folder, limits, disk, &stop, &committed) else {
        senders.unanswered.extend_from_slice(texts);
        return;
    };
    let (told, io) = (Arc::clone(&acks), runtimes.io().clone());
    let stages = [
        Stage::start("spool", move || writer.run(&io)).unwrap(),
        Stage::start("source", move || reader.run(&committed, &told, &outlet)).unwrap(),
    ];
    let mut life = Life { world, acks, raw };
    let mut goes_on = true;
    for text in texts {
        match runtimes.io().block_on(inbox.put(text.clone().into())) {
            Ok(_) => senders.promised.push(text.clone()),
            Err(Refused::Closed) => senders.unanswered.push(text.clone()),
            Err(other) => panic!("{other}"),
        }
        // All that was promised so far.
        if goes_on && texts.len() > 1 && senders.unanswered.is_empty() {
            let rows = senders.promised.len();
            goes_on = life.take(rows);
        }
    }
    if let [only] = texts {
        // The pieces are read in their order: then all that an earlier life left has come as well.
        let begun = Instant::now();
        while life.world.times(only) == 0 {
            assert!(begun.elapsed() < SOON);
            let rows = life.world.rows.len() + 1;
            life.take(rows);
        }
    }
    // Until all pieces but the last are deleted, or nothing goes any more.
    let begun = Instant::now();
    while goes_on && fs::read_dir(folder).is_ok_and(|entries| entries.count() > 1) && begun.elapsed() < Duration::from_millis(300)
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    stop.request();
    for stage in stages {
        let _the_disk_failed = stage.join();
    }
    let _the_disk_fails_still = life.acks.clear();
    // A last look, as the next epoch of a running service has it.
    for (source, partition) in life.acks.take_gone() {
        life.world.checkpoint.forget(&source, &partition);
    }
}

#[test]
fn whatever_fails_what_was_acknowledged_is_there_once() {
    let runtimes = Runtimes::new(1).unwrap();
    let texts: Vec<String> = (0..4).map(|n| format!("message {n}")).collect();
    let mut stopped = 0;
    for end in ENDS {
        for calls in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let folder = dir.path().join("spools/push");
            let (mut world, mut senders) = (World::default(), Senders::default());
            let disk = LossyFs::new(calls, end.fault);
            live(&runtimes, &folder, &mut world, &mut senders, &texts, &(Arc::clone(&disk) as Arc<dyn Fs>));
            if end.power {
                disk.lose_power();
            }
            let whole = disk.left() >= 0;
            stopped += usize::from(!whole);
            let local: Arc<dyn Fs> = Arc::new(LocalFs);
            live(&runtimes, &folder, &mut world, &mut senders, &["end".into()], &local);
            let told = || format!("{end:?} after {calls} calls: {senders:?} {world:?}");
            for text in &senders.promised {
                assert_eq!(world.times(text), 1, "{text} {}", told());
            }
            for text in &senders.unanswered {
                assert!(world.times(text) <= 1, "{text} {}", told());
            }
            assert!(world.rows.len() <= 5, "{}", told());
            // And a third time nothing comes but what is new.
            let rows = world.rows.len();
            let mut nobody = Senders::default();
            live(&runtimes, &folder, &mut world, &mut nobody, &["last".into()], &local);
            assert_eq!((world.rows.len(), world.times("last")), (rows + 1, 1), "{end:?} after {calls} calls: {world:?}");
            if whole {
                assert_eq!(senders.promised.len(), 5);
                break;
            }
        }
    }
    assert!(stopped > 60, "{stopped}");
}
