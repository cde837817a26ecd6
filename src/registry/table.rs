//! A map from ids that are never used twice. Removing an id and using it may race: one of them wins, the other is told that
//! there is no such id.

use crate::sync::{AtomicU64, Ordering, RwLock, mutant};
use std::collections::HashMap;

/// Values by id. Ids count up from 1.
pub struct Table<V> {
    next: AtomicU64,
    entries: RwLock<HashMap<u64, V>>,
}

impl<V: Clone> Default for Table<V> {
    fn default() -> Self {
        Table { next: AtomicU64::new(1), entries: RwLock::new(HashMap::new()) }
    }
}

impl<V: Clone> Table<V> {
    /// A new id. It names nothing until something is [put](Self::put) under it.
    pub fn reserve(&self) -> u64 {
        if mutant!("ids_count_in_two_steps") {
            let id = self.next.load(Ordering::Relaxed);
            self.next.store(id + 1, Ordering::Relaxed);
            return id;
        }
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Puts a value under an id from [`reserve`](Self::reserve).
    pub fn put(&self, id: u64, value: V) {
        self.entries.write().insert(id, value);
    }

    /// The value, if the id names one.
    pub fn get(&self, id: u64) -> Option<V> {
        self.entries.read().get(&id).cloned()
    }

    /// Takes the value out. The second of two removals gets nothing.
    pub fn remove(&self, id: u64) -> Option<V> {
        if mutant!("remove_in_two_steps") {
            let found = self.get(id);
            self.entries.write().remove(&id);
            return found;
        }
        self.entries.write().remove(&id)
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.entries.read().len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All values with their ids, in no order.
    pub fn entries(&self) -> Vec<(u64, V)> {
        self.entries.read().iter().map(|(id, value)| (*id, value.clone())).collect()
    }

    /// All values, in no order.
    pub fn all(&self) -> Vec<V> {
        self.entries.read().values().cloned().collect()
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_one_value_once() {
        let table = Table::default();
        let (a, b) = (table.reserve(), table.reserve());
        table.put(a, "a");
        assert_ne!(a, b);
        assert_eq!((table.get(a), table.get(b)), (Some("a"), None));
        assert_eq!((table.remove(a), table.remove(a), table.len()), (Some("a"), None, 0));
    }
}
