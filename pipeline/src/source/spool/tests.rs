#![allow(clippy::unwrap_used)]
use std::time::Instant;

use super::*;
use crate::checkpoint::{CheckpointDelta, Span};
use crate::flow::{Budget, RawBatch};
use crate::runtime::{Runtimes, Stage};
use crate::sink::LocalFs;

const SOON: Duration = Duration::from_secs(20);

struct Running {
    stop: Stop,
    acks: Arc<Acks>,
    inbox: Inbox,
    raw: crossbeam_channel::Receiver<RawBatch>,
    stages: Vec<Stage<()>>,
}

impl Running {
    fn start(runtimes: &Runtimes, folder: &Path, limits: SpoolLimits, committed: BTreeMap<String, u64>) -> Self {
        let (tx, raw) = crossbeam_channel::bounded(100);
        let (stop, acks) = (Stop::default(), Arc::new(Acks::new(["push"])));
        let outlet = Outlet::new(tx, Budget::new(usize::MAX), stop.clone(), Arc::default());
        let (writer, reader, inbox) =
            open("push", folder, limits, &(Arc::new(LocalFs) as Arc<dyn Fs>), &stop, &committed).unwrap();
        let (told, io) = (Arc::clone(&acks), runtimes.io().clone());
        let stages = vec![
            Stage::start("spool", move || writer.run(&io)).unwrap(),
            Stage::start("source", move || reader.run(&committed, &told, &outlet)).unwrap(),
        ];
        Self { stop, acks, inbox, raw, stages }
    }

    fn take(&self, n: usize, commit: bool) -> Vec<(RawMessage, String)> {
        let mut all = Vec::new();
        while all.len() < n {
            for m in self.raw.recv_timeout(SOON).unwrap().messages {
                if commit {
                    let mut delta = CheckpointDelta::default();
                    delta.extend(&m.source, &m.progress, Span { from: m.position as u64, to: m.until as u64 }).unwrap();
                    self.acks.committed(&delta);
                }
                let text = String::from_utf8_lossy(&m.bytes).into_owned();
                all.push((m, text));
            }
        }
        all
    }

    fn end(self) {
        self.stop.request();
        self.stages.into_iter().for_each(|s| s.join().unwrap());
    }
}

#[test]
fn what_was_acknowledged_is_read_and_what_was_committed_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let runtimes = Runtimes::new(1).unwrap();
    let limits = SpoolLimits { segment_bytes: 100, ..SpoolLimits::default() };
    let running = Running::start(&runtimes, dir.path(), limits, BTreeMap::new());
    let texts: Vec<String> = (0..20).map(|n| format!("message {n} {}", "x".repeat(20))).collect();
    for text in &texts {
        let receipt = runtimes.io().block_on(running.inbox.put(text.clone().into())).unwrap();
        assert!(running.folder_has(dir.path(), &receipt.segment));
    }
    let taken = running.take(20, true);
    assert_eq!(taken.iter().map(|(_, t)| t.clone()).collect::<Vec<_>>(), texts);
    let begun = Instant::now();
    // All pieces but the one that grows are deleted, and forgotten.
    while fs::read_dir(dir.path()).unwrap().count() > 1 {
        assert!(begun.elapsed() < SOON);
        std::thread::sleep(Duration::from_millis(5));
    }
    // A little later: forgotten is what is safely gone.
    while running.acks.take_gone().is_empty() {
        assert!(begun.elapsed() < SOON);
        std::thread::sleep(Duration::from_millis(5));
    }
    running.end();
}

impl Running {
    fn folder_has(&self, folder: &Path, segment: &str) -> bool {
        // Pieces may be deleted again only when they are committed, and here nothing is yet.
        folder.join(format!("{segment}{ENDING}")).exists() && !self.stop.requested()
    }
}

