//! The bounds that a manifest sets, and where compiled code is kept, with what holds where it is silent.

use crate::caps::{CacheChoice, Caps};
use crate::cli::output::shown;
use crate::limits::{COMPILE_MEMORY_MAX, COMPILE_TIME_MAX};
use crate::registry::{CACHE_BYTES_MAX, RuntimeOptions};
use crate::size;

/// Where compiled code is kept.
pub(super) fn kept(cache: &CacheChoice) -> String {
    match cache {
        CacheChoice::Unsaid => "in the user's own cache  (by default)".to_owned(),
        CacheChoice::Off => "nowhere".to_owned(),
        CacheChoice::At(folder) => format!("in {}", shown(folder)),
    }
}

/// A limit as it will be.
pub(super) struct Limit {
    pub key: &'static str,
    pub says: &'static str,
    pub value: Option<u64>,
    is_bytes: bool,
    pub is_set: bool,
}

impl Limit {
    pub fn text(&self) -> String {
        match self.value {
            None => "no bound".to_owned(),
            Some(bytes) if self.is_bytes => size::text(bytes),
            Some(number) => number.to_string(),
        }
    }
}

pub(super) fn limits(caps: &Caps) -> Vec<Limit> {
    let (set, defaults) = (caps.limits(), RuntimeOptions::default());
    let limit = |key, says, is_bytes, set: Option<u64>, default: Option<u64>| Limit {
        key,
        says,
        value: set.or(default),
        is_bytes,
        is_set: set.is_some(),
    };
    let count = |count: usize| Some(count as u64);
    let compile_ms = u64::try_from(COMPILE_TIME_MAX.as_millis()).unwrap_or(u64::MAX);
    vec![
        limit("fuel", "fuel", false, set.fuel, None),
        limit("timeout_ms", "ms for a request", false, set.timeout_ms, None),
        limit("cpu_ms", "ms of processor time for a request", false, set.cpu_ms, None),
        limit("memory", "memory of one", true, set.memory_bytes, Some(defaults.limits.memory_bytes)),
        limit(
            "table_elements",
            "elements of tables of one",
            false,
            set.table_elements,
            Some(defaults.limits.table_elements),
        ),
        limit(
            "mailbox",
            "requests that wait for one",
            false,
            set.mailbox.and_then(count),
            count(defaults.limits.mailbox),
        ),
        limit(
            "max_instances",
            "instances alive",
            false,
            set.max_instances.and_then(count),
            count(defaults.max_instances),
        ),
        limit("max_module_bytes", "bytes of one module", true, set.max_module_bytes, Some(defaults.max_module_bytes)),
        limit("max_memory", "memory of all together", true, set.max_memory_bytes, Some(defaults.max_memory_bytes)),
        limit(
            "max_compile_memory",
            "memory of what compiles a module",
            true,
            set.max_compile_memory_bytes,
            Some(COMPILE_MEMORY_MAX),
        ),
        limit("max_compile_ms", "ms that it may take", false, set.max_compile_ms, Some(compile_ms)),
        limit("max_cache", "compiled code that is kept", true, set.max_cache_bytes, Some(CACHE_BYTES_MAX)),
    ]
}
