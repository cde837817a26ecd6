//! What all guests together may take of something: one sum, shared by the limiters of all instances.

use std::sync::Arc;
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

    /// Takes an amount for as long as the guard lives.
    pub fn hold(self: &Arc<Self>, amount: u64) -> Option<Held> {
        self.take(amount).then(|| Held { budget: self.clone(), amount })
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

/// An amount that is taken, and given back when this goes.
#[derive(Debug)]
pub struct Held {
    budget: Arc<Budget>,
    amount: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.give_back(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_given_back_and_what_does_not_fit_is_not_taken() {
        let budget = Arc::new(Budget::new(10));
        let held = budget.hold(7).unwrap();
        assert!(budget.hold(4).is_none() && budget.hold(u64::MAX).is_none());
        drop(held);
        assert_eq!(budget.used(), 0);
        assert!(budget.hold(10).is_some());
    }
}
