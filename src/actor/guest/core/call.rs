//! Calling an export: its signature, its arguments, its results.

use super::exported::Exported;
use super::extern_types::kind;
use super::in_place::Prepared;
use super::instance::instance;
use super::values::{from_val, to_vals};
use crate::actor::guest::fuel::{self, Reserve};
use crate::actor::guest::state::Context;
use crate::actor::guest::trap;
use crate::actor::protocol::message::{Answer, Call};
use crate::engine::signature_of;
use crate::error::{ErrorCode, FailedCall, Result, WasmError};
use crate::limits::BATCH_RESULTS_MAX;
use crate::printable;
use crate::signature::ValueType;
use crate::value::{Arg, FuncValue, Value};
use std::fmt;
use std::sync::Arc;
use wasmtime::{Extern, Func, Val};

/// The export by which WASI commands run, from beginning to end.
const COMMAND_ENTRY: &str = "_start";

/// Whom a call calls, as messages name it.
#[derive(Clone, Copy)]
enum Callee<'a> {
    Export(&'a str),
    Funcref,
}

impl fmt::Display for Callee<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Callee::Export(name) => write!(f, "\"{}\"", printable::name(name)),
            Callee::Funcref => f.write_str("a funcref"),
        }
    }
}

/// Calls an export.
pub(super) async fn call(store: &mut Context<'_>, call: &Call) -> Result<Vec<Value>> {
    let function = exported_function(store, &call.name)?;
    store.data().check_depth()?;
    let callee = Callee::Export(&call.name);
    check_count(callee, &function.params, call.args.len())?;
    let ended = match store.data().core.exported.is_called_in_place(&function) && call.fuel.is_none() {
        true => in_place(store, &function, callee, &call.args).await?,
        false => on_its_own_stack(store, &function, callee, call).await?,
    };
    ended.map_err(|mut error| {
        error.call = Some(Box::new(FailedCall::told(&call.name, &call.args, &function.params)));
        error
    })
}

/// The outer error says that the call could not be made.
async fn in_place(
    store: &mut Context<'_>,
    function: &Exported,
    callee: Callee<'_>,
    args: &[Arg],
) -> Result<Result<Vec<Value>>> {
    let prepared = Prepared::new(store, function, args).map_err(|(number, problem)| {
        WasmError::new(ErrorCode::Type, format!("{} {problem}", parameter(number, callee)))
    })?;
    store.data().actor.counters.calls.add_one();
    match prepared.call(store) {
        Ok(values) => Ok(Ok(values)),
        Err(error) => Ok(Err(described(store, callee, error).await)),
    }
}

/// The same for all others.
async fn on_its_own_stack(
    store: &mut Context<'_>,
    function: &Exported,
    callee: Callee<'_>,
    call: &Call,
) -> Result<Result<Vec<Value>>> {
    let args = arguments(store, &function.func, callee, &call.args).await?;
    let reserve = call.fuel.map(|limit| Reserve::set_aside(store, limit)).transpose()?;
    store.data().actor.counters.calls.add_one();
    let program = if *call.name == *COMMAND_ENTRY { store.data().program() } else { None };
    let ended = run(store, &function.func, callee, &args, function.results.len()).await;
    if let Some(program) = program {
        program.close_input();
        store.data_mut().ended = Some(program);
    }
    let was_bounded = reserve.is_some_and(|reserve| reserve.give_back(store));
    Ok(ended.map_err(|error| bounded(store, &call.name, error, was_bounded, call.fuel)))
}

/// The error of a call of this export; it tells if what the call may use of the fuel was spent.
pub(super) fn bounded(
    store: &Context<'_>,
    name: &str,
    error: WasmError,
    was_bounded: bool,
    limit: Option<u64>,
) -> WasmError {
    match (error.code, was_bounded, limit) {
        (ErrorCode::FuelExhausted, true, Some(limit)) => {
            let (callee, instance) = (Callee::Export(name), store.data().actor.label());
            error.saying(format!("the call of {callee} in \"{instance}\" spent the {limit} of fuel that it may use"))
        }
        _ => error,
    }
}

/// Calls a function that the guest has let out.
pub(super) async fn call_ref(store: &mut Context<'_>, func: FuncValue, args: &[Arg]) -> Result<Vec<Value>> {
    let Some(found) = store.data().core.functions.get(func) else {
        let (name, id) = (store.data().actor.label(), func.instance);
        let text =
            format!("the instance \"{name}\" ({id}) was made anew: the function went with what was there before");
        return Err(WasmError::new(ErrorCode::InvalidInstanceHandle, text));
    };
    store.data().check_depth()?;
    let (params, results) = signature_of(&found.ty(&*store));
    check_count(Callee::Funcref, &params, args.len())?;
    let args = arguments(store, &found, Callee::Funcref, args).await?;
    store.data().actor.counters.calls.add_one();
    run(store, &found, Callee::Funcref, &args, results.len()).await
}

/// Holds arguments against the signature.
async fn arguments(store: &mut Context<'_>, func: &Func, callee: Callee<'_>, args: &[Arg]) -> Result<Vec<Val>> {
    let ty = func.ty(&*store);
    to_vals(store, args, ty.params(), |number| parameter(number, callee)).await
}

fn parameter(number: usize, callee: Callee<'_>) -> String {
    format!("parameter {number} of {callee}")
}

async fn run(
    store: &mut Context<'_>,
    func: &Func,
    callee: Callee<'_>,
    args: &[Val],
    results: usize,
) -> Result<Vec<Value>> {
    // Overwritten by the call; wasmtime checks only the length.
    let mut results = vec![Val::I32(0); results];
    fuel::cut(store);
    match func.call_async(&mut *store, args, &mut results).await {
        Ok(()) => results.iter().map(|result| from_val(store, result, || format!("a result of {callee}"))).collect(),
        Err(error) if trap::exit_code(&error) == Some(0) => Ok(Vec::new()),
        Err(error) => Err(described(store, callee, error).await),
    }
}

async fn described(store: &mut Context<'_>, callee: Callee<'_>, error: wasmtime::Error) -> WasmError {
    let what = format!("the call of {callee} in \"{}\"", store.data().actor.label());
    trap::describe(store, &what, error).await
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

/// The exported function of this name.
pub(super) fn exported_function(store: &mut Context<'_>, name: &str) -> Result<Arc<Exported>> {
    if let Some(known) = store.data().core.exported.get(name) {
        return Ok(known);
    }
    let func = exported(store, name, "a function", Extern::into_func)?;
    let ty = func.ty(&*store);
    Ok(store.data_mut().core.exported.add(name, func, &ty))
}

/// The export of this name, if `pick` takes it: it does so where the export is `wanted`.
pub(super) fn exported<T>(
    store: &mut Context<'_>,
    name: &str,
    wanted: &str,
    pick: impl FnOnce(Extern) -> Option<T>,
) -> Result<T> {
    let instance = instance(store)?;
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

fn check_count(callee: Callee<'_>, params: &[ValueType], given: usize) -> Result<()> {
    if given == params.len() {
        return Ok(());
    }
    let types = params.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ");
    let text = format!("{callee} takes {} arguments ({types}), {given} were given", params.len());
    Err(WasmError::new(ErrorCode::Type, text))
}
