//! Tables behind an S3 API, with a real server: the service is killed at random moments, and another machine
//! takes over.
//!
//! `TAMIS_S3_ENDPOINT` is the address of a server with a bucket `tamis` (`.ci/s3/setup.sh` starts one). Without it
//! these tests say that they were skipped.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ObjectStore, ObjectStoreExt};

use super::kill::{Place, killed};
use super::{Service, oracle, wait_for};

/// A place of its own in the bucket, and a folder that shows what lies there.
struct Bucket {
    endpoint: String,
    prefix: String,
    mirror: PathBuf,
    /// The folder of the state, for the eyes of Tamis.
    tables: PathBuf,
}

impl Bucket {
    /// `None` where no server is named.
    fn at(dir: &Path, name: &str) -> Option<Self> {
        let Ok(endpoint) = std::env::var("TAMIS_S3_ENDPOINT") else {
            println!("skipped: TAMIS_S3_ENDPOINT names no server");
            return None;
        };
        let prefix = format!("{name}-{}-{}", std::process::id(), dir.file_name()?.to_str()?.trim_start_matches('.'));
        Some(Self { endpoint, prefix, mirror: dir.join("mirror"), tables: dir.join("tables") })
    }

    fn store(&self) -> AmazonS3 {
        let builder = AmazonS3Builder::new().with_bucket_name("tamis").with_region("us-east-1").with_allow_http(true);
        let (key, secret) = credentials();
        builder.with_endpoint(&self.endpoint).with_access_key_id(key).with_secret_access_key(secret).build().unwrap()
    }

    /// Fetches what lies in the bucket now. No object but the hint to the newest checkpoint is ever written twice.
    fn fetch(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = self.store();
            let prefix = object_store::path::Path::from(self.prefix.as_str());
            let found: Vec<_> = store.list(Some(&prefix)).try_collect().await.unwrap();
            let mut there = BTreeSet::new();
            for meta in found {
                let path = self.mirror.join(meta.location.as_ref().strip_prefix(&self.prefix).unwrap().trim_start_matches('/'));
                if !path.exists() || path.ends_with("_last_checkpoint") {
                    // Under a running service it may be gone by now.
                    let Ok(got) = store.get(&meta.location).await else { continue };
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(&path, got.bytes().await.unwrap()).unwrap();
                }
                there.insert(path);
            }
            for path in files_below(&self.mirror).difference(&there) {
                fs::remove_file(path).unwrap();
            }
        });
    }

    /// Runs a command of Tamis.
    fn tamis(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_tamis")).args(args).envs(self.environment()).output().unwrap()
    }

    /// The answer to a query over the tables, through delta-rs.
    fn query(&self, sql: &str) -> String {
        let out = self.tamis(&["query", sql, "--format", "csv", "--data", self.tables.to_str().unwrap()]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }
}

impl Place for Bucket {
    fn settings(&self) -> String {
        format!(
            "tables = \"s3://tamis/{}\"\n[output.s3]\nendpoint = \"{}\"\nregion = \"us-east-1\"\nallow_http = true\n",
            self.prefix, self.endpoint
        )
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let (key, secret) = credentials();
        vec![("AWS_ACCESS_KEY_ID", key), ("AWS_SECRET_ACCESS_KEY", secret)]
    }

    fn look(&self) -> oracle::Told {
        self.fetch();
        oracle::look(&self.mirror)
    }
}

fn credentials() -> (String, String) {
    let of = |name| std::env::var(name).unwrap_or_else(|_| "tamis-test".into());
    (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY"))
}

fn files_below(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

#[test]
fn killed_with_tables_in_a_bucket_nothing_is_lost_or_doubled() {
    let dir = tempfile::tempdir().unwrap();
    let Some(bucket) = Bucket::at(dir.path(), "kill") else { return };
    killed(dir.path(), &bucket, None);

    // The same through delta-rs, as `tamis query` reads.
    let told = bucket.look();
    let counted = bucket.query("SELECT count(document_number) AS n, count(DISTINCT document_number) AS d FROM records");
    let n = told.committed.len();
    assert_eq!(counted.trim(), format!("n,d\n{n},{n}"));
    let folder = bucket.tables.to_str().unwrap();
    let state = bucket.tamis(&["inspect", "state", folder]);
    let text = String::from_utf8_lossy(&state.stdout).into_owned();
    assert!(state.status.success() && text.contains("everything fits"), "{text}");
    let epoch = bucket.tamis(&["inspect", "epoch", &told.epochs.to_string(), folder]);
    assert!(epoch.status.success(), "{}", String::from_utf8_lossy(&epoch.stderr));
    // Small files become one; no row changes.
    let joined = bucket.tamis(&["compact", folder, "--files", "2"]);
    assert!(joined.status.success(), "{}", String::from_utf8_lossy(&joined.stderr));
    let after = bucket.look();
    assert_eq!((after.committed, after.globbed, after.doubled_by_glob), (told.committed.clone(), told.committed, vec![]));
    // The folder of the state has no rows, and neither it nor the log of the service names a secret.
    assert!(!files_below(&bucket.tables).iter().any(|path| path.extension().is_some_and(|e| e == "parquet")));
    let log = fs::read_to_string(dir.path().join("stderr.log")).unwrap();
    let (_, secret) = credentials();
    assert!(!log.contains(&secret));
}

#[test]
fn a_second_machine_waits_until_it_is_told_to_take_over() {
    let dir = tempfile::tempdir().unwrap();
    let Some(bucket) = Bucket::at(dir.path(), "standby") else { return };
    let configure = |name: &str| {
        let home = dir.path().join(name);
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join("list.csv"), "entity_id,list,entity_kind,name\nq1,test,person,HALVORSEN Ingrid\n").unwrap();
        let text = format!(
            "[output]\nfolder = \"tables\"\n{}[watchlist]\npaths = [\"list.csv\"]\ncheck_seconds = 0\n[epoch]\nseconds = 0.2\n\
             [[source]]\nname = \"made\"\nkind = \"generator\"\ntravellers = 100000\nrate = 500\n",
            bucket.settings()
        );
        fs::write(home.join("run.toml"), text).unwrap();
        home.join("run.toml")
    };
    let (first, second) = (configure("first"), configure("second"));
    let valid = bucket.tamis(&["validate", first.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&valid.stdout).contains("exactly once"), "{valid:?}");

    let mut running = Service::start_with(&first, |command| {
        command.envs(bucket.environment());
    });
    running.first_epoch();
    let refused = bucket.tamis(&["run", second.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(4) && text.contains("--take-over"), "{text}");
    assert!(running.ended().is_none());

    let mut standby = Command::new(env!("CARGO_BIN_EXE_tamis"))
        .args(["run", "--take-over", second.to_str().unwrap()])
        .envs(bucket.environment())
        .stderr(fs::File::create(dir.path().join("standby.log")).unwrap())
        .spawn()
        .unwrap();
    // The one that was replaced can commit nothing more and says why.
    let log = running.log.clone();
    assert_eq!(running.ends(), Some(4));
    let text = fs::read_to_string(log).unwrap();
    assert!(text.contains("taken over") && !text.contains("panicked"), "{text}");
    let before = bucket.look().epochs;
    wait_for("the standby to commit", || bucket.look().epochs > before + 2);
    Command::new("kill").args(["-TERM", &standby.id().to_string()]).status().unwrap();
    assert!(standby.wait().unwrap().success());
    let told = bucket.look();
    assert_eq!((told.torn, told.epochs_without_gap, told.rows_in), (vec![], true, told.rows_out));
    let again = bucket.tamis(&["run", first.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(4), "{again:?}");
}
