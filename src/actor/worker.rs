//! The thread of an actor: take a request, run it against the control cell, answer it.

use super::budget::Budget;
use super::config::{Cause, InstanceConfig, Limits};
use super::control::StopReason;
use super::guest::{Guest, GuestParts};
use super::handle::{Actor, Running};
use super::message::{Answer, Ask, PendingReply, Reply, Request, outcome_name, reply};
use super::reaper::Reaper;
use super::stats::Restart;
use super::supervisor::{Death, Supervisor};
use super::watch::{Entry, Watch};
use crate::engine::{Code, Deadlines, Engines, Metering, Module, Token};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::THREAD_STACK_BYTES;
use crate::scheduling;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tracing::field::Empty;

/// Linux shows the first 15 bytes of a thread's name.
const THREAD_NAME_BYTES_MAX: usize = 15;

/// What a new actor's thread needs.
pub struct Start {
    /// Where it is reached.
    pub actor: Arc<Actor>,
    /// Its module, compiled for the engine that `config.limits.fuel` asks for.
    pub code: Code,
    /// Where the module came from.
    pub module: Arc<Module>,
    /// How to make it.
    pub config: InstanceConfig,
    /// The engines.
    pub engines: Arc<Engines>,
    /// Who watches its time limit.
    pub deadlines: Arc<Deadlines>,
    /// Who demotes its thread when a request runs on.
    pub watch: Arc<Watch>,
    /// What all guests together may have of memory.
    pub memory: Arc<Budget>,
    /// Timers, and the pool for file operations.
    pub io: tokio::runtime::Handle,
}

/// Starts the actor's thread. The pending reply resolves when the module is instantiated, or could not be.
///
/// `when_gone` runs once the thread has ended, or at once if it cannot be started.
///
/// # Errors
/// 5001 if the machine has no thread to give.
pub fn spawn(reaper: &Reaper, start: Start, when_gone: impl FnOnce() + Send + 'static) -> Result<PendingReply> {
    let (reply, pending) = reply();
    let actor = start.actor.clone();
    let stack = THREAD_STACK_BYTES;
    #[cfg(test)]
    let stack = super::faults::stack_bytes(actor.name(), stack);
    let builder = std::thread::Builder::new().name(thread_name(actor.name())).stack_size(stack);
    let ended = actor.clone();
    let then = move || {
        when_gone();
        ended.set_gone();
    };
    reaper.spawn(builder, move || thread_main(start, reply), then).map_err(|error| {
        actor.stop(StopReason::Failed);
        actor.control.bury(StopReason::Failed);
        actor.set_gone();
        WasmError::new(
            ErrorCode::Instantiate,
            format!(
                "no thread for the instance \"{}\": {error}; the limits are `ulimit -u` and kernel.threads-max",
                actor.name()
            ),
        )
    })?;
    Ok(pending)
}

