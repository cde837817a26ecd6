//! An actor's thread, as the operating system knows it.

use super::way;
use crate::scheduling::{self, cpu_time_of};
use crate::sync::{AtomicBool, AtomicU64, Mutex, MutexGuard, Ordering, mutant};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// Names the thread while it lives, and keeps what processor time it used in all. An actor may have several, one after
/// another.
///
/// Linux gives the id of a thread that has ended to another, perhaps not even of ours. So whatever is done to a thread by its id is
/// done under the lock that the thread takes, as the last thing, to withdraw it.
#[derive(Default)]
pub struct OsThread {
    known: Mutex<Known>,
    /// Counts up as a request begins and as it ends: odd while one is under way.
    requests: AtomicU64,
    /// Is it among those that the watch looks at? For the watch.
    pub(super) listed: AtomicBool,
    /// The request that the watch saw last, and since when. The standard library's lock: no order hangs on it.
    seen: std::sync::Mutex<Option<(u64, Instant)>>,
    /// The request that is to end, once one has been told so.
    called_out: AtomicU64,
    /// Mirrors that the thread is demoted, for the paths that must not take the lock. Written under it.
    demoted: AtomicBool,
}

#[derive(Default)]
struct Known {
    /// Linux's thread id; none before the thread starts and after it has ended.
    id: Option<i32>,
    /// By those that have ended.
    used: Duration,
    /// What the thread that lives had used before it was this actor's.
    used_before: Duration,
    /// See [`OsThread::hurry`].
    hurries: bool,
    /// Others make way, until the request that is to end has.
    way: Option<way::Wanted>,
}

impl Known {
    fn cpu_time(&self) -> Duration {
        let used_now = self.id.and_then(cpu_time_of).unwrap_or_default();
        self.used.saturating_add(used_now.saturating_sub(self.used_before))
    }
}

impl OsThread {
    /// To be called on the thread itself, as it starts. The thread is named until the guard goes.
    pub(crate) fn enter(&self) -> Entered<'_> {
        let mut known = self.known.lock();
        self.demoted.store(false, Ordering::SeqCst);
        let id = scheduling::this_thread();
        known.used_before = cpu_time_of(id).unwrap_or_default();
        known.id = Some(id);
        Entered(self)
    }

    /// Its id, while it lives. It may have ended by the time that the caller looks at this.
    pub fn id(&self) -> Option<i32> {
        self.known.lock().id
    }

    /// A request begins. For the thread itself, as is the end.
    pub(crate) fn begin_request(&self) {
        self.requests.fetch_add(1, Ordering::SeqCst);
    }

    /// The request has ended.
    pub(crate) fn end_request(&self) {
        let request = self.requests.fetch_add(1, Ordering::SeqCst);
        if self.called_out.load(Ordering::SeqCst) == request {
            self.known.lock().way = None;
        }
    }

    /// The request under way, as a number that is not used twice.
    pub(crate) fn request(&self) -> Option<u64> {
        Some(self.requests.load(Ordering::SeqCst)).filter(|count| count % 2 == 1)
    }

    /// This request is under way at a look of the watch, the first that sees it.
    pub(super) fn seen(&self, request: u64) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((request, Instant::now()));
    }

    /// For how long the request under way has been seen.
    pub(crate) fn busy_for(&self) -> Duration {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let since = seen.filter(|(request, _)| self.request() == Some(*request)).map(|(_, since)| since);
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Puts the thread behind those that must answer, while this request is under way.
    pub(crate) fn demote(&self, request: u64, nice: i32) {
        let mut known = self.known.lock();
        let Some(id) = known.id else { return };
        if mutant!("a_thread_may_end_while_it_is_demoted") {
            MutexGuard::unlocked(&mut known, || {});
        }
        if known.hurries || self.is_demoted() || scheduling::demote(id, nice).is_err() {
            return;
        }
        self.demoted.store(true, Ordering::SeqCst);
        // Either this sees that the request has ended, or its end sees the flag.
        if self.request() != Some(request) && !mutant!("a_demotion_does_not_look_again") {
            self.promote_known(&known);
        }
    }

    /// The request under way is to end: its guest is called out until it has, and has its turn sooner where the system permits it. To be
    /// called once the control cell says so.
    pub(crate) fn call_out(&self) {
        self.call_out_known(&mut self.known.lock());
    }

    fn call_out_known(&self, known: &mut Known) {
        let request = self.requests.load(Ordering::SeqCst);
        self.called_out.store(request, Ordering::SeqCst);
        self.promote_known(known);
        // Where the system does not let it have its turn sooner, the others do.
        known.way = self.is_demoted().then(way::Wanted::new);
        // Either this sees that the request has ended, or its end sees that it is called out.
        if self.request() != Some(request) {
            known.way = None;
        }
    }

    /// Is the request under way to end?
    pub(crate) fn is_called_out(&self) -> bool {
        self.request() == Some(self.called_out.load(Ordering::SeqCst))
    }

    /// Lets the thread answer promptly again, where the system permits it.
    pub(crate) fn promote(&self) {
        if self.is_demoted() {
            self.promote_known(&self.known.lock());
        }
    }

    /// The thread is to end: it is promoted, and not demoted any more, however long what it is at may take.
    pub(crate) fn hurry(&self) {
        let mut known = self.known.lock();
        known.hurries = true;
        self.call_out_known(&mut known);
    }

    fn promote_known(&self, known: &Known) {
        if self.is_demoted()
            && let Some(id) = known.id
            && scheduling::prompt(id).is_ok()
        {
            self.demoted.store(false, Ordering::SeqCst);
        }
    }

    /// Another guest is stopped: a thread that runs on makes way for that one's. For the thread itself. True if it was away for a while.
    pub(crate) fn make_way(&self) -> bool {
        self.is_demoted() && way::make()
    }

    /// Is it behind the threads that must answer?
    pub fn is_demoted(&self) -> bool {
        self.demoted.load(Ordering::SeqCst)
    }

    /// The processor time it has used so far, or had used when it ended.
    pub fn cpu_time(&self) -> Duration {
        self.known.lock().cpu_time()
    }
}

