//! Exported globals.

use super::Context;
use super::call::{from_val, kind, to_val};
use crate::engine::value_type;
use crate::error::{ErrorCode, Result, WasmError};
use crate::value::{Arg, Value};
use wasmtime::{Extern, Global};

/// The value of an exported global.
pub(super) fn get(store: &mut Context<'_>, name: &str) -> Result<Value> {
    let global = exported_global(store, name)?;
    let ty = global.ty(&*store);
    let value = global.get(&mut *store);
    from_val(name, &value, ty.content())
}

/// Gives an exported global a value.
pub(super) fn set(store: &mut Context<'_>, name: &str, value: &Arg) -> Result<()> {
    let global = exported_global(store, name)?;
    let ty = global.ty(&*store);
    let wrong = |text: String| WasmError::new(ErrorCode::Type, text);
    if !ty.mutability().is_var() {
        return Err(wrong(format!("the global \"{name}\" of {} is constant", store.data().module.name())));
    }
    let value = Value::from_arg(value, value_type(ty.content()))
        .map_err(|problem| wrong(format!("the value for the global \"{name}\" {problem}")))?;
    global.set(&mut *store, to_val(value, ty.content())).map_err(|error| wrong(format!("\"{name}\": {error:#}")))
}

fn exported_global(store: &mut Context<'_>, name: &str) -> Result<Global> {
    let instance = store.data().instance()?;
    let found = instance.get_export(&mut *store, name);
    let module = store.data().module.name();
    let problem = match found {
        Some(Extern::Global(global)) => return Ok(global),
        Some(other) => format!("the export \"{name}\" of {module} is {}, not a global", kind(&other.ty(&*store))),
        None => format!("{module} has no export \"{name}\""),
    };
    Err(WasmError::new(ErrorCode::ExportNotFound, problem))
}
