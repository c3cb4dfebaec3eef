//! Several instances on the same tables: in turn, in each other's way, and dying in the middle.

use super::*;
use crate::commit::app_id;

fn sink(instance: &str, fs: Arc<dyn Fs>) -> SinkOptions {
    SinkOptions { app_id: app_id(instance), ..options(fs) }
}

fn on_disk() -> Arc<dyn Fs> {
    local().fs
}

async fn open(root: &Path, sink: &SinkOptions) -> Result<Tables> {
    let mut tables = Tables::open(root, TablesOptions::for_sink(sink)).await?;
    tables.recover().await?;
    Ok(tables)
}

/// Reads the n-th piece of a partition.
fn piece(partition: &str, n: u64) -> CheckpointDelta {
    let mut delta = CheckpointDelta::default();
    delta.extend("queue", partition, Span { from: n * 10, to: (n + 1) * 10 }).unwrap();
    delta
}

/// Writes and commits one epoch about a piece, and gives its number.
async fn commit(root: &Path, tables: &mut Tables, sink: &SinkOptions, read: &CheckpointDelta) -> Result<u64> {
    let epoch = tables.numbers().next()?;
    let staged = stage(root, epoch, sink)?;
    tables.commit(staged, read).await.map(|_| epoch)
}

#[tokio::test]
async fn instances_commit_in_turn_to_one_checkpoint() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let (as_a, as_b) = (sink("a", on_disk()), sink("b", on_disk()));
    let (mut a, mut b) = (open(root, &as_a).await.unwrap(), open(root, &as_b).await.unwrap());
    let busy = Tables::open(root, TablesOptions::for_sink(&as_a)).await.unwrap_err();
    assert!(matches!(busy, OutputError::Busy { .. }), "{busy}");

    let mut numbers = Vec::new();
    for n in 0..3 {
        numbers.push(commit(root, &mut a, &as_a, &piece("0", n)).await.unwrap());
        numbers.push(commit(root, &mut b, &as_b, &piece("1", n)).await.unwrap());
    }
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    // Opened in one order, committed in the other.
    let (early, late) = (a.numbers().next().unwrap(), b.numbers().next().unwrap());
    b.commit(stage(root, late, &as_b).unwrap(), &piece("1", 3)).await.unwrap();
    a.commit(stage(root, early, &as_a).unwrap(), &piece("0", 3)).await.unwrap();
    assert_eq!(a.last_checkpoint().of_source("queue"), BTreeMap::from([("0".to_owned(), 40), ("1".to_owned(), 40)]));

    let seen = rows_seen(root).await;
    assert_eq!((seen["records/1"], seen["records/8"], seen.len()), (200, 200, 32));
    assert_eq!(delta_figures(root).await, glob_figures(root).await);
    let found = inspect(root).await.unwrap();
    assert_eq!((found.problems, found.notes, found.epochs, found.last_epoch), (vec![], vec![], 8, 8));
    drop((a, b));
    // A lone process goes on behind all of them.
    let mut sole = open(root, &local()).await.unwrap();
    assert_eq!(commit(root, &mut sole, &local(), &piece("0", 4)).await.unwrap(), 9);
}

#[tokio::test]
async fn input_that_another_instance_committed_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let (as_a, as_b) = (sink("a", on_disk()), sink("b", on_disk()));
    let (mut a, mut b) = (open(root, &as_a).await.unwrap(), open(root, &as_b).await.unwrap());
    commit(root, &mut a, &as_a, &piece("0", 0)).await.unwrap();
    let seen = rows_seen(root).await;
    let fenced = commit(root, &mut b, &as_b, &piece("0", 0)).await.unwrap_err();
    assert!(matches!(fenced, OutputError::Fenced { epoch: 2, .. }) && fenced.exit_code() == 4, "{fenced}");
    assert_eq!(rows_seen(root).await, seen);
    // Neither is harmed by it.
    commit(root, &mut a, &as_a, &piece("0", 1)).await.unwrap();
    b.recover().await.unwrap();
    commit(root, &mut b, &as_b, &piece("0", 2)).await.unwrap();
    assert_eq!(rows_seen(root).await.len(), 12);
}

/// One of two dies after a call of its commit; the other goes on at once, without a start. Every call is
/// tried where `TAMIS_EVERY_CALL` is set, else every seventh: that takes seconds, not minutes.
#[tokio::test]
async fn what_a_dead_instance_left_is_taken_back_by_the_next_commit() {
    let home = tempfile::tempdir().unwrap();
    let begun = home.path().join("begun");
    let (as_a, as_b) = (sink("a", on_disk()), sink("b", on_disk()));
    {
        let (mut a, mut b) = (open(&begun, &as_a).await.unwrap(), open(&begun, &as_b).await.unwrap());
        commit(&begun, &mut a, &as_a, &piece("0", 0)).await.unwrap();
        commit(&begun, &mut b, &as_b, &piece("1", 0)).await.unwrap();
    }
    let (mut crashes, mut lost, mut counted) = (0, 0, 0);
    let step = if std::env::var_os("TAMIS_EVERY_CALL").is_some() { 1 } else { 7 };
    for calls in (0..).step_by(step) {
        let root = home.path().join(format!("crash-{calls}"));
        copy(&begun, &root);
        let mut a = open(&root, &as_a).await.unwrap();
        let dying = sink("b", FaultFs::crash_after(calls));
        let died = match open(&root, &dying).await {
            Ok(mut b) => commit(&root, &mut b, &dying, &piece("1", 1)).await.is_err(),
            Err(_) => true,
        };
        commit(&root, &mut a, &as_a, &piece("0", 1)).await.unwrap();
        let at = a.last_checkpoint().of_source("queue");
        let epochs = if at["1"] == 20 { 4 } else { 3 };
        let seen = rows_seen(&root).await;
        assert_eq!((at["0"], seen.len()), (20, 4 * epochs), "after a crash at call {calls}");
        assert_eq!(rows_lying(&root), seen, "a glob sees more after a crash at call {calls}");
        (lost, counted) = (lost + usize::from(at["1"] == 10), counted + usize::from(at["1"] == 20));
        // The dead one starts again and goes on.
        let mut b = open(&root, &as_b).await.unwrap();
        let n = at["1"] / 10;
        commit(&root, &mut b, &as_b, &piece("1", n)).await.unwrap();
        let seen = rows_seen(&root).await;
        assert_eq!(seen.len(), 4 * (epochs + 1));
        drop((a, b));
        assert_at_rest(&root, &seen).await;
        fs::remove_dir_all(&root).unwrap();
        if !died {
            break;
        }
        crashes += 1;
    }
    assert!(crashes * step > 30 && lost * step > 20 && counted > 0, "{crashes} crashes, {lost} {counted}");
}
