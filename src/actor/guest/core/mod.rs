//! A guest that is a core module: its imports and exports are functions of numbers, memories, tables and globals.

pub(super) mod answer;
mod bytes;
mod call;
mod exported;
mod extern_types;
mod fresh;
mod functions;
mod global;
mod host_function;
mod imported;
mod imports;
mod in_place;
mod instance;
mod links;
mod memory;
mod native_function;
pub(super) mod state;
mod table;
mod unknown_import;
mod values;

pub(super) use links::Links;
pub(super) use values::collect;

use super::state::GuestState;
use crate::actor::protocol::config::UnknownImports;
use crate::actor::protocol::host_call::HostImports;
use crate::error::Result;
use imports::Imports;
use wasmtime::{AsContextMut, Extern, Instance, InstancePre, Module, RootScope, Store};

/// How an instance is made.
pub(super) enum Linked {
    /// As all instances of the module are.
    Prepared(InstancePre<GuestState>),
    /// With one for each import of the module, in its order.
    Own(Module, Vec<Extern>),
}

impl Linked {
    /// Finds what the module imports: what the host gives, and WASI.
    ///
    /// # Errors
    /// 5001 for imports that nothing provides.
    pub(super) async fn new(
        store: &mut Store<GuestState>,
        module: &Module,
        links: &Links,
        given: Option<HostImports>,
        unknown: UnknownImports,
    ) -> Result<Linked> {
        let prepared = links.prepared().filter(|_| given.as_ref().is_none_or(HostImports::are_none));
        if let Some(prepared) = prepared {
            return Ok(Linked::Prepared(prepared));
        }
        let imports = Imports { given, linker: &links.linker, unknown };
        let mut scope = RootScope::new(&mut *store);
        let found = imports.resolve(&mut scope.as_context_mut(), module.imports()).await?;
        drop(scope);
        Ok(Linked::Own(module.clone(), found))
    }

    /// Makes the instance: segments, start function and all.
    pub(super) async fn instantiate(&self, store: &mut Store<GuestState>) -> wasmtime::Result<()> {
        let instance = match self {
            Linked::Prepared(prepared) => prepared.instantiate_async(&mut *store).await?,
            Linked::Own(module, imports) => Instance::new_async(&mut *store, module, imports).await?,
        };
        store.data_mut().core.instance = Some(instance);
        Ok(())
    }
}
