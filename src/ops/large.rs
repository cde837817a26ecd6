//! What is large comes and goes in pieces, one in each turn of the event loop.

use super::convert::Given;
use super::state::session_of;
use crate::session::{Handle, Piece};
use deno_core::{OpState, op2};

/// The next piece of a list.
#[op2]
pub fn op_wasm_large_text(state: &OpState, #[smi] handle: Handle) -> Given<Piece> {
    Given(session_of(state).large_text(handle))
}

/// A place for so many bytes, which come in pieces.
#[op2(fast)]
#[smi]
pub fn op_wasm_large_begin(state: &OpState, length: f64) -> Handle {
    session_of(state).large_begin(length)
}

/// Adds a piece to them. False if nobody wants them any more.
#[op2(fast)]
pub fn op_wasm_large_add(state: &OpState, #[smi] handle: Handle, #[buffer] piece: &[u8]) -> bool {
    session_of(state).large_add(handle, piece)
}

/// The same with text, in UTF-8.
#[op2(fast)]
pub fn op_wasm_large_add_text(state: &OpState, #[smi] handle: Handle, #[string] piece: String) -> bool {
    session_of(state).large_add(handle, piece.as_bytes())
}

/// All have been added: whoever waits for them gets them.
#[op2(fast)]
pub fn op_wasm_large_sent(state: &OpState, #[smi] handle: Handle) {
    session_of(state).large_sent(handle);
}

/// Fills the room with the next bytes of an answer.
#[op2(fast)]
pub fn op_wasm_large_take(state: &OpState, #[smi] handle: Handle, #[buffer] room: &mut [u8]) {
    session_of(state).large_take(handle, room);
}

/// The next piece of an answer's text; none at its end.
#[op2]
#[string]
pub fn op_wasm_large_take_text(state: &OpState, #[smi] handle: Handle) -> String {
    session_of(state).large_take_text(handle)
}

/// Gives the event loop a turn.
#[op2]
pub async fn op_wasm_large_turn() {
    tokio::task::yield_now().await;
}
