//! wasmtime's engines, of which only the epoch takes part in a race.

use crate::twins::{AtomicU64, Ordering};

/// One epoch counter; bumping it interrupts the guests whose deadline is reached by it.
pub struct Engines {
    epoch: AtomicU64,
}

impl Default for Engines {
    fn default() -> Self {
        Engines { epoch: AtomicU64::new(0) }
    }
}

impl Engines {
    /// Relaxed, as wasmtime has it.
    pub fn interrupt(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }
}

/// Compiled code.
#[derive(Clone)]
pub struct Code;

/// Where it came from.
pub struct Module;

impl Module {
    pub fn name(&self) -> &str {
        "a module"
    }
}

/// For which engine it is.
#[derive(Clone, Copy)]
pub enum Metering {
    Metered,
    Plain,
}
