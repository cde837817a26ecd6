//! Aborting the making of an instance, or a call. It takes effect before JavaScript goes on: a start function that runs calls nothing of
//! JavaScript's from then on, however long the event loop takes to get to the request that waits for it.

use crate::actor::Actor;
use crate::actor::control::StopReason;
use crate::actor::message::Withdrawal;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

/// To be closed when the signal fires.
#[derive(Default)]
pub(super) struct Abort {
    /// Takes back the request that was made, if it has not begun.
    pub(super) withdrawal: Withdrawal,
    has_fired: Cell<bool>,
    /// Whoever waits for the request.
    waits: RefCell<Option<Waker>>,
    /// The instance whose thread has started, until it is made.
    actor: RefCell<Option<Arc<Actor>>>,
}

impl Abort {
    /// The instance has a thread.
    pub(super) fn started(&self, actor: &Arc<Actor>) {
        if self.has_fired.get() {
            actor.stop(StopReason::Aborted);
        }
        *self.actor.borrow_mut() = Some(actor.clone());
    }

    /// It is made, or could not be: closing this ends nothing any more.
    pub(super) fn over(&self) {
        self.actor.take();
    }

    pub(super) fn fire(&self) {
        self.withdrawal.withdraw();
        if let Some(actor) = self.actor.take() {
            actor.stop(StopReason::Aborted);
        }
        self.has_fired.set(true);
        if let Some(waker) = self.waits.take() {
            waker.wake();
        }
    }

    /// What the work comes to; nothing if this fires before that.
    pub(super) async fn unless_fired<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if self.has_fired.get() {
                return Poll::Ready(None);
            }
            *self.waits.borrow_mut() = Some(context.waker().clone());
            work.as_mut().poll(context).map(Some)
        })
        .await
    }
}
