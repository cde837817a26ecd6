//! What all guests together may take of something: one sum, shared by the limiters of all instances.

use std::sync::atomic::{AtomicU64, Ordering};

/// A sum that never exceeds its limit. Whoever takes gives back.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
}

impl Budget {
    /// A budget of which nothing is used.
    pub fn new(limit: u64) -> Self {
        Budget { limit, used: AtomicU64::new(0) }
    }

    /// Takes an amount, all of it or nothing.
    pub fn take(&self, amount: u64) -> bool {
        let sum = |used: u64| used.checked_add(amount).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum).is_ok()
    }

    /// Gives back what was taken.
    pub fn give_back(&self, amount: u64) {
        self.used.fetch_sub(amount, Ordering::Relaxed);
    }

    /// How much is taken at this moment.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// The most that can be taken.
    pub fn limit(&self) -> u64 {
        self.limit
    }
}
