//! Senders: they go on whatever happens to the service, and keep book of what was promised to them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the senders know.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    next: AtomicU64,
    stop: AtomicBool,
    /// Written into the folder, or acknowledged.
    promised: Mutex<BTreeSet<String>>,
    /// Sent without an answer: may be there once, or not at all.
    unanswered: Mutex<BTreeSet<String>>,
}

impl Feed {
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(crate) fn promised(&self) -> BTreeSet<String> {
        self.promised.lock().unwrap().clone()
    }

    /// Everything that may be in the tables.
    pub(crate) fn perhaps(&self) -> BTreeSet<String> {
        self.promised().union(&self.unanswered.lock().unwrap()).cloned().collect()
    }

    pub(crate) fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// A message about so many travellers, and their numbers.
    pub(crate) fn message(&self, travellers: u64) -> (Vec<u8>, Vec<String>) {
        let first = self.next.fetch_add(travellers, Ordering::Relaxed);
        let numbers: Vec<String> = (first..first + travellers).map(|n| format!("K{n:08}")).collect();
        let mut text = format!(
            "UNA:+.? 'UNB+UNOA:4+XX+GOV+261122:0800+{first}'UNH+1+PAXLST:D:05B:UN:IATA'BGM+745'TDT+20+XX123'\
             LOC+125+LHR'DTM+189:2611221200:201'LOC+87+YYZ'DTM+232:2611222000:201'"
        );
        for number in &numbers {
            let named = letters(number);
            write!(
                text,
                "NAD+FL+++TESTER:{named}'ATT+2++F'DTM+329:800101'NAT+2+GBR'DOC+P:110:111+{number}'DTM+36:301231'LOC+91+GBR'"
            )
            .unwrap();
        }
        write!(text, "CNT+42:{travellers}'UNT+{}+1'UNZ+1+{first}'", 8 + 7 * travellers).unwrap();
        (text.into_bytes(), numbers)
    }

    pub(crate) fn promise(&self, numbers: Vec<String>) {
        self.promised.lock().unwrap().extend(numbers);
    }

    pub(crate) fn doubt(&self, numbers: Vec<String>) {
        self.unanswered.lock().unwrap().extend(numbers);
    }
}

/// A name for a number: digits are no part of names.
fn letters(number: &str) -> String {
    number.bytes().filter(u8::is_ascii_digit).map(|d| char::from(b'A' + d - b'0')).collect()
}

pub(crate) fn start(feed: &Arc<Feed>, folder: &Path, http: u16, tcp: u16) -> Vec<JoinHandle<()>> {
    let run = |work: Box<dyn Fn(&Feed) + Send>| {
        let feed = Arc::clone(feed);
        std::thread::spawn(move || {
            while feed.goes_on() {
                work(&feed);
                std::thread::sleep(Duration::from_millis(15));
            }
        })
    };
    let folder = folder.to_owned();
    vec![
        run(Box::new(move |feed| write_file(feed, &folder))),
        run(Box::new(move |feed| post(feed, http))),
        run(Box::new(move |feed| frames(feed, tcp))),
    ]
}

/// Written under another name and then renamed.
fn write_file(feed: &Feed, folder: &Path) {
    let (bytes, numbers) = feed.message(7);
    let to: PathBuf = folder.join(format!("{}.edi", numbers[0]));
    fs::write(to.with_extension("part"), bytes).unwrap();
    fs::rename(to.with_extension("part"), &to).unwrap();
    feed.promise(numbers);
}

fn connect(port: u16) -> Option<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    Some(stream)
}

/// One request a connection.
pub(crate) fn post(feed: &Feed, port: u16) {
    let Some(mut stream) = connect(port) else { return };
    let (bytes, numbers) = feed.message(3);
    let head = format!("POST /messages HTTP/1.1\r\nHost: tamis\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
    let mut answer = String::new();
    let heard = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&bytes)).and_then(|()| {
        let mut part = [0; 12];
        stream.read_exact(&mut part)?;
        answer.push_str(&String::from_utf8_lossy(&part));
        Ok(())
    });
    match (heard, answer.as_str()) {
        (Ok(()), "HTTP/1.1 202") => feed.promise(numbers),
        // Refused: it is not there, and must not come.
        (Ok(()), _) => {}
        (Err(_), _) => feed.doubt(numbers),
    }
}

/// Several frames a connection, each answered by one byte.
fn frames(feed: &Feed, port: u16) {
    let Some(mut stream) = connect(port) else { return };
    for _ in 0..20 {
        let (bytes, numbers) = feed.message(2);
        let mut answer = [0];
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        let heard =
            stream.write_all(&length).and_then(|()| stream.write_all(&bytes)).and_then(|()| stream.read_exact(&mut answer));
        match (heard, answer) {
            (Ok(()), [0x06]) => feed.promise(numbers),
            (Ok(()), _) => {}
            (Err(_), _) => return feed.doubt(numbers),
        }
        if !feed.goes_on() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
