//! How the instances have ended that ended last: what is asked of one of them says so. Bounded, whatever they were called.

use crate::ended::Ended;
use crate::limits::{TOMBSTONES_BYTES_MAX, TOMBSTONES_MAX};
use crate::sync::Mutex;
use std::collections::{HashMap, VecDeque};

/// The ends of instances, by id.
#[derive(Default)]
pub struct Tombstones(Mutex<State>);

#[derive(Default)]
struct State {
    by_id: HashMap<u64, Ended>,
    /// Oldest first.
    ids: VecDeque<u64>,
    bytes: usize,
}

impl Tombstones {
    /// Remembers an end. An instance has one.
    pub fn put(&self, ended: Ended) {
        let mut state = self.0.lock();
        state.bytes += ended.bytes();
        state.ids.push_back(ended.id);
        state.by_id.insert(ended.id, ended);
        while state.ids.len() > TOMBSTONES_MAX || state.bytes > TOMBSTONES_BYTES_MAX {
            let Some(oldest) = state.ids.pop_front() else { break };
            state.bytes -= state.by_id.remove(&oldest).map_or(0, |ended| ended.bytes());
        }
    }

    /// The last that have ended, the latest first, at most so many.
    pub fn latest(&self, count: usize) -> Vec<Ended> {
        let state = self.0.lock();
        state.ids.iter().rev().filter_map(|id| state.by_id.get(id)).take(count).cloned().collect()
    }

    /// How the instance of this id has ended, if that is remembered.
    pub fn get(&self, id: u64) -> Option<Ended> {
        self.0.lock().by_id.get(&id).cloned()
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;
    use std::time::Instant;

    fn ended(id: u64, name: &str) -> Ended {
        Ended::new(id, name, "dropped", None, "it was dropped", Instant::now())
    }

    #[test]
    fn the_last_are_remembered_and_take_a_bounded_number_of_bytes() {
        let tombstones = Tombstones::default();
        let count = TOMBSTONES_MAX as u64 + 10;
        for id in 0..count {
            tombstones.put(ended(id, "x"));
        }
        assert!(tombstones.get(9).is_none() && tombstones.get(10).is_some());
        assert_eq!(tombstones.get(count - 1).unwrap().name, "x");
        assert_eq!(tombstones.latest(2).iter().map(|ended| ended.id).collect::<Vec<_>>(), [count - 1, count - 2]);
        let long = "x".repeat(1 << 20);
        for id in count..2 * count {
            tombstones.put(ended(id, &long));
        }
        let state = tombstones.0.lock();
        assert!(state.bytes <= TOMBSTONES_BYTES_MAX && state.by_id.len() == state.ids.len());
        assert!(state.ids.len() > 1000, "{}", state.ids.len());
    }
}
