//! What JavaScript holds by a number beside modules and instances.

use super::state::session_of;
use crate::session::Handle;
use deno_core::{OpState, op2};

/// A handle by which the making of an instance, or a call, can be aborted.
#[op2(fast)]
#[smi]
pub fn op_wasm_abort_handle(state: &OpState) -> Handle {
    session_of(state).abort_handle()
}

/// Closes a handle. To close twice is to close once.
#[op2(fast)]
pub fn op_wasm_close(state: &OpState, #[smi] handle: Handle) {
    session_of(state).close(handle);
}
