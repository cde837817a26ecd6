//! What an actor tells about itself without its thread: counters that the worker writes and anybody reads.

use super::cell::control::Status;
use super::failures::{Failures, LastError};
use crate::sync::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// How many restarts are remembered.
const RESTARTS_KEPT: usize = 16;

/// A restart, and what made it necessary.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Restart {
    /// `trap`, `timeout`, `fuel`, or `start` for a start that failed otherwise.
    pub reason: &'static str,
    /// The error that ended the life before.
    pub message: String,
    /// When.
    pub at: SystemTime,
}

/// How one instance is doing, at one moment.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct InstanceStats {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: Arc<str>,
    /// The id of its module.
    pub module: u64,
    /// When it was made.
    pub started: SystemTime,
    /// Where it stands in its life.
    pub state: Status,
    /// The request that is under way, as errors call it; `None` between two.
    pub doing: Option<String>,
    /// For how long that request has been under way: to some milliseconds, and never too long.
    pub busy_for: Option<Duration>,
    /// Requests that wait to be read.
    pub mailbox_depth: usize,
    /// How many may wait.
    pub mailbox_limit: usize,
    /// Exports called so far, also by batches.
    pub calls: u64,
    /// Calls that the guest made of its imports.
    pub host_calls: u64,
    /// Requests of any kind that it was asked and that failed: also those that a stop ended, or a limit.
    pub failed: u64,
    /// The last of these.
    pub last_error: Option<LastError>,
    /// Processor time of its thread.
    pub cpu: Duration,
    /// Fuel used in all its lives; `None` without metering. While a request runs it is behind by 50,000 at most.
    pub fuel_used: Option<u64>,
    /// All its memories together.
    pub memory_bytes: u64,
    /// What these may have.
    pub memory_limit: u64,
    /// How often it was restarted.
    pub restart_count: u64,
    /// The latest restarts, oldest first: 16 at most.
    pub restarts: Vec<Restart>,
}

/// The counters behind [`InstanceStats`]. Each stands for itself, so relaxed order is enough.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) calls: Counter,
    pub(crate) host_calls: Counter,
    /// Which call of the batch that runs is under way.
    pub(crate) batch_at: Counter,
    /// Shared with the limiter, which is told of every growth.
    pub(crate) memory_bytes: Arc<Counter>,
    /// Fuel used in the lives before this one.
    pub(crate) fuel_before: Counter,
    /// Fuel used in this life.
    pub(crate) fuel_now: Counter,
    pub(crate) failures: Failures,
    restarts: Mutex<Restarts>,
}

#[derive(Default)]
struct Restarts {
    /// Oldest first.
    latest: VecDeque<Restart>,
    by_reason: BTreeMap<&'static str, u64>,
}

impl Counters {
    pub(crate) fn fuel_used(&self) -> u64 {
        self.fuel_before.get().saturating_add(self.fuel_now.get())
    }

    /// A life is over: its fuel counts as used, and what ended it is remembered.
    pub(crate) fn restarted(&self, restart: Restart) {
        self.fuel_before.set(self.fuel_used());
        self.fuel_now.set(0);
        let mut restarts = self.restarts.lock();
        if restarts.latest.len() == RESTARTS_KEPT {
            restarts.latest.pop_front();
        }
        *restarts.by_reason.entry(restart.reason).or_default() += 1;
        restarts.latest.push_back(restart);
    }

    /// The latest restarts.
    pub(crate) fn restarts(&self) -> Vec<Restart> {
        self.restarts.lock().latest.iter().cloned().collect()
    }

    /// How many there were in all, for each reason.
    pub(crate) fn restarts_by_reason(&self) -> BTreeMap<&'static str, u64> {
        self.restarts.lock().by_reason.clone()
    }
}

/// A number with one writer.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_latest_restarts_are_kept_and_fuel_adds_up() {
        let counters = Counters::default();
        for number in 0..RESTARTS_KEPT + 2 {
            counters.fuel_now.set(10);
            counters.restarted(Restart { reason: "trap", message: number.to_string(), at: SystemTime::now() });
        }
        counters.fuel_now.set(3);
        assert_eq!(counters.fuel_used(), 10 * (RESTARTS_KEPT as u64 + 2) + 3);
        let (kept, by_reason) = (counters.restarts(), counters.restarts_by_reason());
        assert_eq!((kept.len(), kept[0].message.as_str()), (RESTARTS_KEPT, "2"));
        assert_eq!(by_reason.into_iter().collect::<Vec<_>>(), [("trap", RESTARTS_KEPT as u64 + 2)]);
    }
}
