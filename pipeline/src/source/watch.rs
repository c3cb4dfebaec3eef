//! A folder that is watched: files are read when they are complete, in the order of their names,
//! and moved away, deleted or left alone once they are committed.
//!
//! The folder is listed every so often. That works on any file system, network ones too, where
//! notices of changes do not arrive. When is a file complete?
//! * senders that write elsewhere and rename into the folder: at once, but nobody can know that;
//! * so a file counts as complete when neither its size nor its time of writing has changed for the
//!   time to `settle`, or, where a `marker` is set, when the file `NAME + marker` lies beside it;
//! * names that begin with a dot or end like those of unfinished transfers are left alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::acks::{Acks, Leftovers};
use super::files::{InputFile, Inputs};
use super::outlet::Outlet;
use super::read::{self, Framing, ReadLimits};
use super::unpack::Kind;
use crate::decode::Neutral;
use crate::error::{Error, Result};
use crate::sink::{Fs, create_durable};

/// Endings of files that a transfer has not finished.
const UNFINISHED: [&str; 6] = [".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp"];
/// Files that are handed on before the folder is looked at again; looking costs a call a file.
const AT_ONCE: usize = 1_024;

/// What becomes of a file that is committed to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// It stays where it is, and the checkpoint knows it for ever: for folders of some thousand files.
    Keep,
    /// It is moved into this folder, under its own name and subfolder.
    Move(PathBuf),
    /// It is deleted.
    Delete,
}

/// A watched folder.
#[derive(Debug, Clone)]
pub struct Watch {
    /// Name of the source in every row and in the checkpoint.
    pub name: String,
    /// The folder; its subfolders are watched as well.
    pub folder: PathBuf,
    /// How often it is listed.
    pub poll: Duration,
    /// How long a file must stay as it is before it counts as complete.
    pub settle: Duration,
    /// Ending of the file that says that another one is complete; then nobody waits for it to settle.
    pub marker: Option<String>,
    /// What becomes of a file that is committed.
    pub after: After,
    /// File system in which it is put away.
    pub disk: Arc<dyn Fs>,
}

/// What was last seen of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Seen {
    bytes: u64,
    written: SystemTime,
    since: Instant,
}

/// A file that was handed on and is not put away yet.
#[derive(Debug)]
struct Handed {
    file: InputFile,
    path: PathBuf,
}

#[derive(Debug)]
struct Watcher {
    watch: Watch,
    neutral: Arc<Neutral>,
    seen: HashMap<PathBuf, Seen>,
    /// By the name in the checkpoint.
    handed: BTreeMap<String, Handed>,
    /// Committed positions of this source, by the name in the checkpoint.
    positions: BTreeMap<String, u64>,
    /// Files that could not be opened, so that each is told once.
    refused: HashMap<PathBuf, String>,
}

impl Watch {
    /// Reads until the end is asked for. `committed` is what earlier runs have committed of this source.
    /// Files that are committed later than that are put away by what is left with `acks`.
    ///
    /// # Errors
    /// [`Error::Source`] where a file fails in its middle: what was read of it before stays valid, and
    /// the next start goes on behind it. A file that cannot be opened is told in the log and tried again.
    /// [`Error::Write`] where the disk does not say that files which were put away are safely gone.
    pub fn run(
        self,
        committed: BTreeMap<String, u64>,
        acks: &Acks,
        neutral: &Arc<Neutral>,
        limits: ReadLimits,
        framing: Framing,
        out: &Outlet,
    ) -> Result<()> {
        let mut watcher = Watcher {
            watch: self,
            neutral: Arc::clone(neutral),
            seen: HashMap::new(),
            handed: BTreeMap::new(),
            positions: committed,
            refused: HashMap::new(),
        };
        while watcher.round(acks, limits, framing, out)? {}
        acks.leave(watcher);
        Ok(())
    }
}

impl Leftovers for Watcher {
    fn clear(mut self: Box<Self>, acks: &Acks) -> Result<()> {
        self.put_away(acks)
    }
}

impl Watcher {
    /// Puts away what is committed, and reads what came. `false` where the end was asked for.
    fn round(&mut self, acks: &Acks, limits: ReadLimits, framing: Framing, out: &Outlet) -> Result<bool> {
        let mut ready = self.look()?;
        self.put_away(acks)?;
        // Those that could not be opened come last, and nobody hurries for them.
        ready.sort_by_key(|(path, ..)| self.refused.contains_key(path));
        let more = ready.get(AT_ONCE).is_some_and(|(path, ..)| !self.refused.contains_key(path));
        ready.truncate(AT_ONCE);
        if !ready.is_empty() && !self.hand_on(ready, limits, framing, out)? {
            return Ok(false);
        }
        // With more of them waiting, the folder is looked at again at once.
        Ok(if more { !out.stop().requested() } else { !out.stop().wait(self.watch.poll) })
    }

