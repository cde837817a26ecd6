//! Tables of an instance, by name.

use super::convert::{Args, Reply};
use super::instance::ask;
use super::memory::amounts;
use crate::actor::message::{Answer, Command};
use crate::value::{Arg, RawValue};
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
    Reply(match amounts(&state, id, [("the index", index)]) {
        Ok([index]) => ask(state, id, Command::TableGet { name, index }).await,
        Err(error) => Err(error),
    })
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
    Reply(match amounts(&state, id, [("the index", index)]) {
        Ok([index]) => ask(state, id, Command::TableSet { name, index, value: first(values) }).await,
        Err(error) => Err(error),
    })
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
    Reply(match amounts(&state, id, [("the number of elements", delta)]) {
        Ok([delta]) => ask(state, id, Command::TableGrow { name, delta, init: first(values) }).await,
        Err(error) => Err(error),
    })
}

/// How many elements there are.
#[op2]
pub async fn op_wasm_table_size(state: Rc<RefCell<OpState>>, id: f64, #[string] name: String) -> Reply<Answer> {
    Reply(ask(state, id, Command::TableSize(name)).await)
}

fn first(values: Args) -> Arg {
    values.0.into_iter().next().unwrap_or(Arg::inferred(RawValue::Undefined))
}
