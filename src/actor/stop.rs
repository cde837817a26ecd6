//! How an actor is stopped: the whole way, from whoever wants it to the end of its thread.
//!
//! 1. *Somebody gives a reason.* The app by `drop()`, `terminate()` or an abort signal ([`Runtime::end`](crate::registry::Runtime::end)), the
//!    thread of deadlines when a request has used up its time, a shutdown, or the worker itself as it ends. They all come to
//!    [`Actor::stop`] or one of its kin below.
//! 2. *The control cell decides* ([`control`](super::cell::control)). Under its lock the first reason wins, the flag is set that every
//!    host call looks at, and the stopper is handed the reply of the request that runs. From here on the guest has no effect on
//!    anything: a host function that it has called begins only if it [still waits](super::host_call::WaitingGuest::waits), which the cell answers.
//! 3. *The stopper tells everybody*. The id is taken out of the registry, which remembers how it ended; the request that runs is answered, the
//!    mailbox is closed, which answers what waits in it; the thread is given back its priority, and the epoch is bumped.
//! 4. *The guest finds out*, in one of three places (`guest`, `thread/worker.rs`). In its own code: the bumped epoch calls it out, and the
//!    callback sees the flag; or, where guests are stopped by memory protection, the control cell has taken away the page that its code looks
//!    at, and the next look is a trap. Asleep in a host call: its waker is called when [`Wake`] is dropped, and the race in
//!    [`Control::until_stopped`](super::control::Control::until_stopped) drops the call where it stands. On its way into a host call: the call
//!    hook sees the flag. One instruction is never cut short; `memory.fill` is the longest.
//! 5. *The thread ends* (`thread/life.rs`). The worker finds its mailbox closed, the store is dropped and never used again, and
//!    [`Actor::mark_dead`] answers what nobody has.
//! 6. *The reaper joins it* (`thread/reaper.rs`), gives back its permit to be alive, and then [`Actor::gone`] resolves: with it
//!    `drop()`, `terminate()` and `closed`.
//!
//! A limit of time goes the same way ([`Actor::expire`]), but leaves the answer to the guest's thread for a moment, which says where the guest
//! was: called out, the guest ends by a trap that knows its stack. If that takes too long, the thread of deadlines answers in its place
//! ([`Actor::answer_expired`], `thread/time_limit.rs`). Where the instance is to be restarted, only the request ends: the id and the mailbox
//! stay, and the worker makes a fresh guest (`thread/supervisor.rs` has the rules).
//!
//! loom/src/{stop,actor,host_call}_models.rs check the races of this.

