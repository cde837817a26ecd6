//! The functions that a component exports, each looked up once.

use super::instance::component;
use super::numbers;
use super::state::Exported;
use crate::actor::guest::state::Context;
use crate::error::{ErrorCode, Result, WasmError};
use crate::interface::Function;
use crate::printable;
use std::sync::Arc;

/// The function of this name: `interface#function`, or that of one of the world's.
///
/// # Errors
/// 5003 if there is none.
pub(super) fn exported(store: &mut Context<'_>, name: &Arc<str>) -> Result<Arc<Exported>> {
    let state = component(store)?;
    if let Some(known) = state.exported.get(name) {
        return Ok(known.clone());
    }
    let instance = state.instance.ok_or_else(|| store.data().still_being_made())?;
    let interface = state.interface.clone();
    let (within, short) = match name.rsplit_once('#') {
        Some((within, short)) => (Some(within), short),
        None => (None, &**name),
    };
    let is_named = |function: &Function| function.name == short && function.interface.as_deref() == within;
    let index = interface.exports.iter().position(is_named).ok_or_else(|| no_such(store, name, &interface.exports))?;
    let outer = within.map(|within| instance.get_export_index(&mut *store, None, within));
    let place = match outer {
        Some(None) => None,
        Some(Some(outer)) => instance.get_export_index(&mut *store, Some(&outer), short),
        None => instance.get_export_index(&mut *store, None, short),
    };
    let func = place.and_then(|place| instance.get_func(&mut *store, place));
    let func = func.ok_or_else(|| no_such(store, name, &interface.exports))?;
    let result = interface.exports[index].result;
    let params: Vec<_> = interface.exports[index].params.iter().map(|(_, ty)| *ty).collect();
    let is_of_numbers = numbers::are_all(&params, result);
    let exported = Arc::new(Exported { func, params, result, is_of_numbers });
    if let Some(state) = &mut store.data_mut().component {
        state.exported.insert(name.clone(), exported.clone());
    }
    Ok(exported)
}

/// Says what there is instead, where that is meant by all appearances.
fn no_such(store: &Context<'_>, name: &str, exports: &[Function]) -> WasmError {
    let short = name.rsplit('#').next().unwrap_or(name);
    let near = exports.iter().filter(|function| function.name == short).map(Function::full_name).next();
    let hint = near.map(|near| format!("; there is \"{}\"", printable::name(&near))).unwrap_or_default();
    let text = format!("{} has no export \"{}\"{hint}", store.data().module.name(), printable::name(name));
    WasmError::new(ErrorCode::ExportNotFound, text)
}
