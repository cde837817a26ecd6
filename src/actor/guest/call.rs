//! Calling an export: its signature, its arguments, its results.

use super::extern_types::kind;
use super::fuel::{self, Reserve};
use super::state::Context;
use super::trap;
use super::values::{from_val, to_vals};
use crate::actor::protocol::message::{Answer, Call};
use crate::engine::signature_of;
use crate::error::{ErrorCode, FailedCall, Result, WasmError};
use crate::limits::BATCH_RESULTS_MAX;
use crate::printable;
use crate::value::{Arg, FuncValue, Value};
use wasmtime::{Extern, Func, FuncType, Val};

/// The export by which WASI commands run, from beginning to end.
const COMMAND_ENTRY: &str = "_start";

pub(super) async fn call(store: &mut Context<'_>, call: &Call) -> Result<Vec<Value>> {
    let func = exported_function(store, &call.name)?;
    let name = format!("\"{}\"", printable::name(&call.name));
    let args = arguments(store, &func, &name, &call.args).await?;
    let reserve = call.fuel.map(|limit| Reserve::set_aside(store, limit)).transpose()?;
    store.data().actor.counters.calls.add_one();
    let program = if call.name == COMMAND_ENTRY { store.data().program() } else { None };
    let ended = run(store, &func, &name, &args).await;
    if let Some(program) = program {
        program.close_input();
        store.data_mut().ended = Some(program);
    }
    let bounded = reserve.is_some_and(|reserve| reserve.give_back(store));
    ended.map_err(|mut error| {
        if let (ErrorCode::FuelExhausted, true, Some(limit)) = (error.code, bounded, call.fuel) {
            let instance = store.data().actor.label();
            error =
                error.saying(format!("the call of {name} in \"{instance}\" spent the {limit} of fuel that it may use"));
        }
        let (params, _) = signature_of(&func.ty(&*store));
        error.call = Some(Box::new(FailedCall::told(&call.name, &call.args, &params)));
        error
    })
}

/// Calls a function that the guest has let out.
pub(super) async fn call_ref(store: &mut Context<'_>, func: FuncValue, args: &[Arg]) -> Result<Vec<Value>> {
    let Some(found) = store.data().functions.get(func) else {
        let (name, id) = (store.data().actor.label(), func.instance);
        let text =
            format!("the instance \"{name}\" ({id}) was made anew: the function went with what was there before");
        return Err(WasmError::new(ErrorCode::InvalidInstanceHandle, text));
    };
    let args = arguments(store, &found, "a funcref", args).await?;
    store.data().actor.counters.calls.add_one();
    run(store, &found, "a funcref", &args).await
}

/// Holds arguments against the signature.
async fn arguments(store: &mut Context<'_>, func: &Func, name: &str, args: &[Arg]) -> Result<Vec<Val>> {
    store.data().check_depth()?;
    let ty = func.ty(&*store);
    check_count(name, &ty, args.len())?;
    to_vals(store, args, ty.params(), |number| format!("parameter {number} of {name}")).await
}

async fn run(store: &mut Context<'_>, func: &Func, name: &str, args: &[Val]) -> Result<Vec<Value>> {
    // Overwritten by the call; wasmtime checks only the length.
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    fuel::cut(store);
    match func.call_async(&mut *store, args, &mut results).await {
        Ok(()) => results.iter().map(|result| from_val(store, result, || format!("a result of {name}"))).collect(),
        Err(error) if trap::exit_code(&error) == Some(0) => Ok(Vec::new()),
        Err(error) => {
            let what = format!("the call of {name} in \"{}\"", store.data().actor.label());
            Err(trap::describe(store, &what, error).await)
        }
    }
}

/// One call after another, up to the first that fails.
pub(super) async fn batch(store: &mut Context<'_>, calls: &[Call]) -> Answer {
    let mut done = Vec::with_capacity(calls.len());
    let mut room = BATCH_RESULTS_MAX;
    for (number, next) in calls.iter().enumerate() {
        store.data().actor.counters.batch_at.set(number as u64);
        match call(store, next).await {
            Ok(values) if values.len() > room => return Answer::Batch(done, Some(too_many_results(store))),
            Ok(values) => {
                room -= values.len();
                done.push(values);
            }
            Err(error) => return Answer::Batch(done, Some(error)),
        }
    }
    Answer::Batch(done, None)
}

fn too_many_results(store: &Context<'_>) -> WasmError {
    let name = store.data().actor.name();
    let text = format!("the calls of a batch in \"{name}\" have more than {BATCH_RESULTS_MAX} results together");
    WasmError::new(ErrorCode::Call, text)
}

fn exported_function(store: &mut Context<'_>, name: &str) -> Result<Func> {
    exported(store, name, "a function", Extern::into_func)
}

/// The export of this name, if `pick` takes it: it does so where the export is `wanted`.
pub(super) fn exported<T>(
    store: &mut Context<'_>,
    name: &str,
    wanted: &str,
    pick: impl FnOnce(Extern) -> Option<T>,
) -> Result<T> {
    let instance = store.data().instance()?;
    let found = instance.get_export(&mut *store, name);
    let (module, name) = (store.data().module.name(), printable::name(name));
    let Some(found) = found else {
        return Err(WasmError::new(ErrorCode::ExportNotFound, format!("{module} has no export \"{name}\"")));
    };
    pick(found.clone()).ok_or_else(|| {
        let found = kind(&found.ty(&*store));
        let problem = format!("the export \"{name}\" of {module} is {found}, not {wanted}");
        WasmError::new(ErrorCode::ExportNotFound, problem)
    })
}

fn check_count(name: &str, ty: &FuncType, given: usize) -> Result<()> {
    let (params, _) = signature_of(ty);
    if given == params.len() {
        return Ok(());
    }
    let types = params.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ");
    let text = format!("{name} takes {} arguments ({types}), {given} were given", params.len());
    Err(WasmError::new(ErrorCode::Type, text))
}
