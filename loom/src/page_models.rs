//! Guests that are stopped by taking a page away at which their code looks.

use crate::actor::config::InstanceConfig;
use crate::actor::control::{Control, StopReason};
use crate::actor::guest::SPIN;
use crate::actor::{Watch, spawn};
use crate::actor_models::{call, end_of, is_of_a_stop, made_with};
use crate::engine::Page;
use crate::stop_models::timed_out;
use crate::{check, check_actor};
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;

/// Claim: a stop takes its page from a guest that looks at one, whenever it comes, also while its start function runs; it ends, and its request
/// is answered.
#[test]
fn a_guest_that_looks_is_stopped() {
    check_actor(|| {
        let mut config = InstanceConfig::default();
        config.wasi.args.push(SPIN.to_owned());
        let blueprint = made_with(Page::there(), config, Watch::default(), |_| {});
        let actor = blueprint.actor.clone();
        let pending = spawn(blueprint, (), || {}).unwrap();
        let stopper = thread::spawn({
            let actor = actor.clone();
            move || actor.stop(StopReason::Dropped)
        });
        let outcome = block_on(pending.outcome(|| actor.gone_error()));
        assert!(is_of_a_stop(&outcome), "{outcome:?}");
        stopper.join().unwrap();
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}

/// Claim: the same of a guest that has started, and is asked for something.
#[test]
fn a_request_to_a_guest_that_looks_is_stopped() {
    check_actor(|| {
        let blueprint = made_with(Page::there(), InstanceConfig::default(), Watch::default(), |_| {});
        let actor = blueprint.actor.clone();
        let _started = spawn(blueprint, (), || {}).unwrap();
        let stopper = thread::spawn({
            let actor = actor.clone();
            move || actor.stop(StopReason::Dropped)
        });
        let outcome = block_on(actor.ask(call(SPIN)));
        assert!(is_of_a_stop(&outcome), "{outcome:?}");
        stopper.join().unwrap();
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}

/// Claim: whoever ends one guest takes no page from the one after it, however late it comes to do so: a fresh guest that nobody has stopped has
/// its page.
#[test]
fn a_page_is_taken_from_no_fresh_guest() {
    check(|| {
        let page = Page::there();
        let control = Arc::new(Control::with_page(page.clone()));
        let request = control.begin(()).unwrap();
        let deadline = thread::spawn({
            let control = control.clone();
            move || drop(control.expire(request, timed_out(), true))
        });
        // What the guest's thread does when the look has trapped, or the guest has ended meanwhile.
        control.finish();
        if control.interruption().is_some() {
            assert!(control.renew());
        }
        if control.begin(()).is_ok() {
            let looked = page.is_there();
            assert!(looked == Some(true), "a fresh guest has no page, and nobody stopped it");
            deadline.join().unwrap();
            let looked = page.is_there();
            assert!(looked == Some(true), "a fresh guest has lost its page, and nobody stopped it");
        } else {
            deadline.join().unwrap();
        }
    });
}
