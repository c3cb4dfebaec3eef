//! What programs that measure share: how often memory was asked for, and how long this thread ran.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use mimalloc::MiMalloc;

static ASKED: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: every call goes to the allocator of the program as it came; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { MiMalloc.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { MiMalloc.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often memory was asked for so far.
pub(crate) fn allocations() -> u64 {
    ASKED.load(Ordering::Relaxed)
}

/// Nanoseconds that this thread has been on a core, so that other work on the machine counts
/// little; where the system does not say, by the clock on the wall.
pub(crate) fn ran() -> u64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let on_core = text.split_ascii_whitespace().next().and_then(|n| n.parse().ok());
    on_core.unwrap_or_else(|| BEGAN.elapsed().as_nanos() as u64)
}
