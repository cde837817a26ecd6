//! The watch: a request that begins against the watch's going to sleep, and a demotion against the end of a request.

use super::os_thread::OsThread;
use super::watch::Watch;
use crate::actor::control::{Control, StopReason};
use crate::engine::Engines;
use crate::{check, scheduling};
use loom::thread;
use std::sync::Arc;

/// Claim: a request that runs on is found, also if it begins while the watch goes to sleep; and when it has ended, its thread is in
/// its place again.
#[test]
fn a_request_that_runs_on_is_never_missed() {
    check(|| {
        let watch = Watch::new(10, Arc::default());
        let thread = Arc::new(OsThread::default());
        let entered = thread.enter();
        let entry = watch.enter(&thread);
        // One that is soon over, so that the watch is awake and about to sleep.
        entry.begin();
        entry.end();
        entry.begin();
        // Never ends, and loom gives up, if the watch sleeps.
        while !thread.is_demoted() {
            thread::yield_now();
        }
        entry.end();
        assert!(!thread.is_demoted());
        drop((entry, entered, watch));
    });
}

/// Claim: a thread is not left behind the others by a demotion that comes as its request ends.
#[test]
fn a_demotion_does_not_outlive_its_request() {
    check(|| {
        let thread = Arc::new(OsThread::default());
        let _entered = thread.enter();
        let id = thread.id().unwrap();
        thread.begin_request();
        let request = thread.request().unwrap();
        let watch = thread::spawn({
            let thread = thread.clone();
            move || thread.demote(request, 10)
        });
        thread.end_request();
        thread.promote();
        watch.join().unwrap();
        assert!(!thread.is_demoted() && !scheduling::is_behind(id), "it is left behind");
    });
}

/// Claim: a demotion that comes as a thread ends never hits the one that is given its id.
#[test]
fn a_demotion_hits_no_stranger() {
    check(|| {
        let thread = Arc::new(OsThread::default());
        thread.begin_request();
        let request = thread.request().unwrap();
        let worker = thread::spawn({
            let thread = thread.clone();
            move || {
                let entered = thread.enter();
                let id = thread.id().unwrap();
                drop(entered);
                scheduling::end(id);
            }
        });
        thread.demote(request, 10);
        worker.join().unwrap();
    });
}

/// Claim: a guest that forgets the bump of a stop is called out once more. wasmtime sets the next deadline after the guest has looked
/// whether it is stopped, from the epoch as it is by then, so a bump in between is lost on it.
#[test]
fn a_guest_that_forgets_a_bump_is_called_out_again() {
    check(|| {
        let engines = Arc::new(Engines::default());
        let watch = Watch::new(10, engines.clone());
        let thread = Arc::new(OsThread::default());
        let (entered, entry) = (thread.enter(), watch.enter(&thread));
        let control = Arc::new(Control::new());
        entry.begin();
        control.begin(()).unwrap();
        let stopper = thread::spawn({
            let (control, thread, engines) = (control.clone(), thread.clone(), engines.clone());
            move || {
                control.stop(StopReason::Dropped);
                thread.call_out();
                engines.interrupt();
            }
        });
        // The stop of another guest has bumped the epoch.
        let stopped = control.is_stopped_by_now();
        let deadline = engines.epoch() + 1;
        stopper.join().unwrap();
        // Never ends, and loom gives up, if the guest is left alone.
        while !stopped && engines.epoch() < deadline {
            thread::yield_now();
        }
        assert!(control.is_stopped_by_now());
        entry.end();
        drop((entry, entered, watch));
    });
}
