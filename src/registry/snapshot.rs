//! How the whole runtime is doing, at one moment.

use crate::actor::control::StopReason;
use crate::actor::{Actor, FailuresByCode, InstanceStats};
use crate::ended::Ended;
use crate::error::ErrorCode;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// The most instances that a snapshot tells of which have ended.
pub const ENDED_SHOWN_MAX: usize = 50;

/// How a runtime is doing. Taken without any guest's thread, so also of guests that run on.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Snapshot {
    /// When.
    pub at: SystemTime,
    /// For how long there has been the runtime.
    pub uptime: Duration,
    /// Instances that are there, by id: also those that have been told to end and whose threads have not ended yet.
    pub instances: Vec<InstanceStats>,
    /// How many instances there may be at once (`max_instances`).
    pub max_instances: usize,
    /// Bytes that all instances have of what `max_memory` counts: memories, tables and what else the host keeps for them.
    pub memory_bytes: u64,
    /// How many they may have (`max_memory`).
    pub max_memory_bytes: u64,
    /// Modules that can be instantiated, by id.
    pub modules: Vec<ModuleStats>,
    /// The last that have ended, the latest first: 50 at most.
    pub ended: Vec<Ended>,
    /// What all instances have done so far, also those that are gone. None of it ever falls.
    pub totals: Totals,
}

/// A compiled module or component.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ModuleStats {
    /// Its id.
    pub id: u64,
    /// What messages call it: its file, or how it came to be.
    pub name: String,
    /// The bytes it was compiled from.
    pub bytes: u64,
}

/// What instances have done, all together.
#[derive(Clone, Debug, Default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Totals {
    /// Instances that were made, or begun to be.
    pub started: u64,
    /// Those that are gone, by the word that `closed` has for how they ended.
    pub ended: BTreeMap<&'static str, u64>,
    /// Exports called, also by batches.
    pub calls: u64,
    /// Calls that guests made of their imports.
    pub host_calls: u64,
    /// Requests that failed, by code.
    pub failed: FailuresByCode,
    /// Restarts, by their reason.
    pub restarts: BTreeMap<&'static str, u64>,
    /// Processor time of all their threads.
    pub cpu: Duration,
    /// Fuel used, by those that are metered.
    pub fuel_used: u64,
}

impl Snapshot {
    /// How many requests failed with this code.
    pub fn failed(&self, code: ErrorCode) -> u64 {
        self.totals.failed.iter().find(|(known, _)| *known == code).map_or(0, |(_, count)| count)
    }
}

impl Totals {
    /// Adds what an instance has done.
    pub(super) fn add(&mut self, actor: &Actor) {
        let counters = &actor.counters;
        self.calls += counters.calls.get();
        self.host_calls += counters.host_calls.get();
        self.failed.add(&counters.failures.by_code());
        for (reason, count) in counters.restarts_by_reason() {
            *self.restarts.entry(reason).or_default() += count;
        }
        self.cpu = self.cpu.saturating_add(actor.thread().cpu_time());
        self.fuel_used = self.fuel_used.saturating_add(counters.fuel_used());
    }

    /// Its thread is gone.
    pub(super) fn count_end(&mut self, actor: &Actor) {
        let reason = actor.reason().unwrap_or(StopReason::Failed);
        *self.ended.entry(reason.name()).or_default() += 1;
    }
}
