//! A service from its start to its end: what operators see and do.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::feed::Feed;
use super::{Service, free_port, oracle, tamis, wait_for};

const LIST: &str = "entity_id,list,entity_kind,name,birth_dates\nq1,test,person,HALVORSEN Ingrid,1970-01-01\n";

/// A folder with a list, a watched folder and a configuration.
struct Place {
    dir: tempfile::TempDir,
    config: PathBuf,
    http: u16,
}

impl Place {
    fn new(more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let http = free_port();
        fs::create_dir(dir.path().join("in")).unwrap();
        fs::write(dir.path().join("list.csv"), LIST).unwrap();
        let config = dir.path().join("run.toml");
        let text = format!(
            "[output]\nfolder = \"tables\"\n[watchlist]\npaths = [\"list.csv\"]\ncheck_seconds = 0.1\n\
             [epoch]\nseconds = 0.05\n[http]\nlisten = \"127.0.0.1:{http}\"\n{more}\n\
             [[source]]\nname = \"air\"\nkind = \"folder\"\nfolder = \"in\"\npoll_milliseconds = 10\nsettle_milliseconds = 30\n"
        );
        fs::write(&config, text).unwrap();
        Self { dir, config, http }
    }

    fn tables(&self) -> PathBuf {
        self.dir.path().join("tables")
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.dir.path().join("in").join(name), bytes).unwrap();
    }

    fn get(&self, path: &str) -> Option<String> {
        super::get(self.http, path)
    }

    fn stderr(&self) -> String {
        fs::read_to_string(self.dir.path().join("stderr.log")).unwrap_or_default()
    }

    fn inspect(&self) -> (Option<i32>, Value) {
        let run = tamis(&["inspect", "state", &self.tables().display().to_string(), "--format", "json"]);
        (run.status.code(), serde_json::from_slice(&run.stdout).unwrap())
    }
}

#[test]
fn it_is_validated_watched_stopped_and_started_again() {
    let place = Place::new("");
    let config = place.config.display().to_string();
    let valid = tamis(&["validate", &config]);
    let told = String::from_utf8_lossy(&valid.stdout).into_owned();
    assert!(
        valid.status.success() && told.contains("air (folder): exactly once"),
        "{told}{}",
        String::from_utf8_lossy(&valid.stderr)
    );
    assert!(!place.tables().exists(), "validate touches no table");

    let (feed, mut expected) = (Feed::default(), 0);
    for life in 0..3 {
        let service = Service::start(&place.config);
        for n in 0..5 {
            let (bytes, numbers) = feed.message(4);
            expected += numbers.len();
            place.put(&format!("{life}-{n}.edi"), &bytes);
        }
        wait_for("the rows", || oracle::look(&place.tables()).committed.len() == expected);
        let metrics = place.get("/metrics").unwrap();
        assert!(metrics.contains("tamis_records_total{kind=\"traveller\"} 20"), "{metrics}");
        assert!(place.get("/health/ready").unwrap().starts_with("HTTP/1.0 200"));
        let top = tamis(&["top", &format!("127.0.0.1:{}", place.http), "--every", "0.1", "--times", "1"]);
        assert!(top.status.success() && String::from_utf8_lossy(&top.stdout).contains("waits for input"));
        service.stop();
        let told = oracle::look(&place.tables());
        assert_eq!((told.committed.len(), told.doubled.len(), told.epochs_without_gap), (expected, 0, true));
    }
    // What waits at a start is said, and how long the last one took.
    let (bytes, numbers) = feed.message(4);
    place.put("waits.edi", &bytes);
    let service = Service::start(&place.config);
    wait_for("the row that waited", || oracle::look(&place.tables()).committed.contains(&numbers[0]));
    service.stop();
    let (bytes, numbers) = feed.message(4);
    place.put("waits-too.edi", &bytes);
    let service = Service::start(&place.config);
    wait_for("the row that waited", || oracle::look(&place.tables()).committed.contains(&numbers[0]));
    service.stop();
    let told = place.stderr();
    let waits = format!("source air: {} bytes in 1 file behind the checkpoint wait to be read", bytes.len());
    assert!(told.contains(&waits) && told.contains("the last such start took "), "{told}");

    let (code, state) = place.inspect();
    assert_eq!((code, state["problems"].as_array().map(Vec::len)), (Some(0), Some(0)), "{state}");
    let last = state["last_epoch"].as_u64().unwrap().to_string();
    let epoch = tamis(&["inspect", "epoch", &last, &place.tables().display().to_string()]);
    let epoch: Value = serde_json::from_slice(&epoch.stdout).unwrap();
    assert_eq!(epoch["conservation"]["holds"], true);

    // A file that is gone wants a person.
    fs::remove_file(oracle::any_file(&place.tables().join("records"))).unwrap();
    let (code, state) = place.inspect();
    assert_eq!((code, state["problems"].as_array().map(Vec::len)), (Some(4), Some(1)), "{state}");
}

