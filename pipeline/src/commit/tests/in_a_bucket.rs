//! Tables behind an S3 API, in a store that loses calls and answers, lets calls come too late, and lets another
//! machine take over between any two calls.

use std::collections::HashMap;

use futures::{FutureExt as _, TryStreamExt as _};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path as Key;

use super::*;
use crate::commit::bucket::faulty::{Fault, Faulty, Shared};
use crate::commit::{Lies, Location};

/// A machine: the folder of its state, and its way to the bucket.
#[derive(Clone)]
struct Machine {
    root: PathBuf,
    location: Location,
}

impl Machine {
    fn new(root: PathBuf, bucket: &Arc<InMemory>) -> Self {
        let machine = Self { location: location(&root), root };
        machine.reaches(&Faulty::new(Arc::clone(bucket), 0, None));
        machine
    }

    /// Every machine has its own way, so that faults of one do not reach the other.
    fn reaches(&self, store: &Arc<Faulty>) {
        self.location.lies_in(Arc::new(Shared(Arc::clone(store))));
    }

    async fn open(&self, take_over: bool) -> Result<(Tables, RecoveryPlan)> {
        let tables = Lies::At(self.location.clone());
        let logs = LogLimits { checkpoint_every: 2, keep: 3 };
        let options = TablesOptions { logs, tables, take_over, ..TablesOptions::default() };
        let mut tables = Tables::open(&self.root, options).await?;
        let plan = tables.recover().await?;
        Ok((tables, plan))
    }

    /// Opens, recovers, and commits the epochs up to and with `epoch` that are not there yet.
    async fn run(&self, epoch: u64) -> Result<RecoveryPlan> {
        let (mut tables, plan) = self.open(false).await?;
        for next in tables.next_epoch()..=epoch {
            let next = tables.numbers().next().map(|number| (number, next))?.0;
            tables.commit(stage(&self.root, next, &local())?, &read(next)).await?;
        }
        Ok(plan)
    }

    async fn seen(&self) -> BTreeMap<String, i64> {
        rows_seen(&self.root).await
    }

    async fn compact(&self) -> Result<Compacted> {
        self.open(false).await?.0.compact(SMALL).await
    }
}

/// The endpoint is that of nobody: it tells the machines of the tests apart.
fn location(root: &Path) -> Location {
    Location {
        url: "s3://tables/of/tamis".into(),
        endpoint: format!("https://{}", root.display()),
        region: String::new(),
        allow_http: false,
    }
}

async fn keys(bucket: &InMemory) -> Vec<String> {
    let found: Vec<_> = bucket.list(None).try_collect().await.unwrap();
    found.into_iter().map(|meta| meta.location.to_string()).collect()
}

/// Rows a table and epoch of the data files as they lie there, without the log.
async fn rows_there(bucket: &InMemory) -> BTreeMap<String, i64> {
    let mut rows = BTreeMap::new();
    for key in keys(bucket).await.iter().filter(|key| key.ends_with(".parquet")) {
        let bytes = object_store::ObjectStoreExt::get(bucket, &Key::from(key.as_str())).await.unwrap().bytes().await.unwrap();
        let (table, name) = (key.split('/').nth(2).unwrap(), key.rsplit('/').next().unwrap());
        let (_, epoch) = owner_of_file(name).unwrap();
        let n = SerializedFileReader::new(bytes).unwrap().metadata().file_metadata().num_rows();
        *rows.entry(format!("{table}/{epoch}")).or_default() += n;
    }
    rows
}

/// A bucket and a folder in which so many epochs are.
async fn begun(home: &Path, epochs: u64) -> (Arc<InMemory>, Machine) {
    let bucket = Arc::new(InMemory::new());
    let machine = Machine::new(home.join(format!("begun-{epochs}")), &bucket);
    machine.run(epochs).await.unwrap();
    (bucket, machine)
}

/// The same once more, elsewhere.
fn again(bucket: &InMemory, machine: &Machine, root: PathBuf) -> (Arc<InMemory>, Machine) {
    let bucket = Arc::new(bucket.fork());
    copy(&machine.root, &root);
    let mark = root.join(".tamis/format.json");
    let (there, here) = (machine.root.display().to_string(), root.display().to_string());
    fs::write(&mark, fs::read_to_string(&mark).unwrap().replace(&there, &here)).unwrap();
    let machine = Machine::new(root, &bucket);
    (bucket, machine)
}

