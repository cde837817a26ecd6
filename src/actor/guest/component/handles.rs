//! Resources of a guest that somebody outside holds, by number.

use crate::limits::RESOURCE_HANDLES_MAX;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::Result;
use wasmtime::component::ResourceAny;
use wasmtime::format_err;

/// The next number, of all stores: an instance that is made anew must not take a resource of the store before for one of its own.
/// JavaScript reads it as a number.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

/// A number that stands for no resource of the store any more. The component has not been entered.
#[derive(Debug)]
pub(super) struct NotThere;

impl fmt::Display for NotThere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a resource is not there any more: it was given away, or disposed of, or its instance was made anew",
        )
    }
}

impl std::error::Error for NotThere {}

/// The resources that a store has let out. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Handles(Arc<Mutex<HashMap<u64, ResourceAny>>>);

impl Handles {
    /// Lets one out.
    ///
    /// # Errors
    /// If there are too many.
    pub(super) fn add(&self, resource: ResourceAny) -> Result<u64> {
        let mut known = self.0.lock();
        if known.len() >= RESOURCE_HANDLES_MAX {
            return Err(format_err!(
                "the host holds {RESOURCE_HANDLES_MAX} resources of the instance, the most there may be"
            ));
        }
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        known.insert(number, resource);
        Ok(number)
    }

    /// One that stays where it is.
    pub(super) fn get(&self, number: u64) -> Option<ResourceAny> {
        self.0.lock().get(&number).copied()
    }

    /// One that is given back.
    pub(super) fn take(&self, number: u64) -> Option<ResourceAny> {
        self.0.lock().remove(&number)
    }
}
