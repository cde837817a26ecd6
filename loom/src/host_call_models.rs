//! The delivery of a host call: it lies in line for as long as the event loop is busy, and its guest may be stopped meanwhile.

use crate::actor::control::{Control, StopReason};
use crate::check;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

/// Claim: a host function that was called before a stop does not begin after it, however late it is delivered.
#[test]
fn a_host_function_does_not_begin_after_a_stop() {
    check(|| {
        let control = Arc::new(Control::new());
        let answered = Arc::new(AtomicUsize::new(0));
        control.begin(()).unwrap();
        let request = control.wait().unwrap();
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
            let begins = control.runs(request);
            assert!(!(after && begins), "a host function began after the stop");
        }
        stopper.join().unwrap();
    });
}

/// Claim: nor does one begin that the guest before a restart has called, whatever the fresh one is at.
#[test]
fn a_host_function_does_not_begin_for_another_guest() {
    check(|| {
        let control = Arc::new(Control::new());
        let answered = Arc::new(AtomicUsize::new(0));
        let request = control.begin(()).unwrap();
        assert_eq!(control.wait(), Some(request));
        let worker = thread::spawn({
            let (control, answered) = (control.clone(), answered.clone());
            move || {
                control.interrupt_request(request, StopReason::TimedOut { limit: std::time::Duration::from_millis(1) });
                answered.store(1, Ordering::Release);
                control.finish();
                assert!(control.renew() && control.begin(()).is_ok());
                assert_ne!(control.wait(), Some(request));
            }
        });
        for _ in 0..2 {
            let after = answered.load(Ordering::Acquire) == 1;
            let begins = control.runs(request);
            assert!(!(after && begins), "a host function began for another guest");
        }
        worker.join().unwrap();
    });
}
