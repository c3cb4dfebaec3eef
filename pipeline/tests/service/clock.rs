//! A clock that jumps, years back and years ahead, under a service that works; and files whose times of
//! writing are anything.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::feed::{self, Feed};
use super::world::World;
use super::{PATIENCE, Service, free_port, oracle, tamis, wait_for};

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;

/// How far the clock must go before that of the machine to show this time.
fn to(seconds: i64) -> i64 {
    seconds - SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

fn configure(dir: &Path, http: u16, tcp: u16) -> PathBuf {
    fs::create_dir_all(dir.join("in")).unwrap();
    fs::create_dir_all(dir.join("aside")).unwrap();
    fs::write(dir.join("list.csv"), "entity_id,list,entity_kind,name,birth_dates\nq1,test,person,HALVORSEN Ingrid,1970-01-01\n")
        .unwrap();
    let config = dir.join("run.toml");
    // Logs are cut and files joined all the time: both write times into the logs.
    let text = format!(
        "[output]\nfolder = \"tables\"\n[watchlist]\npaths = [\"list.csv\"]\ncheck_seconds = 0.1\n\
         [batch]\nmilliseconds = 5\n[epoch]\nseconds = 0.05\n[limits]\nthreads = 2\n[maintenance]\ncompact_files = 6\nlog_versions = 10\n\
         [[source]]\nname = \"folder\"\nkind = \"folder\"\nfolder = \"in\"\npoll_milliseconds = 10\nsettle_milliseconds = 30\n\
         after = \"move\"\nmove_to = \"done\"\n\
         [[source]]\nname = \"http\"\nkind = \"http\"\nlisten = \"127.0.0.1:{http}\"\nspool = \"spool-http\"\n\
         [[source]]\nname = \"tcp\"\nkind = \"tcp\"\nlisten = \"127.0.0.1:{tcp}\"\nspool = \"spool-tcp\"\n"
    );
    fs::write(&config, text).unwrap();
    config
}

/// A file that was written at this time, or says so.
fn put(feed: &Feed, dir: &Path, name: &str, written: SystemTime) {
    let (bytes, numbers) = feed.message(3);
    let aside = dir.join("aside").join(name);
    fs::write(&aside, bytes).unwrap();
    fs::File::options().write(true).open(&aside).unwrap().set_modified(written).unwrap();
    fs::rename(aside, dir.join("in").join(name)).unwrap();
    feed.promise(numbers);
}

/// Epochs go on.
fn goes_on(service: &Service) {
    while service.epochs.try_recv().is_ok() {}
    for _ in 0..2 {
        service.epochs.recv_timeout(PATIENCE).unwrap();
    }
}

#[test]
fn whatever_the_clock_says_nothing_stalls_is_lost_or_doubled() {
    let Some(world) = World::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (http, tcp) = (free_port(), free_port());
    let config = configure(dir.path(), http, tcp);
    let feed = Arc::new(Feed::default());
    let feeders = feed::start(&feed, &dir.path().join("in"), http, tcp);

    // Lives that begin at one time and end at another; in between the clock jumps.
    let (past, future) = (to(DAY), to(230 * YEAR));
    let lives = [vec![0, -3_600, 10 * YEAR, past], vec![past, future], vec![-20 * YEAR, 60]];
    for (n, jumps) in lives.iter().enumerate() {
        world.clock(jumps[0]);
        let service = Service::start_in(&world, &config);
        for jump in jumps {
            world.clock(*jump);
            goes_on(&service);
        }
        if n % 2 == 0 {
            service.kill();
        } else {
            service.stop();
        }
        let told = oracle::look(&dir.path().join("tables"));
        assert_eq!((told.doubled, told.torn), (vec![], vec![]), "after life {n}");
    }

    // The same name again and again, written earlier than before, at the same time, and before 1970.
    let service = Service::start_in(&world, &config);
    let at = |seconds: i64| match u64::try_from(seconds) {
        Ok(s) => UNIX_EPOCH + Duration::from_secs(s),
        Err(_) => UNIX_EPOCH - Duration::from_secs(seconds.unsigned_abs()),
    };
    for seconds in [430 * YEAR, 56 * YEAR, 1, 0, 0, -YEAR, 0] {
        put(&feed, dir.path(), "again.edi", at(seconds));
        wait_for("the file to be put away", || !dir.path().join("in/again.edi").exists());
    }
    feed.stop();
    for feeder in feeders {
        feeder.join().unwrap();
    }
    let tables = dir.path().join("tables");
    let promised = feed.promised();
    wait_for("all that was promised", || oracle::look(&tables).globbed.is_superset(&promised));
    service.stop();

    let told = oracle::look(&tables);
    assert!(promised.len() > 200, "there was hardly any load: {}", promised.len());
    assert_eq!((&told.doubled, &told.doubled_by_glob, &told.torn), (&vec![], &vec![], &vec![]));
    assert_eq!(promised.difference(&told.committed).next(), None, "lost");
    assert_eq!(told.committed.difference(&feed.perhaps()).next(), None, "foreign");
    assert_eq!(told.committed, told.globbed);
    assert!(told.epochs_without_gap);
    assert_eq!(told.rows_in, told.rows_out);
    let state = tamis(&["inspect", "state", &tables.display().to_string()]);
    assert_eq!(state.status.code(), Some(0), "{}", String::from_utf8_lossy(&state.stdout));
    println!("{} records promised, {} epochs: 0 lost, 0 doubled", promised.len(), told.epochs);
}
