//! What a store carries for a component.

use super::handles::Handles;
use super::resources::HostTypes;
use crate::actor::protocol::host_call::HostImports;
use crate::interface::{Interface, Type};
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::component::{Func, Instance};

/// What only a component needs.
pub(crate) struct ComponentState {
    /// None until it is instantiated.
    pub(super) instance: Option<Instance>,
    pub(super) interface: Arc<Interface>,
    /// What the host gives it to import.
    pub(super) imports: Option<HostImports>,
    /// Can nothing in it wait? It imports nothing, and is not metered: those give way now and then.
    pub(super) in_place: bool,
    /// The functions that have been called, by their names.
    pub(super) exported: HashMap<Arc<str>, Arc<Exported>>,
    /// Its resources that somebody outside holds.
    pub(super) handles: Handles,
    /// The types of resources that are the host's.
    pub(super) host_types: Arc<HostTypes>,
}

impl ComponentState {
    pub(super) fn new(
        interface: &Arc<Interface>,
        host_types: &Arc<HostTypes>,
        imports: Option<HostImports>,
        metered: bool,
    ) -> Self {
        ComponentState {
            instance: None,
            in_place: !metered && interface.imports.is_empty() && interface.wasi.is_empty(),
            interface: interface.clone(),
            imports,
            exported: HashMap::new(),
            handles: Handles::default(),
            host_types: host_types.clone(),
        }
    }
}

/// A function that the component exports.
pub(super) struct Exported {
    pub(super) func: Func,
    pub(super) params: Vec<Type>,
    pub(super) result: Option<Type>,
    /// Does it take and give numbers only?
    pub(super) is_of_numbers: bool,
}
