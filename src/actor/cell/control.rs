//! The control cell: what must reach a guest that is *not* reading its mailbox.
//!
//! It holds the lifecycle, the reason to stop, a waker for a guest asleep in a host call, and the reply of the request that
//! is running. Whoever ends that request first, the worker or a stopper, takes the reply and answers it; the other finds
//! nothing to take. The first reason to stop wins, and the lifecycle only moves forward. Checked by loom.
//!
//! A request that reaches a limit of time is ended in two steps. It [expires](Control::expire): from then on the guest has no effect on
//! anything. Its reply stays for a moment, since the guest's own thread, once called out, knows where the guest was; whoever
//! takes it first, that thread or [who waits no longer](Control::take_expired), answers.

pub use super::reason::{Clock, StopReason};

use crate::engine::Page;
use crate::sync::{AtomicBool, Mutex, Ordering, mutant};
use std::task::Waker;
use std::time::Instant;

/// Where an instance stands in its life. A later status never becomes an earlier one, but that idle, running,
/// waiting and restarting alternate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Status {
    /// The thread exists; the module is being instantiated.
    Starting,
    /// Waiting for a request.
    Idle,
    /// Serving a request.
    Running,
    /// Serving a request whose guest waits for a host function.
    Waiting,
    /// Its store has died and a fresh one is to come.
    Restarting,
    /// Told to stop; its thread has not ended yet.
    Stopping,
    /// The thread has ended.
    Dead,
}

impl Status {
    /// Each of them, in the order of a life.
    pub const ALL: [Status; 7] = [
        Status::Starting,
        Status::Idle,
        Status::Running,
        Status::Waiting,
        Status::Restarting,
        Status::Stopping,
        Status::Dead,
    ];

    /// The word that statistics and logs use.
    pub fn name(self) -> &'static str {
        match self {
            Status::Starting => "starting",
            Status::Idle => "idle",
            Status::Running => "running",
            Status::Waiting => "waiting",
            Status::Restarting => "restarting",
            Status::Stopping => "stopping",
            Status::Dead => "dead",
        }
    }
}

/// Identifies one request of one instance, so that a late deadline cannot stop the request after it.
pub type RequestNumber = u64;

/// The cell itself. `R` is the reply of a request.
pub struct Control<R> {
    /// Mirrors that there is a reason or an interruption, for the paths that must not take the lock (epoch checks, every host call).
    stopped: AtomicBool,
    pub(super) state: Mutex<State<R>>,
    /// What the guest's code looks at, if it does. It is taken away and given back under the lock, so that who stops the guest before takes
    /// none from the one after it.
    page: Page,
}

pub(super) struct State<R> {
    status: Status,
    reason: Option<StopReason>,
    /// Since when there is a reason.
    ended: Option<Instant>,
    /// Why the request that ran was ended, where the instance is to be restarted rather than to end.
    interruption: Option<StopReason>,
    pub(super) running: Option<R>,
    request: RequestNumber,
    pub(super) waker: Option<Waker>,
}

impl<R> State<R> {
    pub(super) fn is_stopped(&self) -> bool {
        self.reason.is_some() || self.interruption.is_some()
    }

    fn set_reason(&mut self, reason: StopReason, status: Status) {
        if self.reason.is_none() {
            (self.reason, self.ended) = (Some(reason), Some(Instant::now()));
        }
        self.status = status;
    }

    /// The reply that is still to be answered after a stop, and what it is to be told of.
    fn take_unanswered(&mut self) -> Option<Unanswered<R>> {
        let why = self.interruption.as_ref().or(self.reason.as_ref())?.clone();
        Some(Unanswered { running: self.running.take()?, why })
    }
}

/// The reply of a request that a stop has ended, for whoever has taken it to answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Unanswered<R> {
    /// The reply.
    pub running: R,
    /// What has ended the request.
    pub why: StopReason,
}

/// How a request came to its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Finished<R> {
    /// By itself: this is its reply.
    Alone(R),
    /// By a limit of time, and nobody has answered yet.
    Expired(Unanswered<R>),
    /// By somebody who has answered.
    Answered,
}

/// What a stopper is handed, and must deal with.
pub struct Stopped<R> {
    /// The reply of the request that was running: the stopper answers it.
    pub running: Option<Unanswered<R>>,
    waker: Option<Waker>,
}

