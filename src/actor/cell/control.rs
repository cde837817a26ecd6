//! The control cell: what must reach a guest that is *not* reading its mailbox.
//!
//! It holds the lifecycle, the reason to stop, a waker for a guest asleep in a host call, and the reply of the request that
//! is running. Whoever ends that request first, the worker or a stopper, takes the reply and answers it; the other finds
//! nothing to take. The first reason to stop wins, and the lifecycle only moves forward. Checked by loom.

pub use super::reason::StopReason;

use crate::sync::{AtomicBool, Mutex, Ordering, mutant};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Where an instance stands in its life. A later status never becomes an earlier one, but that idle, running,
/// waiting and restarting alternate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    state: Mutex<State<R>>,
}

struct State<R> {
    status: Status,
    reason: Option<StopReason>,
    /// Why the request that ran was ended, where the instance is to be restarted rather than to end.
    interruption: Option<StopReason>,
    running: Option<R>,
    request: RequestNumber,
    waker: Option<Waker>,
}

impl<R> State<R> {
    fn is_stopped(&self) -> bool {
        self.reason.is_some() || self.interruption.is_some()
    }
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
        let state = State {
            status: Status::Starting,
            reason: None,
            interruption: None,
            running: None,
            request: 0,
            waker: None,
        };
        Control { stopped: AtomicBool::new(false), state: Mutex::new(state) }
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

    /// The worker is done with the request it began: takes the reply to answer it, or `None` if a stopper has.
    pub fn finish(&self) -> Option<R> {
        let mut state = self.state.lock();
        if !state.is_stopped() || mutant!("finish_turns_back_to_idle") {
            state.status = Status::Idle;
        }
        state.waker = None;
        state.running.take()
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
        self.stop_if(|_| true, reason)
    }

    /// Like [`stop`](Self::stop), but only while this very request is running.
    pub fn stop_request(&self, request: RequestNumber, reason: StopReason) -> Option<Stopped<R>> {
        let wanted = |state: &State<R>| state.request == request && state.running.is_some();
        self.stop_if(|state| wanted(state) || mutant!("a_late_deadline_stops"), reason)
    }

    /// Ends this request while it runs, and the guest with it, but not the instance: the worker will restart it.
    pub fn interrupt_request(&self, request: RequestNumber, reason: StopReason) -> Option<Stopped<R>> {
        let mut state = self.state.lock();
        if state.is_stopped() || state.request != request || state.running.is_none() {
            return None;
        }
        state.interruption = Some(reason);
        state.status = Status::Restarting;
        self.stopped.store(true, Ordering::SeqCst);
        Some(Stopped { running: state.running.take(), waker: state.waker.take() })
    }

    /// Why the worker is to restart the instance, if it is.
    pub fn interruption(&self) -> Option<StopReason> {
        self.state.lock().interruption.clone()
    }

    /// The worker makes a fresh guest. False after a stop: then there must be none. To be asked once the guest before is gone,
    /// since that one may have effects again from here on.
    pub fn renew(&self) -> bool {
        let mut state = self.state.lock();
        if state.reason.is_some() && !mutant!("renew_ignores_the_stop") {
            return false;
        }
        state.interruption = None;
        state.status = Status::Restarting;
        self.stopped.store(false, Ordering::SeqCst);
        true
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
    pub fn mark_dead(&self, otherwise: StopReason) -> Option<R> {
        let mut state = self.state.lock();
        state.reason.get_or_insert(otherwise);
        state.status = Status::Dead;
        self.stopped.store(true, Ordering::SeqCst);
        if mutant!("mark_dead_keeps_the_reply") {
            return None;
        }
        state.running.take()
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

    /// Where the instance stands.
    pub fn status(&self) -> Status {
        self.state.lock().status
    }

    /// Resolves once the instance has been told to stop.
    pub fn stopped(&self) -> StopSignal<'_, R> {
        StopSignal(self)
    }

    /// Does this work until the instance is told to stop: then it is dropped where it stands, and there is no result.
    pub async fn until_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let (mut stopped, mut work) = (pin!(self.stopped()), pin!(work));
        poll_fn(|cx| match stopped.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => work.as_mut().poll(cx).map(Some),
        })
        .await
    }
}

/// The future of [`Control::stopped`].
pub struct StopSignal<'a, R>(&'a Control<R>);

impl<R> Future for StopSignal<'_, R> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.state.lock();
        if state.is_stopped() && !mutant!("a_sleeper_does_not_look") {
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
    use std::time::Duration;

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
        let timed_out = StopReason::TimedOut { limit: Duration::from_millis(5) };
        assert!(control.interrupt_request(called, timed_out).is_some());
        assert!(!control.runs(called) && control.wait().is_none());
        // The guest that comes after it has not called.
        assert!(control.renew() && !control.runs(called));
        control.begin(2).unwrap();
        assert!(!control.runs(called));
        let called = control.wait().unwrap();
        assert!(control.runs(called));
        control.stop(StopReason::Dropped).unwrap();
        assert!(!control.runs(called) && control.wait().is_none());
    }

    #[test]
    fn an_interrupted_instance_is_renewed_unless_it_is_stopped() {
        let control = Control::new();
        let first = control.begin(1).unwrap();
        let timed_out = StopReason::TimedOut { limit: Duration::from_millis(5) };
        assert_eq!(control.interrupt_request(first, timed_out.clone()).unwrap().running, Some(1));
        assert_eq!(
            (control.is_stopped(), control.interruption(), control.reason()),
            (true, Some(timed_out.clone()), None)
        );
        assert_eq!((control.finish(), control.status(), control.begin(2)), (None, Status::Restarting, Err(2)));
        assert!(control.renew() && !control.is_stopped());
        assert!(control.interrupt_request(first, timed_out.clone()).is_none());
        let second = control.begin(2).unwrap();
        assert!(control.interrupt_request(second, timed_out).is_some());
        assert!(control.stop(StopReason::Dropped).is_some_and(|stopped| stopped.running.is_none()));
        assert!(!control.renew());
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
