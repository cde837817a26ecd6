//! How an actor is stopped: the whole way, from whoever wants it to the end of its thread.
//!
//! 1. *Somebody gives a reason.* The app by `drop()`, `terminate()` or an abort signal ([`Runtime::end`](crate::registry::Runtime::end)), the
//!    thread of deadlines when a request has used up its time, a shutdown, or the worker itself as it ends. They all come to
//!    [`Actor::stop`] or one of its kin below.
//! 2. *The control cell decides* ([`control`](super::cell::control)). Under its lock the first reason wins, the flag is set that every
//!    host call looks at, and the stopper is handed the reply of the request that runs. From here on the guest has no effect on
//!    anything: a host function that it has called begins only if it [still waits](super::host_call::WaitingGuest::waits), which the cell answers.
//! 3. *The stopper tells everybody* (`after_stop`). The id is taken out of the registry, the request that runs is answered, the mailbox
//!    is closed, which answers what waits in it; the thread is given back its priority, and the epoch is bumped.
//! 4. *The guest finds out*, in one of three places (`guest`, `thread/worker.rs`). In its own code: the bumped epoch calls it out, and the
//!    callback sees the flag. Asleep in a host call: its waker is called when [`Wake`] is dropped, and the race in
//!    [`Control::until_stopped`](super::control::Control::until_stopped) drops the call where it stands. On its way into a host call: the call
//!    hook sees the flag. One instruction is never cut short; `memory.fill` is the longest.
//! 5. *The thread ends* (`thread/life.rs`). The worker finds its mailbox closed, the store is dropped and never used again, and
//!    [`Actor::mark_dead`] answers what nobody has.
//! 6. *The reaper joins it* (`thread/reaper.rs`), gives back its permit to be alive, and then [`Actor::gone`] resolves: with it
//!    `drop()`, `terminate()` and `closed`.
//!
//! A time limit after which the instance is to be restarted goes the same way as far as 4, but ends the request and not the instance
//! ([`Actor::interrupt_request`]): the id and the mailbox stay, and the worker makes a fresh guest (`thread/supervisor.rs` has the rules).
//!
//! loom/src/{stop,actor,host_call}_models.rs check the races of this.

use super::cell::control::{RequestNumber, StopReason, Stopped};
use super::cell::reason::milliseconds;
use super::handle::{Actor, Running};
use crate::error::{ErrorCode, WasmError};
use crate::sync::mutant;

/// Wakes the guest of a stopped actor, should it sleep in a host call, when it is dropped.
pub struct Wake(Stopped<Running>);

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.wake();
    }
}

impl Actor {
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
    pub(crate) fn interrupt_request(&self, request: RequestNumber, reason: StopReason) -> bool {
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
    pub(crate) fn refuse_waiting(&self) {
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
    pub(crate) fn mark_dead(&self, reason: StopReason) {
        if !mutant!("an_end_closes_nothing") {
            self.stop(reason.clone());
        }
        if let Some(running) = self.control.mark_dead(reason.clone()) {
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

    pub(crate) fn set_gone(&self) {
        self.gone.send_replace(true);
    }
}
