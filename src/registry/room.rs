//! Room on the machine for another instance: memory maps, threads, open files. Refusing in time is what keeps the process
//! alive: the start of a thread aborts it when no map is left.
//!
//! Counting what the process has takes milliseconds when it has much, so it is done rarely: between two counts each instance
//! that was let in is assumed to take the most it can.

use super::machine::{self, Limits};
use crate::limits::{FILES_HEAD_ROOM, MAPS_HEAD_ROOM, THREADS_HEAD_ROOM};
use parking_lot::Mutex;
use std::sync::Arc;

/// An amount of each thing that the machine limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub maps: u64,
    pub threads: u64,
    pub files: u64,
}

impl Amount {
    fn plus(self, other: Amount) -> Amount {
        Amount { maps: self.maps + other.maps, threads: self.threads + other.threads, files: self.files + other.files }
    }

    fn minus(self, other: Amount) -> Amount {
        Amount {
            maps: self.maps.saturating_sub(other.maps),
            threads: self.threads.saturating_sub(other.threads),
            files: self.files.saturating_sub(other.files),
        }
    }
}

/// Keeps the account.
pub(super) struct Room {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the process has at most: counted, and what was let in since.
    taken: Amount,
    /// What was let in and may not have shown in a count yet.
    starting: Amount,
}

/// An instance that was let in and is starting.
pub(super) struct Starting(Arc<Room>, Amount);

impl Drop for Starting {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.starting = state.starting.minus(self.1);
    }
}

impl Room {
    pub(super) fn new(limits: Limits) -> Self {
        Room { limits, state: Mutex::new(State { taken: machine::in_use(), starting: Amount::default() }) }
    }

    /// Counts what the process has. Takes milliseconds when that is much.
    pub(super) fn count(&self) {
        let counted = machine::in_use();
        let mut state = self.state.lock();
        state.taken = counted.plus(state.starting);
    }

    /// Lets an instance in that takes this much at most.
    ///
    /// # Errors
    /// What there is too little of, and how to get more. It may be that a [count](Self::count) finds room.
    pub(super) fn enter(self: &Arc<Self>, most: Amount) -> Result<Starting, String> {
        let mut state = self.state.lock();
        let taken = state.taken.plus(most);
        let Limits { maps, threads, files } = self.limits;
        let full = |what: &str, limit: u64, raise: &str| {
            Err(format!(
                "the machine has no room for another instance: this process may have {limit} {what}; raise {raise}"
            ))
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
        state.starting = state.starting.plus(most);
        Ok(Starting(self.clone(), most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(maps: u64, threads: u64, files: u64) -> Arc<Room> {
        Arc::new(Room { limits: Limits { maps, threads, files }, state: Mutex::default() })
    }

    #[test]
    fn what_is_short_is_named_with_how_to_raise_it() {
        let one = Amount { maps: 10, threads: 1, files: 2 };
        let enough = (MAPS_HEAD_ROOM + 10, THREADS_HEAD_ROOM + 1, FILES_HEAD_ROOM + 2);
        for (less, named) in [((1, 0, 0), "vm.max_map_count"), ((0, 1, 0), "ulimit -u"), ((0, 0, 1), "ulimit -n")] {
            let room = room(enough.0 - less.0, enough.1 - less.1, enough.2 - less.2);
            let refused = room.enter(one).err().unwrap();
            assert!(refused.contains(named), "{refused}");
        }
        let room = room(enough.0, enough.1, enough.2);
        let starting = room.enter(one).ok().unwrap();
        assert!(room.enter(one).is_err());
        assert_eq!(room.state.lock().starting, one);
        drop(starting);
        assert_eq!(room.state.lock().starting, Amount::default());
    }

    #[test]
    fn a_count_keeps_what_is_starting() {
        let room = room(1 << 40, 1 << 40, 1 << 40);
        let _starting = room.enter(Amount { maps: 1 << 30, threads: 1, files: 1 }).ok().unwrap();
        room.count();
        let taken = room.state.lock().taken;
        assert!(taken.maps > 1 << 30 && taken.threads > 1 && taken.files > 1, "{taken:?}");
    }
}
