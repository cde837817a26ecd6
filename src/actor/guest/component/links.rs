//! How a component is linked, which is found out once for all its instances.

use super::host_function::{self, Import};
use super::resources::HostTypes;
use crate::actor::guest::state::GuestState;
use crate::actor::guest::wasi;
use crate::error::{ErrorCode, Result, WasmError};
use crate::interface::{Interface, NO_WASI_0_3};
use crate::printable;
use std::sync::Arc;
use wasmtime::component::{Component, InstancePre, Linker, LinkerInstance};

/// What instances of one component share.
pub(crate) struct Links {
    pub(super) interface: Arc<Interface>,
    pub(super) host_types: Arc<HostTypes>,
    /// Does it import WASI?
    pub(crate) wants_wasi: bool,
    prepared: std::result::Result<InstancePre<GuestState>, String>,
}

impl Links {
    /// For a component.
    ///
    /// # Errors
    /// 5001 if it cannot be linked, whatever it is given.
    pub(crate) fn of(component: &Component, interface: &Arc<Interface>) -> Result<Links> {
        let failed = |error: wasmtime::Error| {
            let text = format!("a component cannot be linked: {}", printable::sentence(&format!("{error:#}")));
            WasmError::new(ErrorCode::Instantiate, text)
        };
        let mut linker = Linker::new(component.engine());
        let host_types = Arc::new(link_own(&mut linker, interface).map_err(failed)?);
        let wants_wasi = !interface.wasi.is_empty();
        if wants_wasi {
            wasi::link_preview2(&mut linker, &interface.wasi).map_err(failed)?;
        }
        let prepared = linker.instantiate_pre(component).map_err(|error| unmet(interface, &error));
        Ok(Links { interface: interface.clone(), host_types, wants_wasi, prepared })
    }

    /// What makes an instance of the component of this name.
    ///
    /// # Errors
    /// 5001 where it imports what no host has.
    pub(super) fn prepared(&self, name: &str) -> Result<InstancePre<GuestState>> {
        self.prepared.clone().map_err(|problem| {
            WasmError::new(ErrorCode::Instantiate, format!("{name} cannot be instantiated: {problem}"))
        })
    }
}

/// Links what is the host's: the functions that it imports, and its resources.
fn link_own(linker: &mut Linker<GuestState>, interface: &Interface) -> wasmtime::Result<HostTypes> {
    let mut host_types = HostTypes::default();
    let is_wasi = |of: &Option<String>| of.as_ref().is_some_and(|of| interface.wasi.contains(of));
    for (number, resource) in interface.resources.iter().enumerate() {
        // One without a name is nobody's to give.
        if !resource.is_imported || resource.name.is_empty() || is_wasi(&resource.interface) {
            continue;
        }
        let ty = host_types.add(number as u32);
        let dropped = move |store: wasmtime::StoreContextMut<'_, GuestState>, rep| {
            host_function::dropped(&store, number as u32, rep);
            Ok(())
        };
        place(linker, &resource.interface)?.resource(&resource.name, ty, dropped)?;
    }
    let counts = interface.flat_counts();
    for (index, function) in interface.imports.iter().enumerate() {
        let params =
            function.params.iter().map(|(_, ty)| interface.flat_count(&counts, *ty)).fold(0, u32::saturating_add);
        let result = function.result.map_or(0, |ty| interface.flat_count(&counts, ty));
        let mut place = place(linker, &function.interface)?;
        host_function::link(&mut place, Import { index, params, result }, &function.name)?;
    }
    Ok(host_types)
}

/// Where what stands in an interface, or in the world itself, is linked.
fn place<'a>(
    linker: &'a mut Linker<GuestState>,
    interface: &Option<String>,
) -> wasmtime::Result<LinkerInstance<'a, GuestState>> {
    match interface {
        Some(within) => linker.instance(within),
        None => Ok(linker.root()),
    }
}

/// What is missing, in a sentence: what is WASI's, of a version that there is not.
fn unmet(interface: &Interface, error: &wasmtime::Error) -> String {
    let newer =
        interface.wasi.iter().find(|name| name.rsplit('@').next().is_some_and(|version| version.starts_with("0.3")));
    if let Some(newer) = newer {
        let newer = printable::name(newer);
        return format!("it imports {newer}: {NO_WASI_0_3}");
    }
    if let Some(http) = interface.wasi.iter().find(|name| !cfg!(feature = "http") && name.starts_with("wasi:http/")) {
        let http = printable::name(http);
        return format!("it imports {http}: this build has no HTTP, which is the cargo feature `http`");
    }
    let text = format!("{error:#}");
    let missing = interface.wasi.iter().find(|name| text.contains(&format!("`{name}`")));
    missing.map_or_else(
        || printable::sentence(&text),
        |name| {
            format!(
                "it imports {}, which is not among the interfaces of WASI that there are here",
                printable::name(name)
            )
        },
    )
}
