//! Tables of an instance, by name.

use super::convert::{Args, Reply};
use super::state::session;
use crate::actor::message::Answer;
use deno_core::{OpState, op2};
use std::cell::RefCell;
use std::rc::Rc;

/// The element at a place, as an array of one.
#[op2]
pub async fn op_wasm_table_get(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    index: f64,
) -> Reply<Answer> {
    Reply(session(&state).table_get(id, name, index).await)
}

/// Puts the first of `values` at a place.
#[op2]
pub async fn op_wasm_table_set(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    index: f64,
    #[scoped] values: Args,
) -> Reply<Answer> {
    Reply(session(&state).table_set(id, name, index, values.0.first()).await)
}

/// Grows by elements that are the first of `values`; the answer is the size before.
#[op2]
pub async fn op_wasm_table_grow(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    delta: f64,
    #[scoped] values: Args,
) -> Reply<Answer> {
    Reply(session(&state).table_grow(id, name, delta, values.0.first()).await)
}

/// How many elements there are.
#[op2]
pub async fn op_wasm_table_size(state: Rc<RefCell<OpState>>, id: f64, #[string] name: String) -> Reply<Answer> {
    Reply(session(&state).table_size(id, name).await)
}
