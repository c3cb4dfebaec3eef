//! Several processes side by side on the same tables.
//!
//! Each has a name, an *instance*, that no other has while it lives. Its files and its marks in the
//! logs bear the name, its epochs have numbers that no other gives. Commits are made one at a time,
//! whoever makes them: so a table that is ahead of `flagged` is always one that a crash cut short, and
//! whoever comes next takes it back. The checkpoint is one for all: an epoch whose input another
//! instance has committed meanwhile does not follow it (invariant C2) and is refused, whatever the
//! processes believe about who reads what.
//!
//! The locks are those of the file system (`flock`): they fall with their process.

use std::collections::VecDeque;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::sink::{OutputError, Result, STATE_DIR};

/// Name in the logs where a process is the only one.
pub(super) const SOLE: &str = "tamis";
const ENDING: &str = ".lock";
/// Others look whether an instance lives by holding its lock for a moment.
const PATIENCE: (u32, Duration) = (50, Duration::from_millis(10));

/// Name in the logs of an instance; the empty name is that of the only one.
pub fn app_id(instance: &str) -> String {
    if instance.is_empty() { SOLE.to_owned() } else { format!("{SOLE}-{instance}") }
}

/// Whether a name in a log is that of an instance.
pub(super) fn is_ours(app_id: &str) -> bool {
    app_id.strip_prefix(SOLE).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Names in the logs of all instances that have ever written to an output, sorted.
pub(super) fn app_ids(root: &Path) -> Result<Vec<String>> {
    let dir = folder(root);
    let mut all = vec![SOLE.to_owned()];
    match fs::read_dir(&dir) {
        Ok(entries) => {
            for entry in entries {
                let name = entry.map_err(OutputError::io("read folder", &dir))?.file_name();
                all.extend(name.to_str().and_then(|n| n.strip_suffix(ENDING)).filter(|n| is_ours(n)).map(str::to_owned));
            }
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(OutputError::io("read folder", &dir)(e)),
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// The right to be an instance, as long as it lives.
#[derive(Debug)]
pub(super) struct Instance {
    _lock: File,
}

impl Instance {
    /// Refuses where a process of this name lives.
    pub(super) fn enter(root: &Path, app_id: &str) -> Result<Self> {
        let dir = folder(root);
        fs::create_dir_all(&dir).map_err(OutputError::io("create folder", &dir))?;
        let path = dir.join(format!("{app_id}{ENDING}"));
        let lock = open(&path)?;
        for _ in 0..PATIENCE.0 {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { _lock: lock }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PATIENCE.1),
                Err(TryLockError::Error(e)) => return Err(OutputError::io("lock", &path)(e)),
            }
        }
        Err(OutputError::Busy { path: root.to_owned() })
    }
}

/// Whether no other instance lives.
fn is_alone(root: &Path, app_id: &str) -> Result<bool> {
    for other in app_ids(root)?.iter().filter(|other| *other != app_id) {
        let path = folder(root).join(format!("{other}{ENDING}"));
        let Ok(file) = File::open(&path) else { continue };
        match file.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(e)) => return Err(OutputError::io("lock", &path)(e)),
        }
    }
    Ok(true)
}

/// Where processes wait for each other before they change the tables.
#[derive(Debug)]
pub(super) struct Turns {
    file: Arc<File>,
    path: PathBuf,
    app_id: String,
    /// What the last turn of this process left in the file; another one leaves something else.
    mine: String,
    count: u64,
}

/// The right to change the tables, as long as it lives.
#[derive(Debug)]
pub(super) struct Turn {
    file: Arc<File>,
    /// Whether other processes had turns since the last one of this process.
    pub(super) others: bool,
    /// Whether the last turn, whoever had it, did not come to its end: it may have left files behind.
    pub(super) broken_off: bool,
}

/// First byte of the file while a turn goes on, and behind a turn that came to its end.
const GOES_ON: &str = "-";
const CAME_TO_ITS_END: &str = "+";

