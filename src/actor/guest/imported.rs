//! What host functions of either kind have in common: the names and the type that the guest imports one with, and serving requests while
//! the guest waits.

use super::answer::answer;
use super::ending::{HostFailure, StoppedByHost};
use super::state::Context;
use super::values::to_vals;
use crate::actor::protocol::message::{Request, outcome_name};
use crate::engine::signature_of;
use crate::error::{ErrorCode, FailedImport, Result, WasmError};
use crate::signature::ValueType;
use crate::value::Arg;
use tracing::Instrument as _;
use wasmtime::{AsContextMut, FuncType, RootScope, Val};

/// A function as it is imported.
pub(super) struct Imported {
    pub(super) import: FailedImport,
    pub(super) ty: FuncType,
}

impl Imported {
    /// The end of a guest's call of it.
    pub(super) fn failure(&self, error: WasmError) -> HostFailure {
        HostFailure { import: self.import.clone(), error }
    }

    /// What argument of the call a message is about.
    pub(super) fn argument(&self, index: usize) -> String {
        format!("argument {} of the host function {}", index + 1, self.import)
    }

    /// What it has returned, as values of the types it should have.
    pub(super) async fn results(&self, store: &mut Context<'_>, args: &[Arg]) -> Result<Vec<Val>> {
        self.check_count(args.len())?;
        let subject = |number| match self.ty.results().len() {
            1 => format!("the result of the host function {}", self.import),
            _ => format!("result {number} of the host function {}", self.import),
        };
        to_vals(store, args, self.ty.results(), subject).await
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

/// Answers a request to a guest that waits for a host function.
///
/// # Errors
/// If the guest has been stopped meanwhile.
pub(super) async fn serve(store: &mut Context<'_>, request: Request) -> wasmtime::Result<()> {
    if !request.reply.is_wanted() {
        return Ok(());
    }
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
    Ok(())
}
