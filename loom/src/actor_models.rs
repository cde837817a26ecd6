//! Whole actors: the handle that others hold, the thread's life and its loop over requests, as they run. Only the guest, the engine
//! and the operating system are stand-ins.

use crate::actor::config::{Cause, InstanceConfig, RestartPolicy};
use crate::actor::control::{Clock, Finished, Status, StopReason};
use crate::actor::guest::{PANIC, RETURN, SLEEP, SPIN, TRAP};
use crate::actor::message::{Answer, Call, Command, Outcome, PendingReply, Request, reply};
use crate::actor::request::{Running, Work};
use crate::actor::{Actor, Blueprint, Budget, Reaper, Services, Watch, spawn};
use crate::ended::Ended;
use crate::engine::{Code, Deadlines, Engines, Module, Page};
use crate::error::{ErrorCode, WasmError};
use crate::registry::table::Table;
use crate::twins::Handle;
use crate::{PREEMPTIONS_OF_THE_LARGEST, check_actor, check_within};
use loom::future::block_on;
use loom::thread::{self, JoinHandle};
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// What an actor is to be made of.
pub fn made(config: InstanceConfig, watch: Watch, unregister: impl Fn(Ended) + Send + Sync + 'static) -> Blueprint {
    made_with(Page::default(), config, watch, unregister)
}

/// The same, with a page to look at.
pub fn made_with(
    page: Page,
    config: InstanceConfig,
    watch: Watch,
    unregister: impl Fn(Ended) + Send + Sync + 'static,
) -> Blueprint {
    let engines: Arc<Engines> = Arc::default();
    let services = Services {
        engines: engines.clone(),
        deadlines: Deadlines::default(),
        watch,
        memory: Arc::new(Budget::new(0)),
        reaper: Reaper,
        io: Handle,
    };
    Blueprint {
        actor: Arc::new(Actor::new(1, "".into(), (1, Arc::default()), &config.limits, (engines, page), unregister)),
        code: Code,
        module: Arc::new(Module),
        config,
        services: Arc::new(services),
    }
}

/// An actor on its own thread, and what its start comes to.
fn actor(blueprint: Blueprint) -> (Arc<Actor>, PendingReply) {
    let actor = blueprint.actor.clone();
    (actor, spawn(blueprint, (), || {}).unwrap())
}

fn started_under(config: InstanceConfig, watch: Watch) -> Arc<Actor> {
    let (actor, pending) = actor(made(config, watch, |_| {}));
    assert_eq!(block_on(pending.outcome(|| WasmError::no_instance(1))), Ok(Answer::Done));
    actor
}

/// One that has started.
pub fn started(config: InstanceConfig) -> Arc<Actor> {
    started_under(config, Watch::default())
}

fn restarting() -> InstanceConfig {
    let (on, within) = (vec![Cause::Trap, Cause::Timeout], Duration::from_secs(3600));
    let restart = Some(RestartPolicy { on, max: 2, within, backoff: Duration::ZERO });
    InstanceConfig { restart, ..InstanceConfig::default() }
}

pub fn call(name: &str) -> Command {
    Command::Call(Call { name: name.into(), ..Call::default() })
}

/// A call whose time is over at once.
fn call_without_time(name: &str) -> Command {
    Command::Call(Call { name: name.into(), timeout: Some(Duration::ZERO), ..Call::default() })
}

fn stopper(actor: &Arc<Actor>) -> JoinHandle<bool> {
    let actor = actor.clone();
    thread::spawn(move || actor.stop(StopReason::Dropped))
}

/// Somebody else who asks.
fn asks(actor: &Arc<Actor>, what: &'static str) -> JoinHandle<Outcome> {
    let actor = actor.clone();
    thread::spawn(move || block_on(actor.ask(call(what))))
}

