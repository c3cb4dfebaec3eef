//! A process whose clock and disk a test holds in its hands: a library is put between it and the machine
//! (`shim.rs`, Linux only).

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What a process sees that is started in it.
pub(crate) struct World {
    folder: tempfile::TempDir,
    library: &'static Path,
}

impl World {
    /// `None` where there is no such way, which is said.
    pub(crate) fn new() -> Option<Self> {
        static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
        let library = LIBRARY.get_or_init(build).as_deref()?;
        Some(Self { folder: tempfile::tempdir().unwrap(), library })
    }

    /// Variables of the environment of its processes.
    pub(crate) fn variables(&self) -> [(&'static str, OsString); 2] {
        [("LD_PRELOAD", self.library.into()), ("TAMIS_WORLD", self.folder.path().into())]
    }

    /// Its clock goes before that of the machine by so many seconds.
    pub(crate) fn clock(&self, ahead: i64) {
        self.tell("clock", &ahead.to_string());
    }

    /// Every sync and rename takes so long, in milliseconds.
    pub(crate) fn slow(&self, milliseconds: u32) {
        self.tell("slow", &milliseconds.to_string());
    }

    /// No sync and no rename comes back until it is released.
    pub(crate) fn hold(&self) {
        let _not_there = fs::remove_file(self.folder.path().join("held"));
        self.tell("hold", "");
    }

    pub(crate) fn release(&self) {
        fs::remove_file(self.folder.path().join("hold")).unwrap();
    }

    /// Whether something waits for the release.
    pub(crate) fn holds(&self) -> bool {
        self.folder.path().join("held").exists()
    }

    fn tell(&self, name: &str, text: &str) {
        let (path, aside) = (self.folder.path().join(name), self.folder.path().join("aside"));
        fs::write(&aside, text).unwrap();
        fs::rename(aside, path).unwrap();
    }
}

fn build() -> Option<PathBuf> {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        println!("skipped: the clock and the disk of a process are held on Linux only");
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/service/world/shim.rs");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let own = folder.join(format!("libworld-{}.so", std::process::id()));
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type", "cdylib", "-C", "opt-level=1", "-C", "panic=abort", "-o"])
        .args([&own, &source])
        .status();
    if built.is_err() {
        println!("skipped: there is no rustc to build with");
        return None;
    }
    assert!(built.unwrap().success());
    let library = folder.join("libworld.so");
    fs::rename(own, &library).unwrap();
    Some(library)
}
