//! Drives `tamis run` as its operators and senders do.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod feed;
mod kafka;
mod kill;
mod life;
mod oracle;
mod s3;
mod three_ways;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The longest that anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running `tamis run`.
struct Service {
    child: Child,
    log: PathBuf,
    begun: Instant,
    /// When each epoch was told to be committed, and what was told.
    epochs: Receiver<(Instant, String)>,
}

impl Service {
    fn start(config: &Path) -> Self {
        Self::start_with(config, Vec::new())
    }

    fn start_with(config: &Path, environment: Vec<(&'static str, String)>) -> Self {
        let path = config.with_file_name("stderr.log");
        let log = fs::File::options().append(true).create(true).open(&path).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tamis"))
            .args(["run", "--format", "json"])
            .arg(config)
            .env_remove("TAMIS_LOG")
            .envs(environment)
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        let (told, epochs) = channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| told.send((Instant::now(), line))));
        Self { child, log: path, begun: Instant::now(), epochs }
    }

    /// How long it took to its first committed epoch.
    fn first_epoch(&self) -> Duration {
        let (first, _) = self.epochs.recv_timeout(PATIENCE).unwrap();
        first - self.begun
    }

    /// Ends it without a word.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as an operator would.
    fn stop(self) {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        let log = self.log.clone();
        let code = self.ends();
        assert_eq!(code, Some(0), "it did not end well: {}", fs::read_to_string(log).unwrap_or_default());
    }

    /// Its exit code, if it has ended.
    fn ended(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap().and_then(|status| status.code())
    }

    /// Its exit code, once it has ended by itself.
    fn ends(mut self) -> Option<i32> {
        wait_for("its end", || self.child.try_wait().unwrap().is_some());
        self.child.wait().unwrap().code()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_for(what: &str, mut happened: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