/// Two requests at once, in this order.
async fn both(actor: &Actor, calls: [&str; 2]) -> [Outcome; 2] {
    let mut asked = calls.map(|name| Box::pin(actor.ask(call(name))));
    let mut outcomes = [None, None];
    poll_fn(|cx| {
        for (ask, outcome) in asked.iter_mut().zip(&mut outcomes) {
            if outcome.is_none()
                && let Poll::Ready(ready) = ask.as_mut().poll(cx)
            {
                *outcome = Some(ready);
            }
        }
        if outcomes.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outcomes.map(Option::unwrap)
}

/// Its thread ends; by whom it was ended. Never returns, and loom reports a deadlock, if a stop does not reach it.
pub fn end_of(actor: &Actor) -> StopReason {
    block_on(actor.gone());
    assert_eq!(actor.status(), Status::Dead);
    actor.reason().unwrap()
}

/// What a request may come to that is stopped while it waits or runs.
pub fn is_of_a_stop(outcome: &Outcome) -> bool {
    let error = outcome.as_ref().unwrap_err();
    matches!(error.code, ErrorCode::Call | ErrorCode::InvalidInstanceHandle) && !error.message.contains("interrupted")
}

/// Claim: a request is answered, by the guest or by who stops it, and the actor ends.
#[test]
fn worker_sender_and_stopper_answer_exactly_once() {
    check_actor(|| {
        let actor = started(InstanceConfig::default());
        let stopper = stopper(&actor);
        let outcome = block_on(actor.ask(call(RETURN)));
        assert!(outcome == Ok(Answer::Done) || is_of_a_stop(&outcome), "{outcome:?}");
        stopper.join().unwrap();
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}

/// Claim: a stop ends a guest in its own code, whenever it comes, and answers its request.
#[test]
fn a_spinning_guest_is_stopped() {
    check_actor(|| {
        let actor = started(InstanceConfig::default());
        let stopper = stopper(&actor);
        let outcome = block_on(actor.ask(call(SPIN)));
        assert!(is_of_a_stop(&outcome), "{outcome:?}");
        stopper.join().unwrap();
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}

/// Claim: a stop ends a guest in a host call, whenever it comes, and answers its request.
#[test]
fn a_sleeping_guest_is_stopped() {
    check_actor(|| {
        let actor = started(InstanceConfig::default());
        let stopper = stopper(&actor);
        let outcome = block_on(actor.ask(call(SLEEP)));
        assert!(is_of_a_stop(&outcome), "{outcome:?}");
        stopper.join().unwrap();
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}

/// Claim: a stop ends a start function that loops, whenever it comes, and answers whoever waits for the instance.
#[test]
fn a_start_is_stopped() {
    check_actor(|| {
        let mut config = InstanceConfig::default();
        config.wasi.args.push(SPIN.to_owned());
        let (actor, pending) = actor(made(config, Watch::default(), |_| {}));
        assert!(actor.stop(StopReason::Aborted));
        let outcome = block_on(pending.outcome(|| WasmError::no_instance(1)));
        assert!(is_of_a_stop(&outcome), "{outcome:?}");
        assert_eq!(end_of(&actor), StopReason::Aborted);
    });
}

/// Claim: a worker that panics, whenever a stop comes, leaves its request answered, and the actor ends.
#[test]
fn a_dying_worker_leaves_no_request_of_its_actor_unanswered() {
    check_actor(|| {
        let actor = started(InstanceConfig::default());
        let stopper = stopper(&actor);
        let outcome = block_on(actor.ask(call(PANIC)));
        assert!(is_of_a_stop(&outcome), "{outcome:?}");
        let stopped = stopper.join().unwrap();
        assert_eq!(stopped, end_of(&actor) == StopReason::Dropped);
        assert!(is_of_a_stop(&block_on(actor.ask(call(RETURN)))));
    });
}

/// Claim: a time limit ends a guest that loops, and answers its request.
#[test]
fn a_time_limit_is_kept() {
    check_actor(|| {
        let actor = started(InstanceConfig::default());
        let outcome = block_on(actor.ask(call_without_time(SPIN)));
        assert_eq!(outcome.unwrap_err().code, ErrorCode::FuelExhausted);
        assert_eq!(end_of(&actor), StopReason::TimedOut { limit: Duration::ZERO, of: Clock::Wall });
    });
}

/// Claim: what is asked once a trap is known is answered by the fresh guest.
#[test]
fn what_is_asked_after_a_death_is_for_the_fresh_guest() {
    check_actor(|| {
        let actor = started(restarting());
        let outcome = block_on(actor.ask(call(TRAP)));
        assert_eq!(outcome.unwrap_err().trap, Some("unreachable"));
        assert_eq!(block_on(actor.ask(call(RETURN))), Ok(Answer::Done), "it was refused");
        actor.stop(StopReason::Dropped);
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}

/// Claim: a stop that comes at any moment of a restart is for good, also where the fresh guest's start would never end.
#[test]
fn a_stop_in_a_restart_is_for_good() {
    check_actor(|| {
        let mut config = restarting();
        config.wasi.args = vec![RETURN.to_owned(), SPIN.to_owned()];
        let actor = started(config);
        let stopper = stopper(&actor);
        let outcome = block_on(actor.ask(call(TRAP)));
        let trapped = outcome.as_ref().is_err_and(|error| error.trap.is_some());
        assert!(trapped || is_of_a_stop(&outcome), "{outcome:?}");
        stopper.join().unwrap();
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}

/// Claim: so is one of a guest that sleeps in a host call and says nothing: who waits no longer answers, and the thread ends.
#[test]
fn a_time_limit_of_a_sleeping_guest_is_kept() {
    check_actor(|| {
        let actor = started(InstanceConfig::default());
        let outcome = block_on(actor.ask(call_without_time(SLEEP)));
        assert_eq!(outcome.unwrap_err().code, ErrorCode::FuelExhausted);
        assert_eq!(end_of(&actor), StopReason::TimedOut { limit: Duration::ZERO, of: Clock::Wall });
    });
}

/// Claim: a time limit that ends a guest to be restarted ends that one only: the next request is answered by the fresh one.
#[test]
fn a_time_limit_spares_the_fresh_guest() {
    check_within(PREEMPTIONS_OF_THE_LARGEST, || {
        let actor = started(restarting());
        let outcome = block_on(actor.ask(call_without_time(SPIN)));
        assert_eq!(outcome.unwrap_err().code, ErrorCode::FuelExhausted);
        assert_eq!(block_on(actor.ask(call(RETURN))), Ok(Answer::Done), "it was refused");
        actor.stop(StopReason::Dropped);
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}

/// Claim: the same where the guest's own thread answers, because the request ends by itself in that moment: what is asked once the answer is
/// known is not refused. The threads do here what a worker and the deadlines do, and no more.
#[test]
fn a_time_limit_that_is_reached_as_the_request_ends_spares_the_fresh_guest() {
    check_actor(|| {
        let actor = made(restarting(), Watch::default(), |_| {}).actor;
        let (again, (reply, pending)) = (reply(), reply());
        let running = Running { reply, work: Work::Serve(Arc::new(call(RETURN))) };
        let request = actor.control.begin(running).ok().unwrap();
        let deadlines = thread::spawn({
            let actor = actor.clone();
            move || {
                let reason = StopReason::TimedOut { limit: Duration::ZERO, of: Clock::Wall };
                if actor.expire(request, &reason, true) {
                    actor.answer_expired(request);
                }
            }
        });
        let worker = thread::spawn({
            let actor = actor.clone();
            move || match actor.control.finish() {
                Finished::Alone(running) => running.reply.send(Ok(Answer::Done)),
                Finished::Expired(unanswered) => actor.answer(unanswered, None),
                Finished::Answered => {}
            }
        });
        let outcome = block_on(pending.outcome(|| WasmError::no_instance(1)));
        assert!(outcome.map_or_else(|error| error.code == ErrorCode::FuelExhausted, |answer| answer == Answer::Done));
        // Nobody is there to serve it, so it waits.
        let next = Request { command: call(RETURN), reply: again.0 };
        assert!(actor.mailbox.try_send(next).is_ok());
        deadlines.join().unwrap();
        worker.join().unwrap();
        assert_eq!(actor.mailbox.depth(), 1, "it was refused");
    });
}

/// Claim: what waits while a guest dies is refused, or answered by the fresh guest, and its place in the mailbox is free again.
#[test]
fn what_waits_during_a_death_is_answered() {
    check_actor(|| {
        let mut config = restarting();
        config.limits.mailbox = 1;
        let actor = started(config);
        let [trapped, outcome] = block_on(both(&actor, [TRAP, RETURN]));
        assert_eq!(trapped.unwrap_err().trap, Some("unreachable"));
        assert_eq!(block_on(actor.ask(call(RETURN))), Ok(Answer::Done));
        assert!(outcome == Ok(Answer::Done) || is_of_a_stop(&outcome), "{outcome:?}");
        actor.stop(StopReason::Dropped);
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}

/// Claim: an actor that is given up after too many deaths ends, and what waits or is sent then is answered.
#[test]
fn giving_up_leaves_no_request_unanswered() {
    check_actor(|| {
        let mut config = restarting();
        config.restart.as_mut().unwrap().max = 0;
        let actor = started(config);
        let other = asks(&actor, RETURN);
        let trapped = block_on(actor.ask(call(TRAP)));
        assert_eq!(trapped.unwrap_err().trap, Some("unreachable"));
        let outcome = other.join().unwrap();
        assert!(outcome == Ok(Answer::Done) || is_of_a_stop(&outcome), "{outcome:?}");
        assert_eq!(end_of(&actor).name(), "trap");
    });
}

/// Claim: an actor that goes on on a fresh thread, since its own was demoted, answers there what is asked and is stopped there; a stop
/// in between is not lost either.
#[test]
fn an_actor_that_moves_to_another_thread_is_stopped() {
    check_actor(|| {
        let actor = started_under(InstanceConfig::default(), Watch { demotes: true });
        let stopper = stopper(&actor);
        let outcome = block_on(actor.ask(call(RETURN)));
        assert!(outcome == Ok(Answer::Done) || is_of_a_stop(&outcome), "{outcome:?}");
        stopper.join().unwrap();
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}

/// Claim: sending to an actor that is being removed and stopped answers the request, and nobody can send to it afterwards.
#[test]
fn removing_an_actor_leaves_no_request_unanswered() {
    check_actor(|| {
        let table = Arc::new(Table::default());
        let id = table.reserve();
        let unregister = {
            let table = table.clone();
            move |ended: Ended| drop(table.remove(ended.id))
        };
        let (actor, pending) = actor(made(InstanceConfig::default(), Watch::default(), unregister));
        table.put(id, actor.clone());
        drop(pending);
        let stopper = stopper(&actor);
        if let Some(actor) = table.get(id) {
            let outcome = block_on(actor.ask(call(RETURN)));
            assert!(outcome == Ok(Answer::Done) || is_of_a_stop(&outcome), "{outcome:?}");
        }
        assert!(stopper.join().unwrap());
        assert!(table.is_empty());
        assert_eq!(end_of(&actor), StopReason::Dropped);
    });
}
