//! The memory of an instance.

use super::convert::{Given, Reply, bug};
use super::state::{session, session_of};
use crate::actor::message::Answer;
use crate::session::{Handle, Sent};
use deno_core::{JsBuffer, OpState, op2};
use deno_error::JsErrorBox;
use std::cell::RefCell;
use std::rc::Rc;

/// Reads few bytes of an instance that does not wait for a host function: they come now, or by a ticket.
#[op2]
pub fn op_wasm_send_memory_read(
    state: Rc<RefCell<OpState>>,
    id: f64,
    offset: f64,
    length: f64,
) -> Result<Given<Sent>, JsErrorBox> {
    session(&state).send_memory_read(id, offset, length).map(Given).map_err(bug)
}

/// Writes few bytes; likewise.
#[op2]
pub fn op_wasm_send_memory_write(
    state: Rc<RefCell<OpState>>,
    id: f64,
    offset: f64,
    #[buffer(copy)] bytes: Vec<u8>,
) -> Result<Given<Sent>, JsErrorBox> {
    session(&state).send_memory_write(id, offset, bytes).map(Given).map_err(bug)
}

/// Reads few bytes.
#[op2]
pub async fn op_wasm_memory_read(state: Rc<RefCell<OpState>>, id: f64, offset: f64, length: f64) -> Reply<Answer> {
    Reply(session(&state).memory_read(id, offset, length).await)
}

/// Reads as many bytes as there is room for. Nobody else may have the buffer until they are there.
#[op2]
pub async fn op_wasm_memory_read_into(
    state: Rc<RefCell<OpState>>,
    id: f64,
    offset: f64,
    #[buffer] mut room: JsBuffer,
) -> Reply<Answer> {
    let session = session(&state);
    // SAFETY: it is awaited here, so it is dropped before `room` is, with the op, which the event loop never forgets. The app cannot detach the
    // buffer meanwhile: js/requests.js has made it, and gives it to the app afterwards.
    Reply(unsafe { session.memory_read_into(id, offset, &mut room) }.await)
}

/// Writes bytes.
#[op2]
pub async fn op_wasm_memory_write(
    state: Rc<RefCell<OpState>>,
    id: f64,
    offset: f64,
    #[buffer(copy)] bytes: Vec<u8>,
) -> Reply<Answer> {
    Reply(session(&state).memory_write(id, offset, bytes).await)
}

/// Can this many bytes ever fit, before anything is copied?
#[op2(fast)]
pub fn op_wasm_memory_has_room(state: &OpState, id: f64, length: f64, quiet: bool) -> bool {
    session_of(state).memory_has_room(id, length, quiet)
}

/// Writes bytes that come in pieces, once all have come.
#[op2]
pub async fn op_wasm_memory_write_large(
    state: Rc<RefCell<OpState>>,
    id: f64,
    offset: f64,
    #[smi] bytes: Handle,
) -> Reply<Answer> {
    Reply(session(&state).memory_write_large(id, offset, bytes).await)
}

/// The size in pages.
#[op2]
pub async fn op_wasm_memory_size(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Answer> {
    Reply(session(&state).memory_size(id).await)
}

/// Grows; the answer is the size before, in pages.
#[op2]
pub async fn op_wasm_memory_grow(state: Rc<RefCell<OpState>>, id: f64, pages: f64) -> Reply<Answer> {
    Reply(session(&state).memory_grow(id, pages).await)
}
