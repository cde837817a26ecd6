//! Seeing how instances are doing. Nothing here waits for a guest.

use super::convert::Reply;
use super::state::{session, session_of};
use crate::actor::InstanceStats;
use crate::printable;
use deno_core::{OpState, op2};
use std::cell::RefCell;
use std::rc::Rc;

/// A name as messages show it.
#[op2]
#[string]
pub fn op_wasm_printable(#[string] name: &str) -> String {
    printable::name(name)
}

/// What to call an instance in a message: by its name and id, or by its id where it has ended.
#[op2]
#[string]
pub fn op_wasm_instance_label(state: &OpState, id: f64) -> String {
    session_of(state).instance_label(id)
}

/// How one instance is doing.
#[op2]
pub async fn op_wasm_stats(state: Rc<RefCell<OpState>>, id: f64) -> Reply<InstanceStats> {
    Reply(session(&state).stats(id))
}

/// How all instances are doing, by id.
#[op2]
pub async fn op_wasm_all_stats(state: Rc<RefCell<OpState>>) -> Reply<Vec<InstanceStats>> {
    Reply(session(&state).all_stats())
}
