//! The standard input as a source: messages are screened while the writer pauses, and an end that is asked
//! for is heard though nobody writes or closes the pipe.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::feed::Feed;
use super::{Service, oracle, wait_for};

#[test]
fn the_end_is_heard_while_nobody_writes() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("list.csv"),
        "entity_id,list,entity_kind,name,birth_dates\nq1,test,person,HALVORSEN Ingrid,1970-01-01\n",
    )
    .unwrap();
    let config = dir.path().join("run.toml");
    let text = "[output]\nfolder = \"tables\"\n[watchlist]\npaths = [\"list.csv\"]\ncheck_seconds = 0\n[epoch]\nseconds = 0.05\n\
                [[source]]\nname = \"stdin\"\nkind = \"stdin\"\n";
    fs::write(&config, text).unwrap();
    let tables = dir.path().join("tables");
    let feed = Feed::default();
    for life in 0..2 {
        let mut service = Service::start_with(&config, |command| {
            command.stdin(Stdio::piped());
        });
        let mut pipe = service.child.stdin.take().unwrap();
        for _ in 0..3 {
            let (bytes, numbers) = feed.message(4);
            pipe.write_all(&bytes).unwrap();
            // The last message is whole when another one begins, or the input ends.
            let promised = feed.promised();
            wait_for("the rows", || oracle::look(&tables).committed == promised);
            feed.promise(numbers);
        }
        if life == 1 {
            // Read before the end was asked for, or not at all.
            let (bytes, numbers) = feed.message(4);
            pipe.write_all(&bytes).unwrap();
            feed.doubt(numbers);
        }
        let begun = Instant::now();
        service.stop();
        assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
    }
    let told = oracle::look(&tables);
    assert_eq!((&told.doubled, told.rows_in), (&vec![], told.rows_out));
    assert!(told.committed.is_superset(&feed.promised()) && told.committed.is_subset(&feed.perhaps()));
}
