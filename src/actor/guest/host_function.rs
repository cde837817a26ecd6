//! A host function, as the guest calls it: the guest's side of [`host_call`](crate::actor::host_call).

use super::answer::answer;
use super::ending::{HostFailure, StoppedByHost};
use super::state::{Context, GuestState};
use super::values::{from_val, to_vals};
use crate::actor::protocol::host_call::{Ended, HostCall, HostEvents, HostReply, PendingHostCall, WaitingGuest};
use crate::actor::protocol::message::outcome_name;
use crate::engine::signature_of;
use crate::error::{ErrorCode, FailedImport, Result, WasmError};
use crate::printable;
use crate::signature::ValueType;
use crate::value::{Arg, Value};
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;
use tracing::Instrument as _;
use tracing::field::Empty;
use wasmtime::{AsContextMut, Caller, Func, FuncType, RootScope, Val};

/// One host function of one instance.
pub(super) struct HostFunction {
    pub(super) events: HostEvents,
    pub(super) set: u64,
    pub(super) index: usize,
    pub(super) import: FailedImport,
    pub(super) ty: FuncType,
}

impl HostFunction {
    pub(super) fn into_func(self, store: &mut Context<'_>) -> Func {
        let function = Arc::new(self);
        let ty = function.ty.clone();
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
            let subject = || format!("argument {} of the host function {}", index + 1, self.import);
            let value = from_val(store, val, subject)?;
            self.check_is_ours(value, subject)
        });
        let args = args.collect::<Result<Vec<_>>>().map_err(|error| self.failure(error))?;
        let Some(guest) = WaitingGuest::of(&store.data().actor) else { return Err(StoppedByHost.into()) };
        let (instance, id) = (store.data().actor.id(), self.events.next_id());
        let (replies, inbox) = unbounded_channel();
        let call =
            HostCall { id, instance, set: self.set, import: self.index, args, results: results.len(), replies, guest };
        let (module, import) = (&*self.import.module, &*self.import.name);
        let span = tracing::debug_span!("host call", instance, module, import, outcome = Empty);
        let mut open = PendingHostCall::send(&self.events, call, inbox, span.clone());
        store.data_mut().depth += 1;
        let ended = self.serve(store, &mut open).instrument(span).await;
        store.data().actor.control.set_waiting(false);
        store.data_mut().depth -= 1;
        match &ended {
            Ok(_) => open.end("ok"),
            Err(error) if error.is::<StoppedByHost>() => drop(open),
            Err(error) => open
                .end(error.downcast_ref().map_or(ErrorCode::Call, |failure: &HostFailure| failure.error.code).name()),
        }
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

    /// Answers requests to the waiting guest, until the wait is over.
    async fn serve(&self, store: &mut Context<'_>, call: &mut PendingHostCall<'_>) -> wasmtime::Result<Vec<Val>> {
        loop {
            match call.next().await {
                Ok(HostReply::Request(request)) => {
                    store.data().actor.control.set_waiting(false);
                    let span = request.command.span();
                    let mut scope = RootScope::new(&mut *store);
                    let outcome = match request.command.complete().await {
                        Ok(command) => answer(&mut scope.as_context_mut(), &command).instrument(span.clone()).await,
                        Err(error) => Err(error),
                    };
                    drop(scope);
                    span.record("outcome", outcome_name(&outcome));
                    // What a stop has cut short is no outcome: who asked hears that the instance is gone.
                    if store.data().actor.control.is_stopped() {
                        return Err(StoppedByHost.into());
                    }
                    store.data().actor.control.set_waiting(true);
                    request.reply.send(outcome);
                }
                Ok(HostReply::Return(args)) => {
                    return Ok(self.results(store, &args).await.map_err(|error| self.failure(error))?);
                }
                Ok(HostReply::Throw { value, text }) => {
                    let text = format!("the host function {} threw {}", self.import, printable::sentence(&text));
                    let thrown = WasmError { cause: Some(value), ..WasmError::new(ErrorCode::Call, text) };
                    return Err(self.failure(thrown).into());
                }
                Err(Ended::Stopped) => return Err(StoppedByHost.into()),
                Err(Ended::NobodyThere) => {
                    let text = format!("nobody is there to run the host function {}", self.import);
                    return Err(self.failure(WasmError::new(ErrorCode::Call, text)).into());
                }
            }
        }
    }

    /// What it has returned, as values of the types it should have.
    async fn results(&self, store: &mut Context<'_>, args: &[Arg]) -> Result<Vec<Val>> {
        self.check_count(args.len())?;
        let subject = |number| match self.ty.results().len() {
            1 => format!("the result of the host function {}", self.import),
            _ => format!("result {number} of the host function {}", self.import),
        };
        to_vals(store, args, self.ty.results(), subject).await
    }

    fn failure(&self, error: WasmError) -> HostFailure {
        HostFailure { import: self.import.clone(), error }
    }

    fn check_count(&self, given: usize) -> Result<()> {
        let (_, results) = signature_of(&self.ty);
        if given == results.len() {
            return Ok(());
        }
        let types = results.iter().map(|ty: &ValueType| ty.name()).collect::<Vec<_>>().join(", ");
        // Of more than there may be nobody counts how many.
        let found = if given > results.len() { format!("{given} or more") } else { given.to_string() };
        let text =
            format!("the host function {} must return {} values ({types}), not {found}", self.import, results.len());
        Err(WasmError::new(ErrorCode::Type, text))
    }
}
