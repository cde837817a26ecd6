//! Calling an export.

use super::exported::exported;
use super::handles::NotThere;
use super::instance::component;
use super::lift::Lifted;
use super::lower::Lowered;
use super::numbers::{self, Given};
use super::state::Exported;
use crate::actor::guest::fuel::{self, Reserve};
use crate::actor::guest::state::Context;
use crate::actor::guest::trap;
use crate::actor::guest::wasi::WasiGuest;
use crate::actor::protocol::message::{Answer, Call};
use crate::error::{ErrorCode, FailedCall, Result, WasmError};
use crate::interface::is_command;
use crate::printable;
use crate::value::{Arg, Encoded, RawValue, Value};
use std::sync::Arc;
use wasmtime::Trap;
use wasmtime::component::__internal::wasmtime_environ::component::MAX_FLAT_PARAMS;
use wasmtime::component::{ComponentNamedList, Func, Lift, Lower, TypedFunc};

/// Calls an export: its values are one, which is all of them encoded.
pub(super) async fn call(store: &mut Context<'_>, call: &Call) -> Result<Vec<Value>> {
    let function = exported(store, &call.name)?;
    check_outside(store)?;
    let params = params(store, &function, call)?;
    let reserve = call.fuel.map(|limit| Reserve::set_aside(store, limit)).transpose()?;
    store.data().actor.counters.calls.add_one();
    let program = if is_command(&call.name) { store.data().program() } else { None };
    fuel::cut(store);
    let ended = run(store, &function, params).await;
    if let Some(printed) = store.data().wasi.as_ref().and_then(WasiGuest::printed) {
        printed.await;
    }
    if let Some(program) = program {
        program.close_input();
        store.data_mut().ended = Some(program);
    }
    let ended = match ended {
        Ok(values) => Ok(values),
        Err(error) => Err(described(store, &call.name, error).await),
    };
    let bounded = reserve.is_some_and(|reserve| reserve.give_back(store));
    ended.map_err(|error| {
        let mut error = match (error.code, bounded, call.fuel) {
            (ErrorCode::FuelExhausted, true, Some(limit)) => {
                let (name, instance) = (printable::name(&call.name), store.data().actor.label());
                error.saying(format!(
                    "the call of \"{name}\" in \"{instance}\" spent the {limit} of fuel that it may use"
                ))
            }
            _ => error,
        };
        error.call = Some(Box::new(FailedCall::told(&call.name, &[], &[])));
        error
    })
}

/// May the component be entered?
fn check_outside(store: &Context<'_>) -> Result<()> {
    if store.data().depth == 0 {
        return Ok(());
    }
    let name = store.data().actor.label();
    let text = format!(
        "\"{name}\" waits for a host function, and the component model does not let a component be called before that has returned"
    );
    Err(WasmError::new(ErrorCode::Call, text))
}

/// What a function is called with.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives for one call, and to box the numbers would cost what they save"
)]
enum Params {
    /// Of a function that takes and gives nothing but numbers.
    Numbers(numbers::Params),
    Encoded(Encoded),
}

fn params(store: &Context<'_>, function: &Exported, call: &Call) -> Result<Params> {
    if let [Arg { value: RawValue::Encoded(values), .. }] = &*call.args {
        return Ok(Params::Encoded((**values).clone()));
    }
    let params = match function.is_of_numbers {
        true => numbers::Params::of(&call.args, &function.params).map(Params::Numbers),
        false => numbers::encoded(&call.args, &function.params).map(Params::Encoded),
    };
    params.ok_or_else(|| {
        let (name, instance) = (printable::name(&call.name), store.data().actor.label());
        let text = format!(
            "\"{name}\" of \"{instance}\" is a function of a component: its values are typed, and it is called by what `instantiate` has given"
        );
        WasmError::new(ErrorCode::Type, text)
    })
}