#[test]
fn a_clean_end_leaves_no_file_behind_that_is_committed() {
    let much = "[[source]]\nname = \"much\"\nkind = \"folder\"\nfolder = \"much\"\npoll_milliseconds = 10\nsettle_milliseconds = 0\n\
                after = \"move\"\nmove_to = \"done\"\n";
    let place = Place::new(much);
    let (much, feed) = (place.dir.path().join("much"), Feed::default());
    fs::create_dir(&much).unwrap();
    let mut numbers = std::collections::BTreeMap::new();
    for life in 0..2 {
        for n in 0..1_500 {
            let (bytes, of_file) = feed.message(1);
            fs::write(much.join(format!("{life}-{n}.edi")), bytes).unwrap();
            numbers.insert(format!("{life}-{n}.edi"), of_file[0].clone());
        }
        let service = Service::start(&place.config);
        service.first_epoch();
        // As `timeout` asks: twice in a row.
        service.ask_to_end();
        service.stop();
        let committed = oracle::look(&place.tables()).committed;
        let waiting = fs::read_dir(&much).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let not_put_away: Vec<_> = waiting.filter(|name| committed.contains(&numbers[name])).collect();
        assert_eq!((not_put_away, committed.is_empty()), (vec![], false));
        let (code, state) = place.inspect();
        assert!(code == Some(0) && state["partitions"]["much"].is_null(), "positions of files that are gone: {state}");
    }
}

#[test]
fn a_new_list_is_in_force_with_a_later_epoch_and_a_wrong_one_is_refused() {
    let place = Place::new("");
    let service = Service::start(&place.config);
    let feed = Feed::default();
    let status = |key: &str| -> Option<Value> {
        let text = place.get("/status")?;
        let value: Value = serde_json::from_str(text.split("\r\n\r\n").nth(1)?).ok()?;
        Some(value[key].clone())
    };
    let rows = || oracle::look(&place.tables()).committed.len();
    place.put("a.edi", &feed.message(3).0);
    wait_for("the first rows", || rows() == 3);
    let first = status("generation").unwrap();

    let list = place.dir.path().join("list.csv");
    let longer = format!("{LIST}q2,test,person,MOREAU Luc,1971-02-03\nq3,test,person,OKAFOR Ada,1980-05-06\n");
    fs::write(&list, &longer).unwrap();
    wait_for("the new list", || status("entities") == Some(Value::from(3)));
    let second = status("generation").unwrap();
    assert_ne!(first, second);
    place.put("b.edi", &feed.message(3).0);
    wait_for("rows with the new list", || rows() == 6);

    // Two thirds of the list gone, then no list at all: neither is taken.
    fs::write(&list, LIST).unwrap();
    let refused =
        |n: u32| place.get("/metrics").is_some_and(|m| m.contains(&format!("tamis_editions_total{{outcome=\"refused\"}} {n}")));
    wait_for("the refusal of a shrunken list", || refused(1));
    fs::write(&list, "nothing,of,the,kind\n").unwrap();
    wait_for("the refusal of what is no list", || refused(2));
    assert_eq!(status("generation").unwrap(), second);
    place.put("c.edi", &feed.message(3).0);
    wait_for("rows with the old list", || rows() == 9);
    service.stop();

    // One generation an epoch (C4), and both are there.
    let generations = oracle::generations(&place.tables().join("flagged"));
    assert_eq!(generations, [first.as_str().unwrap(), second.as_str().unwrap()]);
    assert!(place.stderr().contains("shrunk by more than"), "{}", place.stderr());
}

