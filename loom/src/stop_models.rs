//! The stop protocol: the worker against whoever ends the instance.

use crate::actor::control::{Control, Status, StopReason};
use crate::check;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use loom::thread;

/// A reply that counts how often it is answered.
struct CountedReply(Arc<AtomicUsize>);

impl CountedReply {
    fn send(self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
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
            Ok(_) => drop(control.finish().map(CountedReply::send)),
            Err(refused) => refused.send(),
        }
        stopper.join().unwrap();
        assert_eq!(answers.load(Ordering::SeqCst), 1);
        assert_eq!(control.status(), Status::Stopping);
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
        assert!(dropped != aborted);
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

/// The epoch protocol: the stopper sets the reason and then bumps; the worker arms its deadline and then begins. True if a
/// guest that began is certain to be interrupted.
fn stop_reaches_a_spinning_guest(arm_first: bool) {
    check(move || {
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
        let (deadline, begun) = if arm_first {
            let deadline = arm();
            (deadline, control.begin(()).is_ok())
        } else {
            let begun = control.begin(()).is_ok();
            (arm(), begun)
        };
        stopper.join().unwrap();
        if begun {
            assert!(epoch.load(Ordering::Relaxed) >= deadline, "the guest spins on, and nobody will bump again");
        }
    });
}

/// Claim: a stop is never lost, in whatever order it is set, bumped and armed.
#[test]
fn a_stop_is_never_lost() {
    stop_reaches_a_spinning_guest(true);
}

/// The mutant that the model catches: arming after the request has begun.
#[test]
#[should_panic(expected = "nobody will bump again")]
fn mutant_arming_late_loses_the_stop() {
    stop_reaches_a_spinning_guest(false);
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
        let timed_out = StopReason::TimedOut { limit_ms: 1 };
        if let Some(reply) = control.interrupt_request(request, timed_out).and_then(|mut cut| cut.running.take()) {
            reply.send();
        }
        assert!(control.finish().is_none());
        let mut begun = 1;
        if control.renew() {
            begun += 1;
            match control.begin(CountedReply(answers.clone())) {
                Ok(_) => drop(control.finish().map(CountedReply::send)),
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
            move || {
                control.stop_request(first, StopReason::TimedOut { limit_ms: 1 }).and_then(|stopped| stopped.running)
            }
        });
        let finished = control.finish();
        let second = control.begin(2);
        let expired = deadline.join().unwrap();
        match expired {
            Some(request) => assert_eq!((request, finished, second), (1, None, Err(2))),
            None => assert!(finished == Some(1) && second.is_ok()),
        }
    });
}
