//! The variables of the environment that the manifest grants the app.

use super::failure::Failure;
use crate::caps::Caps;
use crate::printable;
use deno_core::{OpState, op2};
use std::collections::BTreeMap;

/// The value of a variable; null where there is none.
#[op2]
#[string]
pub(super) fn op_wasm_host_env(state: &mut OpState, #[string] name: String) -> Result<Option<String>, Failure> {
    if !state.borrow::<Caps>().may_read_env(&name) {
        let name = printable::sentence(&name);
        return Err(Failure::Denied(format!(
            "the variable \"{name}\" is not granted by `allow` in [capabilities.env]"
        )));
    }
    // No variable has such a name, and to ask for it may panic.
    let askable = !name.is_empty() && !name.contains(['=', '\0']);
    Ok(askable.then(|| std::env::var_os(&name)).flatten().map(|value| value.to_string_lossy().into_owned()))
}

/// All that are granted and there.
#[op2]
#[serde]
pub(super) fn op_wasm_host_env_all(state: &mut OpState) -> BTreeMap<String, String> {
    let caps = state.borrow::<Caps>();
    let named = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let granted = named.filter(|(name, _)| caps.may_read_env(name));
    granted.map(|(name, value)| (name, value.to_string_lossy().into_owned())).collect()
}
