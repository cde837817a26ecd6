//! The watch: one thread that finds guests that run on, and puts their threads behind those that must answer.
//!
//! It looks around only while requests are being served; a second after the last one it goes to sleep, and the next request
//! wakes it. And it looks only at those that have served one lately: thousands that are idle cost nothing. A worker whose thread was demoted promotes it when its request ends, where the system permits that.
//!
//! It also calls out, at each look, those that have been told to end and have not. wasmtime sets a guest's next epoch deadline *after* the guest
//! has looked whether it is stopped, from the epoch as it is by then: a stop in between is lost on the guest, though it bumped the epoch. And the others,
//! which are called out with it, [make way](OsThread::make_way).

use super::os_thread::OsThread;
use crate::engine::Engines;
use crate::panics::contained;
use crate::scheduling;
use crate::sync::{AtomicBool, Condvar, Mutex, Ordering, mutant};
use std::sync::Arc;
use std::time::Duration;

/// Between two looks.
const TICK: Duration = Duration::from_millis(4);
/// The processor time after which a request counts as running on.
const PROMPT_FOR: Duration = Duration::from_millis(10);
/// After this many looks at which no request was under way, the watch sleeps.
const IDLE_LOOKS: u32 = if cfg!(runtime_wasm_loom) { 0 } else { 250 };
/// After this many looks at which a thread had no request under way, it is looked at no more until it has one.
const LISTED_LOOKS: u32 = if cfg!(runtime_wasm_loom) { 1 } else { 8 };

/// Watches the threads of all actors. Dropping it ends its thread.
pub struct Watch {
    shared: Arc<Shared>,
}

struct Shared {
    nice: i32,
    engines: Arc<Engines>,
    state: Mutex<State>,
    changed: Condvar,
    asleep: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Those that have served a request lately.
    threads: Vec<Watched>,
    started: bool,
    ended: bool,
}

struct Watched {
    thread: Arc<OsThread>,
    /// At so many looks in a row it had no request.
    idle: u32,
    /// The request that was running at the last look, and the processor time the thread had used when it was first seen.
    seen: Option<(u64, Duration)>,
}

impl Watch {
    /// Threads that run on get this nice value; their guests' code is of these engines.
    pub fn new(nice: i32, engines: Arc<Engines>) -> Self {
        let shared =
            Shared { nice, engines, state: Mutex::default(), changed: Condvar::new(), asleep: AtomicBool::new(true) };
        Watch { shared: Arc::new(shared) }
    }

    /// Watches the requests that begin with the result. The first one starts the watch's own thread; where that fails, the next one
    /// tries again.
    pub(crate) fn enter(&self, thread: &Arc<OsThread>) -> Entry {
        let mut state = self.shared.state.lock();
        if !state.started {
            let shared = self.shared.clone();
            match scheduling::start_prompt_thread("wasm-watch", move || shared.look_around()) {
                Ok(()) => state.started = true,
                Err(error) => tracing::warn!(%error, "no thread to watch for guests that run on"),
            }
        }
        Entry { shared: self.shared.clone(), thread: thread.clone() }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.state.lock().ended = true;
        self.shared.changed.notify_one();
    }
}

/// A watched thread. For that thread itself.
pub(crate) struct Entry {
    shared: Arc<Shared>,
    thread: Arc<OsThread>,
}

impl Entry {
    /// A request begins.
    pub(crate) fn begin(&self) {
        self.thread.promote();
        self.thread.begin_request();
        // Either this sees that the thread is not listed, or the watch, which looks once more after it said so, sees the request.
        if !self.thread.listed.load(Ordering::SeqCst) {
            self.shared.list(&self.thread);
        }
        // Either this sees that the watch is asleep, or the watch, which looks once more after it said so, sees the request.
        if self.shared.asleep.load(Ordering::SeqCst) && !mutant!("a_request_wakes_nobody") {
            let _state = self.shared.state.lock();
            self.shared.asleep.store(false, Ordering::SeqCst);
            self.shared.changed.notify_one();
        }
    }

    /// The request has ended.
    pub(crate) fn end(&self) {
        self.thread.end_request();
        self.thread.promote();
    }
}

impl Shared {
    fn list(&self, thread: &Arc<OsThread>) {
        let mut state = self.state.lock();
        if !thread.listed.swap(true, Ordering::SeqCst) {
            state.threads.push(Watched { thread: thread.clone(), idle: 0, seen: None });
        }
    }

    fn look_around(&self) {
        let mut state = self.state.lock();
        let mut idle = 0;
        while !state.ended {
            let (mut busy, mut called_out) = (false, false);
            state.threads.retain_mut(|watched| {
                contained(|| busy |= watched.look(self.nice));
                called_out |= watched.thread.is_called_out();
                watched.stays()
            });
            if called_out && !mutant!("who_forgets_a_bump_is_left_alone") {
                self.engines.interrupt();
            }
            if busy {
                idle = 0;
                self.asleep.store(false, Ordering::SeqCst);
            } else if self.asleep.load(Ordering::SeqCst) {
                idle = 0;
                self.changed.wait(&mut state);
                continue;
            } else if idle == IDLE_LOOKS {
                // One more look before it sleeps: a request may have begun meanwhile.
                self.asleep.store(true, Ordering::SeqCst);
                if mutant!("the_watch_does_not_look_again") {
                    self.changed.wait(&mut state);
                }
                continue;
            } else {
                idle += 1;
            }
            self.changed.wait_for(&mut state, TICK);
        }
    }
}

impl Watched {
    /// Is a request under way? One that has used more than its share demotes the thread.
    fn look(&mut self, nice: i32) -> bool {
        let thread = &self.thread;
        let Some(request) = thread.request() else {
            (self.seen, self.idle) = (None, self.idle + 1);
            return false;
        };
        self.idle = 0;
        match self.seen {
            Some((seen, since)) if seen == request => {
                if thread.cpu_time().saturating_sub(since) > PROMPT_FOR {
                    thread.demote(request, nice);
                }
            }
            _ => {
                thread.seen(request);
                self.seen = Some((request, thread.cpu_time()));
            }
        }
        true
    }

    /// Is it to be looked at again, though it may have had nothing to do?
    fn stays(&mut self) -> bool {
        if self.idle < LISTED_LOOKS {
            return true;
        }
        self.thread.listed.store(false, Ordering::SeqCst);
        if self.thread.request().is_none() || mutant!("who_is_not_listed_is_not_looked_at_again") {
            return false;
        }
        self.thread.listed.store(true, Ordering::SeqCst);
        true
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_runs_on_is_demoted_and_its_end_promotes() {
        let watch = Watch::new(0, Arc::default());
        let thread = Arc::new(OsThread::default());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _entered = thread.enter();
                let entry = watch.enter(&thread);
                for _ in 0..2 {
                    entry.begin();
                    while !thread.is_demoted() {
                        std::hint::spin_loop();
                    }
                    entry.end();
                    // A nice value that was not raised can be lowered by anybody.
                    assert!(!thread.is_demoted());
                }
            });
        });
        while !watch.shared.state.lock().threads.is_empty() {
            std::thread::yield_now();
        }
    }
}