/// See [`OsThread::enter`].
pub(crate) struct Entered<'a>(&'a OsThread);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut known = self.0.known.lock();
        known.used = known.cpu_time();
        (known.id, known.way) = (None, None);
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_threads_time_is_its_own_and_outlives_it() {
        let thread = OsThread::default();
        assert_eq!((thread.id(), thread.cpu_time()), (None, Duration::ZERO));
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                // What it has used before, in another life, is not this one's.
                while cpu_time_of(scheduling::this_thread()).unwrap() < Duration::from_millis(5) {}
                let _entered = thread.enter();
                assert!(thread.cpu_time() < Duration::from_millis(2));
                while thread.cpu_time() < Duration::from_millis(2) {}
            });
            worker.join().unwrap();
        });
        assert_eq!(thread.id(), None);
        assert!(thread.cpu_time() >= Duration::from_millis(2));
    }

    fn nice_of_this_thread() -> i32 {
        rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap()
    }

    #[test]
    fn a_thread_that_has_withdrawn_its_id_is_not_demoted_though_it_lives() {
        std::thread::spawn(|| {
            let (thread, before) = (OsThread::default(), nice_of_this_thread());
            thread.begin_request();
            let request = thread.request().unwrap();
            drop(thread.enter());
            // As a stranger that has the id by now would be.
            thread.demote(request, 19);
            assert_eq!((thread.is_demoted(), nice_of_this_thread()), (false, before));
            let _entered = thread.enter();
            thread.demote(request, 19);
            assert_eq!((thread.is_demoted(), nice_of_this_thread()), (true, 19));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_thread_that_is_to_end_is_not_demoted_any_more() {
        std::thread::spawn(|| {
            let thread = OsThread::default();
            let _entered = thread.enter();
            thread.begin_request();
            let (request, before) = (thread.request().unwrap(), nice_of_this_thread());
            thread.hurry();
            thread.demote(request, 19);
            assert_eq!((thread.is_demoted(), nice_of_this_thread()), (false, before));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_request_is_called_out_until_it_ends_and_no_other_is() {
        let thread = OsThread::default();
        thread.call_out();
        assert!(!thread.is_called_out());
        thread.begin_request();
        assert!(!thread.is_called_out());
        thread.call_out();
        assert!(thread.is_called_out());
        thread.end_request();
        assert!(!thread.is_called_out());
        thread.begin_request();
        assert!(!thread.is_called_out());
        thread.hurry();
        assert!(thread.is_called_out());
    }

    #[test]
    fn way_is_made_for_who_is_demoted_until_it_ends() {
        std::thread::spawn(|| {
            let thread = OsThread::default();
            let _entered = thread.enter();
            thread.begin_request();
            assert!(!thread.make_way());
            thread.demote(thread.request().unwrap(), 19);
            thread.call_out();
            // Where it may be promoted, it needs none.
            assert_eq!(thread.known.lock().way.is_some(), thread.is_demoted());
            assert!(!thread.is_demoted() || thread.make_way());
            thread.end_request();
            assert!(thread.known.lock().way.is_none());
        })
        .join()
        .unwrap();
    }

    #[test]
    fn the_end_of_a_thread_waits_for_who_is_about_to_demote_it() {
        let thread = OsThread::default();
        std::thread::scope(|scope| {
            let entered = thread.enter();
            let demoting = thread.known.lock();
            let ending = scope.spawn(|| drop(entered));
            assert!(demoting.id.is_some() && !ending.is_finished());
            drop(demoting);
            ending.join().unwrap();
        });
        assert_eq!(thread.id(), None);
    }
}
