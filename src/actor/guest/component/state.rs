//! What a store carries for a component.

use super::exported::Exported;
use super::handles::Handles;
use super::links::Links;
use super::resources::HostTypes;
use crate::actor::guest::state::Context;
use crate::actor::protocol::host_call::HostImports;
use crate::error::{ErrorCode, Result, WasmError};
use crate::interface::Interface;
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::component::Instance;

/// What only a component needs.
pub(crate) struct ComponentState {
    /// None until it is instantiated.
    pub(super) instance: Option<Instance>,
    pub(super) interface: Arc<Interface>,
    /// What the host gives it to import.
    pub(super) imports: Option<HostImports>,
    /// The functions that have been called, by their names.
    pub(super) exported: HashMap<Arc<str>, Arc<Exported>>,
    /// Its resources that somebody outside holds.
    pub(super) handles: Handles,
    /// The types of resources that are the host's.
    pub(super) host_types: Arc<HostTypes>,
}

impl ComponentState {
    pub(super) fn new(links: &Links, imports: Option<HostImports>) -> Self {
        ComponentState {
            instance: None,
            interface: links.interface.clone(),
            imports,
            exported: HashMap::new(),
            handles: Handles::default(),
            host_types: links.host_types.clone(),
        }
    }
}

/// What a store has for its component.
///
/// # Errors
/// 5002, never: no other guest is asked for this.
pub(super) fn component<'a>(store: &'a Context<'_>) -> Result<&'a ComponentState> {
    let state = store.data().component.as_ref();
    state.ok_or_else(|| WasmError::new(ErrorCode::Call, "the guest is no component"))
}
