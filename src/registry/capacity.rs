//! Capacity of the machine for another instance or compilation: memory maps, threads, open files. Refusing in time is what keeps the process
//! alive: the start of a thread aborts it when no map is left.
//!
//! Counting what the process has takes milliseconds when it has much, so it is done rarely: between two counts each instance
//! that was let in is assumed to take the most it can.

use super::admission::Alive;
use super::machine;
use super::resources::Resources;
use crate::blocking;
use crate::limits::{
    FILES_HEAD_ROOM, MAPS_HEAD_ROOM, MAPS_OF_FIRST_CALL, MAPS_PER_INSTANCE, MAPS_PER_MEMORY, THREADS_HEAD_ROOM,
};
use parking_lot::Mutex;
use std::sync::Arc;

/// Keeps the account.
pub(super) struct Capacity {
    limits: Resources,
    alive: Arc<Alive>,
    /// How many threads wait for an instance. What they have, that will have.
    idle: Box<dyn Fn() -> usize + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the process has at most: counted, and what was let in since.
    taken: Resources,
    /// What was reserved and may not show in a count yet.
    reserved: Resources,
}

/// Keeps an amount for who has been let in, until that has been taken.
pub(super) struct Reservation(Arc<Capacity>, Resources);

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.reserved = state.reserved.minus(self.1);
    }
}

impl Capacity {
    pub(super) fn new(limits: Resources, alive: Arc<Alive>, idle: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        let taken = machine::in_use().unwrap_or_else(|| assumed(0));
        let state = Mutex::new(State { taken, reserved: Resources::default() });
        Capacity { limits, alive, idle: Box::new(idle), state }
    }

    /// Counts what the process has. Takes milliseconds when that is much.
    pub(super) fn count(&self) {
        // Asked before, so that one which comes to wait meanwhile is counted.
        let idle = of_idle((self.idle)() as u64);
        let counted =
            machine::in_use().map_or_else(|| assumed(self.alive.count() as u64), |counted| counted.minus(idle));
        let mut state = self.state.lock();
        state.taken = counted.plus(state.reserved);
    }

    /// Lets `what` in, counting again what there is before it says no.
    ///
    /// # Errors
    /// As for [`Capacity::enter`].
    pub(super) async fn enter_or_count(
        self: &Arc<Self>,
        what: &str,
        most: Resources,
        later: Resources,
    ) -> Result<[Reservation; 2], String> {
        if let Ok(reservations) = self.enter(what, most, later) {
            return Ok(reservations);
        }
        let capacity = self.clone();
        // Should the count fail, the old one stands.
        let _ = blocking::run(move || capacity.count()).await;
        self.enter(what, most, later)
    }

    /// Lets in `what` takes this much at most as it starts, and this much more later.
    ///
    /// # Errors
    /// What there is too little of, and how to get more. It may be that a [count](Self::count) finds room.
    fn enter(self: &Arc<Self>, what: &str, most: Resources, later: Resources) -> Result<[Reservation; 2], String> {
        let mut state = self.state.lock();
        let taken = state.taken.plus(most).plus(later);
        let Resources { maps, threads, files } = self.limits;
        let full = |things: &str, limit: u64, raise: &str| {
            Err(format!("the machine has no room for {what}: this process may have {limit} {things}; raise {raise}"))
        };
        if taken.maps > maps.saturating_sub(MAPS_HEAD_ROOM) {
            return full("memory maps", maps, "the sysctl vm.max_map_count");
        }
        if taken.threads > threads.saturating_sub(THREADS_HEAD_ROOM) {
            return full(
                "threads",
                threads,
                "`ulimit -u`, the sysctl kernel.threads-max or the control group's pids.max",
            );
        }
        if taken.files > files.saturating_sub(FILES_HEAD_ROOM) {
            return full("open files", files, "`ulimit -n`");
        }
        state.taken = taken;
        state.reserved = state.reserved.plus(most).plus(later);
        Ok([most, later].map(|amount| Reservation(self.clone(), amount)))
    }
}

/// What so many threads have that wait for an instance.
fn of_idle(threads: u64) -> Resources {
    Resources { maps: threads * (MAPS_PER_INSTANCE + MAPS_OF_FIRST_CALL), threads, files: 0 }
}

/// What a process with so many instances has, where the system does not show it: more than most have.
fn assumed(alive: u64) -> Resources {
    let maps = MAPS_PER_INSTANCE + MAPS_OF_FIRST_CALL + 2 * MAPS_PER_MEMORY;
    Resources { maps: 1000 + alive * maps, threads: 32 + alive, files: 64 + 4 * alive }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity(maps: u64, threads: u64, files: u64) -> Arc<Capacity> {
        let limits = Resources { maps, threads, files };
        Arc::new(Capacity { limits, alive: Arc::default(), idle: Box::new(|| 0), state: Mutex::default() })
    }

    #[test]
    fn what_is_short_is_named_with_how_to_raise_it() {
        let one = Resources { maps: 10, threads: 1, files: 2 };
        let enough = (MAPS_HEAD_ROOM + 10, THREADS_HEAD_ROOM + 1, FILES_HEAD_ROOM + 2);
        for (less, named) in [((1, 0, 0), "vm.max_map_count"), ((0, 1, 0), "ulimit -u"), ((0, 0, 1), "ulimit -n")] {
            let capacity = capacity(enough.0 - less.0, enough.1 - less.1, enough.2 - less.2);
            let refused = capacity.enter("it", one, Resources::default()).err().unwrap();
            assert!(refused.contains(named), "{refused}");
        }
        let capacity = capacity(enough.0, enough.1, enough.2);
        let later = Resources { maps: 4, ..Resources::default() };
        let [starting, first_call] = capacity.enter("it", one.minus(later), later).ok().unwrap();
        assert!(capacity.enter("it", Resources::default(), later).is_err());
        assert_eq!(capacity.state.lock().reserved, one);
        drop(starting);
        assert_eq!(capacity.state.lock().reserved, later);
        drop(first_call);
        assert_eq!(capacity.state.lock().reserved, Resources::default());
    }

    #[test]
    fn a_count_keeps_what_is_reserved() {
        let capacity = capacity(1 << 40, 1 << 40, 1 << 40);
        let most = Resources { maps: 1 << 30, threads: 1, files: 1 };
        let _reservations = capacity.enter("it", most, Resources::default()).ok().unwrap();
        capacity.count();
        let taken = capacity.state.lock().taken;
        assert!(taken.maps > 1 << 30 && taken.threads > 1 && taken.files > 1, "{taken:?}");
    }
}
