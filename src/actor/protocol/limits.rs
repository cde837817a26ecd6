//! What bounds one instance.

use crate::engine::Metering;
use std::time::Duration;

/// Bounds on one instance. All are in force from the first instruction of a start function on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Fuel for the instance's whole life, unless more is added; `None` compiles without metering.
    pub fuel: Option<u64>,
    /// Wall time that one request may take.
    pub timeout: Option<Duration>,
    /// Processor time of its thread that one request may take.
    pub cpu: Option<Duration>,
    /// All linear memories of the instance together, in bytes.
    pub memory_bytes: u64,
    /// All tables of the instance together, in elements.
    pub table_elements: u64,
    /// How many requests may wait.
    pub mailbox: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            fuel: None,
            timeout: None,
            cpu: None,
            // Also what one instruction can be at work on, which a stop has to wait for.
            memory_bytes: 256 << 20,
            table_elements: 1_000_000,
            mailbox: 1024,
        }
    }
}

impl Limits {
    /// The engine that code for such an instance is compiled for.
    pub fn metering(&self) -> Metering {
        if self.fuel.is_some() { Metering::Metered } else { Metering::Plain }
    }
}
