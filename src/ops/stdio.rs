//! The app's ends of piped standard streams, read and written by its web streams.

use super::convert::Reply;
use super::state::{session, session_of};
use crate::actor::message::Answer;
use crate::session::Handle;
use deno_core::{OpState, op2};
use std::cell::RefCell;
use std::rc::Rc;

/// Reads what the guest has written, as soon as there is something. Null is the end.
#[op2]
pub async fn op_wasm_stdio_read(state: Rc<RefCell<OpState>>, #[smi] handle: Handle) -> Reply<Answer> {
    Reply(Ok(session(&state).read_output(handle).await))
}

/// Writes for the guest to read; done when all of it is in the pipe.
#[op2]
pub async fn op_wasm_stdio_write(
    state: Rc<RefCell<OpState>>,
    #[smi] handle: Handle,
    instance: f64,
    #[buffer(copy)] bytes: Vec<u8>,
) -> Reply<Answer> {
    Reply(session(&state).write_input(handle, instance, &bytes).await)
}

/// Answers when nothing is read from a guest's input any more, as a write from then on is answered.
#[op2]
pub async fn op_wasm_stdio_closed(state: Rc<RefCell<OpState>>, #[smi] handle: Handle, instance: f64) -> Reply<()> {
    Reply(Err(session(&state).input_closed(handle, instance).await))
}

/// Is nothing read from a guest's input any more, or nothing written to it?
#[op2(fast)]
pub fn op_wasm_stdio_is_over(state: &OpState, #[smi] handle: Handle) -> bool {
    session_of(state).input_is_over(handle)
}