use super::cell::control::{RequestNumber, StopReason, Stopped, Unanswered};
use super::cell::reason::milliseconds;
use super::handle::Actor;
use super::request::{Running, Work};
use crate::ended::Ended;
use crate::error::{ErrorCode, WasmError};
use crate::sync::mutant;
use std::time::Instant;

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
        let mut stopped = self.control.stop(reason.clone())?;
        self.forget(&reason);
        if let Some(unanswered) = stopped.running.take() {
            self.answer(unanswered, None);
        }
        self.call_out(&reason);
        Some(Wake(stopped))
    }

    /// This request has reached a limit of time: ends the guest, and the actor with it unless the worker `restarts` it. It is answered by the
    /// guest's thread, or by [`answer_expired`](Self::answer_expired).
    pub(crate) fn expire(&self, request: RequestNumber, reason: &StopReason, restarts: bool) -> bool {
        let Some(mut stopped) = self.control.expire(request, reason.clone(), restarts) else { return false };
        if restarts {
            if mutant!("an_interruption_refuses_what_comes_later") {
                self.refuse_waiting("");
            }
            self.thread.call_out();
            self.engines.interrupt();
        } else {
            self.forget(reason);
            self.call_out(reason);
        }
        stopped.wake();
        true
    }

    /// Answers this expired request, unless the guest's thread has, and lets that thread go on with its end.
    pub(crate) fn answer_expired(&self, request: RequestNumber) {
        let Some(mut stopped) = self.control.take_expired(request) else { return };
        if let Some(unanswered) = stopped.running.take() {
            self.answer(unanswered, None);
        }
        stopped.wake();
    }

    /// Answers a request that was ended. `guest` is what the guest's own thread has come to, where it has: that knows the place.
    pub(crate) fn answer(&self, unanswered: Unanswered<Running>, guest: Option<&WasmError>) {
        let Unanswered { running: Running { reply, work }, why } = unanswered;
        if self.control.end().is_none() && !mutant!("an_interruption_is_told_too_early") {
            // The instance is to be restarted: what waits is refused before the caller hears of it, since what that asks next is for the
            // fresh guest. Only who answers does so, once, whoever that is.
            self.refuse_waiting(&why.sentence());
        }
        let mut error = self.stop_error(&why, &work.what());
        error.call = work.call(&self.exports, self.counters.batch_at.get() as usize).map(Box::new);
        error.guest_stack = guest.map(|guest| guest.guest_stack.clone()).unwrap_or_default();
        if let (Work::Serve(_), Some((reason, since))) = (&work, self.control.end()) {
            error.ended = Some(Box::new(self.ended(&reason, since)));
        }
        self.counters.failures.note(&error);
        reply.send(Err(error));
        if mutant!("an_interruption_is_told_too_early") {
            self.refuse_waiting("");
        }
    }

    /// Answers what waits in the mailbox of an instance that is to be restarted, because of this.
    pub(crate) fn refuse_waiting(&self, why: &str) {
        self.mailbox.clear(|request| {
            let (name, id) = (&self.label, self.id);
            let text = format!("the instance \"{name}\" ({id}) died before this request had its turn: {why}");
            request.reply.send(Err(WasmError::new(ErrorCode::InvalidInstanceHandle, text)));
        });
    }

    /// Takes the id out of the registry.
    fn forget(&self, reason: &StopReason) {
        let since = self.control.end().map_or_else(Instant::now, |(_, since)| since);
        (self.unregister)(self.ended(reason, since));
    }

    /// Answers those that wait, and sees that the guest finds out.
    fn call_out(&self, reason: &StopReason) {
        if !mutant!("a_stop_leaves_the_mailbox_open") {
            self.mailbox.close();
        }
        // It ends sooner, where it may be raised.
        self.thread.hurry();
        if !mutant!("a_stop_bumps_no_epoch") {
            self.engines.interrupt();
        }
        tracing::debug!(instance = self.id, name = &*self.label, ?reason, "stopped");
    }

    fn ended(&self, reason: &StopReason, since: Instant) -> Ended {
        Ended::new(self.id, &self.label, reason.name(), reason.message(), &reason.sentence(), since)
    }

    /// 5005 for a request that came too late, or was waiting when the actor ended.
    pub(crate) fn gone_error(&self) -> WasmError {
        match self.control.end() {
            Some((reason, since)) => WasmError::ended(self.ended(&reason, since)),
            None => WasmError::no_instance(self.id),
        }
    }

    /// How it has ended; to be asked once it [has gone](Self::gone).
    pub fn how_it_ended(&self) -> Ended {
        let (reason, since) = self.control.end().unwrap_or_else(|| (StopReason::Failed, Instant::now()));
        self.ended(&reason, since)
    }

    /// The last that its thread does: ends the actor, unless that is done, and answers what nobody else has.
    pub(crate) fn mark_dead(&self, reason: StopReason) {
        if !mutant!("an_end_closes_nothing") {
            self.stop(reason.clone());
        }
        if let Some(unanswered) = self.control.mark_dead(reason) {
            self.answer(unanswered, None);
        }
    }

    /// What a running request is told.
    fn stop_error(&self, reason: &StopReason, what: &str) -> WasmError {
        let name = &self.label;
        let call = |text: String| WasmError::new(ErrorCode::Call, text);
        match reason {
            StopReason::TimedOut { limit, of } => {
                let (exceeded, limit) = (of.exceeded(), milliseconds(*limit));
                let text = match self.control.end() {
                    Some(_) => format!("and the instance \"{name}\" was ended"),
                    None => format!("and the instance \"{name}\" is to be restarted"),
                };
                WasmError::limit(of.limit(), format!("{what} {exceeded} than its limit of {limit} ms, {text}"))
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
