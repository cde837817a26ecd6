//! The thread of an actor: take a request, run it against the control cell, answer it.

use super::budget::Budget;
use super::config::{InstanceConfig, Limits};
use super::control::StopReason;
use super::guest::{Guest, GuestParts};
use super::handle::{Actor, Running};
use super::message::{Answer, Ask, Outcome, PendingReply, Reply, Request, reply};
use super::reaper::Reaper;
use super::watch::{Entry, Watch};
use crate::engine::{Code, Deadlines, Engines, Metering, Module, Token};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::THREAD_STACK_BYTES;
use crate::scheduling;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    let builder = std::thread::Builder::new().name(thread_name(actor.name())).stack_size(THREAD_STACK_BYTES);
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
    let _span = tracing::debug_span!("instance", id = actor.id(), name = &**actor.name()).entered();
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
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

/// From instantiation to the end. Returns why it ended, should nobody have said so before.
fn live(start: Start, reply: Reply) -> StopReason {
    let Start { actor, code, module, config, engines, deadlines, watch, memory, io } = start;
    let mut worker = Worker {
        actor: actor.clone(),
        limits: config.limits.clone(),
        watched: watch.enter(&actor.thread),
        deadlines,
        io,
    };
    let metering = if config.limits.fuel.is_some() { Metering::Metered } else { Metering::Plain };
    let parts = GuestParts { actor, code, module, config, engines, metering, memory };
    let Some(mut guest) = worker.start(parts, reply) else { return StopReason::Failed };
    while let Some(request) = worker.actor.mailbox.receive() {
        worker.serve(&mut guest, request);
    }
    StopReason::Dropped
}

struct Worker {
    actor: Arc<Actor>,
    limits: Limits,
    watched: Entry,
    deadlines: Arc<Deadlines>,
    io: tokio::runtime::Handle,
}

impl Worker {
    fn start(&mut self, parts: GuestParts, reply: Reply) -> Option<Guest> {
        let what = format!("the instantiation of {}", parts.module.name());
        let mut guest = match Guest::prepare(parts) {
            Ok(guest) => guest,
            Err(error) => {
                reply.send(Err(error));
                return None;
            }
        };
        let limit = self.limits.timeout;
        let ran = self.run(reply, what, limit, async {
            let result = guest.instantiate().await;
            (result.is_ok(), result.map(|()| Answer::Done))
        });
        (ran == Some(true)).then_some(guest)
    }

    fn serve(&mut self, guest: &mut Guest, request: Request) {
        let Request { ask, reply } = request;
        let (what, limit) = match &ask {
            Ask::Call(call) => (format!("the call of \"{}\"", call.name), shorter(call.timeout, self.limits.timeout)),
            _ => (String::from("a request"), self.limits.timeout),
        };
        guest.arm();
        self.run(reply, what, limit, async { ((), guest.answer(ask).await) });
    }

    /// Runs one request to its end or to a stop, and lets the watch know.
    fn run<T>(
        &mut self,
        reply: Reply,
        what: String,
        limit: Option<Duration>,
        work: impl Future<Output = (T, Outcome)>,
    ) -> Option<T> {
        self.watched.begin();
        let value = self.run_watched(reply, what, limit, work);
        self.watched.end();
        value
    }

    /// Runs one request to its end or to a stop, whichever is first, and sees to its one answer.
    fn run_watched<T>(
        &mut self,
        reply: Reply,
        what: String,
        limit: Option<Duration>,
        work: impl Future<Output = (T, Outcome)>,
    ) -> Option<T> {
        let control = &self.actor.control;
        // A request that comes after a stop is dropped with its reply: "the instance is gone".
        let number = control.begin(Running { reply, what }).ok()?;
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
        let (value, outcome) = finished?;
        // Nothing to take: a stopper has answered in the meantime.
        let running = control.finish()?;
        running.reply.send(outcome);
        Some(value)
    }

    fn arm_deadline(&self, number: u64, limit: Duration) -> Option<Token> {
        // Beyond what the clock can count is no limit.
        let at = Instant::now().checked_add(limit)?;
        let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let actor = self.actor.clone();
        let expire = move || {
            actor.stop_request(number, StopReason::TimedOut { limit_ms });
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
