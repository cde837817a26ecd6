//! Threads that have nothing to do, for a while: an instance that begins meanwhile begins on one of them, which takes a wake-up and not
//! a start, and finds its stacks mapped.
//!
//! They are bounded, and end when they have not been needed for some time. Who ends, hands on and waits agrees under one lock; a thread
//! that has been found is out of the list, so it gets either one piece of work or its end. Checked by loom.

use crate::sync::{Condvar, Mutex, mutant};
use std::sync::Arc;

/// The threads that wait for work of the type `W`.
pub(crate) struct Idle<W> {
    state: Mutex<State<W>>,
    /// How many may wait.
    most: usize,
}

struct State<W> {
    /// Those that came last are last, and are taken first.
    waiting: Vec<Waiting<W>>,
    /// How often [`retire`](Idle::retire) has been called.
    rounds: u64,
    /// Will it be called again?
    timed: bool,
    closed: bool,
}

struct Waiting<W> {
    seat: Arc<Seat<W>>,
    since: u64,
}

/// Where one thread waits to be told.
struct Seat<W> {
    told: Mutex<Option<Told<W>>>,
    changed: Condvar,
}

enum Told<W> {
    Work(W),
    End,
}

impl<W> Seat<W> {
    fn tell(&self, told: Told<W>) {
        *self.told.lock() = Some(told);
        if !mutant!("who_is_told_sleeps_on") {
            self.changed.notify_one();
        }
    }

    fn wait(&self) -> Option<W> {
        let mut told = self.told.lock();
        loop {
            match told.take() {
                None => self.changed.wait(&mut told),
                Some(Told::Work(work)) => return Some(work),
                Some(Told::End) => return None,
            }
        }
    }
}

impl<W> Idle<W> {
    /// So many may wait.
    pub(crate) fn new(most: usize) -> Self {
        let state = State { waiting: Vec::new(), rounds: 0, timed: false, closed: false };
        Idle { state: Mutex::new(state), most }
    }

    /// How many wait.
    pub(crate) fn count(&self) -> usize {
        self.state.lock().waiting.len()
    }

    /// Hands work to a thread that waits.
    ///
    /// # Errors
    /// Gives it back where none does.
    pub(crate) fn hand(&self, work: W) -> Result<(), W> {
        let found = self.state.lock().take();
        match found {
            Some(seat) => {
                seat.tell(Told::Work(work));
                Ok(())
            }
            None => Err(work),
        }
    }

    /// Waits, on the thread that has nothing to do. `settled` runs once work can be handed to it, with what is given here and with
    /// whether [`retire`](Self::retire) is to be called from now on. No work is the end.
    ///
    /// # Errors
    /// Gives back what was given where enough threads wait, or none is to any more.
    pub(crate) fn wait<T>(&self, given: T, settled: impl FnOnce(T, bool)) -> Result<Option<W>, T> {
        let seat = Arc::new(Seat { told: Mutex::new(None), changed: Condvar::new() });
        let mut state = self.state.lock();
        if (state.closed && !mutant!("who_comes_after_the_end_waits")) || state.waiting.len() >= self.most {
            return Err(given);
        }
        let since = state.rounds;
        state.waiting.push(Waiting { seat: seat.clone(), since });
        let is_first = !std::mem::replace(&mut state.timed, true);
        drop(state);
        settled(given, is_first);
        Ok(seat.wait())
    }

    /// Ends the threads that have waited since before the last call. To be called again after a while if it says so.
    pub(crate) fn retire(&self) -> bool {
        let mut state = self.state.lock();
        let State { waiting, rounds, timed, .. } = &mut *state;
        let old = waiting.iter().take_while(|waiting| waiting.since < *rounds).count();
        let old = waiting.drain(..old).collect::<Vec<_>>();
        *rounds += 1;
        *timed = !(waiting.is_empty() && old.is_empty());
        let again = *timed;
        drop(state);
        end(old);
        again
    }

    /// Ends them all, and those that would wait later.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let all = std::mem::take(&mut state.waiting);
        drop(state);
        end(all);
    }
}

impl<W> State<W> {
    fn take(&mut self) -> Option<Arc<Seat<W>>> {
        if mutant!("who_is_found_is_found_again") {
            return self.waiting.last().map(|waiting| waiting.seat.clone());
        }
        self.waiting.pop().map(|waiting| waiting.seat)
    }
}

fn end<W>(threads: Vec<Waiting<W>>) {
    for thread in threads {
        thread.seat.tell(Told::End);
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread::{JoinHandle, spawn};

    type Numbers = Arc<Idle<u32>>;

    /// A thread that waits, and what it is told then.
    fn waiting(idle: &Numbers) -> JoinHandle<Option<u32>> {
        let (sender, settled) = mpsc::channel();
        let idle = idle.clone();
        let thread = spawn(move || idle.wait((), |(), is_first| sender.send(is_first).unwrap()).unwrap());
        settled.recv().unwrap();
        thread
    }

    #[test]
    fn no_more_wait_than_may_and_the_last_is_taken_first() {
        let idle: Numbers = Arc::new(Idle::new(2));
        assert_eq!(idle.hand(0), Err(0));
        let (first, second) = (waiting(&idle), waiting(&idle));
        assert!(idle.wait((), |(), _| unreachable!("there is no place")).is_err());
        assert_eq!((idle.count(), idle.hand(1), idle.hand(2), idle.hand(3)), (2, Ok(()), Ok(()), Err(3)));
        assert_eq!((first.join().unwrap(), second.join().unwrap()), (Some(2), Some(1)));
        idle.close();
        assert!(idle.wait((), |(), _| unreachable!("it is closed")).is_err());
    }

    #[test]
    fn who_is_not_needed_for_a_round_ends() {
        let idle: Numbers = Arc::new(Idle::new(3));
        let old = waiting(&idle);
        assert!(idle.retire(), "it has not waited for a whole round");
        let young = waiting(&idle);
        assert!(idle.retire());
        assert_eq!((old.join().unwrap(), idle.count()), (None, 1));
        assert!(idle.retire());
        assert_eq!((young.join().unwrap(), idle.count()), (None, 0));
        assert!(!idle.retire(), "nobody is left to be retired");
        assert!(!idle.retire());
    }
}
