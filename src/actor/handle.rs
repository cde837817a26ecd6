//! The handle of an actor: what everybody but the worker holds.

use super::config::Limits;
use super::control::{Control, RequestNumber, Status, StopReason, Stopped, milliseconds};
use super::mailbox::{Mailbox, SendError};
use super::message::{Ask, Outcome, Reply, Request, reply};
use super::stats::{Counters, InstanceStats};
use super::thread::OsThread;
use crate::engine::Engines;
use crate::error::{ErrorCode, WasmError};
use crate::printable;
use crate::sync::{mutant, watch};
use std::sync::Arc;

/// The reply of the running request, with what to call that request in a message.
pub struct Running {
    pub(super) reply: Reply,
    pub(super) what: String,
}

/// Wakes the guest of a stopped actor, should it sleep in a host call, when it is dropped.
pub struct Wake(Stopped<Running>);

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.wake();
    }
}

/// An instance, as seen from outside its thread.
pub struct Actor {
    id: u64,
    name: Arc<str>,
    label: Arc<str>,
    module: u64,
    limits: Limits,
    pub(super) counters: Counters,
    pub(super) control: Control<Running>,
    pub(super) mailbox: Mailbox<Request>,
    pub(super) thread: Arc<OsThread>,
    engines: Arc<Engines>,
    gone: watch::Sender<bool>,
    /// Called once, by whoever stops the actor: takes the id out of the registry.
    unregister: Box<dyn Fn(u64) + Send + Sync>,
}

impl Actor {
    /// A handle without a thread; see [`spawn`](super::spawn).
    pub fn new(
        id: u64,
        name: Arc<str>,
        module: u64,
        limits: &Limits,
        engines: Arc<Engines>,
        unregister: impl Fn(u64) + Send + Sync + 'static,
    ) -> Self {
        Actor {
            id,
            label: printable::name(&name).into(),
            name,
            module,
            limits: limits.clone(),
            counters: Counters::default(),
            control: Control::new(),
            mailbox: Mailbox::new(limits.mailbox),
            thread: Arc::default(),
            engines,
            gone: watch::Sender::new(false),
            unregister: Box::new(unregister),
        }
    }

    /// Its id, never used twice in a process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its name, as it was given.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its name, as messages and the log show it.
    pub fn label(&self) -> &Arc<str> {
        &self.label
    }

    /// The bounds that it was made with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Where it stands in its life.
    pub fn status(&self) -> Status {
        self.control.status()
    }

    /// Its thread.
    pub fn thread(&self) -> &OsThread {
        &self.thread
    }

    /// Why it ended, if it has.
    pub fn reason(&self) -> Option<StopReason> {
        self.control.reason()
    }

    /// Asks and waits for the answer. The request is in the mailbox, or in line for it, once this has been polled.
    ///
    /// # Errors
    /// 5005 if the actor has ended or ends before it answers; else what the request comes to.
    pub async fn ask(&self, ask: Ask) -> Outcome {
        let (reply, pending) = reply();
        let request = Request { ask, reply };
        let taken = match self.mailbox.try_send(request) {
            Err(SendError::Full(request)) => self.mailbox.send(request).await,
            taken => taken,
        };
        if taken.is_err() {
            return Err(WasmError::no_instance(self.id));
        }
        pending.outcome(self.id).await
    }

    /// Ends the actor, at once and whatever its guest is doing. Answers the running request, drops those that wait.
    /// False if it has been stopped before: the first reason stands.
    pub fn stop(&self, reason: StopReason) -> bool {
        self.stop_asleep(reason).is_some()
    }

    /// The same, but that a guest which sleeps in a host call sleeps on until the result is dropped. It has no effect on anything
    /// any more, and to wake its thread takes longer than all the rest: time for whoever awaits the answer to hear it first.
    pub fn stop_asleep(&self, reason: StopReason) -> Option<Wake> {
        let stopped = self.control.stop(reason.clone())?;
        Some(self.after_stop(stopped, &reason))
    }

    /// Like [`stop`](Self::stop), but only while this request runs.
    pub fn stop_request(&self, request: RequestNumber, reason: StopReason) -> bool {
        let stopped = self.control.stop_request(request, reason.clone());
        stopped.map(|stopped| self.after_stop(stopped, &reason)).is_some()
    }

