//! Modules: compile and forget.

use super::convert::Reply;
use super::state::{session, session_of};
use crate::session::{Handle, Piece};
use deno_core::{OpState, op2};
use std::cell::RefCell;
use std::rc::Rc;

/// The limit on a module's bytes, so that JavaScript can refuse larger ones before they are copied.
#[op2(fast)]
pub fn op_wasm_max_module_bytes(state: &OpState) -> f64 {
    session_of(state).max_module_bytes()
}

/// Compiles bytes; the answer is the module's id. Closing `abort`, a handle of `op_wasm_abort_handle`, ends it; -1 is none.
#[op2]
pub async fn op_wasm_compile(
    state: Rc<RefCell<OpState>>,
    #[buffer(copy)] bytes: Vec<u8>,
    #[smi] abort: i32,
) -> Reply<f64> {
    Reply(session(&state).compile(bytes, abort).await)
}

/// Compiles bytes that have come in pieces.
#[op2]
pub async fn op_wasm_compile_large(state: Rc<RefCell<OpState>>, #[smi] bytes: Handle, #[smi] abort: i32) -> Reply<f64> {
    Reply(session(&state).compile_large(bytes, abort).await)
}

/// Compiles a file that `load` grants; the answer is the module's id. `sha256` is hexadecimal, or empty.
#[op2]
pub async fn op_wasm_compile_file(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
    #[string] sha256: String,
    #[smi] abort: i32,
) -> Reply<f64> {
    Reply(session(&state).compile_file(path, sha256, abort).await)
}

/// Forgets a module.
#[op2]
pub async fn op_wasm_drop_module(state: Rc<RefCell<OpState>>, id: f64) -> Reply<()> {
    Reply(session(&state).drop_module(id))
}

/// What a module declares and needs, as JSON.
#[op2]
pub async fn op_wasm_inspect(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Piece> {
    Reply(session(&state).inspect(id).await)
}

/// What a component imports and exports, as JSON; an empty list for a module.
#[op2]
pub async fn op_wasm_module_interface(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Piece> {
    Reply(session(&state).module_interface(id).await)
}

/// What a module wants to import, as JSON: `[module, name, kind]` for each import.
#[op2]
pub async fn op_wasm_module_imports(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Piece> {
    Reply(session(&state).module_imports(id).await)
}
