//! What is thrown and nobody catches. deno_core and the engine would look at it without regard to what it is: a proxy that is its own
//! prototype, say, is a loop without end to them, and another one a panic. So they are given the copy that js/host/thrown.js makes.

use super::report::place_in;
use deno_core::error::{JsError, JsStackFrame, dispatch_exception};
use deno_core::{JsRuntime, OpDecl, op2, v8};

/// What stands in for a copy that could not be made.
const UNTOLD: &str = "[an error that cannot be told]";

/// The function that copies.
struct Copier(v8::Global<v8::Function>);

/// From here on what is thrown is copied by this function.
#[op2(fast)]
pub(super) fn op_wasm_host_copy_thrown_by(scope: &mut v8::PinScope<'_, '_>, copier: v8::Local<'_, v8::Function>) {
    let copier = Copier(v8::Global::new(scope, copier));
    JsRuntime::op_state_from(scope).borrow_mut().put(copier);
}

/// Takes the place of the ops of deno_core that look at what was thrown.
pub(super) fn instead_of(op: OpDecl) -> OpDecl {
    match op.name {
        "op_dispatch_exception" => op_wasm_host_dispatch(),
        "op_destructure_error" => op_wasm_host_destructure(),
        _ => op,
    }
}

/// Ends the app by what was thrown.
#[op2(fast, reentrant)]
fn op_wasm_host_dispatch<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    thrown: v8::Local<'s, v8::Value>,
    is_rejection: bool,
) {
    let copy = copy(scope, thrown);
    dispatch_exception(scope, copy, is_rejection);
}

/// What listeners of `error` learn.
#[op2(reentrant)]
fn op_wasm_host_destructure<'s, 'i>(scope: &mut v8::PinScope<'s, 'i>, thrown: v8::Local<'s, v8::Value>) -> JsError {
    let copy = copy(scope, thrown);
    let mut error = *JsError::from_v8_exception(scope, copy);
    let place = error.stack.as_deref().and_then(place_in);
    let frame =
        place.map(|(file, line, column)| JsStackFrame::from_location(Some(file.to_owned()), Some(line), Some(column)));
    error.frames = frame.into_iter().collect();
    error
}

/// The place that the engine keeps of an error, as of one of syntax; null if there is none.
#[op2(reentrant)]
#[string]
pub(super) fn op_wasm_host_place(scope: &mut v8::PinScope<'_, '_>, error: v8::Local<'_, v8::Value>) -> Option<String> {
    let message = v8::Exception::create_message(scope, error);
    JsStackFrame::from_v8_message(scope, message)?.maybe_format_location()
}

fn copy<'s>(scope: &mut v8::PinScope<'s, '_>, thrown: v8::Local<'s, v8::Value>) -> v8::Local<'s, v8::Value> {
    let copier = JsRuntime::op_state_from(scope).borrow().try_borrow::<Copier>().map(|copier| copier.0.clone());
    // Before there is one, only the host's own scripts run.
    let Some(copier) = copier else { return thrown };
    v8::tc_scope!(let scope, scope);
    let this = v8::undefined(scope).into();
    let copied = copier.open(scope).call(scope, this, &[thrown]);
    copied.unwrap_or_else(|| {
        // The stack was full, say.
        scope.reset();
        v8::String::new(scope, UNTOLD).map_or_else(|| v8::undefined(scope).into(), Into::into)
    })
}
