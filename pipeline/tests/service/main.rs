//! Drives `tamis run` as its operators and senders do.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod away;
mod clock;
mod feed;
mod kafka;
mod kill;
mod life;
mod oracle;
mod proxy;
mod s3;
mod slow;
mod stdin;
mod three_ways;
mod world;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use self::world::World;

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
        Self::start_with(config, |_| {})
    }

    /// With a clock and a disk that the test holds in its hands.
    fn start_in(world: &World, config: &Path) -> Self {
        Self::start_with(config, |command| {
            command.envs(world.variables());
        })
    }

    fn start_with(config: &Path, prepare: impl FnOnce(&mut Command)) -> Self {
        let path = config.with_file_name("stderr.log");
        let log = fs::File::options().append(true).create(true).open(&path).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
        command.args(["run", "--format", "json"]).arg(config).env_remove("TAMIS_LOG");
        command.stdout(Stdio::piped()).stderr(Stdio::from(log));
        prepare(&mut command);
        let mut child = command.spawn().unwrap();
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
        self.ask_to_end();
        self.ended_well();
    }

    /// Ends it, however it ends.
    fn end(self) {
        self.ask_to_end();
        self.ends();
    }

    fn ask_to_end(&self) {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
    }

    fn ended_well(self) {
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

fn tamis(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tamis")).args(args).env_remove("TAMIS_LOG").output().unwrap()
}

/// What the window of a service shows.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: tamis\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
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
