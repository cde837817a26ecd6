//! What a store carries for a core module.

use super::exported::ExportedFunctions;
use super::functions::Functions;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use wasmtime::{Instance, Memory, Module, Table};

/// What only a core module needs.
#[derive(Default)]
pub(crate) struct CoreState {
    /// The memories and tables that it imports.
    pub(super) fresh: Fresh,
    /// None until the module is instantiated.
    pub(super) instance: Option<Instance>,
    /// The functions that have been called by name.
    pub(super) exported: ExportedFunctions,
    /// What has gone out as a funcref.
    pub(super) functions: Functions,
    /// How many host values the store holds.
    pub(super) externs: Arc<AtomicUsize>,
}

impl CoreState {
    /// For a guest of this module.
    pub(crate) fn of(module: &Module, metered: bool) -> Self {
        CoreState { exported: ExportedFunctions::of(module, metered), ..CoreState::default() }
    }
}

/// The memories and tables of its own that a guest imports, in their order.
#[derive(Default)]
pub(super) struct Fresh {
    pub(super) memories: Vec<Memory>,
    /// With the names that they are imported under.
    pub(super) tables: Vec<(String, Table)>,
}