#[tokio::test]
async fn epochs_read_back_from_a_bucket() {
    let home = tempfile::tempdir().unwrap();
    let (bucket, machine) = begun(home.path(), 3).await;
    let on_disk = home.path().join("disk");
    run(&on_disk, 3, &local()).await.unwrap();
    let seen = rows_seen(&on_disk).await;
    assert_eq!((machine.seen().await, rows_there(&bucket).await), (seen.clone(), seen.clone()));
    assert_eq!(delta_figures(&machine.root).await, delta_figures(&on_disk).await);
    // The folder holds nothing but the state, and the state no rows.
    let here: Vec<_> = fs::read_dir(&machine.root).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(here, [".tamis"]);
    assert!(files_below(&machine.root.join(".tamis/staging")).is_empty());

    // It goes on; logs are cut, small files are joined, and all fits.
    machine.run(9).await.unwrap();
    run(&on_disk, 9, &local()).await.unwrap();
    let logs: Vec<_> = keys(&bucket).await.into_iter().filter(|k| k.contains("flagged/_delta_log/")).collect();
    let first = logs.iter().any(|k| k.ends_with("00000000000000000000.json"));
    assert!(!first && logs.iter().any(|k| k.contains(".checkpoint.")), "{logs:?}");
    let files = keys(&bucket).await.len();
    assert!(machine.compact().await.unwrap().into > 3);
    assert!(keys(&bucket).await.len() < files);
    let seen = rows_seen(&on_disk).await;
    assert_eq!((machine.seen().await, sums(&rows_there(&bucket).await)), (seen.clone(), sums(&seen)));
    machine.run(10).await.unwrap();
    let found = inspect(&machine.root).await.unwrap();
    assert_eq!((found.problems, found.notes, found.last_epoch), (vec![], vec![], 10));
    assert_eq!(inspect_epoch(&machine.root, 10).await.unwrap().unwrap().epoch, 10);
    assert_eq!(committed(&machine.root).await.unwrap().position("files", "day.edi"), 5_000);

    // What is not whole is told.
    let lost = keys(&bucket).await.into_iter().find(|k| k.ends_with(".parquet") && k.contains("/hits/")).unwrap();
    object_store::ObjectStoreExt::put(&*bucket, &Key::from(lost.as_str()), "no file".into()).await.unwrap();
    let found = inspect(&machine.root).await.unwrap();
    assert!(found.problems.iter().any(|p| p.contains(&lost)), "{:?}", found.problems);
}

/// Every call of a run is the last of its process, before or behind its effect. Then the next process goes on, and
/// every row is there once, in the logs and in the files. Where `TAMIS_EVERY_CALL` is not set, every fourth.
#[tokio::test]
async fn a_call_that_is_the_last_loses_nothing_and_repeats_nothing() {
    each_call(&[Fault::Before, Fault::After], 4, async |_, _| {}).await;
}

/// The same from the first call of all on, with neither a bucket nor a folder of ours.
#[tokio::test]
async fn a_beginning_that_is_cut_short_is_begun_again() {
    let home = tempfile::tempdir().unwrap();
    let expected = begun(home.path(), 1).await.1.seen().await;
    let mut runs = 0;
    for fault in [Fault::Before, Fault::After, Fault::Late] {
        for calls in (0..).step_by(if std::env::var_os("TAMIS_EVERY_CALL").is_some() { 1 } else { 3 }) {
            let bucket = Arc::new(InMemory::new());
            let machine = Machine::new(home.path().join(format!("{fault:?}-{calls}")), &bucket);
            let store = Faulty::new(Arc::clone(&bucket), calls, Some(fault));
            machine.reaches(&store);
            let outcome = machine.run(1).await;
            let Some(hit) = store.hit() else { break };
            machine.reaches(&Faulty::new(Arc::clone(&bucket), 0, None));
            // Tables that others begin to make meanwhile are found by the next start.
            store.late().await;
            if machine.run(1).await.is_err() {
                machine.run(1).await.unwrap();
            }
            assert_eq!(machine.seen().await, expected, "after {fault:?} of {hit}, {outcome:?}");
            assert_eq!(rows_there(&bucket).await, expected, "after {fault:?} of {hit}");
            runs += 1;
        }
    }
    assert!(runs > 20, "{runs}");
}

