//! The stop protocol: the worker against whoever ends the instance.

use crate::actor::control::{Clock, Control, Finished, Status, StopReason, Stopped, Unanswered};
use crate::check;
use crate::twins::mutant;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use loom::thread;
use std::time::Duration;

/// A reply that counts how often it is answered.
struct CountedReply(Arc<AtomicUsize>);

impl CountedReply {
    fn send(self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Unanswered<CountedReply> {
    fn send(self) {
        self.running.send();
    }
}

/// As a worker answers what it has come to the end of.
fn answer(finished: Finished<CountedReply>) {
    match finished {
        Finished::Alone(reply) => reply.send(),
        Finished::Expired(unanswered) => unanswered.send(),
        Finished::Answered => {}
    }
}

/// As a stopper answers.
fn answer_and_wake(mut stopped: Stopped<CountedReply>) {
    if let Some(reply) = stopped.running.take() {
        reply.send();
    }
    stopped.wake();
}

pub fn timed_out() -> StopReason {
    StopReason::TimedOut { limit: Duration::from_millis(1), of: Clock::Wall }
}

/// Claim: the running request is answered exactly once, by the worker or by who stops it.
#[test]
fn a_running_request_is_answered_exactly_once() {
    check(|| {
        let control = Arc::new(Control::<CountedReply>::new());
        let answers = Arc::new(AtomicUsize::new(0));
        let stopper = thread::spawn({
            let control = control.clone();
            move || {
                if let Some(mut stopped) = control.stop(StopReason::Dropped) {
                    if let Some(reply) = stopped.running.take() {
                        reply.send();
                    }
                    stopped.wake();
                }
            }
        });
        match control.begin(CountedReply(answers.clone())) {
            Ok(_) => answer(control.finish()),
            Err(refused) => refused.send(),
        }
        stopper.join().unwrap();
        let count = answers.load(Ordering::SeqCst);
        assert!(count == 1, "the request was answered {count} times");
        assert_eq!(control.status(), Status::Stopping);
    });
}

/// Claim: a worker that dies in the middle of a request, whenever a stop comes, leaves it answered exactly once.
#[test]
fn a_dying_worker_leaves_no_request_unanswered() {
    check(|| {
        let control = Arc::new(Control::<CountedReply>::new());
        let answers = Arc::new(AtomicUsize::new(0));
        let stopper = thread::spawn({
            let control = control.clone();
            move || control.stop(StopReason::Dropped).and_then(|stopped| stopped.running).map(Unanswered::send)
        });
        if let Err(refused) = control.begin(CountedReply(answers.clone())) {
            refused.send();
        }
        // It never comes to `finish`. What the thread does last:
        if let Some(unanswered) = control.mark_dead(StopReason::Panicked(String::new())) {
            unanswered.send();
        }
        stopper.join().unwrap();
        let count = answers.load(Ordering::SeqCst);
        assert!(count == 1, "the request was answered {count} times");
        assert_eq!(control.status(), Status::Dead);
    });
}

/// Claim: a host call that begins after a stop has been answered does nothing.
#[test]
fn a_host_call_after_a_stop_has_no_effect() {
    check(|| {
        let control = Arc::new(Control::new());
        let answered = Arc::new(AtomicUsize::new(0));
        control.begin(()).unwrap();
        let stopper = thread::spawn({
            let (control, answered) = (control.clone(), answered.clone());
            move || {
                control.stop(StopReason::Dropped);
                // As the channel of a reply orders it.
                answered.store(1, Ordering::Release);
            }
        });
        for _ in 0..2 {
            let after = answered.load(Ordering::Acquire) == 1;
            let takes_effect = !control.is_stopped();
            assert!(!(after && takes_effect), "a host call after the stop took effect");
        }
        stopper.join().unwrap();
    });
}

/// Claim: whoever looks, and however often, sees the status move forward only; idle, running, waiting and restarting alternate.
#[test]
fn the_status_only_moves_forward() {
    fn rank(status: Status) -> u8 {
        match status {
            Status::Starting => 0,
            Status::Idle | Status::Running | Status::Waiting | Status::Restarting => 1,
            Status::Stopping => 2,
            Status::Dead => 3,
        }
    }
    check(|| {
        let control = Arc::new(Control::new());
        control.begin(()).unwrap();
        let worker = thread::spawn({
            let control = control.clone();
            move || {
                control.finish();
                control.mark_dead(StopReason::Failed);
            }
        });
        let stopper = thread::spawn({
            let control = control.clone();
            move || drop(control.stop(StopReason::Dropped))
        });
        let mut before = control.status();
        for _ in 0..3 {
            let now = control.status();
            assert!(rank(now) >= rank(before), "from {before:?} back to {now:?}");
            before = now;
        }
        worker.join().unwrap();
        stopper.join().unwrap();
        assert_eq!(control.status(), Status::Dead);
    });
}

/// Claim: of two reasons to stop the first stands, and one stopper only is handed the reply.
#[test]
fn the_first_reason_wins() {
    check(|| {
        let control = Arc::new(Control::new());
        control.begin(()).unwrap();
        let other = thread::spawn({
            let control = control.clone();
            move || control.stop(StopReason::Aborted).is_some()
        });
        let dropped = control.stop(StopReason::Dropped).is_some();
        let aborted = other.join().unwrap();
        assert!(dropped != aborted, "both stopped it, or neither");
        assert_eq!(control.reason(), Some(if dropped { StopReason::Dropped } else { StopReason::Aborted }));
    });
}

/// Claim: a guest asleep in a host call is woken by a stop, whenever it comes.
#[test]
fn a_sleeping_guest_is_woken() {
    check(|| {
        let control = Arc::new(Control::new());
        control.begin(()).unwrap();
        let stopper = thread::spawn({
            let control = control.clone();
            move || control.stop(StopReason::Dropped).unwrap().wake()
        });
        // Never returns, and loom reports a deadlock, if the wake-up is lost.
        loom::future::block_on(control.stopped());
        stopper.join().unwrap();
    });
}

/// Claim: a stop is never lost, in whatever order it is set, bumped and armed: the stopper sets the reason and then bumps
/// the epoch; the worker arms its deadline and then begins; a guest that has begun is certain to be interrupted.
#[test]
fn a_stop_is_never_lost() {
    check(|| {
        let control = Arc::new(Control::new());
        let epoch = Arc::new(AtomicU64::new(0));
        let stopper = thread::spawn({
            let (control, epoch) = (control.clone(), epoch.clone());
            move || {
                control.stop(StopReason::Dropped);
                // Relaxed, as wasmtime has it.
                epoch.fetch_add(1, Ordering::Relaxed);
            }
        });
        let arm = || epoch.load(Ordering::Relaxed) + 1;
        let early = arm();
        let begun = control.begin(()).is_ok();
        let deadline = if mutant!("the_worker_arms_late") { arm() } else { early };
        stopper.join().unwrap();
        if begun {
            assert!(epoch.load(Ordering::Relaxed) >= deadline, "the guest spins on, and nobody will bump again");
        }
    });
}

/// Claim: a stop that races with a restart is never lost. Whichever comes first, the fresh guest's start is either never begun,
/// or answered by the stopper, and the cell says that it is stopped.
#[test]
fn a_stop_is_not_lost_in_a_restart() {
    check(|| {
        let control = Arc::new(Control::<CountedReply>::new());
        let answers = Arc::new(AtomicUsize::new(0));
        let request = control.begin(CountedReply(answers.clone())).ok().unwrap();
        let stop = thread::spawn({
            let control = control.clone();
            move || {
                if let Some(reply) = control.stop(StopReason::Dropped).and_then(|mut stopped| stopped.running.take()) {
                    reply.send();
                }
            }
        });
        control.expire(request, timed_out(), true);
        answer(control.finish());
        let mut begun = 1;
        if control.renew() {
            begun += 1;
            match control.begin(CountedReply(answers.clone())) {
                Ok(_) => answer(control.finish()),
                Err(refused) => refused.send(),
            }
        }
        stop.join().unwrap();
        assert_eq!(answers.load(Ordering::SeqCst), begun);
        assert!(control.is_stopped() && control.begin(CountedReply(answers.clone())).is_err());
        assert_eq!(control.status(), Status::Stopping);
    });
}

/// Claim: a deadline of one request never ends the instance during the next.
#[test]
fn a_late_deadline_spares_the_next_request() {
    check(|| {
        let control = Arc::new(Control::new());
        let first = control.begin(1).unwrap();
        let deadline = thread::spawn({
            let control = control.clone();
            move || control.expire(first, timed_out(), false).is_some()
        });
        let finished = control.finish();
        let second = control.begin(2);
        let expired = deadline.join().unwrap();
        let unanswered = Unanswered { running: 1, why: timed_out() };
        match expired {
            true => {
                assert_eq!((finished, second), (Finished::Expired(unanswered), Err(2)), "the next request was ended")
            }
            false => assert!(finished == Finished::Alone(1) && second.is_ok(), "the next request was refused"),
        }
    });
}

/// Claim: a request that runs out of time is answered exactly once, by the guest's thread or by who waits for that no longer, and so is
/// each that the fresh guest is asked meanwhile.
#[test]
fn an_expired_request_is_answered_exactly_once() {
    check(|| {
        let control = Arc::new(Control::<CountedReply>::new());
        let [first, second] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        let request = control.begin(CountedReply(first.clone())).ok().unwrap();
        let deadline = thread::spawn({
            let (control, first) = (control.clone(), first.clone());
            move || {
                if let Some(mut expired) = control.expire(request, timed_out(), true) {
                    expired.wake();
                    if let Some(late) = control.take_expired(request) {
                        let taken = &late.running.as_ref().unwrap().running.0;
                        assert!(Arc::ptr_eq(taken, &first), "a late answer was for another request");
                        answer_and_wake(late);
                    }
                }
            }
        });
        answer(control.finish());
        if control.interruption().is_some() {
            assert!(control.renew());
        }
        let next = control.begin(CountedReply(second.clone())).ok();
        // That one has no limit; a stop leaves its reply behind, if nobody takes it.
        if next.is_some() {
            control.expire(request + 1, timed_out(), false);
            answer(control.finish());
        }
        deadline.join().unwrap();
        let counts = [&first, &second].map(|answers| answers.load(Ordering::SeqCst));
        assert_eq!(counts[0], 1, "the first request was answered {} times", counts[0]);
        if next.is_some() {
            assert_eq!(counts[1], 1, "the second request was answered {} times", counts[1]);
        }
    });
}

/// Claim: from its limit on a request's guest has no effect on anything, also while its thread is still waited for to answer.
#[test]
fn a_host_call_after_a_time_limit_has_no_effect() {
    check(|| {
        let control = Arc::new(Control::new());
        let over = Arc::new(AtomicUsize::new(0));
        let request = control.begin(()).unwrap();
        let called = control.wait().unwrap();
        let deadline = thread::spawn({
            let (control, over) = (control.clone(), over.clone());
            move || {
                control.expire(request, timed_out(), false);
                over.store(1, Ordering::Release);
            }
        });
        for _ in 0..2 {
            let after = over.load(Ordering::Acquire) == 1;
            let takes_effect = !control.is_stopped() || control.runs(called);
            assert!(!(after && takes_effect), "a host call after the limit took effect");
        }
        deadline.join().unwrap();
        assert!(control.awaits_the_guest());
    });
}

/// Claim: the work of a request that has run out of time is given up once who waits no longer has answered, whenever that comes.
#[test]
fn a_guest_that_says_nothing_is_given_up() {
    check(|| {
        let control = Arc::new(Control::<CountedReply>::new());
        let answers = Arc::new(AtomicUsize::new(0));
        let request = control.begin(CountedReply(answers.clone())).ok().unwrap();
        let deadline = thread::spawn({
            let control = control.clone();
            move || {
                control.expire(request, timed_out(), false).unwrap().wake();
                if let Some(late) = control.take_expired(request) {
                    answer_and_wake(late);
                }
            }
        });
        // Never returns, and loom reports a deadlock, if the wake-up is lost.
        let work = std::future::pending::<()>();
        assert_eq!(loom::future::block_on(control.until_stopped(work)), None);
        answer(control.finish());
        deadline.join().unwrap();
        assert_eq!(answers.load(Ordering::SeqCst), 1);
    });
}
