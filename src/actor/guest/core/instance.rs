//! The instance of a core module.

use crate::actor::guest::state::Context;
use crate::error::Result;
use wasmtime::Instance;

/// The instance. Asked for too early only by a host function that a start function calls.
///
/// # Errors
/// 5005 then.
pub(super) fn instance(store: &Context<'_>) -> Result<Instance> {
    let state = store.data();
    state.core.instance.ok_or_else(|| state.still_being_made())
}
