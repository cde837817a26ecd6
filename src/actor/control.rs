//! The control cell: what must reach a guest that is *not* reading its mailbox.
//!
//! It holds the lifecycle, the reason to stop, a waker for a guest asleep in a host call, and the reply of the request that
//! is running. Whoever ends that request first, the worker or a stopper, takes the reply and answers it; the other finds
//! nothing to take. The first reason to stop wins, and the lifecycle only moves forward. Checked by loom.

use super::sync::{AtomicBool, Mutex, Ordering, mutant};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Where an instance stands in its life. A later status never becomes an earlier one; idle and running alternate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The thread exists; the module is being instantiated.
    Starting,
    /// Waiting for a request.
    Idle,
    /// Serving a request.
    Running,
    /// Told to stop; its thread has not ended yet.
    Stopping,
    /// The thread has ended.
    Dead,
}

impl Status {
    /// The word that statistics and logs use.
    pub fn name(self) -> &'static str {
        match self {
            Status::Starting => "starting",
            Status::Idle => "idle",
            Status::Running => "running",
            Status::Stopping => "stopping",
            Status::Dead => "dead",
        }
    }
}

/// Why an instance is being ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Its owner dropped it.
    Dropped,
    /// `terminate()` was called, perhaps with a reason.
    Terminated(Option<String>),
    /// A request ran longer than it may.
    TimedOut {
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// An `AbortSignal` fired.
    Aborted,
    /// A bug in the host: the worker panicked.
    Panicked(String),
    /// Instantiation failed; there never was a guest to call.
    Failed,
    /// The runtime is shutting down.
    Shutdown,
}

/// Identifies one request of one instance, so that a late deadline cannot stop the request after it.
pub type RequestNumber = u64;

/// The cell itself. `R` is the reply of a request.
pub struct Control<R> {
    /// Mirrors `state.reason.is_some()`, for the paths that must not take the lock (epoch checks, every host call).
    stopped: AtomicBool,
    state: Mutex<State<R>>,
}

struct State<R> {
    status: Status,
    reason: Option<StopReason>,
    running: Option<R>,
    request: RequestNumber,
    waker: Option<Waker>,
}

/// What the first stopper is handed, and must deal with.
pub struct Stopped<R> {
    /// The reply of the request that was running: the stopper answers it.
    pub running: Option<R>,
    waker: Option<Waker>,
}

impl<R> Stopped<R> {
    /// Wakes a guest that sleeps in a host call. Separate, so that the reply can be answered first.
    pub fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl<R> Default for Control<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> Control<R> {
    /// A cell in `Starting`, with nothing running.
    pub fn new() -> Self {
        let state = State { status: Status::Starting, reason: None, running: None, request: 0, waker: None };
        Control { stopped: AtomicBool::new(false), state: Mutex::new(state) }
    }

    /// The worker takes on a request. After a stop the reply is handed back and the request must not run.
    ///
    /// Arm the epoch deadline *before* this: a stop sets the reason and then bumps the epoch, so either this call sees the
    /// reason or the bump comes after the arming and interrupts the guest.
    pub fn begin(&self, reply: R) -> Result<RequestNumber, R> {
        let mut state = self.state.lock();
        if state.reason.is_some() && !mutant!("begin_ignores_the_stop") {
            return Err(reply);
        }
        if state.status == Status::Idle {
            state.status = Status::Running;
        }
        state.request += 1;
        state.running = Some(reply);
        Ok(state.request)
    }

    /// The worker is done with the request it began: takes the reply to answer it, or `None` if a stopper has.
    pub fn finish(&self) -> Option<R> {
        let mut state = self.state.lock();
        if state.reason.is_none() || mutant!("finish_turns_back_to_idle") {
            state.status = Status::Idle;
        }
        state.waker = None;
        state.running.take()
    }

    /// Ends the instance for this reason. `None` if it has been told to stop already: the first reason stands.
    pub fn stop(&self, reason: StopReason) -> Option<Stopped<R>> {
        self.stop_if(|_| true, reason)
    }

    /// Like [`stop`](Self::stop), but only while this very request is running.
    pub fn stop_request(&self, request: RequestNumber, reason: StopReason) -> Option<Stopped<R>> {
        let wanted = |state: &State<R>| state.request == request && state.running.is_some();
        self.stop_if(|state| wanted(state) || mutant!("a_late_deadline_stops"), reason)
    }

    fn stop_if(&self, wanted: impl FnOnce(&State<R>) -> bool, reason: StopReason) -> Option<Stopped<R>> {
        let mut state = self.state.lock();
        let first = state.reason.is_none() || mutant!("a_second_stop_counts");
        if !first || !wanted(&state) {
            return None;
        }
        state.reason = Some(reason);
        state.status = Status::Stopping;
        if !mutant!("stop_leaves_the_flag") {
            self.stopped.store(true, Ordering::SeqCst);
        }
        let running = state.running.take().filter(|_| !mutant!("stop_loses_the_reply"));
        Some(Stopped { running, waker: state.waker.take() })
    }

    /// The worker's last word: the thread is about to end. Gives back a reply that nobody has answered.
    pub fn bury(&self, otherwise: StopReason) -> Option<R> {
        let mut state = self.state.lock();
        state.reason.get_or_insert(otherwise);
        state.status = Status::Dead;
        self.stopped.store(true, Ordering::SeqCst);
        if mutant!("bury_keeps_the_reply") {
            return None;
        }
        state.running.take()
    }

    /// Has the instance been told to stop? One atomic load.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Why it was stopped, if it was.
    pub fn reason(&self) -> Option<StopReason> {
        self.state.lock().reason.clone()
    }

    /// Where the instance stands.
    pub fn status(&self) -> Status {
        self.state.lock().status
    }

    /// Resolves once the instance has been told to stop.
    pub fn stopped(&self) -> StopSignal<'_, R> {
        StopSignal(self)
    }
}

/// The future of [`Control::stopped`].
pub struct StopSignal<'a, R>(&'a Control<R>);

impl<R> Future for StopSignal<'_, R> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.state.lock();
        if state.reason.is_some() && !mutant!("a_sleeper_does_not_look") {
            return Poll::Ready(());
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_wins_and_the_stopper_gets_the_reply() {
        let control = Control::new();
        control.begin("reply").unwrap();
        let stopped = control.stop(StopReason::Dropped).unwrap();
        assert_eq!(stopped.running, Some("reply"));
        assert!(control.stop(StopReason::Aborted).is_none());
        assert_eq!(control.reason(), Some(StopReason::Dropped));
        assert_eq!(control.finish(), None);
        assert_eq!(control.begin("next"), Err("next"));
        assert_eq!(control.bury(StopReason::Aborted), None);
        assert_eq!((control.status(), control.reason()), (Status::Dead, Some(StopReason::Dropped)));
    }

    #[test]
    fn a_late_deadline_leaves_the_next_request_alone() {
        let control = Control::new();
        let first = control.begin(1).unwrap();
        assert_eq!(control.finish(), Some(1));
        let second = control.begin(2).unwrap();
        assert!(control.stop_request(first, StopReason::Aborted).is_none());
        assert!(!control.is_stopped());
        assert!(control.stop_request(second, StopReason::Aborted).is_some());
    }
}
