//! The instance of a component.

use super::state::ComponentState;
use crate::actor::guest::state::Context;
use crate::error::{ErrorCode, Result, WasmError};

/// What a store has for its component.
///
/// # Errors
/// 5002, never: no other guest is asked for this.
pub(super) fn component<'a>(store: &'a Context<'_>) -> Result<&'a ComponentState> {
    let state = store.data().component.as_ref();
    state.ok_or_else(|| WasmError::new(ErrorCode::Call, "the guest is no component"))
}