#[test]
fn too_many_dead_letters_stop_it_with_3_and_commit_nothing_of_them() {
    let place = Place::new("[limits]\ndead_window = 20\n");
    let service = Service::start(&place.config);
    let feed = Feed::default();
    place.put("good.edi", &feed.message(3).0);
    wait_for("the good rows", || oracle::look(&place.tables()).committed.len() == 3);
    let nameless: Vec<String> =
        (0..60).map(|n| format!("UNB+UNOA:4+XX+GOV+261122:0800+{n}'UNH+1+NOSUCH:D:05B:UN'BGM+745'UNT+3+1'UNZ+1+{n}'")).collect();
    place.put("wrong.edi", nameless.concat().as_bytes());
    assert_eq!(service.ends(), Some(3));
    assert!(place.stderr().contains("could not be used"), "{}", place.stderr());
    let told = oracle::look(&place.tables());
    assert_eq!((told.committed.len(), told.rows_in), (3, 3), "the open epoch is not committed");
    // Whoever takes the wrong file away can go on.
    fs::remove_file(place.dir.path().join("in/wrong.edi")).unwrap();
    let service = Service::start(&place.config);
    place.put("more.edi", &feed.message(3).0);
    wait_for("more rows", || oracle::look(&place.tables()).committed.len() == 6);
    service.stop();
}

#[test]
fn wrong_settings_are_refused_before_anything_runs() {
    let place = Place::new("[epoch2]\n");
    let run = tamis(&["run", &place.config.display().to_string()]);
    let text = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.code() == Some(2) && text.contains("run.toml:") && text.contains("epoch2"), "{text}");
    let place = Place::new("");
    fs::remove_file(place.dir.path().join("list.csv")).unwrap();
    let run = tamis(&["validate", &place.config.display().to_string()]);
    assert_eq!(run.status.code(), Some(2), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(!Path::new(&place.tables()).exists());
    let defaults = tamis(&["run", "--defaults"]);
    assert!(String::from_utf8_lossy(&defaults.stdout).contains("[epoch]"));
}

/// The same folder by mistake: the tables take each file from one of the two.
#[test]
fn two_processes_on_one_folder_do_not_double_it() {
    let place = Place::new("");
    let write = |instance: &str| {
        let config = place.config.with_file_name(format!("{instance}.toml"));
        let text = fs::read_to_string(&place.config).unwrap();
        let http = format!("[http]\nlisten = \"127.0.0.1:{}\"\n", place.http);
        let named = format!("[output]\nfolder = \"tables\"\ninstance = \"{instance}\"\n");
        fs::write(&config, text.replace(&http, "").replace("[output]\nfolder = \"tables\"\n", &named)).unwrap();
        config
    };
    let (a, b) = (write("a"), write("b"));
    let first = Service::start(&a);
    let feed = Feed::default();
    let (bytes, _) = feed.message(5);
    place.put("one.edi", &bytes);
    first.first_epoch();
    // A second process of the same name does not begin.
    assert_eq!(Service::start(&a).ends(), Some(4));
    assert!(place.stderr().contains("another process is writing"), "{}", place.stderr());

    let second = Service::start(&b);
    for n in 0..20 {
        let (bytes, _) = feed.message(5);
        place.put(&format!("more-{n}.edi"), &bytes);
        std::thread::sleep(std::time::Duration::from_millis(30));
    }
    // One of them is refused, and says why; the other goes on.
    let mut both = [Some(first), Some(second)];
    wait_for("a refusal", || place.stderr().contains("another instance has taken over its input"));
    wait_for("all rows", || oracle::look(&place.tables()).globbed.len() == 105);
    let ended: Vec<Option<i32>> = both.iter_mut().map(|s| s.as_mut().unwrap().ended()).collect();
    for (service, code) in both.into_iter().flatten().zip(&ended) {
        match code {
            Some(code) => assert_eq!(*code, 4),
            None => service.stop(),
        }
    }
    assert!(ended.contains(&Some(4)) && ended.contains(&None), "{ended:?}");
    let told = oracle::look(&place.tables());
    assert_eq!((told.committed.len(), told.doubled, told.doubled_by_glob), (105, vec![], vec![]));
    let (code, found) = place.inspect();
    assert_eq!((code, &found["problems"]), (Some(0), &Value::Array(vec![])), "{found:#}");
}