impl Turns {
    pub(super) fn open(root: &Path, app_id: &str) -> Result<Self> {
        let path = root.join(STATE_DIR).join("lock");
        let file = Arc::new(open(&path)?);
        Ok(Self { file, path, app_id: app_id.to_owned(), mine: String::new(), count: 0 })
    }

    /// Waits until no other process changes the tables. Blocks the thread.
    pub(super) fn take(&mut self) -> Result<Turn> {
        self.file.lock().map_err(OutputError::io("lock", &self.path))?;
        let mut turn = Turn { file: Arc::clone(&self.file), others: true, broken_off: false };
        let mut file = &*self.file;
        self.count += 1;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let mine = format!("{} {} {since} {:010}\n", self.app_id, std::process::id(), self.count);
        let mut last = String::new();
        // Before anything is changed: should this process die, the next one knows that it was here.
        let marked = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut last)).and_then(|_| {
            file.seek(SeekFrom::Start(0))?;
            file.write_all(format!("{GOES_ON}{mine}").as_bytes())?;
            file.set_len(1 + mine.len() as u64)
        });
        marked.map_err(OutputError::io("write", &self.path))?;
        turn.broken_off = last.starts_with(GOES_ON);
        turn.others = last.get(1..).unwrap_or_default() != self.mine;
        self.mine = mine;
        Ok(turn)
    }
}

impl Turn {
    /// Gives the turn back: the tables are as they should be. Dropped without it, as by an error or a crash,
    /// it tells the next one to look for what was left.
    pub(super) fn done(self) {
        let mut file = &*self.file;
        // Should this fail, the next one looks in vain.
        let _marked = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(CAME_TO_ITS_END.as_bytes()));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // It falls at the latest with the process.
        let _free = self.file.unlock();
    }
}

/// Gives epochs their numbers: no two epochs of an output have the same, whichever instance made them.
#[derive(Debug, Clone)]
pub struct EpochNumbers {
    path: Arc<Path>,
    /// Numbers of the epochs of this process that are not committed yet, in their order.
    open: Arc<Mutex<VecDeque<u64>>>,
    /// No number that this process gives is at or below it.
    floor: Arc<AtomicU64>,
}

impl EpochNumbers {
    /// Those of an output; to be begun before the first is given.
    pub(super) fn new(root: &Path) -> Self {
        let path = root.join(STATE_DIR).join("epochs").into();
        Self { path, open: Arc::default(), floor: Arc::new(AtomicU64::new(0)) }
    }

    /// Begins behind `last`, the highest number in the tables. The numbers of a lone process have no gap:
    /// what a crash left open is given again.
    pub(super) fn begin(&self, root: &Path, app_id: &str, last: u64) -> Result<()> {
        let alone = is_alone(root, app_id)?;
        self.change(|given| if alone { last } else { given.max(last) }).map(drop)
    }

    /// The number of an epoch that is opened now.
    ///
    /// # Errors
    /// Where the file that remembers the numbers cannot be written.
    pub fn next(&self) -> Result<u64> {
        let number = self.change(|given| given + 1)?;
        self.open().push_back(number);
        Ok(number)
    }

    /// The epoch of this process that is to be committed next, if it is known.
    pub(super) fn front(&self) -> Option<u64> {
        self.open().front().copied()
    }

    /// An epoch is committed.
    pub(super) fn committed(&self, epoch: u64) {
        self.open().retain(|open| *open != epoch);
    }

    /// All open epochs are given up.
    pub(super) fn forget(&self) {
        self.open().clear();
    }

