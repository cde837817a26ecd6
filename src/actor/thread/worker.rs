//! What an actor's thread does: take a request, run it against the control cell, answer it.

use super::signal_stack;
use super::supervisor::{Crash, Supervisor};
use super::time_limit::TimeLimits;
use super::watch::Entry;
use crate::actor::blueprint::{Blueprint, Services};
use crate::actor::cell::control::{Finished, StopReason};
use crate::actor::guest::Guest;
use crate::actor::handle::Actor;
use crate::actor::protocol::config::{Cause, Limits};
use crate::actor::protocol::message::{Answer, BytesCall, Command, Outcome, Reply, Request, outcome_name, reply};
use crate::actor::request::{Running, Work};
use crate::actor::stats::Restart;
use crate::error::{self, WasmError};
use crate::spin::{Spin, Turn};
use crate::sync::{mutant, sleep};
use std::any::Any;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

pub(crate) struct Worker {
    pub(crate) actor: Arc<Actor>,
    pub(crate) limits: Limits,
    pub(crate) watched: Entry,
    pub(crate) services: Arc<Services>,
    /// None where nothing is restarted, and until the first start has succeeded.
    pub(crate) supervisor: Option<Supervisor>,
    pub(crate) spin: Spin,
    /// See [`spawn`](super::spawn).
    pub(crate) until_called: Option<Box<dyn Any + Send>>,
}

/// Why a worker serves no more.
pub(crate) enum ServeOutcome {
    /// The mailbox is closed.
    Closed,
    /// The guest has died, and is to be restarted.
    Crashed(Crash),
    /// The thread was demoted during a request, and the system does not let it be promoted again.
    Demoted,
}

/// How a request came to its end.
enum RunOutcome<T> {
    /// By itself; its reply is still to be answered.
    Finished(T, Reply),
    /// By a time limit after which the instance is to be restarted. It has been answered.
    Interrupted(StopReason),
    /// By a stop, or a limit. It has been answered.
    Stopped,
}

impl Worker {
    /// Makes a guest. The error is its crash, or `None` after a stop.
    // What it has on the stack is not to be part of the frames below which a thread waits.
    #[inline(never)]
    pub(crate) fn start(&mut self, blueprint: Blueprint, reply: Reply) -> Result<Guest, Option<Crash>> {
        let running = Running { reply, work: Work::Start(blueprint.module.name().to_owned()) };
        // A start that takes too long is a crash like any other of a start: after the first one, the policy does not choose.
        let limits = self.time_limits(None, self.supervisor.is_some());
        match self.run(running, limits, started(&self.actor, blueprint), |started| started.as_ref().err()) {
            RunOutcome::Finished(Ok(guest), reply) => {
                reply.send(Ok(Answer::Done));
                Ok(guest)
            }
            RunOutcome::Finished(Err(error), reply) => {
                let crash = Crash::in_start(&error);
                self.actor.counters.failures.note(&error);
                reply.send(Err(error));
                Err(Some(crash))
            }
            RunOutcome::Interrupted(reason) => Err(Some(Crash::by(&reason))),
            RunOutcome::Stopped => Err(None),
        }
    }

    /// Serves until it must not or should not go on.
    pub(crate) fn serve_all(&mut self, guest: &mut Guest) -> ServeOutcome {
        while let Some(request) = self.next() {
            if let Some(crash) = self.serve(guest, request) {
                return ServeOutcome::Crashed(crash);
            }
            // Not to end there: one that has been stopped finds its mailbox closed.
            if self.actor.thread.is_demoted() && !self.actor.control.is_stopped() {
                return ServeOutcome::Demoted;
            }
        }
        ServeOutcome::Closed
    }

    /// The next request: looked for during a moment, then slept for. Who has nothing to do for a while gives back the stack of the thread.
    fn next(&mut self) -> Option<Request> {
        if let Some(_turn) = Turn::take() {
            self.spin.until(|| self.actor.mailbox.has_news());
        }
        self.actor.mailbox.receive(signal_stack::give_back_here)
    }

    /// The request, once all of it is there: its turn, and its time, have not begun before. None if it has been answered.
    fn complete(&self, request: Request) -> Option<Request> {
        if request.command.is_complete() {
            return Some(request);
        }
        let Request { command, reply } = request;
        // After a stop it is dropped with its reply: the instance is gone.
        let complete = self.services.io.block_on(self.actor.control.until_stopped(command.complete()));
        match complete? {
            Ok(command) => Some(Request { command, reply }),
            Err(error) => {
                self.actor.counters.failures.note(&error);
                reply.send(Err(error));
                None
            }
        }
    }

    // As for `start`.
    #[inline(never)]
    fn serve(&mut self, guest: &mut Guest, request: Request) -> Option<Crash> {
        let Request { command, reply } = self.complete(request).filter(|request| request.reply.is_wanted())?;
        let command = Arc::new(command);
        let span = command.span();
        let _entered = span.enter();
        let is_call = is_call(&command);
        guest.arm();
        let restarts = self.supervisor.as_ref().is_some_and(|supervisor| supervisor.covers(Cause::Timeout));
        let limits = self.time_limits(Some(&command), restarts);
        let running = Running { reply, work: Work::Serve(command.clone()) };
        let ran = self.run(running, limits, guest.answer(&command), failure_of);
        if is_call {
            self.until_called = None;
        }
        match ran {
            RunOutcome::Finished(outcome, reply) => {
                span.record("outcome", outcome_name(&outcome));
                if let Some(error) = failure_of(&outcome) {
                    self.actor.counters.failures.note(error);
                }
                let crash = self.supervisor.as_ref().and_then(|supervisor| supervisor.crash(&outcome));
                if crash.is_some() {
                    // Before the caller hears of it: what it asks next is for the fresh instance.
                    self.actor.refuse_waiting(crash.as_ref().map_or("", |crash| &crash.message));
                }
                reply.send(outcome);
                if crash.is_some() && mutant!("a_crash_is_told_too_early") {
                    self.actor.refuse_waiting("");
                }
                guest.answered();
                crash
            }
            RunOutcome::Interrupted(reason) => {
                span.record("outcome", reason.name());
                Some(Crash::by(&reason))
            }
            RunOutcome::Stopped => {
                span.record("outcome", self.actor.reason().as_ref().map_or("stopped", StopReason::name));
                None
            }
        }
    }