    /// Ends this request while it runs, so that the worker restarts the instance. What waits is refused.
    pub(super) fn interrupt_request(&self, request: RequestNumber, reason: StopReason) -> bool {
        let Some(mut stopped) = self.control.interrupt_request(request, reason.clone()) else { return false };
        self.refuse_waiting();
        if let Some(running) = stopped.running.take() {
            let (why, name) = (reason.message().unwrap_or_default(), &self.label);
            let text = format!("{} was ended: {why}; the instance \"{name}\" is to be restarted", running.what);
            running.reply.send(Err(WasmError::new(ErrorCode::FuelExhausted, text)));
        }
        if mutant!("an_interruption_is_told_too_early") {
            self.refuse_waiting();
        }
        stopped.wake();
        self.engines.interrupt();
        true
    }

    /// Answers what waits in the mailbox of an instance that is to be restarted.
    pub(super) fn refuse_waiting(&self) {
        self.mailbox.clear(|request| {
            let text = format!("the instance \"{}\" died before this request had its turn", self.label);
            request.reply.send(Err(WasmError::new(ErrorCode::InvalidInstanceHandle, text)));
        });
    }

    fn after_stop(&self, mut stopped: Stopped<Running>, reason: &StopReason) -> Wake {
        (self.unregister)(self.id);
        if let Some(running) = stopped.running.take() {
            running.reply.send(Err(self.stop_error(reason, &running.what)));
        }
        if !mutant!("a_stop_leaves_the_mailbox_open") {
            self.mailbox.close();
        }
        // It ends sooner, where it may be raised.
        self.thread.hurry();
        if !mutant!("a_stop_bumps_no_epoch") {
            self.engines.interrupt();
        }
        tracing::debug!(instance = self.id, name = &*self.label, ?reason, "stopped");
        Wake(stopped)
    }

    /// The last that its thread does: ends the actor, unless that is done, and answers what nobody else has.
    pub(super) fn bury(&self, reason: StopReason) {
        if !mutant!("an_end_closes_nothing") {
            self.stop(reason.clone());
        }
        if let Some(running) = self.control.bury(reason.clone()) {
            running.reply.send(Err(self.stop_error(&reason, &running.what)));
        }
    }

    /// What a running request is told.
    fn stop_error(&self, reason: &StopReason, what: &str) -> WasmError {
        let name = &self.label;
        let call = |text: String| WasmError::new(ErrorCode::Call, text);
        match reason {
            StopReason::TimedOut { limit } => {
                let limit = milliseconds(*limit);
                WasmError::new(
                    ErrorCode::FuelExhausted,
                    format!("{what} ran longer than its limit of {limit} ms, and the instance \"{name}\" was ended"),
                )
            }
            StopReason::Dropped => call(format!("the instance \"{name}\" was dropped during {what}")),
            StopReason::Terminated(None) => call(format!("the instance \"{name}\" was terminated during {what}")),
            StopReason::Terminated(Some(why)) => {
                call(format!("the instance \"{name}\" was terminated during {what}: {why}"))
            }
            StopReason::Aborted => call(format!("the instance \"{name}\" was aborted during {what}")),
            StopReason::Panicked(message) => {
                call(format!("the instance \"{name}\" was lost to a bug in the host during {what}: {message}"))
            }
            StopReason::GivenUp { message, .. } => {
                call(format!("the instance \"{name}\" was given up during {what}: {message}"))
            }
            StopReason::Failed => call(format!("the instance \"{name}\" never started")),
            StopReason::Shutdown => call(format!("the runtime shut down during {what} of \"{name}\"")),
        }
    }

    /// Resolves when the thread has ended and what it held is given back.
    pub async fn gone(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }

    pub(super) fn set_gone(&self) {
        self.gone.send_replace(true);
    }

    /// How it is doing. Takes no part of its thread, so it answers while a guest runs on.
    pub fn stats(&self) -> InstanceStats {
        let counters = &self.counters;
        InstanceStats {
            id: self.id,
            name: self.name.clone(),
            module: self.module,
            state: self.status(),
            mailbox_depth: self.mailbox.depth(),
            calls: counters.calls.get(),
            host_calls: counters.host_calls.get(),
            cpu: self.thread.cpu_time(),
            fuel_used: self.limits.fuel.is_some().then(|| counters.fuel_used()),
            memory_bytes: counters.memory_bytes.get(),
            restarts: counters.restarts(),
        }
    }

    /// How many requests wait to be read.
    pub fn mailbox_depth(&self) -> usize {
        self.mailbox.depth()
    }
}