    /// Lists the folder and gives the files that are complete and were not handed on, in the order
    /// of their names.
    fn look(&mut self) -> Result<Vec<(PathBuf, u64, SystemTime)>> {
        let mut found = Vec::new();
        list(&self.watch.folder, &mut found)
            .map_err(|e| Error::Source { path: self.watch.folder.clone(), reason: crate::error::io_reason(&e) })?;
        found.sort();
        let names: std::collections::HashSet<&Path> = found.iter().map(|(path, ..)| path.as_path()).collect();
        let now = Instant::now();
        let mut seen = HashMap::with_capacity(found.len());
        let mut ready = Vec::new();
        for (path, bytes, written) in &found {
            if is_left_alone(path, self.watch.marker.as_deref()) {
                continue;
            }
            let last = self.seen.get(path).filter(|s| s.bytes == *bytes && s.written == *written);
            let since = last.map_or(now, |s| s.since);
            seen.insert(path.clone(), Seen { bytes: *bytes, written: *written, since });
            let complete = match &self.watch.marker {
                Some(marker) => names.contains(with_ending(path, marker).as_path()),
                None => now.duration_since(since) >= self.watch.settle,
            };
            if complete && !self.handed.contains_key(&progress(&self.partition(path), *written)) {
                ready.push((path.clone(), *bytes, *written));
            }
        }
        self.seen = seen;
        Ok(ready)
    }

    /// Name in every row: the path below the watched folder, so that the folder may move.
    fn partition(&self, path: &Path) -> String {
        path.strip_prefix(&self.watch.folder).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// Reads files. `false` where the end was asked for.
    fn hand_on(
        &mut self,
        ready: Vec<(PathBuf, u64, SystemTime)>,
        limits: ReadLimits,
        framing: Framing,
        out: &Outlet,
    ) -> Result<bool> {
        let mut inputs = Inputs::of(&self.watch.name);
        inputs.neutral = Arc::clone(&self.neutral);
        for (path, bytes, written) in ready {
            let kind = match super::files::kind_of(&path) {
                Ok(kind) => kind,
                Err(error) => {
                    let reason = crate::error::io_reason(&error);
                    if self.refused.get(&path) != Some(&reason) {
                        tracing::warn!(source = self.watch.name, path = %path.display(), reason, "a file cannot be opened; trying again");
                        self.refused.insert(path, reason);
                    }
                    continue;
                }
            };
            self.refused.remove(&path);
            let partition = self.partition(&path);
            let file = InputFile {
                path: Some(path.clone()),
                partition: partition.into(),
                bytes,
                received_at: super::files::micros(written),
                from: 0,
                kind,
            };
            self.handed.insert(file.progress(), Handed { file: file.clone(), path });
            inputs.files.push(file);
        }
        let name = self.watch.name.as_str();
        inputs.resume(self.positions.iter().map(|(partition, at)| (name, partition.as_str(), *at)));
        read::read(&inputs, limits, framing, out)
    }

    /// Moves or deletes what is committed to its end, and forgets what is gone.
    fn put_away(&mut self, acks: &Acks) -> Result<()> {
        self.positions.extend(acks.take(&self.watch.name));
        let done: Vec<String> =
            self.handed.iter().filter(|(_, handed)| self.is_committed(&handed.file)).map(|(name, _)| name.clone()).collect();
        let disk = &*self.watch.disk;
        let (mut gone, mut touched) = (Vec::new(), BTreeSet::new());
        for name in done {
            let Some(handed) = self.handed.get(&name) else { continue };
            let outcome = match &self.watch.after {
                // Even when it is gone: a folder that is not mounted for a moment looks empty.
                After::Keep => continue,
                After::Delete => disk.remove_file(&handed.path),
                After::Move(to) => move_to(disk, &handed.path, &to.join(&*handed.file.partition)).map(|folder| {
                    touched.extend(folder);
                }),
            };
            if self.removed(&handed.path, outcome) {
                if let Some(marker) = &self.watch.marker {
                    let _gone_already = disk.remove_file(&with_ending(&handed.path, marker));
                }
                touched.extend(handed.path.parent().map(Path::to_owned));
                gone.push(name);
            }
        }
        // A file that came back after a loss of power, and that the checkpoint had forgotten, would be read
        // a second time.
        for folder in touched {
            if let Err(error) = disk.sync_dir(&folder)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                // A sync that failed must not be tried again: the next one may lie.
                return Err(Error::write(&folder, &error));
            }
        }
        for name in gone {
            let Some(handed) = self.handed.remove(&name) else { continue };
            self.seen.remove(&handed.path);
            self.forget(&handed.file, acks);
        }
        Ok(())
    }

