//! tokio's `Notify`, as far as it tells all that wait: who has asked to be told is told of every call from then on, polled or
//! not. Its stored permit for one (`notify_one`) is not used.

use super::Mutex;
use super::wakers::Wakers;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

#[derive(Debug, Default)]
pub struct Notify(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    calls: u64,
    waiting: Wakers,
}

impl Notify {
    pub fn notified(&self) -> Notified<'_> {
        Notified { notify: self, since: self.0.lock().calls }
    }

    pub fn notify_waiters(&self) {
        let mut state = self.0.lock();
        state.calls += 1;
        let waiting = state.waiting.take();
        drop(state);
        waiting.wake();
    }
}

/// Resolves with the next call.
pub struct Notified<'a> {
    notify: &'a Notify,
    since: u64,
}

impl Notified<'_> {
    /// Nothing is left to do: it has been listening since it was made.
    pub fn enable(self: Pin<&mut Self>) -> bool {
        false
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.notify.0.lock();
        if state.calls != self.since {
            return Poll::Ready(());
        }
        state.waiting.add(cx);
        Poll::Pending
    }
}
