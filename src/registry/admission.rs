//! Admission: how many instances may be alive, also those that are ending and no longer registered. Checked by loom.

use crate::sync::{Condvar, Mutex, mutant};
use std::sync::Arc;
use std::time::Instant;

/// Counts the threads of instances.
#[derive(Default)]
pub struct Alive {
    state: Mutex<State>,
    fell: Condvar,
}

#[derive(Default)]
struct State {
    count: usize,
    closed: bool,
}

impl State {
    fn check(&self, limit: usize) -> Result<(), Refused> {
        match self {
            State { closed: true, .. } => Err(Refused::Closed),
            State { count, .. } if *count >= limit => Err(Refused::Full),
            State { .. } => Ok(()),
        }
    }
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// As many are alive as may be.
    Full,
    /// The runtime has shut down.
    Closed,
}

impl Alive {
    /// Takes a permit. On drop it is given back.
    ///
    /// # Errors
    /// If there is none.
    pub fn enter(self: &Arc<Self>, limit: usize) -> Result<Permit, Refused> {
        let mut state = self.state.lock();
        state.check(limit)?;
        if mutant!("enter_in_two_steps") {
            drop(state);
            state = self.state.lock();
        }
        state.count += 1;
        Ok(Permit(self.clone()))
    }

    /// Is there a permit? For whoever still has to wait for something else, and must not take one before.
    ///
    /// # Errors
    /// If there is none.
    pub fn check(&self, limit: usize) -> Result<(), Refused> {
        self.state.lock().check(limit)
    }

    /// Lets nobody in any more.
    ///
    /// Whoever has a permit already may not be registered yet, where a shutdown would find it. So the one closes and *then*
    /// looks at who is registered, the other registers and *then* asks [`is_closed`](Self::is_closed): one of them sees the other.
    pub fn close(&self) {
        self.state.lock().closed = !mutant!("close_leaves_the_door_open");
    }

    /// Has it been closed?
    pub fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// How many are alive.
    pub fn count(&self) -> usize {
        self.state.lock().count
    }

    /// Waits until none is alive, or until then. Returns how many are. Blocks.
    pub fn wait_for_none(&self, until: Instant) -> usize {
        let mut state = self.state.lock();
        while state.count > 0 && !self.fell.wait_until(&mut state, until).timed_out() {}
        state.count
    }
}

/// A permit to be alive.
pub struct Permit(Arc<Alive>);

impl Drop for Permit {
    fn drop(&mut self) {
        if !mutant!("a_permit_leaks") {
            self.0.state.lock().count -= 1;
        }
        if !mutant!("nobody_hears_of_the_last") {
            self.0.fell.notify_all();
        }
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn permits_are_counted_and_given_back() {
        let alive: Arc<Alive> = Arc::default();
        let permit = alive.enter(1).ok();
        assert_eq!(alive.enter(1).err(), Some(Refused::Full));
        assert_eq!((alive.check(1).err(), alive.check(2).err()), (Some(Refused::Full), None));
        assert_eq!((alive.count(), alive.wait_for_none(Instant::now())), (1, 1));
        drop(permit);
        assert_eq!((alive.count(), alive.enter(1).is_ok()), (0, true));
        alive.close();
        assert_eq!(alive.enter(1).err(), Some(Refused::Closed));
    }
}
