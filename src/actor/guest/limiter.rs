//! Bounds on memories and tables: summed over the whole instance, and charged to what all guests together may have.
//!
//! wasmtime asks before it makes or grows one, and tells of some failures afterwards; of success it never tells. What it does, and
//! what is made of that, so that the sum is never less than what there is:
//!
//! - A memory is asked for, and a failure is told right after: it is taken back. Only a memory of one-byte pages, which the
//!   [engine](crate::engine) does not let pass, could fail without having been asked for.
//! - A table is asked for, and a failure is told only where the new size is beyond its maximum, which is refused here, or beyond
//!   what can be counted, which was not asked for. So nothing is ever taken back for a table: where the system has
//!   no memory for it, the call traps, and what was asked for stays counted until the instance ends.

use crate::actor::budget::Budget;
use crate::actor::protocol::config::Limits;
use crate::actor::stats::Counter;
use crate::engine::PAGE_BYTES;
use crate::limits::{CORE_INSTANCES_MAX, MEMORIES_MAX, TABLE_ELEMENT_BYTES, TABLES_MAX};
use std::sync::Arc;
use wasmtime::ResourceLimiter;

/// Counts what an instance has and refuses what goes beyond. A refused `memory.grow` gives the guest -1.
pub(super) struct Limiter {
    memory: Account,
    table: Account,
    /// What a memory has been allowed to grow by, if nothing has been asked or told since.
    allowed: Option<u64>,
    /// The sum of the memories, for statistics.
    shown: Arc<Counter>,
    /// Which bound the last refusal came from, for a message.
    refusal: Option<String>,
}

/// One sum with its bound. All of it is given back when this goes.
struct Account {
    what: &'static str,
    used: u64,
    limit: u64,
    /// Bytes that one unit costs the budget of all guests.
    unit_bytes: u64,
    shared: Arc<Budget>,
}

impl Account {
    fn new(what: &'static str, limit: u64, unit_bytes: u64, shared: &Arc<Budget>) -> Self {
        Account { what, used: 0, limit, unit_bytes, shared: shared.clone() }
    }

    /// Takes what this growth needs, and says how much that is. The error is the bound that is in the way.
    /// `others` is what the instance has beside this.
    fn grow(&mut self, current: usize, desired: usize, others: u64) -> Result<u64, String> {
        let growth = desired.saturating_sub(current) as u64;
        if self.used.checked_add(growth).is_none_or(|sum| sum > self.limit) {
            return Err(format!("the instance's limit is {} {}", self.limit, self.what));
        }
        // The bytes of the sum are counted in 64 bits, also where no limit is in the way.
        let bytes = growth.checked_mul(self.unit_bytes).filter(|bytes| self.shared.take(*bytes, others + self.bytes()));
        if bytes.is_none() {
            return Err(self.shared.refusal());
        }
        self.used += growth;
        Ok(growth)
    }

    fn bytes(&self) -> u64 {
        self.used * self.unit_bytes
    }

    fn take_back(&mut self, growth: u64) {
        self.used -= growth;
        self.shared.give_back(growth * self.unit_bytes);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.shared.give_back(self.bytes());
    }
}

impl Limiter {
    pub(super) fn new(limits: &Limits, shared: &Arc<Budget>, shown: Arc<Counter>) -> Self {
        shown.set(0);
        Limiter {
            memory: Account::new("bytes", limits.memory_bytes, 1, shared),
            table: Account::new("table elements", limits.table_elements, TABLE_ELEMENT_BYTES, shared),
            allowed: None,
            shown,
            refusal: None,
        }
    }

    /// Why the last growth that was refused was refused. Asking forgets it.
    pub(super) fn take_refusal(&mut self) -> Option<String> {
        self.refusal.take()
    }

    /// What was in the way of the last growth, for the end of a message: the maximum that is declared, and a bound of the host's.
    pub(super) fn bounds(&mut self, maximum: Option<u64>) -> String {
        let maximum = maximum.map(|maximum| format!(", its declared maximum is {maximum}"));
        let refusal = self.take_refusal().map(|bound| format!(", {bound}"));
        maximum.unwrap_or_default() + &refusal.unwrap_or_default()
    }

    /// What all guests together may have.
    pub(super) fn shared(&self) -> &Arc<Budget> {
        &self.memory.shared
    }

    /// The bytes of all memories.
    pub(super) fn bytes(&self) -> u64 {
        self.memory.used
    }

    /// What it has of the memory of all guests: memories and tables.
    pub(super) fn shared_bytes(&self) -> u64 {
        self.memory.bytes() + self.table.bytes()
    }

    /// The most that they may ever have.
    pub(super) fn bytes_max(&self) -> u64 {
        self.memory.limit
    }

    /// The elements of all tables.
    pub(super) fn elements(&self) -> u64 {
        self.table.used
    }

    fn note<T>(&mut self, grown: Result<T, String>) -> Option<T> {
        self.refusal = None;
        grown.map_err(|bound| self.refusal = Some(bound)).ok()
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.allowed = None;
        // It is the host's, and no memory of the guest's is as small.
        if (current, desired, maximum) == (0, PAGE_BYTES, Some(PAGE_BYTES)) {
            return Ok(true);
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let grown = self.memory.grow(current, desired, self.table.bytes());
        self.shown.set(self.memory.used);
        self.allowed = self.note(grown);
        Ok(self.allowed.is_some())
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        if let Some(growth) = self.allowed.take() {
            self.memory.take_back(growth);
            self.shown.set(self.memory.used);
        }
        self.refusal = Some(format!("the machine refused it: {error:#}"));
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.allowed = None;
        // Beyond its maximum it will fail, so it is not counted.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let grown = self.table.grow(current, desired, self.memory.bytes());
        Ok(self.note(grown).is_some())
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.allowed = None;
        Ok(())
    }

    fn instances(&self) -> usize {
        // Those of a component; a core module is one.
        CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        TABLES_MAX
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_counts_and_a_failed_growth_is_taken_back() {
        let shared = Arc::new(Budget::new(1000));
        let limits = Limits { memory_bytes: 100, ..Limits::default() };
        let mut limiter = Limiter::new(&limits, &shared, Arc::default());
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 41, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        limiter.memory_grow_failed(wasmtime::Error::msg("no room")).unwrap();
        assert!(limiter.memory_growing(60, 100, None).unwrap());
        assert!(!limiter.memory_growing(usize::MAX - 1, usize::MAX, Some(5)).unwrap());
        assert!(limiter.table_growing(0, 2, None).unwrap());
        assert_eq!(shared.used(), 100 + 2 * TABLE_ELEMENT_BYTES);
    }

    #[test]
    fn guests_share_one_budget_and_a_guest_that_ends_gives_back() {
        let shared = Arc::new(Budget::new(100));
        let [mut first, mut second] = [(); 2].map(|()| Limiter::new(&Limits::default(), &shared, Arc::default()));
        assert!(first.memory_growing(0, 70, None).unwrap());
        assert!(!second.memory_growing(0, 31, None).unwrap());
        assert!(second.take_refusal().unwrap().contains("max_memory"));
        drop(first);
        assert!(second.memory_growing(0, 100, None).unwrap());
        second.memory_grow_failed(wasmtime::Error::msg("no room")).unwrap();
        assert_eq!(shared.used(), 0);
    }
}
