//! A disk that stands still, and one that is slow: those who send wait, memory does not grow, and nothing
//! is lost or doubled.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::feed::{self, Feed};
use super::world::World;
use super::{Service, free_port, get, oracle, wait_for};

const MEBIBYTE: u64 = 1 << 20;

fn configure(dir: &Path, push: u16, http: u16) -> PathBuf {
    fs::create_dir_all(dir.join("in")).unwrap();
    fs::write(dir.join("list.csv"), "entity_id,list,entity_kind,name,birth_dates\nq1,test,person,HALVORSEN Ingrid,1970-01-01\n")
        .unwrap();
    let config = dir.join("run.toml");
    let text = format!(
        "[output]\nfolder = \"tables\"\n[watchlist]\npaths = [\"list.csv\"]\ncheck_seconds = 0\n\
         [batch]\nmilliseconds = 5\n[epoch]\nrows = 1000\nseconds = 0.05\n[http]\nlisten = \"127.0.0.1:{http}\"\n\
         [limits]\nthreads = 1\nraw_mebibytes = 1\nrow_mebibytes = 1\n\
         [[source]]\nname = \"folder\"\nkind = \"folder\"\nfolder = \"in\"\npoll_milliseconds = 10\nsettle_milliseconds = 0\n\
         [[source]]\nname = \"push\"\nkind = \"http\"\nlisten = \"127.0.0.1:{push}\"\nspool = \"spool\"\n"
    );
    fs::write(&config, text).unwrap();
    config
}

/// A file about so many travellers; its bytes.
fn put(feed: &Feed, dir: &Path, travellers: u64) -> u64 {
    let (bytes, numbers) = feed.message(travellers);
    let to = dir.join("in").join(format!("{}.edi", numbers[0]));
    fs::write(to.with_extension("part"), &bytes).unwrap();
    fs::rename(to.with_extension("part"), &to).unwrap();
    feed.promise(numbers);
    bytes.len() as u64
}

/// Bytes that were decoded, as the service counts them.
fn decoded(http: u16) -> Option<u64> {
    let text = get(http, "/metrics")?;
    text.lines().find_map(|l| l.strip_prefix("tamis_raw_bytes_total "))?.trim().parse().ok()
}

#[test]
fn a_disk_that_stands_still_holds_up_the_senders_and_costs_nothing() {
    let Some(world) = World::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (push, http) = (free_port(), free_port());
    let config = configure(dir.path(), push, http);
    let tables = dir.path().join("tables");
    let feed = Arc::new(Feed::default());
    put(&feed, dir.path(), 3);
    let service = Service::start_in(&world, &config);
    service.first_epoch();

    world.hold();
    let before = decoded(http).unwrap();
    let sent: u64 = (0..120).map(|_| put(&feed, dir.path(), 1_000)).sum();
    wait_for("a call that is held", || world.holds());
    let sender = {
        let feed = Arc::clone(&feed);
        std::thread::spawn(move || feed::post(&feed, push))
    };
    // Until nothing moves any more.
    let mut last = 0;
    wait_for("the stages to stand still", || {
        std::thread::sleep(Duration::from_secs(1));
        let now = decoded(http).unwrap();
        now == std::mem::replace(&mut last, now)
    });
    // Three epochs of a mebibyte that was read at once, and what the queues hold; the rest stays in the folder.
    let held = last - before;
    println!("{sent} bytes wait, {held} of them were taken");
    assert!(held > 0 && held <= 5 * MEBIBYTE && sent > 2 * held, "{held} of {sent} bytes");
    assert!(!sender.is_finished(), "acknowledged before it was on disk");
    let committed = oracle::look(&tables).committed.len();
    // An end that is asked for now comes when the disk is back.
    service.ask_to_end();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(oracle::look(&tables).committed.len(), committed, "nothing can be committed");
    world.release();
    service.ended_well();
    sender.join().unwrap();

    let all_there = |feed: &Feed| {
        let promised = feed.promised();
        wait_for("all that was promised", || oracle::look(&tables).globbed.is_superset(&promised));
    };
    let service = Service::start_in(&world, &config);
    all_there(&feed);
    service.stop();

    // Every call takes its time; one of the lives is killed, one is told to end in the middle.
    for (life, milliseconds) in [60, 150, 20].into_iter().enumerate() {
        world.slow(milliseconds);
        let service = Service::start_in(&world, &config);
        for _ in 0..5 {
            put(&feed, dir.path(), 20);
            feed::post(&feed, push);
        }
        service.first_epoch();
        match life {
            0 => service.kill(),
            1 => service.stop(),
            _ => {
                all_there(&feed);
                service.stop();
            }
        }
    }
    let (told, promised) = (oracle::look(&tables), feed.promised());
    assert_eq!((&told.doubled, &told.doubled_by_glob, &told.torn), (&vec![], &vec![], &vec![]));
    assert_eq!(promised.difference(&told.committed).next(), None, "lost");
    assert_eq!(told.committed.difference(&feed.perhaps()).next(), None, "foreign");
    assert_eq!((told.rows_in, told.epochs_without_gap), (told.rows_out, true));
}
