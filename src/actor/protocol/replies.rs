//! Replies that come in bunches: one queue for all requests of one receiver, which is woken once for all that has come since it looked.
//!
//! An event loop that has thousands of requests under way would else be woken by each of their replies. Checked by loom.

use crate::sync::{AtomicBool, Mutex, Ordering, mutant};
use std::fmt;

/// The receiver's number for one of its requests.
pub type Ticket = u32;

/// The queue. A reply is what a request comes to; `None` if it was dropped unanswered.
pub struct Replies<T> {
    state: Mutex<State<T>>,
    /// Mirrors that there are some, for who looks without the lock.
    news: AtomicBool,
    closed: AtomicBool,
    /// Lets the receiver know that there are some.
    wake: Box<dyn Fn() + Send + Sync>,
}

struct State<T> {
    queue: Vec<(Ticket, Option<T>)>,
    /// Does the receiver want to be woken?
    waits: bool,
}

impl<T> Replies<T> {
    /// An empty queue. `wake` is called on the thread of who replies, once for each [`wait`](Self::wait): it must be short and must not block.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Replies {
            state: Mutex::new(State { queue: Vec::new(), waits: false }),
            news: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            wake: Box::new(wake),
        }
    }

    /// A reply has come.
    pub fn push(&self, ticket: Ticket, reply: Option<T>) {
        let mut state = self.state.lock();
        state.queue.push((ticket, reply));
        self.news.store(true, Ordering::Release);
        let wakes = std::mem::take(&mut state.waits);
        drop(state);
        if wakes && !mutant!("a_reply_wakes_nobody") {
            (self.wake)();
        }
    }

    /// Are there any? One atomic load.
    pub fn has_news(&self) -> bool {
        self.news.load(Ordering::Acquire)
    }

    /// Those that have come.
    pub fn take(&self) -> Vec<(Ticket, Option<T>)> {
        let mut state = self.state.lock();
        self.news.store(false, Ordering::Relaxed);
        std::mem::take(&mut state.queue)
    }

    /// From here on the next reply wakes the receiver. False if there are some already: then nothing does.
    pub fn wait(&self) -> bool {
        let mut state = self.state.lock();
        state.waits = state.queue.is_empty() || mutant!("who_waits_does_not_look");
        state.waits
    }

    /// The receiver is gone: requests that have not begun need not.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}

impl<T> fmt::Debug for Replies<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replies")
    }
}
