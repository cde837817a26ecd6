//! The delivery of a host call: it lies in line for as long as the event loop is busy, and its guest may be stopped meanwhile.

use crate::actor::config::InstanceConfig;
use crate::actor::control::{Control, StopReason};
use crate::actor::guest::CALL_OUT;
use crate::actor::host_call::{HostCall, HostEvent, HostEvents, HostImports, HostReply};
use crate::actor::message::{Answer, Command, Request, reply};
use crate::actor_models::{call, end_of, is_of_a_stop, started};
use crate::error::WasmError;
use crate::stop_models::timed_out;
use crate::{PREEMPTIONS_OF_THE_LARGEST, check, check_within};
use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use std::future::Future;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Waker};

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
                control.expire(request, timed_out(), true);
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

/// Claim: of a whole actor, a host function that its guest calls begins before a stop has been answered, or never; one that does not
/// begin is cancelled; what it asks the waiting guest is answered; and so is the guest's own request.
#[test]
fn a_host_call_begins_before_a_stop_or_is_cancelled() {
    check_within(PREEMPTIONS_OF_THE_LARGEST, || {
        let (events, mut receiver) = HostEvents::new();
        let imports = Some(HostImports { events, set: 0, given: Vec::new() });
        let actor = started(InstanceConfig { imports, ..InstanceConfig::default() });
        // Not one of loom's: it only says what has happened in this interleaving.
        let stopped = std::sync::Arc::new(AtomicBool::new(false));
        let host = thread::spawn({
            let stopped = stopped.clone();
            move || {
                let (mut called, mut begun, mut cancelled) = (0, 0, 0);
                // Ends with the actor, which holds the other half.
                while let Some(event) = block_on(receiver.recv()) {
                    let HostEvent::Call(HostCall { guest, replies, .. }) = event else {
                        cancelled += 1;
                        continue;
                    };
                    called += 1;
                    let after = stopped.load(Ordering::SeqCst);
                    if guest.waits() {
                        assert!(!after, "a host function began after the stop");
                        begun += 1;
                        let (reply, pending) = reply();
                        let _ = replies.send(HostReply::Request(Request { command: Command::MemorySize, reply }));
                        let _ = block_on(pending.outcome(|| WasmError::no_instance(1)));
                        let _ = replies.send(HostReply::Return(Vec::new()));
                    }
                }
                assert!(begun + cancelled >= called, "a call neither began nor was cancelled");
            }
        });
        let mut asked = Box::pin(actor.ask(call(CALL_OUT)));
        let early = asked.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(actor.stop(StopReason::Dropped));
        stopped.store(true, Ordering::SeqCst);
        let outcome = match early {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => block_on(asked.as_mut()),
        };
        assert!(outcome == Ok(Answer::Done) || is_of_a_stop(&outcome), "{outcome:?}");
        assert_eq!(end_of(&actor), StopReason::Dropped);
        drop(asked);
        host.join().unwrap();
    });
}
