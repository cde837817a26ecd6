//! An instance between the start of its thread and the end of its start function: nobody has its id, and whoever makes it may
//! have gone.

use super::capacity::Reservation;
use crate::actor::Actor;
use crate::actor::control::StopReason;
use crate::actor::message::PendingReply;
use crate::error::Result;
use std::sync::Arc;

/// An instance that is being made. Dropping this ends what has started.
pub struct Starting {
    actor: Arc<Actor>,
    unwanted: StopOnDrop,
    started: PendingReply,
    /// Of what the machine has, until the instance has taken it.
    reserved: Reservation,
}

impl Starting {
    pub(super) fn new(actor: Arc<Actor>, started: PendingReply, reserved: Reservation) -> Self {
        Starting { unwanted: StopOnDrop(Some(actor.clone())), actor, started, reserved }
    }

    /// Its handle, so that it can be stopped meanwhile.
    pub fn actor(&self) -> &Arc<Actor> {
        &self.actor
    }

    /// Waits until it is made.
    ///
    /// # Errors
    /// As for [`Runtime::instantiate`](super::Runtime::instantiate).
    pub async fn finish(self) -> Result<Arc<Actor>> {
        let Starting { actor, mut unwanted, started, reserved } = self;
        let outcome = started.outcome(|| actor.gone_error()).await;
        unwanted.0 = None;
        drop(reserved);
        if outcome.is_err() {
            // The thread is ending by itself; its place must be free when this returns.
            actor.gone().await;
        }
        outcome.map(|_| actor)
    }
}

struct StopOnDrop(Option<Arc<Actor>>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(actor) = &self.0 {
            actor.stop(StopReason::Aborted);
        }
    }
}
