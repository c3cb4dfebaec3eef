//! A disk whose syncs do not come back until the test lets them: nobody is answered, nothing is read, and
//! what waits is bounded.
#![allow(clippy::unwrap_used)]
use std::io::Write;
use std::sync::{Condvar, Mutex};
use std::time::Instant;

use futures::stream::{FuturesUnordered, StreamExt as _};

use super::*;
use crate::flow::Budget;
use crate::runtime::{Runtimes, Stage};
use crate::sink::{DataFile, LocalFs};

const SOON: Duration = Duration::from_secs(30);

/// Whether syncs come back, and how many wait.
#[derive(Debug, Default)]
struct Gate(Mutex<(bool, u32)>, Condvar);

impl Gate {
    fn pass(&self) {
        let mut state = self.0.lock().unwrap();
        state.1 += 1;
        let mut state = self.1.wait_while(state, |(open, _)| !*open).unwrap();
        state.1 -= 1;
    }

    fn open(&self, open: bool) {
        self.0.lock().unwrap().0 = open;
        self.1.notify_all();
    }

    fn waiting(&self) -> u32 {
        self.0.lock().unwrap().1
    }
}

#[derive(Debug)]
struct SlowFs(Arc<Gate>);

struct SlowFile(Box<dyn DataFile>, Arc<Gate>);

impl Write for SlowFile {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl DataFile for SlowFile {
    fn sync(&mut self) -> std::io::Result<()> {
        self.1.pass();
        self.0.sync()
    }
}

impl Fs for SlowFs {
    fn create(&self, path: &Path) -> std::io::Result<Box<dyn DataFile>> {
        Ok(Box::new(SlowFile(LocalFs.create(path)?, Arc::clone(&self.0))))
    }

    fn create_new(&self, path: &Path) -> std::io::Result<Box<dyn DataFile>> {
        Ok(Box::new(SlowFile(LocalFs.create_new(path)?, Arc::clone(&self.0))))
    }

    fn create_dir_all(&self, path: &Path) -> std::io::Result<()> {
        LocalFs.create_dir_all(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        LocalFs.rename(from, to)
    }

    fn sync_file(&self, path: &Path) -> std::io::Result<()> {
        self.0.pass();
        LocalFs.sync_file(path)
    }

    fn sync_dir(&self, path: &Path) -> std::io::Result<()> {
        LocalFs.sync_dir(path)
    }

    fn remove_file(&self, path: &Path) -> std::io::Result<()> {
        LocalFs.remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> std::io::Result<()> {
        LocalFs.remove_dir(path)
    }

    fn remove_dir_all(&self, path: &Path) -> std::io::Result<()> {
        LocalFs.remove_dir_all(path)
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
fn nobody_is_answered_before_the_disk_is() {
    const EACH: usize = 64 << 10;
    let dir = tempfile::tempdir().unwrap();
    let (gate, runtimes) = (Arc::new(Gate::default()), Runtimes::new(1).unwrap());
    let (tx, raw) = crossbeam_channel::bounded(1_000);
    let (stop, acks) = (Stop::default(), Arc::new(Acks::new(["push"])));
    let outlet = Outlet::new(tx, Budget::new(usize::MAX), stop.clone(), Arc::default());
    let disk: Arc<dyn Fs> = Arc::new(SlowFs(Arc::clone(&gate)));
    let limits = SpoolLimits::default();
    let (writer, reader, inbox) = open("push", dir.path(), limits, &disk, &stop, &BTreeMap::new()).unwrap();
    let io = runtimes.io().clone();
    let stages = [
        Stage::start("spool", move || writer.run(&io)).unwrap(),
        Stage::start("source", move || reader.run(&BTreeMap::new(), &acks, &outlet)).unwrap(),
    ];
    // More senders than may wait inside, with more bytes than are written at once.
    let text = |n: u32| format!("{n:08} {}", "x".repeat(EACH));
    let senders = runtimes.io().spawn(async move {
        let mut all: FuturesUnordered<_> = (0..400)
            .map(|n| {
                let inbox = inbox.clone();
                async move { (n, inbox.put(text(n).into()).await) }
            })
            .collect();
        let mut answers = Vec::new();
        while let Some(answer) = all.next().await {
            answers.push(answer);
        }
        answers
    });
    wait_for(|| gate.waiting() == 1);
    std::thread::sleep(Duration::from_millis(100));
    // What is written waits for its sync, and what is not written waits with its sender.
    let bytes = writer::size(dir.path()).unwrap() as usize;
    assert!(bytes > 0 && bytes <= (4 << 20) + 2 * EACH, "{bytes} bytes are written");
    assert!(raw.is_empty() && !senders.is_finished());
    assert_eq!(gate.waiting(), 1);

    // The end is asked for in the middle of it; then the disk comes back. Each sender has its answer, and
    // those that were told yes are found again.
    stop.request();
    std::thread::sleep(Duration::from_millis(100));
    assert!(!senders.is_finished());
    gate.open(true);
    let answers = runtimes.io().block_on(async { tokio::time::timeout(SOON, senders).await.unwrap().unwrap() });
    for stage in stages {
        stage.join().unwrap();
    }
    let mut promised: Vec<String> = answers.iter().filter(|(_, a)| a.is_ok()).map(|(n, _)| text(*n)).collect();
    assert!(!promised.is_empty() && answers.iter().all(|(_, a)| a.is_ok() || *a == Err(Refused::Closed)));
    assert!(raw.is_empty(), "what the end was asked before is for the next start");

    let (tx, raw) = crossbeam_channel::bounded(1_000);
    let (stop, acks) = (Stop::default(), Acks::new(["push"]));
    let outlet = Outlet::new(tx, Budget::new(usize::MAX), stop.clone(), Arc::default());
    let (_writer, reader, _inbox) = open("push", dir.path(), limits, &disk, &stop, &BTreeMap::new()).unwrap();
    let stage = Stage::start("source", move || reader.run(&BTreeMap::new(), &acks, &outlet)).unwrap();
    let mut found = Vec::new();
    while found.len() < promised.len() {
        found.extend(raw.recv_timeout(SOON).unwrap().messages.iter().map(|m| String::from_utf8_lossy(&m.bytes).into_owned()));
    }
    stop.request();
    stage.join().unwrap();
    found.sort();
    promised.sort();
    assert!(found == promised, "{} and {}", found.len(), promised.len());
}