/// Every call while small files are joined: no reader of the logs sees another row, and the next start leaves every
/// row once in the files as well.
#[tokio::test]
async fn joining_that_is_cut_short_changes_no_row() {
    let home = tempfile::tempdir().unwrap();
    let (begun_with, first) = begun(home.path(), 3).await;
    let seen = first.seen().await;
    let mut runs = 0;
    for fault in [Fault::Before, Fault::After, Fault::AnswerLost] {
        let step = if std::env::var_os("TAMIS_EVERY_CALL").is_some() { 1 } else { 7 };
        for calls in (0..).step_by(step) {
            let (bucket, machine) = again(&begun_with, &first, home.path().join(format!("{fault:?}-{calls}")));
            let store = Faulty::new(Arc::clone(&bucket), calls, Some(fault));
            machine.reaches(&store);
            let outcome = machine.compact().await;
            let Some(hit) = store.hit() else { break };
            machine.reaches(&Faulty::new(Arc::clone(&bucket), 0, None));
            assert_eq!(machine.seen().await, seen, "after {fault:?} of {hit}, {outcome:?}");
            drop(machine.open(false).await.unwrap());
            assert_eq!(sums(&rows_there(&bucket).await), sums(&seen), "after {fault:?} of {hit}");
            runs += 1;
        }
    }
    assert!(runs > 10, "{runs}");
}

/// A call of a process that is gone takes effect when the next one has repaired and goes on: it finds its version
/// taken, or leaves a file that nobody names.
#[tokio::test]
async fn a_call_that_comes_too_late_changes_nothing() {
    each_call(&[Fault::Late], 3, async |store, machine| {
        // Between the repair and the first epoch.
        let (mut tables, _) = machine.open(false).await.unwrap();
        if store.late().await {
            let next = tables.numbers().next().unwrap();
            if next <= 3 {
                tables.commit(stage(&machine.root, next, &local()).unwrap(), &read(next)).await.unwrap();
            }
        }
    })
    .await;
}

/// A lost answer is no reason to stop: who asks again learns what became of the commit. A run that ends all the
/// same is recovered from as from any end.
#[tokio::test]
async fn an_answer_that_is_lost_changes_nothing() {
    each_call(&[Fault::AnswerLost], 3, async |_, _| {}).await;
}

async fn each_call(faults: &[Fault], step: usize, behind: impl AsyncFn(&Arc<Faulty>, &Machine)) {
    let home = tempfile::tempdir().unwrap();
    let (begun_with, first) = begun(home.path(), 1).await;
    let (_, straight) = begun(home.path(), 3).await;
    let states = [first.seen().await, begun(home.path(), 2).await.1.seen().await, straight.seen().await];
    let step = if std::env::var_os("TAMIS_EVERY_CALL").is_some() { 1 } else { step };
    let (mut runs, mut ended, mut rolled_back) = (HashMap::<&str, usize>::new(), 0, 0);
    for fault in faults {
        for calls in (0..).step_by(step) {
            let root = home.path().join(format!("{fault:?}-{calls}"));
            let (bucket, machine) = again(&begun_with, &first, root);
            let store = Faulty::new(Arc::clone(&bucket), calls, Some(*fault));
            machine.reaches(&store);
            let outcome = machine.run(3).await;
            let Some(hit) = store.hit() else { break };
            machine.reaches(&Faulty::new(Arc::clone(&bucket), 0, None));
            let seen = machine.seen().await;
            assert!(states.contains(&seen), "part of an epoch is seen after {fault:?} of {hit}: {seen:?}");
            behind(&store, &machine).await;
            let plan = machine.run(3).await.unwrap();
            assert_eq!(machine.seen().await, states[2], "after {fault:?} of {hit}");
            let there = rows_there(&bucket).await;
            // What came late lies there until the next repair.
            if *fault != Fault::Late {
                assert_eq!(there, states[2], "a glob sees something else after {fault:?} of {hit}");
            }
            ended += usize::from(outcome.is_err());
            rolled_back += usize::from(!plan.rolled_back.is_empty());
            *runs.entry(if hit.starts_with("put") { "put" } else { "other" }).or_default() += 1;
            fs::remove_dir_all(&machine.root).unwrap();
        }
    }
    let all = runs.values().sum::<usize>();
    println!("{all} runs with {faults:?}: {runs:?}, {ended} ended early, {rolled_back} were rolled back");
    assert!(all * step > 30 && runs["put"] * step > 30, "{runs:?}");
    assert!(faults.contains(&Fault::AnswerLost) || ended > all / 2, "{ended} of {all}");
    assert!(rolled_back > 0 || !faults.contains(&Fault::Before));
}

