//! One thread that sleeps until the nearest deadline. No periodic tick: while nothing can run out, nothing wakes. Nor does
//! each request with a time limit wake it: a deadline that is disarmed in time leaves it asleep.

use crate::panics::contained;
use crate::scheduling;
use crate::sync::{Condvar, Mutex, MutexGuard, mutant};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

type Action = Box<dyn FnOnce() + Send>;

/// Actions to be run at a time, unless they are disarmed before. Dropping this ends the thread.
#[derive(Default)]
pub struct Deadlines {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    armed: BTreeMap<Token, Action>,
    next: u64,
    /// Until when the thread sleeps, if it sleeps for a time.
    sleeps_until: Option<Instant>,
    thread_started: bool,
    ended: bool,
}

/// Names an armed deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token(Instant, u64);

impl Deadlines {
    /// Runs `action` at `at`, on the deadline thread: it must be short and must not block.
    ///
    /// # Errors
    /// If the thread, which the first deadline starts, cannot be started.
    pub fn arm(&self, at: Instant, action: impl FnOnce() + Send + 'static) -> std::io::Result<Token> {
        let mut state = self.shared.state.lock();
        if !state.thread_started {
            let shared = self.shared.clone();
            scheduling::start_prompt_thread("wasm-deadlines", move || shared.watch())?;
            state.thread_started = true;
        }
        let token = Token(at, state.next);
        state.next += 1;
        state.armed.insert(token, Box::new(action));
        if state.sleeps_until.is_none_or(|until| at < until) && !mutant!("a_nearer_deadline_wakes_nobody") {
            self.shared.changed.notify_one();
        }
        Ok(token)
    }

    /// Forgets a deadline. If its action is running already, it goes on.
    pub fn disarm(&self, token: Token) {
        if mutant!("a_disarmed_deadline_stays") {
            return;
        }
        let action = self.shared.state.lock().armed.remove(&token);
        // Dropped here, after the lock.
        drop(action);
    }
}

impl Drop for Deadlines {
    fn drop(&mut self) {
        self.shared.state.lock().ended = true;
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn watch(&self) {
        let mut state = self.state.lock();
        while !state.ended {
            let now = Instant::now();
            match state.armed.first_entry() {
                None => {
                    state.sleeps_until = None;
                    self.changed.wait(&mut state);
                }
                Some(first) if first.key().0 > now => {
                    let at = first.key().0;
                    state.sleeps_until = Some(at);
                    self.changed.wait_until(&mut state, at);
                }
                Some(first) => {
                    let action = first.remove();
                    MutexGuard::unlocked(&mut state, || contained(action));
                }
            }
        }
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn a_deadline_that_panics_keeps_no_other_from_firing() {
        let deadlines = Deadlines::default();
        let (sender, fired) = mpsc::channel();
        let now = Instant::now();
        for round in 0..3 {
            let sender = sender.clone();
            deadlines.arm(now + Duration::from_millis(round), || panic!("on purpose")).unwrap();
            deadlines.arm(now + Duration::from_millis(round), move || sender.send(round).unwrap()).unwrap();
        }
        assert_eq!(fired.iter().take(3).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn deadlines_fire_in_order_and_a_disarmed_one_does_not() {
        let deadlines = Deadlines::default();
        let (sender, fired) = mpsc::channel();
        let now = Instant::now();
        let arm = |millis, name: &'static str| {
            let sender = sender.clone();
            deadlines.arm(now + Duration::from_millis(millis), move || sender.send(name).unwrap()).unwrap()
        };
        arm(30, "late");
        let never = arm(10, "never");
        arm(5, "soon");
        deadlines.disarm(never);
        assert_eq!([fired.recv().unwrap(), fired.recv().unwrap()], ["soon", "late"]);
        // It sleeps for a deadline that is disarmed; one before that wakes it all the same, and so does one after.
        let distant = arm(3_600_000, "never");
        arm(40, "sooner");
        assert_eq!(fired.recv().unwrap(), "sooner");
        deadlines.disarm(distant);
        arm(50, "last");
        assert_eq!(fired.recv().unwrap(), "last");
    }
}
