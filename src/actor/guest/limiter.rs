//! Bounds on memories and tables, summed over the whole instance.

use super::super::config::Limits;
use super::super::stats::Counter;
use std::sync::Arc;
use wasmtime::ResourceLimiter;

/// How many memories, and how many tables, one instance may have.
const MEMORIES_MAX: usize = 100;
const TABLES_MAX: usize = 100;

/// Counts what an instance has and refuses what goes beyond. A refused `memory.grow` gives the guest -1.
pub(super) struct Limiter {
    memory: Account,
    table: Account,
    /// The sum of the memories, for statistics.
    shown: Arc<Counter>,
}

/// One sum with its bound. A growth that was allowed and then failed is taken back.
struct Account {
    used: u64,
    limit: u64,
    last_growth: u64,
}

impl Account {
    fn new(limit: u64) -> Self {
        Account { used: 0, limit, last_growth: 0 }
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let growth = desired.saturating_sub(current) as u64;
        let allowed = self.used.checked_add(growth).is_some_and(|sum| sum <= self.limit);
        if allowed {
            self.used += growth;
            self.last_growth = growth;
        }
        allowed
    }

    fn take_back(&mut self) {
        self.used -= std::mem::take(&mut self.last_growth);
    }
}

impl Limiter {
    pub(super) fn new(limits: &Limits, shown: Arc<Counter>) -> Self {
        shown.set(0);
        Limiter { memory: Account::new(limits.memory_bytes), table: Account::new(limits.table_elements), shown }
    }

    /// The bound on all memories together, in bytes.
    pub(super) fn memory_limit(&self) -> u64 {
        self.memory.limit
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // A growth beyond the memory's own maximum fails later without being reported, so it is not counted.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let allowed = self.memory.grow(current, desired);
        self.shown.set(self.memory.used);
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory.take_back();
        self.shown.set(self.memory.used);
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(self.table.grow(current, desired))
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.table.take_back();
        Ok(())
    }

    fn instances(&self) -> usize {
        1
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
        let limits = Limits { memory_bytes: 100, ..Limits::default() };
        let mut limiter = Limiter::new(&limits, Arc::default());
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 41, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        limiter.memory_grow_failed(wasmtime::Error::msg("no room")).unwrap();
        assert!(limiter.memory_growing(60, 100, None).unwrap());
        assert!(!limiter.memory_growing(usize::MAX - 1, usize::MAX, Some(5)).unwrap());
    }
}
