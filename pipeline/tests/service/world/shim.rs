//! Stands between a process and the clock and disk of the machine (`LD_PRELOAD`), as files in the folder
//! `TAMIS_WORLD` say. Built by the tests; no part of Tamis.
//!
//! * `clock`: seconds that are added to the time of day;
//! * `slow`: milliseconds that every sync, rename and link takes;
//! * `hold`: as long as it is there none of them comes back. `held` appears when one waits.

use std::ffi::{c_char, c_int, c_void};
use std::fs;
use std::mem::transmute;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

#[repr(C)]
pub struct Time {
    seconds: i64,
    nanoseconds: i64,
}

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// The function that this one stands in front of.
macro_rules! behind {
    ($name:literal) => {{
        static FOUND: AtomicUsize = AtomicUsize::new(0);
        let mut found = FOUND.load(Ordering::Relaxed);
        if found == 0 {
            // The next library behind this one.
            found = unsafe { dlsym(-1_isize as *mut c_void, $name.as_ptr()) } as usize;
            FOUND.store(found, Ordering::Relaxed);
        }
        unsafe { transmute(found) }
    }};
}

fn told(name: &str) -> Option<PathBuf> {
    static WORLD: OnceLock<Option<PathBuf>> = OnceLock::new();
    WORLD.get_or_init(|| std::env::var_os("TAMIS_WORLD").map(PathBuf::from)).as_ref().map(|world| world.join(name))
}

fn number(name: &str) -> i64 {
    told(name).and_then(|path| fs::read_to_string(path).ok()?.trim().parse().ok()).unwrap_or(0)
}

/// Takes its time.
fn wait() {
    let slow = number("slow");
    if slow > 0 {
        sleep(Duration::from_millis(slow.unsigned_abs()));
    }
    let (Some(hold), Some(held)) = (told("hold"), told("held")) else { return };
    while hold.exists() {
        let _told = fs::write(&held, "");
        sleep(Duration::from_millis(2));
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn clock_gettime(clock: c_int, time: *mut Time) -> c_int {
    let next: extern "C" fn(c_int, *mut Time) -> c_int = behind!(c"clock_gettime");
    let done = next(clock, time);
    // The time of day, and its coarse sister.
    if done == 0 && (clock == 0 || clock == 5) {
        unsafe { (*time).seconds += number("clock") };
    }
    done
}

#[unsafe(no_mangle)]
pub extern "C" fn fsync(file: c_int) -> c_int {
    let next: extern "C" fn(c_int) -> c_int = behind!(c"fsync");
    wait();
    next(file)
}

#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(file: c_int) -> c_int {
    let next: extern "C" fn(c_int) -> c_int = behind!(c"fdatasync");
    wait();
    next(file)
}

#[unsafe(no_mangle)]
pub extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let next: extern "C" fn(*const c_char, *const c_char) -> c_int = behind!(c"rename");
    wait();
    next(from, to)
}

#[unsafe(no_mangle)]
pub extern "C" fn linkat(a: c_int, from: *const c_char, b: c_int, to: *const c_char, flags: c_int) -> c_int {
    let next: extern "C" fn(c_int, *const c_char, c_int, *const c_char, c_int) -> c_int = behind!(c"linkat");
    wait();
    next(a, from, b, to, flags)
}