    /// Makes a fresh guest after a crash, as often as the policy allows. The error is why there will be none.
    pub(crate) fn restart(&mut self, mut crash: Crash, blueprint: impl Fn() -> Blueprint) -> Result<Guest, StopReason> {
        loop {
            let supervisor = self.supervisor.as_mut().ok_or(StopReason::Dropped)?;
            let backoff = supervisor.next(&crash, Instant::now())?;
            if !self.actor.control.renew() {
                return Err(StopReason::Dropped);
            }
            let (reason, message) = (crash.cause.name(), crash.message);
            tracing::warn!(id = self.actor.id(), name = &**self.actor.label(), reason, error = message, "restart");
            self.actor.counters.restarted(Restart { reason, message, at: SystemTime::now() });
            if !self.pause(backoff) {
                return Err(StopReason::Dropped);
            }
            let (reply, _nobody) = reply();
            match self.start(blueprint(), reply) {
                Ok(guest) => return Ok(guest),
                Err(Some(again)) => crash = again,
                Err(None) => return Err(StopReason::Dropped),
            }
        }
    }

    /// Waits. False if the instance is stopped meanwhile.
    fn pause(&self, time: Duration) -> bool {
        // Made in there, as tokio's timers have to be.
        self.services.io.block_on(async { self.actor.control.until_stopped(sleep(time)).await }).is_some()
    }

    /// The limits of time of a request: a call may have tighter ones than its instance.
    fn time_limits(&self, command: Option<&Command>, restarts: bool) -> TimeLimits {
        let Limits { timeout, cpu, .. } = self.limits;
        let call = match command {
            Some(Command::Call(call) | Command::CallBytes(BytesCall { call, .. })) => (call.timeout, call.cpu),
            _ => (None, None),
        };
        TimeLimits { wall: shorter(call.0, timeout), cpu: shorter(call.1, cpu), restarts }
    }

    /// Runs one request to its end or to a stop, and lets the watch know. `failure` is the error in what it has come to.
    fn run<T>(
        &self,
        running: Running,
        limits: TimeLimits,
        work: impl Future<Output = T>,
        failure: fn(&T) -> Option<&WasmError>,
    ) -> RunOutcome<T> {
        self.watched.begin();
        let ran = self.run_watched(running, limits, work, failure);
        self.watched.end();
        ran
    }

    /// Runs one request to its end or to a stop, whichever is first.
    fn run_watched<T>(
        &self,
        running: Running,
        limits: TimeLimits,
        work: impl Future<Output = T>,
        failure: fn(&T) -> Option<&WasmError>,
    ) -> RunOutcome<T> {
        let control = &self.actor.control;
        // A request that comes after a stop is dropped with its reply: "the instance is gone".
        let Ok(number) = control.begin(running) else { return RunOutcome::Stopped };
        let armed = limits.watch(&self.actor, &self.services, number);
        let ended = self.drive(work);
        drop(armed);
        match (control.finish(), ended) {
            (Finished::Alone(running), Some(value)) => return RunOutcome::Finished(value, running.reply),
            // Whatever it has come to meanwhile: the limit was first.
            (Finished::Expired(unanswered), ended) => {
                self.actor.answer(unanswered, ended.as_ref().and_then(failure));
            }
            _ => {}
        }
        control.interruption().map_or(RunOutcome::Stopped, RunOutcome::Interrupted)
    }
}

impl Worker {
    /// Does this work, until a stop. Most is done as soon as it is begun, and needs none of what it takes to wait.
    fn drive<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        {
            let _io = self.services.io.enter();
            // A stop that comes meanwhile calls a guest out, as it always does; one that waits is polled again, after a look for the stop.
            if let Poll::Ready(value) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return Some(value);
            }
        }
        self.services.io.block_on(self.actor.control.until_stopped(work))
    }
}

/// Does it call a function of the guest's?
fn is_call(command: &Command) -> bool {
    matches!(command, Command::Call(_) | Command::Batch(_) | Command::CallBytes(_) | Command::CallRef { .. })
}

/// The error in an outcome.
fn failure_of(outcome: &Outcome) -> Option<&WasmError> {
    match outcome {
        Err(error) | Ok(Answer::Batch(_, Some(error))) => Some(error),
        Ok(_) => None,
    }
}

/// Makes a guest and runs its start function. The request that this is has begun.
async fn started(actor: &Actor, blueprint: Blueprint) -> error::Result<Guest> {
    let mut guest = Guest::prepare(blueprint).await?;
    guest.arm();
    // There was no store to arm when the request began. So either this sees the stop, or the bump comes after the arming.
    if !mutant!("a_start_does_not_look_again") && actor.control.is_stopped_by_now() {
        return Err(WasmError::no_instance(actor.id()));
    }
    guest.instantiate().await?;
    Ok(guest)
}

fn shorter(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
