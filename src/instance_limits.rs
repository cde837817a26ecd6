//! What an instance may use, as an app or a program asks for it.

use std::time::Duration;

/// Bounds on one instance. What is left `None` is what the grants say, or else the default, which
/// [docs/semantics.md](https://docs.rs/crate/runtime-wasm/latest/source/docs/semantics.md) lists.
///
/// ```
/// use runtime_wasm::Limits;
/// use std::time::Duration;
///
/// let limits = Limits::new().timeout(Duration::from_millis(50)).memory_bytes(16 << 20);
/// assert_eq!(limits.memory_bytes, Some(16 << 20));
/// assert_eq!(limits.fuel, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Limits {
    /// Fuel for the instance's whole life, unless more is added. By default code is not metered, which is faster.
    pub fuel: Option<u64>,
    /// Wall time that one request may take.
    pub timeout: Option<Duration>,
    /// Processor time that one request may take.
    pub cpu: Option<Duration>,
    /// All linear memories of the instance together, in bytes.
    pub memory_bytes: Option<u64>,
    /// All tables of the instance together, in elements.
    pub table_elements: Option<u64>,
    /// How many requests may wait for it, 65,536 at most.
    pub mailbox: Option<usize>,
}

impl Limits {
    /// None of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this much fuel.
    pub fn fuel(mut self, amount: u64) -> Self {
        self.fuel = Some(amount);
        self
    }

    /// With this much wall time for a request.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// With this much processor time for a request.
    pub fn cpu(mut self, time: Duration) -> Self {
        self.cpu = Some(time);
        self
    }

    /// With this much memory.
    pub fn memory_bytes(mut self, bytes: u64) -> Self {
        self.memory_bytes = Some(bytes);
        self
    }

    /// With this many elements of tables.
    pub fn table_elements(mut self, elements: u64) -> Self {
        self.table_elements = Some(elements);
        self
    }

    /// With this many requests that may wait.
    pub fn mailbox(mut self, requests: usize) -> Self {
        self.mailbox = Some(requests);
        self
    }
}
