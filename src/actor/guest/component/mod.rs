//! A guest that is a component: its imports and exports are functions of typed values, grouped by interfaces.
//!
//! Values come and go as [bytes](wire), which `lower` puts into the guest and `lift` takes out of it, by types of which `abi` knows the layout. `links` is what
//! all instances of a component share; `host_function` what it imports; `call` what it exports; `handles` are its resources that
//! somebody outside holds.

mod abi;
pub(super) mod answer;
#[cfg(any(test, feature = "internals"))]
pub mod both;
mod call;
mod exported;
mod handles;
mod host_function;
mod instance;
mod lift;
mod links;
mod lower;
mod missing;
mod numbers;
mod resources;
pub(super) mod state;
pub(crate) mod wire;

pub(super) use links::Links;

use super::state::GuestState;
use crate::actor::protocol::config::UnknownImports;
use crate::actor::protocol::host_call::HostImports;
use crate::error::Result;
use crate::limits::{COMPONENT_COPY_BYTES_MAX, COMPONENT_COPY_BYTES_MIN, RESOURCE_HANDLES_MAX};
use state::ComponentState;
use wasmtime::Store;
use wasmtime::component::InstancePre;

/// How an instance is made.
pub(super) struct Linked(InstancePre<GuestState>);

impl Linked {
    /// Finds what the component imports: what the host gives, and WASI.
    ///
    /// # Errors
    /// 5001 for imports that nothing provides.
    pub(super) fn new(
        store: &mut Store<GuestState>,
        links: &Links,
        given: Option<HostImports>,
        unknown: UnknownImports,
    ) -> Result<Linked> {
        let name = store.data().module.name().to_owned();
        if unknown == UnknownImports::Refuse {
            missing::check(&name, &links.interface, given.as_ref())?;
        }
        let prepared = links.prepared(&name)?;
        // Of what it has it can let out many copies at once, but not of more than it may have.
        let copied = usize::try_from(store.data().limiter.bytes_max()).unwrap_or(usize::MAX);
        store.set_hostcall_fuel(copied.clamp(COMPONENT_COPY_BYTES_MIN, COMPONENT_COPY_BYTES_MAX));
        store.set_max_component_handles(RESOURCE_HANDLES_MAX);
        let metered = store.data().fuel_given.is_some();
        let state = ComponentState::new(&links.interface, &links.host_types, given, metered);
        store.data_mut().component = Some(state);
        Ok(Linked(prepared))
    }

    /// Makes the instance, with all core instances in it.
    pub(super) async fn instantiate(&self, store: &mut Store<GuestState>) -> wasmtime::Result<()> {
        let instance = self.0.instantiate_async(&mut *store).await?;
        if let Some(component) = &mut store.data_mut().component {
            component.instance = Some(instance);
        }
        Ok(())
    }
}