#[tokio::test]
async fn another_machine_is_kept_out_until_it_takes_over() {
    let home = tempfile::tempdir().unwrap();
    let (bucket, a) = begun(home.path(), 2).await;
    let b = Machine::new(home.path().join("b"), &bucket);
    let (mut old, _) = a.open(false).await.unwrap();
    let refused = b.open(false).await.unwrap_err();
    assert!(matches!(refused, OutputError::Owned { .. }) && refused.exit_code() == 4, "{refused}");
    assert!(refused.to_string().contains("--take-over"), "{refused}");

    let (mut new, plan) = b.open(true).await.unwrap();
    assert_eq!((plan.resume_after, new.last_checkpoint().position("files", "day.edi")), (Some(2), 1_000));
    // Whoever was replaced can commit nothing, not even before the new owner has committed anything.
    let fenced = old.commit(stage(&a.root, 3, &local()).unwrap(), &read(3)).await.unwrap_err();
    assert!(matches!(fenced, OutputError::TakenOver { .. }) && fenced.exit_code() == 4, "{fenced}");
    assert!(matches!(old.recover().await.unwrap_err(), OutputError::TakenOver { .. }));
    drop(old);
    assert!(matches!(a.open(false).await.unwrap_err(), OutputError::Owned { .. }));
    // Its attempt to repair has put entries into the logs: the new owner stops once, and goes on.
    if new.commit(stage(&b.root, 3, &local()).unwrap(), &read(3)).await.is_err() {
        new.recover().await.unwrap();
        new.commit(stage(&b.root, 3, &local()).unwrap(), &read(3)).await.unwrap();
    }
    drop(new);
    b.run(4).await.unwrap();
    assert_eq!(b.seen().await, begun(home.path(), 4).await.1.seen().await);
    // And back.
    drop(a.open(true).await.unwrap());
    assert!(matches!(b.open(false).await.unwrap_err(), OutputError::Owned { .. }));
    let seen = a.seen().await;
    a.run(5).await.unwrap();
    assert_eq!((seen.len() + 4, rows_there(&bucket).await), (a.seen().await.len(), a.seen().await));
}

/// Does something as another process would: on its own threads.
fn elsewhere(work: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static) -> BoxFuture<'static, ()> {
    let (done, waiting) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work());
        done.send(()).unwrap();
    });
    waiting.map(|done| done.unwrap()).boxed()
}

/// A reader is stopped at any of its calls, and an epoch is committed meanwhile: it sees all of it in every table,
/// or nothing (C3).
#[tokio::test]
async fn a_reader_sees_whole_epochs_while_one_is_committed() {
    let home = tempfile::tempdir().unwrap();
    let (begun_with, first) = begun(home.path(), 1).await;
    let states = [first.seen().await, begun(home.path(), 2).await.1.seen().await];
    let step = if std::env::var_os("TAMIS_EVERY_CALL").is_some() { 1 } else { 2 };
    let mut seen_of = [0, 0];
    for calls in (0..).step_by(step) {
        let (bucket, machine) = again(&begun_with, &first, home.path().join(format!("reader-{calls}")));
        let (mut tables, _) = machine.open(false).await.unwrap();
        let (store, root) = (Faulty::new(bucket, calls, Some(Fault::Paused)), machine.root.clone());
        store.meanwhile(move || {
            elsewhere(move || {
                async move {
                    tables.commit(stage(&root, 2, &local()).unwrap(), &read(2)).await.unwrap();
                }
                .boxed()
            })
        });
        machine.reaches(&store);
        let seen = machine.seen().await;
        let Some(hit) = store.hit() else { break };
        let state = states.iter().position(|state| *state == seen);
        seen_of[state.unwrap_or_else(|| panic!("part of an epoch is seen, stopped at {hit}: {seen:?}"))] += 1;
    }
    assert!(seen_of[0] > 0 && seen_of[1] > 0, "{seen_of:?}");
}

