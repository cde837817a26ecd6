//! Waiting for a stop, and for other things only until one.

use super::control::Control;
use crate::sync::mutant;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

impl<R> Control<R> {
    /// Resolves once the instance has been told to stop, and nothing is left for the guest's thread to say.
    pub fn stopped(&self) -> StopSignal<'_, R> {
        StopSignal(self)
    }

    /// Does this work until the instance is told to stop: then it is dropped where it stands, and there is no result.
    pub async fn until_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let (mut stopped, mut work) = (pin!(self.stopped()), pin!(work));
        poll_fn(|cx| match stopped.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => work.as_mut().poll(cx).map(Some),
        })
        .await
    }

    /// Awaits something within the work of a request, on the guest's thread: `None` once the instance has been told to stop. What wakes
    /// the work wakes this; so a request that has expired ends where it waits, and tells of that place.
    pub async fn while_running<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
        let mut wait = pin!(wait);
        poll_fn(|cx| match self.is_stopped() {
            true => Poll::Ready(None),
            false => wait.as_mut().poll(cx).map(Some),
        })
        .await
    }
}

/// The future of [`Control::stopped`].
pub struct StopSignal<'a, R>(&'a Control<R>);

impl<R> Future for StopSignal<'_, R> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.state.lock();
        let is_over = state.is_stopped() && state.running.is_none();
        if is_over && !mutant!("a_sleeper_does_not_look") {
            return Poll::Ready(());
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}
