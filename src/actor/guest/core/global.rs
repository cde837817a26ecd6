//! Exported globals.

use super::call::exported;
use super::values::{from_val, to_vals};
use crate::actor::guest::state::Context;
use crate::error::{ErrorCode, Result, WasmError};
use crate::printable;
use crate::value::{Arg, Value};
use wasmtime::{Extern, Global};

/// The value of an exported global.
pub(super) fn get(store: &mut Context<'_>, name: &str) -> Result<Value> {
    let global = exported_global(store, name)?;
    let value = global.get(&mut *store);
    from_val(store, &value, || format!("the value of the global \"{}\"", printable::name(name)))
}

/// Gives an exported global a value.
pub(super) async fn set(store: &mut Context<'_>, name: &str, value: &Arg) -> Result<()> {
    let global = exported_global(store, name)?;
    let name = printable::name(name);
    let ty = global.ty(&*store);
    let wrong = |text: String| WasmError::new(ErrorCode::Type, text);
    if !ty.mutability().is_var() {
        return Err(wrong(format!("the global \"{name}\" of {} is constant", store.data().module.name())));
    }
    let types = std::iter::once(ty.content().clone());
    let vals =
        to_vals(store, std::slice::from_ref(value), types, |_| format!("the value for the global \"{name}\"")).await?;
    let set = vals.into_iter().try_for_each(|val| global.set(&mut *store, val));
    set.map_err(|error| wrong(format!("\"{name}\": {error:#}")))
}

fn exported_global(store: &mut Context<'_>, name: &str) -> Result<Global> {
    exported(store, name, "a global", Extern::into_global)
}