/// One machine stops for a while at any of its calls, and another one takes over and commits meanwhile. Then the
/// first goes on where it stood, not knowing. Where `TAMIS_EVERY_CALL` is not set, at every fifth.
#[tokio::test]
async fn whoever_was_replaced_harms_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (begun_with, first) = begun(home.path(), 1).await;
    let (_, straight) = begun(home.path(), 4).await;
    let expected = straight.seen().await;
    let step = if std::env::var_os("TAMIS_EVERY_CALL").is_some() { 1 } else { 5 };
    let (mut runs, mut fenced) = (0, 0);
    for calls in (0..).step_by(step) {
        let (bucket, a) = again(&begun_with, &first, home.path().join(format!("a-{calls}")));
        let b = Machine::new(home.path().join(format!("b-{calls}")), &bucket);
        let store = Faulty::new(Arc::clone(&bucket), calls, Some(Fault::Paused));
        let new = b.clone();
        store.meanwhile(move || {
            elsewhere(move || {
                async move {
                    drop(new.open(true).await.unwrap());
                    new.run(2).await.unwrap();
                }
                .boxed()
            })
        });
        a.reaches(&store);
        let outcome = a.run(3).await;
        let Some(hit) = store.hit() else { break };
        if let Err(error) = &outcome {
            assert_eq!(error.exit_code(), 4, "{error} after {hit}");
            fenced += usize::from(matches!(error, OutputError::TakenOver { .. } | OutputError::Owned { .. }));
        }
        b.run(4).await.unwrap();
        assert_eq!(b.seen().await, expected, "the first stopped at {hit}");
        // Only a recovery removes what the first one had under way.
        b.run(4).await.unwrap();
        assert_eq!(rows_there(&bucket).await, expected, "the first stopped at {hit}");
        let found = inspect(&b.root).await.unwrap();
        assert_eq!((found.problems, found.last_epoch), (vec![], 4), "the first stopped at {hit}");
        runs += 1;
    }
    println!("{runs} take-overs, {fenced} were told so");
    assert!(runs * step > 100 && fenced * 2 > runs, "{runs} {fenced}");
}

/// Two processes of one machine: they commit in turn, and one goes on over what the other left when it died.
#[tokio::test]
async fn instances_share_a_bucket() {
    let home = tempfile::tempdir().unwrap();
    let (begun_with, first) = begun(home.path(), 0).await;
    let step = if std::env::var_os("TAMIS_EVERY_CALL").is_some() { 1 } else { 9 };
    for fault in [Fault::Before, Fault::Late] {
        for calls in (0..).step_by(step) {
            let (bucket, machine) = again(&begun_with, &first, home.path().join(format!("{fault:?}-{calls}")));
            let open = async |name: &str| {
                let options = TablesOptions { app_id: crate::commit::app_id(name), ..TablesOptions::default() };
                let mut tables = Tables::open(&machine.root, options).await?;
                tables.recover().await.map(|_| tables)
            };
            let commit = async |tables: &mut Tables, source: &str| {
                let sink = SinkOptions { app_id: tables.app_id().to_owned(), ..local() };
                let epoch = tables.numbers().next()?;
                let at = tables.last_checkpoint().position(source, "0");
                let mut read = CheckpointDelta::default();
                read.extend(source, "0", Span { from: at, to: at + 1 })?;
                tables.commit(stage(&machine.root, epoch, &sink)?, &read).await
            };
            let mut a = open("a").await.unwrap();
            commit(&mut a, "of a").await.unwrap();
            // The other one has a way of its own.
            let store = Faulty::new(Arc::clone(&bucket), calls, Some(fault));
            machine.reaches(&store);
            let died = match open("b").await {
                Ok(mut b) => commit(&mut b, "of b").await.is_err(),
                Err(_) => true,
            };
            commit(&mut a, "of a").await.unwrap();
            store.late().await;
            commit(&mut a, "of a").await.unwrap();
            machine.reaches(&Faulty::new(Arc::clone(&bucket), 0, None));
            let counts = a.last_checkpoint().position("of b", "0");
            let seen = machine.seen().await;
            assert_eq!(seen.len() as u64, 4 * (3 + counts), "{fault:?} of {:?}", store.hit());
            drop(a);
            drop(open("a").await.unwrap());
            assert_eq!(rows_there(&bucket).await, seen, "{fault:?} of {:?}", store.hit());
            assert_eq!(inspect(&machine.root).await.unwrap().problems, Vec::<String>::new());
            if !died {
                break;
            }
        }
    }
}

