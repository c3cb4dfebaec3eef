//! A broker that is gone for a while: refused, cut off, or silent. `TAMIS_AWAY_SECONDS` says for how long each
//! time (2 unless given).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::feed::Feed;
use super::kafka::{Broker, PARTITIONS, assert_once, expect_all, send};
use super::proxy::{Line, Proxy};
use super::{Service, free_port, get, wait_for};

fn behind_a_proxy() -> Option<(Broker, Proxy)> {
    let inner = format!("127.0.0.1:{}", free_port());
    let proxy = Proxy::new(inner.clone());
    let broker = Broker::start_at(&inner, &proxy.address)?;
    Some((broker, proxy))
}

fn configure(dir: &Path, source: &str, http: u16) -> PathBuf {
    fs::write(dir.join("list.csv"), "entity_id,list,entity_kind,name,birth_dates\nq1,test,person,HALVORSEN Ingrid,1970-01-01\n")
        .unwrap();
    let config = dir.join("run.toml");
    let text = format!(
        "[output]\nfolder = \"tables\"\n[watchlist]\npaths = [\"list.csv\"]\ncheck_seconds = 0\n[http]\nlisten = \"127.0.0.1:{http}\"\n\
         [batch]\nmilliseconds = 5\n[epoch]\nseconds = 0.1\n[limits]\nthreads = 1\n{source}answer_seconds = 1.0\n",
    );
    fs::write(&config, text).unwrap();
    config
}

fn stderr(config: &Path) -> String {
    fs::read_to_string(config.with_file_name("stderr.log")).unwrap_or_default()
}

/// Partitions of which the metrics say that nobody answers for them.
fn silent(http: u16) -> Option<u64> {
    let text = get(http, "/metrics")?;
    text.lines().find_map(|l| l.strip_prefix("tamis_silent_partitions{source=\"queue\"} "))?.trim().parse().ok()
}

#[test]
fn a_broker_that_is_gone_for_a_while_costs_nothing() {
    let away = std::env::var("TAMIS_AWAY_SECONDS").ok().and_then(|n| n.parse().ok()).unwrap_or(2);
    let away = Duration::from_secs(away);
    let Some((broker, proxy)) = behind_a_proxy() else { return };
    let dir = tempfile::tempdir().unwrap();
    let http = free_port();
    let config = configure(dir.path(), &broker.source(), http);
    let feed = Arc::new(Feed::default());
    send(&feed, &broker, 100);

    let mut service = Service::start(&config);
    service.first_epoch();
    let told = stderr(&config);
    assert!(told.contains(&format!("messages in {PARTITIONS} partitions behind the checkpoint wait to be read")), "{told}");
    for (round, line) in [Line::Refused, Line::Silent, Line::Refused, Line::Silent].into_iter().enumerate() {
        // While the line goes it is still reading.
        send(&feed, &broker, 150);
        proxy.set(line);
        let gone = Instant::now();
        if round < 2 {
            wait_for("the metrics to say it", || silent(http).is_some_and(|n| n > 0));
            let told = stderr(&config);
            assert_eq!(told.matches("the broker does not answer").count(), round + 1, "{told}");
        }
        std::thread::sleep(away);
        assert_eq!(service.ended(), None, "{}", stderr(&config));
        proxy.set(Line::Whole);
        let back = Instant::now();
        send(&feed, &broker, 50);
        expect_all(&feed, &dir.path().join("tables"), &config);
        println!("{line:?} for {:?}, all was read {:?} after the line was whole again", back - gone, back.elapsed());
        if round < 2 {
            wait_for("the metrics to say it", || silent(http) == Some(0));
        }
    }
    assert!(stderr(&config).contains("the broker answers again"));
    service.stop();
    assert_once(&feed, &dir.path().join("tables"));
}

#[test]
fn a_silent_broker_holds_up_neither_the_start_nor_the_end() {
    let Some((broker, proxy)) = behind_a_proxy() else { return };
    let dir = tempfile::tempdir().unwrap();
    let http = free_port();
    let source = broker.source();
    let feed = Feed::default();
    // Before the first answer; while it asks for a topic that is not there; and in the middle of its work.
    let there = configure(dir.path(), &source, http);
    let not_there = dir.path().join("not_there.toml");
    fs::write(&not_there, fs::read_to_string(&there).unwrap().replace("topic = \"", "topic = \"no-")).unwrap();
    for (n, (config, line)) in [(&there, Line::Silent), (&not_there, Line::Whole), (&there, Line::Whole)].into_iter().enumerate()
    {
        proxy.set(line);
        let service = Service::start(config);
        match n {
            0 => wait_for("the silence to be told", || stderr(config).contains("the broker does not answer")),
            1 => wait_for("the topic to be missed", || stderr(config).contains("there is no such topic yet")),
            _ => {
                send(&feed, &broker, 50);
                service.first_epoch();
            }
        }
        proxy.set(Line::Silent);
        std::thread::sleep(Duration::from_secs(2));
        let begun = Instant::now();
        service.stop();
        assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?} to end", begun.elapsed());
    }
}
