//! Host functions: events from guests that call one go to JavaScript, and what it answers goes back to the guest that waits.

use super::convert::{Args, Given, Reply};
use super::state::session;
use super::values::HostValues;
use crate::actor::message::Answer;
use crate::session::Event;
use deno_core::v8::{self, Local};
use deno_core::{OpState, op2};
use std::cell::RefCell;
use std::rc::Rc;

/// Resolves when something has arrived for [`op_wasm_host_next`]. Not to be called again before it resolves.
#[op2]
pub async fn op_wasm_host_event(state: Rc<RefCell<OpState>>) -> bool {
    let (session, values) = (session(&state), HostValues::of(&state));
    // The state must be able to go while this waits.
    drop(state);
    session.event(|id| values.borrow_mut().release(id)).await;
    true
}

/// The event that has arrived, if it still is one: the array of a call that has begun, or `[id, instance]` of one that is cancelled.
#[op2]
pub fn op_wasm_host_next(state: Rc<RefCell<OpState>>) -> Given<Option<Event>> {
    Given(session(&state).next_event())
}

/// Ends a host call with results. One that is over is left alone.
#[op2]
pub fn op_wasm_host_return(state: Rc<RefCell<OpState>>, call: f64, #[scoped] results: Args) {
    session(&state).return_from(call, results.0.0);
}

/// Ends a host call with a throw.
#[op2]
pub fn op_wasm_host_throw(
    state: Rc<RefCell<OpState>>,
    call: f64,
    #[string] text: String,
    value: Local<'_, v8::Value>,
    wrong: bool,
    scope: &mut v8::PinScope<'_, '_>,
) {
    let value = HostValues::of(&state).borrow_mut().keep(scope, value);
    session(&state).throw_from(call, value, text, wrong);
}

/// Calls an export of the guest that waits for this host call.
#[op2]
pub async fn op_wasm_host_call(
    state: Rc<RefCell<OpState>>,
    call: f64,
    instance: f64,
    #[string] name: String,
    #[scoped] args: Args,
) -> Reply<Answer> {
    Reply(session(&state).call_within(call, instance, &name, args.0.0).await)
}

/// Sets the function that makes a JavaScript function of a guest's.
#[op2]
pub fn op_wasm_host_functions(
    state: Rc<RefCell<OpState>>,
    maker: Local<'_, v8::Function>,
    scope: &mut v8::PinScope<'_, '_>,
) {
    HostValues::of(&state).borrow_mut().make_function = Some(v8::Global::new(scope, maker));
}