    fn open(&self) -> std::sync::MutexGuard<'_, VecDeque<u64>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, next: impl FnOnce(u64) -> u64) -> Result<u64> {
        let mut file = open(&self.path)?;
        let changed = (|| {
            file.lock()?;
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            // What cannot be read was lost with the power, and then all processes: each has begun anew.
            let given = text.trim().parse().unwrap_or(0);
            let number = next(u64::max(given, self.floor.load(Ordering::Relaxed)));
            self.floor.store(number, Ordering::Relaxed);
            // One write of always the same length: a process that is killed has written all of it or nothing.
            file.seek(SeekFrom::Start(0))?;
            file.write_all(format!("{number:020}").as_bytes())?;
            Ok(number)
        })();
        changed.map_err(OutputError::io("write", &self.path))
    }
}

fn folder(root: &Path) -> PathBuf {
    root.join(STATE_DIR).join("instances")
}

fn open(path: &Path) -> Result<File> {
    File::options().create(true).truncate(false).read(true).write(true).open(path).map_err(OutputError::io("open", path))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn output() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(STATE_DIR)).unwrap();
        root
    }

    #[test]
    fn a_name_is_held_by_one() {
        let root = output();
        let (root, b) = (root.path(), app_id("b"));
        let held = Instance::enter(root, SOLE).unwrap();
        assert!(matches!(Instance::enter(root, SOLE), Err(OutputError::Busy { .. })));
        assert!(is_alone(root, SOLE).unwrap() && !is_alone(root, &b).unwrap());
        let other = Instance::enter(root, &b).unwrap();
        assert_eq!(app_ids(root).unwrap(), [SOLE, "tamis-b"]);
        drop((held, other));
        assert!(is_alone(root, &b).unwrap() && Instance::enter(root, SOLE).is_ok());
        assert!(is_ours("tamis") && is_ours("tamis-b") && !is_ours("tamisb") && !is_ours("spark"));
    }

    #[test]
    fn turns_tell_of_others() {
        let root = output();
        let (mut a, mut b) = (Turns::open(root.path(), "a").unwrap(), Turns::open(root.path(), "b").unwrap());
        assert!(!a.take().unwrap().others && !a.take().unwrap().others);
        let turn = b.take().unwrap();
        assert!(turn.others && turn.broken_off && a.file.try_lock().is_err());
        turn.done();
        let turn = a.take().unwrap();
        assert!(turn.others && !turn.broken_off);
        drop(turn);
        let turn = b.take().unwrap();
        assert!(turn.others && turn.broken_off, "what a left is looked for");
        turn.done();
        assert!(!b.take().unwrap().others);
    }

    #[test]
    fn no_number_is_given_twice() {
        let root = output();
        let root = root.path();
        let (_a, _b) = (Instance::enter(root, "tamis-a").unwrap(), Instance::enter(root, "tamis-b").unwrap());
        let begin = |app_id| {
            let numbers = EpochNumbers::new(root);
            numbers.begin(root, app_id, 7).unwrap();
            numbers
        };
        let a = begin("tamis-a");
        assert_eq!((a.next().unwrap(), a.next().unwrap()), (8, 9));
        let b = begin("tamis-b");
        assert_eq!((b.next().unwrap(), a.next().unwrap(), a.front()), (10, 11, Some(8)));
        a.committed(8);
        assert_eq!((a.front(), b.front()), (Some(9), Some(10)));
    }

    #[test]
    fn a_lone_process_gives_numbers_again_that_a_crash_left_open() {
        let root = output();
        let _held = Instance::enter(root.path(), SOLE).unwrap();
        let numbers = EpochNumbers::new(root.path());
        numbers.begin(root.path(), SOLE, 3).unwrap();
        numbers.next().unwrap();
        fs::write(root.path().join(STATE_DIR).join("epochs"), "torn").unwrap();
        let numbers = EpochNumbers::new(root.path());
        numbers.begin(root.path(), SOLE, 3).unwrap();
        assert_eq!(numbers.next().unwrap(), 4);
        // Nor does a file that is torn under a running process bring a number back.
        fs::write(root.path().join(STATE_DIR).join("epochs"), "").unwrap();
        assert_eq!(numbers.next().unwrap(), 5);
    }
}
