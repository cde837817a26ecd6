//! What all guests together may take of memory: one sum, shared by the limiters of all instances.
//!
//! A part of it is a reserve, which no guest gets by growing: what an instance has up to a small size may come out of all there is,
//! what it has beyond only out of the rest. So guests that take all they can get keep no small one from being made. An app that
//! makes very many small ones uses the reserve up, too; `max_instances` bounds them.

use crate::limits::{RESERVE_BYTES_MAX, RESERVE_PART, SMALL_INSTANCE_BYTES};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A sum that never exceeds its limit. Whoever takes gives back.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    /// How much of that is for small instances only.
    reserve: u64,
    used: AtomicU64,
}

impl Budget {
    /// A budget of which nothing is used. One that is so small that no small instance would fit into its reserve has none.
    pub fn new(limit: u64) -> Self {
        let reserve = (limit / RESERVE_PART).min(RESERVE_BYTES_MAX);
        let reserve = if reserve < SMALL_INSTANCE_BYTES { 0 } else { reserve };
        Budget { limit, reserve, used: AtomicU64::new(0) }
    }

    /// Takes an amount for an instance that has so much already, all of it or nothing.
    pub fn take(&self, amount: u64, has: u64) -> bool {
        let is_small = has.checked_add(amount).is_some_and(|sum| sum <= SMALL_INSTANCE_BYTES);
        let limit = if is_small { self.limit } else { self.limit - self.reserve };
        let sum = |used: u64| used.checked_add(amount).filter(|sum| *sum <= limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum).is_ok()
    }

    /// The same for as long as the guard lives.
    pub fn hold(self: &Arc<Self>, amount: u64, has: u64) -> Option<Held> {
        self.take(amount, has).then(|| Held { budget: self.clone(), amount })
    }

    /// Gives back what was taken.
    pub fn give_back(&self, amount: u64) {
        self.used.fetch_sub(amount, Ordering::Relaxed);
    }

    /// How much is taken at this moment.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// How much there is in all.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Why nothing more is to be had, for the end of a message.
    pub fn refusal(&self) -> String {
        let (limit, used) = (self.limit, self.used());
        let kept = match self.reserve {
            0 => String::new(),
            kept => format!(", and {kept} are kept for instances of up to {SMALL_INSTANCE_BYTES}"),
        };
        format!("all guests together may have {limit} bytes (max_memory), of which {used} are taken{kept}")
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
        let held = budget.hold(7, 0).unwrap();
        assert!(budget.hold(4, 0).is_none() && budget.hold(u64::MAX, 0).is_none());
        drop(held);
        assert_eq!(budget.used(), 0);
        assert!(budget.hold(10, 0).is_some());
    }

    #[test]
    fn who_takes_all_there_is_leaves_the_reserve_to_small_instances() {
        let limit = 64 * SMALL_INSTANCE_BYTES;
        let budget = Budget::new(limit);
        // As guests grow that want everything: by large pieces, and then by ever smaller ones.
        let mut has = 0;
        for piece in [limit, limit / 2, limit / 4, 1 << 20, 1 << 16, 1] {
            while budget.take(piece, has) {
                has += piece;
            }
        }
        assert_eq!(has, limit - limit / RESERVE_PART);
        for _ in 0..64 / RESERVE_PART {
            assert!(budget.take(SMALL_INSTANCE_BYTES, 0));
            assert!(!budget.take(1, SMALL_INSTANCE_BYTES));
        }
        // Then there is nothing any more.
        assert_eq!(budget.used(), limit);
        assert!(!budget.take(1, 0));
        assert!(!budget.take(u64::MAX, u64::MAX));
    }
}
