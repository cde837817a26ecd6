//! A host function that somebody else runs, as the guest calls it: the guest's side of [`host_call`](crate::actor::host_call).

use super::imported::Imported;
use super::values::from_val;
use crate::actor::guest::ending::StoppedByHost;
use crate::actor::guest::serving::{close, until_returned};
use crate::actor::guest::state::{Context, GuestState};
use crate::actor::protocol::host_call::{HostCall, HostEvents, PendingHostCall, WaitingGuest};
use crate::error::{Result, WasmError};
use crate::value::Value;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;
use tracing::field::Empty;
use wasmtime::{AsContextMut, Caller, Func, Val};

/// One host function of one instance.
pub(super) struct HostFunction {
    pub(super) events: HostEvents,
    pub(super) set: u64,
    pub(super) index: usize,
    pub(super) imported: Imported,
}

impl HostFunction {
    pub(super) fn into_func(self, store: &mut Context<'_>) -> Func {
        let function = Arc::new(self);
        let ty = function.imported.ty.clone();
        Func::new_async(&mut *store, ty, move |caller, params, results| {
            let function = function.clone();
            Box::new(async move { function.call(caller, params, results).await })
        })
    }

    async fn call(
        &self,
        mut caller: Caller<'_, GuestState>,
        params: &[Val],
        results: &mut [Val],
    ) -> wasmtime::Result<()> {
        let store = &mut caller.as_context_mut();
        store.data().actor.counters.host_calls.add_one();
        let args = params.iter().enumerate().map(|(index, val)| {
            let subject = || self.imported.argument(index);
            let value = from_val(store, val, subject)?;
            self.check_is_ours(value, subject)
        });
        let args = args.collect::<Result<Vec<_>>>().map_err(|error| self.imported.failure(error))?;
        let Some(guest) = WaitingGuest::of(&store.data().actor) else { return Err(StoppedByHost.into()) };
        let (instance, id) = (store.data().actor.id(), self.events.next_id());
        let (replies, inbox) = unbounded_channel();
        let call =
            HostCall { id, instance, set: self.set, import: self.index, args, results: results.len(), replies, guest };
        let (module, import) = (&*self.imported.import.module, &*self.imported.import.name);
        let span = tracing::debug_span!("host call", instance, module, import, outcome = Empty);
        let mut open = PendingHostCall::send(&self.events, call, inbox, span.clone());
        let ended = match until_returned(store, &mut open, &self.imported.import, span).await {
            Ok(returned) => {
                let values = self.imported.results(store, &returned).await;
                values.map_err(|error| wasmtime::Error::from(self.imported.failure(error)))
            }
            Err(error) => Err(error),
        };
        close(open, &ended);
        results.copy_from_slice(&ended?);
        Ok(())
    }

    /// An externref may be a value of another one's who shares the instances: it means nothing to the receiver of the call.
    fn check_is_ours(&self, value: Value, subject: impl Fn() -> String) -> Result<Value> {
        match value.is_foreign_to(self.events.keeper()) {
            false => Ok(value),
            true => Err(WasmError::foreign_value(&subject())),
        }
    }
}
