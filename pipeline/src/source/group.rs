//! Who reads which partition, among the instances that follow the same source into the same tables.
//!
//! The members of a group and the partitions that they hold are locks of files below the tables
//! (`flock`), so a member that dies leaves at once, and no clock decides about it. Each member wants
//! the partitions of its rank; one that another still holds comes free when that other has committed
//! what it read of it. The group only shares the work out: that nothing is doubled is the business of
//! the commit, which refuses input that does not follow the checkpoint.

use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::sink::STATE_DIR;

const ENDING: &str = ".lock";
/// Others look whether a member lives by holding its lock for a moment.
const PATIENCE: (u32, Duration) = (50, Duration::from_millis(10));

/// A place in a group, as long as it lives.
#[derive(Debug)]
pub struct Group {
    dir: PathBuf,
    member: String,
    _lock: File,
}

/// The right to read a partition, as long as it lives.
#[derive(Debug)]
pub struct Held {
    _lock: File,
}

impl Group {
    /// Joins the group of a source. `tables` is the output folder, `member` a name that no other member
    /// has.
    ///
    /// # Errors
    /// Where files below the tables cannot be written, or a member of this name lives.
    pub fn join(tables: &Path, source: &str, member: &str) -> io::Result<Self> {
        let dir = tables.join(STATE_DIR).join("groups").join(file_name(source));
        for part in ["members", "partitions"] {
            fs::create_dir_all(dir.join(part))?;
        }
        let member = file_name(member);
        let path = dir.join("members").join(&member);
        for _ in 0..PATIENCE.0 {
            if let Some(lock) = lock(&path)? {
                return Ok(Self { dir, member, _lock: lock });
            }
            std::thread::sleep(PATIENCE.1);
        }
        Err(io::Error::new(io::ErrorKind::WouldBlock, "another process has this name"))
    }

    /// Rank of this member, and how many members live.
    ///
    /// # Errors
    /// Where the folder of members cannot be read.
    pub fn rank(&self) -> io::Result<(usize, usize)> {
        let dir = self.dir.join("members");
        let (mut rank, mut members) = (0, 1);
        for entry in fs::read_dir(&dir)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let Some(other) = name.strip_suffix(ENDING).filter(|other| *other != self.member_name()) else { continue };
            let lives = match File::open(dir.join(&name))?.try_lock_shared() {
                Ok(()) => false,
                Err(TryLockError::WouldBlock) => true,
                Err(TryLockError::Error(e)) => return Err(e),
            };
            members += usize::from(lives);
            rank += usize::from(lives && other < self.member_name());
        }
        Ok((rank, members))
    }

    /// Takes a partition; `None` while another member holds it.
    ///
    /// # Errors
    /// Where its file cannot be written.
    pub fn take(&self, partition: &str) -> io::Result<Option<Held>> {
        let held = lock(&self.dir.join("partitions").join(file_name(partition)))?;
        Ok(held.map(|lock| Held { _lock: lock }))
    }

    fn member_name(&self) -> &str {
        self.member.strip_suffix(ENDING).unwrap_or(&self.member)
    }
}

fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// A name as a file may have it.
fn file_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + ENDING.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ok = write!(out, "%{byte:02X}");
        }
    }
    out + ENDING
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn members_have_ranks_and_partitions_have_one_holder() {
        let tables = tempfile::tempdir().unwrap();
        let join = |name| Group::join(tables.path(), "pnr/eu", name);
        let b = join("b").unwrap();
        assert_eq!(b.rank().unwrap(), (0, 1));
        let a = join("a").unwrap();
        assert_eq!((a.rank().unwrap(), b.rank().unwrap()), ((0, 2), (1, 2)));
        assert_eq!(join("a").unwrap_err().kind(), io::ErrorKind::WouldBlock);
        let held = a.take("pnr/0").unwrap().unwrap();
        assert!(b.take("pnr/0").unwrap().is_none() && b.take("pnr/1").unwrap().is_some());
        drop(held);
        assert!(b.take("pnr/0").unwrap().is_some());
        drop(a);
        assert_eq!(b.rank().unwrap(), (0, 1));
    }
}