    fn removed(&self, path: &Path, outcome: std::io::Result<()>) -> bool {
        match outcome {
            Ok(()) => true,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => true,
            Err(error) => {
                tracing::warn!(source = self.watch.name, path = %path.display(), %error, "a committed file cannot be put away; trying again");
                false
            }
        }
    }

    fn is_committed(&self, file: &InputFile) -> bool {
        let key = if file.kind == Kind::Plain { file.progress() } else { file.whole() };
        self.positions.get(&key).is_some_and(|at| *at >= file.bytes)
    }

    /// Everything that the checkpoint holds of a file: itself, and the files inside of it.
    fn forget(&mut self, file: &InputFile, acks: &Acks) {
        let (own, whole, members) = (file.progress(), file.whole(), format!("{}!", file.partition));
        let ending = format!("@{}", file.received_at);
        let of_file = |name: &str| name == own || name == whole || (name.starts_with(&members) && name.ends_with(&ending));
        self.positions.retain(|name, _| {
            let gone = of_file(name);
            if gone {
                acks.forget(&self.watch.name, name);
            }
            !gone
        });
    }
}

fn progress(partition: &str, written: SystemTime) -> String {
    format!("{partition}@{}", super::files::micros(written))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Files of a watched folder that are not committed to their end, and their bytes behind what is.
///
/// # Errors
/// Where the folder cannot be read.
pub fn waiting(folder: &Path, marker: Option<&str>, committed: &BTreeMap<String, u64>) -> std::io::Result<(u64, u64)> {
    let mut found = Vec::new();
    list(folder, &mut found)?;
    let (mut files, mut bytes) = (0, 0);
    for (path, size, written) in found {
        if is_left_alone(&path, marker) {
            continue;
        }
        let partition = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy();
        let mut file = InputFile {
            path: None,
            partition: partition.into(),
            bytes: size,
            received_at: super::files::micros(written),
            from: 0,
            kind: Kind::Plain,
        };
        // Whether it is packed is not looked at: only one of the two names can be known.
        file.from = [file.progress(), file.whole()].iter().filter_map(|name| committed.get(name)).max().copied().unwrap_or(0);
        if file.from < size {
            files += 1;
            bytes += size - file.from;
        }
    }
    Ok((files, bytes))
}

fn is_left_alone(path: &Path, marker: Option<&str>) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    UNFINISHED.iter().any(|ending| name.ends_with(ending)) || marker.is_some_and(|m| name.ends_with(m))
}

/// All files below a folder. What vanishes while it is listed is left out.
fn list(folder: &Path, found: &mut Vec<(PathBuf, u64, SystemTime)>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let Ok(about) = fs::metadata(entry.path()) else { continue };
        if about.is_dir() {
            // A link back up would never end; folders are entered by their own name only.
            if entry.file_type().is_ok_and(|t| t.is_dir())
                && let Err(error) = list(&entry.path(), found)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(path = %entry.path().display(), %error, "a folder cannot be listed; trying again");
            }
        } else if about.is_file() {
            found.push((entry.path(), about.len(), about.modified().unwrap_or(SystemTime::UNIX_EPOCH)));
        }
    }
    Ok(())
}

/// Moves a file, over the border of a file system too; another one of that name is kept. Gives the folder
/// that must be synced before the file is safely there, unless it is already.
fn move_to(disk: &dyn Fs, from: &Path, to: &Path) -> std::io::Result<Option<PathBuf>> {
    let folder = to.parent().map(Path::to_owned);
    if let Some(folder) = &folder {
        create_durable(disk, folder)?;
    }
    let (mut free, mut n) = (to.to_owned(), 0_u32);
    while free.exists() {
        n += 1;
        free = with_ending(to, &format!(".{n}"));
    }
    match disk.rename(from, &free) {
        Err(e) if e.kind() == std::io::ErrorKind::CrossesDevices => {
            // Under another name first: what a crash leaves of it must not look like the file.
            let part = with_ending(to, ".part");
            std::io::copy(&mut fs::File::open(from)?, &mut disk.create(&part)?)?;
            disk.sync_file(&part)?;
            disk.rename(&part, &free)?;
            if let Some(folder) = &folder {
                disk.sync_dir(folder)?;
            }
            disk.remove_file(from).map(|()| None)
        }
        done => done.map(|()| folder),
    }
}

#[cfg(test)]
#[path = "watch_crash_tests.rs"]
mod crash_tests;
#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
