//! The tables of a guest, read and changed from outside.

use super::call::exported;
use super::values::{from_val, to_vals};
use crate::actor::guest::state::Context;
use crate::error::{ErrorCode, Result, WasmError};
use crate::printable;
use crate::value::{Arg, Value};
use wasmtime::{Extern, Ref, Table, Val, ValType};

/// The element at a place.
pub(super) fn get(store: &mut Context<'_>, name: &str, index: u64) -> Result<Value> {
    let table = table(store, name)?;
    let element = table.get(&mut *store, index).ok_or_else(|| beyond(store, table, name, index))?;
    from_val(store, &Val::from(element), || element_of(name, index))
}

/// Puts an element at a place.
pub(super) async fn set(store: &mut Context<'_>, name: &str, index: u64, value: &Arg) -> Result<()> {
    let table = table(store, name)?;
    if index >= table.size(&*store) {
        return Err(beyond(store, table, name, index));
    }
    let element = reference(store, table, value, || format!("the value for {}", element_of(name, index))).await?;
    let set = table.set(&mut *store, index, element);
    set.map_err(|error| WasmError::new(ErrorCode::Type, format!("{}: {error:#}", element_of(name, index))))
}

/// Grows by elements that are all the same; gives back the size before.
pub(super) async fn grow(store: &mut Context<'_>, name: &str, delta: u64, init: &Arg) -> Result<u64> {
    let table = table(store, name)?;
    let init = reference(store, table, init, || format!("the value for new elements of {}", called(name))).await?;
    store.data_mut().limiter.take_refusal();
    if let Ok(before) = table.grow_async(&mut *store, delta, init).await {
        return Ok(before);
    }
    let (has, maximum) = (table.size(&*store), table.ty(&*store).maximum());
    let bounds = store.data_mut().limiter.bounds(maximum);
    Err(table_error(format!("{} cannot grow by {delta} elements: it has {has}{bounds}", called(name))))
}

/// How many elements there are.
pub(super) fn size(store: &mut Context<'_>, name: &str) -> Result<u64> {
    Ok(table(store, name)?.size(&*store))
}

/// The table that is exported under this name, or else the one of its own that it imports under it.
fn table(store: &mut Context<'_>, name: &str) -> Result<Table> {
    let state = store.data();
    // Before it is instantiated, what it will export cannot be reached.
    let is_exported = state.module.exports().iter().any(|export| export.name == name);
    match state.core.fresh.tables.iter().find(|(imported, _)| imported == name) {
        Some((_, table)) if !is_exported => Ok(*table),
        _ => exported(store, name, "a table", Extern::into_table),
    }
}

/// A value from outside as an element of this table.
async fn reference(store: &mut Context<'_>, table: Table, value: &Arg, subject: impl Fn() -> String) -> Result<Ref> {
    let ty = ValType::Ref(table.ty(&*store).element().clone());
    let val = to_vals(store, std::slice::from_ref(value), std::iter::once(ty), |_| subject()).await?.pop();
    // Always there: it was read as a reference.
    val.and_then(|val| val.ref_())
        .ok_or_else(|| WasmError::new(ErrorCode::Type, format!("{} is no reference", subject())))
}

fn called(name: &str) -> String {
    format!("the table \"{}\"", printable::name(name))
}

fn element_of(name: &str, index: u64) -> String {
    format!("element {index} of {}", called(name))
}

fn beyond(store: &Context<'_>, table: Table, name: &str, index: u64) -> WasmError {
    table_error(format!("there is no {}, which has {} elements", element_of(name, index), table.size(store)))
}

fn table_error(text: String) -> WasmError {
    WasmError::new(ErrorCode::Memory, text)
}