impl<R> Stopped<R> {
    /// Wakes a guest that sleeps in a host call. Separate, so that the reply can be answered first.
    pub fn wake(&mut self) {
        if let Some(waker) = self.waker.take().filter(|_| !mutant!("a_stop_wakes_nobody")) {
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
        Self::with_page(Page::default())
    }

    /// The same, for a guest whose code looks at this page.
    pub fn with_page(page: Page) -> Self {
        let state = State {
            status: Status::Starting,
            reason: None,
            ended: None,
            interruption: None,
            running: None,
            request: 0,
            waker: None,
        };
        Control { stopped: AtomicBool::new(false), state: Mutex::new(state), page }
    }

    /// The page that the guest's code looks at.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// Makes a guest that runs in its own code trap at its next look.
    fn call_out(&self, state: &State<R>) {
        if state.running.is_some() && !mutant!("a_stop_takes_no_page") {
            self.page.take_away();
        }
    }

    /// The worker takes on a request. After a stop the reply is handed back and the request must not run.
    ///
    /// Arm the epoch deadline *before* this: a stop sets the reason and then bumps the epoch, so either this call sees the
    /// reason or the bump comes after the arming and interrupts the guest.
    pub fn begin(&self, reply: R) -> Result<RequestNumber, R> {
        let mut state = self.state.lock();
        if state.is_stopped() && !mutant!("begin_ignores_the_stop") {
            return Err(reply);
        }
        if state.status == Status::Idle {
            state.status = Status::Running;
        }
        state.request += 1;
        state.running = Some(reply);
        Ok(state.request)
    }

    /// The worker is done with the request it began: takes the reply to answer it, unless somebody has answered.
    pub fn finish(&self) -> Finished<R> {
        let mut state = self.state.lock();
        state.waker = None;
        if !state.is_stopped() || mutant!("finish_turns_back_to_idle") {
            state.status = Status::Idle;
            return state.running.take().map_or(Finished::Answered, Finished::Alone);
        }
        state.take_unanswered().map_or(Finished::Answered, Finished::Expired)
    }

    /// The guest of the running request is about to call a host function: within this request, as [`runs`](Self::runs) is to be asked.
    /// `None` after a stop: nobody may hear of the call then.
    pub fn wait(&self) -> Option<RequestNumber> {
        let mut state = self.state.lock();
        if state.is_stopped() || state.running.is_none() {
            return None;
        }
        if state.status == Status::Running {
            state.status = Status::Waiting;
        }
        Some(state.request)
    }

    /// Is this request still running, and its guest not stopped? Whoever does something for the guest asks right before: if a stop was
    /// first, it must not; if this was, it did so before the stop.
    pub fn runs(&self, request: RequestNumber) -> bool {
        let state = self.state.lock();
        let goes_on = state.running.is_some() && (state.request == request || mutant!("a_call_outlives_its_request"));
        (goes_on && !state.is_stopped()) || mutant!("a_call_outlives_the_stop")
    }

    /// The guest of the running request goes on in its own code, or waits again.
    pub fn set_waiting(&self, waiting: bool) {
        let (from, to) = match waiting {
            true => (Status::Running, Status::Waiting),
            false => (Status::Waiting, Status::Running),
        };
        let mut state = self.state.lock();
        if state.status == from {
            state.status = to;
        }
    }

    /// Ends the instance for this reason. `None` if it has been told to stop already: the first reason stands.
    pub fn stop(&self, reason: StopReason) -> Option<Stopped<R>> {
        let mut state = self.state.lock();
        if state.reason.is_some() && !mutant!("a_second_stop_counts") {
            return None;
        }
        state.set_reason(reason, Status::Stopping);
        if !mutant!("stop_leaves_the_flag") {
            self.stopped.store(true, Ordering::SeqCst);
        }
        self.call_out(&state);
        let running = state.take_unanswered().filter(|_| !mutant!("stop_loses_the_reply"));
        Some(Stopped { running, waker: state.waker.take() })
    }

    /// This request has reached a limit of time while it runs: the guest ends, and either the instance with it, or the worker
    /// `restarts` it. Its reply is left to whoever takes it first.
    pub fn expire(&self, request: RequestNumber, reason: StopReason, restarts: bool) -> Option<Stopped<R>> {
        let mut state = self.state.lock();
        let runs = state.request == request && state.running.is_some();
        if state.is_stopped() || !(runs || mutant!("a_late_deadline_stops")) {
            return None;
        }
        if restarts {
            (state.interruption, state.status) = (Some(reason), Status::Restarting);
        } else {
            state.set_reason(reason, Status::Stopping);
        }
        if !mutant!("a_limit_leaves_the_flag") {
            self.stopped.store(true, Ordering::SeqCst);
        }
        if mutant!("a_page_is_taken_too_late") {
            drop(state);
            state = self.state.lock();
        }
        self.call_out(&state);
        Some(Stopped { running: None, waker: state.waker.take() })
    }

    /// The guest's thread has had its time to say where the guest was: takes the reply of this expired request, if it is still there.
    pub fn take_expired(&self, request: RequestNumber) -> Option<Stopped<R>> {
        let mut state = self.state.lock();
        if state.request != request && !mutant!("a_late_answer_is_for_another_request") {
            return None;
        }
        let running = state.take_unanswered()?;
        Some(Stopped {
            running: Some(running),
            waker: state.waker.take().filter(|_| !mutant!("a_late_answer_wakes_nobody")),
        })
    }

    /// Why the worker is to restart the instance, if it is.
    pub fn interruption(&self) -> Option<StopReason> {
        self.state.lock().interruption.clone()
    }

    /// The worker makes a fresh guest. False after a stop, or without a page for it: then there must be none. To be asked once the guest before is gone,
    /// since that one may have effects again from here on.
    pub fn renew(&self) -> bool {
        let mut state = self.state.lock();
        if state.reason.is_some() && !mutant!("renew_ignores_the_stop") {
            return false;
        }
        if !mutant!("a_fresh_guest_gets_no_page") && !self.page.give_back() {
            return false;
        }
        state.interruption = None;
        state.status = Status::Restarting;
        self.stopped.store(false, Ordering::SeqCst);
        true
    }

    /// The worker's last word: the thread is about to end. Gives back a reply that nobody has answered.
    pub fn mark_dead(&self, otherwise: StopReason) -> Option<Unanswered<R>> {
        let mut state = self.state.lock();
        state.set_reason(otherwise, Status::Dead);
        self.stopped.store(true, Ordering::SeqCst);
        if mutant!("mark_dead_keeps_the_reply") {
            return None;
        }
        state.take_unanswered()
    }

    /// Has the instance been told to stop? One atomic load.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// The same for a guest that has found the epoch bumped: sees the stop that the bump came after. The epoch is a relaxed atomic, which
    /// orders nothing, so that takes the lock.
    pub fn is_stopped_by_now(&self) -> bool {
        if mutant!("a_bump_is_taken_to_order_something") {
            return self.is_stopped();
        }
        self.state.lock().is_stopped()
    }

    /// Why it was stopped, if it was.
    pub fn reason(&self) -> Option<StopReason> {
        self.state.lock().reason.clone()
    }

    /// The same, with the time since when.
    pub fn end(&self) -> Option<(StopReason, Instant)> {
        let state = self.state.lock();
        Some((state.reason.clone()?, state.ended?))
    }

    /// Has the request that runs expired, and is its guest's thread still waited for to say where the guest was?
    pub fn awaits_the_guest(&self) -> bool {
        let state = self.state.lock();
        state.is_stopped() && state.running.is_some()
    }

    /// What there is to say of the request that runs. `look` is called under the lock.
    pub fn running<T>(&self, look: impl FnOnce(&R) -> T) -> Option<T> {
        self.state.lock().running.as_ref().map(look)
    }

    /// Where the instance stands.
    pub fn status(&self) -> Status {
        self.state.lock().status
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_first_reason_wins_and_the_stopper_gets_the_reply() {
        let control = Control::new();
        control.begin("reply").unwrap();
        let stopped = control.stop(StopReason::Dropped).unwrap();
        assert_eq!(stopped.running, Some(Unanswered { running: "reply", why: StopReason::Dropped }));
        assert!(control.stop(StopReason::Aborted).is_none());
        assert_eq!(control.reason(), Some(StopReason::Dropped));
        assert_eq!(control.finish(), Finished::Answered);
        assert_eq!(control.begin("next"), Err("next"));
        assert_eq!(control.mark_dead(StopReason::Aborted), None);
        assert_eq!((control.status(), control.reason()), (Status::Dead, Some(StopReason::Dropped)));
    }

    #[test]
    fn a_guest_waits_only_while_it_runs() {
        let control = Control::new();
        control.set_waiting(true);
        assert_eq!(control.status(), Status::Starting);
        control.begin(()).unwrap();
        control.finish();
        control.begin(()).unwrap();
        control.set_waiting(true);
        assert_eq!(control.status(), Status::Waiting);
        control.set_waiting(false);
        assert_eq!(control.status(), Status::Running);
        control.stop(StopReason::Dropped).unwrap();
        control.set_waiting(true);
        assert_eq!(control.status(), Status::Stopping);
    }

    #[test]
    fn a_host_function_begins_only_while_the_request_runs_in_which_it_was_called() {
        let control = Control::new();
        assert_eq!(control.wait(), None);
        control.begin(0).unwrap();
        control.finish();
        control.begin(1).unwrap();
        let called = control.wait().unwrap();
        assert!(control.runs(called) && control.status() == Status::Waiting);
        assert!(control.expire(called, timed_out(), true).is_some());
        assert!(!control.runs(called) && control.wait().is_none());
        control.finish();
        // The guest that comes after it has not called.
        assert!(control.renew() && !control.runs(called));
        control.begin(2).unwrap();
        assert!(!control.runs(called));
        let called = control.wait().unwrap();
        assert!(control.runs(called));
        control.stop(StopReason::Dropped).unwrap();
        assert!(!control.runs(called) && control.wait().is_none());
    }

    fn timed_out() -> StopReason {
        StopReason::TimedOut { limit: Duration::from_millis(5), of: Clock::Wall }
    }

    #[test]
    fn an_interrupted_instance_is_renewed_unless_it_is_stopped() {
        let control = Control::new();
        let first = control.begin(1).unwrap();
        assert!(control.expire(first, timed_out(), true).is_some());
        let unanswered = |running| Unanswered { running, why: timed_out() };
        assert_eq!((control.is_stopped(), control.interruption(), control.end()), (true, Some(timed_out()), None));
        assert_eq!((control.begin(2), control.finish()), (Err(2), Finished::Expired(unanswered(1))));
        assert_eq!((control.finish(), control.status()), (Finished::Answered, Status::Restarting));
        assert!(control.renew() && !control.is_stopped());
        assert!(control.expire(first, timed_out(), true).is_none() && control.take_expired(first).is_none());
        let second = control.begin(2).unwrap();
        assert!(control.expire(second, timed_out(), true).is_some());
        // The limit was first, also where a stop for good comes before its answer.
        assert_eq!(control.stop(StopReason::Dropped).unwrap().running, Some(unanswered(2)));
        assert!(control.take_expired(second).is_none() && !control.renew());
    }

    #[test]
    fn who_takes_the_reply_of_an_expired_request_first_answers() {
        let control = Control::new();
        let request = control.begin(1).unwrap();
        assert!(control.take_expired(request).is_none() && !control.awaits_the_guest());
        assert!(control.expire(request, timed_out(), false).unwrap().running.is_none());
        assert!(control.awaits_the_guest() && control.is_stopped() && !control.runs(request));
        assert!(control.stop(StopReason::Dropped).is_none() && control.take_expired(request + 1).is_none());
        assert_eq!(control.take_expired(request).unwrap().running, Some(Unanswered { running: 1, why: timed_out() }));
        assert_eq!((control.awaits_the_guest(), control.finish()), (false, Finished::Answered));
        assert_eq!(control.end().unwrap().0, timed_out());
    }

    #[test]
    fn a_late_deadline_leaves_the_next_request_alone() {
        let control = Control::new();
        let first = control.begin(1).unwrap();
        assert_eq!(control.finish(), Finished::Alone(1));
        let second = control.begin(2).unwrap();
        assert!(control.expire(first, timed_out(), false).is_none());
        assert!(!control.is_stopped());
        assert!(control.expire(second, timed_out(), false).is_some());
    }
}
