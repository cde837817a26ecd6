//! A host function that a component imports: somebody else runs it, and the guest waits.

use super::instance::component;
use super::lift::Lifted;
use super::lower::Lowered;
use crate::actor::guest::ending::{HostFailure, StoppedByHost};
use crate::actor::guest::serving::{close, until_returned};
use crate::actor::guest::state::{Context, GuestState};
use crate::actor::protocol::host_call::{Given, HostCall, HostEvent, HostImports, PendingHostCall, WaitingGuest};
use crate::error::{ErrorCode, FailedImport, WasmError};
use crate::value::{Arg, Encoded, RawValue, Value};
use tokio::sync::mpsc::unbounded_channel;
use tracing::field::Empty;
use wasmtime::component::LinkerInstance;
use wasmtime::{AsContextMut, Result, StoreContextMut};

/// A function that is imported: its place in [`Interface::imports`](crate::interface::Interface::imports), and how many core values its parameters and its result take.
#[derive(Clone, Copy)]
pub(super) struct Import {
    pub(super) index: usize,
    pub(super) params: u32,
    pub(super) result: u32,
}

/// Links it.
pub(super) fn link(place: &mut LinkerInstance<'_, GuestState>, import: Import, name: &str) -> Result<()> {
    // wasmtime hands over exactly as many core values as there are. More than 16 are in the memory, and so is a result of more than one.
    macro_rules! by_params {
        ($($count:literal)*) => {
            match (import.params, import.result) {
                $(($count, 1) => link_as::<$count, 1>(place, import.index, name),
                ($count, _) => link_as::<$count, 0>(place, import.index, name),)*
                (_, 1) => link_as::<0, 1>(place, import.index, name),
                (_, _) => link_as::<0, 0>(place, import.index, name),
            }
        };
    }
    by_params!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}

fn link_as<const PARAMS: usize, const RESULTS: usize>(
    place: &mut LinkerInstance<'_, GuestState>,
    index: usize,
    name: &str,
) -> Result<()> {
    place.func_wrap_async(name, move |mut store: StoreContextMut<'_, GuestState>, params: Lifted<PARAMS>| {
        Box::new(async move {
            let state = component(&store)?;
            let (handles, host) = (state.handles.clone(), state.host_types.clone());
            let (params, lent) = params.numbered(&handles)?;
            let values = call(&mut store, index, params).await?;
            for resource in lent.into_iter().filter_map(|number| handles.take(number)) {
                resource.resource_drop_async(store.as_context_mut()).await?;
            }
            Ok(Lowered::<RESULTS> { values, handles, host })
        })
    })
}

async fn call(store: &mut Context<'_>, index: usize, params: Encoded) -> Result<Encoded> {
    let actor = store.data().actor.clone();
    actor.counters.host_calls.add_one();
    let state = component(store)?;
    let function = &state.interface.imports[index];
    let import = FailedImport::new(function.interface.as_deref().unwrap_or_default(), &function.name);
    let failure = |error| HostFailure { import: import.clone(), error };
    let given = state.imports.as_ref().and_then(|imports| Some((imports, imports.given.get(index)?)));
    let Some((HostImports { events, set, .. }, Given::Function)) = given else {
        let text = format!("the import {import} was called, which nobody has");
        return Err(failure(WasmError::new(ErrorCode::Call, text)).into());
    };
    let (events, set) = (events.clone(), *set);
    let Some(guest) = WaitingGuest::of(&actor) else { return Err(StoppedByHost.into()) };
    let (id, instance) = (events.next_id(), actor.id());
    let (replies, inbox) = unbounded_channel();
    let args = vec![Value::Encoded(Box::new(params))];
    let call = HostCall { id, instance, set, import: index, args, results: 1, replies, guest };
    let (module, name) = (&*import.module, &*import.name);
    let span = tracing::debug_span!("host call", instance, module, import = name, outcome = Empty);
    let mut open = PendingHostCall::send(&events, call, inbox, span.clone());
    let ended = until_returned(store, &mut open, &import, span).await;
    close(open, &ended);
    match ended?.as_slice() {
        [Arg { value: RawValue::Encoded(values), .. }] => Ok((**values).clone()),
        _ => Err(failure(WasmError::new(ErrorCode::Type, format!("{import} has returned no values"))).into()),
    }
}

/// A resource of the host's that the guest has let go of.
pub(super) fn dropped(store: &Context<'_>, resource: u32, rep: u32) {
    let imports = store.data().component.as_ref().and_then(|state| state.imports.as_ref());
    if let Some(HostImports { events, set, .. }) = imports {
        events.send(HostEvent::Dropped { set: *set, resource, rep });
    }
}