fn thread_name(name: &str) -> String {
    let mut end = name.len().min(THREAD_NAME_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    // A NUL would be refused.
    name[..end].replace('\0', "?")
}

fn thread_main(start: Start, reply: Reply) {
    let actor = start.actor.clone();
    scheduling::prompt_this_thread();
    let _entered = actor.thread.enter();
    let span = tracing::info_span!("instance", id = actor.id(), name = &**actor.name(), outcome = Empty);
    let _span = span.enter();
    let ended = catch_unwind(AssertUnwindSafe(|| live(start, reply)));
    let reason = match ended {
        Ok(reason) => reason,
        Err(panic) => {
            let message = panic_message(&*panic);
            tracing::error!(instance = actor.id(), message, "the worker panicked");
            StopReason::Panicked(message)
        }
    };
    // Unregisters, answers the running request and closes the mailbox, unless a stopper has done so.
    actor.stop(reason.clone());
    if let Some(running) = actor.control.bury(reason.clone()) {
        running.reply.send(Err(actor.stop_error(&reason, &running.what)));
    }
    span.record("outcome", actor.reason().unwrap_or(reason).name());
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

/// From instantiation to the end. Returns why it ended, should nobody have said so before.
fn live(start: Start, reply: Reply) -> StopReason {
    let Start { actor, code, module, mut config, engines, deadlines, watch, memory, io } = start;
    let policy = config.restart.take();
    let renewal = policy.is_some().then(|| config.renew());
    let mut worker = Worker {
        actor: actor.clone(),
        limits: config.limits.clone(),
        watched: watch.enter(&actor.thread),
        deadlines,
        io,
        supervisor: None,
    };
    let metering = if config.limits.fuel.is_some() { Metering::Metered } else { Metering::Plain };
    let parts = |config: InstanceConfig| {
        let (actor, code, module) = (actor.clone(), code.clone(), module.clone());
        GuestParts { actor, code, module, config, engines: engines.clone(), metering, memory: memory.clone() }
    };
    let Ok(mut guest) = worker.start(parts(config), reply) else { return StopReason::Failed };
    worker.supervisor = policy.map(Supervisor::new);
    loop {
        let death = worker.serve_all(&mut guest);
        drop(guest);
        let (Some(death), Some(config)) = (death, &renewal) else { return StopReason::Dropped };
        match worker.revive(death, || parts(config.renew())) {
            Ok(fresh) => guest = fresh,
            Err(reason) => return reason,
        }
    }
}

struct Worker {
    actor: Arc<Actor>,
    limits: Limits,
    watched: Entry,
    deadlines: Arc<Deadlines>,
    io: tokio::runtime::Handle,
    /// None where nothing is restarted, and until the first start has succeeded.
    supervisor: Option<Supervisor>,
}

/// How a request came to its end.
enum Ran<T> {
    /// By itself; its reply is still to be answered.
    Finished(T, Reply),
    /// By a time limit after which the instance is to be restarted. It has been answered.
    Interrupted(StopReason),
    /// By a stop. It has been answered.
    Stopped,
}

impl Worker {
    /// Makes a guest. The error is its death, or `None` after a stop.
    fn start(&mut self, parts: GuestParts, reply: Reply) -> Result<Guest, Option<Death>> {
        let what = format!("the instantiation of {}", parts.module.name());
        let mut guest = match self.io.block_on(Guest::prepare(parts)) {
            Ok(guest) => guest,
            Err(error) => {
                let death = Death::in_start(&error);
                reply.send(Err(error));
                return Err(Some(death));
            }
        };
        match self.run(reply, what, self.limits.timeout, guest.instantiate()) {
            Ran::Finished(started, reply) => {
                let death = started.as_ref().err().map(Death::in_start);
                reply.send(started.map(|()| Answer::Done));
                death.map_or(Ok(guest), |death| Err(Some(death)))
            }
            Ran::Interrupted(reason) => Err(Some(Death::by(&reason))),
            Ran::Stopped => Err(None),
        }
    }

    /// Serves until the mailbox is closed, or until a death to restart after.
    fn serve_all(&mut self, guest: &mut Guest) -> Option<Death> {
        while let Some(request) = self.actor.mailbox.receive() {
            if let Some(death) = self.serve(guest, request) {
                return Some(death);
            }
        }
        None
    }

    fn serve(&mut self, guest: &mut Guest, request: Request) -> Option<Death> {
        let Request { ask, reply } = request;
        let (what, limit) = match &ask {
            Ask::Call(call) => (format!("the call of \"{}\"", call.name), shorter(call.timeout, self.limits.timeout)),
            Ask::Batch(calls) => (format!("a batch of {} calls", calls.len()), self.limits.timeout),
            Ask::CallRef { .. } => ("the call of a funcref".to_owned(), self.limits.timeout),
            _ => (String::from("a request"), self.limits.timeout),
        };
        let span = ask.span();
        let _entered = span.enter();
        guest.arm();
        match self.run(reply, what, limit, guest.answer(ask)) {
            Ran::Finished(outcome, reply) => {
                span.record("outcome", outcome_name(&outcome));
                let death = self.supervisor.as_ref().and_then(|supervisor| supervisor.death(&outcome));
                if death.is_some() {
                    // Before the caller hears of it: what it asks next is for the fresh instance.
                    self.actor.refuse_waiting();
                }
                reply.send(outcome);
                guest.answered();
                death
            }
            Ran::Interrupted(reason) => {
                span.record("outcome", reason.name());
                Some(Death::by(&reason))
            }
            Ran::Stopped => {
                span.record("outcome", self.actor.reason().as_ref().map_or("stopped", StopReason::name));
                None
            }
        }
    }

    /// Makes a fresh guest after a death, as often as the policy allows. The error is why there will be none.
    fn revive(&mut self, mut death: Death, parts: impl Fn() -> GuestParts) -> Result<Guest, StopReason> {
        loop {
            let supervisor = self.supervisor.as_mut().ok_or(StopReason::Dropped)?;
            let backoff = supervisor.next(&death, Instant::now())?;
            if !self.actor.control.renew() {
                return Err(StopReason::Dropped);
            }
            let (reason, message) = (death.cause.name(), death.message);
            tracing::warn!(id = self.actor.id(), name = &**self.actor.name(), reason, error = message, "restart");
            self.actor.counters.restarted(Restart { reason, message, at: SystemTime::now() });
            if !self.pause(backoff) {
                return Err(StopReason::Dropped);
            }
            let (reply, _nobody) = reply();
            match self.start(parts(), reply) {
                Ok(guest) => return Ok(guest),
                Err(Some(again)) => death = again,
                Err(None) => return Err(StopReason::Dropped),
            }
        }
    }

    /// Waits. False if the instance is stopped meanwhile.
    fn pause(&self, time: Duration) -> bool {
        self.io.block_on(async {
            tokio::select! {
                biased;
                () = self.actor.control.stopped() => false,
                () = tokio::time::sleep(time) => true,
            }
        })
    }

    /// Runs one request to its end or to a stop, and lets the watch know.
    fn run<T>(&self, reply: Reply, what: String, limit: Option<Duration>, work: impl Future<Output = T>) -> Ran<T> {
        self.watched.begin();
        let ran = self.run_watched(reply, what, limit, work);
        self.watched.end();
        ran
    }

    /// Runs one request to its end or to a stop, whichever is first.
    fn run_watched<T>(
        &self,
        reply: Reply,
        what: String,
        limit: Option<Duration>,
        work: impl Future<Output = T>,
    ) -> Ran<T> {
        let control = &self.actor.control;
        // A request that comes after a stop is dropped with its reply: "the instance is gone".
        let Ok(number) = control.begin(Running { reply, what }) else { return Ran::Stopped };
        let deadline = limit.and_then(|limit| self.arm_deadline(number, limit));
        let finished = self.io.block_on(async {
            tokio::select! {
                biased;
                () = control.stopped() => None,
                finished = work => Some(finished),
            }
        });
        if let Some(token) = deadline {
            self.deadlines.disarm(token);
        }
        // Nothing to take: a stopper has answered in the meantime.
        match (finished, control.finish()) {
            (Some(value), Some(running)) => Ran::Finished(value, running.reply),
            _ => control.interruption().map_or(Ran::Stopped, Ran::Interrupted),
        }
    }

    fn arm_deadline(&self, number: u64, limit: Duration) -> Option<Token> {
        // Beyond what the clock can count is no limit.
        let at = Instant::now().checked_add(limit)?;
        let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let actor = self.actor.clone();
        let restarts = self.supervisor.as_ref().is_some_and(|supervisor| supervisor.covers(Cause::Timeout));
        let expire = move || {
            let reason = StopReason::TimedOut { limit_ms };
            match restarts {
                true => actor.interrupt_request(number, reason),
                false => actor.stop_request(number, reason),
            };
        };
        match self.deadlines.arm(at, expire) {
            Ok(token) => Some(token),
            Err(error) => {
                // Without a watch the limit cannot be kept: better no run than an unlimited one.
                tracing::error!(%error, "no thread for the deadlines");
                self.actor.stop(StopReason::Failed);
                None
            }
        }
    }
}

fn shorter(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
