//! An actor's thread, as the operating system knows it.

use crate::scheduling;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::time::Duration;

/// Names the thread while it lives, and keeps what processor time it used in all. An actor may have several, one after
/// another.
#[derive(Default)]
pub struct OsThread {
    /// Linux's thread id; 0 before the thread starts and after it has ended.
    id: AtomicI32,
    /// By those that have ended.
    used_nanos: AtomicU64,
    /// Counts up as a request begins and as it ends: odd while one is under way.
    requests: AtomicU64,
    demoted: AtomicBool,
}

impl OsThread {
    /// To be called on the thread itself, as it starts. The thread is named until the guard goes.
    pub(super) fn enter(&self) -> Entered<'_> {
        self.demoted.store(false, Ordering::SeqCst);
        self.id.store(rustix::thread::gettid().as_raw_nonzero().get(), Ordering::Release);
        Entered(self)
    }

    /// Its id, while it lives.
    pub fn id(&self) -> Option<i32> {
        Some(self.id.load(Ordering::Acquire)).filter(|id| *id != 0)
    }

    /// A request begins. For the thread itself, as is the end.
    pub(super) fn begin_request(&self) {
        self.requests.fetch_add(1, Ordering::SeqCst);
    }

    /// The request has ended.
    pub(super) fn end_request(&self) {
        self.requests.fetch_add(1, Ordering::SeqCst);
    }

    /// The request under way, as a number that is not used twice.
    pub(super) fn request(&self) -> Option<u64> {
        Some(self.requests.load(Ordering::SeqCst)).filter(|count| count % 2 == 1)
    }

    /// Puts the thread behind those that must answer, while this request is under way.
    pub(super) fn demote(&self, request: u64, nice: i32) {
        let Some(id) = self.id() else { return };
        if self.is_demoted() || scheduling::demote(id, nice).is_err() {
            return;
        }
        self.demoted.store(true, Ordering::SeqCst);
        // Either this sees that the request has ended, or its end sees the flag.
        if self.request() != Some(request) {
            self.promote();
        }
    }

    /// Lets the thread answer promptly again, where the system permits it.
    pub(super) fn promote(&self) {
        if self.is_demoted()
            && let Some(id) = self.id()
            && scheduling::prompt(id).is_ok()
        {
            self.demoted.store(false, Ordering::SeqCst);
        }
    }

    /// Is it behind the threads that must answer?
    pub fn is_demoted(&self) -> bool {
        self.demoted.load(Ordering::SeqCst)
    }

    /// The processor time it has used so far, or had used when it ended.
    pub fn cpu_time(&self) -> Duration {
        let now = self.id().and_then(cpu_time_of).unwrap_or_default();
        Duration::from_nanos(self.used_nanos.load(Ordering::Acquire)) + now
    }
}

/// See [`OsThread::enter`].
pub(super) struct Entered<'a>(&'a OsThread);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let used = self.0.id().and_then(cpu_time_of).unwrap_or_default();
        self.0.id.store(0, Ordering::Release);
        self.0.used_nanos.fetch_add(u64::try_from(used.as_nanos()).unwrap_or(u64::MAX), Ordering::Release);
    }
}

/// The processor time of a thread of this process. `None` if there is no such thread (any more).
fn cpu_time_of(thread: i32) -> Option<Duration> {
    // How Linux makes the clock of a thread: its id inverted, "of a thread" (4), "as scheduled" (2).
    let clock = (!thread << 3) | 4 | 2;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writes; an unknown clock is an error, not undefined.
    let failed = unsafe { libc::clock_gettime(clock, &raw mut time) };
    if failed != 0 {
        return None;
    }
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threads_time_is_its_own_and_outlives_it() {
        let thread = OsThread::default();
        assert_eq!((thread.id(), thread.cpu_time()), (None, Duration::ZERO));
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let _entered = thread.enter();
                while thread.cpu_time() < Duration::from_millis(2) {}
            });
            worker.join().unwrap();
        });
        assert_eq!(thread.id(), None);
        assert!(thread.cpu_time() >= Duration::from_millis(2));
    }
}