#[test]
fn a_new_start_goes_on_behind_the_checkpoint_and_drops_a_torn_tail() {
    let dir = tempfile::tempdir().unwrap();
    let runtimes = Runtimes::new(1).unwrap();
    let running = Running::start(&runtimes, dir.path(), SpoolLimits::default(), BTreeMap::new());
    for text in ["one", "two", "three"] {
        runtimes.io().block_on(running.inbox.put(text.into())).unwrap();
    }
    let taken = running.take(3, false);
    running.end();
    let (first, _) = &taken[0];
    let path = dir.path().join(format!("{}{ENDING}", first.partition));
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(b"TSF1 torn");
    fs::write(&path, bytes).unwrap();

    let committed = BTreeMap::from([(first.partition.to_string(), first.until as u64)]);
    let running = Running::start(&runtimes, dir.path(), SpoolLimits::default(), committed);
    let again: Vec<String> = running.take(2, true).into_iter().map(|(_, t)| t).collect();
    assert_eq!(again, ["two", "three"]);
    running.end();
}

#[test]
fn what_is_not_taken_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let runtimes = Runtimes::new(1).unwrap();
    let limits = SpoolLimits { bytes: 10, longest_message: 100, ..SpoolLimits::default() };
    let running = Running::start(&runtimes, dir.path(), limits, BTreeMap::new());
    let put = |bytes: Vec<u8>| runtimes.io().block_on(running.inbox.put(bytes.into()));
    assert_eq!(put(vec![b'x'; 101]), Err(Refused::TooLong));
    assert_eq!(put(vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0]), Err(Refused::Packed));
    assert!(put(b"a first message".to_vec()).is_ok());
    assert_eq!(put(b"another".to_vec()), Err(Refused::Full));
    running.take(1, true);
    running.stop.request();
    let inbox = running.inbox.clone();
    running.end();
    assert_eq!(runtimes.io().block_on(inbox.put("late".into())), Err(Refused::Closed));
}

/// A clock that was set back gives no new piece the name of one that the checkpoint knows.
#[test]
fn a_new_piece_is_behind_all_that_are_known() {
    let dir = tempfile::tempdir().unwrap();
    let runtimes = Runtimes::new(1).unwrap();
    // Read and deleted when the clock was a century ahead, and not forgotten yet.
    let known = format!("{:016}", crate::source::files::now() + 3_155_760_000_000_000);
    let running = Running::start(&runtimes, dir.path(), SpoolLimits::default(), BTreeMap::from([(known.clone(), 1_000)]));
    let receipt = runtimes.io().block_on(running.inbox.put("one".into())).unwrap();
    assert!(*receipt.segment > *known, "{} {known}", receipt.segment);
    assert_eq!(running.take(1, true)[0].1, "one");
    running.end();
    // And a third time, when a piece of that time still lies there.
    let running =
        Running::start(&runtimes, dir.path(), SpoolLimits::default(), BTreeMap::from([(receipt.segment.to_string(), 27)]));
    let later = runtimes.io().block_on(running.inbox.put("two".into())).unwrap();
    assert!(later.segment > receipt.segment);
    assert_eq!(running.take(1, true).last().unwrap().1, "two");
    running.end();
}

#[test]
fn what_is_committed_behind_the_end_is_deleted_too() {
    let dir = tempfile::tempdir().unwrap();
    let runtimes = Runtimes::new(1).unwrap();
    let limits = SpoolLimits { segment_bytes: 100, ..SpoolLimits::default() };
    let Running { stop, acks, inbox, raw, stages } = Running::start(&runtimes, dir.path(), limits, BTreeMap::new());
    for n in 0..20 {
        runtimes.io().block_on(inbox.put(format!("message {n} {}", "x".repeat(20)).into())).unwrap();
    }
    let mut delta = CheckpointDelta::default();
    let mut messages = 0;
    while messages < 20 {
        for m in raw.recv_timeout(SOON).unwrap().messages {
            delta.extend(&m.source, &m.progress, Span { from: m.position as u64, to: m.until as u64 }).unwrap();
            messages += 1;
        }
    }
    stop.request();
    for stage in stages {
        stage.join().unwrap();
    }
    let pieces = || fs::read_dir(dir.path()).unwrap().count();
    assert!(pieces() > 5 && acks.take_gone().is_empty());
    acks.committed(&delta);
    acks.clear().unwrap();
    assert!(pieces() <= 1 && acks.take_gone().len() > 4, "{} pieces are left", pieces());
}
