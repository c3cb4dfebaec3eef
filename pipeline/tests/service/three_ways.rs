//! The same input three ways: in one go, with stops and a kill in the middle, and with other threads and
//! epochs. All columns of all rows are the same; only the numbers of the epochs may differ.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::{Service, oracle, wait_for};

/// All rows of a table, in an order that does not depend on how they came.
const TABLES: [(&str, &str); 4] = [
    ("records", "SELECT * EXCEPT (epoch) FROM records ORDER BY record_id, partition, position, ordinal"),
    ("flagged", "SELECT * EXCEPT (epoch) FROM flagged ORDER BY record_id, partition, position, ordinal"),
    ("hits", "SELECT * EXCEPT (epoch) FROM hits ORDER BY record_id, partition, position, ordinal, hit_rank"),
    (
        "dead_letters",
        "SELECT * EXCEPT (epoch, raw), encode(raw, 'hex') AS raw FROM dead_letters ORDER BY partition, position, code, message",
    ),
];

fn tamis(args: &[&str]) -> Vec<u8> {
    let run = Command::new(env!("CARGO_BIN_EXE_tamis")).args(args).env_remove("TAMIS_LOG").output().unwrap();
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    run.stdout
}

/// One way: a folder with the same files, as if written at the same times.
struct Way {
    dir: PathBuf,
    config: PathBuf,
    messages: Vec<(String, Vec<u8>)>,
}

impl Way {
    fn new(home: &Path, name: &str, limits: &str, messages: &[(String, Vec<u8>)]) -> Self {
        let dir = home.join(name);
        fs::create_dir_all(dir.join("in")).unwrap();
        fs::create_dir_all(dir.join("aside")).unwrap();
        let config = dir.join("run.toml");
        let text = format!(
            "[output]\nfolder = \"tables\"\n[watchlist]\npaths = [\"../day/watchlist.csv\"]\ncheck_seconds = 0\n{limits}\n\
             [maintenance]\nlog_versions = 6\ncompact_files = 5\n\
             [[source]]\nname = \"air\"\nkind = \"folder\"\nfolder = \"in\"\npoll_milliseconds = 10\nsettle_milliseconds = 0\n\
             after = \"move\"\nmove_to = \"done\"\n"
        );
        fs::write(&config, text).unwrap();
        Self { dir, config, messages: messages.to_vec() }
    }

    /// Lays files into the watched folder, in one step each.
    fn put(&self, which: std::ops::Range<usize>) {
        for (n, (name, bytes)) in self.messages.iter().enumerate().take(which.end).skip(which.start) {
            let aside = self.dir.join("aside").join(name);
            fs::write(&aside, bytes).unwrap();
            let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000 + n as u64);
            fs::File::options().write(true).open(&aside).unwrap().set_modified(written).unwrap();
            fs::rename(aside, self.dir.join("in").join(name)).unwrap();
        }
    }

    /// What is put away is committed.
    fn all_is_committed(&self, files: usize) {
        let done = || fs::read_dir(self.dir.join("done")).map_or(0, Iterator::count);
        wait_for("all files to be put away", || done() == files);
    }

    fn tables(&self) -> PathBuf {
        self.dir.join("tables")
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let data = self.tables().display().to_string();
        let read = |sql: &str| String::from_utf8(tamis(&["query", sql, "--data", &data, "--format", "json"])).unwrap();
        TABLES.map(|(table, sql)| (table, read(sql))).to_vec()
    }
}

#[test]
fn straight_stopped_and_with_other_threads_the_rows_are_the_same() {
    let home = tempfile::tempdir().unwrap();
    let day = home.path().join("day").display().to_string();
    tamis(&["generate", "--travellers", "2500", "--entities", "300", "--seed", "11", "--dirt", "0.15", "--out", &day]);
    let mut messages = Vec::new();
    collect(&home.path().join("day/messages"), &mut messages);
    messages.sort();
    let n = messages.len();
    assert!(n >= 8, "{n} files are too few");

    let straight = Way::new(home.path(), "straight", "[limits]\nthreads = 2\n[epoch]\nseconds = 0.2", &messages);
    straight.put(0..n);
    let service = Service::start(&straight.config);
    straight.all_is_committed(n);
    service.stop();

    // Stopped by the operator, killed twice, and once more killed at its start; epochs of a few messages.
    let stopped = Way::new(home.path(), "stopped", "[limits]\nthreads = 2\n[epoch]\nrows = 100\nseconds = 0.05", &messages);
    stopped.put(0..n / 2);
    let service = Service::start(&stopped.config);
    service.first_epoch();
    service.stop();
    stopped.put(n / 2..n * 3 / 4);
    for patience in [20_000, 0, 300] {
        let service = Service::start(&stopped.config);
        // Whether an epoch came: what was put in may be committed already, and only wait to be put away.
        let _came = service.epochs.recv_timeout(Duration::from_millis(patience));
        service.kill();
    }
    stopped.put(n * 3 / 4..n);
    let service = Service::start(&stopped.config);
    stopped.all_is_committed(n);
    service.stop();

    let threads = Way::new(home.path(), "threads", "[limits]\nthreads = 5\n[batch]\nrows = 97\n[epoch]\nrows = 700", &messages);
    threads.put(0..n);
    let service = Service::start(&threads.config);
    threads.all_is_committed(n);
    service.stop();

    let expected = straight.rows();
    for (table, rows) in &expected {
        assert!(rows.lines().count() > 1 || rows.len() > 1_000, "{table} is empty: {rows}");
    }
    for way in [&stopped, &threads] {
        for ((table, expected), (_, found)) in expected.iter().zip(way.rows()) {
            if let Some((n, (a, b))) = expected.lines().zip(found.lines()).enumerate().find(|(_, (a, b))| a != b) {
                let differs = a.bytes().zip(b.bytes()).position(|(a, b)| a != b).unwrap_or_default();
                panic!("{}: row {n} of {table} differs at byte {differs}", way.dir.display());
            }
            assert_eq!(expected.len(), found.len(), "{}: {table}", way.dir.display());
        }
        let state = tamis(&["inspect", "state", &way.tables().display().to_string()]);
        assert!(String::from_utf8_lossy(&state).contains("everything fits"));
    }
    let epochs = |way: &Way| oracle::look(&way.tables()).epochs;
    assert!(epochs(&stopped) > epochs(&straight), "{} and {} epochs", epochs(&stopped), epochs(&straight));
}

/// All files, under names without folders.
fn collect(folder: &Path, messages: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, messages);
        } else {
            messages.push((path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()));
        }
    }
}
