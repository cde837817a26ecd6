//! Calling an export: its signature, its arguments, its results.

use super::super::message::{Answer, Call};
use super::fuel::Reserve;
use super::{Context, trap};
use crate::engine::{signature_of, value_type};
use crate::error::{ErrorCode, FailedCall, Result, WasmError};
use crate::signature::ValueType;
use crate::value::{Arg, Value};
use wasmtime::{Extern, ExternType, Func, Ref, Val, ValType};

/// The export by which WASI commands run, from beginning to end.
const COMMAND_ENTRY: &str = "_start";

pub(super) async fn call(store: &mut Context<'_>, call: Call) -> Result<Vec<Value>> {
    let func = exported_function(store, &call.name)?;
    let ty = func.ty(&*store);
    let (params, _) = signature_of(&ty);
    let mut values = to_values(&call.name, &params, &call.args)?;
    let args: Vec<Val> = values.iter().zip(ty.params()).map(|(arg, ty)| to_val(*arg, &ty)).collect();
    // Overwritten by the call; wasmtime checks only the length.
    let mut results = vec![Val::I32(0); ty.results().len()];
    let reserve = call.fuel.map(|limit| Reserve::set_aside(store, limit)).transpose()?;
    store.data().actor.counters.calls.add_one();
    let ended = func.call_async(&mut *store, &args, &mut results).await;
    let bounded = reserve.is_some_and(|reserve| reserve.give_back(store));
    if call.name == COMMAND_ENTRY {
        store.data().program_ended();
    }
    match ended {
        Ok(()) => results.iter().zip(ty.results()).map(|(result, ty)| from_val(&call.name, result, &ty)).collect(),
        Err(error) if trap::exit_code(&error) == Some(0) => Ok(Vec::new()),
        Err(error) => {
            let what = format!("the call of \"{}\" in \"{}\"", call.name, store.data().actor.name());
            let mut described = trap::describe(store, &what, error);
            if let (ErrorCode::FuelExhausted, true, Some(limit)) = (described.code, bounded, call.fuel) {
                described.message = format!("{what} spent the {limit} of fuel that it may use");
            }
            values.truncate(FailedCall::ARGS_MAX);
            described.call = Some(Box::new(FailedCall { name: call.name, args: values }));
            Err(described)
        }
    }
}

/// One call after another, up to the first that fails.
pub(super) async fn batch(store: &mut Context<'_>, calls: Vec<Call>) -> Answer {
    let mut done = Vec::with_capacity(calls.len());
    for next in calls {
        match call(store, next).await {
            Ok(values) => done.push(values),
            Err(error) => return Answer::Batch(done, Some(error)),
        }
    }
    Answer::Batch(done, None)
}

fn exported_function(store: &mut Context<'_>, name: &str) -> Result<Func> {
    let instance = store.data().instance()?;
    let found = instance.get_export(&mut *store, name);
    let module = store.data().module.name();
    let problem = match found {
        Some(Extern::Func(func)) => return Ok(func),
        Some(other) => format!("the export \"{name}\" of {module} is {}, not a function", kind(&other.ty(&*store))),
        None => format!("{module} has no export \"{name}\""),
    };
    Err(WasmError::new(ErrorCode::ExportNotFound, problem))
}

fn to_values(name: &str, params: &[ValueType], args: &[Arg]) -> Result<Vec<Value>> {
    let wrong = |text: String| WasmError::new(ErrorCode::Type, text);
    if args.len() != params.len() {
        let types = params.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ");
        let (wanted, given) = (params.len(), args.len());
        return Err(wrong(format!("\"{name}\" takes {wanted} arguments ({types}), {given} were given")));
    }
    let convert = |(index, (arg, ty)): (usize, (&Arg, &ValueType))| {
        let number = index + 1;
        Value::from_arg(arg, *ty).map_err(|problem| wrong(format!("parameter {number} of \"{name}\" {problem}")))
    };
    args.iter().zip(params).enumerate().map(convert).collect()
}

pub(super) fn to_val(value: Value, ty: &ValType) -> Val {
    match value {
        Value::I32(v) => Val::I32(v),
        Value::I64(v) => Val::I64(v),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(v) => Val::V128(v.into()),
        Value::Null => match ty {
            ValType::Ref(ty) => Val::from(Ref::null(ty.heap_type())),
            // Not reached: a null is made for reference types only.
            _ => Val::I32(0),
        },
    }
}

pub(super) fn from_val(name: &str, val: &Val, ty: &ValType) -> Result<Value> {
    Ok(match val {
        Val::I32(v) => Value::I32(*v),
        Val::I64(v) => Value::I64(*v),
        Val::F32(bits) => Value::F32(*bits),
        Val::F64(bits) => Value::F64(*bits),
        Val::V128(v) => Value::V128(v.as_u128()),
        reference if reference.ref_().is_some_and(|r| r.is_null()) => Value::Null,
        _ => {
            let text =
                format!("\"{name}\" returned a {}, which cannot cross to JavaScript unless null", value_type(ty));
            return Err(WasmError::new(ErrorCode::Type, text));
        }
    })
}

/// Does what the linker has serve for this import? Memories and tables are matched by kind here; the exact check is wasmtime's.
pub(super) fn import_matches(wanted: &ExternType, found: &ExternType) -> bool {
    match (wanted, found) {
        (ExternType::Func(wanted), ExternType::Func(found)) => found.matches(wanted),
        _ => std::mem::discriminant(wanted) == std::mem::discriminant(found),
    }
}

pub(super) fn kind(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::Func(_) => "a function",
        ExternType::Global(_) => "a global",
        ExternType::Table(_) => "a table",
        ExternType::Memory(_) => "a memory",
        ExternType::Tag(_) => "a tag",
    }
}

/// An import's type for a message, as in `a function (i32, i32) -> (i64)`.
pub(super) fn describe(ty: &ExternType) -> String {
    match ty {
        ExternType::Func(func) => {
            let (params, results) = signature_of(func);
            let list = |types: &[ValueType]| types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ");
            format!("a function ({}) -> ({})", list(&params), list(&results))
        }
        ExternType::Global(global) => {
            let mutable = if global.mutability().is_var() { "mutable" } else { "constant" };
            format!("a {mutable} global of type {}", value_type(global.content()))
        }
        ExternType::Memory(memory) => format!("a memory of at least {} pages", memory.minimum()),
        ExternType::Table(table) => format!("a table of at least {} elements", table.minimum()),
        ExternType::Tag(_) => kind(ty).to_owned(),
    }
}
