//! Asking an instance, and ending it.

use super::convert::{Args, Given, Read, Reply, bug};
use super::state::{session, session_of};
use crate::actor::message::Answer;
use crate::session::encoding::{Names, Others, calls};
use crate::session::{CallBounds, Closed, Handed, Handle, Piece, Sent};
use deno_core::{OpState, op2};
use deno_error::JsErrorBox;
use std::cell::RefCell;
use std::rc::Rc;

/// Calls an export.
#[op2]
pub async fn op_wasm_call(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[scoped] args: Args,
    #[smi] abort: i32,
) -> Reply<Answer> {
    Reply(session(&state).call(id, &name, args.0.0, abort).await)
}

/// The same for code that is not within a handler: its answer, or a ticket for that.
#[op2]
pub fn op_wasm_send_call(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[scoped] args: Args,
) -> Result<Given<Sent>, JsErrorBox> {
    session(&state).send_call(id, &name, args.0.0).map(Given).map_err(bug)
}

/// Calls one export after another, as one request; likewise.
#[op2]
pub fn op_wasm_send_batch(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[buffer] numbers: &[u8],
    #[scoped] names: Read<Names>,
    #[scoped] others: Read<Others>,
) -> Result<Given<Sent>, JsErrorBox> {
    session(&state).send_batch(id, calls(numbers, names.0, others.0)).map(Given).map_err(bug)
}

/// The same within a handler.
#[op2]
pub async fn op_wasm_call_batch(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[buffer(copy)] numbers: Vec<u8>,
    #[scoped] names: Read<Names>,
    #[scoped] others: Read<Others>,
    #[smi] abort: i32,
) -> Reply<Answer> {
    Reply(session(&state).call_batch(id, calls(&numbers, names.0, others.0), abort).await)
}

/// Calls an export within bounds of its own: 0 and "" are none. Fuel is a decimal string.
#[op2]
pub async fn op_wasm_call_with(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[scoped] args: Args,
    timeout_ms: f64,
    cpu_ms: f64,
    #[string] fuel: String,
    #[smi] abort: i32,
) -> Reply<Answer> {
    let bounds = CallBounds { timeout_ms, cpu_ms, fuel };
    Reply(session(&state).call_with(id, &name, args.0.0, bounds, abort).await)
}

/// Calls an export with bytes, for code that is not within a handler: bytes, or a ticket for them.
#[op2]
pub fn op_wasm_send_call_bytes(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[buffer(copy)] bytes: Vec<u8>,
) -> Result<Given<Sent>, JsErrorBox> {
    session(&state).send_call_bytes(id, &name, bytes, false).map(Given).map_err(bug)
}

/// The same with text, which gives text.
#[op2]
pub fn op_wasm_send_call_text(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[string] text: String,
) -> Result<Given<Sent>, JsErrorBox> {
    session(&state).send_call_bytes(id, &name, text.into_bytes(), true).map(Given).map_err(bug)
}

/// Calls an export with bytes within bounds of its own, as [`op_wasm_call_with`].
#[op2]
pub async fn op_wasm_call_bytes(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[buffer(copy)] bytes: Vec<u8>,
    timeout_ms: f64,
    cpu_ms: f64,
    #[string] fuel: String,
    #[smi] abort: i32,
) -> Reply<Handed> {
    let bounds = CallBounds { timeout_ms, cpu_ms, fuel };
    Reply(session(&state).call_bytes(id, &name, bytes, bounds, abort).await)
}

/// The same with text, which gives text.
#[op2]
pub async fn op_wasm_call_text(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[string] text: String,
    timeout_ms: f64,
    cpu_ms: f64,
    #[string] fuel: String,
    #[smi] abort: i32,
) -> Reply<Handed> {
    let bounds = CallBounds { timeout_ms, cpu_ms, fuel };
    Reply(session(&state).call_text(id, &name, text, bounds, abort).await)
}

/// Either of them with bytes that come in pieces.
#[op2]
pub async fn op_wasm_call_large(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[smi] bytes: Handle,
    as_text: bool,
    timeout_ms: f64,
    cpu_ms: f64,
    #[string] fuel: String,
    #[smi] abort: i32,
) -> Reply<Handed> {
    let bounds = CallBounds { timeout_ms, cpu_ms, fuel };
    Reply(session(&state).call_large(id, &name, bytes, as_text, bounds, abort).await)
}

/// The value of an exported global, as an array of one.
#[op2]
pub async fn op_wasm_global_get(state: Rc<RefCell<OpState>>, id: f64, #[string] name: String) -> Reply<Answer> {
    Reply(session(&state).global_get(id, name).await)
}

/// Sets an exported global to the first of `values`.
#[op2]
pub async fn op_wasm_global_set(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[scoped] values: Args,
) -> Reply<Answer> {
    Reply(session(&state).global_set(id, name, values.0.first()).await)
}

/// Calls a function that an instance has let out as a funcref.
#[op2]
pub async fn op_wasm_call_ref(
    state: Rc<RefCell<OpState>>,
    id: f64,
    number: f64,
    #[scoped] args: Args,
) -> Reply<Answer> {
    Reply(session(&state).call_ref(id, number, args.0.0).await)
}

/// Lists the exports.
#[op2]
pub async fn op_wasm_exports(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Piece> {
    Reply(session(&state).exports(id).await)
}

/// Adds fuel, given as a decimal string.
#[op2]
pub async fn op_wasm_add_fuel(state: Rc<RefCell<OpState>>, id: f64, #[string] fuel: String) -> Reply<Answer> {
    Reply(session(&state).add_fuel(id, &fuel).await)
}

/// Lets go of a resource of a component's.
#[op2]
pub async fn op_wasm_drop_resource(state: Rc<RefCell<OpState>>, id: f64, number: f64) -> Reply<Answer> {
    Reply(session(&state).drop_resource(id, number).await)
}

/// Resolves when the instance has ended and its thread is gone.
#[op2]
pub async fn op_wasm_closed(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Closed> {
    Reply(session(&state).closed(id).await)
}

/// Does the id name an instance that has not been ended?
#[op2(fast)]
pub fn op_wasm_is_alive(state: &OpState, id: f64) -> bool {
    session_of(state).is_alive(id)
}

/// Ends an instance for a reason: `dropped`, `aborted` or `terminated`, the last perhaps with a text.
#[op2]
pub async fn op_wasm_end(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] how: String,
    #[string] text: String,
) -> Reply<Answer> {
    Reply(session(&state).end(id, &how, text).await)
}
