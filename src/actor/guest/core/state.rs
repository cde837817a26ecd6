//! What a store carries for a core module.

use super::exported::ExportedFunctions;
use super::functions::Functions;
use crate::actor::guest::state::Context;
use crate::error::Result;
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

/// The instance. Asked for too early only by a host function that a start function calls.
///
/// # Errors
/// 5005 then.
pub(super) fn instance(store: &Context<'_>) -> Result<Instance> {
    let state = store.data();
    state.core.instance.ok_or_else(|| state.still_being_made())
}

/// The memories and tables of its own that a guest imports, in their order.
#[derive(Default)]
pub(super) struct Fresh {
    pub(super) memories: Vec<Memory>,
    /// With the names that they are imported under.
    pub(super) tables: Vec<(String, Table)>,
}