async fn run(store: &mut Context<'_>, function: &Exported, params: Params) -> wasmtime::Result<Vec<Value>> {
    let Some(state) = &store.data().component else { return Ok(Vec::new()) };
    let (func, in_place, gives) = (function.func, state.in_place, function.result.is_some());
    let values = match params {
        Params::Numbers(params) => {
            let given = match gives {
                true => called::<_, Given<1>>(store, func, params, in_place).await?.0,
                false => called::<_, Given<0>>(store, func, params, in_place).await?.0,
            };
            return Ok(given.into_iter().collect());
        }
        Params::Encoded(values) => values,
    };
    let handles = state.handles.clone();
    let params = Lowered::<MAX_FLAT_PARAMS> { values, handles: handles.clone(), host: state.host_types.clone() };
    // What a function returns it does not only lend.
    let (values, _) = match gives {
        true => called::<_, Lifted<1>>(store, func, params, in_place).await?.numbered(&handles)?,
        false => called::<_, Lifted<0>>(store, func, params, in_place).await?.numbered(&handles)?,
    };
    Ok(numbers::results(values, function.result))
}

/// Calls a function. Where nothing in it can wait, it needs no stack of its own, which is left alone meanwhile.
async fn called<P, R>(store: &mut Context<'_>, func: Func, params: P, in_place: bool) -> wasmtime::Result<R>
where
    P: ComponentNamedList + Lower + Send + Sync + 'static,
    R: ComponentNamedList + Lift + Send + Sync + 'static,
{
    // SAFETY: these types take any values of such a function: how many there are and of what types is found out as they are written and read.
    let func = unsafe { TypedFunc::<P, R>::new_unchecked(func) };
    match in_place {
        true => func.call(&mut *store, params),
        false => func.call_async(&mut *store, params).await,
    }
}

async fn described(store: &mut Context<'_>, name: &Arc<str>, error: wasmtime::Error) -> WasmError {
    let what = format!("the call of \"{}\" in \"{}\"", printable::name(name), store.data().actor.label());
    if let Some(Trap::CannotEnterComponent) = error.downcast_ref() {
        return not_entered(&what);
    }
    if let Some(gone) = error.downcast_ref::<NotThere>() {
        return WasmError::new(ErrorCode::Type, format!("{what}: {gone}"));
    }
    trap::describe(store, &what, error).await
}

/// After a trap wasmtime does not enter a component any more, and neither after what ends a guest in the same way. A trap of its own, so that a
/// restart policy makes it anew, whatever it was that none covered before.
fn not_entered(what: &str) -> WasmError {
    let text = format!(
        "{what} is not possible: an earlier call trapped, spent its fuel or exited, after which a component is not entered any more; make a new instance, or give `restart`"
    );
    let mut error = WasmError::new(ErrorCode::Call, text);
    error.trap = Some("cannot enter component instance");
    error
}

/// One call after another, up to the first that fails.
pub(super) async fn batch(store: &mut Context<'_>, calls: &[Call]) -> Answer {
    let mut done = Vec::with_capacity(calls.len());
    for (number, next) in calls.iter().enumerate() {
        store.data().actor.counters.batch_at.set(number as u64);
        match call(store, next).await {
            Ok(values) => done.push(values),
            Err(error) => return Answer::Batch(done, Some(error)),
        }
    }
    Answer::Batch(done, None)
}

/// Gives a resource back, whose destructor runs.
pub(super) async fn drop_resource(store: &mut Context<'_>, number: u64) -> Result<()> {
    check_outside(store)?;
    // It may have been given away meanwhile.
    let Some(resource) = component(store)?.handles.take(number) else { return Ok(()) };
    fuel::cut(store);
    match resource.resource_drop_async(&mut *store).await {
        Ok(()) => Ok(()),
        Err(error) => {
            let what = format!("the end of a resource in \"{}\"", store.data().actor.label());
            if let Some(Trap::CannotEnterComponent) = error.downcast_ref() {
                return Err(not_entered(&what));
            }
            Err(trap::describe(store, &what, error).await)
        }
    }
}
