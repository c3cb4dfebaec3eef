//! The only file that makes threads and runtimes.
//!
//! * one thread a stage, and as many decode threads as asked for: work on bytes, no await;
//! * `compute`: a tokio runtime without I/O for DataFusion plans;
//! * `io`: a small tokio runtime for commits, doors and queues;
//! * a tokio runtime for requests to object stores, made with the first of them.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::runtime::{Handle, Runtime};

use crate::error::{Error, Result};

/// Stack of a thread or worker. Planning deep expressions recurses.
const STACK: usize = 8 << 20;

/// A signal that comes so soon after another one is the same.
const SAME_SIGNAL: Duration = Duration::from_secs(1);

/// The tokio runtimes of a process.
#[derive(Debug)]
pub struct Runtimes {
    compute: Runtime,
    io: Runtime,
}

impl Runtimes {
    /// Runtimes with so many compute workers.
    pub fn new(threads: usize) -> Result<Self> {
        let failed = |e: std::io::Error| Error::Usage(format!("cannot start {threads} threads: {e}"));
        let compute = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("compute")
            .thread_stack_size(STACK)
            .enable_time()
            .build()
            .map_err(failed)?;
        let io = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("io")
            .thread_stack_size(STACK)
            .enable_all()
            .build()
            .map_err(failed)?;
        Ok(Self { compute, io })
    }

    /// Where plans run.
    pub fn compute(&self) -> &Handle {
        self.compute.handle()
    }

    /// Where commits run.
    pub fn io(&self) -> &Handle {
        self.io.handle()
    }

    /// `SIGTERM` and `SIGINT` ask for the end; a second one, a second later or more, ends the process at
    /// once: `timeout` and some supervisors send the first one twice. What was not committed then is
    /// read again by the next start.
    pub fn stop_on_signals(&self, stop: &Stop) {
        let stop = stop.clone();
        self.io.spawn(async move {
            for _ in 0..2 {
                signalled().await;
                if stop.requested() {
                    tracing::warn!("stopped at once; the open epochs are read again at the next start");
                    // 128 + SIGTERM, as a shell reports it.
                    std::process::exit(143);
                }
                stop.request();
                tokio::time::sleep(SAME_SIGNAL).await;
            }
        });
    }

    /// Waits on this thread for a future that reads or writes files.
    pub fn block_on<T>(&self, future: BoxFuture<'_, T>) -> T {
        self.io.block_on(future)
    }
}

/// Where requests to object stores run, whoever makes them: a connection is kept by the runtime that opened
/// it, and this one lives as long as the process.
pub(crate) fn object_stores() -> std::io::Result<Handle> {
    static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("objects").enable_all().build()
    });
    RUNTIME.as_ref().map(|runtime| runtime.handle().clone()).map_err(|e| std::io::Error::new(e.kind(), e.to_string()))
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn signalled() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// Tells all stages of a run to come to an end: sources stop reading, and what was read goes its way
/// to the tables.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// Asks for the end. Asking twice changes nothing.
    pub fn request(&self) {
        let (flag, asked) = &*self.0;
        *flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
        asked.notify_all();
    }

    /// Whether the end was asked for.
    pub fn requested(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps for so long, or until the end is asked for; says whether it was.
    pub fn wait(&self, at_most: Duration) -> bool {
        let (flag, asked) = &*self.0;
        let asked_for = flag.lock().unwrap_or_else(PoisonError::into_inner);
        let (flag, _) = asked.wait_timeout_while(asked_for, at_most, |f| !*f).unwrap_or_else(PoisonError::into_inner);
        *flag
    }

    /// Returns when the end is asked for; for what waits without a thread of its own.
    pub async fn asked(&self) {
        while !self.requested() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// A running stage.
#[derive(Debug)]
pub struct Stage<T> {
    name: &'static str,
    thread: JoinHandle<Result<T>>,
}

impl<T: Send + 'static> Stage<T> {
    /// Starts a stage on its own thread.
    pub fn start(name: &'static str, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<Self> {
        let thread = Builder::new()
            .name(name.to_owned())
            .stack_size(STACK)
            .spawn(work)
            .map_err(|e| Error::Usage(format!("cannot start a thread: {e}")))?;
        Ok(Self { name, thread })
    }

    /// Starts a stage whose failure, also by a panic, asks for the end of the run: stages that wait for
    /// input would not notice that nobody listens any more.
    pub fn start_or_stop(name: &'static str, stop: &Stop, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<Self> {
        struct Alarm {
            stop: Stop,
            well: bool,
        }
        impl Drop for Alarm {
            fn drop(&mut self) {
                if !self.well {
                    self.stop.request();
                }
            }
        }
        let alarm = Alarm { stop: stop.clone(), well: false };
        Self::start(name, move || {
            // All of it moves here, not the flag alone.
            let mut alarm = alarm;
            let outcome = work();
            alarm.well = outcome.is_ok();
            outcome
        })
    }

    /// Waits for its end.
    pub fn join(self) -> Result<T> {
        self.thread.join().unwrap_or(Err(Error::Stage(self.name)))
    }
}

/// Works on items with several threads; the results are in the order of the items. A thread
/// takes the next item when it is free.
pub fn in_parallel<I, T, S>(
    threads: usize,
    items: Vec<I>,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, I) -> T + Sync,
) -> Result<Vec<T>>
where
    I: Send,
    T: Send,
{
    let mut results = Vec::new();
    results.resize_with(items.len(), || None);
    let queue = Mutex::new(items.into_iter().zip(results.iter_mut()));
    let run = || {
        let mut state = state();
        loop {
            let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
            let Some((item, slot)) = next else { return };
            *slot = Some(work(&mut state, item));
        }
    };
    catch_unwind(AssertUnwindSafe(|| {
        std::thread::scope(|scope| {
            for _ in 1..threads.max(1) {
                scope.spawn(run);
            }
            run();
        });
    }))
    .map_err(|_| Error::Stage("match"))?;
    drop(queue);
    results.into_iter().map(|r| r.ok_or(Error::Stage("match"))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let squares = in_parallel(4, (0..1000_u64).collect(), || 0_u64, |_, n| n * n).unwrap();
        assert!(squares.iter().enumerate().all(|(i, s)| *s == (i as u64).pow(2)));
        assert_eq!(in_parallel(4, Vec::<u8>::new(), || (), |(), n| n).unwrap(), Vec::<u8>::new());
    }

    #[test]
    fn a_stage_that_dies_is_an_error() {
        let stage = Stage::<()>::start("decode", || Err(Error::Stage("inner"))).unwrap();
        assert!(stage.join().is_err());
        let stop = Stop::default();
        let stage = Stage::start_or_stop("decode", &stop, || Ok(7)).unwrap();
        assert_eq!((stage.join().unwrap(), stop.requested()), (7, false));
        assert!(Stage::<()>::start_or_stop("sink", &stop, || panic!("of a test")).unwrap().join().is_err());
        assert!(stop.requested());
    }
}
