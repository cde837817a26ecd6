//! Tasks that wait, under the lock of whatever they wait for.

use std::task::{Context, Waker};

/// The wakers of those that wait. Taken out under the lock, woken after it, as tokio does.
#[derive(Debug, Default)]
pub struct Wakers(Vec<Waker>);

impl Wakers {
    /// A task that is polled again is here twice, which changes nothing: a wake-up too many only makes it look again.
    pub fn add(&mut self, cx: &Context<'_>) {
        if !self.0.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.0.push(cx.waker().clone());
        }
    }

    pub fn take(&mut self) -> Wakers {
        std::mem::take(self)
    }

    pub fn wake(self) {
        self.0.into_iter().for_each(Waker::wake);
    }
}
