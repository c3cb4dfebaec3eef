use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A file that is being written.
pub trait DataFile: Write + Send {
    /// Returns once the bytes are on the disk. A failure is final: it must not be tried again,
    /// the kernel may have dropped the bytes.
    fn sync(&mut self) -> io::Result<()>;

    /// Likewise, for a file that only grows: times of the file may be missing.
    fn sync_data(&mut self) -> io::Result<()> {
        self.sync()
    }
}

/// Everything that the sources and the output stages change in a file system. One door, so that tests can let
/// every single call fail, or stop the world after it.
pub trait Fs: Debug + Send + Sync {
    /// Creates a file for writing; one of that name is replaced.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DataFile>>;
    /// Creates a file for writing; fails where there is one of that name.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DataFile>>;
    /// Creates a folder with its parents.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Moves a file inside the file system, atomically; one of that name is replaced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Returns once a file that somebody else wrote is on the disk.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Returns once the names in a folder are on the disk.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder that is empty.
    fn remove_dir(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder with all that is in it.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Called before and after a step that does not go through this trait: a commit to a Delta
    /// log. An error stops the writer there.
    fn step(&self, _name: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Creates a folder with its parents, and returns once their names are on the disk.
pub(crate) fn create_durable(fs: &dyn Fs, folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    fs.create_dir_all(folder)?;
    // A name is safe once the folder that holds it is synced.
    missing.iter().try_for_each(|dir| match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => fs.sync_dir(parent),
        _ => fs.sync_dir(Path::new(".")),
    })
}

/// The file system of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalFs;

impl DataFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Self::sync_data(self)
    }
}

impl Fs for LocalFs {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DataFile>> {
        Ok(Box::new(OpenOptions::new().write(true).create(true).truncate(true).open(path)?))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DataFile>> {
        Ok(Box::new(OpenOptions::new().write(true).create_new(true).open(path)?))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        // Folders cannot be synced on Windows; there a rename is durable by itself.
        if cfg!(windows) {
            return Ok(());
        }
        File::open(path)?.sync_all()
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }
}
