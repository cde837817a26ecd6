//! The life of an actor: it begins with a thread, may go on on another one, and ends when the last of them is gone.
//!
//! A guest that runs on has its thread demoted, and not every process may promote a thread again. Where it may not, the
//! store moves to a fresh thread between two requests, so that a guest which ran on once does not answer late for ever.

use super::bare_thread::Builder;
use super::reaper::{Left, Then};
use super::supervisor::Supervisor;
use super::worker::{ServeOutcome, Worker};
use crate::actor::blueprint::{Blueprint, Services};
use crate::actor::cell::control::StopReason;
use crate::actor::guest::Guest;
use crate::actor::handle::Actor;
use crate::actor::protocol::message::{PendingReply, Reply, reply};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::THREAD_STACK_BYTES;
use crate::printable;
use crate::spin::Spin;
use crate::sync::Mutex;
use crate::{panics, scheduling};
use std::any::Any;
use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tracing::Span;
use tracing::field::Empty;

/// How long a thread looks for its next request before it sleeps.
const LOOK_FOR: Duration = Duration::from_micros(50);

/// Starts the actor's thread. The pending reply resolves when the module is instantiated, or could not be.
///
/// `until_called` is held until its first call has ended: it then has all that it takes of the machine. `when_gone` runs once the
/// thread has ended, or at once if it cannot be started.
///
/// # Errors
/// 5001 if the machine has no thread to give.
pub fn spawn(
    blueprint: Blueprint,
    until_called: impl Any + Send,
    when_gone: impl FnOnce() + Send + 'static,
) -> Result<PendingReply> {
    let (reply, pending) = reply();
    let (actor, services) = (blueprint.actor.clone(), blueprint.services.clone());
    let ended = actor.clone();
    let then = move || {
        when_gone();
        ended.set_gone();
    };
    let life = Life {
        actor: actor.clone(),
        services: services.clone(),
        span: tracing::info_span!("instance", id = actor.id(), name = &**actor.label(), outcome = Empty),
        then: Box::new(then),
    };
    let stage = Stage::Starting(Box::new(blueprint), Box::new(until_called), reply);
    services.reaper.spawn(thread_of(&actor), move || life.go_on(stage)).map_err(|error| {
        actor.mark_dead(StopReason::Failed);
        actor.set_gone();
        WasmError::new(
            ErrorCode::Instantiate,
            format!(
                "no thread for the instance \"{}\": {error}; the limits are `ulimit -u` and kernel.threads-max",
                actor.label()
            ),
        )
    })?;
    Ok(pending)
}

fn thread_of(actor: &Actor) -> Builder {
    let stack = THREAD_STACK_BYTES;
    #[cfg(test)]
    let stack = crate::actor::faults::stack_bytes(actor.name(), stack);
    // A NUL in the name is escaped in the label.
    let name = CString::new(&**actor.label()).unwrap_or_default();
    Builder { name, stack_bytes: stack }
}

/// What goes with an actor from thread to thread.
struct Life {
    actor: Arc<Actor>,
    services: Arc<Services>,
    span: Span,
    then: Then,
}

/// How far it has come.
enum Stage {
    Starting(Box<Blueprint>, Box<dyn Any + Send>, Reply),
    Serving(Box<Serving>),
}

struct Serving {
    worker: Worker,
    guest: Guest,
    /// For restarts, where there may be any.
    blueprint: Option<Blueprint>,
}

/// How a thread's part in a life ends.
enum Turn {
    /// With the life; the reason counts if nobody gave one before.
    Ended(StopReason),
    /// Another thread should go on.
    Demoted(Box<Serving>),
}

impl Life {
    /// Lives on the thread that this is called on, to the end, or until another thread goes on.
    fn go_on(self, mut stage: Stage) -> Left {
        panics::contain_on_this_thread();
        let mut here = self;
        loop {
            scheduling::prompt_this_thread();
            let actor = here.actor.clone();
            let entered = actor.thread.enter();
            let turn = here.span.in_scope(|| catch_unwind(AssertUnwindSafe(|| live(stage))));
            match turn {
                Ok(Turn::Ended(reason)) => return Left { then: Some(here.end(reason)), fit: true },
                Ok(Turn::Demoted(serving)) => {
                    drop(entered);
                    let Some(back) = here.move_on(serving) else { return Left { then: None, fit: false } };
                    (here, stage) = back;
                }
                Err(panic) => {
                    let reason = StopReason::Panicked(panic_message(&*panic));
                    return Left { then: Some(here.end(reason)), fit: false };
                }
            }
        }
    }

    /// Hands everything to a fresh thread. Where there is none to be had, gives it back.
    fn move_on(self, serving: Box<Serving>) -> Option<(Life, Stage)> {
        let (builder, services) = (thread_of(&self.actor), self.services.clone());
        let handed = Arc::new(Mutex::new(Some((self, Stage::Serving(serving)))));
        let taken = handed.clone();
        let moved = services.reaper.spawn_from_there(builder, move || {
            let taken = taken.lock().take();
            taken.map_or(Left { then: None, fit: true }, |(life, stage)| life.go_on(stage))
        });
        if moved { None } else { handed.lock().take() }
    }

    /// Unregisters, answers the running request and closes the mailbox, unless a stopper has done so.
    fn end(self, reason: StopReason) -> Then {
        self.actor.mark_dead(reason.clone());
        self.span.record("outcome", self.actor.reason().unwrap_or(reason).name());
        self.then
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.map_or_else(|| "a panic without a message".to_owned(), |text| printable::sentence(&text))
}

fn live(stage: Stage) -> Turn {
    match stage {
        Stage::Starting(blueprint, until_called, reply) => match begin(*blueprint, until_called, reply) {
            Some(serving) => serve(Box::new(serving)),
            None => Turn::Ended(StopReason::Failed),
        },
        Stage::Serving(serving) => serve(serving),
    }
}

/// Instantiates. None if that failed, as the reply says.
fn begin(blueprint: Blueprint, until_called: Box<dyn Any + Send>, reply: Reply) -> Option<Serving> {
    let policy = blueprint.config.restart.clone();
    let mut worker = Worker {
        limits: blueprint.config.limits.clone(),
        watched: blueprint.services.watch.enter(&blueprint.actor.thread),
        actor: blueprint.actor.clone(),
        services: blueprint.services.clone(),
        supervisor: None,
        spin: Spin::new(LOOK_FOR),
        until_called: Some(until_called),
    };
    let again = policy.is_some().then(|| blueprint.clone());
    let guest = worker.start(blueprint, reply).ok()?;
    worker.supervisor = policy.map(Supervisor::new);
    Some(Serving { worker, guest, blueprint: again })
}

fn serve(mut serving: Box<Serving>) -> Turn {
    loop {
        let crash = match serving.worker.serve_all(&mut serving.guest) {
            ServeOutcome::Closed => return Turn::Ended(StopReason::Dropped),
            ServeOutcome::Demoted => return Turn::Demoted(serving),
            ServeOutcome::Crashed(crash) => crash,
        };
        let Serving { mut worker, guest, blueprint } = *serving;
        drop(guest);
        let Some(again) = &blueprint else { return Turn::Ended(StopReason::Dropped) };
        match worker.restart(crash, || again.clone()) {
            Ok(guest) => serving = Box::new(Serving { worker, guest, blueprint }),
            Err(reason) => return Turn::Ended(reason),
        }
    }
}
