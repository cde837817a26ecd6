//! Calling an export: its signature, its arguments, its results.

use super::super::message::Call;
use super::values::{from_val, to_vals};
use super::{Context, imports, trap};
use crate::engine::{signature_of, value_type};
use crate::error::{ErrorCode, Result, WasmError};
use crate::signature::ValueType;
use crate::value::{Arg, FuncValue, Value};
use wasmtime::{Extern, ExternType, Func, FuncType, Val};

pub(super) async fn call(store: &mut Context<'_>, call: Call) -> Result<Vec<Value>> {
    let func = exported_function(store, &call.name)?;
    run(store, func, &format!("\"{}\"", call.name), &call.args).await
}

/// Calls a function that the guest has let out.
pub(super) async fn call_ref(store: &mut Context<'_>, func: FuncValue, args: Vec<Arg>) -> Result<Vec<Value>> {
    let known = store.data().functions.get(func.index).filter(|_| func.instance == store.data().actor.id());
    let func = known.ok_or_else(|| WasmError::no_instance(func.instance))?;
    run(store, func, "a funcref", &args).await
}

async fn run(store: &mut Context<'_>, func: Func, name: &str, args: &[Arg]) -> Result<Vec<Value>> {
    imports::check_depth(store)?;
    let ty = func.ty(&*store);
    check_count(name, &ty, args.len())?;
    let args = to_vals(store, args, ty.params(), |number| format!("parameter {number} of {name}")).await?;
    // Overwritten by the call; wasmtime checks only the length.
    let mut results = vec![Val::I32(0); ty.results().len()];
    match func.call_async(&mut *store, &args, &mut results).await {
        Ok(()) => results.iter().map(|result| from_val(store, result, || format!("a result of {name}"))).collect(),
        Err(error) if trap::exit_code(&error) == Some(0) => Ok(Vec::new()),
        Err(error) => {
            let what = format!("the call of {name} in \"{}\"", store.data().actor.name());
            Err(trap::describe(store, &what, error))
        }
    }
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

fn check_count(name: &str, ty: &FuncType, given: usize) -> Result<()> {
    let (params, _) = signature_of(ty);
    if given == params.len() {
        return Ok(());
    }
    let types = params.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ");
    let text = format!("{name} takes {} arguments ({types}), {given} were given", params.len());
    Err(WasmError::new(ErrorCode::Type, text))
}

/// Does what the linker has serve for this import? Memories and tables are matched by kind here; the exact check is wasmtime's.
pub(super) fn import_matches(wanted: &ExternType, found: &ExternType) -> bool {
    match (wanted, found) {
        (ExternType::Func(wanted), ExternType::Func(found)) => found.matches(wanted),
        _ => std::mem::discriminant(wanted) == std::mem::discriminant(found),
    }
}

fn kind(ty: &ExternType) -> &'static str {
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
