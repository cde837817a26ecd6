//! The deadlines: arming and disarming against the thread that sleeps until the nearest.

use crate::check;
use crate::engine::Deadlines;
use crate::twins::Notify;
use loom::future::block_on;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Never reached: a time that passes is no event in a model.
fn distant(now: Instant) -> Instant {
    now + Duration::from_secs(3600)
}

/// Something that comes once, and can be waited for.
#[derive(Default)]
struct Event(Notify, AtomicBool);

impl Event {
    fn happen(&self) {
        self.1.store(true, Ordering::SeqCst);
        self.0.notify_waiters();
    }

    /// Never returns, and loom reports a deadlock, if it does not come.
    fn wait(&self) {
        let notified = self.0.notified();
        if !self.1.load(Ordering::SeqCst) {
            block_on(notified);
        }
    }
}

/// Claim: a deadline that is armed is never slept over, also by a thread that sleeps until a later one or is about to.
#[test]
fn an_armed_deadline_is_never_slept_over() {
    check(|| {
        let (deadlines, now) = (Deadlines::default(), Instant::now());
        let fired = Arc::new(Event::default());
        let later = deadlines.arm(distant(now), || panic!("it is not due")).unwrap();
        deadlines
            .arm(now, {
                let fired = fired.clone();
                move || fired.happen()
            })
            .unwrap();
        fired.wait();
        deadlines.disarm(later);
    });
}

/// Claim: the first deadline of an idle thread wakes it, too, and so does one after another that was disarmed.
#[test]
fn a_deadline_after_a_disarmed_one_is_never_slept_over() {
    check(|| {
        let (deadlines, now) = (Deadlines::default(), Instant::now());
        let fired = Arc::new(Event::default());
        let disarmed = deadlines.arm(now, || {}).unwrap();
        deadlines.disarm(disarmed);
        deadlines
            .arm(now, {
                let fired = fired.clone();
                move || fired.happen()
            })
            .unwrap();
        fired.wait();
    });
}

/// Claim: what is disarmed before its turn never runs, and arming and disarming wait for no action that is running.
#[test]
fn what_is_disarmed_in_time_never_runs() {
    check(|| {
        let (deadlines, now) = (Deadlines::default(), Instant::now());
        let [runs, may_end, last, never] = [(); 4].map(|()| Arc::new(Event::default()));
        let first = {
            let (runs, may_end) = (runs.clone(), may_end.clone());
            move || {
                runs.happen();
                may_end.wait();
            }
        };
        let happens = |event: &Arc<Event>| {
            let event = event.clone();
            move || event.happen()
        };
        deadlines.arm(now, first).unwrap();
        runs.wait();
        let disarmed = deadlines.arm(now, happens(&never)).unwrap();
        deadlines.arm(now, happens(&last)).unwrap();
        deadlines.disarm(disarmed);
        may_end.happen();
        last.wait();
        assert!(!never.1.load(Ordering::SeqCst), "it ran");
    });
}