/// Tables that were on a disk are copied into a bucket, and go on there.
#[tokio::test]
async fn tables_move_from_a_disk_into_a_bucket() {
    let home = tempfile::tempdir().unwrap();
    let (disk, bucket) = (home.path().join("disk"), Arc::new(InMemory::new()));
    run(&disk, 2, &local()).await.unwrap();
    for file in table_files(&disk) {
        let key = Key::from(format!("of/tamis/{}", file.display()));
        let bytes = fs::read(disk.join(&file)).unwrap();
        object_store::ObjectStoreExt::put(&*bucket, &key, bytes.into()).await.unwrap();
    }
    let machine = Machine::new(home.path().join("state"), &bucket);
    let error = machine.run(3).await.unwrap_err();
    assert!(matches!(error, OutputError::Occupied { .. }), "{error}");
    let (tables, plan) = machine.open(true).await.unwrap();
    assert_eq!((plan.resume_after, plan.orphans), (Some(2), 0));
    drop(tables);
    machine.run(3).await.unwrap();
    run(&disk, 3, &local()).await.unwrap();
    let seen = rows_seen(&disk).await;
    assert_eq!((machine.seen().await, rows_there(&bucket).await), (seen.clone(), seen));
}

#[tokio::test]
async fn places_that_do_not_fit_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let (_, machine) = begun(home.path(), 1).await;
    // The folder remembers where its tables are.
    let sink = local();
    assert_eq!(run(&machine.root, 2, &sink).await.unwrap().resume_after, Some(1));
    assert_eq!(machine.seen().await["records/2"], 200);
    let open = |root: PathBuf, tables| async move {
        Tables::open(&root, TablesOptions { tables, ..TablesOptions::default() }).await.map(drop)
    };
    let error = open(machine.root.clone(), Lies::InTheFolder).await.unwrap_err();
    assert!(matches!(error, OutputError::Elsewhere { .. }) && error.exit_code() == 2, "{error}");
    let other = Location { url: "s3://tables/of/others".into(), ..machine.location.clone() };
    let error = open(machine.root.clone(), Lies::At(other)).await.unwrap_err();
    assert!(error.to_string().contains("s3://tables/of/tamis"), "{error}");
    let on_disk = home.path().join("disk");
    run(&on_disk, 1, &sink).await.unwrap();
    let error = open(on_disk, Lies::At(machine.location.clone())).await.unwrap_err();
    assert!(matches!(error, OutputError::Elsewhere { .. }), "{error}");
    // Something else lies there.
    let photos = Arc::new(InMemory::new());
    object_store::ObjectStoreExt::put(&*photos, &Key::from("of/tamis/cat.jpg"), "cat".into()).await.unwrap();
    let new = Machine::new(home.path().join("new"), &photos);
    let error = open(new.root.clone(), Lies::At(new.location.clone())).await.unwrap_err();
    assert!(matches!(error, OutputError::Occupied { .. }) && error.to_string().contains("cat.jpg"), "{error}");
    assert_eq!(keys(&photos).await, ["of/tamis/cat.jpg"]);
    // The server takes no notice of conditions: two writers could not be kept apart.
    let bucket = Arc::new(InMemory::new());
    let machine = Machine::new(home.path().join("deaf"), &bucket);
    machine.reaches(&Faulty::new(Arc::clone(&bucket), 0, Some(Fault::Deaf)));
    let error = machine.run(1).await.unwrap_err();
    assert!(matches!(error, OutputError::Unconditional { .. }) && error.exit_code() == 2, "{error}");
    assert_eq!(keys(&bucket).await, ["of/tamis/.tamis/probe"]);
}
