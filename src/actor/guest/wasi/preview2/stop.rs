//! A stop, as it ends a component's calls.

use crate::actor::guest::ending::StoppedByHost;
use crate::actor::handle::Actor;

/// Awaits what may take as long as others like. A guest that is stopped meanwhile ends where it waits, and can tell of that place.
pub(super) async fn while_running<T>(actor: &Actor, wait: impl Future<Output = T>) -> wasmtime::Result<T> {
    actor.control.while_running(wait).await.ok_or_else(|| StoppedByHost.into())
}

/// A call that takes long without waiting looks for a stop now and then.
pub(super) fn unless_stopped(actor: &Actor) -> wasmtime::Result<()> {
    if actor.control.is_stopped() { Err(StoppedByHost.into()) } else { Ok(()) }
}
