//! wasmtime's engines, of which only the epoch takes part in a race, and the pages that guests look at.

use crate::twins::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;

/// A page that a guest looks at, or none.
#[derive(Clone, Default)]
pub struct Page(Option<Arc<AtomicBool>>);

impl Page {
    /// One that is there.
    pub fn there() -> Self {
        Page(Some(Arc::new(AtomicBool::new(false))))
    }

    pub fn take_away(&self) {
        if let Some(taken) = &self.0 {
            taken.store(true, Ordering::SeqCst);
        }
    }

    pub fn give_back(&self) -> bool {
        if let Some(taken) = &self.0 {
            taken.store(false, Ordering::SeqCst);
        }
        true
    }

    /// What a look at it finds; none if there is nothing to look at.
    pub fn is_there(&self) -> Option<bool> {
        self.0.as_ref().map(|taken| !taken.load(Ordering::SeqCst))
    }
}

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
