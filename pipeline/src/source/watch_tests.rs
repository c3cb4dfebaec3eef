#![allow(clippy::unwrap_used)]
use std::fs;
use std::thread::JoinHandle;

use crossbeam_channel::Receiver;

use super::*;
use crate::checkpoint::{CheckpointDelta, Span};
use crate::flow::{Budget, RawBatch};
use crate::runtime::Stop;
use crate::sink::LocalFs;

const LINES: Framing = Framing { message: |b| memchr::memrchr(b'\n', b).map(|n| n + 1), row: |_| None, header: |_| None };
const SOON: Duration = Duration::from_secs(20);

struct Running {
    stop: Stop,
    acks: Arc<Acks>,
    raw: Receiver<RawBatch>,
    thread: JoinHandle<Result<()>>,
}

impl Running {
    fn start(watch: Watch, committed: BTreeMap<String, u64>) -> Self {
        let (tx, raw) = crossbeam_channel::bounded(100);
        let (stop, acks) = (Stop::default(), Arc::new(Acks::new([watch.name.as_str()])));
        let outlet = Outlet::new(tx, Budget::new(usize::MAX), stop.clone(), Arc::default());
        let thread = {
            let acks = Arc::clone(&acks);
            std::thread::spawn(move || watch.run(committed, &acks, &Arc::default(), ReadLimits::default(), LINES, &outlet))
        };
        Self { stop, acks, raw, thread }
    }

    /// The next messages: partitions and texts. Commits them.
    fn next(&self) -> Vec<(String, String)> {
        let batch = self.raw.recv_timeout(SOON).unwrap();
        let mut delta = CheckpointDelta::default();
        for m in &batch.messages {
            delta.extend(&m.source, &m.progress, Span { from: m.position as u64, to: m.until as u64 }).unwrap();
        }
        self.acks.committed(&delta);
        batch.messages.iter().map(|m| (m.partition.to_string(), String::from_utf8_lossy(&m.bytes).into_owned())).collect()
    }

    fn end(self) {
        self.stop.request();
        self.thread.join().unwrap().unwrap();
        assert!(self.raw.is_empty(), "something was read twice");
    }
}

fn watch(dir: &Path) -> Watch {
    fs::create_dir_all(dir.join("in/sub")).unwrap();
    Watch {
        name: "air".into(),
        folder: dir.join("in"),
        poll: Duration::from_millis(5),
        settle: Duration::from_millis(60),
        marker: None,
        after: After::Move(dir.join("done")),
        disk: Arc::new(LocalFs),
    }
}

fn wait_for(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < SOON);
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_complete_file_is_read_once_and_moved_when_it_is_committed() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(watch(dir.path()), BTreeMap::new());
    fs::write(dir.path().join("in/sub/a.edi"), "one\n").unwrap();
    assert_eq!(running.next(), [("sub/a.edi".to_owned(), "one\n".to_owned())]);
    wait_for(|| dir.path().join("done/sub/a.edi").exists());
    assert!(!dir.path().join("in/sub/a.edi").exists());
    wait_for(|| running.acks.take_gone().iter().any(|(_, partition)| partition.starts_with("sub/a.edi@")));
    running.end();
}

#[test]
fn a_file_that_grows_is_left_until_it_rests() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(watch(dir.path()), BTreeMap::new());
    let path = dir.path().join("in/b.edi");
    let mut text = String::new();
    for n in 0..15 {
        text.push_str(&["line ", &n.to_string(), "\n"].concat());
        fs::write(&path, &text).unwrap();
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(running.next(), [("b.edi".to_owned(), text)]);
    running.end();
}

#[test]
fn a_marker_says_that_a_file_is_complete() {
    let dir = tempfile::tempdir().unwrap();
    let marked = Watch { marker: Some(".done".into()), settle: Duration::ZERO, ..watch(dir.path()) };
    let running = Running::start(marked, BTreeMap::new());
    fs::write(dir.path().join("in/c.edi"), "half").unwrap();
    fs::write(dir.path().join("in/d.edi.part"), "x").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert!(running.raw.is_empty());
    fs::write(dir.path().join("in/c.edi"), "whole\n").unwrap();
    fs::write(dir.path().join("in/c.edi.done"), "").unwrap();
    assert_eq!(running.next(), [("c.edi".to_owned(), "whole\n".to_owned())]);
    wait_for(|| !dir.path().join("in/c.edi.done").exists());
    running.end();
}

#[test]
fn what_an_earlier_run_committed_is_not_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let kept = Watch { after: After::Keep, ..watch(dir.path()) };
    let path = dir.path().join("in/e.edi");
    fs::write(&path, "1\n2\n").unwrap();
    let written = super::super::files::micros(fs::metadata(&path).unwrap().modified().unwrap());
    let running = Running::start(kept.clone(), BTreeMap::from([(format!("e.edi@{written}"), 2)]));
    assert_eq!(running.next(), [("e.edi".to_owned(), "2\n".to_owned())]);
    running.end();
    let running = Running::start(kept, BTreeMap::from([(format!("e.edi@{written}"), 4)]));
    std::thread::sleep(Duration::from_millis(150));
    running.end();
    assert!(path.exists());
}

#[test]
fn what_is_committed_behind_the_end_is_put_away_too() {
    let dir = tempfile::tempdir().unwrap();
    let Running { stop, acks, raw, thread } = Running::start(watch(dir.path()), BTreeMap::new());
    for n in 0..40 {
        fs::write(dir.path().join(format!("in/sub/{n}.edi")), "one\n").unwrap();
    }
    let mut delta = CheckpointDelta::default();
    let mut messages = 0;
    while messages < 40 {
        for m in raw.recv_timeout(SOON).unwrap().messages {
            delta.extend(&m.source, &m.progress, Span { from: m.position as u64, to: m.until as u64 }).unwrap();
            messages += 1;
        }
    }
    stop.request();
    thread.join().unwrap().unwrap();
    let left = || fs::read_dir(dir.path().join("in/sub")).unwrap().count();
    assert_eq!((left(), acks.take_gone().len()), (40, 0));
    acks.committed(&delta);
    acks.clear().unwrap();
    assert_eq!((left(), acks.take_gone().len(), fs::read_dir(dir.path().join("done/sub")).unwrap().count()), (0, 40, 40));
}
